/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The few numbers that matter first, and everything that is not as it should
 * be. */
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "html.h"
#include "yield.h"

/** Counts over the history. */
struct counts {
	uint64_t reads;
	uint64_t pulses;
	uint64_t programs;
	uint64_t missed;         /* of the programs */
	uint64_t saturated;      /* pulses */
	uint32_t cells_read;
};

static void count(const struct mr_history_event *e, struct counts *c)
{
	if (e->kind == MR_HISTORY_READ)
		c->reads++;
	if (e->kind == MR_HISTORY_PULSE) {
		c->pulses += e->count;
		c->saturated += (e->status & MR_STATUS_SATURATED) != 0;
	}
	if (e->kind == MR_HISTORY_PROGRAM) {
		c->programs++;
		c->missed += (e->status & MR_STATUS_NOT_CONVERGED) != 0;
	}
}

static struct counts count_all(const struct mr_history *h)
{
	struct counts c = {0};

	for (uint32_t cell = 0; cell < h->n_cells; cell++) {
		uint64_t before = c.reads;

		for (size_t i = h->first[cell]; i < h->first[cell + 1]; i++)
			count(&h->events[i], &c);
		c.cells_read += c.reads > before;
	}
	return c;
}

static void put_yield(const struct mr_report *r, const struct mr_yield *y)
{
	uint32_t n = r->history->n_cells;

	mr_html_print(r->to, "%" PRIu32 " of %" PRIu32 " cells work (%.1f %%); %"
	              PRIu32 " stuck low, %" PRIu32 " stuck high, %" PRIu32
	              " outliers, %" PRIu32 " without a reading.", y->n[0], n,
	              100.0 * y->n[0] / n, y->n[MR_YIELD_STUCK_LOW],
	              y->n[MR_YIELD_STUCK_HIGH], y->n[MR_YIELD_OUTLIER],
	              y->n[MR_YIELD_UNREAD]);
}

static void put_fit(const struct mr_report *r)
{
	uint32_t n_fitted = 0;

	if (!r->fit)
		return;
	for (uint32_t i = 0; i < r->fit->n_estimates; i++)
		n_fitted += r->fit->estimates[i].state == MR_ESTIMATE_FITTED;
	mr_html_print(r->to, " Model %s with %" PRIu32 " parameters fitted of %"
	              PRIu32 "; read noise: %s.", r->fit->model->name, n_fitted,
	              r->fit->n_estimates, r->fit->noise);
}

static void put_numbers(const struct mr_report *r, const struct counts *c,
                        const struct mr_yield *y)
{
	fputs("<p>", r->to);
	if (mr_report_has(r, "map") && y->switched)
		put_yield(r, y);
	mr_html_print(r->to, " %" PRIu64 " readings of %" PRIu32 " cells, %" PRIu64
	              " programming pulses", c->reads, c->cells_read, c->pulses);
	if (c->programs)
		mr_html_print(r->to, ", %" PRIu64 " cells programmed to a target",
		              c->programs);
	if (r->history->n_sweeps)
		mr_html_print(r->to, ", %zu sweeps", r->history->n_sweeps);
	fputs(".", r->to);
	put_fit(r);
	fputs("</p>\n", r->to);
}

/* ---- warnings -------------------------------------------------------------------- */

static void warn(const struct mr_report *r, const char *text)
{
	fputs("<li>", r->to);
	mr_html_text(r->to, text);
	fputs("</li>\n", r->to);
}

static void warn_count(const struct mr_report *r, uint64_t n, const char *what)
{
	char text[240];

	if (n == 0)
		return;
	(void)snprintf(text, sizeof text, "%" PRIu64 " %s", n, what);
	warn(r, text);
}

/* A few missed targets are what a tolerance is for. */
static void warn_programs(const struct mr_report *r, const struct counts *c)
{
	char text[240];

	if (c->missed == 0)
		return;
	(void)snprintf(text, sizeof text, "%" PRIu64 " of %" PRIu64 " targets "
	               "(%.1f %%) were not met within the budget of pulses",
	               c->missed, c->programs,
	               100.0 * (double)c->missed / (double)c->programs);
	warn(r, text);
}

static void put_warnings(const struct mr_report *r, const struct counts *c,
                         const struct mr_yield *y)
{
	const struct mr_history *h = r->history;

	fputs("<div class=\"warnings\">\n<p><b>To keep in mind</b></p>\n<ul>\n",
	      r->to);
	if (y->switched) {
		warn_count(r, y->n[MR_YIELD_STUCK_LOW] + y->n[MR_YIELD_STUCK_HIGH],
		           "cells are stuck: they never responded");
		warn_count(r, y->n[MR_YIELD_OUTLIER], "cells are outliers");
	}
	warn_count(r, h->n_cells - c->cells_read, "cells were never read");
	warn_programs(r, c);
	warn_count(r, c->saturated, "pulses met a cell at its end of range");
	for (size_t k = 0; k < h->n_losses; k++)
		if (h->losses[k].n > 0) {
			char text[240];

			(void)snprintf(text, sizeof text, "left out: %" PRIu64
			               " %s", h->losses[k].n, h->losses[k].why);
			warn(r, text);
		}
	if (!r->fit) {
		char text[640];

		(void)snprintf(text, sizeof text, "no model was fitted: %s",
		               r->no_fit);
		warn(r, text);
	}
	for (uint32_t k = 0; r->fit && k < r->fit->n_warnings; k++)
		warn(r, r->fit->warnings[k]);
	fputs("</ul>\n</div>\n", r->to);
}

static void write_section(struct mr_report *r)
{
	struct counts c = count_all(r->history);
	struct mr_yield y = {0};
	int code = mr_report_has(r, "map") ? mr_yield_take(r, &y) : MR_OK;

	mr_report_fail(r, code, "out of memory");
	put_numbers(r, &c, &y);
	put_warnings(r, &c, &y);
	mr_yield_free(&y);
}

const struct mr_report_section mr_report_summary = {
	.id = "summary", .title = "Summary", .write = write_section};
