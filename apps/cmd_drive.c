/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The verb drive: voltages on lines, currents from the others. */
#include "cmd.h"

#include <string.h>

#include "job.h"

static const struct mr_tool_option drive_options[] = {
	MR_CELLS_LINE_OPTIONS,
	{"v", "LIST", "voltages of the driven lines, such as 0.1,200mV; one "
	 "vector per --v", true},
	{"input", "FILE", "CSV with one vector per line; - = standard input",
	 false},
	{"axis", "rows|cols", "which lines are driven; default rows", false},
	{"duration", "TIME", "how long each vector is applied", false},
	{"period", "TIME", "from start to start; default back to back", false},
	MR_TABLE_OPTIONS,
	{0},
};

static const struct mr_tool_page drive_page = {
	.name = "drive",
	.summary = "Drives a batch of voltage vectors and takes the currents: "
		   "analog\nmatrix-vector products.",
	.usage = "[--array=URI] --v=LIST | --input=FILE [OPTION]...",
	.groups = MR_TOOL_ARRAY | MR_TOOL_LOG | MR_TOOL_JSON,
	.options = drive_options,
	.examples =
		"  memrig drive --array 'emu:pcm?rows=2&cols=3' --v 0.1,200mV\n"
		"  memrig drive --array 'emu:pcm?rows=2&cols=3' --input v.csv "
		"--json\n",
};

static int take_axis(struct mr_job *job)
{
	const char *axis = mr_tool_value(&job->tool, "axis");

	if (axis == NULL || strcmp(axis, "rows") == 0)
		job->op.drive.axis = MR_AXIS_ROWS;
	else if (strcmp(axis, "cols") == 0)
		job->op.drive.axis = MR_AXIS_COLS;
	else
		return mr_tool_fail(&job->tool, MR_ERR_USAGE,
		                    "--axis: '%s' is neither rows nor cols",
		                    axis);
	return MR_OK;
}

static int take_vectors(struct mr_job *job)
{
	const char *path = mr_tool_value(&job->tool, "input");
	int code = MR_OK;

	if (path != NULL)
		return mr_input_csv(&job->tool, "input", path, "V",
		                    &job->input);
	for (size_t i = 0; code == MR_OK && i < job->tool.n_given; i++) {
		const struct mr_tool_given *given = &job->tool.given[i];

		if (strcmp(given->option->name, "v") == 0)
			code = mr_input_list(&job->tool, "v", given->value,
			                     "V", &job->input);
	}
	return code;
}

static int check_vectors(struct mr_job *job, size_t n_in)
{
	const char *option = mr_tool_value(&job->tool, "v") != NULL ? "v"
	                                                            : "input";

	if (job->input.cols != n_in)
		return mr_tool_fail(&job->tool, MR_ERR_USAGE,
		                    "--%s: a vector of %zu voltages, but %zu "
		                    "%s are driven", option, job->input.cols,
		                    n_in, job->op.drive.axis == MR_AXIS_ROWS
		                                  ? "rows" : "columns");
	if (job->input.rows > UINT32_MAX)
		return mr_tool_fail(&job->tool, MR_ERR_RANGE,
		                    "--%s: too many vectors", option);
	return MR_OK;
}

/* Line number of the i-th line that is read. */
static uint32_t line_out(const struct mr_job *job, uint32_t i)
{
	const struct mr_selection *where = &job->op.where;
	bool cols = job->op.drive.axis == MR_AXIS_ROWS;

	if (where->kind == MR_SELECT_RECT)
		return (cols ? where->col : where->row) + i;
	if (where->kind == MR_SELECT_OUTER)
		return cols ? where->cols[i] : where->rows[i];
	return i;
}

static void make_table(struct mr_job *job, uint32_t n_out)
{
	struct mr_drive_op *drive = &job->op.drive;
	uint32_t *vector;
	uint32_t *line;

	job->table.n = (size_t)drive->batch * n_out;
	vector = mr_table_add(&job->table, "vector", "", MR_COLUMN_WHOLE);
	line = mr_table_add(&job->table,
	                    drive->axis == MR_AXIS_ROWS ? "col" : "row", "",
	                    MR_COLUMN_WHOLE);
	drive->i_A = mr_table_add(&job->table, "i_A", "A", MR_COLUMN_REAL);
	drive->status = mr_table_add(&job->table, "status", "",
	                             MR_COLUMN_STATUS);
	if (job->table.failed)
		return;
	for (size_t i = 0; i < job->table.n; i++) {
		vector[i] = (uint32_t)(i / n_out);
		line[i] = line_out(job, (uint32_t)(i % n_out));
	}
}

static int drive_times(struct mr_job *job)
{
	struct mr_drive_op *drive = &job->op.drive;
	int code = mr_tool_double(&job->tool, "duration", "s", 1e-15, 1e6,
	                          &drive->duration_s);

	if (code == MR_OK)
		code = mr_tool_double(&job->tool, "period", "s", 1e-15, 1e9,
		                      &drive->period_s);
	return code;
}

static int drive_work(struct mr_job *job)
{
	struct mr_drive_op *drive = &job->op.drive;
	uint32_t n_in;
	uint32_t n_out;
	int code;

	if ((mr_tool_value(&job->tool, "v") != NULL)
	    == (mr_tool_value(&job->tool, "input") != NULL))
		return mr_tool_fail(&job->tool, MR_ERR_USAGE,
		                    "which voltages? Give --v, such as --v "
		                    "0.1,0.2, or --input FILE");
	code = take_axis(job);
	if (code == MR_OK)
		code = drive_times(job);
	if (code == MR_OK)
		code = mr_job_open(job, MR_OP_DRIVE);
	if (code == MR_OK)
		code = take_vectors(job);
	if (code != MR_OK)
		return code;
	mr_selection_lines(&job->op.where, mr_array_describe(job->tool.array),
	                   &n_in, &n_out);
	if (drive->axis == MR_AXIS_COLS) {
		uint32_t n_cols = n_out;

		n_out = n_in;
		n_in = n_cols;
	}
	code = check_vectors(job, n_in);
	if (code != MR_OK)
		return code;
	drive->batch = (uint32_t)job->input.rows;
	drive->v_V = job->input.x;
	make_table(job, n_out);
	return mr_job_submit(job);
}

int mr_cmd_drive(int argc, char **argv)
{
	return mr_job_run(&drive_page, argc, argv, drive_work);
}
