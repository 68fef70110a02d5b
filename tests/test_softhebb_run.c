/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Whole runs of small deep networks on made-up images: order of training,
 * checkpoints, the classifier, presets and what is refused. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/softhebb/checkpoint.h"
#include "apps/softhebb/deep.h"
#include "test.h"

#define N_IMAGES 70
#define SIDE 12
#define AREA (SIDE * SIDE)

static uint8_t pixels[N_IMAGES * AREA];
static uint16_t labels[N_IMAGES];

/* Stripes along rows or columns, by label. */
static struct mr_images banded(void)
{
	for (uint32_t i = 0; i < N_IMAGES; i++) {
		labels[i] = (uint16_t)(i % 2);
		for (uint32_t p = 0; p < AREA; p++) {
			uint32_t at = labels[i] ? p / SIDE : p % SIDE;
			uint32_t noise = (i * 7919u + p * 104729u) % 61;

			pixels[i * AREA + p] = (uint8_t)(
				((at + i) % 4 < 2 ? 150 : 30) + noise);
		}
	}
	return (struct mr_images){.n = N_IMAGES, .channels = 1,
	                          .height = SIDE, .width = SIDE,
	                          .n_classes = 2, .label = labels,
	                          .pixels = pixels};
}

static const struct mr_deep_preset small = {
	.name = "small", .dataset = "mnist", .n_layers = 2, .batch = 4,
	.layer = {{.n_kernels = 10, .kernel = 3, .pad = 1, .t = 1,
                   .eta0 = 0.08f, .p = 0.5f, .pool = MR_DEEP_POOL_MAX,
                   .pool_size = 4, .pool_stride = 2, .pool_pad = 1,
                   .q = 0.7f},
                  {.n_kernels = 12, .kernel = 3, .pad = 1, .t = 0.65f,
                   .eta0 = 0.02f, .p = 0.5f, .pool = MR_DEEP_POOL_AVG,
                   .pool_size = 2, .pool_stride = 2, .q = 1}},
	.epochs = 3, .epoch_batch = 16, .dropout = 0.5f};

/* A stop after so many batches of all kinds. */
struct brake {
	volatile sig_atomic_t stop;
	uint32_t left;
};

static void brake(void *user, const struct mr_deep_progress *at)
{
	struct brake *b = user;

	(void)at;
	if (b->left && --b->left == 0)
		b->stop = 1;
}

static bool same_weights(const struct mr_deep_result *a,
                         const struct mr_deep_result *b)
{
	bool same = a->network && b->network;

	for (uint32_t l = 0; same && l < a->n_layers; l++) {
		const struct mr_deep_block *p = &a->network->block[l];
		const struct mr_deep_block *q = &b->network->block[l];
		size_t n = p->spec->n_kernels * p->shape.fan_in;
		float *w = calloc(2 * n, sizeof *w);

		if (!w || p->carrier.weights(p->carrier.self, w, NULL) ||
		    q->carrier.weights(q->carrier.self, w + n, NULL))
			abort();
		same = same && memcmp(w, w + n, n * sizeof *w) == 0 &&
		       memcmp(p->run_var, q->run_var,
		              p->shape.channels * sizeof *p->run_var) == 0;
		free(w);
	}
	return same;
}

static bool same_figures(const struct mr_deep_result *a,
                         const struct mr_deep_result *b)
{
	bool same = a->n_epochs == b->n_epochs &&
	            memcmp(a->epoch, b->epoch, sizeof a->epoch) == 0;

	for (uint32_t l = 0; l < a->n_layers; l++)
		same = same &&
		       memcmp(&a->layer[l].p_winner, &b->layer[l].p_winner,
		              sizeof(float)) == 0 &&
		       a->layer[l].n_used == b->layer[l].n_used &&
		       memcmp(&a->layer[l].radius_mean,
		              &b->layer[l].radius_mean, sizeof(float)) == 0;
	return same;
}

