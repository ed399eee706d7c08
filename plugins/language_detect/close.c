/* SPDX-License-Identifier: Apache-2.0
 *
 * A trie per group, its nodes in one array: `child` is the first node below, `next` the next one beside. The first
 * level is a table, as most places of a text fail there.
 */
#include "close.h"

#include "table.h"
#include "utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define MARKS_MAX 8192u
#define NODES_MAX 65000u
#define TEXT_MAX ((size_t)64 << 10) /* as much of the text as is looked at */
#define LACKS_MAX 4u
/* One mark counts this often at most: a word may be the article's topic. Where the languages can share a text, less so:
 * then the counts have to tell how much of it is whose. */
#define COUNT_MAX_ONE 3u
#define COUNT_MAX_MIXED 50u
#define LONG_LETTERS 300u
#define SHARED_LEAST 0.1f
#define PRIOR_WEIGHT 1.5 /* what the engine's whole trust counts */

typedef struct node {
    uint16_t child, next;
    uint16_t mark; /* 1 + the first mark that ends here; 0: none */
    unsigned char byte;
} node;

typedef struct mark {
    uint16_t next;   /* 1 + another mark of the same pattern; 0: none */
    uint8_t members; /* bits: which languages of the group it speaks for */
    uint8_t weight;
} mark;

/* A mark of absence: the text has no letter of this script. */
typedef struct lack {
    char script[5];
    uint16_t mark; /* 1 + its mark */
} lack;

typedef struct group {
    lack lacks[LACKS_MAX];
    uint32_t lack_count;
    cd_str name; /* of the table's bytes */
    char script[5];
    uint8_t member[LD_CLOSE_MEMBERS];
    uint32_t members;
    uint16_t root[256];
} group;

struct ld_close {
    group groups[LD_CLOSE_GROUPS];
    uint32_t group_count;
    node *nodes;
    mark *marks;
    uint32_t node_count, mark_count;
    uint8_t *seen; /* how often each mark was found */
    char *text;    /* the normalised text */
};

static bool is_one(const group *g) { return g->name.ptr[g->name.len - 1] == '*'; }

static int member_index(group *g, uint8_t language)
{
    for (uint32_t i = 0; i < g->members; i++)
        if (g->member[i] == language)
            return (int)i;
    if (g->members == LD_CLOSE_MEMBERS)
        return -1;
    g->member[g->members] = language;
    return (int)g->members++;
}

static group *group_named(ld_close *close, cd_str script, cd_str name)
{
    for (uint32_t i = 0; i < close->group_count; i++) {
        group *g = &close->groups[i];
        if (g->name.len == name.len && memcmp(g->name.ptr, name.ptr, name.len) == 0 &&
            memcmp(g->script, script.ptr, 4) == 0)
            return g;
    }
    if (close->group_count == LD_CLOSE_GROUPS)
        return NULL;
    group *g = &close->groups[close->group_count++];
    g->name = name;
    memcpy(g->script, script.ptr, 4);
    return g;
}

/* The node for `byte` in the list that starts at *link, made if it is not there. NULL if the trie is full. */
static node *step(ld_close *close, uint16_t *link, unsigned char byte)
{
    while (*link != 0 && close->nodes[*link].byte != byte)
        link = &close->nodes[*link].next;
    if (*link == 0) {
        if (close->node_count == NODES_MAX)
            return NULL;
        close->nodes[close->node_count].byte = byte;
        *link = (uint16_t)close->node_count++;
    }
    return &close->nodes[*link];
}

static bool add_lack(ld_close *close, group *g, cd_str script, uint8_t members, uint8_t weight)
{
    if (script.len != 4 || g->lack_count == LACKS_MAX)
        return false;
    lack *l = &g->lacks[g->lack_count++];
    memcpy(l->script, script.ptr, 4);
    close->marks[close->mark_count] = (mark){0, members, weight};
    l->mark = (uint16_t)++close->mark_count;
    return true;
}

