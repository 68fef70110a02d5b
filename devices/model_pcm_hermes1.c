/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * pcm-hermes1: as pcm-target, for the 14 nm phase-change cells of the 64-core
 * HERMES chip, one cell per polarity of a weight.
 *
 * Equations: target.h and hermes.h, with g_max = 10.35 uS, t_0 = 200 s, t_read =
 * 512 ns, and the constants of the table below. Unlike pcm-target's, nu falls
 * to .017 at full SET.
 *
 * State per cell: G, nu, t_p, Q_s (column memory).
 *
 * Validity: that chip's program-and-verify; targets 0 to g_max; times from the
 * first reliable read on. Not modelled: as in pcm-target.
 *
 * Source: fits to the HERMES chip as shipped in aihwkit (MIT licence); the
 * chip: M. Le Gallo et al., Nat. Electron. 6, 680 (2023). Checked by
 * tests/test_target.c.
 */
#include "hermes.h"

#define HERMES "HERMES fit in aihwkit"
#define NATCOMM "Sebastian 2017"
#define OWN "this project"

static const struct mr_param params[HERMES_N_PARAMS] = {
	[TARGET_G_MAX] = {"g_max_S", "S", 10.35e-6, 1e-9, 1e-3,
	                  "greatest target", HERMES},
	[TARGET_G_REF] = {"g_ref_S", "S", 10.35e-6, 1e-9, 1e-3,
	 "g_max_S that the error of programming is stated for", HERMES},
	[TARGET_PROG_C0] = {"prog_c0_S", "S", 0.15781817e-6, -1e-3, 1e-3,
	                    "error of programming: constant", HERMES},
	[TARGET_PROG_C1] = {"prog_c1_S", "S", 2.32443916e-6, -1e-3, 1e-3,
	                    "error of programming: times g", HERMES},
	[TARGET_PROG_C2] = {"prog_c2_S", "S", -2.16310839e-6, -1e-3, 1e-3,
	                    "error of programming: times g^2", HERMES},
	[TARGET_PROG_C3] = {"prog_c3_S", "S", 0.68841818e-6, -1e-3, 1e-3,
	                    "error of programming: times g^3", HERMES},
	[TARGET_PROG_SCALE] = {"prog_scale", "1", 1, 0, 100,
	 "times the error of programming; 0 = exact", OWN},
	[TARGET_DRIFT_SCALE] = {"drift_scale", "1", 1, 0, 100,
	                        "times the drift exponent; 0 = no drift", OWN},
	[TARGET_NOISE_SCALE] = {"noise_scale", "1", 1, 0, 100,
	                        "times the read noise; 0 = none", OWN},
	[TARGET_T0] = {"t0_s", "s", 200, 1e-6, 1e9,
	               "from programming to the first reliable read", HERMES},
	[TARGET_T_READ] = {"t_read_s", "s", 512e-9, 1e-9, 1,
	                   "integration time of a read", HERMES},
	[TARGET_V_READ] = {"v_read_V", "V", 0.2, 1e-3, 1,
	                   "read voltage", NATCOMM},
	[TARGET_V_READ_MAX] = {"v_read_max_V", "V", 0.3, 1e-3, 1,
	 "greatest voltage that does not disturb", NATCOMM},
	[TARGET_NU_SLOPE] = {"nu_slope", "1", -0.0387, -1, 1,
	                     "mean drift exponent: times ln g", HERMES},
	[TARGET_NU_OFFSET] = {"nu_offset", "1", -0.0182, -1, 1,
	                      "mean drift exponent: at g = 1", HERMES},
	[TARGET_NU_MIN] = {"nu_min", "1", 0.072, 0, 1,
	                   "mean drift exponent: least", HERMES},
	[TARGET_NU_MAX] = {"nu_max", "1", 0.13, 0, 1,
	                   "mean drift exponent: greatest", HERMES},
	[TARGET_NU_SD_SLOPE] = {"nu_sd_slope", "1", -0.0120, -1, 1,
	 "spread of the drift exponent: times ln g", HERMES},
	[TARGET_NU_SD_OFFSET] = {"nu_sd_offset", "1", -0.0023, -1, 1,
	 "spread of the drift exponent: at g = 1", HERMES},
	[TARGET_NU_SD_MIN] = {"nu_sd_min", "1", 0.0124, 0, 1,
	                      "spread of the drift exponent: least", HERMES},
	[TARGET_NU_SD_MAX] = {"nu_sd_max", "1", 0.04, 0, 1,
	                      "spread of the drift exponent: greatest", HERMES},
	[HERMES_NU_SPLIT] = {"nu_split", "1", 0.0945, 0, 10,
	 "mean drift exponent: g from which its polynomial holds", HERMES},
	[HERMES_NU_C0] = {"nu_c0", "1", 0.0736, -10, 10,
	                  "mean drift exponent, polynomial: constant", HERMES},
	[HERMES_NU_C1] = {"nu_c1", "1", -0.0126, -10, 10,
	                  "mean drift exponent, polynomial: times g", HERMES},
	[HERMES_NU_C2] = {"nu_c2", "1", -0.0436, -10, 10,
	                  "mean drift exponent, polynomial: times g^2", HERMES},
	[HERMES_NU_SD_SPLIT] = {"nu_sd_split", "1", 0.3039, 0, 10,
	 "spread of the drift exponent: g from which its polynomial holds",
	 HERMES},
	[HERMES_NU_SD_C0] = {"nu_sd_c0", "1", 0.0104, -10, 10,
	 "spread of the drift exponent, polynomial: constant", HERMES},
	[HERMES_NU_SD_C1] = {"nu_sd_c1", "1", 0.0116, -10, 10,
	 "spread of the drift exponent, polynomial: times g", HERMES},
	[HERMES_NU_SD_C2] = {"nu_sd_c2", "1", -0.0165, -10, 10,
	 "spread of the drift exponent, polynomial: times g^2", HERMES},
	[HERMES_Q_SLOPE] = {"q_slope", "1", -0.0078, -1, 1,
	                    "1/f amplitude: times ln g", HERMES},
	[HERMES_Q_OFFSET] = {"q_offset", "1", 0.0038, -1, 1,
	                     "1/f amplitude: at g = 1", HERMES},
	[HERMES_Q_MIN] = {"q_min", "1", 0.0179, 0, 1,
	                  "1/f amplitude: least", HERMES},
	[HERMES_Q_MAX] = {"q_max", "1", 0.04, 0, 1,
	                  "1/f amplitude: greatest", HERMES},
	[HERMES_Q_SPLIT] = {"q_split", "1", 0.1591, 0, 10,
	 "1/f amplitude: g from which its polynomial holds", HERMES},
	[HERMES_Q_C0] = {"q_c0", "1", 0.0088, -10, 10,
	                 "1/f amplitude, polynomial: constant", HERMES},
	[HERMES_Q_C1] = {"q_c1", "1", 0.0768, -10, 10,
	                 "1/f amplitude, polynomial: times g", HERMES},
	[HERMES_Q_C2] = {"q_c2", "1", -0.1352, -10, 10,
	                 "1/f amplitude, polynomial: times g^2", HERMES},
	[HERMES_Q_C3] = {"q_c3", "1", 0.0664, -10, 10,
	                 "1/f amplitude, polynomial: times g^3", HERMES},
};

const struct mr_model mr__model_pcm_hermes1 = {
	.name = "pcm-hermes1",
	.summary = "HERMES chip's phase-change memory, one cell a weight's side",
	.source = "HERMES fit in aihwkit (MIT licence); Le Gallo et al., Nat. "
		  "Electron. 6, 680 (2023)",
	.params = params,
	.n_params = HERMES_N_PARAMS,
	.check = mr__hermes_check,
	.describe = mr__hermes_describe,
	.accepts = mr__target_accepts,
	.birth = mr__target_birth,
	.target = mr__hermes_target,
	.target_run = mr__hermes_target_run,
	.n_normals = 2,
	.drift = mr__target_drift,
	.flicker = mr__target_flicker,
	.flicker_run = mr__target_flicker_run,
	.flicker_is_memory = true,
	.noise = mr__target_noise,
};
