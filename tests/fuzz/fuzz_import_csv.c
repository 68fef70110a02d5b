/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Foreign CSV files: the first line is a map of their columns, the second names
 * an event, the rest is the file. */
#include <stdlib.h>
#include <string.h>

#include "fuzz_import.h"

const char mr_fuzz_name[] = "import_csv";

static void read_with(const char *path, struct mr_import_options *options)
{
	struct mr_errtext err = {""};
	struct mr_import import = {0};

	mr_fuzz_import(mr_import_csv(path, options, &import, &err), &import,
	               options, &err);
}

static char *cut_line(char **text)
{
	char *line = *text;
	char *end = strchr(line, '\n');

	*text = end ? end + 1 : line + strlen(line);
	if (end)
		*end = '\0';
	return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mr_import_options options = {0};
	struct mr_errtext err = {""};
	char *text = mr_fuzz_text(data, size), *rest = text;
	const char *map = cut_line(&rest), *name = cut_line(&rest);
	size_t used = (size_t)(rest - text);
	const char *path;

	(void)mr_fuzz_judge(mr_import_map(&options, map, &err), err.text);
	(void)mr_fuzz_judge(mr_import_name(&options, name, &err), err.text);
	/* the file as it is, zero bytes included */
	used = used < size ? used : size;
	path = mr_fuzz_file(data + used, size - used);
	read_with(path, &options);
	options.decimal = ',';
	options.sort = true;
	options.base = 1;
	options.cols = 7;
	options.v_read_V = 0.2;
	read_with(path, &options);
	free(text);
	return 0;
}
