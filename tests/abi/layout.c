/* SPDX-License-Identifier: Apache-2.0
 *
 * layout.c: prints size and offsets of every struct, and the value of every number, of the ABI's header that it was compiled
 * with (-DHEADER='"plugin.h"'). test_abi.py compares that with layout-1.0.txt. */
#include HEADER

#include <stdio.h>

#define STRUCT(type) printf("%s %zu\n", #type, sizeof(type))
#define FIELD(type, field) printf("%s.%s %zu %zu\n", #type, #field, offsetof(type, field), sizeof(((type *)0)->field))
#define NUMBER(name) printf("%s %d\n", #name, (int)(name))

static void values(void)
{
    STRUCT(cd_str);
    FIELD(cd_str, ptr);
    FIELD(cd_str, len);
    STRUCT(cd_option);
    FIELD(cd_option, name);
    FIELD(cd_option, type);
    FIELD(cd_option, flags);
    FIELD(cd_option, preset);
    FIELD(cd_option, min);
    FIELD(cd_option, max);
    FIELD(cd_option, choices);
    FIELD(cd_option, columns);
    FIELD(cd_option, help);
    STRUCT(cd_identity);
    FIELD(cd_identity, topic);
    FIELD(cd_identity, partition);
    FIELD(cd_identity, reserved);
    FIELD(cd_identity, offset);
    FIELD(cd_identity, timestamp_ms);
    STRUCT(cd_value);
    FIELD(cd_value, type);
    FIELD(cd_value, reserved);
    FIELD(cd_value, raw);
    FIELD(cd_value, string);
    STRUCT(cd_claim);
    FIELD(cd_claim, owner);
    FIELD(cd_claim, blob);
    FIELD(cd_claim, answer);
}

static void host(void)
{
    STRUCT(cd_host);
    FIELD(cd_host, size);
    FIELD(cd_host, abi_major);
    FIELD(cd_host, abi_minor);
    FIELD(cd_host, reserved);
    FIELD(cd_host, service);
    FIELD(cd_host, log);
    FIELD(cd_host, option_boolean);
    FIELD(cd_host, option_integer);
    FIELD(cd_host, option_number);
    FIELD(cd_host, option_string);
    FIELD(cd_host, option_count);
    FIELD(cd_host, option_file);
    FIELD(cd_host, counter);
    FIELD(cd_host, count);
    FIELD(cd_host, field);
    FIELD(cd_host, identity);
    FIELD(cd_host, member);
    FIELD(cd_host, annotation);
    FIELD(cd_host, codepoint_at);
    FIELD(cd_host, byte_at);
    FIELD(cd_host, budget_ns);
    FIELD(cd_host, annotate);
    FIELD(cd_host, reason);
    FIELD(cd_host, route);
    FIELD(cd_host, claim);
    FIELD(cd_host, answer);
}

static void descriptor(void)
{
    STRUCT(cd_plugin);
    FIELD(cd_plugin, abi_major);
    FIELD(cd_plugin, abi_minor_needed);
    FIELD(cd_plugin, size);
    FIELD(cd_plugin, flags);
    FIELD(cd_plugin, name);
    FIELD(cd_plugin, version);
    FIELD(cd_plugin, summary);
    FIELD(cd_plugin, member);
    FIELD(cd_plugin, reads);
    FIELD(cd_plugin, options);
    FIELD(cd_plugin, open);
    FIELD(cd_plugin, process);
    FIELD(cd_plugin, close);
    FIELD(cd_plugin, store_open);
    FIELD(cd_plugin, claim_batch);
    FIELD(cd_plugin, forget);
    FIELD(cd_plugin, watermark);
    FIELD(cd_plugin, store_close);
}

static void numbers(void)
{
    NUMBER(CD_OK);
    NUMBER(CD_DROP);
    NUMBER(CD_ROUTE);
    NUMBER(CD_REJECT);
    NUMBER(CD_RETRY);
    NUMBER(CD_FATAL);
    NUMBER(CD_OPTION_BOOLEAN);
    NUMBER(CD_OPTION_INTEGER);
    NUMBER(CD_OPTION_NUMBER);
    NUMBER(CD_OPTION_STRING);
    NUMBER(CD_OPTION_CHOICE);
    NUMBER(CD_OPTION_PATH);
    NUMBER(CD_OPTION_LIST);
    NUMBER(CD_OPTION_TABLE);
    NUMBER(CD_FIELD_TEXT);
    NUMBER(CD_FIELD_ID);
    NUMBER(CD_FIELD_TITLE);
    NUMBER(CD_FIELD_URL);
    NUMBER(CD_FIELD_SOURCE);
    NUMBER(CD_FIELD_LANG);
    NUMBER(CD_FIELD_PUBLISHED);
    NUMBER(CD_JSON_OBJECT);
    NUMBER(CD_JSON_ARRAY);
    NUMBER(CD_JSON_STRING);
    NUMBER(CD_JSON_NUMBER);
    NUMBER(CD_JSON_BOOLEAN);
    NUMBER(CD_JSON_NULL);
    NUMBER(CD_LOG_ERROR);
    NUMBER(CD_LOG_WARNING);
    NUMBER(CD_LOG_INFO);
    NUMBER(CD_LOG_DEBUG);
    NUMBER(COPYDESK_ABI_MAJOR);
}

int main(void)
{
    values();
    host();
    descriptor();
    numbers();
    return 0;
}
