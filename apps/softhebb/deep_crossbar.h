/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A layer of a deep network on arrays: the carrier of deep.h that stands on
 * tiles.h. Weights are pairs, w = w_clip (weight of the pair) with w_clip the
 * largest |w| of the layer at its start, so that nothing is cut off; or with
 * `per_output` of each kernel, since kernels differ by a factor of 20 in length
 * and the error of programming goes by the cell's range. Each vector of inputs,
 * positive and negative after batch norm, is divided by its largest amount, which
 * stands for the full read voltage, and its sums are multiplied by it again.
 * Vectors whose inputs are all alike, such as those of a plain sky, would then
 * drive currents far above the usual, and the meter's range would have to go by
 * them: once the range was fitted, no vector's mean |input| is above the usual
 * share of the full voltage.
 *
 * Learning: the change of a batch is accumulated and fired row by row, where a
 * row's weights are what was read of it just before. Deep layers start at a
 * radius of 25 and end near 5, so that the range of plain weights is used by the
 * start alone; with `digital` the arrays hold directions W and the radii r are
 * kept beside them: with v = W / |W|, d the change of a row and a its rate,
 *     dr = a v d,  dW = a / r (d - (v d) v) - RESTORE (|W| - 1) W.
 */
#ifndef MR_SOFTHEBB_DEEP_CROSSBAR_H
#define MR_SOFTHEBB_DEEP_CROSSBAR_H

#include <stdbool.h>
#include <stdint.h>

#include "memrig/array.h"

#include "crossbar.h"
#include "deep.h"

/**
 * Carry a layer's weights on one array.
 *
 * @param array    borrowed; big enough.
 * @param mapping  digital, per_output (if not digital), n_cells, g_unit_S,
 *                 tolerance, budget and refresh are used (refresh_every in
 *                 updates); w_clip 0 = the largest weight, or element of a
 *                 direction, at the start.
 * @param n_in     N, weights of a kernel.
 * @param n_out    K, kernels.
 * @param out      filled in; release with mr_deep_crossbar_free().
 * @param err      explains a failure.
 * @return MR_OK; as mr_hebb_array().
 */
int mr_deep_crossbar(struct mr_array *array,
                     const struct mr_hebb_mapping *mapping, uint32_t n_in,
                     uint32_t n_out, struct mr_deep_carrier *out,
                     struct mr_errtext *err);

/** Release; all zero is allowed. */
void mr_deep_crossbar_free(struct mr_deep_carrier *carrier);

/** mr_hebb_calibrate(), mr_hebb_compensate() and mr_hebb_worn() of the layer. */
int mr_deep_crossbar_calibrate(struct mr_deep_carrier *carrier,
                               struct mr_errtext *err);
int mr_deep_crossbar_compensate(struct mr_deep_carrier *carrier,
                                bool per_output, struct mr_errtext *err);
/** Divide by nothing any more; the calibration stays. */
void mr_deep_crossbar_uncompensate(struct mr_deep_carrier *carrier);
/** Have the next inputs fit the range of the array's meter first, as
 * mr_synapse_fit_range(): up to 1024 vectors, evenly taken from that call. The
 * usual share of the full voltage is the median of mean by largest |input|. */
void mr_deep_crossbar_fit(struct mr_deep_carrier *carrier);
/** The range that was fitted, in A; 0 = never, or the array has no limit. */
double mr_deep_crossbar_range(const struct mr_deep_carrier *carrier);
struct mr_hebb_wear mr_deep_crossbar_worn(const struct mr_deep_carrier *carrier);

#endif
