/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * "memrig run softhebb": networks that learn without labels, feedback or error
 * signals, in floating point and on an array.
 */
#include "app.h"
#include "deep_app.h"

#include "../ending.h"
#include "../seeds.h"

#include <stdlib.h>

static const struct mr_tool_option options[] = {
	{"preset", "NAME",
	 "mnist-100 (default), mnist-500, mnist-2000, fashion-500, digits-8x8;\n"
	 "                           deep: mnist-cnn, cifar10-1, -2, -3, and more",
	 false},
	{"weights", "WHERE",
	 "array, float, or both (default); deep: float (default), or array:\n"
	 "                           the first layer on it",
	 false},
	{"data", "DIR",
	 "where the data set is; default $MEMRIG_DATA, then the usual places",
	 false},
	{"samples", "N", "samples of a pass; 0 = all", false},
	{"test-samples", "N", "samples of the test; 0 = all", false},
	{"epochs", "N", "passes, default 1; deep: of the classifier", false},
	{"neurons", "K", "neurons of the layer", false},
	{"batch", "B", "samples that change the weights at once", false},
	MR_SEEDS_OPTION,
	{"t", "X", "inverse temperature of the softmax", false},
	{"eta", "X", "first learning rate; falls to 0 over the run", false},
	{"radius", "X", "length of the first weights; over 2.2 or neurons die",
	 false},
	{"norm-rate", "P", "rate eta |radius - 1|^P instead of a falling one",
	 false},
	{"by-max", NULL, "divide a change by its largest element", false},
	{"bias-rate", "X", "learn the priors, at X times eta", false},
	{"hard", NULL, "hard winner-take-all: the baseline", false},
	{"mapping", "M",
	 "digital (default): directions on the array, radii beside it;\n"
	 "                           plain: the weights as they are",
	 false},
	{"pulses", "P", "accumulate (default), round or outer", false},
	{"cells-per-weight", "N",
	 "cells per weight and polarity; default 1; 1,2,4,8 for a curve", false},
	{"w-clip", "X", "weight of a full cell", false},
	{"refresh-every", "N", "samples between refreshes of used-up pairs",
	 false},
	{"tiles", "RxC",
	 "spread the layer over a grid of arrays, inputs over R, neurons\n"
	 "                           over C: one emulated --array for all, or one "
	 "for each", false},
	{"sample-time", "TIME", "array time between samples; default 0", false},
	{"ages", "LIST",
	 "times since training at which to look again, such as 1h,1d,365d",
	 false},
	{"readout", "R",
	 "labels (default), or linear: learn a linear read-out too", false},
	{"readout-t", "X", "inverse temperature of its features; default 20",
	 false},
	{"robustness", NULL,
	 "noise and attacks, beside an MLP by back-propagation", false},
	{"attacked", "N", "test pictures that are attacked; default 500", false},
	{"posthoc", NULL,
	 "cross-entropy while the layer learns, beside the MLP's", false},
	{"interpolate", "LIST",
	 "pictures between classes, such as 3,8; with --plot", false},
	{"train-samples", "N", "deep: samples of the classifier; 0 = all", false},
	{"shift", "N",
	 "deep: the classifier learns images moved by up to N pixels and\n"
	 "                           flipped, anew in each epoch; default 4 for STL-10, as\n"
	 "                           published, else none",
	 false},
	{"simultaneous", NULL, "deep: all layers learn in one pass", false},
	{"random", NULL, "deep: weights stay random, a baseline", false},
	{"checkpoint", "FILE", "keep the state there, to go on from it", false},
	{"checkpoint-every", "N", "also every N batches", false},
	{"resume", NULL, "go on from the checkpoint", false},
	{"transfer", "URI",
	 "deep: program the network on such arrays; may be given again", true},
	{"transfer-seeds", "LIST",
	 "seeds of programming, as --seeds; default 3 (1 to 3)", false},
	{"transfer-scale", "S",
	 "what fills a cell: the largest weight of each output\n"
	 "                           (default), or of the layer",
	 false},
	{"transfer-samples", "N",
	 "test samples of each rating, others for each programming;\n"
	 "                           default 1000",
	 false},
	{"transfer-care", "LIST",
	 "what is done about drift: none,global,column,norm;\n"
	 "                           default all",
	 false},
	{"plot", "FILE", "draw a figure, .png or .svg (needs gnuplot)", false},
	{0},
};

static const struct mr_tool_page page = {
	.name = "run softhebb",
	.summary =
		"Learns images without labels by SoftHebb, with weights on an array\n"
		"(default emu:pcm) beside the same in floating point, then labels the\n"
		"neurons and reports the accuracy on the test set, also some time\n"
		"after training. A reimplementation of the published rule. Ctrl-C\n"
		"keeps the log and prints what there is (exit status 1).",
	.usage = "[OPTION]...",
	.groups = MR_TOOL_ARRAY | MR_TOOL_ARRAYS | MR_TOOL_LOG | MR_TOOL_JSON,
	.options = options,
	.examples =
		"  memrig run softhebb --preset mnist-100 --seeds 1\n"
		"  memrig run softhebb --preset mnist-500 --weights float --json\n"
		"  memrig run softhebb --preset cifar10-3 --checkpoint c.state -v\n"
		"  memrig run softhebb --preset digits-8x8 --array arc1+loop:pcm\n",
};

static int draw(const void *app, struct mr_errtext *err)
{
	int code = mr_softhebb_plot(app, err);

	return code == MR_OK ? mr_study_plot(app, err) : code;
}

static int report(void *app)
{
	return mr_softhebb_report(app);
}

static int work(struct mr_softhebb_app *app)
{
	int code = mr_softhebb_settle(app);

	if (code == MR_OK)
		code = mr_softhebb_all(app);
	if (code == MR_OK)
		code = mr_study_run(app);
	const struct mr_ending end = {.app = app,
	                              .plot = app->plot,
	                              .any = app->n_runs > 0,
	                              .plotted = &app->plotted,
	                              .draw = draw,
	                              .report = report};

	return mr_ending(app->tool, &end, code);
}

static void release(struct mr_softhebb_app *app)
{
	for (uint32_t k = 0; k < app->n_runs; k++)
		mr_shallow_free(&app->run[k].result);
	mr_softhebb_release(app);
	mr_study_free(&app->study);
	free(app->run);
	free(app->seeds);
	mr_images_free(&app->train);
	mr_images_free(&app->test);
}

int mr_app_softhebb(int argc, char **argv)
{
	struct mr_tool tool;
	struct mr_softhebb_app app = {.tool = &tool};
	const struct mr_deep_preset *deep;
	const char *name;
	int code;

	if (!mr_tool_parse(&tool, &page, argc, argv))
		return mr_tool_end(&tool, MR_OK);
	name = mr_tool_value(&tool, "preset");
	deep = name ? mr_deep_preset_find(name) : NULL;
	if (deep)
		return mr_tool_end(&tool, mr_deep_app(&tool, deep));
	code = work(&app);
	release(&app);
	return mr_tool_end(&tool, code);
}
