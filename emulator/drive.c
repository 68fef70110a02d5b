/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The analog matrix-vector product. Read noise is independent from call to
 * call, so the noise of one output is a single Gaussian whose variance,
 * sum v^2 sd^2, is summed beside the product.
 *
 * Sums run in the order of the lines for each output, whatever the blocks, so
 * that threads do not change a bit.
 */
#include "crossbar.h"

#include <math.h>
#include <stdatomic.h>

#include "memrig/random.h"

#define ROW_OUTPUT 0x80000000u /* keeps row outputs apart from column outputs */
#define BATCH_CHECK 64         /* vectors between looks at the stop flag */

struct drive_work {
	struct crossbar *x;
	struct mr_op *op;
	struct lines l;
	uint32_t vector;
	uint32_t n_out;
	atomic_uint status;
};

static void add_contiguous(const float *g, float v, uint32_t n, float *sum)
{
	for (uint32_t k = 0; k < n; k++)
		sum[k] += v * g[k];
}

static void add_variance(const float *g, float v, uint32_t n, float slope,
                         float floor_S, float *var)
{
	for (uint32_t k = 0; k < n; k++) {
		float sd = v * (slope * g[k] + floor_S);

		var[k] += sd * sd;
	}
}

static void add_listed(const struct drive_work *w, const float *g, float v,
                       uint32_t first, uint32_t n, float *sum, float *var)
{
	float slope = (float)w->x->noise_slope;
	float floor_S = (float)w->x->noise_floor_S;

	for (uint32_t k = 0; k < n; k++) {
		float gk = g[w->l.cols[first + k]];
		float sd = v * (slope * gk + floor_S);

		sum[k] += v * gk;
		var[k] += sd * sd;
	}
}

/* Sums of columns first..first+n-1 over all fed rows. */
static void sum_columns(const struct drive_work *w, uint32_t first, uint32_t n,
                        float *sum, float *var)
{
	const struct crossbar *x = w->x;
	float slope = (float)x->noise_slope;
	float floor_S = (float)x->noise_floor_S;

	for (uint32_t i = 0; i < w->l.n_rows; i++) {
		size_t row = line_row(&w->l, i);
		const float *g = &x->g_now[row * x->cols];
		float v = x->line_V[i];

		if (v == 0.0f)
			continue;
		if (w->l.cols) {
			add_listed(w, g, v, first, n, sum, var);
			continue;
		}
		g += w->l.col0 + first;
		add_contiguous(g, v, n, sum);
		if (x->noisy)
			add_variance(g, v, n, slope, floor_S, var);
	}
}

static void sum_rows(const struct drive_work *w, uint32_t first, uint32_t n,
                     float *sum, float *var)
{
	const struct crossbar *x = w->x;
	float slope = (float)x->noise_slope;
	float floor_S = (float)x->noise_floor_S;

	for (uint32_t k = 0; k < n; k++) {
		size_t row = line_row(&w->l, first + k);
		const float *g = &x->g_now[row * x->cols];

		for (uint32_t j = 0; j < w->l.n_cols; j++) {
			float gj = g[line_col(&w->l, j)];
			float sd = slope * gj + floor_S;
			float v = x->line_V[j];

			sum[k] += v * gj;
			var[k] += v * sd * (v * sd);
		}
	}
}

/* Which line output k is, and its count of drives so far. */
static uint64_t *output_events(const struct drive_work *w, uint32_t k,
                               uint32_t *subject)
{
	if (w->op->drive.axis == MR_AXIS_ROWS) {
		*subject = line_col(&w->l, k);
		return &w->x->col_drives[*subject];
	}
	uint32_t row = line_row(&w->l, k);

	*subject = row | ROW_OUTPUT;
	return &w->x->row_drives[row];
}

static uint8_t finish_output(const struct drive_work *w, uint32_t k, float sum,
                             float var)
{
	const struct crossbar *x = w->x;
	struct mr_drive_op *dr = &w->op->drive;
	size_t at = (size_t)w->vector * w->n_out + k;
	struct mr_address address = {.purpose = MR_PURPOSE_DRIVE};
	uint64_t *event = output_events(w, k, &address.subject);
	uint8_t status = 0;

	address.event = (*event)++;
	if (x->noisy) {
		float z[2];

		mr_random_normal2(x->seed, address, z);
		sum += sqrtf(var) * z[0];
	}
	dr->i_A[at] = mr__periphery_adc(&x->periphery, sum, &status);
	if (dr->status)
		dr->status[at] = status;
	return status;
}

static void drive_block(void *arg, uint32_t block)
{
	struct drive_work *w = arg;
	uint32_t first = block * CHUNK;
	uint32_t n = w->n_out - first < CHUNK ? w->n_out - first : CHUNK;
	float sum[CHUNK] = {0};
	float var[CHUNK] = {0};
	unsigned status = 0;

	if (w->op->drive.axis == MR_AXIS_ROWS)
		sum_columns(w, first, n, sum, var);
	else
		sum_rows(w, first, n, sum, var);
	for (uint32_t k = 0; k < n; k++)
		status |= finish_output(w, first + k, sum[k], var[k]);
	atomic_fetch_or(&w->status, status);
}

static void drive_vector(struct drive_work *w, uint32_t n_in)
{
	struct crossbar *x = w->x;
	const float *v = &w->op->drive.v_V[(size_t)w->vector * n_in];

	for (uint32_t i = 0; i < n_in; i++)
		x->line_V[i] = mr__periphery_dac(&x->periphery, v[i]);
	mr__crossbar_refresh(x, &w->l, x->t_ns);
	mr__pool_run(x->pool, drive_block, w, (w->n_out + CHUNK - 1) / CHUNK);
}

int mr__operate_drive(struct crossbar *x, struct mr_op *op,
                      const struct mr_run *run)
{
	const struct mr_drive_op *dr = &op->drive;
	struct drive_work w = {
		.x = x, .op = op, .l = mr__crossbar_lines(x, &op->where)};
	bool by_rows = dr->axis == MR_AXIS_ROWS;
	uint32_t n_in = by_rows ? w.l.n_rows : w.l.n_cols;
	int64_t duration_ns = mr__crossbar_ns(dr->duration_s);
	int64_t period_ns = mr__crossbar_ns(dr->period_s);
	int rc = MR_OK;

	if (period_ns < duration_ns)
		period_ns = duration_ns;
	w.n_out = by_rows ? w.l.n_cols : w.l.n_rows;
	while (w.vector < dr->batch && !rc) {
		drive_vector(&w, n_in);
		x->t_ns += period_ns;
		w.vector++;
		if (w.vector < dr->batch && w.vector % BATCH_CHECK == 0)
			rc = mr_run_check(run);
	}
	op->outcome.n_effect = w.vector;
	op->outcome.status |= atomic_load(&w.status);
	return rc;
}
