/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Deep SoftHebb: one to five convolutional layers that learn without labels or
 * feedback, and a linear classifier on what the last of them gives. A. Journe,
 * H. Garcia Rodriguez, Q. Guo, T. Moraitis, "Hebbian deep learning without
 * feedback", ICLR 2023, arXiv:2209.11883; figures of the presets as the
 * authors' public repository (NeuromorphicComputing/SoftHebb) states them.
 *
 * A layer, in this order: batch norm without scale and shift, reflected
 * border, products with K kernels (u), plasticity while it learns, triangle
 * max(0, u - mean over the kernels)^q, pooling.
 *
 * Plasticity, over all positions p of a batch with patches X: soft max
 * s = softmax(t u), y = s for the winner and -s for all others,
 *     D = y^T X - colsum(y u) W
 *     w_k += eta0 (| |w_k| - 1 | + 1e-10)^p * D_k / max |D|
 *
 * All arrays are position-major: [image][row][column][channel]; weights are
 * [K][row][column][channel], features of an image [row][column][channel].
 */
#ifndef MR_APPS_SOFTHEBB_DEEP_H
#define MR_APPS_SOFTHEBB_DEEP_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memrig/clock.h"
#include "memrig/error.h"

#include "../datasets/images.h"

#define MR_DEEP_LAYERS_MAX 5
#define MR_DEEP_EPOCHS_MAX 200
#define MR_DEEP_BINS 20 /**< of a histogram */

/** How a layer pools. */
enum mr_deep_pool {
	MR_DEEP_POOL_NONE = 0,
	MR_DEEP_POOL_MAX = 1,
	MR_DEEP_POOL_AVG = 2 /**< border of zeros counted */
};

/** A layer. */
struct mr_deep_layer {
	uint32_t n_kernels;   /**< K */
	uint32_t kernel;      /**< side of a kernel, pixels */
	uint32_t pad;         /**< reflected border, pixels, < side of image */
	float t;              /**< inverse temperature of the soft max, > 0 */
	float eta0;           /**< learning rate, > 0 */
	float p;              /**< power of the distance of a radius from 1 */
	enum mr_deep_pool pool;
	uint32_t pool_size;   /**< side of what is pooled */
	uint32_t pool_stride;
	uint32_t pool_pad;    /**< border of zeros, <= pool_size / 2 */
	float q;              /**< power of the triangle, > 0 */
	bool pre_triangle;    /**< the triangle (q = 1) comes before
	                           plasticity, too */
	bool hard;            /**< y = 1 for the winner, 0 for all others */
	float seen_p;         /**< share of the winner in a full run of other
	                           people, to compare with; 0 = none */
	float seen_radius;    /**< and the radii */
	float seen_radius_sd;
};

/** A network and how it is trained. */
struct mr_deep_preset {
	const char *name;
	const char *dataset;  /**< for mr_dataset_find() */
	const char *title;    /**< one line about it */
	uint32_t n_layers;
	struct mr_deep_layer layer[MR_DEEP_LAYERS_MAX];
	uint32_t batch;       /**< images of an update */
	uint32_t size;        /**< side of pictures from folders; 0 = the set's */
	uint32_t n_pass;      /**< images of the pass without labels; 0 = all */
	uint32_t epochs;      /**< of the classifier */
	uint32_t epoch_batch; /**< images of its update */
	float dropout;        /**< share of its inputs that are left out */
	uint32_t shift;       /**< pixels by which its training images are moved
	                           at most, anew in each epoch, and half of them
	                           flipped; 0 = as they are */
	double published;     /**< test accuracy that its authors state, or 0 */
};

/**
 * The presets.
 *
 * @param n  receives how many.
 * @return [n] records, static.
 */
const struct mr_deep_preset *mr_deep_presets(size_t *n);

/**
 * A preset by its name.
 *
 * @return static; NULL if there is none of that name.
 */
const struct mr_deep_preset *mr_deep_preset_find(const char *name);

/**
 * What carries the weights of a layer: numbers, or a memristive array. All
 * functions return MR_OK or fail as an array does, with the sentence in `err`;
 * the run ends with what they return. One caller at a time.
 */
struct mr_deep_carrier {
	void *self;
	/** Take weights over: w[K*N]. At the start, and from a checkpoint. */
	int (*start)(void *self, const float *w, struct mr_errtext *err);
	/** u[p*K] = x[p*N] times the weights of each kernel. */
	int (*multiply)(void *self, const float *x, size_t p, float *u,
	                struct mr_errtext *err);
	/** d[K*N] -= yu[k] * weights of k; *d_max = max |d|. */
	int (*decay)(void *self, const float *yu, float *d, float *d_max,
	             struct mr_errtext *err);
	/** weights of k += eta[k] * d / (d_max + 1e-30). */
	int (*learn)(void *self, const float *d, float d_max, const float *eta,
	             struct mr_errtext *err);
	/** radius[k] = norm of the weights of k, as far as it is known. */
	int (*radii)(void *self, float *radius, struct mr_errtext *err);
	/** The weights as far as they are known: w[K*N]. */
	int (*weights)(void *self, float *w, struct mr_errtext *err);
};

