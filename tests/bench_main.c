/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The main function of every benchmark: `bench_NAME [FILE [PART-OF-A-NAME]]`.
 * Prints a table and adds the figures to FILE, a JSON array; a figure that it
 * holds already is replaced. Exit status: 0 measured, 1 could not, 2 wrong use.
 */
#include "bench.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "memrig/clock.h"

#define DIGITS 6 /* of a figure in the file: more is noise */

static json_t *figures; /* all of FILE; mr_bench_report() has no argument */

void mr_bench_die(const char *what, const char *why)
{
	(void)fflush(stdout);
	(void)fprintf(stderr, "bench: %s: %s\n", what, why);
	exit(1);
}

double mr_bench_now_s(void)
{
	struct mr_clock clock;

	mr_clock_system(&clock);
	return (double)clock.monotonic_ns(clock.self) * 1e-9;
}

void mr_bench_note(const char *format, ...)
{
	va_list args;

	(void)fputs("# ", stdout);
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
	(void)putchar('\n');
	(void)fflush(stdout);
}

/* ---- measuring ----------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, unsigned n)
{
	qsort(values, n, sizeof *values, compare);
	return n % 2 ? values[n / 2]
	             : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

void mr_bench_measure(struct mr_bench_case *cases, size_t n, unsigned repeats)
{
	double values[MR_BENCH_CASES_MAX][MR_BENCH_REPEATS_MAX];

	for (size_t k = 0; k < n && repeats > 1; k++)
		(void)cases[k].measure(cases[k].state);
	for (unsigned r = 0; r < repeats; r++)
		for (size_t k = 0; k < n; k++)
			values[k][r] = cases[k].measure(cases[k].state);
	for (size_t k = 0; k < n; k++)
		cases[k].median = median(values[k], repeats);
}

/* ---- reporting ----------------------------------------------------------- */

static json_t *number_or_null(double value)
{
	return value == 0 || !isfinite(value) ? json_null() : json_real(value);
}

static void keep(json_t *object)
{
	const char *name = json_string_value(json_object_get(object, "name"));

	for (size_t i = 0; i < json_array_size(figures); i++) {
		json_t *old = json_object_get(json_array_get(figures, i),
		                              "name");

		if (old && strcmp(json_string_value(old), name) == 0) {
			(void)json_array_set_new(figures, i, object);
			return;
		}
	}
	(void)json_array_append_new(figures, object);
}

static void print_optional(double value)
{
	if (value == 0)
		(void)printf(" %9s", "-");
	else
		(void)printf(" %9.4g", value);
}

static const char *verdict(const struct mr_bench_figure *f)
{
	if (f->target == 0)
		return "-";
	return (f->higher ? f->value >= f->target : f->value <= f->target)
	               ? "yes"
	               : "no";
}

void mr_bench_report(const struct mr_bench_figure *f)
{
	double baseline_value = f->baseline ? f->baseline_value : 0;
	double ratio = f->baseline ? f->value / baseline_value : 0;
	json_t *object = json_pack(
		"{s:s,s:o,s:s,s:s,s:s?,s:o,s:o,s:o,s:o}", "name", f->name,
		"value", number_or_null(f->value), "unit", f->unit, "better",
		f->higher ? "higher" : "lower", "baseline", f->baseline,
		"baseline_value", number_or_null(baseline_value), "ratio",
		number_or_null(ratio), "target", number_or_null(f->target),
		"limit", number_or_null(f->limit));

	if (!object)
		mr_bench_die(f->name, "out of memory");
	keep(object);
	(void)printf("%-36s %9.4g %-14s", f->name, f->value, f->unit);
	print_optional(f->target);
	(void)printf(" %4s", verdict(f));
	print_optional(f->limit);
	print_optional(ratio);
	print_optional(baseline_value);
	(void)printf("  %s\n", f->baseline ? f->baseline : "");
	(void)fflush(stdout);
}

/* ---- running ------------------------------------------------------------- */

static void load(const char *path)
{
	FILE *f = path ? fopen(path, "r") : NULL;
	json_error_t why;

	figures = f ? json_loadf(f, 0, &why) : json_array();
	if (f)
		(void)fclose(f);
	if (!json_is_array(figures))
		mr_bench_die(path, "is not a JSON array; remove it");
}

static void save(const char *path)
{
	size_t how = JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS);

	if (path && json_dump_file(figures, path, how) != 0)
		mr_bench_die(path, "cannot be written");
	json_decref(figures);
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : NULL;

	if (argc > 3) {
		(void)fprintf(stderr,
		              "usage: %s [FILE.json [PART-OF-A-NAME]]\n",
		              argv[0]);
		return 2;
	}
	load(path);
	(void)printf("%-36s %9s %-14s %9s %4s %9s %9s %9s  %s\n", "figure",
	             "value", "unit", "target", "met", "limit", "ratio",
	             "baseline", "");
	for (size_t i = 0; mr_benches[i].name; i++)
		if (argc < 3 || strstr(mr_benches[i].name, argv[2]))
			mr_benches[i].function();
	save(path);
	return 0;
}
