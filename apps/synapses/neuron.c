/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The neuron of neuron.h. */
#include "neuron.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../metrics.h"

#define PROGRESS_EVERY 64 /* steps */
#define W_FAINT 0.01      /* what erased cells are read as, about */

struct neuron {
	const struct mr_synapses_plan *plan;
	struct mr_weights *weights;
	struct mr_synapses_result *result;
	struct mr_crowd crowd;
	double theta;
	uint64_t quiet;  /* steps since the last output spike */
	int8_t *change;  /* [n] candidates */
	float *ones;     /* [n] */
	float *w;        /* [n] of a look */
};

/* ---- one step ------------------------------------------------------------------ */

/* Candidates of this step: 1 to raise, -1 to erase, 0 for none. */
static int candidates(struct neuron *n, bool spiked)
{
	if (spiked)
		return 1;
	return n->quiet >= 1 && n->quiet <= n->plan->params.window ? -1 : 0;
}

static int pulse(struct neuron *n, int direction)
{
	const struct mr_crowd *crowd = &n->crowd;

	if (direction == 0 || crowd->n_active == 0)
		return MR_OK;
	memset(n->change, 0, n->plan->n * sizeof *n->change);
	for (uint32_t k = 0; k < crowd->n_active; k++)
		n->change[crowd->active[k]] = (int8_t)direction;
	return n->weights->type->pulse(n->weights->self, n->change);
}

static int one_step(struct neuron *n)
{
	const struct mr_synapses_params *p = &n->plan->params;
	float y = 0;
	bool spiked;
	int code;

	mr_crowd_step(&n->crowd);
	code = n->weights->type->forward(n->weights->self, n->crowd.active,
	                                 n->ones, n->crowd.n_active, &y);
	if (code != MR_OK)
		return code;
	n->quiet++;
	spiked = (double)y >= n->theta;
	n->theta *= 1 + p->kappa * (spiked - p->r0);
	if (!(n->theta > 0) || !isfinite(n->theta))
		return MR_ERR_RANGE;
	code = pulse(n, candidates(n, spiked));
	if (spiked) {
		n->quiet = 0;
		n->result->n_spikes++;
	}
	return code;
}

/* ---- looking --------------------------------------------------------------------- */

static void moments(const float *w, const int8_t *label, uint32_t n,
                    double mean[2], double sd[2])
{
	double count[2] = {0, 0}, sum[2] = {0, 0}, square[2] = {0, 0};

	for (uint32_t i = 0; i < n; i++) {
		int k = label[i] == 1;

		count[k]++;
		sum[k] += (double)w[i];
		square[k] += (double)w[i] * (double)w[i];
	}
	for (int k = 0; k < 2; k++) {
		mean[k] = count[k] > 0 ? sum[k] / count[k] : NAN;
		sd[k] = sqrt(fmax(square[k] / count[k] - mean[k] * mean[k], 0));
	}
}

static int take_point(struct neuron *n)
{
	struct mr_synapses_result *out = n->result;
	double mean[2], sd[2];
	int code = n->weights->type->read(n->weights->self, n->w);

	if (code != MR_OK || out->n_points == MR_SYNAPSES_POINTS)
		return code;
	moments(n->w, n->plan->label, n->plan->n, mean, sd);
	for (int k = 0; k < 2; k++) {
		out->mean[k][out->n_points] = mean[k];
		out->sd[k][out->n_points] = sd[k];
	}
	out->at[out->n_points++] = out->steps;
	return MR_OK;
}

int mr_synapses_measure(const float *w, const int8_t *label, uint32_t n,
                        struct mr_synapses_gap *out)
{
	double spread;

	moments(w, label, n, out->mean, out->sd);
	spread = (out->sd[0] * out->sd[0] + out->sd[1] * out->sd[1]) / 2;
	out->d_prime = (out->mean[1] - out->mean[0]) / sqrt(spread);
	return mr_metric_auc(w, label, n, &out->auc);
}

