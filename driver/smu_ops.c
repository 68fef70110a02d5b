/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Operations on a bench: levels, readings and pulses, one cell at a time. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smu_bench.h"

#define NS_PER_S 1e9
#define APERTURE_SHARE 0.5 /* of a level, for the reading at its end */
#define LATE_SHARE 0.5     /* of a pulse that it may last longer */
#define LATE_S 5e-3        /* and this: what a loaded host needs */

static struct smu *meter_of(struct bench *b)
{
	return b->meter.pipe ? &b->meter : &b->source;
}

static bool has_pulser(const struct bench *b)
{
	return mr__unit_profile_has(&b->source.profile, SMU_PULSE);
}

double mr__bench_limit_max_A(const struct bench *b)
{
	double unit_A = b->source.profile.i_max_A;

	return b->i_max_A > 0 ? fmin(b->i_max_A, unit_A) : unit_A;
}

double mr__bench_width_min_s(const struct bench *b)
{
	const struct smu *m = b->meter.pipe ? &b->meter : &b->source;
	double aperture_s = m->profile.nplc_min / m->line_hz;

	return fmax(b->source.profile.pulse_min_s, aperture_s / APERTURE_SHARE);
}

static double limit_of(const struct bench *b, double compliance)
{
	return compliance > 0 ? compliance
	                      : fmin(b->source.limit_A, mr__bench_limit_max_A(b));
}

static int check_limit(const struct bench *b, double compliance,
                       struct mr_errtext *err)
{
	double min = b->source.profile.i_min_A, max = mr__bench_limit_max_A(b);

	if (compliance == 0 || (compliance >= min && compliance <= max))
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_RANGE,
	                      "a compliance of %g A: a %s limits to %g to %g A",
	                      compliance, b->source.profile.title, min, max);
}

/* The cell is connected, and both units are on at level 0. */
static int ready(struct bench *b, uint32_t cell, double v_V, double limit_A,
                 struct mr_errtext *err)
{
	int rc = mr__bench_route(b, cell, err);

	if (!rc && b->meter.pipe && b->meter.profile.kind == SMU_KIND_SMU)
		rc = mr__unit_ready(&b->meter, 0, b->meter.limit_A, err);
	return rc ? rc : mr__unit_ready(&b->source, v_V, limit_A, err);
}

static int level(struct bench *b, double v_V, struct mr_errtext *err)
{
	return mr__unit_say(&b->source, SMU_LEVEL,
	                   &(struct smu_values){.v_V = v_V}, err);
}

/* A meter that is another unit may be quicker than the source: it is asked only
 * when the level is there. */
static int level_to_read(struct bench *b, double v_V, struct mr_errtext *err)
{
	int rc = level(b, v_V, err);

	return !rc && b->meter.pipe ? mr__unit_say(&b->source, SMU_SYNC, NULL, err)
	                            : rc;
}

/* What the source was told counts where nothing measures the voltage. */
static int take_reading(struct bench *b, double v_V, struct smu_reading *out,
                        struct mr_errtext *err)
{
	bool tripped = false;
	int rc = mr__unit_read(meter_of(b), out, err);

	if (rc || !b->meter.pipe) {
		out->v_V = isnan(out->v_V) ? v_V : out->v_V;
		return rc;
	}
	out->v_V = v_V;
	out->i_A *= b->meter_sign;
	rc = mr__unit_tripped(&b->source, &tripped, err);
	if (tripped)
		out->status |= MR_STATUS_COMPLIANCE;
	return rc;
}

static int settle(struct bench *b, struct mr_errtext *err)
{
	int rc = mr__unit_settle(&b->source, 0, err);

	return !rc && b->meter.pipe ? mr__unit_settle(&b->meter, 0, err) : rc;
}

static int sleep_until(struct bench *b, int64_t end_ns)
{
	return mr__board_pause_until(b->source.pipe, end_ns, b->source.run);
}

static int64_t now_ns(const struct bench *b)
{
	return mr__board_in(b->source.pipe, 0);
}

static struct mr_description shape_of(const struct bench *b)
{
	return (struct mr_description){.rows = b->rows, .cols = b->cols};
}

/* A level that has left, and then silence: nobody knows what came of it. The
 * caller's own deadline is no silence. */
static int unknown_if_lost(const struct bench *b, int rc,
                           const struct mr_run *run)
{
	struct mr_errtext ignored = {""};
	struct mr_run quiet = *run;

	quiet.err = &ignored;
	if (!b->source.sent || (rc != MR_ERR_TIMEOUT && rc != MR_ERR_IO) ||
	    mr_run_check(&quiet) == rc)
		return rc;
	return MR_ERR_OUTCOME;
}

