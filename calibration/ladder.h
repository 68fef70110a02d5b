/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * 1/f noise of an ageing cell as a Gaussian process: a sum of relaxations, one
 * per decade, all at rest when the cell is programmed (the classical picture of
 * 1/f noise as a superposition of Lorentzians: M. J. Kirton and M. J. Uren,
 * Adv. Phys. 38, 367, 1989). Of spectrum Q^2 / f, with Q = 1 here. A likelihood
 * over instants knows of no aliasing and no window.
 */
#ifndef MR_CALIBRATION_LADDER_H
#define MR_CALIBRATION_LADDER_H

#include <stdint.h>

/** Instants of readings. */
struct mr__ladder {
	double t_read_s; /**< integration time that Q is stated for */
	double lead_s;   /**< age of the process when the cell's age is 0 */
	uint32_t n;
	const double *age_s;      /**< [n] ascending: end of each reading */
	const uint32_t *averages; /**< [n] readings in it */
	const double *t_int_s;    /**< [n] time of one of them */
};

/**
 * Covariances of the readings.
 * @param l    instants.
 * @param cov  [n*n] receives them.
 */
void mr__ladder_covariance(const struct mr__ladder *l, double *cov);

/**
 * Variance of a reading: the mean of all that were averaged in it.
 * @param l  instants.
 * @param i  which.
 * @return it, at Q = 1.
 */
double mr__ladder_of_reading(const struct mr__ladder *l, uint32_t i);

/**
 * Variance of a single reading as the published fits state it:
 * log((age + lead + t_read) / (2 t_read)), not below 0.
 * @param l    t_read and lead.
 * @param age  in seconds.
 * @return it, at Q = 1.
 */
double mr__ladder_variance(const struct mr__ladder *l, double age);

/**
 * Cholesky factor of a positive matrix, in place: the lower triangle.
 * @param a  [n*n].
 * @param n  size.
 * @return the logarithm of its determinant; NAN = it is not positive.
 */
double mr__ladder_factor(double *a, uint32_t n);

/**
 * Solve L x = b.
 * @param factor  [n*n] as made by mr__ladder_factor().
 * @param n       size.
 * @param b       [n] replaced by x.
 */
void mr__ladder_whiten(const double *factor, uint32_t n, double *b);

#endif
