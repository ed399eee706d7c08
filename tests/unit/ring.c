/* SPDX-License-Identifier: Apache-2.0
 *
 * ring/ring.h, rule by rule: sizes, laps, waking, a hostile other side, and memory that goes back.
 */
#include "ring_support.h"

#include <errno.h>

enum { SMALL = 4096, SMALL_SOFT = 1024, HEADER = 8 };

static ring_pair pair;

static int make_pair(void **state)
{
    (void)state;
    ring_pair_init(&pair, cd_ring_capacity(12u << 20));
    return 0;
}

static int end_pair(void **state)
{
    (void)state;
    ring_pair_fini(&pair);
    return 0;
}

static void start(uint64_t capacity, uint64_t soft) { ring_pair_restart(&pair, capacity, soft); }

static bool put(uint32_t kind, size_t length, uint64_t number)
{
    int error;
    char *slot = cd_ring_reserve(&pair.producer, length, &error);
    assert_int_equal(error, 0);
    if (slot == NULL)
        return false;
    assert_int_equal((uintptr_t)slot % 8, 0);
    ring_fill(slot, length, number);
    cd_ring_commit(&pair.producer, kind, length);
    return true;
}

static void must_put(uint32_t kind, size_t length, uint64_t number)
{
    assert_true(put(kind, length, number));
    cd_ring_publish(&pair.producer);
}

static void must_get(uint32_t kind, size_t length, uint64_t number)
{
    cd_frame frame;
    assert_int_equal(cd_ring_peek(&pair.consumer, &frame), 1);
    assert_int_equal(frame.kind, kind);
    assert_int_equal(frame.length, length);
    assert_true(ring_filled(frame.payload, length, number));
    cd_ring_consume(&pair.consumer, &frame);
}

static void must_be_empty(void)
{
    cd_frame frame;
    assert_int_equal(cd_ring_peek(&pair.consumer, &frame), 0);
}

/* ---- sizes ---- */

static void capacity_is_a_power_of_two_with_room_for_the_largest_frame_past_soft(void **state)
{
    (void)state;
    const size_t sizes[] = {0, 1, 1u << 20, (4u << 20) - 8, (4u << 20) - 7, 17u << 20, 256u << 20, (size_t)1 << 31};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint64_t capacity = cd_ring_capacity(sizes[i]);
        assert_int_equal(capacity & (capacity - 1), 0);
        assert_true(capacity >= 2ull * CD_RING_SOFT);
        assert_true(capacity - CD_RING_SOFT >= sizes[i] + HEADER);
        assert_true(capacity >= 2 * (sizes[i] + HEADER));
    }
}

static void frames_of_every_small_size_come_out_as_they_went_in(void **state)
{
    (void)state;
    start(SMALL, SMALL_SOFT);
    for (size_t length = 0; length <= SMALL - SMALL_SOFT - HEADER; length++) {
        while (!put((uint32_t)length, length, length)) { /* the lap was left: follow, and it fits */
            must_be_empty();
            cd_ring_release(&pair.consumer);
        }
        cd_ring_publish(&pair.producer);
        must_get((uint32_t)length, length, length);
        cd_ring_release(&pair.consumer);
    }
}

static void the_largest_frame_fits_and_a_byte_more_never_does(void **state)
{
    (void)state;
    int error;
    start(SMALL, SMALL_SOFT);
    assert_non_null(cd_ring_reserve(&pair.producer, SMALL - SMALL_SOFT - HEADER, &error));
    assert_null(cd_ring_reserve(&pair.producer, SMALL - SMALL_SOFT - HEADER + 1, &error));
    assert_int_equal(error, -EMSGSIZE);
    assert_null(cd_ring_reserve(&pair.producer, (size_t)UINT32_MAX + 1, &error));
    assert_int_equal(error, -EMSGSIZE);
    assert_null(cd_ring_reserve(&pair.producer, SIZE_MAX - 4, &error));
    assert_int_equal(error, -EMSGSIZE);
}

