/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Serial lines through libserialport. What it does not do is done here: it
 * takes no lock, cannot do hardware flow control, and takes a hang-up for silence
 * that it spends spinning, so that the descriptor is asked before each read and
 * none is made to wait.
 */
#define _DEFAULT_SOURCE /* TIOCEXCL */

#include "transports.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <libserialport.h>

#define BREAK_NS INT64_C(250000000)
#define BAUD_MAX 12000000
#define HEX 16
#define PATH_ROOM 128 /* struct mr__peer's */
#define LINKS_MAX 40  /* Linux's own limit */

struct serial {
	struct sp_port *port;
	int fd;
	struct mr_clock clock;
	struct mr__peer peer;
	struct mr__lock lock; /* taken before the lines move */
};

/* ---- finding ----------------------------------------------------------------- */

static void take_peer(struct sp_port *port, struct mr__peer *out)
{
	int vendor = 0, product = 0;
	const char *text;

	*out = (struct mr__peer){.path = ""};
	(void)snprintf(out->path, sizeof out->path, "%s", sp_get_port_name(port));
	if (sp_get_port_usb_vid_pid(port, &vendor, &product) == SP_OK) {
		out->vendor = (uint16_t)vendor;
		out->product = (uint16_t)product;
	}
	text = sp_get_port_usb_serial(port);
	(void)snprintf(out->serial, sizeof out->serial, "%s", text ? text : "");
	text = sp_get_port_usb_product(port);
	(void)snprintf(out->name, sizeof out->name, "%s", text ? text : "");
}

static void note_access(const char *path, char *out, size_t room)
{
	out[0] = '\0';
	if (access(path, R_OK | W_OK) < 0 && errno == EACCES)
		(void)snprintf(out, room,
		               "no permission: be in the group that owns it "
		               "(often dialout)");
}

static int serial_list(mr__found_fn *found, void *user, struct mr_errtext *err)
{
	struct sp_port **all;
	int rc = MR_OK;

	if (access("/sys/class/tty", F_OK) < 0)
		return MR_OK; /* a system without terminals */
	if (sp_list_ports(&all) != SP_OK)
		return mr_errtext_set(err, MR_ERR_IO,
		                      "cannot list the serial ports");
	for (size_t i = 0; all[i] && !rc; i++) {
		struct mr__found f;

		take_peer(all[i], &f.peer);
		if (!f.peer.vendor)
			continue; /* the machine's own ports: nothing is known */
		(void)snprintf(f.address, sizeof f.address, "%s", f.peer.path);
		note_access(f.peer.path, f.note, sizeof f.note);
		rc = found(user, &f);
	}
	sp_free_port_list(all);
	return rc;
}

/* A wanted device, and the ports that turned out to be it. */
struct wanted {
	uint16_t vendor;
	uint16_t product;
	const char *serial; /* NULL = any */
	int n;
	char path[PATH_ROOM];
	char names[256];
};

static int match(void *user, const struct mr__found *f)
{
	struct wanted *w = user;
	size_t at = strlen(w->names);

	if (f->peer.vendor != w->vendor || f->peer.product != w->product ||
	    (w->serial && strcmp(w->serial, f->peer.serial) != 0))
		return MR_OK;
	if (w->n++ == 0)
		(void)snprintf(w->path, sizeof w->path, "%s", f->peer.path);
	(void)snprintf(w->names + at, sizeof w->names - at, "%s%s (serial %s)",
	               at ? ", " : "", f->peer.path,
	               f->peer.serial[0] ? f->peer.serial : "none");
	return MR_OK;
}

static int search(struct wanted *w, struct mr_errtext *err)
{
	int rc = serial_list(match, w, err);

	if (rc)
		return rc;
	if (w->n == 0)
		return mr_errtext_set(err, MR_ERR_MISSING,
		                      "no serial port of a device %04x:%04x%s%s; "
		                      "'memrig list' shows what there is",
		                      w->vendor, w->product, w->serial ? ":" : "",
		                      w->serial ? w->serial : "");
	if (w->n > 1)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "%d ports fit: %s; name one", w->n,
		                      w->names);
	return MR_OK;
}

/* libserialport knows ports by the kernel's names only. */
static bool is_port(const char *path)
{
	char entry[PATH_ROOM + 16];

	if (strncmp(path, "/dev/", 5) != 0)
		return false;
	(void)snprintf(entry, sizeof entry, "/sys/class/tty/%s", path + 5);
	return access(entry, F_OK) == 0;
}

