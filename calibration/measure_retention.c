/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* retention: cells at levels, read now and after waits of hours or days. */
#include "measuring.h"

#define TIMES_MAX 32

static const struct mr_measure_setting settings[] = {
	{"times", "s", MR_SETTING_TEXT, 0, 0, 0,
	 "ages at which all cells are read, such as 60,3600; none: 0, 600, 3600, "
	 "14400, 28800 s"},
	{"levels", "", MR_SETTING_WHOLE, 1, 64, 8, "groups of cells"},
	{"averages", "", MR_SETTING_WHOLE, 1, 1e6, 64, "readings averaged"},
};

static const double preset_s[] = {0, 600, 3600, 4 * 3600, 8 * 3600};

static int check_times(struct mr__measuring *m, const double *times_s, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (times_s[k] < (k ? times_s[k - 1] : 0) || times_s[k] > 1e9)
			return mr_errtext_set(
				m->err, MR_ERR_USAGE,
				"retention.times: %g s is before the one before it, "
				"or beyond 1e9 s; say for example 60,3600,28800",
				times_s[k]);
	return MR_OK;
}

static int run(struct mr__measuring *m)
{
	double times_s[TIMES_MAX];
	size_t n;
	int64_t t0_ns;
	int code = mr__measure_list(m, "times", times_s, TIMES_MAX, &n);

	if (code == MR_OK)
		code = check_times(m, times_s, n);
	for (; code == MR_OK && n < sizeof preset_s / sizeof *preset_s
	       && !*mr__measure_text(m, "times"); n++)
		times_s[n] = preset_s[n];
	if (code == MR_OK)
		code = mr__measure_can_level(m);
	if (code == MR_OK)
		code = mr__measure_levels(m, 0, mr__measure_whole(m, "levels"));
	t0_ns = m->t_ns;
	for (size_t k = 0; k < n && code == MR_OK; k++) {
		code = mr__measure_until(m, t0_ns
		                            + (int64_t)(times_s[k] * 1e9));
		if (code == MR_OK)
			code = mr__measure_read(m, mr__measure_whole(m,
			                                             "averages"));
	}
	return code;
}

const struct mr__protocol mr__measure_retention = {
	.about = {"retention", "levels read now and hours or days later",
	          "reads, waits; pulses up and down, or programming", settings,
	          sizeof settings / sizeof *settings},
	.run = run,
};
