/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The verb import: measurements of other programs into an op log. */
#include "cmd.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"

#define FNV_BASIS UINT64_C(14695981039346656037) /* FNV-1a, 64 bits */
#define FNV_PRIME UINT64_C(1099511628211)
#define OWN_METADATA 5 /* beside what --meta gives */
#define TEXT_MAX 4200  /* "imported=" and a path */

static const struct mr_tool_option import_options[] = {
	{"output", "FILE", "(-o) the op log: made, or a run is added", false},
	{"format", "FORMAT", "arc1-csv, csv or npy; default: by FILE's name", false},
	{"map", "MAP", "csv: WORD=COLUMN[UNIT], separated by commas; repeatable",
	 true},
	{"event", "NAME=KIND", "pulses of that name: read, pulse, set, lower or "
	 "reset[,AMPLITUDE[,WIDTH]]; repeatable", true},
	{"rows", "N", "shape of the array; default: from the data", false},
	{"cols", "N", "likewise", false},
	{"base", "0|1", "csv: number of the first row, column and cell", false},
	{"interval", "TIME", "between rows or frames that have no time; default "
	 "1s", false},
	{"times", "FILE", "npy: the frames' times in s, another .npy", false},
	{"unit", "UNIT", "npy: of the values, such as uS or kOhm; default S", false},
	{"v-read", "V", "read voltage, where the file has none", false},
	{"decimal", "SIGN", "csv: the decimal sign, '.' (default) or ','", false},
	{"separator", "SIGN", "csv: ',' or ';' or 'tab'; default: by the first "
	 "lines", false},
	{"sort", NULL, "csv: rows need not be in order of time", false},
	{"model", "TEXT", "what the cells are; default 'unknown'", false},
	{"identity", "TEXT", "what the array is; default: FILE's name", false},
	{"meta", "KEY=VALUE", "operator, sample, die, note; repeatable", true},
	{0},
};

static const struct mr_tool_page import_page = {
	.name = "import",
	.summary =
		"Makes a run of an op log out of a file of another program, so that "
		"'log', 'plot'\nand fits work on it. All of the file is taken or "
		"nothing: the first fault is named\nwith line and column.\n\n"
		"  arc1-csv  the result log of the vendor's program for ArC ONE, "
		".csv or .csv.gz;\n            it knows no time: rows are put "
		"--interval apart\n"
		"  csv       one cell a row; --map says which column is what: cell, "
		"or row and col;\n            time, event, voltage, width; and one "
		"of current, resistance,\n            conductance. #3 is the third "
		"column\n"
		"  npy       float32 or float64, [time][cells] or "
		"[time][rows][cols]; NaN = not read",
	.usage = "FILE -o LOG [OPTION]...",
	.groups = MR_TOOL_JSON,
	.options = import_options,
	.args_min = 1,
	.args_max = 1,
	.examples =
		"  memrig import session.csv.gz -o run.db --format arc1-csv\n"
		"  memrig import iv.csv -o run.db --map "
		"'row=word,col=bit,time=t[ms],resistance=R[kOhm]'\n"
		"  memrig import g.npy -o run.db --unit S --interval 10s --rows 1\n",
};

/* ---- options ------------------------------------------------------------- */

enum format {
	FORMAT_ARC1,
	FORMAT_CSV,
	FORMAT_NPY
};

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

static int take_format(struct mr_tool *tool, enum format *out)
{
	const char *name = mr_tool_value(tool, "format");
	bool map = mr_tool_value(tool, "map") != NULL;

	if (!name)
		name = ends_with(tool->args[0], ".npy") ? "npy"
		       : map                            ? "csv"
		                                        : "";
	if (strcmp(name, "arc1-csv") == 0)
		*out = FORMAT_ARC1;
	else if (strcmp(name, "csv") == 0)
		*out = FORMAT_CSV;
	else if (strcmp(name, "npy") == 0)
		*out = FORMAT_NPY;
	else
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--format %s: say arc1-csv, csv (with --map) "
		                    "or npy",
		                    name[0] ? name : "is not clear from the name");
	return MR_OK;
}

/* An option of another format would do nothing: better said than ignored. */
static int check_format(struct mr_tool *tool, enum format format)
{
	static const struct {
		const char *option;
		bool of[3];
	} some[] = {
		{"map", {false, true, false}},   {"base", {false, true, false}},
		{"sort", {false, true, false}},  {"times", {false, false, true}},
		{"unit", {false, false, true}},  {"decimal", {true, true, false}},
		{"event", {true, true, false}},  {"separator", {true, true, false}},
	};

	for (size_t k = 0; k < sizeof some / sizeof some[0]; k++)
		if (mr_tool_value(tool, some[k].option) && !some[k].of[format])
			return mr_tool_fail(tool, MR_ERR_USAGE,
			                    "--%s does not go with this format",
			                    some[k].option);
	if (format == FORMAT_CSV && !mr_tool_value(tool, "map"))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--format csv needs --map, such as "
		                    "--map 'cell=n,time=t[s],conductance=G[uS]'");
	return MR_OK;
}

