/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Drift after programming, and retention: the same over hours and days. */
#include "levels.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "../figure.h"
#include "html.h"
#include "panels.h"

#define BINS 12         /* of conductance */
#define POINTS 1500     /* of a cloud */
#define QUERY_COLUMNS \
	"kind, t_end_ns, n_cells, count, hex(result) AS g_S, " \
	"(SELECT hex(bytes) FROM data WHERE data.row = op.row AND name = 'counts') " \
	"AS counts, hex(input) AS targets"
#define QUERY_WHERE \
	"kind IN ('pulse', 'program', 'read') AND parent IS NULL"

/* ---- over time ------------------------------------------------------------------- */

static void put_over_time(struct mr_report *r, const struct mr_levels *l,
                          const char *protocol,
                          const struct mr_report_caption *caption)
{
	mr_levels_draw(r, l, caption);
	mr_html_print(r->to, "Reading over the first reading of the same cell after "
	              "it was brought to its level: median, bars from 25 to 75 %%, "
	              "%zu of %zu levels (%s); the level's name is its median first "
	              "reading. Lines: G falls as ((t + t0)/t0) to the power of "
	              "minus the exponent that goes best through the medians, "
	              "which stands beside the level. So that bars do not hide each "
	              "other, levels stand up to 25 %% of the time beside each "
	              "other. %" PRIu64 " readings, %"
	              PRIu64 " times that a cell was brought to a level.",
	              l->n < MR_LEVELS_DRAWN ? l->n : (size_t)MR_LEVELS_DRAWN, l->n,
	              l->by_target ? "programmed to targets"
	                           : "numbers of steps from the bottom",
	              l->n_reads, l->n_spans);
	mr_report_query(r, protocol, QUERY_COLUMNS, QUERY_WHERE);
}

static void over_time(struct mr_report *r, const char *protocol,
                      const struct mr_report_caption *caption)
{
	struct mr_levels *l = calloc(1, sizeof *l);

	if (l)
		mr_levels_take(r, protocol, l);
	if (!l || l->failed)
		mr_report_fail(r, MR_ERR_NOMEM, "out of memory");
	else if (l->n == 0)
		fputs("<p>No cell was read twice after it was brought to a "
		      "level.</p>\n", r->to);
	else
		put_over_time(r, l, protocol, caption);
	if (l)
		mr_levels_free(l);
	free(l);
}

/* ---- exponents ------------------------------------------------------------------- */

static void put_cloud(FILE *to, const struct mr_fit_table *t)
{
	size_t step = t->n_rows / POINTS + 1;

	fputs("$cloud << EOD\n", to);
	for (size_t k = 0; k < t->n_rows; k += step)
		fprintf(to, "%.5g %.5g\n", 1e6 * t->values[k * t->n_cols + 1],
		        t->values[k * t->n_cols + 2]);
	fputs("EOD\n", to);
}

static void bin_exponents(const struct mr_fit_table *t, struct mr_groups *by_level,
                          struct mr_groups *all)
{
	double most_S = 0;

	for (size_t k = 0; k < t->n_rows; k++)
		most_S = fmax(most_S, t->values[k * t->n_cols + 1]);
	for (size_t k = 0; k < t->n_rows; k++) {
		const double *row = t->values + k * t->n_cols;
		double bin = fmin(floor(BINS * row[1] / most_S), BINS - 1);

		mr_groups_add(by_level, 1e6 * most_S * (bin + 0.5) / BINS, row[2]);
		mr_groups_add(all, 0, row[2]);
	}
	mr_groups_sort(by_level);
	mr_groups_sort(all);
}

/* The middle 98 % fill the panel; what is farther out is noise. */
static void put_exponents(FILE *to, const struct mr_groups *by_level,
                          const struct mr_group *all)
{
	double low = mr_group_quantile(all, 0.01);
	double high = mr_group_quantile(all, 0.99);
	double pad = 0.1 * (high - low) + 1e-9;

	fprintf(to, "set multiplot layout 1,2\nbin = %.6g\n"
	        "set xlabel 'drift exponent (1)'\nset ylabel 'spans (count)'\n"
	        "set boxwidth bin\nset xrange [%.6g:%.6g]\nset yrange [0:*]\n"
	        "unset key\nplot $cloud using (bin*(floor($2/bin)+0.5)):(1) "
	        "smooth frequency with boxes lc rgb '" MR_FIGURE_SKY "'\n",
	        (high - low + 2 * pad) / 30, low - pad, high + pad);
	mr_panel_groups(to, "bins", by_level, 3);
	fprintf(to, "set xlabel 'conductance of the level (µS)'\nset ylabel 'drift "
	        "exponent (1)'\nset xrange [0:*]\nset yrange [%.6g:%.6g]\n"
	        "set key top right\n"
	        "plot $cloud using 1:2 with points pt 7 ps 0.25 lc rgb '#9CC9E4' "
	        "title 'spans', $bins using 1:5:4:6 with yerrorbars pt 7 ps 0.8 "
	        "lw 1.8 lc rgb '" MR_FIGURE_RED "' title 'median, 25 to 75 %%'\n"
	        "unset multiplot\n", low - pad, high + pad);
}

static void exponents(struct mr_report *r, const struct mr_fit_table *t)
{
	static const struct mr_report_caption caption = {
		"drift-exponents", "Drift exponents", 860, 360};
	struct mr_groups by_level = {0};
	struct mr_groups all = {0};
	FILE *to;

	bin_exponents(t, &by_level, &all);
	if (all.n == 0 || by_level.failed || all.failed) {
		mr_report_fail(r, all.failed || by_level.failed ? MR_ERR_NOMEM
		                                                : MR_OK,
		               "out of memory");
	} else {
		to = mr_report_figure(r);
		put_cloud(to, t);
		put_exponents(to, &by_level, &all.at[0]);
		mr_report_draw(r, &caption);
		mr_html_print(r->to, "Exponent of each span of readings, from the "
		              "fit. Left: how many have which; right: against the "
		              "conductance, with medians of %d classes. The spread "
		              "seen is that of the cells and the error of each "
		              "estimate together; the fit tells them apart "
		              "(nu_spread). %zu exponents, of which up to %d are "
		              "drawn.", BINS, t->n_rows, POINTS);
		mr_report_query(r, "drift", QUERY_COLUMNS, QUERY_WHERE);
	}
	mr_groups_free(&by_level);
	mr_groups_free(&all);
}

static void write_drift(struct mr_report *r)
{
	static const struct mr_report_caption caption = {
		"drift", "Drift after programming", 800, 400};
	const struct mr_fit_table *t = mr_report_table(r, "drift");

	over_time(r, "drift", &caption);
	if (t && r->code == MR_OK)
		exponents(r, t);
}

static void write_retention(struct mr_report *r)
{
	static const struct mr_report_caption caption = {
		"retention", "Retention of levels", 800, 400};

	over_time(r, "retention", &caption);
}

static bool has_drift(const struct mr_report *r)
{
	return mr_report_has(r, "drift");
}

static bool has_retention(const struct mr_report *r)
{
	return mr_report_has(r, "retention");
}

const struct mr_report_section mr_report_drift = {
	.id = "drift", .title = "Drift",
	.needs = "'memrig measure drift' brings cells to levels and reads them at "
	         "times that grow by a factor",
	.has = has_drift, .write = write_drift};

const struct mr_report_section mr_report_retention = {
	.id = "retention", .title = "Retention",
	.needs = "'memrig measure retention' reads levels again after hours",
	.has = has_retention, .write = write_retention};
