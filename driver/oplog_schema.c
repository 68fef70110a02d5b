/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The tables of an op log. The comments are inside the SQL, so that `.schema`
 * in the sqlite3 shell explains the file to whoever finds it.
 */
#include "oplog_schema.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION_ID 1297238343 /* "MRIG" */
#define SCHEMA_VERSION 2
#define OLDEST_READABLE 1 /* op was a table with the columns of the view */

#define BESIDE_MAX 4096 /* room for the name of a file beside the log */

#define TEXT_OF(x) #x
#define NUMBER(x) TEXT_OF(x)

static const char mark_sql[] =
	"PRAGMA application_id=" NUMBER(APPLICATION_ID) ";"
	"PRAGMA user_version=" NUMBER(SCHEMA_VERSION) ";";

static const char run_sql[] =
	"CREATE TABLE run (\n"
	"  run INTEGER PRIMARY KEY, -- 1, 2, ..\n"
	"  uri TEXT NOT NULL,       -- of the array\n"
	"  seed TEXT,               -- decimal; NULL = the array has none\n"
	"  command TEXT,            -- command line\n"
	"  version TEXT NOT NULL,   -- of memrig\n"
	"  level INTEGER NOT NULL,  -- 1 operations, 2 + values, 3 + surveys\n"
	"  survey_interval_s REAL,  -- level 3: array time between surveys\n"
	"  host TEXT,\n"
	"  started_wall_ns INTEGER NOT NULL, -- since 1970-01-01 UTC\n"
	"  ended_wall_ns INTEGER,   -- NULL = never finished\n"
	"  description TEXT NOT NULL -- JSON: what the array said of itself\n"
	");"
	"CREATE TABLE metadata (\n"
	"  run INTEGER NOT NULL REFERENCES run,\n"
	"  key TEXT NOT NULL,\n"
	"  value TEXT NOT NULL,\n"
	"  PRIMARY KEY (run, key)\n"
	") WITHOUT ROWID;"
	"CREATE TABLE description (\n"
	"  row INTEGER PRIMARY KEY REFERENCES operation, -- a configure\n"
	"  description TEXT NOT NULL -- JSON: what holds after it\n"
	");";

