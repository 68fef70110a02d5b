/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* A loss against the samples seen, thinned to what a figure can show. */
#ifndef MR_SOFTHEBB_CURVE_H
#define MR_SOFTHEBB_CURVE_H

#include <stdbool.h>
#include <stdint.h>

#define MR_CURVE_POINTS 300 /**< most points */

/** Means over equal stretches of a run. */
struct mr_curve {
	uint64_t total;                   /**< samples of the whole run */
	uint32_t n[MR_CURVE_POINTS];      /**< batches of a stretch */
	double sum[MR_CURVE_POINTS];      /**< of their losses */
	uint64_t n_seen[MR_CURVE_POINTS]; /**< samples seen at its last batch */
};

/**
 * Add a batch.
 *
 * @param curve   its total is set, the rest began as 0.
 * @param n_seen  samples seen with this batch, 1 .. total.
 * @param loss    of the batch.
 */
void mr_curve_add(struct mr_curve *curve, uint64_t n_seen, double loss);

/**
 * A point; those of stretches without a batch are left out.
 *
 * @param curve   the curve.
 * @param k       0 .. MR_CURVE_POINTS - 1.
 * @param n_seen  receives the samples seen.
 * @param loss    receives the mean loss.
 * @return whether there is a point.
 */
bool mr_curve_point(const struct mr_curve *curve, unsigned k, uint64_t *n_seen,
                    double *loss);

#endif
