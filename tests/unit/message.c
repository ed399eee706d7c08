/* SPDX-License-Identifier: Apache-2.0
 *
 * ring/message.h: every kind of message there and back, cut at every byte, and with random bytes in it. The bytes to be
 * read stand in a block of exactly their length, so that the address sanitizer sees a step beyond.
 */
#include "ring/message.h"
#include "schedule.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define TEXT(literal) ((cd_str){literal, sizeof(literal) - 1})

static bool same(cd_str a, cd_str b)
{
    return a.len == b.len && (a.ptr == NULL) == (b.ptr == NULL) && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* ---- one of each kind ---- */

static const cd_identity someone = {.topic = {"articles", 8}, .partition = 7, .offset = INT64_MAX, .timestamp_ms = -1};

static char *write_request(cd_str key, cd_str payload, size_t *length)
{
    cd_request request = {.sequence = 42, .identity = someone, .key = key, .payload = payload, .skip = 0x80000005, .off = 4};
    *length = cd_request_size(&request);
    char *bytes = malloc(*length);
    cd_request_write(&request, bytes);
    return bytes;
}

static const uint64_t times[] = {1000, 0, UINT64_MAX};
static const cd_result_claim claims[] = {{1, 5, 3, 0}, {2, 5, 0, 0}, {2, 20, 4, 0}};
static const cd_result_counter counters[] = {{0, 1, 17}, {31, 63, UINT64_MAX}};

static cd_result full_result(void)
{
    return (cd_result){.sequence = 43,
                       .byte = 12,
                       .verdict = CD_ROUTE,
                       .stage = 2,
                       .stage_count = 3,
                       .claim_count = 3,
                       .counter_count = 2,
                       .stage_ns = times,
                       .claims = claims,
                       .counters = counters,
                       .reason = TEXT("why"),
                       .route = TEXT("sports"),
                       .blobs = TEXT("abcdefg"),
                       .output = TEXT("{\"text\":\"a story\"}  ")};
}

static char *write_result(const cd_result *result, size_t *length)
{
    size_t prefix = cd_result_prefix_size(result);
    *length = prefix + result->output.len;
    char *bytes = malloc(*length);
    cd_result_prefix_write(result, bytes);
    if (result->output.len)
        memcpy(bytes + prefix, result->output.ptr, result->output.len);
    return bytes;
}

static char *write_claim(uint32_t count, size_t *length)
{
    cd_claim_request request = {44, someone, count, 6, claims, count ? TEXT("abcdefg") : TEXT("")};
    *length = cd_claim_request_size(&request);
    char *bytes = malloc(*length);
    cd_claim_request_write(&request, bytes);
    return bytes;
}

static const cd_answer_head answer_heads[] = {{CD_OK, 4, 0, 0}, {CD_DROP, 2, 3, 0}};

static char *write_answers(uint32_t count, size_t *length)
{
    cd_answers answers = {45, count, 0, answer_heads, count ? TEXT("null{}why") : TEXT("")};
    *length = cd_answers_size(&answers);
    char *bytes = malloc(*length);
    cd_answers_write(&answers, bytes);
    return bytes;
}

/* ---- there and back ---- */

static void a_request_comes_back(void **state)
{
    (void)state;
    const cd_str keys[] = {{NULL, 0}, TEXT(""), TEXT("a\0b")};
    const cd_str payloads[] = {TEXT(""), TEXT("{}"), TEXT("odd")};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            size_t length;
            cd_request got;
            char *bytes = write_request(keys[i], payloads[j], &length);
            assert_int_equal(cd_request_read(bytes, length, &got), 0);
            assert_int_equal(got.sequence, 42);
            assert_true(got.skip == 0x80000005 && got.off == 4);
            assert_true(same(got.key, keys[i])); /* an absent key is not an empty one */
            assert_true(same(got.payload, payloads[j]));
            assert_true(same(got.identity.topic, someone.topic));
            assert_int_equal(got.identity.partition, 7);
            assert_true(got.identity.offset == INT64_MAX && got.identity.timestamp_ms == -1);
            free(bytes);
        }
}

