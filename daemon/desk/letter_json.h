/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/letter_json.h: a dead letter as JSON, for people who watch: what its headers say (docs/dead-letters.md), and how its payload
 * begins. */
#ifndef COPYDESK_DESK_LETTER_JSON_H
#define COPYDESK_DESK_LETTER_JSON_H

#include "desk/record.h"

#include <copydesk/json.h>

/* At most so many bytes of key, payload and reason are shown. */
enum { CD_LETTER_SHOWN = 1000 };

/* One JSON object into `out`, which is reset first. The record's outcome is DEAD_LETTER, and it has a lane. */
void cd_letter_json(const cd_record *record, cd_json *out);

#endif
