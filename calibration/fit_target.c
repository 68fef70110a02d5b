/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Gathers programmings, and maximises the likelihood of all laws together. */
#include "fit_target.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fit_noise.h"
#include "ladder.h"
#include "likelihood.h"
#include "spans.h"
#include "targetlaw.h"
#include "targetspan.h"

#define INSTANTS_MAX 512 /* patterns; more are of arrays read cell by cell */
#define LEVELS_MAX 512
#define APART 3.0        /* standard errors from a limit of a law */
#define VAGUE 0.25       /* relative error of G over which an event is not used */
#define SLOTS_MAX 10
#define SLOTS_ROOM 1000000 /* events in all slots together */
#define SURE_NU 0.05     /* how well a law is held to say what nu is */
#define LITTLE_Q 1e-4    /* of an array without noise */
#define ROOT_HALF 0.7071067811865476

#define HOW "likelihood of the readings after programming to targets"

/* A cell was programmed and read. */
struct event {
	const struct mr__target_instants *at; /* NULL = it reads 0: clamped */
	const double *g_S; /* [at->n] */
	double target_S;
	uint32_t cell;
	uint32_t n;
	uint32_t level; /* index of its target */
};

/* Laws that follow the target; and values of levels that are held apart from
 * them, NAN = the level follows. */
enum { OF_NU, OF_NU_SD, N_OF };

struct targets {
	const struct mr__fitting *f;
	struct mr__target_laws laws;
	bool flicker;
	bool silent;
	double g_max_S;
	struct mr__spans spans;
	struct event *event; /* [n] */
	struct mr__target_seen *seen; /* [slots*n] at seen_t0 */
	bool *lost;   /* [slots*n] the search for it failed */
	size_t n;
	size_t *unit; /* [n_units+1] first event of each cell */
	size_t n_units;
	double *seen_t0; /* [slots*n_units] what each slot holds of a cell */
	uint8_t *next;   /* [n_units] slot that is given up next */
	size_t slots;    /* differences come back to a few t0 again and again */
	double *readings; /* [n*MR__TARGET_READS] */
	struct mr__target_instants **instants; /* [n_instants] */
	size_t n_instants;
	uint64_t n_points;
	uint32_t n_vague;
	uint32_t n_crowded; /* beyond LEVELS_MAX targets */
	double level[LEVELS_MAX]; /* targets over g_max that are used */
	size_t n_levels;
	double own[N_OF][LEVELS_MAX];
	size_t free[MR__LIKELIHOOD_PARAMS_MAX]; /* [n_free] parameters */
	size_t n_free;
	double p[MR_PARAMS_MAX];
};

/* ---- the likelihood ------------------------------------------------------ */

static double q_of(const struct targets *t, const double *p, double g_S)
{
	return t->silent ? LITTLE_Q
	                 : mr__law_value(&t->laws.q, p, g_S / t->g_max_S);
}

static void see(const struct targets *t, size_t k, size_t slot, double t0_s)
{
	const struct event *e = &t->event[k];
	double g = e->target_S / t->g_max_S;

	/* from where the laws stood, so that it depends on t0 alone */
	if (e->at)
		t->lost[slot * t->n + k] = !mr__target_see(
			e->at, e->g_S, t0_s,
			mr__law_value(&t->laws.nu, t->p, g), SURE_NU,
			fmax(q_of(t, t->p, e->target_S), LITTLE_Q),
			&t->seen[slot * t->n + k]);
}

/* The slot that holds what is seen of a cell at a t0. */
static size_t look(const struct targets *t, size_t unit, double t0_s)
{
	size_t slot;

	for (slot = 0; slot < t->slots; slot++)
		if (t->seen_t0[slot * t->n_units + unit] == t0_s)
			return slot;
	slot = t->next[unit];
	t->next[unit] = (uint8_t)((slot + 1) % t->slots);
	for (size_t k = t->unit[unit]; k < t->unit[unit + 1]; k++)
		see(t, k, slot, t0_s);
	t->seen_t0[slot * t->n_units + unit] = t0_s;
	return slot;
}

static void forget(const struct targets *t)
{
	for (size_t k = 0; k < t->slots * t->n_units; k++)
		t->seen_t0[k] = NAN;
}

