/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Read a comma-separated file row by row, plain or gzipped, and say of every
 * fault in which file and line it is. Quoting by libcsv, decompression by
 * zlib.
 */
#ifndef MR_APPS_CSVFILE_H
#define MR_APPS_CSVFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "memrig/error.h"

struct mr_csv; /**< opaque: a file that is being read */

/** One row; borrowed until the next one. */
struct mr_csv_row {
	const char *file;   /**< for messages */
	uint64_t line;      /**< its last line, from 1 */
	uint32_t n;         /**< fields, >= 1 */
	const char **field; /**< [n] terminated, blanks around them removed */
};

/**
 * Open a file.
 *
 * @param path  the file; "-" is standard input. Gzip is recognised.
 * @param out   receives the reader; close it with mr_csv_close().
 * @param err   explains a failure; or NULL.
 * @return MR_OK; MR_ERR_MISSING if it cannot be opened; MR_ERR_NOMEM.
 */
int mr_csv_open(const char *path, struct mr_csv **out,
                struct mr_errtext *err);

/**
 * Have fields separated by something else than a comma.
 *
 * @param csv        the reader, before the first row is taken.
 * @param separator  such as ';' or a tabulator, which is no blank then.
 */
void mr_csv_separate(struct mr_csv *csv, char separator);

/**
 * Take the next row; empty lines and lines that begin with '#' are passed
 * over.
 *
 * @param csv   the reader.
 * @param row   filled in.
 * @param more  receives false at the end (then `row` is untouched).
 * @param err   names file and line; or NULL.
 * @return MR_OK; MR_ERR_FORMAT for wrong quoting, a zero byte or a damaged
 *         gzip file; MR_ERR_IO; MR_ERR_NOMEM.
 */
int mr_csv_next(struct mr_csv *csv, struct mr_csv_row *row, bool *more,
                struct mr_errtext *err);

/**
 * Close.
 *
 * @param csv  NULL is allowed.
 */
void mr_csv_close(struct mr_csv *csv);

/**
 * Find a column by its name in a header row.
 *
 * @param header  the first row.
 * @param name    the column.
 * @param out     receives its index.
 * @param err     names file, line and column; or NULL.
 * @return MR_OK; MR_ERR_FORMAT if there is no such column.
 */
int mr_csv_column(const struct mr_csv_row *header, const char *name,
                  uint32_t *out, struct mr_errtext *err);

/**
 * Take a field as a finite number.
 *
 * @param row   the row.
 * @param k     which field; must exist.
 * @param what  its name in messages.
 * @param min   least allowed value.
 * @param max   greatest allowed value.
 * @param out   receives the number.
 * @param err   names file, line, field and limits; or NULL.
 * @return MR_OK; MR_ERR_FORMAT.
 */
int mr_csv_number(const struct mr_csv_row *row, uint32_t k, const char *what,
                  double min, double max, double *out,
                  struct mr_errtext *err);

/**
 * Take a field as a whole number; else as mr_csv_number().
 *
 * @param row   the row.
 * @param k     which field; must exist.
 * @param what  its name in messages.
 * @param min   least allowed value.
 * @param max   greatest allowed value.
 * @param out   receives the number.
 * @param err   names file, line, field and limits; or NULL.
 * @return MR_OK; MR_ERR_FORMAT.
 */
int mr_csv_integer(const struct mr_csv_row *row, uint32_t k, const char *what,
                   int64_t min, int64_t max, int64_t *out,
                   struct mr_errtext *err);

#endif
