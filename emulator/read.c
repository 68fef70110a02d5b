/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Reads of emulated cells. The cells of a product selection are read row by
 * row (one converter per column); a list is worked off cell after cell. */
#include "crossbar.h"

#include <math.h>
#include <stdatomic.h>

#include "memrig/random.h"

/* Full speed at -O2, too; nothing where no optimisation is asked for. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
#pragma GCC optimize("O3")
#endif

#define CHECK_EVERY 4096 /* elements between looks at the stop flag */
#define NARROW 16 /* columns, fewer of which are gathered over the rows */

struct reading {
	struct crossbar *x;
	struct mr_op *op;
	int64_t t0_ns;
	int64_t slot_ns; /* of one row or list entry */
	uint64_t n;      /* elements */
	struct lines narrow; /* the selection, if it has few columns; else zero */
	atomic_uint status; /* OR over all elements, whatever the thread */
};

int mr__operate_check(const struct mr_run *run, uint64_t done, uint64_t n)
{
	if (done == n || done % CHECK_EVERY)
		return MR_OK;
	return mr_run_check(run);
}

/* White noise: one normal stands for all readings that are averaged. */
static void add_white(struct reading *r, uint32_t first, uint32_t n,
                      int64_t t_ns, float *g)
{
	struct crossbar *x = r->x;
	double share = 1 / sqrt((double)r->op->read.averages);
	float z[CHUNK];

	mr_random_normals(x->seed, MR_PURPOSE_READ, first, &x->reads[first], n,
	                  z);
	mr__aging_deviate(x, first, n, t_ns, share, z, g);
}

/* Readings of 1/f noise are not independent: each one is taken. */
static void add_flicker(struct reading *r, uint32_t first, uint32_t n,
                        int64_t t_ns, float *g)
{
	uint32_t averages = r->op->read.averages;
	int64_t each_ns = r->slot_ns / averages;
	double sum[CHUNK] = {0};

	for (uint32_t a = 0; a < averages; a++) {
		float factor[CHUNK];

		mr__flicker_read(r->x, first, n,
		                 t_ns - each_ns * (int64_t)(averages - 1 - a),
		                 factor);
		for (uint32_t i = 0; i < n; i++)
			sum[i] += (double)factor[i];
	}
	for (uint32_t i = 0; i < n; i++)
		g[i] = (float)((double)g[i] * (sum[i] / averages));
}

/* Without a converter: the general form of give(), for many cells. */
MR_CLONES
static void give_plain(const struct mr_read_op *rd, uint64_t at, uint32_t n,
                       const float *restrict g)
{
	const double v_V = rd->v_read_V, per_V = 1 / v_V;
	float *restrict g_S = rd->g_S + at;

	for (uint32_t i = 0; i < n; i++) {
		float i_A = (float)((double)g[i] * v_V);

		g_S[i] = (float)((double)i_A * per_V);
	}
	for (uint32_t i = 0; rd->v_V && i < n; i++)
		rd->v_V[at + i] = (float)v_V;
	for (uint32_t i = 0; rd->i_A && i < n; i++)
		rd->i_A[at + i] = (float)((double)g[i] * v_V);
	for (uint32_t i = 0; rd->status && i < n; i++)
		rd->status[at + i] = 0;
}

static unsigned give(struct reading *r, uint64_t at, uint32_t n,
                     const float *g)
{
	struct mr_read_op *rd = &r->op->read;
	double per_V = 1 / rd->v_read_V;
	unsigned all = 0;

	if (mr__periphery_reads_all(&r->x->periphery)) {
		give_plain(rd, at, n, g);
		return 0;
	}

	for (uint32_t i = 0; i < n; i++) {
		uint8_t status = 0;
		float i_A = mr__periphery_adc(
			&r->x->periphery, (float)((double)g[i] * rd->v_read_V),
			&status);

		rd->g_S[at + i] = (float)((double)i_A * per_V);
		if (rd->v_V)
			rd->v_V[at + i] = (float)rd->v_read_V;
		if (rd->i_A)
			rd->i_A[at + i] = i_A;
		if (rd->status)
			rd->status[at + i] = status;
		all |= status;
	}
	return all;
}

