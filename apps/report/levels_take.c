/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Takes levels out of a history. */
#include "levels.h"

#include <math.h>
#include <stdlib.h>

#define NS_PER_S 1e9

/** A cell at its present level. */
struct at_level {
	double key;
	bool known;
	int64_t t_p_ns;
	size_t first; /* index of the first reading since */
	size_t n;     /* readings */
};

static struct mr_level *find(struct mr_levels *l, double key)
{
	for (size_t k = 0; k < l->n; k++)
		if (fabs(l->at[k].key - key) <= 1e-6 * fabs(key))
			return &l->at[k];
	if (l->n == MR_LEVELS_TOLD)
		return NULL;
	l->at[l->n].key = key;
	return &l->at[l->n++];
}

/* What one reading alone says of time is nothing; a verify's are the loop's. */
static void keep(struct mr_levels *l, const struct at_level *a,
                 const struct mr_history_event *events, bool verify)
{
	const struct mr_history_event *e = events + a->first;
	struct mr_level *level;

	if (!a->known || a->n < 2 || verify || !((double)e->g_S > 0))
		return;
	level = find(l, a->key);
	if (!level) {
		l->n_beyond++;
		return;
	}
	l->n_spans++;
	l->n_reads += a->n;
	mr_groups_add(&level->first_S, 0, (double)e->g_S);
	for (size_t k = 0; k < a->n; k++) {
		mr_groups_add(&level->ratio, (double)k,
		              (double)e[k].g_S / (double)e->g_S);
		mr_groups_add(&level->age_s, (double)k,
		              (double)(e[k].t_ns - a->t_p_ns) / NS_PER_S);
	}
}

static void move(struct mr_levels *l, struct at_level *a,
                 const struct mr_history_event *e)
{
	a->n = 0;
	a->t_p_ns = e->t_ns;
	if (e->kind == MR_HISTORY_PROGRAM) {
		a->key = (double)e->amplitude;
		a->known = true;
		l->by_target = true;
	} else if (e->kind == MR_HISTORY_GAP || e->effect == MR_EFFECT_NONE) {
		a->known = false;
	} else if (e->effect == MR_EFFECT_RAISE) {
		a->key += e->count;
	} else {
		a->key = 0;
		a->known = true;
	}
}

static void take_cell(const struct mr_report *r, const char *protocol,
                      struct mr_levels *l, uint32_t cell)
{
	const struct mr_history *h = r->history;
	struct at_level a = {.known = false};

	for (size_t i = h->first[cell]; i < h->first[cell + 1]; i++) {
		const struct mr_history_event *e = &h->events[i];

		if (!mr_report_is(r, e->part, protocol)) {
			keep(l, &a, h->events, false);
			a.known = false;
			a.n = 0;
		} else if (e->kind == MR_HISTORY_READ) {
			if (a.n++ == 0)
				a.first = i;
		} else {
			keep(l, &a, h->events, e->kind == MR_HISTORY_PROGRAM);
			move(l, &a, e);
		}
	}
	keep(l, &a, h->events, false);
}

static double middle(const struct mr_level *level)
{
	return level->first_S.n ? mr_group_quantile(&level->first_S.at[0], 0.5)
	                        : 0;
}

static int by_middle(const void *a, const void *b)
{
	double x = middle(a);
	double y = middle(b);

	return (x > y) - (x < y);
}

void mr_levels_take(const struct mr_report *r, const char *protocol,
                    struct mr_levels *out)
{
	for (uint32_t cell = 0; cell < r->history->n_cells; cell++)
		take_cell(r, protocol, out, cell);
	for (size_t k = 0; k < out->n; k++) {
		struct mr_level *level = &out->at[k];

		mr_groups_sort(&level->first_S);
		mr_groups_sort(&level->ratio);
		mr_groups_sort(&level->age_s);
		out->failed = out->failed || level->first_S.failed
		              || level->ratio.failed || level->age_s.failed;
	}
	if (out->n > 0)
		qsort(out->at, out->n, sizeof *out->at, by_middle);
}

void mr_levels_free(struct mr_levels *l)
{
	for (size_t k = 0; k < l->n; k++) {
		mr_groups_free(&l->at[k].first_S);
		mr_groups_free(&l->at[k].ratio);
		mr_groups_free(&l->at[k].age_s);
	}
	*l = (struct mr_levels){0};
}
