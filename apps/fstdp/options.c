/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Options of "memrig run fstdp" and the inputs that they name. */
#include "app.h"

#include "../ending.h"
#include "../seeds.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CELLS_MAX 64

static int choose(struct mr_tool *tool, const char *option, const char *a,
                  const char *b, const char *c, unsigned *out)
{
	const char *value = mr_tool_value(tool, option);
	const char *const name[] = {a, b, c};

	if (!value)
		return MR_OK;
	for (unsigned k = 0; k < 3; k++) {
		if (name[k] && strcmp(value, name[k]) == 0) {
			*out = k;
			return MR_OK;
		}
	}
	return mr_tool_fail(tool, MR_ERR_USAGE, "--%s: '%s' is not %s%s%s or %s",
	                    option, value, a, c ? ", " : "", c ? b : "",
	                    c ? c : b);
}

static int take_preset(struct mr_fstdp_app *app)
{
	const char *name = mr_tool_value(app->tool, "preset");
	char all[256] = "";
	size_t n, used = 0;
	const struct mr_fstdp_preset *preset = mr_fstdp_presets(&n);

	if (!name) {
		app->preset = preset;
		return MR_OK;
	}
	app->preset = mr_fstdp_preset_find(name);
	if (app->preset)
		return MR_OK;
	for (size_t k = 0; k < n && used < sizeof all; k++)
		used += (size_t)snprintf(all + used, sizeof all - used, "%s%s",
		                         k ? ", " : "", preset[k].name);
	return mr_tool_fail(app->tool, MR_ERR_USAGE,
	                    "--preset: there is no '%s'; there are %s", name,
	                    all);
}

static int take_constants(struct mr_fstdp_app *app)
{
	size_t n;
	const struct mr_fstdp_constant *c = mr_fstdp_constants(&n);
	int code = MR_OK;

	mr_fstdp_preset_params(app->preset, &app->params);
	for (size_t k = 0; k < n && code == MR_OK; k++)
		code = mr_tool_double(app->tool, c[k].option, c[k].unit, c[k].min,
		                      c[k].max,
		                      mr_fstdp_constant_in(&app->params, &c[k]));
	return code;
}

/* ---- inputs -------------------------------------------------------------- */

static const char *data_directory(struct mr_tool *tool)
{
	const char *given = mr_tool_value(tool, "data");

	if (!given)
		given = getenv("MEMRIG_DATA");
	if (given)
		return given;
	if (access(MR_DATADIR "/weather/us_hpd_stations.csv", R_OK) == 0)
		return MR_DATADIR "/weather";
	return MR_SRCDIR "/data/weather";
}

static int listed_inputs(struct mr_fstdp_app *app, double threshold,
                         struct mr_errtext *err)
{
	struct mr_tool *tool = app->tool;
	struct mr_inputs_files files = {
		.events = mr_tool_value(tool, "events"),
		.stations = mr_tool_value(tool, "stations"),
		.panels = mr_tool_value(tool, "panels"),
		.panel = mr_tool_value(tool, "panel"),
		.labels = mr_tool_value(tool, "labels"),
		.threshold = threshold,
	};
	unsigned dense = 0;
	uint64_t hours = 0;
	int code = choose(tool, "format", "sparse", "dense", NULL, &dense);

	if (code == MR_OK)
		code = mr_tool_u64(tool, "hours", 1, MR_STEPS_MAX, &hours);
	if (code != MR_OK)
		return code;
	if (!files.panels != !files.panel || (files.panels && files.labels))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--panels FILE and --panel NAME go together, and "
		                    "exclude --labels FILE");
	files.dense = dense;
	files.n_hours = (uint32_t)hours;
	code = mr_inputs_listed(&app->inputs, &files, app->params.dt_s, err);
	return code == MR_OK ? code : mr_tool_fail(tool, code, "%s", err->text);
}

static int need_events(struct mr_tool *tool)
{
	static const char *const only[] = {"stations", "panels", "panel",
	                                   "labels", "format", "hours"};

	for (size_t k = 0; k < sizeof only / sizeof *only; k++)
		if (mr_tool_value(tool, only[k]))
			return mr_tool_fail(tool, MR_ERR_USAGE,
			                    "--%s needs --events FILE", only[k]);
	return MR_OK;
}

