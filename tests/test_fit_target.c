/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Target programming: coefficients that the fit is not told come back. */
#include "memrig/fit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fitbench.h"
#include "test.h"

#define SEEDS 2

static void measure(struct mr_bench_log *b)
{
	for (uint32_t k = 0; k < 8; k++) {
		mr_bench_targets(b, 16, k, 1 / 16.0);
		mr_bench_read(b, 16);
	}
	for (uint32_t k = 0; k < 2; k++) {
		mr_bench_targets(b, 16, k, 1 / 16.0);
		mr_bench_ageing(b, 5, 4, 16);
	}
	mr_bench_targets(b, 8, 0, 1 / 16.0);
	mr_bench_wait(b, 100);
	mr_bench_repeat(b, 64, 0.01);
	mr_bench_repeat(b, 32, 10);
}

struct wanted {
	const char *name;
	double truth;
};

static void look(const struct mr_fit *fit, const struct wanted *w)
{
	const struct mr_estimate *e = mr_fit_find(fit, w->name);

	printf("  %-12s truth %10.4g  %10.4g (%.1e) %+.2f se %s\n", w->name,
	       w->truth, e->value, e->se, (e->value - w->truth) / e->se,
	       e->state == MR_ESTIMATE_FITTED ? "" : e->how);
	if (e->state == MR_ESTIMATE_FITTED)
		MR_NEAR((e->value - w->truth) / e->se, 0, 4.5);
}

static void round_trip(const char *model, const char *noise, const char *keys,
                       const struct wanted *wanted)
{
	struct mr_fit_options options = {.model = model};

	for (int seed = 1; seed <= SEEDS; seed++) {
		struct mr_fit *fit = NULL;
		struct mr_fitbench t;
		char uri[500];

		(void)snprintf(uri, sizeof uri,
		               "emu:%s?rows=32&cols=32&noise=%s%s&seed=%d",
		               model, noise, keys, seed);
		mr_fitbench_begin(&t, uri, model, measure);
		MR_CODE_ERR(mr_fit_history(t.history, &options, &fit, &t.err),
		            MR_OK, t.err);
		CU_ASSERT_PTR_NOT_NULL_FATAL(fit);
		CU_ASSERT_STRING_EQUAL(fit->noise, noise);
		printf("%s %s\n", model, noise);
		for (const struct wanted *w = wanted; w->name; w++)
			look(fit, w);
		mr_fit_free(fit);
		mr_fitbench_end(&t);
	}
}

static const struct wanted target[] = {
	{"prog_c0_S", 0.30e-6}, {"prog_c1_S", 2.2e-6}, {"prog_c2_S", -1.3e-6},
	{"prog_c3_S", 0}, {"nu_slope", -0.018}, {"nu_offset", 0.022},
	{"nu_min", 0.045}, {"nu_sd_slope", -0.011}, {"nu_sd_offset", -0.005},
	{"nu_sd_min", 0.009}, {"t0_s", 24}, {"q_at_1", 0.0075},
	{"q_exponent", 0.6}, {0}};

#define TARGET_KEYS "&prog_c0_S=0.30e-6&prog_c1_S=2.2e-6&prog_c2_S=-1.3e-6" \
	"&nu_slope=-0.018&nu_offset=0.022&nu_min=0.045&nu_sd_slope=-0.011" \
	"&nu_sd_offset=-0.005&nu_sd_min=0.009&t0_s=24&q_at_1=0.0075" \
	"&q_exponent=0.6"

static void pcm_target_white(void)
{
	round_trip("pcm-target", "white", TARGET_KEYS, target);
}

static void pcm_target_flicker(void)
{
	round_trip("pcm-target", "flicker", TARGET_KEYS, target);
}

static const struct wanted hermes[] = {
	{"prog_c0_S", 0.18e-6}, {"prog_c1_S", 2.1e-6}, {"prog_c2_S", -2.16e-6},
	{"prog_c3_S", 0.8e-6}, {"nu_slope", -0.0387}, {"nu_offset", -0.0182},
	{"nu_min", 0.072}, {"nu_c0", 0.08}, {"nu_c1", -0.0126},
	{"nu_c2", -0.05}, {"nu_sd_slope", -0.012}, {"nu_sd_offset", -0.0023},
	{"nu_sd_min", 0.0124}, {"nu_sd_c0", 0.012}, {"nu_sd_c1", 0.0116},
	{"nu_sd_c2", -0.0165}, {"t0_s", 220}, {"q_slope", -0.0078},
	{"q_offset", 0.0038}, {"q_min", 0.0179}, {"q_c0", 0.0100},
	{"q_c1", 0.0768}, {"q_c2", -0.1352}, {"q_c3", 0.0664}, {0}};

#define HERMES_KEYS "&prog_c0_S=0.18e-6&prog_c1_S=2.1e-6&prog_c3_S=0.8e-6" \
	"&nu_c0=0.08&nu_c2=-0.05&nu_sd_c0=0.012&t0_s=220&q_c0=0.01"

static void pcm_hermes_white(void)
{
	round_trip("pcm-hermes1", "white", HERMES_KEYS, hermes);
}

const struct mr_test mr_tests[] = {
	{"target_white_found", pcm_target_white},
	{"target_flicker_found", pcm_target_flicker},
	{"hermes1_white_found", pcm_hermes_white},
	{0},
};
