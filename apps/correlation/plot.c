/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The figure of "memrig run correlation", first run: above, conductance maps
 * as time goes by (a station map for rain gauges); below, the histogram of
 * both groups and conductance against ideal dose.
 */
#include "app.h"

#include "../figure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define WIDTH_PX 1500
#define HEIGHT_PX 1050
#define IMAGE_SIDE 250  /* pixels of a map; larger ones are averaged */
#define MAPS_SHOWN 3
#define BINS 60
#define POINTS_MAX 4000 /* of the scatter */
#define MICRO 1e6

struct plot {
	const struct mr_correlation_app *app;
	const struct mr_correlation_result *r;
	struct mr_figure *figure;
	FILE *to;
	double most_uS; /* end of the conductance axes */
};

/* ---- data -------------------------------------------------------------------- */

static void find_most(struct plot *p)
{
	float most = 0;

	for (uint32_t i = 0; i < p->app->n; i++)
		if (p->r->g_S[i] > most)
			most = p->r->g_S[i];
	p->most_uS = most > 0 ? (double)most * MICRO : 1;
}

/* How processes lie in a map: as in the picture, else as on the array. */
static uint32_t map_width(const struct mr_correlation_app *app)
{
	uint32_t side = 1;

	if (app->picture.width)
		return app->picture.width;
	while ((uint64_t)side * side < app->n)
		side++;
	return side;
}

/* Means of blocks, from the top row down. */
static void put_image(struct plot *p, const char *name, const float *g_S)
{
	uint32_t width = map_width(p->app), n = p->app->n;
	uint32_t height = (n + width - 1) / width;
	uint32_t longer = width > height ? width : height;
	uint32_t block = (longer + IMAGE_SIDE - 1) / IMAGE_SIDE;

	fprintf(p->to, "$%s << EOD\n", name);
	for (uint32_t y = 0; y < height; y += block) {
		for (uint32_t x = 0; x < width; x += block) {
			double sum = 0;
			uint32_t count = 0;

			for (uint32_t i = 0; i < block * block; i++) {
				uint32_t px = x + i % block, py = y + i / block;
				uint64_t at = (uint64_t)py * width + px;

				if (px >= width || at >= n)
					continue;
				sum += (double)g_S[at];
				count++;
			}
			fprintf(p->to, "%.3f ", count ? sum / count * MICRO : 0);
		}
		fputc('\n', p->to);
	}
	fputs("EOD\n", p->to);
}

static void put_histogram(struct plot *p)
{
	double bins[2][BINS] = {{0}}, count[2] = {0, 0};
	double width = p->most_uS / BINS;

	for (uint32_t i = 0; i < p->app->n; i++) {
		double g_uS = (double)p->r->g_S[i] * MICRO;
		int k = (int)(fmax(g_uS, 0) / width);
		int which = p->app->label[i] == 1;

		bins[which][k < BINS ? k : BINS - 1]++;
		count[which]++;
	}
	fputs("$histogram << EOD\n", p->to);
	for (int k = 0; k < BINS; k++)
		fprintf(p->to, "%.4f %.4f %.4f\n", (k + 0.5) * width,
		        count[1] > 0 ? 100 * bins[1][k] / count[1] : 0,
		        count[0] > 0 ? 100 * bins[0][k] / count[0] : 0);
	fputs("EOD\n", p->to);
}

/* Of a crowd, every so many of each group. */
static void put_points(struct plot *p)
{
	const struct mr_correlation_app *app = p->app;

	for (int which = 0; which < 2; which++) {
		uint32_t count = 0, taken = 0, every;

		for (uint32_t i = 0; i < app->n; i++)
			count += app->label[i] == which;
		every = count / POINTS_MAX + 1;
		fprintf(p->to, "$points%d << EOD\n", which);
		for (uint32_t i = 0; i < app->n; i++) {
			const struct mr_station *s = NULL;

			if (app->label[i] != which || taken++ % every)
				continue;
			if (app->inputs.station)
				s = &app->inputs.stations
				             .station[app->inputs.station[i]];
			fprintf(p->to, "%g %.4f %g %.4f %.4f\n", p->r->dose[i],
			        (double)p->r->g_S[i] * MICRO, p->r->rate[i],
			        s ? s->lon_deg : 0, s ? s->lat_deg : 0);
		}
		fputs("EOD\n", p->to);
	}
}

