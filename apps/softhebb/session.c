/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* All runs of "memrig run softhebb": each seed on the array and in floating
 * point, a run of its own in the log, and what time does to the array's. */
#include "app.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/** One run and what it is called. */
struct job {
	struct mr_softhebb_app *app;
	struct mr_softhebb_run *run;
	struct mr_shallow_plan plan;
	struct mr_softhebb_grid grid;
	struct mr_busy busy_before;
	struct mr_energy energy_before;
	char what[64];
};

static void show_progress(void *user, uint64_t done, uint64_t total)
{
	struct job *job = user;
	struct mr_softhebb_app *app = job->app;

	mr_tool_progress(app->tool, job->what, app->n_runs * total + done,
	                 app->n_planned * total);
}

static int64_t now_ns(const struct mr_softhebb_app *app)
{
	return app->tool->clock.monotonic_ns(app->tool->clock.self);
}

static struct mr_shallow_plan plan_of(struct job *job)
{
	struct mr_softhebb_app *app = job->app;

	return (struct mr_shallow_plan){
		.params = job->run->array ? app->array_params : app->params,
		.train = &app->train,
		.test = &app->test,
		.n_out = app->n_out,
		.batch = app->batch,
		.samples = app->samples,
		.test_samples = app->test_samples,
		.epochs = app->epochs,
		.stop = app->tool->context.stop,
		.progress = show_progress,
		.user = job,
		.keep = app->keep.path ? &app->keep : NULL};
}

/* What the report says of the array's work beside the wear. */
static void keep_work(void *user, struct mr_passage *p)
{
	struct job *job = user;
	struct mr_busy *busy = &job->app->busy;
	struct mr_energy *energy = &job->app->energy;

	if (!job->run->array)
		return;
	for (uint32_t i = 0; i < job->grid.n; i++) {
		uint64_t begin_ns = (uint64_t)job->grid.begin_ns[i];

		mr_passage_wide(p, &begin_ns);
		job->grid.begin_ns[i] = (int64_t)begin_ns;
	}
	mr_passage_wide(p, &busy->n_ops);
	mr_passage_number(p, &busy->busy_s);
	mr_passage_number(p, &energy->reads_J);
	mr_passage_number(p, &energy->pulses_J);
	mr_passage_wide(p, &energy->n_uncounted);
	if (!p->code && !isfinite(busy->busy_s + energy->reads_J +
	                          energy->pulses_J))
		p->code = mr_errtext_set(p->err, MR_ERR_FORMAT,
		                         "%s: a time at work or an energy is no "
		                         "finite number", p->path);
}

static void settle_keep(struct job *job)
{
	struct mr_softhebb_app *app = job->app;
	bool array = job->run->array;

	app->keep.more = keep_work;
	app->keep.user = job;
	mr_shallow_identify(&job->plan, array ? &app->mapping : NULL,
	                    array ? app->where : NULL, job->run->seed,
	                    &app->keep.identity);
	app->keep.identity.tiles = array ? app->tile_rows << 16 | app->tile_cols
	                                 : 0;
}

static uint32_t inputs(const struct mr_softhebb_app *app)
{
	return app->train.channels * app->train.height * app->train.width;
}

static int learn(struct job *job, struct mr_hebb_carrier *carrier)
{
	struct mr_softhebb_app *app = job->app;
	struct mr_errtext err = {""};
	int64_t begin_ns = now_ns(app);
	int code;

	job->plan = plan_of(job);
	if (app->keep.path)
		settle_keep(job);
	code = mr_shallow_run(&job->plan, carrier, job->run->seed,
	                      &job->run->result, &err);
	job->run->wall_s = (double)(now_ns(app) - begin_ns) * 1e-9;
	if (code != MR_OK)
		mr_tool_fail(app->tool, code, "%s, seed %llu: %s", job->what,
		             (unsigned long long)job->run->seed, err.text);
	job->run->linear = NAN;
	return code == MR_OK ? mr_study_linear(app, job->run, carrier) : code;
}

/* ---- on the array ---------------------------------------------------------------- */

static int look_once(struct job *job, struct mr_hebb_carrier *carrier,
                     const struct mr_samples *test,
                     struct mr_softhebb_age *age)
{
	struct mr_vote_score score = {0};
	int code = mr_vote_rate(&job->run->result.vote, &job->plan.params,
	                        carrier, test, &score);

