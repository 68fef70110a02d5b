/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The wire of a board in an op log, and played back to its driver. */
#include <stdio.h>
#include <string.h>

#include "driver/database.h"
#include "driver/transports.h"
#include "memrig/memrig.h"

#include "test.h"

#define CELLS 6
#define ARC1_KEYS "rows=2&cols=3&device=ideal"
#define ARC1 "arc1+loop:ideal?emu.rows=2&emu.cols=3&" ARC1_KEYS
#define SCPI "scpi+loop:ideal?emu.rows=2&emu.cols=3"

struct results {
	float before_S[CELLS];
	float after_S[CELLS];
	int64_t t_ns;
};

static struct mr_array *open_kept(const char *uri, bool keep)
{
	const struct mr_open_options options = {.keep_wire = keep};
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_array_open(uri, &options, &array, &err), MR_OK, err);
	CU_ASSERT_FATAL(array != NULL);
	return array;
}

/* A read, a pulse, a read. The ideal cell's SET is a step of its own. */
static int work(struct mr_array *array, struct results *r)
{
	uint32_t list[] = {4, 1};
	const struct mr_selection two = {.kind = MR_SELECT_LIST,
	                                 .cells = list,
	                                 .n_cells = 2};
	int rc = mr_array_read(array, NULL, r->before_S);

	if (!rc)
		rc = mr_array_pulse(array, &two, "set", 2);
	if (!rc)
		rc = mr_array_read(array, NULL, r->after_S);
	r->t_ns = mr_array_time_ns(array);
	return rc;
}

static struct mr_oplog *log_wire(struct mr_array *array, const char *path)
{
	const struct mr_oplog_options options = {.wire = true};
	struct mr_oplog *log = NULL;
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_oplog_start(path, array, &options, &log, &err), MR_OK,
	            err);
	return log;
}

/* A fresh log whose only run begins with the opening. */
static void record(const char *uri, const char *path, struct results *r)
{
	struct mr_array *array;
	struct mr_oplog *log;

	(void)remove(path);
	array = open_kept(uri, true);
	log = log_wire(array, path);
	MR_CODE(work(array, r), MR_OK);
	MR_CODE(mr_oplog_finish(log, NULL), MR_OK);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void trace_uri(char *out, size_t room, const char *driver,
                      const char *path, const char *keys)
{
	(void)snprintf(out, room, "%s+trace:%s?%s", driver, path, keys);
}

static void played(const char *uri, struct results *r, int expected)
{
	struct mr_array *array = open_kept(uri, false);

	MR_CODE(work(array, r), expected);
	(void)mr_array_close(array, NULL);
}

static void recorded_session_is_played_back(void)
{
	const struct {
		const char *uri, *driver, *keys;
	} boards[] = {{ARC1, "arc1", ARC1_KEYS}, {SCPI, "scpi", ""}};
	char path[MR_TEST_PATH_MAX], uri[MR_TEST_PATH_MAX + 80];

	mr_test_path(path, "wire.db");
	for (size_t k = 0; k < 2; k++) {
		struct results then = {.t_ns = 1}, now = {.t_ns = 2};

		record(boards[k].uri, path, &then);
		trace_uri(uri, sizeof uri, boards[k].driver, path,
		          boards[k].keys);
		played(uri, &now, MR_OK);
		CU_ASSERT(memcmp(now.before_S, then.before_S,
		                 sizeof now.before_S) == 0);
		CU_ASSERT(memcmp(now.after_S, then.after_S,
		                 sizeof now.after_S) == 0);
		CU_ASSERT_EQUAL(now.t_ns, then.t_ns);
		CU_ASSERT(then.after_S[1] > then.before_S[1]);
	}
}

static void other_bytes_and_the_end_are_told(void)
{
	char path[MR_TEST_PATH_MAX], uri[MR_TEST_PATH_MAX + 80];
	struct results r;
	struct mr_array *array;

	mr_test_path(path, "wire.db");
	record(ARC1, path, &r);
	trace_uri(uri, sizeof uri, "arc1", path, ARC1_KEYS);
	array = open_kept(uri, false);
	MR_CODE(mr_array_pulse(array, NULL, "set", 1), MR_ERR_MISMATCH);
	MR_HAS(mr_array_errmsg(array), "another than was recorded");
	MR_HAS(mr_array_errmsg(array), "near operation 1");
	(void)mr_array_close(array, NULL);

	array = open_kept(uri, false);
	MR_CODE(work(array, &r), MR_OK);
	MR_CODE(mr_array_read(array, NULL, r.before_S), MR_ERR_TIMEOUT);
	MR_HAS(mr_array_errmsg(array), "recording has ended");
	(void)mr_array_close(array, NULL);
}

static void refused(const char *uri, int code, const char *words)
{
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};

	MR_CODE(mr_array_open(uri, NULL, &array, &err), code);
	MR_HAS(err.text, words);
}

