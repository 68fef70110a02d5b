/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The transports that the table lists, one per file, and what they share. */
#ifndef MR_DRIVER_TRANSPORTS_H
#define MR_DRIVER_TRANSPORTS_H

#include "lookout.h"
#include "transport.h"

extern const struct mr__transport_type mr__transport_loop;
extern const struct mr__transport_type mr__transport_serial;
extern const struct mr__transport_type mr__transport_tcp;
extern const struct mr__transport_type mr__transport_trace;
extern const struct mr__transport_type mr__transport_unix;
extern const struct mr__transport_type mr__transport_usb;
extern const struct mr__transport_type mr__transport_usbtmc;
extern const struct mr__transport_type mr__transport_usbtmc_kernel;

/* ---- transport_control.c: pauses that advance a served board's time ---------------- */

struct mr__control;

/* Take key `control` if it is there; *out stays NULL without. */
int mr__control_open(struct mr_uri *uri, const struct mr_open_options *options,
                     struct mr__control **out, struct mr_errtext *err);
/* The options' clock and what was advanced; sleeping advances. */
void mr__control_clock(struct mr__control *c, struct mr_clock *out);
void mr__control_close(struct mr__control *c); /* NULL is ignored */

/* ---- wire_keep.c: a wire before anybody watches -------------------------------------- */

/* Pieces in memory; all-zero is empty. */
struct mr__wire_keep {
	bool on;
	bool lost; /* it grew too large, or memory ran out */
	uint8_t *bytes;
	size_t size;
	size_t room;
};

void mr__wire_keep_add(struct mr__wire_keep *keep,
                       const struct mr_wire_piece *piece);
/* Tell all to a watcher and forget them. */
void mr__wire_keep_tell(struct mr__wire_keep *keep,
                        const struct mr_wire_watcher *watcher);
void mr__wire_keep_free(struct mr__wire_keep *keep);

/* ---- poll_fd.c: descriptors with deadlines ------------------------------------- */

/* Wait until a descriptor is readable or writable. MR_OK, MR_ERR_TIMEOUT. */
int mr__fd_await(int fd, bool writing, const struct mr_clock *clock,
                 int64_t deadline_ns, struct mr_errtext *err);

/* ---- transport_socket.c: what sockets share ---------------------------------------- */

struct mr__socket {
	int fd;
	bool packets; /* SOCK_SEQPACKET: keeps message ends */
	struct mr_clock clock;
	struct mr__lookout lookout; /* for the answer to what was written */
	struct mr__peer peer;
};

int mr__socket_write(void *self, const void *data, size_t n, bool end,
                     int64_t deadline_ns, size_t *sent, struct mr_errtext *err);
int mr__socket_read(void *self, void *buf, size_t room, int64_t deadline_ns,
                    size_t *got, bool *end, struct mr_errtext *err);
int mr__socket_flush(void *self, struct mr_errtext *err);
int mr__socket_poll_fd(void *self);
void mr__socket_peer(void *self, struct mr__peer *out);
void mr__socket_close(void *self);

/* ---- lockfile.c: one program a device ------------------------------------------------ */

/* Lock a device by its canonical name. MR_ERR_BUSY names the holder. */
int mr__lock_take(const char *identity, struct mr__lock *out,
                  struct mr_errtext *err);
/* Likewise, by what it is: USB numbers and serial, or else its path; what has
 * neither is not locked. */
int mr__lock_peer(const struct mr__peer *peer, struct mr__lock *out,
                  struct mr_errtext *err);
void mr__lock_release(struct mr__lock *lock);

#endif