static bool add_pattern(ld_close *close, group *g, cd_str pattern, uint8_t members, uint8_t weight)
{
    node *at = NULL;
    if (pattern.len == 0 || close->mark_count == MARKS_MAX)
        return false;
    if (pattern.ptr[0] == '!')
        return add_lack(close, g, (cd_str){pattern.ptr + 1, pattern.len - 1}, members, weight);
    for (size_t i = 0; i < pattern.len; i++) {
        unsigned char byte = pattern.ptr[i] == '_' ? ' ' : (unsigned char)pattern.ptr[i];
        at = step(close, at ? &at->child : &g->root[byte], byte);
        if (at == NULL)
            return false;
    }
    close->marks[close->mark_count] = (mark){at->mark, members, weight};
    at->mark = (uint16_t)++close->mark_count;
    return true;
}

static bool load_members(group *g, const ld_languages *languages, cd_str list, uint8_t *members)
{
    cd_str code;
    while (ld_table_item(&list, &code)) {
        uint8_t language = ld_languages_by_code(languages, code);
        int index = language == LD_UND ? -1 : member_index(g, language);
        if (index < 0)
            return false;
        *members = (uint8_t)(*members | 1u << index);
    }
    return *members != 0;
}

static bool load_row(ld_close *close, const ld_languages *languages, const ld_table *table)
{
    int64_t weight;
    uint8_t members = 0;
    if (table->fields != 5 || table->field[0].len != 4 || !ld_table_integer(table->field[3], 10, &weight) || weight > 9)
        return false;
    group *g = group_named(close, table->field[0], table->field[1]);
    if (g == NULL || !load_members(g, languages, table->field[2], &members))
        return false;
    cd_str rest = table->field[4];
    while (rest.len > 0) {
        const char *space = memchr(rest.ptr, ' ', rest.len);
        size_t len = space ? (size_t)(space - rest.ptr) : rest.len;
        if (!add_pattern(close, g, (cd_str){rest.ptr, len}, members, (uint8_t)weight))
            return false;
        rest = (cd_str){rest.ptr + len + (space != NULL), rest.len - len - (space != NULL)};
    }
    return true;
}

void ld_close_destroy(ld_close *close)
{
    if (close == NULL)
        return;
    free(close->nodes);
    free(close->marks);
    free(close->seen);
    free(close->text);
    free(close);
}

ld_close *ld_close_create(const ld_languages *languages, const char *start, const char *end, int *line)
{
    ld_table table;
    ld_close *close = calloc(1, sizeof *close);
    *line = 0;
    errno = ENOMEM;
    if (close == NULL)
        return NULL;
    close->nodes = calloc(NODES_MAX, sizeof *close->nodes);
    close->marks = calloc(MARKS_MAX, sizeof *close->marks);
    close->seen = calloc(MARKS_MAX, 1);
    close->text = malloc(TEXT_MAX + 8);
    close->node_count = 1; /* 0 means none */
    if (!close->nodes || !close->marks || !close->seen || !close->text)
        goto out;
    errno = EINVAL;
    ld_table_open(&table, start, end);
    while (ld_table_next(&table))
        if (!load_row(close, languages, &table)) {
            *line = table.line;
            goto out;
        }
    return close;
out:
    ld_close_destroy(close);
    return NULL;
}

/* Small letters, one space for everything between words, one at each end. Returns the length. */
static size_t normalise(ld_close *close, const ld_scripts *scripts, const ld_buffer *text)
{
    const char *at = text->bytes, *end = at + (text->len < TEXT_MAX / 2 ? text->len : TEXT_MAX / 2);
    uint32_t hint = 0, cp;
    size_t len = 0;
    close->text[len++] = ' ';
    while (at < end) {
        at += ld_utf8_read(at, end, &cp);
        if (cp == 0x200C || cp == 0x200D) /* joiners inside of words */
            continue;
        if (ld_script_of(scripts, cp, &hint) == LD_SCRIPT_NONE) {
            if (close->text[len - 1] != ' ')
                close->text[len++] = ' ';
            continue;
        }
        /* A small letter may be longer than its capital, by a byte; the limit on input leaves room for all. */
        cp = cp < 0x80 ? cp | 0x20 : (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp);
        len += ld_utf8_write(close->text + len, cp);
    }
    if (close->text[len - 1] != ' ')
        close->text[len++] = ' ';
    return len;
}

