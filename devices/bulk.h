/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Inner loops of the models that need logarithms and powers. bulk.c is
 * compiled once for each instruction set; the forms give the same bits, on one
 * cell as on many, because logarithm and power are polynomials that take the
 * same steps everywhere and none contracts a product and a sum.
 */
#ifndef MR_DEVICES_BULK_H
#define MR_DEVICES_BULK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A split that no target reaches. */
#define BULK_NO_SPLIT 2.0f

/* A quantity over g: below `split` clip(slope ln g + offset, min, max), from
 * there on the polynomial c[0] + c[1] g + c[2] g^2 + c[3] g^3, not below 0. */
struct bulk_piece {
	float split;
	float slope;
	float offset;
	float min;
	float max;
	float c[4];
};

/* A quantity that is min(at_1 / max(g^exponent, 1e-3), max). */
struct bulk_power {
	float at_1;
	float exponent;
	float max;
};

/* How a target is met, see target.h. */
struct bulk_target {
	float g_max_S;
	float sd_S[4]; /* of programming: polynomial in g, not below 0 */
	struct bulk_piece nu;
	struct bulk_piece nu_sd;
	float nu_scale;
	bool q_by_power;
	struct bulk_power q_power;
	struct bulk_piece q_piece; /* unless q_by_power */
	float q_scale;
};

struct bulk {
	const char *name; /* of the instruction set */

	/* program n cells: z0 the error, z1 the drift exponent */
	void (*target)(const struct bulk_target *t, const float *target_S,
	               const float *z0, const float *z1, uint32_t n,
	               float *g_S, float *nu, float *q);

	/* out[i] = the law at min(g_S[i] / g_unit_S, 1) */
	void (*power)(const struct bulk_power *law, float g_unit_S,
	              const float *g_S, uint32_t n, float *out);
};

/* The best form for the processor that this runs on. */
const struct bulk *mr__bulk_pick(void);

/* All forms that this processor runs; for tests. */
const struct bulk *const *mr__bulk_all(size_t *n);

extern const struct bulk mr__bulk_base;
extern const struct bulk mr__bulk_avx2;

#endif