	age->kept = score.labels;
	age->soft = score.soft;
	age->compensated = NAN;
	if (code != MR_OK)
		return code;
	code = mr_hebb_compensate(carrier, false);
	if (code == MR_ERR_RANGE) /* too little is left to measure */
		return MR_OK;
	if (code == MR_OK) {
		code = mr_vote_rate(&job->run->result.vote, &job->plan.params,
		                    carrier, test, &score);
		age->compensated = score.soft;
	}
	return code;
}

static int relabel(struct job *job, struct mr_hebb_carrier *carrier,
                   const struct mr_samples *train,
                   const struct mr_samples *test, struct mr_softhebb_age *age)
{
	struct mr_vote vote = {0};
	struct mr_vote_score score = {0};
	int code = mr_vote_take(&vote, &job->plan.params, carrier, train);

	if (code == MR_OK)
		code = mr_vote_rate(&vote, &job->plan.params, carrier, test,
		                    &score);
	age->relabelled = score.labels;
	mr_vote_free(&vote);
	return code;
}

static int age_once(struct job *job, struct mr_hebb_carrier *carrier,
                    const struct mr_samples *train,
                    const struct mr_samples *test, const int64_t *begin_ns,
                    double t_s)
{
	struct mr_softhebb_age *age = &job->run->age[job->run->n_ages];
	int code = mr_softhebb_wait(job->app, &job->grid, begin_ns, t_s);

	if (code != MR_OK)
		return code;
	age->t_s = t_s;
	code = look_once(job, carrier, test, age);
	if (code == MR_OK)
		code = relabel(job, carrier, train, test, age);
	if (code != MR_OK)
		return mr_tool_fail(job->app->tool, code, "%s",
		                    carrier->type->errmsg(carrier->self));
	job->run->n_ages++;
	return MR_OK;
}

static int grow_old(struct job *job, struct mr_hebb_carrier *carrier)
{
	struct mr_softhebb_app *app = job->app;
	struct mr_samples train = {0}, test = {0};
	int64_t begin_ns[MR_TILES_MAX * MR_TILES_MAX];
	int code = mr_samples_take(&train, &app->train, app->samples);

	for (uint32_t i = 0; i < job->grid.n; i++)
		begin_ns[i] = mr_array_time_ns(job->grid.array[i]);
	if (code == MR_OK)
		code = mr_samples_take(&test, &app->test, app->test_samples);
	if (code != MR_OK)
		mr_tool_fail(app->tool, code, "out of memory");
	if (code == MR_OK && app->n_ages) {
		code = mr_hebb_calibrate(carrier);
		if (code != MR_OK)
			mr_tool_fail(app->tool, code,
			             "--ages: calibration before the waits: %s",
			             carrier->type->errmsg(carrier->self));
	}
	for (uint32_t k = 0; k < app->n_ages && code == MR_OK; k++)
		code = age_once(job, carrier, &train, &test, begin_ns,
		                app->age_s[k]);
	mr_samples_free(&train);
	mr_samples_free(&test);
	return code;
}

static int carry(struct job *job)
{
	struct mr_softhebb_app *app = job->app;
	struct mr_hebb_carrier carrier = {0};
	struct mr_errtext err = {""};
	int code;

	app->mapping.seed = job->run->seed;
	code = mr_hebb_array(&app->array_params, &app->mapping, job->grid.array,
	                     app->tile_rows, app->tile_cols, inputs(app),
	                     app->n_out, &carrier, &err);
	if (code != MR_OK)
		return mr_tool_fail(app->tool, code, "--array %s: %s",
		                    app->where, err.text);
	code = learn(job, &carrier);
	job->run->wear = mr_hebb_worn(&carrier);
	if (code == MR_OK)
		code = grow_old(job, &carrier);
	mr_hebb_free(&carrier);
	return code;
}

/* A board keeps its cells itself: there is nothing to go on from in a file. */
static int check_keep(const struct mr_softhebb_app *app,
                      const struct mr_softhebb_grid *grid)
{
	for (uint32_t i = 0; i < grid->n && app->keep.path; i++) {
		const struct mr_description *desc =
			mr_array_describe(grid->array[i]);

		if (!(desc->abilities & MR_ABILITY_SNAPSHOT))
			return mr_tool_fail(
				app->tool, MR_ERR_USAGE,
				"--checkpoint: the array %s (%s) gives no "
				"snapshot of its cells, so that its state cannot "
				"be kept; an emulated array (emu:) does",
				i ? app->beside[i].uri : app->tool->uri,
				desc->driver);
	}
	return MR_OK;
}

