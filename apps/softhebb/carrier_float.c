/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Weights in floating point. A neuron that does not answer does not change, and
 * at a high t few do: their rows are gone through alone, once. Whatever needs
 * the whole change at hand first (its largest element) takes it by a product.
 */
#include "layer.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An activation under it moves no weight of ordinary size by a float's step. */
#define NO_ANSWER 1e-9f

struct layer {
	struct mr_hebb_params params;
	uint32_t n_in;
	uint32_t n_out;
	float *w;      /* [n_out*n_in] */
	float *d;      /* [n_out*n_in] a change; NULL unless by_max */
	double *pull;  /* [n_out] sum of y u */
	float *bias;   /* [n_out] */
};

static int start(void *self, const float *w)
{
	struct layer *l = self;

	memcpy(l->w, w, (size_t)l->n_out * l->n_in * sizeof *w);
	return MR_OK;
}

static int multiply(void *self, const float *x, uint32_t n, float *u)
{
	struct layer *l = self;

	if (n == 1)
		cblas_sgemv(CblasRowMajor, CblasNoTrans, (int)l->n_out,
		            (int)l->n_in, 1, l->w, (int)l->n_in, x, 1, 0, u, 1);
	else
		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n,
		            (int)l->n_out, (int)l->n_in, 1, x, (int)l->n_in,
		            l->w, (int)l->n_in, 0, u, (int)l->n_out);
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

static void scale_row(float *w, uint32_t n, float a)
{
	for (uint32_t j = 0; j < n; j++)
		w[j] *= a;
}

static void add_row(float *w, const float *x, uint32_t n, float a)
{
	for (uint32_t j = 0; j < n; j++)
		w[j] += a * x[j];
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

	scale_row(w, l->n_in, (float)(1 - eta * pull));
	for (uint32_t i = 0; i < b->n; i++) {
		float y = b->y[(size_t)i * l->n_out + k];

		if (y >= NO_ANSWER)
			add_row(w, &b->x[(size_t)i * l->n_in], l->n_in,
			        (float)(eta * (double)y));
	}
}

/* d = y' x - diag(pull) w; its largest element by amount. */
static double whole_change(const struct layer *l, const struct mr_hebb_batch *b)
{
	size_t n = (size_t)l->n_out * l->n_in;
	double most = 0;

	memset(l->pull, 0, l->n_out * sizeof *l->pull);
	for (size_t i = 0; i < (size_t)b->n * l->n_out; i++)
		l->pull[i % l->n_out] += (double)b->y[i] * (double)b->u[i];
	cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)l->n_out,
	            (int)l->n_in, (int)b->n, 1, b->y, (int)l->n_out, b->x,
	            (int)l->n_in, 0, l->d, (int)l->n_in);
	for (uint32_t k = 0; k < l->n_out; k++)
		add_row(&l->d[(size_t)k * l->n_in], &l->w[(size_t)k * l->n_in],
		        l->n_in, (float)-l->pull[k]);
	for (size_t i = 0; i < n; i++)
		most = fmax(most, (double)fabsf(l->d[i]));
	return most;
}

static void learn_by_max(const struct layer *l, const struct mr_hebb_batch *b)
{
	double most = whole_change(l, b) + 1e-30;

	for (uint32_t k = 0; k < l->n_out; k++) {
		float *w = &l->w[(size_t)k * l->n_in];

		add_row(w, &l->d[(size_t)k * l->n_in], l->n_in,
		        (float)(rate(l, w, b->eta) / most));
	}
}

static int learn(void *self, const struct mr_hebb_batch *batch)
{
	const struct layer *l = self;

	if (l->params.by_max)
		learn_by_max(l, batch);
	for (uint32_t k = 0; k < l->n_out && !l->params.by_max; k++)
		learn_row(l, batch, k);
	return MR_OK;
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
	free(l);
}

static const struct mr_hebb_carrier_type type = {
	.name = "float",
	.start = start,
	.multiply = multiply,
	.learn = learn,
	.read = read_all,
	.errmsg = errmsg,
	.free = free_layer,
};

int mr_hebb_float(const struct mr_hebb_params *params, uint32_t n_in,
                  uint32_t n_out, struct mr_hebb_carrier *carrier)
{
	size_t n = (size_t)n_out * n_in;
	struct layer *l = calloc(1, sizeof *l);

	if (!l)
		return MR_ERR_NOMEM;
	l->params = *params;
	l->n_in = n_in;
	l->n_out = n_out;
	l->w = calloc(n, sizeof *l->w);
	l->d = calloc(params->by_max ? n : 1, sizeof *l->d);
	l->pull = calloc(n_out, sizeof *l->pull);
	l->bias = calloc(n_out, sizeof *l->bias);
	if (!l->w || !l->d || !l->pull || !l->bias) {
		free_layer(l);
		return MR_ERR_NOMEM;
	}
	for (uint32_t k = 0; k < n_out; k++)
		l->bias[k] = (float)(-log(n_out) / params->t);
	*carrier = (struct mr_hebb_carrier){.type = &type, .self = l,
	                                    .n_in = n_in, .n_out = n_out,
	                                    .bias = l->bias};
	return MR_OK;
}
