/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* I-V curves: staircase sweeps and pulsed ones, of cells as found, at the bottom
 * and at the top. */
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "../figure.h"
#include "groups.h"
#include "html.h"
#include "panels.h"

#define STATES 3
#define KINDS 2  /* staircase, pulsed */
#define LINES 5  /* cells drawn by themselves */

static const char *const state_names[STATES] = {"as found", "at the bottom",
                                                "at the top"};
static const char *const state_ids[STATES] = {"found", "bottom", "top"};

/** Sweeps of a kind in a state. */
struct bundle {
	struct mr_groups by_voltage; /* all directions */
	struct mr_groups by_sample;  /* in order: shows hysteresis */
	struct mr_groups volt;       /* V by sample */
	struct mr_groups line[LINES];
	uint32_t n_lines;
	uint32_t n;
};

struct bundles {
	struct bundle of[KINDS][STATES];
	uint32_t n_cells_seen;
};

/* What last moved the cell before the sweep, in its own run. */
static int state_of(const struct mr_report *r, const struct mr_history_sweep *s)
{
	const struct mr_history *h = r->history;
	int state = 0;

	for (size_t i = h->first[s->cell]; i < h->first[s->cell + 1]; i++) {
		const struct mr_history_event *e = &h->events[i];

		if (e->part != s->part || e->kind != MR_HISTORY_PULSE
		    || e->t_ns >= s->t_ns)
			continue;
		state = e->effect == MR_EFFECT_RAISE ? 2 : 1;
	}
	return state;
}

/* From sample to sample, in seconds; 0 = not known. */
static double spacing_s(const struct mr_history_sweep *s)
{
	double d_s = s->n >= 2 && s->t_s ? s->t_s[1] - s->t_s[0] : 0;

	return d_s > 0 ? d_s : 0;
}

static void add(struct bundle *b, const struct mr_history_sweep *s)
{
	uint32_t line = b->n_lines < LINES && b->n % 211 == 0 ? b->n_lines++
	                                                      : LINES;

	b->n++;
	for (uint32_t k = 0; k < s->n; k++) {
		double v_V = s->v_V ? (double)s->v_V[k] : NAN;
		double i_uA = 1e6 * (double)s->i_A[k];

		if (s->status && (s->status[k] & (MR_STATUS_NOT_CONVERGED
		                                  | MR_STATUS_UNKNOWN)))
			continue;
		/* what noise puts into the fourth digit is no other level */
		mr_groups_add(&b->by_voltage, round(v_V * 2000) / 2000, i_uA);
		mr_groups_add(&b->by_sample, k, i_uA);
		mr_groups_add(&b->volt, k, v_V);
		if (line < LINES && isfinite(v_V))
			mr_groups_add(&b->line[line], k, i_uA);
	}
}

/* A pulsed sweep goes back to 0 between its samples, which are twice as far
 * apart as those of the staircases of the same run. */
static void take_all(const struct mr_report *r, struct bundles *all,
                     double *least_s)
{
	const struct mr_history *h = r->history;

	for (size_t k = 0; k < h->n_sweeps; k++) {
		double s = spacing_s(&h->sweeps[k]);
		double *least = &least_s[h->sweeps[k].part];

		if (s > 0 && (*least <= 0 || s < *least))
			*least = s;
	}
	for (size_t k = 0; k < h->n_sweeps; k++) {
		const struct mr_history_sweep *s = &h->sweeps[k];
		bool pulsed = spacing_s(s) > 1.5 * least_s[s->part];

		if (s->unit == MR_UNIT_VOLT)
			add(&all->of[pulsed][state_of(r, s)], s);
	}
}

static void take(struct mr_report *r, struct bundles *all)
{
	double *least_s = calloc(r->history->n_parts, sizeof *least_s);

	if (least_s)
		take_all(r, all, least_s);
	else
		mr_report_fail(r, MR_ERR_NOMEM, "out of memory");
	free(least_s);
	for (int kind = 0; kind < KINDS; kind++)
		for (int state = 0; state < STATES; state++) {
			struct bundle *b = &all->of[kind][state];

			mr_groups_sort(&b->by_voltage);
			mr_groups_sort(&b->by_sample);
			mr_groups_sort(&b->volt);
			for (size_t k = 0; k < LINES; k++)
				mr_groups_sort(&b->line[k]);
		}
}

static bool drop(struct bundles *all)
{
	bool failed = false;

	for (int kind = 0; kind < KINDS; kind++)
		for (int state = 0; state < STATES; state++) {
			struct bundle *b = &all->of[kind][state];

			failed = failed || b->by_voltage.failed
			         || b->by_sample.failed || b->volt.failed;
			mr_groups_free(&b->by_voltage);
			mr_groups_free(&b->by_sample);
			mr_groups_free(&b->volt);
			for (size_t k = 0; k < LINES; k++)
				mr_groups_free(&b->line[k]);
		}
	return failed;
}

