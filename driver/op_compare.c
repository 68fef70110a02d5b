/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Compares two operations and says the first difference in words. Each helper
 * returns whether it found one, so that they chain with ||.
 */
#include "op_compare.h"

#include <stdio.h>
#include <string.h>

#define SHOWN 200 /* characters of a text that a message quotes */

struct comparison {
	const char *kind;
	struct mr_errtext *text;
};

/* ---- single values ------------------------------------------------------- */

static bool texts(const struct comparison *c, const char *what,
                  const char *recorded, const char *came)
{
	if (strcmp(recorded, came) == 0) {
		return false;
	}
	(void)mr_errtext_set(c->text, MR_OK, "recorded %s %s %.*s, got %.*s",
	                     c->kind, what, SHOWN, recorded, SHOWN, came);
	return true;
}

static bool numbers(const struct comparison *c, const char *what,
                    uint64_t recorded, uint64_t came)
{
	if (recorded == came) {
		return false;
	}
	(void)mr_errtext_set(c->text, MR_OK, "recorded %s %s %llu, got %llu",
	                     c->kind, what, (unsigned long long)recorded,
	                     (unsigned long long)came);
	return true;
}

static bool reals(const struct comparison *c, const char *what,
                  double recorded, double came, const char *unit)
{
	const char *format = "recorded %s %s %.9g %s, got %.9g %s";

	if (recorded == came) {
		return false;
	}
	if ((float)recorded == (float)came) {
		format = "recorded %s %s %.17g %s, got %.17g %s";
	}
	(void)mr_errtext_set(c->text, MR_OK, format, c->kind, what, recorded,
	                     unit, came, unit);
	return true;
}

/* ---- lists --------------------------------------------------------------- */

/* Index of the first difference of two lists; n if there is none. */
static size_t first_difference(const void *recorded, const void *came,
                               size_t n, size_t width)
{
	size_t i = 0;

	if (memcmp(recorded, came, n * width) == 0) {
		return n;
	}
	while (memcmp((const char *)recorded + i * width,
	              (const char *)came + i * width, width) == 0) {
		i++;
	}
	return i;
}

/* Whether a per-cell list is there must agree. */
static bool presence(const struct comparison *c, const char *what,
                     const void *recorded, const void *came)
{
	if (!recorded == !came) {
		return false;
	}
	(void)mr_errtext_set(c->text, MR_OK, "recorded %s %s %s, got %s",
	                     c->kind, what, recorded ? "as a list" : "as one",
	                     recorded ? "one" : "a list");
	return true;
}

static bool float_lists(const struct comparison *c, const char *what,
                        const float *recorded, const float *came, size_t n,
                        const char *unit)
{
	size_t i;

	if (!recorded || !came) {
		return presence(c, what, recorded, came);
	}
	i = first_difference(recorded, came, n, sizeof(*came));
	if (i == n) {
		return false;
	}
	(void)mr_errtext_set(c->text, MR_OK,
	                     "recorded %s %s number %zu: %.9g %s, got %.9g %s",
	                     c->kind, what, i + 1, (double)recorded[i], unit,
	                     (double)came[i], unit);
	return true;
}

static bool number_lists(const struct comparison *c, const char *what,
                         const uint32_t *recorded, const uint32_t *came,
                         size_t n)
{
	size_t i;

	if (!recorded || !came) {
		return presence(c, what, recorded, came);
	}
	i = first_difference(recorded, came, n, sizeof(*came));
	if (i == n) {
		return false;
	}
	(void)mr_errtext_set(c->text, MR_OK,
	                     "recorded %s %s number %zu: %u, got %u", c->kind,
	                     what, i + 1, (unsigned)recorded[i],
	                     (unsigned)came[i]);
	return true;
}

/* ---- cells --------------------------------------------------------------- */

