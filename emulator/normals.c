/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * kernels.normals and normals_apart, compiled once for each instruction set;
 * NORMALS and NORMALS_APART name the functions that are defined. Simple forms:
 * mr_random_normal(), boxmuller.h.
 */
#include "kernels.h"

#include <string.h>

#include "memrig/random.h"

#include "boxmuller.h"

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
#define NORMALS_APART mr__normals_apart_base
#endif

/* ---- vectors ------------------------------------------------------------- */

#if defined(__AVX2__)
#define BYTES 32
#else
#define BYTES 16
#endif
#define HALF 32 /* bits of a wide lane */
#define LOW_HALF UINT64_C(0xffffffff)

typedef uint64_t wide __attribute__((vector_size(BYTES)));
typedef uint32_t words __attribute__((vector_size(BYTES)));
typedef int32_t ints __attribute__((vector_size(BYTES)));
typedef float real __attribute__((vector_size(BYTES)));

#if defined(__clang__)
#define SHUFFLE(lane, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(lane, a, b, ...) __builtin_shuffle(a, b, (lane){__VA_ARGS__})
#endif
/* Of u unscaled, which is 2^24 times what boxmuller.h takes apart. */
#define BOX_FROM (BOX_TWO_THIRDS + (24u << BOX_MANTISSA))
#define BOX_FRACTION ((1u << BOX_MANTISSA) - 1)
#define TO_REAL(x) __builtin_convertvector(x, real)

/* MULTIPLY: the low halves of wide lanes. PACK: the low halves of the lanes of
 * two. LOWER, UPPER: lanes of two vectors in turn, within each 16 bytes; _2 of
 * pairs of lanes. With BLOCKS in ORDER the lanes of PACK are such that the
 * four normals of each block come to lie side by side, block after block. */
#if defined(__AVX2__)
#define MULTIPLY(x, y)                                                        \
	((wide)_mm256_mul_epu32((__m256i)(x), (__m256i)(y)))
#define PACK(a, b)                                                            \
	SHUFFLE(words, (words)(a), (words)(b), 0, 2, 8, 10, 4, 6, 12, 14)
#define LOWER(a, b) SHUFFLE(words, a, b, 0, 8, 1, 9, 4, 12, 5, 13)
#define UPPER(a, b) SHUFFLE(words, a, b, 2, 10, 3, 11, 6, 14, 7, 15)
#define LOWER_2(a, b) SHUFFLE(wide, (wide)(a), (wide)(b), 0, 4, 2, 6)
#define UPPER_2(a, b) SHUFFLE(wide, (wide)(a), (wide)(b), 1, 5, 3, 7)
#define ORDER {{0, 2, 1, 3}, {4, 6, 5, 7}}
#else
#if defined(__SSE2__)
#define MULTIPLY(x, y) ((wide)_mm_mul_epu32((__m128i)(x), (__m128i)(y)))
#else
#define MULTIPLY(x, y) (((x) & LOW_HALF) * (y))
#endif
#define PACK(a, b) SHUFFLE(words, (words)(a), (words)(b), 0, 2, 4, 6)
#define LOWER(a, b) SHUFFLE(words, a, b, 0, 4, 1, 5)
#define UPPER(a, b) SHUFFLE(words, a, b, 2, 6, 3, 7)
#define LOWER_2(a, b) SHUFFLE(wide, (wide)(a), (wide)(b), 0, 2)
#define UPPER_2(a, b) SHUFFLE(wide, (wide)(a), (wide)(b), 1, 3)
#define ORDER {{0, 1}, {2, 3}}
#endif

static inline real root(real x)
{
#if defined(__AVX__) && BYTES == 32
	return (real)_mm256_sqrt_ps((__m256)x);
#elif defined(__SSE2__)
	return (real)_mm_sqrt_ps((__m128)x);
#else
	for (size_t i = 0; i < BYTES / sizeof(float); i++)
		x[i] = __builtin_sqrtf(x[i]);
	return x;
#endif
}

/* a, where the sign of `at` is not set; b elsewhere. */
static inline real blend(real a, real b, words at)
{
#if defined(__AVX2__)
	return (real)_mm256_blendv_ps((__m256)a, (__m256)b, (__m256)at);
#else
	words which = (words)((ints)at < 0);

	return (real)(((words)a & ~which) | ((words)b & which));
#endif
}

/* ---- Philox4x32-10 ------------------------------------------------------- */

/* A block makes the normals of four neighbouring subjects. Each of its words
 * stands in the low half of a wide lane; upper halves hold anything. */
#define BLOCKS (BYTES / 4)
#define GROUP (4 * BLOCKS)
#define ROUNDS 10
#define PHILOX_M0 UINT64_C(0xd2511f53)
#define PHILOX_M1 UINT64_C(0xcd9e8d57)
#define PHILOX_W0 0x9e3779b9u
#define PHILOX_W1 0xbb67ae85u
#define BLOCK_BITS 8

