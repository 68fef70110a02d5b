/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Results of an operation as a table of columns, printed for people, as CSV
 * or as JSON. Columns are the buffers that the operation writes to.
 */
#ifndef MR_APPS_TABLE_H
#define MR_APPS_TABLE_H

#include "cells.h"
#include "cmd.h"

#define MR_TABLE_COLUMNS_MAX 8 /**< columns of one table */

/** How the numbers of a column are kept. */
enum mr_column_kind {
	MR_COLUMN_WHOLE,  /**< uint32_t */
	MR_COLUMN_REAL,   /**< float */
	MR_COLUMN_TIME,   /**< double */
	MR_COLUMN_STATUS  /**< uint8_t status bits */
};

/** A column. */
struct mr_column {
	const char *name; /**< as in CSV and JSON, such as "g_S" */
	const char *unit; /**< SI symbol; "" if it has none */
	enum mr_column_kind kind;
	void *data;       /**< [n] owned */
};

/** A table. */
struct mr_table {
	size_t n; /**< rows */
	size_t n_columns;
	struct mr_column columns[MR_TABLE_COLUMNS_MAX];
	bool failed; /**< a column could not be made: out of memory */
};

/** The option, for the table of a verb's page. */
#define MR_TABLE_OPTIONS {"csv", NULL, "print comma-separated values", false}

/**
 * Add a column of zeros.
 *
 * @param table  the table; its n must be set.
 * @param name   static text.
 * @param unit   static text.
 * @param kind   what it holds.
 * @return [n] its data; NULL when out of memory, which the table remembers.
 */
void *mr_table_add(struct mr_table *table, const char *name, const char *unit,
                   enum mr_column_kind kind);

/**
 * Add the columns "row" and "col" of cells.
 *
 * @param table   the table; n = a multiple of the number of cells.
 * @param cells   the cells, each standing for the same number of table rows.
 * @param desc    gives the shape.
 */
void mr_table_cells(struct mr_table *table, const struct mr_cells *cells,
                    const struct mr_description *desc);

/**
 * Print the table and the outcome in the form that the options ask for.
 *
 * @param tool   the verb; its page has MR_TABLE_OPTIONS and MR_TOOL_JSON.
 * @param table  the table; may have no columns.
 * @param op     the operation, done.
 * @param extra  further members for JSON, or NULL.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_table_print(struct mr_tool *tool, const struct mr_table *table,
                   const struct mr_op *op, json_t *extra);

/**
 * Release the columns.
 *
 * @param table  the table.
 */
void mr_table_free(struct mr_table *table);

#endif
