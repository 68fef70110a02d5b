/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The baseline that learns with labels and feedback: a network of one hidden
 * layer of rectifiers, as many as the SoftHebb layer has neurons, trained end to
 * end by back-propagation of the cross-entropy.
 *
 *     h = max(0, A x + a),   z = B h + b          x: pixels in 0..1
 *
 * First weights are uniform with variance 2 / n_in (He), biases 0; Adam at a
 * constant rate, so that the first pass is what a single pass would be.
 */
#ifndef MR_SOFTHEBB_MLP_H
#define MR_SOFTHEBB_MLP_H

#include <stdint.h>

#include "../datasets/images.h"
#include "dense.h"
#include "descent.h"
#include "watch.h"

#define MR_MLP_BATCH_MAX 250 /**< most samples that are looked at together */

/** A network, and what it needs to learn. */
struct mr_mlp {
	struct mr_dense first;  /**< inputs to hidden */
	struct mr_dense second; /**< hidden to classes */
	size_t n;               /**< parameters */
	float *p;               /**< [n] A, a, B, b */
	float *g;               /**< [n] their gradient */
	float *h;               /**< [MR_MLP_BATCH_MAX*hidden] */
	float *gh;              /**< likewise */
	float *z;               /**< [MR_MLP_BATCH_MAX*n_classes] */
	struct mr_descent descent;
};

/** How a pass learns. */
struct mr_mlp_plan {
	double rate;      /**< of Adam */
	uint32_t batch;   /**< 1 .. MR_MLP_BATCH_MAX */
	uint32_t samples; /**< of a pass; 0 = all */
	uint64_t seed;    /**< of the order */
	struct mr_watch watch;
	/** mean loss of each batch before it is learned; or NULL */
	void (*after)(void *user, uint64_t n_seen, double loss);
	void *user; /**< handed to after */
};

/**
 * A network before it learns.
 *
 * @param mlp        filled in; release with mr_mlp_free().
 * @param n_in       inputs.
 * @param n_hidden   rectifiers.
 * @param n_classes  classes.
 * @param seed       of the first weights.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_mlp_take(struct mr_mlp *mlp, uint32_t n_in, uint32_t n_hidden,
                uint32_t n_classes, uint64_t seed);

/**
 * Learn from all samples once.
 *
 * @param mlp     the network.
 * @param plan    how.
 * @param images  labelled, as large as its inputs.
 * @param pass    number of the pass, of which the order depends.
 * @return MR_OK; MR_ERR_STOPPED; MR_ERR_NOMEM.
 */
int mr_mlp_pass(struct mr_mlp *mlp, const struct mr_mlp_plan *plan,
                const struct mr_images *images, uint32_t pass);

/**
 * Logits.
 *
 * @param mlp  the network; its h is overwritten.
 * @param x    [n*n_in] pixels.
 * @param n    rows, <= MR_MLP_BATCH_MAX.
 * @param z    [n*n_classes] receives them.
 */
void mr_mlp_scores(struct mr_mlp *mlp, const float *x, uint32_t n, float *z);

/**
 * Gradient of the mean loss by the parameters, into mlp->g.
 *
 * @param mlp    the network.
 * @param x      [n*n_in] pixels.
 * @param label  [n] classes.
 * @param n      rows, <= MR_MLP_BATCH_MAX.
 * @return the mean loss, in nats.
 */
double mr_mlp_gradient(struct mr_mlp *mlp, const float *x,
                       const uint16_t *label, uint32_t n);

/**
 * Derivatives of each row's loss by its pixels.
 *
 * @param mlp    the network.
 * @param x      [n*n_in] pixels.
 * @param label  [n] classes.
 * @param n      rows, <= MR_MLP_BATCH_MAX.
 * @param gx     [n*n_in] receives them.
 */
void mr_mlp_back(struct mr_mlp *mlp, const float *x, const uint16_t *label,
                 uint32_t n, float *gx);

/**
 * Release.
 *
 * @param mlp  from mr_mlp_take(), or all zero.
 */
void mr_mlp_free(struct mr_mlp *mlp);

#endif
