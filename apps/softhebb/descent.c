/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The steps of Adam, in the form that this processor runs best. */
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
	                               .kernels = mr__deep_kernels_pick(),
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
	const struct mr_adam how = {
		.beta1 = (float)BETA_1,
		.beta2 = (float)BETA_2,
		.step = (float)(rate / (1 - pow(BETA_1, n))),
		.root_scale = (float)(1 / sqrt(1 - pow(BETA_2, n))),
		.eps = (float)EPSILON};

	descent->kernels->adam(p, descent->m, descent->v, g, descent->n, &how);
}

void mr_descent_free(struct mr_descent *descent)
{
	free(descent->m);
	free(descent->v);
	memset(descent, 0, sizeof *descent);
}
