/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Writes operations in words. */
#include "optext.h"

#include <math.h>
#include <string.h>

#define STATUS_TEXT 64 /* room for the names of all status bits */

/* ---- cells --------------------------------------------------------------- */

/* Numbers in their order, runs of neighbours as "3-7". */
static int put_list(FILE *to, const uint32_t *x, uint32_t n, unsigned pieces)
{
	unsigned done = 0;
	int length = 0;

	for (uint32_t i = 0; i < n; done++) {
		uint32_t first = i;

		while (i + 1 < n && x[i + 1] == x[i] + 1)
			i++;
		if (pieces != 0 && done == pieces)
			return length + fprintf(to, ",.. (%u)", n);
		length += fprintf(to, "%s%u", done > 0 ? "," : "", x[first]);
		if (i > first)
			length += fprintf(to, "-%u", x[i]);
		i++;
	}
	return length;
}

static int put_range(FILE *to, const char *what, uint32_t first, uint32_t n)
{
	if (n == 1)
		return fprintf(to, "%s%u", what, first);
	return fprintf(to, "%s%u-%u", what, first, first + n - 1);
}

int mr_optext_cells(FILE *to, const struct mr_op *op, unsigned pieces)
{
	const struct mr_selection *where = &op->where;
	int length;

	if (op->kind == MR_OP_WAIT || op->kind == MR_OP_CONFIGURE)
		return 0;
	switch (where->kind) {
	case MR_SELECT_ALL:
		return fprintf(to, "all");
	case MR_SELECT_RECT:
		length = put_range(to, "rows ", where->row, where->n_rows);
		return length + put_range(to, " cols ", where->col,
		                          where->n_cols);
	case MR_SELECT_LIST:
		length = fprintf(to, "cells ");
		return length + put_list(to, where->cells, where->n_cells,
		                         pieces);
	case MR_SELECT_OUTER:
		length = fprintf(to, "rows ");
		length += put_list(to, where->rows, where->n_rows, pieces);
		length += fprintf(to, " cols ");
		return length + put_list(to, where->cols, where->n_cols,
		                         pieces);
	}
	return 0;
}

const char *mr_optext_selection(enum mr_selection_kind kind)
{
	static const char *const names[] = {"all", "rect", "list", "outer"};

	return names[kind];
}

/* ---- parameters ---------------------------------------------------------- */

void mr_optext_span(const float *x, uint64_t n, double *min, double *max)
{
	*min = (double)x[0];
	*max = (double)x[0];
	for (uint64_t i = 1; i < n; i++) {
		double value = (double)x[i];

		*min = value < *min ? value : *min;
		*max = value > *max ? value : *max;
	}
}

static void put_quantity(FILE *to, const char *before, double x,
                         const char *unit)
{
	char text[32];

	fprintf(to, "%s%s", before, mr_tool_pretty(text, x, unit));
}

/* One value for all cells, or the span of those per cell. */
static void put_values(FILE *to, const char *before, double one,
                       const float *x, uint64_t n, const char *unit)
{
	double min;
	double max;

	if (x != NULL && n > 0) {
		mr_optext_span(x, n, &min, &max);
		put_quantity(to, before, min, unit);
		put_quantity(to, " to ", max, unit);
	} else if (!isnan(one)) {
		put_quantity(to, before, one, unit);
	} else {
		fprintf(to, "%sper cell (not kept)", before);
	}
}

static void put_averages(FILE *to, uint32_t averages)
{
	if (averages > 1)
		fprintf(to, ", %u averages", averages);
}

static void put_counts(FILE *to, const struct mr_pulse_op *pulse, uint64_t n)
{
	uint32_t most = 0;

	for (uint64_t i = 0; pulse->counts != NULL && i < n; i++)
		most = pulse->counts[i] > most ? pulse->counts[i] : most;
	if (pulse->counts != NULL)
		fprintf(to, ", up to %u pulses", most);
	else if (pulse->count > 1)
		fprintf(to, ", %u pulses", pulse->count);
}

static void put_pulse(FILE *to, const struct mr_pulse_op *pulse, uint64_t n)
{
	bool volts = pulse->unit == MR_UNIT_VOLT;

	put_values(to, "", pulse->amplitude, pulse->amplitudes, n,
	           volts ? "V" : "A");
	put_values(to, ", ", pulse->width_s, pulse->widths_s, n, "s");
	put_counts(to, pulse, n);
	if (pulse->compliance > 0.0)
		put_quantity(to, ", compliance ", pulse->compliance,
		             volts ? "A" : "V");
}

static void put_trace(FILE *to, const struct mr_trace_op *trace)
{
	bool volts = trace->unit == MR_UNIT_VOLT;

	fprintf(to, "%u levels", trace->n_levels);
	if (trace->level != NULL)
		put_values(to, " ", 0.0, trace->level, trace->n_levels,
		           volts ? "V" : "A");
	if (trace->compliance > 0.0)
		put_quantity(to, ", compliance ", trace->compliance,
		             volts ? "A" : "V");
}

static void put_drive(FILE *to, const struct mr_drive_op *drive)
{
	fprintf(to, "%s fed, %u vector%s",
	        drive->axis == MR_AXIS_ROWS ? "rows" : "columns",
	        drive->batch, drive->batch == 1 ? "" : "s");
	put_quantity(to, " of ", drive->duration_s, "s");
	if (drive->period_s > 0.0)
		put_quantity(to, " every ", drive->period_s, "s");
}

void mr_optext_parameters(FILE *to, const struct mr_op *op,
                          const struct mr_description *desc)
{
	uint64_t n = mr_op_elements(op, desc);

	switch (op->kind) {
	case MR_OP_READ:
		put_quantity(to, "", op->read.v_read_V, "V");
		put_quantity(to, ", ", op->read.t_int_s, "s");
		put_averages(to, op->read.averages);
		break;
	case MR_OP_PULSE:
		put_pulse(to, &op->pulse, n);
		break;
	case MR_OP_TRACE:
		put_trace(to, &op->trace);
		break;
	case MR_OP_PROGRAM:
		put_values(to, "to ", op->program.target, op->program.target_S,
		           n, "S");
		put_quantity(to, " +- ", op->program.tolerance_S, "S");
		fprintf(to, ", budget %u", op->program.budget);
		put_averages(to, op->program.averages);
		break;
	case MR_OP_DRIVE:
		put_drive(to, &op->drive);
		break;
	case MR_OP_WAIT:
		put_quantity(to, "", op->wait.duration_s, "s");
		break;
	case MR_OP_CONFIGURE:
		fprintf(to, "%s=%s", op->configure.name, op->configure.value);
		break;
	}
}

/* ---- outcome ------------------------------------------------------------- */

const char *mr_optext_status(char *out, uint32_t status)
{
	static const char *const names[] = {
		"compliance", "over-range", "saturated", "not-converged",
		"unknown",
	};
	size_t length = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (status >> i & 1u)
			length += (size_t)snprintf(
				out + length, STATUS_TEXT - length, "%s%s",
				length > 0 ? "|" : "", names[i]);
	}
	return out;
}

const char *mr_optext_outcome(const struct mr_oplog_record *record)
{
	return record->ended ? mr_error_name(record->op.outcome.error)
	                     : "never ended";
}

int mr_optext_kind(const char *name, enum mr_op_kind *out)
{
	for (int kind = MR_OP_READ; kind <= MR_OP_CONFIGURE; kind++) {
		if (strcmp(name, mr_op_kind_name((enum mr_op_kind)kind)) == 0) {
			*out = (enum mr_op_kind)kind;
			return MR_OK;
		}
	}
	return MR_ERR_USAGE;
}
