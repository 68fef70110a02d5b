/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Which readings are of cells at a clamp. What lies beyond it is noise of theirs, and
 * as much of it lies before it, at the same distances: for each reading beyond, one
 * before is taken that is about as far from the clamp. Cells near the clamp that are
 * not at it read beyond it, too: as many as .4 standard deviations hold of what stands
 * before the pile.
 */
#ifndef MR_CALIBRATION_PILE_H
#define MR_CALIBRATION_PILE_H

#include <stddef.h>
#include <stdint.h>

#include "memrig/error.h"

/**
 * Mark the readings of a pile.
 * @param beyond  [n] how far each is beyond the clamp, in standard deviations of
 *                its own: below 0 on the side where cells may be.
 * @param n       readings.
 * @param value   what a mark is.
 * @param mark    [n] receives it where a reading is of the pile; else left alone.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr__pile_mark(const double *beyond, size_t n, uint8_t value, uint8_t *mark);

#endif