static void sum_up(struct job *job)
{
	struct mr_softhebb_app *app = job->app;
	struct mr_softhebb_run *run = job->run;

	for (uint32_t i = 0; i < job->grid.n; i++)
		run->array_s = fmax(
			run->array_s,
			(double)(mr_array_time_ns(job->grid.array[i]) -
		                 job->grid.begin_ns[i]) *
				1e-9);
	run->busy_s = app->busy.busy_s - job->busy_before.busy_s;
	run->n_ops = app->busy.n_ops - job->busy_before.n_ops;
	run->energy.reads_J = app->energy.reads_J - job->energy_before.reads_J;
	run->energy.pulses_J = app->energy.pulses_J -
	                       job->energy_before.pulses_J;
	run->energy.n_uncounted = app->energy.n_uncounted -
	                          job->energy_before.n_uncounted;
}

/* What has no seed is an instrument, or answers from a record of one. */
static bool is_on_boards(const struct mr_softhebb_grid *grid)
{
	bool any = false;

	for (uint32_t i = 0; i < grid->n; i++)
		any |= !mr_array_describe(grid->array[i])->has_seed;
	return any;
}

static int run_on_array(struct job *job)
{
	struct mr_softhebb_app *app = job->app;
	struct mr_tool *tool = app->tool;
	int code = mr_softhebb_open(app, job->run->seed, &job->grid);

	if (code == MR_OK)
		code = check_keep(app, &job->grid);
	if (code == MR_OK) {
		job->run->board = is_on_boards(&job->grid);
		job->busy_before = app->busy;
		job->energy_before = app->energy;
		code = carry(job);
		sum_up(job);
		if (mr_tool_close_log(tool) != MR_OK && code == MR_OK)
			code = MR_ERR_IO;
	}
	return mr_softhebb_close(app, &job->grid, code);
}

static int run_in_float(struct job *job)
{
	struct mr_softhebb_app *app = job->app;
	struct mr_hebb_carrier carrier = {0};
	struct mr_errtext err = {""};
	int code = mr_hebb_float(&app->params, inputs(app), app->n_out,
	                         app->tool->open.threads, &carrier, &err);

	if (code != MR_OK)
		return mr_tool_fail(app->tool, code, "%s", err.text);
	code = learn(job, &carrier);
	mr_hebb_free(&carrier);
	return code;
}

/* ---- all runs -------------------------------------------------------------------- */

/* In floating point there are 0 cells per weight. */
static int run_one(struct mr_softhebb_app *app, uint64_t seed, uint32_t n_cells)
{
	struct job job = {.app = app, .run = &app->run[app->n_runs]};
	char cells[24] = "";
	int code;

	job.run->seed = seed;
	job.run->array = n_cells > 0;
	job.run->n_cells = n_cells;
	if (n_cells)
		app->mapping.n_cells = n_cells;
	if (app->n_cells > 1 && n_cells)
		snprintf(cells, sizeof cells, ", %u cells", (unsigned)n_cells);
	snprintf(job.what, sizeof job.what, "%s, %s weights%s",
	         app->preset->name, n_cells ? "array" : "float", cells);
	code = n_cells ? run_on_array(&job) : run_in_float(&job);
	app->partial |= job.run->result.partial;
	if (job.run->result.w)
		app->n_runs++;
	return code;
}

static int run_seed(struct mr_softhebb_app *app, uint64_t seed)
{
	int code = MR_OK;

	if (app->carriers & MR_CARRY_FLOAT)
		code = run_one(app, seed, 0);
	for (uint32_t k = 0; k < app->n_cells && code == MR_OK &&
	                     (app->carriers & MR_CARRY_ARRAY);
	     k++)
		code = run_one(app, seed, app->cells[k]);
	return code;
}

int mr_softhebb_all(struct mr_softhebb_app *app)
{
	uint32_t per_seed = !!(app->carriers & MR_CARRY_FLOAT);
	int code = MR_OK;

	mr_tool_catch_signals(app->tool);
	if (app->carriers & MR_CARRY_ARRAY)
		per_seed += app->n_cells;
	app->n_planned = app->n_seeds * per_seed;
	app->run = calloc(app->n_planned + 1, sizeof *app->run);
	if (!app->run)
		return mr_tool_fail(app->tool, MR_ERR_NOMEM, "out of memory");
	for (uint32_t k = 0; k < app->n_seeds && code == MR_OK; k++)
		code = run_seed(app, app->seeds[k]);
	mr_tool_progress(app->tool, "done", 1, 1);
	return code;
}
