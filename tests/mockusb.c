/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#define _GNU_SOURCE /* pseudo-terminals, in umockdev's way of thinking */

#include "mockusb.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include <linux/usbdevice_fs.h>
#include <umockdev.h>

#define NODE "/dev/bus/usb/001/002"
#define SYSFS "/sys/devices/mockbus/usb1/1-1"
#define URBS_MAX 64
#define LATE_NS INT64_C(30000000)

/* A transfer that the host submitted. */
struct urb {
	UMockdevIoctlData *data;   /* of struct usbdevfs_urb */
	UMockdevIoctlData *buffer;
	gulong client_addr;
	int64_t from_ns; /* it rests until then */
	bool harmed;     /* what befell it is still to come */
	bool done;
};

struct mockusb {
	UMockdevTestbed *bed;
	UMockdevIoctlBase *calls;
	const struct mr__wire_type *type;
	void *board;
	struct mr__usb_device *device;
	GMutex lock;
	struct urb urbs[URBS_MAX];
	size_t n;
	bool gone;
	bool held;
	bool stall_in;
	bool stall_out;
	unsigned aborts;
	enum mockusb_harm harm;
	unsigned harm_at;
	unsigned transfers;
	unsigned bytes; /* of the bulk pipes */
	bool hastened;
	int64_t skipped_ns; /* how far the board's time is ahead of ours */
};

static int64_t real_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t now_ns(const struct mockusb *m)
{
	return real_ns() + m->skipped_ns;
}

/* ---- transfers ------------------------------------------------------------------- */

static struct usbdevfs_urb *urb_of(struct urb *u)
{
	return (struct usbdevfs_urb *)(void *)u->data->data;
}

static void finish(struct urb *u, int status, size_t moved)
{
	struct usbdevfs_urb *urb = urb_of(u);

	urb->status = status;
	urb->actual_length = (int)moved;
	u->done = true;
}

static void try_control(struct mockusb *m, struct urb *u)
{
	uint8_t *b = u->buffer->data;
	size_t moved = 0;
	size_t n = (size_t)urb_of(u)->buffer_length - 8;
	enum usb_answer a;

	if ((b[0] & 0x60) == 0x20 && b[1] == 3)
		m->aborts++;
	a = mr__usb_device_control(m->device, now_ns(m), b, b + 8, n, &moved);
	finish(u, a == USB_STALL ? -EPIPE : 0, b[0] & 0x80 ? moved : n);
}

/* Count bytes that move, and make one of them another where that is asked for. */
static void pass(struct mockusb *m, uint8_t *data, size_t n)
{
	if (m->harm == MOCKUSB_GARBLE && m->harm_at >= m->bytes &&
	    m->harm_at < m->bytes + n)
		data[m->harm_at - m->bytes] ^= 0x55;
	m->bytes += (unsigned)n;
}

static enum usb_answer give_out(struct mockusb *m, struct urb *u, size_t n)
{
	uint8_t *copy;
	enum usb_answer a;

	if (u->harmed) /* and is dropped */
		return USB_DONE;
	copy = malloc(n ? n : 1); /* the host's own bytes stay as they are */
	if (!copy)
		abort();
	memcpy(copy, u->buffer->data, n);
	pass(m, copy, n);
	a = mr__usb_device_out(m->device, now_ns(m), copy, n);
	free(copy);
	return a;
}

/* The host waits: what the board is about is over at once. One that is due and
 * gives nothing is left to real time. */
static enum usb_answer get_in(struct mockusb *m, struct urb *u, size_t n,
                              size_t *moved)
{
	for (;;) {
		enum usb_answer a = mr__usb_device_in(
			m->device, now_ns(m), u->buffer->data, n, moved);
		int64_t due_ns = mr__usb_device_due_ns(m->device, now_ns(m));

		if (!m->hastened || a != USB_LATER || due_ns == INT64_MAX ||
		    due_ns <= now_ns(m))
			return a;
		m->skipped_ns = due_ns - real_ns();
	}
}

static void try_bulk(struct mockusb *m, struct urb *u)
{
	struct usbdevfs_urb *urb = urb_of(u);
	bool in = urb->endpoint & 0x80;
	size_t moved = (size_t)urb->buffer_length;
	bool *stall = in ? &m->stall_in : &m->stall_out;
	enum usb_answer a;

	if (*stall)
		a = USB_STALL;
	else if (in)
		a = get_in(m, u, moved, &moved);
	else
		a = give_out(m, u, moved);
	if (in && a == USB_DONE && u->harmed) {
		u->harmed = false;
		return;
	}
	if (in && a == USB_DONE)
		pass(m, u->buffer->data, moved);
	if (a == USB_STALL)
		finish(u, -EPIPE, 0);
	else if (a == USB_DONE)
		finish(u, 0, moved);
}

