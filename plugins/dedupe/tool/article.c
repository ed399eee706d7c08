/* SPDX-License-Identifier: Apache-2.0
 *
 * article.c: see article.h.
 */
#include "article.h"

#include <copydesk/sdk.h>
#include <errno.h>

#include "decide.h"
#include "worker.h"

int reader_init(reader *r, tool *t)
{
    *r = (reader){.t = t};
    return dd_worker_open(&tool_host, &t->stage, &r->worker);
}

void reader_fini(reader *r)
{
    if (r->worker != NULL)
        dd_worker_close(r->worker);
}

static int integer_of(const json_t *object, const char *key, int64_t *out)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value))
        return -EINVAL;
    *out = json_integer_value(value);
    return 0;
}

int reader_owner(const json_t *root, dd_owner *owner, int64_t *timestamp)
{
    const json_t *source = json_object_get(json_object_get(root, "provenance"), "source");
    const json_t *topic = json_object_get(source, "topic");
    int64_t partition = 0, offset = 0;
    int rc;
    if (topic != NULL) {
        rc = integer_of(source, "partition", &partition);
        if (rc == 0)
            rc = integer_of(source, "offset", &offset);
    } else {
        topic = json_object_get(source, "file");
        rc = integer_of(source, "line", &offset);
    }
    if (rc != 0 || partition < 0 || partition > INT32_MAX || offset < 0 || !json_is_string(topic) ||
        json_string_length(topic) > DD_TOPIC_MAX)
        return -EINVAL;
    *owner = (dd_owner){{json_string_value(topic), json_string_length(topic)}, (int32_t)partition, offset};
    if (integer_of(source, "timestamp", timestamp) != 0)
        *timestamp = -1;
    return 0;
}

/* An article without an id had its record's key for one, which is not in it. If nobody's copy, its cluster is its id. */
static void name_by_place(reader *r, const json_t *root, const dd_owner *owner)
{
    const json_t *annotation = json_object_get(json_object_get(root, "enrichment"), r->t->member);
    const char *relation = json_string_value(json_object_get(annotation, "relation"));
    const char *cluster = json_string_value(json_object_get(annotation, "cluster"));
    int joins = 0;
    for (int i = 0; relation != NULL && i < DD_RELATIONS; i++)
        joins |= dd_relation_joins(i) && strcmp(relation, dd_relation_name(i)) == 0;
    if (relation != NULL && cluster != NULL && !joins)
        snprintf(r->article.place, sizeof r->article.place, "%s", cluster);
    else if (owner != NULL)
        snprintf(r->article.place, sizeof r->article.place, "%.*s/%d/%lld", (int)owner->topic.len, owner->topic.ptr,
                 owner->partition, (long long)owner->offset);
    else
        snprintf(r->article.place, sizeof r->article.place, "this article");
}

int reader_read(reader *r, const json_t *root, const dd_owner *owner, char *why, size_t why_size)
{
    r->article.root = root;
    r->article.fields = r->t->fields;
    name_by_place(r, root, owner);
    if (!json_is_object(root) || !json_is_string(tool_lookup(root, r->t->fields[TOOL_TEXT]))) {
        snprintf(why, why_size, "no article: there is no string %s", r->t->fields[TOOL_TEXT]);
        return -EINVAL;
    }
    if (dd_worker_process(r->worker, &r->article) != CD_OK) {
        snprintf(why, why_size, "%s", r->article.reason);
        return -EINVAL;
    }
    if (dd_blob_read((cd_str){r->article.blob, r->article.blob_length}, &r->fingerprint, &r->id) != 0) {
        snprintf(why, why_size, "its fingerprint cannot be made");
        return -EINVAL;
    }
    return 0;
}
