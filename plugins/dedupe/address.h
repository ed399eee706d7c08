/* SPDX-License-Identifier: Apache-2.0
 *
 * address.h: where the shared store is, and how its password is found. Pure but for reading the environment and the
 * password's file.
 */
#ifndef DEDUPE_ADDRESS_H
#define DEDUPE_ADDRESS_H

#include <copydesk/plugin.h>

typedef struct dd_address {
    char host[256]; /* a name or a number, IPv6 without brackets */
    char port[6];
    char user[128]; /* "": none */
    char database[6];
} dd_address;

/* redis://[USER@]HOST[:PORT][/DATABASE]. NULL, or what is wrong with it, for people; never a part of the text itself,
 * in which somebody may have written a password. */
const char *dd_address_parse(cd_str url, dd_address *address);

#define DD_SECRET_MAX 1024u

/* What an option with a secret stands for: "${NAME}" in it is the environment's value, "$${" a plain "${"; "file:PATH"
 * is the file's text without the line ends behind it, and PATH may hold ${NAME}. What comes from there is not looked at
 * again. As the configuration treats the secrets of Kafka. NULL, or what is wrong, naming no more than the variable or
 * the file; the sentence lies in `why`. */
const char *dd_secret_read(cd_str option, char secret[DD_SECRET_MAX], char *why, size_t why_size);

#endif
