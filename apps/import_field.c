/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Fields of foreign CSV files: separators, decimal signs, plausible units. */
#include "import.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define LOOK_BYTES 8192 /* of a file's begin, to find its separator */
#define NUMBER_MAX 64   /* a number is not longer */

/* ---- separators ---------------------------------------------------------- */

/* The first bytes, decompressed and terminated. */
static int read_begin(const char *path, char *text, struct mr_errtext *err)
{
	gzFile file;
	int got;

	errno = 0;
	file = gzopen(path, "rb");
	if (!file)
		return mr_errtext_set(err, MR_ERR_MISSING, "cannot open %s: %s",
		                      path,
		                      errno ? strerror(errno) : "out of memory");
	got = gzread(file, text, LOOK_BYTES);
	/* what is wrong with it is told with its line, when it is read */
	text[got > 0 ? got : 0] = '\0';
	(void)gzclose(file);
	return MR_OK;
}

int mr_import_separator(const char *path,
                        const struct mr_import_options *options, char *out,
                        struct mr_errtext *err)
{
	static const char marks[] = {';', '\t', ','};
	char text[LOOK_BYTES + 1] = "";
	size_t most = 0;
	int code;

	*out = options->separator ? options->separator : ',';
	if (options->separator)
		return MR_OK;
	code = read_begin(path, text, err);
	if (code)
		return code;
	for (size_t m = 0; m < sizeof marks; m++) {
		size_t n = 0;

		for (const char *at = text; *at; at++) {
			n = *at == '\n' ? 0 : n + (*at == marks[m]);
			if (n > most) {
				most = n;
				*out = marks[m];
			}
		}
	}
	return MR_OK;
}

int mr_import_row(struct mr_csv *csv, struct mr_csv_row *row, uint32_t n,
                  bool *more, struct mr_errtext *err)
{
	int code = mr_csv_next(csv, row, more, err);

	if (code || !*more || row->n == n)
		return code;
	return mr_errtext_set(
		err, MR_ERR_FORMAT,
		"%s:%" PRIu64 ": %" PRIu32 " fields, but the head has %" PRIu32
		"%s",
		row->file, row->line, row->n, n,
		row->n > n ? "; if the decimal sign is a comma, the file must "
			     "be separated by something else, such as ;"
			   : "; every row needs all fields, be they empty");
}

/* ---- numbers ------------------------------------------------------------- */

static int wrong(const struct mr_csv_row *row, uint32_t k,
                 const struct mr_import_column *column, const char *what,
                 struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_FORMAT,
	                      "%s:%" PRIu64 ":%" PRIu32
	                      ": column '%s' is '%.40s': %s",
	                      row->file, row->line, k + 1, column->name,
	                      row->field[k], what);
}

static const char *wrong_sign(const char *text, char decimal)
{
	char other = decimal == ',' ? '.' : ',';

	if (!strchr(text, other))
		return NULL;
	return other == ',' ? "a comma is not the decimal sign here; if it is "
			      "in this file, say --decimal ,"
			    : "a point is not the decimal sign here; if it is "
			      "in this file, leave --decimal , out";
}

static bool is_result(enum mr_import_quantity what)
{
	return what == MR_IMPORT_RESISTANCE || what == MR_IMPORT_CONDUCTANCE ||
	       what == MR_IMPORT_CURRENT;
}

/* What would be right where a number can hardly be meant; NULL = it can. */
static const char *implausible(enum mr_import_quantity what, double x)
{
	double size = fabs(x);

	switch (what) {
	case MR_IMPORT_RESISTANCE:
		if (x > 0 && x < MR_IMPORT_R_MIN_OHM)
			return "a resistance below 1 Ohm; if it is a "
			       "conductance, map it as conductance=, else give "
			       "its unit, such as resistance=R[kOhm]";
		return size > MR_IMPORT_R_MAX_OHM && isfinite(x)
		               ? "a resistance above 1e18 Ohm; give its unit"
		               : NULL;
	case MR_IMPORT_CONDUCTANCE:
		return size > MR_IMPORT_G_MAX_S && isfinite(x)
		               ? "a conductance above 1 S; if it is a "
		                 "resistance, map it as resistance=, else give "
		                 "its unit, such as conductance=G[uS]"
		               : NULL;
	case MR_IMPORT_CURRENT:
		return size > MR_IMPORT_I_MAX_A && isfinite(x)
		               ? "a current above 10 A; give its unit, such as "
		                 "current=I[uA]"
		               : NULL;
	case MR_IMPORT_VOLTAGE:
		return size > MR_IMPORT_V_MAX_V
		               ? "a voltage above 1000 V; give its unit, such "
		                 "as voltage=V[mV]"
		               : NULL;
	case MR_IMPORT_WIDTH:
		return x < 0 || (x > 0 && x < MR_IMPORT_WIDTH_MIN_S) ||
		                       x > MR_IMPORT_WIDTH_MAX_S
		               ? "a width must be 0 (none) or 1e-12 to 1e6 s; "
		                 "give its unit, such as width=w[ns]"
		               : NULL;
	case MR_IMPORT_TIME:
		return x < 0 || x > MR_IMPORT_T_MAX_S
		               ? "a time must be 0 to 9e9 s; give its unit, "
		                 "such as time=t[ms]"
		               : NULL;
	default:
		return NULL;
	}
}

/* strtod() alone would take hexadecimal numbers and blanks before. */
static bool to_number(const char *text, char decimal, double *out)
{
	char copy[NUMBER_MAX];
	char *end;

	if (strlen(text) >= sizeof copy || strpbrk(text, "xXpP") ||
	    text[0] == '\0')
		return false;
	memcpy(copy, text, strlen(text) + 1);
	for (char *at = copy; *at; at++)
		*at = *at == decimal ? '.' : *at;
	*out = strtod(copy, &end);
	return *end == '\0';
}

int mr_import_number(const struct mr_csv_row *row, uint32_t k,
                     const struct mr_import_column *column, char decimal,
                     double *out, struct mr_errtext *err)
{
	const char *text = row->field[k];
	const char *why = wrong_sign(text, decimal ? decimal : '.');
	double x = 0;

	if (!why && !to_number(text, decimal ? decimal : '.', &x))
		why = "it must be a number";
	if (!why && !isfinite(x) && !is_result(column->what))
		why = "it must be a finite number";
	if (!why)
		why = implausible(column->what, x * column->factor);
	if (why)
		return wrong(row, k, column, why, err);
	*out = x * column->factor;
	return MR_OK;
}

int mr_import_index(const struct mr_csv_row *row, uint32_t k,
                    const struct mr_import_column *column, uint32_t base,
                    uint32_t n, uint32_t *out, struct mr_errtext *err)
{
	const char *text = row->field[k];
	unsigned long long x;

	if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text))
		return wrong(row, k, column, "it must be a whole number", err);
	errno = 0;
	x = strtoull(text, NULL, 10);
	if (errno || x < base || x - base >= n)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "%s:%" PRIu64 ":%" PRIu32 ": column '%s' is "
		                      "%.40s: it must be %" PRIu32 " to %" PRIu64
		                      "%s",
		                      row->file, row->line, k + 1, column->name,
		                      text, base, (uint64_t)base + n - 1,
		                      x < base || base ? "" : "; if the file "
		                      "counts from 1, say --base 1");
	*out = (uint32_t)(x - base);
	return MR_OK;
}
