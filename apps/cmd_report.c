/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* "memrig report LOG": one page about what a log says of an array's cells. */
#include "cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "figure.h"
#include "memrig/memrig.h"
#include "outfile.h"
#include "report/report.h"
#include "runlist.h"

/* Enough for a table of parameters to look at, and soon done; fewer where all
 * models are tried, or cells take targets, which is slow to fit. */
#define CELLS_PRESET 128
#define CELLS_FEW 32
#define BEST "best" /* of --model */

static const struct mr_tool_option options[] = {
	{"output", "FILE", "(-o) the page, such as report.html", false},
	{"png", "DIR", "each figure as a PNG there too", false},
	{"model", "NAME", "fit this model, or 'best': the one that foretells best; "
	 "default: what\n                   the array calls its cells, if that has "
	 "a fit, else best", false},
	{"fit", "FILE", "set the parameters of this file ('memrig fit -o') beside "
	 "those\n                   of the fit", false},
	{"no-fit", NULL, "no parameters: only what was measured", false},
	{"cells", "N", "cells that slow estimators use; default 128; 32 for best and "
	 "for\n                   cells that take targets only", false},
	{"title", "TEXT", "of the page", false},
	MR_TOOL_THREADS_OPTION,
	MR_RUNLIST_OPTION,
	{0},
};

static const struct mr_tool_page page = {
	.name = "report",
	.summary =
		"Writes what a log says of an array's cells as one HTML file with "
		"its figures in\nit: who measured what, yield, I-V curves, pulse "
		"curves, programming, noise, drift,\nretention, endurance, "
		"disturb, and the parameters of a model with standard errors.\n"
		"Under each figure stands the query that reaches its data. Needs "
		"gnuplot.",
	.usage = "LOG --output=FILE [OPTION]...",
	.groups = MR_TOOL_JSON,
	.options = options,
	.args_min = 1,
	.args_max = 1,
	.examples =
		"  memrig measure quick 'emu:pcm?rows=8&cols=8' --log lab.db\n"
		"  memrig report lab.db -o report.html\n"
		"  memrig report lab.db -o report.html --png figures --no-fit\n",
};

/** The verb at work. */
struct work {
	struct mr_tool *tool;
	struct mr_report report;
	struct mr_history *history;
	struct mr_fit *fit;
	struct mr_errtext fit_err;
	double values[MR_PARAMS_MAX]; /* of --fit */
	char title[256];
};

/* ---- what is asked for ------------------------------------------------------- */

static bool is_same_file(const char *a, const char *b)
{
	struct stat one;
	struct stat other;

	return stat(a, &one) == 0 && stat(b, &other) == 0
	       && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static int check_output(struct mr_tool *tool)
{
	const char *path = mr_tool_value(tool, "output");

	if (!path)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "where to? Say -o FILE, such as -o "
		                    "report.html");
	if (is_same_file(path, tool->args[0]))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--output: %s is the log itself; name "
		                    "another file", path);
	return MR_OK;
}

/* Made if it is not there; only the last folder of the path. */
static int check_folder(struct work *w)
{
	const char *folder = mr_tool_value(w->tool, "png");
	struct stat found;

	w->report.png_folder = folder;
	if (!folder)
		return MR_OK;
	if (mkdir(folder, 0777) != 0 && errno != EEXIST)
		return mr_tool_fail(w->tool, MR_ERR_IO, "--png: %s cannot be "
		                    "made: %s", folder, strerror(errno));
	if (stat(folder, &found) == 0 && !S_ISDIR(found.st_mode))
		return mr_tool_fail(w->tool, MR_ERR_USAGE,
		                    "--png: %s is no folder", folder);
	if (access(folder, W_OK | X_OK) != 0)
		return mr_tool_fail(w->tool, MR_ERR_IO, "--png: %s cannot be "
		                    "written: %s", folder, strerror(errno));
	return MR_OK;
}

static bool has_fit(const char *name)
{
	size_t n;
	const char *const *names = mr_fit_models(&n);

	for (size_t k = 0; k < n; k++)
		if (strcmp(names[k], name) == 0)
			return true;
	return false;
}

