/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Reading an op log: runs, and operations one by one. */
#include "oplog_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "description_json.h"
#include "oplog_decode.h"
#include "oplog_schema.h"
#include "oplog_wire.h"

struct mr_oplog_reader {
	struct mr__db *db;
	struct mr__query *info;
	struct mr__query *count;
	struct mr__query *metadata;
	struct mr__query *description;
	struct mr__query *wire; /* NULL until asked for */
	struct mr__decoder decoder;
	char *texts[4]; /* of the last info: uri, command, version, metadata */
	int64_t run;    /* being read; 0 = none */
	struct mr_description desc; /* its */
	struct mr_errtext err;
};

static int lift(struct mr_oplog_reader *reader, int code)
{
	return mr_errtext_set(&reader->err, code, "%s",
	                      mr__db_errmsg(reader->db));
}

static int no_memory(struct mr_oplog_reader *reader)
{
	return mr_errtext_set(&reader->err, MR_ERR_NOMEM, "%s: out of memory",
	                      mr__db_path(reader->db));
}

/* What was read of a row is worth nothing if part of it could not be had. */
static int lost(struct mr_oplog_reader *reader, struct mr__query *query,
                int code)
{
	return mr__query_check(query) == MR_OK ? code : no_memory(reader);
}

/* ---- opening ------------------------------------------------------------- */

static int prepare(struct mr_oplog_reader *reader)
{
	char sql[MR__OPLOG_SQL_MAX];
	int code;

	mr__oplog_select_sql(sql);
	code = mr__db_prepare(reader->db, sql, &reader->decoder.row);
	if (code == MR_OK) {
		code = mr__db_prepare(reader->db, "SELECT name,type,n,bytes "
		                      "FROM data WHERE row=?1",
		                      &reader->decoder.data);
	}
	if (code == MR_OK) {
		code = mr__db_prepare(reader->db, "SELECT uri,command,version,"
		                      "level,started_wall_ns,ended_wall_ns,"
		                      "description FROM run WHERE run=?1",
		                      &reader->info);
	}
	if (code == MR_OK) {
		code = mr__db_prepare(reader->db, "SELECT count(*) FROM op "
		                      "WHERE row BETWEEN ?1 AND ?2",
		                      &reader->count);
	}
	if (code == MR_OK) {
		code = mr__db_prepare(reader->db, "SELECT group_concat(key||"
		                      "'='||value,char(10)) FROM metadata "
		                      "WHERE run=?1", &reader->metadata);
	}
	if (code == MR_OK) {
		code = mr__db_prepare(reader->db, "SELECT description FROM "
		                      "description WHERE row=?1",
		                      &reader->description);
	}
	return code;
}

int mr_oplog_open(const char *path, struct mr_oplog_reader **out,
                  struct mr_errtext *err)
{
	struct mr_oplog_reader *reader = calloc(1, sizeof(*reader));
	int code;

	if (!reader) {
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	}
	code = mr__oplog_open_read(path, &reader->db, err);
	if (code == MR_OK) {
		code = prepare(reader);
		if (code != MR_OK) {
			(void)mr_errtext_set(err, code, "%s",
			                     mr__db_errmsg(reader->db));
		}
	}
	if (code != MR_OK) {
		mr_oplog_close(reader);
		return code;
	}
	*out = reader;
	return MR_OK;
}

void mr_oplog_close(struct mr_oplog_reader *reader)
{
	if (!reader) {
		return;
	}
	for (size_t i = 0; i < 4; i++) {
		free(reader->texts[i]);
	}
	mr__decoder_close(&reader->decoder);
	mr__db_close(reader->db);
	free(reader);
}

const char *mr_oplog_errmsg(const struct mr_oplog_reader *reader)
{
	return reader->err.text;
}

/* ---- runs ---------------------------------------------------------------- */

int mr_oplog_runs(struct mr_oplog_reader *reader, int64_t *first,
                  int64_t *last)
{
	int code = mr__db_number(reader->db, "SELECT coalesce(min(run),0) "
	                         "FROM run", first);

	if (code == MR_OK) {
		code = mr__db_number(reader->db, "SELECT coalesce(max(run),0) "
		                     "FROM run", last);
	}
	return code == MR_OK ? MR_OK : lift(reader, code);
}

static const char *keep(struct mr_oplog_reader *reader, size_t at,
                        const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = malloc(size);

	if (copy) {
		memcpy(copy, text, size);
		free(reader->texts[at]);
		reader->texts[at] = copy;
	}
	return copy;
}

static int damaged_run(struct mr_oplog_reader *reader, int64_t run,
                       const char *why)
{
	return mr_errtext_set(&reader->err, MR_ERR_FORMAT,
	                      "%s: table run, run %lld: %s",
	                      mr__db_path(reader->db), (long long)run, why);
}

