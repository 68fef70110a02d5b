/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The shallow network's passes over its samples. */
#include "shallow.h"

#include "shallow_keep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PROGRESS_EVERY 20 /* batches */

/* ---- learning ------------------------------------------------------------------ */

struct learning {
	const struct mr_shallow_plan *plan;
	struct mr_hebb_carrier *carrier;
	struct mr_samples samples;
	struct mr_hebb_batch batch;
	float *x;
	uint64_t step;
	uint64_t n_seen;
};

static bool stopped(const struct mr_shallow_plan *plan)
{
	return plan->stop && *plan->stop;
}

static uint64_t all_samples(const struct learning *l)
{
	return (uint64_t)l->plan->epochs * l->samples.n;
}

static int learn_batch(struct learning *l, uint32_t first)
{
	const struct mr_shallow_plan *plan = l->plan;
	uint32_t left = l->samples.n - first;
	double done = (double)l->n_seen / (double)all_samples(l);
	int code;

	l->batch.n = left < plan->batch ? left : plan->batch;
	l->batch.eta = plan->params.eta0 * (1 - done);
	mr_samples_rows(&l->samples, first, l->batch.n, l->x);
	code = mr_hebb_step(&plan->params, l->carrier, &l->batch);
	l->n_seen += l->batch.n;
	if (code == MR_OK && plan->after)
		code = plan->after(plan->user, l->step, &l->batch, first);
	if (plan->progress && l->step % PROGRESS_EVERY == 0)
		plan->progress(plan->user, l->n_seen, all_samples(l));
	l->step++;
	return code;
}

static uint64_t steps_of(const struct learning *l)
{
	uint32_t batch = l->plan->batch;

	return ((uint64_t)l->samples.n + batch - 1) / batch;
}

static int save(struct learning *l)
{
	return l->plan->keep ? mr_shallow_save(l->plan->keep, l->carrier,
	                                       l->step, l->n_seen)
	                     : MR_OK;
}

/* Between two batches: the stop flag, and a checkpoint now and then. */
static int between(struct learning *l)
{
	const struct mr_shallow_keep *keep = l->plan->keep;
	bool stop = stopped(l->plan);
	bool due = keep && keep->every && l->step && l->step % keep->every == 0;
	int code = stop || due ? save(l) : MR_OK;

	return code == MR_OK && stop ? MR_ERR_STOPPED : code;
}

/* The order follows from those before it: also passes that are done are
 * shuffled. */
static int pass_over(struct learning *l, uint64_t seed)
{
	uint64_t n_steps = steps_of(l);
	int code = MR_OK;

	for (uint32_t e = 0; e < l->plan->epochs && code == MR_OK; e++) {
		mr_samples_shuffle(&l->samples, seed, e);
		while (l->step / n_steps == e && code == MR_OK) {
			uint32_t at = (uint32_t)(l->step % n_steps) *
			              l->plan->batch;

			code = between(l);
			if (code == MR_OK)
				code = learn_batch(l, at);
		}
	}
	return code == MR_OK ? save(l) : code;
}

static int resume(struct learning *l)
{
	if (!l->plan->keep || !l->plan->keep->resume)
		return MR_OK;
	return mr_shallow_load(l->plan->keep, l->carrier,
	                       steps_of(l) * l->plan->epochs, &l->step,
	                       &l->n_seen);
}

int mr_shallow_learn(const struct mr_shallow_plan *plan,
                     struct mr_hebb_carrier *carrier, uint64_t seed,
                     uint64_t *n_seen)
{
	struct learning l = {.plan = plan, .carrier = carrier};
	int code = mr_samples_take(&l.samples, plan->train, plan->samples);

	l.x = calloc(plan->batch, carrier->n_in * sizeof *l.x);
	l.batch.x = l.x;
	l.batch.u = calloc(plan->batch, carrier->n_out * sizeof *l.batch.u);
	l.batch.y = calloc(plan->batch, carrier->n_out * sizeof *l.batch.y);
	if (code == MR_OK && (!l.x || !l.batch.u || !l.batch.y))
		code = MR_ERR_NOMEM;
	if (code == MR_OK)
		code = resume(&l);
	if (code == MR_OK)
		code = pass_over(&l, seed);
	*n_seen = l.n_seen;
	free(l.x);
	free(l.batch.u);
	free(l.batch.y);
	mr_samples_free(&l.samples);
	return code;
}

/* ---- rating -------------------------------------------------------------------- */

