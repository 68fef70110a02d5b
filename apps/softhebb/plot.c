/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The figure of "memrig run softhebb": the receptive fields of the first run on
 * the array (else in floating point), the radii, and the accuracy of all runs,
 * as time goes by where that was looked at.
 */
#include "app.h"
#include "cells.h"

#include "histogram.h"

#include "../figure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define WIDTH_PX 1500
#define HEIGHT_PX 1000
#define FIELDS_MAX 100 /* shown */
#define BINS 50

struct plot {
	const struct mr_softhebb_app *app;
	const struct mr_softhebb_run *r;
	struct mr_figure *figure;
	FILE *to;
	uint32_t shown; /* neurons */
	uint32_t per_row;
};

static const struct mr_softhebb_run *run_of(const struct mr_softhebb_app *app,
                                            bool array)
{
	for (uint32_t k = 0; k < app->n_runs; k++)
		if (app->run[k].array == array)
			return &app->run[k];
	return NULL;
}

/* ---- data ------------------------------------------------------------------------ */

static double field_pixel(const struct plot *p, uint32_t k, uint32_t y,
                          uint32_t x)
{
	const struct mr_images *im = &p->app->train;
	size_t n_in = (size_t)im->channels * im->height * im->width;
	const float *w = p->r->result.w + k * n_in;
	double top = 1e-9;

	for (size_t j = 0; j < n_in; j++)
		top = fmax(top, (double)w[j]);
	return fmax((double)w[(size_t)y * im->width + x] / top, 0);
}

/* Fields in a grid with a gap of one pixel, each scaled to its own largest. */
static void put_fields(struct plot *p)
{
	const struct mr_images *im = &p->app->train;
	uint32_t rows = (p->shown + p->per_row - 1) / p->per_row;

	fputs("$fields << EOD\n", p->to);
	for (uint32_t y = 0; y < rows * (im->height + 1); y++) {
		for (uint32_t x = 0; x < p->per_row * (im->width + 1); x++) {
			uint32_t k = y / (im->height + 1) * p->per_row +
			             x / (im->width + 1);
			uint32_t dy = y % (im->height + 1);
			uint32_t dx = x % (im->width + 1);

			if (dy == im->height || dx == im->width ||
			    k >= p->shown)
				fputs("NaN ", p->to);
			else
				fprintf(p->to, "%.3f ",
				        field_pixel(p, k, dy, dx));
		}
		fputc('\n', p->to);
	}
	fputs("EOD\n", p->to);
}

static void put_radii(struct plot *p, const struct mr_softhebb_run *r,
                      const char *name, double most)
{
	const struct mr_images *im = &p->app->train;
	uint32_t n_in = im->channels * im->height * im->width;
	uint32_t bins[BINS] = {0};

	for (uint32_t k = 0; r && k < p->app->n_out; k++) {
		double norm = mr_hebb_norm(&r->result.w[(size_t)k * n_in], n_in);
		int b = (int)(norm / most * BINS);

		bins[b < BINS ? b : BINS - 1]++;
	}
	fprintf(p->to, "$%s << EOD\n", name);
	for (int b = 0; r && b < BINS; b++)
		fprintf(p->to, "%g %u\n", (b + 0.5) * most / BINS, bins[b]);
	fputs("EOD\n", p->to);
}

static double most_radius(const struct plot *p)
{
	double most = 1.5;

	for (uint32_t k = 0; k < p->app->n_runs; k++)
		most = fmax(most, p->app->run[k].result.radius_max);
	return most * 1.02;
}

static void put_winners(struct plot *p, const struct mr_softhebb_run *r,
                        const char *name)
{
	mr_histogram_put(p->to, name, r ? r->result.test.winner_bins : NULL,
	                 MR_VOTE_BINS, 1);
}

static void put_scores(struct plot *p, bool array)
{
	fprintf(p->to, "$scores%d << EOD\n", array);
	for (uint32_t k = 0; k < p->app->n_runs; k++) {
		const struct mr_softhebb_run *r = &p->app->run[k];

		if (r->array == array)
			fprintf(p->to, "%llu %.3f %.3f\n",
			        (unsigned long long)r->seed,
			        100 * r->result.test.labels,
			        100 * r->result.test.soft);
	}
	fputs("EOD\n", p->to);
}

static void put_ages(struct plot *p)
{
	fputs("$ages << EOD\n", p->to);
	for (uint32_t k = 0; k < p->r->n_ages; k++)
		fprintf(p->to, "%g %.3f %.3f %.3f %.3f\n", p->r->age[k].t_s,
		        100 * p->r->age[k].kept, 100 * p->r->age[k].soft,
		        100 * p->r->age[k].compensated,
		        100 * p->r->age[k].relabelled);
	fputs("EOD\n", p->to);
}

/* ---- panels ---------------------------------------------------------------------- */

