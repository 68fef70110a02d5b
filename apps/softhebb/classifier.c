/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* A linear classifier on features. Features are cut into tiles, each of which
 * is a task: fetched, multiplied, later its gradient taken and its weights
 * changed, so that the values stay in a processor's cache. */
#include "classifier.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>

#include "memrig/random.h"

#define TILE 2048 /* features of a task */
#define RATE 1e-3f
#define BETA1 0.9
#define BETA2 0.999
#define EPS 1e-8f
#define START_EVENT (UINT64_C(1) << 32) /* after all layers */
#define CHANCES 65536.0f
#define DRAWN 16 /* bytes of a draw */

static uint32_t n_tiles(const struct mr_classifier *c)
{
	return (uint32_t)((c->n_features + TILE - 1) / TILE);
}

/* ---- a classifier -------------------------------------------------------- */

static void draw_weights(struct mr_classifier *c)
{
	double span = 1 / sqrt((double)c->n_features);

	for (size_t i = 0; i < c->n_param; i++) {
		double chance = mr_random_uniform(
			c->seed, (struct mr_address){MR_PURPOSE_ORDER,
		                                     (uint32_t)i, START_EVENT,
		                                     1});

		c->w[i] = (float)((2 * chance - 1) * span);
	}
}

int mr_classifier_alloc(size_t n_features, uint32_t n_classes, uint32_t batch,
                        float dropout, uint64_t seed,
                        const struct mr_deep_kernels *kernels,
                        struct mr_team *team, struct mr_classifier *out,
                        struct mr_errtext *err)
{
	struct mr_classifier c = {.n_features = n_features,
	                          .n_classes = n_classes, .batch = batch,
	                          .dropout = dropout, .seed = seed,
	                          .kernels = kernels, .team = team,
	                          .n_param = n_classes * (n_features + 1)};
	size_t b = batch, classes = n_classes;

	c.w = calloc(c.n_param, sizeof *c.w);
	c.m = calloc(c.n_param, sizeof *c.m);
	c.v = calloc(c.n_param, sizeof *c.v);
	c.g = calloc(c.n_param, sizeof *c.g);
	c.x = calloc(b * n_features, sizeof *c.x);
	c.z = calloc(b * classes, sizeof *c.z);
	c.part = calloc(n_tiles(&c) * b * classes, sizeof *c.part);
	c.chance = calloc(b * (n_features + DRAWN), 1);
	*out = c;
	if (!c.w || !c.m || !c.v || !c.g || !c.x || !c.z || !c.part ||
	    !c.chance) {
		mr_classifier_free(out);
		return mr_errtext_set(err, MR_ERR_NOMEM,
		                      "out of memory for the classifier");
	}
	draw_weights(out);
	return MR_OK;
}

void mr_classifier_free(struct mr_classifier *c)
{
	free(c->w);
	free(c->m);
	free(c->v);
	free(c->g);
	free(c->x);
	free(c->z);
	free(c->part);
	free(c->chance);
	*c = (struct mr_classifier){0};
}

float mr_classifier_rate(uint32_t epoch, uint32_t epochs)
{
	static const double many[] = {0.2, 0.35, 0.5, 0.6, 0.7, 0.8, 0.9};
	static const double some[] = {0.5, 0.75};
	const double *share = epochs >= 50 ? many : some;
	size_t n = epochs >= 50 ? sizeof many / sizeof *many
	         : epochs >= 20 ? sizeof some / sizeof *some : 0;
	float rate = RATE;

	for (size_t i = 0; i < n; i++)
		if (epoch >= (uint32_t)(share[i] * epochs + 1e-9))
			rate /= 2;
	return rate;
}

/* ---- outputs ------------------------------------------------------------- */

struct job {
	struct mr_classifier *c;
	const struct mr_features *features;
	const uint32_t *index;
	uint32_t n;
	uint64_t event;
	bool drop;
	struct mr_adam adam;
};

