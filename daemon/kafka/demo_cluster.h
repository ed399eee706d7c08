/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/demo_cluster.h: librdkafka's in-process mock cluster, and a producer and a consumer on it, for `copydesk demo`.
 *
 * The cluster keeps some 5 MB a partition and lives in this process; the daemon talks to it over loopback as to any
 * broker. Enough to show the job, not to prove it: that is done on real brokers. */
#ifndef COPYDESK_KAFKA_DEMO_CLUSTER_H
#define COPYDESK_KAFKA_DEMO_CLUSTER_H

#include "base/error.h"

#include <copydesk/plugin.h>

typedef struct cd_demo_cluster cd_demo_cluster;

/* One broker. 0 or -EIO with the reason. */
int cd_demo_cluster_create(cd_demo_cluster **out, cd_error *error);
void cd_demo_cluster_destroy(cd_demo_cluster *cluster);
const char *cd_demo_cluster_bootstrap(const cd_demo_cluster *cluster); /* host:port */

int cd_demo_cluster_add_topic(cd_demo_cluster *cluster, const char *topic, int partitions);
/* Sends one record and waits for its delivery. 0 or -EIO. */
int cd_demo_cluster_send(cd_demo_cluster *cluster, const char *topic, cd_str key, cd_str payload, cd_error *error);

/* Reads partition 0 of two topics from their start. */
int cd_demo_cluster_read(cd_demo_cluster *cluster, const char *first, const char *second, cd_error *error);
/* One record: valid until the next call. `reason` is its copydesk-reason header or absent. */
typedef struct cd_demo_record {
    const char *topic;
    cd_str key, payload, class, reason;
} cd_demo_record;
/* 1, 0 after `timeout_ms` without one, or -EIO. */
int cd_demo_cluster_next(cd_demo_cluster *cluster, int timeout_ms, cd_demo_record *out);

#endif
