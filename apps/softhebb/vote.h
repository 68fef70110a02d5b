/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Read-outs that need no training: which class each neuron stands for. */
#ifndef MR_SOFTHEBB_VOTE_H
#define MR_SOFTHEBB_VOTE_H

#include <stdint.h>

#include "layer.h"
#include "samples.h"

/** What the neurons answered to labelled samples. */
struct mr_vote {
	uint32_t n_out;
	uint32_t n_classes;
	uint32_t *wins; /**< [n_out*n_classes] samples of a class that it won */
	double *mass;   /**< [n_out*n_classes] summed activations */
	uint16_t *label; /**< [n_out] class of the neuron: most wins, or of one
	                      that never won, most mass */
	uint32_t n_used; /**< neurons that won at least once */
};

#define MR_VOTE_BINS 20 /**< of a histogram over 0..1 */

/** Correct shares of a test set. */
struct mr_vote_score {
	double labels; /**< class of the winner */
	double soft;   /**< argmax of y P, P the mass with rows of sum 1 */
	double winner_p; /**< mean activation of the winner */
	uint32_t winner_bins[MR_VOTE_BINS]; /**< samples by activation of the
	                                         winner, 0..1 */
};

/**
 * Let all samples vote.
 *
 * @param vote     filled in; release with mr_vote_free().
 * @param params   of the layer.
 * @param carrier  of its weights.
 * @param samples  labelled; their first `n` are taken.
 * @return MR_OK; MR_ERR_NOMEM; as the carrier.
 */
int mr_vote_take(struct mr_vote *vote, const struct mr_hebb_params *params,
                 struct mr_hebb_carrier *carrier,
                 const struct mr_samples *samples);

/**
 * Rate the votes.
 *
 * @param vote     from mr_vote_take().
 * @param params   of the layer.
 * @param carrier  of its weights.
 * @param samples  labelled.
 * @param score    receives the shares.
 * @return MR_OK; MR_ERR_NOMEM; as the carrier.
 */
int mr_vote_rate(const struct mr_vote *vote,
                 const struct mr_hebb_params *params,
                 struct mr_hebb_carrier *carrier,
                 const struct mr_samples *samples,
                 struct mr_vote_score *score);

/**
 * Release.
 *
 * @param vote  from mr_vote_take(), or all zero.
 */
void mr_vote_free(struct mr_vote *vote);

#endif
