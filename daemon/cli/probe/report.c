/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/probe/report.c: see report.h. */
#include "cli/probe/report.h"

#include "base/utf8.h"

enum { FAULTS_SHOWN = 5 };

void cd_probe_tame(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++)
        if (*c < 0x20 || *c == 0x7f)
            *c = '?';
        else if (c[0] == 0xc2 && c[1] < 0xa0) /* U+0080 to U+009F */
            c[0] = c[1] = '?';
}

static const char *words(cd_buffer *out, const char *format, va_list arguments)
{
    char text[1000];
    (void)vsnprintf(text, sizeof text, format, arguments);
    cd_str all = {text, strlen(text)};
    for (size_t bad; (bad = cd_utf8_first_invalid(all)) < all.len;) /* what was cut in the middle of a character */
        text[bad] = '?';
    cd_probe_tame(text);
    cd_buffer_reset(out);
    cd_buffer_append_string(out, text);
    return cd_buffer_string(out);
}

void cd_probe_check(cd_probe_report *report, const char *name)
{
    report->check = name;
    report->faults = 0;
    cd_buffer_reset(&report->lines);
    cd_json_reset(&report->faults_list);
}

static void keep_fault(cd_probe_report *report, const char *article, const char *what)
{
    cd_json *list = &report->faults_list;
    if (report->faults == 1)
        cd_buffer_printf(&report->lines, "FAILED  %-13s ", report->check);
    else
        cd_buffer_printf(&report->lines, "%-22s", "");
    cd_buffer_printf(&report->lines, "%s%s%s\n", article ? article : "", article ? ": " : "", what);
    cd_json_object(list);
    cd_json_key(list, "article");
    if (article)
        cd_json_cstring(list, article);
    else
        cd_json_null(list);
    cd_json_key(list, "what");
    cd_json_cstring(list, what);
    cd_json_object_end(list);
}

void cd_probe_fault(cd_probe_report *report, const char *article, const char *format, ...)
{
    cd_buffer text = {0};
    va_list arguments;
    if (++report->faults > FAULTS_SHOWN)
        return;
    va_start(arguments, format);
    keep_fault(report, article, words(&text, format, arguments));
    va_end(arguments);
    cd_buffer_fini(&text);
}

static void add_to_list(cd_probe_report *report, const char *text)
{
    cd_json *list = &report->list;
    cd_json_object(list);
    cd_json_key(list, "check");
    cd_json_cstring(list, report->check);
    cd_json_key(list, "ok");
    cd_json_boolean(list, report->faults == 0);
    cd_json_key(list, "what");
    cd_json_cstring(list, text);
    cd_json_key(list, "faults");
    cd_json_integer(list, report->faults);
    cd_json_key(list, "first");
    cd_json_array(list);
    if (report->faults_list.len) {
        cd_json_raw(list, cd_json_text(&report->faults_list));
    }
    cd_json_array_end(list);
    cd_json_object_end(list);
}

void cd_probe_done(cd_probe_report *report, const char *format, ...)
{
    cd_buffer text = {0};
    va_list arguments;
    va_start(arguments, format);
    const char *what = words(&text, format, arguments);
    va_end(arguments);
    report->passed += report->faults == 0;
    report->failed += report->faults > 0;
    add_to_list(report, what);
    if (!report->json && report->faults == 0)
        printf("ok      %-13s %s\n", report->check, what);
    else if (!report->json)
        fputs(cd_buffer_string(&report->lines), stdout);
    if (!report->json && report->faults > FAULTS_SHOWN)
        printf("%-22s… and %u more\n", "", report->faults - FAULTS_SHOWN);
    fflush(stdout);
    cd_buffer_fini(&text);
}

void cd_probe_close(cd_probe_report *report, cd_str plugin)
{
    if (report->json) {
        cd_str list = cd_json_text(&report->list);
        printf("{\"plugin\":%.*s,\"passed\":%u,\"failed\":%u,\"checks\":[%.*s]}\n", (int)plugin.len, plugin.ptr, report->passed,
               report->failed, (int)list.len, list.ptr ? list.ptr : "");
    } else if (report->failed) {
        printf("\n%u of %u checks failed\n", report->failed, report->failed + report->passed);
    } else {
        printf("\nall %u checks passed\n", report->passed);
    }
    cd_buffer_fini(&report->lines);
    cd_json_free(&report->list);
    cd_json_free(&report->faults_list);
}
