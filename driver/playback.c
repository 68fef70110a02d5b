/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A back end that answers from an op log. It takes the operations that the
 * recorded back end took, in the same order, and gives the recorded results,
 * times and failures; one that differs is an error that names it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends.h"
#include "memrig/oplog.h"
#include "op_compare.h"
#include "oplog_read.h"

#define COMPOSED_MAX 16 /* operations in a row that had no parts */
#define RUNS_MAX 4194304 /* as many as a log can hold */

/* What tells composed operations apart, well enough. */
struct mark {
	enum mr_op_kind kind;
	uint64_t hash;
};

struct playback {
	struct mr_oplog_reader *reader;
	struct mr_description desc;
	int64_t run;
	bool skip_surveys;
	struct mr_oplog_record next; /* to be answered from */
	bool more;                   /* there is one */
	uint64_t last_id;            /* of the last record taken */
	struct mark composed[COMPOSED_MAX]; /* between it and `next` */
	uint32_t n_composed;
	int64_t t_ns;
	char label[sizeof(((struct mr_description *)0)->identity)];
};

/* ---- the recorded operations --------------------------------------------- */

/* Whether it ended before anything took effect, for a reason that was not the
 * array's: its caller stopped it or an earlier one failed. */
static bool was_called_off(const struct mr_outcome *outcome)
{
	return outcome->error == MR_ERR_NOT_RUN ||
	       (outcome->n_effect == 0 && outcome->error == MR_ERR_STOPPED);
}

/* Those that the back end never saw: composed ones, of which it saw the parts,
 * and those that were called off, as the caller may do again. */
static bool is_unseen(const struct playback *self)
{
	const struct mr_oplog_record *next = &self->next;

	return next->composed ||
	       (next->ended && was_called_off(&next->op.outcome)) ||
	       (next->survey && self->skip_surveys);
}

static uint64_t mix(uint64_t hash, const void *data, size_t size)
{
	const unsigned char *at = data;

	for (size_t i = 0; i < size; i++) { /* FNV-1a */
		hash = (hash ^ at[i]) * UINT64_C(1099511628211);
	}
	return hash;
}

static struct mark mark_of(const struct mr_op *op)
{
	const struct mr_trace_op *trace = &op->trace;
	const struct mr_program_op *program = &op->program;
	struct mark mark = {op->kind, UINT64_C(14695981039346656037)};

	if (op->kind == MR_OP_TRACE && trace->level && trace->hold_s) {
		mark.hash = mix(mark.hash, trace->level,
		                trace->n_levels * sizeof(float));
		mark.hash = mix(mark.hash, trace->hold_s,
		                trace->n_levels * sizeof(double));
		mark.hash = mix(mark.hash, &trace->compliance, sizeof(double));
	} else if (op->kind == MR_OP_PROGRAM) {
		mark.hash = mix(mark.hash, &program->tolerance_S,
		                sizeof(double));
		mark.hash = mix(mark.hash, &program->budget,
		                sizeof(program->budget));
		mark.hash = mix(mark.hash, &program->averages,
		                sizeof(program->averages));
	}
	return mark;
}

static void remember_composed(struct playback *self)
{
	enum mr_op_kind kind = self->next.op.kind;

	if (self->next.composed && self->n_composed < COMPOSED_MAX &&
	    (kind == MR_OP_TRACE || kind == MR_OP_PROGRAM)) {
		self->composed[self->n_composed++] = mark_of(&self->next.op);
	}
}

/* The back end may have taken some of a kind itself and left others to the
 * core: as it was then. */
static int playback_means(void *state, const struct mr_op *op,
                          const char **means, struct mr_errtext *err)
{
	const struct playback *self = state;
	struct mark mark = mark_of(op);

	(void)err;
	*means = "the recorded run's own means";
	for (uint32_t i = 0; i < self->n_composed; i++) {
		if (self->composed[i].kind == mark.kind &&
		    self->composed[i].hash == mark.hash) {
			*means = NULL;
		}
	}
	return MR_OK;
}

static int advance(struct playback *self, struct mr_errtext *err)
{
	self->n_composed = 0;
	do {
		int code;

		if (self->more) {
			remember_composed(self);
			self->last_id = self->next.id;
		}
		code = mr_oplog_next(self->reader, &self->next, &self->more);
		if (code != MR_OK) {
			return mr_errtext_set(err, code, "%s",
			                      mr_oplog_errmsg(self->reader));
		}
	} while (self->more && is_unseen(self));
	return MR_OK;
}

/* A guard's own condition never comes this far where there is a guard for it. */
static bool is_the_guards(const struct mr_oplog_record *record)
{
	return record->op.kind == MR_OP_CONFIGURE &&
	       record->op.configure.name &&
	       strcmp(record->op.configure.name, "arm") == 0;
}

