/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The virtual ArC ONE: jobs of many pulses. Numbers and replies are from the
 * protocol's table; how the ramps run is what emulator/wire_arc1_*.c assume.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "arc1host.h"
#include "test.h"

/* ---- ramps --------------------------------------------------------------- */

/* 1.0, 1.5, 2.0 V of 100 ns, 1 + 1.5 + 2 uS: R = 1e6, 4e5, 1e6 / 4.5. The
 * threshold ends the ramp before 2 V; then the next device is waited for. */
static void arc1_form_finder(void)
{
	struct bench h;

	start(&h, COARSE);
	ask(&h, "14\n1\n0.5\n2\n1e-7\n100\n1e-7\n1e-3\n5e5\n0\n7\n1\n2\n");
	CU_ASSERT_EQUAL(h.n, 0);
	ask(&h, "1\n1\n");
	CU_ASSERT_EQUAL(h.n, 3 * 12);
	is_triple(&h, 0, 1e6, 1, 1e-7);
	is_triple(&h, 1, 4e5, 1.5, 1e-7);
	is_triple(&h, 2, 0, 0, 0);
	ask(&h, "1\n2\n");
	CU_ASSERT_EQUAL(h.n, 3 * 12);
	is_triple(&h, 1, 4e5, 1.5, 1e-7);
	end(&h);
}

static void arc1_form_finder_widths(void)
{
	struct bench h;

	start(&h, COARSE);
	/* doubling widths; the second device at (2, 1) */
	ask(&h, "14\n1\n0\n1\n1e-7\n100\n4e-7\n0\n0\n0\n7\n1\n1\n2\n1\n");
	CU_ASSERT_EQUAL(h.n, 4 * 12);
	is_triple(&h, 0, 1e6, 1, 1e-7);
	is_triple(&h, 1, 1e6 / 3, 1, 2e-7);
	is_triple(&h, 2, 1e6 / 7, 1, 4e-7);
	/* steps of 100 ns; mode before the series resistor */
	ask(&h, "141\n1\n0\n1\n1e-7\n1e-7\n3e-7\n0\n0\n0\n1\n7\n1\n1\n2\n2\n");
	CU_ASSERT_EQUAL(h.n, 4 * 12);
	is_triple(&h, 2, 1e6 / 6, 1, 3e-7);
	/* mode 0 is as 14; two pulses each */
	ask(&h, "141\n1\n0\n1\n1e-7\n100\n2e-7\n0\n0\n0\n0\n7\n2\n1\n2\n3\n");
	CU_ASSERT_EQUAL(h.n, 3 * 12);
	is_triple(&h, 1, 1e6 / 6, 1, 2e-7);
	end(&h);
}

/* 1 Mohm in series with 1 Mohm: 2 V become 1 V at the cell, 1 uS more. */
static void arc1_series_resistor_divides(void)
{
	struct bench h;

	start(&h, COARSE);
	ask(&h, "3\n1\n1\n1\n1e-7\n");
	ask(&h, "14\n2\n0\n2\n1e-7\n0\n1e-7\n0\n0\n0\n4\n1\n1\n1\n1\n");
	CU_ASSERT_EQUAL(h.n, 2 * 12);
	is_triple(&h, 0, 5e5, 2, 1e-7);
	end(&h);
}

static void arc1_threshold_in_percent(void)
{
	struct bench h;

	start(&h, COARSE);
	ask(&h, "3\n1\n1\n1\n1e-7\n");
	/* 5e5, 333333 of 1e6: 40 % is left at the first that is below 6e5 */
	ask(&h, "14\n1\n0.1\n1.3\n1e-7\n0\n1e-7\n0\n1\n40\n7\n1\n1\n1\n1\n");
	CU_ASSERT_EQUAL(h.n, 2 * 12);
	is_triple(&h, 0, 5e5, 1, 1e-7);
	end(&h);
}

