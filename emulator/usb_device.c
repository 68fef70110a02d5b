/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A virtual board as a USB device: USBTMC-USB488 (an instrument), two bulk
 * pipes of the vendor's own, or a serial port (usb_acm.c). Written from the class
 * specifications, apart from the host's side.
 */
#include "usb_device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "usb_acm.h"

#define VENDOR 0x1209  /* pid.codes' test range: no real product */
#define PRODUCT_TMC 0x0001
#define PRODUCT_VENDOR 0x0002
#define PRODUCT_ACM 0x0003
#define HEADER 12
#define QUEUE ((size_t)1 << 23) /* the longest answer, with room */

struct mr__usb_device {
	enum usb_kind kind;
	const struct mr__wire_type *type;
	void *board;
	uint16_t vendor;
	uint16_t product;
	char serial[32];
	uint8_t configuration;
	struct usb_acm acm;
	const struct mr__line *line; /* of the board's UART; NULL = it has none */
	/* USBTMC: the transfer that comes in */
	size_t out_due;   /* payload bytes of it that are still to come */
	size_t out_pad;   /* padding after them */
	bool out_last;
	/* USBTMC: the answer that is asked for */
	bool asked;
	uint8_t asked_tag;
	size_t asked_size;
	bool aborted;
	uint8_t last_tag;
	uint8_t *queue;   /* [QUEUE] of the transfer that goes out */
	size_t queued;
	size_t sent;
	bool halted_in;
	bool halted_out;
};

/* ---- descriptors ---------------------------------------------------------------- */

static const uint8_t device_descriptor[18] = {
	18, 1, 0x00, 0x02, 0, 0, 0, 64, VENDOR & 0xff, VENDOR >> 8,
	0, 0, 0x00, 0x01, 1, 2, 3, 1};

static const uint8_t config_descriptor[32] = {
	/* configuration: 1 interface, self powered */
	9, 2, 32, 0, 1, 1, 0, 0xc0, 50,
	/* interface 0: class filled in below, two endpoints */
	9, 4, 0, 0, 2, 0, 0, 0, 0,
	/* bulk out, bulk in */
	7, 5, USB_OUT_ENDPOINT, 2, USB_PACKET & 0xff, USB_PACKET >> 8, 0,
	7, 5, USB_IN_ENDPOINT, 2, USB_PACKET & 0xff, USB_PACKET >> 8, 0};

#define INTERFACE_AT 9
#define DESCRIPTORS_MAX 128

static size_t configuration_of(const struct mr__usb_device *d, uint8_t *out)
{
	bool tmc = d->kind == USB_KIND_TMC;

	if (d->kind == USB_KIND_ACM) {
		memcpy(out, mr__usb_acm_config, USB_ACM_CONFIG_BYTES);
		return USB_ACM_CONFIG_BYTES;
	}
	memcpy(out, config_descriptor, sizeof config_descriptor);
	out[INTERFACE_AT + 5] = tmc ? 0xfe : 0xff;
	out[INTERFACE_AT + 6] = tmc ? 3 : 0;
	out[INTERFACE_AT + 7] = tmc ? 1 : 0; /* USB488 */
	return sizeof config_descriptor;
}

size_t mr__usb_device_descriptors(const struct mr__usb_device *d, uint8_t *out,
                                  size_t room)
{
	size_t n = sizeof device_descriptor;

	if (room < n + USB_ACM_CONFIG_BYTES)
		return 0;
	memcpy(out, device_descriptor, n);
	out[4] = d->kind == USB_KIND_ACM ? 2 : 0;
	out[8] = (uint8_t)d->vendor;
	out[9] = (uint8_t)(d->vendor >> 8);
	out[10] = (uint8_t)d->product;
	out[11] = (uint8_t)(d->product >> 8);
	return n + configuration_of(d, out + n);
}

static size_t text_descriptor(const struct mr__usb_device *d, uint8_t index,
                              uint8_t *out, size_t room)
{
	const char *const texts[] = {"", "memrig", "virtual board", d->serial};
	const char *text = index < 4 ? texts[index] : "";
	size_t n = 2 + 2 * strlen(text);

	if (index == 0) {
		const uint8_t languages[4] = {4, 3, 0x09, 0x04};

		n = sizeof languages < room ? sizeof languages : room;
		memcpy(out, languages, n);
		return n;
	}
	for (size_t i = 0; i < n && i < room; i++)
		out[i] = i == 0   ? (uint8_t)n
		         : i == 1 ? 3
		         : i % 2  ? 0
		                  : (uint8_t)text[(i - 2) / 2];
	return n < room ? n : room;
}

