/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Result logs of the vendor's program for ArC ONE. */
#include "fuzz_import.h"

const char mr_fuzz_name[] = "import_arc1";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = mr_fuzz_file(data, size);
	struct mr_import_options options = {.rows = 32, .cols = 32};
	struct mr_errtext err = {""};
	struct mr_import import = {0};

	mr_fuzz_import(mr_import_arc1(path, &options, &import, &err), &import,
	               &options, &err);
	return 0;
}
