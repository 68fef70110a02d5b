/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* drift: cells at levels all over the range, read at times that grow by a
 * factor. In each round every cell has the next level. */
#include "measuring.h"

static const struct mr_measure_setting settings[] = {
	{"rounds", "", MR_SETTING_WHOLE, 1, 1000, 2, "times programmed"},
	{"levels", "", MR_SETTING_WHOLE, 1, 64, 8, "groups of cells"},
	{"first", "s", MR_SETTING_NUMBER, 1e-6, 1e8, 1, "first reading"},
	{"last", "s", MR_SETTING_NUMBER, 1e-6, 1e9, 1e3, "last reading"},
	{"per_decade", "", MR_SETTING_WHOLE, 1, 100, 4,
	 "readings per factor of ten"},
	{"averages", "", MR_SETTING_WHOLE, 1, 1e6, 64, "readings averaged"},
};

static int run(struct mr__measuring *m)
{
	double first_s = mr__measure_value(m, "first");
	double last_s = mr__measure_value(m, "last");
	int code = mr__measure_can_level(m);

	if (code == MR_OK && !(last_s >= first_s))
		return mr_errtext_set(m->err, MR_ERR_USAGE,
		                      "drift.last=%g is before drift.first=%g: "
		                      "say for example first=1 last=1000",
		                      last_s, first_s);
	for (uint32_t r = 0; r < mr__measure_whole(m, "rounds")
	                     && code == MR_OK; r++) {
		code = mr__measure_levels(m, r, mr__measure_whole(m, "levels"));
		if (code == MR_OK)
			code = mr__measure_log_times(
				m, m->t_ns, first_s, last_s,
				mr__measure_whole(m, "per_decade"),
				mr__measure_whole(m, "averages"));
	}
	return code;
}

const struct mr__protocol mr__measure_drift = {
	.about = {"drift", "readings over time after programming to levels",
	          "reads, waits; pulses up and down, or programming", settings,
	          sizeof settings / sizeof *settings},
	.run = run,
};
