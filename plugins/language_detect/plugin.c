/* SPDX-License-Identifier: Apache-2.0
 *
 * language_detect: the stage. Reads its options, hands the text to detection, writes the annotation.
 *
 * Owns one detector and one JSON writer per instance. Thread: the worker's. No state between articles.
 */
#include "detect.h"

#include <copydesk/sdk.h>
#include <errno.h>
#include <stdlib.h>

typedef struct stage {
    const cd_host *host;
    cd_stage *handle;
    ld_detector detector;
    cd_json json;
} stage;

static const char *const html_choices[] = {"auto", "no", "yes", NULL};

static const cd_option options[] = {
    {"sample_bytes", CD_OPTION_INTEGER, 0, "0", 0, 16777216, NULL, NULL,
     "Look at no more than this many bytes of an article, in pieces spread over it; 0: at all of it."},
    {"html", CD_OPTION_CHOICE, 0, "auto", 0, 0, html_choices, NULL,
     "Whether to take away mark-up first: if there is some, never, always."},
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
    cd_json_free(&s->json);
    free(s);
}

static int32_t stage_open(const cd_host *host, cd_stage *handle, void **self)
{
    stage *s = calloc(1, sizeof *s);
    if (s == NULL)
        return -ENOMEM;
    s->host = host;
    s->handle = handle;
    ld_settings settings = {
        .sample_bytes = (size_t)host->option_integer(handle, "sample_bytes"),
        .html = html_setting(host->option_string(handle, "html")),
    };
    const char *error;
    int rc = ld_detector_init(&s->detector, &settings, &error);
    if (rc != 0) {
        host->log(handle, CD_LOG_ERROR, cd_str_of(error));
        stage_close(s);
        return rc;
    }
    *self = s;
    return 0;
}

static void write_annotation(stage *s, const ld_result *result)
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
    cd_json_key(w, "shares");
    cd_json_array(w);
    for (uint32_t i = 0; i < result->shares; i++) {
        cd_json_object(w);
        cd_json_key(w, "code");
        cd_json_cstring(w, languages[result->share[i].language].code);
        cd_json_key(w, "share");
        cd_json_number(w, result->share[i].share, 2);
        cd_json_object_end(w);
    }
    cd_json_array_end(w);
    cd_json_object_end(w);
}

static int32_t stage_process(void *self, cd_article *article)
{
    stage *s = self;
    ld_result result;
    if (ld_detect(&s->detector, s->host->field(article, CD_FIELD_TEXT), &result) != 0) {
        s->host->reason(article, CD_LIT("out of memory"));
        return CD_RETRY;
    }
    write_annotation(s, &result);
    return cd_annotate(s->host, article, &s->json);
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
