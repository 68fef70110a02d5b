/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Read noise, from readings with nothing between them (spans.h), after their
 * trend is taken out (trend.h):
 *
 *   white    sd of one reading = slope G + floor, of the mean of A that over
 *            root A; restricted likelihood of the residuals
 *   flicker  relative, of spectrum Q^2 / f, Q = min(q g^-e, q_max) with g =
 *            min(G_programmed / g_unit, 1); likelihood of the ladder (ladder.h)
 *
 * Which of the two it is, is told by the readings' correlation in time alone,
 * whatever the amplitude of each span.
 *
 * Two-level (random telegraph) noise is looked for first; spans that show it
 * are listed and not used.
 */
#ifndef MR_CALIBRATION_FIT_NOISE_H
#define MR_CALIBRATION_FIT_NOISE_H

#include "fits.h"

/** Read noise of the array. */
struct mr__noise_fit {
	const char *kind; /**< "white", "flicker", "none"; NULL = the history
	                       holds no repeated readings: nothing is known */
	double slope;     /**< white: relative part */
	double floor_S;   /**< white: absolute part */
	double white_cov[4]; /**< covariance of slope and floor; NAN = the data
	                          cannot tell them apart */
	double q_at_1;    /**< flicker: Q at g = 1; NAN = no span is clean enough */
	double q_se;      /**< its standard error */
	double q_exponent; /**< e, as the model has it */
	double q_max;
	double g_unit_S;
	double t_read_s;  /**< integration time that Q is stated for */
	double lead_s;    /**< age of the 1/f process at age 0 */
	double score_white;   /**< log likelihood of white noise ... */
	double score_flicker; /**< ... and of 1/f noise, on the same readings */
	double score_both;    /**< ... and of the best mixture */
	uint32_t n_cells;     /**< that this rests on */
	uint64_t n_points;
	uint32_t n_rtn;       /**< spans with two-level noise */
};

/**
 * Fit the read noise. Adds the tables "noise" (cell, level_S, sd_S, n), "psd"
 * (level_S, f_Hz, S_S2_per_Hz) and, if there are any, "rtn" (cell, level_S,
 * amplitude_S, dwell_low_s, dwell_high_s) unless the fit is a rough one. It
 * sets no estimates.
 * @param f    the fit; its model gives t_read_s or t_flicker_s, t0_s,
 *             g_unit_S or g_max_S as they stand.
 * @param out  filled in.
 * @return MR_OK, also where nothing is known; MR_ERR_RANGE (no convergence);
 *         MR_ERR_NOMEM.
 */
int mr__fit_noise(struct mr__fitting *f, struct mr__noise_fit *out);

/**
 * Fit the amplitude of the noise again, with a drift that was fitted since: the
 * law of 1/f noise goes by conductances as programmed, and trends are parabolas
 * in a time that t0 stretches. Its kind stays.
 * @param f     the fit.
 * @param nu    mean drift exponent.
 * @param t0_s  its reference time.
 * @param out   as fitted before; amplitudes, their errors, n_cells are replaced.
 * @return MR_OK; MR_ERR_RANGE (no convergence); MR_ERR_NOMEM.
 */
int mr__fit_noise_aged(const struct mr__fitting *f, double nu, double t0_s,
                       struct mr__noise_fit *out);

/**
 * Standard deviation of a reading.
 * @param n         the noise.
 * @param g_S       conductance.
 * @param g0_S      conductance as programmed.
 * @param age_s     since programming.
 * @param averages  readings averaged, one right after the other; those of 1/f
 *                  noise are not independent.
 * @param t_int_s   time that one of them takes.
 * @return siemens; 0 where nothing is known.
 */
double mr__noise_sd_S(const struct mr__noise_fit *n, double g_S, double g0_S,
                      double age_s, uint32_t averages, double t_int_s);

/**
 * Amplitude of 1/f noise.
 * @param n     the noise.
 * @param g0_S  conductance as programmed.
 * @return Q.
 */
double mr__noise_q(const struct mr__noise_fit *n, double g0_S);

#endif
