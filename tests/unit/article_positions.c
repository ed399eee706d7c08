/* SPDX-License-Identifier: Apache-2.0
 *
 * Against the slow way: counting from the start.
 */
#include "article_support.h"

#include "article/positions.h"

static size_t slow_codepoint(cd_str text, size_t byte)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len && i <= byte; i++)
        count += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    return byte >= text.len ? count : count - 1;
}

static size_t slow_byte(cd_str text, size_t codepoint)
{
    for (size_t i = 0; i < text.len; i++)
        if (((unsigned char)text.ptr[i] & 0xC0) != 0x80 && codepoint-- == 0)
            return i;
    return text.len;
}

static void check_all(cd_positions *positions, cd_str text)
{
    cd_positions_reset(positions, text);
    for (size_t byte = 0; byte <= text.len + 2; byte++)
        assert_int_equal(cd_positions_codepoint(positions, byte), slow_codepoint(text, byte));
    for (size_t codepoint = 0; codepoint <= text.len + 2; codepoint++)
        assert_int_equal(cd_positions_byte(positions, codepoint), slow_byte(text, codepoint));
}

static void small_texts(void **state)
{
    (void)state;
    cd_positions positions;
    cd_positions_init(&positions);
    static const char *const texts[] = {"", "a", "é", "aé", "éa", "港口", "😀", "a😀b", "e\u0301", "abc\u00a0def"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        check_all(&positions, cd_str_of(texts[i]));
    cd_positions_reset(&positions, CD_LIT("ab"));
    assert_int_equal(cd_positions_codepoint(&positions, SIZE_MAX), 2);
    assert_int_equal(cd_positions_byte(&positions, SIZE_MAX), 2);
    cd_positions_reset(&positions, CD_LIT("é"));
    assert_int_equal(cd_positions_codepoint(&positions, 1), 0); /* within a sequence: its first */
    assert_int_equal(cd_positions_codepoint(&positions, SIZE_MAX), 1);
    assert_int_equal(cd_positions_byte(&positions, SIZE_MAX), 2);
    cd_positions_fini(&positions);
}

/* A text of `len` bytes or a few less, in code points of 1 to `widest` bytes. */
static size_t make_text(char *text, size_t len, size_t widest, uint64_t *seed)
{
    static const char *const samples[] = {"a", "é", "港", "😀"};
    size_t at = 0;
    for (;;) {
        const char *sample = samples[next_random(seed) % widest];
        if (at + strlen(sample) > len)
            return at;
        memcpy(text + at, sample, strlen(sample));
        at += strlen(sample);
    }
}

static void texts_around_the_blocks_edges(void **state)
{
    (void)state;
    cd_positions positions;
    cd_positions_init(&positions);
    uint64_t seed = 1;
    char text[1400];
    for (size_t len = 100; len < sizeof(text); len += 7)
        for (size_t widest = 1; widest <= 4; widest++)
            check_all(&positions, (cd_str){text, make_text(text, len, widest, &seed)});
    for (size_t repeat = 0; repeat < 4; repeat++) { /* one width throughout: the densest and the thinnest blocks */
        static const char *const samples[] = {"a", "é", "港", "😀"};
        size_t at = 0;
        for (; at + 4 <= sizeof(text); at += strlen(samples[repeat]))
            memcpy(text + at, samples[repeat], strlen(samples[repeat]));
        check_all(&positions, (cd_str){text, at});
    }
    memset(text, 'a', sizeof(text)); /* ASCII first, wide later, and the reverse */
    memcpy(text + 1000, "😀😀😀", 12);
    check_all(&positions, (cd_str){text, sizeof(text)});
    memcpy(text, "é", 2);
    check_all(&positions, (cd_str){text, sizeof(text)});
    cd_positions_fini(&positions);
}

static void a_large_text_there_and_back(void **state)
{
    (void)state;
    size_t len = (size_t)12 << 20;
    char *text = malloc(len);
    uint64_t seed = 7;
    cd_str large = {text, make_text(text, len, 4, &seed)};
    cd_positions positions;
    cd_positions_init(&positions);
    cd_positions_reset(&positions, large);
    size_t total = cd_positions_codepoint(&positions, large.len);
    for (int i = 0; i < 100000; i++) {
        size_t codepoint = (size_t)(next_random(&seed) % total);
        size_t byte = cd_positions_byte(&positions, codepoint);
        assert_true(((unsigned char)text[byte] & 0xC0) != 0x80);
        assert_int_equal(cd_positions_codepoint(&positions, byte), codepoint);
    }
    assert_int_equal(slow_codepoint(large, large.len / 2), cd_positions_codepoint(&positions, large.len / 2));
    check_all(&positions, CD_LIT("kleine Fähre")); /* the large index is given back */
    cd_positions_fini(&positions);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_texts),
        cmocka_unit_test(texts_around_the_blocks_edges),
        cmocka_unit_test(a_large_text_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
