/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Walks the record of a measurement that is resumed. On an array that is as it
 * was at the begin everything is done again; for any other one the recorded
 * results stand, and no pulse is given twice. */
#include "measure_engine.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int differs(struct mr__engine *e, const char *why)
{
	return mr_errtext_set(
		e->err, MR_ERR_MISMATCH,
		"run %" PRId64 ", operation %" PRIu64 " cannot be resumed: %s",
		e->record.at < e->record.n ? e->record.runs[e->record.at].run : 0,
		e->record.next.id, why);
}

static bool is_clean(const struct mr_oplog_record *was)
{
	return was->ended && was->op.outcome.error == MR_OK
	       && !(was->op.outcome.status & MR_STATUS_UNKNOWN);
}

/* A refusal is an answer, which the protocol acts upon. */
static bool was_refused(const struct mr_oplog_record *was)
{
	int error = was->op.outcome.error;

	return was->ended && was->op.outcome.n_effect == 0
	       && (error == MR_ERR_REFUSED || error == MR_ERR_RANGE
	           || error == MR_ERR_UNSUPPORTED);
}

/* ---- on an array that is as it was ----------------------------------------- */

static int do_again(struct mr__engine *e, struct mr_op *op)
{
	struct mr_context none = {0};
	int code = mr_array_submit(e->array, op, 1, &none, NULL);
	bool refused = was_refused(&e->record.next);

	if (code == MR_OK && refused)
		return differs(e, "it was refused then, and is not now");
	if (code != MR_OK)
		return mr_errtext_set(e->err, code, "%s",
		                      mr_array_errmsg(e->array));
	e->m.t_ns = op->outcome.t_end_ns;
	if (!mr__op_gave_same(&e->record.next.op, op, e->desc))
		return differs(e, "done again, it gave another result; was it "
		                  "another version of memrig, other parameters "
		                  "or another state?");
	return MR_OK;
}

static int again(struct mr__engine *e, struct mr_op *op, bool *found)
{
	if (!is_clean(&e->record.next) && !was_refused(&e->record.next)) {
		/* here it is done whole */
		e->redone = e->record.next.id;
		return MR_OK;
	}
	*found = true;
	e->redone = 0;
	return do_again(e, op);
}

/* ---- on any other array ---------------------------------------------------- */

static bool had_no_effect(const struct mr_oplog_record *was)
{
	int error = was->op.outcome.error;

	if (!was->ended || error == MR_ERR_OUTCOME
	    || (was->op.outcome.status & MR_STATUS_UNKNOWN))
		return false;
	if (was->op.kind == MR_OP_PROGRAM) /* its parts may have */
		return error == MR_ERR_NOT_RUN;
	return was->op.outcome.n_effect == 0;
}

/* Its cells are not known any more; the protocol goes on without it. */
static void leave_unknown(struct mr__engine *e, struct mr_op *op)
{
	size_t n = (size_t)mr_op_elements(op, e->desc);
	uint64_t known = e->record.next.ended && op->kind == MR_OP_PULSE
	                 ? e->record.next.op.outcome.n_effect
	                 : 0;

	if (op->kind == MR_OP_TRACE)
		n *= mr_trace_samples(&op->trace);
	for (size_t i = 0; i < n; i++) {
		uint8_t status = i < known ? 0 : MR_STATUS_UNKNOWN;

		if (op->kind == MR_OP_PULSE && op->pulse.status)
			op->pulse.status[i] = status;
		if (op->kind == MR_OP_TRACE) {
			op->trace.i_A[i] = NAN;
			if (op->trace.status)
				op->trace.status[i] = MR_STATUS_UNKNOWN;
		}
		if (op->kind == MR_OP_PROGRAM) {
			op->program.g_S[i] = NAN;
			op->program.pulses[i] = op->program.budget;
			op->program.status[i] = MR_STATUS_UNKNOWN;
		}
	}
	op->outcome = (struct mr_outcome){.status = MR_STATUS_UNKNOWN};
}

