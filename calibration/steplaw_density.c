/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The filter that follows a hidden conductance along runs. */
#include "steplaw_priv.h"

#include <math.h>

#define SQRT_HALF 0.70710678118654752
#define LOG_2_PI 1.8378770664093454
#define NOISE_LEAST_S MR__STEP_NOISE_LEAST_S
#define FAR 9.0       /* standard deviations beyond which nothing is */
#define OUTLIERS 1e-7 /* share of readings that may be anything */
#define LEAST_S 1e-11 /* least conductance of a cell that counts */
#define REACH 5.0     /* standard deviations that integrals go over: what is beyond
                         is 6e-7, and 16 nodes miss 1e-7 of a normal; over 6
                         they miss 5e-6, which shows in 100,000 readings */
#define CURVED 0.008  /* slope of the sd of readings over conductance from which
                         on one sd does not do for all that a cell may be */

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

static inline double within(double x, double lo, double hi)
{
	return x > lo ? (x < hi ? x : hi) : lo;
}

/* Sd of a reading of a cell of that conductance. Most of a fit's time goes here,
 * so without fmax(), which is a call. */
static inline double sd_of(const struct mr__steplaw *s,
                           const struct mr__step_reading *o, double g_S)
{
	const double last = MR__STEP_NOISE_N - 1;
	double at = g_S > 0 ? g_S * s->per_noise_step : 0;
	double to = at < last ? at : last;
	uint32_t k = to < last ? (uint32_t)to : MR__STEP_NOISE_N - 2;
	double low = s->noise_S[k];
	double sd = (double)o->scale
	            * (low + (to - k) * (s->noise_S[k + 1] - low));

	return sd > NOISE_LEAST_S ? sd : NOISE_LEAST_S;
}

