/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Some of the transfers and bytes of a session over USB are harmed, one in each
 * session (usbsweep.c); `make check-long` harms all (long_usb_faults.c). */
#include "test.h"

#ifdef HAVE_UMOCKDEV

#include "usbsweep.h"

static void sessions_work_without_harm(void)
{
	CU_ASSERT_EQUAL(mr_usb_sweep(USB_KIND_TMC, MOCKUSB_NONE, 0, 1000), 0);
	CU_ASSERT_EQUAL(mr_usb_sweep(USB_KIND_VENDOR, MOCKUSB_NONE, 0, 1000), 0);
}

static void harmed_transfers_are_survived(void)
{
	CU_ASSERT(mr_usb_sweep(USB_KIND_TMC, MOCKUSB_UNPLUG, 2, 9) > 3);
	CU_ASSERT(mr_usb_sweep(USB_KIND_VENDOR, MOCKUSB_UNPLUG, 2, 9) > 1);
	CU_ASSERT(mr_usb_sweep(USB_KIND_TMC, MOCKUSB_STALL, 3, 13) > 1);
	(void)mr_usb_sweep(USB_KIND_TMC, MOCKUSB_LOSE, 4, 17);
	(void)mr_usb_sweep(USB_KIND_TMC, MOCKUSB_LATE, 5, 17);
}

static void harmed_bytes_are_survived(void)
{
	(void)mr_usb_sweep(USB_KIND_TMC, MOCKUSB_GARBLE, 1, 167);
	(void)mr_usb_sweep(USB_KIND_VENDOR, MOCKUSB_GARBLE, 1, 167);
}

const struct mr_test mr_tests[] = {
	{"sessions_work_without_harm", sessions_work_without_harm},
	{"harmed_transfers_are_survived", harmed_transfers_are_survived},
	{"harmed_bytes_are_survived", harmed_bytes_are_survived},
	{0},
};

#else

static void needs_umockdev(void)
{
	mr_test_skip("built without umockdev (libumockdev-dev)");
}

const struct mr_test mr_tests[] = {{"needs_umockdev", needs_umockdev}, {0}};

#endif
