/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The one file that includes sqlite3.h. Turns SQLite's codes into memrig's
 * errors and sentences that name the file.
 */
#include "database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

/* How long to wait for another program that writes the same file. */
#define BUSY_MS 3000
/* Page cache in KiB: a group of operations should not spill into the log. */
#define CACHE_PRAGMA "PRAGMA cache_size=-16384"

struct mr__query {
	sqlite3_stmt *raw;
	struct mr__db *db;
	struct mr__query *next;
	int bind_code; /* first failure of a bind since the last run */
	bool lost;     /* a text or blob of this row, for lack of memory */
};

struct mr__db {
	sqlite3 *raw;
	struct mr__query *queries;
	struct mr_errtext err;
	char path[];
};

/* ---- errors -------------------------------------------------------------- */

static int code_of(int raw)
{
	if (raw == SQLITE_IOERR_NOMEM) {
		return MR_ERR_NOMEM;
	}
	switch (raw & 0xff) {
	case SQLITE_NOMEM:
		return MR_ERR_NOMEM;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR: /* a table or column is missing */
	case SQLITE_SCHEMA:
	case SQLITE_MISMATCH:
		return MR_ERR_FORMAT;
	default:
		return MR_ERR_IO;
	}
}

static const char *advice_of(int raw)
{
	if (raw == SQLITE_IOERR_NOMEM) {
		return "SQLite refused";
	}
	switch (raw & 0xff) {
	case SQLITE_FULL:
		return "the disk is full";
	case SQLITE_READONLY:
		return "it cannot be written: the file or its directory is "
		       "read-only";
	case SQLITE_CANTOPEN:
		return "it cannot be opened: check that the directory exists and "
		       "that it may be read and written";
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return "it is locked: another program is writing it (two runs "
		       "cannot be logged into one file at the same time)";
	case SQLITE_CORRUPT:
		return "the file is damaged";
	case SQLITE_NOTADB:
		return "it is no SQLite file";
	case SQLITE_IOERR:
		return "reading or writing failed";
	case SQLITE_TOOBIG:
		return "a value is larger than SQLite can keep";
	default:
		return "SQLite refused";
	}
}

static int explain(const char *path, sqlite3 *raw, int raw_code,
                   struct mr_errtext *err)
{
	int code = code_of(raw_code);
	int number = raw ? sqlite3_system_errno(raw) : 0;
	const char *detail =
		raw ? sqlite3_errmsg(raw) : sqlite3_errstr(raw_code);
	char system[96] = "";

	if (number != 0 && (raw_code & 0xff) != SQLITE_CORRUPT) {
		snprintf(system, sizeof(system), ", %s", strerror(number));
	}
	return mr_errtext_set(err, code, "%s: %s (%s%s)", path,
	                      advice_of(raw_code), detail, system);
}

static int fail(struct mr__db *db, int raw_code)
{
	return explain(db->path, db->raw, raw_code, &db->err);
}

/* ---- opening ------------------------------------------------------------- */

/* file:PATH?immutable=1 with the bytes that mean something in a URI escaped */
static char *peek_name(const char *path)
{
	static const char tail[] = "?immutable=1";
	static const char hex[] = "0123456789ABCDEF";
	const char *head = path[0] == '/' ? "file://" : "file:";
	char *name = malloc(strlen(head) + 3 * strlen(path) + sizeof(tail));
	char *to = name;

	if (!name) {
		return NULL;
	}
	to += sprintf(to, "%s", head);
	for (const char *from = path; *from; from++) {
		if (strchr("?#%", *from)) {
			*to++ = '%';
			*to++ = hex[((unsigned char)*from >> 4) & 15u];
			*to++ = hex[(unsigned char)*from & 15u];
		} else {
			*to++ = *from;
		}
	}
	memcpy(to, tail, sizeof(tail));
	return name;
}

static int open_raw(struct mr__db *db, int flags, const char *name)
{
	int code = sqlite3_open_v2(name, &db->raw,
	                           flags | SQLITE_OPEN_NOMUTEX, NULL);

	if (code != SQLITE_OK) {
		return code;
	}
	(void)sqlite3_extended_result_codes(db->raw, 1);
	(void)sqlite3_busy_timeout(db->raw, BUSY_MS);
	/* a damaged or foreign file must not run anything of its own */
	return sqlite3_exec(db->raw,
	                    "PRAGMA trusted_schema=OFF;"
	                    "PRAGMA cell_size_check=ON;" CACHE_PRAGMA,
	                    NULL, NULL, NULL);
}

