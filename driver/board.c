/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "board.h"

#include <math.h>

#define NS_PER_S 1e9
#define STOP_SLICE_NS INT64_C(5000000) /* how long a stop may go unnoticed */

static int64_t now_ns(const struct mr_clock *clock)
{
	return clock->monotonic_ns(clock->self);
}

void mr__board_time_start(struct mr__board_time *t, const struct mr_clock *clock)
{
	t->clock = clock;
	t->t0_ns = now_ns(clock);
	t->t_ns = 0;
}

int64_t mr__board_time_next(struct mr__board_time *t)
{
	int64_t t_ns = now_ns(t->clock) - t->t0_ns;

	t->t_ns = t_ns > t->t_ns ? t_ns : t->t_ns + 1;
	return t->t_ns;
}

int64_t mr__board_in(const struct mr__transport *pipe, int64_t duration_ns)
{
	return now_ns(mr__transport_clock(pipe)) + duration_ns;
}

int mr__board_pause_until(struct mr__transport *pipe, int64_t end_ns,
                          const struct mr_run *run)
{
	bool emulated = mr__transport_is_emulated(pipe);
	int rc = mr_run_check(run);

	for (int64_t left_ns = end_ns - mr__board_in(pipe, 0);
	     left_ns > 0 && !rc; left_ns = end_ns - mr__board_in(pipe, 0)) {
		int64_t slice_ns = !emulated && left_ns > STOP_SLICE_NS
		                           ? STOP_SLICE_NS
		                           : left_ns;

		rc = mr__transport_pause(pipe, (double)slice_ns / NS_PER_S, run);
	}
	return rc;
}

int mr__board_await(struct mr__transport *pipe, int64_t deadline_ns,
                    const struct mr_run *run, struct mr_errtext *err)
{
	bool emulated = mr__transport_is_emulated(pipe);
	int rc;

	do {
		int64_t slice_ns = emulated ? deadline_ns
		                            : mr__board_in(pipe, STOP_SLICE_NS);

		rc = run ? mr_run_check(run) : MR_OK;
		if (rc)
			return rc;
		rc = mr__transport_await(
			pipe, slice_ns < deadline_ns ? slice_ns : deadline_ns,
			err);
	} while (rc == MR_ERR_TIMEOUT && mr__board_in(pipe, 0) < deadline_ns);
	return rc;
}

int mr__board_submit(void *self, mr__board_one *one, struct mr_op *ops, size_t n,
                     const struct mr_run *run, size_t *n_done)
{
	int rc = MR_OK;

	while (*n_done < n && !rc) {
		rc = one(self, &ops[*n_done], run);
		if (!rc)
			++*n_done;
	}
	return rc;
}

double mr__nearest_step(double value, double step)
{
	return step > 0 && isfinite(value) ? nearbyint(value / step) * step : value;
}
