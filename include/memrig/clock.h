/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The one door to wall time. Durations that cells feel are in operations and
 * never come from here; this clock stamps records, bounds waiting and, on a
 * board, really waits. A manual clock makes months pass inside a test.
 */
#ifndef MEMRIG_CLOCK_H
#define MEMRIG_CLOCK_H

#include <stdint.h>

#include "memrig/error.h"

/** A clock: three functions and what they work on. Copied by value. */
struct mr_clock {
	void *self; /**< handed to each function; owned by whoever made it */
	/** nanoseconds since an arbitrary start; never runs backwards */
	int64_t (*monotonic_ns)(void *self);
	/** nanoseconds since 1970-01-01 00:00 UTC */
	int64_t (*wall_ns)(void *self);
	/** wait for so many nanoseconds; returns early on a signal */
	void (*sleep_ns)(void *self, int64_t duration_ns);
};

/** State of a manual clock; sleeping on it advances both counters. */
struct mr_manual_clock {
	int64_t monotonic_ns; /**< what monotonic_ns() answers */
	int64_t wall_ns;      /**< what wall_ns() answers */
};

/**
 * The system's clock. Thread-safe; `self` is NULL.
 *
 * @param out  filled in.
 */
MR_API void mr_clock_system(struct mr_clock *out);

/**
 * A clock that stands still until somebody sleeps on it or sets its counters.
 *
 * @param out    filled in; refers to `state`.
 * @param state  the counters; must outlive every user of the clock. One
 *               thread at a time.
 */
MR_API void mr_clock_manual(struct mr_clock *out,
                            struct mr_manual_clock *state);

#endif
