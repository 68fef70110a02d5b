/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Logs: read from end to end, and played back. An input that begins like a
 * SQLite file is the log. Any other is a list of edits to a good one, as SQL
 * would make them, since hardly a mutated file gets past SQLite:
 *
 *     table (1) column (1) row (1) kind (1) value, by kind:
 *     0 NULL | 1 integer (1) | 2 integer (8) | 3 real (8)
 *     4 text: length (1), bytes | 5 blob: length (1), bytes
 *     6 delete the row | 7 a word that the log knows (1)
 *     8 turn a byte of a blob: where (1), with what (1)
 *     9 a text with a piece overwritten: where (2), length (1), bytes
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../opedit.h"
#include "fuzz.h"
#include "memrig/memrig.h"

#define ROWS 3
#define COLS 4
#define CELLS (ROWS * COLS)
#define BASE_ROOM 262144
#define EDITS_MAX 24
#define RESULT_MAX ((size_t)1 << 16) /* elements that are asked for */
#define OPS_MAX 64
#define TEXT_ROOM 16384

const char mr_fuzz_name[] = "oplog";

static const char base_uri[] = "emu:pcm?rows=3&cols=4&seed=7";

/* ---- the good log -------------------------------------------------------- */

static struct {
	unsigned char bytes[BASE_ROOM];
	size_t size;
} base;

static void submit(struct mr_array *array, struct mr_op op)
{
	mr_fuzz_must(mr_array_submit(array, &op, 1, NULL, NULL) == MR_OK,
	             mr_array_errmsg(array));
}

/* Every kind of operation and selection, with the optional inputs. */
static void live(struct mr_array *array)
{
	static const uint32_t cells[] = {5, 0, 11}, rows[] = {2, 0},
			      cols[] = {3};
	static const float amps[] = {9e-5f, 9.03e-5f, 8.97e-5f};
	static const float widths[] = {5e-8f, 5.02e-8f, 4.98e-8f};
	static const uint32_t counts[] = {2, 0, 1};
	static const float levels[] = {0.05f, 0.1f, 0};
	static const double holds[] = {1e-6, 2.385e-6, 1e-6};
	static const uint8_t sampled[] = {1, 0, 1};
	static const float inputs[2 * ROWS] = {0.1f, 0, 0, 0, 0, 0};
	static float g_S[CELLS], v_V[CELLS], i_A[CELLS];
	static double t_s[CELLS];
	static uint8_t status[CELLS];
	static uint32_t pulses[CELLS];
	const struct mr_selection list = {
		.kind = MR_SELECT_LIST, .cells = cells, .n_cells = 3};
	const struct mr_selection outer = {.kind = MR_SELECT_OUTER,
	                                   .rows = rows, .n_rows = 2,
	                                   .cols = cols, .n_cols = 1};
	const struct mr_selection rect = {
		.kind = MR_SELECT_RECT, .row = 1, .n_rows = 2, .n_cols = 3};

	submit(array, (struct mr_op){
		.kind = MR_OP_PULSE, .where = list,
		.pulse = {.unit = MR_UNIT_AMPERE, .amplitudes = amps,
	                  .widths_s = widths, .counts = counts,
	                  .status = status}});
	submit(array, (struct mr_op){
		.kind = MR_OP_READ, .where = rect,
		.read = {.averages = 2, .g_S = g_S, .v_V = v_V, .i_A = i_A,
	                 .status = status}});
	submit(array, (struct mr_op){
		.kind = MR_OP_CONFIGURE,
		.configure = {.name = "read_range", .value = "2.385e-05"}});
	submit(array, (struct mr_op){
		.kind = MR_OP_TRACE, .where = outer,
		.trace = {.n_levels = 3, .level = levels, .hold_s = holds,
	                  .sample = sampled, .i_A = i_A, .v_V = v_V,
	                  .t_s = t_s, .status = status}});
	submit(array, (struct mr_op){
		.kind = MR_OP_DRIVE,
		.drive = {.batch = 2, .v_V = inputs, .i_A = i_A,
	                  .period_s = 1e-3, .status = status}});
	submit(array, (struct mr_op){.kind = MR_OP_WAIT,
	                             .wait = {.duration_s = 2.385}});
	submit(array, (struct mr_op){
		.kind = MR_OP_PROGRAM, .where = list,
		.program = {.target = 3e-6, .tolerance_S = 6e-7, .budget = 2,
	                    .g_S = g_S, .pulses = pulses}});
	submit(array, (struct mr_op){.kind = MR_OP_READ,
	                             .read = {.g_S = g_S}});
}

