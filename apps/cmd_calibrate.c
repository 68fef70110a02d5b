/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The verb calibrate: references are measured, and what follows is stored for
 * the board. */
#include "cmd_calibrate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "input.h"
#include "outfile.h"

#define REFERENCES_MAX 64
#define R_MIN_OHM 1e-3
#define R_MAX_OHM 1e15
#define REPEATS_MAX 1000000
#define FOLDER_MODE 0777 /* less the umask */

static const struct mr_tool_option calibrate_options[] = {
	{"reference", "CELL:OHM", "a cell (number, or ROW,COL) and its resistance; "
	 "two or more", true},
	{"voltages", "LIST", "read voltages; default: 1/4 to 1 of the described "
	 "one", false},
	{"averages", "N", "readings that the board averages into one; default 1",
	 false},
	{"repeats", "N", "such readings per reference and voltage; default 64",
	 false},
	{"store", "FILE", "where the calibration goes; default: the board's name in "
	 "--dir", false},
	{"dir", "FOLDER", "of calibrations; default "
	 "$XDG_CONFIG_HOME/memrig/calibration", false},
	{"show", NULL, "print what is stored, of a board or of all", false},
	{"remove", NULL, "remove what is stored of a board", false},
	{0},
};

static const struct mr_tool_page calibrate_page = {
	.name = "calibrate",
	.summary =
		"Reads cells whose resistance is known at several voltages, fits "
		"gain and offset of\nthe board's current meter by weighted least "
		"squares, with standard errors and chi^2,\nand with five references "
		"or more a table of what the line leaves over. The result is\nstored "
		"for this board. An array opened with the key calibration=FILE reads "
		"through it;\nthe raw values stay in the log.",
	.usage = "[URI] --reference CELL:OHM... [OPTION]...",
	.groups = MR_TOOL_ARRAY | MR_TOOL_LOG | MR_TOOL_JSON,
	.options = calibrate_options,
	.args_min = 0,
	.args_max = 1,
	.examples =
		"  memrig pulse --array 'emu:ideal?rows=1&cols=3&state=c.bin' "
		"--cells 1 --name set --count 40\n"
		"  memrig pulse --array 'emu:ideal?rows=1&cols=3&state=c.bin' "
		"--cells 2 --name set --count 80\n"
		"  memrig calibrate 'emu:ideal?rows=1&cols=3&state=c.bin' "
		"--reference 1:500kOhm --reference 2:250kOhm --store c.ini\n"
		"  memrig calibrate --show --store c.ini\n"
		"  memrig read --array "
		"'emu:ideal?rows=1&cols=3&state=c.bin&calibration=c.ini'\n",
};

/* ---- options ------------------------------------------------------------- */

static int take_cell(struct mr_tool *tool, const char *text,
                     const struct mr_description *desc, uint32_t *cell)
{
	uint64_t cells = (uint64_t)desc->rows * desc->cols;
	const char *comma = strchr(text, ',');
	char row[24] = "";
	uint64_t r = 0, c = 0;
	bool good;

	if (comma && (size_t)(comma - text) < sizeof row)
		memcpy(row, text, (size_t)(comma - text));
	good = comma ? mr_tool_whole(row, &r) == MR_OK &&
	                       mr_tool_whole(comma + 1, &c) == MR_OK
	             : mr_tool_whole(text, &c) == MR_OK;
	if (!good)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--reference: '%s' is no cell; give its "
		                    "number or ROW,COL",
		                    text);
	if (comma ? r >= desc->rows || c >= desc->cols : c >= cells)
		return mr_tool_fail(tool, MR_ERR_RANGE,
		                    "--reference: cell %s is outside the array of "
		                    "%u x %u",
		                    text, desc->rows, desc->cols);
	*cell = (uint32_t)(comma ? r * desc->cols + c : c);
	return MR_OK;
}

static int take_reference(struct mr_tool *tool, const char *text,
                          const struct mr_description *desc,
                          struct mr_calibration_reference *to)
{
	const char *colon = strchr(text, ':');
	char cell[48] = "";

