/* SPDX-License-Identifier: Apache-2.0
 *
 * worker/article_host.c: the host functions that work on the article in hand. */
#include "worker/article.h"

#include "base/clock.h"

#include <errno.h>

enum { REASON_MAX = 1000 };

static cd_str host_field(cd_article *article, int32_t field)
{
    if (field < CD_FIELD_TEXT || field > CD_FIELD_PUBLISHED)
        return (cd_str){NULL, 0};
    return article->document.fields[field];
}

static void host_identity(cd_article *article, cd_identity *out) { *out = article->identity; }

static int32_t host_member(cd_article *article, cd_str pointer, cd_value *out)
{
    return cd_document_member(article->decoder, &article->document, pointer, out);
}

static int32_t host_annotation(cd_article *article, const char *member, cd_str pointer, cd_value *out)
{
    for (unsigned i = 0; i < article->stage->index; i++) {
        const cd_buffer *json = &article->annotations[i];
        if (json->len && strcmp(article->pipeline->stages[i].member, member) == 0)
            return cd_json_lookup(article->reader, (cd_str){json->data, json->len}, pointer, out);
    }
    return -ENOENT;
}

static size_t host_codepoint_at(cd_article *article, size_t byte)
{
    return cd_positions_codepoint(&article->positions, byte);
}

static size_t host_byte_at(cd_article *article, size_t codepoint)
{
    return cd_positions_byte(&article->positions, codepoint);
}

/* Wall time stands for CPU time here: never more than what is left, and no system call. */
static int64_t host_budget_ns(cd_article *article)
{
    return article->pipeline->config->worker.article_cpu * CD_NS_PER_MS - (cd_clock_monotonic_ns() - article->start_ns);
}

static int32_t refuse(cd_article *article, int32_t verdict, int32_t error, const char *why, const char *detail)
{
    article->broken = verdict;
    cd_buffer_reset(&article->reason);
    cd_buffer_printf(&article->reason, "%s%s%s", why, *detail ? ": " : "", detail);
    return error;
}

static int32_t host_annotate(cd_article *article, cd_str json)
{
    cd_buffer *own = &article->annotations[article->stage->index];
    article->annotated_bytes -= own->len;
    cd_buffer_reset(own);
    article->said = 0;
    if (json.len > article->pipeline->largest_output - article->annotated_bytes)
        return refuse(article, CD_VERDICT_TOO_LARGE, -EMSGSIZE, "the annotations are larger than the limit for an article", "");
    if (!cd_json_valid(article->reader, json))
        return refuse(article, CD_REJECT, -EINVAL, "the annotation is not valid JSON", cd_json_reason(article->reader, NULL));
    cd_buffer_append(own, json.ptr, json.len);
    if (own->failed)
        return refuse(article, CD_VERDICT_TOO_LARGE, -EMSGSIZE, "no memory for the annotation", "");
    article->annotated_bytes += own->len;
    article->said = 1;
    return 0;
}

static void host_reason(cd_article *article, cd_str text)
{
    cd_buffer_reset(&article->reason);
    cd_buffer_append(&article->reason, text.ptr, text.len > REASON_MAX ? REASON_MAX : text.len);
}

static void host_route(cd_article *article, cd_str name)
{
    cd_buffer_reset(&article->route);
    cd_buffer_append(&article->route, name.ptr, name.len > REASON_MAX ? REASON_MAX : name.len);
}

static int32_t host_claim(cd_article *article, cd_str blob)
{
    cd_result *result = &article->result;
    if (blob.len > CD_BLOB_MAX || !cd_stage_has_store(article->stage))
        return -EMSGSIZE;
    if (article->claimed) { /* it said so before: the new blob replaces the old one, which is the last */
        article->blobs.len -= article->claims[--result->claim_count].blob_length;
        article->claimed = 0;
    }
    cd_buffer_append(&article->blobs, blob.ptr, blob.len);
    if (article->blobs.failed)
        return -EMSGSIZE;
    article->claims[result->claim_count++] =
        (cd_result_claim){.stage = article->stage->index, .blob_length = (uint32_t)blob.len};
    article->claimed = 1;
    return 0;
}

void cd_article_host_init(cd_host *host)
{
    host->field = host_field;
    host->identity = host_identity;
    host->member = host_member;
    host->annotation = host_annotation;
    host->codepoint_at = host_codepoint_at;
    host->byte_at = host_byte_at;
    host->budget_ns = host_budget_ns;
    host->annotate = host_annotate;
    host->reason = host_reason;
    host->route = host_route;
    host->claim = host_claim;
}
