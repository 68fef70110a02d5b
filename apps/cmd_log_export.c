/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* "memrig log FILE export": CSV as it is read, .npy with its head last. */
#include "cmd_log.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "npyfile.h"
#include "optext.h"
#include "outfile.h"

#define LOOK_EVERY 256 /* operations between looks at waiting signals */

/* Fields of a row of "npy ops", in the order of put_row(). */
static const char row_descr[] =
	"[('run', '<i8'), ('id', '<u8'), ('parent', '<u8'), ('kind', '|S9'), "
	"('composed', '|u1'), ('survey', '|u1'), ('t_begin_ns', '<i8'), "
	"('t_end_ns', '<i8'), ('wall_begin_ns', '<i8'), ('wall_end_ns', '<i8'), "
	"('n_cells', '<u8'), ('n_effect', '<u8'), ('status', '<u4'), "
	"('outcome', '|S12'), ('frame', '<i8')]";

/** A result that is being written. */
struct export {
	struct mr_logfile *log;
	struct mr_outfile *file; /* NULL = standard output */
	FILE *to;
	bool values, npy, partial;
	uint64_t n_ops;    /* read */
	uint64_t n_frames; /* of npy values */
	uint64_t n_written;
	float *frame;      /* [rows*cols] */
	uint8_t *seen;     /* [rows*cols] */
};

/* ---- for NumPy ----------------------------------------------------------- */

static void clear_frame(struct export *ex, size_t n)
{
	memset(ex->seen, 0, n);
	for (size_t i = 0; i < n; i++)
		ex->frame[i] = NAN;
}

/* Whether a read makes a frame; it is laid out in ex->frame then. */
static bool take_frame(struct export *ex, const struct mr_oplog_record *record,
                       const struct mr_description *desc)
{
	const struct mr_op *op = &record->op;
	size_t all = (size_t)desc->rows * desc->cols;
	size_t covered = 0;
	uint64_t n;

	if (op->kind != MR_OP_READ || record->composed || op->read.g_S == NULL
	    || !record->ended || op->outcome.n_effect == 0)
		return false;
	n = mr_selection_count(&op->where, desc);
	if (!ex->partial && n < all)
		return false;
	clear_frame(ex, all);
	for (uint64_t i = 0; i < n; i++) {
		uint32_t cell = mr_selection_cell(&op->where, desc, i);

		/* NAN behind the end of one that failed half-way */
		ex->frame[cell] = op->read.g_S[i];
		covered += ex->seen[cell] == 0;
		ex->seen[cell] = 1;
	}
	return ex->partial || covered == all;
}

static void put_row(FILE *to, int64_t run,
                    const struct mr_oplog_record *record,
                    const struct mr_description *desc, int64_t frame)
{
	const struct mr_op *op = &record->op;
	bool cells = op->kind != MR_OP_WAIT && op->kind != MR_OP_CONFIGURE;

	mr_npy_whole(to, (uint64_t)run, 8);
	mr_npy_whole(to, record->id, 8);
	mr_npy_whole(to, record->parent, 8);
	mr_npy_text(to, mr_op_kind_name(op->kind), 9);
	mr_npy_whole(to, record->composed, 1);
	mr_npy_whole(to, record->survey, 1);
	mr_npy_whole(to, (uint64_t)op->outcome.t_begin_ns, 8);
	mr_npy_whole(to, (uint64_t)op->outcome.t_end_ns, 8);
	mr_npy_whole(to, (uint64_t)record->wall_begin_ns, 8);
	mr_npy_whole(to, (uint64_t)record->wall_end_ns, 8);
	mr_npy_whole(to, cells ? mr_selection_count(&op->where, desc) : 0, 8);
	mr_npy_whole(to, op->outcome.n_effect, 8);
	mr_npy_whole(to, op->outcome.status, 4);
	mr_npy_text(to, mr_optext_outcome(record), 12);
	mr_npy_whole(to, (uint64_t)frame, 8);
}

static void put_npy(struct export *ex, int64_t run,
                    const struct mr_oplog_record *record,
                    const struct mr_description *desc)
{
	bool frame = take_frame(ex, record, desc);

	if (!ex->values)
		put_row(ex->to, run, record, desc,
		        frame ? (int64_t)ex->n_frames : -1);
	else if (frame)
		mr_npy_floats(ex->to, ex->frame,
		              (size_t)desc->rows * desc->cols);
	ex->n_frames += frame;
	ex->n_written += frame || !ex->values;
}

