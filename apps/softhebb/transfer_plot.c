/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The figure of a transfer: accuracy against time, a panel for each kind of array,
 * a curve for each way to care for drift; bars from the worst programming to the
 * best. */
#include "transfer_plot.h"

#include "../figure.h"

#include <math.h>

#define PANEL_PX 480
#define HEIGHT_PX 460
#define ABREAST 3 /* panels in a row */
#define APART 1.2 /* curves, along time: bars would hide each other */

static const char *const names[MR_CARES] = {
	"no care", "a factor for each layer", "a factor for each output",
	"a factor for each layer, batch norms anew"};
/* Where the names stand, over the width of the figure. */
static const double at[MR_CARES] = {.03, .14, .36, .59};
static const char *const colours[MR_CARES] = {
	MR_FIGURE_GREY, MR_FIGURE_BLUE, MR_FIGURE_ORANGE, MR_FIGURE_GREEN};

struct drawing {
	const struct mr_transfer_plan *plan;
	const struct mr_transfer_table *table;
	struct mr_figure *figure;
	FILE *to;
};

/* ---- data ------------------------------------------------------------------------ */

/* Worst, mean and best of the programmings; false = none was rated. */
static bool range_of(const struct drawing *d, uint32_t uri, uint32_t age,
                     int care, double out[3])
{
	double sum = 0;
	uint32_t n = 0;

	out[0] = 1;
	out[2] = 0;
	for (uint32_t k = 0; k < d->table->n_rows; k++) {
		const struct mr_transfer_row *row = &d->table->row[k];

		if (row->uri != uri || age >= row->n_ages ||
		    isnan(row->age[age].accuracy[care]))
			continue;
		out[0] = fmin(out[0], row->age[age].accuracy[care]);
		out[2] = fmax(out[2], row->age[age].accuracy[care]);
		sum += row->age[age].accuracy[care];
		n++;
	}
	out[1] = n ? sum / n : 0;
	return n > 0;
}

static bool put_curve(struct drawing *d, uint32_t uri, int care)
{
	bool any = false;

	fprintf(d->to, "$u%u_%d << EOD\n", (unsigned)uri, care);
	for (uint32_t k = 0; k < d->plan->n_ages; k++) {
		double range[3], t_s = fmax(d->plan->age_s[k], 1e-3);

		if (!range_of(d, uri, k, care, range))
			continue;
		any = true;
		fprintf(d->to, "%.6g %.2f %.2f %.2f\n",
		        t_s * pow(APART, care - 1), 100 * range[1],
		        100 * range[0], 100 * range[2]);
	}
	fputs("EOD\n", d->to);
	return any;
}

/* ---- panels ---------------------------------------------------------------------- */

static void plot_panel(struct drawing *d, uint32_t uri)
{
	bool any[MR_CARES];

	for (int care = 0; care < MR_CARES; care++)
		any[care] = put_curve(d, uri, care);
	fputs("set title ", d->to);
	mr_figure_text(d->figure, d->plan->uris[uri]);
	fprintf(d->to, "\nplot %g with lines dt 3 lw 1.6 lc rgb '#606060' title "
	        "'in floating point'", 100 * d->table->in_float);
	for (int care = 0; care < MR_CARES; care++)
		if (any[care])
			fprintf(d->to,
			        ", $u%u_%d using 1:2:3:4 with yerrorbars pt 7 "
			        "ps .7 lw 1.4 lc rgb '%s' notitle, $u%u_%d "
			        "using 1:2 with lines lw 2.2 lc rgb '%s' "
			        "notitle",
			        (unsigned)uri, care, colours[care],
			        (unsigned)uri, care, colours[care]);
	fputc('\n', d->to);
}

/* In their colours, once for all panels: no panel has room for a key. */
static void put_names(struct drawing *d)
{
	for (int care = 0; care < MR_CARES; care++)
		fprintf(d->to,
		        "set label %d '%s' at screen %g, screen 1 offset 0, "
		        "-1.2 textcolor rgb '%s' front\n",
		        care + 1, names[care], at[care], colours[care]);
}

static void begin_panels(struct drawing *d)
{
	unsigned n = d->plan->n_uris, wide = n < ABREAST ? n : ABREAST;
	unsigned high = (n + wide - 1) / wide;

	fputs("set border 3 lc rgb '#606060'\nset tics nomirror out scale 0.6\n"
	      "set grid back lc rgb '#e8e8e8' lt 1\nset logscale x\n"
	      "set xtics ('1 s' 1, '1 min' 60, '1 h' 3600, '1 day' 86400, "
	      "'30 days' 2592000, '1 year' 31536000) rotate by -35\n"
	      "set xlabel 'time since programming'\n"
	      "set ylabel 'accuracy on the array (%)'\n"
	      "set key inside top right samplen 1.5\n"
	      "set offsets graph .04, graph .04, 0, 0\nset yrange [0:100]\n",
	      d->to);
	fprintf(d->to,
	        "set multiplot layout %u,%u margins screen %g, screen .98, "
	        "screen %g, screen %g spacing screen %g, screen %g\n",
	        high, wide, .2 / wide, .2 / high, 1 - .2 / high, .22 / wide,
	        .4 / high);
	put_names(d);
}

int mr_transfer_plot(const struct mr_transfer_plan *plan,
                     const struct mr_transfer_table *table, const char *path,
                     struct mr_errtext *err)
{
	struct drawing d = {.plan = plan, .table = table};
	uint32_t n = plan->n_uris, wide = n < ABREAST ? n : ABREAST;
	int code = mr_figure_begin(path, PANEL_PX * (wide > 1 ? wide : 2),
	                           HEIGHT_PX * ((n + wide - 1) / wide),
	                           &d.figure, err);

	if (code != MR_OK)
		return code;
	d.to = mr_figure_script(d.figure);
	begin_panels(&d);
	for (uint32_t u = 0; u < n; u++) {
		plot_panel(&d, u);
		if (u == 0)
			fputs("unset label\n", d.to);
	}
	fputs("unset multiplot\n", d.to);
	return mr_figure_end(d.figure, true, err);
}
