/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The inner loops of kernels.h, compiled once for each instruction set; the
 * compiler vectorises them. KERNELS names the table that is defined.
 */
#include "kernels.h"

#include <string.h>

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

#if defined(__GNUC__) && !defined(__clang__)
#define PRAGMA(text) _Pragma(#text)
#define UNROLL(n) PRAGMA(GCC unroll n)
#elif defined(__clang__)
#define UNROLL(n) _Pragma("unroll")
#else
#define UNROLL(n)
#endif

/* Have a vector in a register: read again and again, it costs more loads than
 * the processor has. */
#if defined(__SSE2__) && defined(__GNUC__)
#define KEEP(x) __asm__("" : "+x"(x))
#else
#define KEEP(x)
#endif

#ifndef KERNELS
#define KERNELS mr__kernels_base
#define KERNELS_NAME "base"
#define NORMALS mr__normals_base
#define NORMALS_APART mr__normals_apart_base
#endif

/* ---- SLEEF on arrays ----------------------------------------------------- */

#define MATH_LANES 8 /* arrays are a multiple of it */

#if defined(__AVX__)

static void log_all(float *x, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += 8)
		_mm256_storeu_ps(x + i, Sleef_cinz_logf8_u35avx(
						_mm256_loadu_ps(x + i)));
}

#elif defined(__SSE2__)

static void log_all(float *x, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += 4)
		_mm_storeu_ps(x + i,
		              Sleef_cinz_logf4_u35sse2(_mm_loadu_ps(x + i)));
}

#else

static void log_all(float *x, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		x[i] = Sleef_cinz_logf1_u35purec(x[i]);
}

#endif

static uint32_t math_room(uint32_t n)
{
	return (n + MATH_LANES - 1) / MATH_LANES * MATH_LANES;
}

/* ---- drift --------------------------------------------------------------- */

#if defined(__AVX2__)
#define BYTES 32
#else
#define BYTES 16
#endif

typedef uint32_t words __attribute__((vector_size(BYTES)));
typedef float floats __attribute__((vector_size(BYTES)));

/* 2^x: x = k + r, |r| <= 1/2, 2^r = 1 + r (E0 + E1 r + ...), the least-maximum
 * polynomial of the relative error, which is 1e-7 (Remez, this project's).
 * Adding ROUND leaves k in the lowest bits. */
#define ROUND 0x1.8p23f
#define MANTISSA 23
#define MOST 126.0f /* of |x|: beyond, floats end */
#define LOG2_E 1.4426950409f
#define E0 0.6931469776f
#define E1 0.24022242086f
#define E2 0.055507337432f
#define E3 0.009671512606f
#define E4 0.0013264727074f

static inline floats within(floats x)
{
	const floats most = (floats){0} + MOST;

#if defined(__AVX2__)
	return (floats)_mm256_min_ps(
		_mm256_max_ps((__m256)x, (__m256)-most), (__m256)most);
#elif defined(__SSE2__)
	return (floats)_mm_min_ps(_mm_max_ps((__m128)x, (__m128)-most),
	                          (__m128)most);
#else
	for (size_t i = 0; i < BYTES / sizeof(float); i++)
		x[i] = x[i] < -MOST ? -MOST : x[i] > MOST ? MOST : x[i];
	return x;
#endif
}

/* g 2^(by nu) of n cells, n a multiple of a vector. */
static inline floats decay(floats g, floats nu, floats by)
{
	floats x = within(nu * by);
	floats k = x + ROUND;
	floats r = x - (k - ROUND), r2 = r * r;
	floats p = E4 * r2 + (E3 * r + E2);

	p = p * r2 + (E1 * r + E0);
	return g * (floats)((words)(p * r + 1.0f) + ((words)k << MANTISSA));
}

#define DRIFT_CHUNK 256
#define DRIFT_LANES (BYTES / sizeof(float))

/* by[i] of each cell, or by[0 .. lanes - 1] of all (step 0). */
static inline void decay_all(const float *g, const float *nu, const float *by,
                             size_t step, uint32_t n, float *out)
{
	floats a = {0}, b = {0}, c;
	uint32_t i = 0;

	memcpy(&c, by, sizeof c);
	for (; n - i >= DRIFT_LANES; i += DRIFT_LANES) {
		memcpy(&a, g + i, sizeof a);
		memcpy(&b, nu + i, sizeof b);
		memcpy(&c, by + step * i, sizeof c);
		a = decay(a, b, c);
		memcpy(out + i, &a, sizeof a);
	}
	if (i == n)
		return;
	memcpy(&a, g + i, (n - i) * sizeof *g);
	memcpy(&b, nu + i, (n - i) * sizeof *nu);
	memcpy(&c, by + step * i, step ? (n - i) * sizeof *by : sizeof c);
	a = decay(a, b, c);
	memcpy(out + i, &a, (n - i) * sizeof *out);
}