static int take_signs(struct mr_tool *tool, struct mr_import_options *o)
{
	const char *decimal = mr_tool_value(tool, "decimal");
	const char *mark = mr_tool_value(tool, "separator");

	o->decimal = decimal ? decimal[0] : '.';
	if (decimal && strcmp(decimal, ".") != 0 && strcmp(decimal, ",") != 0)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--decimal '%s': say . or ,", decimal);
	if (mark && strcmp(mark, "tab") == 0)
		mark = "\t";
	if (mark && (strlen(mark) != 1 || !strchr(",;\t|:", mark[0])))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--separator '%s': say , or ; or | or : or "
		                    "tab",
		                    mark);
	o->separator = mark ? mark[0] : '\0';
	if (o->separator == ',' && o->decimal == ',')
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--separator and --decimal cannot both be a "
		                    "comma");
	return MR_OK;
}

static int take_unit(struct mr_tool *tool, struct mr_import_options *o)
{
	const char *unit = mr_tool_value(tool, "unit");
	char one[32];

	if (!unit)
		return MR_OK;
	(void)snprintf(one, sizeof one, "1%s", unit);
	if (unit[0] && mr_tool_quantity(one, "S", &o->g_unit_S) == MR_OK &&
	    ends_with(unit, "S"))
		return MR_OK;
	o->g_unit_S = 0;
	if (unit[0] && mr_tool_quantity(one, "Ohm", &o->r_unit_Ohm) == MR_OK &&
	    ends_with(unit, "Ohm"))
		return MR_OK;
	return mr_tool_fail(tool, MR_ERR_USAGE,
	                    "--unit '%s': say for example S, uS, Ohm or kOhm",
	                    unit);
}

static int take_lists(struct mr_tool *tool, struct mr_import_options *o)
{
	struct mr_errtext err = {""};
	int code = MR_OK;

	for (size_t k = 0; k < tool->n_given && !code; k++) {
		const struct mr_tool_given *g = &tool->given[k];

		if (strcmp(g->option->name, "map") == 0)
			code = mr_import_map(o, g->value, &err);
		else if (strcmp(g->option->name, "event") == 0)
			code = mr_import_name(o, g->value, &err);
	}
	return code ? mr_tool_fail(tool, code, "%s", err.text) : MR_OK;
}

static int take_options(struct mr_tool *tool, struct mr_import_options *o)
{
	int code = mr_tool_u32(tool, "rows", 1, MR_IMPORT_LINES_MAX, &o->rows);

	if (!code)
		code = mr_tool_u32(tool, "cols", 1, MR_IMPORT_LINES_MAX,
		                   &o->cols);
	if (!code)
		code = mr_tool_u32(tool, "base", 0, 1, &o->base);
	if (!code)
		code = mr_tool_double(tool, "interval", "s", 1e-9,
		                      MR_IMPORT_T_MAX_S, &o->interval_s);
	if (!code)
		code = mr_tool_double(tool, "v-read", "V", -MR_IMPORT_V_MAX_V,
		                      MR_IMPORT_V_MAX_V, &o->v_read_V);
	if (!code)
		code = take_signs(tool, o);
	if (!code)
		code = take_unit(tool, o);
	o->times = mr_tool_value(tool, "times");
	o->sort = mr_tool_value(tool, "sort") != NULL;
	return code ? code : take_lists(tool, o);
}

/* ---- the run ------------------------------------------------------------- */

/** What is told of an import. */
struct story {
	const char *path;
	const char *log;
	const char *format;
	uint64_t digest;
	int64_t run;
	struct mr_import import;
	struct mr_import_options options;
};

static int digest_file(struct mr_tool *tool, struct story *story)
{
	unsigned char bytes[4096];
	FILE *file = fopen(story->path, "rb");
	size_t n = file ? 1 : 0;
	bool failed;

	story->digest = FNV_BASIS;
	while (n > 0) {
		n = fread(bytes, 1, sizeof bytes, file);
		for (size_t k = 0; k < n; k++)
			story->digest = (story->digest ^ bytes[k]) * FNV_PRIME;
	}
	failed = !file || ferror(file);
	if (file)
		(void)fclose(file);
	return failed ? mr_tool_fail(tool, MR_ERR_MISSING, "cannot read %s",
	                             story->path)
	              : MR_OK;
}

static int read_file(struct mr_tool *tool, struct story *story,
                     enum format format)
{
	static int (*const readers[])(const char *,
	                              const struct mr_import_options *,
	                              struct mr_import *,
	                              struct mr_errtext *) = {
		mr_import_arc1, mr_import_csv, mr_import_npy};
	static const char *const names[] = {"arc1-csv", "csv", "npy"};
	struct mr_errtext err = {""};
	int code = readers[format](story->path, &story->options, &story->import,
	                           &err);

	story->format = names[format];
	return code ? mr_tool_fail(tool, code, "%s", err.text) : MR_OK;
}

