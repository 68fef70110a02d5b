/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Shallow SoftHebb on MNIST reaches what it must: S1 and P0 of the project's fact
 * sheet on SoftHebb, 4.8; the others are in long_softhebb.c.
 */
#include "softhebb_case.h"
#include "test.h"

#define NO_DATA "MNIST is not in $MEMRIG_DATA; see docs/datasets.md"

/* S1: >= 88.3 % (measured there: 89.2 with one seed). */
static void s1_float_reaches_88(void)
{
	const struct softhebb_case s1 = {
		.name = "S1", .params = {.t = 60, .eta0 = 0.2, .radius = 5},
		.n_out = 100, .batch = 10, .n_seeds = 3};

	if (!softhebb_case_has_data())
		MR_SKIP(NO_DATA);
	CU_ASSERT(softhebb_case_run(&s1).labels >= 88.3);
}

/* P0: pulses and readings without chance, steps without history, as in the sheet:
 * within 1.5 points of float (measured there: .6), which tests the pulse logic
 * alone. */
static void p0_pulse_logic_costs_little(void)
{
	const struct softhebb_case p0 = {
		.name = "P0", .params = {.t = 80, .eta0 = 0.3, .radius = 2.5},
		.n_out = 100, .batch = 10, .samples = 30000, .n_seeds = 1,
		.model = "pcm?noise=none&m2=0&c2_S=0&a2_S=0&a1_S=0",
		.mapping = {.digital = true, .coding = MR_CODING_PAIR,
	                    .w_clip = 0.14, .refresh_every = 1000,
	                    .measure_every = 500}};
	struct softhebb_case exact = p0;
	double gap;

	if (!softhebb_case_has_data())
		MR_SKIP(NO_DATA);
	exact.name = "P0f";
	exact.model = NULL;
	gap = softhebb_case_run(&exact).labels - softhebb_case_run(&p0).labels;
	CU_ASSERT(gap <= 1.5);
}

const struct mr_test mr_tests[] = {
	{"s1_float_reaches_88", s1_float_reaches_88},
	{"p0_pulse_logic_costs_little", p0_pulse_logic_costs_little},
	{0},
};
