/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Every split of the levels between a line and its limits is a start; from each,
 * Gauss and Newton's steps to the least squares. */
#include "lawpieces.h"

#include <math.h>
#include <string.h>

#include "ladder.h"

#define G MR__TARGET_GROUPS_MAX
#define OUT_OF_THE_WAY 1e3 /* a limit that is none */
#define ROUNDS 12
#define HALVINGS 8
#define TOLD 16.0  /* squares that a piece must be worth: 4 standard errors */
#define PER_COEFFICIENT 2.0 /* squares that one must be worth to take part */

enum { WITH_MIN = 1, WITH_MAX = 2, N_FORMS = 4 };

/* Groups on one side of the split of a law. */
struct piece {
	const struct mr__targets *t;
	int law;
	const struct mr__law *l;
	size_t n;
	uint32_t of[G];      /* groups, ascending */
	double x[G];         /* ln of target over g_max */
	double value[G];     /* mean or spread */
	double weight[G];
	double factor[G * G]; /* Cholesky, of the covariance */
};

/* ---- predictions --------------------------------------------------------- */

bool mr__law_offsets(const struct mr__targets *t, int law, const double *p,
                     double *out)
{
	const struct mr__target_groups *g = &t->group[law];
	const struct mr__law *l = mr__targets_law(t, law);

	for (size_t j = 0; j < g->n; j++)
		out[j] = 0;
	for (size_t k = 0; k < t->n_levels; k++) {
		double here;
		double was;

		if (g->of[k] == MR__TARGET_NO_GROUP)
			continue;
		here = mr__law_value(l, p, t->level[k]);
		was = mr__law_value(l, t->p, t->level[k]);
		if (!(here > 0) || !(was > 0))
			return false;
		out[g->of[k]] += g->share[k] * (law == MR__TARGET_OF_NU
		                                ? here - was
		                                : log(here / was));
	}
	return true;
}

/* Least and greatest value of a law's line at its levels; false = it has none. */
static bool ends(const struct mr__targets *t, int law, const double *p, double *least,
                 double *most)
{
	const struct mr__law *l = mr__targets_law(t, law);

	*least = INFINITY;
	*most = -INFINITY;
	for (size_t k = 0; k < t->n_levels; k++) {
		double line = mr__law_line(l, p, t->level[k]);

		if (isnan(line) || t->group[law].of[k] == MR__TARGET_NO_GROUP)
			continue;
		*least = fmin(*least, line);
		*most = fmax(*most, line);
	}
	return *most >= *least;
}

static bool takes(const struct mr__law_pieces *pieces, int param)
{
	for (size_t k = 0; k < pieces->n; k++)
		if ((int)pieces->of[k] == param)
			return true;
	return false;
}

bool mr__law_holds(const struct mr__targets *t, int law,
                   const struct mr__law_pieces *pieces, const double *p)
{
	const struct mr__law *l = mr__targets_law(t, law);
	uint32_t first = MR__TARGET_NO_GROUP;
	bool two = false;
	double least;
	double most;

	if (!takes(pieces, l->slope))
		return true;
	for (size_t k = 0; k < t->n_levels; k++) {
		uint32_t of = t->group[law].of[k];

		if (of == MR__TARGET_NO_GROUP
		    || mr__law_ruler(l, p, t->level[k]) != l->slope)
			continue;
		two = two || (first != MR__TARGET_NO_GROUP && of != first);
		first = of;
	}
	return two && ends(t, law, p, &least, &most)
	       && (!pieces->min || p[l->min] >= least)
	       && (!pieces->max || p[l->max] <= most)
	       && p[l->min] <= p[l->max];
}

/* ---- least squares ------------------------------------------------------- */

/* Whitened residuals of a piece; returns their squares. */
static double residuals(const struct piece *s, const double *p, double *r)
{
	double off[G];
	double sum = 0;

	if (!mr__law_offsets(s->t, s->law, p, off))
		return INFINITY;
	for (size_t i = 0; i < s->n; i++)
		r[i] = s->t->group[s->law].off[s->of[i]] - off[s->of[i]];
	mr__ladder_whiten(s->factor, (uint32_t)s->n, r);
	for (size_t i = 0; i < s->n; i++)
		sum += r[i] * r[i];
	return sum;
}

