/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The verb plot: draws what a run in an op log measured. */
#include "cmd_plot.h"

#include "figure.h"

#include <stdlib.h>
#include <string.h>

static const struct mr_tool_option plot_options[] = {
	{"plot", "FILE", "the picture, .png or .svg", false},
	MR_LOGFILE_RUN("which run; default: the last"),
	{"what", "PANEL", "map, time, histogram, iv or all; default: all that "
	 "has data", false},
	{"cells", "LIST", "cells to follow in time and iv, such as 0-3,17 "
	 "(row * columns + col)", false},
	{"log-time", NULL, "logarithmic time; default: where it shows more",
	 false},
	{"linear-time", NULL, "linear time", false},
	{"log-current", NULL, "iv: |I| on a logarithmic axis", false},
	{0},
};

static const struct mr_tool_page plot_page = {
	.name = "plot",
	.summary =
		"Draws what a run in an op log measured, with gnuplot:\n\n"
		"  map        last measured conductance of every cell\n"
		"  histogram  of the same\n"
		"  time       conductance of some cells over array time, with "
		"marks where one\n             of them was programmed\n"
		"  iv         current against voltage of traces\n\n"
		"A few cells, at most 12, are followed: those of --cells, or some "
		"that stand\nfor all, from the lowest to the highest conductance.",
	.usage = "LOG --plot=FILE [OPTION]...",
	.groups = MR_TOOL_JSON,
	.options = plot_options,
	.args_min = 1,
	.args_max = 1,
	.examples =
		"  memrig plot run.db --plot run.png\n"
		"  memrig plot run.db --plot cells.svg --what time --cells 0-3,17 "
		"--log-time\n",
};

/** A panel by name, and what it needs. */
struct panel {
	const char *name;
	unsigned what;
	const char *needs; /* what to do for it to have data */
};

static const struct panel panels[] = {
	{"map", MR_PLOT_MAP, "'memrig read --log FILE' adds reads"},
	{"time", MR_PLOT_TIME, "'memrig read --log FILE' adds reads"},
	{"histogram", MR_PLOT_HISTOGRAM, "'memrig read --log FILE' adds reads"},
	{"iv", MR_PLOT_IV, "'memrig trace --log FILE' adds a sweep"},
	{"all", MR_PLOT_ALL, "'memrig read --log FILE' adds reads, --log-level 3 "
	 "regular reads of the whole array"},
};

#define N_PANELS (sizeof(panels) / sizeof(panels[0]))

static const struct panel *find_panel(struct mr_tool *tool)
{
	const char *text = mr_tool_value(tool, "what");

	for (size_t i = 0; i < N_PANELS; i++) {
		if (strcmp(panels[i].name, text != NULL ? text : "all") == 0)
			return &panels[i];
	}
	mr_tool_fail(tool, MR_ERR_USAGE, "--what: '%s' is no panel; there are "
	             "map, time, histogram, iv and all", text);
	return NULL;
}

/* ---- cells --------------------------------------------------------------- */

static int not_a_list(struct mr_tool *tool, const char *text)
{
	return mr_tool_fail(tool, MR_ERR_USAGE,
	                    "--cells: '%s' is no list of at most %d cells such "
	                    "as 0-3,17", text, MR_PLOT_CELLS_MAX);
}

static int add_cells(struct mr_plot_data *data, uint64_t first, uint64_t last)
{
	struct mr_tool *tool = data->log->tool;
	uint64_t all = (uint64_t)data->info.desc.rows * data->info.desc.cols;

	if (last >= all)
		return mr_tool_fail(tool, MR_ERR_RANGE,
		                    "--cells: %llu is outside 0 to %llu",
		                    (unsigned long long)last,
		                    (unsigned long long)all - 1);
	if (last - first >= MR_PLOT_CELLS_MAX - data->n_cells)
		return not_a_list(tool, mr_tool_value(tool, "cells"));
	for (uint64_t cell = first; cell <= last; cell++) {
		for (uint32_t i = 0; i < data->n_cells; i++) {
			if (data->cells[i].cell == cell)
				return mr_tool_fail(tool, MR_ERR_USAGE,
				                    "--cells: %llu is named "
				                    "twice",
				                    (unsigned long long)cell);
		}
		data->traced[data->n_cells].cell = (uint32_t)cell;
		data->cells[data->n_cells++].cell = (uint32_t)cell;
	}
	return MR_OK;
}

