/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Accuracy against the number of cells per weight. */
#ifndef MR_SOFTHEBB_CELLS_H
#define MR_SOFTHEBB_CELLS_H

#include "app.h"

/**
 * Read --cells-per-weight: a number, or a list for a curve.
 *
 * @param app  its preset's number is the default; cells and n_cells are set.
 * @return MR_OK; MR_ERR_USAGE, MR_ERR_RANGE after telling the user.
 */
int mr_cells_take(struct mr_softhebb_app *app);

/**
 * What tells runs apart where there is a curve.
 *
 * @param app      the app.
 * @param n_cells  of a run.
 * @param text     receives the text.
 * @return text: ", 4 cells"; "" without a curve or in floating point.
 */
const char *mr_cells_text(const struct mr_softhebb_app *app, uint32_t n_cells,
                          char text[24]);

/** Print the curve, if there is one. */
void mr_cells_print(const struct mr_softhebb_app *app);

/** The numbers for JSON: one, or a list. */
json_t *mr_cells_json(const struct mr_softhebb_app *app);

/** Write the figure's data: $cells (cells, labels, soft vote), $cells_mean
 * (likewise, means) and $cells_float (first and last number of cells, means in
 * floating point). */
void mr_cells_put(const struct mr_softhebb_app *app, FILE *to);

#endif