static void count_marks(ld_close *close, uint16_t first, uint8_t most)
{
    for (uint16_t m = first; m != 0; m = close->marks[m - 1].next)
        if (close->seen[m - 1] < most)
            close->seen[m - 1]++;
}

/* Searches all patterns of the group at each place. A walk is as long as the longest pattern at most. */
static void search(ld_close *close, const group *g, size_t len)
{
    uint8_t most = is_one(g) ? COUNT_MAX_ONE : COUNT_MAX_MIXED;
    const unsigned char *text = (const unsigned char *)close->text;
    for (size_t start = 0; start < len; start++) {
        uint16_t at = g->root[text[start]];
        for (size_t i = start; at != 0;) {
            const node *here = &close->nodes[at];
            if (here->byte != text[i]) {
                at = here->next;
                continue;
            }
            count_marks(close, here->mark, most);
            if (++i == len)
                break;
            at = here->child;
        }
    }
}

static uint32_t weigh(const ld_close *close, double score[LD_CLOSE_MEMBERS])
{
    uint32_t marks = 0;
    for (uint32_t m = 0; m < close->mark_count; m++) {
        if (close->seen[m] == 0)
            continue;
        marks += close->seen[m];
        for (uint32_t i = 0; i < LD_CLOSE_MEMBERS; i++)
            if (close->marks[m].members & 1u << i)
                score[i] += close->seen[m] * close->marks[m].weight;
    }
    return marks;
}

static const group *group_of(const ld_close *close, const ld_scripts *scripts, const ld_sample *sample, uint8_t base)
{
    for (uint32_t i = 0; i < close->group_count; i++) {
        const group *g = &close->groups[i];
        if (memchr(g->member, base, g->members) &&
            ld_script_letters(scripts, &sample->counts, g->script) * 2 >= sample->counts.letters)
            return g;
    }
    return NULL;
}

/* A long text of which the engine gave a part to another language of the group: both are there, and the larger is
 * known. */
static bool is_shared(const group *g, const ld_sample *sample, uint8_t base, const float prior[LD_LANGUAGES_MAX])
{
    if (is_one(g) || sample->counts.letters < LONG_LETTERS)
        return false;
    for (uint32_t i = 0; i < g->members; i++)
        if (g->member[i] != base && prior[g->member[i]] >= SHARED_LEAST)
            return true;
    return false;
}

int ld_close_decide(ld_close *close, const ld_languages *languages, const ld_scripts *scripts, const ld_sample *sample,
                    uint8_t language, const float prior[LD_LANGUAGES_MAX], ld_close_verdict *out)
{
    *out = (ld_close_verdict){.language = language};
    uint8_t base = languages->of[language].base;
    const group *g = base == LD_UND ? NULL : group_of(close, scripts, sample, base);
    if (g == NULL || is_shared(g, sample, base, prior))
        return 0;
    double score[LD_CLOSE_MEMBERS] = {0};
    memset(close->seen, 0, close->mark_count);
    search(close, g, normalise(close, scripts, &sample->text));
    for (uint32_t i = 0; i < g->lack_count; i++)
        if (ld_script_letters(scripts, &sample->counts, g->lacks[i].script) == 0)
            count_marks(close, g->lacks[i].mark, 1);
    out->marks = weigh(close, score);
    memcpy(out->member, g->member, sizeof out->member);
    out->members = g->members;
    out->one = is_one(g);
    uint32_t best = 0;
    for (uint32_t i = 0; i < g->members; i++) {
        score[i] += PRIOR_WEIGHT * (double)prior[g->member[i]];
        best = score[i] > score[best] ? i : best;
    }
    double second = 0;
    for (uint32_t i = 0; i < g->members; i++)
        if (i != best && score[i] > second)
            second = score[i];
    out->margin = score[best] - second;
    out->decided = out->margin > 0;
    if (out->decided && g->member[best] != base)
        out->language = g->member[best];
    return 0;
}
