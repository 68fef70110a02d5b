/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The rule, whatever carries the weights. */
#include "layer.h"

#include "memrig/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* exp() of less than this leaves nothing of a float beside 1. */
#define LEAST_EXPONENT (-25.0f)

static void soften(double t, const float *bias, const float *u, uint32_t k,
                   float *y)
{
	uint32_t winner = mr_hebb_winner(bias, u, k);
	float top = u[winner] + (bias ? bias[winner] : 0);
	double sum = 0;

	for (uint32_t j = 0; j < k; j++) {
		float z = (float)t * (u[j] + (bias ? bias[j] : 0) - top);

		y[j] = z < LEAST_EXPONENT ? 0 : expf(z);
		sum += (double)y[j];
	}
	for (uint32_t j = 0; j < k; j++)
		y[j] = (float)((double)y[j] / sum);
}

static void pick(const float *bias, const float *u, uint32_t k, float *y)
{
	uint32_t winner = mr_hebb_winner(bias, u, k);

	memset(y, 0, k * sizeof *y);
	y[winner] = 1;
}

void mr_hebb_answer(const struct mr_hebb_params *params, const float *bias,
                    const float *u, uint32_t n, uint32_t k, float *y)
{
	for (uint32_t i = 0; i < n; i++, u += k, y += k) {
		if (params->hard)
			pick(bias, u, k, y);
		else
			soften(params->t, bias, u, k, y);
	}
}

uint32_t mr_hebb_winner(const float *bias, const float *u, uint32_t k)
{
	uint32_t best = 0;

	for (uint32_t j = 1; j < k; j++)
		if (u[j] + (bias ? bias[j] : 0) >
		    u[best] + (bias ? bias[best] : 0))
			best = j;
	return best;
}

void mr_hebb_first(const struct mr_hebb_params *params, uint64_t seed,
                   uint32_t n_in, uint32_t n_out, float *w)
{
	double top = params->radius * sqrt(3.0 / n_in);

	for (uint32_t k = 0; k < n_out; k++)
		for (uint32_t j = 0; j < n_in; j++) {
			struct mr_address at = {.purpose = MR_PURPOSE_WEIGHT,
			                        .subject = j,
			                        .event = k};

			w[(size_t)k * n_in + j] =
				(float)(top * mr_random_uniform(seed, at));
		}
}

double mr_hebb_norm(const float *w, uint32_t n)
{
	double sum = 0;

	for (uint32_t j = 0; j < n; j++)
		sum += (double)w[j] * (double)w[j];
	return sqrt(sum);
}

static void learn_bias(const struct mr_hebb_params *params, float *bias,
                       const struct mr_hebb_batch *batch, uint32_t n_out)
{
	for (uint32_t k = 0; k < n_out; k++) {
		double prior = exp(params->t * (double)bias[k]);
		double mean = 0;

		for (uint32_t i = 0; i < batch->n; i++)
			mean += (double)batch->y[(size_t)i * n_out + k] /
			        batch->n;
		bias[k] += (float)(params->bias_rate * batch->eta *
		                   (mean - prior) / prior);
	}
}

int mr_hebb_step(const struct mr_hebb_params *params,
                 struct mr_hebb_carrier *carrier, struct mr_hebb_batch *batch)
{
	const float *bias = params->bias_rate > 0 ? carrier->bias : NULL;
	int code = carrier->type->multiply(carrier->self, batch->x, batch->n,
	                                   batch->u);

	if (code != MR_OK)
		return code;
	mr_hebb_answer(params, bias, batch->u, batch->n, carrier->n_out,
	               batch->y);
	code = carrier->type->learn(carrier->self, batch);
	if (code == MR_OK && bias)
		learn_bias(params, carrier->bias, batch, carrier->n_out);
	return code;
}

void mr_hebb_free(struct mr_hebb_carrier *carrier)
{
	if (carrier->type)
		carrier->type->free(carrier->self);
	memset(carrier, 0, sizeof *carrier);
}
