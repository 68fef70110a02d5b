/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A fully connected layer that learns by SoftHebb: each of K neurons is one
 * hidden cause of its input, and the soft winner-take-all among them is the
 * posterior of the causes.
 *
 *     u_k = sum_j w_kj x_j                      x of length 1
 *     y_k = exp(t (u_k + b_k)) / sum_l exp(t (u_l + b_l))
 *     D   = Y' X - diag(colsum(Y o U)) W         of a mini-batch
 *     W  <- W + eta D
 *     b_k <- b_k + eta_b exp(-t b_k) (mean y_k - exp(t b_k))     on request
 *
 * Fixed points: |w_k| = 1, exp(t b_k) = E[y_k]. Parameters: t, eta and how it
 * falls, the radius R at which the weights start (uniform in [0, R sqrt(3 / n)],
 * so that E|w_k|^2 = R^2; over 2.2 or neurons die). With `by_max`, D is divided by
 * its largest element; with p > 0, eta_k = eta0 (| |w_k| - 1 | + 1e-10)^p.
 *
 * Valid for inputs >= 0 that are alike in length; t over about 18 for MNIST, or
 * all neurons become the mean. Source: T. Moraitis, D. Toichkin, A. Journe,
 * Y. Chua and Q. Guo, Neuromorph. Comput. Eng. 2, 044017 (2022),
 * doi:10.1088/2634-4386/aca710; the norm-dependent rate and the division by the
 * largest element: A. Journe, H. Garcia Rodriguez, Q. Guo and T. Moraitis,
 * "Hebbian deep learning without feedback", ICLR 2023, arXiv:2209.11883.
 */
#ifndef MR_SOFTHEBB_LAYER_H
#define MR_SOFTHEBB_LAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "memrig/error.h"

struct mr_passage; /**< passage.h */

/** The rule and its constants. */
struct mr_hebb_params {
	double t;       /**< inverse temperature of the softmax, > 0 */
	double eta0;    /**< learning rate at the begin, > 0 */
	double radius;  /**< R, of the weights at the start, > 0 */
	double p;       /**< exponent of the norm-dependent rate; 0 = the rate
	                     falls linearly to zero over the run */
	double bias_rate; /**< eta_b over eta; 0 = no bias */
	bool by_max;    /**< divide a change by its largest element */
	bool hard;      /**< y = 1 for the winner, else 0: hard WTA */
};

/** A mini-batch on its way through a layer. */
struct mr_hebb_batch {
	uint32_t n;     /**< samples */
	const float *x; /**< [n*n_in] inputs of length 1 */
	float *u;       /**< [n*n_out] weighted sums */
	float *y;       /**< [n*n_out] activations */
	double eta;     /**< learning rate now */
};

/** What carries the weights of a layer; codes as in array.h. */
struct mr_hebb_carrier_type {
	const char *name; /**< "float" or "array" */
	/** bring the weights to w[n_out*n_in] */
	int (*start)(void *self, const float *w);
	/** u = x w' of n samples */
	int (*multiply)(void *self, const float *x, uint32_t n, float *u);
	/** apply the rule to a batch whose u and y are known */
	int (*learn)(void *self, const struct mr_hebb_batch *batch);
	/** look at all weights, w[n_out*n_in] */
	int (*read)(void *self, float *w);
	/** pass all state to a checkpoint, or take it from there instead of
	 * start(); failures are the passage's */
	void (*keep)(void *self, struct mr_passage *p);
	/** sentence about the last failure */
	const char *(*errmsg)(const void *self);
	void (*free)(void *self);
};

/** A carrier of weights. */
struct mr_hebb_carrier {
	const struct mr_hebb_carrier_type *type;
	void *self;
	uint32_t n_in;
	uint32_t n_out;
	float *bias; /**< [n_out], kept in digital; owned by the carrier */
};

/**
 * Weights in floating point.
 *
 * @param params   the rule; copied.
 * @param n_in     inputs, >= 1.
 * @param n_out    neurons, >= 1.
 * @param n_threads that share the neurons, 0 = as many as there are processors;
 *                 the results do not depend on it.
 * @param carrier  filled in; release with mr_hebb_free().
 * @param err      explains a failure.
 * @return MR_OK; MR_ERR_NOMEM; MR_ERR_IO if no thread can be made.
 */
int mr_hebb_float(const struct mr_hebb_params *params, uint32_t n_in,
                  uint32_t n_out, uint32_t n_threads,
                  struct mr_hebb_carrier *carrier, struct mr_errtext *err);

/**
 * Release.
 *
 * @param carrier  from mr_hebb_float() or mr_hebb_array(), or all zero.
 */
void mr_hebb_free(struct mr_hebb_carrier *carrier);

/**
 * Activations of weighted sums.
 *
 * @param params  t and hard.
 * @param bias    [k] or NULL.
 * @param u       [n*k] weighted sums.
 * @param n       samples.
 * @param k       neurons.
 * @param y       [n*k] receives the activations; may be u.
 */
void mr_hebb_answer(const struct mr_hebb_params *params, const float *bias,
                    const float *u, uint32_t n, uint32_t k, float *y);

/**
 * Neuron with the greatest sum.
 *
 * @param bias  [k] or NULL.
 * @param u     [k] weighted sums of one sample.
 * @param k     neurons.
 * @return its number; the first of equals.
 */
uint32_t mr_hebb_winner(const float *bias, const float *u, uint32_t k);

/**
 * First weights: uniform in [0, R sqrt(3 / n_in)].
 *
 * @param params  R.
 * @param seed    any value.
 * @param n_in    inputs.
 * @param n_out   neurons.
 * @param w       [n_out*n_in] receives the weights.
 */
void mr_hebb_first(const struct mr_hebb_params *params, uint64_t seed,
                   uint32_t n_in, uint32_t n_out, float *w);

/**
 * Length of a neuron's weights.
 *
 * @param w  [n] weights.
 * @param n  how many.
 * @return the Euclidean norm.
 */
double mr_hebb_norm(const float *w, uint32_t n);

/**
 * Learn a batch: sums, activations, weights, bias.
 *
 * @param params   the rule.
 * @param carrier  of the weights.
 * @param batch    x, n and eta are given; u and y are filled in.
 * @return MR_OK; as the carrier.
 */
int mr_hebb_step(const struct mr_hebb_params *params,
                 struct mr_hebb_carrier *carrier, struct mr_hebb_batch *batch);

#endif
