/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The jobs of an ArC ONE behind traces and programs: which waveform is which
 * job, byte by byte, and what becomes of its reports. The tokens that are
 * expected follow from the job table of the fact sheet; the values from the
 * ideal cell's definition: 0.05 uS for 1 V and 100 ns, in proportion, nothing up
 * to 0.6 V, and I = V G. What was sent is given to a bare virtual board as well,
 * which counts what a driver should not send.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "memrig/memrig.h"

#include "arc1host.h"
#include "test.h"

#define URI                                                                   \
	"arc1+loop:ideal?rows=3&cols=2&emu.rows=3&emu.cols=2&device=ideal"    \
	"&board.line=ideal"
#define STEP_S 0.05e-6 /* of a set pulse */
#define WIRE_MAX 16384
#define LEVELS_MAX 64

struct scene {
	struct mr_array *array;
	char sent[WIRE_MAX];
	size_t n_sent;
	float level[LEVELS_MAX];
	double hold_s[LEVELS_MAX];
	uint8_t sample[LEVELS_MAX];
	uint32_t n;
	float v_V[LEVELS_MAX];
	float i_A[LEVELS_MAX];
	double t_s[LEVELS_MAX];
	uint8_t status[LEVELS_MAX];
	uint32_t cell;
	struct mr_op op;
};

static void on_piece(void *self, const struct mr_wire_piece *piece)
{
	struct scene *s = self;

	if (piece->what != MR_WIRE_SENT)
		return;
	CU_ASSERT_FATAL(s->n_sent + piece->size < WIRE_MAX);
	memcpy(s->sent + s->n_sent, piece->data, piece->size);
	s->n_sent += piece->size;
	s->sent[s->n_sent] = '\0';
}

static void open_with(struct scene *s, const char *keys)
{
	char uri[400];
	struct mr_errtext err = {""};
	const struct mr_wire_watcher watcher = {.self = s, .piece = on_piece};

	*s = (struct scene){.cell = 3}; /* word 2, bit 2 */
	(void)snprintf(uri, sizeof uri, "%s%s", URI, keys);
	MR_CODE_ERR(mr_array_open(uri, NULL, &s->array, &err), MR_OK, err);
	CU_ASSERT_FATAL(s->array != NULL);
	MR_CODE(mr_array_watch_wire(s->array, &watcher), MR_OK);
}

static void close_it(struct scene *s)
{
	MR_CODE(mr_array_close(s->array, NULL), MR_OK);
}

/* Set the cell to a conductance by set pulses. */
static void prepare(struct scene *s, uint32_t pulses)
{
	const struct mr_selection where = {
		.kind = MR_SELECT_LIST, .cells = &s->cell, .n_cells = 1};

	MR_CODE(mr_array_pulse(s->array, &where, "set", pulses), MR_OK);
	s->n_sent = 0;
}

static void add(struct scene *s, double v_V, double hold_s, bool sample)
{
	CU_ASSERT_FATAL(s->n < LEVELS_MAX);
	s->level[s->n] = (float)v_V;
	s->hold_s[s->n] = hold_s;
	s->sample[s->n++] = sample;
}

static int play(struct scene *s)
{
	for (int i = 0; i < LEVELS_MAX; i++)
		s->i_A[i] = NAN;
	s->op = (struct mr_op){.kind = MR_OP_TRACE,
	                       .where = {.kind = MR_SELECT_LIST,
	                                 .cells = &s->cell,
	                                 .n_cells = 1},
	                       .trace = {.n_levels = s->n,
	                                 .level = s->level,
	                                 .hold_s = s->hold_s,
	                                 .sample = s->sample,
	                                 .compliance = s->op.trace.compliance,
	                                 .v_V = s->v_V,
	                                 .i_A = s->i_A,
	                                 .t_s = s->t_s,
	                                 .status = s->status}};
	return mr_array_submit(s->array, &s->op, 1, NULL, NULL);
}

/* A driver does nothing that a board would have to put right. */
static void tell_bare_board(const struct scene *s)
{
	struct bench h;

	start(&h, "ideal?rows=32&cols=32&board.line=ideal");
	ask(&h, s->sent);
	end(&h);
}

