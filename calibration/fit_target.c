/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Which coefficients can be told, and the maximum of the likelihood of all laws
 * together. */
#include "fit_target.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fit_noise.h"
#include "targets_priv.h"

#define SOME_CELLS 256 /* that the search begins with */
#define APART 3.0 /* standard errors from a limit of a law */

#define HOW "likelihood of the readings after programming to targets"

static double of_unit(const void *self, size_t unit, const double *free)
{
	const struct mr__targets *t = self;
	double p[MR_PARAMS_MAX];

	memcpy(p, t->p, sizeof p);
	for (size_t k = 0; k < t->n_free; k++)
		p[t->free[k]] = free[k];
	return mr__targets_of_cell(t, unit, p);
}

/* ---- what can be told ---------------------------------------------------- */

static void set_free(struct mr__targets *t, int param)
{
	if (param < 0 || t->n_free == MR__LIKELIHOOD_PARAMS_MAX)
		return;
	for (size_t k = 0; k < t->n_free; k++)
		if (t->free[k] == (size_t)param)
			return;
	t->free[t->n_free++] = (size_t)param;
}

static bool is_apart(const struct mr__targets *t, const struct mr__law *l, size_t k)
{
	return (l == &t->laws.nu && !isnan(t->own[MR__TARGET_OF_NU][k]))
	       || (l == &t->laws.nu_sd && !isnan(t->own[MR__TARGET_OF_NU_SD][k]));
}

static size_t ruled(const struct mr__targets *t, const struct mr__law *l, int by)
{
	size_t n = 0;

	for (size_t k = 0; by >= 0 && k < t->n_levels; k++)
		n += !is_apart(t, l, k)
		     && mr__law_ruler(l, t->p, t->level[k]) == by;
	return n;
}

static void free_law(struct mr__targets *t, const struct mr__law *l)
{
	size_t above = ruled(t, l, l->term[0]);
	size_t terms = 0;
	/* two levels on a line may always be taken for a limit; conductances,
	 * which noise follows, lie all around their targets */
	size_t least = l == &t->laws.q ? 1 : 3;

	for (size_t k = 0; k < MR__LAW_TERMS; k++)
		terms += l->term[k] >= 0;
	if (l->at_1 >= 0) {
		if (ruled(t, l, l->at_1) > 0)
			set_free(t, l->at_1);
		if (ruled(t, l, l->at_1) > 1)
			set_free(t, l->exponent);
	}
	/* one level tells of neither: the other would have to be believed */
	if (ruled(t, l, l->slope) > 1) {
		set_free(t, l->slope);
		set_free(t, l->offset);
	}
	if (ruled(t, l, l->min) >= least)
		set_free(t, l->min);
	if (ruled(t, l, l->max) >= least)
		set_free(t, l->max);
	for (size_t k = 0; k < MR__LAW_TERMS && above >= terms; k++)
		set_free(t, l->term[k]);
}

/* Whether readings reach over ages enough for exponents. */
static bool ages(const struct mr__targets *t)
{
	for (size_t k = 0; k < t->n; k++) {
		const struct mr__target_instants *at = t->event[k].at;

		if (at && at->n > 2
		    && log1p(at->age_s[at->n - 1] / t->p[t->laws.t0]) > 0.5)
			return true;
	}
	return false;
}

static void choose_free(struct mr__targets *t)
{
	for (size_t k = 0; k < MR__LAW_TERMS && k < t->n_levels; k++)
		set_free(t, t->laws.prog[k]);
	if (!t->silent)
		free_law(t, &t->laws.q);
	if (!ages(t))
		return;
	free_law(t, &t->laws.nu);
	free_law(t, &t->laws.nu_sd);
	set_free(t, t->laws.t0);
}

/* ---- the fit ------------------------------------------------------------- */

static void set_steps(const struct mr__targets *t, double *step)
{
	for (size_t k = 0; k < t->n_free; k++) {
		int i = (int)t->free[k];

		step[k] = 1e-3 * fabs(t->p[i]);
		if (i == t->laws.prog[0] || i == t->laws.prog[1]
		    || i == t->laws.prog[2] || i == t->laws.prog[3])
			step[k] = 1e-5 * t->g_max_S;
		step[k] = fmax(step[k], 1e-12);
	}
}

