/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/probe/store.c: the checks of a store half: what it answers to claims, and whether it stands by it. See checks.h.
 *
 * The claims are those that the worker half made of the corpus. Each store has a temporary folder of its own. */
#include "cli/probe/checks.h"

#include "article/spans.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { WINDOW = 8 };

/* What was answered, by article: the verdict, a space, the JSON, a space, the detail. */
typedef struct answered {
    cd_buffer said[CD_PROBE_ARTICLES_MAX];
} answered;

static void answered_fini(answered *a)
{
    for (size_t i = 0; i < CD_PROBE_ARTICLES_MAX; i++)
        cd_buffer_fini(&a->said[i]);
}

static void new_folder(cd_probe *probe, char *out, size_t size)
{
    snprintf(out, size, "%s/store-%u", probe->subject.folder, probe->stores++);
    (void)mkdir(out, 0700);
}

static bool open_store(cd_probe *probe, cd_probe_session *session, const char *folder)
{
    cd_probe_lineup alone = cd_probe_alone(probe);
    if (cd_probe_start(session, &probe->subject, &alone, folder) == 0)
        return true;
    cd_probe_fault(&probe->report, NULL, "%s", session->why);
    return false;
}

static cd_str blob_of(const cd_probe *probe, size_t article)
{
    const cd_buffer *blob = &probe->found[article].blob;
    return (cd_str){blob->len ? blob->data : "", blob->len};
}

static void keep(answered *a, size_t article, const cd_answers *answers)
{
    cd_buffer *said = &a->said[article];
    cd_buffer_reset(said);
    cd_buffer_printf(said, "%d ", answers->heads[0].verdict);
    cd_buffer_append(said, answers->texts.ptr, answers->heads[0].json_length);
    cd_buffer_append_byte(said, ' ');
    cd_buffer_append(said, answers->texts.ptr + answers->heads[0].json_length, answers->heads[0].detail_length);
}

/* The next article with a claim, from `from` on; the corpus's count: none. */
static size_t next_claim(const cd_probe *probe, size_t from)
{
    while (from < probe->corpus.count && !(probe->found[from].sound && probe->found[from].claimed))
        from++;
    return from;
}

static bool claim_died(cd_probe *probe, const cd_probe_session *session, size_t article)
{
    cd_probe_fault(&probe->report, probe->corpus.articles[article].name, "%s; expected an answer to its claim", session->why);
    return false;
}

/* All claims in the corpus's order, some under way at a time. False, and a fault: the store died. */
static bool claim_all(cd_probe *probe, cd_probe_session *session, answered *out)
{
    size_t sent = next_claim(probe, 0), received = sent;
    unsigned under_way = 0;
    cd_answers answers;
    while (received < probe->corpus.count) {
        cd_identity who = cd_probe_identity(sent);
        if (sent < probe->corpus.count && under_way < WINDOW) {
            if (cd_probe_send_claim(session, &who, blob_of(probe, sent)) != 0)
                return claim_died(probe, session, received);
            sent = next_claim(probe, sent + 1);
            under_way++;
            continue;
        }
        if (cd_probe_receive_claim(session, &answers) != 0)
            return claim_died(probe, session, received);
        keep(out, received, &answers);
        received = next_claim(probe, received + 1);
        under_way--;
    }
    return true;
}

/* One by one, from the last to the first: who has no memory cannot answer the same by having counted the same. */
static bool claim_again(cd_probe *probe, cd_probe_session *session, answered *out)
{
    cd_answers answers;
    for (size_t i = probe->corpus.count; i-- > 0;) {
        cd_identity who = cd_probe_identity(i);
        if (!probe->found[i].sound || !probe->found[i].claimed)
            continue;
        if (cd_probe_claim(session, &who, blob_of(probe, i), &answers) != 0)
            return claim_died(probe, session, i);
        keep(out, i, &answers);
    }
    return true;
}

static void expect_the_same(cd_probe *probe, const answered *first, const answered *now, const char *when, size_t except)
{
    char where[300];
    for (size_t i = next_claim(probe, 0); i < probe->corpus.count; i = next_claim(probe, i + 1))
        if (i != except && cd_probe_differ(&first->said[i], &now->said[i], where, sizeof where))
            cd_probe_fault(&probe->report, probe->corpus.articles[i].name, "%s: the same owner gets another answer, at %s", when, where);
}

/* A fresh store that has answered all claims once. */
static bool fill_store(cd_probe *probe, cd_probe_session *session, char *folder, size_t size, answered *out)
{
    if (!cd_probe_gather(probe))
        return false;
    new_folder(probe, folder, size);
    return open_store(probe, session, folder) && claim_all(probe, session, out);
}

static void close_store(cd_probe_session *session)
{
    cd_probe_stop(session);
    cd_probe_kill(session);
}

/* ---- the answers ---- */

/* The article with the answer where the claim was. */
static void put_in(cd_probe *probe, size_t article, cd_str json, cd_buffer *out)
{
    char pointer[96];
    cd_value value;
    const cd_buffer *output = &probe->found[article].output;
    snprintf(pointer, sizeof pointer, "/enrichment/%s", probe->member);
    cd_json_reader_reset(probe->reader);
    cd_buffer_reset(out);
    if (cd_json_lookup(probe->reader, (cd_str){output->data, output->len}, (cd_str){pointer, strlen(pointer)}, &value) != 0)
        return;
    cd_buffer_append(out, output->data, (size_t)(value.raw.ptr - output->data));
    cd_buffer_append(out, json.ptr, json.len);
    const char *rest = value.raw.ptr + value.raw.len;
    cd_buffer_append(out, rest, (size_t)(output->data + output->len - rest));
}

