/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * "memrig run fstdp": correlation detection with fatiguing STDP on an array,
 * beside the same with ideal weights and beside plain STDP.
 */
#include "app.h"

#include "../ending.h"
#include "../seeds.h"

#include <stdlib.h>

static const struct mr_tool_option options[] = {
	{"preset", "NAME",
	 "ncal-2015h1 (default), ncal-2015, tx-2015h1, tx-2015, il-2015h1,\n"
	 "                           il-2015, usa270-2015, b1",
	 false},
	{"rule", "RULE", "fstdp, stdp (no fatigue) or both (default)", false},
	{"mode", "MODE", "accumulate (default) or threshold pulses", false},
	{"cells-per-synapse", "N", "cells that carry a weight; default 4", false},
	{"step-time", "TIME",
	 "array time of a step; default as in the data; 0 = no pause", false},
	MR_SEEDS_OPTION,
	{"steps", "N", "steps of a run", false},
	{"passes", "N",
	 "or: times that listed events are gone through; default: about\n"
	 "                           35000 steps in all",
	 false},
	{"data", "DIR", "rain data of the presets; default $MEMRIG_DATA", false},
	{"events", "FILE", "learn from a CSV file, - = standard input, .gz too",
	 false},
	{"format", "FORMAT",
	 "sparse: station,hour,amount (default); dense: 0/1, a row per step",
	 false},
	{"threshold", "AMOUNT", "an event is an amount >= this; default 2", false},
	{"hours", "N", "hours that a sparse file covers", false},
	{"stations", "FILE", "CSV with columns s, lat, lon", false},
	{"panels", "FILE", "CSV with columns panel, s, label", false},
	{"panel", "NAME", "the panel of that file", false},
	{"labels", "FILE", "CSV with columns s, label (1, 0 or -1)", false},
	{"plot", "FILE", "draw a figure, .png or .svg (needs gnuplot)", false},
	{"dt", "TIME", "constants of the rule: one step", false},
	{"tau-m", "TIME", "membrane; 0 = coincidence within a step", false},
	{"tau-p", "TIME", "learning trace", false},
	{"tau-f", "TIME", "recovery from fatigue", false},
	{"f", "X", "fatigue per spike", false},
	{"B", "X", "depression, in traces of an uncorrelated input", false},
	{"eta", "X", "learning rate", false},
	{"r0", "RATE", "wanted rate of output spikes, in Hz", false},
	{"kappa", "X", "gain of the threshold homeostasis", false},
	{"threshold-factor", "X", "first threshold, in mean drives", false},
	{"w0", "X", "first weight", false},
	{"x-ref-rate", "X", "running mean of the traces, per step; 0 = known",
	 false},
	{"ratio", "X", "threshold mode: SET above this x / x_ref", false},
	{"p-set", "X", "threshold mode: chance of a SET", false},
	{"p-reset", "X", "threshold mode: chance of a RESET", false},
	{0},
};

static const struct mr_tool_page page = {
	.name = "run fstdp",
	.summary =
		"Finds inputs that spike together, whatever their rates: fatiguing\n"
		"spike-timing-dependent plasticity with weights on an array (default\n"
		"emu:pcm), beside ideal weights and beside STDP without fatigue. A\n"
		"reimplementation of the published idea with own parameters. Ctrl-C\n"
		"keeps the log and prints what there is (exit status 1). Without\n"
		"gnuplot the figure is left out with a warning (exit status 0).",
	.usage = "[OPTION]...",
	.groups = MR_TOOL_ARRAY | MR_TOOL_LOG | MR_TOOL_JSON,
	.options = options,
	.examples =
		"  memrig run fstdp --plot rain.png\n"
		"  memrig run fstdp --preset b1 --seeds 1 --cells-per-synapse 1\n"
		"  memrig run fstdp --events events.csv.gz --labels labels.csv\n",
};

static int draw(const void *app, struct mr_errtext *err)
{
	return mr_fstdp_plot(app, err);
}

static int report(void *app)
{
	return mr_fstdp_report(app);
}

static int work(struct mr_fstdp_app *app)
{
	int code = mr_fstdp_settle(app);

	if (code == MR_OK)
		code = mr_fstdp_all(app);
	const struct mr_ending end = {.app = app,
	                              .plot = app->plot,
	                              .any = app->n_results > 0,
	                              .plotted = &app->plotted,
	                              .draw = draw,
	                              .report = report};

	return mr_ending(app->tool, &end, code);
}

static void release(struct mr_fstdp_app *app)
{
	for (uint32_t k = 0; k < app->n_results; k++)
		mr_fstdp_result_free(&app->result[k]);
	free(app->result);
	free(app->seeds);
	mr_inputs_free(&app->inputs);
}

int mr_app_fstdp(int argc, char **argv)
{
	struct mr_tool tool;
	struct mr_fstdp_app app = {.tool = &tool};
	int code;

	if (!mr_tool_parse(&tool, &page, argc, argv))
		return mr_tool_end(&tool, MR_OK);
	code = work(&app);
	release(&app);
	return mr_tool_end(&tool, code);
}
