/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Life and aging of the cells. */
#include "crossbar.h"

#include <math.h>
#include <stdlib.h>

#include "memrig/random.h"

#define NEVER INT64_MAX
#define NOW_STALE INT64_MIN
/* Above this age in seconds nanoseconds overflow. */
#define AGE_MAX_S 9.2e9

int mr__crossbar_alloc(struct crossbar *x)
{
	uint32_t longest = x->rows > x->cols ? x->rows : x->cols;

	x->n_cells = x->rows * x->cols;
	x->c.g_S = calloc(x->n_cells, sizeof(float));
	x->c.memory = calloc(x->n_cells, sizeof(float));
	x->c.nu = calloc(x->n_cells, sizeof(float));
	x->c.t_p_ns = calloc(x->n_cells, sizeof(int64_t));
	x->pulses = calloc(x->n_cells, sizeof(uint64_t));
	x->reads = calloc(x->n_cells, sizeof(uint64_t));
	x->row_drives = calloc(x->rows, sizeof(uint64_t));
	x->col_drives = calloc(x->cols, sizeof(uint64_t));
	x->g_now = calloc(x->n_cells, sizeof(float));
	x->stale_ns = calloc(x->n_cells, sizeof(int64_t));
	x->row_stale_ns = calloc(x->rows, sizeof(int64_t));
	x->line_V = calloc(longest, sizeof(float));
	if (x->c.g_S && x->c.memory && x->c.nu && x->c.t_p_ns && x->pulses &&
	    x->reads && x->row_drives && x->col_drives && x->g_now &&
	    x->stale_ns && x->row_stale_ns && x->line_V)
		return MR_OK;
	return MR_ERR_NOMEM;
}

void mr__crossbar_free(struct crossbar *x)
{
	mr__pool_free(x->pool);
	free(x->line_V);
	free(x->row_stale_ns);
	free(x->stale_ns);
	free(x->g_now);
	free(x->col_drives);
	free(x->row_drives);
	free(x->reads);
	free(x->pulses);
	free(x->c.t_p_ns);
	free(x->c.nu);
	free(x->c.memory);
	free(x->c.g_S);
}

void mr__crossbar_birth(struct crossbar *x)
{
	for (uint32_t cell = 0; cell < x->n_cells; cell++) {
		struct mr_address at = {.purpose = MR_PURPOSE_BIRTH,
		                        .subject = cell};
		float z[2];

		mr_random_normal2(x->seed, at, z);
		x->model->birth(x->p, &x->c, cell, z, 0);
	}
	mr__crossbar_touch_all(x);
}

void mr__crossbar_touch_all(struct crossbar *x)
{
	for (uint32_t cell = 0; cell < x->n_cells; cell++)
		x->stale_ns[cell] = NOW_STALE;
	for (uint32_t row = 0; row < x->rows; row++)
		x->row_stale_ns[row] = NOW_STALE;
}

void mr__crossbar_set_noise(struct crossbar *x)
{
	x->model->read_noise(x->p, &x->noise_slope, &x->noise_floor_S);
	x->noisy = x->noise_asked &&
	           (x->noise_slope > 0 || x->noise_floor_S > 0);
}

int64_t mr__crossbar_ns(double duration_s)
{
	int64_t ns = llround(duration_s * NS_PER_S);

	return ns == 0 && duration_s > 0 ? 1 : ns;
}

static double age_s(const struct crossbar *x, uint32_t cell, int64_t t_ns)
{
	int64_t age_ns = t_ns - x->c.t_p_ns[cell];

	return age_ns > 0 ? (double)age_ns / NS_PER_S : 0;
}

double mr__crossbar_now(const struct crossbar *x, uint32_t cell, int64_t t_ns)
{
	double g = (double)x->c.g_S[cell];

	if (!x->model->log_age)
		return g;
	double log_age = x->model->log_age(x->p, age_s(x, cell, t_ns));

	return g * exp(-(double)x->c.nu[cell] * log_age);
}