static void a_frame_may_turn_out_smaller_than_what_was_reserved(void **state)
{
    (void)state;
    int error;
    start(SMALL, SMALL_SOFT);
    char *slot = cd_ring_reserve(&pair.producer, 1000, &error);
    ring_fill(slot, 3, 1);
    cd_ring_commit(&pair.producer, 7, 3);
    must_put(8, 5, 2);
    must_get(7, 3, 1);
    must_get(8, 5, 2);
    assert_int_equal(pair.consumer.own, 2 * 16);
}

/* ---- seeing and not seeing ---- */

static void a_frame_is_not_seen_before_it_is_shown(void **state)
{
    (void)state;
    start(SMALL, SMALL_SOFT);
    assert_true(put(1, 10, 1));
    must_be_empty();
    cd_ring_show(&pair.producer);
    must_get(1, 10, 1);
    must_be_empty();
}

static void peek_gives_the_same_frame_until_it_is_consumed(void **state)
{
    (void)state;
    cd_frame first, second;
    start(SMALL, SMALL_SOFT);
    must_put(1, 10, 1);
    must_put(2, 20, 2);
    assert_int_equal(cd_ring_peek(&pair.consumer, &first), 1);
    assert_int_equal(cd_ring_peek(&pair.consumer, &second), 1);
    assert_ptr_equal(first.payload, second.payload);
    cd_ring_consume(&pair.consumer, &first);
    must_get(2, 20, 2);
}

static void a_full_ring_says_so_and_has_room_after_the_release(void **state)
{
    (void)state;
    int error, count = 0;
    start(SMALL, SMALL_SOFT);
    while (put(1, 504, (uint64_t)count)) /* 512 bytes each: two start below soft, then the lap is left */
        count++;
    assert_int_equal(count, 2);
    cd_ring_publish(&pair.producer);
    for (int i = 0; i < count; i++)
        must_get(1, 504, (uint64_t)i);
    assert_null(cd_ring_reserve(&pair.producer, 2000, &error)); /* consumed, but the bytes may still be read */
    assert_int_equal(error, 0);
    must_be_empty(); /* follows the skip */
    cd_ring_release(&pair.consumer);
    assert_non_null(cd_ring_reserve(&pair.producer, 2000, &error));
}

static void consumed_bytes_stay_until_they_are_released(void **state)
{
    (void)state;
    cd_frame frame;
    start(SMALL, SMALL_SOFT);
    must_put(1, 1500, 1);
    assert_int_equal(cd_ring_peek(&pair.consumer, &frame), 1);
    cd_ring_consume(&pair.consumer, &frame);
    for (uint64_t i = 2; put(2, 600, i); i++)
        cd_ring_publish(&pair.producer);
    assert_true(ring_filled(frame.payload, 1500, 1));
}

/* ---- laps ---- */

static void no_frame_starts_at_or_beyond_soft(void **state)
{
    (void)state;
    start(SMALL, SMALL_SOFT);
    for (uint64_t i = 0; i < 1000; i++) {
        while (!put(1, 1000 + i % 400, i)) {
            must_be_empty();
            cd_ring_release(&pair.consumer);
        }
        cd_ring_publish(&pair.producer);
        cd_frame frame;
        assert_int_equal(cd_ring_peek(&pair.consumer, &frame), 1);
        assert_true(frame.payload - pair.data - HEADER < SMALL_SOFT);
        must_get(1, 1000 + i % 400, i);
        cd_ring_release(&pair.consumer);
    }
    assert_true(pair.consumer.own > 100 * SMALL);
}

/* An empty ring whose lap ends past soft: the largest frame needs the bytes before it, too. Each side must let go. */
static void the_largest_frame_after_the_largest_frame_comes_through_in_two_steps(void **state)
{
    (void)state;
    const size_t largest = SMALL - SMALL_SOFT - HEADER;
    start(SMALL, SMALL_SOFT);
    for (uint64_t i = 0; i < 100; i++) {
        for (int step = 0; !put(1, largest, i); step++) {
            assert_true(step < 2);
            assert_true(cd_ring_wait_space(&pair.producer, largest)); /* nothing else to do but to sleep */
            must_be_empty();
            (void)cd_ring_wait_frames(&pair.consumer);
            assert_true(ring_woken(pair.producer_wake_fd)); /* and is woken */
        }
        cd_ring_publish(&pair.producer);
        must_get(1, largest, i);
        if (i % 2)
            cd_ring_release(&pair.consumer);
        else
            (void)cd_ring_wait_frames(&pair.consumer);
        (void)ring_woken(pair.producer_wake_fd);
    }
}