static inline float span(const struct kernel_drift *d, float age_s)
{
	float age = age_s > d->t_min_s ? age_s : d->t_min_s;

	return (age + d->shift_s) / d->t0_s;
}

static void drift(const struct kernel_drift *d, const float *g, const float *nu,
                  const float *age_s, uint32_t n, float *out)
{
	for (uint32_t i = 0; i < n; i += DRIFT_CHUNK) {
		uint32_t m = n - i < DRIFT_CHUNK ? n - i : DRIFT_CHUNK;
		float by[DRIFT_CHUNK] = {0};

		for (uint32_t j = 0; j < m; j++)
			by[j] = span(d, age_s[i + j]);
		log_all(by, math_room(m));
		for (uint32_t j = 0; j < m; j++)
			by[j] *= -LOG2_E;
		decay_all(g + i, nu + i, by, 1, m, out + i);
	}
}

/* One logarithm for all. */
static void drift_alike(const struct kernel_drift *d, const float *g,
                        const float *nu, float age_s, uint32_t n, float *out)
{
	float by[MATH_LANES];

	for (int i = 0; i < MATH_LANES; i++)
		by[i] = span(d, age_s);
	log_all(by, MATH_LANES);
	for (int i = 0; i < MATH_LANES; i++)
		by[i] *= -LOG2_E;
	decay_all(g, nu, by, 0, n, out);
}

/* ---- products ------------------------------------------------------------ */

#define WIDTH (BYTES / sizeof(float))
typedef float real __attribute__((vector_size(BYTES), aligned(4)));

static inline real load(const float *p)
{
	return *(const real *)(const void *)p;
}

static inline void store(float *p, real x)
{
	*(real *)(void *)p = x;
}

static void add_row(const float *restrict g, float v, float offset_S, uint32_t n,
                    float *restrict sum, float *restrict var)
{
	const float v2 = v * v;

	for (uint32_t k = 0; k < n; k++) {
		float x = g[k] + offset_S;

		sum[k] += v * g[k];
		var[k] += v2 * (x * x);
	}
}

/* One pass over eight rows loads and stores the sums once, and a row's voltage
 * once for two vectors of columns. */
static uint32_t add_eight(const float *const *g, const float *v, float offset_S,
                          uint32_t n, float *restrict sum, float *restrict var)
{
	const real offset = (real){0} + offset_S;
	const float *row[KERNEL_ROWS];
	float w[KERNEL_ROWS];
	uint32_t k = 0;

	for (int r = 0; r < KERNEL_ROWS; r++) {
		row[r] = g[r];
		w[r] = v[r] * v[r];
	}
	for (; k + 2 * WIDTH <= n; k += 2 * WIDTH) {
		real s0 = load(sum + k), s1 = load(sum + k + WIDTH);
		real a0 = load(var + k), a1 = load(var + k + WIDTH);

		UNROLL(KERNEL_ROWS)
		for (int r = 0; r < KERNEL_ROWS; r++) {
			real g0 = load(row[r] + k), g1 = load(row[r] + k + WIDTH);
			real x0 = g0 + offset, x1 = g1 + offset;

			s0 += v[r] * g0;
			s1 += v[r] * g1;
			a0 += w[r] * (x0 * x0);
			a1 += w[r] * (x1 * x1);
		}
		store(sum + k, s0);
		store(sum + k + WIDTH, s1);
		store(var + k, a0);
		store(var + k + WIDTH, a1);
	}
	return k;
}

static void columns(const float *const *g, const float *v, uint32_t n_rows,
                    uint32_t n, float offset_S, float *sum, float *var)
{
	uint32_t k = 0;

	if (n_rows == KERNEL_ROWS)
		k = add_eight(g, v, offset_S, n, sum, var);
	for (uint32_t r = 0; r < n_rows && k < n; r++)
		add_row(g[r] + k, v[r], offset_S, n - k, sum + k, var + k);
}

static void sums(const float *const *g, const float *v, uint32_t n_rows,
                 uint32_t n, float *restrict sum)
{
	for (uint32_t r = 0; r < n_rows; r++) {
		const float *restrict row = g[r];
		const float x = v[r];

		for (uint32_t k = 0; k < n; k++)
			sum[k] += x * row[k];
	}
}

