/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* "memrig run softhebb" with a deep network: what its parts share. */
#ifndef MR_SOFTHEBB_DEEP_APP_H
#define MR_SOFTHEBB_DEEP_APP_H

#include "../cmd.h"
#include "../ending.h"
#include "deep.h"
#include "deep_crossbar.h"
#include "transfer.h"

/** One run of a seed. */
struct mr_deep_app_run {
	uint64_t seed;
	double wall_s;
	double array_s;    /**< array time, of a layer on the array */
	struct mr_hebb_wear wear; /**< of its cells */
	struct mr_deep_result result;
};

/** The app at work. */
struct mr_deep_app {
	struct mr_tool *tool;
	const struct mr_deep_preset *preset;
	struct mr_deep_plan plan; /**< but its seed */
	struct mr_images train, test, unlabelled;
	uint64_t *seeds;   /**< [n_seeds] */
	uint32_t n_seeds;
	bool on_array;     /**< the first layer learns on the tool's array */
	struct mr_hebb_mapping mapping; /**< of it */
	struct mr_deep_carrier carrier[MR_DEEP_LAYERS_MAX]; /**< all zero but
	                                                         the first */
	struct mr_deep_app_run *run; /**< [n_runs] */
	uint32_t n_runs;
	int64_t part_ns;   /**< when the part at work began */
	uint32_t part;
	const char *phase;
	const char **uris; /**< [transfer.n_uris] of --transfer */
	uint64_t *programmings; /**< [transfer.n_seeds] */
	double age_s[MR_TRANSFER_AGES_MAX];
	struct mr_transfer_plan transfer; /**< n_uris = 0: none */
	struct mr_transfer_table table;   /**< of the first run */
	const char *plot;  /**< figure wanted; or NULL */
	char transfer_plot[MR_ENDING_PATH_MAX]; /**< beside it; or "" */
	bool plotted;
};

/**
 * Run it; the tool has been parsed.
 *
 * @param tool    the verb.
 * @param preset  the network.
 * @return MR_OK; a code, after telling the user.
 */
int mr_deep_app(struct mr_tool *tool, const struct mr_deep_preset *preset);

/**
 * Read the options of a transfer.
 *
 * @param app  with its test images.
 * @return MR_OK; a code, after telling the user.
 */
int mr_deep_take_transfer(struct mr_deep_app *app);

/** As plan->finished of struct mr_deep_plan; `user` is the app. */
int mr_deep_move(void *user, struct mr_deep_network *network,
                 struct mr_classifier *classifier, struct mr_errtext *err);

/** The table of the transfer, for people and for programs. */
void mr_deep_print_transfer(const struct mr_deep_app *app);
json_t *mr_deep_transfer_json(const struct mr_deep_app *app);

/** Write the results to tool->out, as a table or JSON. */
int mr_deep_report(struct mr_deep_app *app);

/** Draw the figure app->plot. */
int mr_deep_plot(const struct mr_deep_app *app, struct mr_errtext *err);

#endif
