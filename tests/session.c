/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The session of tests and how its operations are compared. */
#include "session.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opedit.h"
#include "test.h"

#define LEVELS 4 /* of a trace */
#define VECTORS 3 /* of a drive */

static const uint32_t list_cells[] = {34, 0, 17, 0, 6}; /* one cell twice */
static const uint32_t outer_rows[] = {4, 0, 2};
static const uint32_t outer_cols[] = {6, 1};

static const struct mr_selection selections[] = {
	{.kind = MR_SELECT_ALL},
	{.kind = MR_SELECT_RECT, .row = 1, .col = 2, .n_rows = 3, .n_cols = 4},
	{.kind = MR_SELECT_OUTER,
         .rows = outer_rows,
         .n_rows = 3,
         .cols = outer_cols,
         .n_cols = 2},
	{.kind = MR_SELECT_LIST, .cells = list_cells, .n_cells = 5},
};
static const size_t counts[] = {35, 12, 6, 5};
static const size_t row_counts[] = {5, 3, 3};
static const size_t col_counts[] = {7, 4, 2};

/* ---- room ---------------------------------------------------------------- */

static float *floats(struct mr_session *s, size_t n)
{
	float *room = s->floats + s->n_floats;

	s->n_floats += n;
	CU_ASSERT_FATAL(s->n_floats <= sizeof s->floats / sizeof *room);
	return room;
}

static double *doubles(struct mr_session *s, size_t n)
{
	double *room = s->doubles + s->n_doubles;

	s->n_doubles += n;
	CU_ASSERT_FATAL(s->n_doubles <= sizeof s->doubles / sizeof *room);
	return room;
}

static uint32_t *words(struct mr_session *s, size_t n)
{
	uint32_t *room = s->words + s->n_words;

	s->n_words += n;
	CU_ASSERT_FATAL(s->n_words <= sizeof s->words / sizeof *room);
	return room;
}

static uint8_t *bytes(struct mr_session *s, size_t n)
{
	uint8_t *room = s->bytes + s->n_bytes;

	s->n_bytes += n;
	CU_ASSERT_FATAL(s->n_bytes <= sizeof s->bytes);
	return room;
}

/* ---- operations ---------------------------------------------------------- */

static struct mr_op *add(struct mr_session *s, enum mr_op_kind kind, size_t at)
{
	struct mr_op *op = &s->ops[s->n++];

	CU_ASSERT_FATAL(s->n <= MR_SESSION_OPS);
	*op = (struct mr_op){.kind = kind, .where = selections[at]};
	return op;
}

/* SET pulses as model pcm takes them: 90 uA and 50 ns within 1 %. */
static void add_pulse(struct mr_session *s, size_t at)
{
	struct mr_op *op = add(s, MR_OP_PULSE, at);
	float *list;
	uint32_t *list_counts;

	op->pulse = (struct mr_pulse_op){.unit = MR_UNIT_AMPERE,
	                                 .amplitude = 9.03e-5,
	                                 .width_s = 5.02e-8,
	                                 .count = at == 0 ? 3 : 0};
	if (at == 1 || at == 3) {
		list = floats(s, counts[at]);
		for (size_t i = 0; i < counts[at]; i++)
			list[i] = 8.95e-5f + 3e-7f * (float)(i % 3);
		op->pulse.amplitudes = list;
	}
	if (at == 2 || at == 3) {
		list = floats(s, counts[at]);
		for (size_t i = 0; i < counts[at]; i++)
			list[i] = 4.97e-8f + 2e-10f * (float)(i % 3);
		op->pulse.widths_s = list;
		op->pulse.t_rise_s = 2.385e-9;
		op->pulse.t_fall_s = 3.1e-9;
	}
	if (at == 3) {
		list_counts = words(s, counts[at]);
		for (size_t i = 0; i < counts[at]; i++)
			list_counts[i] = (uint32_t)(i % 4);
		op->pulse.counts = list_counts;
	}
	op->pulse.status = at % 2 ? NULL : bytes(s, counts[at]);
}

static void add_read(struct mr_session *s, size_t at)
{
	struct mr_op *op = add(s, MR_OP_READ, at);
	size_t n = counts[at];

	op->read.g_S = floats(s, n);
	if (at > 0) {
		op->read.v_read_V = 0.1385;
		op->read.v_V = floats(s, n);
	}
	if (at > 1) {
		op->read.t_int_s = 2.385e-6;
		op->read.averages = 3;
		op->read.i_A = floats(s, n);
	}
	if (at > 2 || at == 0)
		op->read.status = bytes(s, n);
}

