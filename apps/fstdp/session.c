/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * All runs of "memrig run fstdp": opens the array for each (an array that
 * takes no seed stays open), keeps a run of its own in the log, and makes the
 * same run with ideal weights.
 */
#include "app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** One run and what it is called. */
struct job {
	struct mr_fstdp_app *app;
	bool fatigue;
	bool array;
	bool has_seed;
	uint64_t seed;
	char what[64];
};

static void show_progress(void *user, uint64_t done, uint64_t total)
{
	struct job *job = user;
	struct mr_fstdp_app *app = job->app;

	mr_tool_progress(app->tool, job->what, app->n_results * total + done,
	                 app->n_planned * total);
}

static int open_array(struct job *job)
{
	struct mr_fstdp_app *app = job->app;
	struct mr_tool_run run = {.seed = job->seed,
	                          .rows = app->inputs.n,
	                          .cols = app->n_cells};
	char text[4][96];
	const char *names[] = {text[0], text[1], text[2], text[3], NULL};

	snprintf(text[0], sizeof text[0], "app=fstdp");
	snprintf(text[1], sizeof text[1], "data=%.80s", app->data);
	snprintf(text[2], sizeof text[2], "rule=%s",
	         job->fatigue ? "fstdp" : "stdp");
	snprintf(text[3], sizeof text[3], "inputs_seed=%llu",
	         (unsigned long long)job->seed);
	run.metadata = names;
	return mr_tool_reopen(app->tool, &run);
}

/* ---- one run ------------------------------------------------------------- */

static struct mr_fstdp_result *room_for_one(struct mr_fstdp_app *app)
{
	struct mr_fstdp_result *more =
		realloc(app->result, (app->n_results + 1) * sizeof *more);

	if (!more)
		return NULL;
	app->result = more;
	return &more[app->n_results];
}

static int learn(struct job *job, struct mr_weights *weights)
{
	struct mr_fstdp_app *app = job->app;
	struct mr_fstdp_plan plan = {.inputs = &app->inputs,
	                             .params = app->params,
	                             .mode = app->mode,
	                             .steps = app->steps,
	                             .stop = app->tool->context.stop,
	                             .progress = show_progress,
	                             .user = job};
	struct mr_clock *clock = &app->tool->clock;
	struct mr_fstdp_result *result = room_for_one(app);
	struct mr_errtext err = {""};
	int64_t begin_ns = clock->monotonic_ns(clock->self);
	int code;

	if (!result)
		return mr_tool_fail(app->tool, MR_ERR_NOMEM, "out of memory");
	if (!job->fatigue)
		plan.params.f = 0;
	code = mr_fstdp_run(&plan, weights, job->seed, result, &err);
	if (code != MR_OK)
		mr_tool_fail(app->tool, code, "%s, seed %llu: %s", job->what,
		             (unsigned long long)job->seed, err.text);
	if (code != MR_OK && code != MR_ERR_STOPPED)
		return code;
	result->fatigue = job->fatigue;
	result->array = job->array;
	result->has_seed = job->has_seed;
	result->wall_s =
		(double)(clock->monotonic_ns(clock->self) - begin_ns) * 1e-9;
	app->wall_s += result->wall_s;
	app->partial |= result->partial;
	app->n_results++;
	return code;
}

static int run_on_array(struct job *job)
{
	struct mr_fstdp_app *app = job->app;
	struct mr_tool *tool = app->tool;
	struct mr_weights weights = {0};
	struct mr_weights_options options = {.n = app->inputs.n,
	                                     .n_cells = app->n_cells,
	                                     .period_s = app->step_time_s};
	struct mr_errtext err = {""};
	int64_t begin_ns;
	int code = open_array(job);

	if (code != MR_OK)
		return code;
	options.drift_scale = mr_fstdp_drift_scale(
		mr_array_describe(tool->array), &app->params, app->step_time_s);
	begin_ns = mr_array_time_ns(tool->array);
	mr_array_unobserve(tool->array, &app->busy);
	code = mr_busy_watch(&app->busy, tool->array);
	if (code != MR_OK)
		return mr_tool_fail(tool, code, "%s",
		                    mr_array_errmsg(tool->array));
	code = mr_weights_array(&weights, tool->array, &options, &err);
	if (code != MR_OK)
		return mr_tool_fail(tool, code, "--array %s: %s", tool->uri,
		                    err.text);
	code = learn(job, &weights);
	mr_weights_free(&weights);
	if (code == MR_OK || code == MR_ERR_STOPPED) {
		struct mr_fstdp_result *last = &app->result[app->n_results - 1];

		last->array_s =
			(double)(mr_array_time_ns(tool->array) - begin_ns) * 1e-9;
		app->array_s += last->array_s;
	}
	if (mr_tool_close_log(tool) != MR_OK && code == MR_OK)
		code = MR_ERR_IO;
	return code;
}

static int run_ideal(struct job *job)
{
	struct mr_fstdp_app *app = job->app;
	struct mr_weights weights;
	const struct mr_weights_options ideal = {.n = app->inputs.n,
	                                         .n_cells = app->n_cells};
	int code = mr_weights_float(&weights, &ideal);

	if (code != MR_OK)
		return mr_tool_fail(app->tool, code, "out of memory");
	code = learn(job, &weights);
	mr_weights_free(&weights);
	return code;
}

/* ---- all runs ------------------------------------------------------------ */

/* Ideal weights on listed events know no chance but that of the pulses. */
static bool ideal_needs_seed(const struct mr_fstdp_app *app)
{
	return app->inputs.process || app->mode == MR_FSTDP_THRESHOLD;
}

static int run_rule(struct mr_fstdp_app *app, bool fatigue)
{
	struct job job = {.app = app, .fatigue = fatigue};
	uint32_t n_ideal = ideal_needs_seed(app) ? app->n_seeds : 1;
	int code = MR_OK;

	for (int array = 1; array >= 0 && code == MR_OK; array--) {
		uint32_t n = array ? app->n_seeds : n_ideal;

		job.array = array;
		job.has_seed = array || ideal_needs_seed(app);
		snprintf(job.what, sizeof job.what, "%s, %s weights",
		         fatigue ? "FSTDP" : "STDP", array ? "array" : "ideal");
		for (uint32_t k = 0; k < n && code == MR_OK; k++) {
			job.seed = app->seeds[k];
			code = array ? run_on_array(&job) : run_ideal(&job);
		}
	}
	return code;
}

int mr_fstdp_all(struct mr_fstdp_app *app)
{
	uint32_t n_ideal = ideal_needs_seed(app) ? app->n_seeds : 1;
	int code = MR_OK;

	app->n_planned = app->n_seeds + n_ideal;
	if (app->rules == (MR_RULE_FSTDP | MR_RULE_STDP))
		app->n_planned *= 2;
	if (app->rules & MR_RULE_FSTDP)
		code = run_rule(app, true);
	if (code == MR_OK && (app->rules & MR_RULE_STDP))
		code = run_rule(app, false);
	mr_tool_progress(app->tool, "done", 1, 1);
	return code;
}
