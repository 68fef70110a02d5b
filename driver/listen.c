/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Sockets and pseudo-terminals that a served board is reached by. */
#define _XOPEN_SOURCE 700 /* pseudo-terminals */

#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "vhci.h"

#define BACKLOG 4
#define PORT_MAX 65535

static int failed(struct mr_errtext *err, const char *where, const char *what)
{
	int code = errno == EADDRINUSE ? MR_ERR_BUSY : MR_ERR_IO;

	return mr_errtext_set(err, code, "%s: cannot %s: %s", where, what,
	                      strerror(errno));
}

static void make_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0)
		(void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* ---- Unix sockets -------------------------------------------------------------- */

/* A socket that nobody listens on is left over from a server that died. */
static void remove_stale(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct stat st;

	if (fd < 0)
		return;
	if (lstat(at->sun_path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    connect(fd, (const struct sockaddr *)at, sizeof *at) < 0 &&
	    errno == ECONNREFUSED)
		(void)unlink(at->sun_path);
	(void)close(fd);
}

static int listen_unix(const char *where, const char *path,
                       struct mr__listener *out, struct mr_errtext *err)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	if (!path[0] || strlen(path) >= sizeof at.sun_path)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "%s: a socket's path has 1 to %zu bytes",
		                      where, sizeof at.sun_path - 1);
	memcpy(at.sun_path, path, strlen(path));
	remove_stale(&at);
	out->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (out->fd < 0 ||
	    bind(out->fd, (const struct sockaddr *)&at, sizeof at) < 0 ||
	    listen(out->fd, BACKLOG) < 0)
		return failed(err, where, "listen there");
	(void)snprintf(out->path, sizeof out->path, "%s", path);
	(void)snprintf(out->address, sizeof out->address, "%s", where);
	return MR_OK;
}

/* ---- TCP ------------------------------------------------------------------------ */

static int parse_host(const char *where, const char *text,
                      struct sockaddr_in *at, struct mr_errtext *err)
{
	const char *colon = strrchr(text, ':');
	char host[64] = "", *rest;
	long port = colon ? strtol(colon + 1, &rest, 10) : -1;

	if (colon && (size_t)(colon - text) < sizeof host)
		(void)snprintf(host, sizeof host, "%.*s", (int)(colon - text),
		               text);
	*at = (struct sockaddr_in){.sin_family = AF_INET};
	if (!colon || colon[1] == '\0' || *rest || port < 0 ||
	    port > PORT_MAX || inet_pton(AF_INET, host, &at->sin_addr) != 1)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "%s: must be tcp:ADDRESS:PORT, such as "
		                      "tcp:127.0.0.1:5025 (port 0 = a free one)",
		                      where);
	at->sin_port = htons((uint16_t)port);
	return MR_OK;
}

static int listen_tcp(const char *where, const char *text,
                      struct mr__listener *out, struct mr_errtext *err)
{
	struct sockaddr_in at;
	socklen_t size = sizeof at;
	char host[INET_ADDRSTRLEN] = "";
	int one = 1;
	int rc = parse_host(where, text, &at, err);

	if (rc)
		return rc;
	out->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (out->fd >= 0)
		(void)setsockopt(out->fd, SOL_SOCKET, SO_REUSEADDR, &one,
		                 sizeof one);
	if (out->fd < 0 || bind(out->fd, (struct sockaddr *)&at, size) < 0 ||
	    listen(out->fd, BACKLOG) < 0 ||
	    getsockname(out->fd, (struct sockaddr *)&at, &size) < 0)
		return failed(err, where, "listen there");
	(void)inet_ntop(AF_INET, &at.sin_addr, host, sizeof host);
	(void)snprintf(out->address, sizeof out->address, "tcp:%s:%u", host,
	               (unsigned)ntohs(at.sin_port));
	return MR_OK;
}

/* ---- pseudo-terminals ------------------------------------------------------------- */

/* Raw, and 8 bits with even parity as far as a pseudo-terminal goes: it holds
 * the speed, not the parity. */
static void make_raw(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) < 0)
		return;
	t.c_iflag = 0;
	t.c_oflag = 0;
	t.c_lflag = 0;
	t.c_cflag = (t.c_cflag & ~(tcflag_t)CSIZE) | CS8 | CREAD | CLOCAL;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	(void)tcsetattr(fd, TCSANOW, &t);
	t.c_cflag |= PARENB;
	(void)tcsetattr(fd, TCSANOW, &t);
}

static int listen_pty(const char *where, struct mr__listener *out,
                      struct mr_errtext *err)
{
	const char *name;

	out->is_terminal = true;
	out->fd = posix_openpt(O_RDWR | O_NOCTTY);
	if (out->fd < 0 || grantpt(out->fd) < 0 || unlockpt(out->fd) < 0)
		return failed(err, where, "make a pseudo-terminal");
	name = ptsname(out->fd);
	if (!name)
		return failed(err, where, "name a pseudo-terminal");
	(void)snprintf(out->address, sizeof out->address, "%s", name);
	out->slave_fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (out->slave_fd < 0)
		return failed(err, where, "open its pseudo-terminal");
	make_raw(out->slave_fd);
	return MR_OK;
}

/* ---- a port of this machine -------------------------------------------------------- */

static int listen_vhci(struct mr__listener *out, struct mr_errtext *err)
{
	unsigned port;
	int rc = mr__vhci_attach(MR__VHCI, &out->fd, &port, err);

	out->is_port = true;
	if (!rc)
		(void)snprintf(out->address, sizeof out->address,
		               "vhci port %u", port);
	return rc;
}

/* ---- all --------------------------------------------------------------------------- */

int mr__listen(const char *where, struct mr__listener *out,
               struct mr_errtext *err)
{
	int rc;

	*out = (struct mr__listener){.fd = -1, .slave_fd = -1};
	if (strncmp(where, "unix:", 5) == 0)
		rc = listen_unix(where, where + 5, out, err);
	else if (strncmp(where, "tcp:", 4) == 0)
		rc = listen_tcp(where, where + 4, out, err);
	else if (strncmp(where, "usbip:", 6) == 0)
		rc = listen_unix(where, where + 6, out, err);
	else if (strcmp(where, "pty") == 0)
		rc = listen_pty(where, out, err);
	else if (strcmp(where, "vhci") == 0)
		rc = listen_vhci(out, err);
	else
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "'%s': a board listens at unix:PATH, "
		                      "tcp:ADDRESS:PORT, usbip:PATH or pty",
		                      where);
	if (rc)
		mr__listen_close(out);
	else
		make_nonblocking(out->fd);
	return rc;
}

int mr__listen_accept(struct mr__listener *l)
{
	int one = 1;
	int fd = l->is_port       ? l->fd
	         : l->is_terminal ? fcntl(l->fd, F_DUPFD_CLOEXEC, 0)
	                          : accept(l->fd, NULL, NULL);

	if (l->is_port)
		l->fd = -1;
	if (fd < 0)
		return -1;
	make_nonblocking(fd);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

void mr__listen_close(struct mr__listener *l)
{
	if (l->fd >= 0)
		(void)close(l->fd);
	if (l->slave_fd >= 0)
		(void)close(l->slave_fd);
	if (l->path[0])
		(void)unlink(l->path);
	*l = (struct mr__listener){.fd = -1, .slave_fd = -1};
}
