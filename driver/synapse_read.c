/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Synapses that are read and driven, and their drift compensated. */
#include "synapse_priv.h"

#include <math.h>
#include <stdlib.h>

int mr__synapse_look(struct mr_synapse *s, uint32_t first, uint32_t n)
{
	const struct mr_op op = {.kind = MR_OP_READ,
	                         .read = {.v_read_V = s->o.v_read_V}};
	struct mr_op ops[2] = {op, op};
	uint32_t n_cols = n * s->per_out;

	ops[0].where = mr__synapse_columns(s, first * s->per_out, n_cols,
	                                   s->list);
	ops[0].read.g_S = s->g_S;
	ops[1].where = mr__synapse_columns(
		s, s->n_cols - s->n_ref, s->n_ref,
		s->list + (s->n_folds > 1 ? (size_t)s->o.n_in * n_cols : 0));
	ops[1].read.g_S = s->ref_S;
	s->counts.reads += (uint64_t)s->o.n_in * (n * s->per_out + s->n_ref);
	int rc = mr_array_submit(s->array, ops, s->n_ref ? 2 : 1, NULL, NULL);

	s->seen_first = first;
	s->seen_n = rc ? 0 : n;
	return rc;
}

const float *mr__synapse_readings(const struct mr_synapse *s, uint32_t in,
                                  uint32_t k, uint32_t n)
{
	return &s->g_S[((size_t)in * n + k) * s->per_out];
}

double mr__synapse_drift(const struct mr_synapse *s, uint32_t out)
{
	return s->o.drift_scale * s->scale[out];
}

double mr__synapse_weight(const struct mr_synapse *s, uint32_t out,
                          const float *g_S, const float *ref_S)
{
	double sum = 0;

	for (uint32_t d = 0; d < s->per_out; d++)
		sum += d < s->o.n_cells ? (double)g_S[d] : -(double)g_S[d];
	for (uint32_t d = 0; d < s->n_ref; d++)
		sum -= (double)ref_S[d];
	return sum / (s->per_weight_S * mr__synapse_drift(s, out));
}

static int read_outputs(struct mr_synapse *s, uint32_t first, uint32_t n,
                        float *w)
{
	int rc = mr__synapse_look(s, first, n);

	for (uint32_t i = 0; i < s->o.n_in && !rc; i++)
		for (uint32_t k = 0; k < n; k++)
			w[(size_t)i * n + k] = (float)mr__synapse_weight(
				s, first + k, mr__synapse_readings(s, i, k, n),
				&s->ref_S[(size_t)i * s->n_ref]);
	return rc;
}

int mr_synapse_read(struct mr_synapse *s, float *w)
{
	return read_outputs(s, 0, s->o.n_out, w);
}

int mr_synapse_read_output(struct mr_synapse *s, uint32_t out, float *w)
{
	if (out >= s->o.n_out)
		return mr_errtext_set(&s->array->err, MR_ERR_RANGE,
		                      "synapses: output %u is outside 0..%u", out,
		                      s->o.n_out - 1);
	return read_outputs(s, out, 1, w);
}

/* ---- forward ------------------------------------------------------------- */

static double current_weight(const struct mr_synapse *s, uint32_t out)
{
	const double *i_A = &s->sum_A[(size_t)out * s->per_out];
	double sum = 0;

	for (uint32_t d = 0; d < s->per_out; d++)
		sum += d < s->o.n_cells ? i_A[d] : -i_A[d];
	for (uint32_t d = 0; d < s->n_ref; d++)
		sum -= s->sum_A[s->n_cols - s->n_ref + d];
	return sum / (s->per_weight_S * mr__synapse_drift(s, out));
}

/* Of the last drive; folds without an input were not driven. */
static void count_sums(struct mr_synapse *s)
{
	for (uint32_t k = 0; k < s->n_ops; k++) {
		const uint8_t *bits = s->ops[k].drive.status;

		for (uint32_t c = 0; c < s->n_cols; c++)
			s->counts.clipped += (bits[c] & MR_STATUS_OVER_RANGE) != 0;
		s->counts.sums += s->n_cols;
	}
}

static int idle(struct mr_synapse *s, double period_s, float *y)
{
	struct mr_op op = {.kind = MR_OP_WAIT, .wait = {.duration_s = period_s}};

	for (uint32_t j = 0; j < s->o.n_out; j++)
		y[j] = 0;
	return period_s == 0 ? MR_OK
	                     : mr_array_submit(s->array, &op, 1, NULL, NULL);
}

