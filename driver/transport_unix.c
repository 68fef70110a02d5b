/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Unix sockets: virtual boards of this machine. */
#include "transports.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static int take_type(struct mr_uri *uri, struct mr__socket *s,
                     struct mr_errtext *err)
{
	const char *type = mr_uri_take(uri, "type");

	s->packets = type && strcmp(type, "seqpacket") == 0;
	if (type && !s->packets && strcmp(type, "stream") != 0)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "key 'type=%s': must be stream or "
		                      "seqpacket",
		                      type);
	return MR_OK;
}

static int reach(struct mr__socket *s, const char *path, struct mr_errtext *err)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	if (!path[0] || strlen(path) >= sizeof at.sun_path)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "'%s': a socket's path has 1 to %zu bytes",
		                      path, sizeof at.sun_path - 1);
	memcpy(at.sun_path, path, strlen(path));
	s->fd = socket(AF_UNIX,
	               (s->packets ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_CLOEXEC,
	               0);
	if (s->fd >= 0 &&
	    connect(s->fd, (const struct sockaddr *)&at, sizeof at) == 0)
		return MR_OK;
	if (errno == ENOENT || errno == ECONNREFUSED)
		return mr_errtext_set(err, MR_ERR_MISSING,
		                      "nobody serves a board at %s (memrig "
		                      "serve --listen unix:%s ... would)",
		                      path, path);
	return mr_errtext_set(err, MR_ERR_IO, "%s: %s", path, strerror(errno));
}

static int unix_open(struct mr_uri *uri, const struct mr_open_options *options,
                     const struct mr__wish *wish, void **self,
                     struct mr_errtext *err)
{
	struct mr__socket *s = calloc(1, sizeof *s);
	int rc;

	(void)wish;
	if (!s)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	s->fd = -1;
	s->clock = *options->clock;
	rc = take_type(uri, s, err);
	if (!rc)
		rc = reach(s, uri->address, err);
	if (rc) {
		mr__socket_close(s);
		return rc;
	}
	(void)snprintf(s->peer.path, sizeof s->peer.path, "%s", uri->address);
	*self = s;
	return MR_OK;
}

const struct mr__transport_type mr__transport_unix = {
	.name = "unix",
	.summary = "a Unix socket: unix:PATH[?type=seqpacket]",
	.open = unix_open,
	.write = mr__socket_write,
	.read = mr__socket_read,
	.flush = mr__socket_flush,
	.poll_fd = mr__socket_poll_fd,
	.peer = mr__socket_peer,
	.close = mr__socket_close,
};
