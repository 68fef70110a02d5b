/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Options, help and error messages of the verbs. Opening arrays is in
 * tool_session.c, printing results in tool_print.c.
 */
#include "cmd.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool_priv.h"

#define OPTIONS_MAX 64 /* of one verb, with the groups */
#define OWN_BASE 256   /* getopt codes of options; below are short ones */

static const struct mr_tool_option general_options[] = {
	{"help", NULL, "this text", false},
	{"quiet", NULL, "(-q) no progress bar", false},
	{"verbose", NULL, "(-v) remarks on standard error", false},
	{0},
};

static const struct mr_tool_option array_options[] = {
	{"array", "URI", "the array; default $MEMRIG_ARRAY", false},
	{"seed", "N", "seed of an emulated array; overrides the URI's", false},
	{"plan", NULL, "say what would happen, and do nothing", false},
	{"threads", "N", "threads of the emulator, 1 to 256; default 1", false},
	{0},
};

static const struct mr_tool_option arrays_option[] = {
	{"array", "URI",
	 "the array; default $MEMRIG_ARRAY; again for each further one", true},
	{0},
};

static const struct mr_tool_option log_options[] = {
	{"log", "FILE", "keep every operation in this SQLite file", false},
	{"log-level", "LEVEL",
	 "1 operations, 2 + values (default), 3 + whole-array reads", false},
	{"log-interval", "TIME",
	 "level 3: array time between whole-array reads", false},
	{"log-wire", NULL, "+ the bytes between driver and board", false},
	{"meta", "KEY=VALUE", "operator, sample, die, note; repeatable", true},
	{0},
};

static const struct mr_tool_option json_options[] = {
	{"json", NULL, "print one JSON object", false},
	{0},
};

/** All options of a verb in one list. */
struct option_list {
	const struct mr_tool_option *option[OPTIONS_MAX];
	size_t n;
};

static void list_add(struct option_list *list,
                     const struct mr_tool_option *options)
{
	for (; options != NULL && options->name != NULL; options++) {
		if (list->n < OPTIONS_MAX)
			list->option[list->n++] = options;
	}
}

static void list_options(struct option_list *list,
                         const struct mr_tool_page *page)
{
	list->n = 0;
	list_add(list, page->options);
	if (page->groups & MR_TOOL_ARRAYS)
		list_add(list, arrays_option);
	if (page->groups & MR_TOOL_ARRAY)
		list_add(list, page->groups & MR_TOOL_ARRAYS ? array_options + 1
		                                             : array_options);
	if (page->groups & MR_TOOL_LOG)
		list_add(list, log_options);
	if (page->groups & MR_TOOL_JSON)
		list_add(list, json_options);
	list_add(list, general_options);
}

static void print_option(FILE *to, const struct mr_tool_option *option)
{
	char left[64];

	snprintf(left, sizeof(left), "--%s%s%s", option->name,
	         option->arg != NULL ? "=" : "",
	         option->arg != NULL ? option->arg : "");
	fprintf(to, "  %-24s %s\n", left, option->text);
}

static void print_help(const struct mr_tool_page *page, FILE *to)
{
	struct option_list list;

	list_options(&list, page);
	fprintf(to, "usage: memrig %s %s\n\n%s\n\noptions:\n", page->name,
	        page->usage, page->summary);
	for (size_t i = 0; i < list.n; i++)
		print_option(to, list.option[i]);
	if (page->examples != NULL)
		fprintf(to, "\nexamples:\n%s", page->examples);
}

/* ---- telling ------------------------------------------------------------- */

int mr_tool_status(int code)
{
	switch (code) {
	case MR_OK:
		return 0;
	case MR_ERR_USAGE:
	case MR_ERR_RANGE:
	case MR_ERR_UNSUPPORTED:
	case MR_ERR_FORMAT:
	case MR_ERR_MISMATCH:
	case MR_ERR_MISSING:
		return 2;
	default:
		return 1;
	}
}

int mr_tool_fail(struct mr_tool *tool, int code, const char *fmt, ...)
{
	va_list args;

	mr__tool_end_bar(tool);
	fprintf(stderr, "memrig: %s: ", tool->page->name);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return code;
}

void mr_tool_note(struct mr_tool *tool, const char *fmt, ...)
{
	va_list args;

	if (!tool->verbose)
		return;
	mr__tool_end_bar(tool);
	fprintf(stderr, "memrig: %s: ", tool->page->name);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

/* ---- values -------------------------------------------------------------- */

const char *mr_tool_value(const struct mr_tool *tool, const char *name)
{
	for (size_t i = tool->n_given; i > 0; i--) {
		if (strcmp(tool->given[i - 1].option->name, name) == 0)
			return tool->given[i - 1].value;
	}
	return NULL;
}

const char *mr_tool_nth(const struct mr_tool *tool, const char *name, size_t k)
{
	for (size_t i = 0; i < tool->n_given; i++)
		if (strcmp(tool->given[i].option->name, name) == 0 && k-- == 0)
			return tool->given[i].value;
	return NULL;
}

int mr_tool_u64(struct mr_tool *tool, const char *name, uint64_t min,
                uint64_t max, uint64_t *out)
{
	const char *text = mr_tool_value(tool, name);
	uint64_t value;

	if (text == NULL)
		return MR_OK;
	if (mr_tool_whole(text, &value) != MR_OK)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--%s: '%s' is no whole number; say for "
		                    "example --%s=%llu",
		                    name, text, name, (unsigned long long)min);
	if (value < min || value > max)
		return mr_tool_fail(tool, MR_ERR_RANGE,
		                    "--%s: %s is outside %llu to %llu", name,
		                    text, (unsigned long long)min,
		                    (unsigned long long)max);
	*out = value;
	return MR_OK;
}

