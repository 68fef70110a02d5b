/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What families of pulsed cells fit before their steps: read noise and
 * drift. */
#ifndef MR_CALIBRATION_FIT_BEFORE_H
#define MR_CALIBRATION_FIT_BEFORE_H

#include "fit_drift.h"
#include "steplaw.h"

/** Noise and drift: they are the same for all families that are compared, and
 * take the longest. */
struct mr__before {
	bool there;
	struct mr__noise_fit noise;
	struct mr__drift_fit drift;
	int drift_code; /* of mr__fit_drift() */
	struct mr_errtext why;
};

/**
 * Fit noise and drift, and set m3, c3_S, nu, nu_spread, t0_s (and q_flicker where
 * the model has it). Without readings of drift its defaults stay, and a warning
 * says so.
 * @param f  the fit.
 * @return MR_OK; MR_ERR_RANGE (no convergence); MR_ERR_NOMEM.
 */
int mr__fit_before(struct mr__fitting *f);

/** What was fitted, for the law of steps. @param f  the fit. @return it. */
struct mr__steplaw_seen mr__fit_seen(const struct mr__fitting *f);

#endif
