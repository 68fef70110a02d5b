/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Calibrations that are stored: where, which, and away with one. */
#include "cmd_calibrate.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUR_FOLDER "memrig/calibration"

/* ---- places -------------------------------------------------------------- */

int mr_calibrate_dir(struct mr_tool *tool, char *out)
{
	const char *dir = mr_tool_value(tool, "dir");
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	int n;

	if (dir)
		n = snprintf(out, MR_CALIBRATION_PATH_MAX, "%s", dir);
	else if (config && config[0] == '/')
		n = snprintf(out, MR_CALIBRATION_PATH_MAX, "%s/" OUR_FOLDER,
		             config);
	else if (home && home[0])
		n = snprintf(out, MR_CALIBRATION_PATH_MAX,
		             "%s/.config/" OUR_FOLDER, home);
	else
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "no folder for calibrations: give --dir, or "
		                    "set $HOME");
	return n < MR_CALIBRATION_PATH_MAX && out[0]
	               ? MR_OK
	               : mr_tool_fail(tool, MR_ERR_USAGE,
	                              "--dir: give a folder with a path shorter "
	                              "than %d letters",
	                              MR_CALIBRATION_PATH_MAX);
}

int mr_calibrate_path(struct mr_tool *tool, const struct mr_description *desc,
                      char *out)
{
	const char *store = mr_tool_value(tool, "store");
	char dir[MR_CALIBRATION_PATH_MAX];
	char name[64];
	int code, n;

	if (store) {
		n = snprintf(out, MR_CALIBRATION_PATH_MAX, "%s", store);
	} else {
		code = mr_calibrate_dir(tool, dir);
		if (code)
			return code;
		mr_calibration_name(desc, name, sizeof name);
		n = snprintf(out, MR_CALIBRATION_PATH_MAX, "%s/%s", dir, name);
	}
	return n < MR_CALIBRATION_PATH_MAX && out[0]
	               ? MR_OK
	               : mr_tool_fail(tool, MR_ERR_USAGE,
	                              "--store: give a path shorter than %d "
	                              "letters",
	                              MR_CALIBRATION_PATH_MAX);
}

/* ---- printing ------------------------------------------------------------ */

static json_t *json_levels(const struct mr_calibration *c)
{
	json_t *list = json_array();

	for (uint32_t k = 0; k < c->n_levels; k++)
		json_array_append_new(
			list, json_pack("{s:o, s:o, s:o}", "raw_A",
		                        mr_tool_real(c->levels[k].raw_A),
		                        "residual_A",
		                        mr_tool_real(c->levels[k].residual_A),
		                        "se_A", mr_tool_real(c->levels[k].se_A)));
	return list;
}

static json_t *json_calibration(const char *path, const struct mr_calibration *c)
{
	json_t *object = json_pack(
		"{s:s, s:s, s:I, s:s, s:s, s:I, s:I}", "file", path, "id", c->id,
		"made_wall_ns", (json_int_t)c->made_wall_ns, "driver", c->driver,
		"identity", c->identity, "rows", (json_int_t)c->rows, "cols",
		(json_int_t)c->cols);
	json_t *more = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:o, s:o, s:b, s:o}",
		"gain", mr_tool_real(c->gain), "gain_se",
		mr_tool_real(c->gain_se), "offset_A", mr_tool_real(c->offset_A),
		"offset_se_A", mr_tool_real(c->offset_se_A), "chi2",
		mr_tool_real(c->chi2), "dof", (json_int_t)c->dof, "references",
		(json_int_t)c->n_references, "points", (json_int_t)c->n_points,
		"least_A", mr_tool_real(c->least_A), "greatest_A",
		mr_tool_real(c->greatest_A), "inl_applies", (int)c->inl_applies,
		"inl", json_levels(c));

	json_object_update_new(object, more);
	return object;
}

static void print_levels(struct mr_tool *tool, const struct mr_calibration *c)
{
	fprintf(tool->out, "residuals    %u levels, %s\n", c->n_levels,
	        c->inl_applies      ? "applied: the line alone does not explain "
	                              "the data"
	        : isfinite(c->chi2) ? "not applied: the line explains the data"
	                            : "not applied: nothing tells whether the "
	                              "line alone will do");
	fprintf(tool->out, "  %14s %14s %14s\n", "reported (A)", "residual (A)",
	        "error (A)");
	for (uint32_t k = 0; k < c->n_levels; k++)
		fprintf(tool->out, "  %14.6g %14.4g %14.2g\n",
		        c->levels[k].raw_A, c->levels[k].residual_A,
		        c->levels[k].se_A);
}

