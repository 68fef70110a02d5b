/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* A walk over the coefficients of both laws; what all share is added by the
 * regression on the levels. */
#include "lawchain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ladder.h"
#include "memrig/random.h"

#define P_MAX ((size_t)2 * MR__LAW_PARAMS_MAX)
#define L_MAX ((size_t)MR__TARGET_N_OF * MR__TARGET_GROUPS_MAX)
#define LEARN 4000  /* steps between two looks at the covariance */
#define LEARN_ROUNDS 5
#define STEPS 100000
#define FACTOR 2.38 /* over the root of the dimension: Gelman, Roberts and Gilks, 1996 */
#define SEED 1

struct walk {
	const struct mr__targets *t;
	const struct mr__target_levels *l;
	const struct mr__law_pieces *pieces;
	size_t n;             /* coefficients of laws */
	size_t of[P_MAX];
	size_t levels;        /* groups of both laws that follow coefficients */
	size_t group[L_MAX];  /* of that law, in the order of the unknowns */
	size_t unknown[L_MAX];
	int law[L_MAX];
	double p[MR_PARAMS_MAX]; /* where it is */
	double off[L_MAX];    /* the groups' offsets from there */
	double squares;       /* with what is held of slopes */
	double steep[MR__TARGET_N_OF]; /* slope that is neither flat nor steep; 0 =
	                                  none is free */
	double step[P_MAX * P_MAX]; /* Cholesky factor */
	double factor[L_MAX * L_MAX]; /* of the levels' covariance */
	double share[MR__LIKELIHOOD_PARAMS_MAX * L_MAX]; /* regression of what is
	                                                    shared on the levels */
	uint64_t event;       /* draws so far */
	double sum[MR__LAW_CHAIN_MAX];
	double product[MR__LAW_CHAIN_MAX * MR__LAW_CHAIN_MAX];
	double best;
};

/* ---- where it goes ------------------------------------------------------- */

static bool allowed(const struct walk *w, const double *p)
{
	const struct mr_model *m = w->t->f->fit->model;

	for (size_t k = 0; k < w->n; k++) {
		const struct mr_param *of = &m->params[w->of[k]];

		if (!(p[w->of[k]] >= of->min && p[w->of[k]] <= of->max))
			return false;
	}
	for (int law = 0; law < MR__TARGET_N_OF; law++)
		if (!mr__law_holds(w->t, law, &w->pieces[law], p))
			return false;
	return true;
}

/* Squares of the levels about the laws, whitened into r. */
static double look(const struct walk *w, const double *p, double *off, double *r)
{
	double of[MR__TARGET_N_OF][MR__TARGET_GROUPS_MAX];
	double sum = 0;

	for (int law = 0; law < MR__TARGET_N_OF; law++)
		if (!mr__law_offsets(w->t, law, p, of[law]))
			return INFINITY;
	for (size_t i = 0; i < w->levels; i++)
		r[i] = off[i] = of[w->law[i]][w->group[i]]
		                - w->t->group[w->law[i]].off[w->group[i]];
	mr__ladder_whiten(w->factor, (uint32_t)w->levels, r);
	for (size_t i = 0; i < w->levels; i++)
		sum += r[i] * r[i];
	return sum;
}

/* All angles of a line are as likely, before it is seen: a line between two
 * neighbours may else be as steep as it likes. */
static double angles(const struct walk *w, const double *p)
{
	double sum = 0;

	for (int law = 0; law < MR__TARGET_N_OF; law++) {
		const struct mr__law *l = mr__targets_law(w->t, law);
		double slope = w->steep[law] > 0 ? p[l->slope] / w->steep[law] : 0;

		sum += 3 * log1p(slope * slope);
	}
	return sum;
}

static double normal(struct walk *w, uint32_t k)
{
	return (double)mr_random_normal(SEED, MR_PURPOSE_LIKELIHOOD, k, w->event);
}

static void step(struct walk *w)
{
	double p[MR_PARAMS_MAX];
	double off[L_MAX];
	double r[L_MAX];
	double z[P_MAX];
	double squares;
	double plain;
	struct mr_address at = {.purpose = MR_PURPOSE_LIKELIHOOD,
	                        .subject = (uint32_t)P_MAX,
	                        .event = w->event};

	memcpy(p, w->p, sizeof p);
	for (size_t k = 0; k < w->n; k++) {
		z[k] = normal(w, (uint32_t)k);
		for (size_t m = 0; m <= k; m++)
			p[w->of[k]] += w->step[k * w->n + m] * z[m];
	}
	w->event++;
	if (!allowed(w, p))
		return;
	squares = look(w, p, off, r);
	plain = squares;
	squares += angles(w, p);
	if (!(-2 * log(mr_random_uniform(SEED, at)) > squares - w->squares))
		return;
	memcpy(w->p, p, sizeof p);
	memcpy(w->off, off, sizeof off);
	w->squares = squares;
	w->best = fmin(w->best, plain);
}

/* ---- means --------------------------------------------------------------- */

