/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Numbers that a verb takes in: lists on the command line and CSV files. */
#ifndef MR_APPS_INPUT_H
#define MR_APPS_INPUT_H

#include "cmd.h"

/** Numbers in rows of equal length. */
struct mr_matrix {
	float *x;      /**< [rows*cols]; owned; free() it */
	size_t rows;
	size_t cols;   /**< 0 while there is no row */
};

/**
 * Read a list of quantities such as "0.1,200mV,0.3V".
 *
 * @param tool    the verb.
 * @param option  whose value it is, for messages.
 * @param text    the list.
 * @param unit    SI symbol.
 * @param to      a row is added; the first row sets the length.
 * @return MR_OK; MR_ERR_USAGE, MR_ERR_RANGE, MR_ERR_NOMEM.
 */
int mr_input_list(struct mr_tool *tool, const char *option, const char *text,
                  const char *unit, struct mr_matrix *to);

/**
 * Read a CSV file (csvfile.h), one row of numbers per line.
 *
 * @param tool    the verb.
 * @param option  whose value the path is, for messages.
 * @param path    the file; "-" = standard input.
 * @param unit    SI symbol that may follow each number.
 * @param to      rows are added.
 * @return MR_OK; MR_ERR_MISSING; MR_ERR_IO; MR_ERR_FORMAT for a wrong line,
 *         which is named; MR_ERR_NOMEM.
 */
int mr_input_csv(struct mr_tool *tool, const char *option, const char *path,
                 const char *unit, struct mr_matrix *to);

#endif
