/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of daemon/kafka on librdkafka's mock cluster share.
 */
#ifndef KAFKA_SUPPORT_H
#define KAFKA_SUPPORT_H

#include "config/config.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

/* The configuration that reads "raw" from these brokers, with "dead" for dead letters; `more` has the rest. To be destroyed. */
cd_config *kafka_config(rd_kafka_mock_cluster_t *brokers, const char *more);

#endif