static double at_level(const struct targets *t, int law, size_t level,
                       const double *p)
{
	const struct mr__law *l = law == OF_NU ? &t->laws.nu : &t->laws.nu_sd;

	return isnan(t->own[law][level])
	       ? mr__law_value(l, p, t->level[level]) : t->own[law][level];
}

static double of_event(const struct targets *t, size_t k, size_t slot,
                       const double *p)
{
	const struct event *e = &t->event[k];
	const struct mr__target_seen *seen = &t->seen[slot * t->n + k];
	double g = e->target_S / t->g_max_S;
	struct mr__target_prior prior = {
		.target_S = e->target_S,
		.sd_S = mr__target_error_S(&t->laws, p, g),
		.nu = at_level(t, OF_NU, e->level, p),
		.nu_sd = at_level(t, OF_NU_SD, e->level, p)};

	if (!e->at)
		return log(fmax(0.5 * erfc(prior.target_S / prior.sd_S
		                           * ROOT_HALF), 1e-300));
	if (t->lost[slot * t->n + k])
		return 0;
	prior.q = q_of(t, p, seen->g_S);
	if (!(prior.nu_sd > 0) || !(prior.q > 0) || !(prior.sd_S > 0))
		return -INFINITY;
	return mr__target_density(seen, &prior);
}

static double of_cell(const struct targets *t, size_t unit, const double *p)
{
	double sum = 0;
	size_t slot;

	if (!(p[t->laws.t0] > 0))
		return -INFINITY;
	slot = look(t, unit, p[t->laws.t0]);
	for (size_t k = t->unit[unit]; k < t->unit[unit + 1]; k++)
		sum += of_event(t, k, slot, p);
	return sum;
}

static double of_unit(const void *self, size_t unit, const double *free)
{
	const struct targets *t = self;
	double p[MR_PARAMS_MAX];

	memcpy(p, t->p, sizeof p);
	for (size_t k = 0; k < t->n_free; k++)
		p[t->free[k]] = free[k];
	return of_cell(t, unit, p);
}

/* ---- the readings -------------------------------------------------------- */

static bool same_instants(const struct mr__target_instants *a,
                          const struct mr__target_instants *b)
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (fabs(a->age_s[i] - b->age_s[i])
		    > 1e-6 + 1e-4 * b->age_s[i]
		    || a->averages[i] != b->averages[i])
			return false;
	return true;
}

static bool correlate(const struct targets *t, struct mr__target_instants *at)
{
	struct mr__ladder l = {t->p[t->laws.t_read], t->p[t->laws.t0], at->n,
	                       at->age_s, at->averages, at->t_int_s};
	double one[MR__TARGET_READS];

	memset(at->factor, 0, sizeof at->factor);
	if (t->flicker)
		mr__ladder_covariance(&l, at->factor);
	for (uint32_t i = 0; i < at->n && !t->flicker; i++)
		at->factor[i * at->n + i] =
			mr__ladder_variance(&l, at->age_s[i]) / at->averages[i];
	at->log_det = mr__ladder_factor(at->factor, at->n);
	for (uint32_t i = 0; i < at->n; i++)
		one[i] = 1;
	mr__ladder_whiten(at->factor, at->n, one);
	at->precision = 0;
	for (uint32_t i = 0; i < at->n; i++)
		at->precision += one[i] * one[i];
	return isfinite(at->log_det);
}

static int find_instants(struct targets *t, const struct mr__target_instants *w,
                         const struct mr__target_instants **out)
{
	struct mr__target_instants **more;
	size_t from = t->n_instants > INSTANTS_MAX
	              ? t->n_instants - INSTANTS_MAX : 0;

	for (size_t k = from; k < t->n_instants; k++)
		if (same_instants(t->instants[k], w)) {
			*out = t->instants[k];
			return MR_OK;
		}
	more = realloc(t->instants, (t->n_instants + 1) * sizeof *more);
	if (!more)
		return MR_ERR_NOMEM;
	t->instants = more;
	more[t->n_instants] = malloc(sizeof *w);
	if (!more[t->n_instants])
		return MR_ERR_NOMEM;
	*more[t->n_instants] = *w;
	*out = correlate(t, more[t->n_instants]) ? more[t->n_instants] : NULL;
	t->n_instants++;
	return MR_OK;
}