/* Eight accumulators stay in registers while the rows go by: 2 WIDTH columns of
 * the sums, or of the variances, of KERNEL_VECTORS vectors. */
static inline void batch_part(const float *panel, const float *v,
                              uint32_t n_rows, float *acc)
{
	const size_t next = KERNEL_PANEL; /* of acc: the next vector's */
	real a0 = load(acc), b0 = load(acc + WIDTH);
	real a1 = load(acc + next), b1 = load(acc + next + WIDTH);
	real a2 = load(acc + 2 * next), b2 = load(acc + 2 * next + WIDTH);
	real a3 = load(acc + 3 * next), b3 = load(acc + 3 * next + WIDTH);

	for (uint32_t k = 0; k < n_rows; k++) {
		real g0 = load(panel), g1 = load(panel + WIDTH);

		KEEP(g0);
		KEEP(g1);
		a0 += v[0] * g0;
		b0 += v[0] * g1;
		a1 += v[1] * g0;
		b1 += v[1] * g1;
		a2 += v[2] * g0;
		b2 += v[2] * g1;
		a3 += v[3] * g0;
		b3 += v[3] * g1;
		panel += KERNEL_PANEL;
		v += (size_t)2 * KERNEL_VECTORS;
	}
	store(acc, a0), store(acc + WIDTH, b0);
	store(acc + next, a1), store(acc + next + WIDTH, b1);
	store(acc + 2 * next, a2), store(acc + 2 * next + WIDTH, b2);
	store(acc + 3 * next, a3), store(acc + 3 * next + WIDTH, b3);
}

static void batch(const float *panel, const float *v, uint32_t n_rows,
                  float *acc)
{
	for (uint32_t c = 0; c < KERNEL_COLUMNS; c += 2 * WIDTH) {
		batch_part(panel + c, v, n_rows, acc + c);
		batch_part(panel + KERNEL_COLUMNS + c, v + KERNEL_VECTORS,
		           n_rows, acc + KERNEL_COLUMNS + c);
	}
}

static float add_pairwise(float *lane)
{
	for (int half = KERNEL_LANES / 2; half > 0; half /= 2)
		for (int i = 0; i < half; i++)
			lane[i] += lane[i + half];
	return lane[0];
}

static void pack(const float *g, uint32_t n_panels, size_t stride,
                 float offset_S, float *panel)
{
	for (uint32_t p = 0; p < n_panels; p++) {
		float *to = panel + p * stride;

		for (int k = 0; k < KERNEL_COLUMNS; k++) {
			float x = g[k] + offset_S;

			to[k] = g[k];
			to[KERNEL_COLUMNS + k] = x * x;
		}
		g += KERNEL_COLUMNS;
	}
}

#define DOT_REALS (KERNEL_LANES * sizeof(float) / BYTES)

static void dot(const float *g, const float *v, uint32_t n, float offset_S,
                float *sum, float *var)
{
	real s[DOT_REALS] = {{0}}, a[DOT_REALS] = {{0}};
	float sums_of[KERNEL_LANES], vars_of[KERNEL_LANES];
	uint32_t j = 0;

	for (; j + KERNEL_LANES <= n; j += KERNEL_LANES) {
		const real *x = (const real *)(const void *)(g + j);
		const real *w = (const real *)(const void *)(v + j);

		for (size_t i = 0; i < DOT_REALS; i++) {
			real y = x[i] + offset_S;

			s[i] += w[i] * x[i];
			a[i] += (w[i] * w[i]) * (y * y);
		}
	}
	/* cppcheck takes a real for one float */
	/* cppcheck-suppress bufferAccessOutOfBounds */
	memcpy(sums_of, s, sizeof sums_of);
	/* cppcheck-suppress bufferAccessOutOfBounds */
	memcpy(vars_of, a, sizeof vars_of);
	for (uint32_t i = 0; j < n; i++, j++) {
		float y = g[j] + offset_S;

		sums_of[i] += v[j] * g[j];
		vars_of[i] += (v[j] * v[j]) * (y * y);
	}
	*sum = add_pairwise(sums_of);
	*var = add_pairwise(vars_of);
}

const struct kernels KERNELS = {
	.name = KERNELS_NAME,
	.normals = NORMALS,
	.normals_apart = NORMALS_APART,
	.drift = drift,
	.drift_alike = drift_alike,
	.columns = columns,
	.sums = sums,
	.batch = batch,
	.pack = pack,
	.dot = dot,
};
