/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Operations that the core composes where a back end lacks them: their values,
 * their children, and how they fail. */
#include <math.h>
#include <stdio.h>

#include "driver/array_priv.h"
#include "memrig/memrig.h"

#include "scribe.h"
#include "session.h"
#include "test.h"

static int submit(struct mr_array *array, struct mr_op *op)
{
	return mr_array_submit(array, op, 1, NULL, NULL);
}

static void close_array(struct mr_array *array)
{
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* ---- abilities ----------------------------------------------------------- */

static void abilities_follow_from_what_is_offered(void)
{
	static const struct {
		const char *offer;
		bool drive, trace, program;
	} cases[] = {{"read", true, false, false},
	             {"read+wait", true, true, false},
	             {"read+pulse", true, false, true},
	             {"pulse+wait", false, false, false},
	             {"trace+drive", true, true, false}};

	for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
		char uri[64];

		(void)snprintf(uri, sizeof uri, "emu:ideal?offer=%s",
		               cases[k].offer);
		struct mr_array *array = mr_session_open(uri);
		uint32_t has = mr_array_abilities(array);

		CU_ASSERT_EQUAL((has & MR_ABILITY(MR_OP_DRIVE)) != 0,
		                cases[k].drive);
		CU_ASSERT_EQUAL((has & MR_ABILITY(MR_OP_TRACE)) != 0,
		                cases[k].trace);
		CU_ASSERT_EQUAL((has & MR_ABILITY(MR_OP_PROGRAM)) != 0,
		                cases[k].program);
		close_array(array);
	}
}

/* ---- composed: program --------------------------------------------------- */

static void check_family(const struct mr_record *r, enum mr_op_kind kind)
{
	CU_ASSERT_FATAL(r->n > 4);
	const struct mr_event_seen *first = &r->events[0];
	const struct mr_event_seen *last = &r->events[r->n - 1];

	CU_ASSERT(first->what == 'b' && first->kind == kind);
	CU_ASSERT(last->what == 'e' && last->id == first->id);
	CU_ASSERT(first->parent == 0 && last->parent == 0);
	for (size_t i = 1; i + 1 < r->n; i++) {
		const struct mr_event_seen *e = &r->events[i];

		if (e->what == 's')
			continue;
		CU_ASSERT_EQUAL(e->parent, first->id);
		CU_ASSERT(e->id > first->id);
		CU_ASSERT(e->kind != kind);
	}
}

static void program_is_a_parent_with_its_children(void)
{
	struct mr_array *array =
		mr_session_open("emu:pcm?rows=3&cols=2&seed=12&offer=read+pulse");
	struct mr_record r = {0};
	struct mr_scribe a = {.name = 'A', .to = &r};
	uint32_t cells[] = {4, 0, 5}, pulses[3] = {0};
	float target_S[] = {2.385e-6f, 0.4e-6f, 6e-6f}, g_S[3] = {0};
	uint64_t spent = 0, seen = 0;
	struct mr_op op = {.kind = MR_OP_PROGRAM,
	                   .where = {.kind = MR_SELECT_LIST,
	                             .cells = cells,
	                             .n_cells = 3},
	                   .program = {.target_S = target_S,
	                               .tolerance_S = 0.6e-6,
	                               .budget = 150,
	                               .g_S = g_S,
	                               .pulses = pulses}};

	mr_scribe_watch(array, &a);
	MR_CODE(submit(array, &op), MR_OK);
	CU_ASSERT_EQUAL(op.outcome.n_effect, 3);
	CU_ASSERT_EQUAL(op.outcome.status, 0);
	CU_ASSERT_EQUAL(op.outcome.t_end_ns, mr_array_time_ns(array));
	check_family(&r, MR_OP_PROGRAM);
	for (int i = 0; i < 3; i++) {
		MR_NEAR((double)g_S[i], (double)target_S[i], 0.6e-6);
		spent += pulses[i];
	}
	for (size_t i = 0; i < r.n; i++)
		seen += r.events[i].what == 'e' ? r.events[i].pulses : 0;
	CU_ASSERT_EQUAL(spent, seen); /* what it says is what it sent */
	CU_ASSERT(spent > 0);
	close_array(array);
}

