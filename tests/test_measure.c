/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Measurements: plans, protocols that an array cannot do, wrong settings, what
 * the log keeps, and what came of the cells. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memrig/memrig.h"
#include "session.h"
#include "test.h"

#define PCM "emu:pcm?rows=4&cols=4&seed=7"

static struct mr_array *open_array(const char *uri)
{
	struct mr_errtext err = {""};
	struct mr_array *array = NULL;

	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), MR_OK, err);
	return array;
}

static int measure(const char *uri, const struct mr_measure_options *options,
                   struct mr_measure **out, struct mr_errtext *err)
{
	struct mr_array *array = open_array(uri);
	int code = mr_measure_run(array, options, out, err);

	MR_CODE(mr_array_close(array, NULL), MR_OK);
	return code;
}

static const struct mr_measure_result *result_of(const struct mr_measure *m,
                                                 const char *protocol)
{
	for (size_t k = 0; k < m->n; k++)
		if (strcmp(m->results[k].protocol, protocol) == 0)
			return &m->results[k];
	CU_FAIL_FATAL("no such protocol");
	return NULL;
}

/* ---- plans ----------------------------------------------------------------- */

/* 4 cycles of an erase and 20 steps, and one of 60: 4 * 21 + 61 pulses and as
 * many readings, by the defaults of pulses. */
static void plan_counts(void)
{
	const struct mr_measure_options options = {.what = "pulses",
	                                           .plan = true};
	struct mr_errtext err = {""};
	struct mr_measure *m = NULL;

	MR_CODE_ERR(measure(PCM, &options, &m, &err), MR_OK, err);
	CU_ASSERT_EQUAL(m->results[0].n_ops, 2 * (4 * 21 + 61));
	CU_ASSERT_EQUAL(m->results[0].pulses_most, 4 * 21 + 61);
	CU_ASSERT_EQUAL(m->pulses_most, 4 * 21 + 61);
	/* 4 rows, 64 readings of 1 us each */
	MR_NEAR(m->array_s, 145 * 4 * 64e-6, 0.01 * 145 * 4 * 64e-6);
	mr_measure_free(m);
}

