/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_article: microseconds of CPU an article for decode, encode and positions, beside jansson's parse and dump, over
 * made-up articles of 4 kB in several spellings; then hostile articles, with the peak of memory.
 *
 *   bench_article            the table
 *   bench_article FILE…      the same for files of one JSON article each
 */
#include "article/decode.h"
#include "article/encode.h"
#include "article/positions.h"

#include <copydesk/sdk.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

static const cd_identity identity = {.topic = {"raw", 3}, .partition = 3, .offset = 17, .timestamp_ms = 1603324800000};
static const cd_stage_tag stages[] = {
    {"language_detect", "1.0.0", 0, 0}, {"credit_strip", "1.0.0", 0, 0}, {"dedupe", "1.0.0", 0, 0}, {"quote_extract", "1.0.0", 0, 0}};
static const cd_annotation annotations[] = {
    {"language",
     CD_LIT(
         "{\"code\":\"en\",\"tag\":\"en\",\"script\":\"Latn\",\"confidence\":0.99,\"reliable\":true,\"shares\":[]}")},
    {"credits", CD_LIT("{\"headline\":null,\"body\":\"\",\"spans\":[],\"authors\":[]}")},
    {"duplicate", {NULL, 0}},
    {"quotes", CD_LIT("[]")},
};
static const cd_provenance provenance = {
    "0123456789abcdef0123456789abcdef", {.topic = {"raw", 3}, .offset = 17}, NULL, stages, 4};

static double cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static long peak_mb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

static cd_decoder *open_decoder(int32_t format, uint32_t depth)
{
    cd_decode_rules rules = {.format = format,
                             .max_bytes = (size_t)256 << 20,
                             .max_depth = depth,
                             .pointers = {NULL, "/text", "/id", "/title", "/url", "/source", "/lang", "/published"}};
    cd_decoder *decoder = cd_decoder_create(&rules);
    if (decoder == NULL)
        abort();
    return decoder;
}

/* The best of several runs: what is above it is the machine's other work. */
#define BEST(result, rounds, body)                                                                                     \
    do {                                                                                                               \
        result = 1e18;                                                                                                 \
        for (int run = 0; run < 7; run++) {                                                                            \
            double start = cpu_us();                                                                                   \
            for (int round = 0; round < (rounds); round++) {                                                           \
                body;                                                                                                  \
            }                                                                                                          \
            double each = (cpu_us() - start) / (rounds);                                                               \
            if (each < result)                                                                                         \
                result = each;                                                                                         \
        }                                                                                                              \
    } while (0)

static void measure(const char *name, cd_str payload, int32_t format)
{
    cd_decoder *decoder = open_decoder(format, 64);
    cd_document document;
    cd_decode_error error;
    cd_positions positions;
    cd_positions_init(&positions);
    static char out[1 << 20];
    size_t hole = 0, length = 0, total = 0;
    int rounds = (int)(20000000 / (payload.len + 1000)) + 1;
    double decode, encode, position, parse;
    if (cd_decode(decoder, payload, (cd_str){NULL, 0}, &identity, &document, &error) != 0) {
        printf("%-26s refused: %s (byte %lld)\n", name, error.reason, (long long)error.byte);
        cd_decoder_destroy(decoder);
        return;
    }
    if (cd_encode_bound(&document, annotations, 4, &provenance) > sizeof(out))
        abort();
    BEST(decode, rounds, cd_decode(decoder, payload, (cd_str){NULL, 0}, &identity, &document, &error));
    BEST(encode, rounds, length = cd_encode_bound(&document, annotations, 4, &provenance);
         length = cd_encode(&document, annotations, 4, &provenance, out, &hole));
    BEST(position, rounds, cd_positions_reset(&positions, document.fields[CD_FIELD_TEXT]);
         total += cd_positions_codepoint(&positions, document.fields[CD_FIELD_TEXT].len / 2));
    BEST(parse, rounds / 8 + 1, json_t *value = json_loadb(payload.ptr, payload.len, JSON_REJECT_DUPLICATES, NULL);
         char *dump = json_dumps(value, JSON_COMPACT); free(dump); json_decref(value));
    printf("%-26s %8zu %8.2f %8.2f %8.2f %8.2f %10.2f\n", name, payload.len, decode, encode, decode + encode, position,
           parse);
    if (total == 1 || length == 1)
        puts("");
    cd_positions_fini(&positions);
    cd_decoder_destroy(decoder);
}

