/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Plans: what would happen, and that nothing does. */
#include <math.h>
#include <string.h>

#include "memrig/emulator.h"
#include "memrig/memrig.h"

#include "session.h"
#include "test.h"

#define ARC1                                                                  \
	"arc1+loop:ideal?rows=3&cols=4&emu.rows=3&emu.cols=4&device=ideal"

static void values_are_those_that_the_wire_carries(void)
{
	struct mr_array *array = mr_session_open(ARC1);
	const float volts[] = {0.123456f, -0.2f};
	const uint32_t counts[] = {2, 3};
	struct mr_op op = {.kind = MR_OP_PULSE,
	                   .where = {.kind = MR_SELECT_RECT,
	                             .n_rows = 1,
	                             .n_cols = 2},
	                   .pulse = {.amplitudes = volts,
	                             .counts = counts,
	                             .width_s = 1.23456e-3}};
	struct mr_plan p;

	MR_CODE(mr_array_plan(array, &op, &p), MR_OK);
	MR_NEAR(p.amplitude.least, -0.2, 1e-12);
	MR_NEAR(p.amplitude.greatest, 0.1235, 1e-12); /* four digits go over */
	MR_NEAR(p.width_s.greatest, 1.235e-3, 1e-15);
	CU_ASSERT_EQUAL(p.n_pulses, 5);
	MR_NEAR(p.duration_s, 5 * 1.235e-3, 1e-12);
	CU_ASSERT_STRING_EQUAL(p.scheme->name, "v3");
	MR_NEAR(p.row_selected_V, 0.2, 1e-12);
	MR_NEAR(p.col_other_V, 0.2 / 3, 1e-9);
	MR_NEAR(p.half_selected_V, 0.2 * 2 / 3, 1e-9);
	CU_ASSERT(!p.composed);
	CU_ASSERT_EQUAL(mr_array_time_ns(array), 0);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void every_kind_has_a_plan(void)
{
	struct mr_array *array = mr_session_open("emu:ideal?rows=2&cols=3");
	const float level[] = {0.1f, -0.1f}, v_V[] = {0.1f, 0.2f};
	const double hold_s[] = {1e-3, 2e-3};
	float out[12];
	struct mr_op ops[] = {
		{.kind = MR_OP_READ,
	         .read = {.g_S = out, .averages = 3, .t_int_s = 1e-3}},
		{.kind = MR_OP_TRACE,
	         .trace = {.n_levels = 2,
	                   .level = level,
	                   .hold_s = hold_s,
	                   .i_A = out}},
		{.kind = MR_OP_DRIVE,
	         .drive = {.batch = 1,
	                   .v_V = v_V,
	                   .duration_s = 1e-3,
	                   .period_s = 5e-3,
	                   .i_A = out}},
		{.kind = MR_OP_WAIT, .wait = {.duration_s = 7}},
		{.kind = MR_OP_PROGRAM,
	         .program = {.target = 1e-6, .tolerance_S = 1e-6, .budget = 4}}};
	const double duration_s[] = {6 * 3e-3, 6 * 3e-3, 5e-3, 7, NAN};
	struct mr_truth before, after;
	struct mr_plan p;

	MR_CODE(mr_emulator_truth(array, &before), MR_OK);
	for (size_t k = 0; k < sizeof ops / sizeof ops[0]; k++) {
		MR_CODE(mr_array_plan(array, &ops[k], &p), MR_OK);
		CU_ASSERT(isnan(duration_s[k])
		                  ? isnan(p.duration_s)
		                  : fabs(p.duration_s - duration_s[k]) < 1e-12);
	}
	CU_ASSERT_EQUAL(p.n_pulses, 24);
	MR_CODE(mr_emulator_truth(array, &after), MR_OK);
	CU_ASSERT_EQUAL(after.reads[0], before.reads[0]);
	CU_ASSERT_EQUAL(after.pulses[0], 0);
	CU_ASSERT_EQUAL(mr_array_time_ns(array), 0);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* A plan spends no budget and uses up no arm. */
static void plans_spend_nothing(void)
{
	struct mr_array *array = mr_session_open(
		ARC1 "&guard.pulses=3&guard.form_V=0.15&guard.total_J=1");
	const uint32_t cell = 5;
	struct mr_op op = {.kind = MR_OP_PULSE,
	                   .where = {.kind = MR_SELECT_LIST,
	                             .cells = &cell,
	                             .n_cells = 1},
	                   .pulse = {.amplitude = 0.2,
	                             .width_s = 1e-3,
	                             .count = 3}};
	struct mr_op arm = {.kind = MR_OP_CONFIGURE,
	                    .configure = {.name = "arm", .value = "5"}};
	struct mr_plan p;

	MR_CODE(mr_array_plan(array, &op, &p), MR_ERR_REFUSED);
	MR_HAS(mr_array_errmsg(array), "guard.form_V");
	MR_CODE(mr_array_plan(array, &arm, &p), MR_OK);
	MR_CODE(mr_array_plan(array, &op, &p), MR_ERR_REFUSED);
	MR_CODE(mr_array_submit(array, &arm, 1, NULL, NULL), MR_OK);
	for (int k = 0; k < 3; k++)
		MR_CODE(mr_array_plan(array, &op, &p), MR_OK);
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
	op.pulse.amplitude = 0.1;
	op.pulse.count = 1;
	MR_CODE(mr_array_plan(array, &op, &p), MR_ERR_REFUSED);
	MR_HAS(mr_array_errmsg(array), "guard.pulses");
	op.pulse.width_s = -1;
	MR_CODE(mr_array_plan(array, &op, &p), MR_ERR_RANGE);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void plan_from_inside(void *self, const struct mr_event *event)
{
	struct mr_plan p;

	MR_CODE(mr_array_plan(self, event->op, &p), MR_ERR_BUSY);
}

static void callbacks_do_not_plan(void)
{
	struct mr_array *array = mr_session_open("emu:ideal?rows=1&cols=1");
	const struct mr_observer observer = {.self = array,
	                                     .end = plan_from_inside};
	float g_S;

	MR_CODE(mr_array_observe(array, &observer), MR_OK);
	MR_CODE(mr_array_read(array, NULL, &g_S), MR_OK);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

const struct mr_test mr_tests[] = {
	{"values_are_those_that_the_wire_carries",
	 values_are_those_that_the_wire_carries},
	{"every_kind_has_a_plan", every_kind_has_a_plan},
	{"plans_spend_nothing", plans_spend_nothing},
	{"callbacks_do_not_plan", callbacks_do_not_plan},
	{0},
};
