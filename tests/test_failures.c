/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What fails at the k-th step, for k = 1, 2, ... until nothing fails: the k-th
 * operation, the k-th allocation, the k-th write, sync, open or read, and
 * death at the k-th step. After each: no crash, no leak, every handle closes,
 * the right code and sentence, and files that are whole.
 *
 * Allocations fail in memrig's own code (linked with --wrap), in SQLite and in
 * jansson (through their hooks); works under sanitizers. The short form takes
 * most of a long sweep in growing strides; MR_LONG=1 takes each k.
 */
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "baddisk.h"
#include "badmemory.h"
#include "driver/array_priv.h"
#include "driver/description_json.h"
#include "kill.h"
#include "session.h"
#include "test.h"

#define SURVEY_S 2.0
#define N_IN 3
#define N_OUT 2
#define EACH 48 /* the first of a sweep are taken one by one */

/* Must come before anything of SQLite is used: every test begins with it. */
static void take_over(void)
{
	mr_badmemory_install();
	mr_baddisk_install();
}

/* ---- the scenarios ------------------------------------------------------- */

/* What became of a scenario. */
struct result {
	bool grouped;          /* asked for: one commit for all */
	bool board;            /* asked for: as on a board, commits before sends */
	int code;              /* the first failure */
	struct mr_errtext err; /* its sentence */
	int closing;           /* what closing said */
	uint64_t n_ops;        /* submits that succeeded */
};

static void note(struct result *r, int code, const char *text)
{
	if (code != MR_OK && r->code == MR_OK)
		r->code = mr_errtext_set(&r->err, code, "%s", text);
}

static int learn(struct mr_synapse *syn, uint64_t *n_done)
{
	static const uint32_t in[] = {2, 0};
	static const float x[] = {0.385f, 1.0f};
	static const float dw[N_IN] = {0.12f, -0.31f, 0.2385f};
	float y[N_OUT];
	int code = mr_synapse_reset(syn, 2);

	for (uint32_t k = 0; k < 4 && !code; k++) {
		code = mr_synapse_forward(syn, in, x, 2, 1.1, y);
		if (!code)
			code = mr_synapse_update(syn, k % N_OUT, dw, NULL);
		*n_done += code == MR_OK;
	}
	return code;
}

static int program(struct mr_array *array)
{
	uint32_t cells[] = {5, 0};
	struct mr_op op = {.kind = MR_OP_PROGRAM,
	                   .where = {.kind = MR_SELECT_LIST,
	                             .cells = cells,
	                             .n_cells = 2},
	                   .program = {.target = 3.1e-6,
	                               .tolerance_S = 6e-7,
	                               .budget = 6}};
	struct mr_op condition = {.kind = MR_OP_CONFIGURE,
	                          .configure = {.name = "read_range",
	                                        .value = "2.385e-05"}};
	int code = mr_array_submit(array, &condition, 1, NULL, NULL);

	return code ? code : mr_array_submit(array, &op, 1, NULL, NULL);
}

/* Synapses are reset, read out and updated; then two cells are programmed. */
static void train(struct mr_array *array, struct result *r)
{
	struct mr_synapse_options options = {
		.n_in = N_IN, .n_out = N_OUT, .n_cells = 2};
	struct mr_synapse *syn = NULL;

	note(r, mr_synapse_alloc(array, &options, &syn),
	     mr_array_errmsg(array));
	if (syn)
		note(r, learn(syn, &r->n_ops), mr_array_errmsg(array));
	mr_synapse_free(syn);
	if (r->code == MR_OK)
		note(r, program(array), mr_array_errmsg(array));
}

/* Open, log, train, finish, close; all that was opened is closed whatever
 * happens. */