static void every_pair_of_large_sizes_comes_through_an_empty_ring(void **state)
{
    (void)state;
    for (size_t first = 900; first <= SMALL - SMALL_SOFT - HEADER; first += 56)
        for (size_t second = 900; second <= SMALL - SMALL_SOFT - HEADER; second += 56) {
            start(SMALL, SMALL_SOFT);
            for (uint64_t i = 0; i < 6; i++) {
                size_t length = i % 2 ? second : first;
                for (int step = 0; !put(1, length, i); step++) {
                    assert_true(step < 2);
                    must_be_empty();
                    cd_ring_release(&pair.consumer);
                }
                cd_ring_publish(&pair.producer);
                must_get(1, length, i);
                cd_ring_release(&pair.consumer);
            }
        }
}

/* ---- waking ---- */

static void a_consumer_that_sleeps_is_woken_once(void **state)
{
    (void)state;
    start(SMALL, SMALL_SOFT);
    assert_true(cd_ring_wait_frames(&pair.consumer));
    assert_true(put(1, 10, 1));
    assert_false(ring_woken(pair.consumer_wake_fd));
    cd_ring_show(&pair.producer);
    assert_false(ring_woken(pair.consumer_wake_fd)); /* show is silent … */
    cd_ring_publish(&pair.producer);
    assert_true(ring_woken(pair.consumer_wake_fd)); /* … and publish makes up for it */
    must_put(1, 10, 2);
    assert_false(ring_woken(pair.consumer_wake_fd)); /* it is awake already */
    cd_ring_publish(&pair.producer);
    assert_false(ring_woken(pair.consumer_wake_fd));
}

static void nobody_who_is_awake_is_woken(void **state)
{
    (void)state;
    start(SMALL, SMALL_SOFT);
    must_put(1, 10, 1);
    assert_false(ring_woken(pair.consumer_wake_fd));
    must_get(1, 10, 1);
    cd_ring_release(&pair.consumer);
    assert_false(ring_woken(pair.producer_wake_fd));
}

static void a_consumer_does_not_go_to_sleep_over_a_frame(void **state)
{
    (void)state;
    start(SMALL, SMALL_SOFT);
    must_put(1, 10, 1);
    assert_false(cd_ring_wait_frames(&pair.consumer));
    assert_int_equal(pair.control->consumer_waits, 0);
    must_put(1, 10, 2);
    assert_false(ring_woken(pair.consumer_wake_fd));
}

static void a_producer_that_sleeps_is_woken_by_the_release(void **state)
{
    (void)state;
    start(SMALL, SMALL_SOFT);
    while (put(1, 504, 1))
        ;
    cd_ring_publish(&pair.producer);
    assert_true(cd_ring_wait_space(&pair.producer, 2000));
    for (int i = 0; i < 2; i++)
        must_get(1, 504, 1);
    assert_false(ring_woken(pair.producer_wake_fd));
    cd_ring_release(&pair.consumer);
    assert_true(ring_woken(pair.producer_wake_fd));
    assert_false(cd_ring_wait_space(&pair.producer, 1000)); /* room by now: no sleep, and no flag left behind */
    assert_int_equal(pair.control->producer_waits, 0);
}

/* ---- a hostile producer ---- */

static int peeked(uint64_t head, uint64_t header)
{
    cd_frame frame;
    memcpy(pair.data + (pair.consumer.own & (pair.consumer.capacity - 1)), &header, sizeof header);
    atomic_store(&pair.control->head, head);
    return cd_ring_peek(&pair.consumer, &frame);
}

static uint64_t header_of(uint32_t kind, uint32_t length) { return (uint64_t)kind << 32 | length; }