/* ---- Made-up articles
 * ------------------------------------------------------------------------------------------------- */

static cd_str make_article(cd_json *w, const char *sentence, size_t size, int wrap)
{
    cd_json text = {0};
    for (int n = 0; text.len < size; n++) {
        cd_json_bytes(&text, sentence, strlen(sentence));
        cd_json_bytes(&text, n % 5 == 4 ? "\n\n" : " ", n % 5 == 4 ? 2 : 1);
    }
    cd_json_reset(w);
    cd_json_object(w);
    static const char *const members[][2] = {{"id", "harbour-20201021-0007"},
                                             {"url", "https://harbour.example/2020/10/21/ferry-sails-again"},
                                             {"title", "Ferry sails again after the storm"},
                                             {"source", "Harbour Post"},
                                             {"lang", "en"},
                                             {"published", "2020-10-21T12:00:00Z"}};
    for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
        cd_json_key(w, members[i][0]);
        cd_json_cstring(w, members[i][1]);
    }
    if (wrap) {
        cd_json_key(w, "enrichment");
        cd_json_raw(w, CD_LIT("{\"quotes\":[1,2,3]}"));
    }
    cd_json_key(w, "text");
    cd_json_string(w, cd_json_text(&text));
    cd_json_key(w, "meta");
    cd_json_raw(w, CD_LIT("{\"crawl\":{\"status\":200,\"ms\":431},\"tags\":[\"sea\",\"ferries\"]}"));
    cd_json_object_end(w);
    cd_json_free(&text);
    return cd_json_text(w);
}

static void measure_articles(void)
{
    cd_json w = {0};
    printf("%-26s %8s %8s %8s %8s %8s %10s\n", "µs an article", "bytes", "decode", "encode", "both", "position",
           "jansson");
    const char *english = "The ferry sailed at noon, the harbour master said, and nobody was left behind on the quay.";
    measure("English", make_article(&w, english, 3500, 0), CD_INPUT_JSON);
    measure("English, enriched before", make_article(&w, english, 3500, 1), CD_INPUT_JSON);
    measure("quotes and dashes", make_article(&w, "\"We sail,\" she said — “at noon”.", 3500, 0), CD_INPUT_JSON);
    measure("Cyrillic", make_article(&w, "Паром вышел из гавани в полдень, сообщил начальник порта.", 3500, 0),
            CD_INPUT_JSON);
    measure("English, 64 kB", make_article(&w, english, 64000, 0), CD_INPUT_JSON);
    cd_json escaped = {0};
    cd_json_bytes(&escaped, "{\"text\":\"", 9);
    while (escaped.len < 4000)
        cd_json_bytes(&escaped, "\\u041f\\u0430\\u0440\\u043e\\u043c ", 31);
    cd_json_bytes(&escaped, "\"}", 2);
    measure("Cyrillic as \\u escapes", cd_json_text(&escaped), CD_INPUT_JSON);
    cd_json text = {0};
    while (text.len < 4000)
        cd_json_bytes(&text, english, strlen(english));
    measure("plain text", cd_json_text(&text), CD_INPUT_TEXT);
    cd_json_free(&text);
    cd_json_free(&escaped);
    cd_json_free(&w);
}

/* ---- Hostile articles
 * --------------------------------------------------------------------------------------------------- */