static void scenario(const char *uri, const char *log_path, struct result *r)
{
	struct mr_oplog_options options = {.level = MR_OPLOG_SURVEYS,
	                                   .survey_interval_s = SURVEY_S};
	static const char *const metadata[] = {"operator=Ada", NULL};
	struct mr_array *array = NULL;
	struct mr_oplog *log = NULL;
	struct mr_errtext err = {""};

	options.metadata = metadata;
	options.group_rows = r->grouped ? 0 : 1;
	*r = (struct result){.board = r->board};
	note(r, mr_array_open(uri, NULL, &array, &err), err.text);
	if (!array)
		return;
	if (r->board)
		(void)snprintf(array->desc.driver, sizeof array->desc.driver,
		               "board");
	if (log_path)
		note(r, mr_oplog_start(log_path, array, &options, &log, &err),
		     err.text);
	else
		note(r, mr_array_survey(array, SURVEY_S),
		     mr_array_errmsg(array));
	if (r->code == MR_OK)
		train(array, r);
	r->closing = mr_oplog_finish(log, &err);
	note(r, r->closing, err.text);
	err.text[0] = '\0';
	note(r, mr_array_close(array, &err), err.text);
}

static const char emu[] = "emu:pcm?rows=3&cols=4&seed=7";

static void record_good(char *path, const char *name)
{
	struct result r = {0};

	take_over();
	mr_session_path(path, name);
	scenario(emu, path, &r);
	MR_CODE_ERR(r.code, MR_OK, r.err);
}

/* ---- looking at what is left --------------------------------------------- */

struct left {
	bool log;       /* there is one that opens, with a run */
	bool ended;
	uint64_t n_ops; /* not counting those that never ended */
	struct mr_errtext last_failure;
};

static void look_at(struct mr_oplog_reader *reader, int64_t run,
                    struct left *left)
{
	struct mr_oplog_run_info info;
	struct mr_oplog_record record;
	struct mr_errtext err = {""};
	bool more = true;
	int told = mr_oplog_info(reader, run, &info);

	(void)mr_errtext_set(&err, told, "%s", mr_oplog_errmsg(reader));
	MR_CODE_ERR(told, MR_OK, err);
	if (told)
		return;
	CU_ASSERT_STRING_EQUAL(info.metadata, "operator=Ada");
	left->log = true;
	left->ended = info.ended_wall_ns != 0;
	MR_CODE(mr_oplog_rewind(reader, run), MR_OK);
	while (more) {
		int code = mr_oplog_next(reader, &record, &more);

		MR_CODE(code, MR_OK);
		more = more && code == MR_OK;
		left->n_ops += more && record.ended;
		if (more && record.errtext[0] &&
		    record.op.outcome.error != MR_ERR_NOT_RUN)
			(void)snprintf(left->last_failure.text,
			               sizeof left->last_failure.text, "%s",
			               record.errtext);
	}
}

/* The file is no file, empty, or a whole log all of which can be read. */
static void look(const char *path, struct left *left)
{
	struct mr_oplog_reader *reader = NULL;
	struct mr_errtext err = {""};
	struct stat status;
	int64_t first = 0, last = 0;

	*left = (struct left){0};
	if (stat(path, &status) != 0 || status.st_size == 0)
		return;
	int code = mr_oplog_open(path, &reader, &err);

	if (code == MR_ERR_MISSING && strstr(err.text, "or it is empty"))
		return; /* its making will be undone */
	MR_CODE_ERR(code, MR_OK, err);
	if (!reader)
		return;
	MR_CODE(mr_oplog_runs(reader, &first, &last), MR_OK);
	if (last)
		look_at(reader, last, left);
	mr_oplog_close(reader);
}

/* In the log that is left the rows are those of a good run, from the first on,
 * and none is half there. */
