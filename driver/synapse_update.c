/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Synapses that learn: which cell is pulsed, and when. */
#include "synapse_priv.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* A reading goes through at most three roundings to float: that much below 1
 * still is 1. The least step of any cell is far more. */
#define FULL (1 - 4 * (double)FLT_EPSILON)

/* One synapse while an update looks at it. */
struct site {
	uint32_t in;
	uint32_t out;
	double weight;
	double *chi;
};

static uint32_t cell_at(const struct mr_synapse *s, const struct site *at,
                        uint32_t d)
{
	return mr__synapse_cell(s, at->in, at->out * s->per_out + d);
}

static uint32_t *raised_at(struct mr_synapse *s, const struct site *at,
                           uint32_t d)
{
	return &s->raised[(size_t)at->in * s->n_cols +
	                  (size_t)at->out * s->per_out + d];
}

/* Mean step of a cell in units of weight. */
static double mean_step(const struct mr_synapse *s, double g_S, uint32_t n)
{
	const struct mr_step *st = &s->o.step;
	double step = st->offset_S + st->slope * g_S +
	              st->history_S * exp(-(n + 1.0) / st->memory_pulses);

	return fmax(step, st->floor_S) / s->per_weight_S;
}

/* ---- which cell ---------------------------------------------------------- */

static uint32_t *own_counter(const struct mr_synapse *s, const struct site *at)
{
	return &s->own[(size_t)at->in * s->o.n_out + at->out];
}

/* Replica that is to be pulsed next. */
static uint32_t selected(const struct mr_synapse *s, const struct site *at)
{
	uint64_t next = s->o.arbitration == MR_ARBITRATE_SYNAPSE
	                        ? *own_counter(s, at)
	                        : s->next;

	return (uint32_t)(next % s->o.n_cells);
}

static void advance(struct mr_synapse *s, const struct site *at)
{
	if (s->o.arbitration == MR_ARBITRATE_PULSE)
		s->next += s->o.stride;
	else if (s->o.arbitration == MR_ARBITRATE_SYNAPSE)
		*own_counter(s, at) = (uint32_t)(((uint64_t)*own_counter(s, at) +
		                                  s->o.stride) %
		                                 s->o.n_cells);
}

static void raise_cell(struct mr_synapse *s, const struct site *at, uint32_t d)
{
	s->up[s->n_up++] = cell_at(s, at, d);
	advance(s, at);
}

static void lower_cell(struct mr_synapse *s, const struct site *at, uint32_t d)
{
	s->down[s->n_down++] = cell_at(s, at, d);
	advance(s, at);
}

/* Mean step of the cell whose turn it is, after those that it gets in this update
 * already, from s->up[first] on. */
static double next_step(const struct mr_synapse *s, const struct site *at,
                        const float *g_S, uint32_t side, uint32_t first)
{
	uint32_t d = side * s->o.n_cells + selected(s, at);
	uint32_t cell = cell_at(s, at, d);
	uint32_t n = s->raised[(size_t)at->in * s->n_cols +
	                       (size_t)at->out * s->per_out + d];
	double g = (double)g_S[d] / mr__synapse_drift(s, at->out);

	for (uint32_t k = first; k < s->n_up; k++)
		if (s->up[k] == cell)
			g += mean_step(s, g, n++) * s->per_weight_S;
	return mean_step(s, g, n);
}

/* ---- when ---------------------------------------------------------------- */

/* Spend a positive or (pair) negative chi on a raising pulse of one side. */
static bool spend_up(struct mr_synapse *s, const struct site *at,
                     const float *g_S, uint32_t side, double sign)
{
	uint32_t d = side * s->o.n_cells + selected(s, at);
	double g = (double)g_S[d] / mr__synapse_drift(s, at->out);
	double step = mean_step(s, g, *raised_at(s, at, d));

	if (sign * *at->chi < s->o.pulse_at * step)
		return false;
	raise_cell(s, at, d);
	*at->chi -= sign * step;
	return true;
}

static bool spend_step_down(struct mr_synapse *s, const struct site *at)
{
	uint32_t d = selected(s, at);
	double step = fmax(s->lower.step.floor_S, s->lower.step.offset_S) /
	              s->per_weight_S;

	if (-*at->chi < s->o.pulse_at * step)
		return false;
	lower_cell(s, at, d);
	*at->chi += step;
	return true;
}

/* The next cell, from the counter on, that has anything to erase. */
static void spend_erase(struct mr_synapse *s, const struct site *at,
                        const float *g_S)
{
	for (uint32_t k = 0; k < s->o.n_cells; k++) {
		uint32_t d = (selected(s, at) + k) % s->o.n_cells;
		double carried = fmax((double)g_S[d], 0) /
		                 (s->per_weight_S * mr__synapse_drift(s, at->out));

		if (*raised_at(s, at, d) == 0)
			continue;
		if (-*at->chi >= carried) {
			lower_cell(s, at, d);
			*at->chi += carried;
		}
		return;
	}
	*at->chi = fmax(*at->chi, 0);
}