static const char op_sql[] =
	"CREATE TABLE form ( -- what many operations have in common\n"
	"  form INTEGER PRIMARY KEY,\n"
	"  composed INTEGER,    -- 1 = done by memrig as a program of others\n"
	"  survey INTEGER,      -- 1 = read at an interval, not asked for\n"
	"  kind TEXT NOT NULL,  -- read pulse trace program drive wait configure\n"
	"  selection TEXT,      -- all rect list outer\n"
	"  row0 INTEGER, col0 INTEGER,     -- all, rect: first row and column\n"
	"  n_rows INTEGER, n_cols INTEGER, -- all, rect, outer\n"
	"  n_cells INTEGER,\n"
	"  unit TEXT,           -- V or A: of amplitude and levels\n"
	"  amplitude REAL,      -- NULL = per cell, in input\n"
	"  width_s REAL,        -- NULL = per cell, in data\n"
	"  t_rise_s REAL, t_fall_s REAL,\n"
	"  count INTEGER,       -- NULL = per cell, in data\n"
	"  compliance REAL,     -- in the other unit; 0 = none\n"
	"  v_read_V REAL, t_int_s REAL, averages INTEGER,\n"
	"  n_levels INTEGER, n_samples INTEGER, -- of a trace\n"
	"  target_S REAL,       -- NULL = per cell, in input\n"
	"  tolerance_S REAL, budget INTEGER,\n"
	"  axis TEXT, batch INTEGER, -- of a drive: rows or cols are fed\n"
	"  duration_s REAL, period_s REAL,\n"
	"  name TEXT, value TEXT,    -- of a configure\n"
	"  n_effect INTEGER,    -- cells (drive: vectors) that took effect\n"
	"  status INTEGER,      -- OR of 1 compliance, 2 over range, 4\n"
	"                       -- saturated, 8 not converged, 16 unknown\n"
	"  error TEXT,          -- ok, or the name of what went wrong\n"
	"  errtext TEXT,\n"
	"  source TEXT,         -- of the result: measured or inferred\n"
	"  n_data INTEGER,      -- rows of table data; NULL = none\n"
	"  packing TEXT         -- of input: dense sparse bits\n"
	");"
	"CREATE TABLE operation ( -- read it through the view op\n"
	"  row INTEGER PRIMARY KEY, -- run * 2^40 + id\n"
	"  form INTEGER NOT NULL REFERENCES form,\n"
	"  parent INTEGER,      -- id of the composed operation; NULL = none\n"
	"  t_begin_ns INTEGER, t_end_ns INTEGER, -- array time\n"
	"  wall_begin_ns INTEGER NOT NULL,\n"
	"  wall_end_ns INTEGER, -- NULL = begun, never ended\n"
	"  cells BLOB,          -- list: u4 list; outer: u4 rows, then columns\n"
	"  input BLOB,          -- f4: drive V; pulse V or A; trace V or A;\n"
	"                       -- program S\n"
	"  result BLOB          -- f4: read S; drive A; trace A; program S\n"
	");"
	"CREATE TABLE data (\n"
	"  row INTEGER NOT NULL REFERENCES operation,\n"
	"  name TEXT NOT NULL,  -- v_V i_A t_s status widths_s counts hold_s\n"
	"                       -- sample pulses\n"
	"  role TEXT NOT NULL,  -- input or result\n"
	"  source TEXT,         -- of a result: measured or inferred\n"
	"  type TEXT NOT NULL,  -- f4 f8 u4 u1, little-endian\n"
	"  n INTEGER NOT NULL,  -- elements\n"
	"  bytes BLOB NOT NULL,\n"
	"  PRIMARY KEY (row, name)\n"
	");";

static const char view_sql[] =
	"CREATE VIEW op AS -- one row per operation, with its form\n"
	"  SELECT row, row >> 40 AS run, row & 1099511627775 AS id, parent,\n"
	"    composed, survey, kind, selection, row0, col0, n_rows, n_cols,\n"
	"    n_cells, unit, amplitude, width_s, t_rise_s, t_fall_s, count,\n"
	"    compliance, v_read_V, t_int_s, averages, n_levels, n_samples,\n"
	"    target_S, tolerance_S, budget, axis, batch, duration_s, period_s,\n"
	"    name, value, t_begin_ns, t_end_ns, wall_begin_ns, wall_end_ns,\n"
	"    n_effect, status, error, errtext, source, n_data, packing,\n"
	"    CASE selection WHEN 'outer' THEN substr(cells, 1, 4 * n_rows)\n"
	"      END AS rows,\n"
	"    CASE selection WHEN 'outer' THEN substr(cells, 4 * n_rows + 1)\n"
	"      END AS cols,\n"
	"    CASE WHEN selection IS NOT 'outer' THEN cells END AS cells,\n"
	"    input, result\n"
	"    FROM operation LEFT JOIN form USING (form);"
	"CREATE VIEW reads AS -- successful reads\n"
	"  SELECT row, run, id, parent, survey, t_begin_ns, t_end_ns,\n"
	"    selection, row0, col0, n_rows, n_cols, n_cells, v_read_V, averages,\n"
	"    result AS g_S FROM op WHERE kind = 'read' AND error = 'ok';"
	"CREATE VIEW drives AS -- successful drives\n"
	"  SELECT row, run, id, parent, t_begin_ns, t_end_ns, axis, batch,\n"
	"    CASE axis WHEN 'rows' THEN n_rows ELSE n_cols END AS n_in,\n"
	"    CASE axis WHEN 'rows' THEN n_cols ELSE n_rows END AS n_out,\n"
	"    duration_s, period_s, source, packing, input AS v_V,\n"
	"    result AS i_A FROM op WHERE kind = 'drive' AND error = 'ok';"
	"CREATE VIEW pulses AS -- pulses that took effect\n"
	"  SELECT row, run, id, parent, t_begin_ns, t_end_ns, selection, row0,\n"
	"    col0, n_rows, n_cols, n_cells, unit, amplitude, width_s, count,\n"
	"    n_effect, error FROM op WHERE kind = 'pulse' AND n_effect > 0;"
	"CREATE VIEW failures AS -- what did not succeed, oldest first\n"
	"  SELECT row, run, id, parent, kind, error, errtext, n_effect\n"
	"    FROM op WHERE error IS NOT 'ok' ORDER BY row;";

