/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The op log: what is written is read back, by the reader and by plain SQL. */
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/array_priv.h"
#include "session.h"
#include "test.h"

static struct mr_oplog_reader *open_log(const char *path, int64_t run)
{
	struct mr_errtext err = {""};
	struct mr_oplog_reader *reader = NULL;

	MR_CODE_ERR(mr_oplog_open(path, &reader, &err), MR_OK, err);
	CU_ASSERT_FATAL(reader != NULL);
	MR_CODE(mr_oplog_rewind(reader, run), MR_OK);
	return reader;
}

static bool next(struct mr_oplog_reader *reader, struct mr_oplog_record *out)
{
	struct mr_errtext err;
	bool more = false;
	int code = mr_oplog_next(reader, out, &more);

	(void)snprintf(err.text, sizeof err.text, "%s",
	               mr_oplog_errmsg(reader));
	MR_CODE_ERR(code, MR_OK, err);
	return code == MR_OK && more;
}

/* First column of the first row of a question to the file. */
static double ask(const char *path, const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *query = NULL;
	double answer = NAN;

	CU_ASSERT_EQUAL(sqlite3_open(path, &db), SQLITE_OK);
	CU_ASSERT_EQUAL(sqlite3_prepare_v2(db, sql, -1, &query, NULL),
	                SQLITE_OK);
	if (sqlite3_step(query) == SQLITE_ROW)
		answer = sqlite3_column_double(query, 0);
	(void)sqlite3_finalize(query);
	(void)sqlite3_close(db);
	return answer;
}

static int configure(struct mr_array *array, const char *value)
{
	struct mr_op op = {.kind = MR_OP_CONFIGURE,
	                   .configure = {.name = "read_range", .value = value}};

	return mr_array_submit(array, &op, 1, NULL, NULL);
}

/* ---- round trip ---------------------------------------------------------- */

/* Records with no parent, in order, against what was submitted. */
static void same_as_submitted(const char *path, int64_t run,
                              const struct mr_session *session, bool values)
{
	struct mr_oplog_reader *reader = open_log(path, run);
	struct mr_description desc = {.rows = 5, .cols = 7};
	struct mr_oplog_record record;
	size_t n = 0;

	while (next(reader, &record)) {
		if (record.parent != 0 || record.survey)
			continue;
		CU_ASSERT(record.ended);
		CU_ASSERT_EQUAL(record.composed,
		                record.op.kind == MR_OP_PROGRAM);
		CU_ASSERT_EQUAL(record.row,
		                run * (INT64_C(1) << 40) + (int64_t)record.id);
		CU_ASSERT(record.wall_end_ns >= record.wall_begin_ns);
		CU_ASSERT_STRING_EQUAL(record.errtext, "");
		if (n < session->n)
			mr_op_same(&session->ops[n], &record.op, &desc, values,
			           n + 1);
		n++;
	}
	CU_ASSERT_EQUAL(n, session->n);
	mr_oplog_close(reader);
}

static void round_trip(const char *name, int level, double interval_s)
{
	struct mr_oplog_options options = {
		.level = (enum mr_oplog_level)level,
		.survey_interval_s = interval_s};
	struct mr_session *session = mr_session_alloc();
	char path[MR_TEST_PATH_MAX];

	mr_session_path(path, name);
	mr_session_record(session, path, &options);
	same_as_submitted(path, 1, session, level != MR_OPLOG_OPERATIONS);
	free(session);
}

static void every_operation_is_read_back(void)
{
	round_trip("round0.db", 0, 0);
	round_trip("round2.db", MR_OPLOG_VALUES, 0);
	round_trip("round3.db", MR_OPLOG_SURVEYS, 1.1);
}

static void level_1_keeps_no_value(void)
{
	char path[MR_TEST_PATH_MAX];

	round_trip("round1.db", MR_OPLOG_OPERATIONS, 0);
	mr_test_path(path, "round1.db");
	CU_ASSERT_EQUAL(ask(path, "SELECT count(*) FROM op WHERE input NOTNULL "
	                          "OR result NOTNULL"),
	                0);
	CU_ASSERT_EQUAL(ask(path, "SELECT count(*) FROM data"), 0);
	CU_ASSERT(ask(path, "SELECT count(cells)+count(rows)+count(cols) "
	                    "FROM op") > 0);
}