static bool is_control(struct urb *u)
{
	return urb_of(u)->type == USBDEVFS_URB_TYPE_CONTROL;
}

static void pull_plug(struct mockusb *m)
{
	m->gone = true;
	m->type->link(m->board, now_ns(m), false);
}

/* The script's transfer begins. */
static void befall(struct mockusb *m, struct urb *u)
{
	if (m->harm == MOCKUSB_UNPLUG && !m->gone)
		pull_plug(m);
	else if (m->harm == MOCKUSB_STALL && is_control(u))
		finish(u, -EPIPE, 0);
	else if (m->harm == MOCKUSB_STALL && urb_of(u)->endpoint & 0x80)
		m->stall_in = true;
	else if (m->harm == MOCKUSB_STALL)
		m->stall_out = true;
	else if (m->harm == MOCKUSB_LATE)
		u->from_ns = real_ns() + LATE_NS;
	u->harmed = m->harm == MOCKUSB_LOSE;
}

static void progress(struct mockusb *m)
{
	for (size_t i = 0; i < m->n; i++) {
		struct urb *u = &m->urbs[i];

		if (u->done)
			continue;
		if (m->gone)
			finish(u, -ESHUTDOWN, 0);
		else if (u->from_ns > real_ns() || (u->harmed && is_control(u)))
			continue;
		else if (is_control(u))
			try_control(m, u);
		else
			try_bulk(m, u);
	}
}

/* ---- usbfs's calls ---------------------------------------------------------------- */

static void submit(struct mockusb *m, UMockdevIoctlClient *client)
{
	UMockdevIoctlData *arg = umockdev_ioctl_client_get_arg(client);
	UMockdevIoctlData *data = umockdev_ioctl_data_resolve(
		arg, 0, sizeof(struct usbdevfs_urb), NULL);
	struct usbdevfs_urb *urb = (struct usbdevfs_urb *)(void *)data->data;
	struct urb *u = &m->urbs[m->n];

	if (m->gone || m->n == URBS_MAX) {
		umockdev_ioctl_client_complete(client, -1, ENODEV);
		umockdev_ioctl_data_unref(data);
		return;
	}
	*u = (struct urb){.data = data, .client_addr = data->client_addr};
	u->buffer = umockdev_ioctl_data_resolve(
		data, offsetof(struct usbdevfs_urb, buffer),
		(gsize)urb->buffer_length, NULL);
	m->n++;
	if (m->harm && m->harm != MOCKUSB_GARBLE && m->transfers == m->harm_at)
		befall(m, u);
	m->transfers++;
	progress(m);
	umockdev_ioctl_client_complete(client, 0, 0);
}

static void reap(struct mockusb *m, UMockdevIoctlClient *client)
{
	UMockdevIoctlData *arg = umockdev_ioctl_client_get_arg(client);

	progress(m);
	for (size_t i = 0; i < m->n; i++) {
		struct urb u = m->urbs[i];

		if (!u.done)
			continue;
		UMockdevIoctlData *slot = umockdev_ioctl_data_resolve(
			arg, 0, sizeof(gpointer), NULL);

		umockdev_ioctl_data_set_ptr(slot, 0, u.data);
		umockdev_ioctl_client_complete(client, 0, 0);
		umockdev_ioctl_data_unref(slot);
		umockdev_ioctl_data_unref(u.buffer);
		umockdev_ioctl_data_unref(u.data);
		m->n--;
		memmove(&m->urbs[i], &m->urbs[i + 1],
		        (m->n - i) * sizeof m->urbs[0]);
		return;
	}
	umockdev_ioctl_client_complete(client, -1, m->gone ? ENODEV : EAGAIN);
}

static void discard(struct mockusb *m, UMockdevIoctlClient *client)
{
	UMockdevIoctlData *arg = umockdev_ioctl_client_get_arg(client);
	gulong addr = *(gulong *)(void *)arg->data;

	for (size_t i = 0; i < m->n; i++) {
		if (m->urbs[i].client_addr == addr && !m->urbs[i].done) {
			finish(&m->urbs[i], -ENOENT, 0);
			umockdev_ioctl_client_complete(client, 0, 0);
			return;
		}
	}
	umockdev_ioctl_client_complete(client, -1, EINVAL);
}

