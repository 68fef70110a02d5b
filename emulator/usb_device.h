/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The device's side of a USB port: descriptors, control requests, bulk pipes,
 * with a virtual board behind them. Whoever carries it (umockdev in the tests,
 * USB/IP) brings the transfers; nothing here waits.
 */
#ifndef MR_EMULATOR_USB_DEVICE_H
#define MR_EMULATOR_USB_DEVICE_H

#include "driver/transport.h"

/* What a transfer comes to. */
enum usb_answer {
	USB_DONE,
	USB_LATER, /* nothing to give yet: the transfer goes on waiting */
	USB_STALL
};

#define USB_OUT_ENDPOINT 0x01
#define USB_IN_ENDPOINT 0x82
#define USB_PACKET 512

struct mr__usb_device; /* one personality of a virtual board */

/* Which personality a device has: an instrument, bulk pipes of the vendor's
 * own, a serial port (CDC-ACM). */
enum usb_kind { USB_KIND_TMC, USB_KIND_VENDOR, USB_KIND_ACM };

/* Put a board that is switched on behind a port; both stay the caller's. */
struct mr__usb_device *mr__usb_device_alloc(enum usb_kind kind,
                                            const struct mr__wire_type *type,
                                            void *board);
void mr__usb_device_free(struct mr__usb_device *d);

/* As it is when it is plugged in. */
void mr__usb_device_reset(struct mr__usb_device *d);

/* What the board's own type says of its port: numbers, and how its UART is set.
 * Without it the numbers are those for tests, and any setting is right. */
void mr__usb_device_fit(struct mr__usb_device *d,
                        const struct mr__wire_type *board);

/* Another serial number than 0000000000000007; up to 31 characters, copied. */
void mr__usb_device_serial(struct mr__usb_device *d, const char *serial);

/* Device and configuration descriptors, one after the other, as sysfs has
 * them. */
size_t mr__usb_device_descriptors(const struct mr__usb_device *d, uint8_t *out,
                                  size_t room);

/* A control request: for IN `data` receives up to n bytes, for OUT it holds
 * them. */
enum usb_answer mr__usb_device_control(struct mr__usb_device *d, int64_t now_ns,
                                       const uint8_t setup[8], uint8_t *data,
                                       size_t n, size_t *moved);

enum usb_answer mr__usb_device_out(struct mr__usb_device *d, int64_t now_ns,
                                   const uint8_t *data, size_t n);
/* At most n bytes; what does not fit stays for the next transfer. */
enum usb_answer mr__usb_device_in(struct mr__usb_device *d, int64_t now_ns,
                                  uint8_t *data, size_t n, size_t *moved);
/* A notification of the interrupt pipe; kinds without one stall. */
enum usb_answer mr__usb_device_interrupt(struct mr__usb_device *d, uint8_t *data,
                                         size_t n, size_t *moved);

/* When bulk IN has something to give; INT64_MAX = not before the host asks. */
int64_t mr__usb_device_due_ns(struct mr__usb_device *d, int64_t now_ns);

#endif
