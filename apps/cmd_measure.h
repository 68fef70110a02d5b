/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What the verb measure prints. */
#ifndef MR_APPS_CMD_MEASURE_H
#define MR_APPS_CMD_MEASURE_H

#include "cmd.h"

/**
 * Print all suites and protocols with their settings.
 * @param tool  the verb.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_measure_list(struct mr_tool *tool);

/**
 * Print what was measured, or would be.
 * @param tool     the verb.
 * @param measure  the results.
 * @param plan     they are a plan.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_measure_print(struct mr_tool *tool, const struct mr_measure *measure,
                     bool plan);

#endif
