/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/sending.c: see sending.h. Who comes last, the desk or the thread, frees: `state` says who that is. */
#include "kafka/sending.h"

#include "base/clock.h"
#include "kafka/client.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>

/* What librdkafka is told: it retries for as long. And how long a call that is about to be left may take to come back. */
enum { LIMIT_MS = 5000, LEAVE_MS = 100 };

enum { UNDER_WAY, OVER, LEFT };

struct cd_sending {
    rd_kafka_t *client;
    rd_kafka_topic_partition_list_t *offsets;
    rd_kafka_consumer_group_metadata_t *group;
    rd_kafka_error_t *error;
    pthread_t thread;
    int wake_fd;
    _Atomic int state;
};

static _Atomic int left;

static void free_all(cd_sending *s)
{
    rd_kafka_topic_partition_list_destroy(s->offsets);
    rd_kafka_consumer_group_metadata_destroy(s->group);
    free(s);
}

static void *run(void *self)
{
    cd_sending *s = self;
    s->error = rd_kafka_send_offsets_to_transaction(s->client, s->offsets, s->group, LIMIT_MS);
    if (atomic_exchange(&s->state, OVER) == UNDER_WAY) {
        eventfd_write(s->wake_fd, 1); /* the desk's join keeps it open that long */
        return NULL;
    }
    if (s->error)
        rd_kafka_error_destroy(s->error);
    rd_kafka_destroy(s->client);
    free_all(s);
    atomic_fetch_sub(&left, 1);
    return NULL;
}

cd_sending *cd_sending_start(rd_kafka_t *client, const rd_kafka_topic_partition_list_t *offsets,
                             rd_kafka_consumer_group_metadata_t *group, int wake_fd)
{
    cd_sending *s = malloc(sizeof *s);
    if (s == NULL) {
        rd_kafka_consumer_group_metadata_destroy(group);
        return NULL;
    }
    *s = (cd_sending){
        .client = client, .offsets = rd_kafka_topic_partition_list_copy(offsets), .group = group, .wake_fd = wake_fd};
    if (pthread_create(&s->thread, NULL, run, s) == 0)
        return s;
    free_all(s);
    return NULL;
}

bool cd_sending_is_over(cd_sending *s, rd_kafka_error_t **error)
{
    if (atomic_load(&s->state) != OVER)
        return false;
    pthread_join(s->thread, NULL);
    *error = s->error;
    free_all(s);
    return true;
}

void cd_sending_leave(cd_sending *s)
{
    struct timespec end;
    rd_kafka_t *client = s->client;
    pthread_t thread = s->thread;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += LEAVE_MS * CD_NS_PER_MS;
    end.tv_sec += end.tv_nsec / CD_NS_PER_S;
    end.tv_nsec %= CD_NS_PER_S;
    bool joined = pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &end) == 0;
    if (!joined) {
        atomic_fetch_add(&left, 1);
        if (atomic_exchange(&s->state, LEFT) == UNDER_WAY) {
            pthread_detach(thread);
            return;
        }
        atomic_fetch_sub(&left, 1);
        pthread_join(thread, NULL);
    }
    if (s->error)
        rd_kafka_error_destroy(s->error);
    free_all(s);
    cd_kafka_end(client);
}

int cd_sending_left(void) { return atomic_load(&left); }
