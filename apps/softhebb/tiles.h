/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* One matrix of weights on a grid of arrays: partial sums of the tiles are added
 * in digital. Weights are in the layer's own units, row k belongs to output k. */
#ifndef MR_SOFTHEBB_TILES_H
#define MR_SOFTHEBB_TILES_H

#include <stdint.h>

#include "crossbar.h"

#define MR_TILES_PULSES 16 /**< most pulses of a synapse in one update */

/** A part of the matrix on an array. */
struct mr_tile {
	struct mr_array *array; /**< borrowed */
	struct mr_synapse *synapse;
	uint32_t in0, n_in;     /**< inputs */
	uint32_t out0, n_out;   /**< outputs */
};

/** The matrix. */
struct mr_tiles {
	const struct mr_hebb_mapping *how; /**< borrowed */
	struct mr_tile *tile;  /**< [n] */
	uint32_t n;
	uint32_t rows;         /**< of the grid */
	uint32_t cols;
	uint32_t n_in;
	uint32_t n_out;
	struct mr_step step;   /**< mean raising step of a cell */
	double per_weight_S;   /**< conductance of weight 1 in the layer's units */
	uint32_t *active;      /**< [n_in] inputs of a tile that are not 0 */
	float *x;              /**< [n_in] and their values */
	float *w;              /**< [n_in*n_out of a tile] */
	float *part;           /**< [n_out] */
	struct mr_errtext err;
};

/** Lay out; as mr_hebb_array(). Release with mr_tiles_free(), also after a
 * failure. */
int mr_tiles_lay(struct mr_tiles *tiles, const struct mr_hebb_mapping *how,
                 struct mr_array *const *arrays, uint32_t rows, uint32_t cols,
                 uint32_t n_in, uint32_t n_out, struct mr_errtext *err);
void mr_tiles_free(struct mr_tiles *tiles);

/** Keep a sentence of our own; returns code. */
int mr_tiles_fail(struct mr_tiles *tiles, int code, const char *why);
/** Sentence about the last failure. */
const char *mr_tiles_errmsg(const struct mr_tiles *tiles);

/** Verified setting of all weights w[n_out*n_in]; adds cells that missed. */
int mr_tiles_set(struct mr_tiles *tiles, const float *w, uint64_t *missed);
/** y[n_out] = W x, x[n_in] with |x| <= 1; takes at least period_s. */
int mr_tiles_forward(struct mr_tiles *tiles, const float *x, double period_s,
                     float *y);
/** y[n*n_out] = W x of n vectors, x[n*n_in] with |x| <= 1. */
int mr_tiles_forward_batch(struct mr_tiles *tiles, const float *x, uint32_t n,
                           float *y);
/** Read all weights, w[n_out*n_in]. */
int mr_tiles_read(struct mr_tiles *tiles, float *w);
/** Read the weights of one output, w[n_in]. */
int mr_tiles_look(struct mr_tiles *tiles, uint32_t out, float *w);
/** Accumulate changes dw[n_in] of the output just looked at, and fire. */
int mr_tiles_fire(struct mr_tiles *tiles, uint32_t out, const float *dw);
/** Round changes dw[n_in] of the output just looked at by chance[n_in], uniform
 * over 0 .. 1; adds how many pulses were wanted beyond MR_TILES_PULSES
 * of a weight. */
int mr_tiles_round(struct mr_tiles *tiles, uint32_t out, const float *dw,
                   const float *chance, uint64_t *dropped);
/** Mean change of a weight by one pulse of a cell that is erased and has no
 * history, in its units. */
double mr_tiles_step(const struct mr_tiles *tiles);
/** Give the weights of one output pulses[n_in], up or down; each at most
 * MR_TILES_PULSES. */
int mr_tiles_pulse(struct mr_tiles *tiles, uint32_t out, const int8_t *pulses);
/** Refresh used-up pairs; adds how many. */
int mr_tiles_refresh(struct mr_tiles *tiles, uint64_t *refreshed);
/** Pulses, reads, sums and clipped ones so far. */
void mr_tiles_count(const struct mr_tiles *tiles, struct mr_hebb_wear *wear);
/** mr_synapse_fit_range() of each tile to x[n*n_in] with |x| <= 1; range_A
 * receives the greatest. */
int mr_tiles_fit_range(struct mr_tiles *tiles, const float *x, uint32_t n,
                       double *range_A);
/** mr_synapse_calibrate() and mr_synapse_compensate() of all tiles. */
int mr_tiles_calibrate(struct mr_tiles *tiles);
int mr_tiles_compensate(struct mr_tiles *tiles, bool per_output);
/** Pass the state of synapses and arrays to a checkpoint or back. */
void mr_tiles_keep(struct mr_tiles *tiles, struct mr_passage *p);
/** mr_synapse_uncompensate() of all tiles. */
void mr_tiles_uncompensate(struct mr_tiles *tiles);

#endif
