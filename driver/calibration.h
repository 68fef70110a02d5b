/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What the file, the filter and the submit path share of calibrations. */
#ifndef MR_DRIVER_CALIBRATION_H
#define MR_DRIVER_CALIBRATION_H

#include "memrig/calibrate.h"

/**
 * Raw results of an operation that went through the filter.
 * @param self  the filter's state.
 * @param op    as it was submitted.
 * @return in the order of its results; NULL = it was not corrected.
 */
const float *mr__calibration_raw(void *self, const struct mr_op *op);

/** Forget the raw results that have been told of. */
void mr__calibration_forget(void *self);

#endif
