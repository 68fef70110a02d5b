/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Which cells work: those that switch between a bottom and a top like most. */
#ifndef MR_APPS_REPORT_YIELD_H
#define MR_APPS_REPORT_YIELD_H

#include "report.h"

/** A cell that moves by less than this part of the median window is stuck. */
#define MR_YIELD_STUCK 0.2
/** An outlier is so many robust standard deviations from the median, and more
 * than that part of the window. */
#define MR_YIELD_FAR 5.0

/** What a cell is. */
enum mr_yield_class {
	MR_YIELD_WORKS = 0,
	MR_YIELD_STUCK_LOW,  /**< does not switch, nearer to the bottom */
	MR_YIELD_STUCK_HIGH, /**< does not switch, nearer to the top */
	MR_YIELD_OUTLIER,    /**< switches, but ends far from where others do */
	MR_YIELD_UNREAD,     /**< no reading at one of its ends */
	MR_YIELD_CLASSES
};

/** All cells, from the runs of protocol "map". */
struct mr_yield {
	double *low_S;  /**< [n_cells] median reading at the bottom; NAN = none */
	double *high_S; /**< [n_cells] at the top */
	enum mr_yield_class *of; /**< [n_cells] */
	uint32_t n[MR_YIELD_CLASSES];
	double low_median_S;
	double high_median_S;
	double low_sd_S;  /**< robust: 1.4826 times the median deviation */
	double high_sd_S;
	bool switched;    /**< false: cells were only read, and only unread ones
	                       are told from others */
};

/**
 * Judge all cells.
 *
 * @param r    the report.
 * @param out  filled in; release with mr_yield_free().
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_yield_take(const struct mr_report *r, struct mr_yield *out);

/**
 * Release.
 *
 * @param y  all-zero is allowed.
 */
void mr_yield_free(struct mr_yield *y);

#endif
