/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Jump tables: their files, their interpolation, their way into a chip and its
 * state file, and the example against the model that it was made from. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memrig/emulator.h"
#include "memrig/memrig.h"
#include "memrig/model.h"

#include "devices/jumptable.h"

#include "test.h"

#define SHIPPED MR_SRCDIR "/devices/pcm-table.csv"
#define SMALL MR_SRCDIR "/tests/data/jumps.csv"
#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct mr_array *open_array(const char *uri)
{
	struct mr_errtext err = {""};
	struct mr_array *array = NULL;

	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), MR_OK, err);
	CU_ASSERT_FATAL(array != NULL);
	return array;
}

static void refuse(const char *uri, int code, const char *text)
{
	struct mr_errtext err = {""};
	struct mr_array *array = NULL;

	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), code, err);
	MR_HAS(err.text, text);
	CU_ASSERT_PTR_NULL(array);
}

/* ---- the table ------------------------------------------------------------- */

/* Corners, edges and the inside of tests/data/jumps.csv, worked out by hand;
 * beyond the outermost points these hold. */
static void steps_are_bilinear(void)
{
	static const struct {
		enum jump_kind kind;
		double g, u, dg;
	} expected[] = {
		{JUMP_SET, 1e-6, 0.5, 1e-6},     {JUMP_SET, 5e-6, 1, 1e-6},
		{JUMP_SET, 1e-6, 0.25, 0},       {JUMP_SET, 3e-6, 0.5, 0.5e-6},
		{JUMP_SET, 2e-6, 0.75, 1.25e-6}, {JUMP_SET, 4e-6, 0.1, -1.95e-6},
		{JUMP_SET, 0, 0.5, 1e-6},        {JUMP_SET, 9e-6, 0.5, 0},
		{JUMP_RESET, 2.5e-6, 0.5, -2.45e-6},
	};
	void *table = NULL;
	size_t size = 0;
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr__jumptable_load(SMALL, &table, &size, &err), MR_OK, err);
	CU_ASSERT_FATAL(table != NULL);
	CU_ASSERT(mr__jumptable_check(table, size));
	for (size_t i = 0; i < N_OF(expected); i++)
		MR_NEAR(mr__jumptable_step(table, expected[i].kind,
		                           expected[i].g, expected[i].u),
		        expected[i].dg, 1e-18);
	free(table);
}

/* Bytes from a state file are not to be trusted: whatever one byte becomes,
 * what passes the check can be worked with (sanitizers look on). */
static void damaged_table_is_refused_or_harmless(void)
{
	unsigned char *table = NULL;
	void *data = NULL;
	size_t size = 0, refused = 0;

	MR_CODE(mr__jumptable_load(SMALL, &data, &size, NULL), MR_OK);
	CU_ASSERT_FATAL(data != NULL);
	table = data;
	for (size_t cut = 0; cut < size; cut++)
		CU_ASSERT(!mr__jumptable_check(table, cut));
	for (size_t i = 0; i < 8 * size; i++) {
		table[i / 8] ^= (unsigned char)(1u << i % 8);
		if (mr__jumptable_check(table, size)) {
			CU_ASSERT(isfinite(mr__jumptable_step(
				table, JUMP_RESET, 3e-6, 0.3)));
		} else {
			refused++;
		}
		table[i / 8] ^= (unsigned char)(1u << i % 8);
	}
	CU_ASSERT(refused > 48 * 8 / 2); /* nearly all of the head */
	free(table);
}

#define HEAD "pulse,g_S,u,dg_S\n"
#define SET_OK "set,0,0,0\nset,0,1,1\nset,1,0,0\nset,1,1,1\n"

