/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Playback (A15): the recorded results bit by bit, failures included, and an
 * operation that differs is named. Re-execution gives the same log again. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"
#include "test.h"

#define URI_MAX (MR_TEST_PATH_MAX + 64)

static struct mr_array *play(const char *path, const char *keys)
{
	char uri[URI_MAX];

	(void)snprintf(uri, sizeof uri, "playback:%s%s", path, keys);
	return mr_session_open(uri);
}

/* ---- the same again ------------------------------------------------------ */

static void results_are_bit_identical(void)
{
	struct mr_session *was = mr_session_alloc(), *is = mr_session_alloc();
	char path[MR_TEST_PATH_MAX];

	mr_session_path(path, "same.db");
	mr_session_record(was, path, NULL);
	struct mr_array *array = play(path, "");

	mr_session_run(is, array);
	mr_session_same(was, is);
	MR_CODE(mr_array_wait(array, 1), MR_ERR_MISMATCH);
	MR_HAS(mr_array_errmsg(array), "the recorded run ends with operation");
	MR_HAS(mr_array_errmsg(array), "got wait");
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	free(is);
	free(was);
}

static void same_condition(const struct mr_condition *a,
                           const struct mr_condition *b)
{
	CU_ASSERT_STRING_EQUAL(a->name, b->name);
	CU_ASSERT_STRING_EQUAL(a->value, b->value);
	CU_ASSERT(a->min == b->min && a->max == b->max);
}

/* But for who answers. */
static void same_description(struct mr_array *was, struct mr_array *is)
{
	struct mr_description a = *mr_array_describe(was);
	struct mr_description b = *mr_array_describe(is);
	char *text_a = NULL, *text_b = NULL;

	CU_ASSERT_STRING_EQUAL(b.driver, "playback");
	MR_HAS(b.identity, "run 1 of ");
	MR_HAS(b.identity, "emu emulated pcm");
	CU_ASSERT_EQUAL(b.abilities, a.abilities & ~MR_ABILITY_SNAPSHOT);
	for (uint32_t i = 0; i < a.n_conditions; i++)
		same_condition(&a.conditions[i], &b.conditions[i]);
	memcpy(b.driver, a.driver, sizeof a.driver);
	memcpy(b.identity, a.identity, sizeof a.identity);
	b.abilities = a.abilities;
	MR_CODE(mr_description_json(&a, &text_a), MR_OK);
	MR_CODE(mr_description_json(&b, &text_b), MR_OK);
	CU_ASSERT_STRING_EQUAL(text_a, text_b);
	free(text_a);
	free(text_b);
}

static int configure(struct mr_array *array, const char *value)
{
	struct mr_op op = {.kind = MR_OP_CONFIGURE,
	                   .configure = {.name = "read_range", .value = value}};

	return mr_array_submit(array, &op, 1, NULL, NULL);
}

/* The array had lived and had been configured before the log was started. */
static void description_and_time_are_the_recorded_ones(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_array *was = mr_session_open(MR_SESSION_URI);
	struct mr_errtext err = {""};
	struct mr_array *is;

	mr_session_path(path, "describe.db");
	MR_CODE(mr_array_wait(was, 2.385), MR_OK);
	MR_CODE(configure(was, "2.385e-05"), MR_OK);
	struct mr_oplog *log = mr_session_start(path, was, NULL);

	MR_CODE_ERR(mr_oplog_finish(log, &err), MR_OK, err);
	is = play(path, "");
	same_description(was, is);
	CU_ASSERT_EQUAL(mr_array_time_ns(is), 2385000000);
	MR_CODE(mr_array_close(is, NULL), MR_OK);
	log = mr_session_start(path, was, NULL);
	MR_CODE(configure(was, "9e-07"), MR_OK);
	MR_CODE_ERR(mr_oplog_finish(log, &err), MR_OK, err);
	is = play(path, "?run=2");
	MR_CODE(configure(is, "9e-07"), MR_OK);
	CU_ASSERT_STRING_EQUAL(mr_array_describe(is)->conditions[1].value,
	                       "9e-07");
	MR_CODE(mr_array_close(is, NULL), MR_OK);
	MR_CODE(mr_array_close(was, NULL), MR_OK);
}

