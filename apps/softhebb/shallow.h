/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* One run of the shallow network: first weights, passes over the samples,
 * labels, accuracy. */
#ifndef MR_SOFTHEBB_SHALLOW_H
#define MR_SOFTHEBB_SHALLOW_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "layer.h"
#include "samples.h"
#include "vote.h"

struct mr_shallow_keep; /**< shallow_keep.h */

/** What a run is made of. */
struct mr_shallow_plan {
	struct mr_hebb_params params;
	const struct mr_images *train; /**< labelled */
	const struct mr_images *test;  /**< labelled */
	uint32_t n_out;   /**< neurons */
	uint32_t batch;   /**< samples that change the weights at once */
	uint32_t samples; /**< of a pass; 0 = all */
	uint32_t test_samples; /**< of the test; 0 = all */
	uint32_t epochs;  /**< passes, >= 1 */
	const volatile sig_atomic_t *stop; /**< ends the run early; or NULL */
	/** called now and then with the samples seen; or NULL */
	void (*progress)(void *user, uint64_t done, uint64_t total);
	/** called after each batch with its number and what it was; or NULL */
	int (*after)(void *user, uint64_t step,
	             const struct mr_hebb_batch *batch, uint32_t first);
	void *user; /**< handed to both */
	struct mr_shallow_keep *keep; /**< a checkpoint; NULL = none */
};

#define MR_RADIUS_BINS 20 /**< of a histogram over 0..radius_top */

/** What came of a run. */
struct mr_shallow_result {
	bool partial;      /**< ended early */
	uint64_t n_seen;   /**< samples learned from */
	struct mr_vote_score test; /**< accuracies */
	double radius_mean, radius_sd, radius_min, radius_max;
	double radius_top; /**< upper end of the histogram: at least 2 */
	uint32_t radius_bins[MR_RADIUS_BINS]; /**< neurons by radius */
	float *w;          /**< [n_out*n_in] weights at the end, as looked at */
	struct mr_vote vote; /**< what the training samples said of each neuron */
};

/**
 * Learn and rate.
 *
 * @param plan     what.
 * @param carrier  of plan->n_out neurons; started here, or from the checkpoint.
 * @param seed     of first weights and order.
 * @param result   filled in, also when stopped; release with
 *                 mr_shallow_free().
 * @param err      explains a failure.
 * @return MR_OK; MR_ERR_STOPPED with a result that is marked as partial;
 *         MR_ERR_NOMEM; else as the carrier, mr_shallow_save() or
 *         mr_shallow_load() (then there is no result).
 */
int mr_shallow_run(const struct mr_shallow_plan *plan,
                   struct mr_hebb_carrier *carrier, uint64_t seed,
                   struct mr_shallow_result *result, struct mr_errtext *err);

/**
 * Learn only: mr_shallow_run() without its first weights and its rating.
 *
 * @param plan     what.
 * @param carrier  started, unless it is taken from a checkpoint.
 * @param seed     of the order.
 * @param n_seen   receives the samples learned from.
 * @return MR_OK; MR_ERR_STOPPED; MR_ERR_NOMEM; as the carrier, plan->after,
 *         mr_shallow_save() or mr_shallow_load().
 */
int mr_shallow_learn(const struct mr_shallow_plan *plan,
                     struct mr_hebb_carrier *carrier, uint64_t seed,
                     uint64_t *n_seen);

/**
 * Label the neurons anew and rate them: what a person does after the weights
 * have drifted.
 *
 * @param plan     what.
 * @param carrier  of the weights.
 * @param result   votes, scores, weights and radii are written anew.
 * @return MR_OK; MR_ERR_NOMEM; as the carrier; then what was there stays.
 */
int mr_shallow_rate(const struct mr_shallow_plan *plan,
                    struct mr_hebb_carrier *carrier,
                    struct mr_shallow_result *result);

/**
 * Release.
 *
 * @param result  from mr_shallow_run(), or all zero.
 */
void mr_shallow_free(struct mr_shallow_result *result);

#endif
