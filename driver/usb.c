/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* USB interfaces through libusb, synchronously: one thread, one transfer. */
#include "usb.h"
#include "usb_sysfs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <libusb.h>

#include "transports.h"

#define CONTROL_MS 1000
#define TEXT_MAX 64
#define CANDIDATES_MAX 4

struct usb {
	libusb_context *context;
	libusb_device_handle *handle;
	uint8_t interface;
	uint8_t in;
	uint8_t out;
	uint8_t interrupt; /* 0 = none */
	size_t packet;
	struct mr__peer peer;
	struct mr__lock lock; /* taken before a driver is detached */
};

/* Where an interface is. */
struct place {
	uint8_t interface;
	uint8_t alternate;
	uint8_t in;
	uint8_t out;
	uint8_t interrupt;
	size_t packet;
};

/* ---- failures -------------------------------------------------------------------- */

static int code_of(int usb)
{
	switch (usb) {
	case LIBUSB_ERROR_TIMEOUT:
		return MR_ERR_TIMEOUT;
	case LIBUSB_ERROR_PIPE:
		return MR_ERR_FORMAT;
	case LIBUSB_ERROR_NO_MEM:
		return MR_ERR_NOMEM;
	case LIBUSB_ERROR_BUSY:
		return MR_ERR_BUSY;
	default:
		return MR_ERR_IO;
	}
}

static int failed(int usb, const char *what, struct mr_errtext *err)
{
	if (usb == LIBUSB_ERROR_NO_DEVICE)
		return mr_errtext_set(err, MR_ERR_IO,
		                      "%s: the device has gone", what);
	return mr_errtext_set(err, code_of(usb), "%s: %s", what,
	                      libusb_strerror(usb));
}

/* ---- finding ---------------------------------------------------------------------- */

static void take_endpoints(const struct libusb_interface_descriptor *d,
                           struct place *p)
{
	*p = (struct place){.interface = d->bInterfaceNumber,
	                    .alternate = d->bAlternateSetting};
	for (int i = 0; i < d->bNumEndpoints; i++) {
		const struct libusb_endpoint_descriptor *e = &d->endpoint[i];
		int kind = e->bmAttributes & LIBUSB_TRANSFER_TYPE_MASK;
		bool in = e->bEndpointAddress & LIBUSB_ENDPOINT_IN;

		if (kind == LIBUSB_TRANSFER_TYPE_INTERRUPT && in)
			p->interrupt = e->bEndpointAddress;
		if (kind != LIBUSB_TRANSFER_TYPE_BULK)
			continue;
		if (in) {
			p->in = e->bEndpointAddress;
			p->packet = e->wMaxPacketSize;
		} else {
			p->out = e->bEndpointAddress;
		}
	}
}

static bool fits_interface(const struct usb_wish *wish,
                           const struct libusb_interface_descriptor *d)
{
	return d->bInterfaceClass == wish->interface_class &&
	       (wish->subclass < 0 || d->bInterfaceSubClass == wish->subclass);
}

static bool find_place(const struct usb_wish *wish, libusb_device *device,
                       struct place *p)
{
	struct libusb_config_descriptor *config;
	bool found = false;

	if (libusb_get_active_config_descriptor(device, &config))
		return false;
	for (int i = 0; i < config->bNumInterfaces && !found; i++) {
		const struct libusb_interface *all = &config->interface[i];

		for (int k = 0; k < all->num_altsetting && !found; k++) {
			if (!fits_interface(wish, &all->altsetting[k]))
				continue;
			take_endpoints(&all->altsetting[k], p);
			found = p->in && p->out && p->packet;
		}
	}
	libusb_free_config_descriptor(config);
	return found;
}

static void read_string(libusb_device_handle *handle, uint8_t index, char *out,
                        size_t room)
{
	unsigned char text[TEXT_MAX];

	out[0] = '\0';
	if (index && libusb_get_string_descriptor_ascii(handle, index, text,
	                                                sizeof text) > 0) {
		text[sizeof text - 1] = '\0';
		(void)snprintf(out, room, "%s", (const char *)text);
	}
}

/* Serial number and name stand in strings, which need an open device. */
static int take_peer(libusb_device *device, libusb_device_handle *handle,
                     struct mr__peer *out)
{
	struct libusb_device_descriptor d;
	int rc = libusb_get_device_descriptor(device, &d);