static const char *const names[MR__OP_COLUMNS] = {
	[MR__OP_ROW] = "row",
	[MR__OP_PARENT] = "parent",
	[MR__OP_COMPOSED] = "composed",
	[MR__OP_SURVEY] = "survey",
	[MR__OP_KIND] = "kind",
	[MR__OP_SELECTION] = "selection",
	[MR__OP_ROW0] = "row0",
	[MR__OP_COL0] = "col0",
	[MR__OP_N_ROWS] = "n_rows",
	[MR__OP_N_COLS] = "n_cols",
	[MR__OP_N_CELLS] = "n_cells",
	[MR__OP_UNIT] = "unit",
	[MR__OP_AMPLITUDE] = "amplitude",
	[MR__OP_WIDTH] = "width_s",
	[MR__OP_RISE] = "t_rise_s",
	[MR__OP_FALL] = "t_fall_s",
	[MR__OP_COUNT] = "count",
	[MR__OP_COMPLIANCE] = "compliance",
	[MR__OP_V_READ] = "v_read_V",
	[MR__OP_T_INT] = "t_int_s",
	[MR__OP_AVERAGES] = "averages",
	[MR__OP_N_LEVELS] = "n_levels",
	[MR__OP_N_SAMPLES] = "n_samples",
	[MR__OP_TARGET] = "target_S",
	[MR__OP_TOLERANCE] = "tolerance_S",
	[MR__OP_BUDGET] = "budget",
	[MR__OP_AXIS] = "axis",
	[MR__OP_BATCH] = "batch",
	[MR__OP_DURATION] = "duration_s",
	[MR__OP_PERIOD] = "period_s",
	[MR__OP_NAME] = "name",
	[MR__OP_VALUE] = "value",
	[MR__OP_T_BEGIN] = "t_begin_ns",
	[MR__OP_T_END] = "t_end_ns",
	[MR__OP_WALL_BEGIN] = "wall_begin_ns",
	[MR__OP_WALL_END] = "wall_end_ns",
	[MR__OP_N_EFFECT] = "n_effect",
	[MR__OP_STATUS] = "status",
	[MR__OP_ERROR] = "error",
	[MR__OP_ERRTEXT] = "errtext",
	[MR__OP_SOURCE] = "source",
	[MR__OP_N_DATA] = "n_data",
	[MR__OP_PACKING] = "packing",
	[MR__OP_ROWS] = "rows",
	[MR__OP_COLS] = "cols",
	[MR__OP_CELLS] = "cells",
	[MR__OP_INPUT] = "input",
	[MR__OP_RESULT] = "result",
};

const char *mr__op_column_name(enum mr__op_column column)
{
	return names[column];
}

static char *add(char *to, const char *text)
{
	size_t length = strlen(text);

	memcpy(to, text, length + 1);
	return to + length;
}

void mr__oplog_form_sql(char *sql)
{
	sql = add(sql, "INSERT INTO form(");
	for (int i = 0; i < MR__FORM_COLUMNS; i++) {
		sql = add(sql, i > 0 ? "," : "");
		sql = add(sql, names[MR__FORM_FIRST + i]);
	}
	sql = add(sql, ") VALUES(");
	for (int i = 0; i < MR__FORM_COLUMNS; i++) {
		sql = add(sql, i > 0 ? ",?" : "?");
	}
	(void)add(sql, ")");
}

