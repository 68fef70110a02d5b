/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Synapses as layers use them: one output read, fired on a reading that is at
 * hand, several pulses at once, batches of vectors, compensation taken back,
 * strong pairs left unrefreshed. Cells with exact steps of 1 uS, ten a weight.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "memrig/emulator.h"
#include "memrig/memrig.h"

#include "session.h"
#include "test.h"

#define N_IN 7
#define N_OUT 3
#define STRAIGHT "emu:ideal?dg_S=1e-6&rows=7&cols=24"
#define FOLDED "emu:ideal?dg_S=1e-6&rows=3&cols=24" /* 3 folds of 3, 3, 1 rows */
#define BATCH 5

static struct mr_synapse *lay(struct mr_array *array,
                              struct mr_synapse_options o)
{
	struct mr_synapse *syn = NULL;

	o.n_in = N_IN;
	o.n_out = N_OUT;
	MR_CODE(mr_synapse_alloc(array, &o, &syn), MR_OK);
	CU_ASSERT_FATAL(syn != NULL);
	return syn;
}

static void drop(struct mr_array *array, struct mr_synapse *syn)
{
	mr_synapse_free(syn);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* Weights in tenths, positive and negative where a pair can. */
static void set_some(struct mr_synapse *syn, bool pair)
{
	float w[N_IN * N_OUT];

	for (int k = 0; k < N_IN * N_OUT; k++)
		w[k] = (float)(pair ? k % 9 - 4 : k % 7) / 10;
	MR_CODE(mr_synapse_set(syn, w, 0.04, 40, NULL), MR_OK);
}

/* ---- batches ---------------------------------------------------------------------- */

static void check_batch(const char *uri, enum mr_coding coding)
{
	struct mr_array *array = mr_session_open(uri);
	struct mr_synapse *syn = lay(array, (struct mr_synapse_options){
						    .coding = coding});
	float x[BATCH * N_IN], many[BATCH * N_OUT], one[N_OUT];

	set_some(syn, coding != MR_CODING_SINGLE);
	for (int k = 0; k < BATCH * N_IN; k++)
		x[k] = (float)(k % 11 - 5) / 5;
	MR_CODE(mr_synapse_forward_batch(syn, x, BATCH, many), MR_OK);
	for (int b = 0; b < BATCH; b++) {
		MR_CODE(mr_synapse_forward(syn, NULL, &x[b * N_IN], N_IN, 0, one),
		        MR_OK);
		for (int j = 0; j < N_OUT; j++) /* sums in another order */
			MR_NEAR(many[b * N_OUT + j], one[j], 1e-5);
	}
	drop(array, syn);
}

static void batch_equals_vectors_one_by_one(void)
{
	check_batch(STRAIGHT, MR_CODING_SINGLE);
	check_batch(STRAIGHT, MR_CODING_PAIR);
	check_batch(STRAIGHT, MR_CODING_OFFSET);
	check_batch(FOLDED, MR_CODING_SINGLE);
	check_batch(FOLDED, MR_CODING_PAIR);
	check_batch(FOLDED, MR_CODING_OFFSET);
}

static void batch_of_none_does_nothing(void)
{
	struct mr_array *array = mr_session_open(STRAIGHT);
	struct mr_synapse *syn = lay(array, (struct mr_synapse_options){0});
	float x[N_IN] = {0}, y[N_OUT];

	MR_CODE(mr_synapse_forward_batch(syn, x, 0, y), MR_OK);
	drop(array, syn);
}

static void batch_beyond_full_is_refused(void)
{
	static const float bad[] = {1.5f, -1.01f, NAN, INFINITY};
	struct mr_array *array = mr_session_open(STRAIGHT);
	struct mr_synapse *syn = lay(array, (struct mr_synapse_options){0});

	for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
		float x[2 * N_IN] = {0}, y[2 * N_OUT];

		x[N_IN + 4] = bad[k];
		MR_CODE(mr_synapse_forward_batch(syn, x, 2, y), MR_ERR_RANGE);
		MR_HAS(mr_array_errmsg(array), "input 4 of vector 1");
	}
	drop(array, syn);
}

