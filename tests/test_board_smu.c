/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Source-measure units, each profile against an instrument that keeps a journal
 * (smupeer.c): what is sent and in which order, what is read, and that every
 * failure ends with the output off.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "memrig/memrig.h"

#include "driver/smu.h"
#include "smupeer.h"
#include "test.h"

#define R_OHM 2385.0
#define KEYS "&device=ideal&answer_s=0.3"

/* How a dialect says what the tests look for. */
struct dialect {
	const char *profile;
	const char *identity;
	const char *limit; /* of 1.5 mA */
	const char *zero;
	const char *on;
	const char *off;
	const char *level; /* of 0.25 V */
	const char *error;
	bool pulser;
};

static const struct dialect dialects[] = {
	{"2450", "KEITHLEY INSTRUMENTS,MODEL 2450,04501234,1.7.3b",
	 ":SOUR:VOLT:ILIM 0.0015", ":SOUR:VOLT 0", ":OUTP ON", ":OUTP OFF",
	 ":SOUR:VOLT 0.25", "-222,\"Parameter data out of range\"", false},
	{"2400", "KEITHLEY INSTRUMENTS INC.,MODEL 2400,1234567,C32",
	 ":SENS:CURR:PROT 0.0015", ":SOUR:VOLT 0", ":OUTP ON", ":OUTP OFF",
	 ":SOUR:VOLT 0.25", "-222,\"Parameter data out of range\"", false},
	{"b2900", "Keysight Technologies,B2901A,MY51140001,3.4",
	 ":SENS:CURR:PROT 0.0015", ":SOUR:VOLT 0", ":OUTP ON", ":OUTP OFF",
	 ":SOUR:VOLT 0.25", "-222,\"Data out of range\"", true},
	{"2600b", "Keithley Instruments Inc., Model 2602B, 4101234, 3.3.5",
	 "smua.source.limiti = 0.0015", "smua.source.levelv = 0",
	 "smua.source.output = 1", "smua.source.output = 0",
	 "smua.source.levelv = 0.25",
	 "-2.22000e+02\tParameter data out of range\t2.0e+01\t1.0", true},
	{"2461", "KEITHLEY INSTRUMENTS,MODEL 2461,04512345,1.7.3b",
	 ":SOUR:VOLT:ILIM 0.0015", ":SOUR:VOLT 0", ":OUTP ON", ":OUTP OFF",
	 ":SOUR:VOLT 0.25", "-222,\"Parameter data out of range\"", false},
};

#define N_DIALECTS (sizeof dialects / sizeof dialects[0])
#define N_VIRTUAL (N_DIALECTS - 1) /* of the 2461 there is no virtual unit */

struct bed {
	struct journal journal;
	struct smupeer peer;
	struct mr_array *array;
	struct mr_errtext err;
	const struct dialect *d;
};

/* ---- the bed ------------------------------------------------------------------ */

static void lay(struct bed *b, const struct dialect *d)
{
	*b = (struct bed){.d = d};
	(void)pthread_mutex_init(&b->journal.lock, NULL);
	b->peer = (struct smupeer){.identity = d->identity,
	                           .r_ohm = R_OHM,
	                           .journal = &b->journal};
}

static int open_as(struct bed *b, const char *keys)
{
	char uri[600];

	(void)snprintf(uri, sizeof uri, "smu+unix:%s?%s" KEYS, b->peer.path,
	               keys);
	return mr_array_open(uri, NULL, &b->array, &b->err);
}

static void open_bed(struct bed *b, const struct dialect *d)
{
	char keys[80];

	lay(b, d);
	smupeer_start(&b->peer);
	(void)snprintf(keys, sizeof keys, "profile=%s", d->profile);
	MR_CODE_ERR(open_as(b, keys), MR_OK, b->err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->array);
}

static void clear_bed(struct bed *b)
{
	MR_CODE_ERR(mr_array_close(b->array, &b->err), MR_OK, b->err);
	smupeer_stop(&b->peer);
	CU_ASSERT(!b->peer.on); /* whatever came before */
	(void)pthread_mutex_destroy(&b->journal.lock);
}

static int submit(struct bed *b, struct mr_op *op)
{
	return mr_array_submit(b->array, op, 1, NULL, NULL);
}