/* Of several configures in one submit only the last is described by the
 * recorded array; each takes effect. */
static void configures_of_one_submit_take_effect(void)
{
	struct mr_op ops[2] = {
		{.kind = MR_OP_CONFIGURE,
	         .configure = {.name = "read_range", .value = "9e-07"}},
		{.kind = MR_OP_CONFIGURE,
	         .configure = {.name = "scheme", .value = "1t1r"}}};
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array = mr_session_open(MR_SESSION_URI);

	mr_session_path(path, "configures.db");
	struct mr_oplog *log = mr_session_start(path, array, NULL);

	MR_CODE(mr_array_submit(array, ops, 2, NULL, NULL), MR_OK);
	mr_session_finish(log, array);
	array = play(path, "");
	MR_CODE(mr_array_submit(array, ops, 1, NULL, NULL), MR_OK);
	CU_ASSERT_STRING_EQUAL(mr_array_describe(array)->conditions[1].value,
	                       "9e-07");
	MR_CODE(mr_array_submit(array, &ops[1], 1, NULL, NULL), MR_OK);
	CU_ASSERT_STRING_EQUAL(mr_array_describe(array)->conditions[1].value,
	                       "9e-07");
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* ---- logs that must be alike --------------------------------------------- */

static void same_logs(const char *path_a, const char *path_b)
{
	CU_ASSERT(mr_session_same_rows(path_a, path_b, "SELECT * FROM op ORDER BY row") >
	          MR_SESSION_OPS / 2);
	CU_ASSERT(mr_session_same_rows(path_a, path_b,
	                    "SELECT * FROM data ORDER BY row,name") > 10);
}

/* The times of descriptions differ by nothing but who answered. */
static void recording_of_a_playback_equals_the_first(void)
{
	struct mr_oplog_options options = {.level = MR_OPLOG_SURVEYS,
	                                   .survey_interval_s = 1.1};
	struct mr_session *session = mr_session_alloc();
	char first[MR_TEST_PATH_MAX], second[MR_TEST_PATH_MAX];

	mr_session_path(first, "first.db");
	mr_session_path(second, "second.db");
	mr_session_record(session, first, &options);
	struct mr_array *array = play(first, "");
	struct mr_oplog *log = mr_session_start(second, array, &options);

	mr_session_fill(session);
	mr_session_run(session, array);
	mr_session_finish(log, array);
	same_logs(first, second);
	free(session);
}

static void execution_again_gives_the_same_log(void)
{
	struct mr_oplog_options grouped = {.level = MR_OPLOG_SURVEYS,
	                                   .survey_interval_s = 1.1};
	struct mr_oplog_options single = grouped;
	struct mr_session *session = mr_session_alloc();
	char first[MR_TEST_PATH_MAX], second[MR_TEST_PATH_MAX];

	single.group_rows = 1;
	mr_session_path(first, "once.db");
	mr_session_path(second, "again.db");
	mr_session_record(session, first, &grouped);
	mr_session_record(session, second, &single);
	same_logs(first, second);
	CU_ASSERT_EQUAL(mr_session_same_rows(first, second,
	                          "SELECT * FROM description ORDER BY row"),
	                2);
	free(session);
}

/* Surveys in the log are passed over where the playing program makes none, or
 * at the user's wish. */
static void surveys_may_be_on_or_off(void)
{
	struct mr_oplog_options surveys = {.level = MR_OPLOG_SURVEYS,
	                                   .survey_interval_s = 1.1};
	static const char *const keys[] = {"", "?surveys=answer",
	                                   "?surveys=skip"};
	struct mr_session *was = mr_session_alloc();
	char path[MR_TEST_PATH_MAX];

	mr_session_path(path, "surveyed.db");
	mr_session_record(was, path, &surveys);
	for (size_t i = 0; i < 3; i++) {
		struct mr_session *is = mr_session_alloc();
		struct mr_array *array = play(path, keys[i]);

		mr_session_run(is, array);
		mr_session_same(was, is);
		MR_CODE(mr_array_close(array, NULL), MR_OK);
		free(is);
	}
	free(was);
}

/* ---- what differs -------------------------------------------------------- */

/* Run the session with one operation changed: playback stops there, names it
 * and the difference; nothing before it fails. */
static void differs(const char *path, size_t at, const struct mr_op *op,
                    const char *why)
{
	struct mr_session *session = mr_session_alloc();
	struct mr_array *array = play(path, "");
	int code;

	session->ops[at] = *op;
	CU_ASSERT_EQUAL(mr_session_try(session, array, &code), at);
	MR_CODE(code, MR_ERR_MISMATCH);
	MR_HAS(mr_array_errmsg(array), "operation ");
	MR_HAS(mr_array_errmsg(array), why);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	free(session);
}

struct change {
	const char *why;
	size_t at;
	struct mr_op op;
	float list[64];
};

static const uint32_t *other_words(struct change *c, const uint32_t *from,
                                   size_t n, size_t at)
{
	uint32_t *to = (uint32_t *)(void *)c->list;

	memcpy(to, from, n * sizeof *to);
	to[at] += 1;
	return to;
}

static const float *other_floats(struct change *c, const float *from, size_t n,
                                 size_t at)
{
	memcpy(c->list, from, n * sizeof *from);
	c->list[at] *= 1.0001f;
	return c->list;
}

/* Positions in the session: pulses 0-3, wait 4, configure 5, reads 6-9, drives
 * 10-12 and 14-16, traces 17-20, programs 21-24. */
static struct change *change(struct change *c, const struct mr_session *s,
                             size_t at, const char *why)
{
	c->at = at;
	c->op = s->ops[at];
	c->why = why;
	return c;
}

static void check(const char *path, const struct change *c)
{
	differs(path, c->at, &c->op, c->why);
}

static void pulse_that_differs_is_named(void)
{
	struct mr_session *s = mr_session_alloc();
	struct mr_session *was = mr_session_alloc();
	char path[MR_TEST_PATH_MAX];
	struct change c;

	mr_session_path(path, "pulses.db");
	mr_session_record(was, path, NULL);
	change(&c, s, 0, "recorded pulse amplitude 9.03e-05 A, got 8.99e-05 A")
		->op.pulse.amplitude = 8.99e-5;
	check(path, &c);
	change(&c, s, 0, "got 9.0300000001e-05 A")
		->op.pulse.amplitude = 9.0300000001e-5;
	check(path, &c);
	change(&c, s, 0, "recorded pulse width 5.02e-08 s, got 5e-08 s")
		->op.pulse.width_s = 5e-8;
	check(path, &c);
	change(&c, s, 0, "recorded pulse count 3, got 4")->op.pulse.count = 4;
	check(path, &c);
	change(&c, s, 0, "recorded pulse rise 0 s")->op.pulse.t_rise_s = 1e-9;
	check(path, &c);
	change(&c, s, 0, "recorded pulse fall 0 s")->op.pulse.t_fall_s = 1e-9;
	check(path, &c);
	change(&c, s, 0, "compliance 0 V, got 2 V")->op.pulse.compliance = 2;
	check(path, &c);
	change(&c, s, 1, "pulse amplitude number 8: 8.97999998e-05 A, got")->op.pulse.amplitudes =
		other_floats(&c, s->ops[1].pulse.amplitudes, 12, 7);
	check(path, &c);
	change(&c, s, 1, "recorded pulse amplitude as a list, got one")
		->op.pulse.amplitudes = NULL;
	check(path, &c);
	change(&c, s, 2, "recorded pulse width number 6: ")->op.pulse.widths_s =
		other_floats(&c, s->ops[2].pulse.widths_s, 6, 5);
	check(path, &c);
	change(&c, s, 3, "recorded pulse count number 1: 0, got 1")
		->op.pulse.counts =
		other_words(&c, s->ops[3].pulse.counts, 5, 0);
	check(path, &c);
	change(&c, s, 0, "recorded pulse count as one, got a list")
		->op.pulse.counts =
		other_words(&c, s->words, 35, 0);
	check(path, &c);
	free(was);
	free(s);
}

static void cells_that_differ_are_named(void)
{
	struct mr_session *s = mr_session_alloc();
	struct mr_session *was = mr_session_alloc();
	char path[MR_TEST_PATH_MAX];
	struct change c;

	mr_session_path(path, "cells.db");
	mr_session_record(was, path, NULL);
	change(&c, s, 0, "recorded pulse of cells all, got rect")->op.where =
		s->ops[1].where;
	check(path, &c);
	change(&c, s, 1, "recorded pulse first row 1, got 2")->op.where.row = 2;
	check(path, &c);
	change(&c, s, 1, "first column 2, got 1")->op.where.col = 1;
	check(path, &c);
	change(&c, s, 7, "recorded read rows 3, got 2")->op.where.n_rows = 2;
	check(path, &c);
	change(&c, s, 7, "recorded read columns 4, got 3")->op.where.n_cols = 3;
	check(path, &c);
	change(&c, s, 9, "recorded read cells 5, got 4")->op.where.n_cells = 4;
	check(path, &c);
	change(&c, s, 9, "recorded read cell number 3: 17, got 18")
		->op.where.cells =
		other_words(&c, s->ops[9].where.cells, 5, 2);
	check(path, &c);
	change(&c, s, 8, "recorded read row number 2: 0, got 1")->op.where.rows =
		other_words(&c, s->ops[8].where.rows, 3, 1);
	check(path, &c);
	change(&c, s, 8, "recorded read column number 2: 1, got 2")
		->op.where.cols =
		other_words(&c, s->ops[8].where.cols, 2, 1);
	check(path, &c);
	change(&c, s, 8, "recorded read rows 3, got 1")->op.where.n_rows = 1;
	check(path, &c);
	change(&c, s, 8, "recorded read columns 2, got 1")->op.where.n_cols = 1;
	check(path, &c);
	free(was);
	free(s);
}

static void read_or_drive_that_differs_is_named(void)
{
	struct mr_session *s = mr_session_alloc();
	struct mr_session *was = mr_session_alloc();
	char path[MR_TEST_PATH_MAX];
	struct change c;

	mr_session_path(path, "drives.db");
	mr_session_record(was, path, NULL);
	change(&c, s, 6, "read voltage 0.2 V, got 0.1 V")->op.read.v_read_V =
		0.1;
	check(path, &c);
	change(&c, s, 6, "read integration time 1e-06 s, got 2e-06 s")
		->op.read.t_int_s = 2e-6;
	check(path, &c);
	change(&c, s, 6, "read averages 1, got 2")->op.read.averages = 2;
	check(path, &c);
	change(&c, s, 6, "asks for raw currents, which were not recorded")
		->op.read.i_A = c.list;
	check(path, &c);
	change(&c, s, 10, "recorded drive axis rows, got cols")->op.drive.axis =
		MR_AXIS_COLS;
	c.op.drive.batch = 2;
	c.op.drive.v_V = memset(c.list, 0, sizeof c.list);
	check(path, &c);
	change(&c, s, 10, "recorded drive batch 3, got 2")->op.drive.batch = 2;
	check(path, &c);
	change(&c, s, 10, "recorded drive input number 14: 0.1539")->op.drive.v_V =
		other_floats(&c, s->ops[10].drive.v_V, 15, 13);
	check(path, &c);
	change(&c, s, 11, "recorded drive period 0.002385 s")
		->op.drive.period_s = 0;
	check(path, &c);
	change(&c, s, 12, "recorded drive duration 1.7e-06 s")
		->op.drive.duration_s = 1.8e-6;
	check(path, &c);
	free(was);
	free(s);
}

static void trace_or_program_that_differs_is_named(void)
{
	struct mr_session *s = mr_session_alloc();
	struct mr_session *was = mr_session_alloc();
	static const double hold_s[4] = {2.385e-4, 4.77e-4, 7.2e-4, 9.54e-4};
	static const uint8_t sample[4] = {0, 1, 1, 0};
	char path[MR_TEST_PATH_MAX];
	struct change c;

	mr_session_path(path, "traces.db");
	mr_session_record(was, path, NULL);
	change(&c, s, 17, "trace levels 4, got 3")->op.trace.n_levels = 3;
	check(path, &c);
	change(&c, s, 17, "trace level number 2: ")->op.trace.level =
		other_floats(&c, s->ops[17].trace.level, 4, 1);
	check(path, &c);
	change(&c, s, 17, "trace hold time 0.0007155 s, got 0.00072 s")
		->op.trace.hold_s = hold_s;
	check(path, &c);
	change(&c, s, 18, "trace level 3 not sampled, got sampled")
		->op.trace.sample = sample;
	check(path, &c);
	change(&c, s, 17, "trace compliance 0 A, got 1 A")
		->op.trace.compliance = 1;
	check(path, &c);
	change(&c, s, 17, "asks for times, which were not recorded")
		->op.trace.t_s = s->doubles;
	check(path, &c);
	/* a composed program differs in what it sends */
	change(&c, s, 21, "recorded pulse")->op.program.target = 5.5e-6;
	check(path, &c);
	change(&c, s, 21, "recorded read averages 1, got 5")
		->op.program.averages = 5;
	check(path, &c);
	free(was);
	free(s);
}

static void kind_or_order_that_differs_is_named(void)
{
	struct mr_session *s = mr_session_alloc();
	struct mr_session *was = mr_session_alloc();
	char path[MR_TEST_PATH_MAX];
	struct change c;

	mr_session_path(path, "kinds.db");
	mr_session_record(was, path, NULL);
	change(&c, s, 3, "operation 4: recorded pulse, got wait")->op =
		s->ops[4];
	check(path, &c);
	change(&c, s, 5, "operation 6: recorded configure, got read")->op =
		s->ops[6];
	check(path, &c);
	change(&c, s, 4, "operation 5: recorded wait duration 2.385 s, got 0 s")
		->op.wait.duration_s = 0;
	check(path, &c);
	change(&c, s, 5, "recorded configure value 9e-07, got 9e-7")
		->op.configure.value = "9e-7";
	check(path, &c);
	change(&c, s, 5, "recorded configure condition read_range, got scheme")
		->op.configure.name = "scheme";
	c.op.configure.value = "1t1r";
	check(path, &c);
	free(was);
	free(s);
}

/* A back end that takes programs itself: such a log is made by hand here, from
 * one whose programs were composed. */
static void recorded_program_is_answered(void)
{
	struct mr_session *was = mr_session_alloc(), *is = mr_session_alloc();
	static const struct {
		const char *why;
		struct mr_program_op other; /* nonzero members are changed */
	} wrong[] = {
		{"recorded program target 4.77e-06 S, got 4e-06 S",
	         {.target = 4e-6}},
		{"recorded program tolerance 4e-07 S", {.tolerance_S = 5e-7}},
		{"recorded program budget 40, got 41", {.budget = 41}},
		{"recorded program averages 2, got 7", {.averages = 7}},
	};
	char path[MR_TEST_PATH_MAX];

	mr_session_path(path, "programs.db");
	mr_session_record(was, path, NULL);
	mr_session_sql(path, "DELETE FROM op WHERE parent NOTNULL OR kind<>'program';"
	          "UPDATE op SET composed=NULL;"
	          "UPDATE run SET description=json_set(description,"
	          "'$.abilities[6]','program')");
	struct mr_array *array = play(path, "");

	for (size_t i = 21; i < 25; i++) {
		MR_CODE(mr_array_submit(array, &is->ops[i], 1, NULL, NULL),
		        MR_OK);
		mr_op_same(&was->ops[i], &is->ops[i], mr_array_describe(array),
		           true, i + 1);
	}
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	array = play(path, "");
	MR_CODE(mr_array_submit(array, &is->ops[21], 2, NULL, NULL), MR_OK);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct mr_op op = is->ops[23];
		const struct mr_program_op *w = &wrong[i].other;

		op.program.target = w->target > 0 ? w->target
		                                  : op.program.target;
		op.program.tolerance_S = w->tolerance_S > 0
		                                 ? w->tolerance_S
		                                 : op.program.tolerance_S;
		op.program.budget = w->budget ? w->budget : op.program.budget;
		op.program.averages = w->averages ? w->averages
		                                  : op.program.averages;
		MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL),
		        MR_ERR_MISMATCH);
		MR_HAS(mr_array_errmsg(array), wrong[i].why);
	}
	MR_CODE(mr_array_submit(array, &is->ops[23], 1, NULL, NULL), MR_OK);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	free(is);
	free(was);
}

