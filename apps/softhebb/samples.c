/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Rows of length 1 are made when they are asked for: four times the memory of
 * the bytes would be needed to keep them, and reading that takes longer. */
#include "samples.h"

#include "memrig/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float length_of(const uint8_t *pixel, uint32_t n)
{
	uint64_t sum = 0;

	for (uint32_t j = 0; j < n; j++)
		sum += (uint64_t)pixel[j] * pixel[j];
	return (float)(sqrt((double)sum) / 255);
}

int mr_samples_take(struct mr_samples *samples, const struct mr_images *images,
                    uint32_t n)
{
	uint32_t n_in = images->channels * images->height * images->width;

	*samples = (struct mr_samples){
		.images = images,
		.n = n == 0 || n > images->n ? images->n : n,
		.n_in = n_in,
		.order = calloc(images->n, sizeof *samples->order),
		.length = calloc(images->n, sizeof *samples->length)};
	if (!samples->order || !samples->length) {
		mr_samples_free(samples);
		return MR_ERR_NOMEM;
	}
	for (uint32_t i = 0; i < images->n; i++) {
		samples->order[i] = i;
		samples->length[i] =
			length_of(&images->pixels[(size_t)i * n_in], n_in);
	}
	return MR_OK;
}

void mr_samples_shuffle(struct mr_samples *samples, uint64_t seed,
                        uint32_t epoch)
{
	for (uint32_t i = samples->images->n - 1; i > 0; i--) {
		struct mr_address at = {.purpose = MR_PURPOSE_ORDER,
		                        .subject = i,
		                        .event = epoch};
		uint32_t bits[4];
		uint32_t k, held = samples->order[i];

		mr_random_bits(seed, at, bits);
		k = (uint32_t)(((uint64_t)bits[0] * ((uint64_t)i + 1)) >> 32);
		samples->order[i] = samples->order[k];
		samples->order[k] = held;
	}
}

void mr_samples_rows(const struct mr_samples *samples, uint32_t first,
                     uint32_t n, float *x)
{
	for (uint32_t i = 0; i < n; i++, x += samples->n_in) {
		uint32_t image = samples->order[first + i];
		const uint8_t *pixel =
			&samples->images->pixels[(size_t)image * samples->n_in];
		float length = samples->length[image] * 255;
		float a = length > 0 ? 1 / length : 0;

		for (uint32_t j = 0; j < samples->n_in; j++)
			x[j] = a * (float)pixel[j];
	}
}

double mr_samples_norm(const float *pixel, uint32_t n, float *x)
{
	double sum = 0;

	for (uint32_t j = 0; j < n; j++)
		sum += (double)pixel[j] * (double)pixel[j];
	double length = sqrt(sum);

	for (uint32_t j = 0; j < n; j++)
		x[j] = length > 0 ? (float)((double)pixel[j] / length) : 0;
	return length;
}

uint32_t mr_samples_label(const struct mr_samples *samples, uint32_t at)
{
	return samples->images->label[samples->order[at]];
}

void mr_samples_free(struct mr_samples *samples)
{
	free(samples->order);
	free(samples->length);
	memset(samples, 0, sizeof *samples);
}