static uint32_t note_level(struct targets *t, double g)
{
	for (uint32_t k = 0; k < t->n_levels; k++)
		if (fabs(t->level[k] - g) < 1e-5)
			return k;
	if (t->n_levels == LEVELS_MAX)
		return UINT32_MAX;
	t->level[t->n_levels] = g;
	for (int law = 0; law < N_OF; law++)
		t->own[law][t->n_levels] = NAN;
	return (uint32_t)t->n_levels++;
}

static int add_event(struct targets *t, const struct mr__span *s, bool all)
{
	struct mr__target_instants at = {0};
	double *g_S = t->readings + t->n * MR__TARGET_READS;
	struct event e = {.g_S = g_S, .target_S = s->target_S, .cell = s->cell};
	uint32_t which[MR__TARGET_READS];
	double most = 0;

	e.n = at.n = mr__span_thin(s, MR__TARGET_READS, which);
	for (uint32_t i = 0; i < at.n; i++) {
		const struct mr_history_event *read = &s->reads[which[i]];

		at.age_s[i] = mr__span_age_s(s, which[i]);
		at.averages[i] = read->count;
		at.t_int_s[i] = mr__span_t_int_s(t->f->history, read);
		g_S[i] = (double)read->g_S;
		most = fmax(most, fabs(g_S[i]));
	}
	if (most > 0) {
		double q = q_of(t, t->p, s->target_S);

		if (find_instants(t, &at, &e.at) != MR_OK)
			return MR_ERR_NOMEM;
		if (!e.at || (!all && q * q > VAGUE * VAGUE
		                              * e.at->precision)) {
			t->n_vague++;
			return MR_OK;
		}
	}
	e.level = note_level(t, s->target_S / t->g_max_S);
	if (e.level == UINT32_MAX) {
		t->n_crowded++;
		return MR_OK;
	}
	if (t->n_units == 0 || t->event[t->n - 1].cell != e.cell)
		t->unit[t->n_units++] = t->n;
	t->n_points += e.n;
	t->event[t->n++] = e;
	return MR_OK;
}

static int gather(struct targets *t, bool all)
{
	size_t n = t->spans.n;

	t->event = calloc(n + 1, sizeof *t->event);
	t->next = calloc(n + 1, 1);
	t->unit = calloc(n + 2, sizeof *t->unit);
	t->readings = malloc((n + 1) * MR__TARGET_READS * sizeof(double));
	if (!t->event || !t->next || !t->unit || !t->readings)
		return MR_ERR_NOMEM;
	for (size_t k = 0; k < n; k++) {
		const struct mr__span *s = &t->spans.at[k];

		if (s->known && s->target_S >= 0
		    && add_event(t, s, all) != MR_OK)
			return MR_ERR_NOMEM;
	}
	t->unit[t->n_units] = t->n;
	t->slots = t->n < SLOTS_ROOM / SLOTS_MAX ? SLOTS_MAX : 2;
	t->seen = calloc(t->slots * t->n + 1, sizeof *t->seen);
	t->lost = calloc(t->slots * t->n + 1, sizeof *t->lost);
	t->seen_t0 = calloc(t->slots * t->n_units + 1, sizeof *t->seen_t0);
	if (!t->seen || !t->lost || !t->seen_t0)
		return MR_ERR_NOMEM;
	forget(t);
	return MR_OK;
}

static void release(struct targets *t)
{
	mr__spans_free(&t->spans);
	for (size_t k = 0; k < t->n_instants; k++)
		free(t->instants[k]);
	free(t->instants);
	free(t->event);
	free(t->seen);
	free(t->lost);
	free(t->unit);
	free(t->seen_t0);
	free(t->next);
	free(t->readings);
	free(t);
}