static void is_sent(const struct scene *s, const char *tokens)
{
	CU_ASSERT_STRING_EQUAL(s->sent, tokens);
	if (strcmp(s->sent, tokens) != 0)
		(void)fprintf(stderr, "sent:\n%s\nnot:\n%s\n", s->sent, tokens);
	tell_bare_board(s);
}

static void is_means(struct scene *s, const char *means)
{
	struct mr_plan plan;

	MR_CODE(mr_array_plan(s->array, &s->op, &plan), MR_OK);
	CU_ASSERT_FATAL(plan.means != NULL);
	CU_ASSERT_STRING_EQUAL(plan.means, means);
	CU_ASSERT(!plan.composed);
}

static void is_sample(const struct scene *s, uint32_t i, double v_V, double g_S)
{
	MR_NEAR((double)s->v_V[i], v_V, 1e-6);
	MR_NEAR((double)s->i_A[i], v_V * g_S, 1e-5 * fabs(v_V * g_S) + 1e-11);
	CU_ASSERT_EQUAL(s->status[i], 0);
	CU_ASSERT(i == 0 || s->t_s[i] > s->t_s[i - 1] ||
	          s->status[i - 1] == MR_STATUS_NOT_CONVERGED);
}

static void is_left_out(const struct scene *s, uint32_t i)
{
	CU_ASSERT_EQUAL(s->status[i], MR_STATUS_NOT_CONVERGED);
	CU_ASSERT(s->v_V[i] == 0 && s->i_A[i] == 0);
}

/* ---- sweeps and steady levels -------------------------------------------------- */

static void sweep(struct scene *s, const double *v_V, uint32_t n, double hold_s)
{
	s->n = 0;
	for (uint32_t i = 0; i < n; i++)
		add(s, v_V[i], hold_s, true);
}

static void curve_is_a_staircase_of_both_signs(void)
{
	static const double v_V[] = {0.1, 0.2, 0.3, 0.2, 0.1, -0.1, -0.2, -0.1};
	struct scene s;

	open_with(&s, "");
	prepare(&s, 40);
	sweep(&s, v_V, 8, 5e-3);
	s.sample[1] = 0;
	MR_CODE(play(&s), MR_OK);
	is_sent(&s, "201\n3.000e-01\n-2.000e-01\n1.000e-01\n1.000e-01\n"
	            "5.000e-03\n0.000e+00\n0.000e+00\n0.000e+00\n1\n0\n0\n0\n1\n"
	            "2\n2\n");
	for (uint32_t i = 0; i < 7; i++)
		is_sample(&s, i, v_V[i ? i + 1 : 0], 40 * STEP_S);
	CU_ASSERT(s.t_s[6] >= 8 * 5e-3);
	CU_ASSERT_EQUAL(s.op.outcome.n_effect, 1);
	CU_ASSERT_EQUAL(s.op.outcome.status, 0);
	is_means(&s, "CurveTracer (job 201)");
	close_it(&s);
}

static void curve_of_one_sign_may_be_repeated_and_pulsed(void)
{
	static const double v_V[] = {-0.2, 0, -0.25, 0, -0.2, 0};
	struct scene s;

	open_with(&s, "&profile=gui");
	prepare(&s, 20);
	for (uint32_t i = 0; i < 12; i++)
		add(&s, v_V[i % 6], i % 2 ? 1e-3 : 6e-3, i % 2 == 0);
	s.op.trace.compliance = 10e-6;
	MR_CODE(play(&s), MR_OK);
	/* 2 ms less, as the vendor's GUI sends it; 10.1 uA for 10 */
	is_sent(&s, "201\n2.000e-01\n-2.500e-01\n2.000e-01\n5.000e-02\n"
	            "4.000e-03\n1.000e-03\n1.010e-05\n-1.010e-05\n2\n1\n3\n0\n1\n"
	            "2\n2\n");
	for (uint32_t i = 0; i < 6; i++)
		is_sample(&s, i, v_V[2 * (i % 3)], 20 * STEP_S);
	close_it(&s);
}

