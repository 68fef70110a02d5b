/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What one recorded operation did to each of its cells. */
#include "history_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int mr__history_push(struct mr__history_build *build, uint32_t cell,
                     const struct mr_history_event *event)
{
	if (build->n == build->room) {
		size_t room = build->room ? build->room * 2 : 4096;
		struct mr_history_event *events =
			realloc(build->events, room * sizeof *events);
		uint32_t *cells;

		if (!events)
			return MR_ERR_NOMEM;
		build->events = events;
		cells = realloc(build->cells, room * sizeof *cells);
		if (!cells)
			return MR_ERR_NOMEM;
		build->cells = cells;
		build->room = room;
	}
	build->events[build->n] = *event;
	build->cells[build->n++] = cell;
	return MR_OK;
}

int mr__history_gap(struct mr__history_build *build, uint16_t part,
                    int64_t t_ns)
{
	struct mr_history_event gap = {.t_ns = t_ns,
	                               .g_S = NAN,
	                               .part = part,
	                               .kind = MR_HISTORY_GAP};
	uint32_t n = build->desc->rows * build->desc->cols;

	for (uint32_t cell = 0; cell < n; cell++)
		if (mr__history_push(build, cell, &gap) != MR_OK)
			return MR_ERR_NOMEM;
	return MR_OK;
}

/* ---- one operation ------------------------------------------------------- */

/* What the cells of an operation share. */
struct view {
	struct mr__history_build *build;
	const struct mr_op *op;
	uint16_t part;
	uint64_t n;       /* cells */
	uint64_t n_known; /* of which the outcome is known */
	bool composed;    /* its parts follow it in the log */
	bool only_reads;  /* a trace that changes nothing */
	uint32_t n_cols;  /* that are read together */
	uint64_t n_pulses; /* of all cells, where each has a count of its own */
	uint64_t n_given;  /* of those, when the cell at work has had its own */
};

/* Which share of an operation has passed when its i-th cell has had its turn. The
 * age of a reading after a pulse hangs on it: a turn is as long as its pulses are
 * many. */
static double share_of(const struct view *v, uint64_t i)
{
	uint32_t averages = v->op->read.averages;
	double passes = v->op->kind == MR_OP_READ && averages > 1 ? averages : 1;
	uint64_t turn = i + 1;

	if (v->n_pulses > 0)
		return fmin((double)v->n_given / (double)v->n_pulses, 1);
	if (v->build->desc->order == MR_ORDER_ROWS)
		turn = (i / v->n_cols + 1) * v->n_cols;
	if (v->build->desc->order != MR_ORDER_PASSES)
		return (double)turn / (double)v->n;
	return ((double)turn / (double)v->n + passes - 1) / passes;
}

static float over_s(const struct view *v)
{
	const struct mr_outcome *o = &v->op->outcome;
	double passes = v->op->read.averages;

	if (v->build->desc->order != MR_ORDER_PASSES || passes <= 1)
		return 0;
	return (float)(1e-9 * (double)(o->t_end_ns - o->t_begin_ns)
	               * (passes - 1) / passes);
}

static int64_t time_of(const struct view *v, uint64_t i)
{
	const struct mr_outcome *o = &v->op->outcome;
	double part = share_of(v, i);

	if (v->composed || (v->op->where.kind != MR_SELECT_LIST
	                    && v->build->desc->order == MR_ORDER_ROWS
	                    && v->op->kind != MR_OP_READ))
		return o->t_end_ns;
	return o->t_begin_ns
	       + (int64_t)((double)(o->t_end_ns - o->t_begin_ns) * part);
}

static bool alike(double a, double b)
{
	return fabs(a - b) <= 0.01 * fabs(b);
}

static bool is_waveform(const struct mr_waveform *w, enum mr_unit unit,
                        double amplitude, double width_s)
{
	return w->effect != MR_EFFECT_NONE && w->unit == unit
	       && alike(amplitude, w->amplitude)
	       && alike(width_s, w->width_s);
}