/* The steps of the differences are made a tenth of how far a parameter can go
 * alone: a level near the end of a law's piece is then seen from both sides. */
static void set_wide_steps(const struct mr__likelihood *l, double *x,
                           double *step)
{
	for (size_t k = 0; k < l->n_params; k++) {
		double sums[3] = {0};
		double was = x[k];
		double curvature;

		for (int side = -1; side <= 1; side++) {
			x[k] = was + side * step[k];
			for (size_t u = 0; u < l->n_units; u++)
				sums[side + 1] += l->of_unit(l->self, u, x);
		}
		x[k] = was;
		curvature = (2 * sums[1] - sums[0] - sums[2])
		            / (step[k] * step[k]);
		if (curvature > 0 && isfinite(curvature))
			step[k] = 0.1 / sqrt(curvature);
	}
}

/* Without `cov` it is a step on the way, for which some cells are enough and a
 * kink is no end. */
static int maximise(struct mr__targets *t, double *cov)
{
	double step[MR__LIKELIHOOD_PARAMS_MAX];
	double x[MR__LIKELIHOOD_PARAMS_MAX];
	size_t some = t->n_units < SOME_CELLS ? t->n_units : SOME_CELLS;
	struct mr__likelihood l = {t, cov ? t->n_units : some, t->n_free,
	                           of_unit, step};
	struct mr__maximum best;
	int code;

	set_steps(t, step);
	for (size_t k = 0; k < t->n_free; k++)
		x[k] = t->p[t->free[k]];
	mr__targets_anchor(t);
	set_wide_steps(&l, x, step);
	code = mr__likelihood_maximise(&l, x, cov, &best, t->f->err);
	for (size_t k = 0; k < t->n_free; k++)
		t->p[t->free[k]] = x[k];
	mr__targets_forget(t);
	return code == MR_ERR_RANGE && !cov ? MR_OK : code;
}

/* Log density of the readings of one level, with a value of its own. */
static double of_level(struct mr__targets *t, int law, size_t level, double value)
{
	double was = t->own[law][level];
	double sum = 0;

	t->own[law][level] = value;
	for (size_t u = 0; u < t->n_units; u++) {
		size_t slot = mr__targets_look(t, u, t->p[t->laws.t0]);

		for (size_t k = t->unit[u]; k < t->unit[u + 1]; k++)
			if (t->event[k].level == level)
				sum += mr__targets_of_event(t, k, slot, t->p);
	}
	t->own[law][level] = was;
	return sum;
}

/* The value that a level would have by itself, and its standard error: Newton
 * from the law's value on. */
static double alone(struct mr__targets *t, int law, size_t level, double *se)
{
	double x = mr__targets_at_level(t, law, level, t->p);
	double h = 0.02 * x;

	*se = INFINITY;
	for (int round = 0; round < 6; round++) {
		double up = of_level(t, law, level, x + h);
		double here = of_level(t, law, level, x);
		double down = of_level(t, law, level, x - h);
		double slope = (up - down) / (2 * h);
		double bend = (2 * here - up - down) / (h * h);

		if (!(bend > 0))
			break;
		*se = 1 / sqrt(bend);
		x = fmax(x + fmax(fmin(slope / bend, 0.3 * x), -0.3 * x), h);
		if (fabs(slope / bend) < 0.01 * *se)
			break;
	}
	return x;
}

/* Whether a level is all that a line or a limit has. */
static bool is_lone(const struct mr__targets *t, const struct mr__law *l,
                    size_t k)
{
	int by = mr__law_ruler(l, t->p, t->level[k]);

	return ruled(t, l, by) < (by == l->slope ? 2 : 3);
}

/* A level that may lie on either side of a limit of its law tells of neither
 * side, and would make of the likelihood one with a kink, of which errors are
 * not what its curvature says: it gets a value of its own. */
