/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Shallow SoftHebb on real MNIST, for acceptance tests: means over seeds. */
#ifndef MR_TESTS_SOFTHEBB_CASE_H
#define MR_TESTS_SOFTHEBB_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "apps/softhebb/crossbar.h"
#include "apps/softhebb/layer.h"

/** What is run. */
struct softhebb_case {
	const char *name;        /**< such as "S1", for the printed line */
	struct mr_hebb_params params;
	uint32_t n_out;
	uint32_t batch;
	uint32_t samples;        /**< of the one pass; 0 = all */
	const char *model;       /**< of the array, such as "pcm", with keys such as
	                              "pcm?noise=none"; NULL = floating point */
	struct mr_hebb_mapping mapping;
	double age_s;            /**< rate again so long after; 0 = do not */
	uint32_t n_seeds;        /**< from 1 on */
};

/** Means over the seeds. */
struct softhebb_scores {
	double labels;     /**< % by neuron labels */
	double soft;       /**< % by soft vote */
	double aged;       /**< % by labels kept, age_s after */
	double used;       /**< neurons that won */
	double radius_min; /**< least and greatest of all runs */
	double radius_max;
	double wall_s;     /**< of a run */
};

/**
 * Run it; prints a line of figures.
 *
 * @param what  the case.
 * @return the means; fails the running test if a run fails.
 */
struct softhebb_scores softhebb_case_run(const struct softhebb_case *what);

/** Whether MNIST is there. */
bool softhebb_case_has_data(void);

#endif
