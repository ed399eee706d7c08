/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/probe/articles.c: the checks of what a plugin says about the corpus: verdicts, spans, and both behind other stages. See checks.h. */
#include "article/spans.h"
#include "cli/probe/pass.h"

#include <errno.h>

void cd_probe_articles(cd_probe *probe)
{
    unsigned verdicts[CD_FATAL + 1] = {0}, refused = 0;
    size_t longest = 0;
    bool gathered = cd_probe_gather(probe);
    for (size_t i = 0; gathered && i < probe->corpus.count; i++) {
        const cd_probe_found *found = &probe->found[i];
        refused += found->refused;
        if (found->sound)
            verdicts[found->verdict]++;
        else if (!found->refused)
            cd_probe_fault(&probe->report, probe->corpus.articles[i].name, "%s", found->why);
        if (found->ns > probe->found[longest].ns)
            longest = i;
    }
    cd_probe_done(&probe->report,
                  "%zu articles: %u OK, %u DROP, %u ROUTE, %u REJECT, %u RETRY, %u the host's to refuse; at most %.1f ms (%s)",
                  probe->corpus.count, verdicts[CD_OK], verdicts[CD_DROP], verdicts[CD_ROUTE], verdicts[CD_REJECT],
                  verdicts[CD_RETRY], refused, (double)probe->found[longest].ns / 1e6, probe->corpus.articles[longest].name);
}

/* ---- spans ---- */

static bool spans_are_wrong(const cd_probe *probe, const cd_probe_found *found, size_t *count, char *why, size_t size)
{
    cd_str output = {found->output.data, found->output.len};
    return output.len > 0 && cd_spans_check(output, probe->member, count, why, size) == -EINVAL;
}

void cd_probe_spans(cd_probe *probe)
{
    size_t spans = 0, articles = 0;
    for (size_t i = 0; cd_probe_gather(probe) && i < probe->corpus.count; i++) {
        const cd_probe_found *found = &probe->found[i];
        size_t before = spans;
        char why[400];
        if (found->sound && spans_are_wrong(probe, found, &spans, why, sizeof why))
            cd_probe_fault(&probe->report, probe->corpus.articles[i].name, "%s; expected code points of the input's text", why);
        articles += spans > before;
    }
    cd_probe_done(&probe->report, "%zu spans in %zu articles, each the slice that it says", spans, articles);
}

/* ---- what earlier stages said ---- */

static const struct writer {
    const char *member, *plugin;
} writers[] = {{"language", "language_detect"}, {"credits", "credit_strip"}, {"quotes", "quote_extract"}};

enum { WRITER_COUNT = sizeof writers / sizeof *writers, READS_MAX = 8 };

typedef struct annotated {
    uint32_t stage;
    const char *when;
} annotated;

static void look_annotated(cd_probe *probe, size_t article, const cd_result *result, const char *why, void *self)
{
    const annotated *a = self;
    const char *name = probe->corpus.articles[article].name;
    char fault[400];
    size_t spans = 0;
    cd_probe_found now = {0};
    if (result == NULL) {
        cd_probe_fault(&probe->report, name, "%s: %s; expected a verdict", a->when, why);
        return;
    }
    cd_probe_take(&now, result, a->stage);
    if (cd_probe_is_faulty(result, a->stage, fault, sizeof fault) || spans_are_wrong(probe, &now, &spans, fault, sizeof fault))
        cd_probe_fault(&probe->report, name, "%s: %s", a->when, fault);
    cd_probe_found_fini(&now);
}

static bool run_behind(cd_probe *probe, cd_probe_stage *stages, size_t count, const char *when)
{
    stages[count] = (cd_probe_stage){.name = probe->subject.name};
    annotated a = {(uint32_t)count, when};
    cd_probe_pass p = {.lineup = {stages, count + 1, NULL}, .sound_only = true, .short_only = true, .times = 1,
                       .look = look_annotated, .self = &a};
    return cd_probe_pass_run(probe, &p);
}

typedef char member_name[72];

static bool is_among(const char *name, const member_name *names, size_t count)
{
    while (count > 0)
        if (strcmp(name, names[--count]) == 0)
            return true;
    return false;
}

/* The members of others that it reads, each once. */
static size_t list_reads(cd_probe *probe, member_name *out)
{
    char pointer[32];
    size_t count = 0;
    for (size_t i = 0; count < READS_MAX; i++) {
        snprintf(pointer, sizeof pointer, "/reads/%zu", i);
        if (!cd_probe_described(probe, pointer, out[count], sizeof *out))
            break;
        count += strcmp(out[count], probe->member) != 0 && !is_among(out[count], (const member_name *)out, count);
    }
    return count;
}

void cd_probe_annotations(cd_probe *probe)
{
    member_name reads[READS_MAX], names[READS_MAX];
    cd_probe_stage real[WRITER_COUNT + 1], odd[READS_MAX + 1];
    size_t real_count = 0, odd_count = list_reads(probe, reads);
    for (size_t i = 0; i < odd_count; i++) {
        snprintf(names[i], sizeof *names, "probe_odd_%zu", i);
        odd[i] = (cd_probe_stage){"language_detect", names[i], reads[i]};
    }
    for (size_t i = 0; i < WRITER_COUNT; i++)
        if (is_among(writers[i].member, (const member_name *)reads, odd_count))
            real[real_count++] = (cd_probe_stage){writers[i].plugin, writers[i].plugin, NULL};
    if (odd_count > 0 && cd_probe_gather(probe) && run_behind(probe, real, real_count, "behind the stages that it reads"))
        run_behind(probe, odd, odd_count, "with annotations of another shape than it reads");
    if (odd_count > 0)
        cd_probe_done(&probe->report, "behind %zu bundled stages that it reads, and with annotations of another shape", real_count);
    else
        cd_probe_done(&probe->report, "it reads none of other stages");
}
