/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The emulated chip: reproducibility (A14), products, converters, aging, state
 * files. */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memrig/emulator.h"
#include "memrig/memrig.h"

#include "test.h"

/* Odd on purpose, and larger than a block of work. */
#define ROWS 67
#define COLS 263
#define N (ROWS * COLS)

static struct mr_array *open_array(const char *uri)
{
	struct mr_errtext err = {""};
	struct mr_array *array = NULL;

	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), MR_OK, err);
	CU_ASSERT_FATAL(array != NULL);
	return array;
}

static void close_array(struct mr_array *array)
{
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_array_close(array, &err), MR_OK, err);
}

static uint64_t fold(uint64_t h, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++)
		h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* ---- A14 ----------------------------------------------------------------- */

/* A run with every operation; returns a fingerprint of all result bits. */
static uint64_t run_fingerprint(const char *uri)
{
	struct mr_array *array = open_array(uri);
	float *g_S = calloc(N, sizeof *g_S);
	float *v_V = calloc(3 * COLS, sizeof *v_V);
	float *i_A = calloc(3 * COLS, sizeof *i_A);
	struct mr_selection part = {.kind = MR_SELECT_RECT,
	                            .row = 3,
	                            .col = 1,
	                            .n_rows = 61,
	                            .n_cols = 259};
	struct mr_op drive = {.kind = MR_OP_DRIVE,
	                      .drive = {.batch = 3,
	                                .v_V = v_V,
	                                .period_s = 11.7,
	                                .i_A = i_A}};
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	CU_ASSERT_FATAL(g_S && v_V && i_A);
	for (int k = 0; k < 3 * COLS; k++)
		v_V[k] = (float)(k % 7) * 0.031f;
	MR_CODE(mr_array_pulse(array, NULL, "set", 3), MR_OK);
	for (int k = 0; k < 3; k++) {
		MR_CODE(mr_array_pulse(array, &part, "set", 1), MR_OK);
		MR_CODE(mr_array_wait(array, 17.3), MR_OK);
		MR_CODE(mr_array_read(array, NULL, g_S), MR_OK);
		h = fold(h, g_S, N * sizeof *g_S);
		drive.drive.axis = MR_AXIS_ROWS;
		MR_CODE(mr_array_submit(array, &drive, 1, NULL, NULL), MR_OK);
		h = fold(h, i_A, (size_t)3 * COLS * sizeof *i_A);
		drive.drive.axis = MR_AXIS_COLS;
		MR_CODE(mr_array_submit(array, &drive, 1, NULL, NULL), MR_OK);
		h = fold(h, i_A, (size_t)3 * ROWS * sizeof *i_A);
	}
	free(i_A);
	free(v_V);
	free(g_S);
	close_array(array);
	return h;
}

static void threads_do_not_change_a_bit(void)
{
	uint64_t one = run_fingerprint("emu:pcm?rows=67&cols=263&seed=21");

	CU_ASSERT_EQUAL(one, run_fingerprint(
				"emu:pcm?rows=67&cols=263&seed=21&threads=2"));
	CU_ASSERT_EQUAL(one, run_fingerprint(
				"emu:pcm?rows=67&cols=263&seed=21&threads=3"));
	CU_ASSERT(one != run_fingerprint("emu:pcm?rows=67&cols=263&seed=22"));
}

/* The same vectors in one batch, and one by one. */
static void batch_split_does_not_change_a_bit(void)
{
	struct mr_array *a = open_array("emu:pcm?rows=67&cols=5&seed=2");
	struct mr_array *b = open_array("emu:pcm?rows=67&cols=5&seed=2");
	float v_V[4 * 67], whole[4 * 5] = {0}, parts[4 * 5];
	struct mr_op op = {.kind = MR_OP_DRIVE,
	                   .drive = {.batch = 4,
	                             .v_V = v_V,
	                             .period_s = 31.7,
	                             .i_A = whole}};

	for (int k = 0; k < 4 * 67; k++)
		v_V[k] = (float)(k % 11) * 0.02f;
	MR_CODE(mr_array_pulse(a, NULL, "set", 5), MR_OK);
	MR_CODE(mr_array_pulse(b, NULL, "set", 5), MR_OK);
	MR_CODE(mr_array_submit(a, &op, 1, NULL, NULL), MR_OK);
	for (int k = 0; k < 4; k++) {
		struct mr_op one = op;

		one.drive.batch = 1;
		one.drive.v_V = v_V + k * 67;
		one.drive.i_A = parts + k * 5;
		MR_CODE(mr_array_submit(b, &one, 1, NULL, NULL), MR_OK);
	}
	CU_ASSERT_EQUAL(memcmp(whole, parts, sizeof whole), 0);
	CU_ASSERT_EQUAL(mr_array_time_ns(a), mr_array_time_ns(b));
	close_array(a);
	close_array(b);
}

