/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What the figures of a report draw alike: groups as data of a script, and
 * bands of percentiles. */
#ifndef MR_APPS_REPORT_PANELS_H
#define MR_APPS_REPORT_PANELS_H

#include <stdio.h>

#include "groups.h"

/**
 * Write groups as a block of data "$NAME": key, mean, percentiles 5, 25, 50, 75
 * and 95, number of values (columns 1 to 8; the median is column 5).
 *
 * @param to     the script.
 * @param name   of the block.
 * @param g      groups in order.
 * @param least  values that a group must have to be written.
 */
void mr_panel_groups(FILE *to, const char *name, const struct mr_groups *g,
                     size_t least);

/**
 * Write the two bands of such a block, 5 to 95 and 25 to 75 %, as elements of a
 * plot command, separated by a comma.
 *
 * @param to      the script.
 * @param name    of the block.
 * @param colour  such as MR_FIGURE_BLUE.
 */
void mr_panel_bands(FILE *to, const char *name, const char *colour);

/**
 * The n-th of some colours that differ for everybody, from dark to light.
 *
 * @param n  any.
 * @return such as "#0072B2".
 */
const char *mr_panel_colour(size_t n);

/**
 * The k-th of n colours in order, dark to light, for what has an order itself.
 *
 * @param k  0 .. n - 1.
 * @param n  how many; above 7 neighbours look alike.
 * @return such as "#0072B2".
 */
const char *mr_panel_ramp(size_t k, size_t n);

#endif