/* Written twice: to reserve the room, and when the length is known. */
static void put_npy_head(struct export *ex, const struct mr_description *desc)
{
	char inner[32];

	snprintf(inner, sizeof(inner), "%u, %u", desc->rows, desc->cols);
	mr_npy_head(ex->to, ex->values ? "'<f4'" : row_descr, ex->n_written,
	            ex->values ? inner : "");
}

static int begin_npy(struct export *ex, const struct mr_description *desc)
{
	size_t n = (size_t)desc->rows * desc->cols;

	ex->frame = malloc(n * sizeof(*ex->frame));
	ex->seen = malloc(n);
	if (ex->frame == NULL || ex->seen == NULL)
		return mr_tool_fail(ex->log->tool, MR_ERR_NOMEM,
		                    "out of memory");
	put_npy_head(ex, desc);
	return MR_OK;
}

static int end_npy(struct export *ex, const struct mr_description *desc)
{
	if (ex->values && ex->n_frames == 0)
		return mr_tool_fail(ex->log->tool, MR_ERR_USAGE,
		                    "the run holds no read of the whole array"
		                    "%s", ex->partial ? " and no other either"
		                    : "; --partial takes reads of a part, "
		                    "--format csv every value");
	put_npy_head(ex, desc);
	return MR_OK;
}

/* ---- runs ---------------------------------------------------------------- */

static void put_csv(struct export *ex, int64_t run,
                    const struct mr_oplog_record *record,
                    const struct mr_description *desc)
{
	if (ex->values) {
		ex->n_written += mr_log_csv_values(ex->to, run, record, desc);
		return;
	}
	mr_log_csv_op(ex->to, run, record, desc);
	ex->n_written++;
}

/* Standard output streams; a file is given up when a signal waits. */
static int look_around(struct export *ex)
{
	if (ex->file == NULL)
		return mr_logfile_spill(ex->log->tool);
	if (ex->n_ops % LOOK_EVERY == 0 && mr_outfile_stopped(ex->file))
		return mr_tool_fail(ex->log->tool, MR_ERR_IO,
		                    "stopped before the end: interrupted, or the "
		                    "disk is full; no file was made");
	return MR_OK;
}

static int export_ops(struct export *ex, const struct mr_oplog_run_info *info)
{
	struct mr_oplog_record record;
	bool more = true;
	int code = MR_OK;

	while (code == MR_OK) {
		code = mr_logfile_next(ex->log, &record, &more);
		if (code != MR_OK || !more)
			break;
		if (ex->npy)
			put_npy(ex, info->run, &record, &info->desc);
		else
			put_csv(ex, info->run, &record, &info->desc);
		ex->n_ops++;
		code = look_around(ex);
	}
	return code;
}

/* A run without values is passed over where others may have some. */
static int check_level(const struct export *ex,
                       const struct mr_oplog_run_info *info, bool *useful)
{
	*useful = !ex->values || info->level != MR_OPLOG_OPERATIONS;
	if (*useful)
		return MR_OK;
	if (mr_logfile_many(ex->log)) {
		mr_tool_note(ex->log->tool, "run %lld was logged without values",
		             (long long)info->run);
		return MR_OK;
	}
	return mr_tool_fail(ex->log->tool, MR_ERR_USAGE,
	                    "run %lld was logged at level %s, which keeps no "
	                    "values: record with --log-level 2, or export "
	                    "--what ops", (long long)info->run,
	                    mr_logfile_level(info->level));
}

static int export_run(struct export *ex, const struct mr_oplog_run_info *info)
{
	bool useful;
	int code = check_level(ex, info, &useful);

	if (code != MR_OK || !useful)
		return code;
	if (ex->npy)
		code = begin_npy(ex, &info->desc);
	if (code == MR_OK)
		code = export_ops(ex, info);
	if (code == MR_OK && ex->npy)
		code = end_npy(ex, &info->desc);
	return code;
}