/* Levels of 0 at the ends and between the sides are sampled as nothing. */
static void curve_takes_levels_of_zero_as_nothing(void)
{
	static const double v_V[] = {0, 0.1, 0.2, 0.1, 0, -0.1, -0.2, -0.1, 0};
	struct scene s;

	open_with(&s, "&trace=curve");
	prepare(&s, 20);
	sweep(&s, v_V, 9, 2e-3);
	MR_CODE(play(&s), MR_OK);
	for (uint32_t i = 0; i < 9; i++)
		is_sample(&s, i, v_V[i], 20 * STEP_S);
	close_it(&s);
}

/* Read above 20 uA it is cut off: the way back begins there. */
static void curve_turns_back_where_it_is_cut_off(void)
{
	static const double v_V[] = {1, 2, 3, 4, 3, 2, 1};
	struct scene s;

	open_with(&s, "&halt=1&emu.v_threshold_V=5&emu.v_set_V=6&emu.v_max_V=9"
	              "&device.v_threshold_V=5&device.v_set_V=6&device.v_max_V=9");
	s.cell = 3;
	prepare(&s, 200); /* 10 uS */
	sweep(&s, v_V, 7, 2e-3);
	s.op.trace.compliance = 25e-6;
	MR_CODE(play(&s), MR_OK);
	for (uint32_t i = 0; i < 7; i++)
		if (i != 2 && i != 3 && i != 4)
			is_sample(&s, i, v_V[i], 10e-6);
	CU_ASSERT_EQUAL(s.status[2], MR_STATUS_COMPLIANCE);
	MR_NEAR((double)s.v_V[2], 3, 1e-6);
	is_left_out(&s, 3);
	is_left_out(&s, 4);
	close_it(&s);
}

static void chrono_is_one_level_sampled_evenly(void)
{
	struct scene s;

	open_with(&s, "");
	prepare(&s, 60);
	for (int i = 0; i < 4; i++)
		add(&s, 0.5, 5e-3, true);
	MR_CODE(play(&s), MR_OK);
	is_sent(&s, "220\n5.000e-01\n2.000e-02\n4\n1\n2\n2\n");
	for (uint32_t i = 0; i < 4; i++)
		is_sample(&s, i, 0.5, 60 * STEP_S);
	is_means(&s, "ChronoAmperometry (job 220)");
	/* beyond reading it programs: 0.05 uS times 1.5 and 50000 is the end */
	s.level[0] = s.level[1] = s.level[2] = s.level[3] = 1.5f;
	MR_CODE(play(&s), MR_OK);
	MR_NEAR((double)s.i_A[3], 1.5 * 10e-6, 1e-9);
	close_it(&s);
}

/* ---- pulses and readings ------------------------------------------------------- */

static void volatility_is_a_pulse_and_quick_readings(void)
{
	struct scene s;

	open_with(&s, "");
	prepare(&s, 10);
	add(&s, 0.3, 1e-3, true);
	add(&s, 1, 1e-6, false);
	for (int i = 0; i < 5; i++)
		add(&s, 0.3, 500e-6, true);
	MR_CODE(play(&s), MR_OK);
	is_sent(&s, "01\n2\n3.000e-01\n33\n1.000e+00\n1.000e-06\n5\n100\n1\n2\n"
	            "2\n1\n");
	is_sample(&s, 0, 0.3, 10 * STEP_S);
	for (uint32_t i = 1; i < 6; i++)
		is_sample(&s, i, 0.3, 20 * STEP_S);
	for (uint32_t i = 2; i < 6; i++) /* the board's own time, in us */
		MR_NEAR(s.t_s[i] - s.t_s[i - 1], 500e-6, 1.5e-6);
	is_means(&s, "VolatilityRead (job 33)");
	close_it(&s);
}

static void beat(struct scene *s, double v_V, double width_s, uint32_t count,
                 double pause_s)
{
	for (uint32_t i = 0; i < count; i++) {
		add(s, v_V, width_s, false);
		if (pause_s > 0)
			add(s, 0, pause_s, false);
	}
	add(s, 0.2, 1e-3, true);
}

