/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A board behind a USB port behind USB/IP: a wire around another, whose bytes
 * are the stream between Linux's vhci-hcd and an imported device. Source: the
 * kernel's Documentation/usb/usbip_protocol.rst. Headers are 48 bytes, numbers
 * big-endian. What the stream says is not trusted: a header that cannot be
 * ends the connection as a pulled plug does.
 *
 * A transfer that has nothing to give waits; the first of each endpoint is
 * tried whenever time passes or a request comes.
 */
#include "wires.h"

#include <stdlib.h>
#include <string.h>

#include "usb_device.h"

#define HEADER 48
#define SUBMITS_MAX 64
#define TRANSFER_MAX ((size_t)1 << 22)
#define STANDING_MAX ((size_t)1 << 24) /* of answers that nobody fetches */
#define ENDPOINTS 16
#define NOTE_ENDPOINT 3 /* interrupt IN; bulk are USB_OUT_ and USB_IN_ENDPOINT */

enum command {
	CMD_SUBMIT = 1,
	CMD_UNLINK = 2,
	RET_SUBMIT = 3,
	RET_UNLINK = 4
};

/* Linux's numbers, which the protocol carries. */
#define STATUS_STALL (-32)
#define STATUS_NO_ROOM (-12)
#define STATUS_UNLINKED (-104)

/* A transfer that was submitted. */
struct submit {
	uint32_t seqnum;
	uint32_t endpoint;
	bool in;
	size_t n;
	uint8_t setup[8];
};

struct usbip {
	const struct mr__wire_type *type;
	void *board;
	struct mr__usb_device *device;
	bool broken;
	uint8_t header[HEADER];
	size_t n_header;
	struct submit now;    /* whose bytes are coming in */
	uint8_t *payload;     /* [now.n] */
	size_t n_payload;
	struct submit waiting[SUBMITS_MAX];
	size_t n_waiting;
	uint8_t *out;         /* [room] for the host */
	size_t room;
	size_t n_out;
	size_t sent;
};

/* ---- answers -------------------------------------------------------------------- */

static uint32_t get_u32(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 |
	       (uint32_t)from[2] << 8 | (uint32_t)from[3];
}

