/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Operations and their values as comma-separated lines. */
#include "cmd_log.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "optext.h"

#define NS_PER_S 1000000000
#define NO_LINE UINT32_MAX /* a value that belongs to no row, or no column */

/* Quoted if it must be, quotes doubled: RFC 4180. */
static void put_text(FILE *to, const char *text)
{
	if (strpbrk(text, ",\"\r\n") == NULL) {
		fputs(text, to);
		return;
	}
	putc('"', to);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			putc('"', to);
		putc(*text, to);
	}
	putc('"', to);
}

/* Nanoseconds as seconds, exact. */
static void put_seconds(FILE *to, int64_t ns)
{
	uint64_t abs_ns = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;

	fprintf(to, "%s%" PRIu64 ".%09" PRIu64, ns < 0 ? "-" : "",
	        abs_ns / NS_PER_S, abs_ns % NS_PER_S);
}

/* ---- operations ---------------------------------------------------------- */

/** Parameters of an operation, in the order of their columns; NAN = empty. */
struct parameters {
	const char *unit;
	double amplitude, width_s, t_rise_s, t_fall_s, count, compliance;
	double v_read_V, t_int_s, averages, n_levels, n_samples;
	double target_S, tolerance_S, budget;
	const char *axis;
	double batch, duration_s, period_s;
	const char *name, *value;
};

static const char ops_header[] =
	"run,id,parent,composed,survey,kind,t_begin_s,t_end_s,wall_begin_s,"
	"wall_end_s,outcome,n_effect,status,selection,n_cells,cells,unit,"
	"amplitude,width_s,t_rise_s,t_fall_s,count,compliance,v_read_V,t_int_s,"
	"averages,n_levels,n_samples,target_S,tolerance_S,budget,axis,batch,"
	"duration_s,period_s,name,value,errtext\n";

static const char *unit_name(enum mr_unit unit)
{
	return unit == MR_UNIT_VOLT ? "V" : "A";
}

static void take_pulse(const struct mr_pulse_op *pulse, struct parameters *out)
{
	out->unit = unit_name(pulse->unit);
	out->amplitude = pulse->amplitude;
	out->width_s = pulse->width_s;
	out->t_rise_s = pulse->t_rise_s;
	out->t_fall_s = pulse->t_fall_s;
	out->count = pulse->count > 0 ? (double)pulse->count : NAN;
	out->compliance = pulse->compliance;
}

static void take_trace(const struct mr_trace_op *trace, struct parameters *out)
{
	out->unit = unit_name(trace->unit);
	out->n_levels = trace->n_levels;
	out->n_samples = trace->hold_s != NULL
		? (double)mr_trace_samples(trace) : NAN;
	out->compliance = trace->compliance;
}

static void take_parameters(const struct mr_op *op, struct parameters *out)
{
	*out = (struct parameters){
		"", NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN,
		NAN, NAN, NAN, "", NAN, NAN, NAN, "", ""};
	switch (op->kind) {
	case MR_OP_READ:
		out->v_read_V = op->read.v_read_V;
		out->t_int_s = op->read.t_int_s;
		out->averages = op->read.averages;
		break;
	case MR_OP_PULSE:
		take_pulse(&op->pulse, out);
		break;
	case MR_OP_TRACE:
		take_trace(&op->trace, out);
		break;
	case MR_OP_PROGRAM:
		out->target_S = op->program.target;
		out->tolerance_S = op->program.tolerance_S;
		out->budget = op->program.budget;
		out->averages = op->program.averages;
		break;
	case MR_OP_DRIVE:
		out->axis = op->drive.axis == MR_AXIS_ROWS ? "rows" : "cols";
		out->batch = op->drive.batch;
		out->duration_s = op->drive.duration_s;
		out->period_s = op->drive.period_s;
		break;
	case MR_OP_WAIT:
		out->duration_s = op->wait.duration_s;
		break;
	case MR_OP_CONFIGURE:
		out->name = op->configure.name;
		out->value = op->configure.value;
		break;
	}
}

