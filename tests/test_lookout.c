/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Looking again before sleeping: never for longer than it says, once a message,
 * and not for ever where nothing comes in time. */
#include "driver/lookout.h"

#include "test.h"

static unsigned looks(struct mr__lookout *l, const struct mr_clock *clock,
                      struct mr_manual_clock *time, int64_t step_ns)
{
	unsigned n = 0;

	for (; mr__lookout_again(l, clock); n++)
		time->monotonic_ns += step_ns;
	return n;
}

static void looks_only_after_a_message(void)
{
	struct mr_manual_clock time = {.monotonic_ns = 5};
	struct mr__lookout l = {.out = false};
	struct mr_clock clock;

	mr_clock_manual(&clock, &time);
	CU_ASSERT(!mr__lookout_again(&l, &clock));
	mr__lookout_begin(&l, &clock);
	CU_ASSERT(mr__lookout_again(&l, &clock));
	mr__lookout_came(&l);
	CU_ASSERT(!mr__lookout_again(&l, &clock));
}

static void looking_ends_in_time(void)
{
	struct mr_manual_clock time = {.monotonic_ns = 5};
	struct mr__lookout l = {.out = false};
	struct mr_clock clock;

	mr_clock_manual(&clock, &time);
	mr__lookout_begin(&l, &clock);
	/* at 0, 3, …, 498 of 500 us */
	CU_ASSERT_EQUAL(looks(&l, &clock, &time, 3000), 167);
	CU_ASSERT(!mr__lookout_again(&l, &clock));
	/* a clock that stands is no reason to look for ever */
	l = (struct mr__lookout){.out = false};
	mr__lookout_begin(&l, &clock);
	CU_ASSERT_EQUAL(looks(&l, &clock, &time, 0), LOOKOUT_LOOKS);
}

static void misses_make_it_rarer(void)
{
	struct mr_manual_clock time = {.monotonic_ns = 5};
	struct mr__lookout l = {.out = false};
	struct mr_clock clock;
	unsigned n_out = 0;

	mr_clock_manual(&clock, &time);
	for (int i = 0; i < 1000; i++) {
		mr__lookout_begin(&l, &clock);
		n_out += looks(&l, &clock, &time, 30000) > 0;
	}
	/* after 0, 1, 2, 4, … 64, 64, … skips: 7 up to message 134, then one
	 * in 65: 14 of 866 */
	CU_ASSERT(n_out >= 20 && n_out <= 22);
	while (l.skips)
		mr__lookout_begin(&l, &clock);
	mr__lookout_begin(&l, &clock);
	CU_ASSERT(l.out);
	mr__lookout_came(&l);
	/* it pays again: with each message */
	for (int i = 0; i < 10; i++) {
		mr__lookout_begin(&l, &clock);
		CU_ASSERT(l.out);
		mr__lookout_came(&l);
	}
}

const struct mr_test mr_tests[] = {
	{"looks_only_after_a_message", looks_only_after_a_message},
	{"looking_ends_in_time", looking_ends_in_time},
	{"misses_make_it_rarer", misses_make_it_rarer},
	{0},
};
