/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The passes of kernels.h, compiled once for each instruction set. Vectors are
 * the compiler's: where the processor has none of that width, it makes them of
 * narrower ones. DEEP_KERNELS names the table that is defined.
 */
#include "kernels.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Full speed at -O2, too; nothing where no optimisation is asked for. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
#pragma GCC optimize("O3")
#endif
/* Vectors are passed between functions of this file alone. */
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

#ifndef DEEP_KERNELS
#define DEEP_KERNELS mr__deep_kernels_base
#define DEEP_KERNELS_NAME "base"
#endif

#define LANES 8
#define PAIR 16 /* two vectors */
#define LANE_BYTES (LANES * sizeof(float))

typedef float floats __attribute__((vector_size(32)));
typedef int32_t ints __attribute__((vector_size(32)));

static inline floats load(const float *p)
{
	floats v;

	memcpy(&v, p, LANE_BYTES);
	return v;
}

static inline void store(float *p, floats v)
{
	memcpy(p, &v, LANE_BYTES);
}

/* The last n < LANES of an array, the other lanes as `fill`. */
static inline floats load_some(const float *p, size_t n, float fill)
{
	float lane[LANES] = {fill, fill, fill, fill, fill, fill, fill, fill};

	memcpy(lane, p, n * sizeof *p);
	return load(lane);
}

static inline void store_some(float *p, floats v, size_t n)
{
	memcpy(p, &v, n * sizeof *p);
}

static inline floats all_of(float x)
{
	return (floats){x, x, x, x, x, x, x, x};
}

static inline ints bits_of(floats v)
{
	ints i;

	memcpy(&i, &v, LANE_BYTES);
	return i;
}

static inline floats of_bits(ints i)
{
	floats v;

	memcpy(&v, &i, LANE_BYTES);
	return v;
}

static inline floats choose(ints which, floats yes, floats no)
{
	return of_bits((which & bits_of(yes)) | (~which & bits_of(no)));
}

static inline floats larger(floats a, floats b)
{
	return choose(a > b, a, b);
}

static inline floats smaller(floats a, floats b)
{
	return choose(a < b, a, b);
}

static inline floats magnitude(floats a)
{
	return of_bits(bits_of(a) & 0x7fffffff);
}

static float largest(floats v)
{
	float most = v[0];

	for (int i = 1; i < LANES; i++)
		most = v[i] > most ? v[i] : most;
	return most;
}

static float total(floats v)
{
	return ((v[0] + v[4]) + (v[2] + v[6])) +
	       ((v[1] + v[5]) + (v[3] + v[7]));
}

/* ---- exp, log2 ----------------------------------------------------------- */

#define ROUNDER 12582912.0f /* 1.5 * 2^23: adding it rounds to an integer */
#define LOG2_E 1.44269504f
#define LN2_HIGH 0.693145752f /* its product with an exponent is exact */
#define LN2_LOW 1.42860677e-6f
#define EXP_LEAST (-87.0f) /* below, 2^n would not be a normal number */
#define EXP_MOST 88.0f
#define MANTISSA_BITS 23

/* Series of e^r, |r| <= ln(2)/2: the next term is 5e-9. */
static inline floats exp_small(floats r)
{
	floats p = r * (1.0f / 5040) + 1.0f / 720;

	p = p * r + 1.0f / 120;
	p = p * r + 1.0f / 24;
	p = p * r + 1.0f / 6;
	p = p * r + 0.5f;
	p = p * r + 1.0f;
	return p * r + 1.0f;
}

/* p * 2^n; n + ROUNDER is given. */
static inline floats scale(floats p, floats n_rounder)
{
	ints n = bits_of(n_rounder) - bits_of(all_of(ROUNDER));

	return of_bits(bits_of(p) + (n << MANTISSA_BITS));
}