/* Pulses and reads of different cells, in two orders. The order shifts array
 * time by nanoseconds, which drift would see in the eleventh digit, so drift is
 * off; every draw must be the same. */
static void order_on_different_cells_does_not_matter(void)
{
	static const uint32_t order[2][6] = {{0, 1, 2, 3, 4, 5},
	                                     {4, 2, 5, 0, 3, 1}};
	float result[2][6], first[2][6];

	for (int k = 0; k < 2; k++) {
		struct mr_array *a =
			open_array("emu:pcm?rows=2&cols=3&seed=6&nu=0&"
		                   "nu_spread=0");

		for (int i = 0; i < 6; i++) {
			uint32_t cell = order[k][i];
			struct mr_selection one = {.kind = MR_SELECT_LIST,
			                           .cells = &cell,
			                           .n_cells = 1};

			MR_CODE(mr_array_pulse(a, &one, "set", 2 + cell),
			        MR_OK);
			MR_CODE(mr_array_read(a, &one, &first[k][cell]), MR_OK);
		}
		MR_CODE(mr_array_read(a, NULL, result[k]), MR_OK);
		close_array(a);
	}
	CU_ASSERT_EQUAL(memcmp(result[0], result[1], sizeof result[0]), 0);
	CU_ASSERT_EQUAL(memcmp(first[0], first[1], sizeof first[0]), 0);
}

/* ---- products ------------------------------------------------------------ */

static void drive_without_noise_is_the_product(void)
{
	struct mr_array *a = open_array("emu:pcm?rows=5&cols=4&seed=1&noise=none&"
	                                "drift_step=0");
	uint32_t rows[] = {4, 1, 2}, cols[] = {3, 0};
	float v_V[] = {0.1f, -0.2f, 0.05f}, i_A[2];
	struct mr_op op = {.kind = MR_OP_DRIVE,
	                   .where = {.kind = MR_SELECT_OUTER,
	                             .rows = rows,
	                             .n_rows = 3,
	                             .cols = cols,
	                             .n_cols = 2},
	                   .drive = {.batch = 1, .v_V = v_V, .i_A = i_A}};
	double expected[2] = {0, 0};

	MR_CODE(mr_array_pulse(a, NULL, "set", 6), MR_OK);
	for (int k = 0; k < 3; k++) {
		for (int j = 0; j < 2; j++) {
			double g;

			MR_CODE(mr_emulator_now(a, rows[k] * 4 + cols[j], &g),
			        MR_OK);
			expected[j] += (double)v_V[k] * g;
		}
	}
	MR_CODE(mr_array_submit(a, &op, 1, NULL, NULL), MR_OK);
	for (int j = 0; j < 2; j++)
		MR_NEAR((double)i_A[j], expected[j], 1e-12);
	close_array(a);
}

/* Folded noise: sd^2 = sum v^2 (.03 G + .13 uS)^2, for both axes, over 2e4
 * drives; the standard error of a deviation is .5 %, five of them allowed. */
/* Columns 1 to 3 of a chip whose columns 0 and 2 were pulsed and on which time
 * passes, said in two ways: the same currents to the last bit, noise and all. */