static int no_such_run(struct mr_oplog_reader *reader, int64_t run)
{
	int64_t first = 0;
	int64_t last = 0;
	const char *path = mr__db_path(reader->db);

	if (mr_oplog_runs(reader, &first, &last) == MR_OK && last == 0) {
		return mr_errtext_set(&reader->err, MR_ERR_USAGE,
		                      "%s: the log holds no run", path);
	}
	return mr_errtext_set(&reader->err, MR_ERR_USAGE,
	                      "%s: there is no run %lld; runs are %lld to %lld",
	                      path, (long long)run, (long long)first,
	                      (long long)last);
}

/* The row that reader->info stands on. */
static int take_info(struct mr_oplog_reader *reader,
                     struct mr_oplog_run_info *out)
{
	struct mr__query *from = reader->info;
	int64_t level = mr__query_int(from, 3);
	struct mr_errtext why = {""};
	int code;

	if (out->run < 1 || out->run >= MR__RUNS_MAX) {
		return damaged_run(reader, out->run, "no run has this number");
	}
	if (level < MR_OPLOG_OPERATIONS || level > MR_OPLOG_SURVEYS) {
		return damaged_run(reader, out->run, "unknown level");
	}
	out->level = (enum mr_oplog_level)level;
	out->started_wall_ns = mr__query_int(from, 4);
	out->ended_wall_ns = mr__query_int(from, 5);
	code = mr__description_parse(mr__query_text(from, 6), &out->desc, &why);
	if (code == MR_ERR_FORMAT) {
		return damaged_run(reader, out->run, why.text);
	}
	out->uri = keep(reader, 0, mr__query_text(from, 0));
	out->command = keep(reader, 1, mr__query_text(from, 1));
	out->version = keep(reader, 2, mr__query_text(from, 2));
	if (code != MR_OK || !out->uri || !out->command || !out->version) {
		return no_memory(reader);
	}
	return MR_OK;
}

static int find_run(struct mr_oplog_reader *reader,
                    struct mr_oplog_run_info *out)
{
	bool more = false;
	int code;

	mr__query_set_int(reader->info, 1, out->run);
	code = mr__query_next(reader->info, &more);
	if (code != MR_OK) {
		code = lift(reader, code);
	} else if (!more) {
		code = no_such_run(reader, out->run);
	} else {
		code = take_info(reader, out);
		code = lost(reader, reader->info, code);
	}
	mr__query_reset(reader->info);
	return code;
}

static int count_ops(struct mr_oplog_reader *reader,
                     struct mr_oplog_run_info *out)
{
	bool more = false;
	int code;

	mr__query_set_int(reader->count, 1, out->run * MR__RUN_ROWS);
	mr__query_set_int(reader->count, 2, (out->run + 1) * MR__RUN_ROWS - 1);
	code = mr__query_next(reader->count, &more);
	if (code == MR_OK && more) {
		out->n_ops = mr__query_int(reader->count, 0);
	}
	mr__query_reset(reader->count);
	return code == MR_OK ? MR_OK : lift(reader, code);
}

static int get_metadata(struct mr_oplog_reader *reader,
                        struct mr_oplog_run_info *out)
{
	bool more = false;
	int code;

	mr__query_set_int(reader->metadata, 1, out->run);
	code = mr__query_next(reader->metadata, &more);
	if (code != MR_OK) {
		code = lift(reader, code);
	} else {
		out->metadata = keep(reader, 3, more
		                     ? mr__query_text(reader->metadata, 0)
		                     : "");
		code = out->metadata ? MR_OK : no_memory(reader);
		code = lost(reader, reader->metadata, code);
	}
	mr__query_reset(reader->metadata);
	return code;
}

int mr_oplog_info(struct mr_oplog_reader *reader, int64_t run,
                  struct mr_oplog_run_info *out)
{
	struct mr_oplog_run_info info = {.run = run};
	int code = find_run(reader, &info);

	if (code == MR_OK) {
		code = count_ops(reader, &info);
	}
	if (code == MR_OK) {
		code = get_metadata(reader, &info);
	}
	if (code == MR_OK) {
		*out = info;
	}
	return code;
}

/* ---- operations ---------------------------------------------------------- */

