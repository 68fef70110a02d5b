/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Exponentials of a few numbers at once, in a shape that compilers make vectors of:
 * 2^k e^r with |r| <= log(2) / 2, e^r by its series to the 12th power, whose rest is
 * 2e-16. Checked against exp() by tests/test_fit.c.
 */
#ifndef MR_CALIBRATION_EXPS_H
#define MR_CALIBRATION_EXPS_H

#include <stdint.h>
#include <string.h>

#define MR__EXPS_N 16 /**< numbers of one call */
#define MR__EXPS_LEAST (-700.0) /**< less counts as this */

/**
 * @param x    [MR__EXPS_N] up to 700.
 * @param out  [MR__EXPS_N] receives e^x, within 1e-15 of it.
 */
static inline void mr__exps(const double *x, double *out)
{
	const double shift = 0x1.8p52; /* leaves whole numbers in the low bits */

	for (int i = 0; i < MR__EXPS_N; i++) {
		double at = x[i] > MR__EXPS_LEAST ? x[i] : MR__EXPS_LEAST;
		double whole = at * 0x1.71547652b82fep0 + shift;
		double k = whole - shift;
		double r = (at - k * 0x1.62e42fefap-1) - k * 0x1.cf79abc9e3b39p-40;
		double sum = 1.0 / 479001600;
		uint64_t bits;
		double power;

		sum = sum * r + 1.0 / 39916800;
		sum = sum * r + 1.0 / 3628800;
		sum = sum * r + 1.0 / 362880;
		sum = sum * r + 1.0 / 40320;
		sum = sum * r + 1.0 / 5040;
		sum = sum * r + 1.0 / 720;
		sum = sum * r + 1.0 / 120;
		sum = sum * r + 1.0 / 24;
		sum = sum * r + 1.0 / 6;
		sum = sum * r + 0.5;
		sum = sum * r + 1;
		sum = sum * r + 1;
		memcpy(&bits, &whole, sizeof bits);
		bits = (bits << 52) + UINT64_C(0x3ff0000000000000);
		memcpy(&power, &bits, sizeof power);
		out[i] = sum * power;
	}
}

#endif
