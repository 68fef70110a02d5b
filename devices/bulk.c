/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The loops of bulk.h, compiled once for each instruction set. BULK names the
 * table that is defined.
 */
#include "bulk.h"

#include <string.h>

#if defined(__AVX__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

/* Full speed at -O2, too; nothing where no optimisation is asked for. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
#pragma GCC optimize("O3")
#endif

#ifndef BULK
#define BULK mr__bulk_base
#define BULK_NAME "base"
#endif

#define LEAST_G 1e-7f  /* the logarithm's floor */
#define SIGN 0x80000000u
#define MOST_POWER 1e3f /* 1 / the least power of g that counts */

/* ---- vectors ----------------------------------------------------------------- */

#if defined(__AVX2__)
#define BYTES 32
#else
#define BYTES 16
#endif
#define LANES ((uint32_t)(BYTES / sizeof(float)))

typedef uint32_t words __attribute__((vector_size(BYTES)));
typedef int32_t ints __attribute__((vector_size(BYTES)));
typedef float real __attribute__((vector_size(BYTES)));

#define TO_REAL(x) __builtin_convertvector(x, real)

static inline real load(const float *x)
{
	real v;

	memcpy(&v, x, sizeof v);
	return v;
}

static inline void store(float *x, real v)
{
	memcpy(x, &v, sizeof v);
}

static inline real choose(ints which, real yes, real no)
{
	return (real)(((words)yes & (words)which) | ((words)no & ~(words)which));
}

static inline real greater_of(real a, float b)
{
	const real all = (real){0} + b;

#if defined(__AVX2__)
	return (real)_mm256_max_ps((__m256)a, (__m256)all);
#elif defined(__SSE2__)
	return (real)_mm_max_ps((__m128)a, (__m128)all);
#else
	return choose(a > all, a, all);
#endif
}

static inline real less_of(real a, float b)
{
	const real all = (real){0} + b;

#if defined(__AVX2__)
	return (real)_mm256_min_ps((__m256)a, (__m256)all);
#elif defined(__SSE2__)
	return (real)_mm_min_ps((__m128)a, (__m128)all);
#else
	return choose(a < all, a, all);
#endif
}

/* ---- logarithm and power -------------------------------------------------------
 *
 * Least-maximum polynomials of the relative error (Remez), this project's: the
 * logarithm's is 2e-7, the power's 1e-7, without the rounding of floats
 * (bulk_power_is_the_law). */

/* x = 2^e (1 + f), |f| <= 1/3: ln(1 + f) = f - f^2/2 + f^3 (L0 + L1 f + ...);
 * x is normal and above 0. */
#define TWO_THIRDS 0x3f2aaaabu /* as bits */
#define MANTISSA 23
#define LN_2 0.69314718056f
#define L0 0.33336563703f
#define L1 (-0.25004664450f)
#define L2 0.19822503965f
#define L3 (-0.16462457506f)
#define L4 0.16964876760f
#define L5 (-0.15177195804f)

static inline real log_of(real x)
{
	ints e = (ints)((words)x - TWO_THIRDS) >> MANTISSA;
	real f = (real)((words)x - ((words)e << MANTISSA)) - 1.0f;
	real f2 = f * f;
	real p = (L5 * f + L4) * f2 + (L3 * f + L2);

	p = p * f2 + (L1 * f + L0);
	return TO_REAL(e) * LN_2 + (f2 * (p * f - 0.5f) + f);
}

/* x = k + r, |r| <= 1/2: 2^r = 1 + r (E0 + E1 r + ...); |x| < 126, and 5 times
 * the logarithm of LEAST_G is less. Adding ROUND leaves k in the lowest bits. */
#define LOG2_E 1.4426950409f
#define ROUND 0x1.8p23f
#define E0 0.6931469776f
#define E1 0.24022242086f
#define E2 0.055507337432f
#define E3 0.009671512606f
#define E4 0.0013264727074f

static inline real power_of_2(real x)
{
	real k = x + ROUND;
	real r = x - (k - ROUND);
	real r2 = r * r;
	real p = E4 * r2 + (E3 * r + E2);

	p = p * r2 + (E1 * r + E0);
	return (real)((words)(p * r + 1.0f) + ((words)k << MANTISSA));
}

/* ---- laws ------------------------------------------------------------------ */

static inline real polynomial(const float *c, real g)
{
	return greater_of(((c[3] * g + c[2]) * g + c[1]) * g + c[0], 0.0f);
}

static inline real piece(const struct bulk_piece *p, bool split, real g,
                         real log_g)
{
	real low = less_of(greater_of(p->slope * log_g + p->offset, p->min),
	                   p->max);

	if (!split)
		return low;
	return choose(g < p->split, low, polynomial(p->c, g));
}

