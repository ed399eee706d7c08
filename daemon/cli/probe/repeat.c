/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/probe/repeat.c: the checks that ask a second time: determinism, and two instances in one process. See checks.h. */
#include "cli/probe/pass.h"

static bool found_differ(const cd_probe_found *one, const cd_probe_found *other, char *out, size_t size)
{
    if (one->verdict != other->verdict) {
        snprintf(out, size, "the verdict %d, and %d", one->verdict, other->verdict);
        return true;
    }
    return cd_probe_differ(&one->output, &other->output, out, size) || cd_probe_differ(&one->words, &other->words, out, size) ||
           cd_probe_differ(&one->blob, &other->blob, out, size);
}

/* ---- determinism ---- */

/* When it is asked; the two take turns. */
typedef struct again {
    const char *when[2];
    unsigned asked;
} again;

static void look_again(cd_probe *probe, size_t article, const cd_result *result, const char *why, void *self)
{
    again *a = self;
    const char *when = a->when[a->asked++ % 2], *name = probe->corpus.articles[article].name;
    cd_probe_found now = {0};
    char where[300];
    if (result == NULL) {
        cd_probe_fault(&probe->report, name, "%s: %s; the first time it did not", when, why);
        a->asked = 0;
        return;
    }
    cd_probe_take(&now, result, 0);
    if (found_differ(&probe->found[article], &now, where, sizeof where))
        cd_probe_fault(&probe->report, name, "%s it said something else, at %s", when, where);
    cd_probe_found_fini(&now);
}

void cd_probe_determinism(cd_probe *probe)
{
    again one_by_one = {{"in another process", "asked twice in one instance"}, 0};
    again other_order = {{"in a fresh process and in another order", "in a fresh process and in another order"}, 0};
    cd_probe_pass twice = {.lineup = cd_probe_alone(probe), .sound_only = true, .times = 2, .look = look_again, .self = &one_by_one};
    cd_probe_pass backwards = {.lineup = cd_probe_alone(probe), .sound_only = true, .times = 1, .backwards = true, .look = look_again,
                      .self = &other_order};
    if (cd_probe_gather(probe) && cd_probe_pass_run(probe, &twice))
        cd_probe_pass_run(probe, &backwards);
    cd_probe_done(&probe->report, "the same bytes twice in one instance, and in a fresh process in another order");
}

/* ---- two instances in one process ---- */

#define SECOND "probe_second"

static cd_buffer member_of(cd_probe *probe, const cd_buffer *output, const char *member)
{
    char pointer[96];
    cd_value value;
    cd_buffer out = {0};
    snprintf(pointer, sizeof pointer, "/enrichment/%s", member);
    cd_json_reader_reset(probe->reader);
    if (cd_json_lookup(probe->reader, (cd_str){output->data, output->len}, (cd_str){pointer, strlen(pointer)}, &value) == 0)
        cd_buffer_append(&out, value.raw.ptr, value.raw.len);
    return out;
}

static void compare_members(cd_probe *probe, size_t article, const cd_result *result)
{
    static const char *const which[] = {"the first", "the second"};
    const char *name = probe->corpus.articles[article].name;
    char where[300];
    for (uint32_t i = 0; i < 2; i++) {
        cd_probe_found now = {0};
        cd_probe_take(&now, result, i);
        cd_buffer alone = member_of(probe, &probe->found[article].output, probe->member),
                  here = member_of(probe, &now.output, i ? SECOND : probe->member);
        if (cd_probe_differ(&alone, &here, where, sizeof where) ||
            cd_probe_differ(&probe->found[article].blob, &now.blob, where, sizeof where))
            cd_probe_fault(&probe->report, name, "%s of two instances says something else than one alone, at %s", which[i], where);
        cd_buffer_fini(&alone);
        cd_buffer_fini(&here);
        cd_probe_found_fini(&now);
    }
}

static void look_at_both(cd_probe *probe, size_t article, const cd_result *result, const char *why, void *self)
{
    const char *name = probe->corpus.articles[article].name;
    (void)self;
    if (result == NULL)
        cd_probe_fault(&probe->report, name, "%s; one instance alone did not", why);
    else if (result->verdict != probe->found[article].verdict)
        cd_probe_fault(&probe->report, name, "the verdict of two instances is %d, that of one alone is %d", result->verdict,
                       probe->found[article].verdict);
    else if (result->verdict == CD_OK)
        compare_members(probe, article, result);
}

void cd_probe_instances(cd_probe *probe)
{
    const cd_probe_stage stages[] = {{NULL, probe->subject.name, NULL}, {NULL, SECOND, SECOND}};
    cd_probe_pass p = {.lineup = {stages, 2, NULL}, .sound_only = true, .short_only = true, .times = 1, .look = look_at_both};
    if (cd_probe_gather(probe))
        cd_probe_pass_run(probe, &p);
    cd_probe_done(&probe->report, "two in one process say what one alone says");
}
