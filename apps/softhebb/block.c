/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* One layer at work. Work is cut by images and by kernels, in ways that do not
 * depend on the number of threads. */
#include "block.h"

#include <math.h>
#include <string.h>

#include <cblas.h>

#define BN_EPS 1e-5
#define BN_KEPT 0.9f /* of the running values at each batch */
#define RADIUS_TINY 1e-10f /* of the rule */
#define N_CUTS 4 /* tasks of a product */

/* ---- shapes -------------------------------------------------------------- */

static int too_small(uint32_t index, const struct mr_deep_shape *s,
                     const char *what, struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "layer %u: %u x %u values are too few for its %s",
	                      index + 1, s->height, s->width, what);
}

static uint32_t pooled(const struct mr_deep_layer *spec, uint32_t side)
{
	if (spec->pool == MR_DEEP_POOL_NONE)
		return side;
	if (side + 2 * spec->pool_pad < spec->pool_size)
		return 0;
	return (side + 2 * spec->pool_pad - spec->pool_size) /
	       spec->pool_stride + 1;
}

int mr__deep_shape(const struct mr_deep_layer *spec, uint32_t index,
                   struct mr_deep_shape *s, struct mr_errtext *err)
{
	uint32_t least = s->height < s->width ? s->height : s->width;

	if (spec->pad >= least)
		return too_small(index, s, "reflected border", err);
	if (least + 2 * spec->pad < spec->kernel)
		return too_small(index, s, "kernels", err);
	s->u_height = s->height + 2 * spec->pad - spec->kernel + 1;
	s->u_width = s->width + 2 * spec->pad - spec->kernel + 1;
	s->out_height = pooled(spec, s->u_height);
	s->out_width = pooled(spec, s->u_width);
	if (!s->out_height || !s->out_width)
		return too_small(index, s, "pooling", err);
	s->fan_in = (size_t)spec->kernel * spec->kernel * s->channels;
	s->positions = (size_t)s->u_height * s->u_width;
	s->n_in = (size_t)s->height * s->width * s->channels;
	s->n_pad = ((size_t)s->height + spec->pad + spec->pad) *
	           ((size_t)s->width + spec->pad + spec->pad) * s->channels;
	s->n_out = (size_t)s->out_height * s->out_width * spec->n_kernels;
	return MR_OK;
}

/* ---- work of one task ---------------------------------------------------- */

struct work {
	const struct mr_deep_block *block;
	const struct mr_deep_tools *tools;
	const struct mr_deep_step *step;
	uint32_t n;       /* images */
	uint32_t n_parts; /* of a sum over positions */
};

static void moments_of_image(void *arg, uint32_t i)
{
	const struct work *w = arg;
	const struct mr_deep_shape *s = &w->block->shape;
	double *sum = w->tools->room->moments + (size_t)i * 2 * s->channels;

	memset(sum, 0, (size_t)2 * s->channels * sizeof *sum);
	w->tools->kernels->moments(w->step->in + i * s->n_in,
	                           (size_t)s->height * s->width, s->channels,
	                           sum, sum + s->channels);
}

/* Biased variance for the batch, unbiased for the running value. */
static void keep_moments(struct mr_deep_block *block, uint32_t c, float kept,
                         double mean, double variance, double n)
{
	double unbiased = n > 1 ? variance * n / (n - 1) : variance;

	block->run_mean[c] = kept * block->run_mean[c] +
	                     (1 - kept) * (float)mean;
	block->run_var[c] = kept * block->run_var[c] +
	                    (1 - kept) * (float)unbiased;
}

static void batch_moments(struct mr_deep_block *block,
                          const struct mr_deep_tools *tools,
                          const struct mr_deep_step *step, uint32_t c)
{
	const struct mr_deep_shape *s = &block->shape;
	float kept = step->news > 0 ? (float)(1 - step->news) : BN_KEPT;
	double n = (double)step->n * s->height * s->width;
	double sum = 0, square = 0;

	for (uint32_t i = 0; i < step->n; i++) {
		const double *m = tools->room->moments +
		                  (size_t)i * 2 * s->channels;

		sum += m[c];
		square += m[s->channels + c];
	}
	double mean = sum / n;
	double variance = fmax(square / n - mean * mean, 0);

	tools->room->mean[c] = (float)mean;
	tools->room->inv[c] = (float)(1 / sqrt(variance + BN_EPS));
	keep_moments(block, c, kept, mean, variance, n);
}