/* ---- panels ------------------------------------------------------------------- */

static void panel_at(struct plot *p, double left, double right, double bottom,
                     double top)
{
	fprintf(p->to,
	        "set lmargin at screen %.3f\nset rmargin at screen %.3f\n"
	        "set bmargin at screen %.3f\nset tmargin at screen %.3f\n",
	        left, right, bottom, top);
}

static void color_scale(struct plot *p, double left)
{
	fprintf(p->to,
	        "set palette defined (0 '#fde725', 0.25 '#5ec962', 0.5 '#21918c', "
	        "0.75 '#3b528b', 1 '#440154')\n"
	        "set cbrange [0:%g]\nset cblabel 'conductance (uS)'\n"
	        "set colorbox user origin %.3f, 0.500 size 0.010, 0.370\n",
	        p->most_uS, left);
}

static void image_panel(struct plot *p, const char *name, uint64_t step,
                        int place, bool last)
{
	double left = 0.035 + 0.305 * place;

	panel_at(p, left, left + 0.275, 0.500, 0.870);
	color_scale(p, 0.925);
	fprintf(p->to,
	        "%s\nset title 'after %llu steps'\nset size ratio -1\n"
	        "unset key\nunset tics\nset cbtics\nunset grid\nset border 0\n"
	        "set xrange [*:*] noextend\nset yrange [*:*] reverse noextend\n"
	        "plot $%s matrix with image\n"
	        "unset label 101\nunset label 102\n"
	        "set size noratio\nset border 3 lc rgb '#606060'\n"
	        "set tics nomirror out scale 0.6\n"
	        "set grid back lc rgb '#e8e8e8' lt 1\nset yrange [*:*] noreverse\n",
	        last ? "set colorbox" : "unset colorbox",
	        (unsigned long long)step, name);
}

static void images(struct plot *p)
{
	const struct mr_correlation_result *r = p->r;
	uint32_t shown = r->n_maps < MAPS_SHOWN - 1 ? r->n_maps
	                                            : MAPS_SHOWN - 1;
	char name[16];

	for (uint32_t k = 0; k < shown; k++) {
		snprintf(name, sizeof name, "map%u", (unsigned)k);
		put_image(p, name, r->map[k]);
	}
	put_image(p, "final", r->g_S);
	for (uint32_t k = 0; k < shown; k++) {
		snprintf(name, sizeof name, "map%u", (unsigned)k);
		image_panel(p, name, p->app->plan.map_at[k], (int)k, false);
	}
	image_panel(p, "final", r->steps, (int)shown, true);
}

static void station_panel(struct plot *p)
{
	panel_at(p, 0.070, 0.900, 0.500, 0.870);
	color_scale(p, 0.925);
	fputs("set colorbox\nset title 'Stations, coloured by conductance'\n"
	      "set xlabel 'longitude (deg)'\nset ylabel 'latitude (deg)'\n"
	      "set xrange [*:*] noextend\nset yrange [*:*] noextend\n"
	      "set offsets graph 0.03, graph 0.03, graph 0.05, graph 0.05\n"
	      "set key inside left bottom\n"
	      "plot $points0 using 4:5:2 with points pt 7 ps 1.2 lc palette "
	      "notitle, $points1 using 4:5:2 with points pt 7 ps 1.2 lc palette "
	      "notitle, $points1 using 4:5 with points pt 6 ps 1.6 lw 1.4 lc rgb "
	      "'" MR_FIGURE_RED "' title '2-means of the dose'\n"
	      "set offsets\nset xlabel\nset ylabel\n",
	      p->to);
}

