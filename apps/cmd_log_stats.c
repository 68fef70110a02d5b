/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* "memrig log FILE stats": what is in a log, counted in one pass. */
#include "cmd_log.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "optext.h"

#define KINDS 8      /* MR_OP_READ .. MR_OP_CONFIGURE are 1 .. 7 */
#define OUTCOMES 16  /* -MR_ERR_ codes; the last: begun, never ended */
#define NEVER_ENDED 15
#define NS_PER_S 1e9

/** Counts of a run. */
struct counts {
	uint64_t by[KINDS][OUTCOMES];
	uint64_t ops, children, surveys, never_ended;
	uint64_t pulses;
	bool pulses_unknown; /* level 1: counts per cell were not kept */
	uint64_t n_touched;
	uint8_t *touched;    /* [rows*cols] */
	bool timed;          /* the times below are known */
	int64_t t_first_ns, t_last_ns; /* array time */
	int64_t wall_last_ns;
};

/* ---- counting ------------------------------------------------------------ */

static void touch(struct counts *counts, const struct mr_op *op,
                  const struct mr_description *desc)
{
	uint64_t all = (uint64_t)desc->rows * desc->cols;
	uint64_t n = mr_selection_count(&op->where, desc);

	if (counts->n_touched == all)
		return;
	if (op->kind != MR_OP_DRIVE && op->outcome.n_effect < n)
		n = op->outcome.n_effect;
	for (uint64_t i = 0; i < n; i++) {
		uint32_t cell = mr_selection_cell(&op->where, desc, i);

		counts->n_touched += counts->touched[cell] == 0;
		counts->touched[cell] = 1;
	}
}

/* What a composed program spends is in its children. */
static void count_pulses(struct counts *counts,
                         const struct mr_oplog_record *record,
                         const struct mr_description *desc)
{
	const struct mr_op *op = &record->op;
	const uint32_t *each = NULL;
	uint64_t n = mr_logfile_effect(record, desc);

	if (record->composed || n == 0)
		return;
	if (op->kind == MR_OP_PULSE && op->pulse.counts == NULL) {
		counts->pulses += n * op->pulse.count;
		counts->pulses_unknown |= op->pulse.count == 0;
		return;
	}
	if (op->kind == MR_OP_PULSE)
		each = op->pulse.counts;
	else if (op->kind == MR_OP_PROGRAM)
		each = op->program.pulses;
	else
		return;
	counts->pulses_unknown |= each == NULL;
	for (uint64_t i = 0; each != NULL && i < n; i++)
		counts->pulses += each[i];
}

static void count_time(struct counts *counts,
                       const struct mr_oplog_record *record)
{
	const struct mr_outcome *outcome = &record->op.outcome;

	if (record->wall_end_ns > counts->wall_last_ns)
		counts->wall_last_ns = record->wall_end_ns;
	if (outcome->n_effect == 0)
		return;
	if (!counts->timed || outcome->t_begin_ns < counts->t_first_ns)
		counts->t_first_ns = outcome->t_begin_ns;
	if (!counts->timed || outcome->t_end_ns > counts->t_last_ns)
		counts->t_last_ns = outcome->t_end_ns;
	counts->timed = true;
}

static unsigned outcome_of(const struct mr_oplog_record *record)
{
	int error = record->op.outcome.error;

	if (!record->ended)
		return NEVER_ENDED;
	return error <= 0 && error > -NEVER_ENDED ? (unsigned)-error
	                                          : NEVER_ENDED - 1;
}

static void count(struct counts *counts, const struct mr_oplog_record *record,
                  const struct mr_description *desc)
{
	const struct mr_op *op = &record->op;

	counts->ops++;
	counts->by[op->kind][outcome_of(record)]++;
	counts->children += record->parent != 0;
	counts->surveys += record->survey;
	counts->never_ended += !record->ended;
	if (!record->ended)
		return;
	count_pulses(counts, record, desc);
	count_time(counts, record);
	if (op->kind != MR_OP_WAIT && op->kind != MR_OP_CONFIGURE
	    && op->outcome.n_effect > 0)
		touch(counts, op, desc);
}

/* ---- telling ------------------------------------------------------------- */

