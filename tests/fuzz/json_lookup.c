/* SPDX-License-Identifier: Apache-2.0
 *
 * A JSON Pointer (up to the first line feed) into a JSON text (the rest), and the text's readable view.
 */
#include "article/json_read.h"
#include "article/render.h"

#include <copydesk/sdk.h>
#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static cd_json_reader *reader;
    static FILE *nowhere;
    if (reader == NULL) {
        reader = cd_json_reader_create();
        nowhere = fopen("/dev/null", "w");
    }
    if (reader == NULL || nowhere == NULL)
        abort();
    const uint8_t *feed = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t len = feed != NULL ? (size_t)(feed - data) : 0, from = feed != NULL ? len + 1 : 0;
    cd_str pointer = {(const char *)data, len}, json = {(const char *)data + from, size - from};
    cd_value value, again;
    cd_json_reader_reset(reader);
    int rc = cd_json_lookup(reader, json, pointer, &value);
    if (rc == 0) {
        if (value.raw.len == 0 || value.raw.ptr < json.ptr || value.raw.ptr + value.raw.len > json.ptr + json.len)
            abort();
        /* A value by itself is a JSON text with the same root. */
        if (cd_json_lookup(reader, value.raw, CD_LIT(""), &again) != 0 || again.type != value.type ||
            !cd_str_equal(again.string, value.string))
            abort();
    } else if (rc != -ENOENT && rc != -EINVAL) {
        abort();
    }
    if (cd_article_render(nowhere, json, size & 1) == -EIO)
        abort();
    return 0;
}
