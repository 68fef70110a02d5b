/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Acceptance of deep SoftHebb on CIFAR-10 (`make check-long`): D1, D2 and D4 of
 * the project's fact sheet on SoftHebb, section 4.8, each printed beside its
 * bound, with its times.
 */
#include <stdio.h>
#include <stdlib.h>

#include "apps/softhebb/deep.h"
#include "test.h"

#define READ_OUT_TRAIN 10000
#define READ_OUT_EPOCHS 20

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

static void run(const char *preset, uint32_t n_test, bool random,
                struct mr_deep_result *result)
{
	struct mr_deep_plan plan = {.preset = mr_deep_preset_find(preset),
	                            .train = &train, .test = &test,
	                            .n_train = READ_OUT_TRAIN,
	                            .n_test = n_test,
	                            .epochs = READ_OUT_EPOCHS,
	                            .random = random,
	                            .n_pass = random ? 2000 : 0};
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_deep_run(&plan, result, &err), MR_OK, err);
	for (uint32_t l = 0; l < result->n_layers; l++)
		printf("# %s layer %u: winner %.3f, radius %.2f +- %.2f, "
		       "%u at 1, %u used, %.1f s\n", preset, l + 1,
		       (double)result->layer[l].p_winner,
		       (double)result->layer[l].radius_mean,
		       (double)result->layer[l].radius_sd,
		       result->layer[l].n_radius_one, result->layer[l].n_used,
		       result->layer[l].spent_s);
	printf("# %s: pass %.1f s, features %.1f s (mean %.2f, most %.1f), "
	       "classifier %.1f s\n", preset, result->pass_s,
	       result->features_s, (double)result->feature_mean,
	       (double)result->feature_max, result->classifier_s);
	printf("# %s: test accuracy %.2f %%, train %.2f %%\n", preset,
	       100 * (double)result->test_accuracy,
	       100 * (double)result->epoch[result->n_epochs - 1].train_accuracy);
	(void)fflush(stdout);
}

static void deep_first_layer_reaches_d1_and_d2(void)
{
	struct mr_deep_result r;

	load();
	run("cifar10-1", 10000, false, &r);
	printf("# D1: winner .57 .. .63, radius 4.2 .. 5.2, sd 1.5 .. 2.1\n"
	       "# D2: >= 59.5 %%\n");
	CU_ASSERT(r.layer[0].p_winner >= .57f && r.layer[0].p_winner <= .63f);
	CU_ASSERT(r.layer[0].radius_mean >= 4.2f &&
	          r.layer[0].radius_mean <= 5.2f);
	CU_ASSERT(r.layer[0].radius_sd >= 1.5f && r.layer[0].radius_sd <= 2.1f);
	CU_ASSERT(r.test_accuracy >= .595f);
	mr_deep_result_free(&r);
}

/* The sheet's baseline: 48.5 %. */
static void deep_random_weights_stay_behind(void)
{
	struct mr_deep_result r;

	load();
	run("cifar10-1", 10000, true, &r);
	CU_ASSERT(r.test_accuracy >= .45f && r.test_accuracy <= .52f);
	mr_deep_result_free(&r);
}

static void deep_quarter_width_reaches_d4(void)
{
	struct mr_deep_result r;

	load();
	run("cifar10-3-quarter", 5000, false, &r);
	printf("# D4: >= 62 %%\n");
	CU_ASSERT(r.test_accuracy >= .62f);
	mr_deep_result_free(&r);
}

const struct mr_test mr_tests[] = {
	{"deep_first_layer_reaches_d1_and_d2",
	 deep_first_layer_reaches_d1_and_d2},
	{"deep_random_weights_stay_behind", deep_random_weights_stay_behind},
	{"deep_quarter_width_reaches_d4", deep_quarter_width_reaches_d4},
	{0},
};
