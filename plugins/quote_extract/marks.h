/* SPDX-License-Identifier: Apache-2.0
 *
 * marks.h: pairs the quotation marks.
 *
 * Works paragraph by paragraph, so that one stray mark never inverts what follows. Linear: each mark looks at a bounded
 * number of marks and tokens behind it.
 */
#ifndef QE_MARKS_H
#define QE_MARKS_H

#include "quote.h"

/* Appends the outermost quotations to `quotes`, in text order, with start, end, first, last, next and flags set. 0, or
 * -ENOMEM. */
int qe_marks_pair(const qe_tokens *tokens, qe_quotes *quotes);

#endif