void mr__oplog_select_sql(char *sql)
{
	sql = add(sql, "SELECT ");
	for (int i = 0; i < MR__OP_COLUMNS; i++) {
		sql = add(sql, i > 0 ? "," : "");
		sql = add(sql, names[i]);
	}
	(void)add(sql, " FROM op WHERE row BETWEEN ?1 AND ?2 ORDER BY row");
}

/* ---- opening ------------------------------------------------------------- */

static int judge(const char *path, int64_t application, int64_t version,
                 int oldest, struct mr_errtext *err)
{
	if (application != APPLICATION_ID) {
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: it is no memrig log but another "
		                      "SQLite file", path);
	}
	if (version >= OLDEST_READABLE && version < oldest) {
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: the log has format version %lld, "
		                      "which this memrig reads but does not "
		                      "write: log into another file", path,
		                      (long long)version);
	}
	if (version < oldest || version > SCHEMA_VERSION) {
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: the log has format version %lld; "
		                      "this memrig knows versions %d to %d", path,
		                      (long long)version, OLDEST_READABLE,
		                      SCHEMA_VERSION);
	}
	return MR_OK;
}

static int check_marks(struct mr__db *db, int oldest, struct mr_errtext *err)
{
	int64_t application = 0;
	int64_t version = 0;
	int code = mr__db_number(db, "PRAGMA application_id", &application);

	if (code == MR_OK) {
		code = mr__db_number(db, "PRAGMA user_version", &version);
	}
	if (code != MR_OK) {
		return mr_errtext_set(err, code, "%s", mr__db_errmsg(db));
	}
	return judge(mr__db_path(db), application, version, oldest, err);
}

static size_t read_head(const char *path, unsigned char *head, size_t size)
{
	FILE *file = fopen(path, "rb");
	size_t got = 0;

	if (file) {
		got = fread(head, 1, size, file);
		(void)fclose(file);
	}
	return got;
}

static uint32_t big_endian(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
	       (uint32_t)bytes[2] << 8 | bytes[3];
}

static int no_log(const char *path, struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_FORMAT,
	                      "%s: it is no memrig log, or a damaged one", path);
}

/* The marks as they lie in the file's first bytes (SQLite's file format, 1.3).
 * They are there from the first commit on, whatever was cut off later. */
static int check_head(const char *path, int oldest, struct mr_errtext *err)
{
	static const char magic[16] = "SQLite format 3";
	unsigned char head[100];

	if (access(path, R_OK) != 0) {
		return mr_errtext_set(err, MR_ERR_IO, "%s: %s", path,
		                      strerror(errno));
	}
	if (read_head(path, head, sizeof(head)) != sizeof(head) ||
	    memcmp(head, magic, sizeof(magic)) != 0) {
		return no_log(path, err);
	}
	return judge(path, big_endian(head + 68), big_endian(head + 60),
	             oldest, err);
}

static bool lies_beside(const char *path, const char *tail)
{
	char name[BESIDE_MAX];
	struct stat status;

	return snprintf(name, sizeof(name), "%s%s", path, tail) <
	               (int)sizeof(name) &&
	       stat(name, &status) == 0 && status.st_size > 0;
}

/* Looks without a lock and without recovery, so that a file which is not ours
 * stays as it is, and so does what lies beside it. What was cut off may lie in
 * two files, of which the one makes no sense without the other. */
static int check_file(const char *path, int oldest, struct mr_errtext *err)
{
	struct mr__db *db = NULL;
	int code = check_head(path, oldest, err);

	if (code != MR_OK || lies_beside(path, "-wal") ||
	    lies_beside(path, "-journal")) {
		return code;
	}
	code = mr__db_open(path, MR__DB_PEEK, &db, err);
	if (code == MR_ERR_FORMAT) {
		return no_log(path, err);
	}
	mr__db_close(db);
	return code;
}

