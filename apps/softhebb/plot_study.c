/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Figures of what was found after learning, beside the main one: with --plot
 * NAME.png, NAME-study.png has accuracy against noise and against the strength of
 * an attack, and the post-hoc loss; NAME-between.png the pictures between
 * classes.
 */
#include "app.h"

#include "../figure.h"

#define WIDTH_PX 500 /* of a panel */
#define HEIGHT_PX 520
#define PICTURE_PX 120

struct drawing {
	const struct mr_study *study;
	const struct mr_images *images;
	struct mr_figure *figure;
	FILE *to;
	unsigned panel, n_panels;
};

/* ---- data ------------------------------------------------------------------------ */

static void put_rows(struct drawing *d)
{
	for (uint32_t r = 0; r < d->study->n_rows; r++) {
		const struct mr_robust_row *row = &d->study->row[r].row;

		fprintf(d->to, "$noise%u << EOD\n", (unsigned)r);
		for (unsigned k = 0; k < MR_ROBUST_SIGMAS; k++)
			fprintf(d->to, "%g %.3f\n", mr_robust_sigma(k),
			        100 * row->noise[k]);
		fprintf(d->to, "EOD\n$pgd%u << EOD\n", (unsigned)r);
		for (unsigned k = 0; k < MR_ROBUST_EPS; k++)
			fprintf(d->to, "%g %.3f %.3f\n", 255 * mr_robust_eps(k),
			        100 * row->pgd[MR_ROBUST_LOSS][k],
			        100 * row->pgd[MR_ROBUST_WORST][k]);
		fputs("EOD\n", d->to);
	}
}

static void put_curve(struct drawing *d, const char *name,
                      const struct mr_curve *curve)
{
	uint64_t n_seen;
	double loss;

	fprintf(d->to, "$%s << EOD\n", name);
	for (unsigned k = 0; k < MR_CURVE_POINTS; k++)
		if (mr_curve_point(curve, k, &n_seen, &loss))
			fprintf(d->to, "%llu %.5f\n",
			        (unsigned long long)n_seen, loss);
	fputs("EOD\n", d->to);
}

/* ---- panels ---------------------------------------------------------------------- */

static void begin_panel(struct drawing *d, const char *title, const char *x,
                        const char *y)
{
	double width = 1.0 / d->n_panels;
	double left = d->panel++ * width;

	fprintf(d->to,
	        "set lmargin at screen %.3f\nset rmargin at screen %.3f\n"
	        "set bmargin at screen 0.13\nset tmargin at screen 0.90\n"
	        "set title '%s'\nset xlabel '%s'\nset ylabel '%s'\n",
	        left + 0.16 * width, left + 0.93 * width, title, x, y);
}

static const char *colour(const struct mr_study *s, uint32_t r)
{
	if (!(s->row[r].t > 0))
		return MR_FIGURE_RED;
	return r == 0 ? MR_FIGURE_BLUE : MR_FIGURE_SKY;
}

static void name_row(struct drawing *d, uint32_t r)
{
	if (d->study->row[r].t > 0)
		fprintf(d->to, "title \"SoftHebb, t' = %g\"",
		        d->study->row[r].t);
	else
		fputs("title 'MLP by backprop'", d->to);
}

static void plot_rows(struct drawing *d, const char *data, bool worst)
{
	const struct mr_study *s = d->study;

	for (uint32_t r = 0; r < s->n_rows; r++) {
		fprintf(d->to, "%s $%s%u using 1:%d with linespoints pt %d lw 2 "
		               "lc rgb '%s' ",
		        r ? "," : "plot", data, (unsigned)r,
		        worst && s->row[r].t > 0 ? 3 : 2, s->row[r].t > 0 ? 7 : 5,
		        colour(s, r));
		name_row(d, r);
	}
	fputc('\n', d->to);
}

static void robust_panels(struct drawing *d)
{
	fputs("set key inside right top\nset yrange [0:105]\n", d->to);
	begin_panel(d, "Noise on the pixels", "sigma (1)", "test accuracy (%)");
	plot_rows(d, "noise", false);
	begin_panel(d, "Attack by PGD, the worst of two gradients",
	            "eps (1/255)", "accuracy (%)");
	plot_rows(d, "pgd", true);
}

static void loss_panel(struct drawing *d)
{
	fputs("set key inside right top\nset yrange [*:*]\nset logscale y\n",
	      d->to);
	begin_panel(d, "Cross-entropy of batches in the first pass",
	            "samples seen (count)", "loss (nats)");
	fputs("plot $hebb using 1:2 with lines lw 1.6 lc rgb '" MR_FIGURE_BLUE
	      "' title 'SoftHebb, read-out held (post hoc)', $mlp using 1:2 "
	      "with lines lw 1.6 lc rgb '" MR_FIGURE_RED
	      "' title 'MLP by backprop'\n",
	      d->to);
}

