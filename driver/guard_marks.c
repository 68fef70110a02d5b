/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Cells that cannot be right: a reading that is no number or beyond what is
 * plausible, or that pulses do not move. A mark stays until the array is closed.
 */
#include "guard.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool watches(const struct mr__guard *g)
{
	return isfinite(g->marks.lo_S) || isfinite(g->marks.hi_S) ||
	       g->marks.stuck != UINT64_MAX;
}

static int take_answer(struct mr__guard *g, struct mr_uri *uri,
                       struct mr_errtext *err)
{
	const char *answer = mr_uri_take(uri, "guard.bad");

	if (!answer || strcmp(answer, "mark") == 0)
		return MR_OK;
	if (strcmp(answer, "refuse") != 0)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "guard.bad=%.40s: must be mark (the default) "
		                      "or refuse",
		                      answer);
	g->marks.refuses = true;
	if (watches(g))
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "guard.bad=refuse: nothing says which cells are bad; "
	                      "give guard.g_lo_S, guard.g_hi_S or guard.stuck, too");
}

int mr__guard_marks_open(struct mr__guard *g, struct mr_uri *uri,
                         struct mr_errtext *err)
{
	size_t n = (size_t)g->desc.rows * g->desc.cols;
	int rc = take_answer(g, uri, err);

	if (!rc && g->marks.lo_S > g->marks.hi_S)
		rc = mr_errtext_set(err, MR_ERR_USAGE,
		                    "guard.g_lo_S=%g is greater than "
		                    "guard.g_hi_S=%g",
		                    g->marks.lo_S, g->marks.hi_S);
	if (rc || !watches(g))
		return rc;
	g->marks.cells = calloc(n, sizeof *g->marks.cells);
	if (!g->marks.cells)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < n; i++)
		g->marks.cells[i].g_S = NAN;
	return MR_OK;
}

void mr__guard_marks_free(struct mr__guard *g)
{
	free(g->marks.cells);
	g->marks.cells = NULL;
}

bool mr__guard_is_bad(const struct mr__guard *g, uint32_t cell)
{
	return g->marks.cells && g->marks.cells[cell].bad;
}

static bool changes(const struct mr_op *op)
{
	return op->kind == MR_OP_PULSE || op->kind == MR_OP_PROGRAM ||
	       op->kind == MR_OP_TRACE;
}

int mr__guard_check_marks(const struct mr__guard *g, const struct mr_op *op,
                          struct mr_errtext *err)
{
	uint64_t n = g->marks.refuses && changes(op)
	                     ? mr_selection_count(&op->where, &g->desc)
	                     : 0;

	for (uint64_t i = 0; i < n; i++) {
		uint32_t cell = mr_selection_cell(&op->where, &g->desc, i);

		if (mr__guard_is_bad(g, cell))
			return mr_errtext_set(
				err, MR_ERR_REFUSED,
				"guard: cell (%u, %u) is marked bad: it %s, last "
				"%g S (guard.bad=refuse)",
				cell / g->desc.cols, cell % g->desc.cols,
				g->marks.cells[cell].is_stuck
					? "was not moved by pulses"
					: "read what is not plausible",
				(double)g->marks.cells[cell].g_S);
	}
	return MR_OK;
}

static void look_at(struct mr__guard *g, struct mr__mark *m, float g_S)
{
	bool wild = !isfinite(g_S) || !((double)g_S >= g->marks.lo_S) ||
	            !((double)g_S <= g->marks.hi_S);
	bool moved = fabs((double)g_S - (double)m->g_S) > g->marks.moved_S;

	if (wild || (m->pulses >= g->marks.stuck && isfinite(m->g_S) && !moved)) {
		m->is_stuck = m->bad ? m->is_stuck : !wild;
		m->bad = true;
	}
	if (m->pulses && isfinite(m->g_S) && !moved)
		return; /* further pulses add up */
	m->g_S = g_S;
	m->pulses = 0;
}

/* Values of cells that were read, and pulses that should have moved them. */
static void learn(struct mr__guard *g, struct mr_op *op, struct mr__mark *m,
                  uint64_t i)
{
	const struct mr_pulse_op *pu = &op->pulse;

	if (op->kind == MR_OP_READ)
		look_at(g, m, op->read.g_S[i]);
	if (op->kind == MR_OP_PULSE &&
	    !(pu->status && pu->status[i] & MR_STATUS_SATURATED))
		m->pulses += pu->counts ? pu->counts[i] : pu->count ? pu->count : 1;
	for (uint32_t k = 0; op->kind == MR_OP_TRACE && k < op->trace.n_levels;
	     k++)
		m->pulses += mr__guard_programs(g, &op->trace, k);
	/* it ends in a verify: how far it moved before is not known */
	if (op->kind == MR_OP_PROGRAM && op->program.g_S) {
		m->pulses = 0;
		look_at(g, m, op->program.g_S[i]);
	}
}

void mr__guard_marks_learn(struct mr__guard *g, struct mr_op *op, uint64_t n_done)
{
	uint8_t *status = op->kind == MR_OP_READ      ? op->read.status
	                  : op->kind == MR_OP_PULSE   ? op->pulse.status
	                  : op->kind == MR_OP_PROGRAM ? op->program.status
	                                              : NULL;

	if (!g->marks.cells || (op->kind != MR_OP_READ && !changes(op)))
		return;
	for (uint64_t i = 0; i < n_done; i++) {
		struct mr__mark *m = &g->marks.cells[mr_selection_cell(
			&op->where, &g->desc, i)];

		learn(g, op, m, i);
		if (!m->bad)
			continue;
		op->outcome.status |= MR_STATUS_SUSPECT;
		if (status)
			status[i] |= MR_STATUS_SUSPECT;
	}
}
