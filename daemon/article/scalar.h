/* SPDX-License-Identifier: Apache-2.0
 *
 * article/scalar.h: the scalars of JSON on their raw tokens: numbers, literals and escapes.
 *
 * Numbers are checked by their grammar and never converted, so that integers and exponents of any size pass and keep
 * their spelling.
 */
#ifndef CD_ARTICLE_SCALAR_H
#define CD_ARTICLE_SCALAR_H

#include "article/arena.h"
#include "article/problem.h"

/* 0 if `token` is a number, true, false or null; else -EBADMSG. `at` is the token's place, for the problem. */
int cd_scalar_check(cd_str token, size_t at, cd_problem *problem);

/* Checks the escapes of a string's inside (without the quotes; no raw quote or control character in it). 0 or -EBADMSG.
 */
int cd_scalar_check_escapes(cd_str inside, size_t at, cd_problem *problem);

/* Unescapes a string's inside that passed the check. Without an escape the result is `inside` itself, else it lives in
 * the arena. 0 or -ENOMEM. */
int cd_scalar_unescape(cd_str inside, cd_arena *arena, cd_str *out);

#endif
