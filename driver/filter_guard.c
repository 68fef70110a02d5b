/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The guard: the limits of board, device type and run, whichever is tightest.
 * Always in the chain.
 *
 * What it limits in a single operation it also describes, so that the core
 * refuses it before anything is begun (MR_ERR_RANGE). It checks all of that
 * once more itself, since a filter trusts no caller, and besides what no
 * description says: pulses in all, the whole length of a pulse with its edges,
 * the whole length of a trace beyond reading (MR_ERR_REFUSED). Operations
 * before the refused one of a list are let through.
 */
#include "array_priv.h"
#include "filters.h"

#include <math.h>
#include <stdlib.h>

struct guard {
	struct mr_stage inner;
	double v_max_V; /* of the run, as the keys say; infinite = not given */
	double i_max_A;
	double width_max_s;
	uint64_t pulses_max;
	uint64_t pulses_left;
	double v_reads_V; /* a trace beyond this programs */
	struct mr_description desc; /* narrowed */
};

/* ---- describing ---------------------------------------------------------- */

/* The float nearest to a limit may lie above it and is meant to pass. */
static double as_float(double limit)
{
	return fmax(limit, (double)(float)limit);
}

/* NaN is not within. */
static bool within(double value, double max)
{
	return fabs(value) <= as_float(max);
}

static double length_s(double width_s, const struct mr_pulse_op *pu)
{
	return pu->t_rise_s + width_s + pu->t_fall_s;
}

static bool is_narrowed(const struct guard *g)
{
	return isfinite(g->v_max_V) || isfinite(g->i_max_A) ||
	       isfinite(g->width_max_s);
}

static bool allows(const struct guard *g, const struct mr_waveform *w)
{
	double v_max = w->effect == MR_EFFECT_NONE ? g->desc.limits.v_read_max_V
	                                           : g->desc.limits.v_pulse_max_V;
	double max = w->unit == MR_UNIT_VOLT ? v_max
	                                     : g->desc.limits.i_pulse_max_A;

	return within(w->amplitude, max) &&
	       within(w->t_rise_s + w->width_s + w->t_fall_s, g->width_max_s);
}

/* A waveform that would always be refused is not described. */
static void narrow_waveforms(struct guard *g)
{
	struct mr_description *d = &g->desc;
	uint32_t kept = 0;

	if (!is_narrowed(g))
		return;
	for (uint32_t i = 0; i < d->n_waveforms; i++)
		if (allows(g, &d->waveforms[i]))
			d->waveforms[kept++] = d->waveforms[i];
	for (uint32_t i = kept; i < d->n_waveforms; i++)
		d->waveforms[i] = (struct mr_waveform){0};
	d->n_waveforms = kept;
}

static void narrow(struct guard *g, const struct mr_description *inner)
{
	struct mr_limits *l = &g->desc.limits;

	g->desc = *inner;
	g->v_reads_V = l->v_read_max_V;
	if (isfinite(g->width_max_s) && l->wait_max_s == 0)
		l->wait_max_s = l->width_max_s; /* waiting is no pulse */
	l->v_read_max_V = fmin(l->v_read_max_V, g->v_max_V);
	l->v_pulse_max_V = fmin(l->v_pulse_max_V, g->v_max_V);
	l->i_pulse_max_A = fmin(l->i_pulse_max_A, g->i_max_A);
	l->width_max_s = fmin(l->width_max_s, g->width_max_s);
	/* the array would choose the pulses of a program itself, unseen here; the
	 * core's own program sends each through the guard */
	if (is_narrowed(g))
		g->desc.abilities &= ~MR_ABILITY(MR_OP_PROGRAM);
	narrow_waveforms(g);
}

static int guard_describe(void *self, struct mr_description *out,
                          struct mr_errtext *err)
{
	struct guard *g = self;
	int rc = g->inner.type->describe(g->inner.self, out, err);

	if (rc)
		return rc;
	narrow(g, out);
	*out = g->desc;
	return MR_OK;
}

