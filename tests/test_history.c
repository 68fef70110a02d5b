/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Histories: what a log's operations become, cell by cell. */
#include "memrig/memrig.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "protocols.h"
#include "test.h"

#define URI "emu:pcm?rows=4&cols=4&seed=3"
#define ARC1_URI \
	"arc1+loop:pcm?emu.rows=4&emu.cols=4&rows=4&cols=4&device=pcm&" \
	"emu.r_load_ohm=2385&device.r_load_ohm=2385&emu.width_set_s=1e-7&" \
	"device.width_set_s=1e-7"

static struct mr_history *load(const char *path)
{
	struct mr_history *h = NULL;
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_history_load(path, NULL, &h, &err), MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(h);
	return h;
}

static void submit(struct mr_bench_log *b, struct mr_op *op)
{
	MR_CODE(mr_array_submit(b->array, op, 1, NULL, NULL), MR_OK);
}

static void pulses_and_reads(void)
{
	char path[MR_TEST_PATH_MAX];
	const struct mr_history_event *e;
	struct mr_bench_log b;
	struct mr_history *h;
	float last_S;

	mr_bench_open(&b, URI, mr_test_path(path, "steps.db"));
	mr_bench_pulses(&b, 1, 2, 4);
	last_S = b.g_S[15];
	mr_bench_close(&b);
	h = load(path);
	CU_ASSERT_EQUAL(h->n_cells, 16);
	CU_ASSERT_EQUAL(h->first[16], 16 * 6);
	for (uint32_t c = 0; c < 16; c++) {
		e = h->events + h->first[c];
		CU_ASSERT_EQUAL(e[0].kind, MR_HISTORY_PULSE);
		CU_ASSERT_EQUAL(e[0].effect, MR_EFFECT_ERASE);
		CU_ASSERT_EQUAL(e[1].kind, MR_HISTORY_READ);
		CU_ASSERT_EQUAL(e[1].count, 4);
		CU_ASSERT_EQUAL(e[2].effect, MR_EFFECT_RAISE);
		CU_ASSERT(e[5].g_S > e[1].g_S || e[5].kind == MR_HISTORY_READ);
		for (int k = 1; k < 6; k++)
			CU_ASSERT(e[k].t_ns >= e[k - 1].t_ns);
	}
	MR_NEAR((double)h->events[h->first[15] + 5].g_S, (double)last_S, 0);
	mr_history_free(h);
}

/* A list is worked off cell after cell, and a cell may be named twice. */
static void list_in_order(void)
{
	static const uint32_t cells[] = {7, 2, 7};
	char path[MR_TEST_PATH_MAX];
	float g_S[3] = {0};
	struct mr_op op = {.kind = MR_OP_READ,
	                   .where = {.kind = MR_SELECT_LIST,
	                             .cells = cells,
	                             .n_cells = 3},
	                   .read = {.g_S = g_S}};
	const struct mr_history_event *e;
	struct mr_bench_log b;
	struct mr_history *h;

	mr_bench_open(&b, URI, mr_test_path(path, "list.db"));
	submit(&b, &op);
	mr_bench_close(&b);
	h = load(path);
	CU_ASSERT_EQUAL(h->first[16], 3);
	e = h->events + h->first[7];
	CU_ASSERT_EQUAL(h->first[8] - h->first[7], 2);
	MR_NEAR((double)e[0].g_S, (double)g_S[0], 0);
	MR_NEAR((double)e[1].g_S, (double)g_S[2], 0);
	CU_ASSERT(e[0].t_ns < h->events[h->first[2]].t_ns);
	CU_ASSERT(h->events[h->first[2]].t_ns < e[1].t_ns);
	mr_history_free(h);
}

/* An ArC ONE has one cell after the other: pulses in one go, averaged reads in
 * as many passes. */
static void board_takes_cells_in_turn(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_bench_log b;
	struct mr_history *h;
	int64_t begin_ns;
	int64_t read_ns;
	int64_t end_ns;

	mr_bench_open(&b, ARC1_URI, mr_test_path(path, "turns.db"));
	CU_ASSERT_EQUAL(mr_array_describe(b.array)->order, MR_ORDER_PASSES);
	begin_ns = mr_array_time_ns(b.array);
	mr_bench_pulse(&b, MR_EFFECT_RAISE);
	read_ns = mr_array_time_ns(b.array);
	mr_bench_read(&b, 4);
	end_ns = mr_array_time_ns(b.array);
	mr_bench_close(&b);
	h = load(path);
	CU_ASSERT_EQUAL(h->desc.order, MR_ORDER_PASSES);
	for (uint32_t c = 0; c < 16; c++) {
		const struct mr_history_event *e = h->events + h->first[c];
		double pulsed = (c + 1) / 16.0;
		double read = ((c + 1) / 16.0 + 3) / 4;

		CU_ASSERT_EQUAL_FATAL(h->first[c + 1] - h->first[c], 2);
		MR_NEAR((double)(e[0].t_ns - begin_ns),
		        pulsed * (double)(read_ns - begin_ns), 2);
		MR_NEAR((double)(e[1].t_ns - read_ns),
		        read * (double)(end_ns - read_ns), 2);
		MR_NEAR((double)e[1].over_s,
		        0.75e-9 * (double)(end_ns - read_ns), 1e-6);
	}
	mr_history_free(h);
}