/* Erasing takes what the reading says, which it makes untrue: once an update. */
static bool decide(struct mr_synapse *s, const struct site *at,
                   const float *g_S)
{
	bool pair = s->n_sides == 2;

	if ((at->weight >= FULL && *at->chi > 0) ||
	    (pair && at->weight <= -FULL && *at->chi < 0))
		*at->chi = 0;
	else if (*at->chi > 0)
		return spend_up(s, at, g_S, 0, 1);
	else if (*at->chi < 0 && pair)
		return spend_up(s, at, g_S, 1, -1);
	else if (*at->chi < 0 && s->lower.effect == MR_EFFECT_LOWER)
		return spend_step_down(s, at);
	else if (*at->chi < 0)
		spend_erase(s, at, g_S);
	return false;
}

static struct mr_op list_pulse(const struct mr_waveform *wave,
                               const uint32_t *cells, uint32_t n)
{
	struct mr_op op = {.where = {.kind = MR_SELECT_LIST,
	                             .cells = cells,
	                             .n_cells = n}};

	mr_pulse_from(&op, wave);
	return op;
}

static int send_pulses(struct mr_synapse *s)
{
	struct mr_op ops[2];
	enum mr_effect effects[2];
	size_t n = 0;

	if (s->n_up) {
		effects[n] = MR_EFFECT_RAISE;
		ops[n++] = list_pulse(&s->raise, s->up, s->n_up);
	}
	if (s->n_down) {
		effects[n] = s->lower.effect;
		ops[n++] = list_pulse(&s->lower, s->down, s->n_down);
	}
	if (n && s->o.arbitration == MR_ARBITRATE_CALL)
		s->next += s->o.stride;
	return n ? mr__synapse_submit(s, ops, effects, n) : MR_OK;
}

static int which_outputs(struct mr_synapse *s, uint32_t out, uint32_t *first,
                         uint32_t *n)
{
	int rc = mr__synapse_can_pulse(s);

	if (rc)
		return rc;
	if (out != MR_OUTPUTS_ALL && out >= s->o.n_out)
		return mr_errtext_set(&s->array->err, MR_ERR_RANGE,
		                      "synapses: output %u is outside 0..%u", out,
		                      s->o.n_out - 1);
	*first = out == MR_OUTPUTS_ALL ? 0 : out;
	*n = out == MR_OUTPUTS_ALL ? s->o.n_out : 1;
	s->n_up = 0;
	s->n_down = 0;
	return MR_OK;
}

static struct site site_of(struct mr_synapse *s, uint32_t i, uint32_t out,
                           const float *g_S)
{
	return (struct site){
		.in = i,
		.out = out,
		.weight = mr__synapse_weight(s, out, g_S,
	                                     &s->ref_S[(size_t)i * s->n_ref]),
		.chi = &s->chi[(size_t)i * s->o.n_out + out]};
}

static int check_changes(const struct mr_synapse *s, const float *dw, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (!isfinite(dw[k]))
			return mr__synapse_fail(s, MR_ERR_RANGE,
			          "a wanted change is not finite");
	return MR_OK;
}

/* The last look was at just these outputs. */
static void spend(struct mr_synapse *s, uint32_t first, uint32_t n,
                  const float *dw, float *w)
{
	for (uint32_t i = 0; i < s->o.n_in; i++) {
		for (uint32_t k = 0; k < n; k++) {
			const float *g_S = mr__synapse_readings(s, i, k, n);
			struct site at = site_of(s, i, first + k, g_S);
			uint32_t left = s->o.pulses_max;

			*at.chi += (double)dw[(size_t)i * n + k];
			if (w)
				w[(size_t)i * n + k] = (float)at.weight;
			while (left && decide(s, &at, g_S))
				left--;
		}
	}
}

int mr_synapse_update(struct mr_synapse *s, uint32_t out, const float *dw,
                      float *w)
{
	uint32_t first = 0, n = 0;
	int rc = which_outputs(s, out, &first, &n);

	if (!rc)
		rc = check_changes(s, dw, (size_t)s->o.n_in * n);
	if (!rc)
		rc = mr__synapse_look(s, first, n);
	if (rc)
		return rc;
	spend(s, first, n, dw, w);
	return send_pulses(s);
}

static int check_reading(const struct mr_synapse *s, uint32_t first, uint32_t n)
{
	if (s->seen_first == first && s->seen_n == n)
		return MR_OK;
	return mr__synapse_fail(s, MR_ERR_USAGE,
	                        "to fire, read the same output before");
}

int mr_synapse_fire(struct mr_synapse *s, uint32_t out, const float *dw)
{
	uint32_t first = 0, n = 0;
	int rc = which_outputs(s, out, &first, &n);

	if (!rc)
		rc = check_changes(s, dw, (size_t)s->o.n_in * n);
	if (!rc)
		rc = check_reading(s, first, n);
	if (rc)
		return rc;
	s->seen_n = 0;
	spend(s, first, n, dw, NULL);
	return send_pulses(s);
}

/* ---- by chance ----------------------------------------------------------- */

/* One way down of a synapse that is no pair: a step, or all that a cell carries.
 * Returns how much that is. */
