/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The simple step model, against its equations solved by hand. */
#include <math.h>
#include <stdlib.h>

#include "memrig/emulator.h"
#include "memrig/memrig.h"

#include "test.h"

#define N 120000 /* standard error of a deviation: .2 % */
#define SHAPE "rows=300&cols=400&"

struct moments {
	double mean;
	double sd;
};

static struct mr_array *open_array(const char *uri)
{
	struct mr_errtext err = {""};
	struct mr_array *array = NULL;

	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), MR_OK, err);
	CU_ASSERT_FATAL(array != NULL);
	return array;
}

static struct moments moments(const float *g_S, uint32_t n)
{
	double sum = 0, square = 0;

	for (uint32_t i = 0; i < n; i++) {
		double g = 1e6 * (double)g_S[i];

		sum += g;
		square += g * g;
	}
	return (struct moments){sum / n,
	                        sqrt(square / n - sum / n * (sum / n))};
}

static struct moments truth(struct mr_array *array)
{
	struct mr_truth t;

	MR_CODE(mr_emulator_truth(array, &t), MR_OK);
	return moments(t.g_S, t.n_cells);
}

/* Of max(0, N(m, s)). */
static struct moments rectified(double m, double s)
{
	double below = 0.5 * erfc(m / s / sqrt(2));
	double density = exp(-0.5 * m * m / s / s) / sqrt(2 * acos(-1));
	double mean = m * (1 - below) + s * density;
	double square = (m * m + s * s) * (1 - below) + m * s * density;

	return (struct moments){mean, sqrt(square - mean * mean)};
}

/* Far from its clamps G is linear in the draws: the mean goes to 10 uS by a
 * factor .9 a pulse, the variance by .81, each pulse adding .7^2 uS^2. */
static void step_mean_and_spread_follow_the_recursion(void)
{
	struct mr_array *array = open_array(
		"emu:pcm-step?" SHAPE "seed=5&g_reset_S=4e-6&g_max_S=30e-6");
	double mean = 4, var = 0.05 * 0.05;

	for (int n = 1; n <= 12; n++) {
		MR_CODE(mr_array_pulse(array, NULL, "set", 1), MR_OK);
		mean += 1 - mean / 10;
		var = 0.81 * var + 0.49;
		struct moments m = truth(array);

		MR_NEAR(m.mean, mean, 5 * sqrt(var / N));
		MR_NEAR(m.sd, sqrt(var), 0.012 * sqrt(var)); /* 6 SE */
	}
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* RESET .1 +- .05 uS, and the first SET after it, both cut off at 0: the SET
 * begins at .9 of what RESET left and adds N(1, .7). */
static void step_from_the_bottom_is_cut_at_zero(void)
{
	struct mr_array *array = open_array("emu:pcm-step?" SHAPE "seed=6");
	struct moments bottom = rectified(0.1, 0.05);
	struct moments first = rectified(
		0.9 * bottom.mean + 1,
		sqrt(0.49 + 0.81 * bottom.sd * bottom.sd));

	MR_CODE(mr_array_pulse(array, NULL, "set", 3), MR_OK);
	MR_CODE(mr_array_pulse(array, NULL, "reset", 1), MR_OK);
	struct moments m = truth(array);

	MR_NEAR(m.mean, bottom.mean, 5 * bottom.sd / sqrt(N));
	MR_NEAR(m.sd, bottom.sd, 0.012 * bottom.sd);
	MR_CODE(mr_array_pulse(array, NULL, "set", 1), MR_OK);
	m = truth(array);
	MR_NEAR(m.mean, first.mean, 5 * first.sd / sqrt(N));
	MR_NEAR(m.sd, first.sd, 0.012 * first.sd);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* 12 uS are never passed; a cell that comes there says so. */
static void step_at_the_top_is_cut_and_reported(void)
{
	struct mr_array *array = open_array("emu:pcm-step?rows=9&cols=31&"
	                                    "step_S=8e-6&seed=4");
	const struct mr_waveform *set =
		mr_description_waveform(mr_array_describe(array), "set");
	uint8_t status[9 * 31];
	struct mr_truth t;
	struct mr_op op;
	uint32_t at_top = 0;

	mr_pulse_from(&op, set);
	op.where = (struct mr_selection){.kind = MR_SELECT_ALL};
	op.pulse.status = status;
	for (int k = 0; k < 3; k++)
		MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
	MR_CODE(mr_emulator_truth(array, &t), MR_OK);
	for (uint32_t i = 0; i < t.n_cells; i++) {
		bool top = t.g_S[i] == 12e-6f;

		CU_ASSERT(t.g_S[i] <= 12e-6f);
		CU_ASSERT_EQUAL(status[i], top ? MR_STATUS_SATURATED : 0);
		at_top += top;
	}
	CU_ASSERT(at_top > 0 && at_top < t.n_cells);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* Reads are off by 5 %, and a year changes nothing. */
static void step_read_noise_is_relative_without_drift(void)
{
	struct mr_array *array =
		open_array("emu:pcm-step?" SHAPE "seed=7&sd_S=0&sd_reset_S=0");
	float *g_S = calloc(N, sizeof *g_S);

	CU_ASSERT_FATAL(g_S != NULL);
	MR_CODE(mr_array_pulse(array, NULL, "set", 7), MR_OK);
	MR_CODE(mr_array_wait(array, 3.15e7), MR_OK);
	MR_CODE(mr_array_read(array, NULL, g_S), MR_OK);
	struct moments m = moments(g_S, N);
	double g = 10 - 9.9 * pow(0.9, 7);

	MR_NEAR(m.mean, g, 5 * 0.05 * g / sqrt(N));
	MR_NEAR(m.sd, 0.05 * g, 0.012 * 0.05 * g);
	free(g_S);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void step_other_pulses_are_refused(void)
{
	struct mr_array *array = open_array("emu:pcm-step?rows=2&cols=2");
	struct mr_op op;

	mr_pulse_from(&op, mr_description_waveform(mr_array_describe(array),
	                                           "set"));
	op.where = (struct mr_selection){.kind = MR_SELECT_ALL};
	op.pulse.amplitude = 60e-6;
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL),
	        MR_ERR_UNSUPPORTED);
	MR_HAS(mr_array_errmsg(array), "model pcm-step covers only SET");
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

const struct mr_test mr_tests[] = {
	{"step_mean_and_spread_follow_the_recursion",
	 step_mean_and_spread_follow_the_recursion},
	{"step_from_the_bottom_is_cut_at_zero",
	 step_from_the_bottom_is_cut_at_zero},
	{"step_at_the_top_is_cut_and_reported",
	 step_at_the_top_is_cut_and_reported},
	{"step_read_noise_is_relative_without_drift",
	 step_read_noise_is_relative_without_drift},
	{"step_other_pulses_are_refused", step_other_pulses_are_refused},
	{0},
};