/* 2.385 uS in steps of .05 from 0: half the gap each time, then one by one;
 * 48 steps make 2.4 uS, and from 1 uS down 20 steps back to 0. */
static void program_goes_up_and_down(void)
{
	struct mr_array *array = mr_session_open("emu:ideal?rows=1&cols=1");
	uint32_t pulses = 0;
	float g_S = 0;
	struct mr_op op = {.kind = MR_OP_PROGRAM,
	                   .program = {.target = 2.385e-6,
	                               .tolerance_S = 0.026e-6,
	                               .budget = 60,
	                               .g_S = &g_S,
	                               .pulses = &pulses}};

	MR_CODE(submit(array, &op), MR_OK);
	CU_ASSERT(pulses == 48 || pulses == 47);
	op.program.target = 1e-6;
	MR_CODE(submit(array, &op), MR_OK);
	MR_NEAR((double)g_S, 1e-6, 0.026e-6);
	op.program.budget = 3; /* the gap of 20 steps is more */
	op.program.target = 0;
	MR_CODE(submit(array, &op), MR_OK);
	CU_ASSERT_EQUAL(op.outcome.status, MR_STATUS_NOT_CONVERGED);
	CU_ASSERT_EQUAL(pulses, 3);
	close_array(array);
}

/* Pulses of the first operation on the way from 0 to 5 uS. */
static uint64_t first_train(struct mr_array *array)
{
	struct mr_record r = {0};
	struct mr_scribe a = {.name = 'A', .to = &r};
	struct mr_op op = {.kind = MR_OP_PROGRAM,
	                   .program = {.target = 5e-6,
	                               .tolerance_S = 0.2e-6,
	                               .budget = 8}};
	uint64_t n = 0;

	mr_scribe_watch(array, &a);
	MR_CODE(submit(array, &op), MR_OK);
	mr_array_unobserve(array, &a);
	for (size_t k = 0; k < r.n && n == 0; k++)
		if (r.events[k].what == 'e' && r.events[k].kind == MR_OP_PULSE)
			n = r.events[k].pulses;
	return n;
}

static void program_is_planned_by_the_expected_step(void)
{
	struct mr_array *array = mr_session_open(
		"emu:ideal?rows=1&cols=1&offer=read+pulse");
	const struct mr_step half_uS = {.floor_S = 0.5e-6};
	const struct mr_step unknown = {0};
	const struct mr_step wrong[] = {{.floor_S = -1},
	                                {.offset_S = NAN},
	                                {.slope = INFINITY},
	                                {.history_S = 1e-6}};

	MR_CODE(mr_array_expect_step(array, MR_EFFECT_RAISE, &half_uS), MR_OK);
	CU_ASSERT_EQUAL(mr_description_effect(mr_array_describe(array),
	                                      MR_EFFECT_RAISE)->step.floor_S,
	                0.5e-6);
	CU_ASSERT_EQUAL(first_train(array), 5); /* half of 5 uS in .5 uS */
	MR_CODE(mr_array_expect_step(array, MR_EFFECT_LOWER, &unknown),
	        mr_description_effect(mr_array_describe(array), MR_EFFECT_LOWER)
	        ? MR_OK : MR_ERR_UNSUPPORTED);
	MR_CODE(mr_array_expect_step(array, MR_EFFECT_ERASE, &half_uS),
	        MR_ERR_UNSUPPORTED);
	for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
		MR_CODE(mr_array_expect_step(array, MR_EFFECT_RAISE, &wrong[k]),
		        MR_ERR_RANGE);
		MR_HAS(mr_array_errmsg(array), "must be finite");
	}
	close_array(array);
	array = mr_session_open("emu:pcm?rows=1&cols=1&offer=read+pulse");
	MR_CODE(mr_array_expect_step(array, MR_EFFECT_LOWER, &half_uS),
	        MR_ERR_UNSUPPORTED);
	MR_HAS(mr_array_errmsg(array), "no waveform");
	MR_CODE(mr_array_expect_step(array, MR_EFFECT_RAISE, &unknown), MR_OK);
	CU_ASSERT_EQUAL(first_train(array), 1);
	close_array(array);
}

