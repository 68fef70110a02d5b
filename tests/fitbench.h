/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Measurements of noise, drift and targets for tests of fits, and a fit to call
 * single estimators with. */
#ifndef MR_TESTS_FITBENCH_H
#define MR_TESTS_FITBENCH_H

#include "calibration/fits.h"
#include "protocols.h"

/** A fit at work on a history that a test measured. */
struct mr_fitbench {
	struct mr_history *history;
	struct mr_fit *fit;
	uint8_t *use;
	struct mr_errtext err;
	struct mr__fitting f;
	struct mr_history invented; /**< by mr_fitbench_invent() */
	size_t first[2];            /**< its index */
};

/** Let array time pass. @param b  as opened. @param s  seconds. */
void mr_bench_wait(struct mr_bench_log *b, double s);

/**
 * RESET all cells, then SET those of column c (c mod `levels`) * `each` times.
 * @param b       as opened.
 * @param levels  how many.
 * @param each    SETs from level to level.
 */
void mr_bench_levels(struct mr_bench_log *b, uint32_t levels, uint32_t each);

/**
 * Program all cells: cell i to g_max (i + shift) mod levels / (levels - 1),
 * from `least` on.
 * @param b       as opened.
 * @param levels  how many, >= 2.
 * @param shift   which cells have which.
 * @param least   of the described g_max, for the lowest level.
 */
void mr_bench_targets(struct mr_bench_log *b, uint32_t levels, uint32_t shift,
                      double least);

/**
 * Read all cells at 10^(k / per_decade) s, from 1 s on.
 * @param b           as opened; programmed just now.
 * @param decades     how many.
 * @param per_decade  readings in each.
 * @param averages    of each.
 */
void mr_bench_ageing(struct mr_bench_log *b, uint32_t decades,
                     uint32_t per_decade, uint32_t averages);

/**
 * Read all cells again and again.
 * @param b           as opened.
 * @param n           how often.
 * @param interval_s  from end to begin.
 */
void mr_bench_repeat(struct mr_bench_log *b, uint32_t n, double interval_s);

/**
 * Measure an array and make a fit of its history, with the model's defaults.
 * @param t        filled in; release with mr_fitbench_end().
 * @param uri      of the array.
 * @param model    whose parameters.
 * @param measure  what to do.
 */
void mr_fitbench_begin(struct mr_fitbench *t, const char *uri,
                       const char *model,
                       void (*measure)(struct mr_bench_log *b));

/**
 * As mr_fitbench_begin(), and measure the same array once more, into another log.
 * @param t        filled in; release with mr_fitbench_end().
 * @param uri      of the array.
 * @param model    whose parameters.
 * @param measure  what to do.
 * @param fresh    path of the other log; what is there is removed.
 */
void mr_fitbench_begin_twice(struct mr_fitbench *t, const char *uri,
                             const char *model,
                             void (*measure)(struct mr_bench_log *b),
                             const char *fresh);

/**
 * Make a fit of events that a test invents, all of one cell of an array that is
 * a pcm's; the events stay the caller's.
 * @param t       filled in; release with mr_fitbench_end().
 * @param events  [n] in the order of time.
 * @param n       how many.
 */
void mr_fitbench_invent(struct mr_fitbench *t,
                        const struct mr_history_event *events, size_t n);

/** Release. @param t  a fit. */
void mr_fitbench_end(struct mr_fitbench *t);

#endif
