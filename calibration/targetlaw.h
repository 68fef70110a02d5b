/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Laws of the target models, by the names of their parameters; see the models'
 * files in devices/ for the equations. */
#ifndef MR_CALIBRATION_TARGETLAW_H
#define MR_CALIBRATION_TARGETLAW_H

#include <stdbool.h>

#include "memrig/model.h"

#define MR__LAW_TERMS 4

/** A law of g in pieces; members are indices of parameters, -1 = it has none.
 * Below the split clip(slope ln g + offset, min, max), from there on a
 * polynomial; or min(at_1 / g^exponent, max). */
struct mr__law {
	int slope, offset, min, max;
	int split;
	int term[MR__LAW_TERMS];
	int at_1, exponent;
};

/** All laws of a model. */
struct mr__target_laws {
	int prog[MR__LAW_TERMS];
	struct mr__law nu;
	struct mr__law nu_sd;
	struct mr__law q;
	int t0;
	int t_read;
};

/**
 * Find a model's laws.
 * @param model  the model.
 * @param out    filled in.
 */
void mr__target_laws_find(const struct mr_model *model,
                          struct mr__target_laws *out);

/** Value of a law. @param l  the law. @param p  parameters. @param g  target or
 * conductance over g_max. @return it, not below 0. */
double mr__law_value(const struct mr__law *l, const double *p, double g);

/** Whether a parameter is one of a law's. @param l  the law. @param param  its index.
 * @return so. */
bool mr__law_has(const struct mr__law *l, int param);

/** Error of programming. @param l  laws. @param p  parameters. @param g  target
 * over g_max. @return its sd, S, not below 0. */
double mr__target_error_S(const struct mr__target_laws *l, const double *p,
                          double g);

/**
 * Which parameter of a law rules at g.
 * @param l  the law.
 * @param p  parameters.
 * @param g  target or conductance over g_max.
 * @return index of the limit that clips there; slope's or at_1's where it does
 *         not; that of the polynomial's constant above the split.
 */
int mr__law_ruler(const struct mr__law *l, const double *p, double g);

/**
 * The line of a law, before its limits.
 * @param l  the law.
 * @param p  parameters.
 * @param g  target or conductance over g_max.
 * @return slope ln g + offset; NAN where another piece holds.
 */
double mr__law_line(const struct mr__law *l, const double *p, double g);

#endif