static void batch_tells_of_a_failure(void)
{
	struct mr_array *array = mr_session_open(STRAIGHT "&fault.at=1");
	struct mr_synapse *syn = lay(array, (struct mr_synapse_options){0});
	float x[N_IN] = {1}, y[N_OUT];

	MR_CODE(mr_synapse_forward_batch(syn, x, 1, y), MR_ERR_IO);
	MR_HAS(mr_array_errmsg(array), "fault");
	drop(array, syn);
}

/* More vectors than one drive takes, two cells a side, compensated. */
static void long_batch_equals_vectors_one_by_one(void)
{
	static float x[600 * N_IN], many[600 * N_OUT];
	struct mr_array *array = mr_session_open(STRAIGHT);
	struct mr_synapse *syn = lay(array, (struct mr_synapse_options){
						    .coding = MR_CODING_PAIR,
						    .n_cells = 2});
	float one[N_OUT];

	set_some(syn, true);
	for (int k = 0; k < 600 * N_IN; k++)
		x[k] = (float)(k % 37 - 18) / 18;
	MR_CODE(mr_synapse_forward_batch(syn, x, 600, many), MR_OK);
	for (int b = 0; b < 600; b++) {
		MR_CODE(mr_synapse_forward(syn, NULL, &x[b * N_IN], N_IN, 0, one),
		        MR_OK);
		for (int j = 0; j < N_OUT; j++)
			MR_NEAR(many[b * N_OUT + j], one[j], 1e-5);
	}
	drop(array, syn);
}

/* ---- one output ------------------------------------------------------------------- */

static void output_is_read_alone(void)
{
	static const char *const uris[] = {STRAIGHT, FOLDED};

	for (int u = 0; u < 2; u++) {
		struct mr_array *array = mr_session_open(uris[u]);
		struct mr_synapse *syn = lay(array, (struct mr_synapse_options){
							    .coding = MR_CODING_PAIR});
		float all[N_IN * N_OUT], one[N_IN];

		set_some(syn, true);
		MR_CODE(mr_synapse_read(syn, all), MR_OK);
		for (uint32_t j = 0; j < N_OUT; j++) {
			MR_CODE(mr_synapse_read_output(syn, j, one), MR_OK);
			for (int i = 0; i < N_IN; i++)
				MR_NEAR(one[i], all[i * N_OUT + (int)j], 1e-6);
		}
		MR_CODE(mr_synapse_read_output(syn, N_OUT, one), MR_ERR_RANGE);
		MR_HAS(mr_array_errmsg(array), "output 3 is outside 0..2");
		drop(array, syn);
	}
}

static void fire_needs_the_reading_once(void)
{
	struct mr_array *array = mr_session_open(STRAIGHT);
	struct mr_synapse *syn = lay(array, (struct mr_synapse_options){
						    .coding = MR_CODING_PAIR});
	float w[N_IN], dw[N_IN] = {0.1f}, bad[N_IN] = {NAN};

	set_some(syn, true);
	MR_CODE(mr_synapse_fire(syn, 1, dw), MR_ERR_USAGE);
	MR_HAS(mr_array_errmsg(array), "read the same output before");
	MR_CODE(mr_synapse_read_output(syn, 0, w), MR_OK);
	MR_CODE(mr_synapse_fire(syn, 1, dw), MR_ERR_USAGE);
	MR_CODE(mr_synapse_fire(syn, 0, bad), MR_ERR_RANGE);
	MR_CODE(mr_synapse_fire(syn, N_OUT, dw), MR_ERR_RANGE);
	MR_CODE(mr_synapse_fire(syn, 0, dw), MR_OK);
	MR_CODE(mr_synapse_fire(syn, 0, dw), MR_ERR_USAGE);
	drop(array, syn);
}