static void former_is_a_grid_of_rising_pulses(void)
{
	const double v_V[] = {1, 1.1}, w_s[] = {100e-9, 200e-9};
	struct scene s;
	double g_S = 10 * STEP_S;
	uint32_t i = 0;

	open_with(&s, "&series=none");
	prepare(&s, 10);
	for (int k = 0; k < 4; k++)
		beat(&s, v_V[k / 2], w_s[k % 2], 2, 1e-3);
	MR_CODE(play(&s), MR_OK);
	is_sent(&s, "14\n1.000e+00\n1.000e-01\n1.100e+00\n1.000e-07\n"
	            "1.000e+02\n2.000e-07\n1.000e-03\n0.000e+00\n0.000e+00\n7\n"
	            "2\n1\n2\n2\n");
	for (int k = 0; k < 4; k++) {
		g_S += 2 * STEP_S * v_V[k / 2] * w_s[k % 2] / 100e-9;
		is_sample(&s, i++, 0.2, g_S);
	}
	is_means(&s, "FormFinder (job 14)");
	close_it(&s);
}

static void former_stops_at_its_threshold(void)
{
	struct scene s;
	struct mr_op stop = {.kind = MR_OP_CONFIGURE,
	                     .configure = {"stop_ohm", "1.7e6"}};

	open_with(&s, "&form=141&series=1M");
	prepare(&s, 10);
	MR_CODE(mr_array_submit(s.array, &stop, 1, NULL, NULL), MR_OK);
	s.n_sent = 0;
	for (int i = 0; i < 4; i++)
		beat(&s, 1, (i + 1) * 100e-9, 1, 0);
	MR_CODE(play(&s), MR_OK);
	is_sent(&s, "141\n1.000e+00\n1.000e-01\n1.000e+00\n1.000e-07\n"
	            "1.000e-07\n4.000e-07\n0.000e+00\n1.700e+06\n0.000e+00\n1\n"
	            "4\n1\n1\n2\n2\n");
	/* 1 MOhm in series takes its part: 2 MOhm of 3, so 2/3 of 1 V, then
	 * 0.651 of it for 200 ns: 0.5 + 0.0333 + 0.0652 = 0.5986 uS, 1.67 MOhm */
	is_sample(&s, 0, 0.2, 0.53333e-6);
	is_sample(&s, 1, 0.2, 0.53333e-6 + 0.1e-6 * (1.875 / 2.875));
	is_left_out(&s, 2);
	is_left_out(&s, 3);
	CU_ASSERT(s.op.outcome.status == MR_STATUS_NOT_CONVERGED);
	CU_ASSERT_EQUAL(s.op.outcome.n_effect, 1);
	close_it(&s);
}

/* 1 uS, tolerance 20 %: the step of 1 V for 200 ns is 0.1 uS, that of 1.2 V and
 * more together beyond; then back. */
static void seeker_turns_where_the_cell_has_switched(void)
{
	struct scene s;

	open_with(&s, "&trace=seeker&stop_pct=15");
	prepare(&s, 20);
	for (int sign = 1; sign >= -1; sign -= 2)
		for (int i = 0; i < 4; i++)
			beat(&s, sign * (1 + 0.1 * i), 200e-9, 1, 0);
	MR_CODE(play(&s), MR_OK);
	is_sent(&s, "15\n2.000e-07\n1.000e+00\n1.000e-01\n1.300e+00\n"
	            "0.000e+00\n0.000e+00\n1\n1\n1\n15\n1\n1\n1\n2\n2\n");
	is_sample(&s, 0, 0.2, 1.1e-6);  /* R moved by 1 - 1/1.1 = 9 % */
	is_sample(&s, 1, 0.2, 1.21e-6); /* by 17 %: turn */
	is_left_out(&s, 2);
	is_left_out(&s, 3);
	is_sample(&s, 4, 0.2, 1.11e-6); /* 9 % */
	is_sample(&s, 5, 0.2, 1.00e-6); /* 21 %: the end */
	is_left_out(&s, 6);
	is_left_out(&s, 7);
	close_it(&s);
}