static bool selections(const struct comparison *c,
                       const struct mr_selection *recorded,
                       const struct mr_selection *came)
{
	static const char *const names[] = {"all", "rect", "list", "outer"};

	if (texts(c, "of cells", names[recorded->kind], names[came->kind])) {
		return true;
	}
	switch (came->kind) {
	case MR_SELECT_ALL:
		return false;
	case MR_SELECT_RECT:
		return numbers(c, "first row", recorded->row, came->row) ||
		       numbers(c, "first column", recorded->col, came->col) ||
		       numbers(c, "rows", recorded->n_rows, came->n_rows) ||
		       numbers(c, "columns", recorded->n_cols, came->n_cols);
	case MR_SELECT_LIST:
		return numbers(c, "cells", recorded->n_cells, came->n_cells) ||
		       number_lists(c, "cell", recorded->cells, came->cells,
		                    came->n_cells);
	case MR_SELECT_OUTER:
		return numbers(c, "rows", recorded->n_rows, came->n_rows) ||
		       numbers(c, "columns", recorded->n_cols, came->n_cols) ||
		       number_lists(c, "row", recorded->rows, came->rows,
		                    came->n_rows) ||
		       number_lists(c, "column", recorded->cols, came->cols,
		                    came->n_cols);
	}
	return false;
}

/* ---- kinds --------------------------------------------------------------- */

static const char *unit_name(enum mr_unit unit)
{
	return unit == MR_UNIT_VOLT ? "V" : "A";
}

static const char *other_unit_name(enum mr_unit unit)
{
	return unit == MR_UNIT_VOLT ? "A" : "V";
}

static bool reads(const struct comparison *c, const struct mr_read_op *recorded,
                  const struct mr_read_op *came)
{
	return reals(c, "voltage", recorded->v_read_V, came->v_read_V, "V") ||
	       reals(c, "integration time", recorded->t_int_s, came->t_int_s,
	             "s") ||
	       numbers(c, "averages", recorded->averages, came->averages);
}

static bool pulses(const struct comparison *c,
                   const struct mr_pulse_op *recorded,
                   const struct mr_pulse_op *came, size_t n)
{
	const char *unit = unit_name(came->unit);

	return texts(c, "unit", unit_name(recorded->unit), unit) ||
	       float_lists(c, "amplitude", recorded->amplitudes,
	                   came->amplitudes, n, unit) ||
	       (!came->amplitudes && reals(c, "amplitude", recorded->amplitude,
	                                   came->amplitude, unit)) ||
	       float_lists(c, "width", recorded->widths_s, came->widths_s, n,
	                   "s") ||
	       (!came->widths_s && reals(c, "width", recorded->width_s,
	                                 came->width_s, "s")) ||
	       number_lists(c, "count", recorded->counts, came->counts, n) ||
	       (!came->counts && numbers(c, "count", recorded->count,
	                                 came->count)) ||
	       reals(c, "rise", recorded->t_rise_s, came->t_rise_s, "s") ||
	       reals(c, "fall", recorded->t_fall_s, came->t_fall_s, "s") ||
	       reals(c, "compliance", recorded->compliance, came->compliance,
	             other_unit_name(came->unit));
}

/* A mask with every level and no mask say the same. */
static bool samples(const struct comparison *c,
                    const struct mr_trace_op *recorded,
                    const struct mr_trace_op *came)
{
	for (uint32_t i = 0; i < came->n_levels; i++) {
		bool was = !recorded->sample || recorded->sample[i] != 0;
		bool is = !came->sample || came->sample[i] != 0;

		if (was != is) {
			(void)mr_errtext_set(c->text, MR_OK,
			                     "recorded trace level %u %s, got %s",
			                     (unsigned)i + 1,
			                     was ? "sampled" : "not sampled",
			                     is ? "sampled" : "not sampled");
			return true;
		}
	}
	return false;
}

