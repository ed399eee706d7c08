/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/rule.h: the user's own patterns.
 *
 * Each has an optional source, a Perl-compatible pattern, a kind and an action. They are tried on each line, in the
 * order of the configuration, before anything else; the first that matches decides what it covers. "strip" makes the
 * match a span, "keep" protects the line. Matching has a limit of steps, depth and memory, so that no pattern and no
 * line can stall the daemon; a match that reaches a limit is none, and is counted.
 *
 * Owner: the plugin's instance. Read-only after `open`.
 */
#ifndef CREDIT_STRIP_RULE_H
#define CREDIT_STRIP_RULE_H

#include "article.h"

#define CS_RULE_STEPS 20000u /* pcre2's match limit, for one line */
#define CS_RULE_DEPTH 250u
#define CS_RULE_HEAP_KB 256u
#define CS_RULE_LINE 4096u   /* lines longer than that are not tried */
#define CS_RULE_TRIES 20000u /* matches tried in one article, over all rules */

typedef struct cs_rules cs_rules;

cs_rules *cs_rules_create(void);
void cs_rules_destroy(cs_rules *r);

/* source: "" for all. Returns 0, or -EINVAL with what is wrong with the pattern in `why`. */
int cs_rules_add(cs_rules *r, cd_str source, cd_str match, int kind, bool keep, char *why, size_t size);
size_t cs_rules_count(const cs_rules *r);

/* Applies the rules for `source` to all lines. Adds the number of matches that reached a limit to *limits. */
void cs_rules_apply(const cs_rules *r, cs_article *a, cd_str source, uint64_t *limits);

#endif