static bool set_apart(struct mr__targets *t)
{
	bool any = false;

	for (int law = 0; law < MR__TARGET_N_OF; law++)
		for (size_t k = 0; k < t->n_levels; k++) {
			const struct mr__law *l = law == MR__TARGET_OF_NU
			                          ? &t->laws.nu
			                          : &t->laws.nu_sd;
			double line = mr__law_line(l, t->p, t->level[k]);
			double off = fmin(fabs(line - t->p[l->min]),
			                  fabs(line - t->p[l->max]));
			double se;
			double value;

			if (isnan(line) || !isnan(t->own[law][k])
			    || (off > 0.5 * fabs(line)
			        && !is_lone(t, l, k)))
				continue;
			value = alone(t, law, k, &se);
			if (!isfinite(se)
			    || (off >= APART * se && !is_lone(t, l, k)))
				continue;
			t->own[law][k] = value;
			any = true;
		}
	return any;
}

/* Where the laws now are, other limits may matter. */
static int fit(struct mr__targets *t, double *cov)
{
	int code = MR_OK;

	choose_free(t);
	for (int round = 0; round < 3 && code == MR_OK; round++) {
		size_t before = t->n_free;

		code = maximise(t, NULL);
		choose_free(t);
		if (round > 0 && before == t->n_free)
			break;
	}
	if (code != MR_OK || t->f->rough)
		return code;
	/* what is left may move the line, and bring others near its ends: a
	 * search that ends at a kink has found one */
	for (int round = 0; round < 3 && ages(t) && set_apart(t)
	                    && code == MR_OK; round++) {
		t->n_free = 0;
		choose_free(t);
		code = maximise(t, NULL);
	}
	for (int round = 0; code == MR_OK; round++) {
		code = maximise(t, cov);
		if (code != MR_ERR_RANGE || round == 4 || !set_apart(t))
			return code;
		t->n_free = 0;
		choose_free(t);
		code = MR_OK;
	}
	return code;
}

static void keep(struct mr__fitting *f, const struct mr__targets *t,
                 const double *cov)
{
	const char *names[MR__LIKELIHOOD_PARAMS_MAX];

	for (size_t k = 0; k < t->n_free; k++) {
		double var = f->rough ? 1 : cov[k * t->n_free + k];

		names[k] = f->fit->model->params[t->free[k]].name;
		if (var > 0)
			mr__fit_set(f, names[k], t->p[t->free[k]], sqrt(var),
			            (uint32_t)t->n_units, t->n_points, HOW);
		else
			mr__fit_undetermined(f, names[k],
			                     "the targets do not tell it from "
			                     "the other coefficients");
	}
	if (!f->rough)
		mr__fit_correlate(f, names, t->n_free, cov);
}

static void set_described(struct mr__fitting *f, const char *name, double value)
{
	uint32_t i;

	if (mr_model_param(f->fit->model, name, &i, NULL) != MR_OK)
		return;
	f->fit->estimates[i] = (struct mr_estimate){
		.param = i,
		.state = MR_ESTIMATE_DESCRIBED,
		.value = value,
		.se = NAN,
		.how = "said by the array"};
}

static void say_unknown(struct mr__fitting *f)
{
	static const char *const products[] = {"prog_scale", "drift_scale",
	                                       "noise_scale"};
	static const char *const splits[] = {"nu_split", "nu_sd_split",
	                                     "q_split"};
	uint32_t i;

	for (int k = 0; k < 3; k++) {
		mr__fit_undetermined(f, products[k],
		                     "a product with the coefficients");
		if (mr_model_param(f->fit->model, splits[k], &i, NULL) == MR_OK)
			mr__fit_undetermined(f, splits[k],
			                     "targets only tell between which "
			                     "of them it lies");
	}
	for (i = 0; i < f->fit->n_estimates; i++)
		if (f->fit->estimates[i].state == MR_ESTIMATE_ASSUMED
		    && strcmp(f->fit->model->params[i].unit, "V") != 0)
			mr__fit_undetermined(f, f->fit->model->params[i].name,
			                     "no tested target or time speaks of "
			                     "it");
}

