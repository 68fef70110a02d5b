/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Disturb: what pulses on a few cells do to those in their rows and columns.
 * Which cells a pulse was meant for, and under which scheme, is a matter of
 * whole operations: this one is read off the log itself.
 */
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../figure.h"
#include "groups.h"
#include "html.h"
#include "panels.h"

#define EXPOSURES_MAX 8 /* ways and schemes; more are not drawn */
#define COLUMNS 2

/** One way of pulsing under one scheme. */
struct exposure {
	char name[64];
	struct mr_groups half;    /* change over the first reading, uS, by pulses */
	struct mr_groups control;
};

/** The walk along the log. */
struct walk {
	struct mr_report *r;
	const struct mr_description *desc;
	struct exposure *at;    /* [EXPOSURES_MAX] */
	size_t n;
	struct exposure *now;   /* or NULL: cells are being prepared */
	char scheme[32];
	uint8_t *row_hit;       /* [rows] a pulsed cell is in it */
	uint8_t *col_hit;
	double *start_uS;       /* [n_cells] before any pulse; NAN = not read */
	double *sum_uS;         /* [n_cells] readings since the last pulse */
	uint32_t n_sum;
	uint64_t given;         /* pulses on each of the picked cells */
	uint64_t n_all;         /* cells of the operations on all of them */
};

/* ---- readings --------------------------------------------------------------------- */

/* The readings since the last pulse, as one: first of all the start. */
static void settle(struct walk *w)
{
	uint32_t n_cols = w->desc->cols;

	for (uint32_t cell = 0; w->n_sum && cell < w->r->history->n_cells; cell++) {
		double g_uS = w->sum_uS[cell] / w->n_sum;
		uint8_t hits = (uint8_t)(w->row_hit[cell / n_cols]
		                         + w->col_hit[cell % n_cols]);

		w->sum_uS[cell] = 0;
		if (!w->now)
			w->start_uS[cell] = g_uS;
		else if (hits < 2) /* 2: pulsed, or between two that are */
			mr_groups_add(hits ? &w->now->half : &w->now->control,
			              (double)w->given, g_uS - w->start_uS[cell]);
	}
	w->n_sum = 0;
}

static void take_read(struct walk *w, const struct mr_op *op)
{
	uint64_t n = mr_op_elements(op, w->desc);

	if (!op->read.g_S || op->outcome.n_effect < n)
		return;
	for (uint64_t i = 0; i < n; i++)
		w->sum_uS[mr_selection_cell(&op->where, w->desc, i)] +=
			1e6 * (double)op->read.g_S[i];
	w->n_sum++;
}

/* ---- pulses ----------------------------------------------------------------------- */

static const char *wave_name(const struct mr_description *d,
                             const struct mr_pulse_op *p)
{
	for (uint32_t k = 0; k < d->n_waveforms; k++)
		if (d->waveforms[k].unit == p->unit
		    && fabs(d->waveforms[k].amplitude - p->amplitude)
		       <= 0.01 * fabs(p->amplitude)
		    && d->waveforms[k].effect != MR_EFFECT_NONE)
			return d->waveforms[k].name;
	return "other";
}

static void begin_exposure(struct walk *w, const struct mr_op *op)
{
	uint32_t n_cols = w->desc->cols;

	if (w->n == EXPOSURES_MAX)
		return;
	w->now = &w->at[w->n++];
	w->given = 0;
	(void)snprintf(w->now->name, sizeof w->now->name, "%s pulses%s%s",
	               wave_name(w->desc, &op->pulse), *w->scheme ? ", scheme " : "",
	               w->scheme);
	(void)memset(w->row_hit, 0, w->desc->rows);
	(void)memset(w->col_hit, 0, n_cols);
	for (uint64_t i = 0; i < mr_op_elements(op, w->desc); i++) {
		uint32_t cell = mr_selection_cell(&op->where, w->desc, i);

		w->row_hit[cell / n_cols] = 1;
		w->col_hit[cell % n_cols] = 1;
	}
}

