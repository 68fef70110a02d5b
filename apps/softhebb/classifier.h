/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A linear classifier on features: softmax cross entropy, Adam (rate 1e-3,
 * 0.9/0.999, eps 1e-8), dropout where kept values are scaled up. The rate is
 * halved after the shares 0.2, 0.35, 0.5, 0.6, 0.7, 0.8 and 0.9 of 50 epochs or
 * more, after 0.5 and 0.75 of 20 to 49, never in less.
 */
#ifndef MR_APPS_SOFTHEBB_CLASSIFIER_H
#define MR_APPS_SOFTHEBB_CLASSIFIER_H

#include "features.h"
#include "team.h"

/** Sums over what an epoch has shown so far. */
struct mr_classifier_tally {
	double loss;     /**< summed cross entropy */
	uint32_t right;  /**< images that were classified rightly */
	uint32_t seen;   /**< images */
};

/** A classifier and the state of its learning. */
struct mr_classifier {
	size_t n_features;
	uint32_t n_classes;
	uint32_t batch;    /**< images of an update */
	float dropout;
	uint64_t seed;
	const struct mr_deep_kernels *kernels;
	struct mr_team *team;
	size_t n_param;    /**< n_classes * (n_features + 1) */
	float *w;          /**< [n_param] weights [class][feature], biases */
	float *m;          /**< [n_param] first moments */
	float *v;          /**< [n_param] second moments */
	float *g;          /**< [n_param] gradient of the last batch */
	uint64_t steps;    /**< updates so far */
	float *x;          /**< [batch*n_features] a batch */
	float *part;       /**< [tiles*batch*n_classes] parts of z */
	float *z;          /**< [batch*n_classes] outputs, then errors */
	uint8_t *chance;   /**< [batch*n_features] of dropout */
};

/**
 * Make one, its weights uniform in +-1/sqrt(n_features).
 *
 * @param n_features  > 0.
 * @param n_classes   > 0.
 * @param batch       images of an update, > 0.
 * @param dropout     0 .. < 1.
 * @param seed        of weights (MR_PURPOSE_ORDER, event 2^32) and dropout
 *                    (MR_PURPOSE_UPDATE, event = image of the run).
 * @param kernels     must outlive it.
 * @param team        must outlive it.
 * @param out         filled in; release with mr_classifier_free().
 * @param err         explains a failure.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_classifier_alloc(size_t n_features, uint32_t n_classes, uint32_t batch,
                        float dropout, uint64_t seed,
                        const struct mr_deep_kernels *kernels,
                        struct mr_team *team, struct mr_classifier *out,
                        struct mr_errtext *err);

/** Release; all zero is allowed. */
void mr_classifier_free(struct mr_classifier *c);

/**
 * Rate of an epoch.
 *
 * @param epoch   0 .. epochs-1.
 * @param epochs  in all.
 * @return 1e-3 or less.
 */
float mr_classifier_rate(uint32_t epoch, uint32_t epochs);

/**
 * Learn a batch.
 *
 * @param c         the classifier.
 * @param features  of labelled images.
 * @param index     [n] which.
 * @param n         1 .. batch.
 * @param event     number of the first image of the batch in the run, for
 *                  dropout.
 * @param rate      of this update.
 * @param tally     added to.
 */
void mr_classifier_learn(struct mr_classifier *c,
                         const struct mr_features *features,
                         const uint32_t *index, uint32_t n, uint64_t event,
                         float rate, struct mr_classifier_tally *tally);

/**
 * The gradient of a batch's mean cross entropy: c->g, without an update.
 *
 * As mr_classifier_learn().
 */
void mr_classifier_gradient(struct mr_classifier *c,
                            const struct mr_features *features,
                            const uint32_t *index, uint32_t n, uint64_t event,
                            struct mr_classifier_tally *tally);

/**
 * Judge images, all of them and without dropout.
 *
 * @param c         the classifier.
 * @param features  of labelled images.
 * @param tally     added to.
 */
void mr_classifier_judge(struct mr_classifier *c,
                         const struct mr_features *features,
                         struct mr_classifier_tally *tally);

#endif
