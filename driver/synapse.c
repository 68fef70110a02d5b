/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Logical weights on cells, as a program over an array: how they lie on it. */
#include "synapse_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int mr__synapse_fail(const struct mr_synapse *s, int rc, const char *why)
{
	return mr_errtext_set(&s->array->err, rc, "synapses: %s", why);
}

int mr__synapse_can_pulse(const struct mr_synapse *s)
{
	if (s->pulses)
		return MR_OK;
	return mr_errtext_set(&s->array->err, MR_ERR_UNSUPPORTED,
	                      "synapses: the array describes no raising and "
	                      "erasing waveform%s",
	                      s->array->narrowed);
}

static bool step_given(const struct mr_step *s)
{
	return s->floor_S != 0 || s->offset_S != 0 || s->slope != 0 ||
	       s->history_S != 0;
}

static int fill_in(struct mr_synapse *s)
{
	const struct mr_description *d = &s->array->desc;
	const struct mr_waveform *raise =
		mr_description_effect(d, MR_EFFECT_RAISE);
	const struct mr_waveform *lower =
		mr_description_effect(d, MR_EFFECT_LOWER);
	const struct mr_waveform *erase =
		mr_description_effect(d, MR_EFFECT_ERASE);
	const struct mr_waveform *read =
		mr_description_effect(d, MR_EFFECT_NONE);

	s->pulses = raise && erase;
	if (!s->pulses && !(d->abilities & MR_ABILITY(MR_OP_PROGRAM)))
		return mr__synapse_can_pulse(s);
	if (!(d->abilities & MR_ABILITY(MR_OP_READ)))
		return mr__synapse_fail(s, MR_ERR_UNSUPPORTED,
		                        "the array cannot read");
	if (s->pulses) {
		s->raise = *raise;
		s->lower = lower ? *lower : *erase;
	}
	if (s->o.g_unit_S == 0)
		s->o.g_unit_S = d->g_unit_S;
	if (s->o.drift_scale == 0)
		s->o.drift_scale = 1;
	if (s->o.pulse_at == 0)
		s->o.pulse_at = 1;
	if (s->o.v_read_V == 0 && read)
		s->o.v_read_V = read->amplitude;
	if (!step_given(&s->o.step))
		s->o.step = s->raise.step;
	return MR_OK;
}

static bool positive(double x)
{
	return x > 0 && isfinite(x);
}

/* A raising pulse at pulse_at steps leaves 1 - pulse_at of a step to lower. If
 * that in turn is enough for a step down, or for one of the other side, the two
 * follow each other without end. An erase takes what the cell carries, which
 * never leaves anything to raise. */
static int check_pulse_at(const struct mr_synapse *s)
{
	bool steps = s->n_sides == 2 || s->lower.effect == MR_EFFECT_LOWER;

	if (!s->pulses)
		return MR_OK;
	if (positive(s->o.pulse_at) && !(steps && s->o.pulse_at <= 0.5))
		return MR_OK;
	return mr_errtext_set(&s->array->err, MR_ERR_USAGE,
	                      "synapses: pulse_at is %g: must be over %g%s",
	                      s->o.pulse_at, steps ? 0.5 : 0.0,
	                      steps ? ", or steps up and down call for each other "
	                              "without end"
	                            : "");
}

