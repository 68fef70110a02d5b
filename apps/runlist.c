/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The runs of a log that a verb works on. */
#include "runlist.h"

#include <stdlib.h>
#include <string.h>

#define RUNS_MAX 65535

static const char *take_number(const char *text, int64_t *out)
{
	int64_t value = 0;

	if (*text < '0' || *text > '9')
		return NULL;
	for (; *text >= '0' && *text <= '9'; text++) {
		if (value > 1000000000)
			return NULL;
		value = value * 10 + (*text - '0');
	}
	*out = value;
	return value > 0 ? text : NULL;
}

/* "7" or "3-7"; returns what follows, or NULL. */
static const char *take_range(const char *text, int64_t *first, int64_t *last)
{
	text = take_number(text, first);
	*last = *first;
	if (text && *text == '-')
		text = take_number(text + 1, last);
	return text && *last >= *first ? text : NULL;
}

static int wrong(struct mr_tool *tool, const char *list)
{
	return mr_tool_fail(tool, MR_ERR_USAGE,
	                    "--runs: '%s' is no list of runs; say for example "
	                    "--runs=3-7 or --runs=1,5,9", list);
}

int mr_runlist_take(struct mr_tool *tool, int64_t **runs, size_t *n)
{
	const char *list = mr_tool_value(tool, "runs");
	const char *at = list;
	int64_t *out;
	size_t count = 0;

	*runs = NULL;
	*n = 0;
	if (!list)
		return MR_OK;
	out = malloc(RUNS_MAX * sizeof *out);
	if (!out)
		return mr_tool_fail(tool, MR_ERR_NOMEM, "no memory");
	do {
		int64_t first = 0;
		int64_t last = 0;

		at = take_range(at, &first, &last);
		if (!at || (*at != ',' && *at != '\0')
		    || last - first >= (int64_t)(RUNS_MAX - count)) {
			free(out);
			return wrong(tool, list);
		}
		for (int64_t run = first; run <= last; run++)
			out[count++] = run;
	} while (*at++ == ',');
	*runs = out;
	*n = count;
	return MR_OK;
}
