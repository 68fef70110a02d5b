/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* How many pulses a guard has left. */
#include "guard.h"

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

int mr__guard_admit(struct mr__guard *g, const struct mr_op *op,
                 struct mr_errtext *err)
{
	int rc = mr__guard_check(g, op, err);

	if (rc || g->pulses_max == UINT64_MAX)
		return rc;
	uint64_t wanted = cost(g, op, mr_op_elements(op, &g->desc));

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
	if (rc && rc != MR_ERR_OUTCOME &&
	    !(op->outcome.status & MR_STATUS_UNKNOWN) &&
	    op->outcome.n_effect < n)
		n = op->outcome.n_effect;
	return cost(g, op, n);
}

/* Give back what was admitted and did not happen. */
void mr__guard_settle(struct mr__guard *g, const struct mr_op *ops, size_t n,
                   size_t n_done, int rc)
{
	if (g->pulses_max == UINT64_MAX)
		return;
	for (size_t i = 0; i < n; i++) {
		uint64_t most = cost(g, &ops[i], mr_op_elements(&ops[i],
		                                                &g->desc));
		uint64_t used = i > n_done
		                        ? 0
		                        : spent(g, &ops[i], i < n_done ? MR_OK
		                                                       : rc);

		g->pulses_left += used < most ? most - used : 0;
	}
}

