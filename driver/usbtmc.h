/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * USBTMC's messages, whatever carries its transfers: libusb (usb.h), or Linux's
 * own driver and its node /dev/usbtmcN.
 */
#ifndef MR_DRIVER_USBTMC_H
#define MR_DRIVER_USBTMC_H

#include "transport.h"

/* Where an instrument's pipes are. */
struct mr__tmc_place {
	uint8_t interface;
	uint8_t in;        /* endpoint addresses */
	uint8_t out;
	bool has_interrupt;
	size_t packet;     /* of bulk IN, bytes */
	struct mr__peer peer;
};

/* A carrier. Codes as in usb.h: MR_ERR_TIMEOUT, MR_ERR_FORMAT (the pipe is
 * stalled), MR_ERR_IO (the device has gone). `self` is the carrier's. */
struct mr__tmc_link {
	int (*out)(void *self, const void *data, size_t n, unsigned timeout_ms,
	           size_t *moved, struct mr_errtext *err);
	/* a piece of a transfer; all of it where that is possible */
	int (*in)(void *self, void *buf, size_t room, unsigned timeout_ms,
	          size_t *moved, struct mr_errtext *err);
	int (*interrupt)(void *self, void *buf, size_t room,
	                 unsigned timeout_ms, size_t *moved,
	                 struct mr_errtext *err); /* NULL: see status_byte */
	int (*control_in)(void *self, uint8_t type, uint8_t request,
	                  uint16_t value, uint16_t index, void *buf, size_t n,
	                  size_t *moved, struct mr_errtext *err);
	int (*clear_halt)(void *self, bool in, struct mr_errtext *err);
	/* NULL = by control and interrupt */
	int (*status_byte)(void *self, uint8_t *stb, unsigned timeout_ms,
	                   struct mr_errtext *err);
	void (*close)(void *self);
};

/**
 * Begin to speak with an instrument: capabilities, clear, remote.
 * @param link   how; of static life.
 * @param usb    the carrier's; closed also when this fails.
 * @param place  copied.
 * @param self   receives what a transport's functions take.
 * @return MR_OK; MR_ERR_IO; MR_ERR_NOMEM.
 */
int mr__tmc_open(const struct mr__tmc_link *link, void *usb,
                 const struct mr__tmc_place *place,
                 const struct mr_clock *clock, void **self,
                 struct mr_errtext *err);

/* What a struct mr__transport_type needs beside open. */
int mr__tmc_write(void *self, const void *data, size_t n, bool end,
                  int64_t deadline_ns, size_t *sent, struct mr_errtext *err);
int mr__tmc_read(void *self, void *buf, size_t room, int64_t deadline_ns,
                 size_t *got, bool *end, struct mr_errtext *err);
int mr__tmc_flush(void *self, struct mr_errtext *err);
int mr__tmc_clear(void *self, int64_t deadline_ns, struct mr_errtext *err);
int mr__tmc_status_byte(void *self, uint8_t *stb, int64_t deadline_ns,
                        struct mr_errtext *err);
void mr__tmc_peer(void *self, struct mr__peer *out);
void mr__tmc_close(void *self);

#endif
