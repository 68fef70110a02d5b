/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Waveforms of pulses with readings in between. */
#include "arc1_shape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arc1.h"

#define NEAR 1e-3
#define NEAR_V 1e-4
#define SERIES_NONE 7
#define VOLATILE_S 5e-6 /* sheet: VolatilityRead samples at 200 kS/s */
#define BATCH 200       /* readings between two times that it can be stopped */
#define AVERAGES_MAX 10000
#define SETUP_S 1e-3    /* a pulse, beside its width */
#define ONCE_PCT 100.0  /* a growth that ends any ramp after one step */
#define ONCE_V 0.1
#define GUI_MS 1e3
#define PCT 100.0
#define POINTS_MAX 100000 /* assumed: time steps of an STDP job */

static bool sampled(const struct mr_trace_op *tr, uint32_t k)
{
	return !tr->sample || tr->sample[k];
}

static bool near(double a, double b)
{
	return fabs(a - b) <= NEAR * fabs(b) + NEAR_V;
}

static bool same(double a, double b)
{
	return fabs(a - b) <= NEAR * fabs(b);
}

static bool is_reading(const struct mr_trace_op *tr,
                       const struct arc1_settings *s, uint32_t k)
{
	return sampled(tr, k) && tr->level[k] != 0 &&
	       fabsf(tr->level[k]) <= (float)s->v_reads_V;
}

/* ---- trains -------------------------------------------------------------------- */

/* `count` pulses, each with its pause, then a reading. */
struct beat {
	double v_V;
	double width_s;
	uint32_t count;
};

struct train {
	struct beat *beat; /* [n] */
	uint32_t n;
	double pause_s;
	double v_read_V;
};

static int no_train(struct mr_errtext *err, uint32_t k, const char *what)
{
	return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
	                      "level %u: %s; this job is pulses that are not "
	                      "sampled, each with a level of 0 behind it or none "
	                      "has, and a sampled level within reading after one "
	                      "or more",
	                      k, what);
}

/* Pulses up to the next reading. Returns the level after it. */
static int take_beat(const struct mr_trace_op *tr,
                     const struct arc1_settings *s, struct train *t,
                     uint32_t *at, struct mr_errtext *err)
{
	struct beat *b = &t->beat[t->n];
	uint32_t k = *at;

	*b = (struct beat){.v_V = (double)tr->level[k],
	                   .width_s = tr->hold_s[k]};
	while (k < tr->n_levels && !is_reading(tr, s, k)) {
		if (sampled(tr, k) || tr->level[k] == 0)
			return no_train(err, k, "no pulse");
		if ((double)tr->level[k] != b->v_V ||
		    !same(tr->hold_s[k], b->width_s))
			return no_train(err, k, "not the pulse before");
		bool pause = k + 1 < tr->n_levels && tr->level[k + 1] == 0 &&
		             !sampled(tr, k + 1);
		double pause_s = pause ? tr->hold_s[k + 1] : 0;

		if (t->n == 0 && b->count == 0)
			t->pause_s = pause_s;
		if (!same(pause_s, t->pause_s))
			return no_train(err, k, "another pause");
		k += pause ? 2 : 1;
		b->count++;
	}
	if (k == tr->n_levels || b->count == 0)
		return no_train(err, k, "no pulse with a reading behind it");
	if (t->n && (double)tr->level[k] != t->v_read_V)
		return no_train(err, k, "another reading");
	t->v_read_V = (double)tr->level[k];
	t->n++;
	*at = k + 1;
	return MR_OK;
}

static int find_train(const struct mr_trace_op *tr,
                      const struct arc1_settings *s, struct train *t,
                      struct mr_errtext *err)
{
	int rc = MR_OK;

	*t = (struct train){.beat = calloc(tr->n_levels, sizeof *t->beat)};
	if (!t->beat)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	for (uint32_t k = 0; k < tr->n_levels && !rc;)
		rc = take_beat(tr, s, t, &k, err);
	return rc;
}

static double train_s(const struct train *t, const struct arc1_settings *s)
{
	double sum = 0;

	for (uint32_t i = 0; i < t->n; i++)
		sum += t->beat[i].count *
		               (t->beat[i].width_s + t->pause_s + SETUP_S) +
		       ARC1_READ_S * s->read_cycles;
	return sum;
}

static int train_points(const struct train *t, const struct arc1_settings *s,
                        struct arc1_play *out, struct mr_errtext *err)
{
	int rc = mr__arc1_play_room(out, t->n, err);

	for (uint32_t i = 0; i < t->n && !rc; i++)
		out->point[out->n_points++] =
			(struct arc1_point){.v_V = t->beat[i].v_V,
		                            .v_read_V = t->v_read_V,
		                            .sample = i};
	out->v_read_V = t->v_read_V;
	out->duration_s = train_s(t, s);
	return rc;
}

