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
/* Give the board emulated time, as a server's time scale 0 does: while the host
 * waits for an answer, what the board is about passes at once. */
void mockusb_hasten(struct mockusb *m);
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
/* What befalls one transfer, or one byte. */
enum mockusb_harm {
	MOCKUSB_NONE,
	MOCKUSB_UNPLUG, /* the plug is pulled as it begins */
	MOCKUSB_STALL,  /* it is answered by a stall */
	MOCKUSB_LOSE,   /* out: taken and dropped; in: dropped, and it waits on;
	                 * control: never answered */
	MOCKUSB_LATE,   /* it rests for 30 ms first */
	MOCKUSB_GARBLE  /* a byte of the bulk pipes comes as another */
};
/* Harm the `at`-th transfer, bulk and control counted as they are submitted, or
 * the `at`-th byte of the bulk pipes, both ways and headers too; from 0. */
void mockusb_harm(struct mockusb *m, enum mockusb_harm harm, unsigned at);
/* How many there were of either since it was plugged in. */
unsigned mockusb_transfers(struct mockusb *m);
unsigned mockusb_bytes(struct mockusb *m);
/* Whether the board carries no voltage. */
bool mockusb_is_safe(struct mockusb *m);
/* Claimed by somebody else: claiming fails with EBUSY. */
void mockusb_hold(struct mockusb *m, bool held);
/* How often the host asked for an abort of bulk-in. */
unsigned mockusb_aborts(struct mockusb *m);

#endif