/* ---- life ------------------------------------------------------------------------ */

struct mr__usb_device *mr__usb_device_alloc(enum usb_kind kind,
                                            const struct mr__wire_type *type,
                                            void *board)
{
	struct mr__usb_device *d = calloc(1, sizeof *d);

	if (!d)
		return NULL;
	d->queue = malloc(QUEUE);
	if (!d->queue) {
		free(d);
		return NULL;
	}
	d->kind = kind;
	d->type = type;
	d->board = board;
	d->vendor = VENDOR;
	d->product = kind == USB_KIND_TMC   ? PRODUCT_TMC
	             : kind == USB_KIND_ACM ? PRODUCT_ACM
	                                    : PRODUCT_VENDOR;
	mr__usb_device_serial(d, "0000000000000007");
	mr__usb_acm_reset(&d->acm);
	return d;
}

void mr__usb_device_serial(struct mr__usb_device *d, const char *serial)
{
	(void)snprintf(d->serial, sizeof d->serial, "%s", serial);
}

void mr__usb_device_fit(struct mr__usb_device *d,
                        const struct mr__wire_type *board)
{
	d->line = board->line;
	if (!board->usb_vendor || d->kind != USB_KIND_ACM)
		return;
	d->vendor = board->usb_vendor;
	d->product = board->usb_product;
}

void mr__usb_device_free(struct mr__usb_device *d)
{
	if (!d)
		return;
	free(d->queue);
	free(d);
}

/* ---- control ----------------------------------------------------------------------- */

static void forget(struct mr__usb_device *d)
{
	d->asked = false;
	d->queued = d->sent = 0;
	d->out_due = d->out_pad = 0;
}

/* By the requests' numbers of USB 2.0, table 9-4. */
enum standard {
	GET_STATUS = 0,
	CLEAR_FEATURE = 1,
	GET_DESCRIPTOR = 6,
	GET_CONFIGURATION = 8,
	SET_CONFIGURATION = 9,
	GET_INTERFACE = 10
};

static size_t give(const uint8_t *from, size_t size, uint8_t *to, size_t n)
{
	n = n < size ? n : size;
	memcpy(to, from, n);
	return n;
}

static enum usb_answer get_descriptor(const struct mr__usb_device *d,
                                      const uint8_t *setup, uint8_t *data,
                                      size_t n, size_t *moved)
{
	uint8_t all[DESCRIPTORS_MAX];
	size_t size = mr__usb_device_descriptors(d, all, sizeof all);

	if (setup[3] == 1)
		*moved = give(all, 18, data, n);
	else if (setup[3] == 2)
		*moved = give(all + 18, size - 18, data, n);
	else if (setup[3] == 3)
		*moved = text_descriptor(d, setup[2], data, n);
	else
		return USB_STALL;
	return USB_DONE;
}

static enum usb_answer standard(struct mr__usb_device *d, const uint8_t *setup,
                                uint8_t *data, size_t n, size_t *moved)
{
	const uint8_t status[2] = {(setup[0] & 0x1f) == 0, 0}; /* self powered */
	const uint8_t none = 0;

	switch (setup[0] & 0x80 ? setup[1] : 0x100 | setup[1]) {
	case GET_STATUS:
		*moved = give(status, sizeof status, data, n);
		return USB_DONE;
	case GET_DESCRIPTOR:
		return get_descriptor(d, setup, data, n, moved);
	case GET_CONFIGURATION:
		*moved = give(&d->configuration, 1, data, n);
		return USB_DONE;
	case GET_INTERFACE:
		*moved = give(&none, 1, data, n);
		return USB_DONE;
	case 0x100 | CLEAR_FEATURE: /* endpoint halt */
		if (setup[4] == USB_IN_ENDPOINT)
			d->halted_in = false;
		else
			d->halted_out = false;
		return USB_DONE;
	case 0x100 | SET_CONFIGURATION:
		d->configuration = setup[2];
		return USB_DONE;
	default: /* such as set interface: there is one setting */
		return setup[0] & 0x80 ? USB_STALL : USB_DONE;
	}
}

