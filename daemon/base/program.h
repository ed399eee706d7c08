/* SPDX-License-Identifier: Apache-2.0
 *
 * base/program.h: where our other programs are. */
#ifndef CD_BASE_PROGRAM_H
#define CD_BASE_PROGRAM_H

/* The program `name` beside the one that runs (a build), else in `installed`, a folder. malloc'd; NULL without memory. */
char *cd_program_find(const char *name, const char *installed);

#endif