/* Beyond what its cells reach a program tries, and says that it did not get there;
 * a configure changes nothing about what is expected. */
static void program_takes_targets_of_the_expected_range(void)
{
	struct mr_array *array =
		mr_session_open("emu:pcm?rows=1&cols=1");
	const struct mr_description *d = mr_array_describe(array);
	const struct mr_step coarse = {.floor_S = 4e-6};
	struct mr_op program = {.kind = MR_OP_PROGRAM,
	                        .program = {.target = 15e-6,
	                                    .tolerance_S = 0.5e-6,
	                                    .budget = 6}};
	struct mr_op configure = {.kind = MR_OP_CONFIGURE,
	                          .configure = {.name = "read_range",
	                                        .value = "2.385e-06"}};

	MR_CODE(submit(array, &program), MR_ERR_RANGE);
	MR_HAS(mr_array_errmsg(array), "1.2e-05");
	MR_CODE(mr_array_expect_step(array, MR_EFFECT_RAISE, &coarse), MR_OK);
	MR_CODE(mr_array_expect_range(array, 0, 20e-6), MR_OK);
	MR_CODE(submit(array, &program), MR_OK);
	CU_ASSERT(program.outcome.status & MR_STATUS_NOT_CONVERGED);
	MR_CODE(mr_array_expect_range(array, -1e-6, 20e-6), MR_ERR_RANGE);
	MR_CODE(mr_array_expect_range(array, 2e-6, 2e-6), MR_ERR_RANGE);
	MR_CODE(mr_array_expect_range(array, 0, INFINITY), MR_ERR_RANGE);
	MR_HAS(mr_array_errmsg(array), "ascending");
	MR_CODE(submit(array, &configure), MR_OK);
	CU_ASSERT_EQUAL(d->g_max_S, 20e-6);
	CU_ASSERT_EQUAL(mr_description_effect(d, MR_EFFECT_RAISE)->step.floor_S,
	                4e-6);
	close_array(array);
	array = mr_session_open("emu:pcm-target?rows=1&cols=1");
	MR_CODE(mr_array_expect_range(array, 0, 20e-6), MR_ERR_UNSUPPORTED);
	MR_HAS(mr_array_errmsg(array), "on its own");
	close_array(array);
}

static void program_with_a_failing_child_fails(void)
{
	struct mr_array *array = mr_session_open(
		"emu:pcm?rows=1&cols=1&offer=read+pulse&fault.at=2");
	struct mr_record r = {0};
	struct mr_scribe a = {.name = 'A', .to = &r};
	struct mr_op op = {.kind = MR_OP_PROGRAM,
	                   .program = {.target = 5e-6,
	                               .tolerance_S = 1e-9,
	                               .budget = 40}};

	mr_scribe_watch(array, &a);
	MR_CODE(submit(array, &op), MR_ERR_IO);
	CU_ASSERT_EQUAL(op.outcome.error, MR_ERR_IO);
	MR_HAS(r.events[r.n - 1].errtext, "fault injected");
	CU_ASSERT_EQUAL(r.events[r.n - 1].parent, 0);
	CU_ASSERT_EQUAL(r.events[r.n - 2].error, MR_ERR_IO);
	close_array(array);
}

/* Readings stop at .1 uS * 1.385: what lies beyond is known only as "more". */
#define CLIPPED "emu:ideal?rows=1&cols=4&adc_range_A=2.77e-8"