static void neighbours_in_a_list_are_a_rectangle(void)
{
	static const uint32_t rows[] = {0, 1, 2, 3, 4}, cols[] = {1, 2, 3};
	static const struct mr_selection where[] = {
		{.kind = MR_SELECT_RECT, .col = 1, .n_rows = 5, .n_cols = 3},
		{.kind = MR_SELECT_OUTER, .rows = rows, .n_rows = 5,
	         .cols = cols, .n_cols = 3}};
	float i_A[2][4][6];

	for (int way = 0; way < 2; way++) {
		struct mr_array *a = open_array("emu:pcm?rows=5&cols=5&seed=9");
		float v_V[10];

		for (int k = 0; k < 10; k++)
			v_V[k] = 0.02f * (float)(k + 1);
		for (int k = 0; k < 4; k++) {
			struct mr_selection one = {.kind = MR_SELECT_RECT,
			                           .col = k % 2 ? 2 : 0,
			                           .n_rows = 5, .n_cols = 1};
			struct mr_op ops[] = {
				{.kind = MR_OP_DRIVE, .where = where[way],
			         .drive = {.batch = 2, .v_V = v_V,
			                   .i_A = i_A[way][k]}},
				{.kind = MR_OP_WAIT,
			         .wait = {.duration_s = k}}};

			MR_CODE(mr_array_pulse(a, &one, "set", 3), MR_OK);
			MR_CODE(mr_array_submit(a, ops, 2, NULL, NULL), MR_OK);
		}
		MR_CODE(mr_array_close(a, NULL), MR_OK);
	}
	CU_ASSERT(memcmp(i_A[0], i_A[1], sizeof i_A[0]) == 0);
	CU_ASSERT(i_A[0][3][0] > 0);
}

/* A few columns are gathered over the rows, many read row by row: the cells'
 * readings are the same, on chips of one seed. */
static void few_columns_read_as_all_do(void)
{
	enum { N_ROWS = 300, N_COLS = 40 };
	static const char *const noises[] = {"none", "white", "flicker"};
	static float all_S[N_ROWS * N_COLS], few_S[N_ROWS * 3];
	const struct mr_selection few = {.kind = MR_SELECT_RECT, .row = 0,
	                                 .col = 18, .n_rows = N_ROWS, .n_cols = 3};

	for (int k = 0; k < 3; k++) {
		char uri[100];
		struct mr_array *a, *b;

		(void)snprintf(uri, sizeof uri,
		               "emu:pcm?rows=%d&cols=%d&seed=2&noise=%s", N_ROWS,
		               N_COLS, noises[k]);
		a = open_array(uri);
		b = open_array(uri);
		MR_CODE(mr_array_pulse(a, NULL, "set", 3), MR_OK);
		MR_CODE(mr_array_pulse(b, NULL, "set", 3), MR_OK);
		MR_CODE(mr_array_read(a, NULL, all_S), MR_OK);
		MR_CODE(mr_array_read(b, &few, few_S), MR_OK);
		for (int i = 0; i < N_ROWS * 3; i++)
			CU_ASSERT(few_S[i] == all_S[i / 3 * N_COLS + 18 + i % 3]);
		MR_CODE(mr_array_close(a, NULL), MR_OK);
		MR_CODE(mr_array_close(b, NULL), MR_OK);
	}
}

static void drive_noise_has_the_folded_variance(void)
{
	enum { DRIVES = 20000 };
	struct mr_array *a = open_array("emu:pcm?rows=3&cols=2&seed=4&nu=0&"
	                                "nu_spread=0");
	float *v_V = calloc(DRIVES * 3, sizeof *v_V);
	float *i_A = calloc(DRIVES * 3, sizeof *i_A);
	struct mr_truth t;

	CU_ASSERT_FATAL(v_V && i_A);
	MR_CODE(mr_array_pulse(a, NULL, "set", 6), MR_OK);
	MR_CODE(mr_emulator_truth(a, &t), MR_OK);
	for (int axis = 0; axis < 2; axis++) {
		int n_in = axis ? 2 : 3, n_out = axis ? 3 : 2;
		struct mr_op op = {.kind = MR_OP_DRIVE,
		                   .drive = {.axis = (enum mr_axis)axis,
		                             .batch = DRIVES,
		                             .v_V = v_V,
		                             .i_A = i_A}};

		for (int k = 0; k < DRIVES * n_in; k++)
			v_V[k] = 0.1f * (float)(k % n_in + 1);
		MR_CODE(mr_array_submit(a, &op, 1, NULL, NULL), MR_OK);
		for (int j = 0; j < n_out; j++) {
			double mean = 0, var = 0, got = 0;

			for (int k = 0; k < n_in; k++) {
				int cell = axis ? j * 2 + k : k * 2 + j;
				double g = (double)t.g_S[cell];
				double v = 0.1 * (k + 1);

				mean += v * g;
				var += pow(v * (0.03 * g + 0.13e-6), 2);
			}
			for (int k = 0; k < DRIVES; k++)
				got += pow((double)i_A[k * n_out + j] - mean, 2);
			MR_NEAR(sqrt(got / DRIVES / var), 1, 0.025);
		}
	}
	free(v_V);
	free(i_A);
	close_array(a);
}