static void endurance_is_two_kinds_of_pulses_in_turn(void)
{
	struct scene s;
	double g_S = 20 * STEP_S;
	uint32_t i = 0;

	open_with(&s, "");
	prepare(&s, 20);
	for (int cycle = 0; cycle < 2; cycle++) {
		beat(&s, 1.2, 200e-9, 1, 2e-3);
		beat(&s, 1.2, 200e-9, 1, 2e-3);
		beat(&s, -1, 300e-9, 1, 2e-3);
	}
	MR_CODE(play(&s), MR_OK);
	is_sent(&s, "191\n1.200e+00\n2.000e-07\n0.000e+00\n-1.000e+00\n"
	            "3.000e-07\n0.000e+00\n2.000e-03\n2\n1\n2\n1\n2\n2\n");
	for (int cycle = 0; cycle < 2; cycle++) {
		is_sample(&s, i++, 0.2, g_S += 2.4 * STEP_S);
		is_sample(&s, i++, 0.2, g_S += 2.4 * STEP_S);
		is_sample(&s, i++, 0.2, g_S -= 3 * STEP_S);
	}
	is_means(&s, "Endurance (job 191)");
	close_it(&s);
}

static void endurance_has_its_pause_in_ms_by_the_gui(void)
{
	struct scene s;

	open_with(&s, "&profile=gui&board.profile=gui");
	prepare(&s, 20);
	beat(&s, 1, 100e-9, 1, 2e-3);
	beat(&s, -1, 100e-9, 1, 2e-3);
	MR_CODE(play(&s), MR_OK);
	CU_ASSERT(strstr(s.sent, "\n2.000e+00\n1\n1\n1\n1\n2\n2\n") != NULL);
	is_sample(&s, 0, 0.2, 21 * STEP_S);
	is_sample(&s, 1, 0.2, 20 * STEP_S);
	CU_ASSERT(s.t_s[1] - s.t_s[0] < 0.1);
	close_it(&s);
}

static void stdp_is_any_levels_between_readings(void)
{
	struct scene s;

	open_with(&s, "");
	prepare(&s, 20);
	add(&s, 0.2, 1e-3, true);
	add(&s, 1, 100e-9, false);
	add(&s, 0, 1e-3, false);
	add(&s, 1.5, 200e-9, false);
	add(&s, 0.2, 1e-3, true);
	add(&s, -1, 400e-9, false);
	add(&s, 0.2, 1e-3, true);
	MR_CODE(play(&s), MR_OK);
	is_sent(&s, "40\n1\n2\n2\n2\n"
	            "4\n0.000000000\n1.000e+00\n0.000000100\n0.000e+00\n"
	            "0.001000100\n1.500e+00\n0.001000300\n0.000e+00\n"
	            "2\n0.000000000\n-1.000e+00\n0.000000400\n0.000e+00\n");
	is_sample(&s, 0, 0.2, 20 * STEP_S);
	is_sample(&s, 1, 0.2, (20 + 1 + 3) * STEP_S);
	is_sample(&s, 2, 0.2, (20 + 1 + 3 - 4) * STEP_S);
	is_means(&s, "STDP (job 40)");
	close_it(&s);
}

/* ---- what no job is ------------------------------------------------------------ */

