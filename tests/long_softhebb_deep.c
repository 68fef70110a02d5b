/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Acceptance of deep SoftHebb on CIFAR-10 (`make check-long`): D1 to D4 of the
 * project's fact sheet on SoftHebb, section 4.8, means of three seeds, each printed
 * beside its bound, with its times.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/softhebb/deep.h"
#include "sha256.h"
#include "test.h"

#define SEEDS 3

static struct mr_images train, test;

static void load(void)
{
	const struct mr_dataset *set = mr_dataset_find("cifar10");
	const char *data = getenv("MEMRIG_DATA"), *dir = data ? data : "../shared/data";
	struct mr_errtext err = {""};
	int code;

	if (train.n)
		return;

	code = mr_images_load(set, dir, MR_IMAGES_TRAIN, 0, &train, &err);
	if (!code)
		code = mr_images_load(set, dir, MR_IMAGES_TEST, 0, &test, &err);
	if (code == MR_ERR_MISSING)
		MR_SKIP("CIFAR-10 is not here");
	MR_CODE_ERR(code, MR_OK, err);
}

/* What three seeds made of it: means. */
struct means {
	double accuracy;
	double winner;
	double radius;
	double radius_sd;
};

/* The read-out of the sheet's D2 and D4: few images, few epochs. */
static const struct mr_deep_plan brief = {.n_train = 10000, .n_test = 10000,
                                          .epochs = 20};

static void tell(const char *preset, uint64_t seed,
                 const struct mr_deep_result *r)
{
	for (uint32_t l = 0; l < r->n_layers; l++)
		printf("# %s seed %llu layer %u: winner %.3f, radius %.2f +- "
		       "%.2f, %u at 1, %u used, %.1f s\n", preset,
		       (unsigned long long)seed, l + 1,
		       (double)r->layer[l].p_winner,
		       (double)r->layer[l].radius_mean,
		       (double)r->layer[l].radius_sd, r->layer[l].n_radius_one,
		       r->layer[l].n_used, r->layer[l].spent_s);
	printf("# %s seed %llu: pass %.1f s, features %.1f s, classifier %.1f "
	       "s; test %.2f %%, train %.2f %%\n", preset,
	       (unsigned long long)seed, r->pass_s, r->features_s,
	       r->classifier_s, 100 * (double)r->test_accuracy,
	       100 * (double)r->epoch[r->n_epochs - 1].train_accuracy);
	(void)fflush(stdout);
}

static struct means run(const char *preset, struct mr_deep_plan plan)
{
	struct means m = {0};

	plan.preset = mr_deep_preset_find(preset);
	plan.train = &train;
	plan.test = &test;
	for (plan.seed = 1; plan.seed <= SEEDS; plan.seed++) {
		struct mr_deep_result r;
		struct mr_errtext err = {""};

		MR_CODE_ERR(mr_deep_run(&plan, &r, &err), MR_OK, err);
		tell(preset, plan.seed, &r);
		m.accuracy += (double)r.test_accuracy / SEEDS;
		m.winner += (double)r.layer[0].p_winner / SEEDS;
		m.radius += (double)r.layer[0].radius_mean / SEEDS;
		m.radius_sd += (double)r.layer[0].radius_sd / SEEDS;
		mr_deep_result_free(&r);
	}
	return m;
}

static void deep_first_layer_reaches_d1_and_d2(void)
{
	struct means m;

	load();
	m = run("cifar10-1", brief);
	printf("# D1: winner %.3f (.57 to .63), radius %.2f (4.2 to 5.2), sd "
	       "%.2f (1.5 to 2.1)\n# D2: %.2f %% (59.5 or more)\n", m.winner,
	       m.radius, m.radius_sd, 100 * m.accuracy);
	CU_ASSERT(m.winner >= .57 && m.winner <= .63);
	CU_ASSERT(m.radius >= 4.2 && m.radius <= 5.2);
	CU_ASSERT(m.radius_sd >= 1.5 && m.radius_sd <= 2.1);
	CU_ASSERT(m.accuracy >= .595);
}

/* The sheet's baseline: 48.5 %. */
static void deep_random_weights_stay_behind(void)
{
	struct mr_deep_plan plan = brief;
	struct means m;

	load();
	plan.random = true;
	plan.n_pass = 2000;
	m = run("cifar10-1", plan);
	printf("# random weights: %.2f %% (45 to 52)\n", 100 * m.accuracy);
	CU_ASSERT(m.accuracy >= .45 && m.accuracy <= .52);
}

/* Of the pixels of the test set as they were published, planes without labels. */
#define ORIGINAL \
	"177777c33ba79825320efa646ad04a94" \
	"bdc3c80e4ebe3bd21724f8cdfd4b9d56"

static bool is_original(void)
{
	char text[SHA256_TEXT];
	struct sha256 sum;

	sha256_begin(&sum);
	sha256_take(&sum, test.pixels,
	            (size_t)test.n * test.channels * test.height * test.width);
	sha256_end(&sum, text);
	return strcmp(text, ORIGINAL) == 0;
}

/* All images, 50 epochs. */
static void deep_one_layer_reaches_d3(void)
{
	struct means m;

	load();
	if (!is_original())
		MR_SKIP("these pixels of CIFAR-10 have been through JPEG, which "
		        "costs 1.6 points: see data/cifar10/from_npm.py");
	m = run("cifar10-1", (struct mr_deep_plan){0});
	printf("# D3: %.2f %% (69.5 to 71.5)\n", 100 * m.accuracy);
	CU_ASSERT(m.accuracy >= .695 && m.accuracy <= .715);
}

static void deep_quarter_width_reaches_d4(void)
{
	struct means m;

	load();
	m = run("cifar10-3-quarter", brief);
	printf("# D4: %.2f %% (62 or more)\n", 100 * m.accuracy);
	CU_ASSERT(m.accuracy >= .62);
}

const struct mr_test mr_tests[] = {
	{"deep_first_layer_reaches_d1_and_d2",
	 deep_first_layer_reaches_d1_and_d2},
	{"deep_random_weights_stay_behind", deep_random_weights_stay_behind},
	{"deep_one_layer_reaches_d3", deep_one_layer_reaches_d3},
	{"deep_quarter_width_reaches_d4", deep_quarter_width_reaches_d4},
	{0},
};
