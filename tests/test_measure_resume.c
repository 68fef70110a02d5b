/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Measurements that are interrupted and resumed: the data are those of an
 * uninterrupted one, to the bit, where the array can do everything again or
 * lives on; and no pulse is given twice where it cannot. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memrig/memrig.h"
#include "session.h"
#include "test.h"

#define PCM "emu:pcm?rows=4&cols=5&seed=7"
#define SCPI "scpi+loop:pcm?emu.rows=3&emu.cols=4&emu.seed=5"
#define INTERRUPTIONS 100

/* Short, but with all kinds of operations. */
static const char *const settings[] = {
	"points=3",       "states=1", "cycles=1",  "pulses.pulses=6", "long=8",
	"repetitions=2", "program.levels=4", "last=100", "drift.levels=3", NULL};

/* The same of one protocol. */
static const char *const of_pulses[] = {"cycles=1", "pulses.pulses=6", "long=8",
                                        NULL};

#define WHAT "iv,pulses,program,drift"

/* ---- interrupting ---------------------------------------------------------- */

enum how { BY_FLAG, BY_HANDLE, BY_OBSERVER, BY_KILL, N_HOW };

/* Ends a measurement at an operation, parts of composed ones included. */
struct interrupt {
	struct mr_array *array;
	enum how how;
	uint64_t at; /* 0 = never */
	uint64_t seen;
	volatile sig_atomic_t stop;
};

static int on_begin(void *self, const struct mr_event *event,
                    struct mr_errtext *err)
{
	struct interrupt *i = self;

	(void)event;
	if (++i->seen != i->at)
		return MR_OK;
	if (i->how == BY_FLAG)
		i->stop = 1;
	else if (i->how == BY_HANDLE)
		mr_array_stop(i->array);
	else if (i->how == BY_OBSERVER)
		return mr_errtext_set(err, MR_ERR_IO, "not this one");
	return MR_OK;
}

static void on_end(void *self, const struct mr_event *event)
{
	struct interrupt *i = self;

	(void)event;
	if (i->how == BY_KILL && i->seen == i->at)
		(void)raise(SIGKILL);
}

/* What is measured and where to. */
struct job {
	const char *uri;
	const char *what;
	const char *log;
	bool resume;
};

static int measure(const struct job *job, struct interrupt *i,
                   struct mr_measure **out)
{
	struct mr_errtext err = {""};
	struct mr_context context = {.stop = &i->stop};
	const struct mr_measure_options options = {
		.what = job->what,
		.settings = strcmp(job->what, "pulses") ? settings : of_pulses,
		.log_path = job->log,
		.resume = job->resume,
		.context = &context};
	const struct mr_observer observer = {
		.self = i, .begin = on_begin, .end = on_end};
	struct mr_measure *m = NULL;
	int code;

	MR_CODE_ERR(mr_array_open(job->uri, NULL, &i->array, &err), MR_OK, err);
	MR_CODE(mr_array_observe(i->array, &observer), MR_OK);
	code = mr_measure_run(i->array, &options, &m, &err);
	if (i->at == 0)
		MR_CODE_ERR(code, MR_OK, err);
	MR_CODE(mr_array_close(i->array, NULL), MR_OK);
	if (out)
		*out = m;
	else
		mr_measure_free(m);
	return code;
}

static void interrupted(const struct job *job, enum how how, uint64_t at)
{
	struct interrupt i = {.how = how, .at = at};
	int status = 0;
	pid_t child;

	if (how != BY_KILL) {
		int code = measure(job, &i, NULL);

		if (i.seen >= at)
			CU_ASSERT(code == MR_ERR_STOPPED || code == MR_ERR_IO);
		return;
	}
	child = fork();
	if (child == 0) {
		(void)measure(job, &i, NULL);
		_exit(0);
	}
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
}

/* ---- what a log holds ------------------------------------------------------ */

#define DATA_MAX 20000

/* A number for each operation that took effect, in order. */
struct data {
	uint64_t hash[DATA_MAX];
	size_t n;
	uint64_t pulses[64]; /* on each cell */
	uint64_t unknown;    /* operations that never ended, or nobody knows */
};

static uint64_t mix(uint64_t hash, const void *bytes, size_t n)
{
	const unsigned char *b = bytes;

	for (size_t k = 0; b && k < n; k++)
		hash = (hash ^ b[k]) * UINT64_C(1099511628211);
	return hash;
}

