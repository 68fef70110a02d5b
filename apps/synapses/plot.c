/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The figure of "memrig run synapses", first seed on the array: for each
 * number of cells the weights of both groups over time, mean and spread, and
 * their histogram at the end.
 */
#include "app.h"

#include "../figure.h"

#include <math.h>
#include <stdio.h>

#define WIDTH_PX 1500
#define HEIGHT_PX 820
#define PANELS_MAX 4
#define BINS 40
#define W_MOST 1.4 /* of the weight axes */

struct plot {
	const struct mr_synapses_app *app;
	struct mr_figure *figure;
	FILE *to;
	uint32_t n_panels;
};

static const struct mr_synapses_row *row_of(const struct mr_synapses_app *app,
                                            uint32_t n_cells)
{
	for (uint32_t k = 0; k < app->n_rows; k++)
		if (app->row[k].array && app->row[k].n_cells == n_cells)
			return &app->row[k];
	return NULL;
}

static void put_data(struct plot *p, const struct mr_synapses_row *row,
                     uint32_t place)
{
	const struct mr_synapses_result *r = &row->result;
	double bins[2][BINS] = {{0}}, count[2] = {0, 0};

	fprintf(p->to, "$time%u << EOD\n", (unsigned)place);
	for (uint32_t t = 0; t < r->n_points; t++)
		fprintf(p->to, "%llu %.4f %.4f %.4f %.4f\n",
		        (unsigned long long)r->at[t], r->mean[1][t], r->sd[1][t],
		        r->mean[0][t], r->sd[0][t]);
	fprintf(p->to, "EOD\n$bins%u << EOD\n", (unsigned)place);
	for (uint32_t i = 0; i < p->app->plan.n; i++) {
		int k = (int)floor((double)r->w[i] / W_MOST * BINS);
		int g = p->app->label[i] == 1;

		k = k < 0 ? 0 : k;
		bins[g][k < BINS ? k : BINS - 1]++;
		count[g]++;
	}
	for (int k = 0; k < BINS; k++)
		fprintf(p->to, "%.4f %.3f %.3f\n", (k + 0.5) * W_MOST / BINS,
		        100 * bins[1][k] / count[1], 100 * bins[0][k] / count[0]);
	fputs("EOD\n", p->to);
}

static void panel_at(struct plot *p, uint32_t place, double bottom, double top)
{
	double width = 0.93 / p->n_panels;
	double left = 0.055 + place * width;

	fprintf(p->to,
	        "set lmargin at screen %.3f\nset rmargin at screen %.3f\n"
	        "set bmargin at screen %.3f\nset tmargin at screen %.3f\n",
	        left, left + width - 0.045, bottom, top);
}

static void time_panel(struct plot *p, const struct mr_synapses_row *row,
                       uint32_t place)
{
	panel_at(p, place, 0.520, 0.860);
	fprintf(p->to,
	        "set title \"%u cell%s per synapse: d' = %.1f\"\n"
	        "set xlabel 'step'\nset ylabel '%s'\nset xrange [0:*]\n"
	        "set yrange [0:%g]\n%s\n"
	        "plot $time%u using 1:($4-$5):($4+$5) with filledcurves fc rgb '"
	        MR_FIGURE_BLUE "' fs transparent solid 0.18 noborder notitle, "
	        "'' using 1:($2-$3):($2+$3) with filledcurves fc rgb '"
	        MR_FIGURE_RED "' fs transparent solid 0.18 noborder notitle, "
	        "'' using 1:4 with lines lw 2.4 lc rgb '" MR_FIGURE_BLUE
	        "' title 'others', '' using 1:2 with lines lw 2.4 lc rgb '"
	        MR_FIGURE_RED "' title 'correlated'\n"
	        "unset label 101\nunset label 102\n",
	        (unsigned)row->n_cells, row->n_cells == 1 ? "" : "s",
	        row->gap.d_prime, place ? "" : "weight, mean and spread",
	        W_MOST, place ? "unset key" : "set key inside left top",
	        (unsigned)place);
}

static void histogram_panel(struct plot *p, uint32_t place)
{
	panel_at(p, place, 0.085, 0.385);
	fprintf(p->to,
	        "set title 'at the end'\nset xlabel 'weight'\nset ylabel '%s'\n"
	        "set xrange [0:%g]\nset yrange [0:*]\nunset key\n"
	        "plot $bins%u using 1:3 with steps lw 2.4 lc rgb '"
	        MR_FIGURE_BLUE "', '' using 1:2 with steps lw 2.4 lc rgb '"
	        MR_FIGURE_RED "'\n",
	        place ? "" : "share of the group (%)", W_MOST, (unsigned)place);
}

static void put_title(struct plot *p)
{
	const struct mr_synapses_app *app = p->app;
	char text[384];

	snprintf(text, sizeof text,
	         "%u inputs on %.160s, correlation %g, seed %llu%s",
	         (unsigned)app->plan.n, app->tool->uri, app->plan.params.c,
	         (unsigned long long)app->row[0].seed,
	         app->partial ? " (partial: stopped early)" : "");
	fputs("set label 101 ", p->to);
	mr_figure_text(p->figure, text);
	fputs(" at screen 0.5, 0.955 center font ',16'\n", p->to);
}

int mr_synapses_plot(const struct mr_synapses_app *app, struct mr_errtext *err)
{
	struct plot p = {.app = app};
	int code = mr_figure_begin(app->plot, WIDTH_PX, HEIGHT_PX, &p.figure,
	                           err);

	if (code != MR_OK)
		return code;
	p.to = mr_figure_script(p.figure);
	for (uint32_t s = 0; s < app->n_sizes && p.n_panels < PANELS_MAX; s++)
		if (row_of(app, app->sizes[s]))
			put_data(&p, row_of(app, app->sizes[s]), p.n_panels++);
	fputs("set border 3 lc rgb '#606060'\nset tics nomirror out scale 0.6\n"
	      "set grid back lc rgb '#e8e8e8' lt 1\nset multiplot\n",
	      p.to);
	put_title(&p);
	for (uint32_t s = 0, place = 0; place < p.n_panels; s++)
		if (row_of(app, app->sizes[s]))
			time_panel(&p, row_of(app, app->sizes[s]), place++);
	for (uint32_t place = 0; place < p.n_panels; place++)
		histogram_panel(&p, place);
	fputs("unset multiplot\n", p.to);
	return mr_figure_end(p.figure, true, err);
}
