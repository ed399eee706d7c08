/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/plugins/sequence.c: a plugin with a store half: numbers articles in the order in which they are released.
 *
 * The worker half claims with the article's id; the store answers {"number": N, "blob": "…"}, N counting from 1 over all
 * partitions. An owner that claims again gets its old answer, also after the store was killed: each new owner is a line
 * in FOLDER/claims, synced before the answer. An article whose id begins with "drop-" is answered with DROP, one whose id
 * begins with "die-" ends the store. As long as there is a file FOLDER/busy, nothing is decided. Each owner that it is told to
 * forget is a line in FOLDER/forgotten. Owns the tree of owners and the files; one thread.
 */
#include <copydesk/sdk.h>

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <unistd.h>

typedef struct owner {
    char *place; /* topic/partition/offset */
    long number;
} owner;

typedef struct sequence {
    const cd_host *host;
    cd_stage *stage;
    FILE *file;
    char *busy; /* path */
    FILE *forgotten;
    int32_t seen, numbered, forgets; /* counters: the first in both halves */
    void *owners; /* tsearch */
    long last;
} sequence;

/* ---- In the worker ------------------------------------------------------------------------------------------------- */

static int32_t sequence_open(const cd_host *host, cd_stage *stage, void **out)
{
    sequence *self = calloc(1, sizeof *self);
    if (self == NULL)
        return -ENOMEM;
    self->host = host;
    self->stage = stage;
    self->seen = host->counter(stage, "seen");
    *out = self;
    return 0;
}

static int32_t sequence_process(void *instance, cd_article *article)
{
    sequence *self = instance;
    self->host->count(self->stage, self->seen, 1);
    return self->host->claim(article, self->host->field(article, CD_FIELD_ID)) ? CD_REJECT : CD_OK;
}

/* ---- In the store -------------------------------------------------------------------------------------------------- */

static int compare_owners(const void *a, const void *b) { return strcmp(((const owner *)a)->place, ((const owner *)b)->place); }

/* Takes `place`. The known owner of this place, or a new one with the next number. NULL: no memory. */
static owner *find_owner(sequence *self, char *place, int *is_new)
{
    owner *candidate = malloc(sizeof *candidate);
    if (candidate == NULL || place == NULL) {
        free(candidate);
        free(place);
        return NULL;
    }
    *candidate = (owner){place, self->last + 1};
    owner **slot = tsearch(candidate, &self->owners, compare_owners);
    *is_new = slot != NULL && *slot == candidate;
    if (*is_new) {
        self->last++;
        return candidate;
    }
    free(place);
    free(candidate);
    return slot != NULL ? *slot : NULL;
}

static int32_t sequence_store_open(const cd_host *host, cd_stage *stage, const char *folder, void **out)
{
    char path[4096], *line = NULL;
    size_t size = 0;
    int is_new;
    sequence *self = NULL;
    int32_t status = sequence_open(host, stage, (void **)&self);
    if (status != 0)
        return status;
    self->forgets = host->counter(stage, "forgets");
    self->numbered = host->counter(stage, "numbered");
    snprintf(path, sizeof path, "%s/claims", folder);
    self->file = fopen(path, "a+e");
    snprintf(path, sizeof path, "%s/forgotten", folder);
    self->forgotten = fopen(path, "ae");
    if (self->file == NULL || self->forgotten == NULL || asprintf(&self->busy, "%s/busy", folder) < 0) {
        free(self);
        return -errno;
    }
    for (ssize_t length; (length = getline(&line, &size, self->file)) > 1;) {
        line[length - 1] = '\0';
        find_owner(self, strdup(line), &is_new);
    }
    free(line);
    *out = self;
    return 0;
}

static int32_t sequence_claim_batch(void *instance, const cd_claim *claims, size_t count)
{
    sequence *self = instance;
    cd_json json = {0};
    if (access(self->busy, F_OK) == 0) {
        usleep(20000); /* trouble takes its time: more claims come meanwhile */
        return -EBUSY;
    }
    for (size_t i = 0; i < count; i++) {
        char *place = NULL;
        const cd_identity *id = &claims[i].owner;
        int is_new = 0;
        if (claims[i].blob.len > 4 && memcmp(claims[i].blob.ptr, "die-", 4) == 0)
            abort();
        if (asprintf(&place, "%.*s/%d/%lld", (int)id->topic.len, id->topic.ptr, id->partition, (long long)id->offset) < 0)
            return -ENOMEM;
        const owner *mine = find_owner(self, place, &is_new);
        if (mine == NULL)
            return -ENOMEM;
        self->host->count(self->stage, self->seen, 1);
        self->host->count(self->stage, self->numbered, (uint64_t)is_new);
        if (is_new)
            fprintf(self->file, "%s\n", mine->place);
        cd_json_reset(&json);
        cd_json_object(&json);
        cd_json_key(&json, "number");
        cd_json_integer(&json, mine->number);
        cd_json_key(&json, "blob");
        cd_json_string(&json, claims[i].blob);
        cd_json_object_end(&json);
        int drop = claims[i].blob.len > 5 && memcmp(claims[i].blob.ptr, "drop-", 5) == 0;
        self->host->answer(claims[i].answer, drop ? CD_DROP : CD_OK, cd_json_text(&json),
                           drop ? CD_LIT("its id says so") : (cd_str){NULL, 0});
    }
    cd_json_free(&json);
    fflush(self->file);
    return fsync(fileno(self->file)) == 0 ? 0 : -errno;
}

static void sequence_forget(void *instance, const cd_identity *id)
{
    sequence *self = instance;
    fprintf(self->forgotten, "%.*s/%d/%lld\n", (int)id->topic.len, id->topic.ptr, id->partition, (long long)id->offset);
    fflush(self->forgotten);
    self->host->count(self->stage, self->forgets, 1);
}

static void free_owner(void *one)
{
    free(((owner *)one)->place);
    free(one);
}

static void sequence_store_close(void *instance)
{
    sequence *self = instance;
    fclose(self->file);
    fclose(self->forgotten);
    free(self->busy);
    tdestroy(self->owners, free_owner);
    free(self);
}

const cd_plugin *copydesk_plugin(void)
{
    static const cd_plugin plugin = {
        .abi_major = COPYDESK_ABI_MAJOR,
        .size = sizeof(cd_plugin),
        .name = "sequence",
        .version = "1.0.0",
        .summary = "Numbers articles in the order of their release",
        .member = "sequence",
        .open = sequence_open,
        .process = sequence_process,
        .close = free,
        .store_open = sequence_store_open,
        .claim_batch = sequence_claim_batch,
        .forget = sequence_forget,
        .store_close = sequence_store_close,
    };
    return &plugin;
}
