/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/plugins/null_descriptor.c: a plugin that hands out nothing. It must be refused.
 */
#include <copydesk/plugin.h>

const cd_plugin *copydesk_plugin(void) { return NULL; }
