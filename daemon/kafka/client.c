/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/client.c: see client.h. */
#include "kafka/client.h"

#include "base/log.h"
#include "kafka/intake.h"
#include "kafka/trouble.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* What a client may take to end. */
enum { END_S = 5 };

static int set(rd_kafka_conf_t *conf, const cd_kafka_property *property, cd_error *error)
{
    char reason[256];
    if (rd_kafka_conf_set(conf, property->name, property->value, reason, sizeof reason) == RD_KAFKA_CONF_OK)
        return 0;
    /* librdkafka's reason may repeat the value, so a secret's reason is not shown. */
    return cd_error_set(error, -EINVAL, "%s:%u: librdkafka does not take %s: %s", property->file, property->line, property->name,
                        property->secret ? "the value is refused" : reason);
}

static int set_all(rd_kafka_conf_t *conf, const cd_kafka_properties *properties, cd_error *error)
{
    int result = 0;
    for (size_t i = 0; i < properties->count && result == 0; i++)
        result = set(conf, &properties->list[i], error);
    return result;
}

/* librdkafka's own words, at its own levels. Called from its threads. */
static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    (void)client;
    cd_log_keyed(level < CD_LEVEL_ERROR ? CD_LEVEL_ERROR : level, facility, "kafka: %s: %s", facility, text);
}

void cd_kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char reason[256];
    rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, name, value, reason, sizeof reason);
    CD_REQUIRE(result == RD_KAFKA_CONF_OK, "librdkafka refuses %s=%s: %s", name, value, reason);
}

size_t cd_kafka_conf_number(const rd_kafka_conf_t *conf, const char *name)
{
    char text[32];
    size_t size = sizeof text;
    return rd_kafka_conf_get(conf, name, text, &size) == RD_KAFKA_CONF_OK ? strtoul(text, NULL, 10) : 0;
}

rd_kafka_conf_t *cd_kafka_conf(const cd_config *config, const cd_kafka_properties *own, const cd_kafka_default *defaults,
                               cd_error *error)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    cd_kafka_conf_set(conf, "client.id", config->name);
    for (; defaults->name; defaults++)
        cd_kafka_conf_set(conf, defaults->name, defaults->value);
    if (set_all(conf, &config->kafka.common, error) != 0 || set_all(conf, own, error) != 0) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_conf_set_log_cb(conf, on_log);
    return conf;
}

void cd_trouble_report(cd_trouble *trouble, rd_kafka_t *client, const char *role, int code, const char *reason)
{
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        char text[400];
        rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(client, text, sizeof text);
        snprintf(trouble->fatal, sizeof trouble->fatal, "%s: %s: %s", role, rd_kafka_err2name(fatal), text);
    }
    cd_trouble_note(trouble, code);
    cd_log_keyed(CD_LEVEL_WARNING, rd_kafka_err2name(code), "%s: %s: %s", role, rd_kafka_err2name(code), reason);
}

int cd_kafka_check(const cd_config *config, cd_error *error)
{
    static const cd_kafka_default none[] = {{0}};
    rd_kafka_conf_t *consumer = cd_kafka_conf(config, &config->kafka.consumer, none, error);
    rd_kafka_conf_t *producer = consumer ? cd_kafka_conf(config, &config->kafka.producer, none, error) : NULL;
    int result = consumer && producer ? 0 : -EINVAL;
    if (consumer)
        rd_kafka_conf_destroy(consumer);
    if (producer)
        rd_kafka_conf_destroy(producer);
    return result;
}

void cd_kafka_wake_by(rd_kafka_queue_t *queue, int fd)
{
    static const uint64_t one = 1;
    rd_kafka_queue_io_event_enable(queue, fd, &one, sizeof one);
}

int cd_kafka_wake_fd(rd_kafka_queue_t *queue)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        return -errno;
    cd_kafka_wake_by(queue, fd);
    return fd;
}

static void *destroy(void *client)
{
    rd_kafka_destroy(client);
    return NULL;
}

void cd_kafka_end(rd_kafka_t *client)
{
    pthread_t thread;
    struct timespec end;
    if (pthread_create(&thread, NULL, destroy, client) != 0) {
        rd_kafka_destroy(client);
        return;
    }
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += END_S;
    if (pthread_timedjoin_np(thread, NULL, &end) == 0)
        return;
    cd_log_warning("librdkafka does not come to an end; it is left behind");
    pthread_detach(thread);
}

void cd_kafka_drain_fd(int fd)
{
    uint64_t count;
    ssize_t got = read(fd, &count, sizeof count);
    (void)got;
}
