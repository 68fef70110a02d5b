/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What the unit's terminals do to the cells that they reach, through array.h
 * alone. Cells in parallel add their conductances; lines that nothing is
 * connected to float, and what leaks through them is left out. A level within
 * what the array takes as reading only lets time pass; one beyond it is a pulse
 * as long as it held. Where the limit acts the voltage at the cells is what the
 * limit makes of it, from the begin: what the cells conduct is looked at first.
 */
#include "wire_smu.h"

#include <math.h>

#define LOOK_S 1e-9        /* a look between two operations */
#define OFFSET_A 0.4e-12   /* of the meter; assumed */
#define OFFSET_V 20e-6
#define WAIT_MAX_S 1e9
#define CONDUCTS_S 1e-15   /* less is open */

/* ---- the array ---------------------------------- */

static bool submit(struct smu *b, struct mr_op *op)
{
	bool took = mr_array_submit(b->array, op, 1, NULL, NULL) == MR_OK;

	b->refused += !took;
	return took;
}

static double behind_s(const struct smu *b, int64_t to_ns)
{
	int64_t array_ns = b->base_ns + mr_array_time_ns(b->array);

	return (double)(to_ns - array_ns) / SMU_NS_PER_S;
}

static void wait_until(struct smu *b, int64_t to_ns)
{
	bool moves = true;

	while (moves && behind_s(b, to_ns) > 0) {
		double s = behind_s(b, to_ns);
		struct mr_op op = {
			.kind = MR_OP_WAIT,
			.wait = {.duration_s = fmin(s, WAIT_MAX_S)}};

		moves = submit(b, &op) && behind_s(b, to_ns) < s;
	}
}

static bool is_reading(const struct smu *b, double v_V)
{
	double max_V = b->desc->limits.v_read_max_V;

	return fabs(v_V) <= fmax(max_V, (double)(float)max_V);
}

static struct mr_selection cells(const struct smu_route *r, int way)
{
	return (struct mr_selection){.kind = MR_SELECT_OUTER,
	                             .n_rows = r->n_rows[way],
	                             .n_cols = r->n_cols[way],
	                             .rows = r->rows[way],
	                             .cols = r->cols[way]};
}

static uint32_t count(const struct smu_route *r, int way)
{
	return r->n_rows[way] * r->n_cols[way];
}

/* Conductance of one way round, at a voltage that may read. */
static double conducts(struct smu *b, int way, double v_V, double t_s)
{
	const struct smu_route *r = &b->matrix.route;
	float g_S[SMU_LINES * SMU_LINES / 4] = {0};
	double max_V = b->desc->limits.v_read_max_V, sum_S = 0;
	struct mr_op op = {.kind = MR_OP_READ,
	                   .where = cells(r, way),
	                   .read = {.v_read_V = v_V, .t_int_s = t_s, .g_S = g_S}};

	if (count(r, way) == 0)
		return 0;
	if (!is_reading(b, v_V) || v_V == 0)
		op.read.v_read_V = copysign(max_V, v_V);
	if (way)
		op.read.v_read_V = -op.read.v_read_V;
	if (!submit(b, &op))
		return 0;
	for (uint32_t i = 0; i < count(r, way); i++)
		sum_S += (double)g_S[i];
	return sum_S;
}

static double conductance(struct smu *b, double v_V, double t_s)
{
	const struct smu_route *r = &b->matrix.route;
	/* both ways are read at the same time: the second one at once */
	double g_S = conducts(b, 0, v_V, t_s);

	return g_S + conducts(b, 1, v_V, count(r, 0) ? LOOK_S : t_s);
}

/* ---- the terminals ---------------------------------- */

double mr__smu_level(const struct smu *b)
{
	if (b->job.running)
		return b->job.level;
	return b->set[b->set[SET_FUNCTION] != 0 ? SET_LEVEL_A : SET_LEVEL_V];
}

/* The current limit in the direction of a voltage. */
static double limit_of(const struct smu *b, double v_V)
{
	if (b->job.running && b->job.limit_A > 0)
		return b->job.limit_A;
	if (b->profile->dialect == SMU_B2900)
		return fabs(b->set[v_V < 0 ? SET_LIMIT_NEG : SET_LIMIT_POS]);
	return b->set[SET_LIMIT_A];
}

/* What the terminals carry at a load. */
static void solve(struct smu *b, double g_S, double *v_V, double *i_A)
{
	double level = mr__smu_level(b);
	bool amperes = b->set[SET_FUNCTION] != 0;
	double v = level, i;

	if (b->matrix.route.shorted)
		g_S = HUGE_VAL;
	if (amperes)
		v = level == 0 ? 0 : g_S > CONDUCTS_S ? level / g_S
		                                      : copysign(HUGE_VAL, level);
	double max = amperes ? b->set[SET_LIMIT_V] : limit_of(b, v);

	if (amperes) {
		b->limited = fabs(v) > max;
		v = b->limited ? copysign(max, v) : v;
		i = b->limited ? v * g_S : level;
	} else {
		i = v == 0 ? 0 : v * g_S;
		b->limited = fabs(i) > max;
		i = b->limited ? copysign(max, i) : i;
		v = b->limited ? i / g_S : v;
	}
	max = mr__smu_protection_V(b);
	b->protecting = fabs(v) > max;
	if (b->protecting) {
		v = copysign(max, v);
		i = v * g_S;
	}
	*v_V = v;
	*i_A = i;
}

