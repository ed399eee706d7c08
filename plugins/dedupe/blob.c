/* SPDX-License-Identifier: Apache-2.0
 *
 * blob.c: the layout of a claim, in the machine's byte order (both halves run on one machine).
 *
 *   0 'D'  1 hash version  2 indexed  3 numbers  4 sketch (2 bytes)  6 id (2 bytes)  8 tokens (4)  12 zero (4)
 *   16 exact key (16)  32 sketch, indexed, numbers, id
 */
#define XXH_INLINE_ALL
#include "blob.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#define HEAD 32u

static cd_str id_bounded(cd_str id, char *hex, size_t size)
{
    if (id.len <= DD_ID_MAX)
        return id;
    XXH128_hash_t hash = XXH3_128bits(id.ptr, id.len);
    int n = snprintf(hex, size, "xxh3-%016llx%016llx", (unsigned long long)hash.high64, (unsigned long long)hash.low64);
    return (cd_str){hex, (size_t)n};
}

static char *put(char *at, const void *bytes, size_t length)
{
    if (length > 0)
        memcpy(at, bytes, length);
    return at + length;
}

size_t dd_blob_write(char *out, const dd_tokens *tokens, uint64_t salt, cd_str id)
{
    char hex[40];
    dd_sketch sketch, indexed;
    dd_sketch_make(&sketch, tokens->hash, tokens->count, DD_COMPARED_WIDTH, salt);
    dd_sketch_make(&indexed, tokens->hash, tokens->count, DD_INDEXED_WIDTH, salt);
    if (indexed.count > DD_INDEXED)
        indexed.count = DD_INDEXED;
    id = id_bounded(id, hex, sizeof hex);
    uint16_t id_length = (uint16_t)id.len;
    uint32_t count = tokens->count > UINT32_MAX ? UINT32_MAX : (uint32_t)tokens->count, zero = 0;
    out[0] = 'D';
    out[1] = DD_HASH_VERSION;
    out[2] = (char)indexed.count;
    out[3] = (char)tokens->number_count;
    memcpy(out + 4, &sketch.count, 2);
    memcpy(out + 6, &id_length, 2);
    memcpy(out + 8, &count, 4);
    memcpy(out + 12, &zero, 4);
    memcpy(out + 16, tokens->exact, 16);
    char *at = put(out + HEAD, sketch.value, sketch.count * 4u);
    at = put(at, indexed.value, indexed.count * 4u);
    at = put(at, tokens->numbers, tokens->number_count * 2u);
    return (size_t)(put(at, id.ptr, id.len) - out);
}

static int ascending(const uint32_t *row, unsigned count)
{
    for (unsigned i = 1; i < count; i++)
        if (row[i - 1] >= row[i])
            return 0;
    return 1;
}

int dd_rows_valid(const dd_fingerprint *fingerprint)
{
    for (unsigned i = 1; i < fingerprint->print.number_count; i++)
        if (fingerprint->numbers[i - 1] >= fingerprint->numbers[i])
            return 0;
    return ascending(fingerprint->sketch, fingerprint->print.sketch_count) &&
           ascending(fingerprint->indexed, fingerprint->print.indexed_count);
}

int dd_utf8_valid(cd_str s)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *p = (const unsigned char *)s.ptr;
    for (size_t i = 0; i < s.len;) {
        size_t n = p[i] < 0x80 ? 1 : p[i] >= 0xF0 ? 4 : p[i] >= 0xE0 ? 3 : 2;
        if (n > 1 && (p[i] < 0xC2 || p[i] > 0xF4 || s.len - i < n))
            return 0;
        uint32_t c = n == 1 ? p[i] : p[i] & (0x7Fu >> n);
        for (size_t j = 1; j < n; j++) {
            if ((p[i + j] & 0xC0) != 0x80)
                return 0;
            c = c << 6 | (p[i + j] & 0x3Fu);
        }
        if (c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
            return 0;
        i += n;
    }
    return 1;
}

int dd_blob_read(cd_str blob, dd_fingerprint *fingerprint, cd_str *id)
{
    if (blob.ptr == NULL || blob.len < HEAD || blob.ptr[0] != 'D' || blob.ptr[1] != DD_HASH_VERSION)
        return -EBADMSG;
    dd_print *print = &fingerprint->print;
    uint16_t id_length;
    uint32_t zero;
    print->indexed_count = (uint8_t)blob.ptr[2];
    print->number_count = (uint8_t)blob.ptr[3];
    memcpy(&print->sketch_count, blob.ptr + 4, 2);
    memcpy(&id_length, blob.ptr + 6, 2);
    memcpy(&print->tokens, blob.ptr + 8, 4);
    memcpy(&zero, blob.ptr + 12, 4);
    memcpy(print->exact, blob.ptr + 16, 16);
    if (print->number_count > DD_NUMBERS || print->sketch_count > DD_SKETCH || print->indexed_count > DD_INDEXED ||
        id_length > DD_ID_MAX || zero != 0)
        return -EBADMSG;
    size_t rows = print->sketch_count * 4u, indexed = print->indexed_count * 4u, numbers = print->number_count * 2u;
    if (blob.len != HEAD + rows + indexed + numbers + id_length)
        return -EBADMSG;
    const char *at = blob.ptr + HEAD;
    memcpy(fingerprint->sketch, at, rows);
    memcpy(fingerprint->indexed, at + rows, indexed);
    memcpy(fingerprint->numbers, at + rows + indexed, numbers);
    print->sketch = fingerprint->sketch;
    print->indexed = fingerprint->indexed;
    print->numbers = fingerprint->numbers;
    *id = (cd_str){at + rows + indexed + numbers, id_length};
    if (!dd_rows_valid(fingerprint) || !dd_utf8_valid(*id))
        return -EBADMSG;
    return 0;
}