static void fill_metadata(const struct story *story, char text[][TEXT_MAX])
{
	double interval_s = story->options.interval_s > 0
	                            ? story->options.interval_s
	                            : 1;

	(void)snprintf(text[0], TEXT_MAX, "imported=%s", story->path);
	(void)snprintf(text[1], TEXT_MAX, "format=%s", story->format);
	(void)snprintf(text[2], TEXT_MAX, "digest=fnv1a:%016" PRIx64,
	               story->digest);
	if (story->import.timed)
		(void)snprintf(text[3], TEXT_MAX, "time=of the file");
	else
		(void)snprintf(text[3], TEXT_MAX,
		               "time=assumed, one %s every %g s",
		               strcmp(story->format, "npy") == 0 ? "frame"
		                                                 : "row",
		               interval_s);
	(void)snprintf(text[4], TEXT_MAX, "useless_readings=%" PRIu64,
	               story->import.n_useless);
}

static int write_run(struct mr_tool *tool, struct story *story,
                     const struct mr_import_label *given)
{
	const char **metadata = calloc(tool->n_given + OWN_METADATA + 1,
	                               sizeof *metadata);
	char(*text)[TEXT_MAX] = malloc(OWN_METADATA * sizeof *text);
	struct mr_oplog_options log = {.command = tool->command,
	                               .metadata = metadata};
	struct mr_import_label label = *given;
	struct mr_description desc;
	struct mr_errtext err = {"out of memory"};
	int code = MR_ERR_NOMEM;
	size_t n = 0;

	if (metadata && text) {
		fill_metadata(story, text);
		for (; n < OWN_METADATA; n++)
			metadata[n] = text[n];
		for (size_t k = 0; k < tool->n_given; k++)
			if (strcmp(tool->given[k].option->name, "meta") == 0)
				metadata[n++] = tool->given[k].value;
		label.log = &log;
		mr_import_describe(&story->import, &story->options, &label,
		                   &desc);
		code = mr_import_write(&story->import, story->log, &desc, &label,
		                       &tool->context, &story->run, &err);
	}
	free(text);
	free(metadata);
	return code ? mr_tool_fail(tool, code, "%s", err.text) : MR_OK;
}

static int tell(struct mr_tool *tool, const struct story *story)
{
	const struct mr_import *im = &story->import;
	json_t *object;

	if (!tool->json) {
		fprintf(tool->out, "run %" PRId64 " of %s: %" PRIu64
		        " readings and %" PRIu64 " pulses of %u x %u cells\n",
		        story->run, story->log, im->n_values, im->n_pulses,
		        im->rows, im->cols);
		if (im->n_useless)
			fprintf(tool->out, "%" PRIu64 " readings are no "
			        "conductances (resistance zero, negative or not "
			        "finite); kept as not a number\n", im->n_useless);
		if (!im->timed)
			fprintf(tool->out, "the file has no times: assumed, see "
			        "--interval\n");
		return MR_OK;
	}
	object = mr_tool_object("import");
	json_object_update_new(
		object,
		json_pack("{s:s, s:I, s:s, s:s, s:I, s:I, s:I, s:i, s:i, s:b}",
	                  "log", story->log, "run", (json_int_t)story->run,
	                  "imported", story->path, "format", story->format,
	                  "readings", (json_int_t)im->n_values, "useless",
	                  (json_int_t)im->n_useless, "pulses",
	                  (json_int_t)im->n_pulses, "rows", (int)im->rows,
	                  "cols", (int)im->cols, "timed", (int)im->timed));
	return mr_tool_print(tool, object);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static int take_label(struct mr_tool *tool, struct mr_import_label *label)
{
	const struct mr_description *d = NULL;
	const char *model = mr_tool_value(tool, "model");
	const char *identity = mr_tool_value(tool, "identity");

	label->path = tool->args[0];
	label->model = model ? model : "unknown";
	label->identity = identity ? identity : base_name(label->path);
	if (!label->model[0] || strlen(label->model) >= sizeof d->model)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--model '%s': give 1 to %zu letters",
		                    label->model, sizeof d->model - 1);
	if (identity && (!identity[0] ||
	                 strlen(identity) >= sizeof d->identity))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--identity '%s': give 1 to %zu letters",
		                    identity, sizeof d->identity - 1);
	return MR_OK;
}

static int work(struct mr_tool *tool, struct story *story)
{
	struct mr_import_label label = {0};
	enum format format = FORMAT_CSV;
	int code = take_format(tool, &format);

	story->path = tool->args[0];
	story->log = mr_tool_value(tool, "output");
	if (!code && !story->log)
		code = mr_tool_fail(tool, MR_ERR_USAGE,
		                    "say into which log, by -o LOG");
	if (!code)
		code = check_format(tool, format);
	if (!code)
		code = take_options(tool, &story->options);
	if (!code)
		code = take_label(tool, &label);
	if (code)
		return code;
	mr_tool_catch_signals(tool);
	code = digest_file(tool, story);
	if (!code)
		code = read_file(tool, story, format);
	if (!code)
		code = write_run(tool, story, &label);
	return code ? code : tell(tool, story);
}

int mr_cmd_import(int argc, char **argv)
{
	struct mr_tool tool;
	struct story story = {0};
	int code = MR_OK;

	if (mr_tool_parse(&tool, &import_page, argc, argv))
		code = work(&tool, &story);
	mr_import_free(&story.import);
	return mr_tool_end(&tool, code);
}
