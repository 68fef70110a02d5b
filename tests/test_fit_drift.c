/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Drift exponents out of readings over five decades. */
#include "calibration/fit_drift.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calibration/spans.h"
#include "fitbench.h"
#include "test.h"

#define SEEDS 2

static void measure(struct mr_bench_log *b)
{
	for (int k = 0; k < 2; k++) {
		mr_bench_levels(b, 8, 2);
		mr_bench_ageing(b, 5, 4, 16);
		mr_bench_repeat(b, 64, 0.01);
	}
}

static void look(const char *noise)
{
	for (int seed = 1; seed <= SEEDS; seed++) {
		struct mr__noise_fit n;
		struct mr__drift_fit d;
		struct mr_fitbench t;
		char uri[200];

		(void)snprintf(uri, sizeof uri, "emu:pcm?rows=24&cols=24&nu=0.05"
		               "&nu_spread=0.012&t0_s=30&noise=%s&seed=%d",
		               noise, seed);
		mr_fitbench_begin(&t, uri, "pcm", measure);
		MR_CODE_ERR(mr__fit_noise(&t.f, &n), MR_OK, t.err);
		MR_CODE_ERR(mr__fit_drift(&t.f, &n, &d), MR_OK, t.err);
		printf("%s: nu %.5f (%.1e; truth .05, bound .002), spread %.5f "
		       "(%.1e; truth .012, bound 15 %%), t0 %.2f (%.2f; truth "
		       "30)\n",
		       n.kind, d.nu, d.nu_se, d.spread, d.spread_se, d.t0,
		       d.t0_se);
		MR_NEAR((d.nu - 0.05) / d.nu_se, 0, 4.5);
		MR_NEAR((d.spread - 0.012) / d.spread_se, 0, 4.5);
		/* without noise its error is a matter of rounding */
		if (strcmp(noise, "none") != 0)
			MR_NEAR((d.t0 - 30) / d.t0_se, 0, 4.5);
		MR_NEAR(d.t0, 30, 3);
		MR_NEAR(d.nu, 0.05, 0.002);
		MR_NEAR(d.spread, 0.012, 0.15 * 0.012);
		CU_ASSERT_EQUAL(d.owner, MR__DRIFT_OF_CELL);
		mr_fitbench_end(&t);
	}
}

static void drift_under_white_noise(void)
{
	look("white");
}

static void drift_under_flicker(void)
{
	look("flicker");
}

static void drift_without_noise(void)
{
	look("none");
}

/* Cells that do not drift have a drift of 0, with the error of having looked. */
static void still_cells(void)
{
	struct mr__noise_fit n;
	struct mr__drift_fit d;
	struct mr_fitbench t;

	mr_fitbench_begin(&t, "emu:pcm?rows=24&cols=24&nu=0&nu_spread=0&seed=3",
	                  "pcm", measure);
	MR_CODE_ERR(mr__fit_noise(&t.f, &n), MR_OK, t.err);
	MR_CODE_ERR(mr__fit_drift(&t.f, &n, &d), MR_OK, t.err);
	MR_NEAR(d.nu, 0, 0);
	MR_NEAR(d.spread, 0, 0);
	CU_ASSERT(d.nu_se > 0 && d.nu_se < 0.001);
	CU_ASSERT(d.spread_se > d.nu_se && d.spread_se < 0.01);
	CU_ASSERT(isnan(d.t0_se));
	mr_fitbench_end(&t);
}

/* A cell read after one pulse at the given ages. */
static void invent(struct mr_history_event *e, const double *age_s, int n)
{
	e[0] = (struct mr_history_event){.kind = MR_HISTORY_PULSE,
	                                 .count = 1,
	                                 .effect = MR_EFFECT_RAISE};
	for (int i = 0; i < n; i++)
		e[i + 1] = (struct mr_history_event){
			.t_ns = (int64_t)(age_s[i] * 1e9),
			.kind = MR_HISTORY_READ,
			.count = 1,
			.g_S = 5e-6f};
}

static void refused(const struct mr_history_event *e, size_t n,
                    const char *why, struct mr__drift_fit *d)
{
	struct mr__noise_fit noise;
	struct mr_fitbench t;

	mr_fitbench_invent(&t, e, n);
	MR_CODE_ERR(mr__fit_noise(&t.f, &noise), MR_OK, t.err);
	MR_CODE_ERR(mr__fit_drift(&t.f, &noise, d), MR_ERR_UNSUPPORTED, t.err);
	MR_HAS(t.err.text, why);
	mr_fitbench_end(&t);
}

