/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Newton's steps, from sums over events. */
#include "targetlevels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEP 3e-3     /* of differences, relative to what an input scales with */
#define ROUNDS 30
#define HALVINGS 20
#define LEFT 1e-3     /* log likelihood left to gain at the end */
#define NEAR 0.05     /* log likelihood to gain, over which curvatures differ */
#define ENOUGH 0.1    /* the same, where no step goes up any more */
#define TOO_FLAT 1e-9 /* share of a curvature that others leave of it */
#define BENT (-1e-6)   /* share below which it is no maximum */

/* What an event's density depends on; t0 is the last. */
enum { OF_ERROR, OF_MEAN, OF_SPREAD, OF_NOISE, OF_T0, N_INPUTS };

/* Unknowns that move an event: all terms of the error and of the noise, t0, and
 * two groups. */
#define LOCAL_MAX (2 * MR__LAW_TERMS + 8)

/* ---- one event ----------------------------------------------------------- */

/* Log densities of an event around where it is. */
struct around {
	struct mr__targets *t;
	size_t k;
	size_t slot[3]; /* t0 less a step, t0, t0 and a step */
	struct mr__target_prior at;
	double step[N_INPUTS];
};

static double density(const struct around *a, const int *moved)
{
	struct mr__target_prior p = a->at;

	p.sd_S += moved[OF_ERROR] * a->step[OF_ERROR];
	p.nu += moved[OF_MEAN] * a->step[OF_MEAN];
	p.nu_sd += moved[OF_SPREAD] * a->step[OF_SPREAD];
	p.q += moved[OF_NOISE] * a->step[OF_NOISE];
	return mr__targets_density(a->t, a->k, a->slot[1 + moved[OF_T0]], &p,
	                           a->t->p);
}

/* Slopes in the inputs. */
static void find_slopes(const struct around *a, double *slope, double sides[N_INPUTS])
{
	for (int i = 0; i < N_INPUTS; i++) {
		int moved[N_INPUTS] = {0};
		double up;
		double down;

		moved[i] = 1;
		up = density(a, moved);
		moved[i] = -1;
		down = density(a, moved);
		slope[i] = (up - down) / (2 * a->step[i]);
		sides[i] = up + down;
	}
}

/* Second derivatives: of two inputs, from two corners and what the sides give. */
static void find_bend(const struct around *a, const double *sides,
                      double bend[N_INPUTS][N_INPUTS])
{
	const int still[N_INPUTS] = {0};
	double here = density(a, still);

	for (int i = 0; i < N_INPUTS; i++) {
		bend[i][i] = (sides[i] - 2 * here) / (a->step[i] * a->step[i]);
		for (int j = 0; j < i; j++) {
			int moved[N_INPUTS] = {0};
			double corners;

			moved[i] = moved[j] = 1;
			corners = density(a, moved);
			moved[i] = moved[j] = -1;
			corners += density(a, moved);
			bend[i][j] = bend[j][i] =
				(corners + 2 * here - sides[i] - sides[j])
				/ (2 * a->step[i] * a->step[j]);
		}
	}
}

/* ---- the whole ----------------------------------------------------------- */

/* A search. */
struct search {
	struct mr__targets *t;
	struct mr__target_levels *out;
	double *bend;  /* [n*n] minus the second derivatives */
	double *outer; /* [n*n] products of the cells' scores */
	double *slope; /* [n] */
	double *cell;  /* [n] score of the cell looked at */
	double *move;  /* [n] */
	double *room;  /* [n*n+n] */
	bool curved;   /* the curvature is wanted */
	bool bent;     /* the curvature is not that of a maximum */
};

static double *unknown(struct search *s, size_t i)
{
	struct mr__targets *t = s->t;

	if (i < s->out->n_shared)
		return &t->p[s->out->shared[i]];
	i -= s->out->n_shared;
	if (i < t->group[0].n)
		return &t->group[0].off[i];
	return &t->group[1].off[i - t->group[0].n];
}

/* How an event's inputs follow from the unknowns. */
struct chain {
	size_t n;
	size_t of[LOCAL_MAX];
	double by[LOCAL_MAX][N_INPUTS];
	double slope[LOCAL_MAX]; /* of the density */
};