/* ---- read ---------------------------------------------------------------------- */

/* Readings of one cell; those over range count for nothing. */
struct mean {
	double v_V;
	double i_A;
	uint32_t n;
	uint8_t status;
};

static void put_reading(struct mr_op *op, uint64_t i, const struct mean *m)
{
	struct mr_read_op *rd = &op->read;
	uint8_t status = m->status;
	double n = m->n ? m->n : 1;
	float v_V = (float)(m->n ? m->v_V / n : rd->v_read_V);
	float g_S = (float)(m->i_A / m->v_V);

	if (!m->n || !isfinite(g_S)) {
		g_S = 0;
		status |= MR_STATUS_OVER_RANGE;
	}
	rd->g_S[i] = g_S;
	if (rd->v_V)
		rd->v_V[i] = v_V;
	if (rd->i_A)
		rd->i_A[i] = v_V * g_S;
	if (rd->status)
		rd->status[i] = status;
	op->outcome.status |= status;
}

static int read_once(struct bench *b, const struct mr_read_op *rd,
                     struct mean *m, struct mr_errtext *err)
{
	struct smu_reading r;
	int rc = take_reading(b, rd->v_read_V, &r, err);

	if (rc)
		return rc;
	m->status |= r.status;
	if (r.status & MR_STATUS_OVER_RANGE)
		return MR_OK;
	m->v_V += r.v_V;
	m->i_A += r.i_A;
	m->n++;
	return MR_OK;
}

/* A long integration is several readings: a unit's own has an end. */
static uint32_t parts_of(struct bench *b, double t_int_s)
{
	const struct smu *m = meter_of(b);
	double parts = ceil(t_int_s * m->line_hz / m->profile.nplc_max - 1e-9);

	return parts < 1 ? 1 : parts > 1e6 ? 1000000 : (uint32_t)parts;
}

static int read_cell(struct bench *b, struct mr_op *op, uint64_t i,
                     uint32_t cell, const struct mr_run *run)
{
	struct mr_read_op *rd = &op->read;
	uint32_t parts = parts_of(b, rd->t_int_s);
	uint64_t n = (uint64_t)parts * rd->averages;
	struct mean m = {.n = 0};
	int rc = ready(b, cell, fabs(rd->v_read_V), limit_of(b, 0), run->err);

	if (!rc)
		rc = mr__unit_aperture(meter_of(b), rd->t_int_s / parts, run->err);
	if (!rc)
		rc = level_to_read(b, rd->v_read_V, run->err);
	for (uint64_t k = 0; k < n && !rc; k++) {
		rc = mr_run_check(run);
		if (!rc)
			rc = read_once(b, rd, &m, run->err);
	}
	if (!rc)
		rc = level(b, 0, run->err);
	if (!rc)
		rc = settle(b, run->err);
	if (!rc)
		put_reading(op, i, &m);
	return rc;
}

static int operate_read(struct bench *b, struct mr_op *op,
                        const struct mr_run *run)
{
	const struct mr_description shape = shape_of(b);
	uint64_t n = mr_selection_count(&op->where, &shape);
	int rc = MR_OK;

	for (uint64_t i = 0; i < n && !rc; i++) {
		rc = read_cell(b, op, i,
		               mr_selection_cell(&op->where, &shape, i), run);
		op->outcome.n_effect += rc == MR_OK;
	}
	return rc;
}

/* ---- pulse --------------------------------------------------------------------- */

struct wanted {
	double v_V;
	double width_s;
	uint32_t count;
	double limit_A;
};

static struct wanted wanted(const struct bench *b, const struct mr_pulse_op *pu,
                            uint64_t i)
{
	struct wanted w = {
		.v_V = pu->amplitudes ? (double)pu->amplitudes[i] : pu->amplitude,
		.width_s = pu->widths_s ? (double)pu->widths_s[i] : pu->width_s,
		.count = pu->counts ? pu->counts[i] : pu->count,
		.limit_A = limit_of(b, pu->compliance)};
	double step_s = b->source.profile.pulse_step_s;

	if (step_s > 0)
		w.width_s = fmax(round(w.width_s / step_s) * step_s, step_s);
	return w;
}

