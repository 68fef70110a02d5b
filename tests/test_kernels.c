/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The emulator's inner loops against the simple form of each, bit for bit, in
 * every instruction set that this processor runs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/kernels.h"
#include "memrig/random.h"

#include "test.h"

#define N 203 /* odd, and more than any vector */
#define ROWS 13

#define OFFSET_S 4.3e-6f
static float g[ROWS][N], v[ROWS];

static void fill(void)
{
	for (uint32_t r = 0; r < ROWS; r++) {
		v[r] = 0.2f * (float)mr_random_uniform(
				      3, (struct mr_address){
						 .purpose = MR_PURPOSE_INPUT,
						 .subject = r}) -
		       0.1f;
		for (uint32_t k = 0; k < N; k++)
			g[r][k] = 1e-5f *
			          (float)mr_random_uniform(
					  4, (struct mr_address){
						     .purpose = MR_PURPOSE_INPUT,
						     .subject = r,
						     .event = k});
	}
}

static void each(void (*test)(const struct kernels *k))
{
	size_t n;
	const struct kernels *const *all = mr__kernels_all(&n);

	fill();
	CU_ASSERT_FATAL(n >= 1);
	for (size_t i = 0; i < n; i++)
		test(all[i]);
}

/* ---- sums down the columns ----------------------------------------------- */

static void reference_columns(uint32_t n_rows, float *sum, float *var)
{
	for (uint32_t r = 0; r < n_rows; r++) {
		for (uint32_t k = 0; k < N; k++) {
			float sd = g[r][k] + OFFSET_S;
			float product = v[r] * g[r][k];
			float square = sd * sd;

			sum[k] = sum[k] + product;
			product = v[r] * v[r];
			product = product * square;
			var[k] = var[k] + product;
		}
	}
}

static void columns_of(const struct kernels *k)
{
	for (uint32_t n_rows = 1; n_rows <= KERNEL_ROWS; n_rows++) {
		float sum[N] = {0.5f}, var[N] = {0.25f}, only[N] = {0.5f};
		float want_sum[N] = {0.5f}, want_var[N] = {0.25f};
		const float *rows[KERNEL_ROWS];

		for (uint32_t r = 0; r < n_rows; r++)
			rows[r] = g[r];
		reference_columns(n_rows, want_sum, want_var);
		k->columns(rows, v, n_rows, N, OFFSET_S, sum, var);
		k->sums(rows, v, n_rows, N, only);
		CU_ASSERT(memcmp(sum, want_sum, sizeof sum) == 0);
		CU_ASSERT(memcmp(var, want_var, sizeof var) == 0);
		CU_ASSERT(memcmp(only, want_sum, sizeof only) == 0);
	}
}

static void kernels_columns_equal_the_simple_form(void)
{
	each(columns_of);
}

/* ---- panels: the same sums for two vectors at once ------------------------ */

static void batch_of(const struct kernels *k)
{
	enum { PANELS = 2, STRIDE = ROWS * KERNEL_PANEL };
	static float panel[PANELS][ROWS][KERNEL_PANEL];
	float pair[ROWS][2][KERNEL_VECTORS];
	float acc[KERNEL_VECTORS][2][KERNEL_COLUMNS] = {{{0}}};
	float sum[N] = {0}, var[N] = {0};

	for (uint32_t r = 0; r < ROWS; r++) {
		k->pack(g[r], PANELS, STRIDE, OFFSET_S, panel[0][r]);
		for (uint32_t b = 0; b < KERNEL_VECTORS; b++) {
			float w = b ? -2.385f * v[r] : v[r];

			pair[r][0][b] = w;
			pair[r][1][b] = w * w;
		}
	}
	reference_columns(ROWS, sum, var);
	k->batch(panel[1][0], pair[0][0], ROWS, acc[0][0]);
	for (uint32_t c = 0; c < KERNEL_COLUMNS; c++) {
		CU_ASSERT(acc[0][0][c] == sum[KERNEL_COLUMNS + c]);
		CU_ASSERT(acc[0][1][c] == var[KERNEL_COLUMNS + c]);
		/* another order of the same products: 1e-6 of the terms */
		MR_NEAR((double)acc[1][0][c],
		        -2.385 * (double)sum[KERNEL_COLUMNS + c], 1e-11);
	}
}

static void kernels_batch_equals_the_columns(void)
{
	each(batch_of);
}

/* ---- dot products --------------------------------------------------------- */

static void dot_of(const struct kernels *k)
{
	for (uint32_t n = 1; n < 70; n++) {
		float lane[2][KERNEL_LANES] = {{0}}, sum, var;

		for (uint32_t j = 0; j < n; j++) {
			float sd = g[0][j] + OFFSET_S;
			float w = g[1][j] * 1e4f, square = sd * sd;
			float product = w * g[0][j];

			lane[0][j % KERNEL_LANES] += product;
			product = w * w;
			product = product * square;
			lane[1][j % KERNEL_LANES] += product;
		}
		for (int h = KERNEL_LANES / 2; h > 0; h /= 2)
			for (int i = 0; i < h; i++) {
				lane[0][i] += lane[0][i + h];
				lane[1][i] += lane[1][i + h];
			}
		float w[70];

		for (uint32_t j = 0; j < n; j++)
			w[j] = g[1][j] * 1e4f;
		k->dot(g[0], w, n, OFFSET_S, &sum, &var);
		CU_ASSERT(sum == lane[0][0] && var == lane[1][0]);
	}
}

static void kernels_dot_adds_lanes_pairwise(void)
{
	each(dot_of);
}

/* ---- drift and normals ----------------------------------------------------- */

