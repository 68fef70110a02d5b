/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * USBTMC and its sub-class USB488 on libusb: instruments, and boards of the open
 * protocol. Source: USB Test and Measurement Class 1.0 and USB488 1.0 (2003).
 *
 * An answer is asked for once and awaited for as long as it takes: a deadline
 * that passes leaves the request standing, and only what has to be said
 * meanwhile, or a clear, aborts it, with the drain that instruments need (without
 * it most are dead until they are switched off).
 */
#include "usbtmc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transports.h"
#include "usb_address.h"

#define TMC_CLASS 0xfe
#define TMC_SUBCLASS 3

#define HEADER 12
#define IN_BYTES ((size_t)1 << 16) /* of a transfer; whole packets */
#define OUT_BYTES ((size_t)1 << 16)
#define DRAIN_MS 300
#define DRAINS_MAX 100
#define PAUSE_NS INT64_C(50000000)
#define POLLS_MAX 100
#define ASK_MS 50 /* a header that goes at all has gone by then */

enum message { DEV_DEP_OUT = 1, DEV_DEP_IN = 2 };

enum request {
	INITIATE_ABORT_OUT = 1,
	CHECK_ABORT_OUT = 2,
	INITIATE_ABORT_IN = 3,
	CHECK_ABORT_IN = 4,
	INITIATE_CLEAR = 5,
	CHECK_CLEAR = 6,
	GET_CAPABILITIES = 7,
	READ_STATUS = 128,
	REN_CONTROL = 160,
	GO_TO_LOCAL = 161
};

#define TYPE_INTERFACE 0xa1
#define TYPE_ENDPOINT 0xa2
#define SUCCESS 0x01
#define PENDING 0x02
#define NONE_IN_PROGRESS 0x80 /* and nothing is queued */
#define STB_TAG_FIRST 2
#define STB_TAG_LAST 127

/* What is wrong with some devices, by number; 0 = every product. */
static const struct quirk {
	uint16_t vendor;
	uint16_t product;
	unsigned what;
} quirks[] = {
	{0x1ab1, 0x0588, 1u}, /* Rigol DS1000 */
	{0x1ab1, 0x04b0, 1u}, /* Rigol DS2000 */
	{0x1ab1, 0x04b1, 1u}, /* Rigol DS4000 */
	{0x0957, 0x0588, 1u}, /* Agilent DSO1000 */
	{0x0b21, 0xffff, 1u}, /* Yokogawa */
	{0xf4ec, 0x0000, 1u}, /* Siglent */
	{0xf4ed, 0x0000, 1u},
};
#define QUIRK_NO_REMOTE 1u /* claims RL1, fails on REN and GTL */

struct tmc {
	const struct mr__tmc_link *link;
	void *usb; /* the link's */
	struct mr__tmc_place place;
	struct mr_clock clock;
	uint8_t tag;         /* of the last bulk-out message */
	uint8_t stb_tag;
	bool has_remote;     /* RL1, and it works */
	bool is_488;
	bool asked;          /* an answer is asked for and has not begun */
	bool unsure;         /* it may be: sending the request was late */
	uint8_t asked_tag;
	size_t due;          /* bytes of the transfer still to come */
	bool last;           /* the message ends with them */
	uint8_t *in;         /* [IN_BYTES] */
	size_t n_in;
	size_t taken;
	uint8_t *out;        /* [OUT_BYTES] */
};

/* ---- control requests ---------------------------------------------------------- */

static int control(struct tmc *t, enum request request, bool to_endpoint,
                   bool in, uint16_t value, uint8_t *answer, size_t n,
                   struct mr_errtext *err)
{
	uint16_t index = !to_endpoint ? t->place.interface
	                 : in         ? t->place.in
	                              : t->place.out;
	size_t got = 0;
	int rc;

	memset(answer, 0, n);
	rc = t->link->control_in(t->usb, to_endpoint ? TYPE_ENDPOINT
	                                            : TYPE_INTERFACE,
	                        (uint8_t)request, value, index, answer, n, &got,
	                        err);
	if (!rc && got == 0)
		rc = mr_errtext_set(err, MR_ERR_IO,
		                    "the instrument answers a control request "
		                    "with nothing");
	return rc;
}

static void nap(const struct tmc *t)
{
	t->clock.sleep_ns(t->clock.self, PAUSE_NS);
}

/* ---- recovery -------------------------------------------------------------------- */