static void record(const char *path)
{
	static const char *const metadata[] = {"operator=Ada", NULL};
	const struct mr_oplog_options options = {
		.level = MR_OPLOG_SURVEYS, .survey_interval_s = 1,
		.metadata = metadata};
	struct mr_array *array = NULL;
	struct mr_oplog *log = NULL;

	mr_fuzz_must(mr_array_open(base_uri, NULL, &array, NULL) == MR_OK &&
	                     mr_oplog_start(path, array, &options, &log,
	                                    NULL) == MR_OK,
	             "a log is begun");
	live(array);
	mr_fuzz_must(mr_oplog_finish(log, NULL) == MR_OK &&
	                     mr_array_close(array, NULL) == MR_OK,
	             "a log is ended");
}

static sqlite3 *open_sql(const char *path, const char *text)
{
	sqlite3 *db = NULL;

	mr_fuzz_must(sqlite3_open(path, &db) == SQLITE_OK &&
	                     sqlite3_exec(db, text, NULL, NULL, NULL) ==
	                             SQLITE_OK,
	             "the good log opens");
	return db;
}

static void make_base(void)
{
	if (base.size)
		return;
	const char *path = mr_fuzz_file("", 0);

	record(path);
	(void)sqlite3_close(open_sql(path, "PRAGMA journal_mode=DELETE"));
	FILE *file = fopen(path, "rb");

	mr_fuzz_must(file != NULL, "the good log is there");
	base.size = fread(base.bytes, 1, sizeof base.bytes, file);
	(void)fclose(file);
	mr_fuzz_must(base.size > 0 && base.size < sizeof base.bytes,
	             "the good log fits");
}

/* ---- edits --------------------------------------------------------------- */

struct input {
	const uint8_t *data;
	size_t size;
};

static uint8_t byte(struct input *in)
{
	if (in->size == 0)
		return 0;
	in->size--;
	return *in->data++;
}

static const uint8_t *bytes(struct input *in, size_t *n)
{
	const uint8_t *data = in->data;

	*n = *n < in->size ? *n : in->size;
	in->data += *n;
	in->size -= *n;
	return data;
}

static uint64_t eight(struct input *in)
{
	uint64_t value = 0;

	for (int i = 0; i < 64; i += 8)
		value |= (uint64_t)byte(in) << i;
	return value;
}

static const char *word(uint8_t which)
{
	static const char *const words[] = {
		"read", "pulse", "trace", "program", "drive", "wait",
		"configure", "all", "rect", "list", "outer", "V", "A", "rows",
		"cols", "dense", "sparse", "bits", "f4", "f8", "u4", "u1", "ok",
		"io", "timeout", "outcome", "refused", "stopped", "range",
		"not-run", "v_V", "i_A", "t_s", "status", "widths_s", "counts",
		"hold_s", "sample", "pulses", "measured", "inferred", ""};

	return words[which % (sizeof words / sizeof words[0])];
}

