/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What the readings of a cell say of its conductance as programmed and of its
 * drift exponent, all but the amplitude of their noise: readings
 * G exp(-nu L) (1 + Q x), x of known correlations, linearised at the best G and
 * nu. At a given t0 nothing else of them is needed.
 */
#ifndef MR_CALIBRATION_TARGETSPAN_H
#define MR_CALIBRATION_TARGETSPAN_H

#include <stdbool.h>
#include <stdint.h>

#define MR__TARGET_READS 24 /**< of a span that are used */

/** Instants of readings and the correlations of their noise; shared by cells. */
struct mr__target_instants {
	uint32_t n;
	double age_s[MR__TARGET_READS];
	uint32_t averages[MR__TARGET_READS];
	double t_int_s[MR__TARGET_READS];
	double factor[MR__TARGET_READS * MR__TARGET_READS]; /**< Cholesky */
	double log_det;   /**< of the correlations */
	double precision; /**< 1' K^-1 1: of a level, in units of Q */
};

/** The readings, in numbers. */
struct mr__target_seen {
	double g_S;  /**< best conductance as programmed */
	double nu;   /**< best exponent */
	double gg, gn, nn; /**< information of G and nu, at Q = 1 */
	double bg, bn;     /**< gradient at g_S, nu: 0 but for the start's pull */
	double zz;   /**< squares that are left, at Q = 1 */
	double log_scale; /**< log density's part that depends on nothing */
	uint32_t n;
};

/**
 * Look at readings.
 * @param at     their instants.
 * @param g_S    [at->n] readings, not all 0.
 * @param t0_s   reference time of drift.
 * @param nu     exponent to begin with.
 * @param nu_sd  how sure that is: ties down what the readings cannot tell.
 * @param noise  Q to set against it.
 * @param out    filled in.
 * @return whether the search converged.
 */
bool mr__target_see(const struct mr__target_instants *at, const double *g_S,
                    double t0_s, double nu, double nu_sd, double noise,
                    struct mr__target_seen *out);

/** What a cell is held to be before it is read. */
struct mr__target_prior {
	double target_S;
	double sd_S;
	double nu;
	double nu_sd;
	double q; /**< amplitude of the noise */
};

/**
 * Log density of the readings: G and |nu| integrated out.
 * @param s  the readings.
 * @param p  the prior.
 * @return it.
 */
double mr__target_density(const struct mr__target_seen *s,
                          const struct mr__target_prior *p);

#endif