static void repeat_row(float *row, uint32_t channels, uint32_t width)
{
	for (uint32_t i = channels; i < channels * width; i++)
		row[i] = row[i - channels];
}

/* What a row of the image is normalised by. */
static void find_norm(struct mr_deep_block *block,
                      const struct mr_deep_tools *tools,
                      const struct mr_deep_step *step)
{
	const struct mr_deep_shape *s = &block->shape;
	struct mr_deep_room *room = tools->room;
	struct work work = {.block = block, .tools = tools, .step = step};

	if (step->learn)
		mr_team_run(tools->team, moments_of_image, &work, step->n);
	for (uint32_t c = 0; c < s->channels; c++) {
		if (step->learn) {
			batch_moments(block, tools, step, c);
		} else {
			room->mean[c] = block->run_mean[c];
			room->inv[c] = (float)(1 / sqrt((double)block->run_var[c] +
			                                BN_EPS));
		}
	}
	repeat_row(room->mean, s->channels, s->width);
	repeat_row(room->inv, s->channels, s->width);
}

/* Columns left and right of a row that is there already. */
static void reflect_row(float *row, uint32_t pad, uint32_t width, size_t channels)
{
	for (uint32_t i = 1; i <= pad; i++) {
		memcpy(row + (pad - i) * channels, row + (pad + i) * channels,
		       channels * sizeof *row);
		memcpy(row + (pad + width - 1 + i) * channels,
		       row + (pad + width - 1 - i) * channels,
		       channels * sizeof *row);
	}
}

static void normalise_image(const struct work *w, const float *in, float *padded)
{
	const struct mr_deep_shape *s = &w->block->shape;
	const struct mr_deep_room *room = w->tools->room;
	uint32_t pad = w->block->spec->pad;
	size_t row = (size_t)s->width * s->channels;
	size_t wide = row + 2 * (size_t)pad * s->channels;

	for (uint32_t y = 0; y < s->height; y++) {
		float *to = padded + (pad + y) * wide;

		w->tools->kernels->normalise(in + y * row, room->mean,
		                             room->inv, to + (size_t)pad * s->channels,
		                             row);
		reflect_row(to, pad, s->width, s->channels);
	}
	for (uint32_t i = 1; i <= pad; i++) {
		memcpy(padded + (pad - i) * wide, padded + (pad + i) * wide,
		       wide * sizeof *padded);
		memcpy(padded + (pad + s->height - 1 + i) * wide,
		       padded + (pad + s->height - 1 - i) * wide,
		       wide * sizeof *padded);
	}
}

/* Rows of a patch lie together in the image. */
static void cut_patches(const struct work *w, const float *padded, float *x)
{
	const struct mr_deep_shape *s = &w->block->shape;
	uint32_t kernel = w->block->spec->kernel;
	size_t wide = (size_t)(s->width + 2 * w->block->spec->pad) * s->channels;
	size_t run = (size_t)kernel * s->channels;

	for (uint32_t y = 0; y < s->u_height; y++)
		for (uint32_t col = 0; col < s->u_width; col++)
			for (uint32_t i = 0; i < kernel; i++, x += run)
				memcpy(x, padded + (y + i) * wide + (size_t)col * s->channels,
				       run * sizeof *x);
}

static void prepare_image(void *arg, uint32_t i)
{
	const struct work *w = arg;
	const struct mr_deep_shape *s = &w->block->shape;
	const struct mr_deep_room *room = w->tools->room;
	float *padded = room->padded + i * s->n_pad;

	normalise_image(w, w->step->in + i * s->n_in, padded);
	cut_patches(w, padded, room->x + i * s->positions * s->fan_in);
}

void mr__deep_block_prepare(struct mr_deep_block *block,
                            const struct mr_deep_tools *tools,
                            const struct mr_deep_step *step)
{
	struct work work = {.block = block, .tools = tools, .step = step};

	find_norm(block, tools, step);
	mr_team_run(tools->team, prepare_image, &work, step->n);
}

int mr__deep_block_multiply(struct mr_deep_block *block,
                            const struct mr_deep_tools *tools, uint32_t n,
                            struct mr_errtext *err)
{
	return block->carrier.multiply(block->carrier.self, tools->room->x,
	                               n * block->shape.positions,
	                               tools->room->u, err);
}