static void on_each(void (*test)(struct bed *b))
{
	for (size_t i = 0; i < N_DIALECTS; i++) {
		struct bed b;

		open_bed(&b, &dialects[i]);
		test(&b);
		clear_bed(&b);
	}
}

/* ---- tests ---------------------------------------------------------------------- */

static void read_gives_the_conductance(struct bed *b)
{
	float g_S = 0, v_V = 0, i_A = 0;
	uint8_t status = 9;
	struct mr_op op = {.kind = MR_OP_READ,
	                   .read = {.v_read_V = 0.25,
	                            .averages = 3,
	                            .g_S = &g_S,
	                            .v_V = &v_V,
	                            .i_A = &i_A,
	                            .status = &status}};
	const char *const order[] = {b->d->zero,  b->d->on,   b->d->level,
	                             b->d->zero,  NULL};
	bool lua = strcmp(b->d->profile, "2600b") == 0;
	const char *question = lua ? "print(smua.measure.iv())"
	                       : strcmp(b->d->profile, "b2900") == 0 ? ":MEAS?"
	                                                             : ":READ?";

	journal_clear(&b->journal);
	MR_CODE(submit(b, &op), MR_OK);
	MR_NEAR((double)g_S, 1 / R_OHM, 1e-9); /* float of 419 uS */
	MR_NEAR((double)v_V, 0.25, 1e-7);
	MR_NEAR((double)i_A, 0.25 / R_OHM, 1e-10);
	CU_ASSERT_EQUAL(status, 0);
	CU_ASSERT_EQUAL(journal_count(&b->journal, question), 3);
	CU_ASSERT(journal_has_order(&b->journal, order));
}

static void pulse_is_as_wide_as_asked_for(struct bed *b)
{
	struct mr_op op = {.kind = MR_OP_PULSE,
	                   .pulse = {.amplitude = 0.25,
	                             .width_s = 0.06,
	                             .count = 2,
	                             .compliance = 0.0015}};
	const char *const order[] = {b->d->limit, b->d->zero, b->d->on, NULL};
	int64_t t_ns = mr_array_time_ns(b->array);

	journal_clear(&b->journal);
	MR_CODE(submit(b, &op), MR_OK);
	CU_ASSERT_EQUAL(op.outcome.n_effect, 1);
	CU_ASSERT(journal_has_order(&b->journal, order));
	if (b->d->pulser) { /* the peer's takes no time */
		CU_ASSERT_EQUAL(journal_count(&b->journal, b->d->level), 0);
	} else {
		CU_ASSERT(mr_array_time_ns(b->array) - t_ns >= 120000000);
	}
}

/* A melt-quench RESET: 100 ns. */
static void pulse_too_short_is_refused_and_nothing_sent(struct bed *b)
{
	struct mr_op op = {.kind = MR_OP_PULSE,
	                   .pulse = {.amplitude = 1, .width_s = 100e-9}};

	journal_clear(&b->journal);
	MR_CODE(submit(b, &op), MR_ERR_RANGE);
	MR_HAS(mr_array_errmsg(b->array), "width_s");
	CU_ASSERT_EQUAL(b->journal.n, 0);
	op.pulse.width_s = 0.06;
	op.pulse.t_fall_s = 1e-3;
	MR_CODE(submit(b, &op), MR_ERR_UNSUPPORTED);
	MR_HAS(mr_array_errmsg(b->array), "edges");
	op.pulse.t_fall_s = 0;
	op.pulse.compliance = 3;
	MR_CODE(submit(b, &op), MR_ERR_RANGE);
	MR_HAS(mr_array_errmsg(b->array), "compliance");
}