/* The session holds what each packing is for. */
static void inputs_are_packed_the_smallest_way(void)
{
	struct mr_session *session = mr_session_alloc();
	char path[MR_TEST_PATH_MAX];

	mr_session_path(path, "packing.db");
	mr_session_record(session, path, NULL);
	free(session);
	CU_ASSERT_EQUAL(ask(path, "SELECT count(*) FROM drives WHERE "
	                          "packing='dense'"),
	                2);
	CU_ASSERT_EQUAL(ask(path, "SELECT count(*) FROM drives WHERE "
	                          "packing='sparse' AND length(v_V)=16"),
	                2);
	/* 9 rows or 6 columns: one value and 2 or 1 bytes of bits */
	CU_ASSERT_EQUAL(ask(path, "SELECT sum(length(v_V)) FROM drives WHERE "
	                          "packing='bits'"),
	                4 + 2 + 4 + 1);
}

/* ---- composed ------------------------------------------------------------ */

/* The children of a program stand under it, in its time, and the last reading
 * of each cell is the program's result. */
static void program_stands_above_its_children(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array = mr_session_open(MR_SESSION_URI);
	uint32_t cells[] = {23};
	float g_S[1] = {0};
	struct mr_op op = {.kind = MR_OP_PROGRAM,
	                   .where = {.kind = MR_SELECT_LIST,
	                             .cells = cells,
	                             .n_cells = 1},
	                   .program = {.target = 4.77e-6,
	                               .tolerance_S = 3e-7,
	                               .budget = 50,
	                               .g_S = g_S}};
	struct mr_oplog_record record;
	struct mr_oplog *log;
	float last_S = NAN;
	uint64_t parent = 0;
	int64_t t_ns = 0;
	int n[8] = {0};

	mr_session_path(path, "program.db");
	log = mr_session_start(path, array, NULL);
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
	mr_session_finish(log, array);
	struct mr_oplog_reader *reader = open_log(path, 1);

	while (next(reader, &record)) {
		n[record.op.kind]++;
		if (record.composed) {
			parent = record.id;
			t_ns = record.op.outcome.t_begin_ns;
			continue;
		}
		CU_ASSERT_EQUAL(record.parent, parent);
		CU_ASSERT_EQUAL(record.op.outcome.t_begin_ns, t_ns);
		t_ns = record.op.outcome.t_end_ns;
		if (record.op.kind == MR_OP_READ)
			last_S = record.op.read.g_S[0];
	}
	mr_oplog_close(reader);
	CU_ASSERT_EQUAL(parent, 1);
	CU_ASSERT(n[MR_OP_PROGRAM] == 1 && n[MR_OP_PULSE] > 0);
	CU_ASSERT_EQUAL(n[MR_OP_READ], n[MR_OP_PULSE] + 1);
	CU_ASSERT_EQUAL(t_ns, op.outcome.t_end_ns);
	CU_ASSERT_EQUAL(last_S, g_S[0]);
}

/* A drive that is a sum over reads was not measured as such. */
static void composed_drive_is_marked_as_inferred(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array = mr_session_open(
		"emu:pcm?rows=3&cols=2&seed=5&offer=read+pulse+wait");
	float v_V[3] = {0.1385f, 0, 0.2385f}, i_A[2];
	struct mr_oplog *log;

	mr_session_path(path, "inferred.db");
	log = mr_session_start(path, array, NULL);
	MR_CODE(mr_array_drive(array, v_V, i_A), MR_OK);
	mr_session_finish(log, array);
	CU_ASSERT_EQUAL(ask(path, "SELECT count(*) FROM op WHERE kind='drive' "
	                          "AND composed AND source='inferred'"),
	                1);
	CU_ASSERT_EQUAL(ask(path, "SELECT count(*) FROM reads WHERE parent=1"),
	                1);
	CU_ASSERT_EQUAL(ask(path, "SELECT count(*) FROM op WHERE kind='read' "
	                          "AND source='measured'"),
	                1);
}

/* ---- failures ------------------------------------------------------------ */

struct failure {
	enum mr_op_kind kind;
	int error;
	uint64_t n_effect;
	const char *text;
};

