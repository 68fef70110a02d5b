/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * pcm-step: phase-change memory in the simplest form that still has stochastic
 * steps and saturation; no pulse history, no drift. For comparison with results
 * that were obtained with it, and to see what `pcm` adds.
 *
 * Equations:
 *   SET     G <- clip(G + step (1 - G / g_full) + sd N(0, 1), 0, g_max)
 *   RESET   G = max(0, g_reset + sd_reset N(0, 1))
 *   read    G + N(0, noise G), independent from read to read
 *
 * State per cell: G. Parameters: the table below.
 *
 * Validity: one SET and one RESET pulse (each within pulse_tolerance); others
 * are refused. The constants are round numbers, not a fit.
 *
 * Source: this project's study of fatiguing STDP, whose first results were
 * obtained with it. Checked by tests/test_step.c.
 */
#include "models.h"

#include "setreset.h"

enum {
	STEP,
	G_FULL,
	SD,
	G_MAX,
	G_RESET,
	SD_RESET,
	NOISE,
	I_SET,
	W_SET,
	I_RESET,
	W_RESET,
	PULSE_TOLERANCE,
	V_READ,
	V_READ_MAX,
	T_READ,
	N_PARAMS
};

#define OWN "this project"
#define JAP "Nandakumar 2018"
#define NATCOMM "Sebastian 2017"

/* Least step to reckon with when pulses are planned. */
#define STEP_FLOOR_S 0.2e-6

static const struct mr_param params[N_PARAMS] = {
	[STEP] = {"step_S", "S", 1e-6, 1e-12, 1e-3, "mean step at G = 0", OWN},
	[G_FULL] = {"g_full_S", "S", 10e-6, 1e-9, 1e-3,
	            "conductance at which the mean step is 0", OWN},
	[SD] = {"sd_S", "S", 0.7e-6, 0, 1e-3, "spread of a step", OWN},
	[G_MAX] = {"g_max_S", "S", 12e-6, 1e-9, 1e-3, "upper clamp of a SET",
	           OWN},
	[G_RESET] = {"g_reset_S", "S", 0.1e-6, 0, 1e-3, "mean after RESET",
	             OWN},
	[SD_RESET] = {"sd_reset_S", "S", 0.05e-6, 0, 1e-3,
	              "spread after RESET", OWN},
	[NOISE] = {"noise", "1", 0.05, 0, 1, "read noise, relative", OWN},
	[I_SET] = {"i_set_A", "A", 90e-6, 1e-9, 1e-2, "amplitude of a SET", JAP},
	[W_SET] = {"width_set_s", "s", 50e-9, 1e-9, 1e-3, "width of a SET", JAP},
	[I_RESET] = {"i_reset_A", "A", 440e-6, 1e-9, 1e-2, "amplitude of a RESET",
	             NATCOMM},
	[W_RESET] = {"width_reset_s", "s", 1e-6, 1e-9, 1e-3, "width of a RESET",
	             NATCOMM},
	[PULSE_TOLERANCE] = {"pulse_tolerance", "1", 0.01, 0, 0.5,
	                     "how far a pulse may be from SET or RESET", OWN},
	[V_READ] = {"v_read_V", "V", 0.2, 1e-3, 1, "read voltage", NATCOMM},
	[V_READ_MAX] = {"v_read_max_V", "V", 0.3, 1e-3, 1,
	                "greatest voltage that does not disturb", NATCOMM},
	[T_READ] = {"t_read_s", "s", 1e-6, 1e-9, 1, "integration time of a read",
	            NATCOMM},
};

static struct setreset known(const double *p)
{
	return (struct setreset){.i_set_A = p[I_SET],
	                         .w_set_s = p[W_SET],
	                         .i_reset_A = p[I_RESET],
	                         .w_reset_s = p[W_RESET],
	                         .tolerance = p[PULSE_TOLERANCE]};
}

static int check(const double *p, struct mr_errtext *err)
{
	struct setreset k = known(p);

	if (p[G_RESET] >= p[G_MAX])
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "g_reset_S = %g must be below g_max_S = %g",
		                      p[G_RESET], p[G_MAX]);
	if (p[V_READ] > p[V_READ_MAX])
		return mr_errtext_set(
			err, MR_ERR_RANGE,
			"v_read_V = %g must not exceed v_read_max_V = %g",
			p[V_READ], p[V_READ_MAX]);
	return mr__setreset_check(&k, err);
}

static void describe(const double *p, struct mr_description *desc)
{
	struct setreset k = known(p);
	struct mr_step step = {.floor_S = fmin(STEP_FLOOR_S, p[STEP]),
	                       .offset_S = p[STEP],
	                       .slope = -p[STEP] / p[G_FULL],
	                       .memory_pulses = 1};

	mr__setreset_describe(&k, p[V_READ], p[V_READ_MAX], p[T_READ], step,
	                      desc);
	desc->g_min_S = p[G_RESET];
	desc->g_max_S = p[G_MAX];
	desc->g_unit_S = p[G_FULL];
	desc->drift_nu = 0;
	desc->drift_t0_s = 0;
}

static int accepts(const double *p, const struct mr_stimulus *s,
                   struct mr_errtext *err)
{
	struct setreset k = known(p);

	return mr__setreset_accepts(&k, "pcm-step", s, err);
}

static void reset(const double *p, struct mr_columns *c, uint32_t cell, float z)
{
	c->g_S[cell] = (float)fmax(p[G_RESET] + p[SD_RESET] * (double)z, 0);
}

static void birth(const double *p, struct mr_columns *c, uint32_t cell,
                  const float *z, int64_t t_ns)
{
	reset(p, c, cell, z[0]);
	c->memory[cell] = 1.0f;
	c->nu[cell] = 0.0f;
	c->t_p_ns[cell] = t_ns;
}

static uint8_t pulse(const double *p, const struct mr_stimulus *s,
                     struct mr_columns *c, uint32_t cell, const float *z,
                     int64_t t_ns)
{
	struct setreset k = known(p);
	double g = (double)c->g_S[cell];

	c->t_p_ns[cell] = t_ns;
	if (mr__setreset_is_reset(&k, s)) {
		reset(p, c, cell, z[0]);
		return 0;
	}
	g += p[STEP] * (1 - g / p[G_FULL]) + p[SD] * (double)z[0];
	c->g_S[cell] = (float)fmin(fmax(g, 0), p[G_MAX]);
	return g >= p[G_MAX] ? MR_STATUS_SATURATED : 0;
}

static void noise(const double *p, struct mr_noise *out)
{
	*out = (struct mr_noise){.slope = p[NOISE], .t_read_s = p[T_READ]};
}

const struct mr_model mr__model_pcm_step = {
	.name = "pcm-step",
	.summary = "phase-change memory, simple: linear mean step, no history, "
		   "no drift",
	.source = "this project (study of fatiguing STDP)",
	.params = params,
	.n_params = N_PARAMS,
	.check = check,
	.describe = describe,
	.accepts = accepts,
	.birth = birth,
	.pulse = pulse,
	.n_normals = 1,
	.noise = noise,
};
