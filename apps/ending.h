/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* How an app of "memrig run" ends: figure, results, exit status. */
#ifndef MR_APPS_ENDING_H
#define MR_APPS_ENDING_H

#include <stdbool.h>

#include "cmd.h"

/** What an app has to show. */
struct mr_ending {
	void *app;        /**< handed to draw and report */
	const char *plot; /**< figure wanted; or NULL */
	bool any;         /**< there are results */
	bool *plotted;    /**< set when the figure was drawn */
	int (*draw)(const void *app, struct mr_errtext *err);
	int (*report)(void *app);
};

/**
 * Read --plot and check the name before the work is done that it will show.
 *
 * @param tool  the verb.
 * @param plot  receives the file wanted; NULL = none.
 * @return MR_OK; as mr_figure_check(), after telling the user.
 */
int mr_ending_take_plot(struct mr_tool *tool, const char **plot);

#define MR_ENDING_PATH_MAX 4096 /**< room for the path of a further figure */

/**
 * The name of a figure beside the main one: of NAME.png NAME-study.png.
 *
 * @param tool  the verb.
 * @param plot  the main one; NULL = none, and nothing is written.
 * @param mark  such as "-study".
 * @param out   [MR_ENDING_PATH_MAX] receives the name.
 * @return MR_OK; MR_ERR_USAGE if it is too long, after telling the user.
 */
int mr_ending_beside(struct mr_tool *tool, const char *plot, const char *mark,
                     char *out);

/**
 * Draw and report what there is. A run that was stopped, or whose figure
 * failed, still prints its results. Without gnuplot the figure is left out with
 * a warning.
 *
 * @param tool  the verb.
 * @param end   what there is.
 * @param code  how the run ended.
 * @return `code` if that is a failure; else the first failure here, or MR_OK.
 */
int mr_ending(struct mr_tool *tool, const struct mr_ending *end, int code);

#endif
