/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Energy of pulses, from above: V I t. A voltage drives at most its compliance, or
 * what the most conducting cell takes; a current rises to its compliance, or to
 * the greatest voltage that the array gives.
 */
#include "guard.h"

#include <math.h>

static double least_of(double a, double b)
{
	return a > 0 && b > 0 ? fmin(a, b) : fmax(a, b);
}

/* Upper bound of the power; infinite if nothing bounds it. */
static double power_W(const struct mr__guard *g, enum mr_unit unit,
                      double amplitude, double compliance)
{
	const struct mr_description *d = &g->desc;
	double a = fabs(amplitude);
	double other = unit == MR_UNIT_VOLT
	                       ? least_of(compliance, a * d->g_max_S)
	                       : least_of(compliance, d->limits.v_pulse_max_V);

	return a == 0 ? 0 : other > 0 ? a * other : INFINITY;
}

static double pulse_J(const struct mr__guard *g, const struct mr_op *op,
                      uint64_t i)
{
	const struct mr_pulse_op *pu = &op->pulse;
	double amplitude = pu->amplitudes ? (double)pu->amplitudes[i]
	                                  : pu->amplitude;
	double width_s = pu->widths_s ? (double)pu->widths_s[i] : pu->width_s;

	return power_W(g, pu->unit, amplitude, pu->compliance) *
	       (pu->t_rise_s + width_s + pu->t_fall_s);
}

static uint64_t count_of(const struct mr_pulse_op *pu, uint64_t i)
{
	return pu->counts ? pu->counts[i] : pu->count ? pu->count : 1;
}

static double trace_J(const struct mr__guard *g, const struct mr_trace_op *tr)
{
	double sum = 0;

	for (uint32_t k = 0; k < tr->n_levels; k++)
		sum += power_W(g, tr->unit, (double)tr->level[k],
		               tr->compliance) *
		       tr->hold_s[k];
	return sum;
}

double mr__guard_energy_J(const struct mr__guard *g, const struct mr_op *op,
                          uint64_t n)
{
	bool listed = op->pulse.amplitudes || op->pulse.widths_s ||
	              op->pulse.counts;
	double sum = 0;

	if (op->kind == MR_OP_TRACE)
		return n ? (double)n * trace_J(g, &op->trace) : 0;
	if (op->kind != MR_OP_PULSE || n == 0)
		return op->kind == MR_OP_PROGRAM && n ? INFINITY : 0;
	if (!listed)
		return (double)n * (double)count_of(&op->pulse, 0) *
		       pulse_J(g, op, 0);
	for (uint64_t i = 0; i < n; i++)
		sum += (double)count_of(&op->pulse, i) * pulse_J(g, op, i);
	return sum;
}

static double greatest_J(const struct mr__guard *g, const struct mr_op *op,
                         uint64_t n)
{
	bool listed = op->pulse.amplitudes || op->pulse.widths_s;
	double most = 0;

	if (op->kind == MR_OP_TRACE)
		return trace_J(g, &op->trace);
	if (op->kind != MR_OP_PULSE)
		return op->kind == MR_OP_PROGRAM ? INFINITY : 0;
	for (uint64_t i = 0; i < (listed ? n : 1); i++)
		most = fmax(most, pulse_J(g, op, i));
	return most;
}

int mr__guard_check_energy(const struct mr__guard *g, const struct mr_op *op,
                           struct mr_errtext *err)
{
	uint64_t n = mr_op_elements(op, &g->desc);
	double J;

	if (isfinite(g->pulse_J)) {
		J = greatest_J(g, op, n);
		if (!(J <= g->pulse_J))
			return mr_errtext_set(err, MR_ERR_REFUSED,
			                      "guard: a pulse may take %g J, over "
			                      "the limit of %g J (guard.pulse_J; "
			                      "a compliance bounds it)",
			                      J, g->pulse_J);
	}
	if (!isfinite(g->total_J))
		return MR_OK;
	J = mr__guard_energy_J(g, op, n);
	if (J <= g->left_J)
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_REFUSED,
	                      "guard: this may take %g J, but only %g J of %g J "
	                      "are left (guard.total_J)",
	                      J, g->left_J, g->total_J);
}
