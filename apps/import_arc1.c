/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The result log of the vendor's program for ArC ONE. */
#include "import.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define HEAD_ROWS 16  /* name of the session and date stand before the head */
#define LINES 32      /* of the board, counted from 1 */
#define INTERVAL_S 1.0
#define NS_PER_S 1e9
#define NAME_MAX 32

/* Columns that are needed, in lower case and without what is no letter. */
enum {
	WORD,
	BIT,
	RESISTANCE,
	AMPLITUDE,
	WIDTH,
	READ_VOLTAGE,
	N_NEEDED
};

static const struct {
	const char *head;
	struct mr_import_column column;
} needed[N_NEEDED] = {
	{"word", {MR_IMPORT_ROW, "word", 1}},
	{"bit", {MR_IMPORT_COL, "bit", 1}},
	{"resistance", {MR_IMPORT_RESISTANCE, "resistance", 1}},
	{"amplitude", {MR_IMPORT_VOLTAGE, "amplitude", 1}},
	{"pulsewidth", {MR_IMPORT_WIDTH, "pulse width", 1}},
	{"readvoltage", {MR_IMPORT_VOLTAGE, "read voltage", 1}},
};

/* A file that is being read. */
struct arc1 {
	struct mr_csv *csv;
	const struct mr_import_options *options;
	uint32_t n_fields;
	uint32_t at[N_NEEDED];
	uint64_t n_rows;
	struct mr_import *to;
};

/* "Pulse width (s)" and "PulseWidth" begin alike. */
static bool begins(const char *field, const char *head)
{
	char plain[NAME_MAX];
	size_t n = 0;

	for (; *field && n + 1 < sizeof plain; field++)
		if (isalpha((unsigned char)*field))
			plain[n++] = (char)tolower((unsigned char)*field);
	plain[n] = '\0';
	return strncmp(plain, head, strlen(head)) == 0;
}

static bool find_columns(struct arc1 *a, const struct mr_csv_row *row,
                         const char **missing)
{
	*missing = NULL;
	for (size_t c = 0; c < N_NEEDED; c++) {
		uint32_t k = 0;

		while (k < row->n && !begins(row->field[k], needed[c].head))
			k++;
		a->at[c] = k;
		if (k == row->n && !*missing)
			*missing = needed[c].column.name;
	}
	a->n_fields = row->n;
	return !*missing;
}

static int find_head(struct arc1 *a, const char *path, struct mr_errtext *err)
{
	struct mr_csv_row row;
	const char *missing;
	bool more = true;

	for (int i = 0; i < HEAD_ROWS; i++) {
		int code = mr_csv_next(a->csv, &row, &more, err);

		if (code)
			return code;
		if (!more)
			break;
		if (find_columns(a, &row, &missing))
			return MR_OK;
		if (a->at[WORD] < row.n && a->at[BIT] < row.n)
			return mr_errtext_set(
				err, MR_ERR_FORMAT,
				"%s:%" PRIu64 ": the head names no column "
				"'%s'; it must have word, bit, resistance, "
				"amplitude, pulse width and read voltage",
				row.file, row.line, missing);
	}
	return mr_errtext_set(err, MR_ERR_FORMAT,
	                      "%s: no head in the first %d lines; the result log "
	                      "of ArC ONE has one that begins with Wordline, "
	                      "Bitline, Resistance",
	                      path, HEAD_ROWS);
}

static int take_number(const struct arc1 *a, const struct mr_csv_row *row,
                       int c, double *out, struct mr_errtext *err)
{
	*out = 0;
	if (row->field[a->at[c]][0] == '\0' && c != RESISTANCE)
		return MR_OK; /* the vendor writes what there is none of so */
	return mr_import_number(row, a->at[c], &needed[c].column,
	                        a->options->decimal, out, err);
}

static int take_cell(const struct arc1 *a, const struct mr_csv_row *row,
                     struct mr_import_event *e, struct mr_errtext *err)
{
	uint32_t rows = a->options->rows, cols = a->options->cols;
	int code = mr_import_index(row, a->at[WORD], &needed[WORD].column, 1,
	                           rows ? rows : LINES, &e->row, err);

	return code ? code
	            : mr_import_index(row, a->at[BIT], &needed[BIT].column, 1,
	                              cols ? cols : LINES, &e->col, err);
}

static int add_events(struct arc1 *a, struct mr_import_event e,
                      const double *x, struct mr_errtext *err)
{
	int code = MR_OK;

	e.g_S = x[RESISTANCE] > 0 && isfinite(x[RESISTANCE])
	                ? (float)(1 / x[RESISTANCE])
	                : NAN;
	if (x[WIDTH] > 0 && x[AMPLITUDE] != 0) {
		struct mr_import_event pulse = e;

		pulse.kind = MR_IMPORT_PULSE;
		pulse.volt_V = x[AMPLITUDE];
		pulse.width_s = x[WIDTH];
		pulse.g_S = NAN;
		code = mr_import_add(a->to, &pulse, err);
		e.volt_V = x[READ_VOLTAGE];
	} else {
		e.volt_V = x[AMPLITUDE] != 0 ? x[AMPLITUDE] : x[READ_VOLTAGE];
	}
	e.volt_V = e.volt_V != 0 ? e.volt_V : a->options->v_read_V;
	return code ? code : mr_import_add(a->to, &e, err);
}

static int take_row(struct arc1 *a, const struct mr_csv_row *row,
                    struct mr_errtext *err)
{
	double interval_s = a->options->interval_s > 0 ? a->options->interval_s
	                                               : INTERVAL_S;
	double t_s = (double)a->n_rows * interval_s;
	struct mr_import_event e = {.kind = MR_IMPORT_READ};
	double x[N_NEEDED] = {0};
	int code = take_cell(a, row, &e, err);

	for (int c = RESISTANCE; c < N_NEEDED && !code; c++)
		code = take_number(a, row, c, &x[c], err);
	if (!code && t_s > MR_IMPORT_T_MAX_S)
		code = mr_errtext_set(err, MR_ERR_RANGE,
		                      "%s:%" PRIu64 ": at an interval of %g s this "
		                      "row is beyond 9e9 s; give a shorter one",
		                      row->file, row->line, interval_s);
	if (code)
		return code;
	a->n_rows++;
	e.t_ns = (int64_t)llround(t_s * NS_PER_S);
	return add_events(a, e, x, err);
}

static int take_rows(struct arc1 *a, const char *path, struct mr_errtext *err)
{
	struct mr_csv_row row;
	bool more = true;
	int code = find_head(a, path, err);

	while (!code) {
		code = mr_import_row(a->csv, &row, a->n_fields, &more, err);
		if (code || !more)
			break;
		code = take_row(a, &row, err);
	}
	return code;
}

int mr_import_arc1(const char *path, const struct mr_import_options *options,
                   struct mr_import *out, struct mr_errtext *err)
{
	struct arc1 a = {.options = options, .to = out};
	char separator;
	int code = mr_import_separator(path, options, &separator, err);

	if (!code)
		code = mr_csv_open(path, &a.csv, err);
	if (code)
		return code;
	mr_csv_separate(a.csv, separator);
	code = take_rows(&a, path, err);
	mr_csv_close(a.csv);
	return code ? code : mr_import_complete(out, path, options, err);
}
