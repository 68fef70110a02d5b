/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The verb trace: a waveform on each cell, sampled at the end of each level. */
#include "cmd.h"

#include <stdlib.h>
#include <string.h>

#include "job.h"

#define POINTS_DEFAULT 20   /* per leg of a sweep */
#define POINTS_MAX 1000000

static const struct mr_tool_option trace_options[] = {
	MR_CELLS_OPTIONS,
	{"levels", "LIST", "the levels, such as 0.1,0.2,0.1", false},
	{"sweep", "CORNERS", "instead of --levels: straight legs between "
	 "corners, such as 0,0.2,-0.2,0", false},
	{"points", "N", "levels per leg of --sweep; default 20", false},
	{"hold", "TIME", "how long each level holds, such as 1ms", false},
	{"unit", "V|A", "unit of the levels; default V", false},
	{"compliance", "VALUE", "limit in the other unit; default none", false},
	MR_TABLE_OPTIONS,
	{0},
};

static const struct mr_tool_page trace_page = {
	.name = "trace",
	.summary = "Plays one waveform on each cell and samples it: I-V sweeps, "
		   "retention.",
	.usage = "[--array=URI] --levels=LIST | --sweep=CORNERS --hold=TIME "
		 "[OPTION]...",
	.groups = MR_TOOL_ARRAY | MR_TOOL_LOG | MR_TOOL_JSON,
	.options = trace_options,
	.examples =
		"  memrig trace --array 'emu:pcm?rows=4&cols=4' --cells 5 \\\n"
		"      --sweep 0,0.2,-0.2,0 --points 10 --hold 1ms --csv\n",
};

static int take_unit(struct mr_job *job)
{
	const char *unit = mr_tool_value(&job->tool, "unit");

	if (unit == NULL || strcmp(unit, "V") == 0)
		job->op.trace.unit = MR_UNIT_VOLT;
	else if (strcmp(unit, "A") == 0)
		job->op.trace.unit = MR_UNIT_AMPERE;
	else
		return mr_tool_fail(&job->tool, MR_ERR_USAGE,
		                    "--unit: '%s' is neither V nor A", unit);
	return MR_OK;
}

/* Replaces the corners in job->input by the levels of the legs between. */
static int expand_sweep(struct mr_job *job, size_t points)
{
	size_t corners = job->input.cols;
	size_t n;
	float *level;

	if (corners < 2)
		return mr_tool_fail(&job->tool, MR_ERR_USAGE,
		                    "--sweep: at least two corners, such as "
		                    "0,0.2");
	n = (corners - 1) * points + 1;
	level = malloc(n * sizeof(*level));
	if (level == NULL)
		return mr_tool_fail(&job->tool, MR_ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		size_t leg = i / points;
		float share = (float)(i % points) / (float)points;
		float from = job->input.x[leg];
		float to = leg + 1 < corners ? job->input.x[leg + 1] : from;

		level[i] = from + share * (to - from);
	}
	free(job->input.x);
	job->input.x = level;
	job->input.cols = n;
	return MR_OK;
}

static int take_levels(struct mr_job *job)
{
	const char *unit = job->op.trace.unit == MR_UNIT_VOLT ? "V" : "A";
	const char *option = mr_tool_value(&job->tool, "levels") != NULL
	                             ? "levels" : "sweep";
	uint64_t points = POINTS_DEFAULT;
	int code = mr_tool_u64(&job->tool, "points", 1, POINTS_MAX, &points);

	if (code == MR_OK)
		code = mr_input_list(&job->tool, option,
		                     mr_tool_value(&job->tool, option), unit,
		                     &job->input);
	if (code == MR_OK && strcmp(option, "sweep") == 0)
		code = expand_sweep(job, (size_t)points);
	job->op.trace.level = job->input.x;
	job->op.trace.n_levels = (uint32_t)job->input.cols;
	return code;
}

static void make_table(struct mr_job *job)
{
	struct mr_trace_op *trace = &job->op.trace;

	job->table.n = (size_t)job->cells.n * trace->n_levels;
	mr_table_cells(&job->table, &job->cells,
	               mr_array_describe(job->tool.array));
	trace->t_s = mr_table_add(&job->table, "t_s", "s", MR_COLUMN_TIME);
	trace->v_V = mr_table_add(&job->table, "v_V", "V", MR_COLUMN_REAL);
	trace->i_A = mr_table_add(&job->table, "i_A", "A", MR_COLUMN_REAL);
	trace->status = mr_table_add(&job->table, "status", "",
	                             MR_COLUMN_STATUS);
}

static int submit_held(struct mr_job *job, double hold_s)
{
	struct mr_trace_op *trace = &job->op.trace;
	double *hold = malloc(trace->n_levels * sizeof(*hold));
	int code;

	if (hold == NULL)
		return mr_tool_fail(&job->tool, MR_ERR_NOMEM, "out of memory");
	for (uint32_t i = 0; i < trace->n_levels; i++)
		hold[i] = hold_s;
	trace->hold_s = hold;
	code = mr_job_submit(job);
	trace->hold_s = NULL;
	free(hold);
	return code;
}

static int trace_work(struct mr_job *job)
{
	struct mr_tool *tool = &job->tool;
	double hold_s = 0.0;
	int code;

	if ((mr_tool_value(tool, "levels") != NULL)
	    == (mr_tool_value(tool, "sweep") != NULL))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "which waveform? Give --levels, such as "
		                    "--levels 0.1,0.2, or --sweep, such as "
		                    "--sweep 0,0.2,0");
	if (mr_tool_value(tool, "hold") == NULL)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--hold is missing: how long each level "
		                    "holds, such as --hold 1ms");
	code = mr_tool_double(tool, "hold", "s", 1e-15, 1e9, &hold_s);
	if (code == MR_OK)
		code = take_unit(job);
	if (code == MR_OK)
		code = mr_tool_double(tool, "compliance",
		                      job->op.trace.unit == MR_UNIT_VOLT
		                              ? "A" : "V",
		                      0.0, 1e3, &job->op.trace.compliance);
	if (code == MR_OK)
		code = take_levels(job);
	if (code == MR_OK)
		code = mr_job_open(job, MR_OP_TRACE);
	if (code != MR_OK)
		return code;
	make_table(job);
	return submit_held(job, hold_s);
}

int mr_cmd_trace(int argc, char **argv)
{
	return mr_job_run(&trace_page, argc, argv, trace_work);
}
