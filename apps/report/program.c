/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Programming: how near to its target a cell comes, and what it costs. */
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "../figure.h"
#include "groups.h"
#include "html.h"
#include "panels.h"

/** What came of programming, by target in uS. */
struct targets {
	struct mr_groups error_uS;
	struct mr_groups pulses;
	struct mr_groups missed;  /* 0 or 1 */
	double tolerance_uS;
	uint64_t n;
};

/* Targets that differ in the last bits of a float are one. */
static double key_of(const struct mr_history_event *e)
{
	return (double)(float)(1e6 * (double)e->amplitude);
}

static void take_cell(const struct mr_report *r, struct targets *t, uint32_t cell)
{
	const struct mr_history *h = r->history;
	const struct mr_history_event *last = NULL;

	for (size_t i = h->first[cell]; i < h->first[cell + 1]; i++) {
		const struct mr_history_event *e = &h->events[i];

		if (e->kind == MR_HISTORY_READ && last)
			mr_groups_add(&t->error_uS, key_of(last),
			              1e6 * (double)(e->g_S - last->amplitude));
		last = NULL;
		if (e->kind != MR_HISTORY_PROGRAM
		    || !mr_report_is(r, e->part, "program"))
			continue;
		last = e;
		t->n++;
		t->tolerance_uS = 1e6 * (double)e->width_s;
		mr_groups_add(&t->pulses, key_of(e), e->count);
		mr_groups_add(&t->missed, key_of(e),
		              (e->status & MR_STATUS_NOT_CONVERGED) ? 1 : 0);
	}
}

static void take(const struct mr_report *r, struct targets *t)
{
	for (uint32_t cell = 0; cell < r->history->n_cells; cell++)
		take_cell(r, t, cell);
	mr_groups_sort(&t->error_uS);
	mr_groups_sort(&t->pulses);
	mr_groups_sort(&t->missed);
}

static void put_error(FILE *to, const struct targets *t)
{
	mr_panel_groups(to, "error", &t->error_uS, 1);
	fputs("set xlabel 'target (µS)'\nset ylabel 'first reading less target "
	      "(µS)'\nunset key\nset title 'error'\nplot ", to);
	mr_panel_bands(to, "error", MR_FIGURE_BLUE);
	fputs(", $error using 1:5 with linespoints pt 7 ps 0.5 lw 2 lc rgb "
	      "'black' title 'median'", to);
	fprintf(to, ", %.6g with lines dt 2 lc rgb '" MR_FIGURE_RED "' notitle, "
	        "-%.6g with lines dt 2 lc rgb '" MR_FIGURE_RED
	        "' notitle\n", t->tolerance_uS, t->tolerance_uS);
}

static void put_cost(FILE *to, const struct targets *t)
{
	mr_panel_groups(to, "pulses", &t->pulses, 1);
	fputs("set ylabel 'pulses spent (count)'\nset yrange [0:*]\n"
	      "set key top left\nset title 'cost'\nplot ", to);
	mr_panel_bands(to, "pulses", MR_FIGURE_ORANGE);
	fputs(", $pulses using 1:5 with linespoints pt 7 ps 0.5 lw 2 lc rgb "
	      "'black' title 'median'\n", to);
}

static void put_missed(FILE *to, const struct targets *t)
{
	mr_panel_groups(to, "missed", &t->missed, 1);
	fputs("set ylabel 'within tolerance (%)'\nset yrange [0:105]\n"
	      "set title 'success'\nunset key\n"
	      "plot $missed using 1:(100*(1-$2)) with linespoints pt 7 ps 0.7 "
	      "lw 2 lc rgb '" MR_FIGURE_GREEN "'\n", to);
}

static void put_figure(struct mr_report *r, const struct targets *t)
{
	static const struct mr_report_caption caption = {
		"program", "Programming to targets", 900, 340};
	FILE *to = mr_report_figure(r);

	fputs("set multiplot layout 1,3\n", to);
	put_error(to, t);
	put_cost(to, t);
	put_missed(to, t);
	fputs("unset multiplot\n", to);
	mr_report_draw(r, &caption);
}

static double mean_of_all(const struct mr_groups *g)
{
	double sum = 0;
	size_t n = 0;

	for (size_t k = 0; k < g->n; k++) {
		sum += mr_group_mean(&g->at[k]) * (double)g->at[k].n;
		n += g->at[k].n;
	}
	return n ? sum / (double)n : NAN;
}

static void put_text(struct mr_report *r, const struct targets *t)
{
	mr_html_print(r->to, "Left: first reading after programming less the "
	              "target; a verify read is no judge, for the loop stopped "
	              "because of it; dashed: the tolerance. Middle: pulses that "
	              "the loop spent on a cell. Right: share of the cells that "
	              "a verify read found "
	              "within the tolerance of ");
	mr_html_quantity(r->to, 1e-6 * t->tolerance_uS, "S");
	mr_html_print(r->to, " before the budget ended. %" PRIu64 " times a cell "
	              "was programmed, %.1f pulses each on average; %.1f %% "
	              "succeeded. %zu readings.", t->n, mean_of_all(&t->pulses),
	              100 * (1 - mean_of_all(&t->missed)),
	              mr_groups_count(&t->error_uS));
	mr_report_query(r, "program", "kind, t_end_ns, n_cells, tolerance_S, budget, "
	                "packing, hex(input) AS targets_S, hex(result) AS g_S, "
	                "(SELECT hex(bytes) FROM data WHERE data.row = op.row AND "
	                "name = 'pulses') AS pulses",
	                "kind IN ('program', 'read') AND parent IS NULL");
}

static void write_section(struct mr_report *r)
{
	struct targets t = {0};

	take(r, &t);
	if (t.error_uS.failed || t.pulses.failed || t.missed.failed)
		mr_report_fail(r, MR_ERR_NOMEM, "out of memory");
	else if (t.n == 0)
		fputs("<p>No cell was programmed to a target.</p>\n", r->to);
	else {
		put_figure(r, &t);
		put_text(r, &t);
	}
	mr_groups_free(&t.error_uS);
	mr_groups_free(&t.pulses);
	mr_groups_free(&t.missed);
}

static bool has(const struct mr_report *r)
{
	return mr_report_has(r, "program");
}

const struct mr_report_section mr_report_program = {
	.id = "program", .title = "Programming error",
	.needs = "'memrig measure program' programs cells to targets all over the "
	         "range",
	.has = has, .write = write_section};