static void put_u32(uint8_t *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Room for n more bytes; without it the stream has ended. */
static uint8_t *make_room(struct usbip *u, size_t n)
{
	size_t want;

	if (u->sent) {
		memmove(u->out, u->out + u->sent, u->n_out - u->sent);
		u->n_out -= u->sent;
		u->sent = 0;
	}
	want = u->n_out + n;
	if (want > STANDING_MAX) {
		u->broken = true;
		return NULL;
	}
	if (want > u->room) {
		/* doubled: growing by each answer would copy all of them */
		size_t room = want > 2 * u->room ? want : 2 * u->room;
		uint8_t *more = realloc(u->out, room);

		if (!more) {
			u->broken = true;
			return NULL;
		}
		u->out = more;
		u->room = room;
	}
	return u->out + u->n_out;
}

static void put_header(uint8_t *to, enum command command, uint32_t seqnum,
                       int32_t status, size_t actual)
{
	memset(to, 0, HEADER);
	put_u32(to, command);
	put_u32(to + 4, seqnum);
	put_u32(to + 20, (uint32_t)status);
	put_u32(to + 24, (uint32_t)actual);
}

static void answer(struct usbip *u, enum command command, uint32_t seqnum,
                   int32_t status, size_t actual)
{
	uint8_t *to = make_room(u, HEADER);

	if (!to)
		return;
	put_header(to, command, seqnum, status, actual);
	u->n_out += HEADER;
}

/* ---- transfers -------------------------------------------------------------------- */

/* Of a control transfer that moves data, the setup and the header agree. */
static bool is_contrary(const struct submit *s)
{
	return s->endpoint == 0 && s->n && s->in != !!(s->setup[0] & 0x80);
}

static enum usb_answer move_out(struct usbip *u, int64_t now_ns,
                                const struct submit *s, uint8_t *data)
{
	size_t moved;

	if (is_contrary(s))
		return USB_STALL;
	if (s->endpoint == 0)
		return mr__usb_device_control(u->device, now_ns, s->setup, data,
		                              s->n, &moved);
	if (s->endpoint == USB_OUT_ENDPOINT)
		return mr__usb_device_out(u->device, now_ns, data, s->n);
	return USB_STALL;
}

static enum usb_answer move_in(struct usbip *u, int64_t now_ns,
                               const struct submit *s, uint8_t *data,
                               size_t *moved)
{
	*moved = 0;
	if (is_contrary(s))
		return USB_STALL;
	if (s->endpoint == 0)
		return mr__usb_device_control(u->device, now_ns, s->setup, data,
		                              s->n, moved);
	if (s->endpoint == (USB_IN_ENDPOINT & 0xf))
		return mr__usb_device_in(u->device, now_ns, data, s->n, moved);
	if (s->endpoint == NOTE_ENDPOINT)
		return mr__usb_device_interrupt(u->device, data, s->n, moved);
	return USB_STALL;
}

/* Whether the transfer has come to an end. */
static bool try_in(struct usbip *u, int64_t now_ns, const struct submit *s)
{
	uint8_t *to = make_room(u, HEADER + s->n);
	size_t moved = 0;
	enum usb_answer a;

	if (!to)
		return true;
	a = move_in(u, now_ns, s, to + HEADER, &moved);
	if (a == USB_LATER)
		return false;
	if (a == USB_STALL)
		moved = 0;
	put_header(to, RET_SUBMIT, s->seqnum, a == USB_STALL ? STATUS_STALL : 0,
	           moved);
	u->n_out += HEADER + moved;
	return true;
}

static void drop(struct usbip *u, size_t i)
{
	u->n_waiting--;
	memmove(&u->waiting[i], &u->waiting[i + 1],
	        (u->n_waiting - i) * sizeof u->waiting[0]);
}

/* Each endpoint's transfers come to their end in order. */
static void progress(struct usbip *u, int64_t now_ns)
{
	bool stuck[ENDPOINTS] = {false};

	for (size_t i = 0; i < u->n_waiting && !u->broken;) {
		const struct submit *s = &u->waiting[i];

		if (stuck[s->endpoint] || !try_in(u, now_ns, s)) {
			stuck[s->endpoint] = true;
			i++;
		} else {
			drop(u, i);
		}
	}
}

/* ---- requests ------------------------------------------------------------------------ */

static void begin(struct usbip *u, int64_t now_ns)
{
	const struct submit *s = &u->now;

	if (!s->in) {
		enum usb_answer a = move_out(u, now_ns, s, u->payload);
		bool stalled = a == USB_STALL;

		answer(u, RET_SUBMIT, s->seqnum, stalled ? STATUS_STALL : 0,
		       stalled ? 0 : s->n);
		free(u->payload);
		u->payload = NULL;
	} else if (u->n_waiting == SUBMITS_MAX) {
		answer(u, RET_SUBMIT, s->seqnum, STATUS_NO_ROOM, 0);
	} else {
		u->waiting[u->n_waiting++] = *s;
	}
	u->n_header = 0;
}

static void submit(struct usbip *u, int64_t now_ns)
{
	const uint8_t *h = u->header;
	uint32_t packets = get_u32(h + 32); /* isochronous; others say 0 or -1 */

	u->now = (struct submit){.seqnum = get_u32(h + 4),
	                         .in = get_u32(h + 12) == 1,
	                         .endpoint = get_u32(h + 16),
	                         .n = get_u32(h + 24)};
	memcpy(u->now.setup, h + 40, sizeof u->now.setup);
	if (get_u32(h + 12) > 1 || u->now.endpoint >= ENDPOINTS ||
	    u->now.n > TRANSFER_MAX || (packets && packets != UINT32_MAX)) {
		u->broken = true;
		return;
	}
	if (!u->now.in) {
		u->payload = malloc(u->now.n ? u->now.n : 1);
		u->broken = !u->payload;
		u->n_payload = 0;
	}
	if (!u->broken && (u->now.in || u->now.n == 0))
		begin(u, now_ns);
}

/* A transfer that has already ended is none any more: status 0. */
static void unlink_transfer(struct usbip *u)
{
	uint32_t which = get_u32(u->header + 20);
	int32_t status = 0;

	for (size_t i = 0; i < u->n_waiting && !status; i++) {
		if (u->waiting[i].seqnum != which)
			continue;
		drop(u, i);
		status = STATUS_UNLINKED;
	}
	answer(u, RET_UNLINK, get_u32(u->header + 4), status, 0);
	u->n_header = 0;
}

static void take_header(struct usbip *u, int64_t now_ns)
{
	switch (get_u32(u->header)) {
	case CMD_SUBMIT:
		submit(u, now_ns);
		break;
	case CMD_UNLINK:
		unlink_transfer(u);
		break;
	default:
		u->broken = true;
	}
}

/* Bytes into `to`, which has `have` of `want`; returns how many were taken. */
static size_t collect(uint8_t *to, size_t *have, size_t want,
                      const uint8_t *data, size_t n)
{
	size_t take = want - *have < n ? want - *have : n;

	memcpy(to + *have, data, take);
	*have += take;
	return take;
}

static void usbip_input(void *self, int64_t now_ns, const uint8_t *data,
                        size_t n, bool end)
{
	struct usbip *u = self;

	(void)end;
	while (n && !u->broken) {
		size_t took;

		if (u->payload) {
			took = collect(u->payload, &u->n_payload, u->now.n, data,
			               n);
			if (u->n_payload == u->now.n)
				begin(u, now_ns);
		} else {
			took = collect(u->header, &u->n_header, HEADER, data, n);
			if (u->n_header == HEADER)
				take_header(u, now_ns);
		}
		data += took;
		n -= took;
		progress(u, now_ns);
	}
}

static size_t usbip_output(void *self, int64_t now_ns, uint8_t *buf, size_t room,
                           bool *end)
{
	struct usbip *u = self;
	size_t n;

	*end = false;
	if (u->sent == u->n_out)
		progress(u, now_ns);
	n = u->n_out - u->sent < room ? u->n_out - u->sent : room;
	if (n)
		memcpy(buf, u->out + u->sent, n);
	u->sent += n;
	return n;
}

/* Without a transfer that waits for them, bytes of the board are not due. */
static int64_t usbip_due_ns(void *self, int64_t now_ns)
{
	struct usbip *u = self;
	int64_t due_ns;

	progress(u, now_ns);
	if (u->sent < u->n_out)
		return now_ns;
	due_ns = mr__usb_device_due_ns(u->device, now_ns);
	return due_ns > now_ns ? due_ns : INT64_MAX;
}

/* ---- life ----------------------------------------------------------------------------- */

static void forget(struct usbip *u)
{
	free(u->payload);
	u->payload = NULL;
	u->n_header = u->n_payload = u->n_waiting = u->n_out = u->sent = 0;
	u->broken = false;
}

static void usbip_clear(void *self, int64_t now_ns)
{
	struct usbip *u = self;

	forget(u);
	u->type->clear(u->board, now_ns);
}

static void usbip_link(void *self, int64_t now_ns, bool up)
{
	struct usbip *u = self;

	forget(u);
	mr__usb_device_reset(u->device);
	u->type->link(u->board, now_ns, up);
}

static bool usbip_is_safe(void *self, int64_t now_ns, int64_t *since_ns)
{
	const struct usbip *u = self;

	return u->type->is_safe(u->board, now_ns, since_ns);
}

static bool usbip_is_gone(void *self)
{
	const struct usbip *u = self;

	return u->broken || (u->type->is_gone && u->type->is_gone(u->board));
}

static int usbip_close(void *self, struct mr_errtext *err)
{
	struct usbip *u = self;
	int rc = u->type->close(u->board, err);

	mr__usb_device_free(u->device);
	free(u->payload);
	free(u->out);
	free(u);
	return rc;
}

static const struct mr__wire_type usbip_type = {
	.name = "usbip",
	.summary = "usbip: a board behind a USB port, as a stream",
	.input = usbip_input,
	.output = usbip_output,
	.due_ns = usbip_due_ns,
	.clear = usbip_clear,
	.link = usbip_link,
	.is_safe = usbip_is_safe,
	.is_gone = usbip_is_gone,
	.close = usbip_close,
};

static int find_kind(const struct mr__wire_type *base, const char *name,
                     enum usb_kind *out, struct mr_errtext *err)
{
	if (!name)
		*out = base->line       ? USB_KIND_ACM
		       : base->messages ? USB_KIND_TMC
		                        : USB_KIND_VENDOR;
	else if (strcmp(name, "usbtmc") == 0)
		*out = USB_KIND_TMC;
	else if (strcmp(name, "bulk") == 0)
		*out = USB_KIND_VENDOR;
	else if (strcmp(name, "acm") == 0)
		*out = USB_KIND_ACM;
	else
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "'%s' is no personality of a USB port: "
		                      "must be usbtmc, bulk or acm",
		                      name);
	return MR_OK;
}

int mr__wire_usbip_open(const struct mr__wire_type *base,
                        const char *personality,
                        const struct mr__wire_type **type, void **self,
                        struct mr_errtext *err)
{
	enum usb_kind kind = USB_KIND_TMC;
	struct usbip *u;
	int rc = find_kind(base, personality, &kind, err);

	if (rc)
		return rc;
	u = calloc(1, sizeof *u);
	if (u)
		u->device = mr__usb_device_alloc(kind, *type, *self);
	if (!u || !u->device) {
		free(u);
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	}
	mr__usb_device_fit(u->device, base);
	u->type = *type;
	u->board = *self;
	*type = &usbip_type;
	*self = u;
	return MR_OK;
}
