/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Round trips of pulsed cells without a law of steps: ideal, which has one step,
 * and pcm-table, which has no coefficients but must have the distributions. */
#include <stdio.h>

#include "roundtrip.h"
#include "test.h"

/* Nothing is random here, so that nothing but rounding can be off. */
static void ideal(void)
{
	static const struct mr_wanted wanted[] = {{"dg_S", 0.0713e-6, 1e-5}};
	static const char *const wrong[] = {"dg_S=0.072e-6", NULL};

	mr_round_trip("emu:ideal?rows=32&cols=32&dg_S=0.0713e-6", "ideal", wrong,
	              wanted, sizeof wanted / sizeof *wanted);
}

/* Steps that depend on the conductance alone: a table says all of them. */
static void table_of_pcm_step(void)
{
	static const char *const wrong[] = {"m3=0.08", "nu=0.04", NULL};

	mr_round_trip("emu:pcm-step?rows=32&cols=32&step_S=1.2e-6&g_full_S=9e-6"
	              "&sd_S=0.6e-6&g_reset_S=0.15e-6&sd_reset_S=0.04e-6"
	              "&g_max_S=10.5e-6",
	              "pcm-table", wrong, NULL, 0);
}

/* A table of a table, with drift. Where RESETs end is the table's, not g_reset_S. */
static void table_of_table(void)
{
	static const struct mr_wanted wanted[] = {
		{"nu", 0.05, 0.04}, {"nu_spread", 0.012, 0.15}, {"m3", 0.04, 0},
	};
	static const char *const wrong[] = {"nu_spread=0", NULL};

	mr_round_trip("emu:pcm-table?rows=32&cols=32&nu=0.05&nu_spread=0.012"
	              "&m3=0.04&table=" MR_SRCDIR "/devices/pcm-table.csv",
	              "pcm-table", wrong, wanted,
	              sizeof wanted / sizeof *wanted);
}

const struct mr_test mr_tests[] = {
	{"fit_ideal_is_recovered", ideal},
	{"fit_table_of_pcm_step_is_recovered", table_of_pcm_step},
	{"fit_table_of_table_is_recovered", table_of_table},
	{0},
};
