/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Cells that do not work: stuck ones keep their conductance whatever is done
 * to them and do not drift, missing ones conduct nothing. Drawn with a
 * probability, or named by a map. What the periphery adds to a reading they
 * show like the others.
 */
#include "crossbar.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memrig/random.h"

#define LINE_MAX_BYTES 128

static void make(struct crossbar *x, uint32_t cell, enum defect kind,
                 double g_S)
{
	x->defect[cell] = (uint8_t)kind;
	x->c.g_S[cell] = kind == DEFECT_MISSING ? 0.0f : (float)g_S;
	x->c.nu[cell] = 0;
}

static int have_column(struct crossbar *x)
{
	if (!x->defect)
		x->defect = calloc(x->n_cells, sizeof *x->defect);
	return x->defect ? MR_OK : MR_ERR_NOMEM;
}

/* Stuck anywhere between the ends of the range. */
int mr__defects_draw(struct crossbar *x, double stuck, double missing)
{
	const struct mr_description *d = &x->desc;

	if (stuck == 0 && missing == 0)
		return MR_OK;
	if (have_column(x))
		return MR_ERR_NOMEM;
	for (uint32_t cell = 0; cell < x->n_cells; cell++) {
		struct mr_address at = {.purpose = MR_PURPOSE_DEFECT,
		                        .subject = cell};
		double u = mr_random_uniform(x->seed, at);

		at.event = 1;
		if (u <= stuck)
			make(x, cell, DEFECT_STUCK,
			     d->g_min_S + (d->g_max_S - d->g_min_S) *
			                          mr_random_uniform(x->seed, at));
		else if (u <= stuck + missing)
			make(x, cell, DEFECT_MISSING, 0);
	}
	return MR_OK;
}

/* ---- maps ---------------------------------------------------------------- */

struct entry {
	unsigned long row;
	unsigned long col;
	enum defect kind;
	double g_S; /* NAN = as it was made */
};

static bool take_number(char **at, double *out)
{
	char *end;

	*out = strtod(*at, &end);
	if (end == *at || !isfinite(*out))
		return false;
	*at = end;
	return true;
}

static bool take_line_number(char **at, unsigned long *out)
{
	double number;

	if (!take_number(at, &number) || number < 0 || number > UINT32_MAX ||
	    number != floor(number) || **at != ',')
		return false;
	*out = (unsigned long)number;
	(*at)++;
	return true;
}

/* "row,col,stuck[,g_S]" or "row,col,missing" */
static bool take_entry(char *at, struct entry *e)
{
	size_t len;

	e->g_S = NAN;
	if (!take_line_number(&at, &e->row) || !take_line_number(&at, &e->col))
		return false;
	len = strcspn(at, ",");
	if (len == strlen("stuck") && strncmp(at, "stuck", len) == 0)
		e->kind = DEFECT_STUCK;
	else if (len == strlen("missing") && strncmp(at, "missing", len) == 0)
		e->kind = DEFECT_MISSING;
	else
		return false;
	at += len;
	if (*at == '\0')
		return true;
	at++;
	return e->kind == DEFECT_STUCK && take_number(&at, &e->g_S) &&
	       *at == '\0' && e->g_S >= 0;
}

static int apply(struct crossbar *x, const char *path, unsigned line,
                 const struct entry *e, struct mr_errtext *err)
{
	uint32_t cell;

	if (e->row >= x->rows || e->col >= x->cols)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "%s:%u: cell %lu,%lu lies outside the "
		                      "array's %u x %u",
		                      path, line, e->row, e->col,
		                      (unsigned)x->rows, (unsigned)x->cols);
	cell = (uint32_t)e->row * x->cols + (uint32_t)e->col;
	if (!isnan(e->g_S) && e->g_S > x->desc.g_max_S)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "%s:%u: %g S is above the model's %g S",
		                      path, line, e->g_S, x->desc.g_max_S);
	make(x, cell, e->kind,
	     isnan(e->g_S) ? (double)x->c.g_S[cell] : e->g_S);
	return MR_OK;
}

static int take_file(struct crossbar *x, FILE *f, const char *path,
                     struct mr_errtext *err)
{
	char text[LINE_MAX_BYTES];
	struct entry e;
	int rc = MR_OK;

	for (unsigned line = 1; !rc && fgets(text, sizeof text, f); line++) {
		size_t len = strcspn(text, "\r\n");
		bool whole = text[len] || feof(f);

		text[len] = '\0';
		if (text[0] == '#' || (text[0] == '\0' && whole) ||
		    (line == 1 && strncmp(text, "row,", 4) == 0))
			continue;
		if (!whole || !take_entry(text, &e))
			return mr_errtext_set(
				err, MR_ERR_FORMAT,
				"%s:%u: '%.60s' is not row,col,stuck[,g_S] or "
				"row,col,missing",
				path, line, text);
		rc = apply(x, path, line, &e, err);
	}
	if (!rc && ferror(f))
		return mr_errtext_set(err, MR_ERR_IO, "%s: %s", path,
		                      strerror(errno));
	return rc;
}

int mr__defects_load(struct crossbar *x, const char *path,
                     struct mr_errtext *err)
{
	FILE *f = fopen(path, "r");
	int rc;

	if (!f)
		return mr_errtext_set(err, MR_ERR_MISSING, "defects=%s: %s", path,
		                      strerror(errno));
	rc = have_column(x) ? mr_errtext_set(err, MR_ERR_NOMEM, "out of memory")
	                    : take_file(x, f, path, err);
	(void)fclose(f);
	return rc;
}
