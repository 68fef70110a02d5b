/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * pcm-target: phase-change memory that is programmed to targets by an
 * iterative scheme and then drifts, as a statistical model of what is left.
 *
 * Equations: target.h, with g_max = 25 uS, t_0 = 20 s, t_read = 250 ns and
 *   sd [uS]   (g_max / 25) (0.26348 + 1.9650 g - 1.1731 g^2)
 *   mu_nu     clip(-0.0155 ln g + 0.0244, 0.049, 0.100)
 *   sd_nu     clip(-0.0125 ln g - 0.0059, 0.008, 0.045), g at least 1e-7
 *   Q_s       min(0.0088 / max(g^0.65, 1e-3), 0.2)
 *
 * State per cell: G, nu, t_p, Q_s (column memory). Parameters: the table below.
 *
 * Validity: one program-and-verify scheme on 90 nm mushroom cells; targets 0
 * to g_max; times from the first reliable read on. Not modelled: what the
 * scheme costs in pulses and time, temperature, device-to-device spread other
 * than that of nu.
 *
 * Source: S. R. Nandakumar et al., ICECS 2019; V. Joshi et al., Nat. Commun.
 * 11, 2473 (2020), doi:10.1038/s41467-020-16108-9; constants as in aihwkit
 * (MIT licence). Checked by tests/test_target.c.
 */
#include "target.h"

#include <math.h>

enum {
	Q_AT_1 = TARGET_N_COMMON,
	Q_EXPONENT,
	Q_MAX,
	N_PARAMS
};

#define NANDAKUMAR19 "Nandakumar 2019"
#define NATCOMM "Sebastian 2017"
#define OWN "this project"

static const struct mr_param params[N_PARAMS] = {
	[TARGET_G_MAX] = {"g_max_S", "S", 25e-6, 1e-9, 1e-3,
	                  "greatest target", NANDAKUMAR19},
	[TARGET_G_REF] = {"g_ref_S", "S", 25e-6, 1e-9, 1e-3,
	 "g_max_S that the error of programming is stated for", NANDAKUMAR19},
	[TARGET_PROG_C0] = {"prog_c0_S", "S", 0.26348e-6, -1e-3, 1e-3,
	                    "error of programming: constant", NANDAKUMAR19},
	[TARGET_PROG_C1] = {"prog_c1_S", "S", 1.9650e-6, -1e-3, 1e-3,
	                    "error of programming: times g", NANDAKUMAR19},
	[TARGET_PROG_C2] = {"prog_c2_S", "S", -1.1731e-6, -1e-3, 1e-3,
	                    "error of programming: times g^2", NANDAKUMAR19},
	[TARGET_PROG_C3] = {"prog_c3_S", "S", 0, -1e-3, 1e-3,
	                    "error of programming: times g^3", NANDAKUMAR19},
	[TARGET_PROG_SCALE] = {"prog_scale", "1", 1, 0, 100,
	 "times the error of programming; 0 = exact", OWN},
	[TARGET_DRIFT_SCALE] = {"drift_scale", "1", 1, 0, 100,
	                        "times the drift exponent; 0 = no drift", OWN},
	[TARGET_NOISE_SCALE] = {"noise_scale", "1", 1, 0, 100,
	                        "times the read noise; 0 = none", OWN},
	[TARGET_T0] = {"t0_s", "s", 20, 1e-6, 1e9,
	 "from programming to the first reliable read", NANDAKUMAR19},
	[TARGET_T_READ] = {"t_read_s", "s", 250e-9, 1e-9, 1,
	                   "integration time of a read", NANDAKUMAR19},
	[TARGET_V_READ] = {"v_read_V", "V", 0.2, 1e-3, 1,
	                   "read voltage", NATCOMM},
	[TARGET_V_READ_MAX] = {"v_read_max_V", "V", 0.3, 1e-3, 1,
	 "greatest voltage that does not disturb", NATCOMM},
	[TARGET_NU_SLOPE] = {"nu_slope", "1", -0.0155, -1, 1,
	                     "mean drift exponent: times ln g", NANDAKUMAR19},
	[TARGET_NU_OFFSET] = {"nu_offset", "1", 0.0244, -1, 1,
	                      "mean drift exponent: at g = 1", NANDAKUMAR19},
	[TARGET_NU_MIN] = {"nu_min", "1", 0.049, 0, 1,
	                   "mean drift exponent: least", NANDAKUMAR19},
	[TARGET_NU_MAX] = {"nu_max", "1", 0.1, 0, 1,
	                   "mean drift exponent: greatest", NANDAKUMAR19},
	[TARGET_NU_SD_SLOPE] = {"nu_sd_slope", "1", -0.0125, -1, 1,
	 "spread of the drift exponent: times ln g", NANDAKUMAR19},
	[TARGET_NU_SD_OFFSET] = {"nu_sd_offset", "1", -0.0059, -1, 1,
	 "spread of the drift exponent: at g = 1", NANDAKUMAR19},
	[TARGET_NU_SD_MIN] = {"nu_sd_min", "1", 0.008, 0, 1,
	 "spread of the drift exponent: least", NANDAKUMAR19},
	[TARGET_NU_SD_MAX] = {"nu_sd_max", "1", 0.045, 0, 1,
	 "spread of the drift exponent: greatest", NANDAKUMAR19},
	[Q_AT_1] = {"q_at_1", "1", 0.0088, 0, 1,
	            "1/f amplitude at g = 1", NANDAKUMAR19},
	[Q_EXPONENT] = {"q_exponent", "1", 0.65, 0, 5,
	 "1/f amplitude: falls with this power of g", NANDAKUMAR19},
	[Q_MAX] = {"q_max", "1", 0.2, 0, 1,
	           "1/f amplitude: greatest", NANDAKUMAR19},
};

