/* SPDX-License-Identifier: Apache-2.0
 *
 * config/load.c: the way from a file to a cd_config. See config.h and load.h. Owns the configuration until it is handed
 * out; everything it points to lies in one pool beside it.
 */
#include "config/load.h"

#include "base/buffer.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_BYTES_MAX (1024 * 1024)

/* What cd_config_destroy frees; the public part comes first. */
struct owned_config {
    cd_config config;
    cd_pool pool;
    cd_load places; /* of the finished load only what cd_config_place needs: root, overrides, file */
};

/* ---- Places ------------------------------------------------------------------------------------------------------ */

/* The setting at a dotted path in the file, or the innermost group on the way there (*whole then false). */
static const cd_setting *find_setting(const cd_load *load, const char *path, bool *whole)
{
    const cd_setting *at = load->root;
    *whole = true;
    for (const char *part = path; part != NULL;) {
        const char *dot = strchr(part, '.');
        char name[64];
        (void)snprintf(name, sizeof name, "%.*s", dot != NULL ? (int)(dot - part) : (int)strlen(part), part);
        const cd_setting *member = cd_setting_member(at, name);
        if (member == NULL) {
            *whole = false;
            return at;
        }
        at = member;
        part = dot != NULL ? dot + 1 : NULL;
    }
    return at;
}

const cd_setting *cd_load_setting(const cd_load *load, const cd_key *key)
{
    const cd_setting *override = load->overrides[key - cd_keys];
    if (override != NULL)
        return override;
    bool whole;
    const cd_setting *setting = find_setting(load, key->path, &whole);
    return whole ? setting : NULL;
}

static void find_place(const cd_load *load, const char *path, const char **file, unsigned *line)
{
    const cd_key *key = cd_key_find(path);
    CD_REQUIRE(key != NULL, "there is no key %s", path);
    bool whole;
    const cd_setting *place = load->overrides[key - cd_keys];
    if (place == NULL)
        place = find_setting(load, path, &whole);
    bool in_file = place != load->root;
    *file = in_file ? place->file : load->file;
    *line = in_file ? place->line : 0;
}

void cd_config_place(const cd_config *config, const char *path, const char **file, unsigned *line)
{
    find_place(&((const struct owned_config *)(const void *)config)->places, path, file, line);
}

void cd_load_problem(const cd_load *load, const char *path, const char *format, ...)
{
    const char *file;
    unsigned line;
    find_place(load, path, &file, &line);
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    cd_problems_add(load->problems, file, line, "%s: %s", path, text);
}

/* ---- Keys -------------------------------------------------------------------------------------------------------- */

static void require_key(const cd_load *load, const cd_key *key)
{
    char expected[256], example[256];
    cd_load_problem(load, key->path, "found nothing, expected %s; write for example %s",
                    cd_key_expected(key, expected, sizeof expected), cd_key_example(key, example, sizeof example));
}

static bool key_is_empty(const cd_load *load, const cd_key *key)
{
    if (key->type == CD_KEY_TOPICS)
        return load->config->input.topic_count == 0;
    return (*(const char *const *)(const void *)((const char *)load->config + key->offset))[0] == '\0';
}

/* Without a value a wrongly typed key would leave NULL behind: the default goes in first. */
static void read_key(cd_load *load, const cd_key *key)
{
    const cd_setting *setting = cd_load_setting(load, key);
    if (key->type == CD_KEY_STAGES)
        return; /* read before, since --set refers to stages */
    if (key->type == CD_KEY_PROPERTIES) {
        cd_load_properties(load, key);
        return;
    }
    if (key->type == CD_KEY_ROUTES) {
        if (setting != NULL)
            cd_load_routes(load, setting);
        return;
    }
    if (key->preset != NULL) {
        cd_setting preset = cd_setting_text(NULL, key->preset, "default");
        cd_key_read(key, &preset, load->pool, load->config, load->problems);
    }
    size_t before = load->problems->count;
    if (setting != NULL)
        cd_key_read(key, setting, load->pool, load->config, load->problems);
    bool fine = load->problems->count == before;
    if (fine && (key->flags & CD_KEY_NEEDED) && (load->flags & CD_CONFIG_KAFKA) && key_is_empty(load, key))
        require_key(load, key);
}

/* ---- Text -------------------------------------------------------------------------------------------------------- */

