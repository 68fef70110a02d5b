/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The emulator's inner loops. kernels.c and normals.c are compiled once for
 * each instruction set; the forms give the same bits, because none contracts a
 * product and a sum, orders of summation are fixed, and the transcendental
 * functions are SLEEF's deterministic family or our own polynomials. Simple
 * forms of all are in tests/test_kernels.c.
 */
#ifndef MR_EMULATOR_KERNELS_H
#define MR_EMULATOR_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Logarithmic age L = log((max(age, t_min) + shift) / t0); G exp(-nu L). */
struct kernel_drift {
	float t0_s;
	float shift_s;
	float t_min_s;
};

#define KERNEL_ROWS 8     /* rows that kernels.columns takes at once */
#define KERNEL_VECTORS 4  /* vectors that kernels.batch takes at once */
#define KERNEL_COLUMNS 16 /* columns that kernels.batch takes at once */
#define KERNEL_LANES 16   /* partial sums of a dot product */
#define KERNEL_PANEL ((size_t)2 * KERNEL_COLUMNS) /* a panel's row: floats */

/* Read noise of a cell, sd = slope G + floor, as sd^2 = scale (G + offset)^2:
 * the sums below leave the scale to whoever takes the root. */
struct kernel_noise {
	float offset_S;
	float scale;
};

struct kernels {
	const char *name; /* of the instruction set */

	/* z[i] = mr_random_normal(seed, purpose, first + i, event[i]) */
	void (*normals)(uint64_t seed, uint32_t purpose, uint32_t first,
	                const uint64_t *event, uint32_t n, float *z);

	/* z[i] = mr_random_normal(seed, purpose, subject[i], event[i]) */
	void (*normals_apart)(uint64_t seed, uint32_t purpose,
	                      const uint32_t *subject, const uint64_t *event,
	                      uint32_t n, float *z);

	/* out[i] = g[i] exp(-nu[i] L(age[i])) */
	void (*drift)(const struct kernel_drift *d, const float *g,
	              const float *nu, const float *age_s, uint32_t n,
	              float *out);

	/* the same of cells of one age; out overlaps neither g nor nu */
	void (*drift_alike)(const struct kernel_drift *d, const float *g,
	                    const float *nu, float age_s, uint32_t n,
	                    float *out);

	/* sum[k] += v[r] g[r][k], var[k] += v[r]^2 (g[r][k] + offset_S)^2
	 * for r = 0 .. n_rows - 1 in this order; n_rows <= KERNEL_ROWS */
	void (*columns)(const float *const *g, const float *v, uint32_t n_rows,
	                uint32_t n, float offset_S, float *sum, float *var);

	/* the same without noise */
	void (*sums)(const float *const *g, const float *v, uint32_t n_rows,
	             uint32_t n, float *sum);

	/* KERNEL_VECTORS vectors at once over n_rows rows: panel holds g and
	 * (g + offset_S)^2, [n_rows][2][KERNEL_COLUMNS]; v holds v and v^2,
	 * [n_rows][2][KERNEL_VECTORS]; acc is
	 * [KERNEL_VECTORS][2][KERNEL_COLUMNS], sums and variances */
	void (*batch)(const float *panel, const float *v, uint32_t n_rows,
	              float *acc);

	/* one row of n_panels neighbouring panels from KERNEL_COLUMNS columns
	 * each; panels lie `stride` floats apart */
	void (*pack)(const float *g, uint32_t n_panels, size_t stride,
	             float offset_S, float *panel);

	/* the dot product of a row: KERNEL_LANES partial sums (element j goes
	 * to lane j mod KERNEL_LANES), added pairwise in the end */
	void (*dot)(const float *g, const float *v, uint32_t n,
	            float offset_S, float *sum, float *var);
};

/* The best form for the processor that this runs on. */
const struct kernels *mr__kernels_pick(void);

/* All forms that this processor runs, ended by NULL; for tests. */
const struct kernels *const *mr__kernels_all(size_t *n);

/* The forms of kernels.normals and normals_apart: normals.c, as often
 * compiled. */
void mr__normals_base(uint64_t seed, uint32_t purpose, uint32_t first,
                      const uint64_t *event, uint32_t n, float *z);
void mr__normals_avx2(uint64_t seed, uint32_t purpose, uint32_t first,
                      const uint64_t *event, uint32_t n, float *z);
void mr__normals_apart_base(uint64_t seed, uint32_t purpose,
                            const uint32_t *subject, const uint64_t *event,
                            uint32_t n, float *z);
void mr__normals_apart_avx2(uint64_t seed, uint32_t purpose,
                            const uint32_t *subject, const uint64_t *event,
                            uint32_t n, float *z);

extern const struct kernels mr__kernels_base;
extern const struct kernels mr__kernels_avx2;

#endif
