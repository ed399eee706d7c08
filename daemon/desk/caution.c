/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/caution.c: see caution.h. The marker is one line, "EXITS TIMES TOPIC/PARTITION/OFFSET" or "EXITS 0 -", where EXITS counts the one
 * that follows if the line is found again. It is written by one call at a fixed length, so that no kill leaves half of it. */
#include "desk/caution.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE = 384 };

/* So long in normal service, and the exits before it are no crash loop's. */
#define CALM_NS CD_NS_PER_S

static void write_marker(cd_caution *caution)
{
    char line[LINE + 1];
    bool again = caution->noted && strcmp(caution->note, caution->suspect) == 0;
    uint32_t times = !caution->noted ? 0 : again ? caution->times + 1 : 1;
    int length = snprintf(line, sizeof line, "%u %u %s", caution->exits + 1, times, caution->noted ? caution->note : "-");
    if (caution->fd < 0 || length < 0 || length >= LINE)
        return;
    memset(line + length, ' ', (size_t)(LINE - 1 - length));
    line[LINE - 1] = '\n';
    if (pwrite(caution->fd, line, LINE, 0) != LINE)
        cd_log_keyed(CD_LEVEL_WARNING, "marker", "%s cannot be written: %s", caution->path, strerror(errno));
}

static void read_marker(cd_caution *caution)
{
    char line[LINE + 1] = "", record[320] = "";
    int fd = open(caution->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return;
    ssize_t length = read(fd, line, LINE);
    close(fd);
    unsigned exits = 1, times = 0;
    if (length > 0 && sscanf(line, "%9u %9u %319s", &exits, &times, record) == 3 && strcmp(record, "-") != 0)
        memcpy(caution->suspect, record, sizeof record);
    caution->exits = exits > 0 ? exits : 1;
    caution->times = times;
    caution->left = CD_CAUTION_RECORDS;
    for (uint32_t i = 1; i < caution->exits && caution->left < CD_CAUTION_MOST; i++)
        caution->left *= 2;
    if (caution->suspect[0])
        cd_log_error("the desk ended abnormally with record %s alone in hand (%u times in a row); %u records are taken one at a time now",
                     caution->suspect, caution->times, caution->left);
    else
        cd_log_notice("the desk ended abnormally (%u times in a row); %u records are taken one at a time now", caution->exits,
                      caution->left);
}

int cd_caution_init(cd_caution *caution, const char *folder)
{
    *caution = (cd_caution){.fd = -1};
    if (folder == NULL)
        return 0;
    if (asprintf(&caution->path, "%s/.running", folder) < 0) { /* no stage's name begins with a dot */
        caution->path = NULL;
        return -ENOMEM;
    }
    read_marker(caution);
    return 0;
}

void cd_caution_fini(cd_caution *caution)
{
    if (caution->fd >= 0) {
        (void)unlink(caution->path);
        close(caution->fd);
    }
    free(caution->path);
    *caution = (cd_caution){.fd = -1};
}

/* The one in hand has come through, or the desk has outlived it. */
static void pass(cd_caution *caution, int64_t now_ns)
{
    if (strcmp(caution->note, caution->suspect) == 0)
        caution->suspect[0] = '\0';
    caution->noted = false;
    if (--caution->left == 0) {
        cd_log_notice("back to normal service after an abnormal exit");
        caution->suspect[0] = '\0';
        caution->calm_ns = now_ns;
    }
    write_marker(caution);
}

bool cd_caution_allows(cd_caution *caution, bool idle, int64_t now_ns)
{
    if (caution->noted && (idle || now_ns - caution->noted_ns > CD_CAUTION_PATIENCE_MS * CD_NS_PER_MS))
        pass(caution, now_ns);
    if (caution->calm_ns && now_ns - caution->calm_ns > CALM_NS) {
        caution->calm_ns = 0;
        caution->exits = 0;
        write_marker(caution);
    }
    return !caution->noted;
}

void cd_caution_take(cd_caution *caution, const cd_identity *record, int64_t now_ns)
{
    bool first = caution->path && caution->fd < 0;
    if (first)
        caution->fd = open(caution->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (first && caution->fd < 0) {
        cd_log_warning("%s cannot be made: %s", caution->path, strerror(errno));
        free(caution->path);
        caution->path = NULL; /* one complaint is enough */
    }
    if (caution->left > 0) {
        snprintf(caution->note, sizeof caution->note, "%.*s/%d/%lld", (int)record->topic.len, record->topic.ptr, record->partition,
                 (long long)record->offset);
        caution->noted = true;
        caution->noted_ns = now_ns;
    }
    if (first || caution->noted)
        write_marker(caution);
}
