/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A session with a board of the open protocol over USB, libusb on an emulated
 * device under umockdev, with one transfer or byte of it harmed; each in turn.
 */
#ifndef MR_TESTS_USBSWEEP_H
#define MR_TESTS_USBSWEEP_H

#include "mockusb.h"

/**
 * Harm every step-th transfer (or byte, to garble) of a session, and assert of
 * each session: it ends within seconds, a failure says what it is, the board is
 * without voltage, the log can be read and accounts for each operation.
 * @param kind  USB_KIND_TMC, USB_KIND_VENDOR.
 * @return how many sessions noticed.
 */
unsigned mr_usb_sweep(enum usb_kind kind, enum mockusb_harm harm, unsigned first,
                      unsigned step);

#endif
