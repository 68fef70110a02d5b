/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What the readings of a cell say of its conductance as programmed and of its
 * drift exponent: readings G exp(-nu L) (1 + Q x), x of known correlations. Their
 * noise is that of the level that they show: what all have in common is relative
 * to G. At a given t0 nothing else of them is needed than a few sums.
 *
 * How the noise falls along with the curve is not held to tell of the drift: it would
 * tell of whatever else makes noise change in time. The density is therefore that of
 * readings over a curve that is as good as known; that the best of all curves is
 * taken for it is made up for by the readings' leverages.
 */
#ifndef MR_CALIBRATION_TARGETSPAN_H
#define MR_CALIBRATION_TARGETSPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MR__TARGET_READS 24 /**< of a span that are used */

/** Instants of readings and the correlations of their noise; shared by cells. */
struct mr__target_instants {
	uint32_t n;
	double age_s[MR__TARGET_READS];
	uint32_t averages[MR__TARGET_READS];
	double over_s[MR__TARGET_READS];
	double t_int_s[MR__TARGET_READS];
	double factor[MR__TARGET_READS * MR__TARGET_READS]; /**< Cholesky */
	double log_det;   /**< of the correlations */
	double precision; /**< 1' K^-1 1: of a level, in units of Q */
};

/** The readings, in numbers: the best curve, and sums of products, by the inverse of
 * the correlations, of 1, of L and of what the readings are off the curve, relative
 * to it (e). */
struct mr__target_seen {
	double g_S;  /**< best conductance as programmed */
	double nu;   /**< best exponent */
	double one_one, one_l, l_l;
	double one_e, l_e; /**< 0 but for the start's pull */
	double e_e;
	double log_scale;  /**< log density's part that depends on nothing */
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
 * @return whether there is a best curve.
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
	double q; /**< times the amplitude of the noise */
};

/**
 * What the readings tell of nu, with G integrated out.
 * @param s     the readings.
 * @param sd_S  of G before it is read.
 * @param q     amplitude of the noise.
 * @return one over the square of the error that nu has by them.
 */
double mr__target_told(const struct mr__target_seen *s, double sd_S, double q);

/**
 * Log density of the readings at a given G: |nu| integrated out.
 * @param s    the readings.
 * @param p    the prior of nu.
 * @param g_S  the conductance as programmed, > 0.
 * @param q    amplitude of the noise that is relative to it.
 * @return it.
 */
double mr__target_density_at(const struct mr__target_seen *s,
                             const struct mr__target_prior *p, double g_S, double q);

#endif
