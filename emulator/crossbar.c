/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Life of the cells, and how operations name them. */
#include "crossbar.h"

#include <math.h>
#include <stdlib.h>

#include "memrig/random.h"

/* One array per line, so that freeing and checking cannot forget one. */
struct storage {
	void **at;
	size_t size;
};

#define STORAGE_MAX 20

static size_t list_storage(struct crossbar *x, struct storage out[STORAGE_MAX])
{
	size_t n = x->n_cells, rows = x->rows, cols = x->cols;
	size_t longest = rows > cols ? rows : cols;
	const struct storage all[] = {
		{(void **)&x->c.g_S, n * sizeof(float)},
		{(void **)&x->c.memory, n * sizeof(float)},
		{(void **)&x->c.nu, n * sizeof(float)},
		{(void **)&x->c.t_p_ns, n * sizeof(int64_t)},
		{(void **)&x->pulses, n * sizeof(uint64_t)},
		{(void **)&x->reads, n * sizeof(uint64_t)},
		{(void **)&x->row_drives, rows * sizeof(uint64_t)},
		{(void **)&x->col_drives, cols * sizeof(uint64_t)},
		{(void **)&x->g_now, n * sizeof(float)},
		{(void **)&x->stale_ns, n * sizeof(int64_t)},
		{(void **)&x->row_stale_ns, rows * sizeof(int64_t)},
		{(void **)&x->row_alike, rows},
		{(void **)&x->line_V, longest * sizeof(float)},
		{(void **)&x->packed, mr__drive_scratch(x) * sizeof(float)},
	};
	size_t count = sizeof all / sizeof all[0];

	_Static_assert(sizeof all / sizeof all[0] + 3 <= STORAGE_MAX,
	               "room for three more");
	for (size_t i = 0; i < count; i++)
		out[i] = all[i];
	if (x->noise_kind == NOISE_FLICKER)
		out[count++] = (struct storage){(void **)&x->g_seen,
		                                n * sizeof(float)};
	if (x->noise_kind == NOISE_FLICKER ||
	    (x->noise_kind == NOISE_WHITE && x->noise.accumulates)) {
		out[count++] = (struct storage){(void **)&x->var_now,
		                                n * sizeof(float)};
		if (!x->model->flicker_is_memory)
			out[count++] = (struct storage){(void **)&x->q_s,
			                                n * sizeof(float)};
	}
	return count;
}

int mr__crossbar_alloc(struct crossbar *x)
{
	struct storage all[STORAGE_MAX];

	x->n_cells = x->rows * x->cols;
	size_t n = list_storage(x, all);

	for (size_t i = 0; i < n; i++) {
		*all[i].at = calloc(1, all[i].size);
		if (!*all[i].at)
			return MR_ERR_NOMEM;
	}
	if (x->noise_kind != NOISE_NONE && x->model->flicker_is_memory)
		x->q_s = x->c.memory;
	return x->noise_kind == NOISE_FLICKER ? mr__flicker_alloc(x) : MR_OK;
}

void mr__crossbar_free(struct crossbar *x)
{
	struct storage all[STORAGE_MAX];

	mr__pool_free(x->pool);
	mr__flicker_free(x);
	free(x->defect);
	free(x->table);
	for (size_t i = list_storage(x, all); i > 0; i--)
		free(*all[i - 1].at);
}

static void birth_chunk(struct crossbar *x, uint32_t first, uint32_t n)
{
	float z[MR_NORMALS_MAX][CHUNK], own[MR_NORMALS_MAX];
	uint64_t event[CHUNK];

	for (uint32_t k = 0; k < MR_NORMALS_MAX; k++) {
		for (uint32_t i = 0; i < n; i++)
			event[i] = k;
		mr_random_normals(x->seed, MR_PURPOSE_BIRTH, first, event, n,
		                  z[k]);
	}
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t k = 0; k < MR_NORMALS_MAX; k++)
			own[k] = z[k][i];
		x->model->birth(x->p, &x->c, first + i, own, 0);
	}
}

void mr__crossbar_birth(struct crossbar *x)
{
	for (uint32_t first = 0; first < x->n_cells; first += CHUNK)
		birth_chunk(x, first, x->n_cells - first < CHUNK
		                              ? x->n_cells - first
		                              : CHUNK);
	mr__aging_programmed(x, 0, x->n_cells, 0);
}

int64_t mr__crossbar_ns(double duration_s)
{
	int64_t ns = llround(duration_s * NS_PER_S);

	return ns == 0 && duration_s > 0 ? 1 : ns;
}

struct lines mr__crossbar_lines(const struct crossbar *x,
                                const struct mr_selection *where)
{
	if (where->kind == MR_SELECT_ALL)
		return (struct lines){.n_rows = x->rows, .n_cols = x->cols};
	if (where->kind == MR_SELECT_RECT)
		return (struct lines){.n_rows = where->n_rows,
		                      .n_cols = where->n_cols,
		                      .row0 = where->row,
		                      .col0 = where->col};
	return (struct lines){.n_rows = where->n_rows,
	                      .n_cols = where->n_cols,
	                      .rows = where->rows,
	                      .cols = where->cols};
}

uint32_t mr__crossbar_segment(const struct crossbar *x,
                              const struct mr_selection *where, uint64_t i,
                              uint32_t max, uint32_t *first, uint64_t *slot)
{
	if (where->kind == MR_SELECT_LIST) {
		*first = where->cells[i];
		*slot = i;
		return 1;
	}
	struct lines l = mr__crossbar_lines(x, where);
	uint32_t j = (uint32_t)(i % l.n_cols);
	uint32_t n = 1;

	*slot = i / l.n_cols;
	*first = line_row(&l, (uint32_t)*slot) * x->cols + line_col(&l, j);
	if (!l.cols)
		n = l.n_cols - j;
	else
		while (j + n < l.n_cols && l.cols[j + n] == l.cols[j] + n)
			n++;
	return n < max ? n : max;
}

uint32_t mr__crossbar_stretch(const struct crossbar *x,
                              const struct mr_selection *where, uint64_t i,
                              uint32_t max, uint32_t *first)
{
	struct lines l = mr__crossbar_lines(x, where);
	uint64_t slot;

	if (where->kind == MR_SELECT_LIST || l.n_cols != x->cols || l.cols ||
	    l.rows)
		return mr__crossbar_segment(x, where, i, max, first, &slot);
	*first = l.row0 * x->cols + (uint32_t)i;
	return max;
}
