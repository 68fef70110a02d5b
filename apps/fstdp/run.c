/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Feeds a neuron, keeps the history of its weights, and rates the result. */
#include "run.h"

#include "memrig/array.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PROGRESS_EVERY 64 /* steps */

struct run {
	const struct mr_fstdp_plan *plan;
	struct mr_weights *weights;
	struct mr_fstdp_result *result;
	struct mr_feed feed;
	struct mr_fstdp neuron;
};

/* The weights as they were last looked at: looking again would read the array
 * once more, which takes time and ages it. Chance pulses look at nothing by
 * themselves. */
static int look(struct run *r, const float **w)
{
	int code = MR_OK;

	if (r->plan->mode == MR_FSTDP_THRESHOLD)
		code = r->weights->type->read(r->weights->self, r->result->w);
	*w = r->weights->type->seen(r->weights->self);
	return code;
}

static int take_point(struct run *r)
{
	const struct mr_inputs *in = r->plan->inputs;
	struct mr_fstdp_result *out = r->result;
	const float *w;
	float *at = out->history + (size_t)out->n_points * in->n_groups;
	int code = look(r, &w);

	if (code != MR_OK)
		return code;
	for (uint32_t g = 0; g < in->n_groups; g++)
		at[g] = (float)mr_metric_mean(w, in->group, in->n, (uint8_t)g);
	out->point_s[out->n_points++] = (double)r->neuron.step * in->dt_s;
	return MR_OK;
}

static bool stopped(const struct mr_fstdp_plan *plan)
{
	return plan->stop && *plan->stop;
}

static int go_through(struct run *r)
{
	const struct mr_fstdp_plan *plan = r->plan;
	uint64_t every = plan->steps / (MR_HISTORY_MAX - 2) + 1;
	int code = take_point(r);

	for (uint64_t t = 0; t < plan->steps && code == MR_OK; t++) {
		uint32_t n;
		const uint32_t *in = mr_feed_next(&r->feed, &n);

		if (stopped(plan))
			return MR_ERR_STOPPED;
		code = mr_fstdp_step(&r->neuron, in, n);
		if (code == MR_OK && ((t + 1) % every == 0 || t + 1 == plan->steps))
			code = take_point(r);
		if (plan->progress && t % PROGRESS_EVERY == 0)
			plan->progress(plan->user, t, plan->steps);
	}
	return code;
}

static int rate_weights(struct run *r)
{
	const struct mr_inputs *in = r->plan->inputs;
	struct mr_fstdp_result *out = r->result;
	int code = mr_metric_auc(out->w, in->label, in->n, &out->auc);

	for (uint32_t g = 0; g < in->n_groups; g++)
		out->group_mean[g] = mr_metric_mean(out->w, in->group, in->n,
		                                    (uint8_t)g);
	mr_metric_detect(out->w, in->label, in->n, &out->detection);
	out->n_found = 0;
	for (uint32_t i = 0; i < in->n; i++)
		out->n_found += out->w[i] > MR_DETECTED_ABOVE;
	out->w_rate_r = mr_metric_pearson(out->w, in->rate_hz, in->n);
	out->steps = r->neuron.step;
	out->n_spikes = r->neuron.n_spikes;
	out->counts = mr_weights_counts(r->weights);
	return code;
}

/* The weights first: the neuron's threshold is set to what they hand on. */
static int begin(struct run *r, uint64_t seed, struct mr_errtext *err)
{
	const struct mr_fstdp_plan *plan = r->plan;
	const struct mr_inputs *in = plan->inputs;
	struct mr_fstdp_result *out = r->result;
	const struct mr_fstdp_config config = {.params = plan->params,
	                                       .mode = plan->mode,
	                                       .seed = seed,
	                                       .n = in->n,
	                                       .rate_hz = in->rate_hz};
	int code;

	out->fatigue = plan->params.f > 0;
	out->seed = seed;
	out->w = calloc(in->n, sizeof *out->w);
	out->history = calloc((size_t)MR_HISTORY_MAX * in->n_groups,
	                      sizeof *out->history);
	if (!out->w || !out->history)
		return mr_errtext_set(err, MR_ERR_NOMEM, "no memory for a result");
	code = r->weights->type->start(r->weights->self, plan->params.w0);
	if (code != MR_OK)
		return mr_errtext_set(err, code, "%s",
		                      r->weights->type->errmsg(r->weights->self));
	code = mr_fstdp_init(&r->neuron, &config, r->weights, err);
	return code == MR_OK ? mr_feed_init(&r->feed, in, seed, err) : code;
}

/* A stopped array answers nothing more: the last look must do. */
static int finish(struct run *r, int code)
{
	struct mr_fstdp_result *out = r->result;
	const struct mr_inputs *in = r->plan->inputs;

	if (code == MR_ERR_STOPPED) {
		out->partial = true;
		memcpy(out->w, r->weights->type->seen(r->weights->self),
		       in->n * sizeof *out->w);
		return rate_weights(r) == MR_OK ? code : MR_ERR_NOMEM;
	}
	if (code == MR_OK)
		code = r->weights->type->read(r->weights->self, out->w);
	return code == MR_OK ? rate_weights(r) : code;
}

static int explain(const struct run *r, int code, struct mr_errtext *err)
{
	const char *text = r->weights->type->errmsg(r->weights->self);

	if (code == MR_ERR_STOPPED)
		return mr_errtext_set(err, code, "stopped after %llu of %llu steps",
		                      (unsigned long long)r->neuron.step,
		                      (unsigned long long)r->plan->steps);
	if (text[0])
		return mr_errtext_set(err, code, "%s", text);
	if (code == MR_ERR_NOMEM)
		return mr_errtext_set(err, code, "out of memory");
	return mr_errtext_set(err, code,
	                      "the neuron left the number range in step %llu: its "
	                      "constants do not fit these inputs",
	                      (unsigned long long)r->neuron.step);
}

int mr_fstdp_run(const struct mr_fstdp_plan *plan, struct mr_weights *weights,
                 uint64_t seed, struct mr_fstdp_result *result,
                 struct mr_errtext *err)
{
	struct run r = {.plan = plan, .weights = weights, .result = result};
	int code;

	memset(result, 0, sizeof *result);
	code = begin(&r, seed, err);
	if (code == MR_OK) {
		code = finish(&r, go_through(&r));
		if (code != MR_OK)
			explain(&r, code, err);
	}
	mr_feed_free(&r.feed);
	mr_fstdp_free(&r.neuron);
	if (code != MR_OK && code != MR_ERR_STOPPED)
		mr_fstdp_result_free(result);
	return code;
}

void mr_fstdp_result_free(struct mr_fstdp_result *result)
{
	free(result->w);
	free(result->history);
	memset(result, 0, sizeof *result);
}

double mr_fstdp_drift_scale(const struct mr_description *desc,
                            const struct mr_fstdp_params *params,
                            double step_time_s)
{
	double interval_s = step_time_s / (params->r0_hz * params->dt_s);

	if (desc->drift_nu <= 0 || desc->drift_t0_s <= 0)
		return 1;
	return pow((interval_s + desc->drift_t0_s) / desc->drift_t0_s,
	           -desc->drift_nu);
}