static struct bulk_target law(const double *p)
{
	struct bulk_target t;

	mr__target_common(p, &t);
	t.q_by_power = true;
	t.q_power = (struct bulk_power){.at_1 = (float)p[Q_AT_1],
	                                .exponent = (float)p[Q_EXPONENT],
	                                .max = (float)p[Q_MAX]};
	return t;
}

/* The exponent of a cell halfway up stands for all. */
static void describe(const double *p, struct mr_description *desc)
{
	double nu = p[TARGET_NU_SLOPE] * log(0.5) + p[TARGET_NU_OFFSET];

	mr__target_describe(
		p, fmin(fmax(nu, p[TARGET_NU_MIN]), p[TARGET_NU_MAX]), desc);
}

static void target_run(const double *p, struct mr_columns *c, uint32_t first,
                       uint32_t n, const float *target_S, const float *z,
                       size_t stride, int64_t t_ns)
{
	const struct bulk_target t = law(p);

	mr__target_run(&t, c, first, n, target_S, z, stride, t_ns);
}

static void target(const double *p, struct mr_columns *c, uint32_t cell,
                   float target_S, const float *z, int64_t t_ns)
{
	target_run(p, c, cell, 1, &target_S, z, 1, t_ns);
}

const struct mr_model mr__model_pcm_target = {
	.name = "pcm-target",
	.summary = "phase-change memory programmed to targets: error, drift, "
		   "1/f noise",
	.source = "Joshi et al., Nat. Commun. 11, 2473 (2020), "
		  "doi:10.1038/s41467-020-16108-9, as in aihwkit",
	.params = params,
	.n_params = N_PARAMS,
	.check = mr__target_check,
	.describe = describe,
	.accepts = mr__target_accepts,
	.birth = mr__target_birth,
	.target = target,
	.target_run = target_run,
	.n_normals = 2,
	.drift = mr__target_drift,
	.flicker = mr__target_flicker,
	.flicker_run = mr__target_flicker_run,
	.flicker_is_memory = true,
	.noise = mr__target_noise,
};
