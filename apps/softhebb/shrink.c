/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* A target pixel is the mean over its area, source pixels cut at its edges count
 * by the part that is inside. */
#include "shrink.h"

#include <math.h>
#include <stdlib.h>

/* Part of source pixel i that lies in [from, to). */
static double inside(uint32_t i, double from, double to)
{
	return fmax(fmin(to, i + 1.0) - fmax(from, i), 0);
}

static double mean_of(const uint8_t *pixel, uint32_t width, double top,
                      double bottom, double left, double right)
{
	double sum = 0;

	for (uint32_t r = (uint32_t)top; r < bottom; r++)
		for (uint32_t c = (uint32_t)left; c < right; c++)
			sum += inside(r, top, bottom) * inside(c, left, right) *
			       pixel[(size_t)r * width + c];
	return sum / ((bottom - top) * (right - left));
}

static void shrink_plane(const struct mr_images *images, const uint8_t *from,
                         uint32_t size, uint8_t *to)
{
	double high = (double)images->height / size;
	double wide = (double)images->width / size;

	for (uint32_t r = 0; r < size; r++)
		for (uint32_t c = 0; c < size; c++)
			to[(size_t)r * size + c] = (uint8_t)lround(
				mean_of(from, images->width, r * high,
			                fmin((r + 1) * high, images->height),
			                c * wide,
			                fmin((c + 1) * wide, images->width)));
}

int mr_images_shrink(struct mr_images *images, uint32_t size)
{
	size_t n = (size_t)images->n * images->channels;
	size_t plane = (size_t)images->height * images->width;
	uint8_t *small = calloc(n, (size_t)size * size);

	if (!small)
		return MR_ERR_NOMEM;
	for (size_t i = 0; i < n; i++)
		shrink_plane(images, &images->pixels[i * plane], size,
		             &small[i * size * size]);
	free(images->pixels);
	images->pixels = small;
	images->height = size;
	images->width = size;
	return MR_OK;
}
