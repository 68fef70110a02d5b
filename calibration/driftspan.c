/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Gauss-Newton in log G0 and nu; the weights are Huber's. */
#include "driftspan.h"

#include <math.h>

#include "ladder.h"

#define HUBER 3.0
#define ROUNDS 60 /* Huber weights converge slowly */

/* Residuals and their derivatives, whitened. */
struct linear {
	double z[MR__DRIFT_READS];
	double by_log_g0[MR__DRIFT_READS];
	double by_nu[MR__DRIFT_READS];
};

static void linearise(const struct mr__drift_span *d, double t0_s,
                      struct linear *l)
{
	for (uint32_t i = 0; i < d->n; i++) {
		double log_age = mr__log_age(d->age_s[i], d->over_s[i], t0_s);
		double g = d->g0_S * exp(-d->nu * log_age) / d->scale_S[i];

		l->z[i] = d->g_S[i] / d->scale_S[i] - g;
		l->by_log_g0[i] = g;
		l->by_nu[i] = -log_age * g;
	}
	if (!d->factor)
		return;
	mr__ladder_whiten(d->factor, d->n, l->z);
	mr__ladder_whiten(d->factor, d->n, l->by_log_g0);
	mr__ladder_whiten(d->factor, d->n, l->by_nu);
}

/* Normal equations, and the log density. */
struct normal {
	double aa, ab, bb;
	double a, b;
	double log_density;
	uint32_t outliers;
};

static struct normal sum_up(const struct mr__drift_span *d,
                            const struct linear *l)
{
	struct normal s = {0};

	for (uint32_t i = 0; i < d->n; i++) {
		double off = fabs(l->z[i]);
		double w = off > HUBER ? HUBER / off : 1;

		s.outliers += off > HUBER;
		s.log_density -= off > HUBER ? HUBER * (off - HUBER / 2)
		                             : off * off / 2;
		s.aa += w * l->by_log_g0[i] * l->by_log_g0[i];
		s.ab += w * l->by_log_g0[i] * l->by_nu[i];
		s.bb += w * l->by_nu[i] * l->by_nu[i];
		s.a += w * l->by_log_g0[i] * l->z[i];
		s.b += w * l->by_nu[i] * l->z[i];
	}
	return s;
}

bool mr__drift_span_fit(struct mr__drift_span *d, double t0_s,
                        struct mr__drift_seen *out)
{
	struct linear l;
	struct normal s;
	double det;

	for (int round = 0; round < ROUNDS; round++) {
		double move_a;
		double move_b;

		linearise(d, t0_s, &l);
		s = sum_up(d, &l);
		det = s.aa * s.bb - s.ab * s.ab;
		if (!(det > 1e-12 * s.aa * s.bb))
			return false;
		move_a = (s.bb * s.a - s.ab * s.b) / det;
		move_b = (s.aa * s.b - s.ab * s.a) / det;
		d->g0_S *= exp(fmax(fmin(move_a, 1), -1));
		d->nu += fmax(fmin(move_b, 0.2), -0.2);
		if (fabs(move_a) + fabs(move_b) < 1e-9)
			break;
	}
	*out = (struct mr__drift_seen){.nu = d->nu,
	                               .var = s.aa / det,
	                               .log_peak = s.log_density
	                                           - 0.5 * log(det),
	                               .outliers = s.outliers};
	return fabs(d->nu) < 2 && isfinite(out->log_peak);
}
