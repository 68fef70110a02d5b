/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Groups grow as they come; there are some hundred of them at most. */
#include "groups.h"

#include <math.h>
#include <stdlib.h>

/* Keys are copies of the same numbers: they are compared bit by bit. */
static bool same(double a, double b)
{
	return !(a < b) && !(a > b);
}

static struct mr_group *find(struct mr_groups *g, double key)
{
	if (g->last + 1 < g->n && same(g->at[g->last + 1].key, key))
		return &g->at[++g->last];
	for (size_t k = 0; k < g->n; k++)
		if (same(g->at[k].key, key))
			return &g->at[g->last = k];
	if (g->n == g->room) {
		size_t room = g->room ? 2 * g->room : 32;
		struct mr_group *at = realloc(g->at, room * sizeof *at);

		if (!at)
			return NULL;
		g->at = at;
		g->room = room;
	}
	g->at[g->n] = (struct mr_group){.key = key};
	g->last = g->n;
	return &g->at[g->n++];
}

void mr_groups_add(struct mr_groups *g, double key, double v)
{
	struct mr_group *at;

	if (g->failed || !isfinite(v) || isnan(key))
		return;
	at = find(g, key);
	if (at && at->n == at->room) {
		size_t room = at->room ? 2 * at->room : 16;
		double *bigger = realloc(at->v, room * sizeof *bigger);

		if (bigger) {
			at->v = bigger;
			at->room = room;
		} else {
			at = NULL;
		}
	}
	if (at)
		at->v[at->n++] = v;
	else
		g->failed = true;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static int by_key(const void *a, const void *b)
{
	return ascending(&((const struct mr_group *)a)->key,
	                 &((const struct mr_group *)b)->key);
}

void mr_groups_sort(struct mr_groups *g)
{
	if (g->n > 0)
		qsort(g->at, g->n, sizeof *g->at, by_key);
	for (size_t k = 0; k < g->n; k++)
		if (g->at[k].n > 0)
			qsort(g->at[k].v, g->at[k].n, sizeof(double), ascending);
	g->last = 0;
}

size_t mr_groups_count(const struct mr_groups *g)
{
	size_t n = 0;

	for (size_t k = 0; k < g->n; k++)
		n += g->at[k].n;
	return n;
}

void mr_groups_free(struct mr_groups *g)
{
	for (size_t k = 0; k < g->n; k++)
		free(g->at[k].v);
	free(g->at);
	*g = (struct mr_groups){0};
}

double mr_group_quantile(const struct mr_group *g, double p)
{
	double at = p * (double)(g->n ? g->n - 1 : 0);
	size_t below = (size_t)at;

	if (g->n == 0)
		return NAN;
	if (below + 1 >= g->n)
		return g->v[g->n - 1];
	return g->v[below]
	       + (at - (double)below) * (g->v[below + 1] - g->v[below]);
}

double mr_group_mean(const struct mr_group *g)
{
	double sum = 0;

	for (size_t k = 0; k < g->n; k++)
		sum += g->v[k];
	return g->n ? sum / (double)g->n : NAN;
}