static int by_pulser(struct bench *b, const struct wanted *w, bool *tripped,
                     struct mr_errtext *err)
{
	struct smu *s = &b->source;
	const struct smu_values values = {.v_V = w->v_V,
	                                  .i_A = w->limit_A,
	                                  .width_s = w->width_s,
	                                  .lasts_s = 3 * w->width_s};
	int rc = mr__unit_say(s, SMU_PULSE, &values, err);

	if (!rc)
		rc = mr__unit_settle(s, 3 * w->width_s, err);
	if (!rc)
		rc = mr__unit_tripped(s, tripped, err);
	if (!rc)
		rc = mr__unit_say(s, SMU_PULSE_END, NULL, err);
	return rc;
}

/* Up, wait, down: a host is no pulse generator, and says so when it was late. */
static int by_levels(struct bench *b, const struct wanted *w, bool *tripped,
                     struct mr_errtext *err)
{
	int64_t t0_ns = now_ns(b);
	int64_t end_ns = t0_ns + llround(w->width_s * NS_PER_S);
	int rc = level(b, w->v_V, err);

	if (!rc)
		rc = mr__unit_tripped(&b->source, tripped, err);
	if (!rc)
		rc = sleep_until(b, end_ns);
	int down = level(b, 0, rc ? NULL : err);
	double late_s = (double)(now_ns(b) - end_ns) / NS_PER_S;

	rc = rc ? rc : down;
	if (!rc && late_s > LATE_SHARE * w->width_s + LATE_S)
		rc = mr_errtext_set(err, MR_ERR_OUTCOME,
		                    "a pulse of %g s lasted about %g s: the host or "
		                    "the link is too slow for it",
		                    w->width_s, w->width_s + late_s);
	return rc;
}

static int pulse_once(struct bench *b, const struct wanted *w, uint8_t *status,
                      const struct mr_run *run)
{
	bool tripped = false;
	int rc;

	b->source.sent = false;
	rc = has_pulser(b) ? by_pulser(b, w, &tripped, run->err)
	                   : by_levels(b, w, &tripped, run->err);
	if (!rc)
		rc = mr__unit_settle(&b->source, 0, run->err);
	if (tripped)
		*status |= MR_STATUS_COMPLIANCE;
	if (rc && b->source.sent)
		*status |= MR_STATUS_UNKNOWN;
	return unknown_if_lost(b, rc, run);
}

static int pulse_cell(struct bench *b, struct mr_op *op, uint64_t i,
                      uint32_t cell, const struct mr_run *run)
{
	struct wanted w = wanted(b, &op->pulse, i);
	uint8_t status = 0;
	int rc = w.count ? ready(b, cell, fabs(w.v_V), w.limit_A, run->err)
	                 : MR_OK;

	if (!rc && w.count && has_pulser(b))
		rc = mr__unit_aperture(&b->source, APERTURE_SHARE * w.width_s,
		                      run->err);
	for (uint32_t k = 0; k < w.count && !rc; k++) {
		rc = mr_run_check(run);
		if (!rc)
			rc = pulse_once(b, &w, &status, run);
	}
	if (op->pulse.status)
		op->pulse.status[i] = status;
	op->outcome.status |= status;
	return rc;
}

static int check_edges(const struct bench *b, double t_rise_s, double t_fall_s,
                       struct mr_errtext *err)
{
	if (t_rise_s == 0 && t_fall_s == 0)
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
	                      "edges of %g and %g s: a %s has no control of them; "
	                      "ask for 0",
	                      t_rise_s, t_fall_s, b->source.profile.title);
}

static int operate_pulse(struct bench *b, struct mr_op *op,
                         const struct mr_run *run)
{
	const struct mr_description shape = shape_of(b);
	uint64_t n = mr_selection_count(&op->where, &shape);
	int rc = check_edges(b, op->pulse.t_rise_s, op->pulse.t_fall_s,
	                     run->err);

	if (!rc)
		rc = check_limit(b, op->pulse.compliance, run->err);
	for (uint64_t i = 0; i < n && !rc; i++) {
		rc = pulse_cell(b, op, i,
		                mr_selection_cell(&op->where, &shape, i), run);
		op->outcome.n_effect += rc == MR_OK;
	}
	return rc;
}

/* ---- trace --------------------------------------------------------------------- */

static void put_sample(struct mr_op *op, uint64_t at, double t_s,
                       const struct smu_reading *r)
{
	struct mr_trace_op *tr = &op->trace;
	bool over = r->status & MR_STATUS_OVER_RANGE;

	tr->i_A[at] = over ? 0 : (float)r->i_A;
	if (tr->v_V)
		tr->v_V[at] = (float)r->v_V;
	if (tr->t_s)
		tr->t_s[at] = t_s;
	if (tr->status)
		tr->status[at] = r->status;
	op->outcome.status |= r->status;
}