static void wrong_file_names_line_and_cause(void)
{
	static const char *const wrong[][2] = {
		{"", ":0: holds no points"},
		{"set,0,0,0\n", ":1: expected the heading"},
		{HEAD "sett,0,0,0\n", ":2: expected set or reset"},
		{HEAD "set,0,0\n", ":2: expected set or reset"},
		{HEAD "set,0,0,x\n", ":2: expected set or reset"},
		{HEAD "set,0,0,1e-6 S\n", ":2: expected"},
		{HEAD "set,0,0,inf\n", ":2: expected"},
		{HEAD "set,-1,0,0\n", ":2: expected"},
		{HEAD "# good\n\nset,0,1.5,0\n", ":4: expected"},
		{HEAD SET_OK, ":5: points of set, then of reset"},
		{HEAD SET_OK "reset,0,0,0\n", ":6: each kind of pulse needs two"},
		{HEAD "set,0,0,0\nset,0,1,1\nset,1,0,0\nreset,0,0,0\n",
		 ":4: each kind"},
		{HEAD SET_OK "reset,0,0,0\nset,2,0,0\n", ":7: all of set"},
		{HEAD "set,1,0,0\nset,1,1,1\nset,0,0,0\nset,0,1,1\nreset,0,0,0\n",
		 ":4: conductances must ascend"},
		{HEAD "set,0,0,0\nset,0,1,1\nset,1,0,0\nset,1,0.5,1\nreset,0,0,0\n",
		 ":5: probabilities must ascend"},
		{HEAD "set,0,0,0\nset,0,0,1\nset,1,0,0\nset,1,0,1\nreset,0,0,0\n",
		 ":3: probabilities must ascend"},
		{HEAD "set,0,0,5\nset,0,1,1\nset,1,0,0\nset,1,1,1\nreset,0,0,0\n",
		 ":3: steps must not fall"},
	};
	char path[MR_TEST_PATH_MAX];

	mr_test_path(path, "jumps.csv");
	for (size_t i = 0; i < N_OF(wrong); i++) {
		FILE *f = fopen(path, "w");
		struct mr_errtext err = {""};
		void *table = NULL;
		size_t size;

		CU_ASSERT_FATAL(f != NULL);
		(void)fputs(wrong[i][0], f);
		(void)fclose(f);
		MR_CODE_ERR(mr__jumptable_load(path, &table, &size, &err),
		            MR_ERR_FORMAT, err);
		MR_HAS(err.text, wrong[i][1]);
		MR_HAS(err.text, path);
		CU_ASSERT_PTR_NULL(table);
	}
}

static void overlong_line_is_refused(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_errtext err = {""};
	void *table = NULL;
	size_t size;
	FILE *f = fopen(mr_test_path(path, "long.csv"), "w");

	CU_ASSERT_FATAL(f != NULL);
	(void)fprintf(f, HEAD "%0*d\n", 1000, 7);
	(void)fclose(f);
	MR_CODE(mr__jumptable_load(path, &table, &size, &err), MR_ERR_FORMAT);
	MR_HAS(err.text, ":2: longer than");
}

/* ---- the key ---------------------------------------------------------------- */

static void key_is_needed_and_only_there(void)
{
	refuse("emu:pcm-table", MR_ERR_USAGE, "table=FILE");
	refuse("emu:pcm?table=" SMALL, MR_ERR_USAGE, "model pcm has no table");
	refuse("emu:pcm-table?table=/no/such.csv", MR_ERR_MISSING,
	       "/no/such.csv");
	refuse("emu:pcm-table?table=" MR_SRCDIR "/devices/pcm.ini",
	       MR_ERR_FORMAT, "pcm.ini:1");
	refuse("emu:pcm-table?g_min_S=1&g_max_S=1e-6&table=" SMALL,
	       MR_ERR_RANGE, "g_min_S");
}

/* ---- a chip's state file --------------------------------------------------- */

