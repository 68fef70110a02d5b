/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The figure of "memrig run fstdp": mean weights over time, weight against
 * input rate, and where the weights lie (a map, or a strip per group).
 * Weights are means over seeds of the first rule that ran on the array.
 */
#include "app.h"

#include "../figure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH_PX 1500
#define HEIGHT_PX 620

/* Bottom and top of the panels, as shares of the picture. */
#define PANEL_BOTTOM 0.25
#define PANEL_TOP 0.80

static const char *const group_color[MR_GROUPS_MAX] = {
	MR_FIGURE_RED,  MR_FIGURE_BLUE,   MR_FIGURE_GREEN, MR_FIGURE_ORANGE,
	MR_FIGURE_PURPLE, MR_FIGURE_SKY, MR_FIGURE_GREY, "#000000",
};

/** What is drawn. */
struct plot {
	const struct mr_fstdp_app *app;
	struct mr_figure *figure;
	FILE *to;
	bool fatigue;   /* whose weights are shown: rule */
	bool array;     /* and carrier */
	float *w;       /* [n] their mean over seeds */
	double unit_s;  /* of the time axis */
	const char *unit;
};

static bool is_of(const struct mr_fstdp_result *r, bool fatigue, bool array)
{
	return r->fatigue == fatigue && r->array == array;
}

/* ---- data ---------------------------------------------------------------- */

static void mean_weights(struct plot *p)
{
	const struct mr_fstdp_app *app = p->app;
	uint32_t runs = 0;

	p->fatigue = app->result[0].fatigue;
	p->array = app->result[0].array;
	for (uint32_t k = 0; k < app->n_results; k++) {
		const struct mr_fstdp_result *r = &app->result[k];

		if (!is_of(r, p->fatigue, p->array))
			continue;
		runs++;
		for (uint32_t i = 0; i < app->inputs.n; i++)
			p->w[i] += (r->w[i] - p->w[i]) / (float)runs;
	}
}

static void choose_unit(struct plot *p)
{
	double total_s = (double)p->app->steps * p->app->inputs.dt_s;
	static const struct {
		double least_s, unit_s;
		const char *name;
	} units[] = {
		{3 * 86400.0 * 365, 86400.0 * 365, "years"},
		{3 * 86400.0 * 30, 86400.0, "days"},
		{3 * 86400.0, 86400.0, "days"},
		{3 * 3600.0, 3600.0, "h"},
	};

	p->unit_s = 1;
	p->unit = "s";
	for (size_t k = 0; k < sizeof units / sizeof *units; k++) {
		if (total_s >= units[k].least_s) {
			p->unit_s = units[k].unit_s;
			p->unit = units[k].name;
			return;
		}
	}
}

/* One block per rule and carrier: time, then the mean of each group. */
static void put_history(struct plot *p, bool fatigue, bool array)
{
	const struct mr_fstdp_app *app = p->app;
	uint32_t n_groups = app->inputs.n_groups;
	const struct mr_fstdp_result *longest = NULL;

	for (uint32_t k = 0; k < app->n_results; k++) {
		const struct mr_fstdp_result *r = &app->result[k];

		if (is_of(r, fatigue, array) &&
		    (!longest || r->n_points > longest->n_points))
			longest = r;
	}
	fprintf(p->to, "$time%d%d << EOD\n", fatigue, array);
	for (uint32_t t = 0; longest && t < longest->n_points; t++) {
		fprintf(p->to, "%g", longest->point_s[t] / p->unit_s);
		for (uint32_t g = 0; g < n_groups; g++) {
			double sum = 0;
			uint32_t runs = 0;

			for (uint32_t k = 0; k < app->n_results; k++) {
				const struct mr_fstdp_result *r = &app->result[k];

				if (!is_of(r, fatigue, array) || t >= r->n_points)
					continue;
				sum += (double)r->history[t * n_groups + g];
				runs++;
			}
			fprintf(p->to, " %.4f", sum / runs);
		}
		fputc('\n', p->to);
	}
	fputs("EOD\n", p->to);
}

