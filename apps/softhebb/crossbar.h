/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The weights of a SoftHebb layer on memristive arrays: a row per input, a pair
 * of N + N cells per weight, as many tiles as are needed, each an array. Forward
 * is a drive, normalised after it; the softmax and the rule are digital.
 *
 *     plain:   w = w_clip * (weight of the synapse); u_k = W_k x
 *     digital: the array holds directions W_k, a radius r_k is kept in digital:
 *              c_k = W_k x / |W_k|,  u_k = r_k c_k,
 *              dr_k = eta y_k c_k (1 - r_k^2),
 *              dW_k = eta y_k / r_k (x - c_k W_k)
 *
 * which is the same rule taken apart by r = |w|, v = w / r, with v = W at |W| = 1;
 * the errors of pulses would have |W| grow without end if x were taken times |W|,
 * while so c_k W_k draws it back to 1. W_k in the
 * decay term and |W_k| come from readings of the neuron's cells just before its
 * update, noise and drift included. Changes become pulses by
 *
 *     accumulate: a digital chi per weight, whole mean steps are fired
 *                 (S. R. Nandakumar et al., Front. Neurosci. 14, 406 (2020),
 *                 doi:10.3389/fnins.2020.00406);
 *     round:      mr_synapse_round(): n = floor(|dw| / step + uniform), with the
 *                 mean step of the very cell, no memory;
 *     outer:      a row fires with probability C x_j and a column with C y_k in
 *                 each of n_slots slots, a coincidence is a pulse (T. Gokmen and
 *                 Y. Vlasov, Front. Neurosci. 10, 333 (2016),
 *                 doi:10.3389/fnins.2016.00333); the decay is rounded.
 *
 * Pairs that are used up are refreshed now and then. Valid where raising pulses
 * are small against the range (pcm: 10 or more steps).
 */
#ifndef MR_SOFTHEBB_CROSSBAR_H
#define MR_SOFTHEBB_CROSSBAR_H

#include <stdbool.h>
#include <stdint.h>

#include "memrig/array.h"
#include "memrig/synapse.h"

#include "layer.h"

/** How a change becomes pulses. */
enum mr_hebb_pulsing {
	MR_PULSING_ACCUMULATE = 0,
	MR_PULSING_ROUND = 1,
	MR_PULSING_OUTER = 2
};

/** How the layer lies on its arrays. */
struct mr_hebb_mapping {
	bool digital;         /**< radius in digital, else plain */
	enum mr_hebb_pulsing pulsing;
	uint32_t n_cells;     /**< per weight and polarity; 0 = 1 */
	enum mr_coding coding; /**< PAIR, or SINGLE for very small arrays */
	double w_clip;        /**< weight that fills a synapse; > 0 */
	bool per_output;      /**< deep layers that are moved, in the plain
	                           mapping: the largest weight of each kernel fills
	                           a synapse, the rest is a factor in digital.
	                           Not to learn with: that weight cannot grow */
	double g_unit_S;      /**< conductance that is w_clip; 0 = described */
	double y_least;       /**< an answer under it is taken as none in the
	                           update, or all neurons would have to be read
	                           for every batch; 0 = 1e-2 */
	uint32_t refresh_every; /**< samples between two refreshes of pairs; 0 =
	                             never */
	uint32_t measure_every; /**< samples between two measurements of all norms
	                             |W_k|; 0 = only of neurons that learn */
	double refresh_above; /**< refresh a pair when a cell is over this and the
	                           sides' difference below refresh_below, in
	                           units of g_unit_S; 0 = 1 */
	double refresh_below; /**< 0 = 3/4 */
	double tolerance;     /**< of verified setting, in units of g_unit_S; 0 =
	                           half a mean step */
	uint32_t budget;      /**< pulses per cell of verified setting; 0 = 40, or
	                           more where steps are small */
	double eta_stop;      /**< no pulses once eta is under this share of its
	                           first value; 0 = never stop. For ROUND */
	uint32_t n_slots;     /**< OUTER: slots of a sample; 0 = 10 */
	double sample_s;      /**< array time between samples; 0 = back to back */
	uint64_t seed;        /**< of rounding */
	uint32_t level_reads; /**< as of struct mr_synapse_options */
};

/** What the arrays went through. */
struct mr_hebb_wear {
	uint64_t pulses;     /**< programming pulses */
	uint64_t refreshed;  /**< pairs refreshed */
	uint64_t missed;     /**< cells whose verified setting did not converge */
	uint64_t reads;      /**< cells read one by one */
	uint64_t drives;     /**< samples that were driven */
	uint64_t sums;       /**< currents of lines in them */
	uint64_t clipped;    /**< those beyond the meter's range */
	uint64_t dropped;    /**< pulses that ROUND and OUTER wanted beyond the
	                          most that a synapse gets in one update */
};

/**
 * Weights on arrays.
 *
 * @param params   the rule; copied.
 * @param mapping  how; copied.
 * @param arrays   [n_tiles] borrowed; tile (a, b) of inputs and outputs is
 *                 arrays[a * tile_cols + b]. Inputs and outputs are shared out
 *                 evenly.
 * @param tile_rows how many tiles the inputs are cut into, >= 1.
 * @param tile_cols how many the outputs are cut into, >= 1.
 * @param n_in     inputs.
 * @param n_out    neurons.
 * @param carrier  filled in; release with mr_hebb_free().
 * @param err      explains a failure.
 * @return MR_OK; as mr_synapse_alloc().
 */
int mr_hebb_array(const struct mr_hebb_params *params,
                  const struct mr_hebb_mapping *mapping,
                  struct mr_array *const *arrays, uint32_t tile_rows,
                  uint32_t tile_cols, uint32_t n_in, uint32_t n_out,
                  struct mr_hebb_carrier *carrier, struct mr_errtext *err);

/**
 * What the arrays went through so far.
 *
 * @param carrier  from mr_hebb_array().
 * @return the counts.
 */
struct mr_hebb_wear mr_hebb_worn(const struct mr_hebb_carrier *carrier);

/**
 * Remember the level of the conductances, and later compensate drift by it:
 * mr_synapse_calibrate() and mr_synapse_compensate() of every tile.
 *
 * @param carrier     from mr_hebb_array().
 * @param per_output  a factor for each neuron, else one for each tile.
 * @return as those.
 */
int mr_hebb_calibrate(struct mr_hebb_carrier *carrier);
/** The other half of mr_hebb_calibrate(). */
int mr_hebb_compensate(struct mr_hebb_carrier *carrier, bool per_output);

#endif
