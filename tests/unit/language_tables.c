/* SPDX-License-Identifier: Apache-2.0
 *
 * The plugin's data files: the reader, what it refuses, and that the files that are compiled in hold together.
 */
#include "cld2.h"
#include "language.h"
#include "table.h"

#include <copydesk/sdk.h>
#include <copydesk/tables.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static ld_scripts scripts;
static ld_languages languages;

static const cd_table *table_named(const char *name)
{
    const cd_table *table = cd_tables;
    while (strcmp(table->name, name) != 0)
        table++;
    return table;
}

static int load(void **state)
{
    (void)state;
    const cd_table *one = table_named("scripts"), *other = table_named("languages");
    return ld_scripts_load(&scripts, one->start, one->end) + ld_languages_load(&languages, other->start, other->end);
}

static void rows_have_fields(void **state)
{
    (void)state;
    const char text[] = "# comment\n\na\tb c\t\td\n#\nlast";
    ld_table table;
    ld_table_open(&table, text, text + sizeof text - 1);
    assert_true(ld_table_next(&table));
    assert_int_equal(table.line, 3);
    assert_int_equal(table.fields, 4);
    assert_true(cd_str_equal(table.field[1], CD_LIT("b c")));
    assert_int_equal(table.field[2].len, 0);
    assert_true(ld_table_next(&table));
    assert_int_equal(table.line, 5);
    assert_true(cd_str_equal(table.field[0], CD_LIT("last")));
    assert_false(ld_table_next(&table));
}

static void numbers_are_read(void **state)
{
    (void)state;
    int64_t n;
    double x;
    assert_true(ld_table_integer(CD_LIT("10FFFF"), 16, &n) && n == 0x10FFFF);
    assert_true(ld_table_integer(CD_LIT("070"), 10, &n) && n == 70);
    assert_false(ld_table_integer(CD_LIT(""), 10, &n));
    assert_false(ld_table_integer(CD_LIT("-1"), 10, &n));
    assert_false(ld_table_integer(CD_LIT("1F"), 10, &n));
    assert_false(ld_table_integer(CD_LIT("1234567890123"), 10, &n));
    assert_true(ld_table_number(CD_LIT("-1.25"), &x) && x == -1.25);
    assert_true(ld_table_number(CD_LIT("3"), &x) && x == 3);
    assert_true(ld_table_number(CD_LIT(".5"), &x) && x == 0.5);
    assert_false(ld_table_number(CD_LIT("1.2.3"), &x));
    assert_false(ld_table_number(CD_LIT("-"), &x));
    assert_false(ld_table_number(CD_LIT("1e3"), &x));
}

static int languages_error(const char *text)
{
    static ld_languages some;
    return ld_languages_load(&some, text, text + strlen(text));
}

static void wrong_rows_are_named(void **state)
{
    (void)state;
    static ld_scripts some;
    assert_int_equal(languages_error("de\tde\tLatn*\tGerman\n"), 0);
    assert_int_equal(languages_error("de\tde\tLatn*\tGerman\nfr\tfr\tLatn*\n"), 2);
    assert_int_equal(languages_error("de\tde\tLatin\tGerman\n"), 1);
    assert_int_equal(languages_error("de\tde\tLatn,Cyrl,Arab,Hebr\tGerman\n"), 1);
    assert_int_equal(languages_error("de\tdeutschland\tLatn\tGerman\n"), 1);
    const char overlap[] = "0041\t005A\tLatn\n0050\t0060\tLatn\n", none[] = "0400\t052F\tCyrl\n";
    assert_int_equal(ld_scripts_load(&some, overlap, overlap + sizeof overlap - 1), 2);
    assert_int_not_equal(ld_scripts_load(&some, none, none + sizeof none - 1), 0); /* no Latin */
}

