/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The amplitude of 1/f noise: q^2 is a ratio of sums over spans, of their squares
 * over the law's and of their degrees of freedom.
 *
 * Which spans take part is decided by the noise that the law predicts at their
 * level, never by the noise that they show: to leave out what scatters more is to
 * find less. A level is itself off by the slow part of the noise, and a span is
 * measured by its level twice, as the unit of its squares and in the law: of the
 * relative variance Q^2 V of the level, squares are too great on average by
 * (2 - 2e) (3 - 2e) / 2 of it.
 */
#include "noise_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ladder.h"

#define CLEAN 0.12 /* predicted relative sd up to which a level is a level */
#define ROUNDS 8   /* of amplitude and selection */

/* Sums over cells, and where a cell's are. */
struct sums {
	const struct mr__noise_work *w;
	double q2; /* that the selection goes by */
	double *squares; /* [n_cells] */
	double *dof;     /* [n_cells] */
};

/* The relative law: what Q is of this span, at q = 1. It goes by the
 * conductance as programmed: the level, taken back by the drift. */
static double relative_law(const struct mr__noise_work *w, size_t k)
{
	const struct mr__span *s = &w->spans.at[k];
	double log_age = 0;
	double weights = 0;
	double g;

	for (uint32_t i = 0; i < s->n; i++) {
		double weight = (double)s->reads[i].count;

		log_age += weight * mr__span_log_age(s, i, w->t0_s);
		weights += weight;
	}
	g = w->level_S[k] * exp(w->nu * log_age / weights) / w->out->g_unit_S;
	return pow(fmin(g, 1), -w->out->q_exponent);
}

/* What the level's own noise adds to squares over the law's, relative. */
static double excess(const struct mr__noise_work *w, size_t k, double law,
                     double q2)
{
	double slope = 2 - (law > 1 ? 2 * w->out->q_exponent : 0);

	return 0.5 * slope * (slope + 1) * q2 * law * law
	       * w->amplitude[k].level_var;
}

static bool is_clean(const struct mr__noise_work *w, size_t k, double law,
                     double q2)
{
	const struct mr__span *s = &w->spans.at[k];
	struct mr__ladder l = {.t_read_s = w->out->t_read_s,
	                       .lead_s = w->out->lead_s};
	double variance = mr__ladder_variance(&l, mr__span_age_s(s, s->n - 1));

	return law * law * q2 * variance <= CLEAN * CLEAN;
}

/* Sums with the selection that goes by q2; returns what q^2 is by them. */
static double sum_up(struct sums *s, const double *law)
{
	const struct mr__noise_work *w = s->w;
	uint32_t n_cells = w->f->history->n_cells;
	double squares = 0;
	double dof = 0;

	memset(s->squares, 0, n_cells * sizeof *s->squares);
	memset(s->dof, 0, n_cells * sizeof *s->dof);
	for (size_t k = 0; k < w->spans.n; k++) {
		const struct mr__noise_amplitude *a = &w->amplitude[k];
		uint32_t cell = w->spans.at[k].cell;

		if (!(a->dof > 0) || !is_clean(w, k, law[k], s->q2))
			continue;
		s->squares[cell] += a->squares / (law[k] * law[k]);
		s->dof[cell] += a->dof * (1 + excess(w, k, law[k], s->q2));
	}
	for (uint32_t c = 0; c < n_cells; c++) {
		squares += s->squares[c];
		dof += s->dof[c];
	}
	return dof > 0 ? squares / dof : NAN;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median over spans, to begin with. */
static double first_guess(const struct mr__noise_work *w, const double *law,
                          double *room)
{
	size_t n = 0;

	for (size_t k = 0; k < w->spans.n; k++) {
		const struct mr__noise_amplitude *a = &w->amplitude[k];

		if (a->dof > 0)
			room[n++] = a->squares / a->dof / (law[k] * law[k]);
	}
	qsort(room, n, sizeof *room, by_value);
	return n > 0 ? room[n / 2] : NAN;
}

/* Standard error of a ratio of sums over cells. */
static void conclude(const struct sums *s, double q2)
{
	struct mr__noise_fit *out = s->w->out;
	double squares = 0;
	double dof = 0;

	out->n_cells = 0;
	for (uint32_t c = 0; c < s->w->f->history->n_cells; c++) {
		double off = s->squares[c] - q2 * s->dof[c];

		squares += off * off;
		dof += s->dof[c];
		out->n_cells += s->dof[c] > 0;
	}
	out->q_at_1 = sqrt(q2);
	out->q_se = 0.5 * sqrt(squares) / dof / out->q_at_1;
}

static void fit(struct sums *s, const double *law)
{
	double q2 = s->q2;

	for (int round = 0; round < ROUNDS && isfinite(q2); round++) {
		s->q2 = q2;
		q2 = sum_up(s, law);
		if (fabs(q2 - s->q2) <= 1e-6 * q2)
			break;
	}
	if (isfinite(q2))
		conclude(s, q2);
}

int mr__noise_flicker(struct mr__noise_work *w)
{
	size_t n_cells = w->f->history->n_cells;
	double *law = calloc(w->spans.n + 1, sizeof *law);
	double *room = malloc((w->spans.n + 2 * n_cells + 1) * sizeof *room);
	struct sums s = {.w = w};
	int code = law && room ? MR_OK : MR_ERR_NOMEM;

	w->out->q_at_1 = w->out->q_se = NAN;
	if (code == MR_OK) {
		for (size_t k = 0; k < w->spans.n; k++)
			if (w->amplitude[k].dof > 0)
				law[k] = relative_law(w, k);
		s.q2 = first_guess(w, law, room);
		s.squares = room;
		s.dof = room + n_cells;
		fit(&s, law);
	}
	free(room);
	free(law);
	return code;
}
