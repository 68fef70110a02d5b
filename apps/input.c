/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Takes numbers from lists and CSV files, by libcsv. */
#include "input.h"

#include <csv.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/** A row that is being read, and where it comes from. */
struct intake {
	struct mr_tool *tool;
	struct mr_matrix *to;
	const char *unit;
	const char *option;
	const char *path;  /* NULL: the command line */
	size_t line;
	size_t n;          /* numbers of this row so far */
	size_t room;
	int code;          /* first failure */
};

/* "--input x.csv, line 3" or "--v". */
static const char *place(const struct intake *in, char out[256])
{
	if (in->path == NULL)
		snprintf(out, 256, "--%s", in->option);
	else
		snprintf(out, 256, "--%s: %s, line %zu", in->option,
		         strcmp(in->path, "-") == 0 ? "standard input"
		                                    : in->path,
		         in->line);
	return out;
}

/* Wrong input is wrong use on the command line and wrong format in a file. */
static int wrong(const struct intake *in)
{
	return in->path == NULL ? MR_ERR_USAGE : MR_ERR_FORMAT;
}

static int append(struct intake *in, float value)
{
	size_t at = in->to->rows * in->to->cols + in->n;
	float *more;

	if (at >= in->room) {
		in->room = in->room * 2 + 64;
		if (in->room <= at)
			in->room = at + 64;
		more = realloc(in->to->x, in->room * sizeof(*more));
		if (more == NULL)
			return mr_tool_fail(in->tool, MR_ERR_NOMEM,
			                    "out of memory");
		in->to->x = more;
	}
	in->to->x[at] = value;
	in->n++;
	return MR_OK;
}

static int take_number(struct intake *in, const char *text)
{
	char where[256];
	double value;

	if (mr_tool_quantity(text, in->unit, &value) != MR_OK
	    || !isfinite((float)value))
		return mr_tool_fail(in->tool, wrong(in),
		                    "%s: '%s' is no number in %s",
		                    place(in, where), text, in->unit);
	return append(in, (float)value);
}

static int take_row(struct intake *in)
{
	char where[256];

	if (in->to->rows == 0)
		in->to->cols = in->n;
	if (in->n != in->to->cols)
		return mr_tool_fail(in->tool, wrong(in),
		                    "%s: %zu numbers, but the row before has "
		                    "%zu", place(in, where), in->n,
		                    in->to->cols);
	in->to->rows++;
	in->n = 0;
	return MR_OK;
}

int mr_input_list(struct mr_tool *tool, const char *option, const char *text,
                  const char *unit, struct mr_matrix *to)
{
	struct intake in = {.tool = tool, .to = to, .unit = unit,
	                    .option = option};
	size_t size = strlen(text) + 1;
	char *copy = malloc(size);
	char *piece = copy;

	if (copy == NULL)
		return mr_tool_fail(tool, MR_ERR_NOMEM, "out of memory");
	memcpy(copy, text, size);
	while (piece != NULL && in.code == MR_OK) {
		char *comma = strchr(piece, ',');

		if (comma != NULL)
			*comma = '\0';
		in.code = take_number(&in, piece);
		piece = comma != NULL ? comma + 1 : NULL;
	}
	free(copy);
	return in.code != MR_OK ? in.code : take_row(&in);
}

/* ---- CSV ----------------------------------------------------------------- */

static void on_field(void *text, size_t len, void *user)
{
	struct intake *in = user;
	char where[256];

	if (in->code != MR_OK)
		return;
	/* an embedded NUL would hide what stands behind it */
	if (text == NULL || strlen(text) != len)
		in->code = mr_tool_fail(in->tool, MR_ERR_FORMAT,
		                        "%s: not text", place(in, where));
	else
		in->code = take_number(in, text);
}

static void on_row(int end, void *user)
{
	struct intake *in = user;

	(void)end;
	if (in->code == MR_OK)
		in->code = take_row(in);
}

static int read_lines(struct intake *in, FILE *from, struct csv_parser *parser)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len = 0;

	while (in->code == MR_OK && (len = getline(&line, &room, from)) >= 0) {
		in->line++;
		if (line[0] == '#')
			continue;
		if (csv_parse(parser, line, (size_t)len, on_field, on_row, in)
		    != (size_t)len && in->code == MR_OK)
			in->code = mr_tool_fail(in->tool, MR_ERR_FORMAT,
			                        "%s, line %zu: %s", in->path,
			                        in->line,
			                        csv_strerror(csv_error(parser)));
	}
	free(line);
	if (in->code == MR_OK && csv_fini(parser, on_field, on_row, in) != 0
	    && in->code == MR_OK)
		in->code = mr_tool_fail(in->tool, MR_ERR_FORMAT,
		                        "%s: a quote is never closed",
		                        in->path);
	if (in->code == MR_OK && ferror(from))
		in->code = mr_tool_fail(in->tool, MR_ERR_IO,
		                        "--%s: %s: read error", in->option,
		                        in->path);
	return in->code;
}

int mr_input_csv(struct mr_tool *tool, const char *option, const char *path,
                 const char *unit, struct mr_matrix *to)
{
	struct intake in = {.tool = tool, .to = to, .unit = unit,
	                    .option = option, .path = path};
	struct csv_parser parser;
	FILE *from = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");

	if (from == NULL)
		return mr_tool_fail(tool, MR_ERR_IO, "--%s: %s: %s", option,
		                    path, strerror(errno));
	if (csv_init(&parser, CSV_STRICT | CSV_APPEND_NULL) != 0) {
		in.code = mr_tool_fail(tool, MR_ERR_NOMEM, "out of memory");
	} else {
		read_lines(&in, from, &parser);
		csv_free(&parser);
	}
	if (from != stdin)
		fclose(from);
	if (in.code == MR_OK && to->rows == 0)
		return mr_tool_fail(tool, MR_ERR_FORMAT,
		                    "--%s: %s holds no numbers", option, path);
	return in.code;
}