static uint64_t hash_of(const struct mr_op *op, const struct mr_description *d)
{
	size_t n = (size_t)mr_op_elements(op, d);
	uint64_t h = UINT64_C(14695981039346656037);

	h = mix(h, &op->kind, sizeof op->kind);
	h = mix(h, &op->outcome.t_begin_ns, sizeof op->outcome.t_begin_ns);
	h = mix(h, &op->outcome.t_end_ns, sizeof op->outcome.t_end_ns);
	if (op->kind == MR_OP_READ)
		h = mix(h, op->read.g_S, n * 4);
	if (op->kind == MR_OP_TRACE)
		h = mix(h, op->trace.i_A, n * mr_trace_samples(&op->trace) * 4);
	if (op->kind == MR_OP_PROGRAM)
		h = mix(h, op->program.g_S, n * 4);
	return h;
}

static void add_record(struct data *data, const struct mr_oplog_record *r,
                       const struct mr_description *d)
{
	const struct mr_op *op = &r->op;
	uint64_t n = mr_op_elements(op, d);

	if (r->ended && op->outcome.error != MR_OK)
		n = op->outcome.n_effect;
	data->unknown += !r->ended || op->outcome.error == MR_ERR_OUTCOME;
	for (uint64_t i = 0; i < n && op->kind == MR_OP_PULSE; i++)
		data->pulses[mr_selection_cell(&op->where, d, i)] +=
			op->pulse.counts ? op->pulse.counts[i] : op->pulse.count;
	if (r->ended && op->outcome.error == MR_OK && data->n < DATA_MAX)
		data->hash[data->n++] = hash_of(op, d);
}

/* From which operation on a run was done again by the next one. */
static uint64_t redone_from(struct mr_oplog_reader *reader, int64_t run,
                            int64_t last)
{
	struct mr_oplog_run_info info;
	char key[40];
	const char *at;

	if (run >= last || mr_oplog_info(reader, run + 1, &info) != MR_OK)
		return UINT64_MAX;
	(void)snprintf(key, sizeof key, "continues=%" PRId64 "\n", run);
	if (!strstr(info.metadata, key))
		return UINT64_MAX;
	at = strstr(info.metadata, "redone_from=");
	return at ? strtoull(at + 12, NULL, 10) : UINT64_MAX;
}

static struct data *data_of(const char *path)
{
	struct data *data = calloc(1, sizeof *data);
	struct mr_errtext err = {""};
	struct mr_oplog_reader *reader;
	struct mr_oplog_record record;
	struct mr_oplog_run_info info;
	int64_t first = 0, last = 0;

	MR_CODE_ERR(mr_oplog_open(path, &reader, &err), MR_OK, err);
	MR_CODE(mr_oplog_runs(reader, &first, &last), MR_OK);
	for (int64_t run = first; run <= last; run++) {
		uint64_t end = redone_from(reader, run, last);
		bool more = true;

		MR_CODE(mr_oplog_info(reader, run, &info), MR_OK);
		MR_CODE(mr_oplog_rewind(reader, run), MR_OK);
		while (mr_oplog_next(reader, &record, &more) == MR_OK && more)
			if (record.id < end)
				add_record(data, &record, &info.desc);
	}
	mr_oplog_close(reader);
	return data;
}

static size_t first_difference(const struct data *a, const struct data *b)
{
	size_t k = 0;

	while (k < a->n && k < b->n && a->hash[k] == b->hash[k])
		k++;
	return k;
}

/* Histories leave out what was done again, too: nothing runs backwards. */
static void same_history(const char *a, const char *b)
{
	struct mr_history *whole = NULL, *cut = NULL;
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_history_load(a, NULL, &whole, &err), MR_OK, err);
	MR_CODE_ERR(mr_history_load(b, NULL, &cut, &err), MR_OK, err);
	CU_ASSERT_EQUAL(whole->first[whole->n_cells], cut->first[cut->n_cells]);
	for (size_t k = 0; k < whole->n_losses && k < cut->n_losses; k++)
		CU_ASSERT_EQUAL(whole->losses[k].n, cut->losses[k].n);
	CU_ASSERT_EQUAL(whole->n_losses, cut->n_losses);
	mr_history_free(whole);
	mr_history_free(cut);
}

/* ---- an array that does everything again ------------------------------------- */

/* The whole thing without an interruption; says how many operations it has. */
static struct data *reference(const char *uri, const char *what, uint64_t *n)
{
	char path[MR_TEST_PATH_MAX];
	struct interrupt none = {0};
	struct job job = {uri, what, mr_session_path(path, "whole.db"), false};

	MR_CODE(measure(&job, &none, NULL), MR_OK);
	*n = none.seen;
	return data_of(path);
}

