/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Profiles of instruments as files, and their answers as an instrument's, taken
 * apart by each shipped profile. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "driver/smu.h"
#include "fuzz.h"
#include "memrig/types.h"

const char mr_fuzz_name[] = "smu";

static void load(const char *path)
{
	for (int kind = 0; kind < SMU_KINDS; kind++) {
		struct smu_profile p;
		struct mr_errtext err = {""};

		if (!mr_fuzz_judge(mr__unit_profile_find(path, (enum smu_kind)kind,
		                                        &p, &err),
		                   err.text)) {
			mr_fuzz_must(strstr(err.text, path) != NULL,
			             "the sentence names the file");
			continue;
		}
		mr_fuzz_must(p.n_lines > 0 && p.n_idns > 0 && p.title[0],
		             "what is accepted is whole");
	}
}

static void take_apart(const char *text)
{
	double out[4];
	bool flag;
	long number = 0;
	const char *rest;
	struct mr_errtext err = {""};
	int n = mr__unit_numbers(text, out, 4);

	mr_fuzz_must(n >= -1 && n <= 4, "no more numbers than there is room");
	(void)mr_fuzz_judge(mr__unit_take_flag(text, &flag, &err), err.text);
	if (mr_fuzz_judge(mr__unit_take_error(text, &number, &rest, &err),
	                  err.text))
		mr_fuzz_must(rest >= text && rest <= text + strlen(text),
		             "the rest is within the answer");
}

static void read_values(const char *text)
{
	static struct smu_profile p;
	const char *name;
	enum smu_kind kind;

	for (size_t i = 0; mr__unit_profile_shipped(i, &name, &kind); i++) {
		struct smu_reading r;
		struct mr_errtext err = {""};

		if (kind != SMU_KIND_SMU)
			continue;
		mr_fuzz_must(!mr__unit_profile_find(name, kind, &p, &err),
		             "a shipped profile is right");
		if (mr_fuzz_judge(mr__unit_take_reading(&p, text, &r, &err),
		                  err.text))
			mr_fuzz_must(r.status & MR_STATUS_OVER_RANGE ||
			                     (isfinite(r.i_A) && isfinite(r.v_V)),
			             "a value is a number, or over range");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mr_fuzz_text(data, size);

	load(mr_fuzz_file(data, size));
	take_apart(text);
	if (size < SMU_ANSWER_MAX)
		read_values(text);
	free(text);
	return 0;
}
