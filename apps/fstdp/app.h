/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What the parts of "memrig run fstdp" share. */
#ifndef MR_APPS_FSTDP_APP_H
#define MR_APPS_FSTDP_APP_H

#include "preset.h"
#include "run.h"

#include "../busy.h"
#include "../cmd.h"

#define MR_RULE_FSTDP 1u /**< with fatigue */
#define MR_RULE_STDP 2u  /**< f = 0 */

/** The app at work. */
struct mr_fstdp_app {
	struct mr_tool *tool;
	const struct mr_fstdp_preset *preset;
	const char *data;    /**< name of what is learned from, for people */
	struct mr_inputs inputs;
	struct mr_fstdp_params params;
	enum mr_fstdp_mode mode;
	unsigned rules;      /**< MR_RULE_ bits */
	uint32_t n_cells;    /**< per synapse */
	double step_time_s;  /**< array time of a step */
	uint64_t steps;
	uint64_t *seeds;     /**< [n_seeds] */
	uint32_t n_seeds;
	const char *plot;    /**< figure wanted; or NULL */
	bool plotted;        /**< it is there */

	struct mr_fstdp_result *result; /**< [n_results] */
	uint32_t n_results;
	uint32_t n_planned;  /**< runs that will be made in all */
	bool partial;        /**< stopped early */
	double wall_s;       /**< of all runs */
	double array_s;      /**< array time of all runs */
	struct mr_busy busy; /**< of which the array was at work */
};

/**
 * "memrig run fstdp".
 *
 * @param argc  arguments from "fstdp" on.
 * @param argv  likewise.
 * @return the exit status.
 */
int mr_app_fstdp(int argc, char **argv);

/**
 * Read the options and the inputs.
 *
 * @param app  filled in; its tool has been parsed.
 * @return MR_OK; a code, after telling the user.
 */
int mr_fstdp_settle(struct mr_fstdp_app *app);

/**
 * Make all runs: each rule with each seed on the array, and the same with
 * ideal weights.
 *
 * @param app  settled; results are added.
 * @return MR_OK; MR_ERR_STOPPED with some results; a code, after telling the
 *         user.
 */
int mr_fstdp_all(struct mr_fstdp_app *app);

/**
 * Write the results to tool->out, as a table or as JSON.
 *
 * @param app  with results.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_fstdp_report(struct mr_fstdp_app *app);

/**
 * Draw the figure, app->plot.
 *
 * @param app  with at least one result.
 * @param err  explains a failure.
 * @return MR_OK; as mr_figure_end().
 */
int mr_fstdp_plot(const struct mr_fstdp_app *app, struct mr_errtext *err);

/** Results of one rule and one carrier, over all seeds. */
struct mr_fstdp_summary {
	uint32_t n; /**< complete runs; 0 = none */
	double auc, auc_min, auc_max;
	double precision, precision_min, precision_max;
	double recall, recall_min, recall_max;
	double w_rate_r;
	double group_mean[MR_GROUPS_MAX];
};

/**
 * Mean, least and greatest over seeds.
 *
 * @param app      with results.
 * @param fatigue  which rule.
 * @param array    which carrier.
 * @param out      filled in.
 */
void mr_fstdp_summarise(const struct mr_fstdp_app *app, bool fatigue,
                        bool array, struct mr_fstdp_summary *out);

#endif
