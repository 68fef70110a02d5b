/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * "memrig run correlation": correlated processes found by the accumulation of
 * pulses, beside the ideal dose of the same rule.
 */
#include "app.h"

#include "../ending.h"
#include "../seeds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct mr_tool_option options[] = {
	{"preset", "NAME",
	 "picture-small (default), picture, b4, usa270-2015", false},
	{"pattern", "FILE", "a bitmap (PBM): black = correlated", false},
	{"scale", "N", "make each pixel N x N processes", false},
	{"processes", "N", "instead: this many", false},
	{"share", "X", "of them correlated; default .1", false},
	{"p", "X", "rate per step; default .01", false},
	{"c", "X", "correlation of each pair; default .1", false},
	{"steps", "N", "steps of a run", false},
	{"cells-per-process", "N", "one of them is pulsed at a time", false},
	{"coding", "CODING",
	 "amplitude (grows with the activity) or threshold", false},
	{"gain", "CURRENT", "amplitude per active process; default 2mA / all",
	 false},
	{"i-min", "CURRENT", "no pulse below; default 25uA", false},
	{"i-max", "CURRENT", "greatest amplitude; default 80uA", false},
	{"sigma", "X", "threshold, in spreads above the mean; default 5", false},
	{"step-time", "TIME", "array time of a step; default 1ms, rain 1h",
	 false},
	{"maps", "LIST", "steps at which all conductances are looked at", false},
	{"data", "DIR", "pictures or rain data; default $MEMRIG_DATA", false},
	MR_SEEDS_OPTION,
	{"plot", "FILE", "draw a figure, .png or .svg (needs gnuplot)", false},
	{0},
};

static const struct mr_tool_page page = {
	.name = "run correlation",
	.summary =
		"Finds processes that are active together: each has its cells, and\n"
		"all that are active get a pulse that grows with the collective\n"
		"activity. After A. Sebastian et al., Nat. Commun. 8, 1115 (2017).\n"
		"Works where all rates are equal; 'run fstdp' where they differ.",
	.usage = "[OPTION]...",
	.groups = MR_TOOL_ARRAY | MR_TOOL_LOG | MR_TOOL_JSON,
	.options = options,
	.examples =
		"  memrig run correlation --plot found.png\n"
		"  memrig run correlation --preset b4 --cells-per-process 4\n"
		"  memrig run correlation --pattern face.pbm --c 0.05\n",
};

static struct mr_correlation_row *next_row(struct mr_correlation_app *app)
{
	struct mr_correlation_row *more =
		realloc(app->row, (app->n_rows + 1) * sizeof *more);

	if (!more)
		return NULL;
	app->row = more;
	memset(&more[app->n_rows], 0, sizeof *more);
	return &more[app->n_rows];
}

static void show_progress(void *user, uint64_t done, uint64_t total)
{
	struct mr_correlation_app *app = user;

	mr_tool_progress(app->tool, "correlation", app->n_rows * total + done,
	                 app->n_seeds * total);
}

static int make_crowd(struct mr_correlation_app *app, uint64_t seed,
                      struct mr_crowd *crowd, struct mr_errtext *err)
{
	if (app->inputs.n)
		return mr_crowd_list(crowd, &app->inputs, err);
	return mr_crowd_draw(crowd, app->label, app->n, app->p, app->c, seed, err);
}

/* The picture lies on the array as it is; other crowds on a square. */
static int open_array(struct mr_correlation_app *app, uint64_t seed)
{
	uint64_t cells = mr_correlation_cells(app->n, app->plan.n_cells);
	struct mr_tool_run run = {.seed = seed,
	                          .rows = app->picture.height,
	                          .cols = app->picture.width *
	                                  app->plan.n_cells};
	char text[3][96];
	const char *names[] = {text[0], text[1], text[2], NULL};

	if (!app->picture.width) {
		run.rows = 1;
		while ((uint64_t)run.rows * run.rows < cells)
			run.rows++;
		run.cols = (uint32_t)((cells + run.rows - 1) / run.rows);
	}
	snprintf(text[0], sizeof text[0], "app=correlation");
	snprintf(text[1], sizeof text[1], "data=%.80s", app->data);
	snprintf(text[2], sizeof text[2], "inputs_seed=%llu",
	         (unsigned long long)seed);
	run.metadata = names;
	return mr_tool_reopen(app->tool, &run);
}

