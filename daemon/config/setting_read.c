/* SPDX-License-Identifier: Apache-2.0
 *
 * config/setting_read.c: from text to a tree of settings, by libconfig. The only file that includes libconfig.h.
 *
 * libconfig 1.5 cuts integers that do not fit in 32 bits without a word (5000000000 becomes 705032704) and takes a
 * comment without an end as the end of the file. So the text is walked once before: such integers get the suffix L that
 * makes them 64 bits wide, and what libconfig would swallow becomes a problem. @include is refused: a configuration is
 * one file. What it doesn't do: meaning; see keys.c.
 */
#include "base/buffer.h"
#include "config/setting.h"

#include <ctype.h>
#include <errno.h>
#include <libconfig.h>
#include <stdlib.h>
#include <string.h>

/* ---- The walk over the text -------------------------------------------------------------------------------------- */

struct walk {
    const char *at, *end;
    unsigned line;
    cd_buffer out;
    const char *file;
    cd_problems *problems;
    bool broken;
};

static void walk_copy(struct walk *walk, size_t len)
{
    for (size_t i = 0; i < len; i++)
        walk->line += walk->at[i] == '\n';
    cd_buffer_append(&walk->out, walk->at, len);
    walk->at += len;
}

static void walk_refuse(struct walk *walk, const char *text)
{
    cd_problems_add(walk->problems, walk->file, walk->line, "%s", text);
    walk->broken = true;
    walk_copy(walk, (size_t)(walk->end - walk->at));
}

static void walk_string(struct walk *walk)
{
    const char *s = walk->at + 1;
    while (s < walk->end && *s != '"')
        s += *s == '\\' && s + 1 < walk->end ? 2 : 1;
    if (s >= walk->end)
        walk_refuse(walk, "found a string that begins here and never ends, expected a closing '\"'");
    else
        walk_copy(walk, (size_t)(s + 1 - walk->at));
}

static void walk_block_comment(struct walk *walk)
{
    const char *s = memmem(walk->at + 2, (size_t)(walk->end - walk->at - 2), "*/", 2);
    if (s == NULL)
        walk_refuse(walk, "found a comment that begins here and never ends, expected a closing '*/'");
    else
        walk_copy(walk, (size_t)(s + 2 - walk->at));
}

static void walk_line_comment(struct walk *walk)
{
    const char *s = memchr(walk->at, '\n', (size_t)(walk->end - walk->at));
    walk_copy(walk, (size_t)((s != NULL ? s : walk->end) - walk->at));
}

static void walk_name(struct walk *walk)
{
    const char *s = walk->at;
    while (s < walk->end && (isalnum((unsigned char)*s) || strchr("-_*", *s) != NULL))
        s++;
    walk_copy(walk, (size_t)(s - walk->at));
}

/* An integer, or the beginning of a number with a point or exponent, which goes through as it is. */
static void walk_number(struct walk *walk)
{
    const char *s = walk->at + (*walk->at == '-' || *walk->at == '+');
    bool hex = s + 1 < walk->end && s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
    bool whole = true;
    for (; s < walk->end && (isalnum((unsigned char)*s) || *s == '.'); s++) {
        if (!hex && (*s == '.' || *s == 'e' || *s == 'E'))
            whole = false;
        if (!hex && (*s == 'e' || *s == 'E') && s + 1 < walk->end && (s[1] == '-' || s[1] == '+'))
            s++;
    }
    size_t len = (size_t)(s - walk->at);
    bool wide = len > 0 && s[-1] == 'L';
    char digits[40];
    if (!whole || len >= sizeof digits) {
        if (whole)
            walk_refuse(walk, "found an integer that is too long, expected at most 64 bits");
        else
            walk_copy(walk, len);
        return;
    }
    memcpy(digits, walk->at, len);
    digits[len] = '\0';
    errno = 0;
    long long value = strtoll(digits, NULL, hex ? 16 : 10);
    if (errno == ERANGE) {
        walk_refuse(walk,
                    "found an integer beyond 64 bits, expected one from -9223372036854775808 to 9223372036854775807");
        return;
    }
    walk_copy(walk, len);
    if (!wide && (value < INT32_MIN || value > INT32_MAX))
        cd_buffer_append_byte(&walk->out, 'L');
}

static void walk_step(struct walk *walk)
{
    char c = *walk->at, next = walk->at + 1 < walk->end ? walk->at[1] : '\0';
    if (c == '"')
        walk_string(walk);
    else if (c == '#' || (c == '/' && next == '/'))
        walk_line_comment(walk);
    else if (c == '/' && next == '*')
        walk_block_comment(walk);
    else if (c == '@')
        walk_refuse(walk, "found '@', expected a setting; files are not included: write everything in this one");
    else if (c == '\0')
        walk_refuse(walk, "found a NUL byte, expected text");
    else if (isdigit((unsigned char)c) || ((c == '-' || c == '+') && isdigit((unsigned char)next)))
        walk_number(walk);
    else if (isalpha((unsigned char)c) || c == '*')
        walk_name(walk);
    else
        walk_copy(walk, 1);
}

/* ---- From libconfig's tree to ours ------------------------------------------------------------------------------- */

struct copier {
    cd_pool *pool;
    const char *file;
    cd_problems *problems;
};