int mr_synapse_forward(struct mr_synapse *s, const uint32_t *in, const float *x,
                       uint32_t n, double period_s, float *y)
{
	if (n == 0)
		return idle(s, period_s, y);
	if (n > s->o.n_in)
		return mr__synapse_fail(s, MR_ERR_USAGE, "more inputs than there are");
	for (uint32_t k = 0; k < n; k++) {
		if (in && in[k] >= s->o.n_in)
			return mr_errtext_set(&s->array->err, MR_ERR_RANGE,
			                      "synapses: input %u is outside "
			                      "0..%u",
			                      in[k], s->o.n_in - 1);
		if (!(fabsf(x[k]) <= 1.0f))
			return mr_errtext_set(&s->array->err, MR_ERR_RANGE,
			                      "synapses: input %u is %g: must be "
			                      "-1 to 1",
			                      k, (double)x[k]);
		s->v_V[k] = (float)((double)x[k] * s->o.v_read_V);
	}
	int rc = mr__synapse_drive(s, in, s->v_V, n, period_s);

	if (!rc)
		count_sums(s);
	for (uint32_t j = 0; !rc && j < s->o.n_out; j++)
		y[j] = (float)(current_weight(s, j) / s->o.v_read_V);
	return rc;
}

/* ---- drift compensation -------------------------------------------------- */

#define LEFT_LEAST 1e-4 /* of a level, to divide by */

/* Currents of all inputs at full voltage, summed over each output's cells;
 * sum_A begins as 0. */
static int measure_level(struct mr_synapse *s, double *sum_A)
{
	int rc = MR_OK;

	for (uint32_t i = 0; i < s->o.n_in; i++)
		s->v_V[i] = (float)s->o.v_read_V;
	for (uint32_t k = 0; k < s->o.level_reads && !rc; k++) {
		rc = mr__synapse_drive_widely(s);
		for (uint32_t c = 0; !rc && c < s->n_cols - s->n_ref; c++)
			sum_A[c / s->per_out] += s->sum_A[c] / s->o.level_reads;
	}
	return rc;
}

static double *new_level(const struct mr_synapse *s)
{
	double *sum_A = calloc(s->o.n_out, sizeof *sum_A);

	if (!sum_A)
		mr__synapse_fail(s, MR_ERR_NOMEM, "out of memory");
	return sum_A;
}

int mr_synapse_calibrate(struct mr_synapse *s)
{
	double *sum_A = new_level(s);

	if (!sum_A)
		return MR_ERR_NOMEM;
	int rc = measure_level(s, sum_A);

	for (uint32_t j = 0; j < s->o.n_out && !rc; j++)
		if (!(sum_A[j] > 0))
			rc = mr_errtext_set(&s->array->err, MR_ERR_RANGE,
			                    "synapses: output %u carries no "
			                    "current to compare with later",
			                    j);
	for (uint32_t j = 0; j < s->o.n_out && !rc; j++) {
		s->sum0_A[j] = sum_A[j];
		s->scale[j] = 1;
	}
	free(sum_A);
	return rc;
}

/* Turn levels into what is left of the calibrated ones. */
static int take_ratios(const struct mr_synapse *s, double *left,
                       bool per_output)
{
	double now = 0, then = 0;

	for (uint32_t j = 0; j < s->o.n_out; j++) {
		now += left[j];
		then += s->sum0_A[j];
	}
	for (uint32_t j = 0; j < s->o.n_out; j++) {
		left[j] = per_output ? left[j] / s->sum0_A[j] : now / then;
		if (!(left[j] >= LEFT_LEAST))
			return mr_errtext_set(
				&s->array->err, MR_ERR_RANGE,
				"synapses: %g of the level of output %u is left: "
				"too little to compensate",
				left[j], j);
	}
	return MR_OK;
}

int mr_synapse_compensate(struct mr_synapse *s, bool per_output)
{
	if (!(s->sum0_A[0] > 0))
		return mr__synapse_fail(s, MR_ERR_USAGE,
		                        "to compensate drift, calibrate before");
	double *left = new_level(s);

	if (!left)
		return MR_ERR_NOMEM;
	int rc = measure_level(s, left);

	if (!rc)
		rc = take_ratios(s, left, per_output);
	for (uint32_t j = 0; j < s->o.n_out && !rc; j++)
		s->scale[j] = left[j];
	free(left);
	return rc;
}

void mr_synapse_uncompensate(struct mr_synapse *s)
{
	for (uint32_t j = 0; j < s->o.n_out; j++)
		s->scale[j] = 1;
}

double mr_synapse_scale(const struct mr_synapse *s, uint32_t out)
{
	return s->scale[out];
}
