/* SPDX-License-Identifier: Apache-2.0
 *
 * language_detect: the stage. Reads its options, hands the text to detection, writes the annotation, and lets articles
 * pass or not by their language.
 *
 * Owns one detector, one policy and one JSON writer per instance. Thread: the worker's. No state between articles.
 */
#include "detect.h"
#include "policy.h"

#include <copydesk/sdk.h>
#include <errno.h>
#include <stdlib.h>

typedef struct stage {
    const cd_host *host;
    ld_detector detector;
    ld_policy policy;
    cd_json json;
    cd_stage *handle;
    int32_t undetermined, mixed, second_engine, html, repaired, hint_agrees, hint_differs; /* counters */
    bool hint;
} stage;

static const char *const html_choices[] = {"auto", "no", "yes", NULL};

static const cd_option route_columns[] = {
    {"language", CD_OPTION_STRING, 0, NULL, 0, 0, NULL, NULL, "A code or a tag: de, zh, zh-Hant, und."},
    {"to", CD_OPTION_STRING, 0, NULL, 0, 0, NULL, NULL, "The name of the output."},
    {0},
};

static const cd_option options[] = {
    {"sample_bytes", CD_OPTION_INTEGER, 0, "16384", 0, 16777216, NULL, NULL,
     "Look at no more than this many bytes of an article, in pieces spread over it; 0: at all of it."},
    {"min_confidence", CD_OPTION_NUMBER, 0, "0.1", 0, 1, NULL, NULL,
     "Answers below this confidence are reported as und."},
    {"html", CD_OPTION_CHOICE, 0, "auto", 0, 0, html_choices, NULL,
     "Whether to take away mark-up first: if there is some, never, always."},
    {"hint", CD_OPTION_BOOLEAN, 0, "true", 0, 0, NULL, NULL,
     "Report what the input or its html element claims beside the answer."},
    {"model", CD_OPTION_PATH, 0, "", 0, 0, NULL, NULL,
     "The second engine's model, made by model/install.py, for short text of which CLD2 is not sure; empty: none."},
    {"allow", CD_OPTION_LIST, 0, NULL, 0, 0, NULL, NULL, "If not empty: drop articles in any other language."},
    {"drop", CD_OPTION_LIST, 0, NULL, 0, 0, NULL, NULL, "Drop articles in these languages."},
    {"route", CD_OPTION_TABLE, 0, NULL, 0, 0, NULL, route_columns,
     "Send articles in these languages to other outputs."},
    {"act_confidence", CD_OPTION_NUMBER, 0, "0.9", 0, 1, NULL, NULL,
     "allow, drop and route act on answers at least this sure; others pass. und has to be named to be acted on."},
    {0},
};

static int html_setting(cd_str choice)
{
    if (cd_str_equal(choice, CD_LIT("no")))
        return LD_HTML_NO;
    return cd_str_equal(choice, CD_LIT("yes")) ? LD_HTML_YES : LD_HTML_AUTO;
}

static void stage_close(void *self)
{
    stage *s = self;
    ld_detector_fini(&s->detector);
    ld_policy_fini(&s->policy);
    cd_json_free(&s->json);
    free(s);
}

static int open_parts(stage *s, const char **error)
{
    const cd_host *host = s->host;
    ld_settings settings = {
        .sample_bytes = (size_t)host->option_integer(s->handle, "sample_bytes"),
        .min_confidence = host->option_number(s->handle, "min_confidence"),
        .html = html_setting(host->option_string(s->handle, "html")),
        .model = host->option_file(s->handle, "model"),
    };
    s->hint = host->option_boolean(s->handle, "hint");
    int rc = ld_detector_init(&s->detector, &settings, error);
    return rc != 0 ? rc : ld_policy_init(&s->policy, host, s->handle, &s->detector.languages, error);
}

static int32_t stage_open(const cd_host *host, cd_stage *handle, void **self)
{
    const char *error = "out of memory";
    stage *s = calloc(1, sizeof *s);
    if (s == NULL)
        return -ENOMEM;
    s->host = host;
    s->handle = handle;
    int rc = open_parts(s, &error);
    if (rc != 0) {
        host->log(handle, CD_LOG_ERROR, cd_str_of(error));
        stage_close(s);
        return rc;
    }
    if (host->option_file(handle, "model").ptr == NULL)
        host->log(handle, CD_LOG_INFO, CD_LIT("no model is configured: the second engine is off"));
    s->undetermined = host->counter(handle, "undetermined");
    s->mixed = host->counter(handle, "mixed");
    s->second_engine = host->counter(handle, "second_engine");
    s->html = host->counter(handle, "html");
    s->repaired = host->counter(handle, "repaired");
    s->hint_agrees = host->counter(handle, "hint_agrees");
    s->hint_differs = host->counter(handle, "hint_differs");
    *self = s;
    return 0;
}

