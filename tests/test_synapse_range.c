/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The range of the meter behind sums: fitted to data, what is beyond it counted,
 * and the level of drift compensation measured in spite of it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memrig/memrig.h"

#include "session.h"
#include "test.h"

#define N_IN 7
#define N_OUT 4
#define BATCH 5
#define TRIES 200
#define EXACT "emu:ideal?dg_S=1e-6&rows=7&cols=8" /* ten steps a weight */
/* a full cell carries 2e-6 A: fine enough for verified setting */
#define COARSE EXACT "&adc_bits=8&adc_range_A=2.1e-6"
#define AGING "emu:pcm-target?rows=7&cols=8&seed=5&noise=none"

static struct mr_synapse *lay_measured(struct mr_array *array, uint32_t reads)
{
	const struct mr_synapse_options o = {
		.n_in = N_IN, .n_out = N_OUT, .coding = MR_CODING_PAIR,
		.level_reads = reads};
	struct mr_synapse *syn = NULL;
	float w[N_IN * N_OUT];

	MR_CODE(mr_synapse_alloc(array, &o, &syn), MR_OK);
	CU_ASSERT_FATAL(syn != NULL);
	for (int k = 0; k < N_IN * N_OUT; k++)
		w[k] = (float)(k % 9 - 4) / 10;
	MR_CODE(mr_synapse_set(syn, w, 0.04, 40, NULL), MR_OK);
	return syn;
}

static struct mr_synapse *lay(struct mr_array *array)
{
	return lay_measured(array, 0);
}

