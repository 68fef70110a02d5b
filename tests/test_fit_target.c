/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Target programming: coefficients that the fit is not told come back. */
#include "memrig/fit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calibration/lawchain.h"
#include "calibration/lawpieces.h"
#include "calibration/targetlevels.h"
#include "fitbench.h"
#include "test.h"

#define SEEDS 2

static void measure(struct mr_bench_log *b)
{
	for (uint32_t k = 0; k < 4; k++) {
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

	if (e->state == MR_ESTIMATE_FITTED)
		printf("  %-12s truth %10.4g fit %10.4g: %+.2f se (bound "
		       "4.5)\n", w->name, w->truth, e->value,
		       (e->value - w->truth) / e->se);
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
		               "emu:%s?rows=16&cols=16&noise=%s%s&seed=%d",
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

static void pulses(struct mr_bench_log *b)
{
	mr_bench_pulses(b, 1, 3, 1);
}

static void pulses_are_no_targets(void)
{
	struct mr_fit_options options = {.model = "pcm-target"};
	struct mr_fit *fit = NULL;
	struct mr_fitbench t;

	mr_fitbench_begin(&t, "emu:pcm?rows=4&cols=4", "pcm", pulses);
	MR_CODE_ERR(mr_fit_history(t.history, &options, &fit, &t.err),
	            MR_ERR_UNSUPPORTED, t.err);
	MR_HAS(t.err.text, "programmed to targets");
	CU_ASSERT_PTR_NULL(fit);
	mr_fitbench_end(&t);
}

/* Laws need errors of the levels: a matrix that is none is refused by both steps. */
static void levels_without_errors(void)
{
	struct mr__law_pieces pieces[MR__TARGET_N_OF] = {{0}};
	struct mr__law_chain *chain = calloc(1, sizeof *chain);
	struct mr__target_levels levels;
	struct mr__targets *t = NULL;
	struct mr_fitbench b;
	double p[MR_PARAMS_MAX];

	CU_ASSERT_PTR_NOT_NULL_FATAL(chain);
	mr_fitbench_begin(&b, "emu:pcm-target?rows=8&cols=8", "pcm-target",
	                  measure);
	MR_CODE_ERR(mr__targets_begin(&b.f, false, &t), MR_OK, b.err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	mr__target_levels_group(t);
	MR_CODE_ERR(mr__target_levels_fit(t, &levels), MR_OK, b.err);
	memcpy(p, t->p, sizeof p);
	for (int law = 0; law < MR__TARGET_N_OF; law++)
		MR_CODE(mr__law_pieces_choose(t, &levels, law, p, &pieces[law]),
		        MR_OK);
	memset(levels.cov, 0, levels.n * levels.n * sizeof *levels.cov);
	MR_CODE(mr__law_chain_run(t, &levels, pieces, p, chain), MR_ERR_RANGE);
	for (int law = 0; law < MR__TARGET_N_OF; law++)
		MR_CODE(mr__law_pieces_choose(t, &levels, law, p, &pieces[law]),
		        MR_ERR_RANGE);
	mr__target_levels_free(&levels);
	mr__targets_release(t);
	mr_fitbench_end(&b);
	free(chain);
}

const struct mr_test mr_tests[] = {
	{"target_white_found", pcm_target_white},
	{"target_flicker_found", pcm_target_flicker},
	{"hermes1_white_found", pcm_hermes_white},
	{"target_pulses_refused", pulses_are_no_targets},
	{"target_levels_without_errors_refused", levels_without_errors},
	{0},
};
