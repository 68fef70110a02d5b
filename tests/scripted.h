/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* A pipe whose other end says what it is told to: a driver's link on it sees any
 * bytes that a board, or a line, may come up with. */
#ifndef MR_TESTS_SCRIPTED_H
#define MR_TESTS_SCRIPTED_H

#include <stddef.h>
#include <stdint.h>

#include "memrig/clock.h"

struct mr__transport;

/* Its clock is the system's, but that sleeping takes no time. Do not move. */
struct scripted {
	struct mr__transport *pipe; /* the driver's */
	struct mr_clock system;
	int64_t slept_ns;
	int listener;
	int fd;                     /* the board's end; -1 = it has hung up */
};

/* Open one; where that fails, the program ends.
 * @param folder  where its socket may be for a moment. */
void scripted_open(struct scripted *s, const char *folder);
/* Have the board say something. */
void scripted_say(struct scripted *s, const void *data, size_t n);
/* What the driver said since the last time; returns how many bytes. */
size_t scripted_hear(struct scripted *s, void *out, size_t room);
/* Nothing more comes from the board. */
void scripted_hang_up(struct scripted *s);
void scripted_close(struct scripted *s);

#endif
