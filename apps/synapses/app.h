/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What the parts of "memrig run synapses" share. */
#ifndef MR_APPS_SYNAPSES_APP_H
#define MR_APPS_SYNAPSES_APP_H

#include "../cmd.h"
#include "neuron.h"

#define MR_SYNAPSES_SIZES_MAX 8 /**< cells per synapse that are compared */

/** One run. */
struct mr_synapses_row {
	uint64_t seed;
	uint32_t n_cells; /**< per synapse; of ideal weights: their step */
	bool array;       /**< weights on the array, or ideal numbers */
	struct mr_synapses_result result;
	struct mr_synapses_gap gap;
	struct mr_synapse_counts counts;
	double wall_s;
	double array_s;
};

/** The app at work. */
struct mr_synapses_app {
	struct mr_tool *tool;
	struct mr_synapses_plan plan;
	int8_t *label; /**< [plan.n] */
	uint32_t sizes[MR_SYNAPSES_SIZES_MAX]; /**< [n_sizes] cells per synapse */
	uint32_t n_sizes;
	uint32_t raise_every;
	uint32_t lower_every;
	double step_time_s;
	uint64_t *seeds; /**< [n_seeds] */
	uint32_t n_seeds;
	const char *plot; /**< figure wanted; or NULL */
	bool plotted;
	struct mr_synapses_row *row; /**< [n_rows] */
	uint32_t n_rows;
	bool partial;
};

/**
 * "memrig run synapses".
 *
 * @param argc  arguments from "synapses" on.
 * @param argv  likewise.
 * @return the exit status.
 */
int mr_app_synapses(int argc, char **argv);

/**
 * Write the results to tool->out, as a table or as JSON.
 *
 * @param app  with results.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_synapses_report(struct mr_synapses_app *app);

/**
 * Draw the figure, app->plot.
 *
 * @param app  with at least one result.
 * @param err  explains a failure.
 * @return MR_OK; as mr_figure_end().
 */
int mr_synapses_plot(const struct mr_synapses_app *app,
                     struct mr_errtext *err);

#endif