static inline floats exp_of(floats x)
{
	floats in = smaller(larger(x, all_of(EXP_LEAST)), all_of(EXP_MOST));
	floats up = in * LOG2_E + ROUNDER;
	floats n = up - ROUNDER;
	floats r = (in - n * LN2_HIGH) - n * LN2_LOW;

	return of_bits(bits_of(scale(exp_small(r), up)) &
	               (x >= EXP_LEAST));
}

#define LN2 0.69314718f
#define EXP2_MOST 126.0f

static inline floats exp2_of(floats x)
{
	floats in = smaller(larger(x, all_of(-EXP2_MOST)), all_of(EXP2_MOST));
	floats up = in + ROUNDER;

	return scale(exp_small((in - (up - ROUNDER)) * LN2), up);
}

#define ROOT_HALF_BITS 0x3f3504f3 /* sqrt(0.5) */
#define TWO_BY_LN2 2.88539008f

/* log2(2^e m) = e + 2/ln(2) artanh((m - 1)/(m + 1)), m in sqrt(0.5)..sqrt(2):
 * the next term of the series is 1e-9. */
static inline floats log2_of(floats x)
{
	ints bits = bits_of(larger(x, all_of(FLT_MIN)));
	ints e = (bits - ROOT_HALF_BITS) >> MANTISSA_BITS;
	floats m = of_bits(bits - (e << MANTISSA_BITS));
	floats s = (m - 1.0f) / (m + 1.0f);
	floats z = s * s;
	floats p = z * (TWO_BY_LN2 / 9) + TWO_BY_LN2 / 7;

	p = p * z + TWO_BY_LN2 / 5;
	p = p * z + TWO_BY_LN2 / 3;
	p = p * z + TWO_BY_LN2;
	return __builtin_convertvector(e, floats) + s * p;
}

static inline floats power_of(floats x, float q)
{
	return of_bits(bits_of(exp2_of(log2_of(x) * q)) & (x > 0.0f));
}

static void exp_all(const float *in, float *out, size_t n)
{
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		store(out + i, exp_of(load(in + i)));
	if (i < n)
		store_some(out + i, exp_of(load_some(in + i, n - i, 0)), n - i);
}

static void log2_all(const float *in, float *out, size_t n)
{
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		store(out + i, log2_of(load(in + i)));
	if (i < n)
		store_some(out + i, log2_of(load_some(in + i, n - i, 1)),
		           n - i);
}

static void power(float *x, size_t n, float q)
{
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		store(x + i, power_of(load(x + i), q));
	if (i < n)
		store_some(x + i, power_of(load_some(x + i, n - i, 1), q),
		           n - i);
}

/* ---- batch norm ---------------------------------------------------------- */

static void normalise(const float *x, const float *mean, const float *inv,
                      float *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (x[i] - mean[i]) * inv[i];
}

static void moments(const float *x, size_t rows, size_t n, double *sum,
                    double *square)
{
	for (size_t r = 0; r < rows; r++, x += n)
		for (size_t c = 0; c < n; c++) {
			sum[c] += (double)x[c];
			square[c] += (double)x[c] * (double)x[c];
		}
}

/* ---- competition --------------------------------------------------------- */

static float largest_of(const float *u, size_t n)
{
	floats most = all_of(-INFINITY);
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		most = larger(load(u + i), most);
	if (i < n)
		most = larger(load_some(u + i, n - i, -INFINITY), most);
	return largest(most);
}

/* The first place of a value that is there; n - 1 for what is no number. */
static size_t place_of(const float *u, size_t n, float value)
{
	size_t i = 0;

	for (; i + PAIR <= n; i += PAIR) {
		ints same = (load(u + i) == value) |
		            (load(u + i + LANES) == value);
		uint64_t any[4];

		memcpy(any, &same, sizeof any);
		if ((any[0] | any[1]) | (any[2] | any[3]))
			break;
	}
	while (i + 1 < n && u[i] != value)
		i++;
	return i;
}