static void failures_are(const char *path, const struct failure *want, size_t n)
{
	struct mr_oplog_reader *reader = open_log(path, 1);
	struct mr_oplog_record record;
	size_t found = 0;

	while (next(reader, &record)) {
		if (record.op.outcome.error == MR_OK)
			continue;
		CU_ASSERT(found < n);
		if (found < n) {
			const struct failure *f = &want[found];

			CU_ASSERT_EQUAL(record.op.kind, f->kind);
			MR_CODE(record.op.outcome.error, f->error);
			CU_ASSERT_EQUAL(record.op.outcome.n_effect,
			                f->n_effect);
			MR_HAS(record.errtext, f->text);
			CU_ASSERT(record.ended);
		}
		found++;
	}
	CU_ASSERT_EQUAL(found, n);
	mr_oplog_close(reader);
}

static void failures_are_kept_with_their_texts(void)
{
	static const struct failure want[] = {
		{MR_OP_PULSE, MR_ERR_REFUSED, 0, "guard.pulses"},
		{MR_OP_READ, MR_ERR_NOT_RUN, 0, "an earlier operation failed"},
		{MR_OP_READ, MR_ERR_STOPPED, 0, "stopped on request"},
		{MR_OP_PULSE, MR_ERR_UNSUPPORTED, 0, "compliance"},
		{MR_OP_READ, MR_ERR_IO, 0, "fault injected into operation 5"},
	};
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array = mr_session_open(
		MR_SESSION_URI "&guard.pulses=50&fault.at=5&fault.error=io");
	volatile sig_atomic_t stop = 1;
	struct mr_context stopped = {.stop = &stop};
	float g_S[35];
	struct mr_op ops[3] = {{.kind = MR_OP_READ, .read = {.g_S = g_S}},
	                       {.kind = MR_OP_PULSE},
	                       {.kind = MR_OP_READ, .read = {.g_S = g_S}}};
	struct mr_oplog *log;

	mr_pulse_from(&ops[1], mr_description_waveform(mr_array_describe(array),
	                                               "set"));
	ops[1].pulse.count = 2; /* of 35 cells: 70 */
	mr_session_path(path, "failures.db");
	log = mr_session_start(path, array, NULL);
	MR_CODE(mr_array_submit(array, ops, 3, NULL, NULL), MR_ERR_REFUSED);
	MR_CODE(mr_array_submit(array, ops, 1, &stopped, NULL), MR_ERR_STOPPED);
	ops[1].pulse.count = 1;
	ops[1].pulse.compliance = 2.385;
	MR_CODE(mr_array_submit(array, &ops[1], 1, NULL, NULL),
	        MR_ERR_UNSUPPORTED);
	MR_CODE(mr_array_wait(array, 0.5), MR_OK);
	MR_CODE(mr_array_submit(array, ops, 1, NULL, NULL), MR_ERR_IO);
	/* refused before it was begun: not an operation */
	MR_CODE(mr_array_wait(array, -1), MR_ERR_RANGE);
	mr_session_finish(log, array);
	failures_are(path, want, sizeof want / sizeof want[0]);
	CU_ASSERT_EQUAL(ask(path, "SELECT count(*) FROM failures"), 5);
	CU_ASSERT_EQUAL(ask(path, "SELECT compliance FROM op WHERE "
	                          "error='unsupported'"),
	                2.385);
}

struct half {
	int64_t calls;
};

/* A clock whose time runs out while the handle looks at it. */
static int64_t half_monotonic(void *self)
{
	struct half *half = self;

	half->calls++;
	return half->calls;
}

static int64_t half_wall(void *self)
{
	(void)self;
	return INT64_C(1700000000000000385);
}

static void half_sleep(void *self, int64_t duration_ns)
{
	(void)self;
	(void)duration_ns;
}

/* A long list of reads that the deadline cuts: what took effect is kept, and
 * the rest is not a number. */
