/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The apps, on an array and with a log, when the k-th operation, allocation or
 * step of the disk fails, for k = 1, 2, ... until nothing fails: a clean error
 * each time, nothing leaked, a log that opens. The short form takes a sweep
 * in growing strides after its begin; MR_LONG=1 takes each k.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "apps/correlation/run.h"
#include "apps/fstdp/preset.h"
#include "apps/fstdp/run.h"
#include "apps/synapses/neuron.h"
#include "baddisk.h"
#include "badmemory.h"
#include "session.h"
#include "test.h"

#define N 8
#define STEPS 30
#define EACH 32 /* the first of a sweep are taken one by one */

static const char emu[] = "emu:pcm?rows=8&cols=2&seed=7";

/* ---- the scenarios ------------------------------------------------------- */

static int correlate(struct mr_array *array, struct mr_errtext *err)
{
	static const int8_t label[N] = {1, 1, 1};
	struct mr_correlation_plan plan = {.n_cells = 2, .steps = STEPS,
	                                   .coding = MR_ACTIVITY_THRESHOLD,
	                                   .sigma = 0.5, .n_maps = 1,
	                                   .step_time_s = 1e-3};
	struct mr_correlation_result result = {0};
	struct mr_crowd crowd = {0};
	int code = mr_crowd_draw(&crowd, label, N, 0.2, 0.5, 3, err);

	if (code == MR_OK)
		code = mr_correlation_run(&plan, &crowd, array, &result, err);
	if (code == MR_OK)
		CU_ASSERT(result.pulses > 0 && result.steps == STEPS);
	mr_correlation_free(&result);
	mr_crowd_free(&crowd);
	return code;
}

static int lay(struct mr_array *array, struct mr_weights *weights,
               struct mr_errtext *err)
{
	const struct mr_weights_options mapping = {.n = N, .n_cells = 2,
	                                           .raise_every = 2,
	                                           .period_s = 1e-3};

	return mr_weights_array(weights, array, &mapping, err);
}

static int separate(struct mr_array *array, struct mr_errtext *err)
{
	static const int8_t label[N] = {1, 1, 1};
	const struct mr_synapses_plan plan = {
		.params = {.p = 0.3, .c = 0.5, .r0 = 0.2, .kappa = 0.02,
	                   .theta_factor = 1, .window = 2},
		.n = N, .label = label, .steps = STEPS};
	struct mr_synapses_result result = {0};
	struct mr_weights weights = {0};
	int code = lay(array, &weights, err);

	if (code == MR_OK)
		code = mr_synapses_run(&plan, &weights, 3, &result, err);
	if (code == MR_OK)
		CU_ASSERT(result.n_spikes > 0 && result.steps == STEPS);
	free(result.w);
	mr_weights_free(&weights);
	return code;
}

static int learn(struct mr_array *array, struct mr_errtext *err)
{
	static const struct mr_process process[] = {{"group", 4, 50, 0.5},
	                                            {"others", 4, 50, 0}};
	struct mr_fstdp_plan plan = {.steps = 400};
	struct mr_fstdp_result result = {0};
	struct mr_inputs inputs = {0};
	struct mr_weights weights = {0};
	int code = mr_inputs_generated(&inputs, process, 2, 1e-3, err);

	mr_fstdp_preset_params(mr_fstdp_preset_find("b1"), &plan.params);
	plan.inputs = &inputs;
	if (code == MR_OK)
		code = lay(array, &weights, err);
	if (code == MR_OK)
		code = mr_fstdp_run(&plan, &weights, 3, &result, err);
	if (code == MR_OK)
		CU_ASSERT_EQUAL(result.steps, plan.steps);
	mr_fstdp_result_free(&result);
	mr_weights_free(&weights);
	mr_inputs_free(&inputs);
	return code;
}

static int (*const apps[])(struct mr_array *, struct mr_errtext *) = {
	correlate, separate, learn};

#define N_APPS (sizeof apps / sizeof apps[0])

/* ---- one run ------------------------------------------------------------- */

/* What became of it: the first failure. */
struct result {
	int code;
	struct mr_errtext err;
};

static void note(struct result *r, int code, const char *text)
{
	if (code != MR_OK && r->code == MR_OK)
		r->code = mr_errtext_set(&r->err, code, "%s", text);
}

/* Open, log, run the app, finish, close: all that was opened is closed. */
static struct result run(size_t app, const char *uri, const char *log_path)
{
	const struct mr_oplog_options options = {.level = MR_OPLOG_VALUES};
	struct result r = {MR_OK, {""}};
	struct mr_array *array = NULL;
	struct mr_oplog *log = NULL;
	struct mr_errtext err = {""};

	note(&r, mr_array_open(uri, NULL, &array, &err), err.text);
	if (!array)
		return r;
	note(&r, mr_oplog_start(log_path, array, &options, &log, &err),
	     err.text);
	if (r.code == MR_OK)
		note(&r, apps[app](array, &err), err.text);
	note(&r, mr_oplog_finish(log, &err), err.text);
	note(&r, mr_array_close(array, &err), err.text);
	return r;
}

