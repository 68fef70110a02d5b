/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The frame in which a verb submits its one operation. */
#include "job.h"

#include "plan.h"

#include <stdlib.h>

int mr_job_run(const struct mr_tool_page *page, int argc, char **argv,
               int (*work)(struct mr_job *job))
{
	struct mr_job job = {0};
	int code = MR_OK;

	if (mr_tool_parse(&job.tool, page, argc, argv)) {
		if (job.tool.json && mr_tool_value(&job.tool, "csv") != NULL)
			code = mr_tool_fail(&job.tool, MR_ERR_USAGE,
			                    "--csv or --json: one of them");
		else
			code = work(&job);
	}
	mr_cells_free(&job.cells);
	mr_table_free(&job.table);
	free(job.input.x);
	json_decref(job.extra);
	return mr_tool_end(&job.tool, code);
}

static bool has_cells(enum mr_op_kind kind)
{
	return kind != MR_OP_WAIT && kind != MR_OP_CONFIGURE;
}

int mr_job_open(struct mr_job *job, enum mr_op_kind kind)
{
	int code = mr_tool_open(&job->tool);

	job->op.kind = kind;
	if (code == MR_OK && has_cells(kind))
		code = mr_cells_select(&job->tool, &job->cells);
	job->op.where = job->cells.where;
	return code;
}

int mr_job_u32(struct mr_job *job, const char *name, uint32_t min,
               uint32_t *out)
{
	return mr_tool_u32(&job->tool, name, min, UINT32_MAX, out);
}

int mr_job_submit(struct mr_job *job)
{
	int code;

	if (job->table.failed)
		return mr_tool_fail(&job->tool, MR_ERR_NOMEM, "out of memory");
	if (mr_tool_value(&job->tool, "plan"))
		return mr_plan_print(&job->tool, &job->op);
	code = mr_tool_submit(&job->tool, &job->op, 1);
	if (code != MR_OK)
		return code;
	return mr_table_print(&job->tool, &job->table, &job->op, job->extra);
}
