/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The load line of model pcm: voltage pulses as currents. */
#include <math.h>

#include "memrig/memrig.h"
#include "memrig/model.h"

#include "test.h"

struct cell {
	float g_S;
	float memory;
	float nu;
	int64_t t_p_ns;
};

static struct cell after(const struct mr_model *m, const double *p,
                         struct cell cell, struct mr_stimulus s, float z)
{
	struct mr_columns c = {.g_S = &cell.g_S,
	                       .memory = &cell.memory,
	                       .nu = &cell.nu,
	                       .t_p_ns = &cell.t_p_ns};

	(void)m->pulse(p, &s, &c, 0, &z, 2385);
	return cell;
}

/* V = v_hold + I r_load, by hand: 90 uA through 2385 ohm above 0.41 V is
 * 0.62465 V; 440 uA is 1.4594 V. */
static void loadline_turns_volts_into_amperes(void)
{
	const struct mr_model *m = mr_model_find("pcm", NULL);
	struct cell cell = {.g_S = 2.385e-6f, .memory = 0.61f};
	static const double pairs[][3] = {
		{0.62465, 90e-6, 50e-9}, {0.5769500, 70e-6, 35e-9},
		{0.67235, 110e-6, 100e-9}, {1.4594, 440e-6, 1e-6},
	};
	double p[MR_PARAMS_MAX];

	mr_model_defaults(m, p);
	MR_CODE(mr_model_set(m, "r_load_ohm", 2385, p, NULL), MR_OK);
	MR_CODE(mr_model_set(m, "v_hold_V", 0.41, p, NULL), MR_OK);
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		struct mr_stimulus volts = {MR_UNIT_VOLT,
		                            (double)(float)pairs[i][0],
		                            pairs[i][2]};
		struct mr_stimulus amps = {MR_UNIT_AMPERE, pairs[i][1],
		                           pairs[i][2]};
		struct cell a = after(m, p, cell, volts, 0.7f);
		struct cell b = after(m, p, cell, amps, 0.7f);

		MR_CODE(m->accepts(p, &volts, NULL), MR_OK);
		/* float volts: 3e-8 V over 2385 ohm beside 45 uA and more */
		MR_NEAR((double)a.g_S, (double)b.g_S, 1e-6 * 12e-6);
		MR_NEAR((double)a.memory, (double)b.memory, 1e-6);
		CU_ASSERT_EQUAL(a.t_p_ns, 2385);
	}
}

/* Below the load line nothing flows; a CurveTracer's steps of ms and below are
 * such pulses. Partial RESET stays unknown, and so do volts without a line. */
static void loadline_knows_its_bounds(void)
{
	const struct mr_model *m = mr_model_find("pcm", NULL);
	struct cell cell = {.g_S = 2.385e-6f, .memory = 0.61f, .t_p_ns = 7};
	static const struct mr_stimulus idle[] = {
		{MR_UNIT_VOLT, 0.4, 1e-3},
		{MR_UNIT_VOLT, -5, 1e-3},
		{MR_UNIT_VOLT, 0.469625, 50e-9}, /* i_on */
	};
	static const struct mr_stimulus unknown[] = {
		{MR_UNIT_VOLT, 0.62465, 1e-3}, {MR_UNIT_VOLT, 1.0, 50e-9},
		{MR_UNIT_VOLT, 1.4594, 2e-6},
	};
	struct mr_errtext err;
	double p[MR_PARAMS_MAX];

	mr_model_defaults(m, p);
	MR_CODE(m->accepts(p, &idle[0], &err), MR_ERR_UNSUPPORTED);
	MR_HAS(err.text, "r_load_ohm");
	MR_CODE(mr_model_set(m, "r_load_ohm", 2385, p, NULL), MR_OK);
	MR_CODE(mr_model_set(m, "v_hold_V", 0.41, p, NULL), MR_OK);
	for (size_t i = 0; i < sizeof idle / sizeof idle[0]; i++) {
		struct cell got = after(m, p, cell, idle[i], 1);

		MR_CODE(m->accepts(p, &idle[i], NULL), MR_OK);
		CU_ASSERT_EQUAL(got.g_S, cell.g_S);
		CU_ASSERT_EQUAL(got.t_p_ns, 7);
	}
	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
		MR_CODE(m->accepts(p, &unknown[i], &err), MR_ERR_UNSUPPORTED);
}

/* What is described in volts can be pulsed, at the array's handle too. */
static void loadline_is_described(void)
{
	struct mr_array *array = NULL;

	MR_CODE(mr_array_open("emu:pcm?rows=3&cols=2&seed=3&r_load_ohm=2385&"
	                      "v_hold_V=0.41",
	                      NULL, &array, NULL),
	        MR_OK);
	const struct mr_description *d = mr_array_describe(array);
	const struct mr_waveform *set = mr_description_waveform(d, "set");
	const struct mr_waveform *reset = mr_description_waveform(d, "reset");
	struct mr_op op = {0};

	CU_ASSERT_EQUAL(set->unit, MR_UNIT_VOLT);
	CU_ASSERT_EQUAL(reset->unit, MR_UNIT_VOLT);
	MR_NEAR(set->amplitude, 0.62465, 1e-12);
	MR_NEAR(set->amplitude_min, 0.469625, 1e-12);
	MR_NEAR(set->amplitude_max, 0.67235, 1e-12);
	MR_NEAR(reset->amplitude, 1.4594, 1e-12);
	MR_NEAR(reset->amplitude_max, 0, 0);
	MR_NEAR(d->limits.v_pulse_max_V, 0.41 + 1.01 * 440e-6 * 2385, 1e-12);
	MR_NEAR(d->limits.i_pulse_max_A, 1.01 * 440e-6, 1e-12);
	MR_CODE(mr_array_pulse(array, NULL, "set", 3), MR_OK);
	mr_pulse_from(&op, set);
	op.pulse.amplitude = (double)(float)set->amplitude_max;
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
	op.pulse.unit = MR_UNIT_AMPERE;
	op.pulse.amplitude = 90e-6;
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
	MR_CODE(mr_array_pulse(array, NULL, "reset", 1), MR_OK);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

const struct mr_test mr_tests[] = {
	{"loadline_turns_volts_into_amperes",
         loadline_turns_volts_into_amperes},
	{"loadline_knows_its_bounds", loadline_knows_its_bounds},
	{"loadline_is_described", loadline_is_described},
	{0},
};
