/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Every transfer and every byte of a session over USB is harmed, one in each
 * session (usbsweep.c). */
#include "test.h"

#ifdef HAVE_UMOCKDEV

#include "usbsweep.h"

static void unplugged_at_every_transfer(void)
{
	CU_ASSERT(mr_usb_sweep(USB_KIND_TMC, MOCKUSB_UNPLUG, 0, 1) > 20);
	CU_ASSERT(mr_usb_sweep(USB_KIND_VENDOR, MOCKUSB_UNPLUG, 0, 1) > 10);
}

static void stalled_at_every_transfer(void)
{
	CU_ASSERT(mr_usb_sweep(USB_KIND_TMC, MOCKUSB_STALL, 0, 1) > 10);
	CU_ASSERT(mr_usb_sweep(USB_KIND_VENDOR, MOCKUSB_STALL, 0, 1) > 10);
}

static void lost_at_every_transfer(void)
{
	CU_ASSERT(mr_usb_sweep(USB_KIND_TMC, MOCKUSB_LOSE, 0, 1) > 10);
	CU_ASSERT(mr_usb_sweep(USB_KIND_VENDOR, MOCKUSB_LOSE, 0, 1) > 10);
}

static void late_at_every_transfer(void)
{
	(void)mr_usb_sweep(USB_KIND_TMC, MOCKUSB_LATE, 0, 1);
	(void)mr_usb_sweep(USB_KIND_VENDOR, MOCKUSB_LATE, 0, 1);
}

static void garbled_at_every_byte(void)
{
	(void)mr_usb_sweep(USB_KIND_TMC, MOCKUSB_GARBLE, 0, 1);
	(void)mr_usb_sweep(USB_KIND_VENDOR, MOCKUSB_GARBLE, 0, 1);
}

const struct mr_test mr_tests[] = {
	{"unplugged_at_every_transfer", unplugged_at_every_transfer},
	{"stalled_at_every_transfer", stalled_at_every_transfer},
	{"lost_at_every_transfer", lost_at_every_transfer},
	{"late_at_every_transfer", late_at_every_transfer},
	{"garbled_at_every_byte", garbled_at_every_byte},
	{0},
};

#else

static void needs_umockdev(void)
{
	mr_test_skip("built without umockdev");
}

const struct mr_test mr_tests[] = {{"needs_umockdev", needs_umockdev}, {0}};

#endif