/* ---- failures ------------------------------------------------------------ */

/* One list with a failure in the middle, as recorded and as played back. */
static void failing_list(struct mr_array *array, int code, const char *text,
                         struct mr_op ops[3], float *g_S)
{
	size_t done = 9;

	for (int i = 0; i < 3; i++)
		ops[i] = (struct mr_op){.kind = MR_OP_READ,
		                        .read = {.g_S = g_S + 35 * i}};
	MR_CODE(mr_array_submit(array, ops, 3, NULL, &done), code);
	CU_ASSERT_EQUAL(done, 1);
	MR_HAS(mr_array_errmsg(array), text);
	MR_CODE(ops[1].outcome.error, code);
	MR_CODE(ops[2].outcome.error, MR_ERR_NOT_RUN);
}

static void failure_is_played_back(const char *name, const char *error,
                                   int code)
{
	char path[MR_TEST_PATH_MAX], uri[128];
	float was_S[105] = {0}, is_S[105] = {0};
	struct mr_op was[3], is[3];
	struct mr_description desc = {.rows = 5, .cols = 7};

	mr_session_path(path, name);
	(void)snprintf(uri, sizeof uri, "%s&fault.at=2&fault.error=%s",
	               MR_SESSION_URI, error);
	struct mr_array *array = mr_session_open(uri);
	struct mr_oplog *log = mr_session_start(path, array, NULL);

	failing_list(array, code, "fault injected into operation 2", was,
	             was_S);
	MR_CODE(mr_array_wait(array, 2.385), MR_OK);
	mr_session_finish(log, array);
	array = play(path, "");
	failing_list(array, code, "fault injected into operation 2", is, is_S);
	for (size_t i = 0; i < 2; i++) {
		if (was[i].outcome.n_effect == 0)
			was[i].read.g_S = is[i].read.g_S = NULL;
		mr_op_same(&was[i], &is[i], &desc, true, i + 1);
	}
	/* and the run goes on where it went on */
	MR_CODE(mr_array_wait(array, 2.385), MR_OK);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void failures_are_played_back_as_failures(void)
{
	failure_is_played_back("io.db", "io", MR_ERR_IO);
	failure_is_played_back("outcome.db", "outcome", MR_ERR_OUTCOME);
	failure_is_played_back("timeout.db", "timeout", MR_ERR_TIMEOUT);
}

/* A stop is the caller's: it may come again, also elsewhere, or not at all. */
static void operation_called_off_is_not_waited_for(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array = mr_session_open(MR_SESSION_URI);
	volatile sig_atomic_t stop = 1;
	struct mr_context stopped = {.stop = &stop};
	float g_S[35];
	struct mr_op op = {.kind = MR_OP_READ, .read = {.g_S = g_S}};

	mr_session_path(path, "stopped.db");
	struct mr_oplog *log = mr_session_start(path, array, NULL);

	MR_CODE(mr_array_wait(array, 0.5), MR_OK);
	MR_CODE(mr_array_submit(array, &op, 1, &stopped, NULL), MR_ERR_STOPPED);
	MR_CODE(mr_array_wait(array, 2.385), MR_OK);
	mr_session_finish(log, array);
	for (int again = 0; again < 2; again++) {
		array = play(path, "");
		MR_CODE(mr_array_wait(array, 0.5), MR_OK);
		if (again)
			MR_CODE(mr_array_submit(array, &op, 1, &stopped, NULL),
			        MR_ERR_STOPPED);
		MR_CODE(mr_array_wait(array, 2.385), MR_OK);
		MR_CODE(mr_array_close(array, NULL), MR_OK);
	}
}

/* What a guard refused is refused again, or, with a tighter guard around the
 * playback, was never seen by it. */
static void refusals_are_played_back(void)
{
	static const char *const keys[] = {"", "?guard.pulses=50"};
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array =
		mr_session_open(MR_SESSION_URI "&guard.pulses=50");
	float was_S[35], is_S[35];

	mr_session_path(path, "refused.db");
	struct mr_oplog *log = mr_session_start(path, array, NULL);

	MR_CODE(mr_array_pulse(array, NULL, "set", 1), MR_OK);
	MR_CODE(mr_array_pulse(array, NULL, "set", 1), MR_ERR_REFUSED);
	MR_CODE(mr_array_read(array, NULL, was_S), MR_OK);
	mr_session_finish(log, array);
	for (size_t i = 0; i < 2; i++) {
		array = play(path, keys[i]);
		MR_CODE(mr_array_pulse(array, NULL, "set", 1), MR_OK);
		MR_CODE(mr_array_pulse(array, NULL, "set", 1), MR_ERR_REFUSED);
		MR_HAS(mr_array_errmsg(array), "guard.pulses");
		MR_CODE(mr_array_read(array, NULL, is_S), MR_OK);
		CU_ASSERT(mr_session_same_bits(was_S, is_S, sizeof is_S));
		MR_CODE(mr_array_close(array, NULL), MR_OK);
	}
}

/* ---- runs ---------------------------------------------------------------- */

static void run_is_chosen_by_key(void)
{
	struct mr_session *was = mr_session_alloc(), *is = mr_session_alloc();
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array = mr_session_open("emu:ideal?rows=2&cols=2");

	mr_session_path(path, "choose.db");
	mr_session_record(was, path, NULL);
	struct mr_oplog *log = mr_session_start(path, array, NULL);

	mr_session_finish(log, array);
	array = play(path, "?run=1");
	mr_session_run(is, array);
	mr_session_same(was, is);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	array = play(path, ""); /* the last, of another shape */
	CU_ASSERT_EQUAL(mr_array_describe(array)->rows, 2);
	MR_CODE(mr_array_wait(array, 1), MR_ERR_MISMATCH);
	MR_HAS(mr_array_errmsg(array), "operation 1: the recorded run ends");
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	free(is);
	free(was);
}

static void refuses(const char *path, const char *keys, int code,
                    const char *why)
{
	char uri[URI_MAX];
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};

	(void)snprintf(uri, sizeof uri, "playback:%s%s", path, keys);
	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), code, err);
	MR_HAS(err.text, why);
	CU_ASSERT(array == NULL);
}

