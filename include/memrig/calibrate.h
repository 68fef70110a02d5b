/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Calibration of a board's current meter against reference resistors: cells
 * whose conductance is known. What it reports, i, of a current i_true is taken as
 *
 *     i = offset + gain * i_true
 *
 * fitted over several references at several read voltages by weighted least
 * squares (gsl_fit_wlinear), and, with five references or more, a table of what
 * is left over at each level (integral nonlinearity), which is applied where the
 * line alone does not explain the data (chi^2 test, 1 %).
 *
 * A calibration belongs to one board: driver, identity and shape. It is a text
 * file; opened with the URI key calibration=FILE, an array reads through it:
 *
 * - reads, traces and drives are corrected, and since a program that the board
 *   runs itself would verify with readings that are not, programs are composed
 *   of pulses and corrected reads;
 * - the filter stands next to the board, inside faults and guard, so that the
 *   guard judges cells by what is true; limits are not touched by it;
 * - what is over range or left out stays as it is: nothing is known of it;
 * - observers see the corrected result, and the raw one in mr_event.raw, which
 *   the op log keeps as data rows raw_g_S and raw_i_A;
 * - the description says so (field `calibration`), the op log repeats it as
 *   metadata, and an array that says so takes no second calibration: playback of
 *   a corrected run gives what was corrected.
 */
#ifndef MEMRIG_CALIBRATE_H
#define MEMRIG_CALIBRATE_H

#include <stdint.h>
#include <stdio.h>

#include "memrig/array.h"

#define MR_CALIBRATION_LEVELS_MAX 256
#define MR_CALIBRATION_VOLTAGES_MAX 16
#define MR_CALIBRATION_INL_REFERENCES 5 /**< least number for a table */

/** What is left over of one level when the line is taken out. */
struct mr_calibration_level {
	double raw_A;      /**< as the board reports it */
	double residual_A; /**< (raw - offset) / gain - true */
	double se_A;       /**< its standard error */
};

/** A calibration; plain data. */
struct mr_calibration {
	char id[17];            /**< hexadecimal, follows from all the rest */
	int64_t made_wall_ns;   /**< when */
	char driver[16];        /**< the board: as described, .. */
	char identity[128];     /**< .. what is not plain ASCII as '?' */
	uint64_t board;         /**< FNV-1a of driver, identity and shape */
	uint32_t rows;
	uint32_t cols;
	double gain;            /**< > 0 */
	double gain_se;         /**< standard error */
	double offset_A;
	double offset_se_A;
	double covariance_A;    /**< of gain and offset */
	double chi2;            /**< of the line; NAN = errors of points unknown */
	uint32_t dof;           /**< degrees of freedom */
	uint32_t n_references;
	uint32_t n_points;
	double least_A;         /**< true currents that were measured */
	double greatest_A;
	bool inl_applies;       /**< the line alone does not explain the data */
	uint32_t n_levels;      /**< 0 = no table */
	struct mr_calibration_level levels[MR_CALIBRATION_LEVELS_MAX];
};

/** What was measured of one reference at one voltage. */
struct mr_calibration_point {
	uint32_t cell;
	double g_S;  /**< true conductance */
	double v_V;  /**< read voltage */
	double i_A;  /**< mean of what was reported */
	double se_A; /**< standard error of the mean; 0 = no scatter was seen */
	uint32_t n;  /**< readings */
};

/** A cell whose resistance is known. */
struct mr_calibration_reference {
	uint32_t cell;
	double r_Ohm; /**< > 0 */
};

/** How to measure. All-zero = defaults. */
struct mr_calibration_plan {
	size_t n_references;    /**< >= 2, of different resistance or read at
	                             different voltages */
	const struct mr_calibration_reference *references;
	size_t n_voltages;      /**< 0 = four, at 1/4 to 1 of the described one */
	const double *v_V;      /**< read voltages */
	uint32_t averages;      /**< readings that the board averages; 0 = 1 */
	uint32_t repeats;       /**< such readings per point, >= 2; 0 = 64 */
};