/* ---- competition, triangle, pooling -------------------------------------- */

static void compete_image(const struct work *w, uint32_t i)
{
	const struct mr_deep_layer *spec = w->block->spec;
	const struct mr_deep_room *room = w->tools->room;
	const struct mr_deep_kernels *kernels = w->tools->kernels;
	size_t k = spec->n_kernels, rows = w->block->shape.positions;
	float *yu = room->yu + i * k;
	float p_win = 1;

	memset(yu, 0, k * sizeof *yu);
	room->p_winner[i] = 0;
	for (size_t r = i * rows; r < (i + 1) * rows; r++) {
		const float *u = room->u + r * k;
		float *y = room->y + r * k;
		size_t winner = spec->hard
			? kernels->compete_hard(u, k, y, yu)
			: kernels->compete(u, k, spec->t, y, yu, &p_win);

		room->winner[r] = (uint32_t)winner;
		room->p_winner[i] += p_win;
	}
}

static void triangles_of_image(const struct work *w, uint32_t i)
{
	size_t k = w->block->spec->n_kernels;
	size_t rows = w->block->shape.positions;

	for (size_t r = i * rows; r < (i + 1) * rows; r++)
		w->tools->kernels->triangle(w->tools->room->u + r * k, k);
}

/* What is pooled from first to end (exclusive) along one side. */
struct window {
	uint32_t first;
	uint32_t end;
};

static struct window window_of(const struct mr_deep_layer *spec, uint32_t out,
                               uint32_t side)
{
	uint32_t from = out * spec->pool_stride;
	uint32_t end = from + spec->pool_size - spec->pool_pad;

	return (struct window){from > spec->pool_pad ? from - spec->pool_pad : 0,
	                       end < side ? end : side};
}

static void pool_window(const struct work *w, const float *u,
                        struct window rows, struct window cols, float *out)
{
	const struct mr_deep_layer *spec = w->block->spec;
	size_t k = spec->n_kernels, wide = w->block->shape.u_width;
	float share = 1 / (float)(spec->pool_size * spec->pool_size);

	memset(out, 0, k * sizeof *out);
	for (uint32_t y = rows.first; y < rows.end; y++)
		for (uint32_t x = cols.first; x < cols.end; x++) {
			const float *in = u + (y * wide + x) * k;

			if (spec->pool == MR_DEEP_POOL_MAX)
				w->tools->kernels->grow(out, in, k);
			else
				w->tools->kernels->add(out, in, share, k);
		}
}

static void pool_image(const struct work *w, const float *u, float *out)
{
	const struct mr_deep_layer *spec = w->block->spec;
	const struct mr_deep_shape *s = &w->block->shape;

	if (spec->pool == MR_DEEP_POOL_NONE) {
		memcpy(out, u, s->n_out * sizeof *out);
		return;
	}
	for (uint32_t y = 0; y < s->out_height; y++)
		for (uint32_t x = 0; x < s->out_width;
		     x++, out += spec->n_kernels)
			pool_window(w, u, window_of(spec, y, s->u_height),
			            window_of(spec, x, s->u_width), out);
}

/* The greatest power is the power of the greatest: after pooling there are
 * fewer of them. */
static void give_image(const struct work *w, uint32_t i)
{
	const struct mr_deep_layer *spec = w->block->spec;
	const struct mr_deep_shape *s = &w->block->shape;
	size_t n = s->positions * spec->n_kernels;
	float *u = w->tools->room->u + i * n;
	float *out = w->block->out + i * s->n_out;
	bool raise = spec->q < 1 || spec->q > 1;

	triangles_of_image(w, i);
	if (raise && spec->pool == MR_DEEP_POOL_AVG)
		w->tools->kernels->power(u, n, spec->q);
	pool_image(w, u, out);
	if (raise && spec->pool != MR_DEEP_POOL_AVG)
		w->tools->kernels->power(out, s->n_out, spec->q);
}

static void respond_image(void *arg, uint32_t i)
{
	const struct work *w = arg;

	if (w->block->spec->pre_triangle)
		triangles_of_image(w, i);
	if (w->step->learn)
		compete_image(w, i);
	if (w->step->give)
		give_image(w, i);
}

void mr__deep_block_respond(struct mr_deep_block *block,
                            const struct mr_deep_tools *tools,
                            const struct mr_deep_step *step)
{
	struct work work = {.block = block, .tools = tools, .step = step};

	mr_team_run(tools->team, respond_image, &work, step->n);
}

