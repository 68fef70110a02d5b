/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Reads the bytes of a file, packed or not. */
#include "bytefile.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <zlib.h>

#define GZ_BUFFER (256u << 10)  /* bytes; zlib's 8 KiB make it slower */
#define READ_MAX (1u << 30)     /* of one gzread(), which counts in int */
#define DEFLATE_RATIO_MAX 1032u /* zlib's technical notes, zlib_tech.html */

int mr_bytefile_join(char *out, const char *dir, const char *name,
                     struct mr_errtext *err)
{
	int n = snprintf(out, MR_BYTEFILE_PATH_MAX, "%s/%s", dir, name);

	if (n < 0 || n >= MR_BYTEFILE_PATH_MAX)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "the path of '%.80s' is longer than %d "
		                      "bytes", name, MR_BYTEFILE_PATH_MAX - 1);
	return MR_OK;
}

static int open_stream(struct mr_bytefile *file, bool gzip,
                       struct mr_errtext *err)
{
	errno = 0;
	if (gzip)
		file->gz = gzopen(file->path, "rb");
	else
		file->plain = fopen(file->path, "rb");
	if (file->gz == NULL && file->plain == NULL) {
		if (errno == 0 || errno == ENOMEM)
			return mr_errtext_set(err, MR_ERR_NOMEM,
			                      "%s: out of memory", file->path);
		return mr_errtext_set(err, MR_ERR_MISSING, "%s: %s",
		                      file->path, strerror(errno));
	}
	if (gzip)
		gzbuffer(file->gz, GZ_BUFFER);
	return MR_OK;
}

int mr_bytefile_open(struct mr_bytefile *file, const char *dir,
                     const char *name, bool gzip, struct mr_errtext *err)
{
	struct stat about;
	int code;

	memset(file, 0, sizeof(*file));
	code = mr_bytefile_join(file->path, dir, name, err);
	if (code != MR_OK)
		return code;
	if (stat(file->path, &about) != 0)
		return mr_errtext_set(err, MR_ERR_MISSING, "%s: %s",
		                      file->path, strerror(errno));
	if (!S_ISREG(about.st_mode))
		return mr_errtext_set(err, MR_ERR_IO, "%s: is not a file",
		                      file->path);
	file->bytes = (uint64_t)about.st_size;
	return open_stream(file, gzip, err);
}

bool mr_bytefile_may_hold(const struct mr_bytefile *file, uint64_t n)
{
	if (file->plain != NULL || gzdirect(file->gz))
		return file->at <= file->bytes && n <= file->bytes - file->at;
	return n / DEFLATE_RATIO_MAX <= file->bytes;
}

/* zlib's own words for what is wrong; a file that just ends is no error of its. */
static int fail_gz(const struct mr_bytefile *file, const char *what,
                   struct mr_errtext *err)
{
	int number = Z_OK;
	const char *text = gzerror(file->gz, &number);
	size_t path = strlen(file->path);
	unsigned long long at = file->at;

	/* zlib puts the path and a colon before what it says */
	if (strncmp(text, file->path, path) == 0 && strlen(text) > path + 2)
		text += path + 2;

	if (number == Z_ERRNO)
		return mr_errtext_set(err, MR_ERR_IO, "%s: byte %llu: %s",
		                      file->path, at, strerror(errno));
	if (number == Z_MEM_ERROR)
		return mr_errtext_set(err, MR_ERR_NOMEM, "%s: out of memory",
		                      file->path);
	if (number == Z_BUF_ERROR)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: the gzip file is cut off: it ends "
		                      "after byte %llu of the unpacked file, in "
		                      "the %s", file->path, at, what);
	return mr_errtext_set(err, MR_ERR_FORMAT,
	                      "%s: damaged gzip file: after byte %llu of the "
	                      "unpacked file, in the %s: %s", file->path, at,
	                      what, text);
}

/* Reads what there is, at most n bytes; 0 = the end. */
static int read_some(struct mr_bytefile *file, uint8_t *to, size_t n,
                     const char *what, size_t *got, struct mr_errtext *err)
{
	int number = Z_OK;
	int result;

	*got = 0;
	if (file->plain != NULL) {
		*got = fread(to, 1, n, file->plain);
		file->at += *got;
		if (*got < n && ferror(file->plain))
			return mr_errtext_set(err, MR_ERR_IO,
			                      "%s: byte %llu: %s", file->path,
			                      (unsigned long long)file->at,
			                      strerror(errno));
		return MR_OK;
	}
	result = gzread(file->gz, to, n < READ_MAX ? (unsigned)n : READ_MAX);
	if (result > 0) {
		*got = (size_t)result;
		file->at += *got;
	}
	gzerror(file->gz, &number);
	return result < 0 || (result == 0 && number != Z_OK)
	       ? fail_gz(file, what, err) : MR_OK;
}

int mr_bytefile_read(struct mr_bytefile *file, void *to, size_t n,
                     const char *what, struct mr_errtext *err)
{
	uint8_t *next = to;
	size_t left = n;
	size_t got;
	int code;

	while (left > 0) {
		code = read_some(file, next, left, what, &got, err);
		if (code != MR_OK)
			return code;
		if (got == 0)
			return mr_errtext_set(err, MR_ERR_FORMAT,
			                      "%s: ends after byte %llu, in "
			                      "the %s: %llu bytes are missing",
			                      file->path,
			                      (unsigned long long)file->at,
			                      what, (unsigned long long)left);
		next += got;
		left -= got;
	}
	return MR_OK;
}

int mr_bytefile_end(struct mr_bytefile *file, const char *what,
                    struct mr_errtext *err)
{
	uint64_t end = file->at;
	uint8_t byte;
	size_t got;
	int code = read_some(file, &byte, 1, "end", &got, err);

	if (code != MR_OK || got == 0)
		return code;
	return mr_errtext_set(err, MR_ERR_FORMAT,
	                      "%s: bytes follow at %llu, where the %s are "
	                      "complete", file->path, (unsigned long long)end,
	                      what);
}

void mr_bytefile_close(struct mr_bytefile *file)
{
	if (file->plain != NULL)
		fclose(file->plain);
	if (file->gz != NULL)
		gzclose(file->gz);
	file->plain = NULL;
	file->gz = NULL;
}