static int run_seed(struct mr_correlation_app *app, uint64_t seed,
                    struct mr_correlation_row *row)
{
	struct mr_tool *tool = app->tool;
	struct mr_clock *clock = &tool->clock;
	int64_t began_ns = clock->monotonic_ns(clock->self), array_ns;
	struct mr_errtext err = {""};
	struct mr_crowd crowd = {0};
	int code = make_crowd(app, seed, &crowd, &err);

	if (code != MR_OK)
		return mr_tool_fail(tool, code, "%s", err.text);
	array_ns = mr_array_time_ns(tool->array);
	app->plan.context = tool->context;
	app->plan.progress = show_progress;
	app->plan.user = app;
	code = mr_correlation_run(&app->plan, &crowd, tool->array, &row->result,
	                          &err);
	if (code != MR_OK)
		mr_tool_fail(tool, code, "seed %llu: %s",
		             (unsigned long long)seed, err.text);
	row->seed = seed;
	row->latent = crowd.latent;
	row->array_s = (double)(mr_array_time_ns(tool->array) - array_ns) * 1e-9;
	row->wall_s = (double)(clock->monotonic_ns(clock->self) - began_ns) *
	              1e-9;
	mr_crowd_free(&crowd);
	return code;
}

static int run_all(struct mr_correlation_app *app)
{
	int code = MR_OK;

	for (uint32_t k = 0; k < app->n_seeds && code == MR_OK; k++) {
		struct mr_correlation_row *row = next_row(app);

		if (!row)
			return mr_tool_fail(app->tool, MR_ERR_NOMEM,
			                    "out of memory");
		code = open_array(app, app->seeds[k]);
		if (code == MR_OK)
			code = run_seed(app, app->seeds[k], row);
		if (code != MR_OK && code != MR_ERR_STOPPED)
			return code;
		app->partial = app->partial || row->result.partial;
		if (mr_correlation_rate(app, row) != MR_OK)
			return mr_tool_fail(app->tool, MR_ERR_NOMEM,
			                    "out of memory");
		app->n_rows++;
		if (mr_tool_close_log(app->tool) != MR_OK && code == MR_OK)
			code = MR_ERR_IO;
	}
	mr_tool_progress(app->tool, "done", 1, 1);
	return code;
}

static int draw(const void *app, struct mr_errtext *err)
{
	return mr_correlation_plot(app, err);
}

static int report(void *app)
{
	return mr_correlation_report(app);
}

static int work(struct mr_correlation_app *app)
{
	int code = mr_correlation_settle(app);

	if (code == MR_OK)
		code = run_all(app);
	const struct mr_ending end = {.app = app,
	                              .plot = app->plot,
	                              .any = app->n_rows > 0,
	                              .plotted = &app->plotted,
	                              .draw = draw,
	                              .report = report};

	return mr_ending(app->tool, &end, code);
}

static void release(struct mr_correlation_app *app)
{
	for (uint32_t k = 0; k < app->n_rows; k++)
		mr_correlation_free(&app->row[k].result);
	free(app->row);
	free(app->seeds);
	free(app->label);
	mr_inputs_free(&app->inputs);
	mr_pbm_free(&app->picture);
}

int mr_app_correlation(int argc, char **argv)
{
	struct mr_tool tool;
	struct mr_correlation_app app = {.tool = &tool};
	int code;

	if (!mr_tool_parse(&tool, &page, argc, argv))
		return mr_tool_end(&tool, MR_OK);
	code = work(&app);
	release(&app);
	return mr_tool_end(&tool, code);
}
