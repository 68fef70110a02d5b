/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * ideal: a perfectly linear, noiseless, driftless voltage-controlled cell; the
 * control case for every experiment.
 *
 * Equations, with v the amplitude and w the width of a pulse:
 *   dG = dg * (v / v_set) * (w / w_set)   if |v| > v_threshold, else 0
 *   G  <- clip(G + dG, g_min, g_max)
 *   read: I = V * G, exact
 *
 * State: G. Validity: any amplitude up to v_max and any width. Parameters: the
 * table below. Source: definition (no physical device). Checked by
 * tests/test_models.c.
 */
#include "models.h"

#include <math.h>

enum {
	G_MIN,
	G_MAX,
	DG,
	V_SET,
	W_SET,
	V_THRESHOLD,
	V_MAX,
	V_READ,
	T_READ,
	N_PARAMS
};

static const struct mr_param params[N_PARAMS] = {
	[G_MIN] = {"g_min_S", "S", 0, 0, 1, "least conductance", "definition"},
	[G_MAX] = {"g_max_S", "S", 10e-6, 1e-12, 1, "greatest conductance",
                   "definition"},
	[DG] = {"dg_S", "S", 0.05e-6, 1e-15, 1, "step of one set pulse",
                "definition"},
	[V_SET] = {"v_set_V", "V", 1.0, 1e-3, 100, "amplitude of a set pulse",
                   "definition"},
	[W_SET] = {"width_set_s", "s", 100e-9, 1e-9, 1, "width of a set pulse",
                   "definition"},
	[V_THRESHOLD] = {"v_threshold_V", "V", 0.6, 1e-3, 100,
                         "pulses up to this magnitude do nothing",
                         "definition"},
	[V_MAX] = {"v_max_V", "V", 2.0, 1e-3, 100,
                   "greatest magnitude of a pulse", "definition"},
	[V_READ] = {"v_read_V", "V", 0.2, 1e-3, 10, "read voltage",
                    "definition"},
	[T_READ] = {"t_read_s", "s", 1e-6, 1e-9, 1, "integration time of a read",
                    "definition"},
};

static int check(const double *p, struct mr_errtext *err)
{
	if (p[G_MIN] >= p[G_MAX])
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "g_min_S = %g must be below g_max_S = %g",
		                      p[G_MIN], p[G_MAX]);
	if (p[V_READ] > p[V_THRESHOLD] || p[V_THRESHOLD] >= p[V_SET] ||
	    p[V_SET] > p[V_MAX])
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "must hold: v_read_V <= v_threshold_V < "
		                      "v_set_V <= v_max_V (are %g, %g, %g, %g)",
		                      p[V_READ], p[V_THRESHOLD], p[V_SET],
		                      p[V_MAX]);
	return MR_OK;
}

static void describe(const double *p, struct mr_description *desc)
{
	struct mr_step step = {
		.floor_S = p[DG], .offset_S = p[DG], .memory_pulses = 1};
	double w_erase_s = p[W_SET] * (p[G_MAX] - p[G_MIN]) / p[DG];
	const struct mr_waveform waves[] = {
		{.name = "read", .unit = MR_UNIT_VOLT, .amplitude = p[V_READ],
		 .width_s = p[T_READ], .effect = MR_EFFECT_NONE},
		{.name = "set", .unit = MR_UNIT_VOLT, .amplitude = p[V_SET],
		 .width_s = p[W_SET], .effect = MR_EFFECT_RAISE, .step = step},
		{.name = "depress", .unit = MR_UNIT_VOLT, .amplitude = -p[V_SET],
		 .width_s = p[W_SET], .effect = MR_EFFECT_LOWER, .step = step},
		{.name = "reset", .unit = MR_UNIT_VOLT, .amplitude = -p[V_SET],
		 .width_s = w_erase_s, .effect = MR_EFFECT_ERASE},
	};

	desc->limits.v_read_max_V = p[V_THRESHOLD];
	desc->limits.v_pulse_max_V = p[V_MAX];
	desc->limits.i_pulse_max_A = 0;
	desc->g_min_S = p[G_MIN];
	desc->g_max_S = p[G_MAX];
	desc->g_unit_S = p[G_MAX];
	desc->drift_nu = 0;
	desc->drift_t0_s = 0;
	desc->n_waveforms = sizeof waves / sizeof waves[0];
	for (uint32_t i = 0; i < desc->n_waveforms; i++)
		desc->waveforms[i] = waves[i];
}

static int accepts(const double *p, const struct mr_stimulus *s,
                   struct mr_errtext *err)
{
	if (s->unit != MR_UNIT_VOLT)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "model ideal takes voltage pulses only");
	if (fabs(s->amplitude) > fmax(p[V_MAX], (double)(float)p[V_MAX]))
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "amplitude %g V: model ideal takes up to "
		                      "%g V",
		                      s->amplitude, p[V_MAX]);
	return MR_OK;
}

static void birth(const double *p, struct mr_columns *c, uint32_t cell,
                  const float *z, int64_t t_ns)
{
	(void)z;
	c->g_S[cell] = (float)p[G_MIN];
	c->memory[cell] = 1.0f;
	c->nu[cell] = 0.0f;
	c->t_p_ns[cell] = t_ns;
}

static uint8_t pulse(const double *p, const struct mr_stimulus *s,
                     struct mr_columns *c, uint32_t cell, const float *z,
                     int64_t t_ns)
{
	(void)z;
	if (fabs(s->amplitude) <= p[V_THRESHOLD])
		return 0;
	double dg = p[DG] * (s->amplitude / p[V_SET]) * (s->width_s / p[W_SET]);
	double g = (double)c->g_S[cell] + dg;
	double clipped = fmin(fmax(g, p[G_MIN]), p[G_MAX]);

	c->g_S[cell] = (float)clipped;
	c->t_p_ns[cell] = t_ns;
	return g < p[G_MIN] || g > p[G_MAX] ? MR_STATUS_SATURATED : 0;
}

const struct mr_model mr__model_ideal = {
	.name = "ideal",
	.summary = "linear, noiseless and driftless: the control case",
	.source = "definition",
	.params = params,
	.n_params = N_PARAMS,
	.check = check,
	.describe = describe,
	.accepts = accepts,
	.birth = birth,
	.pulse = pulse,
};
