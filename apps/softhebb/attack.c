/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Projected gradient descent, and noise. */
#include "attack.h"

#include "memrig/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 128 /* pixels whose noise is drawn at once */

static float clip(float x, float low, float high)
{
	return x < low ? low : x > high ? high : x;
}

void mr_attack_pixels(const struct mr_images *images, uint32_t first,
                      uint32_t n, float *x)
{
	size_t n_in = (size_t)images->channels * images->height * images->width;
	const uint8_t *pixel = &images->pixels[first * n_in];

	for (size_t i = 0; i < n * n_in; i++)
		x[i] = (float)pixel[i] / 255;
}

/* ---- noise ----------------------------------------------------------------------- */

static void noise_chunk(double sigma, uint64_t seed, uint32_t picture,
                        uint32_t first, uint32_t n, float *x)
{
	uint64_t event[CHUNK];
	float z[CHUNK];

	for (uint32_t j = 0; j < n; j++)
		event[j] = picture;
	mr_random_normals(seed, MR_PURPOSE_PICTURE, first, event, n, z);
	for (uint32_t j = 0; j < n; j++)
		x[j] = clip(x[j] + (float)sigma * z[j], 0, 1);
}

static void noise_picture(double sigma, uint64_t seed, uint32_t picture,
                          uint32_t n, float *x)
{
	for (uint32_t j = 0; j < n; j += CHUNK)
		noise_chunk(sigma, seed, picture, j,
		            n - j < CHUNK ? n - j : CHUNK, &x[j]);
}

void mr_attack_noise(double sigma, uint64_t seed, uint32_t first, uint32_t n,
                     uint32_t n_in, float *x)
{
	for (uint32_t i = 0; i < n; i++)
		noise_picture(sigma, seed, first + i, n_in,
		              &x[(size_t)i * n_in]);
}

/* ---- attack ---------------------------------------------------------------------- */

static void start_at(const struct mr_attack *attack, const float *origin,
                     uint32_t picture, uint32_t n_in, float *x)
{
	for (uint32_t j = 0; j < n_in; j++) {
		struct mr_address at = {.purpose = MR_PURPOSE_UPDATE,
		                        .subject = j,
		                        .event = picture};
		double u = mr_random_uniform(attack->seed, at);

		x[j] = clip(origin[j] + (float)(attack->eps * (2 * u - 1)), 0,
		            1);
	}
}

static float sign(float x)
{
	return (float)((x > 0) - (x < 0));
}

static void step(const struct mr_attack *attack, const float *origin,
                 const float *gx, size_t n, float *x)
{
	float alpha = (float)(attack->towards ? -attack->alpha : attack->alpha);
	float eps = (float)attack->eps;

	for (size_t i = 0; i < n; i++) {
		float moved = clip(x[i] + alpha * sign(gx[i]), origin[i] - eps,
		                   origin[i] + eps);

		x[i] = clip(moved, 0, 1);
	}
}

void mr_attack_go(const struct mr_attack *attack, const struct mr_judge *judge,
                  const float *origin, const uint16_t *label, uint32_t n,
                  float *gx, float *x)
{
	for (uint32_t s = 0; s < attack->steps; s++) {
		judge->type->gradient(judge->self, x, label, n, gx);
		step(attack, origin, gx, (size_t)n * judge->n_in, x);
	}
}

void mr_attack_run(const struct mr_attack *attack, const struct mr_judge *judge,
                   const float *origin, const uint16_t *label, uint32_t first,
                   uint32_t n, float *gx, float *x)
{
	size_t n_in = judge->n_in;

	memcpy(x, origin, n * n_in * sizeof *x);
	for (uint32_t i = 0; i < n && !attack->still; i++)
		start_at(attack, &origin[i * n_in], first + i, judge->n_in,
		         &x[i * n_in]);
	mr_attack_go(attack, judge, origin, label, n, gx, x);
}
