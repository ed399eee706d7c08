/* SPDX-License-Identifier: Apache-2.0
 *
 * write.c: prints the quotations that are speech, with positions by way of the host.
 *
 * A quotation is a run of pieces: those of one chain over paragraphs, and second halves that its attribution divides.
 * Its text is the slice from the first piece's start to the last one's end.
 */
#include "write.h"

#include <stdio.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

static const char *const resolved_by[] = {"self", "last_name", "pronoun", "description"};

static int joins(const qe_quote *q) { return (q->flags & (QE_CONTINUED | QE_JOINED)) != 0; }

uint32_t qe_pieces_end(const qe_article *a, uint32_t n)
{
    uint32_t end = n + 1;
    while (end < a->quotes.n && joins(&a->quotes.at[end]))
        end++;
    return end;
}

/* The hash of a word without a dot at its end: that of plan B. is plan B's. */
static uint64_t word_hash(const qe_article *a, const qe_token *t)
{
    int dot = (t->flags & QE_INITIAL) && a->text.ptr[t->end - 1] == '.';
    return dot ? qe_hash_word(a->text.ptr + t->start, t->end - t->start - 1) : t->hash;
}

static void write_id(cd_json *json, const qe_article *a, uint32_t first, uint32_t end)
{
    uint64_t hash = 0;
    for (uint32_t n = first; n < end; n++)
        for (uint32_t i = a->quotes.at[n].first; i < a->quotes.at[n].last; i++)
            if (a->tokens.at[i].kind == QE_WORD || a->tokens.at[i].kind == QE_NUMBER) {
                uint64_t word = word_hash(a, &a->tokens.at[i]);
                hash = XXH64(&word, sizeof word, hash);
            }
    char hex[17];
    snprintf(hex, sizeof hex, "%016llx", (unsigned long long)hash);
    cd_json_key(json, "id");
    cd_json_cstring(json, hex);
}

/* Writes bytes [start, end) with each run of white space as one space. */
static void write_plain(cd_json *json, const qe_article *a, uint32_t start, uint32_t end, uint32_t more_start,
                        uint32_t more_end)
{
    char name[512];
    size_t n = 0;
    for (int half = 0; half < 2; half++) {
        uint32_t from = half ? more_start : start, to = half ? more_end : end;
        if (half && to > from && n < sizeof name)
            name[n++] = ' ';
        for (uint32_t i = from; i < to && n + 1 < sizeof name; i++) {
            char c = a->text.ptr[i];
            if (c == '\n' || c == '\t' || c == '\r')
                c = ' ';
            if (c == ' ' && n && name[n - 1] == ' ')
                continue;
            name[n++] = c;
        }
    }
    while (n && ((unsigned char)name[n - 1] & 0xC0) == 0x80 && n + 1 >= sizeof name)
        n--; /* a cut name ends on a character */
    cd_json_string(json, (cd_str){name, n});
}

static void write_name(cd_json *json, const qe_article *a, const qe_quote *q, uint32_t first, uint32_t end)
{
    cd_json_key(json, "name");
    if (q->entity == QE_NONE && q->referent.kind != QE_SOURCE_NONE) {
        write_plain(json, a, qe_flat(a, q->referent.first)->start, qe_word_end(a, q->referent.end - 1), 0, 0);
        return;
    }
    if (q->entity == QE_NONE) {
        write_plain(json, a, qe_flat(a, first)->start, qe_word_end(a, end - 1), 0, 0);
        return;
    }
    const qe_entity *e = &a->entities.at[q->entity];
    write_plain(json, a, e->start, e->end, e->family_start, e->family_end);
}

static uint8_t how(const qe_quote *q)
{
    if (q->source.kind == QE_SOURCE_PRONOUN && q->entity == QE_NONE && q->referent.kind == QE_SOURCE_NONE)
        return 0;
    return q->source.relative ? 2 : q->resolved;
}

static void write_speaker(cd_json *json, const cd_host *host, cd_article *handle, const qe_article *a,
                          const qe_quote *q)
{
    cd_json_key(json, "speaker");
    if (q->source.kind == QE_SOURCE_NONE) {
        cd_json_null(json);
        return;
    }
    int named = q->source.name_end > q->source.name_first;
    uint32_t first = named ? q->source.name_first : q->source.first, end = named ? q->source.name_end : q->source.end;
    cd_json_object(json);
    write_name(json, a, q, first, end);
    if (q->source.relative) { /* Kane, who called it … */
        first = q->source.relative;
        end = first + 1;
    }
    cd_json_span_as(json, "mention", host, handle, qe_flat(a, first)->start, qe_word_end(a, end - 1));
    cd_json_key(json, "role");
    const qe_entity *e = q->entity == QE_NONE ? NULL : &a->entities.at[q->entity];
    if (q->source.role_end > q->source.role_first)
        write_plain(json, a, qe_flat(a, q->source.role_first)->start, qe_word_end(a, q->source.role_end - 1), 0, 0);
    else if (e && e->role_end > e->role_start)
        write_plain(json, a, e->role_start, e->role_end, 0, 0);
    else
        cd_json_null(json);
    cd_json_key(json, "resolved_by");
    cd_json_cstring(json, resolved_by[how(q)]);
    cd_json_object_end(json);
}

static void write_quote(cd_json *json, const cd_host *host, cd_article *handle, const qe_article *a, uint32_t n,
                        uint32_t end, const qe_confidence *confidence)
{
    const qe_quote *q = &a->quotes.at[n];
    cd_json_object(json);
    write_id(json, a, n, end);
    cd_json_span(json, host, handle, q->start, a->quotes.at[end - 1].end);
    cd_json_key(json, "kind");
    cd_json_cstring(json, q->flags & QE_DIRECT ? "direct" : "mixed");
    cd_json_key(json, "parts");
    cd_json_array(json);
    for (uint32_t i = n; i < end; i++) {
        cd_json_object(json);
        cd_json_range(json, host, handle, a->quotes.at[i].start, a->quotes.at[i].end);
        cd_json_object_end(json);
    }
    cd_json_array_end(json);
    write_speaker(json, host, handle, a, q);
    cd_json_key(json, "cue");
    int word = q->cue_first != QE_NONE && q->cue_end > q->cue_first && qe_flat_kind(a, q->cue_first, QE_WORD);
    if (q->source.kind == QE_SOURCE_NONE || !word) {
        cd_json_null(json);
    } else {
        cd_json_object(json);
        cd_json_span(json, host, handle, qe_flat(a, q->cue_first)->start, qe_flat(a, q->cue_end - 1)->end);
        cd_json_object_end(json);
    }
    cd_json_key(json, "confidence");
    cd_json_number(json, qe_confidence_of(confidence, a, n), 2);
    cd_json_object_end(json);
}

uint32_t qe_write(cd_json *json, const cd_host *host, cd_article *handle, const qe_article *a, const qe_choice *choice)
{
    uint32_t written = 0;
    cd_json_array(json);
    for (uint32_t n = 0, end; n < a->quotes.n; n = end) {
        const qe_quote *q = &a->quotes.at[n];
        end = qe_pieces_end(a, n);
        if (!(q->flags & QE_SPEECH) || written >= choice->most)
            continue;
        if ((!choice->mixed && !(q->flags & QE_DIRECT)) || (!choice->unattributed && q->source.kind == QE_SOURCE_NONE))
            continue;
        write_quote(json, host, handle, a, n, end, &choice->confidence);
        written++;
    }
    cd_json_array_end(json);
    return written;
}
