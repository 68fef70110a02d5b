/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "lookout.h"

#include <sched.h>

void mr__lookout_begin(struct mr__lookout *l, const struct mr_clock *clock)
{
	l->out = l->skips == 0;
	if (!l->out) {
		l->skips--;
		return;
	}
	l->until_ns = clock->monotonic_ns(clock->self) + LOOKOUT_NS;
	l->looks = LOOKOUT_LOOKS;
}

bool mr__lookout_again(struct mr__lookout *l, const struct mr_clock *clock)
{
	if (!l->out)
		return false;
	/* on one core the answer comes only if the other side may run */
	if (l->looks-- && clock->monotonic_ns(clock->self) < l->until_ns &&
	    sched_yield() == 0)
		return true;
	l->out = false;
	if (l->misses < LOOKOUT_SKIPS)
		l->misses = l->misses ? 2 * l->misses : 1;
	l->skips = l->misses;
	return false;
}

void mr__lookout_came(struct mr__lookout *l)
{
	if (l->out)
		l->misses = 0;
	l->out = false;
}