/* Take "." and ".." out of an absolute path. */
static void tidy(char *path)
{
	char *from = path, *to = path;

	while (*from) {
		size_t n = strcspn(from + 1, "/");

		if (n == 2 && from[1] == '.' && from[2] == '.') {
			while (to > path && *--to != '/')
				;
		} else if (n && !(n == 1 && from[1] == '.')) {
			memmove(to, from, n + 1);
			to += n + 1;
		}
		from += n + 1;
	}
	*to = '\0';
}

/* Where a link leads, one step on; false if `path` is none. */
static bool follow(char path[PATH_ROOM])
{
	char to[PATH_ROOM], joined[2 * PATH_ROOM + 4];
	ssize_t n = readlink(path, to, sizeof to - 1);

	if (n <= 0)
		return false;
	to[n] = '\0';
	if (to[0] == '/')
		(void)snprintf(joined, sizeof joined, "%s", to);
	else
		(void)snprintf(joined, sizeof joined, "%s/../%s", path, to);
	tidy(joined);
	if (strlen(joined) >= PATH_ROOM)
		return false;
	(void)snprintf(path, PATH_ROOM, "%.*s", PATH_ROOM - 1, joined);
	return true;
}

/* From a name such as /dev/serial/by-id/... to the port. The kernel's own name
 * ends the search, not whatever it may be a link to. */
static int find_node(const char *address, char path[PATH_ROOM],
                     struct mr_errtext *err)
{
	if (strlen(address) >= PATH_ROOM)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "'%.40s...' is too long for a port",
		                      address);
	(void)snprintf(path, PATH_ROOM, "%s", address);
	tidy(path);
	for (int links = 0; !is_port(path) && links < LINKS_MAX; links++)
		if (!follow(path))
			break;
	if (is_port(path))
		return MR_OK;
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return mr_errtext_set(err, MR_ERR_MISSING,
		                      "%s: there is no such port; 'memrig list' "
		                      "shows what there is",
		                      address);
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "%s is no serial port; 'memrig list' shows what "
	                      "there is",
	                      address);
}

/* /dev/NAME, VID:PID[:SERIAL], or nothing: the numbers that the board has. */
static int find_path(const char *address, const struct mr__wish *wish,
                     char path[PATH_ROOM], struct mr_errtext *err)
{
	struct wanted w = {.vendor = wish->usb_vendor,
	                   .product = wish->usb_product};
	int rc;

	if (address[0] == '/')
		return find_node(address, path, err);
	if (address[0]) {
		char *end = NULL;
		unsigned long vendor = strtoul(address, &end, HEX);
		unsigned long product =
			*end == ':' ? strtoul(end + 1, &end, HEX) : 0;

		if (!vendor || vendor > UINT16_MAX || !product ||
		    product > UINT16_MAX || (*end && *end != ':'))
			return mr_errtext_set(err, MR_ERR_USAGE,
			                      "'%s' is no serial port: must be "
			                      "/dev/..., or VID:PID[:SERIAL] of "
			                      "a USB one",
			                      address);
		w.vendor = (uint16_t)vendor;
		w.product = (uint16_t)product;
		w.serial = *end == ':' ? end + 1 : NULL;
	}
	if (!w.vendor)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "which port? Say serial:/dev/... or "
		                      "serial:VID:PID");
	rc = search(&w, err);
	if (!rc)
		(void)snprintf(path, PATH_ROOM, "%s", w.path);
	return rc;
}

/* ---- opening ----------------------------------------------------------------- */

static int take_line(struct mr_uri *uri, struct mr__line *line,
                     struct mr_errtext *err)
{
	const char *parity = mr_uri_take(uri, "parity");
	const char *flow = mr_uri_take(uri, "flow");
	const char *dtr = mr_uri_take(uri, "dtr");
	uint64_t baud = line->baud;
	int rc = mr_uri_take_u64(uri, "baud", 50, BAUD_MAX, &baud, err);

