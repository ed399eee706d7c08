/* SPDX-License-Identifier: Apache-2.0
 *
 * copydesk/tables.h: the data files that copydesk_add_plugin(… TABLES …) compiled into a plugin.
 *
 * A table keeps its file's bytes; `name` is the file's name without folder and ending. The array ends with an entry whose
 * name is NULL. A NUL byte stands behind each table's last byte, outside of it. All of it lives as long as the plugin.
 */
#ifndef COPYDESK_TABLES_H
#define COPYDESK_TABLES_H

typedef struct cd_table {
    const char *name;
    const char *start, *end;
} cd_table;

#ifdef __cplusplus
extern "C" {
#endif

extern const cd_table cd_tables[];

#ifdef __cplusplus
}
#endif
#endif
