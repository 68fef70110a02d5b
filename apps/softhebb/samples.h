/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Images as a layer sees them: rows of numbers of length 1, in a shuffled
 * order. */
#ifndef MR_SOFTHEBB_SAMPLES_H
#define MR_SOFTHEBB_SAMPLES_H

#include <stdint.h>

#include "../datasets/images.h"

/** Images in memory, to be shown in some order. */
struct mr_samples {
	const struct mr_images *images; /**< borrowed; their pixels are there */
	uint32_t n;      /**< samples of a pass */
	uint32_t n_in;   /**< numbers of a sample */
	uint32_t *order; /**< [n] which image comes when */
	float *length;   /**< [images->n] Euclidean length of each, pixels 0..1 */
};

/**
 * Prepare images.
 *
 * @param samples  filled in; release with mr_samples_free().
 * @param images   must stay; at least one.
 * @param n        samples of a pass; 0 or more than there are = all.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_samples_take(struct mr_samples *samples, const struct mr_images *images,
                    uint32_t n);

/**
 * Shuffle: a permutation of all images, of which a pass shows the first n.
 *
 * @param samples  in their natural order before the first call.
 * @param seed     any value.
 * @param epoch    number of the pass.
 */
void mr_samples_shuffle(struct mr_samples *samples, uint64_t seed,
                        uint32_t epoch);

/**
 * Samples of length 1 (an empty image stays 0).
 *
 * @param samples  as shuffled.
 * @param first    place in the order.
 * @param n        how many; first + n <= samples->n.
 * @param x        [n*n_in] receives them.
 */
void mr_samples_rows(const struct mr_samples *samples, uint32_t first,
                     uint32_t n, float *x);

/**
 * One image on its way to length 1.
 *
 * @param pixel  [n] in 0..1.
 * @param n      how many.
 * @param x      [n] receives the row; may be pixel.
 * @return the length that it was divided by; 0 for an empty image.
 */
double mr_samples_norm(const float *pixel, uint32_t n, float *x);

/**
 * Label of a sample.
 *
 * @param samples  of labelled images.
 * @param at       place in the order.
 * @return its class.
 */
uint32_t mr_samples_label(const struct mr_samples *samples, uint32_t at);

/**
 * Release.
 *
 * @param samples  from mr_samples_take(), or all zero.
 */
void mr_samples_free(struct mr_samples *samples);

#endif
