/* SPDX-License-Identifier: Apache-2.0
 *
 * ring/ring.h under random schedules: against a model queue, and against a producer and a consumer that write what they
 * like into the memory they share.
 */
#include "ring_support.h"
#include "schedule.h"

#include <errno.h>

enum { STEPS = 60, WINDOW = 4096, PAGE_SIZE = 4096 };

static ring_pair pair;

/* ---- against a model ---- */

typedef struct model_frame {
    uint32_t kind;
    size_t length;
    uint64_t number;
    const char *payload; /* where it was found, once it was consumed */
} model_frame;

/* released ≤ consumed ≤ shown ≤ committed: numbers of frames since the start. */
typedef struct model {
    model_frame frames[WINDOW];
    uint64_t released, consumed, shown, committed;
    bool consumer_sleeps, producer_sleeps;
    size_t wanted; /* by the producer that sleeps */
} model;

static model m;

static model_frame *at(uint64_t number) { return &m.frames[number % WINDOW]; }

/* What was consumed and not released must still be there. */
static bool old_bytes_stand(void)
{
    for (uint64_t i = m.released; i < m.consumed; i++)
        HOLDS(ring_filled(at(i)->payload, at(i)->length, i));
    return true;
}

/* Whoever sleeps must have been woken if there is something for it now. */
static bool told(bool news, bool *sleeps, int fd)
{
    bool woken = ring_woken(fd);
    HOLDS(!news || !*sleeps || woken);
    HOLDS(!woken || *sleeps); /* and nobody is woken for nothing */
    if (woken)
        *sleeps = false;
    return true;
}

static bool do_put(schedule *s, size_t largest)
{
    int error;
    size_t length = schedule_below(s, schedule_chance(s, 20) ? largest + 1 : 200 < largest ? 200 : largest);
    uint64_t before = pair.producer.shown;
    char *slot = cd_ring_reserve(&pair.producer, length, &error);
    HOLDS(error == 0);
    if (pair.producer.shown != before) { /* a lap was left: all frames so far are visible */
        m.shown = m.committed;
        HOLDS(told(true, &m.consumer_sleeps, pair.consumer_wake_fd));
    }
    if (slot == NULL) {
        if (schedule_chance(s, 50) && cd_ring_wait_space(&pair.producer, length)) {
            m.producer_sleeps = true;
            m.wanted = length;
        }
        return true;
    }
    HOLDS(slot >= pair.data && slot + length <= pair.data + pair.producer.capacity);
    size_t used = schedule_chance(s, 30) ? schedule_below(s, length + 1) : length;
    ring_fill(slot, used, m.committed);
    *at(m.committed) = (model_frame){(uint32_t)schedule_below(s, 100), used, m.committed, NULL};
    cd_ring_commit(&pair.producer, at(m.committed)->kind, used);
    m.committed++;
    return true;
}

static bool do_publish(bool aloud)
{
    bool news = m.shown < m.committed;
    if (!aloud) {
        cd_ring_show(&pair.producer);
        m.shown = m.committed;
        HOLDS(told(false, &m.consumer_sleeps, pair.consumer_wake_fd));
        return true;
    }
    cd_ring_publish(&pair.producer);
    m.shown = m.committed;
    return told(news, &m.consumer_sleeps, pair.consumer_wake_fd);
}

static bool do_get(void)
{
    cd_frame frame;
    int found = cd_ring_peek(&pair.consumer, &frame);
    HOLDS(found == (m.consumed < m.shown));
    if (!found)
        return true;
    model_frame *expected = at(m.consumed);
    HOLDS(frame.kind == expected->kind && frame.length == expected->length);
    HOLDS(ring_filled(frame.payload, frame.length, m.consumed));
    expected->payload = frame.payload;
    cd_ring_consume(&pair.consumer, &frame);
    m.consumed++;
    return true;
}

static bool do_release(bool and_sleep)
{
    uint64_t before = pair.consumer.shown;
    HOLDS(old_bytes_stand());
    if (and_sleep) {
        cd_frame frame;
        bool nothing = m.consumed == m.shown, sleeps = cd_ring_wait_frames(&pair.consumer);
        if (nothing && !sleeps) { /* there was the end of a lap to follow */
            HOLDS(cd_ring_peek(&pair.consumer, &frame) == 0);
            sleeps = cd_ring_wait_frames(&pair.consumer);
        }
        HOLDS(sleeps == nothing);
        m.consumer_sleeps = sleeps;
    } else {
        cd_ring_release(&pair.consumer);
    }
    m.released = m.consumed;
    return told(pair.consumer.shown != before, &m.producer_sleeps, pair.producer_wake_fd);
}

/* When all is quiet, whatever a ring of this size may hold must come through, in two steps at most. */
static bool nothing_is_stuck(schedule *s, size_t largest)
{
    for (int i = 0; i < 3; i++) {
        int error;
        size_t length = largest - schedule_below(s, 64);
        while (m.consumed < m.committed)
            HOLDS(do_publish(true) && do_get());
        for (int step = 0; cd_ring_reserve(&pair.producer, length, &error) == NULL; step++) {
            HOLDS(error == 0 && step < 3);
            HOLDS(do_get() && do_release(true));
        }
        ring_fill(pair.data + (pair.producer.own & (pair.producer.capacity - 1)) + 8, length, m.committed);
        *at(m.committed) = (model_frame){5, length, m.committed, NULL};
        cd_ring_commit(&pair.producer, 5, length);
        m.committed++;
        m.consumer_sleeps = false; /* checked above; here anything may have woken it */
        cd_ring_publish(&pair.producer);
        (void)ring_woken(pair.consumer_wake_fd);
        m.shown = m.committed;
        HOLDS(do_get());
    }
    return m.consumed == m.committed;
}

