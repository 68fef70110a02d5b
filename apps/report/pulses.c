/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Pulse curves: what was read after each step up from the bottom, and after
 * each step down from there. */
#include "report.h"

#include <inttypes.h>
#include <string.h>

#include "../figure.h"
#include "groups.h"
#include "html.h"
#include "panels.h"

#define LINES 4 /* cells drawn by themselves */

/** A staircase: all cells, and some. */
struct stair {
	struct mr_groups all;
	struct mr_groups cell[LINES]; /* first time up of some cells */
	uint32_t number[LINES];
};

/** Both of them, and where a cell stands on them. */
struct walk {
	struct stair up;
	struct stair down;
	uint64_t n_up;    /* steps since the bottom */
	uint64_t n_down;  /* steps down since the last one up */
	bool known;       /* the bottom was seen */
	bool fresh;       /* a pulse came, and no reading yet */
};

static void take_pulse(struct walk *w, const struct mr_history_event *e)
{
	w->fresh = true;
	switch ((enum mr_effect)e->effect) {
	case MR_EFFECT_ERASE:
		w->known = true;
		w->n_up = 0;
		w->n_down = 0;
		return;
	case MR_EFFECT_RAISE:
		w->known = w->known && w->n_down == 0;
		w->n_up += e->count;
		return;
	case MR_EFFECT_LOWER:
		/* cells without an erase get to the bottom by steps */
		w->known = w->known || e->count > 1;
		w->n_down += e->count;
		if (e->count > 1)
			w->n_up = w->n_down = 0;
		return;
	case MR_EFFECT_NONE:
		break;
	}
	w->known = false;
}

static void take_read(struct walk *w, double g_S, uint32_t line)
{
	struct stair *s = w->n_down ? &w->down : &w->up;
	double n = (double)(w->n_down ? w->n_down : w->n_up);

	if (!w->known || !w->fresh)
		return;
	w->fresh = false;
	mr_groups_add(&s->all, n, 1e6 * g_S);
	if (line < LINES)
		mr_groups_add(&s->cell[line], n, 1e6 * g_S);
}

static void take_cell(const struct mr_report *r, struct walk *w, uint32_t cell,
                      uint32_t line)
{
	const struct mr_history *h = r->history;

	w->known = false;
	for (size_t i = h->first[cell]; i < h->first[cell + 1]; i++) {
		const struct mr_history_event *e = &h->events[i];

		bool ours = mr_report_is(r, e->part, "pulses");

		if (ours && e->kind == MR_HISTORY_PULSE)
			take_pulse(w, e);
		else if (ours && e->kind == MR_HISTORY_READ)
			take_read(w, (double)e->g_S, line);
		else
			w->known = false;
	}
}

/* Every so many-th cell is drawn by itself. */
static void take(const struct mr_report *r, struct walk *w)
{
	uint32_t n = r->history->n_cells;

	for (uint32_t cell = 0; cell < n; cell++) {
		uint32_t line = (uint32_t)((uint64_t)cell * LINES / n);
		bool shown = line * (uint64_t)n / LINES == cell
		             || (line > 0 && cell == (line * n + LINES - 1) / LINES);

		if (shown)
			w->up.number[line] = cell;
		take_cell(r, w, cell, shown ? line : LINES);
	}
	mr_groups_sort(&w->up.all);
	mr_groups_sort(&w->down.all);
	for (size_t k = 0; k < LINES; k++) {
		mr_groups_sort(&w->up.cell[k]);
		mr_groups_sort(&w->down.cell[k]);
	}
}

static void drop(struct walk *w)
{
	mr_groups_free(&w->up.all);
	mr_groups_free(&w->down.all);
	for (size_t k = 0; k < LINES; k++) {
		mr_groups_free(&w->up.cell[k]);
		mr_groups_free(&w->down.cell[k]);
	}
}

static void put_stair(FILE *to, const struct stair *s, const char *name,
                      const char *axis, bool key)
{
	char block[32];

	mr_panel_groups(to, name, &s->all, 1);
	for (size_t k = 0; k < LINES; k++) {
		(void)snprintf(block, sizeof block, "%s%zu", name, k);
		mr_panel_groups(to, block, &s->cell[k], 1);
	}
	fprintf(to, "set xlabel '%s'\nset ylabel 'conductance (µS)'\n"
	        "set yrange [0:*]\n%sset key%s\nplot ", axis, key ? "" : "un",
	        key ? " bottom right" : "");
	mr_panel_bands(to, name, MR_FIGURE_BLUE);
	for (size_t k = 0; k < LINES; k++)
		if (s->cell[k].n > 0)
			fprintf(to, ", $%s%zu using 1:5 with lines lw 0.8 lc rgb "
			        "'" MR_FIGURE_RED "' %s", name, k,
			        k ? "notitle" : "title 'some cells'");
	fprintf(to, ", $%s using 1:2 with lines lw 2.5 lc rgb 'black' title "
	        "'mean'\n", name);
}

static void put_figure(struct mr_report *r, const struct walk *w)
{
	bool both = w->down.all.n > 0;
	const struct mr_report_caption caption = {
		"pulses", "Conductance after pulses", both ? 880 : 640, 380};
	FILE *to = mr_report_figure(r);

	if (both)
		fputs("set multiplot layout 1,2\n", to);
	put_stair(to, &w->up, "up", "steps up since the bottom (count)", true);
	if (both) {
		put_stair(to, &w->down, "down", "steps down since the top (count)",
		          false);
		fputs("unset multiplot\n", to);
	}
	mr_report_draw(r, &caption);
}

static void put_text(struct mr_report *r, const struct walk *w)
{
	const struct mr_group *low = &w->up.all.at[0];
	const struct mr_group *top = &w->up.all.at[w->up.all.n - 1];

	mr_html_print(r->to, "First reading after each step up from the bottom%s: "
	              "mean (black), the middle 50 %% (dark) and 90 %% (light) of "
	              "all readings, and %d single cells, each the median over "
	              "its cycles. %zu readings of %"
	              PRIu32 " cells. At the bottom a reading is ",
	              w->down.all.n ? ", and (right) after each step down" : "",
	              LINES, mr_groups_count(&w->up.all)
	                     + mr_groups_count(&w->down.all),
	              r->history->n_cells);
	mr_html_quantity(r->to, 1e-6 * mr_group_quantile(low, 0.5), "S");
	mr_html_print(r->to, " in the median, after %.0f steps ", top->key);
	mr_html_quantity(r->to, 1e-6 * mr_group_quantile(top, 0.5), "S");
	fputs(".", r->to);
	mr_report_query(r, "pulses", "kind, t_end_ns, amplitude, unit, width_s, "
	                "count, n_cells, hex(result) AS g_S",
	                "kind IN ('pulse', 'read')");
}

static void write_section(struct mr_report *r)
{
	struct walk w = {0};

	take(r, &w);
	if (w.up.all.failed || w.down.all.failed)
		mr_report_fail(r, MR_ERR_NOMEM, "out of memory");
	else if (w.up.all.n == 0)
		fputs("<p>No reading follows a step up from the bottom.</p>\n",
		      r->to);
	else {
		put_figure(r, &w);
		put_text(r, &w);
	}
	drop(&w);
}

static bool has(const struct mr_report *r)
{
	return mr_report_has(r, "pulses");
}

const struct mr_report_section mr_report_pulses = {
	.id = "pulses", .title = "Pulse curves",
	.needs = "'memrig measure pulses' steps cells up and down and reads them "
	         "after each step",
	.has = has, .write = write_section};