static void a_result_comes_back(void **state)
{
    (void)state;
    size_t length;
    cd_result sent = full_result(), got;
    char *bytes = write_result(&sent, &length);
    assert_int_equal(cd_result_read(bytes, length, &got), 0);
    assert_true(got.sequence == 43 && got.byte == 12 && got.verdict == CD_ROUTE && got.stage == 2);
    assert_int_equal(got.stage_count, 3);
    assert_memory_equal(got.stage_ns, times, sizeof times);
    assert_int_equal(got.claim_count, 3);
    assert_memory_equal(got.claims, claims, sizeof claims);
    assert_int_equal(got.counter_count, 2);
    assert_memory_equal(got.counters, counters, sizeof counters);
    assert_true(same(got.reason, sent.reason) && same(got.route, sent.route));
    assert_true(same(got.blobs, sent.blobs) && same(got.output, sent.output));
    free(bytes);
}

static void an_empty_result_comes_back(void **state)
{
    (void)state;
    size_t length;
    cd_result sent = {.sequence = 1,
                      .byte = -1,
                      .verdict = CD_DROP,
                      .reason = {"", 0},
                      .route = {"", 0},
                      .blobs = {"", 0}},
              got;
    char *bytes = write_result(&sent, &length);
    assert_int_equal(cd_result_read(bytes, length, &got), 0);
    assert_true(got.byte == -1 && got.stage_count == 0 && got.claim_count == 0 && got.output.len == 0);
    free(bytes);
}

static void a_claim_comes_back(void **state)
{
    (void)state;
    for (uint32_t count = 0; count <= 3; count += 3) {
        size_t length;
        cd_claim_request got;
        char *bytes = write_claim(count, &length);
        assert_int_equal(cd_claim_request_read(bytes, length, &got), 0);
        assert_int_equal(got.sequence, 44);
        assert_int_equal(got.claim_count, count);
        assert_int_equal(got.round, 6);
        assert_memory_equal(got.claims, claims, count * sizeof *claims);
        assert_true(same(got.identity.topic, someone.topic) && got.identity.partition == 7);
        assert_true(got.identity.offset == INT64_MAX && got.identity.timestamp_ms == -1);
        assert_int_equal(got.blobs.len, count ? 7 : 0);
        free(bytes);
    }
}

static void answers_come_back(void **state)
{
    (void)state;
    for (uint32_t count = 0; count <= 2; count += 2) {
        size_t length;
        cd_answers got;
        char *bytes = write_answers(count, &length);
        assert_int_equal(cd_answers_read(bytes, length, &got), 0);
        assert_int_equal(got.sequence, 45);
        assert_int_equal(got.count, count);
        assert_memory_equal(got.heads, answer_heads, count * sizeof *answer_heads);
        assert_int_equal(got.texts.len, count ? 9 : 0);
        free(bytes);
    }
}

/* ---- broken ones ---- */

enum kind { REQUEST, RESULT, CLAIM, ANSWERS, KINDS };

static char *write_kind(int kind, size_t *length)
{
    cd_result result = full_result();
    switch (kind) {
    case REQUEST: return write_request(TEXT("key"), TEXT("{\"text\":\"a story\"}"), length);
    case RESULT: return write_result(&result, length);
    case CLAIM: return write_claim(3, length);
    default: return write_answers(2, length);
    }
}

static volatile char sum;

static bool inside(cd_str s, const char *bytes, size_t length)
{
    HOLDS(s.ptr == NULL || (s.ptr >= bytes && s.len <= length && s.ptr + s.len <= bytes + length));
    for (size_t i = 0; i < s.len; i++)
        sum = (char)(sum + s.ptr[i]);
    return true;
}

static bool array_inside(const void *list, size_t size, const char *bytes, size_t length)
{
    return inside((cd_str){size ? list : NULL, size}, bytes, length);
}

static bool claims_inside(const cd_result_claim *list, uint32_t count, cd_str blobs, size_t output, const char *bytes,
                          size_t length)
{
    size_t all = 0;
    uint32_t last = 0;
    HOLDS(count <= CD_STAGES_MAX && array_inside(list, count * sizeof *list, bytes, length));
    for (uint32_t i = 0; i < count; i++) {
        HOLDS(list[i].hole >= last && list[i].hole <= output && list[i].stage < CD_STAGES_MAX);
        last = list[i].hole;
        all += list[i].blob_length;
    }
    HOLDS(all == blobs.len);
    return inside(blobs, bytes, length);
}

