/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Cells that the guard marks bad: by what they read, or because pulses do not
 * move them. The stuck cell is one of the emulator's defects. */
#include <stdio.h>

#include "driver/database.h"
#include "memrig/memrig.h"

#include "test.h"

#define CELLS 6
#define STUCK 4 /* (1, 1); a set moves others by .05 uS, from 0 on */

static struct mr_array *open_with(const char *keys)
{
	char uri[500];
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};

	(void)snprintf(uri, sizeof uri, "emu:ideal?rows=2&cols=3&%s", keys);
	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), MR_OK, err);
	CU_ASSERT_FATAL(array != NULL);
	return array;
}

/* With a cell that nothing moves. */
static struct mr_array *open_defective(const char *keys)
{
	char path[MR_TEST_PATH_MAX], all[400];
	FILE *f = fopen(mr_test_path(path, "defects.csv"), "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	(void)fprintf(f, "1,1,stuck,3e-6\n");
	(void)fclose(f);
	(void)snprintf(all, sizeof all, "defects=%s%s", path, keys);
	return open_with(all);
}

static bool is_bad(const struct mr_array *array, uint32_t cell)
{
	struct mr_exposure e = {.bad = false};

	MR_CODE(mr_array_exposure(array, cell, &e), MR_OK);
	return e.bad;
}

static int pulse(struct mr_array *array, uint32_t cell, uint32_t count)
{
	const struct mr_selection one = {
		.kind = MR_SELECT_LIST, .cells = &cell, .n_cells = 1};

	return mr_array_pulse(array, &one, "set", count);
}

/* Reads all; the status bits of the operation. */
static uint32_t look(struct mr_array *array, uint8_t status[CELLS])
{
	float g_S[CELLS];
	struct mr_op op = {.kind = MR_OP_READ,
	                   .read = {.g_S = g_S, .status = status}};

	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
	return op.outcome.status;
}

static void wild_readings_are_marked(void)
{
	struct mr_array *array = open_with("guard.g_hi_S=1e-6");
	uint8_t status[CELLS] = {0};

	MR_CODE(pulse(array, 2, 15), MR_OK);
	CU_ASSERT_EQUAL(look(array, status) & MR_STATUS_SUSPECT, 0);
	MR_CODE(pulse(array, 2, 15), MR_OK); /* 1.5 uS */
	CU_ASSERT(look(array, status) & MR_STATUS_SUSPECT);
	for (uint32_t cell = 0; cell < CELLS; cell++) {
		CU_ASSERT_EQUAL((status[cell] & MR_STATUS_SUSPECT) != 0, cell == 2);
		CU_ASSERT_EQUAL(is_bad(array, cell), cell == 2);
	}
	/* marked only: it may be pulsed, and its status says so */
	MR_CODE(pulse(array, 2, 1), MR_OK);
	CU_ASSERT(look(array, NULL) & MR_STATUS_SUSPECT);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void low_readings_are_marked(void)
{
	struct mr_array *array = open_with("guard.g_lo_S=0.02e-6");

	for (uint32_t cell = 1; cell < CELLS; cell++)
		MR_CODE(pulse(array, cell, 1), MR_OK);
	CU_ASSERT(look(array, NULL) & MR_STATUS_SUSPECT);
	CU_ASSERT(is_bad(array, 0) && !is_bad(array, 1));
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void cells_that_pulses_do_not_move_are_marked(void)
{
	struct mr_array *array =
		open_defective("&guard.stuck=4&guard.bad=refuse");
	struct mr_errtext err = {""};

	(void)look(array, NULL);
	for (uint32_t cell = 3; cell < CELLS; cell++)
		MR_CODE(pulse(array, cell, 3), MR_OK);
	CU_ASSERT_EQUAL(look(array, NULL), 0);
	/* the fourth, over a read in between */
	for (uint32_t cell = 3; cell < CELLS; cell++)
		MR_CODE(pulse(array, cell, 1), MR_OK);
	CU_ASSERT(look(array, NULL) & MR_STATUS_SUSPECT);
	CU_ASSERT(is_bad(array, STUCK) && !is_bad(array, 3) && !is_bad(array, 5));
	MR_CODE(pulse(array, STUCK, 1), MR_ERR_REFUSED);
	MR_HAS(mr_array_errmsg(array), "cell (1, 1) is marked bad");
	MR_HAS(mr_array_errmsg(array), "not moved");
	MR_CODE(pulse(array, 3, 1), MR_OK);
	MR_CODE_ERR(mr_array_close(array, &err), MR_OK, err);
}

/* In a log that an earlier version began, without a column for marks. */
static void log_holds_the_marks(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array = open_with("guard.g_lo_S=0.02e-6");
	struct mr_oplog *log = NULL;
	struct mr__db *db = NULL;
	int64_t n = 0;

	(void)remove(mr_test_path(path, "marks.db"));
	MR_CODE(mr_oplog_start(path, array, NULL, &log, NULL), MR_OK);
	MR_CODE(mr_oplog_finish(log, NULL), MR_OK);
	MR_CODE(mr__db_open(path, MR__DB_WRITE, &db, NULL), MR_OK);
	MR_CODE(mr__db_exec(db, "CREATE TABLE exposure (run INTEGER, row INTEGER, "
	                        "col INTEGER, pulses INTEGER, half_selected "
	                        "INTEGER, PRIMARY KEY (run, row, col)) "
	                        "WITHOUT ROWID"),
	        MR_OK);
	mr__db_close(db);
	MR_CODE(mr_oplog_start(path, array, NULL, &log, NULL), MR_OK);
	for (uint32_t cell = 0; cell < CELLS; cell++)
		if (cell != 4)
			MR_CODE(pulse(array, cell, 1), MR_OK);
	(void)look(array, NULL);
	MR_CODE(mr_oplog_finish(log, NULL), MR_OK);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	MR_CODE(mr__db_open(path, MR__DB_READ, &db, NULL), MR_OK);
	MR_CODE(mr__db_number(db, "SELECT count(*) FROM exposure WHERE bad", &n),
	        MR_OK);
	CU_ASSERT_EQUAL(n, 1);
	MR_CODE(mr__db_number(db, "SELECT row * 3 + col FROM exposure WHERE bad",
	                      &n),
	        MR_OK);
	CU_ASSERT_EQUAL(n, 4);
	mr__db_close(db);
}

/* What moves by less than is asked for, does not move. */
static void least_movement_is_a_key(void)
{
	struct mr_array *array = open_with("guard.stuck=1&guard.moved_S=0.6e-6"
	                                   "&guard.bad=refuse");

	(void)look(array, NULL);
	MR_CODE(pulse(array, 0, 15), MR_OK); /* .75 uS */
	MR_CODE(pulse(array, 1, 10), MR_OK); /* .5 uS */
	(void)look(array, NULL);
	CU_ASSERT(!is_bad(array, 0) && is_bad(array, 1));
	MR_CODE(pulse(array, 1, 1), MR_ERR_REFUSED);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void keys_must_make_sense(void)
{
	static const struct {
		const char *keys;
		const char *text;
	} bad[] = {
		{"guard.bad=refuse", "guard.stuck"},
		{"guard.bad=ignore&guard.stuck=2", "mark"},
		{"guard.g_lo_S=2e-6&guard.g_hi_S=1e-6", "greater"},
		{"guard.stuck=0", "guard.stuck"},
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct mr_array *array;
		struct mr_errtext err = {""};
		char uri[120];

		(void)snprintf(uri, sizeof uri, "emu:ideal?rows=2&cols=3&%s",
		               bad[i].keys);
		int rc = mr_array_open(uri, NULL, &array, &err);

		CU_ASSERT(rc == MR_ERR_USAGE || rc == MR_ERR_RANGE);
		MR_HAS(err.text, bad[i].text);
	}
}

static void nothing_is_marked_unasked(void)
{
	struct mr_array *array = open_defective("");
	struct mr_exposure e;

	for (int i = 0; i < 9; i++) {
		MR_CODE(pulse(array, STUCK, 9), MR_OK);
		CU_ASSERT_EQUAL(look(array, NULL) & MR_STATUS_SUSPECT, 0);
	}
	MR_CODE(mr_array_exposure(array, STUCK, &e), MR_ERR_UNSUPPORTED);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

const struct mr_test mr_tests[] = {
	{"wild_readings_are_marked", wild_readings_are_marked},
	{"low_readings_are_marked", low_readings_are_marked},
	{"cells_that_pulses_do_not_move_are_marked",
	 cells_that_pulses_do_not_move_are_marked},
	{"log_holds_the_marks", log_holds_the_marks},
	{"least_movement_is_a_key", least_movement_is_a_key},
	{"keys_must_make_sense", keys_must_make_sense},
	{"nothing_is_marked_unasked", nothing_is_marked_unasked},
	{0},
};