static void program_is_not_fooled_by_a_clipped_reading(void)
{
	struct mr_array *array = mr_session_open(CLIPPED);
	float g_S[4] = {0}, target_S[4] = {0.1e-6f, 0.1385e-6f, 0.1385e-6f, 0.3e-6f};
	uint32_t counts[4] = {2, 3, 200, 4}, pulses[4] = {0};
	uint8_t status[4] = {9, 9, 9, 9};
	struct mr_op op = {.kind = MR_OP_PROGRAM,
	                   .program = {.target_S = target_S,
	                               .tolerance_S = 0.04e-6,
	                               .budget = 50,
	                               .g_S = g_S,
	                               .pulses = pulses,
	                               .status = status}};
	struct mr_op set;

	mr_pulse_from(&set, mr_description_waveform(mr_array_describe(array),
	                                            "set"));
	set.where = (struct mr_selection){.kind = MR_SELECT_ALL};
	set.pulse.counts = counts;
	MR_CODE(submit(array, &set), MR_OK);
	MR_CODE(submit(array, &op), MR_OK);
	/* there from the start */
	CU_ASSERT(status[0] == 0 && pulses[0] == 0);
	/* .15 reads as .1385, the target itself: comes down to .1 to be seen */
	CU_ASSERT(status[1] == 0 && pulses[1] == 1);
	MR_NEAR((double)g_S[1], 0.1e-6, 1e-12);
	/* 10 uS: comes down, but not all the way */
	CU_ASSERT_EQUAL(status[2],
	                MR_STATUS_OVER_RANGE | MR_STATUS_NOT_CONVERGED);
	CU_ASSERT_EQUAL(pulses[2], 50);
	/* a target that cannot be read: no pulse is blind */
	CU_ASSERT_EQUAL(status[3],
	                MR_STATUS_OVER_RANGE | MR_STATUS_NOT_CONVERGED);
	CU_ASSERT_EQUAL(pulses[3], 0);
	CU_ASSERT_EQUAL(op.outcome.status,
	                MR_STATUS_OVER_RANGE | MR_STATUS_NOT_CONVERGED);
	close_array(array);
}

/* The ends of the range are said: 10 uS is full, and a pulse up says so. */
static void program_keeps_the_status_of_its_last_pulse(void)
{
	struct mr_array *array =
		mr_session_open("emu:ideal?rows=1&cols=1&dg_S=3e-6");
	uint8_t status = 9;
	struct mr_op op = {.kind = MR_OP_PROGRAM,
	                   .program = {.target = 9.6e-6,
	                               .tolerance_S = 0.5e-6,
	                               .budget = 20,
	                               .status = &status}};

	MR_CODE(submit(array, &op), MR_OK); /* 3, 6, 9, 12: cut to 10 */
	CU_ASSERT_EQUAL(status, MR_STATUS_SATURATED);
	CU_ASSERT_EQUAL(op.outcome.status, MR_STATUS_SATURATED);
	op.program.target = 7.2e-6; /* 10 - 3: free again */
	MR_CODE(submit(array, &op), MR_OK);
	CU_ASSERT_EQUAL(status, 0);
	close_array(array);
}

/* ---- composed: drive ----------------------------------------------------- */

/* Steps of .05 uS without noise: cell (r, c) holds (r + 2 c + 1) of them. */
static struct mr_array *known_array(const char *uri)
{
	struct mr_array *array = mr_session_open(uri);
	uint32_t counts[12];
	struct mr_op op;

	CU_ASSERT_EQUAL_FATAL(mr_array_describe(array)->rows, 3);
	for (uint32_t cell = 0; cell < 12; cell++)
		counts[cell] = cell / 4 + 2 * (cell % 4) + 1;
	mr_pulse_from(&op, mr_description_waveform(mr_array_describe(array),
	                                           "set"));
	op.where = (struct mr_selection){.kind = MR_SELECT_ALL};
	op.pulse.counts = counts;
	MR_CODE(submit(array, &op), MR_OK);
	return array;
}

static double known_S(uint32_t row, uint32_t col)
{
	return 0.05e-6 * (row + 2 * col + 1);
}

