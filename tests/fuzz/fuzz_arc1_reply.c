/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What an ArC ONE sends: bare floats, and lines. The first byte is how many of
 * the next bytes say what the driver does (its lower four bits); the rest comes
 * from the board, which then hangs up.
 */
#include <stdlib.h>
#include <string.h>

#include "../scripted.h"
#include "driver/arc1.h"
#include "fuzz.h"

#define STEPS 0x0f
#define KINDS 8
#define LISTED 5
#define SAID_MAX 65536

const char mr_fuzz_name[] = "arc1_reply";

static int take_floats(struct arc1 *a, uint32_t n, struct mr_errtext *err)
{
	float *r_ohm = malloc(n * sizeof *r_ohm);

	mr_fuzz_must(r_ohm != NULL, "there is memory");
	int rc = mr__arc1_floats(a, r_ohm, n, 1e-3, err);

	free(r_ohm);
	return rc;
}

static int step(struct arc1 *a, uint8_t what, struct mr_errtext *err)
{
	static const uint8_t word[LISTED] = {1, 2, 3, 2, 1};
	static const uint8_t bit[LISTED] = {1, 1, 2, 2, 3};
	float r_ohm[ARC1_LINES * ARC1_LINES];

	switch (what % KINDS) {
	case 0:
		return mr__arc1_read_one(a, 1, 2, r_ohm, err);
	case 1:
		return mr__arc1_read_all(a, r_ohm, err);
	case 2:
		return mr__arc1_read_listed(a, word, bit, LISTED, r_ohm, err);
	case 3:
		return mr__arc1_pulse_read(a, 3, 3, 1.5, 1e-6, r_ohm, err);
	case 4:
		return mr__arc1_column_current(a, 2, word, 2, 0.5, 1e-6, r_ohm,
		                               err);
	case 5:
		return mr__arc1_start(a, err);
	case 6:
		return mr__arc1_safe(a, err);
	default:
		return take_floats(a, 1u + what / KINDS * 5u, err);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scripted far;
	size_t n = size ? data[0] & STEPS : 0;

	if (size < 1 + n || size > SAID_MAX)
		return 0;
	scripted_open(&far, "/tmp");
	struct arc1 a = {.pipe = far.pipe,
	                 .words = 3,
	                 .bits = 3,
	                 .read_cycles = 1,
	                 .mode = ARC1_MODE_TIA4P,
	                 .v_read_V = 0.2,
	                 .answer_ns = 1000000,
	                 .in_step = true};

	if (size > 1 + n)
		scripted_say(&far, data + 1 + n, size - 1 - n);
	scripted_hang_up(&far);
	for (size_t i = 0; i < n; i++) {
		struct mr_errtext err = {""};
		int rc = step(&a, data[1 + i], &err);

		(void)mr_fuzz_judge(rc, err.text);
	}
	scripted_close(&far);
	return 0;
}
