/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/origin.c: see origin.h. */
#include "kafka/origin.h"

#include <stdlib.h>
#include <string.h>

static cd_str copy(char **at, const void *bytes, size_t length)
{
    if (bytes == NULL)
        return (cd_str){NULL, 0};
    cd_str copied = {*at, length};
    memcpy(*at, bytes, length);
    *at += length;
    return copied;
}

cd_origin *cd_origin_create(rd_kafka_message_t *message)
{
    /* One byte more: an empty string has an address, too. */
    cd_origin *origin = malloc(sizeof *origin + message->key_len + message->len + 1);
    if (origin == NULL)
        return NULL;
    char *at = (char *)(origin + 1);
    origin->key = copy(&at, message->key, message->key_len);
    origin->payload = copy(&at, message->payload, message->len);
    if (rd_kafka_message_detach_headers(message, &origin->headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        origin->headers = NULL;
    return origin;
}

void cd_origin_destroy(cd_origin *origin)
{
    if (origin->headers)
        rd_kafka_headers_destroy(origin->headers);
    free(origin);
}