static enum mr_effect effect_of(const struct mr_description *desc,
                                enum mr_unit unit, double amplitude,
                                double width_s)
{
	for (uint32_t k = 0; k < desc->n_waveforms; k++)
		if (is_waveform(&desc->waveforms[k], unit, amplitude, width_s))
			return desc->waveforms[k].effect;
	return MR_EFFECT_NONE;
}

/* Says why a reading is not used; MR__N_LOSSES = it is. */
static enum mr__loss reading_loss(float g_S, uint8_t status)
{
	if (status & MR_STATUS_UNKNOWN)
		return MR__LOSS_UNKNOWN;
	if (status & MR_STATUS_OVER_RANGE)
		return MR__LOSS_OVER_RANGE;
	if (status & MR_STATUS_SUSPECT)
		return MR__LOSS_SUSPECT;
	if (status & MR_STATUS_COMPLIANCE)
		return MR__LOSS_COMPLIANCE;
	return isfinite(g_S) ? MR__N_LOSSES : MR__LOSS_NOT_A_NUMBER;
}

static int add_read(const struct view *v, uint64_t i, uint32_t cell)
{
	const struct mr_read_op *read = &v->op->read;
	struct mr_history_event e = {
		.t_ns = time_of(v, i),
		.over_s = over_s(v),
		.amplitude = (float)read->v_read_V,
		.width_s = (float)read->t_int_s,
		.count = read->averages ? read->averages : 1,
		.part = v->part,
		.kind = MR_HISTORY_READ,
		.status = read->status ? read->status[i] : 0,
	};
	enum mr__loss loss;

	if (!read->g_S || i >= v->n_known) {
		v->build->lost[MR__LOSS_NO_VALUE]++;
		return MR_OK;
	}
	e.g_S = read->g_S[i];
	loss = reading_loss(e.g_S, e.status);
	if (loss != MR__N_LOSSES) {
		v->build->lost[loss]++;
		return MR_OK;
	}
	return mr__history_push(v->build, cell, &e);
}

static int add_gap(const struct view *v, uint64_t i, uint32_t cell)
{
	struct mr_history_event e = {.t_ns = time_of(v, i),
	                             .g_S = NAN,
	                             .part = v->part,
	                             .kind = MR_HISTORY_GAP,
	                             .status = MR_STATUS_UNKNOWN};

	v->build->lost[MR__LOSS_UNKNOWN]++;
	return mr__history_push(v->build, cell, &e);
}

static int add_pulse(const struct view *v, uint64_t i, uint32_t cell)
{
	const struct mr_pulse_op *pulse = &v->op->pulse;
	double amplitude = pulse->amplitudes ? (double)pulse->amplitudes[i]
	                                     : pulse->amplitude;
	double width_s = pulse->widths_s ? (double)pulse->widths_s[i]
	                                 : pulse->width_s;
	struct mr_history_event e = {
		.t_ns = time_of(v, i),
		.g_S = NAN,
		.amplitude = (float)amplitude,
		.width_s = (float)width_s,
		.count = pulse->counts ? pulse->counts[i]
	                 : pulse->count ? pulse->count : 1,
		.part = v->part,
		.kind = MR_HISTORY_PULSE,
		.unit = (uint8_t)pulse->unit,
		.status = pulse->status ? pulse->status[i] : 0,
	};

	if (i >= v->n_known || (e.status & MR_STATUS_UNKNOWN))
		return add_gap(v, i, cell);
	if (e.count == 0)
		return MR_OK;
	e.effect = (uint8_t)effect_of(v->build->desc, pulse->unit, amplitude,
	                              width_s);
	return mr__history_push(v->build, cell, &e);
}

static int add_program(const struct view *v, uint64_t i, uint32_t cell)
{
	const struct mr_program_op *program = &v->op->program;
	struct mr_history_event e = {
		.t_ns = time_of(v, i),
		.g_S = program->g_S ? program->g_S[i] : NAN,
		.amplitude = program->target_S ? program->target_S[i]
	                                       : (float)program->target,
		.width_s = (float)program->tolerance_S,
		.count = program->pulses ? program->pulses[i] : 0,
		.part = v->part,
		.kind = MR_HISTORY_PROGRAM,
		.status = program->status ? program->status[i] : 0,
	};

	if (i >= v->n_known || (e.status & MR_STATUS_UNKNOWN))
		return add_gap(v, i, cell);
	if (reading_loss(e.g_S, e.status) != MR__N_LOSSES)
		e.g_S = NAN;
	return mr__history_push(v->build, cell, &e);
}

