/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Runs out of histories, and the filter that follows a hidden conductance
 * along them. */
#include "steplaw_priv.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SQRT_HALF 0.70710678118654752
#define LOG_2_PI 1.8378770664093454
#define NOISE_LEAST_S 1e-10 /* least sd of a reading: below what counts */
#define FAR 9.0             /* standard deviations beyond which nothing is */
#define OUTLIERS 1e-7       /* share of readings that may be anything */
#define READINGS_MOST 500000
#define DRIFT_MOST 0.01 /* relative, that cells may have drifted apart */

/* ---- runs ---------------------------------------------------------------- */

/* Where a walk along a cell's events stands. */
enum place { LOST, ERASED, RAISED, SEEN };

static double undo_drift(const struct mr__steplaw_seen *seen, double age_s)
{
	return seen->nu > 0
	       ? exp(seen->nu * log1p(fmax(age_s, 0) / seen->t0_s)) : 1;
}

/* Noise that depends on the conductance alone: what a reading's age and averages
 * make of it is a factor. */
static double unit_noise(const struct mr__steplaw_seen *seen, double g_S)
{
	return mr__noise_sd_S(&seen->noise, g_S, g_S, 1, 1);
}

static void fill_noise(struct mr__steplaw *s,
                       const struct mr__steplaw_seen *seen)
{
	double top_S = fmax(2 * s->highest_S, 1e-9);

	s->noise_step_S = top_S / (MR__STEP_NOISE_N - 1);
	for (size_t k = 0; k < MR__STEP_NOISE_N; k++)
		s->noise_S[k] = unit_noise(seen, (double)k * s->noise_step_S);
}

/* By what part cells of different exponents have drifted apart. */
static double apart(const struct mr__steplaw_seen *seen, double age_s)
{
	return seen->nu > 0
	       ? seen->nu_spread * log1p(fmax(age_s, 0) / seen->t0_s) : 0;
}

static int push(struct mr__steplaw *s, const struct mr__steplaw_seen *seen,
                const struct mr_history_event *e, int64_t t_p_ns,
                uint32_t pulses, bool follows)
{
	double age_s = (double)(e->t_ns - t_p_ns) * 1e-9;
	double back = undo_drift(seen, age_s);
	double g_S = fabs((double)e->g_S) * back;
	double sd = mr__noise_sd_S(&seen->noise, g_S, g_S, age_s, e->count);
	double unit_S = unit_noise(seen, g_S);
	double drifted_S = apart(seen, age_s) * g_S;

	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 1024;
		struct mr__step_reading *more =
			realloc(s->readings, room * sizeof *more);

		if (!more)
			return MR_ERR_NOMEM;
		s->readings = more;
		s->room = room;
	}
	sd = fmax(hypot(sd * back, drifted_S), NOISE_LEAST_S);
	s->readings[s->n++] = (struct mr__step_reading){
		(float)(e->g_S * back), (float)(sd * sd),
		(float)(unit_S > 0 ? sd / unit_S : 0), pulses, follows};
	if (pulses > s->pulses_max)
		s->pulses_max = pulses;
	if (pulses > 0) {
		s->lowest_S = fmin(s->lowest_S, e->g_S * back);
		s->highest_S = fmax(s->highest_S, e->g_S * back);
	}
	return MR_OK;
}

/* One event; returns where the walk stands then. */
static enum place step(const struct mr_history_event *e, enum place place,
                       uint32_t *pulses)
{
	if (e->kind == MR_HISTORY_PULSE && e->effect == MR_EFFECT_ERASE) {
		*pulses = 0;
		return ERASED;
	}
	if (e->kind == MR_HISTORY_PULSE && e->effect == MR_EFFECT_RAISE
	    && e->count == 1 && place == SEEN) {
		++*pulses;
		return RAISED;
	}
	if (e->kind == MR_HISTORY_READ)
		return place == LOST ? LOST : SEEN;
	return LOST;
}

static int walk_cell(struct mr__steplaw *s, const struct mr_history *h,
                     const struct mr__steplaw_seen *seen, uint32_t cell)
{
	enum place place = LOST;
	uint32_t pulses = 0;
	bool follows = false;
	int64_t t_p_ns = 0;
	int code = MR_OK;

	for (size_t k = h->first[cell]; k < h->first[cell + 1]; k++) {
		const struct mr_history_event *e = &h->events[k];
		enum place was = place;

		place = step(e, place, &pulses);
		if (place == ERASED || place == RAISED) {
			t_p_ns = e->t_ns;
			follows = was == SEEN;
		}
		if (place == SEEN && was != SEEN
		    && apart(seen, (double)(e->t_ns - t_p_ns) * 1e-9)
		       > DRIFT_MOST)
			place = LOST;
		if (place == SEEN && was != SEEN)
			code = push(s, seen, e, t_p_ns, pulses, follows);
		if (code != MR_OK)
			return code;
	}
	return MR_OK;
}