static void is_prefix_of(const char *path, const char *good)
{
	char text[3 * MR_TEST_PATH_MAX];
	sqlite3 *db = NULL;
	sqlite3_stmt *query = NULL;
	static const char what[] =
		"SELECT count(*) FROM op a LEFT JOIN good.op b USING(row) WHERE "
		"a.kind IS NOT b.kind OR a.input IS NOT b.input OR (a.error='ok' "
		"AND (a.result IS NOT b.result OR a.n_data IS NOT "
		"b.n_data OR a.t_end_ns IS NOT b.t_end_ns)) OR "
		"coalesce(a.n_data,0)<>(SELECT count(*) FROM data d WHERE "
		"d.row=a.row) OR a.id>(SELECT count(*) FROM op)";

	(void)snprintf(text, sizeof text, "ATTACH '%s' AS good", good);
	CU_ASSERT_EQUAL(sqlite3_open(path, &db), SQLITE_OK);
	CU_ASSERT_EQUAL(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	CU_ASSERT_EQUAL(sqlite3_prepare_v2(db, what, -1, &query, NULL),
	                SQLITE_OK);
	CU_ASSERT_EQUAL(sqlite3_step(query), SQLITE_ROW);
	CU_ASSERT_EQUAL(sqlite3_column_int(query, 0), 0);
	(void)sqlite3_finalize(query);
	(void)sqlite3_close(db);
}

static bool is_long(void)
{
	const char *text = getenv("MR_LONG");

	return text && strcmp(text, "0") != 0;
}

/* The next k of a sweep. */
static uint64_t after(uint64_t k, uint64_t each)
{
	return k < each || is_long() ? k + 1 : k + 1 + k / 12;
}

/* ---- the k-th operation -------------------------------------------------- */

static void check_fault(const char *path, const struct result *r, uint64_t k,
                        int code)
{
	char text[64];
	struct left left;

	(void)snprintf(text, sizeof text, "fault injected into operation %llu ",
	               (unsigned long long)k);
	MR_CODE_ERR(r->code, code, r->err);
	MR_HAS(r->err.text, text);
	MR_CODE(r->closing, MR_OK);
	look(path, &left);
	CU_ASSERT(left.log && left.ended && left.n_ops >= k);
	MR_HAS(left.last_failure.text, text);
}

static void each_operation_may_fail(const char *error, int code)
{
	struct result r = {.code = code};
	uint64_t k = 1;

	for (; r.code != MR_OK && k < 1000; k++) {
		char path[MR_TEST_PATH_MAX], uri[128];

		mr_session_path(path, "fault.db");
		(void)snprintf(uri, sizeof uri, "%s&fault.at=%llu&fault.error=%s",
		               emu, (unsigned long long)k, error);
		scenario(uri, path, &r);
		if (r.code != MR_OK)
			check_fault(path, &r, k, code);
	}
	CU_ASSERT(k > 20 && k < 1000);
}

static void operation_that_fails_ends_the_run(void)
{
	take_over();
	each_operation_may_fail("io", MR_ERR_IO);
	each_operation_may_fail("timeout", MR_ERR_TIMEOUT);
	each_operation_may_fail("outcome", MR_ERR_OUTCOME);
}

/* A log that ends with a failure plays back to the same failure. */
static void run_that_failed_is_played_back(void)
{
	struct result was = {.code = MR_ERR_IO}, is = {0};

	take_over();
	for (uint64_t k = 1; was.code != MR_OK && k < 1000; k++) {
		char path[MR_TEST_PATH_MAX], uri[MR_TEST_PATH_MAX + 64];

		mr_session_path(path, "failed.db");
		(void)snprintf(uri, sizeof uri, "%s&fault.at=%llu", emu,
		               (unsigned long long)k);
		scenario(uri, path, &was);
		(void)snprintf(uri, sizeof uri, "playback:%s", path);
		scenario(uri, NULL, &is);
		MR_CODE_ERR(is.code, was.code, is.err);
		CU_ASSERT_STRING_EQUAL(is.err.text, was.err.text);
		CU_ASSERT_EQUAL(is.n_ops, was.n_ops);
	}
	MR_CODE(was.code, MR_OK);
}

static void playback_may_fail_at_any_operation(void)
{
	char path[MR_TEST_PATH_MAX], uri[MR_TEST_PATH_MAX + 64];
	struct result r = {.code = MR_ERR_IO};
	uint64_t k = 1;

	record_good(path, "good.db");
	for (; r.code != MR_OK && k < 1000; k++) {
		(void)snprintf(uri, sizeof uri, "playback:%s?fault.at=%llu",
		               path, (unsigned long long)k);
		scenario(uri, NULL, &r);
		if (r.code != MR_OK)
			MR_HAS(r.err.text, "fault injected");
	}
	CU_ASSERT(k > 20 && k < 1000);
}

/* ---- the k-th allocation ------------------------------------------------- */

/* With the k-th allocation failing; says whether there was one. */
static bool starved(const char *uri, const char *path, uint64_t k, unsigned how)
{
	struct result r = {0};
	long before = mr_badmemory_blocks();

	mr_badmemory_arm(k, how);
	scenario(uri, path, &r);
	bool failed = mr_badmemory_disarm();

	CU_ASSERT_EQUAL(mr_badmemory_blocks(), before);
	if (!failed)
		MR_CODE_ERR(r.code, MR_OK, r.err);
	/* SQLite goes on without some of what it asks for */
	if (r.code != MR_OK) {
		MR_CODE_ERR(r.code, MR_ERR_NOMEM, r.err);
		MR_HAS(r.err.text, "out of memory");
	}
	return failed;
}

static uint64_t starve(const char *uri, const char *good, unsigned how)
{
	uint64_t k = 1;

	bool own = how & MR_MEMORY_OWN;

	for (bool failed = true; failed; k = own ? k + 1 : after(k, EACH)) {
		char path[MR_TEST_PATH_MAX];
		struct left left;

		mr_session_path(path, "starved.db");
		failed = starved(uri, path, k, how);
		look(path, &left);
		if (left.log)
			is_prefix_of(path, good);
	}
	return k;
}

static void lack_of_memory_is_said(void)
{
	char good[MR_TEST_PATH_MAX];

	record_good(good, "fed.db");
	CU_ASSERT(starve(emu, good, 0) > EACH);
	CU_ASSERT(starve(emu, good, MR_MEMORY_FOR_GOOD) > EACH);
	CU_ASSERT(starve(emu, good, MR_MEMORY_OWN) > 30);
}

static void lack_of_memory_in_playback_is_said(void)
{
	char good[MR_TEST_PATH_MAX], uri[MR_TEST_PATH_MAX + 16];

	record_good(good, "fed.db");
	(void)snprintf(uri, sizeof uri, "playback:%s", good);
	for (unsigned how = 0; how <= MR_MEMORY_OWN; how++)
		for (uint64_t k = 1; starved(uri, NULL, k, how);)
			k = how & MR_MEMORY_OWN ? k + 1 : after(k, EACH);
}

/* Nothing is left out of a description, and nothing is taken for malformed. */
static void description_says_that_memory_ran_out(void)
{
	struct mr_description desc = {.driver = "board", .rows = 3, .cols = 1,
	                              .n_waveforms = 1, .n_schemes = 1,
	                              .n_conditions = 1, .n_levels = 1,
	                              .abilities = MR_ABILITY(MR_OP_READ)};
	struct mr_description back;
	char *good = NULL;

	take_over();
	MR_CODE(mr_description_json(&desc, &good), MR_OK);
	for (unsigned way = 0; way < 4; way++) {
		bool failed = true;

		for (uint64_t k = 1; failed; k++) {
			struct mr_errtext err = {""};
			char *text = NULL;

			mr_badmemory_arm(k, way & 1u);
			int code = way & 2
				? mr__description_parse(good, &back, &err)
				: mr_description_json(&desc, &text);

			failed = mr_badmemory_disarm();
			if (code != MR_ERR_NOMEM)
				MR_CODE_ERR(code, MR_OK, err);
			if (text)
				CU_ASSERT_STRING_EQUAL(text, good);
			free(text);
		}
	}
	free(good);
}

/* ---- the k-th step of the disk ------------------------------------------- */

static void check_disk(const char *path, const struct result *r, bool failed,
                       const char *good)
{
	struct left left;

	if (r->code != MR_OK) {
		CU_ASSERT(failed);
		MR_CODE_ERR(r->code, MR_ERR_IO, r->err);
		MR_HAS(r->err.text, path);
	}
	look(path, &left);
	CU_ASSERT(left.log || r->code != MR_OK);
	if (left.log)
		is_prefix_of(path, good);
}

/* From the k-th step on, for each k: a full disk, one that loses its files. */
static void disk_fails(unsigned steps, const char *good, struct result asked)
{
	bool failed = true;

	for (uint64_t k = 1; failed; k = after(k, EACH)) {
		char path[MR_TEST_PATH_MAX];
		struct result r = asked;

		mr_session_path(path, "disk.db");
		mr_baddisk_arm(steps, k, false);
		scenario(emu, path, &r);
		failed = mr_baddisk_disarm();
		check_disk(path, &r, failed, good);
	}
}

static void disk_that_fails_is_said(void)
{
	char good[MR_TEST_PATH_MAX];

	record_good(good, "sound.db");
	const struct result one = {0}, all = {.grouped = true},
			    board = {.board = true};

	disk_fails(MR_DISK_WRITE, good, one);
	disk_fails(MR_DISK_SYNC, good, one);
	disk_fails(MR_DISK_OPEN, good, one);
	disk_fails(MR_DISK_READ, good, one);
	disk_fails(MR_DISK_ANY, good, all);
	disk_fails(MR_DISK_ANY, good, board);
}

/* A log that was there before keeps its run. */
static void disk_that_fails_keeps_earlier_runs(void)
{
	char path[MR_TEST_PATH_MAX], good[MR_TEST_PATH_MAX];
	bool failed = true;

	record_good(good, "earlier.db");
	for (uint64_t k = 1; failed; k = after(k, 8)) {
		struct result r = {0};

		record_good(path, "later.db");
		mr_baddisk_arm(MR_DISK_ANY, k, false);
		scenario(emu, path, &r);
		failed = mr_baddisk_disarm();
		CU_ASSERT(r.code == MR_OK || r.code == MR_ERR_IO);
		CU_ASSERT(mr_session_same_rows(
				  path, good,
				  "SELECT * FROM op WHERE run=1 ORDER BY row") >
		          20);
		CU_ASSERT(mr_session_same_rows(
				  path, good,
				  "SELECT * FROM data WHERE row<2*(1<<40) "
				  "ORDER BY row,name") >= 0);
	}
}

static void disk_that_fails_in_playback_is_said(void)
{
	char good[MR_TEST_PATH_MAX], uri[MR_TEST_PATH_MAX + 16];
	bool failed = true;

	record_good(good, "sound.db");
	(void)snprintf(uri, sizeof uri, "playback:%s", good);
	for (uint64_t k = 1; failed; k++) {
		struct result r = {0};

		mr_baddisk_arm(MR_DISK_READ | MR_DISK_OPEN, k, false);
		scenario(uri, NULL, &r);
		failed = mr_baddisk_disarm();
		CU_ASSERT((r.code == MR_OK) == !failed);
		if (failed)
			MR_HAS(r.err.text, good);
	}
}

/* ---- death --------------------------------------------------------------- */

/* What another reader saw is there, whether each operation was committed or
 * groups were. The long form is long_kill.c. */
static void log_of_the_killed_holds_every_commit(void)
{
	static const uint32_t groups[] = {1, 64, 0};

	take_over();
	for (uint64_t k = 0; k < 25; k++) {
		const struct mr_kill how = {.seed = 2385 + k,
		                            .group_rows = groups[k % 3]};
		char path[MR_TEST_PATH_MAX];

		mr_session_path(path, "killed.db");
		struct mr_killed left = mr_kill_run(path, &how);

		CU_ASSERT(left.opens || left.none);
		CU_ASSERT(left.kept >= left.reported);
		CU_ASSERT(left.goes_on);
	}
}

/* Killed at the k-th step of the disk: whether it got that far. */
static bool killed_at(const char *path, uint64_t k)
{
	struct result r = {0};
	int status = 0;

	(void)fflush(NULL);
	pid_t pid = fork();

	if (pid == 0) {
		mr_baddisk_arm(MR_DISK_ANY, k, true);
		scenario(emu, path, &r);
		_exit(0);
	}
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/* Then the log is whole up to there, or is none, and it can be added to. */
static void death_at_any_step_leaves_a_log(void)
{
	char good[MR_TEST_PATH_MAX];
	bool dead = true;

	record_good(good, "alive.db");
	for (uint64_t k = 1; dead; k = after(k, EACH)) {
		char path[MR_TEST_PATH_MAX];
		struct result r = {0};
		struct left left;

		mr_session_path(path, "dead.db");
		dead = killed_at(path, k);
		look(path, &left);
		CU_ASSERT(left.log || dead);
		if (left.log)
			is_prefix_of(path, good);
		scenario(emu, path, &r);
		MR_CODE_ERR(r.code, MR_OK, r.err);
		look(path, &left);
		CU_ASSERT(left.log && left.ended);
	}
}

/* ---- state files --------------------------------------------------------- */

static long size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? (long)status.st_size : -1;
}

static int live(const char *path, struct mr_errtext *err)
{
	char uri[MR_TEST_PATH_MAX + 64];
	struct mr_array *array = NULL;
	int code;

	(void)snprintf(uri, sizeof uri, "%s&state=%s", emu, path);
	code = mr_array_open(uri, NULL, &array, err);
	if (code == MR_OK)
		code = mr_array_pulse(array, NULL, "set", 1);
	return array ? mr_array_close(array, err) : code;
}

static int64_t lived_ns(const char *path)
{
	char uri[MR_TEST_PATH_MAX + 64];

	(void)snprintf(uri, sizeof uri, "emu:pcm?state=%s", path);
	struct mr_array *array = mr_session_open(uri);
	int64_t t_ns = mr_array_time_ns(array);

	MR_CODE(mr_array_close(array, NULL), MR_OK);
	return t_ns;
}

/* A file may not grow over so many bytes: as on a full disk. */
static void state_file_on_a_full_disk_stays_whole(void)
{
	char path[MR_TEST_PATH_MAX], tmp[MR_TEST_PATH_MAX + 8];
	struct mr_errtext err = {""};
	struct rlimit was, small;

	take_over();
	mr_test_path(path, "full.state");
	(void)snprintf(tmp, sizeof tmp, "%s.tmp", path);
	MR_CODE_ERR(live(path, &err), MR_OK, err);
	long size = size_of(path);
	int64_t t_ns = lived_ns(path);

	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &was), 0);
	void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);

	for (long limit = 0; limit < size; limit += 1 + size / 23) {
		small = was;
		small.rlim_cur = (rlim_t)limit;
		CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &small), 0);
		int code = live(path, &err);

		CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &was), 0);
		MR_CODE_ERR(code, MR_ERR_IO, err);
		MR_HAS(err.text, "the old state is kept");
		MR_HAS(err.text, path);
		CU_ASSERT(size_of(path) == size && size_of(tmp) == -1);
	}
	(void)signal(SIGXFSZ, handler);
	CU_ASSERT_EQUAL(lived_ns(path), t_ns);
	MR_CODE_ERR(live(path, &err), MR_OK, err);
	CU_ASSERT(lived_ns(path) > t_ns);
}