static int unlike(struct mr_errtext *err, const char *what)
{
	return mr_errtext_set(err, MR_ERR_UNSUPPORTED, "%s", what);
}

static bool has_one_width(const struct train *t)
{
	for (uint32_t i = 1; i < t->n; i++)
		if (!same(t->beat[i].width_s, t->beat[0].width_s))
			return false;
	return true;
}

static bool has_count(const struct train *t, uint32_t count)
{
	for (uint32_t i = 0; i < t->n; i++)
		if (t->beat[i].count != count)
			return false;
	return true;
}

/* ---- FormFinder ---------------------------------------------------------------- */

/* A grid: for each voltage all widths. */
struct grid {
	uint32_t n_w;
	double w_step;   /* in percent, or in s */
	bool linear;
	double v_step_V;
};

static double width_at(const struct grid *g, double first_s, uint32_t j)
{
	return g->linear ? first_s + g->w_step * j
	                 : first_s * pow(1 + g->w_step / PCT, j);
}

static bool find_widths(const struct train *t, const struct arc1_settings *s,
                        struct grid *g)
{
	const struct beat *b = t->beat;

	g->n_w = 1;
	while (g->n_w < t->n && b[g->n_w].v_V == b[0].v_V)
		g->n_w++;
	g->linear = s->linear && g->n_w > 2 &&
	            same(b[2].width_s - b[1].width_s,
	                 b[1].width_s - b[0].width_s);
	g->w_step = g->n_w == 1 ? ONCE_PCT
	            : g->linear ? mr__arc1_rounded(b[1].width_s - b[0].width_s)
	                        : mr__arc1_rounded(PCT * (b[1].width_s /
	                                                  b[0].width_s - 1));
	return g->w_step > 0 && t->n % g->n_w == 0;
}

static bool is_grid(const struct train *t, const struct grid *g)
{
	for (uint32_t i = 0; i < t->n; i++) {
		uint32_t step = i / g->n_w;
		double v = t->beat[0].v_V + g->v_step_V * step;
		double w = width_at(g, t->beat[0].width_s, i % g->n_w);

		if (!near(t->beat[i].v_V, v) || !same(t->beat[i].width_s, w))
			return false;
	}
	return true;
}

static bool find_grid(const struct train *t, const struct arc1_settings *s,
                      struct grid *g)
{
	if (!find_widths(t, s, g))
		return false;
	g->v_step_V = t->n == g->n_w
	                      ? copysign(ONCE_V, t->beat[0].v_V)
	                      : mr__arc1_rounded(t->beat[g->n_w].v_V -
	                                         t->beat[0].v_V);
	return g->v_step_V * t->beat[0].v_V > 0 && is_grid(t, g) &&
	       has_count(t, t->beat[0].count);
}

static void former_params(const struct train *t, const struct grid *g,
                          const struct arc1_settings *s, struct arc1_play *out)
{
	const struct beat *b = t->beat;
	const double before[] = {b[0].v_V,
	                         g->v_step_V,
	                         b[t->n - 1].v_V,
	                         b[0].width_s,
	                         g->w_step,
	                         b[g->n_w - 1].width_s,
	                         t->pause_s,
	                         s->stop_ohm,
	                         s->stop_pct};
	uint32_t n = sizeof before / sizeof before[0];

	memcpy(out->param, before, sizeof before);
	if (s->linear)
		out->param[n++] = g->linear;
	out->param[n++] = s->series;
	out->param[n] = b[0].count;
	out->job = s->linear ? "141" : "14";
	out->kinds = s->linear ? "dddddddddiii" : "dddddddddii";
	out->stops = s->stop_ohm > 0 || s->stop_pct > 0;
}

static int former_train(const struct mr_trace_op *tr,
                        const struct arc1_settings *s, struct train *t,
                        struct arc1_play *out, struct mr_errtext *err)
{
	struct grid g = {.n_w = 0};
	int rc = find_train(tr, s, t, err);

	if (rc)
		return rc;
	if (tr->compliance > 0 || !find_grid(t, s, &g))
		return unlike(err, "former is pulses that rise in equal steps, "
		                   "for each voltage all widths, which grow in "
		                   "percent (or in s, with form=141); no "
		                   "compliance");
	former_params(t, &g, s, out);
	return train_points(t, s, out, err);
}

int mr__arc1_fit_former(const struct mr_trace_op *tr,
                        const struct arc1_settings *s, struct arc1_play *out,
                        struct mr_errtext *err)
{
	struct train t = {.n = 0};
	int rc = former_train(tr, s, &t, out, err);

	free(t.beat);
	return rc;
}