static int touch(struct mr__db *db)
{
	return sqlite3_exec(db->raw, "SELECT count(*) FROM sqlite_master",
	                    NULL, NULL, NULL);
}

/* A change that was cut off can only be rolled back by a connection that may
 * write; query_only keeps it from doing anything else. */
static int open_read(struct mr__db *db)
{
	int code = open_raw(db, SQLITE_OPEN_READONLY, db->path);

	if (code == SQLITE_OK) {
		code = touch(db);
	}
	if (code != SQLITE_READONLY_ROLLBACK &&
	    code != SQLITE_READONLY_RECOVERY &&
	    code != SQLITE_READONLY_CANTINIT) {
		return code;
	}
	(void)sqlite3_close(db->raw);
	db->raw = NULL;
	code = open_raw(db, SQLITE_OPEN_READWRITE, db->path);
	if (code == SQLITE_OK) {
		code = touch(db);
	}
	if (code == SQLITE_OK) {
		code = sqlite3_exec(db->raw, "PRAGMA query_only=ON", NULL, NULL,
		                    NULL);
	}
	return code;
}

static int open_peek(struct mr__db *db)
{
	char *name = peek_name(db->path);
	int code;

	if (!name) {
		return SQLITE_NOMEM;
	}
	code = open_raw(db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, name);
	free(name);
	return code == SQLITE_OK ? touch(db) : code;
}

static int open_mode(struct mr__db *db, enum mr__db_mode mode)
{
	if (mode == MR__DB_PEEK) {
		return open_peek(db);
	}
	if (mode == MR__DB_READ) {
		return open_read(db);
	}
	return open_raw(db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
	                db->path);
}

int mr__db_open(const char *path, enum mr__db_mode mode, struct mr__db **out,
                struct mr_errtext *err)
{
	size_t length = strlen(path);
	struct mr__db *db = calloc(1, sizeof(*db) + length + 1);
	int code;

	if (!db) {
		return mr_errtext_set(err, MR_ERR_NOMEM, "%s: out of memory",
		                      path);
	}
	memcpy(db->path, path, length + 1);
	code = open_mode(db, mode);
	if (code != SQLITE_OK) {
		code = explain(path, db->raw, code, err);
		mr__db_close(db);
		return code;
	}
	*out = db;
	return MR_OK;
}

void mr__db_close(struct mr__db *db)
{
	if (!db) {
		return;
	}
	while (db->queries) {
		struct mr__query *query = db->queries;

		db->queries = query->next;
		(void)sqlite3_finalize(query->raw);
		free(query);
	}
	(void)sqlite3_close(db->raw);
	free(db);
}

/* ---- statements ---------------------------------------------------------- */