static bool valid_utf8(const char *string)
{
    const unsigned char *s = (const unsigned char *)string;
    while (*s != '\0') {
        size_t more = *s < 0x80 ? 0 : *s < 0xC2 ? 4 : *s < 0xE0 ? 1 : *s < 0xF0 ? 2 : *s < 0xF5 ? 3 : 4;
        if (more == 4 || (*s == 0xE0 && s[1] < 0xA0) || (*s == 0xED && s[1] > 0x9F) || (*s == 0xF0 && s[1] < 0x90) ||
            (*s == 0xF4 && s[1] > 0x8F))
            return false;
        for (s++; more > 0; more--, s++)
            if ((*s & 0xC0) != 0x80)
                return false;
    }
    return true;
}

static bool copy_setting(struct copier *copier, const config_setting_t *from, cd_setting *to, int depth);

static bool copy_children(struct copier *copier, const config_setting_t *from, cd_setting *to, int depth)
{
    if (depth == CD_SETTING_DEPTH) {
        cd_problems_add(copier->problems, copier->file, to->line, "found groups or lists more than %d deep",
                        CD_SETTING_DEPTH);
        return false;
    }
    to->count = (size_t)config_setting_length(from);
    to->children = cd_pool_take(copier->pool, (to->count + 1) * sizeof *to->children);
    bool fine = true;
    for (size_t i = 0; i < to->count; i++)
        fine &= copy_setting(copier, config_setting_get_elem(from, (unsigned)i), &to->children[i], depth + 1);
    return fine;
}

static bool copy_setting(struct copier *copier, const config_setting_t *from, cd_setting *to, int depth)
{
    const char *name = config_setting_name(from);
    to->name = name != NULL ? cd_pool_string(copier->pool, name) : NULL;
    to->file = copier->file;
    to->line = (unsigned)config_setting_source_line(from);
    switch (config_setting_type(from)) {
    case CONFIG_TYPE_BOOL:
        to->type = CD_SETTING_BOOLEAN;
        to->boolean = config_setting_get_bool(from) != 0;
        return true;
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        to->type = CD_SETTING_INTEGER;
        to->integer = config_setting_get_int64(from);
        return true;
    case CONFIG_TYPE_FLOAT:
        to->type = CD_SETTING_NUMBER;
        to->number = config_setting_get_float(from);
        return true;
    case CONFIG_TYPE_STRING:
        to->type = CD_SETTING_STRING;
        const char *string = config_setting_get_string(from);
        to->string = cd_pool_string(copier->pool, string != NULL ? string : "");
        if (valid_utf8(to->string))
            return true;
        cd_problems_add(copier->problems, copier->file, to->line, "found a string with invalid UTF-8, expected UTF-8");
        return false;
    default:
        to->type = config_setting_type(from) == CONFIG_TYPE_GROUP ? CD_SETTING_GROUP : CD_SETTING_LIST;
        return copy_children(copier, from, to, depth);
    }
}

/* libconfig says "syntax error" and a line; the usual reasons are worth more to people. */
static void report_syntax(const config_t *tree, const char *file, cd_problems *problems)
{
    unsigned line = config_error_line(tree) > 0 ? (unsigned)config_error_line(tree) : 1;
    const char *text = config_error_text(tree) != NULL ? config_error_text(tree) : "syntax error";
    if (strcmp(text, "duplicate setting name") == 0)
        cd_problems_add(problems, file, line,
                        "found a name for the second time in its group, expected it once; "
                        "remove one of the two");
    else if (strcmp(text, "mismatched element type in array") == 0)
        cd_problems_add(problems, file, line, "found values of several types between [ and ], expected one type");
    else
        cd_problems_add(problems, file, line,
                        "%s, expected NAME = VALUE; look here and one line above for a missing quote, bracket or ';'. "
                        "Names hold no dots: desk = { workers = 4; };",
                        text);
}

static cd_setting *read_tree(cd_pool *pool, const char *file, const char *text, cd_problems *problems)
{
    config_t tree;
    config_init(&tree);
    cd_setting *root = NULL;
    if (config_read_string(&tree, text) != CONFIG_TRUE) {
        report_syntax(&tree, file, problems);
        goto out;
    }
    struct copier copier = {.pool = pool, .file = cd_pool_string(pool, file), .problems = problems};
    root = cd_pool_take(pool, sizeof *root);
    if (!copy_setting(&copier, config_root_setting(&tree), root, 0))
        root = NULL;
out:
    config_destroy(&tree);
    return root;
}

cd_setting *cd_setting_read(cd_pool *pool, const char *file, const char *text, size_t len, cd_problems *problems)
{
    struct walk walk = {.at = text, .end = text + len, .line = 1, .file = file, .problems = problems};
    while (walk.at < walk.end)
        walk_step(&walk);
    cd_buffer_append_byte(&walk.out, '\n'); /* libconfig wants one behind a comment in the last line */
    cd_setting *root = NULL;
    if (walk.out.failed)
        cd_problems_add(problems, file, 0, "out of memory while reading it");
    else if (!walk.broken)
        root = read_tree(pool, file, cd_buffer_string(&walk.out), problems);
    cd_buffer_fini(&walk.out);
    return root;
}
