/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* A run that is taken in from elsewhere: one transaction, so that it is in the
 * log as a whole or not at all. */
#include "memrig/oplog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "oplog_encode.h"
#include "oplog_run.h"
#include "oplog_schema.h"

#define BESIDE_MAX 4096

struct mr_oplog_import {
	struct mr__db *db;
	struct mr__encoder encoder;
	struct mr_description desc;
	struct mr_clock clock;
	int64_t wall_ns;
	int64_t run;
	int64_t t_ns; /* end of the last operation */
	uint64_t last_id;
	bool open;    /* the transaction is */
	bool created; /* there was no file */
	int error;
	struct mr_errtext err;
};

static int give_up(struct mr_oplog_import *im, int code)
{
	const char *why = code == MR_ERR_NOMEM ? "out of memory"
	                                       : mr__db_errmsg(im->db);

	im->error = code;
	return mr_errtext_set(&im->err, code, "log %s%s%s",
	                      code == MR_ERR_NOMEM ? mr__db_path(im->db) : "",
	                      code == MR_ERR_NOMEM ? ": " : "", why);
}

static int prepare(struct mr_oplog_import *im)
{
	int code = mr__db_exec(im->db, "PRAGMA synchronous=FULL");

	if (!code)
		code = mr__encoder_open(&im->encoder, im->db, true);
	if (!code)
		code = mr__db_exec(im->db, "BEGIN IMMEDIATE");
	im->open = code == MR_OK;
	return code;
}

static int begin_run(struct mr_oplog_import *im, const char *uri,
                     const struct mr_oplog_options *options)
{
	struct mr__run_row row = {.uri = uri,
	                          .desc = &im->desc,
	                          .options = options,
	                          .level = MR_OPLOG_VALUES,
	                          .wall_ns = im->wall_ns};
	int code = prepare(im);

	if (!code)
		code = mr__run_insert(im->db, &row, &im->run);
	return code ? give_up(im, code) : MR_OK;
}

int mr_oplog_import_start(const char *path, const char *uri,
                          const struct mr_description *desc,
                          const struct mr_oplog_options *options,
                          const struct mr_clock *clock,
                          struct mr_oplog_import **out, struct mr_errtext *err)
{
	static const struct mr_oplog_options none;
	struct mr_oplog_import *im;
	int code = mr__run_check_metadata(options ? options->metadata : NULL,
	                                  err);

	if (code)
		return code;
	if (desc->rows == 0 || desc->cols == 0)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "import: %u x %u cells; describe at least "
		                      "one row and column",
		                      desc->rows, desc->cols);
	im = calloc(1, sizeof *im);
	if (!im)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	im->desc = *desc;
	im->t_ns = INT64_MIN;
	im->created = access(path, F_OK) != 0;
	if (clock)
		im->clock = *clock;
	else
		mr_clock_system(&im->clock);
	im->wall_ns = im->clock.wall_ns(im->clock.self);
	code = mr__oplog_open_write(path, &im->db, err);
	if (code) {
		free(im);
		return code;
	}
	code = begin_run(im, uri, options ? options : &none);
	if (code)
		return mr_oplog_import_end(im, false, NULL, err);
	*out = im;
	return MR_OK;
}

static int check_op(const struct mr_oplog_import *im, const struct mr_op *op,
                    struct mr_errtext *err)
{
	const struct mr_outcome *o = &op->outcome;

	if (op->kind != MR_OP_READ && op->kind != MR_OP_PULSE &&
	    op->kind != MR_OP_PROGRAM)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "import: a %s cannot be taken in, only "
		                      "reads, pulses and programs",
		                      mr_op_kind_name(op->kind));
	if (o->t_begin_ns < im->t_ns || o->t_end_ns < o->t_begin_ns)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "import: operation %llu runs from %lld to "
		                      "%lld ns, but the one before ends at %lld: "
		                      "time must not run backwards",
		                      (unsigned long long)im->last_id + 1,
		                      (long long)o->t_begin_ns,
		                      (long long)o->t_end_ns,
		                      (long long)im->t_ns);
	return mr_selection_check(&op->where, &im->desc, err);
}

int mr_oplog_import_add(struct mr_oplog_import *im, const struct mr_op *op,
                        struct mr_errtext *err)
{
	struct mr_event event = {.op = op,
	                         .desc = &im->desc,
	                         .id = im->last_id + 1,
	                         .wall_ns = im->wall_ns,
	                         .errtext = ""};
	struct mr__place place = {
		.row = im->run * MR__RUN_ROWS + (int64_t)event.id,
		.wall_begin_ns = im->wall_ns,
		.wall_end_ns = im->wall_ns};
	int code;

	if (im->error)
		return mr_errtext_set(err, im->error, "%s", im->err.text);
	code = check_op(im, op, &im->err);
	if (!code && event.id >= (uint64_t)MR__RUN_ROWS)
		code = mr_errtext_set(&im->err, MR_ERR_RANGE,
		                      "import: more operations than a run holds");
	im->error = code;
	if (!code) {
		code = mr__encode_whole(&im->encoder, &event, &place);
		if (code)
			(void)give_up(im, code);
	}
	if (code)
		return mr_errtext_set(err, code, "%s", im->err.text);
	im->last_id = event.id;
	im->t_ns = op->outcome.t_end_ns;
	return MR_OK;
}

static int commit(struct mr_oplog_import *im)
{
	int code = mr__encoder_flush(&im->encoder);

	if (!code)
		code = mr__run_end(im->db, im->run,
		                   im->clock.wall_ns(im->clock.self));
	if (!code)
		code = mr__db_exec(im->db, "COMMIT");
	if (code)
		return give_up(im, code);
	im->open = false;
	/* one plain file; who reads it meanwhile may keep it as it is */
	(void)mr__db_exec(im->db,
	                  "PRAGMA busy_timeout=0;PRAGMA journal_mode=DELETE");
	return MR_OK;
}

static void remove_file(const char *path)
{
	static const char *const tails[] = {"", "-wal", "-shm", "-journal"};
	char name[BESIDE_MAX];

	for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++)
		if (snprintf(name, sizeof name, "%s%s", path, tails[i]) <
		    (int)sizeof name)
			(void)unlink(name);
}

int mr_oplog_import_end(struct mr_oplog_import *im, bool keep, int64_t *run,
                        struct mr_errtext *err)
{
	char path[BESIDE_MAX] = "";
	bool dropped;
	int code;

	if (!im)
		return MR_OK;
	if (keep && !im->error)
		(void)commit(im);
	code = im->error ? mr_errtext_set(err, im->error, "%s", im->err.text)
	                 : MR_OK;
	dropped = !keep || code;
	if (im->open)
		mr__db_rollback(im->db);
	if (dropped && im->created)
		(void)snprintf(path, sizeof path, "%s", mr__db_path(im->db));
	if (!dropped && run)
		*run = im->run;
	mr__encoder_close(&im->encoder);
	mr__db_close(im->db);
	free(im);
	if (path[0])
		remove_file(path);
	return code;
}
