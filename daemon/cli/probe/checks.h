/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/probe/checks.h: what is probed, and the checks. Each is one line of the report; probe.c has their table. */
#ifndef COPYDESK_CLI_PROBE_CHECKS_H
#define COPYDESK_CLI_PROBE_CHECKS_H

#include "article/json_read.h"
#include "cli/probe/corpus.h"
#include "cli/probe/report.h"
#include "cli/probe/session.h"

/* What the plugin made of one article of the corpus. */
typedef struct cd_probe_found {
    bool sound;      /* it said something that the ABI has; `output`, `words` and `blob` are that */
    bool refused;    /* by the host: it is no article, and the plugin never saw it */
    bool claimed;
    int32_t verdict;
    uint64_t ns;     /* in the stage, by the clock on the wall */
    cd_buffer output; /* null where a claim's answer goes */
    cd_buffer words;  /* reason and route */
    cd_buffer blob;
    char why[600];    /* not sound: what is wrong */
} cd_probe_found;

typedef struct cd_probe {
    cd_probe_subject subject;
    cd_probe_corpus corpus;
    cd_probe_report report;
    cd_json_reader *reader;
    cd_buffer description; /* worker/describe.h */
    char member[72];       /* the plugin's own */
    bool store, gathered;
    bool stuck;      /* it does not open: there is no use in going on */
    unsigned stores; /* folders made so far */
    cd_probe_found found[CD_PROBE_ARTICLES_MAX];
} cd_probe;

/* [a-z][a-z0-9_]*, at most 64: of stages and members. */
bool cd_probe_is_name(const char *name);
/* What the description has at `pointer` ("/options/0/name"); false: nothing, or null. `out` is cut to its size. */
bool cd_probe_described(cd_probe *probe, const char *pointer, char *out, size_t size);

/* The corpus through one fresh process, once; fills `found`. False, and a fault, if the process cannot be started. */
bool cd_probe_gather(cd_probe *probe);
/* What is wrong with the verdict of the stage of this number; false: nothing. */
bool cd_probe_is_faulty(const cd_result *result, uint32_t stage, char *why, size_t size);
/* Takes in what a result says of the subject, which is stage `stage`. */
void cd_probe_take(cd_probe_found *found, const cd_result *result, uint32_t stage);
void cd_probe_found_fini(cd_probe_found *found);
/* Where two texts part, both sides as they stand there. False: nowhere. */
bool cd_probe_differ(const cd_buffer *one, const cd_buffer *other, char *out, size_t size);

/* The subject alone. */
cd_probe_lineup cd_probe_alone(const cd_probe *probe);

/* Of a process. -1: cannot be seen. */
typedef struct cd_probe_usage {
    long threads, descriptors, memory_kb; /* of its own: RssAnon */
} cd_probe_usage;
cd_probe_usage cd_probe_usage_of(pid_t pid);
/* Threads, and descriptors that became more, are faults. */
void cd_probe_compare_usage(cd_probe *probe, const cd_probe_usage *before, const cd_probe_usage *after);
/* Ends what processes the plugin left; this process has become their parent. True if there were any. Call it when no session is. */
bool cd_probe_end_orphans(void);

void cd_probe_symbols(cd_probe *probe);
void cd_probe_descriptor(cd_probe *probe);
void cd_probe_options(cd_probe *probe);
void cd_probe_life(cd_probe *probe);
void cd_probe_articles(cd_probe *probe);
void cd_probe_spans(cd_probe *probe);
void cd_probe_annotations(cd_probe *probe);
void cd_probe_determinism(cd_probe *probe);
void cd_probe_instances(cd_probe *probe);
void cd_probe_time(cd_probe *probe);
void cd_probe_memory(cd_probe *probe);
void cd_probe_leftovers(cd_probe *probe);
void cd_probe_claims(cd_probe *probe);
void cd_probe_redelivery(cd_probe *probe);
void cd_probe_forget(cd_probe *probe);
void cd_probe_durability(cd_probe *probe);

#endif
