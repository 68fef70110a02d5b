/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* How long an array was at work: the array time of its operations without the
 * pauses. Over a loop, whose clock is the virtual board's, that is what the real
 * board would need. */
#ifndef MR_APPS_BUSY_H
#define MR_APPS_BUSY_H

#include <stdint.h>

#include "memrig/array.h"

/** Time at work so far; an observer adds to it. */
struct mr_busy {
	uint64_t n_ops;  /**< operations that were run, without waits */
	double busy_s;   /**< array time that they took, without pauses */
	uint64_t parent; /**< of the last operation that ended; 0 = none */
};

/**
 * Watch an array; parts of composed operations count, not the whole.
 *
 * @param busy   must live until mr_array_unobserve() or the array's end.
 * @param array  the handle.
 * @return as mr_array_observe().
 */
int mr_busy_watch(struct mr_busy *busy, struct mr_array *array);

#endif
