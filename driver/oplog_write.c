/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Writing an op log: an observer that turns begins and ends into rows and
 * decides when they are committed. On an emulator an operation is one row,
 * written at its end; on anything else it is committed before bytes leave.
 */
#include "memrig/oplog.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "array_priv.h"
#include "oplog_encode.h"
#include "oplog_run.h"
#include "oplog_schema.h"
#include "oplog_wire.h"

#define GROUP_ROWS 4096
#define GROUP_NS INT64_C(1000000000)
#define GROUP_S_MAX 1e6
#define GROUP_BYTES (UINT64_C(16) << 20) /* a group should fit in memory */
#define NS_PER_S 1e9

static const char exposure_sql[] =
	"CREATE TABLE IF NOT EXISTS exposure ( -- what cells have been through\n"
	"  run INTEGER NOT NULL REFERENCES run, -- since the array was opened\n"
	"  row INTEGER NOT NULL,\n"
	"  col INTEGER NOT NULL,\n"
	"  pulses INTEGER NOT NULL, -- programming pulses on the cell\n"
	"  half_selected INTEGER NOT NULL, -- on others, felt beyond reading\n"
	"  bad INTEGER NOT NULL DEFAULT 0, -- 1 = the guard marked it\n"
	"  PRIMARY KEY (run, row, col)\n"
	") WITHOUT ROWID;";

/* An operation that was begun and did not end yet. */
struct begun {
	struct mr__place place;
	uint64_t id;
	bool inserted;
	bool ended; /* waits for those begun before it to leave the list */
};

struct mr_oplog {
	struct mr_array *array;
	struct mr__db *db;
	struct mr__query *begin;
	struct mr__query *commit;
	struct mr__query *describe;
	struct mr__encoder encoder;
	int64_t run;
	bool surveys;
	struct mr__wire_writer wire; /* insert NULL = not wanted */
	bool grouped; /* an emulator: nothing is lost that cannot be redone */
	uint32_t group_rows;
	int64_t group_ns;
	bool open; /* a transaction is */
	uint32_t rows; /* in it */
	uint64_t bytes_before; /* of the encoder when it was begun */
	int64_t opened_wall_ns;
	int64_t configured_row; /* its description is still to be written */
	struct begun *begun; /* [room], ids ascending */
	size_t n_begun;
	size_t room;
	size_t n_open; /* of them, not ended */
	int error; /* first failure; nothing is written after it */
	struct mr_errtext err;
};

/* ---- failures ------------------------------------------------------------ */

static int give_up(struct mr_oplog *log, int code)
{
	const char *why = mr__db_errmsg(log->db);

	log->error = code == MR_ERR_NOMEM
		? mr_errtext_set(&log->err, code, "log %s: out of memory",
		                 mr__db_path(log->db))
		: mr_errtext_set(&log->err, code, "log %s", why);
	mr__db_rollback(log->db);
	log->open = false;
	return log->error;
}

static int failed(const struct mr_oplog *log, struct mr_errtext *err)
{
	return mr_errtext_set(err, log->error, "%s", log->err.text);
}

/* ---- transactions -------------------------------------------------------- */

static int open_group(struct mr_oplog *log, int64_t wall_ns)
{
	int code;

	if (log->open) {
		return MR_OK;
	}
	code = mr__query_run(log->begin);
	log->open = code == MR_OK;
	log->rows = 0;
	log->bytes_before = log->encoder.bytes;
	log->opened_wall_ns = wall_ns;
	return code;
}

static int commit_group(struct mr_oplog *log)
{
	int code;

	if (!log->open) {
		return MR_OK;
	}
	code = mr__encoder_flush(&log->encoder);
	if (code == MR_OK) {
		code = mr__query_run(log->commit);
	}
	if (code == MR_OK) {
		log->open = false;
	}
	return code;
}

