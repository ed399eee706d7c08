/* SPDX-License-Identifier: Apache-2.0
 *
 * config/keys.c: the table of keys. See keys.h. A new key is one entry here, one field in config.h and one paragraph in
 * conf/copydesk.conf (a test compares). Owns constants only.
 */
#include "config/keys.h"

#include "base/log.h"

#include <stddef.h>
#include <string.h>

static const cd_key_choice log_levels[] = {{"error", CD_LEVEL_ERROR},   {"warning", CD_LEVEL_WARNING},
                                           {"notice", CD_LEVEL_NOTICE}, {"info", CD_LEVEL_INFO},
                                           {"debug", CD_LEVEL_DEBUG},   {NULL, 0}};
static const cd_key_choice deliveries[] = {
    {"at-least-once", CD_DELIVERY_AT_LEAST_ONCE}, {"exactly-once", CD_DELIVERY_EXACTLY_ONCE}, {NULL, 0}};
static const cd_key_choice finals[] = {{"dead-letter", CD_RETRY_DEAD_LETTER}, {"pass", CD_RETRY_PASS}, {NULL, 0}};
static const cd_key_choice policies[] = {{"pause", CD_BREAKER_PAUSE}, {"stage-off", CD_BREAKER_STAGE_OFF}, {NULL, 0}};
static const cd_key_choice formats[] = {
    {"json", CD_FORMAT_JSON}, {"text", CD_FORMAT_TEXT}, {"auto", CD_FORMAT_AUTO}, {NULL, 0}};

static const cd_key_choice losses[] = {{"go-on", CD_LOST_GO_ON}, {"stop", CD_LOST_STOP}, {NULL, 0}};

#define KIB INT64_C(1024)
#define MIB (INT64_C(1024) * KIB)
#define GIB (INT64_C(1024) * MIB)
#define TIB (INT64_C(1024) * GIB)
#define MINUTES INT64_C(60000)
#define HOURS (INT64_C(60) * MINUTES)

#define AT(field) .offset = offsetof(cd_config, field)
#define W CD_KEY_PIPELINE
#define L CD_KEY_LIVE
#define S CD_KEY_STAGE