/* One bit decides where half of the features are dropped, else a byte. */
static void draw_chance(void *arg, uint32_t i)
{
	const struct job *job = arg;
	struct mr_classifier *c = job->c;
	size_t bytes = c->dropout == 0.5f ? (c->n_features + 7) / 8
	                                  : c->n_features;
	uint8_t *to = c->chance + i * (c->n_features + DRAWN);

	for (size_t k = 0; k < bytes; k += DRAWN) {
		uint32_t word[4];

		mr_random_bits(c->seed,
		               (struct mr_address){MR_PURPOSE_UPDATE,
		                                   (uint32_t)(k / DRAWN),
		                                   job->event + i, 0}, word);
		for (size_t b = 0; b < DRAWN; b++)
			to[k + b] = (uint8_t)(word[b / 4] >> 8 * (b % 4));
	}
}

static void fetch_row(const struct job *job, uint32_t i, size_t first, size_t n)
{
	const struct mr_classifier *c = job->c;
	const uint16_t *in = job->features->half +
	                     job->index[i] * c->n_features + first;
	const uint8_t *chance = c->chance + i * (c->n_features + DRAWN);
	float *out = c->x + i * c->n_features + first;
	float factor = 1 / (1 - c->dropout);

	if (!job->drop)
		c->kernels->from_half(in, out, n);
	else if (c->dropout == 0.5f)
		c->kernels->from_half_bits(in, chance + first / 8, factor, out,
		                           n);
	else
		c->kernels->from_half_some(
			in, chance + first,
			(unsigned)lrintf(c->dropout * CHANCES / 256), factor,
			out, n);
}

static size_t tile_size(const struct mr_classifier *c, size_t first)
{
	return c->n_features - first < TILE ? c->n_features - first : TILE;
}

static void multiply_tile(void *arg, uint32_t tile)
{
	const struct job *job = arg;
	const struct mr_classifier *c = job->c;
	size_t first = (size_t)tile * TILE, n = tile_size(c, first);
	int classes = (int)c->n_classes, width = (int)c->n_features;

	for (uint32_t i = 0; i < job->n; i++)
		fetch_row(job, i, first, n);
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)job->n,
	            classes, (int)n, 1, c->x + first, width, c->w + first,
	            width, 0,
	            c->part + (size_t)tile * c->batch * c->n_classes, classes);
}

static void find_outputs(struct job *job)
{
	struct mr_classifier *c = job->c;
	size_t n = (size_t)job->n * c->n_classes;
	const float *bias = c->w + c->n_classes * c->n_features;

	job->drop = job->drop && c->dropout > 0;
	if (job->drop)
		mr_team_run(c->team, draw_chance, job, job->n);
	mr_team_run(c->team, multiply_tile, job, n_tiles(c));
	for (size_t i = 0; i < n; i++)
		c->z[i] = bias[i % c->n_classes];
	for (uint32_t t = 0; t < n_tiles(c); t++)
		c->kernels->add(c->z, c->part + (size_t)t * c->batch *
		                                        c->n_classes, 1, n);
}

/* ---- errors -------------------------------------------------------------- */

/* z becomes exp(z - most); their sum. */
static double exponentials(float *z, uint32_t n, float most)
{
	double sum = 0;

	for (uint32_t k = 0; k < n; k++) {
		z[k] = expf(z[k] - most);
		sum += (double)z[k];
	}
	return sum;
}

/* z becomes softmax(z) - onehot(label), by `scale`. */
static void judge_row(float *z, uint32_t n, uint32_t label, float scale,
                      struct mr_classifier_tally *tally)
{
	uint32_t best = 0;

	for (uint32_t k = 1; k < n; k++)
		if (z[k] > z[best])
			best = k;
	float most = z[best], own = z[label];
	double sum = exponentials(z, n, most);

	for (uint32_t k = 0; k < n; k++)
		z[k] = scale * ((float)(z[k] / sum) - (k == label ? 1.0f : 0));
	tally->loss += log(sum) - (double)(own - most);
	tally->right += best == label;
	tally->seen++;
}