static int walk_all(struct mr__steplaw *s, const struct mr__fitting *f,
                    const struct mr__steplaw_seen *seen)
{
	const struct mr_history *h = f->history;

	for (uint32_t c = 0; c < h->n_cells; c++) {
		size_t before = s->n;

		if (f->use[c] && walk_cell(s, h, seen, c) != MR_OK)
			return MR_ERR_NOMEM;
		if (s->n == before)
			continue;
		s->cells[s->n_cells] = c;
		s->first[s->n_cells++] = before;
	}
	s->first[s->n_cells] = s->n;
	return MR_OK;
}

/* Fewer cells where there are more readings than time: evenly spread ones. */
static void thin(struct mr__steplaw *s)
{
	size_t n = s->n / READINGS_MOST + 1;
	uint32_t kept = 0;
	size_t to = 0;

	if (n == 1)
		return;
	for (uint32_t k = 0; k < s->n_cells; k += (uint32_t)n) {
		size_t size = s->first[k + 1] - s->first[k];

		memmove(s->readings + to, s->readings + s->first[k],
		        size * sizeof *s->readings);
		s->cells[kept] = s->cells[k];
		s->first[kept++] = to;
		to += size;
	}
	s->first[kept] = to;
	s->n_cells = kept;
	s->n = to;
}

int mr__steplaw_new(const struct mr__fitting *f,
                    const struct mr__steplaw_seen *seen, uint64_t least,
                    struct mr__steplaw **out)
{
	struct mr__steplaw *s = calloc(1, sizeof *s);
	uint32_t n = f->history->n_cells;
	int code = MR_ERR_NOMEM;

	if (s) {
		s->lowest_S = INFINITY;
		s->highest_S = -INFINITY;
		s->cells = malloc((n + 1) * sizeof *s->cells);
		s->first = malloc((n + 1) * sizeof *s->first);
	}
	if (s && s->cells && s->first)
		code = walk_all(s, f, seen);
	if (code != MR_OK) {
		mr__steplaw_free(s);
		return mr_errtext_set(f->err, code, "no memory");
	}
	if (s->n < least || (least > 1 && s->pulses_max < 3)) {
		code = mr_errtext_set(
			f->err, MR_ERR_UNSUPPORTED,
			"%zu readings of cells after single SET pulses that "
			"follow a RESET; at least %" PRIu64 " are needed, over "
			"3 pulses and more (protocol pulses)", s->n, least);
		mr__steplaw_free(s);
		return code;
	}
	thin(s);
	fill_noise(s, seen);
	*out = s;
	return MR_OK;
}

void mr__steplaw_free(struct mr__steplaw *s)
{
	if (!s)
		return;
	free(s->readings);
	free(s->cells);
	free(s->first);
	free(s);
}

uint64_t mr__steplaw_readings(const struct mr__steplaw *s)
{
	return s->n;
}

uint32_t mr__steplaw_cells(const struct mr__steplaw *s)
{
	return s->n_cells;
}

uint32_t mr__steplaw_cell(const struct mr__steplaw *s, size_t k)
{
	return s->cells[k];
}

/* ---- density ------------------------------------------------------------- */

/* A belief about a cell's conductance. */
struct belief {
	double mean_S;
	double var_S2;
};

static double below(double z)
{
	return 0.5 * erfc(-z * SQRT_HALF);
}

static double normal(double d, double var)
{
	return exp(-0.5 * d * d / var - 0.5 * (LOG_2_PI + log(var)));
}

/* Variance of a reading of a cell of that conductance. */
static double noise_of(const struct mr__steplaw *s,
                       const struct mr__step_reading *o, double g_S)
{
	double at = fmax(g_S, 0) / s->noise_step_S;
	size_t k = at < MR__STEP_NOISE_N - 2 ? (size_t)at
	                                     : MR__STEP_NOISE_N - 2;
	double w = fmin(at - (double)k, 1);
	double sd = (double)o->scale * ((1 - w) * s->noise_S[k]
	                                + w * s->noise_S[k + 1]);

	return fmax(sd * sd, NOISE_LEAST_S * NOISE_LEAST_S);
}

/* A reading far from both clamps. */
static double see_between(struct belief *b, double y, double r)
{
	double total = b->var_S2 + r;
	double d = y - b->mean_S;
	double gain = b->var_S2 / total;

	b->mean_S += gain * d;
	b->var_S2 = gain * r;
	return -0.5 * (d * d / total + LOG_2_PI + log(total));
}

/* A part of the mixture joins the others. */
static void join(double weight, double mean, double var, double *sum,
                 double *first, double *second)
{
	*sum += weight;
	*first += weight * mean;
	*second += weight * (var + mean * mean);
}