/* A guard may have refused the operation before it came here, and surveys may
 * be on in the one run and off in the other. */
static bool may_be_missing(const struct mr_oplog_record *record)
{
	return record->survey || is_the_guards(record) ||
	       (record->ended &&
	        record->op.outcome.error == MR_ERR_REFUSED);
}

static int mismatch(const struct mr_oplog_record *record, const char *why,
                    struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_MISMATCH, "operation %llu: %s",
	                      (unsigned long long)record->id, why);
}

/* Find the record of an operation: the next one, or the first behind those
 * that may be missing. */
static int match(struct playback *self, const struct mr_op *op,
                 struct mr_errtext *err)
{
	struct mr_errtext why = {""};
	int code = MR_OK;

	while (code == MR_OK && self->more &&
	       mr__op_differs(&self->next.op, op, &self->desc, &why)) {
		if (!may_be_missing(&self->next)) {
			return mismatch(&self->next, why.text, err);
		}
		code = advance(self, err);
	}
	if (code != MR_OK) {
		return code;
	}
	if (!self->more) {
		return mr_errtext_set(err, MR_ERR_MISMATCH,
		                      "operation %llu: the recorded run ends "
		                      "with operation %llu, got %s",
		                      (unsigned long long)self->last_id + 1,
		                      (unsigned long long)self->last_id,
		                      mr_op_kind_name(op->kind));
	}
	if (!self->next.ended) {
		return mismatch(&self->next, "the recorded run was cut off in "
		                "the middle of it, so its outcome is not known",
		                err);
	}
	return MR_OK;
}

/* ---- answering ----------------------------------------------------------- */

/* One result of an operation: where it goes and what was recorded. */
struct answer {
	const char *what;
	void *to;         /* NULL = not asked for */
	const void *from; /* NULL = not recorded */
	size_t size;
};

static int give(const struct mr_oplog_record *record,
                const struct answer *answer, struct mr_errtext *err)
{
	char why[96];

	if (!answer->to) {
		return MR_OK;
	}
	if (answer->from) {
		memcpy(answer->to, answer->from, answer->size);
		return MR_OK;
	}
	snprintf(why, sizeof(why), "asks for %s, which were not recorded",
	         answer->what);
	return mismatch(record, why, err);
}

/* Only status that says something is recorded. */
static int give_status(const struct mr_oplog_record *record, uint8_t *to,
                       const uint8_t *from, size_t n, struct mr_errtext *err)
{
	struct answer answer = {"status bits", to, from, n};

	if (to && !from && record->op.outcome.status == 0) {
		memset(to, 0, n);
		return MR_OK;
	}
	return give(record, &answer, err);
}

static int give_all(const struct mr_oplog_record *record,
                    const struct answer *answers, size_t n,
                    struct mr_errtext *err)
{
	int code = MR_OK;

	for (size_t i = 0; code == MR_OK && i < n; i++) {
		code = give(record, &answers[i], err);
	}
	return code;
}

static int give_read(const struct mr_oplog_record *record,
                     const struct mr_read_op *to, size_t n,
                     struct mr_errtext *err)
{
	const struct mr_read_op *from = &record->op.read;
	const struct answer answers[] = {
		{"conductances", to->g_S, from->g_S, n * sizeof(float)},
		{"raw voltages", to->v_V, from->v_V, n * sizeof(float)},
		{"raw currents", to->i_A, from->i_A, n * sizeof(float)},
	};
	int code = give_all(record, answers, 3, err);

	return code != MR_OK ? code
		: give_status(record, to->status, from->status, n, err);
}

static int give_trace(const struct mr_oplog_record *record,
                      const struct mr_trace_op *to, size_t cells,
                      struct mr_errtext *err)
{
	const struct mr_trace_op *from = &record->op.trace;
	size_t n = cells * mr_trace_samples(to);
	const struct answer answers[] = {
		{"currents", to->i_A, from->i_A, n * sizeof(float)},
		{"voltages", to->v_V, from->v_V, n * sizeof(float)},
		{"times", to->t_s, from->t_s, n * sizeof(double)},
	};
	int code = give_all(record, answers, 3, err);

	return code != MR_OK ? code
		: give_status(record, to->status, from->status, n, err);
}

static int give_program(const struct mr_oplog_record *record,
                        const struct mr_program_op *to, size_t n,
                        struct mr_errtext *err)
{
	const struct mr_program_op *from = &record->op.program;
	const struct answer answers[] = {
		{"conductances", to->g_S, from->g_S, n * sizeof(float)},
		{"pulse counts", to->pulses, from->pulses,
		 n * sizeof(uint32_t)},
	};
	int code = give_all(record, answers, 2, err);

	return code != MR_OK ? code
		: give_status(record, to->status, from->status, n, err);
}

