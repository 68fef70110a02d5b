/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Binary processes by the million: which are active in each step. Either drawn
 * (all with the same rate p, one group that copies a hidden reference Y so that
 * each pair of it has the correlation c) or listed (rain gauges).
 *
 *     P(X = 1 | Y) = p + sqrt(c) (Y - p),   Y ~ Bernoulli(p)
 *
 * Only active processes are drawn, by the gaps between them: exact, and
 * proportional to what happens. Draws are addressed by the step.
 */
#ifndef MR_APPS_CORRELATION_CROWD_H
#define MR_APPS_CORRELATION_CROWD_H

#include <stdint.h>

#include "memrig/error.h"

#include "../inputs/inputs.h"

#define MR_CROWD_MAX 100000000u /**< processes */

/** The processes. Read its fields freely; only crowd.c writes them. */
struct mr_crowd {
	uint32_t n;
	double p;        /**< drawn: rate per step */
	double c;        /**< drawn: correlation of each pair of the group */
	uint64_t seed;
	uint32_t *member; /**< drawn: [n] the group first, each part ascending */
	uint32_t n_group; /**< drawn: how many of them */
	const struct mr_events *events; /**< listed; else NULL */
	double mean;      /**< expected number of active processes in a step */
	double sd;        /**< and its spread if all were independent */
	uint64_t step;    /**< steps done */
	uint64_t latent;  /**< drawn: steps in which the reference was active */
	uint32_t *active; /**< [n] of the present step */
	uint32_t n_active;
};

/**
 * Processes that are drawn.
 *
 * @param crowd  filled in; release with mr_crowd_free().
 * @param label  [n] 1 = in the group, else 0.
 * @param n      1 .. MR_CROWD_MAX.
 * @param p      rate per step, above 0 and below 1.
 * @param c      correlation, 0 .. 1.
 * @param seed   any value.
 * @param err    explains a failure.
 * @return MR_OK; MR_ERR_RANGE; MR_ERR_NOMEM.
 */
int mr_crowd_draw(struct mr_crowd *crowd, const int8_t *label, uint32_t n,
                  double p, double c, uint64_t seed, struct mr_errtext *err);

/**
 * Processes that are listed; the list begins anew at its end.
 *
 * @param crowd   filled in; release with mr_crowd_free().
 * @param inputs  listed inputs; must outlive the crowd.
 * @param err     explains a failure.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_crowd_list(struct mr_crowd *crowd, const struct mr_inputs *inputs,
                  struct mr_errtext *err);

/**
 * One step: `active` and `n_active` tell who is active.
 *
 * @param crowd  the processes.
 */
void mr_crowd_step(struct mr_crowd *crowd);

/**
 * Release.
 *
 * @param crowd  from one of the above, or all zero.
 */
void mr_crowd_free(struct mr_crowd *crowd);

#endif
