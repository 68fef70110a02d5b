/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Read noise out of repeated readings: white, 1/f, none, two levels. */
#include "calibration/fit_noise.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fitbench.h"
#include "memrig/random.h"
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

/* A rough fit, too, says what it can tell: else folds of a choice would go by
 * the model's default. */
static void rough_fit_knows_it(struct mr_fitbench *t,
                               const struct mr__noise_fit *whole)
{
	struct mr__noise_fit n;

	t->f.rough = true;
	MR_CODE_ERR(mr__fit_noise(&t->f, &n), MR_OK, t->err);
	MR_NEAR(n.slope, whole->slope, 0);
	MR_NEAR(n.white_cov[0], whole->white_cov[0], 0);
	MR_NEAR(n.white_cov[3], whole->white_cov[3], 0);
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
		rough_fit_knows_it(&t, &n);
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
		printf("q %.5f (%.1e; truth .007, bound 5 %%)\n", n.q_at_1,
		       n.q_se);
		CU_ASSERT_EQUAL(n.n_rtn, 0);
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
	CU_ASSERT_EQUAL(mr__noise_sd_S(&n, 1e-6, 1e-6, 1, 1, 1e-6), 0);
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

#define TELEGRAPH 512

/* White noise of 1 % and, if asked for, a second level 10 % higher that is
 * visited for 16 readings of every 48. */
static void invent(struct mr_history_event *e, bool two_levels)
{
	e[0] = (struct mr_history_event){.kind = MR_HISTORY_PULSE,
	                                 .count = 1,
	                                 .effect = MR_EFFECT_RAISE};
	for (int i = 1; i <= TELEGRAPH; i++) {
		float z[2];
		uint64_t event[2] = {(uint64_t)i, (uint64_t)i};
		double up = two_levels && i % 48 < 16 ? 0.1 : 0;

		mr_random_normals(7, MR_PURPOSE_READ, 0, event, 1, z);
		e[i] = (struct mr_history_event){
			.t_ns = 100000000000 + i * (int64_t)1000000,
			.kind = MR_HISTORY_READ,
			.count = 1,
			.g_S = (float)(5e-6 * (1 + up + 0.01 * (double)z[0]))};
	}
}

static void two_levels_are_listed(void)
{
	static struct mr_history_event e[TELEGRAPH + 1];
	struct mr__noise_fit n;
	struct mr_fitbench t;
	const struct mr_fit_table *table = NULL;

	invent(e, true);
	mr_fitbench_invent(&t, e, TELEGRAPH + 1);
	MR_CODE_ERR(mr__fit_noise(&t.f, &n), MR_OK, t.err);
	CU_ASSERT_EQUAL(n.n_rtn, 1);
	for (uint32_t k = 0; k < t.fit->n_tables; k++)
		if (strcmp(t.fit->tables[k].name, "rtn") == 0)
			table = &t.fit->tables[k];
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	/* as invented: 10 % of 5 uS, 16 and 32 readings a millisecond
	 * apart; the first and the last stay are cut short */
	MR_NEAR(table->values[2], 0.5e-6, 0.02e-6);
	MR_NEAR(table->values[3], 0.030, 0.003);
	MR_NEAR(table->values[4], 0.016, 0.002);
	mr_fitbench_end(&t);
}

static void one_level_is_no_pair(void)
{
	static struct mr_history_event e[TELEGRAPH + 1];
	struct mr__noise_fit n;
	struct mr_fitbench t;

	invent(e, false);
	mr_fitbench_invent(&t, e, TELEGRAPH + 1);
	MR_CODE_ERR(mr__fit_noise(&t.f, &n), MR_OK, t.err);
	CU_ASSERT_EQUAL(n.n_rtn, 0);
	CU_ASSERT_STRING_EQUAL(n.kind, "white");
	/* one level does not tell slope and floor apart, but their sum */
	MR_NEAR(mr__noise_sd_S(&n, 5e-6, 5e-6, 100, 1, 1e-6), 0.05e-6, 0.006e-6);
	mr_fitbench_end(&t);
}

static void measure_clamped(struct mr_bench_log *b)
{
	mr_bench_targets(b, 8, 0, 0);
	mr_bench_repeat(b, 32, 0.01);
}

/* Cells that were clamped at 0 read 0 again and again. */
static void readings_of_nothing_are_no_noise(void)
{
	struct mr__noise_fit n;
	struct mr_fitbench t;

	mr_fitbench_begin(&t, "emu:pcm-target?rows=16&cols=16", "pcm-target",
	                  measure_clamped);
	MR_CODE_ERR(mr__fit_noise(&t.f, &n), MR_OK, t.err);
	CU_ASSERT_STRING_EQUAL(n.kind, "white");
	CU_ASSERT(n.floor_S > 0 || n.slope > 0);
	mr_fitbench_end(&t);
}

const struct mr_test mr_tests[] = {
	{"noise_white_found", white_noise_is_found},
	{"noise_flicker_found", flicker_is_found},
	{"noise_none_found", no_noise_is_found},
	{"noise_single_readings_unknown", single_readings_say_nothing},
	{"noise_two_levels_listed", two_levels_are_listed},
	{"noise_readings_of_nothing_left_out", readings_of_nothing_are_no_noise},
	{"noise_one_level_no_pair", one_level_is_no_pair},
	{0},
};