static void judge_batch(const struct job *job, struct mr_classifier_tally *tally)
{
	struct mr_classifier *c = job->c;

	for (uint32_t i = 0; i < job->n; i++)
		judge_row(c->z + (size_t)i * c->n_classes, c->n_classes,
		          job->features->label[job->index[i]],
		          1 / (float)job->n, tally);
}

/* ---- learning ------------------------------------------------------------ */

static void correlate_tile(const struct job *job, size_t first, size_t n)
{
	const struct mr_classifier *c = job->c;
	int classes = (int)c->n_classes, width = (int)c->n_features;

	cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, classes, (int)n,
	            (int)job->n, 1, c->z, classes, c->x + first, width, 0,
	            c->g + first, width);
}

static void adapt(const struct job *job, size_t first, size_t n)
{
	const struct mr_classifier *c = job->c;

	c->kernels->adam(c->w + first, c->m + first, c->v + first,
	                 c->g + first, n, &job->adam);
}

static void gradient_tile(void *arg, uint32_t tile)
{
	const struct job *job = arg;
	size_t first = (size_t)tile * TILE;

	correlate_tile(job, first, tile_size(job->c, first));
}

static void learn_tile(void *arg, uint32_t tile)
{
	const struct job *job = arg;
	size_t first = (size_t)tile * TILE, n = tile_size(job->c, first);

	correlate_tile(job, first, n);
	for (uint32_t k = 0; k < job->c->n_classes; k++)
		adapt(job, k * job->c->n_features + first, n);
}

static void bias_gradient(const struct job *job)
{
	struct mr_classifier *c = job->c;
	float *g = c->g + c->n_classes * c->n_features;

	memset(g, 0, c->n_classes * sizeof *g);
	for (uint32_t i = 0; i < job->n; i++)
		for (uint32_t k = 0; k < c->n_classes; k++)
			g[k] += c->z[(size_t)i * c->n_classes + k];
}

void mr_classifier_gradient(struct mr_classifier *c,
                            const struct mr_features *features,
                            const uint32_t *index, uint32_t n, uint64_t event,
                            struct mr_classifier_tally *tally)
{
	struct job job = {.c = c, .features = features, .index = index,
	                  .n = n, .event = event, .drop = true};

	find_outputs(&job);
	judge_batch(&job, tally);
	mr_team_run(c->team, gradient_tile, &job, n_tiles(c));
	bias_gradient(&job);
}

void mr_classifier_learn(struct mr_classifier *c,
                         const struct mr_features *features,
                         const uint32_t *index, uint32_t n, uint64_t event,
                         float rate, struct mr_classifier_tally *tally)
{
	struct job job = {.c = c, .features = features, .index = index,
	                  .n = n, .event = event, .drop = true};
	double s = (double)++c->steps;

	job.adam = (struct mr_adam){
		.beta1 = (float)BETA1, .beta2 = (float)BETA2,
		.step = (float)((double)rate / (1 - pow(BETA1, s))),
		.root_scale = (float)(1 / sqrt(1 - pow(BETA2, s))),
		.eps = EPS};
	find_outputs(&job);
	judge_batch(&job, tally);
	mr_team_run(c->team, learn_tile, &job, n_tiles(c));
	bias_gradient(&job);
	adapt(&job, c->n_classes * c->n_features, c->n_classes);
}

void mr_classifier_judge(struct mr_classifier *c,
                         const struct mr_features *features,
                         struct mr_classifier_tally *tally)
{
	uint32_t index[64];
	uint32_t room = c->batch < 64 ? c->batch : 64;

	for (uint32_t first = 0; first < features->n; first += room) {
		uint32_t n = features->n - first < room ? features->n - first
		                                        : room;
		struct job job = {.c = c, .features = features, .index = index,
		                  .n = n};

		for (uint32_t i = 0; i < n; i++)
			index[i] = first + i;
		find_outputs(&job);
		judge_batch(&job, tally);
	}
}
