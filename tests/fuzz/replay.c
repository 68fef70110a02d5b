/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Runs a fuzz target on every file of its corpus, without a fuzzer: what was
 * once found stays mended. A crash or a broken promise ends the program.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "fuzz.h"

#define FILE_ROOM 65536
#define PATH_ROOM 1024
#define CORPUS_LEAST 10 /* files */

/* An exact allocation, so that sanitizers see a byte read too far. */
static void replay_file(const char *path)
{
	static uint8_t room[FILE_ROOM];
	FILE *file = fopen(path, "rb");

	CU_ASSERT_FATAL(file != NULL);
	size_t size = fread(room, 1, sizeof room, file);

	(void)fclose(file);
	CU_ASSERT(size < sizeof room);
	uint8_t *data = malloc(size ? size : 1);

	CU_ASSERT_FATAL(data != NULL);
	memcpy(data, room, size);
	(void)fprintf(stderr, "%s\n", path); /* the last one is what broke it */
	CU_ASSERT_EQUAL(LLVMFuzzerTestOneInput(data, size), 0);
	free(data);
}

static void corpus_is_handled(void)
{
	char folder[PATH_ROOM], path[PATH_ROOM + 256];
	unsigned n = 0;

	(void)snprintf(folder, sizeof folder, "%s/tests/fuzz/corpus/%s",
	               MR_SRCDIR, mr_fuzz_name);
	DIR *dir = opendir(folder);

	CU_ASSERT_FATAL(dir != NULL);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", folder,
		               entry->d_name);
		replay_file(path);
		n++;
	}
	(void)closedir(dir);
	CU_ASSERT(n >= CORPUS_LEAST);
	CU_ASSERT(mr_fuzz_count.accepted > 0);
	CU_ASSERT(mr_fuzz_count.refused > 0);
}

static void empty_input_is_handled(void)
{
	CU_ASSERT_EQUAL(LLVMFuzzerTestOneInput((const uint8_t *)"", 0), 0);
}

const struct mr_test mr_tests[] = {
	{"fuzz_corpus_is_handled", corpus_is_handled},
	{"fuzz_empty_input_is_handled", empty_input_is_handled},
	{0},
};
