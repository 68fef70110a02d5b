/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* "memrig log FILE show": runs and their operations, a line each. */
#include "cmd_log.h"

#include <string.h>

#include "optext.h"

#define LIMIT_DEFAULT 1000
#define CELLS_WIDTH 26  /* of the column cells */
#define CELLS_PIECES 3  /* of a list, before it is cut */
#define NS_PER_S 1000000000

/** What is listed. */
struct filter {
	enum mr_op_kind kind; /* 0 = all */
	uint64_t from, to;    /* ids */
	uint64_t limit;       /* 0 = none */
	bool children;
};

/** How far the list of a run has come. */
struct tally {
	uint64_t seen, listed;
	uint64_t folded; /* children that the list would have shown */
};

static int take_filter(struct mr_tool *tool, struct filter *filter)
{
	const char *kind = mr_tool_value(tool, "kind");
	int code;

	*filter = (struct filter){.from = 1, .to = UINT64_MAX,
	                          .limit = LIMIT_DEFAULT};
	filter->children = mr_tool_value(tool, "children") != NULL;
	if (kind != NULL && mr_optext_kind(kind, &filter->kind) != MR_OK)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--kind: '%s' is no operation; there are "
		                    "read, pulse, trace, program, drive, wait, "
		                    "configure", kind);
	code = mr_tool_u64(tool, "from", 0, INT64_MAX, &filter->from);
	if (code == MR_OK)
		code = mr_tool_u64(tool, "to", 0, INT64_MAX, &filter->to);
	if (code == MR_OK)
		code = mr_tool_u64(tool, "limit", 0, INT64_MAX,
		                   &filter->limit);
	if (code == MR_OK && filter->from > filter->to)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--from %llu lies behind --to %llu",
		                    (unsigned long long)filter->from,
		                    (unsigned long long)filter->to);
	return code;
}

static bool passes(const struct filter *filter,
                   const struct mr_oplog_record *record, struct tally *tally)
{
	if (record->id < filter->from || record->id > filter->to
	    || (filter->kind != 0 && record->op.kind != filter->kind))
		return false;
	if (record->parent != 0 && !filter->children) {
		tally->folded++;
		return false;
	}
	return true;
}

/* ---- for people ---------------------------------------------------------- */

static void print_metadata(FILE *to, const char *lines)
{
	const char *label = "metadata";

	while (*lines != '\0') {
		size_t length = strcspn(lines, "\n");

		fprintf(to, "%-11s %.*s\n", label, (int)length, lines);
		label = "";
		lines += length;
		lines += *lines == '\n';
	}
}

static void print_end(FILE *to, const struct mr_oplog_run_info *info)
{
	double took_s = (double)(info->ended_wall_ns - info->started_wall_ns)
	                / NS_PER_S;
	char date[32];
	char took[32];

	if (info->ended_wall_ns == 0)
		fputs("ended       never finished\n", to);
	else
		fprintf(to, "ended       %s, %s later\n",
		        mr_logfile_date(date, info->ended_wall_ns),
		        mr_tool_pretty(took, took_s, "s"));
}

static void print_run(const struct mr_logfile *log,
                      const struct mr_oplog_run_info *info)
{
	FILE *to = log->tool->out;
	char date[32];

	fprintf(to, "run         %lld", (long long)info->run);
	if (log->oldest != log->newest)
		fprintf(to, " (the log holds %lld to %lld)",
		        (long long)log->oldest, (long long)log->newest);
	fprintf(to, "\narray       %s\nshape       %u rows x %u columns\n",
	        info->uri, info->desc.rows, info->desc.cols);
	if (info->command[0] != '\0')
		fprintf(to, "command     %s\n", info->command);
	fprintf(to, "version     memrig %s\nlevel       %s\nstarted     %s\n",
	        info->version, mr_logfile_level(info->level),
	        mr_logfile_date(date, info->started_wall_ns));
	print_end(to, info);
	print_metadata(to, info->metadata);
	fprintf(to, "operations  %lld\n", (long long)info->n_ops);
}

