/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Virtual boards for other processes: a board's bytes on a socket, a
 * pseudo-terminal or a USB port, an emulated array behind them.
 */
#ifndef MEMRIG_SERVE_H
#define MEMRIG_SERVE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memrig/clock.h"
#include "memrig/error.h"

/** How a board is served. */
struct mr_serve_options {
	/** seconds of the board per second of the clock; 0 = emulated time: the
	 * board's clock advances by what its work takes, and at once */
	double time_scale;
	const char *control; /**< "unix:PATH" of a socket that takes lines
	                          "advance SECONDS" and answers "ok"; or NULL */
	const char *router;  /**< where the board's second pipe listens, such as
	                          the switch matrix of an "smu" bench; as
	                          `listen`; NULL = nowhere */
	const struct mr_clock *clock; /**< NULL = the system's */
	const char *personality; /**< what a USB port shows: "usbtmc", "bulk" or
	                              "acm" (a serial port); NULL = what suits
	                              the board. Only where `listen` is one */
};

struct mr_server;

/**
 * Switch a virtual board on and listen.
 * @param board    its kind, such as "scpi"; see mr_serve_board().
 * @param uri      the emulated array behind it, such as "emu:pcm?rows=32", with
 *                 the board's own keys.
 * @param listen   "unix:PATH", "tcp:127.0.0.1:PORT" (PORT 0 = any free one),
 *                 "pty", "usbip:PATH" (the stream of an imported USB/IP
 *                 device) or "vhci": a USB device of this very machine, by
 *                 Linux's module vhci-hcd, as root.
 * @param options  never NULL.
 * @param out      receives the server; one thread.
 * @param err      says what is wrong and what would be right; or NULL.
 * @return MR_OK; MR_ERR_USAGE (unknown board, bad address, bad key, a router
 *         where the board has none);
 *         MR_ERR_RANGE; MR_ERR_BUSY (the address is in use); MR_ERR_IO;
 *         MR_ERR_NOMEM.
 */
MR_API int mr_server_open(const char *board, const char *uri, const char *listen,
                          const struct mr_serve_options *options,
                          struct mr_server **out, struct mr_errtext *err);

/**
 * Where it listens: what a client opens, such as "tcp:127.0.0.1:40123".
 * @param server  the server.
 * @return text of the server's.
 */
MR_API const char *mr_server_address(const struct mr_server *server);

/**
 * Where its second pipe listens.
 * @param server  the server.
 * @return text of the server's; NULL where there is none.
 */
MR_API const char *mr_server_router(const struct mr_server *server);

/**
 * Serve one client after another until told to stop.
 * @param server  the server.
 * @param stop    nonzero ends it within 50 ms; a signal handler may set it.
 * @param err     explains a failure; or NULL.
 * @return MR_OK when it was stopped, or unplugged from "vhci"; MR_ERR_IO.
 */
MR_API int mr_server_run(struct mr_server *server,
                         const volatile sig_atomic_t *stop,
                         struct mr_errtext *err);

/**
 * Whether any output of the board carries a voltage; not while
 * mr_server_run() runs.
 * @param server    the server.
 * @param since_ns  receives since when it is like that, in the board's time; or
 *                  NULL.
 * @param now_ns    receives the board's time now; or NULL.
 * @return whether all outputs are safe.
 */
MR_API bool mr_server_is_safe(struct mr_server *server, int64_t *since_ns,
                              int64_t *now_ns);

/**
 * Switch the board off, remove the socket and free everything.
 * @param server  may be NULL.
 * @param err     explains a failure, such as a state file not written; or NULL.
 * @return MR_OK or a code; the server is gone either way.
 */
MR_API int mr_server_close(struct mr_server *server, struct mr_errtext *err);

/**
 * Kinds of virtual boards.
 * @param i  0, 1, ...
 * @return one line that begins with its name; NULL past the last.
 */
MR_API const char *mr_serve_board(size_t i);

#endif