static void misfits_are_composed_or_refused(void)
{
	static const struct {
		const char *keys;
		double v_V[4];
		double hold_s;
		double compliance;
		int code;
		const char *text;
	} cases[] = {
		{"", {0.1, 0.3, 0.2, 0.1}, 2e-3, 0, MR_OK, ""},
		{"&trace=reads", {0.1, 0.1, 0.1, 0.1}, 5e-3, 0, MR_OK, ""},
		{"", {0.1, 0.9, 0.2, 0.1}, 2e-3, 0, MR_ERR_UNSUPPORTED,
	         "does not take this waveform"},
		{"&trace=curve", {0.1, 0.3, 0.2, 0.1}, 2e-3, 0,
	         MR_ERR_UNSUPPORTED, "equal steps"},
		{"&trace=curve", {0.1, 0.2, 0.2, 0.1}, 1e-4, 0,
	         MR_ERR_UNSUPPORTED, "0.001 s and more"},
		{"&trace=curve", {0.02, 0.04, 0.02, 0}, 2e-3, 0,
	         MR_ERR_UNSUPPORTED, "starts at 0.05 V"},
		{"&trace=curve", {0.1, 0.2, 0.1, 0}, 2e-3, 2e-3,
	         MR_ERR_UNSUPPORTED, "cuts off at"},
		{"&trace=chrono", {0.1, 0.1, 0.1, 0.2}, 5e-3, 0,
	         MR_ERR_UNSUPPORTED, "level 3"},
		{"&trace=chrono", {0.1, 0.1, 0.1, 0.1}, 1e-5, 0,
	         MR_ERR_UNSUPPORTED, "each level for"},
		{"&trace=volatility", {0.1, 0.1, 0.1, 0.1}, 5e-3, 0,
	         MR_ERR_UNSUPPORTED, "volatility is"},
		{"&trace=former", {1, 1, 1, 1}, 5e-3, 0, MR_ERR_UNSUPPORTED,
	         "no pulse"},
		{"&trace=seeker", {1, 1, 1, 1}, 5e-3, 0, MR_ERR_UNSUPPORTED,
	         "no pulse"},
		{"&trace=endurance", {1, 1, 1, 1}, 5e-3, 0, MR_ERR_UNSUPPORTED,
	         "no pulse"},
		{"&trace=stdp", {0.1, 0.1, 0.1, 0.1}, 5e-3, 0,
	         MR_ERR_UNSUPPORTED, "stdp is"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct scene s;

		open_with(&s, cases[i].keys);
		prepare(&s, 20);
		sweep(&s, cases[i].v_V, 4, cases[i].hold_s);
		s.op.trace.compliance = cases[i].compliance;
		MR_CODE(play(&s), cases[i].code);
		MR_HAS(mr_array_errmsg(s.array), cases[i].text);
		if (cases[i].code)
			CU_ASSERT_EQUAL(s.n_sent, 0); /* before a byte leaves */
		for (uint32_t k = 0; k < 4 && !cases[i].code; k++)
			is_sample(&s, k, cases[i].v_V[k], 20 * STEP_S);
		close_it(&s);
	}
}

static void wrong_keys_of_jobs_are_refused(void)
{
	static const struct {
		const char *key;
		int code;
		const char *text;
	} wrong[] = {
		{"&trace=fast", MR_ERR_USAGE, "volatility"},
		{"&profile=mine", MR_ERR_USAGE, "library, gui"},
		{"&form=13", MR_ERR_USAGE, "14, 141"},
		{"&seek=16", MR_ERR_USAGE, "15, 152"},
		{"&series=2k", MR_ERR_USAGE, "none, 1k"},
		{"&halt=2", MR_ERR_RANGE, "halt"},
		{"&stop_pct=-1", MR_ERR_RANGE, "stop_pct"},
		{"&program=converge", MR_ERR_USAGE, "converge.v_max_V"},
		{"&converge.v_max_V=3", MR_ERR_RANGE, "up to 2 V"},
		{"&converge.v_max_V=1&converge.v_min_V=2", MR_ERR_RANGE,
	         "v_min_V 2"},
		{"&converge.v_max_V=1&converge.polarity=0", MR_ERR_RANGE,
	         "polarity"},
	};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct mr_array *array = NULL;
		struct mr_errtext err = {""};
		char uri[300];

		(void)snprintf(uri, sizeof uri, "%s%s", URI, wrong[i].key);
		MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err),
		            wrong[i].code, err);
		MR_HAS(err.text, wrong[i].text);
	}
}

/* ---- ConvergeToState ----------------------------------------------------------- */

#define CONVERGE                                                              \
	"&program=converge&converge.v_min_V=0.7&converge.v_step_V=0.1"        \
	"&converge.v_max_V=1.4&converge.w_min_s=1e-6&converge.w_max_s=4e-6"

