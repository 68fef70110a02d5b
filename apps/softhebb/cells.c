/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Accuracy against the number of cells per weight. */
#include "cells.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELLS_MAX 64 /* per weight and polarity */

static int take_one(struct mr_softhebb_app *app, const char *word)
{
	uint64_t n = 0;

	if (mr_tool_whole(word, &n) != MR_OK)
		return mr_tool_fail(app->tool, MR_ERR_USAGE,
		                    "--cells-per-weight: '%s' is no number of "
		                    "cells; say 4, or 1,2,4,8 for a curve",
		                    word);
	if (n < 1 || n > CELLS_MAX)
		return mr_tool_fail(app->tool, MR_ERR_RANGE,
		                    "--cells-per-weight: %s is outside 1 to %d",
		                    word, CELLS_MAX);
	if (app->n_cells && n <= app->cells[app->n_cells - 1])
		return mr_tool_fail(app->tool, MR_ERR_USAGE,
		                    "--cells-per-weight: '%s' is not more than "
		                    "the number before it, such as in 1,2,4,8",
		                    word);
	if (app->n_cells == MR_CELLS_LIST_MAX)
		return mr_tool_fail(app->tool, MR_ERR_USAGE,
		                    "--cells-per-weight: at most %d numbers",
		                    MR_CELLS_LIST_MAX);
	app->cells[app->n_cells++] = (uint32_t)n;
	return MR_OK;
}

int mr_cells_take(struct mr_softhebb_app *app)
{
	const char *value = mr_tool_value(app->tool, "cells-per-weight");
	char *list = value ? strdup(value) : NULL;
	int code = MR_OK;

	app->n_cells = 0;
	if (value && !list)
		return mr_tool_fail(app->tool, MR_ERR_NOMEM, "out of memory");
	for (char *word = list, *next; code == MR_OK && word; word = next) {
		next = strchr(word, ',');
		if (next)
			*next++ = '\0';
		code = take_one(app, word);
	}
	free(list);
	if (!value)
		app->cells[app->n_cells++] =
			app->mapping.n_cells ? app->mapping.n_cells : 1;
	app->mapping.n_cells = app->cells[0];
	return code;
}

const char *mr_cells_text(const struct mr_softhebb_app *app, uint32_t n_cells,
                          char text[24])
{
	text[0] = '\0';
	if (app->n_cells > 1 && n_cells)
		snprintf(text, 24, ", %u cell%s", (unsigned)n_cells,
		         n_cells > 1 ? "s" : "");
	return text;
}

void mr_cells_print(const struct mr_softhebb_app *app)
{
	FILE *to = app->tool->out;
	struct mr_softhebb_summary exact, s;

	if (app->n_cells < 2 || !(app->carriers & MR_CARRY_ARRAY))
		return;
	mr_softhebb_summarise(app, 0, &exact);
	fputs("\ncells per weight, means\n"
	      "cells  runs  labels %     sd  soft v.%     sd  neurons used  "
	      "pulses/weight",
	      to);
	fputs(exact.n ? "  below float\n" : "\n", to);
	for (uint32_t k = 0; k < app->n_cells; k++) {
		mr_softhebb_summarise(app, app->cells[k], &s);
		if (!s.n)
			continue;
		fprintf(to, "%5u %5u  %8.2f  %5.2f  %8.2f  %5.2f  %12.0f  %13.1f",
		        (unsigned)app->cells[k], (unsigned)s.n, 100 * s.labels,
		        100 * s.labels_sd, 100 * s.soft, 100 * s.soft_sd,
		        s.used, s.pulses);
		if (exact.n)
			fprintf(to, "  %11.2f",
			        100 * (exact.labels - s.labels));
		fputc('\n', to);
	}
}

json_t *mr_cells_json(const struct mr_softhebb_app *app)
{
	json_t *list;

	if (app->n_cells == 1)
		return json_integer(app->cells[0]);
	list = json_array();
	for (uint32_t k = 0; k < app->n_cells; k++)
		json_array_append_new(list, json_integer(app->cells[k]));
	return list;
}

void mr_cells_put(const struct mr_softhebb_app *app, FILE *to)
{
	struct mr_softhebb_summary s;

	fputs("$cells << EOD\n", to);
	for (uint32_t k = 0; k < app->n_runs; k++)
		if (app->run[k].array)
			fprintf(to, "%u %.3f %.3f\n",
			        (unsigned)app->run[k].n_cells,
			        100 * app->run[k].result.test.labels,
			        100 * app->run[k].result.test.soft);
	fputs("EOD\n$cells_mean << EOD\n", to);
	for (uint32_t k = 0; k < app->n_cells; k++) {
		mr_softhebb_summarise(app, app->cells[k], &s);
		if (s.n)
			fprintf(to, "%u %.3f %.3f\n", (unsigned)app->cells[k],
			        100 * s.labels, 100 * s.soft);
	}
	fputs("EOD\n$cells_float << EOD\n", to);
	mr_softhebb_summarise(app, 0, &s);
	for (uint32_t k = 0; k < 2 && s.n; k++)
		fprintf(to, "%u %.3f %.3f\n",
		        (unsigned)app->cells[k ? app->n_cells - 1 : 0],
		        100 * s.labels, 100 * s.soft);
	fputs("EOD\n", to);
}
