/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The operations of a log, done again on another array. */
#include "memrig/compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METADATA_MAX 64
#define END_SLACK 0.02 /* of the range */

struct replay {
	const struct mr_history_options *options;
	const char *uri;
	const char *copy;
	const struct mr_context *context;
	struct mr_errtext *err;
	struct mr_oplog_reader *reader;
	struct mr_array *array;
	struct mr_oplog *log;
	char session[64];
	float *floats;   /* room for results */
	size_t n_floats;
	float *targets;  /* room for targets that were moved */
	size_t n_targets;
	struct mr_replay_notes notes;
};

static int tell(const struct replay *r, int code, const char *text)
{
	return mr_errtext_set(r->err, code, "%s", text);
}

/* ---- one operation ------------------------------------------------------- */

static int grow(struct replay *r, float **room, size_t *size, size_t n)
{
	float *more;

	if (n <= *size)
		return MR_OK;
	more = realloc(*room, n * sizeof *more);
	if (!more)
		return tell(r, MR_ERR_NOMEM, "no memory");
	*room = more;
	*size = n;
	return MR_OK;
}

static int need(struct replay *r, size_t n)
{
	return grow(r, &r->floats, &r->n_floats, n);
}

/* Of arrays that program targets on their own. The ends of two ranges that were both
 * measured differ a little: a target that is beyond the end by no more than that goes
 * to the end. */
static double move(struct replay *r, double target_S)
{
	const struct mr_description *d = mr_array_describe(r->array);
	double slack = END_SLACK * d->g_max_S;
	double to = fmin(fmax(target_S, d->g_min_S), d->g_max_S);

	/* targets are float32, of which the end may lie a little below */
	if ((float)to == (float)target_S || fabs(to - target_S) > slack)
		return target_S;
	r->notes.n_moved++;
	return to;
}

static int move_targets(struct replay *r, struct mr_program_op *p, uint64_t n)
{
	if (!p->target_S) {
		p->target = move(r, p->target);
		return MR_OK;
	}
	if (grow(r, &r->targets, &r->n_targets, n) != MR_OK)
		return MR_ERR_NOMEM;
	for (uint64_t i = 0; i < n; i++)
		r->targets[i] = (float)move(r, (double)p->target_S[i]);
	p->target_S = r->targets;
	return MR_OK;
}

/* The record's inputs with results of our own; status goes to the log anyway. */
static int aim(struct replay *r, struct mr_op *op)
{
	const struct mr_description *d = mr_array_describe(r->array);
	uint64_t n = mr_op_elements(op, d);
	uint32_t rows = 0;
	uint32_t cols = 0;

	switch (op->kind) {
	case MR_OP_READ:
		op->read.v_V = op->read.i_A = NULL;
		op->read.status = NULL;
		if (need(r, n) != MR_OK)
			return MR_ERR_NOMEM;
		op->read.g_S = r->floats;
		return MR_OK;
	case MR_OP_PULSE:
		op->pulse.status = NULL;
		return MR_OK;
	case MR_OP_PROGRAM:
		op->program.status = NULL;
		op->program.pulses = NULL;
		if (need(r, n) != MR_OK)
			return MR_ERR_NOMEM;
		op->program.g_S = r->floats;
		return move_targets(r, &op->program, n);
	case MR_OP_TRACE:
		n *= mr_trace_samples(&op->trace);
		op->trace.status = NULL;
		op->trace.v_V = NULL;
		op->trace.t_s = NULL;
		if (need(r, n) != MR_OK)
			return MR_ERR_NOMEM;
		op->trace.i_A = r->floats;
		return MR_OK;
	case MR_OP_DRIVE:
		if (mr_selection_lines(&op->where, d, &rows, &cols) != MR_OK)
			return tell(r, MR_ERR_FORMAT, "a drive over a list");
		op->drive.status = NULL;
		if (need(r, (size_t)op->drive.batch
		            * (op->drive.axis == MR_AXIS_ROWS ? cols : rows))
		    != MR_OK)
			return MR_ERR_NOMEM;
		op->drive.i_A = r->floats;
		return MR_OK;
	case MR_OP_WAIT:
	case MR_OP_CONFIGURE:
		break;
	}
	return MR_OK;
}

