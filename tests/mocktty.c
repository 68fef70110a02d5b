/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#define _GNU_SOURCE /* pseudo-terminals, in umockdev's way of thinking */

#include "mocktty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <asm/termbits.h> /* termios2; <termios.h> would clash with it */
#include <umockdev.h>

#define NAME_MAX_BYTES 256

struct port {
	int master; /* -1 = unplugged */
	char slave[NAME_MAX_BYTES];
	UMockdevIoctlBase *calls;
	struct termios2 line;
	int modem;
	int64_t break_ns;
	struct mockline seen;
	bool plain; /* its node is no terminal */
	struct mocktty *owner;
};

struct mocktty {
	UMockdevTestbed *bed;
	char *root;
	GMutex lock;
	bool refuses;
	struct port ports[MOCKTTY_PORTS];
};

static int64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void must(bool fine, const char *what)
{
	if (fine)
		return;
	fprintf(stderr, "mocktty: %s: %s\n", what, strerror(errno));
	abort();
}

/* ---- what a pseudo-terminal lacks ---------------------------------------------------- */

/* The C library asks for terminal settings without passing umockdev; here they
 * go by ioctl(), which does. Its struct termios begins as the kernel's does. */
struct libc_termios {
	tcflag_t c_iflag, c_oflag, c_cflag, c_lflag;
	cc_t c_line;
	cc_t c_cc[32];
	speed_t c_ispeed, c_ospeed;
};

#define FOR_ALL __attribute__((visibility("default")))
FOR_ALL int tcgetattr(int fd, struct libc_termios *out);
FOR_ALL int tcsetattr(int fd, int when, const struct libc_termios *in);

int tcgetattr(int fd, struct libc_termios *out)
{
	struct termios2 t;

	if (ioctl(fd, TCGETS2, &t) < 0)
		return -1;
	*out = (struct libc_termios){.c_iflag = t.c_iflag,
	                             .c_oflag = t.c_oflag,
	                             .c_cflag = t.c_cflag,
	                             .c_lflag = t.c_lflag,
	                             .c_line = t.c_line,
	                             .c_ispeed = t.c_cflag & CBAUD,
	                             .c_ospeed = t.c_cflag & CBAUD};
	memcpy(out->c_cc, t.c_cc, sizeof t.c_cc);
	return 0;
}

int tcsetattr(int fd, int when, const struct libc_termios *in)
{
	struct termios2 t;

	if (ioctl(fd, TCGETS2, &t) < 0)
		return -1;
	t.c_iflag = in->c_iflag;
	t.c_oflag = in->c_oflag;
	t.c_lflag = in->c_lflag;
	t.c_cflag = in->c_cflag;
	memcpy(t.c_cc, in->c_cc, sizeof t.c_cc);
	return ioctl(fd, (unsigned long)(TCSETS2 + when), &t);
}

/* ---- calls ------------------------------------------------------------------------- */

static uint32_t baud_of(const struct termios2 *t)
{
	static const struct {
		tcflag_t code;
		uint32_t baud;
	} known[] = {{B9600, 9600},     {B38400, 38400},   {B57600, 57600},
	             {B115200, 115200}, {B230400, 230400}, {B460800, 460800},
	             {B921600, 921600}};

	if ((t->c_cflag & CBAUD) == BOTHER)
		return t->c_ospeed;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if ((t->c_cflag & CBAUD) == known[i].code)
			return known[i].baud;
	return 0;
}

static void note_line(struct port *p)
{
	const struct termios2 *t = &p->line;

	p->seen.baud = baud_of(t);
	p->seen.data_bits = 5 + (t->c_cflag & CSIZE) / CS6;
	p->seen.parity = 'N';
	if (t->c_cflag & PARENB)
		p->seen.parity = t->c_cflag & PARODD ? 'O' : 'E';
	p->seen.stop_bits = t->c_cflag & CSTOPB ? 2 : 1;
	p->seen.rts_cts = t->c_cflag & CRTSCTS;
	p->seen.dtr = p->modem & TIOCM_DTR;
	p->seen.rts = p->modem & TIOCM_RTS;
}

static void *resolve(UMockdevIoctlClient *client, size_t size,
                     UMockdevIoctlData **data)
{
	*data = umockdev_ioctl_data_resolve(umockdev_ioctl_client_get_arg(client),
	                                    0, size, NULL);
	return (*data)->data;
}