/* A reading that may be of a clamped cell: three parts. */
static double see_near(const struct mr__steplaw *s, struct belief *b,
                       const struct mr__step_reading *o, double r, double lo,
                       double hi)
{
	double y = (double)o->g_S;
	double r_lo = noise_of(s, o, lo);
	double r_hi = noise_of(s, o, hi);
	double sd = sqrt(b->var_S2);
	struct belief between = *b;
	double inside = exp(see_between(&between, y, r));
	double sd_in = sqrt(between.var_S2);
	double sum = 0;
	double first = 0;
	double second = 0;
	double span = fmax(hi - lo, NOISE_LEAST_S);

	inside *= below((hi - between.mean_S) / sd_in)
	          - below((lo - between.mean_S) / sd_in);
	join(inside, fmin(fmax(between.mean_S, lo), hi), between.var_S2, &sum,
	     &first, &second);
	if (fabs(y - lo) < FAR * sqrt(r_lo))
		join(below((lo - b->mean_S) / sd) * normal(y - lo, r_lo), lo, 0,
		     &sum, &first, &second);
	if (fabs(y - hi) < FAR * sqrt(r_hi))
		join(below((b->mean_S - hi) / sd) * normal(y - hi, r_hi), hi, 0,
		     &sum, &first, &second);
	if (!(sum > OUTLIERS * 1e-3 / span)) {
		*b = (struct belief){fmin(fmax(y, lo), hi), r};
		return log(OUTLIERS / span);
	}
	b->mean_S = first / sum;
	b->var_S2 = fmax(second / sum - b->mean_S * b->mean_S, 0);
	return log(sum + OUTLIERS / span);
}

/* Where the cell is likely to be, by belief and reading: the noise of a reading
 * is that of its cell's conductance, not that of its own value, which would favour
 * low readings. One turn suffices where either knows it well. */
static double level_noise(const struct mr__steplaw *s, const struct belief *b,
                          const struct mr__step_reading *o, double lo,
                          double hi)
{
	double y = (double)o->g_S;
	double r = noise_of(s, o, fmin(fmax(b->mean_S, lo), hi));
	double w = b->var_S2 / (b->var_S2 + r);

	return noise_of(s, o, fmin(fmax(b->mean_S + w * (y - b->mean_S), lo),
	                           hi));
}

/* Log density of a reading under a normal belief cut to lo .. hi; the belief
 * becomes what the reading leaves of it. */
static double see(const struct mr__steplaw *s, struct belief *b,
                  const struct mr__step_reading *o, double lo, double hi)
{
	double y = (double)o->g_S;
	double r = level_noise(s, b, o, lo, hi);
	double reach = FAR * sqrt(r);
	struct belief was = *b;
	double log_density;

	if (y - lo < reach || hi - y < reach)
		return see_near(s, b, o, r, lo, hi);
	log_density = see_between(b, y, r);
	if (log_density > log(OUTLIERS / (hi - lo)))
		return log_density;
	*b = was;
	return see_near(s, b, o, r, lo, hi);
}

/* What a SET makes of a belief, before the clamps. */
static bool set(struct belief *b, double memory, const double *p)
{
	double sd = p[MR__STEP_M2] * b->mean_S + p[MR__STEP_C2]
	            + p[MR__STEP_A2] * memory;
	double keep = 1 + p[MR__STEP_M1];

	b->var_S2 = sd * sd
	            + (keep * keep + p[MR__STEP_M2] * p[MR__STEP_M2])
	              * b->var_S2;
	b->mean_S = keep * b->mean_S + p[MR__STEP_C1]
	            + p[MR__STEP_A1] * memory;
	return sd > 0;
}

static bool makes_sense(const double *p)
{
	return p[MR__STEP_SD_RESET] > 0 && p[MR__STEP_ALPHA] > 0.05
	       && p[MR__STEP_G_MAX] > p[MR__STEP_G_MIN]
	       && p[MR__STEP_M1] > -1 && p[MR__STEP_C2] > 0;
}

double mr__steplaw_density(const struct mr__steplaw *s, size_t k,
                           const double *params)
{
	struct belief b = {0};
	double sum = 0;
	double fade = exp(-1 / params[MR__STEP_ALPHA]);
	double memory = 1;

	if (!makes_sense(params))
		return -INFINITY;
	for (size_t i = s->first[k]; i < s->first[k + 1]; i++) {
		const struct mr__step_reading *o = &s->readings[i];

		if (o->pulses == 0) {
			memory = 1;
			b.mean_S = params[MR__STEP_G_RESET];
			b.var_S2 = params[MR__STEP_SD_RESET]
			           * params[MR__STEP_SD_RESET];
			sum += see(s, &b, o, 0, MR__STEP_NO_CLAMP_S);
			continue;
		}
		memory *= fade;
		if (!set(&b, memory, params))
			return -INFINITY;
		sum += see(s, &b, o, params[MR__STEP_G_MIN],
		           params[MR__STEP_G_MAX]);
	}
	return sum;
}
