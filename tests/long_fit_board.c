/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Round trips through the wire: virtual boards in front of cells whose parameters
 * the fit is not told, the whole suite "standard" on emulated time. The fit must
 * choose the right model and find its coefficients; fresh data of the board must
 * not differ from those of the same board in front of the fitted file, and must
 * from those of wrong cells.
 *
 * Words: MEMRIG_FIT_SEEDS=N changes the number of seeds, MEMRIG_FIT_FIRST=N the
 * first of them.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "roundtrip.h"
#include "test.h"

#define SEEDS 10
#define URI_MAX 1600

/* None of them a default. */
#define CELLS "emu.m1=-0.1&emu.c1_S=1e-6&emu.a1_S=1.2e-6&emu.alpha_pulses=3" \
	"&emu.m2=0.08&emu.c2_S=0.3e-6&emu.a2_S=1.8e-6&emu.g_reset_S=0.12e-6" \
	"&emu.sd_reset_S=0.02e-6&emu.g_min_S=0.15e-6&emu.g_max_S=11e-6" \
	"&emu.nu=0.05&emu.nu_spread=0.012&emu.t0_s=30&emu.m3=0.04" \
	"&emu.c3_S=0.1e-6"

/* Bounds as those of the cells alone (long_fit.c). */
static const struct mr_wanted wanted[] = {
	{"m1", -0.1, 0.10},     {"c1_S", 1.0e-6, 0.10},
	{"a1_S", 1.2e-6, 0.10}, {"alpha_pulses", 3.0, 0.10},
	{"m2", 0.08, 0.10},     {"c2_S", 0.3e-6, 0.10},
	{"a2_S", 1.8e-6, 0.10}, {"g_reset_S", 0.12e-6, 0},
	{"sd_reset_S", 0.02e-6, 0}, {"g_min_S", 0.15e-6, 0},
	{"g_max_S", 11e-6, 0},  {"nu", 0.05, 0.04},
	{"nu_spread", 0.012, 0.15}, {"t0_s", 30, 0},
	{"m3", 0.04, 0},        {"c3_S", 0.1e-6, 0}, /* last: the noise */
};

#define N_WANTED (sizeof wanted / sizeof *wanted)

/* A board, and what stands behind it. */
struct board {
	const char *driver; /* and transport */
	const char *keys;   /* of the board; each ends with & */
	const char *shape;  /* of the cells, which the fitted file knows */
	const char *twin;   /* more, where a fitted file stands behind it */
	unsigned cycles;    /* that a reading is the mean of */
};

/* Cells that are none of the original's: the wrong models of the issue. */
static const char *const wrong[] = {"emu.a1_S=0&emu.a2_S=0&",
                                    "emu.nu_spread=0&"};

static unsigned first_seed(void)
{
	return mr_roundtrip_number("MEMRIG_FIT_FIRST", 1);
}

/* Up to the number of its seed. */
static void twin_uri(const struct board *b, const char *ini, const char *more,
                     char *uri)
{
	(void)snprintf(uri, URI_MAX, "%s:%s?%s%s%semu.seed=", b->driver, ini,
	               b->keys, b->twin, more);
}

/* The same chip once more, beside its twin and wrong ones. */
static void compare_twins(const struct board *b, struct mr_array *array,
                          const char *log, const char *ini, unsigned seed)
{
	struct mr_history *fresh;
	char uri[URI_MAX];
	char drawn[URI_MAX + 16];
	size_t groups = 0;
	size_t n;

	mr_roundtrip_measure(array, log);
	fresh = mr_roundtrip_load(log);
	twin_uri(b, ini, "", uri);
	mr_roundtrip_twin(fresh, log, uri, seed);
	for (size_t k = 0; k < 2 && seed == first_seed(); k++) {
		twin_uri(b, ini, wrong[k], uri);
		(void)snprintf(drawn, sizeof drawn, "%s%u", uri, 1000 + seed);
		n = mr_roundtrip_differ(fresh, log, drawn, &groups);
		printf("  seed %u: twin with %s differs in %zu of %zu groups\n",
		       seed, wrong[k], n, groups);
		CU_ASSERT(n > 0);
	}
	mr_history_free(fresh);
}

