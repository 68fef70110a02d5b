/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Read, pulse and trace on emulated cells. Timing: the cells of a product
 * selection are pulsed at the same time and read row by row (one converter per
 * column); a list is worked off cell after cell. */
#include "crossbar.h"

#include <math.h>
#include <stdatomic.h>

#include "memrig/random.h"

#define LIST_CHECK 4096 /* elements of a list between looks at the stop flag */

struct work {
	struct crossbar *x;
	struct mr_op *op;
	int64_t t0_ns;
	int64_t slot_ns; /* read: time of one row or list entry */
	uint64_t n;      /* elements */
	atomic_uint status; /* OR over all elements, whatever the thread */
};

static uint32_t chunk_length(const struct work *w, uint32_t block)
{
	uint64_t first = (uint64_t)block * CHUNK;

	return w->n - first < CHUNK ? (uint32_t)(w->n - first) : CHUNK;
}

/* Now and then, look whether to go on; never after the last element, which
 * would report a finished operation as stopped. */
static int look_up(const struct mr_run *run, uint64_t done, uint64_t n)
{
	if (done == n || done % LIST_CHECK)
		return MR_OK;
	return mr_run_check(run);
}

/* ---- read ---------------------------------------------------------------- */

static uint64_t read_slot(const struct work *w, uint64_t i)
{
	if (w->op->where.kind == MR_SELECT_LIST)
		return i + 1;
	if (w->op->where.kind == MR_SELECT_ALL)
		return i / w->x->cols + 1;
	return i / w->op->where.n_cols + 1;
}

static uint8_t read_one(const struct work *w, uint64_t i, uint32_t cell,
                        float z)
{
	const struct crossbar *x = w->x;
	const struct mr_read_op *rd = &w->op->read;
	int64_t t_ns = w->t0_ns + w->slot_ns * (int64_t)read_slot(w, i);
	double g = mr__crossbar_now(x, cell, t_ns);
	double sd = x->noise_slope * g + x->noise_floor_S;
	uint8_t status = 0;

	if (x->noisy)
		g += sd / sqrt((double)rd->averages) * (double)z;
	float i_A = mr__periphery_adc(&x->periphery, (float)(g * rd->v_read_V),
	                              &status);

	rd->g_S[i] = (float)((double)i_A / rd->v_read_V);
	if (rd->v_V)
		rd->v_V[i] = (float)rd->v_read_V;
	if (rd->i_A)
		rd->i_A[i] = i_A;
	if (rd->status)
		rd->status[i] = status;
	return status;
}

/* A list may name a cell twice, so that its event numbers must advance one by
 * one; product selections never do and are drawn in bulk. */
static uint8_t read_listed(struct work *w, uint64_t i)
{
	struct crossbar *x = w->x;
	uint32_t cell = w->op->where.cells[i];
	float z[2];

	mr_random_normals(x->seed, MR_PURPOSE_READ, &cell, x->reads, 1, z);
	x->reads[cell]++;
	return read_one(w, i, cell, z[0]);
}

static void read_block(void *arg, uint32_t block)
{
	struct work *w = arg;
	struct crossbar *x = w->x;
	uint64_t first = (uint64_t)block * CHUNK;
	uint32_t n = chunk_length(w, block);
	uint32_t cells[CHUNK];
	float z[2 * CHUNK] = {0};
	unsigned status = 0;

	mr__crossbar_cells(x, &w->op->where, first, n, cells);
	if (x->noisy)
		mr_random_normals(x->seed, MR_PURPOSE_READ, cells, x->reads, n,
		                  z);
	for (uint32_t k = 0; k < n; k++) {
		x->reads[cells[k]]++;
		status |= read_one(w, first + k, cells[k], z[2 * k]);
	}
	atomic_fetch_or(&w->status, status);
}

int mr__operate_read(struct crossbar *x, struct mr_op *op,
                     const struct mr_run *run)
{
	struct mr_read_op *rd = &op->read;
	struct work w = {.x = x,
	                 .op = op,
	                 .t0_ns = x->t_ns,
	                 .slot_ns = mr__crossbar_ns(rd->t_int_s) * rd->averages,
	                 .n = mr_selection_count(&op->where, &x->desc)};
	int rc = MR_OK;
	uint64_t i = 0;

	if (op->where.kind == MR_SELECT_LIST) {
		for (; i < w.n && !rc; i++) {
			op->outcome.status |= read_listed(&w, i);
			rc = look_up(run, i + 1, w.n);
		}
	} else {
		mr__pool_run(x->pool, read_block, &w,
		             (uint32_t)((w.n + CHUNK - 1) / CHUNK));
		i = w.n;
		op->outcome.status |= atomic_load(&w.status);
	}
	op->outcome.n_effect = i;
	if (i)
		x->t_ns += w.slot_ns * (int64_t)read_slot(&w, i - 1);
	return rc;
}