/* Sideways scatter that keeps the points of a strip apart: multiples of the
 * golden ratio fill an interval evenly. */
static double jitter(uint32_t i)
{
	double x = i * 0.6180339887498949;

	return x - floor(x) - 0.5;
}

static void put_inputs(struct plot *p)
{
	const struct mr_inputs *in = &p->app->inputs;
	double per = in->dt_s >= 3600 ? 3600 : 1;

	for (uint32_t g = 0; g < in->n_groups; g++) {
		fprintf(p->to, "$group%u << EOD\n", (unsigned)g);
		for (uint32_t i = 0; i < in->n; i++) {
			const struct mr_station *s =
				in->station ? &in->stations.station[in->station[i]]
			                    : NULL;

			if (in->group[i] != g)
				continue;
			fprintf(p->to, "%g %.4f %.4f %.4f %.4f\n",
			        in->rate_hz[i] * per, (double)p->w[i],
			        g + 1 + 0.7 * jitter(i), s ? s->lon_deg : 0,
			        s ? s->lat_deg : 0);
		}
		fputs("EOD\n", p->to);
	}
}

static void put_map(struct plot *p)
{
	const struct mr_stations *s = &p->app->inputs.stations;

	fputs("$map << EOD\n", p->to);
	for (uint32_t k = 0; k < s->n; k++)
		if (s->station[k].known)
			fprintf(p->to, "%.4f %.4f\n", s->station[k].lon_deg,
			        s->station[k].lat_deg);
	fputs("EOD\n", p->to);
}

/* ---- panels -------------------------------------------------------------- */

static void panel_at(struct plot *p, double left, double right)
{
	fprintf(p->to,
	        "set lmargin at screen %.3f\nset rmargin at screen %.3f\n"
	        "set bmargin at screen %.3f\nset tmargin at screen %.3f\n",
	        left, right, PANEL_BOTTOM, PANEL_TOP);
}

static void legend_below(struct plot *p, double left, double right,
                         unsigned columns)
{
	fprintf(p->to,
	        "set key at screen %.3f, screen %.3f center top horizontal "
	        "maxcols %u samplen 2.2 spacing 1.15 width -1\n",
	        (left + right) / 2, PANEL_BOTTOM - 0.125, columns);
}

static bool has(const struct mr_fstdp_app *app, bool fatigue, bool array)
{
	for (uint32_t k = 0; k < app->n_results; k++)
		if (is_of(&app->result[k], fatigue, array))
			return true;
	return false;
}

/* Colour tells the group, dashes the rule, width the carrier. */
static void time_panel(struct plot *p)
{
	const struct mr_inputs *in = &p->app->inputs;
	const char *comma = "";

	panel_at(p, 0.045, 0.315);
	legend_below(p, 0.045, 0.315, in->n_groups > 2 ? 4 : 2);
	fprintf(p->to,
	        "set title 'Mean weight of each group'\n"
	        "set xlabel 'time (%s)'\nset ylabel 'mean weight'\n"
	        "set yrange [-0.04:*<1.5]\nset xrange [0:*]\nplot ",
	        p->unit);
	for (uint32_t g = 0; g < in->n_groups; g++) {
		fprintf(p->to, "%sNaN with lines lw 5 lc rgb '%s' title ", comma,
		        group_color[g]);
		mr_figure_text(p->figure, in->group_name[g]);
		comma = ", ";
	}
	for (int k = 3; k >= 0; k--) {
		bool fatigue = k & 2, array = k & 1;

		if (!has(p->app, fatigue, array))
			continue;
		for (uint32_t g = 0; g < in->n_groups; g++)
			fprintf(p->to,
			        ", $time%d%d using 1:%u with lines dt %d lw %s lc "
			        "rgb '%s' notitle",
			        fatigue, array, (unsigned)g + 2, fatigue ? 1 : 2,
			        array ? "3.2" : "1.1", group_color[g]);
		fprintf(p->to,
		        ", NaN with lines dt %d lw %s lc rgb '#404040' title '%s, "
		        "%s'",
		        fatigue ? 1 : 2, array ? "3.2" : "1.1",
		        fatigue ? "FSTDP" : "STDP", array ? "array" : "ideal");
	}
	fputc('\n', p->to);
}

