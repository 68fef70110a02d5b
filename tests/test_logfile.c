/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Files that are no op log, are damaged, cannot be written or were cut off:
 * refused with a clear sentence and left as they were. */
#include <fcntl.h>
#include <float.h>
#include <math.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver/description_json.h"
#include "driver/oplog_bytes.h"
#include "session.h"
#include "test.h"

#define NOBODY 65534 /* a user without rights, on every Unix */

struct bytes {
	unsigned char *data;
	size_t size;
};

static struct bytes slurp(const char *path)
{
	struct bytes b = {0};
	struct stat status;
	FILE *file = fopen(path, "rb");

	if (!file || fstat(fileno(file), &status) != 0)
		return b;
	b.data = malloc((size_t)status.st_size + 1);
	if (b.data)
		b.size = fread(b.data, 1, (size_t)status.st_size, file);
	(void)fclose(file);
	return b;
}

static void spit(const char *path, const void *data, size_t size)
{
	FILE *file = fopen(path, "wb");

	CU_ASSERT_FATAL(file != NULL);
	CU_ASSERT_EQUAL(fwrite(data, 1, size, file), size);
	CU_ASSERT_EQUAL(fclose(file), 0);
}

static bool exists_beside(const char *path, const char *tail)
{
	char beside[MR_TEST_PATH_MAX + 16];

	(void)snprintf(beside, sizeof beside, "%s%s", path, tail);
	return access(beside, F_OK) == 0;
}

/* Neither writer nor reader takes the file, both say why, and not a byte of
 * it or beside it changes. */
static void refuses(const char *path, int code, const char *why)
{
	struct bytes before = slurp(path);
	struct mr_array *array = mr_session_open("emu:ideal?rows=2&cols=2");
	struct mr_oplog *log = NULL;
	struct mr_oplog_reader *reader = NULL;
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_oplog_start(path, array, NULL, &log, &err), code, err);
	MR_HAS(err.text, why);
	MR_HAS(err.text, path);
	CU_ASSERT(log == NULL);
	err.text[0] = '\0';
	MR_CODE_ERR(mr_oplog_open(path, &reader, &err), code, err);
	MR_HAS(err.text, why);
	MR_HAS(err.text, path);
	CU_ASSERT(reader == NULL);
	MR_CODE(mr_array_wait(array, 1), MR_OK); /* nobody watches */
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	struct bytes after = slurp(path);

	CU_ASSERT_EQUAL(before.size, after.size);
	CU_ASSERT(before.size == 0 ||
	          memcmp(before.data, after.data, before.size) == 0);
	CU_ASSERT(!exists_beside(path, "-wal") && !exists_beside(path, "-shm"));
	CU_ASSERT(!exists_beside(path, "-journal"));
	free(before.data);
	free(after.data);
}

static void record(const char *path)
{
	struct mr_session *session = mr_session_alloc();

	mr_session_record(session, path, NULL);
	free(session);
}

/* Read all of all runs; the first failure, with its sentence. */
static int read_all(const char *path, struct mr_errtext *err, uint64_t *n_ops)
{
	struct mr_oplog_reader *reader = NULL;
	struct mr_oplog_run_info info;
	struct mr_oplog_record op;
	int64_t first = 0, last = -1;
	int code = mr_oplog_open(path, &reader, err);

	*n_ops = 0;
	if (code)
		return code;
	code = mr_oplog_runs(reader, &first, &last);
	for (int64_t run = first; run <= last && run > 0 && !code; run++) {
		bool more = true;

		code = mr_oplog_info(reader, run, &info);
		if (!code)
			code = mr_oplog_rewind(reader, run);
		while (!code && more) {
			code = mr_oplog_next(reader, &op, &more);
			*n_ops += !code && more;
		}
	}
	(void)mr_errtext_set(err, code, "%s", mr_oplog_errmsg(reader));
	mr_oplog_close(reader);
	return code;
}

/* ---- no log -------------------------------------------------------------- */