/* All coefficients where it is: those of laws, then what is shared. */
static void add(struct walk *w)
{
	double x[MR__LAW_CHAIN_MAX];
	size_t n = w->n + w->l->n_shared;

	for (size_t k = 0; k < w->n; k++)
		x[k] = w->p[w->of[k]];
	for (size_t k = 0; k < w->l->n_shared; k++) {
		x[w->n + k] = w->t->p[w->l->shared[k]];
		for (size_t i = 0; i < w->levels; i++)
			x[w->n + k] += w->share[k * w->levels + i] * w->off[i];
	}
	for (size_t k = 0; k < n; k++) {
		w->sum[k] += x[k];
		for (size_t m = 0; m <= k; m++)
			w->product[k * n + m] += x[k] * x[m];
	}
}

static void conclude(const struct walk *w, size_t steps, double *mean, double *cov)
{
	size_t n = w->n + w->l->n_shared;

	for (size_t k = 0; k < n; k++)
		mean[k] = w->sum[k] / (double)steps;
	for (size_t k = 0; k < n; k++)
		for (size_t m = 0; m <= k; m++)
			cov[k * n + m] = cov[m * n + k] =
				w->product[k * n + m] / (double)steps
				- mean[k] * mean[m];
}

static void go(struct walk *w, size_t steps)
{
	memset(w->sum, 0, sizeof w->sum);
	memset(w->product, 0, sizeof w->product);
	for (size_t i = 0; i < steps; i++) {
		step(w);
		add(w);
	}
}

/* ---- steps --------------------------------------------------------------- */

static void set_step(struct walk *w, const double *cov, size_t stride)
{
	double scale = FACTOR * FACTOR / (double)w->n;
	double was[P_MAX * P_MAX];

	memcpy(was, w->step, sizeof was);
	for (size_t k = 0; k < w->n; k++)
		for (size_t m = 0; m < w->n; m++)
			w->step[k * w->n + m] =
				scale * cov[k * stride + m]
				* (k == m ? 1 + 1e-6 : 1);
	if (isnan(mr__ladder_factor(w->step, (uint32_t)w->n)))
		memcpy(w->step, was, sizeof was);
}

/* What the levels say at the start; a limit that rules none may go as far as the
 * law itself. */
static void first_step(struct walk *w)
{
	double by[P_MAX * L_MAX];
	double a[P_MAX * P_MAX];
	double cov[P_MAX * P_MAX];
	double room[P_MAX * (P_MAX + 1)];
	double off[L_MAX];
	double here[L_MAX];

	(void)look(w, w->p, off, here);
	for (size_t k = 0; k < w->n; k++) {
		double was = w->p[w->of[k]];
		double h = 1e-6;
		double *r = by + k * L_MAX;

		w->p[w->of[k]] = was + h;
		(void)look(w, w->p, off, r);
		w->p[w->of[k]] = was;
		for (size_t i = 0; i < w->levels; i++)
			r[i] = (r[i] - here[i]) / h;
	}
	for (size_t k = 0; k < w->n; k++)
		for (size_t m = 0; m < w->n; m++) {
			double own = fmax(0.1 * fabs(w->p[w->of[k]]), 1e-3);

			a[k * w->n + m] = k == m ? 1 / (own * own) : 0;
			for (size_t i = 0; i < w->levels; i++)
				a[k * w->n + m] += by[k * L_MAX + i]
				                   * by[m * L_MAX + i];
		}
	memset(w->step, 0, sizeof w->step);
	if (mr__target_invert(a, w->n, room, cov))
		set_step(w, cov, w->n);
}

static void learn(struct walk *w)
{
	double mean[MR__LAW_CHAIN_MAX];
	double cov[MR__LAW_CHAIN_MAX * MR__LAW_CHAIN_MAX];

	first_step(w);
	for (int round = 0; round < LEARN_ROUNDS; round++) {
		go(w, LEARN);
		conclude(w, LEARN, mean, cov);
		set_step(w, cov, w->n + w->l->n_shared);
	}
}

/* Slope that takes a line through all its values from one level to the next: what is
 * steeper cannot be told from it, and what is less steep is all the same. */
static double steepness(const struct mr__targets *t, int law,
                        const struct mr__law_pieces *pieces, const double *p)
{
	const struct mr__law *l = mr__targets_law(t, law);
	double least[2] = {INFINITY, INFINITY};
	double most[2] = {-INFINITY, -INFINITY};
	bool free = false;
	unsigned n = 0;

	for (size_t k = 0; k < pieces->n; k++)
		free = free || (int)pieces->of[k] == l->slope;
	for (size_t k = 0; k < t->n_levels && free; k++) {
		double at[2] = {log(t->level[k]), mr__law_value(l, p, t->level[k])};

		if (isnan(mr__law_line(l, p, t->level[k]))
		    || t->group[law].of[k] == MR__TARGET_NO_GROUP)
			continue;
		for (int side = 0; side < 2; side++) {
			least[side] = fmin(least[side], at[side]);
			most[side] = fmax(most[side], at[side]);
		}
		n++;
	}
	return free ? (n - 1) * (most[1] - least[1]) / (most[0] - least[0]) : 0;
}

