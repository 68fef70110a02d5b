/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Layers of deep networks on arrays: sums, decay, learning, and a trained network
 * that is moved to arrays and ages. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/softhebb/deep_crossbar.h"
#include "apps/softhebb/norms.h"
#include "apps/softhebb/transfer.h"
#include "apps/softhebb/transfer_plot.h"
#include "memrig/memrig.h"

#include "session.h"
#include "test.h"
#include "toyset.h"

#define N 6
#define K 3
#define EXACT "emu:ideal?dg_S=1e-7&rows=6&cols=6&seed=1"

/* Cells that take targets exactly and stay, behind a meter of 8 bits. */
#define METERED                                                               \
	"emu:pcm-target?rows=6&cols=6&seed=1&prog_scale=0&noise_scale=0&"     \
	"drift_scale=0&adc_bits=8"

/* Set to half a step of .1 uS of 10, of either cell: of a weight of 2. */
#define CELL_ERROR 2e-2

static void some_weights(float *w)
{
	for (int k = 0; k < K * N; k++)
		w[k] = (float)((k * 7) % 11 - 5) / 4;
}

struct laid {
	struct mr_array *array;
	struct mr_deep_carrier c;
	struct mr_errtext err;
	float w[K * N];
};

enum way { PLAIN, DIGITAL, PER_OUTPUT, WAYS };

static struct laid lay_on(const char *uri, enum way way)
{
	struct mr_hebb_mapping how = {.coding = MR_CODING_PAIR,
	                              .digital = way == DIGITAL,
	                              .per_output = way == PER_OUTPUT,
	                              .budget = 3000,
	                              .w_clip = way == PLAIN ? 2 : 1};
	struct laid l = {.array = mr_session_open(uri)};

	MR_CODE_ERR(mr_deep_crossbar(l.array, &how, N, K, &l.c, &l.err), MR_OK,
	            l.err);
	some_weights(l.w);
	MR_CODE_ERR(l.c.start(l.c.self, l.w, &l.err), MR_OK, l.err);
	return l;
}

static struct laid lay(enum way way)
{
	return lay_on(EXACT, way);
}

static void drop(struct laid *l)
{
	mr_deep_crossbar_free(&l->c);
	MR_CODE(mr_array_close(l->array, NULL), MR_OK);
}

static double product(const float *w, const float *x)
{
	double sum = 0;

	for (int j = 0; j < N; j++)
		sum += (double)w[j] * (double)x[j];
	return sum;
}

static void deep_sums_are_the_layers(void)
{
	for (enum way way = PLAIN; way < WAYS; way++) {
		struct laid l = lay(way);
		float x[2 * N], u[2 * K], radius[K];

		for (int j = 0; j < 2 * N; j++)
			x[j] = (float)(j % 5 - 2) * 1.7f; /* beyond 1: scaled */
		MR_CODE(l.c.multiply(l.c.self, x, 2, u, &l.err), MR_OK);
		for (int p = 0; p < 2; p++)
			for (int k = 0; k < K; k++)
				MR_NEAR(u[p * K + k],
				        product(&l.w[k * N], &x[p * N]),
				        N * 3.4 * CELL_ERROR);
		MR_CODE(l.c.radii(l.c.self, radius, &l.err), MR_OK);
		for (int k = 0; k < K; k++)
			MR_NEAR(radius[k],
			        sqrt(product(&l.w[k * N], &l.w[k * N])),
			        CELL_ERROR * sqrt(N));
		drop(&l);
	}
}

static void deep_decay_takes_the_arrays_weights(void)
{
	for (enum way way = PLAIN; way < WAYS; way++) {
		struct laid l = lay(way);
		float yu[K] = {1, -2, 0.5f}, d[K * N] = {0}, most;

		MR_CODE(l.c.decay(l.c.self, yu, d, &most, &l.err), MR_OK);
		for (int k = 0; k < K; k++)
			for (int j = 0; j < N; j++)
				MR_NEAR(d[k * N + j],
				        -(double)yu[k] * (double)l.w[k * N + j],
				        2 * 2 * CELL_ERROR);
		MR_NEAR(most, 2 * 1.25, 0.6);
		drop(&l);
	}
}

/* A step to first order: what second order leaves is eta^2 |d|^2 / r; a pulse is
 * a change of .02. */