/* ---- traces -------------------------------------------------------------- */

/* The sweep's arrays in one piece behind v_V, or behind i_A without it. */
static int add_sweep(const struct view *v, uint64_t i, uint32_t cell)
{
	const struct mr_trace_op *trace = &v->op->trace;
	uint32_t n = mr_trace_samples(trace);
	struct mr__history_build *b = v->build;
	struct mr_history_sweep s = {.cell = cell,
	                             .part = v->part,
	                             .unit = (uint8_t)trace->unit,
	                             .n = n,
	                             .compliance = trace->compliance,
	                             .t_ns = time_of(v, i)};
	size_t at = (size_t)i * n;
	double *t_s = malloc(n * (sizeof *t_s + 2 * sizeof(float) + 1));
	float *v_V = (float *)(t_s ? t_s + n : NULL);
	uint8_t *status = (uint8_t *)(t_s ? v_V + 2 * (size_t)n : NULL);

	if (!t_s)
		return MR_ERR_NOMEM;
	for (uint32_t k = 0; k < n; k++) {
		t_s[k] = trace->t_s ? trace->t_s[at + k] : NAN;
		v_V[k] = trace->v_V ? trace->v_V[at + k] : NAN;
		v_V[n + k] = trace->i_A[at + k];
		status[k] = trace->status ? trace->status[at + k] : 0;
	}
	s.t_s = t_s;
	s.v_V = v_V;
	s.i_A = v_V + n;
	s.status = status;
	b->sweeps[b->n_sweeps++] = s;
	return MR_OK;
}

static int room_for_sweeps(struct mr__history_build *b, uint64_t n)
{
	size_t room = b->sweep_room ? b->sweep_room : 64;
	struct mr_history_sweep *sweeps;

	while (room < b->n_sweeps + n)
		room *= 2;
	sweeps = realloc(b->sweeps, room * sizeof *sweeps);
	if (!sweeps)
		return MR_ERR_NOMEM;
	b->sweeps = sweeps;
	b->sweep_room = room;
	return MR_OK;
}

/* Whether it kept to what reads apply, which changes nothing. */
static bool only_reads(const struct mr_trace_op *trace,
                       const struct mr_description *desc)
{
	if (trace->unit != MR_UNIT_VOLT)
		return false;
	for (uint32_t k = 0; k < trace->n_levels; k++)
		if (!(fabs((double)trace->level[k])
		      <= desc->limits.v_read_max_V * (1 + 1e-6)))
			return false;
	return true;
}

/* A trace may have programmed its cells: what was known of them is gone. */
static int add_trace(const struct view *v, uint64_t i, uint32_t cell)
{
	struct mr_history_event gap = {.t_ns = time_of(v, i),
	                               .g_S = NAN,
	                               .part = v->part,
	                               .kind = MR_HISTORY_GAP};
	int code = MR_OK;

	if (!v->op->trace.i_A || i >= v->n_known)
		v->build->lost[MR__LOSS_NO_VALUE]++;
	else
		code = add_sweep(v, i, cell);
	return code == MR_OK && !v->only_reads
	       ? mr__history_push(v->build, cell, &gap) : code;
}

/* ---- all kinds ----------------------------------------------------------- */

static bool reached_the_cells(int error)
{
	return error == MR_OK || error == MR_ERR_IO || error == MR_ERR_STOPPED
	       || error == MR_ERR_TIMEOUT || error == MR_ERR_OUTCOME;
}

static const uint32_t *counts_of(const struct mr_op *op)
{
	return op->kind == MR_OP_PULSE ? op->pulse.counts : NULL;
}

