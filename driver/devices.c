/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What the transports found, with a guess which board it is. */
#include "memrig/device.h"

#include <stdio.h>
#include <string.h>

#include "transport.h"

/* Numbers that say what is behind a port. An mbed chip carries an ArC ONE; it
 * also carries other things, and only probing tells. */
static const struct {
	uint16_t vendor;
	uint16_t product;
	const char *driver;
} known[] = {
	{0x0d28, 0x0204, "arc1"},
	{0x05e6, 0x2450, "smu"}, /* Keithley numbers products by their names */
	{0x05e6, 0x2460, "smu"},
	{0x05e6, 0x2470, "smu"},
};

struct listing {
	mr_device_fn *found;
	void *user;
	const char *transport;
};

static const char *driver_of(const struct listing *l, const struct mr__peer *peer)
{
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (peer->vendor == known[i].vendor &&
		    peer->product == known[i].product)
			return known[i].driver;
	return strncmp(l->transport, "usbtmc", 6) == 0 ? "scpi" : "?";
}

static int hand_on(void *user, const struct mr__found *found)
{
	const struct listing *l = user;
	struct mr_device d = {.vendor = found->peer.vendor,
	                      .product = found->peer.product};

	(void)snprintf(d.uri, sizeof d.uri, "%s+%s:%s",
	               driver_of(l, &found->peer), l->transport, found->address);
	(void)snprintf(d.transport, sizeof d.transport, "%s", l->transport);
	(void)snprintf(d.path, sizeof d.path, "%s", found->peer.path);
	(void)snprintf(d.serial, sizeof d.serial, "%s", found->peer.serial);
	(void)snprintf(d.name, sizeof d.name, "%s", found->peer.name);
	(void)snprintf(d.note, sizeof d.note, "%s", found->note);
	return l->found(l->user, &d);
}

int mr_devices_list(mr_device_fn *found, void *user, struct mr_errtext *err)
{
	struct listing l = {.found = found, .user = user};
	size_t n;
	const struct mr__transport_type *const *all = mr__transports(&n);
	int rc = MR_OK;

	for (size_t i = 0; i < n && !rc; i++) {
		l.transport = all[i]->name;
		if (all[i]->list)
			rc = all[i]->list(hand_on, &l, err);
	}
	return rc;
}