/* Read what is still queued, up to a short packet. */
static int drain(struct tmc *t, struct mr_errtext *err)
{
	for (int i = 0; i < DRAINS_MAX; i++) {
		size_t got = 0;
		struct mr_errtext why = {""};
		int rc = t->link->in(t->usb, t->in, IN_BYTES, DRAIN_MS, &got,
		                    &why);

		if (rc == MR_ERR_TIMEOUT)
			return MR_OK;
		if (rc)
			return mr_errtext_set(err, rc, "%s", why.text);
		if (got % t->place.packet || got == 0)
			return MR_OK;
	}
	return mr_errtext_set(err, MR_ERR_IO,
	                      "the instrument does not stop sending");
}

static void forget_input(struct tmc *t)
{
	t->asked = t->unsure = false;
	t->due = t->n_in = t->taken = 0;
	t->last = false;
}

static int device_clear(struct tmc *t, struct mr_errtext *err)
{
	uint8_t answer[2];
	int rc = control(t, INITIATE_CLEAR, false, false, 0, answer, 1, err);

	if (!rc && answer[0] != SUCCESS)
		rc = mr_errtext_set(err, MR_ERR_IO,
		                    "the instrument refuses a device clear "
		                    "(status 0x%02x)",
		                    answer[0]);
	for (int i = 0; i < POLLS_MAX && !rc; i++) {
		rc = control(t, CHECK_CLEAR, false, false, 0, answer, 2, err);
		if (rc || answer[0] != PENDING)
			break;
		if (answer[1] & 1)
			rc = drain(t, err);
		else
			nap(t);
	}
	forget_input(t);
	return rc ? rc : t->link->clear_halt(t->usb, false, err);
}

static bool may_be_asked(const struct tmc *t)
{
	return t->asked || t->unsure || t->due;
}

/* Take back the request for an answer that nobody waits for any more. */
static int abort_in(struct tmc *t, struct mr_errtext *err)
{
	uint8_t answer[8];
	int rc = control(t, INITIATE_ABORT_IN, true, true, t->asked_tag, answer,
	                 2, err);

	if (rc)
		return rc;
	if (answer[0] == NONE_IN_PROGRESS) {
		/* a clear would end the job that is running, too */
		forget_input(t);
		return MR_OK;
	}
	if (answer[0] != SUCCESS) /* another tag: start anew */
		return device_clear(t, err);
	rc = drain(t, err);
	for (int i = 0; i < POLLS_MAX && !rc; i++) {
		rc = control(t, CHECK_ABORT_IN, true, true, 0, answer, 8, err);
		if (rc || answer[0] != PENDING)
			break;
		if (answer[1] & 1)
			rc = drain(t, err);
		else
			nap(t);
	}
	forget_input(t);
	return rc;
}

static int abort_out(struct tmc *t, struct mr_errtext *err)
{
	uint8_t answer[8];
	int rc = control(t, INITIATE_ABORT_OUT, true, false, t->tag, answer, 2,
	                 err);

	for (int i = 0; i < POLLS_MAX && !rc && answer[0] == SUCCESS; i++) {
		rc = control(t, CHECK_ABORT_OUT, true, false, 0, answer, 8, err);
		if (rc || answer[0] != PENDING)
			break;
		nap(t);
	}
	return rc ? rc : t->link->clear_halt(t->usb, false, err);
}

/* ---- opening ----------------------------------------------------------------- */

static const struct usb_wish any = {.interface_class = TMC_CLASS,
                                    .subclass = TMC_SUBCLASS};

static int usbtmc_list(mr__found_fn *found, void *user, struct mr_errtext *err)
{
	return mr__usb_list(&any, found, user, err);
}

static bool has_quirk(const struct mr__peer *peer, unsigned what)
{
	for (size_t i = 0; i < sizeof quirks / sizeof quirks[0]; i++)
		if (quirks[i].vendor == peer->vendor &&
		    (!quirks[i].product || quirks[i].product == peer->product))
			return quirks[i].what & what;
	return false;
}

static int take_capabilities(struct tmc *t, struct mr_errtext *err)
{
	uint8_t c[24];
	int rc = control(t, GET_CAPABILITIES, false, false, 0, c, sizeof c, err);

	if (rc)
		return rc;
	if (c[0] != SUCCESS)
		return mr_errtext_set(err, MR_ERR_IO,
		                      "the instrument does not say what it can "
		                      "do (status 0x%02x)",
		                      c[0]);
	t->is_488 = c[12] || c[13];
	t->has_remote = (c[15] & 2) && !has_quirk(&t->place.peer, QUIRK_NO_REMOTE);
	return MR_OK;
}

