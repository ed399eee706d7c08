/* SPDX-License-Identifier: Apache-2.0
 *
 * What detection gets to see: cleaning, mojibake, sampling, the count of letters by script.
 */
#include "mojibake.h"
#include "sample.h"
#include "utf8.h"

#include <copydesk/sdk.h>
#include <copydesk/tables.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static ld_scripts scripts;
static ld_sample sample;

static int load(void **state)
{
    (void)state;
    const cd_table *table = cd_tables;
    while (strcmp(table->name, "scripts") != 0)
        table++;
    return ld_scripts_load(&scripts, table->start, table->end);
}

static int unload(void **state)
{
    (void)state;
    ld_sample_fini(&sample);
    return 0;
}

static uint32_t letters(const char *script) { return ld_script_letters(&scripts, &sample.counts, script); }

static void take(cd_str text, size_t max_bytes)
{
    assert_int_equal(ld_sample_take(&sample, &scripts, text, max_bytes, LD_HTML_AUTO), 0);
}

static void assert_clean(const char *text, const char *expected)
{
    take(cd_str_of(text), 0);
    assert_int_equal(sample.text.len, strlen(expected) + 1); /* and a line feed */
    assert_memory_equal(sample.text.bytes, expected, strlen(expected));
}

static void what_is_no_language_becomes_a_space(void **state)
{
    (void)state;
    assert_clean("a\x01"
                 "b\x7F"
                 "c\td",
                 "a b c\td");
    assert_clean("a\xC2\x92z", "a z");                        /* C1 */
    assert_clean("a\xEF\xB7\x90z\xEF\xBF\xBEz", "a z z");     /* noncharacters */
    assert_clean("a\xEE\x80\x80z\xF4\x80\x80\x80z", "a z z"); /* private use */
    assert_clean("a\xEF\xBF\xBDz", "a z");                    /* the replacement character */
    assert_clean("a\xE2\x80\x8Bz", "a z");                    /* zero-width space */
    assert_clean("a < b", "a   b");
}

static void invisible_marks_are_left_out(void **state)
{
    (void)state;
    assert_clean("Donau\xC2\xADschiff", "Donauschiff");
    assert_clean("\xEF\xBB\xBFone\xE2\x80\x8F two", "one two");
    assert_clean("نمی\u200Cدانم", "نمی\u200Cدانم"); /* Persian needs its zero-width non-joiner */
}

static void emoji_stay_and_are_no_letters(void **state)
{
    (void)state;
    assert_clean("ab 🎣🏊 cd", "ab 🎣🏊 cd");
    assert_int_equal(sample.counts.letters, 4);
}

static void addresses_are_left_out(void **state)
{
    (void)state;
    assert_clean("see https://news.example/a?b=c#d now", "see   now");
    assert_clean("see www.example.org/x, now", "see   now");
    assert_clean("(http://a.example)", "( )");
    assert_clean("mail m.ell-ing@example.org now", "mail   now");
    assert_clean("thanks @marta: 10:30 http:// a@ @b", "thanks @marta: 10:30 http:// a@ @b");
    take(cd_str_of("ab https://example.org cd"), 0);
    assert_int_equal(sample.counts.letters, 4);
}

static void markup_is_noticed(void **state)
{
    (void)state;
    take(cd_str_of("<html lang=da><p>En gammel bro</p>"), 0);
    assert_true(sample.html);
    assert_int_equal(sample.claimed.len, 2);
    assert_memory_equal(sample.claimed.ptr, "da", 2);
    assert_int_equal(sample.counts.letters, 11);
    take(cd_str_of("En gammel bro &aring;"), 0);
    assert_false(sample.html);
    assert_true(sample.entities);
    take(cd_str_of("R & D"), 0);
    assert_false(sample.entities);
}

static void a_garbled_character_is_recognised(void **state)
{
    (void)state;
    uint32_t cp = 0;
    const char umlaut[] = "Ã¼", quote[] = "â€œ", cyrillic[] = "Ð\xC2\x9F", kanji[] = "æ—¥";
    assert_int_equal(ld_mojibake_at(umlaut, umlaut + 4, &cp), 4);
    assert_int_equal(cp, 0xFC);
    assert_int_equal(ld_mojibake_at(quote, quote + sizeof quote - 1, &cp), sizeof quote - 1);
    assert_int_equal(cp, 0x201C);
    assert_int_equal(ld_mojibake_at(cyrillic, cyrillic + 4, &cp), 4);
    assert_int_equal(cp, 0x41F);
    assert_int_equal(ld_mojibake_at(kanji, kanji + sizeof kanji - 1, &cp), sizeof kanji - 1);
    assert_int_equal(cp, 0x65E5);
}

