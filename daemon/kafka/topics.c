/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/topics.c: see topics.h. */
#include "kafka/topics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void cd_topics_init(cd_topics *topics, rd_kafka_t *client) { *topics = (cd_topics){.client = client}; }

void cd_topics_fini(cd_topics *topics)
{
    for (size_t i = 0; i < topics->count; i++) {
        rd_kafka_topic_destroy(topics->list[i]->handle);
        free(topics->list[i]->name);
        free(topics->list[i]);
    }
    free(topics->list);
    *topics = (cd_topics){0};
}

cd_topic *cd_topics_get(cd_topics *topics, const char *name)
{
    for (size_t i = 0; i < topics->count; i++)
        if (strcmp(topics->list[i]->name, name) == 0)
            return topics->list[i];
    cd_topic **grown = realloc(topics->list, (topics->count + 1) * sizeof *grown);
    if (grown == NULL)
        return NULL;
    topics->list = grown;
    cd_topic *topic = calloc(1, sizeof *topic);
    if (topic == NULL)
        return NULL;
    *topic = (cd_topic){.name = strdup(name), .handle = rd_kafka_topic_new(topics->client, name, NULL)};
    if (topic->name == NULL || topic->handle == NULL) {
        free(topic->name);
        free(topic);
        return NULL;
    }
    return topics->list[topics->count++] = topic;
}

int cd_topics_ask(cd_topics *topics, cd_topic *topic, int timeout_ms, cd_error *error)
{
    const rd_kafka_metadata_t *metadata;
    rd_kafka_resp_err_t failed = rd_kafka_metadata(topics->client, 0, topic->handle, &metadata, timeout_ms);
    if (failed)
        return cd_error_set(error, -EAGAIN, "the brokers do not answer: %s", rd_kafka_err2str(failed));
    failed = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    if (failed == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topics[0].partition_cnt > 0)
        topic->partitions = metadata->topics[0].partition_cnt;
    else if (failed == RD_KAFKA_RESP_ERR_NO_ERROR)
        failed = RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    rd_kafka_metadata_destroy(metadata);
    if (failed == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || failed == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
        return cd_error_set(error, -ENOENT, "the topic %s does not exist", topic->name);
    return failed ? cd_error_set(error, -EAGAIN, "the topic %s: %s", topic->name, rd_kafka_err2str(failed)) : 0;
}

static size_t limit_of(const rd_kafka_ConfigResource_t *resource)
{
    size_t count;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
    for (size_t i = 0; i < count; i++) {
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);
        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), "max.message.bytes") == 0 && value)
            return strtoul(value, NULL, 10);
    }
    return SIZE_MAX;
}

static size_t smallest_in(rd_kafka_event_t *event)
{
    size_t smallest = SIZE_MAX, count;
    const rd_kafka_DescribeConfigs_result_t *result = event ? rd_kafka_event_DescribeConfigs_result(event) : NULL;
    if (result == NULL)
        return SIZE_MAX;
    const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(result, &count);
    for (size_t i = 0; i < count; i++) {
        size_t limit = limit_of(resources[i]);
        smallest = limit < smallest ? limit : smallest;
    }
    return smallest;
}

size_t cd_topics_smallest_limit(cd_topics *topics, int timeout_ms)
{
    rd_kafka_ConfigResource_t **asked = calloc(topics->count + 1, sizeof *asked);
    if (asked == NULL)
        return SIZE_MAX;
    for (size_t i = 0; i < topics->count; i++)
        asked[i] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topics->list[i]->name);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(topics->client);
    rd_kafka_DescribeConfigs(topics->client, asked, topics->count, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, timeout_ms);
    size_t smallest = smallest_in(event);
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_ConfigResource_destroy_array(asked, topics->count);
    free(asked);
    return smallest;
}

int32_t cd_topics_partition(const cd_topic *output, const cd_topic *source, int32_t source_partition, cd_str key)
{
    if (output->partitions <= 0)
        return source_partition;
    if (source && source->partitions == output->partitions)
        return source_partition;
    if (key.len > 0)
        return rd_kafka_msg_partitioner_murmur2_random(output->handle, key.ptr, key.len, output->partitions, NULL, NULL);
    return source_partition % output->partitions;
}