struct keys {
	wide of[ROUNDS][2];
};

static void make_keys(uint64_t seed, struct keys *k)
{
	uint32_t low = (uint32_t)seed, high = (uint32_t)(seed >> HALF);

	for (int i = 0; i < ROUNDS; i++) {
		k->of[i][0] = (wide){0} + (uint64_t)low;
		k->of[i][1] = (wide){0} + (uint64_t)high;
		low += PHILOX_W0;
		high += PHILOX_W1;
	}
}

static inline void philox_round(wide w[4], const wide key[2])
{
	const wide m0 = (wide){0} + PHILOX_M0, m1 = (wide){0} + PHILOX_M1;
	wide p0 = MULTIPLY(w[0], m0), p1 = MULTIPLY(w[2], m1);

	w[0] = (p1 >> HALF) ^ (w[1] ^ key[0]);
	w[1] = p1;
	w[2] = (p0 >> HALF) ^ (w[3] ^ key[1]);
	w[3] = p0;
}

/* Two vectors go through the rounds together: a round alone would wait for
 * its products. */
static inline void philox(wide a[4], wide b[4], const struct keys *k)
{
	for (int i = 0; i < ROUNDS; i++) {
		philox_round(a, k->of[i]);
		philox_round(b, k->of[i]);
	}
}

static inline wide spread(uint64_t x)
{
	return (wide){0} + (x & LOW_HALF);
}

/* ---- Box-Muller: boxmuller.h on vectors ------------------------------------ */

static inline real box_log(words w)
{
	words u = (words)TO_REAL((ints)((w >> BOX_DROPPED) + 1)) - BOX_FROM;
	ints e = (ints)u >> BOX_MANTISSA;
	real f = (real)((u & BOX_FRACTION) + BOX_TWO_THIRDS) - 1.0f;
	real f2 = f * f;
	real p = (BOX_LOG5 * f + BOX_LOG4) * f2 + (BOX_LOG3 * f + BOX_LOG2);

	p = p * f2 + (BOX_LOG1 * f + BOX_LOG0);
	return TO_REAL(e) * BOX_LN + (f2 * (p * f + 1.0f) - (f + f));
}

static inline void box_muller(words w0, words w1, real *z0, real *z1)
{
	words at = w1 + BOX_ROUND;
	real v = TO_REAL((ints)(w1 << 2) >> (BOX_DROPPED + 2)) * BOX_EIGHTH;
	real y = v * v;
	real s = v * (((BOX_SIN3 * y + BOX_SIN2) * y + BOX_SIN1) * y +
	              BOX_SIN0);
	real c = ((BOX_COS3 * y + BOX_COS2) * y + BOX_COS1) * y + 1.0f;
	words odd = at << 1;
	real radius = root(box_log(w0));

	*z0 = radius * (real)((words)blend(c, s, odd) ^ ((at ^ odd) & BOX_SIGN));
	*z1 = radius * (real)((words)blend(s, c, odd) ^ (at & BOX_SIGN));
}

/* ---- groups ---------------------------------------------------------------- */

static inline void put(float *z, size_t part, wide x)
{
	memcpy(z + part * BYTES / sizeof *z, &x, sizeof x);
}

/* The words of BLOCKS blocks of one event. */
static inline void draw(const struct keys *k, uint32_t purpose, uint32_t block,
                        uint64_t event, words w[4])
{
	const wide order[2] = ORDER;
	wide a[4], b[4];

	a[0] = order[0] + (uint64_t)block, b[0] = order[1] + (uint64_t)block;
	a[1] = b[1] = spread(event);
	a[2] = b[2] = spread(event >> HALF);
	a[3] = b[3] = spread(purpose << BLOCK_BITS);
	philox(a, b, k);
	for (int i = 0; i < 4; i++)
		w[i] = PACK(a[i], b[i]);
}

/* The words of the blocks of any subjects and events. */
static void draw_each(const struct keys *k, uint32_t purpose,
                      const uint32_t subject[BLOCKS],
                      const uint64_t event[BLOCKS], words w[4])
{
	static const uint8_t order[2][BLOCKS / 2] = ORDER;
	uint64_t at[2][3][BLOCKS / 2];
	wide v[2][4];

	for (size_t h = 0; h < 2; h++) {
		for (size_t i = 0; i < BLOCKS / 2; i++) {
			uint64_t e = event[order[h][i]];

			at[h][0][i] = subject[order[h][i]] / 4;
			at[h][1][i] = e;
			at[h][2][i] = e >> HALF;
		}
		memcpy(v[h], at[h], sizeof at[h]);
		v[h][3] = spread(purpose << BLOCK_BITS);
	}
	philox(v[0], v[1], k);
	for (int i = 0; i < 4; i++)
		w[i] = PACK(v[0][i], v[1][i]);
}

