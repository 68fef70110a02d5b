/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* iv: staircase sweeps and pulsed ones (back to 0 after each level), in both
 * polarities, of cells as they are, at the bottom and at the top. */
#include "measuring.h"

#include <math.h>
#include <stdlib.h>

#define TOP_PULSES 20

static const struct mr_measure_setting settings[] = {
	{"most", "V", MR_SETTING_NUMBER, 1e-6, 1e3, NAN,
	 "peak of the sweep; default: what does not disturb; more may program"},
	{"points", "", MR_SETTING_WHOLE, 2, 10000, 20, "levels up to the peak"},
	{"hold", "s", MR_SETTING_NUMBER, 1e-9, 1e3, NAN,
	 "at each level; default: ten times the read waveform"},
	{"compliance", "A", MR_SETTING_NUMBER, 0, 1e3, 0, "limit; 0 = none"},
	{"states", "", MR_SETTING_WHOLE, 0, 1, 1,
	 "1 = also of cells at the bottom and at the top; 0 = as found only"},
};

/** One sweep. */
struct sweep {
	float *level;
	double *hold_s;
	uint8_t *sample;
	float *v_V;
	float *i_A;
	double *t_s;
	uint8_t *status;
	uint32_t n;
};

/* 0 up to the peak, back, down to the opposite peak, and back to 0. */
static double level_at(uint32_t k, uint32_t points, double most_V)
{
	double phase = (double)k / points;

	if (phase <= 1)
		return most_V * phase;
	if (phase <= 3)
		return most_V * (2 - phase);
	return most_V * (phase - 4);
}

static void fill(struct mr__measuring *m, struct sweep *s, bool pulsed)
{
	const struct mr_waveform *read =
		mr_description_effect(m->desc, MR_EFFECT_NONE);
	double own_s = read ? 10 * read->width_s : 1e-3;
	double hold_s = mr__measure_value_or(
		m, "hold", fmax(own_s, m->desc->limits.width_min_s));
	double most_V = mr__measure_value_or(m, "most",
	                                     m->desc->limits.v_read_max_V);
	uint32_t points = mr__measure_whole(m, "points");

	s->n = 0;
	for (uint32_t k = 0; k <= 4 * points; k++) {
		s->level[s->n] = (float)level_at(k, points, most_V);
		s->hold_s[s->n] = hold_s;
		s->sample[s->n++] = 1;
		if (!pulsed)
			continue;
		s->level[s->n] = 0;
		s->hold_s[s->n] = hold_s;
		s->sample[s->n++] = 0;
	}
}

static int play(struct mr__measuring *m, struct sweep *s, bool pulsed)
{
	struct mr_op op = {.kind = MR_OP_TRACE, .where = m->where};

	fill(m, s, pulsed);
	op.trace.unit = MR_UNIT_VOLT;
	op.trace.n_levels = s->n;
	op.trace.level = s->level;
	op.trace.hold_s = s->hold_s;
	op.trace.sample = s->sample;
	op.trace.compliance = mr__measure_value(m, "compliance");
	op.trace.v_V = s->v_V;
	op.trace.i_A = s->i_A;
	op.trace.t_s = s->t_s;
	op.trace.status = s->status;
	return mr__measure_do(m, &op);
}

static int both(struct mr__measuring *m, struct sweep *s)
{
	int code = play(m, s, false);

	return code == MR_OK ? play(m, s, true) : code;
}

static int all_states(struct mr__measuring *m, struct sweep *s)
{
	const struct mr_waveform *up = mr__measure_wave(m, MR_EFFECT_RAISE);
	int code = both(m, s);

	if (code != MR_OK || !up || !mr__measure_clears(m)
	    || mr__measure_whole(m, "states") == 0)
		return code;
	code = mr__measure_clear(m);
	if (code == MR_OK)
		code = both(m, s);
	if (code == MR_OK)
		code = mr__measure_pulse(m, up, TOP_PULSES);
	return code == MR_OK ? both(m, s) : code;
}

static int run(struct mr__measuring *m)
{
	size_t n_levels = 2 * (4 * (size_t)mr__measure_whole(m, "points") + 1);
	size_t n = n_levels * m->n;
	struct sweep s = {0};
	int code;

	if (!(m->abilities & MR_ABILITY(MR_OP_TRACE)))
		return mr__measure_skip(m, "the array takes no traces");
	s.level = calloc(n_levels, sizeof *s.level);
	s.hold_s = calloc(n_levels, sizeof *s.hold_s);
	s.sample = calloc(n_levels, 1);
	s.v_V = calloc(n, sizeof *s.v_V);
	s.i_A = calloc(n, sizeof *s.i_A);
	s.t_s = calloc(n, sizeof *s.t_s);
	s.status = calloc(n, 1);
	if (s.level && s.hold_s && s.sample && s.v_V && s.i_A && s.t_s
	    && s.status)
		code = all_states(m, &s);
	else
		code = mr_errtext_set(m->err, MR_ERR_NOMEM, "out of memory");
	free(s.level);
	free(s.hold_s);
	free(s.sample);
	free(s.v_V);
	free(s.i_A);
	free(s.t_s);
	free(s.status);
	return code;
}

const struct mr__protocol mr__measure_iv = {
	.about = {"iv", "current over voltage, both polarities, staircase and "
	          "pulsed", "traces; pulses for bottom and top", settings,
	          sizeof settings / sizeof *settings},
	.run = run,
};