int mr_tool_u32(struct mr_tool *tool, const char *name, uint32_t min,
                uint32_t max, uint32_t *out)
{
	uint64_t value = *out;
	int code = mr_tool_u64(tool, name, min, max, &value);

	*out = (uint32_t)value;
	return code;
}

int mr_tool_threads(struct mr_tool *tool, uint32_t *out)
{
	long there = sysconf(_SC_NPROCESSORS_ONLN);

	*out = there > 0 ? (uint32_t)there : 1;
	return mr_tool_u32(tool, "threads", 1, 256, out);
}

int mr_tool_double(struct mr_tool *tool, const char *name, const char *unit,
                   double min, double max, double *out)
{
	const char *text = mr_tool_value(tool, name);
	double value;

	if (text == NULL)
		return MR_OK;
	if (mr_tool_quantity(text, unit, &value) != MR_OK)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--%s: '%s' is no %s; %s", name, text,
		                    strcmp(unit, "1") == 0 ? "number"
		                                           : "quantity",
		                    mr__tool_quantity_hint(unit));
	if (!(value >= min && value <= max))
		return mr_tool_fail(tool, MR_ERR_RANGE,
		                    "--%s: %s is outside %g to %g%s%s", name,
		                    text, min, max,
		                    strcmp(unit, "1") == 0 ? "" : " ",
		                    strcmp(unit, "1") == 0 ? "" : unit);
	*out = value;
	return MR_OK;
}

/* ---- reading the command line -------------------------------------------- */

static int wrong_use(struct mr_tool *tool, const char *fmt, const char *what)
{
	mr_tool_fail(tool, MR_ERR_USAGE, fmt, what);
	fprintf(stderr, "'memrig %s --help' explains it\n", tool->page->name);
	return MR_ERR_USAGE;
}

static int take_option(struct mr_tool *tool,
                       const struct mr_tool_option *option, const char *value)
{
	if (!option->many && mr_tool_value(tool, option->name) != NULL)
		return wrong_use(tool, "--%s is given twice", option->name);
	tool->given[tool->n_given].option = option;
	tool->given[tool->n_given].value = value != NULL ? value : "";
	tool->n_given++;
	return MR_OK;
}

static void fill_getopt(struct option *out, const struct option_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		out[i].name = list->option[i]->name;
		out[i].has_arg = list->option[i]->arg != NULL
		                         ? required_argument : no_argument;
		out[i].flag = NULL;
		out[i].val = OWN_BASE + (int)i;
	}
	out[list->n] = (struct option){0};
}

static const struct mr_tool_option *
find_option(const struct option_list *list, int c)
{
	const char *name = c == 'q' ? "quiet"
	                   : c == 'v' ? "verbose"
	                   : c == 'o' ? "output"
	                              : "help";

	if (c >= OWN_BASE)
		return list->option[c - OWN_BASE];
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->option[i]->name, name) == 0)
			return list->option[i];
	}
	return NULL;
}

/* getopt_long() has met something that it does not know. */
static int unknown_option(struct mr_tool *tool, const char *argument)
{
	char letter[3] = {'-', (char)optopt, '\0'};

	if (optopt >= OWN_BASE)
		return wrong_use(tool, "'%s' takes no value", argument);
	return wrong_use(tool, "unknown option '%s'",
	                 optopt != 0 ? letter : argument);
}

/* Of the short ones, -o is not for every verb. */
static int take_found(struct mr_tool *tool,
                      const struct mr_tool_option *option, int c)
{
	char letter[3] = {'-', (char)c, '\0'};

	if (!option)
		return wrong_use(tool, "unknown option '%s'", letter);
	return take_option(tool, option, optarg);
}

static int parse_options(struct mr_tool *tool, int argc, char **argv)
{
	struct option longopts[OPTIONS_MAX + 1];
	struct option_list list;
	int code = MR_OK;
	int c;

	list_options(&list, tool->page);
	fill_getopt(longopts, &list);
	opterr = 0;
	optind = 0; /* anew, also for a second command line in one process */
	while (code == MR_OK) {
		c = getopt_long(argc, argv, ":qvho:", longopts, NULL);
		if (c == -1)
			break;
		if (c == ':')
			code = wrong_use(tool, "%s needs a value",
			                 argv[optind - 1]);
		else if (c == '?')
			code = unknown_option(tool, argv[optind - 1]);
		else
			code = take_found(tool, find_option(&list, c), c);
	}
	tool->args = argv + optind;
	tool->n_args = argc - optind;
	return code;
}

