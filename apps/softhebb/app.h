/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What the parts of "memrig run softhebb" share. */
#ifndef MR_SOFTHEBB_APP_H
#define MR_SOFTHEBB_APP_H

#include "../busy.h"
#include "../cmd.h"
#include "../energy.h"
#include "shallow.h"
#include "shallow_keep.h"
#include "shallow_presets.h"
#include "study.h"

#define MR_CARRY_FLOAT 1u /**< weights in floating point */
#define MR_CARRY_ARRAY 2u /**< weights on the array */

#define MR_TILES_MAX 16 /**< of a side of the grid of --tiles */
#define MR_CELLS_LIST_MAX 12 /**< numbers of cells per weight in one session */
#define MR_AGES_MAX 12 /**< times since programming that are looked at */

/** Accuracy some time after training. */
struct mr_softhebb_age {
	double t_s;       /**< array time since the end of training */
	double kept;      /**< labels as they were */
	double soft;      /**< soft vote as it was */
	double compensated; /**< labels as they were, one factor for all; NAN
	                         where it cannot be measured */
	double relabelled; /**< labels taken anew */
};

/** One run. */
struct mr_softhebb_run {
	bool array;       /**< on the array, or in floating point */
	uint32_t n_cells; /**< per weight and polarity; 0 in floating point */
	uint64_t seed;
	struct mr_shallow_result result;
	double linear;    /**< test accuracy by linear read-out; NAN if none */
	struct mr_hebb_wear wear;
	uint32_t n_ages;
	struct mr_softhebb_age age[MR_AGES_MAX];
	double wall_s;    /**< of learning and rating */
	double learn_s;   /**< of learning alone */
	double array_s;   /**< array time of the run */
	double busy_s;    /**< of which the arrays were at work, one after another */
	bool board;       /**< on boards, real or virtual: their time is a person's */
	uint64_t n_ops;
	struct mr_energy energy; /**< of its operations */
};

/** The app at work. */
struct mr_softhebb_app {
	struct mr_tool *tool;
	const struct mr_shallow_preset *preset;
	struct mr_hebb_params params;
	struct mr_hebb_params array_params;
	struct mr_hebb_mapping mapping;
	unsigned carriers;  /**< MR_CARRY_ bits */
	uint32_t n_out;
	uint32_t batch;
	uint32_t samples;
	uint32_t test_samples;
	uint32_t epochs;
	uint32_t n_ages;
	double age_s[MR_AGES_MAX];
	struct mr_images train;
	struct mr_images test;
	uint32_t n_cells;   /**< numbers of cells per weight, >= 1 */
	uint32_t cells[MR_CELLS_LIST_MAX]; /**< [n_cells] */
	uint64_t *seeds;    /**< [n_seeds] */
	uint32_t n_seeds;
	const char *plot;   /**< figure wanted; or NULL */
	bool plotted;
	struct mr_softhebb_run *run; /**< [n_runs] */
	uint32_t n_runs;
	uint32_t n_planned;
	bool partial;
	struct mr_busy busy;
	struct mr_energy energy;
	uint32_t n_uris;    /**< of --array, >= 1: one for each tile, or one */
	char *where;        /**< the URIs, for people */
	struct mr_tool_beside beside[MR_TILES_MAX * MR_TILES_MAX]; /**< arrays of
	                                  all tiles but the first */
	uint32_t tile_rows; /**< grid of arrays; 1 x 1 = the tool's alone */
	uint32_t tile_cols;
	struct mr_shallow_keep keep; /**< path NULL: none; of the one run */
	struct mr_study study;
};

/** "memrig run softhebb"; as mr_cmd_run(). */
int mr_app_softhebb(int argc, char **argv);

/** Read the options and the data; tells the user of failures. */
int mr_softhebb_settle(struct mr_softhebb_app *app);

/**
 * The arrays of a run: the tool's, and those beside it that hold the other tiles.
 */
struct mr_softhebb_grid {
	struct mr_array *array[MR_TILES_MAX * MR_TILES_MAX]; /**< [n] */
	int64_t begin_ns[MR_TILES_MAX * MR_TILES_MAX]; /**< their time when the
	                                                    run began */
	uint32_t n;
};

/** Open them for a seed and watch them; tells of failures. Close it, also after
 * a failure. */
int mr_softhebb_open(struct mr_softhebb_app *app, uint64_t seed,
                     struct mr_softhebb_grid *grid);

/** End the run on all but the tool's; returns code, or how closing failed. Boards
 * stay open for the next run. */
int mr_softhebb_close(struct mr_softhebb_app *app,
                      struct mr_softhebb_grid *grid, int code);

/** Close what the last run left open. */
void mr_softhebb_release(struct mr_softhebb_app *app);

/** Wait until t_s after begin_ns[i] on each array i; tells of failures. */
int mr_softhebb_wait(struct mr_softhebb_app *app,
                     const struct mr_softhebb_grid *grid,
                     const int64_t *begin_ns, double t_s);

/** Make all runs; MR_ERR_STOPPED with some results; tells of failures. */
int mr_softhebb_all(struct mr_softhebb_app *app);

/** Write the results to tool->out, as a table or JSON. */
int mr_softhebb_report(struct mr_softhebb_app *app);

/** Draw the figure app->plot. */
int mr_softhebb_plot(const struct mr_softhebb_app *app,
                     struct mr_errtext *err);

/** Mean and spread of a figure over like runs. */
struct mr_softhebb_summary {
	uint32_t n; /**< complete runs; 0 = none */
	double labels, labels_sd;
	double soft, soft_sd;
	double linear; /**< NAN without a linear read-out */
	double used; /**< neurons that won */
	double pulses; /**< per weight */
};

/** Summarise the runs with so many cells per weight; 0 = in floating point. */
void mr_softhebb_summarise(const struct mr_softhebb_app *app, uint32_t n_cells,
                           struct mr_softhebb_summary *summary);

#endif