/* A cached conductance is never further from the exact one than its step. */
static void drive_sees_drift_within_its_step(void)
{
	struct mr_array *a = open_array("emu:pcm?rows=1&cols=1&seed=3&noise=none&"
	                                "nu=0.1&nu_spread=0&drift_step=1e-3");
	float v_V = 0.2f, i_A;

	MR_CODE(mr_array_pulse(a, NULL, "set", 8), MR_OK);
	for (int k = 0; k < 330; k++) {
		double g;

		MR_CODE(mr_array_wait(a, 0.01 * pow(1.07, k)), MR_OK);
		MR_CODE(mr_emulator_now(a, 0, &g), MR_OK);
		MR_CODE(mr_array_drive(a, &v_V, &i_A), MR_OK);
		/* step 1e-3 in ln t, exponent .1: at most 1e-4 too high */
		MR_NEAR((double)i_A / (0.2 * g), 1.00005, 0.6e-4);
	}
	close_array(a);
}

/* ---- converters ---------------------------------------------------------- */

static void converters_quantise_and_clip(void)
{
	struct mr_array *a =
		open_array("emu:ideal?rows=4&cols=1&adc_bits=5&adc_range_A=3e-6&"
	                   "dac_bits=3");
	float v_V[4] = {0.2f, 0.2f, 0.2f, 0.2f}, i_A = 0, g_S[4] = {0};
	uint8_t status = 0;
	struct mr_op op = {.kind = MR_OP_DRIVE,
	                   .drive = {.batch = 1,
	                             .v_V = v_V,
	                             .i_A = &i_A,
	                             .status = &status}};

	MR_CODE(mr_array_pulse(a, NULL, "set", 60), MR_OK); /* 3 uS */
	/* DAC: 7 codes over +-.6 V, step .2 V: exact here. Sum 2.4 uA; ADC: 31
	 * codes, step .2 uA */
	MR_CODE(mr_array_submit(a, &op, 1, NULL, NULL), MR_OK);
	MR_NEAR((double)i_A, 2.4e-6, 1e-12);
	CU_ASSERT_EQUAL(op.outcome.status, 0);
	v_V[0] = 0.29f; /* DAC rounds to .2 V */
	MR_CODE(mr_array_submit(a, &op, 1, NULL, NULL), MR_OK);
	MR_NEAR((double)i_A, 2.4e-6, 1e-12);
	v_V[0] = v_V[1] = 0.31f; /* to .4 V: 3.6 uA is over the range */
	MR_CODE(mr_array_submit(a, &op, 1, NULL, NULL), MR_OK);
	MR_NEAR((double)i_A, 3e-6, 1e-12);
	CU_ASSERT_EQUAL(status, MR_STATUS_OVER_RANGE);
	op.drive.status = NULL; /* the summary must tell it all the same */
	MR_CODE(mr_array_submit(a, &op, 1, NULL, NULL), MR_OK);
	CU_ASSERT_EQUAL(op.outcome.status, MR_STATUS_OVER_RANGE);
	op = (struct mr_op){.kind = MR_OP_READ,
	                    .read = {.v_read_V = 0.21, .g_S = g_S}};
	MR_CODE(mr_array_submit(a, &op, 1, NULL, NULL), MR_OK);
	MR_NEAR((double)g_S[0], 0.6e-6 / 0.21, 1e-12);
	struct mr_op range = {.kind = MR_OP_CONFIGURE,
	                      .configure = {"read_range", "6e-6"}};

	MR_CODE(mr_array_submit(a, &range, 1, NULL, NULL), MR_OK);
	MR_CODE(mr_array_submit(a, &op, 1, NULL, NULL), MR_OK);
	MR_NEAR((double)g_S[0], 0.8e-6 / 0.21, 1e-12);
	close_array(a);
}

