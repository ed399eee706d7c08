/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/plugins/no_entry.c: a shared object that is no plugin. It must be refused.
 */
__attribute__((visibility("default"))) int something_else(void);

int something_else(void) { return 1; }