/* The cells behind those that got their pulses. */
static int keep_rest(struct mr__engine *e, struct mr_op *op)
{
	uint64_t n = mr_op_elements(op, e->desc);
	uint64_t k = e->record.next.op.outcome.n_effect;
	uint32_t *rest = malloc((size_t)(n - k) * sizeof *rest);
	struct mr_pulse_op *p = &op->pulse;

	if (!rest)
		return mr_errtext_set(e->err, MR_ERR_NOMEM, "out of memory");
	for (uint64_t i = k; i < n; i++)
		rest[i - k] = mr_selection_cell(&op->where, e->desc, i);
	op->where = (struct mr_selection){.kind = MR_SELECT_LIST,
	                                  .cells = rest,
	                                  .n_cells = (uint32_t)(n - k)};
	p->counts = p->counts ? p->counts + k : NULL;
	p->amplitudes = p->amplitudes ? p->amplitudes + k : NULL;
	p->widths_s = p->widths_s ? p->widths_s + k : NULL;
	p->status = p->status ? p->status + k : NULL;
	free(e->rest);
	e->rest = rest;
	return MR_OK;
}

static int take(struct mr__engine *e, struct mr_op *op, bool *found)
{
	struct mr_errtext why = {""};
	int code = mr__op_take(&e->record.next.op, op, e->desc, &why);

	*found = true;
	e->redone = 0;
	e->m.t_ns = op->outcome.t_end_ns + e->offset_ns;
	return code == MR_OK ? MR_OK : differs(e, why.text);
}

static int take_refusal(struct mr__engine *e, struct mr_op *op, bool *found)
{
	const struct mr_oplog_record *was = &e->record.next;

	*found = true;
	op->outcome = was->op.outcome;
	return mr_errtext_set(e->err, was->op.outcome.error, "%s", was->errtext);
}

static int take_unclean(struct mr__engine *e, struct mr_op *op, bool *found)
{
	const struct mr_oplog_record *was = &e->record.next;
	const struct mr_outcome *out = &was->op.outcome;

	if (was_refused(was))
		return take_refusal(e, op, found);
	if (op->kind == MR_OP_WAIT && was->ended) {
		op->wait.duration_s = fmax(
			0, op->wait.duration_s
			   - 1e-9 * (double)(out->t_end_ns - out->t_begin_ns));
		e->m.t_ns += out->t_end_ns - out->t_begin_ns;
		return MR_OK;
	}
	if (had_no_effect(was) || op->kind == MR_OP_READ
	    || op->kind == MR_OP_WAIT || op->kind == MR_OP_CONFIGURE) {
		e->redone = was->id;
		return MR_OK;
	}
	e->redone = 0;
	if (op->kind == MR_OP_PULSE && was->ended && out->error != MR_ERR_OUTCOME
	    && !(out->status & MR_STATUS_UNKNOWN))
		return keep_rest(e, op);
	leave_unknown(e, op);
	*found = true;
	return MR_OK;
}

/* ---- both ------------------------------------------------------------------ */

/* A session of its own has its own array time, which goes on from the last. */
static void note_session(struct mr__engine *e)
{
	const struct mr__record_run *run = &e->record.runs[e->record.at];

	if (e->walked && strcmp(run->session, e->walked->session) != 0)
		e->offset_ns =
			e->m.t_ns - e->record.next.op.outcome.t_begin_ns;
	e->walked = run;
}

int mr__engine_walk(struct mr__engine *e, struct mr_op *op, bool *found)
{
	struct mr_errtext why = {""};
	int code = mr__record_next(&e->record, &e->walking, e->err);

	if (code != MR_OK || !e->walking)
		return code;
	note_session(e);
	if (mr__op_match(&e->record.next.op, op, e->desc, &why) != MR_OK)
		return differs(e, why.text);
	e->result->n_repeated++;
	e->continues = e->record.runs[e->record.at].run;
	if (e->again)
		return again(e, op, found);
	return is_clean(&e->record.next) ? take(e, op, found)
	                                 : take_unclean(e, op, found);
}
