/* SPDX-License-Identifier: Apache-2.0
 *
 * base/error.h: why something failed, in words for people, beside the number for the program.
 *
 * Functions that can fail return 0 or -errno and write the reason into a cd_error that the caller owns (mostly on its
 * stack). No allocation, no global state. Thread: the caller's. What this is not for: bugs, which end the process
 * through CD_BUG.
 */
#ifndef CD_BASE_ERROR_H
#define CD_BASE_ERROR_H

/* NUL-terminated; what is longer is cut on a character boundary. Zero-initialise it: (cd_error){0}. */
typedef struct cd_error {
    char text[512];
} cd_error;

/* Writes the reason and returns `status`, so that `return cd_error_set(error, -EINVAL, "…", …);` is one line.
 * `error` may be NULL, then the reason is dropped. The arguments may point into error->text: wrapping is
 * cd_error_set(error, status, "%s: %s", what, error->text). */
int cd_error_set(cd_error *error, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A bug: says file, line, function and the message on standard error, then aborts. */
#define CD_BUG(...) cd_bug(__FILE__, __LINE__, __func__, __VA_ARGS__)
#define CD_REQUIRE(condition, ...) ((condition) ? (void)0 : CD_BUG(__VA_ARGS__))
_Noreturn void cd_bug(const char *file, int line, const char *function, const char *format, ...)
    __attribute__((format(printf, 4, 5), cold));

#endif
