/* SPDX-License-Identifier: Apache-2.0
 *
 * article/render_text.c: one character after the other. See render_text.h.
 */
#include "article/render_text.h"

#include "base/utf8.h"

int cd_render_is_space(uint32_t c)
{
    return c <= 0x20 || (c >= 0x7F && c <= 0xA0) || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202F) ||
           (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xE0000 && c <= 0xE007F);
}

void cd_render_text(FILE *out, cd_str text, size_t limit)
{
    size_t printed = 0;
    int space = 0; /* one is due before the next character */
    for (size_t at = 0; at < text.len;) {
        uint32_t c;
        size_t step = cd_utf8_decode(text.ptr + at, text.len - at, &c);
        if (step == 0 || cd_render_is_space(c)) {
            space = printed > 0;
            at += step ? step : 1;
            continue;
        }
        if (printed + (size_t)space >= limit) {
            fputs("…", out);
            return;
        }
        if (space)
            fputc(' ', out);
        fwrite(text.ptr + at, 1, step, out);
        printed += 1 + (size_t)space;
        space = 0;
        at += step;
    }
}