static void put_reals(FILE *to, const double *x, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (isnan(x[i]))
			putc(',', to);
		else
			fprintf(to, ",%.17g", x[i]);
	}
}

static void put_parameters(FILE *to, const struct mr_op *op)
{
	struct parameters p;

	take_parameters(op, &p);
	fprintf(to, ",%s", p.unit);
	put_reals(to, (const double[]){
		p.amplitude, p.width_s, p.t_rise_s, p.t_fall_s, p.count,
		p.compliance, p.v_read_V, p.t_int_s, p.averages, p.n_levels,
		p.n_samples, p.target_S, p.tolerance_S, p.budget}, 14);
	fprintf(to, ",%s", p.axis);
	put_reals(to, (const double[]){p.batch, p.duration_s, p.period_s}, 3);
	putc(',', to);
	put_text(to, p.name);
	putc(',', to);
	put_text(to, p.value);
}

static void put_times(FILE *to, const struct mr_oplog_record *record)
{
	const struct mr_outcome *outcome = &record->op.outcome;

	putc(',', to);
	if (record->ended)
		put_seconds(to, outcome->t_begin_ns);
	putc(',', to);
	if (record->ended)
		put_seconds(to, outcome->t_end_ns);
	putc(',', to);
	put_seconds(to, record->wall_begin_ns);
	putc(',', to);
	if (record->ended)
		put_seconds(to, record->wall_end_ns);
}

static void put_cells(FILE *to, const struct mr_op *op,
                      const struct mr_description *desc)
{
	bool cells = op->kind != MR_OP_WAIT && op->kind != MR_OP_CONFIGURE;

	if (!cells) {
		fputs(",,,", to);
		return;
	}
	fprintf(to, ",%s,%" PRIu64 ",\"", mr_optext_selection(op->where.kind),
	        mr_selection_count(&op->where, desc));
	mr_optext_cells(to, op, 0);
	putc('"', to);
}

void mr_log_csv_op(FILE *to, int64_t run, const struct mr_oplog_record *record,
                   const struct mr_description *desc)
{
	char status[64];

	if (record == NULL) {
		fputs(ops_header, to);
		return;
	}
	fprintf(to, "%" PRId64 ",%" PRIu64 ",", run, record->id);
	if (record->parent != 0)
		fprintf(to, "%" PRIu64, record->parent);
	fprintf(to, ",%d,%d,%s", record->composed, record->survey,
	        mr_op_kind_name(record->op.kind));
	put_times(to, record);
	fprintf(to, ",%s,%" PRIu64 ",%s", mr_optext_outcome(record),
	        record->op.outcome.n_effect,
	        mr_optext_status(status, record->op.outcome.status));
	put_cells(to, &record->op, desc);
	put_parameters(to, &record->op);
	putc(',', to);
	put_text(to, record->errtext);
	putc('\n', to);
}

/* ---- values -------------------------------------------------------------- */

static const char values_header[] =
	"run,id,kind,role,row,col,t_s,quantity,value,unit,status\n";

/** What the lines of one operation have in common. */
struct lines {
	FILE *to;
	int64_t run;
	const struct mr_oplog_record *record;
	const struct mr_description *desc;
	const char *role;
	const char *quantity;
	const char *unit;
	uint64_t written;
};

/** Where and when one value belongs. */
struct place {
	uint32_t row, col; /* NO_LINE = none */
	int64_t t_ns;
	uint8_t status;
};

static void put_value(struct lines *lines, const struct place *place,
                      double value)
{
	FILE *to = lines->to;
	char status[64];

	if (!isfinite(value))
		return;
	fprintf(to, "%" PRId64 ",%" PRIu64 ",%s,%s,", lines->run,
	        lines->record->id, mr_op_kind_name(lines->record->op.kind),
	        lines->role);
	if (place->row != NO_LINE)
		fprintf(to, "%u", place->row);
	putc(',', to);
	if (place->col != NO_LINE)
		fprintf(to, "%u", place->col);
	putc(',', to);
	if (lines->record->ended)
		put_seconds(to, place->t_ns);
	fprintf(to, ",%s,%.9g,%s,%s\n", lines->quantity, value, lines->unit,
	        mr_optext_status(status, place->status));
	lines->written++;
}

