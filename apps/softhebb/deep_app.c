/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Deep networks from the command line: options, images, runs. */
#include "deep_app.h"
#include "transfer_plot.h"

#include "../ending.h"
#include "../seeds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- options ---------------------------------------------------------------------- */

/* Options of the shallow network that say nothing about a deep one. */
static int refuse_others(struct mr_deep_app *app)
{
	static const char *const shallow[] = {
		"neurons", "batch", "t", "eta", "radius", "norm-rate", "by-max",
		"bias-rate", "hard", "mapping", "pulses",
		"w-clip", "refresh-every", "sample-time", "readout",
		"readout-t", "robustness", "attacked", "posthoc",
		"interpolate", "tiles"};
	for (size_t k = 0; k < sizeof shallow / sizeof *shallow; k++)
		if (mr_tool_value(app->tool, shallow[k]))
			return mr_tool_fail(app->tool, MR_ERR_USAGE,
			                    "--%s is for the shallow networks; "
			                    "'%s' is a deep one",
			                    shallow[k], app->preset->name);
	return MR_OK;
}

/* The first layer of a deep network fits an array; the others are too large to be
 * trained there. */
static int take_weights(struct mr_deep_app *app)
{
	const char *weights = mr_tool_value(app->tool, "weights");
	uint64_t n_cells = 1;

	app->on_array = weights && strcmp(weights, "array") == 0;
	if (weights && !app->on_array && strcmp(weights, "float") != 0)
		return mr_tool_fail(app->tool, MR_ERR_USAGE,
		                    "--weights: '%s' is not float or array (the "
		                    "first layer of a deep network on an array)",
		                    weights);
	if (app->tool->log_path && !app->on_array)
		return mr_tool_fail(app->tool, MR_ERR_USAGE,
		                    "--log: floating-point weights have no "
		                    "operations to keep");
	if (app->on_array && mr_tool_value(app->tool, "checkpoint"))
		return mr_tool_fail(app->tool, MR_ERR_USAGE,
		                    "--checkpoint keeps no device state: not "
		                    "with --weights array");
	if (mr_tool_nth(app->tool, "array", 1))
		return mr_tool_fail(app->tool, MR_ERR_USAGE,
		                    "--array: the first layer of a deep network "
		                    "lies on one array");
	if (!app->tool->uri || !app->tool->uri[0])
		app->tool->uri = "emu:pcm";
	app->mapping = (struct mr_hebb_mapping){.digital = true,
	                                        .coding = MR_CODING_PAIR,
	                                        .refresh_every = 200};
	int code = mr_tool_u64(app->tool, "cells-per-weight", 1, 64, &n_cells);

	app->mapping.n_cells = (uint32_t)n_cells;
	return code;
}

static int take_sizes(struct mr_deep_app *app)
{
	struct mr_tool *tool = app->tool;
	struct mr_deep_plan *p = &app->plan;
	int code = mr_tool_u32(tool, "samples", 0, UINT32_MAX, &p->n_pass);

	if (code == MR_OK)
		code = mr_tool_u32(tool, "train-samples", 0, UINT32_MAX,
		                &p->n_train);
	if (code == MR_OK)
		code = mr_tool_u32(tool, "test-samples", 0, UINT32_MAX, &p->n_test);
	if (code == MR_OK)
		code = mr_tool_u32(tool, "epochs", 1, MR_DEEP_EPOCHS_MAX,
		                &p->epochs);
	if (code == MR_OK)
		code = mr_tool_u32(tool, "shift", 1, 64, &p->shift);
	if (code == MR_OK)
		code = mr_tool_u32(tool, "checkpoint-every", 1, UINT32_MAX,
		                &p->checkpoint_every);
	return code;
}

