/* SPDX-License-Identifier: Apache-2.0
 *
 * worker.c: article → fingerprint → claim. Owns the token buffer, reused between articles. Decides nothing: that is
 * claim.c, in the store.
 */
#include "worker.h"

#include <copydesk/sdk.h>
#include <errno.h>

#include "blob.h"
#include "fold.h"
#include "options.h"

#define SEED_KEY 0x6b65792073616c74ULL

typedef struct worker {
    const cd_host *host;
    dd_settings settings;
    dd_tokens tokens;
    char blob[DD_BLOB_MAX];
} worker;

int32_t dd_worker_open(const cd_host *host, cd_stage *stage, void **self)
{
    worker *w = calloc(1, sizeof *w);
    if (w == NULL)
        return -ENOMEM;
    w->host = host;
    int rc = dd_settings_read(&w->settings, host, stage);
    if (rc != 0) {
        free(w);
        return rc;
    }
    dd_fold_init();
    *self = w;
    return 0;
}

/* An earlier stage's string, or absent. */
static cd_str annotated(const cd_host *host, cd_article *article, const char *member, cd_str pointer)
{
    cd_value value;
    if (host->annotation(article, member, pointer, &value) != 0 || value.type != CD_JSON_STRING)
        return (cd_str){NULL, 0};
    return value.string;
}

/* Articles under different keys get different hashes, and so never meet: the store needs no idea of keys. */
static uint64_t salt_of(const worker *w, cd_article *article)
{
    cd_str key = {NULL, 0};
    if (w->settings.key == DD_KEY_NONE)
        return 0;
    if (w->settings.key == DD_KEY_SOURCE) {
        key = w->host->field(article, CD_FIELD_SOURCE);
    } else {
        key = annotated(w->host, article, "language", CD_LIT("/code"));
        if (key.ptr == NULL)
            key = w->host->field(article, CD_FIELD_LANG);
    }
    return dd_hash_bytes(key.ptr ? key : CD_LIT(""), SEED_KEY + (unsigned)w->settings.key);
}

int32_t dd_worker_process(void *self, cd_article *article)
{
    worker *w = self;
    cd_str text = annotated(w->host, article, "credits", CD_LIT("/body"));
    if (text.ptr == NULL)
        text = w->host->field(article, CD_FIELD_TEXT);
    uint64_t salt = salt_of(w, article);
    if (dd_tokens_read(&w->tokens, text, salt) != 0) {
        w->host->reason(article, CD_LIT("out of memory while reading the text"));
        return CD_RETRY;
    }
    size_t length = dd_blob_write(w->blob, &w->tokens, salt, w->host->field(article, CD_FIELD_ID));
    if (w->host->claim(article, (cd_str){w->blob, length}) != 0) {
        w->host->reason(article, CD_LIT("the host refused the claim"));
        return CD_REJECT;
    }
    return CD_OK;
}

void dd_worker_close(void *self)
{
    worker *w = self;
    dd_tokens_fini(&w->tokens);
    free(w);
}
