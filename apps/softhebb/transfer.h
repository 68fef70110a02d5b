/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A trained deep network moved to arrays, one for each layer: weights are
 * programmed with verification, the range of each array's meter is fitted to some
 * images, time passes, and the test images go through the arrays to the
 * classifier, which stays in floating point and is not trained again.
 */
#ifndef MR_SOFTHEBB_TRANSFER_H
#define MR_SOFTHEBB_TRANSFER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "memrig/array.h"

#include "classifier.h"
#include "crossbar.h"
#include "network.h"

#define MR_TRANSFER_AGES_MAX 12

/** What is done about drift. */
enum mr_transfer_care {
	MR_CARE_NONE = 0,
	MR_CARE_GLOBAL = 1, /**< a factor for each array */
	MR_CARE_COLUMN = 2, /**< a factor for each output */
	MR_CARE_NORM = 3    /**< a factor for each array, and means and variances
	                         of all batch norms taken anew from images that go
	                         through the arrays (V. Joshi et al., Nat. Commun.
	                         11, 2473 (2020), doi:10.1038/s41467-020-16108-9:
	                         AdaBS) */
};

#define MR_CARES 4

/** What to do. */
struct mr_transfer_plan {
	const char *const *uris;  /**< [n_uris] such as "emu:pcm-target"; rows,
	                               cols and seed are added */
	uint32_t n_uris;
	const uint64_t *seeds;    /**< [n_seeds] of programming */
	uint32_t n_seeds;
	const double *age_s;      /**< [n_ages] times since programming, rising */
	uint32_t n_ages;
	const struct mr_images *test; /**< labelled */
	const struct mr_images *fit;  /**< a batch of them is what the meters'
	                                   ranges are fitted to; NULL = they
	                                   stay as they are, and so do the norms */
	uint32_t n_norm;          /**< images, evenly taken from `fit`, for
	                               MR_CARE_NORM; 0 = 200 */
	uint32_t n_test;          /**< images of a rating; 0 = all. The seeds take
	                               turns: seed k rates those from (k-1)*n_test
	                               on, and from the first again */
	unsigned cares;           /**< bits 1 << enum mr_transfer_care of what is
	                               rated; 0 = all */
	uint32_t threads;         /**< of each emulator */
	struct mr_hebb_mapping mapping;
	const char *folder;       /**< for features; NULL = /tmp */
	const volatile sig_atomic_t *stop; /**< or NULL */
	/** called with the ratings done; or NULL */
	void (*progress)(void *user, uint32_t done, uint32_t total);
	void *user;
};

/** Accuracy at one time. */
struct mr_transfer_age {
	double t_s;                 /**< since programming began */
	double accuracy[MR_CARES];  /**< 0..1; NAN = not rated */
};

/** One programming of the network. */
struct mr_transfer_row {
	uint32_t uri;      /**< which of the plan's */
	uint64_t seed;
	uint64_t n_missed; /**< cells farther from their target than the
	                        tolerance, after programming */
	uint32_t n_layers;
	double range_A[MR_DEEP_LAYERS_MAX]; /**< of the layers' meters, as fitted;
	                        0 = no limit */
	uint64_t n_sums;   /**< currents of lines while images were rated */
	uint64_t n_clipped; /**< those beyond the range */
	uint32_t n_ages;
	struct mr_transfer_age age[MR_TRANSFER_AGES_MAX];
};

/** The table. */
struct mr_transfer_table {
	double in_float;   /**< in floating point, on the images from the turn of
	                        the first seed on */
	uint32_t n_float;  /**< how many: n_test for each seed, or all there are */
	uint32_t n_test;   /**< images of a rating */
	uint32_t n_rows;
	struct mr_transfer_row *row; /**< [n_rows]; free() it */
};

/**
 * Fill the table.
 *
 * @param plan        what.
 * @param network     trained; its carriers are replaced for a while.
 * @param classifier  trained.
 * @param table       filled in, rows that are done also after a failure.
 * @param err         explains a failure.
 * @return MR_OK; MR_ERR_STOPPED; MR_ERR_NOMEM; as mr_array_open() and
 *         mr_synapse_alloc().
 */
int mr_transfer(const struct mr_transfer_plan *plan,
                struct mr_deep_network *network,
                struct mr_classifier *classifier,
                struct mr_transfer_table *table, struct mr_errtext *err);

#endif