/* The step of Gauss and Newton. */
static void find_step(const struct piece *s, double *p, const size_t *free, size_t n,
                      const double *r, double *move)
{
	double by[MR__LAW_PARAMS_MAX][G];
	double a[MR__LAW_PARAMS_MAX * MR__LAW_PARAMS_MAX];
	double inverse[MR__LAW_PARAMS_MAX * MR__LAW_PARAMS_MAX];
	double room[MR__LAW_PARAMS_MAX * (MR__LAW_PARAMS_MAX + 1)];
	double b[MR__LAW_PARAMS_MAX] = {0};

	for (size_t k = 0; k < n; k++) {
		double was = p[free[k]];
		double h = 1e-6;
		double moved[G] = {0};
		bool there;

		p[free[k]] = was + h;
		there = isfinite(residuals(s, p, moved));
		p[free[k]] = was;
		for (size_t i = 0; i < s->n; i++)
			by[k][i] = there ? (moved[i] - r[i]) / h : 0;
	}
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < s->n; i++)
			b[k] -= by[k][i] * r[i];
	for (size_t k = 0; k < n; k++)
		for (size_t m = 0; m < n; m++) {
			a[k * n + m] = 0;
			for (size_t i = 0; i < s->n; i++)
				a[k * n + m] += by[k][i] * by[m][i];
		}
	(void)mr__target_invert(a, n, room, inverse);
	for (size_t k = 0; k < n; k++) {
		move[k] = 0;
		for (size_t m = 0; m < n; m++)
			move[k] += inverse[k * n + m] * b[m];
	}
}

static double polish(const struct piece *s, double *p, const struct mr__law_pieces *f)
{
	double r[G] = {0};
	double now = mr__law_holds(s->t, s->law, f, p) ? residuals(s, p, r) : INFINITY;

	for (int round = 0; round < ROUNDS && isfinite(now); round++) {
		double move[MR__LAW_PARAMS_MAX] = {0};
		double was = now;
		double factor = 1;

		find_step(s, p, f->of, f->n, r, move);
		for (int k = 0; k < HALVINGS && !(now < was); k++) {
			double q[MR_PARAMS_MAX];
			double moved[G] = {0};
			double there;

			memcpy(q, p, sizeof q);
			for (size_t i = 0; i < f->n; i++)
				q[f->of[i]] += factor * move[i];
			factor /= 2;
			there = residuals(s, q, moved);
			if (!(there < now) || !mr__law_holds(s->t, s->law, f, q))
				continue;
			memcpy(p, q, sizeof q);
			memcpy(r, moved, sizeof moved);
			now = there;
		}
		if (!(now < was - 1e-6))
			break;
	}
	return now;
}

/* ---- starts -------------------------------------------------------------- */

static double mean(const struct piece *s, size_t from, size_t to)
{
	double sum = 0;
	double weights = 0;

	for (size_t i = from; i < to; i++) {
		sum += s->weight[i] * s->value[i];
		weights += s->weight[i];
	}
	return sum / weights;
}

static void draw_line(const struct piece *s, size_t from, size_t to, double *slope,
                      double *offset)
{
	double w = 0;
	double x = 0;
	double y = mean(s, from, to);
	double xx = 0;
	double xy = 0;

	for (size_t i = from; i < to; i++) {
		w += s->weight[i];
		x += s->weight[i] * s->x[i];
	}
	x /= w;
	for (size_t i = from; i < to; i++) {
		xx += s->weight[i] * (s->x[i] - x) * (s->x[i] - x);
		xy += s->weight[i] * (s->x[i] - x) * (s->value[i] - y);
	}
	*slope = xx > 0 ? xy / xx : 0;
	*offset = y - *slope * x;
}