static bool was_done(const struct mr_oplog_record *record)
{
	return record->ended && record->parent == 0 && !record->survey
	       && record->op.outcome.error == MR_OK;
}

/* A board's bias scheme or its read path mean nothing to an emulator. */
static bool cannot(const struct mr_op *op, int code)
{
	return code == MR_ERR_UNSUPPORTED
	       || (op->kind == MR_OP_CONFIGURE
	           && (code == MR_ERR_USAGE || code == MR_ERR_RANGE));
}

static int do_one(struct replay *r, const struct mr_oplog_record *record)
{
	struct mr_op op = record->op;
	int code;

	if (!was_done(record))
		return MR_OK;
	op.outcome = (struct mr_outcome){0};
	code = aim(r, &op);
	if (code != MR_OK)
		return code;
	code = mr_array_submit(r->array, &op, 1, r->context, NULL);
	r->notes.n_done += code == MR_OK;
	r->notes.n_unsupported += cannot(&op, code);
	if (code == MR_OK || cannot(&op, code))
		return MR_OK;
	return mr_errtext_set(r->err, code, "operation %" PRIu64
	                      " of the log: %s", record->id,
	                      mr_array_errmsg(r->array));
}

/* ---- runs ---------------------------------------------------------------- */

static const char *session_of(const char *metadata)
{
	const char *at = metadata;

	while (at && *at) {
		if (strncmp(at, "session=", 8) == 0)
			return at + 8;
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	return NULL;
}

/* How many pulses a program takes at once, and which targets it tries for, is up to
 * who plans, not to the cells. */
static void plan_alike(struct replay *r, const struct mr_description *original)
{
	static const enum mr_effect effects[] = {MR_EFFECT_RAISE,
	                                         MR_EFFECT_LOWER};

	for (size_t k = 0; k < sizeof effects / sizeof *effects; k++) {
		const struct mr_waveform *w =
			mr_description_effect(original, effects[k]);

		if (w && mr_description_effect(mr_array_describe(r->array),
		                               effects[k]))
			(void)mr_array_expect_step(r->array, effects[k],
			                           &w->step);
	}
	if (original->g_max_S > original->g_min_S)
		(void)mr_array_expect_range(r->array, original->g_min_S,
		                            original->g_max_S);
}

/* A new session is another chip, or the same one much later: open anew. */
static int reopen(struct replay *r, const struct mr_oplog_run_info *info)
{
	const char *session = session_of(info->metadata);
	size_t n = session ? strcspn(session, "\n") : 0;
	const struct mr_description *d;
	int code;

	if (r->array && session && n < sizeof r->session
	    && strncmp(session, r->session, n) == 0 && r->session[n] == '\0')
		return MR_OK;
	if (r->array)
		(void)mr_array_close(r->array, NULL);
	r->array = NULL;
	r->session[0] = '\0';
	if (session && n < sizeof r->session)
		(void)snprintf(r->session, sizeof r->session, "%.*s", (int)n,
		               session);
	code = mr_array_open(r->uri, NULL, &r->array, r->err);
	if (code != MR_OK)
		return code;
	d = mr_array_describe(r->array);
	if (d->rows == info->desc.rows && d->cols == info->desc.cols)
		return MR_OK;
	return mr_errtext_set(r->err, MR_ERR_USAGE,
	                      "%s has %" PRIu32 " x %" PRIu32 " cells, the log "
	                      "is of %" PRIu32 " x %" PRIu32, r->uri, d->rows,
	                      d->cols, info->desc.rows, info->desc.cols);
}

/* The run's own metadata; the lines are cut in place. */
static void split(char *lines, const char **list)
{
	size_t n = 0;

	while (*lines && n + 1 < METADATA_MAX) {
		char *end = lines + strcspn(lines, "\n");

		list[n++] = lines;
		lines = *end ? end + 1 : end;
		*end = '\0';
	}
	list[n] = NULL;
}

static int start_log(struct replay *r, const struct mr_oplog_run_info *info)
{
	const char *list[METADATA_MAX];
	struct mr_oplog_options options = {.metadata = list};
	char *lines = strdup(info->metadata);
	int code;

	if (!lines)
		return tell(r, MR_ERR_NOMEM, "no memory");
	split(lines, list);
	code = mr_oplog_start(r->copy, r->array, &options, &r->log, r->err);
	free(lines);
	return code;
}

static int do_records(struct replay *r, int64_t run)
{
	struct mr_oplog_record record;
	bool more = true;
	int code = mr_oplog_rewind(r->reader, run);

	if (code != MR_OK)
		return tell(r, code, mr_oplog_errmsg(r->reader));
	for (;;) {
		code = mr_oplog_next(r->reader, &record, &more);
		if (code != MR_OK)
			return tell(r, code, mr_oplog_errmsg(r->reader));
		if (!more)
			return MR_OK;
		code = do_one(r, &record);
		if (code != MR_OK)
			return code;
	}
}

static bool has_value(const char *metadata, const char *key, const char *value)
{
	size_t k = strlen(key);
	size_t n = value ? strlen(value) : 0;

	for (const char *at = metadata; at && *at;) {
		if (strncmp(at, key, k) == 0
		    && (!value || (strncmp(at + k, value, n) == 0
		                   && (at[k + n] == '\n' || !at[k + n]))))
			return true;
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	return false;
}

static bool is_wanted(const struct replay *r,
                      const struct mr_oplog_run_info *info)
{
	const struct mr_history_options *o = r->options;
	bool listed = !o || !o->runs;

	for (size_t k = 0; o && o->runs && k < o->n_runs; k++)
		listed = listed || o->runs[k] == info->run;
	if (o && o->protocol
	    && !has_value(info->metadata, "protocol=", o->protocol))
		return false;
	return listed && !(o && o->measured_only
	                   && !has_value(info->metadata, "protocol=", NULL));
}

static int do_run(struct replay *r, int64_t run)
{
	struct mr_oplog_run_info *info = calloc(1, sizeof *info);
	struct mr_errtext late = {""};
	int code = info ? mr_oplog_info(r->reader, run, info) : MR_ERR_NOMEM;
	int end;

	if (code != MR_OK || !is_wanted(r, info)) {
		free(info);
		return code == MR_OK || code == MR_ERR_USAGE
		       ? MR_OK : tell(r, code, mr_oplog_errmsg(r->reader));
	}
	code = reopen(r, info);
	if (code == MR_OK) {
		plan_alike(r, &info->desc);
		code = start_log(r, info);
	}
	if (code == MR_OK) {
		code = do_records(r, run);
		end = mr_oplog_finish(r->log, &late);
		if (code == MR_OK && end != MR_OK)
			code = tell(r, end, late.text);
	}
	free(info);
	return code;
}

static int do_runs(struct replay *r)
{
	int64_t first;
	int64_t last;
	int code = mr_oplog_runs(r->reader, &first, &last);

	if (code != MR_OK)
		return tell(r, code, mr_oplog_errmsg(r->reader));
	for (int64_t run = first; run && run <= last && code == MR_OK; run++)
		code = do_run(r, run);
	if (code == MR_OK && !r->array)
		code = tell(r, MR_ERR_USAGE, "the log holds no run that fits");
	return code;
}

int mr_replay(const char *path, const struct mr_history_options *options,
              const char *uri, const char *copy,
              const struct mr_context *context, struct mr_replay_notes *notes,
              struct mr_errtext *err)
{
	struct replay r = {.options = options,
	                   .uri = uri,
	                   .copy = copy,
	                   .context = context,
	                   .err = err};
	struct mr_oplog_reader *there = NULL;
	int code = mr_oplog_open(copy, &there, NULL);

	mr_oplog_close(there);
	if (code != MR_ERR_MISSING)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "%s is there already: name a new file",
		                      copy);
	code = mr_oplog_open(path, &r.reader, err);
	if (code == MR_OK)
		code = do_runs(&r);
	if (r.array)
		(void)mr_array_close(r.array, NULL);
	mr_oplog_close(r.reader);
	free(r.floats);
	free(r.targets);
	if (notes)
		*notes = r.notes;
	return code;
}
