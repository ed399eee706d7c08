/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin/library.h: loading a shared object and checking that it is a plugin we can call.
 *
 * A library is opened once by descriptor, checked (regular file, owned by root or by this process's user, not writable
 * by group or others, its folder not by others unless it is sticky), and loaded through that descriptor with RTLD_NOW | RTLD_LOCAL:
 * what was
 * checked is what runs. Nothing is ever unloaded: thread-local destructors crash after an unmap. Loading runs the
 * plugin's constructors, so only workers and the store load plugins, never the desk. */
#ifndef COPYDESK_PLUGIN_LIBRARY_H
#define COPYDESK_PLUGIN_LIBRARY_H

#include "base/error.h"

#include <copydesk/plugin.h>

/* Where the plugin `name` lies: `name` itself if it holds a slash, else FOLDER/name.so. */
void cd_plugin_path(const char *folder, const char *name, char *out, size_t size);

/* Fills *out with the descriptor, at most as long as the host knows it, the rest zero. Its strings and tables belong to
 * the library and live for ever. 0; -errno from the file; -EPERM for an unsafe file; -ENOEXEC for what is no plugin
 * of ours. The error's text says file, what was wanted and what was found. */
int cd_plugin_load(const char *path, cd_plugin *out, cd_error *error);

#endif
