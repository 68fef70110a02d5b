/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * "memrig run synapses": how well the weights of a correlated group come apart
 * from the rest with 1, 3 and 7 cells per synapse, beside ideal weights.
 */
#include "app.h"

#include "../ending.h"
#include "../seeds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_MAX 10000000u
#define CELLS_MAX 64

static const struct mr_tool_option options[] = {
	{"cells-per-synapse", "LIST", "numbers that are compared; default 1,3,7",
	 false},
	{"inputs", "N", "inputs of the neuron; default 1000", false},
	{"correlated", "N", "of them correlated; default a tenth", false},
	{"p", "X", "rate of each input per step; default .05", false},
	{"c", "X", "correlation of each pair of the group; default .75", false},
	{"steps", "N", "steps of a run; default 5000", false},
	{"raise-every", "N", "candidates per raising pulse; default 2", false},
	{"lower-every", "N", "candidates per erasing pulse; default 10", false},
	{"window", "N", "steps after an output spike that erase; default 2",
	 false},
	{"r0", "X", "wanted output spikes per step; default .05", false},
	{"kappa", "X", "gain of the threshold homeostasis; default .02", false},
	{"threshold-factor", "X", "first threshold, in mean drives; default 2",
	 false},
	{"step-time", "TIME", "array time of a step; default 1ms", false},
	MR_SEEDS_OPTION,
	{"plot", "FILE", "draw a figure, .png or .svg (needs gnuplot)", false},
	{0},
};

static const struct mr_tool_page page = {
	.name = "run synapses",
	.summary =
		"Lets one neuron learn on synapses of several cells each, one of\n"
		"which is pulsed at a time: the weights of correlated inputs come\n"
		"apart from the rest, the further the more cells carry a weight.\n"
		"After I. Boybat et al., Nat. Commun. 9, 2514 (2018).",
	.usage = "[OPTION]...",
	.groups = MR_TOOL_ARRAY | MR_TOOL_LOG | MR_TOOL_JSON,
	.options = options,
	.examples =
		"  memrig run synapses --plot synapses.png\n"
		"  memrig run synapses --seeds 10 --cells-per-synapse 1,2,4,8\n",
};

/* ---- options ----------------------------------------------------------------------- */

static int take_sizes(struct mr_synapses_app *app)
{
	const char *list = mr_tool_value(app->tool, "cells-per-synapse");
	char *text = strdup(list ? list : "1,3,7");
	int code = MR_OK;

	if (!text)
		return mr_tool_fail(app->tool, MR_ERR_NOMEM, "out of memory");
	for (char *piece = strtok(text, ","); piece && code == MR_OK;
	     piece = strtok(NULL, ",")) {
		uint64_t n = 0;

		if (mr_tool_whole(piece, &n) != MR_OK || n < 1 || n > CELLS_MAX ||
		    app->n_sizes == MR_SYNAPSES_SIZES_MAX)
			code = mr_tool_fail(app->tool, MR_ERR_USAGE,
			                    "--cells-per-synapse: '%s': at most %d "
			                    "numbers from 1 to %d, such as 1,3,7",
			                    piece, MR_SYNAPSES_SIZES_MAX,
			                    CELLS_MAX);
		else
			app->sizes[app->n_sizes++] = (uint32_t)n;
	}
	free(text);
	if (code == MR_OK && app->n_sizes == 0)
		return mr_tool_fail(app->tool, MR_ERR_USAGE,
		                    "--cells-per-synapse: say for example 1,3,7");
	return code;
}

static int take_inputs(struct mr_synapses_app *app)
{
	uint64_t n = 1000, group;
	int code = mr_tool_u64(app->tool, "inputs", 2, N_MAX, &n);

	group = n / 10 ? n / 10 : 1;
	if (code == MR_OK)
		code = mr_tool_u64(app->tool, "correlated", 1, n - 1, &group);
	if (code != MR_OK)
		return code;
	app->plan.n = (uint32_t)n;
	app->label = calloc(n, sizeof *app->label);
	if (!app->label)
		return mr_tool_fail(app->tool, MR_ERR_NOMEM, "out of memory");
	memset(app->label, 1, group);
	app->plan.label = app->label;
	return MR_OK;
}

