/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Whether two histories could be of the same kind of cells: what they hold is
 * put into groups (protocol, quantity, level), and in each group the two samples
 * meet in two tests. Kolmogorov-Smirnov (Smirnov, Ann. Math. Stat. 19, 279,
 * 1948) with the p-value of its limit distribution, and the energy distance
 * (Szekely and Rizzo, J. Stat. Plan. Inference 143, 1249, 2013) with that of a
 * gamma distribution through mean and variance over permutations. All p-values
 * are corrected together after Holm (Scand. J. Stat. 6, 65, 1979), which holds
 * whatever their dependence.
 */
#ifndef MEMRIG_COMPARE_H
#define MEMRIG_COMPARE_H

#include "memrig/history.h"

/** What a group's values are. */
enum mr_compare_quantity {
	MR_COMPARE_AFTER_SET,  /**< reading after the n-th SET since the RESET, S;
	                            level: n */
	MR_COMPARE_STEP,       /**< its change by that SET, S; level: n */
	MR_COMPARE_DRIFT,      /**< a cell's drift exponent; level: conductance */
	MR_COMPARE_FAST_NOISE, /**< log of a cell's relative spread from reading to
	                            reading; level: conductance */
	MR_COMPARE_SLOW_NOISE, /**< log of its spread over a sequence in units of
	                            that from reading to reading; likewise */
	MR_COMPARE_PROGRAMMED, /**< first reading after programming less the target,
	                            S; level: target */
	MR_COMPARE_PULSES,     /**< pulses that programming took; level: target */
	MR_COMPARE_SWEEP       /**< current of a sweep, A; level: its sample */
};

/** A group's verdict. */
struct mr_compare_test {
	char protocol[24];    /**< of the runs; "" = no measurement */
	enum mr_compare_quantity quantity;
	double level;         /**< see the quantity; of conductances the middle of
	                           its class, S */
	size_t n_a;           /**< values in each sample */
	size_t n_b;
	double median_a;
	double median_b;
	double ks;            /**< greatest difference of the distributions */
	double ks_p;
	double energy;        /**< energy distance over the pooled mean distance: 0
	                           alike, 1 nothing in common */
	double energy_p;
	double effect;        /**< difference of medians over the pooled spread
	                           (half the range from 16 % to 84 %) */
	double p;             /**< the lesser p, corrected over all tests */
	bool rejected;
	const double *a;      /**< [n_a] the sample, ascending */
	const double *b;      /**< [n_b] */
};

/** The comparison; read-only. */
struct mr_comparison {
	double alpha;
	size_t n_tests;      /**< groups; each has two tests */
	const struct mr_compare_test *tests;
	size_t rejected;     /**< how many groups are */
	size_t n_skipped;    /**< groups with too few values on a side */
};

/**
 * Compare two histories.
 *
 * @param a      one.
 * @param b      the other.
 * @param alpha  level at which all tests together reject wrongly, (0, 1).
 * @param out    receives the comparison; release with mr_comparison_free().
 * @param err    explains a failure; or NULL.
 * @return MR_OK; MR_ERR_UNSUPPORTED if they have no group in common;
 *         MR_ERR_RANGE (alpha); MR_ERR_NOMEM.
 */
MR_API int mr_compare(const struct mr_history *a, const struct mr_history *b,
                      double alpha, struct mr_comparison **out,
                      struct mr_errtext *err);

/**
 * Release a comparison.
 *
 * @param comparison  NULL is allowed.
 */
MR_API void mr_comparison_free(struct mr_comparison *comparison);

/**
 * Name of a quantity, such as "reading after SET".
 *
 * @param quantity  which.
 * @return static text.
 */
MR_API const char *mr_compare_quantity_name(enum mr_compare_quantity quantity);

/** What a replay could not do as it was done. */
struct mr_replay_notes {
	uint64_t n_done;        /**< operations that were done */
	uint64_t n_unsupported; /**< operations that the array cannot do, and
	                             conditions that it has not: left out */
	uint64_t n_moved;       /**< targets beyond the range of an array that
	                             programs on its own, by 2 % of it at most,
	                             that were moved to its end; farther ones are
	                             an error */
};

/**
 * Do with an array what was done in runs of a log: every operation that was
 * submitted there, in order, each run under its own metadata. Composed
 * programming goes by the steps and the range that the log's array described: how
 * many pulses are given at once, and for which targets, is the host's doing.
 *
 * @param path     the log.
 * @param options  which runs; NULL = all.
 * @param uri      of an array of the same shape; opened anew for the first run
 *                 of each session.
 * @param copy     log that receives the runs; must not exist.
 * @param context  stop and progress (operations); or NULL.
 * @param notes    filled in; or NULL.
 * @param err      explains a failure; or NULL.
 * @return MR_OK; MR_ERR_USAGE (no such run, another shape, a log that exists);
 *         as mr_oplog_open(), mr_array_open(), mr_array_submit().
 */
MR_API int mr_replay(const char *path, const struct mr_history_options *options,
                     const char *uri, const char *copy,
                     const struct mr_context *context,
                     struct mr_replay_notes *notes,
                     struct mr_errtext *err);

#endif