/**
 * Measure references through reads. Readings over range are no error here: the
 * point is left out.
 *
 * @param array    the board, without a calibration.
 * @param plan     what to measure.
 * @param context  stop, deadline, progress; NULL = none.
 * @param out      [n_references * number of voltages] receives the points.
 * @param n        receives how many there are.
 * @param n_over   receives how many were left out; or NULL.
 * @param err      explains a failure; or NULL.
 * @return MR_OK; MR_ERR_USAGE for a wrong plan, or an array that is calibrated
 *         already; MR_ERR_RANGE for a cell or a voltage outside the array's;
 *         what mr_array_submit() says; MR_ERR_NOMEM.
 */
MR_API int mr_calibration_measure(struct mr_array *array,
                                  const struct mr_calibration_plan *plan,
                                  const struct mr_context *context,
                                  struct mr_calibration_point *out, size_t *n,
                                  size_t *n_over, struct mr_errtext *err);

/**
 * Fit a calibration. Points without scatter get the least one that was seen
 * elsewhere; if none was seen, all weigh the same and the standard errors come
 * from what is left over. Standard errors are widened by sqrt(chi^2 / dof) where
 * that is above 1.
 *
 * @param points   [n] from mr_calibration_measure().
 * @param n        how many, >= 3.
 * @param desc     the board.
 * @param wall_ns  when.
 * @param out      filled in.
 * @param err      says what is missing.
 * @return MR_OK; MR_ERR_USAGE for too few points; MR_ERR_RANGE if they do not
 *         determine a line, its gain is not above 0, or the table is not
 *         monotone: nothing that could be applied.
 */
MR_API int mr_calibration_fit(const struct mr_calibration_point *points,
                              size_t n, const struct mr_description *desc,
                              int64_t wall_ns, struct mr_calibration *out,
                              struct mr_errtext *err);

/**
 * Complete a calibration and check that it can be applied.
 *
 * @param calibration  its number is made.
 * @param desc         the board whose it becomes; NULL = it stays whose it is.
 * @param err          says what is wrong.
 * @return MR_OK; MR_ERR_RANGE for a gain that is not above 0, or a table that is
 *         not monotone.
 */
MR_API int mr_calibration_settle(struct mr_calibration *calibration,
                                 const struct mr_description *desc,
                                 struct mr_errtext *err);

/**
 * The true current.
 *
 * @param calibration  as fitted or read.
 * @param raw_A        as the board reports it.
 * @return A.
 */
MR_API double mr_calibration_correct(const struct mr_calibration *calibration,
                                     double raw_A);

/**
 * Standard error of a corrected current, as far as gain and offset are its
 * cause; noise of the reading comes on top.
 *
 * @param calibration  as fitted or read.
 * @param raw_A        as the board reports it.
 * @return A.
 */
MR_API double mr_calibration_error(const struct mr_calibration *calibration,
                                   double raw_A);

/**
 * Whether a calibration is of this board.
 *
 * @param calibration  as fitted or read.
 * @param desc         the board.
 * @param err          names both.
 * @return MR_OK; MR_ERR_MISMATCH.
 */
MR_API int mr_calibration_check(const struct mr_calibration *calibration,
                                const struct mr_description *desc,
                                struct mr_errtext *err);

/**
 * Write a calibration as text.
 *
 * @param calibration  as fitted.
 * @param to           the stream; look at ferror() afterwards.
 */
MR_API void mr_calibration_write(const struct mr_calibration *calibration,
                                 FILE *to);

/**
 * Read a calibration.
 *
 * @param path  the file.
 * @param out   filled in.
 * @param err   names file, line and entry, and what would be right.
 * @return MR_OK; MR_ERR_MISSING; MR_ERR_IO; MR_ERR_FORMAT for what is wrong,
 *         missing or twice; MR_ERR_RANGE for a gain that is not above 0, or a
 *         table that is not monotone.
 */
MR_API int mr_calibration_read(const char *path, struct mr_calibration *out,
                               struct mr_errtext *err);

/**
 * Name of a board's file: driver and the hash of its identity, such as
 * "scpi-0123456789abcdef.ini".
 *
 * @param desc  the board.
 * @param out   [size] receives it.
 * @param size  at least 64.
 */
MR_API void mr_calibration_name(const struct mr_description *desc, char *out,
                                size_t size);

/**
 * Number and date of a calibration, such as "0123456789abcdef 2026-01-31".
 *
 * @param calibration  as fitted or read.
 * @param out          [size] receives it.
 * @param size         at least 48.
 */
MR_API void mr_calibration_label(const struct mr_calibration *calibration,
                                 char *out, size_t size);

#endif
