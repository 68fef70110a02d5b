/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The passes of the deep network, each form that this processor runs against a
 * plain one in double precision; lengths around the width of a vector. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "apps/softhebb/kernels.h"
#include "test.h"

#define N 4099 /* a prime: no multiple of any width */

static const struct mr_deep_kernels *form;

/* Every test for each form. */
static void for_each_form(void (*test)(void))
{
	size_t n;
	const struct mr_deep_kernels *const *all = mr__deep_kernels_all(&n);

	CU_ASSERT(n >= 1 && mr__deep_kernels_pick() == all[0]);
	for (size_t i = 0; i < n; i++) {
		form = all[i];
		test();
	}
}

/* Uniform enough, of both signs, without a pattern of a vector's width. */
static void fill(float *x, size_t n, float scale)
{
	uint32_t state = 2385;

	for (size_t i = 0; i < n; i++) {
		state = state * 1664525u + 1013904223u;
		x[i] = ((float)(state >> 8) / 8388608.0f - 1) * scale;
	}
}

static double worst(const float *x, const double *right, size_t n, double floor)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		most = fmax(most, fabs((double)x[i] - right[i]) /
		                          fmax(fabs(right[i]), floor));
	return most;
}

/* ---- functions ----------------------------------------------------------- */

static void exp_is_near(void)
{
	float x[N], e[N];
	double right[N];

	for (int i = 0; i < N; i++)
		x[i] = -87 + 175.0f * (float)i / N;
	for (int i = 0; i < N; i++)
		right[i] = exp((double)x[i]);
	form->exp_all(x, e, N);
	MR_NEAR(worst(e, right, N, DBL_MIN), 0, 3e-7);
	form->exp_all((float[]){0, -88, -1e30f, -INFINITY}, e, 4);
	CU_ASSERT(e[0] == 1 && e[1] == 0 && e[2] == 0 && e[3] == 0);
}

static void exp_is_as_stated(void)
{
	for_each_form(exp_is_near);
}

static void log2_is_near(void)
{
	float x[N], l[N];

	for (int i = 0; i < N; i++)
		x[i] = powf(2, -40 + 80.0f * (float)i / N);
	form->log2_all(x, l, N);
	for (int i = 0; i < N; i++)
		MR_NEAR((double)l[i], log2((double)x[i]),
		        2e-7 + 2e-7 * fabs(log2((double)x[i])));
}

static void log2_is_as_stated(void)
{
	for_each_form(log2_is_near);
}

static void power_is_near(void)
{
	static const float q[] = {0.7f, 1.4f, 2.385f};
	float x[N];
	double right[N];

	for (int k = 0; k < 3; k++) {
		for (int i = 0; i < N; i++) {
			x[i] = powf(2, -20 + 40.0f * (float)i / N);
			right[i] = pow((double)x[i], (double)q[k]);
		}
		form->power(x, N, q[k]);
		MR_NEAR(worst(x, right, N, DBL_MIN), 0, 3e-6 * (double)q[k]);
		x[0] = 0;
		x[1] = -3;
		form->power(x, 2, q[k]);
		CU_ASSERT(x[0] == 0 && x[1] == 0);
	}
}

static void power_is_as_stated(void)
{
	for_each_form(power_is_near);
}

/* ---- competition --------------------------------------------------------- */

/* Equation of the fact sheet, 2.2, in double precision. */
static size_t plain_compete(const float *u, size_t n, double t, double *y)
{
	size_t best = 0;
	double sum = 0;

	for (size_t k = 1; k < n; k++)
		if (u[k] > u[best])
			best = k;
	for (size_t k = 0; k < n; k++)
		sum += y[k] = exp(t * ((double)u[k] - (double)u[best]));
	for (size_t k = 0; k < n; k++)
		y[k] *= (k == best ? 1 : -1) / sum;
	return best;
}