static void cut_operation_keeps_what_took_effect(void)
{
	enum { N = 3 * 4096 };
	char path[MR_TEST_PATH_MAX];
	struct half half = {0};
	struct mr_clock clock = {&half, half_monotonic, half_wall, half_sleep};
	struct mr_open_options options = {.clock = &clock};
	struct mr_context late = {.deadline_ns = 3};
	struct mr_errtext err = {""};
	struct mr_oplog_record record;
	uint32_t *cells = calloc(N, sizeof *cells);
	float *g_S = calloc(N, sizeof *g_S);
	struct mr_op op = {.kind = MR_OP_READ,
	                   .where = {.kind = MR_SELECT_LIST,
	                             .cells = cells,
	                             .n_cells = N},
	                   .read = {.g_S = g_S}};
	struct mr_array *array = NULL;

	CU_ASSERT_FATAL(cells && g_S);
	mr_session_path(path, "cut.db");
	MR_CODE(mr_array_open("emu:ideal?rows=2&cols=2", &options, &array,
	                      &err), MR_OK);
	struct mr_oplog *log = mr_session_start(path, array, NULL);

	MR_CODE(mr_array_submit(array, &op, 1, &late, NULL), MR_ERR_TIMEOUT);
	mr_session_finish(log, array);
	CU_ASSERT_EQUAL(op.outcome.n_effect, 8192);
	struct mr_oplog_reader *reader = open_log(path, 1);

	CU_ASSERT_FATAL(next(reader, &record));
	CU_ASSERT_EQUAL(record.op.outcome.n_effect, 8192);
	CU_ASSERT_EQUAL(record.wall_begin_ns, INT64_C(1700000000000000385));
	CU_ASSERT(mr_session_same_bits(record.op.read.g_S, g_S,
	                               8192 * sizeof *g_S));
	CU_ASSERT(isnan(record.op.read.g_S[8192]));
	CU_ASSERT(isnan(record.op.read.g_S[N - 1]));
	mr_oplog_close(reader);
	free(g_S);
	free(cells);
}

/* ---- surveys and runs ---------------------------------------------------- */

static void surveys_come_at_their_interval(void)
{
	struct mr_oplog_options options = {.level = MR_OPLOG_SURVEYS,
	                                   .survey_interval_s = 10};
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array = mr_session_open(MR_SESSION_URI);
	float g_S[35];
	struct mr_oplog *log;

	mr_session_path(path, "surveys.db");
	log = mr_session_start(path, array, &options);
	MR_CODE(mr_array_read(array, NULL, g_S), MR_OK);
	for (int k = 0; k < 9; k++)
		MR_CODE(mr_array_wait(array, 4.5), MR_OK);
	/* 40.5 s: after the submits that pass 10, 20, 30 and 40 s */
	mr_session_finish(log, array);
	CU_ASSERT_EQUAL(ask(path, "SELECT count(*) FROM reads WHERE survey"), 4);
	CU_ASSERT_EQUAL(ask(path, "SELECT min(t_begin_ns) >= 10000000000 FROM "
	                          "reads WHERE survey"),
	                1);
	CU_ASSERT_EQUAL(ask(path, "SELECT count(*) FROM reads"), 5);
	CU_ASSERT_EQUAL(ask(path, "SELECT survey_interval_s FROM run"), 10);
	struct mr_oplog_reader *reader = open_log(path, 1);
	struct mr_oplog_record record;
	int n = 0;

	while (next(reader, &record))
		n += record.survey && record.op.kind == MR_OP_READ;
	CU_ASSERT_EQUAL(n, 4);
	mr_oplog_close(reader);
}

static void info_is(struct mr_oplog_reader *reader, int64_t run,
                    const char *uri, const char *metadata, int64_t n_ops)
{
	struct mr_oplog_run_info info;

	MR_CODE(mr_oplog_info(reader, run, &info), MR_OK);
	CU_ASSERT_EQUAL(info.run, run);
	CU_ASSERT_STRING_EQUAL(info.uri, uri);
	CU_ASSERT_STRING_EQUAL(info.metadata, metadata);
	CU_ASSERT_STRING_EQUAL(info.version, mr_version());
	CU_ASSERT_EQUAL(info.n_ops, n_ops);
	CU_ASSERT(info.started_wall_ns > 0);
	CU_ASSERT(info.ended_wall_ns >= info.started_wall_ns);
}

static void short_run(const char *path, const char *uri,
                      const struct mr_oplog_options *options, int n,
                      int64_t number)
{
	struct mr_array *array = mr_session_open(uri);
	struct mr_oplog *log = mr_session_start(path, array, options);

	CU_ASSERT_EQUAL(mr_oplog_run(log), number);
	for (int k = 0; k < n; k++)
		MR_CODE(mr_array_wait(array, 0.2385), MR_OK);
	mr_session_finish(log, array);
}