/* ---- the whole --------------------------------------------------------------------- */

/* Bring all weights to w0; what they drive the neuron with, on the mean. */
static int start_at(struct neuron *n, double w0, double *drive)
{
	int code = n->weights->type->start(n->weights->self, w0);

	if (code == MR_OK)
		code = n->weights->type->read(n->weights->self, n->w);
	*drive = 0;
	for (uint32_t i = 0; i < n->plan->n; i++)
		*drive += (double)n->w[i] * n->plan->params.p;
	return code;
}

static int begin(struct neuron *n, uint64_t seed, struct mr_errtext *err)
{
	const struct mr_synapses_plan *plan = n->plan;
	const struct mr_synapses_params *p = &plan->params;
	double drive = 0;
	int code = mr_crowd_draw(&n->crowd, plan->label, plan->n, p->p, p->c,
	                         seed, err);

	if (code != MR_OK)
		return code;
	n->change = calloc(plan->n, sizeof *n->change);
	n->ones = calloc(plan->n, sizeof *n->ones);
	n->w = calloc(plan->n, sizeof *n->w);
	n->result->w = calloc(plan->n, sizeof *n->result->w);
	if (!n->change || !n->ones || !n->w || !n->result->w)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	for (uint32_t i = 0; i < plan->n; i++)
		n->ones[i] = 1;
	code = start_at(n, 0, &drive);
	if (code == MR_OK && !(drive > 0)) /* erased ideal weights are exactly 0 */
		code = start_at(n, W_FAINT, &drive);
	if (code != MR_OK)
		return mr_errtext_set(err, code, "%s",
		                      n->weights->type->errmsg(n->weights->self));
	n->theta = p->theta_factor * drive;
	n->quiet = p->window;
	return MR_OK;
}

static int all_steps(struct neuron *n)
{
	const struct mr_synapses_plan *plan = n->plan;
	uint64_t every = plan->steps / (MR_SYNAPSES_POINTS - 1) + 1;
	int code = take_point(n);

	while (n->result->steps < plan->steps && code == MR_OK) {
		if (plan->stop && *plan->stop)
			return MR_ERR_STOPPED;
		code = one_step(n);
		n->result->steps += code == MR_OK;
		if (code == MR_OK && n->result->steps % every == 0)
			code = take_point(n);
		if (plan->progress && n->result->steps % PROGRESS_EVERY == 0)
			plan->progress(plan->user, n->result->steps, plan->steps);
	}
	return code == MR_OK ? take_point(n) : code;
}

static int explain(const struct neuron *n, int code, struct mr_errtext *err)
{
	if (code == MR_ERR_STOPPED)
		return mr_errtext_set(err, code,
		                      "stopped after %llu of %llu steps",
		                      (unsigned long long)n->result->steps,
		                      (unsigned long long)n->plan->steps);
	if (code == MR_ERR_RANGE && !n->weights->type->errmsg(
					    n->weights->self)[0])
		return mr_errtext_set(err, code,
		                      "the threshold left the number range");
	return mr_errtext_set(err, code, "%s",
	                      n->weights->type->errmsg(n->weights->self));
}

int mr_synapses_run(const struct mr_synapses_plan *plan,
                    struct mr_weights *weights, uint64_t seed,
                    struct mr_synapses_result *result, struct mr_errtext *err)
{
	struct neuron n = {.plan = plan, .weights = weights, .result = result};
	int code;

	memset(result, 0, sizeof *result);
	code = begin(&n, seed, err);
	if (code == MR_OK) {
		code = all_steps(&n);
		result->partial = code == MR_ERR_STOPPED;
		memcpy(result->w, n.w, plan->n * sizeof *result->w);
		if (code != MR_OK)
			explain(&n, code, err);
	}
	mr_crowd_free(&n.crowd);
	free(n.change);
	free(n.ones);
	free(n.w);
	if (code != MR_OK && code != MR_ERR_STOPPED) {
		free(result->w);
		result->w = NULL;
	}
	return code;
}
