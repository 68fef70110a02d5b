/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A file that appears whole or not at all: it is written beside its place
 * under a temporary name and renamed. While it is open, SIGINT, SIGTERM and
 * SIGHUP wait, so that an interrupted command leaves nothing behind.
 */
#ifndef MR_APPS_OUTFILE_H
#define MR_APPS_OUTFILE_H

#include <stdbool.h>
#include <stdio.h>

#include "memrig/error.h"

struct mr_outfile; /**< opaque: a file that is being written */

/**
 * Begin a file.
 *
 * @param path  where it shall be; what is there stays until the end.
 * @param out   receives the file; end it with mr_outfile_end().
 * @param err   explains a failure.
 * @return MR_OK; MR_ERR_USAGE if something other than a file is there;
 *         MR_ERR_IO; MR_ERR_NOMEM.
 */
int mr_outfile_begin(const char *path, struct mr_outfile **out,
                     struct mr_errtext *err);

/**
 * Where the content goes; it can be sought in.
 *
 * @param file  the file.
 * @return a stream; do not close it.
 */
FILE *mr_outfile_stream(struct mr_outfile *file);

/**
 * Whether a signal is waiting that wants the command to end, or writing has
 * failed: time to call mr_outfile_end() with keep = false.
 *
 * @param file  the file.
 * @return true to stop.
 */
bool mr_outfile_stopped(const struct mr_outfile *file);

/**
 * Put the file in its place, or drop it. A signal that waited acts now.
 *
 * @param file  gone either way; NULL is allowed.
 * @param keep  false: drop it.
 * @param err   explains a failure.
 * @return MR_OK; MR_ERR_IO if it could not be written.
 */
int mr_outfile_end(struct mr_outfile *file, bool keep,
                   struct mr_errtext *err);

#endif