static void run(const char *uri, float *g_S)
{
	struct mr_array *array = open_array(uri);

	MR_CODE(mr_array_pulse(array, NULL, "set", 3), MR_OK);
	MR_CODE(mr_array_read(array, NULL, g_S), MR_OK);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* The file holds the table: the chip goes on without it, and it is an error to
 * come with another one. */
static void state_file_carries_the_table(void)
{
	char path[MR_TEST_PATH_MAX], uri[3 * MR_TEST_PATH_MAX];
	float g_S[12], again[12], whole[12];
	struct mr_array *array =
		open_array("emu:pcm-table?rows=3&cols=4&seed=2&table=" SMALL);

	mr_test_path(path, "table.state");
	(void)snprintf(uri, sizeof uri,
	               "emu:pcm-table?rows=3&cols=4&seed=2&state=%s&table=%s",
	               path, SMALL);
	run(uri, g_S);
	(void)snprintf(uri, sizeof uri, "emu:pcm-table?state=%s", path);
	run(uri, again);
	(void)snprintf(uri, sizeof uri, "emu:pcm-table?state=%s&table=%s", path,
	               SMALL);
	run(uri, again);
	for (int k = 0; k < 3; k++) {
		MR_CODE(mr_array_pulse(array, NULL, "set", 3), MR_OK);
		MR_CODE(mr_array_read(array, NULL, whole), MR_OK);
	}
	CU_ASSERT(memcmp(again, whole, sizeof again) == 0);
	CU_ASSERT(memcmp(again, g_S, sizeof again) != 0);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	(void)snprintf(uri, sizeof uri, "emu:pcm-table?state=%s&table=%s", path,
	               SHIPPED);
	refuse(uri, MR_ERR_FORMAT, "another table");
}

/* ---- the example ----------------------------------------------------------- */

struct moments {
	double mean;
	double sd;
};

static struct moments truth(struct mr_array *array)
{
	struct mr_truth t;
	double sum = 0, square = 0;

	MR_CODE(mr_emulator_truth(array, &t), MR_OK);
	for (uint32_t i = 0; i < t.n_cells; i++) {
		double g = 1e6 * (double)t.g_S[i];

		sum += g;
		square += g * g;
	}
	sum /= t.n_cells;
	return (struct moments){sum, sqrt(square / t.n_cells - sum * sum)};
}

/* Against pcm itself, the same cells (standard errors are below .01 uS). A
 * table knows G alone, and that is what the tolerances are for. At the bottom
 * it mixes fresh cells with those that a SET left there: the first step is .07
 * too small. Then low cells keep taking the large steps that in pcm only fresh
 * ones take, and catch up: after 5 pulses the spread is 22 % too small (1.80
 * for 2.31 uS), the mean .35 too low; the large steps that pcm has lost by the
 * 20th pulse stay in the table: its mean ends .2 too high. */
static void example_follows_the_curve_of_pcm(void)
{
	static const struct {
		int n;
		double mean, sd; /* tolerated */
	} at[] = {{1, 0.1, 0.08}, {5, 0.4, 0.55}, {10, 0.1, 0.2},
	          {20, 0.25, 0.05}};
	struct mr_array *pcm = open_array("emu:pcm?rows=250&cols=400&seed=5");
	struct mr_array *table = open_array(
		"emu:pcm-table?rows=250&cols=400&seed=5&g_min_S=1e-7&table="
		SHIPPED);
	int done = 0;

	for (size_t i = 0; i < N_OF(at); i++) {
		uint32_t more = (uint32_t)(at[i].n - done);

		MR_CODE(mr_array_pulse(pcm, NULL, "set", more), MR_OK);
		MR_CODE(mr_array_pulse(table, NULL, "set", more), MR_OK);
		done = at[i].n;
		struct moments want = truth(pcm), got = truth(table);

		MR_NEAR(got.mean, want.mean, at[i].mean);
		MR_NEAR(got.sd, want.sd, at[i].sd);
	}
	MR_CODE(mr_array_pulse(table, NULL, "reset", 1), MR_OK);
	struct moments bottom = truth(table);

	/* N(.1, .01) uS, clipped at .1: sd_reset (1 / (2 pi))^.5 above it */
	MR_NEAR(bottom.mean, 0.1 + 0.01 / sqrt(2 * acos(-1)), 2e-4);
	MR_CODE(mr_array_close(pcm, NULL), MR_OK);
	MR_CODE(mr_array_close(table, NULL), MR_OK);
}

const struct mr_test mr_tests[] = {
	{"steps_are_bilinear", steps_are_bilinear},
	{"damaged_table_is_refused_or_harmless",
	 damaged_table_is_refused_or_harmless},
	{"wrong_file_names_line_and_cause", wrong_file_names_line_and_cause},
	{"overlong_line_is_refused", overlong_line_is_refused},
	{"key_is_needed_and_only_there", key_is_needed_and_only_there},
	{"state_file_carries_the_table", state_file_carries_the_table},
	{"example_follows_the_curve_of_pcm", example_follows_the_curve_of_pcm},
	{0},
};