static bool sound_result(const cd_result *r, const char *bytes, size_t length)
{
    HOLDS(r->stage_count <= CD_STAGES_MAX &&
          array_inside(r->stage_ns, r->stage_count * sizeof *r->stage_ns, bytes, length));
    HOLDS(array_inside(r->counters, r->counter_count * sizeof *r->counters, bytes, length));
    HOLDS(claims_inside(r->claims, r->claim_count, r->blobs, r->output.len, bytes, length));
    HOLDS(r->reason.ptr && r->route.ptr && r->blobs.ptr && r->output.ptr); /* only a key may be absent */
    return inside(r->reason, bytes, length) && inside(r->route, bytes, length) && inside(r->output, bytes, length);
}

static bool sound_answers(const cd_answers *a, const char *bytes, size_t length)
{
    size_t all = 0;
    HOLDS(a->count <= CD_STAGES_MAX && array_inside(a->heads, a->count * sizeof *a->heads, bytes, length));
    for (uint32_t i = 0; i < a->count; i++)
        all += (size_t)a->heads[i].json_length + a->heads[i].detail_length;
    HOLDS(all == a->texts.len && a->texts.ptr);
    return inside(a->texts, bytes, length);
}

/* Reads; what is accepted must be sound. *status is the reader's. */
static bool read_kind(int kind, const char *bytes, size_t length, int *status)
{
    cd_request request;
    cd_result result;
    cd_claim_request claim;
    cd_answers answers;
    switch (kind) {
    case REQUEST:
        *status = cd_request_read(bytes, length, &request);
        return *status ||
               (request.identity.topic.ptr && request.payload.ptr && inside(request.identity.topic, bytes, length) &&
                inside(request.key, bytes, length) && inside(request.payload, bytes, length));
    case RESULT:
        *status = cd_result_read(bytes, length, &result);
        return *status || sound_result(&result, bytes, length);
    case CLAIM:
        *status = cd_claim_request_read(bytes, length, &claim);
        return *status || (claims_inside(claim.claims, claim.claim_count, claim.blobs, SIZE_MAX, bytes, length) &&
                           inside(claim.identity.topic, bytes, length));
    default:
        *status = cd_answers_read(bytes, length, &answers);
        return *status || sound_answers(&answers, bytes, length);
    }
}

static char *exact_copy(const char *bytes, size_t length)
{
    char *copy = malloc(length ? length : 1);
    memcpy(copy, bytes, length);
    return copy;
}

static void what_is_cut_is_refused_at_every_byte(void **state)
{
    (void)state;
    for (int kind = 0; kind < KINDS; kind++) {
        size_t length;
        char *bytes = write_kind(kind, &length);
        for (size_t cut = 0; cut < length; cut++) {
            int status = 0;
            char *copy = exact_copy(bytes, cut);
            assert_true(read_kind(kind, copy, cut, &status));
            assert_int_equal(status, -EPROTO);
            free(copy);
        }
        free(bytes);
    }
}

static void bytes_too_many_are_refused(void **state)
{
    (void)state;
    for (int kind = 0; kind < KINDS; kind++) {
        size_t length;
        int status = 0;
        char *bytes = write_kind(kind, &length);
        char *longer = malloc(length + 1);
        memcpy(longer, bytes, length);
        longer[length] = 0;
        assert_true(read_kind(kind, longer, length + 1, &status));
        assert_int_equal(status, -EPROTO);
        free(longer);
        free(bytes);
    }
}

/* A few bytes changed, or a number of four bytes set to something tempting. */
static bool mutants_are_refused_or_sound(schedule *s)
{
    static const uint32_t tempting[] = {
        0, 1, 31, 32, 33, INT32_MAX, 1u << 31, UINT32_MAX, UINT32_MAX - 1, UINT32_MAX / 8 + 1};
    size_t length;
    int status, kind = (int)schedule_below(s, KINDS);
    char *bytes = write_kind(kind, &length);
    for (uint64_t i = 1 + schedule_below(s, 4); i > 0; i--) {
        uint32_t word = tempting[schedule_below(s, sizeof tempting / sizeof *tempting)];
        size_t place = schedule_below(s, length);
        if (schedule_chance(s, 50) && length >= 8)
            memcpy(bytes + schedule_below(s, length / 4) * 4, &word, sizeof word);
        else
            bytes[place] = (char)(bytes[place] + (schedule_chance(s, 50) ? 1 : (int)schedule_below(s, 256)));
    }
    size_t cut = schedule_chance(s, 20) ? schedule_below(s, length + 1) : length;
    char *copy = exact_copy(bytes, cut);
    bool holds = read_kind(kind, copy, cut, &status);
    free(copy);
    free(bytes);
    HOLDS(holds && (status == 0 || status == -EPROTO));
    return true;
}

