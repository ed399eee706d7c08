/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/words.h: quantities for people to read. Each writes into `out` and returns it. */
#ifndef COPYDESK_CLI_WORDS_H
#define COPYDESK_CLI_WORDS_H

#include <stdint.h>

enum { CD_WORDS = 32 };

/* Two units at most: "3 d 4 h", "12 s". */
const char *cd_words_duration(int64_t ms, char out[CD_WORDS]);
/* Six characters at most, the sign included: "-" (not a number), "0.3", "1234", "81.2k", "3.1M". */
const char *cd_words_amount(double amount, char out[CD_WORDS]);
/* The same of what is counted: "7", "99999", "102k". Below 0 is not known: "-". */
const char *cd_words_count(int64_t count, char out[CD_WORDS]);
/* Of what grows and shrinks: "+12.5", "-3.0", "0.0". */
const char *cd_words_change(double amount, char out[CD_WORDS]);

#endif