/* y = e^(t (u - most)); returns their sum. */
static float raise(const float *u, size_t n, float t, float most, float *y)
{
	floats sum = all_of(0);
	size_t i = 0;

	for (; i + LANES <= n; i += LANES) {
		floats e = exp_of((load(u + i) - most) * t);

		store(y + i, e);
		sum += e;
	}
	if (i < n) {
		floats e = exp_of((load_some(u + i, n - i, -INFINITY) - most) *
		                  t);

		store_some(y + i, e, n - i);
		sum += e;
	}
	return total(sum);
}

static void share_out(const float *u, size_t n, float inv, float *y, float *yu)
{
	size_t i = 0;

	for (; i + LANES <= n; i += LANES) {
		floats s = load(y + i) * -inv;

		store(y + i, s);
		store(yu + i, load(yu + i) + s * load(u + i));
	}
	for (; i < n; i++) {
		y[i] *= -inv;
		yu[i] += y[i] * u[i];
	}
}

static size_t compete(const float *u, size_t n, float t, float *y, float *yu,
                      float *p_win)
{
	float most = largest_of(u, n);
	size_t winner = place_of(u, n, most);
	float inv = 1 / raise(u, n, t, most, y);

	share_out(u, n, inv, y, yu);
	yu[winner] -= 2 * y[winner] * u[winner];
	y[winner] = -y[winner];
	*p_win = y[winner];
	return winner;
}

static size_t compete_hard(const float *u, size_t n, float *y, float *yu)
{
	size_t winner = place_of(u, n, largest_of(u, n));

	memset(y, 0, n * sizeof *y);
	y[winner] = 1;
	yu[winner] += u[winner];
	return winner;
}

/* ---- triangle, pooling --------------------------------------------------- */

static void triangle(float *u, size_t n)
{
	floats sum = all_of(0);
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		sum += load(u + i);
	if (i < n)
		sum += load_some(u + i, n - i, 0);
	float mean = total(sum) / (float)n;

	for (i = 0; i + LANES <= n; i += LANES)
		store(u + i, larger(load(u + i) - mean, all_of(0)));
	for (; i < n; i++)
		u[i] = u[i] > mean ? u[i] - mean : 0;
}

static void grow(float *restrict out, const float *restrict in, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = in[i] > out[i] ? in[i] : out[i];
}

static void add(float *restrict out, const float *restrict in, float scale,
                size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] += scale * in[i];
}

/* ---- weights ------------------------------------------------------------- */

static float decay(float *d, const float *w, float yu, size_t n)
{
	floats most = all_of(0);
	size_t i = 0;

	for (; i + LANES <= n; i += LANES) {
		floats x = load(d + i) - load(w + i) * yu;

		store(d + i, x);
		most = larger(magnitude(x), most);
	}
	if (i < n) {
		floats x = load_some(d + i, n - i, 0) -
		           load_some(w + i, n - i, 0) * yu;

		store_some(d + i, x, n - i);
		most = larger(magnitude(x), most);
	}
	return largest(most);
}

static float learn(float *w, const float *d, float rate, size_t n)
{
	floats sum = all_of(0);
	size_t i = 0;

	for (; i + LANES <= n; i += LANES) {
		floats x = load(w + i) + load(d + i) * rate;

		store(w + i, x);
		sum += x * x;
	}
	if (i < n) {
		floats x = load_some(w + i, n - i, 0) +
		           load_some(d + i, n - i, 0) * rate;

		store_some(w + i, x, n - i);
		sum += x * x;
	}
	return total(sum);
}

/* ---- half precision ------------------------------------------------------ */

#define HALF_BIAS_BITS 0x38000000 /* (127 - 15) << 23 */
#define HALF_NORMAL 6.103515625e-05f /* 2^-14: the least normal half */
#define HALF_DROPPED 13 /* bits of the mantissa that a half has not */
#define HALF_SCALE 5.192296858534828e+33f /* 2^112 */
#define SIGN_BIT ((int32_t)0x80000000)