static void panel_at(struct plot *p, double left, double right, double bottom,
                     double top)
{
	fprintf(p->to,
	        "set lmargin at screen %.3f\nset rmargin at screen %.3f\n"
	        "set bmargin at screen %.3f\nset tmargin at screen %.3f\n",
	        left, right, bottom, top);
}

static void fields_panel(struct plot *p)
{
	panel_at(p, 0.03, 0.54, 0.05, 0.86);
	fprintf(p->to,
	        "set title 'What %s%u neurons respond to, weights on %s'\n"
	        "set size ratio -1\nunset key\nunset tics\nunset grid\n"
	        "set border 0\nunset colorbox\n"
	        "set palette defined (0 'white', 1 '#08306b')\n"
	        "set cbrange [0:1]\nset xrange [*:*] noextend\n"
	        "set yrange [*:*] reverse noextend\n"
	        "plot $fields matrix with image\n"
	        "unset label 101\nunset label 102\nset size noratio\n"
	        "set border 3 lc rgb '#606060'\n"
	        "set tics nomirror out scale 0.6\n"
	        "set grid back lc rgb '#e8e8e8' lt 1\n"
	        "set yrange [*:*] noreverse\n",
	        p->shown < p->app->n_out ? "the first " : "the ",
	        (unsigned)p->shown, p->r->array ? "the array" : "no array (float)");
}

static void radii_panel(struct plot *p)
{
	panel_at(p, 0.60, 0.76, 0.56, 0.86);
	fputs("set title 'Length of the weights at the end'\n"
	      "set xlabel 'radius (1)'\nset ylabel 'neurons (count)'\n"
	      "set key inside right top\nset xrange [0:*]\nset yrange [0:*]\n"
	      "plot $radii0 using 1:2 with steps lw 2.4 lc rgb '" MR_FIGURE_BLUE
	      "' title 'float', $radii1 using 1:2 with steps lw 2.4 lc rgb '"
	      MR_FIGURE_RED "' title 'array'\n",
	      p->to);
}

static void winners_panel(struct plot *p)
{
	panel_at(p, 0.82, 0.97, 0.56, 0.86);
	fputs("set title 'Activation of the winner'\n"
	      "set xlabel 'activation (1)'\nset ylabel 'test samples (%)'\n"
	      "set key inside left top\nset xrange [0:1]\nset yrange [0:*]\n"
	      "plot $winner0 using 1:2 with histeps lw 2.4 lc rgb '" MR_FIGURE_BLUE
	      "' title 'float', $winner1 using 1:2 with histeps lw 2.4 lc rgb '"
	      MR_FIGURE_RED "' title 'array'\n",
	      p->to);
}

/* The panels below share the room. */
static void panel_below(struct plot *p, bool left, bool right)
{
	panel_at(p, left ? 0.62 : 0.845, right ? 0.97 : 0.755, 0.11, 0.43);
}

static void ages_panel(struct plot *p, bool alone)
{
	panel_below(p, true, alone);
	fputs("set title 'Test accuracy after training'\nset logscale x\n"
	      "set xlabel 'time since training (s)'\n"
	      "set ylabel 'accuracy (%)'\nset key inside left bottom\n"
	      "set format x '10^{%L}'\nset xrange [*:*]\nset yrange [*:*]\n"
	      "set offsets 0, 0, graph 0.05, graph 0.7\n"
	      "plot $ages using 1:2 with linespoints pt 7 lw 2 lc rgb '"
	      MR_FIGURE_RED "' title 'labels kept', '' using 1:4 with "
	      "linespoints pt 5 lw 2 lc rgb '" MR_FIGURE_GREEN "' title "
	      "'soft vote, compensated', '' using 1:3 with linespoints pt 9 lw 2 "
	      "lc rgb '" MR_FIGURE_ORANGE "' title 'soft vote', '' using 1:5 "
	      "with linespoints pt 13 lw 2 lc rgb '" MR_FIGURE_BLUE
	      "' title 'relabelled'\n",
	      p->to);
}

static void cells_panel(struct plot *p, bool alone)
{
	panel_below(p, alone, true);
	fputs("set title 'Test accuracy'\nset logscale x 2\n"
	      "set format x '%g'\nset xlabel 'cells per weight'\n"
	      "set ylabel 'accuracy (%)'\nset key inside right bottom\n"
	      "set offsets graph 0.08, graph 0.08, graph 0.1, graph 0.6\n"
	      "set xrange [*:*]\nset yrange [*:*]\n"
	      "plot $cells_float using 1:2 with lines lw 2 lc rgb '"
	      MR_FIGURE_BLUE "' title 'float', $cells_mean using 1:2 with "
	      "linespoints pt 7 lw 2 lc rgb '" MR_FIGURE_RED
	      "' title 'labels', '' using 1:3 with linespoints pt 9 lw 2 lc "
	      "rgb '" MR_FIGURE_ORANGE "' title 'soft vote', $cells using 1:2 "
	      "with points pt 6 lc rgb '" MR_FIGURE_RED "' notitle, '' using "
	      "1:3 with points pt 8 lc rgb '" MR_FIGURE_ORANGE "' notitle\n"
	      "unset logscale x\n",
	      p->to);
}

