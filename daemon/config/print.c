/* SPDX-License-Identifier: Apache-2.0
 *
 * config/print.c: the effective configuration for people. See config.h. The one rule: no secret leaves here. Owns
 * nothing.
 */
#include "config/keys.h"

#include <stdlib.h>

static void print_member(FILE *out, const char *name, const char *value, int indent)
{
    if (value == NULL)
        return;
    fprintf(out, "%*s%s = ", indent, "", name);
    cd_setting_write_string(out, value);
    fputs(";\n", out);
}

static void print_stages(const cd_config *config, int indent, FILE *out)
{
    fputs("(", out);
    for (size_t i = 0; i < config->stage_count; i++) {
        const cd_config_stage *stage = &config->stages[i];
        fprintf(out, "%s\n%*s{\n", i > 0 ? "," : "", indent + 4, "");
        print_member(out, "plugin", stage->plugin, indent + 8);
        print_member(out, "name", stage->name, indent + 8);
        print_member(out, "member", stage->member, indent + 8);
        if (stage->own_retry != NULL)
            cd_setting_write(out, stage->own_retry, indent + 8);
        if (stage->own_breaker != NULL)
            cd_setting_write(out, stage->own_breaker, indent + 8);
        for (size_t j = 0; j < stage->settings->count; j++)
            cd_setting_write(out, &stage->settings->children[j], indent + 8);
        fprintf(out, "%*s}", indent + 4, "");
    }
    fputs(" )", out);
}

static void print_properties(const cd_kafka_properties *properties, int indent, FILE *out)
{
    fputs("[", out);
    for (size_t i = 0; i < properties->count; i++) {
        const cd_kafka_property *property = &properties->list[i];
        char *text = NULL;
        if (asprintf(&text, "%s=%s", property->name, property->secret ? "<redacted>" : property->value) < 0)
            return;
        fprintf(out, "%s\n%*s", i > 0 ? "," : "", indent + 4, "");
        cd_setting_write_string(out, text);
        free(text);
    }
    fputs(" ]", out);
}

static void print_composite(const cd_key *key, const cd_config *config, int indent, FILE *out)
{
    if (key->type == CD_KEY_ROUTES)
        cd_routes_write(config, indent, out);
    else if (key->type == CD_KEY_STAGES)
        print_stages(config, indent, out);
    else
        print_properties((const cd_kafka_properties *)(const void *)((const char *)config + key->offset), indent, out);
}

void cd_config_print(const cd_config *config, FILE *out) { cd_keys_write(config, 0, print_composite, out); }
