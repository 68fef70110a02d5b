/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The runs of steplaw.h, as its own files see them. */
#ifndef MR_CALIBRATION_STEPLAW_PRIV_H
#define MR_CALIBRATION_STEPLAW_PRIV_H

#include "steplaw.h"

/* Stands for no upper clamp. */
#define MR__STEP_NO_CLAMP_S 1e-3

/* A reading of a run. */
struct mr__step_reading {
	float g_S;       /* drift undone */
	float var_S2;    /* of the reading, at its own level */
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
	uint32_t pulses_max;
	double lowest_S;
	double highest_S;
};

#endif
