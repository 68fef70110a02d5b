/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The drift of one span: G0 and nu by weighted least squares on the
 * conductances, robust by Huber's function (P. J. Huber, Ann. Math. Stat. 35,
 * 73, 1964) on the whitened residuals.
 */
#ifndef MR_CALIBRATION_DRIFTSPAN_H
#define MR_CALIBRATION_DRIFTSPAN_H

#include "fit_noise.h"
#include "spans.h"

#define MR__DRIFT_READS 32 /**< of a span that are used, spread over log age */

/** Readings of a span, ready to be fitted. */
struct mr__drift_span {
	const struct mr__span *span;
	uint32_t n;
	double *age_s;  /**< [n] */
	double *over_s; /**< [n] how long each took */
	double *g_S;    /**< [n] */
	uint32_t *averages; /**< [n] */
	double *scale_S; /**< [n] sd of each reading */
	const double *factor; /**< [n*n] Cholesky factor of their correlations;
	                           NULL = independent */
	double level_S; /**< mean reading */
	double g0_S;    /**< as last fitted */
	double nu;
};

/** What the readings say of nu, at a t0. */
struct mr__drift_seen {
	double nu;
	double var;       /**< of nu */
	double log_peak;  /**< log density at the best G0 and nu, less half the
	                       logarithm of the determinant of the information */
	uint32_t outliers; /**< readings beyond Huber's 3 sd */
};

/**
 * Fit G0 and nu.
 * @param d     the span; its last fit is where this one begins.
 * @param t0_s  reference time.
 * @param out   receives what is seen of nu.
 * @return whether it converged.
 */
bool mr__drift_span_fit(struct mr__drift_span *d, double t0_s,
                        struct mr__drift_seen *out);

#endif
