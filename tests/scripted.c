/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#define _GNU_SOURCE /* accept4() */

#include "scripted.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "driver/transports.h"

static void must(bool fine, const char *what)
{
	if (fine)
		return;
	perror(what);
	abort();
}

static int64_t monotonic_ns(void *self)
{
	const struct scripted *s = self;

	return s->system.monotonic_ns(s->system.self) + s->slept_ns;
}

static int64_t wall_ns(void *self)
{
	const struct scripted *s = self;

	return s->system.wall_ns(s->system.self) + s->slept_ns;
}

static void sleep_ns(void *self, int64_t duration_ns)
{
	struct scripted *s = self;

	s->slept_ns += duration_ns;
}

static struct mr__transport *reach(struct scripted *s, const char *path)
{
	static const struct mr__wish wish = {.tcp_port = 0};
	struct mr_clock clock = {.self = s,
	                         .monotonic_ns = monotonic_ns,
	                         .wall_ns = wall_ns,
	                         .sleep_ns = sleep_ns};
	struct mr_open_options options = {.clock = &clock};
	struct mr_uri *uri = malloc(sizeof *uri);
	struct mr__transport *pipe = NULL;
	struct mr_errtext err = {""};
	char text[300];

	mr_clock_system(&s->system);
	s->slept_ns = 0;
	(void)snprintf(text, sizeof text, "scpi+unix:%s", path);
	must(uri && !mr_uri_parse(uri, text, &err) &&
	             !mr__transport_open(uri, &options, &wish, &pipe, &err),
	     err.text);
	free(uri);
	return pipe;
}

void scripted_open(struct scripted *s, const char *folder)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	(void)snprintf(at.sun_path, sizeof at.sun_path, "%.80s/s%ld", folder,
	               (long)getpid());
	(void)unlink(at.sun_path);
	s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(s->listener >= 0 &&
	             bind(s->listener, (const struct sockaddr *)&at,
	                  sizeof at) == 0 &&
	             listen(s->listener, 1) == 0,
	     at.sun_path);
	s->pipe = reach(s, at.sun_path);
	s->fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	must(s->fd >= 0, at.sun_path);
	(void)unlink(at.sun_path);
}

void scripted_say(struct scripted *s, const void *data, size_t n)
{
	must(send(s->fd, data, n, MSG_NOSIGNAL) == (ssize_t)n, "send");
}

size_t scripted_hear(struct scripted *s, void *out, size_t room)
{
	ssize_t n = recv(s->fd, out, room, 0);

	return n > 0 ? (size_t)n : 0;
}

/* The driver may go on talking: nobody hears it. */
void scripted_hang_up(struct scripted *s)
{
	(void)shutdown(s->fd, SHUT_WR);
}

void scripted_close(struct scripted *s)
{
	mr__transport_close(s->pipe);
	(void)close(s->fd);
	(void)close(s->listener);
}
