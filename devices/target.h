/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Phase-change memory that is programmed to a target and then drifts: what
 * pcm-target and the pcm-hermes models share. With g = target / g_max:
 *
 *   program  G = max(0, target + N(0, sd)),  sd = prog_scale (c0 + c1 g +
 *            c2 g^2 + c3 g^3), not below 0
 *            nu = |N(mu_nu(g), sd_nu(g))| drift_scale, drawn anew each time
 *   drift    G(t) = G ((t + t_0) / t_0)^-nu, t since programming ended, which
 *            is when the first reliable read was made
 *   read     relative sd Q_s sqrt(ln((t + t_0 + t_read) / (2 t_read)))
 *            (noise=white: independent readings of this variance;
 *            noise=flicker: a process of spectrum Q_s^2 / f)
 *
 * mu_nu, sd_nu and Q_s are laws of each model. Q_s follows the conductance
 * that was met, not the target, as in aihwkit (its issue 436): the noise is of
 * the state that the cell is in. It is kept in the column `memory`. All sd are
 * stated in siemens at the stated g_max; another g_max_S scales them with it
 * (the published fits do), t_0 and the laws of g stay.
 *
 * A cell comes from the factory as not programmed: G = 0, no drift, no noise.
 */
#ifndef MR_DEVICES_TARGET_H
#define MR_DEVICES_TARGET_H

#include "models.h"

#include "bulk.h"

/* Parameters that every such model begins with. */
enum {
	TARGET_G_MAX,
	TARGET_G_REF,      /* g_max that the fit is stated for */
	TARGET_PROG_C0,
	TARGET_PROG_C1,
	TARGET_PROG_C2,
	TARGET_PROG_C3,
	TARGET_PROG_SCALE,
	TARGET_DRIFT_SCALE,
	TARGET_NOISE_SCALE,
	TARGET_T0,
	TARGET_T_READ,
	TARGET_V_READ,
	TARGET_V_READ_MAX,
	TARGET_NU_SLOPE,
	TARGET_NU_OFFSET,
	TARGET_NU_MIN,
	TARGET_NU_MAX,
	TARGET_NU_SD_SLOPE,
	TARGET_NU_SD_OFFSET,
	TARGET_NU_SD_MIN,
	TARGET_NU_SD_MAX,
	TARGET_N_COMMON
};

/* Members of struct mr_model that are the same for all. */
int mr__target_check(const double *p, struct mr_errtext *err);
int mr__target_accepts(const double *p, const struct mr_stimulus *s,
                       struct mr_errtext *err);
void mr__target_birth(const double *p, struct mr_columns *c, uint32_t cell,
                      const float *z, int64_t t_ns);
void mr__target_drift(const double *p, struct mr_drift *out);
float mr__target_flicker(const double *p, const struct mr_columns *c,
                         uint32_t cell);
void mr__target_flicker_run(const double *p, const struct mr_columns *c,
                            uint32_t first, uint32_t n, float *q_s);
void mr__target_noise(const double *p, struct mr_noise *out);

/* All of a law but 1/f amplitude and what holds above a split. */
void mr__target_common(const double *p, struct bulk_target *out);

/* What a description says; nu is that of a cell halfway up, for all. */
void mr__target_describe(const double *p, double nu,
                         struct mr_description *desc);

/* Programming by a law; the bulk form and that of one cell. */
void mr__target_run(const struct bulk_target *law, struct mr_columns *c,
                    uint32_t first, uint32_t n, const float *target_S,
                    const float *z, size_t stride, int64_t t_ns);

#endif
