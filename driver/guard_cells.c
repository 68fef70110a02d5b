/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What each cell has been through: its own programming pulses, and those of
 * others that it felt half-selected beyond what does not disturb. A pulse on
 * (r, c) is felt by its whole row, its whole column, or all: one count per line
 * is kept, and the cell's own share is taken out when somebody asks.
 */
#include "guard.h"

#include <math.h>
#include <stdlib.h>

/* One pulse is felt by these. */
enum felt { FELT_ROW = 1, FELT_COL = 2, FELT_OTHER = 4 };

/* Whether anything that may be applied is felt at all. */
static bool can_disturb(const struct mr__guard *g)
{
	return g->desc.n_schemes > 0 &&
	       mr__guard_worst(g) * g->desc.limits.v_pulse_max_V >
	               g->disturb_from_V;
}

int mr__guard_cells_open(struct mr__guard *g, struct mr_errtext *err)
{
	struct mr__guard_cells *c = &g->cells;
	size_t rows = g->desc.rows, cols = g->desc.cols;

	if (!can_disturb(g) && g->cell_pulses_max == UINT64_MAX &&
	    g->exposures_max == UINT64_MAX)
		return MR_OK;
	c->own = calloc(rows * cols, sizeof *c->own);
	c->own_row = calloc(rows * cols, sizeof *c->own_row);
	c->own_col = calloc(rows * cols, sizeof *c->own_col);
	c->own_other = calloc(rows * cols, sizeof *c->own_other);
	c->row = calloc(rows, sizeof *c->row);
	c->col = calloc(cols, sizeof *c->col);
	c->other_row = calloc(rows, sizeof *c->other_row);
	c->other_col = calloc(cols, sizeof *c->other_col);
	if (c->own && c->own_row && c->own_col && c->own_other && c->row &&
	    c->col && c->other_row && c->other_col)
		return MR_OK;
	mr__guard_cells_free(g);
	return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
}

void mr__guard_cells_free(struct mr__guard *g)
{
	struct mr__guard_cells *c = &g->cells;

	free(c->own);
	free(c->own_row);
	free(c->own_col);
	free(c->own_other);
	free(c->row);
	free(c->col);
	free(c->other_row);
	free(c->other_col);
	*c = (struct mr__guard_cells){.own = NULL};
}

static unsigned felt_at(const struct mr__guard *g, double v)
{
	double from_V = g->disturb_from_V;

	return (g->bias.row * fabs(v) > from_V ? FELT_ROW : 0u) |
	       (g->bias.col * fabs(v) > from_V ? FELT_COL : 0u) |
	       (g->bias.other * fabs(v) > from_V ? FELT_OTHER : 0u);
}

static void count(struct mr__guard *g, uint32_t cell, uint64_t n, double v_V)
{
	struct mr__guard_cells *c = &g->cells;
	uint32_t row = cell / g->desc.cols, col = cell % g->desc.cols;
	unsigned felt = felt_at(g, v_V);

	c->own[cell] += n;
	if (felt & FELT_ROW) {
		c->row[row] += n;
		c->own_row[cell] += n;
	}
	if (felt & FELT_COL) {
		c->col[col] += n;
		c->own_col[cell] += n;
	}
	if (felt & FELT_OTHER) {
		c->others += n;
		c->other_row[row] += n;
		c->other_col[col] += n;
		c->own_other[cell] += n;
	}
}

static uint64_t felt_by(const struct mr__guard *g, uint32_t cell)
{
	const struct mr__guard_cells *c = &g->cells;
	uint32_t row = cell / g->desc.cols, col = cell % g->desc.cols;

	return c->row[row] - c->own_row[cell] + c->col[col] -
	       c->own_col[cell] + c->others - c->other_row[row] -
	       c->other_col[col] + c->own_other[cell];
}

int mr__guard_exposure(const struct mr__guard *g, uint32_t cell,
                       struct mr_exposure *out)
{
	if (!g->cells.own && !g->marks.cells)
		return MR_ERR_UNSUPPORTED;
	*out = (struct mr_exposure){.bad = mr__guard_is_bad(g, cell)};
	if (!g->cells.own)
		return MR_OK;
	out->pulses = g->cells.own[cell];
	out->half_selected = felt_by(g, cell);
	return MR_OK;
}