static const char *outcome_name(unsigned outcome)
{
	return outcome == NEVER_ENDED ? "never ended"
	                              : mr_error_name(-(int)outcome);
}

/* Wall time that the run took, as far as is known. */
static double wall_s(const struct counts *counts,
                     const struct mr_oplog_run_info *info)
{
	int64_t end_ns = info->ended_wall_ns != 0 ? info->ended_wall_ns
	                                          : counts->wall_last_ns;

	return end_ns > info->started_wall_ns
		? (double)(end_ns - info->started_wall_ns) / NS_PER_S : 0.0;
}

static void print_time(FILE *to, const struct counts *counts,
                       const struct mr_oplog_run_info *info)
{
	double s = wall_s(counts, info);
	char a[32];
	char b[32];
	char c[32];

	fprintf(to, "  started     %s, %s\n",
	        mr_logfile_date(a, info->started_wall_ns),
	        info->ended_wall_ns != 0 ? "finished" : "never finished");
	fprintf(to, "  wall time   %s", mr_tool_pretty(a, s, "s"));
	if (s > 0.0)
		fprintf(to, ", %.4g operations per second",
		        (double)counts->ops / s);
	fputc('\n', to);
	if (counts->timed)
		fprintf(to, "  array time  %s to %s, a span of %s\n",
		        mr_tool_pretty(a, (double)counts->t_first_ns / NS_PER_S,
		                       "s"),
		        mr_tool_pretty(b, (double)counts->t_last_ns / NS_PER_S,
		                       "s"),
		        mr_tool_pretty(c, (double)(counts->t_last_ns
		                                   - counts->t_first_ns)
		                       / NS_PER_S, "s"));
}

static void print_kinds(FILE *to, const struct counts *counts)
{
	for (int kind = 1; kind < KINDS; kind++) {
		const char *before = "";
		uint64_t all = 0;

		for (unsigned i = 0; i < OUTCOMES; i++)
			all += counts->by[kind][i];
		if (all == 0)
			continue;
		fprintf(to, "  %-11s ", mr_op_kind_name((enum mr_op_kind)kind));
		for (unsigned i = 0; i < OUTCOMES; i++) {
			if (counts->by[kind][i] == 0)
				continue;
			fprintf(to, "%s%llu %s", before,
			        (unsigned long long)counts->by[kind][i],
			        outcome_name(i));
			before = ", ";
		}
		fputc('\n', to);
	}
}

static void print_run(FILE *to, const struct counts *counts,
                      const struct mr_oplog_run_info *info)
{
	fprintf(to, "\nrun %lld  %s, level %s\n", (long long)info->run,
	        info->uri, mr_logfile_level(info->level));
	print_time(to, counts, info);
	fprintf(to, "  operations  %llu: %llu inside composed ones, %llu "
	        "surveys, %llu never ended\n",
	        (unsigned long long)counts->ops,
	        (unsigned long long)counts->children,
	        (unsigned long long)counts->surveys,
	        (unsigned long long)counts->never_ended);
	print_kinds(to, counts);
	fprintf(to, "  cells       %llu of %llu touched\n",
	        (unsigned long long)counts->n_touched,
	        (unsigned long long)info->desc.rows * info->desc.cols);
	fprintf(to, "  pulses      %s%llu%s\n",
	        counts->pulses_unknown ? "at least " : "",
	        (unsigned long long)counts->pulses,
	        counts->pulses_unknown ? " (level 1 keeps no counts per cell)"
	                               : "");
}

static json_t *json_kinds(const struct counts *counts)
{
	json_t *kinds = json_object();

	for (int kind = 1; kind < KINDS; kind++) {
		json_t *outcomes = json_object();

		for (unsigned i = 0; i < OUTCOMES; i++) {
			if (counts->by[kind][i] > 0)
				json_object_set_new(
					outcomes, outcome_name(i),
					json_integer((json_int_t)
				                     counts->by[kind][i]));
		}
		if (json_object_size(outcomes) > 0)
			json_object_set(kinds,
			                mr_op_kind_name((enum mr_op_kind)kind),
			                outcomes);
		json_decref(outcomes);
	}
	return kinds;
}

