/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Moves pictures. */
#include "shift.h"

#include "memrig/random.h"

/* Draws of the same subject and event by others are below (crop.c). */
#define BLOCK 96

/* 0 to n - 1; the bias is below n / 2^32. */
static uint32_t below(uint32_t n, uint32_t word)
{
	return (uint32_t)((uint64_t)n * word >> 32);
}

struct mr_shift mr_shift_choose(const struct mr_images_cut *cut, uint32_t index)
{
	uint32_t word[4], places = 2 * cut->shift + 1;

	mr_random_bits(cut->seed,
	               (struct mr_address){MR_PURPOSE_INPUT, index, cut->epoch,
	                                   BLOCK}, word);
	return (struct mr_shift){
		.x = (int32_t)below(places, word[0]) - (int32_t)cut->shift,
		.y = (int32_t)below(places, word[1]) - (int32_t)cut->shift,
		.flip = below(2, word[2]) != 0};
}

static uint32_t reflected(int64_t at, uint32_t n)
{
	if (at < 0)
		at = -at;
	return (uint32_t)(at < n ? at : 2 * ((int64_t)n - 1) - at);
}

void mr_shift_plane(const struct mr_shift *shift, uint32_t height,
                    uint32_t width, const uint8_t *in, uint8_t *out)
{
	for (uint32_t y = 0; y < height; y++) {
		const uint8_t *row =
			in + (size_t)reflected((int64_t)y - shift->y, height) *
				     width;

		for (uint32_t x = 0; x < width; x++) {
			uint32_t to = shift->flip ? width - 1 - x : x;

			out[(size_t)y * width + to] =
				row[reflected((int64_t)x - shift->x, width)];
		}
	}
}