/* The model's parameters as they stand; g_max is the array's. */
static int begin(const struct mr__fitting *f, bool all, struct targets **out)
{
	struct targets *t = calloc(1, sizeof *t);
	int code = t ? MR_OK : MR_ERR_NOMEM;

	if (code == MR_OK) {
		t->f = f;
		mr__target_laws_find(f->fit->model, &t->laws);
		for (uint32_t i = 0; i < f->fit->n_estimates; i++)
			t->p[i] = f->fit->estimates[i].value;
		t->g_max_S = f->history->desc.g_max_S;
		t->flicker = strcmp(f->fit->noise, "flicker") == 0;
		t->silent = strcmp(f->fit->noise, "none") == 0;
		code = mr__spans_take(f, 1, &t->spans);
	}
	if (code == MR_OK)
		code = gather(t, all);
	if (code == MR_OK) {
		*out = t;
		return MR_OK;
	}
	if (t)
		release(t);
	return mr_errtext_set(f->err, code, "no memory for programmings");
}

/* ---- what can be told ---------------------------------------------------- */

static void set_free(struct targets *t, int param)
{
	if (param < 0 || t->n_free == MR__LIKELIHOOD_PARAMS_MAX)
		return;
	for (size_t k = 0; k < t->n_free; k++)
		if (t->free[k] == (size_t)param)
			return;
	t->free[t->n_free++] = (size_t)param;
}

static bool is_apart(const struct targets *t, const struct mr__law *l, size_t k)
{
	return (l == &t->laws.nu && !isnan(t->own[OF_NU][k]))
	       || (l == &t->laws.nu_sd && !isnan(t->own[OF_NU_SD][k]));
}

static size_t ruled(const struct targets *t, const struct mr__law *l, int by)
{
	size_t n = 0;

	for (size_t k = 0; by >= 0 && k < t->n_levels; k++)
		n += !is_apart(t, l, k)
		     && mr__law_ruler(l, t->p, t->level[k]) == by;
	return n;
}

static void free_law(struct targets *t, const struct mr__law *l)
{
	size_t above = ruled(t, l, l->term[0]);

	if (l->at_1 >= 0) {
		if (ruled(t, l, l->at_1) > 0)
			set_free(t, l->at_1);
		if (ruled(t, l, l->at_1) > 1)
			set_free(t, l->exponent);
	}
	if (ruled(t, l, l->slope) > 0)
		set_free(t, l->offset);
	if (ruled(t, l, l->slope) > 1)
		set_free(t, l->slope);
	if (ruled(t, l, l->min) > 0)
		set_free(t, l->min);
	if (ruled(t, l, l->max) > 0)
		set_free(t, l->max);
	for (size_t k = 0; k < MR__LAW_TERMS && k < above; k++)
		set_free(t, l->term[k]);
}

/* Whether readings reach over ages enough for exponents. */
static bool ages(const struct targets *t)
{
	for (size_t k = 0; k < t->n; k++) {
		const struct mr__target_instants *at = t->event[k].at;

		if (at && at->n > 2
		    && log1p(at->age_s[at->n - 1] / t->p[t->laws.t0]) > 0.5)
			return true;
	}
	return false;
}

static void choose_free(struct targets *t)
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

static void set_steps(const struct targets *t, double *step)
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

static int maximise(struct targets *t, double *cov)
{
	double step[MR__LIKELIHOOD_PARAMS_MAX];
	double x[MR__LIKELIHOOD_PARAMS_MAX];
	struct mr__likelihood l = {t, t->n_units, t->n_free, of_unit, step};
	struct mr__maximum best;
	int code;

	set_steps(t, step);
	for (size_t k = 0; k < t->n_free; k++)
		x[k] = t->p[t->free[k]];
	set_wide_steps(&l, x, step);
	code = mr__likelihood_maximise(&l, x, cov, &best, t->f->err);
	for (size_t k = 0; k < t->n_free; k++)
		t->p[t->free[k]] = x[k];
	forget(t);
	return code;
}

/* Log density of the readings of one level, with a value of its own. */
static double of_level(struct targets *t, int law, size_t level, double value)
{
	double was = t->own[law][level];
	double sum = 0;

	t->own[law][level] = value;
	for (size_t u = 0; u < t->n_units; u++) {
		size_t slot = look(t, u, t->p[t->laws.t0]);

		for (size_t k = t->unit[u]; k < t->unit[u + 1]; k++)
			if (t->event[k].level == level)
				sum += of_event(t, k, slot, t->p);
	}
	t->own[law][level] = was;
	return sum;
}

