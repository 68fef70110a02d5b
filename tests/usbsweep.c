/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "usbsweep.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "memrig/memrig.h"

#include "test.h"

#define CELLS 6
#define HANGS_S 60   /* SIGALRM ends the program */
#define LONGEST_S 15 /* the recoveries of one harm, with their bounds added up */

static bool is_failure_of_a_link(int code)
{
	return code == MR_ERR_IO || code == MR_ERR_TIMEOUT ||
	       code == MR_ERR_OUTCOME || code == MR_ERR_FORMAT ||
	       code == MR_ERR_MISMATCH || code == MR_ERR_UNSUPPORTED ||
	       code == MR_ERR_RANGE || code == MR_ERR_REFUSED ||
	       code == MR_ERR_MISSING;
}

static int drive(struct mr_array *array)
{
	const float v_V[2] = {0.1f, 0.05f};
	float i_A[3];
	struct mr_op op = {
		.kind = MR_OP_DRIVE,
		.drive = {.batch = 1, .v_V = v_V, .i_A = i_A}};

	return mr_array_submit(array, &op, 1, NULL, NULL);
}

/* Stopped before its first byte: the board is told to be safe all the same. */
static int stop(struct mr_array *array)
{
	float g_S[CELLS];
	int rc;

	mr_array_stop(array);
	rc = mr_array_read(array, NULL, g_S);
	mr_array_resume(array);
	return rc == MR_ERR_STOPPED ? MR_OK : rc ? rc : MR_ERR_FORMAT;
}

static int work(struct mr_array *array)
{
	static const uint32_t list[] = {4, 1};
	const struct mr_selection two = {
		.kind = MR_SELECT_LIST, .cells = list, .n_cells = 2};
	float g_S[CELLS];
	int rc = mr_array_read(array, NULL, g_S);

	if (!rc)
		rc = mr_array_pulse(array, &two, "set", 2);
	if (!rc)
		rc = mr_array_read(array, &two, g_S);
	if (!rc)
		rc = drive(array);
	if (!rc)
		rc = stop(array);
	return rc;
}

/* A garbled description: what it does not offer is refused, and nothing begins. */
static bool is_refused_unbegun(int rc)
{
	return rc == MR_ERR_UNSUPPORTED || rc == MR_ERR_RANGE ||
	       rc == MR_ERR_USAGE;
}

/* Each operation was ended, and what failed says so. */
static void check_log(const char *path, int rc)
{
	struct mr_oplog_reader *reader = NULL;
	struct mr_oplog_record op;
	struct mr_errtext err = {""};
	int64_t first, last;
	int failed = MR_OK;
	bool more = true;

	MR_CODE_ERR(mr_oplog_open(path, &reader, &err), MR_OK, err);
	if (!reader)
		return;
	MR_CODE(mr_oplog_runs(reader, &first, &last), MR_OK);
	MR_CODE(mr_oplog_rewind(reader, last), MR_OK);
	while (mr_oplog_next(reader, &op, &more) == MR_OK && more) {
		CU_ASSERT(op.ended);
		CU_ASSERT((op.errtext[0] != '\0') == (op.op.outcome.error != MR_OK));
		if (op.op.outcome.error != MR_ERR_STOPPED && op.op.outcome.error)
			failed = op.op.outcome.error;
	}
	CU_ASSERT(!more);
	CU_ASSERT(failed == rc || (!failed && is_refused_unbegun(rc)));
	mr_oplog_close(reader);
}

static int session(const char *uri)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array = NULL;
	struct mr_oplog *log = NULL;
	struct mr_errtext err = {""};
	int rc = mr_array_open(uri, NULL, &array, &err);

	if (rc) {
		CU_ASSERT(strlen(err.text) > 0);
		return rc;
	}
	(void)mr_test_path(path, "usb.memrig");
	(void)unlink(path);
	MR_CODE_ERR(mr_oplog_start(path, array, NULL, &log, &err), MR_OK, err);
	rc = work(array);
	if (rc)
		CU_ASSERT(strlen(mr_array_errmsg(array)) > 0);
	MR_CODE_ERR(mr_oplog_finish(log, &err), MR_OK, err);
	(void)mr_array_close(array, &err);
	check_log(path, rc);
	return rc;
}

unsigned mr_usb_sweep(enum usb_kind kind, enum mockusb_harm harm, unsigned first,
                      unsigned step)
{
	const char *uri = kind == USB_KIND_TMC
	                          ? "scpi+usbtmc:1209:0001?answer_s=0.2"
	                          : "scpi+usb:1209:0002?answer_s=0.2";
	struct mr_clock clock;
	unsigned noticed = 0, n = first + 1;
	int64_t longest_ns = 0;
	unsigned sessions = 0;

	mr_clock_system(&clock);
	for (unsigned at = first; at < n; at += step) {
		struct mockusb *m = mockusb_plug(kind, "scpi",
		                                 "emu:ideal?rows=2&cols=3");
		int64_t begin_ns = clock.monotonic_ns(clock.self);

		mockusb_harm(m, harm, at);
		(void)alarm(HANGS_S);
		int rc = session(uri);

		(void)alarm(0);
		int64_t took_ns = clock.monotonic_ns(clock.self) - begin_ns;

		CU_ASSERT(rc == MR_OK || is_failure_of_a_link(rc));
		CU_ASSERT(took_ns < LONGEST_S * INT64_C(1000000000));
		CU_ASSERT(mockusb_is_safe(m));
		noticed += rc != MR_OK;
		n = harm == MOCKUSB_GARBLE ? mockusb_bytes(m)
		                           : mockusb_transfers(m);
		if (rc) /* it may have ended early */
			n = at + step + 1;
		longest_ns = took_ns > longest_ns ? took_ns : longest_ns;
		sessions++;
		mockusb_free(m);
	}
	printf("# %s, harm %d: %u sessions, %u failed, the longest took %.2f s\n",
	       kind == USB_KIND_TMC ? "usbtmc" : "bulk", harm, sessions, noticed,
	       (double)longest_ns * 1e-9);
	return noticed;
}