static void state_file_survives_lack_of_memory(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_errtext err = {""};

	take_over();
	mr_test_path(path, "starved.state");
	MR_CODE_ERR(live(path, &err), MR_OK, err);
	long size = size_of(path);

	bool failed = true;
	uint64_t k = 1;

	for (; failed; k++) {
		long before = mr_badmemory_blocks();

		mr_badmemory_arm(k, 0);
		int code = live(path, &err);

		failed = mr_badmemory_disarm();
		MR_CODE_ERR(code, failed ? MR_ERR_NOMEM : MR_OK, err);
		CU_ASSERT_EQUAL(mr_badmemory_blocks(), before);
		CU_ASSERT_EQUAL(size_of(path), size);
		CU_ASSERT(lived_ns(path) > 0);
	}
	CU_ASSERT(k > 10);
}

const struct mr_test mr_tests[] = {
	{"operation_that_fails_ends_the_run",
         operation_that_fails_ends_the_run},
	{"run_that_failed_is_played_back", run_that_failed_is_played_back},
	{"playback_may_fail_at_any_operation",
         playback_may_fail_at_any_operation},
	{"memory_that_runs_out_is_said", lack_of_memory_is_said},
	{"memory_that_runs_out_in_playback_is_said",
         lack_of_memory_in_playback_is_said},
	{"description_says_that_memory_ran_out",
         description_says_that_memory_ran_out},
	{"disk_that_fails_is_said", disk_that_fails_is_said},
	{"disk_that_fails_keeps_earlier_runs",
         disk_that_fails_keeps_earlier_runs},
	{"disk_that_fails_in_playback_is_said",
         disk_that_fails_in_playback_is_said},
	{"log_of_the_killed_holds_every_commit",
         log_of_the_killed_holds_every_commit},
	{"death_at_any_step_leaves_a_log", death_at_any_step_leaves_a_log},
	{"state_file_on_a_full_disk_stays_whole",
         state_file_on_a_full_disk_stays_whole},
	{"state_file_survives_lack_of_memory",
         state_file_survives_lack_of_memory},
	{0},
};
