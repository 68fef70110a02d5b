/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Parameter files of models. */
#include "memrig/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inifile.h"

struct entry {
	bool has_value;
	double value;
	double min; /* of the file; narrows the declared limits */
	double max;
	bool has_min;
	bool has_max;
	int line; /* of the value */
};

struct load {
	const struct mr_model *model;
	int line; /* of the entry at hand */
	bool has_model;
	struct entry entries[MR_PARAMS_MAX];
	int rc;
	struct mr_errtext why;
};

static int fail(struct load *l, int rc, const char *what, const char *value,
                const char *right)
{
	l->rc = mr_errtext_set(&l->why, rc, "%.60s = '%.60s': %.200s", what,
	                       value, right);
	return 0;
}

static bool parse_number(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && *end == '\0' && isfinite(*out);
}

static int take_number(struct load *l, const char *name, const char *value,
                       double *out, bool *seen)
{
	if (*seen)
		return fail(l, MR_ERR_FORMAT, name, value, "given twice");
	if (!parse_number(value, out))
		return fail(l, MR_ERR_FORMAT, name, value,
		            "must be a finite number");
	*seen = true;
	return 1;
}

/* What mr_model_file_head() reads. */
static bool is_head(const char *name)
{
	static const char *const known[] = {"cols", "noise", "note", "rows",
	                                    "table"};

	for (size_t k = 0; k < sizeof known / sizeof *known; k++)
		if (strcmp(name, known[k]) == 0)
			return true;
	return false;
}

static int handle_head(struct load *l, const char *name, const char *value)
{
	if (strcmp(name, "model") != 0)
		return is_head(name) ||
		       fail(l, MR_ERR_FORMAT, name, value,
		            "unknown; [memrig] knows model, noise, table, "
		            "rows, cols and note");
	if (strcmp(value, l->model->name) != 0)
		return fail(l, MR_ERR_FORMAT, name, value,
		            "the file is for another model");
	l->has_model = true;
	return 1;
}

/* For people, and for who compares: not used by the model. */
static bool is_remark(const char *name)
{
	static const char *const known[] = {"cells", "readings", "se", "source",
	                                    "text"};

	for (size_t k = 0; k < sizeof known / sizeof *known; k++)
		if (strcmp(name, known[k]) == 0)
			return true;
	return false;
}

static int handle_param(struct load *l, uint32_t i, const char *name,
                        const char *value)
{
	struct entry *e = &l->entries[i];

	e->line = strcmp(name, "value") == 0 ? l->line : e->line;
	if (strcmp(name, "value") == 0)
		return take_number(l, name, value, &e->value, &e->has_value);
	if (strcmp(name, "min") == 0)
		return take_number(l, name, value, &e->min, &e->has_min);
	if (strcmp(name, "max") == 0)
		return take_number(l, name, value, &e->max, &e->has_max);
	if (strcmp(name, "unit") == 0)
		return strcmp(value, l->model->params[i].unit) == 0 ||
		       fail(l, MR_ERR_FORMAT, name, value,
		            l->model->params[i].unit);
	if (is_remark(name))
		return 1;
	return fail(l, MR_ERR_FORMAT, name, value,
	            "unknown; a parameter has value, unit, min, max, se, cells, "
	            "readings, source and text");
}

static int handle(void *user, int line, const char *section, const char *name,
                  const char *value, struct mr_errtext *why)
{
	struct load *l = user;
	uint32_t i;
	int ok = 1;

	l->line = line;
	if (strcmp(section, "fit") == 0)
		return MR_OK; /* where it comes from */
	if (strcmp(section, "memrig") == 0)
		ok = handle_head(l, name, value);
	else if (mr_model_param(l->model, section, &i, &l->why))
		return mr_errtext_set(why, MR_ERR_FORMAT, "%s", l->why.text);
	else
		ok = handle_param(l, i, name, value);
	return ok ? MR_OK : mr_errtext_set(why, l->rc, "%s", l->why.text);
}

static int parse(const char *path, struct load *l, struct mr_errtext *err)
{
	int rc = mr__ini_read("parameter file", path, handle, l, err);

	if (!rc && !l->has_model)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: [memrig] with model = %s is missing",
		                      path, l->model->name);
	return rc;
}

