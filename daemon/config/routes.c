/* SPDX-License-Identifier: Apache-2.0
 *
 * config/routes.c: output.routes, the topics that stages may send to by name. See load.h. Owns nothing.
 */
#include "config/load.h"

#include <string.h>

static bool read_route(cd_load *load, const cd_setting *group, cd_route *route)
{
    const char *name = NULL, *topic = NULL;
    bool fine = group->type == CD_SETTING_GROUP;
    for (size_t i = 0; fine && i < group->count; i++) {
        const cd_setting *member = &group->children[i];
        if (strcmp(member->name, "name") == 0)
            fine = cd_setting_string(member, &name) && cd_topic_valid(name);
        else if (strcmp(member->name, "topic") == 0)
            fine = cd_setting_string(member, &topic) && cd_topic_valid(topic);
        else
            fine = false;
        if (!fine)
            cd_problems_add(load->problems, member->file, member->line,
                            "output.routes: found '%.64s' with a wrong name or value, expected name and topic, each of "
                            "A-Z a-z 0-9 . _ -; write { name = \"sports\"; topic = \"articles.sports\"; }",
                            member->name);
    }
    if (fine && (name == NULL || topic == NULL))
        cd_problems_add(load->problems, group->file, group->line,
                        "output.routes: found no %s, expected both name and topic", name == NULL ? "name" : "topic");
    else if (group->type != CD_SETTING_GROUP)
        cd_problems_add(
            load->problems, group->file, group->line,
            "output.routes: found something else, expected groups; write ( { name = \"…\"; topic = \"…\"; } )");
    *route = (cd_route){.name = name, .topic = topic};
    return fine && name != NULL && topic != NULL;
}

void cd_load_routes(cd_load *load, const cd_setting *list)
{
    char found[128];
    if (list->type != CD_SETTING_LIST) {
        cd_problems_add(
            load->problems, list->file, list->line,
            "output.routes: found %s, expected a list of groups; write ( { name = \"…\"; topic = \"…\"; } )",
            cd_setting_describe(list, false, found, sizeof found));
        return;
    }
    cd_route *routes = cd_pool_take(load->pool, (list->count + 1) * sizeof *routes);
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (!read_route(load, &list->children[i], &routes[count]))
            continue;
        for (size_t j = 0; j < count; j++)
            if (strcmp(routes[j].name, routes[count].name) == 0)
                cd_problems_add(load->problems, list->children[i].file, list->children[i].line,
                                "output.routes: found the name '%s' for the second time, expected each once",
                                routes[count].name);
        count++;
    }
    load->config->output.routes = routes;
    load->config->output.route_count = count;
}

void cd_routes_write(const cd_config *config, int indent, FILE *out)
{
    fputs("(", out);
    for (size_t i = 0; i < config->output.route_count; i++) {
        fprintf(out, "%s\n%*s{ name = ", i > 0 ? "," : "", indent + 4, "");
        cd_setting_write_string(out, config->output.routes[i].name);
        fputs("; topic = ", out);
        cd_setting_write_string(out, config->output.routes[i].topic);
        fputs("; }", out);
    }
    fputs(" )", out);
}
