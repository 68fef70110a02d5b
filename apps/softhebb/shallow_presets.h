/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The shallow networks that --preset names. */
#ifndef MR_SOFTHEBB_SHALLOW_PRESETS_H
#define MR_SOFTHEBB_SHALLOW_PRESETS_H

#include <stddef.h>
#include <stdint.h>

#include "crossbar.h"
#include "layer.h"

/** A network, its data, and how it lies on an array. */
struct mr_shallow_preset {
	const char *name;
	const char *text;  /**< one line for people */
	const char *set;   /**< data set, as mr_dataset_find() */
	uint32_t size;     /**< pictures are shrunk to size x size; 0 = as they
	                        are */
	uint32_t n_out;
	uint32_t batch;
	uint32_t samples;  /**< of a pass; 0 = all */
	uint32_t test_samples; /**< of the test; 0 = all */
	struct mr_hebb_params params;
	struct mr_hebb_params array_params; /**< the same on an array, where a
	                                         smaller start fits its range */
	struct mr_hebb_mapping mapping;
	double published;  /**< accuracy elsewhere; 0 = none */
	const char *source; /**< where that is from */
};

/**
 * All presets.
 *
 * @param n  receives how many.
 * @return [*n] static records; the first is the default.
 */
const struct mr_shallow_preset *mr_shallow_presets(size_t *n);

/**
 * A preset.
 *
 * @param name  its name.
 * @return the record; NULL if there is none.
 */
const struct mr_shallow_preset *mr_shallow_preset_find(const char *name);

#endif