static int apply(const struct load *l, const char *path, double *values,
                 struct mr_errtext *err)
{
	for (uint32_t i = 0; i < l->model->n_params; i++) {
		const struct entry *e = &l->entries[i];
		const struct mr_param *p = &l->model->params[i];
		double min = e->has_min ? fmax(e->min, p->min) : p->min;
		double max = e->has_max ? fmin(e->max, p->max) : p->max;

		if (!e->has_value)
			continue;
		if (!(e->value >= min && e->value <= max))
			return mr_errtext_set(err, MR_ERR_RANGE,
			                      "%s:%d: [%s] value = %g: must be "
			                      "%g to %g %s",
			                      path, e->line, p->name, e->value,
			                      min, max, p->unit);
		values[i] = e->value;
	}
	return MR_OK;
}

int mr_model_load(const struct mr_model *model, const char *path,
                  double *values, struct mr_errtext *err)
{
	struct load *l = calloc(1, sizeof *l);
	double changed[MR_PARAMS_MAX];
	int rc;

	if (!l)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	memcpy(changed, values, model->n_params * sizeof *values);
	l->model = model;
	rc = parse(path, l, err);
	if (!rc)
		rc = apply(l, path, changed, err);
	if (!rc && model->check && model->check(changed, &l->why))
		rc = mr_errtext_set(err, MR_ERR_RANGE, "%.200s: %.300s", path,
		                    l->why.text);
	if (!rc)
		memcpy(values, changed, model->n_params * sizeof *values);
	free(l);
	return rc;
}

/* ---- the head ------------------------------------------------------------ */

struct head {
	const char *path;
	struct mr_model_file *out;
};

static int keep_text(char *to, size_t size, const char *name,
                     const char *value, struct mr_errtext *why)
{
	int n = snprintf(to, size, "%s", value);

	return n >= 0 && (size_t)n < size
	       ? MR_OK
	       : mr__ini_wrong(why, name, value, "is too long");
}

/* A table lies beside the file that names it. */
static int keep_table(const struct head *h, const char *value,
                      struct mr_errtext *why)
{
	const char *slash = strrchr(h->path, '/');
	size_t size = sizeof h->out->table;
	int n = snprintf(h->out->table, size, "%.*s%s",
	                 slash && *value != '/' ? (int)(slash + 1 - h->path)
	                                        : 0,
	                 h->path, value);

	return n >= 0 && (size_t)n < size
	       ? MR_OK
	       : mr__ini_wrong(why, "table", value, "is too long");
}

static int keep_lines(uint32_t *out, const char *name, const char *value,
                      struct mr_errtext *why)
{
	double number = 0;
	int rc = mr__ini_number(name, value, 1, 65536, &number, why);

	*out = (uint32_t)number;
	return rc;
}

static int take_head(void *user, int line, const char *section,
                     const char *name, const char *value,
                     struct mr_errtext *why)
{
	struct head *h = user;

	(void)line;
	if (strcmp(section, "memrig") != 0)
		return MR_OK;
	if (strcmp(name, "model") == 0)
		return keep_text(h->out->model, sizeof h->out->model, name,
		                 value, why);
	if (strcmp(name, "noise") == 0)
		return keep_text(h->out->noise, sizeof h->out->noise, name,
		                 value, why);
	if (strcmp(name, "table") == 0)
		return keep_table(h, value, why);
	if (strcmp(name, "rows") == 0)
		return keep_lines(&h->out->rows, name, value, why);
	if (strcmp(name, "cols") == 0)
		return keep_lines(&h->out->cols, name, value, why);
	return MR_OK;
}

int mr_model_file_head(const char *path, struct mr_model_file *out,
                       struct mr_errtext *err)
{
	struct head h = {path, out};
	int rc;

	*out = (struct mr_model_file){0};
	rc = mr__ini_read("parameter file", path, take_head, &h, err);
	if (!rc && !*out->model)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: [memrig] with model = NAME is "
		                      "missing",
		                      path);
	return rc;
}
