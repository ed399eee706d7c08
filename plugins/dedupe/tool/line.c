/* SPDX-License-Identifier: Apache-2.0
 *
 * line.c: see line.h. Rows of hashes are hexadecimal, eight or four digits a value.
 */
#include "line.h"

#include <copydesk/sdk.h>
#include <errno.h>

#include "decide.h"
#include "show.h"

/* ---- writing ---- */

static void put_digits(char *out, uint64_t value, unsigned digits)
{
    for (unsigned i = digits; i-- > 0; value >>= 4)
        out[i] = "0123456789abcdef"[value & 15];
}

static void write_hex(cd_json *w, const char *key, const char *digits, size_t length)
{
    cd_json_key(w, key);
    cd_json_string(w, (cd_str){digits, length});
}

static void write_row32(cd_json *w, const char *key, const uint32_t *row, unsigned count)
{
    char digits[DD_SKETCH * 8];
    for (unsigned i = 0; i < count; i++)
        put_digits(digits + (size_t)8 * i, row[i], 8);
    write_hex(w, key, digits, (size_t)8 * count);
}

static void write_row16(cd_json *w, const char *key, const uint16_t *row, unsigned count)
{
    char digits[DD_NUMBERS * 4];
    for (unsigned i = 0; i < count; i++)
        put_digits(digits + (size_t)4 * i, row[i], 4);
    write_hex(w, key, digits, (size_t)4 * count);
}

static void write_flag(cd_json *w, const char *key, int value)
{
    cd_json_key(w, key);
    cd_json_boolean(w, value);
}

static void write_integer(cd_json *w, const char *key, int64_t value)
{
    cd_json_key(w, key);
    cd_json_integer(w, value);
}

static void write_print(cd_json *w, const dd_print *print)
{
    char exact[32];
    put_digits(exact, print->exact[0], 16);
    put_digits(exact + 16, print->exact[1], 16);
    write_integer(w, "words", print->tokens);
    write_hex(w, "exact", exact, sizeof exact);
    write_row32(w, "sketch", print->sketch, print->sketch_count);
    write_row32(w, "triples", print->indexed, print->indexed_count);
    write_row16(w, "figures", print->numbers, print->number_count);
}

void line_write(cd_json *w, const dd_record *record, int forgotten)
{
    char first[16];
    cd_json_object(w);
    write_integer(w, "dedupe", LINE_FORMAT);
    write_integer(w, "hash", DD_HASH_VERSION);
    show_json_who(w, record->id, &record->owner);
    write_integer(w, "clock", record->clock);
    show_json_answer(w, record);
    if (record->cluster_id.ptr != NULL) {
        put_digits(first, record->canonical_owner, sizeof first);
        write_hex(w, "first", first, sizeof first);
    }
    write_flag(w, "sure", record->sure);
    write_flag(w, "dropped", record->dropped);
    write_flag(w, "of_dropped", record->of_dropped);
    write_flag(w, "forgotten", forgotten);
    write_print(w, &record->fingerprint.print);
    cd_json_object_end(w);
}

/* ---- reading ---- */

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* `count` values of so many digits each, at most `max`; -EINVAL for anything else. */
static int read_row(const json_t *root, const char *key, unsigned digits, unsigned max, uint64_t *row, unsigned *count)
{
    const json_t *value = json_object_get(root, key);
    const char *text = json_string_value(value);
    size_t length = text ? json_string_length(value) : 1;
    if (text == NULL || length % digits != 0 || length / digits > max)
        return -EINVAL;
    *count = (unsigned)(length / digits);
    for (size_t i = 0; i < length; i++) {
        int digit = digit_of(text[i]);
        if (digit < 0)
            return -EINVAL;
        row[i / digits] = (i % digits ? row[i / digits] << 4 : 0) | (uint64_t)digit;
    }
    return 0;
}

static int read_integer(const json_t *root, const char *key, int64_t least, int64_t most, int64_t *out)
{
    const json_t *value = json_object_get(root, key);
    if (!json_is_integer(value) || json_integer_value(value) < least || json_integer_value(value) > most)
        return -EINVAL;
    *out = json_integer_value(value);
    return 0;
}

static int read_string(const json_t *root, const char *key, size_t most, cd_str *out)
{
    const json_t *value = json_object_get(root, key);
    if (!json_is_string(value) || json_string_length(value) > most)
        return -EINVAL;
    *out = (cd_str){json_string_value(value), json_string_length(value)};
    return 0;
}