static void deep_learning_moves_the_weights(void)
{
	for (enum way way = PLAIN; way < PER_OUTPUT; way++) {
		struct laid l = lay(way);
		float d[K * N], eta[K] = {0.1f, 0.05f, 0}, yu[K] = {0}, after[K * N];
		float most;

		for (int k = 0; k < K * N; k++)
			d[k] = (float)(k % 4 - 1.5);
		MR_CODE(l.c.decay(l.c.self, yu, d, &most, &l.err), MR_OK);
		MR_NEAR(most, 1.5, 1e-6);
		MR_CODE(l.c.learn(l.c.self, d, most, eta, &l.err), MR_OK);
		MR_CODE(l.c.weights(l.c.self, after, &l.err), MR_OK);
		for (int k = 0; k < K; k++)
			for (int j = 0; j < N; j++)
				MR_NEAR(after[k * N + j],
				        (double)l.w[k * N + j] +
				                (double)eta[k] *
				                        (double)d[k * N + j] / 1.5,
				        2 * CELL_ERROR + 0.02);
		CU_ASSERT(mr_deep_crossbar_worn(&l.c).pulses > 0);
		drop(&l);
	}
}

/* Vectors that are all alike drive most: they must not cost the others their
 * resolution, and their own sums stay right. */
static void deep_meter_is_fitted(void)
{
	struct laid l = lay_on(METERED, PER_OUTPUT);
	float x[3 * N], u[3 * K];

	for (int j = 0; j < 3 * N; j++)
		x[j] = j < 2 * N ? (float)(j % 5 - 2) * 1.7f : 0.6f;
	CU_ASSERT_EQUAL(mr_deep_crossbar_range(&l.c), 0);
	mr_deep_crossbar_fit(&l.c);
	MR_CODE(l.c.multiply(l.c.self, x, 3, u, &l.err), MR_OK);
	/* a line's most: all inputs at .2 V, all cells at 25 uS */
	CU_ASSERT(mr_deep_crossbar_range(&l.c) > 1e-7);
	CU_ASSERT(mr_deep_crossbar_range(&l.c) < N * 0.2 * 25e-6);
	for (int p = 0; p < 3; p++)
		for (int k = 0; k < K; k++) /* half a step of two lines */
			MR_NEAR(u[p * K + k], product(&l.w[k * N], &x[p * N]),
			        mr_deep_crossbar_range(&l.c) / 127 /
			                (0.2 * 25e-6) * 3.4 * 1.25 * 1.01);
	CU_ASSERT_EQUAL(mr_deep_crossbar_worn(&l.c).clipped, 0);
	CU_ASSERT_EQUAL(mr_deep_crossbar_worn(&l.c).sums, 3 * K * 2);
	for (int j = 0; j < 3 * N; j++)
		x[j] = 0;
	mr_deep_crossbar_fit(&l.c);
	MR_CODE(l.c.multiply(l.c.self, x, 3, u, &l.err), MR_ERR_RANGE);
	MR_HAS(l.err.text, "read_range");
	drop(&l);
}

static void deep_failures_are_told(void)
{
	struct mr_hebb_mapping how = {.coding = MR_CODING_PAIR};
	struct mr_array *small = mr_session_open("emu:ideal?rows=2&cols=2");
	struct mr_deep_carrier c = {0};
	struct mr_errtext err = {""};
	float w[K * N];

	some_weights(w);
	MR_CODE(mr_deep_crossbar(small, &how, N, K, &c, &err), MR_OK);
	MR_CODE(c.start(c.self, w, &err), MR_ERR_RANGE);
	MR_HAS(err.text, "6 x 6 cells are needed");
	mr_deep_crossbar_free(&c);
	MR_CODE(mr_array_close(small, NULL), MR_OK);
}

/* ---- a whole network ---------------------------------------------------------------- */

static const struct mr_deep_preset toy = {
	.name = "toy", .dataset = "toy", .title = "bars", .n_layers = 2,
	.layer = {{.n_kernels = 6, .kernel = 3, .pad = 1, .t = 1, .eta0 = 0.08f,
	           .p = 0.5f, .pool = MR_DEEP_POOL_MAX, .pool_size = 2,
	           .pool_stride = 2, .q = 0.7f},
	          {.n_kernels = 8, .kernel = 3, .pad = 1, .t = 0.65f,
	           .eta0 = 0.005f, .p = 0.5f, .pool = MR_DEEP_POOL_AVG,
	           .pool_size = 2, .pool_stride = 2, .q = 1}},
	.batch = 10, .epochs = 8, .epoch_batch = 20, .dropout = 0.5f};

struct moving {
	struct mr_transfer_plan plan;
	struct mr_transfer_table table;
};

static int move(void *user, struct mr_deep_network *network,
                struct mr_classifier *classifier, struct mr_errtext *err)
{
	struct moving *m = user;

	return mr_transfer(&m->plan, network, classifier, &m->table, err);
}

static int run_and_move(struct moving *m, struct mr_deep_result *result,
                        struct mr_images *train, struct mr_images *test,
                        struct mr_errtext *err)
{
	struct mr_deep_plan plan = {.preset = &toy, .train = train, .test = test,
	                            .seed = 3, .threads = 1, .finished = move,
	                            .user = m};