static void plan_touches_nothing(void)
{
	const struct mr_measure_options options = {.what = "standard",
	                                           .plan = true};
	struct mr_array *array = open_array(PCM);
	struct mr_errtext err = {""};
	struct mr_measure *m = NULL;

	MR_CODE_ERR(mr_measure_run(array, &options, &m, &err), MR_OK, err);
	CU_ASSERT_EQUAL(mr_array_time_ns(array), 0);
	mr_measure_free(m);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* What does not depend on results is as planned, to the operation. */
static void plan_comes_true(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_measure_options options = {.what = "quick", .plan = true};
	struct mr_errtext err = {""};
	struct mr_measure *planned = NULL, *done = NULL;

	MR_CODE_ERR(measure(PCM, &options, &planned, &err), MR_OK, err);
	options.plan = false;
	options.log_path = mr_session_path(path, "true.db");
	MR_CODE_ERR(measure(PCM, &options, &done, &err), MR_OK, err);
	for (size_t k = 0; k < planned->n; k++) {
		const struct mr_measure_result *a = &planned->results[k];
		const struct mr_measure_result *b = &done->results[k];

		CU_ASSERT_EQUAL(a->state, b->state);
		CU_ASSERT_EQUAL(a->n_ops, b->n_ops);
		CU_ASSERT(b->pulses_most <= a->pulses_most);
	}
	MR_NEAR(result_of(done, "drift")->array_s, 100, 1);
	mr_measure_free(planned);
	mr_measure_free(done);
}

/* ---- all arrays ------------------------------------------------------------- */

static void every_protocol_runs(void)
{
	static const char *const settings[] = {
		"noise.reads=8", "last=10", "repetitions=2", "cycles=2", "points=3",
		"reference=0:1e5", "times=1,10", "disturb.pulses=10", NULL};
	static const char *const uris[] = {
		PCM, "emu:ideal?rows=3&cols=4", "emu:pcm-step?rows=3&cols=4",
		"emu:pcm-target?rows=3&cols=4", "emu:pcm-hermes1?rows=3&cols=4",
		"emu:pcm?rows=3&cols=4&offer=read+pulse+wait&noise=flicker",
		"scpi+loop:ideal?emu.rows=3&emu.cols=4",
		"arc1+loop:ideal?rows=3&cols=4&emu.rows=3&emu.cols=4&device=ideal"};
	char path[MR_TEST_PATH_MAX];

	for (size_t u = 0; u < sizeof uris / sizeof *uris; u++) {
		const struct mr_measure_options options = {
			.what = "map,converter,iv,pulses,amplitude,program,noise,"
				"drift,disturb,temperature,retention,endurance",
			.settings = settings,
			.log_path = mr_session_path(path, "every.db")};
		struct mr_errtext err = {""};
		struct mr_measure *m = NULL;

		MR_CODE_ERR(measure(uris[u], &options, &m, &err), MR_OK, err);
		for (size_t k = 0; k < m->n; k++) {
			const struct mr_measure_result *r = &m->results[k];

			CU_ASSERT(r->state == MR_MEASURE_DONE
			          || r->state == MR_MEASURE_SKIPPED);
			if (r->state == MR_MEASURE_REFUSED)
				CU_FAIL(r->reason);
			CU_ASSERT((r->state == MR_MEASURE_SKIPPED)
			          == (r->reason[0] != '\0'));
			CU_ASSERT((r->state == MR_MEASURE_DONE) == (r->run > 0));
			CU_ASSERT_EQUAL(r->n_unknown, 0);
		}
		mr_measure_free(m);
	}
}

static void targets_skip_pulses(void)
{
	char path[MR_TEST_PATH_MAX];
	const struct mr_measure_options options = {
		.what = "pulses,program",
		.log_path = mr_session_path(path, "target.db")};
	struct mr_errtext err = {""};
	struct mr_measure *m = NULL;

	MR_CODE_ERR(measure("emu:pcm-target?rows=4&cols=4", &options, &m, &err),
	            MR_OK, err);
	CU_ASSERT_EQUAL(m->results[0].state, MR_MEASURE_SKIPPED);
	MR_HAS(m->results[0].reason, "no pulses");
	CU_ASSERT_EQUAL(m->results[1].state, MR_MEASURE_DONE);
	mr_measure_free(m);
}

/* The guard allows 30 pulses a cell; pulses wants 145. */
static void refused_one_does_not_end_the_others(void)
{
	char path[MR_TEST_PATH_MAX];
	const struct mr_measure_options options = {
		.what = "pulses,drift",
		.log_path = mr_session_path(path, "refused.db")};
	struct mr_errtext err = {""};
	struct mr_measure *m = NULL;

	MR_CODE_ERR(measure(PCM "&guard.pulses=30", &options, &m, &err), MR_OK,
	            err);
	CU_ASSERT_EQUAL(m->results[0].state, MR_MEASURE_REFUSED);
	CU_ASSERT(m->results[0].reason[0] != '\0');
	CU_ASSERT(m->results[0].n_ops > 0);
	CU_ASSERT_EQUAL(m->results[1].state, MR_MEASURE_REFUSED);
	mr_measure_free(m);
}

/* ---- the log and the cells ---------------------------------------------------- */

static void log_names_the_protocol(void)
{
	static const char *const given[] = {"operator=Ada", NULL};
	char path[MR_TEST_PATH_MAX];
	const struct mr_oplog_options log = {.metadata = given};
	const struct mr_measure_options options = {
		.what = "map,pulses",
		.log = &log,
		.log_path = mr_session_path(path, "names.db")};
	struct mr_errtext err = {""};
	struct mr_measure *m = NULL;
	struct mr_history *h = NULL;

	MR_CODE_ERR(measure(PCM, &options, &m, &err), MR_OK, err);
	MR_CODE_ERR(mr_history_load(path, NULL, &h, &err), MR_OK, err);
	CU_ASSERT_EQUAL_FATAL(h->n_parts, 2);
	CU_ASSERT_STRING_EQUAL(h->parts[0].protocol, "map");
	CU_ASSERT_STRING_EQUAL(h->parts[1].protocol, "pulses");
	CU_ASSERT_STRING_EQUAL(h->parts[0].session, m->session);
	CU_ASSERT_STRING_EQUAL(h->parts[1].session, m->session);
	CU_ASSERT_EQUAL(h->parts[1].run, m->results[1].run);
	mr_history_free(h);
	mr_measure_free(m);
}

/* A quarter of 256 cells is stuck: they are silent, and only they. */
static void stuck_cells_are_silent(void)
{
	char path[MR_TEST_PATH_MAX];
	const struct mr_measure_options options = {
		.what = "map", .log_path = mr_session_path(path, "stuck.db")};
	struct mr_errtext err = {""};
	struct mr_measure *m = NULL;

	MR_CODE_ERR(measure("emu:pcm?rows=16&cols=16&seed=3&stuck_rate=0.25",
	                    &options, &m, &err), MR_OK, err);
	MR_NEAR(m->results[0].n_silent, 64, 28); /* 4 sd of a binomial */
	mr_measure_free(m);
	MR_CODE_ERR(measure("emu:pcm?rows=16&cols=16&seed=3", &options, &m, &err),
	            MR_OK, err);
	CU_ASSERT_EQUAL(m->results[0].n_silent, 0);
	mr_measure_free(m);
}

static void endurance_keeps_to_its_cells(void)
{
	static const char *const settings[] = {"cells=2", "cycles=10", "up=3",
	                                       NULL};
	const struct mr_measure_options options = {
		.what = "endurance", .settings = settings, .plan = true};
	struct mr_errtext err = {""};
	struct mr_measure *m = NULL;

	MR_CODE_ERR(measure(PCM, &options, &m, &err), MR_OK, err);
	CU_ASSERT_EQUAL(m->pulses_most, 10 * (1 + 3));
	mr_measure_free(m);
}

/* ---- wrong use ------------------------------------------------------------------ */

static void wrong(const char *what, const char *setting, int code,
                  const char *text)
{
	const char *const settings[] = {setting, NULL};
	const struct mr_measure_options options = {
		.what = what, .settings = settings, .plan = true};
	struct mr_errtext err = {""};
	struct mr_measure *m = NULL;

	MR_CODE_ERR(measure(PCM, &options, &m, &err), code, err);
	MR_HAS(err.text, text);
	CU_ASSERT_PTR_NULL(m);
	mr_measure_free(m);
}

static void wrong_settings_say_what_is_right(void)
{
	wrong("dance", NULL, MR_ERR_USAGE, "there are quick, standard");
	wrong("map,", NULL, MR_ERR_USAGE, "'' is no suite and no protocol");
	wrong("map,map", NULL, MR_ERR_USAGE, "map is named twice");
	wrong("pulses", "cycles", MR_ERR_USAGE, "is not KEY=VALUE");
	wrong("pulses", "cycle=2", MR_ERR_USAGE, "no protocol of this");
	wrong("pulses", "pulses.cycle=2", MR_ERR_USAGE, "it has cycles");
	wrong("pulses", "drift.last=2", MR_ERR_USAGE, "no protocol of this");
	wrong("pulses", "cycles=2.5", MR_ERR_USAGE, "no whole number");
	wrong("pulses", "cycles=", MR_ERR_USAGE, "no whole number");
	wrong("pulses", "cycles=0", MR_ERR_RANGE, "outside 1 to");
	wrong("drift", "last=x", MR_ERR_USAGE, "no number in s");
	wrong("drift", "last=nan", MR_ERR_USAGE, "no number in s");
	wrong("drift", "last=0.1", MR_ERR_USAGE, "is before drift.first");
	wrong("retention", "times=1,x", MR_ERR_USAGE, "numbers separated by");
	wrong("retention", "times=9,1", MR_ERR_USAGE, "before the one before");
	wrong("retention", "times=1 2", MR_ERR_USAGE, "without blanks");
	wrong("converter", "reference=99:5", MR_ERR_USAGE, "CELL:OHM");
	wrong("converter", "reference=1:0", MR_ERR_USAGE, "CELL:OHM");
	wrong("endurance", "cycles=100000", MR_ERR_USAGE, "say cycles=9090");
}

static void log_is_needed(void)
{
	char path[MR_TEST_PATH_MAX];
	const struct mr_oplog_options low = {.level = MR_OPLOG_OPERATIONS};
	struct mr_measure_options options = {.what = "map"};
	struct mr_errtext err = {""};
	struct mr_measure *m = NULL;

	MR_CODE(measure(PCM, &options, &m, &err), MR_ERR_USAGE);
	MR_HAS(err.text, "--log run.db");
	options.log = &low;
	options.log_path = mr_session_path(path, "low.db");
	MR_CODE(measure(PCM, &options, &m, &err), MR_ERR_USAGE);
	MR_HAS(err.text, "level 2 or 3");
	options.log = NULL;
	options.log_path = "/no/such/folder/run.db";
	MR_CODE(measure(PCM, &options, &m, &err), MR_ERR_IO);
	CU_ASSERT_EQUAL_FATAL(m->n, 1);
	CU_ASSERT_EQUAL(m->results[0].state, MR_MEASURE_FAILED);
	mr_measure_free(m);
}

static void states_have_names(void)
{
	CU_ASSERT_STRING_EQUAL(mr_measure_state_name(MR_MEASURE_FAILED),
	                       "failed");
	CU_ASSERT_STRING_EQUAL(
		mr_measure_state_name((enum mr_measure_state)99), "unknown");
	mr_measure_free(NULL);
}

const struct mr_test mr_tests[] = {
	{"measure_plan_counts_pulses_and_time", plan_counts},
	{"measure_plan_touches_nothing", plan_touches_nothing},
	{"measure_plan_comes_true", plan_comes_true},
	{"measure_runs_every_protocol_on_every_array", every_protocol_runs},
	{"measure_of_targets_skips_pulses", targets_skip_pulses},
	{"measure_goes_on_after_a_refusal", refused_one_does_not_end_the_others},
	{"measure_log_names_the_protocol", log_names_the_protocol},
	{"measure_finds_stuck_cells", stuck_cells_are_silent},
	{"measure_endurance_keeps_to_its_cells", endurance_keeps_to_its_cells},
	{"measure_wrong_settings_are_explained",
	 wrong_settings_say_what_is_right},
	{"measure_without_a_log_is_refused", log_is_needed},
	{"measure_states_have_names", states_have_names},
	{0},
};
