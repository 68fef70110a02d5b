/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The verbs that act on cells: read, pulse, program. */
#include "cmd.h"

#include <string.h>

#include "job.h"

#define TOLERANCE_SHARE 0.02 /* of the unit conductance: program's default */
#define BUDGET_DEFAULT 50    /* pulses per cell */

/* Opens the array and makes the columns row and col. */
static int begin(struct mr_job *job, enum mr_op_kind kind)
{
	int code = mr_job_open(job, kind);

	if (code != MR_OK)
		return code;
	job->table.n = (size_t)job->cells.n;
	mr_table_cells(&job->table, &job->cells,
	               mr_array_describe(job->tool.array));
	return MR_OK;
}

/* ---- read ---------------------------------------------------------------- */

static const struct mr_tool_option read_options[] = {
	MR_CELLS_OPTIONS,
	{"v-read", "VOLTAGE", "read voltage; default: the array's own", false},
	{"t-int", "TIME", "integration time; default: the array's own", false},
	{"averages", "N", "readings averaged into one result", false},
	{"raw", NULL, "also voltage and current", false},
	MR_TABLE_OPTIONS,
	{0},
};

static const struct mr_tool_page read_page = {
	.name = "read",
	.summary = "Reads the conductance of cells.",
	.usage = "[--array=URI] [OPTION]...",
	.groups = MR_TOOL_ARRAY | MR_TOOL_LOG | MR_TOOL_JSON,
	.options = read_options,
	.examples =
		"  memrig read --array 'emu:pcm?rows=4&cols=4'\n"
		"  memrig read --array 'emu:pcm?rows=4&cols=4&state=chip.state' "
		"--rows 0-1 --csv\n",
};

static int read_work(struct mr_job *job)
{
	struct mr_tool *tool = &job->tool;
	struct mr_read_op *read = &job->op.read;
	int code = begin(job, MR_OP_READ);

	if (code == MR_OK)
		code = mr_tool_double(tool, "v-read", "V", 1e-9, 1e3,
		                      &read->v_read_V);
	if (code == MR_OK)
		code = mr_tool_double(tool, "t-int", "s", 1e-12, 1e6,
		                      &read->t_int_s);
	if (code == MR_OK)
		code = mr_job_u32(job, "averages", 1, &read->averages);
	if (code != MR_OK)
		return code;
	read->g_S = mr_table_add(&job->table, "g_S", "S", MR_COLUMN_REAL);
	if (mr_tool_value(tool, "raw") != NULL) {
		read->v_V = mr_table_add(&job->table, "v_V", "V",
		                         MR_COLUMN_REAL);
		read->i_A = mr_table_add(&job->table, "i_A", "A",
		                         MR_COLUMN_REAL);
	}
	read->status = mr_table_add(&job->table, "status", "",
	                            MR_COLUMN_STATUS);
	return mr_job_submit(job);
}

int mr_cmd_read(int argc, char **argv)
{
	return mr_job_run(&read_page, argc, argv, read_work);
}

/* ---- pulse --------------------------------------------------------------- */

static const struct mr_tool_option pulse_options[] = {
	MR_CELLS_OPTIONS,
	{"name", "NAME", "a waveform of the array, such as set or reset", false},
	{"count", "N", "pulses per cell; default 1", false},
	{"amplitude", "VALUE", "instead of --name: such as 90uA or 1.2V", false},
	{"unit", "V|A", "unit of an amplitude that carries none", false},
	{"width", "TIME", "flat top, such as 50ns", false},
	{"rise", "TIME", "leading edge; default 0", false},
	{"fall", "TIME", "trailing edge; default 0", false},
	{"compliance", "VALUE", "limit in the other unit; default none", false},
	MR_TABLE_OPTIONS,
	{0},
};

static const struct mr_tool_page pulse_page = {
	.name = "pulse",
	.summary = "Applies programming pulses to cells: a waveform that the "
		   "array knows by\nname (see 'memrig info'), or one given by "
		   "amplitude and width.",
	.usage = "[--array=URI] --name=NAME | --amplitude=VALUE --width=TIME "
		 "[OPTION]...",
	.groups = MR_TOOL_ARRAY | MR_TOOL_LOG | MR_TOOL_JSON,
	.options = pulse_options,
	.examples =
		"  memrig pulse --array 'emu:pcm?rows=4&cols=4&state=chip.state' "
		"--name set --count 5\n"
		"  memrig pulse --array 'emu:pcm?rows=4&cols=4&state=chip.state' "
		"--cells 0,5 \\\n      --amplitude 90uA --width 50ns\n",
};

