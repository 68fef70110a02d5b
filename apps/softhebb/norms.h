/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Batch norms of a network that has learned, taken anew: where weights have
 * become others, as on an array that ages, means and variances of what comes out of
 * a layer are no more those that the next one divides by. No label is needed.
 * V. Joshi et al., Nat. Commun. 11, 2473 (2020), doi:10.1038/s41467-020-16108-9
 * (there: AdaBS).
 */
#ifndef MR_SOFTHEBB_NORMS_H
#define MR_SOFTHEBB_NORMS_H

#include <signal.h>

#include "network.h"

/** Means and variances of all layers, put aside. */
struct mr_norms {
	float *value; /**< of each layer its means, then its variances */
};

/**
 * Put those of a network aside.
 *
 * @param network  the network.
 * @param norms    filled in; release with mr_norms_free().
 * @param err      explains a failure.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_norms_keep(const struct mr_deep_network *network, struct mr_norms *norms,
                  struct mr_errtext *err);

/** Give them back to the network they are from. */
void mr_norms_restore(const struct mr_norms *norms,
                      struct mr_deep_network *network);

/** Release; all zero is allowed. */
void mr_norms_free(struct mr_norms *norms);

/**
 * Take them anew: images go through the layers in batches, each normalised by its
 * own batch; what is kept is the mean over the batches.
 *
 * @param network  the network; its weights stay.
 * @param images   of its shape, at least one.
 * @param n        how many of them, evenly taken; rounded up to whole batches,
 *                 and no more than there are.
 * @param stop     or NULL: given up between two batches when not 0.
 * @param err      explains a failure.
 * @return MR_OK; MR_ERR_STOPPED; as mr_deep_network_run().
 */
int mr_norms_learn(struct mr_deep_network *network,
                   const struct mr_images *images, uint32_t n,
                   const volatile sig_atomic_t *stop, struct mr_errtext *err);

/** The place of image i of `n` that are evenly taken from `all`: sets may lie in
 * the order of their classes. */
static inline uint32_t mr_evenly(uint32_t i, uint32_t n, uint32_t all)
{
	return (uint32_t)((uint64_t)i * all / n);
}

#endif