static void judge_answer(cd_probe *probe, size_t article, const cd_buffer *said, size_t *spans)
{
    const char *name = probe->corpus.articles[article].name;
    long verdict = strtol(cd_buffer_string(said), NULL, 10);
    const char *json = said->data + strcspn(said->data, " ") + 1;
    cd_buffer whole = {0};
    char why[400];
    if (verdict < CD_OK || verdict > CD_RETRY) {
        cd_probe_fault(&probe->report, name, "the answer's verdict is %ld; expected OK, DROP, ROUTE, REJECT or RETRY", verdict);
    } else if (verdict == CD_OK) { /* then there is no detail, so the JSON goes to the last space */
        cd_str text = {json, (size_t)(said->data + said->len - 1 - json)};
        if (!cd_json_valid(probe->reader, text)) {
            cd_probe_fault(&probe->report, name, "the answer is not valid JSON: %s", cd_json_reason(probe->reader, NULL));
            return;
        }
        put_in(probe, article, text, &whole);
        if (cd_spans_check((cd_str){whole.data, whole.len}, probe->member, spans, why, sizeof why) == -EINVAL)
            cd_probe_fault(&probe->report, name, "%s", why);
        cd_buffer_fini(&whole);
    }
}

void cd_probe_claims(cd_probe *probe)
{
    cd_probe_session session = {0};
    answered first = {0};
    char folder[4200];
    size_t claims = 0, spans = 0;
    if (fill_store(probe, &session, folder, sizeof folder, &first))
        for (size_t i = next_claim(probe, 0); i < probe->corpus.count; i = next_claim(probe, i + 1), claims++)
            judge_answer(probe, i, &first.said[i], &spans);
    close_store(&session);
    cd_probe_done(&probe->report, "%zu claims, each answered with a verdict and JSON", claims);
    answered_fini(&first);
}

/* ---- the same again ---- */

void cd_probe_redelivery(cd_probe *probe)
{
    cd_probe_session session = {0};
    answered first = {0}, now = {0};
    char folder[4200];
    cd_identity end = cd_probe_identity(probe->corpus.count);
    if (fill_store(probe, &session, folder, sizeof folder, &first) && claim_again(probe, &session, &now)) {
        cd_probe_usage before = cd_probe_usage_of(session.child.pid);
        expect_the_same(probe, &first, &now, "claiming once more", SIZE_MAX);
        if (cd_probe_tell(&session, CD_MESSAGE_WATERMARK, &end) == 0 && claim_again(probe, &session, &now))
            expect_the_same(probe, &first, &now, "claiming behind a watermark", SIZE_MAX);
        if (cd_probe_alive(&session)) {
            cd_probe_usage after = cd_probe_usage_of(session.child.pid);
            cd_probe_compare_usage(probe, &before, &after);
        }
    }
    close_store(&session);
    cd_probe_done(&probe->report, "the same owner gets the same answer, behind a watermark too; no descriptors left open");
    answered_fini(&first);
    answered_fini(&now);
}

void cd_probe_forget(cd_probe *probe)
{
    cd_probe_session session = {0};
    answered first = {0}, now = {0};
    char folder[4200];
    if (fill_store(probe, &session, folder, sizeof folder, &first)) {
        size_t forgotten = next_claim(probe, 0);
        cd_identity who = cd_probe_identity(forgotten), stranger = cd_probe_identity(CD_PROBE_ARTICLES_MAX);
        if (cd_probe_tell(&session, CD_MESSAGE_FORGET, &who) == 0 && cd_probe_tell(&session, CD_MESSAGE_FORGET, &stranger) == 0 &&
            cd_probe_tell(&session, CD_MESSAGE_FORGET, &who) == 0 && claim_again(probe, &session, &now))
            expect_the_same(probe, &first, &now, "after another owner was forgotten", forgotten);
    }
    close_store(&session);
    cd_probe_done(&probe->report, "an owner, twice, and one that never claimed; the others keep their answers");
    answered_fini(&first);
    answered_fini(&now);
}

/* A store that was ended like this, opened again. */
static void open_again(cd_probe *probe, bool by_force, const char *when)
{
    cd_probe_session session = {0};
    answered first = {0}, now = {0};
    char folder[4200];
    if (fill_store(probe, &session, folder, sizeof folder, &first)) {
        if (by_force)
            cd_probe_kill(&session);
        else if (cd_probe_stop(&session) != 0)
            cd_probe_fault(&probe->report, NULL, "%s while it closed the store; expected a clean end", session.why);
        if (open_store(probe, &session, folder) && claim_again(probe, &session, &now))
            expect_the_same(probe, &first, &now, when, SIZE_MAX);
    }
    close_store(&session);
    answered_fini(&first);
    answered_fini(&now);
}

/* Two stores that hear the same in the same order say the same. */
static void compare_fresh(cd_probe *probe)
{
    cd_probe_session session = {0};
    answered first = {0}, now = {0};
    char folder[4200];
    if (fill_store(probe, &session, folder, sizeof folder, &first)) {
        close_store(&session);
        new_folder(probe, folder, sizeof folder);
        if (open_store(probe, &session, folder) && claim_all(probe, &session, &now))
            expect_the_same(probe, &first, &now, "in a second fresh store", SIZE_MAX);
    }
    close_store(&session);
    answered_fini(&first);
    answered_fini(&now);
}

void cd_probe_durability(cd_probe *probe)
{
    open_again(probe, false, "after closing and opening again");
    open_again(probe, true, "after SIGKILL and opening again");
    compare_fresh(probe);
    cd_probe_done(&probe->report, "the same answers after closing, after SIGKILL, and from a second fresh store");
}