/* The unit of an amplitude: --unit, or what its text ends with. */
static int amplitude_unit(struct mr_tool *tool, const char *text,
                          enum mr_unit *out)
{
	const char *unit = mr_tool_value(tool, "unit");
	size_t len = strlen(text);

	if (unit == NULL)
		unit = len > 0 ? text + len - 1 : "";
	if (strcmp(unit, "V") == 0)
		*out = MR_UNIT_VOLT;
	else if (strcmp(unit, "A") == 0)
		*out = MR_UNIT_AMPERE;
	else if (mr_tool_value(tool, "unit") != NULL)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--unit: '%s' is neither V nor A", unit);
	else
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--amplitude: volts or amperes? Say for "
		                    "example 90uA or 1.2V, or add --unit");
	return MR_OK;
}

static int pulse_by_hand(struct mr_tool *tool, struct mr_pulse_op *pulse)
{
	const char *text = mr_tool_value(tool, "amplitude");
	const char *unit;
	const char *other;
	int code;

	if (mr_tool_value(tool, "width") == NULL)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--amplitude needs --width, such as "
		                    "--width 50ns");
	code = amplitude_unit(tool, text, &pulse->unit);
	if (code != MR_OK)
		return code;
	unit = pulse->unit == MR_UNIT_VOLT ? "V" : "A";
	other = pulse->unit == MR_UNIT_VOLT ? "A" : "V";
	code = mr_tool_double(tool, "amplitude", unit, -1e3, 1e3,
	                      &pulse->amplitude);
	if (code == MR_OK)
		code = mr_tool_double(tool, "width", "s", 1e-15, 1e6,
		                      &pulse->width_s);
	if (code == MR_OK)
		code = mr_tool_double(tool, "rise", "s", 0.0, 1e6,
		                      &pulse->t_rise_s);
	if (code == MR_OK)
		code = mr_tool_double(tool, "fall", "s", 0.0, 1e6,
		                      &pulse->t_fall_s);
	if (code == MR_OK)
		code = mr_tool_double(tool, "compliance", other, 0.0, 1e3,
		                      &pulse->compliance);
	return code;
}

static int unknown_waveform(struct mr_tool *tool,
                            const struct mr_description *desc,
                            const char *name)
{
	char known[256] = ""; /* longer than all names together */
	size_t len = 0;

	for (uint32_t i = 0; i < desc->n_waveforms; i++) {
		if (desc->waveforms[i].effect != MR_EFFECT_NONE)
			len += (size_t)snprintf(known + len,
			                        sizeof(known) - len, "%s%s",
			                        len > 0 ? ", " : "",
			                        desc->waveforms[i].name);
	}
	return mr_tool_fail(tool, MR_ERR_USAGE,
	                    "--name: '%s' is no programming waveform of this "
	                    "array; it has %s", name,
	                    known[0] != '\0' ? known : "none");
}

static int pulse_by_name(struct mr_tool *tool, struct mr_op *op)
{
	static const char *const shape[] = {"unit", "width", "rise", "fall",
	                                    "compliance"};
	const struct mr_description *desc = mr_array_describe(tool->array);
	const char *name = mr_tool_value(tool, "name");
	const struct mr_waveform *wave = mr_description_waveform(desc, name);

	for (size_t i = 0; i < sizeof(shape) / sizeof(shape[0]); i++) {
		if (mr_tool_value(tool, shape[i]) != NULL)
			return mr_tool_fail(tool, MR_ERR_USAGE,
			                    "--%s goes with --amplitude; the "
			                    "waveform '%s' brings its own shape",
			                    shape[i], name);
	}
	if (wave == NULL || wave->effect == MR_EFFECT_NONE)
		return unknown_waveform(tool, desc, name);
	mr_pulse_from(op, wave);
	return MR_OK;
}

static int pulse_work(struct mr_job *job)
{
	struct mr_tool *tool = &job->tool;
	struct mr_pulse_op *pulse = &job->op.pulse;
	bool by_name = mr_tool_value(tool, "name") != NULL;
	int code;

	if (by_name == (mr_tool_value(tool, "amplitude") != NULL))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "which pulse? Give --name, such as --name "
		                    "set, or --amplitude and --width, such as "
		                    "--amplitude 90uA --width 50ns");
	code = begin(job, MR_OP_PULSE);
	if (code == MR_OK)
		code = by_name ? pulse_by_name(tool, &job->op)
		               : pulse_by_hand(tool, pulse);
	if (code == MR_OK)
		code = mr_job_u32(job, "count", 1, &pulse->count);
	if (code != MR_OK)
		return code;
	pulse->status = mr_table_add(&job->table, "status", "",
	                             MR_COLUMN_STATUS);
	return mr_job_submit(job);
}

