/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of things: sample, CLD2 (a second time with less caution if the text is short), the largest share, shares,
 * confidence.
 */
#include "detect.h"

#include <copydesk/tables.h>
#include <errno.h>
#include <string.h>

static const cd_table *find_table(const char *name)
{
    const cd_table *table = cd_tables;
    while (table->name && strcmp(table->name, name) != 0)
        table++;
    return table->name ? table : NULL;
}

static int load_tables(ld_detector *detector, const char **error)
{
    const cd_table *languages = find_table("languages"), *scripts = find_table("scripts");
    *error = "the table of languages or scripts is missing or wrong";
    if (!languages || !scripts)
        return -EINVAL;
    if (ld_languages_load(&detector->languages, languages->start, languages->end) != 0 ||
        ld_scripts_load(&detector->scripts, scripts->start, scripts->end) != 0)
        return -EINVAL;
    int32_t numbers = ld_cld2_languages();
    for (int32_t i = 0; i < numbers && i < LD_ENGINE_NUMBERS; i++)
        detector->of_cld2[i] = ld_languages_by_cld2(&detector->languages, ld_cld2_code(i));
    return 0;
}

int ld_detector_init(ld_detector *detector, const ld_settings *settings, const char **error)
{
    memset(detector, 0, sizeof *detector);
    detector->settings = *settings;
    int rc = load_tables(detector, error);
    if (rc != 0)
        return rc;
    *error = "out of memory";
    const cd_table *marks = find_table("close");
    int line = 0;
    detector->close = marks ? ld_close_create(&detector->languages, marks->start, marks->end, &line) : NULL;
    if (detector->close == NULL && line != 0) {
        *error = "the table of close languages is wrong";
        return -EINVAL;
    }
    detector->cld2 = ld_cld2_create();
    if (detector->close == NULL || detector->cld2 == NULL)
        return -ENOMEM;
    if (!ld_cld2_has_full_tables(detector->cld2)) {
        *error =
            "CLD2 answers from its small tables: libcld2_full must stand before libcld2 in the order of linking, and "
            "nothing else in the process may have loaded libcld2 alone";
        return -ENODATA;
    }
    *error = NULL;
    return 0;
}

void ld_detector_fini(ld_detector *detector)
{
    ld_cld2_destroy(detector->cld2);
    ld_close_destroy(detector->close);
    ld_sample_fini(&detector->sample);
    memset(detector, 0, sizeof *detector);
}

static void add_share(ld_detector *detector, ld_result *out, uint8_t language, double share)
{
    uint8_t base = detector->languages.of[language].base;
    if (base == LD_UND || share <= 0)
        return;
    uint32_t i = 0;
    while (i < out->shares && out->share[i].language != base)
        i++;
    if (i == LD_SHARES_MAX)
        return;
    if (i == out->shares)
        out->share[out->shares++] = (ld_share){base, 0};
    out->share[i].share += share;
    for (; i > 0 && out->share[i].share > out->share[i - 1].share; i--) {
        ld_share smaller = out->share[i - 1];
        out->share[i - 1] = out->share[i];
        out->share[i] = smaller;
    }
}

static uint8_t language_of(const ld_detector *detector, int32_t number)
{
    return number >= 0 && number < LD_ENGINE_NUMBERS ? detector->of_cld2[number] : LD_UND;
}

static int guess(ld_detector *detector, ld_cld2_guess *out)
{
    const ld_buffer *text = &detector->sample.text;
    unsigned flags = detector->sample.entities ? LD_CLD2_ENTITIES : 0;
    int rc = ld_cld2_detect(detector->cld2, text->bytes, text->len, flags, out);
    if (rc == 0 && (!out->reliable || language_of(detector, out->language[0]) == LD_UND)) {
        rc = ld_cld2_detect(detector->cld2, text->bytes, text->len, flags | LD_CLD2_BEST_EFFORT, out);
        out->reliable = 0;
    }
    return rc;
}

int ld_detect(ld_detector *detector, cd_str text, ld_result *out)
{
    ld_cld2_guess g;
    memset(out, 0, sizeof *out);
    int rc = ld_sample_take(&detector->sample, &detector->scripts, text, detector->settings.sample_bytes,
                            detector->settings.html);
    if (rc == 0)
        rc = guess(detector, &g);
    if (rc != 0)
        return rc == -EMSGSIZE ? 0 : rc;
    for (int i = 0; i < LD_CLD2_TOP; i++)
        add_share(detector, out, language_of(detector, g.language[i]), g.percent[i] / 100.0);
    uint8_t best = out->shares ? out->share[0].language : LD_UND;
    int most = -1;
    for (int i = 0; i < LD_CLD2_TOP; i++) {
        uint8_t language = language_of(detector, g.language[i]);
        if (detector->languages.of[language].base == best && g.percent[i] > most) {
            most = g.percent[i];
            out->language = language;
        }
    }
    float prior[LD_LANGUAGES_MAX] = {0};
    for (uint32_t i = 0; i < out->shares; i++)
        prior[out->share[i].language] = (float)out->share[i].share;
    ld_close_verdict verdict;
    rc = ld_close_decide(detector->close, &detector->languages, &detector->scripts, &detector->sample, out->language,
                         prior, &verdict);
    out->language = verdict.language;
    const char *script =
        ld_language_script(&detector->languages, out->language, &detector->scripts, &detector->sample.counts);
    memcpy(out->script, script, 5);
    ld_language_tag(&detector->languages, out->language, script, out->tag);
    out->confidence = g.reliable ? 0.95 : out->language == LD_UND ? 0 : 0.5;
    out->reliable = g.reliable;
    return 0;
}