int mr_oplog_rewind(struct mr_oplog_reader *reader, int64_t run)
{
	struct mr_oplog_run_info info = {.run = run};
	struct mr__query *rows = reader->decoder.row;
	int code = find_run(reader, &info);

	mr__query_reset(rows);
	reader->run = 0;
	if (code != MR_OK) {
		return code;
	}
	reader->run = run;
	reader->desc = info.desc;
	reader->decoder.desc = &reader->desc;
	reader->decoder.values = info.level >= MR_OPLOG_VALUES;
	mr__query_set_int(rows, 1, run * MR__RUN_ROWS);
	mr__query_set_int(rows, 2, (run + 1) * MR__RUN_ROWS - 1);
	return MR_OK;
}

static int damaged_op(struct mr_oplog_reader *reader,
                      const struct mr_oplog_record *record)
{
	return mr_errtext_set(&reader->err, MR_ERR_FORMAT,
	                      "%s: table op, row %lld (run %lld, operation "
	                      "%llu): %s is missing or malformed",
	                      mr__db_path(reader->db), (long long)record->row,
	                      (long long)reader->run,
	                      (unsigned long long)record->id,
	                      reader->decoder.bad);
}

int mr_oplog_next(struct mr_oplog_reader *reader, struct mr_oplog_record *out,
                  bool *more)
{
	struct mr_oplog_record record = {0};
	bool found = false;
	int code;

	if (reader->run == 0) {
		*more = false;
		return MR_OK;
	}
	code = mr__query_next(reader->decoder.row, &found);
	if (code == MR_OK && found) {
		code = mr__decode(&reader->decoder, &record);
		if (code == MR_ERR_NOMEM ||
		    mr__query_check(reader->decoder.row) != MR_OK ||
		    mr__query_check(reader->decoder.data) != MR_OK) {
			return no_memory(reader);
		}
		if (code == MR_ERR_FORMAT && reader->decoder.bad) {
			return damaged_op(reader, &record);
		}
	}
	if (code != MR_OK) {
		return lift(reader, code);
	}
	if (found) {
		*out = record;
	} else {
		reader->run = 0; /* the end stays the end */
		mr__query_reset(reader->decoder.row);
	}
	*more = found;
	return MR_OK;
}

/* ---- what playback needs ------------------------------------------------- */

int mr__oplog_description(struct mr_oplog_reader *reader, int64_t row,
                          struct mr_description *out, bool *found)
{
	struct mr_errtext why = {""};
	int code;

	*found = false;
	mr__query_set_int(reader->description, 1, row);
	code = mr__query_next(reader->description, found);
	if (code != MR_OK) {
		code = lift(reader, code);
	} else if (*found) {
		code = mr__description_parse(
			mr__query_text(reader->description, 0), out, &why);
		if (code == MR_ERR_FORMAT) {
			(void)mr_errtext_set(&reader->err, code,
			                     "%s: table description, row %lld: "
			                     "%s", mr__db_path(reader->db),
			                     (long long)row, why.text);
		} else if (code != MR_OK) {
			code = no_memory(reader);
		}
		code = lost(reader, reader->description, code);
	}
	mr__query_reset(reader->description);
	return code;
}

/* ---- the wire ------------------------------------------------------------ */

static int no_wire(struct mr_oplog_reader *reader, int64_t run)
{
	return mr_errtext_set(&reader->err, MR_ERR_MISSING,
	                      "%s: the wire of run %lld was not recorded (log a "
	                      "board with --log-wire)",
	                      mr__db_path(reader->db), (long long)run);
}

int mr_oplog_wire_rewind(struct mr_oplog_reader *reader, int64_t run)
{
	struct mr_oplog_run_info info;
	bool more = false;
	int code = mr_oplog_info(reader, run, &info);

	if (code == MR_OK && !reader->wire) {
		code = mr__wire_query(reader->db, &reader->wire);
		if (code == MR_ERR_MISSING) {
			return no_wire(reader, run);
		}
		if (code != MR_OK) {
			return lift(reader, code);
		}
	}
	if (code != MR_OK) {
		return code;
	}
	mr__query_reset(reader->wire);
	mr__query_set_int(reader->wire, 1, run);
	code = mr__query_next(reader->wire, &more);
	if (code != MR_OK) {
		return lift(reader, code);
	}
	mr__query_reset(reader->wire);
	return more ? MR_OK : no_wire(reader, run);
}

int mr_oplog_wire_next(struct mr_oplog_reader *reader,
                       struct mr_wire_piece *out, uint64_t *op, bool *more)
{
	int code = mr__query_next(reader->wire, more);

	if (code != MR_OK) {
		return lift(reader, code);
	}
	if (!*more) {
		return MR_OK;
	}
	code = mr__wire_take(reader->wire, out, op);
	if (code != MR_OK) {
		code = mr_errtext_set(&reader->err, code,
		                      "%s: a row of table wire is damaged",
		                      mr__db_path(reader->db));
	}
	return lost(reader, reader->wire, code);
}