static void read_run(struct mr_oplog_reader *reader, int64_t run)
{
	struct mr_oplog_record record;
	bool more = true;

	MR_CODE(mr_oplog_rewind(reader, run), MR_OK);
	while (more) {
		int code = mr_oplog_next(reader, &record, &more);

		MR_CODE(code, MR_OK);
		more = more && code == MR_OK;
	}
}

/* The file is a log all of which can be read; or, unless it must be one, no
 * file, an empty one, or one whose making will be undone. */
static void read_log(const char *path, bool must)
{
	struct mr_oplog_reader *reader = NULL;
	struct mr_errtext err = {""};
	struct stat status;
	int64_t first = 0, last = 0;
	int code;

	if (!must && (stat(path, &status) != 0 || status.st_size == 0))
		return;
	code = mr_oplog_open(path, &reader, &err);
	if (!must && code == MR_ERR_MISSING &&
	    strstr(err.text, "or it is empty"))
		return;
	MR_CODE_ERR(code, MR_OK, err);
	if (!reader)
		return;
	MR_CODE(mr_oplog_runs(reader, &first, &last), MR_OK);
	CU_ASSERT(last > 0 || !must);
	if (last)
		read_run(reader, last);
	mr_oplog_close(reader);
}

static uint64_t after(uint64_t k)
{
	return k < EACH || getenv("MR_LONG") ? k + 1 : k + k / 8;
}

static void take_over(void)
{
	mr_badmemory_install();
	mr_baddisk_install();
}

/* ---- the sweeps ---------------------------------------------------------- */

static void apps_say_which_operation_failed(void)
{
	take_over();
	for (size_t app = 0; app < N_APPS; app++) {
		struct result r = {.code = MR_ERR_IO};
		uint64_t k = 1;

		for (; r.code != MR_OK && k < 5000; k = after(k)) {
			char path[MR_TEST_PATH_MAX], uri[128];

			mr_session_path(path, "fault.db");
			(void)snprintf(uri, sizeof uri, "%s&fault.at=%llu", emu,
			               (unsigned long long)k);
			r = run(app, uri, path);
			read_log(path, true);
			if (r.code != MR_OK) {
				MR_CODE_ERR(r.code, MR_ERR_IO, r.err);
				MR_HAS(r.err.text, "fault injected");
			}
		}
		CU_ASSERT(k > 5 && k < 5000);
	}
}

static bool starved(size_t app, uint64_t k, unsigned how)
{
	char path[MR_TEST_PATH_MAX];
	struct result r;
	bool failed;
	long before;

	mr_session_path(path, "starved.db");
	before = mr_badmemory_blocks();
	mr_badmemory_arm(k, how);
	r = run(app, emu, path);
	failed = mr_badmemory_disarm();
	CU_ASSERT_EQUAL(mr_badmemory_blocks(), before);
	if (!failed)
		MR_CODE_ERR(r.code, MR_OK, r.err);
	/* SQLite goes on without some of what it asks for */
	if (r.code != MR_OK) {
		MR_CODE_ERR(r.code, MR_ERR_NOMEM, r.err);
		MR_HAS(r.err.text, "memory");
	}
	read_log(path, false);
	return failed;
}

static void apps_say_that_memory_ran_out(void)
{
	static const unsigned ways[] = {MR_MEMORY_OWN, MR_MEMORY_FOR_GOOD};

	take_over();
	for (size_t app = 0; app < N_APPS; app++) {
		for (size_t way = 0; way < sizeof ways / sizeof ways[0]; way++) {
			uint64_t k = 1;

			while (starved(app, k, ways[way]))
				k = ways[way] == MR_MEMORY_OWN ? k + 1
				                               : after(k);
			CU_ASSERT(k > 10);
		}
	}
}

static void apps_say_that_the_disk_failed(void)
{
	take_over();
	for (size_t app = 0; app < N_APPS; app++) {
		bool failed = true;
		uint64_t k = 1;

		for (; failed; k = after(k)) {
			char path[MR_TEST_PATH_MAX];
			struct result r;

			mr_session_path(path, "disk.db");
			mr_baddisk_arm(MR_DISK_ANY, k, false);
			r = run(app, emu, path);
			failed = mr_baddisk_disarm();
			if (r.code != MR_OK) {
				CU_ASSERT(failed);
				MR_CODE_ERR(r.code, MR_ERR_IO, r.err);
				MR_HAS(r.err.text, path);
			}
			read_log(path, r.code == MR_OK);
		}
		CU_ASSERT(k > 10);
	}
}

const struct mr_test mr_tests[] = {
	{"apps_say_which_operation_failed", apps_say_which_operation_failed},
	{"apps_say_that_memory_ran_out", apps_say_that_memory_ran_out},
	{"apps_say_that_the_disk_failed", apps_say_that_the_disk_failed},
	{0},
};
