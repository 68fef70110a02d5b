/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The CDC-ACM personality of a virtual board: a serial port on USB, its line
 * coding, modem lines, BREAK and notifications. The bytes themselves are moved
 * by usb_device.c.
 */
#ifndef MR_EMULATOR_USB_ACM_H
#define MR_EMULATOR_USB_ACM_H

#include "usb_device.h"

#define USB_NOTE_ENDPOINT 0x83
#define USB_ACM_CONFIG_BYTES 67

/* The UART behind the port, as the host has set it. */
struct usb_acm {
	uint8_t coding[7]; /* as on the wire: baud, stop bits, parity, bits */
	bool dtr;
	bool rts;
	bool noted;        /* the host knows the modem lines */
};

/* As after a reset: 9600 8N1, lines down. */
void mr__usb_acm_reset(struct usb_acm *a);

/* Configuration descriptor: two interfaces, a notification endpoint, bulk pipes. */
extern const uint8_t mr__usb_acm_config[USB_ACM_CONFIG_BYTES];

/* A request of the class; `*broke` becomes true for a BREAK that begins. */
enum usb_answer mr__usb_acm_request(struct usb_acm *a, const uint8_t setup[8],
                                    uint8_t *data, size_t n, size_t *moved,
                                    bool *broke);

/* The notification that is due, if one is: SERIAL_STATE. */
enum usb_answer mr__usb_acm_note(struct usb_acm *a, uint8_t *data, size_t n,
                                 size_t *moved);

/* Whether host and board speak at the same setting; NULL = the board has no
 * UART and takes any. */
bool mr__usb_acm_fits(const struct usb_acm *a, const struct mr__line *line);

#endif