/* Whatever pulses or fails between the reading and the firing spends it. */
static void fire_wants_a_reading_that_is_true(void)
{
	struct mr_array *array = mr_session_open(STRAIGHT);
	struct mr_synapse *syn = lay(array, (struct mr_synapse_options){
						    .coding = MR_CODING_PAIR});
	float w[N_IN], all[N_IN * N_OUT], dw[N_IN] = {0.1f};
	int8_t up[N_IN] = {1};

	set_some(syn, true);
	MR_CODE(mr_synapse_read_output(syn, 0, w), MR_OK);
	MR_CODE(mr_synapse_pulse(syn, 0, up), MR_OK);
	MR_CODE(mr_synapse_fire(syn, 0, dw), MR_ERR_USAGE);
	MR_CODE(mr_synapse_update(syn, 0, dw, w), MR_OK);
	MR_CODE(mr_synapse_fire(syn, 0, dw), MR_ERR_USAGE);
	MR_CODE(mr_synapse_read_output(syn, 0, w), MR_OK);
	MR_CODE(mr_synapse_reset(syn, 0), MR_OK);
	MR_CODE(mr_synapse_fire(syn, 0, dw), MR_ERR_USAGE);
	MR_CODE(mr_synapse_read_output(syn, 0, w), MR_OK);
	set_some(syn, true);
	MR_CODE(mr_synapse_fire(syn, 0, dw), MR_ERR_USAGE);
	MR_CODE(mr_synapse_read(syn, all), MR_OK);
	MR_CODE(mr_synapse_fire(syn, 0, dw), MR_ERR_USAGE);
	drop(array, syn);
}

static void fire_and_reading_tell_of_a_failure(void)
{
	for (int at = 1; at <= 2; at++) { /* the reading, the pulses */
		char uri[80];
		struct mr_array *array;
		struct mr_synapse *syn;
		float w[N_IN], dw[N_IN] = {0.15f};

		snprintf(uri, sizeof uri, STRAIGHT "&fault.at=%d", at);
		array = mr_session_open(uri);
		syn = lay(array, (struct mr_synapse_options){
					 .coding = MR_CODING_PAIR});
		MR_CODE(mr_synapse_read_output(syn, 0, w),
		        at == 1 ? MR_ERR_IO : MR_OK);
		MR_CODE(mr_synapse_fire(syn, 0, dw),
		        at == 1 ? MR_ERR_USAGE : MR_ERR_IO);
		MR_CODE(mr_synapse_fire(syn, 0, dw), MR_ERR_USAGE);
		drop(array, syn);
	}
}

/* Firing on a reading does what an update does. */
static void fire_is_an_update_in_two_steps(void)
{
	struct mr_synapse *syn[2];
	struct mr_array *array[2];
	float w[N_IN], dw[N_IN], end[2][N_IN];

	for (int k = 0; k < 2; k++) {
		array[k] = mr_session_open(STRAIGHT);
		syn[k] = lay(array[k], (struct mr_synapse_options){
					       .coding = MR_CODING_PAIR});
		set_some(syn[k], true);
	}
	for (int i = 0; i < N_IN; i++)
		dw[i] = (float)(i - 3) / 12;
	for (int n = 0; n < 3; n++) {
		MR_CODE(mr_synapse_update(syn[0], 2, dw, NULL), MR_OK);
		MR_CODE(mr_synapse_read_output(syn[1], 2, w), MR_OK);
		MR_CODE(mr_synapse_fire(syn[1], 2, dw), MR_OK);
	}
	for (int k = 0; k < 2; k++)
		MR_CODE(mr_synapse_read_output(syn[k], 2, end[k]), MR_OK);
	for (int i = 0; i < N_IN; i++)
		MR_NEAR(end[0][i], end[1][i], 1e-6);
	drop(array[0], syn[0]);
	drop(array[1], syn[1]);
}

