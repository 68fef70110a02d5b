/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The wire of a run in an op log: its table, written and read. */
#ifndef MR_DRIVER_OPLOG_WIRE_H
#define MR_DRIVER_OPLOG_WIRE_H

#include "database.h"
#include "memrig/backend.h"

/** Writes pieces of one run; all-zero until it was opened. */
struct mr__wire_writer {
	struct mr__query *insert;
	int64_t run;
	uint64_t op; /**< begun last; 0 = none */
};

/** Make the table where it is missing, and get ready. @return as
 * mr__db_prepare() */
int mr__wire_writer_open(struct mr__wire_writer *to, struct mr__db *db);

/** Insert a piece. @return as mr__query_run() */
int mr__wire_write(struct mr__wire_writer *to,
                   const struct mr_wire_piece *piece);

/** Make the query that mr__wire_take() steps through: the pieces of run ?1.
 * @return MR_OK; MR_ERR_MISSING if the log has no such table; as
 * mr__db_prepare(). */
int mr__wire_query(struct mr__db *db, struct mr__query **out);

/** The current row as a piece. @return MR_OK; MR_ERR_FORMAT */
int mr__wire_take(struct mr__query *row, struct mr_wire_piece *out,
                  uint64_t *op);

#endif
