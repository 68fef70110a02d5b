/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The rows of tables run and metadata that begin and end a run. */
#ifndef MR_DRIVER_OPLOG_RUN_H
#define MR_DRIVER_OPLOG_RUN_H

#include "database.h"
#include "memrig/oplog.h"

/** What a run begins with; all borrowed. */
struct mr__run_row {
	const char *uri;
	const struct mr_description *desc;
	const struct mr_oplog_options *options; /**< command and metadata */
	enum mr_oplog_level level;
	double survey_interval_s; /**< 0 = NULL */
	int64_t wall_ns;          /**< when it begins */
};

/**
 * Whether all metadata are "key=value" with different keys.
 *
 * @param metadata  ended by NULL; or NULL.
 * @param err       names the wrong one.
 * @return MR_OK; MR_ERR_USAGE.
 */
int mr__run_check_metadata(const char *const *metadata,
                           struct mr_errtext *err);

/**
 * Insert a run and its metadata; a transaction is open.
 *
 * @param db   the log.
 * @param row  what it begins with.
 * @param run  receives its number.
 * @return MR_OK; the connection's code; MR_ERR_NOMEM.
 */
int mr__run_insert(struct mr__db *db, const struct mr__run_row *row,
                   int64_t *run);

/**
 * Note that a run has ended; a transaction is open.
 *
 * @param db       the log.
 * @param run      its number.
 * @param wall_ns  when.
 * @return MR_OK; the connection's code.
 */
int mr__run_end(struct mr__db *db, int64_t run, int64_t wall_ns);

#endif
