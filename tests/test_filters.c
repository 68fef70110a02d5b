/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The guard refuses before anything is sent; the fault filter fails where and
 * how it was told, the same way each time. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "driver/array_priv.h"
#include "memrig/emulator.h"
#include "memrig/memrig.h"

#include "session.h"
#include "test.h"

static int submit(struct mr_array *array, struct mr_op *op)
{
	return mr_array_submit(array, op, 1, NULL, NULL);
}

static void refuse_open(const char *uri, int code, const char *part)
{
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), code, err);
	MR_HAS(err.text, part);
	CU_ASSERT_PTR_NULL(array);
}

/* ---- guard --------------------------------------------------------------- */

/* Pulses and reads that the cells have seen. */
static uint64_t events(const struct mr_array *array)
{
	struct mr_truth t;
	uint64_t n = 0;

	MR_CODE(mr_emulator_truth(array, &t), MR_OK);
	for (uint32_t cell = 0; cell < t.n_cells; cell++)
		n += t.pulses[cell] + t.reads[cell];
	return n;
}

static uint64_t pulses(const struct mr_array *array)
{
	struct mr_truth t;
	uint64_t n = 0;

	MR_CODE(mr_emulator_truth(array, &t), MR_OK);
	for (uint32_t cell = 0; cell < t.n_cells; cell++)
		n += t.pulses[cell];
	return n;
}

/* Refused with this code and sentence, and neither cells nor time have moved. */
static void refuse(struct mr_array *array, struct mr_op *op, int code,
                   const char *words)
{
	int64_t t_ns = mr_array_time_ns(array);
	uint64_t before = events(array);

	MR_CODE(submit(array, op), code);
	MR_HAS(mr_array_errmsg(array), words);
	CU_ASSERT_EQUAL(op->outcome.error, code);
	CU_ASSERT_EQUAL(op->outcome.n_effect, 0);
	CU_ASSERT_EQUAL(events(array), before);
	CU_ASSERT_EQUAL(mr_array_time_ns(array), t_ns);
}

/* Hand an operation to the filters themselves, past the core's check, as a
 * caller would that forgot it. Defaults must be filled in. */
static int past_core(struct mr_array *array, struct mr_op *op,
                     struct mr_errtext *err)
{
	struct mr_stage *s = &array->stages[array->n_stages - 1];
	struct mr_run run = {
		.stop = &array->stop, .clock = &array->clock, .err = err};
	size_t done = 9;
	int rc = s->type->submit(s->self, op, 1, &run, &done);

	CU_ASSERT_EQUAL(done, rc ? 0 : 1);
	return rc;
}

/* Beyond a limit that is described: the core names the guard, and the guard
 * itself would not let it pass either. */
static void refuse_twice(struct mr_array *array, struct mr_op *op,
                         const char *words, const char *key)
{
	struct mr_errtext err = {""};
	uint64_t before = events(array);

	refuse(array, op, MR_ERR_RANGE, words);
	MR_HAS(mr_array_errmsg(array), "narrowed by guard.*");
	MR_CODE(past_core(array, op, &err), MR_ERR_REFUSED);
	MR_HAS(err.text, key);
	CU_ASSERT_EQUAL(events(array), before);
}

static struct mr_op named_pulse(const struct mr_array *array, const char *name)
{
	struct mr_op op = {.kind = MR_OP_PULSE};

	mr_pulse_from(&op, mr_description_waveform(mr_array_describe(array),
	                                           name));
	return op;
}

