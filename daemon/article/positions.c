/* SPDX-License-Identifier: Apache-2.0
 *
 * article/positions.c: rank and select over the bits "a code point begins here", by two sampled tables. See
 * positions.h.
 *
 * rank    before[b] = code points that begin in the first b blocks; the rest is counted within one block.
 * select  block[g] = the block where code point g × GROUP begins. A code point has at most 4 bytes, so GROUP of them
 *         spread over at most 4 × GROUP / BLOCK + 1 blocks: the search from there has a fixed bound.
 */
#include "article/positions.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK ((size_t)128) /* bytes */
#define GROUP ((size_t)128) /* code points; at most BLOCK, so that `block` is never longer than `before` */
#define KEPT_ENTRIES ((size_t)1 << 16)

enum { UNBUILT, ASCII, INDEXED, UNINDEXED };

void cd_positions_init(cd_positions *positions) { *positions = (cd_positions){0}; }

void cd_positions_fini(cd_positions *positions)
{
    free(positions->before);
    free(positions->block);
    *positions = (cd_positions){0};
}

void cd_positions_reset(cd_positions *positions, cd_str text)
{
    if (positions->capacity > KEPT_ENTRIES)
        cd_positions_fini(positions);
    positions->text = text;
    positions->state = UNBUILT;
}

/* Code points that begin in [from, to): bytes that are no 10xxxxxx. A plain loop: compilers make vectors of it. */
static size_t count_starts(const char *from, const char *to)
{
    size_t count = 0;
    for (; to - from >= 64; from += 64) {
        uint8_t few = 0; /* at most 64 */
        for (int i = 0; i < 64; i++)
            few = (uint8_t)(few + ((signed char)from[i] > -65));
        count += few;
    }
    for (; from < to; from++)
        count += (signed char)*from > -65;
    return count;
}

static int is_ascii(cd_str text)
{
    size_t at = 0;
    for (; text.len - at >= 64; at += 64) {
        unsigned char any = 0;
        for (size_t i = 0; i < 64; i++)
            any |= (unsigned char)text.ptr[at + i];
        if (any & 0x80)
            return 0;
    }
    for (; at < text.len; at++)
        if ((unsigned char)text.ptr[at] & 0x80)
            return 0;
    return 1;
}

static int reserve(cd_positions *positions, size_t entries)
{
    if (entries <= positions->capacity)
        return 1;
    cd_str text = positions->text;
    cd_positions_fini(positions);
    positions->text = text;
    positions->before = malloc(entries * sizeof(*positions->before));
    positions->block = malloc(entries * sizeof(*positions->block));
    if (positions->before == NULL || positions->block == NULL)
        return 0;
    positions->capacity = entries;
    return 1;
}

static void build(cd_positions *positions)
{
    cd_str text = positions->text;
    if (is_ascii(text)) {
        positions->state = ASCII;
        return;
    }
    size_t blocks = text.len / BLOCK + 1;
    if (!reserve(positions, blocks + 1)) { /* answers stay right without the tables, only slower */
        positions->total = count_starts(text.ptr, text.ptr + text.len);
        positions->state = UNINDEXED;
        return;
    }
    size_t total = 0, groups = 0;
    for (size_t b = 0; b < blocks; b++) {
        positions->before[b] = (uint32_t)total;
        size_t end = (b + 1) * BLOCK < text.len ? (b + 1) * BLOCK : text.len;
        total += count_starts(text.ptr + b * BLOCK, text.ptr + end);
        for (; groups * GROUP < total; groups++)
            positions->block[groups] = (uint32_t)b;
    }
    positions->before[blocks] = (uint32_t)total;
    positions->total = total;
    positions->state = INDEXED;
}

size_t cd_positions_codepoint(cd_positions *positions, size_t byte)
{
    if (positions->state == UNBUILT)
        build(positions);
    cd_str text = positions->text;
    if (positions->state == ASCII)
        return byte < text.len ? byte : text.len;
    if (byte >= text.len)
        return positions->total;
    size_t block = positions->state == INDEXED ? byte / BLOCK : 0;
    size_t before = positions->state == INDEXED ? positions->before[block] : 0;
    /* Up to and with this byte: the number of the last code point that has begun. */
    return before + count_starts(text.ptr + block * BLOCK, text.ptr + byte + 1) - 1;
}

size_t cd_positions_byte(cd_positions *positions, size_t codepoint)
{
    if (positions->state == UNBUILT)
        build(positions);
    cd_str text = positions->text;
    if (positions->state == ASCII)
        return codepoint < text.len ? codepoint : text.len;
    if (codepoint >= positions->total)
        return text.len;
    size_t at = 0, left = codepoint;
    if (positions->state == INDEXED) {
        size_t block = positions->block[codepoint / GROUP];
        while (positions->before[block + 1] <= codepoint)
            block++;
        at = block * BLOCK;
        left = codepoint - positions->before[block];
    }
    for (;; at++)
        if ((signed char)text.ptr[at] > -65 && left-- == 0)
            return at;
}