static int move_settings(struct port *p, UMockdevIoctlClient *client, bool set)
{
	UMockdevIoctlData *data;
	struct termios2 *t = resolve(client, sizeof *t, &data);
	int rc = 0;

	if (!set)
		*t = p->line;
	else if (p->owner->refuses && (t->c_cflag & (PARENB | CSTOPB)))
		rc = EINVAL;
	else
		p->line = *t;
	umockdev_ioctl_data_unref(data);
	return rc;
}

static void move_modem(struct port *p, UMockdevIoctlClient *client,
                       unsigned long request)
{
	UMockdevIoctlData *data;
	int *bits = resolve(client, sizeof *bits, &data);

	if (request == TIOCMGET)
		*bits = p->modem;
	else if (request == TIOCMBIS)
		p->modem |= *bits;
	else if (request == TIOCMBIC)
		p->modem &= ~*bits;
	else
		p->modem = *bits;
	umockdev_ioctl_data_unref(data);
}

static int answer(struct port *p, UMockdevIoctlClient *client,
                  unsigned long request)
{
	switch (request) {
	case TCGETS2:
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
		return move_settings(p, client, request != TCGETS2);
	case TIOCMGET:
	case TIOCMSET:
	case TIOCMBIS:
	case TIOCMBIC:
		move_modem(p, client, request);
		return 0;
	case TIOCSBRK:
		p->break_ns = now_ns();
		return 0;
	case TIOCCBRK:
		p->seen.break_ns = now_ns() - p->break_ns;
		p->seen.breaks++;
		return 0;
	default:
		return ENOTTY;
	}
}

/* On umockdev's thread. */
static gboolean on_call(UMockdevIoctlBase *base, UMockdevIoctlClient *client,
                        gpointer user)
{
	struct port *p = user;
	unsigned long request = umockdev_ioctl_client_get_request(client);

	(void)base;
	g_mutex_lock(&p->owner->lock);
	if (request == TIOCEXCL || request == TIOCNXCL)
		p->seen.exclusive = request == TIOCEXCL;
	if (request == TIOCEXCL || request == TIOCNXCL ||
	    request == TIOCINQ || request == TIOCOUTQ) {
		int error = 0;
		int rc = umockdev_ioctl_client_execute(client, &error,
		                                       NULL);

		umockdev_ioctl_client_complete(client, rc, error);
	} else {
		int error = p->plain ? ENOTTY : answer(p, client, request);

		note_line(p);
		umockdev_ioctl_client_complete(client, error ? -1 : 0, error);
	}
	g_mutex_unlock(&p->owner->lock);
	return TRUE;
}

/* ---- the machine ----------------------------------------------------------------------- */

/* Past umockdev, which answers for each terminal that it sees opened. */
static void open_terminal(struct port *p)
{
	struct termios2 raw;
	int fd;

	p->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	must(p->master >= 0 && grantpt(p->master) == 0 &&
	             unlockpt(p->master) == 0 &&
	             ptsname_r(p->master, p->slave, sizeof p->slave) == 0,
	     "pseudo-terminal");
	fd = open(p->slave, O_RDWR | O_NOCTTY | O_CLOEXEC);
	must(fd >= 0 && syscall(SYS_ioctl, fd, TCGETS2, &raw) == 0, p->slave);
	raw.c_iflag = raw.c_oflag = raw.c_lflag = 0;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	must(syscall(SYS_ioctl, fd, TCSETS2, &raw) == 0, p->slave);
	p->line = raw;
	/* the kernel raises both when a port is opened */
	p->modem = TIOCM_DTR | TIOCM_RTS | TIOCM_CTS | TIOCM_DSR;
	p->seen = (struct mockline){.exclusive = false};
	note_line(p);
	(void)close(fd);
}

struct mocktty *mocktty_new(void)
{
	struct mocktty *m = calloc(1, sizeof *m);

	must(m != NULL, "memory");
	g_mutex_init(&m->lock);
	for (unsigned i = 0; i < MOCKTTY_PORTS; i++) {
		m->ports[i].owner = m;
		open_terminal(&m->ports[i]);
	}
	m->bed = umockdev_testbed_new();
	m->root = umockdev_testbed_get_root_dir(m->bed);
	must(chmod(m->root, 0755) == 0, m->root); /* also for other users */
	return m;
}

void mocktty_free(struct mocktty *m)
{
	for (unsigned i = 0; i < MOCKTTY_PORTS; i++) {
		struct port *p = &m->ports[i];
		char node[NAME_MAX_BYTES];

		mocktty_unplug(m, i);
		if (!p->calls)
			continue;
		(void)snprintf(node, sizeof node, "/dev/ttyACM%u", i);
		(void)umockdev_testbed_detach_ioctl(m->bed, node, NULL);
		g_object_unref(p->calls);
	}
	g_object_unref(m->bed);
	g_free(m->root);
	g_mutex_clear(&m->lock);
	free(m);
}

