/* SPDX-License-Identifier: Apache-2.0
 *
 * A stream of hostile claims into dedupe's store half, and the same bytes as a stored record.
 *
 * The input is claims one behind the other: a byte for the offset, two for the length, then the blob. Whatever they
 * hold, each claim is answered once; what is well-formed is answered with JSON, what is not is rejected; and the same
 * owner gets the same bytes when all of it comes again.
 */
#include <copydesk/sdk.h>
#include <stdlib.h>

#include "claim.h"
#include "dedupe_host.h"
#include "options.h"
#include "record.h"

#define CLAIMS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t read_claims(const uint8_t *data, size_t size, cd_claim *claims)
{
    size_t count = 0;
    while (size >= 3 && count < CLAIMS) {
        size_t length = (size_t)data[1] | (size_t)data[2] << 8;
        length = length < size - 3 ? length : size - 3;
        claims[count++] =
            (cd_claim){.owner = {.topic = CD_LIT("t"), .offset = data[0], .timestamp_ms = data[0] * 1000000ll},
                       .blob = {(const char *)data + 3, length}};
        data += 3 + length;
        size -= 3 + length;
    }
    return count;
}

static void check_answers(const struct cd_answer *answers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct cd_answer *a = &answers[i];
        if (a->answered != 1 || (a->verdict != CD_OK && a->verdict != CD_REJECT))
            abort();
        if (a->verdict == CD_OK ? a->json_length == 0 : a->detail_length == 0)
            abort();
    }
}

static void claim_all(void *half, cd_claim *claims, size_t count, struct cd_answer *answers)
{
    memset(answers, 0, count * sizeof *answers);
    for (size_t i = 0; i < count; i++)
        claims[i].answer = &answers[i];
    if (dd_claim_batch(half, claims, count) != 0)
        abort();
    check_answers(answers, count);
}

static void claim_again(const uint8_t *data, size_t size)
{
    static struct cd_answer first[CLAIMS], again[CLAIMS];
    const test_option options[] = {{"store", "memory"}, {"segment_records", "16"}, {NULL, NULL}};
    struct cd_stage stage = {.table = dd_options, .options = options};
    cd_claim claims[CLAIMS];
    void *half;
    size_t count = read_claims(data, size, claims);
    if (count == 0 || dd_claim_open(&test_host, &stage, "", &half) != 0)
        return;
    claim_all(half, claims, count, first);
    claim_all(half, claims, count, again);
    for (size_t i = 0; i < count; i++)
        if (first[i].verdict != again[i].verdict || first[i].json_length != again[i].json_length ||
            memcmp(first[i].json, again[i].json, sizeof first[i].json) != 0)
            abort();
    dd_claim_forget(half, &claims[0].owner);
    claim_all(half, claims, count, again);
    dd_claim_close(half);
}

/* A record that can be read is written again as it was. */
static void read_record(const uint8_t *data, size_t size)
{
    static char again[DD_RECORD_MAX];
    static dd_slot slot;
    if (dd_slot_read(&slot, (cd_str){(const char *)data, size}) != 0)
        return;
    if (slot.record.id.len <= DD_ID_MAX && slot.record.owner.topic.len <= DD_TOPIC_MAX &&
        slot.record.of_id.len <= DD_ID_MAX && slot.record.of.topic.len <= DD_TOPIC_MAX &&
        dd_record_write(again, &slot.record) > size)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    claim_again(data, size);
    read_record(data, size);
    return 0;
}
