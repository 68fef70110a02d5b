/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * kernels.normals, compiled once for each instruction set; NORMALS names the
 * function that is defined.
 */
#include "kernels.h"

#include <string.h>

#include <sleef.h>

#include "memrig/random.h"

#if defined(__AVX__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

/* Full speed at -O2, too; nothing where no optimisation is asked for. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
#pragma GCC optimize("O3")
#endif

#ifndef NORMALS
#define NORMALS mr__normals_base
#endif

/* ---- SLEEF on arrays ----------------------------------------------------- */

#if defined(__AVX__)

static void log_all(float *x, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += 8)
		_mm256_storeu_ps(x + i, Sleef_cinz_logf8_u35avx(
						_mm256_loadu_ps(x + i)));
}

/* x becomes the cosine of pi x, y the sine. */
static void cos_sin_all(float *x, float *y, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += 8) {
		Sleef___m256_2 r =
			Sleef_cinz_sincospif8_u35avx(_mm256_loadu_ps(x + i));

		_mm256_storeu_ps(x + i, r.y);
		_mm256_storeu_ps(y + i, r.x);
	}
}

#elif defined(__SSE2__)

static void log_all(float *x, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += 4)
		_mm_storeu_ps(x + i,
		              Sleef_cinz_logf4_u35sse2(_mm_loadu_ps(x + i)));
}

static void cos_sin_all(float *x, float *y, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += 4) {
		Sleef___m128_2 r =
			Sleef_cinz_sincospif4_u35sse2(_mm_loadu_ps(x + i));

		_mm_storeu_ps(x + i, r.y);
		_mm_storeu_ps(y + i, r.x);
	}
}

#else

static void log_all(float *x, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		x[i] = Sleef_cinz_logf1_u35purec(x[i]);
}

static void cos_sin_all(float *x, float *y, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		Sleef_float_2 r = Sleef_cinz_sincospif1_u35purec(x[i]);

		x[i] = r.y;
		y[i] = r.x;
	}
}

#endif

/* ---- normals ------------------------------------------------------------- */

/* Philox4x32-10 on LANES blocks at once; each block serves four neighbouring
 * subjects, so that LANES blocks are GROUP normals. */
#define LANES 16
#define GROUP (4 * LANES)
#define ROUNDS 10
#define PHILOX_M0 0xd2511f53u
#define PHILOX_M1 0xcd9e8d57u
#define PHILOX_W0 0x9e3779b9u
#define PHILOX_W1 0xbb67ae85u
#define TO_UNIT 0x1p-24f

/* The low halves of 64-bit lanes, multiplied. */
#if defined(__AVX2__)
#define BYTES 32
#define MULTIPLY(x, y)                                                        \
	((wide)_mm256_mul_epu32((__m256i)(x), (__m256i)(y)))
#elif defined(__SSE2__)
#define BYTES 16
#define MULTIPLY(x, y) ((wide)_mm_mul_epu32((__m128i)(x), (__m128i)(y)))
#else
#define BYTES 16
#define MULTIPLY(x, y) (((x) & LOW_HALF) * (y))
#endif
#define LOW_HALF UINT64_C(0xffffffff)
#define HALF 32

typedef uint64_t wide __attribute__((vector_size(BYTES)));

/* Products of all 32-bit lanes with m: high and low halves. */
static inline void multiply(wide x, uint32_t m, wide *high, wide *low)
{
	const wide by = (wide){0} + m;
	wide even = MULTIPLY(x, by);
	wide odd = MULTIPLY(x >> HALF, by);

	*high = even >> HALF | (odd & ~LOW_HALF);
	*low = (even & LOW_HALF) | odd << HALF;
}

static inline wide both_halves(uint32_t x)
{
	return (wide){0} + ((uint64_t)x << HALF | x);
}

static inline void philox_round(wide w[4], uint32_t key0, uint32_t key1)
{
	wide high0, low0, high1, low1;

	multiply(w[0], PHILOX_M0, &high0, &low0);
	multiply(w[2], PHILOX_M1, &high1, &low1);
	w[0] = high1 ^ w[1] ^ both_halves(key0);
	w[1] = low1;
	w[2] = high0 ^ w[3] ^ both_halves(key1);
	w[3] = low0;
}