int mr_cmd_pulse(int argc, char **argv)
{
	return mr_job_run(&pulse_page, argc, argv, pulse_work);
}

/* ---- program ------------------------------------------------------------- */

static const struct mr_tool_option program_options[] = {
	MR_CELLS_OPTIONS,
	{"target", "CONDUCTANCE", "for all cells, such as 10uS", false},
	{"input", "FILE", "CSV of targets in the order of the cells; - = "
	 "standard input", false},
	{"tolerance", "CONDUCTANCE",
	 "a read this near is a success; default 2 % of a full cell", false},
	{"budget", "N", "pulses allowed per cell; default 50", false},
	{"averages", "N", "readings per verify", false},
	MR_TABLE_OPTIONS,
	{0},
};

static const struct mr_tool_page program_page = {
	.name = "program",
	.summary = "Brings cells to target conductances by pulses and reads.",
	.usage = "[--array=URI] --target=CONDUCTANCE | --input=FILE "
		 "[OPTION]...",
	.groups = MR_TOOL_ARRAY | MR_TOOL_LOG | MR_TOOL_JSON,
	.options = program_options,
	.examples =
		"  memrig program --array "
		"'emu:pcm?rows=4&cols=4&state=chip.state' --target 10uS\n"
		"  memrig program --array "
		"'emu:pcm?rows=2&cols=2&state=small.state' --input w.csv\n",
};

static int targets_from_file(struct mr_job *job)
{
	struct mr_tool *tool = &job->tool;
	const char *path = mr_tool_value(tool, "input");
	int code = mr_input_csv(tool, "input", path, "S", &job->input);
	size_t n = job->input.rows * job->input.cols;

	if (code == MR_OK && n != job->cells.n)
		code = mr_tool_fail(tool, MR_ERR_FORMAT,
		                    "--input: %s holds %zu targets, but %llu "
		                    "cells are selected", path, n,
		                    (unsigned long long)job->cells.n);
	job->op.program.target_S = job->input.x;
	return code;
}

static int program_settings(struct mr_job *job)
{
	struct mr_program_op *program = &job->op.program;
	struct mr_tool *tool = &job->tool;
	const struct mr_description *desc = mr_array_describe(tool->array);
	int code;

	program->budget = BUDGET_DEFAULT;
	program->tolerance_S = TOLERANCE_SHARE * desc->g_unit_S;
	code = mr_tool_double(tool, "target", "S", 0.0, 1e3, &program->target);
	if (code == MR_OK)
		code = mr_tool_double(tool, "tolerance", "S", 1e-15, 1e3,
		                      &program->tolerance_S);
	if (code == MR_OK)
		code = mr_job_u32(job, "budget", 1, &program->budget);
	if (code == MR_OK)
		code = mr_job_u32(job, "averages", 1, &program->averages);
	return code;
}

static int program_work(struct mr_job *job)
{
	struct mr_tool *tool = &job->tool;
	struct mr_program_op *program = &job->op.program;
	bool from_file = mr_tool_value(tool, "input") != NULL;
	int code;

	if (from_file == (mr_tool_value(tool, "target") != NULL))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "which targets? Give --target, such as "
		                    "--target 10uS, or --input FILE");
	code = begin(job, MR_OP_PROGRAM);
	if (code == MR_OK)
		code = program_settings(job);
	if (code == MR_OK && from_file)
		code = targets_from_file(job);
	if (code != MR_OK)
		return code;
	program->g_S = mr_table_add(&job->table, "g_S", "S", MR_COLUMN_REAL);
	program->pulses = mr_table_add(&job->table, "pulses", "",
	                               MR_COLUMN_WHOLE);
	program->status = mr_table_add(&job->table, "status", "",
	                               MR_COLUMN_STATUS);
	job->extra = json_pack("{s:o, s:I}", "tolerance_S",
	                       mr_tool_real(program->tolerance_S), "budget",
	                       (json_int_t)program->budget);
	return mr_job_submit(job);
}

int mr_cmd_program(int argc, char **argv)
{
	return mr_job_run(&program_page, argc, argv, program_work);
}
