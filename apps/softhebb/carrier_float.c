/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Weights in floating point. A neuron that does not answer does not change, and
 * at a high t few do: their rows are gone through alone, once. Whatever needs
 * the whole change at hand first (its largest element) takes it by a product.
 */
#include "layer.h"

#include "kernels.h"
#include "numbers.h"
#include "passage.h"
#include "team.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An activation under it moves no weight of ordinary size by a float's step. */
#define NO_ANSWER 1e-9f

/* A layer of fewer weights is done before a second thread is awake. */
#define SMALL 100000

#define SHARE 128u /* neurons that a thread takes at once */

struct layer {
	struct mr_hebb_params params;
	const struct mr_deep_kernels *kernels;
	uint32_t n_in;
	uint32_t n_out;
	float *w;      /* [n_out*n_in] */
	float *d;      /* [n_out*n_in] a change; NULL unless by_max */
	double *pull;  /* [n_out] sum of y u */
	float *bias;   /* [n_out] */
	struct mr_team *team;
	/* what the threads are at */
	const float *x;
	uint32_t n;    /* samples */
	float *u;
	const struct mr_hebb_batch *batch;
};

static int start(void *self, const float *w)
{
	struct layer *l = self;

	memcpy(l->w, w, (size_t)l->n_out * l->n_in * sizeof *w);
	return MR_OK;
}

/* Shares are of one size whatever the number of threads: a product's last bits
 * depend on its shape. */
static uint32_t shares(const struct layer *l)
{
	return (l->n_out + SHARE - 1) / SHARE;
}

static uint32_t first_of(const struct layer *l, uint32_t i)
{
	return i * SHARE < l->n_out ? i * SHARE : l->n_out;
}

static void multiply_share(void *work, uint32_t i)
{
	const struct layer *l = work;
	uint32_t first = first_of(l, i), n = first_of(l, i + 1) - first;
	const float *w = &l->w[(size_t)first * l->n_in];

	if (l->n == 1)
		cblas_sgemv(CblasRowMajor, CblasNoTrans, (int)n, (int)l->n_in, 1,
		            w, (int)l->n_in, l->x, 1, 0, l->u + first, 1);
	else
		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)l->n,
		            (int)n, (int)l->n_in, 1, l->x, (int)l->n_in, w,
		            (int)l->n_in, 0, l->u + first, (int)l->n_out);
}

static int multiply(void *self, const float *x, uint32_t n, float *u)
{
	struct layer *l = self;

	l->x = x;
	l->n = n;
	l->u = u;
	mr_team_run(l->team, multiply_share, l, shares(l));
	return MR_OK;
}

static int read_all(void *self, float *w)
{
	const struct layer *l = self;

	memcpy(w, l->w, (size_t)l->n_out * l->n_in * sizeof *w);
	return MR_OK;
}

/* ---- learning ---------------------------------------------------------------- */

static double rate(const struct layer *l, const float *w, double eta)
{
	double gap;

	if (l->params.p == 0)
		return eta;
	gap = fabs(mr_hebb_norm(w, l->n_in) - 1) + 1e-10;
	return l->params.eta0 * pow(gap, l->params.p);
}

static void learn_row(const struct layer *l, const struct mr_hebb_batch *b,
                      uint32_t k)
{
	float *w = &l->w[(size_t)k * l->n_in];
	double pull = 0;
	float most = 0;

	for (uint32_t i = 0; i < b->n; i++) {
		float y = b->y[(size_t)i * l->n_out + k];

		most = fmaxf(most, y);
		pull += (double)y * (double)b->u[(size_t)i * l->n_out + k];
	}
	if (most < NO_ANSWER)
		return;
	double eta = rate(l, w, b->eta);

	(void)l->kernels->learn(w, w, (float)(-eta * pull), l->n_in);
	for (uint32_t i = 0; i < b->n; i++) {
		float y = b->y[(size_t)i * l->n_out + k];

		if (y >= NO_ANSWER)
			l->kernels->add(w, &b->x[(size_t)i * l->n_in],
			                (float)(eta * (double)y), l->n_in);
	}
}