/* A turn is as long as its pulses are many; who gets none has none. */
static void turns_are_as_long_as_their_pulses(void)
{
	static const uint32_t counts[16] = {3, 0, 1, 12};
	char path[MR_TEST_PATH_MAX];
	struct mr_bench_log b;
	struct mr_history *h;
	struct mr_op op = {.kind = MR_OP_PULSE};
	int64_t begin_ns;
	double took_ns;

	mr_bench_open(&b, ARC1_URI, mr_test_path(path, "counts.db"));
	begin_ns = mr_array_time_ns(b.array);
	mr_pulse_from(&op, mr_description_effect(mr_array_describe(b.array),
	                                         MR_EFFECT_RAISE));
	op.pulse.counts = counts;
	submit(&b, &op);
	took_ns = (double)(mr_array_time_ns(b.array) - begin_ns);
	mr_bench_close(&b);
	h = load(path);
	for (uint32_t c = 0, given = 0; c < 16; c++) {
		given += counts[c];
		CU_ASSERT_EQUAL_FATAL(h->first[c + 1] - h->first[c],
		                      counts[c] > 0);
		if (counts[c])
			MR_NEAR((double)(h->events[h->first[c]].t_ns - begin_ns),
			        given / 16.0 * took_ns, 2);
	}
	mr_history_free(h);
}

/* A composed program stands in the log before its parts, here behind them. */
static void program_behind_its_parts(void)
{
	char path[MR_TEST_PATH_MAX];
	float g_S[16] = {0};
	struct mr_op op = {.kind = MR_OP_PROGRAM,
	                   .program = {.target = 5e-6,
	                               .tolerance_S = 0.5e-6,
	                               .budget = 20,
	                               .averages = 4,
	                               .g_S = g_S}};
	struct mr_bench_log b;
	struct mr_history *h;

	mr_bench_open(&b, URI, mr_test_path(path, "program.db"));
	submit(&b, &op);
	mr_bench_read(&b, 1);
	mr_bench_close(&b);
	h = load(path);
	for (uint32_t c = 0; c < 16; c++) {
		size_t n = h->first[c + 1] - h->first[c];
		const struct mr_history_event *e = h->events + h->first[c];

		CU_ASSERT_FATAL(n >= 4);
		CU_ASSERT_EQUAL(e[n - 1].kind, MR_HISTORY_READ);
		CU_ASSERT_EQUAL(e[n - 2].kind, MR_HISTORY_PROGRAM);
		MR_NEAR((double)e[n - 2].amplitude, 5e-6, 1e-12);
		MR_NEAR((double)e[n - 2].g_S, (double)g_S[c], 0);
		CU_ASSERT_EQUAL(e[n - 3].kind, MR_HISTORY_READ);
		MR_NEAR((double)e[n - 3].g_S, (double)g_S[c], 0);
	}
	CU_ASSERT_EQUAL(h->n_losses, 0);
	mr_history_free(h);
}

/* A trace of cell 5 over three levels; i_A receives what flowed. */
static void trace(struct mr_bench_log *b, const float *level, float *i_A)
{
	static const double hold_s[] = {1e-3, 1e-3, 1e-3};
	const uint32_t cell = 5;
	struct mr_op op = {.kind = MR_OP_TRACE,
	                   .where = {.kind = MR_SELECT_LIST,
	                             .cells = &cell,
	                             .n_cells = 1},
	                   .trace = {.n_levels = 3,
	                             .level = level,
	                             .hold_s = hold_s,
	                             .i_A = i_A}};

	submit(b, &op);
}

static void sweeps(void)
{
	static const float level[] = {0.1f, 0.2f, 0.3f};
	char path[MR_TEST_PATH_MAX];
	float i_A[3] = {0};
	struct mr_bench_log b;
	struct mr_history *h;

	mr_bench_open(&b, URI, mr_test_path(path, "sweep.db"));
	trace(&b, level, i_A);
	mr_bench_close(&b);
	h = load(path);
	CU_ASSERT_EQUAL_FATAL(h->n_sweeps, 1);
	CU_ASSERT_EQUAL(h->sweeps[0].cell, 5);
	CU_ASSERT_EQUAL(h->sweeps[0].n, 3);
	for (int k = 0; k < 3; k++)
		MR_NEAR((double)h->sweeps[0].i_A[k], (double)i_A[k], 0);
	CU_ASSERT_EQUAL(h->first[h->n_cells], 0); /* it changed nothing */
	mr_history_free(h);
}

/* Equal levels of this length are no job of the ArC ONE's: reads play them, or,
 * with a level that programs, its curve tracer does. */
static struct mr_history *traced(const char *name, double peak_V)
{
	const float level[] = {0.1f, (float)peak_V, 0.1f};
	char path[MR_TEST_PATH_MAX];
	float i_A[3] = {0};
	struct mr_bench_log b;