static int give_drive(const struct mr_oplog_record *record,
                      const struct mr_op *op,
                      const struct mr_description *desc,
                      struct mr_errtext *err)
{
	const struct mr_drive_op *to = &op->drive;
	const struct mr_drive_op *from = &record->op.drive;
	uint32_t n_rows = 0;
	uint32_t n_cols = 0;
	struct answer answer = {"currents", to->i_A, from->i_A, 0};
	size_t n;
	int code;

	(void)mr_selection_lines(&op->where, desc, &n_rows, &n_cols);
	n = (size_t)to->batch *
	    (to->axis == MR_AXIS_ROWS ? n_cols : n_rows);
	answer.size = n * sizeof(float);
	code = give(record, &answer, err);
	return code != MR_OK ? code
		: give_status(record, to->status, from->status, n, err);
}

static int give_results(const struct playback *self, struct mr_op *op,
                        struct mr_errtext *err)
{
	const struct mr_oplog_record *record = &self->next;
	size_t n = (size_t)mr_op_elements(op, &self->desc);

	switch (op->kind) {
	case MR_OP_READ:
		return give_read(record, &op->read, n, err);
	case MR_OP_PULSE:
		return give_status(record, op->pulse.status,
		                   record->op.pulse.status, n, err);
	case MR_OP_TRACE:
		return give_trace(record, &op->trace, n, err);
	case MR_OP_PROGRAM:
		return give_program(record, &op->program, n, err);
	case MR_OP_DRIVE:
		return give_drive(record, op, &self->desc, err);
	case MR_OP_WAIT:
	case MR_OP_CONFIGURE:
		break;
	}
	return MR_OK;
}

/* ---- describing ---------------------------------------------------------- */

static void take_description(struct playback *self,
                             const struct mr_description *recorded)
{
	struct mr_description *desc = &self->desc;

	*desc = *recorded;
	snprintf(desc->driver, sizeof(desc->driver), "playback");
	snprintf(desc->identity, sizeof(desc->identity), "%.*s",
	         (int)sizeof(desc->identity) - 1, self->label);
	desc->abilities &= ~(MR_ABILITY_SNAPSHOT | MR_ABILITY_RESYNC);
}

/* Of several configures in one submit only the last was described. */
static int take_configure(struct playback *self, const struct mr_op *op,
                          struct mr_errtext *err)
{
	struct mr_description after;
	bool found = false;
	int code = mr__oplog_description(self->reader, self->next.row, &after,
	                                 &found);

	if (code != MR_OK) {
		return mr_errtext_set(err, code, "%s",
		                      mr_oplog_errmsg(self->reader));
	}
	if (found && (after.rows != self->desc.rows ||
	              after.cols != self->desc.cols)) {
		/* results were read for the shape that the run began with */
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "operation %llu: damaged log: the array has "
		                      "another shape after it",
		                      (unsigned long long)self->next.id);
	}
	if (found) {
		take_description(self, &after);
	}
	for (uint32_t i = 0; !found && i < self->desc.n_conditions; i++) {
		struct mr_condition *condition = &self->desc.conditions[i];

		if (strcmp(condition->name, op->configure.name) == 0) {
			snprintf(condition->value, sizeof(condition->value),
			         "%s", op->configure.value);
		}
	}
	return MR_OK;
}

/* ---- the waist ----------------------------------------------------------- */

/* Whoever edited a log may have left out why. */
static void explain(const struct mr_oplog_record *record,
                    struct mr_errtext *err)
{
	int failure = record->op.outcome.error;

	if (record->errtext[0]) {
		(void)mr_errtext_set(err, failure, "%s", record->errtext);
		return;
	}
	(void)mr_errtext_set(err, failure,
	                     "operation %llu failed when it was recorded (%s), "
	                     "the log does not say why",
	                     (unsigned long long)record->id,
	                     mr_error_name(failure));
}

static int answer_op(struct playback *self, struct mr_op *op,
                     struct mr_errtext *err)
{
	const struct mr_outcome *was = &self->next.op.outcome;
	int failure = MR_OK;
	int code = match(self, op, err);

	if (code == MR_OK && (was->error == MR_OK || was->n_effect > 0)) {
		code = give_results(self, op, err);
	}
	if (code != MR_OK) {
		return code;
	}
	op->outcome.status = was->status;
	op->outcome.n_effect = was->n_effect;
	op->outcome.t_begin_ns = was->t_begin_ns;
	op->outcome.t_end_ns = was->t_end_ns;
	self->t_ns = was->t_end_ns;
	failure = was->error;
	if (failure != MR_OK) {
		explain(&self->next, err);
	} else if (op->kind == MR_OP_CONFIGURE) {
		code = take_configure(self, op, err);
	}
	if (code == MR_OK) {
		code = advance(self, failure != MR_OK ? NULL : err);
	}
	return failure != MR_OK ? failure : code;
}

