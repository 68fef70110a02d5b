/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Fits: coefficients come back, files run, wrong input is refused. What fits
 * reach on many seeds is in long_fit.c. */
#include "memrig/memrig.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calibration/exps.h"
#include "calibration/likelihood.h"
#include "calibration/pile.h"
#include "memrig/model.h"
#include "memrig/random.h"
#include "protocols.h"
#include "test.h"

static struct mr_history *measure(const char *uri, const char *name,
                                  uint32_t cycles, uint32_t pulses)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_history *h = NULL;
	struct mr_errtext err = {""};
	struct mr_bench_log b;

	mr_bench_open(&b, uri, mr_test_path(path, name));
	mr_bench_pulses(&b, cycles, pulses, 64);
	mr_bench_close(&b);
	MR_CODE_ERR(mr_history_load(path, NULL, &h, &err), MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(h);
	return h;
}

static struct mr_fit *fit(const struct mr_history *h, const char *model)
{
	struct mr_fit_options options = {.model = model};
	struct mr_errtext err = {""};
	struct mr_fit *out = NULL;

	MR_CODE_ERR(mr_fit_history(h, &options, &out, &err), MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	return out;
}

/* Within 4.5 standard errors: one in 150,000 is not. */
static void expect(const struct mr_fit *f, const char *name, double truth)
{
	const struct mr_estimate *e = mr_fit_find(f, name);

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_EQUAL(e->state, MR_ESTIMATE_FITTED);
	CU_ASSERT(e->se > 0);
	MR_NEAR(e->value, truth, 4.5 * e->se);
}

static void steps_come_back(void)
{
	struct mr_history *h = measure(
		"emu:pcm?rows=12&cols=12&seed=2&m1=-0.1&a1_S=1.2e-6"
		"&alpha_pulses=3&c2_S=0.3e-6&g_max_S=11e-6", "pcm.db", 4, 24);
	struct mr_fit *f = fit(h, "pcm");

	expect(f, "m1", -0.1);
	expect(f, "c1_S", 0.88e-6);
	expect(f, "a1_S", 1.2e-6);
	expect(f, "alpha_pulses", 3);
	expect(f, "c2_S", 0.3e-6);
	expect(f, "g_max_S", 11e-6);
	expect(f, "g_reset_S", 0.1e-6);
	CU_ASSERT_EQUAL(mr_fit_find(f, "width_set_s")->state,
	                MR_ESTIMATE_DESCRIBED);
	CU_ASSERT_EQUAL(mr_fit_find(f, "gamma_i")->state, MR_ESTIMATE_ASSUMED);
	CU_ASSERT(f->n_warnings > 0); /* no drift was measured */
	mr_fit_free(f);
	mr_history_free(h);
}

#define PILED 2000
#define OTHERS 4000 /* evenly over 20 sd before the clamp */

/* Of a pile nearly all, of the others as few as chance has among them: what is marked
 * is as many as are clamped, within 4 sd of that number's own chance, and its mean is
 * at the clamp. */
static void pile_is_told_from_its_neighbours(void)
{
	static double beyond[PILED + OTHERS];
	static uint8_t mark[PILED + OTHERS];
	double marked = 0;
	double mean = 0;

	for (uint32_t i = 0; i < PILED + OTHERS; i++) {
		double z = (double)mr_random_normal(7, MR_PURPOSE_BIRTH, i, 0);

		beyond[i] = i < PILED ? z : z - 20.0 * (i - PILED) / OTHERS;
	}
	MR_CODE(mr__pile_mark(beyond, PILED + OTHERS, 3, mark), MR_OK);
	for (size_t i = 0; i < PILED + OTHERS; i++) {
		CU_ASSERT(mark[i] == 0 || mark[i] == 3);
		marked += mark[i] == 3;
		mean += mark[i] == 3 ? beyond[i] : 0;
	}
	printf("marked %.0f of %d, mean %.3f sd\n", marked, PILED,
	       mean / marked);
	/* twice the number beyond, which has the variance of a coin's heads */
	MR_NEAR(marked, PILED, 4 * 2 * sqrt(PILED / 4.0));
	MR_NEAR(mean / marked, 0, 4 / sqrt(PILED));
}

/* No pile, nothing marked but by chance. */
static void no_pile_is_found_where_none_is(void)
{
	static double beyond[OTHERS];
	static uint8_t mark[OTHERS];
	double marked = 0;

	for (uint32_t i = 0; i < OTHERS; i++)
		beyond[i] = (double)mr_random_normal(8, MR_PURPOSE_BIRTH, i, 0)
		            - 20.0 * i / OTHERS;
	MR_CODE(mr__pile_mark(beyond, OTHERS, 1, mark), MR_OK);
	for (size_t i = 0; i < OTHERS; i++)
		marked += mark[i];
	/* 80 are expected beyond */
	CU_ASSERT(marked <= 4 * 2 * sqrt(80));
	MR_CODE(mr__pile_mark(NULL, 0, 1, mark), MR_OK);
}

/* From where it counts as nothing to where it overflows, in uneven steps. */
static void exponentials_are_exact(void)
{
	double worst = 0;

	for (int k = 0; k < 2400; k++) {
		double x[MR__EXPS_N];
		double out[MR__EXPS_N];

		for (int i = 0; i < MR__EXPS_N; i++)
			x[i] = fmin(-720 + 0.0371 * (16 * k + i), 700);
		mr__exps(x, out);
		for (int i = 0; i < MR__EXPS_N; i++)
			worst = fmax(worst, fabs(out[i] / exp(fmax(x[i], -700))
			                         - 1));
	}
	printf("exponentials are off by %.1e at most\n", worst);
	CU_ASSERT(worst < 2e-15);
}

#define DRAWS 400

/* Two means of correlated normals; the first is not allowed above a limit. */
struct limited {
	double y[DRAWS][2];
	double limit;
};

static double of_draw(const void *self, size_t unit, const double *p)
{
	const struct limited *d = self;
	double a = d->y[unit][0] - p[0];
	double b = d->y[unit][1] - p[1];

	/* the inverse of {{1, .5}, {.5, 1}} */
	return p[0] > d->limit ? -INFINITY
	                       : -(a * a - a * b + b * b) / 1.5;
}

static void errors_of(struct limited *d, double *p, double *cov)
{
	static const double step[2] = {1e-4, 1e-4};
	struct mr__likelihood l = {d, DRAWS, 2, of_draw, step, 2};
	struct mr__maximum found;
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr__likelihood_maximise(&l, p, cov, &found, &err), MR_OK,
	            err);
}

