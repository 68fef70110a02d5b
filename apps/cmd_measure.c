/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The verb measure: protocols and suites of them, each a run in a log. */
#include "cmd_measure.h"

#include <stdlib.h>
#include <string.h>

#include "cells.h"

static const struct mr_tool_option measure_options[] = {
	MR_CELLS_OPTIONS,
	{"set", "KEY=VALUE", "a setting, such as cycles=4, or pulses.cycles=4 of "
	 "one protocol; repeatable", true},
	{"resume", NULL, "go on with the last such measurement in the log", false},
	{"list", NULL, "show suites, protocols and their settings", false},
	{0},
};

static const struct mr_tool_page measure_page = {
	.name = "measure",
	.summary =
		"Characterises cells: a suite of protocols, or protocols by name, "
		"each a run\nof its own in the log. --list shows them; --plan says "
		"how long it takes and\nhow many pulses each cell gets. An "
		"interrupted measurement goes on with\n--resume and gives no pulse "
		"twice.",
	.usage = "SUITE|PROTOCOL[,PROTOCOL]... [URI] --log=FILE [OPTION]...",
	.groups = MR_TOOL_ARRAY | MR_TOOL_LOG | MR_TOOL_JSON,
	.options = measure_options,
	.args_min = 0,
	.args_max = 2,
	.examples =
		"  memrig measure --list\n"
		"  memrig measure standard 'emu:pcm?rows=32&cols=32' --plan\n"
		"  memrig measure quick 'emu:pcm?rows=4&cols=4' --log run.db\n"
		"  memrig measure pulses,drift 'emu:pcm?rows=4&cols=4' --log "
		"run.db \\\n      --set cycles=2 --set drift.last=100s\n",
};

/** The verb at work. */
struct work {
	struct mr_tool *tool;
	struct mr_cells cells;
	char **settings; /* owned, ended by NULL */
};

/* ---- settings ---------------------------------------------------------------- */

/* The unit of a setting, whatever protocol has it; NULL = a text, or nobody's. */
static const char *unit_of(const char *key, size_t n)
{
	for (size_t i = 0; mr_measure_protocol(i); i++) {
		const struct mr_measure_protocol *p = mr_measure_protocol(i);

		for (size_t k = 0; k < p->n_settings; k++) {
			const struct mr_measure_setting *s = &p->settings[k];

			if (strlen(s->name) == n && strncmp(s->name, key, n) == 0)
				return s->kind == MR_SETTING_NUMBER ? s->unit
				                                    : NULL;
		}
	}
	return NULL;
}

/* "100s" is for people; the library takes SI base units. */
static char *plain_setting(const char *text)
{
	size_t n = strcspn(text, "=");
	const char *dot = memchr(text, '.', n);
	const char *key = dot ? dot + 1 : text;
	const char *unit = unit_of(key, (size_t)(text + n - key));
	size_t room = n + 40;
	double value;
	char *out;

	if (!text[n] || !unit
	    || mr_tool_quantity(text + n + 1, *unit ? unit : "1", &value)
	       != MR_OK)
		return strdup(text);
	out = malloc(room);
	if (out)
		(void)snprintf(out, room, "%.*s=%.17g", (int)n, text, value);
	return out;
}

static int take_settings(struct work *w)
{
	struct mr_tool *tool = w->tool;
	size_t n = 0;

	w->settings = calloc(tool->n_given + 1, sizeof *w->settings);
	if (!w->settings)
		return mr_tool_fail(tool, MR_ERR_NOMEM, "out of memory");
	for (size_t k = 0; k < tool->n_given; k++) {
		if (strcmp(tool->given[k].option->name, "set") != 0)
			continue;
		w->settings[n] = plain_setting(tool->given[k].value);
		if (!w->settings[n++])
			return mr_tool_fail(tool, MR_ERR_NOMEM, "out of memory");
	}
	return MR_OK;
}

static void free_settings(struct work *w)
{
	for (size_t k = 0; w->settings && w->settings[k]; k++)
		free(w->settings[k]);
	free(w->settings);
}

/* ---- measuring ----------------------------------------------------------------- */

static void show_progress(void *user, uint64_t done, uint64_t total)
{
	struct work *w = user;

	mr_tool_progress(w->tool, w->tool->args[0], done, total);
}

/* Each protocol has a log of its own: none is opened with the array. */
static int open_array(struct mr_tool *tool)
{
	const char *path = tool->log_path;
	int code;

	if (tool->n_args > 1 && mr_tool_value(tool, "array"))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "the array is given twice: --array %s and "
		                    "%s", tool->uri, tool->args[1]);
	if (tool->n_args > 1)
		tool->uri = tool->args[1];
	tool->log_path = NULL;
	code = mr_tool_open(tool);
	tool->log_path = path;
	return code;
}

/* The protocol that did not get to its end; "" = none. */
static const char *broken_off(const struct mr_measure *m)
{
	for (size_t k = 0; m && k < m->n; k++)
		if (m->results[k].state == MR_MEASURE_STOPPED
		    || m->results[k].state == MR_MEASURE_FAILED)
			return m->results[k].protocol;
	return "";
}

static int tell(struct mr_tool *tool, int code, const struct mr_measure *m,
                const struct mr_errtext *err)
{
	const char *protocol = broken_off(m);

	mr_tool_progress(tool, "done", 1, 1);
	if (code == MR_OK)
		return mr_measure_print(tool, m,
		                        mr_tool_value(tool, "plan") != NULL);
	mr_tool_fail(tool, code, "%s%s%s", protocol, *protocol ? ": " : "",
	             err->text);
	if (*protocol && mr_tool_status(code) == 1)
		mr_tool_fail(tool, code, "what was measured is in %s; to go on, "
		             "give the same command with --resume",
		             tool->log_path);
	return code;
}

static int measure(struct work *w)
{
	struct mr_tool *tool = w->tool;
	struct mr_context context = tool->context;
	struct mr_errtext err = {""};
	struct mr_measure_options options = {
		.what = tool->args[0],
		.settings = (const char *const *)w->settings,
		.where = &w->cells.where,
		.log_path = tool->log_path,
		.log = &tool->log,
		.plan = mr_tool_value(tool, "plan") != NULL,
		.resume = mr_tool_value(tool, "resume") != NULL,
		.context = &context,
		.clock = &tool->clock};
	struct mr_measure *m;
	int code;

	context.progress = show_progress;
	context.user = w;
	code = mr_measure_run(tool->array, &options, &m, &err);
	code = tell(tool, code, m, &err);
	mr_measure_free(m);
	return code;
}

static int measure_work(struct work *w)
{
	struct mr_tool *tool = w->tool;
	int code;

	if (mr_tool_value(tool, "list"))
		return mr_measure_list(tool);
	if (tool->n_args < 1)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "what? Name a suite or protocols, as in: "
		                    "memrig measure quick URI --log run.db; "
		                    "--list shows them");
	if (!tool->log_path && !mr_tool_value(tool, "plan"))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "where to? Say --log FILE, such as --log "
		                    "run.db; or --plan");
	code = take_settings(w);
	if (code == MR_OK)
		code = open_array(tool);
	if (code == MR_OK)
		code = mr_cells_select(tool, &w->cells);
	return code == MR_OK ? measure(w) : code;
}

int mr_cmd_measure(int argc, char **argv)
{
	struct mr_tool tool;
	struct work w = {.tool = &tool};
	int code = MR_OK;

	if (mr_tool_parse(&tool, &measure_page, argc, argv))
		code = measure_work(&w);
	free_settings(&w);
	mr_cells_free(&w.cells);
	return mr_tool_end(&tool, code);
}
