/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Options of "memrig run softhebb" and the images that they name. */
#include "ages.h"
#include "app.h"
#include "cells.h"
#include "deep.h"
#include "shrink.h"

#include "../ending.h"
#include "../seeds.h"

#include <stdlib.h>
#include <string.h>

#define NEURONS_MAX 65536

static int choose(struct mr_tool *tool, const char *option,
                  const char *const *name, unsigned n, unsigned *out)
{
	const char *value = mr_tool_value(tool, option);
	char all[128] = "";

	for (unsigned k = 0; value && k < n; k++) {
		if (strcmp(value, name[k]) == 0) {
			*out = k;
			return MR_OK;
		}
		strncat(all, k == 0 ? "" : k + 1 == n ? " or " : ", ",
		        sizeof all - strlen(all) - 1);
		strncat(all, name[k], sizeof all - strlen(all) - 1);
	}
	return value ? mr_tool_fail(tool, MR_ERR_USAGE, "--%s: '%s' is not %s",
	                            option, value, all)
	             : MR_OK;
}

/* ---- network -------------------------------------------------------------------- */

static int take_preset(struct mr_softhebb_app *app)
{
	const char *name = mr_tool_value(app->tool, "preset");
	char all[512] = "";
	size_t n, n_deep, used = 0;
	const struct mr_shallow_preset *preset = mr_shallow_presets(&n);
	const struct mr_deep_preset *deep = mr_deep_presets(&n_deep);

	app->preset = name ? mr_shallow_preset_find(name) : preset;
	for (size_t k = 0; k < n && used < sizeof all; k++)
		used += (size_t)snprintf(all + used, sizeof all - used, "%s%s",
		                         k ? ", " : "", preset[k].name);
	for (size_t k = 0; k < n_deep && used < sizeof all; k++)
		used += (size_t)snprintf(all + used, sizeof all - used, ", %s",
		                         deep[k].name);
	if (!app->preset)
		return mr_tool_fail(app->tool, MR_ERR_USAGE,
		                    "--preset: there is no '%s'; there are %s",
		                    name, all);
	app->params = app->preset->params;
	app->array_params = app->preset->array_params;
	app->mapping = app->preset->mapping;
	app->n_out = app->preset->n_out;
	app->batch = app->preset->batch;
	app->samples = app->preset->samples;
	app->test_samples = app->preset->test_samples;
	app->epochs = 1;
	return MR_OK;
}

/* What is said on the command line holds in floating point and on the array. */
static int take_rule(struct mr_softhebb_app *app)
{
	struct mr_tool *tool = app->tool;
	struct mr_hebb_params *both[] = {&app->params, &app->array_params};
	int code = MR_OK;

	for (unsigned k = 0; k < 2 && code == MR_OK; k++) {
		struct mr_hebb_params *p = both[k];

		code = mr_tool_double(tool, "t", "1", 1e-3, 1e4, &p->t);
		if (code == MR_OK)
			code = mr_tool_double(tool, "eta", "1", 1e-9, 10,
			                      &p->eta0);
		if (code == MR_OK)
			code = mr_tool_double(tool, "radius", "1", 1e-3, 1e3,
			                      &p->radius);
		if (code == MR_OK)
			code = mr_tool_double(tool, "norm-rate", "1", 1e-3, 10,
			                      &p->p);
		if (code == MR_OK)
			code = mr_tool_double(tool, "bias-rate", "1", 0, 10,
			                      &p->bias_rate);
		p->by_max |= mr_tool_value(tool, "by-max") != NULL;
		p->hard |= mr_tool_value(tool, "hard") != NULL;
	}
	return code;
}

static int take_sizes(struct mr_softhebb_app *app)
{
	struct mr_tool *tool = app->tool;
	int code = mr_tool_u32(tool, "neurons", 1, NEURONS_MAX, &app->n_out);

	if (code == MR_OK)
		code = mr_tool_u32(tool, "batch", 1, 10000, &app->batch);
	if (code == MR_OK)
		code = mr_tool_u32(tool, "samples", 0, UINT32_MAX, &app->samples);
	if (code == MR_OK)
		code = mr_tool_u32(tool, "test-samples", 0, UINT32_MAX,
		                &app->test_samples);
	if (code == MR_OK)
		code = mr_tool_u32(tool, "epochs", 1, 100000, &app->epochs);
	return code;
}

