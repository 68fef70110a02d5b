/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Jobs: operations that take the array's time. Where the end is known before,
 * the operation is applied when the clock has passed it, so that one that is
 * cut is applied as far as it had come and no further. A verify loop and a
 * forming ramp go on cell by cell and pulse by pulse. Reads and drives disturb
 * nothing: cut, they are left out.
 */
#include "wire_scpi.h"

#include <math.h>
#include <string.h>

#define NS_PER_S 1e9
#define JOB_MAX_S 1e9

static int error_of(int code)
{
	switch (code) {
	case MR_OK:
		return WS_OK;
	case MR_ERR_USAGE:
	case MR_ERR_RANGE:
	case MR_ERR_UNSUPPORTED:
	case MR_ERR_REFUSED:
		return WS_RANGE;
	case MR_ERR_NOMEM:
		return WS_SYSTEM;
	default:
		return WS_HARDWARE;
	}
}

int mr__ws_do(struct wire_scpi *b, struct mr_op *op)
{
	return error_of(mr_array_submit(b->array, op, 1, NULL, NULL));
}

/* A train of no pulses is checked like any other, by the cell model too. */
int mr__ws_try_pulses(struct wire_scpi *b, const struct mr_op *op)
{
	struct ws_buffer none = {0};
	struct mr_op dry = *op;
	size_t size = b->selection.n * sizeof(uint32_t);
	uint32_t *counts = mr__ws_resize(&none, size);

	if (!counts)
		return WS_SYSTEM;
	memset(counts, 0, size);
	dry.pulse.counts = counts;
	int rc = mr__ws_do(b, &dry);

	mr__ws_free(&none);
	return rc;
}

int mr__ws_job_begin(struct wire_scpi *b, enum ws_job_kind kind,
                     double length_s)
{
	if (!(length_s <= JOB_MAX_S))
		return WS_RANGE;
	if (!b->safety.enabled)
		return WS_CONFLICT;
	int rc = mr__ws_sync(b);

	if (rc)
		return rc;
	b->job.kind = kind;
	b->job.begin_ns = mr_array_time_ns(b->array);
	b->job.length_ns = llround(length_s * NS_PER_S);
	if (kind == JOB_PULSE)
		b->pulse_n = b->pulse_status = 0;
	return WS_OK;
}

/* ---- ends -------------------------------------------------------------------------- */

static void answer_floats(struct ws_buffer *line, const void *x, uint64_t n)
{
	mr__ws_answer_block(line, x, n * sizeof(float), sizeof(float));
}

static void answer_status(struct ws_buffer *line, uint32_t status)
{
	mr__ws_print(line, ",%u", status);
}

static int end_read(struct wire_scpi *b)
{
	struct mr_op *op = &b->job.op;
	int rc = mr__ws_do(b, op);

	if (rc)
		return rc;
	struct ws_buffer *line = mr__ws_answer(b);

	answer_floats(line, op->read.g_S, b->job.n);
	answer_status(line, op->outcome.status);
	return WS_OK;
}

static int end_pulses(struct wire_scpi *b)
{
	struct mr_op *op = &b->job.op;
	int rc = mr__ws_do(b, op);

	b->pulse_n = (uint32_t)op->outcome.n_effect;
	b->pulse_status = op->outcome.status;
	return rc;
}

static int end_drive(struct wire_scpi *b)
{
	struct mr_op *op = &b->job.op;
	int rc = mr__ws_do(b, op);

	if (rc)
		return rc;
	struct ws_buffer *line = mr__ws_answer(b);

	answer_floats(line, op->drive.i_A,
	              b->job.work[1].n / sizeof(float));
	answer_status(line, op->outcome.status);
	return WS_OK;
}

static int end_trace(struct wire_scpi *b)
{
	struct mr_op *op = &b->job.op;
	uint64_t n = (uint64_t)b->job.n * mr_trace_samples(&op->trace);
	int rc = mr__ws_do(b, op);

	if (rc)
		return rc;
	struct ws_buffer *line = mr__ws_answer(b);

	answer_floats(line, op->trace.v_V, n);
	mr__ws_append(line, ",", 1);
	answer_floats(line, op->trace.i_A, n);
	answer_status(line, op->outcome.status);
	return WS_OK;
}

/* ---- jobs of steps ------------------------------------------------------------------ */

static void answer_program(struct wire_scpi *b)
{
	const struct mr_program_op *pg = &b->job.op.program;
	struct ws_buffer *line = mr__ws_answer(b);

	answer_floats(line, pg->g_S, b->job.n);
	mr__ws_append(line, ",", 1);
	mr__ws_answer_block(line, pg->pulses, b->job.n * sizeof(uint32_t),
	                    sizeof(uint32_t));
	answer_status(line, b->job.status);
}