static void averages_shrink_the_noise(void)
{
	struct mr_array *a = open_array("emu:pcm?rows=1&cols=1&seed=8");
	double square[2] = {0, 0}, g;

	MR_CODE(mr_array_pulse(a, NULL, "set", 6), MR_OK);
	for (int k = 0; k < 2; k++) {
		for (int i = 0; i < 4000; i++) {
			float g_S = 0;
			struct mr_op op = {.kind = MR_OP_READ,
			                   .read = {.averages = k ? 25 : 1,
			                            .g_S = &g_S}};

			MR_CODE(mr_array_submit(a, &op, 1, NULL, NULL), MR_OK);
			MR_CODE(mr_emulator_now(a, 0, &g), MR_OK);
			square[k] += pow((double)g_S - g, 2);
		}
	}
	/* a ratio of 5; its standard error is 1.6 % */
	MR_NEAR(sqrt(square[0] / square[1]), 5, 0.4);
	close_array(a);
}

/* ---- state files --------------------------------------------------------- */

static void state_file_carries_the_chip_on(void)
{
	char path[MR_TEST_PATH_MAX], uri[MR_TEST_PATH_MAX + 64];
	float first[12], second[12], expected[12];
	struct mr_array *a;

	mr_test_path(path, "chip.state");
	(void)snprintf(uri, sizeof uri, "emu:pcm?rows=3&cols=4&seed=7&state=%s",
	               path);
	a = open_array(uri);
	MR_CODE(mr_array_pulse(a, NULL, "set", 4), MR_OK);
	MR_CODE(mr_array_read(a, NULL, first), MR_OK);
	close_array(a);
	(void)snprintf(uri, sizeof uri, "emu:pcm?state=%s", path);
	a = open_array(uri); /* shape and seed come from the file */
	CU_ASSERT_EQUAL(mr_array_describe(a)->rows, 3);
	CU_ASSERT_EQUAL(mr_array_describe(a)->seed, 7);
	MR_CODE(mr_array_wait(a, 3600), MR_OK);
	MR_CODE(mr_array_read(a, NULL, second), MR_OK);
	close_array(a);
	a = open_array("emu:pcm?rows=3&cols=4&seed=7"); /* in one go */
	MR_CODE(mr_array_pulse(a, NULL, "set", 4), MR_OK);
	MR_CODE(mr_array_read(a, NULL, expected), MR_OK);
	CU_ASSERT_EQUAL(memcmp(first, expected, sizeof first), 0);
	MR_CODE(mr_array_wait(a, 3600), MR_OK);
	MR_CODE(mr_array_read(a, NULL, expected), MR_OK);
	CU_ASSERT_EQUAL(memcmp(second, expected, sizeof second), 0);
	close_array(a);
}

static void refuse(const char *uri, int code, const char *part)
{
	struct mr_array *a = NULL;
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_array_open(uri, NULL, &a, &err), code, err);
	MR_HAS(err.text, part);
	CU_ASSERT_PTR_NULL(a);
}

static void write_file(const char *path, const void *data, size_t size)
{
	FILE *f = fopen(path, "wb");

	CU_ASSERT_FATAL(f != NULL);
	CU_ASSERT_EQUAL(fwrite(data, 1, size, f), size);
	CU_ASSERT_EQUAL(fclose(f), 0);
}

