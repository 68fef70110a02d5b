/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Where a search begins, the search, and what the runs look like. */
#include "steplaw_priv.h"

#include "likelihood.h"

#include <gsl/gsl_multifit.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WORTH_A_CLAMP 20.0 /* nats */
#define PLACES 24     /* of a clamp that are tried */
#define SOME_CELLS 64 /* that choose among them */
#define SOME_EVERY 8  /* a search begins with every 8th cell, if 64 remain */
#define MEAN_OF_HALF_NORMAL 0.79788456080286541

/* ---- where to begin ------------------------------------------------------ */

/* Steps from reading to reading, for least squares. */
struct steps {
	gsl_matrix *x; /* G before, 1, history */
	gsl_vector *y;
	gsl_vector *c;
	gsl_matrix *cov;
	gsl_multifit_linear_workspace *room;
	size_t n;
};

static void steps_free(struct steps *t)
{
	gsl_matrix_free(t->x);
	gsl_vector_free(t->y);
	gsl_vector_free(t->c);
	gsl_matrix_free(t->cov);
	gsl_multifit_linear_free(t->room);
}

static bool steps_init(struct steps *t, size_t n)
{
	t->n = n;
	t->x = gsl_matrix_alloc(n, 3);
	t->y = gsl_vector_alloc(n);
	t->c = gsl_vector_alloc(3);
	t->cov = gsl_matrix_alloc(3, 3);
	t->room = gsl_multifit_linear_alloc(n, 3);
	if (t->x && t->y && t->c && t->cov && t->room)
		return true;
	steps_free(t);
	return false;
}

/* A step counts where both ends are clear of the clamps. */
static bool is_step(const struct mr__steplaw *s, size_t i)
{
	double clear = 0.02 * (s->highest_S - s->lowest_S);

	return i > 0 && s->readings[i].pulses > 0
	       && s->readings[i].pulses == s->readings[i - 1].pulses + 1
	       && (double)s->readings[i].g_S > s->lowest_S + clear
	       && (double)s->readings[i].g_S < s->highest_S - clear;
}

static size_t count_steps(const struct mr__steplaw *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += is_step(s, i);
	return n;
}

/* Microsiemens keep the numbers of the three columns alike. */
static void fill(struct steps *t, const struct mr__steplaw *s, double alpha)
{
	size_t row = 0;

	for (size_t i = 0; i < s->n; i++) {
		double before;

		if (!is_step(s, i))
			continue;
		before = 1e6 * (double)s->readings[i - 1].g_S;
		gsl_matrix_set(t->x, row, 0, before);
		gsl_matrix_set(t->x, row, 1, 1);
		gsl_matrix_set(t->x, row, 2,
		               exp(-(double)s->readings[i].pulses / alpha));
		gsl_vector_set(t->y, row++,
		               1e6 * (double)s->readings[i].g_S - before);
	}
}

/* The spread from what the mean leaves: |residual| is sqrt(2/pi) sd on
 * average. */
static void spread(struct steps *t, double *p)
{
	double chisq;

	for (size_t k = 0; k < t->n; k++) {
		double left = gsl_vector_get(t->y, k)
		              - gsl_vector_get(t->c, 0) * gsl_matrix_get(t->x, k, 0)
		              - gsl_vector_get(t->c, 1)
		              - gsl_vector_get(t->c, 2) * gsl_matrix_get(t->x, k, 2);

		gsl_vector_set(t->y, k, fabs(left) / MEAN_OF_HALF_NORMAL);
	}
	(void)gsl_multifit_linear(t->x, t->y, t->c, t->cov, &chisq, t->room);
	p[MR__STEP_M2] = gsl_vector_get(t->c, 0);
	p[MR__STEP_C2] = fmax(gsl_vector_get(t->c, 1), 1e-3) * 1e-6;
	p[MR__STEP_A2] = fmax(gsl_vector_get(t->c, 2), 0) * 1e-6;
	if (p[MR__STEP_M2] * p[MR__STEP_G_MAX] + p[MR__STEP_C2] <= 0)
		p[MR__STEP_M2] = 0;
}

