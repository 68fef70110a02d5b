/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * One neuron on multi-memristive synapses: many inputs of equal rate, some of
 * them strongly correlated; the weights of the two groups come apart, the
 * further the more cells carry a weight.
 *
 *     y = sum of the weights of the active inputs;  output spike where y >= th
 *     th *= 1 + kappa (spiked - r0)
 *     at an output spike          each active input is a candidate for a
 *                                 raising pulse: every `raise_every`-th gets it
 *     1 or 2 steps after one, in  each active input is a candidate for an
 *     steps without a spike       erasing pulse: every `lower_every`-th gets it
 *
 * The cell of a weight that is pulsed follows from a global counter; all cells
 * are erased at first.
 *
 * After I. Boybat et al., "Neuromorphic computing with multi-memristive
 * synapses", Nat. Commun. 9, 2514 (2018), doi:10.1038/s41467-018-04933-y.
 * Reimplementation with own parameters.
 */
#ifndef MR_APPS_SYNAPSES_NEURON_H
#define MR_APPS_SYNAPSES_NEURON_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "../correlation/crowd.h"
#include "../weights.h"

#define MR_SYNAPSES_POINTS 200 /**< points of a history */

/** Constants of the neuron. */
struct mr_synapses_params {
	double p;         /**< rate of each input per step */
	double c;         /**< correlation of each pair of the group */
	double r0;        /**< wanted output spikes per step */
	double kappa;     /**< gain of the threshold homeostasis */
	double theta_factor; /**< first threshold, in mean drives */
	uint32_t window;  /**< steps after an output spike that erase */
};

/** What came of a run. */
struct mr_synapses_result {
	uint64_t steps;   /**< done */
	uint64_t n_spikes;
	bool partial;     /**< ended early */
	float *w;         /**< [n] weights at the end */
	uint32_t n_points; /**< points of the history */
	uint64_t at[MR_SYNAPSES_POINTS]; /**< steps */
	double mean[2][MR_SYNAPSES_POINTS]; /**< of others [0] and group [1] */
	double sd[2][MR_SYNAPSES_POINTS];
};

/** Means, spreads and their distance. */
struct mr_synapses_gap {
	double mean[2]; /**< of others [0] and group [1] */
	double sd[2];
	double d_prime; /**< distance over the root mean square of the spreads */
	double auc;
};

/** What a run is made of. */
struct mr_synapses_plan {
	struct mr_synapses_params params;
	uint32_t n;
	const int8_t *label; /**< [n] 1 = in the group, else 0 */
	uint64_t steps;
	const volatile sig_atomic_t *stop; /**< ends the run early; or NULL */
	/** called now and then with the steps done; or NULL */
	void (*progress)(void *user, uint64_t done, uint64_t total);
	void *user; /**< handed to progress */
};

/**
 * Run.
 *
 * @param plan     what.
 * @param weights  a carrier; started here with all weights at 0, or at .01 if
 *                 they then drive nothing at all (ideal ones).
 * @param seed     of the inputs.
 * @param result   filled in, also when the run was stopped; free(result->w).
 * @param err      explains a failure.
 * @return MR_OK; MR_ERR_STOPPED with a result that is marked as partial;
 *         MR_ERR_RANGE; MR_ERR_NOMEM; else as the weights.
 */
int mr_synapses_run(const struct mr_synapses_plan *plan,
                    struct mr_weights *weights, uint64_t seed,
                    struct mr_synapses_result *result, struct mr_errtext *err);

/**
 * How far the groups are apart.
 *
 * @param w      [n] weights.
 * @param label  [n] 1 = in the group, else 0.
 * @param n      how many.
 * @param out    filled in.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_synapses_measure(const float *w, const int8_t *label, uint32_t n,
                        struct mr_synapses_gap *out);

#endif