static void sweep_samples_each_level(struct bed *b)
{
	const float level[] = {0.25f, -0.25f, 0.1f, 0};
	const double hold_s[] = {0.06, 0.06, 0.06, 0.06};
	const uint8_t sample[] = {1, 1, 0, 1};
	float v_V[3] = {0}, i_A[3] = {0};
	double t_s[3] = {0};
	uint8_t status[3] = {0};
	struct mr_op op = {.kind = MR_OP_TRACE,
	                   .trace = {.n_levels = 4,
	                             .level = level,
	                             .hold_s = hold_s,
	                             .sample = sample,
	                             .v_V = v_V,
	                             .i_A = i_A,
	                             .t_s = t_s,
	                             .status = status}};

	MR_CODE(submit(b, &op), MR_OK);
	for (int k = 0; k < 3; k++) {
		double v = k == 0 ? 0.25 : k == 1 ? -0.25 : 0;

		MR_NEAR((double)v_V[k], v, 1e-7);
		MR_NEAR((double)i_A[k], v / R_OHM, 1e-10);
		CU_ASSERT_EQUAL(status[k], 0);
		CU_ASSERT(t_s[k] >= 0.06 * (k == 2 ? 4 : k + 1) - 1e-9);
	}
}

static void compliance_trip_is_reported(struct bed *b)
{
	const float level[] = {0.25f};
	const double hold_s[] = {0.06};
	float i_A = 0, g_S = 0;
	uint8_t status = 0;
	struct mr_op sweep = {.kind = MR_OP_TRACE,
	                      .trace = {.n_levels = 1,
	                                .level = level,
	                                .hold_s = hold_s,
	                                .compliance = 20e-6,
	                                .i_A = &i_A,
	                                .status = &status}};
	struct mr_op limit = {.kind = MR_OP_CONFIGURE,
	                      .configure = {"limit", "3e-05"}};
	struct mr_op read = {.kind = MR_OP_READ,
	                     .read = {.v_read_V = 0.25,
	                              .g_S = &g_S,
	                              .status = &status}};

	MR_CODE(submit(b, &sweep), MR_OK);
	CU_ASSERT_EQUAL(status, MR_STATUS_COMPLIANCE);
	CU_ASSERT_EQUAL(sweep.outcome.status, MR_STATUS_COMPLIANCE);
	MR_NEAR((double)i_A, 20e-6, 1e-12);
	MR_CODE(submit(b, &limit), MR_OK);
	MR_CODE(submit(b, &read), MR_OK);
	CU_ASSERT_EQUAL(status, MR_STATUS_COMPLIANCE);
	MR_NEAR((double)g_S, 1 / R_OHM, 1e-9); /* of what was really there */
}

static void error_queue_fails_the_operation(struct bed *b)
{
	float g_S;

	b->peer.error = b->d->error;
	b->peer.error_after = b->d->level;
	MR_CODE(mr_array_read(b->array, NULL, &g_S), MR_OK); /* at 0.1 V */
	struct mr_op op = {.kind = MR_OP_READ,
	                   .read = {.v_read_V = 0.25, .g_S = &g_S}};

	MR_CODE(submit(b, &op), MR_ERR_RANGE);
	MR_HAS(mr_array_errmsg(b->array), "-222");
	MR_HAS(mr_array_errmsg(b->array), "out of range");
	CU_ASSERT(!b->peer.error_waits);
	b->peer.error_after = NULL; /* and it goes on */
	MR_CODE(submit(b, &op), MR_OK);
}

/* A limit that is refused must not be followed by an output that is on. */
static void refused_limit_leaves_the_output_off(struct bed *b)
{
	float g_S;

	b->peer.error = b->d->error;
	b->peer.error_after = b->d->zero;
	journal_clear(&b->journal);
	MR_CODE(mr_array_read(b->array, NULL, &g_S), MR_ERR_RANGE);
	CU_ASSERT_EQUAL(journal_count(&b->journal, b->d->on), 0);
	b->peer.error_after = NULL;
}

static void overflow_is_not_averaged(struct bed *b)
{
	static const struct smupeer_rule scpi[] = {
		{":READ?", "0.25,9.9E37"}, {":MEAS?", "0.25,+9.91E+37"}, {0}};
	static const struct smupeer_rule lua[] = {
		{"print(smua.measure.iv())", "9.91000e+37\t2.5e-01"}, {0}};
	float g_S = 1;
	uint8_t status = 0;
	struct mr_op op = {.kind = MR_OP_READ,
	                   .read = {.v_read_V = 0.25,
	                            .averages = 2,
	                            .g_S = &g_S,
	                            .status = &status}};

	b->peer.rules = strcmp(b->d->profile, "2600b") == 0 ? lua : scpi;
	MR_CODE(submit(b, &op), MR_OK);
	CU_ASSERT_EQUAL(status, MR_STATUS_OVER_RANGE);
	CU_ASSERT(g_S == 0);
}

