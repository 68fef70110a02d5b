/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The outer end of a served board: where clients come in. */
#ifndef MR_DRIVER_LISTEN_H
#define MR_DRIVER_LISTEN_H

#include <stdbool.h>

#include "memrig/error.h"

#define LISTEN_ADDRESS_MAX 256

struct mr__listener {
	int fd;       /* to accept from; the terminal itself with is_terminal */
	bool is_terminal;
	bool is_port; /* of this machine's vhci-hcd: one host, for one time */
	int slave_fd; /* kept open, so that the terminal outlives its clients */
	char address[LISTEN_ADDRESS_MAX]; /* what a client opens */
	char path[LISTEN_ADDRESS_MAX];    /* of a socket to remove; or "" */
};

/* "unix:PATH", "usbip:PATH", "tcp:HOST:PORT", "pty", "vhci". MR_ERR_USAGE,
 * MR_ERR_BUSY, MR_ERR_IO. */
int mr__listen(const char *where, struct mr__listener *out,
               struct mr_errtext *err);

/* The next client's descriptor, non-blocking; -1 = there is none. */
int mr__listen_accept(struct mr__listener *l);

void mr__listen_close(struct mr__listener *l);

#endif