static void link(struct chain *c, size_t unknown, int input, double by, double slope)
{
	memset(c->by[c->n], 0, sizeof c->by[c->n]);
	c->by[c->n][input] = by;
	c->slope[c->n] = slope;
	c->of[c->n++] = unknown;
}

/* How the logarithm of the noise goes with a coefficient; and how the density of an
 * event does, over all the conductances that it may have. */
static double noise_slope(const struct around *a, size_t param, double *density)
{
	struct mr__targets *t = a->t;
	double was = t->p[param];
	double h = fmax(1e-4 * fabs(was), 1e-8);
	double q[2];
	double d[2];

	for (int side = 0; side < 2; side++) {
		t->p[param] = was + (side ? h : -h);
		q[side] = mr__targets_q(t, t->p, t->event[a->k].g_ref_S);
		d[side] = mr__targets_density(t, a->k, a->slot[1], &a->at, t->p);
	}
	t->p[param] = was;
	*density = (d[1] - d[0]) / (2 * h);
	return (q[1] - q[0]) / (h * (q[1] + q[0]));
}

static void link_shared(struct search *s, const struct around *a, const double *slope,
                        struct chain *c)
{
	const struct mr__targets *t = s->t;
	double g = t->level[t->event[a->k].level];

	for (size_t i = 0; i < s->out->n_shared; i++) {
		int param = (int)s->out->shared[i];
		double power = 1;
		bool error = false;

		for (int term = 0; term < MR__LAW_TERMS; term++) {
			error = error || param == t->laws.prog[term];
			if (param == t->laws.prog[term])
				link(c, i, OF_ERROR, power, power * slope[OF_ERROR]);
			power *= g;
		}
		if (param == t->laws.t0)
			link(c, i, OF_T0, 1, slope[OF_T0]);
		else if (!error && t->event[a->k].at) {
			double of_all;
			double by = noise_slope(a, (size_t)param, &of_all);

			link(c, i, OF_NOISE, by, of_all);
		}
	}
}

static void link_groups(struct search *s, size_t k, double spread,
                        const double *slope, struct chain *c)
{
	const struct mr__targets *t = s->t;
	size_t level = t->event[k].level;
	uint32_t mean = t->group[MR__TARGET_OF_NU].of[level];
	uint32_t sd = t->group[MR__TARGET_OF_NU_SD].of[level];

	if (mean != MR__TARGET_NO_GROUP)
		link(c, s->out->n_shared + mean, OF_MEAN, 1, slope[OF_MEAN]);
	if (sd != MR__TARGET_NO_GROUP)
		link(c, s->out->n_shared + t->group[MR__TARGET_OF_NU].n + sd,
		     OF_SPREAD, spread, spread * slope[OF_SPREAD]);
}

/* Adds an event to the slope of its cell and to the curvature. */
static void add_event(struct search *s, const struct around *a)
{
	double slope[N_INPUTS];
	double sides[N_INPUTS];
	double bend[N_INPUTS][N_INPUTS];
	struct chain c = {.n = 0};
	size_t n = s->out->n;

	find_slopes(a, slope, sides);
	link_shared(s, a, slope, &c);
	link_groups(s, a->k, a->at.nu_sd, slope, &c);
	for (size_t i = 0; i < c.n; i++)
		s->cell[c.of[i]] += c.slope[i];
	if (!s->curved)
		return;
	find_bend(a, sides, bend);
	/* both go by logarithms; the noise in units of what it is */
	bend[OF_SPREAD][OF_SPREAD] += slope[OF_SPREAD] / a->at.nu_sd;
	bend[OF_NOISE][OF_NOISE] += slope[OF_NOISE];
	for (size_t i = 0; i < c.n; i++) {
		double through[N_INPUTS] = {0};

		for (int u = 0; u < N_INPUTS; u++)
			for (int v = 0; v < N_INPUTS; v++)
				through[v] += c.by[i][u] * bend[u][v];
		for (size_t j = 0; j < c.n; j++)
			for (int v = 0; v < N_INPUTS; v++)
				s->bend[c.of[i] * n + c.of[j]] -=
					through[v] * c.by[j][v];
	}
}

