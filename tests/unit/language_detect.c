/* SPDX-License-Identifier: Apache-2.0
 *
 * Detection as a whole, on invented text. The golden cases say more about languages; here are the edges.
 */
#include "detect.h"

#include <copydesk/sdk.h>
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static ld_detector detector;

static const char english[] = "The council of Varnholt voted on Monday to keep the old swimming hall open for another "
                              "winter, although the repair "
                              "of its roof will cost more than twice what the treasurer had planned. ";
static const char german[] = "Der Rat von Varnholt hat am Montag beschlossen, das alte Hallenbad noch einen Winter "
                             "lang offen zu halten, obwohl die "
                             "Reparatur des Daches mehr als doppelt so viel kosten wird wie geplant. ";

static int open_detector(void **state)
{
    (void)state;
    const ld_settings settings = {.min_confidence = 0.1};
    const char *error;
    return ld_detector_init(&detector, &settings, &error);
}

static int close_detector(void **state)
{
    (void)state;
    ld_detector_fini(&detector);
    return 0;
}

static ld_result detect(cd_str text)
{
    ld_result result;
    assert_int_equal(ld_detect(&detector, text, &result), 0);
    assert_true(result.confidence >= 0 && result.confidence <= 1);
    assert_int_equal(result.reliable, result.confidence >= LD_RELIABLE);
    return result;
}

static const char *code_of(const ld_result *result) { return detector.languages.of[result->language].code; }

static void the_full_tables_answer(void **state)
{
    (void)state;
    assert_int_equal(ld_cld2_has_full_tables(detector.cld2), 1);
}

static void plain_text_is_certain(void **state)
{
    (void)state;
    ld_result result = detect(cd_str_of(german));
    assert_string_equal(code_of(&result), "de");
    assert_string_equal(result.tag, "de");
    assert_string_equal(result.script, "Latn");
    assert_true(result.reliable);
    assert_int_equal(result.shares.count, 1);
    assert_true(result.shares.of[0].share > 0.9);
}

static void no_language_is_und(void **state)
{
    (void)state;
    static const char *const texts[] = {"",        " ",   "1234 5678 %%", "🎣🏊‍♂️🎉", "\x01\x02", "&&&",
                                        "<p></p>", "...", "😀 12:30 €5"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ld_result result = detect(cd_str_of(texts[i]));
        assert_string_equal(code_of(&result), "und");
        assert_string_equal(result.tag, "und");
        assert_true(result.confidence == 0);
        assert_int_equal(result.shares.count, 0);
    }
}

static void a_script_without_language_is_still_named(void **state)
{
    (void)state;
    ld_result result = detect(cd_str_of("𐌰𐌱𐌲𐌳 𐌴𐌵𐌶")); /* Gothic */
    assert_string_equal(code_of(&result), "und");
    assert_string_equal(result.script, "Goth");
}

static void a_control_character_hides_nothing(void **state)
{
    (void)state;
    char text[sizeof german + 2];
    memcpy(text, german, 40);
    memcpy(text + 40, "\xC2\x92", 2);
    memcpy(text + 42, german + 40, sizeof german - 41);
    ld_result result = detect((cd_str){text, sizeof german + 1});
    assert_string_equal(code_of(&result), "de");
    assert_true(result.reliable);
}

static void nul_bytes_are_no_end(void **state)
{
    (void)state;
    char text[sizeof german + 20] = {0};
    memcpy(text + 20, german, sizeof german - 1);
    ld_result result = detect((cd_str){text, 20 + sizeof german - 1});
    assert_string_equal(code_of(&result), "de");
}

static void two_languages_have_their_shares(void **state)
{
    (void)state;
    char text[4 * sizeof english + 2 * sizeof german];
    size_t len = 0;
    for (int i = 0; i < 4; i++) { /* English, German, English, English */
        const char *part = i == 1 ? german : english;
        memcpy(text + len, part, strlen(part));
        len += strlen(part);
    }
    ld_result result = detect((cd_str){text, len});
    assert_string_equal(code_of(&result), "en");
    assert_int_equal(result.shares.count, 2);
    assert_string_equal(detector.languages.of[result.shares.of[1].language].code, "de");
    assert_true(fabs(result.shares.of[1].share - (double)strlen(german) / (double)len) < 0.02);
    assert_true(fabs(result.shares.of[0].share + result.shares.of[1].share - 1) < 0.02);
}

static void markup_is_no_english(void **state)
{
    (void)state;
    static const char text[] =
        "<html lang=\"en\"><body class=\"article main content page\"><div id=\"story\"><p style=\"font-weight: bold; "
        "color: "
        "black\">Das Hallenbad bleibt noch einen Winter lang offen.</p></div><script>var reading = true; function "
        "showTheNextPage() { return window.open('next page of the story'); }</script></body></html>";
    ld_result result = detect(cd_str_of(text));
    assert_string_equal(code_of(&result), "de");
    assert_true(cd_str_equal(detector.sample.claimed, CD_LIT("en")));
}

static void references_are_letters(void **state)
{
    (void)state;
    ld_result result =
        detect(cd_str_of("La v&iacute;spera de la inauguraci&oacute;n, el ni&ntilde;o m&aacute;s peque&ntilde;o "
                         "cay&oacute; al agua."));
    assert_string_equal(code_of(&result), "es");
}

static void the_answer_does_not_depend_on_what_came_before(void **state)
{
    (void)state;
    ld_result before = detect(cd_str_of("Jeg ved ikke, hvad de vil gøre."));
    detect(cd_str_of(english));
    detect(cd_str_of("<p>Ã¼ber Ã¼ber</p> &amp;"));
    ld_result after = detect(cd_str_of("Jeg ved ikke, hvad de vil gøre."));
    assert_int_equal(before.language, after.language);
    assert_true(before.confidence == after.confidence);
    assert_string_equal(before.tag, after.tag);
}

static void a_doubtful_answer_becomes_und(void **state)
{
    (void)state;
    detector.settings.min_confidence = 1;
    ld_result result = detect(cd_str_of(german));
    detector.settings.min_confidence = 0.1;
    assert_string_equal(code_of(&result), "und");
    assert_string_equal(result.script, "Latn");
}

static void a_damaged_model_is_refused(void **state)
{
    (void)state;
    static ld_detector other;
    const char *error = NULL;
    const ld_settings settings = {.model = CD_LIT("CDLANGM1 and nothing more")};
    assert_int_equal(ld_detector_init(&other, &settings, &error), -EINVAL);
    assert_non_null(error);
    ld_detector_fini(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_full_tables_answer),
        cmocka_unit_test(plain_text_is_certain),
        cmocka_unit_test(no_language_is_und),
        cmocka_unit_test(a_script_without_language_is_still_named),
        cmocka_unit_test(a_control_character_hides_nothing),
        cmocka_unit_test(nul_bytes_are_no_end),
        cmocka_unit_test(two_languages_have_their_shares),
        cmocka_unit_test(markup_is_no_english),
        cmocka_unit_test(references_are_letters),
        cmocka_unit_test(the_answer_does_not_depend_on_what_came_before),
        cmocka_unit_test(a_doubtful_answer_becomes_und),
        cmocka_unit_test(a_damaged_model_is_refused),
    };
    return cmocka_run_group_tests(tests, open_detector, close_detector);
}