static void answer_that_is_no_number_is_an_error(struct bed *b)
{
	static const struct smupeer_rule odd[] = {
		{":READ?", "0.25,ouch"},
		{":MEAS?", "0.25"},
		{"print(smua.measure.iv())", "nil"},
		{0}};
	float g_S;

	b->peer.rules = odd;
	MR_CODE(mr_array_read(b->array, NULL, &g_S), MR_ERR_IO);
	MR_HAS(mr_array_errmsg(b->array), "malformed");
	b->peer.rules = NULL; /* it is started again by itself */
	MR_CODE(mr_array_read(b->array, NULL, &g_S), MR_OK);
}

static void silence_is_a_time_out_and_the_output_off(struct bed *b)
{
	static const struct smupeer_rule mute[] = {
		{":READ?", ""}, {":MEAS?", ""}, {"print(smua.measure.iv())", ""},
		{0}};
	float g_S;
	const char *const order[] = {b->d->on, b->d->off, NULL};

	journal_clear(&b->journal);
	b->peer.rules = mute;
	MR_CODE(mr_array_read(b->array, NULL, &g_S), MR_ERR_TIMEOUT);
	b->peer.rules = NULL;
	MR_CODE(mr_array_resync(b->array), MR_OK);
	CU_ASSERT(journal_has_order(&b->journal, order));
}

static void description_is_what_the_profile_says(struct bed *b)
{
	const struct mr_description *d = mr_array_describe(b->array);
	struct smu_profile p;
	struct mr_errtext err;

	MR_CODE_ERR(mr__unit_profile_find(b->d->profile, SMU_KIND_SMU, &p, &err),
	            MR_OK, err);
	CU_ASSERT_EQUAL(d->rows * d->cols, 1);
	CU_ASSERT_STRING_EQUAL(d->driver, "smu");
	CU_ASSERT_STRING_EQUAL(d->model, "ideal");
	MR_HAS(b->d->identity, d->identity);
	CU_ASSERT(d->limits.width_min_s >= p.pulse_min_s);
	CU_ASSERT(d->limits.v_pulse_max_V <= p.v_max_V);
	CU_ASSERT_EQUAL(d->n_waveforms, 1); /* the read; others are too short */
}

#define EACH(name)                                                            \
	static void name##_on_each(void)                                      \
	{                                                                     \
		on_each(name);                                                \
	}

EACH(read_gives_the_conductance)
EACH(pulse_is_as_wide_as_asked_for)
EACH(pulse_too_short_is_refused_and_nothing_sent)
EACH(sweep_samples_each_level)
EACH(compliance_trip_is_reported)
EACH(error_queue_fails_the_operation)
EACH(refused_limit_leaves_the_output_off)
EACH(overflow_is_not_averaged)
EACH(answer_that_is_no_number_is_an_error)
EACH(silence_is_a_time_out_and_the_output_off)
EACH(description_is_what_the_profile_says)

/* Every shipped profile finds its own unit and no other's. */
static void profile_is_found_by_identity(void)
{
	for (size_t i = 0; i < N_DIALECTS; i++) {
		struct bed b;

		lay(&b, &dialects[i]);
		smupeer_start(&b.peer);
		MR_CODE_ERR(open_as(&b, "profile=auto"), MR_OK, b.err);
		CU_ASSERT(journal_count(&b.journal, b.d->off) >= 1);
		clear_bed(&b);
	}
}

static void open_fails(const struct dialect *d, const char *keys, int code,
                       const char *text, const char *more)
{
	struct bed b;

	lay(&b, d);
	smupeer_start(&b.peer);
	MR_CODE_ERR(open_as(&b, keys), code, b.err);
	MR_HAS(b.err.text, text);
	MR_HAS(b.err.text, more);
	CU_ASSERT_EQUAL(journal_count(&b.journal, d->on), 0);
	smupeer_stop(&b.peer);
	(void)pthread_mutex_destroy(&b.journal.lock);
}