/* ---- plasticity ---------------------------------------------------------- */

static size_t n_weights(const struct mr_deep_block *block)
{
	return block->spec->n_kernels * block->shape.fan_in;
}

static void correlate_kernels(void *arg, uint32_t i)
{
	const struct work *w = arg;
	const struct mr_deep_room *room = w->tools->room;
	size_t k = w->block->spec->n_kernels, n = w->block->shape.fan_in;
	size_t first = k * i / N_CUTS;
	size_t part = k * (i + 1) / N_CUTS - first;

	cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)part, (int)n,
	            (int)(w->n * w->block->shape.positions), 1,
	            room->y + first, (int)k, room->x, (int)n, 0,
	            room->d + first * n, (int)n);
}

/* Few weights: each task sums over its own images. */
static void correlate_images(void *arg, uint32_t i)
{
	const struct work *w = arg;
	const struct mr_deep_room *room = w->tools->room;
	size_t k = w->block->spec->n_kernels, n = w->block->shape.fan_in;
	size_t rows = w->block->shape.positions;
	size_t first = (size_t)w->n * i / w->n_parts * rows;
	size_t end = (size_t)w->n * (i + 1) / w->n_parts * rows;

	cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)k, (int)n,
	            (int)(end - first), 1, room->y + first * k, (int)k,
	            room->x + first * n, (int)n, 0,
	            room->d + i * n_weights(w->block), (int)n);
}

/* D without its decay: d[K*N]. */
static void correlate(const struct mr_deep_block *block,
                      const struct mr_deep_tools *tools, uint32_t n)
{
	size_t size = n_weights(block);
	struct work work = {.block = block, .tools = tools, .n = n,
	                    .n_parts = n < MR__DEEP_SUM_PARTS ? n
	                                                  : MR__DEEP_SUM_PARTS};

	if (size >= MR__DEEP_NARROW) {
		mr_team_run(tools->team, correlate_kernels, &work, N_CUTS);
		return;
	}
	mr_team_run(tools->team, correlate_images, &work, work.n_parts);
	for (uint32_t i = 1; i < work.n_parts; i++)
		tools->kernels->add(tools->room->d,
		                    tools->room->d + i * size, 1, size);
}

static float *sum_yu(const struct mr_deep_tools *tools, size_t k, uint32_t n)
{
	float *all = tools->room->yu + tools->room->batch * k;

	for (size_t c = 0; c < k; c++) {
		double sum = 0;

		for (uint32_t i = 0; i < n; i++)
			sum += (double)tools->room->yu[i * k + c];
		all[c] = (float)sum;
	}
	return all;
}

int mr__deep_block_learn(struct mr_deep_block *block,
                         const struct mr_deep_tools *tools, uint32_t n,
                         struct mr_errtext *err)
{
	const struct mr_deep_carrier *carrier = &block->carrier;
	const struct mr_deep_layer *spec = block->spec;
	struct mr_deep_room *room = tools->room;
	const float *yu = sum_yu(tools, spec->n_kernels, n);
	float d_max;
	int code;

	correlate(block, tools, n);
	code = carrier->decay(carrier->self, yu, room->d, &d_max, err);
	if (!code)
		code = carrier->radii(carrier->self, room->radius, err);
	if (code)
		return code;
	for (uint32_t k = 0; k < spec->n_kernels; k++) {
		room->eta[k] = spec->eta0 *
		               powf(fabsf(room->radius[k] - 1) + RADIUS_TINY,
		                    spec->p);
		if (!isfinite(room->eta[k]) || !isfinite(d_max))
			return mr_errtext_set(err, MR_ERR_RANGE,
			                      "kernel %u: its weights are "
			                      "no finite numbers any more",
			                      k);
	}
	return carrier->learn(carrier->self, room->d, d_max, room->eta, err);
}

int mr__deep_block_run(struct mr_deep_block *block,
                       const struct mr_deep_tools *tools,
                       const struct mr_deep_step *step,
                       struct mr_errtext *err)
{
	int code;

	mr__deep_block_prepare(block, tools, step);
	code = mr__deep_block_multiply(block, tools, step->n, err);
	if (code)
		return code;
	mr__deep_block_respond(block, tools, step);
	if (step->learn && step->update)
		code = mr__deep_block_learn(block, tools, step->n, err);
	return code;
}
