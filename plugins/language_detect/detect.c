/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of things: sample, CLD2 (a second time with less caution if the text is short), the largest share, shares,
 * confidence.
 */
#include "detect.h"

#include <copydesk/tables.h>
#include <errno.h>
#include <string.h>

#define SECOND_LEAST 0.2 /* below this probability the second engine is not heard */

static const cd_table *find_table(const char *name)
{
    const cd_table *table = cd_tables;
    while (table->name && strcmp(table->name, name) != 0)
        table++;
    return table->name ? table : NULL;
}

static int load_tables(ld_detector *detector, const char **error)
{
    const cd_table *languages = find_table("languages"), *scripts = find_table("scripts"),
                   *confidence = find_table("confidence");
    *error = "the table of languages, scripts or confidence is missing or wrong";
    if (!languages || !scripts || !confidence)
        return -EINVAL;
    if (ld_languages_load(&detector->languages, languages->start, languages->end) != 0 ||
        ld_scripts_load(&detector->scripts, scripts->start, scripts->end) != 0 ||
        ld_confidence_load(&detector->confidence, &detector->languages, confidence->start, confidence->end) != 0)
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
    if (settings->model.ptr) {
        detector->model = ld_model_open(settings->model, &detector->languages, error);
        if (detector->model == NULL)
            return -EINVAL;
    }
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
    ld_model_close(detector->model);
    ld_sample_fini(&detector->sample);
    memset(detector, 0, sizeof *detector);
}

static uint8_t language_of(const ld_detector *detector, int32_t number)
{
    return number >= 0 && number < LD_ENGINE_NUMBERS ? detector->of_cld2[number] : LD_UND;
}

static uint8_t base_of(const ld_detector *detector, int32_t number)
{
    return detector->languages.of[language_of(detector, number)].base;
}

/* CLD2 on the sample; where it is not sure, again with its flag for short text. */
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

static int find_shares(ld_detector *detector, const ld_cld2_guess *g, ld_shares *out)
{
    *out = (ld_shares){.count = 0};
    for (int i = 0; i < LD_CLD2_TOP; i++)
        ld_shares_add(out, base_of(detector, g->language[i]), g->percent[i] / 100.0);
    if (!g->reliable || !ld_shares_mixed(out, detector->cld2, detector->of_cld2, &detector->languages))
        return 0;
    return ld_shares_by_sentence(out, detector->cld2, detector->of_cld2, &detector->languages, &detector->sample);
}

/* Where CLD2 is not sure: what the second engine says, unless it knows even less. */
static void ask_second(ld_detector *detector, ld_shares *shares, ld_evidence *evidence)
{
    const ld_buffer *text = &detector->sample.text;
    uint8_t first = shares->count ? shares->of[0].language : LD_UND;
    ld_model_guess second;
    ld_model_guess_language(detector->model, (cd_str){text->bytes, text->len}, &second);
    evidence->probability = second.probability;
    evidence->second = LD_SECOND_UNHEARD;
    if (second.language == LD_UND || second.probability < SECOND_LEAST)
        return;
    evidence->second = second.language == first ? LD_SECOND_AGREES : LD_SECOND_REPLACES;
    if (second.language == first)
        return;
    *shares = (ld_shares){.count = 0};
    ld_shares_add(shares, second.language, 1);
}

/* Of the rows with this base (the two forms of Chinese) the one that CLD2 saw most of. */
static uint8_t variant_of(const ld_detector *detector, const ld_cld2_guess *g, uint8_t base)
{
    uint8_t best = base;
    int most = 0;
    for (int i = 0; i < LD_CLD2_TOP; i++)
        if (base_of(detector, g->language[i]) == base && g->percent[i] > most) {
            most = g->percent[i];
            best = language_of(detector, g->language[i]);
        }
    return best;
}

/* Gives the share of the language that was to be the answer to the one that is. */
static void correct_shares(ld_shares *shares, const ld_close_verdict *verdict, uint8_t from, uint8_t to)
{
    ld_shares old = *shares;
    *shares = (ld_shares){.count = 0};
    for (uint32_t i = 0; i < old.count; i++) {
        uint8_t language = old.of[i].language;
        if (language == from || (verdict->one && memchr(verdict->member, language, verdict->members)))
            language = to;
        ld_shares_add(shares, language, old.of[i].share);
    }
}

/* The last word on languages that are close to each other. */
static int settle(ld_detector *detector, const ld_cld2_guess *g, ld_result *out)
{
    float prior[LD_LANGUAGES_MAX] = {0};
    ld_close_verdict verdict;
    uint8_t base = out->shares.count ? out->shares.of[0].language : LD_UND;
    for (uint32_t i = 0; i < out->shares.count; i++)
        prior[out->shares.of[i].language] = (float)out->shares.of[i].share;
    int rc = ld_close_decide(detector->close, &detector->languages, &detector->scripts, &detector->sample, base, prior,
                             &verdict);
    if (verdict.decided)
        correct_shares(&out->shares, &verdict, base, verdict.language);
    out->language = variant_of(detector, g, verdict.language);
    out->evidence.close = verdict.members > 0;
    out->evidence.margin = verdict.margin;
    return rc;
}

static void name_script(const ld_detector *detector, ld_result *out)
{
    const char *script =
        ld_language_script(&detector->languages, out->language, &detector->scripts, &detector->sample.counts);
    memcpy(out->script, script, 5);
}

/* Confidence, and what follows from it. */
static void conclude(const ld_detector *detector, ld_result *out)
{
    name_script(detector, out);
    out->evidence.language = detector->languages.of[out->language].base;
    out->evidence.english = strcmp(detector->languages.of[out->language].code, "en") == 0;
    out->evidence.alone = ld_language_is_alone(&detector->languages, out->language, out->script);
    out->confidence = ld_confidence_estimate(&detector->confidence, &out->evidence);
    if (out->language == LD_UND || out->confidence < detector->settings.min_confidence) {
        out->language = LD_UND;
        out->confidence = 0;
        out->shares.count = 0;
        name_script(detector, out);
    }
    out->reliable = out->confidence >= LD_RELIABLE;
    ld_language_tag(&detector->languages, out->language, out->script, out->tag);
}

int ld_detect(ld_detector *detector, cd_str text, ld_result *out)
{
    ld_cld2_guess g;
    memset(out, 0, sizeof *out);
    int rc = ld_sample_take(&detector->sample, &detector->scripts, text, detector->settings.sample_bytes,
                            detector->settings.html);
    if (rc == 0)
        rc = guess(detector, &g);
    if (rc == 0)
        rc = find_shares(detector, &g, &out->shares);
    if (rc != 0)
        return rc;
    out->evidence = (ld_evidence){
        .letters = (uint32_t)g.letters, .sure = g.reliable, .share = g.percent[0] / 100.0, .score = g.score[0]};
    if (detector->model && !g.reliable)
        ask_second(detector, &out->shares, &out->evidence);
    rc = settle(detector, &g, out);
    if (rc == 0)
        conclude(detector, out);
    return rc;
}
