/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Round trips of fits: arrays with parameters that the fit is not told,
 * measured and fitted on ten seeds. Bounds are those of the project's issue on
 * characterisation: 95 % intervals cover 90 to 99 % of all coefficients, none
 * is off by more than 4.5 standard errors, and means over the seeds are within
 * what each line states.
 *
 * Words: MEMRIG_FIT_SEEDS=N changes the number of seeds, MEMRIG_FIT_FIRST=N the
 * first of them.
 */
#ifndef MR_TESTS_ROUNDTRIP_H
#define MR_TESTS_ROUNDTRIP_H

#include <stddef.h>

/** A coefficient that is looked for. */
struct mr_wanted {
	const char *name;
	double truth;
	double within; /**< relative, of the mean over seeds; 0 = not bounded */
};

/**
 * Measure arrays by the suite "standard", fit a model, and compare its twin with
 * fresh data of the same array; print and assert the bounds.
 * @param uri     of the array, with one key or more; the seed is added.
 * @param model   that is fitted.
 * @param wrong   keys that make wrong twins of the first seed, each of which must
 *                differ; NULL ends them.
 * @param wanted  [n] coefficients that must be fitted.
 * @param n       how many, at most 16.
 */
void mr_round_trip(const char *uri, const char *model,
                   const char *const *wrong, const struct mr_wanted *wanted,
                   size_t n);

#endif
