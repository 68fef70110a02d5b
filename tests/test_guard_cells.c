/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What a guard knows of single cells: half-select voltages by the scheme, how
 * often each cell felt them, pulses on it, energy, forming, who is there. On a
 * virtual ArC ONE, whose "V/3" has both kinds of idle lines at V/3 (its manual):
 * cells on the active row see 2/3 V, those on the active column 1/3, others 0.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "driver/database.h"
#include "memrig/memrig.h"

#include "test.h"

#define BOARD                                                                 \
	"arc1+loop:ideal?rows=3&cols=4&emu.rows=3&emu.cols=4&device=ideal&"
#define N_CELLS 12

static struct mr_array *open_board(const char *keys)
{
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};
	char uri[400];

	(void)snprintf(uri, sizeof uri, "%s%s", BOARD, keys);
	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), MR_OK, err);
	CU_ASSERT_FATAL(array != NULL);
	return array;
}

static void drop(struct mr_array *array)
{
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static struct mr_op pulse_at(const uint32_t *cells, uint32_t n, double v_V,
                             uint32_t count)
{
	return (struct mr_op){.kind = MR_OP_PULSE,
	                      .where = {.kind = MR_SELECT_LIST,
	                                .cells = cells,
	                                .n_cells = n},
	                      .pulse = {.amplitude = v_V,
	                                .width_s = 1e-3,
	                                .count = count}};
}

static int submit(struct mr_array *array, struct mr_op *op)
{
	return mr_array_submit(array, op, 1, NULL, NULL);
}

static void expect_refused(struct mr_array *array, struct mr_op *op,
                           const char *key)
{
	MR_CODE(submit(array, op), MR_ERR_REFUSED);
	MR_HAS(mr_array_errmsg(array), key);
}

static int configure(struct mr_array *array, const char *name,
                     const char *value)
{
	struct mr_op op = {.kind = MR_OP_CONFIGURE,
	                   .configure = {.name = name, .value = value}};

	return submit(array, &op);
}

static double pulse_limit_V(const struct mr_array *array)
{
	return mr_array_describe(array)->limits.v_pulse_max_V;
}

static void worst_half_select_is_limited(void)
{
	struct mr_array *array = open_board("guard.disturb_V=0.2");
	const uint32_t cell = 5;
	struct mr_op low = pulse_at(&cell, 1, 0.29, 1); /* 2/3: .193 */
	struct mr_op high = pulse_at(&cell, 1, 0.32, 1); /* .213 */

	CU_ASSERT_FATAL(pulse_limit_V(array) >= 0.5);
	MR_CODE(submit(array, &low), MR_OK);
	expect_refused(array, &high, "guard.disturb_V");
	MR_HAS(mr_array_errmsg(array), "scheme v3");
	/* V/2: half on row and column */
	MR_CODE(configure(array, "scheme", "v2"), MR_OK);
	MR_CODE(submit(array, &high), MR_OK); /* .16 */
	high.pulse.amplitude = -0.41;
	expect_refused(array, &high, "scheme v2");
	/* floating lines: who knows */
	MR_CODE(configure(array, "scheme", "float"), MR_OK);
	low.pulse.amplitude = 0.21;
	expect_refused(array, &low, "scheme float");
	drop(array);
}

/* The scheme that an earlier operation of the list sets holds for the later. */
static void scheme_changes_within_a_list(void)
{
	struct mr_array *array = open_board("guard.disturb_V=0.2");
	const uint32_t cell = 5;
	size_t done = 0;
	struct mr_op ops[2] = {
		{.kind = MR_OP_CONFIGURE,
	         .configure = {.name = "scheme", .value = "v2"}},
		pulse_at(&cell, 1, 0.32, 1)};

	MR_CODE(mr_array_submit(array, ops, 2, NULL, &done), MR_OK);
	CU_ASSERT_EQUAL(done, 2);
	ops[0].configure.value = "v3";
	MR_CODE(mr_array_submit(array, ops, 2, NULL, &done), MR_ERR_REFUSED);
	CU_ASSERT_EQUAL(done, 1);
	drop(array);
}

static struct mr_exposure exposure(const struct mr_array *array, uint32_t cell)
{
	struct mr_exposure e = {.pulses = 0};

	MR_CODE(mr_array_exposure(array, cell, &e), MR_OK);
	return e;
}

/* Counted one by one, as the simple reference: pulses on the row at 2/3 V and on
 * the column at 1/3 V, where that is over the threshold. */
static void exposures_are_those_of_a_plain_count(void)
{
	struct mr_array *array = open_board("guard.disturb_from_V=0.12");
	const struct {
		uint32_t cell;
		double v_V;
		uint32_t count;
	} done[] = {{5, 0.3, 3}, {6, 0.4, 2}, {1, -0.4, 5}, {5, 0.1, 7}};
	uint64_t own[N_CELLS] = {0}, felt[N_CELLS] = {0};

	for (size_t k = 0; k < sizeof done / sizeof done[0]; k++) {
		struct mr_op op = pulse_at(&done[k].cell, 1, done[k].v_V,
		                           done[k].count);
		double v_V = fabs(done[k].v_V);

		MR_CODE(submit(array, &op), MR_OK);
		for (uint32_t c = 0; c < N_CELLS; c++) {
			bool row = c / 4 == done[k].cell / 4;
			bool col = c % 4 == done[k].cell % 4;

			if (c == done[k].cell)
				own[c] += done[k].count;
			else if ((row && v_V * 2 / 3 > 0.12) ||
			         (col && v_V / 3 > 0.12))
				felt[c] += done[k].count;
		}
	}
	for (uint32_t c = 0; c < N_CELLS; c++) {
		struct mr_exposure e = exposure(array, c);

		CU_ASSERT_EQUAL(e.pulses, own[c]);
		CU_ASSERT_EQUAL(e.half_selected, felt[c]);
	}
	MR_CODE(mr_array_exposure(array, N_CELLS, &(struct mr_exposure){0}),
	        MR_ERR_RANGE);
	drop(array);
}

static void exposures_and_pulses_of_a_cell_are_limited(void)
{
	struct mr_array *array = open_board(
		"guard.exposures=4&guard.cell_pulses=6&guard.disturb_from_V=0.12");
	const uint32_t a = 5, twice[] = {9, 9};
	struct mr_op op = pulse_at(&a, 1, 0.3, 4);

	MR_CODE(submit(array, &op), MR_OK);
	op.pulse.count = 1;
	expect_refused(array, &op, "guard.exposures");
	CU_ASSERT_EQUAL(exposure(array, 4).half_selected, 4);
	op.pulse.amplitude = 0.1; /* nobody feels it */
	op.pulse.count = 2;
	MR_CODE(submit(array, &op), MR_OK);
	op.pulse.count = 1;
	expect_refused(array, &op, "guard.cell_pulses");
	CU_ASSERT_EQUAL(exposure(array, a).pulses, 6);
	op = pulse_at(twice, 2, 0.1, 4); /* 8 on one cell */
	expect_refused(array, &op, "guard.cell_pulses");
	CU_ASSERT_EQUAL(exposure(array, 9).pulses, 0);
	drop(array);
}

static void emulated_transistors_count_nothing(void)
{
	struct mr_array *array = NULL;
	struct mr_exposure e;

	MR_CODE(mr_array_open("emu:ideal?rows=2&cols=2", NULL, &array, NULL),
	        MR_OK);
	MR_CODE(mr_array_exposure(array, 0, &e), MR_ERR_UNSUPPORTED);
	drop(array);
}

/* Volts: V * compliance * t where that bounds the current, else V^2 g_max t. */
static void energy_is_limited_per_pulse_and_in_all(void)
{
	struct mr_array *array = open_board("guard.pulse_J=1e-7");
	const uint32_t cell = 0;
	double g_max_S = mr_array_describe(array)->g_max_S;
	struct mr_op op = pulse_at(&cell, 1, 0.3, 1);
	double J = 0.3 * 0.3 * g_max_S * 1e-3;

	op.pulse.width_s = 0.9e-7 / (0.3 * 0.3 * g_max_S);
	MR_CODE(submit(array, &op), MR_OK);
	op.pulse.width_s = 1.1e-7 / (0.3 * 0.3 * g_max_S);
	expect_refused(array, &op, "guard.pulse_J");
	drop(array);

	char keys[64];

	(void)snprintf(keys, sizeof keys, "guard.total_J=%.9g", 5.5 * J);
	array = open_board(keys);
	op = pulse_at(&cell, 1, 0.3, 5);
	MR_CODE(submit(array, &op), MR_OK);
	op.pulse.count = 1;
	expect_refused(array, &op, "guard.total_J");
	drop(array);
}

static void forming_needs_an_arm_for_that_cell(void)
{
	struct mr_array *array = open_board("guard.form_V=0.3");
	const uint32_t cell = 5, other = 6, both[] = {5, 6};
	struct mr_op op = pulse_at(&cell, 1, 0.4, 1);

	expect_refused(array, &op, "guard.form_V");
	MR_CODE(configure(array, "arm", "5"), MR_OK);
	MR_CODE(submit(array, &op), MR_OK);
	expect_refused(array, &op, "needs an arm"); /* it is used up */
	MR_CODE(configure(array, "arm", "5"), MR_OK);
	op = pulse_at(&other, 1, 0.4, 1);
	expect_refused(array, &op, "cell 5 alone");
	op = pulse_at(both, 2, 0.4, 1);
	MR_CODE(configure(array, "arm", "5"), MR_OK);
	expect_refused(array, &op, "cell 5 alone");
	MR_CODE(configure(array, "arm", "5"), MR_OK);
	MR_CODE(configure(array, "arm", "-1"), MR_OK);
	op = pulse_at(&cell, 1, 0.4, 1);
	expect_refused(array, &op, "needs an arm");
	op = pulse_at(&cell, 1, 0.2, 1);
	MR_CODE(submit(array, &op), MR_OK); /* below it needs none */
	MR_CODE(configure(array, "arm", "12"), MR_ERR_RANGE);
	MR_CODE(configure(array, "arm", "2.5"), MR_ERR_RANGE);
	drop(array);
}

static void arm_is_for_ten_seconds(void)
{
	struct mr_manual_clock time = {0, 0};
	struct mr_clock clock;
	const uint32_t cell = 5;
	struct mr_op op = pulse_at(&cell, 1, 0.4, 1);
	struct mr_array *array = NULL;

	mr_clock_manual(&clock, &time);
	const struct mr_open_options options = {.clock = &clock};

	MR_CODE(mr_array_open(BOARD "guard.form_V=0.3", &options, &array, NULL),
	        MR_OK);
	MR_CODE(configure(array, "arm", "5"), MR_OK);
	time.monotonic_ns += INT64_C(11000000000);
	expect_refused(array, &op, "within 10 s");
	drop(array);
}

static void wrong_board_is_refused(void)
{
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};

	MR_CODE(mr_array_open(BOARD "guard.identity=ArC%20TWO", NULL, &array,
	                      &err),
	        MR_ERR_MISMATCH);
	MR_HAS(err.text, "ArC ONE");
	MR_HAS(err.text, "ArC TWO");
	drop(open_board("guard.identity=ArC%20ONE"));
}

