/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A linear read-out that learns with labels on top of a layer that learned
 * without them:
 *
 *     phi(x) = softmax(t' W x)            x of length 1, no bias
 *     z      = V phi + c,    loss = cross-entropy of softmax(z)
 *
 * learned by Adam while W stands still, at a rate that falls linearly to 0.
 * t' is softer than the layer's own t, so that more than one neuron speaks.
 * Source: section 3 of T. Moraitis et al., Neuromorph. Comput. Eng. 2, 044017
 * (2022), doi:10.1088/2634-4386/aca710.
 */
#ifndef MR_SOFTHEBB_READOUT_H
#define MR_SOFTHEBB_READOUT_H

#include <stdint.h>

#include "dense.h"
#include "layer.h"
#include "samples.h"
#include "watch.h"

/** How it learns. */
struct mr_readout_plan {
	double t;        /**< t', > 0 */
	double rate;     /**< of Adam at the begin, > 0 */
	uint32_t epochs; /**< passes, >= 1 */
	uint32_t batch;  /**< samples of a step, >= 1 */
	uint32_t samples; /**< of a pass, the first ones; 0 = all */
	uint64_t seed;   /**< of the order */
	struct mr_watch watch;
};

/** A read-out. */
struct mr_readout {
	struct mr_dense size; /**< n_in neurons, n_out classes */
	double t;             /**< t' */
	float *p;             /**< V, c: see dense.h */
};

/**
 * Learn: each sample passes the layer once, then the features are gone over.
 *
 * @param readout  filled in; release with mr_readout_free().
 * @param plan     how.
 * @param carrier  of the layer's weights.
 * @param images   labelled.
 * @return MR_OK; MR_ERR_STOPPED; MR_ERR_NOMEM; as the carrier. After a failure
 *         there is nothing to release.
 */
int mr_readout_learn(struct mr_readout *readout,
                     const struct mr_readout_plan *plan,
                     struct mr_hebb_carrier *carrier,
                     const struct mr_images *images);

/**
 * Rate.
 *
 * @param readout   learned.
 * @param carrier   of the layer's weights.
 * @param images    labelled.
 * @param accuracy  receives the share that is right.
 * @return MR_OK; MR_ERR_NOMEM; as the carrier.
 */
int mr_readout_rate(const struct mr_readout *readout,
                    struct mr_hebb_carrier *carrier,
                    const struct mr_images *images, double *accuracy);

/**
 * Features of weighted sums.
 *
 * @param t    t'.
 * @param u    [n*k] weighted sums.
 * @param n    samples.
 * @param k    neurons.
 * @param phi  [n*k] receives softmax(t' u); may be u.
 */
void mr_readout_features(double t, const float *u, uint32_t n, uint32_t k,
                         float *phi);

/**
 * Release.
 *
 * @param readout  from mr_readout_learn(), or all zero.
 */
void mr_readout_free(struct mr_readout *readout);

#endif
