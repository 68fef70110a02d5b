/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Both classifiers behind one door. */
#include "judge.h"

#include "samples.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

struct hebb {
	const float *w;
	const struct mr_readout *readout;
	uint32_t n_in;
	uint32_t k;
	bool by_log;
	float *x;       /* [block*n_in] rows of length 1 */
	float *h;       /* [block*k] */
	float *g;       /* [block*k] */
	float *z;       /* [block*n_classes] */
	double *length; /* [block] of the rows */
};

/* ---- forwards -------------------------------------------------------------------- */

static void hebb_scores(void *self, const float *x, uint32_t n, float *z)
{
	struct hebb *s = self;

	for (uint32_t i = 0; i < n; i++)
		s->length[i] = mr_samples_norm(&x[(size_t)i * s->n_in], s->n_in,
		                               &s->x[(size_t)i * s->n_in]);
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)s->k,
	            (int)s->n_in, 1, s->x, (int)s->n_in, s->w, (int)s->n_in, 0,
	            s->h, (int)s->k);
	mr_readout_features(s->readout->t, s->h, n, s->k, s->h);
	mr_dense_apply(s->readout->size, s->readout->p, s->h, n, z);
}

/* ---- backwards ------------------------------------------------------------------- */

/* g, by h, becomes gu, by the weighted sums. */
static void through_softmax(const struct hebb *s, const float *h, float *g)
{
	float t = (float)s->readout->t;
	double dot = 0, sum = 0;

	for (uint32_t k = 0; k < s->k; k++) {
		dot += (double)h[k] * (double)g[k];
		sum += (double)g[k];
	}
	for (uint32_t k = 0; k < s->k; k++)
		g[k] = s->by_log ? t * (g[k] - h[k] * (float)sum)
		                 : t * h[k] * (g[k] - (float)dot);
}

/* gx, by the row of length 1, becomes that by the pixels. */
static void through_norm(const float *x, double length, uint32_t n, float *gx)
{
	double dot = 0;
	double a = length > 0 ? 1 / length : 0;

	for (uint32_t j = 0; j < n; j++)
		dot += (double)x[j] * (double)gx[j];
	for (uint32_t j = 0; j < n; j++)
		gx[j] = (float)(a * ((double)gx[j] - dot * (double)x[j]));
}

static void hebb_gradient(void *self, const float *x, const uint16_t *label,
                          uint32_t n, float *gx)
{
	struct hebb *s = self;
	struct mr_dense size = s->readout->size;

	hebb_scores(self, x, n, s->z);
	(void)mr_dense_loss(s->z, label, n, size.n_out, s->z);
	mr_dense_back(size, s->readout->p, s->z, n, s->g);
	for (uint32_t i = 0; i < n; i++)
		through_softmax(s, &s->h[(size_t)i * s->k],
		                &s->g[(size_t)i * s->k]);
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)n,
	            (int)s->n_in, (int)s->k, 1, s->g, (int)s->k, s->w,
	            (int)s->n_in, 0, gx, (int)s->n_in);
	for (uint32_t i = 0; i < n; i++)
		through_norm(&s->x[(size_t)i * s->n_in], s->length[i], s->n_in,
		             &gx[(size_t)i * s->n_in]);
}

/* ---- making ---------------------------------------------------------------------- */

static void hebb_free(void *self)
{
	struct hebb *s = self;

	free(s->x);
	free(s->h);
	free(s->g);
	free(s->z);
	free(s->length);
	free(s);
}

static const struct mr_judge_type hebb_type = {
	.scores = hebb_scores, .gradient = hebb_gradient, .free = hebb_free};

int mr_judge_hebb(struct mr_judge *judge, const float *w, uint32_t n_in,
                  const struct mr_readout *readout, bool by_log)
{
	const size_t block = MR_JUDGE_BLOCK;
	uint32_t k = readout->size.n_in;
	struct hebb *s = calloc(1, sizeof *s);

	if (!s)
		return MR_ERR_NOMEM;
	*s = (struct hebb){.w = w, .readout = readout, .n_in = n_in, .k = k,
	                   .by_log = by_log};
	s->x = calloc(block, n_in * sizeof *s->x);
	s->h = calloc(block, k * sizeof *s->h);
	s->g = calloc(block, k * sizeof *s->g);
	s->z = calloc(block, readout->size.n_out * sizeof *s->z);
	s->length = calloc(block, sizeof *s->length);
	if (!s->x || !s->h || !s->g || !s->z || !s->length) {
		hebb_free(s);
		return MR_ERR_NOMEM;
	}
	*judge = (struct mr_judge){.type = &hebb_type, .self = s, .n_in = n_in,
	                           .n_classes = readout->size.n_out};
	return MR_OK;
}

static void mlp_scores(void *self, const float *x, uint32_t n, float *z)
{
	mr_mlp_scores(self, x, n, z);
}

static void mlp_gradient(void *self, const float *x, const uint16_t *label,
                         uint32_t n, float *gx)
{
	mr_mlp_back(self, x, label, n, gx);
}

static void mlp_keep(void *self)
{
	(void)self;
}

static const struct mr_judge_type mlp_type = {
	.scores = mlp_scores, .gradient = mlp_gradient, .free = mlp_keep};

void mr_judge_mlp(struct mr_judge *judge, struct mr_mlp *mlp)
{
	*judge = (struct mr_judge){.type = &mlp_type, .self = mlp,
	                           .n_in = mlp->first.n_in,
	                           .n_classes = mlp->second.n_out};
}

void mr_judge_free(struct mr_judge *judge)
{
	if (judge->type)
		judge->type->free(judge->self);
	memset(judge, 0, sizeof *judge);
}