struct mr_deep_network; /**< network.h */
struct mr_classifier;   /**< classifier.h */

/** Where a run is. */
struct mr_deep_progress {
	const char *phase; /**< "layers", "features", "classifier"; static */
	uint32_t part;     /**< layer or epoch, from 0 */
	uint32_t n_parts;
	uint64_t done;     /**< images of the part */
	uint64_t total;
};

/** What to run. */
struct mr_deep_plan {
	const struct mr_deep_preset *preset;
	const struct mr_images *train; /**< labelled */
	const struct mr_images *test;  /**< labelled; NULL: no classifier */
	const struct mr_images *unlabelled; /**< of the pass without labels;
	                                         NULL = train */
	uint64_t seed;
	bool simultaneous;     /**< all layers learn in one pass */
	bool random;           /**< weights stay as they started: a baseline */
	uint32_t threads;      /**< 0 = all processors; results do not depend
	                            on it */
	uint32_t n_pass;       /**< images of the pass; 0 = preset's */
	uint32_t n_train;      /**< images that the classifier learns; 0 = all */
	uint32_t shift;        /**< instead of the preset's; 0 = as that says */
	uint32_t n_test;       /**< 0 = all */
	uint32_t epochs;       /**< of the classifier; 0 = preset's */
	const char *folder;    /**< for features, 2 bytes each; NULL = /tmp */
	const char *checkpoint; /**< file; NULL = none */
	uint32_t checkpoint_every; /**< batches; 0 = at the end of phases and
	                                when stopped */
	bool resume;           /**< go on from the checkpoint, which must be
	                            there */
	const struct mr_deep_carrier *carriers; /**< [n_layers]; one whose
	                            multiply is NULL, or NULL = numbers */
	const volatile sig_atomic_t *stop; /**< ends the run early; or NULL */
	void (*progress)(void *user, const struct mr_deep_progress *at);
	/** called with the trained network and classifier, before they go; its
	 * code is the run's; or NULL */
	int (*finished)(void *user, struct mr_deep_network *network,
	                struct mr_classifier *classifier,
	                struct mr_errtext *err);
	void *user;            /**< handed to both */
	const struct mr_clock *clock; /**< NULL = the system's */
};

/** What a layer came to. */
struct mr_deep_layer_result {
	float p_winner;     /**< mean share of the winner, over the last
	                         MR_DEEP_WINDOW updates of the pass */
	float radius_mean;
	float radius_sd;
	uint32_t n_radius_one; /**< kernels with a radius in 0.99..1.01 */
	uint32_t n_used;    /**< kernels that won in those updates */
	double spent_s;     /**< of its pass; 0 if it was not the last one of a
	                         simultaneous pass */
	uint32_t p_bins[MR_DEEP_BINS]; /**< images of those updates by the share
	                         of the winner, mean of the image's positions,
	                         0..1 */
	float radius_top;   /**< upper end of the histogram of radii */
	uint32_t radius_bins[MR_DEEP_BINS]; /**< kernels by radius */
};

#define MR_DEEP_WINDOW 100

/** One epoch of the classifier. */
struct mr_deep_epoch {
	float loss;           /**< mean cross entropy while learning */
	float train_accuracy; /**< while learning, with dropout */
	float test_accuracy;
};

/** What came of a run. */
struct mr_deep_result {
	uint32_t n_layers;
	struct mr_deep_layer_result layer[MR_DEEP_LAYERS_MAX];
	double pass_s;        /**< wall time of the pass without labels */
	double features_s;
	double classifier_s;
	uint32_t n_features;
	float feature_mean;
	float feature_max;
	uint32_t n_epochs;    /**< done */
	struct mr_deep_epoch epoch[MR_DEEP_EPOCHS_MAX];
	float test_accuracy;  /**< after the last epoch, 0..1 */
	bool partial;         /**< stopped early */
	struct mr_deep_network *network; /**< as it ended */
};

/**
 * By how many pixels the classifier's training images are moved.
 *
 * @param plan  the plan's own shift, or else its preset's.
 * @return pixels; 0 = they stay as they are.
 */
uint32_t mr_deep_shift(const struct mr_deep_plan *plan);

/**
 * Train and judge a network.
 *
 * @param plan    what; used during the call only.
 * @param result  filled in, also when the run was stopped; release with
 *                mr_deep_result_free().
 * @param err     explains a failure.
 * @return MR_OK; MR_ERR_STOPPED with a result that is marked as partial (and a
 *         checkpoint, if one is wanted); MR_ERR_USAGE for images or layers that
 *         do not fit, and for a checkpoint of another network, seed or set of
 *         images; MR_ERR_FORMAT for a damaged checkpoint or one of another
 *         version; MR_ERR_MISSING if there is none; MR_ERR_RANGE for features
 *         that half precision does not hold, or weights that are no numbers;
 *         MR_ERR_IO; MR_ERR_NOMEM; else as a carrier.
 */
int mr_deep_run(const struct mr_deep_plan *plan,
                struct mr_deep_result *result, struct mr_errtext *err);

/**
 * Release.
 *
 * @param result  from mr_deep_run(), or all zero.
 */
void mr_deep_result_free(struct mr_deep_result *result);

#endif