/* Mean steps by least squares, at the memory that suits them best. */
static void steps_start(const struct mr__steplaw *s, double *p)
{
	static const double alphas[] = {0.7, 1, 1.5, 2, 2.6, 3.5, 5, 8, 13};
	struct steps t;
	double best = INFINITY;
	double chisq;

	if (count_steps(s) < 10 || !steps_init(&t, count_steps(s)))
		return;
	for (size_t k = 0; k < sizeof alphas / sizeof *alphas; k++) {
		fill(&t, s, alphas[k]);
		(void)gsl_multifit_linear(t.x, t.y, t.c, t.cov, &chisq, t.room);
		if (chisq >= best)
			continue;
		best = chisq;
		p[MR__STEP_ALPHA] = alphas[k];
	}
	fill(&t, s, p[MR__STEP_ALPHA]);
	(void)gsl_multifit_linear(t.x, t.y, t.c, t.cov, &chisq, t.room);
	p[MR__STEP_M1] = gsl_vector_get(t.c, 0);
	p[MR__STEP_C1] = gsl_vector_get(t.c, 1) * 1e-6;
	p[MR__STEP_A1] = gsl_vector_get(t.c, 2) * 1e-6;
	spread(&t, p);
	steps_free(&t);
}

/* After a RESET: the noise of the readings taken out of their spread. */
static void reset_start(const struct mr__steplaw *s, double *p)
{
	double sum = 0;
	double squares = 0;
	double noise = 0;
	double n = 0;

	for (size_t i = 0; i < s->n; i++) {
		double g = (double)s->readings[i].g_S;

		if (s->readings[i].pulses > 0)
			continue;
		sum += g;
		squares += g * g;
		noise += (double)s->readings[i].var_S2;
		n++;
	}
	if (n < 2)
		return;
	p[MR__STEP_G_RESET] = sum / n;
	squares = squares / n - sum * sum / n / n;
	p[MR__STEP_SD_RESET] = sqrt(fmax(squares - noise / n, squares / 16));
}

