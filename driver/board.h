/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What board drivers share: array time on a pipe's clock, waits that a stop
 * ends, and the way through a list of operations. */
#ifndef MR_DRIVER_BOARD_H
#define MR_DRIVER_BOARD_H

#include "transport.h"

/* Array time: the pipe's clock since the board was opened, never running
 * backwards; an operation takes at least a nanosecond of it. */
struct mr__board_time {
	const struct mr_clock *clock; /* the pipe's; borrowed */
	int64_t t0_ns;                /* of it, when the board was opened */
	int64_t t_ns;                 /* array time of the last operation's end */
};

/** Begin at 0. */
void mr__board_time_start(struct mr__board_time *t,
                          const struct mr_clock *clock);

/** Array time now; moves t_ns along. */
int64_t mr__board_time_next(struct mr__board_time *t);

/** Monotonic time of a pipe's clock, duration_ns from now. */
int64_t mr__board_in(const struct mr__transport *pipe, int64_t duration_ns);

/**
 * Let time pass until the pipe's clock says end_ns, while a voltage is applied:
 * a stop is seen within 5 ms, where mr__transport_pause() takes 50.
 * @param run  of the submit that goes on.
 * @return MR_OK; MR_ERR_STOPPED; MR_ERR_TIMEOUT.
 */
int mr__board_pause_until(struct mr__transport *pipe, int64_t end_ns,
                          const struct mr_run *run);

/**
 * Wait until there is something to read. A stop ends it, but on an emulated
 * pipe, where nobody really waits.
 * @return MR_OK; MR_ERR_STOPPED; MR_ERR_TIMEOUT (of the run, or nothing came
 *         by deadline_ns); MR_ERR_IO.
 */
int mr__board_await(struct mr__transport *pipe, int64_t deadline_ns,
                    const struct mr_run *run, struct mr_errtext *err);

/* Execute one operation and write its outcome. */
typedef int mr__board_one(void *self, struct mr_op *op,
                          const struct mr_run *run);

/** A back end's submit: one after the other until one fails. */
int mr__board_submit(void *self, mr__board_one *one, struct mr_op *ops, size_t n,
                     const struct mr_run *run, size_t *n_done);

/* The multiple of a step that is nearest; step 0 = any value can be had. */
double mr__nearest_step(double value, double step);

#endif
