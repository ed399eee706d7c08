/* SPDX-License-Identifier: Apache-2.0
 *
 * vector.h: growing arrays that an instance keeps between articles.
 *
 * A vector owns its items; `reset` empties it and keeps the memory. Items are addressed by index, because growing moves
 * them. A failed allocation sets `failed`; pushing then gives NULL, and the caller gives the article back.
 */
#ifndef QE_VECTOR_H
#define QE_VECTOR_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define QE_VECTOR(type)                                                                                                \
    struct {                                                                                                           \
        type *at;                                                                                                      \
        uint32_t n, cap;                                                                                               \
    }

/* Room for one more item of `size` bytes; the new base, or NULL. */
static inline void *qe_vector_grow(void *base, uint32_t *cap, size_t size)
{
    if (*cap > UINT32_MAX / 2)
        return NULL;
    uint32_t more = *cap ? *cap * 2 : 64;
    void *grown = realloc(base, (size_t)more * size);
    if (grown)
        *cap = more;
    return grown;
}

/* True if there is room for one more. */
#define QE_ROOM(v)                                                                                                     \
    ((v)->n < (v)->cap || ({                                                                                           \
         void *grown_ = qe_vector_grow((v)->at, &(v)->cap, sizeof *(v)->at);                                           \
         if (grown_)                                                                                                   \
             (v)->at = grown_;                                                                                         \
         grown_ != NULL;                                                                                               \
     }))

#endif
