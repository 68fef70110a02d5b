/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Correlation detection by accumulation: each process has its cells, all
 * erased at first. In each step the collective activity M is the number of
 * active processes; every active process gets one raising pulse whose
 * amplitude grows with M, or that is given only when M is large. Correlated
 * processes are active together, so their conductances grow.
 *
 *     amplitude coding  I = gain M, skipped below i_min, at most i_max
 *     threshold coding  the array's raising pulse where M > mean + sigma sd
 *     ideal dose        sum over the steps with pulses of X_i M
 *
 * The ideal dose is what the same rule gives with numbers that never saturate
 * and have no noise: the software baseline. It tells correlated processes
 * from others only where all rates are equal.
 *
 * Source: A. Sebastian et al., "Temporal correlation detection using
 * computational phase-change memory", Nat. Commun. 8, 1115 (2017),
 * doi:10.1038/s41467-017-01481-9. Reimplementation with own parameters where
 * the paper states none; one pulsed cell of several per process follows from a
 * global counter (I. Boybat et al., Nat. Commun. 9, 2514 (2018),
 * doi:10.1038/s41467-018-04933-y).
 */
#ifndef MR_APPS_CORRELATION_RUN_H
#define MR_APPS_CORRELATION_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "memrig/array.h"

#include "crowd.h"

#define MR_MAPS_MAX 8 /**< looks at all conductances */

/** How the collective activity reaches the cells. */
enum mr_coding_of_activity {
	MR_ACTIVITY_AMPLITUDE = 0,
	MR_ACTIVITY_THRESHOLD = 1
};

/** What a run is made of. */
struct mr_correlation_plan {
	uint32_t n_cells; /**< per process, >= 1 */
	uint64_t steps;
	enum mr_coding_of_activity coding;
	double gain_A;    /**< amplitude coding: A per active process */
	double i_min_A;
	double i_max_A;
	double sigma;     /**< threshold coding: in spreads above the mean */
	double step_time_s; /**< array time of a step; 0 = what the pulses take */
	uint64_t map_at[MR_MAPS_MAX]; /**< [n_maps] steps, ascending */
	uint32_t n_maps;
	struct mr_context context; /**< stop flag */
	/** called now and then with the steps done; or NULL */
	void (*progress)(void *user, uint64_t done, uint64_t total);
	void *user; /**< handed to progress */
};

/** What came of it. */
struct mr_correlation_result {
	uint64_t steps;    /**< done */
	uint64_t n_pulsed; /**< steps with pulses */
	uint64_t pulses;
	bool partial;      /**< ended early */
	float *g_S;        /**< [n] conductance of each process at the end */
	double *dose;      /**< [n] ideal dose */
	double *rate;      /**< [n] events per step */
	float *map[MR_MAPS_MAX]; /**< [n] each: conductances at map_at[k] */
	uint32_t n_maps;   /**< looked at */
};

/**
 * Cells that a run needs.
 *
 * @param n        processes.
 * @param n_cells  per process.
 * @return their number.
 */
uint64_t mr_correlation_cells(uint32_t n, uint32_t n_cells);

/**
 * Run.
 *
 * @param plan    what.
 * @param crowd   the processes, at their first step.
 * @param array   open, with as many cells as needed.
 * @param result  filled in, also when the run was stopped; release with
 *                mr_correlation_free().
 * @param err     explains a failure.
 * @return MR_OK; MR_ERR_STOPPED with a result that is marked as partial;
 *         MR_ERR_RANGE if the array is too small or the amplitudes are not its
 *         own; MR_ERR_UNSUPPORTED if it has no raising or erasing waveform, or
 *         takes no coded amplitudes; MR_ERR_NOMEM; else as mr_array_submit().
 */
int mr_correlation_run(const struct mr_correlation_plan *plan,
                       struct mr_crowd *crowd, struct mr_array *array,
                       struct mr_correlation_result *result,
                       struct mr_errtext *err);

/**
 * Release.
 *
 * @param result  from mr_correlation_run(), or all zero.
 */
void mr_correlation_free(struct mr_correlation_result *result);

#endif
