/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What the files behind cmd.h share among themselves; verbs use cmd.h. */
#ifndef MR_APPS_TOOL_PRIV_H
#define MR_APPS_TOOL_PRIV_H

#include "cmd.h"

/**
 * Take the progress bar off the line before something else is written.
 *
 * @param tool  the verb.
 */
void mr__tool_end_bar(struct mr_tool *tool);

/**
 * The command line as a shell would take it.
 *
 * @param name  the verb with its sub-verb, which replaces argv[0].
 * @param argc  number of arguments.
 * @param argv  arguments.
 * @return text from malloc; NULL when out of memory.
 */
char *mr__tool_command(const char *name, int argc, char **argv);

/**
 * What a quantity of a unit looks like, for messages.
 *
 * @param unit  SI symbol.
 * @return static text.
 */
const char *mr__tool_quantity_hint(const char *unit);

#endif