static void foreign_files_are_left_alone(void)
{
	static const char text[] = "station,hour,amount\nKSFO,3,0.2385\n";
	char path[MR_TEST_PATH_MAX];

	mr_test_path(path, "foreign.csv");
	spit(path, text, sizeof text - 1);
	refuses(path, MR_ERR_FORMAT, "no memrig log");
	mr_session_path(path, "foreign.db");
	mr_session_sql(path, "CREATE TABLE run(x); INSERT INTO run VALUES(2.385)");
	refuses(path, MR_ERR_FORMAT, "another SQLite file");
	mr_test_path(path, "a-folder");
	CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
	refuses(path, MR_ERR_FORMAT, "no regular file");
	CU_ASSERT_EQUAL(rmdir(path), 0);
}

static void other_versions_are_left_alone(void)
{
	char path[MR_TEST_PATH_MAX];

	mr_session_path(path, "version.db");
	record(path);
	mr_session_sql(path, "PRAGMA user_version=3");
	refuses(path, MR_ERR_FORMAT,
	        "format version 3; this memrig knows versions 1 to 2");
}

/* In version 1 what is a view now was a table with the same columns. */
static void version_1_is_read_but_not_written(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_errtext err = {""};
	uint64_t before = 0, n_ops = 0;

	mr_session_path(path, "version1.db");
	record(path);
	MR_CODE_ERR(read_all(path, &err, &before), MR_OK, err);
	mr_session_sql(path, "CREATE TABLE flat AS SELECT * FROM op;"
	                     "DROP VIEW op; DROP TABLE operation;"
	                     "DROP TABLE form; PRAGMA legacy_alter_table=ON;"
	                     "ALTER TABLE flat RENAME TO op;"
	                     "PRAGMA user_version=1");
	MR_CODE_ERR(read_all(path, &err, &n_ops), MR_OK, err);
	CU_ASSERT(before > 0);
	CU_ASSERT_EQUAL(n_ops, before);
	struct mr_array *array = mr_session_open("emu:pcm?rows=4&cols=4");
	struct bytes old = slurp(path);
	struct mr_oplog *log = NULL;

	MR_CODE(mr_oplog_start(path, array, NULL, &log, &err), MR_ERR_FORMAT);
	MR_HAS(err.text, "reads but does not write");
	struct bytes now = slurp(path);

	CU_ASSERT_EQUAL(now.size, old.size);
	CU_ASSERT_EQUAL(memcmp(now.data, old.data, old.size), 0);
	free(old.data);
	free(now.data);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void truncated_logs_are_left_alone(void)
{
	static const size_t sizes[] = {1, 50, 100, 512, 4095, 4096, 6000, 9000};
	char path[MR_TEST_PATH_MAX], cut[MR_TEST_PATH_MAX];

	record(mr_session_path(path, "whole.db"));
	struct bytes whole = slurp(path);

	CU_ASSERT_FATAL(whole.size > 16384);
	mr_test_path(cut, "cut.db");
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		spit(cut, whole.data, sizes[i]);
		refuses(cut, MR_ERR_FORMAT, "no memrig log");
	}
	free(whole.data);
}

