/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The figure of the verb plot: one to four panels in a grid. Panels that
 * follow cells have their legend on the right, the map its colour bar.
 */
#include "cmd_plot.h"

#include "figure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HEIGHT_ONE_PX 620 /* of a row of panels, with the title */
#define HEIGHT_TWO_PX 1120
#define WIDTH_ONE_PX 900
#define WIDTH_TWO_PX 1500
#define TITLE_PX 72.0
#define LEFT_PX 88.0      /* from the edge of a panel to its axes */
#define RIGHT_PX 26.0
#define LEGEND_PX 150.0   /* at the right of panels that have one */
#define BOTTOM_PX 62.0
#define TOP_PX 48.0
#define MAP_CELLS_MAX 512 /* lines of the map; beyond, blocks are averaged */
#define BOXES_MAX 64      /* lines drawn cell by cell; beyond, as an image */
#define TICS_MAX 9
#define POINTS_SHOWN 150  /* of a line, before its points are left out */

#define INK "#404040"

static const char *const colors[] = {
	MR_FIGURE_BLUE, MR_FIGURE_RED, MR_FIGURE_GREEN, MR_FIGURE_ORANGE,
	MR_FIGURE_PURPLE, MR_FIGURE_SKY, "#000000", MR_FIGURE_GREY,
	"#332288", "#999933", "#661100", "#117733",
};

#define N_COLORS (sizeof(colors) / sizeof(colors[0]))

/** What is drawn. */
struct plot {
	const struct mr_plot_data *data;
	const struct mr_plot_style *style;
	struct mr_figure *figure;
	FILE *to;
	double width_px, height_px;
	unsigned n_panels, done; /* panels */
	double left, right, bottom, top; /* of the panel, as shares */
	double legend;           /* where it begins */
	double g_unit_S;         /* of the conductance axes */
	const char *g_unit;
	double t_unit_s;
	const char *t_unit;
};

/* ---- units --------------------------------------------------------------- */

/* The prefix with which the greatest value reads best; micro if nothing is
 * known. */