static int refuse_deep(struct mr_softhebb_app *app)
{
	static const char *const only[] = {"train-samples", "simultaneous", "shift",
	                                   "random", "transfer", "transfer-seeds",
	                                   "transfer-samples", "transfer-scale",
	                                   "transfer-care"};

	for (size_t k = 0; k < sizeof only / sizeof *only; k++)
		if (mr_tool_value(app->tool, only[k]))
			return mr_tool_fail(app->tool, MR_ERR_USAGE,
			                    "--%s is for deep networks; '%s' is "
			                    "a shallow one",
			                    only[k], app->preset->name);
	return MR_OK;
}

/* ---- array ---------------------------------------------------------------------- */

static int take_mapping(struct mr_softhebb_app *app)
{
	static const char *const mappings[] = {"digital", "plain"};
	static const char *const pulsings[] = {"accumulate", "round", "outer"};
	struct mr_tool *tool = app->tool;
	struct mr_hebb_mapping *m = &app->mapping;
	unsigned plain = !m->digital, pulsing = m->pulsing;
	int code = choose(tool, "mapping", mappings, 2, &plain);

	if (code == MR_OK)
		code = choose(tool, "pulses", pulsings, 3, &pulsing);
	if (code == MR_OK)
		code = mr_cells_take(app);
	if (code == MR_OK)
		code = mr_tool_double(tool, "w-clip", "1", 1e-6, 1e6, &m->w_clip);
	if (code == MR_OK)
		code = mr_tool_u32(tool, "refresh-every", 0, UINT32_MAX,
		                &m->refresh_every);
	if (code == MR_OK)
		code = mr_tool_double(tool, "sample-time", "s", 0, 1e6,
		                      &m->sample_s);
	m->digital = !plain;
	m->pulsing = (enum mr_hebb_pulsing)pulsing;
	if (m->pulsing != MR_PULSING_ACCUMULATE && m->eta_stop == 0)
		m->eta_stop = 0.05;
	return code;
}

static int take_carriers(struct mr_softhebb_app *app)
{
	static const char *const names[] = {"float", "array", "both"};
	unsigned k = 2;
	int code = choose(app->tool, "weights", names, 3, &k);

	app->carriers = k + 1;
	if (!app->tool->uri || !app->tool->uri[0])
		app->tool->uri = "emu:pcm";
	app->n_uris = 1;
	while (mr_tool_nth(app->tool, "array", app->n_uris))
		app->n_uris++;
	if (code == MR_OK && app->carriers == MR_CARRY_FLOAT &&
	    app->tool->log_path)
		code = mr_tool_fail(app->tool, MR_ERR_USAGE,
		                    "--log: floating-point weights have no "
		                    "operations to keep; say --weights array");
	return code;
}

/* "URI", or "URI, URI". */
static char *list_uris(const struct mr_softhebb_app *app)
{
	size_t size = strlen(app->tool->uri) + 1, used = 0;
	char *out;

	for (uint32_t k = 1; k < app->n_uris; k++)
		size += strlen(mr_tool_nth(app->tool, "array", k)) + 2;
	out = calloc(size, 1);
	for (uint32_t k = 0; k < app->n_uris && out; k++)
		used += (size_t)snprintf(
			out + used, size - used, "%s%s", k ? ", " : "",
			k ? mr_tool_nth(app->tool, "array", k) : app->tool->uri);
	return out;
}