static void add_trace(struct mr_session *s, size_t at)
{
	struct mr_op *op = add(s, MR_OP_TRACE, at);
	bool masked = at == 1 || at == 3;
	size_t n = counts[at] * (masked ? 2 : LEVELS);
	float *level = floats(s, LEVELS);
	double *hold_s = doubles(s, LEVELS);
	uint8_t *sample = bytes(s, LEVELS);

	for (size_t k = 0; k < LEVELS; k++) {
		level[k] = 0.07f * (float)k - 0.11f;
		hold_s[k] = 2.385e-4 * (double)(k + 1);
		sample[k] = k % 2 ? (uint8_t)(3 * k) : 0;
	}
	op->trace = (struct mr_trace_op){.n_levels = LEVELS,
	                                 .level = level,
	                                 .hold_s = hold_s,
	                                 .sample = masked ? sample : NULL,
	                                 .i_A = floats(s, n)};
	op->trace.v_V = at == 1 || at == 2 ? floats(s, n) : NULL;
	op->trace.t_s = at > 0 ? doubles(s, n) : NULL;
	op->trace.status = at % 2 ? NULL : bytes(s, n);
}

/* A budget of 2 is too small: some do not converge. */
static void add_program(struct mr_session *s, size_t at)
{
	struct mr_op *op = add(s, MR_OP_PROGRAM, at);
	size_t n = counts[at];
	float *target_S = floats(s, n);

	if (at == 3) /* no cell twice */
		op->where.n_cells = (uint32_t)(n = 3);
	for (size_t i = 0; i < n; i++)
		target_S[i] = 3.1e-6f + 2.385e-7f * (float)i;
	op->program = (struct mr_program_op){.target = 4.77e-6,
	                                     .tolerance_S = 4e-7,
	                                     .budget = at == 0 ? 2 : 40,
	                                     .averages = (uint32_t)at};
	if (at % 2) {
		op->program.target = 0;
		op->program.target_S = target_S;
	}
	op->program.g_S = at > 0 ? floats(s, n) : NULL;
	op->program.pulses = at > 1 ? words(s, n) : NULL;
	op->program.status = at == 0 || at == 3 ? bytes(s, n) : NULL;
}

/* at 0: dense. 1: few values, so that they are kept sparse. 2: one value, so
 * that they are kept as bits. */
static void add_drive(struct mr_session *s, size_t at, enum mr_axis axis)
{
	struct mr_op *op = add(s, MR_OP_DRIVE, at);
	bool by_rows = axis == MR_AXIS_ROWS;
	size_t n_in = VECTORS * (by_rows ? row_counts[at] : col_counts[at]);
	size_t n_out = VECTORS * (by_rows ? col_counts[at] : row_counts[at]);
	float *v_V = floats(s, n_in);

	for (size_t i = 0; i < n_in; i++) {
		v_V[i] = 0.011f * (float)(i + 1);
		if (at == 1)
			v_V[i] = i == 1 ? 0.2385f : i == n_in - 1 ? -0.0f : 0;
		if (at == 2)
			v_V[i] = i % 3 == 1 ? 0 : 0.2385f;
	}
	op->drive = (struct mr_drive_op){.axis = axis,
	                                 .batch = VECTORS,
	                                 .v_V = v_V,
	                                 .i_A = floats(s, n_out)};
	if (at > 0)
		op->drive.period_s = 2.385e-3;
	if (at > 1)
		op->drive.duration_s = 1.7e-6;
	if (by_rows)
		op->drive.status = bytes(s, n_out);
}

static void add_configure(struct mr_session *s, const char *value)
{
	struct mr_op *op = add(s, MR_OP_CONFIGURE, 0);

	op->configure.name = "read_range";
	op->configure.value = value;
}

static void add_wait(struct mr_session *s, double duration_s)
{
	add(s, MR_OP_WAIT, 0)->wait.duration_s = duration_s;
}

void mr_session_fill(struct mr_session *s)
{
	memset(s, 0, sizeof *s);
	for (size_t at = 0; at < 4; at++)
		add_pulse(s, at);
	add_wait(s, 2.385);
	add_configure(s, "9e-07"); /* small: some results are over range */
	for (size_t at = 0; at < 4; at++)
		add_read(s, at);
	for (size_t at = 0; at < 3; at++)
		add_drive(s, at, MR_AXIS_ROWS);
	add_configure(s, "2.385e-05");
	for (size_t at = 0; at < 3; at++)
		add_drive(s, at, MR_AXIS_COLS);
	for (size_t at = 0; at < 4; at++)
		add_trace(s, at);
	for (size_t at = 0; at < 4; at++)
		add_program(s, at);
	add_wait(s, 0);
}

