/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Options of "memrig run correlation" and what they name. */
#include "app.h"

#include "../ending.h"
#include "../seeds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CELLS_MAX 64
#define STEPS_MAX 1000000000u
#define PATH_MAX_TEXT 1024

/* Amplitudes of the paper: 0.002 uA per active process of a million, nothing
 * below 25 uA, at most 80 uA. With fewer processes the same share of active
 * ones gives the same amplitude. */
#define GAIN_OF_ALL_A 2e-3
#define I_MIN_A 25e-6
#define I_MAX_A 80e-6
#define STEP_S 1e-3
#define HOUR_S 3600.0
#define HOURS_2015 8760

static const struct mr_correlation_preset presets[] = {
	{.name = "picture-small",
	 .text = "40,000 processes; the picture's black ones are correlated",
	 .picture = "crossbar.pbm", .scale = 1, .p = 0.01, .c = 0.1,
	 .steps = 10000, .coding = MR_ACTIVITY_AMPLITUDE, .n_cells = 1,
	 .n_seeds = 1},
	{.name = "picture",
	 .text = "the same with a million processes",
	 .picture = "crossbar.pbm", .scale = 5, .p = 0.01, .c = 0.1,
	 .steps = 10000, .coding = MR_ACTIVITY_AMPLITUDE, .n_cells = 1,
	 .n_seeds = 1},
	{.name = "b4",
	 .text = "10,000 processes, a tenth of them correlated by .01",
	 .n = 10000, .share = 0.1, .p = 0.01, .c = 0.01, .steps = 10000,
	 .coding = MR_ACTIVITY_THRESHOLD, .n_cells = 1, .n_seeds = 10},
	{.name = "usa270-2015",
	 .text = "270 rain gauges across the US, whole year 2015",
	 .panel = "USA270", .coding = MR_ACTIVITY_AMPLITUDE, .gain_A = 1.3e-6,
	 .n_cells = 4, .n_seeds = 1},
};

const struct mr_correlation_preset *mr_correlation_presets(size_t *n)
{
	*n = sizeof presets / sizeof *presets;
	return presets;
}

static int take_preset(struct mr_correlation_app *app)
{
	const char *name = mr_tool_value(app->tool, "preset");
	char all[256] = "";
	size_t used = 0;

	app->preset = name ? NULL : presets;
	for (size_t k = 0; k < sizeof presets / sizeof *presets; k++) {
		if (name && strcmp(presets[k].name, name) == 0)
			app->preset = &presets[k];
		if (used < sizeof all)
			used += (size_t)snprintf(all + used, sizeof all - used,
			                         "%s%s", k ? ", " : "",
			                         presets[k].name);
	}
	if (app->preset)
		return MR_OK;
	return mr_tool_fail(app->tool, MR_ERR_USAGE,
	                    "--preset: there is no '%s'; there are %s", name,
	                    all);
}

/* ---- what is looked at ------------------------------------------------------ */

/* Where the project's data are: given, from the environment, installed, or in
 * the source tree. */
static int data_path(struct mr_tool *tool, const char *folder, const char *file,
                     char out[PATH_MAX_TEXT])
{
	const char *given = mr_tool_value(tool, "data");
	int size;

	if (given || getenv("MEMRIG_DATA")) {
		size = snprintf(out, PATH_MAX_TEXT, "%s/%s",
		                given ? given : getenv("MEMRIG_DATA"), file);
	} else {
		size = snprintf(out, PATH_MAX_TEXT, MR_DATADIR "/%s/%s", folder,
		                file);
		if (size < PATH_MAX_TEXT && access(out, R_OK) != 0)
			size = snprintf(out, PATH_MAX_TEXT,
			                MR_SRCDIR "/data/%s/%s", folder, file);
	}
	return size < PATH_MAX_TEXT
	               ? MR_OK
	               : mr_tool_fail(tool, MR_ERR_USAGE,
	                              "the data directory's name is too long");
}

static int take_picture(struct mr_correlation_app *app, const char *path)
{
	struct mr_tool *tool = app->tool;
	const char *given = mr_tool_value(tool, "pattern");
	struct mr_errtext err = {""};
	uint64_t scale = given ? 1 : app->preset->scale;
	int code = mr_pbm_read(path, &app->picture, &err);

	if (code != MR_OK)
		return mr_tool_fail(tool, code, "%s%s", given ? "--pattern: " : "",
		                    err.text);
	code = mr_tool_u64(tool, "scale", 1, MR_PBM_SIDE_MAX, &scale);
	if (code != MR_OK)
		return code;
	code = mr_pbm_scale(&app->picture, (uint32_t)scale, &err);
	if (code != MR_OK)
		return mr_tool_fail(tool, code, "--scale: %s", err.text);
	app->n = app->picture.width * app->picture.height;
	if (app->n > MR_CROWD_MAX)
		return mr_tool_fail(tool, MR_ERR_RANGE,
		                    "a picture of %u pixels; at most %u",
		                    (unsigned)app->n, MR_CROWD_MAX);
	return MR_OK;
}