static void must_run(const struct mr_deep_plan *plan,
                     struct mr_deep_result *result)
{
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_deep_run(plan, result, &err), MR_OK, err);
}

/* ---- resuming ------------------------------------------------------------ */

/* Stopped after k batches and taken up again, for each k of a few. */
static void resumes(bool simultaneous, uint32_t shift)
{
	static const uint32_t stops[] = {1, 7, 18, 19, 31, 36, 37, 80};
	char path[MR_TEST_PATH_MAX];
	struct mr_images images = banded();
	struct mr_deep_plan plan = {.preset = &small, .train = &images,
	                            .test = &images, .seed = 2385,
	                            .simultaneous = simultaneous,
	                            .shift = shift, .threads = 2};
	struct mr_deep_result whole, part;
	struct mr_errtext err = {""};

	must_run(&plan, &whole);
	plan.checkpoint = mr_test_path(path, "resume.ck");
	for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
		struct brake b = {.left = stops[i]};
		struct mr_deep_plan broken = plan, rest = plan;

		broken.progress = brake;
		broken.user = &b;
		broken.stop = &b.stop;
		broken.checkpoint_every = 1;
		int code = mr_deep_run(&broken, &part, &err);

		CU_ASSERT(code == MR_ERR_STOPPED || code == MR_OK);
		CU_ASSERT(part.partial == (code == MR_ERR_STOPPED));
		mr_deep_result_free(&part);
		rest.resume = true;
		rest.threads = 1;
		must_run(&rest, &part);
		CU_ASSERT(same_weights(&whole, &part));
		CU_ASSERT(same_figures(&whole, &part));
		mr_deep_result_free(&part);
	}
	mr_deep_result_free(&whole);
}

static void run_resumed_successive_is_bit_exact(void)
{
	resumes(false, 0);
}

static void run_resumed_simultaneous_is_bit_exact(void)
{
	resumes(true, 0);
}

/* Features are worked out anew in each epoch, also in one that is resumed. */
static void run_resumed_with_moved_images_is_bit_exact(void)
{
	resumes(true, 2);
}

static void run_moved_images_change_the_classifier_alone(void)
{
	struct mr_images images = banded();
	struct mr_deep_plan plan = {.preset = &small, .train = &images,
	                            .test = &images, .seed = 2385,
	                            .simultaneous = true, .threads = 1};
	struct mr_deep_result still, moved;

	must_run(&plan, &still);
	plan.shift = 2;
	must_run(&plan, &moved);
	CU_ASSERT(same_weights(&still, &moved));
	CU_ASSERT(!same_figures(&still, &moved));
	mr_deep_result_free(&still);
	mr_deep_result_free(&moved);
}

/* ---- checkpoints that are refused ---------------------------------------- */

static size_t slurp(const char *path, uint8_t *bytes, size_t room)
{
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(bytes, 1, room, f) : 0;

	if (f)
		(void)fclose(f);
	return n;
}

static void spill(const char *path, const uint8_t *bytes, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(bytes, 1, n, f) != n || fclose(f))
		abort();
}

static void refused(const struct mr_deep_plan *plan, int code,
                    const char *text)
{
	struct mr_deep_result result;
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_deep_run(plan, &result, &err), code, err);
	MR_HAS(err.text, text);
	CU_ASSERT(result.network == NULL);
}

static void checkpoint_damaged_is_refused(void)
{
	static uint8_t bytes[1 << 16];
	char path[MR_TEST_PATH_MAX];
	struct mr_images images = banded();
	struct mr_deep_plan plan = {.preset = &small, .train = &images,
	                            .n_pass = 8,
	                            .checkpoint = mr_test_path(path, "bad.ck")};
	struct mr_deep_result result;

	must_run(&plan, &result);
	mr_deep_result_free(&result);
	size_t n = slurp(path, bytes, sizeof bytes);

	CU_ASSERT_FATAL(n > 100 && n < sizeof bytes);
	plan.resume = true;
	spill(path, bytes, n - 3);
	refused(&plan, MR_ERR_FORMAT, "damaged or cut off");
	spill(path, bytes, 20);
	refused(&plan, MR_ERR_FORMAT, "ends at byte");
	bytes[n - 40] ^= 1;
	spill(path, bytes, n);
	refused(&plan, MR_ERR_FORMAT, "damaged or cut off");
	bytes[8] = 1;
	spill(path, bytes, n);
	refused(&plan, MR_ERR_FORMAT, "version 1; this program reads version 3");
	bytes[0] = 'X';
	spill(path, bytes, n);
	refused(&plan, MR_ERR_FORMAT, "no checkpoint of a deep network");
	(void)remove(path);
	refused(&plan, MR_ERR_MISSING, "bad.ck cannot be read");
}