/* The value that stands there, for edits that change a part of it. */
static int patch(sqlite3_stmt *set, sqlite3_stmt *get, struct input *in,
                 bool text)
{
	static unsigned char room[TEXT_ROOM];
	int size = sqlite3_step(get) == SQLITE_ROW
	                   ? sqlite3_column_bytes(get, 0)
	                   : 0;
	size_t at = byte(in), n = 1;

	if (size == 0 || size > TEXT_ROOM)
		return SQLITE_OK;
	memcpy(room, sqlite3_column_blob(get, 0), (size_t)size);
	if (!text) {
		room[at % (size_t)size] ^= byte(in);
		return sqlite3_bind_blob(set, 1, room, size, SQLITE_TRANSIENT);
	}
	at = (at | (size_t)byte(in) << 8) % (size_t)size;
	n = byte(in);
	const uint8_t *piece = bytes(in, &n);

	n = n < (size_t)size - at ? n : (size_t)size - at;
	if (n)
		memcpy(room + at, piece, n);
	return sqlite3_bind_text(set, 1, (char *)room, size, SQLITE_TRANSIENT);
}

static void bind_value(sqlite3_stmt *set, sqlite3_stmt *get,
                       struct input *in, uint8_t kind)
{
	size_t n;
	uint64_t bits;
	double x;
	const uint8_t *data;

	switch (kind % 10) {
	case 1:
		(void)sqlite3_bind_int(set, 1, (int8_t)byte(in));
		break;
	case 2:
		(void)sqlite3_bind_int64(set, 1, (int64_t)eight(in));
		break;
	case 3:
		bits = eight(in);
		memcpy(&x, &bits, sizeof x);
		(void)sqlite3_bind_double(set, 1, x);
		break;
	case 4:
	case 5:
		n = byte(in);
		data = bytes(in, &n);
		(void)(kind % 10 == 4
		               ? sqlite3_bind_text(set, 1, (const char *)data,
		                                   (int)n, SQLITE_STATIC)
		               : sqlite3_bind_blob(set, 1, data, (int)n,
		                                   SQLITE_STATIC));
		break;
	case 7:
		(void)sqlite3_bind_text(set, 1, word(byte(in)), -1,
		                        SQLITE_STATIC);
		break;
	case 8:
	case 9:
		(void)patch(set, get, in, kind % 10 == 9);
		break;
	default: /* NULL */
		break;
	}
}

static const struct {
	const char *name;
	const char *key;
	const char *columns[44];
	uint8_t n;
} tables[] = {
	{"op", "row",
         {"parent", "composed", "survey", "kind", "selection", "row0", "col0",
          "n_rows", "n_cols", "n_cells", "unit", "amplitude", "width_s",
          "t_rise_s", "t_fall_s", "count", "compliance", "v_read_V", "t_int_s",
          "averages", "n_levels", "n_samples", "target_S", "tolerance_S",
          "budget", "axis", "batch", "duration_s", "period_s", "name", "value",
          "t_begin_ns", "t_end_ns", "wall_end_ns", "n_effect", "status",
          "error", "errtext", "n_data", "packing", "rows", "cells", "input",
          "result"},
         44},
	{"data", "rowid", {"row", "name", "role", "source", "type", "n", "bytes"},
         7},
	{"run", "rowid",
         {"run", "uri", "seed", "command", "version", "level",
          "started_wall_ns", "ended_wall_ns", "description"},
         9},
	{"description", "rowid", {"row", "description"}, 2},
	{"op", "row", {"row", "cols", "wall_begin_ns"}, 3},
};

/* A constraint may refuse it; then nothing happens. */
static void edit(sqlite3 *db, struct input *in)
{
	uint8_t table = byte(in) % (sizeof tables / sizeof tables[0]);
	const char *name = tables[table].name;
	const char *column = tables[table].columns[byte(in) % tables[table].n];
	uint8_t row = byte(in), kind = byte(in);
	char where[128], text[256], question[256];
	sqlite3_stmt *set = NULL, *get = NULL;

	(void)snprintf(where, sizeof where,
	               "%s=(SELECT %s FROM %s LIMIT 1 OFFSET %u)",
	               tables[table].key, tables[table].key, name, row % 40u);
	(void)snprintf(text, sizeof text,
	               kind % 10 == 6 ? "DELETE FROM %s WHERE %s"
	                              : "UPDATE %s SET %s=?1 WHERE %s",
	               name, kind % 10 == 6 ? where : column, where);
	(void)snprintf(question, sizeof question, "SELECT %s FROM %s WHERE %s",
	               column, name, where);
	mr_fuzz_must(sqlite3_prepare_v2(db, text, -1, &set, NULL) ==
	                             SQLITE_OK &&
	                     sqlite3_prepare_v2(db, question, -1, &get, NULL) ==
	                             SQLITE_OK,
	             sqlite3_errmsg(db));
	bind_value(set, get, in, kind);
	(void)sqlite3_reset(get);
	(void)sqlite3_step(set);
	(void)sqlite3_finalize(set);
	(void)sqlite3_finalize(get);
}