static void scripts_of_characters(void **state)
{
    (void)state;
    static const struct {
        uint32_t cp;
        const char *code;
    } known[] = {{'a', "Latn"},    {0xE9, "Latn"},   {0x416, "Cyrl"},  {0x5D0, "Hebr"},
                 {0x1F00, "Grek"}, {0x905, "Deva"},  {0x3042, "Hira"}, {0x30A2, "Kana"},
                 {0x6F22, "Hani"}, {0xAC00, "Hang"}, {0x1200, "Ethi"}, {0x20000, "Hani"}};
    uint32_t hint = 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint8_t script = ld_script_of(&scripts, known[i].cp, &hint);
        assert_int_not_equal(script, LD_SCRIPT_NONE);
        assert_string_equal(scripts.code[script], known[i].code);
        assert_int_equal(ld_script_of(&scripts, '7', &hint), LD_SCRIPT_NONE);
    }
    assert_int_equal(ld_script_of(&scripts, 0x1F600, &hint), LD_SCRIPT_NONE);
    assert_int_equal(ld_script_of(&scripts, 0x10FFFF, &hint), LD_SCRIPT_NONE);
}

static void each_row_of_cld2_is_a_language_of_cld2(void **state)
{
    (void)state;
    for (uint32_t row = 1; row < languages.count; row++) {
        bool there = strcmp(languages.of[row].cld2, "-") == 0;
        for (int32_t i = 0; i < ld_cld2_languages() && !there; i++)
            there = strcmp(ld_cld2_code(i), languages.of[row].cld2) == 0;
        assert_true(there);
    }
}

static void codes_are_iso_639(void **state)
{
    (void)state;
    assert_int_equal(ld_languages_by_code(&languages, CD_LIT("iw")), LD_UND);
    assert_int_equal(ld_languages_by_cld2(&languages, "un"), LD_UND);
    for (uint32_t row = 1; row < languages.count; row++) {
        size_t len = strlen(languages.of[row].code);
        assert_true(len == 2 || len == 3);
    }
    assert_string_equal(languages.of[ld_languages_by_cld2(&languages, "iw")].code, "he");
    assert_string_equal(languages.of[ld_languages_by_cld2(&languages, "no")].code, "nb");
    uint8_t hant = ld_languages_by_cld2(&languages, "zh-Hant"), hans = ld_languages_by_cld2(&languages, "zh");
    assert_int_equal(languages.of[hant].base, hans);
    assert_int_equal(languages.of[hans].base, hans);
}

static void assert_tag(const char *cld2, const char *script, const char *expected)
{
    char tag[16];
    ld_language_tag(&languages, ld_languages_by_cld2(&languages, cld2), script, tag);
    assert_string_equal(tag, expected);
}

static void tags_name_what_does_not_go_without_saying(void **state)
{
    (void)state;
    assert_tag("en", "Latn", "en");
    assert_tag("sr", "Cyrl", "sr-Cyrl");
    assert_tag("sr", "Latn", "sr-Latn");
    assert_tag("uz", "Latn", "uz");
    assert_tag("uz", "Cyrl", "uz-Cyrl");
    assert_tag("zh", "Hans", "zh-Hans");
    assert_tag("zh-Hant", "Hant", "zh-Hant");
    assert_tag("ru", "Latn", "ru-Latn"); /* transliterated */
    assert_tag("un", "Grek", "und");
}

static void claims_are_compared_by_their_language(void **state)
{
    (void)state;
    uint8_t de = ld_languages_by_cld2(&languages, "de"), he = ld_languages_by_cld2(&languages, "iw");
    assert_true(ld_language_is(&languages, de, CD_LIT("de")));
    assert_true(ld_language_is(&languages, de, CD_LIT("DE-at")));
    assert_true(ld_language_is(&languages, de, CD_LIT("de_DE.UTF-8")));
    assert_true(ld_language_is(&languages, he, CD_LIT("iw")) && ld_language_is(&languages, he, CD_LIT("he-IL")));
    assert_false(ld_language_is(&languages, de, CD_LIT("deu")));
    assert_false(ld_language_is(&languages, de, CD_LIT("")));
    assert_false(ld_language_is(&languages, LD_UND, CD_LIT("de")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_have_fields),
        cmocka_unit_test(numbers_are_read),
        cmocka_unit_test(wrong_rows_are_named),
        cmocka_unit_test(scripts_of_characters),
        cmocka_unit_test(each_row_of_cld2_is_a_language_of_cld2),
        cmocka_unit_test(codes_are_iso_639),
        cmocka_unit_test(tags_name_what_does_not_go_without_saying),
        cmocka_unit_test(claims_are_compared_by_their_language),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
