/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Shallow SoftHebb with its weights on arrays: sums, tiles, updates, what is
 * learned, and what is refused. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/softhebb/crossbar.h"
#include "apps/softhebb/shallow.h"
#include "memrig/memrig.h"

#include "session.h"
#include "test.h"
#include "toyset.h"

#define N_IN (TOY_SIDE * TOY_SIDE)
#define N_OUT 6

static const struct mr_hebb_params rule = {.t = 30, .eta0 = 0.2, .radius = 2.5};

static struct mr_hebb_mapping mapping_of(bool digital)
{
	return (struct mr_hebb_mapping){.digital = digital, .w_clip = 0.6,
	                                .coding = MR_CODING_PAIR,
	                                .refresh_every = 50,
	                                .measure_every = 50, .seed = 3};
}

static struct mr_array *open_array(const char *model, unsigned rows,
                                   unsigned cols, unsigned seed)
{
	char uri[96];

	(void)snprintf(uri, sizeof uri, "emu:%s?rows=%u&cols=%u&seed=%u", model,
	               rows, cols, seed);
	return mr_session_open(uri);
}

static void first_weights(float *w)
{
	struct mr_hebb_params small = rule;

	small.radius = 1;
	mr_hebb_first(&small, 9, N_IN, N_OUT, w);
}

static void first_input(float *x)
{
	struct mr_images toy = toyset_make(1, 5);

	for (int j = 0; j < N_IN; j++)
		x[j] = (float)toy.pixels[j];
	(void)mr_samples_norm(x, N_IN, x);
	mr_images_free(&toy);
}

/* ---- sums ------------------------------------------------------------------------ */

/* Cells are set to within `tolerance` of a full one (mr_tiles_set()): of a sum of
 * n_in weights that err so, independently and uniformly, 5 sigma. */
static void check_sums(uint32_t tile_rows, uint32_t tile_cols, bool digital)
{
	struct mr_hebb_mapping how = mapping_of(digital);
	struct mr_array *array[4];
	struct mr_hebb_carrier c = {0};
	struct mr_errtext err = {""};
	float w[N_IN * N_OUT], x[N_IN], u[N_OUT];
	double step = 0.02 * how.w_clip / sqrt(3.0);

	how.tolerance = 0.02;
	for (unsigned i = 0; i < tile_rows * tile_cols; i++)
		array[i] = open_array("ideal", N_IN, 2 * N_OUT, i + 1);
	MR_CODE_ERR(mr_hebb_array(&rule, &how, array, tile_rows, tile_cols, N_IN,
	                          N_OUT, &c, &err),
	            MR_OK, err);
	first_weights(w);
	first_input(x);
	MR_CODE(c.type->start(c.self, w), MR_OK);
	MR_CODE(c.type->multiply(c.self, x, 1, u), MR_OK);
	for (int k = 0; k < N_OUT; k++) {
		double wanted = 0;

		for (int j = 0; j < N_IN; j++)
			wanted += (double)w[k * N_IN + j] * (double)x[j];
		MR_NEAR(u[k], wanted, 5 * step * sqrt(2.0) * 1.5);
	}
	mr_hebb_free(&c);
	for (unsigned i = 0; i < tile_rows * tile_cols; i++)
		MR_CODE(mr_array_close(array[i], NULL), MR_OK);
}

static void crossbar_sums_are_the_layers(void)
{
	check_sums(1, 1, false);
	check_sums(1, 1, true);
}

static void crossbar_tiles_add_up(void)
{
	check_sums(2, 1, false);
	check_sums(1, 2, true);
	check_sums(2, 2, true);
}

/* ---- learning -------------------------------------------------------------------- */

static double learn_toy(const char *model, const struct mr_hebb_mapping *how,
                        struct mr_hebb_wear *wear, struct mr_errtext *err)
{
	struct mr_images train = toyset_make(400, 1), test = toyset_make(200, 2);
	struct mr_shallow_plan plan = {.params = rule, .train = &train,
	                               .test = &test, .n_out = N_OUT,
	                               .batch = 2, .epochs = 1};
	struct mr_shallow_result result = {0};
	struct mr_hebb_carrier c = {0};
	struct mr_array *array = NULL;
	double right;

	if (how) {
		array = open_array(model, N_IN, 4 * N_OUT, 7);
		MR_CODE_ERR(mr_hebb_array(&rule, how, &array, 1, 1, N_IN, N_OUT,
		                          &c, err),
		            MR_OK, *err);
	} else {
		MR_CODE_ERR(mr_hebb_float(&rule, N_IN, N_OUT, 1, &c, err), MR_OK,
		            *err);
	}
	MR_CODE_ERR(mr_shallow_run(&plan, &c, 1, &result, err), MR_OK, *err);
	CU_ASSERT_EQUAL(result.n_seen, 400);
	CU_ASSERT_FALSE(result.partial);
	right = result.test.labels;
	if (wear)
		*wear = mr_hebb_worn(&c);
	mr_shallow_free(&result);
	mr_hebb_free(&c);
	if (array)
		MR_CODE(mr_array_close(array, NULL), MR_OK);
	mr_images_free(&train);
	mr_images_free(&test);
	return right;
}