static void runs_of_one_file_stay_apart(void)
{
	static const char *const metadata[] = {
		"operator=Ada", "note=a=b, \"c\"\nand more", "die=", NULL};
	struct mr_oplog_options options = {.command = "memrig run 'x'",
	                                   .metadata = metadata};
	char path[MR_TEST_PATH_MAX];
	struct mr_errtext err = {""};
	struct mr_oplog_run_info info;
	struct mr_oplog_reader *reader = NULL;
	int64_t first = 0, last = 0;

	mr_session_path(path, "runs.db");
	short_run(path, "emu:ideal?seed=18446744073709551615", &options, 2, 1);
	short_run(path, "emu:pcm?rows=2", NULL, 3, 2);
	short_run(path, "emu:ideal?cols=3", NULL, 0, 3);
	MR_CODE_ERR(mr_oplog_open(path, &reader, &err), MR_OK, err);
	CU_ASSERT_FATAL(reader != NULL);
	MR_CODE(mr_oplog_runs(reader, &first, &last), MR_OK);
	CU_ASSERT(first == 1 && last == 3);
	info_is(reader, 2, "emu:pcm?rows=2", "", 3);
	info_is(reader, 3, "emu:ideal?cols=3", "", 0);
	info_is(reader, 1, "emu:ideal?seed=18446744073709551615",
	        "die=\nnote=a=b, \"c\"\nand more\noperator=Ada", 2);
	MR_CODE(mr_oplog_info(reader, 1, &info), MR_OK);
	CU_ASSERT_STRING_EQUAL(info.command, "memrig run 'x'");
	CU_ASSERT_EQUAL(info.level, MR_OPLOG_VALUES);
	CU_ASSERT_EQUAL(info.desc.seed, UINT64_MAX);
	MR_CODE(mr_oplog_info(reader, 4, &info), MR_ERR_USAGE);
	MR_HAS(mr_oplog_errmsg(reader), "there is no run 4; runs are 1 to 3");
	MR_CODE(mr_oplog_rewind(reader, 0), MR_ERR_USAGE);
	mr_oplog_close(reader);
	mr_oplog_close(NULL);
	CU_ASSERT_EQUAL(ask(path, "SELECT seed='18446744073709551615' FROM run "
	                          "WHERE run=1"),
	                1);
	CU_ASSERT_EQUAL(ask(path, "SELECT value='Ada' FROM metadata WHERE "
	                          "key='operator'"),
	                1);
}

static void reader_without_a_run_gives_nothing(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_oplog_reader *reader;
	struct mr_oplog_record record;
	bool more = true;

	mr_session_path(path, "end.db");
	short_run(path, "emu:ideal?cols=3", NULL, 1, 1);
	reader = open_log(path, 1);
	CU_ASSERT(next(reader, &record));
	CU_ASSERT(!next(reader, &record));
	MR_CODE(mr_oplog_next(reader, &record, &more), MR_OK);
	CU_ASSERT(!more); /* the end stays the end */
	mr_oplog_close(reader);
}

/* An array that has lived before: its time goes on, also in the log. */
static void array_time_at_the_start_is_kept(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array = mr_session_open("emu:ideal?rows=2&cols=2");
	struct mr_oplog_run_info info;
	struct mr_oplog *log;

	MR_CODE(mr_array_wait(array, 2.385), MR_OK);
	mr_session_path(path, "aged.db");
	log = mr_session_start(path, array, NULL);
	mr_session_finish(log, array);
	struct mr_oplog_reader *reader = open_log(path, 1);

	MR_CODE(mr_oplog_info(reader, 1, &info), MR_OK);
	CU_ASSERT_EQUAL(info.desc.time_ns, 2385000000);
	mr_oplog_close(reader);
}

/* ---- plain SQL ----------------------------------------------------------- */

static void value_is(const char *path, const char *sql, const void *want,
                     size_t size)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *query = NULL;

	CU_ASSERT_EQUAL(sqlite3_open(path, &db), SQLITE_OK);
	CU_ASSERT_EQUAL(sqlite3_prepare_v2(db, sql, -1, &query, NULL),
	                SQLITE_OK);
	CU_ASSERT_EQUAL(sqlite3_step(query), SQLITE_ROW);
	const void *got = sqlite3_column_blob(query, 0);

	CU_ASSERT_EQUAL(sqlite3_column_bytes(query, 0), (int)size);
	CU_ASSERT(got && want && memcmp(got, want, size) == 0);
	(void)sqlite3_finalize(query);
	(void)sqlite3_close(db);
}