static void wrong_unit_or_key_is_named(void)
{
	const struct dialect *d = &dialects[0];
	struct dialect odd = *d;

	open_fails(d, "profile=b2900", MR_ERR_MISMATCH, "MODEL 2450",
	           "Keysight B2900");
	open_fails(d, "profile=2651", MR_ERR_USAGE, "2651", "2400, 2450, 2461");
	open_fails(d, "profile=707b", MR_ERR_USAGE, "707b", "smu profile");
	open_fails(d, "profile=./no-such.ini", MR_ERR_MISSING, "no-such.ini",
	           "profile");
	open_fails(d, "profile=2450&limit_A=2", MR_ERR_RANGE, "limit_A", "1e-09");
	open_fails(d, "profile=2450&range_V=300", MR_ERR_RANGE, "range_V", "200");
	open_fails(d, "profile=2450&nonsense=1", MR_ERR_USAGE, "nonsense",
	           "line_hz");
	open_fails(d, "profile=2450&wires=3", MR_ERR_RANGE, "wires", "2 or 4");
	odd.identity = "ACME,X,1,2";
	open_fails(&odd, "profile=auto", MR_ERR_MISMATCH, "ACME", "2600b");
}

static void unit_that_speaks_another_language_is_refused(void)
{
	static const struct smupeer_rule tsp[] = {{"*LANG?", "TSP"}, {0}};
	struct bed b;

	lay(&b, &dialects[0]);
	b.peer.rules = tsp;
	smupeer_start(&b.peer);
	MR_CODE_ERR(open_as(&b, "profile=2450"), MR_ERR_MISMATCH, b.err);
	MR_HAS(b.err.text, "*LANG?");
	MR_HAS(b.err.text, "SCPI");
	smupeer_stop(&b.peer);
	(void)pthread_mutex_destroy(&b.journal.lock);
}

/* No answer, because it was not understood: the queue tells. */
static void silence_is_explained_by_the_error_queue(void)
{
	static const struct smupeer_rule mute[] = {{":READ?", ""}, {0}};
	struct bed b;
	float g_S;
	const char *const order[] = {":READ? \"defbuffer1\", SOUR, READ",
	                             ":OUTP OFF", ":SYST:ERR?", NULL};

	open_bed(&b, &dialects[0]);
	b.peer.rules = mute;
	b.peer.error = "-113,\"Undefined header\"";
	b.peer.error_after = ":READ?";
	journal_clear(&b.journal);
	MR_CODE(mr_array_read(b.array, NULL, &g_S), MR_ERR_UNSUPPORTED);
	MR_HAS(mr_array_errmsg(b.array), "Undefined header");
	MR_HAS(mr_array_errmsg(b.array), ":READ?");
	CU_ASSERT(journal_has_order(&b.journal, order));
	clear_bed(&b);
}

static void four_wires_are_asked_for(void)
{
	static const char *const says[] = {":SENS:CURR:RSEN ON", ":SYST:RSEN ON",
	                                   ":SENS:REM ON", "smua.sense = 1",
	                                   ":SENS:CURR:RSEN ON"};

	for (size_t i = 0; i < N_DIALECTS; i++) {
		struct bed b;

		lay(&b, &dialects[i]);
		smupeer_start(&b.peer);
		MR_CODE_ERR(open_as(&b, "wires=4"), MR_OK, b.err);
		CU_ASSERT_EQUAL(journal_count(&b.journal, says[i]), 1);
		clear_bed(&b);
	}
}

/* A pulse function that fails says so in what it returns and nowhere else. */
static void tsp_pulse_that_fails_is_an_error(void)
{
	static const struct smupeer_rule fails[] = {
		{"print(f, msg)", "false\tautorange is on"}, {0}};
	struct bed b;
	struct mr_op op = {.kind = MR_OP_PULSE,
	                   .pulse = {.amplitude = 0.25, .width_s = 0.06}};

	open_bed(&b, &dialects[3]);
	b.peer.rules = fails;
	MR_CODE(submit(&b, &op), MR_ERR_REFUSED);
	MR_HAS(mr_array_errmsg(b.array), "autorange is on");
	CU_ASSERT(op.outcome.status & MR_STATUS_UNKNOWN);
	clear_bed(&b);
}

