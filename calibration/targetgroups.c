/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Targets side by side, until they tell enough. */
#include "targetlevels.h"

#include <math.h>
#include <string.h>

/* Information that a group has at least: a mean within half the spread of its
 * cells; a spread within a seventh, so that its logarithm is nearly normal. */
#define LEAST_OF_MEAN 4.0
#define LEAST_OF_SPREAD 50.0

/* What an event says of the mean of the exponent, in units of the spread; and
 * of the logarithm of the spread. */
static void tell(const struct mr__targets *t, size_t k,
                 const struct mr__target_seen *seen, double told[MR__TARGET_N_OF])
{
	const struct mr__target_event *e = &t->event[k];
	struct mr__target_prior p = mr__targets_prior(t, k, t->p);
	double share;

	told[MR__TARGET_OF_NU] = told[MR__TARGET_OF_NU_SD] = 0;
	if (!e->at || e->lost)
		return;
	share = p.nu_sd * p.nu_sd * mr__target_told(
		seen, p.sd_S, mr__targets_q(t, t->p, e->g_ref_S));
	share /= 1 + share;
	told[MR__TARGET_OF_NU] = share;
	told[MR__TARGET_OF_NU_SD] = 2 * share * share;
}

static bool same_piece(const struct mr__law *l, const double *p, double a, double b)
{
	return isnan(mr__law_line(l, p, a)) == isnan(mr__law_line(l, p, b));
}

static void close_group(struct mr__target_groups *g, const size_t *order, size_t from,
                        size_t to, const double *told, double sum)
{
	for (size_t i = from; i < to; i++) {
		g->of[order[i]] = (uint32_t)g->n;
		g->share[order[i]] = told[order[i]] / sum;
	}
	g->off[g->n++] = 0;
}

/* What is left over goes to the group before it, if there is one in the piece. */
static void join_last(struct mr__target_groups *g, const size_t *order, size_t from,
                      size_t to, const double *told)
{
	double sum = 0;
	size_t first = from;

	while (first > 0 && g->of[order[first - 1]] == g->n - 1)
		first--;
	for (size_t i = first; i < to; i++)
		sum += told[order[i]];
	g->n--;
	close_group(g, order, first, to, told, sum);
}

static void group_law(struct mr__targets *t, int law, const size_t *order,
                      const double *told, double least)
{
	struct mr__target_groups *g = &t->group[law];
	const struct mr__law *l = mr__targets_law(t, law);
	size_t from = 0;
	double sum = 0;
	bool open = false; /* the group before belongs to this piece */

	g->n = 0;
	for (size_t i = 0; i < t->n_levels; i++) {
		bool last = i + 1 == t->n_levels
		            || !same_piece(l, t->p, t->level[order[i]],
		                           t->level[order[i + 1]]);

		sum += told[order[i]];
		if (sum >= least) {
			close_group(g, order, from, i + 1, told, sum);
			from = i + 1;
			open = true;
			sum = 0;
		}
		if (last) {
			if (open && from <= i)
				join_last(g, order, from, i + 1, told);
			from = i + 1;
			open = false;
			sum = 0;
		}
	}
}

static void sort_levels(const struct mr__targets *t, size_t *order)
{
	for (size_t i = 0; i < t->n_levels; i++) {
		size_t at = i;

		for (; at > 0 && t->level[order[at - 1]] > t->level[i]; at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
}

void mr__target_levels_group(struct mr__targets *t)
{
	double told[MR__TARGET_N_OF][MR__TARGET_LEVELS_MAX] = {{0}};
	double sum[MR__TARGET_N_OF] = {0};
	size_t order[MR__TARGET_LEVELS_MAX] = {0};

	for (int law = 0; law < MR__TARGET_N_OF; law++) {
		t->group[law].n = 0;
		for (size_t k = 0; k < t->n_levels; k++)
			t->group[law].of[k] = MR__TARGET_NO_GROUP;
	}
	mr__targets_anchor(t);
	for (size_t u = 0; u < t->n_units; u++) {
		size_t slot = mr__targets_look(t, u, t->p[t->laws.t0]);

		for (size_t k = t->unit[u]; k < t->unit[u + 1]; k++) {
			double of[MR__TARGET_N_OF];

			tell(t, k, &t->seen[slot * t->n + k], of);
			for (int law = 0; law < MR__TARGET_N_OF; law++) {
				told[law][t->event[k].level] += of[law];
				sum[law] += of[law];
			}
		}
	}
	sort_levels(t, order);
	group_law(t, MR__TARGET_OF_NU, order, told[MR__TARGET_OF_NU],
	          fmax(LEAST_OF_MEAN, sum[MR__TARGET_OF_NU]
	                              / MR__TARGET_GROUPS_MAX));
	group_law(t, MR__TARGET_OF_NU_SD, order, told[MR__TARGET_OF_NU_SD],
	          fmax(LEAST_OF_SPREAD, sum[MR__TARGET_OF_NU_SD]
	                                / MR__TARGET_GROUPS_MAX));
}