static uint64_t draw(uint64_t *state, uint64_t n)
{
	*state = *state * UINT64_C(6364136223846793005)
	         + UINT64_C(1442695040888963407);
	return (*state >> 33) % n;
}

static void resumed_is_the_same(void)
{
	char path[MR_TEST_PATH_MAX], whole_path[MR_TEST_PATH_MAX];
	uint64_t state = 4, n;
	struct data *whole = reference(PCM, WHAT, &n);

	CU_ASSERT(whole->n > 150);
	(void)mr_test_path(whole_path, "whole.db");
	for (unsigned k = 0; k < INTERRUPTIONS; k++) {
		struct job job = {PCM, WHAT, mr_session_path(path, "cut.db"),
		                  false};
		struct interrupt none = {0};
		struct data *cut;

		interrupted(&job, k % N_HOW, 1 + draw(&state, n));
		job.resume = true;
		if (k % 3 == 0) /* and once more on its way */
			interrupted(&job, (k / 3) % N_HOW, 1 + draw(&state, n));
		MR_CODE(measure(&job, &none, NULL), MR_OK);
		cut = data_of(path);
		CU_ASSERT_EQUAL(cut->n, whole->n);
		CU_ASSERT_EQUAL(first_difference(whole, cut), whole->n);
		free(cut);
		same_history(whole_path, path);
	}
	free(whole);
}

static void finished_is_taken(void)
{
	char path[MR_TEST_PATH_MAX];
	struct job job = {PCM, WHAT, mr_session_path(path, "done.db"), false};
	struct interrupt none = {0};
	struct mr_measure *m;
	struct data *before, *after;

	MR_CODE(measure(&job, &none, NULL), MR_OK);
	before = data_of(path);
	job.resume = true;
	MR_CODE(measure(&job, &none, &m), MR_OK);
	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	for (size_t k = 0; k < m->n; k++)
		CU_ASSERT_EQUAL(m->results[k].state, MR_MEASURE_TAKEN);
	after = data_of(path);
	CU_ASSERT_EQUAL(before->n, after->n);
	mr_measure_free(m);
	free(before);
	free(after);
}

/* ---- an array that lives on --------------------------------------------------- */

/* A chip in a file keeps its time: the flag stops between operations. */
static void chip_in_a_file_goes_on(void)
{
	char path[MR_TEST_PATH_MAX], chip[MR_TEST_PATH_MAX];
	char uri[MR_TEST_PATH_MAX + 80];
	uint64_t state = 9, n;
	struct data *whole = reference(PCM, WHAT, &n);

	(void)snprintf(uri, sizeof uri, PCM "&state=%s",
	               mr_test_path(chip, "chip.state"));
	for (unsigned k = 0; k < 12; k++) {
		struct job job = {uri, WHAT, mr_session_path(path, "chip.db"),
		                  false};
		struct interrupt none = {0};
		struct data *cut;

		(void)remove(chip);
		interrupted(&job, k % 3 == 2 ? BY_KILL : BY_FLAG,
		            1 + draw(&state, n));
		job.resume = true;
		MR_CODE(measure(&job, &none, NULL), MR_OK);
		cut = data_of(path);
		CU_ASSERT_EQUAL(first_difference(whole, cut), whole->n);
		free(cut);
	}
	free(whole);
}

static void chip_of_another_time_is_refused(void)
{
	char path[MR_TEST_PATH_MAX], chip[MR_TEST_PATH_MAX];
	char uri[MR_TEST_PATH_MAX + 80];
	struct job job = {uri, WHAT, mr_session_path(path, "time.db"), false};
	struct mr_errtext err = {""};
	struct mr_array *array;
	struct mr_measure *m;
	const struct mr_measure_options options = {.what = WHAT,
	                                           .settings = settings,
	                                           .log_path = path,
	                                           .resume = true};

	(void)snprintf(uri, sizeof uri, PCM "&state=%s",
	               mr_test_path(chip, "time.state"));
	interrupted(&job, BY_FLAG, 60);
	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), MR_OK, err);
	MR_CODE(mr_array_wait(array, 1), MR_OK);
	MR_CODE(mr_measure_run(array, &options, &m, &err), MR_ERR_MISMATCH);
	MR_HAS(err.text, "the array is");
	MR_HAS(err.text, "s old");
	mr_measure_free(m);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* ---- a board -------------------------------------------------------------------- */