static void add_cell(struct search *s, size_t unit)
{
	struct mr__targets *t = s->t;
	double t0 = t->p[t->laws.t0];
	struct around a = {.t = t};
	size_t n = s->out->n;

	for (int side = -1; side <= 1; side++)
		a.slot[1 + side] = mr__targets_look(t, unit,
		                                    t0 * (1 + side * STEP));
	memset(s->cell, 0, n * sizeof *s->cell);
	for (size_t k = t->unit[unit]; k < t->unit[unit + 1]; k++) {
		a.k = k;
		a.at = mr__targets_prior(t, k, t->p);
		a.step[OF_ERROR] = STEP * a.at.sd_S;
		a.step[OF_MEAN] = STEP * a.at.nu_sd;
		a.step[OF_SPREAD] = STEP * a.at.nu_sd;
		a.step[OF_NOISE] = STEP * a.at.q;
		a.step[OF_T0] = STEP * t0;
		if (a.at.sd_S > 0 && a.at.q > 0 && !t->event[k].lost)
			add_event(s, &a);
	}
	for (size_t i = 0; i < n; i++) {
		s->slope[i] += s->cell[i];
		for (size_t j = 0; s->cell[i] != 0 && j < n; j++)
			s->outer[i * n + j] += s->cell[i] * s->cell[j];
	}
}

static void take_all(struct search *s)
{
	size_t n = s->out->n;

	if (s->curved)
		memset(s->bend, 0, n * n * sizeof *s->bend);
	memset(s->outer, 0, n * n * sizeof *s->outer);
	memset(s->slope, 0, n * sizeof *s->slope);
	for (size_t u = 0; u < s->t->n_units; u++)
		add_cell(s, u);
}

static double total(const struct mr__targets *t)
{
	double sum = 0;

	for (size_t u = 0; u < t->n_units; u++)
		sum += mr__targets_of_cell(t, u, t->p);
	return isfinite(sum) ? sum : -INFINITY;
}

bool mr__target_invert(const double *a, size_t n, double *room, double *out)
{
	double *scale = room + n * n;

	memset(out, 0, n * n * sizeof *out);
	for (size_t i = 0; i < n; i++) {
		double d = a[i * n + i];

		scale[i] = d > 0 ? 1 / sqrt(d) : 0;
	}
	/* rows of the factor's inverse, by Gram and Schmidt */
	for (size_t i = 0; i < n; i++) {
		double *row = room + i * n;
		double left = scale[i] > 0 ? 1 : 0;

		memset(row, 0, n * sizeof *row);
		row[i] = scale[i];
		for (size_t j = 0; j < i; j++) {
			const double *before = room + j * n;
			double along = 0;

			for (size_t k = 0; k <= j; k++)
				along += before[k] * a[k * n + i];
			along *= scale[i];
			for (size_t k = 0; k <= j; k++)
				row[k] -= along * before[k];
			left -= along * along;
		}
		if (left < BENT)
			return false;
		for (size_t k = 0; k <= i; k++)
			row[k] *= left > TOO_FLAT ? 1 / sqrt(left) : 0;
	}
	for (size_t r = 0; r < n; r++)
		for (size_t i = 0; i <= r; i++)
			for (size_t j = 0; j <= r; j++)
				out[i * n + j] += room[r * n + i]
				                  * room[r * n + j];
	return true;
}

/* The share of a step that takes no spread further than by a factor e: far off,
 * curvatures say little of how far to go, and where a spread is next to nothing there
 * is no way back. */
static double restrain(const struct search *s)
{
	double share = 1;

	for (size_t i = s->out->n_shared + s->t->group[MR__TARGET_OF_NU].n;
	     i < s->out->n; i++)
		share = fmin(share, 1 / fmax(fabs(s->move[i]), 1));
	return share;
}

