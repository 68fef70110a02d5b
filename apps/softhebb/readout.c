/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Features are kept: passing the layer takes longer than reading them back, and
 * on an array it wears and costs time. */
#include "readout.h"

#include "descent.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK 250 /* samples that pass the layer at once */

void mr_readout_features(double t, const float *u, uint32_t n, uint32_t k,
                         float *phi)
{
	const struct mr_hebb_params soft = {.t = t};

	mr_hebb_answer(&soft, NULL, u, n, k, phi);
}

/* ---- features of all samples ---------------------------------------------------- */

struct shown {
	struct mr_samples samples;
	float *phi; /* [n*k] in their natural order */
	float *x;
};

static void free_shown(struct shown *s)
{
	mr_samples_free(&s->samples);
	free(s->phi);
	free(s->x);
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static int show(struct shown *s, double t, struct mr_hebb_carrier *carrier,
                const struct mr_watch *watch)
{
	uint32_t k = carrier->n_out, n_all = s->samples.n;
	int code = MR_OK;

	for (uint32_t at = 0; at < n_all && code == MR_OK; at += BLOCK) {
		uint32_t n = least(n_all - at, BLOCK);
		float *phi = &s->phi[(size_t)at * k];

		if (mr_watch_stopped(watch))
			return MR_ERR_STOPPED;
		mr_watch_tell(watch, "features", at, n_all);
		mr_samples_rows(&s->samples, at, n, s->x);
		code = carrier->type->multiply(carrier->self, s->x, n, phi);
		if (code == MR_OK)
			mr_readout_features(t, phi, n, k, phi);
	}
	return code;
}

static int take_shown(struct shown *s, double t, const struct mr_images *images,
                      struct mr_hebb_carrier *carrier,
                      const struct mr_watch *watch)
{
	int code = mr_samples_take(&s->samples, images, 0);

	if (code != MR_OK)
		return code;
	s->phi = calloc(images->n, carrier->n_out * sizeof *s->phi);
	s->x = calloc(BLOCK, s->samples.n_in * sizeof *s->x);
	return s->phi && s->x ? show(s, t, carrier, watch) : MR_ERR_NOMEM;
}

/* ---- learning -------------------------------------------------------------------- */

struct learning {
	const struct mr_readout_plan *plan;
	struct mr_readout *readout;
	struct shown shown;
	struct mr_descent descent;
	float *phi;      /* [batch*k] */
	float *z;        /* [batch*n_classes] */
	float *g;        /* as the parameters */
	uint16_t *label; /* [batch] */
	uint64_t n_seen;
};

static void fill_batch(struct learning *l, uint32_t first, uint32_t n)
{
	size_t k = l->readout->size.n_in;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = l->shown.samples.order[first + i];

		memcpy(&l->phi[i * k], &l->shown.phi[at * k],
		       k * sizeof *l->phi);
		l->label[i] = l->shown.samples.images->label[at];
	}
}

static void learn_batch(struct learning *l, uint32_t first, uint32_t n)
{
	struct mr_readout *r = l->readout;
	uint64_t n_all = (uint64_t)l->plan->epochs * l->shown.samples.n;
	double left = 1 - (double)l->n_seen / (double)n_all;

	fill_batch(l, first, n);
	mr_dense_apply(r->size, r->p, l->phi, n, l->z);
	(void)mr_dense_loss(l->z, l->label, n, r->size.n_out, l->z);
	mr_dense_gradient(r->size, l->z, l->phi, n, l->g);
	mr_descent_step(&l->descent, r->p, l->g, l->plan->rate * left);
	l->n_seen += n;
}

static int learn_epoch(struct learning *l, uint32_t epoch)
{
	uint32_t n = l->shown.samples.n;

	mr_samples_shuffle(&l->shown.samples, l->plan->seed, epoch);
	for (uint32_t at = 0; at < n; at += l->plan->batch) {
		if (mr_watch_stopped(&l->plan->watch))
			return MR_ERR_STOPPED;
		learn_batch(l, at, least(n - at, l->plan->batch));
	}
	mr_watch_tell(&l->plan->watch, "linear read-out", epoch + 1,
	              l->plan->epochs);
	return MR_OK;
}

static int take_learning(struct learning *l)
{
	struct mr_dense size = l->readout->size;
	size_t batch = l->plan->batch;
	int code = mr_descent_take(&l->descent, mr_dense_count(size));

	l->phi = calloc(batch, size.n_in * sizeof *l->phi);
	l->z = calloc(batch, size.n_out * sizeof *l->z);
	l->g = calloc(mr_dense_count(size), sizeof *l->g);
	l->label = calloc(batch, sizeof *l->label);
	return code == MR_OK && l->phi && l->z && l->g && l->label
	               ? MR_OK
	               : MR_ERR_NOMEM;
}

static void free_learning(struct learning *l)
{
	free_shown(&l->shown);
	mr_descent_free(&l->descent);
	free(l->phi);
	free(l->z);
	free(l->g);
	free(l->label);
}

int mr_readout_learn(struct mr_readout *readout,
                     const struct mr_readout_plan *plan,
                     struct mr_hebb_carrier *carrier,
                     const struct mr_images *images)
{
	struct mr_dense size = {.n_in = carrier->n_out,
	                        .n_out = images->n_classes};
	struct learning l = {.plan = plan, .readout = readout};
	struct mr_images part = *images;
	int code = MR_ERR_NOMEM;

	part.n = plan->samples ? least(plan->samples, part.n) : part.n;
	*readout = (struct mr_readout){.size = size, .t = plan->t};
	readout->p = calloc(mr_dense_count(size), sizeof *readout->p);
	if (readout->p)
		code = take_learning(&l);
	if (code == MR_OK)
		code = take_shown(&l.shown, plan->t, &part, carrier,
		                  &plan->watch);
	for (uint32_t e = 0; e < plan->epochs && code == MR_OK; e++)
		code = learn_epoch(&l, e);
	free_learning(&l);
	if (code != MR_OK)
		mr_readout_free(readout);
	return code;
}

/* ---- rating ---------------------------------------------------------------------- */

int mr_readout_rate(const struct mr_readout *readout,
                    struct mr_hebb_carrier *carrier,
                    const struct mr_images *images, double *accuracy)
{
	const struct mr_watch nobody = {0};
	struct shown shown = {0};
	uint32_t n_classes = readout->size.n_out;
	float *z = calloc(images->n, n_classes * sizeof *z);
	int code = z ? take_shown(&shown, readout->t, images, carrier, &nobody)
	             : MR_ERR_NOMEM;

	if (code == MR_OK) {
		mr_dense_apply(readout->size, readout->p, shown.phi, images->n,
		               z);
		*accuracy = (double)mr_dense_right(z, images->label, images->n,
		                                   n_classes, NULL) /
		            images->n;
	}
	free_shown(&shown);
	free(z);
	return code;
}

void mr_readout_free(struct mr_readout *readout)
{
	free(readout->p);
	memset(readout, 0, sizeof *readout);
}
