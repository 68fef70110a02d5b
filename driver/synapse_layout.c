/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Where on the array each cell of the synapses lies, and drives across the
 * folds that more inputs than rows make. */
#include "synapse_priv.h"

#include <math.h>

/* The last fold may be shorter than the others; balanced, they are nearly alike
 * and the fewest rows are used. */
void mr__synapse_fold(struct mr_synapse *s)
{
	uint32_t rows = s->array->desc.rows;

	s->n_folds = s->o.n_in / rows + (s->o.n_in % rows != 0);
	s->n_rows = s->o.n_in / s->n_folds + (s->o.n_in % s->n_folds != 0);
}

uint32_t mr__synapse_cell(const struct mr_synapse *s, uint32_t in, uint32_t c)
{
	uint32_t row = in % s->n_rows;
	uint32_t fold = in / s->n_rows;

	return row * s->array->desc.cols + fold * s->n_cols + c;
}

uint32_t *mr__synapse_raised(struct mr_synapse *s, uint32_t cell)
{
	uint32_t row = cell / s->array->desc.cols;
	uint32_t col = cell % s->array->desc.cols;
	size_t in = (size_t)(col / s->n_cols) * s->n_rows + row;

	return &s->raised[in * s->n_cols + col % s->n_cols];
}

struct mr_selection mr__synapse_columns(const struct mr_synapse *s, uint32_t c,
                                        uint32_t n, uint32_t *list)
{
	uint32_t at = 0;

	if (s->n_folds == 1)
		return (struct mr_selection){.kind = MR_SELECT_RECT,
		                             .col = c,
		                             .n_rows = s->o.n_in,
		                             .n_cols = n};
	for (uint32_t i = 0; i < s->o.n_in; i++)
		for (uint32_t k = 0; k < n; k++)
			list[at++] = mr__synapse_cell(s, i, c + k);
	return (struct mr_selection){.kind = MR_SELECT_LIST,
	                             .cells = list,
	                             .n_cells = at};
}

struct mr_selection mr__synapse_all(const struct mr_synapse *s)
{
	return mr__synapse_columns(s, 0, s->n_cols, s->list);
}

/* ---- drives ---------------------------------------------------------------- */

/* The lines of fold f among the fed inputs, behind those of the folds before. */
static uint32_t gather(struct mr_synapse *s, const uint32_t *in, uint32_t n,
                       const float *v_V, uint32_t f, uint32_t at)
{
	for (uint32_t k = 0; k < n; k++) {
		uint32_t i = in ? in[k] : k;

		if (i / s->n_rows != f)
			continue;
		s->fed[at] = i % s->n_rows;
		s->fed_V[at++] = v_V[k];
	}
	return at;
}

static struct mr_op drive_of(const struct mr_synapse *s, uint32_t f,
                             uint32_t first, uint32_t end)
{
	return (struct mr_op){
		.kind = MR_OP_DRIVE,
		.where = {.kind = MR_SELECT_OUTER,
	                  .rows = s->fed + first,
	                  .n_rows = end - first,
	                  .cols = s->cols + (size_t)f * s->n_cols,
	                  .n_cols = s->n_cols},
		.drive = {.batch = 1,
	                  .v_V = s->fed_V + first,
	                  .i_A = s->i_A + (size_t)f * s->n_cols,
	                  .status = s->bits + (size_t)f * s->n_cols}};
}

/* Folds are driven one after the other; what is left of the period passes as a
 * wait, where the array can. */
static int rest(struct mr_synapse *s, int64_t t0_ns, double period_s)
{
	double spent_s = (double)(s->array->t_ns - t0_ns) * 1e-9;
	struct mr_op op = {.kind = MR_OP_WAIT,
	                   .wait = {.duration_s = period_s - spent_s}};

	if (op.wait.duration_s <= 0 ||
	    !(s->array->desc.abilities & MR_ABILITY(MR_OP_WAIT)))
		return MR_OK;
	return mr_array_submit(s->array, &op, 1, NULL, NULL);
}

static void add_folds(struct mr_synapse *s)
{
	for (uint32_t k = 0; k < s->n_ops; k++) {
		const float *i_A = s->ops[k].drive.i_A;

		for (uint32_t c = 0; c < s->n_cols; c++)
			s->sum_A[c] = (k ? s->sum_A[c] : 0) + (double)i_A[c];
	}
}

int mr__synapse_drive(struct mr_synapse *s, const uint32_t *in,
                      const float *v_V, uint32_t n, double period_s)
{
	int64_t t0_ns = s->array->t_ns;
	uint32_t first = 0;

	s->n_ops = 0;
	for (uint32_t f = 0; f < s->n_folds; f++) {
		uint32_t end = gather(s, in, n, v_V, f, first);

		if (end > first)
			s->ops[s->n_ops++] = drive_of(s, f, first, end);
		first = end;
	}
	if (s->n_ops == 1)
		s->ops[0].drive.period_s = period_s;
	else if (!(period_s >= 0 && isfinite(period_s)))
		return mr__synapse_fail(s, MR_ERR_RANGE,
		                        "the period must be finite and not "
		                        "negative");
	int rc = mr_array_submit(s->array, s->ops, s->n_ops, NULL, NULL);

	if (!rc && s->n_ops > 1)
		rc = rest(s, t0_ns, period_s);
	if (!rc)
		add_folds(s);
	return rc;
}