/* As a reader of the schema would ask; floats are little-endian there and on
 * every host that these tests have seen. */
static void plain_sql_reads_the_values(void)
{
	struct mr_session *session = mr_session_alloc();
	char path[MR_TEST_PATH_MAX];

	mr_session_path(path, "sql.db");
	mr_session_record(session, path, NULL);
	const struct mr_op *ops = session->ops;

	value_is(path, "SELECT g_S FROM reads WHERE selection='rect'",
	         ops[7].read.g_S, 12 * sizeof(float));
	value_is(path, "SELECT bytes FROM data JOIN reads USING(row) WHERE "
	               "name='i_A' AND selection='outer' AND type='f4' AND n=6",
	         ops[8].read.i_A, 6 * sizeof(float));
	value_is(path, "SELECT cells FROM op WHERE kind='pulse' AND "
	               "selection='list' AND parent IS NULL",
	         ops[3].where.cells, 5 * sizeof(uint32_t));
	value_is(path, "SELECT bytes FROM data JOIN op USING(row) WHERE "
	               "data.name='hold_s' AND type='f8' AND role='input'",
	         ops[18].trace.hold_s, 4 * sizeof(double));
	value_is(path, "SELECT v_V FROM drives WHERE packing='dense' AND "
	               "axis='rows' AND n_in=5 AND n_out=7 AND batch=3",
	         ops[10].drive.v_V, 15 * sizeof(float));
	value_is(path, "SELECT i_A FROM drives WHERE packing='dense' AND "
	               "axis='cols'",
	         ops[14].drive.i_A, 15 * sizeof(float));
	value_is(path, "SELECT bytes FROM data JOIN op USING(row) WHERE "
	               "data.name='pulses' AND selection='outer'",
	         ops[23].program.pulses, 6 * sizeof(uint32_t));
	MR_NEAR(ask(path, "SELECT duration_s FROM op WHERE kind='wait'"), 2.385,
	        0);
	MR_NEAR(ask(path, "SELECT value FROM op WHERE kind='configure' LIMIT 1"),
	        9e-7, 1e-20);
	MR_NEAR(ask(path, "SELECT json_extract(description,'$.conditions[1]"
	                  ".value') FROM description ORDER BY row LIMIT 1"),
	        9e-7, 1e-20);
	CU_ASSERT(ask(path, "SELECT status&2 FROM op WHERE kind='read' AND "
	                    "status LIMIT 1") > 0);
	free(session);
}

/* ---- commits ------------------------------------------------------------- */

/* What somebody else sees while the run goes on. */
static void commits_are_grouped_by_rows_and_time(void)
{
	struct mr_manual_clock time = {.wall_ns = INT64_C(1700000000000000000)};
	struct mr_clock clock;
	struct mr_open_options options = {.clock = &clock};
	struct mr_oplog_options group = {.group_rows = 3, .group_s = 2.385};
	char path[MR_TEST_PATH_MAX];
	struct mr_errtext err = {""};
	struct mr_array *array = NULL;
	static const char count[] = "SELECT count(*) FROM op";

	mr_clock_manual(&clock, &time);
	mr_session_path(path, "groups.db");
	MR_CODE(mr_array_open("emu:ideal?rows=2&cols=2", &options, &array,
	                      &err), MR_OK);
	CU_ASSERT_FATAL(array != NULL);
	struct mr_oplog *log = mr_session_start(path, array, &group);

	MR_CODE(mr_array_wait(array, 1), MR_OK);
	MR_CODE(mr_array_wait(array, 1), MR_OK);
	CU_ASSERT_EQUAL(ask(path, count), 0);
	MR_CODE(mr_array_wait(array, 1), MR_OK);
	CU_ASSERT_EQUAL(ask(path, count), 3);
	MR_CODE(mr_array_wait(array, 1), MR_OK);
	time.wall_ns += INT64_C(2384999999);
	MR_CODE(mr_array_wait(array, 1), MR_OK);
	CU_ASSERT_EQUAL(ask(path, count), 3);
	MR_CODE(configure(array, "2e-5"), MR_OK);
	CU_ASSERT_EQUAL(ask(path, count), 6);
	MR_CODE(mr_array_wait(array, 1), MR_OK);
	time.wall_ns -= 1; /* a clock that was set back */
	MR_CODE(mr_array_wait(array, 1), MR_OK);
	CU_ASSERT_EQUAL(ask(path, count), 8);
	mr_session_finish(log, array);
}

