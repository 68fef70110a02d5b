/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A whole session with each kind of board, over the loop, with the plug pulled,
 * a byte lost, garbled, doubled or late at each byte of it, both ways. Whatever
 * happens: no hang, no crash, a failure that says so, and the handle closes.
 */
#include <stdio.h>
#include <string.h>

#include "memrig/memrig.h"

#include "test.h"

#define CELLS 6
#define BYTES_MAX 4000 /* more than a session has */

static const char *const boards[] = {
	"arc1+loop:ideal?rows=2&cols=3&emu.rows=2&emu.cols=3&device=ideal"
	"&board.line=ideal&answer_s=0.2",
	"arc1+loop:ideal?rows=2&cols=3&emu.rows=2&emu.cols=3&device=ideal"
	"&board.line=ideal&answer_s=0.2&trace=volatility",
	"scpi+loop:ideal?emu.rows=2&emu.cols=3&answer_s=0.2",
	"smu+loop:ideal?profile=2450&board.profile=2450&emu.rows=1&emu.cols=1"
	"&emu.width_set_s=0.05&device=ideal&device.width_set_s=0.05"
	"&answer_s=0.2",
	"smu+loop:ideal?profile=2600b&board.profile=2600b&emu.rows=1&emu.cols=1"
	"&emu.width_set_s=0.05&device=ideal&device.width_set_s=0.05"
	"&answer_s=0.2",
	"scpi+loop:ideal?emu.rows=2&emu.cols=3&answer_s=0.2&cobs=1",
};

static bool is_failure_of_a_link(int code)
{
	return code == MR_ERR_IO || code == MR_ERR_TIMEOUT ||
	       code == MR_ERR_OUTCOME || code == MR_ERR_FORMAT ||
	       code == MR_ERR_MISMATCH || code == MR_ERR_UNSUPPORTED ||
	       code == MR_ERR_RANGE || code == MR_ERR_REFUSED;
}

/* A sweep, which is a job of the ArC ONE; or the job that talks on the way. */
static int trace(struct mr_array *array, bool volatility)
{
	static const float up[] = {0.1f, 0.2f, 0.1f}, pulse[] = {1, 0.2f, 0.2f};
	static const double sweep_s[] = {2e-3, 2e-3, 2e-3};
	static const double pulse_s[] = {1e-6, 5e-4, 5e-4};
	static const uint8_t all[] = {1, 1, 1}, later[] = {0, 1, 1};
	uint32_t cell = 2;
	float i_A[3] = {0};
	struct mr_op op = {
		.kind = MR_OP_TRACE,
		.where = {.kind = MR_SELECT_LIST, .cells = &cell, .n_cells = 1},
		.trace = {.n_levels = 3,
	                  .level = volatility ? pulse : up,
	                  .hold_s = volatility ? pulse_s : sweep_s,
	                  .sample = volatility ? later : all,
	                  .i_A = i_A}};

	return mr_array_submit(array, &op, 1, NULL, NULL);
}

/* Everything a small run does; the first failure, or MR_OK. */
static int session(const char *uri, bool *opened)
{
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};
	float g_S[CELLS] = {0};
	uint32_t list[] = {4, 1};
	struct mr_selection two = {.kind = MR_SELECT_LIST,
	                           .cells = list,
	                           .n_cells = 2};
	int rc = mr_array_open(uri, NULL, &array, &err);

	*opened = rc == MR_OK;
	if (rc) {
		CU_ASSERT(strlen(err.text) > 0);
		return rc;
	}
	if (mr_array_describe(array)->rows == 1) { /* one cell */
		list[0] = 0;
		two.n_cells = 1;
	}
	rc = mr_array_read(array, NULL, g_S);
	if (!rc)
		rc = mr_array_pulse(array, &two, "set", 2);
	if (!rc)
		rc = mr_array_read(array, &two, g_S);
	if (!rc && strncmp(uri, "arc1", 4) == 0)
		rc = trace(array, strstr(uri, "trace=volatility") != NULL);
	if (!rc)
		rc = mr_array_wait(array, 1e-3);
	if (rc)
		CU_ASSERT(strlen(mr_array_errmsg(array)) > 0);
	(void)mr_array_close(array, &err);
	return rc;
}

/* Returns at how many bytes the session still noticed. */
static unsigned sweep(const char *board, const char *fault, const char *behind,
                      unsigned step)
{
	unsigned last = 0;

	/* it differs from another board in one job only: every third byte will do */
	if (strstr(board, "trace=volatility"))
		step *= 3;

	for (unsigned at = 0; at < BYTES_MAX; at += step) {
		char uri[300];
		bool opened;

		(void)snprintf(uri, sizeof uri, "%s&board.fault=%s:%u%s", board,
		               fault, at, behind);
		int rc = session(uri, &opened);

		if (rc) {
			CU_ASSERT(is_failure_of_a_link(rc));
			last = at;
		} else if (at > last + 400) {
			break; /* beyond the session's last byte */
		}
	}
	return last;
}

static void boards_work_without_faults(void)
{
	for (size_t i = 0; i < sizeof boards / sizeof boards[0]; i++) {
		bool opened;

		MR_CODE(session(boards[i], &opened), MR_OK);
	}
}

static void unplugged_at_every_byte_of_an_answer(void)
{
	for (size_t i = 0; i < sizeof boards / sizeof boards[0]; i++)
		CU_ASSERT(sweep(boards[i], "unplug", "", 1) > 20);
}

static void unplugged_at_every_byte_that_is_sent(void)
{
	for (size_t i = 0; i < sizeof boards / sizeof boards[0]; i++)
		CU_ASSERT(sweep(boards[i], "in-unplug", "", 1) > 50);
}

static void stalled_at_every_byte(void)
{
	for (size_t i = 0; i < sizeof boards / sizeof boards[0]; i++) {
		CU_ASSERT(sweep(boards[i], "stall", "", 1) > 20);
		CU_ASSERT(sweep(boards[i], "in-stall", "", 1) > 50);
	}
}

static void lost_or_doubled_at_every_byte(void)
{
	for (size_t i = 0; i < sizeof boards / sizeof boards[0]; i++) {
		CU_ASSERT(sweep(boards[i], "lost", "", 1) > 0);
		CU_ASSERT(sweep(boards[i], "in-lost", "", 1) > 0);
		(void)sweep(boards[i], "dup", "", 1);
		(void)sweep(boards[i], "in-dup", "", 1);
	}
}

static void garbled_or_late_at_every_byte(void)
{
	for (size_t i = 0; i < sizeof boards / sizeof boards[0]; i++) {
		(void)sweep(boards[i], "garble", "", 1);
		(void)sweep(boards[i], "in-garble", "", 1);
		CU_ASSERT(sweep(boards[i], "late", ":9", 1) > 20);
	}
}

const struct mr_test mr_tests[] = {
	{"boards_work_without_faults", boards_work_without_faults},
	{"unplugged_at_every_byte_of_an_answer",
	 unplugged_at_every_byte_of_an_answer},
	{"unplugged_at_every_byte_that_is_sent",
	 unplugged_at_every_byte_that_is_sent},
	{"stalled_at_every_byte", stalled_at_every_byte},
	{"lost_or_doubled_at_every_byte", lost_or_doubled_at_every_byte},
	{"garbled_or_late_at_every_byte", garbled_or_late_at_every_byte},
	{0},
};
