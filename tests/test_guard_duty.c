/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The guard's caps on how much of the time pulses take. With duty D over a window
 * W the bucket holds D * W of pulse time and drains D a second: the figures below
 * follow from that. */
#include <stdio.h>

#include "memrig/memrig.h"

#include "test.h"

#define WIDTH_S 1e-3

static struct mr_array *open_with(const char *keys)
{
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};
	char uri[200];

	(void)snprintf(uri, sizeof uri,
	               "emu:ideal?rows=2&cols=3&width_set_s=1e-3&%s", keys);
	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), MR_OK, err);
	CU_ASSERT_FATAL(array != NULL);
	return array;
}

static struct mr_op pulses(const uint32_t *cells, uint32_t n, uint32_t count)
{
	return (struct mr_op){.kind = MR_OP_PULSE,
	                      .where = {.kind = MR_SELECT_LIST,
	                                .cells = cells,
	                                .n_cells = n},
	                      .pulse = {.amplitude = 1,
	                                .width_s = WIDTH_S,
	                                .count = count}};
}

static int pulse(struct mr_array *array, uint32_t cell, uint32_t count)
{
	struct mr_op op = pulses(&cell, 1, count);

	return mr_array_submit(array, &op, 1, NULL, NULL);
}

/* 10 ms of pulses at once, then a tenth of the time that passes. */
static void all_pulses_are_capped(void)
{
	struct mr_array *array = open_with("guard.duty=0.1&guard.duty_s=0.1");

	MR_CODE(pulse(array, 0, 6), MR_OK);
	MR_CODE(pulse(array, 1, 4), MR_OK);
	/* the first 6 drained .4 ms during the other 4, these another .4 since */
	MR_CODE(pulse(array, 2, 3), MR_ERR_REFUSED);
	MR_HAS(mr_array_errmsg(array), "guard.duty");
	MR_HAS(mr_array_errmsg(array), "later");
	MR_CODE(mr_array_wait(array, 0.03), MR_OK);
	MR_CODE(pulse(array, 2, 3), MR_OK);
	MR_CODE(pulse(array, 2, 3), MR_ERR_REFUSED);
	MR_CODE(mr_array_wait(array, 10), MR_OK);
	MR_CODE(pulse(array, 2, 11), MR_ERR_REFUSED); /* no more is saved up */
	MR_CODE(pulse(array, 2, 10), MR_OK);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void each_cell_is_capped(void)
{
	struct mr_array *array =
		open_with("guard.cell_duty=0.01&guard.duty_s=0.2");
	static const uint32_t twice[] = {3, 4, 3};
	struct mr_op op = pulses(twice, 3, 1);

	for (uint32_t cell = 0; cell < 3; cell++)
		MR_CODE(pulse(array, cell, 2), MR_OK);
	MR_CODE(pulse(array, 1, 1), MR_ERR_REFUSED);
	MR_HAS(mr_array_errmsg(array), "guard.cell_duty");
	/* a cell that is named twice has two pulses */
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
	MR_CODE(pulse(array, 3, 1), MR_ERR_REFUSED);
	MR_CODE(pulse(array, 4, 1), MR_OK);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* Later operations of a list come later; what was refused takes nothing. */
static void time_passes_within_a_list(void)
{
	struct mr_array *array = open_with("guard.duty=0.1&guard.duty_s=0.05");
	static const uint32_t cell = 5;
	size_t done = 0;
	struct mr_op ops[4] = {
		pulses(&cell, 1, 5),
		{.kind = MR_OP_WAIT, .wait = {.duration_s = 0.05}},
		pulses(&cell, 1, 5), pulses(&cell, 1, 5)};

	MR_CODE(mr_array_submit(array, ops, 4, NULL, &done), MR_ERR_REFUSED);
	CU_ASSERT_EQUAL(done, 3);
	for (int i = 0; i < 5; i++)
		MR_CODE(pulse(array, cell, 5), MR_ERR_REFUSED);
	MR_CODE(mr_array_wait(array, 0.05), MR_OK);
	MR_CODE(pulse(array, cell, 5), MR_OK);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void none_at_all(void)
{
	struct mr_array *array = open_with("guard.duty=0");
	float g_S[6];

	MR_CODE(pulse(array, 0, 1), MR_ERR_REFUSED);
	MR_HAS(mr_array_errmsg(array), "none are allowed");
	MR_CODE(mr_array_read(array, NULL, g_S), MR_OK);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* A plan takes nothing, and pulses that failed give their time back. */
static void only_what_happened_counts(void)
{
	struct mr_array *array = open_with("guard.duty=0.1&guard.duty_s=0.05"
	                                   "&fault.at=1&fault.error=io");
	static const uint32_t cell = 5;
	struct mr_op op = pulses(&cell, 1, 5);
	struct mr_plan plan;

	MR_CODE(mr_array_plan(array, &op, &plan), MR_OK);
	MR_CODE(mr_array_plan(array, &op, &plan), MR_OK);
	MR_CODE(pulse(array, cell, 5), MR_ERR_IO);
	MR_CODE(pulse(array, cell, 5), MR_OK);
	MR_CODE(mr_array_plan(array, &op, &plan), MR_ERR_REFUSED);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void caps_are_shares(void)
{
	static const char *const bad[] = {"guard.duty=1.1", "guard.cell_duty=-1",
	                                  "guard.duty_s=nan", "guard.duty=half"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct mr_array *array;
		struct mr_errtext err = {""};
		char uri[100];

		(void)snprintf(uri, sizeof uri, "emu:ideal?rows=2&cols=3&%s",
		               bad[i]);
		int rc = mr_array_open(uri, NULL, &array, &err);

		CU_ASSERT(rc == MR_ERR_RANGE || rc == MR_ERR_USAGE);
		MR_HAS(err.text, "guard.");
	}
}

const struct mr_test mr_tests[] = {
	{"all_pulses_are_capped", all_pulses_are_capped},
	{"each_cell_is_capped", each_cell_is_capped},
	{"time_passes_within_a_list", time_passes_within_a_list},
	{"none_at_all", none_at_all},
	{"only_what_happened_counts", only_what_happened_counts},
	{"caps_are_shares", caps_are_shares},
	{0},
};
