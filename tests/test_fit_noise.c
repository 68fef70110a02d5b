/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Read noise out of repeated readings: white, 1/f, none, two levels. */
#include "calibration/fit_noise.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fitbench.h"
#include "test.h"

#define SEEDS 2

static void measure(struct mr_bench_log *b)
{
	for (int k = 0; k < 2; k++) {
		mr_bench_levels(b, 8, 2);
		mr_bench_ageing(b, 4, 4, 4);
		mr_bench_repeat(b, 256, 0.01);
		mr_bench_repeat(b, 128, 10);
	}
}

static void white_noise_is_found(void)
{
	for (int seed = 1; seed <= SEEDS; seed++) {
		struct mr__noise_fit n;
		struct mr_fitbench t;
		char uri[200];

		(void)snprintf(uri, sizeof uri, "emu:pcm?rows=16&cols=16&m3=0.04"
		               "&c3_S=0.1e-6&seed=%d", seed);
		mr_fitbench_begin(&t, uri, "pcm", measure);
		MR_CODE_ERR(mr__fit_noise(&t.f, &n), MR_OK, t.err);
		CU_ASSERT_STRING_EQUAL(n.kind, "white");
		printf("m3 %.5f (%.1e) c3 %.4e (%.1e) white %.0f both %.0f "
		       "flicker %.0f rtn %u\n", n.slope,
		       sqrt(n.white_cov[0]), n.floor_S, sqrt(n.white_cov[3]),
		       n.score_white, n.score_both, n.score_flicker, n.n_rtn);
		MR_NEAR((n.slope - 0.04) / sqrt(n.white_cov[0]), 0, 4.5);
		MR_NEAR((n.floor_S - 0.1e-6) / sqrt(n.white_cov[3]), 0, 4.5);
		MR_NEAR(n.slope, 0.04, 0.001);
		mr_fitbench_end(&t);
	}
}

static void flicker_is_found(void)
{
	for (int seed = 1; seed <= SEEDS; seed++) {
		struct mr__noise_fit n;
		struct mr_fitbench t;
		char uri[200];

		(void)snprintf(uri, sizeof uri,
		               "emu:pcm?rows=16&cols=16&q_flicker=0.007"
		               "&noise=flicker&seed=%d", seed);
		mr_fitbench_begin(&t, uri, "pcm", measure);
		MR_CODE_ERR(mr__fit_noise(&t.f, &n), MR_OK, t.err);
		CU_ASSERT_STRING_EQUAL(n.kind, "flicker");
		printf("q %.5f (%.1e) white %.0f both %.0f flicker %.0f rtn %u\n", n.q_at_1,
		       n.q_se, n.score_white, n.score_both, n.score_flicker,
		       n.n_rtn);
		MR_NEAR((n.q_at_1 - 0.007) / n.q_se, 0, 4.5);
		MR_NEAR(n.q_at_1, 0.007, 0.05 * 0.007);
		mr_fitbench_end(&t);
	}
}

static void no_noise_is_found(void)
{
	struct mr__noise_fit n;
	struct mr_fitbench t;

	mr_fitbench_begin(&t, "emu:pcm?rows=8&cols=8&noise=none", "pcm",
	                  measure);
	MR_CODE_ERR(mr__fit_noise(&t.f, &n), MR_OK, t.err);
	CU_ASSERT_STRING_EQUAL(n.kind, "none");
	CU_ASSERT_EQUAL(mr__noise_sd_S(&n, 1e-6, 1e-6, 1, 1), 0);
	mr_fitbench_end(&t);
}

static void measure_once(struct mr_bench_log *b)
{
	mr_bench_levels(b, 8, 2);
	mr_bench_read(b, 1);
}

static void single_readings_say_nothing(void)
{
	struct mr__noise_fit n;
	struct mr_fitbench t;

	mr_fitbench_begin(&t, "emu:pcm?rows=8&cols=8", "pcm", measure_once);
	MR_CODE_ERR(mr__fit_noise(&t.f, &n), MR_OK, t.err);
	CU_ASSERT_PTR_NULL(n.kind);
	mr_fitbench_end(&t);
}

const struct mr_test mr_tests[] = {
	{"noise_white_found", white_noise_is_found},
	{"noise_flicker_found", flicker_is_found},
	{"noise_none_found", no_noise_is_found},
	{"noise_single_readings_unknown", single_readings_say_nothing},
	{0},
};
