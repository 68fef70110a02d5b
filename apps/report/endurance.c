/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Endurance: both ends of a few cells over cycles down and up. */
#include "report.h"

#include <inttypes.h>
#include <math.h>

#include "../figure.h"
#include "groups.h"
#include "html.h"
#include "panels.h"

#define CELLS_DRAWN 4

/** Both ends by cycle, uS. */
struct ends {
	struct mr_groups low;
	struct mr_groups high;
	struct mr_groups low_of[CELLS_DRAWN];
	struct mr_groups high_of[CELLS_DRAWN];
	uint32_t number[CELLS_DRAWN];
	uint32_t n_cells;
	uint64_t pulses_most;
};

static void take_read(struct ends *e, uint64_t cycle, bool is_high, double g_uS)
{
	mr_groups_add(is_high ? &e->high : &e->low, (double)cycle, g_uS);
	if (e->n_cells <= CELLS_DRAWN)
		mr_groups_add(is_high ? &e->high_of[e->n_cells - 1]
		                      : &e->low_of[e->n_cells - 1],
		              (double)cycle, g_uS);
}

/* A cycle begins with the first step down after one up. */
static void take_cell(const struct mr_report *r, struct ends *ends, uint32_t cell)
{
	const struct mr_history *h = r->history;
	uint64_t cycle = 0;
	uint64_t pulses = 0;
	bool is_high = true;
	bool fresh = false;

	for (size_t i = h->first[cell]; i < h->first[cell + 1]; i++) {
		const struct mr_history_event *e = &h->events[i];

		if (!mr_report_is(r, e->part, "endurance"))
			continue;
		if (e->kind == MR_HISTORY_PULSE) {
			bool up = e->effect == MR_EFFECT_RAISE;

			if (pulses == 0 && ends->n_cells++ < CELLS_DRAWN)
				ends->number[ends->n_cells - 1] = cell;
			cycle += is_high && !up;
			is_high = up;
			pulses += e->count;
			fresh = true;
		} else if (e->kind == MR_HISTORY_READ && fresh) {
			take_read(ends, cycle, is_high, 1e6 * (double)e->g_S);
			fresh = false;
		}
	}
	if (pulses > ends->pulses_most)
		ends->pulses_most = pulses;
}

static void sort_all(struct ends *e)
{
	mr_groups_sort(&e->low);
	mr_groups_sort(&e->high);
	for (size_t k = 0; k < CELLS_DRAWN; k++) {
		mr_groups_sort(&e->low_of[k]);
		mr_groups_sort(&e->high_of[k]);
	}
}

static bool drop(struct ends *e)
{
	bool failed = e->low.failed || e->high.failed;

	mr_groups_free(&e->low);
	mr_groups_free(&e->high);
	for (size_t k = 0; k < CELLS_DRAWN; k++) {
		mr_groups_free(&e->low_of[k]);
		mr_groups_free(&e->high_of[k]);
	}
	return failed;
}

static void put_end(FILE *to, const char *name, const struct mr_groups *all,
                    const struct mr_groups *of, uint32_t n)
{
	char block[24];

	mr_panel_groups(to, name, all, 1);
	for (uint32_t k = 0; k < n && k < CELLS_DRAWN; k++) {
		(void)snprintf(block, sizeof block, "%s%" PRIu32, name, k);
		mr_panel_groups(to, block, &of[k], 1);
	}
}

static void put_figure(struct mr_report *r, const struct ends *e)
{
	static const struct mr_report_caption caption = {
		"endurance", "Both ends over cycles", 760, 400};
	FILE *to = mr_report_figure(r);
	uint32_t n = e->n_cells < CELLS_DRAWN ? e->n_cells : CELLS_DRAWN;

	put_end(to, "low", &e->low, e->low_of, n);
	put_end(to, "high", &e->high, e->high_of, n);
	fputs("set logscale xy\nset xlabel 'cycles down and up (count)'\nset ylabel "
	      "'conductance (µS)'\nset key outside right top\nplot ", to);
	for (uint32_t k = 0; k < n; k++)
		fprintf(to, "$high%" PRIu32 " using 1:5 with lines lw 0.9 lc rgb "
		        "'#E5B0A0' notitle, $low%" PRIu32 " using 1:5 with lines "
		        "lw 0.9 lc rgb '#9CC9E4' notitle, ", k, k);
	fputs("$high using 1:5 with linespoints pt 9 ps 0.9 lw 2 lc rgb '"
	      MR_FIGURE_RED "' title 'top', $low using 1:5 with linespoints pt 11 "
	      "ps 0.9 lw 2 lc rgb '" MR_FIGURE_BLUE "' title 'bottom'\n", to);
	mr_report_draw(r, &caption);
}

static void put_text(struct mr_report *r, const struct ends *e)
{
	const struct mr_group *low = &e->low.at[e->low.n - 1];
	const struct mr_group *high = &e->high.at[e->high.n - 1];

	mr_html_print(r->to, "First reading at the bottom and at the top of %" PRIu32
	              " cells; thick: median, thin: each of the first %d. The "
	              "cell that got most had %" PRIu64 " pulses. After %.0f "
	              "cycles the median goes from ", e->n_cells, CELLS_DRAWN,
	              e->pulses_most, high->key);
	mr_html_quantity(r->to, 1e-6 * mr_group_quantile(low, 0.5), "S");
	fputs(" to ", r->to);
	mr_html_quantity(r->to, 1e-6 * mr_group_quantile(high, 0.5), "S");
	fputs("; at first it was ", r->to);
	mr_html_quantity(r->to, 1e-6 * mr_group_quantile(&e->low.at[0], 0.5), "S");
	fputs(" to ", r->to);
	mr_html_quantity(r->to, 1e-6 * mr_group_quantile(&e->high.at[0], 0.5), "S");
	mr_html_print(r->to, ". %zu readings.",
	              mr_groups_count(&e->low) + mr_groups_count(&e->high));
	mr_report_query(r, "endurance", "kind, t_end_ns, count, n_cells, "
	                "hex(cells) AS cells, hex(result) AS g_S",
	                "kind IN ('pulse', 'read')");
}

static void write_section(struct mr_report *r)
{
	struct ends e = {.n_cells = 0};

	for (uint32_t cell = 0; cell < r->history->n_cells; cell++)
		take_cell(r, &e, cell);
	sort_all(&e);
	if (e.low.n == 0 || e.high.n == 0) {
		fputs("<p>No cell was read at both of its ends.</p>\n", r->to);
	} else {
		put_figure(r, &e);
		put_text(r, &e);
	}
	if (drop(&e))
		mr_report_fail(r, MR_ERR_NOMEM, "out of memory");
}

static bool has(const struct mr_report *r)
{
	return mr_report_has(r, "endurance");
}

const struct mr_report_section mr_report_endurance = {
	.id = "endurance", .title = "Endurance",
	.needs = "'memrig measure endurance' wears a few cells out on purpose, with "
	         "a cap",
	.has = has, .write = write_section};
