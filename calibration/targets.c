/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Gathers programmings; the density of what was read after them. */
#include "targets_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ladder.h"

#define INSTANTS_MAX 512 /* patterns; more are of arrays read cell by cell */
#define VAGUE 0.05       /* relative error of G over which an event is not used */
#define VAGUE_FLICKER 0.25 /* the same of 1/f noise, most of it a common factor */
#define SLOTS_MAX 10
#define SLOTS_ROOM 1000000 /* events in all slots together */
#define SURE_NU 0.05     /* how well a law is held to say what nu is */
#define LITTLE_Q 1e-4    /* of an array without noise */
#define KNOWN 0.02       /* relative error of G up to which few nodes do */
#define NODES 7
#define NOTHING 40.0     /* in the logarithm */
#define ROOT_HALF 0.7071067811865476
#define ROOT_ONE_OVER_PI 0.5641895835477563

/* ---- the density --------------------------------------------------------- */

double mr__targets_q(const struct mr__targets *t, const double *p, double g_S)
{
	return t->silent ? LITTLE_Q
	                 : mr__law_value(&t->laws.q, p, g_S / t->g_max_S);
}

static void see(const struct mr__targets *t, size_t k, size_t slot, double t0_s)
{
	const struct mr__target_event *e = &t->event[k];

	if (e->at)
		t->lost[slot * t->n + k] = !mr__target_see(
			e->at, e->g_S, t0_s, e->nu, SURE_NU, e->q,
			&t->seen[slot * t->n + k]);
}

/* The slot that holds what is seen of a cell at a t0. */
size_t mr__targets_look(const struct mr__targets *t, size_t unit, double t0_s)
{
	size_t slot;

	for (slot = 0; slot < t->slots; slot++)
		if (t->seen_t0[slot * t->n_units + unit] == t0_s)
			return slot;
	slot = t->next[unit];
	t->next[unit] = (uint8_t)(slot + 1 < t->slots ? slot + 1 : 0);
	for (size_t k = t->unit[unit]; k < t->unit[unit + 1]; k++)
		see(t, k, slot, t0_s);
	t->seen_t0[slot * t->n_units + unit] = t0_s;
	return slot;
}

void mr__targets_forget(const struct mr__targets *t)
{
	for (size_t k = 0; k < t->slots * t->n_units; k++)
		t->seen_t0[k] = NAN;
}

/* What the readings show is off by noise that they have in common, and by an exponent
 * that is not theirs; target and law of the exponent tell as much, often more. The
 * best of all, as if it were normal. */
static void find_level(const struct mr__targets *t, size_t k,
                       const struct mr__target_seen *s)
{
	struct mr__target_event *e = &t->event[k];
	struct mr__target_prior p = mr__targets_prior(t, k, t->p);
	double per = 1 / (e->q * e->q);
	double in_g = 1 / fmax(p.sd_S * p.sd_S, 1e-30);
	double in_nu = 1 / fmax(p.nu_sd * p.nu_sd, 1e-12);
	double gg = per * s->one_one + s->g_S * s->g_S * in_g;
	double gn = -per * s->one_l;
	double nn = per * s->l_l + in_nu;
	double bg = per * s->one_e + s->g_S * (e->target_S - s->g_S) * in_g;
	double bn = -per * s->l_e + (p.nu - s->nu) * in_nu;
	double det = gg * nn - gn * gn;
	double best = s->g_S * (1 + (nn * bg - gn * bn) / det);

	e->g_ref_S = best > 0 ? best : s->g_S;
	e->wide_S = s->g_S * sqrt(nn / det);
}

/* What is lost is lost at all t0, or the likelihood would jump. */
static void anchor_event(struct mr__targets *t, size_t k, size_t slot)
{
	struct mr__target_event *e = &t->event[k];

	if (!e->at)
		return;
	e->lost = e->lost || t->lost[slot * t->n + k];
	if (!e->lost)
		find_level(t, k, &t->seen[slot * t->n + k]);
}

