/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The post-hoc cross-entropy: a read-out that was learned on the layer as it is
 * after training is held, the layer learns once more from its first weights in
 * the same order, and after each update the batch's cross-entropy is taken. It
 * falls although no label enters the update: what SoftHebb is said to minimise.
 */
#ifndef MR_SOFTHEBB_POSTHOC_H
#define MR_SOFTHEBB_POSTHOC_H

#include "curve.h"
#include "readout.h"
#include "shallow.h"

/**
 * Learn again and watch the loss, in floating point.
 *
 * @param plan     as the layer was trained; after, progress and user are not
 *                 used.
 * @param seed     likewise.
 * @param readout  learned on that layer.
 * @param watch    who watches.
 * @param threads  of the layer, as mr_hebb_float().
 * @param curve    filled in.
 * @param err      explains a failure.
 * @return MR_OK; MR_ERR_STOPPED; MR_ERR_NOMEM; MR_ERR_IO if no thread can be
 *         made.
 */
int mr_posthoc_run(const struct mr_shallow_plan *plan, uint64_t seed,
                   const struct mr_readout *readout,
                   const struct mr_watch *watch, uint32_t threads,
                   struct mr_curve *curve, struct mr_errtext *err);

#endif