static int64_t stale_at(const struct crossbar *x, uint32_t cell, double log_age)
{
	double age = x->model->age_of(x->p, log_age);

	if (!(age < AGE_MAX_S))
		return NEVER;
	int64_t age_ns = (int64_t)ceil(age * NS_PER_S);
	int64_t t_p_ns = x->c.t_p_ns[cell];

	return t_p_ns > NEVER - age_ns ? NEVER : t_p_ns + age_ns;
}

static void refresh_cell(struct crossbar *x, uint32_t cell, int64_t t_ns)
{
	if (!x->model->log_age || x->c.nu[cell] == 0.0f) {
		x->g_now[cell] = x->c.g_S[cell];
		x->stale_ns[cell] = NEVER;
		return;
	}
	if (x->drift_step == 0) {
		x->g_now[cell] = (float)mr__crossbar_now(x, cell, t_ns);
		x->stale_ns[cell] = NOW_STALE;
		return;
	}
	double log_age = x->model->log_age(x->p, age_s(x, cell, t_ns));
	double step = floor(log_age / x->drift_step);
	double factor = exp(-(double)x->c.nu[cell] * step * x->drift_step);

	x->g_now[cell] = (float)((double)x->c.g_S[cell] * factor);
	x->stale_ns[cell] = stale_at(x, cell, (step + 1) * x->drift_step);
}

/* Cells outside the selection keep their own due time, so the row's bound is
 * lowered by them and only raised when the whole row was looked at. */
static void refresh_row(struct crossbar *x, const struct lines *l, uint32_t row,
                        int64_t t_ns)
{
	const int64_t *stale = &x->stale_ns[(size_t)row * x->cols];
	bool whole = !l->cols && l->n_cols == x->cols;
	int64_t earliest = NEVER;

	for (uint32_t j = 0; j < l->n_cols; j++) {
		uint32_t col = line_col(l, j);

		if (t_ns >= stale[col])
			refresh_cell(x, row * x->cols + col, t_ns);
		if (stale[col] < earliest)
			earliest = stale[col];
	}
	if (whole)
		x->row_stale_ns[row] = earliest;
}

struct refresh_work {
	struct crossbar *x;
	const struct lines *l;
	int64_t t_ns;
	uint32_t rows_per_block;
};

static void refresh_block(void *arg, uint32_t block)
{
	const struct refresh_work *w = arg;
	uint32_t first = block * w->rows_per_block;
	uint32_t end = first + w->rows_per_block;

	for (uint32_t i = first; i < end && i < w->l->n_rows; i++) {
		uint32_t row = line_row(w->l, i);

		if (w->t_ns >= w->x->row_stale_ns[row])
			refresh_row(w->x, w->l, row, w->t_ns);
	}
}

void mr__crossbar_refresh(struct crossbar *x, const struct lines *l,
                          int64_t t_ns)
{
	uint32_t per_block = CHUNK / l->n_cols + 1;
	struct refresh_work w = {
		.x = x, .l = l, .t_ns = t_ns, .rows_per_block = per_block};
	uint32_t n_blocks = (l->n_rows + per_block - 1) / per_block;

	mr__pool_run(x->pool, refresh_block, &w, n_blocks);
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

void mr__crossbar_cells(const struct crossbar *x,
                        const struct mr_selection *where, uint64_t first,
                        uint32_t n, uint32_t *cells)
{
	if (where->kind == MR_SELECT_LIST) {
		for (uint32_t k = 0; k < n; k++)
			cells[k] = where->cells[first + k];
		return;
	}
	struct lines l = mr__crossbar_lines(x, where);
	uint32_t i = (uint32_t)(first / l.n_cols);
	uint32_t j = (uint32_t)(first % l.n_cols);

	for (uint32_t k = 0; k < n; k++) {
		cells[k] = line_row(&l, i) * x->cols + line_col(&l, j);
		if (++j == l.n_cols) {
			j = 0;
			i++;
		}
	}
}
