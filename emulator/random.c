/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The only file that makes random numbers, but for its bulk form in normals.c,
 * which gives the same bits, so that a faster kernel can never change a
 * result. */
#include "memrig/random.h"

#include "boxmuller.h"
#include "kernels.h"

#include <math.h>

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

float mr_random_normal(uint64_t seed, enum mr_purpose purpose,
                       uint32_t subject, uint64_t event)
{
	struct mr_address at = {
		.purpose = purpose, .subject = subject / 4, .event = event};
	uint32_t w[4];
	uint32_t pair = subject & 2;

	mr_random_bits(seed, at, w);
	float radius = sqrtf(mr__box_log(w[pair])), cosine, sine;

	mr__box_turn(w[pair + 1], &cosine, &sine);
	return radius * (subject & 1 ? sine : cosine);
}

void mr_random_normals(uint64_t seed, enum mr_purpose purpose, uint32_t first,
                       const uint64_t *event, uint32_t n, float *z)
{
	mr__kernels_pick()->normals(seed, purpose, first, event, n, z);
}