/* Next to a limit curvature is what it is a little beside it: of this likelihood, a
 * parabola, the same. Variances of means of 400 draws scatter by 7 %. */
static void limit_leaves_errors(void)
{
	static struct limited d;
	double p[2] = {-2, -2};
	double free_cov[4];
	double cov[4];

	for (uint32_t i = 0; i < DRAWS; i++) {
		double z = (double)mr_random_normal(9, MR_PURPOSE_READ, i, 0);
		double x = (double)mr_random_normal(9, MR_PURPOSE_READ, i, 1);

		d.y[i][0] = z - 1;
		d.y[i][1] = 0.5 * z + sqrt(0.75) * x;
	}
	d.limit = INFINITY;
	errors_of(&d, p, free_cov);
	MR_NEAR(free_cov[0], 1.0 / DRAWS, 0.3 / DRAWS);
	MR_NEAR(free_cov[1], 0.5 / DRAWS, 0.3 / DRAWS);
	d.limit = p[0] + 3e-4; /* nearer than the 1e-3 of the differences */
	errors_of(&d, p, cov);
	for (int k = 0; k < 4; k++)
		MR_NEAR(cov[k], free_cov[k], 1e-4 * free_cov[0]);
}

/* To the last bit: what units say is added up in their order. Drift and steps, with
 * more threads than have 16 cells each, and with more than there are cells. */
