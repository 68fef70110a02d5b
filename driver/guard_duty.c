/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Duty cycle: how much of the time pulses take, of one cell or of all together.
 * The time of pulses flows into a bucket that holds duty * window and drains at
 * `duty` in array time, so that no stretch of time t has more than
 * duty * (t + window) of pulses. Later operations of a list come later: what
 * those before them wait and pulse is time that passes.
 */
#include "guard.h"

#include <math.h>
#include <stdlib.h>

#define NS_PER_S 1e9

bool mr__guard_has_duty(const struct mr__guard *g)
{
	return isfinite(g->duty.all) || isfinite(g->duty.cell);
}

int mr__guard_duty_open(struct mr__guard *g, struct mr_errtext *err)
{
	size_t n = (size_t)g->desc.rows * g->desc.cols;

	if (!isfinite(g->duty.cell))
		return MR_OK;
	g->duty.cells = calloc(n, sizeof *g->duty.cells);
	return g->duty.cells
	               ? MR_OK
	               : mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
}

void mr__guard_duty_free(struct mr__guard *g)
{
	free(g->duty.cells);
	g->duty.cells = NULL;
}

/* Time that one element is under pulses. The array's own program is refused
 * before (mr__guard_is_narrowed()). */
static double element_s(const struct mr__guard *g, const struct mr_op *op,
                        uint64_t i)
{
	const struct mr_pulse_op *pu = &op->pulse;
	double sum_s = 0;

	if (op->kind == MR_OP_PULSE)
		return (pu->t_rise_s + pu->t_fall_s +
		        (pu->widths_s ? (double)pu->widths_s[i]
		                      : pu->width_s)) *
		       (pu->counts ? pu->counts[i] : pu->count ? pu->count : 1);
	for (uint32_t k = 0; op->kind == MR_OP_TRACE && k < op->trace.n_levels;
	     k++)
		if (mr__guard_programs(g, &op->trace, k))
			sum_s += op->trace.hold_s[k];
	return sum_s;
}

static void drain(struct mr__bucket *b, double duty, int64_t now_ns)
{
	if (now_ns <= b->t_ns)
		return;
	b->load_s -= duty * (double)(now_ns - b->t_ns) / NS_PER_S;
	b->load_s = fmax(b->load_s, 0);
	b->t_ns = now_ns;
}

static int over(const struct mr__guard *g, const struct mr__bucket *b, double duty,
                const char *whose, const char *key, struct mr_errtext *err)
{
	double room_s = duty * g->duty.window_s;
	/* sums of floats as pulses have them */
	double excess_s = b->load_s - room_s * (1 + 1e-9);

	if (excess_s <= 0)
		return MR_OK;
	if (duty == 0)
		return mr_errtext_set(err, MR_ERR_REFUSED,
		                      "guard: pulses%s, where none are allowed (%s)",
		                      whose, key);
	return mr_errtext_set(err, MR_ERR_REFUSED,
	                      "guard: pulses%s would take more than %g of the "
	                      "time, over %g s (%s, guard.duty_s); %.3g s later, "
	                      "or fewer, they are within it",
	                      whose, duty, g->duty.window_s, key,
	                      excess_s / duty);
}

/* Put the elements from..n in, or take them out. Their total. */
static double pour(struct mr__guard *g, const struct mr_op *op, uint64_t from,
                   uint64_t n, double sign, int64_t now_ns)
{
	double sum_s = 0;

	for (uint64_t i = from; i < n; i++) {
		double s = element_s(g, op, i);

		sum_s += s;
		if (!g->duty.cells)
			continue;
		struct mr__bucket *b =
			&g->duty.cells[mr_selection_cell(&op->where, &g->desc, i)];

		drain(b, g->duty.cell, now_ns);
		b->load_s = fmax(b->load_s + sign * s, 0);
	}
	if (!isfinite(g->duty.all))
		return sum_s;
	drain(&g->duty.sum, g->duty.all, now_ns);
	g->duty.sum.load_s = fmax(g->duty.sum.load_s + sign * sum_s, 0);
	return sum_s;
}

static int check(const struct mr__guard *g, const struct mr_op *op, uint64_t n,
                 struct mr_errtext *err)
{
	int rc = MR_OK;

	if (isfinite(g->duty.all))
		rc = over(g, &g->duty.sum, g->duty.all, "", "guard.duty", err);
	for (uint64_t i = 0; i < n && g->duty.cells && !rc; i++)
		rc = over(g,
		          &g->duty.cells[mr_selection_cell(&op->where, &g->desc,
		                                           i)],
		          g->duty.cell, " of one cell", "guard.cell_duty", err);
	return rc;
}

static bool pulses(const struct mr_op *op)
{
	return op->kind == MR_OP_PULSE || op->kind == MR_OP_TRACE;
}

int mr__guard_duty_reserve(struct mr__guard *g, const struct mr_op *op,
                           struct mr_errtext *err)
{
	int64_t now_ns = g->t_ns + (int64_t)(g->duty.ahead_s * NS_PER_S);
	uint64_t n = mr_op_elements(op, &g->desc);
	double s;
	int rc;

	if (!mr__guard_has_duty(g))
		return MR_OK;
	if (op->kind == MR_OP_WAIT)
		g->duty.ahead_s += op->wait.duration_s;
	if (!pulses(op))
		return MR_OK;
	s = pour(g, op, 0, n, 1, now_ns);
	rc = check(g, op, n, err);
	if (rc)
		(void)pour(g, op, 0, n, -1, now_ns);
	else
		g->duty.ahead_s += s;
	return rc;
}

void mr__guard_duty_settle(struct mr__guard *g, const struct mr_op *op,
                           uint64_t n_done)
{
	if (mr__guard_has_duty(g) && pulses(op))
		(void)pour(g, op, n_done, mr_op_elements(op, &g->desc), -1, 0);
}
