/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The law of steps under identical SET pulses, as a likelihood of readings:
 *
 *   RESET    P = 1; G = N(g_reset, sd_reset)
 *   SET      P <- P exp(-1/alpha); G <- clip(G + N(mu, sd), g_min, g_max),
 *            mu = m1 G + c1 + a1 P, sd = m2 G + c2 + a2 P
 *   reading  N(d G, its noise), d what drift left
 *
 * (models pcm and pcm-step). The conductance is hidden: it is followed from
 * reading to reading by its mean and variance. A reading after a step is one of
 * three things, a cell at the lower clamp, one at the upper, or one between;
 * the density is their sum, and what the reading leaves of the three is again
 * taken by mean and variance. It is exact for noiseless readings; its error is
 * of the order of read noise over spread of a step, squared.
 *
 * Used are runs of "RESET, reading, SET, reading, SET, ..." with a reading
 * after each single pulse: a pulse that was not looked at ends the run, until
 * the next RESET, and so does a reading so late that cells of different
 * drift exponents have come apart by more than 1 %; before, that is noise.
 */
#ifndef MR_CALIBRATION_STEPLAW_H
#define MR_CALIBRATION_STEPLAW_H

#include "fit_noise.h"

/** Coefficients, in siemens where they have a unit. */
enum mr__steplaw_param {
	MR__STEP_G_RESET,
	MR__STEP_SD_RESET,
	MR__STEP_ALPHA,
	MR__STEP_M1,
	MR__STEP_C1,
	MR__STEP_A1,
	MR__STEP_M2,
	MR__STEP_C2,
	MR__STEP_A2,
	MR__STEP_G_MIN,
	MR__STEP_G_MAX,
	MR__STEP_N
};

/** What readings are off by, and how cells drift: fitted before. */
struct mr__steplaw_seen {
	struct mr__noise_fit noise; /**< what mr__noise_sd_S() needs of it */
	double nu;        /**< mean drift exponent; 0 = none */
	double nu_spread; /**< of cells */
	const struct mr__cell_nu *cell_nu; /**< [n_cells] what is known of each;
	                                        NULL = nothing */
	double t0_s;      /**< its reference time, > 0 */
	double left_spread; /**< spread and reference time by which readings are */
	double left_t0_s;   /**< left out as drifted apart: the same for all
	                         models that are compared, also without drift */
};

#define MR__STEP_READINGS_LEAST 200 /**< fewer tell nothing */

struct mr__steplaw; /**< runs of all cells */

/**
 * Take the runs out of a history.
 * @param f     the fit: history, cells in use.
 * @param seen   noise and drift.
 * @param least  readings that are needed: MR__STEP_READINGS_LEAST to fit.
 * @param out    receives them; release with mr__steplaw_free().
 * @return MR_OK; MR_ERR_UNSUPPORTED if there are too few; MR_ERR_NOMEM.
 */
int mr__steplaw_new(const struct mr__fitting *f,
                    const struct mr__steplaw_seen *seen, uint64_t least,
                    struct mr__steplaw **out);

/** Release runs. @param s  may be NULL. */
void mr__steplaw_free(struct mr__steplaw *s);

/** Readings there are. @param s  runs. @return how many. */
uint64_t mr__steplaw_readings(const struct mr__steplaw *s);

/** Cells with runs. @param s  runs. @return how many. */
uint32_t mr__steplaw_cells(const struct mr__steplaw *s);

/**
 * Moment estimates to start from.
 * @param s       runs.
 * @param params  [MR__STEP_N] receives them.
 */
void mr__steplaw_start(const struct mr__steplaw *s, double *params);

/**
 * Log density of a cell's readings.
 * @param s       runs.
 * @param k       0 .. mr__steplaw_cells() - 1.
 * @param params  [MR__STEP_N] coefficients.
 * @return it; -INFINITY for coefficients that make no sense.
 */
double mr__steplaw_density(const struct mr__steplaw *s, size_t k,
                           const double *params);

/**
 * What to add to a cell's log density for it to be one of the readings as they
 * were, not of what they were before drift: models of different drift can be
 * compared by the former only.
 * @param s  runs.
 * @param k  0 .. mr__steplaw_cells() - 1.
 * @return the sum of the logarithms of what drift was undone by.
 */
double mr__steplaw_undone(const struct mr__steplaw *s, size_t k);

/** Number of the k-th cell in the history. @param s  runs. @param k  its index.
 * @return row * cols + col. */
uint32_t mr__steplaw_cell(const struct mr__steplaw *s, size_t k);

/**
 * Whether readings pile up at a clamp, as far as `params` say where it is.
 * @param s       runs.
 * @param params  [MR__STEP_N] coefficients.
 * @param upper   the upper clamp, else the lower.
 * @return whether they do: else the clamp cannot be told.
 */
bool mr__steplaw_piles_up(const struct mr__steplaw *s, const double *params,
                          bool upper);

/**
 * Add the table "pulses": per number of pulses since the RESET the mean and
 * percentiles of the readings, and how many there are.
 * @param f  the fit.
 * @param s  runs.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr__steplaw_table(struct mr__fitting *f, const struct mr__steplaw *s);

/**
 * Maximum-likelihood coefficients.
 * @param s       runs.
 * @param which   [n_free] which are fitted, in ascending order.
 * @param n_free  how many.
 * @param params  [MR__STEP_N] start and fixed values; receives the maximum.
 * @param cov     [n_free*n_free] receives the covariance; NULL = not wanted.
 * @param err     says what went wrong.
 * @return MR_OK; MR_ERR_RANGE; MR_ERR_NOMEM.
 */
int mr__steplaw_fit(const struct mr__steplaw *s,
                    const enum mr__steplaw_param *which, size_t n_free,
                    double *params, double *cov, struct mr_errtext *err);

#endif
