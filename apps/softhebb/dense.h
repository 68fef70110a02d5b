/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* An affine map of rows, z = x W' + b, with its gradients, and the cross-entropy
 * of its softmax. Parameters are one block: W[n_out*n_in], then b[n_out]. */
#ifndef MR_SOFTHEBB_DENSE_H
#define MR_SOFTHEBB_DENSE_H

#include <stddef.h>
#include <stdint.h>

/** Size of a map. */
struct mr_dense {
	uint32_t n_in;
	uint32_t n_out;
};

/**
 * Parameters of a map.
 *
 * @param size  of the map.
 * @return n_out * (n_in + 1).
 */
size_t mr_dense_count(struct mr_dense size);

/**
 * Apply.
 *
 * @param size  of the map.
 * @param p     parameters.
 * @param x     [n*n_in] rows.
 * @param n     how many.
 * @param z     [n*n_out] receives the results.
 */
void mr_dense_apply(struct mr_dense size, const float *p, const float *x,
                    uint32_t n, float *z);

/**
 * Gradient of the mean loss with regard to the parameters.
 *
 * @param size  of the map.
 * @param e     [n*n_out] derivatives of each row's loss by z.
 * @param x     [n*n_in] rows.
 * @param n     how many.
 * @param g     receives it, in the form of the parameters.
 */
void mr_dense_gradient(struct mr_dense size, const float *e, const float *x,
                       uint32_t n, float *g);

/**
 * Derivatives by the inputs.
 *
 * @param size  of the map.
 * @param p     parameters.
 * @param e     [n*n_out] derivatives by z.
 * @param n     rows.
 * @param gx    [n*n_in] receives them.
 */
void mr_dense_back(struct mr_dense size, const float *p, const float *e,
                   uint32_t n, float *gx);

/**
 * Cross-entropy of softmax(z) with labels.
 *
 * @param z          [n*n_classes] logits.
 * @param label      [n] classes.
 * @param n          rows.
 * @param n_classes  columns.
 * @param e          [n*n_classes] receives the derivatives of each row's loss
 *                   by z: softmax(z) less 1 at the label, which stays exact
 *                   where the softmax is 1 in single precision. May be z.
 * @return the sum of the losses, in nats.
 */
double mr_dense_loss(const float *z, const uint16_t *label, uint32_t n,
                     uint32_t n_classes, float *e);

/**
 * Rows whose greatest logit is at their label.
 *
 * @param z          [n*n_classes] logits.
 * @param label      [n] classes.
 * @param n          rows.
 * @param n_classes  columns.
 * @param right      [n] receives 1 for such a row, else 0; or NULL.
 * @return how many.
 */
uint32_t mr_dense_right(const float *z, const uint16_t *label, uint32_t n,
                        uint32_t n_classes, uint8_t *right);

#endif