static void choose(struct lines *lines, const char *role, const char *quantity,
                   const char *unit)
{
	lines->role = role;
	lines->quantity = quantity;
	lines->unit = unit;
}

static struct place cell_place(const struct lines *lines, uint64_t i)
{
	uint32_t cell = mr_selection_cell(&lines->record->op.where,
	                                  lines->desc, i);

	return (struct place){.row = cell / lines->desc->cols,
	                      .col = cell % lines->desc->cols};
}

/* One value of each cell, from floats. */
static void put_cells_of(struct lines *lines, int64_t t_ns, const float *x,
                         double one, const uint8_t *status, uint64_t n)
{
	if (x == NULL && isnan(one))
		return;
	for (uint64_t i = 0; i < n; i++) {
		struct place place = cell_place(lines, i);

		place.t_ns = t_ns;
		place.status = status != NULL ? status[i] : 0;
		put_value(lines, &place, x != NULL ? (double)x[i] : one);
	}
}

static void put_counts(struct lines *lines, int64_t t_ns, const uint32_t *x,
                       uint32_t one, uint64_t n)
{
	for (uint64_t i = 0; i < n && (x != NULL || one > 0); i++) {
		struct place place = cell_place(lines, i);

		place.t_ns = t_ns;
		put_value(lines, &place, x != NULL ? (double)x[i]
		                                   : (double)one);
	}
}

static void put_read(struct lines *lines, uint64_t n)
{
	const struct mr_read_op *read = &lines->record->op.read;
	int64_t t_ns = lines->record->op.outcome.t_end_ns;

	choose(lines, "result", "conductance", "S");
	put_cells_of(lines, t_ns, read->g_S, NAN, read->status, n);
	choose(lines, "result", "voltage", "V");
	put_cells_of(lines, t_ns, read->v_V, NAN, read->status, n);
	choose(lines, "result", "current", "A");
	put_cells_of(lines, t_ns, read->i_A, NAN, read->status, n);
}

static void put_pulse(struct lines *lines, uint64_t n)
{
	const struct mr_pulse_op *pulse = &lines->record->op.pulse;
	int64_t t_ns = lines->record->op.outcome.t_begin_ns;

	choose(lines, "input", "amplitude", unit_name(pulse->unit));
	put_cells_of(lines, t_ns, pulse->amplitudes, pulse->amplitude,
	             pulse->status, n);
	choose(lines, "input", "width", "s");
	put_cells_of(lines, t_ns, pulse->widths_s, pulse->width_s,
	             pulse->status, n);
	choose(lines, "input", "pulses", "1");
	put_counts(lines, t_ns, pulse->counts, pulse->count, n);
}

static void put_program(struct lines *lines, uint64_t n)
{
	const struct mr_program_op *program = &lines->record->op.program;
	const struct mr_outcome *outcome = &lines->record->op.outcome;

	choose(lines, "input", "target", "S");
	put_cells_of(lines, outcome->t_begin_ns, program->target_S,
	             program->target, NULL, n);
	choose(lines, "result", "conductance", "S");
	put_cells_of(lines, outcome->t_end_ns, program->g_S, NAN,
	             program->status, n);
	choose(lines, "result", "pulses", "1");
	put_counts(lines, outcome->t_end_ns, program->pulses, 0, n);
}