static void real_text_is_not_garbled(void **state)
{
    (void)state;
    uint32_t cp;
    static const char *const texts[] = {"é ", "ção", "À la", "über", "â", "Ã", "ÃO", "à »"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(ld_mojibake_at(texts[i], texts[i] + strlen(texts[i]), &cp), 0);
    /* Overlong and surrogate sequences are none either: C3 A0 is U+00E0, read as a lead of three. */
    const char overlong[] = "à\xC2\x80\xC2\x80";
    assert_int_equal(ld_mojibake_at(overlong, overlong + sizeof overlong - 1, &cp), 0);
}

static void mojibake_is_undone(void **state)
{
    (void)state;
    assert_clean("Die BrÃ¼cke Ã¼ber die MÃ¼hle", "Die Brücke über die Mühle");
    assert_true(sample.repaired);
    assert_clean("Die Brücke über die Mühle", "Die Brücke über die Mühle");
    assert_false(sample.repaired);
    /* One such pair among good characters is a coincidence. */
    assert_clean("Brücke Mühle Höhe Ã¼", "Brücke Mühle Höhe Ã¼");
    assert_false(sample.repaired);
}

static void letters_are_counted_by_script(void **state)
{
    (void)state;
    take(cd_str_of("abc где 12 漢字かなカナ 한글"), 0);
    assert_int_equal(letters("Latn"), 3);
    assert_int_equal(letters("Cyrl"), 3);
    assert_int_equal(letters("Jpan"), 6);
    assert_int_equal(letters("Hrkt"), 4);
    assert_int_equal(letters("Hans"), 2);
    assert_int_equal(letters("Kore"), 4);
    assert_int_equal(letters("Mong"), 0);
    assert_int_equal(sample.counts.letters, 14);
    assert_string_equal(ld_script_commonest(&scripts, &sample.counts), "Latn");
    take(cd_str_of("12 + 3"), 0);
    assert_string_equal(ld_script_commonest(&scripts, &sample.counts), "Zyyy");
}

static void long_text_is_sampled_from_end_to_end(void **state)
{
    (void)state;
    const size_t len = 100000;
    char *text = malloc(len);
    for (size_t i = 0; i < len; i++)
        text[i] = i % 7 == 6 ? ' ' : (char)('a' + i * 26 / len);
    take((cd_str){text, len}, 4096);
    assert_false(sample.whole);
    assert_true(sample.text.len > 3000 && sample.text.len <= 4096 + 64);
    assert_int_equal(sample.text.bytes[0], 'a');
    assert_int_equal(sample.text.bytes[sample.text.len - 3], 'z');
    assert_non_null(memchr(sample.text.bytes, 'i', sample.text.len)); /* from the second piece */
    take((cd_str){text, len}, 0);
    assert_true(sample.whole);
    assert_int_equal(sample.text.len, len + 1);
    free(text);
}

static void samples_are_valid_utf8(void **state)
{
    (void)state;
    const char unit[] = "日本語";
    char text[9 * 1000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = unit[i % 9];
    for (size_t max = 256; max < 9000; max += 97) {
        take((cd_str){text, sizeof text}, max);
        uint32_t cp;
        for (size_t i = 0; i < sample.text.len;) {
            i += ld_utf8_read(sample.text.bytes + i, sample.text.bytes + sample.text.len, &cp);
            assert_int_not_equal(cp, 0xFFFD);
        }
    }
}

static void utf8_comes_back(void **state)
{
    (void)state;
    static const uint32_t points[] = {0x41, 0x7F, 0x80, 0x7FF, 0x800, 0xFFFF, 0x10000, 0x10FFFF};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        char bytes[4];
        uint32_t cp;
        size_t len = ld_utf8_write(bytes, points[i]);
        assert_int_equal(ld_utf8_read(bytes, bytes + len, &cp), len);
        assert_int_equal(cp, points[i]);
        if (len > 1)
            assert_int_equal(ld_utf8_read(bytes, bytes + len - 1, &cp), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_language_becomes_a_space),
        cmocka_unit_test(invisible_marks_are_left_out),
        cmocka_unit_test(emoji_stay_and_are_no_letters),
        cmocka_unit_test(addresses_are_left_out),
        cmocka_unit_test(markup_is_noticed),
        cmocka_unit_test(a_garbled_character_is_recognised),
        cmocka_unit_test(real_text_is_not_garbled),
        cmocka_unit_test(mojibake_is_undone),
        cmocka_unit_test(letters_are_counted_by_script),
        cmocka_unit_test(long_text_is_sampled_from_end_to_end),
        cmocka_unit_test(samples_are_valid_utf8),
        cmocka_unit_test(utf8_comes_back),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