/* Whether making the file was cut off: the journal beside it says that there
 * were no pages before, so that SQLite will undo all that is in it. */
static bool is_unborn(const char *path)
{
	/* magic, number of records, nonce, pages before */
	static const unsigned char magic[] = {0xd9, 0xd5, 0x05, 0xf9,
	                                      0x20, 0xa1, 0x63, 0xd7};
	unsigned char head[20];
	char name[BESIDE_MAX];

	return snprintf(name, sizeof(name), "%s-journal", path) <
	               (int)sizeof(name) &&
	       read_head(name, head, sizeof(head)) == sizeof(head) &&
	       memcmp(head, magic, sizeof(magic)) == 0 &&
	       big_endian(head + 16) == 0;
}

static int check_path(const char *path, bool *empty, struct mr_errtext *err)
{
	struct stat status;

	*empty = true;
	if (stat(path, &status) != 0) {
		return errno == ENOENT ? MR_OK
			: mr_errtext_set(err, MR_ERR_IO, "%s: %s", path,
		                         strerror(errno));
	}
	if (!S_ISREG(status.st_mode)) {
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: it is no regular file", path);
	}
	*empty = status.st_size == 0 || is_unborn(path);
	return MR_OK;
}

/* One transaction of the rollback journal: the file is a whole log or empty. */
static int create(struct mr__db *db)
{
	static const char *const steps[] = {
		"PRAGMA synchronous=FULL; BEGIN IMMEDIATE", mark_sql, run_sql,
		op_sql, view_sql, "COMMIT",
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int code = mr__db_exec(db, steps[i]);

		if (code != MR_OK) {
			mr__db_rollback(db);
			return code;
		}
	}
	return MR_OK;
}

/* Recovery may have found that making the file was cut off. */
static int create_if_empty(struct mr__db *db)
{
	int64_t pages = 0;
	int code = mr__db_number(db, "PRAGMA page_count", &pages);

	return code == MR_OK && pages == 0 ? create(db) : code;
}

int mr__oplog_open_write(const char *path, struct mr__db **out,
                         struct mr_errtext *err)
{
	struct mr__db *db = NULL;
	bool empty;
	int code = check_path(path, &empty, err);

	if (code == MR_OK && !empty) {
		code = check_file(path, SCHEMA_VERSION, err);
	}
	if (code == MR_OK) {
		code = mr__db_open(path, MR__DB_WRITE, &db, err);
	}
	if (code != MR_OK) {
		return code;
	}
	code = create_if_empty(db);
	if (code != MR_OK) {
		(void)mr_errtext_set(err, code, "%s", mr__db_errmsg(db));
	} else {
		code = check_marks(db, SCHEMA_VERSION, err);
	}
	if (code == MR_OK) {
		code = mr__db_exec(db, "PRAGMA journal_mode=WAL");
		if (code != MR_OK) {
			(void)mr_errtext_set(err, code, "%s",
			                     mr__db_errmsg(db));
		}
	}
	if (code != MR_OK) {
		mr__db_close(db);
		return code;
	}
	*out = db;
	return MR_OK;
}

int mr__oplog_open_read(const char *path, struct mr__db **out,
                        struct mr_errtext *err)
{
	struct mr__db *db = NULL;
	bool empty;
	int code = check_path(path, &empty, err);

	if (code == MR_OK && empty) {
		code = mr_errtext_set(err, MR_ERR_MISSING,
		                      "%s: there is no such log, or it is empty",
		                      path);
	}
	if (code == MR_OK) {
		code = check_file(path, OLDEST_READABLE, err);
	}
	if (code == MR_OK) {
		code = mr__db_open(path, MR__DB_READ, &db, err);
	}
	if (code == MR_OK) {
		code = check_marks(db, OLDEST_READABLE, err);
	}
	if (code != MR_OK) {
		mr__db_close(db);
		return code;
	}
	*out = db;
	return MR_OK;
}
