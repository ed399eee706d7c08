/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/headers.h: the headers of what goes out: the input's own, and copydesk-… ones. */
#ifndef COPYDESK_KAFKA_HEADERS_H
#define COPYDESK_KAFKA_HEADERS_H

#include "desk/record.h"

#include <librdkafka/rdkafka.h>

/* How often a record was sent back. */
#define CD_HEADER_REPLAYED "copydesk-replayed"

/* The input's headers without its copydesk-… ones, and "copydesk-pipeline". Owned by the caller. */
rd_kafka_headers_t *cd_headers_article(const cd_record *record, const char *pipeline);

/* What a dead letter keeps of a payload that is too large for its topic. */
typedef struct cd_truncation {
    size_t kept;         /* bytes */
    const char *sha256;  /* of the whole; NULL: nothing was cut */
    bool bare;           /* without the input's headers: they alone are too large */
} cd_truncation;

/* The input's headers without its copydesk-… ones but for copydesk-replayed, and what went wrong: copydesk-class, -stage, -reason, -topic,
 * -partition, -offset, -attempts, -pipeline, and where they apply -byte, -signal, -plugin-version, -truncated,
 * -original-size, -sha256. */
rd_kafka_headers_t *cd_headers_dead_letter(const cd_record *record, const char *pipeline, const cd_truncation *truncation);

/* For a dead letter that is sent back: the headers it came with (NULL: none), without its story, and "copydesk-replayed". */
rd_kafka_headers_t *cd_headers_replay(const rd_kafka_headers_t *from, int64_t replays);

#endif
