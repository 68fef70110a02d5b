/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Converters: steps, range, and that clipping is always told. What a drive and
 * a read make of them is in test_emulator.c. */
#include <math.h>

#include "emulator/periphery.h"
#include "memrig/memrig.h"

#include "session.h"
#include "test.h"

#define RANGE_A 2.385e-6

static void adc_in_range_is_half_a_step_off_at_most(void)
{
	static const uint32_t bits[] = {2, 5, 8, 12};

	for (int k = 0; k < 4; k++) {
		struct periphery p = {.adc_bits = bits[k],
		                      .adc_range_A = RANGE_A};
		double step = RANGE_A / (ldexp(1, (int)bits[k] - 1) - 1);
		float before = -INFINITY;

		for (int i = -1000; i <= 1000; i++) {
			float in = (float)(RANGE_A * 0.999 * i / 1000);
			uint8_t status = 0;
			float out = mr__periphery_adc(&p, in, &status);

			MR_NEAR((double)out, (double)in, 0.501 * step);
			CU_ASSERT(out >= before);
			CU_ASSERT_EQUAL(status, 0);
			before = out;
		}
	}
}

static void adc_out_of_range_clips_and_says_so(void)
{
	struct periphery with = {.adc_bits = 6, .adc_range_A = RANGE_A};
	struct periphery without = {.adc_range_A = RANGE_A};
	struct periphery ideal = {0};

	for (int sign = -1; sign <= 1; sign += 2) {
		uint8_t status = MR_STATUS_SATURATED; /* what was there stays */
		float in = (float)(sign * 1.001 * RANGE_A);

		MR_NEAR((double)mr__periphery_adc(&with, in, &status),
		        sign * RANGE_A, 1e-12);
		CU_ASSERT_EQUAL(status,
		                MR_STATUS_SATURATED | MR_STATUS_OVER_RANGE);
		status = 0;
		MR_NEAR((double)mr__periphery_adc(&without, in, &status),
		        sign * RANGE_A, 1e-12);
		CU_ASSERT_EQUAL(status, MR_STATUS_OVER_RANGE);
		status = 0;
		CU_ASSERT_EQUAL(mr__periphery_adc(&ideal, in, &status), in);
		CU_ASSERT_EQUAL(status, 0);
	}
}

static void dac_rounds_to_its_codes(void)
{
	struct periphery p = {.dac_bits = 4, .dac_range_V = 0.35};
	struct periphery ideal = {.dac_range_V = 0.35};

	/* 7 codes over .35 V: steps of .05 V */
	MR_NEAR((double)mr__periphery_dac(&p, 0.1249f), 0.1, 1e-8);
	MR_NEAR((double)mr__periphery_dac(&p, 0.1251f), 0.15, 1e-8);
	MR_NEAR((double)mr__periphery_dac(&p, -0.1251f), -0.15, 1e-8);
	MR_NEAR((double)mr__periphery_dac(&p, 0.35f), 0.35, 1e-8);
	CU_ASSERT_EQUAL(mr__periphery_dac(&p, 0.0f), 0.0f);
	CU_ASSERT_EQUAL(mr__periphery_dac(&ideal, 0.1249f), 0.1249f);
}

/* The range that follows from the shape is .6 V * 10 uS * 3 rows. */
static void adc_without_a_range_takes_the_whole_array(void)
{
	struct mr_array *array =
		mr_session_open("emu:ideal?rows=3&cols=1&adc_bits=16");
	float v_V[3] = {0.599f, 0.599f, 0.599f}, i_A = 0;
	uint8_t status = 9;
	struct mr_op op = {.kind = MR_OP_DRIVE,
	                   .drive = {.batch = 1,
	                             .v_V = v_V,
	                             .i_A = &i_A,
	                             .status = &status}};

	MR_CODE(mr_array_pulse(array, NULL, "set", 200), MR_OK);
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
	MR_NEAR((double)i_A, 17.97e-6, 0.501 * 18e-6 / 32767);
	CU_ASSERT_EQUAL(status, 0);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void trace_samples_tell_compliance_and_range(void)
{
	struct mr_array *array = mr_session_open(
		"emu:ideal?rows=1&cols=1&adc_range_A=1.5e-6");
	float level[3] = {0.1f, 0.3f, -0.3f}, v_V[3] = {0}, i_A[3] = {0};
	double hold_s[3] = {1e-6, 1e-6, 1e-6};
	uint8_t status[3] = {9, 9, 9};
	struct mr_op op = {.kind = MR_OP_TRACE,
	                   .trace = {.n_levels = 3,
	                             .level = level,
	                             .hold_s = hold_s,
	                             .v_V = v_V,
	                             .i_A = i_A,
	                             .status = status}};

	MR_CODE(mr_array_pulse(array, NULL, "set", 200), MR_OK); /* 10 uS */
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
	MR_NEAR((double)i_A[0], 1e-6, 1e-12);
	MR_NEAR((double)i_A[1], 1.5e-6, 1e-12);
	MR_NEAR((double)i_A[2], -1.5e-6, 1e-12);
	CU_ASSERT(status[0] == 0 && status[1] == MR_STATUS_OVER_RANGE &&
	          status[2] == MR_STATUS_OVER_RANGE);
	CU_ASSERT_EQUAL(op.outcome.status, MR_STATUS_OVER_RANGE);
	op.trace.compliance = 1.2e-6;
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
	MR_NEAR((double)i_A[2], -1.2e-6, 1e-12);
	MR_NEAR((double)v_V[2], -0.12, 1e-6); /* what the cell still feels */
	CU_ASSERT_EQUAL(status[2], MR_STATUS_COMPLIANCE);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

const struct mr_test mr_tests[] = {
	{"adc_in_range_is_half_a_step_off_at_most",
         adc_in_range_is_half_a_step_off_at_most},
	{"adc_out_of_range_clips_and_says_so",
         adc_out_of_range_clips_and_says_so},
	{"dac_rounds_to_its_codes", dac_rounds_to_its_codes},
	{"adc_without_a_range_takes_the_whole_array",
         adc_without_a_range_takes_the_whole_array},
	{"trace_samples_tell_compliance_and_range",
         trace_samples_tell_compliance_and_range},
	{0},
};
