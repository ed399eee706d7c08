/* SPDX-License-Identifier: Apache-2.0
 *
 * Close languages: the table's grammar, and that marks decide as it says.
 */
#include "close.h"

#include <copydesk/sdk.h>
#include <copydesk/tables.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static ld_languages languages;
static ld_scripts scripts;
static ld_sample sample;

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

static int unload(void **state)
{
    (void)state;
    ld_sample_fini(&sample);
    return 0;
}

static uint8_t language(const char *code) { return ld_languages_by_code(&languages, cd_str_of(code)); }

static ld_close *table_of(const char *text)
{
    int line;
    ld_close *close = ld_close_create(&languages, text, text + strlen(text), &line);
    assert_non_null(close);
    return close;
}

/* The verdict on a text that the engine took for `engine`, with all its trust. */
static ld_close_verdict decide(ld_close *close, const char *engine, const char *text)
{
    ld_close_verdict verdict;
    float prior[LD_LANGUAGES_MAX] = {0};
    prior[language(engine)] = 1;
    assert_int_equal(ld_sample_take(&sample, &scripts, cd_str_of(text), 0, LD_HTML_NO), 0);
    assert_int_equal(ld_close_decide(close, &languages, &scripts, &sample, language(engine), prior, &verdict), 0);
    return verdict;
}

static void assert_decided(ld_close *close, const char *engine, const char *text, const char *expected)
{
    assert_string_equal(languages.of[decide(close, engine, text).language].code, expected);
}

static void marks_are_words_edges_and_parts(void **state)
{
    (void)state;
    ld_close *close = table_of("Latn\ttest\tde\t3\t_alpha_ _beg end_ mid _two_words_\nLatn\ttest\tfr\t1\t_other_\n");
    assert_decided(close, "fr", "x alpha y", "de");
    assert_decided(close, "fr", "Alpha!", "de");
    assert_decided(close, "fr", "x alphas y", "fr");
    assert_decided(close, "fr", "x begin", "de");
    assert_decided(close, "fr", "unbegun", "fr");
    assert_decided(close, "fr", "the trend.", "de");
    assert_decided(close, "fr", "trends", "fr");
    assert_decided(close, "fr", "pyramids", "de");
    assert_decided(close, "fr", "two 12, words", "de");
    assert_decided(close, "fr", "two other words", "fr");
    ld_close_destroy(close);
}

static void the_engine_counts_and_one_word_does_not_win_by_repeating(void **state)
{
    (void)state;
    ld_close *close = table_of("Latn\ttest*\tde\t1\t_hint_\nLatn\ttest*\tfr\t2\t_one_ _two_\n");
    assert_decided(close, "fr", "hint", "fr");
    assert_decided(close, "fr", "hint hint", "de");
    assert_decided(close, "fr", "one two hint hint hint hint hint hint hint hint", "fr");
    assert_int_equal(decide(close, "fr", "one two hint hint hint hint").marks, 5);
    ld_close_destroy(close);
}

/* Languages that can share a text: counts tell the larger, unless the engine has seen both in a long text. */
static void shared_texts_are_left_to_the_engine(void **state)
{
    (void)state;
    char text[800] = "";
    float prior[LD_LANGUAGES_MAX] = {0};
    ld_close_verdict verdict;
    ld_close *close = table_of("Latn\ttest\tde\t1\t_hint_\nLatn\ttest\tfr\t2\t_one_\n");
    assert_decided(close, "fr", "one hint hint hint hint hint hint hint hint", "de");
    for (int i = 0; i < 80; i++)
        strcat(text, i % 2 ? "hint " : "word ");
    assert_decided(close, "fr", text, "de");
    prior[language("fr")] = 0.8f;
    prior[language("de")] = 0.2f;
    assert_true(sample.counts.letters >= 300);
    assert_int_equal(ld_close_decide(close, &languages, &scripts, &sample, language("fr"), prior, &verdict), 0);
    assert_false(verdict.decided);
    assert_int_equal(verdict.language, language("fr"));
    ld_close_destroy(close);
}