/* One piece, "7" or "0-3"; `length` bytes of text. */
static int take_piece(struct mr_plot_data *data, const char *text,
                      size_t length)
{
	struct mr_tool *tool = data->log->tool;
	char piece[48];
	char *dash;
	uint64_t first;
	uint64_t last;

	if (length >= sizeof(piece))
		return not_a_list(tool, text);
	memcpy(piece, text, length);
	piece[length] = '\0';
	dash = strchr(piece, '-');
	if (dash != NULL)
		*dash = '\0';
	if (mr_tool_whole(piece, &first) != MR_OK
	    || mr_tool_whole(dash != NULL ? dash + 1 : piece, &last) != MR_OK
	    || first > last)
		return not_a_list(tool, mr_tool_value(tool, "cells"));
	return add_cells(data, first, last);
}

static int take_cells(struct mr_plot_data *data, const char *text)
{
	int code = MR_OK;

	while (text != NULL && code == MR_OK) {
		size_t length = strcspn(text, ",");

		code = take_piece(data, text, length);
		text = text[length] == ',' ? text + length + 1 : NULL;
	}
	data->n_traced = data->n_cells;
	data->named = true;
	return code;
}

/* Drops cells of --cells that were never measured: nothing to draw. A cell has
 * the same colour in all panels. */
static void drop_unseen(struct mr_plot_data *data)
{
	uint32_t n = 0;
	uint32_t n_traced = 0;

	for (uint32_t i = 0; i < data->n_cells; i++) {
		uint32_t cell = data->cells[i].cell;

		if (data->reads[cell] > 0)
			data->cells[n++] = (struct mr_plot_cell){cell, i, NULL};
		if (data->sweeps[cell] > 0)
			data->traced[n_traced++] = (struct mr_plot_sweep){
				.cell = cell, .color = i};
	}
	data->n_cells = n;
	data->n_traced = n_traced;
}

/* ---- what there is ------------------------------------------------------- */

/* Among "all", a panel of a single point per cell would say nothing that the
 * map does not. */
static unsigned available(const struct mr_plot_data *data,
                          const struct panel *panel)
{
	uint32_t reads = panel->what == MR_PLOT_ALL ? 2 : 1;
	unsigned what = 0;

	if (data->n_known > 0)
		what |= MR_PLOT_MAP | MR_PLOT_HISTOGRAM;
	if (data->n_cells > 0 && data->reads_most >= reads)
		what |= MR_PLOT_TIME;
	if (data->n_traced > 0)
		what |= MR_PLOT_IV;
	return what & panel->what;
}

static int nothing_to_draw(const struct mr_plot_data *data,
                           const struct panel *panel)
{
	struct mr_tool *tool = data->log->tool;
	long long run = (long long)data->info.run;

	if (data->info.level == MR_OPLOG_OPERATIONS)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "run %lld of %s was logged at level %s, "
		                    "which keeps no measured values: record "
		                    "with --log-level 2", run, data->log->path,
		                    mr_logfile_level(data->info.level));
	if (mr_tool_value(tool, "cells") != NULL
	    && (data->n_known > 0 || data->n_swept > 0))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--cells: none of these cells was measured "
		                    "for --what %s in run %lld of %s",
		                    panel->name, run, data->log->path);
	return mr_tool_fail(tool, MR_ERR_USAGE,
	                    "run %lld of %s holds nothing for --what %s; %s", run,
	                    data->log->path, panel->name, panel->needs);
}

/* ---- verb ---------------------------------------------------------------- */

static json_t *json_cells(const struct mr_plot_data *data, bool traced)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < (traced ? data->n_traced : data->n_cells); i++)
		json_array_append_new(
			list, json_integer(traced ? data->traced[i].cell
		                                  : data->cells[i].cell));
	return list;
}