static void lies_about_the_head_are_noticed(void **state)
{
    (void)state;
    const uint64_t lies[] = {SMALL + 8, SMALL + 1, UINT64_MAX, UINT64_MAX - 7, 1, 12, (uint64_t)1 << 63};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        start(SMALL, SMALL_SOFT);
        assert_int_equal(peeked(lies[i], header_of(1, 0)), -EPROTO);
    }
    start(SMALL, SMALL_SOFT);
    must_put(1, 100, 1);
    must_put(1, 100, 2);
    must_get(1, 100, 1);
    must_get(1, 100, 2);
    assert_int_equal(peeked(112, header_of(1, 0)), -EPROTO); /* behind what was seen */
    assert_int_equal(cd_ring_wait_frames(&pair.consumer), 0);
}

static void lengths_beyond_what_is_published_are_noticed(void **state)
{
    (void)state;
    const uint32_t lies[] = {9, 16, 100, SMALL, INT32_MAX, UINT32_MAX - 8, UINT32_MAX - 7, UINT32_MAX};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        start(SMALL, SMALL_SOFT);
        assert_int_equal(peeked(16, header_of(1, lies[i])), -EPROTO);
    }
    start(SMALL, SMALL_SOFT);
    assert_int_equal(peeked(16, header_of(1, 8)), 1);
}

static void a_frame_that_would_wrap_is_noticed(void **state)
{
    (void)state;
    start(SMALL, SMALL_SOFT);
    assert_int_equal(peeked(SMALL, header_of(1, SMALL - 16)), 1);
    cd_frame frame;
    assert_int_equal(cd_ring_peek(&pair.consumer, &frame), 1);
    cd_ring_consume(&pair.consumer, &frame);
    cd_ring_release(&pair.consumer);
    assert_int_equal(peeked(SMALL + 64, header_of(1, 0)), 1); /* 8 bytes before the end: an empty frame just fits … */
    assert_int_equal(peeked(SMALL + 64, header_of(1, 1)), -EPROTO); /* … and one byte more would leave the memory */
}

static void a_skip_where_none_can_be_is_noticed(void **state)
{
    (void)state;
    start(SMALL, SMALL_SOFT);
    assert_int_equal(peeked(SMALL, header_of(UINT32_MAX, 0)),
                     -EPROTO); /* at the start of a lap: would go round for ever */
    start(SMALL, SMALL_SOFT);
    must_put(1, 100, 1);
    must_get(1, 100, 1);
    assert_int_equal(peeked(SMALL - 8, header_of(UINT32_MAX, 0)), -EPROTO); /* over bytes that are not published */
}

/* ---- a hostile consumer ---- */

static void lies_about_the_tail_are_noticed(void **state)
{
    (void)state;
    const uint64_t lies[] = {UINT64_MAX, UINT64_MAX - 7, SMALL * 2, SMALL + 8, 12, 1, (uint64_t)1 << 63};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        int error = 0;
        start(SMALL, SMALL_SOFT);
        while (put(1, 504, 1))
            ;
        cd_ring_publish(&pair.producer);
        atomic_store(&pair.control->tail, lies[i]);
        assert_null(cd_ring_reserve(&pair.producer, 2000, &error));
        assert_int_equal(error, -EPROTO);
        assert_false(cd_ring_wait_space(&pair.producer, 2000)); /* whoever waits finds out, and does not sleep */
    }
}

static void a_tail_that_goes_back_is_noticed(void **state)
{
    (void)state;
    int error;
    start(SMALL, SMALL_SOFT);
    while (put(1, 504, 1))
        ;
    cd_ring_publish(&pair.producer);
    atomic_store(&pair.control->tail, 1024);
    assert_null(cd_ring_reserve(&pair.producer, 2000, &error));
    assert_int_equal(error, 0);
    atomic_store(&pair.control->tail, 512);
    assert_null(cd_ring_reserve(&pair.producer, 2000, &error));
    assert_int_equal(error, -EPROTO);
}

/* ---- memory ---- */