static void probe(const char *name, cd_json *w)
{
    cd_decoder *decoder = open_decoder(CD_INPUT_JSON, 64);
    cd_document document;
    cd_decode_error error = {"accepted", -1};
    double start = cpu_us();
    int rc = cd_decode(decoder, cd_json_text(w), (cd_str){NULL, 0}, &identity, &document, &error);
    double spent = (cpu_us() - start) / 1000;
    printf("%-26s %8zu kB %9.2f ms  peak %5ld MB  %s (byte %lld)\n", name, w->len / 1000, spent, peak_mb(),
           rc == 0 ? "accepted" : error.reason, (long long)(rc == 0 ? -1 : error.byte));
    cd_decoder_destroy(decoder);
    cd_json_free(w);
}

static void repeat(cd_json *w, const char *piece, size_t times)
{
    for (size_t i = 0; i < times; i++)
        cd_json_bytes(w, piece, strlen(piece));
}

/* {"text":"a","KEY0":0,"KEY1":0,…}: `count` members whose names share a prefix of `prefix` bytes. */
static void put_members(cd_json *w, size_t count, size_t prefix)
{
    char *name = malloc(prefix + 64);
    if (name == NULL)
        abort();
    memset(name, 'k', prefix + 64);
    name[0] = ',';
    name[1] = '"';
    repeat(w, "{\"text\":\"a\"", 1);
    for (size_t i = 0; i < count; i++) {
        int tail = snprintf(name + 2 + prefix, 40, "%zu\":0", i);
        cd_json_bytes(w, name, 2 + prefix + (size_t)tail);
    }
    repeat(w, "}", 1);
    free(name);
}

static void probe_hostile(void)
{
    cd_json w = {0};
    puts("");
    repeat(&w, "{\"text\":\"", 1), repeat(&w, "The ferry sailed. ", 1111111), repeat(&w, "\"}", 1);
    probe("20 MB of text", &w);
    repeat(&w, "{\"text\":\"", 1), repeat(&w, "\\n\\u00e9\\\"", 2000000), repeat(&w, "\"}", 1);
    probe("20 MB of escapes", &w);
    repeat(&w, "{\"text\":\"a\",\"l\":", 1), repeat(&w, "[", 100000), repeat(&w, "]", 100000), repeat(&w, "}", 1);
    probe("100,000 nested arrays", &w);
    repeat(&w, "{\"text\":\"a\",\"l\":[0", 1), repeat(&w, ",[]", 5000000), repeat(&w, "]}", 1);
    probe("5 M empty arrays", &w);
    put_members(&w, 60000, 0);
    probe("60,000 members", &w);
    put_members(&w, 1000000, 0);
    probe("1 M members", &w);
    put_members(&w, 20, (size_t)1 << 20);
    probe("20 names of 1 MB", &w);
    put_members(&w, 20000, 1000);
    probe("20,000 names of 1 kB", &w);
    repeat(&w, "{\"text\":\"a\",\"l\":[0", 1), repeat(&w, ",{\"a\":0}", 2000000), repeat(&w, "]}", 1);
    probe("2 M objects of one member", &w);
    repeat(&w, "{\"text\":\"a\",\"n\":", 1), repeat(&w, "9", 20000000), repeat(&w, "}", 1);
    probe("a number of 20 M digits", &w);
    repeat(&w, "{\"text\":\"", 1), repeat(&w, "é", 10000000), repeat(&w, "\xff\"}", 1);
    probe("bad UTF-8 at 20 MB", &w);
    repeat(&w, "{\"text\":\"", 1), repeat(&w, "\\\"", 10000000);
    probe("20 MB never closed", &w);
    repeat(&w, "\"", 20000000);
    probe("20 M quotes", &w);
    repeat(&w, "{\"text\":\"a\"}", 1), repeat(&w, " ", 20000000);
    probe("20 MB of white space", &w);
}

static void measure_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    cd_json w = {0};
    char block[65536];
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    for (size_t got; (got = fread(block, 1, sizeof(block), file)) > 0;)
        cd_json_bytes(&w, block, got);
    fclose(file);
    measure(path, cd_json_text(&w), CD_INPUT_JSON);
    cd_json_free(&w);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        measure_file(argv[i]);
    if (argc > 1)
        return 0;
    measure_articles();
    probe_hostile();
    return 0;
}