static int check_model(struct mr_tool *tool)
{
	const char *name = mr_tool_value(tool, "model");
	size_t n;
	const char *const *names = mr_fit_models(&n);
	char list[400] = "";
	size_t used = 0;

	if (!name || strcmp(name, BEST) == 0 || has_fit(name))
		return MR_OK;
	for (size_t k = 0; k < n && used < sizeof list - 40; k++)
		used += (size_t)snprintf(list + used, sizeof list - used, "%s, ",
		                         names[k]);
	return mr_tool_fail(tool, MR_ERR_USAGE,
	                    "--model: '%s' has no fit; there are %sand '" BEST "'",
	                    name, list);
}

/* NULL = the best one. */
static const char *model_to_fit(const struct work *w)
{
	const char *name = mr_tool_value(w->tool, "model");
	const char *own = w->history->desc.model;

	if (w->report.file_model)
		return w->report.file_model->name;
	if (name)
		return strcmp(name, BEST) == 0 ? NULL : name;
	return has_fit(own) ? own : NULL;
}

/* The file's model is the one that is fitted, so that both stand side by side. */
static int take_file(struct work *w)
{
	struct mr_tool *tool = w->tool;
	const char *path = mr_tool_value(tool, "fit");
	struct mr_model_file file;
	struct mr_errtext err = {""};
	int code;

	if (!path)
		return MR_OK;
	if (mr_tool_value(tool, "model") || mr_tool_value(tool, "no-fit"))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--fit names a model already: leave out "
		                    "--model and --no-fit");
	code = mr_model_file_head(path, &file, &err);
	if (code == MR_OK) {
		w->report.file_model = mr_model_find(file.model, &err);
		code = w->report.file_model
		       ? mr_model_load(w->report.file_model, path, w->values,
		                       &err)
		       : MR_ERR_FORMAT;
	}
	if (code != MR_OK)
		return mr_tool_fail(tool, code, "--fit: %s", err.text);
	w->report.file_path = path;
	w->report.file_values = w->values;
	return MR_OK;
}

/* ---- what it is made of -------------------------------------------------------- */

static int load(struct work *w)
{
	struct mr_tool *tool = w->tool;
	struct mr_history_options which = {0};
	struct mr_errtext err = {""};
	uint64_t n_ops = 0;
	int64_t *runs;
	int code = mr_runlist_take(tool, &runs, &which.n_runs);

	if (code != MR_OK)
		return code;
	which.runs = runs;
	code = mr_history_load(tool->args[0], &which, &w->history, &err);
	free(runs);
	if (code != MR_OK)
		return mr_tool_fail(tool, code, "%s: %s", tool->args[0], err.text);
	w->report.history = w->history;
	for (size_t k = 0; k < w->history->n_parts; k++)
		n_ops += w->history->parts[k].n_ops;
	if (w->history->n_sweeps == 0 && (n_ops == 0
	    || w->history->first[w->history->n_cells] == 0))
		return mr_tool_fail(tool, MR_ERR_UNSUPPORTED,
		                    "%s: nothing was measured in these runs; "
		                    "'memrig measure quick URI --log %s' does it",
		                    tool->args[0], tool->args[0]);
	return MR_OK;
}

/* A fit that fails leaves the measured part of the report. */
static int fit(struct work *w)
{
	struct mr_tool *tool = w->tool;
	struct mr_fit_options how = {.model = model_to_fit(w)};
	int64_t begin_ns = tool->clock.monotonic_ns(tool->clock.self);
	int code;

	how.cells_max = how.model && mr_description_effect(&w->history->desc,
	                                                   MR_EFFECT_RAISE)
	                ? CELLS_PRESET : CELLS_FEW;
	code = mr_tool_u32(tool, "cells", 1, UINT32_MAX, &how.cells_max);
	if (code == MR_OK)
		code = mr_tool_threads(tool, &how.threads);
	if (code != MR_OK)
		return code;
	w->report.no_fit = "it was not asked for (--no-fit)";
	if (mr_tool_value(tool, "no-fit"))
		return MR_OK;
	code = mr_fit_history(w->history, &how, &w->fit, &w->fit_err);
	w->report.fit_s = 1e-9 * (double)(tool->clock.monotonic_ns(
					tool->clock.self) - begin_ns);
	if (code == MR_ERR_NOMEM || code == MR_ERR_STOPPED)
		return mr_tool_fail(tool, code, "%s", w->fit_err.text);
	w->report.fit = code == MR_OK ? w->fit : NULL;
	w->report.no_fit = code == MR_OK ? "" : w->fit_err.text;
	if (code != MR_OK)
		mr_tool_note(tool, "no fit: %s", w->fit_err.text);
	return MR_OK;
}

