/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What disturbs pictures: noise, and attacks by projected gradient descent in
 * the largest-change norm (A. Madry et al., "Towards deep learning models
 * resistant to adversarial attacks", ICLR 2018):
 *
 *     x <- x0 + uniform(-eps, eps), clipped to 0..1
 *     x <- clip(x + alpha sign(dL/dx)) to eps around x0 and to 0..1,   N times
 *
 * Draws depend on the seed, the picture's number and the pixel alone.
 */
#ifndef MR_SOFTHEBB_ATTACK_H
#define MR_SOFTHEBB_ATTACK_H

#include <stdbool.h>
#include <stdint.h>

#include "../datasets/images.h"
#include "judge.h"

/** An attack. */
struct mr_attack {
	double eps;     /**< most change of a pixel, > 0; 1 = no bound */
	double alpha;   /**< step, > 0 */
	uint32_t steps; /**< N */
	uint64_t seed;  /**< of the random start */
	bool still;     /**< start from the picture itself */
	bool towards;   /**< labels are where to go, not what to leave */
};

/**
 * Attack pictures.
 *
 * @param attack  how.
 * @param judge   whom.
 * @param origin  [n*n_in] pixels in 0..1.
 * @param label   [n] true classes, or those wanted.
 * @param first   number of the first picture, for its draws.
 * @param n       how many, <= MR_JUDGE_BLOCK.
 * @param gx      [n*n_in] room.
 * @param x       [n*n_in] receives the attacked pictures.
 */
void mr_attack_run(const struct mr_attack *attack, const struct mr_judge *judge,
                   const float *origin, const uint16_t *label, uint32_t first,
                   uint32_t n, float *gx, float *x);

/**
 * Steps of an attack that is under way.
 *
 * @param attack  how; its steps are made.
 * @param x       [n*n_in] pictures as they are now; changed.
 */
void mr_attack_go(const struct mr_attack *attack, const struct mr_judge *judge,
                  const float *origin, const uint16_t *label, uint32_t n,
                  float *gx, float *x);

/**
 * Add noise: clip(x + sigma N(0, 1)) to 0..1.
 *
 * @param sigma  standard deviation, >= 0.
 * @param seed   any value.
 * @param first  number of the first picture, for its draws.
 * @param n      pictures.
 * @param n_in   pixels of each.
 * @param x      [n*n_in] pixels; changed.
 */
void mr_attack_noise(double sigma, uint64_t seed, uint32_t first, uint32_t n,
                     uint32_t n_in, float *x);

/**
 * Pixels in 0..1.
 *
 * @param images  in memory.
 * @param first   number of the first picture.
 * @param n       how many.
 * @param x       [n*n_in] receives them.
 */
void mr_attack_pixels(const struct mr_images *images, uint32_t first,
                      uint32_t n, float *x);

#endif