static void check_product(struct mr_array *array, enum mr_axis axis,
                          const uint32_t rows[2], const uint32_t cols[2],
                          struct mr_selection where)
{
	float v_V[6] = {0.1f, -0.05f, 0, 0.21f, 0, 0}, i_A[6] = {0};
	uint8_t status[6] = {9, 9, 9, 9, 9, 9};
	struct mr_op op = {.kind = MR_OP_DRIVE,
	                   .where = where,
	                   .drive = {.axis = axis,
	                             .batch = 3,
	                             .v_V = v_V,
	                             .period_s = 2.385e-3,
	                             .i_A = i_A,
	                             .status = status}};
	int64_t t_ns = mr_array_time_ns(array);

	MR_CODE(submit(array, &op), MR_OK);
	CU_ASSERT_EQUAL(op.outcome.n_effect, 3);
	CU_ASSERT_EQUAL(mr_array_time_ns(array) - t_ns, 3 * 2385000);
	for (int b = 0; b < 3; b++) {
		for (int j = 0; j < 2; j++) {
			double sum = 0;

			for (int k = 0; k < 2; k++) {
				double g = axis == MR_AXIS_ROWS
				                   ? known_S(rows[k], cols[j])
				                   : known_S(rows[j], cols[k]);

				sum += (double)v_V[2 * b + k] * g;
			}
			MR_NEAR((double)i_A[2 * b + j], sum, 1e-13);
			CU_ASSERT_EQUAL(status[2 * b + j], 0);
		}
	}
}

static void check_products(const char *uri)
{
	struct mr_array *array = known_array(uri);
	uint32_t rows[] = {2, 0}, cols[] = {3, 1};
	uint32_t rect_rows[] = {1, 2}, rect_cols[] = {2, 3};
	struct mr_selection outer = {.kind = MR_SELECT_OUTER,
	                             .rows = rows,
	                             .n_rows = 2,
	                             .cols = cols,
	                             .n_cols = 2};
	struct mr_selection rect = {.kind = MR_SELECT_RECT,
	                            .row = 1,
	                            .col = 2,
	                            .n_rows = 2,
	                            .n_cols = 2};

	for (int axis = 0; axis < 2; axis++) {
		check_product(array, (enum mr_axis)axis, rows, cols, outer);
		check_product(array, (enum mr_axis)axis, rect_rows, rect_cols,
		              rect);
	}
	close_array(array);
}

static void drive_composed_from_reads_is_the_product(void)
{
	check_products("emu:ideal?rows=3&cols=4");
	check_products("emu:ideal?rows=3&cols=4&offer=read+pulse+wait");
}

/* 200 steps are 10 uS: 2 uA at .2 V, far over the .1 uA of the meter. */
static void drive_composed_of_clipped_reads_says_so(void)
{
	struct mr_array *array = mr_session_open(
		"emu:ideal?rows=2&cols=3&adc_range_A=1e-7"
		"&offer=read+pulse+wait");
	struct mr_selection one = {.kind = MR_SELECT_LIST,
	                           .cells = (const uint32_t[]){1},
	                           .n_cells = 1};
	float v_V[6] = {0.2f, 0, 0, 0.2f, 0, 0}, i_A[9];
	uint8_t status[9];
	struct mr_op op = {.kind = MR_OP_DRIVE,
	                   .drive = {.batch = 3,
	                             .v_V = v_V,
	                             .i_A = i_A,
	                             .status = status}};

	for (int k = 0; k < 9; k++)
		status[k] = 9;
	MR_CODE(mr_array_pulse(array, &one, "set", 200), MR_OK);
	MR_CODE(submit(array, &op), MR_OK);
	CU_ASSERT_EQUAL(op.outcome.status, MR_STATUS_OVER_RANGE);
	for (int k = 0; k < 9; k++) /* vector 0 feeds row 0, output 1 is it */
		CU_ASSERT_EQUAL(status[k], k == 1 ? MR_STATUS_OVER_RANGE : 0);
	op.drive.axis = MR_AXIS_COLS;
	op.drive.batch = 2;
	op.drive.status = NULL; /* the outcome says it still */
	op.outcome.status = 0;
	v_V[0] = 0;
	v_V[4] = 0.1f; /* column 1 of the second vector */
	MR_CODE(submit(array, &op), MR_OK);
	CU_ASSERT_EQUAL(op.outcome.status, MR_STATUS_OVER_RANGE);
	v_V[4] = 0;
	MR_CODE(submit(array, &op), MR_OK);
	CU_ASSERT_EQUAL(op.outcome.status, 0);
	close_array(array);
}