static bool holds(const struct comparison *c, const struct mr_trace_op *recorded,
                  const struct mr_trace_op *came)
{
	size_t n = came->n_levels;
	size_t i = first_difference(recorded->hold_s, came->hold_s, n,
	                            sizeof(*came->hold_s));

	return i < n && reals(c, "hold time", recorded->hold_s[i],
	                      came->hold_s[i], "s");
}

static bool traces(const struct comparison *c,
                   const struct mr_trace_op *recorded,
                   const struct mr_trace_op *came)
{
	const char *unit = unit_name(came->unit);

	return texts(c, "unit", unit_name(recorded->unit), unit) ||
	       numbers(c, "levels", recorded->n_levels, came->n_levels) ||
	       float_lists(c, "level", recorded->level, came->level,
	                   came->n_levels, unit) ||
	       holds(c, recorded, came) || samples(c, recorded, came) ||
	       reals(c, "compliance", recorded->compliance, came->compliance,
	             other_unit_name(came->unit));
}

static bool programs(const struct comparison *c,
                     const struct mr_program_op *recorded,
                     const struct mr_program_op *came, size_t n)
{
	return float_lists(c, "target", recorded->target_S, came->target_S, n,
	                   "S") ||
	       (!came->target_S && reals(c, "target", recorded->target,
	                                 came->target, "S")) ||
	       reals(c, "tolerance", recorded->tolerance_S, came->tolerance_S,
	             "S") ||
	       numbers(c, "budget", recorded->budget, came->budget) ||
	       numbers(c, "averages", recorded->averages, came->averages);
}

static bool drives(const struct comparison *c, const struct mr_op *recorded,
                   const struct mr_op *came, const struct mr_description *desc)
{
	const struct mr_drive_op *was = &recorded->drive;
	const struct mr_drive_op *is = &came->drive;
	bool by_rows = is->axis == MR_AXIS_ROWS;
	uint32_t n_rows = 0;
	uint32_t n_cols = 0;

	(void)mr_selection_lines(&came->where, desc, &n_rows, &n_cols);
	return texts(c, "axis", was->axis == MR_AXIS_ROWS ? "rows" : "cols",
	             by_rows ? "rows" : "cols") ||
	       numbers(c, "batch", was->batch, is->batch) ||
	       float_lists(c, "input", was->v_V, is->v_V,
	                   (size_t)is->batch * (by_rows ? n_rows : n_cols),
	                   "V") ||
	       reals(c, "duration", was->duration_s, is->duration_s, "s") ||
	       reals(c, "period", was->period_s, is->period_s, "s");
}

bool mr__op_differs(const struct mr_op *recorded, const struct mr_op *came,
                    const struct mr_description *desc, struct mr_errtext *text)
{
	struct comparison c = {mr_op_kind_name(recorded->kind), text};
	size_t n = (size_t)mr_op_elements(came, desc);

	if (recorded->kind != came->kind) {
		(void)mr_errtext_set(text, MR_OK, "recorded %s, got %s", c.kind,
		                     mr_op_kind_name(came->kind));
		return true;
	}
	if (came->kind != MR_OP_WAIT && came->kind != MR_OP_CONFIGURE &&
	    selections(&c, &recorded->where, &came->where)) {
		return true;
	}
	switch (came->kind) {
	case MR_OP_READ:
		return reads(&c, &recorded->read, &came->read);
	case MR_OP_PULSE:
		return pulses(&c, &recorded->pulse, &came->pulse, n);
	case MR_OP_TRACE:
		return traces(&c, &recorded->trace, &came->trace);
	case MR_OP_PROGRAM:
		return programs(&c, &recorded->program, &came->program, n);
	case MR_OP_DRIVE:
		return drives(&c, recorded, came, desc);
	case MR_OP_WAIT:
		return reals(&c, "duration", recorded->wait.duration_s,
		             came->wait.duration_s, "s");
	case MR_OP_CONFIGURE:
		return texts(&c, "condition", recorded->configure.name,
		             came->configure.name) ||
		       texts(&c, "value", recorded->configure.value,
		             came->configure.value);
	}
	return false;
}
