/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The player of recorded wires: a board's driver runs against any log. The first
 * byte chooses the driver; the rest is a file.
 */
#include <stdio.h>

#include "fuzz.h"
#include "memrig/memrig.h"

#define CELLS_MAX 4096

const char mr_fuzz_name[] = "wire_trace";

static void use(struct mr_array *array)
{
	const struct mr_description *d = mr_array_describe(array);
	static float g_S[CELLS_MAX];

	if ((uint64_t)d->rows * d->cols > CELLS_MAX)
		return;
	if (mr_fuzz_judge(mr_array_read(array, NULL, g_S),
	                  mr_array_errmsg(array)))
		(void)mr_fuzz_judge(mr_array_pulse(array, NULL, "set", 1),
		                    mr_array_errmsg(array));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const forms[] = {
		"scpi+trace:%s",
		"scpi+trace:%s?cobs=1",
		"arc1+trace:%s?rows=2&cols=3&device=ideal",
	};
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};
	char uri[300];

	if (size == 0)
		return 0;
	(void)snprintf(uri, sizeof uri, forms[data[0] % 3],
	               mr_fuzz_file(data + 1, size - 1));
	if (!mr_fuzz_judge(mr_array_open(uri, NULL, &array, &err), err.text))
		return 0;
	use(array);
	(void)mr_fuzz_judge(mr_array_close(array, &err), err.text);
	return 0;
}
