/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The loops of bulk.h, compiled once for each instruction set; the compiler
 * vectorises them. BULK names the table that is defined.
 */
#include "bulk.h"

#include <sleef.h>

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

#define CHUNK 256
#define LANES 8        /* of arrays that go through SLEEF */
#define LEAST_G 1e-7f  /* the logarithm's floor */
#define MOST_POWER 1e3f /* 1 / the least power of g that counts */

/* ---- SLEEF on arrays of n rounded up to LANES ------------------------------ */

#if defined(__AVX__)

static void log_all(float *x, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += 8)
		_mm256_storeu_ps(x + i, Sleef_cinz_logf8_u35avx(
						_mm256_loadu_ps(x + i)));
}

static void exp_all(float *x, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += 8)
		_mm256_storeu_ps(x + i, Sleef_cinz_expf8_u10avx(
						_mm256_loadu_ps(x + i)));
}

#elif defined(__SSE2__)

static void log_all(float *x, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += 4)
		_mm_storeu_ps(x + i,
		              Sleef_cinz_logf4_u35sse2(_mm_loadu_ps(x + i)));
}

static void exp_all(float *x, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += 4)
		_mm_storeu_ps(x + i,
		              Sleef_cinz_expf4_u10sse2(_mm_loadu_ps(x + i)));
}

#else

static void log_all(float *x, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		x[i] = Sleef_cinz_logf1_u35purec(x[i]);
}

static void exp_all(float *x, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		x[i] = Sleef_cinz_expf1_u10purec(x[i]);
}

#endif

/* What SLEEF reads beyond n is set, so that it raises nothing. */
static void log_of(float *x, uint32_t n)
{
	for (uint32_t i = n; i % LANES; i++)
		x[i] = 1.0f;
	log_all(x, n);
}

/* ---- laws ------------------------------------------------------------------ */

static inline float polynomial(const float *c, float g)
{
	float value = ((c[3] * g + c[2]) * g + c[1]) * g + c[0];

	return value > 0.0f ? value : 0.0f;
}

static inline float piece(const struct bulk_piece *p, float g, float log_g)
{
	float low = p->slope * log_g + p->offset;
	float high = polynomial(p->c, g);

	low = low > p->min ? low : p->min;
	low = low < p->max ? low : p->max;
	return g < p->split ? low : high;
}

/* x holds logarithms; becomes the law. */
static void power_of_logs(const struct bulk_power *law, float *x, uint32_t n)
{
	const struct bulk_power l = *law;

	for (uint32_t i = 0; i < n; i++)
		x[i] = -l.exponent * x[i];
	for (uint32_t i = n; i % LANES; i++)
		x[i] = 0.0f;
	exp_all(x, n);
	for (uint32_t i = 0; i < n; i++) {
		float inverse = x[i] < MOST_POWER ? x[i] : MOST_POWER;
		float value = l.at_1 * inverse;

		x[i] = value < l.max ? value : l.max;
	}
}

/* ---- targets ----------------------------------------------------------------- */

/* Error and drift exponent; both follow the target. */
static void meet(const struct bulk_target *t, const float *restrict target_S,
                 const float *restrict z0, const float *restrict z1,
                 uint32_t n, float *restrict g_S, float *restrict nu)
{
	const struct bulk_target l = *t;
	float log_g[CHUNK];

	for (uint32_t i = 0; i < n; i++) {
		float g = target_S[i] / l.g_max_S;

		log_g[i] = g > LEAST_G ? g : LEAST_G;
	}
	log_of(log_g, n);
	for (uint32_t i = 0; i < n; i++) {
		float g = target_S[i] / l.g_max_S;
		float met = target_S[i] + polynomial(l.sd_S, g) * z0[i];
		float drawn = piece(&l.nu, g, log_g[i]) +
		              piece(&l.nu_sd, g, log_g[i]) * z1[i];

		g_S[i] = met > 0.0f ? met : 0.0f;
		nu[i] = (drawn < 0.0f ? -drawn : drawn) * l.nu_scale;
	}
}

/* 1/f amplitude; follows what was met. */
static void settle(const struct bulk_target *t, const float *restrict g_S,
                   uint32_t n, float *restrict q)
{
	const struct bulk_piece l = t->q_piece;
	const float g_max_S = t->g_max_S, scale = t->q_scale;
	float x[CHUNK];

	for (uint32_t i = 0; i < n; i++) {
		float g = g_S[i] / g_max_S;

		x[i] = g > LEAST_G ? g : LEAST_G;
	}
	log_of(x, n);
	if (t->q_by_power)
		power_of_logs(&t->q_power, x, n);
	else
		for (uint32_t i = 0; i < n; i++)
			x[i] = piece(&l, g_S[i] / g_max_S, x[i]);
	for (uint32_t i = 0; i < n; i++)
		q[i] = x[i] * scale;
}

static void target(const struct bulk_target *t, const float *target_S,
                   const float *z0, const float *z1, uint32_t n, float *g_S,
                   float *nu, float *q)
{
	for (uint32_t i = 0; i < n; i += CHUNK) {
		uint32_t m = n - i < CHUNK ? n - i : CHUNK;

		meet(t, target_S + i, z0 + i, z1 + i, m, g_S + i, nu + i);
		settle(t, g_S + i, m, q + i);
	}
}

static void power(const struct bulk_power *law, float g_unit_S,
                  const float *g_S, uint32_t n, float *out)
{
	float x[CHUNK];

	for (uint32_t i = 0; i < n; i += CHUNK) {
		uint32_t m = n - i < CHUNK ? n - i : CHUNK;

		for (uint32_t k = 0; k < m; k++) {
			float g = g_S[i + k] / g_unit_S;

			g = g < 1.0f ? g : 1.0f;
			x[k] = g > LEAST_G ? g : LEAST_G;
		}
		log_of(x, m);
		power_of_logs(law, x, m);
		for (uint32_t k = 0; k < m; k++)
			out[i + k] = x[k];
	}
}

const struct bulk BULK = {
	.name = BULK_NAME,
	.target = target,
	.power = power,
};