/* d = y' x - diag(pull) w; its largest element by amount. */
static double whole_change(const struct layer *l, const struct mr_hebb_batch *b)
{
	double most = 0;

	memset(l->pull, 0, l->n_out * sizeof *l->pull);
	for (size_t i = 0; i < (size_t)b->n * l->n_out; i++)
		l->pull[i % l->n_out] += (double)b->y[i] * (double)b->u[i];
	cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)l->n_out,
	            (int)l->n_in, (int)b->n, 1, b->y, (int)l->n_out, b->x,
	            (int)l->n_in, 0, l->d, (int)l->n_in);
	for (uint32_t k = 0; k < l->n_out; k++)
		most = fmax(most, (double)l->kernels->decay(
					  &l->d[(size_t)k * l->n_in],
					  &l->w[(size_t)k * l->n_in],
					  (float)l->pull[k], l->n_in));
	return most;
}

static void learn_by_max(const struct layer *l, const struct mr_hebb_batch *b)
{
	double most = whole_change(l, b) + 1e-30;

	for (uint32_t k = 0; k < l->n_out; k++) {
		float *w = &l->w[(size_t)k * l->n_in];

		l->kernels->add(w, &l->d[(size_t)k * l->n_in],
		                (float)(rate(l, w, b->eta) / most), l->n_in);
	}
}

static void learn_share(void *work, uint32_t i)
{
	const struct layer *l = work;

	for (uint32_t k = first_of(l, i); k < first_of(l, i + 1); k++)
		learn_row(l, l->batch, k);
}

static int learn(void *self, const struct mr_hebb_batch *batch)
{
	struct layer *l = self;

	l->batch = batch;
	if (l->params.by_max)
		learn_by_max(l, batch);
	else
		mr_team_run(l->team, learn_share, l, shares(l));
	return MR_OK;
}

static void keep(void *self, struct mr_passage *p)
{
	struct layer *l = self;

	mr_passage_floats(p, l->w, (size_t)l->n_out * l->n_in);
	mr_passage_floats(p, l->bias, l->n_out);
}

static const char *errmsg(const void *self)
{
	(void)self;
	return "out of memory";
}

static void free_layer(void *self)
{
	struct layer *l = self;

	free(l->w);
	free(l->d);
	free(l->pull);
	free(l->bias);
	mr_team_free(l->team);
	free(l);
}

static const struct mr_hebb_carrier_type type = {
	.name = "float",
	.start = start,
	.multiply = multiply,
	.learn = learn,
	.read = read_all,
	.keep = keep,
	.errmsg = errmsg,
	.free = free_layer,
};

int mr_hebb_float(const struct mr_hebb_params *params, uint32_t n_in,
                  uint32_t n_out, uint32_t n_threads,
                  struct mr_hebb_carrier *carrier, struct mr_errtext *err)
{
	size_t n = (size_t)n_out * n_in;
	struct layer *l = calloc(1, sizeof *l);

	if (!l)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	mr__deep_blas_alone();
	l->params = *params;
	l->kernels = mr__deep_kernels_pick();
	l->n_in = n_in;
	l->n_out = n_out;
	l->w = calloc(n, sizeof *l->w);
	l->d = calloc(params->by_max ? n : 1, sizeof *l->d);
	l->pull = calloc(n_out, sizeof *l->pull);
	l->bias = calloc(n_out, sizeof *l->bias);
	int code = mr_team_start(n < SMALL ? 1 : n_threads, &l->team, err);

	if (code != MR_OK) {
		free_layer(l);
		return code;
	}
	if (!l->w || !l->d || !l->pull || !l->bias) {
		free_layer(l);
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	}
	for (uint32_t k = 0; k < n_out; k++)
		l->bias[k] = (float)(-log(n_out) / params->t);
	*carrier = (struct mr_hebb_carrier){.type = &type, .self = l,
	                                    .n_in = n_in, .n_out = n_out,
	                                    .bias = l->bias};
	return MR_OK;
}
