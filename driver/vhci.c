/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Source: the kernel's drivers/usb/usbip/vhci_sysfs.c: forms of the files
 * "status" and "attach". */
#include "vhci.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATH_BYTES 256
#define STATUS_FREE 4
#define SPEED_HIGH 3u
#define DEVICE_ID 0x10002u /* bus 1, device 2 of a server that is not there */
#define TRIES 8            /* another program may take the port first */

static int failed(const char *folder, const char *what, struct mr_errtext *err)
{
	if (errno == ENOENT)
		return mr_errtext_set(err, MR_ERR_IO,
		                      "this machine has no virtual USB port "
		                      "(%s): load it with 'modprobe vhci-hcd', as "
		                      "root",
		                      folder);
	if (errno == EACCES || errno == EPERM)
		return mr_errtext_set(err, MR_ERR_IO,
		                      "no permission to plug a USB device in "
		                      "(%s): only root may; say sudo",
		                      folder);
	return mr_errtext_set(err, MR_ERR_IO, "%s: cannot %s: %s", folder, what,
	                      strerror(errno));
}

/* Whether a line "hs PORT STATUS ..." is that of a free port. */
static bool is_free(const char *line, unsigned *port)
{
	char *rest;

	if (strncmp(line, "hs", 2) != 0)
		return false;
	*port = (unsigned)strtoul(line + 2, &rest, 10);
	return rest > line + 2 && strtoul(rest, NULL, 10) == STATUS_FREE;
}

static int free_port(const char *folder, unsigned *port, struct mr_errtext *err)
{
	char path[PATH_BYTES], line[PATH_BYTES];
	bool found = false;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/status", folder);
	f = fopen(path, "re");
	if (!f)
		return failed(folder, "read its ports", err);
	while (!found && fgets(line, sizeof line, f))
		found = is_free(line, port);
	(void)fclose(f);
	if (!found)
		return mr_errtext_set(err, MR_ERR_BUSY,
		                      "all virtual USB ports of this machine are "
		                      "taken (%s)",
		                      path);
	return MR_OK;
}

/* 0 or errno. */
static int plug_in(const char *folder, unsigned port, int end)
{
	char path[PATH_BYTES], text[64];
	int n, code = 0;
	int fd;

	(void)snprintf(path, sizeof path, "%s/attach", folder);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	n = snprintf(text, sizeof text, "%u %d %u %u", port, end, DEVICE_ID,
	             SPEED_HIGH);
	if (write(fd, text, (size_t)n) != n)
		code = errno;
	(void)close(fd);
	return code;
}

int mr__vhci_attach(const char *folder, int *fd, unsigned *port,
                    struct mr_errtext *err)
{
	int ends[2];
	int rc, code = EBUSY;

	*fd = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return failed(folder, "make a socket", err);
	rc = free_port(folder, port, err);
	for (int i = 0; i < TRIES && !rc && code == EBUSY; i++) {
		code = plug_in(folder, *port, ends[1]);
		if (code == EBUSY)
			rc = free_port(folder, port, err);
	}
	errno = code;
	if (!rc && code)
		rc = failed(folder, "plug a device in", err);
	(void)close(ends[1]); /* the kernel has its own */
	if (rc)
		(void)close(ends[0]);
	else
		*fd = ends[0];
	return rc;
}
