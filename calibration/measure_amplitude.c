/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* amplitude: the programming curve. From the bottom, a few steps with pulses of
 * each amplitude and width of a grid; what the array refuses is left out. */
#include "measuring.h"

#include <math.h>

static const struct mr_measure_setting settings[] = {
	{"least", "", MR_SETTING_NUMBER, -1e3, 1e3, NAN,
	 "least amplitude in the waveform's unit; default: where it begins to "
	 "act"},
	{"most", "", MR_SETTING_NUMBER, -1e3, 1e3, NAN,
	 "greatest; default: where it ends to act alike"},
	{"amplitudes", "", MR_SETTING_WHOLE, 2, 1000, 6, "from least to most"},
	{"widths", "", MR_SETTING_WHOLE, 1, 100, 3,
	 "around the waveform's own, by a factor each"},
	{"factor", "", MR_SETTING_NUMBER, 1.001, 1000, 1.6,
	 "from width to width"},
	{"pulses", "", MR_SETTING_WHOLE, 1, 10000, 5, "steps at each point"},
	{"averages", "", MR_SETTING_WHOLE, 1, 1e6, 64, "readings averaged"},
};

static bool is_refusal(int code)
{
	return code == MR_ERR_RANGE || code == MR_ERR_REFUSED
	       || code == MR_ERR_UNSUPPORTED;
}

static int point(struct mr__measuring *m, const struct mr_waveform *wave)
{
	uint32_t averages = mr__measure_whole(m, "averages");
	int code = mr__measure_clear(m);

	if (code == MR_OK)
		code = mr__measure_read(m, averages);
	for (uint32_t k = 0; k < mr__measure_whole(m, "pulses")
	                     && code == MR_OK; k++) {
		code = mr__measure_pulse(m, wave, 1);
		if (code == MR_OK)
			code = mr__measure_read(m, averages);
	}
	return code;
}

static int grid(struct mr__measuring *m, const struct mr_waveform *up,
                double least, double most)
{
	uint32_t n = mr__measure_whole(m, "amplitudes");
	uint32_t n_widths = mr__measure_whole(m, "widths");
	int refused = MR_OK;
	bool any = false;

	for (uint32_t k = 0; k < n * n_widths; k++) {
		struct mr_waveform wave = *up;
		uint32_t row = k / n;
		double power = (double)row - 0.5 * (n_widths - 1);
		int code;

		wave.amplitude = least + (most - least) * (k % n) / (n - 1);
		wave.width_s *= pow(mr__measure_value(m, "factor"), power);
		code = point(m, &wave);
		if (code != MR_OK && !is_refusal(code))
			return code;
		any = any || code == MR_OK;
		refused = code != MR_OK ? code : refused;
	}
	return any ? MR_OK : refused;
}

static int run(struct mr__measuring *m)
{
	const struct mr_waveform *up = mr__measure_wave(m, MR_EFFECT_RAISE);
	double least, most;

	if (!up || !mr__measure_clears(m))
		return mr__measure_skip(m, "the array has no pulses that lead "
		                           "up and down");
	least = mr__measure_value_or(m, "least", up->amplitude_min);
	most = mr__measure_value_or(m, "most", up->amplitude_max);
	if (least == most)
		return mr__measure_skip(
			m, "waveform %s has one amplitude, %g %s: give the range "
			"with amplitude.least and amplitude.most", up->name,
			up->amplitude, up->unit == MR_UNIT_VOLT ? "V" : "A");
	return grid(m, up, least, most);
}

const struct mr__protocol mr__measure_amplitude = {
	.about = {"amplitude", "steps over amplitude and width of the pulse",
	          "reads; pulses up, of a range of amplitudes, and down", settings,
	          sizeof settings / sizeof *settings},
	.run = run,
};