/* Rows that claim millions of values are read as such, which takes gigabytes
 * and is no fault. */
static bool is_large(sqlite3 *db)
{
	static const char question[] =
		"SELECT 1 FROM op WHERE max(coalesce(batch,0),"
		"coalesce(n_levels,0),coalesce(n_samples,0))>10000 "
		"UNION ALL SELECT 1 FROM run WHERE CASE WHEN "
		"json_valid(description) THEN coalesce(json_extract(description,"
		"'$.rows')>2000 OR json_extract(description,'$.cols')>2000,0) END";
	sqlite3_stmt *query = NULL;
	bool large = sqlite3_prepare_v2(db, question, -1, &query, NULL) ==
	                     SQLITE_OK &&
	             sqlite3_step(query) == SQLITE_ROW;

	(void)sqlite3_finalize(query);
	return large;
}

/* NULL: too large. */
static const char *edited(struct input in)
{
	make_base();
	const char *path = mr_fuzz_file(base.bytes, base.size);
	sqlite3 *db = open_sql(path, "PRAGMA synchronous=OFF;"
	                             "PRAGMA journal_mode=OFF;"
	                             "PRAGMA foreign_keys=OFF;" MR_OPEDIT_SQL
	                             "BEGIN");

	for (int i = 0; i < EDITS_MAX && in.size > 0; i++)
		edit(db, &in);
	(void)sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	bool large = is_large(db);

	(void)sqlite3_close(db);
	return large ? NULL : path;
}

/* ---- playback ------------------------------------------------------------ */

/* Results of one operation; what an application would hand over. */
struct results {
	float *a;
	float *b;
	float *c;
	double *d;
	uint32_t *u;
	uint8_t *status;
};

static void *room(size_t n, size_t width)
{
	void *block = malloc(n ? n * width : 1);

	if (!block)
		abort();
	return block;
}

static size_t result_size(const struct mr_op *op,
                          const struct mr_description *desc)
{
	uint32_t n_rows = 0, n_cols = 0;
	size_t n = (size_t)mr_op_elements(op, desc);

	if (op->kind == MR_OP_DRIVE) {
		(void)mr_selection_lines(&op->where, desc, &n_rows, &n_cols);
		n *= op->drive.axis == MR_AXIS_ROWS ? n_cols : n_rows;
	}
	if (op->kind == MR_OP_TRACE)
		n *= mr_trace_samples(&op->trace);
	return n;
}

static void ask_for(struct mr_op *op, const struct results *r)
{
	switch (op->kind) {
	case MR_OP_READ:
		op->read.g_S = r->a;
		op->read.v_V = op->read.v_V ? r->b : NULL;
		op->read.i_A = op->read.i_A ? r->c : NULL;
		op->read.status = r->status;
		break;
	case MR_OP_PULSE:
		op->pulse.status = r->status;
		break;
	case MR_OP_TRACE:
		op->trace.i_A = r->a;
		op->trace.v_V = op->trace.v_V ? r->b : NULL;
		op->trace.t_s = op->trace.t_s ? r->d : NULL;
		op->trace.status = r->status;
		break;
	case MR_OP_PROGRAM:
		op->program.g_S = op->program.g_S ? r->a : NULL;
		op->program.pulses = op->program.pulses ? r->u : NULL;
		op->program.status = r->status;
		break;
	case MR_OP_DRIVE:
		op->drive.i_A = r->a;
		op->drive.status = r->status;
		break;
	case MR_OP_WAIT:
	case MR_OP_CONFIGURE:
		break;
	}
}