/* ---- the page ------------------------------------------------------------------ */

static void make_title(struct work *w)
{
	const char *given = mr_tool_value(w->tool, "title");
	const struct mr_description *d = &w->history->desc;

	(void)snprintf(w->title, sizeof w->title, "%s: what its cells do",
	               d->identity[0] ? d->identity : d->driver);
	w->report.title = given ? given : w->title;
}

static int write_page(struct work *w)
{
	const char *path = mr_tool_value(w->tool, "output");
	struct mr_outfile *file = NULL;
	struct mr_errtext err = {""};
	int code = mr_outfile_begin(path, &file, &err);

	if (code != MR_OK)
		return mr_tool_fail(w->tool, code, "%s", err.text);
	w->report.to = mr_outfile_stream(file);
	code = mr_report_write(&w->report);
	if (code != MR_OK) {
		(void)mr_outfile_end(file, false, &err);
		return mr_tool_fail(w->tool, code, "%s", w->report.err.text);
	}
	code = mr_outfile_end(file, true, &err);
	return code == MR_OK ? MR_OK
	                     : mr_tool_fail(w->tool, code, "%s", err.text);
}

/* What was made, and how long it took. */
static int tell(struct work *w, double all_s)
{
	struct mr_tool *tool = w->tool;
	const char *path = mr_tool_value(tool, "output");
	const struct mr_report *r = &w->report;
	json_t *object;

	if (!tool->json) {
		if (!tool->quiet)
			fprintf(tool->out, "%s: %u figures; %.1f s, of which the "
			        "fit took %.1f s\n", path, r->n_figures, all_s,
			        r->fit_s);
		return MR_OK;
	}
	object = mr_tool_object("report");
	json_object_update_new(
		object, json_pack("{s:s,s:i,s:s?,s:s,s:o,s:o}", "output", path,
	                          "figures", (int)r->n_figures, "model",
	                          r->fit ? r->fit->model->name : NULL, "no_fit",
	                          r->no_fit, "fit_s", mr_tool_real(r->fit_s),
	                          "total_s", mr_tool_real(all_s)));
	return mr_tool_print(tool, object);
}

static int report(struct work *w)
{
	struct mr_tool *tool = w->tool;
	int64_t begin_ns = tool->clock.monotonic_ns(tool->clock.self);
	int code = check_output(tool);

	w->report.tool = tool;
	w->report.log_path = tool->args[0];
	if (code == MR_OK)
		code = check_model(tool);
	if (code == MR_OK)
		code = take_file(w);
	if (code == MR_OK)
		code = load(w);
	if (code == MR_OK)
		code = check_folder(w);
	if (code == MR_OK)
		code = fit(w);
	if (code != MR_OK)
		return code;
	make_title(w);
	code = write_page(w);
	if (code == MR_OK)
		code = tell(w, 1e-9 * (double)(tool->clock.monotonic_ns(
						tool->clock.self) - begin_ns));
	return code;
}

int mr_cmd_report(int argc, char **argv)
{
	struct mr_tool tool;
	struct work w = {.tool = &tool};
	int code = MR_OK;

	if (mr_tool_parse(&tool, &page, argc, argv))
		code = report(&w);
	mr_fit_free(w.fit);
	mr_history_free(w.history);
	return mr_tool_end(&tool, code);
}
