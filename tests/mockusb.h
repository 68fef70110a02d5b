/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* A USB device that libusb finds, through umockdev: usbfs's calls answered by an
 * emulated device (emulator/usb_device.h). The program is linked with umockdev's
 * preload library, which works under the sanitizers, too. */
#ifndef MR_TESTS_MOCKUSB_H
#define MR_TESTS_MOCKUSB_H

#include <stdbool.h>

#include "emulator/usb_device.h"

struct mockusb;

/* Plug a board in: kind, name of the virtual board, URI of its array. */
struct mockusb *mockusb_plug(enum usb_kind kind, const char *board,
                             const char *uri);
/* Its serial number, another in each process: programs that run at a time do not
 * lock each other out. */
const char *mockusb_serial(void);
/* Pull the plug: pending transfers fail. */
void mockusb_unplug(struct mockusb *m);
/* Have the system see it go, or come back under the same number. */
void mockusb_vanish(struct mockusb *m);
void mockusb_appear(struct mockusb *m);
/* Give it a node /dev/usbtmc0 of Linux's driver, as far as sysfs goes; with
 * its other numbers as they are. */
void mockusb_bind(struct mockusb *m);
void mockusb_free(struct mockusb *m);

/* From here on, n-th transfer after now is answered with a stall (0 = the
 * next); bulk in or out. */
void mockusb_stall(struct mockusb *m, bool in);
/* Claimed by somebody else: claiming fails with EBUSY. */
void mockusb_hold(struct mockusb *m, bool held);
/* How often the host asked for an abort of bulk-in. */
unsigned mockusb_aborts(struct mockusb *m);

#endif