/* The words of neighbouring blocks that are at events of their own. */
static void draw_apart(const struct keys *k, uint32_t purpose, uint32_t block,
                       const uint64_t event[GROUP], words w[4])
{
	uint32_t subject[BLOCKS];
	uint64_t at[BLOCKS];

	for (uint32_t i = 0; i < BLOCKS; i++) {
		subject[i] = 4 * (block + i);
		at[i] = event[4 * (size_t)i];
	}
	draw_each(k, purpose, subject, at, w);
}

/* GROUP normals of these words. */
static inline void transform(const words w[4], float *z)
{
	real z0, z1, z2, z3;

	box_muller(w[0], w[1], &z0, &z1);
	box_muller(w[2], w[3], &z2, &z3);
	put(z, 0, LOWER_2(LOWER(z0, z1), LOWER(z2, z3)));
	put(z, 1, UPPER_2(LOWER(z0, z1), LOWER(z2, z3)));
	put(z, 2, LOWER_2(UPPER(z0, z1), UPPER(z2, z3)));
	put(z, 3, UPPER_2(UPPER(z0, z1), UPPER(z2, z3)));
}

static inline bool alike(const uint64_t *event, uint32_t n)
{
	uint64_t differ = 0;

	for (uint32_t i = 0; i < n; i++)
		differ |= event[i] ^ event[0];
	return differ == 0;
}

/* Whether each block's four subjects are at the same event. */
static bool in_step(const uint64_t event[GROUP])
{
	for (int i = 0; i < GROUP; i += 4)
		if (!alike(event + i, 4))
			return false;
	return true;
}

/* How many of n are at the event of the first. */
static uint32_t count_alike(const uint64_t *event, uint32_t n)
{
	uint32_t i = 1;

	while (n - i >= GROUP && event[i] == event[0] &&
	       alike(event + i, GROUP))
		i += GROUP;
	while (i < n && event[i] == event[0])
		i++;
	return i;
}

/* Whole groups, the first of which begins up to three subjects early. The
 * words of each are drawn while those of the one before it are transformed:
 * either alone would wait for itself. */
static void run_alike(const struct keys *k, uint32_t purpose, uint32_t first,
                      uint64_t event, uint32_t n, float *z)
{
	uint32_t block = first / 4, skip = first % 4;
	words now[4], next[4] = {{0}};
	float whole[GROUP] = {0};

	draw(k, purpose, block, event, now);
	while (n > 0) {
		uint32_t m = n < GROUP - skip ? n : GROUP - skip;

		block += BLOCKS;
		if (n > m)
			draw(k, purpose, block, event, next);
		transform(now, m == GROUP ? z : whole);
		if (m != GROUP)
			memcpy(z, whole + skip, m * sizeof *z);
		memcpy(now, next, sizeof now);
		skip = 0;
		z += m;
		n -= m;
	}
}

void NORMALS(uint64_t seed, uint32_t purpose, uint32_t first,
             const uint64_t *event, uint32_t n, float *z)
{
	struct keys k;
	words w[4];
	uint32_t m;

	if (n > 1)
		make_keys(seed, &k);
	for (uint32_t i = 0; i < n; i += m) {
		uint32_t at = first + i;

		m = count_alike(event + i, n - i);
		if (m < GROUP && n - i >= GROUP && at % 4 == 0 &&
		    in_step(event + i)) {
			m = GROUP;
			draw_apart(&k, purpose, at / 4, event + i, w);
			transform(w, z + i);
		} else if (m > 1) {
			run_alike(&k, purpose, at, event[i], m, z + i);
		} else {
			m = 1;
			z[i] = mr_random_normal(seed, (enum mr_purpose)purpose,
			                        at, event[i]);
		}
	}
}

/* One block for each subject, of whose four normals it takes its own. */
void NORMALS_APART(uint64_t seed, uint32_t purpose, const uint32_t *subject,
                   const uint64_t *event, uint32_t n, float *z)
{
	struct keys k;
	words w[4];
	float whole[GROUP];

	make_keys(seed, &k);
	for (uint32_t i = 0; i < n; i += BLOCKS) {
		uint32_t m = n - i < BLOCKS ? n - i : BLOCKS;
		uint32_t own[BLOCKS] = {0};
		uint64_t at[BLOCKS] = {0};

		memcpy(own, subject + i, m * sizeof *own);
		memcpy(at, event + i, m * sizeof *at);
		draw_each(&k, purpose, own, at, w);
		transform(w, whole);
		for (uint32_t j = 0; j < m; j++)
			z[i + j] = whole[4 * j + own[j] % 4];
	}
}