int mr__db_exec(struct mr__db *db, const char *sql)
{
	int code = sqlite3_exec(db->raw, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? MR_OK : fail(db, code);
}

int mr__db_number(struct mr__db *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *raw = NULL;
	int code = sqlite3_prepare_v2(db->raw, sql, -1, &raw, NULL);

	if (code == SQLITE_OK) {
		code = sqlite3_step(raw);
	}
	if (code == SQLITE_ROW) {
		*out = sqlite3_column_int64(raw, 0);
		(void)sqlite3_finalize(raw);
		return MR_OK;
	}
	code = code == SQLITE_DONE
		? mr_errtext_set(&db->err, MR_ERR_FORMAT,
	                         "%s: no answer to \"%s\"", db->path, sql)
		: fail(db, code);
	(void)sqlite3_finalize(raw);
	return code;
}

int64_t mr__db_inserted(struct mr__db *db)
{
	return sqlite3_last_insert_rowid(db->raw);
}

void mr__db_rollback(struct mr__db *db)
{
	if (!sqlite3_get_autocommit(db->raw)) {
		(void)sqlite3_exec(db->raw, "ROLLBACK", NULL, NULL, NULL);
	}
}

const char *mr__db_path(const struct mr__db *db)
{
	return db->path;
}

const char *mr__db_errmsg(const struct mr__db *db)
{
	return db->err.text;
}

int mr__db_prepare(struct mr__db *db, const char *sql, struct mr__query **out)
{
	struct mr__query *query = calloc(1, sizeof(*query));
	int code;

	if (!query) {
		return mr_errtext_set(&db->err, MR_ERR_NOMEM,
		                      "%s: out of memory", db->path);
	}
	code = sqlite3_prepare_v3(db->raw, sql, -1, SQLITE_PREPARE_PERSISTENT,
	                          &query->raw, NULL);
	if (code != SQLITE_OK) {
		free(query);
		return fail(db, code);
	}
	query->db = db;
	query->next = db->queries;
	db->queries = query;
	*out = query;
	return MR_OK;
}

static void note(struct mr__query *query, int code)
{
	if (code != SQLITE_OK && query->bind_code == SQLITE_OK) {
		query->bind_code = code;
	}
}

void mr__query_clear(struct mr__query *query)
{
	note(query, sqlite3_clear_bindings(query->raw));
}

void mr__query_set_null(struct mr__query *query, int at)
{
	note(query, sqlite3_bind_null(query->raw, at));
}

void mr__query_set_int(struct mr__query *query, int at, int64_t value)
{
	note(query, sqlite3_bind_int64(query->raw, at, value));
}

void mr__query_set_real(struct mr__query *query, int at, double value)
{
	note(query, sqlite3_bind_double(query->raw, at, value));
}

void mr__query_set_text(struct mr__query *query, int at, const char *text)
{
	note(query, sqlite3_bind_text(query->raw, at, text, -1,
	                              SQLITE_STATIC));
}

void mr__query_set_blob(struct mr__query *query, int at, const void *data,
                        size_t size)
{
	/* a NULL pointer would make the value NULL, not empty */
	note(query, sqlite3_bind_blob64(query->raw, at, data ? data : "",
	                                (sqlite3_uint64)size, SQLITE_STATIC));
}

int mr__query_run(struct mr__query *query)
{
	bool more;
	int code = mr__query_next(query, &more);

	mr__query_reset(query);
	return code;
}

int64_t mr__query_inserted(const struct mr__query *query)
{
	return mr__db_inserted(query->db);
}

int mr__query_next(struct mr__query *query, bool *more)
{
	int code = query->bind_code;

	query->bind_code = SQLITE_OK;
	query->lost = false;
	if (code == SQLITE_OK) {
		code = sqlite3_step(query->raw);
	}
	if (code != SQLITE_ROW && code != SQLITE_DONE) {
		return fail(query->db, code);
	}
	*more = code == SQLITE_ROW;
	return MR_OK;
}

int mr__query_check(struct mr__query *query)
{
	return query->lost ? fail(query->db, SQLITE_NOMEM) : MR_OK;
}

void mr__query_reset(struct mr__query *query)
{
	if (query) {
		(void)sqlite3_reset(query->raw);
	}
}

enum mr__value_type mr__query_type(struct mr__query *query, int at)
{
	switch (sqlite3_column_type(query->raw, at)) {
	case SQLITE_INTEGER:
		return MR__VALUE_INT;
	case SQLITE_FLOAT:
		return MR__VALUE_REAL;
	case SQLITE_TEXT:
		return MR__VALUE_TEXT;
	case SQLITE_BLOB:
		return MR__VALUE_BLOB;
	default:
		return MR__VALUE_NULL;
	}
}

int64_t mr__query_int(struct mr__query *query, int at)
{
	return sqlite3_column_int64(query->raw, at);
}

double mr__query_real(struct mr__query *query, int at)
{
	return sqlite3_column_double(query->raw, at);
}

/* NULL may also be what stands there. */
static void note_lost(struct mr__query *query, const void *value)
{
	query->lost = query->lost ||
	              (!value &&
	               sqlite3_errcode(query->db->raw) == SQLITE_NOMEM);
}

const char *mr__query_text(struct mr__query *query, int at)
{
	const unsigned char *text = sqlite3_column_text(query->raw, at);

	note_lost(query, text);
	return text ? (const char *)text : "";
}

const void *mr__query_blob(struct mr__query *query, int at, size_t *size)
{
	const void *data = sqlite3_column_blob(query->raw, at);

	note_lost(query, data);
	*size = (size_t)sqlite3_column_bytes(query->raw, at);
	return data;
}