static void uri_that_is_wrong_is_refused(void)
{
	struct mr_session *session = mr_session_alloc();
	struct mr_oplog_options operations = {.level = MR_OPLOG_OPERATIONS};
	char path[MR_TEST_PATH_MAX];

	mr_session_path(path, "uris.db");
	mr_session_record(session, path, NULL);
	mr_session_record(session, path, &operations);
	free(session);
	refuses(path, "?run=2", MR_ERR_FORMAT, "run 2 was recorded at level 1");
	refuses(path, "", MR_ERR_FORMAT, "playback needs level 2");
	refuses(path, "?run=3", MR_ERR_USAGE, "runs are 1 to 2");
	refuses(path, "?run=0", MR_ERR_RANGE, "run");
	refuses(path, "?surveys=maybe", MR_ERR_USAGE, "surveys=maybe");
	refuses(path, "?run=1&seed=3", MR_ERR_USAGE, "seed");
	refuses("", "", MR_ERR_USAGE, "");
	refuses("/nowhere/run.db", "", MR_ERR_MISSING, "there is no such log");
	mr_session_sql(path, "UPDATE op SET kind='melt' WHERE row=(SELECT min(row) FROM "
	          "op)");
	refuses(path, "?run=1", MR_ERR_FORMAT, "operation 1): kind");
}