static void drive_without_wait_takes_its_reads_alone(void)
{
	struct mr_array *array =
		known_array("emu:ideal?rows=3&cols=4&offer=read+pulse");
	struct mr_record r = {0};
	struct mr_scribe a = {.name = 'A', .to = &r};
	float v_V[3] = {0.1f, 0, 0.2f}, i_A[4] = {0};

	mr_scribe_watch(array, &a);
	MR_CODE(mr_array_drive(array, v_V, i_A), MR_OK);
	check_family(&r, MR_OP_DRIVE);
	CU_ASSERT_EQUAL(mr_record_reads(&r), 1);
	for (uint32_t c = 0; c < 4; c++)
		MR_NEAR((double)i_A[c],
		        0.1 * known_S(0, c) + 0.2 * known_S(2, c), 1e-13);
	close_array(array);
}

/* A board whose inputs only know off and one level. */
static void drive_of_undeclared_levels_is_composed(void)
{
	struct mr_array *array = known_array("emu:ideal?rows=3&cols=4");
	struct mr_record r = {0};
	struct mr_scribe a = {.name = 'A', .to = &r};
	float v_V[3] = {0.2f, 0, 0.2f}, i_A[4] = {0};

	array->desc.n_levels = 2;
	array->desc.level_V[1] = 0.2f;
	mr_scribe_watch(array, &a);
	MR_CODE(mr_array_drive(array, v_V, i_A), MR_OK);
	CU_ASSERT_EQUAL(mr_record_reads(&r), 0);
	v_V[1] = 0.1f;
	MR_CODE(mr_array_drive(array, v_V, i_A), MR_OK);
	CU_ASSERT_EQUAL(mr_record_reads(&r), 1);
	MR_NEAR((double)i_A[1],
	        0.2 * known_S(0, 1) + 0.1 * known_S(1, 1) + 0.2 * known_S(2, 1),
	        1e-13);
	close_array(array);
}

static void drive_with_a_failing_child_counts_its_vectors(void)
{
	struct mr_array *array = mr_session_open(
		"emu:ideal?rows=1&cols=1&offer=read+wait&fault.at=3");
	float v_V[3] = {0.1f, 0.1f, 0.1f}, i_A[3] = {0};
	struct mr_op op = {.kind = MR_OP_DRIVE,
	                   .drive = {.batch = 3,
	                             .v_V = v_V,
	                             .period_s = 1,
	                             .i_A = i_A}};

	MR_CODE(submit(array, &op), MR_ERR_IO); /* read, wait, read fails */
	CU_ASSERT_EQUAL(op.outcome.n_effect, 1);
	CU_ASSERT_EQUAL(op.outcome.error, MR_ERR_IO);
	close_array(array);
}

/* ---- composed: trace ----------------------------------------------------- */

