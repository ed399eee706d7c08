/* SPDX-License-Identifier: Apache-2.0
 *
 * base/digest.h: the two digests in use, as lower-case hexadecimal text.
 *
 * SHA-256 (libcrypto) where somebody else may have chosen the bytes or will compare them elsewhere: fingerprints of
 * files, dead letters. XXH3-128 (xxhash) where only speed and spread matter. One-shot over bytes in memory. Thread:
 * any.
 */
#ifndef CD_BASE_DIGEST_H
#define CD_BASE_DIGEST_H

#include <stddef.h>

#define CD_SHA256_HEX 65 /* with the NUL */
#define CD_XXH128_HEX 33

/* `bytes` may be NULL if `len` is 0. A libcrypto without SHA-256 is a broken installation and ends the process. */
void cd_sha256_hex(const void *bytes, size_t len, char out[CD_SHA256_HEX]);
void cd_xxh128_hex(const void *bytes, size_t len, char out[CD_XXH128_HEX]);

#endif