/* ---- SwitchSeeker -------------------------------------------------------------- */

/* Ramps of one sign, then of the other, all alike in magnitude. */
static bool find_ramps(const struct train *t, uint32_t *n_ramp, double *step_V)
{
	const struct beat *b = t->beat;
	double sign = copysign(1, b[0].v_V);
	uint32_t n = 1;

	while (n < t->n && b[n].v_V * sign > 0)
		n++;
	*n_ramp = n;
	*step_V = n > 1 ? mr__arc1_rounded(fabs(b[1].v_V) - fabs(b[0].v_V))
	                : ONCE_V;
	if (t->n % (2 * n) || !(*step_V > 0))
		return false;
	for (uint32_t i = 0; i < t->n; i++) {
		double v = fabs(b[0].v_V) + *step_V * (i % n);

		if (!near(b[i].v_V, (i / n % 2 ? -sign : sign) * v))
			return false;
	}
	return true;
}

static int seeker_train(const struct mr_trace_op *tr,
                        const struct arc1_settings *s, struct train *t,
                        struct arc1_play *out, struct mr_errtext *err)
{
	uint32_t n = 0;
	double step_V = 0;
	int rc = find_train(tr, s, t, err);

	if (rc)
		return rc;
	if (tr->compliance > 0 || !has_one_width(t) || !has_count(t, 1) ||
	    !find_ramps(t, &n, &step_V))
		return unlike(err, "seeker is ramps of single pulses of one "
		                   "width, of one sign and then of the other, "
		                   "alike in magnitude; no compliance");
	if (s->stop_pct < 1)
		return unlike(err, "seeker turns when the resistance has moved "
		                   "by stop_pct, which is not set: configure "
		                   "stop_pct to 1 or more");
	uint32_t n_cycles = t->n / (2 * n);
	const double param[] = {t->beat[0].width_s,
	                        fabs(t->beat[0].v_V),
	                        step_V,
	                        fabs(t->beat[n - 1].v_V),
	                        t->pause_s,
	                        s->stop_ohm,
	                        1, /* reading to compare with */
	                        1, /* pulse a train */
	                        n_cycles,
	                        floor(s->stop_pct),
	                        1, /* read after each pulse */
	                        copysign(1, t->beat[0].v_V)};

	memcpy(out->param, param, sizeof param);
	out->job = s->slow ? "152" : "15";
	out->kinds = "ddddddiiiiii";
	out->stops = true;
	return train_points(t, s, out, err);
}

int mr__arc1_fit_seeker(const struct mr_trace_op *tr,
                        const struct arc1_settings *s, struct arc1_play *out,
                        struct mr_errtext *err)
{
	struct train t = {.n = 0};
	int rc = seeker_train(tr, s, &t, out, err);

	free(t.beat);
	return rc;
}

/* ---- Endurance ----------------------------------------------------------------- */

static bool alike(const struct beat *a, const struct beat *b)
{
	return a->v_V == b->v_V && same(a->width_s, b->width_s);
}

/* n[0] of one kind, then n[1] of the other, over and over. */
static bool find_turns(const struct train *t, uint32_t n[2])
{
	const struct beat *b = t->beat;

	n[0] = n[1] = 0;
	while (n[0] < t->n && alike(&b[n[0]], &b[0]))
		n[0]++;
	if (n[0] == t->n)
		return false;
	while (n[0] + n[1] < t->n && alike(&b[n[0] + n[1]], &b[n[0]]))
		n[1]++;
	uint32_t cycle = n[0] + n[1]; /* at least one of each */

	if (cycle < 2)
		return false;
	for (uint32_t i = 0; i < t->n; i++)
		if (!alike(&b[i], &b[i % cycle]))
			return false;
	return t->n % cycle == 0 && b[0].v_V > 0 && b[n[0]].v_V < 0;
}

static int endurance_train(const struct mr_trace_op *tr,
                           const struct arc1_settings *s, struct train *t,
                           struct arc1_play *out, struct mr_errtext *err)
{
	uint32_t n[2];
	int rc = find_train(tr, s, t, err);

	if (rc)
		return rc;
	if (!has_count(t, 1) || !find_turns(t, n))
		return unlike(err, "endurance is single pulses above 0, then "
		                   "below 0, each with a reading; whole cycles "
		                   "of both");
	if (tr->compliance > 0 &&
	    (tr->compliance < 10e-6 * (1 - NEAR) ||
	     tr->compliance > 1e-3 * (1 + NEAR)))
		return unlike(err, "endurance cuts off at 1e-05 to 0.001 A");
	double cutoff_A = tr->compliance > 0 ? fmax(tr->compliance, 10.1e-6) : 0;
	uint32_t n_cycles = t->n / (n[0] + n[1]);
	const double param[] = {t->beat[0].v_V,
	                        t->beat[0].width_s,
	                        cutoff_A,
	                        t->beat[n[0]].v_V,
	                        t->beat[n[0]].width_s,
	                        cutoff_A,
	                        s->gui ? t->pause_s * GUI_MS : t->pause_s,
	                        n[0],
	                        n[1],
	                        n_cycles};

