/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Takes numbers from lists and CSV files. */
#include "input.h"

#include "csvfile.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/** A row that is being read, and where it comes from. */
struct intake {
	struct mr_tool *tool;
	struct mr_matrix *to;
	const char *unit;
	const char *option;
	struct mr_csv_row row; /* file NULL: the command line */
	size_t n;          /* numbers of this row so far */
	size_t room;
	int code;          /* first failure */
};

/* "--input: x.csv:3" or "--v". */
static const char *place(const struct intake *in, char out[256])
{
	if (in->row.file == NULL)
		snprintf(out, 256, "--%s", in->option);
	else
		snprintf(out, 256, "--%s: %s:%" PRIu64, in->option,
		         in->row.file, in->row.line);
	return out;
}

/* Wrong input is wrong use on the command line and wrong format in a file. */
static int wrong(const struct intake *in)
{
	return in->row.file == NULL ? MR_ERR_USAGE : MR_ERR_FORMAT;
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

static int take_rows(struct intake *in, struct mr_csv *csv,
                     struct mr_errtext *err)
{
	bool more = true;

	while (in->code == MR_OK) {
		in->code = mr_csv_next(csv, &in->row, &more, err);
		if (in->code != MR_OK)
			return mr_tool_fail(in->tool, in->code, "--%s: %s",
			                    in->option, err->text);
		if (!more)
			break;
		for (uint32_t k = 0; k < in->row.n && in->code == MR_OK; k++)
			in->code = take_number(in, in->row.field[k]);
		if (in->code == MR_OK)
			in->code = take_row(in);
	}
	return in->code;
}

int mr_input_csv(struct mr_tool *tool, const char *option, const char *path,
                 const char *unit, struct mr_matrix *to)
{
	struct intake in = {.tool = tool, .to = to, .unit = unit,
	                    .option = option};
	struct mr_errtext err = {""};
	struct mr_csv *csv = NULL;
	int code = mr_csv_open(path, &csv, &err);

	if (code != MR_OK)
		return mr_tool_fail(tool, code, "--%s: %s", option, err.text);
	code = take_rows(&in, csv, &err);
	mr_csv_close(csv);
	if (code == MR_OK && to->rows == 0)
		return mr_tool_fail(tool, MR_ERR_FORMAT,
		                    "--%s: %s holds no numbers", option, path);
	return code;
}
