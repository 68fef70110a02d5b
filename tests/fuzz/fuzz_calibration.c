/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Calibration files: what is accepted corrects monotonically. */
#include <math.h>

#include "fuzz.h"
#include "memrig/calibrate.h"

#define STEPS 200

const char mr_fuzz_name[] = "calibration";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mr_calibration c;
	struct mr_errtext err = {""};
	double before = -INFINITY;

	if (!mr_fuzz_judge(mr_calibration_read(mr_fuzz_file(data, size), &c,
	                                       &err),
	                   err.text))
		return 0;
	for (int k = -STEPS; k <= STEPS; k++) {
		double i_A = mr_calibration_correct(&c, k * 1e-8);

		/* rounding beside a great offset or residual is no fold */
		mr_fuzz_must(i_A >= before - 1e-9 * fabs(before),
		             "it is monotone");
		mr_fuzz_must(mr_calibration_error(&c, k * 1e-8) >= 0,
		             "errors are not negative");
		before = i_A;
	}
	return 0;
}
