/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Files of [section] and name = value, read with the line of each entry. */
#ifndef MR_DRIVER_INIFILE_H
#define MR_DRIVER_INIFILE_H

#include "memrig/error.h"

/* Longest line; a longer one is an error. */
#define MR__INI_LINE_MAX 199

/* Called with each entry in order, until it returns something else than MR_OK;
 * `why` is what is wrong with the entry, without file and line. */
typedef int mr__ini_entry(void *user, int line, const char *section,
                          const char *name, const char *value,
                          struct mr_errtext *why);

/**
 * Read a file.
 * @param what   what it is, for the message that it is not there.
 * @param path   the file.
 * @param entry  called with each entry.
 * @param user   handed to it.
 * @param err    file, line and sentence.
 * @return MR_OK; what `entry` returned; MR_ERR_MISSING (cannot be opened);
 *         MR_ERR_FORMAT (a line that is no entry, or too long); MR_ERR_IO.
 */
int mr__ini_read(const char *what, const char *path, mr__ini_entry *entry,
                 void *user, struct mr_errtext *err);

/** The same from the lines of a file, each with its line end; NULL ends them. */
int mr__ini_read_lines(const char *path, const char *const *lines,
                       mr__ini_entry *entry, void *user,
                       struct mr_errtext *err);

/** Say what is wrong with an entry: "name = 'value': right". @return
 * MR_ERR_FORMAT */
int mr__ini_wrong(struct mr_errtext *why, const char *name, const char *value,
                  const char *right);

/** Take a finite number, min to max. @return MR_OK; MR_ERR_FORMAT; MR_ERR_RANGE */
int mr__ini_number(const char *name, const char *value, double min, double max,
                   double *out, struct mr_errtext *why);

#endif
