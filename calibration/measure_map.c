/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* map: what every cell is as it was found, at the bottom and at the top. */
#include "measuring.h"

static const struct mr_measure_setting settings[] = {
	{"reads", "", MR_SETTING_WHOLE, 1, 100000, 8,
	 "readings of every cell in each of its states"},
	{"averages", "", MR_SETTING_WHOLE, 1, 1e6, 16, "averaged in each"},
	{"pulses", "", MR_SETTING_WHOLE, 0, 10000, 20,
	 "steps up to the top; 0 = read only, change nothing"},
};

static int read_all(struct mr__measuring *m)
{
	uint32_t reads = mr__measure_whole(m, "reads");
	int code = MR_OK;

	for (uint32_t k = 0; k < reads && code == MR_OK; k++)
		code = mr__measure_read(m, mr__measure_whole(m, "averages"));
	return code;
}

static int switch_by_pulses(struct mr__measuring *m,
                            const struct mr_waveform *up)
{
	int code = mr__measure_clear(m);

	if (code == MR_OK)
		code = read_all(m);
	if (code == MR_OK)
		code = mr__measure_pulse(m, up, mr__measure_whole(m, "pulses"));
	if (code == MR_OK)
		code = read_all(m);
	if (code == MR_OK)
		code = mr__measure_clear(m);
	return code == MR_OK ? read_all(m) : code;
}

static int program_to(struct mr__measuring *m, double target_S)
{
	int code;

	for (uint32_t i = 0; i < m->n; i++)
		m->targets_S[i] = (float)target_S;
	code = mr__measure_targets(m, 0.02 * m->desc->g_unit_S,
	                           mr__measure_whole(m, "pulses"), 8);
	return code == MR_OK ? read_all(m) : code;
}

static int run(struct mr__measuring *m)
{
	const struct mr_waveform *up = mr__measure_wave(m, MR_EFFECT_RAISE);
	int code;

	if (!(m->abilities & MR_ABILITY(MR_OP_READ)))
		return mr__measure_skip(m, "the array cannot read");
	code = read_all(m);
	if (code != MR_OK || mr__measure_whole(m, "pulses") == 0)
		return code;
	if (up && mr__measure_clears(m))
		return switch_by_pulses(m, up);
	if (!(m->abilities & MR_ABILITY(MR_OP_PROGRAM)))
		return MR_OK; /* cells that can only be read */
	code = program_to(m, m->desc->g_min_S);
	return code == MR_OK ? program_to(m, m->desc->g_max_S) : code;
}

const struct mr__protocol mr__measure_map = {
	.about = {"map", "every cell as found, at the bottom and at the top",
	          "reads; pulses or programming for bottom and top", settings,
	          sizeof settings / sizeof *settings},
	.run = run,
};
