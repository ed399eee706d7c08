/* SPDX-License-Identifier: Apache-2.0
 *
 * lexicon.h: what the words of one language mean to us, as a set of bits a word.
 *
 * Read from the table files (tables/LANG.table) when the plugin opens, immutable afterwards. A word is known by the
 * hash of its lower-cased form; two words of different meaning with one 64-bit hash are not expected and would only
 * mislead a rule.
 */
#ifndef QE_LEXICON_H
#define QE_LEXICON_H

#include <stddef.h>
#include <stdint.h>

/* Word classes. A word may be in several. The name of the table's section stands behind each. */
#define QE_CUE (UINT64_C(1) << 0)      /* [cue] finite verb of speech: said, says */
#define QE_CUE_BASE (UINT64_C(1) << 1) /* [cue] its infinitive and participles: say, saying */
#define QE_CUE_WEAK (UINT64_C(1) << 2) /* [label] finite verb that hands out a label: called, described */
#define QE_CUE_SOFT (UINT64_C(1) << 3) /* [gesture] verb that carries speech only beside a quote: smiled, shrugged */
#define QE_AUX (UINT64_C(1) << 4)      /* [auxiliary] */
#define QE_VERB (UINT64_C(1) << 5)     /* [verb] any other finite verb: ends a noun phrase */
#define QE_DET (UINT64_C(1) << 6)      /* [determiner] */
#define QE_PREP (UINT64_C(1) << 7)     /* [preposition] */
#define QE_CONJ (UINT64_C(1) << 8)     /* [conjunction] and, or */
#define QE_SUBORD (UINT64_C(1) << 9)   /* [subordinator] that, when, because */
#define QE_REL (UINT64_C(1) << 10)     /* [relative] who, which */
#define QE_PRON (UINT64_C(1) << 11)    /* [pronoun.*] subject pronoun */
#define QE_POSS (UINT64_C(1) << 12)    /* [possessive.*] his, her, their */
#define QE_TITLE (UINT64_C(1) << 13)   /* [title] Mr, Sen. */
#define QE_ROLE (UINT64_C(1) << 14)    /* [role*] noun for a person: spokesman, mayor */
#define QE_ORG (UINT64_C(1) << 15)     /* [organisation] noun that makes a name an organisation's */
#define QE_MALE (UINT64_C(1) << 16)    /* gender evidence, from sections that end in .m or .f */
#define QE_FEMALE (UINT64_C(1) << 17)
#define QE_GIVEN (UINT64_C(1) << 18)     /* [given.m] [given.f] [given.u] given name */
#define QE_TIME (UINT64_C(1) << 19)      /* [time] */
#define QE_ADVERB (UINT64_C(1) << 20)    /* [adverb] */
#define QE_NOT (UINT64_C(1) << 21)       /* [negation] */
#define QE_NOUNCUE (UINT64_C(1) << 22)   /* [noun_cue] verdict, answer, message */
#define QE_SUFFIX (UINT64_C(1) << 23)    /* [suffix] Jr., III */
#define QE_ABBREV (UINT64_C(1) << 24)    /* [abbreviation] the dot belongs to it */
#define QE_PLURAL (UINT64_C(1) << 25)    /* [pronoun.p] [role.p]: more than one */
#define QE_SCARE (UINT64_C(1) << 26)     /* [not_speech] so-called, nicknamed, entitled */
#define QE_PLACE (UINT64_C(1) << 27)     /* [place] states, countries, capitals, demonyms */
#define QE_ACCORDING (UINT64_C(1) << 28) /* [according] according, per */
#define QE_OBJECT (UINT64_C(1) << 29)    /* [with_listener] cue that takes a listener: told, asked */
#define QE_PARTICLE (UINT64_C(1) << 30)  /* [name_particle] de, van, al */
#define QE_ELISION (UINT64_C(1) << 31)   /* [elision] 'em, 'n', 'twas */
#define QE_WORK (UINT64_C(1) << 32)      /* [work] film, song, book, watched, sang */
#define QE_KIN (UINT64_C(1) << 33)       /* [kin.*] brother, wife */
#define QE_MEDIUM (UINT64_C(1) << 34)    /* [medium] statement, letter: speaks if nobody else does */
#define QE_SIGN (UINT64_C(1) << 35)      /* [sign] sign, banner, chant: words that nobody in particular says */
#define QE_ING (UINT64_C(1) << 36)       /* participle of a cue */
#define QE_WEAK_BASE (UINT64_C(1) << 37) /* infinitive or participle of a label verb */
#define QE_NEUTER (UINT64_C(1) << 38)    /* [pronoun.n] */
#define QE_OF (UINT64_C(1) << 39)        /* [of] preposition that stays inside a noun phrase */
#define QE_COMMON (UINT64_C(1) << 40)    /* [common] capitalised at times, never a name's part */
#define QE_FIRST (UINT64_C(1) << 41)     /* [pronoun.1] I, we */
#define QE_BE (UINT64_C(1) << 42)        /* [be] forms of to be, for the passive */
#define QE_BY (UINT64_C(1) << 43)        /* [by] */
#define QE_AS (UINT64_C(1) << 44)        /* [as] */
#define QE_MEANS (UINT64_C(1) << 45)     /* [means] means, spelled, translated: words about words */
#define QE_SAYING_TO (UINT64_C(1) << 46) /* [infinitive_mark] to, zu, à */
#define QE_THAT (UINT64_C(1) << 47)      /* [that] */
#define QE_ONE (UINT64_C(1) << 48)       /* [object.*] him, lui: a pronoun that is no subject */
#define QE_REPORT (UINT64_C(1) << 50)    /* [report] what media do with the speech of others: reported */
#define QE_MOOD (UINT64_C(1) << 51)      /* [reported_mood] sei, habe: the sentence reports what somebody said */
#define QE_SURNAME (UINT64_C(1) << 52)   /* [surname] a role's word that is a last name too: Baker */
#define QE_EPITHET                                                                                                     \
    (UINT64_C(1) << 53) /* [epithet*] stands for somebody named before: the Spaniard, the 34-year-old                  \
                         */
