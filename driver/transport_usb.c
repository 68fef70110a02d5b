/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Vendor-specific bulk pipes of a board: bytes, no ends of messages. */
#include "transports.h"

#include <stdlib.h>

#include "usb_address.h"

#define VENDOR_CLASS 0xff
#define PIECE ((size_t)1 << 20) /* of one transfer */

struct pipe {
	struct usb *usb;
	struct mr_clock clock;
	uint8_t *in;      /* [n_in_max] packets that came */
	size_t n_in;
	size_t taken;
};

#define IN_BYTES 16384 /* a multiple of every packet size */

static const struct usb_wish any = {.interface_class = VENDOR_CLASS,
                                    .subclass = -1};

static int usb_list(mr__found_fn *found, void *user, struct mr_errtext *err)
{
	return mr__usb_list(&any, found, user, err);
}

static void usb_close(void *self)
{
	struct pipe *p = self;

	mr__usb_close(p->usb);
	free(p->in);
	free(p);
}

static int usb_open(struct mr_uri *uri, const struct mr_open_options *options,
                    const struct mr__wish *wish, void **self,
                    struct mr_errtext *err)
{
	struct usb_wish w = any;
	struct pipe *p = calloc(1, sizeof *p);
	int rc;

	w.vendor = wish->usb_vendor;
	w.product = wish->usb_product;
	if (p)
		p->in = malloc(IN_BYTES);
	if (!p || !p->in) {
		free(p);
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	}
	rc = mr__usb_address(uri->address, &w, err);
	if (!rc)
		rc = mr__usb_open(&w, &p->usb, err);
	if (rc) {
		usb_close(p);
		return rc;
	}
	p->clock = *options->clock;
	*self = p;
	return MR_OK;
}

static int usb_write(void *self, const void *data, size_t n, bool end,
                     int64_t deadline_ns, size_t *sent, struct mr_errtext *err)
{
	struct pipe *p = self;
	unsigned left_ms = mr__usb_left_ms(&p->clock, deadline_ns);

	(void)end;
	*sent = 0;
	if (!left_ms)
		return mr_errtext_set(err, MR_ERR_TIMEOUT,
		                      "sending over USB took too long");
	int rc = mr__usb_out(p->usb, data, n < PIECE ? n : PIECE, left_ms, sent,
	                     err);

	return rc == MR_ERR_TIMEOUT && *sent ? MR_OK : rc;
}

static int usb_read(void *self, void *buf, size_t room, int64_t deadline_ns,
                    size_t *got, bool *end, struct mr_errtext *err)
{
	struct pipe *p = self;
	const uint8_t *from;

	*end = false;
	*got = 0;
	while (p->taken == p->n_in) {
		unsigned left_ms = mr__usb_left_ms(&p->clock, deadline_ns);
		int rc = left_ms ? mr__usb_in(p->usb, p->in, IN_BYTES, left_ms,
		                              &p->n_in, err)
		                 : mr_errtext_set(err, MR_ERR_TIMEOUT,
		                                  "nothing came over USB");

		p->taken = 0;
		if (rc) {
			p->n_in = 0;
			return rc;
		}
	}
	from = p->in + p->taken;
	*got = p->n_in - p->taken < room ? p->n_in - p->taken : room;
	for (size_t i = 0; i < *got; i++)
		((uint8_t *)buf)[i] = from[i];
	p->taken += *got;
	return MR_OK;
}

static int usb_flush(void *self, struct mr_errtext *err)
{
	struct pipe *p = self;

	(void)err;
	p->taken = p->n_in = 0;
	return MR_OK;
}

static void usb_peer(void *self, struct mr__peer *out)
{
	const struct pipe *p = self;

	mr__usb_peer(p->usb, out);
}

const struct mr__transport_type mr__transport_usb = {
	.name = "usb",
	.summary = "vendor-specific bulk pipes: usb:VID:PID[:SERIAL]",
	.locks = true,
	.list = usb_list,
	.open = usb_open,
	.write = usb_write,
	.read = usb_read,
	.flush = usb_flush,
	.peer = usb_peer,
	.close = usb_close,
};