/* The value that a level would have by itself, and its standard error: Newton
 * from the law's value on. */
static double alone(struct targets *t, int law, size_t level, double *se)
{
	double x = at_level(t, law, level, t->p);
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

/* A level that may lie on either side of a limit of its law tells of neither
 * side, and would make of the likelihood one with a kink, of which errors are
 * not what its curvature says: it gets a value of its own. */
static void set_apart(struct targets *t)
{
	for (int law = 0; law < N_OF; law++)
		for (size_t k = 0; k < t->n_levels; k++) {
			const struct mr__law *l = law == OF_NU
			                          ? &t->laws.nu
			                          : &t->laws.nu_sd;
			double line = mr__law_line(l, t->p, t->level[k]);
			double off = fmin(fabs(line - t->p[l->min]),
			                  fabs(line - t->p[l->max]));
			double se;
			double value;

			if (isnan(line) || off > 0.5 * fabs(line))
				continue;
			value = alone(t, law, k, &se);
			if (off < APART * se && isfinite(se))
				t->own[law][k] = value;
		}
}

/* Where the laws now are, other limits may matter. */
static int fit(struct targets *t, double *cov)
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
	if (ages(t))
		set_apart(t);
	t->n_free = 0;
	choose_free(t);
	return maximise(t, cov);
}

static void keep(struct mr__fitting *f, const struct targets *t,
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

static int tables(struct mr__fitting *f, const struct targets *t)
{
	static const char *const columns[] = {"cell", "target_S", "level_S",
	                                      "nu", "se", "n"};
	double *row = mr__fit_table(f, "drift", columns, 6, t->n);

	if (!row)
		return mr_errtext_set(f->err, MR_ERR_NOMEM,
		                      "no memory for the drift table");
	forget(t);
	memset(t->next, 0, t->n_units);
	for (size_t u = 0; u < t->n_units; u++)
		(void)look(t, u, t->p[t->laws.t0]);
	for (size_t k = 0; k < t->n; k++, row += 6) {
		const struct mr__target_seen *s = &t->seen[k];
		double det = s->gg * s->nn - s->gn * s->gn;
		bool told = s->n > 2 && det > 1e-9 * s->gg * s->nn;

		row[0] = t->event[k].cell;
		row[1] = t->event[k].target_S;
		row[2] = s->g_S;
		row[3] = told ? s->nu : NAN;
		row[4] = told ? q_of(t, t->p, s->g_S) * sqrt(s->gg / det) : NAN;
		row[5] = t->event[k].n;
	}
	return MR_OK;
}

static int fit_and_keep(struct mr__fitting *f, struct targets *t)
{
	double *cov = malloc(sizeof *cov * MR__LIKELIHOOD_PARAMS_MAX
	                     * MR__LIKELIHOOD_PARAMS_MAX);
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
	struct targets *t;
	int code;

	set_described(f, "g_max_S", f->history->desc.g_max_S);
	set_described(f, "g_ref_S", f->history->desc.g_max_S);
	code = mr__fit_noise(f, &noise);
	if (code != MR_OK)
		return code;
	if (noise.kind)
		(void)snprintf(f->fit->noise, sizeof f->fit->noise, "%s",
		               noise.kind);
	code = begin(f, false, &t);
	if (code != MR_OK)
		return code;
	code = t->n > 0 ? fit_and_keep(f, t)
	                : mr_errtext_set(f->err, MR_ERR_UNSUPPORTED,
	                                 "no programming to a target with "
	                                 "readings after it can be used");
	release(t);
	return code;
}

int mr__fit_target_score(const struct mr__fitting *f, double *sum,
                         double *per_cell, uint64_t *n)
{
	struct targets *t;
	int code = begin(f, true, &t);

	if (code != MR_OK)
		return code;
	for (size_t u = 0; u < t->n_units; u++) {
		double d = of_cell(t, u, t->p);

		per_cell[t->event[t->unit[u]].cell] = d;
		*sum += d;
	}
	*n += t->n_points;
	release(t);
	return MR_OK;
}