void mr__targets_anchor(struct mr__targets *t)
{
	mr__targets_forget(t);
	for (size_t k = 0; k < t->n; k++) {
		struct mr__target_event *e = &t->event[k];

		e->nu = mr__targets_prior(t, k, t->p).nu;
		e->q = fmax(mr__targets_q(t, t->p, e->target_S), LITTLE_Q);
	}
	for (size_t u = 0; u < t->n_units; u++) {
		size_t slot = mr__targets_look(t, u, t->p[t->laws.t0]);

		for (size_t k = t->unit[u]; k < t->unit[u + 1]; k++)
			anchor_event(t, k, slot);
	}
}

const struct mr__law *mr__targets_law(const struct mr__targets *t, int law)
{
	return law == MR__TARGET_OF_NU ? &t->laws.nu : &t->laws.nu_sd;
}

static double off_law(const struct mr__targets *t, int law, size_t level)
{
	const struct mr__target_groups *g = &t->group[law];
	uint32_t of = g->of[level];

	return of == MR__TARGET_NO_GROUP ? 0 : g->off[of];
}

struct mr__target_prior mr__targets_prior(const struct mr__targets *t, size_t k,
                                          const double *p)
{
	const struct mr__target_event *e = &t->event[k];
	double g = t->level[e->level];

	return (struct mr__target_prior){
		.target_S = e->target_S,
		.sd_S = mr__target_error_S(&t->laws, p, g),
		.nu = mr__law_value(&t->laws.nu, p, g)
		      + off_law(t, MR__TARGET_OF_NU, e->level),
		.nu_sd = mr__law_value(&t->laws.nu_sd, p, g)
		         * exp(off_law(t, MR__TARGET_OF_NU_SD, e->level)),
		.q = 1};
}

/* Integral over G, by Gauss and Hermite about where it is held to be: the noise of
 * each conductance is its own. Nodes and weights: Abramowitz and Stegun, table
 * 25.10. */
static double over_levels(const struct mr__targets *t, const struct mr__target_event *e,
                          const struct mr__target_seen *seen,
                          const struct mr__target_prior *prior, const double *p)
{
	static const double few[2][3] = {
		{-1.224744871391589, 0, 1.224744871391589},
		{0.2954089751509193, 1.181635900603677, 0.2954089751509193}};
	static const double many[2][NODES] = {
		{-2.651961356835233, -1.673551628767471, -0.8162878828589647, 0,
	         0.8162878828589647, 1.673551628767471, 2.651961356835233},
		{0.0009717812450995192, 0.05451558281912703, 0.4256072526101278,
	         0.8102646175568073, 0.4256072526101278, 0.05451558281912703,
	         0.0009717812450995192}};
	bool known = e->wide_S < KNOWN * e->g_ref_S;
	const double *node = known ? few[0] : many[0];
	const double *weight = known ? few[1] : many[1];
	int n = known ? 3 : NODES;
	double part[NODES];
	double most = -INFINITY;
	double sum = 0;

	for (int m = 0; m < n; m++) {
		double g = e->g_ref_S + node[m] / ROOT_HALF * e->wide_S;
		double off = (g - prior->target_S) / prior->sd_S;

		part[m] = -INFINITY;
		if (!(g > 0))
			continue;
		part[m] = mr__target_density_at(seen, prior, g,
		                                prior->q * mr__targets_q(t, p, g))
		          - 0.5 * off * off + node[m] * node[m];
		most = fmax(most, part[m]);
	}
	for (int m = 0; m < n; m++)
		if (part[m] > most - NOTHING)
			sum += weight[m] * exp(part[m] - most);
	return most + log(sum * ROOT_ONE_OVER_PI * e->wide_S / prior->sd_S);
}