static double step_down(const struct mr_synapse *s, const struct site *at,
                        const float *g_S)
{
	double carried = (double)g_S[selected(s, at)] /
	                 mr__synapse_drift(s, at->out);
	double step = fmax(s->lower.step.floor_S, s->lower.step.offset_S);

	if (s->lower.effect != MR_EFFECT_LOWER)
		step = fmax(carried, s->o.step.floor_S);
	return step / s->per_weight_S;
}

static double due_step(const struct mr_synapse *s, const struct site *at,
                       const float *g_S, uint32_t first)
{
	bool up = *at->chi > 0;

	return up || s->n_sides == 2 ? next_step(s, at, g_S, up ? 0 : 1, first)
	                             : step_down(s, at, g_S);
}

/* A pulse for a change of so much, or none. Erasing twice changes nothing. */
static bool round_once(struct mr_synapse *s, const struct site *at,
                       const float *g_S, uint32_t first, double chance,
                       double *left)
{
	bool rise = s->n_sides == 2 || *at->chi > 0;
	double step = due_step(s, at, g_S, first);

	if (*left <= 0 || (*left < step && chance * step >= *left))
		return false;
	*left -= step;
	if (rise)
		raise_cell(s, at, (*at->chi > 0 ? 0 : s->o.n_cells) +
		                          selected(s, at));
	else
		lower_cell(s, at, selected(s, at));
	return rise || s->lower.effect == MR_EFFECT_LOWER;
}

/* The last look was at just this output. */
static void round_output(struct mr_synapse *s, uint32_t out, const float *dw,
                         const float *chance, uint64_t *n_dropped)
{
	for (uint32_t i = 0; i < s->o.n_in; i++) {
		const float *g_S = mr__synapse_readings(s, i, 0, 1);
		double change = (double)dw[i], left = fabs(change);
		struct site at = site_of(s, i, out, g_S);
		uint32_t first = s->n_up, n = s->o.pulses_max;

		at.chi = &change;
		if ((at.weight >= FULL && change > 0) ||
		    (s->n_sides == 2 && at.weight <= -FULL && change < 0))
			continue;
		while (n && round_once(s, &at, g_S, first, (double)chance[i],
		                       &left))
			n--;
		if (!n && left > 0)
			*n_dropped += (uint64_t)fmin(
				left / due_step(s, &at, g_S, first), 1e15);
	}
}

int mr_synapse_round(struct mr_synapse *s, uint32_t out, const float *dw,
                     const float *chance, uint64_t *n_dropped)
{
	uint32_t first = 0, n = 0;
	uint64_t dropped = 0;
	int rc = which_outputs(s, out, &first, &n);

	if (!rc && out == MR_OUTPUTS_ALL)
		rc = mr__synapse_fail(s, MR_ERR_RANGE,
		                      "changes are rounded output by output");
	if (!rc)
		rc = check_changes(s, dw, s->o.n_in);
	if (!rc)
		rc = check_reading(s, first, n);
	if (rc)
		return rc;
	s->seen_n = 0;
	round_output(s, out, dw, chance, &dropped);
	if (n_dropped)
		*n_dropped = dropped;
	return send_pulses(s);
}

/* ---- by count ------------------------------------------------------------ */

/* The potentiation and the depression counter. */
static bool is_due(struct mr_synapse *s, int8_t change)
{
	if (change > 0)
		return s->ups++ % s->o.raise_every == s->o.raise_every - 1;
	return change < 0 &&
	       s->downs++ % s->o.lower_every == s->o.lower_every - 1;
}

static void pulse_once(struct mr_synapse *s, const struct site *at, bool up)
{
	uint32_t d = selected(s, at);

	if (!is_due(s, up ? 1 : -1))
		return;
	if (up)
		raise_cell(s, at, d);
	else if (s->n_sides == 2)
		raise_cell(s, at, s->o.n_cells + d);
	else
		lower_cell(s, at, d);
}

static int check_counts(const struct mr_synapse *s, const int8_t *change,
                        size_t n)
{
	for (size_t k = 0; k < n; k++)
		if ((uint32_t)abs(change[k]) > s->o.pulses_max)
			return mr_errtext_set(&s->array->err, MR_ERR_RANGE,
			                      "synapses: %d pulses at once, at "
			                      "most %u (pulses_max)",
			                      abs(change[k]), s->o.pulses_max);
	return MR_OK;
}

int mr_synapse_pulse(struct mr_synapse *s, uint32_t out, const int8_t *change)
{
	uint32_t first = 0, n = 0;
	int rc = which_outputs(s, out, &first, &n);

	if (!rc)
		rc = check_counts(s, change, (size_t)s->o.n_in * n);
	if (rc)
		return rc;
	for (uint32_t i = 0; i < s->o.n_in; i++) {
		for (uint32_t k = 0; k < n; k++) {
			int8_t wanted = change[(size_t)i * n + k];
			struct site at = {.in = i, .out = first + k};

			for (int left = abs(wanted); left > 0; left--)
				pulse_once(s, &at, wanted > 0);
		}
	}
	return send_pulses(s);
}