static bool group_is_full(const struct mr_oplog *log, int64_t wall_ns)
{
	if (!log->grouped) {
		return log->n_open == 0;
	}
	return log->rows >= log->group_rows ||
	       log->encoder.bytes - log->bytes_before >= GROUP_BYTES ||
	       wall_ns - log->opened_wall_ns >= log->group_ns ||
	       wall_ns < log->opened_wall_ns;
}

/* The core describes anew after the submit that held the configure, so its
 * description is seen at the next event. */
static int write_description(struct mr_oplog *log,
                             const struct mr_description *desc)
{
	char *text = NULL;
	int code;

	if (log->configured_row == 0) {
		return MR_OK;
	}
	code = mr_description_json(desc, &text);
	if (code == MR_OK) {
		mr__query_set_int(log->describe, 1, log->configured_row);
		mr__query_set_text(log->describe, 2, text);
		code = mr__query_run(log->describe);
	}
	free(text);
	log->configured_row = 0;
	log->rows++;
	return code;
}

/* ---- the list of begun operations ---------------------------------------- */

static struct begun *push(struct mr_oplog *log, uint64_t id)
{
	struct begun *entry;

	if (log->n_begun == log->room) {
		size_t room = log->room ? 2 * log->room : 64;
		struct begun *grown =
			realloc(log->begun, room * sizeof(*grown));

		if (!grown) {
			return NULL;
		}
		log->begun = grown;
		log->room = room;
	}
	entry = &log->begun[log->n_begun++];
	*entry = (struct begun){.id = id};
	log->n_open++;
	return entry;
}

static struct begun *find(struct mr_oplog *log, uint64_t id)
{
	size_t low = 0;
	size_t high = log->n_begun;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (log->begun[middle].id < id) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < log->n_begun && log->begun[low].id == id
		? &log->begun[low] : NULL;
}

static void pop_ended(struct mr_oplog *log, struct begun *entry)
{
	entry->ended = true;
	log->n_open--;
	if (log->n_open == 0) {
		log->n_begun = 0;
	}
	while (log->n_begun > 0 && log->begun[log->n_begun - 1].ended) {
		log->n_begun--;
	}
}

/* ---- observing ----------------------------------------------------------- */

static bool is_survey(const struct mr_oplog *log, const struct mr_op *op)
{
	return op->kind == MR_OP_READ && log->array->survey_g_S &&
	       op->read.g_S == log->array->survey_g_S;
}

/* On an emulator one insert at the end does; but what a composed operation is
 * made of comes before its end, and is ordered behind it. */
static int record_begin(struct mr_oplog *log, const struct mr_event *event)
{
	struct begun *entry;
	int code = MR_OK;

	if (event->id >= (uint64_t)MR__RUN_ROWS) {
		return MR_ERR_NOMEM;
	}
	entry = push(log, event->id);
	if (!entry) {
		return MR_ERR_NOMEM;
	}
	entry->place = (struct mr__place){
		.row = log->run * MR__RUN_ROWS + (int64_t)event->id,
		.wall_begin_ns = event->wall_ns,
		.composed = !mr__array_takes(log->array, event->op),
		.survey = is_survey(log, event->op)};
	entry->inserted = !log->grouped || entry->place.composed;
	if (entry->inserted || log->configured_row != 0) {
		code = open_group(log, event->wall_ns);
	}
	if (code == MR_OK) {
		code = write_description(log, event->desc);
	}
	if (code == MR_OK && entry->inserted) {
		code = mr__encode_begin(&log->encoder, event, &entry->place);
		log->rows++;
	}
	return code;
}

static int on_begin(void *self, const struct mr_event *event,
                    struct mr_errtext *err)
{
	struct mr_oplog *log = self;
	int code;

	if (log->error != MR_OK) {
		return failed(log, err);
	}
	code = record_begin(log, event);
	if (code != MR_OK) {
		(void)give_up(log, code);
		return failed(log, err);
	}
	return MR_OK;
}

static int on_sending(void *self, const struct mr_description *desc,
                      struct mr_errtext *err)
{
	struct mr_oplog *log = self;
	int code;