static int start(struct tmc *t, struct mr_errtext *err)
{
	uint8_t answer[1];
	struct mr_errtext ignored = {""};
	int rc = take_capabilities(t, err);

	if (!rc)
		rc = device_clear(t, err);
	if (!rc && t->has_remote)
		(void)control(t, REN_CONTROL, false, false, 1, answer, 1,
		              &ignored);
	return rc;
}

void mr__tmc_close(void *self)
{
	struct tmc *t = self;
	uint8_t answer[1];
	struct mr_errtext ignored = {""};

	if (t->has_remote)
		(void)control(t, GO_TO_LOCAL, false, false, 0, answer, 1,
		              &ignored);
	t->link->close(t->usb);
	free(t->in);
	free(t->out);
	free(t);
}

int mr__tmc_open(const struct mr__tmc_link *link, void *usb,
                 const struct mr__tmc_place *place,
                 const struct mr_clock *clock, void **self,
                 struct mr_errtext *err)
{
	struct tmc *t = calloc(1, sizeof *t);
	int rc;

	if (!t) {
		link->close(usb);
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	}
	t->link = link;
	t->usb = usb;
	t->place = *place;
	t->clock = *clock;
	t->stb_tag = STB_TAG_LAST;
	t->in = malloc(IN_BYTES);
	t->out = malloc(OUT_BYTES);
	rc = t->in && t->out
	             ? start(t, err)
	             : mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	if (rc)
		mr__tmc_close(t);
	else
		*self = t;
	return rc;
}

/* ---- libusb ---------------------------------------------------------------------- */

static int carry_out(void *self, const void *data, size_t n,
                     unsigned timeout_ms, size_t *moved, struct mr_errtext *err)
{
	return mr__usb_out(self, data, n, timeout_ms, moved, err);
}

static int carry_in(void *self, void *buf, size_t room, unsigned timeout_ms,
                    size_t *moved, struct mr_errtext *err)
{
	return mr__usb_in(self, buf, room, timeout_ms, moved, err);
}

static int carry_interrupt(void *self, void *buf, size_t room,
                           unsigned timeout_ms, size_t *moved,
                           struct mr_errtext *err)
{
	return mr__usb_interrupt(self, buf, room, timeout_ms, moved, err);
}

static int carry_control(void *self, uint8_t type, uint8_t request,
                         uint16_t value, uint16_t index, void *buf, size_t n,
                         size_t *moved, struct mr_errtext *err)
{
	return mr__usb_control_in(self, type, request, value, index, buf, n,
	                          moved, err);
}

static int clear_halt(void *self, bool in, struct mr_errtext *err)
{
	return mr__usb_clear_halt(self, in, err);
}

static void close_usb(void *self)
{
	mr__usb_close(self);
}

static const struct mr__tmc_link over_libusb = {
	.out = carry_out,
	.in = carry_in,
	.interrupt = carry_interrupt,
	.control_in = carry_control,
	.clear_halt = clear_halt,
	.close = close_usb,
};

static int usbtmc_open(struct mr_uri *uri, const struct mr_open_options *options,
                       const struct mr__wish *wish, void **self,
                       struct mr_errtext *err)
{
	struct usb_wish w = any;
	struct mr__tmc_place place;
	struct usb *usb;
	int rc;

	w.vendor = wish->usb_vendor;
	w.product = wish->usb_product;
	rc = mr__usb_address(uri->address, &w, err);
	if (!rc)
		rc = mr__usb_open(&w, &usb, err);
	if (rc)
		return rc;
	place = (struct mr__tmc_place){
		.interface = mr__usb_interface(usb),
		.in = mr__usb_endpoint(usb, true),
		.out = mr__usb_endpoint(usb, false),
		.has_interrupt = mr__usb_has_interrupt(usb),
		.packet = mr__usb_packet(usb)};
	mr__usb_peer(usb, &place.peer);
	return mr__tmc_open(&over_libusb, usb, &place, options->clock, self,
	                    err);
}

/* ---- headers ------------------------------------------------------------------------ */