/* Bars are disjoint: a network that works errs nowhere or hardly anywhere. */
static void toy_classes_are_learned_everywhere(void)
{
	static const char *const models[] = {"ideal", "pcm-step", "pcm"};
	struct mr_errtext err = {""};
	struct mr_hebb_wear wear;

	CU_ASSERT(learn_toy("", NULL, NULL, &err) >= 0.97);
	for (unsigned digital = 0; digital < 2; digital++)
		for (size_t k = 0; k < sizeof models / sizeof *models; k++) {
			struct mr_hebb_mapping how = mapping_of(digital);

			CU_ASSERT(learn_toy(models[k], &how, &wear, &err) >=
			          0.9);
			CU_ASSERT(wear.pulses > 0);
			CU_ASSERT(wear.reads > 0);
			CU_ASSERT(wear.drives >= 400);
		}
}

static void every_way_to_pulse_learns(void)
{
	static const enum mr_hebb_pulsing ways[] = {
		MR_PULSING_ACCUMULATE, MR_PULSING_ROUND, MR_PULSING_OUTER};
	struct mr_errtext err = {""};

	for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
		struct mr_hebb_mapping how = mapping_of(true);
		struct mr_hebb_wear wear;

		how.pulsing = ways[k];
		how.eta_stop = 0.05;
		CU_ASSERT(learn_toy("pcm-step", &how, &wear, &err) >= 0.8);
		CU_ASSERT(wear.pulses > 0);
	}
}

static void two_cells_a_weight_learn(void)
{
	struct mr_hebb_mapping how = mapping_of(true);
	struct mr_errtext err = {""};

	how.n_cells = 2;
	CU_ASSERT(learn_toy("pcm", &how, NULL, &err) >= 0.9);
}

/* The same steps on the same cells, cut in four: sums differ by their rounding
 * alone, a weight by it, or by a step of a fiftieth where it tipped a pulse. */
static struct mr_hebb_wear learn_tiled(const char *model, uint32_t side,
                                       const struct mr_hebb_mapping *how,
                                       struct mr_shallow_result *result)
{
	unsigned n_cells = how->n_cells ? how->n_cells : 1;
	struct mr_hebb_wear wear;
	struct mr_images train = toyset_make(400, 1), test = toyset_make(200, 2);
	struct mr_shallow_plan plan = {.params = rule, .train = &train,
	                               .test = &test, .n_out = N_OUT,
	                               .batch = 2, .epochs = 1};
	struct mr_hebb_carrier c = {0};
	struct mr_array *array[4];
	struct mr_errtext err = {""};

	for (unsigned i = 0; i < side * side; i++)
		array[i] = open_array(model, N_IN / side,
		                      2 * n_cells * N_OUT / side, i);
	MR_CODE_ERR(mr_hebb_array(&rule, how, array, side, side, N_IN, N_OUT,
	                          &c, &err),
	            MR_OK, err);
	MR_CODE_ERR(mr_shallow_run(&plan, &c, 1, result, &err), MR_OK, err);
	wear = mr_hebb_worn(&c);
	mr_hebb_free(&c);
	for (unsigned i = 0; i < side * side; i++)
		MR_CODE(mr_array_close(array[i], NULL), MR_OK);
	mr_images_free(&train);
	mr_images_free(&test);
	return wear;
}

static void tiles_learn_as_one_array(void)
{
	struct mr_shallow_result one, four;
	struct mr_hebb_mapping how = mapping_of(true);
	double most = 0;

	(void)learn_tiled("ideal", 1, &how, &one);
	(void)learn_tiled("ideal", 2, &how, &four);
	CU_ASSERT(one.test.labels >= 0.9);
	CU_ASSERT(four.test.labels == one.test.labels);
	for (int k = 0; k < N_IN * N_OUT; k++)
		most = fmax(most, fabs((double)(one.w[k] - four.w[k])));
	CU_ASSERT(most < 0.02);
	mr_shallow_free(&one);
	mr_shallow_free(&four);
	(void)learn_tiled("pcm", 2, &how, &four);
	CU_ASSERT(four.test.labels >= 0.9);
	mr_shallow_free(&four);
}

/* Every sample and every neuron is in a bin. */
static void histograms_count_all(void)
{
	struct mr_shallow_result r;
	uint32_t samples = 0, neurons = 0;
	struct mr_hebb_mapping how = mapping_of(true);
	double mean = 0;

	(void)learn_tiled("pcm", 1, &how, &r);
	for (int k = 0; k < MR_VOTE_BINS; k++) {
		samples += r.test.winner_bins[k];
		mean += r.test.winner_bins[k] * (k + 0.5) / MR_VOTE_BINS;
	}
	for (int k = 0; k < MR_RADIUS_BINS; k++)
		neurons += r.radius_bins[k];
	CU_ASSERT_EQUAL(samples, 200);
	CU_ASSERT_EQUAL(neurons, N_OUT);
	MR_NEAR(mean / 200, r.test.winner_p, 0.5 / MR_VOTE_BINS);
	CU_ASSERT(r.radius_top >= 2);
	mr_shallow_free(&r);
}