#define QE_AFTER_NAME (UINT64_C(1) << 54) /* [after_name] letters behind a name that are no part of it: KC, PhD */
#define QE_NAMING (UINT64_C(1) << 55)     /* [naming] named, gave her name as */
#define QE_OBLIQUE (UINT64_C(1) << 56)    /* [oblique] an article or pronoun whose form is no subject's: den, dem */
#define QE_ELIDED (UINT64_C(1) << 57)     /* [elided] a word of its own although an apostrophe ties it: l', d', qu' */
#define QE_VIEW (UINT64_C(1) << 58)       /* [view] for, as it opens a sentence: for Kane it was “…” */
#define QE_INSCRIBES (UINT64_C(1) << 59) /* [inscribes] reads, lautet: what a thing does that carries words */
#define QE_DEMONSTRATIVE (UINT64_C(1) << 61) /* [demonstrative] this, that, the same */
#define QE_WHERE (UINT64_C(1) << 60)     /* [where] in, near: what follows is a place sooner than a person */
#define QE_DEFINITE (UINT64_C(1) << 49)   /* [definite] the: what follows is known */

typedef struct qe_slot {
    uint64_t hash, bits;
} qe_slot;

typedef struct qe_lexicon {
    char code[8]; /* the language, ISO 639-1 */
    qe_slot *slots;
    uint32_t mask, used;
    int dash_dialogue; /* [flags] dash_dialogue: a dash opens speech */
    int nouns_capital; /* [flags] nouns_capital: German */
    int inverts;       /* [flags] inverts: the subject may stand behind the verb */
    int verb_endings;  /* some words of the table are endings: -aron */
    int endings;       /* [flags] english_endings: -ly makes an adverb, -ed behind a noun a verb */
    int incise; /* [flags] incise: an attribution may stand inside the marks, and pronouns hang on verbs: dit-il */
} qe_lexicon;

/* The bits of a word, 0 if unknown. */
static inline uint64_t qe_lexicon_bits(const qe_lexicon *lexicon, uint64_t hash)
{
    for (uint32_t i = (uint32_t)(hash >> 20);; i++) {
        const qe_slot *slot = &lexicon->slots[i & lexicon->mask];
        if (slot->hash == hash)
            return slot->bits;
        if (slot->hash == 0)
            return 0;
    }
}

/* The hash of a word that is lower-case already, continued from `hash` (start with QE_HASH_SEED). */
#define QE_HASH_SEED UINT64_C(0x9e3779b97f4a7c15)
static inline uint64_t qe_hash_byte(uint64_t hash, unsigned char byte)
{
    return (hash ^ byte) * UINT64_C(0x2127599bf4325c37);
}
static inline uint64_t qe_hash_end(uint64_t hash)
{
    hash ^= hash >> 29;
    hash *= UINT64_C(0x880355f21e6d1965);
    hash ^= hash >> 32;
    return hash ? hash : 1;
}
uint64_t qe_hash_word(const char *word, size_t length);

/* Is a table of this name a language's? Those are named by its two letters. */
static inline int qe_lexicon_named(const char *name) { return name[0] && name[1] && !name[2]; }

/* Reads a table: [start, end) as the file stands. 0, or -ENOMEM, or -EINVAL with the number of the bad line in *line.
 */
int qe_lexicon_load(qe_lexicon *lexicon, const char *code, const char *start, const char *end, unsigned *line);
/* Given names of `from` count in `to` too, where they are no word of its own: people are abroad. 0 or -ENOMEM. */
int qe_lexicon_borrow_given(qe_lexicon *to, const qe_lexicon *from);
void qe_lexicon_free(qe_lexicon *lexicon);

#endif