static int add_cells(struct view *v,
                     int (*add)(const struct view *v, uint64_t i,
                                uint32_t cell))
{
	const uint32_t *counts = counts_of(v->op);

	for (uint64_t i = 0; counts && i < v->n && i < v->n_known; i++)
		v->n_pulses += counts[i];
	for (uint64_t i = 0; i < v->n; i++) {
		uint32_t cell = mr_selection_cell(&v->op->where,
		                                  v->build->desc, i);
		int code;

		v->n_given += counts ? counts[i] : 0;
		code = add(v, i, cell);
		if (code != MR_OK)
			return code;
	}
	return MR_OK;
}

/* Readings at two temperatures are not of one drift, nor is what happens to cells
 * while they are warm known to any model. */
static int add_condition(const struct view *v)
{
	const char *name = v->op->configure.name;

	return strncmp(name, "temperature", sizeof "temperature" - 1) == 0
	       ? mr__history_gap(v->build, v->part, v->build->t_last_ns)
	       : MR_OK;
}

static int add_kind(struct view *v, bool composed)
{
	struct mr__history_build *b = v->build;

	switch (v->op->kind) {
	case MR_OP_READ:
		return add_cells(v, add_read);
	case MR_OP_PULSE:
		return add_cells(v, add_pulse);
	case MR_OP_PROGRAM:
		return add_cells(v, add_program);
	case MR_OP_TRACE:
		v->only_reads = only_reads(&v->op->trace, b->desc);
		if (v->op->trace.i_A
		    && room_for_sweeps(b, v->n) != MR_OK)
			return MR_ERR_NOMEM;
		return add_cells(v, add_trace);
	case MR_OP_DRIVE:
		b->lost[MR__LOSS_DRIVE] += composed ? 0 : 1;
		return MR_OK;
	case MR_OP_CONFIGURE:
		return add_condition(v);
	case MR_OP_WAIT:
		break;
	}
	return MR_OK;
}

int mr__history_record(struct mr__history_build *build, uint16_t part,
                       const struct mr_oplog_record *record)
{
	const struct mr_op *op = &record->op;
	struct view v = {.build = build,
	                 .op = op,
	                 .part = part,
	                 .n = mr_op_elements(op, build->desc),
	                 .n_known = op->outcome.n_effect,
	                 .composed = record->composed,
	                 .n_cols = 1};
	struct mr_history_part *p = &build->parts[part];
	uint32_t n_rows;

	if (mr_selection_lines(&op->where, build->desc, &n_rows, &v.n_cols)
	    != MR_OK || v.n_cols == 0)
		v.n_cols = 1;

	/* the reads of a sweep are at voltages of their own: samples of it */
	if (record->composed && op->kind == MR_OP_TRACE)
		build->sweeping = record->id;
	else if (op->kind == MR_OP_READ && record->parent != 0
	         && record->parent == build->sweeping)
		return MR_OK;
	if (!record->ended) {
		build->lost[MR__LOSS_NEVER_ENDED]++;
		v.n_known = 0;
	} else if (op->outcome.error != MR_OK) {
		build->lost[MR__LOSS_FAILED]++;
		if (!reached_the_cells(op->outcome.error))
			return MR_OK;
	}
	if (record->ended && op->outcome.t_end_ns < build->t_last_ns
	    && !record->composed) {
		build->lost[MR__LOSS_BACKWARDS]++;
		return mr__history_gap(build, part, build->t_last_ns);
	}
	if (record->ended && op->outcome.t_end_ns > build->t_last_ns
	    && !record->composed)
		build->t_last_ns = op->outcome.t_end_ns;
	if (p->n_ops++ == 0)
		p->t_begin_ns = op->outcome.t_begin_ns;
	p->t_end_ns = build->t_last_ns;
	return add_kind(&v, record->composed);
}

void mr__history_build_free(struct mr__history_build *build)
{
	for (size_t k = 0; k < build->n_sweeps; k++)
		free((void *)build->sweeps[k].t_s);
	free(build->sweeps);
	free(build->events);
	free(build->cells);
	free(build->parts);
	free(build->desc);
	*build = (struct mr__history_build){0};
}