static int check_args(struct mr_tool *tool)
{
	if (tool->n_args > tool->page->args_max)
		return wrong_use(tool, "'%s' is one argument too many",
		                 tool->args[tool->page->args_max]);
	if (tool->n_args < tool->page->args_min)
		return wrong_use(tool, "an argument is missing: %s",
		                 tool->page->usage);
	return MR_OK;
}

static int take_array(struct mr_tool *tool)
{
	uint64_t threads = 0;
	int code;

	tool->uri = mr_tool_nth(tool, "array", 0);
	if (tool->uri == NULL)
		tool->uri = getenv("MEMRIG_ARRAY");
	tool->open.has_seed = mr_tool_value(tool, "seed") != NULL;
	code = mr_tool_u64(tool, "seed", 0, UINT64_MAX, &tool->open.seed);
	if (code == MR_OK)
		code = mr_tool_u64(tool, "threads", 1, 256, &threads);
	tool->open.threads = (uint32_t)threads;
	return code;
}

static int take_metadata(struct mr_tool *tool)
{
	size_t n = 0;

	tool->metadata = calloc(tool->n_given + 1, sizeof(*tool->metadata));
	if (tool->metadata == NULL)
		return mr_tool_fail(tool, MR_ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < tool->n_given; i++) {
		const char *value = tool->given[i].value;
		const char *equals = strchr(value, '=');

		if (strcmp(tool->given[i].option->name, "meta") != 0)
			continue;
		if (equals == NULL || equals == value)
			return mr_tool_fail(tool, MR_ERR_USAGE,
			                    "--meta: '%s' is not KEY=VALUE, "
			                    "such as --meta sample=W3", value);
		tool->metadata[n++] = value;
	}
	tool->log.metadata = tool->metadata;
	return MR_OK;
}

static int take_log(struct mr_tool *tool)
{
	uint64_t level = MR_OPLOG_VALUES;
	double interval_s = 0.0;
	int code;

	tool->log_path = mr_tool_value(tool, "log");
	code = mr_tool_u64(tool, "log-level", MR_OPLOG_OPERATIONS,
	                   MR_OPLOG_SURVEYS, &level);
	if (code == MR_OK)
		code = mr_tool_double(tool, "log-interval", "s", 1e-9, 1e9,
		                      &interval_s);
	if (code == MR_OK)
		code = take_metadata(tool);
	if (code != MR_OK)
		return code;
	if (tool->log_path == NULL
	    && (mr_tool_value(tool, "log-level") != NULL
	        || mr_tool_value(tool, "log-interval") != NULL
	        || mr_tool_value(tool, "log-wire") != NULL
	        || tool->metadata[0] != NULL))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--log-level, --log-interval, --log-wire "
		                    "and --meta need --log FILE");
	if (tool->log_path != NULL && mr_tool_value(tool, "plan") != NULL)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "a plan does nothing that --log could keep");
	if ((level == MR_OPLOG_SURVEYS) != (interval_s > 0.0))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--log-level 3 and --log-interval TIME go "
		                    "together, such as --log-level 3 "
		                    "--log-interval 10s");
	tool->log.level = (enum mr_oplog_level)level;
	tool->log.survey_interval_s = interval_s;
	tool->log.command = tool->command;
	tool->log.wire = tool->open.keep_wire =
		mr_tool_value(tool, "log-wire") != NULL;
	return MR_OK;
}

static int take_groups(struct mr_tool *tool)
{
	int code = MR_OK;

	tool->json = mr_tool_value(tool, "json") != NULL;
	tool->quiet = mr_tool_value(tool, "quiet") != NULL;
	tool->verbose = mr_tool_value(tool, "verbose") != NULL;
	if (tool->page->groups & MR_TOOL_ARRAY)
		code = take_array(tool);
	if (code == MR_OK && (tool->page->groups & MR_TOOL_LOG))
		code = take_log(tool);
	return code;
}

static int begin(struct mr_tool *tool, int argc, char **argv)
{
	tool->given = calloc((size_t)argc + 1, sizeof(*tool->given));
	tool->out = open_memstream(&tool->out_text, &tool->out_size);
	tool->command = mr__tool_command(tool->page->name, argc, argv);
	mr_clock_system(&tool->clock);
	if (tool->given == NULL || tool->out == NULL || tool->command == NULL)
		return mr_tool_fail(tool, MR_ERR_NOMEM, "out of memory");
	return MR_OK;
}

bool mr_tool_parse(struct mr_tool *tool, const struct mr_tool_page *page,
                   int argc, char **argv)
{
	int code;

	*tool = (struct mr_tool){.page = page};
	code = begin(tool, argc, argv);
	if (code == MR_OK)
		code = parse_options(tool, argc, argv);
	if (code == MR_OK && mr_tool_value(tool, "help") != NULL) {
		print_help(page, tool->out);
		return false;
	}
	if (code == MR_OK)
		code = check_args(tool);
	if (code == MR_OK)
		code = take_groups(tool);
	tool->status = mr_tool_status(code);
	return code == MR_OK;
}