static void a_group_holds_in_its_script(void **state)
{
    (void)state;
    ld_close *close = table_of("Cyrl\ttest\tru,uk\t1\tа\nCyrl\ttest\tuk\t3\tї\n");
    assert_decided(close, "ru", "країна", "uk");
    assert_decided(close, "ru", "ї and many Latin letters", "ru");
    assert_int_equal(decide(close, "ru", "ї and many Latin letters").members, 0);
    assert_int_equal(decide(close, "de", "країна").members, 0);
    ld_close_destroy(close);
}

static void a_lack_is_a_mark(void **state)
{
    (void)state;
    ld_close *close = table_of("Jpan\ttest*\tja\t3\tの\nJpan\ttest*\tzh\t2\t!Hrkt\n");
    assert_decided(close, "ja", "経済新聞", "zh");
    assert_decided(close, "ja", "経済の新聞", "ja");
    assert_decided(close, "ja", "経済ニュース", "ja");
    assert_true(decide(close, "ja", "経済新聞").one);
    ld_close_destroy(close);
}

static int error_line(const char *text)
{
    int line = -1;
    ld_close *close = ld_close_create(&languages, text, text + strlen(text), &line);
    assert_null(close);
    assert_int_equal(errno, EINVAL);
    return line;
}

static void wrong_rows_are_named(void **state)
{
    (void)state;
    assert_int_equal(error_line("Latn\tg\tde\t1\ta\nLatn\tg\tde\t1\n"), 2);
    assert_int_equal(error_line("Latn\tg\txx\t1\ta\n"), 1);
    assert_int_equal(error_line("Latn\tg\tde\tmuch\ta\n"), 1);
    assert_int_equal(error_line("Latn\tg\tde\t1\ta  b\n"), 1);
    assert_int_equal(error_line("Latin\tg\tde\t1\ta\n"), 1);
    assert_int_equal(error_line("Latn\tg\tde\t1\t!Latin\n"), 1);
    assert_int_equal(error_line("Latn\tg\tde,fr,it,es,pt,nl,da,sv,fi\t1\ta\n"), 1);
}

/* The table that is compiled in, on invented sentences. */
static void the_real_table_tells_relatives_apart(void **state)
{
    (void)state;
    static const struct {
        const char *engine, *text, *expected;
    } cases[] = {
        {"hr", "Gde je bio predsednik kada je počelo nevreme, pitali su juče stanovnici celog mesta.", "sr"},
        {"bs", "Tko je prošlog tjedna vidio ravnatelja kazališta, pitaju se u Europi tisuće gledatelja.", "hr"},
        {"hr", "Hiljade ljudi su prošle sedmice čekale saopćenje sudije, a historija se ponovila u augustu.", "bs"},
        {"rw", "Abanyagihugu bavuze ivyo vyose canke ico barondera.", "rn"},
        {"nb", "Eg veit ikkje kva dei skal gjere med den gamle brua.", "nn"},
        {"nn", "Jeg vet ikke hva de skal gjøre med den gamle brua.", "nb"},
        {"nb", "Jeg ved ikke, hvad de vil gøre ved den gamle bro efter jul.", "da"},
        {"cs", "Čo bolo včera, nie je podľa neho dôležité, ale most je už starý.", "sk"},
        {"ms", "Dia berkata bahwa uang itu bisa dipakai karena kantor tutup.", "id"},
        {"zu", "Abantu bathi ilizwe liyatshintsha kwaye urhulumente akathethi ngoku.", "xh"},
        {"ru", "Міністр сказав, що міст ще стоїть і його будуть ремонтувати.", "uk"},
        {"bg", "Мостот ќе биде затворен, рече министерот, но луѓето не веруваат.", "mk"},
    };
    const cd_table *table = table_named("close");
    int line;
    ld_close *close = ld_close_create(&languages, table->start, table->end, &line);
    assert_non_null(close);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_decided(close, cases[i].engine, cases[i].text, cases[i].expected);
    ld_close_destroy(close);
    ld_close_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_are_words_edges_and_parts),
        cmocka_unit_test(the_engine_counts_and_one_word_does_not_win_by_repeating),
        cmocka_unit_test(shared_texts_are_left_to_the_engine),
        cmocka_unit_test(a_group_holds_in_its_script),
        cmocka_unit_test(a_lack_is_a_mark),
        cmocka_unit_test(wrong_rows_are_named),
        cmocka_unit_test(the_real_table_tells_relatives_apart),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