static void threads_change_nothing(void)
{
	static const uint32_t threads[] = {1, 3, 1000};
	struct mr_bench_log b;
	struct mr_history *h = NULL;
	struct mr_fit *fits[3] = {NULL};
	struct mr_errtext err = {""};
	char path[MR_TEST_PATH_MAX];

	mr_bench_open(&b, "emu:pcm?rows=8&cols=8&seed=5",
	              mr_test_path(path, "threads.db"));
	mr_bench_pulses(&b, 3, 16, 16);
	for (uint32_t k = 0; k < 8; k++) {
		MR_CODE(mr_array_wait(b.array, pow(10, 0.5 * k)), MR_OK);
		mr_bench_read(&b, 16);
	}
	mr_bench_close(&b);
	MR_CODE_ERR(mr_history_load(path, NULL, &h, &err), MR_OK, err);
	for (size_t k = 0; k < 3; k++) {
		struct mr_fit_options options = {.model = "pcm",
		                                 .threads = threads[k]};

		MR_CODE_ERR(mr_fit_history(h, &options, &fits[k], &err), MR_OK,
		            err);
		CU_ASSERT_PTR_NOT_NULL_FATAL(fits[k]);
	}
	CU_ASSERT_EQUAL(mr_fit_find(fits[0], "nu")->state, MR_ESTIMATE_FITTED);
	for (uint32_t i = 0; i < fits[0]->n_estimates; i++)
		for (size_t k = 1; k < 3; k++) {
			const struct mr_estimate *one = &fits[0]->estimates[i];
			const struct mr_estimate *other = &fits[k]->estimates[i];

			CU_ASSERT(memcmp(&one->value, &other->value,
			                 sizeof one->value) == 0);
			CU_ASSERT(memcmp(&one->se, &other->se, sizeof one->se)
			          == 0);
		}
	for (size_t k = 0; k < 3; k++)
		mr_fit_free(fits[k]);
	mr_history_free(h);
}

/* A cell that never reaches its clamp does not tell where it is. */
static void clamp_out_of_reach(void)
{
	struct mr_history *h = measure(
		"emu:pcm?rows=8&cols=8&seed=2&g_max_S=100e-6&m1=-0.2", "far.db",
		4, 12);
	struct mr_fit *f = fit(h, "pcm");

	CU_ASSERT_EQUAL(mr_fit_find(f, "g_max_S")->state,
	                MR_ESTIMATE_UNDETERMINED);
	expect(f, "m1", -0.2);
	mr_fit_free(f);
	mr_history_free(h);
}

static void ideal_comes_back(void)
{
	struct mr_history *h = measure("emu:ideal?rows=6&cols=6&dg_S=7e-8",
	                               "ideal.db", 2, 20);
	struct mr_fit *f = fit(h, NULL);

	CU_ASSERT_STRING_EQUAL(f->model->name, "ideal");
	MR_NEAR(mr_fit_find(f, "dg_S")->value, 7e-8, 7e-12);
	CU_ASSERT(f->n_choices >= 4);
	CU_ASSERT(!(f->choices[1].score >= f->choices[0].score));
	mr_fit_free(f);
	mr_history_free(h);
}

/* The data decide, not the name that the array gives itself. */
static void model_is_chosen(void)
{
	struct mr_history *h = measure("emu:pcm-step?rows=12&cols=12&seed=4",
	                               "step.db", 4, 24);
	struct mr_fit *f = fit(h, NULL);
	const char *best = f->model->name;

	/* pcm holds pcm-step as a special case: either foretells it */
	CU_ASSERT(strcmp(best, "pcm-step") == 0 || strcmp(best, "pcm") == 0);
	mr_fit_free(f);
	h->desc.model[0] = '?';
	f = fit(h, NULL);
	CU_ASSERT_STRING_EQUAL(f->model->name, best);
	mr_fit_free(f);
	mr_history_free(h);
}

static void file_runs(const char *model, const char *ini)
{
	struct mr_history *h = measure("emu:pcm?rows=6&cols=10&seed=2",
	                               "again.db", 4, 24);
	struct mr_fit *f = fit(h, model);
	char path[MR_TEST_PATH_MAX];
	double values[MR_PARAMS_MAX];
	struct mr_errtext err = {""};
	struct mr_array *array = NULL;
	char uri[MR_TEST_PATH_MAX + 8];

	mr_test_path(path, ini);
	MR_CODE_ERR(mr_fit_save(f, h, "again.db", path, &err), MR_OK, err);
	mr_model_defaults(f->model, values);
	MR_CODE_ERR(mr_model_load(f->model, path, values, &err), MR_OK, err);
	for (uint32_t i = 0; i < f->n_estimates; i++)
		MR_NEAR(values[i], f->estimates[i].value,
		        1e-8 * fabs(values[i]));
	(void)snprintf(uri, sizeof uri, "emu:%s", path);
	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(array);
	CU_ASSERT_EQUAL(mr_array_describe(array)->rows, 6);
	CU_ASSERT_EQUAL(mr_array_describe(array)->cols, 10);
	CU_ASSERT_STRING_EQUAL(mr_array_describe(array)->model, model);
	MR_CODE_ERR(mr_array_close(array, &err), MR_OK, err);
	mr_fit_free(f);
	mr_history_free(h);
}

