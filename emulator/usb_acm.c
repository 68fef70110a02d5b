/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Source: USB Class Definitions for Communications Devices 1.2 (2007) and its
 * PSTN subclass: functional descriptors, SET_LINE_CODING, SERIAL_STATE.
 */
#include "usb_acm.h"

#include <string.h>

#define PACKET_LOW (USB_PACKET & 0xff)
#define PACKET_HIGH (USB_PACKET >> 8)
#define NOTE_PACKET 16
#define NOTE_INTERVAL 9 /* 2^8 microframes, 32 ms */

#define SET_LINE_CODING 0x20
#define GET_LINE_CODING 0x21
#define SET_CONTROL_LINE_STATE 0x22
#define SEND_BREAK 0x23

#define DCD_AND_DSR 0x03

const uint8_t mr__usb_acm_config[USB_ACM_CONFIG_BYTES] = {
	/* configuration: 2 interfaces, self powered */
	9, 2, USB_ACM_CONFIG_BYTES, 0, 2, 1, 0, 0xc0, 50,
	/* interface 0: communications, abstract control, AT commands */
	9, 4, 0, 0, 1, 2, 2, 1, 0,
	/* header, CDC 1.10 */
	5, 0x24, 0, 0x10, 0x01,
	/* call management: none, data on interface 1 */
	5, 0x24, 1, 0, 1,
	/* abstract control: line coding and state, BREAK */
	4, 0x24, 2, 0x06,
	/* union: 0 rules 1 */
	5, 0x24, 6, 0, 1,
	7, 5, USB_NOTE_ENDPOINT, 3, NOTE_PACKET, 0, NOTE_INTERVAL,
	/* interface 1: data */
	9, 4, 1, 0, 2, 0x0a, 0, 0, 0,
	7, 5, USB_OUT_ENDPOINT, 2, PACKET_LOW, PACKET_HIGH, 0,
	7, 5, USB_IN_ENDPOINT, 2, PACKET_LOW, PACKET_HIGH, 0};

void mr__usb_acm_reset(struct usb_acm *a)
{
	*a = (struct usb_acm){.coding = {0x80, 0x25, 0, 0, 0, 0, 8}};
}

enum usb_answer mr__usb_acm_request(struct usb_acm *a, const uint8_t setup[8],
                                    uint8_t *data, size_t n, size_t *moved,
                                    bool *broke)
{
	size_t size = sizeof a->coding;
	uint16_t value = (uint16_t)(setup[2] | setup[3] << 8);

	switch (setup[1]) {
	case SET_LINE_CODING:
		if (n != size)
			return USB_STALL;
		memcpy(a->coding, data, size);
		return USB_DONE;
	case GET_LINE_CODING:
		*moved = n < size ? n : size;
		memcpy(data, a->coding, *moved);
		return USB_DONE;
	case SET_CONTROL_LINE_STATE:
		a->dtr = value & 1;
		a->rts = value & 2;
		return USB_DONE;
	case SEND_BREAK:
		*broke = value != 0;
		return USB_DONE;
	default:
		return USB_STALL;
	}
}

enum usb_answer mr__usb_acm_note(struct usb_acm *a, uint8_t *data, size_t n,
                                 size_t *moved)
{
	static const uint8_t note[10] = {0xa1, 0x20, 0, 0, 0,
	                                 0,    2,    0, DCD_AND_DSR};

	*moved = 0;
	if (a->noted)
		return USB_LATER;
	a->noted = true;
	*moved = n < sizeof note ? n : sizeof note;
	memcpy(data, note, *moved);
	return USB_DONE;
}

bool mr__usb_acm_fits(const struct usb_acm *a, const struct mr__line *line)
{
	const uint8_t *c = a->coding;
	uint32_t baud = (uint32_t)c[0] | (uint32_t)c[1] << 8 |
	                (uint32_t)c[2] << 16 | (uint32_t)c[3] << 24;

	if (!line)
		return true;
	return baud == line->baud && c[4] == (line->stop_bits - 1) * 2 &&
	       c[5] < 3 && "NOE"[c[5]] == line->parity &&
	       c[6] == line->data_bits;
}
