/* SPDX-License-Identifier: Apache-2.0
 *
 * address.c: see address.h.
 *
 * The secret is read in the store's half alone: what the workers get of the configuration names a variable or a file.
 */
#include "address.h"

#include <copydesk/sdk.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the address ---- */

/* Cuts what stands before `mark` off the front of `rest`; absent if the mark is not in it. */
static cd_str cut_before(cd_str *rest, char mark)
{
    const char *at = rest->len > 0 ? memchr(rest->ptr, mark, rest->len) : NULL;
    if (at == NULL)
        return (cd_str){NULL, 0};
    cd_str head = {rest->ptr, (size_t)(at - rest->ptr)};
    *rest = cd_str_slice(*rest, head.len + 1, rest->len);
    return head;
}

static int take(char *out, size_t size, cd_str s)
{
    if (s.len == 0 || s.len >= size || memchr(s.ptr, '\0', s.len) != NULL)
        return 0;
    memcpy(out, s.ptr, s.len);
    out[s.len] = '\0';
    return 1;
}

static int take_number(char *out, size_t size, cd_str s, long max)
{
    return take(out, size, s) && strspn(out, "0123456789") == s.len && strtol(out, NULL, 10) <= max;
}

static const char *host_and_port(cd_str rest, dd_address *address)
{
    cd_str host = rest, port = {NULL, 0};
    if (rest.len > 0 && rest.ptr[0] == '[') {
        rest = cd_str_slice(rest, 1, rest.len);
        host = cut_before(&rest, ']');
        if (host.ptr == NULL || (rest.len > 0 && rest.ptr[0] != ':'))
            return "the address in brackets has no end";
        port = rest.len > 0 ? cd_str_slice(rest, 1, rest.len) : port;
    } else {
        cd_str before = cut_before(&rest, ':');
        host = before.ptr != NULL ? before : rest;
        port = before.ptr != NULL ? rest : port;
    }
    if (!take(address->host, sizeof address->host, host))
        return "it names no host";
    if (port.ptr != NULL &&
        (!take_number(address->port, sizeof address->port, port, 65535) || atoi(address->port) == 0))
        return "the port is no number from 1 to 65535";
    return NULL;
}

const char *dd_address_parse(cd_str url, dd_address *address)
{
    static const cd_str scheme = {"redis://", 8}, tls = {"rediss://", 9};
    *address = (dd_address){.port = "6379", .database = "0"};
    if (url.len >= tls.len && memcmp(url.ptr, tls.ptr, tls.len) == 0)
        return "rediss:// is not supported; put a TLS tunnel before the server and write redis://";
    if (url.len < scheme.len || memcmp(url.ptr, scheme.ptr, scheme.len) != 0)
        return "it does not begin with redis://";
    cd_str rest = cd_str_slice(url, scheme.len, url.len), before = cut_before(&rest, '@');
    if (before.ptr != NULL && memchr(before.ptr, ':', before.len) != NULL)
        return "a password does not belong there; use the option password";
    if (before.ptr != NULL && !take(address->user, sizeof address->user, before))
        return "the user's name is empty or too long";
    before = cut_before(&rest, '/');
    if (before.ptr != NULL && rest.len > 0 && !take_number(address->database, sizeof address->database, rest, 99999))
        return "the database is no number";
    return host_and_port(before.ptr != NULL ? before : rest, address);
}

/* ---- the secret ---- */

typedef struct text {
    char *out;
    size_t length, size;
} text;

static int text_add(text *t, const char *bytes, size_t count)
{
    if (count >= t->size - t->length)
        return 0;
    memcpy(t->out + t->length, bytes, count);
    t->out[t->length += count] = '\0';
    return 1;
}

/* At "${": appends the variable's value and gives the bytes used; 0 with a sentence in `why`. */
static size_t add_variable(text *t, cd_str at, char *why, size_t why_size)
{
    char name[128];
    cd_str rest = cd_str_slice(at, 2, at.len), before = cut_before(&rest, '}');
    if (before.ptr == NULL || !take(name, sizeof name, before)) {
        snprintf(why, why_size, "'${' without a variable's name and '}'; a plain '${' is written $${");
        return 0;
    }
    const char *value = getenv(name);
    if (value == NULL) {
        snprintf(why, why_size, "${%s} is not set", name);
        return 0;
    }
    if (!text_add(t, value, strlen(value))) {
        snprintf(why, why_size, "what ${%s} holds is too long", name);
        return 0;
    }
    return before.len + 3;
}

static const char *expand(cd_str s, text *t, char *why, size_t why_size)
{
    t->out[0] = '\0';
    for (size_t i = 0, used; i < s.len; i += used) {
        cd_str at = cd_str_slice(s, i, s.len);
        if (at.len >= 3 && memcmp(at.ptr, "$${", 3) == 0) {
            used = text_add(t, "${", 2) ? 3 : 0;
        } else if (at.len >= 2 && memcmp(at.ptr, "${", 2) == 0) {
            if ((used = add_variable(t, at, why, why_size)) == 0)
                return why;
        } else {
            used = (size_t)text_add(t, at.ptr, 1);
        }
        if (used == 0) {
            snprintf(why, why_size, "it is too long");
            return why;
        }
    }
    return NULL;
}

static const char *read_file(const char *path, char secret[DD_SECRET_MAX], char *why, size_t why_size)
{
    FILE *file = fopen(path, "re");
    size_t length = file != NULL ? fread(secret, 1, DD_SECRET_MAX, file) : 0;
    int failed = file == NULL || ferror(file);
    if (failed)
        snprintf(why, why_size, "file:%s cannot be read: %s", path, strerror(errno));
    else if (length == DD_SECRET_MAX)
        snprintf(why, why_size, "file:%s is longer than a password can be", path);
    if (file != NULL)
        fclose(file);
    if (failed || length == DD_SECRET_MAX)
        return why;
    while (length > 0 && (secret[length - 1] == '\n' || secret[length - 1] == '\r'))
        length--;
    secret[length] = '\0';
    return NULL;
}

const char *dd_secret_read(cd_str option, char secret[DD_SECRET_MAX], char *why, size_t why_size)
{
    static const cd_str file = {"file:", 5};
    char path[4096];
    if (option.len < file.len || memcmp(option.ptr, file.ptr, file.len) != 0)
        return expand(option, &(text){secret, 0, DD_SECRET_MAX}, why, why_size);
    const char *wrong =
        expand(cd_str_slice(option, file.len, option.len), &(text){path, 0, sizeof path}, why, why_size);
    return wrong != NULL ? wrong : read_file(path, secret, why, why_size);
}
