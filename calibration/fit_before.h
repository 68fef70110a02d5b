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
 * Fit noise and drift, or take what another fold fitted. Sets nothing.
 * @param f    the fit.
 * @param own  room where nothing is shared; zeroed.
 * @param out  receives `own`, or what is shared.
 * @return MR_OK; MR_ERR_RANGE; MR_ERR_NOMEM.
 */
int mr__before_take(struct mr__fitting *f, struct mr__before *own,
                    const struct mr__before **out);

/**
 * Fit noise and drift, and set m3, c3_S, nu, nu_spread, t0_s (and q_flicker where
 * the model has it). Without readings of drift its defaults stay, and a warning
 * says so.
 * @param f  the fit.
 * @return MR_OK; MR_ERR_RANGE (no convergence); MR_ERR_NOMEM.
 */
int mr__fit_before(struct mr__fitting *f);

/**
 * Say by what drift readings are left out: models are compared by the same
 * readings, whatever drift they have.
 * @param f     the fit; `before` is looked at.
 * @param seen  its own drift is what counts where nothing is shared.
 */
void mr__fit_leave_out(const struct mr__fitting *f,
                       struct mr__steplaw_seen *seen);

/** What was fitted, for the law of steps. @param f  the fit. @return it. */
struct mr__steplaw_seen mr__fit_seen(const struct mr__fitting *f);

/**
 * Estimate a family's steps from the runs of the history.
 * @param f    the fit; noise and drift are set.
 * @param fit  sets the estimates; returns as the family's estimate does.
 * @return what it returned; MR_ERR_UNSUPPORTED, naming what is missing;
 *         MR_ERR_NOMEM.
 */
int mr__fit_steps(struct mr__fitting *f,
                  int (*fit)(struct mr__fitting *f,
                             const struct mr__steplaw *s));

/**
 * Score the runs of the history: a family's member score.
 * @param f         the fit.
 * @param density   log density of the k-th cell of the runs.
 * @param with      what it goes by.
 * @param sum       as there.
 * @param per_cell  as there.
 * @param n         as there.
 * @return as there.
 */
int mr__score_steps(const struct mr__fitting *f,
                    double (*density)(const struct mr__steplaw *s, size_t k,
                                      const void *with),
                    const void *with, double *sum, double *per_cell,
                    uint64_t *n);

#endif