void mr_calibrate_print(struct mr_tool *tool, const char *path,
                        const struct mr_calibration *c, json_t *list)
{
	char label[48], a[32], b[32];

	if (list) {
		json_array_append_new(list, json_calibration(path, c));
		return;
	}
	mr_calibration_label(c, label, sizeof label);
	fprintf(tool->out, "calibration  %s\nboard        %s \"%s\", %u x %u\n",
	        label, c->driver, c->identity, c->rows, c->cols);
	fprintf(tool->out, "gain         %.6g +- %.2g\noffset       %.4g +- %.2g "
	        "A\n", c->gain, c->gain_se, c->offset_A, c->offset_se_A);
	fprintf(tool->out, "measured     %u references, %u points, %s to %s\n",
	        c->n_references, c->n_points, mr_tool_pretty(a, c->least_A, "A"),
	        mr_tool_pretty(b, c->greatest_A, "A"));
	if (isfinite(c->chi2))
		fprintf(tool->out, "chi^2        %.4g at %u degrees of freedom\n",
		        c->chi2, c->dof);
	else
		fprintf(tool->out, "chi^2        unknown: no reading scattered; "
		        "errors are from the residuals\n");
	if (c->n_levels)
		print_levels(tool, c);
	fprintf(tool->out, "file         %s\n", path);
}

/* ---- showing and removing ------------------------------------------------ */

static int read_one(struct mr_tool *tool, const char *path, json_t *list)
{
	struct mr_calibration *c = malloc(sizeof *c);
	struct mr_errtext err = {"out of memory"};
	int code = c ? mr_calibration_read(path, c, &err) : MR_ERR_NOMEM;

	if (code)
		(void)mr_tool_fail(tool, code, "%s", err.text);
	else
		mr_calibrate_print(tool, path, c, list);
	free(c);
	return code;
}

static int is_ini(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 4 && strcmp(entry->d_name + n - 4, ".ini") == 0;
}

static int read_all(struct mr_tool *tool, json_t *list)
{
	char dir[MR_CALIBRATION_PATH_MAX];
	char path[MR_CALIBRATION_PATH_MAX + 256];
	struct dirent **names = NULL;
	int code = mr_calibrate_dir(tool, dir);
	int n;

	if (code)
		return code;
	n = scandir(dir, &names, is_ini, alphasort);
	if (n < 0 && errno != ENOENT)
		return mr_tool_fail(tool, MR_ERR_IO, "%s: %s", dir,
		                    strerror(errno));
	if (n <= 0 && !list)
		fprintf(tool->out, "no calibrations in %s\n", dir);
	for (int k = 0; k < n; k++) {
		(void)snprintf(path, sizeof path, "%s/%s", dir,
		               names[k]->d_name);
		code = code ? code : read_one(tool, path, list);
		free(names[k]);
	}
	free(names);
	return code;
}

/* The one of --store, or of the board that is named. */
static int find_one(struct mr_tool *tool, char *path)
{
	int code = MR_OK;

	if (!mr_tool_value(tool, "store"))
		code = mr_tool_open(tool);
	return code ? code
	            : mr_calibrate_path(tool,
	                                tool->array
	                                        ? mr_array_describe(tool->array)
	                                        : NULL,
	                                path);
}

int mr_calibrate_show(struct mr_tool *tool)
{
	char path[MR_CALIBRATION_PATH_MAX];
	json_t *list = tool->json ? json_array() : NULL;
	json_t *object;
	int code;

	if (!tool->uri && !mr_tool_value(tool, "store")) {
		code = read_all(tool, list);
	} else {
		code = find_one(tool, path);
		if (!code)
			code = read_one(tool, path, list);
	}
	if (code || !list) {
		json_decref(list);
		return code;
	}
	object = mr_tool_object("calibrations");
	json_object_set_new(object, "calibrations", list);
	return mr_tool_print(tool, object);
}

/* Only what is a calibration: a slip of the pen removes nothing else. */
int mr_calibrate_remove(struct mr_tool *tool)
{
	char path[MR_CALIBRATION_PATH_MAX];
	int code = find_one(tool, path);
	json_t *list = json_array();

	if (!code)
		code = read_one(tool, path, list);
	json_decref(list);
	if (code)
		return code;
	if (unlink(path) != 0)
		return mr_tool_fail(tool, MR_ERR_IO, "cannot remove %s: %s",
		                    path, strerror(errno));
	if (!tool->json) {
		fprintf(tool->out, "removed %s\n", path);
		return MR_OK;
	}
	json_t *object = mr_tool_object("calibration-removed");

	json_object_set_new(object, "file", json_string(path));
	return mr_tool_print(tool, object);
}
