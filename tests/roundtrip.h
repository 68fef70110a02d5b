/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Round trips: an array is measured and fitted, what comes back is held against
 * what went in, and the fitted file against the array. Bounds are those of the
 * project's issue on characterisation: 95 % intervals cover 90 to 99 % of all
 * coefficients, none is off by more than 4.5 standard errors, and means over the
 * seeds are within what each line states.
 *
 * Words: MEMRIG_FIT_SEEDS=N changes the number of seeds, MEMRIG_FIT_FIRST=N the
 * first of them.
 */
#ifndef MR_TESTS_ROUNDTRIP_H
#define MR_TESTS_ROUNDTRIP_H

#include "memrig/memrig.h"

/** A coefficient that is looked for. */
struct mr_wanted {
	const char *name;
	double truth;
	double within; /**< relative, of the mean over seeds; 0 = not bounded */
};

/** What fits made of it. Begins all-zero. */
struct mr_found {
	double sum;
	double sum_se;
	double worst;     /**< greatest |error| / se */
	unsigned covered; /**< by 1.96 se */
	unsigned fits;
};

/**
 * A number from the environment.
 * @param name   of the variable.
 * @param other  the number where it is not set.
 * @return it.
 */
unsigned mr_roundtrip_number(const char *name, unsigned other);

/**
 * Take an estimate; asserts that it was fitted.
 * @param fit     the fit.
 * @param wanted  which coefficient.
 * @param found   is added to.
 */
void mr_roundtrip_look(const struct mr_fit *fit, const struct mr_wanted *wanted,
                       struct mr_found *found);

/**
 * Print a line, and assert its bounds: none off by more than 4.5 standard errors,
 * the mean within what is wanted or 2 standard errors.
 * @param wanted  the coefficient.
 * @param found   of all fits.
 */
void mr_roundtrip_judge(const struct mr_wanted *wanted,
                        const struct mr_found *found);

/**
 * Measure the suite "standard".
 * @param array  to measure.
 * @param path   of the log; an old one is removed.
 */
void mr_roundtrip_measure(struct mr_array *array, const char *path);

/** Load a log's history. @param path  of the log. @return it; free it. */
struct mr_history *mr_roundtrip_load(const char *path);

/**
 * Do a log's operations on another array, and print the groups that differ at the
 * corrected 1 % level.
 * @param fresh   history of the log.
 * @param log     its path.
 * @param uri     of the other array.
 * @param groups  receives the number of groups.
 * @return how many differ.
 */
size_t mr_roundtrip_differ(const struct mr_history *fresh, const char *log,
                           const char *uri, size_t *groups);

/**
 * Compare a twin with fresh data of its original, print and assert that none of the
 * groups differs. By the level, a true twin differs in one replay of a hundred: then
 * another draw decides.
 * @param fresh  history of the log.
 * @param log    its path.
 * @param uri    of the twin, up to the number of its seed.
 * @param seed   of the original.
 */
void mr_roundtrip_twin(const struct mr_history *fresh, const char *log,
                       const char *uri, unsigned seed);

/**
 * Measure arrays by the suite "standard" on ten seeds, fit a model, and compare its
 * twin with fresh data of the same array; print and assert the bounds.
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
