/* SPDX-License-Identifier: Apache-2.0
 *
 * control/tap.c: see tap.h. */
#include "control/tap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cd_tap_open(cd_tap *tap, const cd_tap_choice *choice, size_t size)
{
    *tap = (cd_tap){.choice = *choice, .ring = malloc(size), .size = size};
    return tap->ring ? 0 : -ENOMEM;
}

void cd_tap_close(cd_tap *tap)
{
    free(tap->ring);
    *tap = (cd_tap){0};
}

/* Counts those that fit: one in so many is taken. */
static bool is_chosen(cd_tap *tap, const cd_tap_record *record)
{
    const cd_tap_choice *choice = &tap->choice;
    if ((choice->kinds & record->kind) == 0)
        return false;
    if (choice->topic[0] && (record->partition != choice->partition || strcmp(record->topic, choice->topic) != 0))
        return false;
    return tap->seen++ % choice->every == 0;
}

/* ---- filling: put… are called where there is room ---- */

static void blank(char *at, size_t length, char which)
{
    for (const char *end = at + length; (at = memchr(at, which, (size_t)(end - at))) != NULL;)
        *at++ = ' ';
}

static void put_part(cd_tap *tap, const char *bytes, size_t length)
{
    char *at = tap->ring + (tap->first + tap->length) % tap->size;
    memcpy(at, bytes, length);
    blank(at, length, '\n');
    blank(at, length, '\r');
    tap->length += length;
}

static void put(cd_tap *tap, cd_str text)
{
    size_t before_end = tap->size - (tap->first + tap->length) % tap->size;
    size_t some = text.len < before_end ? text.len : before_end;
    put_part(tap, text.ptr, some);
    put_part(tap, text.ptr + some, text.len - some);
}

static void put_line_end(cd_tap *tap) { tap->ring[(tap->first + tap->length++) % tap->size] = '\n'; }

/* {"left_out":N} and the line end; the length, 0 if nothing was. */
static size_t make_note(const cd_tap *tap, char out[48])
{
    return tap->left_out ? (size_t)snprintf(out, 48, "{\"left_out\":%llu}\n", (unsigned long long)tap->left_out) : 0;
}

static void put_note(cd_tap *tap, const char *note, size_t length)
{
    if (length == 0)
        return;
    put(tap, (cd_str){note, length - 1});
    put_line_end(tap);
    tap->left_out = 0;
}

void cd_tap_offer(cd_tap *tap, const cd_tap_record *record)
{
    static const cd_str heads[] = {[CD_TAP_ARTICLES] = {"{\"article\":", 11}, [CD_TAP_DEAD_LETTERS] = {"{\"dead_letter\":", 15}};
    char note[48];
    if (!is_chosen(tap, record))
        return;
    size_t note_length = make_note(tap, note), room = tap->size - tap->length;
    size_t taken = note_length + heads[record->kind].len + 2; /* the brace and the line end */
    if (taken > room || record->json.len > room - taken) {
        tap->left_out++;
        return;
    }
    put_note(tap, note, note_length);
    put(tap, heads[record->kind]);
    put(tap, record->json);
    put(tap, (cd_str){"}", 1});
    put_line_end(tap);
}

/* ---- emptying ---- */

int cd_tap_pending(cd_tap *tap, struct iovec parts[2])
{
    char note[48];
    if (tap->length == 0)
        put_note(tap, note, make_note(tap, note));
    size_t before_end = tap->size - tap->first, some = tap->length < before_end ? tap->length : before_end;
    parts[0] = (struct iovec){tap->ring + tap->first, some};
    parts[1] = (struct iovec){tap->ring, tap->length - some};
    return (some > 0) + (tap->length > some);
}

void cd_tap_taken(cd_tap *tap, size_t bytes)
{
    tap->first = (tap->first + bytes) % tap->size;
    tap->length -= bytes;
}