static void program_is_convergence_with_a_budget(void)
{
	struct scene s;
	float g_S = 0;
	uint32_t pulses = 0;
	uint8_t status = 0;

	open_with(&s, CONVERGE);
	prepare(&s, 20); /* 1 uS */
	s.op = (struct mr_op){.kind = MR_OP_PROGRAM,
	                      .where = {.kind = MR_SELECT_LIST,
	                                .cells = &s.cell,
	                                .n_cells = 1},
	                      .program = {.target = 2.4e-6,
	                                  .tolerance_S = 0.2e-6,
	                                  .budget = 9,
	                                  .g_S = &g_S,
	                                  .pulses = &pulses,
	                                  .status = &status}};
	MR_CODE(mr_array_submit(s.array, &s.op, 1, NULL, NULL), MR_OK);
	/* 1 / 2.4 uS; 0.2 of 2.6 is 7.692 %: the narrower side in ohms */
	is_sent(&s, "1\n2\n2\n21\n7.000e-01\n1.000e-01\n1.400e+00\n1.000e-06\n"
	            "1.000e+02\n4.000e-06\n0.000e+00\n4.167e+05\n7.692e+00\n"
	            "1.000e+01\n1\n1\n1\n2\n2\n");
	/* 0.35 + 0.40 + 0.45: 2.2 uS is out by 9.1 %; 0.5 more is over, and back
	 * by 0.35: 2.35 uS */
	MR_NEAR((double)g_S, 2.35e-6, 1e-10);
	CU_ASSERT(pulses == 5 && status == 0);
	is_means(&s, "ConvergeToState (job 21)");
	s.n_sent = 0;
	MR_CODE(mr_array_submit(s.array, &s.op, 1, NULL, NULL), MR_OK);
	is_sent(&s, "1\n2\n2\n"); /* it is there */
	CU_ASSERT(pulses == 0 && status == 0);
	s.op.program.target = 9e-6;
	s.op.program.budget = 2;
	MR_CODE(mr_array_submit(s.array, &s.op, 1, NULL, NULL), MR_OK);
	CU_ASSERT_EQUAL(status, MR_STATUS_NOT_CONVERGED | MR_STATUS_UNKNOWN);
	CU_ASSERT_EQUAL(pulses, 2);
	/* restarted: the next one works again */
	s.op.program.target = 5e-6;
	s.op.program.budget = 50;
	MR_CODE(mr_array_submit(s.array, &s.op, 1, NULL, NULL), MR_OK);
	CU_ASSERT_EQUAL(status, 0);
	MR_NEAR((double)g_S, 5e-6, 0.2e-6);
	close_it(&s);
}

static void program_that_no_job_does_is_refused(void)
{
	struct scene s;

	open_with(&s, CONVERGE "&converge.pulses=3");
	s.op = (struct mr_op){.kind = MR_OP_PROGRAM,
	                      .program = {.target = 2e-6,
	                                  .tolerance_S = 0.2e-6,
	                                  .averages = 4,
	                                  .budget = 9}};
	MR_CODE(mr_array_submit(s.array, &s.op, 1, NULL, NULL),
	        MR_ERR_UNSUPPORTED);
	MR_HAS(mr_array_errmsg(s.array), "averages is 4");
	s.op.program.averages = 1;
	s.op.program.budget = 2;
	MR_CODE(mr_array_submit(s.array, &s.op, 1, NULL, NULL),
	        MR_ERR_UNSUPPORTED);
	MR_HAS(mr_array_errmsg(s.array), "budget is 2");
	s.op.program.budget = 9;
	s.op.program.target = 0;
	MR_CODE(mr_array_submit(s.array, &s.op, 1, NULL, NULL),
	        MR_ERR_UNSUPPORTED);
	MR_HAS(mr_array_errmsg(s.array), "0 S is none");
	CU_ASSERT_EQUAL(s.n_sent, 0);
	close_it(&s);
}

/* ---- guard, log, stop ---------------------------------------------------------- */

static void guard_sees_the_levels_of_a_job(void)
{
	struct scene s;

	open_with(&s, "&guard.v_V=1.1&converge.v_max_V=1.4&program=converge");
	prepare(&s, 20);
	beat(&s, 1.2, 200e-9, 1, 0);
	beat(&s, -1, 200e-9, 1, 0);
	CU_ASSERT(play(&s) != MR_OK);
	CU_ASSERT_EQUAL(s.n_sent, 0);
	/* a program whose pulses it cannot see is done pulse by pulse */
	CU_ASSERT(!(mr_array_describe(s.array)->abilities &
	            MR_ABILITY(MR_OP_PROGRAM)));
	close_it(&s);
}