static void compete_is_near(void)
{
	static const size_t lengths[] = {1, 3, 7, 8, 9, 16, 17, 96, 1536};
	float u[1536], y[1536], yu[1536], p_win;
	double right[1536];

	for (size_t c = 0; c < sizeof lengths / sizeof *lengths; c++) {
		size_t n = lengths[c];

		fill(u, n, 20);
		memset(yu, 0, sizeof yu);
		size_t best = plain_compete(u, n, (double)0.65f, right);

		CU_ASSERT(form->compete(u, n, 0.65f, y, yu, &p_win) == best);
		/* t * u reaches 26 and is rounded twice: 26 * 2^-23 */
		MR_NEAR(worst(y, right, n, 1e-12), 0, 4e-6);
		CU_ASSERT(p_win == y[best]);
		for (size_t k = 0; k < n; k++)
			right[k] *= (double)u[k];
		MR_NEAR(worst(yu, right, n, 1e-4), 0, 1e-5);
		memset(yu, 0, sizeof yu);
		CU_ASSERT(form->compete_hard(u, n, y, yu) == best);
		for (size_t k = 0; k < n; k++)
			CU_ASSERT(y[k] == (k == best ? 1.0f : 0.0f));
		CU_ASSERT(yu[best] == u[best]);
	}
}

static void compete_is_the_equation(void)
{
	for_each_form(compete_is_near);
}

static void equals_are_won_by_the_first(void)
{
	float u[40], y[40], yu[40] = {0}, p_win;

	for (int k = 0; k < 40; k++)
		u[k] = k == 13 || k == 14 || k == 35 ? 2 : 1;
	CU_ASSERT(form->compete(u, 40, 1, y, yu, &p_win) == 13);
	CU_ASSERT(y[14] < 0 && y[35] < 0 && y[13] > 0);
}

static void compete_equals_are_won_by_the_first(void)
{
	for_each_form(equals_are_won_by_the_first);
}

static void triangle_is_near(void)
{
	float u[N];
	double mean = 0, right[N];

	fill(u, N, 3);
	for (int k = 0; k < N; k++)
		mean += (double)u[k] / N;
	for (int k = 0; k < N; k++)
		right[k] = fmax(0, (double)u[k] - mean);
	form->triangle(u, N);
	MR_NEAR(worst(u, right, N, 1), 0, 1e-6);
}

static void triangle_is_the_equation(void)
{
	for_each_form(triangle_is_near);
}

/* ---- sweeps -------------------------------------------------------------- */

static void sweeps_are_near(void)
{
	float d[N], w[N], d0[N];
	double most = 0, square = 0, right[N];

	fill(d, N, 2);
	fill(w, N, 1);
	memcpy(d0, d, sizeof d);
	for (int i = 0; i < N; i++) {
		right[i] = (double)d[i] - 2.385 * (double)w[i];
		most = fmax(most, fabs(right[i]));
	}
	MR_NEAR((double)form->decay(d, w, 2.385f, N), most, 1e-6 * most);
	MR_NEAR(worst(d, right, N, 1), 0, 1e-6);
	for (int i = 0; i < N; i++) {
		right[i] = (double)w[i] + 0.25 * (double)d[i];
		square += right[i] * right[i];
	}
	MR_NEAR((double)form->learn(w, d, 0.25f, N), square, 1e-5 * square);
	MR_NEAR(worst(w, right, N, 1), 0, 1e-6);
	memcpy(d, w, sizeof d);
	MR_NEAR((double)form->learn(w, w, 0, N), square, 1e-5 * square);
	CU_ASSERT(memcmp(w, d, sizeof w) == 0);
	memcpy(d, d0, sizeof d);
	form->grow(d, w, N);
	form->add(d0, w, 0.5f, N);
	for (int i = 0; i < N; i++)
		CU_ASSERT(d[i] >= w[i]);
}

static void sweeps_are_the_equations(void)
{
	for_each_form(sweeps_are_near);
}

static void norm_is_near(void)
{
	float x[30], mean[30], inv[30], out[30];
	double sum[3] = {0}, square[3] = {0};

	fill(x, 30, 5);
	form->moments(x, 10, 3, sum, square);
	MR_NEAR(sum[1], (double)x[1] + (double)x[4] + (double)x[7] +
	        (double)x[10] + (double)x[13] + (double)x[16] + (double)x[19] +
	        (double)x[22] + (double)x[25] + (double)x[28], 1e-12);
	for (int i = 0; i < 30; i++) {
		mean[i] = (float)(sum[i % 3] / 10);
		inv[i] = 0.25f;
		square[i % 3] -= (double)x[i] * (double)x[i];
	}
	MR_NEAR(square[0], 0, 1e-11);
	form->normalise(x, mean, inv, out, 30);
	for (int i = 0; i < 30; i++)
		MR_NEAR((double)out[i],
		        ((double)x[i] - (double)mean[i]) / 4, 1e-6);
}

