/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Which cells a verb means: --rows, --cols, --cells, --rect, --all. */
#ifndef MR_APPS_CELLS_H
#define MR_APPS_CELLS_H

#include "cmd.h"

/** A selection with the lists that it points to. */
struct mr_cells {
	struct mr_selection where;
	uint32_t *rows;  /**< owned; or NULL */
	uint32_t *cols;  /**< owned; or NULL */
	uint32_t *cells; /**< owned; or NULL */
	uint64_t n;      /**< number of cells */
};

/** The options, for the table of a verb's page. */
#define MR_CELLS_LINE_OPTIONS                                                 \
	{"rows", "LIST", "only these rows, such as 0-3,7", false},            \
	{"cols", "LIST", "only these columns, such as 1,2", false},           \
	{"rect", "R,C,NR,NC", "NR x NC cells from row R, column C", false},   \
	{"all", NULL, "the whole array (the default)", false}

/** Likewise, with --cells. */
#define MR_CELLS_OPTIONS                                                      \
	MR_CELLS_LINE_OPTIONS,                                                \
	{"cells", "LIST", "these cells, one after another (row * columns "    \
	 "+ column), such as 0,5,17", false}

/**
 * Read the options.
 *
 * @param tool  the verb, with its array open.
 * @param out   filled in; release with mr_cells_free() whatever is returned.
 * @return MR_OK; MR_ERR_USAGE, MR_ERR_RANGE, MR_ERR_NOMEM.
 */
int mr_cells_select(struct mr_tool *tool, struct mr_cells *out);

/**
 * Release the lists.
 *
 * @param cells  after mr_cells_select().
 */
void mr_cells_free(struct mr_cells *cells);

#endif
