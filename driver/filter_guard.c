/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The guard: refuses operations beyond the limits of board, device type and
 * run, whichever is tightest. Always in the chain. Operations before the
 * refused one of a list are let through. */
#include "filters.h"

#include <math.h>
#include <stdlib.h>

struct guard {
	struct mr_stage inner;
	double v_max_V;
	double i_max_A;
	double width_max_s;
	uint64_t pulses_left;
	uint64_t pulses_max;
	struct mr_description desc; /* of the inner stage, for shapes */
};

static int guard_wrap(struct mr_uri *uri, struct mr_stage inner,
                      const struct mr_description *desc, void **self,
                      struct mr_errtext *err)
{
	const struct mr_limits *l = &desc->limits;
	struct guard *g = malloc(sizeof *g);

	if (!g)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	*g = (struct guard){.inner = inner,
	                    .v_max_V = fmax(l->v_read_max_V, l->v_pulse_max_V),
	                    .i_max_A = l->i_pulse_max_A,
	                    .width_max_s = l->width_max_s,
	                    .pulses_max = UINT64_MAX,
	                    .desc = *desc};
	int rc = mr_uri_take_double(uri, "guard.v_V", 0, g->v_max_V,
	                            &g->v_max_V, err);

	if (!rc)
		rc = mr_uri_take_double(uri, "guard.i_A", 0, g->i_max_A,
		                        &g->i_max_A, err);
	if (!rc)
		rc = mr_uri_take_double(uri, "guard.width_s", 0, g->width_max_s,
		                        &g->width_max_s, err);
	if (!rc)
		rc = mr_uri_take_u64(uri, "guard.pulses", 0, UINT64_MAX,
		                     &g->pulses_max, err);
	if (rc) {
		free(g);
		return rc;
	}
	g->pulses_left = g->pulses_max;
	*self = g;
	return MR_OK;
}

static int refuse(struct mr_errtext *err, const char *what, double value,
                  const char *unit, double max, const char *key)
{
	return mr_errtext_set(err, MR_ERR_REFUSED,
	                      "guard: %s of %g %s is over the limit of %g %s "
	                      "(%s)",
	                      what, value, unit, max, unit, key);
}

/* The float nearest to a limit may lie above it and is meant to pass. */
static double as_float(double limit)
{
	return fmax(limit, (double)(float)limit);
}

static int check_volts(const struct guard *g, double v, struct mr_errtext *err)
{
	if (fabs(v) <= as_float(g->v_max_V))
		return MR_OK;
	return refuse(err, "a voltage", v, "V", g->v_max_V, "guard.v_V");
}

static int check_level(const struct guard *g, enum mr_unit unit, double a,
                       struct mr_errtext *err)
{
	if (unit == MR_UNIT_VOLT)
		return check_volts(g, a, err);
	if (fabs(a) <= as_float(g->i_max_A))
		return MR_OK;
	return refuse(err, "a current", a, "A", g->i_max_A, "guard.i_A");
}

static int check_width(const struct guard *g, double width_s,
                       struct mr_errtext *err)
{
	if (width_s <= g->width_max_s)
		return MR_OK;
	return refuse(err, "a width", width_s, "s", g->width_max_s,
	              "guard.width_s");
}

static int admit_count(struct guard *g, uint64_t wanted, struct mr_errtext *err)
{
	if (wanted <= g->pulses_left) {
		if (g->pulses_max != UINT64_MAX)
			g->pulses_left -= wanted;
		return MR_OK;
	}
	return mr_errtext_set(err, MR_ERR_REFUSED,
	                      "guard: %llu more pulses, but only %llu of the "
	                      "%llu allowed are left (guard.pulses)",
	                      (unsigned long long)wanted,
	                      (unsigned long long)g->pulses_left,
	                      (unsigned long long)g->pulses_max);
}