struct spy {
	const char *path;
	double begun;
};

static int spy_sending(void *self, const struct mr_description *desc,
                       struct mr_errtext *err)
{
	struct spy *spy = self;

	(void)desc;
	(void)err;
	spy->begun = ask(spy->path, "SELECT count(*) FROM op WHERE "
	                            "wall_end_ns IS NULL AND error IS NULL");
	return MR_OK;
}

/* A board is what is no emulator: its name decides. */
static void board_operations_are_on_disk_before_they_are_sent(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array = mr_session_open(MR_SESSION_URI);
	struct spy spy = {.path = path, .begun = -1};
	struct mr_observer observer = {.self = &spy, .sending = spy_sending};
	float g_S[35], v_V[35];
	struct mr_op ops[3] = {
		{.kind = MR_OP_WAIT, .wait = {.duration_s = 2.385}},
		{.kind = MR_OP_READ, .read = {.g_S = g_S, .v_V = v_V}},
		{.kind = MR_OP_CONFIGURE,
	         .configure = {.name = "scheme", .value = "1t1r"}}};
	struct mr_description desc = {.rows = 5, .cols = 7};
	struct mr_oplog_record record;

	(void)snprintf(array->desc.driver, sizeof array->desc.driver, "board");
	mr_session_path(path, "board.db");
	struct mr_oplog *log = mr_session_start(path, array, NULL);

	MR_CODE(mr_array_observe(array, &observer), MR_OK);
	MR_CODE(mr_array_submit(array, ops, 3, NULL, NULL), MR_OK);
	CU_ASSERT_EQUAL(spy.begun, 3);
	CU_ASSERT_EQUAL(ask(path, "SELECT count(*) FROM op WHERE error='ok'"),
	                3);
	mr_session_finish(log, array);
	struct mr_oplog_reader *reader = open_log(path, 1);

	for (size_t i = 0; i < 3; i++) {
		CU_ASSERT_FATAL(next(reader, &record));
		mr_op_same(&ops[i], &record.op, &desc, true, i + 1);
	}
	mr_oplog_close(reader);
	CU_ASSERT_EQUAL(ask(path, "SELECT count(*) FROM description"), 1);
}

static void many_begun_at_once_are_all_kept(void)
{
	enum { N = 200 };
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array = mr_session_open("emu:ideal?rows=2&cols=2");
	struct mr_op ops[N];
	struct mr_oplog *log;

	for (int i = 0; i < N; i++)
		ops[i] = (struct mr_op){.kind = MR_OP_WAIT,
		                        .wait = {.duration_s = i * 1e-3}};
	mr_session_path(path, "many.db");
	log = mr_session_start(path, array, NULL);
	MR_CODE(mr_array_submit(array, ops, N, NULL, NULL), MR_OK);
	mr_session_finish(log, array);
	CU_ASSERT_EQUAL(ask(path, "SELECT count(*) FROM op WHERE "
	                          "duration_s=(id-1)*1e-3"),
	                N);
}

/* ---- forms --------------------------------------------------------------- */

static void like_operations_share_a_form(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array = mr_session_open("emu:pcm?rows=4&cols=4&seed=7");
	struct mr_oplog *log =
		mr_session_start(mr_session_path(path, "forms.db"), array, NULL);
	float g_S;

	for (uint32_t cell = 0; cell < 16; cell++) {
		struct mr_selection where = {.kind = MR_SELECT_LIST,
		                             .cells = &cell, .n_cells = 1};

		MR_CODE(mr_array_read(array, &where, &g_S), MR_OK);
		MR_CODE(mr_array_pulse(array, &where, "set", 1), MR_OK);
	}
	mr_session_finish(log, array);
	CU_ASSERT_EQUAL(ask(path, "SELECT count(*) FROM op"), 32);
	CU_ASSERT_EQUAL(ask(path, "SELECT count(*) FROM form"), 2);
	CU_ASSERT_EQUAL(ask(path, "SELECT count(DISTINCT cells) FROM op"), 16);
}

