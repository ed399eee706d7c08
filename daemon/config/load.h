/* SPDX-License-Identifier: Apache-2.0
 *
 * config/load.h: one configuration in the making. Private to config/.
 *
 * load.c leads: text → settings → names → stages → overrides → keys → rules. Each step adds its problems and goes on;
 * at the end there is a configuration only if there were none. Thread: the loader's.
 */
#ifndef CD_CONFIG_LOAD_H
#define CD_CONFIG_LOAD_H

#include "config/config.h"
#include "config/keys.h"
#include "config/pool.h"
#include "config/setting.h"

#define CD_STAGES_MAX 32

typedef struct cd_load {
    cd_config *config;
    cd_pool *pool;
    cd_problems *problems;
    uint32_t flags;               /* CD_CONFIG_… */
    bool pipeline;                /* reads what the desk has checked: rules between keys are not looked at again */
    const char *file;             /* "" without one */
    const cd_setting *root;       /* a group */
    const cd_setting **overrides; /* one a key, from --set; NULL where there is none */
} cd_load;

/* The setting that a key takes its value from: override, file, or NULL. */
const cd_setting *cd_load_setting(const cd_load *load, const cd_key *key);

/* Adds a problem at the place of a key: its setting, else the innermost group of its path that is there, else the file.
 */
void cd_load_problem(const cd_load *load, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* names.c: unknown names in the file. */
void cd_load_check_names(const cd_load *load);
/* Writes "; did you mean …?" or "" for an unknown path. */
const char *cd_load_name_hint(const cd_load *load, const char *path, char *out, size_t size);

/* sets.c: --set. */
void cd_load_sets(cd_load *load, const cd_config_set *sets, size_t count);

/* stages.c: the list in the file, a selection of it, or a list of plugins without a file. */
void cd_load_stages(cd_load *load, const cd_setting *list);
void cd_load_stages_select(cd_load *load, const char *names);
void cd_load_stages_of_plugins(cd_load *load, const char *names);
cd_config_stage *cd_load_stages_take(cd_load *load, size_t count); /* room for `count`; becomes config->stages */

/* routes.c, properties.c: composite values. */
void cd_load_routes(cd_load *load, const cd_setting *list);
void cd_load_properties(cd_load *load, const cd_key *key);

/* rules.c: what one key asks of another, and values that are worked out. */
void cd_load_rules(cd_load *load);

/* load.c: everything between the settings and the finished configuration; 0 or -EINVAL. `stages` selects, or is NULL.
 */
typedef struct cd_load_request {
    const char *file, *stages;
    const cd_config_set *sets;
    size_t set_count;
    uint32_t flags;
    bool without_file;    /* `stages` names plugins */
    const char *pipeline; /* the text of a pipeline instead of a file, or NULL */
    size_t pipeline_len;
} cd_load_request;
int cd_load_run(const cd_load_request *request, cd_config **out, cd_problems *problems);

/* pipeline.c: stages as a pipeline holds them. */
void cd_load_pipeline_stages(cd_load *load, const cd_setting *list);
#define CD_PIPELINE_STAGES "pipeline_stages"

#endif