static void put_u32(uint8_t *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t get_u32(const uint8_t *from)
{
	return (uint32_t)from[0] | (uint32_t)from[1] << 8 |
	       (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

/* Tags go from 1 to 255 and are never 0. */
static void put_header(struct tmc *t, uint8_t *to, enum message id, size_t n,
                       uint8_t attributes)
{
	t->tag = t->tag == 255 ? 1 : (uint8_t)(t->tag + 1);
	memset(to, 0, HEADER);
	to[0] = (uint8_t)id;
	to[1] = t->tag;
	to[2] = (uint8_t)~t->tag;
	put_u32(to + 4, (uint32_t)n);
	to[8] = attributes;
}

static int late(const char *what, struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_TIMEOUT, "%s", what);
}

/* All of a transfer or none: half of one cannot be taken up again. */
static int send_all(struct tmc *t, size_t n, unsigned left_ms,
                    struct mr_errtext *err)
{
	struct mr_errtext ignored = {""};
	size_t moved = 0;
	int rc = left_ms ? t->link->out(t->usb, t->out, n, left_ms, &moved, err)
	                 : late("the instrument takes no bytes", err);

	if (rc == MR_ERR_TIMEOUT && left_ms)
		(void)abort_out(t, &ignored);
	if (rc == MR_ERR_FORMAT) {
		(void)device_clear(t, &ignored);
		rc = mr_errtext_set(err, MR_ERR_IO,
		                    "the instrument refuses a message");
	}
	return rc;
}

int mr__tmc_write(void *self, const void *data, size_t n, bool end,
                  int64_t deadline_ns, size_t *sent, struct mr_errtext *err)
{
	struct tmc *t = self;
	size_t most = OUT_BYTES - HEADER - 4;
	size_t now = n < most ? n : most;
	size_t padded = (HEADER + now + 3) / 4 * 4;
	int rc = MR_OK;

	*sent = 0;
	if (may_be_asked(t))
		rc = abort_in(t, err);
	if (rc)
		return rc;
	put_header(t, t->out, DEV_DEP_OUT, now, end && now == n ? 1 : 0);
	memcpy(t->out + HEADER, data, now);
	memset(t->out + HEADER + now, 0, padded - HEADER - now);
	rc = send_all(t, padded, mr__usb_left_ms(&t->clock, deadline_ns), err);
	if (!rc)
		*sent = now;
	return rc;
}

/* ---- reading ------------------------------------------------------------------------- */

/* A second request while one stands halts the pipe. One
 * that was sent too late may have been taken all the same: it is taken back
 * before anything else is said. */
static int ask(struct tmc *t, int64_t deadline_ns, struct mr_errtext *err)
{
	unsigned left_ms = mr__usb_left_ms(&t->clock, deadline_ns);
	int rc = t->unsure ? abort_in(t, err) : MR_OK;

	if (rc)
		return rc;
	if (left_ms && left_ms < ASK_MS)
		left_ms = ASK_MS;
	put_header(t, t->out, DEV_DEP_IN, IN_BYTES - HEADER, 0);
	rc = send_all(t, HEADER, left_ms, err);
	t->unsure = rc == MR_ERR_TIMEOUT && left_ms;
	t->asked = rc == MR_OK;
	t->asked_tag = t->tag;
	return rc;
}

/* The first packet of an answer. Never trust its size: no more than was asked
 * for, and no more than comes. */
static int take_header(struct tmc *t, struct mr_errtext *err)
{
	const uint8_t *h = t->in;
	struct mr_errtext ignored = {""};
	size_t size = t->n_in >= HEADER ? get_u32(h + 4) : 0;

	if (t->n_in < HEADER || h[0] != DEV_DEP_IN || h[1] != t->asked_tag ||
	    h[2] != 255 - h[1] || size > IN_BYTES - HEADER) {
		(void)device_clear(t, &ignored);
		return mr_errtext_set(err, MR_ERR_IO,
		                      "the instrument's answer has a header that "
		                      "is none; it has been cleared");
	}
	t->asked = false;
	t->taken = HEADER;
	t->last = h[8] & 1;
	t->due = size;
	if (t->n_in > HEADER + size)
		t->n_in = HEADER + size; /* padding */
	t->due -= t->n_in - HEADER;
	return MR_OK;
}

static int receive(struct tmc *t, int64_t deadline_ns, struct mr_errtext *err)
{
	unsigned left_ms = mr__usb_left_ms(&t->clock, deadline_ns);
	int rc;

	t->n_in = t->taken = 0;
	if (!left_ms)
		return late("the instrument does not answer", err);
	rc = t->link->in(t->usb, t->in, IN_BYTES, left_ms, &t->n_in, err);
	if (rc == MR_ERR_FORMAT) {
		struct mr_errtext ignored = {""};

		(void)t->link->clear_halt(t->usb, true, &ignored);
		(void)device_clear(t, &ignored);
		return mr_errtext_set(err, MR_ERR_IO,
		                      "the instrument refuses to answer");
	}
	if (rc)
		t->n_in = 0;
	return rc;
}

/* Some answer with an empty packet first. */
static int next_piece(struct tmc *t, int64_t deadline_ns, struct mr_errtext *err)
{
	int rc = MR_OK;

	if (t->due == 0 && !t->asked)
		rc = ask(t, deadline_ns, err);
	do {
		if (!rc)
			rc = receive(t, deadline_ns, err);
	} while (!rc && t->n_in == 0);
	if (rc)
		return rc;
	if (t->asked)
		return take_header(t, err);
	if (t->n_in > t->due)
		t->n_in = t->due;
	t->due -= t->n_in;
	return MR_OK;
}

int mr__tmc_read(void *self, void *buf, size_t room, int64_t deadline_ns,
                 size_t *got, bool *end, struct mr_errtext *err)
{
	struct tmc *t = self;

	*end = false;
	while (t->taken == t->n_in) {
		int rc = next_piece(t, deadline_ns, err);

		if (rc)
			return rc;
	}
	*got = t->n_in - t->taken < room ? t->n_in - t->taken : room;
	memcpy(buf, t->in + t->taken, *got);
	t->taken += *got;
	*end = t->last && t->due == 0 && t->taken == t->n_in;
	return MR_OK;
}

/* ---- beside the data -------------------------------------------------------------------- */

int mr__tmc_flush(void *self, struct mr_errtext *err)
{
	struct tmc *t = self;

	if (may_be_asked(t))
		return abort_in(t, err);
	forget_input(t);
	return MR_OK;
}

int mr__tmc_clear(void *self, int64_t deadline_ns, struct mr_errtext *err)
{
	(void)deadline_ns; /* its steps are counted */
	return device_clear(self, err);
}

/* With an interrupt pipe the status byte comes there. */
int mr__tmc_status_byte(void *self, uint8_t *stb, int64_t deadline_ns,
                        struct mr_errtext *err)
{
	struct tmc *t = self;
	uint8_t answer[3], note[2] = {0};
	int rc;

	if (!t->is_488)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "the instrument has no status byte");
	if (t->link->status_byte) {
		unsigned left_ms = mr__usb_left_ms(&t->clock, deadline_ns);

		return left_ms ? t->link->status_byte(t->usb, stb, left_ms, err)
		               : late("the status byte does not come", err);
	}
	t->stb_tag = t->stb_tag == STB_TAG_LAST ? STB_TAG_FIRST
	                                        : (uint8_t)(t->stb_tag + 1);
	rc = control(t, READ_STATUS, false, false, t->stb_tag, answer, 3, err);
	if (!rc && answer[0] != SUCCESS)
		rc = mr_errtext_set(err, MR_ERR_IO,
		                    "the instrument does not give its status "
		                    "byte (status 0x%02x)",
		                    answer[0]);
	*stb = answer[2];
	while (!rc && t->place.has_interrupt &&
	       note[0] != (0x80u | t->stb_tag)) {
		unsigned left_ms = mr__usb_left_ms(&t->clock, deadline_ns);
		size_t got = 0;

		rc = left_ms ? t->link->interrupt(t->usb, note, sizeof note,
		                                 left_ms, &got, err)
		             : late("the status byte does not come", err);
		*stb = note[1];
	}
	return rc;
}

void mr__tmc_peer(void *self, struct mr__peer *out)
{
	const struct tmc *t = self;

	*out = t->place.peer;
}

const struct mr__transport_type mr__transport_usbtmc = {
	.name = "usbtmc",
	.summary = "USB instruments: usbtmc:VID:PID[:SERIAL]",
	.messages = true,
	.locks = true,
	.list = usbtmc_list,
	.open = usbtmc_open,
	.write = mr__tmc_write,
	.read = mr__tmc_read,
	.flush = mr__tmc_flush,
	.clear = mr__tmc_clear,
	.status_byte = mr__tmc_status_byte,
	.peer = mr__tmc_peer,
	.close = mr__tmc_close,
};
