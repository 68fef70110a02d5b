/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Accuracy of a moved network against time, drawn. */
#ifndef MR_SOFTHEBB_TRANSFER_PLOT_H
#define MR_SOFTHEBB_TRANSFER_PLOT_H

#include "transfer.h"

/**
 * Draw a table: a panel for each kind of array.
 *
 * @param plan   what was done; at least one array.
 * @param table  what came of it.
 * @param path   the figure, .png or .svg.
 * @param err    explains a failure.
 * @return MR_OK; as mr_figure_begin() and mr_figure_end().
 */
int mr_transfer_plot(const struct mr_transfer_plan *plan,
                     const struct mr_transfer_table *table, const char *path,
                     struct mr_errtext *err);

#endif
