/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What is asked about a network after it has learned: linear read-out,
 * robustness, post-hoc loss, pictures between classes; beside a network of the
 * same size that learned by back-propagation. */
#ifndef MR_SOFTHEBB_STUDY_H
#define MR_SOFTHEBB_STUDY_H

#include "../cmd.h"
#include "../ending.h"
#include "between.h"
#include "curve.h"
#include "robust.h"

#define MR_STUDY_CLASSES_MAX 8 /**< of a walk */
#define MR_STUDY_ROWS 3        /**< networks in the table of robustness */

/** A network in the table of robustness. */
struct mr_study_row {
	const char *network; /**< "softhebb" or "mlp" */
	double t;            /**< t' of its read-out; 0 = none */
	struct mr_robust_row row;
};

/** What was asked, and what came of it. */
struct mr_study {
	bool linear;         /**< --readout linear */
	bool robustness;     /**< --robustness */
	bool posthoc;        /**< --posthoc */
	double t;            /**< --readout-t */
	uint32_t n_attacked; /**< --attacked */
	uint32_t class[MR_STUDY_CLASSES_MAX]; /**< --interpolate */
	uint32_t n_classes;  /**< 0 = not asked */

	bool done;         /**< the figures below are there */
	uint64_t seed;     /**< of the run that was looked at */
	double hebb;       /**< test accuracy with linear read-out */
	double mlp_one;    /**< baseline after one pass */
	double mlp;        /**< baseline at its end */
	uint32_t n_rows;   /**< 0 without robustness */
	struct mr_study_row row[MR_STUDY_ROWS];
	struct mr_curve hebb_loss; /**< total 0 without posthoc */
	struct mr_curve mlp_loss;  /**< of the first pass */
	uint32_t n_walks;  /**< pairs of classes */
	/** [2*n_walks] of each pair SoftHebb's, then the baseline's */
	struct mr_between walk[2 * MR_STUDY_CLASSES_MAX];
	char figure[MR_ENDING_PATH_MAX]; /**< to draw beside the main one; or "" */
	char walks[MR_ENDING_PATH_MAX];  /**< likewise */
};

struct mr_softhebb_app;
struct mr_softhebb_run;

/** Read the options; tells the user of failures. */
int mr_study_settle(struct mr_softhebb_app *app);

/** Learn a linear read-out on the carrier of a run and rate it into run->linear
 * if --readout linear; tells of failures. */
int mr_study_linear(struct mr_softhebb_app *app, struct mr_softhebb_run *run,
                    struct mr_hebb_carrier *carrier);

/** Study the first complete run in floating point; tells of failures. */
int mr_study_run(struct mr_softhebb_app *app);

/** Write what was found, for people. */
void mr_study_print(const struct mr_softhebb_app *app);

/** Add what was found to the object of --json. */
void mr_study_json(const struct mr_softhebb_app *app, json_t *object);

/** Draw what was found beside the figure app->plot. */
int mr_study_plot(const struct mr_softhebb_app *app, struct mr_errtext *err);

/** Release. */
void mr_study_free(struct mr_study *study);

#endif