static void print_head(FILE *to)
{
	fprintf(to, "\n%9s %9s %20s  %-9s %-11s %8s  %-*s %s\n", "id", "parent",
	        "array time (s)", "kind", "outcome", "done", CELLS_WIDTH,
	        "cells", "parameters");
}

static void print_place(FILE *to, const struct mr_oplog_record *record)
{
	const struct mr_outcome *outcome = &record->op.outcome;
	long long t_ns = (long long)outcome->t_begin_ns;

	fprintf(to, "%9llu ", (unsigned long long)record->id);
	if (record->parent != 0)
		fprintf(to, "%9llu ", (unsigned long long)record->parent);
	else
		fprintf(to, "%9s ", "-");
	if (!record->ended) {
		fprintf(to, "%20s  %-9s %-11s %8s  ", "-",
		        mr_op_kind_name(record->op.kind), "never ended", "-");
		return;
	}
	fprintf(to, "%10lld.%09lld  %-9s %-11s %8llu  ", t_ns / NS_PER_S,
	        t_ns % NS_PER_S, mr_op_kind_name(record->op.kind),
	        mr_optext_outcome(record),
	        (unsigned long long)outcome->n_effect);
}

static void print_op(FILE *to, const struct mr_oplog_record *record,
                     const struct mr_description *desc)
{
	uint32_t status = record->ended ? record->op.outcome.status : 0;
	char text[64];
	int width;

	print_place(to, record);
	width = mr_optext_cells(to, &record->op, CELLS_PIECES);
	fprintf(to, "%*s ", width < CELLS_WIDTH ? CELLS_WIDTH - width : 0, "");
	mr_optext_parameters(to, &record->op, desc);
	if (record->composed)
		fputs(" (composed)", to);
	if (record->survey)
		fputs(" (survey)", to);
	if (status != 0)
		fprintf(to, " [%s]", mr_optext_status(text, status));
	fputc('\n', to);
	if (record->errtext[0] != '\0')
		fprintf(to, "%21s%s\n", "", record->errtext);
}

static void print_left_out(FILE *to, const struct tally *tally, uint64_t rest)
{
	if (tally->listed == 0)
		fputs("no operation to show\n", to);
	if (tally->folded > 0)
		fprintf(to, "left out: %llu inside composed ones (--children "
		        "shows them)\n", (unsigned long long)tally->folded);
	if (rest > 0)
		fprintf(to, "stopped after %llu (--limit N, 0 = all): the run "
		        "goes on with %llu more\n",
		        (unsigned long long)tally->listed,
		        (unsigned long long)rest);
}

/* ---- for programs -------------------------------------------------------- */

static json_t *json_numbers(const uint32_t *x, uint32_t n)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < n; i++)
		json_array_append_new(array, json_integer(x[i]));
	return array;
}

static json_t *json_cells(const struct mr_op *op,
                          const struct mr_description *desc)
{
	const struct mr_selection *where = &op->where;
	json_t *object = json_pack(
		"{s:s, s:I}", "selection", mr_optext_selection(where->kind),
		"n", (json_int_t)mr_selection_count(where, desc));

	if (where->kind == MR_SELECT_RECT)
		json_object_update_new(
			object, json_pack("{s:I, s:I, s:I, s:I}", "row",
		                          (json_int_t)where->row, "col",
		                          (json_int_t)where->col, "n_rows",
		                          (json_int_t)where->n_rows, "n_cols",
		                          (json_int_t)where->n_cols));
	if (where->kind == MR_SELECT_LIST)
		json_object_set_new(object, "cells",
		                    json_numbers(where->cells,
		                                 where->n_cells));
	if (where->kind == MR_SELECT_OUTER) {
		json_object_set_new(object, "rows",
		                    json_numbers(where->rows, where->n_rows));
		json_object_set_new(object, "cols",
		                    json_numbers(where->cols, where->n_cols));
	}
	return object;
}

/* As one value, or as [least, greatest] of the values per cell; null = kept
 * nowhere. */
static json_t *json_values(double one, const float *x, uint64_t n)
{
	double min;
	double max;

	if (x == NULL || n == 0)
		return mr_tool_real(one);
	mr_optext_span(x, n, &min, &max);
	return json_pack("[o, o]", mr_tool_real(min), mr_tool_real(max));
}

