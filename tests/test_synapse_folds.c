/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* More inputs than rows: folded synapses do what straight ones do. Cells are
 * noiseless with exact steps of 1 uS, so that both agree to rounding. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "memrig/emulator.h"
#include "memrig/memrig.h"

#include "session.h"
#include "test.h"

#define N_IN 10
#define N_OUT 3
#define N_W (N_IN * N_OUT)
#define STRAIGHT "emu:ideal?dg_S=1e-6&rows=10&cols=13"
#define FOLDED "emu:ideal?dg_S=1e-6&rows=4&cols=39" /* 3 folds of 4 rows, 13 columns */

struct twin {
	struct mr_array *array[2]; /* straight, folded */
	struct mr_synapse *syn[2];
};

static struct twin open_twins(const char *folded,
                              struct mr_synapse_options options)
{
	struct twin t = {{mr_session_open(STRAIGHT), mr_session_open(folded)},
	                 {NULL, NULL}};

	options.n_in = N_IN;
	options.n_out = N_OUT;
	for (int k = 0; k < 2; k++)
		MR_CODE(mr_synapse_alloc(t.array[k], &options, &t.syn[k]), MR_OK);
	return t;
}

static void close_twins(struct twin *t)
{
	for (int k = 0; k < 2; k++) {
		mr_synapse_free(t->syn[k]);
		MR_CODE(mr_array_close(t->array[k], NULL), MR_OK);
	}
}

static void fill(float *w, double scale)
{
	for (int k = 0; k < N_W; k++)
		w[k] = (float)(scale * ((k * 7) % 11) / 10);
}

static void expect_same_weights(struct twin *t)
{
	float w[2][N_W];

	for (int k = 0; k < 2; k++)
		MR_CODE(mr_synapse_read(t->syn[k], w[k]), MR_OK);
	for (int k = 0; k < N_W; k++)
		MR_NEAR(w[1][k], w[0][k], 1e-6);
}

static void expect_same_sums(struct twin *t, const uint32_t *in, uint32_t n)
{
	const float x[N_IN] = {1, 0.5f, 0.25f, 1, 0.1f, 0.7f, 1, 0.2f, 0.9f, 0.3f};
	float y[2][N_OUT];

	for (int k = 0; k < 2; k++)
		MR_CODE(mr_synapse_forward(t->syn[k], in, x, n, 0, y[k]), MR_OK);
	for (int j = 0; j < N_OUT; j++)
		MR_NEAR(y[1][j], y[0][j], 1e-5);
}

static void folded_synapses_do_what_straight_ones_do(void)
{
	const enum mr_coding codings[] = {MR_CODING_SINGLE, MR_CODING_PAIR,
	                                  MR_CODING_OFFSET};
	const uint32_t some[] = {9, 0, 4, 5};

	for (int c = 0; c < 3; c++) {
		struct twin t = open_twins(FOLDED, (struct mr_synapse_options){
							   .n_cells = c == 1 ? 2 : 3,
							   .coding = codings[c]});
		float w[N_W], dw[N_W];

		fill(w, 0.9);
		fill(dw, 0.3);
		for (int k = 0; k < 2; k++)
			MR_CODE(mr_synapse_set(t.syn[k], w, 0.01, 60, NULL),
			        MR_OK);
		expect_same_weights(&t);
		expect_same_sums(&t, NULL, N_IN);
		expect_same_sums(&t, some, 4);
		for (int round = 0; round < 3; round++)
			for (int k = 0; k < 2; k++)
				MR_CODE(mr_synapse_update(t.syn[k],
				                          MR_OUTPUTS_ALL, dw,
				                          NULL),
				        MR_OK);
		for (int k = 0; k < 2; k++)
			MR_CODE(mr_synapse_update(t.syn[k], 1, dw, NULL), MR_OK);
		expect_same_weights(&t);
		CU_ASSERT_EQUAL(mr_synapse_counts(t.syn[0])->raised,
		                mr_synapse_counts(t.syn[1])->raised);
		CU_ASSERT(mr_synapse_counts(t.syn[1])->raised > 0);
		close_twins(&t);
	}
}

static void folded_pairs_are_refreshed(void)
{
	struct twin t = open_twins(
		FOLDED, (struct mr_synapse_options){.n_cells = 2,
	                                            .coding = MR_CODING_PAIR});
	float w[N_W];
	int8_t down[N_W];
	uint64_t n[2];

	fill(w, 0.9);
	memset(down, -1, sizeof down);
	for (int k = 0; k < 2; k++) {
		MR_CODE(mr_synapse_set(t.syn[k], w, 0.01, 60, NULL), MR_OK);
		for (int p = 0; p < 4; p++)
			MR_CODE(mr_synapse_pulse(t.syn[k], MR_OUTPUTS_ALL, down),
			        MR_OK);
		MR_CODE(mr_synapse_refresh(t.syn[k], 0.7, 0.05, 60, &n[k]),
		        MR_OK);
	}
	CU_ASSERT(n[0] > 0);
	CU_ASSERT_EQUAL(n[0], n[1]);
	expect_same_weights(&t);
	close_twins(&t);
}