static void scores_panel(struct plot *p)
{
	panel_below(p, true, true);
	fputs("set title 'Test accuracy'\nset xlabel 'seed'\n"
	      "set ylabel 'accuracy (%)'\nset key inside right bottom\n"
	      "set offsets graph 0.1, graph 0.1, graph 0.3, graph 0.3\n"
	      "set xrange [*:*]\nset yrange [*:*]\nset xtics 1\n"
	      "plot $scores0 using 1:2 with points pt 7 ps 1.4 lc rgb '"
	      MR_FIGURE_BLUE "' title 'float, neuron labels', '' using 1:3 "
	      "with points pt 6 ps 1.4 lw 2 lc rgb '" MR_FIGURE_BLUE
	      "' title 'float, soft vote', $scores1 using 1:2 with points pt 5 "
	      "ps 1.4 lc rgb '" MR_FIGURE_RED "' title 'array, neuron labels', "
	      "'' using 1:3 with points pt 4 ps 1.4 lw 2 lc rgb '"
	      MR_FIGURE_RED "' title 'array, soft vote'\n",
	      p->to);
}

static void put_title(struct plot *p)
{
	const struct mr_softhebb_app *app = p->app;
	struct mr_softhebb_summary f, a;
	char text[512], cells[24];

	snprintf(text, sizeof text, "SoftHebb, %.100s%s%.160s%s",
	         app->preset->text,
	         app->carriers & MR_CARRY_ARRAY ? ", on " : "",
	         app->carriers & MR_CARRY_ARRAY ? app->where : "",
	         app->partial ? " (partial: stopped early)" : "");
	fputs("set label 101 ", p->to);
	mr_figure_text(p->figure, text);
	fputs(" at screen 0.5, 0.965 center font ',16'\n", p->to);
	mr_softhebb_summarise(app, 0, &f);
	mr_softhebb_summarise(app, app->cells[0], &a);
	text[0] = '\0';
	if (f.n)
		snprintf(text, sizeof text,
		         "float: %.2f %% by neuron labels, %.2f %% by soft vote"
		         "%s",
		         100 * f.labels, 100 * f.soft, a.n ? "; " : "");
	if (a.n) {
		size_t used = 0;

		while (text[used])
			used++;
		snprintf(text + used, sizeof text - used,
		         "array%s: %.2f %% and %.2f %%",
		         mr_cells_text(app, app->cells[0], cells),
		         100 * a.labels, 100 * a.soft);
	}
	fputs("set label 102 ", p->to);
	mr_figure_text(p->figure, text);
	fputs(" at screen 0.5, 0.930 center font ',13' textcolor rgb "
	      "'#404040'\n",
	      p->to);
}

int mr_softhebb_plot(const struct mr_softhebb_app *app, struct mr_errtext *err)
{
	const struct mr_softhebb_run *array = run_of(app, true);
	struct plot p = {.app = app, .r = array ? array : run_of(app, false)};
	bool curve = app->n_cells > 1 && array;
	int code = mr_figure_begin(app->plot, WIDTH_PX, HEIGHT_PX, &p.figure,
	                           err);

	if (code != MR_OK)
		return code;
	p.to = mr_figure_script(p.figure);
	p.shown = app->n_out < FIELDS_MAX ? app->n_out : FIELDS_MAX;
	p.per_row = (uint32_t)ceil(sqrt((double)p.shown));
	put_fields(&p);
	put_radii(&p, run_of(app, false), "radii0", most_radius(&p));
	put_radii(&p, array, "radii1", most_radius(&p));
	put_winners(&p, run_of(app, false), "winner0");
	put_winners(&p, array, "winner1");
	put_scores(&p, false);
	put_scores(&p, true);
	put_ages(&p);
	mr_cells_put(app, p.to);
	fputs("set border 3 lc rgb '#606060'\nset tics nomirror out scale 0.6\n"
	      "set grid back lc rgb '#e8e8e8' lt 1\n"
	      "set datafile missing 'nan'\nset multiplot\n",
	      p.to);
	put_title(&p);
	fields_panel(&p);
	radii_panel(&p);
	winners_panel(&p);
	if (p.r->n_ages)
		ages_panel(&p, !curve);
	if (curve)
		cells_panel(&p, !p.r->n_ages);
	if (!p.r->n_ages && !curve)
		scores_panel(&p);
	fputs("unset multiplot\n", p.to);
	return mr_figure_end(p.figure, true, err);
}