	(void)desc;
	if (log->error != MR_OK) {
		return failed(log, err);
	}
	code = log->grouped ? MR_OK : commit_group(log);
	if (code != MR_OK) {
		(void)give_up(log, code);
		return failed(log, err);
	}
	return MR_OK;
}

static int record_end(struct mr_oplog *log, const struct mr_event *event,
                      struct begun *entry)
{
	int code = open_group(log, event->wall_ns);

	entry->place.wall_end_ns = event->wall_ns;
	if (code == MR_OK) {
		code = entry->inserted
			? mr__encode_end(&log->encoder, event, &entry->place)
			: mr__encode_whole(&log->encoder, event, &entry->place);
	}
	log->rows++;
	if (event->op->kind == MR_OP_CONFIGURE &&
	    event->op->outcome.error == MR_OK) {
		log->configured_row = entry->place.row;
	}
	pop_ended(log, entry);
	if (code == MR_OK && group_is_full(log, event->wall_ns)) {
		code = commit_group(log);
	}
	return code;
}

static void on_end(void *self, const struct mr_event *event)
{
	struct mr_oplog *log = self;
	struct begun *entry = find(log, event->id);
	int code;

	if (log->error != MR_OK || !entry) {
		return;
	}
	code = record_end(log, event, entry);
	if (code != MR_OK) {
		(void)give_up(log, code);
	}
}

/* A failure shows at the next begin. */
static void on_piece(void *self, const struct mr_wire_piece *piece)
{
	struct mr_oplog *log = self;
	int code;

	if (log->error != MR_OK) {
		return;
	}
	log->wire.op = log->array->last_id;
	code = open_group(log, 0);
	if (code == MR_OK) {
		code = mr__wire_write(&log->wire, piece);
	}
	log->rows++;
	if (code != MR_OK) {
		(void)give_up(log, code);
	}
}

/* ---- starting ------------------------------------------------------------ */

static int check_options(const struct mr_oplog_options *options,
                         struct mr_errtext *err)
{
	double interval_s = options->survey_interval_s;

	if ((int)options->level < 0 || options->level > MR_OPLOG_SURVEYS) {
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "log level %d: give 1 (operations), 2 "
		                      "(values) or 3 (surveys)",
		                      (int)options->level);
	}
	if (options->level == MR_OPLOG_SURVEYS &&
	    !(interval_s > 0.0 && isfinite(interval_s))) {
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "log level surveys: give the array time "
		                      "between surveys in seconds, > 0 (got %g)",
		                      interval_s);
	}
	if (options->level != MR_OPLOG_SURVEYS && interval_s != 0.0) {
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "a survey interval needs log level 3 "
		                      "(surveys)");
	}
	if (!(options->group_s >= 0.0 && options->group_s <= GROUP_S_MAX)) {
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "time between commits %g s: give 0 (the "
		                      "default) to %g", options->group_s,
		                      GROUP_S_MAX);
	}
	return mr__run_check_metadata(options->metadata, err);
}

/* What a power failure ends too: an emulator, a board in this process. */
static bool ends_with_us(const struct mr_oplog *log)
{
	const char *uri = log->array->uri;
	const char *end = strchr(uri, ':');

	return log->grouped ||
	       (end && end - uri > 5 && strncmp(end - 5, "+loop", 5) == 0);
}

static int prepare(struct mr_oplog *log, enum mr_oplog_level level)
{
	int code = mr__db_exec(log->db, ends_with_us(log)
	                       ? "PRAGMA synchronous=NORMAL"
	                       : "PRAGMA synchronous=FULL");

	if (code == MR_OK) {
		code = mr__db_prepare(log->db, "BEGIN IMMEDIATE", &log->begin);
	}
	if (code == MR_OK) {
		code = mr__db_prepare(log->db, "COMMIT", &log->commit);
	}
	if (code == MR_OK) {
		code = mr__db_prepare(log->db, "INSERT INTO description "
		                      "VALUES(?,?)", &log->describe);
	}
	if (code == MR_OK) {
		code = mr__encoder_open(&log->encoder, log->db,
		                        level >= MR_OPLOG_VALUES);
	}
	return code;
}

