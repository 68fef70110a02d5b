/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Coefficients of the laws of drift, from what the levels were found to be. A line
 * with limits makes kinks in the likelihood: which of two levels is the last on the
 * line may be open, there may be a maximum for either, and the curvature at one of
 * them says nothing of the other. Values and errors are therefore means over the
 * likelihood, by a random walk (Metropolis et al., J. Chem. Phys. 21, 1087, 1953)
 * whose steps follow the covariance met so far (Haario, Saksman and Tamminen,
 * Bernoulli 7, 223, 2001). The levels are taken as normal with the covariance of
 * their fit; coefficients that all share move along with what the levels do.
 */
#ifndef MR_CALIBRATION_LAWCHAIN_H
#define MR_CALIBRATION_LAWCHAIN_H

#include "lawpieces.h"

/** Most coefficients. */
#define MR__LAW_CHAIN_MAX (MR__LIKELIHOOD_PARAMS_MAX + 2 * MR__LAW_PARAMS_MAX)

/** What came of it. */
struct mr__law_chain {
	size_t n;
	size_t of[MR__LAW_CHAIN_MAX];    /**< parameters */
	bool told[MR__LAW_CHAIN_MAX];    /**< as of their pieces */
	double value[MR__LAW_CHAIN_MAX];
	double cov[MR__LAW_CHAIN_MAX * MR__LAW_CHAIN_MAX]; /**< [n*n] */
	double squares; /**< least, of the levels about the laws */
	double dof;     /**< levels less coefficients of laws */
};

/**
 * Take the means.
 * @param t       programmings with their groups.
 * @param l       what the groups were found to be.
 * @param pieces  [MR__TARGET_N_OF] of the laws.
 * @param p       start of the coefficients.
 * @param out     filled in.
 * @return MR_OK; MR_ERR_NOMEM; MR_ERR_RANGE where the groups have no errors.
 */
int mr__law_chain_run(const struct mr__targets *t, const struct mr__target_levels *l,
                      const struct mr__law_pieces *pieces, const double *p,
                      struct mr__law_chain *out);

#endif
