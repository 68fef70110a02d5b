/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The programming curve: how far a few pulses of each amplitude and width bring
 * a cell up from the bottom. */
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "../figure.h"
#include "groups.h"
#include "html.h"
#include "panels.h"

#define WIDTHS_MAX 8

/** Changes by amplitude, for each width. */
struct curves {
	double width_s[WIDTHS_MAX];
	struct mr_groups by_amplitude[WIDTHS_MAX]; /* uS */
	size_t n;
	uint64_t pulses;   /* the most that a cell got at one point */
	uint8_t unit;
	uint64_t n_beyond; /* changes with a width beyond the table's room */
};

/** Where a cell stands. */
struct point {
	double bottom_S;
	double now_S;
	double amplitude;
	double width_s;
	uint64_t pulses;
};

static const struct point nowhere = {NAN, NAN, NAN, NAN, 0};

static void keep(struct curves *c, const struct point *p)
{
	size_t k = 0;

	if (p->pulses == 0 || !isfinite(p->now_S) || !isfinite(p->bottom_S))
		return;
	while (k < c->n && fabs(c->width_s[k] / p->width_s - 1) > 1e-3)
		k++;
	if (k == WIDTHS_MAX) {
		c->n_beyond++;
		return;
	}
	if (k == c->n)
		c->width_s[c->n++] = p->width_s;
	c->pulses = p->pulses > c->pulses ? p->pulses : c->pulses;
	mr_groups_add(&c->by_amplitude[k], p->amplitude,
	              1e6 * (p->now_S - p->bottom_S));
}

static bool is_way_down(const struct mr_history_event *e)
{
	return e->effect == MR_EFFECT_ERASE || e->effect == MR_EFFECT_LOWER;
}

static void take_event(const struct mr_report *r, struct curves *c,
                       struct point *p, const struct mr_history_event *e)
{
	if (!mr_report_is(r, e->part, "amplitude")) {
		*p = nowhere;
	} else if (e->kind == MR_HISTORY_READ) {
		*(p->pulses ? &p->now_S : &p->bottom_S) = (double)e->g_S;
	} else if (e->kind == MR_HISTORY_PULSE && !is_way_down(e)) {
		p->amplitude = (double)e->amplitude;
		p->width_s = (double)e->width_s;
		p->pulses += e->count;
		c->unit = e->unit;
	} else {
		keep(c, p);
		*p = nowhere;
	}
}

static void take(const struct mr_report *r, struct curves *c)
{
	const struct mr_history *h = r->history;

	for (uint32_t cell = 0; cell < h->n_cells; cell++) {
		struct point p = nowhere;

		for (size_t i = h->first[cell]; i < h->first[cell + 1]; i++) {
			if (!mr_report_is(r, h->events[i].part, "amplitude"))
				keep(c, &p);
			take_event(r, c, &p, &h->events[i]);
		}
		keep(c, &p);
	}
	for (size_t k = 0; k < c->n; k++)
		mr_groups_sort(&c->by_amplitude[k]);
}

/* Amperes of PCM are best read in microamperes, volts as they are. */
static void put_figure(struct mr_report *r, const struct curves *c)
{
	static const struct mr_report_caption caption = {
		"amplitude", "Steps over amplitude and width", 700, 400};
	FILE *to = mr_report_figure(r);
	double scale = c->unit == MR_UNIT_AMPERE ? 1e6 : 1;
	char name[32];
	char width[32];

	for (size_t k = 0; k < c->n; k++) {
		(void)snprintf(name, sizeof name, "w%zu", k);
		mr_panel_groups(to, name, &c->by_amplitude[k], 1);
	}
	fprintf(to, "set xlabel 'amplitude (%s)'\nset ylabel 'change of conductance "
	        "after %" PRIu64 " pulses (µS)'\nset key top left title 'width'\n"
	        "set xzeroaxis\nplot ",
	        c->unit == MR_UNIT_AMPERE ? "µA" : "V", c->pulses);
	for (size_t k = 0; k < c->n; k++) {
		const char *colour = mr_panel_colour(k);

		fprintf(to, "%s$w%zu using ($1*%g):5:4:6 with yerrorlines pt %zu "
		        "ps 0.9 lw 1.6 lc rgb '%s' title ", k ? ", " : "", k,
		        scale, 5 + 2 * k, colour);
		mr_figure_quote(to, mr_tool_pretty(width, c->width_s[k], "s"));
	}
	fputs("\n", to);
	mr_report_draw(r, &caption);
}

static void write_section(struct mr_report *r)
{
	struct curves c = {0};
	size_t n = 0;
	bool failed = false;

	take(r, &c);
	for (size_t k = 0; k < c.n; k++) {
		n += mr_groups_count(&c.by_amplitude[k]);
		failed = failed || c.by_amplitude[k].failed;
	}
	if (failed)
		mr_report_fail(r, MR_ERR_NOMEM, "out of memory");
	else if (c.n == 0)
		fputs("<p>No pulse of these runs is framed by readings.</p>\n",
		      r->to);
	else {
		put_figure(r, &c);
		mr_html_print(r->to, "From the bottom, up to %" PRIu64 " pulses of "
		              "each amplitude and width: median over cells, bars "
		              "from 25 to 75 %%. %zu changes of %" PRIu32
		              " cells, %" PRIu64 " of further widths not drawn.",
		              c.pulses, n, r->history->n_cells, c.n_beyond);
		mr_report_query(r, "amplitude", "kind, t_end_ns, amplitude, unit, "
		                "width_s, count, n_cells, hex(result) AS g_S",
		                "kind IN ('pulse', 'read')");
	}
	for (size_t k = 0; k < c.n; k++)
		mr_groups_free(&c.by_amplitude[k]);
}

static bool has(const struct mr_report *r)
{
	return mr_report_has(r, "amplitude");
}

const struct mr_report_section mr_report_amplitude = {
	.id = "amplitude", .title = "Amplitude and width",
	.needs = "'memrig measure amplitude' gives pulses of a range of amplitudes "
	         "and widths; an array whose waveform has one amplitude needs "
	         "--set amplitude.least=.. and amplitude.most=..",
	.has = has, .write = write_section};