static int write_run(struct mr_oplog *log, const struct mr_oplog_options *o,
                     enum mr_oplog_level level)
{
	struct mr_description desc = *mr_array_describe(log->array);
	const struct mr_clock *clock = &log->array->clock;
	struct mr__run_row row = {
		.uri = mr_array_uri(log->array), .desc = &desc, .options = o,
		.level = level,
		.survey_interval_s = log->surveys ? o->survey_interval_s : 0.0,
		.wall_ns = clock->wall_ns(clock->self)};
	int code = prepare(log, level);

	desc.time_ns = mr_array_time_ns(log->array); /* it may have moved on */
	if (code == MR_OK) {
		code = open_group(log, 0);
	}
	if (code == MR_OK) {
		code = mr__run_insert(log->db, &row, &log->run);
	}
	if (code == MR_OK && o->wire) {
		code = mr__wire_writer_open(&log->wire, log->db);
	}
	log->wire.run = log->run;
	return code == MR_OK ? MR_OK : give_up(log, code);
}

static int watch(struct mr_oplog *log, double interval_s)
{
	struct mr_observer observer = {
		.self = log, .begin = on_begin, .sending = on_sending,
		.end = on_end};
	int code = mr_array_observe(log->array, &observer);

	if (code == MR_OK && log->surveys) {
		code = mr_array_survey(log->array, interval_s);
	}
	if (code == MR_OK && log->wire.insert) {
		code = mr_array_watch_wire(
			log->array, &(struct mr_wire_watcher){
					    .self = log, .piece = on_piece});
	}
	if (code != MR_OK) {
		mr_array_unobserve(log->array, log);
		(void)mr_errtext_set(&log->err, code, "%s",
		                     mr_array_errmsg(log->array));
	}
	return code;
}

static void unwatch(struct mr_oplog *log)
{
	if (log->surveys) {
		(void)mr_array_survey(log->array, 0.0);
	}
	if (log->wire.insert) {
		(void)mr_array_watch_wire(log->array, NULL);
	}
	mr_array_unobserve(log->array, log);
}

/* A run that cannot be watched leaves nothing in the file. */
static int begin_run(struct mr_oplog *log, const struct mr_oplog_options *o)
{
	int code = write_run(log, o, o->level);

	if (code != MR_OK) {
		return code;
	}
	code = watch(log, o->survey_interval_s);
	if (code != MR_OK) {
		mr__db_rollback(log->db);
		return code;
	}
	code = commit_group(log);
	if (code != MR_OK) {
		unwatch(log);
		(void)give_up(log, code);
	}
	return code;
}

static void release(struct mr_oplog *log)
{
	mr__encoder_close(&log->encoder);
	mr__db_close(log->db);
	free(log->begun);
	free(log);
}

static bool is_emulator(const struct mr_description *desc)
{
	return strcmp(desc->driver, "emu") == 0 ||
	       strcmp(desc->driver, "playback") == 0;
}

int mr_oplog_start(const char *path, struct mr_array *array,
                   const struct mr_oplog_options *options,
                   struct mr_oplog **out, struct mr_errtext *err)
{
	struct mr_oplog_options all = options ? *options
	                                      : (struct mr_oplog_options){0};
	struct mr_oplog *log;
	int code = check_options(&all, err);