static int take_keys(struct guard *g, struct mr_uri *uri,
                     const struct mr_limits *l, struct mr_errtext *err)
{
	int rc = mr_uri_take_double(uri, "guard.v_V", 0,
	                            fmax(l->v_read_max_V, l->v_pulse_max_V),
	                            &g->v_max_V, err);

	if (!rc)
		rc = mr_uri_take_double(uri, "guard.i_A", 0, l->i_pulse_max_A,
		                        &g->i_max_A, err);
	if (!rc)
		rc = mr_uri_take_double(uri, "guard.width_s", 0, l->width_max_s,
		                        &g->width_max_s, err);
	return rc ? rc : mr_uri_take_u64(uri, "guard.pulses", 0, UINT64_MAX,
	                                 &g->pulses_max, err);
}

static int guard_wrap(struct mr_uri *uri, struct mr_stage inner,
                      const struct mr_description *desc, void **self,
                      struct mr_errtext *err)
{
	struct guard *g = malloc(sizeof *g);

	if (!g)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	*g = (struct guard){.inner = inner,
	                    .v_max_V = INFINITY,
	                    .i_max_A = INFINITY,
	                    .width_max_s = INFINITY,
	                    .pulses_max = UINT64_MAX};
	int rc = take_keys(g, uri, &desc->limits, err);

	if (rc) {
		free(g);
		return rc;
	}
	g->pulses_left = g->pulses_max;
	narrow(g, desc);
	*self = g;
	return MR_OK;
}

/* ---- single values ------------------------------------------------------- */

/* Key: which one set the limit, if it was one. */
static int check(double value, double max, const char *what, const char *unit,
                 const char *key, struct mr_errtext *err)
{
	if (within(value, max))
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_REFUSED,
	                      "guard: %s of %g %s is over the limit of %g %s "
	                      "(%s)",
	                      what, value, unit, max, unit, key);
}

static int check_volts(const struct guard *g, double v, double max,
                       struct mr_errtext *err)
{
	return check(v, max, "a voltage", "V",
	             max < g->v_max_V ? "the array's own" : "guard.v_V", err);
}

static int check_amperes(const struct guard *g, double a,
                         struct mr_errtext *err)
{
	double max = g->desc.limits.i_pulse_max_A;

	return check(a, max, "a current", "A",
	             max < g->i_max_A ? "the array's own" : "guard.i_A", err);
}

static int check_width(const struct guard *g, double width_s, const char *what,
                       struct mr_errtext *err)
{
	double max = g->desc.limits.width_max_s;

	/* a negative one would make its edges look shorter */
	return check(width_s < 0 ? NAN : width_s, max, what, "s",
	             max < g->width_max_s ? "the array's own" : "guard.width_s",
	             err);
}

