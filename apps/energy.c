/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "energy.h"

#include <math.h>

static double read_J(const struct mr_event *event)
{
	const struct mr_read_op *r = &event->op->read;
	const struct mr_waveform *wave =
		mr_description_effect(event->desc, MR_EFFECT_NONE);
	double v_V = r->v_read_V != 0 ? r->v_read_V
	             : wave           ? wave->amplitude
	                              : 0;
	double t_s = r->t_int_s > 0 ? r->t_int_s : wave ? wave->width_s : 0;
	double sum_S = 0;

	for (uint64_t i = 0; i < event->op->outcome.n_effect; i++)
		if (isfinite(r->g_S[i]))
			sum_S += fabs((double)r->g_S[i]);
	return v_V * v_V * sum_S * t_s * (r->averages ? r->averages : 1);
}

static double drive_J(const struct mr_event *event)
{
	const struct mr_drive_op *dr = &event->op->drive;
	const struct mr_waveform *wave =
		mr_description_effect(event->desc, MR_EFFECT_NONE);
	double t_s = dr->duration_s > 0 ? dr->duration_s
	             : wave             ? wave->width_s
	                                : 0;
	uint32_t rows, cols, n_in, n_out;
	double sum = 0;

	if (mr_selection_lines(&event->op->where, event->desc, &rows, &cols) !=
	    MR_OK)
		return 0;
	n_in = dr->axis == MR_AXIS_COLS ? cols : rows;
	n_out = dr->axis == MR_AXIS_COLS ? rows : cols;
	for (uint64_t b = 0; b < event->op->outcome.n_effect; b++) {
		double most_V = 0, sum_A = 0;

		for (uint32_t i = 0; i < n_in; i++)
			most_V = fmax(most_V, fabs((double)dr->v_V[b * n_in + i]));
		for (uint32_t j = 0; j < n_out; j++)
			sum_A += fabs((double)dr->i_A[b * n_out + j]);
		sum += most_V * sum_A * t_s;
	}
	return isfinite(sum) ? sum : 0;
}

static double power_W(const struct mr_description *d, enum mr_unit unit,
                      double amplitude, double compliance)
{
	double a = fabs(amplitude);
	double most_V = d->limits.v_pulse_max_V;

	if (unit == MR_UNIT_VOLT)
		return compliance > 0 ? a * fmin(compliance, a * d->g_max_S)
		                      : a * a * d->g_max_S;
	if (compliance > 0)
		return a * compliance;
	return most_V > 0 ? a * most_V : a * a / d->g_max_S;
}

static double pulse_J(const struct mr_event *event)
{
	const struct mr_pulse_op *pu = &event->op->pulse;
	uint64_t n = event->op->outcome.n_effect;
	bool listed = pu->amplitudes || pu->widths_s || pu->counts;
	double sum = 0;

	for (uint64_t i = 0; i < (listed ? n : 1); i++) {
		double a = pu->amplitudes ? (double)pu->amplitudes[i]
		                          : pu->amplitude;
		double t_s = pu->widths_s ? (double)pu->widths_s[i] : pu->width_s;
		uint32_t count = pu->counts  ? pu->counts[i]
		                 : pu->count ? pu->count
		                             : 1;

		sum += count * power_W(event->desc, pu->unit, a, pu->compliance) *
		       (pu->t_rise_s + t_s + pu->t_fall_s);
	}
	return listed ? sum : sum * (double)n;
}

static double trace_J(const struct mr_event *event)
{
	const struct mr_trace_op *tr = &event->op->trace;
	double sum = 0;

	for (uint32_t k = 0; k < tr->n_levels; k++)
		sum += power_W(event->desc, tr->unit, (double)tr->level[k],
		               tr->compliance) *
		       tr->hold_s[k];
	return sum * (double)event->op->outcome.n_effect;
}

static void ends(void *self, const struct mr_event *event)
{
	struct mr_energy *e = self;
	bool whole = event->id == e->parent; /* it ends after its parts */

	e->parent = event->parent;
	if (event->op->outcome.error == MR_ERR_NOT_RUN || whole)
		return;
	switch (event->op->kind) {
	case MR_OP_READ:
		e->reads_J += read_J(event);
		break;
	case MR_OP_DRIVE:
		e->reads_J += drive_J(event);
		break;
	case MR_OP_PULSE:
		e->pulses_J += pulse_J(event);
		break;
	case MR_OP_TRACE:
		e->pulses_J += trace_J(event);
		break;
	case MR_OP_PROGRAM:
		e->n_uncounted++;
		break;
	case MR_OP_WAIT:
	case MR_OP_CONFIGURE:
		break;
	}
}

int mr_energy_watch(struct mr_energy *energy, struct mr_array *array)
{
	const struct mr_observer observer = {.self = energy, .end = ends};

	return mr_array_observe(array, &observer);
}
