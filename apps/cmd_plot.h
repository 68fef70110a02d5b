/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What the verb plot takes from a log and draws. A first pass finds ranges
 * and last conductances, a second one follows a few cells; memory grows with
 * the array, never with the length of the log.
 */
#ifndef MR_APPS_CMD_PLOT_H
#define MR_APPS_CMD_PLOT_H

#include "logfile.h"

#define MR_PLOT_CELLS_MAX 12   /**< cells with a line of their own */
#define MR_PLOT_CELLS_CHOSEN 8 /**< of them, if --cells does not say */
#define MR_PLOT_BINS 1000      /**< of the time axis */
#define MR_PLOT_HISTOGRAM_MAX 60
#define MR_PLOT_AGES 300       /**< bins of ln(time), for the kind of axis */

/** @name What can be drawn. */
/**@{*/
#define MR_PLOT_MAP 1u
#define MR_PLOT_HISTOGRAM 2u
#define MR_PLOT_TIME 4u
#define MR_PLOT_IV 8u
#define MR_PLOT_ALL 15u
/**@}*/

/** A measurement. */
struct mr_plot_point {
	double t_s; /**< since the first operation of the run */
	float g_S;
};

/** Measurements that fall into one column of pixels: enough to draw them. */
struct mr_plot_bin {
	uint32_t n;
	struct mr_plot_point first, last, min, max;
};

/** A cell that is followed. */
struct mr_plot_cell {
	uint32_t cell;
	uint32_t color; /**< which of the colours */
	struct mr_plot_bin *bins; /**< [MR_PLOT_BINS]; or NULL */
};

/** The last sweep of a cell. */
struct mr_plot_sweep {
	uint32_t cell;
	uint32_t color;
	uint32_t n;
	float *v_V; /**< [n] */
	float *i_A; /**< [n] */
};

/** What was taken from a run. */
struct mr_plot_data {
	struct mr_logfile *log;
	struct mr_oplog_run_info info;
	bool linear_time; /**< asked for */
	bool log_time;    /**< asked for, or chosen after the first pass */

	float *g_S;       /**< [rows*cols] last measured; NAN = never */
	uint32_t *reads;  /**< [rows*cols] how often measured */
	uint32_t *sweeps; /**< [rows*cols] how many sweeps */
	uint64_t n_known, n_swept; /**< cells */
	uint32_t reads_most, sweeps_most;
	int64_t t0_ns;    /**< array time of the first operation */
	bool begun;       /**< t0_ns is known */
	double t_min_s;   /**< first measurement behind t0; 0 = none */
	double t_max_s;   /**< last one */
	uint64_t ages[MR_PLOT_AGES]; /**< of ln(t/1 ns) */

	bool named;       /**< the cells below were asked for */
	uint32_t n_cells; /**< followed in time */
	struct mr_plot_cell cells[MR_PLOT_CELLS_MAX];
	double events_s[MR_PLOT_BINS]; /**< when one of them was programmed; NAN =
	                                    not in this bin */
	uint32_t n_traced;
	struct mr_plot_sweep traced[MR_PLOT_CELLS_MAX];
};

/**
 * First pass over the run.
 *
 * @param data  log, info and linear_time set, the rest zero.
 * @return MR_OK or a code.
 */
int mr_plot_survey(struct mr_plot_data *data);

/**
 * Choose the cells to follow: from the lowest to the highest last conductance,
 * at even distances, so that they do not hide each other.
 *
 * @param data  after mr_plot_survey().
 * @return MR_OK or a code.
 */
int mr_plot_choose(struct mr_plot_data *data);

/**
 * Second pass: follow the cells.
 *
 * @param data  cells and traced chosen.
 * @return MR_OK or a code.
 */
int mr_plot_follow(struct mr_plot_data *data);

/**
 * Release.
 *
 * @param data  the data.
 */
void mr_plot_free(struct mr_plot_data *data);

/** How it is drawn. */
struct mr_plot_style {
	const char *path;
	unsigned what;    /**< MR_PLOT_ bits */
	bool log_current;
};

/**
 * Draw.
 *
 * @param data   after mr_plot_follow().
 * @param style  what and where.
 * @param err    explains a failure.
 * @return as mr_figure_end().
 */
int mr_plot_draw(const struct mr_plot_data *data,
                 const struct mr_plot_style *style, struct mr_errtext *err);

#endif
