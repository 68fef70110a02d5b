/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* endurance: a few cells, up and down again and again, read at both ends at
 * numbers of cycles that grow by a factor. It ends early when no cell answers,
 * and never gives a cell more pulses than the cap. */
#include "measuring.h"

#include <math.h>
#include <stdlib.h>

#define DEAD_SHARE 0.02 /* of the range: a smaller window is none */

static const struct mr_measure_setting settings[] = {
	{"cells", "", MR_SETTING_WHOLE, 1, 65536, 4,
	 "how many of the chosen cells, from the first on"},
	{"cycles", "", MR_SETTING_WHOLE, 1, 1e9, 1000, "down and up"},
	{"up", "", MR_SETTING_WHOLE, 1, 10000, 10, "steps up in a cycle"},
	{"per_decade", "", MR_SETTING_WHOLE, 1, 100, 4,
	 "looks per factor of ten cycles"},
	{"cap", "", MR_SETTING_WHOLE, 1, 1e10, 100000,
	 "pulses that no cell gets more of: cycles must fit"},
	{"averages", "", MR_SETTING_WHOLE, 1, 1e6, 64, "readings averaged"},
};

static uint64_t pulses_of_cycle(const struct mr__measuring *m)
{
	const struct mr_waveform *erase = mr__measure_wave(m, MR_EFFECT_ERASE);
	uint32_t up = mr__measure_whole(m, "up");

	/* without an erase, as many steps down as up and one more */
	return erase ? 1 + (uint64_t)up : 2 * (uint64_t)up + 1;
}

static int go_down(struct mr__measuring *m)
{
	const struct mr_waveform *erase = mr__measure_wave(m, MR_EFFECT_ERASE);

	if (erase)
		return mr__measure_pulse(m, erase, 1);
	return mr__measure_pulse(m, mr__measure_wave(m, MR_EFFECT_LOWER),
	                         mr__measure_whole(m, "up") + 1);
}

/* A cycle; with a look at both ends, says whether a cell still answers. */
static int cycle(struct mr__measuring *m, float *low_S, bool *alive)
{
	uint32_t averages = mr__measure_whole(m, "averages");
	double least_S = DEAD_SHARE * (m->desc->g_max_S - m->desc->g_min_S);
	int code = go_down(m);

	if (code == MR_OK && low_S)
		code = mr__measure_read(m, averages);
	for (uint32_t i = 0; i < m->n && low_S; i++)
		low_S[i] = m->g_S[i];
	if (code == MR_OK)
		code = mr__measure_pulse(m, mr__measure_wave(m, MR_EFFECT_RAISE),
		                         mr__measure_whole(m, "up"));
	if (code != MR_OK || !low_S)
		return code;
	code = mr__measure_read(m, averages);
	*alive = false;
	for (uint32_t i = 0; i < m->n; i++)
		*alive = *alive /* what a plan reads is NAN: alive */
		         || !((double)(m->g_S[i] - low_S[i]) < least_S);
	return code;
}

static int cycles(struct mr__measuring *m, float *low_S)
{
	double factor = pow(10, 1 / mr__measure_value(m, "per_decade"));
	uint64_t n = (uint64_t)mr__measure_value(m, "cycles");
	double look = 1;
	bool alive = true;
	int code = MR_OK;

	for (uint64_t k = 1; k <= n && alive && code == MR_OK; k++) {
		bool looks = k == n || (double)k >= look;

		code = cycle(m, looks ? low_S : NULL, &alive);
		while (look <= (double)k)
			look *= factor;
	}
	return code;
}

/* Only so many of the cells. */
static int with_cells(struct mr__measuring *m, uint32_t n)
{
	struct mr_selection all = m->where;
	uint32_t n_all = m->n;
	float *low_S = calloc(n, sizeof *low_S);
	int code;

	if (!low_S)
		return mr_errtext_set(m->err, MR_ERR_NOMEM, "out of memory");
	m->where = (struct mr_selection){
		.kind = MR_SELECT_LIST, .cells = m->cells, .n_cells = n};
	m->n = n;
	code = cycles(m, low_S);
	m->where = all;
	m->n = n_all;
	free(low_S);
	return code;
}

static int run(struct mr__measuring *m)
{
	uint32_t n = mr__measure_whole(m, "cells");
	double cycles_n = mr__measure_value(m, "cycles");
	double cap = mr__measure_value(m, "cap");

	if (!mr__measure_wave(m, MR_EFFECT_RAISE) || !mr__measure_clears(m)
	    || !(m->abilities & MR_ABILITY(MR_OP_READ)))
		return mr__measure_skip(m, "the array has no pulses that lead "
		                           "up and down");
	if (cycles_n * (double)pulses_of_cycle(m) > cap)
		return mr_errtext_set(
			m->err, MR_ERR_USAGE,
			"endurance: %.9g cycles of %llu pulses are more than the "
			"cap of %.9g on a cell: say cycles=%.0f, or raise "
			"endurance.cap", cycles_n,
			(unsigned long long)pulses_of_cycle(m), cap,
			floor(cap / (double)pulses_of_cycle(m)));
	return with_cells(m, n < m->n ? n : m->n);
}

const struct mr__protocol mr__measure_endurance = {
	.about = {"endurance", "a few cells, up and down many times",
	          "reads; pulses that lead up and down", settings,
	          sizeof settings / sizeof *settings},
	.run = run,
};
