/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Comparisons: tests of two samples, and of two logs. */
#include "memrig/memrig.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "calibration/twosample.h"
#include "memrig/random.h"
#include "protocols.h"
#include "test.h"

/* F - G is largest, 3/4, between 3 and 4: by hand. */
static void ks_by_hand(void)
{
	static const double a[] = {1, 2, 3, 8};
	static const double b[] = {4, 5, 6, 7};
	struct mr__twosample t;

	MR_CODE(mr__twosample_test(a, 4, b, 4, 0, &t), MR_OK);
	MR_NEAR(t.ks, 0.75, 1e-12);
	/* Kolmogorov's Q((sqrt 2 + .12 + .11/sqrt 2) .75) = Q(1.2090) = .1075,
	 * the series summed by hand */
	MR_NEAR(t.ks_p, 0.1075, 5e-4);
	MR_CODE(mr__twosample_test(a, 4, a, 4, 0, &t), MR_OK);
	MR_NEAR(t.ks, 0, 1e-12);
	MR_NEAR(t.energy, 0, 1e-12);
	MR_NEAR(t.ks_p, 1, 1e-12);
}

/* {0, 1} against {2, 3}: integral of (F - G)^2 is .25 + 1 + .25, the mean
 * distance is 2: by hand. */
static void energy_by_hand(void)
{
	static const double a[] = {0, 1};
	static const double b[] = {2, 3};
	struct mr__twosample t;

	MR_CODE(mr__twosample_test(a, 2, b, 2, 0, &t), MR_OK);
	MR_NEAR(t.energy, 1.5 / 2, 1e-12);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static void draw(double *out, size_t n, uint64_t seed, double shift)
{
	for (size_t k = 0; k < n; k++)
		out[k] = shift + (double)mr_random_normal(
				 seed, MR_PURPOSE_PULSE, (uint32_t)k, 0);
	qsort(out, n, sizeof *out, ascending);
}

/* Of 400 pairs of samples of one law, 5 % fall under p = .05: 20 +- 4.4; the
 * bounds are four of these away. A shift of half a deviation in 200 values is
 * found nearly always (power over .99). */
static void null_is_uniform(void)
{
	enum { N = 200, PAIRS = 400 };
	unsigned ks = 0;
	unsigned energy = 0;
	unsigned found = 0;

	for (uint64_t k = 0; k < PAIRS; k++) {
		double a[N];
		double b[N];
		struct mr__twosample t;

		draw(a, N, 2 * k, 0);
		draw(b, N, 2 * k + 1, 0);
		MR_CODE(mr__twosample_test(a, N, b, N, k, &t), MR_OK);
		ks += t.ks_p < 0.05;
		energy += t.energy_p < 0.05;
		if (k >= 40)
			continue;
		draw(b, N, 2 * k + 1, 0.5);
		MR_CODE(mr__twosample_test(a, N, b, N, k, &t), MR_OK);
		found += t.ks_p < 0.05 && t.energy_p < 0.05;
	}
	CU_ASSERT(ks >= 2 && ks <= 38);
	CU_ASSERT(energy >= 2 && energy <= 38);
	CU_ASSERT(found >= 36);
}

static struct mr_history *measure(const char *uri, const char *name)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_errtext err = {""};
	struct mr_history *h = NULL;
	struct mr_bench_log b;

	mr_bench_open(&b, uri, mr_test_path(path, name));
	mr_bench_pulses(&b, 2, 12, 16);
	mr_bench_close(&b);
	MR_CODE_ERR(mr_history_load(path, NULL, &h, &err), MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(h);
	return h;
}

static size_t rejected(const struct mr_history *a, const struct mr_history *b)
{
	struct mr_comparison *c = NULL;
	struct mr_errtext err = {""};
	size_t n;

	MR_CODE_ERR(mr_compare(a, b, 0.01, &c, &err), MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT(c->n_tests > 20);
	for (size_t k = 0; k < c->n_tests; k++) {
		CU_ASSERT(c->tests[k].n_a <= 256);
		CU_ASSERT(c->tests[k].p >= fmin(c->tests[k].ks_p,
		                                c->tests[k].energy_p));
	}
	n = c->rejected;
	mr_comparison_free(c);
	return n;
}

static void logs_of_one_kind(void)
{
	struct mr_history *a = measure("emu:pcm?rows=16&cols=16&seed=1",
	                               "one.db");
	struct mr_history *b = measure("emu:pcm?rows=16&cols=16&seed=2",
	                               "two.db");
	struct mr_history *c = measure(
		"emu:pcm?rows=16&cols=16&seed=3&a1_S=0&a2_S=0", "three.db");

	CU_ASSERT_EQUAL(rejected(a, b), 0);
	CU_ASSERT(rejected(a, c) > 5);
	mr_history_free(a);
	mr_history_free(b);
	mr_history_free(c);
}

/* Without noise all values of one side would differ from all of the other's. */
static void rounding_is_no_difference(void)
{
	struct mr_history *a = measure("emu:ideal?rows=8&cols=8&dg_S=0.0713e-6",
	                               "ideal.db");
	struct mr_history *b = measure(
		"emu:ideal?rows=8&cols=8&dg_S=0.07130001e-6", "rounded.db");

	CU_ASSERT_EQUAL(rejected(a, b), 0);
	mr_history_free(b);
	b = measure("emu:ideal?rows=8&cols=8&dg_S=0.072e-6", "other.db");
	CU_ASSERT(rejected(a, b) > 10);
	mr_history_free(b);
	mr_history_free(a);
}

static void replayed(void)
{
	char log[MR_TEST_PATH_MAX];
	char copy[MR_TEST_PATH_MAX];
	struct mr_errtext err = {""};
	struct mr_replay_notes notes;
	struct mr_history *a = measure("emu:pcm?rows=8&cols=8&seed=1",
	                               "from.db");
	struct mr_history *b = NULL;

	mr_test_path(log, "from.db");
	mr_test_path(copy, "to.db");
	MR_CODE_ERR(mr_replay(log, NULL, "emu:pcm?rows=8&cols=8&seed=1", copy,
	                      NULL, &notes, &err), MR_OK, err);
	CU_ASSERT_EQUAL(notes.n_done, 2 * 2 * 13);
	CU_ASSERT_EQUAL(notes.n_unsupported, 0);
	MR_CODE_ERR(mr_history_load(copy, NULL, &b, &err), MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	CU_ASSERT_EQUAL(a->digest, b->digest); /* the same seed again */
	mr_history_free(b);
	MR_CODE_ERR(mr_replay(log, NULL, "emu:pcm?rows=8&cols=8", copy, NULL,
	                      NULL, &err), MR_ERR_USAGE, err);
	MR_HAS(err.text, "there already");
	mr_test_path(copy, "other.db");
	MR_CODE_ERR(mr_replay(log, NULL, "emu:pcm?rows=8&cols=9", copy, NULL,
	                      NULL, &err), MR_ERR_USAGE, err);
	MR_HAS(err.text, "8 x 9");
	MR_CODE_ERR(mr_replay("/nowhere.db", NULL, "emu:pcm", copy, NULL, NULL,
	                      &err), MR_ERR_MISSING, err);
	mr_history_free(a);
}

/* Trains of the log's own planning, also on an array that would plan others. */
static void planned(void)
{
	struct mr_array *array = NULL;
	struct mr_op op = {.kind = MR_OP_PROGRAM,
	                   .program = {.target = 5e-6,
	                               .tolerance_S = 0.5e-6,
	                               .budget = 100}};
	char log[MR_TEST_PATH_MAX];
	char copy[MR_TEST_PATH_MAX];
	struct mr_errtext err = {""};
	struct mr_oplog *oplog = NULL;
	struct mr_oplog_reader *reader = NULL;
	struct mr_oplog_run_info *info = calloc(1, sizeof *info);
	const struct mr_step coarse = {.floor_S = 4e-6};

	CU_ASSERT_PTR_NOT_NULL_FATAL(info);
	mr_test_path(log, "planned.db");
	mr_test_path(copy, "again.db");
	MR_CODE_ERR(mr_array_open("emu:pcm?rows=4&cols=4", NULL, &array, &err),
	            MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(array);
	MR_CODE(mr_array_expect_step(array, MR_EFFECT_RAISE, &coarse), MR_OK);
	MR_CODE_ERR(mr_oplog_start(log, array, NULL, &oplog, &err), MR_OK, err);
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
	MR_CODE_ERR(mr_oplog_finish(oplog, &err), MR_OK, err);
	MR_CODE_ERR(mr_array_close(array, &err), MR_OK, err);
	MR_CODE_ERR(mr_replay(log, NULL, "emu:pcm?rows=4&cols=4&m1=-0.2", copy,
	                      NULL, NULL, &err), MR_OK, err);
	MR_CODE_ERR(mr_oplog_open(copy, &reader, &err), MR_OK, err);
	MR_CODE(mr_oplog_info(reader, 1, info), MR_OK);
	CU_ASSERT_EQUAL(mr_description_effect(&info->desc, MR_EFFECT_RAISE)
	                ->step.floor_S, 4e-6);
	mr_oplog_close(reader);
	free(info);
}

#define CELLS 16 /* more than the 12 that a group needs */
#define READS 8  /* a sequence of noise */

/* Readings a second apart, with some scatter. */
static void read_often(struct mr_history_event *e, int64_t from_s, double g_S,
                       uint32_t cell)
{
	for (uint32_t k = 0; k < READS; k++)
		e[k] = (struct mr_history_event){
			.kind = MR_HISTORY_READ,
			.t_ns = (from_s + k) * 1000000000,
			.count = 1,
			.g_S = (float)(g_S * (1 + 0.01 * ((7 * k + 3 * cell) % 5)))};
}

/* Groups of noise at 5 uS and at 1 uS: cells as found, and after a RESET. */
static void noise_groups(bool programmed, size_t *found, size_t *after)
{
	static struct mr_history_event events[CELLS * (2 * READS + 1)];
	static const struct mr_history_part part = {.protocol = "map"};
	size_t each = programmed ? 2 * READS + 1 : READS;
	size_t first[CELLS + 1];
	struct mr_history h = {.desc.g_max_S = 12e-6, .n_cells = CELLS,
	                       .first = first, .events = events, .n_parts = 1,
	                       .parts = &part};
	struct mr_comparison *c = NULL;
	struct mr_errtext err = {""};

	for (uint32_t cell = 0; cell <= CELLS; cell++)
		first[cell] = cell * each;
	for (uint32_t cell = 0; cell < CELLS; cell++) {
		struct mr_history_event *e = events + first[cell];

		read_often(e, 1, 5e-6, cell);
		if (!programmed)
			continue;
		e[READS] = (struct mr_history_event){
			.kind = MR_HISTORY_PULSE, .count = 1,
			.t_ns = INT64_C(20000000000), .effect = MR_EFFECT_ERASE};
		read_often(e + READS + 1, 21, 1e-6, cell);
	}
	MR_CODE_ERR(mr_compare(&h, &h, 0.01, &c, &err), MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	*found = *after = 0;
	for (size_t k = 0; k < c->n_tests; k++) {
		bool noise = c->tests[k].quantity == MR_COMPARE_FAST_NOISE
		             || c->tests[k].quantity == MR_COMPARE_SLOW_NOISE;

		*found += noise && c->tests[k].level > 4e-6;
		*after += noise && c->tests[k].level < 2e-6;
	}
	mr_comparison_free(c);
}

/* What cells were before the log says nothing of the array that does it again;
 * where nothing is programmed, there is nothing else to compare. */
static void cells_as_found(void)
{
	size_t found;
	size_t after;

	noise_groups(true, &found, &after);
	CU_ASSERT_EQUAL(found, 0);
	CU_ASSERT_EQUAL(after, 2);
	noise_groups(false, &found, &after);
	CU_ASSERT_EQUAL(found, 2);
	CU_ASSERT_EQUAL(after, 0);
}

/* An ArC ONE's half-select scheme is nothing that an emulator could set. */
static void foreign_condition_is_left_out(void)
{
	char log[MR_TEST_PATH_MAX];
	char copy[MR_TEST_PATH_MAX];
	struct mr_op op = {.kind = MR_OP_CONFIGURE,
	                   .configure = {"scheme", "v2"}};
	struct mr_errtext err = {""};
	struct mr_replay_notes notes;
	struct mr_bench_log b;

	mr_bench_open(&b, "arc1+loop:pcm?emu.rows=2&emu.cols=2&rows=2&cols=2&"
	              "device=pcm&emu.r_load_ohm=2385&device.r_load_ohm=2385&"
	              "emu.width_set_s=1e-7&device.width_set_s=1e-7",
	              mr_test_path(log, "scheme.db"));
	MR_CODE(mr_array_submit(b.array, &op, 1, NULL, NULL), MR_OK);
	mr_bench_read(&b, 1);
	mr_bench_close(&b);
	MR_CODE_ERR(mr_replay(log, NULL, "emu:pcm?rows=2&cols=2",
	                      mr_test_path(copy, "left.db"), NULL, &notes,
	                      &err), MR_OK, err);
	CU_ASSERT_EQUAL(notes.n_unsupported, 1);
	CU_ASSERT_EQUAL(notes.n_done, 1);
}

static void wrong_use(void)
{
	struct mr_history *a = measure("emu:pcm?rows=4&cols=4&seed=1", "a.db");
	struct mr_history *b = measure("emu:pcm?rows=2&cols=2&seed=1", "b.db");
	struct mr_comparison *c = NULL;
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_compare(a, a, 0, &c, &err), MR_ERR_RANGE, err);
	MR_CODE_ERR(mr_compare(a, a, 1, &c, &err), MR_ERR_RANGE, err);
	MR_CODE_ERR(mr_compare(a, b, 0.01, &c, &err), MR_ERR_UNSUPPORTED, err);
	MR_HAS(err.text, "in common");
	CU_ASSERT_PTR_NULL(c);
	mr_comparison_free(NULL);
	mr_history_free(a);
	mr_history_free(b);
}

const struct mr_test mr_tests[] = {
	{"twosample_ks_is_as_by_hand", ks_by_hand},
	{"twosample_energy_is_as_by_hand", energy_by_hand},
	{"twosample_p_of_one_law_is_uniform", null_is_uniform},
	{"compare_finds_what_differs_only", logs_of_one_kind},
	{"compare_cells_as_found_do_not_count", cells_as_found},
	{"compare_replay_does_what_was_done", replayed},
	{"compare_replay_plans_as_the_log_did", planned},
	{"compare_foreign_condition_is_left_out",
	 foreign_condition_is_left_out},
	{"compare_wrong_use_is_refused", wrong_use},
	{"compare_rounding_is_no_difference", rounding_is_no_difference},
	{0},
};
