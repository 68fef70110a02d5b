/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The runs of a log that a verb works on: --runs. */
#ifndef MR_APPS_RUNLIST_H
#define MR_APPS_RUNLIST_H

#include "cmd.h"

/** The option, for the table of a verb's page. */
#define MR_RUNLIST_OPTION                                                     \
	{"runs", "LIST", "runs of the log, such as 3-7 or 1,5,9; default all", \
	 false}

/**
 * Read the option.
 *
 * @param tool  the verb; its page has MR_RUNLIST_OPTION.
 * @param runs  receives [*n] numbers, or NULL for all; free() them.
 * @param n     receives how many.
 * @return MR_OK; MR_ERR_USAGE; MR_ERR_NOMEM, after telling the user.
 */
int mr_runlist_take(struct mr_tool *tool, int64_t **runs, size_t *n);

#endif
