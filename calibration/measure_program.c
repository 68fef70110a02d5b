/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* program: how near to a target cells come, at levels all over the range. In
 * each repetition every cell has the next target. */
#include "measuring.h"

#include <math.h>

static const struct mr_measure_setting settings[] = {
	{"repetitions", "", MR_SETTING_WHOLE, 1, 10000, 4, "times programmed"},
	{"levels", "", MR_SETTING_WHOLE, 2, 256, 16,
	 "targets, from near g_min to g_max, closer together below"},
	{"tolerance", "S", MR_SETTING_NUMBER, 1e-15, 1e3, NAN,
	 "a verify read this near is a success; default: 2 % of a full cell"},
	{"budget", "", MR_SETTING_WHOLE, 1, 100000, 50, "pulses per cell"},
	{"verify", "", MR_SETTING_WHOLE, 1, 1e6, 8,
	 "readings averaged in each verify read"},
	{"reads", "", MR_SETTING_WHOLE, 1, 10000, 2, "readings after it"},
	{"averages", "", MR_SETTING_WHOLE, 1, 1e6, 64, "averaged in each"},
};

static int repetition(struct mr__measuring *m, uint32_t r)
{
	uint32_t n = mr__measure_whole(m, "levels");
	double tolerance_S = mr__measure_value_or(m, "tolerance",
	                                          0.02 * m->desc->g_unit_S);
	int code;

	for (uint32_t i = 0; i < m->n; i++) {
		double share = (double)((i + r) % n + 1) / n;

		m->targets_S[i] = (float)(m->desc->g_min_S
		                          + (m->desc->g_max_S - m->desc->g_min_S)
		                                    * share * share);
	}
	code = mr__measure_targets(m, tolerance_S,
	                           mr__measure_whole(m, "budget"),
	                           mr__measure_whole(m, "verify"));
	for (uint32_t k = 0; k < mr__measure_whole(m, "reads")
	                     && code == MR_OK; k++)
		code = mr__measure_read(m, mr__measure_whole(m, "averages"));
	return code;
}

static int run(struct mr__measuring *m)
{
	int code = MR_OK;

	if (!(m->abilities & MR_ABILITY(MR_OP_PROGRAM))
	    || !(m->abilities & MR_ABILITY(MR_OP_READ)))
		return mr__measure_skip(m, "the array does not program, and "
		                           "has no pulses up and down that it "
		                           "could be done with");
	for (uint32_t r = 0; r < mr__measure_whole(m, "repetitions")
	                     && code == MR_OK; r++)
		code = repetition(m, r);
	return code;
}

const struct mr__protocol mr__measure_program = {
	.about = {"program", "how near to a target programming comes",
	          "programming, or pulses up and down; reads", settings,
	          sizeof settings / sizeof *settings},
	.run = run,
};