static void what_says_nothing_is_named(void)
{
	static const double few[] = {1, 1e5};
	static const double soon[] = {1, 2, 3, 4};
	static const double back[] = {1, 1e3, 1e5, 10, 20, 30, 1e4};
	struct mr_history_event e[8];
	struct mr__drift_fit d;

	invent(e, few, 2);
	refused(e, 3, "with 2 readings: 1", &d);
	invent(e, soon, 4);
	refused(e, 5, "over too short a time: 1", &d);
	e[0].kind = MR_HISTORY_GAP;
	refused(e, 5, "unknown pulse before them: 1", &d);
	/* from 2 readings on, and what comes after the jump */
	invent(e, back, 7);
	e[0].effect = MR_EFFECT_NONE;
	refused(e, 8, "unknown pulse before them: 2", &d);
	CU_ASSERT_EQUAL(d.n_jumps, 1);
}

static void measure_old_and_young(struct mr_bench_log *b)
{
	mr_bench_levels(b, 8, 2);
	mr_bench_ageing(b, 5, 4, 16);
	mr_bench_levels(b, 8, 2);
	mr_bench_ageing(b, 3, 4, 16);
	mr_bench_repeat(b, 64, 0.01);
}

/* The search begins at t0 = 38.6 s, where old and young spans of a cell have
 * exponents that differ by more than the noise of these readings. */
static void exponents_are_the_cells(void)
{
	struct mr__noise_fit noise;
	struct mr__drift_fit drift;
	struct mr_fitbench t;
	double squares = 0;

	mr_fitbench_begin(&t, "emu:pcm?rows=16&cols=16&nu=0.05&nu_spread=0.012"
	                  "&t0_s=30&m3=0.001&c3_S=1e-10", "pcm",
	                  measure_old_and_young);
	t.f.cell_nu = calloc(256, sizeof *t.f.cell_nu);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t.f.cell_nu);
	MR_CODE_ERR(mr__fit_noise(&t.f, &noise), MR_OK, t.err);
	MR_CODE_ERR(mr__fit_drift(&t.f, &noise, &drift), MR_OK, t.err);
	CU_ASSERT_EQUAL(drift.owner, MR__DRIFT_OF_CELL);
	MR_NEAR(drift.t0, 30, 4.5 * drift.t0_se);
	CU_ASSERT(drift.t0_se < 0.05);
	for (size_t c = 0; c < 256; c++) {
		CU_ASSERT((double)t.f.cell_nu[c].sd < 0.2 * drift.spread);
		squares += pow((double)t.f.cell_nu[c].nu - drift.nu, 2) / 256;
	}
	MR_NEAR(sqrt(squares), drift.spread, 4.5 * drift.spread_se);
	free(t.f.cell_nu);
	mr_fitbench_end(&t);
}

/* Against the mean of 1000 instants, whose own error is 4e-8 x^2. */
static void log_age_is_a_mean(void)
{
	static const double cases[][3] = {/* age, over, t0 */
		{11, 10, 30}, {11, 10, 0.5}, {1e4, 10, 38.6}, {5, 5, 20},
		{30, 3, 20}, {2, 0, 30}};

	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		const double *c = cases[k];
		double mean = 0;

		for (int i = 0; i < 1000; i++)
			mean += log1p((c[0] - c[1] * (i + 0.5) / 1000) / c[2])
			        / 1000;
		MR_NEAR(mr__log_age(c[0], c[1], c[2]), mean, 5e-7);
	}
	MR_NEAR(mr__log_age(-1, 0, 30), 0, 0);
}

const struct mr_test mr_tests[] = {
	{"drift_log_age_is_a_mean", log_age_is_a_mean},
	{"drift_exponents_are_the_cells", exponents_are_the_cells},
	{"drift_white_noise_found", drift_under_white_noise},
	{"drift_flicker_found", drift_under_flicker},
	{"drift_no_noise_found", drift_without_noise},
	{"drift_still_cells_have_none", still_cells},
	{"drift_nothing_to_tell_named", what_says_nothing_is_named},
	{0},
};
