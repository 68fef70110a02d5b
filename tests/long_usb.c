/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * FSTDP in full on the virtual board of the open protocol over USBTMC: Debian's
 * libusb, an emulated device under umockdev, emulated time. Bounds as in process
 * (test_fstdp_accept.c, W1); and what a small read costs on that way.
 */
#include "test.h"

#ifdef HAVE_UMOCKDEV

#include <stdio.h>
#include <string.h>

#include "memrig/memrig.h"

#include "fstdp_case.h"
#include "mockusb.h"

#define BOARD "emu:pcm?rows=128&cols=4&seed=1"
#define ARRAY "scpi+usbtmc:1209:0001"
#define READS 500
#define STEPS 34752 /* the preset's: 8 passes over the 4344 hours of 181 days */

static int64_t now_ns(void)
{
	struct mr_clock clock;

	mr_clock_system(&clock);
	return clock.monotonic_ns(clock.self);
}

/* How many were logged; `steps`: those of them that are a step's. */
static unsigned logged_ops(const char *path, unsigned *steps)
{
	struct mr_oplog_reader *reader = NULL;
	struct mr_oplog_record record;
	struct mr_errtext err = {""};
	unsigned n = 0;
	bool more = true;

	*steps = 0;
	MR_CODE_ERR(mr_oplog_open(path, &reader, &err), MR_OK, err);
	CU_ASSERT_FATAL(reader != NULL);
	MR_CODE(mr_oplog_rewind(reader, 1), MR_OK);
	while (mr_oplog_next(reader, &record, &more) == MR_OK && more) {
		CU_ASSERT(record.ended);
		MR_CODE(record.op.outcome.error, MR_OK);
		*steps += record.op.kind == MR_OP_DRIVE ||
		          record.op.kind == MR_OP_WAIT;
		n++;
	}
	mr_oplog_close(reader);
	return n;
}

static void fstdp_meets_its_bounds_over_usbtmc(void)
{
	struct mockusb *m = mockusb_plug(USB_KIND_TMC, "scpi", BOARD);
	int64_t begin_ns = now_ns();
	char log[MR_TEST_PATH_MAX];
	const struct mr_fstdp_case what = {
		.preset = "ncal-2015h1", .fatigue = true, .n_cells = 4,
		.array = ARRAY, .log = log, .first_seed = 1, .n_seeds = 1};
	struct mr_fstdp_scores s;
	unsigned steps;

	mr_test_path(log, "usb.db");
	(void)remove(log);
	mockusb_hasten(m);
	s = mr_fstdp_case_run(&what);
	printf("# %.0f s, %u transfers", (double)(now_ns() - begin_ns) * 1e-9,
	       mockusb_transfers(m));
	printf(", %u operations\n", logged_ops(log, &steps));
	CU_ASSERT_EQUAL(steps, STEPS); /* inputs, or an hour without any */
	CU_ASSERT(s.precision >= 0.8);
	CU_ASSERT(s.recall >= 0.85);
	mockusb_free(m);
}

static void small_reads_are_timed(void)
{
	struct mockusb *m = mockusb_plug(USB_KIND_TMC, "scpi", BOARD);
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};
	int64_t begin_ns;
	float g_S;

	MR_CODE_ERR(mr_array_open(ARRAY, NULL, &array, &err), MR_OK, err);
	CU_ASSERT_FATAL(array != NULL);
	begin_ns = now_ns();
	for (uint32_t i = 0; i < READS; i++) {
		const struct mr_selection one = {.kind = MR_SELECT_LIST,
		                                 .cells = &i,
		                                 .n_cells = 1};

		MR_CODE(mr_array_read(array, &one, &g_S), MR_OK);
	}
	printf("# a read of a cell over usbtmc (umockdev): %.0f us\n",
	       (double)(now_ns() - begin_ns) * 1e-3 / READS);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	mockusb_free(m);
}

const struct mr_test mr_tests[] = {
	{"small_reads_are_timed", small_reads_are_timed},
	{"fstdp_meets_its_bounds_over_usbtmc",
	 fstdp_meets_its_bounds_over_usbtmc},
	{0},
};

#else

static void needs_umockdev(void)
{
	mr_test_skip("built without umockdev");
}

const struct mr_test mr_tests[] = {{"needs_umockdev", needs_umockdev}, {0}};

#endif