static int export_runs(struct export *ex)
{
	struct mr_logfile *log = ex->log;
	int code = MR_OK;

	if (!ex->npy && ex->values)
		mr_log_csv_values(ex->to, 0, NULL, NULL);
	else if (!ex->npy)
		mr_log_csv_op(ex->to, 0, NULL, NULL);
	for (int64_t run = log->first; code == MR_OK && run <= log->last;
	     run++) {
		struct mr_oplog_run_info info;
		bool found;

		code = mr_logfile_begin(log, run, &info, &found);
		if (code == MR_OK && found)
			code = export_run(ex, &info);
	}
	return code;
}

/* ---- options ------------------------------------------------------------- */

static int take_choice(struct mr_tool *tool, const char *option,
                       const char *yes, const char *no, bool preset, bool *out)
{
	const char *text = mr_tool_value(tool, option);

	*out = preset;
	if (text == NULL)
		return MR_OK;
	*out = strcmp(text, yes) == 0;
	if (!*out && strcmp(text, no) != 0)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--%s: '%s' is neither %s nor %s", option,
		                    text, no, yes);
	return MR_OK;
}

static int check_npy(const struct export *ex, const char *output)
{
	struct mr_tool *tool = ex->log->tool;

	if (ex->partial && !ex->npy)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--partial goes with --format npy");
	if (ex->npy && output == NULL)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--format npy needs --output FILE, such as "
		                    "--output values.npy");
	if (ex->npy && mr_logfile_many(ex->log))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--format npy takes one run: their arrays "
		                    "may differ in shape");
	return MR_OK;
}

static int take_options(struct export *ex, const char *output)
{
	struct mr_tool *tool = ex->log->tool;
	int code = take_choice(tool, "what", "values", "ops", true,
	                       &ex->values);

	if (code == MR_OK)
		code = take_choice(tool, "format", "npy", "csv", false,
		                   &ex->npy);
	ex->partial = mr_tool_value(tool, "partial") != NULL;
	if (code == MR_OK)
		code = check_npy(ex, output);
	if (code == MR_OK && tool->json && output == NULL)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--json needs --output FILE: standard output "
		                    "cannot hold both");
	if (code == MR_OK && output != NULL)
		code = mr_logfile_spare(ex->log, "output", output);
	return code;
}

static int open_output(struct export *ex, const char *output)
{
	struct mr_errtext err = {{0}};
	int code;

	ex->to = ex->log->tool->out;
	if (output == NULL)
		return MR_OK;
	code = mr_outfile_begin(output, &ex->file, &err);
	if (code != MR_OK)
		return mr_tool_fail(ex->log->tool, code, "--output: %s",
		                    err.text);
	ex->to = mr_outfile_stream(ex->file);
	return MR_OK;
}

static int close_output(struct export *ex, int code)
{
	struct mr_errtext err = {{0}};
	int end_code = mr_outfile_end(ex->file, code == MR_OK, &err);

	free(ex->frame);
	free(ex->seen);
	if (end_code != MR_OK)
		return mr_tool_fail(ex->log->tool, end_code, "--output: %s",
		                    err.text);
	return code;
}

static int report(const struct export *ex, const char *output)
{
	struct mr_tool *tool = ex->log->tool;
	json_t *object;

	mr_tool_note(tool, "%" PRIu64 " %s of %" PRIu64 " operations",
	             ex->n_written, ex->values ? ex->npy ? "frames" : "values"
	             : "rows", ex->n_ops);
	if (!tool->json)
		return MR_OK;
	object = mr_tool_object("log-export");
	json_object_update_new(
		object, json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "log",
	                          ex->log->path, "output", output, "what",
	                          ex->values ? "values" : "ops", "format",
	                          ex->npy ? "npy" : "csv", "n_ops",
	                          (json_int_t)ex->n_ops, "n_written",
	                          (json_int_t)ex->n_written));
	return mr_tool_print(tool, object);
}

int mr_log_export(struct mr_logfile *log)
{
	struct export ex = {.log = log};
	const char *output = mr_tool_value(log->tool, "output");
	int code = take_options(&ex, output);

	if (code == MR_OK)
		code = open_output(&ex, output);
	if (code != MR_OK)
		return code;
	code = close_output(&ex, export_runs(&ex));
	return code == MR_OK ? report(&ex, output) : code;
}
