/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists of names, compared one after the other: they are short.
 */
#include "policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_text(cd_str name, const char *text)
{
    return strlen(text) == name.len && memcmp(name.ptr, text, name.len) == 0;
}

/* A name is a code ("zh") or a code with one of the language's scripts ("zh-Hant"). */
static bool is_known(const ld_languages *languages, cd_str name)
{
    const char *hyphen = memchr(name.ptr, '-', name.len);
    cd_str code = {name.ptr, hyphen ? (size_t)(hyphen - name.ptr) : name.len};
    if (is_text(name, "und"))
        return true;
    for (uint32_t i = 1; i < languages->count; i++) {
        const ld_language *language = &languages->of[i];
        if (!is_text(code, language->code))
            continue;
        if (hyphen == NULL)
            return true;
        cd_str script = {hyphen + 1, name.len - code.len - 1};
        for (uint8_t s = 0; s < language->scripts; s++)
            if (is_text(script, language->script[s]))
                return true;
    }
    return false;
}

static int load_list(ld_named **list, size_t *count, const cd_host *host, cd_stage *stage, const char *option,
                     const ld_languages *languages, const char **error)
{
    char path[64];
    size_t n = host->option_count(stage, option);
    bool table = strcmp(option, "route") == 0;
    *list = n ? calloc(n, sizeof **list) : NULL;
    if (n && *list == NULL) {
        *error = "out of memory";
        return -ENOMEM;
    }
    for (*count = 0; *count < n; (*count)++) {
        ld_named *named = &(*list)[*count];
        snprintf(path, sizeof path, table ? "%s.%zu.language" : "%s.%zu", option, *count);
        named->name = host->option_string(stage, path);
        if (!is_known(languages, named->name)) {
            *error = "allow, drop or route names a language that is never reported; the README lists the codes";
            return -EINVAL;
        }
        snprintf(path, sizeof path, "%s.%zu.to", option, *count);
        if (table)
            named->to = host->option_string(stage, path);
    }
    return 0;
}

int ld_policy_init(ld_policy *policy, const cd_host *host, cd_stage *stage, const ld_languages *languages,
                   const char **error)
{
    policy->act_confidence = host->option_number(stage, "act_confidence");
    int rc = load_list(&policy->allow, &policy->allow_count, host, stage, "allow", languages, error);
    if (rc == 0)
        rc = load_list(&policy->drop, &policy->drop_count, host, stage, "drop", languages, error);
    if (rc == 0)
        rc = load_list(&policy->route, &policy->route_count, host, stage, "route", languages, error);
    return rc;
}

void ld_policy_fini(ld_policy *policy)
{
    free(policy->allow);
    free(policy->drop);
    free(policy->route);
    memset(policy, 0, sizeof *policy);
}

/* The first of the list that names the article's language, or its language in its script. */
static const ld_named *find(const ld_named *list, size_t count, const ld_languages *languages, const ld_result *result)
{
    char full[16];
    const char *code = languages->of[result->language].code;
    snprintf(full, sizeof full, "%s-%s", code, result->script);
    for (size_t i = 0; i < count; i++)
        if (is_text(list[i].name, code) || is_text(list[i].name, full))
            return &list[i];
    return NULL;
}

static int32_t drop(const cd_host *host, cd_article *article, const ld_result *result, const char *why)
{
    char reason[96];
    int len = snprintf(reason, sizeof reason, "the article is in %s, %s", result->tag, why);
    host->reason(article, (cd_str){reason, (size_t)len});
    return CD_DROP;
}

int32_t ld_policy_apply(const ld_policy *policy, const cd_host *host, cd_article *article,
                        const ld_languages *languages, const ld_result *result)
{
    bool undetermined = result->language == LD_UND;
    if (!undetermined && result->confidence < policy->act_confidence)
        return CD_OK;
    if (find(policy->drop, policy->drop_count, languages, result))
        return drop(host, article, result, "which is to be dropped");
    if (policy->allow_count > 0 && !undetermined && !find(policy->allow, policy->allow_count, languages, result))
        return drop(host, article, result, "which is not allowed");
    const ld_named *route = find(policy->route, policy->route_count, languages, result);
    if (route == NULL)
        return CD_OK;
    host->route(article, route->to);
    return CD_ROUTE;
}