static inline double noise_of(const struct mr__steplaw *s,
                       const struct mr__step_reading *o, double g_S)
{
	double sd = sd_of(s, o, g_S);

	return sd * sd;
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

/* What a reading may be of: its density, and the moments of the cell's
 * conductance times it. */
struct parts {
	double sum;
	double first;
	double second;
};

/* A part of the mixture joins the others. */
static void join(struct parts *p, double weight, double mean, double var)
{
	p->sum += weight;
	p->first += weight * mean;
	p->second += weight * (var + mean * mean);
}

/* A cell between the clamps, by one sd of the reading. */
static void join_between(struct parts *p, const struct belief *b, double y,
                         double r, double lo, double hi)
{
	struct belief between = *b;
	double inside = exp(see_between(&between, y, r));
	double sd_in = sqrt(between.var_S2);

	inside *= below((hi - between.mean_S) / sd_in)
	          - below((lo - between.mean_S) / sd_in);
	join(p, inside, fmin(fmax(between.mean_S, lo), hi), between.var_S2);
}

/* Above it no cell is whose reading is that low. From above, because sd that grow
 * with conductances could keep a search from below from getting there. */
static double highest_of(const struct mr__steplaw *s,
                         const struct mr__step_reading *o, double top)
{
	for (int round = 0; round < 4; round++)
		top = fmin(top, (double)o->g_S + REACH * sd_of(s, o, top));
	return top;
}

/* The same by an integral over the logarithm of the conductance, each with the
 * sd that its reading would have. */
static void join_curved(struct parts *p, const struct mr__steplaw *s,
                        const struct belief *b,
                        const struct mr__step_reading *o, double lo,
                        double hi)
{
	double y = (double)o->g_S;
	double least = fmax(lo, LEAST_S);
	double sd = sqrt(b->var_S2);
	double from = fmin(fmax(y, least), hi);
	double bottom = fmax(fmax(b->mean_S - REACH * sd,
	                          y - REACH * sd_of(s, o, from)), least);
	double top = highest_of(s, o, fmin(b->mean_S + REACH * sd, hi));
	double per_sd = 1 / sd;
	double x[MR__STEP_NODES];
	double g[MR__STEP_NODES];
	double f[MR__STEP_NODES];
	double sd_y[MR__STEP_NODES];
	double range;

	if (!(top > bottom))
		return;
	range = log(top / bottom);
	for (size_t k = 0; k < MR__STEP_NODES; k++)
		x[k] = range * s->node[k];
	mr__exps(x, g);
	for (size_t k = 0; k < MR__STEP_NODES; k++) {
		g[k] *= bottom;
		sd_y[k] = sd_of(s, o, g[k]);
	}
	for (size_t k = 0; k < MR__STEP_NODES; k++) {
		double off = (g[k] - b->mean_S) * per_sd;
		double off_y = (y - g[k]) / sd_y[k];

		x[k] = -0.5 * (off * off + off_y * off_y) - LOG_2_PI;
	}
	mr__exps(x, f);
	for (size_t k = 0; k < MR__STEP_NODES; k++)
		f[k] *= g[k] * s->node_weight[k] / sd_y[k];
	for (size_t k = 0; k < MR__STEP_NODES; k++)
		join(p, f[k] * range * per_sd, g[k], 0);
}

/* Whether the sd of a reading differs much among what the cell may be: its slope
 * in the table's step above. */
static bool is_curved(const struct mr__steplaw *s,
                      const struct mr__step_reading *o, double lo, double hi)
{
	const double last = MR__STEP_NOISE_N - 2;
	double at = within((double)o->g_S, lo, hi) * s->per_noise_step + 1;
	const double *sd = &s->noise_S[(uint32_t)within(at, 0, last)];

	return (double)o->scale * (sd[1] - sd[0]) > CURVED * s->noise_step_S;
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
	double span = fmax(hi - lo, NOISE_LEAST_S);
	struct parts p = {0};

	if (is_curved(s, o, lo, hi))
		join_curved(&p, s, b, o, lo, hi);
	else
		join_between(&p, b, y, r, lo, hi);
	if (fabs(y - lo) < FAR * sqrt(r_lo))
		join(&p, below((lo - b->mean_S) / sd) * normal(y - lo, r_lo), lo,
		     0);
	if (fabs(y - hi) < FAR * sqrt(r_hi))
		join(&p, below((b->mean_S - hi) / sd) * normal(y - hi, r_hi), hi,
		     0);
	if (!(p.sum > OUTLIERS * 1e-3 / span)) {
		*b = (struct belief){fmin(fmax(y, lo), hi), r};
		return log(OUTLIERS / span);
	}
	b->mean_S = p.first / p.sum;
	b->var_S2 = fmax(p.second / p.sum - b->mean_S * b->mean_S, 0);
	return log(p.sum + OUTLIERS / span);
}

/* Where the cell is likely to be, by belief and reading: the noise of a reading
 * is that of its cell's conductance, not that of its own value, which would favour
 * low readings. One turn suffices where either knows it well. */
static double level_noise(const struct mr__steplaw *s, const struct belief *b,
                          const struct mr__step_reading *o, double lo,
                          double hi)
{
	double y = (double)o->g_S;
	double r = noise_of(s, o, within(b->mean_S, lo, hi));
	double w = b->var_S2 / (b->var_S2 + r);

	return noise_of(s, o, within(b->mean_S + w * (y - b->mean_S), lo, hi));
}

/* Log density of a reading under a normal belief cut to lo .. hi, never below
 * log_least, that of outliers; the belief becomes what the reading leaves of
 * it. */
static double see(const struct mr__steplaw *s, struct belief *b,
                  const struct mr__step_reading *o, double lo, double hi,
                  double log_least)
{
	double y = (double)o->g_S;
	double r = level_noise(s, b, o, lo, hi);
	double reach = FAR * sqrt(r);
	struct belief was = *b;
	double log_density;

	if (y - lo < reach || hi - y < reach || is_curved(s, o, lo, hi))
		return see_near(s, b, o, r, lo, hi);
	log_density = see_between(b, y, r);
	if (log_density > log_least)
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
	double lo = params[MR__STEP_G_MIN];
	double hi = params[MR__STEP_G_MAX];
	double log_least;

	if (!makes_sense(params))
		return -INFINITY;
	log_least = log(OUTLIERS / (hi - lo));
	for (size_t i = s->first[k]; i < s->first[k + 1]; i++) {
		const struct mr__step_reading *o = &s->readings[i];

		if (o->pulses == 0) {
			memory = 1;
			b.mean_S = params[MR__STEP_G_RESET];
			b.var_S2 = params[MR__STEP_SD_RESET]
			           * params[MR__STEP_SD_RESET];
			sum += see(s, &b, o, 0, MR__STEP_NO_CLAMP_S,
			           log(OUTLIERS / MR__STEP_NO_CLAMP_S));
			continue;
		}
		memory *= fade;
		if (!set(&b, memory, params))
			return -INFINITY;
		sum += see(s, &b, o, lo, hi, log_least);
	}
	return sum;
}
