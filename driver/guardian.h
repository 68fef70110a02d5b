/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The side of the guardian's parent. */
#ifndef MR_DRIVER_GUARDIAN_H
#define MR_DRIVER_GUARDIAN_H

#include <stddef.h>
#include <sys/types.h>

#include "memrig/error.h"

#define MR__GUARDIAN_WORD "guardian" /* its first argument */

struct mr__guardian {
	pid_t pid; /* 0 = none */
	int life;  /* our end of a pipe; when it closes, the guardian acts */
};

/**
 * Start a guardian over an open port.
 * @param program  the memrig tool.
 * @param port     descriptor; stays ours as well.
 * @param safe     [n] bytes that make the board safe, n up to 100.
 * @param out      filled in.
 * @return MR_OK; MR_ERR_IO (it could not be started).
 */
int mr__guardian_start(const char *program, int port, const void *safe, size_t n,
                       struct mr__guardian *out, struct mr_errtext *err);

/** The board is closed in order: the guardian ends and sends nothing. */
void mr__guardian_dismiss(struct mr__guardian *g);

#endif