	line->baud = (uint32_t)baud;
	if (!rc && parity && strlen(parity) == 1 && strchr("neo", parity[0]))
		line->parity = (char)(parity[0] - 'a' + 'A');
	else if (!rc && parity)
		rc = mr_errtext_set(err, MR_ERR_USAGE,
		                    "key 'parity=%s': must be n, e or o", parity);
	if (!rc && flow && strcmp(flow, "rtscts") != 0 &&
	    strcmp(flow, "none") != 0)
		rc = mr_errtext_set(err, MR_ERR_USAGE,
		                    "key 'flow=%s': must be none or rtscts", flow);
	if (!rc && dtr && strcmp(dtr, "0") != 0 && strcmp(dtr, "1") != 0)
		rc = mr_errtext_set(err, MR_ERR_USAGE,
		                    "key 'dtr=%s': must be 0 or 1", dtr);
	if (flow)
		line->rts_cts = strcmp(flow, "rtscts") == 0;
	if (dtr)
		line->raise_dtr = strcmp(dtr, "1") == 0;
	return rc;
}

static int failed(const char *what, const char *path, struct mr_errtext *err)
{
	int error = errno;

	if (error == EACCES)
		return mr_errtext_set(
			err, MR_ERR_IO,
			"%s: no permission; be in the group that owns it (often "
			"dialout: 'sudo adduser $USER dialout', then log in "
			"anew)",
			path);
	if (error == ENOENT || error == ENODEV)
		return mr_errtext_set(err, MR_ERR_MISSING,
		                      "%s: there is no such port; 'memrig list' "
		                      "shows what there is",
		                      path);
	if (error == EBUSY)
		return mr_errtext_set(err, MR_ERR_BUSY,
		                      "%s: another program has it open", path);
	return mr_errtext_set(err, MR_ERR_IO, "%s: cannot %s: %s", path, what,
	                      strerror(error));
}

/* libserialport 0.1.1 looks for CRTSCTS among the input flags, where it is no
 * such thing and spoils the speed (IBAUD0). */
static bool set_flow(int fd, bool rts_cts)
{
	struct termios t;

	if (tcgetattr(fd, &t) < 0)
		return false;
	if (rts_cts)
		t.c_cflag |= CRTSCTS;
	else
		t.c_cflag &= ~CRTSCTS;
	return tcsetattr(fd, TCSANOW, &t) == 0;
}

/* The kernel raises both. RTS follows DTR unless it is the hardware's: alone it
 * holds boards with two transistors between lines and reset in reset. Ports
 * without such lines do without. */
static void raise_lines(struct serial *s, const struct mr__line *line)
{
	(void)sp_set_dtr(s->port, line->raise_dtr ? SP_DTR_ON : SP_DTR_OFF);
	if (!line->rts_cts)
		(void)sp_set_rts(s->port,
		                 line->raise_dtr ? SP_RTS_ON : SP_RTS_OFF);
}

static int set_line(struct serial *s, const struct mr__line *line,
                    struct mr_errtext *err)
{
	enum sp_parity parity = line->parity == 'E'   ? SP_PARITY_EVEN
	                        : line->parity == 'O' ? SP_PARITY_ODD
	                                              : SP_PARITY_NONE;

	if (sp_set_baudrate(s->port, (int)line->baud) != SP_OK ||
	    sp_set_bits(s->port, line->data_bits) != SP_OK ||
	    sp_set_parity(s->port, parity) != SP_OK ||
	    sp_set_stopbits(s->port, line->stop_bits) != SP_OK ||
	    sp_set_flowcontrol(s->port, SP_FLOWCONTROL_NONE) != SP_OK ||
	    !set_flow(s->fd, line->rts_cts))
		return mr_errtext_set(err, MR_ERR_IO,
		                      "%s: the port does not take %u baud, %u%c%u; "
		                      "keys 'baud' and 'parity' ask for others",
		                      s->peer.path, (unsigned)line->baud,
		                      line->data_bits, line->parity,
		                      line->stop_bits);
	raise_lines(s, line);
	return MR_OK;
}

static int open_port(struct serial *s, const char *path,
                     const struct mr__line *line, struct mr_errtext *err)
{
	errno = ENOENT;
	if (sp_get_port_by_name(path, &s->port) != SP_OK)
		return failed("find", path, err);
	take_peer(s->port, &s->peer);
	int rc = mr__lock_peer(&s->peer, &s->lock, err);

	if (rc)
		return rc;
	if (sp_open(s->port, SP_MODE_READ_WRITE) != SP_OK)
		return failed("open", path, err);
	if (sp_get_port_handle(s->port, &s->fd) != SP_OK)
		return failed("use", path, err);
	(void)ioctl(s->fd, TIOCEXCL);
	return set_line(s, line, err);
}

