/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Levels: cells that were brought to the same place and then read again and
 * again. A level is a number of steps from the bottom, or a target. */
#ifndef MR_APPS_REPORT_LEVELS_H
#define MR_APPS_REPORT_LEVELS_H

#include "groups.h"
#include "report.h"

#define MR_LEVELS_TOLD 64  /**< more are not told apart */
#define MR_LEVELS_DRAWN 7  /**< of one figure */

/** One of them. */
struct mr_level {
	double key;                /**< steps, or target in S */
	struct mr_groups first_S;  /**< first readings (one group) */
	struct mr_groups ratio;    /**< reading over the cell's first, by the
	                                reading's index from 0 */
	struct mr_groups age_s;    /**< since programming, likewise */
};

/** All of a protocol, ascending by median first reading. */
struct mr_levels {
	struct mr_level at[MR_LEVELS_TOLD];
	size_t n;
	bool by_target;
	uint64_t n_spans;  /**< times that a cell was brought to a level */
	uint64_t n_reads;
	uint64_t n_beyond; /**< spans of levels beyond MR_LEVELS_TOLD */
	bool failed;       /**< out of memory */
};

/**
 * Take the levels of a protocol.
 *
 * @param r         the report.
 * @param protocol  its name.
 * @param out       all-zero; release with mr_levels_free().
 */
void mr_levels_take(const struct mr_report *r, const char *protocol,
                    struct mr_levels *out);

/**
 * Release.
 *
 * @param l  the levels.
 */
void mr_levels_free(struct mr_levels *l);

/**
 * Draw conductance relative to the first reading over time, a curve per level,
 * with the drift law through each.
 *
 * @param r        the report.
 * @param l        the levels.
 * @param caption  of the figure.
 */
void mr_levels_draw(struct mr_report *r, const struct mr_levels *l,
                    const struct mr_report_caption *caption);

#endif