void mocktty_link(struct mocktty *m, const char *name, const char *to)
{
	char *path = g_build_filename(m->root, "dev", name, NULL);
	char *folder = g_path_get_dirname(path);

	must(g_mkdir_with_parents(folder, 0755) == 0, folder);
	(void)unlink(path);
	must(symlink(to, path) == 0, path);
	g_free(folder);
	g_free(path);
}

static void place(struct mocktty *m, unsigned port, const char *file)
{
	char name[NAME_MAX_BYTES];

	(void)snprintf(name, sizeof name, "ttyACM%u", port);
	mocktty_link(m, name, file);
}

void mocktty_replace(struct mocktty *m, unsigned port, const char *file)
{
	m->ports[port].plain = true;
	place(m, port, file);
}

static void describe(unsigned port, const char *vendor, const char *product,
                     const char *serial, char *text, size_t room)
{
	(void)snprintf(
		text, room,
		"P: /devices/mockbus/usb1/1-%u\n"
		"E: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\n"
		"A: busnum=1\\n\nA: devnum=%u\\n\n"
		"A: idVendor=%s\\n\nA: idProduct=%s\\n\n"
		"A: manufacturer=memrig\\n\nA: product=virtual board\\n\n"
		"%s%s%s\n"
		"P: /devices/mockbus/usb1/1-%u/1-%u:1.0\n"
		"E: SUBSYSTEM=usb\nE: DEVTYPE=usb_interface\n"
		"A: bInterfaceNumber=00\\n\n\n"
		"P: /devices/mockbus/usb1/1-%u/1-%u:1.0/tty/ttyACM%u\n"
		"N: ttyACM%u\n"
		"E: SUBSYSTEM=tty\nE: DEVNAME=/dev/ttyACM%u\n"
		"E: MAJOR=166\nE: MINOR=%u\nA: dev=166:%u\\n\n"
		"L: device=../../../1-%u:1.0\n",
		port + 1, port + 2, vendor, product, serial[0] ? "A: serial=" : "",
		serial, serial[0] ? "\\n\n" : "", port + 1, port + 1, port + 1,
		port + 1, port, port, port, port, port, port + 1);
}

/* Let other users reach a socket of umockdev's. */
static void share(const struct mocktty *m, const char *name)
{
	char *path = g_build_filename(m->root, name, NULL);

	must(chmod(path, 0666) == 0, path);
	g_free(path);
}

void mocktty_plug(struct mocktty *m, unsigned port, const char *vendor,
                  const char *product, const char *serial)
{
	struct port *p = &m->ports[port];
	char text[2048], node[NAME_MAX_BYTES], link[NAME_MAX_BYTES + 16];
	GError *error = NULL;

	(void)snprintf(node, sizeof node, "/dev/ttyACM%u", port);
	p->calls = umockdev_ioctl_base_new();
	g_signal_connect(p->calls, "handle-ioctl", G_CALLBACK(on_call), p);
	describe(port, vendor, product, serial, text, sizeof text);
	if (!umockdev_testbed_attach_ioctl(m->bed, node, p->calls, &error) ||
	    !umockdev_testbed_add_from_string(m->bed, text, &error)) {
		fprintf(stderr, "mocktty: %s\n", error->message);
		abort();
	}
	share(m, "ioctl/_default");
	(void)snprintf(link, sizeof link, "ioctl%s", node);
	share(m, link);
	/* umockdev's own terminal stays idle: hanging up must be ours */
	place(m, port, p->slave);
	(void)snprintf(link, sizeof link, "serial/by-id/usb-%s", serial);
	(void)snprintf(node, sizeof node, "../../ttyACM%u", port);
	mocktty_link(m, link, node);
}

void mocktty_unplug(struct mocktty *m, unsigned port)
{
	if (m->ports[port].master >= 0)
		(void)close(m->ports[port].master);
	m->ports[port].master = -1;
}

int mocktty_fd(const struct mocktty *m, unsigned port)
{
	return m->ports[port].master;
}

const char *mocktty_slave(const struct mocktty *m, unsigned port)
{
	return m->ports[port].slave;
}

void mocktty_refuse(struct mocktty *m, bool on)
{
	g_mutex_lock(&m->lock);
	m->refuses = on;
	g_mutex_unlock(&m->lock);
}

struct mockline mocktty_line(struct mocktty *m, unsigned port)
{
	g_mutex_lock(&m->lock);
	struct mockline line = m->ports[port].seen;

	g_mutex_unlock(&m->lock);
	return line;
}
