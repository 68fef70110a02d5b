/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* A virtual board at the device's end of a terminal, on a thread of its own and
 * on the system's clock. */
#ifndef MR_TESTS_TTYPUMP_H
#define MR_TESTS_TTYPUMP_H

struct ttypump;

/* Switch a board on; a failure ends the test.
 * @param fd     non-blocking; stays the caller's, and open until the stop.
 * @param board  "arc1".
 * @param uri    of its array, with the board's own keys. */
struct ttypump *ttypump_start(int fd, const char *board, const char *uri);
void ttypump_stop(struct ttypump *p);

#endif
