/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The yield map, and where cells lie at the bottom and at the top. */
#include "yield.h"

#include <inttypes.h>
#include <math.h>

#include "../figure.h"
#include "html.h"

#define BINS 60

/** How a class is drawn and called. */
struct look {
	const char *name;
	const char *colour;
	int point; /* gnuplot's point type: told apart without colour too */
};

static const struct look looks[MR_YIELD_CLASSES] = {
	{"works", "#CFE6F3", 5},
	{"stuck low", MR_FIGURE_BLUE, 11},
	{"stuck high", MR_FIGURE_RED, 9},
	{"outlier", MR_FIGURE_PURPLE, 2},
	{"no reading", "#000000", 6},
};

static void put_cells(FILE *to, const struct mr_report *r,
                      const struct mr_yield *y)
{
	uint32_t n_cols = r->history->desc.cols;

	fputs("$grid << EOD\n", to);
	for (uint32_t cell = 0; cell < r->history->n_cells; cell++)
		fprintf(to, "%" PRIu32 " %" PRIu32 " 207 230 243\n", cell % n_cols,
		        cell / n_cols);
	fputs("EOD\n", to);
	for (int c = MR_YIELD_STUCK_LOW; c < MR_YIELD_CLASSES; c++) {
		fprintf(to, "$class%d << EOD\n", c);
		for (uint32_t cell = 0; cell < r->history->n_cells; cell++)
			if ((int)y->of[cell] == c)
				fprintf(to, "%" PRIu32 " %" PRIu32 "\n",
				        cell % n_cols, cell / n_cols);
		fputs("EOD\n", to);
	}
}

/* The key stands below, for cells fill the panel. */
static void put_map(FILE *to, const struct mr_report *r, const struct mr_yield *y)
{
	const struct mr_description *d = &r->history->desc;

	fprintf(to, "set title 'cells by class'\nset xlabel 'column (index)'\nset ylabel "
	        "'row (index)'\nset xrange [-0.5:%.1f]\nset yrange [%.1f:-0.5]\n"
	        "set size ratio -1\nunset grid\nset bmargin 7\n"
	        "set key below maxrows 3 samplen 1\n"
	        "plot $grid using 1:2:3:4:5 with rgbimage notitle, "
	        "NaN with points pt 5 ps 1.6 lc rgb '%s' title 'works: %" PRIu32
	        "'", d->cols - 0.5, d->rows - 0.5, looks[0].colour, y->n[0]);
	for (int c = MR_YIELD_STUCK_LOW; c < MR_YIELD_CLASSES; c++)
		fprintf(to, ", %s%d with points pt %d ps 1.1 lw 1.6 lc rgb '%s' "
		        "title '%s: %" PRIu32 "'", y->n[c] ? "$class" : "NaN*",
		        c, looks[c].point, looks[c].colour, looks[c].name, y->n[c]);
	fputs("\nset size noratio\nset bmargin 3.5\nset grid lc rgb '#e4e4e4' lt 1\n", to);
}

static void put_values(FILE *to, const char *name, const double *v, uint32_t n)
{
	fprintf(to, "$%s << EOD\n", name);
	for (uint32_t k = 0; k < n; k++)
		if (isfinite(v[k]))
			fprintf(to, "%.6g\n", 1e6 * v[k]);
	fputs("EOD\n", to);
}

static double greatest_uS(const struct mr_yield *y, uint32_t n)
{
	double most = 0;

	for (uint32_t k = 0; k < n; k++)
		most = y->high_S[k] > most ? y->high_S[k] : most;
	return most > 0 ? 1e6 * most : 1;
}

static void put_histogram(FILE *to, const struct mr_report *r,
                          const struct mr_yield *y)
{
	uint32_t n = r->history->n_cells;

	put_values(to, "low", y->low_S, n);
	put_values(to, "high", y->high_S, n);
	fprintf(to, "set title 'median readings of each cell'\n"
	        "bin = %.6g\nset xlabel 'conductance (µS)'\n"
	        "set ylabel 'cells (count)'\nset xrange [0:*]\nset yrange [0.5:*]\n"
	        "set logscale y\nset boxwidth bin\nset key inside top center maxrows 2\n"
	        "plot ", greatest_uS(y, n) / BINS);
	if (y->switched)
		fputs("$low using (bin*(floor($1/bin)+0.5)):(1) smooth frequency "
		      "with boxes lc rgb '" MR_FIGURE_BLUE "' title 'bottom', ",
		      to);
	fprintf(to, "$high using (bin*(floor($1/bin)+0.5)):(1) smooth frequency "
	        "with boxes fs transparent solid 0.7 lc rgb '" MR_FIGURE_ORANGE
	        "' title '%s'\n", y->switched ? "top" : "as found");
}

static void put_figure(struct mr_report *r, const struct mr_yield *y)
{
	static const struct mr_report_caption caption = {
		"yield", "Which cells work", 860, 440};
	FILE *to = mr_report_figure(r);

	fputs("set multiplot layout 1,2\n", to);
	put_cells(to, r, y);
	put_map(to, r, y);
	put_histogram(to, r, y);
	fputs("unset multiplot\n", to);
	mr_report_draw(r, &caption);
}

static void put_rule(struct mr_report *r, const struct mr_yield *y)
{
	mr_html_print(r->to, "Left: all %" PRIu32 " cells. Right: how many have "
	              "which median reading. ", r->history->n_cells);
	if (!y->switched) {
		fputs("The cells were only read, never switched: of a cell it is "
		      "only said whether there is a reading.", r->to);
		return;
	}
	fputs("The rule: the median cell goes from ", r->to);
	mr_html_quantity(r->to, y->low_median_S, "S");
	fputs(" to ", r->to);
	mr_html_quantity(r->to, y->high_median_S, "S");
	mr_html_print(r->to, "; a cell whose own window (median reading at the top "
	              "less that at the bottom) is less than %.0f %% of that is "
	              "stuck, low or high by the end that it is nearer to; one "
	              "that switches but has an end more than %.0f robust "
	              "standard deviations and more than %.0f %% of the window "
	              "from the median cell's is an outlier. A robust standard "
	              "deviation is ", 100 * MR_YIELD_STUCK, MR_YIELD_FAR,
	              100 * MR_YIELD_STUCK);
	mr_html_quantity(r->to, y->low_sd_S, "S");
	fputs(" at the bottom and ", r->to);
	mr_html_quantity(r->to, y->high_sd_S, "S");
	fputs(" at the top.", r->to);
}

static void write_section(struct mr_report *r)
{
	struct mr_yield y;
	int code = mr_yield_take(r, &y);

	mr_report_fail(r, code, "out of memory");
	if (code == MR_OK) {
		put_figure(r, &y);
		put_rule(r, &y);
		mr_report_query(r, "map", "kind, t_end_ns, count, n_cells, "
		                "hex(input) AS targets, hex(result) AS g_S",
		                "kind IN ('read', 'pulse', 'program') AND parent "
		                "IS NULL");
	}
	mr_yield_free(&y);
}

static bool has(const struct mr_report *r)
{
	return mr_report_has(r, "map");
}

const struct mr_report_section mr_report_yield = {
	.id = "yield", .title = "Yield",
	.needs = "'memrig measure map' reads every cell as found, at the bottom "
	         "and at the top",
	.has = has, .write = write_section};
