/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Tests of two independent samples. */
#ifndef MR_CALIBRATION_TWOSAMPLE_H
#define MR_CALIBRATION_TWOSAMPLE_H

#include <stddef.h>
#include <stdint.h>

/** What two samples have in common. */
struct mr__twosample {
	double ks;       /**< greatest difference of the distribution functions */
	double ks_p;     /**< Kolmogorov's limit, with Stephens' correction (J. R.
	                      Stat. Soc. B 32, 115, 1970); too great for ties */
	double energy;   /**< 0 alike .. 1 */
	double energy_p; /**< gamma through the moments of 200 permutations */
};

/**
 * Test two samples.
 * @param a     [n_a] ascending.
 * @param n_a   > 0.
 * @param b     [n_b] ascending.
 * @param n_b   > 0.
 * @param seed  of the permutations.
 * @param out   filled in.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr__twosample_test(const double *a, size_t n_a, const double *b,
                       size_t n_b, uint64_t seed, struct mr__twosample *out);

#endif
