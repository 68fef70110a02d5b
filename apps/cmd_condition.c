/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The verbs that act on the array as a whole: wait and configure. */
#include "cmd.h"

#include <string.h>

#include "job.h"

#define NAME_MAX_BYTES 64 /* of a condition; described names are shorter */


/* ---- wait ---------------------------------------------------------------- */

static const struct mr_tool_page wait_page = {
	.name = "wait",
	.summary = "Lets array time pass: an emulated array ages at once, a "
		   "board really waits.",
	.usage = "[--array=URI] [OPTION]... TIME",
	.groups = MR_TOOL_ARRAY | MR_TOOL_LOG | MR_TOOL_JSON,
	.args_min = 1,
	.args_max = 1,
	.examples =
		"  memrig wait --array 'emu:pcm?rows=4&cols=4&state=chip.state' "
		"30d\n",
};

static int wait_work(struct mr_job *job)
{
	const char *text = job->tool.args[0];
	double duration_s;
	int code;

	if (mr_tool_quantity(text, "s", &duration_s) != MR_OK
	    || duration_s < 0.0)
		return mr_tool_fail(&job->tool, MR_ERR_USAGE,
		                    "'%s' is no time; say for example 100us, "
		                    "1.5s, 2h or 30d", text);
	code = mr_job_open(job, MR_OP_WAIT);
	if (code != MR_OK)
		return code;
	job->op.wait.duration_s = duration_s;
	job->extra = json_pack("{s:o}", "duration_s",
	                       mr_tool_real(duration_s));
	return mr_job_submit(job);
}

int mr_cmd_wait(int argc, char **argv)
{
	return mr_job_run(&wait_page, argc, argv, wait_work);
}

/* ---- configure ----------------------------------------------------------- */

static const struct mr_tool_page configure_page = {
	.name = "configure",
	.summary = "Changes a condition of the array; 'memrig info' lists "
		   "conditions and what\nthey may be.",
	.usage = "[--array=URI] [OPTION]... NAME=VALUE",
	.groups = MR_TOOL_ARRAY | MR_TOOL_LOG | MR_TOOL_JSON,
	.args_min = 1,
	.args_max = 1,
	.examples =
		"  memrig configure --array "
		"'emu:pcm?rows=4&cols=4&state=chip.state' read_range=20uA\n",
};

/* A quantity such as 20uA becomes the plain number that the waist takes; what
 * is no quantity is left for the array to judge. */
static const char *plain_value(const struct mr_description *desc,
                               const char *name, const char *text,
                               char number[NAME_MAX_BYTES])
{
	double value;

	for (uint32_t i = 0; i < desc->n_conditions; i++) {
		const struct mr_condition *c = &desc->conditions[i];

		if (strcmp(c->name, name) != 0 || c->choices[0] ||
		    mr_tool_quantity(text, c->unit[0] ? c->unit : "1",
		                     &value) != MR_OK)
			continue;
		(void)snprintf(number, NAME_MAX_BYTES, "%.17g", value);
		return number;
	}
	return text;
}

static int configure_work(struct mr_job *job)
{
	const char *text = job->tool.args[0];
	size_t len = strcspn(text, "=");
	char name[NAME_MAX_BYTES], number[NAME_MAX_BYTES];
	int code;

	if (text[len] == '\0' || len == 0 || len >= sizeof(name))
		return mr_tool_fail(&job->tool, MR_ERR_USAGE,
		                    "'%s' is not NAME=VALUE; 'memrig info' "
		                    "lists the conditions", text);
	memcpy(name, text, len);
	name[len] = '\0';
	code = mr_job_open(job, MR_OP_CONFIGURE);
	if (code != MR_OK)
		return code;
	job->op.configure.name = name;
	job->op.configure.value = plain_value(
		mr_array_describe(job->tool.array), name, text + len + 1, number);
	job->extra = json_pack("{s:s, s:s}", "name", name, "value",
	                       job->op.configure.value);
	code = mr_job_submit(job);
	job->op.configure.name = NULL;
	return code;
}

int mr_cmd_configure(int argc, char **argv)
{
	return mr_job_run(&configure_page, argc, argv, configure_work);
}
