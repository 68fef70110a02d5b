/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The members that models of target programming share; see target.h. */
#include "target.h"

#include <string.h>

int mr__target_check(const double *p, struct mr_errtext *err)
{
	if (p[TARGET_V_READ] > p[TARGET_V_READ_MAX])
		return mr_errtext_set(
			err, MR_ERR_RANGE,
			"v_read_V = %g must not exceed v_read_max_V = %g",
			p[TARGET_V_READ], p[TARGET_V_READ_MAX]);
	if (p[TARGET_NU_MIN] > p[TARGET_NU_MAX])
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "nu_min = %g must not exceed nu_max = %g",
		                      p[TARGET_NU_MIN], p[TARGET_NU_MAX]);
	if (p[TARGET_NU_SD_MIN] > p[TARGET_NU_SD_MAX])
		return mr_errtext_set(
			err, MR_ERR_RANGE,
			"nu_sd_min = %g must not exceed nu_sd_max = %g",
			p[TARGET_NU_SD_MIN], p[TARGET_NU_SD_MAX]);
	return MR_OK;
}

int mr__target_accepts(const double *p, const struct mr_stimulus *s,
                       struct mr_errtext *err)
{
	(void)p;
	(void)s;
	return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
	                      "this model takes targets (program), no pulses");
}

void mr__target_birth(const double *p, struct mr_columns *c, uint32_t cell,
                      const float *z, int64_t t_ns)
{
	(void)p;
	(void)z;
	c->g_S[cell] = 0.0f;
	c->memory[cell] = 0.0f;
	c->nu[cell] = 0.0f;
	c->t_p_ns[cell] = t_ns;
}

void mr__target_drift(const double *p, struct mr_drift *out)
{
	*out = (struct mr_drift){.t0_s = p[TARGET_T0], .shift_s = p[TARGET_T0]};
}

float mr__target_flicker(const double *p, const struct mr_columns *c,
                         uint32_t cell)
{
	(void)p;
	return c->memory[cell];
}

void mr__target_flicker_run(const double *p, const struct mr_columns *c,
                            uint32_t first, uint32_t n, float *q_s)
{
	(void)p;
	memcpy(q_s, c->memory + first, n * sizeof *q_s);
}

void mr__target_noise(const double *p, struct mr_noise *out)
{
	*out = (struct mr_noise){.t_read_s = p[TARGET_T_READ],
	                         .t0_s = p[TARGET_T0],
	                         .accumulates = true};
}

void mr__target_common(const double *p, struct bulk_target *out)
{
	double scale = p[TARGET_PROG_SCALE] * p[TARGET_G_MAX] / p[TARGET_G_REF];

	*out = (struct bulk_target){
		.g_max_S = (float)p[TARGET_G_MAX],
		.nu = {.split = BULK_NO_SPLIT,
	               .slope = (float)p[TARGET_NU_SLOPE],
	               .offset = (float)p[TARGET_NU_OFFSET],
	               .min = (float)p[TARGET_NU_MIN],
	               .max = (float)p[TARGET_NU_MAX]},
		.nu_sd = {.split = BULK_NO_SPLIT,
	                  .slope = (float)p[TARGET_NU_SD_SLOPE],
	                  .offset = (float)p[TARGET_NU_SD_OFFSET],
	                  .min = (float)p[TARGET_NU_SD_MIN],
	                  .max = (float)p[TARGET_NU_SD_MAX]},
		.nu_scale = (float)p[TARGET_DRIFT_SCALE],
		.q_scale = (float)p[TARGET_NOISE_SCALE]};
	for (int k = 0; k < 4; k++)
		out->sd_S[k] = (float)(p[TARGET_PROG_C0 + k] * scale);
}

void mr__target_describe(const double *p, double nu,
                         struct mr_description *desc)
{
	desc->limits.v_read_max_V = p[TARGET_V_READ_MAX];
	desc->limits.v_pulse_max_V = 0;
	desc->limits.i_pulse_max_A = 0;
	desc->g_min_S = 0;
	desc->g_max_S = p[TARGET_G_MAX];
	desc->g_unit_S = p[TARGET_G_MAX];
	desc->drift_nu = nu * p[TARGET_DRIFT_SCALE];
	desc->drift_t0_s = p[TARGET_T0];
	desc->n_waveforms = 1;
	desc->waveforms[0] = (struct mr_waveform){.name = "read",
	                                          .unit = MR_UNIT_VOLT,
	                                          .amplitude = p[TARGET_V_READ],
	                                          .width_s = p[TARGET_T_READ],
	                                          .effect = MR_EFFECT_NONE};
}

void mr__target_run(const struct bulk_target *law, struct mr_columns *c,
                    uint32_t first, uint32_t n, const float *target_S,
                    const float *z, size_t stride, int64_t t_ns)
{
	mr__bulk_pick()->target(law, target_S, z, z + stride, n,
	                        c->g_S + first, c->nu + first,
	                        c->memory + first);
	mr__models_stamp(c->t_p_ns + first, n, t_ns);
}