static void capabilities(UMockdevIoctlClient *client)
{
	UMockdevIoctlData *arg = umockdev_ioctl_client_get_arg(client);
	UMockdevIoctlData *slot =
		umockdev_ioctl_data_resolve(arg, 0, sizeof(guint32), NULL);

	*(guint32 *)(void *)slot->data = USBDEVFS_CAP_ZERO_PACKET |
	                                 USBDEVFS_CAP_NO_PACKET_SIZE_LIM;
	umockdev_ioctl_client_complete(client, 0, 0);
	umockdev_ioctl_data_unref(slot);
}

static void clear_halt(struct mockusb *m, UMockdevIoctlClient *client)
{
	const uint8_t in[8] = {0x02, 1, 0, 0, USB_IN_ENDPOINT};
	const uint8_t out[8] = {0x02, 1, 0, 0, USB_OUT_ENDPOINT};
	size_t moved;

	m->stall_in = m->stall_out = false;
	(void)mr__usb_device_control(m->device, now_ns(m), in, NULL, 0, &moved);
	(void)mr__usb_device_control(m->device, now_ns(m), out, NULL, 0, &moved);
	umockdev_ioctl_client_complete(client, 0, 0);
}

/* On umockdev's thread. */
static gboolean on_call(UMockdevIoctlBase *base, UMockdevIoctlClient *client,
                        gpointer user)
{
	struct mockusb *m = user;
	gulong request = umockdev_ioctl_client_get_request(client);

	(void)base;
	g_mutex_lock(&m->lock);
	switch (request) {
	case USBDEVFS_GET_CAPABILITIES:
		capabilities(client);
		break;
	case USBDEVFS_SUBMITURB:
		submit(m, client);
		break;
	case USBDEVFS_REAPURB:
	case USBDEVFS_REAPURBNDELAY:
		reap(m, client);
		break;
	case USBDEVFS_DISCARDURB:
		discard(m, client);
		break;
	case USBDEVFS_CLEAR_HALT:
		clear_halt(m, client);
		break;
	case USBDEVFS_CLAIMINTERFACE:
	case USBDEVFS_DISCONNECT_CLAIM:
		umockdev_ioctl_client_complete(client, m->held ? -1 : 0,
		                               m->held ? EBUSY : 0);
		break;
	case USBDEVFS_GETDRIVER:
	case USBDEVFS_IOCTL: /* detach, attach: there is no driver */
		umockdev_ioctl_client_complete(client, -1, ENODATA);
		break;
	case USBDEVFS_RELEASEINTERFACE:
	case USBDEVFS_SETINTERFACE:
	case USBDEVFS_RESET:
		umockdev_ioctl_client_complete(client, 0, 0);
		break;
	default:
		umockdev_ioctl_client_complete(client, -1, ENOTTY);
	}
	g_mutex_unlock(&m->lock);
	return TRUE;
}

/* ---- the device in the mock system -------------------------------------------------- */

const char *mockusb_serial(void)
{
	static char text[32];

	(void)snprintf(text, sizeof text, "%016ld", (long)getpid());
	return text;
}

static void describe(const struct mockusb *m, char *text, size_t room)
{
	uint8_t raw[128];
	size_t n = mr__usb_device_descriptors(m->device, raw, sizeof raw);
	size_t at = (size_t)snprintf(
		text, room,
		"P: /devices/mockbus/usb1/1-1\n"
		"N: bus/usb/001/002\n"
		"E: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\n"
		"E: BUSNUM=001\nE: DEVNUM=002\n"
		"E: DEVNAME=/dev/bus/usb/001/002\nE: MAJOR=189\nE: MINOR=1\n"
		"A: busnum=1\\n\nA: devnum=2\\n\nA: speed=480\\n\n"
		"A: serial=%s\\n\n"
		"A: product=virtual board\\n\n"
		"A: bConfigurationValue=1\\n\nH: descriptors=",
		mockusb_serial());

	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, room - at, "%02x", raw[i]);
	(void)snprintf(text + at, room - at, "\n");
}

static void add(struct mockusb *m, const char *text)
{
	GError *error = NULL;

	if (umockdev_testbed_add_from_string(m->bed, text, &error))
		return;
	fprintf(stderr, "mockusb: %s\n", error->message);
	abort();
}

