/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What the fuzz targets share: a scratch file, and judgements. */
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_ROOM 256

struct mr_fuzz_count mr_fuzz_count;

/* libFuzzer's function has no argument that a path could be kept in. */
static char scratch_path[PATH_ROOM];
static char scratch_folder[PATH_ROOM];

static void remove_beside(void)
{
	static const char *const tails[] = {"-wal", "-shm", "-journal", ".tmp"};
	char path[PATH_ROOM + 16];

	for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
		(void)snprintf(path, sizeof path, "%s%s", scratch_path,
		               tails[i]);
		(void)unlink(path);
	}
}

static void remove_scratch(void)
{
	remove_beside();
	(void)unlink(scratch_path);
}

static bool make_scratch(const char *folder)
{
	int fd;

	(void)snprintf(scratch_path, sizeof scratch_path,
	               "%s/memrig-fuzz-XXXXXX", folder);
	fd = mkstemp(scratch_path);
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

static void open_scratch(void)
{
	const char *folder = getenv("TMPDIR");

	if (scratch_path[0])
		return;
	mr_fuzz_must((folder && make_scratch(folder)) ||
	                     make_scratch("/dev/shm") || make_scratch("/tmp"),
	             "no folder for a scratch file");
	mr_fuzz_must(atexit(remove_scratch) == 0, "atexit");
}

const char *mr_fuzz_file(const void *data, size_t size)
{
	open_scratch();
	remove_beside();

	int fd = open(scratch_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	mr_fuzz_must(fd >= 0, "the scratch file cannot be opened");
	mr_fuzz_must(write(fd, data, size) == (ssize_t)size,
	             "the scratch file cannot be written");
	(void)close(fd);
	return scratch_path;
}

static void remove_folder(void)
{
	char path[2 * PATH_ROOM + 16];
	DIR *dir = opendir(scratch_folder);

	for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
		(void)snprintf(path, sizeof path, "%s/%s", scratch_folder,
		               entry->d_name);
		(void)unlink(path);
	}
	if (dir)
		(void)closedir(dir);
	(void)rmdir(scratch_folder);
}

static bool make_folder(const char *folder)
{
	(void)snprintf(scratch_folder, sizeof scratch_folder,
	               "%s/memrig-fuzz-XXXXXX", folder);
	return mkdtemp(scratch_folder) != NULL;
}

static void open_folder(void)
{
	const char *folder = getenv("TMPDIR");

	if (scratch_folder[0])
		return;
	mr_fuzz_must((folder && make_folder(folder)) ||
	                     make_folder("/dev/shm") || make_folder("/tmp"),
	             "no place for a scratch folder");
	mr_fuzz_must(atexit(remove_folder) == 0, "atexit");
}

const char *mr_fuzz_folder(const char *name, const void *data, size_t size)
{
	char path[2 * PATH_ROOM];
	FILE *file;

	open_folder();
	(void)snprintf(path, sizeof path, "%s/%s", scratch_folder, name);
	file = fopen(path, "wb");
	mr_fuzz_must(file != NULL, "a file cannot be opened");
	bool written = fwrite(data, 1, size, file) == size;

	mr_fuzz_must(fclose(file) == 0 && written,
	             "a file cannot be written");
	return scratch_folder;
}

char *mr_fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

bool mr_fuzz_judge(int code, const char *text)
{
	if (code == MR_OK) {
		mr_fuzz_count.accepted++;
		return true;
	}
	mr_fuzz_count.refused++;
	mr_fuzz_must(code < 0 && strcmp(mr_error_name(code), "unknown") != 0,
	             "a code without a name");
	mr_fuzz_must(text[0] != '\0', "a refusal without a sentence");
	return false;
}

void mr_fuzz_must(bool holds, const char *what)
{
	if (holds)
		return;
	(void)fprintf(stderr, "%s: does not hold: %s\n", mr_fuzz_name, what);
	abort();
}
