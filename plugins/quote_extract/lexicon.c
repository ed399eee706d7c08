/* SPDX-License-Identifier: Apache-2.0
 *
 * lexicon.c: reads a language's table into a hash of word classes.
 *
 * The form of a table: sections in brackets, words between white space, `#` starts a comment. In the verb sections a
 * word that ends in `+` is a regular English verb whose forms are made here, and prefixes mark single forms: `b:`
 * infinitive, `i:` participle; a word without a prefix is a finite form. An underscore has no meaning: a word is a
 * word. Owns the slots. Does no I/O: the bytes are compiled into the plugin.
 */
#include "lexicon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    uint64_t bits;
} sections[] = {
    {"cue", QE_CUE},
    {"cue_with_listener", QE_CUE | QE_OBJECT},
    {"label", QE_CUE_WEAK},
    {"gesture", QE_CUE_SOFT},
    {"auxiliary", QE_AUX},
    {"be", QE_AUX | QE_BE},
    {"verb", QE_VERB},
    {"determiner", QE_DET},
    {"determiner.m", QE_DET | QE_MALE},
    {"determiner.f", QE_DET | QE_FEMALE},
    {"preposition", QE_PREP},
    {"of", QE_PREP | QE_OF},
    {"by", QE_PREP | QE_BY},
    {"as", QE_AS},
    {"infinitive_mark", QE_SAYING_TO},
    {"conjunction", QE_CONJ},
    {"subordinator", QE_SUBORD},
    {"that", QE_SUBORD | QE_THAT},
    {"relative", QE_REL},
    {"pronoun.m", QE_PRON | QE_MALE},
    {"pronoun.f", QE_PRON | QE_FEMALE},
    {"pronoun.n", QE_PRON | QE_NEUTER},
    {"pronoun.p", QE_PRON | QE_PLURAL},
    {"pronoun.1", QE_PRON | QE_FIRST},
    {"object.m", QE_ONE | QE_MALE},
    {"object.f", QE_ONE | QE_FEMALE},
    {"report", QE_REPORT},
    {"reported_mood", QE_AUX | QE_MOOD},
    {"definite", QE_DET | QE_DEFINITE},
    {"possessive.m", QE_POSS | QE_MALE},
    {"possessive.f", QE_POSS | QE_FEMALE},
    {"possessive.p", QE_POSS | QE_PLURAL},
    {"possessive.n", QE_POSS | QE_NEUTER},
    {"title", QE_TITLE},
    {"title.m", QE_TITLE | QE_MALE},
    {"title.f", QE_TITLE | QE_FEMALE},
    {"role", QE_ROLE},
    {"role.m", QE_ROLE | QE_MALE},
    {"role.f", QE_ROLE | QE_FEMALE},
    {"role.p", QE_ROLE | QE_PLURAL},
    {"kin.m", QE_ROLE | QE_KIN | QE_MALE},
    {"kin.f", QE_ROLE | QE_KIN | QE_FEMALE},
    {"kin.u", QE_ROLE | QE_KIN},
    {"organisation", QE_ORG},
    {"given.m", QE_GIVEN | QE_MALE},
    {"given.f", QE_GIVEN | QE_FEMALE},
    {"given.u", QE_GIVEN},
    {"time", QE_TIME},
    {"adverb", QE_ADVERB},
    {"negation", QE_NOT},
    {"noun_cue", QE_NOUNCUE},
    {"surname", QE_SURNAME},
    {"view", QE_PREP | QE_VIEW},
    {"inscribes", QE_INSCRIBES},
    {"demonstrative", QE_DEMONSTRATIVE},
    {"where", QE_PREP | QE_WHERE},
    {"elided", QE_ELIDED},
    {"oblique", QE_OBLIQUE},
    {"after_name", QE_AFTER_NAME},
    {"naming", QE_NAMING},
    {"epithet", QE_EPITHET},
    {"epithet.m", QE_EPITHET | QE_MALE},
    {"epithet.f", QE_EPITHET | QE_FEMALE},
    {"suffix", QE_SUFFIX},
    {"abbreviation", QE_ABBREV},
    {"not_speech", QE_SCARE},
    {"place", QE_PLACE},
    {"according", QE_ACCORDING},
    {"name_particle", QE_PARTICLE},
    {"elision", QE_ELISION},
    {"work", QE_WORK},
    {"medium", QE_MEDIUM},
    {"sign", QE_SIGN},
    {"common", QE_COMMON},
    {"means", QE_MEANS},
};

