/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/pick.c: see pick.h. */
#include "cli/pick.h"

#include "base/buffer.h"
#include "base/digest.h"

#include <errno.h>
#include <regex.h>

static bool matches(const char *pattern, const char *topic)
{
    regex_t compiled;
    if (pattern[0] != '^')
        return strcmp(pattern, topic) == 0;
    if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    bool found = regexec(&compiled, topic, 0, NULL, 0) == 0;
    regfree(&compiled);
    return found;
}

bool cd_pick_reads(const cd_config *config, const char *topic)
{
    for (size_t i = 0; i < config->input.topic_count; i++)
        if (matches(config->input.topics[i], topic))
            return true;
    return false;
}

static bool is(cd_str value, const char *word)
{
    return value.ptr && value.len == strlen(word) && memcmp(value.ptr, word, value.len) == 0;
}

static bool one_of(const char *const *words, size_t count, cd_str value)
{
    for (size_t i = 0; i < count; i++)
        if (is(value, words[i]))
            return true;
    return count == 0;
}

bool cd_pick_takes(const cd_pick *pick, const cd_letter *letter)
{
    return one_of(pick->classes, pick->class_count, letter->class) && one_of(pick->stages, pick->stage_count, letter->stage) &&
           (pick->topic == NULL || strcmp(pick->topic, letter->topic) == 0) &&
           (pick->reason == NULL ||
            (letter->reason.ptr && memmem(letter->reason.ptr, letter->reason.len, pick->reason, strlen(pick->reason)))) &&
           (pick->since_ms < 0 || letter->timestamp_ms >= pick->since_ms) &&
           (pick->until_ms < 0 || (letter->timestamp_ms >= 0 && letter->timestamp_ms < pick->until_ms));
}

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* A NUL behind each word and an empty one behind the last: no two choices look alike. */
static void write_words(cd_buffer *text, const char **words, size_t count)
{
    qsort(words, count, sizeof *words, by_text);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(words[i], words[i - 1]) != 0)
            cd_buffer_append(text, words[i], strlen(words[i]) + 1);
    cd_buffer_append_byte(text, '\0');
}

int cd_pick_group(cd_pick *pick, const char *group, char out[CD_PICK_GROUP])
{
    char sha256[CD_SHA256_HEX];
    cd_buffer text = {0};
    bool all = pick->class_count + pick->stage_count == 0 && !pick->reason && !pick->topic && pick->since_ms < 0 &&
               pick->until_ms < 0 && pick->from < 0 && pick->last < 0;
    write_words(&text, pick->classes, pick->class_count);
    write_words(&text, pick->stages, pick->stage_count);
    write_words(&text, &pick->reason, pick->reason != NULL);
    write_words(&text, &pick->topic, pick->topic != NULL);
    cd_buffer_printf(&text, "%lld %lld %lld %lld", (long long)pick->since_ms, (long long)pick->until_ms, (long long)pick->from,
                     (long long)pick->last);
    int result = text.failed ? -ENOMEM : 0;
    if (result == 0)
        cd_sha256_hex(text.data, text.len, sha256);
    if (all)
        snprintf(out, CD_PICK_GROUP, "%.249s-replay", group);
    else if (result == 0)
        snprintf(out, CD_PICK_GROUP, "%.249s-replay-%.12s", group, sha256);
    cd_buffer_fini(&text);
    return result;
}
