/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The baseline by back-propagation. */
#include "mlp.h"

#include "samples.h"

#include "memrig/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Blocks of the draws of first weights; the SoftHebb layer has block 0. */
#define BLOCK_FIRST 1
#define BLOCK_SECOND 2

#define TELL_EVERY 20 /* batches */

/* ---- network --------------------------------------------------------------------- */

static float *second_part(const struct mr_mlp *mlp, float *p)
{
	return &p[mr_dense_count(mlp->first)];
}

static void draw(struct mr_dense size, uint64_t seed, uint8_t block, float *p)
{
	double top = sqrt(3.0 * 2 / size.n_in);

	for (uint32_t k = 0; k < size.n_out; k++)
		for (uint32_t j = 0; j < size.n_in; j++) {
			struct mr_address at = {.purpose = MR_PURPOSE_WEIGHT,
			                        .subject = j,
			                        .event = k,
			                        .block = block};
			double u = mr_random_uniform(seed, at);

			p[(size_t)k * size.n_in + j] =
				(float)(top * (2 * u - 1));
		}
}

int mr_mlp_take(struct mr_mlp *mlp, uint32_t n_in, uint32_t n_hidden,
                uint32_t n_classes, uint64_t seed)
{
	const size_t batch = MR_MLP_BATCH_MAX;

	*mlp = (struct mr_mlp){.first = {n_in, n_hidden},
	                       .second = {n_hidden, n_classes}};
	mlp->n = mr_dense_count(mlp->first) + mr_dense_count(mlp->second);
	mlp->p = calloc(mlp->n, sizeof *mlp->p);
	mlp->g = calloc(mlp->n, sizeof *mlp->g);
	mlp->h = calloc(batch, n_hidden * sizeof *mlp->h);
	mlp->gh = calloc(batch, n_hidden * sizeof *mlp->gh);
	mlp->z = calloc(batch, n_classes * sizeof *mlp->z);
	if (!mlp->p || !mlp->g || !mlp->h || !mlp->gh || !mlp->z ||
	    mr_descent_take(&mlp->descent, mlp->n) != MR_OK) {
		mr_mlp_free(mlp);
		return MR_ERR_NOMEM;
	}
	draw(mlp->first, seed, BLOCK_FIRST, mlp->p);
	draw(mlp->second, seed, BLOCK_SECOND, second_part(mlp, mlp->p));
	return MR_OK;
}

void mr_mlp_scores(struct mr_mlp *mlp, const float *x, uint32_t n, float *z)
{
	size_t n_h = (size_t)n * mlp->first.n_out;

	mr_dense_apply(mlp->first, mlp->p, x, n, mlp->h);
	for (size_t i = 0; i < n_h; i++)
		mlp->h[i] = mlp->h[i] > 0 ? mlp->h[i] : 0;
	mr_dense_apply(mlp->second, second_part(mlp, mlp->p), mlp->h, n, z);
}

/* Derivatives by the logits into z, by the hidden sums into gh. */
static double back_to_hidden(struct mr_mlp *mlp, const float *x,
                             const uint16_t *label, uint32_t n)
{
	size_t n_h = (size_t)n * mlp->first.n_out;
	double loss;

	mr_mlp_scores(mlp, x, n, mlp->z);
	loss = mr_dense_loss(mlp->z, label, n, mlp->second.n_out, mlp->z);
	mr_dense_back(mlp->second, second_part(mlp, mlp->p), mlp->z, n,
	              mlp->gh);
	for (size_t i = 0; i < n_h; i++)
		mlp->gh[i] = mlp->h[i] > 0 ? mlp->gh[i] : 0;
	return loss;
}

double mr_mlp_gradient(struct mr_mlp *mlp, const float *x,
                       const uint16_t *label, uint32_t n)
{
	double loss = back_to_hidden(mlp, x, label, n);

	mr_dense_gradient(mlp->second, mlp->z, mlp->h, n,
	                  second_part(mlp, mlp->g));
	mr_dense_gradient(mlp->first, mlp->gh, x, n, mlp->g);
	return loss / n;
}

void mr_mlp_back(struct mr_mlp *mlp, const float *x, const uint16_t *label,
                 uint32_t n, float *gx)
{
	(void)back_to_hidden(mlp, x, label, n);
	mr_dense_back(mlp->first, mlp->p, mlp->gh, n, gx);
}

void mr_mlp_free(struct mr_mlp *mlp)
{
	free(mlp->p);
	free(mlp->g);
	free(mlp->h);
	free(mlp->gh);
	free(mlp->z);
	mr_descent_free(&mlp->descent);
	memset(mlp, 0, sizeof *mlp);
}

/* ---- learning -------------------------------------------------------------------- */

struct pass {
	struct mr_mlp *mlp;
	const struct mr_mlp_plan *plan;
	struct mr_samples samples;
	float *x;        /* [batch*n_in] */
	uint16_t *label; /* [batch] */
};

static void fill(struct pass *p, uint32_t first, uint32_t n)
{
	size_t n_in = p->samples.n_in;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t image = p->samples.order[first + i];
		const uint8_t *pixel = &p->samples.images->pixels[image * n_in];

		for (size_t j = 0; j < n_in; j++)
			p->x[i * n_in + j] = (float)pixel[j] / 255;
		p->label[i] = p->samples.images->label[image];
	}
}

static void learn_batch(struct pass *p, uint32_t first, uint32_t n)
{
	double loss;

	fill(p, first, n);
	loss = mr_mlp_gradient(p->mlp, p->x, p->label, n);
	mr_descent_step(&p->mlp->descent, p->mlp->p, p->mlp->g, p->plan->rate);
	if (p->plan->after)
		p->plan->after(p->plan->user, first + n, loss);
}

static int learn_all(struct pass *p)
{
	uint32_t n = p->samples.n, batch = p->plan->batch;

	for (uint32_t at = 0; at < n; at += batch) {
		if (mr_watch_stopped(&p->plan->watch))
			return MR_ERR_STOPPED;
		if (at / batch % TELL_EVERY == 0)
			mr_watch_tell(&p->plan->watch, "MLP by backprop", at, n);
		learn_batch(p, at, n - at < batch ? n - at : batch);
	}
	return MR_OK;
}

int mr_mlp_pass(struct mr_mlp *mlp, const struct mr_mlp_plan *plan,
                const struct mr_images *images, uint32_t pass)
{
	struct pass p = {.mlp = mlp, .plan = plan};
	int code = mr_samples_take(&p.samples, images, plan->samples);

	p.x = calloc(plan->batch, mlp->first.n_in * sizeof *p.x);
	p.label = calloc(plan->batch, sizeof *p.label);
	if (code == MR_OK && (!p.x || !p.label))
		code = MR_ERR_NOMEM;
	if (code == MR_OK) {
		mr_samples_shuffle(&p.samples, plan->seed, pass);
		code = learn_all(&p);
	}
	mr_samples_free(&p.samples);
	free(p.x);
	free(p.label);
	return code;
}
