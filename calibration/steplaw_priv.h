/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The runs of steplaw.h, as its own files see them. */
#ifndef MR_CALIBRATION_STEPLAW_PRIV_H
#define MR_CALIBRATION_STEPLAW_PRIV_H

#include "exps.h"
#include "steplaw.h"

/* Stands for no upper clamp. */
#define MR__STEP_NO_CLAMP_S 1e-3

/* Least sd of a reading: below what counts. */
#define MR__STEP_NOISE_LEAST_S 1e-10

#define MR__STEP_NOISE_N 2049 /* points of the table of noise */
#define MR__STEP_NODES MR__EXPS_N /* of an integral over a cell's conductance */

/* A reading of a run. */
struct mr__step_reading {
	float g_S;       /* drift undone */
	float var_S2;    /* of the reading, were it of its own level */
	float scale;     /* of its noise: times noise_at() the deviation */
	float log_back;  /* logarithm of what undid the drift */
	uint32_t pulses; /* since the RESET */
	bool follows;    /* the reading before it was of the same cell, with
	                    nothing but one pulse between them */
};

struct mr__steplaw {
	struct mr__step_reading *readings;
	size_t n;
	size_t room;
	uint32_t *cells;   /* [n_cells] number in the history */
	size_t *first;     /* [n_cells+1] */
	uint32_t n_cells;
	uint32_t threads; /* that a search may take */
	uint32_t pulses_max;
	double lowest_S;
	double highest_S;
	double noise_step_S;               /* of the table, from 0 on */
	double per_noise_step;             /* 1 / noise_step_S */
	double noise_S[MR__STEP_NOISE_N];  /* by conductance */
	double node[MR__STEP_NODES];        /* Gauss-Legendre's, on 0 .. 1 */
	double node_weight[MR__STEP_NODES];
};

#endif
