/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* One operation of a verb, with everything that it owns. */
#ifndef MR_APPS_JOB_H
#define MR_APPS_JOB_H

#include "cells.h"
#include "cmd.h"
#include "input.h"
#include "table.h"

/** An operation, its cells, its inputs and its results. */
struct mr_job {
	struct mr_tool tool;
	struct mr_cells cells;
	struct mr_table table;
	struct mr_matrix input;
	struct mr_op op;
	json_t *extra; /**< further members of the JSON object; or NULL */
};

/**
 * Run a verb: parse, work, end.
 *
 * @param page  the verb's page.
 * @param argc  as main's, from the verb on.
 * @param argv  likewise.
 * @param work  does it; tells of its failures itself.
 * @return the exit status.
 */
int mr_job_run(const struct mr_tool_page *page, int argc, char **argv,
               int (*work)(struct mr_job *job));

/**
 * Open the array and, if the verb has cells, read the selection.
 *
 * @param job   zeroed but for its tool.
 * @param kind  of the operation.
 * @return MR_OK or a code.
 */
int mr_job_open(struct mr_job *job, enum mr_op_kind kind);

/**
 * Value of an option that takes a whole number of 32 bits.
 *
 * @param job   the job.
 * @param name  the option.
 * @param min   least allowed value.
 * @param out   written only if the option was given and is right.
 * @return MR_OK; MR_ERR_USAGE or MR_ERR_RANGE.
 */
int mr_job_u32(struct mr_job *job, const char *name, uint32_t min,
               uint32_t *out);

/**
 * Submit the operation and print its table.
 *
 * @param job  ready.
 * @return MR_OK or a code.
 */
int mr_job_submit(struct mr_job *job);

#endif
