/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The laws of the HERMES models, from their parameters. */
#include "hermes.h"

#include <math.h>

int mr__hermes_check(const double *p, struct mr_errtext *err)
{
	if (p[HERMES_Q_MIN] > p[HERMES_Q_MAX])
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "q_min = %g must not exceed q_max = %g",
		                      p[HERMES_Q_MIN], p[HERMES_Q_MAX]);
	return mr__target_check(p, err);
}

static void polynomial(const double *p, int from, int n, float *c)
{
	for (int k = 0; k < n; k++)
		c[k] = (float)p[from + k];
}

static struct bulk_target law(const double *p)
{
	struct bulk_target t;

	mr__target_common(p, &t);
	t.nu.split = (float)p[HERMES_NU_SPLIT];
	polynomial(p, HERMES_NU_C0, 3, t.nu.c);
	t.nu_sd.split = (float)p[HERMES_NU_SD_SPLIT];
	polynomial(p, HERMES_NU_SD_C0, 3, t.nu_sd.c);
	t.q_piece = (struct bulk_piece){.split = (float)p[HERMES_Q_SPLIT],
	                                .slope = (float)p[HERMES_Q_SLOPE],
	                                .offset = (float)p[HERMES_Q_OFFSET],
	                                .min = (float)p[HERMES_Q_MIN],
	                                .max = (float)p[HERMES_Q_MAX]};
	polynomial(p, HERMES_Q_C0, 4, t.q_piece.c);
	return t;
}

/* The exponent of a cell halfway up stands for all. */
void mr__hermes_describe(const double *p, struct mr_description *desc)
{
	const double g = 0.5;
	double low = fmin(fmax(p[TARGET_NU_SLOPE] * log(g) + p[TARGET_NU_OFFSET],
	                       p[TARGET_NU_MIN]),
	                  p[TARGET_NU_MAX]);
	double high = fmax(p[HERMES_NU_C0] + g * (p[HERMES_NU_C1] +
	                                          g * p[HERMES_NU_C2]),
	                   0);

	mr__target_describe(p, g < p[HERMES_NU_SPLIT] ? low : high, desc);
}

void mr__hermes_target(const double *p, struct mr_columns *c, uint32_t cell,
                       float target_S, const float *z, int64_t t_ns)
{
	mr__hermes_target_run(p, c, cell, 1, &target_S, z, 1, t_ns);
}

void mr__hermes_target_run(const double *p, struct mr_columns *c,
                           uint32_t first, uint32_t n, const float *target_S,
                           const float *z, size_t stride, int64_t t_ns)
{
	const struct bulk_target t = law(p);

	mr__target_run(&t, c, first, n, target_S, z, stride, t_ns);
}
