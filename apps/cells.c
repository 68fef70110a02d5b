/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Reads lists of lines and cells and makes a selection of them. */
#include "cells.h"

#include <stdlib.h>
#include <string.h>

/** A list that is being read. */
struct list {
	const char *option;
	uint32_t limit; /* numbers are below it */
	uint32_t *x;
	size_t n;
	size_t room;
};

static int list_fail(struct mr_tool *tool, const struct list *list,
                     const char *text)
{
	return mr_tool_fail(tool, MR_ERR_USAGE,
	                    "--%s: '%s' is no list of numbers such as 0-3,7",
	                    list->option, text);
}

static int list_push(struct mr_tool *tool, struct list *list, uint32_t value)
{
	uint32_t *more;

	if (list->x == NULL || list->n == list->room) {
		list->room = list->room * 2 + 16;
		more = realloc(list->x, list->room * sizeof(*more));
		if (more == NULL)
			return mr_tool_fail(tool, MR_ERR_NOMEM,
			                    "out of memory");
		list->x = more;
	}
	list->x[list->n++] = value;
	return MR_OK;
}

/* One piece, "7" or "0-3"; `len` bytes of text. */
static int list_piece(struct mr_tool *tool, struct list *list,
                      const char *text, size_t len)
{
	char piece[48];
	char *dash;
	uint64_t first;
	uint64_t last;
	int code = MR_OK;

	if (len >= sizeof(piece))
		return list_fail(tool, list, text);
	memcpy(piece, text, len);
	piece[len] = '\0';
	dash = strchr(piece, '-');
	if (dash != NULL)
		*dash = '\0';
	if (mr_tool_whole(piece, &first) != MR_OK
	    || mr_tool_whole(dash != NULL ? dash + 1 : piece, &last) != MR_OK
	    || first > last)
		return list_fail(tool, list, text);
	if (last >= list->limit)
		return mr_tool_fail(tool, MR_ERR_RANGE,
		                    "--%s: %llu is outside 0 to %u",
		                    list->option, (unsigned long long)last,
		                    list->limit - 1);
	for (uint64_t i = first; code == MR_OK && i <= last; i++)
		code = list_push(tool, list, (uint32_t)i);
	return code;
}

static int read_list(struct mr_tool *tool, const char *option, uint32_t limit,
                     uint32_t **out, size_t *n)
{
	struct list list = {.option = option, .limit = limit};
	const char *text = mr_tool_value(tool, option);
	int code = MR_OK;

	while (text != NULL && code == MR_OK) {
		size_t len = strcspn(text, ",");

		code = list_piece(tool, &list, text, len);
		text = text[len] == ',' ? text + len + 1 : NULL;
	}
	*out = list.x;
	*n = list.n;
	return code;
}

static int all_lines(struct mr_tool *tool, uint32_t n, uint32_t **out)
{
	*out = malloc(n * sizeof(**out));
	if (*out == NULL)
		return mr_tool_fail(tool, MR_ERR_NOMEM, "out of memory");
	for (uint32_t i = 0; i < n; i++)
		(*out)[i] = i;
	return MR_OK;
}

static int lines_of(struct mr_tool *tool, const char *option, uint32_t limit,
                    uint32_t **out, uint32_t *n)
{
	size_t count = 0;
	int code;

	if (mr_tool_value(tool, option) == NULL) {
		*n = limit;
		return all_lines(tool, limit, out);
	}
	code = read_list(tool, option, limit, out, &count);
	*n = (uint32_t)count;
	return code;
}

static int select_outer(struct mr_tool *tool,
                        const struct mr_description *desc,
                        struct mr_cells *out)
{
	struct mr_selection *where = &out->where;
	int code;

	where->kind = MR_SELECT_OUTER;
	code = lines_of(tool, "rows", desc->rows, &out->rows, &where->n_rows);
	if (code == MR_OK)
		code = lines_of(tool, "cols", desc->cols, &out->cols,
		                &where->n_cols);
	where->rows = out->rows;
	where->cols = out->cols;
	return code;
}

static int select_rect(struct mr_tool *tool,
                       const struct mr_description *desc,
                       struct mr_cells *out)
{
	const char *text = mr_tool_value(tool, "rect");
	uint32_t lines = desc->rows > desc->cols ? desc->rows : desc->cols;
	uint32_t *x = NULL;
	size_t n = 0;
	int code = read_list(tool, "rect", lines + 1, &x, &n);

	if (code != MR_OK || x == NULL || n != 4 || strchr(text, '-') != NULL) {
		free(x);
		if (code != MR_OK)
			return code;
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--rect: '%s' is not first row, first "
		                    "column, rows, columns, such as 0,0,2,3",
		                    text);
	}
	out->where = (struct mr_selection){
		.kind = MR_SELECT_RECT, .row = x[0], .col = x[1],
		.n_rows = x[2], .n_cols = x[3]};
	free(x);
	return MR_OK;
}

static int select_list(struct mr_tool *tool,
                       const struct mr_description *desc,
                       struct mr_cells *out)
{
	size_t n = 0;
	int code = read_list(tool, "cells", desc->rows * desc->cols,
	                     &out->cells, &n);

	out->where.kind = MR_SELECT_LIST;
	out->where.cells = out->cells;
	out->where.n_cells = (uint32_t)n;
	return code;
}

static int check_one_kind(struct mr_tool *tool)
{
	int kinds = (mr_tool_value(tool, "rows") != NULL
	             || mr_tool_value(tool, "cols") != NULL)
	            + (mr_tool_value(tool, "cells") != NULL)
	            + (mr_tool_value(tool, "rect") != NULL)
	            + (mr_tool_value(tool, "all") != NULL);

	if (kinds > 1)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "give --rows and --cols, or --rect, or "
		                    "--cells, or --all: one of them");
	return MR_OK;
}

int mr_cells_select(struct mr_tool *tool, struct mr_cells *out)
{
	const struct mr_description *desc = mr_array_describe(tool->array);
	struct mr_errtext err = {{0}};
	int code;

	*out = (struct mr_cells){.where = {.kind = MR_SELECT_ALL}};
	code = check_one_kind(tool);
	if (code != MR_OK)
		return code;
	if (mr_tool_value(tool, "rows") != NULL
	    || mr_tool_value(tool, "cols") != NULL)
		code = select_outer(tool, desc, out);
	else if (mr_tool_value(tool, "rect") != NULL)
		code = select_rect(tool, desc, out);
	else if (mr_tool_value(tool, "cells") != NULL)
		code = select_list(tool, desc, out);
	if (code != MR_OK)
		return code;
	code = mr_selection_check(&out->where, desc, &err);
	if (code != MR_OK)
		return mr_tool_fail(tool, code, "%s", err.text);
	out->n = mr_selection_count(&out->where, desc);
	return MR_OK;
}

void mr_cells_free(struct mr_cells *cells)
{
	free(cells->rows);
	free(cells->cols);
	free(cells->cells);
}
