/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The option --plan: what an operation would do. */
#ifndef MR_APPS_PLAN_H
#define MR_APPS_PLAN_H

#include "cmd.h"

/**
 * Plan an operation and print it, for people or as JSON.
 *
 * @param tool  with its array open.
 * @param op    as it would be submitted.
 * @return MR_OK; a code, after telling the user why it would be refused.
 */
int mr_plan_print(struct mr_tool *tool, const struct mr_op *op);

#endif
