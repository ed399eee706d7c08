/* SPDX-License-Identifier: Apache-2.0
 *
 * base/digest.c: SHA-256 by libcrypto, XXH3-128 by xxhash. See digest.h. Owns nothing.
 */
#include "base/digest.h"

#include "base/error.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <xxhash.h>

static void write_hex(const unsigned char *bytes, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * len] = '\0';
}

void cd_sha256_hex(const void *bytes, size_t len, char out[CD_SHA256_HEX])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    int done = EVP_Digest(len > 0 ? bytes : "", len, digest, &size, EVP_sha256(), NULL);
    CD_REQUIRE(done == 1 && 2 * size + 1 == CD_SHA256_HEX, "libcrypto gives no SHA-256");
    write_hex(digest, size, out);
}

void cd_xxh128_hex(const void *bytes, size_t len, char out[CD_XXH128_HEX])
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, len));
    write_hex(canonical.digest, sizeof canonical.digest, out);
}