/* Stage II, polarity given: ramp up until R moves by 10 %, then down. */
static void arc1_switch_seeker(void)
{
	static const char *const jobs[] = {"15", "152"};
	char text[128];
	struct bench h;

	start(&h, COARSE);
	for (int i = 0; i < 2; i++) {
		ask(&h, "3\n1\n1\n-2\n1e-5\n3\n1\n1\n1\n4e-7\n"); /* 4 uS */
		(void)snprintf(text, sizeof text,
		               "%s\n1e-7\n0.5\n0.5\n1.5\n0\n0\n5\n1\n1\n10\n"
		               "1\n1\n1\n1\n1\n",
		               jobs[i]);
		ask(&h, text);
		/* 0.5 V does nothing, 1 V one step up; then down */
		CU_ASSERT_EQUAL(h.n, 5 * 12);
		is_triple(&h, 0, 1e6 / 4, 0.5, 1e-7);
		is_triple(&h, 1, 1e6 / 5, 1, 1e-7);
		is_triple(&h, 2, 1e6 / 5, -0.5, 1e-7);
		is_triple(&h, 3, 1e6 / 4, -1, 1e-7);
		is_triple(&h, 4, 0, 0, 0);
	}
	/* stage I finds that +1 V switches; stage II begins with -0.5 V */
	ask(&h, "15\n1e-7\n0.5\n0.5\n1.5\n0\n0\n5\n1\n1\n10\n1\n0\n1\n1\n1\n");
	is_triple(&h, 1, 1e6 / 4, -0.5, 1e-7);
	is_triple(&h, 2, 1e6 / 5, 1, 1e-7);
	is_triple(&h, 3, 1e6 / 5, -0.5, 1e-7);
	end(&h);
}

static void arc1_endurance(void)
{
	struct bench h;

	start(&h, COARSE);
	ask(&h, "191\n1\n1e-7\n0\n-1\n1e-7\n0\n0\n2\n1\n2\n1\n3\n1\n");
	CU_ASSERT_EQUAL(h.n, 7 * 12);
	is_triple(&h, 0, 1e6, 1, 1e-7);
	is_triple(&h, 1, 5e5, 1, 1e-7);
	is_triple(&h, 2, 1e6, -1, 1e-7);
	is_triple(&h, 5, 5e5, -1, 1e-7);
	is_triple(&h, 6, 0, 0, 0);
	end(&h);
}

/* Interpulse times: s as sent, or ms as the GUI reckons. */
static void arc1_profiles_differ(void)
{
	static const char job[] =
		"191\n1\n1e-7\n0\n-1\n1e-7\n0\n2\n1\n1\n1\n1\n1\n1\n";
	static const char curve[] = "201\n0.5\n0.5\n0.5\n0.1\n1e-3\n0\n0\n0\n1\n"
				    "0\n2\n0\n1\n1\n1\n";
	struct bench h;
	int64_t t_ns;

	start(&h, COARSE);
	t_ns = h.t_ns;
	ask(&h, job);
	MR_NEAR((double)(h.t_ns - t_ns), 4.0 * S, 0.01 * S);
	t_ns = h.t_ns;
	ask(&h, curve);
	MR_NEAR((double)(h.t_ns - t_ns), 1e-3 * S, 5e-4 * S);
	end(&h);
	start(&h, COARSE "&board.profile=gui");
	t_ns = h.t_ns;
	ask(&h, job);
	MR_NEAR((double)(h.t_ns - t_ns), 4e-3 * S, 1e-3 * S);
	t_ns = h.t_ns;
	ask(&h, curve);
	MR_NEAR((double)(h.t_ns - t_ns), 3e-3 * S, 5e-4 * S);
	end(&h);
}

/* Up to 0.3 V nothing changes: R stays at 1e6 along 0.1, 0.2, 0.3, 0.2, 0.1 and
 * its mirror; a cycle ends with R <= 0. */