static void stop_ends_a_wait_and_switches_off(void)
{
	volatile sig_atomic_t stop = 0;
	struct mr_context context = {.stop = &stop};
	const float level[] = {0.25f};
	const double hold_s[] = {30};
	float i_A;
	struct mr_op op = {.kind = MR_OP_TRACE,
	                   .trace = {.n_levels = 1,
	                             .level = level,
	                             .hold_s = hold_s,
	                             .i_A = &i_A}};
	struct mr_clock clock;
	struct bed b;

	mr_clock_system(&clock);
	open_bed(&b, &dialects[0]);
	context.deadline_ns = clock.monotonic_ns(clock.self) + 100000000;
	MR_CODE(mr_array_submit(b.array, &op, 1, &context, NULL),
	        MR_ERR_TIMEOUT);
	const char *const order[] = {":SOUR:VOLT 0.25", ":ABOR", ":OUTP OFF",
	                             NULL};

	MR_CODE(mr_array_resync(b.array), MR_OK);
	CU_ASSERT(journal_has_order(&b.journal, order));
	clear_bed(&b);
}

/* Three SETs and a read through a virtual unit give what the emulator gives. */
static void virtual_unit_sees_what_the_array_has(void)
{
	for (size_t i = 0; i < N_VIRTUAL; i++) {
		char uri[400];
		const char *name = dialects[i].profile;
		struct mr_array *unit = NULL, *emu = NULL;
		struct mr_errtext err = {""};
		float g_S = 0, wanted_S = 0;

		(void)snprintf(uri, sizeof uri,
		               "smu+loop:ideal?profile=%s&board.profile=%s&"
		               "emu.rows=1&emu.cols=1&emu.width_set_s=0.05&"
		               "device=ideal&device.width_set_s=0.05",
		               name, name);
		MR_CODE_ERR(mr_array_open(uri, NULL, &unit, &err), MR_OK, err);
		MR_CODE_ERR(mr_array_open("emu:ideal?rows=1&cols=1&"
		                          "width_set_s=0.05",
		                          NULL, &emu, &err),
		            MR_OK, err);
		CU_ASSERT_FATAL(unit && emu);
		MR_CODE(mr_array_pulse(unit, NULL, "set", 3), MR_OK);
		MR_CODE(mr_array_pulse(emu, NULL, "set", 3), MR_OK);
		MR_CODE(mr_array_read(unit, NULL, &g_S), MR_OK);
		MR_CODE(mr_array_read(emu, NULL, &wanted_S), MR_OK);
		/* .1 %: how long a level lasts, by commands */
		MR_NEAR((double)g_S, (double)wanted_S, 1e-3 * (double)wanted_S);
		MR_CODE(mr_array_close(unit, NULL), MR_OK);
		MR_CODE(mr_array_close(emu, NULL), MR_OK);
	}
}

/* Of a cell with 10 uS at .2 V a limit of 1 uA lets half through. */
static void virtual_unit_reports_its_limit(void)
{
	for (size_t i = 0; i < N_VIRTUAL; i++) {
		char uri[400];
		const char *name = dialects[i].profile;
		struct mr_array *unit = NULL;
		struct mr_errtext err = {""};
		float g_S = 0, i_A = 0;
		uint8_t status = 0;
		struct mr_op op = {.kind = MR_OP_READ,
		                   .read = {.v_read_V = 0.2,
		                            .g_S = &g_S,
		                            .i_A = &i_A,
		                            .status = &status}};

		(void)snprintf(uri, sizeof uri,
		               "smu+loop:ideal?profile=%s&board.profile=%s&"
		               "emu.rows=1&emu.cols=1&emu.width_set_s=0.05&"
		               "device=ideal&device.width_set_s=0.05&"
		               "limit_A=1e-6",
		               name, name);
		MR_CODE_ERR(mr_array_open(uri, NULL, &unit, &err), MR_OK, err);
		CU_ASSERT_PTR_NOT_NULL_FATAL(unit);
		struct mr_op set = {.kind = MR_OP_PULSE};

		mr_pulse_from(&set, mr_description_waveform(
					    mr_array_describe(unit), "set"));
		set.pulse.count = 1000;
		set.pulse.compliance = 0.01;
		MR_CODE(mr_array_submit(unit, &set, 1, NULL, NULL), MR_OK);
		MR_CODE(mr_array_submit(unit, &op, 1, NULL, NULL), MR_OK);
		CU_ASSERT_EQUAL(status, MR_STATUS_COMPLIANCE);
		MR_NEAR((double)i_A, 1e-6, 0.05e-6);
		MR_CODE(mr_array_close(unit, NULL), MR_OK);
	}
}