static void histogram_panel(struct plot *p)
{
	panel_at(p, 0.070, 0.460, 0.085, 0.385);
	fprintf(p->to,
	        "unset colorbox\nset title 'Conductance at the end'\n"
	        "set xlabel 'conductance (uS)'\nset ylabel 'share of the group "
	        "(%%)'\nset xrange [0:%g]\nset yrange [0.01:150]\nset logscale y\n"
	        "set key inside right top\n"
	        "set arrow 1 from %g, graph 0 to %g, graph 1 nohead back lc rgb "
	        "'#808080' dt 3\n"
	        "plot $histogram using 1:($3>0?$3:NaN) with steps lw 2.4 lc rgb '"
	        MR_FIGURE_BLUE "' title 'others', '' using 1:($2>0?$2:NaN) with "
	        "steps lw 2.4 lc rgb '" MR_FIGURE_RED "' title 'correlated', "
	        "NaN with lines dt 3 lc rgb '#808080' title 'best F1'\n"
	        "unset arrow 1\nunset logscale y\n",
	        p->most_uS, (double)p->app->row[0].best.threshold * MICRO,
	        (double)p->app->row[0].best.threshold * MICRO);
}

static void dose_panel(struct plot *p)
{
	panel_at(p, 0.555, 0.945, 0.085, 0.385);
	fprintf(p->to,
	        "set title 'Conductance against ideal dose'\n"
	        "set xlabel 'ideal dose (sum of the activity at its pulses)'\n"
	        "set ylabel 'conductance (uS)'\nset xrange [0:*]\n"
	        "set yrange [0:%g]\nset key inside right bottom\n"
	        "plot $points0 using 1:2 with points pt 7 ps 0.35 lc rgb '"
	        MR_FIGURE_BLUE "' title 'others', $points1 using 1:2 with points "
	        "pt 7 ps 0.35 lc rgb '" MR_FIGURE_RED "' title 'correlated'\n",
	        p->most_uS * 1.05);
}

static void put_title(struct plot *p)
{
	const struct mr_correlation_app *app = p->app;
	const struct mr_correlation_row *row = &app->row[0];
	char text[512];

	snprintf(text, sizeof text, "%.120s on %.160s, %u processes%s", app->data,
	         app->tool->uri, (unsigned)app->n,
	         app->partial ? " (partial: stopped early)" : "");
	fputs("set label 101 ", p->to);
	mr_figure_text(p->figure, text);
	fputs(" at screen 0.5, 0.970 center font ',16'\n", p->to);
	snprintf(text, sizeof text,
	         "AUC %.3f (ideal dose %.3f), precision %.2f, recall %.2f; "
	         "correlation with plain rate %.2f",
	         row->auc, row->dose_auc, row->best.precision,
	         row->best.recall, row->rate_r);
	fputs("set label 102 ", p->to);
	mr_figure_text(p->figure, text);
	fputs(" at screen 0.5, 0.938 center font ',13' textcolor rgb "
	      "'#404040'\n",
	      p->to);
}

int mr_correlation_plot(const struct mr_correlation_app *app,
                        struct mr_errtext *err)
{
	struct plot p = {.app = app, .r = &app->row[0].result};
	int code = mr_figure_begin(app->plot, WIDTH_PX, HEIGHT_PX, &p.figure,
	                           err);

	if (code != MR_OK)
		return code;
	p.to = mr_figure_script(p.figure);
	find_most(&p);
	put_histogram(&p);
	put_points(&p);
	fputs("set border 3 lc rgb '#606060'\nset tics nomirror out scale 0.6\n"
	      "set grid back lc rgb '#e8e8e8' lt 1\nset multiplot\n",
	      p.to);
	put_title(&p);
	if (app->inputs.station)
		station_panel(&p);
	else
		images(&p);
	fputs("unset label 101\nunset label 102\n", p.to);
	histogram_panel(&p);
	dose_panel(&p);
	fputs("unset multiplot\n", p.to);
	return mr_figure_end(p.figure, true, err);
}
