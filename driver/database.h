/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The little of SQLite that the op log needs: connections, kept queries and
 * sentences that name the file. Knows nothing of operations.
 */
#ifndef MR_DRIVER_DATABASE_H
#define MR_DRIVER_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memrig/error.h"

struct mr__db;    /**< a connection to one file; one thread at a time */
struct mr__query; /**< a prepared statement; belongs to its connection */

/** What a connection is for. */
enum mr__db_mode {
	MR__DB_PEEK,  /**< the file's bytes as they lie there: no lock, no
	                   recovery, no file beside it is looked at or made */
	MR__DB_READ,  /**< read; a change that was cut off is rolled back first */
	MR__DB_WRITE  /**< read and write; created if missing */
};

/**
 * Open a file.
 *
 * @param path  the file.
 * @param mode  what for.
 * @param out   receives the connection; close it with mr__db_close().
 * @param err   names the file and what is wrong; or NULL.
 * @return MR_OK; MR_ERR_IO; MR_ERR_FORMAT if it is no SQLite file or is
 *         damaged; MR_ERR_NOMEM.
 */
int mr__db_open(const char *path, enum mr__db_mode mode, struct mr__db **out,
                struct mr_errtext *err);

/**
 * Close, with all its queries.
 *
 * @param db  NULL is allowed.
 */
void mr__db_close(struct mr__db *db);

/**
 * Run statements that give no rows.
 *
 * @param db   the connection.
 * @param sql  one or more statements.
 * @return MR_OK; MR_ERR_IO; MR_ERR_FORMAT; MR_ERR_NOMEM.
 */
int mr__db_exec(struct mr__db *db, const char *sql);

/**
 * Ask for one number, such as "PRAGMA user_version".
 *
 * @param db   the connection.
 * @param sql  one statement.
 * @param out  receives the first column of the first row.
 * @return MR_OK; MR_ERR_FORMAT also if there is no row; MR_ERR_IO.
 */
int mr__db_number(struct mr__db *db, const char *sql, int64_t *out);

/**
 * Number of the row that was inserted last.
 *
 * @param db  the connection.
 * @return its rowid.
 */
int64_t mr__db_inserted(struct mr__db *db);

/**
 * Undo what was not committed; failures are ignored, the first sentence is
 * kept.
 *
 * @param db  the connection.
 */
void mr__db_rollback(struct mr__db *db);

/**
 * The file.
 *
 * @param db  the connection.
 * @return borrowed path, as given.
 */
const char *mr__db_path(const struct mr__db *db);

/**
 * Sentence about the last failure; begins with the path.
 *
 * @param db  the connection.
 * @return borrowed text.
 */
const char *mr__db_errmsg(const struct mr__db *db);

/**
 * Prepare a statement, to be run often.
 *
 * @param db   the connection.
 * @param sql  one statement with parameters ?1 .. or in order.
 * @param out  receives the query; it lives as long as the connection.
 * @return MR_OK; MR_ERR_FORMAT if a table or column is missing; MR_ERR_IO;
 *         MR_ERR_NOMEM.
 */
int mr__db_prepare(struct mr__db *db, const char *sql,
                   struct mr__query **out);

/** @name Parameters
 * `at` counts from 1. Texts and blobs are borrowed until the query has run. A
 * failure shows when the query is run.
 */
/**@{*/
void mr__query_clear(struct mr__query *query); /**< all become NULL */
void mr__query_set_null(struct mr__query *query, int at);
void mr__query_set_int(struct mr__query *query, int at, int64_t value);
void mr__query_set_real(struct mr__query *query, int at, double value);
void mr__query_set_text(struct mr__query *query, int at, const char *text);
void mr__query_set_blob(struct mr__query *query, int at, const void *data,
                        size_t size);
/**@}*/

/**
 * Run a query that gives no rows, and make it ready to run again; parameters
 * are kept.
 *
 * @param query  the query.
 * @return MR_OK; MR_ERR_IO; MR_ERR_FORMAT; MR_ERR_NOMEM.
 */
int mr__query_run(struct mr__query *query);

/**
 * Key of the row that a query of this connection inserted last.
 *
 * @param query  the query.
 * @return its rowid.
 */
int64_t mr__query_inserted(const struct mr__query *query);

/**
 * Take the next row.
 *
 * @param query  the query.
 * @param more   receives false at the end.
 * @return MR_OK; MR_ERR_IO; MR_ERR_FORMAT; MR_ERR_NOMEM.
 */
int mr__query_next(struct mr__query *query, bool *more);

/**
 * Whether a text or blob of the current row could not be had, and was given as
 * empty. Ask before the query goes on.
 *
 * @param query  the query.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr__query_check(struct mr__query *query);

/**
 * Back to before the first row; parameters are kept.
 *
 * @param query  NULL is allowed.
 */
void mr__query_reset(struct mr__query *query);

/** What a column of the current row holds. */
enum mr__value_type {
	MR__VALUE_NULL,
	MR__VALUE_INT,
	MR__VALUE_REAL,
	MR__VALUE_TEXT,
	MR__VALUE_BLOB
};

/** @name Columns of the current row
 * `at` counts from 0. Texts and blobs are borrowed until the next step and
 * have no alignment.
 */
/**@{*/
enum mr__value_type mr__query_type(struct mr__query *query, int at);
int64_t mr__query_int(struct mr__query *query, int at);
double mr__query_real(struct mr__query *query, int at);
const char *mr__query_text(struct mr__query *query, int at);
const void *mr__query_blob(struct mr__query *query, int at, size_t *size);
/**@}*/

#endif
