/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * An interface of a USB device: found, claimed, and its pipes. The only door to
 * libusb. Time-outs are whole milliseconds, at least 1: nothing here waits
 * without end.
 */
#ifndef MR_DRIVER_USB_H
#define MR_DRIVER_USB_H

#include "transport.h"

/* Which interface. All configurations' interfaces are searched. */
struct usb_wish {
	uint8_t interface_class;
	int subclass;     /* -1 = any */
	uint16_t vendor;  /* 0 = any */
	uint16_t product; /* likewise */
	const char *serial; /* NULL = any */
};

struct usb; /* a claimed interface */

/* Whether devices come and go; the caller's thread does the watching. */
struct usb_watch;
/* MR_ERR_UNSUPPORTED where libusb is not told. */
int mr__usb_watch_open(struct usb_watch **out, struct mr_errtext *err);
/* Wait; `*changed` = something came or went. Returns early for no reason, too. */
int mr__usb_watch_wait(struct usb_watch *w, unsigned timeout_ms, bool *changed,
                       struct mr_errtext *err);
void mr__usb_watch_close(struct usb_watch *w);

/* List without opening more than the descriptors; strings only of devices that
 * may be opened. MR_OK, MR_ERR_IO, what `found` returned. */
int mr__usb_list(const struct usb_wish *wish, mr__found_fn *found, void *user,
                 struct mr_errtext *err);

/**
 * Find, open and claim; a kernel driver that holds it is detached, and attached
 * again at the end.
 * @return MR_OK; MR_ERR_MISSING; MR_ERR_USAGE (several fit: they are named);
 *         MR_ERR_BUSY (claimed by another program); MR_ERR_IO (permission:
 *         the sentence names the rule to install); MR_ERR_NOMEM.
 */
int mr__usb_open(const struct usb_wish *wish, struct usb **out,
                 struct mr_errtext *err);
void mr__usb_close(struct usb *u);

void mr__usb_peer(const struct usb *u, struct mr__peer *out);
uint8_t mr__usb_interface(const struct usb *u);
size_t mr__usb_packet(const struct usb *u);       /* of bulk IN, bytes */
bool mr__usb_has_interrupt(const struct usb *u);
uint8_t mr__usb_endpoint(const struct usb *u, bool in);

/* Move bytes. `moved` is right also on failure. MR_OK, MR_ERR_TIMEOUT,
 * MR_ERR_FORMAT (the pipe is stalled), MR_ERR_IO (the device has gone). */
int mr__usb_out(struct usb *u, const void *data, size_t n, unsigned timeout_ms,
                size_t *moved, struct mr_errtext *err);
int mr__usb_in(struct usb *u, void *buf, size_t room, unsigned timeout_ms,
               size_t *moved, struct mr_errtext *err);
int mr__usb_interrupt(struct usb *u, void *buf, size_t room,
                      unsigned timeout_ms, size_t *moved,
                      struct mr_errtext *err);
int mr__usb_control_in(struct usb *u, uint8_t type, uint8_t request,
                       uint16_t value, uint16_t index, void *buf, size_t n,
                       size_t *moved, struct mr_errtext *err);
int mr__usb_clear_halt(struct usb *u, bool in, struct mr_errtext *err);

#endif