/* ---- pulse --------------------------------------------------------------- */

static struct mr_stimulus stimulus(const struct mr_op *op, uint64_t i)
{
	const struct mr_pulse_op *pu = &op->pulse;

	return (struct mr_stimulus){
		.unit = pu->unit,
		.amplitude = pu->amplitudes ? (double)pu->amplitudes[i]
	                                    : pu->amplitude,
		.width_s = pu->widths_s ? (double)pu->widths_s[i] : pu->width_s};
}

static uint32_t pulse_count(const struct mr_op *op, uint64_t i)
{
	return op->pulse.counts ? op->pulse.counts[i] : op->pulse.count;
}

static int64_t train_ns(const struct mr_op *op, uint64_t i)
{
	const struct mr_pulse_op *pu = &op->pulse;
	double width_s = pu->widths_s ? (double)pu->widths_s[i] : pu->width_s;

	return mr__crossbar_ns(pu->t_rise_s + width_s + pu->t_fall_s) *
	       pulse_count(op, i);
}

/* All pulses on one cell; its train ends at t_ns. */
static uint8_t pulse_one(struct work *w, uint64_t i, uint32_t cell,
                         int64_t t_ns)
{
	struct crossbar *x = w->x;
	struct mr_stimulus s = stimulus(w->op, i);
	uint32_t count = pulse_count(w->op, i);
	uint8_t status = 0;

	for (uint32_t k = 0; k < count; k++) {
		float z[2];

		mr_random_normals(x->seed, MR_PURPOSE_PULSE, &cell, x->pulses, 1,
		                  z);
		x->pulses[cell]++;
		status = x->model->pulse(x->p, &s, &x->c, cell, z, t_ns);
	}
	if (count)
		x->stale_ns[cell] = INT64_MIN;
	if (w->op->pulse.status)
		w->op->pulse.status[i] = status;
	return status;
}

static void pulse_block(void *arg, uint32_t block)
{
	struct work *w = arg;
	uint64_t first = (uint64_t)block * CHUNK;
	uint32_t n = chunk_length(w, block);
	uint32_t cells[CHUNK];
	unsigned status = 0;

	mr__crossbar_cells(w->x, &w->op->where, first, n, cells);
	for (uint32_t k = 0; k < n; k++)
		status |= pulse_one(w, first + k, cells[k],
		                    w->t0_ns + train_ns(w->op, first + k));
	atomic_fetch_or(&w->status, status);
}

static int check_pulses(const struct crossbar *x, const struct mr_op *op,
                        uint64_t n, struct mr_errtext *err)
{
	const struct mr_pulse_op *pu = &op->pulse;
	uint64_t distinct = pu->amplitudes || pu->widths_s ? n : 1;

	if (pu->compliance > 0)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "the emulator's pulses know no compliance");
	for (uint64_t i = 0; i < distinct; i++) {
		struct mr_stimulus s = stimulus(op, i);
		int rc = x->model->accepts(x->p, &s, err);

		if (rc)
			return rc;
	}
	return MR_OK;
}

static int pulse_list(struct work *w, const struct mr_run *run)
{
	struct crossbar *x = w->x;
	struct mr_outcome *out = &w->op->outcome;
	int rc = MR_OK;

	while (out->n_effect < w->n && !rc) {
		uint64_t i = out->n_effect;
		uint32_t cell = w->op->where.cells[i];

		x->t_ns += train_ns(w->op, i);
		out->status |= pulse_one(w, i, cell, x->t_ns);
		x->row_stale_ns[cell / x->cols] = INT64_MIN;
		out->n_effect++;
		rc = look_up(run, out->n_effect, w->n);
	}
	return rc;
}

static void pulse_product(struct work *w)
{
	struct crossbar *x = w->x;
	struct lines l = mr__crossbar_lines(x, &w->op->where);
	uint64_t distinct = w->op->pulse.widths_s || w->op->pulse.counts ? w->n
	                                                                 : 1;
	int64_t longest_ns = 0;

	mr__pool_run(x->pool, pulse_block, w,
	             (uint32_t)((w->n + CHUNK - 1) / CHUNK));
	for (uint32_t i = 0; i < l.n_rows; i++)
		x->row_stale_ns[line_row(&l, i)] = INT64_MIN;
	for (uint64_t i = 0; i < distinct; i++)
		if (train_ns(w->op, i) > longest_ns)
			longest_ns = train_ns(w->op, i);
	x->t_ns += longest_ns;
	w->op->outcome.n_effect = w->n;
	w->op->outcome.status |= atomic_load(&w->status);
}

