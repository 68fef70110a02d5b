/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The child, the pipe, and the look at what it left. */
#include "kill.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "baddisk.h"
#include "memrig/memrig.h"
#include "test.h"

#define ARRAY_URI "emu:pcm?rows=3&cols=4&seed=7"
#define CELLS 12
#define REPORTS_MAX 300 /* commits before the kill, at most */
#define GROUPS_MAX 6    /* of many rows each */
#define STEPS_MAX 700   /* of the disk */
#define DEFAULT_ROWS 4096
#define STUCK_OPS 2000000 /* the kill never came */

/* ---- the child ----------------------------------------------------------- */

/* A run that is being logged, and how far another reader sees it. */
struct witness {
	sqlite3 *db;
	sqlite3_stmt *count;
	int to;
	uint64_t last;
};

static void open_witness(struct witness *w, const char *path, int to)
{
	/* ids of a run are 1, 2, ..: the greatest is their number */
	static const char text[] =
		"SELECT coalesce(max(row) & 1099511627775, 0) FROM operation";

	*w = (struct witness){.to = to};
	if (sqlite3_open_v2(path, &w->db, SQLITE_OPEN_READONLY, NULL) !=
	            SQLITE_OK ||
	    sqlite3_prepare_v2(w->db, text, -1, &w->count, NULL) != SQLITE_OK)
		_exit(1);
}

static void report(struct witness *w)
{
	uint64_t n;

	if (sqlite3_step(w->count) != SQLITE_ROW)
		_exit(1);
	n = (uint64_t)sqlite3_column_int64(w->count, 0);
	(void)sqlite3_reset(w->count);
	if (n == w->last)
		return;
	w->last = n;
	if (write(w->to, &n, sizeof n) != (ssize_t)sizeof n)
		_exit(1);
}

/* Several operations in one submit now and then. */
static int live(struct mr_array *array, uint64_t k)
{
	static float g_S[2][CELLS];
	struct mr_op ops[] = {
		{.kind = MR_OP_READ, .read = {.g_S = g_S[0]}},
		{.kind = MR_OP_WAIT, .wait = {.duration_s = 2.385e-3}},
		{.kind = MR_OP_READ, .read = {.g_S = g_S[1], .averages = 2}},
	};

	if (k % 5 == 1)
		return mr_array_pulse(array, NULL, "set", 1);
	return mr_array_submit(array, ops, k % 3 + 1, NULL, NULL);
}

_Noreturn static void log_for_ever(const char *path, uint32_t group_rows,
                                   int to)
{
	struct mr_oplog_options options = {.group_rows = group_rows};
	struct mr_array *array = NULL;
	struct mr_oplog *log = NULL;
	struct witness witness;

	if (mr_array_open(ARRAY_URI, NULL, &array, NULL) ||
	    mr_oplog_start(path, array, &options, &log, NULL))
		_exit(1);
	open_witness(&witness, path, to);
	for (uint64_t k = 0; k < STUCK_OPS; k++) {
		if (live(array, k) != MR_OK)
			_exit(1);
		report(&witness);
	}
	_exit(2);
}

/* ---- the kill ------------------------------------------------------------ */

/* When: one of the two is not 0. */
struct moment {
	uint64_t reports; /* killed from outside once so many came */
	uint64_t step;    /* dies before this step of the disk */
};

static struct moment choose(const struct mr_kill *how)
{
	struct mr_address at = {.purpose = MR_PURPOSE_FAULT};
	double which = mr_random_uniform(how->seed, at);

	at.event = 1;
	double where = mr_random_uniform(how->seed, at);

	if (which < 0.5)
		return (struct moment){.step = 1 + (uint64_t)(where *
		                                              STEPS_MAX)};
	return (struct moment){
		.reports = 1 + (uint64_t)(where * (how->group_rows == 1
	                                                   ? REPORTS_MAX
	                                                   : GROUPS_MAX))};
}

static pid_t give_birth(const char *path, const struct mr_kill *how,
                        struct moment moment, int *reports)
{
	int ends[2];

	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	(void)fflush(NULL);
	pid_t pid = fork();

	if (pid == 0) {
		(void)close(ends[0]);
		mr_baddisk_arm(MR_DISK_ANY, moment.step, true);
		log_for_ever(path, how->group_rows, ends[1]);
	}
	CU_ASSERT_FATAL(pid > 0);
	(void)close(ends[1]);
	*reports = ends[0];
	return pid;
}

/* The last report; it was true when it was written. */
static uint64_t kill_child(pid_t pid, struct moment moment, int reports)
{
	uint64_t n = 0, last = 0, got = 0;
	int status = 0;

	while ((got < moment.reports || moment.step) &&
	       read(reports, &n, sizeof n) == (ssize_t)sizeof n) {
		last = n;
		got++;
	}
	if (moment.reports)
		CU_ASSERT(got == moment.reports && kill(pid, SIGKILL) == 0);
	while (read(reports, &n, sizeof n) == (ssize_t)sizeof n)
		last = n;
	(void)close(reports);
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return last;
}

/* ---- what is left -------------------------------------------------------- */

static bool read_all(struct mr_oplog_reader *reader, uint64_t *n)
{
	struct mr_oplog_run_info info;
	struct mr_oplog_record record;
	bool more = true;

	*n = 0;
	if (mr_oplog_info(reader, 1, &info) ||
	    mr_oplog_rewind(reader, 1))
		return false;
	while (mr_oplog_next(reader, &record, &more) == MR_OK) {
		if (!more)
			return *n == (uint64_t)info.n_ops;
		*n += 1;
		if (record.id != *n)
			return false;
	}
	return false;
}

/* A file that is not there, empty, or whose making will be undone, holds no
 * run; a log without a run is one that opens. */
static void look(const char *path, struct mr_killed *left)
{
	struct mr_oplog_reader *reader = NULL;
	struct mr_errtext err = {""};
	int64_t first = 0, last = 0;
	int code = mr_oplog_open(path, &reader, &err);

	left->none = code == MR_ERR_MISSING && left->reported == 0;
	if (code != MR_OK && !left->none)
		(void)printf("%s does not open: %s\n", path, err.text);
	if (code != MR_OK)
		return;
	left->opens = mr_oplog_runs(reader, &first, &last) == MR_OK &&
	              (last == 0 || read_all(reader, &left->kept));
	if (!left->opens)
		(void)printf("%s cannot be read: %s\n", path,
		             mr_oplog_errmsg(reader));
	mr_oplog_close(reader);
}

static bool add_run(const char *path)
{
	struct mr_array *array = NULL;
	struct mr_oplog *log = NULL;
	bool good = mr_array_open(ARRAY_URI, NULL, &array, NULL) == MR_OK &&
	            mr_oplog_start(path, array, NULL, &log, NULL) == MR_OK &&
	            live(array, 1) == MR_OK;

	good = mr_oplog_finish(log, NULL) == MR_OK && good;
	return mr_array_close(array, NULL) == MR_OK && good;
}

struct mr_killed mr_kill_run(const char *path, const struct mr_kill *how)
{
	struct moment moment = choose(how);
	struct mr_killed left = {0}, later = {0};
	int reports = -1;

	mr_baddisk_install();
	pid_t pid = give_birth(path, how, moment, &reports);

	left.reported = kill_child(pid, moment, reports);
	look(path, &left);
	later.reported = left.reported;
	left.goes_on = add_run(path);
	look(path, &later);
	left.goes_on = left.goes_on && later.opens &&
	               (left.kept == 0 || later.kept == left.kept);
	return left;
}