static void trace_composed_from_waits_and_reads_is_ohms_law(void)
{
	struct mr_array *array =
		known_array("emu:ideal?rows=3&cols=4&offer=read+pulse+wait");
	float level[] = {0.1f, 0, -0.21f};
	double hold_s[] = {1e-3, 2e-3, 2.385e-3}, t_s[4] = {0};
	uint8_t sample[] = {0, 1, 1}, status[4] = {9, 9, 9, 9};
	uint32_t cells[] = {11, 2};
	float v_V[4] = {0}, i_A[4] = {0};
	struct mr_op op = {.kind = MR_OP_TRACE,
	                   .where = {.kind = MR_SELECT_LIST,
	                             .cells = cells,
	                             .n_cells = 2},
	                   .trace = {.n_levels = 3,
	                             .level = level,
	                             .hold_s = hold_s,
	                             .sample = sample,
	                             .v_V = v_V,
	                             .i_A = i_A,
	                             .t_s = t_s,
	                             .status = status}};

	MR_CODE(submit(array, &op), MR_OK);
	CU_ASSERT_EQUAL(op.outcome.n_effect, 2);
	CU_ASSERT(i_A[0] == 0.0f && v_V[0] == 0.0f && i_A[2] == 0.0f);
	MR_NEAR((double)i_A[1], -0.21 * known_S(2, 3), 1e-13);
	MR_NEAR((double)i_A[3], -0.21 * known_S(0, 2), 1e-13);
	MR_NEAR(t_s[0], 3e-3, 1e-9);
	MR_NEAR(t_s[1], 5.385e-3, 1e-12); /* the read is the end of the hold */
	MR_NEAR(t_s[2], 8.385e-3, 1e-12);
	MR_NEAR(t_s[3], 10.77e-3, 1e-12);
	CU_ASSERT(v_V[1] == -0.21f && v_V[3] == -0.21f);
	CU_ASSERT(status[0] == 0 && status[3] == 0);
	CU_ASSERT_EQUAL(op.outcome.t_end_ns - op.outcome.t_begin_ns, 10770000);
	close_array(array);
}

/* The same trace on an array that traces by itself and on one that does not. */
static void trace_composed_agrees_with_a_native_one(void)
{
	static const char *const uris[] = {
		"emu:ideal?rows=3&cols=4",
		"emu:ideal?rows=3&cols=4&offer=read+pulse+wait"};
	/* .6 V is the limit of reads, and its float lies above it */
	float level[] = {-0.2385f, 0, 0.6f, -0.0f, -0.1f, 0.3f};
	double hold_s[] = {2.385e-3, 1e-9, 4e-7, 1, 1e-6, 0.5};
	float i_A[2][18] = {{0}}, v_V[2][18] = {{0}};
	double t_s[2][18] = {{0}};
	uint8_t status[2][18] = {{0}};

	for (int k = 0; k < 2; k++) {
		struct mr_array *array = known_array(uris[k]);
		struct mr_op op = {.kind = MR_OP_TRACE,
		                   .where = {.kind = MR_SELECT_RECT,
		                             .row = 1,
		                             .col = 1,
		                             .n_rows = 1,
		                             .n_cols = 3},
		                   .trace = {.n_levels = 6,
		                             .level = level,
		                             .hold_s = hold_s,
		                             .v_V = v_V[k],
		                             .i_A = i_A[k],
		                             .t_s = t_s[k],
		                             .status = status[k]}};

		MR_CODE(submit(array, &op), MR_OK);
		close_array(array);
	}
	for (int i = 0; i < 18; i++) {
		MR_NEAR((double)i_A[1][i], (double)i_A[0][i], 1e-13);
		CU_ASSERT_EQUAL(v_V[1][i], v_V[0][i]);
		MR_NEAR(t_s[1][i], t_s[0][i], 1e-12);
		CU_ASSERT_EQUAL(status[1][i], status[0][i]);
		CU_ASSERT(signbit(i_A[1][i]) == 0 || i_A[1][i] < 0);
	}
	CU_ASSERT(i_A[1][0] < 0 && i_A[1][1] == 0.0f && i_A[1][2] > 0);
}