static bool matches_the_model(schedule *s)
{
    uint64_t capacity = 512u << schedule_below(s, 4);
    uint64_t soft = capacity >> (1 + schedule_below(s, 3));
    size_t largest = capacity - soft - 8;
    ring_pair_restart(&pair, capacity, soft);
    m.released = m.consumed = m.shown = m.committed = 0;
    m.consumer_sleeps = m.producer_sleeps = false;
    for (int step = 0; step < STEPS; step++) {
        bool holds;
        switch (schedule_below(s, 8)) {
        case 0:
        case 1:
        case 2: holds = m.producer_sleeps || do_put(s, largest); break;
        case 3: holds = m.producer_sleeps || do_publish(schedule_chance(s, 70)); break;
        case 4:
        case 5: holds = m.consumer_sleeps || do_get(); break;
        case 6: holds = m.consumer_sleeps || do_release(false); break;
        default: holds = m.consumer_sleeps || do_release(true); break;
        }
        HOLDS(holds);
    }
    m.consumer_sleeps = m.producer_sleeps = false;
    atomic_store(&pair.control->consumer_waits, 0);
    atomic_store(&pair.control->producer_waits, 0);
    return nothing_is_stuck(s, largest);
}

static void random_schedules_match_the_model(void **state)
{
    (void)state;
    assert_int_equal(schedules_run(100000, matches_the_model), 0);
}

/* ---- against liars: the memory's edges are guarded, so a stray access ends the test ---- */

static uint64_t lie(schedule *s, uint64_t truth)
{
    switch (schedule_below(s, 6)) {
    case 0: return schedule_bits(s);
    case 1: return truth + schedule_below(s, 64) * 8;
    case 2: return truth - schedule_below(s, 64) * 8;
    case 3: return truth + schedule_below(s, 9000);
    case 4: return truth + PAGE_SIZE * schedule_below(s, 3);
    default: return truth;
    }
}

static uint64_t false_header(schedule *s)
{
    static const uint32_t kinds[] = {1, UINT32_MAX, UINT32_MAX - 1, 0};
    static const uint32_t lengths[] = {0, 8, 4080, 4088, UINT32_MAX, UINT32_MAX - 15, 1u << 31};
    uint32_t length = schedule_chance(s, 50) ? (uint32_t)schedule_below(s, 5000) : lengths[schedule_below(s, 7)];
    return (uint64_t)kinds[schedule_below(s, 4)] << 32 | length;
}

static void scribble(schedule *s)
{
    for (uint64_t i = schedule_below(s, 8); i > 0; i--) {
        uint64_t header = false_header(s);
        uint64_t offset = schedule_chance(s, 60) ? pair.consumer.own % PAGE_SIZE : schedule_below(s, PAGE_SIZE / 8) * 8;
        memcpy(pair.data + offset, &header, sizeof header);
    }
}

/* What the consumer gets may be nonsense, but it lies in the ring. */
static bool no_lie_leads_outside(schedule *s)
{
    volatile char sum = 0;
    ring_pair_restart(&pair, PAGE_SIZE, PAGE_SIZE / 2);
    for (int step = 0; step < STEPS; step++) {
        cd_frame frame;
        scribble(s);
        atomic_store(&pair.control->head, lie(s, pair.consumer.own));
        if (cd_ring_peek(&pair.consumer, &frame) == 1) {
            HOLDS(frame.payload >= pair.data && frame.length <= PAGE_SIZE);
            for (uint32_t i = 0; i < frame.length; i++)
                sum = (char)(sum + frame.payload[i]);
            cd_ring_consume(&pair.consumer, &frame);
        }
        if (schedule_chance(s, 50))
            cd_ring_release(&pair.consumer);
    }
    return true;
}

static bool no_false_tail_leads_outside(schedule *s)
{
    ring_pair_restart(&pair, PAGE_SIZE, PAGE_SIZE / 2);
    for (int step = 0; step < STEPS; step++) {
        int error;
        size_t length = schedule_below(s, 2100);
        atomic_store(&pair.control->tail, lie(s, pair.producer.other));
        char *slot = cd_ring_reserve(&pair.producer, length, &error);
        HOLDS(error == 0 || error == -EPROTO || error == -EMSGSIZE);
        if (slot == NULL)
            continue;
        HOLDS(error == 0 && slot >= pair.data + 8);
        memset(slot, 1, length);
        cd_ring_commit(&pair.producer, 1, length);
        cd_ring_publish(&pair.producer);
    }
    return true;
}

static void no_lie_of_the_producer_leads_outside_of_the_ring(void **state)
{
    (void)state;
    ring_pair guarded = pair;
    ring_pair_init(&pair, PAGE_SIZE); /* the guard page stands right behind the last byte */
    assert_int_equal(schedules_run(50000, no_lie_leads_outside), 0);
    assert_int_equal(schedules_run(50000, no_false_tail_leads_outside), 0);
    ring_pair_fini(&pair);
    pair = guarded;
}

static int make_pair(void **state)
{
    (void)state;
    ring_pair_init(&pair, 1u << 20);
    return 0;
}

static int end_pair(void **state)
{
    (void)state;
    ring_pair_fini(&pair);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_schedules_match_the_model),
        cmocka_unit_test(no_lie_of_the_producer_leads_outside_of_the_ring),
    };
    return cmocka_run_group_tests(tests, make_pair, end_pair);
}