double mr__targets_density(const struct mr__targets *t, size_t k, size_t slot,
                           const struct mr__target_prior *prior, const double *p)
{
	const struct mr__target_event *e = &t->event[k];

	if (!e->at)
		return log(fmax(0.5 * erfc(prior->target_S / prior->sd_S
		                           * ROOT_HALF), 1e-300));
	if (e->lost)
		return 0;
	if (!(prior->nu_sd > 0) || !(prior->sd_S > 0)
	    || !(mr__targets_q(t, p, e->g_ref_S) > 0))
		return -INFINITY;
	return over_levels(t, e, &t->seen[slot * t->n + k], prior, p);
}

double mr__targets_of_cell(const struct mr__targets *t, size_t unit, const double *p)
{
	double sum = 0;
	size_t slot;

	if (!(p[t->laws.t0] > 0))
		return -INFINITY;
	slot = mr__targets_look(t, unit, p[t->laws.t0]);
	for (size_t k = t->unit[unit]; k < t->unit[unit + 1]; k++) {
		struct mr__target_prior prior = mr__targets_prior(t, k, p);

		sum += mr__targets_density(t, k, slot, &prior, p);
	}
	return sum;
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

static bool correlate(const struct mr__targets *t, struct mr__target_instants *at)
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

void mr__targets_correlate(struct mr__targets *t)
{
	for (size_t k = 0; t->flicker && k < t->n_instants; k++)
		(void)correlate(t, t->instants[k]);
	mr__targets_forget(t);
}

static int find_instants(struct mr__targets *t, const struct mr__target_instants *w,
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
	/* NOLINTNEXTLINE: an array of pointers it is */
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

static uint32_t note_level(struct mr__targets *t, double g)
{
	for (uint32_t k = 0; k < t->n_levels; k++)
		if (fabs(t->level[k] - g) < 1e-5)
			return k;
	if (t->n_levels == MR__TARGET_LEVELS_MAX)
		return UINT32_MAX;
	t->level[t->n_levels] = g;
	for (int law = 0; law < MR__TARGET_N_OF; law++)
		t->group[law].of[t->n_levels] = MR__TARGET_NO_GROUP;
	return (uint32_t)t->n_levels++;
}

static bool is_vague(const struct mr__targets *t, double target_S,
                     const struct mr__target_instants *at)
{
	double q = mr__targets_q(t, t->p, target_S);
	double most = t->flicker ? VAGUE_FLICKER : VAGUE;

	return q * q > most * most * at->precision;
}

static int add_event(struct mr__targets *t, const struct mr__span *s, bool all)
{
	struct mr__target_instants at = {0};
	double *g_S = t->readings + t->n * MR__TARGET_READS;
	struct mr__target_event e = {.g_S = g_S, .target_S = s->target_S, .cell = s->cell};
	uint32_t which[MR__TARGET_READS];
	double most = 0;

	e.n = at.n = mr__span_thin(s, MR__TARGET_READS, which);
	for (uint32_t i = 0; i < at.n; i++) {
		const struct mr_history_event *read = &s->reads[which[i]];

		at.age_s[i] = mr__span_age_s(s, which[i]);
		at.over_s[i] = (double)read->over_s;
		at.averages[i] = read->count;
		at.t_int_s[i] = mr__span_t_int_s(t->f->history, read);
		g_S[i] = (double)read->g_S;
		most = fmax(most, fabs(g_S[i]));
	}
	if (find_instants(t, &at, &e.at) != MR_OK)
		return MR_ERR_NOMEM;
	/* by the target, for cells that were clamped as for others */
	if (!e.at || (!all && is_vague(t, s->target_S, e.at))) {
		t->n_vague++;
		return MR_OK;
	}
	if (!(most > 0))
		e.at = NULL;
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

static int gather(struct mr__targets *t, bool all)
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
	mr__targets_forget(t);
	return MR_OK;
}

void mr__targets_release(struct mr__targets *t)
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
int mr__targets_begin(const struct mr__fitting *f, bool all, struct mr__targets **out)
{
	struct mr__targets *t = calloc(1, sizeof *t);
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
		mr__targets_release(t);
	return mr_errtext_set(f->err, code, "no memory for programmings");
}