/* "RxC" */
static int take_tiles(struct mr_softhebb_app *app)
{
	const char *value = mr_tool_value(app->tool, "tiles");
	char text[16];
	const char *x = value ? strchr(value, 'x') : NULL;
	uint64_t rows = 1, cols = app->n_uris;

	if (value && (!x || (size_t)(x - value) >= sizeof text))
		rows = 0;
	else if (value) {
		snprintf(text, sizeof text, "%.*s", (int)(x - value), value);
		if (mr_tool_whole(text, &rows) != MR_OK ||
		    mr_tool_whole(x + 1, &cols) != MR_OK)
			rows = 0;
	}
	if (value && (rows < 1 || cols < 1 || rows > MR_TILES_MAX ||
	              cols > MR_TILES_MAX))
		return mr_tool_fail(app->tool, MR_ERR_USAGE,
		                    "--tiles: '%s' is no grid of 1x1 to %dx%d "
		                    "arrays, such as 2x4 (inputs in 2 parts, "
		                    "neurons in 4)",
		                    value, MR_TILES_MAX, MR_TILES_MAX);
	app->where = list_uris(app);
	if (!app->where)
		return mr_tool_fail(app->tool, MR_ERR_NOMEM, "out of memory");
	app->tile_rows = (uint32_t)rows;
	app->tile_cols = (uint32_t)cols;
	if (!value && app->n_uris > MR_TILES_MAX)
		return mr_tool_fail(app->tool, MR_ERR_USAGE,
		                    "--array: at most %d arrays side by side; "
		                    "say --tiles for more", MR_TILES_MAX);
	if (app->n_uris > 1 && app->n_uris != rows * cols)
		return mr_tool_fail(app->tool, MR_ERR_USAGE,
		                    "--tiles %s are %u arrays, and %u are given: "
		                    "say --array once for each, or one emulated "
		                    "array for all",
		                    value, (unsigned)(rows * cols),
		                    (unsigned)app->n_uris);
	return MR_OK;
}

static int take_keep(struct mr_softhebb_app *app)
{
	struct mr_tool *tool = app->tool;
	int code = mr_tool_u32(tool, "checkpoint-every", 1, UINT32_MAX,
	                       &app->keep.every);

	app->keep.path = mr_tool_value(tool, "checkpoint");
	app->keep.resume = mr_tool_value(tool, "resume") != NULL;
	if (code != MR_OK)
		return code;
	if (!app->keep.path && (app->keep.resume || app->keep.every))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--resume and --checkpoint-every need "
		                    "--checkpoint FILE");
	if (app->keep.path && app->n_seeds > 1)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--checkpoint holds one run: say one seed");
	if (app->keep.path && app->n_cells > 1)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--checkpoint holds one run: say one number "
		                    "of --cells-per-weight");
	if (app->keep.path &&
	    app->carriers == (MR_CARRY_FLOAT | MR_CARRY_ARRAY))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--checkpoint holds one run: say --weights "
		                    "float or --weights array");
	return MR_OK;
}

static int take_ages(struct mr_softhebb_app *app)
{
	return mr_ages_take(app->tool, MR_AGES_MAX, app->age_s, &app->n_ages);
}

/* ---- images --------------------------------------------------------------------- */

static int load(struct mr_softhebb_app *app, const struct mr_dataset *set,
                enum mr_images_part part, struct mr_images *images)
{
	struct mr_errtext err = {""};
	int code = mr_images_load(set, mr_tool_value(app->tool, "data"), part, 0,
	                          images, &err);

	if (code != MR_OK)
		return mr_tool_fail(app->tool, code, "%s", err.text);
	if (app->preset->size)
		code = mr_images_shrink(images, app->preset->size);
	return code == MR_OK
	               ? code
	               : mr_tool_fail(app->tool, code, "out of memory");
}

static int take_images(struct mr_softhebb_app *app)
{
	const struct mr_dataset *set = mr_dataset_find(app->preset->set);
	int code = load(app, set, MR_IMAGES_TRAIN, &app->train);

	if (code == MR_OK)
		code = load(app, set, MR_IMAGES_TEST, &app->test);
	return code;
}

static int take_plot(struct mr_softhebb_app *app)
{
	return mr_ending_take_plot(app->tool, &app->plot);
}

int mr_softhebb_settle(struct mr_softhebb_app *app)
{
	int (*const steps[])(struct mr_softhebb_app *app) = {
		take_preset, refuse_deep, take_rule, take_sizes, take_mapping,
		take_carriers, take_tiles, take_keep, take_ages, take_plot, mr_study_settle,
		take_images};
	int code = mr_seeds_take(app->tool, 1, &app->seeds, &app->n_seeds);

	for (size_t k = 0; k < sizeof steps / sizeof *steps && code == MR_OK; k++)
		code = steps[k](app);
	return code;
}
