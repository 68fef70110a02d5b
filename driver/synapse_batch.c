/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Many vectors of inputs at once: one drive per fold and run of vectors. */
#include "synapse_priv.h"

#include <math.h>
#include <stdlib.h>

#define AT_ONCE 256u /* vectors of a drive */

/* Room for a run of vectors. */
struct run {
	uint32_t most;  /* vectors that fit */
	float *v_V;     /* [most*n_rows] of one fold */
	float *i_A;     /* [most*n_cols] of one fold */
	double *sum_A;  /* [most*n_cols] over the folds */
};

static int make_room(const struct mr_synapse *s, uint32_t batch, struct run *r)
{
	uint32_t limit = s->array->desc.limits.batch_max;

	r->most = batch < AT_ONCE ? batch : AT_ONCE;
	if (limit && r->most > limit)
		r->most = limit;
	r->v_V = calloc(r->most, s->n_rows * sizeof *r->v_V);
	r->i_A = calloc(r->most, s->n_cols * sizeof *r->i_A);
	r->sum_A = calloc(r->most, s->n_cols * sizeof *r->sum_A);
	return r->v_V && r->i_A && r->sum_A
	               ? MR_OK
	               : mr__synapse_fail(s, MR_ERR_NOMEM, "out of memory");
}

/* Inputs of a fold: the last may be shorter. */
static uint32_t rows_of(const struct mr_synapse *s, uint32_t f)
{
	uint32_t first = f * s->n_rows;

	return s->o.n_in - first < s->n_rows ? s->o.n_in - first : s->n_rows;
}

static int drive_fold(struct mr_synapse *s, struct run *r, const float *x,
                      uint32_t n, uint32_t f)
{
	uint32_t rows = rows_of(s, f);
	size_t first = (size_t)f * s->n_rows;
	struct mr_op op = {
		.kind = MR_OP_DRIVE,
		.where = {.kind = MR_SELECT_RECT, .col = f * s->n_cols,
	                  .n_rows = rows, .n_cols = s->n_cols},
		.drive = {.batch = n, .v_V = r->v_V, .i_A = r->i_A}};

	for (uint32_t b = 0; b < n; b++)
		for (uint32_t i = 0; i < rows; i++)
			r->v_V[(size_t)b * rows + i] = (float)(
				s->o.v_read_V *
				(double)x[(size_t)b * s->o.n_in + first + i]);
	int rc = mr_array_submit(s->array, &op, 1, NULL, NULL);

	for (size_t k = 0; !rc && k < (size_t)n * s->n_cols; k++)
		r->sum_A[k] = (f ? r->sum_A[k] : 0) + (double)r->i_A[k];
	return rc;
}

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

static int forward_run(struct mr_synapse *s, struct run *r, const float *x,
                       uint32_t n, float *y)
{
	int rc = MR_OK;

	for (uint32_t f = 0; f < s->n_folds && !rc; f++)
		rc = drive_fold(s, r, x, n, f);
	for (uint32_t b = 0; b < n && !rc; b++)
		for (uint32_t j = 0; j < s->o.n_out; j++)
			y[(size_t)b * s->o.n_out + j] = (float)(
				weigh(s, &r->sum_A[(size_t)b * s->n_cols], j) /
				s->o.v_read_V);
	return rc;
}

static int check_inputs(const struct mr_synapse *s, const float *x, size_t n)
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
	struct run r = {0};
	int rc = check_inputs(s, x, (size_t)batch * s->o.n_in);

	if (!rc)
		rc = make_room(s, batch ? batch : 1, &r);
	for (uint32_t at = 0; at < batch && !rc; at += r.most)
		rc = forward_run(s, &r, &x[(size_t)at * s->o.n_in],
		                 batch - at < r.most ? batch - at : r.most,
		                 &y[(size_t)at * s->o.n_out]);
	free(r.v_V);
	free(r.i_A);
	free(r.sum_A);
	return rc;
}
