/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/probe/pass.c: see pass.h; and what checks.h has of what the plugin said. */
#include "cli/probe/pass.h"

enum { DEATHS_MAX = 3, SHORT = 128 << 10 };

cd_probe_lineup cd_probe_alone(const cd_probe *probe)
{
    static cd_probe_stage stage;
    stage = (cd_probe_stage){.name = probe->subject.name};
    return (cd_probe_lineup){.stages = &stage, .count = 1};
}

static cd_str payload_of(const cd_probe *probe, size_t article)
{
    const cd_buffer *payload = &probe->corpus.articles[article].payload;
    return (cd_str){payload->data, payload->len};
}

/* ---- a result ---- */

bool cd_probe_is_faulty(const cd_result *result, uint32_t stage, char *why, size_t size)
{
    int reason = result->reason.len > 200 ? 200 : (int)result->reason.len;
    bool own = result->stage == stage;
    if (result->verdict == CD_VERDICT_TOO_LARGE || (own && result->broken))
        snprintf(why, size, "%.*s", reason, result->reason.ptr);
    else if (own && result->verdict == CD_FATAL)
        snprintf(why, size, "said FATAL; expected a verdict that does not end the worker %.*s", reason, result->reason.ptr);
    else if ((result->verdict < CD_OK || result->verdict > CD_FATAL) && result->verdict != CD_VERDICT_UNREADABLE)
        snprintf(why, size, "the worker sent the verdict %d, which it cannot have; something wrote over its memory", result->verdict);
    else
        return false;
    return true;
}

/* The output with null in each hole. */
static void fill(const cd_result *result, cd_buffer *out)
{
    size_t from = 0;
    cd_buffer_reset(out);
    for (uint32_t i = 0; i < result->claim_count; i++) {
        size_t hole = result->claims[i].hole;
        cd_buffer_append(out, result->output.ptr + from, hole - from);
        cd_buffer_append_string(out, "null");
        from = hole;
    }
    cd_buffer_append(out, result->output.ptr + from, result->output.len - from);
}

void cd_probe_take(cd_probe_found *found, const cd_result *result, uint32_t stage)
{
    const char *blob = result->blobs.ptr;
    found->refused = result->verdict == CD_VERDICT_UNREADABLE;
    found->sound = !found->refused && !cd_probe_is_faulty(result, stage, found->why, sizeof found->why);
    found->verdict = result->verdict;
    found->ns = stage < result->stage_count ? result->stage_ns[stage] : 0;
    found->claimed = false;
    fill(result, &found->output);
    cd_buffer_reset(&found->words);
    cd_buffer_append(&found->words, result->reason.ptr, result->reason.len);
    cd_buffer_append(&found->words, result->route.ptr, result->route.len);
    cd_buffer_reset(&found->blob);
    for (uint32_t i = 0; i < result->claim_count; blob += result->claims[i++].blob_length)
        if (result->claims[i].stage == stage) {
            found->claimed = true;
            cd_buffer_append(&found->blob, blob, result->claims[i].blob_length);
        }
}

void cd_probe_found_fini(cd_probe_found *found)
{
    cd_buffer_fini(&found->output);
    cd_buffer_fini(&found->words);
    cd_buffer_fini(&found->blob);
}

/* About 30 bytes from `at` on, whole characters. */
static int excerpt(const cd_buffer *text, size_t *at)
{
    size_t end = *at + 30;
    if (text->len == 0)
        return 0;
    while (*at > 0 && *at < text->len && ((unsigned char)text->data[*at] & 0xc0) == 0x80)
        --*at;
    if (end >= text->len)
        return (int)(text->len - *at);
    while (((unsigned char)text->data[end] & 0xc0) == 0x80)
        end--;
    return (int)(end - *at);
}

bool cd_probe_differ(const cd_buffer *one, const cd_buffer *other, char *out, size_t size)
{
    size_t at = 0, shorter = one->len < other->len ? one->len : other->len;
    while (at < shorter && one->data[at] == other->data[at])
        at++;
    if (at == one->len && at == other->len)
        return false;
    size_t from = at > 12 ? at - 12 : 0, also = from;
    int length = excerpt(one, &from), also_length = excerpt(other, &also);
    snprintf(out, size, "byte %zu: …%.*s… and …%.*s…", at, length, length ? one->data + from : "", also_length,
             also_length ? other->data + also : "");
    return true;
}

/* ---- a pass of the corpus through one process ---- */

static bool is_wanted(const cd_probe *probe, const cd_probe_pass *p, size_t article)
{
    return (!p->sound_only || probe->found[article].sound) &&
           (!p->short_only || probe->corpus.articles[article].payload.len <= SHORT);
}

/* False: the process is gone. */
static bool pass_article(cd_probe *probe, const cd_probe_pass *p, cd_probe_session *session, size_t article)
{
    cd_identity who = cd_probe_identity(article);
    cd_result result;
    for (unsigned i = 0; i < p->times; i++) {
        if (cd_probe_article(session, &who, payload_of(probe, article), &result) != 0) {
            p->look(probe, article, NULL, session->why, p->self);
            return false;
        }
        p->look(probe, article, &result, NULL, p->self);
        if (result.verdict == CD_FATAL) {
            cd_probe_kill(session);
            return false;
        }
    }
    return true;
}

bool cd_probe_pass_run(cd_probe *probe, const cd_probe_pass *p)
{
    cd_probe_session session = {0};
    unsigned deaths = 0;
    for (size_t i = 0; i < probe->corpus.count; i++) {
        size_t article = p->backwards ? probe->corpus.count - 1 - i : i;
        if (!is_wanted(probe, p, article))
            continue;
        if (!cd_probe_alive(&session) && deaths == DEATHS_MAX)
            break;
        if (!cd_probe_alive(&session) && cd_probe_start(&session, &probe->subject, &p->lineup, NULL) != 0) {
            cd_probe_fault(&probe->report, NULL, "%s", session.why);
            return false;
        }
        deaths += !pass_article(probe, p, &session, article);
    }
    cd_probe_stop(&session);
    cd_probe_kill(&session);
    return true;
}

/* ---- the first pass ---- */

static void look_first(cd_probe *probe, size_t article, const cd_result *result, const char *why, void *self)
{
    cd_probe_found *found = &probe->found[article];
    (void)self;
    if (result)
        cd_probe_take(found, result, 0);
    else
        snprintf(found->why, sizeof found->why, "%s; expected a verdict", why);
}

bool cd_probe_gather(cd_probe *probe)
{
    cd_probe_pass p = {.lineup = cd_probe_alone(probe), .times = 1, .look = look_first};
    if (probe->gathered)
        return true;
    for (size_t i = 0; i < probe->corpus.count; i++)
        snprintf(probe->found[i].why, sizeof probe->found[i].why, "not tried, after %d deaths", DEATHS_MAX);
    probe->gathered = cd_probe_pass_run(probe, &p);
    return probe->gathered;
}