/* clang-format off */
const cd_key cd_keys[] = {
    {"name", CD_KEY_NAME, W, 0, 0, "copydesk", NULL, NULL, AT(name),
     "Name of this desk: of its state folder, in its stats and, unless set, of its consumer group."},
    {"log.level", CD_KEY_CHOICE, W | L, 0, 0, "info", NULL, log_levels, AT(log_level),
     "The least important lines that are logged."},
    {"group", CD_KEY_STRING, 0, 0, 0, "", "\"copydesk\"", NULL, AT(group),
     "Kafka consumer group (group.id). \"\" takes the value of name."},
    {"delivery", CD_KEY_CHOICE, 0, 0, 0, "at-least-once", NULL, deliveries, AT(delivery),
     "Delivery guarantee: offsets are committed after what they cover was delivered, or in one transaction with it."},
    {"transactional_id", CD_KEY_STRING, 0, 0, 0, "", "\"copydesk-1\"", NULL, AT(transactional_id),
     "With exactly-once: the producer's transactional.id, of this instance alone. \"\" is group, name and the machine's name."},

    {"input.topics", CD_KEY_TOPICS, CD_KEY_NEEDED, 0, 0, NULL, "[ \"articles.raw\" ]", NULL, AT(input.topics),
     "Topics to read; one that begins with '^' is a regular expression over all topics."},
    {"input.format", CD_KEY_CHOICE, W | L, 0, 0, "json", NULL, formats, AT(input.format),
     "What a record holds: a JSON object, plain text, or (auto) JSON if its first byte is '{'."},
    {"input.start", CD_KEY_STRING, 0, 0, 0, "earliest", NULL, NULL, AT(input.start_text),
     "Where a group without committed offsets starts: earliest, latest, timestamp:MS or timestamp:ISO 8601."},
    {"input.lost_offsets", CD_KEY_CHOICE, 0, 0, 0, "go-on", NULL, losses, AT(input.lost_offsets),
     "When retention took what is not read yet: go on at the earliest record and count what was skipped, or stop."},
    {"input.charset", CD_KEY_STRING, W | L, 0, 0, "", "\"windows-1252\"", NULL, AT(input.charset),
     "Character set of the records, as iconv names it. \"\" is UTF-8."},
    {"input.confluent", CD_KEY_BOOLEAN, W | L, 0, 0, "false", NULL, NULL, AT(input.confluent),
     "Records begin with a zero byte and a schema id, which are taken off."},
    {"input.max_bytes", CD_KEY_INTEGER, W | CD_KEY_BYTES, KIB, 256 * MIB, "16777216", NULL, NULL, AT(input.max_bytes),
     "Largest record that is looked at; larger ones are dead letters."},
    {"input.max_depth", CD_KEY_INTEGER, W | L, 8, 1024, "256", NULL, NULL, AT(input.max_depth),
     "Deepest nesting of JSON; deeper records are dead letters."},
    {"input.fields.text", CD_KEY_POINTER, W | L, 0, 0, "/text", NULL, NULL, AT(input.fields.text),
     "JSON Pointer to the article's text, the one member that must be there."},
    {"input.fields.id", CD_KEY_POINTER, W | L, 0, 0, "/id", NULL, NULL, AT(input.fields.id),
     "JSON Pointer to the id. Without one: the record's key, else topic/partition/offset. \"\" is not read."},
    {"input.fields.title", CD_KEY_POINTER, W | L, 0, 0, "/title", NULL, NULL, AT(input.fields.title),
     "JSON Pointer to the title. \"\" is not read."},
    {"input.fields.url", CD_KEY_POINTER, W | L, 0, 0, "/url", NULL, NULL, AT(input.fields.url),
     "JSON Pointer to the address. \"\" is not read."},
    {"input.fields.source", CD_KEY_POINTER, W | L, 0, 0, "/source", NULL, NULL, AT(input.fields.source),
     "JSON Pointer to the outlet's name. \"\" is not read."},
    {"input.fields.lang", CD_KEY_POINTER, W | L, 0, 0, "/lang", NULL, NULL, AT(input.fields.lang),
     "JSON Pointer to the language that the input claims. \"\" is not read."},
    {"input.fields.published", CD_KEY_POINTER, W | L, 0, 0, "/published", NULL, NULL, AT(input.fields.published),
     "JSON Pointer to the date of publication. \"\" is not read."},

    {"output.topic", CD_KEY_TOPIC, CD_KEY_NEEDED, 0, 0, "", "\"articles.enriched\"", NULL, AT(output.topic),
     "Topic for enriched articles."},
    {"output.routes", CD_KEY_ROUTES, W, 0, 0, NULL, "( { name = \"sports\"; topic = \"articles.sports\"; } )", NULL,
     AT(output.routes), "Topics that stages may send to by name."},
    {"dead_letters.topic", CD_KEY_TOPIC, CD_KEY_NEEDED, 0, 0, "", "\"articles.dead\"", NULL, AT(dead_letters.topic),
     "Topic for records that could not be processed, unchanged and with the reason in headers."},
    {"stats.topic", CD_KEY_TOPIC, 0, 0, 0, "", "\"copydesk.stats\"", NULL, AT(stats.topic),
     "Topic for statistics. \"\" is off."},
    {"stats.interval", CD_KEY_INTEGER, CD_KEY_MS, 100, HOURS, "10000", NULL, NULL, AT(stats.interval),
     "Time between two statistics."},

    {"desk.workers", CD_KEY_INTEGER, L, 0, 1024, "0", NULL, NULL, AT(desk.workers),
     "Worker processes. 0 is one a core."},
    {"desk.memory", CD_KEY_INTEGER, CD_KEY_BYTES | L, 16 * MIB, TIB, "67108864", NULL, NULL, AT(desk.memory),
     "Budget for all records from intake to settlement; when it is full, nothing new is taken. "
     "Taken from the system at the start, up to 256 MiB of it."},
    {"desk.in_flight", CD_KEY_INTEGER, L, 1, 65536, "256", NULL, NULL, AT(desk.in_flight),
     "Most records that one worker holds at a time."},
    {"desk.commit_interval", CD_KEY_INTEGER, CD_KEY_MS, 10, MINUTES, "500", NULL, NULL, AT(desk.commit_interval),
     "Time between two commits of offsets."},
    {"desk.drain_timeout", CD_KEY_INTEGER, CD_KEY_MS, 0, 10 * MINUTES, "20000", NULL, NULL, AT(desk.drain_timeout),
     "Longest wait for records in flight when the desk stops or loses partitions."},

    {"worker.article_cpu", CD_KEY_INTEGER, W | CD_KEY_MS | L, 10, 10 * MINUTES, "2000", NULL, NULL, AT(worker.article_cpu),
     "CPU time that one article may take; beyond it the worker is killed and the article retried once."},
    {"worker.memory", CD_KEY_INTEGER, W | CD_KEY_BYTES | CD_KEY_OR_ZERO | L, 64 * MIB, TIB, "1073741824", NULL, NULL,
     AT(worker.memory), "Data that one worker may allocate (RLIMIT_DATA). 0 is no limit."},
    {"worker.sandbox", CD_KEY_BOOLEAN, W | L, 0, 0, "true", NULL, NULL, AT(worker.sandbox),
     "Take file system and system calls away from workers (Landlock, seccomp)."},

    {"retry.attempts", CD_KEY_INTEGER, W | L | S, 1, 100, "5", NULL, NULL, AT(retry.attempts),
     "Attempts for an article whose stage asks to retry; then it is a dead letter."},
    {"retry.backoff", CD_KEY_INTEGER, W | CD_KEY_MS | L | S, 1, HOURS, "1000", NULL, NULL, AT(retry.backoff),
     "Wait before the second attempt; doubled before each further one."},
    {"retry.backoff_max", CD_KEY_INTEGER, W | CD_KEY_MS | L | S, 1, HOURS, "60000", NULL, NULL, AT(retry.backoff_max),
     "Longest wait between two attempts."},
    {"retry.jitter", CD_KEY_INTEGER, L | S, 0, 100, "10", NULL, NULL, AT(retry.jitter),
     "Percent by which a wait may be shorter, so that articles that failed together do not come again together."},
    {"retry.final", CD_KEY_CHOICE, L | S, 0, 0, "dead-letter", NULL, finals, AT(retry.final),
     "After the last attempt: a dead letter, or pass: the article without what this stage says."},

    {"breaker.dead_letters", CD_KEY_INTEGER, L, 0, 1000000, "50", NULL, NULL, AT(breaker.dead_letters),
     "Dead letters of crashes and timeouts, with too few sound articles between, that open the breaker. 0 is off."},
    {"breaker.backoff", CD_KEY_INTEGER, CD_KEY_MS | L, 1, HOURS, "1000", NULL, NULL, AT(breaker.backoff),
     "Wait of an open breaker before it tries an article; doubled after each one that crashes."},
    {"breaker.backoff_max", CD_KEY_INTEGER, CD_KEY_MS | L, 1, HOURS, "60000", NULL, NULL, AT(breaker.backoff_max),
     "Longest of these waits."},
    {"breaker.policy", CD_KEY_CHOICE, L | S, 0, 0, "pause", NULL, policies, AT(breaker.policy),
     "Open, it lets articles wait (pause), or go on without the stage that crashes (stage-off), marked so."},

    {"state_dir", CD_KEY_FOLDER, W, 0, 0, "/var/lib/copydesk", NULL, NULL, AT(state_dir),
     "Folder of the stages that remember; an absolute path."},
    {"run_dir", CD_KEY_FOLDER, 0, 0, 0, "/run/copydesk", NULL, NULL, AT(run_dir),
     "Folder of the control socket NAME.sock, an absolute path. \"\" is no control socket."},
    {"plugin_dir", CD_KEY_FOLDER, W | L, 0, 0, "", "\"/usr/lib/copydesk/plugins\"", NULL, AT(plugin_dir),
     "Folder of the plugins, an absolute path. \"\" is 'plugins' beside the program, else where it was installed."},

    {"stages", CD_KEY_STAGES, L, 0, 0, NULL, "( { plugin = \"language_detect\"; } )", NULL, AT(stages),
     "The plugins that each article passes, in order: plugin, and if need be name and member, and its own options."},

    {"kafka.common", CD_KEY_PROPERTIES, 0, 0, 0, NULL, "[ \"bootstrap.servers=localhost:9092\" ]", NULL,
     AT(kafka.common), "librdkafka properties for consumer and producer, \"property=value\"."},
    {"kafka.consumer", CD_KEY_PROPERTIES, 0, 0, 0, NULL, "[ \"session.timeout.ms=45000\" ]", NULL, AT(kafka.consumer),
     "librdkafka properties for the consumer alone."},
    {"kafka.producer", CD_KEY_PROPERTIES, 0, 0, 0, NULL, "[ \"compression.codec=zstd\" ]", NULL, AT(kafka.producer),
     "librdkafka properties for the producer of articles and dead letters alone; the stats have one of their own."},
};
/* clang-format on */

const size_t cd_key_count = sizeof cd_keys / sizeof cd_keys[0];

const cd_key *cd_key_find(const char *path)
{
    for (size_t i = 0; i < cd_key_count; i++)
        if (strcmp(cd_keys[i].path, path) == 0)
            return &cd_keys[i];
    return NULL;
}
