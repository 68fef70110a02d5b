/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORT 3 /* descriptors of the guardian */
#define LIFE 4
#define HIGH 64 /* where descriptors wait for their places */
#define SAFE_MAX 100

/* In POSIX, but in no header. */
extern char **environ;

/* ---- the parent ------------------------------------------------------------- */

static void to_hex(const uint8_t *bytes, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++)
		out += sprintf(out, "%02x", bytes[i]);
}

/* A group of its own: ^C at the terminal is not for it. */
static int spawn(const char *program, int port, int life, char *hex,
                 pid_t *pid)
{
	char *const argv[] = {(char[]){"memrig"}, (char[]){MR__GUARDIAN_WORD},
	                      hex, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int rc = posix_spawn_file_actions_init(&actions);

	if (rc)
		return rc;
	rc = posix_spawnattr_init(&attributes);
	if (!rc) {
		(void)posix_spawnattr_setflags(&attributes,
		                               POSIX_SPAWN_SETPGROUP);
		(void)posix_spawnattr_setpgroup(&attributes, 0);
		rc = posix_spawn_file_actions_adddup2(&actions, port, PORT);
		if (!rc)
			rc = posix_spawn_file_actions_adddup2(&actions, life,
			                                      LIFE);
		if (!rc)
			rc = posix_spawn(pid, program, &actions, &attributes,
			                 argv, environ);
		(void)posix_spawnattr_destroy(&attributes);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	return rc;
}

static void drop(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

int mr__guardian_start(const char *program, int port, const void *safe, size_t n,
                       struct mr__guardian *out, struct mr_errtext *err)
{
	char hex[2 * SAFE_MAX + 1] = "";
	int ends[2] = {-1, -1};
	int rc = 0, their_port = -1, their_life = -1;

	if (n <= SAFE_MAX)
		to_hex(safe, n, hex);
	if (pipe(ends) < 0)
		rc = errno;
	if (!rc) {
		their_port = fcntl(port, F_DUPFD_CLOEXEC, HIGH);
		their_life = fcntl(ends[0], F_DUPFD_CLOEXEC, HIGH);
		if (their_port < 0 || their_life < 0 ||
		    fcntl(ends[1], F_SETFD, FD_CLOEXEC) < 0)
			rc = errno;
	}
	if (!rc)
		rc = spawn(program, their_port, their_life, hex, &out->pid);
	drop(their_port);
	drop(their_life);
	drop(ends[0]);
	if (rc) {
		drop(ends[1]);
		out->pid = 0;
		return mr_errtext_set(err, MR_ERR_IO,
		                      "the board's guardian (%s) cannot be "
		                      "started: %s",
		                      program, strerror(rc));
	}
	out->life = ends[1];
	return MR_OK;
}

/* It has nothing that could be lost. */
void mr__guardian_dismiss(struct mr__guardian *g)
{
	if (!g->pid)
		return;
	(void)kill(g->pid, SIGKILL);
	while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
		;
	(void)close(g->life);
	g->pid = 0;
}
