/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What pcm-hermes1 and pcm-hermes2 share beside target.h: laws in two pieces,
 * below a split clip(slope ln g + offset, min, max), from there on a
 * polynomial in g.
 */
#ifndef MR_DEVICES_HERMES_H
#define MR_DEVICES_HERMES_H

#include "target.h"

enum {
	HERMES_NU_SPLIT = TARGET_N_COMMON,
	HERMES_NU_C0,
	HERMES_NU_C1,
	HERMES_NU_C2,
	HERMES_NU_SD_SPLIT,
	HERMES_NU_SD_C0,
	HERMES_NU_SD_C1,
	HERMES_NU_SD_C2,
	HERMES_Q_SLOPE,
	HERMES_Q_OFFSET,
	HERMES_Q_MIN,
	HERMES_Q_MAX,
	HERMES_Q_SPLIT,
	HERMES_Q_C0,
	HERMES_Q_C1,
	HERMES_Q_C2,
	HERMES_Q_C3,
	HERMES_N_PARAMS
};

int mr__hermes_check(const double *p, struct mr_errtext *err);
void mr__hermes_describe(const double *p, struct mr_description *desc);
void mr__hermes_target(const double *p, struct mr_columns *c, uint32_t cell,
                       float target_S, const float *z, int64_t t_ns);
void mr__hermes_target_run(const double *p, struct mr_columns *c,
                           uint32_t first, uint32_t n, const float *target_S,
                           const float *z, size_t stride, int64_t t_ns);

#endif
