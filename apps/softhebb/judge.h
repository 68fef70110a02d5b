/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Classifiers of pictures as those see them who look from outside or attack:
 * logits of pixels in 0..1, and how a loss moves with each pixel.
 *
 * SoftHebb with a linear read-out, xh = x / |x|, u = W xh, h = softmax(t' u),
 * z = V h + c, e = softmax(z) - onehot(label), g = V' e:
 *
 *     gu = t' (h o (g - h.g))        gxh = W' gu
 *     dL/dx = (gxh - xh (xh.gxh)) / |x|
 *
 * Where t' is high, h saturates and that gradient vanishes in numbers although
 * the network can be fooled: gradient masking. The attack on ln h takes g as the
 * derivative by ln h, whose own derivative does not vanish:
 *
 *     gu = t' (g - h sum(g))
 */
#ifndef MR_SOFTHEBB_JUDGE_H
#define MR_SOFTHEBB_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "mlp.h"
#include "readout.h"

#define MR_JUDGE_BLOCK MR_MLP_BATCH_MAX /**< most pictures at once */

/** What a classifier does. */
struct mr_judge_type {
	/** logits z[n*n_classes] of pixels x[n*n_in], n <= MR_JUDGE_BLOCK */
	void (*scores)(void *self, const float *x, uint32_t n, float *z);
	/** derivatives gx[n*n_in] of each picture's loss by its pixels */
	void (*gradient)(void *self, const float *x, const uint16_t *label,
	                 uint32_t n, float *gx);
	void (*free)(void *self);
};

/** A classifier. */
struct mr_judge {
	const struct mr_judge_type *type;
	void *self;
	uint32_t n_in;
	uint32_t n_classes;
};

/**
 * A SoftHebb layer with a linear read-out.
 *
 * @param judge    filled in; release with mr_judge_free().
 * @param w        [n_neurons*n_in] weights; must stay.
 * @param n_in     inputs.
 * @param readout  of its neurons; must stay.
 * @param by_log   gradients of the attack on ln h instead of the loss's own.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_judge_hebb(struct mr_judge *judge, const float *w, uint32_t n_in,
                  const struct mr_readout *readout, bool by_log);

/**
 * The baseline.
 *
 * @param judge  filled in; nothing to release.
 * @param mlp    must stay.
 */
void mr_judge_mlp(struct mr_judge *judge, struct mr_mlp *mlp);

/**
 * Release.
 *
 * @param judge  from above, or all zero.
 */
void mr_judge_free(struct mr_judge *judge);

#endif
