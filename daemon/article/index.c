/* SPDX-License-Identifier: Apache-2.0
 *
 * article/index.c: the walk over the tokens that checks the grammar and notes the members. See index.h.
 */
#include "article/index.h"

#include "article/scalar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#define FEW_SLOTS 128u               /* where each text starts; a power of 2 */
#define KEPT_BYTES ((size_t)1 << 20) /* tables larger than this are given back by reset */

/* What may come next. */
enum expectation { FIRST_NAME, NAME, FIRST_ELEMENT, VALUE, AFTER_VALUE };

/* ---- Hashing: SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012) --------------------- */

static inline uint64_t rotate(uint64_t x, int by) { return x << by | x >> (64 - by); }

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

static inline void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

static uint64_t hash_member(const cd_index *index, uint32_t object, cd_str name)
{
    uint64_t v[4] = {index->secret[0] ^ 0x736f6d6570736575u, index->secret[1] ^ 0x646f72616e646f6du,
                     index->secret[0] ^ 0x6c7967656e657261u, index->secret[1] ^ 0x7465646279746573u};
    size_t at = 0;
    uint64_t word;
    for (; name.len - at >= 8; at += 8) {
        memcpy(&word, name.ptr + at, 8);
        sip_word(v, word);
    }
    word = 0;
    if (name.len > at)
        memcpy(&word, name.ptr + at, name.len - at);
    sip_word(v, word);
    sip_word(v, (uint64_t)object << 32 | (uint32_t)name.len);
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- The table of members ------------------------------------------------------------------------------------------
 */

static int is_member(const cd_index_member *member, uint64_t hash, uint32_t object, cd_str name)
{
    return member->hash == hash && member->object == object && member->name.len == name.len &&
           memcmp(member->name.ptr, name.ptr, name.len) == 0;
}

/* The slot that holds the member, or the free one where it belongs. */
static uint32_t *find_slot(const cd_index *index, uint64_t hash, uint32_t object, cd_str name)
{
    size_t mask = index->slot_count - 1;
    for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
        uint32_t *slot = &index->slots[i];
        if (*slot == 0 || is_member(&index->members[*slot - 1], hash, object, name))
            return slot;
    }
}

static int use_slots(cd_index *index, size_t count)
{
    if (count > index->slot_capacity) {
        free(index->slots);
        index->slots = malloc(count * sizeof(*index->slots));
        index->slot_capacity = index->slots != NULL ? count : 0;
        if (index->slots == NULL)
            return -ENOMEM;
    }
    index->slot_count = count;
    memset(index->slots, 0, count * sizeof(*index->slots));
    return 0;
}

static int grow_slots(cd_index *index)
{
    int rc = use_slots(index, index->slot_count * 2);
    if (rc != 0)
        return rc;
    size_t mask = index->slot_count - 1;
    for (size_t m = 0; m < index->member_count; m++) {
        size_t i = (size_t)index->members[m].hash & mask;
        while (index->slots[i] != 0)
            i = (i + 1) & mask;
        index->slots[i] = (uint32_t)m + 1;
    }
    return 0;
}

static int grow_members(cd_index *index)
{
    size_t capacity = index->member_capacity ? index->member_capacity * 2 : FEW_SLOTS / 2;
    cd_index_member *grown = reallocarray(index->members, capacity, sizeof(*grown));
    if (grown == NULL)
        return -ENOMEM;
    index->members = grown;
    index->member_capacity = capacity;
    return 0;
}

/* 0; -EEXIST: the object has such a member; -ENOMEM. */
static int add_member(cd_index *index, uint32_t object, cd_str name, uint32_t value)
{
    int rc = 0;
    if (index->member_count == index->member_capacity)
        rc = grow_members(index);
    if (rc == 0 && (index->member_count + 1) * 2 > index->slot_count)
        rc = grow_slots(index);
    if (rc != 0)
        return rc;
    uint64_t hash = hash_member(index, object, name);
    uint32_t *slot = find_slot(index, hash, object, name);
    if (*slot != 0)
        return -EEXIST;
    index->members[index->member_count++] = (cd_index_member){name, object, value, hash};
    *slot = (uint32_t)index->member_count;
    return 0;
}

uint32_t cd_index_member_value(const cd_index *index, uint32_t object, cd_str name)
{
    uint32_t slot = *find_slot(index, hash_member(index, object, name), object, name);
    return slot != 0 ? index->members[slot - 1].value : 0;
}

/* ---- Tokens --------------------------------------------------------------------------------------------------------
 */

static int is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

