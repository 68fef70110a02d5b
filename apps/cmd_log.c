/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The verb log: reads an op log, for people, as numbers, or into a file. */
#include "cmd_log.h"

#include <string.h>

static const struct mr_tool_option log_options[] = {
	MR_LOGFILE_RUN("which run, or 'all'; default: the last (stats: all)"),
	{"kind", "KIND", "show: only read, pulse, trace, program, drive, wait or "
	 "configure", false},
	{"from", "ID", "show: from this operation on", false},
	{"to", "ID", "show: up to this operation", false},
	{"limit", "N", "show: operations of a run at most; 0 = all; default 1000",
	 false},
	{"children", NULL, "show: also what composed operations are made of",
	 false},
	{"what", "ops|values", "export: operations, or what was put in and "
	 "measured (default)", false},
	{"format", "csv|npy", "export: default csv", false},
	{"partial", NULL, "export npy: also reads of a part of the array", false},
	{"output", "FILE", "export: instead of standard output", false},
	{0},
};

static const struct mr_tool_page log_page = {
	.name = "log",
	.summary =
		"Reads an op log. 'show' lists runs and operations, 'stats' "
		"counts them,\n'wire' shows the bytes between driver and board "
		"(recorded with --log-wire),\n'export' writes operations for "
		"other programs:\n\n"
		"  csv values  a line per value: run, operation, kind, role (input "
		"or result),\n              row and column, array time in s, "
		"quantity, value, SI unit, status;\n              what was not "
		"measured has no line; a result has the time of the\n"
		"              operation's end, a sample of a trace its own\n"
		"  csv ops     a line per operation with all its parameters\n"
		"  npy values  float32 [n_reads, rows, cols]: the conductance in "
		"S at each read\n              of the whole array, surveys "
		"included; NaN where not read.\n              --partial takes "
		"every read\n"
		"  npy ops     a structured table of all operations; its field "
		"'frame' is the\n              index into the values (-1 = none), "
		"so that in Python\n\n"
		"                g = np.load('values.npy')\n"
		"                ops = np.load('ops.npy')\n"
		"                t_ns = ops['t_end_ns'][ops['frame'] >= 0]\n\n"
		"              are conductances and the array times they were read "
		"at.",
	.usage = "FILE show|stats|export|wire [OPTION]...",
	.groups = MR_TOOL_JSON,
	.options = log_options,
	.args_min = 1,
	.args_max = 2,
	.examples =
		"  memrig log run.db show --kind pulse --limit 20\n"
		"  memrig log run.db stats --json\n"
		"  memrig log run.db export --run 2 > values.csv\n"
		"  memrig log run.db export --what ops --output ops.csv\n"
		"  memrig log run.db export --format npy --output values.npy\n",
};

/** A word behind the file, and the options that belong to it alone. */
struct word {
	const char *name;
	int (*work)(struct mr_logfile *log);
	bool all;              /* runs, if --run does not say */
	const char *options[6]; /* ended by NULL */
};

static const struct word words[] = {
	{"show", mr_log_show, false, {"kind", "from", "to", "limit", "children"}},
	{"stats", mr_log_stats, true, {NULL}},
	{"export", mr_log_export, false, {"what", "format", "partial", "output"}},
	{"wire", mr_log_wire, false, {NULL}},
};

#define N_WORDS (sizeof(words) / sizeof(words[0]))

static const struct word *find_word(struct mr_tool *tool)
{
	if (tool->n_args < 2) {
		mr_tool_fail(tool, MR_ERR_USAGE,
		             "what of %s? Say show, stats, export or wire behind it",
		             tool->args[0]);
		return NULL;
	}
	for (size_t i = 0; i < N_WORDS; i++) {
		if (strcmp(tool->args[1], words[i].name) == 0)
			return &words[i];
	}
	mr_tool_fail(tool, MR_ERR_USAGE, "'%s' is neither show, stats, export "
	             "nor wire, as in: memrig log FILE show", tool->args[1]);
	return NULL;
}

/* An option of another word would do nothing: better said than ignored. */
static int check_options(struct mr_tool *tool, const struct word *mine)
{
	for (size_t i = 0; i < N_WORDS; i++) {
		for (const char *const *name = words[i].options;
		     &words[i] != mine && *name != NULL; name++) {
			if (mr_tool_value(tool, *name) != NULL)
				return mr_tool_fail(
					tool, MR_ERR_USAGE,
					"--%s goes with %s, not with %s",
					*name, words[i].name, mine->name);
		}
	}
	return MR_OK;
}

static int log_work(struct mr_tool *tool)
{
	struct mr_logfile log = {0};
	const struct word *word = find_word(tool);
	int code;

	if (word == NULL)
		return MR_ERR_USAGE;
	code = check_options(tool, word);
	if (code == MR_OK)
		code = mr_logfile_open(&log, tool, tool->args[0], word->all);
	if (code == MR_OK)
		code = word->work(&log);
	mr_logfile_close(&log);
	return code;
}

int mr_cmd_log(int argc, char **argv)
{
	struct mr_tool tool;
	int code = MR_OK;

	if (mr_tool_parse(&tool, &log_page, argc, argv))
		code = log_work(&tool);
	return mr_tool_end(&tool, code);
}