struct mr_session *mr_session_alloc(void)
{
	struct mr_session *session = malloc(sizeof *session);

	CU_ASSERT_FATAL(session != NULL);
	mr_session_fill(session);
	return session;
}

/* ---- files --------------------------------------------------------------- */

const char *mr_session_path(char *out, const char *name)
{
	static const char *const tails[] = {"", "-wal", "-shm", "-journal"};
	char path[MR_TEST_PATH_MAX + 16];

	mr_test_path(out, name);
	for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
		(void)snprintf(path, sizeof path, "%s%s", out, tails[i]);
		(void)remove(path);
	}
	return out;
}

bool mr_session_same_bits(const void *a, const void *b, size_t size)
{
	return memcmp(a, b, size) == 0;
}

void mr_session_sql(const char *path, const char *text)
{
	sqlite3 *db = NULL;

	CU_ASSERT_EQUAL(sqlite3_open(path, &db), SQLITE_OK);
	/* refused by a file that is no log */
	(void)sqlite3_exec(db, MR_OPEDIT_SQL, NULL, NULL, NULL);
	CU_ASSERT_EQUAL(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
}

struct mr_oplog *mr_session_start(const char *path, struct mr_array *array,
                                  const struct mr_oplog_options *options)
{
	struct mr_errtext err = {""};
	struct mr_oplog *log = NULL;

	MR_CODE_ERR(mr_oplog_start(path, array, options, &log, &err), MR_OK,
	            err);
	CU_ASSERT_FATAL(log != NULL);
	return log;
}

void mr_session_finish(struct mr_oplog *log, struct mr_array *array)
{
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_oplog_finish(log, &err), MR_OK, err);
	MR_CODE_ERR(mr_array_close(array, &err), MR_OK, err);
}

/* ---- running ------------------------------------------------------------- */

size_t mr_session_try(struct mr_session *s, struct mr_array *array, int *code)
{
	size_t done = 0;

	*code = MR_OK;
	while (done < s->n && *code == MR_OK) {
		*code = mr_array_submit(array, &s->ops[done], 1, NULL, NULL);
		done += *code == MR_OK;
	}
	return done;
}

void mr_session_run(struct mr_session *s, struct mr_array *array)
{
	struct mr_errtext err;
	int code;
	size_t done = mr_session_try(s, array, &code);

	(void)snprintf(err.text, sizeof err.text, "%s", mr_array_errmsg(array));
	MR_CODE_ERR(code, MR_OK, err);
	CU_ASSERT_EQUAL(done, s->n);
}

struct mr_array *mr_session_open(const char *uri)
{
	struct mr_errtext err = {""};
	struct mr_array *array = NULL;

	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), MR_OK, err);
	CU_ASSERT_FATAL(array != NULL);
	return array;
}

void mr_session_record(struct mr_session *s, const char *path,
                       const struct mr_oplog_options *options)
{
	struct mr_array *array = mr_session_open(MR_SESSION_URI);
	struct mr_oplog *log = mr_session_start(path, array, options);

	mr_session_fill(s);
	mr_session_run(s, array);
	mr_session_finish(log, array);
}

/* ---- comparing ----------------------------------------------------------- */

struct pair {
	const struct mr_op *want;
	const struct mr_op *got;
	const struct mr_description *desc;
	bool values;
	size_t at; /* operation, for messages */
};

static void agree(const struct pair *p, bool same, const char *what)
{
	char text[96];

	(void)snprintf(text, sizeof text, "operation number %zu (%s): %s differs",
	               p->at, mr_op_kind_name(p->want->kind), what);
	CU_assertImplementation(same, __LINE__, text, __FILE__, "", CU_FALSE);
}

static void bits(const struct pair *p, const void *want, const void *got,
                 size_t size, const char *what)
{
	if (!want || !p->values)
		agree(p, !got, what);
	else
		agree(p, got && memcmp(want, got, size) == 0, what);
}

/* Status bits that are all zero need not be kept. */
static void status(const struct pair *p, const uint8_t *want,
                   const uint8_t *got, size_t n)
{
	uint8_t any = 0;

	for (size_t i = 0; want && i < n; i++)
		any |= want[i];
	if (want && !any && !got)
		agree(p, true, "status");
	else
		bits(p, want, got, n, "status");
}