static void take_pulse(struct walk *w, const struct mr_op *op)
{
	uint64_t n = mr_op_elements(op, w->desc);

	settle(w);
	w->n_all = n > w->n_all ? n : w->n_all;
	if (n == w->n_all) { /* all of them: made ready for the next exposure */
		w->now = NULL;
		return;
	}
	if (!w->now)
		begin_exposure(w, op);
	w->given += op->pulse.count ? op->pulse.count : 1;
}

static void take_record(struct walk *w, const struct mr_oplog_record *record)
{
	const struct mr_op *op = &record->op;

	if (record->parent || !record->ended || op->outcome.error != MR_OK)
		return;
	if (op->kind == MR_OP_READ)
		take_read(w, op);
	else if (op->kind == MR_OP_PULSE)
		take_pulse(w, op);
	else if (op->kind == MR_OP_CONFIGURE
	         && strcmp(op->configure.name, "scheme") == 0)
		(void)snprintf(w->scheme, sizeof w->scheme, "%s",
		               op->configure.value);
}

/* ---- the log ---------------------------------------------------------------------- */

static int take_run(struct walk *w, struct mr_oplog_reader *reader, int64_t run)
{
	struct mr_oplog_record record;
	bool more = true;
	int code = mr_oplog_rewind(reader, run);

	w->now = NULL;
	w->n_sum = 0;
	w->n_all = 0;
	while (code == MR_OK && more) {
		code = mr_oplog_next(reader, &record, &more);
		if (code == MR_OK && more)
			take_record(w, &record);
	}
	settle(w);
	return code;
}

static void take_log(struct walk *w)
{
	struct mr_oplog_reader *reader = NULL;
	struct mr_errtext err = {""};
	int code = mr_oplog_open(w->r->log_path, &reader, &err);

	if (code != MR_OK) {
		mr_report_fail(w->r, code, err.text);
		return;
	}
	for (size_t k = 0; k < w->r->history->n_parts && code == MR_OK; k++)
		if (mr_report_is(w->r, (uint16_t)k, "disturb"))
			code = take_run(w, reader, w->r->history->parts[k].run);
	mr_report_fail(w->r, code, mr_oplog_errmsg(reader));
	mr_oplog_close(reader);
	for (size_t k = 0; k < w->n; k++) {
		mr_groups_sort(&w->at[k].half);
		mr_groups_sort(&w->at[k].control);
	}
}

/* ---- the figure ------------------------------------------------------------------- */

static void put_panel(FILE *to, const struct exposure *e, size_t k)
{
	char name[32];

	(void)snprintf(name, sizeof name, "half%zu", k);
	mr_panel_groups(to, name, &e->half, 1);
	(void)snprintf(name, sizeof name, "control%zu", k);
	mr_panel_groups(to, name, &e->control, 1);
	fputs("set title ", to);
	mr_figure_quote(to, e->name);
	fprintf(to, "\n%sset key%s\nplot ", k ? "un" : "", k ? "" : " top left");
	fprintf(to, "$half%zu using 1:3:7 with filledcurves fs transparent solid "
	        "0.2 lc rgb '" MR_FIGURE_RED "' notitle, "
	        "$control%zu using 1:3:7 with filledcurves fs transparent solid "
	        "0.2 lc rgb '" MR_FIGURE_BLUE "' notitle, "
	        "$half%zu using 1:5 with linespoints pt 9 lw 2 lc rgb '"
	        MR_FIGURE_RED "' title 'half-selected', "
	        "$control%zu using 1:5 with linespoints pt 7 lw 2 lc rgb '"
	        MR_FIGURE_BLUE "' title 'control'\n", k, k, k, k);
}