static size_t capabilities(uint8_t *out, size_t n)
{
	uint8_t c[24] = {0x01, 0, 0x00, 0x01};

	c[12] = 0x00;
	c[13] = 0x01; /* USB488 1.0 */
	c[14] = 0x06; /* REN, 488.2 */
	c[15] = 0x0a; /* RL1, SCPI */
	n = n < sizeof c ? n : sizeof c;
	memcpy(out, c, n);
	return n;
}

/* Requests of the class; answers begin with a status. */
static enum usb_answer tmc_request(struct mr__usb_device *d, int64_t now_ns,
                                   const uint8_t *setup, uint8_t *data,
                                   size_t n, size_t *moved)
{
	uint8_t answer[8] = {0x01};

	*moved = 2;
	switch (setup[1]) {
	case 1: /* abort bulk out */
		answer[0] = d->out_due ? 0x01 : 0x81;
		answer[1] = d->last_tag;
		d->out_due = d->out_pad = 0;
		break;
	case 3: /* abort bulk in: a short packet ends what went on */
		answer[0] = !d->asked && d->sent == d->queued  ? 0x80
		            : setup[2] == d->asked_tag ? 0x01
		                                       : 0x81;
		answer[1] = d->asked_tag;
		d->aborted = answer[0] == 0x01;
		d->asked = false;
		d->queued = d->sent = 0;
		break;
	case 2:
	case 4:
		*moved = 8;
		break;
	case 5: /* clear */
		forget(d);
		d->type->clear(d->board, now_ns);
		*moved = 1;
		break;
	case 6:
		break;
	case 7:
		*moved = capabilities(data, n);
		return USB_DONE;
	case 128:
		answer[1] = setup[2];
		answer[2] = d->type->status_byte
		                    ? d->type->status_byte(d->board, now_ns)
		                    : 0;
		*moved = 3;
		break;
	case 160:
	case 161:
	case 162:
		*moved = 1;
		break;
	default:
		return USB_STALL;
	}
	*moved = *moved < n ? *moved : n;
	memcpy(data, answer, *moved);
	return USB_DONE;
}

void mr__usb_device_reset(struct mr__usb_device *d)
{
	forget(d);
	d->aborted = d->halted_in = d->halted_out = false;
	d->configuration = 0;
	mr__usb_acm_reset(&d->acm);
}

static enum usb_answer acm_request(struct mr__usb_device *d, int64_t now_ns,
                                   const uint8_t *setup, uint8_t *data,
                                   size_t n, size_t *moved)
{
	bool broke = false;
	enum usb_answer a =
		mr__usb_acm_request(&d->acm, setup, data, n, moved, &broke);

	if (broke) {
		d->queued = d->sent = 0;
		d->type->clear(d->board, now_ns);
	}
	return a;
}

enum usb_answer mr__usb_device_control(struct mr__usb_device *d, int64_t now_ns,
                                       const uint8_t setup[8], uint8_t *data,
                                       size_t n, size_t *moved)
{
	*moved = 0;
	if ((setup[0] & 0x60) == 0)
		return standard(d, setup, data, n, moved);
	if ((setup[0] & 0x60) == 0x20 && d->kind == USB_KIND_TMC)
		return tmc_request(d, now_ns, setup, data, n, moved);
	if ((setup[0] & 0x60) == 0x20 && d->kind == USB_KIND_ACM)
		return acm_request(d, now_ns, setup, data, n, moved);
	return USB_STALL;
}

/* ---- bulk out --------------------------------------------------------------------------- */

static size_t u32_at(const uint8_t *from)
{
	return (size_t)from[0] | (size_t)from[1] << 8 | (size_t)from[2] << 16 |
	       (size_t)from[3] << 24;
}

static enum usb_answer stall_out(struct mr__usb_device *d)
{
	d->halted_out = true;
	return USB_STALL;
}

static enum usb_answer tmc_header(struct mr__usb_device *d, const uint8_t *h)
{
	size_t size = u32_at(h + 4);

	if (h[1] == 0 || h[2] != 255 - h[1] || h[3] != 0)
		return stall_out(d);
	d->last_tag = h[1];
	if (h[0] == 1) {
		d->out_due = size;
		d->out_pad = (4 - size % 4) % 4;
		d->out_last = h[8] & 1;
		return USB_DONE;
	}
	if (h[0] == 2 && !d->asked) {
		d->asked = true;
		d->asked_tag = h[1];
		d->asked_size = size;
		return USB_DONE;
	}
	return stall_out(d);
}