static void nothing_at_the_path_is_said(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_oplog_reader *reader = NULL;
	struct mr_errtext err = {""};

	mr_test_path(path, "missing.db");
	MR_CODE(mr_oplog_open(path, &reader, &err), MR_ERR_MISSING);
	MR_HAS(err.text, "there is no such log");
	CU_ASSERT(access(path, F_OK) != 0);
	spit(path, "", 0);
	MR_CODE(mr_oplog_open(path, &reader, &err), MR_ERR_MISSING);
	MR_HAS(err.text, "or it is empty");
	mr_test_path(path, "no-folder");
	(void)snprintf(path + strlen(path), 9, "/run.db");
	struct mr_array *array = mr_session_open("emu:ideal?rows=2&cols=2");
	struct mr_oplog *log = NULL;

	MR_CODE(mr_oplog_start(path, array, NULL, &log, &err), MR_ERR_IO);
	MR_HAS(err.text, "check that the directory exists");
	mr_test_path(path, "a-file");
	spit(path, "x", 1);
	(void)snprintf(path + strlen(path), 9, "/run.db");
	MR_CODE(mr_oplog_start(path, array, NULL, &log, &err), MR_ERR_IO);
	MR_HAS(err.text, "Not a directory");
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* An empty file is as good as none: mktemp makes such. */
static void empty_file_becomes_a_log(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_session *session = mr_session_alloc();
	struct mr_errtext err = {""};
	uint64_t n;

	spit(mr_test_path(path, "empty.db"), "", 0);
	mr_session_record(session, path, NULL);
	free(session);
	MR_CODE_ERR(read_all(path, &err, &n), MR_OK, err);
	CU_ASSERT(n > MR_SESSION_OPS / 2);
	CU_ASSERT(!exists_beside(path, "-wal") && !exists_beside(path, "-shm"));
}

/* What means something in a URI means nothing in a file's name. */
static void name_may_hold_any_sign(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_errtext err = {""};
	uint64_t n;

	record(mr_session_path(path, "odd ?name#%41.db"));
	MR_CODE_ERR(read_all(path, &err, &n), MR_OK, err);
	CU_ASSERT(n > 0);
}

/* ---- rights -------------------------------------------------------------- */

/* Root may write everything: step down while the test runs. */
static bool step_down(const char *path)
{
	char folder[MR_TEST_PATH_MAX];

	(void)snprintf(folder, sizeof folder, "%s", path);
	*strrchr(folder, '/') = '\0';
	if (geteuid() != 0)
		return false;
	return chmod(folder, 0711) == 0 && seteuid(NOBODY) == 0;
}

static void step_up(bool down)
{
	if (down)
		CU_ASSERT_EQUAL(seteuid(0), 0);
}

static void read_only_file_is_read_but_not_written(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array = mr_session_open("emu:ideal?rows=2&cols=2");
	struct mr_oplog *log = NULL;
	struct mr_errtext err = {""};
	uint64_t n;

	record(mr_session_path(path, "read-only.db"));
	CU_ASSERT_EQUAL(chmod(path, 0444), 0);
	struct bytes before = slurp(path);
	bool down = step_down(path);
	int code = mr_oplog_start(path, array, NULL, &log, &err);

	MR_CODE_ERR(code, MR_ERR_IO, err);
	MR_HAS(err.text, "the file or its directory is read-only");
	MR_CODE_ERR(read_all(path, &err, &n), MR_OK, err);
	step_up(down);
	struct bytes after = slurp(path);

	CU_ASSERT(before.size == after.size &&
	          memcmp(before.data, after.data, after.size) == 0);
	free(before.data);
	free(after.data);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void read_only_folder_takes_no_log(void)
{
	char folder[MR_TEST_PATH_MAX], path[MR_TEST_PATH_MAX + 8];
	struct mr_array *array = mr_session_open("emu:ideal?rows=2&cols=2");
	struct mr_oplog *log = NULL;
	struct mr_errtext err = {""};

	mr_test_path(folder, "sealed");
	CU_ASSERT_EQUAL(mkdir(folder, 0555), 0);
	(void)snprintf(path, sizeof path, "%s/run.db", folder);
	bool down = step_down(folder);

	MR_CODE_ERR(mr_oplog_start(path, array, NULL, &log, &err), MR_ERR_IO,
	            err);
	step_up(down);
	MR_HAS(err.text, "it cannot be opened");
	MR_HAS(err.text, path);
	CU_ASSERT_EQUAL(rmdir(folder), 0); /* still empty */
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* ---- options ------------------------------------------------------------- */

static void wrong_options_are_refused(void)
{
	static const char *const no_equals[] = {"operator", NULL};
	static const char *const no_key[] = {"=Ada", NULL};
	static const char *const twice[] = {"die=1", "di=2", "die=", NULL};
	static const struct {
		struct mr_oplog_options options;
		const char *why;
	} wrong[] = {
		{{.level = (enum mr_oplog_level)4}, "log level 4: give 1"},
		{{.level = (enum mr_oplog_level)-1}, "log level -1: give 1"},
		{{.level = MR_OPLOG_SURVEYS}, "array time between surveys"},
		{{.level = MR_OPLOG_SURVEYS, .survey_interval_s = NAN},
	         "array time between surveys"},
		{{.level = MR_OPLOG_SURVEYS, .survey_interval_s = INFINITY},
	         "array time between surveys"},
		{{.survey_interval_s = 2.385}, "needs log level 3"},
		{{.group_s = -2.385}, "time between commits -2.385 s"},
		{{.group_s = 2e6}, "(the default) to 1e+06"},
		{{.group_s = NAN}, "time between commits"},
		{{.metadata = no_equals}, "metadata \"operator\": give key"},
		{{.metadata = no_key}, "metadata \"=Ada\": give key"},
		{{.metadata = twice}, "\"die=\": the key was given before"},
	};
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array = mr_session_open("emu:ideal?rows=2&cols=2");

	mr_test_path(path, "options.db");
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct mr_errtext err = {""};
		struct mr_oplog *log = NULL;

		MR_CODE_ERR(mr_oplog_start(path, array, &wrong[i].options, &log,
		                           &err),
		            MR_ERR_USAGE, err);
		MR_HAS(err.text, wrong[i].why);
		CU_ASSERT(access(path, F_OK) != 0);
	}
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* Started too often, or with surveys where nothing can be read: no run. */
static void run_that_cannot_be_watched_leaves_nothing(void)
{
	struct mr_oplog_options surveys = {.level = MR_OPLOG_SURVEYS,
	                                   .survey_interval_s = 2.385};
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array =
		mr_session_open("emu:ideal?rows=2&cols=2&offer=pulse+wait");
	struct mr_observer observer = {.self = path};
	struct mr_errtext err = {""};
	struct mr_oplog *log = NULL;
	uint64_t n;

	mr_test_path(path, "unwatched.db");
	MR_CODE(mr_oplog_start(path, array, &surveys, &log, &err),
	        MR_ERR_UNSUPPORTED);
	MR_HAS(err.text, "cannot read");
	for (int i = 0; i < MR_OBSERVERS_MAX; i++)
		MR_CODE(mr_array_observe(array, &observer), MR_OK);
	MR_CODE(mr_oplog_start(path, array, NULL, &log, &err), MR_ERR_RANGE);
	MR_HAS(err.text, "observers");
	MR_CODE(mr_array_wait(array, 1), MR_OK);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	struct mr_oplog_reader *reader = NULL;
	int64_t first = 9, last = 9;

	MR_CODE_ERR(mr_oplog_open(path, &reader, &err), MR_OK, err);
	MR_CODE(mr_oplog_runs(reader, &first, &last), MR_OK);
	CU_ASSERT(first == 0 && last == 0);
	MR_CODE(mr_oplog_rewind(reader, 1), MR_ERR_USAGE);
	MR_HAS(mr_oplog_errmsg(reader), "the log holds no run");
	mr_oplog_close(reader);
	MR_CODE_ERR(read_all(path, &err, &n), MR_OK, err);
}

/* ---- damage -------------------------------------------------------------- */

/* Whatever byte is wrong: no crash, and a failure has a sentence that names the
 * file. The file itself is only read. */
static void flipped_bytes_are_survived(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_errtext err;
	uint64_t n;
	int refused = 0;

	record(mr_session_path(path, "flipped.db"));
	struct bytes b = slurp(path);

	for (size_t at = 7; at < b.size; at += 1 + b.size / 211) {
		unsigned char was = b.data[at];

		b.data[at] ^= (unsigned char)(at % 2 ? 0xff : 0x10);
		spit(path, b.data, b.size);
		err.text[0] = '\0';
		if (read_all(path, &err, &n) != MR_OK) {
			refused++;
			MR_HAS(err.text, path);
			CU_ASSERT(strlen(err.text) > strlen(path) + 8);
		}
		struct bytes after = slurp(path);

		CU_ASSERT(after.size == b.size &&
		          memcmp(after.data, b.data, b.size) == 0);
		free(after.data);
		b.data[at] = was;
	}
	CU_ASSERT(refused > 20);
	free(b.data);
}

struct damage {
	const char *sql;
	const char *bad; /* what the sentence names */
};

static void damaged_rows_name(const char *path, const struct damage *damage,
                              size_t n_damage)
{
	struct bytes good = slurp(path);

	for (size_t i = 0; i < n_damage; i++) {
		struct mr_errtext err = {""};
		uint64_t n;

		mr_session_sql(path, damage[i].sql);
		MR_CODE_ERR(read_all(path, &err, &n), MR_ERR_FORMAT, err);
		MR_HAS(err.text, damage[i].bad);
		MR_HAS(err.text, path);
		spit(path, good.data, good.size);
	}
	free(good.data);
}

static void damaged_parameters_are_named(void)
{
	static const struct damage damage[] = {
		{"UPDATE op SET kind='melt' WHERE id=3", "operation 3): kind"},
		{"UPDATE op SET kind=x'00' WHERE id=3", "kind"},
		{"UPDATE op SET selection='some' WHERE id=1", "selection"},
		{"UPDATE op SET n_rows=9 WHERE id=2", "selection"},
		{"UPDATE op SET row0=-1 WHERE id=2", "row0"},
		{"UPDATE op SET col0=1.5 WHERE id=2", "col0"},
		{"UPDATE op SET n_cols=4294967296 WHERE id=2", "n_cols"},
		{"UPDATE op SET cells=x'010203' WHERE cells NOTNULL", "cells"},
		{"UPDATE op SET cells=NULL WHERE cells NOTNULL", "cells"},
		{"UPDATE op SET cells=x'ff000000' WHERE cells NOTNULL",
	         "selection"},
		{"UPDATE op SET n_rows=0 WHERE rows NOTNULL", "rows"},
		{"UPDATE op SET cols=NULL WHERE cols NOTNULL", "cols"},
		{"UPDATE op SET unit='K' WHERE kind='pulse'", "unit"},
		{"UPDATE op SET amplitude='much' WHERE id=1", "amplitude"},
		{"UPDATE op SET amplitude=NULL WHERE id=1", "amplitude"},
		{"UPDATE op SET width_s=NULL WHERE id=1", "width_s"},
		{"UPDATE op SET count=NULL WHERE id=1", "count"},
		{"UPDATE op SET t_rise_s=NULL WHERE id=1", "t_rise_s"},
		{"UPDATE op SET v_read_V=NULL WHERE kind='read'", "v_read_V"},
		{"UPDATE op SET averages=-1 WHERE kind='read'", "averages"},
		{"UPDATE op SET target_S=NULL WHERE kind='program'",
	         "target_S"},
		{"UPDATE op SET budget='x' WHERE kind='program'", "budget"},
		{"UPDATE op SET axis='diagonal' WHERE kind='drive'", "axis"},
		{"UPDATE op SET batch=0 WHERE kind='drive'", "batch"},
		{"UPDATE op SET batch=1000000001 WHERE kind='drive'", "batch"},
		{"UPDATE op SET batch=900000000 WHERE packing='bits'",
	         "is missing or malformed"},
		{"UPDATE op SET selection='list',cells=x'00000000' WHERE "
	         "kind='drive'",
	         "selection"},
		{"UPDATE op SET n_levels=3 WHERE kind='trace'",
	         "is missing or malformed"},
		{"UPDATE op SET n_samples=3 WHERE kind='trace'",
	         "is missing or malformed"},
		{"UPDATE op SET n_samples=4294967295 WHERE kind='trace'",
	         "is missing or malformed"},
		{"UPDATE op SET duration_s=NULL WHERE kind='wait'",
	         "duration_s"},
		{"UPDATE op SET name=NULL WHERE kind='configure'", "name"},
		{"UPDATE op SET input=NULL WHERE kind='drive'", "input"},
		{"UPDATE op SET input=x'00' WHERE packing='dense'", "input"},
		{"UPDATE op SET input=x'00' WHERE packing='sparse'", "input"},
		{"UPDATE op SET packing='zip' WHERE kind='drive'", "input"},
		{"UPDATE op SET packing=NULL WHERE kind='drive'", "packing"},
	};
	char path[MR_TEST_PATH_MAX];

	record(mr_session_path(path, "parameters.db"));
	damaged_rows_name(path, damage, sizeof damage / sizeof damage[0]);
}

static void damaged_results_are_named(void)
{
	static const struct damage damage[] = {
		{"UPDATE op SET result=x'0000' WHERE kind='read'", "result"},
		{"UPDATE op SET result=x'00000000' WHERE kind='read'",
	         "result"},
		{"UPDATE op SET result=NULL WHERE kind='read'", "result"},
		{"UPDATE op SET error='tired' WHERE id=2", "error"},
		{"UPDATE op SET error=NULL WHERE id=2", "error"},
		{"UPDATE op SET status=-1 WHERE id=2", "status"},
		{"UPDATE op SET n_effect='all' WHERE id=2", "n_effect"},
		{"UPDATE op SET n_effect=-1 WHERE id=2", "n_effect"},
		{"UPDATE op SET t_end_ns=NULL WHERE id=2", "t_end_ns"},
		{"UPDATE op SET wall_end_ns='x' WHERE id=2", "wall_end_ns"},
		{"UPDATE op SET parent='x' WHERE parent NOTNULL", "parent"},
		{"UPDATE op SET n_data=n_data+1 WHERE n_data NOTNULL",
	         "n_data"},
		{"UPDATE op SET n_data=7 WHERE n_data NOTNULL", "n_data"},
		{"UPDATE op SET n_data='x' WHERE n_data NOTNULL", "n_data"},
		{"UPDATE op SET n_data=NULL WHERE kind='trace'", "hold_s"},
		{"UPDATE data SET name='soul' WHERE name='i_A'", "n_data"},
		{"UPDATE data SET type='f8' WHERE name='v_V'", "v_V"},
		{"UPDATE data SET type='f5' WHERE name='v_V'", "v_V"},
		{"UPDATE data SET n=n+1 WHERE name='t_s'", "t_s"},
		{"UPDATE data SET bytes=x'00' WHERE name='hold_s'", "hold_s"},
		{"UPDATE data SET bytes=zeroblob(4) WHERE name='sample'",
	         "n_samples"},
		{"DELETE FROM data WHERE name='status'", "n_data"},
		{"UPDATE run SET level=7", "run 1: unknown level"},
		{"UPDATE run SET description='{}'", "run 1: description"},
		{"UPDATE run SET description='{\"rows\":5,\"cols\":7,'",
	         "run 1: description"},
		{"DROP VIEW reads; DROP VIEW drives; DROP VIEW pulses;"
	         "DROP VIEW failures; DROP TABLE metadata",
	         "no such table: metadata"},
	};
	char path[MR_TEST_PATH_MAX];

	record(mr_session_path(path, "results.db"));
	damaged_rows_name(path, damage, sizeof damage / sizeof damage[0]);
}

/* A code of a later memrig is a failure all the same. */
static void unknown_error_is_a_failure(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_errtext err = {""};
	struct mr_oplog_reader *reader = NULL;
	struct mr_oplog_record op;
	bool more = false;

	record(mr_session_path(path, "later.db"));
	mr_session_sql(path, "UPDATE op SET error='unknown' WHERE id=1");
	MR_CODE_ERR(mr_oplog_open(path, &reader, &err), MR_OK, err);
	MR_CODE(mr_oplog_rewind(reader, 1), MR_OK);
	MR_CODE(mr_oplog_next(reader, &op, &more), MR_OK);
	MR_CODE(op.op.outcome.error, MR_ERR_IO);
	mr_oplog_close(reader);
}

/* ---- descriptions -------------------------------------------------------- */

static void odd_description(struct mr_description *d)
{
	*d = (struct mr_description){.driver = "board",
	                             .model = "m\xc3\xa4mristor",
	                             .identity = "SN \"7\"\n\x01 \\",
	                             .rows = UINT32_MAX,
	                             .cols = 1,
	                             .abilities = 0x300fe,
	                             .has_seed = true,
	                             .seed = UINT64_MAX,
	                             .time_ns = INT64_MAX,
	                             .g_min_S = DBL_MIN / 1024,
	                             .g_max_S = INFINITY,
	                             .g_unit_S = -INFINITY,
	                             .drift_nu = 0.1,
	                             .drift_t0_s = -0.0,
	                             .n_levels = 2,
	                             .level_V = {0.1f, -0.0f},
	                             .n_waveforms = 1,
	                             .n_schemes = 1,
	                             .n_conditions = 1};
	d->limits.count_max = UINT32_MAX;
	d->limits.v_read_max_V = 1.0 / 3;
	d->waveforms[0] = (struct mr_waveform){.name = "lower",
	                                       .unit = MR_UNIT_AMPERE,
	                                       .amplitude = -2.385e-5,
	                                       .amplitude_min = 1e-300,
	                                       .amplitude_max = -1.0 / 3,
	                                       .effect = MR_EFFECT_LOWER,
	                                       .step = {.slope = -0.3}};
	d->schemes[0] = (struct mr_scheme){.name = "v/2", .row_selected = 1};
	d->conditions[0] = (struct mr_condition){.name = "chip", .unit = "K",
	                                         .max = 400, .value = "2e+02"};
}

static void description_survives_bit_by_bit(void)
{
	struct mr_description in, out;
	struct mr_errtext err = {""};
	char *text = NULL, *again = NULL;

	odd_description(&in);
	MR_CODE(mr_description_json(&in, &text), MR_OK);
	memset(&out, 0xff, sizeof out);
	MR_CODE_ERR(mr__description_parse(text, &out, &err), MR_OK, err);
	CU_ASSERT(mr_session_same_bits(&in, &out, sizeof in));
	in.schemes[0].col_other = NAN;
	in.has_seed = false;
	in.seed = 0;
	free(text);
	MR_CODE(mr_description_json(&in, &text), MR_OK);
	MR_CODE_ERR(mr__description_parse(text, &out, &err), MR_OK, err);
	CU_ASSERT(isnan(out.schemes[0].col_other) && !out.has_seed);
	MR_CODE(mr_description_json(&out, &again), MR_OK);
	CU_ASSERT_STRING_EQUAL(text, again);
	free(again);
	free(text);
}

/* Bytes of a board that are no UTF-8 do not spoil the log. */
static void description_of_any_bytes_is_json(void)
{
	struct mr_description in, out;
	struct mr_errtext err = {""};
	char *text = NULL;

	odd_description(&in);
	(void)snprintf(in.identity, sizeof in.identity, "SN \xff\xfe 7");
	MR_CODE(mr_description_json(&in, &text), MR_OK);
	MR_CODE_ERR(mr__description_parse(text, &out, &err), MR_OK, err);
	CU_ASSERT_STRING_EQUAL(out.identity, "SN ?? 7");
	free(text);
}

static void description_that_is_wrong_is_refused(void)
{
	static const char *const wrong[][2] = {
		{"", "description:"},
		{"{\"rows\":1,\"cols\":", "at byte"},
		{"[]", "rows"},
		{"{\"rows\":1}", "cols"},
		{"{\"rows\":-1,\"cols\":1}", "rows"},
		{"{\"rows\":4294967296,\"cols\":1}", "rows"},
		{"{\"rows\":1.5,\"cols\":1}", "rows"},
		{"{\"rows\":1,\"cols\":1,\"driver\":7}", "driver"},
		{"{\"rows\":1,\"cols\":1,\"driver\":\"longer than fifteen\"}",
	         "driver"},
		{"{\"rows\":1,\"cols\":1,\"g_max_S\":\"much\"}", "g_max_S"},
		{"{\"rows\":1,\"cols\":1,\"abilities\":[\"fly\"]}",
	         "abilities"},
		{"{\"rows\":1,\"cols\":1,\"abilities\":[3]}", "abilities"},
		{"{\"rows\":1,\"cols\":1,\"seed\":\"7x\"}", "seed"},
		{"{\"rows\":1,\"cols\":1,\"seed\":\"99999999999999999999\"}",
	         "seed"},
		{"{\"rows\":1,\"cols\":1,\"seed\":[]}", "seed"},
		{"{\"rows\":1,\"cols\":1,\"seed\":-1}", "seed"},
		{"{\"rows\":1,\"cols\":1,\"time_ns\":\"x\"}", "time_ns"},
		{"{\"rows\":1,\"cols\":1,\"levels_V\":{}}", "levels_V"},
		{"{\"rows\":1,\"cols\":1,\"levels_V\":[\"x\"]}", "levels_V"},
		{"{\"rows\":1,\"cols\":1,\"schemes\":[1,2,3,4,5]}", "schemes"},
		{"{\"rows\":1,\"cols\":1,\"waveforms\":[{\"unit\":\"K\"}]}",
	         "unit"},
		{"{\"rows\":1,\"cols\":1,\"limits\":{\"count_max\":true}}",
	         "count_max"},
	};
	struct mr_description out = {.rows = 77};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct mr_errtext err = {""};

		MR_CODE(mr__description_parse(wrong[i][0], &out, &err),
		        MR_ERR_FORMAT);
		MR_HAS(err.text, wrong[i][1]);
	}
	CU_ASSERT_EQUAL(out.rows, 77);
}

/* ---- packing ------------------------------------------------------------- */

static void packing_survives_bit_by_bit(void)
{
	static const float same[9] = {0, 2.385f, 0, 0, 2.385f, 2.385f,
	                              2.385f, 0, 2.385f};
	static const float few[12] = {0, 0, -0.0f, 0, 0, 0, 0, 0, 0, 0, 0, 7};
	static const float none[3] = {0};
	static const float full[2] = {1, 2.385f};
	static const struct {
		const float *x;
		size_t n;
		const char *packing;
	} cases[] = {{same, 9, "bits"}, {few, 12, "sparse"},
	             {none, 3, "sparse"}, {full, 2, "dense"},
	             {full, 0, "dense"}};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct mr__buffer room = {0};
		struct mr__packed packed;
		float back[12] = {NAN};

		MR_CODE(mr__pack(cases[i].x, cases[i].n, &room, &packed),
		        MR_OK);
		CU_ASSERT_STRING_EQUAL(packed.packing, cases[i].packing);
		MR_CODE(mr__unpack(&packed, back, cases[i].n), MR_OK);
		CU_ASSERT(mr_session_same_bits(back, cases[i].x,
		                               cases[i].n * sizeof(float)));
		mr__buffer_free(&room);
	}
}

static void packing_that_does_not_fit_is_refused(void)
{
	static const unsigned char bytes[16] = {3};
	static const struct mr__packed wrong[] = {
		{bytes, 7, "sparse"},  /* half a pair */
		{bytes, 8, "sparse"},  /* index 3 of 3 */
		{bytes, 6, "bits"},    /* 3 need 5 bytes */
		{bytes, 8, "dense"},   /* 3 need 12 */
		{bytes, 12, "zipped"},
	};
	float x[3];

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		MR_CODE(mr__unpack(&wrong[i], x, 3), MR_ERR_FORMAT);
}

const struct mr_test mr_tests[] = {
	{"file_that_is_foreign_is_left_alone", foreign_files_are_left_alone},
	{"file_of_another_version_is_left_alone",
         other_versions_are_left_alone},
	{"version_1_is_read_but_not_written",
         version_1_is_read_but_not_written},
	{"file_that_was_truncated_is_left_alone",
         truncated_logs_are_left_alone},
	{"path_without_a_log_is_said", nothing_at_the_path_is_said},
	{"file_that_is_empty_becomes_a_log", empty_file_becomes_a_log},
	{"name_may_hold_any_sign", name_may_hold_any_sign},
	{"file_that_is_read_only_is_read_but_not_written",
         read_only_file_is_read_but_not_written},
	{"folder_that_is_read_only_takes_no_log",
         read_only_folder_takes_no_log},
	{"options_that_are_wrong_are_refused", wrong_options_are_refused},
	{"run_that_cannot_be_watched_leaves_nothing",
         run_that_cannot_be_watched_leaves_nothing},
	{"bytes_that_are_flipped_are_survived", flipped_bytes_are_survived},
	{"parameters_that_are_damaged_are_named",
         damaged_parameters_are_named},
	{"results_that_are_damaged_are_named", damaged_results_are_named},
	{"error_that_is_unknown_is_a_failure", unknown_error_is_a_failure},
	{"description_survives_bit_by_bit", description_survives_bit_by_bit},
	{"description_of_any_bytes_is_json", description_of_any_bytes_is_json},
	{"description_that_is_wrong_is_refused",
         description_that_is_wrong_is_refused},
	{"packing_survives_bit_by_bit", packing_survives_bit_by_bit},
	{"packing_that_does_not_fit_is_refused",
         packing_that_does_not_fit_is_refused},
	{0},
};
