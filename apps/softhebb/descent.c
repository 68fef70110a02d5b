/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Adam: the two corrections are one factor and one addend for all. */
#include "descent.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The authors' constants. */
#define BETA_1 0.9
#define BETA_2 0.999
#define EPSILON 1e-8

int mr_descent_take(struct mr_descent *descent, size_t n)
{
	*descent = (struct mr_descent){.n = n,
	                               .m = calloc(n, sizeof *descent->m),
	                               .v = calloc(n, sizeof *descent->v)};
	if (descent->m && descent->v)
		return MR_OK;
	mr_descent_free(descent);
	return MR_ERR_NOMEM;
}

void mr_descent_step(struct mr_descent *descent, float *p, const float *g,
                     double rate)
{
	double n = (double)++descent->step;
	double root = sqrt(1 - pow(BETA_2, n));
	float a = (float)(rate * root / (1 - pow(BETA_1, n)));
	float floor = (float)(EPSILON * root);
	const float b1 = (float)BETA_1, b2 = (float)BETA_2;
	float *m = descent->m, *v = descent->v;

	for (size_t i = 0; i < descent->n; i++) {
		m[i] = b1 * m[i] + (1 - b1) * g[i];
		v[i] = b2 * v[i] + (1 - b2) * g[i] * g[i];
		p[i] -= a * m[i] / (sqrtf(v[i]) + floor);
	}
}

void mr_descent_free(struct mr_descent *descent)
{
	free(descent->m);
	free(descent->v);
	memset(descent, 0, sizeof *descent);
}