	m->plan.test = test;
	m->plan.fit = train;
	m->plan.mapping.coding = MR_CODING_PAIR;
	return mr_deep_run(&plan, result, err);
}

/* A panel for each kind of array, and what cannot be drawn is told. */
static void draw_table(const struct moving *m)
{
	char path[MR_TEST_PATH_MAX], text[65536] = "";
	struct mr_errtext err = {""};
	FILE *file;
	int code = mr_transfer_plot(&m->plan, &m->table,
	                            mr_session_path(path, "moved.svg"), &err);

	if (code == MR_ERR_UNSUPPORTED) {
		MR_HAS(err.text, "gnuplot");
		return;
	}
	MR_CODE_ERR(code, MR_OK, err);
	file = fopen(path, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT(fread(text, 1, sizeof text - 1, file) > 0);
	CU_ASSERT_EQUAL(fclose(file), 0);
	for (uint32_t u = 0; u < m->plan.n_uris; u++) /* & is &amp; there */
		MR_HAS(text, u < 2 ? m->plan.uris[u] : "adc_bits=8");
	MR_HAS(text, "batch norms anew");
	MR_CODE(mr_transfer_plot(&m->plan, &m->table, "nowhere/a.svg", &err),
	        MR_ERR_IO);
}

/* Exact cells keep what was learned; phase-change cells keep most of it, and
 * compensation does not harm. */
static void moved_network_keeps_its_accuracy(void)
{
	static const char *const uris[] = {
		"emu:ideal?dg_S=1e-8", "emu:pcm-target",
		"emu:pcm-target?adc_bits=8&dac_bits=8"};
	static const uint64_t seeds[] = {1, 2};
	static const double ages_s[] = {100, 86400};
	struct mr_images train = toyset_make(200, 1), test = toyset_make(80, 2);
	struct mr_deep_result result = {0};
	struct mr_errtext err = {""};
	struct moving m = {.plan = {.uris = uris, .n_uris = 3, .seeds = seeds,
	                            .n_seeds = 2, .age_s = ages_s, .n_ages = 2,
	                            .mapping = {.budget = 3000}}};

	MR_CODE_ERR(run_and_move(&m, &result, &train, &test, &err), MR_OK, err);
	CU_ASSERT(result.test_accuracy >= 0.9f);
	MR_NEAR(m.table.in_float, result.test_accuracy, 1e-6);
	CU_ASSERT_EQUAL_FATAL(m.table.n_rows, 6);
	for (uint32_t k = 0; k < 6; k++) {
		const struct mr_transfer_row *row = &m.table.row[k];

		CU_ASSERT_EQUAL(row->n_ages, 2);
		CU_ASSERT_EQUAL(row->seed, seeds[k % 2]);
		for (int care = 0; care < MR_CARES; care++)
			CU_ASSERT(row->age[0].accuracy[care] >=
			          m.table.in_float - (row->uri ? 0.2 : 0.03));
		CU_ASSERT_EQUAL(row->n_layers, 2);
		for (uint32_t l = 0; l < 2; l++)
			CU_ASSERT((row->range_A[l] > 0) == (row->uri == 2));
		/* 8 x 8 and 4 x 4 positions, pairs of 6 and of 8 */
		CU_ASSERT_EQUAL(row->n_sums, 2 * MR_CARES * 80 *
		                                     (64 * 12 + 16 * 16));
		CU_ASSERT(row->n_clipped < row->n_sums / 100);
	}
	draw_table(&m);
	free(m.table.row);
	mr_deep_result_free(&result);
	mr_images_free(&train);
	mr_images_free(&test);
}

/* Of two batches of ten, pictures 0, 2, ... and 20, 22, ... of 40. The first
 * layer's moments are those of the pixels, the unbiased variance that of a batch. */
static void norms_are_those_of_the_images(void)
{
	struct mr_images images = toyset_make(40, 1);
	struct mr_deep_network *network = NULL;
	struct mr_norms norms = {0};
	struct mr_errtext err = {""};
	double mean = 0, variance = 0;
	size_t pixels = (size_t)images.height * images.width;

	MR_CODE_ERR(mr_deep_network_alloc(&toy, &images, 1, NULL, 1, &network,
	                                  &err), MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(network);
	MR_CODE_ERR(mr_norms_keep(network, &norms, &err), MR_OK, err);
	MR_CODE_ERR(mr_norms_learn(network, &images, 15, NULL, &err), MR_OK, err);
	for (uint32_t batch = 0; batch < 2; batch++) {
		double n = 10.0 * (double)pixels, sum = 0, square = 0;

		for (uint32_t i = 0; i < 10; i++)
			for (size_t p = 0; p < pixels; p++) {
				double x = images.pixels[(batch * 10 + i) * 2 *
				                         pixels + p] / 255.0;

				sum += x;
				square += x * x;
			}
		mean += sum / n / 2;
		variance += (square - sum * sum / n) / (n - 1) / 2;
	}
	MR_NEAR(network->block[0].run_mean[0], mean, 1e-6);
	MR_NEAR(network->block[0].run_var[0], variance, 1e-6);
	CU_ASSERT(network->block[1].run_mean[0] > 0); /* began as 0 */
	mr_norms_restore(&norms, network);
	for (uint32_t l = 0; l < 2; l++) {
		CU_ASSERT_EQUAL(network->block[l].run_mean[0], 0);
		CU_ASSERT_EQUAL(network->block[l].run_var[0], 1);
	}
	mr_norms_free(&norms);
	mr_deep_network_free(network);
	mr_images_free(&images);
}

static void learning_norms_can_be_stopped(void)
{
	struct mr_images images = toyset_make(40, 1);
	struct mr_deep_network *network = NULL;
	struct mr_errtext err = {""};
	volatile sig_atomic_t stop = 1;

	MR_CODE_ERR(mr_deep_network_alloc(&toy, &images, 1, NULL, 1, &network,
	                                  &err), MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(network);
	MR_CODE(mr_norms_learn(network, &images, 15, &stop, &err),
	        MR_ERR_STOPPED);
	CU_ASSERT_EQUAL(network->block[0].run_mean[0], 0);
	mr_deep_network_free(network);
	mr_images_free(&images);
}

static void programmings_take_turns_on_images(void)
{
	static const char *const uris[] = {"emu:pcm-target"};
	static const uint64_t seeds[] = {1, 2, 3};
	static const double ages_s[] = {100};
	struct mr_images train = toyset_make(200, 1), test = toyset_make(80, 2);
	struct mr_deep_result result = {0};
	struct mr_errtext err = {""};
	struct moving m = {.plan = {.uris = uris, .n_uris = 1, .seeds = seeds,
	                            .n_seeds = 3, .age_s = ages_s, .n_ages = 1,
	                            .n_test = 20, .mapping.per_output = true,
	                            .cares = 1u << MR_CARE_COLUMN}};

	MR_CODE_ERR(run_and_move(&m, &result, &train, &test, &err), MR_OK, err);
	CU_ASSERT_EQUAL(m.table.n_test, 20);
	CU_ASSERT_EQUAL(m.table.n_float, 60);
	CU_ASSERT_EQUAL_FATAL(m.table.n_rows, 3);
	for (uint32_t k = 0; k < 3; k++) {
		const double *accuracy = m.table.row[k].age[0].accuracy;

		for (int care = 0; care < MR_CARES; care++)
			CU_ASSERT(care == MR_CARE_COLUMN
			                  ? accuracy[care] >= 0.7
			                  : isnan(accuracy[care]));
	}
	free(m.table.row);
	mr_deep_result_free(&result);
	mr_images_free(&train);
	mr_images_free(&test);
}

static void moving_to_nowhere_is_told(void)
{
	static const char *const uris[] = {"emu:nosuchmodel"};
	static const uint64_t seeds[] = {1};
	static const double ages_s[] = {100};
	struct mr_images train = toyset_make(40, 1), test = toyset_make(20, 2);
	struct mr_deep_result result = {0};
	struct mr_errtext err = {""};
	struct moving m = {.plan = {.uris = uris, .n_uris = 1, .seeds = seeds,
	                            .n_seeds = 1, .age_s = ages_s, .n_ages = 1}};

	CU_ASSERT(run_and_move(&m, &result, &train, &test, &err) < 0);
	MR_HAS(err.text, "nosuchmodel");
	CU_ASSERT_EQUAL(m.table.n_rows, 0);
	free(m.table.row);
	mr_deep_result_free(&result);
	mr_images_free(&train);
	mr_images_free(&test);
}

const struct mr_test mr_tests[] = {
	{"deep_sums_are_the_layers", deep_sums_are_the_layers},
	{"deep_decay_takes_the_arrays_weights",
	 deep_decay_takes_the_arrays_weights},
	{"deep_learning_moves_the_weights", deep_learning_moves_the_weights},
	{"deep_meter_is_fitted", deep_meter_is_fitted},
	{"deep_failures_are_told", deep_failures_are_told},
	{"moved_network_keeps_its_accuracy", moved_network_keeps_its_accuracy},
	{"norms_are_those_of_the_images", norms_are_those_of_the_images},
	{"learning_norms_can_be_stopped", learning_norms_can_be_stopped},
	{"programmings_take_turns_on_images",
	 programmings_take_turns_on_images},
	{"moving_to_nowhere_is_told", moving_to_nowhere_is_told},
	{0},
};