static void arc1_curve_tracer(void)
{
	static const double v[] = {.1, .2, .3, .2, .1, -.1, -.2, -.1};
	struct bench h;

	start(&h, COARSE);
	ask(&h, "3\n1\n1\n1\n1e-7\n");
	ask(&h, "201\n0.3\n0.2\n0.1\n0.1\n1e-3\n1e-3\n0\n0\n2\n0\n0\n0\n1\n");
	ask(&h, "1\n1\n");
	CU_ASSERT_EQUAL(h.n, 2 * 9 * 12);
	for (size_t i = 0; i < 8; i++) {
		is_triple(&h, i, 1e6, v[i], 0);
		is_triple(&h, 9 + i, 1e6, v[i], 0);
	}
	is_triple(&h, 8, 0, 0, 0);
	is_triple(&h, 17, 0, 0, 0);
	/* V- first; V- only, pulsed */
	ask(&h, "201\n0.3\n0.2\n0.1\n0.1\n1e-3\n0\n0\n0\n1\n1\n1\n0\n1\n1\n1\n");
	CU_ASSERT_EQUAL(h.n, 9 * 12);
	is_triple(&h, 0, 1e6, -0.1, 0);
	is_triple(&h, 3, 1e6, 0.1, 0);
	ask(&h, "201\n0.3\n0.2\n0.1\n0.1\n1e-3\n0\n0\n0\n1\n1\n3\n0\n1\n1\n1\n");
	CU_ASSERT_EQUAL(h.n, 4 * 12);
	is_triple(&h, 1, 1e6, -0.2, 0);
	end(&h);
}

/* 100 uS take 30 uA at 0.3 V: beyond 25 uA, with halt and return turned back;
 * without, the sweep goes on. */
static void arc1_curve_cut_off(void)
{
	struct bench h;

	start(&h, "ideal?rows=1&cols=1&dg_S=1e-4&g_max_S=1e-3");
	ask(&h, "3\n1\n1\n1\n1e-7\n"); /* 100 uS */
	ask(&h, "201\n0.4\n0.4\n0.1\n0.1\n1e-3\n0\n25e-6\n-25e-6\n1\n0\n2\n1\n1\n"
	        "1\n1\n");
	CU_ASSERT_EQUAL(h.n, 6 * 12);
	is_triple(&h, 2, 1e4, 0.3, 0);
	is_triple(&h, 3, 1e4, 0.2, 0);
	is_triple(&h, 5, 0, 0, 0);
	ask(&h, "201\n0.4\n0.4\n0.1\n0.1\n1e-3\n0\n25e-6\n-25e-6\n1\n0\n2\n0\n1\n"
	        "1\n1\n");
	CU_ASSERT_EQUAL(h.n, 8 * 12);
	/* 1.5 V for 1 ms would be 1.5 S; cut off after 30 us it is less, but at
	 * its end of range all the same */
	ask(&h, "201\n1.5\n1\n1.5\n0.1\n1e-3\n0\n10e-6\n0\n1\n0\n2\n0\n1\n1\n1\n");
	CU_ASSERT_EQUAL(h.n, 2 * 12);
	is_triple(&h, 0, 1e3, 1.5, 0);
	end(&h);
	/* what the cut-off keeps from a cell: 30 us of 1 V at 10 uS / ms */
	start(&h, "ideal?rows=1&cols=1&dg_S=1e-9&g_max_S=1e-3");
	ask(&h, "3\n1\n1\n1\n1e-2\n"); /* 100 uS */
	ask(&h, "201\n1\n1\n1\n0.1\n1e-3\n0\n10e-6\n0\n1\n0\n2\n0\n1\n1\n1\n");
	is_triple(&h, 0, 1 / (100e-6 + 0.3e-6), 1, 0);
	ask(&h, "201\n1\n1\n1\n0.1\n1e-3\n0\n0\n0\n1\n0\n2\n0\n1\n1\n1\n");
	is_triple(&h, 0, 1 / (100.3e-6 + 10e-6), 1, 0);
	end(&h);
}

/* From 1e6 to 2.5e5 (4 uS) with steps of 1 uS; then back up with the other
 * polarity, since the first leads away. */
static void arc1_converge(void)
{
	struct bench h;

	start(&h, COARSE);
	ask(&h, "3\n1\n1\n1\n1e-7\n");
	ask(&h, "21\n1\n0.1\n1\n1e-7\n0\n1e-7\n0\n2.5e5\n5\n10\n1\n1\n1\n1\n1\n");
	CU_ASSERT_EQUAL(h.n, 2 * 12); /* one step: the ramp is one pulse */
	ask(&h, "21\n1\n0.01\n1.05\n1e-7\n0\n1e-7\n0\n2.5e5\n15\n10\n1\n1\n1\n"
	        "1\n1\n");
	CU_ASSERT_EQUAL(h.n, 3 * 12);
	MR_NEAR(at(&h, 3), 2.5e5, 0.15 * 2.5e5);
	ask(&h, "21\n1\n0.01\n1.05\n1e-7\n0\n1e-7\n0\n1e6\n15\n1\n1\n1\n1\n1\n"
	        "1\n");
	CU_ASSERT_EQUAL(h.n, 6 * 12);
	MR_NEAR(at(&h, 1), 1, 1e-6);
	MR_NEAR(at(&h, 4), -1, 1e-6);
	MR_NEAR(at(&h, 12), 1e6, 0.15 * 1e6);
	end(&h);
}