static void norm_is_the_equation(void)
{
	for_each_form(norm_is_near);
}

/* ---- half precision ------------------------------------------------------ */

/* Value of a half by its definition. */
static double plain_half(uint16_t half)
{
	int e = half >> 10 & 31, m = half & 1023;
	double size = e ? ldexp(1024 + m, e - 25) : ldexp(m, -24);

	return half & 0x8000 ? -size : size;
}

/* All 63,488 finite halves both ways, and values between neighbours. */
static void halves_are_exact(void)
{
	for (uint32_t h = 0; h < 0x10000; h++) {
		uint16_t half = (uint16_t)h, back;
		float x;

		if ((h & 0x7c00) == 0x7c00)
			continue;
		form->from_half(&half, &x, 1);
		form->to_half(&x, &back, 1);
		if ((double)x != plain_half(half) || back != half)
			CU_FAIL("a half is not kept");
		if ((h & 0x7fff) == 0x7bff)
			continue;
		uint16_t next = (uint16_t)(h + 1);
		float middle = (float)((plain_half(half) + plain_half(next)) / 2);

		form->to_half(&middle, &back, 1); /* ties to even */
		if (back != (h % 2 ? next : half))
			CU_FAIL("a middle is not rounded to even");
	}
	CU_PASS("all halves");
}

static void half_rounds_to_even(void)
{
	for_each_form(halves_are_exact);
}

static void drops_are_near(void)
{
	uint16_t half[19];
	uint8_t bytes[19], bits[3] = {0xa5, 0x3c, 0x05};
	float x[19], kept[19];

	fill(x, 19, 8);
	for (int i = 0; i < 19; i++)
		bytes[i] = (uint8_t)(i * 37);
	CU_ASSERT(form->to_half(x, half, 19) > 0);
	form->from_half(half, x, 19);
	form->from_half_some(half, bytes, 100, 1.5f, kept, 19);
	for (int i = 0; i < 19; i++)
		CU_ASSERT(kept[i] == (bytes[i] >= 100 ? 1.5f * x[i] : 0));
	form->from_half_bits(half, bits, 2, kept, 19);
	for (int i = 0; i < 19; i++)
		CU_ASSERT(kept[i] ==
		          (bits[i / 8] >> i % 8 & 1 ? 2 * x[i] : 0));
	CU_ASSERT(isinf(form->to_half((float[]){1, NAN, 2}, half, 3)));
}

static void dropout_keeps_what_chance_says(void)
{
	for_each_form(drops_are_near);
}

/* One step by the definition (Kingma and Ba, 2015). */
static void adam_is_near(void)
{
	float w = 0.5f, m = 0.1f, v = 0.04f, g = -0.3f;
	const struct mr_adam how = {0.9f, 0.999f, 1e-3f / 0.271f,
	                            1 / sqrtf(0.002997f), 1e-8f};
	double m1 = .9 * .1 + .1 * -.3, v1 = .999 * .04 + .001 * .09;

	form->adam(&w, &m, &v, &g, 1, &how);
	MR_NEAR((double)m, m1, 1e-7);
	MR_NEAR((double)v, v1, 1e-7);
	MR_NEAR((double)w, .5 - 1e-3 * (m1 / .271) / (sqrt(v1 / .002997) + 1e-8),
	        1e-6);
}

static void adam_is_the_equation(void)
{
	for_each_form(adam_is_near);
}

const struct mr_test mr_tests[] = {
	{"exp_is_as_stated", exp_is_as_stated},
	{"log2_is_as_stated", log2_is_as_stated},
	{"power_is_as_stated", power_is_as_stated},
	{"compete_is_the_equation", compete_is_the_equation},
	{"compete_equals_are_won_by_the_first",
	 compete_equals_are_won_by_the_first},
	{"triangle_is_the_equation", triangle_is_the_equation},
	{"sweeps_are_the_equations", sweeps_are_the_equations},
	{"norm_is_the_equation", norm_is_the_equation},
	{"half_rounds_to_even", half_rounds_to_even},
	{"dropout_keeps_what_chance_says", dropout_keeps_what_chance_says},
	{"adam_is_the_equation", adam_is_the_equation},
	{0},
};