/* As recorded, on exactly as much room as the array's description asks for. */
static bool play_op(struct mr_array *array, struct mr_op op)
{
	size_t n = result_size(&op, mr_array_describe(array));

	if (n > RESULT_MAX)
		return false;
	const struct results r = {room(n, 4), room(n, 4), room(n, 4),
	                          room(n, 8), room(n, 4), room(n, 1)};

	ask_for(&op, &r);
	bool good = mr_fuzz_judge(mr_array_submit(array, &op, 1, NULL, NULL),
	                          mr_array_errmsg(array));

	free(r.a);
	free(r.b);
	free(r.c);
	free(r.d);
	free(r.u);
	free(r.status);
	return good;
}

static bool same_shape(struct mr_array *array,
                       const struct mr_oplog_run_info *info)
{
	const struct mr_description *desc = mr_array_describe(array);

	return desc->rows == info->desc.rows && desc->cols == info->desc.cols;
}

static void play(struct mr_array *array, struct mr_oplog_reader *reader,
                 int64_t run)
{
	struct mr_oplog_run_info info;
	struct mr_oplog_record record;
	bool more = true;

	if (mr_oplog_info(reader, run, &info) != MR_OK ||
	    mr_oplog_rewind(reader, run) != MR_OK)
		return;
	for (int i = 0; i < OPS_MAX && more; i++) {
		mr_fuzz_must(same_shape(array, &info), "the shape stays");
		if (mr_oplog_next(reader, &record, &more) != MR_OK)
			return;
		if (more && record.parent == 0 && !record.survey &&
		    !play_op(array, record.op))
			return;
	}
}

static void play_back(const char *path, struct mr_oplog_reader *reader,
                      int64_t run)
{
	struct mr_errtext err = {""};
	struct mr_array *array = NULL;
	char uri[512];

	(void)snprintf(uri, sizeof uri, "playback:%s?surveys=skip", path);
	if (!mr_fuzz_judge(mr_array_open(uri, NULL, &array, &err), err.text))
		return;
	play(array, reader, run);
	mr_fuzz_must(mr_array_close(array, &err) == MR_OK, "it closes");
}

/* ---- reading ------------------------------------------------------------- */

static void read_run(struct mr_oplog_reader *reader, int64_t run)
{
	struct mr_oplog_run_info info;
	struct mr_oplog_record record;
	uint64_t last = 0;
	bool more = true;

	if (mr_fuzz_judge(mr_oplog_info(reader, run, &info),
	                  mr_oplog_errmsg(reader)))
		mr_fuzz_must(info.desc.rows > 0 && info.uri && info.metadata,
		             "a run is described");
	if (!mr_fuzz_judge(mr_oplog_rewind(reader, run),
	                   mr_oplog_errmsg(reader)))
		return;
	for (int i = 0; i < OPS_MAX && more; i++) {
		if (!mr_fuzz_judge(mr_oplog_next(reader, &record, &more),
		                   mr_oplog_errmsg(reader)) ||
		    !more)
			return;
		mr_fuzz_must(i == 0 || record.id > last, "ids are in order");
		last = record.id;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char magic[] = "SQLite format 3";
	bool whole = size >= sizeof magic &&
	             memcmp(data, magic, sizeof magic) == 0;
	const char *path = whole ? mr_fuzz_file(data, size)
	                         : edited((struct input){data, size});
	struct mr_oplog_reader *reader = NULL;
	struct mr_errtext err = {""};
	int64_t first = 0, last = 0;

	if (!path)
		return 0;
	if (!mr_fuzz_judge(mr_oplog_open(path, &reader, &err), err.text))
		return 0;
	if (mr_fuzz_judge(mr_oplog_runs(reader, &first, &last),
	                  mr_oplog_errmsg(reader))) {
		read_run(reader, last);
		play_back(path, reader, last);
	}
	mr_oplog_close(reader);
	return 0;
}
