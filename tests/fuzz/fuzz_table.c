/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Tables that the emulator reads: measured jumps of pcm-table and lists of
 * defective cells. Each input is given to both; what is accepted is used. */
#include <stdio.h>

#include "fuzz.h"
#include "memrig/memrig.h"

#define CELLS 12

const char mr_fuzz_name[] = "table";

static void use(struct mr_array *array)
{
	float g_S[CELLS];

	(void)mr_fuzz_judge(mr_array_pulse(array, NULL, "set", 3),
	                    mr_array_errmsg(array));
	(void)mr_fuzz_judge(mr_array_pulse(array, NULL, "reset", 1),
	                    mr_array_errmsg(array));
	(void)mr_fuzz_judge(mr_array_wait(array, 1e3), mr_array_errmsg(array));
	(void)mr_fuzz_judge(mr_array_read(array, NULL, g_S),
	                    mr_array_errmsg(array));
}

static void open_with(const char *format, const char *path)
{
	struct mr_errtext err = {""};
	struct mr_array *array = NULL;
	char uri[512];

	(void)snprintf(uri, sizeof uri, format, path);
	if (!mr_fuzz_judge(mr_array_open(uri, NULL, &array, &err), err.text))
		return;
	use(array);
	(void)mr_fuzz_judge(mr_array_close(array, &err), err.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = mr_fuzz_file(data, size);

	open_with("emu:pcm-table?rows=3&cols=4&table=%s", path);
	open_with("emu:pcm?rows=3&cols=4&defects=%s", path);
	return 0;
}
