/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * pcm-table: a cell whose steps are a table: for each conductance, how the
 * steps of a SET and of a RESET are distributed.
 *
 * Equations, with z the normal of the event and Phi the normal distribution:
 *   SET, RESET   u = Phi(z); G <- clip(G + dG(G, u), g_min, g_max), dG from the
 *                table of that pulse (bilinear in G and u)
 *   drift, read  as in pcm, shifted power law and white noise
 *
 * State per cell: G, nu, t_p. The table comes with key table=FILE; its format
 * is in docs/models.md. devices/pcm-table.csv is an example, made from the
 * statistics of pcm by devices/pcm-table.py. A state file carries the table.
 *
 * Validity: one SET and one RESET pulse (each within pulse_tolerance). A table
 * has no history: steps depend on G alone, so that with the example a cell
 * spreads and rises over many pulses as pcm does on average over its history,
 * not in each step.
 *
 * Source: the way in which jump tables are used since G. W. Burr et al., IEEE
 * Trans. Electron Devices 62, 3498 (2015). Checked by tests/test_table.c.
 */
#include "models.h"

#include <sleef.h>

#include "jumptable.h"
#include "setreset.h"

enum {
	G_MIN,
	G_MAX,
	G_UNIT,
	G_RESET,
	SD_RESET,
	STEP,
	STEP_FLOOR,
	STEP_SLOPE,
	NU,
	NU_SPREAD,
	T0,
	M3,
	C3,
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

#define JAP "Nandakumar 2018"
#define OWN "this project"
#define NATCOMM "Sebastian 2017"
#define SQRT_2 1.4142135623730951

static const struct mr_param params[N_PARAMS] = {
	[G_MIN] = {"g_min_S", "S", 0, 0, 1e-3, "lower clamp", OWN},
	[G_MAX] = {"g_max_S", "S", 12e-6, 1e-9, 1e-3, "upper clamp", JAP},
	[G_UNIT] = {"g_unit_S", "S", 10e-6, 1e-9, 1e-3,
	            "a cell that counts as fully SET", OWN},
	[G_RESET] = {"g_reset_S", "S", 0.1e-6, 0, 1e-3, "mean of a fresh cell",
	             JAP},
	[SD_RESET] = {"sd_reset_S", "S", 0.01e-6, 0, 1e-3,
	              "spread of a fresh cell", JAP},
	[STEP] = {"step_S", "S", 0.75e-6, 1e-12, 1e-3,
	          "typical step, for those who plan pulses", JAP},
	[STEP_FLOOR] = {"step_floor_S", "S", 0, 0, 1e-3,
	                "least step to plan with; 0 = a quarter of step_S", OWN},
	[STEP_SLOPE] = {"step_slope", "1", 0, -1, 1,
	                "what a step to plan with changes by with conductance",
	                OWN},
	[NU] = {"nu", "1", 0.04, 0, 0.5, "mean drift exponent", JAP},
	[NU_SPREAD] = {"nu_spread", "1", 0.01, 0, 0.5,
	               "spread of the drift exponent from cell to cell", OWN},
	[T0] = {"t0_s", "s", 38.6, 1e-9, 1e9, "reference time of drift", JAP},
	[M3] = {"m3", "1", 0.03, 0, 1, "read noise: relative part", JAP},
	[C3] = {"c3_S", "S", 0.13e-6, 0, 1e-3, "read noise: absolute part", JAP},
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

	if (p[G_MIN] >= p[G_MAX])
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "g_min_S = %g must be below g_max_S = %g",
		                      p[G_MIN], p[G_MAX]);
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
	double floor_S = p[STEP_FLOOR] > 0 ? p[STEP_FLOOR] : p[STEP] / 4;
	struct mr_step step = {.floor_S = floor_S,
	                       .offset_S = p[STEP],
	                       .slope = p[STEP_SLOPE],
	                       .memory_pulses = 1};

	mr__setreset_describe(&k, p[V_READ], p[V_READ_MAX], p[T_READ], step,
	                      desc);
	desc->g_min_S = p[G_MIN];
	desc->g_max_S = p[G_MAX];
	desc->g_unit_S = p[G_UNIT];
	desc->drift_nu = p[NU];
	desc->drift_t0_s = p[T0];
}

static int accepts(const double *p, const struct mr_stimulus *s,
                   struct mr_errtext *err)
{
	struct setreset k = known(p);

	return mr__setreset_accepts(&k, "pcm-table", s, err);
}

static void birth(const double *p, struct mr_columns *c, uint32_t cell,
                  const float *z, int64_t t_ns)
{
	double g = p[G_RESET] + p[SD_RESET] * (double)z[0];

	c->g_S[cell] = (float)fmin(fmax(g, p[G_MIN]), p[G_MAX]);
	c->memory[cell] = 1.0f;
	c->nu[cell] = (float)fabs(p[NU] + p[NU_SPREAD] * (double)z[1]);
	c->t_p_ns[cell] = t_ns;
}

static uint8_t pulse(const double *p, const struct mr_stimulus *s,
                     struct mr_columns *c, uint32_t cell, const float *z,
                     int64_t t_ns)
{
	struct setreset k = known(p);
	enum jump_kind kind = mr__setreset_is_reset(&k, s) ? JUMP_RESET
	                                                   : JUMP_SET;
	double u = 0.5 * Sleef_cinz_erfcd1_u15purec(-(double)z[0] / SQRT_2);
	double g = (double)c->g_S[cell];

	g += mr__jumptable_step(c->table, kind, g, u);
	c->g_S[cell] = (float)fmin(fmax(g, p[G_MIN]), p[G_MAX]);
	c->t_p_ns[cell] = t_ns;
	return kind == JUMP_SET && g >= p[G_MAX] ? MR_STATUS_SATURATED : 0;
}

static void drift(const double *p, struct mr_drift *out)
{
	*out = (struct mr_drift){.t0_s = p[T0], .shift_s = p[T0]};
}

static void noise(const double *p, struct mr_noise *out)
{
	*out = (struct mr_noise){
		.slope = p[M3], .floor_S = p[C3], .t_read_s = p[T_READ]};
}

const struct mr_model mr__model_pcm_table = {
	.name = "pcm-table",
	.summary = "phase-change memory by jump tables (key table=FILE)",
	.source = "definition; the table's source is its own",
	.params = params,
	.n_params = N_PARAMS,
	.table_load = mr__jumptable_load,
	.table_check = mr__jumptable_check,
	.check = check,
	.describe = describe,
	.accepts = accepts,
	.birth = birth,
	.pulse = pulse,
	.n_normals = 1,
	.drift = drift,
	.noise = noise,
};