	if (!colon || (size_t)(colon - text) >= sizeof cell ||
	    mr_tool_quantity(colon + 1, "Ohm", &to->r_Ohm) != MR_OK ||
	    !(to->r_Ohm >= R_MIN_OHM && to->r_Ohm <= R_MAX_OHM))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--reference '%s': give CELL:OHM, such as "
		                    "5:100kOhm or 0,5:1e5",
		                    text);
	memcpy(cell, text, (size_t)(colon - text));
	return take_cell(tool, cell, desc, &to->cell);
}

static int take_references(struct mr_tool *tool,
                           const struct mr_description *desc,
                           struct mr_calibration_reference *list, size_t *n)
{
	int code = MR_OK;

	for (size_t k = 0; k < tool->n_given && !code; k++) {
		if (strcmp(tool->given[k].option->name, "reference") != 0)
			continue;
		if (*n == REFERENCES_MAX)
			return mr_tool_fail(tool, MR_ERR_USAGE,
			                    "--reference: at most %d",
			                    REFERENCES_MAX);
		code = take_reference(tool, tool->given[k].value, desc,
		                      &list[*n]);
		for (size_t i = 0; i < *n && !code; i++)
			if (list[i].cell == list[*n].cell)
				code = mr_tool_fail(tool, MR_ERR_USAGE,
				                    "--reference: cell %u is "
				                    "given twice",
				                    list[i].cell);
		(*n)++;
	}
	return code;
}

static int take_voltages(struct mr_tool *tool, double *v_V, size_t *n)
{
	const char *text = mr_tool_value(tool, "voltages");
	struct mr_matrix list = {0};
	int code;

	if (!text)
		return MR_OK;
	code = mr_input_list(tool, "voltages", text, "V", &list);
	if (!code && list.cols > MR_CALIBRATION_VOLTAGES_MAX)
		code = mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--voltages: at most %d",
		                    MR_CALIBRATION_VOLTAGES_MAX);
	*n = code ? 0 : list.cols;
	for (size_t k = 0; k < *n; k++)
		v_V[k] = (double)list.x[k];
	free(list.x);
	return code;
}

/* ---- storing ------------------------------------------------------------- */

/* The folders of a path that are not there. */
static int make_folders(struct mr_tool *tool, const char *path)
{
	char part[MR_CALIBRATION_PATH_MAX];

	for (const char *at = strchr(path + 1, '/'); at;
	     at = strchr(at + 1, '/')) {
		(void)snprintf(part, sizeof part, "%.*s", (int)(at - path),
		               path);
		if (mkdir(part, FOLDER_MODE) != 0 && errno != EEXIST)
			return mr_tool_fail(tool, MR_ERR_IO, "%s: %s", part,
			                    strerror(errno));
	}
	return MR_OK;
}

static int store(struct mr_tool *tool, const struct mr_calibration *c,
                 const char *path)
{
	struct mr_outfile *file = NULL;
	struct mr_errtext err = {""};
	int code = MR_OK;

	if (!mr_tool_value(tool, "store"))
		code = make_folders(tool, path);
	if (code)
		return code;
	code = mr_outfile_begin(path, &file, &err);
	if (!code) {
		mr_calibration_write(c, mr_outfile_stream(file));
		code = mr_outfile_end(file, !mr_outfile_stopped(file), &err);
	}
	return code ? mr_tool_fail(tool, code, "%s", err.text) : MR_OK;
}

static int tell(struct mr_tool *tool, const struct mr_calibration *c,
                const char *path, size_t n_over)
{
	json_t *object;
	json_t *list;

	if (!tool->json) {
		mr_calibrate_print(tool, path, c, NULL);
		if (n_over)
			fprintf(tool->out, "left out     %zu points over range\n",
			        n_over);
		return MR_OK;
	}
	list = json_array();
	mr_calibrate_print(tool, path, c, list);
	object = mr_tool_object("calibration");
	json_object_update(object, json_array_get(list, 0));
	json_object_set_new(object, "over_range",
	                    json_integer((json_int_t)n_over));
	json_decref(list);
	return mr_tool_print(tool, object);
}