/* One level until its end; a sample is integrated over the last part of it. */
static int trace_level(struct bench *b, struct mr_op *op, uint32_t k,
                       uint64_t *at, int64_t t0_ns, const struct mr_run *run)
{
	const struct mr_trace_op *tr = &op->trace;
	bool sampled = !tr->sample || tr->sample[k];
	double v_V = (double)tr->level[k], hold_s = tr->hold_s[k];
	double aperture_s = sampled ? APERTURE_SHARE * hold_s : 0;
	struct smu_reading r;
	int64_t begin_ns;
	int rc = mr_run_check(run);

	if (!rc && sampled) /* before the level: it takes time too */
		rc = mr__unit_aperture(meter_of(b), aperture_s, run->err);
	aperture_s = sampled ? meter_of(b)->set_nplc / meter_of(b)->line_hz : 0;
	begin_ns = now_ns(b);
	if (!rc)
		rc = level_to_read(b, v_V, run->err);
	if (!rc)
		rc = sleep_until(b, begin_ns +
		                            llround((hold_s - aperture_s) *
		                                    NS_PER_S));
	if (!rc && sampled)
		rc = take_reading(b, v_V, &r, run->err);
	if (!rc)
		rc = sleep_until(b, begin_ns + llround(hold_s * NS_PER_S));
	if (!rc && sampled)
		put_sample(op, (*at)++,
		           (double)(now_ns(b) - t0_ns) / NS_PER_S, &r);
	return rc;
}

static double greatest(const struct mr_trace_op *tr)
{
	double most = 0;

	for (uint32_t k = 0; k < tr->n_levels; k++)
		most = fmax(most, fabs((double)tr->level[k]));
	return most;
}

static int trace_cell(struct bench *b, struct mr_op *op, uint64_t i,
                      uint32_t cell, int64_t t0_ns, const struct mr_run *run)
{
	const struct mr_trace_op *tr = &op->trace;
	uint64_t at = i * mr_trace_samples(tr);
	int rc = ready(b, cell, greatest(tr), limit_of(b, tr->compliance),
	               run->err);

	b->source.sent = false;
	for (uint32_t k = 0; k < tr->n_levels && !rc; k++)
		rc = trace_level(b, op, k, &at, t0_ns, run);
	if (!rc)
		rc = level(b, 0, run->err);
	if (!rc)
		rc = settle(b, run->err);
	if (rc && b->source.sent)
		op->outcome.status |= MR_STATUS_UNKNOWN;
	return unknown_if_lost(b, rc, run);
}

static int operate_trace(struct bench *b, struct mr_op *op,
                         const struct mr_run *run)
{
	const struct mr_description shape = shape_of(b);
	uint64_t n = mr_selection_count(&op->where, &shape);
	int64_t t0_ns = now_ns(b);
	int rc = check_limit(b, op->trace.compliance, run->err);

	for (uint64_t i = 0; i < n && !rc; i++) {
		rc = trace_cell(b, op, i,
		                mr_selection_cell(&op->where, &shape, i), t0_ns,
		                run);
		op->outcome.n_effect += rc == MR_OK;
	}
	return rc;
}

/* ---- wait and conditions ---------------------------------------------------------- */

static int operate_wait(struct bench *b, struct mr_op *op)
{
	int rc = mr__transport_pause(b->source.pipe, op->wait.duration_s,
	                             b->source.run);

	op->outcome.n_effect = rc ? 0 : 1;
	return rc;
}

static int operate_configure(struct bench *b, struct mr_op *op)
{
	b->source.limit_A = strtod(op->configure.value, NULL);
	(void)snprintf(b->limit_text, sizeof b->limit_text, "%s",
	               op->configure.value);
	op->outcome.n_effect = 1;
	return MR_OK;
}

int mr__bench_operate(struct bench *b, struct mr_op *op,
                      const struct mr_run *run)
{
	switch (op->kind) {
	case MR_OP_READ:
		return operate_read(b, op, run);
	case MR_OP_PULSE:
		return operate_pulse(b, op, run);
	case MR_OP_TRACE:
		return operate_trace(b, op, run);
	case MR_OP_WAIT:
		return operate_wait(b, op);
	default:
		return operate_configure(b, op);
	}
}
