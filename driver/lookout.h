/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Looking again for a short while before going to sleep. To wake a sleeping
 * core takes longer than a small answer does, so whoever has just sent something
 * looks for the answer, and lets others run between the looks; for LOOKOUT_NS
 * and LOOKOUT_LOOKS at most, and once a message. Where nothing came in time, the
 * next messages go without: one of them, then 2, 4, … up to LOOKOUT_SKIPS, until
 * something comes in time again.
 */
#ifndef MR_DRIVER_LOOKOUT_H
#define MR_DRIVER_LOOKOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "memrig/clock.h"

#define LOOKOUT_NS INT64_C(500000) /* two wakes of a virtual core, 50 to 200 us */
#define LOOKOUT_LOOKS 5000 /* of less than a microsecond; a clock may stand */
#define LOOKOUT_SKIPS 64

/* All-zero is a lookout that is not out. */
struct mr__lookout {
	bool out;          /* looking */
	int64_t until_ns;
	unsigned looks;
	unsigned misses;   /* skips after the last miss; 0 = none */
	unsigned skips;    /* messages still to go without */
};

/** A message went: look out, unless it is one to go without. */
void mr__lookout_begin(struct mr__lookout *l, const struct mr_clock *clock);

/** Nothing came by now. Lets others run.
 * @return whether to look again; false = sleep. */
bool mr__lookout_again(struct mr__lookout *l, const struct mr_clock *clock);

/** Something came; does nothing where nobody looks. */
void mr__lookout_came(struct mr__lookout *l);

#endif
