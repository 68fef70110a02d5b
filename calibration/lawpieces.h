/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Which parts of a law the levels tell. Of a line with limits: whether there is a
 * line at all, and which limits rule any level. A limit takes part if it is worth
 * more than its one coefficient (Akaike, IEEE Trans. Autom. Control 19, 716, 1974);
 * it is told if the levels are 4 standard errors from doing without it.
 */
#ifndef MR_CALIBRATION_LAWPIECES_H
#define MR_CALIBRATION_LAWPIECES_H

#include "targetlevels.h"

/** Most coefficients of a law. */
#define MR__LAW_PARAMS_MAX (4 + MR__LAW_TERMS)

/** What a law is made of. */
struct mr__law_pieces {
	size_t n;                        /**< coefficients that take part */
	size_t of[MR__LAW_PARAMS_MAX];   /**< parameters */
	bool told[MR__LAW_PARAMS_MAX];   /**< their values and errors mean something */
	bool min, max;                   /**< limits that take part */
};

/**
 * Offsets from where the laws stand that other coefficients would give groups.
 * @param t    programmings.
 * @param law  which.
 * @param p    coefficients.
 * @param out  [groups] receives them; for spreads they are logarithms.
 * @return false = a law's value is not allowed.
 */
bool mr__law_offsets(const struct mr__targets *t, int law, const double *p,
                     double *out);

/**
 * Whether at least two levels lie on the line of a law that is free, and its limits
 * do not pass each other or the ends of the line: there, they would do nothing.
 * @param t       programmings.
 * @param law     which.
 * @param pieces  what takes part.
 * @param p       coefficients.
 * @return so.
 */
bool mr__law_holds(const struct mr__targets *t, int law,
                   const struct mr__law_pieces *pieces, const double *p);

/**
 * Choose the pieces of a law and a start for their values.
 * @param t    programmings with their groups.
 * @param l    what the groups were found to be.
 * @param law  which.
 * @param p    coefficients; receives the start, and limits out of the way where they
 *             do not take part.
 * @param out  filled in.
 * @return MR_OK; MR_ERR_RANGE: the groups have no errors to go by.
 */
int mr__law_pieces_choose(const struct mr__targets *t,
                          const struct mr__target_levels *l, int law, double *p,
                          struct mr__law_pieces *out);

#endif