static json_t *json_pulse(const struct mr_pulse_op *pulse, uint64_t n)
{
	bool volts = pulse->unit == MR_UNIT_VOLT;
	json_t *count = json_integer(pulse->count);

	if (pulse->counts != NULL) {
		json_decref(count);
		count = json_numbers(pulse->counts, (uint32_t)n);
	}
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}",
	                 volts ? "amplitude_V" : "amplitude_A",
	                 json_values(pulse->amplitude, pulse->amplitudes, n),
	                 "width_s",
	                 json_values(pulse->width_s, pulse->widths_s, n),
	                 "t_rise_s", mr_tool_real(pulse->t_rise_s), "t_fall_s",
	                 mr_tool_real(pulse->t_fall_s), "count", count,
	                 volts ? "compliance_A" : "compliance_V",
	                 mr_tool_real(pulse->compliance));
}

static json_t *json_trace(const struct mr_trace_op *trace)
{
	bool volts = trace->unit == MR_UNIT_VOLT;

	return json_pack("{s:I, s:o, s:o}", "n_levels",
	                 (json_int_t)trace->n_levels,
	                 volts ? "level_V" : "level_A",
	                 trace->level != NULL
	                 ? json_values(0.0, trace->level, trace->n_levels)
	                 : json_null(),
	                 volts ? "compliance_A" : "compliance_V",
	                 mr_tool_real(trace->compliance));
}

static json_t *json_program(const struct mr_program_op *program, uint64_t n)
{
	return json_pack("{s:o, s:o, s:I, s:I}", "target_S",
	                 json_values(program->target, program->target_S, n),
	                 "tolerance_S", mr_tool_real(program->tolerance_S),
	                 "budget", (json_int_t)program->budget, "averages",
	                 (json_int_t)program->averages);
}

static json_t *json_parameters(const struct mr_op *op, uint64_t n)
{
	switch (op->kind) {
	case MR_OP_READ:
		return json_pack("{s:o, s:o, s:I}", "v_read_V",
		                 mr_tool_real(op->read.v_read_V), "t_int_s",
		                 mr_tool_real(op->read.t_int_s), "averages",
		                 (json_int_t)op->read.averages);
	case MR_OP_PULSE:
		return json_pulse(&op->pulse, n);
	case MR_OP_TRACE:
		return json_trace(&op->trace);
	case MR_OP_PROGRAM:
		return json_program(&op->program, n);
	case MR_OP_DRIVE:
		return json_pack("{s:s, s:I, s:o, s:o}", "axis",
		                 op->drive.axis == MR_AXIS_ROWS ? "rows"
		                                                : "cols",
		                 "batch", (json_int_t)op->drive.batch,
		                 "duration_s",
		                 mr_tool_real(op->drive.duration_s),
		                 "period_s", mr_tool_real(op->drive.period_s));
	case MR_OP_WAIT:
		return json_pack("{s:o}", "duration_s",
		                 mr_tool_real(op->wait.duration_s));
	case MR_OP_CONFIGURE:
		return json_pack("{s:s, s:s}", "name", op->configure.name,
		                 "value", op->configure.value);
	}
	return json_null();
}

static json_t *json_ns(bool known, int64_t ns)
{
	return known ? json_integer((json_int_t)ns) : json_null();
}

static json_t *json_op(const struct mr_oplog_record *record,
                       const struct mr_description *desc)
{
	const struct mr_op *op = &record->op;
	const struct mr_outcome *outcome = &op->outcome;
	bool cells = op->kind != MR_OP_WAIT && op->kind != MR_OP_CONFIGURE;
	char status[64];

	mr_optext_status(status, record->ended ? outcome->status : 0);
	return json_pack(
		"{s:I, s:I, s:s, s:b, s:b, s:o, s:o, s:o, s:o, s:I, s:o, s:s, "
		"s:s, s:I, s:s}", "id", (json_int_t)record->id, "parent",
		(json_int_t)record->parent, "kind", mr_op_kind_name(op->kind),
		"composed", record->composed, "survey", record->survey,
		"cells", cells ? json_cells(op, desc) : json_null(),
		"parameters", json_parameters(op, mr_op_elements(op, desc)),
		"t_begin_ns", json_ns(record->ended, outcome->t_begin_ns),
		"t_end_ns", json_ns(record->ended, outcome->t_end_ns),
		"wall_begin_ns", (json_int_t)record->wall_begin_ns,
		"wall_end_ns", json_ns(record->ended, record->wall_end_ns),
		"outcome", mr_optext_outcome(record), "errtext",
		record->errtext, "n_effect", (json_int_t)outcome->n_effect,
		"status", status);
}