/* From the token's first byte up to the white space before the next token. */
static cd_str token_at(const cd_index *index, size_t token)
{
    size_t start = index->at[token], end = index->at[token + 1];
    while (end > start + 1 && is_space(index->json.ptr[end - 1]))
        end--;
    return (cd_str){index->json.ptr + start, end - start};
}

static cd_str inside_quotes(cd_str token) { return (cd_str){token.ptr + 1, token.len - 2}; }

static int check_string(const cd_index *index, cd_str token, size_t token_number, cd_problem *problem)
{
    if (token.len < 2 || token.ptr[token.len - 1] != '"') /* the scanner closes every string; never believe, check */
        return cd_problem_set(problem, index->at[token_number], "the string that begins here never ends");
    if (!index->escapes)
        return 0;
    return cd_scalar_check_escapes(inside_quotes(token), (size_t)index->at[token_number] + 1, problem);
}

cd_str cd_index_raw(const cd_index *index, uint32_t value)
{
    char c = index->json.ptr[index->at[value]];
    if (c != '{' && c != '[')
        return token_at(index, value);
    size_t last = index->at[cd_index_skip(index, value) - 1];
    return (cd_str){index->json.ptr + index->at[value], last + 1 - index->at[value]};
}

int32_t cd_index_type(const cd_index *index, uint32_t value)
{
    switch (index->json.ptr[index->at[value]]) {
    case '{': return CD_JSON_OBJECT;
    case '[': return CD_JSON_ARRAY;
    case '"': return CD_JSON_STRING;
    case 't':
    case 'f': return CD_JSON_BOOLEAN;
    case 'n': return CD_JSON_NULL;
    default: return CD_JSON_NUMBER;
    }
}

int cd_index_string(cd_index *index, uint32_t value, cd_str *out)
{
    /* A plugin may ask for one member over and over; its string is unescaped once. */
    size_t held = value & (CD_INDEX_HELD - 1);
    if (index->held[held].string.ptr == NULL || index->held[held].value != value) {
        cd_str string;
        int rc = cd_scalar_unescape(inside_quotes(token_at(index, value)), &index->arena, &string);
        if (rc != 0)
            return rc;
        index->held[held].value = value;
        index->held[held].string = string;
    }
    *out = index->held[held].string;
    return 0;
}

/* ---- The walk ------------------------------------------------------------------------------------------------------
 */

typedef struct walk {
    cd_index *index;
    cd_problem *problem;
    size_t token;
    uint32_t depth;
    enum expectation expect;
} walk;

static int64_t place(const walk *w) { return (int64_t)w->index->at[w->token]; }

static char first_byte(const walk *w) { return w->index->json.ptr[w->index->at[w->token]]; }

static int refuse(walk *w, const char *complaint)
{
    return cd_problem_set(w->problem, place(w), "%s, found \"%s\"", complaint,
                          cd_excerpt_of(token_at(w->index, w->token)).text);
}

static int open_bracket(walk *w, enum expectation next)
{
    if (w->depth == w->index->max_depth)
        return cd_problem_set(w->problem, place(w), "nested deeper than the limit of %u", w->index->max_depth);
    w->index->levels[w->depth++] = (uint32_t)w->token;
    w->expect = next;
    return 0;
}

static char open_kind(const walk *w)
{
    return w->depth == 0 ? '\0' : w->index->json.ptr[w->index->at[w->index->levels[w->depth - 1]]];
}

static int close_bracket(walk *w)
{
    char open = open_kind(w), close = first_byte(w);
    if (open != (close == '}' ? '{' : '['))
        return cd_problem_set(w->problem, place(w), "`%c` closes what `%c` opened", close, open);
    w->depth--;
    w->expect = AFTER_VALUE;
    return 0;
}

/* A member's name and its colon. */
static int take_name(walk *w)
{
    cd_index *index = w->index;
    if (first_byte(w) != '"')
        return first_byte(w) == '}' ? refuse(w, "a comma without a member behind it")
                                    : refuse(w, "expected a member's name in double quotes");
    cd_str token = token_at(index, w->token), name;
    int rc = check_string(index, token, w->token, w->problem);
    if (rc != 0)
        return rc;
    rc = cd_scalar_unescape(inside_quotes(token), &index->arena, &name);
    if (rc != 0)
        return rc;
    if (w->token + 1 == index->count)
        return cd_problem_set(w->problem, (int64_t)index->json.len, "ends after a member's name");
    rc = add_member(index, index->levels[w->depth - 1], name, (uint32_t)w->token + 2);
    if (rc == -EEXIST)
        return cd_problem_set(w->problem, place(w), "member \"%s\" stands twice in one object",
                              cd_excerpt_of(name).text);
    w->token++;
    if (rc == 0 && first_byte(w) != ':')
        return refuse(w, "expected a colon behind a member's name");
    w->expect = VALUE;
    return rc;
}