static void arc1_chrono(void)
{
	struct bench h;

	start(&h, COARSE);
	ask(&h, "3\n1\n1\n1\n1e-7\n");
	ask(&h, "220\n0.3\n1e-2\n4\n1\n1\n1\n");
	CU_ASSERT_EQUAL(h.n, 5 * 12);
	for (size_t i = 0; i < 4; i++)
		is_triple(&h, i, 1e6, 0.3, 2.5e-3 * (double)(i + 1));
	is_triple(&h, 4, 0, 0, 0);
	end(&h);
}

/* ---- states and conversations -------------------------------------------- */

static void arc1_multi_state_1(void)
{
	struct bench h;

	start(&h, COARSE);
	ask(&h, "3\n1\n1\n1\n2e-7\n");
	ask(&h, "161\n1e-7\n0.5\n0.5\n1.5\n0\n2\n1\n10\n1\n1\n1\n1\n");
	/* +0.5, -0.5, +1 V: switched by the positive one */
	is_triple(&h, 2, 1e6 / 3, 1, 1e-7);
	is_triple(&h, 3, 1e6 / 3, 0, -1);
	CU_ASSERT_EQUAL(h.n, 4 * 12 + 8);
	CU_ASSERT(is_text(&h, 48, "0\n1\n0\n1\n"));
	ask(&h, "161\n1e-7\n0.2\n0.2\n0.4\n0\n2\n1\n10\n1\n1\n1\n1\n");
	CU_ASSERT_EQUAL(h.n, 5 * 12 + 2);
	CU_ASSERT(at(&h, 14) < 0);
	CU_ASSERT(is_text(&h, 60, "1\n"));
	end(&h);
}

static void arc1_multi_state_2(void)
{
	struct bench h;

	start(&h, COARSE);
	ask(&h, "162\n1\n1e-7\n1\n1\n1\n");
	CU_ASSERT_EQUAL(h.n, 4);
	MR_NEAR(at(&h, 0), 1e6, 1);
	ask(&h, "0\n");
	CU_ASSERT_EQUAL(h.n, 4);
	ask(&h, "1\n");
	CU_ASSERT_EQUAL(h.n, 0);
	end(&h);
}

/* Three steps that each are a new state, told in whole. */
static void arc1_multi_state_3(void)
{
	static const char *const jobs[] = {
		"163\n2\n1\n3\n0\n0\n1e-7\n1\n0.1\n1.2\n0\n0\n1\n1\n1\n",
		"164\n2\n1\n3\n0\n0\n1e-7\n1\n1e-7\n3e-7\n0\n0\n1\n1\n2\n",
		"165\n2\n1\n1\n3\n3\n0\n0\n1e-7\n1\n0\n0\n1\n1\n3\n",
	};
	struct bench h;

	start(&h, COARSE);
	for (size_t i = 0; i < 3; i++) {
		ask(&h, jobs[i]);
		/* (two readings, marker, state) x 3, end */
		CU_ASSERT_EQUAL(h.n, 13 * 12 + 6);
		is_triple(&h, 0, 1e6, 1, 1e-7);
		is_triple(&h, 2, -1, 0, 0);
		MR_NEAR(at(&h, 9), 1, 0);
		MR_NEAR(at(&h, 10), 1e6, 1e3);
		MR_NEAR(at(&h, 33), 3, 0);
		MR_NEAR(at(&h, 38), -1, 0);
		CU_ASSERT(is_text(&h, 156, "0\n3\n0\n"));
	}
	end(&h);
}

/* 1 float; batches of "time" LF float; 0 goes on, 1 stops; 1 float. 100 reads
 * of 5 us: a line each 500 us. */