/* Composed and native ones in turn, one of them refused. */
static void play_three(struct scene *s, float *i_A)
{
	static const double level_V[] = {0.1, 0.2, 0.1, 0.3, 0.9, 0.9};

	sweep(s, level_V, 3, 2e-3);
	MR_CODE(play(s), MR_OK); /* curve */
	memcpy(i_A, s->i_A, 3 * sizeof *i_A);
	sweep(s, level_V, 4, 2e-3);
	MR_CODE(play(s), MR_OK); /* by reads */
	memcpy(i_A + 3, s->i_A, 4 * sizeof *i_A);
	sweep(s, level_V, 5, 2e-3);
	MR_CODE(play(s), MR_ERR_UNSUPPORTED);
	sweep(s, level_V + 4, 2, 2e-3);
	MR_CODE(play(s), MR_OK); /* chrono */
	memcpy(i_A + 7, s->i_A, 2 * sizeof *i_A);
}

static void log_with_jobs_is_played_back(void)
{
	struct scene s;
	char path[MR_TEST_PATH_MAX], uri[MR_TEST_PATH_MAX + 16];
	float recorded[9], again[9];
	struct mr_oplog *log = NULL;
	struct mr_errtext err = {""};

	(void)remove(mr_test_path(path, "jobs.db"));
	open_with(&s, "");
	MR_CODE_ERR(mr_oplog_start(path, s.array, NULL, &log, &err), MR_OK,
	            err);
	prepare(&s, 20);
	play_three(&s, recorded);
	MR_CODE(mr_oplog_finish(log, &err), MR_OK);
	close_it(&s);
	(void)snprintf(uri, sizeof uri, "playback:%s", path);
	s.n_sent = 0;
	MR_CODE_ERR(mr_array_open(uri, NULL, &s.array, &err), MR_OK, err);
	prepare(&s, 20);
	play_three(&s, again);
	CU_ASSERT_EQUAL(memcmp(recorded, again, sizeof again), 0);
	close_it(&s);
}

const struct mr_test mr_tests[] = {
	{"curve_is_a_staircase_of_both_signs",
	 curve_is_a_staircase_of_both_signs},
	{"curve_of_one_sign_may_be_repeated_and_pulsed",
	 curve_of_one_sign_may_be_repeated_and_pulsed},
	{"curve_takes_levels_of_zero_as_nothing",
	 curve_takes_levels_of_zero_as_nothing},
	{"curve_turns_back_where_it_is_cut_off",
	 curve_turns_back_where_it_is_cut_off},
	{"chrono_is_one_level_sampled_evenly",
	 chrono_is_one_level_sampled_evenly},
	{"volatility_is_a_pulse_and_quick_readings",
	 volatility_is_a_pulse_and_quick_readings},
	{"former_is_a_grid_of_rising_pulses",
	 former_is_a_grid_of_rising_pulses},
	{"former_stops_at_its_threshold", former_stops_at_its_threshold},
	{"seeker_turns_where_the_cell_has_switched",
	 seeker_turns_where_the_cell_has_switched},
	{"endurance_is_two_kinds_of_pulses_in_turn",
	 endurance_is_two_kinds_of_pulses_in_turn},
	{"endurance_has_its_pause_in_ms_by_the_gui",
	 endurance_has_its_pause_in_ms_by_the_gui},
	{"stdp_is_any_levels_between_readings",
	 stdp_is_any_levels_between_readings},
	{"misfits_are_composed_or_refused", misfits_are_composed_or_refused},
	{"wrong_keys_of_jobs_are_refused", wrong_keys_of_jobs_are_refused},
	{"program_is_convergence_with_a_budget",
	 program_is_convergence_with_a_budget},
	{"program_that_no_job_does_is_refused",
	 program_that_no_job_does_is_refused},
	{"guard_sees_the_levels_of_a_job", guard_sees_the_levels_of_a_job},
	{"log_with_jobs_is_played_back", log_with_jobs_is_played_back},
	{0},
};