static int read_whole_file(const char *path, cd_buffer *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), status = 0;
    if (fd < 0)
        return -errno;
    for (;;) {
        char *room = cd_buffer_reserve(out, 65536);
        if (room == NULL) {
            status = -ENOMEM;
            break;
        }
        ssize_t got = read(fd, room, 65536);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            status = got < 0 ? -errno : 0;
            break;
        }
        out->len += (size_t)got;
        if (out->len > FILE_BYTES_MAX) {
            status = -EFBIG;
            break;
        }
    }
    (void)close(fd);
    return status;
}

static const cd_setting *read_settings(cd_load *load, const cd_load_request *request)
{
    static const cd_setting nothing = {.type = CD_SETTING_GROUP};
    if (request->without_file)
        return &nothing;
    if (request->pipeline != NULL)
        return cd_setting_read(load->pool, request->file, request->pipeline, request->pipeline_len, load->problems);
    cd_buffer text = {0};
    const cd_setting *root = NULL;
    int status = read_whole_file(request->file, &text);
    if (status != 0) {
        cd_problems_add(load->problems, request->file, 0,
                        "found no readable file (%s), expected a configuration of at most 1 MiB; "
                        "copydesk.minimal.conf is the smallest",
                        strerror(-status));
    } else {
        size_t mark = text.len >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
        root = cd_setting_read(load->pool, request->file, text.data + mark, text.len - mark, load->problems);
    }
    cd_buffer_fini(&text);
    return root;
}

/* ---- All of it --------------------------------------------------------------------------------------------------- */

static void load_settings(cd_load *load, const cd_load_request *request)
{
    cd_load_check_names(load);
    if (request->without_file)
        cd_load_stages_of_plugins(load, request->stages);
    else if (load->pipeline)
        cd_load_pipeline_stages(load, cd_setting_member(load->root, CD_PIPELINE_STAGES));
    else
        cd_load_stages(load, cd_setting_member(load->root, "stages"));
    if (!request->without_file && request->stages != NULL)
        cd_load_stages_select(load, request->stages);
    cd_load_sets(load, request->sets, request->set_count);
    for (size_t i = 0; i < cd_key_count; i++)
        read_key(load, &cd_keys[i]);
    cd_load_rules(load);
}

int cd_load_run(const cd_load_request *request, cd_config **out, cd_problems *problems)
{
    *out = NULL;
    struct owned_config *owned = calloc(1, sizeof *owned);
    CD_REQUIRE(owned != NULL, "out of memory for the configuration");
    size_t before = problems->count;
    cd_load load = {.config = &owned->config,
                    .pool = &owned->pool,
                    .problems = problems,
                    .flags = request->flags,
                    .pipeline = request->pipeline != NULL};
    load.file = cd_pool_string(load.pool, request->file);
    load.overrides = cd_pool_take(load.pool, cd_key_count * sizeof *load.overrides);
    owned->config.file = load.file;
    load.root = read_settings(&load, request);
    if (load.root != NULL)
        load_settings(&load, request);
    if (problems->count > before || problems->omitted > 0) {
        cd_problems_sort(problems, before);
        cd_config_destroy(&owned->config);
        return -EINVAL;
    }
    owned->places = (cd_load){.root = load.root, .overrides = load.overrides, .file = load.file};
    *out = &owned->config;
    return 0;
}

int cd_config_load(const char *path, const cd_config_set *sets, size_t set_count, uint32_t flags, cd_config **out,
                   cd_problems *problems)
{
    return cd_config_load_stages(path, NULL, sets, set_count, flags, out, problems);
}

int cd_config_load_stages(const char *path, const char *stages, const cd_config_set *sets, size_t set_count,
                          uint32_t flags, cd_config **out, cd_problems *problems)
{
    cd_load_request request = {.file = path, .stages = stages, .sets = sets, .set_count = set_count, .flags = flags};
    return cd_load_run(&request, out, problems);
}

int cd_config_from_stages(const char *stages, const cd_config_set *sets, size_t set_count, cd_config **out,
                          cd_problems *problems)
{
    cd_load_request request = {.file = "",
                               .stages = stages,
                               .sets = sets,
                               .set_count = set_count,
                               .flags = CD_CONFIG_LOCAL,
                               .without_file = true};
    return cd_load_run(&request, out, problems);
}

void cd_config_destroy(cd_config *config)
{
    if (config == NULL)
        return;
    struct owned_config *owned = (struct owned_config *)(void *)config;
    cd_pool pool = owned->pool;
    free(owned);
    cd_pool_fini(&pool);
}

const cd_config_stage *cd_config_stage_find(const cd_config *config, const char *name)
{
    for (size_t i = 0; i < config->stage_count; i++)
        if (strcmp(config->stages[i].name, name) == 0)
            return &config->stages[i];
    return NULL;
}
