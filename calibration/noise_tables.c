/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Noise as it is drawn: sd of each span, and spectra by Welch's method (IEEE
 * Trans. Audio Electroacoust. 15, 70, 1967): Hann windows over half-overlapping
 * pieces, one-sided, averaged over spans of about the same level and interval.
 */
#include "noise_priv.h"

#include <gsl/gsl_fft_real.h>
#include <math.h>
#include <stdlib.h>

#define PIECE 256
#define BINS (PIECE / 2)
#define GROUPS_MAX 48
#define LEVELS_PER_DECADE 6
#define EVEN 0.01 /* how far an interval may be off */
#define TWO_PI 6.283185307179586

struct group {
	int key[2]; /* level, interval */
	double level_S;
	double interval_s;
	double n_spans;
	double n_pieces;
	double power[BINS + 1];
};

struct spectra {
	struct group group[GROUPS_MAX];
	size_t n;
};

/* How many readings from `from` on are evenly spaced, and their interval: a
 * protocol may read at a short interval, then at a long one. */
static uint32_t even_run(const struct mr__span *s, uint32_t from, double *interval)
{
	double first = 0;
	uint32_t i = from + 1;

	for (; i < s->n; i++) {
		double d = (double)(s->reads[i].t_ns - s->reads[i - 1].t_ns);

		if (i == from + 1)
			first = d;
		if (fabs(d - first) > EVEN * first)
			break;
	}
	*interval = i - from > 1 ? 1e-9 * (double)(s->reads[i - 1].t_ns
	                                           - s->reads[from].t_ns)
	                                   / (i - from - 1)
	                         : 0;
	return i - from;
}

static struct group *find_group(struct spectra *g, double level_S,
                                double interval)
{
	int key[2] = {(int)lrint(log10(level_S) * LEVELS_PER_DECADE),
	              (int)lrint(log10(interval) * 10)};

	for (size_t k = 0; k < g->n; k++)
		if (g->group[k].key[0] == key[0] && g->group[k].key[1] == key[1])
			return &g->group[k];
	if (g->n == GROUPS_MAX)
		return NULL;
	g->group[g->n] = (struct group){.key = {key[0], key[1]}};
	return &g->group[g->n++];
}

static void add_piece(struct group *g, const double *x, double interval)
{
	double data[PIECE];
	double squares = 0;

	for (int i = 0; i < PIECE; i++) {
		double hann = 0.5 - 0.5 * cos(TWO_PI * i / PIECE);

		squares += hann * hann;
		data[i] = hann * x[i];
	}
	(void)gsl_fft_real_radix2_transform(data, 1, PIECE);
	for (int k = 1; k <= BINS; k++) {
		double im = k == BINS ? 0 : data[PIECE - k];
		double both = k == BINS ? 1 : 2;

		g->power[k] += both * (data[k] * data[k] + im * im) * interval
		               / squares;
	}
	g->n_pieces++;
}

static void add_stretch(struct spectra *g, struct mr__noise_work *w, size_t k,
                        uint32_t from, uint32_t n, double interval)
{
	struct group *group = find_group(g, w->level_S[k], interval);

	if (!group)
		return;
	group->level_S += w->level_S[k];
	group->interval_s += interval;
	group->n_spans++;
	for (uint32_t at = from; at + PIECE <= from + n; at += PIECE / 2)
		add_piece(group, w->trend.left_S + at, interval);
}

static int add_span(struct spectra *g, struct mr__noise_work *w, size_t k)
{
	const struct mr__span *s = &w->spans.at[k];
	bool fitted = false;
	double interval;
	uint32_t n;

	for (uint32_t at = 0; at + PIECE <= s->n && w->level_S[k] > 0;
	     at += n > 1 ? n - 1 : 1) {
		n = even_run(s, at, &interval);
		if (n < PIECE || !(interval > 0))
			continue;
		if (!fitted && mr__trend_fit(&w->trend, s, w->t0_s, &w->weights)
		               != MR_OK)
			return MR_ERR_NOMEM;
		fitted = true;
		add_stretch(g, w, k, at, n, interval);
	}
	return MR_OK;
}

static int put_spectra(struct mr__noise_work *w, const struct spectra *g)
{
	static const char *const columns[] = {"level_S", "f_Hz",
	                                      "S_S2_per_Hz"};
	double *row = mr__fit_table(w->f, "psd", columns, 3, g->n * BINS);

	if (!row)
		return MR_ERR_NOMEM;
	for (size_t j = 0; j < g->n; j++) {
		const struct group *at = &g->group[j];

		for (int k = 1; k <= BINS; k++, row += 3) {
			row[0] = at->level_S / at->n_spans;
			row[1] = k * at->n_spans / (PIECE * at->interval_s);
			row[2] = at->power[k] / at->n_pieces;
		}
	}
	return MR_OK;
}

static int spectra(struct mr__noise_work *w)
{
	struct spectra *g = calloc(1, sizeof *g);
	int code = g ? MR_OK : MR_ERR_NOMEM;

	for (size_t k = 0; k < w->spans.n && code == MR_OK; k++)
		if (!w->rtn[k])
			code = add_span(g, w, k);
	if (code == MR_OK)
		code = put_spectra(w, g);
	free(g);
	return code;
}

int mr__noise_tables(struct mr__noise_work *w)
{
	static const char *const columns[] = {"cell", "level_S", "sd_S", "n"};
	double *row = mr__fit_table(w->f, "noise", columns, 4, w->spans.n);
	int code = row ? MR_OK : MR_ERR_NOMEM;

	for (size_t k = 0; k < w->spans.n && row; k++, row += 4) {
		row[0] = w->spans.at[k].cell;
		row[1] = w->level_S[k];
		row[2] = w->sd_S[k];
		row[3] = w->spans.at[k].n;
	}
	if (code == MR_OK)
		code = spectra(w);
	return code == MR_OK
	       ? MR_OK : mr_errtext_set(w->f->err, code, "no memory for tables");
}