int mr__operate_pulse(struct crossbar *x, struct mr_op *op,
                      const struct mr_run *run)
{
	struct work w = {.x = x,
	                 .op = op,
	                 .t0_ns = x->t_ns,
	                 .n = mr_selection_count(&op->where, &x->desc)};
	int rc = check_pulses(x, op, w.n, run->err);

	if (rc)
		return rc;
	if (op->where.kind == MR_SELECT_LIST)
		return pulse_list(&w, run);
	pulse_product(&w);
	return MR_OK;
}

/* ---- trace --------------------------------------------------------------- */

static bool programs(const struct crossbar *x, double level)
{
	double max = x->desc.limits.v_read_max_V;

	return fabs(level) > fmax(max, (double)(float)max);
}

static int check_trace(const struct crossbar *x, const struct mr_trace_op *tr,
                       struct mr_errtext *err)
{
	if (tr->unit != MR_UNIT_VOLT)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "the emulator traces voltages only");
	for (uint32_t k = 0; k < tr->n_levels; k++) {
		struct mr_stimulus s = {.unit = MR_UNIT_VOLT,
		                        .amplitude = (double)tr->level[k],
		                        .width_s = tr->hold_s[k]};
		int rc = programs(x, s.amplitude)
		                 ? x->model->accepts(x->p, &s, err)
		                 : MR_OK;

		if (rc)
			return rc;
	}
	return MR_OK;
}

static void trace_level(struct crossbar *x, uint32_t cell,
                        const struct mr_trace_op *tr, uint32_t k)
{
	struct mr_stimulus s = {.unit = MR_UNIT_VOLT,
	                        .amplitude = (double)tr->level[k],
	                        .width_s = tr->hold_s[k]};
	float z[2];

	x->t_ns += mr__crossbar_ns(s.width_s);
	if (!programs(x, s.amplitude))
		return;
	mr_random_normals(x->seed, MR_PURPOSE_PULSE, &cell, x->pulses, 1, z);
	x->pulses[cell]++;
	(void)x->model->pulse(x->p, &s, &x->c, cell, z, x->t_ns);
	x->stale_ns[cell] = INT64_MIN;
	x->row_stale_ns[cell / x->cols] = INT64_MIN;
}

static uint8_t trace_sample(struct crossbar *x, uint32_t cell,
                            const struct mr_trace_op *tr, uint32_t k,
                            size_t at, int64_t t0_ns)
{
	double v = (double)tr->level[k];
	double g = mr__crossbar_now(x, cell, x->t_ns);
	double sd = x->noise_slope * g + x->noise_floor_S;
	uint8_t status = 0;
	float z[2];

	mr_random_normals(x->seed, MR_PURPOSE_TRACE, &cell, x->reads, 1, z);
	x->reads[cell]++;
	double i = v * (x->noisy ? g + sd * (double)z[0] : g);

	if (tr->compliance > 0 && fabs(i) > tr->compliance) {
		status |= MR_STATUS_COMPLIANCE;
		i = copysign(tr->compliance, i);
		v = g > 0 ? i / g : v;
	}
	tr->i_A[at] = mr__periphery_adc(&x->periphery, (float)i, &status);
	if (tr->v_V)
		tr->v_V[at] = (float)v;
	if (tr->t_s)
		tr->t_s[at] = (double)(x->t_ns - t0_ns) / NS_PER_S;
	if (tr->status)
		tr->status[at] = status;
	return status;
}

int mr__operate_trace(struct crossbar *x, struct mr_op *op,
                      const struct mr_run *run)
{
	const struct mr_trace_op *tr = &op->trace;
	uint64_t n = mr_selection_count(&op->where, &x->desc);
	int64_t t0_ns = x->t_ns;
	size_t at = 0;
	int rc = check_trace(x, tr, run->err);

	for (uint64_t i = 0; i < n && !rc; i++) {
		uint32_t cell = mr_selection_cell(&op->where, &x->desc, i);

		for (uint32_t k = 0; k < tr->n_levels; k++) {
			trace_level(x, cell, tr, k);
			if (!tr->sample || tr->sample[k])
				op->outcome.status |= trace_sample(
					x, cell, tr, k, at++, t0_ns);
		}
		op->outcome.n_effect++;
		rc = i + 1 < n ? mr_run_check(run) : MR_OK;
	}
	return rc;
}