static int tables(struct mr__fitting *f, const struct mr__targets *t)
{
	static const char *const columns[] = {"cell", "target_S", "level_S",
	                                      "nu", "se", "n"};
	double *row = mr__fit_table(f, "drift", columns, 6, t->n);

	if (!row)
		return mr_errtext_set(f->err, MR_ERR_NOMEM,
		                      "no memory for the drift table");
	mr__targets_forget(t);
	memset(t->next, 0, t->n_units);
	for (size_t u = 0; u < t->n_units; u++)
		(void)mr__targets_look(t, u, t->p[t->laws.t0]);
	for (size_t k = 0; k < t->n; k++, row += 6) {
		const struct mr__target_seen *s = &t->seen[k];
		double det = s->gg * s->nn - s->gn * s->gn;
		bool told = s->n > 2 && det > 1e-9 * s->gg * s->nn;

		row[0] = t->event[k].cell;
		row[1] = t->event[k].target_S;
		row[2] = s->g_S;
		row[3] = told ? s->nu : NAN;
		row[4] = told ? mr__targets_q(t, t->p, s->g_S) * sqrt(s->gg / det) : NAN;
		row[5] = t->event[k].n;
	}
	return MR_OK;
}

static int fit_and_keep(struct mr__fitting *f, struct mr__targets *t)
{
	const size_t most = MR__LIKELIHOOD_PARAMS_MAX;
	double *cov = calloc(most * most, sizeof *cov);
	int code;

	if (!cov)
		return mr_errtext_set(f->err, MR_ERR_NOMEM, "no memory");
	code = fit(t, cov);
	if (code == MR_OK) {
		keep(f, t, cov);
		say_unknown(f);
		if (t->n_vague > 0)
			mr__fit_warn(f, "%u programmings were not used: their "
			             "level is lost in read noise", t->n_vague);
		code = f->rough ? MR_OK : tables(f, t);
	}
	free(cov);
	return code;
}

int mr__fit_target_suits(const struct mr_history *h, struct mr_errtext *err)
{
	uint64_t n = 0;

	for (size_t k = 0; k + 1 < h->first[h->n_cells]; k++)
		n += h->events[k].kind == MR_HISTORY_PROGRAM
		     && h->events[k + 1].kind == MR_HISTORY_READ;
	if (n >= 16 && h->desc.g_max_S > 0)
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
	                      "cells programmed to targets and read after it are "
	                      "needed (protocol program): there are %llu",
	                      (unsigned long long)n);
}

int mr__fit_target_estimate(struct mr__fitting *f)
{
	struct mr__noise_fit noise;
	struct mr__targets *t = NULL;
	int code;

	set_described(f, "g_max_S", f->history->desc.g_max_S);
	set_described(f, "g_ref_S", f->history->desc.g_max_S);
	code = mr__fit_noise(f, &noise);
	if (code != MR_OK)
		return code;
	if (noise.kind)
		(void)snprintf(f->fit->noise, sizeof f->fit->noise, "%s",
		               noise.kind);
	code = mr__targets_begin(f, false, &t);
	if (code != MR_OK || !t)
		return code;
	code = t->n > 0 ? fit_and_keep(f, t)
	                : mr_errtext_set(f->err, MR_ERR_UNSUPPORTED,
	                                 "no programming to a target with "
	                                 "readings after it can be used");
	mr__targets_release(t);
	return code;
}

int mr__fit_target_score(const struct mr__fitting *f, double *sum,
                         double *per_cell, uint64_t *n)
{
	struct mr__targets *t = NULL;
	int code = mr__targets_begin(f, true, &t);

	if (code != MR_OK || !t)
		return code;
	mr__targets_anchor(t);
	for (size_t u = 0; u < t->n_units; u++) {
		double d = mr__targets_of_cell(t, u, t->p);

		per_cell[t->event[t->unit[u]].cell] = d;
		*sum += d;
	}
	*n += t->n_points;
	mr__targets_release(t);
	return MR_OK;
}
