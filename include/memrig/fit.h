/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Fits: from what was seen of cells to the parameters of a cell model, with
 * standard errors. Each family of models brings its own estimators in one file
 * (calibration/fits.c lists them); a history is all that they see.
 *
 * An estimate that the data do not carry is no estimate: its parameter keeps
 * the model's default, is marked, and the file says so.
 */
#ifndef MEMRIG_FIT_H
#define MEMRIG_FIT_H

#include "memrig/history.h"
#include "memrig/model.h"

/** What became of a parameter. */
enum mr_estimate_state {
	MR_ESTIMATE_FITTED = 0,      /**< value and se are from the data */
	MR_ESTIMATE_DESCRIBED = 1,   /**< said by the array itself, such as its
	                                  pulses and read voltage; no se */
	MR_ESTIMATE_ASSUMED = 2,     /**< the model's default: no measurement of
	                                  these data speaks of it */
	MR_ESTIMATE_UNDETERMINED = 3 /**< measured, but the data cannot tell it
	                                  from others: the default is kept */
};

/** A parameter of the model. */
struct mr_estimate {
	uint32_t param;     /**< index in the model's parameters */
	enum mr_estimate_state state;
	double value;       /**< in the parameter's unit */
	double se;          /**< standard error; NAN where there is none */
	uint32_t n_cells;   /**< cells that it rests on */
	uint64_t n_points;  /**< readings that it rests on */
	const char *how;    /**< method, static text; "" */
};

/** Numbers behind an estimate, for figures and queries: a table. */
struct mr_fit_table {
	const char *name;           /**< such as "drift"; static */
	uint32_t n_cols;
	const char *const *columns; /**< [n_cols] names with units; static */
	size_t n_rows;
	double *values;             /**< [n_rows*n_cols]; NAN = none */
};

#define MR_FIT_TABLES_MAX 16
#define MR_FIT_WARNINGS_MAX 24

/** How well a model foretells readings that it was not fitted to. */
struct mr_fit_choice {
	const char *model; /**< static */
	double score;      /**< mean log density of a reading, nat; NAN = the model
	                        does not suit the data, or failed */
	double se;         /**< of its difference from the best one's */
	char why[160];     /**< why there is no score; "" */
};

#define MR_FIT_CHOICES_MAX 12

/** A fit; read-only. */
struct mr_fit {
	const struct mr_model *model;
	char noise[12];     /**< kind of read noise, as of the URI key "noise" */
	uint32_t n_estimates;
	struct mr_estimate estimates[MR_PARAMS_MAX]; /**< one per parameter */
	double *correlation; /**< [n_estimates*n_estimates]; NAN = not estimated
	                          together; 1 on the diagonal */
	uint32_t n_choices;
	struct mr_fit_choice choices[MR_FIT_CHOICES_MAX]; /**< best first */
	uint32_t n_tables;
	struct mr_fit_table tables[MR_FIT_TABLES_MAX];
	uint32_t n_warnings;
	char warnings[MR_FIT_WARNINGS_MAX][200];
};

/** How to fit. All-zero = choose the model, all cells. */
struct mr_fit_options {
	const char *model;  /**< its name; NULL = choose by cross-validation */
	uint32_t cells_max; /**< cells that may be used, evenly spread; 0 = all:
	                         estimators that take long choose among them */
	uint32_t threads;   /**< that likelihoods of many cells are shared out to;
	                         0 = 1. The result does not depend on it */
};

/**
 * Fit a model.
 *
 * @param history  what was seen.
 * @param options  NULL = defaults.
 * @param out      receives the fit; release it with mr_fit_free().
 * @param err      says what is missing or did not converge; or NULL.
 * @return MR_OK; MR_ERR_USAGE for a model that has no fit; MR_ERR_UNSUPPORTED
 *         if the history does not hold what the model needs (named), or no
 *         model suits; MR_ERR_RANGE if the fit did not converge;
 *         MR_ERR_STOPPED; MR_ERR_NOMEM.
 */
MR_API int mr_fit_history(const struct mr_history *history,
                          const struct mr_fit_options *options,
                          struct mr_fit **out, struct mr_errtext *err);

/**
 * Models that can be fitted.
 *
 * @param n  receives how many; or NULL.
 * @return static names.
 */
MR_API const char *const *mr_fit_models(size_t *n);

/**
 * Write a fit as a parameter file (mr_model_load()) that "emu:FILE" runs: value,
 * unit, standard error, cells, readings and method of each parameter, and where
 * they come from. A model with a table has it beside the file, under its name
 * with ".csv" for ".ini". The files appear whole or not at all.
 *
 * @param fit      the fit.
 * @param history  what it was made from: provenance.
 * @param log      path of the log, named in the file.
 * @param path     the file; overwritten.
 * @param err      explains a failure; or NULL.
 * @return MR_OK; MR_ERR_IO; MR_ERR_NOMEM.
 */
MR_API int mr_fit_save(const struct mr_fit *fit, const struct mr_history *history,
                       const char *log, const char *path,
                       struct mr_errtext *err);

/**
 * A fit's estimate by the name of its parameter.
 *
 * @param fit   the fit.
 * @param name  of the parameter.
 * @return the record inside `fit`, or NULL.
 */
MR_API const struct mr_estimate *mr_fit_find(const struct mr_fit *fit,
                                             const char *name);

/**
 * Release a fit.
 *
 * @param fit  NULL is allowed.
 */
MR_API void mr_fit_free(struct mr_fit *fit);

#endif
