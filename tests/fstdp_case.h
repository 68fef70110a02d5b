/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A preset of "memrig run fstdp" with several seeds, for the acceptance tests:
 * runs it, prints one line per seed, and sums up.
 */
#ifndef MR_TESTS_FSTDP_CASE_H
#define MR_TESTS_FSTDP_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "apps/fstdp/preset.h"

/** What is run. */
struct mr_fstdp_case {
	const char *preset;
	enum mr_fstdp_mode mode;
	bool fatigue;     /**< false: f = 0, plain STDP */
	uint32_t n_cells; /**< cells per synapse of the array; 0 = ideal weights */
	const char *array; /**< URI; the seed follows if it ends with '='. NULL =
	                    emu:pcm */
	const char *log; /**< path of an op log, one run a seed; NULL = none */
	uint32_t first_seed;
	uint32_t n_seeds;
	uint64_t steps; /**< 0 = the preset's */
	double tau_f_s; /**< recovery from fatigue; 0 = the preset's */
};

/** Figures over the seeds. */
struct mr_fstdp_scores {
	double auc, auc_min, auc_max;
	double precision, precision_min, precision_max;
	double recall, recall_min;
};

/**
 * Run a case. A failure is a failed assertion and leaves the scores NAN.
 *
 * @param what  the case.
 * @return mean, least and greatest over its seeds.
 */
struct mr_fstdp_scores mr_fstdp_case_run(const struct mr_fstdp_case *what);

/**
 * Ideal weights.
 *
 * @param weights  filled in; release with mr_weights_free().
 * @param n        inputs.
 * @return as mr_weights_float().
 */
int mr_fstdp_case_ideal(struct mr_weights *weights, uint32_t n);

#endif
