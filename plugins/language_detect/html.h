/* SPDX-License-Identifier: Apache-2.0
 *
 * HTML that scraping left in the text: finds out whether there is any, and takes it away.
 *
 * Tags are mostly English words, and their attributes may claim a language that the text is not in, so both have to go
 * before detection. Not a parser: tags, comments, script and style are replaced by a space, all else stays. Linear in
 * the length of the text, whatever it holds. Thread: any.
 */
#ifndef LANGUAGE_DETECT_HTML_H
#define LANGUAGE_DETECT_HTML_H

#include <copydesk/plugin.h>
#include <stdbool.h>

/* True if the text has a tag of HTML's: one of its elements' names in angle brackets. */
bool ld_html_found(cd_str text);

/* Writes the text without mark-up to `out`, which has room for text.len bytes. Returns the length written. */
size_t ld_html_strip(cd_str text, char *out);

/* The language that the document claims, the value of `lang` or `xml:lang` of its html element, within its first 8 KiB.
 * Absent if it does not say. */
cd_str ld_html_lang(cd_str text);

#endif