static void numbers_of_an_answer(void)
{
	double out[4];
	bool flag;
	long number;
	const char *rest;
	struct mr_errtext err;

	CU_ASSERT_EQUAL(mr__unit_numbers("+2.385E-3,-1;7\t8 ", out, 4), 4);
	CU_ASSERT(out[0] == 2.385e-3 && out[1] == -1 && out[3] == 8);
	CU_ASSERT_EQUAL(mr__unit_numbers("", out, 4), 0);
	CU_ASSERT_EQUAL(mr__unit_numbers("1,", out, 4), -1);
	CU_ASSERT_EQUAL(mr__unit_numbers(",1", out, 4), -1);
	CU_ASSERT_EQUAL(mr__unit_numbers("1x", out, 4), -1);
	CU_ASSERT_EQUAL(mr__unit_numbers("1,2,3,4,5", out, 4), -1);
	MR_CODE(mr__unit_take_flag("false", &flag, &err), MR_OK);
	CU_ASSERT(!flag);
	MR_CODE(mr__unit_take_flag("1.00000e+00", &flag, &err), MR_OK);
	CU_ASSERT(flag);
	MR_CODE(mr__unit_take_flag("maybe", &flag, &err), MR_ERR_IO);
	MR_CODE(mr__unit_take_error("-113,\"Undefined header\"", &number, &rest,
	                           &err),
	        MR_OK);
	CU_ASSERT(number == -113 && strcmp(rest, "\"Undefined header\"") == 0);
	MR_CODE(mr__unit_take_error("nonsense", &number, &rest, &err), MR_ERR_IO);
}

const struct mr_test mr_tests[] = {
	{"read_gives_the_conductance", read_gives_the_conductance_on_each},
	{"pulse_is_as_wide_as_asked_for", pulse_is_as_wide_as_asked_for_on_each},
	{"pulse_too_short_is_refused_and_nothing_sent",
	 pulse_too_short_is_refused_and_nothing_sent_on_each},
	{"sweep_samples_each_level", sweep_samples_each_level_on_each},
	{"compliance_trip_is_reported", compliance_trip_is_reported_on_each},
	{"error_queue_fails_the_operation",
	 error_queue_fails_the_operation_on_each},
	{"refused_limit_leaves_the_output_off",
	 refused_limit_leaves_the_output_off_on_each},
	{"overflow_is_not_averaged", overflow_is_not_averaged_on_each},
	{"answer_that_is_no_number_is_an_error",
	 answer_that_is_no_number_is_an_error_on_each},
	{"silence_is_a_time_out_and_the_output_off",
	 silence_is_a_time_out_and_the_output_off_on_each},
	{"description_is_what_the_profile_says",
	 description_is_what_the_profile_says_on_each},
	{"profile_is_found_by_identity", profile_is_found_by_identity},
	{"wrong_unit_or_key_is_named", wrong_unit_or_key_is_named},
	{"unit_that_speaks_another_language_is_refused",
	 unit_that_speaks_another_language_is_refused},
	{"silence_is_explained_by_the_error_queue",
	 silence_is_explained_by_the_error_queue},
	{"four_wires_are_asked_for", four_wires_are_asked_for},
	{"tsp_pulse_that_fails_is_an_error", tsp_pulse_that_fails_is_an_error},
	{"stop_ends_a_wait_and_switches_off", stop_ends_a_wait_and_switches_off},
	{"virtual_unit_sees_what_the_array_has",
	 virtual_unit_sees_what_the_array_has},
	{"virtual_unit_reports_its_limit", virtual_unit_reports_its_limit},
	{"numbers_of_an_answer", numbers_of_an_answer},
	{0},
};
