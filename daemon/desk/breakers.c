/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/breakers.c: which breaker hears of what, and what it means that one is open.
 *
 * Policy pause: the workers share one breaker, the store has one; open, they let one record through at a time (dispatch.c,
 * release.c). Policy stage-off: the stage has a breaker of its own, for both its halves. Open, its bit is in desk->off: records are handed
 * out with that bit, claims for it are not made, and nobody waits. Now and then one record, desk->probe, is worked on alone with one
 * of those stages on; if that ends badly it goes on without the stage like the others, so that a probe costs no dead letter. */
#include "desk/desk_private.h"

#include "base/clock.h"

/* Files are read to their end whatever they hold, and whoever reads them sees what came of them. */
void cd_breakers_set(cd_desk *desk)
{
    const cd_config *config = desk->config;
    int64_t limit = desk->from_files ? 0 : config->breaker.dead_letters;
    int64_t shortest_ns = config->breaker.backoff * CD_NS_PER_MS, longest_ns = config->breaker.backoff_max * CD_NS_PER_MS;
    cd_breaker_init(&desk->work_breaker, limit, shortest_ns, longest_ns);
    cd_breaker_init(&desk->claim_breaker, limit, shortest_ns, longest_ns);
    for (size_t i = 0; i < CD_STAGES_MAX; i++) {
        bool own = i < config->stage_count && config->stages[i].breaker_policy == CD_BREAKER_STAGE_OFF;
        cd_breaker_init(&desk->stage_breakers[i], own ? limit : 0, shortest_ns, longest_ns);
    }
    desk->off = 0;
    desk->probe = NULL;
}

static uint32_t bit(uint32_t stage) { return UINT32_C(1) << stage; }

/* ---- what they hear ---- */

/* A death in the store is the fault of the first stage that the record claims for: it is mostly the only one, and if it is another,
 * that one's turn comes when the first is off. CD_STAGES_MAX: a stage without a breaker of its own, or none. */
static uint32_t stage_to_blame(const cd_desk *desk, const cd_record *record, uint32_t step, bool of_store)
{
    uint32_t stage = of_store && record->result.claim_count > 0 ? record->result.claims[0].stage : step;
    return stage < CD_STAGES_MAX && desk->stage_breakers[stage].limit > 0 ? stage : CD_STAGES_MAX;
}

void cd_breakers_dead_letter(cd_desk *desk, const cd_record *record, uint32_t step, bool of_store)
{
    char words[160];
    if (record->crew != desk->crew)
        return;
    uint32_t stage = stage_to_blame(desk, record, step, of_store);
    bool own = stage < CD_STAGES_MAX;
    cd_breaker *breaker = own ? &desk->stage_breakers[stage] : of_store ? &desk->claim_breaker : &desk->work_breaker;
    const char *name = own ? cd_step_name(desk->crew, stage) : record->outcome.stage;
    if (!cd_breaker_dead_letter(breaker, name, cd_clock_monotonic_ns()))
        return;
    cd_breaker_words(breaker, words, sizeof words);
    if (own) {
        desk->off |= bit(stage);
        cd_log_error("ALARM: %s and is switched off; articles go out without it now, and with growing pauses it is tried on one, until "
                     "%d in a row come through", words, CD_BREAKER_PROBES);
    } else {
        cd_log_error("%s; articles are tried one by one now, with growing pauses, until %d in a row come through", words,
                     CD_BREAKER_PROBES);
    }
}

static bool is_warm(const cd_breaker *breaker) { return breaker->limit > 0 && (breaker->heat > 0 || breaker->open); }

static void note_healthy(cd_breaker *breaker)
{
    if (is_warm(breaker) && cd_breaker_healthy(breaker, cd_clock_monotonic_ns()))
        cd_log_notice("breaker: %d articles in a row came through; back to normal service", CD_BREAKER_PROBES);
}

static void note_healthy_stage(cd_desk *desk, uint32_t stage)
{
    cd_breaker *breaker = &desk->stage_breakers[stage];
    if (!cd_breaker_healthy(breaker, cd_clock_monotonic_ns()))
        return;
    desk->off &= ~bit(stage);
    cd_log_notice("breaker: stage %s is on again: %d articles in a row came through", cd_step_name(desk->crew, stage),
                  CD_BREAKER_PROBES);
}