static int read_who(const json_t *root, cd_str *id, dd_owner *owner)
{
    int64_t partition;
    if (read_string(root, "id", DD_ID_MAX, id) != 0 || read_string(root, "topic", DD_TOPIC_MAX, &owner->topic) != 0 ||
        read_integer(root, "partition", 0, INT32_MAX, &partition) != 0 ||
        read_integer(root, "offset", 0, INT64_MAX, &owner->offset) != 0)
        return -EINVAL;
    owner->partition = (int32_t)partition;
    return 0;
}

static int read_print(const json_t *root, dd_fingerprint *fingerprint)
{
    uint64_t row[DD_SKETCH], exact[2];
    unsigned count;
    int64_t words;
    dd_print *print = &fingerprint->print;
    if (read_integer(root, "words", 0, UINT32_MAX, &words) != 0 || read_row(root, "exact", 16, 2, exact, &count) != 0 ||
        count != 2 || read_row(root, "sketch", 8, DD_SKETCH, row, &count) != 0)
        return -EINVAL;
    *print = (dd_print){.tokens = (uint32_t)words, .exact = {exact[0], exact[1]}, .sketch_count = (uint16_t)count};
    for (unsigned i = 0; i < count; i++)
        fingerprint->sketch[i] = (uint32_t)row[i];
    if (read_row(root, "triples", 8, DD_INDEXED, row, &count) != 0)
        return -EINVAL;
    print->indexed_count = (uint8_t)count;
    for (unsigned i = 0; i < count; i++)
        fingerprint->indexed[i] = (uint32_t)row[i];
    if (read_row(root, "figures", 4, DD_NUMBERS, row, &count) != 0)
        return -EINVAL;
    print->number_count = (uint8_t)count;
    for (unsigned i = 0; i < count; i++)
        fingerprint->numbers[i] = (uint16_t)row[i];
    print->sketch = fingerprint->sketch;
    print->indexed = fingerprint->indexed;
    print->numbers = fingerprint->numbers;
    return dd_rows_valid(fingerprint) ? 0 : -EINVAL;
}

static int read_share(const json_t *root, const char *key, uint16_t *thousandths)
{
    const json_t *value = json_object_get(root, key);
    double share = json_is_number(value) ? json_number_value(value) : 0;
    *thousandths = (uint16_t)(share * 1000 + .5);
    return share >= 0 && share <= 1 && (json_is_number(value) || json_is_null(value)) ? 0 : -EINVAL;
}

int line_read_answer(const json_t *root, dd_record *record)
{
    const char *relation = json_string_value(json_object_get(root, "relation"));
    const json_t *of = json_object_get(root, "of");
    int number = 0;
    while (number < DD_RELATIONS && (relation == NULL || strcmp(relation, dd_relation_name(number)) != 0))
        number++;
    if (number == DD_RELATIONS || read_share(root, "jaccard", &record->jaccard) != 0 ||
        read_share(root, "containment", &record->containment) != 0)
        return -EINVAL;
    int compared = number != DD_NONE && number != DD_UNKNOWN;
    record->relation = (uint8_t)number;
    record->of_id = record->cluster_id = (cd_str){NULL, 0};
    if (compared != json_is_object(of) || (compared && read_who(of, &record->of_id, &record->of) != 0))
        return -EINVAL;
    return dd_relation_joins(number) ? read_string(root, "cluster", DD_ID_MAX, &record->cluster_id) : 0;
}

int line_is(const json_t *root) { return json_object_get(root, "dedupe") != NULL && json_object_get(root, "sketch") != NULL; }

int line_read(const json_t *root, dd_record *record, int *forgotten)
{
    int64_t format = 0, hash = 0;
    uint64_t first;
    unsigned count;
    *record = (dd_record){0};
    (void)read_integer(root, "dedupe", 0, INT32_MAX, &format);
    (void)read_integer(root, "hash", 0, INT32_MAX, &hash);
    if (format != LINE_FORMAT || hash != DD_HASH_VERSION)
        return -EPROTO;
    if (read_who(root, &record->id, &record->owner) != 0 ||
        read_integer(root, "clock", -1, INT64_MAX, &record->clock) != 0 || line_read_answer(root, record) != 0 ||
        read_print(root, &record->fingerprint) != 0)
        return -EINVAL;
    if (record->cluster_id.ptr != NULL) {
        if (read_row(root, "first", 16, 1, &first, &count) != 0 || count != 1)
            return -EINVAL;
        record->canonical_owner = first;
    }
    record->sure = json_is_true(json_object_get(root, "sure"));
    record->dropped = json_is_true(json_object_get(root, "dropped"));
    record->of_dropped = json_is_true(json_object_get(root, "of_dropped"));
    *forgotten = json_is_true(json_object_get(root, "forgotten"));
    return 0;
}
