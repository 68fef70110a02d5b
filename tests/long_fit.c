/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Round trips of pulsed cells whose steps follow a law: pcm, pcm-step. */
#include <stdio.h>

#include "roundtrip.h"
#include "test.h"

static void cells_of_pcm(void)
{
	static const struct mr_wanted wanted[] = {
		{"m1", -0.1, 0.10},     {"c1_S", 1.0e-6, 0.10},
		{"a1_S", 1.2e-6, 0.10}, {"alpha_pulses", 3.0, 0.10},
		{"m2", 0.08, 0.10},     {"c2_S", 0.3e-6, 0.10},
		{"a2_S", 1.8e-6, 0.10}, {"g_reset_S", 0.12e-6, 0},
		{"sd_reset_S", 0.02e-6, 0}, {"g_min_S", 0.15e-6, 0},
		{"g_max_S", 11e-6, 0},  {"nu", 0.05, 0.04},
		{"nu_spread", 0.012, 0.15}, {"t0_s", 30, 0},
		{"m3", 0.04, 0},        {"c3_S", 0.1e-6, 0},
	};
	/* the wrong models that the issue names */
	static const char *const wrong[] = {"a1_S=0&a2_S=0", "nu_spread=0",
	                                    NULL};

	mr_round_trip("emu:pcm?rows=32&cols=32&m1=-0.1&c1_S=1e-6&a1_S=1.2e-6"
	              "&alpha_pulses=3&m2=0.08&c2_S=0.3e-6&a2_S=1.8e-6"
	              "&g_reset_S=0.12e-6&sd_reset_S=0.02e-6&g_min_S=0.15e-6"
	              "&g_max_S=11e-6&nu=0.05&nu_spread=0.012&t0_s=30&m3=0.04"
	              "&c3_S=0.1e-6",
	              "pcm", wrong, wanted, sizeof wanted / sizeof *wanted);
}

/* 1/f noise in the place of white: bound of the issue, 5 % of its amplitude. */
static void flicker_of_pcm(void)
{
	static const struct mr_wanted wanted[] = {
		{"q_flicker", 0.012, 0.05}, {"nu", 0.05, 0.04},
		{"nu_spread", 0.012, 0.15}, {"m1", -0.1, 0.10},
		{"c1_S", 1.0e-6, 0.10},     {"a1_S", 1.2e-6, 0.10},
		{"m2", 0.08, 0.10},         {"a2_S", 1.8e-6, 0.10},
		{"c2_S", 0.26e-6, 0.10},    {"alpha_pulses", 2.6, 0.10},
		{"g_reset_S", 0.1e-6, 0},   {"sd_reset_S", 0.01e-6, 0},
		{"g_min_S", 0.1e-6, 0},     {"g_max_S", 12e-6, 0},
		{"t0_s", 38.6, 0},
	};
	static const char *const wrong[] = {"noise=white", NULL};

	mr_round_trip("emu:pcm?rows=32&cols=32&noise=flicker&q_flicker=0.012"
	              "&nu=0.05&nu_spread=0.012&m1=-0.1&c1_S=1e-6&a1_S=1.2e-6"
	              "&m2=0.08&a2_S=1.8e-6",
	              "pcm", wrong, wanted, sizeof wanted / sizeof *wanted);
}

static void cells_of_pcm_step(void)
{
	static const struct mr_wanted wanted[] = {
		{"step_S", 1.2e-6, 0.10},     {"g_full_S", 9e-6, 0.10},
		{"sd_S", 0.6e-6, 0.10},       {"g_reset_S", 0.15e-6, 0.10},
		{"sd_reset_S", 0.04e-6, 0.10}, {"g_max_S", 10.5e-6, 0},
		{"noise", 0.04, 0},
	};
	static const char *const wrong[] = {"sd_S=0.5e-6", NULL};

	char path[MR_TEST_PATH_MAX];
	char uri[2 * MR_TEST_PATH_MAX];
	FILE *file = fopen(mr_test_path(path, "step.ini"), "w");

	/* "noise" in a URI is the kind of noise, in a file the parameter */
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	(void)fputs("[memrig]\nmodel = pcm-step\n[noise]\nvalue = 0.04\n", file);
	CU_ASSERT_EQUAL_FATAL(fclose(file), 0);
	(void)snprintf(uri, sizeof uri,
	               "emu:%s?rows=32&cols=32&step_S=1.2e-6&g_full_S=9e-6"
	               "&sd_S=0.6e-6&g_reset_S=0.15e-6&sd_reset_S=0.04e-6"
	               "&g_max_S=10.5e-6", path);
	mr_round_trip(uri, "pcm-step", wrong, wanted,
	              sizeof wanted / sizeof *wanted);
}

const struct mr_test mr_tests[] = {
	{"fit_cells_of_pcm_are_recovered", cells_of_pcm},
	{"fit_flicker_of_pcm_is_recovered", flicker_of_pcm},
	{"fit_cells_of_pcm_step_are_recovered", cells_of_pcm_step},
	{0},
};