/* Voltage and current of each sample; those of a cell share the medians' V. */
static void put_line(FILE *to, const char *name, const struct mr_groups *volt,
                     const struct mr_groups *current)
{
	fprintf(to, "$%s << EOD\n", name);
	for (size_t k = 0; k < current->n && k < volt->n; k++)
		fprintf(to, "%.6g %.6g\n", mr_group_quantile(&volt->at[k], 0.5),
		        mr_group_quantile(&current->at[k], 0.5));
	fputs("EOD\n", to);
}

static void put_data(FILE *to, const struct bundle *b, int kind, int state)
{
	char name[32];

	(void)snprintf(name, sizeof name, "band%d%s", kind, state_ids[state]);
	mr_panel_groups(to, name, &b->by_voltage, 1);
	(void)snprintf(name, sizeof name, "mid%d%s", kind, state_ids[state]);
	put_line(to, name, &b->volt, &b->by_sample);
	for (uint32_t k = 0; k < b->n_lines; k++) {
		(void)snprintf(name, sizeof name, "one%d%s%" PRIu32, kind,
		               state_ids[state], k);
		put_line(to, name, &b->volt, &b->line[k]);
	}
}

static void put_state(FILE *to, const struct bundle *b, int kind, int state,
                      const char *comma)
{
	static const char *const colours[STATES] = {
		MR_FIGURE_GREY, MR_FIGURE_BLUE, MR_FIGURE_RED};
	const char *id = state_ids[state];

	fprintf(to, "%s$band%d%s using 1:3:7 with filledcurves fs transparent "
	        "solid 0.25 lc rgb '%s' notitle", comma, kind, id, colours[state]);
	for (uint32_t k = 0; k < b->n_lines; k++)
		fprintf(to, ", $one%d%s%" PRIu32 " using 1:2 with lines lw 0.6 lc "
		        "rgb '%s' notitle", kind, id, k, colours[state]);
	fprintf(to, ", $mid%d%s using 1:2 with lines lw 2.5 lc rgb '%s' title "
	        "'%s'", kind, id, colours[state], state_names[state]);
}

static bool is_any(const struct bundles *all, int kind)
{
	return all->of[kind][0].n + all->of[kind][1].n + all->of[kind][2].n > 0;
}

static void put_panel(FILE *to, const struct bundles *all, int kind)
{
	const char *comma = "";

	for (int state = 0; state < STATES; state++)
		if (all->of[kind][state].n > 0)
			put_data(to, &all->of[kind][state], kind, state);
	fprintf(to, "set title '%s'\nset xlabel 'voltage (V)'\nset ylabel 'current "
	        "(µA)'\nset key top left\nset xzeroaxis lc rgb '#999999'\n"
	        "set yzeroaxis lc rgb '#999999'\nplot ",
	        kind ? "pulsed (back to 0 after each level)" : "staircase");
	for (int state = 0; state < STATES; state++)
		if (all->of[kind][state].n > 0) {
			put_state(to, &all->of[kind][state], kind, state, comma);
			comma = ", ";
		}
	fputs("\n", to);
}

static void put_figure(struct mr_report *r, const struct bundles *all)
{
	bool both = is_any(all, 0) && is_any(all, 1);
	const struct mr_report_caption caption = {
		"iv", "Current against voltage", both ? 860 : 560, 390};
	FILE *to = mr_report_figure(r);

	if (both)
		fputs("set multiplot layout 1,2\n", to);
	for (int kind = 0; kind < KINDS; kind++)
		if (is_any(all, kind))
			put_panel(to, all, kind);
	fputs(both ? "unset multiplot\n" : "", to);
	mr_report_draw(r, &caption);
}

static void put_text(struct mr_report *r, const struct bundles *all)
{
	mr_html_print(r->to, "Thick: median over cells, sample by sample, so that "
	              "a loop shows; band: 5 to 95 %% at each voltage; thin: up to "
	              "%d single cells of each kind. ", LINES);
	for (int kind = 0; kind < KINDS; kind++)
		for (int state = 0; state < STATES; state++)
			if (all->of[kind][state].n > 0)
				mr_html_print(r->to, "%" PRIu32 " %s sweeps %s. ",
				              all->of[kind][state].n,
				              kind ? "pulsed" : "staircase",
				              state_names[state]);
	mr_report_query(r, NULL, "t_end_ns, n_cells, n_samples, hex(result) AS i_A, "
	                "(SELECT hex(bytes) FROM data WHERE data.row = op.row AND "
	                "name = 'v_V') AS v_V", "kind = 'trace'");
}

static void write_section(struct mr_report *r)
{
	struct bundles all = {0};

	take(r, &all);
	if (is_any(&all, 0) || is_any(&all, 1)) {
		put_figure(r, &all);
		put_text(r, &all);
	} else {
		fputs("<p>All sweeps of this log force currents.</p>\n", r->to);
	}
	if (drop(&all))
		mr_report_fail(r, MR_ERR_NOMEM, "out of memory");
}

static bool has(const struct mr_report *r)
{
	return r->history->n_sweeps > 0;
}

const struct mr_report_section mr_report_sweeps = {
	.id = "iv", .title = "I-V curves",
	.needs = "'memrig measure iv' sweeps cells in both polarities; so does "
	         "'memrig trace --log FILE'",
	.has = has, .write = write_section};