static int take_constants(struct mr_synapses_app *app)
{
	struct mr_synapses_params *p = &app->plan.params;
	const struct {
		const char *name;
		double min, max;
		double *at;
	} reals[] = {{"p", 1e-9, 1 - 1e-9, &p->p},
	             {"c", 0, 1, &p->c},
	             {"r0", 1e-9, 1 - 1e-9, &p->r0},
	             {"kappa", 0, 0.5, &p->kappa},
	             {"threshold-factor", 1e-6, 1e6, &p->theta_factor}};
	int code = MR_OK;

	*p = (struct mr_synapses_params){.p = 0.05, .c = 0.75, .r0 = 0.05,
	                                 .kappa = 0.02, .theta_factor = 2};
	for (size_t k = 0; k < sizeof reals / sizeof *reals && code == MR_OK; k++)
		code = mr_tool_double(app->tool, reals[k].name, "1", reals[k].min,
		                      reals[k].max, reals[k].at);
	app->step_time_s = 1e-3;
	if (code == MR_OK)
		code = mr_tool_double(app->tool, "step-time", "s", 0, 1e6,
		                      &app->step_time_s);
	return code;
}

static int take_counts(struct mr_synapses_app *app)
{
	uint64_t steps = 5000, raise = 2, lower = 10, window = 2;
	int code = mr_tool_u64(app->tool, "steps", 1, UINT32_MAX, &steps);

	if (code == MR_OK)
		code = mr_tool_u64(app->tool, "raise-every", 1, UINT32_MAX,
		                   &raise);
	if (code == MR_OK)
		code = mr_tool_u64(app->tool, "lower-every", 1, UINT32_MAX,
		                   &lower);
	if (code == MR_OK)
		code = mr_tool_u64(app->tool, "window", 0, 1000, &window);
	app->plan.steps = steps;
	app->raise_every = (uint32_t)raise;
	app->lower_every = (uint32_t)lower;
	app->plan.params.window = (uint32_t)window;
	return code;
}

static int take_plot(struct mr_synapses_app *app)
{
	return mr_ending_take_plot(app->tool, &app->plot);
}

static int settle(struct mr_synapses_app *app)
{
	int (*const take[])(struct mr_synapses_app *) = {
		take_sizes, take_plot, take_inputs, take_constants, take_counts};
	int code = MR_OK;

	if (!app->tool->uri || !app->tool->uri[0])
		app->tool->uri = "emu:pcm";
	for (size_t k = 0; k < sizeof take / sizeof *take && code == MR_OK; k++)
		code = take[k](app);
	return code == MR_OK ? mr_seeds_take(app->tool, 2, &app->seeds,
	                                     &app->n_seeds)
	                     : code;
}

/* ---- runs ----------------------------------------------------------------------------- */

static void show_progress(void *user, uint64_t done, uint64_t total)
{
	struct mr_synapses_app *app = user;
	uint64_t runs = 2 * (uint64_t)app->n_sizes * app->n_seeds;

	mr_tool_progress(app->tool, "synapses", app->n_rows * total + done,
	                 runs * total);
}

static int open_array(struct mr_synapses_app *app, uint32_t n_cells,
                      uint64_t seed)
{
	struct mr_tool_run run = {
		.seed = seed, .rows = app->plan.n, .cols = n_cells};
	char text[2][64];
	const char *names[] = {"app=synapses", text[0], text[1], NULL};

	snprintf(text[0], sizeof text[0], "cells_per_synapse=%u",
	         (unsigned)n_cells);
	snprintf(text[1], sizeof text[1], "inputs_seed=%llu",
	         (unsigned long long)seed);
	run.metadata = names;
	return mr_tool_reopen(app->tool, &run);
}

static int make_weights(struct mr_synapses_app *app,
                        const struct mr_synapses_row *row,
                        struct mr_weights *weights)
{
	struct mr_weights_options mapping = {.n = app->plan.n,
	                                     .n_cells = row->n_cells,
	                                     .period_s = app->step_time_s,
	                                     .raise_every = app->raise_every,
	                                     .lower_every = app->lower_every};
	struct mr_errtext err = {""};
	int code;

