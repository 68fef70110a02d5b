/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Operations of a plan, and how much of the whole each one is. */
#include "measure_engine.h"

#include <math.h>

#define PROGRAM_ROUNDS 20 /* operations that a composed program takes, about */
#define EACH 100          /* what any operation costs, in readings */

/* How many times in a row the cells' time passes. An emulator works on a row at
 * a time, as a crossbar does; of boards the worst is assumed. */
static double turns(const struct mr__engine *e, const struct mr_op *op)
{
	uint32_t n_rows;
	uint32_t n_cols;

	if (!e->desc->has_seed
	    || mr_selection_lines(&op->where, e->desc, &n_rows, &n_cols)
	       != MR_OK)
		return (double)mr_op_elements(op, e->desc);
	return n_rows;
}

static double pulse_time_s(const struct mr__engine *e, const struct mr_op *op)
{
	const struct mr_pulse_op *p = &op->pulse;
	double most = p->count ? p->count : 1;

	for (uint32_t i = 0; p->counts && i < mr_op_elements(op, e->desc); i++)
		most = i == 0 || p->counts[i] > most ? p->counts[i] : most;
	return turns(e, op) * most * (p->width_s + p->t_rise_s + p->t_fall_s);
}

static double program_time_s(const struct mr__engine *e, const struct mr_op *op)
{
	const struct mr_waveform *up =
		mr_description_effect(e->desc, MR_EFFECT_RAISE);
	const struct mr_waveform *read =
		mr_description_effect(e->desc, MR_EFFECT_NONE);
	double n = (double)mr_op_elements(op, e->desc);
	double read_s = read ? read->width_s * fmax(1, op->program.averages) : 0;
	double pulse_s = up ? up->width_s + up->t_rise_s + up->t_fall_s : 0;

	return n * op->program.budget * (read_s + pulse_s);
}

static double trace_time_s(const struct mr__engine *e, const struct mr_op *op)
{
	double each_s = 0;

	for (uint32_t k = 0; k < op->trace.n_levels; k++)
		each_s += op->trace.hold_s[k];
	return turns(e, op) * each_s;
}

static double time_of(const struct mr__engine *e, const struct mr_op *op,
                      const struct mr_plan *plan)
{
	switch (op->kind) {
	case MR_OP_READ:
		return turns(e, op) * plan->width_s.greatest
		       * fmax(1, op->read.averages);
	case MR_OP_PULSE:
		return pulse_time_s(e, op);
	case MR_OP_PROGRAM:
		return program_time_s(e, op);
	case MR_OP_TRACE:
		return trace_time_s(e, op);
	case MR_OP_WAIT:
		return op->wait.duration_s;
	case MR_OP_DRIVE:
	case MR_OP_CONFIGURE:
		break;
	}
	return 0;
}

/* Results that decide nothing, but for the pulses: all that are allowed. */
static void fill_results(const struct mr__engine *e, struct mr_op *op)
{
	size_t n = (size_t)mr_op_elements(op, e->desc);

	if (op->kind == MR_OP_TRACE)
		n *= mr_trace_samples(&op->trace);
	for (size_t i = 0; i < n; i++) {
		if (op->kind == MR_OP_READ)
			op->read.g_S[i] = NAN;
		else if (op->kind == MR_OP_TRACE)
			op->trace.i_A[i] = NAN;
		if (op->kind == MR_OP_PULSE && op->pulse.status)
			op->pulse.status[i] = 0;
		if (op->kind == MR_OP_READ && op->read.status)
			op->read.status[i] = 0;
		if (op->kind == MR_OP_TRACE && op->trace.status)
			op->trace.status[i] = 0;
		if (op->kind != MR_OP_PROGRAM)
			continue;
		op->program.g_S[i] = NAN;
		op->program.pulses[i] = op->program.budget;
		op->program.status[i] = 0;
	}
}

static uint64_t weight_of(const struct mr__engine *e, const struct mr_op *op)
{
	uint64_t n = mr_op_elements(op, e->desc);

	if (op->kind == MR_OP_TRACE)
		n *= mr_trace_samples(&op->trace);
	if (op->kind == MR_OP_PROGRAM)
		return PROGRAM_ROUNDS * (n + EACH);
	/* emulated time costs none; on a board a wait is what takes long */
	if (op->kind == MR_OP_WAIT && !e->desc->has_seed)
		return (uint64_t)(op->wait.duration_s * 1e5) + 1;
	return n + EACH;
}

int mr__engine_plan(struct mr__engine *e, struct mr_op *op)
{
	struct mr_plan plan;
	int code = mr_array_plan(e->array, op, &plan);

	op->outcome = (struct mr_outcome){.error = code};
	if (code != MR_OK)
		return mr_errtext_set(e->err, code, "%s",
		                      mr_array_errmsg(e->array));
	op->outcome.n_effect = mr_op_elements(op, e->desc);
	fill_results(e, op);
	e->m.t_ns += (int64_t)(1e9 * time_of(e, op, &plan));
	e->total += weight_of(e, op);
	return MR_OK;
}

void mr__engine_progress(struct mr__engine *e, const struct mr_op *op)
{
	const struct mr_context *c = e->options->context;

	e->done += weight_of(e, op);
	if (e->done > e->total)
		e->done = e->total;
	if (c && c->progress)
		c->progress(c->user, e->done, e->total);
}
