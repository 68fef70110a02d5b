/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Virtual boards as USB/IP devices, byte by byte: what Linux's vhci-hcd sends is
 * put together here from the kernel's usbip_protocol.rst, on a clock of the
 * test's.
 */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/transport.h"
#include "driver/vhci.h"
#include "emulator/usb_device.h"
#include "memrig/serve.h"

#define HEADER 48
#define ROOM ((size_t)1 << 20)
#define SECOND INT64_C(1000000000)
#define ARRAY "emu:ideal?rows=2&cols=2"

/* A host controller with one device. */
struct port {
	const struct mr__wire_type *type;
	void *board;
	int64_t now_ns;
	uint32_t seqnum;
	uint8_t *heard; /* [ROOM] of the last answer */
	size_t n;       /* data bytes of it */
	uint32_t command;
	uint32_t answered; /* its seqnum */
	int32_t status;
	size_t actual;
	size_t piece;   /* bytes at a time to the device; 0 = all */
};

static void plug(struct port *p, const char *board, const char *personality,
                 const char *text)
{
	const struct mr__wire_type *base = mr__wire_find(board);
	struct mr_uri *uri = malloc(sizeof *uri);
	struct mr_errtext err = {""};

	*p = (struct port){.now_ns = SECOND, .heard = malloc(ROOM)};
	CU_ASSERT_FATAL(uri && p->heard && base);
	MR_CODE_ERR(mr_uri_parse(uri, text, &err), MR_OK, err);
	MR_CODE_ERR(mr__wire_open(base, uri, p->now_ns, &p->type, &p->board,
	                          &err),
	            MR_OK, err);
	free(uri);
	MR_CODE_ERR(mr__wire_usbip_open(base, personality, &p->type, &p->board,
	                                &err),
	            MR_OK, err);
	p->type->link(p->board, p->now_ns, true);
}

static void unplug(struct port *p)
{
	MR_CODE(p->type->close(p->board, NULL), MR_OK);
	free(p->heard);
}