/* ---- operations -------------------------------------------------------------- */

static bool changes(const struct mr_op *op)
{
	return op->kind == MR_OP_PULSE || op->kind == MR_OP_PROGRAM ||
	       op->kind == MR_OP_TRACE;
}

/* Pulses on element i: of a program that was done, those that it spent. */
static uint64_t pulses_on(const struct mr__guard *g, const struct mr_op *op,
                          uint64_t i, bool done)
{
	uint64_t n = 0;

	if (op->kind == MR_OP_PULSE)
		return op->pulse.counts ? op->pulse.counts[i]
		       : op->pulse.count ? op->pulse.count
		                         : 1;
	if (op->kind == MR_OP_PROGRAM)
		return done && op->program.pulses ? op->program.pulses[i]
		                                  : op->program.budget;
	for (uint32_t k = 0; k < op->trace.n_levels; k++)
		n += mr__guard_programs(g, &op->trace, k);
	return n;
}

static double volts_on(const struct mr__guard *g, const struct mr_op *op,
                       uint64_t i)
{
	if (op->kind == MR_OP_PULSE && op->pulse.amplitudes &&
	    op->pulse.unit == MR_UNIT_VOLT)
		return (double)op->pulse.amplitudes[i];
	/* what the array's own program applies it keeps to itself */
	return op->kind == MR_OP_PROGRAM ? g->desc.limits.v_pulse_max_V
	                                 : mr__guard_peak_V(g, op);
}

/* Add the first n elements, or take them away. */
static void tally(struct mr__guard *g, const struct mr_op *op, uint64_t n,
                  bool done, bool away)
{
	for (uint64_t i = 0; i < n; i++) {
		uint64_t pulses = pulses_on(g, op, i, done);

		count(g, mr_selection_cell(&op->where, &g->desc, i),
		      away ? 0 - pulses : pulses, volts_on(g, op, i));
	}
}

static int over(const char *what, const struct mr__guard *g, uint32_t cell,
                uint64_t n, uint64_t max, const char *key,
                struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_REFUSED,
	                      "guard: cell (%u, %u) would come to %llu %s, over "
	                      "the limit of %llu (%s)",
	                      cell / g->desc.cols, cell % g->desc.cols,
	                      (unsigned long long)n, what,
	                      (unsigned long long)max, key);
}

static int check_own(const struct mr__guard *g, const struct mr_op *op,
                     uint64_t n, struct mr_errtext *err)
{
	for (uint64_t i = 0; i < n && g->cell_pulses_max != UINT64_MAX; i++) {
		uint32_t cell = mr_selection_cell(&op->where, &g->desc, i);

		if (g->cells.own[cell] > g->cell_pulses_max)
			return over("pulses", g, cell, g->cells.own[cell],
			            g->cell_pulses_max, "guard.cell_pulses", err);
	}
	return MR_OK;
}

static int check_felt(const struct mr__guard *g, struct mr_errtext *err)
{
	uint32_t n = g->desc.rows * g->desc.cols;

	for (uint32_t cell = 0; cell < n && g->exposures_max != UINT64_MAX;
	     cell++) {
		uint64_t felt = felt_by(g, cell);

		if (felt > g->exposures_max)
			return over("exposures to half-select voltages", g, cell,
			            felt, g->exposures_max, "guard.exposures",
			            err);
	}
	return MR_OK;
}

int mr__guard_cells_reserve(struct mr__guard *g, const struct mr_op *op,
                            struct mr_errtext *err)
{
	uint64_t n;
	int rc;

	if (!g->cells.own || !changes(op))
		return MR_OK;
	n = mr_selection_count(&op->where, &g->desc);
	tally(g, op, n, false, false);
	rc = check_own(g, op, n, err);
	if (!rc)
		rc = check_felt(g, err);
	if (rc)
		tally(g, op, n, false, true);
	return rc;
}

void mr__guard_cells_settle(struct mr__guard *g, const struct mr_op *op,
                            uint64_t n_done)
{
	if (!g->cells.own || !changes(op))
		return;
	tally(g, op, mr_selection_count(&op->where, &g->desc), false, true);
	tally(g, op, n_done, true, false);
}