static void checkpoint_of_another_run_is_refused(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_images images = banded();
	struct mr_deep_preset other = small;
	struct mr_deep_plan plan = {.preset = &small, .train = &images,
	                            .n_pass = 8,
	                            .checkpoint = mr_test_path(path, "other.ck")};
	struct mr_deep_result result;

	must_run(&plan, &result);
	mr_deep_result_free(&result);
	plan.resume = true;
	plan.seed = 1;
	refused(&plan, MR_ERR_USAGE, "another seed");
	plan.seed = 0;
	other.layer[1].n_kernels = 13;
	plan.preset = &other;
	refused(&plan, MR_ERR_USAGE, "another network");
	plan.preset = &small;
	pixels[77] ^= 1;
	refused(&plan, MR_ERR_USAGE, "another set of images");
	images = banded();
	plan.n_pass = 12;
	refused(&plan, MR_ERR_USAGE, "another number of images (8, here 12)");
	plan.n_pass = 8;
	plan.simultaneous = true;
	refused(&plan, MR_ERR_USAGE, "another way of training");
}

/* ---- training ------------------------------------------------------------ */

static void run_threads_do_not_change_a_bit(void)
{
	struct mr_images images = banded();
	struct mr_deep_plan plan = {.preset = &small, .train = &images,
	                            .test = &images, .threads = 1};
	struct mr_deep_result one, three;

	must_run(&plan, &one);
	plan.threads = 3;
	must_run(&plan, &three);
	CU_ASSERT(same_weights(&one, &three));
	CU_ASSERT(same_figures(&one, &three));
	mr_deep_result_free(&one);
	mr_deep_result_free(&three);
}

static void run_random_weights_stay(void)
{
	struct mr_images images = banded();
	struct mr_deep_plan plan = {.preset = &small, .train = &images,
	                            .random = true};
	struct mr_deep_network *fresh = NULL;
	struct mr_deep_result r;
	struct mr_errtext err = {""};
	float w[2][90];

	must_run(&plan, &r);
	MR_CODE_ERR(mr_deep_network_alloc(&small, &images, 0, NULL, 1, &fresh,
	                                  &err), MR_OK, err);
	for (int i = 0; i < 2; i++) {
		struct mr_deep_network *n = i ? fresh : r.network;

		MR_CODE(n->block[0].carrier.weights(n->block[0].carrier.self,
		                                    w[i], &err), MR_OK);
	}
	CU_ASSERT(memcmp(w[0], w[1], sizeof w[0]) == 0);
	CU_ASSERT(r.network->block[1].run_var[0] != 1.0f);
	/* 25 +- 25 / sqrt(2 * 9) for ten kernels of nine weights */
	MR_NEAR((double)r.layer[0].radius_mean, 25, 3 * 6 / sqrt(10));
	mr_deep_network_free(fresh);
	mr_deep_result_free(&r);
}

static void run_classifier_learns_stripes(void)
{
	struct mr_images images = banded();
	struct mr_deep_plan plan = {.preset = &small, .train = &images,
	                            .test = &images, .epochs = 30};
	struct mr_deep_result r;

	must_run(&plan, &r);
	CU_ASSERT(r.n_epochs == 30);
	CU_ASSERT(r.test_accuracy == 1);
	CU_ASSERT(r.epoch[29].loss < r.epoch[0].loss);
	mr_deep_result_free(&r);
}

