/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What the parts of "memrig run correlation" share. */
#ifndef MR_APPS_CORRELATION_APP_H
#define MR_APPS_CORRELATION_APP_H

#include "../cmd.h"
#include "../metrics.h"
#include "../pbmfile.h"
#include "run.h"

/** A named experiment; zeros where it does not say. */
struct mr_correlation_preset {
	const char *name;
	const char *text;    /**< one line */
	const char *picture; /**< file in the data directory; or NULL */
	uint32_t scale;      /**< of the picture */
	const char *panel;   /**< rain gauges; or NULL */
	uint32_t n;          /**< drawn processes without a picture */
	double share;        /**< of them in the group */
	double p;
	double c;
	uint64_t steps;
	enum mr_coding_of_activity coding;
	double gain_A;
	uint32_t n_cells;
	uint32_t n_seeds;
};

/** One run and its figures of merit. */
struct mr_correlation_row {
	uint64_t seed;
	struct mr_correlation_result result;
	uint64_t latent;     /**< steps in which the hidden reference was active */
	double group_S;      /**< mean conductance of the group */
	double others_S;     /**< and of the others */
	double auc;          /**< of the conductances */
	double dose_auc;     /**< of the ideal dose: the software baseline */
	struct mr_cut best;  /**< greatest F1 */
	struct mr_cut least; /**< least error */
	double dose_r;       /**< Pearson's r of conductance and ideal dose */
	double rate_r;       /**< and of conductance and plain rate */
	double wall_s;
	double array_s;
};

/** The app at work. */
struct mr_correlation_app {
	struct mr_tool *tool;
	const struct mr_correlation_preset *preset;
	const char *data;    /**< what it is about, for people */
	struct mr_pbm picture;   /**< width 0 = none */
	struct mr_inputs inputs; /**< of rain gauges; n 0 = none */
	uint32_t n;
	int8_t *label;       /**< [n]; listed processes: by their ideal dose */
	double p;
	double c;
	struct mr_correlation_plan plan;
	uint64_t *seeds;     /**< [n_seeds] */
	uint32_t n_seeds;
	const char *plot;    /**< figure wanted; or NULL */
	bool plotted;
	struct mr_correlation_row *row; /**< [n_rows] */
	uint32_t n_rows;
	bool partial;
};

/**
 * "memrig run correlation".
 *
 * @param argc  arguments from "correlation" on.
 * @param argv  likewise.
 * @return the exit status.
 */
int mr_app_correlation(int argc, char **argv);

/**
 * All presets.
 *
 * @param n  receives how many.
 * @return [*n]; static; the first is the default.
 */
const struct mr_correlation_preset *mr_correlation_presets(size_t *n);

/**
 * Read the options and what they name.
 *
 * @param app  filled in; its tool has been parsed.
 * @return MR_OK; a code, after telling the user.
 */
int mr_correlation_settle(struct mr_correlation_app *app);

/**
 * Rate a run.
 *
 * @param app  gives the labels; those of listed processes are set by the dose.
 * @param row  with its result; figures are written.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_correlation_rate(struct mr_correlation_app *app,
                        struct mr_correlation_row *row);

/**
 * Write the results to tool->out, as a table or as JSON.
 *
 * @param app  with results.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_correlation_report(struct mr_correlation_app *app);

/**
 * Draw the figure, app->plot, of the first run.
 *
 * @param app  with at least one result.
 * @param err  explains a failure.
 * @return MR_OK; as mr_figure_end().
 */
int mr_correlation_plot(const struct mr_correlation_app *app,
                        struct mr_errtext *err);

#endif
