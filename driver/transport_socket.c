/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What Unix and TCP sockets share. */
#include "transports.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int gone(struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_IO, "the other end closed");
}

static int failed(const char *what, struct mr_errtext *err)
{
	if (errno == EPIPE || errno == ECONNRESET)
		return gone(err);
	return mr_errtext_set(err, MR_ERR_IO, "%s: %s", what, strerror(errno));
}

static bool again(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* Trying first spares a call where there is room, and where there is data. */
int mr__socket_write(void *self, const void *data, size_t n, bool end,
                     int64_t deadline_ns, size_t *sent, struct mr_errtext *err)
{
	struct mr__socket *s = self;

	(void)end;
	for (;;) {
		ssize_t moved = send(s->fd, data, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		int rc;

		if (moved >= 0) {
			*sent = (size_t)moved;
			mr__lookout_begin(&s->lookout, &s->clock);
			return MR_OK;
		}
		if (!again())
			return failed("sending", err);
		rc = mr__fd_await(s->fd, true, &s->clock, deadline_ns, err);
		if (rc)
			return rc;
	}
}

int mr__socket_read(void *self, void *buf, size_t room, int64_t deadline_ns,
                    size_t *got, bool *end, struct mr_errtext *err)
{
	struct mr__socket *s = self;

	for (;;) {
		ssize_t moved = recv(s->fd, buf, room, MSG_DONTWAIT);
		int rc;

		if (moved > 0) {
			mr__lookout_came(&s->lookout);
			*got = (size_t)moved;
			*end = s->packets;
			return MR_OK;
		}
		if (moved == 0)
			return gone(err);
		if (!again())
			return failed("receiving", err);
		if (mr__lookout_again(&s->lookout, &s->clock))
			continue;
		rc = mr__fd_await(s->fd, false, &s->clock, deadline_ns, err);
		if (rc)
			return rc;
	}
}

int mr__socket_flush(void *self, struct mr_errtext *err)
{
	const struct mr__socket *s = self;
	char waste[4096];

	(void)err;
	while (recv(s->fd, waste, sizeof waste, MSG_DONTWAIT) > 0)
		;
	return MR_OK;
}

int mr__socket_poll_fd(void *self)
{
	const struct mr__socket *s = self;

	return s->fd;
}

void mr__socket_peer(void *self, struct mr__peer *out)
{
	const struct mr__socket *s = self;

	*out = s->peer;
}

void mr__socket_close(void *self)
{
	struct mr__socket *s = self;

	if (s->fd >= 0)
		(void)close(s->fd);
	free(s);
}
