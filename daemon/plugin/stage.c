/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin/stage.c: see stage.h. */
#include "plugin/stage.h"

#include "base/digest.h"

#include <copydesk/network.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int map_file(const char *path, cd_stage_file *out)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int result = fstat(fd, &info) == 0 ? 0 : -errno;
    if (result == 0 && info.st_size > 0) {
        void *bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_SHARED, fd, 0);
        if (bytes == MAP_FAILED)
            result = -errno;
        else
            out->bytes = (cd_str){bytes, (size_t)info.st_size};
    } else if (result == 0) {
        out->bytes = (cd_str){"", 0};
    }
    close(fd);
    if (result == 0)
        cd_sha256_hex(out->bytes.ptr, out->bytes.len, out->sha256);
    return result;
}

static int map_files(cd_stage *stage, const cd_config_stage *config, cd_problems *problems)
{
    size_t count = cd_stage_options_file_count(stage->options);
    stage->files = calloc(count ? count : 1, sizeof *stage->files);
    if (stage->files == NULL)
        return -ENOMEM;
    stage->file_count = count;
    for (size_t i = 0; i < count; i++) {
        const char *path = cd_stage_options_file(stage->options, i, &stage->files[i].option);
        int error = map_file(path, &stage->files[i]);
        if (error) {
            cd_problems_add(problems, config->file, config->line, "stage %s: %s = \"%s\": %s", stage->name,
                            stage->files[i].option, path, strerror(-error));
            return error;
        }
    }
    return 0;
}

int cd_stage_init(cd_stage *stage, unsigned index, const cd_config_stage *config, const char *plugin_dir,
                  cd_problems *problems)
{
    char path[PATH_MAX];
    cd_error error = {0};
    *stage = (cd_stage){.index = index};
    cd_plugin_path(plugin_dir, config->plugin, path, sizeof path);
    if (cd_plugin_load(path, &stage->plugin, &error) != 0) {
        cd_problems_add(problems, config->file, config->line, "stage %s: %s", config->name, error.text);
        return -EINVAL;
    }
    stage->name = strdup(config->name);
    stage->member = strdup(config->member ? config->member : stage->plugin.member);
    if (stage->name == NULL || stage->member == NULL)
        return -EINVAL;
    if (cd_stage_options_create(config, stage->plugin.options, &stage->options, problems) != 0 ||
        map_files(stage, config, problems) != 0)
        return -EINVAL;
    return 0;
}

void cd_stage_fini(cd_stage *stage)
{
    for (size_t i = 0; i < stage->file_count; i++)
        if (stage->files[i].bytes.len)
            munmap((void *)(uintptr_t)stage->files[i].bytes.ptr, stage->files[i].bytes.len);
    for (int32_t i = 0; i < stage->counter_count; i++)
        free(stage->counters[i]);
    cd_stage_options_destroy(stage->options);
    free(stage->files);
    free(stage->name);
    free(stage->member);
    *stage = (cd_stage){0};
}

void cd_stage_fingerprint(const cd_stage *stage, cd_buffer *out)
{
    cd_buffer_printf(out, "stage %s %s %s %s\n", stage->name, stage->plugin.name, stage->plugin.version, stage->member);
    cd_stage_options_write(stage->options, out);
    for (size_t i = 0; i < stage->file_count; i++)
        cd_buffer_printf(out, "file %s %s\n", stage->files[i].option, stage->files[i].sha256);
}

int cd_stage_has_store(const cd_stage *stage) { return stage->plugin.store_open != NULL; }

/* ---- the host's functions, as the ABI calls them ---- */

static int32_t network_need(cd_stage *stage)
{
    stage->network = 1;
    return 0;
}

static const void *host_service(cd_stage *stage, const char *id)
{
    static const cd_network network = {.size = sizeof network, .need = network_need};
    (void)stage;
    return strcmp(id, CD_NETWORK) == 0 ? &network : NULL;
}

static void host_log(cd_stage *stage, int32_t level, cd_str message)
{
    if (level < CD_LOG_ERROR || level > cd_log_level())
        return;
    int length = message.len > 4000 ? 4000 : (int)message.len;
    cd_log_write(&stage->log_site, level, "stage %s: %.*s", stage->name, length, message.ptr ? message.ptr : "");
}

static int32_t host_boolean(cd_stage *stage, const char *path) { return cd_stage_options_boolean(stage->options, path); }
static int64_t host_integer(cd_stage *stage, const char *path) { return cd_stage_options_integer(stage->options, path); }
static double host_number(cd_stage *stage, const char *path) { return cd_stage_options_number(stage->options, path); }
static cd_str host_string(cd_stage *stage, const char *path) { return cd_stage_options_string(stage->options, path); }
static size_t host_count_of(cd_stage *stage, const char *path) { return cd_stage_options_count(stage->options, path); }

static cd_str host_file(cd_stage *stage, const char *path)
{
    for (size_t i = 0; i < stage->file_count; i++)
        if (strcmp(stage->files[i].option, path) == 0)
            return stage->files[i].bytes;
    (void)cd_stage_options_string(stage->options, path); /* ends the process if there is no such option */
    return (cd_str){NULL, 0};
}

/* [a-z][a-z0-9_]*, at most 63: names become words of the hello and keys of the stats. */
static int is_counter_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return name[0] >= 'a' && name[0] <= 'z' && name[length] == '\0' && length <= 63;
}

static int32_t host_counter(cd_stage *stage, const char *name)
{
    for (int32_t i = 0; i < stage->counter_count; i++)
        if (strcmp(stage->counters[i], name) == 0)
            return i;
    if (!is_counter_name(name))
        return -EINVAL;
    if (stage->counter_count == CD_STAGE_COUNTERS)
        return -ENOSPC;
    stage->counters[stage->counter_count] = strdup(name);
    return stage->counters[stage->counter_count] ? stage->counter_count++ : -ENOSPC;
}

static void host_count(cd_stage *stage, int32_t counter, uint64_t delta)
{
    if (counter < 0 || counter >= stage->counter_count)
        return;
    stage->counts[counter] += delta;
    stage->counted = 1;
}

void cd_stage_host_init(cd_host *host)
{
    *host = (cd_host){.size = sizeof *host, .abi_major = COPYDESK_ABI_MAJOR, .abi_minor = COPYDESK_ABI_MINOR};
    host->service = host_service;
    host->log = host_log;
    host->option_boolean = host_boolean;
    host->option_integer = host_integer;
    host->option_number = host_number;
    host->option_string = host_string;
    host->option_count = host_count_of;
    host->option_file = host_file;
    host->counter = host_counter;
    host->count = host_count;
}
