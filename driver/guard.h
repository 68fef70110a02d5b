/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The guard's state, and what its files call of each other. */
#ifndef MR_DRIVER_GUARD_H
#define MR_DRIVER_GUARD_H

#include "array_priv.h"

struct mr__guard {
	struct mr_stage inner;
	double v_max_V; /* of the run, as the keys say; infinite = not given */
	double i_max_A;
	double width_max_s;
	uint64_t pulses_max;
	uint64_t pulses_left;
	double v_reads_V; /* a trace beyond this programs */
	struct mr_description desc; /* narrowed */
};

/* ---- guard_limits.c -------------------------------------------------------------- */

/* Whether a magnitude is at most max, as floats see it; NaN is not. */
bool mr__guard_within(double value, double max);

/* Whether the keys limit amplitudes or widths. */
bool mr__guard_is_narrowed(const struct mr__guard *g);

/* Whether level k of a trace is beyond reading. */
bool mr__guard_programs(const struct mr__guard *g, const struct mr_trace_op *tr,
                        uint32_t k);

/* MR_OK; MR_ERR_REFUSED. */
int mr__guard_check(const struct mr__guard *g, const struct mr_op *op,
                    struct mr_errtext *err);

/* ---- guard_budget.c -------------------------------------------------------------- */

/* Check an operation and take what it may cost off the budget. */
int mr__guard_admit(struct mr__guard *g, const struct mr_op *op,
                    struct mr_errtext *err);

/* Give back what was admitted and did not happen. */
void mr__guard_settle(struct mr__guard *g, const struct mr_op *ops, size_t n,
                      size_t n_done, int rc);

#endif