static bool lay(const struct piece *s, size_t from, size_t to, int form, double *p)
{
	double left = from > 0 ? mean(s, 0, from) : NAN;
	double right = to < s->n ? mean(s, to, s->n) : NAN;
	double least;
	double most;
	bool falls;

	draw_line(s, from, to, &p[s->l->slope], &p[s->l->offset]);
	falls = p[s->l->slope] < 0;
	(void)ends(s->t, s->law, p, &least, &most);
	p[s->l->min] = form & WITH_MIN ? least : -OUT_OF_THE_WAY;
	p[s->l->max] = form & WITH_MAX ? most : OUT_OF_THE_WAY;
	if ((from > 0 && !(form & (falls ? WITH_MAX : WITH_MIN)))
	    || (to < s->n && !(form & (falls ? WITH_MIN : WITH_MAX))))
		return false;
	if (from > 0)
		p[falls ? s->l->max : s->l->min] = falls ? fmin(left, most)
		                                         : fmax(left, least);
	if (to < s->n)
		p[falls ? s->l->min : s->l->max] = falls ? fmax(right, least)
		                                         : fmin(right, most);
	return true;
}

static void take(struct mr__law_pieces *out, int param)
{
	out->of[out->n++] = (size_t)param;
}

/* The best line with the limits of a form; p is where it is. */
static double best_of_form(const struct piece *s, int form, double *p,
                           struct mr__law_pieces *f)
{
	double start[MR_PARAMS_MAX];
	double best = INFINITY;

	*f = (struct mr__law_pieces){.min = form & WITH_MIN, .max = form & WITH_MAX};
	take(f, s->l->slope);
	take(f, s->l->offset);
	if (f->min)
		take(f, s->l->min);
	if (f->max)
		take(f, s->l->max);
	memcpy(start, p, sizeof start);
	for (size_t from = 0; from + 2 <= s->n; from++)
		for (size_t to = from + 2; to <= s->n; to++) {
			double q[MR_PARAMS_MAX];
			double squares;

			memcpy(q, start, sizeof q);
			if (!lay(s, from, to, form, q))
				continue;
			squares = polish(s, q, f);
			if (squares < best) {
				best = squares;
				memcpy(p, q, sizeof q);
			}
		}
	return best;
}

/* Whether the model has all the levels at the lower limit. */
static bool is_floor(const struct piece *s)
{
	const struct mr_fit *fit = s->t->f->fit;
	double p[MR_PARAMS_MAX];
	bool floor = true;

	for (uint32_t i = 0; i < fit->n_estimates; i++)
		p[i] = fit->model->params[i].value;
	for (size_t i = 0; i < s->n; i++)
		floor = floor && mr__law_ruler(s->l, p, exp(s->x[i])) == s->l->min;
	return floor;
}

/* The best level line; or the best lower limit, where the model says that it is
 * one. */
static double best_constant(const struct piece *s, double *p, struct mr__law_pieces *f)
{
	*f = (struct mr__law_pieces){.min = is_floor(s)};
	if (f->min) {
		take(f, s->l->min);
		p[s->l->slope] = s->t->f->fit->model->params[s->l->slope].value;
		p[s->l->offset] = s->t->f->fit->model->params[s->l->offset].value;
		p[s->l->min] = mean(s, 0, s->n);
		p[s->l->max] = OUT_OF_THE_WAY;
		return polish(s, p, f);
	}
	take(f, s->l->offset);
	p[s->l->slope] = 0;
	p[s->l->offset] = mean(s, 0, s->n);
	p[s->l->min] = -OUT_OF_THE_WAY;
	p[s->l->max] = OUT_OF_THE_WAY;
	return polish(s, p, f);
}

/* ---- the choice ---------------------------------------------------------- */

