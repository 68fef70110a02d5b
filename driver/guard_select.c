/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What cells beside the selected one see. Lines are biased by the scheme that
 * holds: of amplitude A, the cell on the selected lines sees |rs - cs| A, those on
 * its row |rs - co| A, those on its column |ro - cs| A and all others |ro - co| A.
 */
#include "guard.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A line that floats may lie anywhere between the others; behind a transistor
 * that is off it carries nothing. */
static double seen(const struct mr_scheme *s, double row, double col)
{
	if (isfinite(row) && isfinite(col))
		return fabs(row - col);
	return strcmp(s->name, "1t1r") == 0
	               ? 0
	               : fabs(s->row_selected - s->col_selected);
}

void mr__guard_take_scheme(struct mr__guard *g, const char *name)
{
	const struct mr_description *d = &g->desc;
	const struct mr_scheme *s = NULL;

	for (uint32_t i = 0; i < d->n_schemes; i++)
		if (!s || (name && strcmp(d->schemes[i].name, name) == 0))
			s = &d->schemes[i];
	g->bias = (struct mr__bias){.name = ""};
	if (!s)
		return;
	(void)snprintf(g->bias.name, sizeof g->bias.name, "%s", s->name);
	g->bias.row = seen(s, s->row_selected, s->col_other);
	g->bias.col = seen(s, s->row_other, s->col_selected);
	g->bias.other = seen(s, s->row_other, s->col_other);
}

const char *mr__guard_scheme(const struct mr_description *d)
{
	for (uint32_t i = 0; i < d->n_conditions; i++)
		if (strcmp(d->conditions[i].name, "scheme") == 0)
			return d->conditions[i].value;
	return NULL;
}

double mr__guard_worst(const struct mr__guard *g)
{
	const struct mr_description *d = &g->desc;
	double worst = 0;

	if ((uint64_t)d->rows * d->cols > 1)
		worst = g->bias.other;
	if (d->cols > 1)
		worst = fmax(worst, g->bias.row);
	if (d->rows > 1)
		worst = fmax(worst, g->bias.col);
	return worst;
}

/* ---- greatest voltages of an operation -------------------------------------------- */

double mr__guard_peak_V(const struct mr__guard *g, const struct mr_op *op)
{
	double peak_V = 0;

	if (op->kind == MR_OP_READ)
		return fabs(op->read.v_read_V);
	if (op->kind == MR_OP_PULSE && op->pulse.unit == MR_UNIT_VOLT) {
		uint64_t n = op->pulse.amplitudes
		                     ? mr_selection_count(&op->where, &g->desc)
		                     : 0;

		peak_V = op->pulse.amplitudes ? 0 : fabs(op->pulse.amplitude);
		for (uint64_t i = 0; i < n; i++)
			peak_V = fmax(peak_V,
			              fabs((double)op->pulse.amplitudes[i]));
	}
	for (uint32_t k = 0; op->kind == MR_OP_TRACE &&
	                     op->trace.unit == MR_UNIT_VOLT &&
	                     k < op->trace.n_levels;
	     k++)
		peak_V = fmax(peak_V, fabs((double)op->trace.level[k]));
	return peak_V;
}

int mr__guard_check_disturb(const struct mr__guard *g, const struct mr_op *op,
                            struct mr_errtext *err)
{
	double peak_V, worst_V;

	if (!isfinite(g->disturb_V))
		return MR_OK;
	peak_V = mr__guard_peak_V(g, op);
	worst_V = mr__guard_worst(g) * peak_V;
	if (mr__guard_within(worst_V, g->disturb_V))
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_REFUSED,
	                      "guard: at %g V, scheme %s puts %g V on cells that "
	                      "are not selected, over the limit of %g V "
	                      "(guard.disturb_V)",
	                      peak_V, g->bias.name, worst_V, g->disturb_V);
}
