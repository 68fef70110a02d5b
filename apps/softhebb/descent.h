/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Gradient descent by Adam (D. P. Kingma and J. Ba, "Adam: a method for
 * stochastic optimization", ICLR 2015, algorithm 1). */
#ifndef MR_SOFTHEBB_DESCENT_H
#define MR_SOFTHEBB_DESCENT_H

#include <stddef.h>
#include <stdint.h>

#include "kernels.h"

#include "memrig/error.h"

/** What is remembered of past gradients. */
struct mr_descent {
	size_t n;      /**< parameters */
	uint64_t step; /**< steps taken */
	const struct mr_deep_kernels *kernels; /**< whose step is taken */
	float *m;      /**< [n] mean gradient */
	float *v;      /**< [n] mean square */
};

/**
 * Begin.
 *
 * @param descent  filled in; release with mr_descent_free().
 * @param n        parameters, >= 1.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_descent_take(struct mr_descent *descent, size_t n);

/**
 * One step, with beta 0.9 and 0.999, epsilon 1e-8.
 *
 * @param descent  from mr_descent_take().
 * @param p        [n] parameters; changed.
 * @param g        [n] gradient of the loss.
 * @param rate     step size, > 0.
 */
void mr_descent_step(struct mr_descent *descent, float *p, const float *g,
                     double rate);

/**
 * Release.
 *
 * @param descent  from mr_descent_take(), or all zero.
 */
void mr_descent_free(struct mr_descent *descent);

#endif
