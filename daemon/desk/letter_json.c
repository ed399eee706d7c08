/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/letter_json.c: see letter_json.h. Key, payload and reason may hold any bytes: those that are no UTF-8 become U+FFFD. */
#include "desk/letter_json.h"

#include "base/utf8.h"

#include <signal.h>

/* How much of it is shown: no character is cut in two. */
static size_t shown_length(cd_str value)
{
    size_t length = CD_LETTER_SHOWN;
    if (value.len <= length)
        return value.len;
    while (length > CD_LETTER_SHOWN - 3 && ((unsigned char)value.ptr[length] & 0xC0) == 0x80)
        length--;
    return length;
}

static void text(cd_json *out, const char *key, cd_str value)
{
    char repaired[3 * CD_LETTER_SHOWN];
    cd_json_key(out, key);
    cd_json_string(out, CD_STR(repaired, cd_utf8_repair(CD_STR(value.ptr, shown_length(value)), repaired)));
}

static void word(cd_json *out, const char *key, const char *value) { text(out, key, CD_STR(value, strlen(value))); }

static void number(cd_json *out, const char *key, int64_t value)
{
    cd_json_key(out, key);
    cd_json_integer(out, value);
}

void cd_letter_json(const cd_record *record, cd_json *out)
{
    const cd_outcome *outcome = &record->outcome;
    const char *signal = outcome->signal ? sigabbrev_np(outcome->signal) : NULL;
    cd_json_reset(out);
    cd_json_object(out);
    word(out, "class", outcome->class);
    word(out, "stage", outcome->stage);
    word(out, "reason", outcome->reason ? outcome->reason : "no reason given");
    if (outcome->version)
        word(out, "plugin_version", outcome->version);
    word(out, "topic", record->lane->topic);
    number(out, "partition", record->identity.partition);
    number(out, "offset", record->identity.offset);
    number(out, "attempts", cd_record_attempts(record));
    if (outcome->byte >= 0)
        number(out, "byte", outcome->byte);
    if (signal)
        word(out, "signal", signal);
    if (record->key.ptr)
        text(out, "key", record->key);
    number(out, "size", (int64_t)record->payload.len);
    text(out, "payload", record->payload);
    cd_json_object_end(out);
}