static void put_figure(struct mr_report *r, const struct walk *w)
{
	size_t rows = (w->n + COLUMNS - 1) / COLUMNS;
	const struct mr_report_caption caption = {
		"disturb", "What pulses do to half-selected neighbours", 860,
		(unsigned)(310 * rows)};
	FILE *to = mr_report_figure(r);

	fprintf(to, "set multiplot layout %zu,%d\nset logscale x\n"
	        "set xlabel 'pulses on the neighbour (count)'\nset ylabel 'change "
	        "of conductance (µS)'\nset xzeroaxis lc rgb '#999999'\n", rows,
	        w->n > 1 ? COLUMNS : 1);
	for (size_t k = 0; k < w->n; k++)
		put_panel(to, &w->at[k], k);
	fputs("unset multiplot\n", to);
	mr_report_draw(r, &caption);
	fputs("Change since before the first pulse of cells that share a row or "
	      "column with a pulsed cell, and of cells that share neither "
	      "(control): median, and 5 to 95 %. Where both move alike it is drift "
	      "and read noise, not the pulses. ", r->to);
	for (size_t k = 0; k < w->n; k++)
		mr_html_print(r->to, "%s: %zu and %zu changes. ", w->at[k].name,
		              mr_groups_count(&w->at[k].half),
		              mr_groups_count(&w->at[k].control));
	mr_report_query(r, "disturb", "kind, name, value, t_end_ns, count, n_cells, "
	                "hex(cells) AS cells, hex(result) AS g_S",
	                "kind IN ('configure', 'pulse', 'read')");
}

static bool is_empty(const struct walk *w)
{
	for (size_t k = 0; k < w->n; k++)
		if (w->at[k].half.n + w->at[k].control.n > 0)
			return false;
	return true;
}

/* The scheme that holds at the begin is a condition of the array. */
static void first_scheme(struct walk *w)
{
	for (uint32_t k = 0; k < w->desc->n_conditions; k++)
		if (strcmp(w->desc->conditions[k].name, "scheme") == 0)
			(void)snprintf(w->scheme, sizeof w->scheme, "%s",
			               w->desc->conditions[k].value);
}

static bool make_room(struct walk *w)
{
	uint32_t n_cells = w->r->history->n_cells;

	w->at = calloc(EXPOSURES_MAX, sizeof *w->at);
	w->row_hit = calloc(w->desc->rows, 1);
	w->col_hit = calloc(w->desc->cols, 1);
	w->start_uS = calloc(n_cells, sizeof *w->start_uS);
	w->sum_uS = calloc(n_cells, sizeof *w->sum_uS);
	return w->at && w->row_hit && w->col_hit && w->start_uS && w->sum_uS;
}

static void drop(struct walk *w)
{
	for (size_t k = 0; w->at && k < w->n; k++) {
		if (w->at[k].half.failed || w->at[k].control.failed)
			mr_report_fail(w->r, MR_ERR_NOMEM, "out of memory");
		mr_groups_free(&w->at[k].half);
		mr_groups_free(&w->at[k].control);
	}
	free(w->at);
	free(w->row_hit);
	free(w->col_hit);
	free(w->start_uS);
	free(w->sum_uS);
}

static void write_section(struct mr_report *r)
{
	struct walk w = {.r = r, .desc = &r->history->desc};

	if (!make_room(&w))
		mr_report_fail(r, MR_ERR_NOMEM, "out of memory");
	first_scheme(&w);
	if (r->code == MR_OK)
		take_log(&w);
	if (r->code == MR_OK && is_empty(&w))
		fputs("<p>No cell was pulsed between readings of its "
		      "neighbours.</p>\n", r->to);
	else if (r->code == MR_OK)
		put_figure(r, &w);
	drop(&w);
}

static bool has(const struct mr_report *r)
{
	return mr_report_has(r, "disturb");
}

const struct mr_report_section mr_report_disturb = {
	.id = "disturb", .title = "Disturb",
	.needs = "'memrig measure disturb' pulses a few cells and reads their "
	         "neighbours",
	.has = has, .write = write_section};