/* Samples of every cell, one after another. */
static void put_samples(struct lines *lines, const float *x, uint64_t n)
{
	const struct mr_trace_op *trace = &lines->record->op.trace;
	int64_t begin_ns = lines->record->op.outcome.t_begin_ns;
	uint32_t each = mr_trace_samples(trace);

	for (uint64_t i = 0; x != NULL && i < n * each; i++) {
		struct place place = cell_place(lines, i / each);

		place.t_ns = begin_ns;
		if (trace->t_s != NULL && isfinite(trace->t_s[i]))
			place.t_ns += llround(trace->t_s[i] * NS_PER_S);
		if (trace->status != NULL)
			place.status = trace->status[i];
		put_value(lines, &place, (double)x[i]);
	}
}

static void put_trace(struct lines *lines, uint64_t n)
{
	const struct mr_trace_op *trace = &lines->record->op.trace;

	if (trace->hold_s == NULL)
		return;
	choose(lines, "result", "voltage", "V");
	put_samples(lines, trace->v_V, n);
	choose(lines, "result", "current", "A");
	put_samples(lines, trace->i_A, n);
}

/* The i-th selected line of a drive. */
static uint32_t line_of(const struct mr_selection *where, bool row, uint32_t i)
{
	if (where->kind == MR_SELECT_RECT)
		return (row ? where->row : where->col) + i;
	if (where->kind == MR_SELECT_OUTER)
		return row ? where->rows[i] : where->cols[i];
	return i;
}

/* Voltages or currents of lines, vector after vector. */
static void put_vectors(struct lines *lines, const float *x, bool rows,
                        uint32_t n_lines, uint64_t batch, bool at_end)
{
	const struct mr_op *op = &lines->record->op;
	const struct mr_drive_op *drive = &op->drive;
	double period_s = drive->period_s > 0.0 ? drive->period_s
	                                        : drive->duration_s;

	for (uint64_t i = 0; x != NULL && i < batch * n_lines; i++) {
		uint32_t line = line_of(&op->where, rows,
		                        (uint32_t)(i % n_lines));
		struct place place = {.row = rows ? line : NO_LINE,
		                      .col = rows ? NO_LINE : line};
		uint64_t vector = i / n_lines;
		double s = period_s * (double)vector;

		if (at_end)
			s += drive->duration_s;
		place.t_ns = op->outcome.t_begin_ns + llround(s * NS_PER_S);
		if (at_end && drive->status != NULL)
			place.status = drive->status[i];
		put_value(lines, &place, (double)x[i]);
	}
}

static void put_drive(struct lines *lines, uint64_t n)
{
	const struct mr_op *op = &lines->record->op;
	bool by_rows = op->drive.axis == MR_AXIS_ROWS;
	uint32_t n_rows = 0;
	uint32_t n_cols = 0;

	(void)mr_selection_lines(&op->where, lines->desc, &n_rows, &n_cols);
	choose(lines, "input", "voltage", "V");
	put_vectors(lines, op->drive.v_V, by_rows, by_rows ? n_rows : n_cols,
	            n, false);
	choose(lines, "result", "current", "A");
	put_vectors(lines, op->drive.i_A, !by_rows, by_rows ? n_cols : n_rows,
	            n, true);
}

uint64_t mr_log_csv_values(FILE *to, int64_t run,
                           const struct mr_oplog_record *record,
                           const struct mr_description *desc)
{
	struct lines lines = {.to = to, .run = run, .record = record,
	                      .desc = desc};
	uint64_t n;

	if (record == NULL) {
		fputs(values_header, to);
		return 0;
	}
	/* of one that failed, only what took effect means something */
	n = mr_op_elements(&record->op, desc);
	if (record->op.outcome.error != MR_OK
	    && record->op.outcome.n_effect < n)
		n = record->op.outcome.n_effect;
	if (record->op.kind == MR_OP_READ)
		put_read(&lines, n);
	else if (record->op.kind == MR_OP_PULSE)
		put_pulse(&lines, n);
	else if (record->op.kind == MR_OP_PROGRAM)
		put_program(&lines, n);
	else if (record->op.kind == MR_OP_TRACE)
		put_trace(&lines, n);
	else if (record->op.kind == MR_OP_DRIVE)
		put_drive(&lines, n);
	return lines.written;
}
