/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What came of operations, cell by cell. A cell whose mean readings at the bottom
 * and after many steps up, or programmed low and high, are a small share of the
 * range apart is silent. */
#include "measure_tally.h"

#include <math.h>
#include <stdlib.h>

#define SILENT_SHARE 0.03 /* of the range: less is no answer */
#define STEPS_FAR 10      /* steps up after which a cell should be far up */

int mr__tally_make(struct mr__tally *t, uint32_t n_cells)
{
	t->pulses = calloc(n_cells, sizeof *t->pulses);
	t->all = calloc(n_cells, sizeof *t->all);
	t->low = calloc(n_cells, sizeof *t->low);
	t->high = calloc(n_cells, sizeof *t->high);
	t->steps = calloc(n_cells, sizeof *t->steps);
	t->unknown = calloc(n_cells, 1);
	return t->pulses && t->all && t->low && t->high && t->steps
	       && t->unknown
	       ? MR_OK
	       : MR_ERR_NOMEM;
}

void mr__tally_begin(struct mr__tally *t, uint32_t n_cells,
                     struct mr_measure_result *result)
{
	t->result = result;
	for (uint32_t c = 0; c < n_cells; c++) {
		t->pulses[c] = 0;
		t->low[c] = t->high[c] = (struct mr__end){0};
		t->steps[c] = 0;
		t->unknown[c] = 0;
	}
}

/* ---- one kind of operation each ------------------------------------------ */

/* A view of an operation's elements. */
struct view {
	struct mr__tally *t;
	const struct mr_description *desc;
	const struct mr_op *op;
	uint64_t n;
};

static uint32_t cell_of(const struct view *v, uint64_t i)
{
	return mr_selection_cell(&v->op->where, v->desc, i);
}

static void add_end(struct mr__end *end, float g_S)
{
	if (!isfinite(g_S))
		return;
	end->sum_S += (double)g_S;
	end->n++;
}

static void see(struct mr__tally *t, uint32_t cell, float g_S)
{
	if (t->steps[cell] == 1)
		add_end(&t->low[cell], g_S);
	else if (t->steps[cell] > STEPS_FAR)
		add_end(&t->high[cell], g_S);
}

static void add_read(const struct view *v)
{
	const struct mr_read_op *r = &v->op->read;

	for (uint64_t i = 0; i < v->n; i++) {
		if (r->status && (r->status[i] & MR_STATUS_OVER_RANGE))
			v->t->result->n_over_range++;
		see(v->t, cell_of(v, i), r->g_S[i]);
	}
	v->t->result->n_readings += v->n;
}

static void spend(const struct view *v, uint64_t i, uint64_t pulses)
{
	uint32_t cell = cell_of(v, i);
	struct mr__tally *t = v->t;

	t->pulses[cell] += pulses;
	t->all[cell] += pulses;
	if (t->pulses[cell] > t->result->pulses_most)
		t->result->pulses_most = t->pulses[cell];
}

/* What a pulse does; NONE = another one than the array describes. */
static enum mr_effect effect_of(const struct view *v)
{
	const struct mr_pulse_op *p = &v->op->pulse;

	for (uint32_t k = 0; k < v->desc->n_waveforms; k++) {
		const struct mr_waveform *w = &v->desc->waveforms[k];

		if (w->effect != MR_EFFECT_NONE && p->unit == w->unit
		    && p->amplitude == w->amplitude && p->width_s == w->width_s)
			return w->effect;
	}
	return MR_EFFECT_NONE;
}

static void step(struct mr__tally *t, uint32_t cell, enum mr_effect effect,
                 uint32_t count)
{
	if (count == 0)
		return;
	if (effect == MR_EFFECT_ERASE)
		t->steps[cell] = 1;
	else if (effect == MR_EFFECT_RAISE && t->steps[cell] > 0)
		t->steps[cell] += count;
	else /* a step down leads nobody knows how far */
		t->steps[cell] = 0;
}

static void add_pulse(const struct view *v)
{
	const struct mr_pulse_op *p = &v->op->pulse;
	enum mr_effect effect = effect_of(v);

	for (uint64_t i = 0; i < v->n; i++) {
		uint32_t count = p->counts ? p->counts[i]
		                 : p->count ? p->count : 1;
		uint8_t status = p->status ? p->status[i] : 0;

		spend(v, i, count);
		step(v->t, cell_of(v, i), effect, count);
		v->t->result->n_saturated += (status & MR_STATUS_SATURATED) != 0;
		if (status & MR_STATUS_UNKNOWN)
			v->t->unknown[cell_of(v, i)] = 1;
	}
}

static void add_program(const struct view *v)
{
	const struct mr_program_op *p = &v->op->program;
	double middle_S = 0.5 * (v->desc->g_min_S + v->desc->g_max_S);

	for (uint64_t i = 0; i < v->n; i++) {
		uint32_t cell = cell_of(v, i);
		double target_S = p->target_S ? (double)p->target_S[i]
		                              : p->target;

		spend(v, i, p->pulses[i]);
		v->t->steps[cell] = 0;
		v->t->result->n_missed +=
			(p->status[i] & MR_STATUS_NOT_CONVERGED) != 0;
		if (p->status[i] & MR_STATUS_UNKNOWN)
			v->t->unknown[cell] = 1;
		else if (target_S > middle_S)
			add_end(&v->t->high[cell], p->g_S[i]);
		else if (target_S < 0.2 * middle_S)
			add_end(&v->t->low[cell], p->g_S[i]);
	}
}

static void add_trace(const struct view *v)
{
	const struct mr_trace_op *tr = &v->op->trace;
	uint64_t n = v->n * mr_trace_samples(tr);

	for (uint64_t i = 0; tr->status && i < n; i++)
		if (tr->status[i] & MR_STATUS_OVER_RANGE)
			v->t->result->n_over_range++;
	v->t->result->n_readings += n;
}

void mr__tally_add(struct mr__tally *t, const struct mr_description *desc,
                   const struct mr_op *op)
{
	struct view v = {t, desc, op, mr_op_elements(op, desc)};

	if (op->outcome.error != MR_OK && op->outcome.n_effect < v.n)
		v.n = op->outcome.n_effect;
	t->result->n_ops += op->outcome.error == MR_OK;
	if (op->kind == MR_OP_READ)
		add_read(&v);
	else if (op->kind == MR_OP_PULSE)
		add_pulse(&v);
	else if (op->kind == MR_OP_PROGRAM && op->outcome.error == MR_OK)
		add_program(&v);
	else if (op->kind == MR_OP_TRACE)
		add_trace(&v);
}

void mr__tally_end(struct mr__tally *t, const struct mr_description *desc)
{
	double least_S = SILENT_SHARE * (desc->g_max_S - desc->g_min_S);

	for (uint32_t c = 0; c < desc->rows * desc->cols; c++) {
		double high_S = t->high[c].sum_S / t->high[c].n;
		double low_S = t->low[c].sum_S / t->low[c].n;

		t->result->n_silent += /* never where one was not seen: NAN */
			high_S - low_S < least_S;
		t->result->n_unknown += t->unknown[c];
	}
}

uint64_t mr__tally_most(const struct mr__tally *t, uint32_t n_cells)
{
	uint64_t most = 0;

	for (uint32_t c = 0; c < n_cells; c++)
		most = t->all[c] > most ? t->all[c] : most;
	return most;
}

void mr__tally_free(struct mr__tally *t)
{
	free(t->pulses);
	free(t->all);
	free(t->low);
	free(t->high);
	free(t->steps);
	free(t->unknown);
}
