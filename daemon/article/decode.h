/* SPDX-License-Identifier: Apache-2.0
 *
 * article/decode.h: from a record's bytes to an article, or to a reason why they are none.
 *
 * A decoder owns the scratch memory that decoding needs and keeps it between articles. It takes the framing off,
 * converts the charset, validates the whole payload (JSON by RFC 8259 without any loosening, UTF-8 everywhere, no
 * member twice in one object), finds the members that the host knows by name, and remembers what `cd_encode` has to
 * leave out. It makes no copy of a payload in UTF-8: strings without escapes are slices of it. docs/input.md is the
 * same contract for users.
 *
 * Thread: one decoder belongs to one thread. Nothing here logs or reads a clock. Nothing recurses.
 */
#ifndef CD_ARTICLE_DECODE_H
#define CD_ARTICLE_DECODE_H

#include <copydesk/plugin.h>

enum cd_input_format {
    CD_INPUT_JSON, /* one JSON object */
    CD_INPUT_TEXT, /* the payload is the article's text */
    CD_INPUT_AUTO, /* JSON if the first byte that is no white space is `{`, else text */
};

/* The largest payload and the deepest nesting that any rules may allow. */
#define CD_DECODE_MAX_BYTES ((size_t)1 << 30)
#define CD_DECODE_MAX_DEPTH 65536u

typedef struct cd_decode_rules {
    int32_t format;      /* CD_INPUT_… */
    size_t max_bytes;    /* the longest payload, before and after charset conversion; 1 … CD_DECODE_MAX_BYTES */
    uint32_t max_depth;  /* objects and arrays within one another, the outermost counts 1; 1 … CD_DECODE_MAX_DEPTH */
    int32_t confluent;   /* take off a zero byte and a 4-byte schema id, where a payload begins with a zero byte */
    const char *charset; /* an iconv name; NULL or "" means UTF-8 */
    const char *pointers[CD_FIELD_PUBLISHED + 1]; /* JSON Pointers by CD_FIELD_…, "/text"; [0] is unused. NULL or ""
                                                     means that the field is never read; not allowed for CD_FIELD_TEXT
                                                     where JSON may come in */
} cd_decode_rules;

/* Why a payload is no article: for the dead letter. */
typedef struct cd_decode_error {
    char reason[256]; /* UTF-8, NUL-terminated, one line, no control characters; quotes at most some 60 bytes of the
                         input */
    int64_t byte;     /* offset in the payload as delivered, where it went wrong; -1 if there is no such place */
} cd_decode_error;

/* What `cd_encode` leaves out of the input's own bytes: offsets into `json`, ascending, disjoint. */
typedef struct cd_cut {
    size_t start, end;
} cd_cut;

/* A decoded article. All of it is borrowed, from the payload and from the decoder: valid until the next cd_decode, as
 * long as the payload's bytes stay as they are. */
typedef struct cd_document {
    cd_str json; /* the object from `{` to `}`, unframed and in UTF-8; absent for plain text */
    cd_str fields[CD_FIELD_PUBLISHED + 1]; /* by CD_FIELD_…, unescaped; text and id always there */
    cd_cut cuts[2];     /* the input's own `enrichment` and `provenance`, with the commas that go with them */
    uint32_t cut_count; /* 0 … 2 */
    int32_t bare;       /* no member is left besides those that are cut */
} cd_document;

typedef struct cd_decoder cd_decoder;

/* The rules are copied, strings included. NULL with errno: EINVAL (unknown charset, a pointer that is none, a limit out
 * of range) or ENOMEM. Opens the charset's converter, so call it before the sandbox closes. */
cd_decoder *cd_decoder_create(const cd_decode_rules *rules);
void cd_decoder_destroy(cd_decoder *decoder);

/* 0 with `out` filled; -EBADMSG with `error` filled: a dead letter; -ENOMEM. `key` is the record's key, absent if it
 * has none. The payload needs no padding. A null payload (tombstone) is the caller's business.
 *
 * The text must be a string that holds more than white space. id: the input's member if it is a string that is not
 * empty, or a number (then as it is written); else the key if it is not empty and valid UTF-8; else
 * "topic/partition/offset". The other fields are absent if they are missing or no strings. */
int cd_decode(cd_decoder *decoder, cd_str payload, cd_str key, const cd_identity *identity, cd_document *out,
              cd_decode_error *error);

/* Any member by JSON Pointer (RFC 6901; "" is the whole object). `document` is the one that the last cd_decode filled.
 * 0, or -ENOENT if there is no such member, the pointer is none, or the input was plain text; -ENOMEM. The value is
 * borrowed until the next cd_decode. Members of objects are found in constant time, elements of arrays by counting. */
int cd_document_member(cd_decoder *decoder, const cd_document *document, cd_str pointer, cd_value *out);

#endif