/* A fit sees readings: noise is that of the mean of their cycles. */
static struct mr_wanted wanted_of(const struct board *b, size_t k)
{
	struct mr_wanted w = wanted[k];

	if (k >= N_WANTED - 2)
		w.truth /= sqrt(b->cycles);
	return w;
}

static void look(const struct board *b, const struct mr_fit *fit,
                 struct mr_found *found)
{
	CU_ASSERT_STRING_EQUAL(fit->model->name, "pcm");
	CU_ASSERT(fit->n_choices >= 2);
	for (size_t k = 0; k < N_WANTED; k++) {
		struct mr_wanted w = wanted_of(b, k);

		mr_roundtrip_look(fit, &w, &found[k]);
	}
	if (fit->n_choices >= 2)
		printf("  %s %.4f, %s %.4f nat\n", fit->choices[0].model,
		       fit->choices[0].score, fit->choices[1].model,
		       fit->choices[1].score);
}

static void one_trip(const struct board *b, unsigned seed,
                     struct mr_found *found)
{
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};
	struct mr_history *history;
	struct mr_fit *fit = NULL;
	char path[MR_TEST_PATH_MAX];
	char ini[MR_TEST_PATH_MAX];
	char uri[URI_MAX];

	(void)snprintf(uri, sizeof uri, "%s:pcm?%s%s" CELLS "&emu.seed=%u",
	               b->driver, b->keys, b->shape, seed);
	mr_test_path(path, "fit.db");
	mr_test_path(ini, "twin.ini");
	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(array);
	mr_roundtrip_measure(array, path);
	history = mr_roundtrip_load(path);
	MR_CODE_ERR(mr_fit_history(history, NULL, &fit, &err), MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fit);
	look(b, fit, found);
	MR_CODE_ERR(mr_fit_save(fit, history, path, ini, &err), MR_OK, err);
	mr_fit_free(fit);
	mr_history_free(history);
	compare_twins(b, array, path, ini, seed);
	MR_CODE_ERR(mr_array_close(array, &err), MR_OK, err);
}

static void round_trip(const struct board *b)
{
	struct mr_found found[N_WANTED] = {{0}};
	unsigned seeds = mr_roundtrip_number("MEMRIG_FIT_SEEDS", SEEDS);
	unsigned covered = 0;
	unsigned all = 0;

	printf("\n%s, %u seeds\n", b->driver, seeds);
	for (unsigned k = 0; k < seeds; k++)
		one_trip(b, first_seed() + k, found);
	for (size_t k = 0; k < N_WANTED; k++) {
		struct mr_wanted w = wanted_of(b, k);

		mr_roundtrip_judge(&w, &found[k]);
		covered += found[k].covered;
		all += found[k].fits;
	}
	printf("  covered %.1f %% of %u (bounds 90 to 99 %%)\n",
	       100.0 * covered / all, all);
	if (seeds >= SEEDS)
		CU_ASSERT(covered >= 0.90 * all && covered <= 0.99 * all);
}

static void arc_one(void)
{
	static const struct board board = {
		.driver = "arc1+loop",
		.keys = "rows=16&cols=16&device=pcm&device.r_load_ohm=2385"
			"&device.width_set_s=1e-7&",
		.shape = "emu.rows=16&emu.cols=16&emu.r_load_ohm=2385"
			 "&emu.width_set_s=1e-7&",
		.twin = "board.noise=reading&",
		.cycles = 30,
	};

	round_trip(&board);
}

/* One reading is one of the cells', after the board's converter. */
static void scpi(void)
{
	static const struct board board = {
		.driver = "scpi+loop",
		.keys = "",
		.shape = "emu.rows=32&emu.cols=32&",
		.twin = "",
		.cycles = 1,
	};

	round_trip(&board);
}

const struct mr_test mr_tests[] = {
	{"board_arc_one_is_recovered", arc_one},
	{"board_scpi_is_recovered", scpi},
	{0},
};
