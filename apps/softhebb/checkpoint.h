/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Where a run of deep.h is, and the file that keeps it. The file: words of four
 * bytes, the least first; "MRDEEPCK", version, what the run is of, where it is,
 * results so far, each layer's batch norm and weights, the classifier's weights
 * and moments once it is at work; last the CRC-32 of all that. Random numbers
 * are addressed by the position, so that there is no state of them to keep.
 * Features are not in the file: they are worked out again.
 */
#ifndef MR_APPS_SOFTHEBB_CHECKPOINT_H
#define MR_APPS_SOFTHEBB_CHECKPOINT_H

#include "classifier.h"
#include "network.h"

#define MR_CHECKPOINT_VERSION 3

/** What a run is of: a checkpoint goes with one run alone. */
struct mr_deep_identity {
	uint32_t network;      /**< CRC-32 of the preset's layers and numbers */
	uint32_t data;         /**< CRC-32 of the images */
	uint64_t seed;
	uint32_t simultaneous; /**< 0 or 1 */
	uint32_t random;       /**< 0 or 1 */
	uint32_t n_pass;
	uint32_t n_train;
	uint32_t n_test;
	uint32_t epochs;
};

/** Where a run is. */
struct mr_deep_state {
	struct mr_deep_identity identity;
	uint32_t phase;  /**< layer that learns; n_layers: the classifier */
	uint32_t epoch;  /**< of the classifier */
	uint64_t step;   /**< batches done of the phase or epoch */
	uint32_t n_window; /**< updates that were looked at */
	double p_winner[MR_DEEP_LAYERS_MAX]; /**< summed over them */
	uint32_t *wins[MR_DEEP_LAYERS_MAX];  /**< [K] wins in them */
	uint32_t p_bins[MR_DEEP_LAYERS_MAX][MR_DEEP_BINS]; /**< images in them */
	struct mr_classifier_tally tally;    /**< of the epoch */
	struct mr_deep_result *result;
	struct mr_deep_network *network;
	struct mr_classifier *classifier;    /**< NULL: the run has none */
};

/**
 * What a plan is a run of.
 *
 * @param plan   the plan, with images.
 * @param sizes  n_pass, n_train, n_test and epochs are given; the rest is
 *               filled in.
 */
void mr_deep_identify(const struct mr_deep_plan *plan,
                      struct mr_deep_identity *identity);

/**
 * Keep a state; the file before stays until the new one is whole.
 *
 * @return MR_OK; MR_ERR_RANGE if a weight is no finite number; MR_ERR_USAGE,
 *         MR_ERR_IO or MR_ERR_NOMEM as mr_outfile_begin(); else as a carrier.
 */
int mr_checkpoint_write(const char *path, struct mr_deep_state *state,
                        struct mr_errtext *err);

/**
 * Take a state up again.
 *
 * @param path   of the file.
 * @param state  its identity is compared; network, classifier, result and wins
 *               are there and are filled in. Useless after a failure.
 * @param err    explains a failure.
 * @return MR_OK; MR_ERR_MISSING; MR_ERR_FORMAT for a file that is no
 *         checkpoint, of another version, cut off, damaged, or with a number
 *         that is not finite; MR_ERR_USAGE for one of another run; MR_ERR_IO;
 *         MR_ERR_NOMEM; else as a carrier.
 */
int mr_checkpoint_read(const char *path, struct mr_deep_state *state,
                       struct mr_errtext *err);

#endif