static void pcm_file_runs(void)
{
	file_runs("pcm", "pcm.ini");
}

static void table_file_runs(void)
{
	file_runs("pcm-table", "table.ini");
}

static void wrong_use(void)
{
	struct mr_fit_options none = {.model = "nothing"};
	struct mr_fit_options pcm = {.model = "pcm"};
	struct mr_errtext err = {""};
	struct mr_fit *f = NULL;
	struct mr_history *few = measure("emu:pcm?rows=2&cols=2", "few.db", 1,
	                                 2);

	MR_CODE_ERR(mr_fit_history(few, &none, &f, &err), MR_ERR_USAGE, err);
	MR_HAS(err.text, "pcm-step");
	MR_CODE_ERR(mr_fit_history(few, &pcm, &f, &err), MR_ERR_UNSUPPORTED,
	            err);
	MR_HAS(err.text, "at least");
	MR_CODE_ERR(mr_fit_history(few, NULL, &f, &err), MR_ERR_UNSUPPORTED,
	            err);
	MR_HAS(err.text, "no model suits");
	CU_ASSERT_PTR_NULL(f);
	mr_history_free(few);
	few = measure("emu:pcm?rows=8&cols=8", "dir.db", 4, 20);
	f = fit(few, "pcm");
	MR_CODE_ERR(mr_fit_save(f, few, "dir.db", "/nowhere/x.ini", &err),
	            MR_ERR_IO, err);
	MR_HAS(err.text, "/nowhere/x.ini");
	mr_fit_free(f);
	mr_history_free(few);
}

static void write_text(const char *path, const char *text)
{
	FILE *to = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(to);
	(void)fputs(text, to);
	CU_ASSERT_EQUAL(fclose(to), 0);
}

static void wrong_file(void)
{
	char path[MR_TEST_PATH_MAX];
	char uri[MR_TEST_PATH_MAX + 8];
	struct mr_errtext err = {""};
	struct mr_array *array = NULL;

	mr_test_path(path, "bad.ini");
	(void)snprintf(uri, sizeof uri, "emu:%s", path);
	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), MR_ERR_MISSING,
	            err);
	write_text(path, "[memrig]\nnoise = white\n");
	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), MR_ERR_FORMAT, err);
	MR_HAS(err.text, "model");
	write_text(path, "[memrig]\nmodel = pcm\nrows = 0\n");
	CU_ASSERT_NOT_EQUAL(mr_array_open(uri, NULL, &array, &err), MR_OK);
	MR_HAS(err.text, "rows");
	write_text(path, "[memrig]\nmodel = pcm\nnoise = loud\n");
	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), MR_ERR_USAGE, err);
	MR_HAS(err.text, "loud");
	write_text(path, "[memrig]\nmodel = none-such\n");
	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), MR_ERR_USAGE, err);
	CU_ASSERT_PTR_NULL(array);
}

const struct mr_test mr_tests[] = {
	{"fit_steps_come_back", steps_come_back},
	{"fit_exponentials_are_exact", exponentials_are_exact},
	{"fit_limit_leaves_errors", limit_leaves_errors},
	{"fit_threads_change_nothing", threads_change_nothing},
	{"fit_pile_is_told_from_its_neighbours",
	 pile_is_told_from_its_neighbours},
	{"fit_no_pile_is_found_where_none_is", no_pile_is_found_where_none_is},
	{"fit_clamp_out_of_reach_is_undetermined", clamp_out_of_reach},
	{"fit_ideal_comes_back", ideal_comes_back},
	{"fit_model_is_chosen_by_the_data", model_is_chosen},
	{"fit_file_of_pcm_runs", pcm_file_runs},
	{"fit_file_with_a_table_runs", table_file_runs},
	{"fit_wrong_use_is_refused", wrong_use},
	{"fit_wrong_file_is_refused", wrong_file},
	{0},
};
