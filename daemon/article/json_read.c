/* SPDX-License-Identifier: Apache-2.0
 *
 * article/json_read.c: one index, and the strings that must outlive it. See json_read.h.
 */
#include "article/json_read.h"

#include "article/index.h"
#include "article/scalar.h"

#include <errno.h>
#include <stdlib.h>

struct cd_json_reader {
    cd_index index;
    cd_str last;      /* what the index is of; absent if of nothing valid */
    cd_arena strings; /* handed out: lives until reset, whatever is read in between */
    cd_problem problem;
};

cd_json_reader *cd_json_reader_create(void)
{
    cd_json_reader *reader = calloc(1, sizeof(*reader));
    if (reader != NULL && cd_index_init(&reader->index, CD_JSON_READER_DEPTH) != 0) {
        free(reader);
        return NULL;
    }
    return reader;
}

void cd_json_reader_destroy(cd_json_reader *reader)
{
    if (reader == NULL)
        return;
    cd_index_fini(&reader->index);
    cd_arena_fini(&reader->strings);
    free(reader);
}

void cd_json_reader_reset(cd_json_reader *reader)
{
    cd_index_reset(&reader->index);
    cd_arena_reset(&reader->strings);
    reader->last = (cd_str){NULL, 0};
}

static int build(cd_json_reader *reader, cd_str json)
{
    reader->last = (cd_str){NULL, 0};
    int rc = cd_index_build(&reader->index, json, &reader->problem);
    if (rc == 0)
        reader->last = json;
    else if (rc == -ENOMEM)
        cd_problem_set(&reader->problem, -1, "out of memory");
    return rc;
}

int cd_json_valid(cd_json_reader *reader, cd_str json) { return build(reader, json) == 0; }

const char *cd_json_reason(const cd_json_reader *reader, int64_t *byte)
{
    if (byte != NULL)
        *byte = reader->problem.byte;
    return reader->problem.reason;
}

int cd_json_lookup(cd_json_reader *reader, cd_str json, cd_str pointer, cd_value *out)
{
    int rc = 0;
    if (reader->last.ptr == NULL || reader->last.ptr != json.ptr || reader->last.len != json.len)
        rc = build(reader, json);
    uint32_t value = 0;
    if (rc == 0)
        rc = cd_index_find(&reader->index, pointer, &value);
    if (rc != 0)
        return rc == -EBADMSG ? -EINVAL : rc;
    *out = (cd_value){.type = cd_index_type(&reader->index, value), .raw = cd_index_raw(&reader->index, value)};
    if (out->type != CD_JSON_STRING)
        return 0;
    cd_str inside = {out->raw.ptr + 1, out->raw.len - 2};
    return cd_scalar_unescape(inside, &reader->strings, &out->string);
}
