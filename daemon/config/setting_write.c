/* SPDX-License-Identifier: Apache-2.0
 *
 * config/setting_write.c: settings back to text in libconfig's syntax. See setting.h. Owns nothing.
 */
#include "config/setting.h"

#include <inttypes.h>
#include <string.h>

void cd_setting_write_string(FILE *out, const char *string)
{
    fputc('"', out);
    for (const unsigned char *s = (const unsigned char *)string; *s != '\0'; s++) {
        if (*s == '"' || *s == '\\')
            fprintf(out, "\\%c", *s);
        else if (*s == '\n')
            fputs("\\n", out);
        else if (*s < 0x20 || *s == 0x7F)
            fprintf(out, "\\x%02X", *s);
        else
            fputc(*s, out);
    }
    fputc('"', out);
}

void cd_setting_write_number(FILE *out, double number)
{
    char digits[40];
    (void)snprintf(digits, sizeof digits, "%.15g", number);
    double back = 0;
    if (sscanf(digits, "%lf", &back) != 1 || back < number || back > number)
        (void)snprintf(digits, sizeof digits, "%.17g", number);
    fprintf(out, "%s%s", digits, strpbrk(digits, ".e") == NULL ? ".0" : "");
}

void cd_setting_write_integer(FILE *out, int64_t integer)
{
    fprintf(out, "%" PRId64 "%s", integer, integer < INT32_MIN || integer > INT32_MAX ? "L" : "");
}

/* Text of which nobody knows the type yet: without quotes if it reads as a boolean or a number. */
static bool looks_plain(const cd_setting *text)
{
    bool boolean;
    double number;
    return cd_setting_boolean(text, &boolean) || cd_setting_number(text, &number);
}

static void write_value(FILE *out, const cd_setting *setting, int indent, bool secret)
{
    if (secret && setting->type != CD_SETTING_LIST && setting->type != CD_SETTING_GROUP) {
        fputs("\"<redacted>\"", out);
        return;
    }
    switch (setting->type) {
    case CD_SETTING_BOOLEAN: fputs(setting->boolean ? "true" : "false", out); break;
    case CD_SETTING_INTEGER: cd_setting_write_integer(out, setting->integer); break;
    case CD_SETTING_NUMBER: cd_setting_write_number(out, setting->number); break;
    case CD_SETTING_TEXT:
        if (looks_plain(setting)) {
            fputs(setting->string, out);
            break;
        }
        /* fall through */
    case CD_SETTING_STRING: cd_setting_write_string(out, setting->string); break;
    case CD_SETTING_LIST:
        fputs("( ", out);
        for (size_t i = 0; i < setting->count; i++) {
            write_value(out, &setting->children[i], indent, secret);
            fputs(i + 1 < setting->count ? ", " : " ", out);
        }
        fputc(')', out);
        break;
    case CD_SETTING_GROUP:
        fputs("{\n", out);
        for (size_t i = 0; i < setting->count; i++)
            cd_setting_write(out, &setting->children[i], indent + 4);
        fprintf(out, "%*s}", indent, "");
        break;
    }
}

void cd_setting_write(FILE *out, const cd_setting *setting, int indent)
{
    fprintf(out, "%*s%s = ", indent, "", setting->name);
    write_value(out, setting, indent, cd_name_is_secret(setting->name));
    fputs(";\n", out);
}
