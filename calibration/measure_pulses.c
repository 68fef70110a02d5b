/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* pulses: conductance after 1, 2, .. pulses from the bottom, again and again,
 * and once so far that cells saturate; and the way down where steps lead there.
 * Every step is read right after its pulse, before it drifts. */
#include "measuring.h"

static const struct mr_measure_setting settings[] = {
	{"cycles", "", MR_SETTING_WHOLE, 1, 100000, 4, "times from the bottom"},
	{"pulses", "", MR_SETTING_WHOLE, 1, 100000, 20, "steps in a cycle"},
	{"long", "", MR_SETTING_WHOLE, 0, 1000000, 60,
	 "steps in a last cycle, to saturation; 0 = none"},
	{"averages", "", MR_SETTING_WHOLE, 1, 1e6, 64, "readings averaged"},
};

static int staircase(struct mr__measuring *m, const struct mr_waveform *wave,
                     uint32_t n)
{
	uint32_t averages = mr__measure_whole(m, "averages");
	int code = MR_OK;

	for (uint32_t k = 0; k < n && code == MR_OK; k++) {
		code = mr__measure_pulse(m, wave, 1);
		if (code == MR_OK)
			code = mr__measure_read(m, averages);
	}
	return code;
}

static int cycle(struct mr__measuring *m, uint32_t n)
{
	const struct mr_waveform *down = mr__measure_wave(m, MR_EFFECT_LOWER);
	int code = mr__measure_clear(m);

	if (code == MR_OK)
		code = mr__measure_read(m, mr__measure_whole(m, "averages"));
	if (code == MR_OK)
		code = staircase(m, mr__measure_wave(m, MR_EFFECT_RAISE), n);
	if (code == MR_OK && down)
		code = staircase(m, down, n);
	return code;
}

static int run(struct mr__measuring *m)
{
	int code = MR_OK;

	if (!mr__measure_wave(m, MR_EFFECT_RAISE) || !mr__measure_clears(m)
	    || !(m->abilities & MR_ABILITY(MR_OP_READ)))
		return mr__measure_skip(m, "the array has no pulses that lead "
		                           "up and down");
	for (uint32_t c = 0; c < mr__measure_whole(m, "cycles")
	                     && code == MR_OK; c++)
		code = cycle(m, mr__measure_whole(m, "pulses"));
	if (code == MR_OK && mr__measure_whole(m, "long") > 0)
		code = cycle(m, mr__measure_whole(m, "long"));
	return code;
}

const struct mr__protocol mr__measure_pulses = {
	.about = {"pulses", "conductance after 1, 2, .. pulses from the bottom",
	          "reads; pulses that lead up and down", settings,
	          sizeof settings / sizeof *settings},
	.run = run,
};
