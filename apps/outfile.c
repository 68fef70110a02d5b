/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Writes a file under a temporary name and renames it. */
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct mr_outfile {
	char *path;
	char *temporary; /* path + suffix: the same directory, so rename works */
	FILE *to;
	sigset_t signals_before;
};

static void deadly_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
}

static void drop(struct mr_outfile *file)
{
	if (file->to != NULL)
		fclose(file->to);
	free(file->path);
	free(file->temporary);
	free(file);
}

static int cannot_write(const char *path, int number, struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_IO, "%s cannot be written: %s", path,
	                      strerror(number));
}

/* Renaming onto a device or a directory would do harm or fail late. */
static int check_place(const char *path, struct mr_errtext *err)
{
	struct stat found;

	if (stat(path, &found) == 0 && !S_ISREG(found.st_mode))
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "%s is no regular file, and only such a "
		                      "one is replaced", path);
	return MR_OK;
}

static struct mr_outfile *make(const char *path)
{
	struct mr_outfile *file = calloc(1, sizeof(*file));
	size_t room = strlen(path) + 32;

	if (file == NULL)
		return NULL;
	file->path = strdup(path);
	file->temporary = malloc(room);
	if (file->path == NULL || file->temporary == NULL) {
		drop(file);
		return NULL;
	}
	snprintf(file->temporary, room, "%s.%ld.tmp", path, (long)getpid());
	return file;
}

int mr_outfile_begin(const char *path, struct mr_outfile **out,
                     struct mr_errtext *err)
{
	struct mr_outfile *file;
	sigset_t wait;
	int fd;
	int code = check_place(path, err);

	if (code != MR_OK)
		return code;
	file = make(path);
	if (file == NULL)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	deadly_signals(&wait);
	sigprocmask(SIG_BLOCK, &wait, &file->signals_before);
	fd = open(file->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd >= 0)
		file->to = fdopen(fd, "w+");
	if (file->to == NULL) {
		code = cannot_write(path, errno, err);
		sigprocmask(SIG_SETMASK, &file->signals_before, NULL);
		drop(file);
		return code;
	}
	*out = file;
	return MR_OK;
}

FILE *mr_outfile_stream(struct mr_outfile *file)
{
	return file->to;
}

bool mr_outfile_stopped(const struct mr_outfile *file)
{
	sigset_t waiting;

	sigpending(&waiting);
	return ferror(file->to) || sigismember(&waiting, SIGINT) == 1
	       || sigismember(&waiting, SIGTERM) == 1
	       || sigismember(&waiting, SIGHUP) == 1;
}

static int put_in_place(struct mr_outfile *file, struct mr_errtext *err)
{
	bool bad;

	errno = 0;
	bad = fflush(file->to) != 0 || ferror(file->to)
	      || fsync(fileno(file->to)) != 0;
	bad = fclose(file->to) != 0 || bad;
	file->to = NULL;
	if (bad || rename(file->temporary, file->path) != 0)
		return cannot_write(file->path, errno != 0 ? errno : EIO, err);
	return MR_OK;
}

int mr_outfile_end(struct mr_outfile *file, bool keep,
                   struct mr_errtext *err)
{
	sigset_t before;
	int code = MR_OK;

	if (file == NULL)
		return MR_OK;
	before = file->signals_before;
	if (keep)
		code = put_in_place(file, err);
	if (!keep || code != MR_OK)
		unlink(file->temporary);
	drop(file);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return code;
}