static void cells(const struct pair *p)
{
	const struct mr_selection *a = &p->want->where;
	const struct mr_selection *b = &p->got->where;
	size_t n = (size_t)mr_selection_count(a, p->desc);

	agree(p, a->kind == b->kind, "kind of selection");
	agree(p, n == mr_selection_count(b, p->desc), "number of cells");
	if (a->kind != b->kind || n != mr_selection_count(b, p->desc))
		return;
	for (size_t i = 0; i < n; i++)
		agree(p,
		      mr_selection_cell(a, p->desc, i) ==
		              mr_selection_cell(b, p->desc, i),
		      "a cell");
}

static void reads(const struct pair *p, size_t n)
{
	const struct mr_read_op *a = &p->want->read, *b = &p->got->read;

	agree(p, a->v_read_V == b->v_read_V, "v_read_V");
	agree(p, a->t_int_s == b->t_int_s, "t_int_s");
	agree(p, a->averages == b->averages, "averages");
	bits(p, a->g_S, b->g_S, n * sizeof(float), "g_S");
	bits(p, a->v_V, b->v_V, n * sizeof(float), "v_V");
	bits(p, a->i_A, b->i_A, n * sizeof(float), "i_A");
	status(p, a->status, b->status, n);
}

static void pulses(const struct pair *p, size_t n)
{
	const struct mr_pulse_op *a = &p->want->pulse, *b = &p->got->pulse;

	agree(p, a->unit == b->unit, "unit");
	agree(p, a->amplitudes || a->amplitude == b->amplitude, "amplitude");
	agree(p, a->widths_s || a->width_s == b->width_s, "width_s");
	agree(p, a->counts || a->count == b->count, "count");
	agree(p, a->t_rise_s == b->t_rise_s, "t_rise_s");
	agree(p, a->t_fall_s == b->t_fall_s, "t_fall_s");
	agree(p, a->compliance == b->compliance, "compliance");
	bits(p, a->amplitudes, b->amplitudes, n * sizeof(float), "amplitudes");
	bits(p, a->widths_s, b->widths_s, n * sizeof(float), "widths_s");
	bits(p, a->counts, b->counts, n * sizeof(uint32_t), "counts");
	status(p, a->status, b->status, n);
}

static void traces(const struct pair *p, size_t n_cells)
{
	const struct mr_trace_op *a = &p->want->trace, *b = &p->got->trace;
	size_t n = n_cells * mr_trace_samples(a);

	agree(p, a->unit == b->unit, "unit");
	agree(p, a->n_levels == b->n_levels, "n_levels");
	agree(p, a->compliance == b->compliance, "compliance");
	bits(p, a->level, b->level, a->n_levels * sizeof(float), "level");
	bits(p, a->hold_s, b->hold_s, a->n_levels * sizeof(double), "hold_s");
	bits(p, a->sample, b->sample, a->n_levels, "sample");
	bits(p, a->i_A, b->i_A, n * sizeof(float), "i_A");
	bits(p, a->v_V, b->v_V, n * sizeof(float), "v_V");
	bits(p, a->t_s, b->t_s, n * sizeof(double), "t_s");
	status(p, a->status, b->status, n);
}

static void programs(const struct pair *p, size_t n)
{
	const struct mr_program_op *a = &p->want->program;
	const struct mr_program_op *b = &p->got->program;

	agree(p, a->target_S || a->target == b->target, "target");
	agree(p, a->tolerance_S == b->tolerance_S, "tolerance_S");
	agree(p, a->budget == b->budget, "budget");
	agree(p, a->averages == b->averages, "averages");
	bits(p, a->target_S, b->target_S, n * sizeof(float), "target_S");
	bits(p, a->g_S, b->g_S, n * sizeof(float), "g_S");
	bits(p, a->pulses, b->pulses, n * sizeof(uint32_t), "pulses");
	status(p, a->status, b->status, n);
}

static void drives(const struct pair *p)
{
	const struct mr_drive_op *a = &p->want->drive, *b = &p->got->drive;
	bool by_rows = a->axis == MR_AXIS_ROWS;
	uint32_t n_rows = 0, n_cols = 0;

	(void)mr_selection_lines(&p->want->where, p->desc, &n_rows, &n_cols);
	size_t n_in = (size_t)a->batch * (by_rows ? n_rows : n_cols);
	size_t n_out = (size_t)a->batch * (by_rows ? n_cols : n_rows);

	agree(p, a->axis == b->axis, "axis");
	agree(p, a->batch == b->batch, "batch");
	agree(p, a->duration_s == b->duration_s, "duration_s");
	agree(p, a->period_s == b->period_s, "period_s");
	bits(p, a->v_V, b->v_V, n_in * sizeof(float), "v_V");
	bits(p, a->i_A, b->i_A, n_out * sizeof(float), "i_A");
	status(p, a->status, b->status, n_out);
}