static void arc1_volatility(void)
{
	static const char job[] = "33\n1\n1e-7\n2\n100\n1\n1\n1\n";
	struct bench h;

	start(&h, COARSE "&board.line=ideal");
	ask(&h, job);
	CU_ASSERT_EQUAL(h.n, 4 + 8 + 9);
	CU_ASSERT(at(&h, 0) > 1e10);
	CU_ASSERT(is_text(&h, 4, "500\n"));
	CU_ASSERT(is_text(&h, 12, "1000\n"));
	memmove(h.got, h.got + 17, 4);
	MR_NEAR(at(&h, 0), 1e6, 1);
	ask(&h, "0\n");
	CU_ASSERT_EQUAL(h.n, 2 * 9);
	CU_ASSERT(is_text(&h, 0, "1500\n"));
	CU_ASSERT(!h.type->is_safe(h.board, h.t_ns, NULL));
	ask(&h, "1\n");
	CU_ASSERT_EQUAL(h.n, 4);
	CU_ASSERT(h.type->is_safe(h.board, h.t_ns + S, NULL));
	end(&h);
}

/* Two steps of three points: +1 V for 100 ns; then -1 V for 100 ns. */
static void arc1_stdp(void)
{
	struct bench h;

	start(&h, COARSE);
	ask(&h, "40\n1\n2\n3\n");
	CU_ASSERT_EQUAL(h.n, 12);
	ask(&h, "2\n3\n0\n0\n1e-6\n1\n1.1e-6\n0\n");
	CU_ASSERT_EQUAL(h.n, 24);
	is_triple(&h, 1, 1e6, 0.2, 0);
	ask(&h, "2\n1e-6\n-1\n1.1e-6\n0\n");
	CU_ASSERT_EQUAL(h.n, 36);
	is_triple(&h, 0, 1e6, 0.2, 0);
	CU_ASSERT(at(&h, 3) > 1e10);
	CU_ASSERT(at(&h, 6) > 1e10);
	end(&h);
}

/* Column current of 1 + 3 uS at 0.2 V; then a write on words 1 and 2. */
static void arc1_multi_bias(void)
{
	struct bench h;

	start(&h, COARSE);
	ask(&h, "0\n5\n4\n5\n2\n0\n0\n0.2\n3\n1\n2\n1\n1e-7\n"
	        "3\n4\n2\n1\n3e-7\n");
	ask(&h, "50\n1\n1e-7\n0.2\n3\n2\n1\n1\n3\n4\n");
	CU_ASSERT_EQUAL(h.n, 12);
	MR_NEAR(at(&h, 1) / at(&h, 0), 0.2 * 4e-6, 1e-11);
	ask(&h, "50\n1\n1e-7\n0.2\n2\n2\n2\n1\n2\n");
	CU_ASSERT_EQUAL(h.n, 8 * 12);
	is_triple(&h, 0, 1e6, 0.2, 0);
	is_triple(&h, 4, 5e5, 0.2, 0);
	is_triple(&h, 5, 1e6, 0.2, 0);
	is_triple(&h, 7, 1e6 / 3, 0.2, 0);
	end(&h);
}

const struct mr_test mr_tests[] = {
	{"arc1_form_finder", arc1_form_finder},
	{"arc1_form_finder_widths", arc1_form_finder_widths},
	{"arc1_series_resistor_divides", arc1_series_resistor_divides},
	{"arc1_threshold_in_percent", arc1_threshold_in_percent},
	{"arc1_switch_seeker", arc1_switch_seeker},
	{"arc1_endurance", arc1_endurance},
	{"arc1_profiles_differ", arc1_profiles_differ},
	{"arc1_curve_tracer", arc1_curve_tracer},
	{"arc1_curve_cut_off", arc1_curve_cut_off},
	{"arc1_converge", arc1_converge},
	{"arc1_chrono", arc1_chrono},
	{"arc1_multi_state_1", arc1_multi_state_1},
	{"arc1_multi_state_2", arc1_multi_state_2},
	{"arc1_multi_state_3", arc1_multi_state_3},
	{"arc1_volatility", arc1_volatility},
	{"arc1_stdp", arc1_stdp},
	{"arc1_multi_bias", arc1_multi_bias},
	{0},
};
