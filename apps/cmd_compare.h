/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What the files of the verb compare share. */
#ifndef MR_APPS_CMD_COMPARE_H
#define MR_APPS_CMD_COMPARE_H

#include "cmd.h"

#include "memrig/compare.h"

/**
 * Draw distributions over each other: groups that differ first, at most twelve.
 *
 * @param tool  the verb.
 * @param c     the comparison.
 * @param path  the figure.
 * @return MR_OK or a code, after telling the user.
 */
int mr_compare_plot(struct mr_tool *tool, const struct mr_comparison *c,
                    const char *path);

#endif
