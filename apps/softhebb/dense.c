/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Products of an affine map, and cross-entropy. */
#include "dense.h"

#include <cblas.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

size_t mr_dense_count(struct mr_dense size)
{
	return (size_t)size.n_out * ((size_t)size.n_in + 1);
}

static size_t bias_at(struct mr_dense size)
{
	return (size_t)size.n_out * size.n_in;
}

void mr_dense_apply(struct mr_dense size, const float *p, const float *x,
                    uint32_t n, float *z)
{
	for (uint32_t i = 0; i < n; i++)
		memcpy(&z[(size_t)i * size.n_out], &p[bias_at(size)],
		       size.n_out * sizeof *z);
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n,
	            (int)size.n_out, (int)size.n_in, 1, x, (int)size.n_in, p,
	            (int)size.n_in, 1, z, (int)size.n_out);
}

void mr_dense_gradient(struct mr_dense size, const float *e, const float *x,
                       uint32_t n, float *g)
{
	float share = 1 / (float)n;
	float *bias = &g[bias_at(size)];

	cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)size.n_out,
	            (int)size.n_in, (int)n, share, e, (int)size.n_out, x,
	            (int)size.n_in, 0, g, (int)size.n_in);
	memset(bias, 0, size.n_out * sizeof *bias);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < size.n_out; k++)
			bias[k] += share * e[(size_t)i * size.n_out + k];
}

void mr_dense_back(struct mr_dense size, const float *p, const float *e,
                   uint32_t n, float *gx)
{
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)n,
	            (int)size.n_in, (int)size.n_out, 1, e, (int)size.n_out, p,
	            (int)size.n_in, 0, gx, (int)size.n_in);
}

/* ---- cross-entropy ------------------------------------------------------------- */

static uint32_t greatest(const float *z, uint32_t n)
{
	uint32_t best = 0;

	for (uint32_t c = 1; c < n; c++)
		if (z[c] > z[best])
			best = c;
	return best;
}

static double row_loss(const float *z, uint32_t label, uint32_t n, float *e)
{
	uint32_t best = greatest(z, n);
	double top = (double)z[best];
	double mine = (double)z[label] - top;
	double sum = 1, others = 0; /* 1 is the best's own */

	for (uint32_t c = 0; c < n; c++)
		sum += c == best ? 0 : exp((double)z[c] - top);
	for (uint32_t c = 0; c < n; c++) {
		double share = exp((double)z[c] - top) / sum;

		others += c == label ? 0 : share;
		e[c] = (float)share;
	}
	e[label] = (float)-others;
	return log(sum) - mine;
}

double mr_dense_loss(const float *z, const uint16_t *label, uint32_t n,
                     uint32_t n_classes, float *e)
{
	double sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += row_loss(&z[(size_t)i * n_classes], label[i], n_classes,
		                &e[(size_t)i * n_classes]);
	return sum;
}

uint32_t mr_dense_right(const float *z, const uint16_t *label, uint32_t n,
                        uint32_t n_classes, uint8_t *right)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < n; i++) {
		bool hit = greatest(&z[(size_t)i * n_classes], n_classes) ==
		           label[i];

		sum += hit;
		if (right)
			right[i] = hit;
	}
	return sum;
}