/* Nothing is done again on a board, whatever became of it. */
static void board_gets_no_pulse_twice(void)
{
	char path[MR_TEST_PATH_MAX];
	uint64_t state = 3, n;
	struct data *whole = reference(SCPI, "pulses", &n);

	for (unsigned k = 0; k < 24; k++) {
		struct job job = {SCPI, "pulses",
		                  mr_session_path(path, "board.db"), false};
		struct interrupt none = {0};
		struct data *cut;

		interrupted(&job, k % N_HOW, 1 + draw(&state, n));
		job.resume = true;
		MR_CODE(measure(&job, &none, NULL), MR_OK);
		cut = data_of(path);
		for (size_t c = 0; c < 12; c++)
			CU_ASSERT_EQUAL(cut->pulses[c], whole->pulses[c]);
		free(cut);
	}
	free(whole);
}

/* fault.at counts what reaches the back end; 3 = map's.. first pulse here. */
static void unknown_pulse_is_listed(void)
{
	char path[MR_TEST_PATH_MAX];
	struct job job = {SCPI "&fault.at=3&fault.error=outcome", "pulses",
	                  mr_session_path(path, "unknown.db"), false};
	struct interrupt i = {.at = UINT64_MAX};
	struct mr_measure *m;

	MR_CODE(measure(&job, &i, NULL), MR_ERR_OUTCOME);
	job.uri = SCPI;
	job.resume = true;
	i.at = 0;
	MR_CODE(measure(&job, &i, &m), MR_OK);
	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	CU_ASSERT_EQUAL(m->results[0].n_unknown, 12);
	CU_ASSERT_EQUAL(m->results[0].state, MR_MEASURE_DONE);
	mr_measure_free(m);
}

/* ---- what cannot be resumed -------------------------------------------------------- */

static int resume_with(const char *path, const char *uri,
                       const char *const *set, struct mr_errtext *err)
{
	const struct mr_measure_options options = {
		.what = "pulses", .settings = set, .log_path = path,
		.resume = true};
	struct mr_array *array;
	struct mr_measure *m;
	int code;

	MR_CODE_ERR(mr_array_open(uri, NULL, &array, err), MR_OK, *err);
	code = mr_measure_run(array, &options, &m, err);
	mr_measure_free(m);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	return code;
}

static void other_settings_are_refused(void)
{
	static const char *const more[] = {"cycles=3", "pulses.pulses=6", "long=8", NULL};
	char path[MR_TEST_PATH_MAX];
	struct job job = {PCM, "pulses", mr_session_path(path, "other.db"),
	                  false};
	struct mr_errtext err = {""};

	interrupted(&job, BY_FLAG, 9);
	MR_CODE(resume_with(path, PCM, more, &err), MR_ERR_MISMATCH);
	MR_HAS(err.text, "cannot be resumed with other settings");
}

static void other_array_is_refused(void)
{
	char path[MR_TEST_PATH_MAX];
	struct job job = {PCM, "pulses", mr_session_path(path, "array.db"),
	                  false};
	struct mr_errtext err = {""};

	interrupted(&job, BY_FLAG, 9);
	MR_CODE(resume_with(path, "emu:pcm?rows=4&cols=5&seed=8", of_pulses, &err),
	        MR_ERR_MISSING);
	MR_HAS(err.text, "holds no measurement 'pulses' of this array");
	MR_CODE(resume_with("/no/such.db", PCM, of_pulses, &err), MR_ERR_MISSING);
}

/* Another parameter that the identity does not show. */
static void other_result_is_refused(void)
{
	char path[MR_TEST_PATH_MAX];
	struct job job = {PCM, "pulses", mr_session_path(path, "result.db"),
	                  false};
	struct mr_errtext err = {""};

	interrupted(&job, BY_FLAG, 9);
	MR_CODE(resume_with(path, PCM "&noise=none", of_pulses, &err),
	        MR_ERR_MISMATCH);
	MR_HAS(err.text, "done again, it gave another result");
}

const struct mr_test mr_tests[] = {
	{"measure_resumed_gives_the_same_data", resumed_is_the_same},
	{"measure_finished_is_taken_from_the_log", finished_is_taken},
	{"measure_of_a_chip_in_a_file_goes_on", chip_in_a_file_goes_on},
	{"measure_of_another_time_is_refused", chip_of_another_time_is_refused},
	{"measure_resumed_on_a_board_repeats_no_pulse",
	 board_gets_no_pulse_twice},
	{"measure_lists_cells_of_an_unknown_pulse", unknown_pulse_is_listed},
	{"measure_resumed_with_other_settings_is_refused",
	 other_settings_are_refused},
	{"measure_resumed_on_another_array_is_refused", other_array_is_refused},
	{"measure_that_gives_another_result_is_refused",
	 other_result_is_refused},
	{0},
};
