/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The tables of an op log: names, order and version, shared by writer and
 * reader. Their meaning is documented in the SQL itself and in docs/oplog.md.
 */
#ifndef MR_DRIVER_OPLOG_SCHEMA_H
#define MR_DRIVER_OPLOG_SCHEMA_H

#include <stdint.h>

#include "database.h"
#include "memrig/oplog.h"
#include "memrig/types.h"

/**
 * Columns of view op, in the order of SELECT. Those of table form, which says
 * what many operations have in common, are COMPOSED .. PACKING.
 */
enum mr__op_column {
	MR__OP_ROW,
	MR__OP_COMPOSED,
	MR__OP_SURVEY,
	MR__OP_KIND,
	MR__OP_SELECTION,
	MR__OP_ROW0,
	MR__OP_COL0,
	MR__OP_N_ROWS,
	MR__OP_N_COLS,
	MR__OP_N_CELLS,
	MR__OP_UNIT,
	MR__OP_AMPLITUDE,
	MR__OP_WIDTH,
	MR__OP_RISE,
	MR__OP_FALL,
	MR__OP_COUNT,
	MR__OP_COMPLIANCE,
	MR__OP_V_READ,
	MR__OP_T_INT,
	MR__OP_AVERAGES,
	MR__OP_N_LEVELS,
	MR__OP_N_SAMPLES,
	MR__OP_TARGET,
	MR__OP_TOLERANCE,
	MR__OP_BUDGET,
	MR__OP_AXIS,
	MR__OP_BATCH,
	MR__OP_DURATION,
	MR__OP_PERIOD,
	MR__OP_NAME,
	MR__OP_VALUE,
	MR__OP_N_EFFECT,
	MR__OP_STATUS,
	MR__OP_ERROR,
	MR__OP_ERRTEXT,
	MR__OP_SOURCE,
	MR__OP_N_DATA,
	MR__OP_PACKING,
	MR__OP_PARENT,
	MR__OP_T_BEGIN,
	MR__OP_T_END,
	MR__OP_WALL_BEGIN,
	MR__OP_WALL_END,
	MR__OP_ROWS,
	MR__OP_COLS,
	MR__OP_CELLS,
	MR__OP_INPUT,
	MR__OP_RESULT,
	MR__OP_COLUMNS /**< how many */
};

#define MR__FORM_FIRST MR__OP_COMPOSED
#define MR__FORM_COLUMNS (MR__OP_PACKING - MR__FORM_FIRST + 1)

/** Row of table operation = run * MR__RUN_ROWS + id: order and key in one. */
#define MR__RUN_ROWS (INT64_C(1) << 40)
#define MR__RUNS_MAX (INT64_C(1) << 22) /**< runs in one file */

#define MR__OPLOG_SQL_MAX 2048 /**< room for a statement about an operation */

/**
 * Statement that inserts a row of table form; its key is chosen by SQLite, and
 * parameter = column - MR__FORM_FIRST + 1.
 *
 * @param sql  [MR__OPLOG_SQL_MAX] receives it.
 */
void mr__oplog_form_sql(char *sql);

/**
 * Statement that selects the rows of view op between ?1 and ?2 in order.
 *
 * @param sql  [MR__OPLOG_SQL_MAX] receives it.
 */
void mr__oplog_select_sql(char *sql);

/**
 * Name of a column.
 *
 * @param column  which.
 * @return static text.
 */
const char *mr__op_column_name(enum mr__op_column column);

/**
 * Open a log for writing; make it if the file is missing or has no bytes.
 *
 * @param path  the file.
 * @param out   receives the connection.
 * @param err   explains a failure.
 * @return MR_OK; MR_ERR_IO; MR_ERR_FORMAT if it is something else or a log of
 *         another version, which is left alone; MR_ERR_NOMEM.
 */
int mr__oplog_open_write(const char *path, struct mr__db **out,
                         struct mr_errtext *err);

/**
 * Open a log for reading; of an older version, whose op is a table, as well.
 *
 * @param path  the file.
 * @param out   receives the connection.
 * @param err   explains a failure.
 * @return MR_OK; MR_ERR_IO; MR_ERR_FORMAT; MR_ERR_NOMEM.
 */
int mr__oplog_open_read(const char *path, struct mr__db **out,
                        struct mr_errtext *err);

#endif
