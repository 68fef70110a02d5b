/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What the estimators of all families share. A family is one file with one
 * struct mr__fit_family and one line in calibration/fits.c.
 */
#ifndef MR_CALIBRATION_FITS_H
#define MR_CALIBRATION_FITS_H

#include "memrig/fit.h"

struct mr__before; /**< noise and drift that several folds share */

/** What was seen of a cell's own drift exponent. */
struct mr__cell_nu {
	float nu; /**< NAN = nothing of its own */
	float sd; /**< how well it is told */
};

/** A fit at work. */
struct mr__fitting {
	const struct mr_history *history;
	const uint8_t *use; /**< [n_cells] nonzero: the cell may be used */
	struct mr_fit *fit; /**< where estimates, tables and warnings go */
	bool rough;         /**< no errors and tables wanted: a fold */
	struct mr__before *before; /**< of all folds: filled by the first that needs
	                                it; NULL = not shared */
	struct mr_errtext *err;
	uint32_t threads;   /**< for likelihoods; 0 = 1 */
	struct mr__cell_nu *cell_nu; /**< [n_cells] filled in with the drift if
	                                  exponents are the cells'; NULL = not
	                                  wanted */
};

/** A family of models: one model and its estimators. */
struct mr__fit_family {
	const char *model;
	bool of_targets; /**< scores readings after programming, not after
	                      pulses: it cannot be compared with those that do */

	/**
	 * Whether the history holds what the family needs at least.
	 * @param history  what was seen.
	 * @param err      says what is missing.
	 * @return MR_OK; MR_ERR_UNSUPPORTED.
	 */
	int (*suits)(const struct mr_history *history, struct mr_errtext *err);

	/**
	 * Estimate all parameters.
	 * @param f  the fit; its model is set, its estimates are the defaults
	 *           (MR_ESTIMATE_ASSUMED), those that the description states
	 *           are filled in.
	 * @return MR_OK; MR_ERR_UNSUPPORTED; MR_ERR_RANGE (no convergence);
	 *         MR_ERR_NOMEM.
	 */
	int (*estimate)(struct mr__fitting *f);

	/**
	 * Log density of readings of some cells, under a fit to others. All
	 * families that suit a history score the same readings.
	 * @param f         the fit; `use` names the cells to score.
	 * @param sum       receives the sum over readings.
	 * @param per_cell  [n_cells] receives the sum of each cell; cells
	 *                  without use are left alone.
	 * @param n         receives the number of readings.
	 * @return MR_OK; MR_ERR_NOMEM.
	 */
	int (*score)(const struct mr__fitting *f, double *sum, double *per_cell,
	             uint64_t *n);
};

/** Families, each in a file of its own. */
extern const struct mr__fit_family mr__fit_ideal;
extern const struct mr__fit_family mr__fit_pcm;
extern const struct mr__fit_family mr__fit_pcm_hermes1;
extern const struct mr__fit_family mr__fit_pcm_hermes2;
extern const struct mr__fit_family mr__fit_pcm_step;
extern const struct mr__fit_family mr__fit_pcm_table;
extern const struct mr__fit_family mr__fit_pcm_target;

/**
 * Set an estimate.
 * @param f      the fit.
 * @param name   of the parameter; must exist.
 * @param value  in its unit; kept within the parameter's limits, which a
 *               warning says.
 * @param se     standard error.
 * @param cells  it rests on.
 * @param points it rests on.
 * @param how    static text.
 */
void mr__fit_set(struct mr__fitting *f, const char *name, double value,
                 double se, uint32_t cells, uint64_t points, const char *how);

/**
 * Say that a parameter was measured and cannot be told.
 * @param f     the fit.
 * @param name  of the parameter.
 * @param how   static text: why.
 */
void mr__fit_undetermined(struct mr__fitting *f, const char *name,
                          const char *how);

/**
 * Set a parameter to what the array says of itself.
 * @param f      the fit.
 * @param name   of the parameter; nothing happens if the model has none.
 * @param value  in its unit; 0 = the array does not say.
 */
void mr__fit_describe(struct mr__fitting *f, const char *name, double value);

/**
 * Current value of a parameter.
 * @param f     the fit.
 * @param name  of the parameter; must exist.
 * @return its value.
 */
double mr__fit_value(const struct mr__fitting *f, const char *name);

/**
 * Keep the correlations of parameters that were estimated together.
 * @param f      the fit.
 * @param names  [n] parameters.
 * @param n      how many.
 * @param cov    [n*n] covariance.
 */
void mr__fit_correlate(struct mr__fitting *f, const char *const *names,
                       size_t n, const double *cov);

/**
 * Add a warning.
 * @param f    the fit.
 * @param fmt  printf format.
 */
void mr__fit_warn(struct mr__fitting *f, const char *fmt, ...)
	MR_PRINTF(2, 3);

/**
 * Add a table of numbers.
 * @param f        the fit.
 * @param name     static.
 * @param columns  [n_cols] static names.
 * @param n_cols   columns.
 * @param n_rows   rows.
 * @return [n_rows*n_cols] to be filled in; NULL = no memory, or too many.
 */
double *mr__fit_table(struct mr__fitting *f, const char *name,
                      const char *const *columns, uint32_t n_cols,
                      size_t n_rows);

#endif