	mr_bench_open(&b, ARC1_URI, mr_test_path(path, name));
	mr_bench_read(&b, 1);
	trace(&b, level, i_A);
	mr_bench_read(&b, 1);
	mr_bench_close(&b);
	return load(path);
}

static void sweep_of_reads_is_no_reading(void)
{
	struct mr_history *h = traced("reads.db", 0.2);

	CU_ASSERT_EQUAL_FATAL(h->n_sweeps, 1);
	CU_ASSERT_EQUAL(h->sweeps[0].n, 3);
	CU_ASSERT_EQUAL_FATAL(h->first[6] - h->first[5], 2);
	for (size_t k = h->first[5]; k < h->first[6]; k++)
		CU_ASSERT_EQUAL(h->events[k].kind, MR_HISTORY_READ);
	mr_history_free(h);
}

static void sweep_that_may_program_is_a_gap(void)
{
	struct mr_history *h = traced("pulses.db", 1.0);

	CU_ASSERT_EQUAL_FATAL(h->n_sweeps, 1);
	CU_ASSERT_EQUAL_FATAL(h->first[6] - h->first[5], 3);
	CU_ASSERT_EQUAL(h->events[h->first[5] + 1].kind, MR_HISTORY_GAP);
	CU_ASSERT_EQUAL(h->first[5] - h->first[4], 2);
	mr_history_free(h);
}

/* Two runs that say nothing of a session may be years apart. */
static void gap_between_sessions(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_bench_log b;
	struct mr_history *h;

	mr_test_path(path, "two.db");
	for (int k = 0; k < 2; k++) {
		mr_bench_open(&b, URI, path);
		mr_bench_read(&b, 1);
		mr_bench_close(&b);
	}
	h = load(path);
	CU_ASSERT_EQUAL(h->n_parts, 2);
	CU_ASSERT_EQUAL_FATAL(h->first[1], 3);
	CU_ASSERT_EQUAL(h->events[1].kind, MR_HISTORY_GAP);
	CU_ASSERT_EQUAL(h->events[2].part, 1);
	mr_history_free(h);
}

static void same_digest(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_bench_log b;
	struct mr_history *one;
	struct mr_history *two;

	mr_bench_open(&b, URI, mr_test_path(path, "digest.db"));
	mr_bench_pulses(&b, 1, 3, 1);
	mr_bench_close(&b);
	one = load(path);
	two = load(path);
	CU_ASSERT_EQUAL(one->digest, two->digest);
	CU_ASSERT_NOT_EQUAL(one->digest, 0);
	mr_history_free(one);
	mr_history_free(two);
}

static void wrong_input(void)
{
	static const int64_t runs[] = {9};
	struct mr_history_options missing = {.runs = runs, .n_runs = 1};
	struct mr_history_options measured = {.measured_only = true};
	struct mr_history_options drift = {.protocol = "drift"};
	char path[MR_TEST_PATH_MAX];
	struct mr_errtext err = {""};
	struct mr_history *h = NULL;
	struct mr_bench_log b;

	mr_test_path(path, "wrong.db");
	MR_CODE_ERR(mr_history_load(path, NULL, &h, &err), MR_ERR_MISSING, err);
	mr_bench_open(&b, URI, path);
	mr_bench_read(&b, 1);
	mr_bench_close(&b);
	MR_CODE_ERR(mr_history_load(path, &missing, &h, &err), MR_ERR_USAGE,
	            err);
	MR_HAS(err.text, "no run 9");
	MR_CODE_ERR(mr_history_load(path, &measured, &h, &err), MR_ERR_USAGE,
	            err);
	MR_CODE_ERR(mr_history_load(path, &drift, &h, &err), MR_ERR_USAGE, err);
	MR_HAS(err.text, "drift");
	mr_bench_open(&b, "emu:pcm?rows=4&cols=4&seed=4", path);
	mr_bench_read(&b, 1);
	mr_bench_close(&b);
	MR_CODE_ERR(mr_history_load(path, NULL, &h, &err), MR_ERR_USAGE, err);
	MR_HAS(err.text, "run 2 is of another array");
	mr_history_free(NULL);
}

const struct mr_test mr_tests[] = {
	{"history_of_pulses_and_reads_is_in_order", pulses_and_reads},
	{"history_of_a_list_goes_cell_by_cell", list_in_order},
	{"history_program_stands_behind_its_parts", program_behind_its_parts},
	{"history_board_takes_cells_in_turn", board_takes_cells_in_turn},
	{"history_turns_are_as_long_as_their_pulses",
	 turns_are_as_long_as_their_pulses},
	{"history_trace_is_a_sweep", sweeps},
	{"history_sweep_of_reads_is_no_reading", sweep_of_reads_is_no_reading},
	{"history_sweep_that_may_program_is_a_gap",
	 sweep_that_may_program_is_a_gap},
	{"history_other_session_is_behind_a_gap", gap_between_sessions},
	{"history_digest_is_of_the_events", same_digest},
	{"history_wrong_input_is_refused", wrong_input},
	{0},
};
