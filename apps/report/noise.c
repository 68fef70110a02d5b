/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Read noise: its spectrum at each level, and its size against conductance, from
 * the tables of the fit. */
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "../figure.h"
#include "groups.h"
#include "html.h"
#include "panels.h"

#define SPECTRA_MAX 64
#define KEYS_MAX 10     /* spectra that are named */
#define NEXT_POINT 1.03 /* from frequency to frequency, at least */
#define BINS 12     /* of conductance */
#define POINTS 1500 /* of the cloud */

/** A spectrum: rows of table "psd" that belong together. */
struct spectrum {
	size_t first;
	size_t n;
	double level_S;
	double slope; /* of log S against log f */
	double at_1;  /* log S at 1 Hz */
};

struct spectra {
	struct spectrum at[SPECTRA_MAX];
	size_t n;
};

/* ---- spectra ---------------------------------------------------------------------- */

/* Straight line through logarithms: what a power law is there. */
static void fit_line(const struct mr_fit_table *t, struct spectrum *s)
{
	double n = 0, x = 0, y = 0, xx = 0, xy = 0;

	for (size_t k = s->first; k < s->first + s->n; k++) {
		double log_f = log(t->values[k * t->n_cols + 1]);
		double log_s = log(t->values[k * t->n_cols + 2]);

		if (!isfinite(log_f) || !isfinite(log_s))
			continue;
		n++;
		x += log_f;
		y += log_s;
		xx += log_f * log_f;
		xy += log_f * log_s;
	}
	s->slope = (n * xy - x * y) / (n * xx - x * x);
	s->at_1 = (y - s->slope * x) / n;
}

static int by_level(const void *a, const void *b)
{
	const struct spectrum *x = a;
	const struct spectrum *y = b;

	return (x->level_S > y->level_S) - (x->level_S < y->level_S);
}

/* A new one begins where frequencies start anew. */
static void find_spectra(const struct mr_fit_table *t, struct spectra *s)
{
	for (size_t k = 0; k < t->n_rows; k++) {
		const double *row = t->values + k * t->n_cols;
		bool goes_on = k > 0 && row[1] > row[1 - (long)t->n_cols];

		if (!goes_on && s->n == SPECTRA_MAX)
			break;
		if (!goes_on)
			s->at[s->n++] = (struct spectrum){.first = k,
			                                  .level_S = row[0]};
		s->at[s->n - 1].n++;
	}
	for (size_t k = 0; k < s->n; k++)
		fit_line(t, &s->at[k]);
	qsort(s->at, s->n, sizeof *s->at, by_level);
}

/* Points that would lie on each other on a logarithmic axis are left out. */
static void put_spectrum(FILE *to, const struct mr_fit_table *t,
                         const struct spectrum *s, size_t k)
{
	double last_Hz = 0;

	fprintf(to, "$psd%zu << EOD\n", k);
	for (size_t i = s->first; i < s->first + s->n; i++) {
		double f_Hz = t->values[i * t->n_cols + 1];

		if (f_Hz < last_Hz * NEXT_POINT)
			continue;
		last_Hz = f_Hz;
		fprintf(to, "%.6g %.6g %.6g\n", f_Hz,
		        t->values[i * t->n_cols + 2],
		        exp(s->at_1 + s->slope * log(f_Hz)));
	}
	fputs("EOD\n", to);
}

static void put_key(FILE *to, const struct spectrum *s)
{
	fprintf(to, " title '%.2f µS: %+.2f'", 1e6 * s->level_S, s->slope);
}

/* Only some have a line in the key; colours follow the order of levels. */
static void put_spectra(FILE *to, const struct mr_fit_table *t,
                        const struct spectra *s)
{
	size_t every = (s->n + KEYS_MAX - 1) / KEYS_MAX;

	for (size_t k = 0; k < s->n; k++)
		put_spectrum(to, t, &s->at[k], k);
	fputs("set logscale xy\nset format x '10^{%L}'\nset format y '10^{%L}'\n"
	      "set xlabel 'frequency (Hz)'\nset ylabel 'spectral density (S²/Hz)'\n"
	      "set key outside right top title 'level: slope'\nplot ", to);
	for (size_t k = s->n; k-- > 0;) {
		const char *colour = mr_panel_ramp(k, s->n);

		fprintf(to, "$psd%zu using 1:2 with points pt 7 ps 0.4 lc rgb '%s'",
		        k, colour);
		if (k % every == 0)
			put_key(to, &s->at[k]);
		else
			fputs(" notitle", to);
		fprintf(to, ", $psd%zu using 1:3 with lines lw 1.4 lc rgb '%s' "
		        "notitle%s", k, colour, k ? ", " : "\n");
	}
}

