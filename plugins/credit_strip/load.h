/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/load.h: the bundled tables, read and ready.
 */
#ifndef CREDIT_STRIP_LOAD_H
#define CREDIT_STRIP_LOAD_H

#include "evidence.h"

/* Opens the bundled tables and reads the user's own one (absent: none; it serves all languages). 0, or -errno with the reason
 * in `why`; then both results are NULL. The caller destroys them. */
int cs_load(cd_str own, cs_vocabulary **vocabulary, cs_evidence **evidence, char *why, size_t size);

#endif