static int take_gauges(struct mr_correlation_app *app)
{
	char events[PATH_MAX_TEXT], stations[PATH_MAX_TEXT];
	char panels[PATH_MAX_TEXT];
	struct mr_inputs_files files = {.events = events,
	                                .stations = stations,
	                                .panels = panels,
	                                .panel = app->preset->panel,
	                                .threshold = 2,
	                                .n_hours = HOURS_2015};
	struct mr_errtext err = {""};
	int code = data_path(app->tool, "weather", "us_hpd_hourly_2015.csv.gz",
	                     events);

	if (code == MR_OK)
		code = data_path(app->tool, "weather", "us_hpd_stations.csv",
		                 stations);
	if (code == MR_OK)
		code = data_path(app->tool, "weather", "us_hpd_panels.csv",
		                 panels);
	if (code != MR_OK)
		return code;
	code = mr_inputs_listed(&app->inputs, &files, HOUR_S, &err);
	if (code != MR_OK)
		return mr_tool_fail(app->tool, code, "%s", err.text);
	app->n = app->inputs.n;
	return MR_OK;
}

static int take_crowd(struct mr_correlation_app *app)
{
	struct mr_tool *tool = app->tool;
	uint64_t n = app->preset->n ? app->preset->n : 10000;
	int code = mr_tool_u64(tool, "processes", 1, MR_CROWD_MAX, &n);

	app->n = (uint32_t)n;
	return code;
}

/* Listed processes are told apart when their dose is known. */
static int take_labels(struct mr_correlation_app *app)
{
	double share = app->preset->share > 0 ? app->preset->share : 0.1;
	int code = mr_tool_double(app->tool, "share", "1", 0, 1, &share);

	if (code != MR_OK)
		return code;
	app->label = calloc(app->n, sizeof *app->label);
	if (!app->label)
		return mr_tool_fail(app->tool, MR_ERR_NOMEM, "out of memory");
	for (uint32_t i = 0; i < app->n; i++) {
		if (app->picture.width)
			app->label[i] = (int8_t)app->picture.black[i];
		else
			app->label[i] = i < share * app->n;
	}
	return MR_OK;
}

static int take_processes(struct mr_correlation_app *app)
{
	struct mr_tool *tool = app->tool;
	const char *pattern = mr_tool_value(tool, "pattern");
	const char *processes = mr_tool_value(tool, "processes");
	char path[PATH_MAX_TEXT];
	int code;

	if (pattern && (processes || mr_tool_value(tool, "share")))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--pattern says how many processes there are "
		                    "and which: no --processes and --share");
	app->data = pattern ? pattern : app->preset->name;
	if (pattern) {
		code = take_picture(app, pattern);
	} else if (processes || app->preset->n) {
		code = take_crowd(app);
	} else if (app->preset->panel) {
		code = take_gauges(app);
	} else {
		code = data_path(tool, "pictures", app->preset->picture, path);
		if (code == MR_OK)
			code = take_picture(app, path);
	}
	return code == MR_OK ? take_labels(app) : code;
}

/* ---- how ------------------------------------------------------------------- */

static int take_coding(struct mr_correlation_app *app)
{
	const char *given = mr_tool_value(app->tool, "coding");

	app->plan.coding = app->preset->coding;
	if (!given)
		return MR_OK;
	if (strcmp(given, "amplitude") == 0)
		app->plan.coding = MR_ACTIVITY_AMPLITUDE;
	else if (strcmp(given, "threshold") == 0)
		app->plan.coding = MR_ACTIVITY_THRESHOLD;
	else
		return mr_tool_fail(app->tool, MR_ERR_USAGE,
		                    "--coding: '%s' is not amplitude or threshold",
		                    given);
	return MR_OK;
}

