/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Two random words to two normals, by Box and Muller (Ann. Math. Statist. 29,
 * 610 (1958)): radius sqrt(-2 ln u), u of the upper 24 bits of one word, 0
 * excluded; angle the upper 24 bits of the other in 2^-24 of a turn.
 *
 * These are the simple forms. normals.c has the same operations in the same
 * order on vectors, so that all give the same bits wherever products and sums
 * are not contracted. Polynomials are least-maximum ones (Remez), of the
 * relative error; they are this project's. Largest errors over all 2^24 words,
 * stated and measured in tests/test_random.c: 4 ulp of -2 ln u, 2 ulp of sine
 * and cosine, where float's rounding of coefficients and results is in it.
 */
#ifndef MR_EMULATOR_BOXMULLER_H
#define MR_EMULATOR_BOXMULLER_H

#include <stdint.h>
#include <string.h>

#define BOX_DROPPED 8      /* bits of a word that are not used */
#define BOX_UNIT 0x1p-24f  /* of u */
#define BOX_EIGHTH 0x1p-21f /* of r: an eighth of a turn is 1 */

/* u = 2^e (1 + f), |f| <= 1/3:
 * -2 ln(1 + f) = -2 f + f^2 + f^3 (c0 + c1 f + ... + c5 f^5) */
#define BOX_TWO_THIRDS 0x3f2aaaab /* as bits */
#define BOX_MANTISSA 23
#define BOX_LN (-1.3862943611f) /* -2 ln 2 */
#define BOX_LOG0 (-0.66673127405f)
#define BOX_LOG1 0.50009328900f
#define BOX_LOG2 (-0.39645007930f)
#define BOX_LOG3 0.32924915012f
#define BOX_LOG4 (-0.33929753519f)
#define BOX_LOG5 0.30354391608f

/* v in eighths of a turn, |v| <= 1, y = v^2:
 * sin(pi v / 4) = v (s0 + s1 y + ...), cos(pi v / 4) = 1 + c1 y + ... */
#define BOX_SIN0 0.78539816085f
#define BOX_SIN1 (-0.080745432529f)
#define BOX_SIN2 0.0024900010239f
#define BOX_SIN3 (-3.5950452153e-05f)
#define BOX_COS1 (-0.30842442659f)
#define BOX_COS2 0.015850200695f
#define BOX_COS3 (-0.00031902004643f)

/* Where the angle stands, from an eighth of a turn before its quadrant on. */
#define BOX_ROUND 0x20000000u
#define BOX_QUARTER 0x40000000u
#define BOX_SIGN 0x80000000u

static inline float mr__box_float(uint32_t bits)
{
	float x;

	memcpy(&x, &bits, sizeof x);
	return x;
}

static inline uint32_t mr__box_bits(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof bits);
	return bits;
}

/* -2 ln u */
static inline float mr__box_log(uint32_t word)
{
	float u = (float)(int32_t)((word >> BOX_DROPPED) + 1) * BOX_UNIT;
	uint32_t bits = mr__box_bits(u);
	int32_t e = (int32_t)(bits - BOX_TWO_THIRDS) >> BOX_MANTISSA;
	float f = mr__box_float(bits - ((uint32_t)e << BOX_MANTISSA)) - 1.0f;
	float f2 = f * f;
	float p = (BOX_LOG5 * f + BOX_LOG4) * f2 + (BOX_LOG3 * f + BOX_LOG2);

	p = p * f2 + (BOX_LOG1 * f + BOX_LOG0);
	return (float)e * BOX_LN + (f2 * (p * f + 1.0f) - (f + f));
}

static inline void mr__box_turn(uint32_t word, float *cosine, float *sine)
{
	uint32_t at = word + BOX_ROUND;
	float v = (float)((int32_t)(word << 2) >> (BOX_DROPPED + 2)) *
	          BOX_EIGHTH;
	float y = v * v;
	float s = v * (((BOX_SIN3 * y + BOX_SIN2) * y + BOX_SIN1) * y +
	               BOX_SIN0);
	float c = ((BOX_COS3 * y + BOX_COS2) * y + BOX_COS1) * y + 1.0f;
	uint32_t odd = 0 - (at >> 30 & 1);
	uint32_t swap = (mr__box_bits(c) ^ mr__box_bits(s)) & odd;

	*cosine = mr__box_float(mr__box_bits(c) ^ swap ^
	                        ((at + BOX_QUARTER) & BOX_SIGN));
	*sine = mr__box_float(mr__box_bits(s) ^ swap ^ (at & BOX_SIGN));
}

#endif