/* Variance of a reading at a level, from the readings next to it. */
static double noise_at(const struct mr__steplaw *s, double level_S)
{
	double nearest = INFINITY;
	double var = 0;

	for (size_t i = 0; i < s->n; i++) {
		double d = fabs((double)s->readings[i].g_S - level_S);

		if (s->readings[i].pulses > 0 && d < nearest) {
			nearest = d;
			var = (double)s->readings[i].var_S2;
		}
	}
	return var;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Some cells' readings say whether a clamp is better elsewhere: at the middle of a
 * pile there is a quantile, whatever the pile's share; the outermost reading tells
 * of noise, or of one bad reading. */
static void clamp_start(const struct mr__steplaw *s, const double *sorted,
                        size_t n, enum mr__steplaw_param clamp, double *params)
{
	double p[MR__STEP_N];
	double best = -INFINITY;

	memcpy(p, params, sizeof p);
	for (int k = 0; k <= PLACES; k++) {
		size_t out = (size_t)((double)(n - 1) * pow(2, -0.5 * k));
		double sum = 0;

		if (k > 0)
			p[clamp] = sorted[clamp == MR__STEP_G_MAX ? n - 1 - out
			                                          : out];
		for (size_t c = 0; c < s->n_cells && c < SOME_CELLS; c++)
			sum += mr__steplaw_density(s, c, p);
		if (!(sum > best))
			continue;
		best = sum;
		params[clamp] = p[clamp];
	}
}

static void clamps_start(const struct mr__steplaw *s, double *params)
{
	double *sorted = malloc((s->n + 1) * sizeof *sorted);
	size_t n = 0;

	if (!sorted)
		return;
	for (size_t i = 0; i < s->n; i++)
		if (s->readings[i].pulses > 0)
			sorted[n++] = (double)s->readings[i].g_S;
	qsort(sorted, n, sizeof *sorted, ascending);
	if (n > 0) {
		clamp_start(s, sorted, n, MR__STEP_G_MAX, params);
		clamp_start(s, sorted, n, MR__STEP_G_MIN, params);
	}
	free(sorted);
}

void mr__steplaw_start(const struct mr__steplaw *s, double *params)
{
	double low = 2.5 * sqrt(noise_at(s, s->lowest_S));
	double high = 2.5 * sqrt(noise_at(s, s->highest_S));

	params[MR__STEP_ALPHA] = 2.6;
	params[MR__STEP_G_RESET] = s->lowest_S;
	params[MR__STEP_SD_RESET] = 1e-8;
	params[MR__STEP_G_MIN] = s->lowest_S + low;
	params[MR__STEP_G_MAX] = s->highest_S - high;
	reset_start(s, params);
	steps_start(s, params);
	clamps_start(s, params);
}

/* A pile of readings at a clamp is worth many nats; a clamp where none is costs
 * some. */
bool mr__steplaw_piles_up(const struct mr__steplaw *s, const double *params,
                          bool upper)
{
	double without[MR__STEP_N];
	double gain = 0;

	memcpy(without, params, sizeof without);
	if (upper)
		without[MR__STEP_G_MAX] = MR__STEP_NO_CLAMP_S;
	else
		without[MR__STEP_G_MIN] = -MR__STEP_NO_CLAMP_S;
	for (size_t k = 0; k < s->n_cells; k++)
		gain += mr__steplaw_density(s, k, params)
		        - mr__steplaw_density(s, k, without);
	return gain > WORTH_A_CLAMP;
}

/* ---- the search ---------------------------------------------------------- */

struct search {
	const struct mr__steplaw *s;
	const enum mr__steplaw_param *which;
	size_t n_free;
	const double *fixed;
	size_t every; /* of so many cells one is looked at */
};

static double of_cell(const void *self, size_t unit, const double *params)
{
	const struct search *search = self;
	double p[MR__STEP_N];

	memcpy(p, search->fixed, sizeof p);
	for (size_t k = 0; k < search->n_free; k++)
		p[search->which[k]] = params[k];
	return mr__steplaw_density(search->s, unit * search->every, p);
}

/* Most steps of a search are made far from the maximum, where some of the cells say
 * as well which way to go. A failure leaves the start as it was. */
static void search_some(struct search *search, struct mr__likelihood l,
                        double *free_params)
{
	double p[MR__STEP_N];
	struct mr__maximum found;

	if (search->s->n_cells < SOME_CELLS * SOME_EVERY)
		return;
	memcpy(p, free_params, search->n_free * sizeof *p);
	search->every = SOME_EVERY;
	l.n_units = search->s->n_cells / SOME_EVERY;
	if (mr__likelihood_maximise(&l, p, NULL, &found, NULL) == MR_OK)
		memcpy(free_params, p, search->n_free * sizeof *p);
	search->every = 1;
}

/* Steps of the differences: a clamp moves readings by their noise. */
static double step_of(const struct mr__steplaw *s,
                      enum mr__steplaw_param which, const double *p)
{
	switch (which) {
	case MR__STEP_G_MIN:
	case MR__STEP_G_MAX:
		return 0.01 * sqrt(noise_at(s, p[which]));
	case MR__STEP_G_RESET:
	case MR__STEP_SD_RESET:
		return 0.01 * p[MR__STEP_SD_RESET];
	case MR__STEP_ALPHA:
		return 1e-3 * p[which];
	case MR__STEP_M1:
	case MR__STEP_M2:
		return 1e-4;
	default:
		return 1e-3 * p[MR__STEP_C2];
	}
}

int mr__steplaw_fit(const struct mr__steplaw *s,
                    const enum mr__steplaw_param *which, size_t n_free,
                    double *params, double *cov, struct mr_errtext *err)
{
	struct search search = {s, which, n_free, params, 1};
	double step[MR__STEP_N];
	double free_params[MR__STEP_N];
	struct mr__likelihood l = {&search, s->n_cells, n_free, of_cell, step,
	                           s->threads};
	struct mr__maximum found;
	int code;

	for (size_t k = 0; k < n_free; k++) {
		step[k] = step_of(s, which[k], params);
		free_params[k] = params[which[k]];
	}
	search_some(&search, l, free_params);
	code = mr__likelihood_maximise(&l, free_params, cov, &found, err);
	for (size_t k = 0; k < n_free && code == MR_OK; k++)
		params[which[k]] = free_params[k];
	return code;
}

/* ---- what they look like ------------------------------------------------- */

static const char *const pulse_columns[] = {
	"pulses", "mean_S", "p05_S", "p25_S", "p50_S", "p75_S", "p95_S",
	"readings"};

static void one_row(const struct mr__steplaw *s, uint32_t pulses, double *room,
                    double *row)
{
	static const double parts[] = {0.05, 0.25, 0.5, 0.75, 0.95};
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->readings[i].pulses == pulses)
			room[n++] = (double)s->readings[i].g_S;
	qsort(room, n, sizeof *room, ascending);
	row[0] = pulses;
	row[1] = n ? gsl_stats_mean(room, 1, n) : NAN;
	for (size_t k = 0; k < 5; k++)
		row[2 + k] = n ? gsl_stats_quantile_from_sorted_data(
					 room, 1, n, parts[k])
		               : NAN;
	row[7] = (double)n;
}

int mr__steplaw_table(struct mr__fitting *f, const struct mr__steplaw *s)
{
	double *values = mr__fit_table(f, "pulses", pulse_columns, 8,
	                               s->pulses_max + 1);
	double *room = malloc((s->n + 1) * sizeof *room);

	if (!values || !room) {
		free(room);
		return mr_errtext_set(f->err, MR_ERR_NOMEM, "no memory");
	}
	for (uint32_t n = 0; n <= s->pulses_max; n++)
		one_row(s, n, room, values + (size_t)n * 8);
	free(room);
	return MR_OK;
}
