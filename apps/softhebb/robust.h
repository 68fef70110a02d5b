/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* How well a classifier does on pictures that were disturbed. */
#ifndef MR_SOFTHEBB_ROBUST_H
#define MR_SOFTHEBB_ROBUST_H

#include "attack.h"

#define MR_ROBUST_SIGMAS 11 /**< 0, 0.1 .. 1 */
#define MR_ROBUST_EPS 5     /**< 0, 8, 16, 32, 64 over 255 */

/** Which gradient an attack follows. */
enum mr_robust_attack {
	MR_ROBUST_LOSS = 0,  /**< of the loss */
	MR_ROBUST_LOG = 1,   /**< the same through ln h: see judge.h */
	MR_ROBUST_WORST = 2, /**< a picture counts if it withstands both */
	MR_ROBUST_ATTACKS
};

/** How it is measured. */
struct mr_robust_plan {
	const struct mr_images *images; /**< labelled, in memory */
	uint32_t n_attacked; /**< the first so many are attacked */
	uint32_t steps;      /**< of an attack; alpha = 2.5 eps / steps */
	uint64_t seed;       /**< of noise and random starts */
	struct mr_watch watch;
};

/** Shares that are right. */
struct mr_robust_row {
	double noise[MR_ROBUST_SIGMAS]; /**< of all pictures */
	/** of those attacked; [MR_ROBUST_LOSS] alone without `by_log` */
	double pgd[MR_ROBUST_ATTACKS][MR_ROBUST_EPS];
};

/** Standard deviation of noise: k tenths. */
double mr_robust_sigma(unsigned k);

/** Largest change of a pixel, 0..1, of strength k. */
double mr_robust_eps(unsigned k);

/**
 * Disturb and count.
 *
 * @param plan    how.
 * @param judge   whom.
 * @param by_log  the same network, attacked on ln h; or NULL.
 * @param name    of the network, for the watch.
 * @param row     filled in.
 * @return MR_OK; MR_ERR_STOPPED; MR_ERR_NOMEM.
 */
int mr_robust_measure(const struct mr_robust_plan *plan,
                      const struct mr_judge *judge,
                      const struct mr_judge *by_log, const char *name,
                      struct mr_robust_row *row);

#endif
