/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* noise: single readings of all cells at equal intervals, a short one and a long
 * one, at levels all over the range. A pause comes first, so that drift is
 * slow. */
#include "measuring.h"

#include <math.h>

static const struct mr_measure_setting settings[] = {
	{"rounds", "", MR_SETTING_WHOLE, 1, 1000, 1,
	 "times programmed, each cell to its next level"},
	{"levels", "", MR_SETTING_WHOLE, 1, 64, 8, "groups of cells"},
	{"reads", "", MR_SETTING_WHOLE, 4, 1e6, 256, "readings of a sequence"},
	{"interval", "s", MR_SETTING_NUMBER, 1e-9, 1e6, NAN,
	 "from reading to reading; default: twice what reading all cells takes"},
	{"slow", "s", MR_SETTING_NUMBER, 0, 1e6, NAN,
	 "the same of a second sequence; 0 = none; default: 64 intervals"},
	{"pause", "s", MR_SETTING_NUMBER, 0, 1e8, 100,
	 "after programming, before the first sequence"},
};

static int sequence(struct mr__measuring *m, double interval_s)
{
	uint32_t n = mr__measure_whole(m, "reads");
	int64_t t0_ns = m->t_ns;
	int code = MR_OK;

	for (uint32_t k = 0; k < n && code == MR_OK; k++) {
		code = mr__measure_until(
			m, t0_ns + (int64_t)llround(k * interval_s * 1e9));
		if (code == MR_OK)
			code = mr__measure_read(m, 1);
	}
	return code;
}

static int round_of(struct mr__measuring *m, uint32_t round)
{
	double interval_s;
	double slow_s;
	int64_t t0_ns;
	int code = mr__measure_levels(m, round, mr__measure_whole(m, "levels"));

	if (code == MR_OK)
		code = mr__measure_wait(m, mr__measure_value(m, "pause"));
	t0_ns = m->t_ns;
	if (code == MR_OK) /* also to learn how long it takes */
		code = mr__measure_read(m, 1);
	interval_s = mr__measure_value_or(
		m, "interval", 2e-9 * fmax(1, (double)(m->t_ns - t0_ns)));
	slow_s = mr__measure_value_or(m, "slow", 64 * interval_s);
	if (code == MR_OK)
		code = sequence(m, interval_s);
	if (code == MR_OK && slow_s > 0)
		code = sequence(m, slow_s);
	return code;
}

static int run(struct mr__measuring *m)
{
	int code = mr__measure_can_level(m);

	for (uint32_t r = 0; r < mr__measure_whole(m, "rounds")
	                     && code == MR_OK; r++)
		code = round_of(m, r);
	return code;
}

const struct mr__protocol mr__measure_noise = {
	.about = {"noise", "sequences of single readings at levels",
	          "reads, waits; pulses up and down, or programming", settings,
	          sizeof settings / sizeof *settings},
	.run = run,
};