/* Latin, Greek and Cyrillic capitals to small letters, on UTF-8, where both take two bytes; enough for table words. */
static size_t lower(unsigned char a, unsigned char b, unsigned char out[2])
{
    out[0] = a;
    out[1] = b;
    unsigned cp = ((a & 31u) << 6) | (b & 63u);
    if ((cp >= 0xC0 && cp <= 0xDE && cp != 0xD7) || (cp >= 0x391 && cp <= 0x3A9) || (cp >= 0x410 && cp <= 0x42F))
        cp += 32;
    else if (cp >= 0x400 && cp <= 0x40F)
        cp += 80;
    else if (cp >= 0x100 && cp <= 0x17F && (cp & 1) == ((cp >= 0x139 && cp <= 0x148) || cp >= 0x179 ? 1u : 0u))
        cp += 1;
    out[0] = (unsigned char)(0xC0 | (cp >> 6));
    out[1] = (unsigned char)(0x80 | (cp & 63));
    return 2;
}

uint64_t qe_hash_word(const char *word, size_t length)
{
    uint64_t hash = QE_HASH_SEED;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)word[i], two[2];
        if (c >= 'A' && c <= 'Z') {
            c = (unsigned char)(c + 32);
        } else if (c >= 0xC3 && c <= 0xD1 && i + 1 < length) {
            lower(c, (unsigned char)word[++i], two);
            hash = qe_hash_byte(hash, two[0]);
            c = two[1];
        } else if (c == 0xE2 && i + 2 < length && !memcmp(word + i, "\xE2\x80\x99", 3)) {
            c = '\''; /* the typographic apostrophe is an apostrophe */
            i += 2;
        }
        hash = qe_hash_byte(hash, c);
    }
    return qe_hash_end(hash);
}

static int resize(qe_lexicon *lexicon, uint32_t slots)
{
    qe_slot *fresh = calloc(slots, sizeof *fresh);
    if (fresh == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; lexicon->slots && i <= lexicon->mask; i++) {
        qe_slot old = lexicon->slots[i];
        if (old.hash == 0)
            continue;
        uint32_t at = (uint32_t)(old.hash >> 20) & (slots - 1);
        while (fresh[at].hash)
            at = (at + 1) & (slots - 1);
        fresh[at] = old;
    }
    free(lexicon->slots);
    lexicon->slots = fresh;
    lexicon->mask = slots - 1;
    return 0;
}

static int add_hash(qe_lexicon *lexicon, uint64_t hash, uint64_t bits)
{
    if (lexicon->used * 4 >= lexicon->mask) {
        int error = resize(lexicon, (lexicon->mask + 1) * 2);
        if (error)
            return error;
    }
    uint32_t at = (uint32_t)(hash >> 20) & lexicon->mask;
    while (lexicon->slots[at].hash && lexicon->slots[at].hash != hash)
        at = (at + 1) & lexicon->mask;
    if (lexicon->slots[at].hash == 0)
        lexicon->used++;
    lexicon->slots[at].hash = hash;
    lexicon->slots[at].bits |= bits;
    return 0;
}

static int add(qe_lexicon *lexicon, const char *word, size_t length, uint64_t bits)
{
    return add_hash(lexicon, qe_hash_word(word, length), bits);
}

static uint64_t infinitive(uint64_t bits)
{
    uint64_t rest = bits & QE_OBJECT;
    return (bits & QE_CUE        ? QE_CUE_BASE
            : bits & QE_CUE_WEAK ? QE_WEAK_BASE
            : bits & QE_CUE_SOFT ? QE_CUE_SOFT
                                 : QE_VERB) |
           rest;
}

static uint64_t participle(uint64_t bits) { return bits & QE_VERB ? 0 : infinitive(bits) | QE_ING; }