/* An array that programs by itself takes all at once. */
static int program_all(struct wire_scpi *b)
{
	int rc = mr__ws_do(b, &b->job.op);

	b->job.at = b->job.n;
	b->job.status = b->job.op.outcome.status;
	return rc;
}

static int program_one(struct wire_scpi *b)
{
	const struct mr_op *all = &b->job.op;
	uint32_t i = b->job.at++;
	uint32_t cell = mr_selection_cell(&all->where, b->desc, i);
	struct mr_op op = *all;

	op.where = (struct mr_selection){
		.kind = MR_SELECT_LIST, .cells = &cell, .n_cells = 1};
	if (all->program.target_S)
		op.program.target_S = all->program.target_S + i;
	op.program.g_S = all->program.g_S + i;
	op.program.pulses = all->program.pulses + i;
	op.program.status = all->program.status + i;
	int rc = mr__ws_do(b, &op);

	b->job.status |= op.outcome.status;
	return rc;
}

/* @return 1 while there is more to do */
static int step_program(struct wire_scpi *b)
{
	if (b->job.at == b->job.n) {
		answer_program(b);
		return 0;
	}
	int rc = b->desc->abilities & MR_ABILITY(MR_OP_PROGRAM)
	                 ? program_all(b)
	                 : program_one(b);

	return rc ? rc : 1;
}

static int step_form(struct wire_scpi *b)
{
	struct ws_forming *f = &b->forming;
	const struct mr_selection where = {
		.kind = MR_SELECT_LIST, .cells = &f->cell, .n_cells = 1};
	float g_S = 0;
	struct mr_op ops[] = {
		{.kind = MR_OP_PULSE,
	         .where = where,
	         .pulse = {.unit = b->unit,
	                   .amplitude = f->start + f->step * f->pulses,
	                   .width_s = f->width_s,
	                   .count = 1}},
		{.kind = MR_OP_READ, .where = where, .read = {.g_S = &g_S}},
	};

	if (f->reached || f->pulses == f->n_most)
		return 0;
	int rc = mr__ws_do(b, &ops[0]);

	if (rc)
		return rc;
	f->amplitude = ops[0].pulse.amplitude;
	f->pulses++;
	rc = mr__ws_do(b, &ops[1]);
	f->reached = !rc && (double)g_S > f->g_stop_S;
	return rc ? rc : 1;
}

static int step(struct wire_scpi *b)
{
	switch (b->job.kind) {
	case JOB_READ:
		return end_read(b);
	case JOB_PULSE:
		return end_pulses(b);
	case JOB_DRIVE:
		return end_drive(b);
	case JOB_TRACE:
		return end_trace(b);
	case JOB_PROGRAM:
		return step_program(b);
	case JOB_FORM:
		return step_form(b);
	default:
		return WS_OK;
	}
}

/* Host time at which the board's clock shows the array's age. */
static int64_t array_host_ns(const struct wire_scpi *b)
{
	return b->instant ? b->now_ns
	                  : mr_array_time_ns(b->array) - b->born_ns -
	                            b->advanced_ns + b->opened_ns;
}

int mr__ws_job_step(struct wire_scpi *b)
{
	struct ws_job *job = &b->job;
	int rc = 1;

	while (job->kind != JOB_NONE && rc == 1 &&
	       mr__ws_board_ns(b) >= job->begin_ns + job->length_ns) {
		rc = step(b);
		job->begin_ns = mr_array_time_ns(b->array);
		job->length_ns = 0;
		if (rc != 1) {
			job->kind = JOB_NONE;
			b->safety.safe_since_ns = array_host_ns(b);
		}
	}
	return rc == 1 ? WS_OK : rc;
}

/* ---- cuts -------------------------------------------------------------------------- */

/* Nothing that is applied is shorter than what time is counted in. */
static int64_t ns_of(double s)
{
	int64_t ns = llround(s * NS_PER_S);

	return ns > 0 ? ns : 1;
}

static int64_t pulse_ns(const struct mr_pulse_op *pu, uint32_t i)
{
	double width_s = pu->widths_s ? (double)pu->widths_s[i] : pu->width_s;

	return ns_of(pu->t_rise_s + width_s + pu->t_fall_s);
}

/* How many of an element's pulses fit; whether one more was on its way. */
static uint32_t pulses_in(const struct mr_pulse_op *pu, uint32_t i,
                          int64_t elapsed_ns, bool *cut)
{
	uint32_t count = pu->counts ? pu->counts[i] : pu->count;
	int64_t each_ns = pulse_ns(pu, i);
	int64_t whole = elapsed_ns / each_ns;

	*cut = whole < count && elapsed_ns % each_ns > 0;
	return whole < count ? (uint32_t)whole : count;
}

