/* SPDX-License-Identifier: Apache-2.0
 *
 * config/expand.c: ${ENV} and file: in the values of Kafka properties. See properties.h.
 *
 * "${NAME}" is the environment's value, "$${" a plain "${". A value that is written as "file:PATH" is the file's text
 * without the line ends behind it; PATH may hold ${NAME} (systemd's credentials:
 * file:${CREDENTIALS_DIRECTORY}/password). What an environment variable or a file says is never looked at again. Owns
 * nothing; buffers that held secrets are wiped.
 */
#include "base/buffer.h"
#include "config/properties.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECRET_BYTES_MAX 65536

static size_t variable_length(const char *s)
{
    size_t len = 0;
    while (isalnum((unsigned char)s[len]) || s[len] == '_')
        len++;
    return isdigit((unsigned char)s[0]) ? 0 : len;
}

/* At "${": appends the variable's value; the bytes used, or 0 with a problem. */
static size_t expand_variable(cd_load *load, const cd_setting *place, const char *property, const char *s,
                              cd_buffer *out)
{
    size_t len = variable_length(s + 2);
    if (len == 0 || s[2 + len] != '}') {
        cd_problems_add(
            load->problems, place->file, place->line,
            "%s: found '${' without a variable's name and '}', expected ${NAME}; a plain '${' is written $${",
            property);
        return 0;
    }
    const char *name = cd_pool_copy(load->pool, s + 2, len);
    const char *value = getenv(name);
    if (value == NULL) {
        cd_problems_add(load->problems, place->file, place->line,
                        "%s: found ${%.100s}, which is not set, expected a variable of the environment; set it, or use "
                        "%s=file:PATH",
                        property, name, property);
        return 0;
    }
    cd_buffer_append_string(out, value);
    return len + 3;
}

static bool expand_variables(cd_load *load, const cd_setting *place, const char *property, const char *raw,
                             cd_buffer *out, bool *outside)
{
    cd_buffer_append(out, "", 0);
    for (const char *s = raw; *s != '\0';) {
        if (strncmp(s, "$${", 3) == 0) {
            cd_buffer_append(out, "${", 2);
            s += 3;
        } else if (strncmp(s, "${", 2) == 0) {
            size_t used = expand_variable(load, place, property, s, out);
            if (used == 0)
                return false;
            *outside = true;
            s += used;
        } else
            cd_buffer_append_byte(out, *s++);
    }
    return !out->failed;
}

/* The file's text into the pool; NULL and *why on failure. */
static const char *read_secret(cd_load *load, const char *path, const char **why)
{
    char bytes[SECRET_BYTES_MAX];
    size_t len = 0;
    ssize_t got = 1;
    const char *secret = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && got > 0 && len < sizeof bytes) {
        got = read(fd, bytes + len, sizeof bytes - len);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got > 0)
            len += (size_t)got;
    }
    *why = fd < 0 || got < 0 ? strerror(errno) : len == sizeof bytes ? "it has 64 KiB or more" : NULL;
    while (len > 0 && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r'))
        len--;
    if (*why == NULL && len == 0)
        *why = "it is empty";
    if (*why == NULL && memchr(bytes, '\0', len) != NULL)
        *why = "it holds a NUL byte";
    if (*why == NULL)
        secret = cd_pool_copy(load->pool, bytes, len);
    if (fd >= 0)
        (void)close(fd);
    explicit_bzero(bytes, sizeof bytes);
    return secret;
}

const char *cd_property_expand(cd_load *load, const cd_setting *place, const char *property, const char *raw,
                               bool *secret)
{
    bool from_file = strncmp(raw, "file:", 5) == 0;
    cd_buffer text = {0};
    const char *value = NULL, *why;
    *secret = from_file;
    if (!expand_variables(load, place, property, from_file ? raw + 5 : raw, &text, secret))
        goto out;
    if (!from_file) {
        value = cd_pool_copy(load->pool, text.data, text.len);
        goto out;
    }
    value = read_secret(load, cd_buffer_string(&text), &why);
    if (value == NULL)
        cd_problems_add(load->problems, place->file, place->line,
                        "%s: found file:%.300s, which cannot be used (%s), expected a readable file with the value",
                        property, cd_buffer_string(&text), why);
out:
    if (text.data != NULL)
        explicit_bzero(text.data, text.cap);
    cd_buffer_fini(&text);
    return value;
}