static double prefix_of(double most, const char **out)
{
	static const struct {
		double least, unit;
		const char *prefix;
	} table[] = {
		{2e-1, 1.0, ""}, {2e-4, 1e-3, "m"}, {2e-7, 1e-6, "\xc2\xb5"},
		{2e-10, 1e-9, "n"}, {2e-13, 1e-12, "p"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (most >= table[i].least) {
			*out = table[i].prefix;
			return table[i].unit;
		}
	}
	*out = "\xc2\xb5";
	return 1e-6;
}

static void choose_time_unit(struct plot *p)
{
	static const struct {
		double least_s, unit_s;
		const char *name;
	} table[] = {
		{3 * 86400.0 * 365, 86400.0 * 365, "years"},
		{3 * 86400.0, 86400.0, "days"}, {3 * 3600.0, 3600.0, "h"},
		{1.0, 1.0, "s"}, {1e-3, 1e-3, "ms"},
		{1e-6, 1e-6, "\xc2\xb5s"}, {0.0, 1e-9, "ns"},
	};
	size_t i = 0;

	while (p->data->t_max_s < table[i].least_s)
		i++;
	p->t_unit_s = p->data->log_time ? 1.0 : table[i].unit_s;
	p->t_unit = p->data->log_time ? "s" : table[i].name;
}

static void choose_conductance_unit(struct plot *p)
{
	size_t n = (size_t)p->data->info.desc.rows * p->data->info.desc.cols;
	double most = 0.0;

	for (size_t i = 0; i < n; i++) {
		if (fabs((double)p->data->g_S[i]) > most)
			most = fabs((double)p->data->g_S[i]);
	}
	p->g_unit_S = prefix_of(most, &p->g_unit);
}

/* ---- places -------------------------------------------------------------- */

/* The next panel: two to a row, the last of an odd number as wide as two. */
static void place_panel(struct plot *p, bool legend)
{
	unsigned rows = (p->n_panels + 1) / 2;
	unsigned row = p->done / 2;
	bool wide = p->n_panels == 1
	            || (p->done + 1 == p->n_panels && p->done % 2 == 0);
	double panel_w = p->width_px / (wide ? 1.0 : 2.0);
	double panel_h = (p->height_px - TITLE_PX) / rows;
	double x_px = p->done % 2 == 1 ? panel_w : 0.0;
	double y_px = panel_h * (rows - 1 - row);
	double right_px = x_px + panel_w - RIGHT_PX - (legend ? LEGEND_PX : 0.0);

	p->left = (x_px + LEFT_PX) / p->width_px;
	p->right = right_px / p->width_px;
	p->legend = (right_px + 14.0) / p->width_px;
	p->bottom = (y_px + BOTTOM_PX) / p->height_px;
	p->top = (y_px + panel_h - TOP_PX) / p->height_px;
	p->done++;
	fprintf(p->to,
	        "reset\nset border 3 lc rgb '#606060'\n"
	        "set tics nomirror out scale 0.6\n"
	        "set grid back lc rgb '#e8e8e8' lt 1\n"
	        "set xlabel offset 0,0.3\nset ylabel offset 0.8,0\n"
	        "set lmargin at screen %.4f\nset rmargin at screen %.4f\n"
	        "set bmargin at screen %.4f\nset tmargin at screen %.4f\n",
	        p->left, p->right, p->bottom, p->top);
}

static void legend_right(struct plot *p)
{
	fprintf(p->to,
	        "set key at screen %.4f, screen %.4f left top vertical Left "
	        "reverse samplen 1.6 spacing 1.12 font ',11' title 'row, "
	        "column'\n",
	        p->legend, p->top);
}

/* Whole numbers at a readable distance. */
static void line_tics(struct plot *p, char axis, uint32_t n)
{
	static const uint32_t steps[] = {1, 2, 5};
	uint32_t step = 1;

	for (uint32_t i = 0; n / step > TICS_MAX; i++) {
		uint32_t ten = 1;

		for (uint32_t k = 0; k < i / 3; k++)
			ten *= 10;
		step = steps[i % 3] * ten;
	}
	fprintf(p->to, "set %ctics 0,%u\n", axis, step);
}

static void measured_span(const struct plot *p, double *min, double *max)
{
	size_t n = (size_t)p->data->info.desc.rows * p->data->info.desc.cols;

	*min = INFINITY;
	*max = -INFINITY;
	for (size_t i = 0; i < n; i++) {
		double g_S = (double)p->data->g_S[i];

		if (isnan(g_S))
			continue;
		*min = g_S < *min ? g_S : *min;
		*max = g_S > *max ? g_S : *max;
	}
}

/* ---- map ----------------------------------------------------------------- */

/** The map, in blocks of cells. */
struct blocks {
	uint32_t high, wide; /* cells of a block */
	uint32_t rows, cols; /* blocks */
};

static struct blocks choose_blocks(const struct mr_description *desc)
{
	struct blocks b = {
		.high = (desc->rows + MAP_CELLS_MAX - 1) / MAP_CELLS_MAX,
		.wide = (desc->cols + MAP_CELLS_MAX - 1) / MAP_CELLS_MAX,
	};

	b.rows = (desc->rows + b.high - 1) / b.high;
	b.cols = (desc->cols + b.wide - 1) / b.wide;
	return b;
}

static double block_mean(const struct plot *p, const struct blocks *b,
                         uint32_t row, uint32_t col)
{
	const struct mr_description *desc = &p->data->info.desc;
	double sum = 0.0;
	uint32_t n = 0;

	for (uint32_t r = row * b->high;
	     r < (row + 1) * b->high && r < desc->rows; r++) {
		for (uint32_t c = col * b->wide;
		     c < (col + 1) * b->wide && c < desc->cols; c++) {
			float g_S = p->data->g_S[(size_t)r * desc->cols + c];

			if (isnan(g_S))
				continue;
			sum += (double)g_S;
			n++;
		}
	}
	return n > 0 ? sum / n : NAN;
}

/* Middle of a block, its conductance; an image wants every block. */
static void put_map(struct plot *p, const struct blocks *b, bool whole)
{
	fputs("$map << EOD\n", p->to);
	for (uint32_t r = 0; r < b->rows; r++) {
		for (uint32_t c = 0; c < b->cols; c++) {
			double g_S = block_mean(p, b, r, c);

			if (isnan(g_S) && !whole)
				continue;
			fprintf(p->to, "%.7g %.7g ",
			        (c + 0.5) * b->wide - 0.5,
			        (r + 0.5) * b->high - 0.5);
			if (isnan(g_S))
				fputs("NaN\n", p->to);
			else
				fprintf(p->to, "%.6g\n", g_S / p->g_unit_S);
		}
	}
	fputs("EOD\n", p->to);
}

static void map_title(struct plot *p, const struct blocks *b)
{
	const struct mr_description *desc = &p->data->info.desc;
	uint64_t all = (uint64_t)desc->rows * desc->cols;

	fputs("set title 'Last measured conductance", p->to);
	if (b->high > 1 || b->wide > 1)
		fprintf(p->to, ", mean of %u x %u cells", b->high, b->wide);
	if (p->data->n_known < all)
		fprintf(p->to, " (grey: %llu of %llu cells never read)",
		        (unsigned long long)(all - p->data->n_known),
		        (unsigned long long)all);
	fputs("'\n", p->to);
}

static void color_scale(struct plot *p)
{
	/* viridis: even in lightness, readable by colour-blind people */
	fprintf(p->to,
	        "set palette defined (0 '#fde725', 0.25 '#5ec962', 0.5 "
	        "'#21918c', 0.75 '#3b528b', 1 '#440154')\n"
	        "set cblabel 'conductance (%sS)' offset 0.5,0\n"
	        "set colorbox user origin %.4f, %.4f size %.4f, %.4f\n",
	        p->g_unit, p->legend, p->bottom, 16.0 / p->width_px,
	        p->top - p->bottom);
}

static void map_panel(struct plot *p)
{
	const struct mr_description *desc = &p->data->info.desc;
	struct blocks b = choose_blocks(desc);
	bool boxes = b.rows < 2 || b.cols < 2
	             || (b.rows <= BOXES_MAX && b.cols <= BOXES_MAX);
	double min = 0.0;
	double max = 0.0;

	put_map(p, &b, !boxes);
	measured_span(p, &min, &max);
	place_panel(p, true);
	map_title(p, &b);
	color_scale(p);
	line_tics(p, 'x', desc->cols);
	line_tics(p, 'y', desc->rows);
	if (max > min)
		fprintf(p->to, "set cbrange [%.7g:%.7g]\n", min / p->g_unit_S,
		        max / p->g_unit_S);
	fprintf(p->to,
	        "unset key\nunset grid\nset xlabel 'column'\n"
	        "set ylabel 'row'\nset xrange [-0.5:%.1f]\n"
	        "set yrange [%.1f:-0.5]\n"
	        "set object 1 rectangle from graph 0,0 to graph 1,1 behind "
	        "fc rgb '#e4e4e4' fs solid noborder\n",
	        desc->cols - 0.5, desc->rows - 0.5);
	if (boxes)
		fprintf(p->to,
		        "plot $map using 1:2:($1-%g):($1+%g):($2-%g):($2+%g):3 "
		        "with boxxyerror fs solid 1 border lc rgb '#ffffff' fc "
		        "palette\n",
		        b.wide / 2.0, b.wide / 2.0, b.high / 2.0, b.high / 2.0);
	else
		fputs("plot $map using 1:2:3 with image\n", p->to);
}

/* ---- histogram ----------------------------------------------------------- */

/** Bins of the histogram. */
struct bins {
	double min, step;
	uint32_t n, most;
	uint32_t count[MR_PLOT_HISTOGRAM_MAX];
};

static void count_bins(const struct plot *p, struct bins *bins)
{
	size_t n = (size_t)p->data->info.desc.rows * p->data->info.desc.cols;
	double max;

	*bins = (struct bins){0};
	measured_span(p, &bins->min, &max);
	/* Rice's rule: 2 n^(1/3) bins */
	bins->n = (uint32_t)ceil(2.0 * cbrt((double)p->data->n_known));
	if (bins->n > MR_PLOT_HISTOGRAM_MAX)
		bins->n = MR_PLOT_HISTOGRAM_MAX;
	if (max <= bins->min)
		bins->n = 1;
	bins->step = max > bins->min ? (max - bins->min) / bins->n
	                             : 0.1 * p->g_unit_S;
	for (size_t i = 0; i < n; i++) {
		double x = ((double)p->data->g_S[i] - bins->min) / bins->step;
		size_t k = x < bins->n - 1 ? (size_t)x : bins->n - 1;

		if (isnan(x))
			continue;
		bins->count[k]++;
		if (bins->count[k] > bins->most)
			bins->most = bins->count[k];
	}
}

static void histogram_panel(struct plot *p)
{
	struct bins bins;

	count_bins(p, &bins);
	fputs("$histogram << EOD\n", p->to);
	for (uint32_t i = 0; i < bins.n; i++)
		fprintf(p->to, "%.7g %u\n",
		        (bins.min + (i + 0.5) * bins.step) / p->g_unit_S,
		        bins.count[i]);
	fputs("EOD\n", p->to);
	place_panel(p, false);
	fprintf(p->to,
	        "unset key\nset title 'Last measured conductance of %llu "
	        "cells'\nset xlabel 'conductance (%sS)'\n"
	        "set ylabel 'cells'\nset yrange [0:%.7g]\n%s"
	        "set xrange [%.7g:%.7g]\nset boxwidth %.7g\n"
	        "plot $histogram using 1:2 with boxes fs solid 0.75 border lc "
	        "rgb '#ffffff' fc rgb '%s'\n",
	        (unsigned long long)p->data->n_known, p->g_unit,
	        1.05 * bins.most, bins.most < TICS_MAX ? "set ytics 1\n" : "",
	        (bins.min - bins.step / 2) / p->g_unit_S,
	        (bins.min + (bins.n + 0.5) * bins.step) / p->g_unit_S,
	        bins.step / p->g_unit_S, MR_FIGURE_BLUE);
}

/* ---- time ---------------------------------------------------------------- */

static void put_point(struct plot *p, const struct mr_plot_point *point)
{
	fprintf(p->to, "%.12g %.6g\n", point->t_s / p->t_unit_s,
	        (double)point->g_S / p->g_unit_S);
}

/* Up to four points stand for all of a bin, in the order of time. */
static uint32_t put_bin(struct plot *p, const struct mr_plot_bin *bin)
{
	bool min_first = bin->min.t_s <= bin->max.t_s;
	const struct mr_plot_point *inner[] = {
		min_first ? &bin->min : &bin->max,
		min_first ? &bin->max : &bin->min};
	uint32_t n = 1;

	put_point(p, &bin->first);
	for (size_t i = 0; i < 2; i++) {
		if (inner[i]->t_s > bin->first.t_s
		    && inner[i]->t_s < bin->last.t_s
		    && (i == 0 || inner[1]->t_s > inner[0]->t_s)) {
			put_point(p, inner[i]);
			n++;
		}
	}
	if (bin->n > 1) {
		put_point(p, &bin->last);
		n++;
	}
	return n;
}

/* Returns the most points of one line. */
static uint32_t put_cells(struct plot *p)
{
	uint32_t most = 0;

	for (uint32_t i = 0; i < p->data->n_cells; i++) {
		uint32_t n = 0;

		fprintf(p->to, "$cell%u << EOD\n", i);
		for (size_t k = 0; k < MR_PLOT_BINS; k++) {
			const struct mr_plot_bin *bin =
				&p->data->cells[i].bins[k];

			if (bin->n > 0)
				n += put_bin(p, bin);
		}
		fputs("EOD\n", p->to);
		most = n > most ? n : most;
	}
	return most;
}

static uint32_t put_events(struct plot *p, double left_s)
{
	uint32_t n = 0;

	fputs("$events << EOD\n", p->to);
	for (size_t k = 0; k < MR_PLOT_BINS; k++) {
		double t_s = p->data->events_s[k];

		if (isnan(t_s))
			continue;
		fprintf(p->to, "%.12g 0.035\n",
		        (t_s > left_s ? t_s : left_s) / p->t_unit_s);
		n++;
	}
	fputs("EOD\n", p->to);
	return n;
}

/* A whole decade below the first measurement, so that it is not cut. */
static double left_edge_s(const struct plot *p)
{
	if (!p->data->log_time)
		return 0.0;
	return pow(10.0, floor(log10(p->data->t_min_s) - 1e-9));
}

static void time_axes(struct plot *p, double left_s)
{
	char begin[32];

	fprintf(p->to, "set title 'Conductance over time%s'\n",
	        !p->data->named && p->data->n_known > p->data->n_cells
	        ? ", some cells from lowest to highest" : "");
	if (p->data->t0_ns == 0)
		fprintf(p->to, "set xlabel 'array time (%s)'\n", p->t_unit);
	else
		fprintf(p->to, "set xlabel 'time (%s) since array time %s'\n",
		        p->t_unit, mr_tool_pretty(begin,
		                 (double)p->data->t0_ns * 1e-9, "s"));
	fprintf(p->to, "set ylabel 'conductance (%sS)'\nset offsets graph 0, "
	        "graph 0, graph 0.05, graph 0.08\nset autoscale yfix\n", p->g_unit);
	if (p->data->log_time)
		fprintf(p->to, "set logscale x\nset format x '10^{%%T}'\n"
		        "set xrange [%.9g:*]\n", left_s);
	else
		fprintf(p->to, "set xrange [0:%.12g]\n",
		        p->data->t_max_s > 0.0
		        ? 1.01 * p->data->t_max_s / p->t_unit_s : 1.0);
}

static void cell_title(struct plot *p, uint32_t cell)
{
	uint32_t cols = p->data->info.desc.cols;

	fprintf(p->to, " title '%u, %u'", cell / cols, cell % cols);
}

static void line_style(struct plot *p, uint32_t color)
{
	fprintf(p->to, " lw 1.5 lc rgb '%s'", colors[color % N_COLORS]);
}

/* As asked for; else the highest first, as the lines lie. */
static uint32_t in_legend(const struct plot *p, uint32_t i, uint32_t n)
{
	return p->data->named ? i : n - 1 - i;
}

static void time_panel(struct plot *p)
{
	double left_s = left_edge_s(p);
	uint32_t most = put_cells(p);
	uint32_t events = put_events(p, left_s);
	const char *comma = "";

	place_panel(p, true);
	legend_right(p);
	time_axes(p, left_s);
	fputs("set y2range [0:1]\nplot ", p->to);
	for (uint32_t i = 0; i < p->data->n_cells; i++) {
		uint32_t k = in_legend(p, i, p->data->n_cells);

		fprintf(p->to, "%s$cell%u using 1:2 with %s", comma, k,
		        most > POINTS_SHOWN ? "lines" : "linespoints pt 7 ps 0.6");
		line_style(p, p->data->cells[k].color);
		cell_title(p, p->data->cells[k].cell);
		comma = ", ";
	}
	if (events > 0)
		fputs(", $events using 1:2 axes x1y2 with impulses lw 1.2 lc rgb "
		      "'" INK "' notitle, NaN with points pt '|' lc rgb '" INK
		      "' title 'programming'", p->to);
	fputc('\n', p->to);
}

/* ---- current against voltage --------------------------------------------- */

static double greatest_current(const struct plot *p)
{
	double most = 0.0;

	for (uint32_t i = 0; i < p->data->n_traced; i++) {
		const struct mr_plot_sweep *sweep = &p->data->traced[i];

		for (uint32_t k = 0; k < sweep->n; k++) {
			if (fabs((double)sweep->i_A[k]) > most)
				most = fabs((double)sweep->i_A[k]);
		}
	}
	return most;
}

/* Returns the most samples of a sweep. */
static uint32_t put_sweeps(struct plot *p, double unit)
{
	uint32_t most = 0;

	for (uint32_t i = 0; i < p->data->n_traced; i++) {
		const struct mr_plot_sweep *sweep = &p->data->traced[i];

		fprintf(p->to, "$sweep%u << EOD\n", i);
		for (uint32_t k = 0; k < sweep->n; k++)
			fprintf(p->to, "%.7g %.7g\n", (double)sweep->v_V[k],
			        (double)sweep->i_A[k] / unit);
		fputs("EOD\n", p->to);
		most = sweep->n > most ? sweep->n : most;
	}
	return most;
}

static void iv_axes(struct plot *p, const char *prefix, bool logarithmic)
{
	fprintf(p->to,
	        "set title 'Current against voltage%s%s%s'\n"
	        "set xlabel 'voltage (V)'\nset ylabel '%scurrent%s (%sA)'\n"
	        "set offsets graph 0.03, graph 0.03, graph 0.03, graph 0.03\n"
	        "set autoscale fix\n",
	        !p->data->named && p->data->n_swept > p->data->n_traced
	        ? ", some cells" : "",
	        p->data->sweeps_most > 1 ? ", last sweep" : "",
	        p->style->log_current && !logarithmic
	        ? " (linear: every current is 0)" : "",
	        logarithmic ? "|" : "", logarithmic ? "|" : "", prefix);
	if (logarithmic)
		fputs("set logscale y\nset format y '10^{%T}'\n", p->to);
	else
		fputs("set xzeroaxis lc rgb '#b0b0b0' lt 1\n"
		      "set yzeroaxis lc rgb '#b0b0b0' lt 1\n", p->to);
}

static void iv_panel(struct plot *p)
{
	double most_A = greatest_current(p);
	bool logarithmic = p->style->log_current && most_A > 0.0;
	const char *prefix = "";
	double unit = logarithmic ? 1.0 : prefix_of(most_A, &prefix);
	uint32_t most = put_sweeps(p, unit);

	place_panel(p, true);
	legend_right(p);
	iv_axes(p, prefix, logarithmic);
	fputs("plot ", p->to);
	for (uint32_t i = 0; i < p->data->n_traced; i++) {
		uint32_t k = in_legend(p, i, p->data->n_traced);

		fprintf(p->to, "%s$sweep%u using 1:(%s) with %s",
		        i > 0 ? ", " : "", k,
		        logarithmic ? "$2==0?NaN:abs($2)" : "$2",
		        most > POINTS_SHOWN ? "lines" : "linespoints pt 7 ps 0.5");
		line_style(p, p->data->traced[k].color);
		cell_title(p, p->data->traced[k].cell);
	}
	fputc('\n', p->to);
}

/* ---- figure -------------------------------------------------------------- */

static void put_title(struct plot *p)
{
	const struct mr_oplog_run_info *info = &p->data->info;
	const char *slash = strrchr(p->data->log->path, '/');
	const char *name = slash != NULL ? slash + 1 : p->data->log->path;
	char text[640];
	double y = 1.0 - 30.0 / p->height_px;

	snprintf(text, sizeof(text), "%.160s, run %lld", name,
	         (long long)info->run);
	fputs("set label 101 ", p->to);
	mr_figure_text(p->figure, text);
	fprintf(p->to, " at screen 0.5, %.4f center font ',16'\n", y);
	snprintf(text, sizeof(text), "%.200s: %u x %u cells, %lld operation%s%s",
	         info->uri, info->desc.rows, info->desc.cols,
	         (long long)info->n_ops, info->n_ops == 1 ? "" : "s",
	         info->ended_wall_ns == 0 ? ", never finished" : "");
	fputs("set label 102 ", p->to);
	mr_figure_text(p->figure, text);
	fprintf(p->to, " at screen 0.5, %.4f center font ',13' textcolor rgb '"
	        INK "'\n", y - 27.0 / p->height_px);
	/* a plot of nothing carries the labels, and no panel repeats them */
	fputs("unset border\nunset tics\nunset key\nset xrange [0:1]\n"
	      "set yrange [0:1]\nset lmargin at screen 0\nset rmargin at screen "
	      "1\nset bmargin at screen 0\nset tmargin at screen 1\n"
	      "plot NaN\nunset label 101\nunset label 102\n", p->to);
}

static void put_panels(struct plot *p)
{
	static const struct {
		unsigned what;
		void (*draw)(struct plot *p);
	} panels[] = {
		{MR_PLOT_MAP, map_panel},
		{MR_PLOT_HISTOGRAM, histogram_panel},
		{MR_PLOT_TIME, time_panel},
		{MR_PLOT_IV, iv_panel},
	};

	fputs("set multiplot\n", p->to);
	put_title(p);
	for (size_t i = 0; i < sizeof(panels) / sizeof(panels[0]); i++) {
		if (p->style->what & panels[i].what)
			panels[i].draw(p);
	}
	fputs("unset multiplot\n", p->to);
}

static unsigned count_panels(unsigned what)
{
	unsigned n = 0;

	for (; what != 0; what &= what - 1)
		n++;
	return n;
}

int mr_plot_draw(const struct mr_plot_data *data,
                 const struct mr_plot_style *style, struct mr_errtext *err)
{
	struct plot p = {.data = data, .style = style,
	                 .n_panels = count_panels(style->what)};
	unsigned width = p.n_panels > 1 ? WIDTH_TWO_PX : WIDTH_ONE_PX;
	unsigned height = p.n_panels > 2 ? HEIGHT_TWO_PX : HEIGHT_ONE_PX;
	int code = mr_figure_begin(style->path, width, height, &p.figure, err);

	if (code != MR_OK)
		return code;
	p.to = mr_figure_script(p.figure);
	p.width_px = width;
	p.height_px = height;
	choose_conductance_unit(&p);
	choose_time_unit(&p);
	put_panels(&p);
	return mr_figure_end(p.figure, true, err);
}