/* One step up. Returns what was expected of it. */
static double climb(struct search *s, double *now, bool *up)
{
	size_t n = s->out->n;
	double factor;
	double gain = 0;

	take_all(s);
	/* far off, the products are a curvature that always goes up */
	if (s->curved)
		s->bent = !mr__target_invert(s->bend, n, s->room,
	                             s->out->cov);
	if (s->curved && s->bent)
		(void)mr__target_invert(s->outer, n, s->room,
		                        s->out->cov);
	*up = false;
	for (size_t i = 0; i < n; i++) {
		s->move[i] = 0;
		for (size_t j = 0; j < n; j++)
			s->move[i] += s->out->cov[i * n + j] * s->slope[j];
		gain += s->move[i] * s->slope[i];
	}
	factor = restrain(s);
	for (int k = 0; k < HALVINGS && !*up; k++) {
		double there;

		for (size_t i = 0; i < n; i++)
			*unknown(s, i) += factor * s->move[i];
		there = total(s->t);
		*up = there > *now;
		if (*up)
			*now = there;
		for (size_t i = 0; i < n && !*up; i++)
			*unknown(s, i) -= factor * s->move[i];
		factor /= 2;
	}
	return gain;
}

/* Variance of an unknown by the scatter of scores: cov outer cov. */
static double scatter(const struct search *s, size_t i)
{
	size_t n = s->out->n;
	const double *row = s->out->cov + i * n;
	double sum = 0;

	for (size_t a = 0; a < n; a++)
		for (size_t b = 0; row[a] != 0 && b < n; b++)
			sum += row[a] * s->outer[a * n + b] * row[b];
	return sum;
}

static void widen(const struct search *s)
{
	size_t n = s->out->n;
	double *factor = s->room;

	for (size_t i = 0; i < n; i++) {
		double var = s->out->cov[i * (n + 1)];

		factor[i] = var > 0 ? sqrt(fmax(scatter(s, i) / var, 1)) : 1;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			s->out->cov[i * n + j] *= factor[i] * factor[j];
}

/* Whether each group has an error: one that has none went where nothing tells of
 * it any more. */
static bool all_told(const struct search *s)
{
	for (size_t i = s->out->n_shared; i < s->out->n; i++)
		if (!(s->out->cov[i * (s->out->n + 1)] > 0))
			return false;
	return true;
}

static int search(struct search *s)
{
	double now = total(s->t);
	double gain = INFINITY;
	bool up = true;

	s->curved = false;
	for (int round = 0; round < ROUNDS && (up || !s->curved) && gain > LEFT;
	     round++) {
		/* near the end, the curvature is what it was */
		s->curved = gain > NEAR || !up;
		gain = climb(s, &now, &up);
	}
	if (!isfinite(now) || s->bent || gain > ENOUGH || !all_told(s))
		return mr_errtext_set(s->t->f->err, MR_ERR_RANGE,
		                      "no maximum of the likelihood of the "
		                      "targets' drifts; %g is left to gain",
		                      gain);
	return MR_OK;
}

static void choose_shared(const struct mr__targets *t, struct mr__target_levels *out)
{
	for (size_t k = 0; k < t->n_free; k++) {
		int i = (int)t->free[k];

		if (!mr__law_has(&t->laws.nu, i) && !mr__law_has(&t->laws.nu_sd, i))
			out->shared[out->n_shared++] = t->free[k];
	}
	out->n = out->n_shared + t->group[0].n + t->group[1].n;
}

int mr__target_levels_fit(struct mr__targets *t, struct mr__target_levels *out)
{
	struct search s = {.t = t, .out = out};
	size_t n;
	double *room;
	int code;

	*out = (struct mr__target_levels){0};
	choose_shared(t, out);
	n = out->n;
	room = calloc(3 * n * n + 4 * n + 1, sizeof *room);
	out->cov = calloc(n * n + 1, sizeof *out->cov);
	if (!room || !out->cov) {
		free(room);
		mr__target_levels_free(out);
		return mr_errtext_set(t->f->err, MR_ERR_NOMEM, "no memory");
	}
	s.bend = room;
	s.outer = s.bend + n * n;
	s.room = s.outer + n * n;
	s.slope = s.room + n * n + n;
	s.cell = s.slope + n;
	s.move = s.cell + n;
	mr__targets_anchor(t);
	code = search(&s);
	if (code == MR_OK)
		widen(&s);
	free(room);
	if (code != MR_OK)
		mr__target_levels_free(out);
	return code;
}

void mr__target_levels_free(struct mr__target_levels *l)
{
	free(l->cov);
	*l = (struct mr__target_levels){0};
}