static void trace_composed_of_a_clipped_read_says_so(void)
{
	struct mr_array *array = mr_session_open(
		"emu:ideal?rows=1&cols=1&adc_range_A=1e-7"
		"&offer=read+pulse+wait");
	float level[] = {-0.2f, 0, 0.002f}, i_A[3] = {0};
	double hold_s[] = {1e-3, 1e-3, 1e-3};
	uint8_t status[3] = {9, 9, 9};
	struct mr_op op = {.kind = MR_OP_TRACE,
	                   .trace = {.n_levels = 3,
	                             .level = level,
	                             .hold_s = hold_s,
	                             .i_A = i_A,
	                             .status = status}};

	MR_CODE(mr_array_pulse(array, NULL, "set", 200), MR_OK); /* 10 uS */
	MR_CODE(submit(array, &op), MR_OK);
	CU_ASSERT(status[0] == MR_STATUS_OVER_RANGE && status[1] == 0 &&
	          status[2] == 0);
	CU_ASSERT_EQUAL(op.outcome.status, MR_STATUS_OVER_RANGE);
	MR_NEAR((double)i_A[0], -1e-7, 1e-13);
	MR_NEAR((double)i_A[2], 2e-8, 1e-13);
	op.trace.n_levels = 2;
	op.trace.status = NULL;
	MR_CODE(submit(array, &op), MR_OK);
	CU_ASSERT_EQUAL(op.outcome.status, MR_STATUS_OVER_RANGE);
	close_array(array);
}

static void trace_beyond_reads_cannot_be_composed(void)
{
	struct mr_array *array =
		mr_session_open("emu:ideal?rows=1&cols=1&offer=read+pulse+wait");
	double hold_s = 1e-3;
	float level = (float)mr_array_describe(array)->limits.v_pulse_max_V;
	float i_A;
	struct mr_op op = {.kind = MR_OP_TRACE,
	                   .trace = {.n_levels = 1,
	                             .level = &level,
	                             .hold_s = &hold_s,
	                             .i_A = &i_A}};

	MR_CODE(submit(array, &op), MR_ERR_UNSUPPORTED);
	MR_HAS(mr_array_errmsg(array), "only voltages up to");
	level = 0.1f;
	op.trace.compliance = 2.385e-6;
	MR_CODE(submit(array, &op), MR_ERR_UNSUPPORTED);
	op.trace.compliance = 0;
	MR_CODE(submit(array, &op), MR_OK);
	mr_array_stop(array);
	MR_CODE(submit(array, &op), MR_ERR_STOPPED);
	CU_ASSERT_EQUAL(op.outcome.n_effect, 0);
	close_array(array);
}

const struct mr_test mr_tests[] = {
	{"abilities_follow_from_what_is_offered",
         abilities_follow_from_what_is_offered},
	{"program_is_a_parent_with_its_children",
         program_is_a_parent_with_its_children},
	{"program_goes_up_and_down", program_goes_up_and_down},
	{"program_is_not_fooled_by_a_clipped_reading",
         program_is_not_fooled_by_a_clipped_reading},
	{"program_keeps_the_status_of_its_last_pulse",
         program_keeps_the_status_of_its_last_pulse},
	{"program_is_planned_by_the_expected_step",
	 program_is_planned_by_the_expected_step},
	{"program_takes_targets_of_the_expected_range",
	 program_takes_targets_of_the_expected_range},
	{"program_with_a_failing_child_fails",
         program_with_a_failing_child_fails},
	{"drive_composed_from_reads_is_the_product",
         drive_composed_from_reads_is_the_product},
	{"drive_composed_of_clipped_reads_says_so",
         drive_composed_of_clipped_reads_says_so},
	{"drive_without_wait_takes_its_reads_alone",
         drive_without_wait_takes_its_reads_alone},
	{"drive_of_undeclared_levels_is_composed",
         drive_of_undeclared_levels_is_composed},
	{"drive_with_a_failing_child_counts_its_vectors",
         drive_with_a_failing_child_counts_its_vectors},
	{"trace_composed_from_waits_and_reads_is_ohms_law",
         trace_composed_from_waits_and_reads_is_ohms_law},
	{"trace_composed_agrees_with_a_native_one",
         trace_composed_agrees_with_a_native_one},
	{"trace_composed_of_a_clipped_read_says_so",
         trace_composed_of_a_clipped_read_says_so},
	{"trace_beyond_reads_cannot_be_composed",
         trace_beyond_reads_cannot_be_composed},
	{0},
};