/* ---- several pulses ---------------------------------------------------------------- */

static double raised_by(uint32_t most, float wanted)
{
	struct mr_array *array = mr_session_open(STRAIGHT);
	struct mr_synapse *syn = lay(array, (struct mr_synapse_options){
						    .coding = MR_CODING_PAIR,
						    .pulses_max = most});
	float before[N_IN], after[N_IN], dw[N_IN] = {wanted};

	MR_CODE(mr_synapse_reset(syn, 0), MR_OK);
	MR_CODE(mr_synapse_update(syn, 0, dw, before), MR_OK);
	MR_CODE(mr_synapse_read_output(syn, 0, after), MR_OK);
	drop(array, syn);
	return (double)after[0] - (double)before[0];
}

/* A step is a weight of .1; what is left stays for the next time. */
static void update_gives_as_many_pulses_as_allowed(void)
{
	MR_NEAR(raised_by(0, 0.35f), 0.1, 1e-5);
	MR_NEAR(raised_by(2, 0.35f), 0.2, 1e-5);
	MR_NEAR(raised_by(8, 0.35f), 0.3, 1e-5);
	MR_NEAR(raised_by(8, -0.35f), -0.3, 1e-5);
}

static void pulse_counts_go_up_to_the_most(void)
{
	struct mr_array *array = mr_session_open(STRAIGHT);
	struct mr_synapse *syn = lay(array, (struct mr_synapse_options){
						    .coding = MR_CODING_PAIR,
						    .pulses_max = 4});
	float w[N_IN];
	int8_t change[N_IN] = {3, -2, 0, 4};

	MR_CODE(mr_synapse_reset(syn, 0), MR_OK);
	MR_CODE(mr_synapse_pulse(syn, 1, change), MR_OK);
	MR_CODE(mr_synapse_read_output(syn, 1, w), MR_OK);
	for (int i = 0; i < N_IN; i++)
		MR_NEAR(w[i], change[i] / 10.0, 1e-5);
	change[2] = -5;
	MR_CODE(mr_synapse_pulse(syn, 1, change), MR_ERR_RANGE);
	MR_HAS(mr_array_errmsg(array), "at most 4");
	drop(array, syn);
}

/* ---- care ------------------------------------------------------------------------- */

static void compensation_is_taken_back(void)
{
	struct mr_array *array = mr_session_open(
		"emu:pcm?noise=none&nu_spread=0&rows=7&cols=24&seed=1");
	struct mr_synapse *syn = lay(array, (struct mr_synapse_options){0});
	struct mr_op day = {.kind = MR_OP_WAIT, .wait = {.duration_s = 86400}};
	double left;

	MR_CODE(mr_synapse_reset(syn, 4), MR_OK);
	MR_CODE(mr_synapse_calibrate(syn), MR_OK);
	MR_CODE(mr_array_submit(array, &day, 1, NULL, NULL), MR_OK);
	MR_CODE(mr_synapse_compensate(syn, true), MR_OK);
	left = mr_synapse_scale(syn, 1);
	CU_ASSERT(left < 0.9);
	mr_synapse_uncompensate(syn);
	CU_ASSERT(mr_synapse_scale(syn, 1) == 1);
	MR_CODE(mr_synapse_compensate(syn, true), MR_OK); /* still calibrated */
	MR_NEAR(mr_synapse_scale(syn, 1), left, 1e-3);
	drop(array, syn);
}

static uint64_t refreshed(double below)
{
	struct mr_array *array = mr_session_open(STRAIGHT);
	struct mr_synapse *syn = lay(array, (struct mr_synapse_options){
						    .coding = MR_CODING_PAIR,
						    .pulses_max = 9,
						    .refresh_below = below});
	int8_t up[N_IN] = {9, 9, 9}, down[N_IN] = {-8, -2};
	uint64_t n = 0;

	MR_CODE(mr_synapse_reset(syn, 0), MR_OK);
	MR_CODE(mr_synapse_pulse(syn, 0, up), MR_OK);
	MR_CODE(mr_synapse_pulse(syn, 0, down), MR_OK);
	MR_CODE(mr_synapse_refresh(syn, 0.85, 0.04, 40, &n), MR_OK);
	drop(array, syn);
	return n;
}