static void serial_close(void *self)
{
	struct serial *s = self;

	if (s->fd >= 0)
		(void)ioctl(s->fd, TIOCNXCL);
	if (s->port) {
		(void)sp_close(s->port);
		sp_free_port(s->port);
	}
	mr__lock_release(&s->lock);
	free(s);
}

static int serial_open(struct mr_uri *uri, const struct mr_open_options *options,
                       const struct mr__wish *wish, void **self,
                       struct mr_errtext *err)
{
	struct serial *s = calloc(1, sizeof *s);
	struct mr__line line = wish->line;
	char path[PATH_ROOM];
	int rc;

	if (!s)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	s->fd = s->lock.fd = -1;
	s->clock = *options->clock;
	rc = take_line(uri, &line, err);
	if (!rc)
		rc = find_path(uri->address, wish, path, err);
	if (!rc)
		rc = open_port(s, path, &line, err);
	if (rc) {
		serial_close(s);
		return rc;
	}
	(void)sp_flush(s->port, SP_BUF_BOTH); /* what a manager of modems left */
	*self = s;
	return MR_OK;
}

/* ---- bytes ---------------------------------------------------------------------- */

static int gone(const struct serial *s, struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_IO, "%s: the device has gone",
	                      s->peer.path);
}

static bool hung_up(const struct serial *s)
{
	struct pollfd at = {.fd = s->fd, .events = POLLIN};

	return poll(&at, 1, 0) > 0 &&
	       (at.revents & (POLLHUP | POLLERR | POLLNVAL));
}

static int serial_write(void *self, const void *data, size_t n, bool end,
                        int64_t deadline_ns, size_t *sent,
                        struct mr_errtext *err)
{
	struct serial *s = self;

	(void)end;
	for (;;) {
		/* a full line is an error to it, EAGAIN */
		int moved = sp_nonblocking_write(s->port, data, n);
		int rc;

		if (moved > 0) {
			*sent = (size_t)moved;
			return MR_OK;
		}
		if (hung_up(s) || (moved < 0 && errno != EAGAIN))
			return gone(s, err);
		rc = mr__fd_await(s->fd, true, &s->clock, deadline_ns, err);
		if (rc)
			return rc;
	}
}

static int serial_read(void *self, void *buf, size_t room, int64_t deadline_ns,
                       size_t *got, bool *end, struct mr_errtext *err)
{
	struct serial *s = self;

	*end = false;
	for (;;) {
		int moved = sp_nonblocking_read(s->port, buf, room);
		int rc;

		if (moved > 0) {
			*got = (size_t)moved;
			return MR_OK;
		}
		if (moved < 0 || hung_up(s))
			return gone(s, err);
		rc = mr__fd_await(s->fd, false, &s->clock, deadline_ns, err);
		if (rc)
			return rc;
	}
}

static int serial_flush(void *self, struct mr_errtext *err)
{
	struct serial *s = self;

	return sp_flush(s->port, SP_BUF_INPUT) == SP_OK ? MR_OK : gone(s, err);
}

static int serial_clear(void *self, int64_t deadline_ns, struct mr_errtext *err)
{
	struct serial *s = self;

	(void)deadline_ns;
	if (sp_start_break(s->port) != SP_OK)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "%s: the port sends no BREAK", s->peer.path);
	s->clock.sleep_ns(s->clock.self, BREAK_NS);
	(void)sp_end_break(s->port);
	return serial_flush(self, err);
}

static int serial_poll_fd(void *self)
{
	const struct serial *s = self;

	return s->fd;
}

static void serial_peer(void *self, struct mr__peer *out)
{
	const struct serial *s = self;

	*out = s->peer;
}

const struct mr__transport_type mr__transport_serial = {
	.name = "serial",
	.summary = "a serial port: serial:/dev/NAME or serial:VID:PID[:SERIAL]",
	.locks = true,
	.list = serial_list,
	.open = serial_open,
	.write = serial_write,
	.read = serial_read,
	.flush = serial_flush,
	.clear = serial_clear,
	.poll_fd = serial_poll_fd,
	.peer = serial_peer,
	.close = serial_close,
};
