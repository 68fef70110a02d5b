/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Rows of table operation, inserted many at a time: a statement costs SQLite
 * as much as half a row.
 */
#ifndef MR_DRIVER_OPLOG_ROWS_H
#define MR_DRIVER_OPLOG_ROWS_H

#include "database.h"

#define MR__BLOB_COLUMNS 3 /**< cells, input, result */

/** A blob of table operation. */
struct mr__span {
	const void *bytes; /**< NULL = the column is NULL */
	size_t size;
};

/** A row of table operation. */
struct mr__row {
	int64_t row;
	int64_t form;
	int64_t parent; /**< 0 = NULL */
	int64_t wall_begin_ns;
	bool ended;     /**< else the next three are NULL */
	int64_t wall_end_ns;
	int64_t t_begin_ns;
	int64_t t_end_ns;
	struct mr__span blobs[MR__BLOB_COLUMNS];
};

struct mr__rows; /**< rows that wait, and the statements for them */

/**
 * Prepare the statements.
 *
 * @param db   open for writing; outlives it.
 * @param out  receives it.
 * @return MR_OK; the connection's code; MR_ERR_NOMEM.
 */
int mr__rows_open(struct mr__db *db, struct mr__rows **out);

/**
 * Forget what waits.
 *
 * @param rows  NULL is allowed.
 */
void mr__rows_close(struct mr__rows *rows);

/**
 * Insert a row now.
 *
 * @param rows  the rows.
 * @param row   borrowed for the call, with its blobs.
 * @return MR_OK; the connection's code.
 */
int mr__rows_insert(struct mr__rows *rows, const struct mr__row *row);

/**
 * Insert a row now or at mr__rows_flush() at the latest. One whose blobs are
 * large is inserted now and overtakes those that wait.
 *
 * @param rows  the rows.
 * @param row   copied, with its blobs.
 * @return MR_OK; the connection's code, maybe about a row that waited.
 */
int mr__rows_add(struct mr__rows *rows, const struct mr__row *row);

/**
 * Insert all that waits.
 *
 * @param rows  the rows.
 * @return MR_OK; the connection's code: an unknown part of them is in.
 */
int mr__rows_flush(struct mr__rows *rows);

#endif