static void measure_radii(struct mr_shallow_result *r, uint32_t n_out,
                          uint32_t n_in)
{
	double sum = 0, square = 0;

	r->radius_min = INFINITY;
	r->radius_max = 0;
	for (uint32_t k = 0; k < n_out; k++) {
		double norm = mr_hebb_norm(&r->w[(size_t)k * n_in], n_in);

		sum += norm;
		square += norm * norm;
		r->radius_min = fmin(r->radius_min, norm);
		r->radius_max = fmax(r->radius_max, norm);
	}
	r->radius_mean = sum / n_out;
	r->radius_sd = sqrt(fmax(square / n_out -
	                         r->radius_mean * r->radius_mean, 0));
}

static void count_radii(struct mr_shallow_result *r, uint32_t n_out,
                        uint32_t n_in)
{
	memset(r->radius_bins, 0, sizeof r->radius_bins);
	r->radius_top = fmax(2, r->radius_max);
	for (uint32_t k = 0; k < n_out; k++) {
		double norm = mr_hebb_norm(&r->w[(size_t)k * n_in], n_in);

		r->radius_bins[(int)fmin(norm / r->radius_top * MR_RADIUS_BINS,
		                         MR_RADIUS_BINS - 1)]++;
	}
}

static int vote(const struct mr_shallow_plan *plan,
                struct mr_hebb_carrier *carrier,
                const struct mr_samples *train, const struct mr_samples *test,
                struct mr_shallow_result *result)
{
	struct mr_vote vote = {0};
	int code = mr_vote_take(&vote, &plan->params, carrier, train);

	if (code == MR_OK)
		code = mr_vote_rate(&vote, &plan->params, carrier, test,
		                    &result->test);
	if (code == MR_OK) {
		mr_vote_free(&result->vote);
		result->vote = vote;
	} else {
		mr_vote_free(&vote);
	}
	return code;
}

int mr_shallow_rate(const struct mr_shallow_plan *plan,
                    struct mr_hebb_carrier *carrier,
                    struct mr_shallow_result *result)
{
	struct mr_samples train = {0}, test = {0};
	int code = mr_samples_take(&train, plan->train, plan->samples);

	if (code == MR_OK)
		code = mr_samples_take(&test, plan->test, plan->test_samples);
	if (code == MR_OK)
		code = vote(plan, carrier, &train, &test, result);
	if (code == MR_OK)
		code = carrier->type->read(carrier->self, result->w);
	if (code == MR_OK) {
		measure_radii(result, carrier->n_out, carrier->n_in);
		count_radii(result, carrier->n_out, carrier->n_in);
	}
	mr_samples_free(&train);
	mr_samples_free(&test);
	return code;
}

/* ---- a run --------------------------------------------------------------------- */

/* The carrier has a sentence, unless it was not asked or the file failed. */
static const char *why(const struct mr_shallow_plan *plan,
                       const struct mr_hebb_carrier *carrier, int code, bool own)
{
	if (plan->keep && plan->keep->failed)
		return plan->keep->err.text;
	return code == MR_ERR_NOMEM || !own
	               ? "out of memory"
	               : carrier->type->errmsg(carrier->self);
}

static int start(const struct mr_shallow_plan *plan,
                 struct mr_hebb_carrier *carrier, uint64_t seed, float *w)
{
	if (plan->keep && plan->keep->resume)
		return MR_OK;
	mr_hebb_first(&plan->params, seed, carrier->n_in, carrier->n_out, w);
	return carrier->type->start(carrier->self, w);
}

int mr_shallow_run(const struct mr_shallow_plan *plan,
                   struct mr_hebb_carrier *carrier, uint64_t seed,
                   struct mr_shallow_result *result, struct mr_errtext *err)
{
	size_t n = (size_t)carrier->n_out * carrier->n_in;
	bool own = false; /* the carrier has the sentence */
	int code = MR_ERR_NOMEM;

	*result = (struct mr_shallow_result){.w = calloc(n, sizeof *result->w)};
	if (result->w) {
		own = true;
		code = start(plan, carrier, seed, result->w);
	}
	if (code == MR_OK)
		code = mr_shallow_learn(plan, carrier, seed, &result->n_seen);
	result->partial = code == MR_ERR_STOPPED;
	if (code == MR_OK || code == MR_ERR_STOPPED) {
		int rated = mr_shallow_rate(plan, carrier, result);

		code = rated == MR_OK ? code : rated;
	}
	if (code == MR_OK)
		return code;
	if (code == MR_ERR_STOPPED)
		return mr_errtext_set(err, code,
		                      "stopped after %llu samples",
		                      (unsigned long long)result->n_seen);
	mr_errtext_set(err, code, "%s", why(plan, carrier, code, own));
	mr_shallow_free(result);
	return code;
}

void mr_shallow_free(struct mr_shallow_result *result)
{
	free(result->w);
	mr_vote_free(&result->vote);
	memset(result, 0, sizeof *result);
}
