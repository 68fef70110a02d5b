/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "toyset.h"

#include <stdlib.h>

#include "memrig/random.h"

#include "test.h"

/* Class 0 and 1: a bar at the left or right; 2 and 3: at the top or bottom. */
static bool is_lit(uint32_t class, uint32_t y, uint32_t x)
{
	uint32_t along = class < 2 ? x : y;

	return class % 2 ? along >= TOY_SIDE - 2 : along < 2;
}

static uint8_t pixel(uint32_t class, uint32_t i, uint32_t at, uint64_t seed)
{
	struct mr_address where = {.purpose = MR_PURPOSE_INPUT,
	                           .subject = at,
	                           .event = i};
	double noise = mr_random_uniform(seed, where);
	bool lit = is_lit(class, at / TOY_SIDE, at % TOY_SIDE);

	return (uint8_t)(lit ? 155 + 100 * noise : 60 * noise);
}

struct mr_images toyset_make(uint32_t n, uint64_t seed)
{
	const uint32_t pixels = TOY_SIDE * TOY_SIDE;
	struct mr_images toy = {.n = n, .channels = 1, .height = TOY_SIDE,
	                        .width = TOY_SIDE, .n_classes = TOY_CLASSES,
	                        .label = calloc(n, sizeof *toy.label),
	                        .pixels = calloc(n, pixels)};

	CU_ASSERT_FATAL(toy.label && toy.pixels);
	for (uint32_t i = 0; i < n; i++) {
		toy.label[i] = (uint16_t)(i % TOY_CLASSES);
		for (uint32_t at = 0; at < pixels; at++)
			toy.pixels[(size_t)i * pixels + at] =
				pixel(toy.label[i], i, at, seed);
	}
	return toy;
}