	if (code != MR_OK) {
		return code;
	}
	log = calloc(1, sizeof(*log));
	if (!log) {
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	}
	all.level = all.level ? all.level : MR_OPLOG_VALUES;
	log->array = array;
	log->surveys = all.level == MR_OPLOG_SURVEYS;
	log->grouped = is_emulator(mr_array_describe(array));
	log->group_rows = all.group_rows ? all.group_rows : GROUP_ROWS;
	log->group_ns = all.group_s > 0.0 ? llround(all.group_s * NS_PER_S)
	                                  : GROUP_NS;
	code = mr__oplog_open_write(path, &log->db, err);
	if (code == MR_OK) {
		code = begin_run(log, &all);
		if (code != MR_OK) {
			(void)mr_errtext_set(err, code, "%s", log->err.text);
		}
	}
	if (code != MR_OK) {
		release(log);
		return code;
	}
	*out = log;
	return MR_OK;
}

int64_t mr_oplog_run(const struct mr_oplog *log)
{
	return log->run;
}

/* ---- finishing ----------------------------------------------------------- */

/* A log that was begun before there were marks has no column for them. */
static int exposure_insert(struct mr__db *db, struct mr__query **to)
{
	int64_t there = 0;
	int code = mr__db_exec(db, exposure_sql);

	if (code == MR_OK) {
		code = mr__db_number(db, "SELECT count(*) FROM "
		                         "pragma_table_info('exposure') WHERE "
		                         "name='bad'", &there);
	}
	if (code == MR_OK && !there) {
		code = mr__db_exec(db, "ALTER TABLE exposure ADD COLUMN bad "
		                       "INTEGER NOT NULL DEFAULT 0");
	}
	return code != MR_OK
	       ? code : mr__db_prepare(db, "INSERT INTO exposure(run,row,col,"
	                                   "pulses,half_selected,bad) "
	                                   "VALUES(?,?,?,?,?,?)", to);
}

/* Only cells that anything happened to; the table is made when it is wanted. */
static int write_exposure(struct mr_oplog *log)
{
	const struct mr_description *desc = mr_array_describe(log->array);
	uint32_t n = desc->rows * desc->cols;
	struct mr__query *to = NULL;
	struct mr_exposure e;
	int code = MR_OK;

	for (uint32_t cell = 0; cell < n && code == MR_OK; cell++) {
		if (mr_array_exposure(log->array, cell, &e) != MR_OK) {
			return MR_OK;
		}
		if (e.pulses == 0 && e.half_selected == 0 && !e.bad) {
			continue;
		}
		if (!to) {
			code = exposure_insert(log->db, &to);
		}
		if (code == MR_OK) {
			mr__query_set_int(to, 1, log->run);
			mr__query_set_int(to, 2, cell / desc->cols);
			mr__query_set_int(to, 3, cell % desc->cols);
			mr__query_set_int(to, 4, (int64_t)e.pulses);
			mr__query_set_int(to, 5, (int64_t)e.half_selected);
			mr__query_set_int(to, 6, e.bad);
			code = mr__query_run(to);
		}
	}
	return code;
}

static int end_run(struct mr_oplog *log)
{
	const struct mr_clock *clock = &log->array->clock;
	int code = open_group(log, 0);

	if (code == MR_OK) {
		code = write_description(log, mr_array_describe(log->array));
	}
	if (code == MR_OK) {
		code = mr__run_end(log->db, log->run,
		                   clock->wall_ns(clock->self));
	}
	if (code == MR_OK) {
		code = write_exposure(log);
	}
	return code == MR_OK ? commit_group(log) : code;
}

int mr_oplog_finish(struct mr_oplog *log, struct mr_errtext *err)
{
	int code;

	if (!log) {
		return MR_OK;
	}
	unwatch(log);
	if (log->error == MR_OK) {
		code = end_run(log);
		if (code != MR_OK) {
			(void)give_up(log, code);
		}
	}
	if (log->error == MR_OK) {
		/* one plain file, readable where nothing can be written; while
		 * somebody reads, it stays as it is, which is as good */
		(void)mr__db_exec(log->db, "PRAGMA busy_timeout=0;"
		                  "PRAGMA journal_mode=DELETE");
	}
	code = log->error != MR_OK ? failed(log, err) : MR_OK;
	release(log);
	return code;
}
