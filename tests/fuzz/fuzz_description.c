/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Descriptions of arrays as JSON: what is read is written and read again
 * without a change. */
#include <stdlib.h>
#include <string.h>

#include "driver/description_json.h"
#include "fuzz.h"
#include "memrig/memrig.h"

const char mr_fuzz_name[] = "description";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mr_fuzz_text(data, size);
	struct mr_errtext err = {""};
	struct mr_description desc, again;
	char *first = NULL, *second = NULL;

	if (mr_fuzz_judge(mr__description_parse(text, &desc, &err), err.text)) {
		mr_fuzz_must(desc.rows > 0 && desc.cols > 0, "it has a shape");
		mr_fuzz_must(mr_description_json(&desc, &first) == MR_OK,
		             "it is written");
		mr_fuzz_must(mr__description_parse(first, &again, &err) == MR_OK,
		             "it is read again");
		mr_fuzz_must(mr_description_json(&again, &second) == MR_OK &&
		                     strcmp(first, second) == 0,
		             "it is the same");
	}
	free(first);
	free(second);
	free(text);
	return 0;
}
