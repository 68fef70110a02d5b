/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The only file that asks the system for time or sleeps. */
#include "memrig/clock.h"

#include <time.h>

#define NS_PER_S INT64_C(1000000000)

static int64_t read_clock(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static int64_t system_monotonic_ns(void *self)
{
	(void)self;
	return read_clock(CLOCK_MONOTONIC);
}

static int64_t system_wall_ns(void *self)
{
	(void)self;
	return read_clock(CLOCK_REALTIME);
}

static void system_sleep_ns(void *self, int64_t duration_ns)
{
	struct timespec ts = {.tv_sec = (time_t)(duration_ns / NS_PER_S),
	                      .tv_nsec = (long)(duration_ns % NS_PER_S)};

	(void)self;
	if (duration_ns > 0)
		(void)nanosleep(&ts, NULL);
}

void mr_clock_system(struct mr_clock *out)
{
	*out = (struct mr_clock){.self = NULL,
	                         .monotonic_ns = system_monotonic_ns,
	                         .wall_ns = system_wall_ns,
	                         .sleep_ns = system_sleep_ns};
}

static int64_t manual_monotonic_ns(void *self)
{
	return ((const struct mr_manual_clock *)self)->monotonic_ns;
}

static int64_t manual_wall_ns(void *self)
{
	return ((const struct mr_manual_clock *)self)->wall_ns;
}

static void manual_sleep_ns(void *self, int64_t duration_ns)
{
	struct mr_manual_clock *state = self;

	if (duration_ns > 0) {
		state->monotonic_ns += duration_ns;
		state->wall_ns += duration_ns;
	}
}

void mr_clock_manual(struct mr_clock *out, struct mr_manual_clock *state)
{
	*out = (struct mr_clock){.self = state,
	                         .monotonic_ns = manual_monotonic_ns,
	                         .wall_ns = manual_wall_ns,
	                         .sleep_ns = manual_sleep_ns};
}