static void rate_panel(struct plot *p)
{
	const struct mr_inputs *in = &p->app->inputs;

	panel_at(p, 0.375, 0.645);
	legend_below(p, 0.375, 0.645, 2);
	fprintf(p->to,
	        "set title 'Weight against input rate (%s)'\n"
	        "set xlabel '%s'\nset ylabel 'weight at the end'\n"
	        "set xrange [0:*]\nset yrange [-0.04:*<1.6]\n"
	        "set arrow 1 from graph 0, first 0.5 to graph 1, first 0.5 nohead "
	        "back lc rgb '#808080' dt 3\n"
	        "set label 1 'detected' at graph 0.985, first 0.5 right offset "
	        "0,0.6 textcolor rgb '#606060' font ',10' back\nplot ",
	        p->fatigue ? "FSTDP" : "STDP",
	        in->dt_s >= 3600 ? "events per hour" : "spikes per second");
	for (uint32_t k = 0; k < in->n_groups; k++) {
		uint32_t g = in->n_groups - 1 - k; /* the group on top */

		fprintf(p->to,
		        "%s$group%u using ($1%s):2 with points pt 7 ps %s lc rgb "
		        "'%s' title ",
		        k ? ", " : "", (unsigned)g,
		        in->process ? "*(1+0.12*($3-floor($3+0.5)))" : "",
		        in->n > 500 ? "0.6" : "0.9", group_color[g]);
		mr_figure_text(p->figure, in->group_name[g]);
	}
	fputs("\nunset arrow 1\nunset label 1\n", p->to);
}

static void color_scale(struct plot *p, const char *label)
{
	/* viridis: even in lightness, readable by colour-blind people */
	fprintf(p->to,
	        "set palette defined (0 '#fde725', 0.25 '#5ec962', 0.5 '#21918c', "
	        "0.75 '#3b528b', 1 '#440154')\n"
	        "set cbrange [0:1]\nset cblabel '%s'\n"
	        "set colorbox user origin 0.955, %.3f size 0.010, %.3f\n",
	        label, PANEL_BOTTOM, PANEL_TOP - PANEL_BOTTOM);
}

static void map_panel(struct plot *p)
{
	const struct mr_inputs *in = &p->app->inputs;

	panel_at(p, 0.690, 0.945);
	legend_below(p, 0.690, 0.945, 2);
	color_scale(p, "weight");
	fputs("set title 'Stations, coloured by weight'\n"
	      "set xlabel 'longitude (deg)'\nset ylabel 'latitude (deg)'\n"
	      "set xrange [*:*] noextend\nset yrange [*:*] noextend\n"
	      "set offsets graph 0.03, graph 0.03, graph 0.04, graph 0.04\n"
	      "plot $map using 1:2 with points pt 7 ps 0.45 lc rgb '#d8d8d8' "
	      "title 'other stations'",
	      p->to);
	for (uint32_t k = 0; k < in->n_groups; k++)
		fprintf(p->to,
		        ", $group%u using 4:5:2 with points pt 7 ps 1.15 lc palette "
		        "notitle",
		        (unsigned)(in->n_groups - 1 - k));
	if (in->labelled)
		fprintf(p->to,
		        ", $group0 using 4:5 with points pt 6 ps 1.6 lw 1.6 lc rgb "
		        "'%s' title 'correlated group'",
		        group_color[0]);
	fputc('\n', p->to);
}