static int print_json(const struct mr_plot_data *data,
                      const struct mr_plot_style *style)
{
	json_t *object = mr_tool_object("plot");
	json_t *list = json_array();

	for (size_t i = 0; i + 1 < N_PANELS; i++) {
		if (style->what & panels[i].what)
			json_array_append_new(list,
			                      json_string(panels[i].name));
	}
	json_object_update_new(
		object, json_pack("{s:s, s:I, s:s, s:o, s:b, s:I, s:o, s:o}",
	                          "log", data->log->path, "run",
	                          (json_int_t)data->info.run, "plot",
	                          style->path, "panels", list, "log_time",
	                          data->log_time, "cells_read",
	                          (json_int_t)data->n_known, "cells_in_time",
	                          json_cells(data, false), "cells_in_iv",
	                          json_cells(data, true)));
	return mr_tool_print(data->log->tool, object);
}

static int draw(struct mr_plot_data *data, struct mr_plot_style *style)
{
	struct mr_tool *tool = data->log->tool;
	struct mr_errtext err = {{0}};
	int code = mr_plot_follow(data);

	if (code != MR_OK)
		return code;
	code = mr_plot_draw(data, style, &err);
	/* that gnuplot is missing is no wrong use: it fails at run time */
	if (code != MR_OK)
		return mr_tool_fail(tool, code == MR_ERR_UNSUPPORTED ? MR_ERR_IO
		                                                     : code,
		                    "--plot: %s", err.text);
	if (tool->json)
		return print_json(data, style);
	mr_tool_note(tool, "%s drawn", style->path);
	return MR_OK;
}

static int plot_run(struct mr_plot_data *data, struct mr_plot_style *style,
                    const struct panel *panel)
{
	struct mr_tool *tool = data->log->tool;
	const char *cells = mr_tool_value(tool, "cells");
	bool found;
	int code = mr_logfile_begin(data->log, data->log->last, &data->info,
	                            &found);

	if (code == MR_OK && cells != NULL)
		code = take_cells(data, cells);
	if (code == MR_OK)
		code = mr_plot_survey(data);
	if (code != MR_OK)
		return code;
	if (cells != NULL)
		drop_unseen(data);
	else
		code = mr_plot_choose(data);
	if (code != MR_OK)
		return code;
	style->what = available(data, panel);
	return style->what != 0 ? draw(data, style)
	                        : nothing_to_draw(data, panel);
}

static int check_options(struct mr_tool *tool, const char *path)
{
	const char *run = mr_tool_value(tool, "run");
	struct mr_errtext err = {{0}};
	int code;

	if (path == NULL)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "where to? Say for example --plot run.png");
	code = mr_figure_check(path, &err);
	if (code != MR_OK)
		return mr_tool_fail(tool, code, "--plot: %s", err.text);
	if (run != NULL && strcmp(run, "all") == 0)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--run: a figure shows one run; say for "
		                    "example --run 1");
	if (mr_tool_value(tool, "log-time") != NULL
	    && mr_tool_value(tool, "linear-time") != NULL)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--log-time or --linear-time: one of them");
	return MR_OK;
}

static int plot_work(struct mr_tool *tool, struct mr_plot_data *data)
{
	struct mr_plot_style style = {.path = mr_tool_value(tool, "plot")};
	const struct panel *panel = find_panel(tool);
	int code = panel != NULL ? check_options(tool, style.path)
	                         : MR_ERR_USAGE;

	if (code == MR_OK)
		code = mr_logfile_open(data->log, tool, tool->args[0], false);
	if (code == MR_OK)
		code = mr_logfile_spare(data->log, "plot", style.path);
	data->log_time = mr_tool_value(tool, "log-time") != NULL;
	data->linear_time = mr_tool_value(tool, "linear-time") != NULL;
	style.log_current = mr_tool_value(tool, "log-current") != NULL;
	if (code == MR_OK)
		code = plot_run(data, &style, panel);
	return code;
}

int mr_cmd_plot(int argc, char **argv)
{
	struct mr_plot_data *data = calloc(1, sizeof(*data));
	struct mr_logfile log = {0};
	struct mr_tool tool;
	int code = MR_OK;

	if (data != NULL)
		data->log = &log;
	if (mr_tool_parse(&tool, &plot_page, argc, argv)) {
		code = data != NULL
			? plot_work(&tool, data)
			: mr_tool_fail(&tool, MR_ERR_NOMEM, "out of memory");
	}
	if (data != NULL)
		mr_plot_free(data);
	free(data);
	mr_logfile_close(&log);
	return mr_tool_end(&tool, code);
}
