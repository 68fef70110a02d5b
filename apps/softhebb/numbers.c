/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Weights of a layer as numbers. */
#include "numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>

#define N_CUTS 4 /* tasks of a pass: enough to even out a busy processor */
#define WIDE 768 /* kernels: from here on products are cut by kernels, below
                    by positions, so that BLAS copies less */
#define TINY 1e-30f /* of the rule: no division by zero */

struct numbers {
	size_t n_kernels;
	size_t fan_in;
	const struct mr_deep_kernels *kernels;
	struct mr_team *team;
	float *w;      /* [K*N] */
	float *square; /* [K] squared norms */
};

struct span {
	size_t first;
	size_t n;
};

static struct span cut(size_t n, uint32_t i)
{
	size_t first = n * i / N_CUTS;

	return (struct span){first, n * (i + 1) / N_CUTS - first};
}

/* One pass over the weights. */
struct pass {
	struct numbers *numbers;
	const float *x;
	size_t p;
	float *u;
	float *d;
	const float *change;
	const float *yu;
	const float *eta;
	float scale;
	float most[N_CUTS];
};

/* By the pass that learning uses, so that a run that is resumed has the very
 * bits of one that went on. */
static void measure(struct numbers *numbers)
{
	size_t n = numbers->fan_in;

	for (size_t k = 0; k < numbers->n_kernels; k++)
		numbers->square[k] = numbers->kernels->learn(
			numbers->w + k * n, numbers->w + k * n, 0, n);
}

static int start(void *self, const float *w, struct mr_errtext *err)
{
	struct numbers *numbers = self;

	(void)err;
	memcpy(numbers->w, w,
	       numbers->n_kernels * numbers->fan_in * sizeof *w);
	measure(numbers);
	return MR_OK;
}

static void multiply_rows(void *work, uint32_t i)
{
	const struct pass *pass = work;
	const struct numbers *numbers = pass->numbers;
	size_t k = numbers->n_kernels, n = numbers->fan_in;
	struct span rows = cut(pass->p, i);

	if (rows.n)
		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans,
		            (int)rows.n, (int)k, (int)n, 1,
		            pass->x + rows.first * n, (int)n, numbers->w,
		            (int)n, 0, pass->u + rows.first * k, (int)k);
}

static void multiply_kernels(void *work, uint32_t i)
{
	const struct pass *pass = work;
	const struct numbers *numbers = pass->numbers;
	size_t n = numbers->fan_in;
	struct span part = cut(numbers->n_kernels, i);

	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)pass->p,
	            (int)part.n, (int)n, 1, pass->x, (int)n,
	            numbers->w + part.first * n, (int)n, 0,
	            pass->u + part.first, (int)numbers->n_kernels);
}

static int multiply(void *self, const float *x, size_t p, float *u,
                    struct mr_errtext *err)
{
	struct numbers *numbers = self;
	struct pass pass = {.numbers = numbers, .x = x, .p = p, .u = u};

	(void)err;
	mr_team_run(numbers->team,
	            numbers->n_kernels >= WIDE ? multiply_kernels
	                                       : multiply_rows,
	            &pass, N_CUTS);
	return MR_OK;
}

static void decay_part(void *work, uint32_t i)
{
	struct pass *pass = work;
	const struct numbers *numbers = pass->numbers;
	struct span part = cut(numbers->n_kernels, i);
	size_t n = numbers->fan_in;

	pass->most[i] = 0;
	for (size_t k = part.first; k < part.first + part.n; k++) {
		float most = numbers->kernels->decay(
			pass->d + k * n, numbers->w + k * n, pass->yu[k], n);

		pass->most[i] = fmaxf(most, pass->most[i]);
	}
}

static int decay(void *self, const float *yu, float *d, float *d_max,
                 struct mr_errtext *err)
{
	struct numbers *numbers = self;
	struct pass pass = {.numbers = numbers, .d = d, .yu = yu};

	(void)err;
	mr_team_run(numbers->team, decay_part, &pass, N_CUTS);
	*d_max = 0;
	for (int i = 0; i < N_CUTS; i++)
		*d_max = fmaxf(*d_max, pass.most[i]);
	return MR_OK;
}

static void learn_part(void *work, uint32_t i)
{
	struct pass *pass = work;
	const struct numbers *numbers = pass->numbers;
	struct span part = cut(numbers->n_kernels, i);
	size_t n = numbers->fan_in;

	for (size_t k = part.first; k < part.first + part.n; k++)
		numbers->square[k] = numbers->kernels->learn(
			numbers->w + k * n, pass->change + k * n,
			pass->eta[k] * pass->scale, n);
}

static int learn(void *self, const float *d, float d_max, const float *eta,
                 struct mr_errtext *err)
{
	struct numbers *numbers = self;
	struct pass pass = {.numbers = numbers, .change = d, .eta = eta,
	                    .scale = 1 / (d_max + TINY)};

	(void)err;
	mr_team_run(numbers->team, learn_part, &pass, N_CUTS);
	return MR_OK;
}

static int radii(void *self, float *radius, struct mr_errtext *err)
{
	const struct numbers *numbers = self;

	(void)err;
	for (size_t k = 0; k < numbers->n_kernels; k++)
		radius[k] = sqrtf(numbers->square[k]);
	return MR_OK;
}

static int weights(void *self, float *w, struct mr_errtext *err)
{
	const struct numbers *numbers = self;

	(void)err;
	memcpy(w, numbers->w,
	       numbers->n_kernels * numbers->fan_in * sizeof *w);
	return MR_OK;
}

int mr__deep_numbers_alloc(size_t n_kernels, size_t fan_in,
                           const struct mr_deep_kernels *kernels,
                           struct mr_team *team, struct mr_deep_carrier *out)
{
	struct numbers *numbers = calloc(1, sizeof *numbers);

	*out = (struct mr_deep_carrier){NULL, start, multiply, decay,
	                                learn, radii, weights};
	out->self = numbers;
	if (!numbers)
		return MR_ERR_NOMEM;
	numbers->n_kernels = n_kernels;
	numbers->fan_in = fan_in;
	numbers->kernels = kernels;
	numbers->team = team;
	numbers->w = calloc(n_kernels * fan_in, sizeof *numbers->w);
	numbers->square = calloc(n_kernels, sizeof *numbers->square);
	if (numbers->w && numbers->square)
		return MR_OK;
	mr__deep_numbers_free(out);
	return MR_ERR_NOMEM;
}

bool mr__deep_numbers_are(const struct mr_deep_carrier *carrier)
{
	return carrier->multiply == multiply;
}

void mr__deep_numbers_free(struct mr_deep_carrier *carrier)
{
	struct numbers *numbers = carrier->self;

	if (!numbers || !mr__deep_numbers_are(carrier))
		return;
	free(numbers->w);
	free(numbers->square);
	free(numbers);
	carrier->self = NULL;
}

void mr__deep_blas_alone(void)
{
	openblas_set_num_threads(1);
}