/* The regular English forms: add, adds, added, adding; reply, replied; note, noted, noting. */
static int add_regular(qe_lexicon *lexicon, const char *word, size_t length, uint64_t bits)
{
    char form[64];
    if (length == 0 || length > sizeof form - 4)
        return -EINVAL;
    int e = word[length - 1] == 'e';
    int y = word[length - 1] == 'y' && length > 1 && !strchr("aeou", word[length - 2]);
    int hiss =
        strchr("sxz", word[length - 1]) || (length > 1 && word[length - 1] == 'h' && strchr("cs", word[length - 2]));
    const struct {
        size_t keep;
        const char *ending;
        uint64_t bits;
    } forms[] = {
        {length, "", infinitive(bits)},
        {y ? length - 1 : length,
         y      ? "ies"
         : hiss ? "es"
                : "s",
         bits},
        {y || e ? length - 1 : length, y ? "ied" : "ed", bits},
        {e ? length - 1 : length, "ing", participle(bits)},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        size_t ending = strlen(forms[i].ending);
        memcpy(form, word, forms[i].keep);
        memcpy(form + forms[i].keep, forms[i].ending, ending);
        int error = forms[i].bits ? add(lexicon, form, forms[i].keep + ending, forms[i].bits) : 0;
        if (error)
            return error;
    }
    return 0;
}

static int add_entry(qe_lexicon *lexicon, const char *word, size_t length, uint64_t bits)
{
    lexicon->verb_endings |= *word == '-' && length > 2;
    if (word[length - 1] == '+')
        return add_regular(lexicon, word, length - 1, bits);
    if (length > 2 && word[1] == ':' && word[0] == 'b')
        return add(lexicon, word + 2, length - 2, infinitive(bits));
    if (length > 2 && word[1] == ':' && word[0] == 'i')
        return add(lexicon, word + 2, length - 2, participle(bits));
    return add(lexicon, word, length, bits);
}

/* The bits of a section, or 0 if there is no such section. */
static uint64_t section(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (strlen(sections[i].name) == length && !memcmp(sections[i].name, name, length))
            return sections[i].bits;
    return 0;
}

static int flag(qe_lexicon *lexicon, const char *word, size_t length)
{
    const struct {
        const char *name;
        int *flag;
    } flags[] = {
        {"dash_dialogue", &lexicon->dash_dialogue},
        {"nouns_capital", &lexicon->nouns_capital},
        {"inverts", &lexicon->inverts},
        {"english_endings", &lexicon->endings},
        {"incise", &lexicon->incise},
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strlen(flags[i].name) == length && !memcmp(flags[i].name, word, length))
            return *flags[i].flag = 1, 0;
    return -EINVAL;
}

int qe_lexicon_load(qe_lexicon *lexicon, const char *code, const char *start, const char *end, unsigned *line)
{
    uint64_t bits = 0;
    *lexicon = (qe_lexicon){0};
    strncpy(lexicon->code, code, sizeof lexicon->code - 1);
    int error = resize(lexicon, 1024);
    *line = 1;
    for (const char *at = start; at < end && !error;) {
        if (*at == '\n' || *at == ' ' || *at == '\t' || *at == '\r') {
            *line += *at++ == '\n';
            continue;
        }
        const char *word = at;
        if (*at == '#') {
            while (at < end && *at != '\n')
                at++;
            continue;
        }
        while (at < end && *at != ' ' && *at != '\n' && *at != '\t' && *at != '\r')
            at++;
        size_t length = (size_t)(at - word);
        if (*word != '[') {
            error = bits == UINT64_MAX ? flag(lexicon, word, length)
                    : bits             ? add_entry(lexicon, word, length, bits)
                                       : -EINVAL;
            continue;
        }
        if (length > 2 && word[length - 1] == ']')
            bits = length == 7 && !memcmp(word, "[flags]", 7) ? UINT64_MAX : section(word + 1, length - 2);
        if (length < 3 || bits == 0)
            error = -EINVAL;
    }
    return error;
}

int qe_lexicon_borrow_given(qe_lexicon *to, const qe_lexicon *from)
{
    int error = 0;
    for (uint32_t i = 0; i <= from->mask && !error; i++) {
        const qe_slot *slot = &from->slots[i];
        int given = (slot->bits & QE_GIVEN) && !(slot->bits & ~(QE_GIVEN | QE_MALE | QE_FEMALE));
        if (given && qe_lexicon_bits(to, slot->hash) == 0)
            error = add_hash(to, slot->hash, slot->bits);
    }
    return error;
}

void qe_lexicon_free(qe_lexicon *lexicon)
{
    free(lexicon->slots);
    *lexicon = (qe_lexicon){0};
}
