/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The inner loops of kernels.h, compiled once for each instruction set; the
 * compiler vectorises them. KERNELS names the table that is defined.
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

#if defined(__GNUC__) && !defined(__clang__)
#define PRAGMA(text) _Pragma(#text)
#define UNROLL(n) PRAGMA(GCC unroll n)
#elif defined(__clang__)
#define UNROLL(n) _Pragma("unroll")
#else
#define UNROLL(n)
#endif

#ifndef KERNELS
#define KERNELS mr__kernels_base
#define KERNELS_NAME "base"
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

static void exp_all(float *x, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += 8)
		_mm256_storeu_ps(x + i, Sleef_cinz_expf8_u10avx(
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

static void exp_all(float *x, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += 4)
		_mm_storeu_ps(x + i,
		              Sleef_cinz_expf4_u10sse2(_mm_loadu_ps(x + i)));
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

static void exp_all(float *x, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		x[i] = Sleef_cinz_expf1_u10purec(x[i]);
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

static uint32_t math_room(uint32_t n)
{
	return (n + MATH_LANES - 1) / MATH_LANES * MATH_LANES;
}

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

static void normals(uint64_t seed, uint32_t purpose, uint32_t first,
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

/* ---- drift --------------------------------------------------------------- */

#define DRIFT_CHUNK 256

/* Cells that are as old as each other share a logarithm. */
static bool alike(const float *x, uint32_t n)
{
	bool differ = false;

	for (uint32_t i = 0; i < n; i++)
		differ |= x[i] != x[0];
	return !differ;
}

static void drift_chunk(const struct kernel_drift *d, const float *g,
                        const float *nu, const float *age_s, uint32_t n,
                        float *out)
{
	float x[DRIFT_CHUNK] = {0};
	uint32_t n_log = alike(age_s, n) ? 1 : n;

	for (uint32_t i = 0; i < n_log; i++) {
		float age = age_s[i] > d->t_min_s ? age_s[i] : d->t_min_s;

		x[i] = (age + d->shift_s) / d->t0_s;
	}
	log_all(x, math_room(n_log));
	for (uint32_t i = n_log; i < n; i++)
		x[i] = x[0];
	for (uint32_t i = 0; i < n; i++)
		x[i] = -nu[i] * x[i];
	exp_all(x, math_room(n));
	for (uint32_t i = 0; i < n; i++)
		out[i] = g[i] * x[i];
}

static void drift(const struct kernel_drift *d, const float *g, const float *nu,
                  const float *age_s, uint32_t n, float *out)
{
	for (uint32_t i = 0; i < n; i += DRIFT_CHUNK) {
		uint32_t m = n - i < DRIFT_CHUNK ? n - i : DRIFT_CHUNK;

		drift_chunk(d, g + i, nu + i, age_s + i, m, out + i);
	}
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

/* Eight accumulators stay in registers while the rows go by: WIDTH columns,
 * twice, of the sums and variances of two vectors. */
static inline void batch_part(const float *panel, const float *v,
                              uint32_t n_rows, float *acc)
{
	const size_t half = KERNEL_COLUMNS / WIDTH, part = half;
	real *a = (real *)(void *)acc;
	real s00 = a[0], s01 = a[1], q00 = a[part], q01 = a[part + 1];
	real s10 = a[2 * part], s11 = a[2 * part + 1];
	real q10 = a[3 * part], q11 = a[3 * part + 1];

	for (uint32_t k = 0; k < n_rows; k++) {
		const real *p = (const real *)(const void *)panel;
		real g0 = p[0], g1 = p[1], n0 = p[half], n1 = p[half + 1];

		s00 += v[0] * g0;
		s01 += v[0] * g1;
		s10 += v[1] * g0;
		s11 += v[1] * g1;
		q00 += v[2] * n0;
		q01 += v[2] * n1;
		q10 += v[3] * n0;
		q11 += v[3] * n1;
		panel += KERNEL_PANEL;
		v += (size_t)2 * KERNEL_VECTORS;
	}
	a[0] = s00, a[1] = s01, a[part] = q00, a[part + 1] = q01;
	a[2 * part] = s10, a[2 * part + 1] = s11;
	a[3 * part] = q10, a[3 * part + 1] = q11;
}

static void batch(const float *panel, const float *v, uint32_t n_rows,
                  float *acc)
{
	for (uint32_t c = 0; c < KERNEL_COLUMNS; c += 2 * WIDTH)
		batch_part(panel + c, v, n_rows, acc + c);
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
	.normals = normals,
	.drift = drift,
	.columns = columns,
	.sums = sums,
	.batch = batch,
	.pack = pack,
	.dot = dot,
};
