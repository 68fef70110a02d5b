/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Gauss-Newton, then closed forms of normal integrals. */
#include "targetspan.h"

#include <math.h>

#include "ladder.h"

#define ROUNDS 15
#define LN_2PI 1.8378770664093453
#define ROOT_HALF 0.7071067811865476

static void sum_up(const struct mr__target_instants *at, const double *g_S,
                   double t0_s, double scale_S, double scale_nu,
                   struct mr__target_seen *s)
{
	double z[MR__TARGET_READS];
	double by_g[MR__TARGET_READS];
	double by_nu[MR__TARGET_READS];

	s->gg = s->gn = s->nn = s->bg = s->bn = s->zz = 0;
	s->log_scale = -0.5 * (at->log_det + at->n * LN_2PI);
	for (uint32_t i = 0; i < at->n; i++) {
		double log_age = log1p(at->age_s[i] / t0_s);
		double fall = exp(-s->nu * log_age);
		double scale = scale_S * exp(-scale_nu * log_age);

		z[i] = (g_S[i] - s->g_S * fall) / scale;
		by_g[i] = fall / scale;
		by_nu[i] = -log_age * s->g_S * fall / scale;
		s->log_scale -= log(scale);
	}
	mr__ladder_whiten(at->factor, at->n, z);
	mr__ladder_whiten(at->factor, at->n, by_g);
	mr__ladder_whiten(at->factor, at->n, by_nu);
	for (uint32_t i = 0; i < at->n; i++) {
		s->gg += by_g[i] * by_g[i];
		s->gn += by_g[i] * by_nu[i];
		s->nn += by_nu[i] * by_nu[i];
		s->bg += by_g[i] * z[i];
		s->bn += by_nu[i] * z[i];
		s->zz += z[i] * z[i];
	}
}

bool mr__target_see(const struct mr__target_instants *at, const double *g_S,
                    double t0_s, double nu, double nu_sd, double noise,
                    struct mr__target_seen *out)
{
	double ties = noise * noise / (nu_sd * nu_sd);
	double mean = 0;

	for (uint32_t i = 0; i < at->n; i++)
		mean += g_S[i] * exp(nu * log1p(at->age_s[i] / t0_s)) / at->n;
	*out = (struct mr__target_seen){.g_S = mean, .nu = nu, .n = at->n};
	if (!(mean > 0))
		return false;
	for (int round = 0; round < ROUNDS; round++) {
		double pull;
		double det;
		double move_g;
		double move_nu;

		/* the noise is relative to the curve that is followed */
		sum_up(at, g_S, t0_s, out->g_S, out->nu, out);
		pull = out->bn - ties * (out->nu - nu);
		det = out->gg * (out->nn + ties) - out->gn * out->gn;
		move_g = ((out->nn + ties) * out->bg - out->gn * pull) / det;
		move_nu = (out->gg * pull - out->gn * out->bg) / det;
		if (fabs(move_g) < 1e-10 * out->g_S && fabs(move_nu) < 1e-10)
			return true;
		out->g_S = fmax(out->g_S + move_g, 0.2 * out->g_S);
		out->nu += fmax(fmin(move_nu, 0.2), -0.2);
	}
	return isfinite(out->zz) && fabs(out->nu) < 2;
}

/* Information `h` of nu, gradient `b` at nu = at, against |N(mean, sd)|. */
static double fold(double h, double b, double at, double mean, double sd)
{
	double v = sd * sd;
	double sum = 0;

	for (int side = -1; side <= 1; side += 2) {
		double off = side * mean - at;
		/* integral of exp(b d - h d^2 / 2) over N(off, v) */
		double wide = 1 + v * h;
		double power = (off * b - 0.5 * h * off * off + 0.5 * v * b * b)
		               / wide;
		double post = at + (off + v * b) / wide;
		double post_sd = sqrt(v / wide);

		sum += exp(power) / sqrt(wide)
		       * 0.5 * erfc(-post / post_sd * ROOT_HALF);
	}
	return log(fmax(sum, 1e-300));
}

double mr__target_density(const struct mr__target_seen *s,
                          const struct mr__target_prior *p)
{
	double per = 1 / (p->q * p->q);
	double v = p->sd_S * p->sd_S;
	double gg = s->gg * per;
	double bg = s->bg * per;
	double off = p->target_S - s->g_S;
	double wide = 1 + v * gg;
	/* G is integrated out first: what is left is quadratic in nu */
	double power = (off * bg - 0.5 * gg * off * off + 0.5 * v * bg * bg)
	               / wide;
	double h = s->nn * per - v * s->gn * per * s->gn * per / wide;
	double b = s->bn * per - s->gn * per * (off + v * bg) / wide;

	return s->log_scale - s->n * log(p->q) - 0.5 * s->zz * per + power
	       - 0.5 * log(wide) + fold(h, b, s->nu, p->nu, p->nu_sd);
}