static void drop(struct mr_array *array, struct mr_synapse *syn)
{
	mr_synapse_free(syn);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void some_inputs(float *x, float full)
{
	for (int k = 0; k < BATCH * N_IN; k++)
		x[k] = full * (float)(k % 11 - 5) / 5;
}

static void set_range(struct mr_array *array, const char *value)
{
	struct mr_op op = {.kind = MR_OP_CONFIGURE,
	                   .configure = {.name = "read_range",
	                                 .value = value}};

	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
}

static double range_of(const struct mr_array *array)
{
	return strtod(mr_array_describe(array)->conditions[1].value, NULL);
}

/* Of a line: cells of a pair carry max(w, 0) and max(-w, 0) of g_unit_S. */
static double greatest_A(const struct mr_array *array, const float *x)
{
	const struct mr_description *d = mr_array_describe(array);
	double v_V = d->waveforms[0].amplitude, most_A = 0;

	CU_ASSERT_STRING_EQUAL(d->waveforms[0].name, "read");
	for (int line = 0; line < BATCH * N_OUT * 2; line++) {
		int b = line / (N_OUT * 2), c = line % (N_OUT * 2);
		double i_A = 0;

		for (int i = 0; i < N_IN; i++) {
			double w = ((i * N_OUT + c / 2) % 9 - 4) / 10.0;

			i_A += (double)x[b * N_IN + i] * v_V * d->g_unit_S *
			       fmax(c % 2 ? -w : w, 0);
		}
		most_A = fmax(most_A, fabs(i_A));
	}
	return most_A;
}

/* ---- fitted ----------------------------------------------------------------------- */

/* The first range may be far too wide or far too narrow. */
static void range_becomes_the_greatest_current(void)
{
	static const char *const first[] = {"2e-6", "1e-15", "1e-9", "1",
	                                    "1e3"};

	for (size_t k = 0; k < sizeof first / sizeof *first; k++) {
		float x[BATCH * N_IN], y[BATCH * N_OUT];
		double range_A = 0;

		struct mr_array *array = mr_session_open(COARSE);
		struct mr_synapse *syn = lay(array);

		set_range(array, first[k]);
		some_inputs(x, 1);
		MR_CODE(mr_synapse_fit_range(syn, x, BATCH, &range_A), MR_OK);
		/* 1 % more, and half a step of 127 at half of the range */
		MR_NEAR(range_A / (1.01 * greatest_A(array, x)), 1, 0.008);
		MR_NEAR(range_of(array) / range_A, 1, 1e-6);
		CU_ASSERT_EQUAL(mr_synapse_counts(syn)->sums, 0);
		MR_CODE(mr_synapse_forward_batch(syn, x, BATCH, y), MR_OK);
		CU_ASSERT_EQUAL(mr_synapse_counts(syn)->sums, BATCH * N_OUT * 2);
		CU_ASSERT_EQUAL(mr_synapse_counts(syn)->clipped, 0);
		drop(array, syn);
	}
}

static void range_gives_sums_to_its_resolution(void)
{
	struct mr_array *coarse = mr_session_open(COARSE);
	struct mr_array *exact = mr_session_open(EXACT);
	struct mr_synapse *a = lay(coarse), *b = lay(exact);
	float x[BATCH * N_IN], got[BATCH * N_OUT], right[BATCH * N_OUT];
	const struct mr_description *d = mr_array_describe(coarse);
	double range_A = 0, step;

	some_inputs(x, 1);
	MR_CODE(mr_synapse_fit_range(a, x, BATCH, &range_A), MR_OK);
	MR_CODE(mr_synapse_forward_batch(a, x, BATCH, got), MR_OK);
	MR_CODE(mr_synapse_forward_batch(b, x, BATCH, right), MR_OK);
	/* half a step of each of two lines */
	step = range_A / 127 / d->g_unit_S / d->waveforms[0].amplitude;
	for (int k = 0; k < BATCH * N_OUT; k++)
		MR_NEAR(got[k], right[k], step * 1.001);
	drop(coarse, a);
	drop(exact, b);
}

static void no_limit_stays_none(void)
{
	struct mr_array *array = mr_session_open(EXACT);
	struct mr_synapse *syn = lay(array);
	float x[BATCH * N_IN];
	double range_A = 7;

	some_inputs(x, 1);
	MR_CODE(mr_synapse_fit_range(syn, x, BATCH, &range_A), MR_OK);
	CU_ASSERT_EQUAL(range_A, 0);
	CU_ASSERT_EQUAL(range_of(array), 0);
	MR_CODE(mr_synapse_fit_range(syn, x, BATCH, NULL), MR_OK);
	drop(array, syn);
}

/* ---- beyond ----------------------------------------------------------------------- */

static void sums_beyond_are_counted(void)
{
	struct mr_array *array = mr_session_open(COARSE);
	struct mr_synapse *syn = lay(array);
	float x[BATCH * N_IN], y[BATCH * N_OUT];
	const struct mr_synapse_counts *counts = mr_synapse_counts(syn);
	uint64_t of_batch;

	some_inputs(x, 0.1f);
	MR_CODE(mr_synapse_fit_range(syn, x, BATCH, NULL), MR_OK);
	some_inputs(x, 1);
	MR_CODE(mr_synapse_forward_batch(syn, x, BATCH, y), MR_OK);
	of_batch = counts->clipped;
	CU_ASSERT(of_batch > 0 && of_batch < counts->sums);
	for (int b = 0; b < BATCH; b++)
		MR_CODE(mr_synapse_forward(syn, NULL, &x[b * N_IN], N_IN, 0, y),
		        MR_OK);
	CU_ASSERT_EQUAL(counts->clipped, 2 * of_batch);
	CU_ASSERT_EQUAL(counts->sums, 2 * BATCH * N_OUT * 2);
	drop(array, syn);
}

/* ---- the level -------------------------------------------------------------------- */

/* What is left of the level after a day, by the meter of `uri`. */
static double left_after_a_day(const char *uri, bool fitted)
{
	struct mr_array *array = mr_session_open(uri);
	struct mr_synapse *syn = lay(array);
	struct mr_op wait = {.kind = MR_OP_WAIT, .wait = {.duration_s = 86400}};
	float x[BATCH * N_IN];
	double left, range_A;

	some_inputs(x, 0.1f);
	if (fitted)
		MR_CODE(mr_synapse_fit_range(syn, x, BATCH, NULL), MR_OK);
	range_A = range_of(array);
	MR_CODE(mr_synapse_calibrate(syn), MR_OK);
	MR_CODE(mr_array_submit(array, &wait, 1, NULL, NULL), MR_OK);
	MR_CODE(mr_synapse_compensate(syn, false), MR_OK);
	left = mr_synapse_scale(syn, 0);
	CU_ASSERT_EQUAL(range_of(array), range_A);
	CU_ASSERT_EQUAL(mr_synapse_counts(syn)->clipped, 0);
	drop(array, syn);
	return left;
}

/* The same cells: only the meter differs, by a step of 127 or so of each of the
 * eight lines. A range for sums of a tenth would clip all of them. */
static void level_is_measured_beyond_the_range(void)
{
	double exact = left_after_a_day(AGING, false);

	CU_ASSERT(exact > 0.4 && exact < 0.8); /* .67 for mid-range cells */
	MR_NEAR(left_after_a_day(AGING "&adc_bits=8", true), exact, 0.02);
}

/* Scatter of the factors when nothing has drifted but by the measurements' own
 * noise. */
static double scatter_of_factors(uint32_t reads)
{
	struct mr_array *array = mr_session_open(
		"emu:pcm-target?rows=7&cols=8&seed=5&noise=white&drift_scale=0");
	struct mr_synapse *syn = lay_measured(array, reads);
	double squares = 0;

	for (int k = 0; k < TRIES; k++) {
		MR_CODE(mr_synapse_calibrate(syn), MR_OK);
		MR_CODE(mr_synapse_compensate(syn, true), MR_OK);
		for (uint32_t j = 0; j < N_OUT; j++)
			squares += pow(mr_synapse_scale(syn, j) - 1, 2);
	}
	drop(array, syn);
	return sqrt(squares / (TRIES * N_OUT));
}

/* 800 factors each: their scatter is known within 2.5 %, the ratio of two within
 * 3.5 %; bounds are four of that. White noise grows slowly with the age of the
 * cells, alike for both. */
static void levels_are_means_of_measurements(void)
{
	double once = scatter_of_factors(1), often = scatter_of_factors(16);

	CU_ASSERT(once > 1e-3 && once < 0.1);
	MR_NEAR(once / often, 4, 4 * 0.14);
}

/* ---- failures --------------------------------------------------------------------- */

static void range_of_nothing_is_refused(void)
{
	struct mr_array *array = mr_session_open(COARSE);
	struct mr_synapse *syn = lay(array);
	float x[BATCH * N_IN] = {0};

	MR_CODE(mr_synapse_fit_range(syn, x, 0, NULL), MR_ERR_USAGE);
	MR_CODE(mr_synapse_fit_range(syn, x, BATCH, NULL), MR_ERR_RANGE);
	MR_HAS(mr_array_errmsg(array), "no read_range");
	x[3] = 2;
	MR_CODE(mr_synapse_fit_range(syn, x, BATCH, NULL), MR_ERR_RANGE);
	MR_HAS(mr_array_errmsg(array), "input 3 of vector 0");
	drop(array, syn);
}

/* The k-th operation fails, for k = 1, 2, ... until nothing does. */
static void failures_of_operations_are_told(void)
{
	int code = MR_ERR_IO, k;

	for (k = 1; code != MR_OK && k < 10000; k++) {
		char uri[160];
		float x[BATCH * N_IN];
		struct mr_synapse *syn = NULL;
		const struct mr_synapse_options o = {
			.n_in = N_IN, .n_out = N_OUT, .coding = MR_CODING_PAIR};

		(void)snprintf(uri, sizeof uri, AGING "&adc_bits=8&fault.at=%d",
		               k);
		struct mr_array *array = mr_session_open(uri);

		some_inputs(x, 0.1f);
		MR_CODE(mr_synapse_alloc(array, &o, &syn), MR_OK);
		float w[N_IN * N_OUT];
		for (int i = 0; i < N_IN * N_OUT; i++)
			w[i] = 0.4f;
		code = mr_synapse_set(syn, w, 0.04, 40, NULL);
		if (code == MR_OK)
			code = mr_synapse_fit_range(syn, x, BATCH, NULL);
		if (code == MR_OK)
			code = mr_synapse_calibrate(syn);
		if (code != MR_OK)
			MR_HAS(mr_array_errmsg(array), "fault");
		drop(array, syn);
	}
	CU_ASSERT(k > 6 && k < 10000);
}

const struct mr_test mr_tests[] = {
	{"range_becomes_the_greatest_current",
	 range_becomes_the_greatest_current},
	{"range_gives_sums_to_its_resolution",
	 range_gives_sums_to_its_resolution},
	{"no_limit_stays_none", no_limit_stays_none},
	{"sums_beyond_are_counted", sums_beyond_are_counted},
	{"level_is_measured_beyond_the_range",
	 level_is_measured_beyond_the_range},
	{"levels_are_means_of_measurements",
	 levels_are_means_of_measurements},
	{"range_of_nothing_is_refused", range_of_nothing_is_refused},
	{"failures_of_operations_are_told", failures_of_operations_are_told},
	{0},
};