/* Against double precision: the float functions are good to 1 ulp and 3.5 ulp,
 * 6e-7 in all; the exponent nu * L is below 1. */
static void drift_of(const struct kernels *k)
{
	static const struct kernel_drift law = {38.6f, 38.6f, 0};
	static float age[N], nu[N], out[N], first[N];
	size_t n;

	for (uint32_t i = 0; i < N; i++) {
		age[i] = powf(10, -6 + 15.0f * (float)i / N);
		nu[i] = 0.04f + 0.0001f * (float)(i % 17);
	}
	k->drift(&law, g[0], nu, age, N, out);
	for (uint32_t i = 0; i < N; i++) {
		double want = (double)g[0][i] *
		              exp(-(double)nu[i] *
		                  log(((double)age[i] + 38.6) / 38.6));

		MR_NEAR((double)out[i] / want, 1, 1e-6);
	}
	mr__kernels_all(&n)[0]->drift(&law, g[0], nu, age, N, first);
	CU_ASSERT(memcmp(first, out, sizeof out) == 0);
	k->drift(&law, g[0] + 7, nu + 7, age + 7, 1, out);
	CU_ASSERT(out[0] == first[7]);
}

/* More cells than go through at once; odd begins and lengths. */
static void drift_alike_of(const struct kernels *k)
{
	enum { MANY = 531 };
	static const struct kernel_drift law = {20, 0, 23.85f};
	static float some_g[MANY], nu[MANY], age[MANY], want[MANY], out[MANY];

	for (uint32_t i = 0; i < MANY; i++) {
		some_g[i] = g[i % ROWS][i % N];
		nu[i] = 0.04f + 0.0001f * (float)(i % 17);
		age[i] = 2385;
	}
	for (uint32_t first = 0; first < 3; first++) {
		k->drift(&law, some_g + first, nu + first, age, MANY - first,
		         want);
		k->drift_alike(&law, some_g + first, nu + first, 2385,
		               MANY - first, out);
		CU_ASSERT(memcmp(out, want, (MANY - first) * sizeof *out) == 0);
	}
}

static void kernels_drift_alike_is_that_of_each(void)
{
	each(drift_alike_of);
}

static void kernels_drift_is_the_law_in_every_set(void)
{
	each(drift_of);
}

static void normals_of(const struct kernels *k)
{
	static uint64_t event[N];
	static float z[N];

	for (uint32_t i = 0; i < N; i++)
		event[i] = i < 150 ? 9 : i % 3;
	for (uint32_t first = 0; first < 5; first++) {
		k->normals(77, MR_PURPOSE_READ, first, event, N, z);
		for (uint32_t i = 0; i < N; i++)
			CU_ASSERT(z[i] == mr_random_normal(77, MR_PURPOSE_READ,
			                                   first + i, event[i]));
	}
}

static void kernels_normals_equal_single_ones(void)
{
	each(normals_of);
}

/* Any subjects, in no order, some of them in one block. */
static void normals_apart_of(const struct kernels *k)
{
	static uint32_t subject[N];
	static uint64_t event[N];
	static float z[N];

	for (uint32_t i = 0; i < N; i++) {
		subject[i] = i % 5 ? i * 2654435761u : i;
		event[i] = i % 7 ? i % 3 : (uint64_t)i << 33;
	}
	for (uint32_t n = 1; n <= N; n += n < 40 ? 1 : 61) {
		z[n - 1] = 9;
		k->normals_apart(78, MR_PURPOSE_READ, subject, event, n, z);
		for (uint32_t i = 0; i < n; i++)
			CU_ASSERT(z[i] == mr_random_normal(78, MR_PURPOSE_READ,
			                                   subject[i],
			                                   event[i]));
	}
}

static void kernels_normals_apart_equal_single_ones(void)
{
	each(normals_apart_of);
}

/* Enough words for each polynomial to be met all over its range. */
static void many_normals_of(const struct kernels *k)
{
	enum { MANY = 4096, EVENTS = 64 };
	static uint64_t event[MANY];
	static float z[MANY];
	uint32_t differ = 0;

	for (uint64_t e = 0; e < EVENTS; e++) {
		for (uint32_t i = 0; i < MANY; i++)
			event[i] = e << 30;
		k->normals(UINT64_MAX / 3, MR_PURPOSE_READ, 1, event, MANY, z);
		for (uint32_t i = 0; i < MANY; i++)
			differ += z[i] != mr_random_normal(UINT64_MAX / 3,
			                                   MR_PURPOSE_READ,
			                                   1 + i, e << 30);
	}
	CU_ASSERT_EQUAL(differ, 0);
}

static void kernels_normals_equal_many_single_ones(void)
{
	each(many_normals_of);
}

const struct mr_test mr_tests[] = {
	{"kernels_columns_equal_the_simple_form",
	 kernels_columns_equal_the_simple_form},
	{"kernels_batch_equals_the_columns", kernels_batch_equals_the_columns},
	{"kernels_dot_adds_lanes_pairwise", kernels_dot_adds_lanes_pairwise},
	{"kernels_drift_is_the_law_in_every_set",
	 kernels_drift_is_the_law_in_every_set},
	{"kernels_drift_alike_is_that_of_each",
	 kernels_drift_alike_is_that_of_each},
	{"kernels_normals_equal_single_ones", kernels_normals_equal_single_ones},
	{"kernels_normals_apart_equal_single_ones",
	 kernels_normals_apart_equal_single_ones},
	{"kernels_normals_equal_many_single_ones",
	 kernels_normals_equal_many_single_ones},
	{0},
};
