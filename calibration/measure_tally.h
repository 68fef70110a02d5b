/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Counts what operations did to cells, and what was seen of them. */
#ifndef MR_CALIBRATION_MEASURE_TALLY_H
#define MR_CALIBRATION_MEASURE_TALLY_H

#include "measuring.h"

/**
 * Make room for an array's cells.
 * @param t        zeroed; release with mr__tally_free() whatever is returned.
 * @param n_cells  of the array.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr__tally_make(struct mr__tally *t, uint32_t n_cells);

/**
 * Begin a protocol.
 * @param t        the tally.
 * @param n_cells  of the array.
 * @param result   where counts go.
 */
void mr__tally_begin(struct mr__tally *t, uint32_t n_cells,
                     struct mr_measure_result *result);

/**
 * Count an operation.
 * @param t     the tally.
 * @param desc  of the array.
 * @param op    with its results; a plan's are NAN.
 */
void mr__tally_add(struct mr__tally *t, const struct mr_description *desc,
                   const struct mr_op *op);

/**
 * End a protocol: judge its cells.
 * @param t        the tally.
 * @param desc     of the array.
 */
void mr__tally_end(struct mr__tally *t, const struct mr_description *desc);

/**
 * Pulses on the cell that got most in the whole measurement.
 * @param t        the tally.
 * @param n_cells  of the array.
 * @return how many.
 */
uint64_t mr__tally_most(const struct mr__tally *t, uint32_t n_cells);

/**
 * Release.
 * @param t  the tally.
 */
void mr__tally_free(struct mr__tally *t);

#endif