static void put_u32(uint8_t *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t get_u32(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 |
	       (uint32_t)from[2] << 8 | (uint32_t)from[3];
}

static void send(struct port *p, const void *data, size_t n)
{
	const uint8_t *from = data;

	while (n) {
		size_t k = p->piece && p->piece < n ? p->piece : n;
		uint8_t *exact = malloc(k); /* sanitizers see one too far */

		CU_ASSERT_FATAL(exact != NULL);
		memcpy(exact, from, k);
		p->type->input(p->board, p->now_ns, exact, k, false);
		free(exact);
		from += k;
		n -= k;
	}
}

/* Returns the seqnum. */
static uint32_t submit(struct port *p, unsigned endpoint, bool in,
                       const uint8_t *setup, const void *data, size_t n)
{
	uint8_t h[HEADER] = {0};

	put_u32(h, 1);
	put_u32(h + 4, ++p->seqnum);
	put_u32(h + 8, 0x10002);
	put_u32(h + 12, in);
	put_u32(h + 16, endpoint);
	put_u32(h + 24, (uint32_t)n);
	if (setup)
		memcpy(h + 40, setup, 8);
	send(p, h, sizeof h);
	if (!in && n)
		send(p, data, n);
	return p->seqnum;
}

static void unlink_urb(struct port *p, uint32_t which)
{
	uint8_t h[HEADER] = {0};

	put_u32(h, 2);
	put_u32(h + 4, ++p->seqnum);
	put_u32(h + 20, which);
	send(p, h, sizeof h);
}

static size_t fetch(struct port *p, uint8_t *to, size_t n)
{
	size_t got = 0, now;
	bool end;

	do {
		now = p->type->output(p->board, p->now_ns, to + got, n - got,
		                      &end);
		got += now;
	} while (now && got < n);
	return got;
}

/* Whether the device said something: header, then data of an IN transfer. */
static bool hear(struct port *p, bool in)
{
	uint8_t h[HEADER];

	p->n = 0;
	if (fetch(p, h, sizeof h) < sizeof h)
		return false;
	p->command = get_u32(h);
	p->answered = get_u32(h + 4);
	p->status = (int32_t)get_u32(h + 20);
	p->actual = get_u32(h + 24);
	if (in)
		p->n = fetch(p, p->heard, p->actual < ROOM ? p->actual : ROOM);
	return true;
}

/* A transfer that is answered at once. */
static void moves(struct port *p, unsigned endpoint, bool in,
                  const uint8_t *setup, const void *data, size_t n,
                  int32_t status, size_t actual)
{
	uint32_t seqnum = submit(p, endpoint, in, setup, data, n);

	CU_ASSERT_FATAL(hear(p, in));
	CU_ASSERT_EQUAL(p->command, 3);
	CU_ASSERT_EQUAL(p->answered, seqnum);
	CU_ASSERT_EQUAL(p->status, status);
	CU_ASSERT_EQUAL(p->actual, actual);
	CU_ASSERT(!in || p->n == actual);
}

static void asks(struct port *p, const uint8_t setup[8], size_t n, size_t actual)
{
	moves(p, 0, true, setup, NULL, n, 0, actual);
}

static void says(struct port *p, const char *line)
{
	moves(p, 1, false, NULL, line, strlen(line), 0, strlen(line));
}

/* ---- enumeration ------------------------------------------------------------------ */

static const uint8_t get_device[8] = {0x80, 6, 0, 1, 0, 0, 18, 0};
static const uint8_t get_config[8] = {0x80, 6, 0, 2, 0, 0, 255, 0};
static const uint8_t set_config[8] = {0x00, 9, 1, 0, 0, 0, 0, 0};

static void enumerates(const char *board, const char *personality,
                       uint16_t vendor, uint16_t product, uint8_t class,
                       size_t config)
{
	static const uint8_t get_status[8] = {0x80, 0, 0, 0, 0, 0, 2, 0};
	static const uint8_t get_langs[8] = {0x80, 6, 0, 3, 0, 0, 255, 0};
	static const uint8_t get_name[8] = {0x80, 6, 2, 3, 9, 4, 255, 0};
	static const uint8_t get_serial[8] = {0x80, 6, 3, 3, 9, 4, 4, 0};
	static const uint8_t get_which[8] = {0x80, 8, 0, 0, 0, 0, 1, 0};
	static const uint8_t get_qualifier[8] = {0x80, 6, 0, 6, 0, 0, 10, 0};
	struct port p;

	plug(&p, board, personality, ARRAY);
	asks(&p, get_device, 18, 18);
	CU_ASSERT_EQUAL(p.heard[8] | p.heard[9] << 8, vendor);
	CU_ASSERT_EQUAL(p.heard[10] | p.heard[11] << 8, product);
	asks(&p, get_config, 9, 9); /* its head first, as every host does */
	CU_ASSERT_EQUAL(p.heard[2] | p.heard[3] << 8, config);
	asks(&p, get_config, 255, config);
	CU_ASSERT_EQUAL(p.heard[14], class);
	asks(&p, get_status, 2, 2);
	CU_ASSERT_EQUAL(p.heard[0], 1); /* self powered */
	asks(&p, get_langs, 255, 4);
	asks(&p, get_name, 255, 2 + 2 * strlen("virtual board"));
	asks(&p, get_serial, 4, 4);
	moves(&p, 0, true, get_qualifier, NULL, 10, -32, 0);
	asks(&p, get_which, 1, 1);
	CU_ASSERT_EQUAL(p.heard[0], 0);
	moves(&p, 0, false, set_config, NULL, 0, 0, 0);
	asks(&p, get_which, 1, 1);
	CU_ASSERT_EQUAL(p.heard[0], 1);
	unplug(&p);
}

/* Lengths: 9 + 9 + 7 + 7; CDC-ACM has 9 + 9 + 5 + 5 + 4 + 5 + 7 + 9 + 7 + 7. */
static void ports_enumerate(void)
{
	enumerates("scpi", NULL, 0x1209, 0x0001, 0xfe, 32);
	enumerates("scpi", "bulk", 0x1209, 0x0002, 0xff, 32);
	enumerates("scpi", "acm", 0x1209, 0x0003, 2, 67);
	enumerates("arc1", NULL, 0x0d28, 0x0204, 2, 67);
	enumerates("arc1", "bulk", 0x1209, 0x0002, 0xff, 32);
}

/* ---- bytes -------------------------------------------------------------------------- */

static void bulk_carries_bytes(void)
{
	for (size_t piece = 0; piece < 50; piece += 7) {
		struct port p;

		plug(&p, "echo", "bulk", ARRAY);
		p.piece = piece;
		says(&p, "hello\n");
		moves(&p, 2, true, NULL, NULL, 512, 0, 6);
		CU_ASSERT_EQUAL(memcmp(p.heard, "hello\n", 6), 0);
		/* what does not fit stays */
		says(&p, "BLOCK 1300\n");
		moves(&p, 2, true, NULL, NULL, 512, 0, 512);
		moves(&p, 2, true, NULL, NULL, 4096, 0, 788);
		CU_ASSERT_EQUAL(p.heard[0], 512 % 256);
		moves(&p, 1, false, NULL, "", 0, 0, 0); /* an empty packet */
		unplug(&p);
	}
}

static void late_answers_wait_on_the_clock(void)
{
	struct port p;
	uint32_t first, second;

	plug(&p, "echo", "bulk", ARRAY);
	CU_ASSERT_EQUAL(p.type->due_ns(p.board, p.now_ns), INT64_MAX);
	first = submit(&p, 2, true, NULL, NULL, 2);
	second = submit(&p, 2, true, NULL, NULL, 512);
	CU_ASSERT(!hear(&p, true));
	(void)submit(&p, 1, false, NULL, "WAIT 0.25 late\n", 15);
	CU_ASSERT(hear(&p, false));
	CU_ASSERT(!hear(&p, true));
	CU_ASSERT_EQUAL(p.type->due_ns(p.board, p.now_ns),
	                p.now_ns + SECOND / 4);
	p.now_ns += SECOND / 4;
	CU_ASSERT_EQUAL(p.type->due_ns(p.board, p.now_ns), p.now_ns);
	/* in the order in which they were asked for */
	CU_ASSERT(hear(&p, true));
	CU_ASSERT_EQUAL(p.answered, first);
	CU_ASSERT_EQUAL(p.n, 2);
	CU_ASSERT(hear(&p, true));
	CU_ASSERT_EQUAL(p.answered, second);
	CU_ASSERT_EQUAL(p.n, 3);
	unplug(&p);
}

static void transfers_are_unlinked(void)
{
	struct port p;
	uint32_t seqnum;

	plug(&p, "echo", "bulk", ARRAY);
	seqnum = submit(&p, 2, true, NULL, NULL, 512);
	unlink_urb(&p, seqnum);
	CU_ASSERT(hear(&p, false));
	CU_ASSERT_EQUAL(p.command, 4);
	CU_ASSERT_EQUAL(p.answered, p.seqnum);
	CU_ASSERT_EQUAL(p.status, -104); /* ECONNRESET: it was pending */
	says(&p, "on\n");
	CU_ASSERT(!hear(&p, true)); /* nobody waits for it */
	moves(&p, 2, true, NULL, NULL, 512, 0, 3);
	unlink_urb(&p, p.seqnum); /* has ended before */
	CU_ASSERT(hear(&p, false));
	CU_ASSERT_EQUAL(p.status, 0);
	for (int i = 0; i < 64; i++)
		(void)submit(&p, 2, true, NULL, NULL, 8);
	moves(&p, 2, true, NULL, NULL, 8, -12, 0); /* ENOMEM: too many */
	unplug(&p);
}

static void instruments_speak_usbtmc(void)
{
	/* bulk-OUT header 1, tag 7; REQUEST_DEV_DEP_MSG_IN, tag 8 */
	static const uint8_t out[20] = {1, 7, 0xf8, 0, 6, 0, 0,   0,   1,  0,
	                                0, 0, '*',  'I', 'D', 'N', '?', '\n'};
	static const uint8_t in[12] = {2, 8, 0xf7, 0, 0, 1};
	static const uint8_t bad[12] = {1, 9, 9};
	static const uint8_t stb[8] = {0xa1, 128, 5, 0, 0, 0, 3, 0};
	static const uint8_t unhalt[8] = {0x02, 1, 0, 0, 0x01, 0, 0, 0};
	struct port p;

	plug(&p, "scpi", NULL, ARRAY);
	moves(&p, 1, false, NULL, out, sizeof out, 0, sizeof out);
	(void)submit(&p, 2, true, NULL, NULL, 512);
	CU_ASSERT(!hear(&p, true)); /* has not been asked */
	CU_ASSERT(p.type->due_ns(p.board, p.now_ns) > p.now_ns);
	(void)submit(&p, 1, false, NULL, in, sizeof in);
	CU_ASSERT(hear(&p, false));
	p.now_ns += SECOND;
	CU_ASSERT(hear(&p, true));
	CU_ASSERT(p.n > 12 && p.heard[0] == 2 && p.heard[1] == 8);
	CU_ASSERT_EQUAL(memcmp(p.heard + 12, "memrig", 6), 0);
	asks(&p, stb, 3, 3);
	CU_ASSERT_EQUAL(p.heard[1], 5);
	moves(&p, 1, false, NULL, bad, sizeof bad, -32, 0);
	moves(&p, 1, false, NULL, out, sizeof out, -32, 0); /* halted */
	moves(&p, 0, false, unhalt, NULL, 0, 0, 0);
	moves(&p, 1, false, NULL, out, sizeof out, 0, sizeof out);
	moves(&p, 3, true, NULL, NULL, 8, -32, 0); /* has no such pipe */
	moves(&p, 5, false, NULL, "x", 1, -32, 0);
	unplug(&p);
}

/* ---- the serial port ------------------------------------------------------------------- */

/* baud, little-endian; stop bits; parity (2 = even); data bits */
static const uint8_t right_coding[7] = {0x00, 0x10, 0x0e, 0, 0, 2, 8};
static const uint8_t odd_coding[7] = {0x00, 0x10, 0x0e, 0, 0, 1, 8};
static const uint8_t slow_coding[7] = {0x80, 0x25, 0, 0, 0, 2, 8};
static const uint8_t long_coding[7] = {0x00, 0x10, 0x0e, 0, 2, 2, 8};

static void set_coding(struct port *p, const uint8_t *coding)
{
	static const uint8_t set[8] = {0x21, 0x20, 0, 0, 0, 0, 7, 0};

	moves(p, 0, false, set, coding, 7, 0, 7);
}

/* Job 0 and its 7 parameters: cycles, words, bits, mode, session, sneak paths,
 * volts. An ArC ONE answers with the line "1". */
static const char initialise[] = "0\n1\n32\n32\n1\n1\n0\n0.5\n";

static size_t answer_to(struct port *p, const char *text)
{
	for (const char *at = text; *at;) { /* one token at a time */
		size_t n = strcspn(at, "\n") + 1;

		moves(p, 1, false, NULL, at, n, 0, n);
		p->now_ns += SECOND / 100;
		at += n;
	}
	uint32_t seqnum = submit(p, 2, true, NULL, NULL, 512);

	p->now_ns += SECOND;
	if (hear(p, true))
		return p->n;
	unlink_urb(p, seqnum);
	CU_ASSERT(hear(p, false));
	return 0;
}

static void arc1_speaks_at_8e1_only(void)
{
	static const uint8_t *const wrong[] = {odd_coding, slow_coding,
	                                       long_coding};
	struct port p;

	plug(&p, "arc1", NULL, "emu:ideal?rows=32&cols=32");
	p.now_ns += 5 * SECOND;
	CU_ASSERT_EQUAL(answer_to(&p, initialise), 0); /* 9600 8N1 */
	for (size_t i = 0; i < 3; i++) {
		set_coding(&p, wrong[i]);
		CU_ASSERT_EQUAL(answer_to(&p, initialise), 0);
	}
	set_coding(&p, right_coding);
	CU_ASSERT(answer_to(&p, initialise) > 0);
	CU_ASSERT_EQUAL(p.heard[0], '1');
	unplug(&p);
}

static void wrong_coding_garbles_what_comes(void)
{
	struct port p;

	plug(&p, "arc1", NULL, "emu:ideal?rows=32&cols=32");
	p.now_ns += 5 * SECOND;
	set_coding(&p, right_coding);
	for (const char *at = initialise; *at; at += strcspn(at, "\n") + 1) {
		size_t n = strcspn(at, "\n") + 1;

		moves(&p, 1, false, NULL, at, n, 0, n);
		p.now_ns += SECOND / 100;
	}
	set_coding(&p, slow_coding);
	CU_ASSERT(answer_to(&p, "") > 0);
	CU_ASSERT_NOT_EQUAL(p.heard[0], '1');
	unplug(&p);
}

static void serial_ports_have_lines(void)
{
	static const uint8_t get[8] = {0xa1, 0x21, 0, 0, 0, 0, 7, 0};
	static const uint8_t lines[8] = {0x21, 0x22, 3, 0, 0, 0, 0, 0};
	static const uint8_t begin[8] = {0x21, 0x23, 0xff, 0xff, 0, 0, 0, 0};
	static const uint8_t end[8] = {0x21, 0x23, 0, 0, 0, 0, 0, 0};
	static const uint8_t short_set[8] = {0x21, 0x20, 0, 0, 0, 0, 3, 0};
	static const uint8_t unknown[8] = {0x21, 0x77, 0, 0, 0, 0, 0, 0};
	/* SERIAL_STATE of interface 0: carrier and DSR */
	static const uint8_t note[10] = {0xa1, 0x20, 0, 0, 0, 0, 2, 0, 3, 0};
	struct port p;

	plug(&p, "echo", "acm", ARRAY); /* has no UART: takes any coding */
	asks(&p, get, 7, 7);
	CU_ASSERT_EQUAL(p.heard[6], 8); /* 9600 8N1 */
	set_coding(&p, odd_coding);
	asks(&p, get, 7, 7);
	CU_ASSERT_EQUAL(memcmp(p.heard, odd_coding, 7), 0);
	moves(&p, 0, false, lines, NULL, 0, 0, 0);
	moves(&p, 3, true, NULL, NULL, 16, 0, 10);
	CU_ASSERT_EQUAL(memcmp(p.heard, note, 10), 0);
	uint32_t seqnum = submit(&p, 3, true, NULL, NULL, 16);

	CU_ASSERT(!hear(&p, true)); /* nothing has changed */
	says(&p, "half a line");
	moves(&p, 0, false, begin, NULL, 0, 0, 0); /* empties it */
	moves(&p, 0, false, end, NULL, 0, 0, 0);
	says(&p, "on\n");
	moves(&p, 2, true, NULL, NULL, 512, 0, 3);
	moves(&p, 0, false, short_set, "123", 3, -32, 0);
	moves(&p, 0, false, unknown, NULL, 0, -32, 0);
	/* a setup that contradicts its header */
	moves(&p, 0, true, lines, NULL, 8, -32, 0);
	moves(&p, 0, false, get, "1234567", 7, -32, 0);
	unlink_urb(&p, seqnum);
	CU_ASSERT(hear(&p, false));
	unplug(&p);
}

/* ---- what cannot be ---------------------------------------------------------------------- */

static void breaks(size_t at, uint32_t value)
{
	uint8_t h[HEADER] = {0};
	struct port p;

	plug(&p, "echo", "bulk", ARRAY);
	put_u32(h, 1);
	put_u32(h + 16, 1);
	put_u32(h + 24, 4);
	put_u32(h + at, value);
	CU_ASSERT(!p.type->is_gone(p.board));
	send(&p, h, sizeof h);
	CU_ASSERT(p.type->is_gone(p.board));
	send(&p, h, sizeof h); /* is not listened to */
	CU_ASSERT(!hear(&p, false));
	p.type->link(p.board, p.now_ns, false);
	p.type->link(p.board, p.now_ns, true);
	CU_ASSERT(!p.type->is_gone(p.board));
	says(&p, "anew\n");
	unplug(&p);
}

static void broken_streams_end(void)
{
	breaks(0, 0);                 /* command */
	breaks(0, 3);
	breaks(0, 0x01000000);        /* the other byte order */
	breaks(12, 2);                /* direction */
	breaks(16, 16);               /* endpoint */
	breaks(24, 0xffffffff);       /* length: negative, too long */
	breaks(24, (1u << 22) + 1);
	breaks(32, 1);                /* isochronous */
}

static void hosts_that_do_not_listen_end(void)
{
	struct port p;

	plug(&p, "echo", "bulk", ARRAY);
	for (int i = 0; i < 400000 && !p.type->is_gone(p.board); i++)
		(void)submit(&p, 1, false, NULL, "x", 1);
	CU_ASSERT(p.type->is_gone(p.board)); /* 16 MiB of answers */
	unplug(&p);
}

static void pulled_plugs_are_seen(void)
{
	struct port p;

	plug(&p, "echo", "bulk", ARRAY "&board.fault=unplug:4");
	says(&p, "hello\n");
	CU_ASSERT(!p.type->is_gone(p.board));
	(void)submit(&p, 2, true, NULL, NULL, 512);
	(void)hear(&p, true);
	(void)submit(&p, 2, true, NULL, NULL, 512);
	CU_ASSERT(p.type->is_gone(p.board));
	unplug(&p);
}

static void personalities_are_checked(void)
{
	const struct mr__wire_type *base = mr__wire_find("echo"), *type = base;
	struct mr_serve_options options = {.time_scale = 1,
	                                   .personality = "acm"};
	struct mr_errtext err = {""};
	struct mr_server *server;
	void *self = &err;

	MR_CODE(mr__wire_usbip_open(base, "hid", &type, &self, &err),
	        MR_ERR_USAGE);
	MR_HAS(err.text, "usbtmc, bulk or acm");
	CU_ASSERT(type == base && self == &err);
	MR_CODE(mr_server_open("echo", ARRAY, "pty", &options, &server, &err),
	        MR_ERR_USAGE);
	MR_HAS(err.text, "is for USB");
}

/* ---- plugging in ---------------------------------------------------------------------------- */

static void write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
}

