/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The guard refuses before anything is sent; the fault filter fails where and
 * how it was told, the same way each time. */
#include <stdio.h>
#include <string.h>

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

/* Refused by this key, and neither cells nor time have moved. */
static void refuse(struct mr_array *array, struct mr_op *op, const char *key)
{
	uint32_t n = mr_array_describe(array)->rows *
	             mr_array_describe(array)->cols;
	int64_t t_ns = mr_array_time_ns(array);
	uint64_t before = 0, after = 0;
	struct mr_truth t;

	MR_CODE(mr_emulator_truth(array, &t), MR_OK);
	for (uint32_t cell = 0; cell < n; cell++)
		before += t.pulses[cell] + t.reads[cell];
	MR_CODE(submit(array, op), MR_ERR_REFUSED);
	MR_HAS(mr_array_errmsg(array), key);
	CU_ASSERT_EQUAL(op->outcome.error, MR_ERR_REFUSED);
	CU_ASSERT_EQUAL(op->outcome.n_effect, 0);
	for (uint32_t cell = 0; cell < n; cell++)
		after += t.pulses[cell] + t.reads[cell];
	CU_ASSERT_EQUAL(after, before);
	CU_ASSERT_EQUAL(mr_array_time_ns(array), t_ns);
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
	float level[2] = {0.1f, 0.24f}, amplitudes[4] = {0.7f, 0.7f, 0.7f, 0};
	double hold_s[2] = {1e-6, 1e-6};
	struct mr_op read = {.kind = MR_OP_READ,
	                     .read = {.v_read_V = -0.24, .g_S = g_S}};
	struct mr_op drive = {.kind = MR_OP_DRIVE,
	                      .drive = {.batch = 1, .v_V = v_V, .i_A = i_A}};
	struct mr_op trace = {.kind = MR_OP_TRACE,
	                      .trace = {.n_levels = 2,
	                                .level = level,
	                                .hold_s = hold_s,
	                                .i_A = (float[8]){0}}};
	struct mr_op pulse = named_pulse(array, "set"); /* 1 V */

	refuse(array, &read, "guard.v_V");
	MR_CODE(submit(array, &drive), MR_OK); /* the limit itself passes */
	v_V[0] = 0.2386f;
	refuse(array, &drive, "guard.v_V");
	refuse(array, &trace, "guard.v_V");
	refuse(array, &pulse, "guard.v_V");
	pulse.pulse.amplitudes = amplitudes;
	refuse(array, &pulse, "of 0.7 V is over the limit of 0.2385 V");
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
	struct mr_op reset = named_pulse(array, "reset");

	MR_CODE(submit(array, &set), MR_OK);
	refuse(array, &reset, "guard.i_A");
	set.pulse.amplitudes = amplitudes;
	refuse(array, &set, "guard.i_A"); /* not even the first two */
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
	struct mr_op read = {.kind = MR_OP_READ,
	                     .read = {.t_int_s = 2.4e-6, .g_S = g_S}};
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

	refuse(array, &read, "guard.width_s");
	refuse(array, &drive, "guard.width_s");
	refuse(array, &trace, "guard.width_s");
	pulse.pulse.widths_s = widths_s;
	refuse(array, &pulse, "guard.width_s");
	pulse.pulse.widths_s = NULL;
	MR_CODE(submit(array, &pulse), MR_OK); /* .1 us */
	pulse.pulse.width_s = 2.4e-6;
	refuse(array, &pulse, "guard.width_s");
	MR_CODE(mr_array_wait(array, 3600), MR_OK); /* waiting is no pulse */
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void guard_counts_pulses_down(void)
{
	struct mr_array *array =
		mr_session_open("emu:pcm?rows=1&cols=3&guard.pulses=10");
	uint32_t counts[3] = {2, 0, 3};
	struct mr_op op = named_pulse(array, "set");
	struct mr_truth t;

	op.pulse.counts = counts;
	MR_CODE(submit(array, &op), MR_OK); /* 5 of 10 */
	op.pulse.counts = NULL;
	op.pulse.count = 2;
	refuse(array, &op, "6 more pulses, but only 5 of the 10");
	op.pulse.count = 1;
	MR_CODE(submit(array, &op), MR_OK); /* 8 */
	counts[2] = 1;
	op.pulse.counts = counts;
	refuse(array, &op, "guard.pulses");
	counts[0] = 1;
	MR_CODE(submit(array, &op), MR_OK); /* 10 */
	counts[0] = 0;
	refuse(array, &op, "only 0 of the 10");
	MR_CODE(mr_emulator_truth(array, &t), MR_OK);
	CU_ASSERT_EQUAL(t.pulses[0] + t.pulses[1] + t.pulses[2], 10);
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
		"emu:ideal?rows=1&cols=1&guard.v_V=0.5&fault.at=2");
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
