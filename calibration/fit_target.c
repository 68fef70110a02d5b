/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The drift of each target by itself, then the laws that these follow; or, roughly, the
 * laws at once. */
#include "fit_target.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fit_noise.h"
#include "lawchain.h"

#define SOME_CELLS 256 /* that the search begins with */

#define MISFIT 5.0 /* standard deviations of squares that a law is not held for */

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

static size_t ruled(const struct mr__targets *t, const struct mr__law *l, int by)
{
	size_t n = 0;

	for (size_t k = 0; by >= 0 && k < t->n_levels; k++)
		n += mr__law_ruler(l, t->p, t->level[k]) == by;
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

/* A step on the way, for which some cells are enough and a kink is no end. */
static int search(struct mr__targets *t)
{
	double step[MR__LIKELIHOOD_PARAMS_MAX];
	double x[MR__LIKELIHOOD_PARAMS_MAX];
	struct mr__likelihood l = {t, t->n_units < SOME_CELLS ? t->n_units : SOME_CELLS,
	                           t->n_free, of_unit, step, 0};
	struct mr__maximum best;
	int code;

	set_steps(t, step);
	for (size_t k = 0; k < t->n_free; k++)
		x[k] = t->p[t->free[k]];
	mr__targets_anchor(t);
	code = mr__likelihood_maximise(&l, x, NULL, &best, t->f->err);
	for (size_t k = 0; k < t->n_free; k++)
		t->p[t->free[k]] = x[k];
	mr__targets_forget(t);
	return code == MR_ERR_RANGE ? MR_OK : code;
}

/* Where the laws now are, other limits may matter. */
static int search_laws(struct mr__targets *t)
{
	int code = MR_OK;

	choose_free(t);
	for (int round = 0; round < 3 && code == MR_OK; round++) {
		size_t before = t->n_free;

		code = search(t);
		choose_free(t);
		if (round > 0 && before == t->n_free)
			break;
	}
	return code;
}

/* ---- what is kept -------------------------------------------------------- */

static double default_of(const struct mr__targets *t, int param)
{
	return t->f->fit->model->params[param].value;
}

/* A limit that no level speaks of stays where the model has it, unless the law
 * goes further there. */
static void loosen(struct mr__targets *t, int law, const struct mr__law_pieces *pieces)
{
	const struct mr__law *l = mr__targets_law(t, law);

	if (!pieces->min)
		t->p[l->min] = default_of(t, l->min);
	if (!pieces->max)
		t->p[l->max] = default_of(t, l->max);
	for (size_t k = 0; k < t->n_levels; k++) {
		double line = mr__law_line(l, t->p, t->level[k]);

		if (isnan(line) || t->group[law].of[k] == MR__TARGET_NO_GROUP)
			continue;
		if (!pieces->min)
			t->p[l->min] = fmax(fmin(t->p[l->min], line), 0);
		if (!pieces->max)
			t->p[l->max] = fmax(t->p[l->max], line);
	}
}

static void keep_rough(struct mr__fitting *f, const struct mr__targets *t)
{
	for (size_t k = 0; k < t->n_free; k++)
		mr__fit_set(f, f->fit->model->params[t->free[k]].name,
		            t->p[t->free[k]], 1, (uint32_t)t->n_units, t->n_points,
		            HOW);
}

static void keep(struct mr__fitting *f, const struct mr__targets *t,
                 const struct mr__law_chain *c)
{
	const char *names[MR__LAW_CHAIN_MAX];
	size_t which[MR__LAW_CHAIN_MAX];
	double cov[MR__LAW_CHAIN_MAX * MR__LAW_CHAIN_MAX];
	size_t n = 0;

	for (size_t k = 0; k < c->n; k++) {
		const char *name = f->fit->model->params[c->of[k]].name;
		double var = c->cov[k * (c->n + 1)];

		if (c->told[k] && var > 0) {
			names[n] = name;
			which[n++] = k;
			mr__fit_set(f, name, c->value[k], sqrt(var),
			            (uint32_t)t->n_units, t->n_points, HOW);
		}
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			cov[i * n + j] = c->cov[which[i] * c->n + which[j]];
	mr__fit_correlate(f, names, n, cov);
}

/* What cannot be told has the value that suits the levels best. */
static void keep_others(struct mr__fitting *f, const struct mr__targets *t)
{
	for (uint32_t i = 0; i < f->fit->n_estimates; i++) {
		const char *name = f->fit->model->params[i].name;

		if (f->fit->estimates[i].state != MR_ESTIMATE_ASSUMED
		    || (!mr__law_has(&t->laws.nu, (int)i)
		        && !mr__law_has(&t->laws.nu_sd, (int)i)))
			continue;
		mr__fit_undetermined(f, name, "the tested targets do not tell it from "
		                     "the other coefficients of its law");
		f->fit->estimates[i].value = t->p[i];
	}
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
		double told = s->l_l - s->one_l * s->one_l / s->one_one;
		bool some = s->n > 2 && told > 1e-9 * s->l_l;

		row[0] = t->event[k].cell;
		row[1] = t->event[k].target_S;
		row[2] = s->g_S;
		row[3] = some ? s->nu : NAN;
		row[4] = some ? mr__targets_q(t, t->p, s->g_S) / sqrt(told) : NAN;
		row[5] = t->event[k].n;
	}
	return MR_OK;
}

/* Whether the levels follow the laws. */
static void judge(struct mr__fitting *f, const struct mr__law_chain *c)
{
	if (c->squares > c->dof + MISFIT * sqrt(2 * fmax(c->dof, 1)))
		mr__fit_warn(f, "the targets' drifts do not follow this model's laws: "
		             "squares of %.0f where %.0f are due", c->squares, c->dof);
}

static void reset(struct mr__targets *t)
{
	for (uint32_t i = 0; i < t->f->fit->n_estimates; i++)
		t->p[i] = t->f->fit->estimates[i].value;
	for (int law = 0; law < MR__TARGET_N_OF; law++)
		t->group[law].n = 0;
	for (size_t k = 0; k < t->n_levels; k++)
		for (int law = 0; law < MR__TARGET_N_OF; law++)
			t->group[law].of[k] = MR__TARGET_NO_GROUP;
	t->n_free = 0;
}

/* From the model's defaults, or, if that leads nowhere, from where a search over the
 * laws ends. Then once more: the correlations go by t0, the noise by conductances
 * that go by the noise, and other pieces of its law may matter. */
static int fit_levels(struct mr__targets *t, struct mr__target_levels *levels)
{
	int code;

	choose_free(t);
	if (ages(t))
		mr__target_levels_group(t);
	code = mr__target_levels_fit(t, levels);
	if (code == MR_ERR_RANGE) {
		reset(t);
		code = search_laws(t);
		if (code == MR_OK && ages(t))
			mr__target_levels_group(t);
		if (code == MR_OK)
			code = mr__target_levels_fit(t, levels);
	}
	if (code != MR_OK)
		return code;
	mr__target_levels_free(levels);
	mr__targets_correlate(t);
	t->n_free = 0;
	choose_free(t);
	return mr__target_levels_fit(t, levels);
}

static int fit_laws(struct mr__targets *t, struct mr__law_chain *c)
{
	struct mr__law_pieces pieces[MR__TARGET_N_OF];
	struct mr__target_levels levels;
	double p[MR_PARAMS_MAX];
	int code;

	code = fit_levels(t, &levels);
	if (code != MR_OK)
		return code;
	memcpy(p, t->p, sizeof p);
	for (int law = 0; law < MR__TARGET_N_OF && code == MR_OK; law++)
		code = mr__law_pieces_choose(t, &levels, law, p, &pieces[law]);
	if (code == MR_OK)
		code = mr__law_chain_run(t, &levels, pieces, p, c);
	mr__target_levels_free(&levels);
	if (code != MR_OK)
		return mr_errtext_set(t->f->err, code,
		                      code == MR_ERR_NOMEM
		                              ? "no memory"
		                              : "the targets' drifts have no "
		                                "errors that laws could be "
		                                "fitted by");
	memcpy(t->p, p, sizeof p);
	for (size_t k = 0; k < c->n; k++)
		t->p[c->of[k]] = c->value[k];
	for (int law = 0; law < MR__TARGET_N_OF; law++) {
		loosen(t, law, &pieces[law]);
		memset(t->group[law].off, 0, sizeof t->group[law].off);
	}
	return MR_OK;
}

static int fit_and_keep(struct mr__fitting *f, struct mr__targets *t)
{
	struct mr__law_chain *c = calloc(1, sizeof *c);
	int code;

	if (!c)
		return mr_errtext_set(f->err, MR_ERR_NOMEM, "no memory");
	code = f->rough ? search_laws(t) : fit_laws(t, c);
	if (code == MR_OK && f->rough)
		keep_rough(f, t);
	else if (code == MR_OK) {
		keep(f, t, c);
		keep_others(f, t);
		judge(f, c);
		code = tables(f, t);
	}
	if (code == MR_OK) {
		say_unknown(f);
		if (t->n_vague > 0)
			mr__fit_warn(f, "%u programmings were not used: their "
			             "level is lost in read noise", t->n_vague);
	}
	free(c);
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
