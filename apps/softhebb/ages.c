/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "ages.h"

#include <stdlib.h>
#include <string.h>

static int take_one(struct mr_tool *tool, const char *word, uint32_t most,
                    double *t_s, uint32_t *n)
{
	double t;

	if (*n == most)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--ages: at most %u times", most);
	if (mr_tool_quantity(word, "s", &t) != MR_OK || !(t > 0 && t <= 1e10) ||
	    (*n && t <= t_s[*n - 1]))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--ages: '%s' is not a time after the one "
		                    "before it, such as 1h, 1d or 1e7s",
		                    word);
	t_s[(*n)++] = t;
	return MR_OK;
}

int mr_ages_take(struct mr_tool *tool, uint32_t most, double *t_s, uint32_t *n)
{
	const char *value = mr_tool_value(tool, "ages");
	char *list = value ? strdup(value) : NULL;
	int code = MR_OK;

	*n = 0;
	if (value && !list)
		return mr_tool_fail(tool, MR_ERR_NOMEM, "out of memory");
	for (char *word = list, *next; code == MR_OK && word; word = next) {
		next = strchr(word, ',');
		if (next)
			*next++ = '\0';
		code = take_one(tool, word, most, t_s, n);
	}
	free(list);
	return code;
}
