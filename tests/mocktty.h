/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Serial ports of USB devices that libserialport finds, through umockdev: bytes
 * go over a pseudo-terminal, and what such a one lacks (modem lines, parity,
 * speed, BREAK) is kept here. The program is linked with umockdev's preload
 * library. One machine at a time. */
#ifndef MR_TESTS_MOCKTTY_H
#define MR_TESTS_MOCKTTY_H

#include <stdbool.h>
#include <stdint.h>

struct mocktty; /* a machine with ports /dev/ttyACM0, ... */

#define MOCKTTY_PORTS 3

/* How a port was set by who opened it. */
struct mockline {
	uint32_t baud;
	unsigned data_bits;
	char parity; /* 'N', 'E', 'O' */
	unsigned stop_bits;
	bool rts_cts;
	bool dtr;
	bool rts;
	bool exclusive;
	unsigned breaks;   /* that began and ended */
	int64_t break_ns;  /* how long the last one was */
};

struct mocktty *mocktty_new(void);
void mocktty_free(struct mocktty *m);

/* Plug in a device 1-PORT with a port /dev/ttyACM{port}, and a link to it in
 * /dev/serial/by-id whose name is usb-SERIAL. */
void mocktty_plug(struct mocktty *m, unsigned port, const char *vendor,
                  const char *product, const char *serial);
/* Hang up: the device has gone while its port was open. */
void mocktty_unplug(struct mocktty *m, unsigned port);
/* The device's end; -1 after a hang-up. */
int mocktty_fd(const struct mocktty *m, unsigned port);
/* The terminal behind the port. */
const char *mocktty_slave(const struct mocktty *m, unsigned port);
/* A port of which the kernel knows and whose node is this file. */
void mocktty_replace(struct mocktty *m, unsigned port, const char *file);
/* Make a file of the mock /dev a link. */
void mocktty_link(struct mocktty *m, const char *name, const char *to);
/* Have ports refuse parity and speeds. */
void mocktty_refuse(struct mocktty *m, bool on);

struct mockline mocktty_line(struct mocktty *m, unsigned port);

#endif
