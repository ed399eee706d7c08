/* SPDX-License-Identifier: Apache-2.0
 *
 * config/properties.c: kafka.common, .consumer and .producer: "librdkafka.property=value". See load.h.
 *
 * Which properties there are is librdkafka's business, and kafka/ reports what it refuses; here stand only those that
 * Copydesk's guarantees rest on and that therefore nobody else may set. No problem ever shows a value. Owns constants.
 */
#include "config/properties.h"

#include <ctype.h>
#include <string.h>

#define PROPERTIES_MAX 256

static const struct owned_property {
    const char *name, *instead;
} owned_properties[] = {
    {"group.id", "the key 'group'"},
    {"auto.offset.reset", "the key 'input.start'"},
    {"enable.auto.commit", "nothing: offsets are committed when what they cover is delivered (the key 'delivery')"},
    {"auto.commit.enable", "nothing: offsets are committed when what they cover is delivered (the key 'delivery')"},
    {"auto.commit.interval.ms", "the key 'desk.commit_interval'"},
    {"enable.auto.offset.store", "nothing: the desk keeps offsets itself"},
    {"offset.store.method", "nothing: the desk keeps offsets itself"},
    {"offset.store.path", "nothing: the desk keeps offsets itself"},
    {"enable.partition.eof", "nothing: the desk needs it"},
    {"enable.idempotence", "nothing: the producer is always idempotent"},
    {"enable.gapless.guarantee", "nothing: the producer is always idempotent"},
    {"transactional.id", "the key 'delivery'"},
    {"acks", "nothing: all replicas in sync must have a record"},
    {"request.required.acks", "nothing: all replicas in sync must have a record"},
    {"partitioner", "nothing: the output partition follows the input's, so that order is kept"},
    {"delivery.report.only.error", "nothing: the desk counts every delivery"},
    {"opaque", "nothing: it is no text"},
    {"default_topic_conf", "nothing: it is no text"},
};

const char *cd_property_owner(const char *name)
{
    size_t len = strlen(name);
    if (len > 3 && strcmp(name + len - 3, "_cb") == 0)
        return "nothing: it is no text";
    for (size_t i = 0; i < sizeof owned_properties / sizeof owned_properties[0]; i++)
        if (strcmp(owned_properties[i].name, name) == 0)
            return owned_properties[i].instead;
    return NULL;
}

static bool name_valid(const char *name)
{
    for (const char *s = name; *s != '\0'; s++)
        if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s) && *s != '.' && *s != '_' && *s != '-')
            return false;
    return name[0] != '\0';
}

static const cd_kafka_property *find(const cd_kafka_properties *properties, const char *name)
{
    for (size_t i = 0; i < properties->count; i++)
        if (strcmp(properties->list[i].name, name) == 0)
            return &properties->list[i];
    return NULL;
}

/* Divides "property=value", the value still as written; false with a problem. */
static bool split_property(cd_load *load, const cd_key *key, const cd_setting *element, size_t number,
                           const char **name, const char **raw)
{
    const char *string, *equals = NULL;
    if (cd_setting_string(element, &string))
        equals = strchr(string, '=');
    const char *fault = equals == NULL ? "without a '='" : NULL;
    if (fault == NULL) {
        size_t len = (size_t)(equals - string);
        while (len > 0 && string[len - 1] == ' ')
            len--;
        *name = cd_pool_copy(load->pool, string, len);
        *raw = equals + 1 + strspn(equals + 1, " ");
        if (!name_valid(*name))
            fault = "whose name holds other characters than a-z 0-9 . _ -";
    }
    if (fault != NULL)
        cd_problems_add(load->problems, element->file, element->line,
                        "%s: found an entry (the %zu.) %s, expected \"property=value\" as in \"linger.ms=20\"",
                        key->path, number, fault);
    return fault == NULL;
}

/* An entry of the file, or (`replaces`) of the command line, which may say anew what the file said. */
static void read_property(cd_load *load, const cd_key *key, const cd_setting *element, size_t number, bool replaces,
                          cd_kafka_properties *properties)
{
    const char *name, *raw;
    if (!split_property(load, key, element, number, &name, &raw))
        return;
    const char *instead = cd_property_owner(name);
    if (instead != NULL) {
        cd_problems_add(load->problems, element->file, element->line,
                        "%s: found '%s', which Copydesk sets itself, expected other properties; remove it and use %s",
                        key->path, name, instead);
        return;
    }
    cd_kafka_property *twin = (cd_kafka_property *)(uintptr_t)find(properties, name);
    if (twin != NULL && !replaces) {
        cd_problems_add(load->problems, element->file, element->line,
                        "%s: found '%s' for the second time (the first is in line %u), expected it once", key->path,
                        name, twin->line);
        return;
    }
    bool outside = false;
    const char *value = cd_property_expand(load, element, name, raw, &outside);
    if (value == NULL)
        return;
    cd_kafka_property property = {.name = name,
                                  .value = value,
                                  .secret = outside || cd_name_is_secret(name),
                                  .file = element->file,
                                  .line = element->line};
    if (twin != NULL)
        *twin = property;
    else
        ((cd_kafka_property *)(uintptr_t)properties->list)[properties->count++] = property;
}

void cd_load_properties(cd_load *load, const cd_key *key)
{
    if (load->flags & CD_CONFIG_LOCAL)
        return;
    const cd_setting *override = load->overrides[key - cd_keys];
    load->overrides[key - cd_keys] = NULL;
    const cd_setting *written = cd_load_setting(load, key);
    load->overrides[key - cd_keys] = override;
    char found[128];
    if (written != NULL && (written->type != CD_SETTING_LIST || written->count > PROPERTIES_MAX)) {
        cd_problems_add(load->problems, written->file, written->line,
                        "%s: found %s, expected a list of at most %d strings; write [ \"property=value\" ]", key->path,
                        cd_setting_describe(written, true, found, sizeof found), PROPERTIES_MAX);
        return;
    }
    size_t room = (written != NULL ? written->count : 0) + (override != NULL ? override->count : 0) + 1;
    cd_kafka_properties *properties = (cd_kafka_properties *)(void *)((char *)load->config + key->offset);
    properties->list = cd_pool_take(load->pool, room * sizeof *properties->list);
    for (size_t i = 0; written != NULL && i < written->count; i++)
        read_property(load, key, &written->children[i], i + 1, false, properties);
    for (size_t i = 0; override != NULL && i < override->count; i++)
        read_property(load, key, &override->children[i], i + 1, true, properties);
}