enum usb_answer mr__usb_device_out(struct mr__usb_device *d, int64_t now_ns,
                                   const uint8_t *data, size_t n)
{
	if (d->halted_out)
		return USB_STALL;
	if (d->kind != USB_KIND_TMC) {
		/* at a wrong setting a UART sees framing errors only */
		if (!mr__usb_acm_fits(&d->acm, d->line) &&
		    d->kind == USB_KIND_ACM)
			return USB_DONE;
		d->type->input(d->board, now_ns, data, n,
		               n && data[n - 1] == '\n');
		return USB_DONE;
	}
	while (n) {
		size_t now;

		if (d->out_due == 0 && d->out_pad == 0) {
			if (n < HEADER)
				return stall_out(d);
			if (tmc_header(d, data) != USB_DONE)
				return USB_STALL;
			data += HEADER;
			n -= HEADER;
		}
		now = d->out_due < n ? d->out_due : n;
		d->out_due -= now;
		if (now)
			d->type->input(d->board, now_ns, data, now,
			               d->out_last && d->out_due == 0);
		data += now;
		n -= now;
		now = d->out_pad < n ? d->out_pad : n;
		d->out_pad -= now;
		data += now;
		n -= now;
	}
	return USB_DONE;
}

/* ---- bulk in ------------------------------------------------------------------------------ */

static enum usb_answer fill(struct mr__usb_device *d, int64_t now_ns)
{
	size_t head = d->kind == USB_KIND_TMC ? HEADER : 0;
	size_t room = QUEUE - HEADER - 4;
	bool end = false;
	size_t n;

	if (head && !d->asked)
		return USB_LATER;
	if (head && d->asked_size < room)
		room = d->asked_size;
	n = d->type->output(d->board, now_ns, d->queue + head, room, &end);
	if (n == 0)
		return USB_LATER;
	d->sent = 0;
	d->queued = head + n;
	if (d->kind == USB_KIND_ACM && !mr__usb_acm_fits(&d->acm, d->line))
		for (size_t i = 0; i < n; i++) /* the host sees other bits */
			d->queue[i] = (uint8_t)(d->queue[i] << 1 ^ 0xc3);
	if (!head)
		return USB_DONE;
	memset(d->queue, 0, HEADER);
	d->queue[0] = 2;
	d->queue[1] = d->asked_tag;
	d->queue[2] = (uint8_t)(255 - d->asked_tag);
	for (int i = 0; i < 4; i++)
		d->queue[4 + i] = (uint8_t)(n >> (8 * i));
	d->queue[8] = end ? 1 : 0;
	while (d->queued % 4)
		d->queue[d->queued++] = 0;
	d->asked = false;
	return USB_DONE;
}

enum usb_answer mr__usb_device_in(struct mr__usb_device *d, int64_t now_ns,
                                  uint8_t *data, size_t n, size_t *moved)
{
	*moved = 0;
	if (d->halted_in)
		return USB_STALL;
	if (d->aborted) {
		d->aborted = false;
		return USB_DONE;
	}
	if (d->sent == d->queued) {
		enum usb_answer a = fill(d, now_ns);

		if (a != USB_DONE)
			return a;
	}
	*moved = d->queued - d->sent < n ? d->queued - d->sent : n;
	memcpy(data, d->queue + d->sent, *moved);
	d->sent += *moved;
	return USB_DONE;
}

/* ---- beside the bulk pipes ------------------------------------------------------------------ */

enum usb_answer mr__usb_device_interrupt(struct mr__usb_device *d, uint8_t *data,
                                         size_t n, size_t *moved)
{
	*moved = 0;
	if (d->kind != USB_KIND_ACM)
		return USB_STALL;
	return mr__usb_acm_note(&d->acm, data, n, moved);
}

int64_t mr__usb_device_due_ns(struct mr__usb_device *d, int64_t now_ns)
{
	int64_t due_ns;

	if (d->halted_in || d->aborted || d->sent < d->queued)
		return now_ns;
	due_ns = d->type->due_ns(d->board, now_ns);
	if (d->kind == USB_KIND_TMC && !d->asked && due_ns <= now_ns)
		return INT64_MAX;
	return due_ns;
}
