/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* One learning run, from fresh weights to figures of merit. */
#ifndef MR_APPS_FSTDP_RUN_H
#define MR_APPS_FSTDP_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "memrig/types.h"

#include "../inputs/inputs.h"
#include "../metrics.h"
#include "rule.h"

#define MR_HISTORY_MAX 256 /**< points of a run's history */

/** What a run is made of. */
struct mr_fstdp_plan {
	const struct mr_inputs *inputs;
	struct mr_fstdp_params params;
	enum mr_fstdp_mode mode;
	uint64_t steps;
	const volatile sig_atomic_t *stop; /**< ends the run early; or NULL */
	/** called now and then with the steps done; or NULL */
	void (*progress)(void *user, uint64_t done, uint64_t total);
	void *user; /**< handed to progress */
};

/** What came of a run. */
struct mr_fstdp_result {
	bool fatigue;        /**< the rule: FSTDP, or STDP with f = 0 */
	bool array;          /**< weights on the array, or ideal numbers */
	bool partial;        /**< ended early */
	bool has_seed;       /**< the run depends on a seed */
	uint64_t seed;
	uint64_t steps;      /**< steps done */
	uint64_t n_spikes;   /**< output spikes */
	float *w;            /**< [n] weights at the end */
	double group_mean[MR_GROUPS_MAX]; /**< [n_groups] */
	double auc;          /**< NAN without labels */
	struct mr_detection detection; /**< of labelled inputs */
	uint32_t n_found;    /**< all inputs above MR_DETECTED_ABOVE */
	double w_rate_r;     /**< Pearson's r of weight and input rate */
	struct mr_synapse_counts counts; /**< pulses and reads */
	double wall_s;       /**< written by whoever has a clock */
	double array_s;      /**< array time of the run; likewise */
	uint32_t n_points;   /**< points of the history, >= 1 */
	double point_s[MR_HISTORY_MAX]; /**< time of each point */
	float *history;      /**< [n_points * n_groups] mean weights */
};

/**
 * Learn.
 *
 * @param plan     what.
 * @param weights  a carrier; started here.
 * @param seed     of generated inputs and chance pulses.
 * @param result   filled in, also when the run was stopped; release with
 *                 mr_fstdp_result_free().
 * @param err      explains a failure.
 * @return MR_OK; MR_ERR_STOPPED with a result that is marked as partial;
 *         MR_ERR_RANGE for wrong constants; MR_ERR_NOMEM; else as the weights
 *         (then there is no result).
 */
int mr_fstdp_run(const struct mr_fstdp_plan *plan, struct mr_weights *weights,
                 uint64_t seed, struct mr_fstdp_result *result,
                 struct mr_errtext *err);

/**
 * Release.
 *
 * @param result  from mr_fstdp_run(), or all zero.
 */
void mr_fstdp_result_free(struct mr_fstdp_result *result);

/**
 * Drift factor at the mean interval between output spikes, by which weights
 * on an array are divided: ((1 / r0 + T0) / T0)^-nu in array time.
 *
 * @param desc         states nu and T0; nu = 0 gives 1.
 * @param params       states r0 and the step.
 * @param step_time_s  array time of one step.
 * @return the factor, in (0, 1].
 */
double mr_fstdp_drift_scale(const struct mr_description *desc,
                            const struct mr_fstdp_params *params,
                            double step_time_s);

#endif
