/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Drift: G = G0 exp(-nu L), L = log((age + t0) / t0), from spans of readings
 * (spans.h) that reach over enough of L. Each span's G0 and nu are fitted to
 * the conductances themselves (logarithms of noisy readings are off), with the
 * weights of the read noise and Huber's function at 3 sd against outliers. Over
 * cells nu = |N(mean, spread)|, of which each span sees nu with its own error:
 * mean, spread and t0 maximise the likelihood of all spans together.
 */
#ifndef MR_CALIBRATION_FIT_DRIFT_H
#define MR_CALIBRATION_FIT_DRIFT_H

#include "fit_noise.h"

/** Whose an exponent is. */
enum mr__drift_owner {
	MR__DRIFT_UNKNOWN = 0, /**< no cell was programmed twice */
	MR__DRIFT_OF_CELL,     /**< the cell's: the same after each programming */
	MR__DRIFT_OF_EVENT     /**< drawn anew at each programming */
};

/** Drift of the array. */
struct mr__drift_fit {
	double nu;        /**< mean exponent */
	double nu_se;     /**< standard error, that of t0 in it */
	double spread;    /**< of the exponent */
	double spread_se;
	double t0;        /**< reference time, s */
	double t0_se;     /**< NAN = not identifiable: t0 is the model's */
	double cov[9];    /**< of nu, spread, t0; NAN where t0 is not fitted */
	enum mr__drift_owner owner;
	double owner_score; /**< log likelihood of OF_CELL less OF_EVENT */
	uint32_t n_cells;
	uint32_t n_spans;
	uint64_t n_points;
	uint64_t n_outliers; /**< readings that count less */
	uint32_t n_short;    /**< spans left out: two readings or fewer ... */
	uint32_t n_narrow;   /**< ... or over too little of L */
	uint32_t n_unknown;  /**< ... or with a gap before them */
	uint64_t n_jumps;    /**< ... or with a clock that went back */
	uint32_t n_faint;    /**< ... or lost in their noise */
};

/**
 * Fit the drift. Adds the table "drift" (cell, level_S, nu, se, n) unless the
 * fit is a rough one. It sets no estimates, but f->cell_nu where that is wanted.
 * @param f      the fit; its model gives the t0_s to begin with.
 * @param noise  as fitted before.
 * @param out    filled in.
 * @return MR_OK; MR_ERR_UNSUPPORTED if no span can be used, naming why;
 *         MR_ERR_RANGE (no convergence); MR_ERR_NOMEM.
 */
int mr__fit_drift(struct mr__fitting *f, const struct mr__noise_fit *noise,
                  struct mr__drift_fit *out);

#endif
