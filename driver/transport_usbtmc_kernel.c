/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * USBTMC by Linux's own driver and its node, where it holds the instrument and
 * shall keep it. The driver's read() waits in steps of 100 ms and forgets what
 * it asked for; its transfers that go on by themselves (USBTMC_FLAG_ASYNC) are
 * waited for by poll(), so that deadlines are as exact as elsewhere and a
 * request stands until its answer comes. Source: Linux 6.1,
 * drivers/usb/class/usbtmc.c.
 */
#define _XOPEN_SOURCE 700 /* realpath */

#include "usbtmc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/usb/tmc.h>

#include "transports.h"
#include "usb_address.h"

#define CLASS "/sys/class/usbmisc"
#define NODE "usbtmc"
#define PATH_BYTES 512
#define TEXT_BYTES 128
#define PIECE 4096       /* the driver's buffer */
#define TIMEOUT_MIN_MS 100 /* the driver takes no shorter one */
#define NS_PER_MS INT64_C(1000000)
#define HEX 16

struct node {
	int fd;
	struct mr__lock lock; /* taken before the instrument is spoken to */
	struct mr_clock clock;
	char name[TEXT_BYTES];
};

/* ---- what sysfs knows ----------------------------------------------------------- */

/* One attribute, without its line's end; "" = there is none. */
static void attribute(const char *name, const char *file, char out[TEXT_BYTES])
{
	char path[PATH_BYTES];
	FILE *f;

	out[0] = '\0';
	if (snprintf(path, sizeof path, CLASS "/%s/device/%s", name, file) >=
	    (int)sizeof path)
		return;
	f = fopen(path, "re");
	if (!f)
		return;
	if (!fgets(out, TEXT_BYTES, f))
		out[0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	(void)fclose(f);
}

static unsigned long number(const char *name, const char *file)
{
	char text[TEXT_BYTES];

	attribute(name, file, text);
	return strtoul(text, NULL, HEX);
}

static void take_peer(const char *name, struct mr__peer *out)
{
	char text[TEXT_BYTES];

	*out = (struct mr__peer){
		.vendor = (uint16_t)number(name, "../idVendor"),
		.product = (uint16_t)number(name, "../idProduct")};
	(void)snprintf(out->path, sizeof out->path, "/dev/%.64s", name);
	attribute(name, "../serial", text);
	(void)snprintf(out->serial, sizeof out->serial, "%.63s", text);
	attribute(name, "../product", text);
	(void)snprintf(out->name, sizeof out->name, "%s", text);
}

static void take_endpoint(const char *name, const char *entry,
                          struct mr__tmc_place *place)
{
	char file[PATH_BYTES], type[TEXT_BYTES];
	uint8_t address;

	(void)snprintf(file, sizeof file, "%.32s/type", entry);
	attribute(name, file, type);
	(void)snprintf(file, sizeof file, "%.32s/bEndpointAddress", entry);
	address = (uint8_t)number(name, file);
	if (strcmp(type, "Interrupt") == 0)
		place->has_interrupt = true;
	if (strcmp(type, "Bulk") != 0)
		return;
	if (!(address & 0x80)) {
		place->out = address;
		return;
	}
	place->in = address;
	(void)snprintf(file, sizeof file, "%.32s/wMaxPacketSize", entry);
	place->packet = number(name, file) & 0x7ff;
}

static bool take_place(const char *name, struct mr__tmc_place *place)
{
	char path[PATH_BYTES];
	const struct dirent *entry;
	DIR *folder;

	*place = (struct mr__tmc_place){
		.interface = (uint8_t)number(name, "bInterfaceNumber")};
	take_peer(name, &place->peer);
	(void)snprintf(path, sizeof path, CLASS "/%.64s/device", name);
	folder = opendir(path);
	if (!folder)
		return false;
	while ((entry = readdir(folder)))
		if (strncmp(entry->d_name, "ep_", 3) == 0)
			take_endpoint(name, entry->d_name, place);
	(void)closedir(folder);
	return place->in && place->out && place->packet;
}

/* ---- finding ---------------------------------------------------------------------- */

static int list_one(const char *name, mr__found_fn *found, void *user)
{
	struct mr__found f = {.note = ""};

	take_peer(name, &f.peer);
	(void)snprintf(f.address, sizeof f.address, "%s", f.peer.path);
	if (access(f.peer.path, R_OK | W_OK) < 0 && errno == EACCES)
		(void)snprintf(f.note, sizeof f.note,
		               "no permission: a udev rule must give you the node");
	return found(user, &f);
}

static int kernel_list(mr__found_fn *found, void *user, struct mr_errtext *err)
{
	DIR *folder = opendir(CLASS);
	const struct dirent *entry;
	int rc = MR_OK;

	(void)err;
	if (!folder)
		return MR_OK; /* no driver, so no node */
	while (!rc && (entry = readdir(folder)))
		if (strncmp(entry->d_name, NODE, strlen(NODE)) == 0)
			rc = list_one(entry->d_name, found, user);
	(void)closedir(folder);
	return rc;
}

struct search {
	struct usb_wish wish;
	unsigned n;
	char path[TEXT_BYTES];
};

static int match(void *user, const struct mr__found *f)
{
	struct search *s = user;
	const struct usb_wish *w = &s->wish;

	if (f->peer.vendor != w->vendor || f->peer.product != w->product ||
	    (w->serial && strcmp(w->serial, f->peer.serial) != 0))
		return MR_OK;
	if (s->n++ == 0)
		(void)snprintf(s->path, sizeof s->path, "%s", f->peer.path);
	return MR_OK;
}

/* /dev/..., VID:PID[:SERIAL], or nothing: the numbers that the board has. */
static int find_path(const char *address, const struct mr__wish *wish,
                     char path[TEXT_BYTES], struct mr_errtext *err)
{
	struct search s = {.wish = {.vendor = wish->usb_vendor,
	                            .product = wish->usb_product}};
	char real[4096];
	int rc;

	if (address[0] == '/') { /* udev's rules make links */
		const char *node = realpath(address, real) ? real : address;

		(void)snprintf(path, TEXT_BYTES, "%.127s", node);
		return MR_OK;
	}
	rc = mr__usb_address(address, &s.wish, err);
	if (!rc)
		rc = kernel_list(match, &s, err);
	if (rc)
		return rc;
	if (s.n == 0)
		return mr_errtext_set(err, MR_ERR_MISSING,
		                      "no instrument %s at a node /dev/usbtmcN; "
		                      "'memrig list' shows what there is",
		                      address);
	if (s.n > 1)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "%u instruments fit %s; name one by its "
		                      "serial number or its node",
		                      s.n, address);
	(void)snprintf(path, TEXT_BYTES, "%s", s.path);
	return MR_OK;
}

