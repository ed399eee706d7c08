/* SPDX-License-Identifier: Apache-2.0
 *
 * article/index.h: the index of one JSON text: validated as a whole, then anything in it is found at once.
 *
 * An index is the list of token positions that the scanner gives, plus a hash table of all members of all objects.
 * Building it checks the whole grammar, which is what makes every later slice trustworthy. A value is named by the
 * number of its first token; an object's number is that of its brace.
 *
 *   {"a": {"b": 1}}     tokens  0 {   1 "a"   2 :   3 {   4 "b"   5 :   6 1   7 }   8 }
 *                       members (0, "a") → 3, (3, "b") → 6
 *
 * Cost: linear in the text, whatever it holds; nesting takes a slot in an array, never the stack. The hash is keyed, so
 * that nobody can prepare names which collide.
 *
 * Owns the scanner, the tables and the strings it unescaped; borrows the text. Private to the folder.
 */
#ifndef CD_ARTICLE_INDEX_H
#define CD_ARTICLE_INDEX_H

#include "article/arena.h"
#include "article/problem.h"
#include "article/scanner.h"

typedef struct cd_index_member {
    cd_str name;     /* unescaped */
    uint32_t object; /* the token of its object's brace */
    uint32_t value;  /* the token where its value begins; the name's token is value - 2 */
    uint64_t hash;
} cd_index_member;

#define CD_INDEX_HELD 16 /* unescaped strings that are remembered by token; a power of 2 */

typedef struct cd_index {
    cd_str json;
    const uint32_t *at; /* where each token begins; at[count] is the text's length */
    size_t count;
    cd_scanner *scanner;
    cd_index_member *members;
    size_t member_count, member_capacity;
    uint32_t *slots;                  /* number of a member + 1, or 0; open addressing */
    size_t slot_count, slot_capacity; /* powers of 2; slot_count of them are in use for this text */
    uint32_t *levels;                 /* the brackets that are open while building: the token's number */
    uint32_t max_depth;
    int32_t escapes; /* there is a backslash in the text */
    cd_arena arena;
    struct {
        uint32_t value;
        cd_str string;
    } held[CD_INDEX_HELD];
    uint64_t secret[2];
} cd_index;

/* 0 or -ENOMEM. The deepest nesting is at least 1. */
int cd_index_init(cd_index *index, uint32_t max_depth);
void cd_index_fini(cd_index *index);

/* Forgets the text and all strings; gives back memory that only a huge text needed. */
void cd_index_reset(cd_index *index);

/* Validates `json` as one value and indexes it; resets first. 0; -EBADMSG with `problem`; -ENOMEM. */
int cd_index_build(cd_index *index, cd_str json, cd_problem *problem);

/* The value's first token of the member `name` of the object at token `object`; 0 if it has none. */
uint32_t cd_index_member_value(const cd_index *index, uint32_t object, cd_str name);

/* The token behind the value that begins at token `value`. Linear in the value's tokens. */
uint32_t cd_index_skip(const cd_index *index, uint32_t value);

/* Follows a JSON Pointer from the root. 0 with the value's token; -ENOENT; -EINVAL: no pointer; -ENOMEM. */
int cd_index_find(cd_index *index, cd_str pointer, uint32_t *value);

/* The value as it stands, and its type: CD_JSON_…. */
cd_str cd_index_raw(const cd_index *index, uint32_t value);
int32_t cd_index_type(const cd_index *index, uint32_t value);

/* The string at token `value`, unescaped; lives until the next reset. 0 or -ENOMEM. */
int cd_index_string(cd_index *index, uint32_t value, cd_str *out);

/* All of the above. 0 or -ENOMEM. */
int cd_index_value(cd_index *index, uint32_t value, cd_value *out);

#endif
