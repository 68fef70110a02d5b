/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What a span of readings follows beside noise: a parabola in the logarithm of
 * time, fitted by weighted least squares. It stands for any drift law over the
 * span (a power law of exponent .05 over five decades leaves 1e-4), and takes
 * up at most three degrees of freedom.
 */
#ifndef MR_CALIBRATION_TREND_H
#define MR_CALIBRATION_TREND_H

#include "spans.h"

#define MR__TREND_MAX 3 /**< most degrees of freedom */

/** A trend; all-zero to begin with. Its room is used again and again. */
struct mr__trend {
	uint32_t n;       /**< readings */
	uint32_t p;       /**< degrees of freedom that it takes up */
	double *log_age;  /**< [n] log((age + t0) / t0) */
	double *fit_S;    /**< [n] */
	double *left_S;   /**< [n] reading less fit */
	double *leverage; /**< [n] share of a reading's variance that the fit
	                       takes up */
	double *basis;    /**< [p*n] orthonormal after weighting */
	double *weight;   /**< [n] root of a reading's weight */
	uint32_t room;
};

/** Noise that weights follow: sd of one reading = slope G + floor. */
struct mr__trend_noise {
	double slope;
	double floor_S; /**< both 0: equal weights, but for averages */
};

/**
 * Fit.
 * @param t     receives the trend.
 * @param s     the span.
 * @param t0_s  reference time of the logarithm.
 * @param w     weights.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr__trend_fit(struct mr__trend *t, const struct mr__span *s, double t0_s,
                  const struct mr__trend_noise *w);

/** Release the room. @param t  a trend. */
void mr__trend_free(struct mr__trend *t);

/** Weighted mean of the fit. @param t  a trend. @return siemens. */
double mr__trend_level_S(const struct mr__trend *t);

#endif