/* ---- transfers -------------------------------------------------------------------- */

static int failed(const struct node *o, const char *what, struct mr_errtext *err)
{
	switch (errno) {
	case ETIMEDOUT:
		return mr_errtext_set(err, MR_ERR_TIMEOUT, "%s: %s takes too "
		                      "long", o->name, what);
	case EPIPE:
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: %s: the pipe is stalled", o->name,
		                      what);
	case ENODEV:
	case ESHUTDOWN:
	case ENOENT:
	case EPROTO:
		return mr_errtext_set(err, MR_ERR_IO,
		                      "%s: the device has gone", o->name);
	default:
		return mr_errtext_set(err, MR_ERR_IO, "%s: %s: %s", o->name,
		                      what, strerror(errno));
	}
}

static void set_timeout(const struct node *o, unsigned timeout_ms)
{
	__u32 ms = timeout_ms < TIMEOUT_MIN_MS ? TIMEOUT_MIN_MS : timeout_ms;

	(void)ioctl(o->fd, USBTMC_IOCTL_SET_TIMEOUT, &ms);
}

/* A signal would have the call repeated, and the bytes sent twice. */
static int send_whole(const struct node *o, struct usbtmc_message *m)
{
	sigset_t all, before;
	int rc, code;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = ioctl(o->fd, USBTMC_IOCTL_WRITE, m);
	code = errno;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = code;
	return rc;
}

static int node_out(void *self, const void *data, size_t n, unsigned timeout_ms,
                    size_t *moved, struct mr_errtext *err)
{
	const struct node *o = self;
	/* the driver reads only, and its record has no const */
	union {
		const void *given;
		void *taken;
	} bytes = {.given = data};
	struct usbtmc_message m = {.transfer_size = (__u32)n,
	                           .message = bytes.taken};

	set_timeout(o, timeout_ms);
	int rc = send_whole(o, &m);

	*moved = m.transferred;
	if (rc < 0) {
		rc = failed(o, "sending", err);
		(void)ioctl(o->fd, USBTMC_IOCTL_CLEANUP_IO);
		return rc;
	}
	return MR_OK;
}

/* The first call submits the transfer, those after it ask whether it is done;
 * it goes on when a deadline passes. */
static int node_in(void *self, void *buf, size_t room, unsigned timeout_ms,
                   size_t *moved, struct mr_errtext *err)
{
	const struct node *o = self;
	int64_t deadline_ns = o->clock.monotonic_ns(o->clock.self) +
	                      timeout_ms * NS_PER_MS;

	(void)room; /* of every caller: a piece at least */
	*moved = 0;
	for (;;) {
		struct usbtmc_message m = {.transfer_size = PIECE,
		                           .flags = USBTMC_FLAG_ASYNC,
		                           .message = buf};
		int rc = ioctl(o->fd, USBTMC_IOCTL_READ, &m);

		*moved = m.transferred;
		if (rc >= 0)
			return MR_OK;
		if (errno != EAGAIN && errno != EINTR)
			return failed(o, "receiving", err);
		rc = mr__fd_await(o->fd, false, &o->clock, deadline_ns, err);
		if (rc)
			return rc;
	}
}

