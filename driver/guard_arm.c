/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Forming a cell cannot be undone, so it needs a word of its own: the condition
 * `arm` names one cell, and the next operation beyond the forming threshold may
 * be on that cell alone, within 10 s. The arm is used up by it, whatever comes
 * of it.
 */
#include "guard.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARMED_NS INT64_C(10000000000)

static const char name[] = "arm";

bool mr__guard_is_arm(const struct mr__guard *g, const struct mr_op *op)
{
	return isfinite(g->form_V) && op->kind == MR_OP_CONFIGURE &&
	       strcmp(op->configure.name, name) == 0;
}

int mr__guard_arm(struct mr__guard *g, struct mr_op *op, const struct mr_run *run)
{
	uint32_t n = g->desc.rows * g->desc.cols;
	char *end;
	long cell = strtol(op->configure.value, &end, 10);

	if (end == op->configure.value || *end || cell < -1 || cell >= (long)n)
		return mr_errtext_set(run->err, MR_ERR_RANGE,
		                      "guard: arm is a cell number, 0 to %u, or -1 "
		                      "for none",
		                      n - 1);
	g->armed = cell < 0 ? MR__UNARMED : (uint32_t)cell;
	g->armed_until_ns =
		run->clock->monotonic_ns(run->clock->self) + ARMED_NS;
	op->outcome.n_effect = 1;
	return MR_OK;
}

void mr__guard_describe_arm(const struct mr__guard *g, struct mr_description *d)
{
	struct mr_condition *c;

	if (!isfinite(g->form_V) || d->n_conditions == MR_CONDITIONS_MAX)
		return;
	c = &d->conditions[d->n_conditions++];
	*c = (struct mr_condition){.min = -1,
	                           .max = (double)d->rows * d->cols - 1};
	(void)snprintf(c->name, sizeof c->name, "%s", name);
	(void)snprintf(c->value, sizeof c->value, "%ld",
	               g->armed == MR__UNARMED ? -1L : (long)g->armed);
}

static bool forms(const struct mr__guard *g, const struct mr_op *op)
{
	if (op->kind == MR_OP_PROGRAM)
		return g->desc.limits.v_pulse_max_V > g->form_V;
	return (op->kind == MR_OP_PULSE || op->kind == MR_OP_TRACE) &&
	       !mr__guard_within(mr__guard_peak_V(g, op), g->form_V);
}

int mr__guard_check_forming(struct mr__guard *g, const struct mr_op *op,
                            const struct mr_run *run, struct mr_errtext *err)
{
	uint32_t armed = g->armed;
	bool late;

	if (!isfinite(g->form_V) || !forms(g, op))
		return MR_OK;
	late = run->clock->monotonic_ns(run->clock->self) > g->armed_until_ns;
	if (armed == MR__UNARMED || late)
		return mr_errtext_set(err, MR_ERR_REFUSED,
		                      "guard: over %g V a cell is formed, which "
		                      "needs an arm (guard.form_V; configure "
		                      "arm=CELL, for one operation within 10 s)",
		                      g->form_V);
	g->armed = MR__UNARMED;
	if (mr_selection_count(&op->where, &g->desc) != 1 ||
	    mr_selection_cell(&op->where, &g->desc, 0) != armed)
		return mr_errtext_set(err, MR_ERR_REFUSED,
		                      "guard: cell %u alone was armed for "
		                      "forming, not what is selected",
		                      armed);
	return MR_OK;
}
