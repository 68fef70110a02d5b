/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Drift exponents out of readings over five decades. */
#include "calibration/fit_drift.h"

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

		(void)snprintf(uri, sizeof uri, "emu:pcm?rows=32&cols=32&nu=0.05"
		               "&nu_spread=0.012&t0_s=30&noise=%s&seed=%d",
		               noise, seed);
		mr_fitbench_begin(&t, uri, "pcm", measure);
		MR_CODE_ERR(mr__fit_noise(&t.f, &n), MR_OK, t.err);
		MR_CODE_ERR(mr__fit_drift(&t.f, &n, &d), MR_OK, t.err);
		printf("%s: nu %.5f (%.1e) spread %.5f (%.1e) t0 %.2f (%.2f) "
		       "owner %d %.0f cells %u spans %u out %llu faint %u\n",
		       n.kind, d.nu, d.nu_se, d.spread, d.spread_se, d.t0,
		       d.t0_se, d.owner, d.owner_score, d.n_cells, d.n_spans,
		       (unsigned long long)d.n_outliers, d.n_faint);
		MR_NEAR((d.nu - 0.05) / d.nu_se, 0, 4.5);
		MR_NEAR((d.spread - 0.012) / d.spread_se, 0, 4.5);
		MR_NEAR((d.t0 - 30) / d.t0_se, 0, 4.5);
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

const struct mr_test mr_tests[] = {
	{"drift_white_noise_found", drift_under_white_noise},
	{"drift_flicker_found", drift_under_flicker},
	{"drift_no_noise_found", drift_without_noise},
	{0},
};