static int node_control(void *self, uint8_t type, uint8_t request,
                        uint16_t value, uint16_t index, void *buf, size_t n,
                        size_t *moved, struct mr_errtext *err)
{
	const struct node *o = self;
	struct usbtmc_ctrlrequest r = {.req = {.bRequestType = type,
	                                       .bRequest = request,
	                                       .wValue = value,
	                                       .wIndex = index,
	                                       .wLength = (__u16)n},
	                               .data = buf};
	int rc = ioctl(o->fd, USBTMC_IOCTL_CTRL_REQUEST, &r);

	*moved = rc > 0 ? (size_t)rc : 0;
	return rc < 0 ? failed(o, "a control request", err) : MR_OK;
}

static int node_clear_halt(void *self, bool in, struct mr_errtext *err)
{
	const struct node *o = self;

	if (ioctl(o->fd, in ? USBTMC_IOCTL_CLEAR_IN_HALT
	                    : USBTMC_IOCTL_CLEAR_OUT_HALT) < 0)
		return failed(o, "clearing a pipe", err);
	return MR_OK;
}

static int node_status_byte(void *self, uint8_t *stb, unsigned timeout_ms,
                            struct mr_errtext *err)
{
	const struct node *o = self;
	__u8 value = 0;

	set_timeout(o, timeout_ms);
	if (ioctl(o->fd, USBTMC488_IOCTL_READ_STB, &value) < 0)
		return failed(o, "the status byte", err);
	*stb = value;
	return MR_OK;
}

static void node_close(void *self)
{
	struct node *o = self;

	if (o->fd >= 0)
		(void)close(o->fd);
	mr__lock_release(&o->lock);
	free(o);
}

static const struct mr__tmc_link over_node = {
	.out = node_out,
	.in = node_in,
	.control_in = node_control,
	.clear_halt = node_clear_halt,
	.status_byte = node_status_byte,
	.close = node_close,
};

/* ---- opening ------------------------------------------------------------------------- */

static int refused(const char *path, struct mr_errtext *err)
{
	if (errno == EACCES || errno == EPERM)
		return mr_errtext_set(err, MR_ERR_IO,
		                      "%s: no permission to open it; give the "
		                      "node to your group by a udev rule, and "
		                      "plug it in again",
		                      path);
	if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
		return mr_errtext_set(err, MR_ERR_MISSING,
		                      "%s: there is no such node; the module "
		                      "usbtmc makes it when an instrument is "
		                      "plugged in, and it vanishes while a "
		                      "program drives that by libusb",
		                      path);
	return mr_errtext_set(err, MR_ERR_IO, "%s: cannot open it: %s", path,
	                      strerror(errno));
}

/* The node and its instrument's pipes; they are the driver's if it answers. */
static int open_node(struct node *o, const char *path,
                     struct mr__tmc_place *place, struct mr_errtext *err)
{
	const char *slash = strrchr(path, '/');
	__u32 version = 0;

	(void)snprintf(o->name, sizeof o->name, "%s", path);
	o->fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (o->fd < 0)
		return refused(path, err);
	if (ioctl(o->fd, USBTMC_IOCTL_API_VERSION, &version) < 0 ||
	    !take_place(slash ? slash + 1 : path, place))
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "%s is no instrument's node of the module "
		                      "usbtmc (Linux 4.20 or later), such as "
		                      "/dev/usbtmc0",
		                      path);
	return mr__lock_peer(&place->peer, &o->lock, err);
}

static int kernel_open(struct mr_uri *uri, const struct mr_open_options *options,
                       const struct mr__wish *wish, void **self,
                       struct mr_errtext *err)
{
	struct mr__tmc_place place;
	char path[TEXT_BYTES];
	int rc = find_path(uri->address, wish, path, err);
	struct node *o;

	if (rc)
		return rc;
	o = calloc(1, sizeof *o);
	if (!o)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	o->lock.fd = -1;
	o->clock = *options->clock;
	rc = open_node(o, path, &place, err);
	if (rc) {
		node_close(o);
		return rc;
	}
	return mr__tmc_open(&over_node, o, &place, options->clock, self, err);
}

const struct mr__transport_type mr__transport_usbtmc_kernel = {
	.name = "usbtmc-kernel",
	.summary = "the same by Linux's driver: usbtmc-kernel:/dev/usbtmcN or "
		   "usbtmc-kernel:VID:PID[:SERIAL]",
	.messages = true,
	.locks = true,
	.list = kernel_list,
	.open = kernel_open,
	.write = mr__tmc_write,
	.read = mr__tmc_read,
	.flush = mr__tmc_flush,
	.clear = mr__tmc_clear,
	.status_byte = mr__tmc_status_byte,
	.peer = mr__tmc_peer,
	.close = mr__tmc_close,
};