	memcpy(out->param, param, sizeof param);
	out->job = "191";
	out->kinds = "dddddddiii";
	return train_points(t, s, out, err);
}

int mr__arc1_fit_endurance(const struct mr_trace_op *tr,
                           const struct arc1_settings *s,
                           struct arc1_play *out, struct mr_errtext *err)
{
	struct train t = {.n = 0};
	int rc = endurance_train(tr, s, &t, out, err);

	free(t.beat);
	return rc;
}

/* ---- VolatilityRead ------------------------------------------------------------ */

static bool is_even(const struct mr_trace_op *tr, const struct arc1_settings *s,
                    uint32_t first)
{
	double averages = round(tr->hold_s[first] / VOLATILE_S);

	if (averages < 1 || averages > AVERAGES_MAX ||
	    !same(tr->hold_s[first], averages * VOLATILE_S))
		return false;
	for (uint32_t k = first; k < tr->n_levels; k++)
		if (!is_reading(tr, s, k) || tr->level[k] != tr->level[first] ||
		    !same(tr->hold_s[k], tr->hold_s[first]))
			return false;
	return true;
}

int mr__arc1_fit_volatility(const struct mr_trace_op *tr,
                            const struct arc1_settings *s,
                            struct arc1_play *out, struct mr_errtext *err)
{
	bool leads = is_reading(tr, s, 0);
	uint32_t at = leads ? 1 : 0, first = at + 1, sample = 0;
	bool ok = tr->n_levels >= first + 2 && !sampled(tr, at) &&
	          tr->level[at] != 0 && is_even(tr, s, first) &&
	          (!leads || tr->level[0] == tr->level[first]);

	if (!ok || tr->compliance > 0)
		return unlike(err, "volatility is a pulse that is not sampled "
		                   "and then 2 or more equal levels within "
		                   "reading, each held for a multiple of 5 us; "
		                   "one of them may come first; no compliance");
	uint32_t n = tr->n_levels - first;
	int rc = mr__arc1_play_room(out, n + 1, err);

	if (rc)
		return rc;
	out->job = "33";
	out->kinds = "ddii";
	out->batch = n < BATCH ? n : BATCH;
	out->param[0] = (double)tr->level[at];
	out->param[1] = tr->hold_s[at];
	out->param[2] = out->batch;
	out->param[3] = round(tr->hold_s[first] / VOLATILE_S);
	out->v_read_V = (double)tr->level[first];
	out->duration_s = tr->hold_s[at] + (n + BATCH) * tr->hold_s[first] +
	                  2 * ARC1_READ_S * s->read_cycles + SETUP_S;
	for (uint32_t i = 0; i <= n; i++)
		out->point[out->n_points++] = (struct arc1_point){
			.v_read_V = out->v_read_V,
			.sample = i || leads ? sample++ : ARC1_NO_SAMPLE};
	return MR_OK;
}

/* ---- STDP ---------------------------------------------------------------------- */

int mr__arc1_fit_stdp(const struct mr_trace_op *tr,
                      const struct arc1_settings *s, struct arc1_play *out,
                      struct mr_errtext *err)
{
	double v_read_V = 0;
	uint32_t steps = 0, sample = 0;
	bool inside = false, ok = tr->compliance == 0;
	int rc;

	for (uint32_t k = 0; k < tr->n_levels && ok; k++) {
		if (!sampled(tr, k)) {
			steps += !inside;
			inside = true;
			out->duration_s += tr->hold_s[k];
			continue;
		}
		v_read_V = sample++ ? v_read_V : (double)tr->level[k];
		ok = is_reading(tr, s, k) && (double)tr->level[k] == v_read_V &&
		     (inside || k == 0);
		inside = false;
	}
	if (!ok || steps == 0 || tr->n_levels > POINTS_MAX)
		return unlike(err, "stdp is levels that are not sampled, with "
		                   "single sampled levels within reading before, "
		                   "between or behind them, all alike; no "
		                   "compliance");
	rc = mr__arc1_play_room(out, sample, err);
	for (uint32_t i = 0; i < sample && !rc; i++)
		out->point[out->n_points++] = (struct arc1_point){
			.v_read_V = v_read_V, .sample = i};
	out->job = "40";
	out->kinds = "";
	out->v_read_V = v_read_V;
	out->duration_s += (2 * steps + 2) * ARC1_READ_S * s->read_cycles;
	return rc;
}
