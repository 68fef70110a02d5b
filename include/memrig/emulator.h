/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Out-of-band view of an emulated array: what no instrument can see. For
 * tests and teaching. No application and no fit may include this header
 * (tests/check_layers.sh enforces it).
 */
#ifndef MEMRIG_EMULATOR_H
#define MEMRIG_EMULATOR_H

#include <stdint.h>

#include "memrig/array.h"

/** Columns to look into; borrowed, valid until the next submit. */
struct mr_truth {
	uint32_t n_cells;
	const float *g_S;      /**< [n_cells] as programmed, not drifted */
	const float *nu;       /**< [n_cells] drift exponent */
	const float *memory;   /**< [n_cells] pulse memory */
	const int64_t *t_p_ns; /**< [n_cells] last programming event */
	const uint64_t *pulses; /**< [n_cells] programming events so far */
	const uint64_t *reads;  /**< [n_cells] read events so far */
};

/**
 * Look at the hidden state.
 *
 * @param array  a handle whose back end is the emulator.
 * @param out    filled in.
 * @return MR_OK; MR_ERR_UNSUPPORTED if it is no emulator.
 */
MR_API int mr_emulator_truth(const struct mr_array *array,
                             struct mr_truth *out);

/**
 * The conductance of a cell now, drifted, without noise.
 *
 * @param array  a handle whose back end is the emulator.
 * @param cell   cell number.
 * @param g_S    receives S.
 * @return MR_OK; MR_ERR_UNSUPPORTED; MR_ERR_RANGE outside the array.
 */
MR_API int mr_emulator_now(const struct mr_array *array, uint32_t cell,
                           double *g_S);

#endif
