/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Elementwise passes of the deep network, compiled once for each instruction
 * set and chosen at run time. The forms need not give the same bits (the
 * matrix products of BLAS beside them do not either); one form gives the same
 * bits always. exp is right to 3e-7 relative, log2 to 2e-7 absolute + 2e-7
 * relative, powers to 3e-6 relative for bases 2^-20 .. 2^20; the plain form of
 * each pass stands in tests/test_softhebb_kernels.c.
 *
 * Arrays must not overlap unless it is said. No function fails.
 */
#ifndef MR_APPS_SOFTHEBB_KERNELS_H
#define MR_APPS_SOFTHEBB_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/** Constants of a step of Adam. */
struct mr_adam {
	float beta1;
	float beta2;
	float step;       /**< rate / (1 - beta1^s) */
	float root_scale; /**< 1 / sqrt(1 - beta2^s) */
	float eps;
};

/** One form of the passes. */
struct mr_deep_kernels {
	const char *name; /**< "base" or "avx2" */

	/** out[i] = e^in[i], 0 below e^-87; `in` may be `out`. */
	void (*exp_all)(const float *in, float *out, size_t n);
	/** out[i] = log2 of max(in[i], FLT_MIN); `in` may be `out`. */
	void (*log2_all)(const float *in, float *out, size_t n);
	/** x[i] = x[i]^q for x[i] > 0, else 0. */
	void (*power)(float *x, size_t n, float q);

	/** out[i] = (x[i] - mean[i]) * inv[i]. */
	void (*normalise)(const float *x, const float *mean, const float *inv,
	                  float *out, size_t n);
	/** sum[c] += x, square[c] += x^2 over rows of n channels. */
	void (*moments)(const float *x, size_t rows, size_t n, double *sum,
	                double *square);

	/** y[k] = soft max of t * u with the winner positive and all others
	 * negative; yu[k] += y[k] * u[k]; returns the winner, the first one of
	 * equals, and its share in `p_win`. */
	size_t (*compete)(const float *u, size_t n, float t, float *y,
	                  float *yu, float *p_win);
	/** y = 1 for the winner and 0 for all others. */
	size_t (*compete_hard)(const float *u, size_t n, float *y, float *yu);
	/** u[k] = max(0, u[k] - mean of u). */
	void (*triangle)(float *u, size_t n);
	/** out[i] = max(out[i], in[i]). */
	void (*grow)(float *out, const float *in, size_t n);
	/** out[i] += scale * in[i]. */
	void (*add)(float *out, const float *in, float scale, size_t n);

	/** d[i] -= yu * w[i]; returns the largest |d[i]|. */
	float (*decay)(float *d, const float *w, float yu, size_t n);
	/** w[i] += rate * d[i]; returns the sum of w[i]^2. `d` may be `w`. */
	float (*learn)(float *w, const float *d, float rate, size_t n);

	/** Half precision, to the nearest; returns the largest |in[i]|, or
	 * INFINITY if one is no number. */
	float (*to_half)(const float *in, uint16_t *out, size_t n);
	/** out[i] = in[i], exactly. */
	void (*from_half)(const uint16_t *in, float *out, size_t n);
	/** out[i] = scale * in[i] where byte i of `chance` reaches `level`
	 * (0: everywhere), else 0. */
	void (*from_half_some)(const uint16_t *in, const uint8_t *chance,
	                       unsigned level, float scale, float *out,
	                       size_t n);
	/** out[i] = bit i of `chance` * factor * in[i]; bits of a byte count
	 * from the least. */
	void (*from_half_bits)(const uint16_t *in, const uint8_t *chance,
	                       float factor, float *out, size_t n);
	/** One step of Adam on weights w with moments m and v, gradient g. */
	void (*adam)(float *w, float *m, float *v, const float *g, size_t n,
	             const struct mr_adam *how);
};

extern const struct mr_deep_kernels mr__deep_kernels_base;
#if defined(MR_KERNELS_AVX2)
extern const struct mr_deep_kernels mr__deep_kernels_avx2;
#endif

/**
 * The forms that this processor runs, fastest first.
 *
 * @param n  receives how many, >= 1.
 * @return [n] forms, static.
 */
const struct mr_deep_kernels *const *mr__deep_kernels_all(size_t *n);

/** The fastest of them. */
const struct mr_deep_kernels *mr__deep_kernels_pick(void);

#endif
