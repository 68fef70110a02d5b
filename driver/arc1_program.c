/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Programs as ConvergeToState jobs. The job knows a target and a tolerance, but
 * no budget: the board is restarted when a cell's pulses have used it up. By
 * then another pulse may have begun, which the cell's status says.
 */
#include "arc1_board.h"

#include <math.h>

#include "arc1_fill.h"

#define NS_PER_S 1e9
#define PCT 100.0
#define SETUP_S 1e-3

/* One cell's way to its target. */
struct way {
	struct arc1_board *b;
	const struct mr_program_op *program;
	double target_S;
	float g_S;       /* last reading */
	uint32_t spent;
	uint8_t status;
	const struct mr_run *run;
};

static bool reached(const struct way *w)
{
	return !(w->status & MR_STATUS_OVER_RANGE) &&
	       fabs((double)w->g_S - w->target_S) <= w->program->tolerance_S;
}

static void take_reading(struct way *w, float r_ohm)
{
	uint8_t status = 0;

	w->g_S = mr__arc1_conductance(r_ohm, &status);
	w->status = status;
}

/* In ohms a band around 1/G is not even: its narrower side on both sides. */
static double tolerance_pct(const struct way *w)
{
	double tolerance_S = w->program->tolerance_S;

	return PCT * tolerance_S / (w->target_S + tolerance_S);
}

static int begin(struct way *w, uint32_t word, uint32_t bit)
{
	const struct arc1_converge *c = &w->b->converge;
	double up = (double)w->g_S < w->target_S ? 1 : -1;
	const double param[] = {c->v_min_V,
	                        c->v_step_V,
	                        c->v_max_V,
	                        c->w_min_s,
	                        c->w_step_pct,
	                        c->w_max_s,
	                        c->pause_s,
	                        1 / w->target_S,
	                        tolerance_pct(w),
	                        c->initial_pct,
	                        c->pulses,
	                        up * c->polarity};
	int rc = mr__arc1_begin(&w->b->link, "21", "ddddddddddii", param,
	                        w->run->err);

	return rc ? rc
	          : mr__arc1_device(&w->b->link, word, bit, w->run->err);
}

/* Between two reports. */
static double step_s(const struct arc1_board *b)
{
	const struct arc1_converge *c = &b->converge;

	return c->pulses * (c->w_max_s + c->pause_s + SETUP_S) +
	       ARC1_READ_S * b->link.read_cycles;
}

static bool is_spent(const struct way *w)
{
	return w->spent > w->program->budget - w->b->converge.pulses;
}

static int follow(struct way *w)
{
	struct arc1 *link = &w->b->link;
	float triple[3];
	int rc;

	for (;;) {
		rc = mr__arc1_floats(link, triple, 3, step_s(w->b), w->run->err);
		if (rc || mr__arc1_is_end(triple))
			return rc;
		take_reading(w, triple[0]);
		w->spent += w->b->converge.pulses;
		if (is_spent(w) && !reached(w)) {
			w->status |= MR_STATUS_UNKNOWN;
			return mr__arc1_safe(link, w->run->err);
		}
	}
}

static int converge(struct way *w, struct arc1_place at)
{
	struct arc1 *link = &w->b->link;
	float r_ohm;
	int rc = MR_OK;

	if (!link->in_step)
		rc = mr__arc1_start(link, w->run->err);
	if (!rc)
		rc = mr__arc1_read_one(link, at.word, at.bit, &r_ohm,
		                       w->run->err);
	if (rc)
		return rc;
	take_reading(w, r_ohm);
	if (!reached(w)) {
		rc = begin(w, at.word, at.bit);
		if (!rc)
			rc = follow(w);
		if (rc)
			w->status |= MR_STATUS_UNKNOWN;
		if (rc == MR_ERR_TIMEOUT || rc == MR_ERR_IO)
			rc = MR_ERR_OUTCOME;
	}
	if (!reached(w))
		w->status |= MR_STATUS_NOT_CONVERGED;
	return rc;
}

static void put(struct mr_op *op, uint64_t i, const struct way *w)
{
	struct mr_program_op *pg = &op->program;

	op->outcome.status |= w->status;
	if (pg->g_S)
		pg->g_S[i] = w->g_S;
	if (pg->pulses)
		pg->pulses[i] = w->spent;
	if (pg->status)
		pg->status[i] = w->status;
}

int mr__arc1_check_program(const struct arc1_board *b, const struct mr_op *op,
                           struct mr_errtext *err)
{
	const struct mr_description shape = mr__arc1_shape_of(b);
	const struct mr_program_op *pg = &op->program;
	uint64_t n = mr_selection_count(&op->where, &shape);

	if (pg->averages > 1)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "program=converge reads once a step; "
		                      "averages is %u",
		                      pg->averages);
	if (pg->budget < b->converge.pulses)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "program=converge applies %u pulses a "
		                      "step; budget is %u",
		                      b->converge.pulses, pg->budget);
	for (uint64_t i = 0; i < n; i++)
		if (!((pg->target_S ? (double)pg->target_S[i] : pg->target) > 0))
			return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
			                      "program=converge has targets in "
			                      "ohms: 0 S is none");
	return MR_OK;
}

int mr__arc1_operate_program(struct arc1_board *b, struct mr_op *op,
                             const struct mr_run *run)
{
	const struct mr_description shape = mr__arc1_shape_of(b);
	const struct mr_program_op *pg = &op->program;
	uint64_t n = mr_selection_count(&op->where, &shape);
	int rc = mr__arc1_check_program(b, op, run->err);

	for (uint64_t i = 0; i < n && !rc; i++) {
		struct way w = {.b = b,
		                .program = pg,
		                .target_S = pg->target_S
		                                    ? (double)pg->target_S[i]
		                                    : pg->target,
		                .run = run};

		rc = mr_run_check(run);
		if (rc)
			break;
		rc = converge(&w, mr__arc1_place(
					  b, mr_selection_cell(&op->where,
		                                               &shape, i)));
		put(op, i, &w);
		op->outcome.n_effect += rc == MR_OK;
	}
	return rc;
}