/* Rewrites the counts to what was applied. @return elements that got all */
static uint32_t cut_counts(struct wire_scpi *b, uint32_t *counts,
                           int64_t elapsed_ns)
{
	struct mr_pulse_op *pu = &b->job.op.pulse;
	bool list = b->job.op.where.kind == MR_SELECT_LIST;
	uint32_t n_whole = 0;
	bool cut = false;

	for (uint32_t i = 0; i < b->job.n; i++) {
		uint32_t asked = pu->counts ? pu->counts[i] : pu->count;
		uint32_t got = pulses_in(pu, i, elapsed_ns, &cut);

		if (list)
			elapsed_ns = got < asked ? 0
			                         : elapsed_ns -
			                                   pulse_ns(pu, i) * got;
		if (cut) {
			pu->status[i] = MR_STATUS_UNKNOWN;
			b->pulse_status |= MR_STATUS_UNKNOWN;
		}
		n_whole += n_whole == i && got == asked;
		counts[i] = got;
	}
	return n_whole;
}

/* What was not reached must not look like what was cut. */
static void cut_pulses(struct wire_scpi *b, int64_t elapsed_ns)
{
	struct mr_op op = b->job.op;
	struct ws_buffer counted = {0}, marks = {0};
	uint32_t n = b->job.n;
	uint32_t *counts = mr__ws_resize(&counted, n * sizeof(uint32_t));
	uint8_t *bits = mr__ws_resize(&marks, n);

	if (counts && bits) {
		b->pulse_n = cut_counts(b, counts, elapsed_ns);
		op.pulse.counts = counts;
		op.pulse.status = bits;
		int rc = mr__ws_do(b, &op);

		for (uint32_t i = 0; i < n && !rc; i++)
			b->job.op.pulse.status[i] |= bits[i];
		b->pulse_status |= op.outcome.status;
	}
	mr__ws_free(&counted);
	mr__ws_free(&marks);
}

/* The trace of cells from..to, only its first n_levels. */
static void trace_part(struct wire_scpi *b, uint32_t from, uint32_t to,
                       uint32_t n_levels)
{
	struct mr_op op = b->job.op;
	struct ws_buffer cells = {0}, currents = {0};

	for (uint32_t i = from; i < to; i++) {
		uint32_t cell = mr_selection_cell(&b->job.op.where, b->desc, i);

		mr__ws_append(&cells, &cell, sizeof cell);
	}
	op.where = (struct mr_selection){.kind = MR_SELECT_LIST,
	                                 .cells = (const void *)cells.data,
	                                 .n_cells = to - from};
	op.trace.n_levels = n_levels;
	op.trace.sample = NULL;
	op.trace.v_V = NULL;
	op.trace.status = NULL;
	op.trace.i_A = mr__ws_resize(&currents, sizeof(float) * n_levels *
	                                                (size_t)(to - from));
	if (n_levels && to > from && op.trace.i_A && !cells.failed)
		(void)mr__ws_do(b, &op);
	mr__ws_free(&cells);
	mr__ws_free(&currents);
}

/* A trace goes from cell to cell; a level that was on its way is left out. */
static void cut_trace(struct wire_scpi *b, int64_t elapsed_ns)
{
	const struct mr_trace_op *tr = &b->job.op.trace;
	int64_t cell_ns = 0, level_ns = 0;
	uint32_t n_levels = 0;

	for (uint32_t k = 0; k < tr->n_levels; k++)
		cell_ns += ns_of(tr->hold_s[k]);
	int64_t whole = cell_ns > 0 ? elapsed_ns / cell_ns : 0;
	uint32_t n = whole < b->job.n ? (uint32_t)whole : b->job.n;

	trace_part(b, 0, n, tr->n_levels);
	if (n == b->job.n)
		return;
	elapsed_ns -= cell_ns * n;
	while (n_levels < tr->n_levels) {
		level_ns += ns_of(tr->hold_s[n_levels]);
		if (level_ns > elapsed_ns)
			break;
		n_levels++;
	}
	trace_part(b, n, n + 1, n_levels);
}

bool mr__ws_job_cut(struct wire_scpi *b)
{
	struct ws_job *job = &b->job;
	int64_t elapsed_ns = b->instant ? 0
	                                : mr__ws_board_ns(b) - job->begin_ns;

	if (job->kind == JOB_NONE)
		return false;
	if (job->kind == JOB_PULSE)
		cut_pulses(b, elapsed_ns);
	else if (job->kind == JOB_TRACE)
		cut_trace(b, elapsed_ns);
	job->kind = JOB_NONE;
	b->safety.safe_since_ns = b->now_ns;
	return true;
}
