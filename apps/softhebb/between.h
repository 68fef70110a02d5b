/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Pictures between two classes: a digit of the first is moved, step by step,
 * towards what a classifier takes for the second: the attack without a bound.
 * What lies between says what the classifier thinks makes a class.
 */
#ifndef MR_SOFTHEBB_BETWEEN_H
#define MR_SOFTHEBB_BETWEEN_H

#include "attack.h"

#define MR_BETWEEN_SHOWN 9 /**< pictures, the first as it was */

/** A walk. */
struct mr_between {
	uint32_t from;  /**< class of the picture */
	uint32_t to;    /**< class wanted */
	uint32_t image; /**< which picture */
	uint32_t n_in;
	float *x;       /**< [MR_BETWEEN_SHOWN*n_in] */
	double p[MR_BETWEEN_SHOWN]; /**< probability of the class wanted */
};

/**
 * Walk from the first picture of a class that the classifier takes for that
 * class.
 *
 * @param between  from and to are set; the rest is filled in; release with
 *                 mr_between_free().
 * @param judge    whom.
 * @param images   labelled, in memory.
 * @return MR_OK; MR_ERR_MISSING if there is no such picture; MR_ERR_NOMEM.
 */
int mr_between_walk(struct mr_between *between, const struct mr_judge *judge,
                    const struct mr_images *images);

/**
 * Release.
 *
 * @param between  from mr_between_walk(), or all zero.
 */
void mr_between_free(struct mr_between *between);

#endif
