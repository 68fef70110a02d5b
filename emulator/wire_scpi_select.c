/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Which cells the next commands act on. */
#include "wire_scpi.h"

#include <string.h>

#define LINE_DIGITS_MAX 9

/* A new selection, made beside the one that holds; kept if it fits. */
static int adopt(struct wire_scpi *b, const struct mr_selection *where,
                 struct ws_buffer *list)
{
	uint64_t n = mr_selection_count(where, b->desc);
	uint64_t most = (uint64_t)b->desc->rows * b->desc->cols;

	if (n > most || mr_selection_check(where, b->desc, NULL))
		return WS_RANGE;
	for (int i = 0; list && i < 2; i++)
		mr__ws_swap(&b->selection.list[i], &list[i]);
	b->selection.where = *where;
	b->selection.n = (uint32_t)n;
	return WS_OK;
}

static int adopt_lists(struct wire_scpi *b, const struct mr_selection *where,
                       struct ws_buffer *list)
{
	int rc = adopt(b, where, list);

	mr__ws_free(&list[0]);
	mr__ws_free(&list[1]);
	return rc;
}

void mr__ws_select_all(struct wire_scpi *b)
{
	struct mr_selection all = {.kind = MR_SELECT_ALL};

	(void)adopt(b, &all, NULL);
}

int mr__ws_select_whole(struct wire_scpi *b, const struct ws_command *c)
{
	(void)c;
	mr__ws_select_all(b);
	return WS_OK;
}

int mr__ws_select_rect(struct wire_scpi *b, const struct ws_command *c)
{
	struct mr_selection where = {.kind = MR_SELECT_RECT};
	uint32_t *const to[] = {&where.row, &where.col, &where.n_rows,
	                        &where.n_cols};
	int rc = WS_OK;

	for (uint32_t i = 0; i < sizeof to / sizeof to[0] && !rc; i++)
		rc = mr__ws_whole(c, i, UINT32_MAX, to[i]);
	return rc ? rc : adopt(b, &where, NULL);
}

int mr__ws_select_list(struct wire_scpi *b, const struct ws_command *c)
{
	struct mr_selection where = {.kind = MR_SELECT_LIST};
	struct ws_buffer list[2] = {{0}, {0}};
	int rc = mr__ws_elements(c, 0, sizeof(uint32_t), &list[0],
	                         &where.n_cells);

	where.cells = (const void *)list[0].data;
	if (!rc)
		return adopt_lists(b, &where, list);
	mr__ws_free(&list[0]);
	return rc;
}

int mr__ws_select_outer(struct wire_scpi *b, const struct ws_command *c)
{
	struct mr_selection where = {.kind = MR_SELECT_OUTER};
	struct ws_buffer list[2] = {{0}, {0}};
	int rc = mr__ws_elements(c, 0, sizeof(uint32_t), &list[0],
	                         &where.n_rows);

	if (!rc)
		rc = mr__ws_elements(c, 1, sizeof(uint32_t), &list[1],
		                     &where.n_cols);
	where.rows = (const void *)list[0].data;
	where.cols = (const void *)list[1].data;
	if (!rc)
		return adopt_lists(b, &where, list);
	mr__ws_free(&list[0]);
	mr__ws_free(&list[1]);
	return rc;
}

/* ---- channel lists ----------------------------------------------------------------- */

struct channels {
	const uint8_t *p;
	const uint8_t *end;
};

static void skip(struct channels *s)
{
	while (s->p < s->end && *s->p <= ' ')
		s->p++;
}

static bool take(struct channels *s, char what)
{
	skip(s);
	if (s->p == s->end || *s->p != (uint8_t)what)
		return false;
	s->p++;
	return true;
}

static int take_line(struct channels *s, uint32_t *line)
{
	unsigned digits = 0;

	skip(s);
	*line = 0;
	for (; s->p < s->end && *s->p >= '0' && *s->p <= '9'; s->p++, digits++) {
		if (digits == LINE_DIGITS_MAX)
			return WS_RANGE;
		*line = *line * 10 + (uint32_t)(*s->p - '0');
	}
	return digits ? WS_OK : WS_SYNTAX;
}

/* row!col, from 1; given from 0. */
static int take_cell(const struct wire_scpi *b, struct channels *s,
                     uint32_t *row, uint32_t *col)
{
	*row = *col = 0;
	int rc = take_line(s, row);

	if (!rc && !take(s, '!'))
		rc = WS_SYNTAX;
	if (!rc)
		rc = take_line(s, col);
	if (!rc && (*row < 1 || *row > b->desc->rows || *col < 1 ||
	            *col > b->desc->cols))
		rc = WS_RANGE;
	--*row;
	--*col;
	return rc;
}

static uint32_t distance(uint32_t from, uint32_t to)
{
	return from < to ? to - from : from - to;
}

/* A range is worked off from its first corner to its last, row by row. */
static int add_range(const struct wire_scpi *b, struct ws_buffer *list,
                     const uint32_t from[2], const uint32_t to[2])
{
	uint32_t n_rows = distance(from[0], to[0]) + 1;
	uint32_t n_cols = distance(from[1], to[1]) + 1;
	size_t most = (size_t)b->desc->rows * b->desc->cols;

	if (list->n / sizeof(uint32_t) + (size_t)n_rows * n_cols > most)
		return WS_RANGE;
	for (uint32_t r = 0; r < n_rows; r++)
		for (uint32_t k = 0; k < n_cols; k++) {
			uint32_t row = from[0] < to[0] ? from[0] + r
			                               : from[0] - r;
			uint32_t col = from[1] < to[1] ? from[1] + k
			                               : from[1] - k;
			uint32_t cell = row * b->desc->cols + col;

			mr__ws_append(list, &cell, sizeof cell);
		}
	return list->failed ? WS_SYSTEM : WS_OK;
}

static int take_channels(const struct wire_scpi *b, struct channels *s,
                         struct ws_buffer *list)
{
	uint32_t from[2] = {0}, to[2] = {0};
	int rc;

	if (!take(s, '@'))
		return WS_SYNTAX;
	do {
		rc = take_cell(b, s, &from[0], &from[1]);
		memcpy(to, from, sizeof to);
		if (!rc && take(s, ':'))
			rc = take_cell(b, s, &to[0], &to[1]);
		if (!rc)
			rc = add_range(b, list, from, to);
	} while (!rc && take(s, ','));
	skip(s);
	return rc ? rc : s->p == s->end ? WS_OK : WS_SYNTAX;
}

int mr__ws_select_channels(struct wire_scpi *b, const struct ws_command *c)
{
	const struct ws_param *p = &c->params[0];
	struct channels s = {.p = p->p, .end = p->p + p->n};
	struct ws_buffer list[2] = {{0}, {0}};
	int rc = p->kind == PARAM_LIST ? take_channels(b, &s, &list[0])
	                               : WS_SYNTAX;
	struct mr_selection where = {
		.kind = MR_SELECT_LIST,
		.cells = (const void *)list[0].data,
		.n_cells = (uint32_t)(list[0].n / sizeof(uint32_t))};

	if (!rc)
		return adopt_lists(b, &where, list);
	mr__ws_free(&list[0]);
	return rc;
}

int mr__ws_select_query(struct wire_scpi *b, const struct ws_command *c)
{
	(void)c;
	mr__ws_print(mr__ws_answer(b), "%u", b->selection.n);
	return WS_OK;
}