static void guard_refuses_volts_over_its_limit(void)
{
	struct mr_array *array = mr_session_open(
		"emu:ideal?rows=2&cols=2&guard.v_V=0.2385");
	float v_V[2] = {0.1f, -0.2385f}, i_A[4], g_S[4];
	float level[2] = {0.1f, 0.24f}, amplitudes[4] = {0, 0.2f, 0.2f, 0.7f};
	double hold_s[2] = {1e-6, 1e-6};
	struct mr_op read = {.kind = MR_OP_READ,
	                     .read = {.v_read_V = -0.24,
	                              .t_int_s = 1e-6,
	                              .g_S = g_S}};
	struct mr_op drive = {.kind = MR_OP_DRIVE,
	                      .drive = {.batch = 1, .v_V = v_V, .i_A = i_A}};
	struct mr_op trace = {.kind = MR_OP_TRACE,
	                      .trace = {.n_levels = 2,
	                                .level = level,
	                                .hold_s = hold_s,
	                                .i_A = (float[8]){0}}};
	struct mr_op pulse = {
		.kind = MR_OP_PULSE,
		.pulse = {.amplitude = -1, .width_s = 1e-7, .count = 1}};

	refuse_twice(array, &read, "v_read_V is -0.24", "guard.v_V");
	MR_CODE(submit(array, &drive), MR_OK); /* the limit itself passes */
	v_V[0] = 0.2386f;
	refuse_twice(array, &drive, "a voltage in v_V", "guard.v_V");
	refuse_twice(array, &trace, "amplitude in V is 0.24", "guard.v_V");
	refuse_twice(array, &pulse, "amplitude in V is -1: must be -0.2385 to",
	             "guard.v_V");
	pulse.pulse.amplitudes = amplitudes;
	refuse_twice(array, &pulse, "amplitude in V is 0.7",
	             "of 0.7 V is over the limit of 0.2385 V");
	amplitudes[3] = NAN;
	refuse_twice(array, &pulse, "amplitude in V is nan", "guard.v_V");
	MR_CODE(mr_array_read(array, NULL, g_S), MR_OK); /* at .2 V */
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* A RESET of model pcm is 440 uA, a SET 90 uA. */
static void guard_refuses_amperes_over_its_limit(void)
{
	struct mr_array *array =
		mr_session_open("emu:pcm?rows=1&cols=3&guard.i_A=9.05e-5");
	float amplitudes[3] = {9.0e-5f, 9.05e-5f, 9.08e-5f};
	struct mr_op set = named_pulse(array, "set");
	struct mr_op reset = set;

	reset.pulse.amplitude = 4.4e-4;
	MR_CODE(submit(array, &set), MR_OK);
	refuse_twice(array, &reset, "amplitude in A", "guard.i_A");
	set.pulse.amplitudes = amplitudes;
	refuse_twice(array, &set, "amplitude in A",
	             "guard.i_A"); /* not even the first two */
	amplitudes[2] = 8.95e-5f;
	MR_CODE(submit(array, &set), MR_OK);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void guard_refuses_widths_over_its_limit(void)
{
	struct mr_array *array = mr_session_open(
		"emu:ideal?rows=1&cols=2&guard.width_s=2.385e-6");
	float g_S[2], v_V = 0.1f, i_A[2], level = 0.1f;
	float widths_s[2] = {1e-7f, 2.4e-6f};
	double hold_s = 2.4e-6;
	struct mr_errtext err;
	struct mr_op read = {.kind = MR_OP_READ,
	                     .read = {.v_read_V = 0.1,
	                              .t_int_s = 2.4e-6,
	                              .g_S = g_S}};
	struct mr_op drive = {.kind = MR_OP_DRIVE,
	                      .drive = {.batch = 1,
	                                .v_V = &v_V,
	                                .duration_s = 2.4e-6,
	                                .i_A = i_A}};
	struct mr_op trace = {.kind = MR_OP_TRACE,
	                      .trace = {.n_levels = 1,
	                                .level = &level,
	                                .hold_s = &hold_s,
	                                .i_A = i_A}};
	struct mr_op pulse = named_pulse(array, "set");

	refuse_twice(array, &read, "t_int_s is 2.4e-06", "guard.width_s");
	refuse_twice(array, &drive, "duration_s", "guard.width_s");
	refuse_twice(array, &trace, "a hold in hold_s", "guard.width_s");
	pulse.pulse.widths_s = widths_s;
	refuse_twice(array, &pulse, "a width in widths_s", "guard.width_s");
	widths_s[1] = 2.385e-6f; /* the float nearest to the limit passes */
	MR_CODE(submit(array, &pulse), MR_OK);
	pulse.pulse.widths_s = NULL;
	MR_CODE(submit(array, &pulse), MR_OK); /* .1 us */
	pulse.pulse.width_s = 2.4e-6;
	refuse_twice(array, &pulse, "width_s", "guard.width_s");
	pulse.pulse.width_s = -1; /* would make its edges look short */
	pulse.pulse.t_rise_s = 2.5;
	MR_CODE(past_core(array, &pulse, &err), MR_ERR_REFUSED);
	MR_CODE(mr_array_wait(array, 3600), MR_OK); /* waiting is no pulse, */
	drive.drive.duration_s = 1e-6;
	drive.drive.period_s = 2.385; /* nor is the rest of a period, */
	MR_CODE(submit(array, &drive), MR_OK);
	level = 0; /* nor a hold at nothing */
	hold_s = 2.385;
	MR_CODE(submit(array, &trace), MR_OK);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void guard_counts_pulses_down(void)
{
	struct mr_array *array =
		mr_session_open("emu:pcm?rows=1&cols=3&guard.pulses=10");
	uint32_t counts[3] = {2, 0, 3};
	struct mr_op op = named_pulse(array, "set");

	op.pulse.counts = counts;
	MR_CODE(submit(array, &op), MR_OK); /* 5 of 10 */
	op.pulse.counts = NULL;
	op.pulse.count = 2;
	refuse(array, &op, MR_ERR_REFUSED,
	       "6 more pulses, but only 5 of the 10");
	op.pulse.count = 1;
	MR_CODE(submit(array, &op), MR_OK); /* 8 */
	counts[2] = 1;
	op.pulse.counts = counts;
	refuse(array, &op, MR_ERR_REFUSED, "guard.pulses");
	counts[0] = 1;
	MR_CODE(submit(array, &op), MR_OK); /* 10 */
	counts[0] = 0;
	refuse(array, &op, MR_ERR_REFUSED, "only 0 of the 10");
	CU_ASSERT_EQUAL(pulses(array), 10);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void guard_bounds_a_composed_program(void)
{
	struct mr_array *array =
		mr_session_open("emu:pcm?rows=1&cols=1&guard.pulses=3");
	struct mr_op op = {.kind = MR_OP_PROGRAM,
	                   .program = {.target = 11e-6,
	                               .tolerance_S = 1e-9,
	                               .budget = 50}};
	struct mr_truth t;

	MR_CODE(submit(array, &op), MR_ERR_REFUSED);
	MR_HAS(mr_array_errmsg(array), "guard.pulses");
	MR_CODE(mr_emulator_truth(array, &t), MR_OK);
	CU_ASSERT(t.pulses[0] <= 3);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* What comes before the refused one of a list is let through. */
static void guard_stops_a_list_at_the_refused_one(void)
{
	struct mr_array *array =
		mr_session_open("emu:pcm?rows=1&cols=1&guard.pulses=1");
	struct mr_op ops[3] = {named_pulse(array, "set"),
	                       named_pulse(array, "set"),
	                       {.kind = MR_OP_WAIT,
	                        .wait = {.duration_s = 2.385}}};
	struct mr_truth t;
	size_t done = 9;

	MR_CODE(mr_array_submit(array, ops, 3, NULL, &done), MR_ERR_REFUSED);
	CU_ASSERT_EQUAL(done, 1);
	CU_ASSERT_EQUAL(ops[0].outcome.error, MR_OK);
	CU_ASSERT_EQUAL(ops[1].outcome.error, MR_ERR_REFUSED);
	CU_ASSERT_EQUAL(ops[1].outcome.t_begin_ns, ops[0].outcome.t_end_ns);
	CU_ASSERT_EQUAL(ops[2].outcome.error, MR_ERR_NOT_RUN);
	CU_ASSERT_EQUAL(mr_array_time_ns(array), ops[0].outcome.t_end_ns);
	MR_CODE(mr_emulator_truth(array, &t), MR_OK);
	CU_ASSERT_EQUAL(t.pulses[0], 1);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* ---- guard: what is described -------------------------------------------- */

static void guard_describes_the_tightest_limits(void)
{
	struct mr_array *array = mr_session_open(
		"emu:ideal?guard.v_V=0.4&guard.width_s=2.385e-6");
	struct mr_array *bare = mr_session_open("emu:ideal");
	const struct mr_limits *l = &mr_array_describe(array)->limits;
	const struct mr_limits *b = &mr_array_describe(bare)->limits;

	CU_ASSERT_EQUAL(l->v_read_max_V, 0.4); /* of .6 */
	CU_ASSERT_EQUAL(l->v_pulse_max_V, 0.4); /* of 2 */
	CU_ASSERT_EQUAL(l->i_pulse_max_A, 0);
	CU_ASSERT_EQUAL(l->width_max_s, 2.385e-6);
	CU_ASSERT_EQUAL(l->wait_max_s, b->width_max_s);
	CU_ASSERT_EQUAL(b->wait_max_s, 0); /* the same as for a width */
	MR_CODE(mr_array_close(bare, NULL), MR_OK);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	array = mr_session_open("emu:pcm?guard.i_A=9.05e-5");
	CU_ASSERT_EQUAL(mr_array_describe(array)->limits.i_pulse_max_A, 9.05e-5);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* The erasing pulse of model ideal takes 20 us. What would always be refused is
 * not described, and what cannot be done without it is not offered. */
static void guard_describes_no_waveform_beyond_it(void)
{
	struct mr_array *array =
		mr_session_open("emu:ideal?guard.width_s=2.385e-6");
	const struct mr_description *d = mr_array_describe(array);

	CU_ASSERT_EQUAL(d->n_waveforms, 3);
	CU_ASSERT_PTR_NULL(mr_description_waveform(d, "reset"));
	CU_ASSERT_PTR_NOT_NULL(mr_description_waveform(d, "depress"));
	CU_ASSERT(mr_array_abilities(array) & MR_ABILITY(MR_OP_PROGRAM));
	MR_CODE(mr_array_pulse(array, NULL, "reset", 1), MR_ERR_USAGE);
	MR_HAS(mr_array_errmsg(array), "set, depress");
	MR_HAS(mr_array_errmsg(array), "guard.*");
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	array = mr_session_open("emu:pcm?guard.i_A=9.05e-5");
	CU_ASSERT(!(mr_array_abilities(array) & MR_ABILITY(MR_OP_PROGRAM)));
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	array = mr_session_open("emu:ideal?guard.v_V=0.1&offer=read+wait");
	CU_ASSERT_EQUAL(mr_array_describe(array)->n_waveforms, 0);
	CU_ASSERT(!(mr_array_abilities(array) & MR_ABILITY(MR_OP_DRIVE)));
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* A configure describes anew. */
static void guard_stays_narrow_after_a_configure(void)
{
	struct mr_array *array = mr_session_open("emu:ideal?guard.v_V=0.1385");
	struct mr_op op = {
		.kind = MR_OP_CONFIGURE,
		.configure = {.name = "read_range", .value = "2.385e-06"}};

	MR_CODE(submit(array, &op), MR_OK);
	CU_ASSERT_EQUAL(mr_array_describe(array)->limits.v_read_max_V, 0.1385);
	CU_ASSERT_STRING_EQUAL(mr_array_describe(array)->conditions[1].value,
	                       "2.385e-06");
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* ---- guard: what no description says ------------------------------------- */

static void guard_counts_edges_as_width(void)
{
	struct mr_array *array = mr_session_open(
		"emu:ideal?rows=1&cols=1&guard.width_s=2.385e-6");
	struct mr_op op = named_pulse(array, "set"); /* .1 us */

	op.pulse.t_rise_s = 1000;
	refuse_twice(array, &op, "t_rise_s is 1000", "guard.width_s");
	op.pulse.t_rise_s = 1.2e-6; /* 2.4 us in all */
	op.pulse.t_fall_s = 1.1e-6;
	refuse(array, &op, MR_ERR_REFUSED, "a width, with its edges, of 2.4e-06");
	op.pulse.t_fall_s = 1.0e-6;
	MR_CODE(submit(array, &op), MR_OK);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	/* without a key a flat top may be as long as the array allows */
	array = mr_session_open("emu:ideal?rows=1&cols=1");
	op.pulse.width_s = mr_array_describe(array)->limits.width_max_s;
	MR_CODE(submit(array, &op), MR_OK);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static struct mr_op long_trace(const float *level, const double *hold_s,
                               uint32_t n, float *i_A)
{
	return (struct mr_op){.kind = MR_OP_TRACE,
	                      .trace = {.n_levels = n,
	                                .level = level,
	                                .hold_s = hold_s,
	                                .i_A = i_A}};
}

/* Levels that program one after the other are one long pulse. */
static void guard_limits_a_trace_beyond_reading(void)
{
	struct mr_array *array = mr_session_open(
		"emu:ideal?rows=1&cols=1&guard.width_s=2.385e-6");
	float level[5] = {1, 1.2f, 0.1f, -1, 0}, i_A[5];
	double hold_s[5] = {1.2e-6, 1.1e-6, 2e-6, 1.2e-6, 5};
	struct mr_op op = long_trace(level, hold_s, 5, i_A);

	MR_CODE(submit(array, &op), MR_OK);
	level[2] = 0.7f; /* over the .6 V of reads */
	refuse(array, &op, MR_ERR_REFUSED, "a stretch beyond reading of 4.3e-06");
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void guard_counts_the_pulses_of_traces(void)
{
	struct mr_array *array =
		mr_session_open("emu:ideal?rows=1&cols=2&guard.pulses=7");
	float level[5] = {1, 0.2f, 1, 0, -1}, i_A[10];
	double hold_s[5] = {1e-7, 1e-7, 1e-7, 1e-7, 1e-7};
	struct mr_op op = long_trace(level, hold_s, 5, i_A);

	MR_CODE(submit(array, &op), MR_OK); /* 3 on each of 2 cells */
	CU_ASSERT_EQUAL(pulses(array), 6);
	refuse(array, &op, MR_ERR_REFUSED, "6 more pulses, but only 1 of the 7");
	level[0] = level[2] = level[4] = 0.6f; /* reads */
	MR_CODE(submit(array, &op), MR_OK);
	CU_ASSERT_EQUAL(pulses(array), 6);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void guard_cannot_be_passed_by_a_count_that_wraps(void)
{
	struct mr_array *array =
		mr_session_open("emu:ideal?rows=1&cols=1&guard.pulses=7");
	struct mr_op op = named_pulse(array, "set");
	struct mr_errtext err = {""};

	/* nearly 2^63 cells, 2^31 pulses on each */
	op.where = (struct mr_selection){.kind = MR_SELECT_RECT,
	                                 .n_rows = 1u << 31,
	                                 .n_cols = UINT32_MAX};
	op.pulse.count = 1u << 31;
	MR_CODE(past_core(array, &op, &err), MR_ERR_REFUSED);
	MR_HAS(err.text, "guard.pulses");
	op = named_pulse(array, "set");
	op.pulse.count = 6;
	MR_CODE(submit(array, &op), MR_OK);
	op.pulse.count = 0; /* counts as 1 */
	op.where = (struct mr_selection){.kind = MR_SELECT_LIST,
	                                 .cells = (const uint32_t[]){0, 0},
	                                 .n_cells = 2};
	MR_CODE(past_core(array, &op, &err), MR_ERR_REFUSED);
	MR_HAS(err.text, "2 more pulses, but only 1 of the 7");
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* Failed before it was sent: not spent. */
static void guard_gives_back_what_was_not_sent(void)
{
	struct mr_array *array = mr_session_open(
		"emu:pcm?rows=1&cols=2&guard.pulses=6&fault.at=2");
	struct mr_op ops[3] = {named_pulse(array, "set"),
	                       named_pulse(array, "set"),
	                       named_pulse(array, "set")};
	size_t done = 9;

	MR_CODE(mr_array_submit(array, ops, 3, NULL, &done), MR_ERR_IO);
	CU_ASSERT_EQUAL(done, 1); /* 2 pulses; the third was not reached */
	ops[0].pulse.count = 3;
	refuse(array, &ops[0], MR_ERR_REFUSED, "6 more pulses, but only 4 of");
	ops[0].pulse.count = 2;
	MR_CODE(submit(array, &ops[0]), MR_OK);
	CU_ASSERT_EQUAL(pulses(array), 6);
	refuse(array, &ops[1], MR_ERR_REFUSED, "only 0 of the 6");
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void guard_keeps_what_has_an_unknown_outcome(void)
{
	struct mr_array *array = mr_session_open(
		"emu:pcm?rows=1&cols=2&guard.pulses=5&fault.at=1"
		"&fault.error=outcome");
	struct mr_op op = named_pulse(array, "set");

	op.pulse.count = 2;
	MR_CODE(submit(array, &op), MR_ERR_OUTCOME);
	refuse(array, &op, MR_ERR_REFUSED, "4 more pulses, but only 1 of the 5");
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* A clock that goes on by itself: each look takes 1 ns. */
static int64_t tick(void *self)
{
	return ++*(int64_t *)self;
}

/* A long list of cells over which the deadline passes. */
static void guard_counts_the_part_that_took_effect(void)
{
	static uint32_t cells[9000];
	int64_t now_ns = 0;
	struct mr_clock clock;
	struct mr_open_options options = {.clock = &clock};
	struct mr_context context = {.deadline_ns = 2};
	struct mr_array *array = NULL;

	mr_clock_system(&clock);
	clock.self = &now_ns;
	clock.monotonic_ns = clock.wall_ns = tick;
	MR_CODE(mr_array_open("emu:ideal?rows=1&cols=1&guard.pulses=9000",
	                      &options, &array, NULL),
	        MR_OK);
	struct mr_op op = named_pulse(array, "set");

	op.where = (struct mr_selection){
		.kind = MR_SELECT_LIST, .cells = cells, .n_cells = 9000};
	MR_CODE(mr_array_submit(array, &op, 1, &context, NULL),
	        MR_ERR_TIMEOUT);
	uint64_t n = op.outcome.n_effect;

	CU_ASSERT(n > 0 && n < 9000);
	CU_ASSERT_EQUAL(pulses(array), n);
	op.where.n_cells = 9000 - (uint32_t)n + 1;
	refuse(array, &op, MR_ERR_REFUSED, "of the 9000 allowed are left");
	op.where.n_cells--;
	MR_CODE(submit(array, &op), MR_OK);
	CU_ASSERT_EQUAL(pulses(array), 9000);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* The run can narrow what the array allows, never widen it. */
static void guard_never_widens_a_limit(void)
{
	refuse_open("emu:pcm?guard.i_A=5e-4", MR_ERR_RANGE, "guard.i_A");
	refuse_open("emu:pcm?guard.v_V=2.385", MR_ERR_RANGE, "guard.v_V");
	refuse_open("emu:pcm?guard.width_s=2e9", MR_ERR_RANGE, "guard.width_s");
	refuse_open("emu:pcm?guard.v_V=-0.1", MR_ERR_RANGE, "guard.v_V");
	refuse_open("emu:pcm?guard.pulses=-1", MR_ERR_USAGE, "guard.pulses");
	refuse_open("emu:pcm?guard.volts=1", MR_ERR_USAGE,
	            "unknown key 'guard.volts'");
	struct mr_array *array =
		mr_session_open("emu:pcm?rows=1&cols=1&guard.i_A=4.444e-4");
	struct mr_op op = named_pulse(array, "reset");

	refuse_open("emu:pcm?guard.pulse=4", MR_ERR_USAGE, "guard.pulses");
	op.pulse.amplitude = 4.45e-4; /* over the type's limit: not well-formed */
	MR_CODE(submit(array, &op), MR_ERR_RANGE);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* ---- faults -------------------------------------------------------------- */

static void fault_hits_the_counted_operation_once(void)
{
	static const struct {
		const char *name;
		int code;
	} kinds[] = {{"io", MR_ERR_IO}, {"timeout", MR_ERR_TIMEOUT}};

	for (int k = 0; k < 2; k++) {
		char uri[96];

		(void)snprintf(uri, sizeof uri,
		               "emu:pcm?rows=1&cols=1&fault.at=3&fault.error=%s",
		               kinds[k].name);
		struct mr_array *array = mr_session_open(uri);
		struct mr_truth t;
		struct mr_op op = named_pulse(array, "set");

		MR_CODE(submit(array, &op), MR_OK);
		MR_CODE(submit(array, &op), MR_OK);
		MR_CODE(submit(array, &op), kinds[k].code);
		MR_HAS(mr_array_errmsg(array), "operation 3 (fault.*)");
		CU_ASSERT_EQUAL(op.outcome.error, kinds[k].code);
		MR_CODE(mr_emulator_truth(array, &t), MR_OK);
		CU_ASSERT_EQUAL(t.pulses[0], 2); /* it was not sent */
		MR_CODE(submit(array, &op), MR_OK);
		MR_CODE(mr_array_close(array, NULL), MR_OK);
	}
}

static void fault_of_outcome_takes_effect_unseen(void)
{
	struct mr_array *array = mr_session_open(
		"emu:pcm?rows=1&cols=1&fault.at=1&fault.error=outcome");
	struct mr_op op = named_pulse(array, "set");
	struct mr_truth t;

	MR_CODE(submit(array, &op), MR_ERR_OUTCOME);
	CU_ASSERT_EQUAL(op.outcome.status & MR_STATUS_UNKNOWN,
	                MR_STATUS_UNKNOWN);
	MR_CODE(mr_emulator_truth(array, &t), MR_OK);
	CU_ASSERT_EQUAL(t.pulses[0], 1);
	CU_ASSERT_EQUAL(mr_array_time_ns(array), op.outcome.t_end_ns);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void fault_in_a_list_ends_it_there(void)
{
	struct mr_array *array =
		mr_session_open("emu:pcm?rows=1&cols=1&fault.at=2");
	struct mr_op ops[3] = {named_pulse(array, "set"),
	                       named_pulse(array, "set"),
	                       named_pulse(array, "set")};
	size_t done = 9;

	MR_CODE(mr_array_submit(array, ops, 3, NULL, &done), MR_ERR_IO);
	CU_ASSERT_EQUAL(done, 1);
	CU_ASSERT_EQUAL(ops[1].outcome.t_begin_ns, ops[0].outcome.t_end_ns);
	CU_ASSERT_EQUAL(ops[2].outcome.error, MR_ERR_NOT_RUN);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

#define TRIES 400

/* Which of many operations fail, one bit each. */
static int count_faults(const char *uri, uint8_t hit[TRIES])
{
	struct mr_array *array = mr_session_open(uri);
	int n = 0;

	for (int k = 0; k < TRIES; k++) {
		int rc = mr_array_wait(array, 1e-3);

		CU_ASSERT(rc == MR_OK || rc == MR_ERR_IO);
		hit[k] = rc != MR_OK;
		n += hit[k];
	}
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	return n;
}

/* Rate .2 of 400: 80 +- 8; four standard deviations. */
static void fault_rate_is_seeded(void)
{
	uint8_t a[TRIES], b[TRIES], c[TRIES];
	int n = count_faults("emu:ideal?fault.rate=0.2&fault.seed=5", a);

	CU_ASSERT(n > 80 - 32 && n < 80 + 32);
	CU_ASSERT_EQUAL(count_faults("emu:ideal?fault.rate=0.2&fault.seed=5", b),
	                n);
	CU_ASSERT_EQUAL(memcmp(a, b, sizeof a), 0);
	(void)count_faults("emu:ideal?fault.rate=0.2&fault.seed=6", c);
	CU_ASSERT(memcmp(a, c, sizeof a) != 0);
	CU_ASSERT_EQUAL(count_faults("emu:ideal?fault.rate=1", a), TRIES);
	CU_ASSERT_EQUAL(count_faults("emu:ideal?fault.rate=0", a), 0);
}

static void fault_keys_are_strict(void)
{
	refuse_open("emu:ideal?fault.at=0", MR_ERR_RANGE, "fault.at");
	refuse_open("emu:ideal?fault.rate=1.01", MR_ERR_RANGE, "fault.rate");
	refuse_open("emu:ideal?fault.rate=nan", MR_ERR_RANGE, "fault.rate");
	refuse_open("emu:ideal?fault.seed=x", MR_ERR_USAGE, "fault.seed");
	refuse_open("emu:ideal?fault.error=range", MR_ERR_USAGE,
	            "io, timeout or outcome");
	refuse_open("emu:ideal?fault.often=1", MR_ERR_USAGE,
	            "unknown key 'fault.often'");
}

/* The guard is outside: what it refuses is not counted as an operation. */
static void fault_counts_what_the_guard_lets_through(void)
{
	struct mr_array *array = mr_session_open(
		"emu:ideal?rows=1&cols=1&guard.pulses=0&fault.at=2");
	float g_S;

	MR_CODE(mr_array_read(array, NULL, &g_S), MR_OK);
	MR_CODE(mr_array_pulse(array, NULL, "set", 1), MR_ERR_REFUSED);
	MR_CODE(mr_array_read(array, NULL, &g_S), MR_ERR_IO);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

const struct mr_test mr_tests[] = {
	{"guard_refuses_volts_over_its_limit",
         guard_refuses_volts_over_its_limit},
	{"guard_refuses_amperes_over_its_limit",
         guard_refuses_amperes_over_its_limit},
	{"guard_refuses_widths_over_its_limit",
         guard_refuses_widths_over_its_limit},
	{"guard_counts_pulses_down", guard_counts_pulses_down},
	{"guard_bounds_a_composed_program", guard_bounds_a_composed_program},
	{"guard_stops_a_list_at_the_refused_one",
         guard_stops_a_list_at_the_refused_one},
	{"guard_never_widens_a_limit", guard_never_widens_a_limit},
	{"guard_describes_the_tightest_limits",
         guard_describes_the_tightest_limits},
	{"guard_describes_no_waveform_beyond_it",
         guard_describes_no_waveform_beyond_it},
	{"guard_stays_narrow_after_a_configure",
         guard_stays_narrow_after_a_configure},
	{"guard_counts_edges_as_width", guard_counts_edges_as_width},
	{"guard_limits_a_trace_beyond_reading",
         guard_limits_a_trace_beyond_reading},
	{"guard_counts_the_pulses_of_traces",
         guard_counts_the_pulses_of_traces},
	{"guard_cannot_be_passed_by_a_count_that_wraps",
         guard_cannot_be_passed_by_a_count_that_wraps},
	{"guard_gives_back_what_was_not_sent",
         guard_gives_back_what_was_not_sent},
	{"guard_keeps_what_has_an_unknown_outcome",
         guard_keeps_what_has_an_unknown_outcome},
	{"guard_counts_the_part_that_took_effect",
         guard_counts_the_part_that_took_effect},
	{"fault_hits_the_counted_operation_once",
         fault_hits_the_counted_operation_once},
	{"fault_of_outcome_takes_effect_unseen",
         fault_of_outcome_takes_effect_unseen},
	{"fault_in_a_list_ends_it_there", fault_in_a_list_ends_it_there},
	{"fault_rate_is_seeded", fault_rate_is_seeded},
	{"fault_keys_are_strict", fault_keys_are_strict},
	{"fault_counts_what_the_guard_lets_through",
         fault_counts_what_the_guard_lets_through},
	{0},
};