static void outcomes(const struct pair *p)
{
	const struct mr_outcome *a = &p->want->outcome, *b = &p->got->outcome;

	agree(p, a->error == b->error, "error");
	agree(p, a->status == b->status, "outcome's status");
	agree(p, a->n_effect == b->n_effect, "n_effect");
	agree(p, a->t_begin_ns == b->t_begin_ns, "t_begin_ns");
	agree(p, a->t_end_ns == b->t_end_ns, "t_end_ns");
}

static void parameters(const struct pair *p)
{
	const struct mr_op *a = p->want, *b = p->got;
	size_t n = (size_t)mr_op_elements(a, p->desc);

	switch (a->kind) {
	case MR_OP_READ:
		reads(p, n);
		break;
	case MR_OP_PULSE:
		pulses(p, n);
		break;
	case MR_OP_TRACE:
		traces(p, n);
		break;
	case MR_OP_PROGRAM:
		programs(p, n);
		break;
	case MR_OP_DRIVE:
		drives(p);
		break;
	case MR_OP_WAIT:
		agree(p, a->wait.duration_s == b->wait.duration_s,
		      "duration_s");
		break;
	case MR_OP_CONFIGURE:
		agree(p, strcmp(a->configure.name, b->configure.name) == 0,
		      "name");
		agree(p, strcmp(a->configure.value, b->configure.value) == 0,
		      "value");
		break;
	}
}

void mr_op_same(const struct mr_op *want, const struct mr_op *got,
                const struct mr_description *desc, bool values, size_t at)
{
	struct pair p = {want, got, desc, values, at};

	agree(&p, want->kind == got->kind, "kind");
	if (want->kind != got->kind)
		return;
	outcomes(&p);
	if (want->kind != MR_OP_WAIT && want->kind != MR_OP_CONFIGURE)
		cells(&p);
	parameters(&p);
}

void mr_session_same(const struct mr_session *want,
                     const struct mr_session *got)
{
	struct mr_description desc = {.rows = 5, .cols = 7};

	CU_ASSERT_EQUAL(want->n, got->n);
	for (size_t i = 0; i < want->n && i < got->n; i++)
		mr_op_same(&want->ops[i], &got->ops[i], &desc, true, i + 1);
}

/* ---- comparing logs ------------------------------------------------------ */

static sqlite3_stmt *all_of(sqlite3 **db, const char *path, const char *text)
{
	sqlite3_stmt *rows = NULL;

	CU_ASSERT_EQUAL(sqlite3_open(path, db), SQLITE_OK);
	CU_ASSERT_EQUAL(sqlite3_prepare_v2(*db, text, -1, &rows, NULL),
	                SQLITE_OK);
	return rows;
}

static bool same_value(sqlite3_stmt *a, sqlite3_stmt *b, int at)
{
	int size = sqlite3_column_bytes(a, at);

	if (strncmp(sqlite3_column_name(a, at), "wall_", 5) == 0)
		return true;
	if (sqlite3_column_type(a, at) != sqlite3_column_type(b, at) ||
	    size != sqlite3_column_bytes(b, at))
		return false;
	return size == 0 || memcmp(sqlite3_column_blob(a, at),
	                           sqlite3_column_blob(b, at),
	                           (size_t)size) == 0;
}

int mr_session_same_rows(const char *path_a, const char *path_b,
                         const char *text)
{
	sqlite3 *db_a, *db_b;
	sqlite3_stmt *a = all_of(&db_a, path_a, text);
	sqlite3_stmt *b = all_of(&db_b, path_b, text);
	int n = 0;

	while (sqlite3_step(a) == SQLITE_ROW) {
		CU_ASSERT_EQUAL(sqlite3_step(b), SQLITE_ROW);
		for (int i = 0; i < sqlite3_column_count(a); i++)
			if (!same_value(a, b, i))
				MR_HAS(sqlite3_column_name(a, i), "the same");
		n++;
	}
	CU_ASSERT_EQUAL(sqlite3_step(b), SQLITE_DONE);
	(void)sqlite3_finalize(a);
	(void)sqlite3_finalize(b);
	(void)sqlite3_close(db_a);
	(void)sqlite3_close(db_b);
	return n;
}
