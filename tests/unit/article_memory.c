/* SPDX-License-Identifier: Apache-2.0
 *
 * The N-th allocation fails, for every N: nothing crashes or leaks, the answer is "out of memory" or the right one, and
 * afterwards the same decoder works. The linker leads malloc and its kin of daemon/article through here (--wrap).
 */
#include "article_support.h"

#include "article/json_read.h"
#include "article/positions.h"

#include <errno.h>
#include <stdio.h>

static long countdown = -1; /* allocations until one fails; below 0: none does */
static int failed;

static int fails(void)
{
    if (countdown < 0 || countdown-- > 0)
        return 0;
    failed = 1;
    errno = ENOMEM;
    return 1;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);

void *__wrap_malloc(size_t size) { return fails() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t count, size_t size) { return fails() ? NULL : __real_calloc(count, size); }
void *__wrap_realloc(void *old, size_t size) { return fails() ? NULL : __real_realloc(old, size); }
void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    return fails() ? NULL : __real_reallocarray(old, count, size);
}

/* More members, escapes and bytes than the first blocks of any table hold. */
static cd_str big_payload(void)
{
    static char payload[400000];
    if (payload[0] == '\0') {
        char *at = payload + sprintf(payload, "{\"text\":\"caf\xe9");
        for (int i = 0; i < 30000; i++)
            at += sprintf(at, "\\n\xe9");
        at += sprintf(at, "\"");
        for (int i = 0; i < 3000; i++)
            at += sprintf(at, ",\"m\\u00e9%d\":%d", i, i);
        sprintf(at, "}");
    }
    return cd_str_of(payload);
}

/* 0: all went well. -ENOMEM: said so. */
static int use_decoder(cd_decoder *decoder)
{
    cd_document document;
    cd_decode_error error;
    cd_value value;
    int rc = cd_decode(decoder, big_payload(), NO_KEY, &standard_identity, &document, &error);
    if (rc != 0)
        return rc;
    assert_int_equal(document.fields[CD_FIELD_TEXT].len, 3 + 2 + 30000 * 3);
    assert_str(document.fields[CD_FIELD_ID], "raw/3/17");
    rc = cd_document_member(decoder, &document,
                            CD_LIT("/m\xc3\xa9"
                                   "2999"),
                            &value);
    if (rc != 0)
        return rc;
    assert_str(value.raw, "2999");
    cd_positions positions; /* never fails: without memory it is only slower */
    cd_positions_init(&positions);
    cd_positions_reset(&positions, document.fields[CD_FIELD_TEXT]);
    assert_int_equal(cd_positions_codepoint(&positions, 50003), 33336);
    assert_int_equal(cd_positions_byte(&positions, 33336), 50003);
    assert_int_equal(cd_positions_codepoint(&positions, SIZE_MAX), 60004);
    cd_positions_fini(&positions);
    return 0;
}

static cd_decoder *open_decoder(void)
{
    cd_decode_rules rules = standard_rules();
    rules.charset = "ISO-8859-1";
    errno = 0;
    return cd_decoder_create(&rules);
}

static void opening_fails_cleanly(void **state)
{
    (void)state;
    long n = 0;
    do {
        failed = 0;
        countdown = n++;
        cd_decoder *decoder = open_decoder();
        countdown = -1;
        if (failed) {
            assert_null(decoder);
            assert_int_equal(errno, ENOMEM);
        }
        cd_decoder_destroy(decoder);
    } while (failed);
    assert_true(n > 3);
}

static void decoding_fails_cleanly_and_works_again(void **state)
{
    (void)state;
    long n = 0, refused = 0;
    do {
        cd_decoder *decoder = open_decoder();
        assert_non_null(decoder);
        failed = 0;
        countdown = n++;
        int rc = use_decoder(decoder);
        countdown = -1;
        assert_true(rc == 0 || (rc == -ENOMEM && failed));
        refused += rc != 0;
        assert_int_equal(use_decoder(decoder), 0);
        cd_decoder_destroy(decoder);
    } while (failed);
    assert_true(refused > 10);
    assert_true(n - refused > 2); /* the positions' two tables, and the run without a failure */
}

static void reading_fails_cleanly_and_works_again(void **state)
{
    (void)state;
    cd_str json = CD_LIT("{\"a\":[\"\\u00e9\"]}");
    long n = 0;
    do {
        failed = 0;
        countdown = n++;
        cd_json_reader *reader = cd_json_reader_create();
        cd_value value;
        if (reader != NULL) {
            int rc = cd_json_lookup(reader, json, CD_LIT("/a/0"), &value);
            assert_true(rc == 0 || (rc == -ENOMEM && failed));
            countdown = -1;
            assert_int_equal(cd_json_lookup(reader, json, CD_LIT("/a/0"), &value), 0);
            assert_str(value.string, "é");
            assert_true(cd_json_valid(reader, json));
        }
        countdown = -1;
        assert_true(reader != NULL || failed);
        cd_json_reader_destroy(reader);
    } while (failed);
    assert_true(n > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_fails_cleanly),
        cmocka_unit_test(decoding_fails_cleanly_and_works_again),
        cmocka_unit_test(reading_fails_cleanly_and_works_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
