/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Whether two operations ask for the same. */
#ifndef MR_DRIVER_OP_COMPARE_H
#define MR_DRIVER_OP_COMPARE_H

#include "memrig/types.h"

/**
 * Compare what two operations ask for: kind, cells, parameters and inputs,
 * bit for bit. Results and outcomes are not looked at.
 *
 * @param recorded  what was.
 * @param came      what is.
 * @param desc      gives the shape.
 * @param text      receives the first difference, such as "recorded pulse
 *                  amplitude 9e-05 A, got 0.0001 A".
 * @return whether they differ.
 */
bool mr__op_differs(const struct mr_op *recorded, const struct mr_op *came,
                    const struct mr_description *desc,
                    struct mr_errtext *text);

#endif
