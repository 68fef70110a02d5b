/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Weights as the learning rule sees them, whatever carries them: ideal
 * floating-point numbers (the software baseline) or cells of any array.
 */
#ifndef MR_APPS_WEIGHTS_H
#define MR_APPS_WEIGHTS_H

#include <stdint.h>

#include "memrig/array.h"
#include "memrig/error.h"
#include "memrig/synapse.h"

/** What a carrier of weights can do; codes as in array.h. */
struct mr_weights_type {
	const char *name; /**< "float" or "array" */
	/** bring all weights to w0 */
	int (*start)(void *self, double w0);
	/** y = sum of x[k] * w[in[k]]; a step's time passes, also with n = 0 */
	int (*forward)(void *self, const uint32_t *in, const float *x, uint32_t n,
	               float *y);
	/** add dw[i] to each weight, as well as the carrier can */
	int (*update)(void *self, const float *dw);
	/** one step up (1) or down (-1) of one cell of each weight, or none (0) */
	int (*pulse)(void *self, const int8_t *change);
	/** look at all weights, w[n] */
	int (*read)(void *self, float *w);
	/** the weights when they were last looked at, [n]; costs nothing */
	const float *(*seen)(const void *self);
	/** sentence about the last failure */
	const char *(*errmsg)(const void *self);
	void (*free)(void *self);
};

/** A carrier of weights. */
struct mr_weights {
	const struct mr_weights_type *type;
	void *self;
};

/** How weights are carried. */
struct mr_weights_options {
	uint32_t n;          /**< inputs */
	uint32_t n_cells;    /**< cells per synapse; 0 = 1. Of ideal weights only
	                          mr_weights_type.pulse feels it: one of so many
	                          ideal cells is stepped or erased */
	uint32_t raise_every; /**< mr_weights_type.pulse gives only each such */
	uint32_t lower_every; /**< raising and lowering pulse; 0 = 1 */
	double period_s;     /**< array time of a step; 0 = as the read-out needs */
	double drift_scale;  /**< reads are divided by this; 0 = 1 */
};

/**
 * Ideal weights in [0, 1].
 *
 * @param weights  filled in; release with mr_weights_free().
 * @param options  the array's own members are ignored.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_weights_float(struct mr_weights *weights,
                     const struct mr_weights_options *options);

/**
 * Weights on an array, one synapse per input, one output.
 *
 * @param weights  filled in; release with mr_weights_free().
 * @param array    borrowed.
 * @param options  the mapping.
 * @param err      explains a failure.
 * @return MR_OK; as mr_synapse_alloc().
 */
int mr_weights_array(struct mr_weights *weights, struct mr_array *array,
                     const struct mr_weights_options *options,
                     struct mr_errtext *err);

/**
 * Pulses and reads so far.
 *
 * @param weights  any carrier.
 * @return of floating-point weights only the pulses.
 */
struct mr_synapse_counts mr_weights_counts(const struct mr_weights *weights);

/**
 * Release.
 *
 * @param weights  from one of the above, or all zero.
 */
void mr_weights_free(struct mr_weights *weights);

#endif