/* More than are remembered, twice in turn. */
static void forms_without_number_are_kept_apart(void)
{
	enum { WAITS = 1500 };
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array = mr_session_open("emu:pcm?rows=4&cols=4&seed=7");
	struct mr_oplog *log =
		mr_session_start(mr_session_path(path, "forms2.db"), array, NULL);

	for (int i = 0; i < 2 * WAITS; i++)
		MR_CODE(mr_array_wait(array, 1.0 + i % WAITS), MR_OK);
	mr_session_finish(log, array);
	CU_ASSERT_EQUAL(ask(path, "SELECT count(*) FROM op"), 2 * WAITS);
	CU_ASSERT_EQUAL(ask(path, "SELECT count(*) FROM op WHERE "
	                          "duration_s IS NOT 1.0 + (id - 1) % 1500"),
	                0);
}

static void read_large_and_small(const char *path, uint32_t group_rows)
{
	const struct mr_oplog_options options = {.group_rows = group_rows};
	struct mr_array *array =
		mr_session_open("emu:pcm?rows=16&cols=16&seed=7");
	struct mr_oplog *log = mr_session_start(path, array, &options);
	static float g_S[256];

	for (uint32_t cell = 0; cell < 99; cell++) {
		struct mr_selection where = {.kind = MR_SELECT_LIST,
		                             .cells = &cell, .n_cells = 1};

		MR_CODE(mr_array_read(array, &where, g_S), MR_OK);
		if (cell % 3 == 0)
			MR_CODE(mr_array_read(array, NULL, g_S), MR_OK);
		if (cell % 7 == 0)
			MR_CODE(mr_array_wait(array, 2.385), MR_OK);
	}
	mr_session_finish(log, array);
}

/* Small rows wait for each other, large ones do not. */
static void rows_in_one_statement_are_as_single_ones(void)
{
	char many[MR_TEST_PATH_MAX], single[MR_TEST_PATH_MAX];

	read_large_and_small(mr_session_path(many, "many.db"), 0);
	read_large_and_small(mr_session_path(single, "single.db"), 1);
	CU_ASSERT_EQUAL(mr_session_same_rows(
				many, single,
				"SELECT id, kind, cells, n_cells, duration_s, "
				"n_effect, error, result, t_begin_ns, t_end_ns "
				"FROM op ORDER BY row"),
	                99 + 33 + 15);
}

const struct mr_test mr_tests[] = {
	{"oplog_of_every_operation_is_read_back", every_operation_is_read_back},
	{"oplog_of_level_1_keeps_no_value", level_1_keeps_no_value},
	{"oplog_packs_inputs_the_smallest_way",
         inputs_are_packed_the_smallest_way},
	{"program_stands_above_its_children",
         program_stands_above_its_children},
	{"drive_that_was_composed_is_marked_as_inferred",
         composed_drive_is_marked_as_inferred},
	{"failures_are_kept_with_their_texts",
         failures_are_kept_with_their_texts},
	{"operation_that_was_cut_keeps_what_took_effect",
         cut_operation_keeps_what_took_effect},
	{"surveys_come_at_their_interval", surveys_come_at_their_interval},
	{"runs_of_one_file_stay_apart", runs_of_one_file_stay_apart},
	{"reader_at_the_end_gives_nothing", reader_without_a_run_gives_nothing},
	{"array_time_at_the_start_is_kept", array_time_at_the_start_is_kept},
	{"sql_reads_the_values", plain_sql_reads_the_values},
	{"commits_are_grouped_by_rows_and_time",
         commits_are_grouped_by_rows_and_time},
	{"board_operations_are_on_disk_before_they_are_sent",
         board_operations_are_on_disk_before_they_are_sent},
	{"many_begun_at_once_are_all_kept", many_begun_at_once_are_all_kept},
	{"operations_that_are_alike_share_a_form",
         like_operations_share_a_form},
	{"forms_without_number_are_kept_apart",
         forms_without_number_are_kept_apart},
	{"rows_in_one_statement_are_as_single_ones",
         rows_in_one_statement_are_as_single_ones},
	{0},
};
