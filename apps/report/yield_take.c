/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Judges cells by their readings at the bottom and at the top. */
#include "yield.h"

#include <math.h>
#include <stdlib.h>

#include "groups.h"

#define MAD_TO_SD 1.4826 /* of a normal distribution */

enum end { NOWHERE, BOTTOM, TOP };

/* Where an event leaves a cell that works. */
static enum end end_after(const struct mr_report *r,
                          const struct mr_history_event *e)
{
	const struct mr_description *d = &r->history->desc;
	double middle_S = 0.5 * (d->g_min_S + d->g_max_S);

	if (e->kind == MR_HISTORY_PROGRAM)
		return (double)e->amplitude < middle_S ? BOTTOM : TOP;
	if (e->kind != MR_HISTORY_PULSE)
		return NOWHERE;
	return e->effect == MR_EFFECT_RAISE  ? TOP
	       : e->effect == MR_EFFECT_NONE ? NOWHERE
	                                     : BOTTOM;
}

static void one_cell(const struct mr_report *r, struct mr_yield *y, uint32_t cell)
{
	const struct mr_history *h = r->history;
	struct mr_groups g = {0};
	enum end at = NOWHERE;

	for (size_t i = h->first[cell]; i < h->first[cell + 1]; i++) {
		const struct mr_history_event *e = &h->events[i];

		if (!mr_report_is(r, e->part, "map"))
			at = NOWHERE;
		else if (e->kind != MR_HISTORY_READ)
			at = end_after(r, e);
		else
			mr_groups_add(&g, at, (double)e->g_S);
	}
	mr_groups_sort(&g);
	y->low_S[cell] = y->high_S[cell] = NAN;
	for (size_t k = 0; k < g.n; k++) {
		double median_S = mr_group_quantile(&g.at[k], 0.5);

		if (g.at[k].key > BOTTOM)
			y->high_S[cell] = median_S;
		else if (g.at[k].key > NOWHERE)
			y->low_S[cell] = median_S;
		else if (!y->switched) /* as found: all that there is */
			y->low_S[cell] = y->high_S[cell] = median_S;
	}
	mr_groups_free(&g);
}

/* Median and spread that a few wild cells do not move. */
static int centre(const double *v, uint32_t n, double *median, double *sd)
{
	struct mr_groups g = {0};
	bool failed;

	for (uint32_t k = 0; k < n; k++)
		mr_groups_add(&g, 0, v[k]);
	mr_groups_sort(&g);
	*median = g.n ? mr_group_quantile(&g.at[0], 0.5) : NAN;
	for (uint32_t k = 0; k < n; k++)
		mr_groups_add(&g, 1, fabs(v[k] - *median));
	mr_groups_sort(&g);
	*sd = g.n > 1 ? MAD_TO_SD * mr_group_quantile(&g.at[1], 0.5) : NAN;
	failed = g.failed;
	mr_groups_free(&g);
	return failed ? MR_ERR_NOMEM : MR_OK;
}

/* Far by both measures: of cells that are nearly alike, none is far. */
static bool is_far(double g_S, double median_S, double sd_S, double window_S)
{
	double off_S = fabs(g_S - median_S);

	return off_S > MR_YIELD_FAR * sd_S && off_S > MR_YIELD_STUCK * window_S;
}

static enum mr_yield_class judge(const struct mr_yield *y, uint32_t cell)
{
	double low_S = y->low_S[cell];
	double high_S = y->high_S[cell];
	double window_S = y->high_median_S - y->low_median_S;
	double middle_S = 0.5 * (y->high_median_S + y->low_median_S);

	if (isnan(low_S) || isnan(high_S))
		return MR_YIELD_UNREAD;
	if (!y->switched)
		return MR_YIELD_WORKS;
	if (high_S - low_S < MR_YIELD_STUCK * window_S)
		return low_S + high_S < 2 * middle_S ? MR_YIELD_STUCK_LOW
		                                     : MR_YIELD_STUCK_HIGH;
	if (is_far(low_S, y->low_median_S, y->low_sd_S, window_S)
	    || is_far(high_S, y->high_median_S, y->high_sd_S, window_S))
		return MR_YIELD_OUTLIER;
	return MR_YIELD_WORKS;
}

static bool was_switched(const struct mr_report *r)
{
	const struct mr_history *h = r->history;

	for (size_t i = 0; i < h->first[h->n_cells]; i++)
		if (mr_report_is(r, h->events[i].part, "map")
		    && end_after(r, &h->events[i]) != NOWHERE)
			return true;
	return false;
}

int mr_yield_take(const struct mr_report *r, struct mr_yield *out)
{
	uint32_t n = r->history->n_cells;
	int code;

	*out = (struct mr_yield){.switched = was_switched(r)};
	out->low_S = calloc(n, sizeof *out->low_S);
	out->high_S = calloc(n, sizeof *out->high_S);
	out->of = calloc(n, sizeof *out->of);
	if (!out->low_S || !out->high_S || !out->of)
		return MR_ERR_NOMEM;
	for (uint32_t cell = 0; cell < n; cell++)
		one_cell(r, out, cell);
	code = centre(out->low_S, n, &out->low_median_S, &out->low_sd_S);
	if (code == MR_OK)
		code = centre(out->high_S, n, &out->high_median_S,
		              &out->high_sd_S);
	for (uint32_t cell = 0; cell < n && code == MR_OK; cell++) {
		out->of[cell] = judge(out, cell);
		out->n[out->of[cell]]++;
	}
	return code;
}

void mr_yield_free(struct mr_yield *y)
{
	free(y->low_S);
	free(y->high_S);
	free(y->of);
	*y = (struct mr_yield){0};
}
