/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* NumPy files of frames; each input is read as values, and as their times. */
#include "fuzz_import.h"

const char mr_fuzz_name[] = "import_npy";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = mr_fuzz_file(data, size);
	struct mr_import_options options = {0};
	struct mr_errtext err = {""};
	struct mr_import import = {0};

	mr_fuzz_import(mr_import_npy(path, &options, &import, &err), &import,
	               &options, &err);
	options.r_unit_Ohm = 1;
	options.rows = 2;
	options.times = path;
	mr_fuzz_import(mr_import_npy(path, &options, &import, &err), &import,
	               &options, &err);
	return 0;
}
