/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The arrays of a run: one, a grid of emulated ones of the same URI, or one of
 * each of several. */
#include "app.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t share(uint32_t n, uint32_t parts)
{
	return (n + parts - 1) / parts;
}

/* Shape of the largest tile, where the URI names none. */
static struct mr_tool_run shape_of(const struct mr_softhebb_app *app,
                                   uint64_t seed)
{
	const struct mr_images *im = &app->train;
	uint32_t sides = app->mapping.coding == MR_CODING_PAIR ? 2 : 1;
	uint32_t n_cells = app->mapping.n_cells ? app->mapping.n_cells : 1;

	return (struct mr_tool_run){
		.seed = seed,
		.rows = share(im->channels * im->height * im->width,
	                      app->tile_rows),
		.cols = share(app->n_out, app->tile_cols) * sides * n_cells};
}

/* A run of a tile, with what its log says of it. */
struct tile_run {
	struct mr_tool_run run;
	char text[4][96];
	const char *names[5];
};

static void name_run(const struct mr_softhebb_app *app, uint64_t seed,
                     uint32_t tile, struct tile_run *t)
{
	uint32_t n = 3;

	t->run = shape_of(app, seed);
	snprintf(t->text[0], sizeof t->text[0], "app=softhebb");
	snprintf(t->text[1], sizeof t->text[1], "preset=%.80s",
	         app->preset->name);
	snprintf(t->text[2], sizeof t->text[2], "inputs_seed=%llu",
	         (unsigned long long)seed);
	if (app->tile_rows * app->tile_cols > 1)
		snprintf(t->text[n++], sizeof t->text[0], "tile=%u of %ux%u",
		         (unsigned)tile + 1, (unsigned)app->tile_rows,
		         (unsigned)app->tile_cols);
	for (uint32_t k = 0; k < n; k++)
		t->names[k] = t->text[k];
	t->names[n] = NULL;
	t->run.metadata = t->names;
}

static int open_first(struct mr_softhebb_app *app, uint64_t seed)
{
	struct tile_run t;

	name_run(app, seed, 0, &t);
	return mr_tool_reopen(app->tool, &t.run);
}

/* A board is there once; and a chip whose URI fixes its seed would be the same
 * one over and over. */
static int check_tiles(const struct mr_softhebb_app *app)
{
	const struct mr_tool *tool = app->tool;

	if (app->tile_rows * app->tile_cols == 1 || app->n_uris > 1)
		return MR_OK;
	if (!mr_array_describe(tool->array)->has_seed)
		return mr_tool_fail(app->tool, MR_ERR_USAGE,
		                    "--tiles: the array %s (%s) is one device; "
		                    "only emulated arrays (emu:) can be had "
		                    "several times. Say --array once for each "
		                    "tile",
		                    tool->uri,
		                    mr_array_describe(tool->array)->driver);
	if (strstr(tool->uri, "seed=") || strstr(tool->uri, "state="))
		return mr_tool_fail(app->tool, MR_ERR_USAGE,
		                    "--tiles: %s fixes a seed or a state, so that "
		                    "all tiles would be the same chip; leave it "
		                    "out",
		                    tool->uri);
	return MR_OK;
}

/* Seeds of runs are small numbers: those of tiles differ above them. */
static int open_next(struct mr_softhebb_app *app, uint64_t seed,
                     struct mr_softhebb_grid *grid)
{
	uint32_t i = grid->n;
	const char *uri = app->n_uris > 1 ? mr_tool_nth(app->tool, "array", i)
	                                  : app->tool->uri;
	struct tile_run t;
	int code;

	name_run(app, seed, i, &t);
	t.run.seed = seed + ((uint64_t)i << 32);
	code = mr_tool_open_beside(app->tool, uri, &t.run, i + 1,
	                           &app->beside[i]);
	if (code == MR_OK)
		grid->array[grid->n++] = app->beside[i].array;
	return code;
}

static int watch(struct mr_softhebb_app *app, struct mr_softhebb_grid *grid)
{
	int code = MR_OK;

	for (uint32_t i = 0; i < grid->n && code == MR_OK; i++) {
		struct mr_array *array = grid->array[i];

		mr_array_unobserve(array, &app->busy);
		mr_array_unobserve(array, &app->energy);
		grid->begin_ns[i] = mr_array_time_ns(array);
		code = mr_busy_watch(&app->busy, array);
		if (code == MR_OK)
			code = mr_energy_watch(&app->energy, array);
		if (code != MR_OK)
			mr_tool_fail(app->tool, code, "%s",
			             mr_array_errmsg(array));
	}
	return code;
}

int mr_softhebb_open(struct mr_softhebb_app *app, uint64_t seed,
                     struct mr_softhebb_grid *grid)
{
	int code = open_first(app, seed);

	grid->n = 0;
	if (code != MR_OK)
		return code;
	grid->array[grid->n++] = app->tool->array;
	code = check_tiles(app);
	while (code == MR_OK && grid->n < app->tile_rows * app->tile_cols)
		code = open_next(app, seed, grid);
	return code == MR_OK ? watch(app, grid) : code;
}

int mr_softhebb_close(struct mr_softhebb_app *app,
                      struct mr_softhebb_grid *grid, int code)
{
	for (uint32_t i = 1; i < app->tile_rows * app->tile_cols; i++) {
		int closed = mr_tool_close_beside(app->tool, &app->beside[i],
		                                  false);

		code = code == MR_OK ? closed : code;
	}
	grid->n = 0;
	return code;
}

void mr_softhebb_release(struct mr_softhebb_app *app)
{
	for (uint32_t i = 1; i < MR_TILES_MAX * MR_TILES_MAX; i++)
		mr_tool_close_beside(app->tool, &app->beside[i], true);
	free(app->where);
}

int mr_softhebb_wait(struct mr_softhebb_app *app,
                     const struct mr_softhebb_grid *grid,
                     const int64_t *begin_ns, double t_s)
{
	int code = MR_OK;

	for (uint32_t i = 0; i < grid->n && code == MR_OK; i++) {
		struct mr_array *array = grid->array[i];
		double spent_s =
			(double)(mr_array_time_ns(array) - begin_ns[i]) * 1e-9;
		struct mr_op op = {
			.kind = MR_OP_WAIT,
			.wait = {.duration_s = fmax(t_s - spent_s, 0)}};

		code = mr_array_submit(array, &op, 1, &app->tool->context, NULL);
		if (code != MR_OK)
			mr_tool_fail(app->tool, code, "%s",
			             mr_array_errmsg(array));
	}
	return code;
}