static void folded_drift_is_compensated(void)
{
	struct twin t = open_twins(FOLDED, (struct mr_synapse_options){0});
	float w[N_W];

	fill(w, 0.5);
	for (int j = 0; j < N_OUT; j++)
		w[j] = 0.5f; /* no output without current */
	for (int k = 0; k < 2; k++) {
		MR_CODE(mr_synapse_set(t.syn[k], w, 0.01, 60, NULL), MR_OK);
		MR_CODE(mr_synapse_calibrate(t.syn[k]), MR_OK);
		MR_CODE(mr_synapse_compensate(t.syn[k], true), MR_OK);
		for (uint32_t j = 0; j < N_OUT; j++)
			MR_NEAR(mr_synapse_scale(t.syn[k], j), 1, 1e-6);
	}
	close_twins(&t);
}

static void blind_reset_reaches_every_fold(void)
{
	struct twin t = open_twins(FOLDED, (struct mr_synapse_options){0});

	for (int k = 0; k < 2; k++)
		MR_CODE(mr_synapse_reset(t.syn[k], 3), MR_OK);
	expect_same_weights(&t);
	close_twins(&t);
}

/* Three folds of drives, and the rest of the second as a wait. */
static void period_of_a_folded_step_is_kept(void)
{
	struct twin t = open_twins(FOLDED, (struct mr_synapse_options){0});
	const float x[N_IN] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
	float y[N_OUT];

	for (int k = 0; k < 2; k++) {
		int64_t t0_ns = mr_array_time_ns(t.array[k]);

		MR_CODE(mr_synapse_forward(t.syn[k], NULL, x, N_IN, 1, y), MR_OK);
		CU_ASSERT_EQUAL(mr_array_time_ns(t.array[k]) - t0_ns,
		                INT64_C(1000000000));
		MR_CODE(mr_synapse_forward(t.syn[k], NULL, x, N_IN, -1, y),
		        MR_ERR_RANGE);
		MR_CODE(mr_synapse_forward(t.syn[k], NULL, x, N_IN, NAN, y),
		        MR_ERR_RANGE);
	}
	close_twins(&t);
}

static void inputs_that_lie_twice_in_a_fold_are_refused(void)
{
	struct twin t = open_twins(FOLDED, (struct mr_synapse_options){0});
	const uint32_t twice[] = {1, 9, 9};
	const float x[] = {1, 1, 1};
	float y[N_OUT];

	for (int k = 0; k < 2; k++)
		MR_CODE(mr_synapse_forward(t.syn[k], twice, x, 3, 0, y),
		        MR_ERR_USAGE);
	close_twins(&t);
}

/* 10 inputs on 5 rows are 2 folds of 3 columns; on 4 they are 3 of 3. */
static void folds_that_do_not_fit_are_refused(void)
{
	const struct mr_synapse_options options = {.n_in = N_IN, .n_out = N_OUT};
	struct mr_synapse *syn = NULL;
	struct mr_array *fits = mr_session_open("emu:ideal?rows=5&cols=6");
	struct mr_array *not = mr_session_open("emu:ideal?rows=4&cols=8");

	MR_CODE(mr_synapse_alloc(fits, &options, &syn), MR_OK);
	mr_synapse_free(syn);
	MR_CODE(mr_synapse_alloc(not, &options, &syn), MR_ERR_RANGE);
	MR_HAS(mr_array_errmsg(not), "rows=10&cols=3 would do");
	MR_CODE(mr_array_close(fits, NULL), MR_OK);
	MR_CODE(mr_array_close(not, NULL), MR_OK);
}

const struct mr_test mr_tests[] = {
	{"folded_synapses_do_what_straight_ones_do",
	 folded_synapses_do_what_straight_ones_do},
	{"folded_pairs_are_refreshed", folded_pairs_are_refreshed},
	{"folded_drift_is_compensated", folded_drift_is_compensated},
	{"blind_reset_reaches_every_fold", blind_reset_reaches_every_fold},
	{"period_of_a_folded_step_is_kept", period_of_a_folded_step_is_kept},
	{"inputs_that_lie_twice_in_a_fold_are_refused",
	 inputs_that_lie_twice_in_a_fold_are_refused},
	{"folds_that_do_not_fit_are_refused", folds_that_do_not_fit_are_refused},
	{0},
};
