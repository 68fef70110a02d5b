/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Raw TCP: instruments on the network, virtual boards anywhere. */
#include "transports.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT_NS INT64_C(5000000000)
#define HOST_MAX 256
#define PORT_MAX 16

/* host, host:port, [v6]:port */
static int take_apart(const char *address, uint16_t port_default,
                      char host[HOST_MAX], char port[PORT_MAX],
                      struct mr_errtext *err)
{
	bool bracket = address[0] == '[';
	const char *from = address + (bracket ? 1 : 0);
	const char *end = bracket ? strchr(from, ']') : strrchr(from, ':');
	const char *colon = bracket && end ? end + 1 : end;
	size_t n = end ? (size_t)(end - from) : strlen(from);

	(void)snprintf(port, PORT_MAX, "%u", (unsigned)port_default);
	if (colon && *colon == ':')
		(void)snprintf(port, PORT_MAX, "%.8s", colon + 1);
	(void)snprintf(host, HOST_MAX, "%.*s",
	               (int)(n < HOST_MAX ? n : HOST_MAX - 1), from);
	char *rest;
	long number = strtol(port, &rest, 10);

	if (host[0] && n < HOST_MAX && *port && !*rest && number > 0 &&
	    number <= 65535 && (!bracket || end))
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "'%s' is no address: must be HOST:PORT, such as "
	                      "127.0.0.1:5025 or [::1]:5025",
	                      address);
}

static int finish_connecting(struct mr__socket *s, int64_t deadline_ns)
{
	struct mr_errtext ignored = {""};
	int error = 0;
	socklen_t size = sizeof error;

	if (mr__fd_await(s->fd, true, &s->clock, deadline_ns, &ignored))
		return ETIMEDOUT;
	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		return errno;
	return error;
}

static int try_one(struct mr__socket *s, const struct addrinfo *to,
                   int64_t deadline_ns)
{
	int one = 1, error = 0;

	s->fd = socket(to->ai_family, to->ai_socktype | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return errno;
	(void)fcntl(s->fd, F_SETFL, O_NONBLOCK);
	(void)setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(s->fd, to->ai_addr, to->ai_addrlen) < 0)
		error = errno == EINPROGRESS ? finish_connecting(s, deadline_ns)
		                             : errno;
	if (error) {
		(void)close(s->fd);
		s->fd = -1;
	}
	return error;
}

static int reach(struct mr__socket *s, const char *host, const char *port,
                 struct mr_errtext *err)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *all = NULL;
	int64_t deadline_ns = s->clock.monotonic_ns(s->clock.self) + CONNECT_NS;
	int error = getaddrinfo(host, port, &hints, &all);

	if (error)
		return mr_errtext_set(err, MR_ERR_MISSING, "%s: %s", host,
		                      gai_strerror(error));
	for (struct addrinfo *to = all; to; to = to->ai_next) {
		error = try_one(s, to, deadline_ns);
		if (!error)
			break;
	}
	freeaddrinfo(all);
	if (!error)
		return MR_OK;
	return mr_errtext_set(err,
	                      error == ECONNREFUSED ? MR_ERR_MISSING : MR_ERR_IO,
	                      "%s port %s: %s", host, port, strerror(error));
}

static int tcp_open(struct mr_uri *uri, const struct mr_open_options *options,
                    const struct mr__wish *wish, void **self,
                    struct mr_errtext *err)
{
	struct mr__socket *s = calloc(1, sizeof *s);
	char host[HOST_MAX], port[PORT_MAX];
	int rc;

	if (!s)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	s->fd = -1;
	s->clock = *options->clock;
	rc = take_apart(uri->address, wish->tcp_port, host, port, err);
	if (!rc)
		rc = reach(s, host, port, err);
	if (rc) {
		mr__socket_close(s);
		return rc;
	}
	(void)snprintf(s->peer.path, sizeof s->peer.path, "%.100s:%s", host,
	               port);
	*self = s;
	return MR_OK;
}

const struct mr__transport_type mr__transport_tcp = {
	.name = "tcp",
	.summary = "a raw TCP socket: tcp:HOST[:PORT]",
	.open = tcp_open,
	.write = mr__socket_write,
	.read = mr__socket_read,
	.flush = mr__socket_flush,
	.poll_fd = mr__socket_poll_fd,
	.peer = mr__socket_peer,
	.close = mr__socket_close,
};