	if (rc)
		return rc;
	*out = (struct mr__peer){.vendor = d.idVendor, .product = d.idProduct};
	(void)snprintf(out->path, sizeof out->path, "usb %u.%u",
	               libusb_get_bus_number(device),
	               libusb_get_device_address(device));
	if (!handle)
		return 0;
	read_string(handle, d.iSerialNumber, out->serial, sizeof out->serial);
	read_string(handle, d.iProduct, out->name, sizeof out->name);
	return 0;
}

static bool fits_numbers(const struct usb_wish *wish, libusb_device *device)
{
	struct libusb_device_descriptor d;

	return libusb_get_device_descriptor(device, &d) == 0 &&
	       (!wish->vendor || d.idVendor == wish->vendor) &&
	       (!wish->product || d.idProduct == wish->product);
}

/* ---- listing: without opening any ------------------------------------------------- */

static int list_one(libusb_device *device, mr__found_fn *found, void *user)
{
	unsigned bus = libusb_get_bus_number(device);
	unsigned number = libusb_get_device_address(device);
	struct mr__found f = {.note = ""};
	char name[64], node[64];

	(void)take_peer(device, NULL, &f.peer);
	if (mr__usb_sysfs_find("", bus, number, name, sizeof name)) {
		(void)mr__usb_sysfs_read("", name, "serial", f.peer.serial,
		                         sizeof f.peer.serial);
		(void)mr__usb_sysfs_read("", name, "product", f.peer.name,
		                         sizeof f.peer.name);
	}
	(void)snprintf(node, sizeof node, "/dev/bus/usb/%03u/%03u", bus, number);
	if (access(node, R_OK | W_OK) < 0 && errno == EACCES)
		(void)snprintf(f.note, sizeof f.note,
		               "no permission: 'memrig doctor' says what to do");
	(void)snprintf(f.address, sizeof f.address, "%04x:%04x%s%s",
	               f.peer.vendor, f.peer.product,
	               f.peer.serial[0] ? ":" : "", f.peer.serial);
	return found(user, &f);
}

int mr__usb_list(const struct usb_wish *wish, mr__found_fn *found, void *user,
                 struct mr_errtext *err)
{
	libusb_context *context;
	libusb_device **all;
	int rc = libusb_init(&context);

	if (rc)
		return failed(rc, "USB", err);
	ssize_t n = libusb_get_device_list(context, &all);

	rc = MR_OK;
	for (ssize_t i = 0; i < n && !rc; i++) {
		struct place p;

		if (fits_numbers(wish, all[i]) && find_place(wish, all[i], &p))
			rc = list_one(all[i], found, user);
	}
	if (n >= 0)
		libusb_free_device_list(all, 1);
	libusb_exit(context);
	return rc;
}

/* ---- opening ------------------------------------------------------------------------ */

/* What the search for the one device that fits has come to. */
struct search {
	const struct usb_wish *wish;
	libusb_device_handle *handle; /* of the first that fits */
	struct place place;
	struct mr__peer peer;
	int n;
	int refused; /* libusb's error of one that could not be opened */
	char names[256];
};

static void note_candidate(struct search *s, const struct mr__peer *peer)
{
	size_t at = strlen(s->names);

	if (s->n <= CANDIDATES_MAX)
		(void)snprintf(s->names + at, sizeof s->names - at,
		               "%s%04x:%04x:%s", at ? ", " : "", peer->vendor,
		               peer->product, peer->serial);
}

static void consider(struct search *s, libusb_device *device)
{
	libusb_device_handle *handle;
	struct mr__peer peer = {.path = ""};
	struct place place;
	int rc;

	if (!fits_numbers(s->wish, device) ||
	    !find_place(s->wish, device, &place))
		return;
	rc = libusb_open(device, &handle);
	if (rc) {
		s->refused = rc;
		return;
	}
	(void)take_peer(device, handle, &peer);
	if (s->wish->serial && strcmp(s->wish->serial, peer.serial) != 0) {
		libusb_close(handle);
		return;
	}
	s->n++;
	note_candidate(s, &peer);
	if (s->n > 1) {
		libusb_close(handle);
		return;
	}
	s->handle = handle;
	s->place = place;
	s->peer = peer;
}