static int put_json(struct mr_tool *tool, json_t *value)
{
	int bad = value == NULL
	          || json_dumpf(value, tool->out, JSON_ENCODE_ANY
	                        | JSON_REAL_PRECISION(15)) != 0;

	json_decref(value);
	return bad ? mr_tool_fail(tool, MR_ERR_NOMEM, "out of memory") : MR_OK;
}

/* ---- streaming ----------------------------------------------------------- */

static int put_op(struct mr_tool *tool, const struct mr_oplog_record *record,
                  const struct mr_description *desc, bool first)
{
	int code = MR_OK;

	if (tool->json) {
		fputs(first ? "" : ",\n", tool->out);
		code = put_json(tool, json_op(record, desc));
	} else {
		if (first)
			print_head(tool->out);
		print_op(tool->out, record, desc);
	}
	return code == MR_OK ? mr_logfile_spill(tool) : code;
}

static int list_ops(struct mr_logfile *log, const struct filter *filter,
                    const struct mr_description *desc, struct tally *tally)
{
	struct mr_oplog_record record;
	bool more = true;
	int code = MR_OK;

	while (code == MR_OK
	       && (filter->limit == 0 || tally->listed < filter->limit)) {
		code = mr_logfile_next(log, &record, &more);
		if (code != MR_OK || !more)
			break;
		tally->seen++;
		if (!passes(filter, &record, tally))
			continue;
		code = put_op(log->tool, &record, desc, tally->listed == 0);
		tally->listed++;
	}
	return code;
}

static int show_run(struct mr_logfile *log, const struct filter *filter,
                    const struct mr_oplog_run_info *info)
{
	struct mr_tool *tool = log->tool;
	struct tally tally = {0};
	uint64_t rest;
	int code = MR_OK;

	if (tool->json) {
		fputs("{\"run\": ", tool->out);
		code = put_json(tool, mr_logfile_json(info));
		fputs(", \"operations\": [", tool->out);
	} else {
		print_run(log, info);
	}
	if (code == MR_OK)
		code = list_ops(log, filter, &info->desc, &tally);
	rest = (uint64_t)info->n_ops > tally.seen
		? (uint64_t)info->n_ops - tally.seen : 0;
	if (tool->json)
		fprintf(tool->out, "], \"left_out\": {\"children\": %llu, "
		        "\"after_limit\": %llu}}",
		        (unsigned long long)tally.folded,
		        (unsigned long long)rest);
	else
		print_left_out(tool->out, &tally, rest);
	return code;
}

static int show_runs(struct mr_logfile *log, const struct filter *filter)
{
	FILE *to = log->tool->out;
	const char *between = "";
	int code = MR_OK;

	for (int64_t run = log->first; code == MR_OK && run <= log->last;
	     run++) {
		struct mr_oplog_run_info info;
		bool found;

		code = mr_logfile_begin(log, run, &info, &found);
		if (code != MR_OK || !found)
			continue;
		fputs(between, to);
		between = log->tool->json ? ",\n" : "\n";
		code = show_run(log, filter, &info);
	}
	return code;
}

int mr_log_show(struct mr_logfile *log)
{
	struct mr_tool *tool = log->tool;
	struct filter filter;
	int code = take_filter(tool, &filter);

	if (code == MR_OK && tool->json) {
		fputs("{\"schema\": \"memrig.log-show/1\", \"log\": ",
		      tool->out);
		code = put_json(tool, json_string(log->path));
		fputs(", \"runs\": [", tool->out);
	}
	if (code == MR_OK)
		code = show_runs(log, &filter);
	if (tool->json)
		fputs("]}\n", tool->out);
	return code;
}