static bool claims_for(const cd_record *record, uint32_t stages)
{
    for (uint32_t i = 0; i < record->result.claim_count; i++)
        if (stages & bit(record->result.claims[i].stage))
            return true;
    return false;
}

/* Did the stage have its say in the worker, whatever that was? */
static bool had_its_say(const cd_record *record, uint32_t stage)
{
    const cd_result *result = &record->result;
    bool over = result->verdict == CD_RETRY || result->verdict == CD_FATAL;
    return stage < result->stage_count && !((record->skip | record->off) & bit(stage)) && !(over && stage == result->stage);
}

void cd_breakers_result(cd_desk *desk, cd_record *record)
{
    const cd_result *result = &record->result;
    if (record->crew != desk->crew)
        return;
    if (result->verdict != CD_RETRY && result->verdict != CD_FATAL)
        note_healthy(&desk->work_breaker);
    for (uint32_t i = 0; i < result->stage_count; i++)
        if (is_warm(&desk->stage_breakers[i]) && had_its_say(record, i) && !claims_for(record, bit(i)))
            note_healthy_stage(desk, i);
    if (record != desk->probe || claims_for(record, bit(desk->probed)))
        return; /* of a claim the store's answer tells */
    if (result->stage == desk->probed && !had_its_say(record, desk->probed))
        cd_breakers_probe_failed(desk, record);
    desk->probe = NULL; /* it may have come to nothing: an earlier stage had the last word */
}

void cd_breakers_answer(cd_desk *desk, cd_record *record)
{
    if (record->crew != desk->crew)
        return;
    note_healthy(&desk->claim_breaker);
    for (uint32_t i = 0; i < CD_STAGES_MAX; i++)
        if (is_warm(&desk->stage_breakers[i]) && claims_for(record, bit(i)))
            note_healthy_stage(desk, i);
    if (record == desk->probe)
        desk->probe = NULL;
}

void cd_breakers_probe_failed(cd_desk *desk, const cd_record *record)
{
    if (record != desk->probe)
        return;
    cd_breaker_bad_probe(&desk->stage_breakers[desk->probed], cd_clock_monotonic_ns());
    desk->probe = NULL;
}

/* ---- what they say ---- */

int cd_breakers_due(const cd_desk *desk)
{
    int due = -1;
    if (desk->off == 0 || desk->probe)
        return -1;
    int64_t now_ns = cd_clock_monotonic_ns();
    for (int i = 0; i < CD_STAGES_MAX; i++)
        if (cd_breaker_may_probe(&desk->stage_breakers[i], now_ns) &&
            (due < 0 || desk->stage_breakers[i].probe_at_ns < desk->stage_breakers[due].probe_at_ns))
            due = i;
    return due;
}

uint32_t cd_breakers_off(const cd_desk *desk, const cd_record *record)
{
    return record == desk->probe ? desk->off & ~bit(desk->probed) : desk->off;
}

bool cd_breakers_off_claim(const cd_desk *desk, const cd_record *record)
{
    return record->crew == desk->crew && claims_for(record, cd_breakers_off(desk, record));
}

static size_t add_words(const cd_breaker *breaker, const char *behind, char *out, size_t size, size_t length)
{
    char words[160];
    if (!breaker->open || length >= size)
        return length;
    int added = snprintf(out + length, size - length, "%s%s%s", length ? "; " : "", cd_breaker_words(breaker, words, sizeof words),
                         behind);
    return length + (size_t)added;
}

bool cd_breakers_words(const cd_desk *desk, char *out, size_t size)
{
    size_t length = add_words(&desk->work_breaker, "", out, size, 0);
    length = add_words(&desk->claim_breaker, "", out, size, length);
    for (size_t i = 0; i < CD_STAGES_MAX; i++)
        length = add_words(&desk->stage_breakers[i], " and is switched off", out, size, length);
    return length > 0;
}
