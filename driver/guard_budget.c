/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* How many pulses a guard has left. */
#include "guard.h"

#include <math.h>

/* ---- pulses in all ------------------------------------------------------- */

static uint64_t times(uint64_t a, uint64_t b)
{
	return b && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

/* Pulses that the first n elements of an operation take, at most. */
static uint64_t cost(const struct mr__guard *g, const struct mr_op *op, uint64_t n)
{
	const struct mr_trace_op *tr = &op->trace;
	uint64_t sum = 0;

	switch (op->kind) {
	case MR_OP_PULSE:
		if (!op->pulse.counts)
			return times(n, op->pulse.count ? op->pulse.count : 1);
		for (uint64_t i = 0; i < n; i++)
			sum += op->pulse.counts[i];
		return sum;
	case MR_OP_TRACE:
		for (uint32_t k = 0; k < tr->n_levels; k++)
			sum += mr__guard_programs(g, tr, k);
		return times(n, sum);
	case MR_OP_PROGRAM:
		return times(n, op->program.budget);
	default:
		return 0;
	}
}

static int take_pulses(struct mr__guard *g, const struct mr_op *op,
                       struct mr_errtext *err)
{
	uint64_t wanted;

	if (g->pulses_max == UINT64_MAX)
		return MR_OK;
	wanted = cost(g, op, mr_op_elements(op, &g->desc));
	if (wanted > g->pulses_left)
		return mr_errtext_set(
			err, MR_ERR_REFUSED,
			"guard: %llu more pulses, but only %llu of the %llu "
			"allowed are left (guard.pulses)",
			(unsigned long long)wanted,
			(unsigned long long)g->pulses_left,
			(unsigned long long)g->pulses_max);
	g->pulses_left -= wanted;
	return MR_OK;
}

static void take_energy(struct mr__guard *g, const struct mr_op *op)
{
	if (isfinite(g->total_J))
		g->left_J -= mr__guard_energy_J(g, op,
		                                mr_op_elements(op, &g->desc));
}

int mr__guard_admit(struct mr__guard *g, const struct mr_op *op,
                    const struct mr_run *run, struct mr_errtext *err)
{
	int rc = mr__guard_check(g, op, err);

	if (!rc)
		rc = mr__guard_check_disturb(g, op, err);
	if (!rc)
		rc = mr__guard_check_energy(g, op, err);
	if (!rc)
		rc = mr__guard_check_marks(g, op, err);
	if (!rc)
		rc = mr__guard_check_forming(g, op, run, err);
	if (!rc)
		rc = mr__guard_cells_reserve(g, op, err);
	if (rc)
		return rc;
	rc = mr__guard_duty_reserve(g, op, err);
	if (!rc) {
		rc = take_pulses(g, op, err);
		if (rc)
			mr__guard_duty_settle(g, op, 0);
	}
	if (rc)
		mr__guard_cells_settle(g, op, 0);
	else
		take_energy(g, op);
	return rc;
}

/* Elements that took effect, or may have. */
static uint64_t applied(const struct mr__guard *g, const struct mr_op *op,
                        bool begun, int rc)
{
	uint64_t n = mr_op_elements(op, &g->desc);

	if (!begun)
		return 0;
	if (rc && rc != MR_ERR_OUTCOME &&
	    !(op->outcome.status & MR_STATUS_UNKNOWN) &&
	    op->outcome.n_effect < n)
		return op->outcome.n_effect;
	return n;
}

/* Pulses of an operation that ended, or failed with rc. Where it is not known
 * how many there were, it is all that there can have been. */
static uint64_t spent(const struct mr__guard *g, const struct mr_op *op, int rc)
{
	const struct mr_program_op *pg = &op->program;
	uint64_t n = mr_op_elements(op, &g->desc);
	uint64_t sum = 0;

	if (op->kind == MR_OP_PROGRAM && (rc || !pg->pulses))
		return cost(g, op, n);
	for (uint64_t i = 0; op->kind == MR_OP_PROGRAM && i < n; i++)
		sum += pg->pulses[i];
	if (op->kind == MR_OP_PROGRAM)
		return sum;
	return cost(g, op, applied(g, op, true, rc));
}

static void settle(struct mr__guard *g, const struct mr_op *op, bool begun,
                   int rc)
{
	uint64_t n = mr_op_elements(op, &g->desc);
	uint64_t n_done = applied(g, op, begun, rc);

	if (g->pulses_max != UINT64_MAX) {
		uint64_t most = cost(g, op, n);
		uint64_t used = begun ? spent(g, op, rc) : 0;

		g->pulses_left += used < most ? most - used : 0;
	}
	if (isfinite(g->total_J))
		g->left_J += mr__guard_energy_J(g, op, n) -
		             mr__guard_energy_J(g, op, n_done);
	mr__guard_cells_settle(g, op, n_done);
	mr__guard_duty_settle(g, op, n_done);
}

void mr__guard_settle(struct mr__guard *g, const struct mr_op *ops, size_t n,
                      size_t n_done, int rc)
{
	for (size_t i = 0; i < n; i++)
		settle(g, &ops[i], i <= n_done, i < n_done ? MR_OK : rc);
	g->duty.ahead_s = 0;
}

int mr__guard_would(struct mr__guard *g, const struct mr_op *op,
                    const struct mr_run *run)
{
	uint32_t armed = g->armed;
	double ahead_s = g->duty.ahead_s;
	int rc;

	if (mr__guard_is_arm(g, op))
		return MR_OK;
	rc = mr__guard_admit(g, op, run, run->err);
	if (!rc)
		settle(g, op, false, MR_OK);
	g->armed = armed;
	g->duty.ahead_s = ahead_s;
	return rc;
}
