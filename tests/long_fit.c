/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Round trips of fits: arrays with parameters that the fit is not told,
 * measured and fitted on ten seeds. Bounds are those of the project's issue on
 * characterisation: 95 % intervals cover 90 to 99 % of all coefficients, none
 * is off by more than 4.5 standard errors, and means over the seeds are within
 * what each line states.
 *
 * Words: MEMRIG_FIT_SEEDS=N changes the number of seeds.
 */
#include "memrig/memrig.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocols.h"
#include "test.h"

#define SEEDS 10
#define NAMES_MAX 16

/* A coefficient that is looked for. */
struct wanted {
	const char *name;
	double truth;
	double within; /* relative, of the mean over seeds; 0 = not bounded */
};

/* What ten fits made of it. */
struct found {
	double sum;
	double worst;     /* greatest |error| / se */
	unsigned covered; /* by 1.96 se */
	unsigned fits;
	double mean_se;
};

static unsigned seeds(void)
{
	const char *text = getenv("MEMRIG_FIT_SEEDS");

	return text ? (unsigned)strtoul(text, NULL, 10) : SEEDS;
}

static void look(const struct mr_fit *fit, const struct wanted *w,
                 struct found *found)
{
	const struct mr_estimate *e = mr_fit_find(fit, w->name);
	double off;

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_EQUAL(e->state, MR_ESTIMATE_FITTED);
	off = fabs(e->value - w->truth) / e->se;
	found->sum += e->value;
	found->mean_se += e->se;
	found->worst = fmax(found->worst, off);
	found->covered += off <= 1.96;
	found->fits++;
}

/* Prints a line, and asserts its bounds. */
static void judge(const struct wanted *w, const struct found *f)
{
	double mean = f->sum / f->fits;
	double off = fabs(mean / w->truth - 1);
	double se = f->mean_se / f->fits / sqrt(f->fits);

	printf("  %-12s truth %11.4g mean %11.4g off %6.2f %% (bound %4.0f %%) "
	       "worst %4.2f se, covered %u of %u\n",
	       w->name, w->truth, mean, off * 100, w->within * 100, f->worst,
	       f->covered, f->fits);
	CU_ASSERT(f->worst <= 4.5);
	if (w->within > 0)
		CU_ASSERT(off <= w->within
		          || fabs(mean - w->truth) <= 2 * se);
}

static void round_trip(const char *uri, const char *model,
                       void (*measure)(struct mr_bench_log *b),
                       const struct wanted *wanted, size_t n)
{
	struct found found[NAMES_MAX] = {{0}};
	char path[MR_TEST_PATH_MAX];
	unsigned covered = 0;
	unsigned all = 0;

	for (unsigned seed = 1; seed <= seeds(); seed++) {
		struct mr_fit_options options = {.model = model};
		struct mr_history *history = NULL;
		struct mr_fit *fit = NULL;
		struct mr_errtext err = {""};
		struct mr_bench_log b;
		char full[512];

		(void)snprintf(full, sizeof full, "%s&seed=%u", uri, seed);
		(void)remove(mr_test_path(path, "fit.db"));
		mr_bench_open(&b, full, path);
		measure(&b);
		mr_bench_close(&b);
		MR_CODE_ERR(mr_history_load(path, NULL, &history, &err), MR_OK,
		            err);
		MR_CODE_ERR(mr_fit_history(history, &options, &fit, &err),
		            MR_OK, err);
		for (size_t k = 0; k < n && fit; k++)
			look(fit, &wanted[k], &found[k]);
		mr_fit_free(fit);
		mr_history_free(history);
	}
	printf("\n%s, %u seeds\n", uri, seeds());
	for (size_t k = 0; k < n; k++) {
		judge(&wanted[k], &found[k]);
		covered += found[k].covered;
		all += found[k].fits;
	}
	printf("  covered %.1f %% of %u (bounds 90 to 99 %%)\n",
	       100.0 * covered / all, all);
	if (seeds() >= SEEDS)
		CU_ASSERT(covered >= 0.90 * all && covered <= 0.99 * all);
}

/* As the protocol pulses of the suite "standard". */
static void measure_pulses(struct mr_bench_log *b)
{
	mr_bench_pulses(b, 8, 20, 64);
	mr_bench_pulses(b, 1, 60, 64);
}

static void steps_of_pcm(void)
{
	static const struct wanted wanted[] = {
		{"m1", -0.1, 0.10},     {"c1_S", 1.0e-6, 0.10},
		{"a1_S", 1.2e-6, 0.10}, {"alpha_pulses", 3.0, 0.10},
		{"m2", 0.08, 0.10},     {"c2_S", 0.3e-6, 0.10},
		{"a2_S", 1.8e-6, 0.10}, {"g_reset_S", 0.12e-6, 0},
		{"sd_reset_S", 0.02e-6, 0}, {"g_min_S", 0.15e-6, 0},
		{"g_max_S", 11e-6, 0},
	};

	round_trip("emu:pcm?rows=32&cols=32&m1=-0.1&c1_S=1e-6&a1_S=1.2e-6"
	           "&alpha_pulses=3&m2=0.08&c2_S=0.3e-6&a2_S=1.8e-6"
	           "&g_reset_S=0.12e-6&sd_reset_S=0.02e-6&g_min_S=0.15e-6"
	           "&g_max_S=11e-6",
	           "pcm", measure_pulses, wanted,
	           sizeof wanted / sizeof *wanted);
}

static void steps_of_pcm_step(void)
{
	static const struct wanted wanted[] = {
		{"step_S", 1.2e-6, 0.10},     {"g_full_S", 9e-6, 0.10},
		{"sd_S", 0.6e-6, 0.10},       {"g_reset_S", 0.15e-6, 0.10},
		{"sd_reset_S", 0.04e-6, 0.10}, {"g_max_S", 10.5e-6, 0},
	};

	round_trip("emu:pcm-step?rows=32&cols=32&step_S=1.2e-6&g_full_S=9e-6"
	           "&sd_S=0.6e-6&g_reset_S=0.15e-6&sd_reset_S=0.04e-6"
	           "&g_max_S=10.5e-6",
	           "pcm-step", measure_pulses, wanted,
	           sizeof wanted / sizeof *wanted);
}

const struct mr_test mr_tests[] = {
	{"fit_steps_of_pcm_are_recovered", steps_of_pcm},
	{"fit_steps_of_pcm_step_are_recovered", steps_of_pcm_step},
	{0},
};
