/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Pairs that have risen too far on both sides are erased and set anew. */
#include "synapse_priv.h"

#include <math.h>
#include <stdlib.h>

/* What is to be refreshed: the cells of n_cells / per_out synapses. */
struct batch {
	uint32_t n_cells;
	uint32_t *cells;  /* [n_cells] */
	uint32_t *raised; /* [n_cells] of them, copied out and back */
	float *target_S;  /* [n_cells] */
};

static double side_level(const struct mr_synapse *s, const float *g_S,
                         uint32_t out)
{
	double sum = 0;

	for (uint32_t d = 0; d < s->o.n_cells; d++)
		sum += (double)g_S[d];
	return sum / (s->per_weight_S * mr__synapse_drift(s, out));
}

/* Of all cells of a synapse, as if all of its side were like it: a cell at its end
 * takes its turn, and no step, long before the others of its side are there. */
static double fullest(const struct mr_synapse *s, const float *g_S, uint32_t out)
{
	float most_S = 0;

	for (uint32_t d = 0; d < s->per_out; d++)
		most_S = fmaxf(most_S, g_S[d]);
	return (double)most_S * s->o.n_cells /
	       (s->per_weight_S * mr__synapse_drift(s, out));
}

static void add(struct mr_synapse *s, struct batch *b, uint32_t in,
                uint32_t out, double weight)
{
	uint32_t cell = mr__synapse_cell(s, in, out * s->per_out);

	for (uint32_t c = 0; c < s->per_out; c++) {
		b->cells[b->n_cells] = cell + c;
		b->target_S[b->n_cells++] = mr__synapse_target(s, weight, c);
	}
}

static void collect(struct mr_synapse *s, struct batch *b, double limit)
{
	uint32_t n = s->o.n_out;

	for (uint32_t i = 0; i < s->o.n_in; i++) {
		for (uint32_t j = 0; j < n; j++) {
			const float *g_S = mr__synapse_readings(s, i, j, n);
			double plus = side_level(s, g_S, j);
			double minus = side_level(s, g_S + s->o.n_cells, j);

			if (fullest(s, g_S, j) >= limit &&
			    fabs(plus - minus) < s->o.refresh_below)
				add(s, b, i, j, plus - minus);
		}
	}
}

static int erase(struct mr_synapse *s, const struct batch *b)
{
	const enum mr_effect effect = MR_EFFECT_ERASE;
	struct mr_op op = {.where = {.kind = MR_SELECT_LIST,
	                             .cells = b->cells,
	                             .n_cells = b->n_cells}};

	mr_pulse_from(&op, mr_description_effect(&s->array->desc, effect));
	return mr__synapse_submit(s, &op, &effect, 1);
}

static int program(struct mr_synapse *s, const struct batch *b,
                   double tolerance, uint32_t budget)
{
	struct mr_op op = {.kind = MR_OP_PROGRAM,
	                   .where = {.kind = MR_SELECT_LIST,
	                             .cells = b->cells,
	                             .n_cells = b->n_cells},
	                   .program = {.target_S = b->target_S,
	                               .tolerance_S = tolerance * s->o.g_unit_S,
	                               .budget = budget,
	                               .pulses = s->up}};

	for (uint32_t k = 0; k < b->n_cells; k++)
		b->raised[k] = *mr__synapse_raised(s, b->cells[k]);
	int rc = mr__synapse_program(s, &op, b->n_cells, b->raised);

	for (uint32_t k = 0; k < b->n_cells; k++)
		*mr__synapse_raised(s, b->cells[k]) = b->raised[k];
	return rc;
}

static int refresh(struct mr_synapse *s, struct batch *b, double limit,
                   double tolerance, uint32_t budget)
{
	int rc = mr__synapse_look(s, 0, s->o.n_out);

	if (rc)
		return rc;
	collect(s, b, limit);
	if (b->n_cells)
		rc = erase(s, b);
	if (!rc && b->n_cells)
		rc = program(s, b, tolerance, budget);
	return rc;
}

int mr_synapse_refresh(struct mr_synapse *s, double limit, double tolerance,
                       uint32_t budget, uint64_t *n_refreshed)
{
	size_t n = (size_t)s->o.n_in * s->n_cols;
	int rc = mr__synapse_can_pulse(s);

	if (rc)
		return rc;
	if (s->n_sides != 2 || !(limit > 0))
		return mr__synapse_fail(s, MR_ERR_USAGE,
		                        "a refresh is of pairs, and its limit is "
		                        "positive");
	struct batch b = {.cells = calloc(n, sizeof *b.cells),
	                  .raised = calloc(n, sizeof *b.raised),
	                  .target_S = calloc(n, sizeof *b.target_S)};

	if (b.cells && b.raised && b.target_S)
		rc = refresh(s, &b, limit, tolerance, budget);
	else
		rc = mr__synapse_fail(s, MR_ERR_NOMEM, "out of memory");
	if (!rc && n_refreshed)
		*n_refreshed = b.n_cells / s->per_out;
	free(b.cells);
	free(b.raised);
	free(b.target_S);
	return rc;
}