static void pulse(struct smu *b, int way, double v_V, double hold_s)
{
	struct mr_op op = {.kind = MR_OP_PULSE,
	                   .where = cells(&b->matrix.route, way),
	                   .pulse = {.unit = MR_UNIT_VOLT,
	                             .amplitude = way ? -v_V : v_V,
	                             .width_s = hold_s}};

	if (count(&b->matrix.route, way) == 0)
		return;
	if (b->set[SET_FUNCTION] != 0 && !b->limited) {
		op.pulse.unit = MR_UNIT_AMPERE;
		op.pulse.amplitude = way ? -mr__smu_level(b) : mr__smu_level(b);
		if (submit(b, &op))
			return;
		op.pulse.unit = MR_UNIT_VOLT;
		op.pulse.amplitude = way ? -v_V : v_V;
	}
	(void)submit(b, &op); /* what the model does not know, it does not do */
}

/* The level has held until now. */
static void hold(struct smu *b, int64_t to_ns)
{
	double v_V = 0, i_A, max_V = b->desc->limits.v_pulse_max_V;
	bool reaches = count(&b->matrix.route, 0) || count(&b->matrix.route, 1);

	if (reaches && b->on && mr__smu_level(b) != 0 && behind_s(b, to_ns) > 0) {
		double probe = b->set[SET_FUNCTION] != 0 ? 0 : mr__smu_level(b);

		if (!is_reading(b, probe) || probe == 0)
			solve(b, conductance(b, probe, LOOK_S), &v_V, &i_A);
		if (max_V > 0 && fabs(v_V) > max_V)
			v_V = copysign(max_V, v_V);
	}
	double hold_s = behind_s(b, to_ns);

	if (!is_reading(b, v_V) && hold_s >= b->desc->limits.width_min_s) {
		/* with both ways closed the array ages twice for one hold */
		pulse(b, 0, v_V, hold_s);
		pulse(b, 1, v_V, hold_s);
	}
	wait_until(b, to_ns);
}

static void sample(struct smu *b, struct smu_reading *r, double t_s)
{
	bool reaches = count(&b->matrix.route, 0) || count(&b->matrix.route, 1);
	double g_S = 0;

	*r = (struct smu_reading){.source = mr__smu_level(b)};
	if (!b->on) {
		b->limited = false;
		r->v_V = OFFSET_V;
		r->i_A = OFFSET_A;
		r->status = SMU_WAS_OFF;
		return;
	}
	if (reaches) {
		double probe = b->set[SET_FUNCTION] != 0 ? 0 : r->source;

		g_S = conductance(b, probe, fmax(t_s, LOOK_S));
	}
	solve(b, g_S, &r->v_V, &r->i_A);
	r->i_A += b->limited ? 0 : OFFSET_A;
	r->status = b->limited ? SMU_LIMITED : 0;
}

void mr__smu_pass(struct smu *b, int64_t to_ns, struct smu_reading *r)
{
	double aperture_s = r ? mr__smu_aperture_s(b) : 0;
	bool reads = is_reading(b, mr__smu_level(b)) || !b->on;

	if (r && reads) {
		/* the reading itself takes the end of the hold */
		double s = fmin(fmax(behind_s(b, to_ns), 0), aperture_s);

		hold(b, to_ns - llround(s * SMU_NS_PER_S));
		sample(b, r, s);
		wait_until(b, to_ns);
	} else {
		hold(b, to_ns);
		if (r)
			sample(b, r, LOOK_S);
	}
	if (r)
		r->t_s = (double)(to_ns - b->opened_ns) / SMU_NS_PER_S;
}

void mr__smu_settle(struct smu *b)
{
	mr__smu_pass(b, b->t_ns, NULL);
}

bool mr__smu_is_limited(struct smu *b)
{
	struct smu_reading r;

	mr__smu_settle(b);
	if (b->on)
		sample(b, &r, LOOK_S);
	return b->on && b->limited;
}

void mr__smu_note(struct smu *b)
{
	bool safe = !b->on || mr__smu_level(b) == 0;

	if (safe != b->was_safe)
		b->changed_ns = b->t_ns;
	b->was_safe = safe;
}

void mr__smu_output(struct smu *b, bool on)
{
	if (b->on == on)
		return;
	mr__smu_settle(b);
	b->on = on;
	b->limited = false;
	mr__smu_note(b);
}