/* A controller's folder, as vhci_sysfs.c of Linux 6.1 has it. */
static void ports_are_found_and_taken(void)
{
	char folder[MR_TEST_PATH_MAX], path[MR_TEST_PATH_MAX + 16];
	char text[64] = "";
	struct mr_errtext err = {""};
	unsigned port = 0;
	int fd;

	(void)mr_test_path(folder, "vhci");
	MR_CODE(mr__vhci_attach(folder, &fd, &port, &err), MR_ERR_IO);
	MR_HAS(err.text, "modprobe vhci-hcd");
	CU_ASSERT_FATAL(mkdir(folder, 0700) == 0);
	(void)snprintf(path, sizeof path, "%s/status", folder);
	write_file(path,
	           "hub port sta spd dev      sockfd local_busid\n"
	           "hs  0000 006 003 00010002 000003 1-1\n"
	           "hs  0001 006 003 00010002 000003 1-1\n",
	           0600);
	MR_CODE(mr__vhci_attach(folder, &fd, &port, &err), MR_ERR_BUSY);
	MR_HAS(err.text, "taken");
	write_file(path,
	           "hub port sta spd dev      sockfd local_busid\n"
	           "hs  0000 006 003 00010002 000003 1-1\n"
	           "ss  0008 004 000 00000000 000000 0-0\n"
	           "hs  0005 004 000 00000000 000000 0-0\n",
	           0600);
	MR_CODE(mr__vhci_attach(folder, &fd, &port, &err), MR_ERR_IO);
	(void)snprintf(path, sizeof path, "%s/attach", folder);
	write_file(path, "", 0600);
	MR_CODE_ERR(mr__vhci_attach(folder, &fd, &port, &err), MR_OK, err);
	CU_ASSERT_EQUAL(port, 5);
	(void)close(fd);
	FILE *f = fopen(path, "r");

	CU_ASSERT_FATAL(f && fgets(text, sizeof text, f));
	(void)fclose(f);
	/* port, descriptor, a device's number that is not 0, high speed */
	char *rest = text;

	CU_ASSERT_EQUAL(strtoul(rest, &rest, 10), 5);
	CU_ASSERT(strtoul(rest, &rest, 10) > 2);
	CU_ASSERT(strtoul(rest, &rest, 10) > 0);
	CU_ASSERT_EQUAL(strtoul(rest, &rest, 10), 3);
	CU_ASSERT_STRING_EQUAL(rest, "");
	(void)unlink(path);
	(void)snprintf(path, sizeof path, "%s/status", folder);
	(void)unlink(path);
	(void)rmdir(folder);
}

const struct mr_test mr_tests[] = {
	{"ports_enumerate", ports_enumerate},
	{"bulk_carries_bytes", bulk_carries_bytes},
	{"late_answers_wait_on_the_clock", late_answers_wait_on_the_clock},
	{"transfers_are_unlinked", transfers_are_unlinked},
	{"instruments_speak_usbtmc", instruments_speak_usbtmc},
	{"arc1_speaks_at_8e1_only", arc1_speaks_at_8e1_only},
	{"wrong_coding_garbles_what_comes", wrong_coding_garbles_what_comes},
	{"serial_ports_have_lines", serial_ports_have_lines},
	{"broken_streams_end", broken_streams_end},
	{"hosts_that_do_not_listen_end", hosts_that_do_not_listen_end},
	{"pulled_plugs_are_seen", pulled_plugs_are_seen},
	{"personalities_are_checked", personalities_are_checked},
	{"ports_are_found_and_taken", ports_are_found_and_taken},
	{0},
};