static void spectra(struct mr_report *r, const struct mr_fit_table *t)
{
	static const struct mr_report_caption caption = {
		"noise-spectra", "Spectra of read noise", 800, 400};
	struct spectra s = {.n = 0};

	find_spectra(t, &s);
	put_spectra(mr_report_figure(r), t, &s);
	mr_report_draw(r, &caption);
	mr_html_print(r->to, "Spectral density of single readings at equal "
	              "intervals, one-sided, trend taken out, after Welch; mean "
	              "over the cells of a level. Lines: a power of the frequency "
	              "through the points; white noise has slope 0, 1/f noise "
	              "-1. White noise of single readings has a density of twice "
	              "its variance times the interval, so a level that was read "
	              "at two intervals shows two plateaus. %zu spectra, of which "
	              "some are named.", s.n);
	mr_report_query(r, "noise", "t_end_ns, averages, n_cells, hex(result) AS g_S",
	                "kind = 'read' AND parent IS NULL");
}

/* ---- size ------------------------------------------------------------------------- */

static void bin_sizes(const struct mr_fit_table *t, struct mr_groups *bins)
{
	double most_S = 0;

	for (size_t k = 0; k < t->n_rows; k++)
		most_S = fmax(most_S, t->values[k * t->n_cols + 1]);
	for (size_t k = 0; k < t->n_rows; k++) {
		const double *row = t->values + k * t->n_cols;
		double bin = fmin(floor(BINS * row[1] / most_S), BINS - 1);

		if (row[1] > 0)
			mr_groups_add(bins, 1e6 * most_S * (bin + 0.5) / BINS,
			              1e6 * row[2]);
	}
	mr_groups_sort(bins);
}

static void put_sizes(FILE *to, const struct mr_fit_table *t,
                      const struct mr_groups *bins)
{
	size_t step = t->n_rows / POINTS + 1;

	fputs("$cloud << EOD\n", to);
	for (size_t k = 0; k < t->n_rows; k += step)
		fprintf(to, "%.5g %.5g\n", 1e6 * t->values[k * t->n_cols + 1],
		        1e6 * t->values[k * t->n_cols + 2]);
	fputs("EOD\n", to);
	mr_panel_groups(to, "bins", bins, 3);
	fputs("set xlabel 'conductance (µS)'\nset ylabel 'standard deviation of a "
	      "reading (µS)'\nset xrange [0:*]\nset yrange [0:*]\n"
	      "set key top left\n"
	      "plot $cloud using 1:2 with points pt 7 ps 0.25 lc rgb '#9CC9E4' "
	      "title 'sequences', $bins using 1:5:4:6 with yerrorbars pt 7 ps 0.8 "
	      "lw 1.8 lc rgb '" MR_FIGURE_RED "' title 'median, 25 to 75 %'\n", to);
}

static void sizes(struct mr_report *r, const struct mr_fit_table *t)
{
	static const struct mr_report_caption caption = {
		"noise-size", "Size of read noise", 640, 380};
	const struct mr_fit_table *rtn = mr_report_table(r, "rtn");
	struct mr_groups bins = {0};
	FILE *to;

	bin_sizes(t, &bins);
	to = mr_report_figure(r);
	put_sizes(to, t, &bins);
	mr_report_draw(r, &caption);
	mr_html_print(r->to, "Standard deviation of the readings of a sequence "
	              "around their trend, against its mean. %zu sequences, of "
	              "which up to %d are drawn; %zu of them show two-level "
	              "(random telegraph) noise. The fit takes the noise for %s.",
	              t->n_rows, POINTS, rtn ? rtn->n_rows : 0, r->fit->noise);
	mr_report_query(r, "noise", "t_end_ns, averages, n_cells, hex(result) AS g_S",
	                "kind = 'read' AND parent IS NULL");
	if (bins.failed)
		mr_report_fail(r, MR_ERR_NOMEM, "out of memory");
	mr_groups_free(&bins);
}

static void write_section(struct mr_report *r)
{
	const struct mr_fit_table *psd = mr_report_table(r, "psd");
	const struct mr_fit_table *noise = mr_report_table(r, "noise");

	if (psd)
		spectra(r, psd);
	else
		fputs("<p>No level was read often enough at equal intervals for a "
		      "spectrum.</p>\n", r->to);
	if (noise && r->code == MR_OK)
		sizes(r, noise);
}

static bool has(const struct mr_report *r)
{
	return mr_report_table(r, "psd") || mr_report_table(r, "noise");
}

const struct mr_report_section mr_report_noise = {
	.id = "noise", .title = "Read noise",
	.needs = "'memrig measure noise' reads levels many times at equal "
	         "intervals; the spectra come with a fit, so there must be one",
	.has = has, .write = write_section};
