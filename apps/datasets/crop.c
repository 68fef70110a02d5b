/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Chooses parts of pictures. */
#include "crop.h"

#include <math.h>

#include "memrig/random.h"

#define TRIES 10
#define AREA_MIN 0.08
#define ASPECT_MAX (4.0 / 3.0)
#define SHRINK_MAX 8u
#define WORD_STEP 0x1p-32 /* a word of random bits to a number below 1 */
/* Draws of the same subject and event by others begin with block 0. */
#define BLOCK_TRY 64
#define BLOCK_FLIP (BLOCK_TRY + TRIES)

static void draw(const struct mr_images_cut *cut, uint32_t index, uint8_t block,
                 double u[4])
{
	uint32_t word[4];
	struct mr_address at = {MR_PURPOSE_INPUT, index, cut->epoch, block};

	mr_random_bits(cut->seed, at, word);
	for (unsigned i = 0; i < 4; i++)
		u[i] = word[i] * WORD_STEP;
}

static struct mr_picture_box middle(uint32_t width, uint32_t height, double w,
                                    double h)
{
	return (struct mr_picture_box){.x = (width - w) / 2,
	                               .y = (height - h) / 2,
	                               .width = w,
	                               .height = h};
}

/* A place for a part of w x h among those that fit, on whole pixels. */
static struct mr_picture_box place(uint32_t width, uint32_t height, double w,
                                   double h, const double u[2])
{
	return (struct mr_picture_box){.x = floor(u[0] * (width - w + 1)),
	                               .y = floor(u[1] * (height - h + 1)),
	                               .width = w,
	                               .height = h};
}

static struct mr_picture_box choose_random(uint32_t width, uint32_t height,
                                           const struct mr_images_cut *cut,
                                           uint32_t index)
{
	double w = width;
	double h = height;

	for (uint8_t i = 0; i < TRIES; i++) {
		double u[4];
		double area;
		double aspect;

		draw(cut, index, (uint8_t)(BLOCK_TRY + i), u);
		area = w * h * (AREA_MIN + (1 - AREA_MIN) * u[0]);
		aspect = exp(log(ASPECT_MAX) * (2 * u[1] - 1));
		double part_w = round(sqrt(area * aspect));
		double part_h = round(sqrt(area / aspect));

		if (part_w >= 1 && part_h >= 1 && part_w <= w && part_h <= h)
			return place(width, height, part_w, part_h, u + 2);
	}
	return middle(width, height, fmin(w, round(h * ASPECT_MAX)),
	              fmin(h, round(w * ASPECT_MAX)));
}

struct mr_picture_box mr_crop_choose(uint32_t width, uint32_t height,
                                     const struct mr_images_cut *cut,
                                     uint32_t index)
{
	double side = width < height ? width : height;
	struct mr_picture_box box;
	double u[4];

	if (cut == NULL || !cut->random)
		return middle(width, height, side, side);
	box = choose_random(width, height, cut, index);
	draw(cut, index, BLOCK_FLIP, u);
	box.flip = u[0] < 0.5;
	return box;
}

unsigned mr_crop_shrink(const struct mr_picture_box *box, uint32_t size)
{
	double least = fmin(box->width, box->height);
	unsigned shrink = 1;

	while (shrink < SHRINK_MAX && least / (2.0 * shrink) >= size)
		shrink *= 2;
	return shrink;
}