/* With 64 cells a weight a step is that much finer: changes are of many steps. */
static void pulses_beyond_the_most_are_counted(void)
{
	static const enum mr_hebb_pulsing ways[] = {MR_PULSING_ROUND,
	                                            MR_PULSING_OUTER};

	for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
		struct mr_hebb_mapping how = mapping_of(true);
		struct mr_shallow_result r;

		how.pulsing = ways[k];
		CU_ASSERT_EQUAL(learn_tiled("pcm-step", 1, &how, &r).dropped, 0);
		mr_shallow_free(&r);
		how.n_cells = 64;
		CU_ASSERT(learn_tiled("pcm-step", 1, &how, &r).dropped > 0);
		mr_shallow_free(&r);
	}
}

static void same_seed_gives_same_result(void)
{
	struct mr_hebb_mapping how = mapping_of(true);
	struct mr_hebb_wear a, b;
	struct mr_errtext err = {""};
	double first = learn_toy("pcm", &how, &a, &err);

	CU_ASSERT(first == learn_toy("pcm", &how, &b, &err));
	CU_ASSERT_EQUAL(a.pulses, b.pulses);
	CU_ASSERT_EQUAL(a.refreshed, b.refreshed);
}

/* ---- refused --------------------------------------------------------------------- */

static void small_array_is_refused(void)
{
	struct mr_hebb_mapping how = mapping_of(true);
	struct mr_array *array = open_array("ideal", 4, 4, 1);
	struct mr_hebb_carrier c = {0};
	struct mr_errtext err = {""};

	MR_CODE(mr_hebb_array(&rule, &how, &array, 1, 1, N_IN, N_OUT, &c, &err),
	        MR_ERR_RANGE);
	MR_HAS(err.text, "cells are needed");
	CU_ASSERT_PTR_NULL(c.self);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void too_many_tiles_are_refused(void)
{
	struct mr_hebb_mapping how = mapping_of(true);
	struct mr_array *array[8];
	struct mr_hebb_carrier c = {0};
	struct mr_errtext err = {""};

	for (unsigned i = 0; i < 8; i++)
		array[i] = open_array("ideal", 4, 4, i);
	MR_CODE(mr_hebb_array(&rule, &how, array, 1, 8, 2, N_OUT, &c, &err),
	        MR_ERR_USAGE);
	MR_HAS(err.text, "1 x 8 tiles");
	for (unsigned i = 0; i < 8; i++)
		MR_CODE(mr_array_close(array[i], NULL), MR_OK);
}

/* Whichever operation fails, the run ends with the array's own sentence. */
static void failing_operation_ends_the_run(void)
{
	struct mr_hebb_mapping how = mapping_of(true);
	struct mr_images toy = toyset_make(40, 1);
	struct mr_shallow_plan plan = {.params = rule, .train = &toy,
	                               .test = &toy, .n_out = N_OUT,
	                               .batch = 2, .epochs = 1};
	unsigned failed = 0;

	for (unsigned at = 1; at < 400; at += 13) {
		char uri[128];
		struct mr_array *array;
		struct mr_shallow_result result = {0};
		struct mr_hebb_carrier c = {0};
		struct mr_errtext err = {""};

		(void)snprintf(uri, sizeof uri,
		               "emu:pcm?rows=%d&cols=%d&seed=1&fault.at=%u", N_IN,
		               2 * N_OUT, at);
		array = mr_session_open(uri);
		MR_CODE_ERR(mr_hebb_array(&rule, &how, &array, 1, 1, N_IN, N_OUT,
		                          &c, &err),
		            MR_OK, err);
		if (mr_shallow_run(&plan, &c, 1, &result, &err) != MR_OK) {
			failed++;
			CU_ASSERT(err.text[0] != '\0');
			CU_ASSERT_PTR_NULL(result.w);
		}
		mr_shallow_free(&result);
		mr_hebb_free(&c);
		(void)mr_array_close(array, NULL);
	}
	CU_ASSERT(failed > 10);
	mr_images_free(&toy);
}

const struct mr_test mr_tests[] = {
	{"crossbar_sums_are_the_layers", crossbar_sums_are_the_layers},
	{"crossbar_tiles_add_up", crossbar_tiles_add_up},
	{"toy_classes_are_learned_everywhere", toy_classes_are_learned_everywhere},
	{"every_way_to_pulse_learns", every_way_to_pulse_learns},
	{"two_cells_a_weight_learn", two_cells_a_weight_learn},
	{"tiles_learn_as_one_array", tiles_learn_as_one_array},
	{"histograms_count_all", histograms_count_all},
	{"pulses_beyond_the_most_are_counted",
	 pulses_beyond_the_most_are_counted},
	{"same_seed_gives_same_result", same_seed_gives_same_result},
	{"small_array_is_refused", small_array_is_refused},
	{"too_many_tiles_are_refused", too_many_tiles_are_refused},
	{"failing_operation_ends_the_run", failing_operation_ends_the_run},
	{0},
};
