/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* How an app of "memrig run" ends. */
#include "ending.h"

#include "figure.h"

#include <stdio.h>
#include <string.h>

int mr_ending_take_plot(struct mr_tool *tool, const char **plot)
{
	struct mr_errtext err = {""};
	int code;

	*plot = mr_tool_value(tool, "plot");
	if (!*plot)
		return MR_OK;
	code = mr_figure_check(*plot, &err);
	return code == MR_OK
	               ? code
	               : mr_tool_fail(tool, code, "--plot: %s", err.text);
}

int mr_ending_beside(struct mr_tool *tool, const char *plot, const char *mark,
                     char *out)
{
	const char *dot = plot ? strrchr(plot, '.') : NULL;
	int n;

	if (!dot)
		return MR_OK;
	n = snprintf(out, MR_ENDING_PATH_MAX, "%.*s%s%s", (int)(dot - plot),
	             plot, mark, dot);
	if (n > 0 && n < MR_ENDING_PATH_MAX)
		return MR_OK;
	return mr_tool_fail(tool, MR_ERR_USAGE,
	                    "--plot: a path of more than %d characters",
	                    MR_ENDING_PATH_MAX - 1);
}

static int draw(struct mr_tool *tool, const struct mr_ending *end)
{
	struct mr_errtext err = {""};
	int code;

	if (!end->plot || !end->any)
		return MR_OK;
	code = end->draw(end->app, &err);
	*end->plotted = code == MR_OK;
	if (code == MR_OK)
		return MR_OK;
	mr_tool_fail(tool, code, "%sno figure: %s",
	             code == MR_ERR_UNSUPPORTED ? "warning: " : "", err.text);
	return code == MR_ERR_UNSUPPORTED ? MR_OK : code;
}

/* The tool prints only what succeeded. */
static void show_partial(struct mr_tool *tool)
{
	fflush(tool->out);
	fwrite(tool->out_text, 1, tool->out_size, stdout);
	fflush(stdout);
}

int mr_ending(struct mr_tool *tool, const struct mr_ending *end, int code)
{
	int drawn, told;

	if (code != MR_OK && code != MR_ERR_STOPPED)
		return code;
	drawn = draw(tool, end);
	told = end->report(end->app);
	if (told == MR_OK && (code != MR_OK || drawn != MR_OK))
		show_partial(tool);
	if (code != MR_OK)
		return code;
	return told != MR_OK ? told : drawn;
}