static void reads_have_a_ceiling_of_their_own(void)
{
	struct mr_array *array = open_board("guard.read_V=0.15");
	const struct mr_limits *l = &mr_array_describe(array)->limits;

	MR_NEAR(l->v_read_max_V, 0.15, 1e-12);
	CU_ASSERT(l->v_pulse_max_V > 0.15);
	drop(array);
}

static void log_holds_what_cells_felt(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array = open_board("guard.disturb_from_V=0.12");
	const uint32_t cell = 5;
	struct mr_op op = pulse_at(&cell, 1, 0.3, 3);
	struct mr_oplog *log = NULL;
	struct mr__db *db = NULL;
	int64_t n = 0;

	mr_test_path(path, "felt.db");
	(void)remove(path);
	MR_CODE(mr_oplog_start(path, array, NULL, &log, NULL), MR_OK);
	MR_CODE(submit(array, &op), MR_OK);
	MR_CODE(mr_oplog_finish(log, NULL), MR_OK);
	drop(array);
	MR_CODE(mr__db_open(path, MR__DB_READ, &db, NULL), MR_OK);
	MR_CODE(mr__db_number(db, "SELECT pulses FROM exposure WHERE row=1 AND "
	                          "col=1", &n),
	        MR_OK);
	CU_ASSERT_EQUAL(n, 3);
	MR_CODE(mr__db_number(db, "SELECT sum(half_selected) FROM exposure", &n),
	        MR_OK);
	CU_ASSERT_EQUAL(n, 9); /* three cells on the row, at .2 V */
	mr__db_close(db);
}

const struct mr_test mr_tests[] = {
	{"worst_half_select_is_limited", worst_half_select_is_limited},
	{"scheme_changes_within_a_list", scheme_changes_within_a_list},
	{"exposures_are_those_of_a_plain_count",
	 exposures_are_those_of_a_plain_count},
	{"exposures_and_pulses_of_a_cell_are_limited",
	 exposures_and_pulses_of_a_cell_are_limited},
	{"emulated_transistors_count_nothing",
	 emulated_transistors_count_nothing},
	{"energy_is_limited_per_pulse_and_in_all",
	 energy_is_limited_per_pulse_and_in_all},
	{"forming_needs_an_arm_for_that_cell",
	 forming_needs_an_arm_for_that_cell},
	{"arm_is_for_ten_seconds", arm_is_for_ten_seconds},
	{"wrong_board_is_refused", wrong_board_is_refused},
	{"reads_have_a_ceiling_of_their_own", reads_have_a_ceiling_of_their_own},
	{"log_holds_what_cells_felt", log_holds_what_cells_felt},
	{0},
};