/* The array's own limit is one of the flat top; a run's is for all of it. */
static int check_length(const struct guard *g, double width_s,
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

static int check_pulse(const struct guard *g, const struct mr_op *op,
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

static bool programs(const struct guard *g, const struct mr_trace_op *tr,
                     uint32_t k)
{
	double level = (double)tr->level[k];

	return tr->unit == MR_UNIT_VOLT ? !within(level, g->v_reads_V)
	                                : level != 0;
}

/* Levels that program one after the other are one long pulse. */
static int check_trace(const struct guard *g, const struct mr_op *op,
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
		run_s = programs(g, tr, k) ? run_s + tr->hold_s[k] : 0;
		if (!rc && isfinite(g->width_max_s))
			rc = check_width(g, run_s, "a stretch beyond reading",
			                 err);
	}
	return rc;
}

static int check_drive(const struct guard *g, const struct mr_op *op,
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

static int check_op(const struct guard *g, const struct mr_op *op,
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
		if (is_narrowed(g))
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

/* ---- pulses in all ------------------------------------------------------- */

static uint64_t times(uint64_t a, uint64_t b)
{
	return b && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

/* Pulses that the first n elements of an operation take, at most. */
static uint64_t cost(const struct guard *g, const struct mr_op *op, uint64_t n)
{
	const struct mr_trace_op *tr = &op->trace;
	uint64_t sum = 0;

	switch (op->kind) {
	case MR_OP_PULSE:
		if (!op->pulse.counts)
			return times(n, op->pulse.count ? op->pulse.count : 1);
		for (uint64_t i = 0; i < n; i++)
			sum += op->pulse.counts[i];
		return sum;
	case MR_OP_TRACE:
		for (uint32_t k = 0; k < tr->n_levels; k++)
			sum += programs(g, tr, k);
		return times(n, sum);
	case MR_OP_PROGRAM:
		return times(n, op->program.budget);
	default:
		return 0;
	}
}

static int admit(struct guard *g, const struct mr_op *op,
                 struct mr_errtext *err)
{
	int rc = check_op(g, op, err);

	if (rc || g->pulses_max == UINT64_MAX)
		return rc;
	uint64_t wanted = cost(g, op, mr_op_elements(op, &g->desc));

	if (wanted > g->pulses_left)
		return mr_errtext_set(
			err, MR_ERR_REFUSED,
			"guard: %llu more pulses, but only %llu of the %llu "
			"allowed are left (guard.pulses)",
			(unsigned long long)wanted,
			(unsigned long long)g->pulses_left,
			(unsigned long long)g->pulses_max);
	g->pulses_left -= wanted;
	return MR_OK;
}

/* Pulses of an operation that ended, or failed with rc. Where it is not known
 * how many there were, it is all that there can have been. */
static uint64_t spent(const struct guard *g, const struct mr_op *op, int rc)
{
	const struct mr_program_op *pg = &op->program;
	uint64_t n = mr_op_elements(op, &g->desc);
	uint64_t sum = 0;

	if (op->kind == MR_OP_PROGRAM && (rc || !pg->pulses))
		return cost(g, op, n);
	for (uint64_t i = 0; op->kind == MR_OP_PROGRAM && i < n; i++)
		sum += pg->pulses[i];
	if (op->kind == MR_OP_PROGRAM)
		return sum;
	if (rc && rc != MR_ERR_OUTCOME &&
	    !(op->outcome.status & MR_STATUS_UNKNOWN) &&
	    op->outcome.n_effect < n)
		n = op->outcome.n_effect;
	return cost(g, op, n);
}

/* Give back what was admitted and did not happen. */
static void settle(struct guard *g, const struct mr_op *ops, size_t n,
                   size_t n_done, int rc)
{
	if (g->pulses_max == UINT64_MAX)
		return;
	for (size_t i = 0; i < n; i++) {
		uint64_t most = cost(g, &ops[i], mr_op_elements(&ops[i],
		                                                &g->desc));
		uint64_t used = i > n_done
		                        ? 0
		                        : spent(g, &ops[i], i < n_done ? MR_OK
		                                                       : rc);

		g->pulses_left += used < most ? most - used : 0;
	}
}

/* ---- the waist ----------------------------------------------------------- */

static int guard_submit(void *self, struct mr_op *ops, size_t n,
                        const struct mr_run *run, size_t *n_done)
{
	struct guard *g = self;
	struct mr_errtext why = {""};
	size_t n_good = 0;
	int refused = MR_OK;

	*n_done = 0;
	while (n_good < n && !refused) {
		ops[n_good].outcome.n_effect = 0; /* settle() goes by these */
		ops[n_good].outcome.status = 0;
		refused = admit(g, &ops[n_good], &why);
		n_good += refused == MR_OK;
	}
	int rc = n_good ? g->inner.type->submit(g->inner.self, ops, n_good, run,
	                                        n_done)
	                : MR_OK;

	settle(g, ops, n_good, *n_done, rc);
	if (rc || !refused)
		return rc;
	if (n_good)
		ops[n_good].outcome.t_begin_ns = ops[n_good].outcome.t_end_ns =
			ops[n_good - 1].outcome.t_end_ns;
	return mr_errtext_set(run->err, refused, "%s", why.text);
}

static int guard_close(void *self, struct mr_errtext *err)
{
	struct guard *g = self;
	int rc = g->inner.type->close(g->inner.self, err);

	free(g);
	return rc;
}

static const char *const keys[] = {"guard.v_V", "guard.i_A", "guard.width_s",
                                   "guard.pulses", NULL};

const struct mr_filter mr__filter_guard = {
	.name = "guard",
	.summary = "limits of this run: guard.v_V, guard.i_A, guard.width_s, "
		   "guard.pulses",
	.keys = keys,
	.always = true,
	.waist = {.name = "guard",
	          .describe = guard_describe,
	          .submit = guard_submit,
	          .close = guard_close},
	.wrap = guard_wrap,
};
