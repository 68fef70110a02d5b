/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Drift of each target by itself: with values of their own, neighbouring targets
 * (groups) have a likelihood without kinks, whatever the law that they follow.
 * Unknown are the errors of programming, the law of the noise and t0, and the mean
 * and the spread of the exponent in each group; all at once, by Newton's steps.
 *
 * An event depends on five numbers only: what the laws make of its error, mean,
 * spread and noise, and t0. Their second differences, and how each of them follows
 * from the unknowns, give the curvature; terms that vanish on average, from laws
 * that are not straight in their coefficients, are left out of it. Units are cells:
 * where the sandwich covariance (likelihood.h) gives an unknown a greater error, it
 * has that error, and the correlations that the curvature says: a sandwich of as many
 * unknowns as there are here would have to be told from too few cells.
 */
#ifndef MR_CALIBRATION_TARGETLEVELS_H
#define MR_CALIBRATION_TARGETLEVELS_H

#include "targets_priv.h"

/** Most unknowns: coefficients, then the groups of both laws. */
#define MR__TARGET_UNKNOWNS_MAX                                                 \
	(MR__LIKELIHOOD_PARAMS_MAX + MR__TARGET_N_OF * MR__TARGET_GROUPS_MAX)

/** What the levels are, and how well it is told. */
struct mr__target_levels {
	size_t n_shared; /**< coefficients among the unknowns */
	size_t shared[MR__LIKELIHOOD_PARAMS_MAX]; /**< parameters */
	size_t n;        /**< unknowns */
	double *cov;     /**< [n*n] inverse of the curvature; greater for unknowns of
	                      which the cells' scores scatter more than it says */
};

/**
 * Put targets into groups, each of which has data enough for a value of its own.
 * The offsets of all are 0 then. A law without a group is not told.
 * @param t  programmings; its laws stand as they were found roughly.
 */
void mr__target_levels_group(struct mr__targets *t);

/**
 * Find all groups' offsets and the coefficients that all share.
 * @param t    programmings; receives what was found.
 * @param out  filled in; release with mr__target_levels_free().
 * @return MR_OK; MR_ERR_RANGE (no convergence); MR_ERR_NOMEM.
 */
int mr__target_levels_fit(struct mr__targets *t, struct mr__target_levels *out);

/**
 * Inverse of a symmetric matrix, through its scaled form.
 * @param a     [n*n] the matrix.
 * @param n     size.
 * @param room  [n*n+n] scratch.
 * @param out   [n*n] receives it: rows of zeros for what those before it leave
 *              nothing of.
 * @return false = the matrix is not positive.
 */
bool mr__target_invert(const double *a, size_t n, double *room, double *out);

/** Release. @param l  as fitted, or all-zero. */
void mr__target_levels_free(struct mr__target_levels *l);

#endif
