/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Pulses on cells that carry weights: which cell, when, and how they are counted;
 * and what is refused. Most on cells with exact steps of 1 uS, of which ten make
 * a weight of 1: a step is a weight of .1 / N. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/array_priv.h"
#include "memrig/emulator.h"
#include "memrig/memrig.h"

#include "session.h"
#include "test.h"

#define STEP_S 1e-6
#define EXACT "emu:ideal?dg_S=1e-6&"
#define ERASED "emu:pcm?noise=none&nu=0&nu_spread=0&seed=3&"

static struct mr_synapse *lay(struct mr_array *array,
                              struct mr_synapse_options options)
{
	struct mr_synapse *syn = NULL;
	struct mr_errtext err = {""};
	int rc = mr_synapse_alloc(array, &options, &syn);

	(void)snprintf(err.text, sizeof err.text, "%s", mr_array_errmsg(array));
	MR_CODE_ERR(rc, MR_OK, err);
	CU_ASSERT_FATAL(syn != NULL);
	return syn;
}

static void drop(struct mr_array *array, struct mr_synapse *syn)
{
	mr_synapse_free(syn);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static double cell_S(const struct mr_array *array, uint32_t cell)
{
	double g_S = -1;

	MR_CODE(mr_emulator_now(array, cell, &g_S), MR_OK);
	return g_S;
}

/* Steps that each cell of row 0 has, as a text such as "0120". */
static const char *steps(const struct mr_array *array, char *out)
{
	uint32_t n = mr_array_describe(array)->cols;

	for (uint32_t c = 0; c < n; c++)
		out[c] = (char)('0' + (int)lround(cell_S(array, c) / STEP_S));
	out[n] = '\0';
	return out;
}

/* ---- what is counted ----------------------------------------------------- */

/* One synapse on one row: wanted changes go in, raising minus lowering pulses
 * come out. */
struct one {
	struct mr_array *array;
	struct mr_synapse *syn;
	float w; /* as read before the last update's pulses */
};

static struct one make_one(const char *uri, struct mr_synapse_options options)
{
	struct one one = {.array = mr_session_open(uri)};

	options.n_in = options.n_out = 1;
	one.syn = lay(one.array, options);
	return one;
}

static int update(struct one *one, double dw)
{
	const struct mr_synapse_counts *c = mr_synapse_counts(one->syn);
	struct mr_synapse_counts before = *c;
	float change = (float)dw;

	MR_CODE(mr_synapse_update(one->syn, 0, &change, &one->w), MR_OK);
	CU_ASSERT(c->raised - before.raised + c->lowered - before.lowered <= 1);
	return (int)(c->raised - before.raised) -
	       (int)(c->lowered - before.lowered);
}

/* 1 to .1 on steps of .1: nine pulses down, none up. */
static void set_counts_pulses_by_their_direction(void)
{
	struct one one = make_one(EXACT "rows=1&cols=1",
	                          (struct mr_synapse_options){0});
	const struct mr_synapse_counts *c = mr_synapse_counts(one.syn);
	float w = 1;

	MR_CODE(mr_synapse_set(one.syn, &w, 0.01, 40, NULL), MR_OK);
	CU_ASSERT_EQUAL(c->raised, 10);
	CU_ASSERT_EQUAL(c->lowered, 0);
	w = 0.1f;
	MR_CODE(mr_synapse_set(one.syn, &w, 0.01, 40, NULL), MR_OK);
	CU_ASSERT_EQUAL(c->raised, 10);
	CU_ASSERT_EQUAL(c->lowered, 9);
	drop(one.array, one.syn);
}

/* The mean step of a cell depends on its raising pulses since its last erase.
 * With history 1 uS over 2 pulses, on exact steps: the next step counts as
 * .2 + .1 exp(-(n + 1) / 2), so n is seen in what is due. */
#define HISTORY                                                               \
	(struct mr_synapse_options)                                           \
	{                                                                     \
		.step = {.floor_S = 0.5e-6,                                   \
		         .offset_S = 2e-6,                                    \
		         .history_S = 1e-6,                                   \
		         .memory_pulses = 2}                                  \
	}

/* A raising pulse is due at n earlier ones, and not a hair before. */
static void check_raised(struct one *one, uint32_t n)
{
	double due = 0.2 + 0.1 * exp(-(n + 1.0) / 2);

	CU_ASSERT_EQUAL(update(one, due - 1e-4), 0);
	CU_ASSERT_EQUAL(update(one, 2e-4), 1);
}

static void set_goes_on_counting_raising_pulses(void)
{
	struct one one = make_one(EXACT "rows=1&cols=1", HISTORY);
	float w = 0.2f;

	MR_CODE(mr_synapse_reset(one.syn, 1), MR_OK);
	MR_CODE(mr_synapse_set(one.syn, &w, 0.01, 40, NULL), MR_OK);
	check_raised(&one, 2); /* one blind, one to come to .2 */
	w = 0.1f;              /* from .3 by two steps, which are no erase */
	MR_CODE(mr_synapse_set(one.syn, &w, 0.01, 40, NULL), MR_OK);
	check_raised(&one, 3);
	drop(one.array, one.syn);
}

/* Cells that can only be erased: n starts anew when a verify loop erases. */
static void set_that_erases_counts_from_there(void)
{
	struct mr_array *array = mr_session_open(ERASED "rows=1&cols=1");
	struct mr_synapse *syn =
		lay(array, (struct mr_synapse_options){.n_in = 1, .n_out = 1});
	const struct mr_synapse_counts *c = mr_synapse_counts(syn);
	struct mr_truth t;
	float w = 0.3f;

	MR_CODE(mr_synapse_reset(syn, 20), MR_OK); /* some 9 uS */
	MR_CODE(mr_synapse_set(syn, &w, 0.05, 60, NULL), MR_OK);
	MR_CODE(mr_emulator_truth(array, &t), MR_OK);
	CU_ASSERT(c->lowered >= 2); /* the reset, and one to come down */
	CU_ASSERT_EQUAL(c->raised + c->lowered, t.pulses[0]);
	drop(array, syn);
}

/* Pulses that were never sent are not counted. */
static void counts_of_a_failure_are_what_took_effect(void)
{
	struct mr_array *array =
		mr_session_open(EXACT "rows=1&cols=2&guard.pulses=5");
	struct mr_synapse *syn =
		lay(array, (struct mr_synapse_options){.n_in = 1, .n_out = 2});
	const struct mr_synapse_counts *c = mr_synapse_counts(syn);
	float w[2] = {0.9f, 0.9f};
	int8_t both[2] = {1, 1}, mixed[2] = {1, -1};

	MR_CODE(mr_synapse_reset(syn, 2), MR_ERR_REFUSED); /* 2, then 4 */
	CU_ASSERT(c->lowered == 2 && c->raised == 0);
	MR_CODE(mr_synapse_pulse(syn, MR_OUTPUTS_ALL, both), MR_OK);
	CU_ASSERT_EQUAL(c->raised, 2); /* 4 of 5 */
	MR_CODE(mr_synapse_set(syn, w, 0.01, 40, NULL), MR_ERR_REFUSED);
	CU_ASSERT(c->raised == 2 && c->lowered == 2);
	MR_CODE(mr_synapse_pulse(syn, MR_OUTPUTS_ALL, mixed), MR_ERR_REFUSED);
	CU_ASSERT(c->raised == 3 && c->lowered == 2); /* up went, down not */
	drop(array, syn);
}

/* ---- which cell ---------------------------------------------------------- */

static void pulses_go_round_by_one_global_counter(void)
{
	struct mr_array *array = mr_session_open(EXACT "rows=1&cols=12");
	struct mr_synapse *syn = lay(
		array, (struct mr_synapse_options){
			       .n_in = 1, .n_out = 3, .n_cells = 4});
	int8_t all[3] = {1, 1, 1}, some[3] = {1, 0, 1}, one = 1, down = -1;
	char text[16];

	MR_CODE(mr_synapse_pulse(syn, MR_OUTPUTS_ALL, all), MR_OK);
	CU_ASSERT_STRING_EQUAL(steps(array, text), "100001000010");
	MR_CODE(mr_synapse_pulse(syn, MR_OUTPUTS_ALL, some), MR_OK);
	CU_ASSERT_STRING_EQUAL(steps(array, text), "100101001010");
	MR_CODE(mr_synapse_pulse(syn, 1, &one), MR_OK); /* sixth: second cell */
	CU_ASSERT_STRING_EQUAL(steps(array, text), "100102001010");
	MR_CODE(mr_synapse_pulse(syn, 0, &down), MR_OK);
	CU_ASSERT_STRING_EQUAL(steps(array, text), "100102001010");
	MR_CODE(mr_synapse_pulse(syn, 0, &down), MR_OK); /* eighth: the last */
	CU_ASSERT_STRING_EQUAL(steps(array, text), "100002001010");
	CU_ASSERT_EQUAL(mr_synapse_counts(syn)->raised, 6);
	CU_ASSERT_EQUAL(mr_synapse_counts(syn)->lowered, 2);
	drop(array, syn);
}

static void pulses_of_a_pair_raise_the_other_side(void)
{
	struct mr_array *array = mr_session_open(EXACT "rows=1&cols=8");
	struct mr_synapse *syn = lay(
		array, (struct mr_synapse_options){.n_in = 1,
	                                           .n_out = 2,
	                                           .n_cells = 2,
	                                           .coding = MR_CODING_PAIR});
	int8_t change[2] = {-1, 1};
	float w[2];
	char text[16];

	MR_CODE(mr_synapse_pulse(syn, MR_OUTPUTS_ALL, change), MR_OK);
	CU_ASSERT_STRING_EQUAL(steps(array, text), "00100100");
	change[0] = 1;
	change[1] = -1;
	MR_CODE(mr_synapse_pulse(syn, MR_OUTPUTS_ALL, change), MR_OK);
	CU_ASSERT_STRING_EQUAL(steps(array, text), "10100101");
	MR_CODE(mr_synapse_read(syn, w), MR_OK);
	MR_NEAR((double)w[0], 0, 1e-6);
	CU_ASSERT_EQUAL(mr_synapse_counts(syn)->raised, 4);
	CU_ASSERT_EQUAL(mr_synapse_counts(syn)->lowered, 0);
	CU_ASSERT_EQUAL(mr_synapse_counts(syn)->reads, 8);
	drop(array, syn);
}

/* ---- accumulate, then pulse ---------------------------------------------- */

static void update_pulses_when_a_step_is_due(void)
{
	struct one one = make_one(EXACT "rows=1&cols=1",
	                          (struct mr_synapse_options){0});

	CU_ASSERT_EQUAL(update(&one, 0.06), 0);
	CU_ASSERT_EQUAL(update(&one, 0.06), 1); /* .12, .02 is kept */
	CU_ASSERT_EQUAL(update(&one, 0.07), 0); /* .09 */
	MR_NEAR((double)one.w, 0.1, 1e-6);
	CU_ASSERT_EQUAL(update(&one, 0.02), 1); /* .11, .01 is kept */
	CU_ASSERT_EQUAL(update(&one, -0.10), 0); /* -.09 */
	CU_ASSERT_EQUAL(update(&one, -0.02), -1); /* -.11 */
	CU_ASSERT_EQUAL(update(&one, 0.35), 1); /* at most one each: .34 */
	CU_ASSERT_EQUAL(update(&one, 0), 1);
	CU_ASSERT_EQUAL(update(&one, 0), 1);
	CU_ASSERT_EQUAL(update(&one, 0), 0);
	MR_NEAR((double)one.w, 0.4, 1e-6);
	drop(one.array, one.syn);
}

static void update_with_n_cells_has_smaller_steps(void)
{
	struct one one = make_one(EXACT "rows=1&cols=4",
	                          (struct mr_synapse_options){.n_cells = 4});
	char text[8];

	for (int k = 0; k < 5; k++)
		CU_ASSERT_EQUAL(update(&one, 0.026), 1); /* .1 / 4 */
	CU_ASSERT_STRING_EQUAL(steps(one.array, text), "2111");
	CU_ASSERT_EQUAL(update(&one, -0.04), -1); /* .005 was left: -.035 */
	CU_ASSERT_STRING_EQUAL(steps(one.array, text), "2011");
	drop(one.array, one.syn);
}

static void update_waits_for_pulse_at_steps(void)
{
	struct one one = make_one(EXACT "rows=1&cols=1",
	                          (struct mr_synapse_options){.pulse_at = 2.5});

	CU_ASSERT_EQUAL(update(&one, 0.24), 0);
	CU_ASSERT_EQUAL(update(&one, 0.02), 1); /* .26, one step is spent */
	CU_ASSERT_EQUAL(update(&one, 0.08), 0); /* .24 */
	CU_ASSERT_EQUAL(update(&one, 0.02), 1);
	drop(one.array, one.syn);
}

static void update_takes_a_step_that_is_given(void)
{
	struct one one = make_one(
		EXACT "rows=1&cols=1",
		(struct mr_synapse_options){.step = {.floor_S = 0.5e-6,
	                                             .offset_S = 3e-6,
	                                             .slope = -1,
	                                             .history_S = 1e-6,
	                                             .memory_pulses = 2}});
	/* in weight: .3 + .1 exp(-1/2) = .361 at first; then, one pulse later
	 * and at 1 uS, .2 + .1 exp(-1) = .237 */
	CU_ASSERT_EQUAL(update(&one, 0.360), 0);
	CU_ASSERT_EQUAL(update(&one, 0.001), 1);
	CU_ASSERT_EQUAL(update(&one, 0.236), 0);
	CU_ASSERT_EQUAL(update(&one, 0.001), 1);
	drop(one.array, one.syn);
}

/* 10 uS over 10 uS is .99999997 in float: it is full all the same, in each
 * coding and however many cells share it. */
static void update_of_a_full_weight_is_not_fooled_by_rounding(void)
{
	static const double units_S[] = {10e-6, 7e-6, 3e-6};

	for (uint32_t n = 1; n <= 3; n++) {
		for (int k = 0; k < 3; k++) {
			char uri[96];

			(void)snprintf(uri, sizeof uri,
			               "emu:ideal?rows=1&cols=%u&dg_S=%g"
			               "&g_max_S=%g",
			               2 * n, units_S[k] / 10, units_S[k]);
			struct one one = make_one(
				uri, (struct mr_synapse_options){
					     .n_cells = n,
					     .coding = MR_CODING_PAIR});
			int8_t up = 1;

			for (uint32_t i = 0; i < 11 * n; i++)
				MR_CODE(mr_synapse_pulse(one.syn, 0, &up),
				        MR_OK);
			CU_ASSERT_EQUAL(update(&one, 0.55), 0);
			MR_NEAR((double)one.w, 1, 1e-6);
			/* nothing is left of it */
			CU_ASSERT_EQUAL(update(&one, -0.101 / n), 1);
			drop(one.array, one.syn);
		}
	}
}

/* Full cells hold 10 uS; with this unit rounding cannot make it less than 1. */
#define UNIT_S 9.5e-6

static void update_at_full_weight_forgets_what_is_positive(void)
{
	struct one one = make_one(EXACT "rows=1&cols=1",
	                          (struct mr_synapse_options){
					  .g_unit_S = UNIT_S});

	MR_CODE(mr_synapse_reset(one.syn, 10), MR_OK);
	CU_ASSERT_EQUAL(update(&one, 0.55), 0);
	MR_NEAR((double)one.w, 10e-6 / UNIT_S, 1e-6);
	CU_ASSERT_EQUAL(update(&one, -0.09), 0);
	CU_ASSERT_EQUAL(update(&one, -0.02), -1); /* 1 / 9.5 is due */
	drop(one.array, one.syn);
}

static void update_of_a_pair_works_both_ways(void)
{
	struct one one =
		make_one(EXACT "rows=1&cols=2",
	                 (struct mr_synapse_options){.coding = MR_CODING_PAIR});

	CU_ASSERT_EQUAL(update(&one, -0.12), 1); /* raises the minus cell */
	CU_ASSERT_EQUAL(update(&one, 0.11), 0);  /* .09 */
	CU_ASSERT_EQUAL(update(&one, 0.02), 1);
	MR_NEAR((double)one.w, -0.1, 1e-6);
	MR_NEAR(cell_S(one.array, 0), STEP_S, 1e-12);
	MR_NEAR(cell_S(one.array, 1), STEP_S, 1e-12);
	drop(one.array, one.syn);
}

/* The weight of a pair is at -1 with the minus side full and the other empty. */
static void update_of_a_pair_at_minus_one_forgets(void)
{
	struct one one =
		make_one(EXACT "rows=1&cols=2",
	                 (struct mr_synapse_options){.coding = MR_CODING_PAIR,
	                                             .g_unit_S = UNIT_S});
	int8_t down = -1;

	for (int k = 0; k < 10; k++)
		MR_CODE(mr_synapse_pulse(one.syn, 0, &down), MR_OK);
	CU_ASSERT_EQUAL(update(&one, -0.75), 0);
	MR_NEAR((double)one.w, -10e-6 / UNIT_S, 1e-6);
	CU_ASSERT_EQUAL(update(&one, 0.11), 1); /* nothing to make up for */
	drop(one.array, one.syn);
}

/* Cells that can only be erased: a pulse down is due once it costs no more than
 * what the cell carries. */
static void update_erases_what_a_cell_carries(void)
{
	struct one one =
		make_one(ERASED "rows=1&cols=1", (struct mr_synapse_options){0});

	MR_CODE(mr_synapse_reset(one.syn, 4), MR_OK);
	double carried = cell_S(one.array, 0) / 10e-6;

	CU_ASSERT(carried > 0.2); /* four SETs make 5 uS or so */
	CU_ASSERT_EQUAL(update(&one, -carried + 1e-3), 0);
	CU_ASSERT_EQUAL(update(&one, -2e-3), -1);
	MR_NEAR(cell_S(one.array, 0), 0.1e-6, 0.06e-6); /* .1 +- .01 uS */
	CU_ASSERT_EQUAL(update(&one, -0.5), 0); /* nothing to erase: cleared */
	/* so that a step is due at once: .88 uS and a history of .83 at most */
	CU_ASSERT_EQUAL(update(&one, 0.25), 1);
	drop(one.array, one.syn);
}

static void update_erases_the_next_cell_that_was_raised(void)
{
	struct one one = make_one(ERASED "rows=1&cols=4",
	                          (struct mr_synapse_options){.n_cells = 4});
	int8_t up = 1;

	MR_CODE(mr_synapse_reset(one.syn, 0), MR_OK);
	MR_CODE(mr_synapse_pulse(one.syn, 0, &up), MR_OK); /* cell 0 */
	MR_CODE(mr_synapse_pulse(one.syn, 0, &up), MR_OK); /* cell 1 */
	double second = cell_S(one.array, 1);

	CU_ASSERT_EQUAL(update(&one, -0.5), -1); /* from cell 2 round to 0 */
	MR_NEAR(cell_S(one.array, 0), 0.1e-6, 0.06e-6);
	CU_ASSERT_EQUAL(cell_S(one.array, 1), second);
	CU_ASSERT_EQUAL(update(&one, 0), -1); /* then cell 1 */
	MR_NEAR(cell_S(one.array, 1), 0.1e-6, 0.06e-6);
	CU_ASSERT_EQUAL(update(&one, 0), 0);
	CU_ASSERT_EQUAL(mr_synapse_counts(one.syn)->lowered, 4 + 2);
	CU_ASSERT_EQUAL(mr_synapse_counts(one.syn)->raised, 2);
	drop(one.array, one.syn);
}

static void update_of_one_output_leaves_the_others(void)
{
	struct mr_array *array = mr_session_open(EXACT "rows=2&cols=3");
	struct mr_synapse *syn = lay(
		array, (struct mr_synapse_options){.n_in = 2, .n_out = 3});
	float dw[6] = {0.15f, 0.25f, 0, 0, 0, 0}, w[6];

	MR_CODE(mr_synapse_update(syn, 1, dw, NULL), MR_OK);
	CU_ASSERT_EQUAL(mr_synapse_counts(syn)->reads, 2);
	for (uint32_t cell = 0; cell < 6; cell++)
		MR_NEAR(cell_S(array, cell),
		        cell == 1 || cell == 4 ? STEP_S : 0, 1e-12);
	memset(dw, 0, sizeof dw);
	MR_CODE(mr_synapse_update(syn, MR_OUTPUTS_ALL, dw, w), MR_OK);
	MR_NEAR((double)w[1], 0.1, 1e-6); /* as read before the pulses */
	MR_NEAR((double)w[4], 0.1, 1e-6);
	MR_NEAR((double)w[0], 0, 1e-6);
	MR_NEAR(cell_S(array, 4), 2 * STEP_S, 1e-12); /* .15 was left */
	MR_NEAR(cell_S(array, 1), STEP_S, 1e-12);
	drop(array, syn);
}

static void reset_and_set_forget_wanted_changes(void)
{
	struct one one = make_one(EXACT "rows=1&cols=1",
	                          (struct mr_synapse_options){0});
	float w = 0.3f;

	CU_ASSERT_EQUAL(update(&one, 0.09), 0);
	MR_CODE(mr_synapse_reset(one.syn, 0), MR_OK);
	CU_ASSERT_EQUAL(update(&one, 0.09), 0);
	MR_CODE(mr_synapse_set(one.syn, &w, 0.01, 9, NULL), MR_OK);
	CU_ASSERT_EQUAL(update(&one, 0.09), 0);
	CU_ASSERT_EQUAL(update(&one, 0.02), 1);
	drop(one.array, one.syn);
}

/* ---- refusals ------------------------------------------------------------ */

static void refuse(struct mr_array *array, struct mr_synapse_options options,
                   int code, const char *words)
{
	struct mr_synapse *syn = NULL;

	MR_CODE(mr_synapse_alloc(array, &options, &syn), code);
	MR_HAS(mr_array_errmsg(array), words);
	CU_ASSERT_PTR_NULL(syn);
}

#define OPTIONS(...)                                                          \
	(struct mr_synapse_options)                                           \
	{                                                                     \
		.n_in = 2, .n_out = 2, __VA_ARGS__                            \
	}

static void options_that_are_wrong_are_refused(void)
{
	struct mr_array *array = mr_session_open(EXACT "rows=2&cols=11");

	refuse(array, (struct mr_synapse_options){.n_out = 2}, MR_ERR_USAGE,
	       "n_in and n_out");
	refuse(array, (struct mr_synapse_options){.n_in = 2}, MR_ERR_USAGE,
	       "n_in and n_out");
	refuse(array, OPTIONS(.coding = (enum mr_coding)7), MR_ERR_USAGE,
	       "coding");
	refuse(array, OPTIONS(.g_unit_S = -1e-6), MR_ERR_USAGE, "g_unit_S");
	refuse(array, OPTIONS(.drift_scale = NAN), MR_ERR_USAGE, "drift_scale");
	refuse(array, OPTIONS(.pulse_at = -1), MR_ERR_USAGE, "pulse_at");
	refuse(array, OPTIONS(.v_read_V = INFINITY), MR_ERR_USAGE, "v_read_V");
	refuse(array, OPTIONS(.step = {.offset_S = 1e-6, .memory_pulses = 1}),
	       MR_ERR_USAGE, "step.floor_S");
	refuse(array, OPTIONS(.step = {.floor_S = 1e-6}), MR_ERR_USAGE,
	       "step.memory_pulses");
	refuse(array, OPTIONS(.n_cells = 6), MR_ERR_RANGE, "rows=2&cols=12");
	refuse(array, OPTIONS(.n_cells = 3, .coding = MR_CODING_PAIR),
	       MR_ERR_RANGE, "rows=2&cols=12");
	/* a product near 2^64, and twice that over it, is no small number */
	refuse(array,
	       (struct mr_synapse_options){.n_in = 1,
	                                   .n_out = 3037000500u,
	                                   .n_cells = 3037000500u,
	                                   .coding = MR_CODING_PAIR},
	       MR_ERR_RANGE, "cells are needed");
	refuse(array, (struct mr_synapse_options){.n_in = 11, .n_out = 2},
	       MR_ERR_RANGE, "rows=11&cols=2");
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* A step up that leaves half a step to lower calls for a step down, and so on;
 * an erase does not. */
static void pulse_at_that_would_not_end_is_refused(void)
{
	struct mr_array *array = mr_session_open(EXACT "rows=2&cols=4");

	refuse(array, OPTIONS(.pulse_at = 0.3), MR_ERR_USAGE,
	       "pulse_at is 0.3: must be over 0.5");
	refuse(array, OPTIONS(.pulse_at = 0.5), MR_ERR_USAGE, "over 0.5");
	refuse(array, OPTIONS(.pulse_at = 0.5, .coding = MR_CODING_PAIR),
	       MR_ERR_USAGE, "over 0.5");
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	array = mr_session_open(ERASED "rows=2&cols=4");
	refuse(array, OPTIONS(.pulse_at = -0.1), MR_ERR_USAGE, "over 0");
	refuse(array, OPTIONS(.pulse_at = 0.4, .coding = MR_CODING_PAIR),
	       MR_ERR_USAGE, "over 0.5");
	drop(array, lay(array, OPTIONS(.pulse_at = 0.4)));
}

/* How many pulses a single wanted change causes, at most. */
static int pulses_of(struct one *one, double dw)
{
	const struct mr_synapse_counts *c = mr_synapse_counts(one->syn);
	uint64_t before = c->raised + c->lowered;

	(void)update(one, dw);
	for (int k = 0; k < 20; k++)
		(void)update(one, 0);
	return (int)(c->raised + c->lowered - before);
}

static void update_just_over_half_a_step_comes_to_rest(void)
{
	for (int coding = 0; coding < 2; coding++) {
		struct one one = make_one(
			EXACT "rows=1&cols=2",
			(struct mr_synapse_options){
				.pulse_at = 0.51,
				.coding = (enum mr_coding)coding});

		CU_ASSERT_EQUAL(pulses_of(&one, 0.052), 1);
		CU_ASSERT_EQUAL(pulses_of(&one, -0.052), 1); /* -.1 in all */
		drop(one.array, one.syn);
	}
	struct one one = make_one(ERASED "rows=1&cols=1",
	                          (struct mr_synapse_options){.pulse_at = 0.05});

	MR_CODE(mr_synapse_reset(one.syn, 0), MR_OK);
	for (int k = 0; k < 8; k++)
		CU_ASSERT(pulses_of(&one, k % 2 ? -0.07 : 0.04) <= 2);
	drop(one.array, one.syn);
}

static void array_that_cannot_carry_weights_is_refused(void)
{
	struct mr_array *array =
		mr_session_open(EXACT "rows=2&cols=2&offer=pulse+wait");

	refuse(array, OPTIONS(.n_cells = 1), MR_ERR_UNSUPPORTED, "read");
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	array = mr_session_open(EXACT "rows=2&cols=2");
	array->desc.n_waveforms = 1; /* only the read */
	refuse(array, OPTIONS(.n_cells = 1), MR_ERR_UNSUPPORTED, "raising");
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void set_of_wrong_weights_is_refused(void)
{
	struct mr_array *array = mr_session_open(EXACT "rows=1&cols=2");
	struct mr_synapse_options options = {.n_in = 1, .n_out = 1};
	struct mr_synapse *syn = lay(array, options);
	float w = -0.1f;

	MR_CODE(mr_synapse_set(syn, &w, 0.01, 9, NULL), MR_ERR_RANGE);
	MR_HAS(mr_array_errmsg(array), "input 0, output 0 is -0.1");
	w = NAN;
	MR_CODE(mr_synapse_set(syn, &w, 0.01, 9, NULL), MR_ERR_RANGE);
	w = 1.01f; /* over what a cell holds */
	MR_CODE(mr_synapse_set(syn, &w, 0.01, 9, NULL), MR_ERR_RANGE);
	w = 0.5f;
	MR_CODE(mr_synapse_set(syn, &w, 0, 9, NULL), MR_ERR_RANGE);
	MR_CODE(mr_synapse_set(syn, &w, 0.01, 0, NULL), MR_ERR_RANGE);
	mr_synapse_free(syn);
	options.coding = MR_CODING_PAIR;
	syn = lay(array, options);
	w = -INFINITY;
	MR_CODE(mr_synapse_set(syn, &w, 0.01, 9, NULL), MR_ERR_RANGE);
	w = -0.5f;
	MR_CODE(mr_synapse_set(syn, &w, 0.01, 9, NULL), MR_OK);
	drop(array, syn);
}

static void calls_that_are_wrong_are_refused(void)
{
	struct mr_array *array = mr_session_open(EXACT "rows=3&cols=2");
	struct mr_synapse *syn = lay(
		array, (struct mr_synapse_options){.n_in = 2, .n_out = 2});
	float dw[4] = {0.5f, NAN, 0, 0}, y[2];
	float x[3] = {1.001f, 0, 0};
	int8_t change[4] = {1, 1, 1, 1};
	uint32_t twice[2] = {1, 1}, beside[2] = {0, 2};

	MR_CODE(mr_synapse_update(syn, MR_OUTPUTS_ALL, dw, NULL), MR_ERR_RANGE);
	MR_HAS(mr_array_errmsg(array), "not finite");
	dw[0] = dw[1] = 0;
	MR_CODE(mr_synapse_update(syn, MR_OUTPUTS_ALL, dw, NULL), MR_OK);
	CU_ASSERT_EQUAL(mr_synapse_counts(syn)->raised, 0); /* none was kept */
	MR_CODE(mr_synapse_update(syn, 2, dw, NULL), MR_ERR_RANGE);
	MR_HAS(mr_array_errmsg(array), "output 2 is outside 0..1");
	MR_CODE(mr_synapse_pulse(syn, 2, change), MR_ERR_RANGE);
	MR_CODE(mr_synapse_forward(syn, NULL, x, 1, 0, y), MR_ERR_RANGE);
	MR_HAS(mr_array_errmsg(array), "-1 to 1");
	x[0] = NAN;
	MR_CODE(mr_synapse_forward(syn, NULL, x, 1, 0, y), MR_ERR_RANGE);
	x[0] = 1;
	MR_CODE(mr_synapse_forward(syn, twice, x, 2, 0, y), MR_ERR_USAGE);
	MR_HAS(mr_array_errmsg(array), "1 is listed twice");
	/* a row of the array, but not of these synapses */
	MR_CODE(mr_synapse_forward(syn, beside, x, 2, 0, y), MR_ERR_RANGE);
	MR_HAS(mr_array_errmsg(array), "input 2 is outside 0..1");
	MR_CODE(mr_synapse_forward(syn, NULL, x, 3, 0, y), MR_ERR_USAGE);
	MR_CODE(mr_synapse_forward(syn, NULL, x, 0, -1, y), MR_ERR_RANGE);
	mr_synapse_free(NULL);
	drop(array, syn);
}

static void failing_array_fails_each_call(void)
{
	struct mr_array *array =
		mr_session_open(EXACT "rows=1&cols=1&fault.rate=1");
	struct mr_synapse *syn = lay(
		array, (struct mr_synapse_options){.n_in = 1, .n_out = 1});
	float f = 0.5f, y;
	int8_t up = 1;

	MR_CODE(mr_synapse_reset(syn, 1), MR_ERR_IO);
	MR_CODE(mr_synapse_set(syn, &f, 0.1, 9, NULL), MR_ERR_IO);
	MR_CODE(mr_synapse_read(syn, &y), MR_ERR_IO);
	MR_CODE(mr_synapse_forward(syn, NULL, &f, 1, 0, &y), MR_ERR_IO);
	MR_CODE(mr_synapse_update(syn, 0, &f, NULL), MR_ERR_IO);
	MR_CODE(mr_synapse_pulse(syn, 0, &up), MR_ERR_IO);
	drop(array, syn);
}

const struct mr_test mr_tests[] = {
	{"set_counts_pulses_by_their_direction",
         set_counts_pulses_by_their_direction},
	{"set_goes_on_counting_raising_pulses",
         set_goes_on_counting_raising_pulses},
	{"set_that_erases_counts_from_there",
         set_that_erases_counts_from_there},
	{"counts_of_a_failure_are_what_took_effect",
         counts_of_a_failure_are_what_took_effect},
	{"pulse_at_that_would_not_end_is_refused",
         pulse_at_that_would_not_end_is_refused},
	{"update_just_over_half_a_step_comes_to_rest",
         update_just_over_half_a_step_comes_to_rest},
	{"pulses_go_round_by_one_global_counter",
         pulses_go_round_by_one_global_counter},
	{"pulses_of_a_pair_raise_the_other_side",
         pulses_of_a_pair_raise_the_other_side},
	{"update_pulses_when_a_step_is_due", update_pulses_when_a_step_is_due},
	{"update_with_n_cells_has_smaller_steps",
         update_with_n_cells_has_smaller_steps},
	{"update_waits_for_pulse_at_steps", update_waits_for_pulse_at_steps},
	{"update_takes_a_step_that_is_given",
         update_takes_a_step_that_is_given},
	{"update_at_full_weight_forgets_what_is_positive",
         update_at_full_weight_forgets_what_is_positive},
	{"update_of_a_full_weight_is_not_fooled_by_rounding",
         update_of_a_full_weight_is_not_fooled_by_rounding},
	{"update_of_a_pair_works_both_ways", update_of_a_pair_works_both_ways},
	{"update_of_a_pair_at_minus_one_forgets",
         update_of_a_pair_at_minus_one_forgets},
	{"update_erases_what_a_cell_carries",
         update_erases_what_a_cell_carries},
	{"update_erases_the_next_cell_that_was_raised",
         update_erases_the_next_cell_that_was_raised},
	{"update_of_one_output_leaves_the_others",
         update_of_one_output_leaves_the_others},
	{"reset_and_set_forget_wanted_changes",
         reset_and_set_forget_wanted_changes},
	{"options_that_are_wrong_are_refused",
         options_that_are_wrong_are_refused},
	{"array_that_cannot_carry_weights_is_refused",
         array_that_cannot_carry_weights_is_refused},
	{"set_of_wrong_weights_is_refused", set_of_wrong_weights_is_refused},
	{"calls_that_are_wrong_are_refused", calls_that_are_wrong_are_refused},
	{"failing_array_fails_each_call", failing_array_fails_each_call},
	{0},
};