static void count(const stage *s, const ld_result *result)
{
    const ld_sample *sample = &s->detector.sample;
    s->host->count(s->handle, s->undetermined, result->language == LD_UND);
    s->host->count(s->handle, s->mixed, result->shares.count > 1);
    s->host->count(s->handle, s->second_engine, result->evidence.second == LD_SECOND_REPLACES);
    s->host->count(s->handle, s->html, sample->html);
    s->host->count(s->handle, s->repaired, sample->repaired);
}

static void write_shares(cd_json *w, const ld_language *languages, const ld_shares *shares)
{
    cd_json_key(w, "shares");
    cd_json_array(w);
    for (uint32_t i = 0; i < shares->count; i++) {
        cd_json_object(w);
        cd_json_key(w, "code");
        cd_json_cstring(w, languages[shares->of[i].language].code);
        cd_json_key(w, "share");
        cd_json_number(w, shares->of[i].share, 3);
        cd_json_object_end(w);
    }
    cd_json_array_end(w);
}

/* What the input says of itself: its `lang`, else its html element's. */
static void write_hint(stage *s, cd_article *article, const ld_result *result)
{
    cd_json *w = &s->json;
    cd_str claim = s->host->field(article, CD_FIELD_LANG);
    bool input = claim.ptr != NULL && claim.len > 0;
    if (!input)
        claim = s->detector.sample.claimed;
    if (!s->hint || claim.ptr == NULL || claim.len == 0 || claim.len > LD_CLAIM_MAX)
        return;
    bool agrees = ld_language_is(&s->detector.languages, result->language, claim);
    s->host->count(s->handle, agrees ? s->hint_agrees : s->hint_differs, 1);
    cd_json_key(w, "hint");
    cd_json_object(w);
    cd_json_key(w, "lang");
    cd_json_string(w, claim);
    cd_json_key(w, "source");
    cd_json_cstring(w, input ? "input" : "html");
    cd_json_key(w, "agrees");
    cd_json_boolean(w, agrees);
    cd_json_object_end(w);
}

static void write_annotation(stage *s, cd_article *article, const ld_result *result)
{
    cd_json *w = &s->json;
    const ld_language *languages = s->detector.languages.of;
    cd_json_reset(w);
    cd_json_object(w);
    cd_json_key(w, "code");
    cd_json_cstring(w, languages[result->language].code);
    cd_json_key(w, "tag");
    cd_json_cstring(w, result->tag);
    cd_json_key(w, "script");
    cd_json_cstring(w, result->script);
    cd_json_key(w, "confidence");
    cd_json_number(w, result->confidence, 3);
    cd_json_key(w, "reliable");
    cd_json_boolean(w, result->reliable);
    write_shares(w, languages, &result->shares);
    write_hint(s, article, result);
    cd_json_object_end(w);
}

static int32_t stage_process(void *self, cd_article *article)
{
    stage *s = self;
    ld_result result;
    int rc = ld_detect(&s->detector, s->host->field(article, CD_FIELD_TEXT), &result);
    if (rc != 0) {
        s->host->reason(article, rc == -ENOMEM ? CD_LIT("out of memory") : CD_LIT("CLD2 gave up on the text"));
        return rc == -ENOMEM ? CD_RETRY : CD_REJECT;
    }
    count(s, &result);
    write_annotation(s, article, &result);
    int32_t verdict = cd_annotate(s->host, article, &s->json);
    return verdict == CD_OK ? ld_policy_apply(&s->policy, s->host, article, &s->detector.languages, &result) : verdict;
}

static const cd_plugin plugin = {
    .abi_major = COPYDESK_ABI_MAJOR,
    .abi_minor_needed = 0,
    .size = sizeof(cd_plugin),
    .name = "language_detect",
    .version = "1.0.0",
    .summary = "Language, script, confidence and the shares of a mixed article.",
    .member = "language",
    .options = options,
    .open = stage_open,
    .process = stage_process,
    .close = stage_close,
};

const cd_plugin *copydesk_plugin(void) { return &plugin; }