/* One frame goes through, as large as it is; the ring has to be empty before. */
static void pass(size_t length, uint64_t number)
{
    while (!put(1, length, number)) {
        must_be_empty();
        cd_ring_release(&pair.consumer);
    }
    cd_ring_publish(&pair.producer);
    must_get(1, length, number);
}

enum { SLACK_KB = 600 }; /* a frame below LARGE may stand past soft */

static void pages_of_large_frames_go_back(void **state)
{
    (void)state;
    start(pair.capacity, CD_RING_SOFT);
    for (uint64_t i = 0; i < 3; i++) {
        pass(12u << 20, i);
        assert_true(ring_kilobytes(&pair) > 12 * 1024 - SLACK_KB);
        cd_ring_release(&pair.consumer);
        assert_true(ring_kilobytes(&pair) <= 4 * 1024 + SLACK_KB);
    }
    pass(1000, 3); /* and what comes behind is not harmed */
    cd_ring_release(&pair.consumer);
}

static void many_small_frames_never_use_more_than_soft(void **state)
{
    (void)state;
    start(pair.capacity, CD_RING_SOFT);
    for (uint64_t i = 0; i < 20000; i++) {
        pass(4000, i);
        cd_ring_release(&pair.consumer);
    }
    assert_true(ring_kilobytes(&pair) <= 4 * 1024 + SLACK_KB);
}

/* Two large frames of two laps in one release: the first one reaches farther than the second. */
static void pages_of_two_laps_go_back_at_once(void **state)
{
    (void)state;
    start(pair.capacity, CD_RING_SOFT);
    pass(CD_RING_SOFT / 4 * 3, 1);
    cd_ring_release(&pair.consumer);
    must_put(1, 12u << 20, 2);
    must_put(1, CD_RING_SOFT / 4, 3); /* past soft now: it stands in the next lap */
    must_get(1, 12u << 20, 2);
    must_get(1, CD_RING_SOFT / 4, 3);
    cd_ring_release(&pair.consumer);
    assert_true(ring_kilobytes(&pair) <= CD_RING_SOFT / 1024 + SLACK_KB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capacity_is_a_power_of_two_with_room_for_the_largest_frame_past_soft),
        cmocka_unit_test(frames_of_every_small_size_come_out_as_they_went_in),
        cmocka_unit_test(the_largest_frame_fits_and_a_byte_more_never_does),
        cmocka_unit_test(a_frame_may_turn_out_smaller_than_what_was_reserved),
        cmocka_unit_test(a_frame_is_not_seen_before_it_is_shown),
        cmocka_unit_test(peek_gives_the_same_frame_until_it_is_consumed),
        cmocka_unit_test(a_full_ring_says_so_and_has_room_after_the_release),
        cmocka_unit_test(consumed_bytes_stay_until_they_are_released),
        cmocka_unit_test(no_frame_starts_at_or_beyond_soft),
        cmocka_unit_test(the_largest_frame_after_the_largest_frame_comes_through_in_two_steps),
        cmocka_unit_test(every_pair_of_large_sizes_comes_through_an_empty_ring),
        cmocka_unit_test(a_consumer_that_sleeps_is_woken_once),
        cmocka_unit_test(nobody_who_is_awake_is_woken),
        cmocka_unit_test(a_consumer_does_not_go_to_sleep_over_a_frame),
        cmocka_unit_test(a_producer_that_sleeps_is_woken_by_the_release),
        cmocka_unit_test(lies_about_the_head_are_noticed),
        cmocka_unit_test(lengths_beyond_what_is_published_are_noticed),
        cmocka_unit_test(a_frame_that_would_wrap_is_noticed),
        cmocka_unit_test(a_skip_where_none_can_be_is_noticed),
        cmocka_unit_test(lies_about_the_tail_are_noticed),
        cmocka_unit_test(a_tail_that_goes_back_is_noticed),
        cmocka_unit_test(pages_of_large_frames_go_back),
        cmocka_unit_test(many_small_frames_never_use_more_than_soft),
        cmocka_unit_test(pages_of_two_laps_go_back_at_once),
    };
    return cmocka_run_group_tests(tests, make_pair, end_pair);
}