static int take_constants(struct mr_correlation_app *app)
{
	struct mr_correlation_plan *plan = &app->plan;
	struct mr_tool *tool = app->tool;
	bool listed = app->inputs.n > 0;
	int code;

	app->p = app->preset->p > 0 ? app->preset->p : 0.01;
	app->c = app->preset->c > 0 ? app->preset->c : 0.1;
	plan->gain_A = app->preset->gain_A > 0 ? app->preset->gain_A
	                                       : GAIN_OF_ALL_A / app->n;
	plan->i_min_A = I_MIN_A;
	plan->i_max_A = I_MAX_A;
	plan->sigma = 5;
	plan->step_time_s = listed ? HOUR_S : STEP_S;
	code = mr_tool_double(tool, "p", "1", 1e-9, 1 - 1e-9, &app->p);
	if (code == MR_OK)
		code = mr_tool_double(tool, "c", "1", 0, 1, &app->c);
	if (code == MR_OK)
		code = mr_tool_double(tool, "gain", "A", 0, 1, &plan->gain_A);
	if (code == MR_OK)
		code = mr_tool_double(tool, "i-min", "A", 0, 1, &plan->i_min_A);
	if (code == MR_OK)
		code = mr_tool_double(tool, "i-max", "A", 0, 1, &plan->i_max_A);
	if (code == MR_OK)
		code = mr_tool_double(tool, "sigma", "1", -100, 100,
		                      &plan->sigma);
	if (code == MR_OK)
		code = mr_tool_double(tool, "step-time", "s", 0, 1e6,
		                      &plan->step_time_s);
	if (code == MR_OK && plan->i_min_A > plan->i_max_A)
		code = mr_tool_fail(tool, MR_ERR_RANGE,
		                    "--i-min %g A is above --i-max %g A",
		                    plan->i_min_A, plan->i_max_A);
	return code;
}

static int take_numbers(struct mr_correlation_app *app)
{
	uint64_t n_cells = app->preset->n_cells;
	uint64_t steps = app->inputs.n ? app->inputs.events.n_steps
	                               : app->preset->steps;
	int code = mr_tool_u64(app->tool, "cells-per-process", 1, CELLS_MAX,
	                       &n_cells);

	if (code == MR_OK)
		code = mr_tool_u64(app->tool, "steps", 1, STEPS_MAX, &steps);
	app->plan.n_cells = (uint32_t)n_cells;
	app->plan.steps = steps;
	return code;
}

/* Three looks by default: early, half way in pulses of the paper's first map,
 * and the end is looked at anyhow. */
static int take_maps(struct mr_correlation_app *app)
{
	const char *list = mr_tool_value(app->tool, "maps");
	struct mr_correlation_plan *plan = &app->plan;
	char *text, *piece;
	int code = MR_OK;

	if (!list) {
		plan->map_at[0] = plan->steps / 40;
		plan->map_at[1] = plan->steps / 7;
		plan->n_maps = plan->map_at[0] < plan->map_at[1] ? 2 : 0;
		return MR_OK;
	}
	text = strdup(list);
	if (!text)
		return mr_tool_fail(app->tool, MR_ERR_NOMEM, "out of memory");
	for (piece = strtok(text, ","); piece && code == MR_OK;
	     piece = strtok(NULL, ",")) {
		uint64_t at = 0;
		uint64_t after = plan->n_maps ? plan->map_at[plan->n_maps - 1]
		                              : 0;

		if (mr_tool_whole(piece, &at) != MR_OK || at > plan->steps ||
		    (plan->n_maps && at <= after) ||
		    plan->n_maps == MR_MAPS_MAX)
			code = mr_tool_fail(app->tool, MR_ERR_USAGE,
			                    "--maps: '%s': at most %d steps from 0 "
			                    "to %llu, ascending",
			                    piece, MR_MAPS_MAX,
			                    (unsigned long long)plan->steps);
		else
			plan->map_at[plan->n_maps++] = at;
	}
	free(text);
	return code;
}

static int take_plot(struct mr_correlation_app *app)
{
	return mr_ending_take_plot(app->tool, &app->plot);
}

int mr_correlation_settle(struct mr_correlation_app *app)
{
	int (*const take[])(struct mr_correlation_app *) = {
		take_preset, take_plot, take_processes, take_coding,
		take_constants, take_numbers, take_maps};
	int code = MR_OK;

	if (!app->tool->uri || !app->tool->uri[0])
		app->tool->uri = "emu:pcm";
	for (size_t k = 0; k < sizeof take / sizeof *take && code == MR_OK; k++)
		code = take[k](app);
	return code == MR_OK ? mr_seeds_take(app->tool, app->preset->n_seeds,
	                                     &app->seeds, &app->n_seeds)
	                     : code;
}
