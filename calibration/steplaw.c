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

/* ---- runs ---------------------------------------------------------------- */

/* Where a walk along a cell's events stands. */
enum place { LOST, ERASED, RAISED, SEEN };

static double undo_drift(const struct mr__steplaw_seen *seen, double age_s)
{
	return seen->nu > 0
	       ? exp(seen->nu * log1p(fmax(age_s, 0) / seen->t0_s)) : 1;
}

static int push(struct mr__steplaw *s, const struct mr__steplaw_seen *seen,
                const struct mr_history_event *e, int64_t t_p_ns,
                uint32_t pulses, bool follows)
{
	double back = undo_drift(seen, (double)(e->t_ns - t_p_ns) * 1e-9);
	double sd = seen->noise_slope * fabs((double)e->g_S)
	            + seen->noise_floor_S;

	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 1024;
		struct mr__step_reading *more =
			realloc(s->readings, room * sizeof *more);

		if (!more)
			return MR_ERR_NOMEM;
		s->readings = more;
		s->room = room;
	}
	sd = fmax(sd * back / sqrt(e->count), NOISE_LEAST_S);
	s->readings[s->n++] = (struct mr__step_reading){
		(float)(e->g_S * back), (float)(sd * sd), pulses, follows};
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
static double see_near(struct belief *b, double y, double r, double lo,
                       double hi)
{
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
	if (fabs(y - lo) < FAR * sqrt(r))
		join(below((lo - b->mean_S) / sd) * normal(y - lo, r), lo, 0,
		     &sum, &first, &second);
	if (fabs(y - hi) < FAR * sqrt(r))
		join(below((b->mean_S - hi) / sd) * normal(y - hi, r), hi, 0,
		     &sum, &first, &second);
	if (!(sum > OUTLIERS * 1e-3 / span)) {
		*b = (struct belief){fmin(fmax(y, lo), hi), r};
		return log(OUTLIERS / span);
	}
	b->mean_S = first / sum;
	b->var_S2 = fmax(second / sum - b->mean_S * b->mean_S, 0);
	return log(sum + OUTLIERS / span);
}

/* Log density of a reading under a normal belief cut to lo .. hi; the belief
 * becomes what the reading leaves of it. */
static double see(struct belief *b, const struct mr__step_reading *o, double lo,
                  double hi)
{
	double y = (double)o->g_S;
	double r = (double)o->var_S2;
	double reach = FAR * sqrt(r);
	struct belief was = *b;
	double log_density;

	if (y - lo < reach || hi - y < reach)
		return see_near(b, y, r, lo, hi);
	log_density = see_between(b, y, r);
	if (log_density > log(OUTLIERS / (hi - lo)))
		return log_density;
	*b = was;
	return see_near(b, y, r, lo, hi);
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
			sum += see(&b, o, 0, MR__STEP_NO_CLAMP_S);
			continue;
		}
		memory *= fade;
		if (!set(&b, memory, params))
			return -INFINITY;
		sum += see(&b, o, params[MR__STEP_G_MIN],
		           params[MR__STEP_G_MAX]);
	}
	return sum;
}