/* ---- the whole ----------------------------------------------------------- */

/* Whether the law of a group has coefficients that are free there. */
static bool follows(const struct walk *w, int law, size_t group)
{
	const struct mr__law *l = mr__targets_law(w->t, law);
	const struct mr__law_pieces *pieces = &w->pieces[law];
	bool line = true;
	bool polynomial = false;
	bool other = false;

	for (size_t k = 0; k < w->t->n_levels; k++)
		if (w->t->group[law].of[k] == group)
			line = !isnan(mr__law_line(l, w->t->p, w->t->level[k]));
	for (size_t k = 0; k < pieces->n; k++) {
		bool term = (int)pieces->of[k] == l->term[0];

		polynomial = polynomial || term;
		other = other || (int)pieces->of[k] == l->offset
		        || (int)pieces->of[k] == l->min;
	}
	return line ? other : polynomial;
}

static void gather(struct walk *w)
{
	size_t unknown = w->l->n_shared;

	for (int law = 0; law < MR__TARGET_N_OF; law++)
		for (size_t j = 0; j < w->t->group[law].n; j++, unknown++) {
			if (!follows(w, law, j))
				continue;
			w->law[w->levels] = law;
			w->group[w->levels] = j;
			w->unknown[w->levels++] = unknown;
		}
}

/* Regression of what is shared on the levels: C_sl C_ll^-1. False if they have no
 * errors of which a walk could be made. */
static bool regress(struct walk *w)
{
	const struct mr__target_levels *l = w->l;

	for (size_t i = 0; i < w->levels; i++)
		for (size_t j = 0; j < w->levels; j++)
			w->factor[i * w->levels + j] =
				l->cov[w->unknown[i] * l->n + w->unknown[j]];
	if (isnan(mr__ladder_factor(w->factor, (uint32_t)w->levels)))
		return false;
	for (size_t k = 0; k < l->n_shared; k++) {
		double *b = w->share + k * w->levels;

		for (size_t i = 0; i < w->levels; i++)
			b[i] = l->cov[k * l->n + w->unknown[i]];
		mr__ladder_whiten(w->factor, (uint32_t)w->levels, b);
		for (size_t i = w->levels; i-- > 0;) {
			for (size_t j = i + 1; j < w->levels; j++)
				b[i] -= w->factor[j * w->levels + i] * b[j];
			b[i] /= w->factor[i * w->levels + i];
		}
	}
	return true;
}

/* What is shared has an error of its own, beside what it gets from the levels. */
static void add_shared(const struct walk *w, struct mr__law_chain *out)
{
	const struct mr__target_levels *l = w->l;

	for (size_t k = 0; k < l->n_shared; k++)
		for (size_t m = 0; m < l->n_shared; m++) {
			double left = l->cov[k * l->n + m];

			for (size_t i = 0; i < w->levels; i++)
				left -= w->share[k * w->levels + i]
				        * l->cov[m * l->n + w->unknown[i]];
			out->cov[(w->n + k) * out->n + w->n + m] += left;
		}
}

static void name_all(struct walk *w, struct mr__law_chain *out)
{
	for (int law = 0; law < MR__TARGET_N_OF; law++)
		for (size_t k = 0; k < w->pieces[law].n; k++) {
			out->told[out->n] = w->pieces[law].told[k];
			w->of[w->n++] = out->of[out->n++] = w->pieces[law].of[k];
		}
	for (size_t k = 0; k < w->l->n_shared; k++) {
		out->told[out->n] = true;
		out->of[out->n++] = w->l->shared[k];
	}
}

int mr__law_chain_run(const struct mr__targets *t, const struct mr__target_levels *l,
                      const struct mr__law_pieces *pieces, const double *p,
                      struct mr__law_chain *out)
{
	struct walk *w = calloc(1, sizeof *w);
	double r[L_MAX];

	if (!w)
		return MR_ERR_NOMEM;
	w->t = t;
	w->l = l;
	w->pieces = pieces;
	*out = (struct mr__law_chain){.n = 0};
	name_all(w, out);
	memcpy(w->p, p, sizeof w->p);
	gather(w);
	if (!regress(w)) {
		free(w);
		return MR_ERR_RANGE;
	}
	for (int law = 0; law < MR__TARGET_N_OF; law++)
		w->steep[law] = steepness(t, law, &pieces[law], p);
	w->best = look(w, w->p, w->off, r);
	w->squares = w->best + angles(w, w->p);
	if (w->n > 0)
		learn(w);
	go(w, w->n > 0 ? STEPS : 1);
	conclude(w, w->n > 0 ? STEPS : 1, out->value, out->cov);
	add_shared(w, out);
	out->squares = w->best;
	out->dof = (double)w->levels - (double)w->n;
	free(w);
	return MR_OK;
}
