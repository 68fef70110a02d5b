/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Presets of fstdp for the acceptance tests; see fstdp_case.h. */
#include "fstdp_case.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/fstdp/run.h"
#include "memrig/memrig.h"

#include "test.h"

struct scene {
	const struct mr_fstdp_case *what;
	struct mr_fstdp_plan plan;
	struct mr_inputs inputs;
	struct mr_array *array;
	struct mr_oplog *log;
	struct mr_weights weights;
};

static bool load(struct scene *s)
{
	const struct mr_fstdp_case *what = s->what;
	const struct mr_fstdp_preset *preset =
		mr_fstdp_preset_find(what->preset);
	struct mr_errtext err = {""};

	CU_ASSERT_FATAL(preset != NULL);
	s->plan = (struct mr_fstdp_plan){.inputs = &s->inputs,
	                                 .mode = what->mode};
	mr_fstdp_preset_params(preset, &s->plan.params);
	if (!what->fatigue)
		s->plan.params.f = 0;
	if (what->tau_f_s > 0)
		s->plan.params.tau_f_s = what->tau_f_s;
	int code = mr_fstdp_preset_inputs(preset, MR_SRCDIR "/data/weather", 2,
	                                  s->plan.params.dt_s, &s->inputs,
	                                  &err);

	MR_CODE_ERR(code, MR_OK, err);
	s->plan.steps = preset->panel ? mr_fstdp_passes(s->inputs.events.n_steps) *
	                                        s->inputs.events.n_steps
	                : what->mode == MR_FSTDP_THRESHOLD ? preset->steps_chance
	                                                   : preset->steps;
	if (what->steps)
		s->plan.steps = what->steps;
	return code == MR_OK;
}

int mr_fstdp_case_ideal(struct mr_weights *weights, uint32_t n)
{
	const struct mr_weights_options options = {.n = n, .n_cells = 1};

	return mr_weights_float(weights, &options);
}

static int carry(struct scene *s, uint64_t seed, struct mr_errtext *err)
{
	const double dt_s = s->plan.params.dt_s;
	struct mr_open_options options = {.has_seed = true, .seed = seed,
	                                  .rows = s->inputs.n,
	                                  .cols = s->what->n_cells};
	struct mr_weights_options mapping = {.n = s->inputs.n,
	                                     .n_cells = s->what->n_cells,
	                                     .period_s = dt_s};
	char uri[512];
	int code;

	if (!s->what->n_cells)
		return mr_fstdp_case_ideal(&s->weights, s->inputs.n);
	const char *array = s->what->array ? s->what->array : "";

	if (array[0] && array[strlen(array) - 1] == '=')
		(void)snprintf(uri, sizeof uri, "%s%llu", array,
		               (unsigned long long)seed);
	else
		(void)snprintf(uri, sizeof uri, "%s", array);
	code = mr_array_open(s->what->array ? uri : "emu:pcm", &options,
	                     &s->array, err);
	if (code == MR_OK && s->what->log)
		code = mr_oplog_start(s->what->log, s->array, NULL, &s->log, err);
	if (code != MR_OK)
		return code;
	mapping.drift_scale = mr_fstdp_drift_scale(
		mr_array_describe(s->array), &s->plan.params, dt_s);
	return mr_weights_array(&s->weights, s->array, &mapping, err);
}

static bool run_seed(struct scene *s, uint64_t seed,
                     struct mr_fstdp_result *result)
{
	struct mr_errtext err = {""};
	int code = carry(s, seed, &err);

	if (code == MR_OK)
		code = mr_fstdp_run(&s->plan, &s->weights, seed, result, &err);
	MR_CODE_ERR(code, MR_OK, err);
	mr_weights_free(&s->weights);
	MR_CODE(mr_oplog_finish(s->log, NULL), MR_OK);
	MR_CODE(mr_array_close(s->array, NULL), MR_OK);
	s->log = NULL;
	s->array = NULL;
	return code == MR_OK;
}

static void add(struct mr_fstdp_scores *sum, const struct mr_fstdp_result *r)
{
	const struct mr_detection *d = &r->detection;

	sum->auc += r->auc;
	sum->auc_min = fmin(sum->auc_min, r->auc);
	sum->auc_max = fmax(sum->auc_max, r->auc);
	sum->precision += d->precision;
	sum->precision_min = fmin(sum->precision_min, d->precision);
	sum->precision_max = fmax(sum->precision_max, d->precision);
	sum->recall += d->recall;
	sum->recall_min = fmin(sum->recall_min, d->recall);
}

static void print(const struct mr_fstdp_case *what, uint64_t seed,
                  const struct mr_fstdp_result *r)
{
	printf("# %s %s D=%u seed %llu: AUC %.4f P %.3f R %.3f\n", what->preset,
	       what->fatigue ? "fstdp" : "stdp", (unsigned)what->n_cells,
	       (unsigned long long)seed, r->auc, r->detection.precision,
	       r->detection.recall);
}

struct mr_fstdp_scores mr_fstdp_case_run(const struct mr_fstdp_case *what)
{
	struct mr_fstdp_scores sum = {.auc_min = 2, .precision_min = 2,
	                              .recall_min = 2};
	struct scene s = {.what = what};
	uint32_t n = what->n_seeds;
	uint32_t done = 0;

	if (load(&s)) {
		for (; done < n; done++) {
			uint64_t seed = what->first_seed + done;
			struct mr_fstdp_result result = {0};

			if (!run_seed(&s, seed, &result))
				break;
			print(what, seed, &result);
			add(&sum, &result);
			mr_fstdp_result_free(&result);
		}
	}
	mr_inputs_free(&s.inputs);
	if (done < n)
		return (struct mr_fstdp_scores){NAN, NAN, NAN, NAN, NAN,
		                                NAN, NAN, NAN};
	sum.auc /= n;
	sum.precision /= n;
	sum.recall /= n;
	printf("# mean of %u: AUC %.4f (%.4f-%.4f) P %.3f (%.3f-%.3f) R %.3f "
	       "(%.3f-)\n",
	       (unsigned)n, sum.auc, sum.auc_min, sum.auc_max, sum.precision,
	       sum.precision_min, sum.precision_max, sum.recall,
	       sum.recall_min);
	return sum;
}
