/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/folder.h: a temporary folder that goes with the command. */
#ifndef COPYDESK_CLI_FOLDER_H
#define COPYDESK_CLI_FOLDER_H

#include <stddef.h>

/* Made below $TMPDIR or /tmp; its path in `out`. 0 or -errno, with the path that was tried. */
int cd_folder_make(char *out, size_t size);
/* With all that is in it. */
void cd_folder_remove(const char *folder);

#endif