static int take_inputs(struct mr_fstdp_app *app)
{
	struct mr_tool *tool = app->tool;
	const char *events = mr_tool_value(tool, "events");
	double threshold = 2;
	struct mr_errtext err = {""};
	int code = mr_tool_double(tool, "threshold", "1", 0, 1e9, &threshold);

	if (code != MR_OK)
		return code;
	app->data = events ? events : app->preset->name;
	if (events)
		return listed_inputs(app, threshold, &err);
	code = need_events(tool);
	if (code != MR_OK)
		return code;
	code = mr_fstdp_preset_inputs(app->preset, data_directory(tool),
	                              threshold, app->params.dt_s, &app->inputs,
	                              &err);
	if (code == MR_ERR_MISSING)
		return mr_tool_fail(tool, code,
		                    "%s; --data DIR or $MEMRIG_DATA says where the "
		                    "rain data are",
		                    err.text);
	return code == MR_OK ? code : mr_tool_fail(tool, code, "%s", err.text);
}

/* Steps of a run, from --steps or --passes or the preset. */
static int take_steps(struct mr_fstdp_app *app)
{
	struct mr_tool *tool = app->tool;
	bool listed = !app->inputs.process;
	uint64_t passes = listed ? mr_fstdp_passes(app->inputs.events.n_steps)
	                         : 1;
	int code = mr_tool_u64(tool, "passes", 1, 1000000, &passes);

	if (code != MR_OK)
		return code;
	if (mr_tool_value(tool, "passes") &&
	    (!listed || mr_tool_value(tool, "steps")))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--passes is for listed events and excludes "
		                    "--steps");
	if (listed)
		app->steps = passes * app->inputs.events.n_steps;
	else
		app->steps = app->mode == MR_FSTDP_THRESHOLD
		                     ? app->preset->steps_chance
		                     : app->preset->steps;
	return mr_tool_u64(tool, "steps", 1, UINT64_MAX / 2, &app->steps);
}

/* ---- all together -------------------------------------------------------- */

static int take_choices(struct mr_fstdp_app *app)
{
	static const unsigned rules[] = {MR_RULE_FSTDP, MR_RULE_STDP,
	                                 MR_RULE_FSTDP | MR_RULE_STDP};
	struct mr_tool *tool = app->tool;
	unsigned rule = 2, mode = 0;
	uint64_t n_cells = 4;
	int code = choose(tool, "rule", "fstdp", "stdp", "both", &rule);

	if (code == MR_OK)
		code = choose(tool, "mode", "accumulate", "threshold", NULL, &mode);
	if (code == MR_OK)
		code = mr_tool_u64(tool, "cells-per-synapse", 1, CELLS_MAX,
		                   &n_cells);
	if (code == MR_OK) {
		app->step_time_s = app->params.dt_s;
		code = mr_tool_double(tool, "step-time", "s", 0, 1e9,
		                      &app->step_time_s);
	}
	app->rules = rules[rule];
	app->mode = mode ? MR_FSTDP_THRESHOLD : MR_FSTDP_ACCUMULATE;
	app->n_cells = (uint32_t)n_cells;
	return code;
}

static int take_plot(struct mr_fstdp_app *app)
{
	return mr_ending_take_plot(app->tool, &app->plot);
}

int mr_fstdp_settle(struct mr_fstdp_app *app)
{
	int code;

	if (!app->tool->uri || !app->tool->uri[0])
		app->tool->uri = "emu:pcm";
	code = take_preset(app);
	if (code == MR_OK)
		code = take_constants(app);
	if (code == MR_OK)
		code = take_choices(app);
	if (code == MR_OK)
		code = take_plot(app);
	if (code == MR_OK)
		code = mr_seeds_take(app->tool, app->preset->n_seeds, &app->seeds,
		                     &app->n_seeds);
	if (code == MR_OK)
		code = take_inputs(app);
	if (code == MR_OK)
		code = take_steps(app);
	return code;
}