	if (!row->array)
		code = mr_weights_float(weights, &mapping);
	else
		code = mr_weights_array(weights, app->tool->array, &mapping,
		                        &err);
	return code == MR_OK ? code
	                     : mr_tool_fail(app->tool, code, "--array %s: %s",
	                                    app->tool->uri,
	                                    err.text[0] ? err.text
	                                                : "out of memory");
}

static int learn(struct mr_synapses_app *app, struct mr_synapses_row *row)
{
	struct mr_clock *clock = &app->tool->clock;
	int64_t began_ns = clock->monotonic_ns(clock->self);
	struct mr_weights weights = {0};
	struct mr_errtext err = {""};
	int code = make_weights(app, row, &weights);

	if (code != MR_OK)
		return code;
	code = mr_synapses_run(&app->plan, &weights, row->seed, &row->result,
	                       &err);
	if (code != MR_OK)
		mr_tool_fail(app->tool, code, "%u cells, seed %llu: %s",
		             (unsigned)row->n_cells,
		             (unsigned long long)row->seed, err.text);
	row->counts = mr_weights_counts(&weights);
	row->wall_s = (double)(clock->monotonic_ns(clock->self) - began_ns) *
	              1e-9;
	mr_weights_free(&weights);
	return code;
}

static int one_run(struct mr_synapses_app *app, struct mr_synapses_row *row)
{
	struct mr_tool *tool = app->tool;
	int64_t array_ns = 0;
	int code = MR_OK;

	if (row->array) {
		code = open_array(app, row->n_cells, row->seed);
		if (code != MR_OK)
			return code;
		app->plan.stop = tool->context.stop;
		array_ns = mr_array_time_ns(tool->array);
	}
	code = learn(app, row);
	if (code != MR_OK && code != MR_ERR_STOPPED)
		return code;
	app->partial = app->partial || row->result.partial;
	app->n_rows++;
	if (mr_synapses_measure(row->result.w, app->label, app->plan.n,
	                        &row->gap) != MR_OK)
		return mr_tool_fail(tool, MR_ERR_NOMEM, "out of memory");
	if (row->array) {
		row->array_s = (double)(mr_array_time_ns(tool->array) -
		                        array_ns) *
		               1e-9;
		if (mr_tool_close_log(tool) != MR_OK && code == MR_OK)
			code = MR_ERR_IO;
	}
	return code;
}

static int run_all(struct mr_synapses_app *app)
{
	uint32_t n = 2 * app->n_sizes * app->n_seeds;
	int code = MR_OK;

	app->plan.progress = show_progress;
	app->plan.user = app;
	app->row = calloc(n, sizeof *app->row);
	if (!app->row)
		return mr_tool_fail(app->tool, MR_ERR_NOMEM, "out of memory");
	for (uint32_t k = 0; k < n && code == MR_OK; k++) {
		struct mr_synapses_row *row = &app->row[k];
		uint32_t run = k / 2;

		row->array = k % 2 == 0;
		row->n_cells = app->sizes[run / app->n_seeds];
		row->seed = app->seeds[run % app->n_seeds];
		/* no leak: mr_app_synapses() frees the rows
		 * NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		code = one_run(app, row);
	}
	mr_tool_progress(app->tool, "done", 1, 1);
	return code;
}

/* ---- the whole -------------------------------------------------------------------------- */

static int draw(const void *app, struct mr_errtext *err)
{
	return mr_synapses_plot(app, err);
}

static int report(void *app)
{
	return mr_synapses_report(app);
}

static int work(struct mr_synapses_app *app)
{
	int code = settle(app);

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

int mr_app_synapses(int argc, char **argv)
{
	struct mr_tool tool;
	struct mr_synapses_app app = {.tool = &tool};
	int code;

	if (!mr_tool_parse(&tool, &page, argc, argv))
		return mr_tool_end(&tool, MR_OK);
	code = work(&app);
	for (uint32_t k = 0; k < app.n_rows; k++)
		free(app.row[k].result.w);
	free(app.row);
	free(app.seeds);
	free(app.label);
	return mr_tool_end(&tool, code);
}
