/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* VID:PID[:SERIAL], the address of a USB device. */
#ifndef MR_DRIVER_USB_ADDRESS_H
#define MR_DRIVER_USB_ADDRESS_H

#include "usb.h"

/* Fill in vendor, product and serial, which points into `text`; an empty text
 * leaves the wish as it is, if it names a vendor. MR_ERR_USAGE. */
int mr__usb_address(const char *text, struct usb_wish *wish,
                    struct mr_errtext *err);

/* Milliseconds until a deadline on a clock: 0 = it has passed. */
unsigned mr__usb_left_ms(const struct mr_clock *clock, int64_t deadline_ns);

#endif