static int take_ways(struct mr_deep_app *app)
{
	struct mr_tool *tool = app->tool;
	struct mr_deep_plan *p = &app->plan;

	p->simultaneous = mr_tool_value(tool, "simultaneous") != NULL;
	p->random = mr_tool_value(tool, "random") != NULL;
	p->checkpoint = mr_tool_value(tool, "checkpoint");
	p->resume = mr_tool_value(tool, "resume") != NULL;
	p->folder = getenv("TMPDIR");
	p->threads = tool->open.threads;
	p->clock = &tool->clock;
	if ((p->resume || p->checkpoint_every) && !p->checkpoint)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--resume and --checkpoint-every need "
		                    "--checkpoint FILE");
	if (p->checkpoint && app->n_seeds > 1)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--checkpoint holds one run: say one seed");
	return MR_OK;
}

static int take_plot(struct mr_deep_app *app)
{
	int code = mr_ending_take_plot(app->tool, &app->plot);

	return code == MR_OK && mr_tool_value(app->tool, "transfer")
	               ? mr_ending_beside(app->tool, app->plot, "-transfer",
	                                  app->transfer_plot)
	               : code;
}

static int load(struct mr_deep_app *app, enum mr_images_part part,
                struct mr_images *images)
{
	struct mr_errtext err = {""};
	int code = mr_images_load(mr_dataset_find(app->preset->dataset),
	                          mr_tool_value(app->tool, "data"), part,
	                          app->preset->size, images, &err);

	return code == MR_OK ? code
	                     : mr_tool_fail(app->tool, code, "%s", err.text);
}

static int take_images(struct mr_deep_app *app)
{
	const struct mr_dataset *set = mr_dataset_find(app->preset->dataset);
	int code = load(app, MR_IMAGES_TRAIN, &app->train);

	if (code == MR_OK)
		code = load(app, MR_IMAGES_TEST, &app->test);
	if (code == MR_OK && set->n_unlabelled) {
		code = load(app, MR_IMAGES_UNLABELLED, &app->unlabelled);
		app->plan.unlabelled = &app->unlabelled;
	}
	app->plan.train = &app->train;
	app->plan.test = &app->test;
	return code;
}

static int settle(struct mr_deep_app *app)
{
	int (*const steps[])(struct mr_deep_app *app) = {
		refuse_others, take_weights, take_sizes, take_ways, take_plot, take_images,
		mr_deep_take_transfer};
	int code = mr_seeds_take(app->tool, 1, &app->seeds, &app->n_seeds);

	for (size_t k = 0; k < sizeof steps / sizeof *steps && code == MR_OK; k++)
		code = steps[k](app);
	return code;
}

/* ---- runs ------------------------------------------------------------------------- */

static int64_t now_ns(const struct mr_deep_app *app)
{
	return app->tool->clock.monotonic_ns(app->tool->clock.self);
}

/* A terminal gets a bar; with -v a line tells each part that is done, so that a
 * log of a long run can be read. */
static void show(void *user, const struct mr_deep_progress *at)
{
	struct mr_deep_app *app = user;
	char what[64];

	if (at->phase != app->phase || at->part != app->part) {
		if (app->phase)
			mr_tool_note(app->tool, "%s %u: %.1f s", app->phase,
			             app->part + 1,
			             (double)(now_ns(app) - app->part_ns) * 1e-9);
		app->phase = at->phase;
		app->part = at->part;
		app->part_ns = now_ns(app);
	}
	snprintf(what, sizeof what, "%s %u of %u", at->phase, at->part + 1,
	         at->n_parts);
	mr_tool_progress(app->tool, what, at->done, at->total);
}