/* Below the least normal number a half counts 2^-24: adding 0.5 leaves that
 * count in the last bits of the sum, rounded. */
static inline ints half_of(floats x)
{
	ints bits = bits_of(magnitude(x));
	ints even = (bits >> HALF_DROPPED) & 1;
	ints normal = (bits - HALF_BIAS_BITS + 0xfff + even) >> HALF_DROPPED;
	ints small = bits_of(magnitude(x) + 0.5f) - bits_of(all_of(0.5f));
	ints is_small = magnitude(x) < HALF_NORMAL;

	return ((is_small & small) | (~is_small & normal)) |
	       (((bits_of(x) & SIGN_BIT) >> 16) & 0x8000);
}

static float to_half(const float *in, uint16_t *out, size_t n)
{
	floats most = all_of(0);

	for (size_t i = 0; i < n; i += LANES) {
		size_t left = n - i < LANES ? n - i : LANES;
		floats x = left == LANES ? load(in + i)
		                         : load_some(in + i, left, 0);
		ints half = half_of(x);

		for (size_t k = 0; k < left; k++)
			out[i + k] = (uint16_t)half[k];
		floats size = magnitude(x);

		most = larger(choose(size == size, size, all_of(INFINITY)),
		              most);
	}
	return largest(most);
}

static inline float value_of(uint32_t half)
{
	uint32_t bits = (half & 0x7fff) << HALF_DROPPED;
	float x;

	memcpy(&x, &bits, sizeof x);
	x *= HALF_SCALE;
	return half & 0x8000 ? -x : x;
}

static void from_half(const uint16_t *restrict in, float *restrict out,
                      size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = value_of(in[i]);
}

static void from_half_some(const uint16_t *restrict in,
                           const uint8_t *restrict chance, unsigned level,
                           float scale, float *restrict out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (chance[i] >= level ? scale : 0) * value_of(in[i]);
}

/* Eight values for each byte of chance. */
static void from_half_bits(const uint16_t *in, const uint8_t *chance,
                           float factor, float *out, size_t n)
{
	const ints places = {1, 2, 4, 8, 16, 32, 64, 128};
	size_t i = 0;

	for (; i + LANES <= n; i += LANES) {
		float value[LANES];
		int32_t c = chance[i / LANES];
		ints bits = {c, c, c, c, c, c, c, c};

		for (int k = 0; k < LANES; k++)
			value[k] = value_of(in[i + (size_t)k]);
		store(out + i, of_bits(bits_of(load(value) * factor) &
		                       ((bits & places) != 0)));
	}
	for (; i < n; i++)
		out[i] = (chance[i / LANES] >> i % LANES & 1 ? factor : 0) *
		         value_of(in[i]);
}

/* ---- Adam ---------------------------------------------------------------- */

static void adam(float *restrict w, float *restrict m, float *restrict v,
                 const float *restrict g, size_t n, const struct mr_adam *how)
{
	const struct mr_adam a = *how;

	for (size_t i = 0; i < n; i++) {
		m[i] = a.beta1 * m[i] + (1 - a.beta1) * g[i];
		v[i] = a.beta2 * v[i] + (1 - a.beta2) * (g[i] * g[i]);
		w[i] -= a.step * m[i] /
		        (sqrtf(v[i]) * a.root_scale + a.eps);
	}
}

const struct mr_deep_kernels DEEP_KERNELS = {
	.name = DEEP_KERNELS_NAME,
	.exp_all = exp_all,
	.log2_all = log2_all,
	.power = power,
	.normalise = normalise,
	.moments = moments,
	.compete = compete,
	.compete_hard = compete_hard,
	.triangle = triangle,
	.grow = grow,
	.add = add,
	.decay = decay,
	.learn = learn,
	.to_half = to_half,
	.from_half = from_half,
	.from_half_some = from_half_some,
	.from_half_bits = from_half_bits,
	.adam = adam,
};