static int take_value(walk *w)
{
    cd_str token;
    char c = first_byte(w);
    switch (c) {
    case '{': return open_bracket(w, FIRST_NAME);
    case '[': return open_bracket(w, FIRST_ELEMENT);
    case ']':
    case '}':
    case ',':
    case ':': return refuse(w, "expected a value");
    default: break;
    }
    token = token_at(w->index, w->token);
    w->expect = AFTER_VALUE;
    return c == '"' ? check_string(w->index, token, w->token, w->problem)
                    : cd_scalar_check(token, (size_t)place(w), w->problem);
}

static int take_after_value(walk *w)
{
    char c = first_byte(w), open = open_kind(w);
    if (open == '\0')
        return refuse(w, "expected nothing behind the end of the JSON value");
    if (c == '}' || c == ']')
        return close_bracket(w);
    if (c != ',')
        return refuse(w, open == '{' ? "expected a comma or `}`" : "expected a comma or `]`");
    w->expect = open == '{' ? NAME : VALUE;
    return 0;
}

static int take_token(walk *w)
{
    switch (w->expect) {
    case FIRST_NAME: return first_byte(w) == '}' ? close_bracket(w) : take_name(w);
    case NAME: return take_name(w);
    case FIRST_ELEMENT: return first_byte(w) == ']' ? close_bracket(w) : take_value(w);
    case VALUE: return take_value(w);
    default: return take_after_value(w);
    }
}

static int refuse_end(const walk *w)
{
    uint32_t open = w->index->at[w->index->levels[w->depth - 1]];
    return cd_problem_set(w->problem, (int64_t)w->index->json.len, "ends before the `%c` of byte %u is closed",
                          open_kind(w), open);
}

static int check_grammar(cd_index *index, cd_problem *problem)
{
    walk w = {.index = index, .problem = problem, .expect = VALUE};
    for (; w.token < index->count; w.token++) {
        int rc = take_token(&w);
        if (rc != 0)
            return rc;
    }
    return w.depth > 0 ? refuse_end(&w) : 0;
}

int cd_index_build(cd_index *index, cd_str json, cd_problem *problem)
{
    cd_index_reset(index);
    if (json.len >= 3 && memcmp(json.ptr, "\xEF\xBB\xBF", 3) == 0)
        return cd_problem_set(problem, 0, "begins with a UTF-8 byte order mark, which JSON does not allow");
    int rc = cd_scanner_run(index->scanner, json.ptr, json.len, &index->at, &index->count);
    if (rc == -EBADMSG)
        return cd_problem_of_scan(problem, json);
    if (rc == -EMSGSIZE)
        return cd_problem_set(problem, -1, "longer than 1 GiB");
    if (rc == 0)
        rc = use_slots(index, FEW_SLOTS);
    if (rc != 0)
        return rc;
    index->json = json;
    index->escapes = memchr(json.ptr, '\\', json.len) != NULL;
    return check_grammar(index, problem);
}

/* ---- Life ----------------------------------------------------------------------------------------------------------
 */

int cd_index_init(cd_index *index, uint32_t max_depth)
{
    *index = (cd_index){.max_depth = max_depth};
    /* The kernel's 16 random bytes for this process: no system call, and no output depends on them. */
    const void *random = (const void *)getauxval(AT_RANDOM); // NOLINT(performance-no-int-to-ptr)
    if (random != NULL)
        memcpy(index->secret, random, sizeof(index->secret));
    index->scanner = cd_scanner_create();
    index->levels = calloc(max_depth, sizeof(*index->levels));
    if (index->scanner == NULL || index->levels == NULL) {
        cd_index_fini(index);
        return -ENOMEM;
    }
    return 0;
}

void cd_index_fini(cd_index *index)
{
    cd_scanner_destroy(index->scanner);
    cd_arena_fini(&index->arena);
    free(index->members);
    free(index->slots);
    free(index->levels);
    *index = (cd_index){0};
}

void cd_index_reset(cd_index *index)
{
    if (index->member_capacity * sizeof(*index->members) > KEPT_BYTES) {
        free(index->members);
        index->members = NULL;
        index->member_capacity = 0;
    }
    if (index->slot_capacity * sizeof(*index->slots) > KEPT_BYTES) {
        free(index->slots);
        index->slots = NULL;
        index->slot_capacity = 0;
    }
    cd_arena_reset(&index->arena);
    memset(index->held, 0, sizeof(index->held));
    index->json = (cd_str){NULL, 0};
    index->at = NULL;
    index->count = 0;
    index->member_count = 0;
    index->slot_count = 0;
}
