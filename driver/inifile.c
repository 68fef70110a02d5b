/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The only file that includes inih, which cuts lines at 199 bytes silently and
 * does not tell a handler its line: both are looked after here. */
#include "inifile.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ini.h>

struct reading {
	FILE *f;                   /* or NULL: */
	const char *const *lines;
	int line; /* that inih was given last */
	mr__ini_entry *entry;
	void *user;
	int rc;
	int rc_line;
	struct mr_errtext why;
};

static int handle(void *user, const char *section, const char *name,
                  const char *value)
{
	struct reading *r = user;

	if (r->rc)
		return 0; /* inih goes on after an error; the first one counts */
	r->rc_line = r->line;
	r->rc = r->entry(r->user, r->line, section, name, value, &r->why);
	return r->rc == MR_OK;
}

/* 0, or the number of the first line that is too long for inih. */
static int long_line(FILE *f)
{
	int line = 1, length = 0, c;

	while ((c = getc(f)) != EOF) {
		length = c == '\n' ? 0 : length + 1;
		if (length > MR__INI_LINE_MAX)
			return line;
		line += c == '\n';
	}
	rewind(f);
	return 0;
}

/* As fgets, but a line that just fits takes its line end along: inih would
 * count it as a line of its own. */
static char *next_of_file(char *out, int size, void *user)
{
	struct reading *r = user;
	char *line = fgets(out, size, r->f);

	r->line++;
	if (line && strlen(line) == MR__INI_LINE_MAX &&
	    line[MR__INI_LINE_MAX - 1] != '\n')
		(void)getc(r->f);
	return line;
}

static char *next_of_lines(char *out, int size, void *user)
{
	struct reading *r = user;

	if (!r->lines[r->line])
		return NULL;
	(void)snprintf(out, (size_t)size, "%s", r->lines[r->line++]);
	return out;
}

static int parse(struct reading *r, const char *path, struct mr_errtext *err)
{
	int line = ini_parse_stream(r->f ? next_of_file : next_of_lines, r,
	                            handle, r);

	if (r->rc && r->rc_line == line) /* else no name came before it */
		return mr_errtext_set(err, r->rc, "%s:%d: %s", path, line,
		                      r->why.text);
	if (line > 0)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s:%d: neither [section] nor name = value",
		                      path, line);
	if (line < 0 || (r->f && ferror(r->f)))
		return mr_errtext_set(err, MR_ERR_IO, "%s: cannot read", path);
	return MR_OK;
}

int mr__ini_read(const char *what, const char *path, mr__ini_entry *entry,
                 void *user, struct mr_errtext *err)
{
	struct reading r = {.entry = entry, .user = user};
	int line, rc;

	r.f = fopen(path, "r");
	if (!r.f)
		return mr_errtext_set(err, MR_ERR_MISSING, "%s %s: %s", what,
		                      path, strerror(errno));
	line = long_line(r.f);
	rc = line ? mr_errtext_set(err, MR_ERR_FORMAT,
	                           "%s:%d: longer than %d bytes", path, line,
	                           MR__INI_LINE_MAX)
	          : parse(&r, path, err);
	(void)fclose(r.f);
	return rc;
}

int mr__ini_read_lines(const char *path, const char *const *lines,
                       mr__ini_entry *entry, void *user,
                       struct mr_errtext *err)
{
	struct reading r = {.lines = lines, .entry = entry, .user = user};

	return parse(&r, path, err);
}

int mr__ini_wrong(struct mr_errtext *why, const char *name, const char *value,
                 const char *right)
{
	return mr_errtext_set(why, MR_ERR_FORMAT, "%.60s = '%.120s': %.200s",
	                      name, value, right);
}

int mr__ini_number(const char *name, const char *value, double min,
                       double max, double *out, struct mr_errtext *why)
{
	char *end;
	double number = strtod(value, &end);

	if (end == value || *end || !isfinite(number))
		return mr__ini_wrong(why, name, value, "must be a finite number");
	if (number < min || number > max)
		return mr_errtext_set(why, MR_ERR_RANGE,
		                      "%.60s = %g: must be %g to %g", name,
		                      number, min, max);
	*out = number;
	return MR_OK;
}