/* Weights .1, .7 and .9 with a side at .9: all; below .75 two; below .5 one. */
static void pairs_that_are_strong_are_left(void)
{
	struct mr_array *array = mr_session_open(STRAIGHT);
	struct mr_synapse_options o = {.n_in = N_IN, .n_out = N_OUT,
	                               .coding = MR_CODING_PAIR,
	                               .refresh_below = -1};
	struct mr_synapse *syn = NULL;

	CU_ASSERT_EQUAL(refreshed(0), 3);
	CU_ASSERT_EQUAL(refreshed(0.75), 2);
	CU_ASSERT_EQUAL(refreshed(0.5), 1);
	MR_CODE(mr_synapse_alloc(array, &o, &syn), MR_ERR_USAGE);
	MR_HAS(mr_array_errmsg(array), "refresh_below");
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void count_reads(void *self, const struct mr_event *event)
{
	*(unsigned *)self += event->op->kind == MR_OP_READ;
}

/* Without drive the array is read and summed up: the same but for noise. */
static void batch_falls_back_to_reads(void)
{
	struct mr_array *array =
		mr_session_open(STRAIGHT "&offer=read+pulse+wait");
	struct mr_synapse *syn = lay(array, (struct mr_synapse_options){
						    .coding = MR_CODING_PAIR});
	float x[BATCH * N_IN], many[BATCH * N_OUT], one[N_OUT];
	unsigned n_reads = 0;
	const struct mr_observer observer = {.self = &n_reads,
	                                     .end = count_reads};

	set_some(syn, true);
	MR_CODE(mr_array_observe(array, &observer), MR_OK);
	for (int k = 0; k < BATCH * N_IN; k++)
		x[k] = (float)(k % 11 - 5) / 5;
	MR_CODE(mr_synapse_forward_batch(syn, x, BATCH, many), MR_OK);
	CU_ASSERT(n_reads >= BATCH);
	for (int b = 0; b < BATCH; b++) {
		MR_CODE(mr_synapse_forward(syn, NULL, &x[b * N_IN], N_IN, 0, one),
		        MR_OK);
		for (int j = 0; j < N_OUT; j++)
			MR_NEAR(many[b * N_OUT + j], one[j], 1e-5);
	}
	drop(array, syn);
}

const struct mr_test mr_tests[] = {
	{"batch_falls_back_to_reads", batch_falls_back_to_reads},
	{"batch_equals_vectors_one_by_one", batch_equals_vectors_one_by_one},
	{"long_batch_equals_vectors_one_by_one",
	 long_batch_equals_vectors_one_by_one},
	{"batch_of_none_does_nothing", batch_of_none_does_nothing},
	{"batch_beyond_full_is_refused", batch_beyond_full_is_refused},
	{"batch_tells_of_a_failure", batch_tells_of_a_failure},
	{"output_is_read_alone", output_is_read_alone},
	{"fire_needs_the_reading_once", fire_needs_the_reading_once},
	{"fire_wants_a_reading_that_is_true", fire_wants_a_reading_that_is_true},
	{"fire_and_reading_tell_of_a_failure",
	 fire_and_reading_tell_of_a_failure},
	{"fire_is_an_update_in_two_steps", fire_is_an_update_in_two_steps},
	{"update_gives_as_many_pulses_as_allowed",
	 update_gives_as_many_pulses_as_allowed},
	{"pulse_counts_go_up_to_the_most", pulse_counts_go_up_to_the_most},
	{"compensation_is_taken_back", compensation_is_taken_back},
	{"pairs_that_are_strong_are_left", pairs_that_are_strong_are_left},
	{0},
};