static void state_file_that_is_wrong_is_refused(void)
{
	char path[MR_TEST_PATH_MAX], uri[MR_TEST_PATH_MAX + 64];
	char wish[MR_TEST_PATH_MAX + 96];
	struct mr_array *a;
	struct mr_blob blob;

	mr_test_path(path, "bad.state");
	(void)snprintf(uri, sizeof uri, "emu:pcm?state=%s", path);
	write_file(path, "hello", 5);
	refuse(uri, MR_ERR_FORMAT, "too short");
	a = open_array("emu:pcm?rows=3&cols=4&nu=0.06");
	MR_CODE(mr_array_snapshot(a, &blob), MR_OK);
	close_array(a);
	for (size_t size = 0; size < blob.size; size += 97) {
		write_file(path, blob.data, size);
		refuse(uri, MR_ERR_FORMAT, path);
	}
	for (size_t at = 0; at < blob.size; at += 61) {
		((unsigned char *)blob.data)[at] ^= 0x20;
		write_file(path, blob.data, blob.size);
		refuse(uri, MR_ERR_FORMAT, path);
		((unsigned char *)blob.data)[at] ^= 0x20;
	}
	write_file(path, blob.data, blob.size);
	(void)snprintf(wish, sizeof wish, "%s&rows=5", uri);
	refuse(wish, MR_ERR_USAGE, "3x4");
	(void)snprintf(wish, sizeof wish, "%s&nu=0.05", uri);
	refuse(wish, MR_ERR_USAGE, "nu = 0.06");
	(void)snprintf(wish, sizeof wish, "emu:ideal?state=%s", path);
	refuse(wish, MR_ERR_USAGE, "pcm");
	free(blob.data);
}

static void state_file_that_cannot_be_written_is_reported(void)
{
	char path[MR_TEST_PATH_MAX], uri[MR_TEST_PATH_MAX + 64];
	struct mr_errtext err = {""};
	struct mr_array *a;

	mr_test_path(path, "missing-folder");
	(void)snprintf(uri, sizeof uri, "emu:pcm?rows=2&cols=2&state=%s/x",
	               path);
	a = open_array(uri);
	MR_CODE_ERR(mr_array_close(a, &err), MR_ERR_IO, err);
	MR_HAS(err.text, "missing-folder/x");
}

/* ---- time ---------------------------------------------------------------- */

static void time_cannot_overflow(void)
{
	struct mr_array *a = open_array("emu:pcm?rows=2&cols=2");
	int rc = MR_OK;
	int k = 0;

	for (; k < 20 && !rc; k++)
		rc = mr_array_wait(a, 1e9);
	CU_ASSERT_EQUAL(rc, MR_ERR_RANGE);
	MR_HAS(mr_array_errmsg(a), "array time");
	CU_ASSERT(k > 3);
	close_array(a);
}

static void list_takes_effect_in_its_order(void)
{
	struct mr_array *a = open_array("emu:pcm?rows=2&cols=2&seed=1");
	uint32_t list[] = {3, 0, 3};
	struct mr_selection where = {
		.kind = MR_SELECT_LIST, .cells = list, .n_cells = 3};
	struct mr_truth t;

	MR_CODE(mr_array_pulse(a, &where, "set", 1), MR_OK);
	MR_CODE(mr_emulator_truth(a, &t), MR_OK);
	CU_ASSERT(t.pulses[3] == 2 && t.pulses[0] == 1 && t.pulses[1] == 0);
	CU_ASSERT_EQUAL(t.t_p_ns[3], 150);
	CU_ASSERT_EQUAL(t.t_p_ns[0], 100);
	CU_ASSERT_EQUAL(mr_array_time_ns(a), 150);
	close_array(a);
}

/* ---- programming by a trace; looking in from outside ---------------------- */

/* 1 V for 100 ns is one step of .05 uS; what reads can apply changes nothing. */
static void trace_above_the_read_limit_programs(void)
{
	struct mr_array *a = open_array("emu:ideal?rows=2&cols=2");
	float level[] = {1.0f, 0.2f, -1.0f, 0.2f}, i_A[4] = {0};
	double hold_s[] = {3e-7, 1e-6, 1e-7, 1e-6};
	uint32_t cell = 2;
	struct mr_op op = {.kind = MR_OP_TRACE,
	                   .where = {.kind = MR_SELECT_LIST,
	                             .cells = &cell,
	                             .n_cells = 1},
	                   .trace = {.n_levels = 4,
	                             .level = level,
	                             .hold_s = hold_s,
	                             .i_A = i_A}};
	float v_V[2] = {0, 0.1f}, sum_A[2] = {0};

	MR_CODE(mr_array_submit(a, &op, 1, NULL, NULL), MR_OK);
	MR_NEAR((double)i_A[1], 0.2 * 0.15e-6, 1e-13);
	MR_NEAR((double)i_A[3], 0.2 * 0.10e-6, 1e-13);
	MR_CODE(mr_array_drive(a, v_V, sum_A), MR_OK); /* seen at once */
	MR_NEAR((double)sum_A[0], 0.1 * 0.10e-6, 1e-13);
	op.trace.unit = MR_UNIT_AMPERE;
	CU_ASSERT(mr_array_submit(a, &op, 1, NULL, NULL) != MR_OK);
	close_array(a);
	a = open_array("emu:pcm?rows=2&cols=2"); /* takes ampere pulses alone */
	level[0] = 0.4f;
	op.trace.unit = MR_UNIT_VOLT;
	MR_CODE(mr_array_submit(a, &op, 1, NULL, NULL), MR_ERR_UNSUPPORTED);
	for (int k = 0; k < 4; k++)
		level[k] = 1e-6f;
	op.trace.unit = MR_UNIT_AMPERE;
	MR_CODE(mr_array_submit(a, &op, 1, NULL, NULL), MR_ERR_UNSUPPORTED);
	MR_HAS(mr_array_errmsg(a), "voltages only");
	close_array(a);
}

