/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Many vectors of inputs at once: one drive per fold and run of vectors. */
#include "synapse_priv.h"

#include <math.h>
#include <stdlib.h>

#define AT_ONCE 256u /* vectors of a drive */

/* ---- room ---------------------------------------------------------------- */

void mr__synapse_free_run(struct mr_synapse *s)
{
	free(s->run.v_V);
	free(s->run.i_A);
	free(s->run.status);
	free(s->run.sum_A);
	s->run = (struct synapse_run){0};
}

int mr__synapse_make_run(struct mr_synapse *s, uint32_t batch)
{
	uint32_t limit = s->array->desc.limits.batch_max;
	uint32_t most = batch < AT_ONCE ? batch : AT_ONCE;
	struct synapse_run *r = &s->run;

	if (limit && most > limit)
		most = limit;
	if (most <= r->most)
		return MR_OK;
	mr__synapse_free_run(s);
	r->v_V = calloc(most, s->n_rows * sizeof *r->v_V);
	r->i_A = calloc(most, s->n_cols * sizeof *r->i_A);
	r->status = calloc(most, s->n_cols);
	r->sum_A = calloc(most, s->n_cols * sizeof *r->sum_A);
	if (!r->v_V || !r->i_A || !r->status || !r->sum_A) {
		mr__synapse_free_run(s);
		return mr__synapse_fail(s, MR_ERR_NOMEM, "out of memory");
	}
	r->most = most;
	return MR_OK;
}

/* ---- drives -------------------------------------------------------------- */

/* Inputs of a fold: the last may be shorter. */
static uint32_t rows_of(const struct mr_synapse *s, uint32_t f)
{
	uint32_t first = f * s->n_rows;

	return s->o.n_in - first < s->n_rows ? s->o.n_in - first : s->n_rows;
}

static void count_sums(struct mr_synapse *s, size_t n, float *most_A)
{
	const struct synapse_run *r = &s->run;
	uint64_t clipped = 0;

	for (size_t k = 0; k < n; k++)
		clipped += (r->status[k] & MR_STATUS_OVER_RANGE) != 0;
	for (size_t k = 0; k < n && most_A; k++)
		*most_A = fmaxf(*most_A, fabsf(r->i_A[k]));
	s->counts.sums += n;
	s->counts.clipped += clipped;
}

static int drive_fold(struct mr_synapse *s, const float *x, uint32_t n,
                      uint32_t f, float *most_A)
{
	struct synapse_run *r = &s->run;
	uint32_t rows = rows_of(s, f);
	size_t first = (size_t)f * s->n_rows, n_sums = (size_t)n * s->n_cols;
	struct mr_op op = {
		.kind = MR_OP_DRIVE,
		.where = {.kind = MR_SELECT_RECT, .col = f * s->n_cols,
	                  .n_rows = rows, .n_cols = s->n_cols},
		.drive = {.batch = n, .v_V = r->v_V, .i_A = r->i_A,
	                  .status = r->status}};

	for (uint32_t b = 0; b < n; b++)
		for (uint32_t i = 0; i < rows; i++)
			r->v_V[(size_t)b * rows + i] = (float)(
				s->o.v_read_V *
				(double)x[(size_t)b * s->o.n_in + first + i]);
	int rc = mr_array_submit(s->array, &op, 1, NULL, NULL);

	if (rc)
		return rc;
	for (size_t k = 0; k < n_sums; k++)
		r->sum_A[k] = (f ? r->sum_A[k] : 0) + (double)r->i_A[k];
	count_sums(s, n_sums, most_A);
	return MR_OK;
}

int mr__synapse_drive_run(struct mr_synapse *s, const float *x, uint32_t n,
                          float *most_A)
{
	int rc = MR_OK;

	for (uint32_t f = 0; f < s->n_folds && !rc; f++)
		rc = drive_fold(s, x, n, f, most_A);
	return rc;
}

/* ---- sums ---------------------------------------------------------------- */

static double weigh(const struct mr_synapse *s, const double *sum_A,
                    uint32_t out)
{
	const double *i_A = &sum_A[(size_t)out * s->per_out];
	double sum = 0;

	for (uint32_t d = 0; d < s->per_out; d++)
		sum += d < s->o.n_cells ? i_A[d] : -i_A[d];
	for (uint32_t d = 0; d < s->n_ref; d++)
		sum -= sum_A[s->n_cols - s->n_ref + d];
	return sum / (s->per_weight_S * mr__synapse_drift(s, out));
}

static int forward_run(struct mr_synapse *s, const float *x, uint32_t n,
                       float *y)
{
	int rc = mr__synapse_drive_run(s, x, n, NULL);

	for (uint32_t b = 0; b < n && !rc; b++)
		for (uint32_t j = 0; j < s->o.n_out; j++)
			y[(size_t)b * s->o.n_out + j] = (float)(
				weigh(s, &s->run.sum_A[(size_t)b * s->n_cols],
			              j) /
				s->o.v_read_V);
	return rc;
}

int mr__synapse_check_inputs(const struct mr_synapse *s, const float *x,
                             size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (!(fabsf(x[k]) <= 1.0f))
			return mr_errtext_set(&s->array->err, MR_ERR_RANGE,
			                      "synapses: input %zu of vector %zu "
			                      "is %g: must be -1 to 1",
			                      k % s->o.n_in, k / s->o.n_in,
			                      (double)x[k]);
	return MR_OK;
}

int mr_synapse_forward_batch(struct mr_synapse *s, const float *x,
                             uint32_t batch, float *y)
{
	int rc = mr__synapse_check_inputs(s, x, (size_t)batch * s->o.n_in);
	uint32_t n;

	if (!rc)
		rc = mr__synapse_make_run(s, batch ? batch : 1);
	for (uint32_t at = 0; at < batch && !rc; at += n) {
		n = batch - at < s->run.most ? batch - at : s->run.most;
		rc = forward_run(s, &x[(size_t)at * s->o.n_in], n,
		                 &y[(size_t)at * s->o.n_out]);
	}
	return rc;
}