/* Cut off in the middle of the third operation. */
static void run_that_was_cut_off_is_played_to_its_end(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array = mr_session_open(MR_SESSION_URI);

	mr_session_path(path, "cut.db");
	struct mr_oplog *log = mr_session_start(path, array, NULL);

	for (int i = 0; i < 4; i++)
		MR_CODE(mr_array_wait(array, 0.5), MR_OK);
	mr_session_finish(log, array);
	mr_session_sql(path, "UPDATE run SET ended_wall_ns=NULL;"
	          "DELETE FROM op WHERE id=4;"
	          "UPDATE op SET wall_end_ns=NULL,error=NULL,t_begin_ns=NULL,"
	          "t_end_ns=NULL,n_effect=NULL,status=NULL WHERE id=3");
	array = play(path, "");
	MR_CODE(mr_array_wait(array, 0.5), MR_OK);
	MR_CODE(mr_array_wait(array, 0.5), MR_OK);
	CU_ASSERT_EQUAL(mr_array_time_ns(array), 1000000000);
	MR_CODE(mr_array_wait(array, 0.5), MR_ERR_MISMATCH);
	MR_HAS(mr_array_errmsg(array), "operation 3: the recorded run was cut "
	                               "off in the middle of it");
	CU_ASSERT_EQUAL(mr_array_time_ns(array), 1000000000);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* The log turns out to be damaged behind an operation. */
static void damage_behind_an_operation_is_reported(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array = mr_session_open(MR_SESSION_URI);

	mr_session_path(path, "behind.db");
	struct mr_oplog *log = mr_session_start(path, array, NULL);

	MR_CODE(mr_array_wait(array, 0.5), MR_OK);
	MR_CODE(configure(array, "9e-07"), MR_OK);
	MR_CODE(mr_array_wait(array, 0.5), MR_OK);
	mr_session_finish(log, array);
	mr_session_sql(path, "UPDATE description SET description='{}'");
	array = play(path, "");
	MR_CODE(mr_array_wait(array, 0.5), MR_OK);
	MR_CODE(configure(array, "9e-07"), MR_ERR_FORMAT);
	MR_HAS(mr_array_errmsg(array), "table description, row");
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	mr_session_sql(path, "UPDATE op SET duration_s=NULL WHERE id=3");
	mr_session_sql(path, "DELETE FROM description");
	array = play(path, "");
	MR_CODE(mr_array_wait(array, 0.5), MR_OK);
	MR_CODE(configure(array, "9e-07"), MR_ERR_FORMAT);
	MR_HAS(mr_array_errmsg(array), "operation 3): duration_s");
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

const struct mr_test mr_tests[] = {
	{"playback_gives_bit_identical_results", results_are_bit_identical},
	{"playback_describes_and_times_as_recorded",
         description_and_time_are_the_recorded_ones},
	{"configures_of_one_submit_take_effect",
         configures_of_one_submit_take_effect},
	{"recording_of_a_playback_equals_the_first",
         recording_of_a_playback_equals_the_first},
	{"execution_again_gives_the_same_log",
         execution_again_gives_the_same_log},
	{"surveys_may_be_on_or_off", surveys_may_be_on_or_off},
	{"pulse_that_differs_is_named", pulse_that_differs_is_named},
	{"cells_that_differ_are_named", cells_that_differ_are_named},
	{"read_or_drive_that_differs_is_named",
         read_or_drive_that_differs_is_named},
	{"trace_or_program_that_differs_is_named",
         trace_or_program_that_differs_is_named},
	{"kind_or_order_that_differs_is_named",
         kind_or_order_that_differs_is_named},
	{"program_of_a_back_end_is_answered", recorded_program_is_answered},
	{"failures_are_played_back_as_failures",
         failures_are_played_back_as_failures},
	{"operation_called_off_is_not_waited_for",
         operation_called_off_is_not_waited_for},
	{"refusals_are_played_back", refusals_are_played_back},
	{"run_is_chosen_by_key", run_is_chosen_by_key},
	{"uri_that_is_wrong_is_refused", uri_that_is_wrong_is_refused},
	{"run_that_was_cut_off_is_played_to_its_end",
         run_that_was_cut_off_is_played_to_its_end},
	{"damage_behind_an_operation_is_reported",
         damage_behind_an_operation_is_reported},
	{0},
};
