/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The figure of deep networks: the classifier's epochs; of the first run, radii
 * and how sure the winners were, layer by layer, with what other people saw. */
#include "deep_app.h"
#include "histogram.h"

#include "../figure.h"

#include <stdio.h>

#define WIDTH_PX 1500
#define HEIGHT_PX 640

static const char *const colours[MR_DEEP_LAYERS_MAX] = {
	MR_FIGURE_BLUE, MR_FIGURE_RED, MR_FIGURE_GREEN, MR_FIGURE_ORANGE,
	"#606060"};

static void put_epochs(FILE *to, const struct mr_deep_app *app)
{
	for (uint32_t k = 0; k < app->n_runs; k++) {
		const struct mr_deep_result *r = &app->run[k].result;

		fprintf(to, "$run%u << EOD\n", k);
		for (uint32_t e = 0; e < r->n_epochs; e++)
			fprintf(to, "%u %.3f %.3f\n", e + 1,
			        100 * (double)r->epoch[e].train_accuracy,
			        100 * (double)r->epoch[e].test_accuracy);
		fputs("EOD\n", to);
	}
}

static void plot_epochs(FILE *to, const struct mr_deep_app *app)
{
	fputs("plot ", to);
	for (uint32_t k = 0; k < app->n_runs; k++)
		fprintf(to,
		        "%s$run%u using 1:2 with lines lw 1.6 dt 2 lc rgb '"
		        MR_FIGURE_BLUE "' title %s, $run%u using 1:3 with "
		        "linespoints pt 7 ps .6 lw 2.2 lc rgb '" MR_FIGURE_RED
		        "' title %s",
		        k ? ", " : "", k, k ? "''" : "'train, with dropout'", k,
		        k ? "''" : "'test'");
	if (app->preset->published > 0)
		fprintf(to,
		        ", %g with lines dt 3 lw 1.6 lc rgb '#606060' title "
		        "'published'",
		        100 * app->preset->published);
	fputc('\n', to);
}

/* ---- histograms ------------------------------------------------------------------ */

static void put_histograms(FILE *to, const struct mr_deep_result *r)
{
	char name[32];

	for (uint32_t l = 0; l < r->n_layers; l++) {
		const struct mr_deep_layer_result *layer = &r->layer[l];

		snprintf(name, sizeof name, "winner%u", l);
		mr_histogram_put(to, name, layer->p_bins, MR_DEEP_BINS, 1);
		snprintf(name, sizeof name, "radius%u", l);
		mr_histogram_put(to, name, layer->radius_bins, MR_DEEP_BINS,
		                 (double)layer->radius_top);
	}
}

static void panel_at(FILE *to, double left, double right, double bottom,
                     double top)
{
	fprintf(to,
	        "set lmargin at screen %.3f\nset rmargin at screen %.3f\n"
	        "set bmargin at screen %.3f\nset tmargin at screen %.3f\n",
	        left, right, bottom, top);
}

/* A line stands where other people's mean was. */
static void mark_seen(FILE *to, const struct mr_deep_preset *preset, bool radii)
{
	fputs("unset arrow\n", to);
	for (uint32_t l = 0; l < preset->n_layers; l++) {
		double x = (double)(radii ? preset->layer[l].seen_radius
		                          : preset->layer[l].seen_p);

		if (x > 0)
			fprintf(to,
			        "set arrow from first %g, graph 0 to first %g, "
			        "graph 1 nohead dt 3 lw 1.6 lc rgb '%s'\n",
			        x, x, colours[l]);
	}
}

static void plot_layers(FILE *to, const char *name, uint32_t n)
{
	fputs("plot ", to);
	for (uint32_t l = 0; l < n; l++)
		fprintf(to,
		        "%s$%s%u using 1:2 with histeps lw 2.2 lc rgb '%s' title "
		        "'layer %u'",
		        l ? ", " : "", name, l, colours[l], l + 1);
	fputc('\n', to);
}

static void histogram_panels(FILE *to, const struct mr_deep_app *app)
{
	uint32_t n = app->run[0].result.n_layers;

	panel_at(to, 0.70, 0.97, 0.60, 0.92);
	mark_seen(to, app->preset, false);
	fprintf(to,
	        "set title 'Share of the winner%s'\n",
	        app->preset->layer[0].seen_p > 0 ? " (dotted: other people)" : "");
	fputs("set xlabel 'share, mean of an image (1)'\n"
	      "set ylabel 'images (%)'\nset key inside right top\n"
	      "set xrange [0:1]\nset yrange [0:*]\n",
	      to);
	plot_layers(to, "winner", n);
	panel_at(to, 0.70, 0.97, 0.11, 0.43);
	mark_seen(to, app->preset, true);
	fputs("set title 'Radii of the kernels'\nset xlabel 'radius (1)'\n"
	      "set ylabel 'kernels (%)'\nset xrange [0:*]\n",
	      to);
	plot_layers(to, "radius", n);
}

int mr_deep_plot(const struct mr_deep_app *app, struct mr_errtext *err)
{
	struct mr_figure *figure;
	FILE *to;
	char text[256];
	int code = mr_figure_begin(app->plot, WIDTH_PX, HEIGHT_PX, &figure, err);

	if (code != MR_OK)
		return code;
	to = mr_figure_script(figure);
	snprintf(text, sizeof text,
	         "Deep SoftHebb, %.120s: test accuracy %.2f %%",
	         app->preset->title,
	         100 * (double)app->run[0].result.test_accuracy);
	fputs("set border 3 lc rgb '#606060'\nset tics nomirror out scale 0.6\n"
	      "set grid back lc rgb '#e8e8e8' lt 1\n",
	      to);
	put_epochs(to, app);
	put_histograms(to, &app->run[0].result);
	fputs("set multiplot\n", to);
	panel_at(to, 0.07, 0.62, 0.11, 0.92);
	fputs("set title ", to);
	mr_figure_text(figure, text);
	fputs("\nset xlabel 'epoch of the classifier'\nset ylabel 'accuracy (%)'\n"
	      "set key inside right bottom\n",
	      to);
	plot_epochs(to, app);
	histogram_panels(to, app);
	fputs("unset multiplot\n", to);
	return mr_figure_end(figure, true, err);
}
