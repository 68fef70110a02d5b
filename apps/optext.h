/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Operations in words: their cells, parameters and status, for listings. */
#ifndef MR_APPS_OPTEXT_H
#define MR_APPS_OPTEXT_H

#include "cmd.h"

/**
 * Write which cells an operation names, such as "rows 0-3 cols 2" or
 * "cells 3,7-9"; nothing for wait and configure.
 *
 * @param to      where to.
 * @param op      the operation.
 * @param pieces  numbers and ranges of a list before it is cut with ".."; 0 =
 *                all of them.
 * @return how many characters were written.
 */
int mr_optext_cells(FILE *to, const struct mr_op *op, unsigned pieces);

/**
 * Write the parameters of an operation in short, such as
 * "90 uA, 50 ns, 3 pulses".
 *
 * @param to    where to.
 * @param op    the operation.
 * @param desc  gives the shape.
 */
void mr_optext_parameters(FILE *to, const struct mr_op *op,
                          const struct mr_description *desc);

/**
 * Names of status bits, joined by '|'.
 *
 * @param out     [64] receives the text; empty if none is set.
 * @param status  the bits.
 * @return out.
 */
const char *mr_optext_status(char *out, uint32_t status);

/**
 * Kind of a selection.
 *
 * @param kind  which.
 * @return "all", "rect", "list" or "outer".
 */
const char *mr_optext_selection(enum mr_selection_kind kind);

/**
 * What became of a recorded operation.
 *
 * @param record  the operation.
 * @return "ok", the name of its error, or "never ended".
 */
const char *mr_optext_outcome(const struct mr_oplog_record *record);

/**
 * Read a kind of operation.
 *
 * @param name  such as "read".
 * @param out   receives it.
 * @return MR_OK; MR_ERR_USAGE; says nothing.
 */
int mr_optext_kind(const char *name, enum mr_op_kind *out);

/**
 * Least and greatest of numbers.
 *
 * @param x    [n] numbers.
 * @param n    how many, >= 1.
 * @param min  receives the least.
 * @param max  receives the greatest.
 */
void mr_optext_span(const float *x, uint64_t n, double *min, double *max);

#endif
