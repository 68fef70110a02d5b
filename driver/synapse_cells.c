/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Synapses as a whole: erased, programmed. */
#include "synapse_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void forget(struct mr_synapse *s)
{
	memset(s->chi, 0, (size_t)s->o.n_in * s->o.n_out * sizeof *s->chi);
	for (uint32_t j = 0; j < s->o.n_out; j++) {
		s->sum0_A[j] = 0;
		s->scale[j] = 1;
	}
}

/* Count what a pulse operation did, also one that failed on its way. */
static void count_pulses(struct mr_synapse *s, const struct mr_op *op,
                         enum mr_effect effect)
{
	const struct mr_description *d = &s->array->desc;
	bool up = effect == MR_EFFECT_RAISE;
	uint64_t n = mr__op_applied(op, mr_selection_count(&op->where, d));

	*(up ? &s->counts.raised : &s->counts.lowered) += n * op->pulse.count;
	for (uint64_t i = 0; i < n; i++) {
		uint32_t *r = mr__synapse_raised(s, mr_selection_cell(&op->where, d, i));

		if (up)
			*r += op->pulse.count;
		else if (effect == MR_EFFECT_ERASE)
			*r = 0;
	}
}

int mr__synapse_submit(struct mr_synapse *s, struct mr_op *ops,
                       const enum mr_effect *effects, size_t n)
{
	s->seen_n = 0;
	for (size_t i = 0; i < n; i++)
		ops[i].outcome.error = MR_ERR_NOT_RUN; /* if it is not checked */
	int rc = mr_array_submit(s->array, ops, n, NULL, NULL);

	for (size_t i = 0; i < n; i++)
		count_pulses(s, &ops[i], effects[i]);
	return rc;
}

int mr_synapse_reset(struct mr_synapse *s, uint32_t pulses)
{
	const struct mr_waveform *erase =
		mr_description_effect(&s->array->desc, MR_EFFECT_ERASE);
	struct mr_op ops[2] = {{.where = mr__synapse_all(s)},
	                       {.where = mr__synapse_all(s)}};
	const enum mr_effect effects[2] = {MR_EFFECT_ERASE, MR_EFFECT_RAISE};

	if (!s->pulses || !erase)
		return mr_errtext_set(&s->array->err, MR_ERR_UNSUPPORTED,
		                      "synapses: the array describes no raising "
		                      "and erasing waveform%s",
		                      s->array->narrowed);
	mr_pulse_from(&ops[0], erase);
	mr_pulse_from(&ops[1], &s->raise);
	ops[1].pulse.count = pulses;
	int rc = mr__synapse_submit(s, ops, effects, pulses ? 2 : 1);

	if (rc)
		return rc;
	forget(s);
	return MR_OK;
}

/* Share of replica d of a polarity, in units of g_unit_S, when the polarity as a
 * whole is to carry `level` per cell. */
static double share(const struct mr_synapse *s, double level, uint32_t d)
{
	double left = level * s->o.n_cells - d;

	if (s->o.fill == MR_FILL_EQUAL)
		return level;
	return d + 1 < s->o.n_cells ? fmin(fmax(left, 0), 1) : fmax(left, 0);
}

float mr__synapse_target(const struct mr_synapse *s, double weight, uint32_t c)
{
	bool minus = c >= s->o.n_cells;
	double level = s->n_ref ? (1 + weight) / 2
	                        : fmax(minus ? -weight : weight, 0);

	return (float)(share(s, level, minus ? c - s->o.n_cells : c) *
	               s->o.g_unit_S);
}

static int check_weight(const struct mr_synapse *s, uint32_t i, uint32_t j,
                        double weight)
{
	double least = s->n_sides == 2 ? -INFINITY : s->n_ref ? -1 : 0;

	if (isfinite(weight) && weight >= least)
		return MR_OK;
	return mr_errtext_set(&s->array->err, MR_ERR_RANGE,
	                      "synapses: weight of input %u, output %u is %g: "
	                      "must be finite%s",
	                      i, j, weight,
	                      s->n_sides == 2 ? ""
	                      : s->n_ref      ? " and not under -1"
	                                      : " and not negative");
}

static int fill_targets(struct mr_synapse *s, const float *w)
{
	uint32_t ref = s->n_cols - s->n_ref;

	for (uint32_t i = 0; i < s->o.n_in; i++) {
		float *row_S = &s->g_S[(size_t)i * s->n_cols];

		for (uint32_t c = 0; c < s->n_cols; c++) {
			uint32_t j = c / s->per_out;
			double weight = c < ref ? (double)w[(size_t)i *
			                                            s->o.n_out +
			                                    j]
			                        : 0;
			int rc = check_weight(s, i, j, weight);

			if (rc)
				return rc;
			row_S[c] = mr__synapse_target(s, weight, c % s->per_out);
		}
	}
	return MR_OK;
}

/* The core's own program tells which way its pulses went. One that the array
 * does by itself tells only how many: they are taken to be raising. */
int mr__synapse_program(struct mr_synapse *s, struct mr_op *op, size_t n,
                        uint32_t *raised)
{
	struct mr__tally tally = {.raised = raised};
	bool own = mr__array_takes(s->array, op);

	s->seen_n = 0;
	s->array->tally = own ? NULL : &tally;
	int rc = mr_array_submit(s->array, op, 1, NULL, NULL);

	s->array->tally = NULL;
	for (size_t c = 0; c < n && own && !rc; c++) {
		raised[c] += op->program.pulses[c];
		tally.n_raised += op->program.pulses[c];
	}
	s->counts.raised += tally.n_raised;
	s->counts.lowered += tally.n_lowered;
	return rc;
}

static uint64_t count_missed(const struct mr_synapse *s, const uint8_t *status)
{
	size_t n_cells = (size_t)s->o.n_in * s->n_cols;
	uint64_t missed = 0;

	for (size_t c = 0; c < n_cells; c++)
		missed += (status[c] & MR_STATUS_NOT_CONVERGED) != 0;
	return missed;
}

int mr_synapse_set(struct mr_synapse *s, const float *w, double tolerance,
                   uint32_t budget, uint64_t *n_missed)
{
	uint8_t *status = calloc((size_t)s->o.n_in * s->n_cols, 1);

	if (!status)
		return mr__synapse_fail(s, MR_ERR_NOMEM, "out of memory");
	struct mr_op op = {.kind = MR_OP_PROGRAM,
	                   .where = mr__synapse_all(s),
	                   .program = {.target_S = s->g_S,
	                               .tolerance_S = tolerance * s->o.g_unit_S,
	                               .budget = budget,
	                               .pulses = s->up,
	                               .status = status}};
	int rc = fill_targets(s, w);

	if (!rc)
		rc = mr__synapse_program(s, &op,
		                         (size_t)s->o.n_in * s->n_cols,
		                         s->raised);
	if (!rc)
		forget(s);
	if (!rc && n_missed)
		*n_missed = count_missed(s, status);
	free(status);
	return rc;
}