static void random_bytes_are_refused_or_sound(void **state)
{
    (void)state;
    assert_int_equal(schedules_run(300000, mutants_are_refused_or_sound), 0);
}

/* ---- lengths that do not go together ---- */

static int status_of_result(const cd_result_claim *list, uint32_t count, cd_str blobs, cd_str output)
{
    size_t length;
    cd_result sent = {.claim_count = count,
                      .claims = list,
                      .reason = {"", 0},
                      .route = {"", 0},
                      .blobs = blobs,
                      .output = output},
              got;
    char *bytes = write_result(&sent, &length);
    int status = cd_result_read(bytes, length, &got);
    free(bytes);
    return status;
}

static void claims_that_do_not_add_up_are_refused(void **state)
{
    (void)state;
    const cd_result_claim good[] = {{0, 2, 1, 0}, {1, 4, 2, 0}}, back[] = {{0, 4, 1, 0}, {1, 2, 2, 0}},
                          beyond[] = {{0, 2, 1, 0}, {1, 5, 2, 0}}, nobody[] = {{0, 2, 1, 0}, {CD_STAGES_MAX, 4, 2, 0}},
                          wraps[] = {{0, 2, UINT32_MAX, 0}, {1, 4, 4, 0}};
    assert_int_equal(status_of_result(good, 2, TEXT("abc"), TEXT("1234")), 0);
    assert_int_equal(status_of_result(good, 2, TEXT("ab"), TEXT("1234")), -EPROTO);
    assert_int_equal(status_of_result(good, 2, TEXT("abcd"), TEXT("1234")), -EPROTO);
    assert_int_equal(status_of_result(back, 2, TEXT("abc"), TEXT("1234")), -EPROTO);
    assert_int_equal(status_of_result(beyond, 2, TEXT("abc"), TEXT("1234")), -EPROTO);
    assert_int_equal(status_of_result(nobody, 2, TEXT("abc"), TEXT("1234")), -EPROTO);
    assert_int_equal(status_of_result(wraps, 2, TEXT("abc"), TEXT("1234")), -EPROTO);
    assert_int_equal(status_of_result(good, 0, TEXT("abc"), TEXT("1234")), -EPROTO); /* blobs of nobody */
}

static void more_stages_than_there_can_be_are_refused(void **state)
{
    (void)state;
    static const cd_result_claim many[CD_STAGES_MAX + 1];
    assert_int_equal(status_of_result(many, CD_STAGES_MAX, TEXT(""), TEXT("")), 0);
    assert_int_equal(status_of_result(many, CD_STAGES_MAX + 1, TEXT(""), TEXT("")), -EPROTO);
}

static void answers_that_do_not_add_up_are_refused(void **state)
{
    (void)state;
    const cd_answer_head heads[] = {{CD_OK, 4, 0, 0}, {CD_OK, UINT32_MAX, 6, 0}};
    cd_answers answers = {1, 2, 0, heads, TEXT("null{}why")}, got;
    char bytes[256];
    cd_answers_write(&answers, bytes);
    assert_int_equal(cd_answers_read(bytes, cd_answers_size(&answers), &got), -EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_comes_back),
        cmocka_unit_test(a_result_comes_back),
        cmocka_unit_test(an_empty_result_comes_back),
        cmocka_unit_test(a_claim_comes_back),
        cmocka_unit_test(answers_come_back),
        cmocka_unit_test(what_is_cut_is_refused_at_every_byte),
        cmocka_unit_test(bytes_too_many_are_refused),
        cmocka_unit_test(random_bytes_are_refused_or_sound),
        cmocka_unit_test(claims_that_do_not_add_up_are_refused),
        cmocka_unit_test(more_stages_than_there_can_be_are_refused),
        cmocka_unit_test(answers_that_do_not_add_up_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