static int judge(const struct search *s, struct mr_errtext *err)
{
	const struct usb_wish *w = s->wish;

	if (s->n == 1)
		return MR_OK;
	if (s->n > 1)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "%d devices fit: %s; name one by its "
		                      "serial number, VID:PID:SERIAL",
		                      s->n, s->names);
	if (s->refused == LIBUSB_ERROR_ACCESS)
		return mr_errtext_set(
			err, MR_ERR_IO,
			"USB device %04x:%04x: no permission to open it; give "
			"its node to your group by a udev rule, and plug it in "
			"again",
			w->vendor, w->product);
	if (s->refused)
		return failed(s->refused, "USB device", err);
	return mr_errtext_set(err, MR_ERR_MISSING,
	                      "no USB device %04x:%04x%s%s with such an "
	                      "interface is plugged in; 'memrig list' shows what "
	                      "is",
	                      w->vendor, w->product, w->serial ? ":" : "",
	                      w->serial ? w->serial : "");
}

static int claim(struct usb *u, const struct search *s, struct mr_errtext *err)
{
	int rc;

	u->handle = s->handle;
	u->peer = s->peer;
	u->interface = s->place.interface;
	u->in = s->place.in;
	u->out = s->place.out;
	u->interrupt = s->place.interrupt;
	u->packet = s->place.packet;
	rc = mr__lock_peer(&u->peer, &u->lock, err);
	if (rc)
		return rc;
	(void)libusb_set_auto_detach_kernel_driver(u->handle, 1);
	rc = libusb_claim_interface(u->handle, u->interface);
	if (rc == LIBUSB_ERROR_BUSY)
		return mr_errtext_set(err, MR_ERR_BUSY,
		                      "%s, %s: another program has claimed it",
		                      u->peer.path, u->peer.name);
	if (rc)
		return failed(rc, "claiming the USB interface", err);
	if (s->place.alternate)
		rc = libusb_set_interface_alt_setting(u->handle, u->interface,
		                                      s->place.alternate);
	return rc ? failed(rc, "setting up the USB interface", err) : MR_OK;
}

static int open_found(struct usb *u, const struct usb_wish *wish,
                      struct mr_errtext *err)
{
	struct search s = {.wish = wish};
	libusb_device **all;
	ssize_t n = libusb_get_device_list(u->context, &all);
	int rc;

	if (n < 0)
		return failed((int)n, "listing USB devices", err);
	for (ssize_t i = 0; i < n; i++)
		consider(&s, all[i]);
	libusb_free_device_list(all, 1);
	rc = judge(&s, err);
	if (!rc)
		return claim(u, &s, err);
	if (s.handle)
		libusb_close(s.handle);
	return rc;
}

int mr__usb_open(const struct usb_wish *wish, struct usb **out,
                 struct mr_errtext *err)
{
	struct usb *u = calloc(1, sizeof *u);
	int rc;

	if (!u)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	u->lock.fd = -1;
	rc = libusb_init(&u->context);
	if (rc) {
		free(u);
		return failed(rc, "USB", err);
	}
	rc = open_found(u, wish, err);
	if (rc) {
		mr__usb_close(u);
		return rc;
	}
	*out = u;
	return MR_OK;
}

void mr__usb_close(struct usb *u)
{
	if (!u)
		return;
	if (u->handle) {
		(void)libusb_release_interface(u->handle, u->interface);
		libusb_close(u->handle);
	}
	mr__lock_release(&u->lock); /* the kernel's driver is back by now */
	libusb_exit(u->context);
	free(u);
}

/* ---- what it is ----------------------------------------------------------------------- */

void mr__usb_peer(const struct usb *u, struct mr__peer *out)
{
	*out = u->peer;
}

uint8_t mr__usb_interface(const struct usb *u)
{
	return u->interface;
}

size_t mr__usb_packet(const struct usb *u)
{
	return u->packet;
}

bool mr__usb_has_interrupt(const struct usb *u)
{
	return u->interrupt != 0;
}

uint8_t mr__usb_endpoint(const struct usb *u, bool in)
{
	return in ? u->in : u->out;
}

/* ---- moving bytes ------------------------------------------------------------------------ */

int mr__usb_out(struct usb *u, const void *data, size_t n, unsigned timeout_ms,
                size_t *moved, struct mr_errtext *err)
{
	int done = 0;
	/* libusb takes what it only reads as not const */
	union {
		const void *given;
		unsigned char *taken;
	} bytes = {.given = data};
	int rc = libusb_bulk_transfer(u->handle, u->out, bytes.taken, (int)n,
	                              &done, timeout_ms ? timeout_ms : 1);

	*moved = (size_t)done;
	return rc ? failed(rc, "sending over USB", err) : MR_OK;
}

