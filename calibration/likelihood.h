/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Maximum likelihood over independent units (cells): scoring steps from the
 * outer products of the units' scores (Berndt, Hall, Hall and Hausman, Ann.
 * Econ. Soc. Meas. 3, 653, 1974) with a line search, and the sandwich covariance
 * H^-1 J H^-1 (H: Hessian, J: outer products; White, Econometrica 50, 1, 1982),
 * which holds also where the likelihood is an approximation.
 */
#ifndef MR_CALIBRATION_LIKELIHOOD_H
#define MR_CALIBRATION_LIKELIHOOD_H

#include <stddef.h>
#include <stdint.h>

#include "memrig/error.h"

#define MR__LIKELIHOOD_PARAMS_MAX 32

/** A likelihood. */
struct mr__likelihood {
	void *self;
	size_t n_units;
	size_t n_params;
	/** Log density of a unit's data; -INFINITY where parameters are not
	 * allowed. With threads, called for several units at once. */
	double (*of_unit)(const void *self, size_t unit, const double *params);
	const double *step; /**< [n_params] steps of the differences: small against
	                         what changes the likelihood of a unit, large
	                         against its rounding */
	uint32_t threads; /**< that share the units; 0 = 1. The result does not
	                       depend on it */
};

/** What came of it. */
struct mr__maximum {
	double log_likelihood;
	unsigned iterations;
	double condition; /**< of the information in units of its diagonal: over
	                       1e10, some parameters cannot be told apart */
};

/**
 * Maximise.
 * @param l           the likelihood.
 * @param params      [n_params] start; receives the maximum.
 * @param covariance  [n_params*n_params] receives it; NAN in the rows of
 *                    parameters that the data cannot tell; NULL = not wanted,
 *                    and the search ends where 0.1 is left to gain.
 * @param out         filled in.
 * @param err         says what went wrong; or NULL.
 * @return MR_OK; MR_ERR_RANGE (no convergence); MR_ERR_NOMEM.
 */
int mr__likelihood_maximise(const struct mr__likelihood *l, double *params,
                            double *covariance, struct mr__maximum *out,
                            struct mr_errtext *err);

#endif