static void recordings_that_cannot_be_played_are_refused(void)
{
	char path[MR_TEST_PATH_MAX], uri[MR_TEST_PATH_MAX + 80];
	struct mr_array *array = open_kept(ARC1, false);
	struct mr_oplog *log = NULL;
	struct results r;

	mr_test_path(path, "late.db");
	(void)remove(path);
	trace_uri(uri, sizeof uri, "arc1", path, ARC1_KEYS);
	refused(uri, MR_ERR_MISSING, "no such log");
	MR_CODE(mr_oplog_start(path, array, NULL, &log, NULL), MR_OK);
	MR_CODE(mr_oplog_finish(log, NULL), MR_OK);
	refused(uri, MR_ERR_MISSING, "--log-wire");
	log = log_wire(array, path);
	MR_CODE(work(array, &r), MR_OK);
	MR_CODE(mr_oplog_finish(log, NULL), MR_OK);
	refused(uri, MR_ERR_MISMATCH, "opened before");
	trace_uri(uri, sizeof uri, "arc1", path, ARC1_KEYS "&run=1");
	refused(uri, MR_ERR_MISSING, "--log-wire");
	trace_uri(uri, sizeof uri, "arc1", path, ARC1_KEYS "&run=7");
	refused(uri, MR_ERR_USAGE, "no run 7");
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void damaged_rows_are_told(void)
{
	char path[MR_TEST_PATH_MAX], uri[MR_TEST_PATH_MAX + 80];
	struct mr__db *db = NULL;
	struct results r;

	mr_test_path(path, "damaged.db");
	record(SCPI, path, &r);
	MR_CODE(mr__db_open(path, MR__DB_WRITE, &db, NULL), MR_OK);
	MR_CODE(mr__db_exec(db, "UPDATE wire SET what='heard' WHERE row=3"),
	        MR_OK);
	mr__db_close(db);
	trace_uri(uri, sizeof uri, "scpi", path, "");
	refused(uri, MR_ERR_FORMAT, "damaged");
}

static void emulators_have_no_wire(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array = open_kept("emu:ideal", true);
	const struct mr_oplog_options options = {.wire = true};
	struct mr_oplog *log = NULL;
	struct mr_errtext err = {""};

	mr_test_path(path, "none.db");
	MR_CODE(mr_array_watch_wire(array, NULL), MR_ERR_UNSUPPORTED);
	MR_CODE(mr_oplog_start(path, array, &options, &log, &err),
	        MR_ERR_UNSUPPORTED);
	MR_HAS(err.text, "no wire");
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void watch_from_inside(void *self, const struct mr_event *event)
{
	(void)event;
	MR_CODE(mr_array_watch_wire(self, NULL), MR_ERR_BUSY);
}

static void wire_is_not_changed_from_a_callback(void)
{
	struct mr_array *array = open_kept(SCPI, true);
	const struct mr_observer observer = {.self = array,
	                                     .end = watch_from_inside};
	float g_S[CELLS];

	MR_CODE(mr_array_observe(array, &observer), MR_OK);
	MR_CODE(mr_array_read(array, NULL, g_S), MR_OK);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* Memory for an opening has a bound; who comes too late is told. */
static void opening_that_is_too_long_is_given_up(void)
{
	static const char big[3 << 20];
	struct mr__wire_keep keep = {.on = true};
	const struct mr_wire_piece piece = {.what = MR_WIRE_SENT,
	                                    .data = big,
	                                    .size = sizeof big};

	mr__wire_keep_add(&keep, &piece);
	CU_ASSERT(!keep.lost);
	mr__wire_keep_add(&keep, &piece);
	CU_ASSERT(keep.lost);
	mr__wire_keep_free(&keep);
}

const struct mr_test mr_tests[] = {
	{"recorded_session_is_played_back", recorded_session_is_played_back},
	{"other_bytes_and_the_end_are_told", other_bytes_and_the_end_are_told},
	{"recordings_that_cannot_be_played_are_refused",
	 recordings_that_cannot_be_played_are_refused},
	{"damaged_rows_are_told", damaged_rows_are_told},
	{"emulators_have_no_wire", emulators_have_no_wire},
	{"wire_is_not_changed_from_a_callback",
	 wire_is_not_changed_from_a_callback},
	{"opening_that_is_too_long_is_given_up",
	 opening_that_is_too_long_is_given_up},
	{0},
};
