/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Gauss-Newton, then closed forms of normal integrals. */
#include "targetspan.h"

#include <math.h>

#include "ladder.h"
#include "spans.h"

#define ROUNDS 15
#define CLOSE 1e-7 /* that the best curve is found to; little depends on it */
#define LEAST_SHARE 0.05 /* of a level, for the logarithm of a reading */
#define FAR 7.5      /* standard deviations: what is beyond is less than 1e-13 */
#define NOTHING 35.0 /* in the logarithm */
#define MOST 600.0   /* likewise: more is too much for a double */
#define LN_2PI 1.8378770664093453
#define ROOT_HALF 0.7071067811865476

static double product(const double *a, const double *b, uint32_t n)
{
	double sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

/* Where the best curve is looked for; vectors are whitened. */
struct look {
	const struct mr__target_instants *at;
	const double *g_S;
	double log_age[MR__TARGET_READS];
	double one[MR__TARGET_READS];
	double l[MR__TARGET_READS];
};

/* One step of Gauss and Newton: the noise is relative to the curve that is
 * followed. Returns whether it was short. */
static bool step(const struct look *look, double nu, double ties,
                 struct mr__target_seen *s)
{
	uint32_t n = look->at->n;
	double z[MR__TARGET_READS];
	double in_g = product(look->one, look->one, n);
	double in_both = product(look->one, look->l, n);
	double in_nu = product(look->l, look->l, n) + ties;
	double det = in_g * in_nu - in_both * in_both;
	double pull;
	double push;
	double by;
	double move;

	for (uint32_t i = 0; i < n; i++)
		z[i] = look->g_S[i] / (s->g_S * exp(-s->nu * look->log_age[i])) - 1;
	mr__ladder_whiten(look->at->factor, n, z);
	push = product(look->one, z, n);
	pull = -product(look->l, z, n) - ties * (s->nu - nu);
	by = (in_nu * push + in_both * pull) / det; /* relative, of G */
	move = (in_g * pull + in_both * push) / det;
	s->g_S *= fmax(1 + by, 0.2);
	s->nu += fmax(fmin(move, 0.2), -0.2);
	return fabs(by) < CLOSE && fabs(move) < CLOSE;
}

/* Solves F' x = b, in place. */
static void unwhiten(const double *factor, uint32_t n, double *b)
{
	for (uint32_t i = n; i-- > 0;) {
		for (uint32_t k = i + 1; k < n; k++)
			b[i] -= factor[k * n + i] * b[k];
		b[i] /= factor[i * n + i];
	}
}

/* Leverages times the logarithms of what the readings are off the best curve. */
static double made_up(const struct look *look, double ties,
                      const struct mr__target_seen *s)
{
	uint32_t n = look->at->n;
	double in_nu = s->l_l + ties;
	double det = s->one_one * in_nu - s->one_l * s->one_l;
	double one[MR__TARGET_READS];
	double l[MR__TARGET_READS];
	double sum = 0;

	for (uint32_t i = 0; i < n; i++) {
		one[i] = look->one[i];
		l[i] = look->l[i];
	}
	unwhiten(look->at->factor, n, one);
	unwhiten(look->at->factor, n, l);
	for (uint32_t i = 0; i < n; i++) {
		double age = look->log_age[i];
		double leverage = (in_nu * one[i] - s->one_l * (l[i] + age * one[i])
		                   + s->one_one * age * l[i]) / det;

		sum += leverage * log(fmax(look->g_S[i] / s->g_S, LEAST_SHARE)
		                      * exp(s->nu * age));
	}
	return sum;
}

static void sum_up(const struct look *look, double ties, struct mr__target_seen *s)
{
	uint32_t n = look->at->n;
	double e[MR__TARGET_READS];

	s->log_scale = -0.5 * (look->at->log_det + n * LN_2PI);
	for (uint32_t i = 0; i < n; i++) {
		double curve = s->g_S * exp(-s->nu * look->log_age[i]);

		e[i] = look->g_S[i] / curve - 1;
		s->log_scale -= log(curve);
	}
	mr__ladder_whiten(look->at->factor, n, e);
	s->one_one = product(look->one, look->one, n);
	s->one_l = product(look->one, look->l, n);
	s->l_l = product(look->l, look->l, n);
	s->one_e = product(look->one, e, n);
	s->l_e = product(look->l, e, n);
	s->e_e = product(e, e, n);
	s->log_scale -= made_up(look, ties, s);
}

bool mr__target_see(const struct mr__target_instants *at, const double *g_S,
                    double t0_s, double nu, double nu_sd, double noise,
                    struct mr__target_seen *out)
{
	struct look look = {.at = at, .g_S = g_S};
	double ties = noise * noise / (nu_sd * nu_sd);
	bool found = false;

	*out = (struct mr__target_seen){.nu = nu, .n = at->n};
	for (uint32_t i = 0; i < at->n; i++) {
		look.one[i] = 1;
		look.l[i] = look.log_age[i] =
			mr__log_age(at->age_s[i], at->over_s[i], t0_s);
		out->g_S += g_S[i] * exp(nu * look.l[i]) / at->n;
	}
	if (!(out->g_S > 0))
		return false;
	mr__ladder_whiten(at->factor, at->n, look.one);
	mr__ladder_whiten(at->factor, at->n, look.l);
	for (int round = 0; round < ROUNDS && !found; round++)
		found = step(&look, nu, ties, out);
	sum_up(&look, ties, out);
	return isfinite(out->e_e) && fabs(out->nu) < 2;
}

/* Twice the share of a normal number that is not below 0; far from it, all. */
static double not_below(double mean, double sd)
{
	return mean > FAR * sd ? 2 : erfc(-mean / sd * ROOT_HALF);
}

/* Log of the integral over nu > 0 of the likelihood exp(b d - h d^2 / 2), d from nu =
 * at on, over |N(mean, sd)|. */
static double fold(double h, double b, double at, double mean, double sd)
{
	double v = sd * sd;
	double wide = 1 + v * h;
	double power[2];
	double post[2];
	double post_sd = sd / sqrt(wide);
	double sum;

	for (int side = 0; side < 2; side++) {
		double off = (side ? -mean : mean) - at;

		power[side] = (off * b - 0.5 * h * off * off + 0.5 * v * b * b)
		              / wide;
		post[side] = at + (off + v * b) / wide;
	}
	sum = not_below(post[0], post_sd);
	if (power[1] > power[0] - NOTHING)
		sum += exp(fmin(power[1] - power[0], MOST))
		       * not_below(post[1], post_sd);
	return power[0] + log(fmax(0.5 * sum / sqrt(wide), 1e-300));
}

double mr__target_told(const struct mr__target_seen *s, double sd_S, double q)
{
	double per = 1 / (q * q);
	double v = sd_S * sd_S / (s->g_S * s->g_S);
	double shared = s->one_l * per;

	return s->l_l * per - v * shared * shared / (1 + v * s->one_one * per);
}

/* With a = g_S/G and d the exponent's distance from the best, a reading over the curve,
 * less 1, is (a - 1) + a e + a L d: Q x. */
double mr__target_density_at(const struct mr__target_seen *s,
                             const struct mr__target_prior *p, double g_S, double q)
{
	double per = 1 / (q * q);
	double a = s->g_S / g_S;
	double b = (a - 1) * a;
	double squares = (a - 1) * (a - 1) * s->one_one + 2 * b * s->one_e
	                 + a * a * s->e_e;
	double slope = -(b * s->one_l + a * a * s->l_e);

	return s->log_scale + s->n * log(a / q) - 0.5 * per * squares
	       + fold(a * a * s->l_l * per, slope * per, s->nu, p->nu, p->nu_sd);
}