static bool gather(const struct mr__targets *t, const struct mr__target_levels *l,
                   int law, bool line, struct piece *s)
{
	const struct mr__target_groups *g = &t->group[law];
	size_t first = l->n_shared + (law == MR__TARGET_OF_NU ? 0 : t->group[0].n);

	*s = (struct piece){.t = t, .law = law, .l = mr__targets_law(t, law)};
	for (uint32_t j = 0; j < g->n; j++) {
		double x = 0;
		double was = 0;
		bool mine = false;

		for (size_t k = 0; k < t->n_levels; k++) {
			double here = t->level[k];

			if (g->of[k] != j)
				continue;
			mine = isnan(mr__law_line(s->l, t->p, here)) != line;
			x += g->share[k] * log(here);
			was += g->share[k] * mr__law_value(s->l, t->p, here);
		}
		if (!mine)
			continue;
		s->of[s->n] = j;
		s->x[s->n] = x;
		s->value[s->n] = law == MR__TARGET_OF_NU ? was + g->off[j]
		                                         : was * exp(g->off[j]);
		s->weight[s->n] = 1 / l->cov[(first + j) * (l->n + 1)];
		if (law == MR__TARGET_OF_NU_SD)
			s->weight[s->n] /= s->value[s->n] * s->value[s->n];
		s->n++;
	}
	for (size_t i = 0; i < s->n; i++)
		for (size_t j = 0; j < s->n; j++)
			s->factor[i * s->n + j] =
				l->cov[(first + s->of[i]) * l->n + first + s->of[j]];
	return !isnan(mr__ladder_factor(s->factor, (uint32_t)s->n));
}

static void choose_line(const struct piece *s, double *p, struct mr__law_pieces *out)
{
	struct mr__law_pieces form[N_FORMS + 1] = {{0}};
	double at[N_FORMS + 1][MR_PARAMS_MAX];
	double squares[N_FORMS + 1];
	double least = INFINITY;
	int chosen = 0;
	int forms = s->n > 2 ? N_FORMS : 1;

	for (int k = 0; k <= N_FORMS; k++)
		squares[k] = INFINITY;
	for (int k = 0; k <= forms; k++) {
		memcpy(at[k], p, sizeof at[k]);
		squares[k] = k < forms ? best_of_form(s, k, at[k], &form[k])
		                       : best_constant(s, at[k], &form[k]);
		least = fmin(least, squares[k]);
		if (squares[k] + PER_COEFFICIENT * (double)form[k].n
		    < squares[chosen] + PER_COEFFICIENT * (double)form[chosen].n)
			chosen = k;
	}
	*out = form[chosen];
	memcpy(p, at[chosen], sizeof at[chosen]);
	for (size_t k = 0; k < out->n; k++) {
		int param = (int)out->of[k];
		double without = squares[forms];

		if (param == s->l->min)
			without = fmin(squares[0], squares[WITH_MAX]);
		if (param == s->l->max)
			without = fmin(squares[0], squares[WITH_MIN]);
		out->told[k] = without - least >= TOLD || (chosen == forms && out->min);
	}
}

static void choose_polynomial(const struct piece *s, double *p,
                              struct mr__law_pieces *out)
{
	struct mr__law_pieces terms = {.n = 0};

	for (int k = 0; k < MR__LAW_TERMS; k++)
		if (s->l->term[k] >= 0)
			take(&terms, s->l->term[k]);
	if (s->n < terms.n)
		return;
	(void)polish(s, p, &terms);
	for (size_t k = 0; k < terms.n; k++) {
		out->told[out->n] = true;
		take(out, (int)terms.of[k]);
	}
}

/* One level tells of no line; the model's is shifted to it. */
static void pass_through(const struct piece *s, double *p)
{
	p[s->l->offset] = s->value[0] - p[s->l->slope] * s->x[0];
	p[s->l->min] = fmin(p[s->l->min], s->value[0]);
	p[s->l->max] = fmax(p[s->l->max], s->value[0]);
}

int mr__law_pieces_choose(const struct mr__targets *t,
                          const struct mr__target_levels *l, int law, double *p,
                          struct mr__law_pieces *out)
{
	struct piece s;

	*out = (struct mr__law_pieces){0};
	if (!gather(t, l, law, true, &s))
		return MR_ERR_RANGE;
	if (s.n > 1)
		choose_line(&s, p, out);
	else if (s.n == 1)
		pass_through(&s, p);
	if (!gather(t, l, law, false, &s))
		return MR_ERR_RANGE;
	if (s.n > 0)
		choose_polynomial(&s, p, out);
	return MR_OK;
}
