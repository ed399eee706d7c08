/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/rule.c: see rule.h.
 */
#include "rule.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rule {
    pcre2_code *code;
    char *source;
    size_t source_len;
    char name[24];
    int kind;
    bool keep;
};

struct cs_rules {
    struct rule *all;
    size_t count;
    pcre2_match_data *match;
    pcre2_match_context *context;
};

cs_rules *cs_rules_create(void)
{
    cs_rules *r = calloc(1, sizeof(*r));
    if (r == NULL)
        return NULL;
    r->match = pcre2_match_data_create(1, NULL);
    r->context = pcre2_match_context_create(NULL);
    if (r->match == NULL || r->context == NULL) {
        cs_rules_destroy(r);
        return NULL;
    }
    pcre2_set_match_limit(r->context, CS_RULE_STEPS);
    pcre2_set_depth_limit(r->context, CS_RULE_DEPTH);
    pcre2_set_heap_limit(r->context, CS_RULE_HEAP_KB);
    return r;
}

void cs_rules_destroy(cs_rules *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->count; i++) {
        pcre2_code_free(r->all[i].code);
        free(r->all[i].source);
    }
    free(r->all);
    pcre2_match_data_free(r->match);
    pcre2_match_context_free(r->context);
    free(r);
}

size_t cs_rules_count(const cs_rules *r) { return r->count; }

int cs_rules_add(cs_rules *r, cd_str source, cd_str match, int kind, bool keep, char *why, size_t size)
{
    int error;
    PCRE2_SIZE at;
    struct rule *grown = realloc(r->all, (r->count + 1) * sizeof(*grown));
    if (grown == NULL)
        return -ENOMEM;
    r->all = grown;
    struct rule *rule = &r->all[r->count];
    *rule = (struct rule){.kind = kind, .keep = keep, .source_len = source.len};
    snprintf(rule->name, sizeof(rule->name), "rules.%zu", r->count);
    rule->code = pcre2_compile((PCRE2_SPTR)match.ptr, match.len, PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C,
                               &error, &at, NULL);
    if (rule->code == NULL) {
        PCRE2_UCHAR text[128];
        pcre2_get_error_message(error, text, sizeof(text));
        snprintf(why, size, "rules.%zu.match: %s, at byte %zu", r->count, (const char *)text, (size_t)at);
        return -EINVAL;
    }
    rule->source = malloc(source.len + 1);
    if (rule->source == NULL) {
        pcre2_code_free(rule->code);
        return -ENOMEM;
    }
    memcpy(rule->source, source.len ? source.ptr : "", source.len);
    r->count++;
    return 0;
}

static bool for_source(const struct rule *rule, cd_str source)
{
    return rule->source_len == 0 ||
           (source.ptr != NULL && source.len == rule->source_len && memcmp(source.ptr, rule->source, source.len) == 0);
}

static bool only_marks(const cs_article *a, size_t from, size_t to)
{
    while (from < to && a->tokens[from].kind == CS_MARK)
        from++;
    return from == to;
}

/* Bytes [start, end) as tokens; the match must not cut through one, so it is widened to whole tokens, and to marks of
 * which it would leave nothing else. */
static void take_match(cs_article *a, cs_line *line, size_t start, size_t end, const struct rule *rule)
{
    size_t from = line->from, to = line->to;
    while (from < to && a->tokens[from].end <= start)
        from++;
    while (to > from && a->tokens[to - 1].start >= end)
        to--;
    if (only_marks(a, to, line->to))
        to = line->to;
    if (only_marks(a, line->from, from))
        from = line->from;
    if (from < to)
        cs_take(a, line, from, to, rule->kind, rule->name);
}

static void apply_to_line(const cs_rules *r, cs_article *a, cs_line *line, cd_str source, size_t *tries,
                          uint64_t *limits)
{
    for (size_t i = 0; i < r->count && line->from<line->to && * tries> 0; i++) {
        const struct rule *rule = &r->all[i];
        if (!for_source(rule, source))
            continue;
        --*tries;
        int rc = pcre2_match(rule->code, (PCRE2_SPTR)a->text + line->start, line->end - line->start, 0,
                             PCRE2_NO_UTF_CHECK, r->match, r->context);
        if (rc < 0) {
            *limits += rc != PCRE2_ERROR_NOMATCH;
            continue;
        }
        const PCRE2_SIZE *o = pcre2_get_ovector_pointer(r->match);
        if (rule->keep) {
            line->flags |= CS_KEEP;
            return;
        }
        if (o[0] < o[1])
            take_match(a, line, line->start + o[0], line->start + o[1], rule);
    }
}

void cs_rules_apply(const cs_rules *r, cs_article *a, cd_str source, uint64_t *limits)
{
    size_t tries = CS_RULE_TRIES;
    for (size_t i = 0; i < a->line_count && tries > 0; i++)
        if (a->lines[i].end - a->lines[i].start <= CS_RULE_LINE)
            apply_to_line(r, a, &a->lines[i], source, &tries, limits);
}