static unsigned read_segment(struct reading *r, uint64_t at, uint32_t first,
                             uint32_t n, uint64_t slot)
{
	struct crossbar *x = r->x;
	int64_t t_ns = r->t0_ns + r->slot_ns * (int64_t)(slot + 1);
	float g[CHUNK];

	mr__aging_run(x, first, n, t_ns, g);
	if (x->noise_kind == NOISE_WHITE)
		add_white(r, first, n, t_ns, g);
	else if (x->noise_kind == NOISE_FLICKER)
		add_flicker(r, first, n, t_ns, g);
	mr__operate_count(x->reads + first, n);
	return give(r, at, n, g);
}

/* A few columns: kernels would work on them row by row, and mostly idle. What a
 * reading is does not depend on who is read beside it. */
static unsigned read_narrow(struct reading *r, const struct lines *l, uint64_t at,
                            uint32_t n)
{
	struct crossbar *x = r->x;
	double share = 1 / sqrt((double)r->op->read.averages);
	uint32_t cell[CHUNK];
	uint64_t event[CHUNK];
	int64_t t_ns[CHUNK];
	float g[CHUNK], z[CHUNK];

	for (uint32_t i = 0; i < n; i++) {
		uint32_t slot = (uint32_t)((at + i) / l->n_cols);
		uint32_t col = (uint32_t)((at + i) % l->n_cols);

		cell[i] = line_row(l, slot) * x->cols + line_col(l, col);
		t_ns[i] = r->t0_ns + r->slot_ns * ((int64_t)slot + 1);
		event[i] = x->reads[cell[i]]++;
	}
	mr__aging_cells(x, cell, n, t_ns, g);
	if (x->noise_kind == NOISE_WHITE) { /* that of no cell or age: is_narrow() */
		x->kernels->normals_apart(x->seed, MR_PURPOSE_READ, cell, event,
		                          n, z);
		mr__aging_deviate(x, 0, n, r->t0_ns, share, z, g);
	}
	return give(r, at, n, g);
}

static bool is_narrow(const struct crossbar *x, const struct lines *l)
{
	return l->n_cols < NARROW && l->n_rows > 1 && !x->noise.accumulates &&
	       x->noise_kind != NOISE_FLICKER;
}

static void read_block(void *arg, uint32_t block)
{
	struct reading *r = arg;
	uint64_t at = (uint64_t)block * CHUNK;
	uint64_t end = r->n - at < CHUNK ? r->n : at + CHUNK;
	unsigned status = 0;

	if (r->narrow.n_cols > 0)
		status |= read_narrow(r, &r->narrow, at, (uint32_t)(end - at));
	while (r->narrow.n_cols == 0 && at < end) {
		uint32_t first;
		uint64_t slot;
		uint32_t n = mr__crossbar_segment(r->x, &r->op->where, at,
		                                  (uint32_t)(end - at), &first,
		                                  &slot);

		status |= read_segment(r, at, first, n, slot);
		at += n;
	}
	atomic_fetch_or(&r->status, status);
}

/* A list may name a cell twice, so that it is worked off in order. */
static int read_list(struct reading *r, const struct mr_run *run)
{
	struct mr_outcome *out = &r->op->outcome;
	int rc = MR_OK;

	while (out->n_effect < r->n && !rc) {
		uint64_t i = out->n_effect++;

		out->status |= read_segment(r, i, r->op->where.cells[i], 1, i);
		rc = mr__operate_check(run, i + 1, r->n);
	}
	r->x->t_ns += r->slot_ns * (int64_t)out->n_effect;
	return rc;
}

int mr__operate_read(struct crossbar *x, struct mr_op *op,
                     const struct mr_run *run)
{
	struct reading r = {.x = x,
	                    .op = op,
	                    .t0_ns = x->t_ns,
	                    .slot_ns = mr__crossbar_ns(op->read.t_int_s) *
	                               op->read.averages,
	                    .n = mr_selection_count(&op->where, &x->desc)};

	if (op->where.kind == MR_SELECT_LIST)
		return read_list(&r, run);
	struct lines l = mr__crossbar_lines(x, &op->where);

	if (is_narrow(x, &l))
		r.narrow = l;
	mr__pool_run(x->pool, read_block, &r,
	             (uint32_t)((r.n + CHUNK - 1) / CHUNK));
	op->outcome.status |= atomic_load(&r.status);
	op->outcome.n_effect = r.n;
	x->t_ns += r.slot_ns * l.n_rows;
	return MR_OK;
}
