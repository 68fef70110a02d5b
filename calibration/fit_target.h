/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Families of target programming: pcm-target, pcm-hermes1, pcm-hermes2. With
 * g = target / g_max, each programming of a cell draws
 *
 *   G = max(0, target + N(0, sd(g))),   nu = |N(mu(g), s(g))|,
 *
 * anew, and readings are G ((t + t0) / t0)^-nu (1 + Q x), Q a law of G / g_max;
 * x is white, of the variance log((t + t0 + t_read) / (2 t_read)), or 1/f noise
 * (ladder.h). All laws' coefficients are fitted together: the density of the
 * readings after each programming has a closed form (targetspan.h). Units are
 * cells.
 *
 * What cannot be told: drift_scale, noise_scale, prog_scale and g_ref_S are
 * products with the coefficients; a limit or piece of a law in which no tested
 * target lies; and splits, which only say between which tested targets a law
 * changes: they keep their defaults.
 */
#ifndef MR_CALIBRATION_FIT_TARGET_H
#define MR_CALIBRATION_FIT_TARGET_H

#include "fits.h"

/** Member suits of the families. @param history @param err as there.
 * @return as there. */
int mr__fit_target_suits(const struct mr_history *history,
                         struct mr_errtext *err);

/** Member estimate of the families. @param f as there. @return as there. */
int mr__fit_target_estimate(struct mr__fitting *f);

/** Member score of the families. @param f @param sum @param per_cell @param n
 * as there. @return as there. */
int mr__fit_target_score(const struct mr__fitting *f, double *sum,
                         double *per_cell, uint64_t *n);

#endif