/* A deadline that has passed now stands for the one that had passed then; a
 * recorded time-out that it does not explain was the array's own. */
static int pass_deadline(struct playback *self, const struct mr_op *op,
                         struct mr_errtext *err)
{
	const struct mr_outcome *was = &self->next.op.outcome;
	struct mr_errtext why = {""};

	if (!self->more || was->error != MR_ERR_TIMEOUT || was->n_effect > 0 ||
	    mr__op_differs(&self->next.op, op, &self->desc, &why)) {
		return MR_OK;
	}
	return advance(self, err);
}

static int playback_submit(void *state, struct mr_op *ops, size_t n,
                           const struct mr_run *run, size_t *n_done)
{
	struct playback *self = state;

	*n_done = 0;
	for (size_t i = 0; i < n; i++) {
		int code;

		ops[i].outcome.t_begin_ns = self->t_ns;
		ops[i].outcome.t_end_ns = self->t_ns;
		code = mr_run_check(run);
		if (code == MR_ERR_TIMEOUT) {
			(void)pass_deadline(self, &ops[i], NULL);
		}
		if (code == MR_OK) {
			code = answer_op(self, &ops[i], run->err);
		}
		if (code != MR_OK) {
			ops[i].outcome.error = code;
			return code;
		}
		(*n_done)++;
	}
	return MR_OK;
}

static int playback_describe(void *state, struct mr_description *out,
                             struct mr_errtext *err)
{
	const struct playback *self = state;

	(void)err;
	*out = self->desc;
	return MR_OK;
}

static int playback_close(void *state, struct mr_errtext *err)
{
	struct playback *self = state;

	(void)err;
	mr_oplog_close(self->reader);
	free(self);
	return MR_OK;
}

/* ---- opening ------------------------------------------------------------- */

static int take_keys(struct playback *self, struct mr_uri *uri,
                     struct mr_errtext *err)
{
	const char *surveys = mr_uri_take(uri, "surveys");
	uint64_t run = 0;
	int code;

	if (uri->address[0] == '\0') {
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "playback: name the log, such as "
		                      "playback:run.db");
	}
	if (surveys && strcmp(surveys, "skip") != 0 &&
	    strcmp(surveys, "answer") != 0) {
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "surveys=%s: give answer (the default) or "
		                      "skip", surveys);
	}
	self->skip_surveys = surveys && strcmp(surveys, "skip") == 0;
	code = mr_uri_take_u64(uri, "run", 1, RUNS_MAX, &run, err);
	self->run = (int64_t)run;
	return code;
}

static int load(struct playback *self, const char *path,
                struct mr_oplog_run_info *info, struct mr_errtext *err)
{
	int64_t first = 0;
	int64_t last = 0;
	int code = mr_oplog_open(path, &self->reader, err);

	if (code != MR_OK) {
		return code;
	}
	code = mr_oplog_runs(self->reader, &first, &last);
	if (code == MR_OK) {
		self->run = self->run ? self->run : last;
		code = mr_oplog_info(self->reader, self->run, info);
	}
	if (code == MR_OK) {
		code = mr_oplog_rewind(self->reader, self->run);
	}
	if (code != MR_OK) {
		return mr_errtext_set(err, code, "%s",
		                      mr_oplog_errmsg(self->reader));
	}
	if (info->level < MR_OPLOG_VALUES) {
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: run %lld was recorded at level 1 "
		                      "(operations); playback needs level 2 "
		                      "(values) or 3 (surveys)", path,
		                      (long long)self->run);
	}
	return MR_OK;
}

static int playback_open(struct mr_uri *uri,
                         const struct mr_open_options *options, void **state,
                         struct mr_errtext *err)
{
	struct playback *self = calloc(1, sizeof(*self));
	struct mr_oplog_run_info info;
	int code;

	(void)options;
	if (!self) {
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	}
	code = take_keys(self, uri, err);
	if (code == MR_OK) {
		code = load(self, uri->address, &info, err);
	}
	if (code == MR_OK) {
		code = advance(self, err);
	}
	if (code != MR_OK) {
		(void)playback_close(self, NULL);
		return code;
	}
	snprintf(self->label, sizeof(self->label), "run %lld of %.40s: %s %.60s",
	         (long long)self->run, uri->address, info.desc.driver,
	         info.desc.identity);
	take_description(self, &info.desc);
	self->t_ns = info.desc.time_ns;
	*state = self;
	return MR_OK;
}

const struct mr_backend mr__backend_playback = {
	.name = "playback",
	.summary = "answers from an op log; "
	           "playback:FILE[?run=N][&surveys=answer|skip]",
	.open = playback_open,
	.describe = playback_describe,
	.submit = playback_submit,
	.means = playback_means,
	.close = playback_close,
};