struct mockusb *mockusb_plug(enum usb_kind kind, const char *board,
                             const char *uri)
{
	struct mockusb *m = calloc(1, sizeof *m);
	struct mr_uri *parsed = malloc(sizeof *parsed);
	struct mr_errtext err = {""};
	char text[1024];
	GError *error = NULL;

	if (!m || !parsed || mr_uri_parse(parsed, uri, &err) ||
	    mr__wire_open(mr__wire_find(board), parsed, now_ns(m), &m->type,
	                  &m->board, &err)) {
		fprintf(stderr, "mockusb: %s\n", err.text);
		abort();
	}
	free(parsed);
	g_mutex_init(&m->lock);
	m->device = mr__usb_device_alloc(kind, m->type, m->board);
	mr__usb_device_serial(m->device, mockusb_serial());
	m->type->link(m->board, now_ns(m), true);
	m->bed = umockdev_testbed_new();
	m->calls = umockdev_ioctl_base_new();
	g_signal_connect(m->calls, "handle-ioctl", G_CALLBACK(on_call), m);
	describe(m, text, sizeof text);
	if (!umockdev_testbed_attach_ioctl(m->bed, NODE, m->calls, &error)) {
		fprintf(stderr, "mockusb: %s\n", error->message);
		abort();
	}
	add(m, text);
	return m;
}

void mockusb_vanish(struct mockusb *m)
{
	umockdev_testbed_uevent(m->bed, SYSFS, "remove");
	umockdev_testbed_remove_device(m->bed, SYSFS);
}

void mockusb_appear(struct mockusb *m)
{
	char text[1024];

	describe(m, text, sizeof text);
	add(m, text);
}

void mockusb_bind(struct mockusb *m)
{
	umockdev_testbed_set_attribute(m->bed, SYSFS, "idVendor", "1209");
	umockdev_testbed_set_attribute(m->bed, SYSFS, "idProduct", "0001");
	umockdev_testbed_set_attribute(m->bed, SYSFS, "serial",
	                               mockusb_serial());
	umockdev_testbed_set_attribute(m->bed, SYSFS, "product",
	                               "virtual board");
	add(m, "P: /devices/mockbus/usb1/1-1/1-1:1.0\n"
	       "E: SUBSYSTEM=usb\nE: DEVTYPE=usb_interface\n"
	       "A: bInterfaceNumber=00\\n\n");
	add(m, "P: /devices/mockbus/usb1/1-1/1-1:1.0/usbmisc/usbtmc0\n"
	       "N: usbtmc0\nE: SUBSYSTEM=usbmisc\nE: DEVNAME=/dev/usbtmc0\n"
	       "L: device=../../../1-1:1.0\n");
}

void mockusb_unplug(struct mockusb *m)
{
	g_mutex_lock(&m->lock);
	pull_plug(m);
	progress(m);
	g_mutex_unlock(&m->lock);
}

void mockusb_free(struct mockusb *m)
{
	(void)umockdev_testbed_detach_ioctl(m->bed, NODE, NULL);
	g_object_unref(m->calls);
	g_object_unref(m->bed);
	mr__usb_device_free(m->device);
	(void)m->type->close(m->board, NULL);
	g_mutex_clear(&m->lock);
	free(m);
}

void mockusb_stall(struct mockusb *m, bool in)
{
	g_mutex_lock(&m->lock);
	if (in)
		m->stall_in = true;
	else
		m->stall_out = true;
	g_mutex_unlock(&m->lock);
}

void mockusb_hasten(struct mockusb *m)
{
	g_mutex_lock(&m->lock);
	m->hastened = true;
	g_mutex_unlock(&m->lock);
}

void mockusb_hold(struct mockusb *m, bool held)
{
	g_mutex_lock(&m->lock);
	m->held = held;
	g_mutex_unlock(&m->lock);
}

unsigned mockusb_aborts(struct mockusb *m)
{
	g_mutex_lock(&m->lock);
	unsigned n = m->aborts;

	g_mutex_unlock(&m->lock);
	return n;
}

void mockusb_harm(struct mockusb *m, enum mockusb_harm harm, unsigned at)
{
	g_mutex_lock(&m->lock);
	m->harm = harm;
	m->harm_at = at;
	g_mutex_unlock(&m->lock);
}

unsigned mockusb_transfers(struct mockusb *m)
{
	g_mutex_lock(&m->lock);
	unsigned n = m->transfers;

	g_mutex_unlock(&m->lock);
	return n;
}

unsigned mockusb_bytes(struct mockusb *m)
{
	g_mutex_lock(&m->lock);
	unsigned n = m->bytes;

	g_mutex_unlock(&m->lock);
	return n;
}

bool mockusb_is_safe(struct mockusb *m)
{
	int64_t since_ns;

	g_mutex_lock(&m->lock);
	bool safe = m->type->is_safe(m->board, now_ns(m), &since_ns);

	g_mutex_unlock(&m->lock);
	return safe;
}