/* Two vectors go through the rounds together: a round alone would wait for
 * its products. */
static void philox(uint32_t w[4][LANES], uint32_t key0, uint32_t key1)
{
	for (size_t at = 0; at < LANES; at += BYTES / sizeof w[0][0] * 2) {
		wide a[4], b[4];
		uint32_t k0 = key0, k1 = key1;

		for (int i = 0; i < 4; i++) {
			memcpy(&a[i], &w[i][at], BYTES);
			memcpy(&b[i], &w[i][at + BYTES / sizeof w[0][0]], BYTES);
		}
		for (int round = 0; round < ROUNDS; round++) {
			philox_round(a, k0, k1);
			philox_round(b, k0, k1);
			k0 += PHILOX_W0;
			k1 += PHILOX_W1;
		}
		for (int i = 0; i < 4; i++) {
			memcpy(&w[i][at], &a[i], BYTES);
			memcpy(&w[i][at + BYTES / sizeof w[0][0]], &b[i], BYTES);
		}
	}
}

/* Box-Muller on the words of LANES blocks: pair 0 makes the first two normals
 * of each block, pair 1 the others. */
static void box_muller(uint32_t w[4][LANES], float *z)
{
	float radius[2 * LANES], c[2 * LANES], s[2 * LANES];

	for (size_t pair = 0; pair < 2; pair++) {
		for (size_t i = 0; i < LANES; i++) {
			int32_t u = (int32_t)((w[2 * pair][i] >> 8) + 1);
			int32_t a = (int32_t)(w[2 * pair + 1][i] >> 8);

			radius[pair * LANES + i] = (float)u * TO_UNIT;
			c[pair * LANES + i] = (float)a * TO_UNIT * 2.0f;
		}
	}
	log_all(radius, 2 * LANES);
	cos_sin_all(c, s, 2 * LANES);
	for (int i = 0; i < 2 * LANES; i++)
		radius[i] = __builtin_sqrtf(-2.0f * radius[i]);
	for (size_t pair = 0; pair < 2; pair++) {
		for (size_t i = 0; i < LANES; i++) {
			size_t at = pair * LANES + i;

			z[4 * i + 2 * pair] = radius[at] * c[at];
			z[4 * i + 2 * pair + 1] = radius[at] * s[at];
		}
	}
}

/* Whether each block's four subjects are at the same event. */
static bool in_step(const uint64_t *event)
{
	uint64_t differ = 0, apart = 0;

	for (int i = 0; i < GROUP; i++)
		differ |= event[i] ^ event[0];
	if (differ == 0)
		return true;
	for (int i = 0; i < GROUP; i += 4)
		apart |= (event[i] ^ event[i + 1]) | (event[i] ^ event[i + 2]) |
		         (event[i] ^ event[i + 3]);
	return apart == 0;
}

static void normals_group(uint64_t seed, uint32_t purpose, uint32_t first,
                          const uint64_t *event, float *z)
{
	uint32_t w[4][LANES];

	for (uint32_t i = 0; i < LANES; i++) {
		w[0][i] = first / 4 + i;
		w[1][i] = (uint32_t)event[(size_t)4 * i];
		w[2][i] = (uint32_t)(event[(size_t)4 * i] >> 32);
		w[3][i] = purpose << 8;
	}
	philox(w, (uint32_t)seed, (uint32_t)(seed >> 32));
	box_muller(w, z);
}

void NORMALS(uint64_t seed, uint32_t purpose, uint32_t first,
             const uint64_t *event, uint32_t n, float *z)
{
	uint32_t i = 0;

	while (i < n) {
		if ((first + i) % 4 == 0 && n - i >= GROUP &&
		    in_step(event + i)) {
			normals_group(seed, purpose, first + i, event + i,
			              z + i);
			i += GROUP;
			continue;
		}
		z[i] = mr_random_normal(seed, (enum mr_purpose)purpose,
		                        first + i, event[i]);
		i++;
	}
}
