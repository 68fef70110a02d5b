/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Scales by a separable triangle filter: first along rows, of those rows that
 * are needed, then along columns.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"

#define COLOURS 3u
#define BYTE_MAX 255.0f

/* What a line of the result is made of, along one axis. */
struct taps {
	uint32_t *first; /* [size] first pixel */
	uint32_t *n;     /* [size] pixels */
	float *weight;   /* [size*most] */
	uint32_t most;   /* pixels of one tap */
};

static void free_taps(struct taps *taps)
{
	free(taps->first);
	free(taps->n);
	free(taps->weight);
	memset(taps, 0, sizeof(*taps));
}

static int make_room(struct taps *taps, double step, uint32_t size)
{
	double radius = fmax(step, 1);

	taps->most = (uint32_t)ceil(2 * radius) + 2;
	taps->first = malloc(size * sizeof(*taps->first));
	taps->n = malloc(size * sizeof(*taps->n));
	taps->weight = malloc((size_t)size * taps->most *
	                      sizeof(*taps->weight));
	if (taps->first != NULL && taps->n != NULL && taps->weight != NULL)
		return MR_OK;
	free_taps(taps);
	return MR_ERR_NOMEM;
}

/* The triangle around a point, cut at the picture's edge and normed. */
static void fill(struct taps *taps, uint32_t i, double centre, double radius,
                 uint32_t pixels)
{
	float *weight = taps->weight + (size_t)i * taps->most;
	double low = fmax(floor(centre - radius), 0);
	double high = fmin(ceil(centre + radius), pixels);
	double sum = 0;
	uint32_t n = 0;

	for (double p = low; p < high && n < taps->most; p++, n++)
		sum += fmax(1 - fabs(p + 0.5 - centre) / radius, 0);
	for (uint32_t k = 0; k < n; k++)
		weight[k] = (float)(fmax(1 - fabs(low + k + 0.5 - centre) /
		                         radius, 0) / sum);
	taps->first[i] = (uint32_t)low;
	taps->n[i] = n;
}

/* From a part of a line of pixels to `size` of them. */
static int make_taps(struct taps *taps, double at, double length,
                     uint32_t pixels, uint32_t size, bool flip)
{
	double step = length / size;

	if (make_room(taps, step, size) != MR_OK)
		return MR_ERR_NOMEM;
	for (uint32_t i = 0; i < size; i++) {
		uint32_t k = flip ? size - 1 - i : i;

		fill(taps, i, at + (k + 0.5) * step, fmax(step, 1), pixels);
	}
	return MR_OK;
}

static void scale_row(const struct taps *taps, uint32_t size,
                      const uint8_t *from, float *to)
{
	for (uint32_t x = 0; x < size; x++) {
		const float *weight = taps->weight + (size_t)x * taps->most;
		const uint8_t *pixel = from + (size_t)COLOURS * taps->first[x];
		float sum[COLOURS] = {0};

		for (uint32_t k = 0; k < taps->n[x]; k++)
			for (uint32_t c = 0; c < COLOURS; c++)
				sum[c] += weight[k] * pixel[COLOURS * k + c];
		memcpy(to + (size_t)COLOURS * x, sum, sizeof(sum));
	}
}

static void write_row(const struct taps *taps, uint32_t size, uint32_t y,
                      const float *rows, float *sum, uint8_t *out)
{
	size_t row = (size_t)COLOURS * size;
	const float *weight = taps->weight + (size_t)y * taps->most;

	memset(sum, 0, row * sizeof(*sum));
	for (uint32_t k = 0; k < taps->n[y]; k++)
		for (size_t i = 0; i < row; i++)
			sum[i] += weight[k] * rows[k * row + i];
	for (uint32_t x = 0; x < size; x++)
		for (uint32_t c = 0; c < COLOURS; c++) {
			float value = sum[(size_t)COLOURS * x + c] + 0.5f;

			out[((size_t)c * size + y) * size + x] =
				(uint8_t)fminf(value, BYTE_MAX);
		}
}

static int scale_both(const struct mr_picture *from, const struct taps *across,
                      const struct taps *down, uint32_t size, uint8_t *out)
{
	size_t row = (size_t)COLOURS * size;
	uint32_t top = down->first[0];
	uint32_t bottom = down->first[size - 1] + down->n[size - 1];
	float *rows = malloc((bottom - top + 1) * row * sizeof(*rows));
	float *sum;

	if (rows == NULL)
		return MR_ERR_NOMEM;
	sum = rows + (bottom - top) * row;
	for (uint32_t y = top; y < bottom; y++)
		scale_row(across, size,
		          from->rgb + (size_t)COLOURS * from->width * y,
		          rows + (y - top) * row);
	for (uint32_t y = 0; y < size; y++)
		write_row(down, size, y,
		          rows + (down->first[y] - top) * row, sum, out);
	free(rows);
	return MR_OK;
}

int mr_picture_scale(const struct mr_picture *from,
                     const struct mr_picture_box *box, uint32_t size,
                     uint8_t *out, struct mr_errtext *err)
{
	struct taps across = {0};
	struct taps down = {0};
	int code = make_taps(&across, box->x, box->width, from->width, size,
	                     box->flip);

	if (code == MR_OK)
		code = make_taps(&down, box->y, box->height, from->height, size,
		                 false);
	if (code == MR_OK)
		code = scale_both(from, &across, &down, size, out);
	free_taps(&across);
	free_taps(&down);
	return code == MR_OK ? MR_OK
	                     : mr_errtext_set(err, code,
	                                      "out of memory to scale a "
	                                      "picture to %u x %u", size, size);
}