static uint32_t common_factor(uint32_t a, uint32_t b)
{
	while (b) {
		uint32_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static int check_choices(const struct mr_synapse *s)
{
	const struct mr_synapse_options *o = &s->o;

	if (o->n_in == 0 || o->n_out == 0)
		return mr__synapse_fail(s, MR_ERR_USAGE,
		                        "n_in and n_out must be at least 1");
	if ((unsigned)o->coding > MR_CODING_OFFSET)
		return mr__synapse_fail(s, MR_ERR_USAGE, "unknown coding");
	if ((unsigned)o->fill > MR_FILL_MAX)
		return mr__synapse_fail(s, MR_ERR_USAGE, "unknown fill");
	if ((unsigned)o->arbitration > MR_ARBITRATE_SYNAPSE)
		return mr__synapse_fail(s, MR_ERR_USAGE, "unknown arbitration");
	if (common_factor(o->stride, o->n_cells) != 1)
		return mr_errtext_set(&s->array->err, MR_ERR_USAGE,
		                      "synapses: stride %u passes over some of %u "
		                      "cells for ever: they must share no factor",
		                      o->stride, o->n_cells);
	return MR_OK;
}

static int check_values(const struct mr_synapse *s)
{
	const struct mr_synapse_options *o = &s->o;

	if (!positive(o->g_unit_S) || !positive(o->drift_scale) ||
	    !positive(o->v_read_V))
		return mr__synapse_fail(s, MR_ERR_USAGE,
		                        "g_unit_S, drift_scale and v_read_V must "
		                        "be positive");
	if (!(o->refresh_below > 0))
		return mr__synapse_fail(s, MR_ERR_USAGE,
		                        "refresh_below must be positive");
	if (s->pulses && (!positive(o->step.floor_S) ||
	                  !positive(o->step.memory_pulses)))
		return mr__synapse_fail(s, MR_ERR_USAGE,
		                        "step.floor_S and step.memory_pulses must "
		                        "be positive");
	return MR_OK;
}

static int check_shape(const struct mr_synapse *s)
{
	const struct mr_synapse_options *o = &s->o;
	const struct mr_description *d = &s->array->desc;
	uint64_t cols = (uint64_t)o->n_out * o->n_cells; /* twice that fits too */

	if (cols <= UINT32_MAX)
		cols = cols * s->n_sides + s->n_ref;
	uint64_t folds = ((uint64_t)o->n_in + d->rows - 1) / d->rows;

	if (cols <= d->cols / folds)
		return MR_OK;
	return mr_errtext_set(&s->array->err, MR_ERR_RANGE,
	                      "synapses: %u x %llu cells are needed, the array "
	                      "has %u x %u (rows=%u&cols=%llu would do)",
	                      o->n_in, (unsigned long long)cols, d->rows, d->cols,
	                      o->n_in, (unsigned long long)cols);
}

static int make_buffers(struct mr_synapse *s)
{
	size_t n_cells = (size_t)s->o.n_in * s->n_cols;
	size_t n_synapses = (size_t)s->o.n_in * s->o.n_out;
	uint32_t n_lines = s->n_folds * s->n_cols;

	s->chi = calloc(n_synapses, sizeof *s->chi);
	s->own = calloc(s->o.arbitration == MR_ARBITRATE_SYNAPSE ? n_synapses : 1,
	                sizeof *s->own);
	s->ref_S = calloc((size_t)s->o.n_in * s->n_ref + 1, sizeof *s->ref_S);
	s->sum0_A = calloc(s->o.n_out, sizeof *s->sum0_A);
	s->scale = calloc(s->o.n_out, sizeof *s->scale);
	s->raised = calloc(n_cells, sizeof *s->raised);
	s->g_S = calloc(n_cells, sizeof *s->g_S);
	s->up = calloc(n_cells, s->o.pulses_max * sizeof *s->up);
	s->down = calloc(n_cells, s->o.pulses_max * sizeof *s->down);
	s->v_V = calloc(s->o.n_in, sizeof *s->v_V);
	s->fed_V = calloc(s->o.n_in, sizeof *s->fed_V);
	s->fed = calloc(s->o.n_in, sizeof *s->fed);
	s->ops = calloc(s->n_folds, sizeof *s->ops);
	s->i_A = calloc(n_lines, sizeof *s->i_A);
	s->bits = calloc(n_lines, sizeof *s->bits);
	s->cols = calloc(n_lines, sizeof *s->cols);
	s->sum_A = calloc(s->n_cols, sizeof *s->sum_A);
	s->list = calloc(s->n_folds > 1 ? n_cells : 1, sizeof *s->list);
	if (!s->own || !s->ref_S || !s->sum0_A || !s->scale || !s->chi ||
	    !s->raised || !s->g_S || !s->up || !s->down || !s->v_V ||
	    !s->fed_V || !s->fed || !s->ops || !s->i_A || !s->cols ||
	    !s->sum_A || !s->list || !s->bits)
		return mr__synapse_fail(s, MR_ERR_NOMEM, "out of memory");
	for (uint32_t j = 0; j < s->o.n_out; j++)
		s->scale[j] = 1;
	for (uint32_t j = 0; j < n_lines; j++)
		s->cols[j] = j;
	return MR_OK;
}

static void set_defaults(struct mr_synapse *s)
{
	struct mr_synapse_options *o = &s->o;

	o->n_cells = o->n_cells ? o->n_cells : 1;
	o->stride = o->stride ? o->stride : 1;
	o->raise_every = o->raise_every ? o->raise_every : 1;
	o->lower_every = o->lower_every ? o->lower_every : 1;
	o->pulses_max = o->pulses_max ? o->pulses_max : 1;
	o->level_reads = o->level_reads ? o->level_reads : 1;
	if (o->refresh_below == 0)
		o->refresh_below = INFINITY;
	s->n_sides = o->coding == MR_CODING_PAIR ? 2 : 1;
	s->n_ref = o->coding == MR_CODING_OFFSET ? o->n_cells : 0;
}

static int lay(struct mr_synapse *s)
{
	int (*const checks[])(const struct mr_synapse *) = {
		check_choices, check_values, check_shape, check_pulse_at};
	int rc = fill_in(s);

	for (size_t k = 0; !rc && k < sizeof checks / sizeof *checks; k++)
		rc = checks[k](s);
	if (rc)
		return rc;
	s->per_out = s->n_sides * s->o.n_cells;
	s->n_cols = s->o.n_out * s->per_out + s->n_ref;
	mr__synapse_fold(s);
	s->per_weight_S = s->o.n_cells * s->o.g_unit_S / (s->n_ref ? 2 : 1);
	return make_buffers(s);
}

int mr_synapse_alloc(struct mr_array *array,
                     const struct mr_synapse_options *options,
                     struct mr_synapse **out)
{
	struct mr_synapse *s = calloc(1, sizeof *s);

	if (!s)
		return mr_errtext_set(&array->err, MR_ERR_NOMEM,
		                      "synapses: out of memory");
	s->array = array;
	s->o = *options;
	set_defaults(s);
	int rc = lay(s);

	if (rc) {
		mr_synapse_free(s);
		return rc;
	}
	*out = s;
	return MR_OK;
}

void mr_synapse_free(struct mr_synapse *s)
{
	if (!s)
		return;
	mr__synapse_free_run(s);
	free(s->list);
	free(s->cols);
	free(s->sum_A);
	free(s->i_A);
	free(s->bits);
	free(s->ops);
	free(s->fed);
	free(s->fed_V);
	free(s->v_V);
	free(s->down);
	free(s->up);
	free(s->g_S);
	free(s->raised);
	free(s->chi);
	free(s->own);
	free(s->ref_S);
	free(s->sum0_A);
	free(s->scale);
	free(s);
}

const struct mr_synapse_counts *mr_synapse_counts(const struct mr_synapse *s)
{
	return &s->counts;
}
