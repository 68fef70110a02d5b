/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Cells that were programmed to targets, as a likelihood; see fit_target.h. */
#ifndef MR_CALIBRATION_TARGETS_PRIV_H
#define MR_CALIBRATION_TARGETS_PRIV_H

#include "fits.h"
#include "likelihood.h"
#include "spans.h"
#include "targetlaw.h"
#include "targetspan.h"

#define MR__TARGET_LEVELS_MAX 512

/* A cell was programmed and read. */
struct mr__target_event {
	const struct mr__target_instants *at; /* NULL = it reads 0: clamped */
	const double *g_S; /* [at->n] */
	double target_S;
	uint32_t cell;
	uint32_t n;
	uint32_t level; /* index of its target */
	double g_ref_S; /* best conductance, by target and readings */
	double wide_S;  /* sd of the conductance about it */
	double nu;      /* exponent and noise that the readings are looked at with */
	double q;
	bool lost;      /* no G and nu could be found for it */
};

/* Laws that follow the target. */
enum { MR__TARGET_OF_NU, MR__TARGET_OF_NU_SD, MR__TARGET_N_OF };

#define MR__TARGET_GROUPS_MAX 32
#define MR__TARGET_NO_GROUP UINT32_MAX

/* Neighbouring targets that have a value of their own: off the law's mean
 * exponent by so much, or its spread times e to so much. */
struct mr__target_groups {
	size_t n;
	uint32_t of[MR__TARGET_LEVELS_MAX];   /* group of a level, or none */
	double share[MR__TARGET_LEVELS_MAX];  /* of a level in what its group says */
	double off[MR__TARGET_GROUPS_MAX];
};

struct mr__targets {
	const struct mr__fitting *f;
	struct mr__target_laws laws;
	bool flicker;
	bool silent;
	double g_max_S;
	struct mr__spans spans;
	struct mr__target_event *event; /* [n] */
	struct mr__target_seen *seen; /* [slots*n] at seen_t0 */
	bool *lost;   /* [slots*n] the search for it failed */
	size_t n;
	size_t *unit; /* [n_units+1] first event of each cell */
	size_t n_units;
	double *seen_t0; /* [slots*n_units] what each slot holds of a cell */
	uint8_t *next;   /* [n_units] slot that is given up next */
	size_t slots;    /* differences come back to a few t0 again and again */
	double *readings; /* [n*MR__TARGET_READS] */
	struct mr__target_instants **instants; /* [n_instants] */
	size_t n_instants;
	uint64_t n_points;
	uint32_t n_vague;
	uint32_t n_crowded; /* beyond MR__TARGET_LEVELS_MAX targets */
	double level[MR__TARGET_LEVELS_MAX]; /* targets over g_max that are used */
	size_t n_levels;
	struct mr__target_groups group[MR__TARGET_N_OF];
	size_t free[MR__LIKELIHOOD_PARAMS_MAX]; /* [n_free] parameters */
	size_t n_free;
	double p[MR_PARAMS_MAX];
};

/* Takes the programmings out of a history. The parameters are the fit's as they
 * stand; g_max is the array's. `all`: also those lost in noise, for a score. */
int mr__targets_begin(const struct mr__fitting *f, bool all,
                      struct mr__targets **out);
void mr__targets_release(struct mr__targets *t);

/* Amplitude of noise of a conductance. */
double mr__targets_q(const struct mr__targets *t, const double *p, double g_S);

/* The slot that holds what is seen of a cell at a t0; and to start anew. */
size_t mr__targets_look(const struct mr__targets *t, size_t unit, double t0_s);
void mr__targets_forget(const struct mr__targets *t);

/* Takes what readings are looked at with and the conductances about which is
 * integrated, by what stands: were they to move with the coefficients, so would what
 * the sums are off by. */
void mr__targets_anchor(struct mr__targets *t);

/* Correlations of the noise at the t0 that stands: 1/f noise is older than the
 * readings. */
void mr__targets_correlate(struct mr__targets *t);

/* The law of that number. */
const struct mr__law *mr__targets_law(const struct mr__targets *t, int law);

/* What is held of a programming before it is read: its error and exponents, its
 * noise left at 1; and the log density of its readings, with the noise that
 * coefficients say times that of the prior. */
struct mr__target_prior mr__targets_prior(const struct mr__targets *t, size_t k,
                                          const double *p);
double mr__targets_density(const struct mr__targets *t, size_t k, size_t slot,
                           const struct mr__target_prior *prior, const double *p);

/* Log density of a cell. */
double mr__targets_of_cell(const struct mr__targets *t, size_t unit,
                           const double *p);

#endif
