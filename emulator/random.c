/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The only file that makes random numbers. The transcendental functions are
 * SLEEF's deterministic family, whose vector forms give the same bits, so that
 * a faster kernel can never change a result. */
#include "memrig/random.h"

#include <math.h>

#include <sleef.h>

/* Random123's header converts freely between integer widths. */
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wpedantic"
#endif
#include <Random123/philox.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#define BLOCK_BITS 8
#define HALF_BITS 32
#define TO_UNIT_F 0x1p-24f
#define TO_UNIT_D 0x1p-53

void mr_random_bits(uint64_t seed, struct mr_address at, uint32_t out[4])
{
	philox4x32_ctr_t ctr = {
		{at.subject, (uint32_t)at.event,
	         (uint32_t)(at.event >> HALF_BITS),
	         (uint32_t)at.purpose << BLOCK_BITS | at.block}};
	philox4x32_key_t key = {
		{(uint32_t)seed, (uint32_t)(seed >> HALF_BITS)}};
	philox4x32_ctr_t r = philox4x32(ctr, key);

	for (int i = 0; i < 4; i++)
		out[i] = r.v[i];
}

double mr_random_uniform(uint64_t seed, struct mr_address at)
{
	uint32_t w[4];

	mr_random_bits(seed, at, w);
	uint64_t bits = (uint64_t)w[0] << HALF_BITS | w[1];

	return ((double)(bits >> 11) + 1.0) * TO_UNIT_D;
}

/* Box-Muller; u in (0, 1] so that the logarithm is finite. */
static void box_muller(uint32_t a, uint32_t b, float z[2])
{
	float u = (float)((a >> 8) + 1) * TO_UNIT_F;
	float angle = (float)(b >> 8) * TO_UNIT_F * 2.0f;
	float radius = sqrtf(-2.0f * Sleef_cinz_logf1_u35purec(u));
	Sleef_float_2 sc = Sleef_cinz_sincospif1_u35purec(angle);

	z[0] = radius * sc.y;
	z[1] = radius * sc.x;
}

void mr_random_normal2(uint64_t seed, struct mr_address at, float z[2])
{
	uint32_t w[4];

	mr_random_bits(seed, at, w);
	box_muller(w[0], w[1], z);
}

void mr_random_normals(uint64_t seed, enum mr_purpose purpose,
                       const uint32_t *cells, const uint64_t *events, size_t n,
                       float *z)
{
	for (size_t i = 0; i < n; i++) {
		struct mr_address at = {.purpose = purpose,
		                        .subject = cells[i],
		                        .event = events[cells[i]]};

		mr_random_normal2(seed, at, &z[2 * i]);
	}
}
