/* SPDX-License-Identifier: Apache-2.0
 *
 * What becomes of an article because of its language: the options allow, drop, route and act_confidence.
 *
 * Only sure answers are acted on: an article is not lost to a guess. Ownership: the policy copies what it needs of the
 * options. Thread: the worker's.
 */
#ifndef LANGUAGE_DETECT_POLICY_H
#define LANGUAGE_DETECT_POLICY_H

#include "detect.h"

#include <copydesk/plugin.h>

/* A language or one of its written forms, as somebody named it: a code or a tag. */
typedef struct ld_named {
    cd_str name; /* the option's, valid until close */
    cd_str to;   /* for route: the output */
} ld_named;

typedef struct ld_policy {
    ld_named *allow, *drop, *route;
    size_t allow_count, drop_count, route_count;
    double act_confidence;
} ld_policy;

/* Reads the options. 0; -ENOMEM; -EINVAL if a name is no language that can be reported, with a static string in *error.
 * `fini` takes what a failed init left. */
int ld_policy_init(ld_policy *policy, const cd_host *host, cd_stage *stage, const ld_languages *languages,
                   const char **error);
void ld_policy_fini(ld_policy *policy);

/* The verdict: CD_OK, CD_DROP with a reason, or CD_ROUTE with the output named. */
int32_t ld_policy_apply(const ld_policy *policy, const cd_host *host, cd_article *article,
                        const ld_languages *languages, const ld_result *result);

#endif