static void truth_is_of_emulators_alone(void)
{
	struct mr_array *a = open_array("emu:ideal?rows=2&cols=2");
	char path[MR_TEST_PATH_MAX], uri[MR_TEST_PATH_MAX + 16];
	struct mr_oplog *log = NULL;
	struct mr_truth t;
	double g;

	MR_CODE(mr_emulator_now(a, 4, &g), MR_ERR_RANGE);
	mr_test_path(path, "truth.db");
	MR_CODE(mr_oplog_start(path, a, NULL, &log, NULL), MR_OK);
	MR_CODE(mr_array_wait(a, 1), MR_OK);
	MR_CODE(mr_oplog_finish(log, NULL), MR_OK);
	close_array(a);
	(void)snprintf(uri, sizeof uri, "playback:%s", path);
	a = open_array(uri);
	MR_CODE(mr_emulator_truth(a, &t), MR_ERR_UNSUPPORTED);
	MR_CODE(mr_emulator_now(a, 0, &g), MR_ERR_UNSUPPORTED);
	close_array(a);
}

static void threads_beyond_the_limit_are_refused(void)
{
	struct mr_open_options options = {.threads = 65};
	struct mr_errtext err = {""};
	struct mr_array *a = NULL;

	MR_CODE_ERR(mr_array_open("emu:ideal", &options, &a, &err),
	            MR_ERR_RANGE, err);
	MR_HAS(err.text, "65 threads: at most 64");
	CU_ASSERT_PTR_NULL(a);
}

const struct mr_test mr_tests[] = {
	{"A14_threads_do_not_change_a_bit", threads_do_not_change_a_bit},
	{"A14_batch_split_does_not_change_a_bit",
         batch_split_does_not_change_a_bit},
	{"A14_order_on_different_cells_does_not_matter",
         order_on_different_cells_does_not_matter},
	{"neighbours_in_a_list_are_a_rectangle",
	 neighbours_in_a_list_are_a_rectangle},
	{"few_columns_read_as_all_do", few_columns_read_as_all_do},
	{"drive_without_noise_is_the_product",
         drive_without_noise_is_the_product},
	{"drive_noise_has_the_folded_variance",
         drive_noise_has_the_folded_variance},
	{"drive_sees_drift_within_its_step", drive_sees_drift_within_its_step},
	{"converters_quantise_and_clip", converters_quantise_and_clip},
	{"averages_shrink_the_noise", averages_shrink_the_noise},
	{"state_file_carries_the_chip_on", state_file_carries_the_chip_on},
	{"state_file_that_is_wrong_is_refused",
         state_file_that_is_wrong_is_refused},
	{"state_file_that_cannot_be_written_is_reported",
         state_file_that_cannot_be_written_is_reported},
	{"time_cannot_overflow", time_cannot_overflow},
	{"list_takes_effect_in_its_order", list_takes_effect_in_its_order},
	{"trace_above_the_read_limit_programs",
         trace_above_the_read_limit_programs},
	{"truth_is_of_emulators_alone", truth_is_of_emulators_alone},
	{"threads_beyond_the_limit_are_refused",
         threads_beyond_the_limit_are_refused},
	{0},
};