static int admit_pulse(struct guard *g, const struct mr_op *op,
                       struct mr_errtext *err)
{
	const struct mr_pulse_op *pu = &op->pulse;
	uint64_t n = mr_selection_count(&op->where, &g->desc);
	uint64_t total = pu->counts ? 0 : n * pu->count;
	int rc = MR_OK;

	for (uint64_t i = 0; i < n && !rc; i++) {
		if (pu->amplitudes || i == 0)
			rc = check_level(g, pu->unit,
			                 pu->amplitudes
			                         ? (double)pu->amplitudes[i]
			                         : pu->amplitude,
			                 err);
		if (!rc && (pu->widths_s || i == 0))
			rc = check_width(g,
			                 pu->widths_s ? (double)pu->widths_s[i]
			                              : pu->width_s,
			                 err);
		if (pu->counts)
			total += pu->counts[i];
		else if (!pu->amplitudes && !pu->widths_s)
			break;
	}
	return rc ? rc : admit_count(g, total, err);
}

static int admit_trace(const struct guard *g, const struct mr_op *op,
                       struct mr_errtext *err)
{
	const struct mr_trace_op *tr = &op->trace;
	int rc = MR_OK;

	for (uint32_t k = 0; k < tr->n_levels && !rc; k++) {
		rc = check_level(g, tr->unit, (double)tr->level[k], err);
		if (!rc)
			rc = check_width(g, tr->hold_s[k], err);
	}
	return rc;
}

static int admit_drive(const struct guard *g, const struct mr_op *op,
                       struct mr_errtext *err)
{
	const struct mr_drive_op *dr = &op->drive;
	uint32_t n_rows = 0, n_cols = 0;
	int rc = check_width(g, dr->duration_s, err);

	(void)mr_selection_lines(&op->where, &g->desc, &n_rows, &n_cols);
	uint64_t n = (uint64_t)dr->batch *
	             (dr->axis == MR_AXIS_ROWS ? n_rows : n_cols);

	for (uint64_t i = 0; i < n && !rc; i++)
		rc = check_volts(g, (double)dr->v_V[i], err);
	return rc;
}

static int admit(struct guard *g, const struct mr_op *op,
                 struct mr_errtext *err)
{
	int rc = MR_OK;

	switch (op->kind) {
	case MR_OP_READ:
		rc = check_volts(g, op->read.v_read_V, err);
		return rc ? rc : check_width(g, op->read.t_int_s, err);
	case MR_OP_PULSE:
		return admit_pulse(g, op, err);
	case MR_OP_TRACE:
		return admit_trace(g, op, err);
	case MR_OP_DRIVE:
		return admit_drive(g, op, err);
	case MR_OP_PROGRAM:
		return admit_count(g,
		                   mr_selection_count(&op->where, &g->desc) *
		                           op->program.budget,
		                   err);
	case MR_OP_WAIT:
	case MR_OP_CONFIGURE:
		break;
	}
	return rc;
}

static int guard_describe(void *self, struct mr_description *out,
                          struct mr_errtext *err)
{
	struct guard *g = self;

	return g->inner.type->describe(g->inner.self, out, err);
}

static int guard_submit(void *self, struct mr_op *ops, size_t n,
                        const struct mr_run *run, size_t *n_done)
{
	struct guard *g = self;
	struct mr_errtext why = {""};
	size_t n_good = 0;
	int refused = MR_OK;

	*n_done = 0;
	while (n_good < n && !refused) {
		refused = admit(g, &ops[n_good], &why);
		n_good += refused == MR_OK;
	}
	int rc = n_good ? g->inner.type->submit(g->inner.self, ops, n_good, run,
	                                        n_done)
	                : MR_OK;

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

const struct mr_filter mr__filter_guard = {
	.name = "guard",
	.summary = "limits of this run: guard.v_V, guard.i_A, guard.width_s, "
		   "guard.pulses",
	.always = true,
	.waist = {.name = "guard",
	          .describe = guard_describe,
	          .submit = guard_submit,
	          .close = guard_close},
	.wrap = guard_wrap,
};