static void run_images_that_do_not_fit_are_refused(void)
{
	struct mr_images images = banded(), other = images, bare = images;
	struct mr_deep_plan plan = {.preset = &small, .train = &images,
	                            .test = &other};

	other.width = 6;
	refused(&plan, MR_ERR_USAGE, "different shapes");
	bare.label = NULL;
	plan.test = &bare;
	refused(&plan, MR_ERR_USAGE, "needs labels");
	plan.test = &images;
	plan.epochs = MR_DEEP_EPOCHS_MAX + 1;
	refused(&plan, MR_ERR_USAGE, "at most 200");
	plan.epochs = 1;
	plan.shift = SIDE;
	refused(&plan, MR_ERR_USAGE, "cannot be moved by 12 pixels");
	plan.shift = 0;
	plan.folder = "/nowhere";
	refused(&plan, MR_ERR_IO, "/nowhere: no temporary file");
}

/* ---- classifier ---------------------------------------------------------- */

/* Epochs after which the rate is halved: fact sheet, 2.6. */
static void classifier_rate_follows_the_schedule(void)
{
	static const uint32_t after[] = {10, 17, 25, 30, 35, 40, 45};
	double rate = 1e-3;
	size_t k = 0;

	for (uint32_t e = 0; e < 50; e++) {
		if (k < 7 && e == after[k]) {
			rate /= 2;
			k++;
		}
		MR_NEAR((double)mr_classifier_rate(e, 50), rate, 1e-9);
	}
	MR_NEAR((double)mr_classifier_rate(49, 50), 7.8e-6, 2e-8);
	MR_NEAR((double)mr_classifier_rate(9, 20), 1e-3, 1e-9);
	MR_NEAR((double)mr_classifier_rate(10, 20), 5e-4, 1e-9);
	MR_NEAR((double)mr_classifier_rate(15, 20), 2.5e-4, 1e-9);
	MR_NEAR((double)mr_classifier_rate(18, 19), 1e-3, 1e-9);
}

#define WIDTH 37
#define CLASSES 3
#define ROWS 5

/* Against differences of the loss; the same chance drops the same features. */
static void gradient_is_slope(float dropout)
{
	static const uint16_t label[ROWS] = {0, 2, 1, 1, 0};
	static const uint32_t index[ROWS] = {4, 1, 0, 3, 2};
	const struct mr_deep_kernels *kernels = mr__deep_kernels_pick();
	struct mr_features f;
	struct mr_classifier c;
	struct mr_team *team = NULL;
	struct mr_errtext err = {""};
	float in[ROWS * WIDTH];
	const float step = 0.01f;

	for (size_t i = 0; i < ROWS * WIDTH; i++)
		in[i] = (float)(i * 31 % 17) / 8;
	MR_CODE(mr_team_start(1, &team, &err), MR_OK);
	MR_CODE_ERR(mr_features_alloc(ROWS, WIDTH, NULL, &f, &err), MR_OK, err);
	MR_CODE(mr_features_put(&f, kernels, 0, ROWS, in, &err), MR_OK);
	f.label = label;
	MR_CODE(mr_classifier_alloc(WIDTH, CLASSES, ROWS, dropout, 5, kernels,
	                            team, &c, &err), MR_OK);
	for (size_t i = 0; i < c.n_param; i += 7) {
		struct mr_classifier_tally up = {0}, down = {0}, at = {0};
		float w = c.w[i];

		c.w[i] = w + step;
		mr_classifier_gradient(&c, &f, index, ROWS, 0, &up);
		c.w[i] = w - step;
		mr_classifier_gradient(&c, &f, index, ROWS, 0, &down);
		c.w[i] = w;
		mr_classifier_gradient(&c, &f, index, ROWS, 0, &at);
		MR_NEAR((double)c.g[i],
		        (up.loss - down.loss) / (2 * (double)step) / ROWS,
		        1e-3);
	}
	mr_classifier_free(&c);
	mr_features_free(&f);
	mr_team_free(team);
}