int mr__usb_in(struct usb *u, void *buf, size_t room, unsigned timeout_ms,
               size_t *moved, struct mr_errtext *err)
{
	int done = 0;
	int rc = libusb_bulk_transfer(u->handle, u->in, buf, (int)room, &done,
	                              timeout_ms ? timeout_ms : 1);

	*moved = (size_t)done;
	if (rc == LIBUSB_ERROR_TIMEOUT && done)
		return MR_OK; /* what came, came */
	return rc ? failed(rc, "receiving over USB", err) : MR_OK;
}

int mr__usb_interrupt(struct usb *u, void *buf, size_t room,
                      unsigned timeout_ms, size_t *moved,
                      struct mr_errtext *err)
{
	int done = 0;
	int rc = libusb_interrupt_transfer(u->handle, u->interrupt, buf,
	                                   (int)room, &done,
	                                   timeout_ms ? timeout_ms : 1);

	*moved = (size_t)done;
	return rc ? failed(rc, "receiving over USB", err) : MR_OK;
}

int mr__usb_control_in(struct usb *u, uint8_t type, uint8_t request,
                       uint16_t value, uint16_t index, void *buf, size_t n,
                       size_t *moved, struct mr_errtext *err)
{
	int rc = libusb_control_transfer(u->handle, type, request, value, index,
	                                 buf, (uint16_t)n, CONTROL_MS);

	*moved = rc > 0 ? (size_t)rc : 0;
	return rc < 0 ? failed(rc, "a USB control request", err) : MR_OK;
}

int mr__usb_clear_halt(struct usb *u, bool in, struct mr_errtext *err)
{
	int rc = libusb_clear_halt(u->handle, in ? u->in : u->out);

	return rc ? failed(rc, "clearing a USB pipe", err) : MR_OK;
}

/* ---- coming and going ---------------------------------------------------------------- */

struct usb_watch {
	libusb_context *context;
	bool changed;
};

/* On the thread of who waits: libusb hands events on from there only. */
static int on_change(libusb_context *context, libusb_device *device,
                     libusb_hotplug_event event, void *user)
{
	struct usb_watch *w = user;

	(void)context;
	(void)device;
	(void)event;
	w->changed = true;
	return 0; /* more of them */
}

int mr__usb_watch_open(struct usb_watch **out, struct mr_errtext *err)
{
	struct usb_watch *w = calloc(1, sizeof *w);
	int rc;

	if (!w)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	rc = libusb_init(&w->context);
	if (rc) {
		free(w);
		return failed(rc, "USB", err);
	}
	rc = libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG)
	             ? libusb_hotplug_register_callback(
			       w->context,
			       LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED |
				       LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT,
			       LIBUSB_HOTPLUG_NO_FLAGS,
			       LIBUSB_HOTPLUG_MATCH_ANY,
			       LIBUSB_HOTPLUG_MATCH_ANY,
			       LIBUSB_HOTPLUG_MATCH_ANY, on_change, w, NULL)
	             : LIBUSB_ERROR_NOT_SUPPORTED;
	if (rc == LIBUSB_ERROR_NOT_SUPPORTED)
		rc = mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                    "this system does not tell when USB "
		                    "devices come and go");
	else if (rc)
		rc = failed(rc, "watching USB", err);
	if (rc)
		mr__usb_watch_close(w);
	else
		*out = w;
	return rc;
}

int mr__usb_watch_wait(struct usb_watch *w, unsigned timeout_ms, bool *changed,
                       struct mr_errtext *err)
{
	struct timeval t = {.tv_sec = timeout_ms / 1000,
	                    .tv_usec = timeout_ms % 1000 * 1000L};
	int rc = libusb_handle_events_timeout_completed(w->context, &t, NULL);

	*changed = w->changed;
	w->changed = false;
	if (rc && rc != LIBUSB_ERROR_INTERRUPTED)
		return failed(rc, "watching USB", err);
	return MR_OK;
}

void mr__usb_watch_close(struct usb_watch *w)
{
	if (!w)
		return;
	libusb_exit(w->context);
	free(w);
}