static inline real power_law(const struct bulk_power *l, real log_g)
{
	real inverse = power_of_2(-l->exponent * LOG2_E * log_g);

	return less_of(l->at_1 * less_of(inverse, MOST_POWER), l->max);
}

/* ---- targets ----------------------------------------------------------------- */

/* Locals, because the compiler cannot know that writing a cell leaves the law
 * alone. `split` and `by_power` are constants where these are called. */

/* Error and drift exponent; both follow the target. */
static inline void meet(const struct bulk_target *given, bool split,
                        const float *target_S, const float *z0,
                        const float *z1, uint32_t n, float *g_S, float *nu)
{
	const struct bulk_target l = *given;
	const float per_S = 1.0f / l.g_max_S;

	for (uint32_t i = 0; i < n; i += LANES) {
		real want_S = load(target_S + i), g = want_S * per_S;
		real log_g = log_of(greater_of(g, LEAST_G));
		real off_S = polynomial(l.sd_S, g) * load(z0 + i);
		real drawn = piece(&l.nu, split, g, log_g) +
		             piece(&l.nu_sd, split, g, log_g) * load(z1 + i);

		store(g_S + i, greater_of(want_S + off_S, 0.0f));
		store(nu + i, (real)((words)drawn & ~SIGN) * l.nu_scale);
	}
}

/* 1/f amplitude; follows what was met. */
static inline void settle(const struct bulk_target *given, bool by_power,
                          const float *g_S, uint32_t n, float *q)
{
	const struct bulk_target l = *given;
	const float per_S = 1.0f / l.g_max_S;

	for (uint32_t i = 0; i < n; i += LANES) {
		real g = load(g_S + i) * per_S;
		real log_g = log_of(greater_of(g, LEAST_G));
		real law = by_power ? power_law(&l.q_power, log_g)
		                    : piece(&l.q_piece, true, g, log_g);

		store(q + i, law * l.q_scale);
	}
}

/* Two passes, because in one each vector waits for itself. */
static void target_whole(const struct bulk_target *l, const float *target_S,
                         const float *z0, const float *z1, uint32_t n,
                         float *g_S, float *nu, float *q)
{
	if (l->nu.split < BULK_NO_SPLIT || l->nu_sd.split < BULK_NO_SPLIT)
		meet(l, true, target_S, z0, z1, n, g_S, nu);
	else
		meet(l, false, target_S, z0, z1, n, g_S, nu);
	if (l->q_by_power)
		settle(l, true, g_S, n, q);
	else
		settle(l, false, g_S, n, q);
}

static void target(const struct bulk_target *t, const float *target_S,
                   const float *z0, const float *z1, uint32_t n, float *g_S,
                   float *nu, float *q)
{
	uint32_t rest = n % LANES, i = n - rest;
	float in[3][LANES] = {{0}}, out[3][LANES];

	target_whole(t, target_S, z0, z1, i, g_S, nu, q);
	if (rest == 0)
		return;
	memcpy(in[0], target_S + i, rest * sizeof(float));
	memcpy(in[1], z0 + i, rest * sizeof(float));
	memcpy(in[2], z1 + i, rest * sizeof(float));
	target_whole(t, in[0], in[1], in[2], LANES, out[0], out[1], out[2]);
	memcpy(g_S + i, out[0], rest * sizeof(float));
	memcpy(nu + i, out[1], rest * sizeof(float));
	memcpy(q + i, out[2], rest * sizeof(float));
}

static inline void power_whole(const struct bulk_power *law, float g_unit_S,
                               const float *g_S, uint32_t n, float *out)
{
	const struct bulk_power l = *law;

	for (uint32_t i = 0; i < n; i += LANES) {
		real g = less_of(load(g_S + i) / g_unit_S, 1.0f);

		store(out + i, power_law(&l, log_of(greater_of(g, LEAST_G))));
	}
}

static void power(const struct bulk_power *law, float g_unit_S,
                  const float *g_S, uint32_t n, float *out)
{
	uint32_t rest = n % LANES, i = n - rest;
	float in[LANES] = {0}, last[LANES];

	power_whole(law, g_unit_S, g_S, i, out);
	if (rest == 0)
		return;
	memcpy(in, g_S + i, rest * sizeof *in);
	power_whole(law, g_unit_S, in, LANES, last);
	memcpy(out + i, last, rest * sizeof *in);
}

const struct bulk BULK = {
	.name = BULK_NAME,
	.target = target,
	.power = power,
};