static void classifier_gradient_is_the_slope(void)
{
	gradient_is_slope(0);
	gradient_is_slope(0.5f);
	gradient_is_slope(0.4f);
}

static void features_beyond_half_precision_are_refused(void)
{
	const float in[6] = {1, 2, 65504, 3, 65530, 4};
	const struct mr_deep_kernels *kernels = mr__deep_kernels_pick();
	struct mr_features f;
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_features_alloc(2, 3, NULL, &f, &err), MR_OK, err);
	MR_CODE(mr_features_put(&f, kernels, 0, 1, in, &err), MR_OK);
	MR_CODE(mr_features_put(&f, kernels, 1, 1, in + 3, &err), MR_ERR_RANGE);
	MR_HAS(err.text, "feature 1 of image 1 is 65530");
	MR_CODE(mr_features_put(&f, kernels, 1, 1, (float[]){0, 0, NAN}, &err),
	        MR_ERR_RANGE);
	mr_features_free(&f);
}

/* ---- presets ------------------------------------------------------------- */

/* Shapes and numbers of features as section 2.5 states them. */
static void presets_have_the_stated_features(void)
{
	static const struct {
		const char *name;
		uint32_t channels, side, features;
	} rows[] = {
		{"mnist-cnn", 1, 28, 13824},  {"cifar10-1", 3, 32, 24576},
		{"cifar10-2", 3, 32, 24576},  {"cifar10-3", 3, 32, 24576},
		{"cifar10-3-quarter", 3, 32, 6144},
		{"stl10-4", 3, 96, 221184},   {"imagenet", 3, 160, 307200},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct mr_deep_preset *p = mr_deep_preset_find(rows[i].name);
		struct mr_deep_shape s = {.channels = rows[i].channels,
		                          .height = rows[i].side,
		                          .width = rows[i].side};
		struct mr_errtext err = {""};

		CU_ASSERT_FATAL(p != NULL);
		CU_ASSERT(mr_dataset_find(p->dataset) != NULL);
		for (uint32_t l = 0; l < p->n_layers; l++) {
			MR_CODE_ERR(mr__deep_shape(&p->layer[l], l, &s, &err),
			            MR_OK, err);
			if (l + 1 == p->n_layers)
				CU_ASSERT(s.n_out == rows[i].features);
			s = (struct mr_deep_shape){
				.channels = p->layer[l].n_kernels,
				.height = s.out_height, .width = s.out_width};
		}
	}
	CU_ASSERT(mr_deep_preset_find("none") == NULL);
}

const struct mr_test mr_tests[] = {
	{"run_resumed_successive_is_bit_exact",
	 run_resumed_successive_is_bit_exact},
	{"run_resumed_with_moved_images_is_bit_exact",
	 run_resumed_with_moved_images_is_bit_exact},
	{"run_moved_images_change_the_classifier_alone",
	 run_moved_images_change_the_classifier_alone},
	{"run_resumed_simultaneous_is_bit_exact",
	 run_resumed_simultaneous_is_bit_exact},
	{"checkpoint_damaged_is_refused", checkpoint_damaged_is_refused},
	{"checkpoint_of_another_run_is_refused",
	 checkpoint_of_another_run_is_refused},
	{"run_threads_do_not_change_a_bit", run_threads_do_not_change_a_bit},
	{"run_random_weights_stay", run_random_weights_stay},
	{"run_classifier_learns_stripes", run_classifier_learns_stripes},
	{"run_images_that_do_not_fit_are_refused",
	 run_images_that_do_not_fit_are_refused},
	{"classifier_rate_follows_the_schedule",
	 classifier_rate_follows_the_schedule},
	{"classifier_gradient_is_the_slope", classifier_gradient_is_the_slope},
	{"features_beyond_half_precision_are_refused",
	 features_beyond_half_precision_are_refused},
	{"presets_have_the_stated_features", presets_have_the_stated_features},
	{0},
};