/* ---- measuring ----------------------------------------------------------- */

/** All that a calibration needs; too large for the stack of some. */
struct session {
	struct mr_calibration_reference references[REFERENCES_MAX];
	double v_V[MR_CALIBRATION_VOLTAGES_MAX];
	struct mr_calibration_plan plan;
	struct mr_calibration_point
		points[REFERENCES_MAX * MR_CALIBRATION_VOLTAGES_MAX];
	size_t n_points;
	size_t n_over;
	struct mr_calibration calibration;
	char path[MR_CALIBRATION_PATH_MAX];
};

static int take_plan(struct mr_tool *tool, struct session *s,
                     const struct mr_description *desc)
{
	struct mr_calibration_plan *p = &s->plan;
	int code = take_references(tool, desc, s->references, &p->n_references);

	p->references = s->references;
	p->v_V = s->v_V;
	if (!code && p->n_references < 2)
		code = mr_tool_fail(tool, MR_ERR_USAGE,
		                    "give two references or more, such as "
		                    "--reference 0:10kOhm --reference 1:1MOhm");
	if (!code)
		code = take_voltages(tool, s->v_V, &p->n_voltages);
	if (!code)
		code = mr_tool_u32(tool, "averages", 1, REPEATS_MAX,
		                   &p->averages);
	if (!code)
		code = mr_tool_u32(tool, "repeats", 2, REPEATS_MAX, &p->repeats);
	return code ? code : mr_calibrate_path(tool, desc, s->path);
}

static int measure(struct mr_tool *tool, struct session *s)
{
	const struct mr_description *desc = mr_array_describe(tool->array);
	struct mr_errtext err = {""};
	int code = take_plan(tool, s, desc);

	if (code)
		return code;
	code = mr_calibration_measure(tool->array, &s->plan, &tool->context,
	                              s->points, &s->n_points, &s->n_over, &err);
	if (!code)
		code = mr_calibration_fit(s->points, s->n_points, desc,
		                          tool->clock.wall_ns(tool->clock.self),
		                          &s->calibration, &err);
	if (code)
		return mr_tool_fail(tool, code, "%s%s", err.text,
		                    s->n_over ? " (points over range were left "
		                                "out)"
		                              : "");
	code = store(tool, &s->calibration, s->path);
	return code ? code : tell(tool, &s->calibration, s->path, s->n_over);
}

static int calibrate(struct mr_tool *tool)
{
	struct session *s = calloc(1, sizeof *s);
	int code;

	if (!s)
		return mr_tool_fail(tool, MR_ERR_NOMEM, "out of memory");
	code = mr_tool_open(tool);
	if (!code)
		code = measure(tool, s);
	free(s);
	return code;
}

static int work(struct mr_tool *tool)
{
	bool show = mr_tool_value(tool, "show") != NULL;
	bool away = mr_tool_value(tool, "remove") != NULL;

	if (tool->n_args)
		tool->uri = tool->args[0];
	if (tool->n_args && mr_tool_value(tool, "array"))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "the array is given twice, as '%s' and by "
		                    "--array",
		                    tool->args[0]);
	if (mr_tool_value(tool, "plan"))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--plan does not go with calibrate");
	if (mr_tool_value(tool, "store") && mr_tool_value(tool, "dir"))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--store names the file, --dir its folder: "
		                    "give one of them");
	if (show + away + (mr_tool_value(tool, "reference") != NULL) > 1)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--show, --remove and --reference: give one "
		                    "kind of them");
	if (show)
		return mr_calibrate_show(tool);
	return away ? mr_calibrate_remove(tool) : calibrate(tool);
}

int mr_cmd_calibrate(int argc, char **argv)
{
	struct mr_tool tool;
	int code = MR_OK;

	if (mr_tool_parse(&tool, &calibrate_page, argc, argv))
		code = work(&tool);
	return mr_tool_end(&tool, code);
}