static int lay_first(struct mr_deep_app *app, uint64_t seed)
{
	const struct mr_deep_layer *first = &app->preset->layer[0];
	const char *names[] = {"app=softhebb", app->preset->name, NULL};
	char preset[96];
	struct mr_tool_run run = {
		.seed = seed,
		.rows = app->train.channels * first->kernel * first->kernel,
		.cols = 2 * app->mapping.n_cells * first->n_kernels,
		.metadata = names};
	struct mr_errtext err = {""};
	int code;

	snprintf(preset, sizeof preset, "preset=%.80s", app->preset->name);
	names[1] = preset;
	code = mr_tool_reopen(app->tool, &run);
	if (code != MR_OK)
		return code;
	code = mr_deep_crossbar(app->tool->array, &app->mapping, run.rows,
	                        first->n_kernels, &app->carrier[0], &err);
	app->plan.carriers = app->carrier;
	return code == MR_OK ? MR_OK
	                     : mr_tool_fail(app->tool, code, "--array %s: %s",
	                                    app->tool->uri, err.text);
}

static int end_first(struct mr_deep_app *app, struct mr_deep_app_run *run)
{
	run->wear = mr_deep_crossbar_worn(&app->carrier[0]);
	run->array_s = (double)mr_array_time_ns(app->tool->array) * 1e-9;
	mr_deep_crossbar_free(&app->carrier[0]);
	return mr_tool_close_log(app->tool);
}

static int run_one(struct mr_deep_app *app, uint64_t seed)
{
	struct mr_deep_app_run *run = &app->run[app->n_runs];
	struct mr_errtext err = {""};
	int64_t begin_ns = now_ns(app);
	int code = app->on_array ? lay_first(app, seed) : MR_OK;

	if (code != MR_OK)
		return code;
	run->seed = seed;
	app->plan.seed = seed;
	code = mr_deep_run(&app->plan, &run->result, &err);
	run->wall_s = (double)(now_ns(app) - begin_ns) * 1e-9;
	if (code == MR_OK || run->result.partial)
		app->n_runs++;
	if (code != MR_OK)
		mr_tool_fail(app->tool, code, "%s, seed %llu: %s",
		             app->preset->name, (unsigned long long)seed,
		             err.text);
	if (app->on_array && end_first(app, run) != MR_OK && code == MR_OK)
		code = MR_ERR_IO;
	return code;
}

static int run_all(struct mr_deep_app *app)
{
	int code = MR_OK;

	mr_tool_catch_signals(app->tool);
	app->plan.stop = app->tool->context.stop;
	app->plan.progress = show;
	app->plan.finished = app->transfer.n_uris ? mr_deep_move : NULL;
	app->plan.user = app;
	app->run = calloc(app->n_seeds, sizeof *app->run);
	if (!app->run)
		return mr_tool_fail(app->tool, MR_ERR_NOMEM, "out of memory");
	for (uint32_t k = 0; k < app->n_seeds && code == MR_OK; k++)
		code = run_one(app, app->seeds[k]);
	return code;
}

static int draw(const void *user, struct mr_errtext *err)
{
	const struct mr_deep_app *app = user;
	int code = mr_deep_plot(app, err);

	return code == MR_OK && app->table.n_rows && app->transfer_plot[0]
	               ? mr_transfer_plot(&app->transfer, &app->table,
	                                  app->transfer_plot, err)
	               : code;
}

static int report(void *app)
{
	return mr_deep_report(app);
}

static void release(struct mr_deep_app *app)
{
	for (uint32_t k = 0; k < app->n_runs; k++)
		mr_deep_result_free(&app->run[k].result);
	free(app->run);
	free(app->seeds);
	free(app->uris);
	free(app->programmings);
	free(app->table.row);
	mr_images_free(&app->train);
	mr_images_free(&app->test);
	mr_images_free(&app->unlabelled);
}

int mr_deep_app(struct mr_tool *tool, const struct mr_deep_preset *preset)
{
	struct mr_deep_app app = {.tool = tool, .preset = preset,
	                          .plan = {.preset = preset}};
	int code = settle(&app);

	if (code == MR_OK)
		code = run_all(&app);
	const struct mr_ending end = {.app = &app,
	                              .plot = app.plot,
	                              .any = app.n_runs > 0,
	                              .plotted = &app.plotted,
	                              .draw = draw,
	                              .report = report};

	code = mr_ending(tool, &end, code);
	release(&app);
	return code;
}