static json_t *json_run(const struct counts *counts,
                        const struct mr_oplog_run_info *info)
{
	double s = wall_s(counts, info);
	json_t *object = mr_logfile_json(info);
	json_t *more = json_pack(
		"{s:o, s:I, s:I, s:I, s:I, s:I, s:b, s:o, s:o}", "kinds",
		json_kinds(counts), "children", (json_int_t)counts->children,
		"surveys", (json_int_t)counts->surveys, "never_ended",
		(json_int_t)counts->never_ended, "cells_touched",
		(json_int_t)counts->n_touched, "pulses",
		(json_int_t)counts->pulses, "pulses_complete",
		!counts->pulses_unknown, "wall_s", mr_tool_real(s),
		"ops_per_s", mr_tool_real(s > 0.0 ? (double)counts->ops / s
		                                  : 0.0));

	if (counts->timed)
		json_object_update_new(
			more, json_pack("{s:I, s:I}", "t_first_ns",
		                        (json_int_t)counts->t_first_ns,
		                        "t_last_ns",
		                        (json_int_t)counts->t_last_ns));
	json_object_update_new(object, more);
	return object;
}

/* ---- runs ---------------------------------------------------------------- */

static int read_run(struct mr_logfile *log, struct counts *counts,
                    const struct mr_oplog_run_info *info)
{
	struct mr_oplog_record record;
	bool more = true;
	int code = MR_OK;

	while (code == MR_OK) {
		code = mr_logfile_next(log, &record, &more);
		if (code != MR_OK || !more)
			break;
		count(counts, &record, &info->desc);
		mr_tool_progress(log->tool, "counting", counts->ops,
		                 (uint64_t)info->n_ops + 1);
	}
	return code;
}

static int stats_run(struct mr_logfile *log,
                     const struct mr_oplog_run_info *info, json_t *runs)
{
	struct counts counts = {0};
	int code;

	counts.touched = calloc((size_t)info->desc.rows * info->desc.cols, 1);
	if (counts.touched == NULL)
		return mr_tool_fail(log->tool, MR_ERR_NOMEM, "out of memory");
	code = read_run(log, &counts, info);
	if (code == MR_OK && log->tool->json)
		json_array_append_new(runs, json_run(&counts, info));
	else if (code == MR_OK)
		print_run(log->tool->out, &counts, info);
	free(counts.touched);
	return code == MR_OK ? mr_logfile_spill(log->tool) : code;
}

static int stats_runs(struct mr_logfile *log, json_t *runs)
{
	int code = MR_OK;

	for (int64_t run = log->first; code == MR_OK && run <= log->last;
	     run++) {
		struct mr_oplog_run_info info;
		bool found;

		code = mr_logfile_begin(log, run, &info, &found);
		if (code == MR_OK && found)
			code = stats_run(log, &info, runs);
	}
	return code;
}

/* What is not checkpointed yet lies beside the file. */
static int64_t file_bytes(const char *path)
{
	char wal[4096];
	struct stat found;
	int64_t bytes = 0;

	if (stat(path, &found) == 0)
		bytes += (int64_t)found.st_size;
	if (snprintf(wal, sizeof(wal), "%s-wal", path) < (int)sizeof(wal)
	    && stat(wal, &found) == 0)
		bytes += (int64_t)found.st_size;
	return bytes;
}

int mr_log_stats(struct mr_logfile *log)
{
	struct mr_tool *tool = log->tool;
	int64_t bytes = file_bytes(log->path);
	json_t *runs = json_array();
	json_t *object;
	char text[32];
	int code;

	if (!tool->json)
		fprintf(tool->out, "log %s, %s, runs %lld to %lld\n", log->path,
		        mr_tool_pretty(text, (double)bytes, "B"),
		        (long long)log->oldest, (long long)log->newest);
	code = stats_runs(log, runs);
	if (code != MR_OK || !tool->json) {
		json_decref(runs);
		return code;
	}
	object = mr_tool_object("log-stats");
	json_object_set_new(object, "log", json_string(log->path));
	json_object_set_new(object, "bytes", json_integer((json_int_t)bytes));
	json_object_set_new(object, "runs", runs);
	return mr_tool_print(tool, object);
}
