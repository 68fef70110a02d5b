/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "softhebb_case.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "apps/softhebb/shallow.h"
#include "memrig/memrig.h"

#include "imagefiles.h"
#include "session.h"
#include "test.h"

struct running {
	const struct softhebb_case *what;
	struct mr_images train;
	struct mr_images test;
	struct mr_array *array;
	struct mr_hebb_carrier carrier;
	struct softhebb_scores sum;
};

bool softhebb_case_has_data(void)
{
	char dir[MR_TEST_PATH_MAX];

	return imagefiles_data(dir, "mnist");
}

static void load(struct running *r)
{
	char dir[MR_TEST_PATH_MAX];
	const struct mr_dataset *set = mr_dataset_find("mnist");
	struct mr_errtext err = {""};

	CU_ASSERT_FATAL(imagefiles_data(dir, "mnist"));
	MR_CODE_ERR(mr_images_load(set, dir, MR_IMAGES_TRAIN, 0, &r->train, &err),
	            MR_OK, err);
	MR_CODE_ERR(mr_images_load(set, dir, MR_IMAGES_TEST, 0, &r->test, &err),
	            MR_OK, err);
}

static void make_carrier(struct running *r, uint64_t seed)
{
	const struct softhebb_case *w = r->what;
	struct mr_hebb_mapping how = w->mapping;
	uint32_t n_in = r->train.height * r->train.width;
	uint32_t n_cells = how.n_cells ? how.n_cells : 1;
	struct mr_errtext err = {""};
	char uri[256];

	how.seed = seed;
	if (!w->model) {
		MR_CODE_ERR(mr_hebb_float(&w->params, n_in, w->n_out, 0,
		                          &r->carrier, &err),
		            MR_OK, err);
		return;
	}
	(void)snprintf(uri, sizeof uri, "emu:%s%crows=%u&cols=%u&seed=%llu",
	               w->model, strchr(w->model, '?') ? '&' : '?',
	               (unsigned)n_in, (unsigned)(2 * n_cells * w->n_out),
	               (unsigned long long)seed);
	r->array = mr_session_open(uri);
	MR_CODE_ERR(mr_hebb_array(&w->params, &how, &r->array, 1, 1, n_in,
	                          w->n_out, &r->carrier, &err),
	            MR_OK, err);
}

/* Labels as they were, after a wait. */
static void grow_old(struct running *r, const struct mr_shallow_result *result)
{
	struct mr_op wait = {.kind = MR_OP_WAIT,
	                     .wait = {.duration_s = r->what->age_s}};
	struct mr_samples test = {0};
	struct mr_vote_score score = {0};

	MR_CODE(mr_array_submit(r->array, &wait, 1, NULL, NULL), MR_OK);
	MR_CODE(mr_samples_take(&test, &r->test, 0), MR_OK);
	MR_CODE(mr_vote_rate(&result->vote, &r->what->params, &r->carrier, &test,
	                     &score),
	        MR_OK);
	r->sum.aged += 100 * score.labels;
	mr_samples_free(&test);
}

static void add(struct running *r, const struct mr_shallow_result *result)
{
	struct softhebb_scores *s = &r->sum;

	s->labels += 100 * result->test.labels;
	s->soft += 100 * result->test.soft;
	s->used += result->vote.n_used;
	s->radius_min = fmin(s->radius_min, result->radius_min);
	s->radius_max = fmax(s->radius_max, result->radius_max);
}

static void run_seed(struct running *r, uint64_t seed)
{
	const struct mr_shallow_plan plan = {
		.params = r->what->params, .train = &r->train, .test = &r->test,
		.n_out = r->what->n_out, .batch = r->what->batch,
		.samples = r->what->samples, .epochs = 1};
	struct mr_shallow_result result = {0};
	struct mr_errtext err = {""};
	struct mr_clock clock;
	int64_t begin_ns;

	mr_clock_system(&clock);
	begin_ns = clock.monotonic_ns(clock.self);
	make_carrier(r, seed);
	MR_CODE_ERR(mr_shallow_run(&plan, &r->carrier, seed, &result, &err),
	            MR_OK, err);
	r->sum.wall_s +=
		(double)(clock.monotonic_ns(clock.self) - begin_ns) * 1e-9;
	add(r, &result);
	if (r->what->age_s > 0)
		grow_old(r, &result);
	mr_shallow_free(&result);
	mr_hebb_free(&r->carrier);
	if (r->array)
		MR_CODE(mr_array_close(r->array, NULL), MR_OK);
	r->array = NULL;
}

struct softhebb_scores softhebb_case_run(const struct softhebb_case *what)
{
	struct running r = {.what = what, .sum = {.radius_min = INFINITY}};
	double n = what->n_seeds;

	load(&r);
	for (uint32_t k = 1; k <= what->n_seeds; k++)
		run_seed(&r, k);
	mr_images_free(&r.train);
	mr_images_free(&r.test);
	r.sum.labels /= n;
	r.sum.soft /= n;
	r.sum.aged /= n;
	r.sum.used /= n;
	r.sum.wall_s /= n;
	printf("# %-4s %6.2f %% by labels, %6.2f %% soft, used %.1f of %u, radius "
	       "%.3f..%.3f, %.1f s a run\n",
	       what->name, r.sum.labels, r.sum.soft, r.sum.used,
	       (unsigned)what->n_out, r.sum.radius_min, r.sum.radius_max,
	       r.sum.wall_s);
	return r.sum;
}
