/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * One program a device. The lock is flock()'s and dies with its holder, so that
 * a file left behind is no obstacle; what stands in the file is for people.
 */
#include "transports.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "/tmp" /* one for all users: a board is everybody's */
#define NOTE_MAX 64

static void file_name(const char *identity, char *out, size_t room)
{
	size_t at = (size_t)snprintf(out, room, "%s/memrig-", FOLDER);

	/* long names end alike or begin alike: both ends count */
	if (strlen(identity) > 60)
		identity += strlen(identity) - 60;
	for (; *identity && at + 6 < room; identity++)
		out[at++] = isalnum((unsigned char)*identity) ? *identity : '-';
	(void)snprintf(out + at, room - at, ".lock");
}

static int busy(const struct mr__lock *l, const char *identity,
                struct mr_errtext *err)
{
	char note[NOTE_MAX] = "";
	ssize_t n = pread(l->fd, note, sizeof note - 1, 0);

	if (n > 0)
		note[strcspn(note, "\n")] = '\0';
	return mr_errtext_set(err, MR_ERR_BUSY,
	                      "%s is in use by process %s; one program at a "
	                      "time drives a board",
	                      identity, note[0] ? note : "(unknown)");
}

/* Nobody may have put a link to another file in its place. */
static bool is_plain(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1;
}

/* Whoever made the file, everybody may lock it: for writing if that is allowed,
 * and never with O_CREAT if it is there, which Linux refuses for a file of
 * somebody else's in a folder like this (fs.protected_regular). */
static int open_file(const char *path)
{
	const int flags = O_NOFOLLOW | O_CLOEXEC;
	int fd = open(path, O_RDWR | flags);

	if (fd < 0 && errno == ENOENT) {
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | flags, 0666);
		if (fd >= 0)
			(void)fchmod(fd, 0666); /* whatever the umask */
		else if (errno == EEXIST)
			fd = open(path, O_RDWR | flags);
	}
	if (fd < 0 && errno == EACCES)
		fd = open(path, O_RDONLY | flags);
	return fd;
}

int mr__lock_take(const char *identity, struct mr__lock *out,
                  struct mr_errtext *err)
{
	char note[NOTE_MAX];
	int rc = MR_OK;

	file_name(identity, out->path, sizeof out->path);
	out->fd = open_file(out->path);
	if (out->fd < 0)
		return mr_errtext_set(err, MR_ERR_IO,
		                      "cannot make the lock file %s: %s",
		                      out->path, strerror(errno));
	if (!is_plain(out->fd))
		rc = mr_errtext_set(err, MR_ERR_IO,
		                    "the lock file %s is no plain file",
		                    out->path);
	else if (flock(out->fd, LOCK_EX | LOCK_NB) < 0)
		rc = busy(out, identity, err);
	if (rc) {
		(void)close(out->fd);
		out->fd = -1;
		return rc;
	}
	int n = snprintf(note, sizeof note, "%ld\n", (long)getpid());

	if (ftruncate(out->fd, 0) == 0 && n > 0 &&
	    pwrite(out->fd, note, (size_t)n, 0) < 0)
		errno = 0; /* only people miss it */
	return MR_OK;
}

/* The same device by two names is one device. */
int mr__lock_peer(const struct mr__peer *peer, struct mr__lock *out,
                  struct mr_errtext *err)
{
	char identity[256];

	out->fd = -1;
	if (!peer->path[0])
		return MR_OK;
	if (peer->vendor && peer->serial[0])
		(void)snprintf(identity, sizeof identity, "usb-%04x-%04x-%s",
		               peer->vendor, peer->product, peer->serial);
	else
		(void)snprintf(identity, sizeof identity, "%s", peer->path);
	return mr__lock_take(identity, out, err);
}

/* The file stays: removing it could remove another program's. */
void mr__lock_release(struct mr__lock *lock)
{
	if (lock->fd >= 0)
		(void)close(lock->fd);
	lock->fd = -1;
}