static void groups_panel(struct plot *p)
{
	const struct mr_inputs *in = &p->app->inputs;

	panel_at(p, 0.705, 0.985);
	fputs("unset key\nset title 'Weights by group'\nset xlabel 'group'\n"
	      "set ylabel 'weight at the end'\nset yrange [-0.04:*<1.6]\n",
	      p->to);
	fprintf(p->to, "set xrange [0.4:%u.6]\nset xtics (",
	        (unsigned)in->n_groups);
	for (uint32_t g = 0; g < in->n_groups; g++) {
		if (g)
			fputs(", ", p->to);
		mr_figure_text(p->figure, in->group_name[g]);
		fprintf(p->to, " %u", (unsigned)g + 1);
	}
	fputs(")\nset arrow 1 from graph 0, first 0.5 to graph 1, first 0.5 "
	      "nohead back lc rgb '#808080' dt 3\nplot ",
	      p->to);
	for (uint32_t g = 0; g < in->n_groups; g++)
		fprintf(p->to, "%s$group%u using 3:2 with points pt 7 ps 0.55 lc "
		               "rgb '%s'",
		        g ? ", " : "", (unsigned)g, group_color[g]);
	fputc('\n', p->to);
}

/* ---- title --------------------------------------------------------------- */

static void put_score(const struct mr_fstdp_app *app, bool fatigue,
                      bool array, char *out, size_t room)
{
	struct mr_fstdp_summary s;

	mr_fstdp_summarise(app, fatigue, array, &s);
	out[0] = '\0';
	if (s.n)
		snprintf(out, room, "%s: AUC %.3f, precision %.2f, recall %.2f",
		         fatigue ? "FSTDP" : "STDP", s.auc, s.precision, s.recall);
}

static void put_title(struct plot *p)
{
	const struct mr_fstdp_app *app = p->app;
	char title[512], fstdp[96], stdp[96], result[256];

	snprintf(title, sizeof title,
	         "%.120s on %.160s, %u cell%s per synapse, %u seed%s%s", app->data,
	         app->tool->uri, (unsigned)app->n_cells,
	         app->n_cells == 1 ? "" : "s", (unsigned)app->n_seeds,
	         app->n_seeds == 1 ? "" : "s",
	         app->partial ? " (partial: stopped early)" : "");
	put_score(app, true, p->array, fstdp, sizeof fstdp);
	put_score(app, false, p->array, stdp, sizeof stdp);
	snprintf(result, sizeof result, "%s%s%s", fstdp,
	         fstdp[0] && stdp[0] ? "     " : "", stdp);
	fputs("set label 101 ", p->to);
	mr_figure_text(p->figure, title);
	fputs(" at screen 0.5, 0.955 center font ',16'\n", p->to);
	if (!app->inputs.labelled)
		snprintf(result, sizeof result, "%u of %u inputs found (first seed)",
		         (unsigned)app->result[0].n_found, (unsigned)app->inputs.n);
	fputs("set label 102 ", p->to);
	mr_figure_text(p->figure, result);
	fputs(" at screen 0.5, 0.905 center font ',13' textcolor rgb "
	      "'#404040'\n",
	      p->to);
}

static void put_all(struct plot *p)
{
	for (int k = 3; k >= 0; k--)
		if (has(p->app, k & 2, k & 1))
			put_history(p, k & 2, k & 1);
	put_inputs(p);
	fputs("set border 3 lc rgb '#606060'\nset tics nomirror out scale 0.6\n"
	      "set grid back lc rgb '#e8e8e8' lt 1\nset multiplot\n",
	      p->to);
	put_title(p);
	time_panel(p);
	fputs("unset label 101\nunset label 102\n", p->to);
	rate_panel(p);
	if (p->app->inputs.station) {
		put_map(p);
		map_panel(p);
	} else {
		groups_panel(p);
	}
	fputs("unset multiplot\n", p->to);
}

int mr_fstdp_plot(const struct mr_fstdp_app *app, struct mr_errtext *err)
{
	struct plot p = {.app = app};
	int code = mr_figure_begin(app->plot, WIDTH_PX, HEIGHT_PX, &p.figure,
	                           err);

	if (code != MR_OK)
		return code;
	p.to = mr_figure_script(p.figure);
	p.w = calloc(app->inputs.n, sizeof *p.w);
	if (p.w) {
		mean_weights(&p);
		choose_unit(&p);
		put_all(&p);
	}
	code = mr_figure_end(p.figure, p.w != NULL, err);
	if (!p.w)
		code = mr_errtext_set(err, MR_ERR_NOMEM, "no memory for a figure");
	free(p.w);
	return code;
}