static int draw_study(struct drawing *d, const char *path,
                      struct mr_errtext *err)
{
	const struct mr_study *s = d->study;
	int code;

	d->n_panels = (s->n_rows ? 2u : 0) + (s->posthoc ? 1u : 0);
	code = mr_figure_begin(path, WIDTH_PX * d->n_panels, HEIGHT_PX,
	                       &d->figure, err);
	if (code != MR_OK)
		return code;
	d->to = mr_figure_script(d->figure);
	put_rows(d);
	put_curve(d, "hebb", &s->hebb_loss);
	put_curve(d, "mlp", &s->mlp_loss);
	fputs("set border 3 lc rgb '#606060'\nset tics nomirror out scale 0.6\n"
	      "set grid back lc rgb '#e8e8e8' lt 1\nset multiplot\n",
	      d->to);
	if (s->n_rows)
		robust_panels(d);
	if (s->posthoc)
		loss_panel(d);
	fputs("unset multiplot\n", d->to);
	return mr_figure_end(d->figure, true, err);
}

/* ---- pictures between classes ---------------------------------------------------- */

/* A walk is a row of pictures, with a gap of a pixel between them. */
static void put_line(struct drawing *d, const struct mr_between *b, uint32_t y)
{
	const struct mr_images *im = d->images;

	for (unsigned k = 0; k < MR_BETWEEN_SHOWN; k++) {
		for (uint32_t x = 0; x < im->width; x++)
			fprintf(d->to, "%.3f ",
			        (double)b->x[(size_t)k * b->n_in +
			                     (size_t)y * im->width + x]);
		fputs("NaN ", d->to);
	}
	fputc('\n', d->to);
}

static void put_walks(struct drawing *d)
{
	const struct mr_images *im = d->images;

	fputs("$walks << EOD\n", d->to);
	for (uint32_t w = 0; w < 2 * d->study->n_walks; w++) {
		for (uint32_t y = 0; y < im->height; y++)
			put_line(d, &d->study->walk[w], y);
		for (uint32_t x = 0; x < MR_BETWEEN_SHOWN * (im->width + 1); x++)
			fputs("NaN ", d->to);
		fputc('\n', d->to);
	}
	fputs("EOD\n", d->to);
}

static void put_names(struct drawing *d)
{
	for (uint32_t w = 0; w < 2 * d->study->n_walks; w++) {
		const struct mr_between *b = &d->study->walk[w];

		fprintf(d->to,
		        "set label %u '%s, %u to %u' at graph -0.01, first %g "
		        "right\n",
		        (unsigned)w + 1, w % 2 ? "MLP" : "SoftHebb",
		        (unsigned)b->from, (unsigned)b->to,
		        (w + 0.5) * (d->images->height + 1.0));
	}
}

static int draw_walks(struct drawing *d, const char *path,
                      struct mr_errtext *err)
{
	unsigned rows = 2 * (unsigned)d->study->n_walks;
	int code = mr_figure_begin(path, PICTURE_PX * (MR_BETWEEN_SHOWN + 2),
	                           PICTURE_PX * rows + 60, &d->figure, err);

	if (code != MR_OK)
		return code;
	d->to = mr_figure_script(d->figure);
	put_walks(d);
	put_names(d);
	fputs("set title 'Pictures on the way from one class to another'\n"
	      "set lmargin at screen 0.16\nset rmargin at screen 0.99\n"
	      "set size ratio -1\nunset key\nunset tics\nset border 0\n"
	      "unset colorbox\nset palette defined (0 'white', 1 'black')\n"
	      "set cbrange [0:1]\nset xrange [*:*] noextend\n"
	      "set yrange [*:*] reverse noextend\n"
	      "plot $walks matrix with image\n",
	      d->to);
	return mr_figure_end(d->figure, true, err);
}

int mr_study_plot(const struct mr_softhebb_app *app, struct mr_errtext *err)
{
	const struct mr_study *s = &app->study;
	struct drawing d = {.study = s, .images = &app->test};
	int code = MR_OK;

	if (s->done && (s->n_rows || s->posthoc))
		code = draw_study(&d, s->figure, err);
	if (code == MR_OK && s->done && s->n_walks)
		code = draw_walks(&d, s->walks, err);
	return code;
}
