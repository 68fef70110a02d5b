/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What a guard allows in a single operation. */
#include "guard.h"

#include <math.h>

/* The float nearest to a limit may lie above it and is meant to pass. */
static double as_float(double limit)
{
	return fmax(limit, (double)(float)limit);
}

/* NaN is not within. */
bool mr__guard_within(double value, double max)
{
	return fabs(value) <= as_float(max);
}

static double length_s(double width_s, const struct mr_pulse_op *pu)
{
	return pu->t_rise_s + width_s + pu->t_fall_s;
}

bool mr__guard_is_narrowed(const struct mr__guard *g)
{
	return isfinite(g->v_max_V) || isfinite(g->i_max_A) ||
	       isfinite(g->width_max_s) || isfinite(g->read_max_V) ||
	       isfinite(g->disturb_V) || isfinite(g->pulse_J) ||
	       isfinite(g->total_J) || isfinite(g->form_V) ||
	       mr__guard_has_duty(g);
}

/* ---- single values ------------------------------------------------------- */

/* Key: which one set the limit, if it was one. */
static int check(double value, double max, const char *what, const char *unit,
                 const char *key, struct mr_errtext *err)
{
	if (mr__guard_within(value, max))
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_REFUSED,
	                      "guard: %s of %g %s is over the limit of %g %s "
	                      "(%s)",
	                      what, value, unit, max, unit, key);
}

static int check_volts(const struct mr__guard *g, double v, double max,
                       struct mr_errtext *err)
{
	return check(v, max, "a voltage", "V",
	             max < g->v_max_V ? "the array's own" : "guard.v_V", err);
}

static int check_amperes(const struct mr__guard *g, double a,
                         struct mr_errtext *err)
{
	double max = g->desc.limits.i_pulse_max_A;

	return check(a, max, "a current", "A",
	             max < g->i_max_A ? "the array's own" : "guard.i_A", err);
}

static int check_width(const struct mr__guard *g, double width_s, const char *what,
                       struct mr_errtext *err)
{
	double max = g->desc.limits.width_max_s;

	/* a negative one would make its edges look shorter */
	return check(width_s < 0 ? NAN : width_s, max, what, "s",
	             max < g->width_max_s ? "the array's own" : "guard.width_s",
	             err);
}

/* The array's own limit is one of the flat top; a run's is for all of it. */
static int check_length(const struct mr__guard *g, double width_s,
                        const struct mr_pulse_op *pu, struct mr_errtext *err)
{
	int rc = check_width(g, width_s, "a width", err);

	if (!rc)
		rc = check_width(g, pu->t_rise_s, "a leading edge", err);
	if (!rc)
		rc = check_width(g, pu->t_fall_s, "a trailing edge", err);
	if (rc || isinf(g->width_max_s))
		return rc;
	return check_width(g, length_s(width_s, pu),
	                   "a width, with its edges,", err);
}

/* ---- operations ---------------------------------------------------------- */

static int check_pulse(const struct mr__guard *g, const struct mr_op *op,
                       struct mr_errtext *err)
{
	const struct mr_pulse_op *pu = &op->pulse;
	bool listed = pu->amplitudes || pu->widths_s;
	uint64_t n = listed ? mr_selection_count(&op->where, &g->desc) : 1;
	int rc = MR_OK;

	for (uint64_t i = 0; i < n && !rc; i++) {
		double a = pu->amplitudes ? (double)pu->amplitudes[i]
		                          : pu->amplitude;

		rc = pu->unit == MR_UNIT_VOLT
		             ? check_volts(g, a, g->desc.limits.v_pulse_max_V,
		                           err)
		             : check_amperes(g, a, err);
		if (!rc)
			rc = check_length(g,
			                  pu->widths_s ? (double)pu->widths_s[i]
			                               : pu->width_s,
			                  pu, err);
	}
	return rc;
}

bool mr__guard_programs(const struct mr__guard *g, const struct mr_trace_op *tr,
                     uint32_t k)
{
	double level = (double)tr->level[k];

	return tr->unit == MR_UNIT_VOLT ? !mr__guard_within(level, g->v_reads_V)
	                                : level != 0;
}

/* Levels that program one after the other are one long pulse. */
static int check_trace(const struct mr__guard *g, const struct mr_op *op,
                       struct mr_errtext *err)
{
	const struct mr_trace_op *tr = &op->trace;
	const struct mr_limits *l = &g->desc.limits;
	double v_max = fmax(l->v_read_max_V, l->v_pulse_max_V);
	double run_s = 0;
	int rc = MR_OK;

	for (uint32_t k = 0; k < tr->n_levels && !rc; k++) {
		double level = (double)tr->level[k];

		rc = tr->unit == MR_UNIT_VOLT
		             ? check_volts(g, level, v_max, err)
		             : check_amperes(g, level, err);
		if (!rc && level != 0)
			rc = check_width(g, tr->hold_s[k], "a hold", err);
		run_s = mr__guard_programs(g, tr, k) ? run_s + tr->hold_s[k] : 0;
		if (!rc && isfinite(g->width_max_s))
			rc = check_width(g, run_s, "a stretch beyond reading",
			                 err);
	}
	return rc;
}

static int check_drive(const struct mr__guard *g, const struct mr_op *op,
                       struct mr_errtext *err)
{
	const struct mr_drive_op *dr = &op->drive;
	uint32_t n_rows = 0, n_cols = 0;
	int rc = check_width(g, dr->duration_s, "a width", err);

	(void)mr_selection_lines(&op->where, &g->desc, &n_rows, &n_cols);
	uint64_t n = (uint64_t)dr->batch *
	             (dr->axis == MR_AXIS_ROWS ? n_rows : n_cols);

	if (!rc && mr__all_within(dr->v_V, n, g->desc.limits.v_read_max_V))
		return MR_OK;
	for (uint64_t i = 0; i < n && !rc; i++)
		rc = check_volts(g, (double)dr->v_V[i],
		                 g->desc.limits.v_read_max_V, err);
	return rc;
}

int mr__guard_check(const struct mr__guard *g, const struct mr_op *op,
                    struct mr_errtext *err)
{
	int rc;

	switch (op->kind) {
	case MR_OP_READ:
		rc = check_volts(g, op->read.v_read_V,
		                 g->desc.limits.v_read_max_V, err);
		return rc ? rc : check_width(g, op->read.t_int_s, "a width",
		                             err);
	case MR_OP_PULSE:
		return check_pulse(g, op, err);
	case MR_OP_TRACE:
		return check_trace(g, op, err);
	case MR_OP_DRIVE:
		return check_drive(g, op, err);
	case MR_OP_PROGRAM:
		if (mr__guard_is_narrowed(g))
			return mr_errtext_set(err, MR_ERR_REFUSED,
			                      "guard: the pulses of the array's "
			                      "own program cannot be looked at "
			                      "(guard.*)");
		break;
	case MR_OP_WAIT:
	case MR_OP_CONFIGURE:
		break;
	}
	return MR_OK;
}

