/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Weights of a layer as numbers, multiplied by CBLAS: the carrier of deep.h
 * that is taken where no other is given. */
#ifndef MR_APPS_SOFTHEBB_NUMBERS_H
#define MR_APPS_SOFTHEBB_NUMBERS_H

#include "deep.h"
#include "kernels.h"
#include "team.h"

/**
 * Make one.
 *
 * @param n_kernels  K.
 * @param fan_in     N.
 * @param kernels    passes; must outlive it.
 * @param team       threads; must outlive it.
 * @param out        receives it; release with mr__deep_numbers_free().
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr__deep_numbers_alloc(size_t n_kernels, size_t fan_in,
                           const struct mr_deep_kernels *kernels,
                           struct mr_team *team,
                           struct mr_deep_carrier *out);

/** Whether a carrier is one of these. */
bool mr__deep_numbers_are(const struct mr_deep_carrier *carrier);

/** Release one; others are left alone. */
void mr__deep_numbers_free(struct mr_deep_carrier *carrier);

/**
 * Have BLAS use one thread: the team shares out the work. For the process.
 */
void mr__deep_blas_alone(void);

#endif
