/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The integrity layer of the open board protocol from the driver's side: packets
 * against the vectors and against the virtual board's own, answers that come
 * garbled, late, twice or under another's number, and whole sessions in which
 * any one byte is garbled, lost or doubled and nothing is done twice.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/scpi.h"
#include "driver/scpi_cobs.h"
#include "emulator/wire_cobs.h"
#include "memrig/memrig.h"

#include "pipes.h"
#include "scripted.h"
#include "test.h"

#define MS MR_TEST_MS
#define ROOM 2048

/* ---- packets ------------------------------------------------------------------------ */

static size_t from_hex(const char *text, uint8_t *out)
{
	size_t n = 0;

	for (; text[0] != '-' && text[0] && text[1] && n < ROOM; text += 2) {
		const char pair[] = {text[0], text[1], '\0'};

		out[n++] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return n;
}

static void is_packet(unsigned number, const uint8_t *text, size_t n,
                      const uint8_t *packet, size_t m)
{
	uint8_t made[ROOM], *message = NULL;
	uint16_t came = 0;
	size_t length = 0;

	CU_ASSERT_FATAL(mr__cobs_room(n) <= sizeof made && m <= sizeof made);
	CU_ASSERT_EQUAL(mr__cobs_pack((uint16_t)number, text, n, made), m);
	CU_ASSERT(m <= mr__cobs_room(n));
	CU_ASSERT(memcmp(made, packet, m) == 0);
	CU_ASSERT_EQUAL(mr__wire_packet_make((uint16_t)number, text, n, made), m);
	CU_ASSERT(memcmp(made, packet, m) == 0);
	CU_ASSERT(mr__wire_packet_open(made, m - 1, &came, &message, &length));
	CU_ASSERT(came == number && length == n &&
	          memcmp(message, text, n) == 0);
	memcpy(made, packet, m);
	MR_CODE(mr__cobs_unpack(made, m - 1, &came, &length), MR_OK);
	CU_ASSERT(came == number && length == n && memcmp(made, text, n) == 0);
}

static void packets_are_as_written(void)
{
	FILE *f = fopen(MR_SRCDIR "/tests/data/packets.txt", "r");
	char line[2 * ROOM];
	int n = 0;

	CU_ASSERT_FATAL(f != NULL);
	while (fgets(line, sizeof line, f)) {
		uint8_t message[ROOM], packet[ROOM];
		char *text, *hex;
		unsigned long number = strtoul(line, &text, 10);

		if (line[0] == '#')
			continue;
		text += strspn(text, " ");
		hex = text + strcspn(text, " ");
		CU_ASSERT_FATAL(*hex == ' ');
		*hex++ = '\0';
		hex[strcspn(hex, "\n")] = '\0';
		is_packet((unsigned)number, message, from_hex(text, message),
		          packet, from_hex(hex, packet));
		n++;
	}
	(void)fclose(f);
	CU_ASSERT_EQUAL(n, 16);
}

static void packets_of_each_length_pass(void)
{
	uint8_t text[800], packet[ROOM];

	for (size_t n = 0; n < sizeof text; n++) {
		for (size_t i = 0; i < n; i++)
			text[i] = n % 3 ? (uint8_t)(i * n % 7) : 0xff;
		is_packet((unsigned)n, text, n, packet,
		          mr__wire_packet_make((uint16_t)n, text, n, packet));
	}
}

/* A bit that turns is found wherever it is, as is a byte that is missing. */
static void packets_that_are_wrong_are_refused(void)
{
	static const char text[] = "#14\0\0\200?;0;1234567890";
	uint8_t whole[64], packet[64];
	size_t n = mr__cobs_pack(300, text, sizeof text, whole) - 1;
	uint16_t number;
	size_t length;

	for (size_t bit = 0; bit < 8 * n; bit++) {
		memcpy(packet, whole, n);
		packet[bit / 8] ^= (uint8_t)(1u << bit % 8);
		MR_CODE(mr__cobs_unpack(packet, n, &number, &length),
		        MR_ERR_FORMAT);
	}
	for (size_t m = 0; m < n; m++) {
		memcpy(packet, whole, n);
		MR_CODE(mr__cobs_unpack(packet, m, &number, &length),
		        MR_ERR_FORMAT);
	}
}

/* ---- a link over a script -------------------------------------------------------------- */

struct link {
	struct scripted far;
	struct scpi s;
	struct mr_errtext err;
};

static void link_open(struct link *l)
{
	char path[MR_TEST_PATH_MAX];

	*l = (struct link){.s = {.in_step = true}};
	(void)mr_test_path(path, "x");
	*strrchr(path, '/') = '\0';
	scripted_open(&l->far, path);
	l->s.pipe = l->far.pipe;
	l->s.answer_ns = 200 * MS;
	l->s.packets.on = true;
}

static void link_close(struct link *l)
{
	mr__scpi_free(&l->s);
	scripted_close(&l->far);
}

static void board_says(struct link *l, unsigned number, const char *text)
{
	uint8_t packet[ROOM];

	scripted_say(&l->far, packet,
	             mr__wire_packet_make((uint16_t)number,
	                                  (const uint8_t *)text, strlen(text),
	                                  packet));
}

static void board_garbles(struct link *l, unsigned number, const char *text)
{
	uint8_t packet[ROOM];
	size_t n = mr__wire_packet_make((uint16_t)number, (const uint8_t *)text,
	                                strlen(text), packet);

	packet[n / 2] ^= 0x40;
	scripted_say(&l->far, packet, n);
}

/* Ask, with answers that are there already; returns what came of it. */
static int ask(struct link *l, int64_t *answer)
{
	char end;
	int rc;

	l->err.text[0] = '\0';
	mr__scpi_begin(&l->s);
	mr__scpi_add(&l->s, "Q?");
	rc = mr__scpi_send(&l->s, &l->err);
	if (!rc)
		rc = mr__scpi_await(&l->s, 0, &l->err);
	return rc ? rc : mr__scpi_integer(&l->s, answer, &end, &l->err);
}

/* How often the packet "Q?" of this number went out, and nothing else. */
static int sent(struct link *l, unsigned number)
{
	uint8_t wanted[32], heard[ROOM];
	size_t m = mr__wire_packet_make((uint16_t)number, (const uint8_t *)"Q?",
	                                2, wanted);
	size_t n = scripted_hear(&l->far, heard, sizeof heard);
	int times = 0;

	for (size_t at = 0; at < n;) {
		if (heard[at] == 0) { /* what ends a packet that was cut */
			at++;
			continue;
		}
		CU_ASSERT_FATAL(at + m <= n &&
		                memcmp(heard + at, wanted, m) == 0);
		at += m;
		times++;
	}
	return times;
}

static void answers_come_in_packets(void)
{
	struct link l;
	int64_t n = 0;

	link_open(&l);
	board_says(&l, 1, "41");
	MR_CODE_ERR(ask(&l, &n), MR_OK, l.err);
	CU_ASSERT_EQUAL(n, 41);
	CU_ASSERT_EQUAL(sent(&l, 1), 1);
	board_says(&l, 2, "42;43");
	board_says(&l, 3, "44");
	MR_CODE_ERR(ask(&l, &n), MR_OK, l.err);
	CU_ASSERT_EQUAL(n, 42); /* the rest is dropped with the next question */
	MR_CODE_ERR(ask(&l, &n), MR_OK, l.err);
	CU_ASSERT_EQUAL(n, 44);
	link_close(&l);
}

static void answers_that_are_garbled_are_asked_for_again(void)
{
	struct link l;
	int64_t n = 0;

	link_open(&l);
	board_garbles(&l, 1, "41");
	board_garbles(&l, 1, "41");
	board_garbles(&l, 1, "41");
	board_says(&l, 1, "41");
	MR_CODE_ERR(ask(&l, &n), MR_OK, l.err);
	CU_ASSERT_EQUAL(n, 41);
	CU_ASSERT_EQUAL(sent(&l, 1), 4);
	CU_ASSERT(l.s.in_step);
	for (int i = 0; i < 4; i++)
		board_garbles(&l, 2, "42");
	MR_CODE_ERR(ask(&l, &n), MR_ERR_IO, l.err);
	MR_HAS(l.err.text, "garbles");
	CU_ASSERT_EQUAL(sent(&l, 2), 4);
	CU_ASSERT(!l.s.in_step);
	link_close(&l);
}

static void answers_to_others_are_passed_over(void)
{
	struct link l;
	int64_t n = 0;

	link_open(&l);
	board_says(&l, 9, "90");
	board_says(&l, 0xffff, "91");
	scripted_say(&l.far, "\0\0", 2);
	board_says(&l, 1, "41");
	board_says(&l, 1, "41"); /* twice, as after a repetition */
	MR_CODE_ERR(ask(&l, &n), MR_OK, l.err);
	CU_ASSERT_EQUAL(n, 41);
	CU_ASSERT_EQUAL(sent(&l, 1), 1);
	board_says(&l, 2, "42");
	MR_CODE_ERR(ask(&l, &n), MR_OK, l.err);
	CU_ASSERT_EQUAL(n, 42);
	CU_ASSERT_EQUAL(sent(&l, 2), 1);
	for (int i = 0; i < 100; i++)
		board_says(&l, 1, "41");
	MR_CODE_ERR(ask(&l, &n), MR_ERR_IO, l.err);
	MR_HAS(l.err.text, "not asked");
	link_close(&l);
}

/* The board says by an empty answer that it could not read the request. */
static void requests_that_are_garbled_are_sent_again(void)
{
	struct link l;
	int64_t n = 0;

	link_open(&l);
	board_says(&l, 0, ""); /* not even the number could be read */
	board_says(&l, 7, "");
	board_says(&l, 1, "");
	board_says(&l, 1, "41");
	MR_CODE_ERR(ask(&l, &n), MR_OK, l.err);
	CU_ASSERT_EQUAL(n, 41);
	CU_ASSERT_EQUAL(sent(&l, 1), 4);
	link_close(&l);
}

/* It also says so that there was an error: then it says so twice, and is asked;
 * what it has to say of garbled packets is passed over. */
static void answers_that_are_empty_are_complaints(void)
{
	struct link l;
	int64_t n = 0;

	link_open(&l);
	board_says(&l, 1, "");
	board_says(&l, 1, "");
	board_says(&l, 2, "-360,\"Communication error\"");
	board_says(&l, 3, "-222,\"Data out of range\"");
	MR_CODE_ERR(ask(&l, &n), MR_ERR_RANGE, l.err);
	MR_HAS(l.err.text, "-222, Data out of range");
	link_close(&l);
}

static void silence_is_asked_once_more(void)
{
	struct link l;
	int64_t n = 0, begin;

	link_open(&l);
	begin = mr_test_in(l.s.pipe, 0);
	MR_CODE_ERR(ask(&l, &n), MR_ERR_TIMEOUT, l.err);
	MR_NEAR((double)(mr_test_in(l.s.pipe, 0) - begin) / 1e6, 400, 100);
	CU_ASSERT_EQUAL(sent(&l, 1), 2);
	CU_ASSERT(!l.s.in_step);
	link_close(&l);
}

static void answers_that_end_too_soon_are_malformed(void)
{
	struct link l;
	int64_t n = 0;
	uint8_t block[8];
	char end;

	link_open(&l);
	board_says(&l, 1, "#18abcd");
	mr__scpi_begin(&l.s);
	mr__scpi_add(&l.s, "Q?");
	MR_CODE_ERR(mr__scpi_send(&l.s, &l.err), MR_OK, l.err);
	MR_CODE_ERR(mr__scpi_await(&l.s, 0, &l.err), MR_OK, l.err);
	MR_CODE(mr__scpi_block(&l.s, block, sizeof block, &end, &l.err),
	        MR_ERR_IO);
	MR_HAS(l.err.text, "too soon");
	board_says(&l, 2, "1x");
	MR_CODE(ask(&l, &n), MR_ERR_IO);
	scripted_hang_up(&l.far);
	MR_CODE(ask(&l, &n), MR_ERR_IO);
	link_close(&l);
}

static void numbers_wrap_round(void)
{
	struct link l;
	int64_t n = 0;

	link_open(&l);
	l.s.packets.number = 0xfffd;
	board_says(&l, 0xfffe, "1");
	board_says(&l, 1, "2"); /* 0 and 0xffff mean something */
	MR_CODE_ERR(ask(&l, &n), MR_OK, l.err);
	MR_CODE_ERR(ask(&l, &n), MR_OK, l.err);
	CU_ASSERT_EQUAL(n, 2);
	link_close(&l);
}

/* ---- whole sessions ---------------------------------------------------------------------- */

#define ROWS 2
#define COLS 3
#define CELLS (ROWS * COLS)
#define BOARD "scpi+loop:ideal?emu.rows=2&emu.cols=3&answer_s=0.2"
#define BYTES_MAX 2500 /* more than a session has */
#define PLAIN_MAX 800  /* more than come before the packets do */

/* Everything a small run does; what the cells are at the end goes to g_S. */
static int session(const char *uri, bool *opened, float g_S[CELLS])
{
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};
	uint32_t list[] = {4, 1};
	const struct mr_selection two = {.kind = MR_SELECT_LIST,
	                                 .cells = list,
	                                 .n_cells = 2};
	int rc = mr_array_open(uri, NULL, &array, &err);

	*opened = rc == MR_OK;
	if (rc) {
		CU_ASSERT(strlen(err.text) > 0);
		return rc;
	}
	rc = mr_array_pulse(array, &two, "set", 2);
	if (!rc)
		rc = mr_array_wait(array, 1e-3);
	if (!rc)
		rc = mr_array_pulse(array, NULL, "set", 1);
	if (!rc)
		rc = mr_array_read(array, NULL, g_S);
	if (rc)
		CU_ASSERT(strlen(mr_array_errmsg(array)) > 0);
	int closed = mr_array_close(array, &err);

	return rc ? rc : closed;
}

static void packets_change_no_result(void)
{
	float plain_S[CELLS] = {0}, packed_S[CELLS] = {0};
	bool opened;

	MR_CODE(session(BOARD "&cobs=0", &opened, plain_S), MR_OK);
	MR_CODE(session(BOARD "&cobs=1", &opened, packed_S), MR_OK);
	CU_ASSERT(memcmp(plain_S, packed_S, sizeof plain_S) == 0);
	CU_ASSERT(plain_S[4] > plain_S[0]);
	MR_CODE(session(BOARD "&cobs=2", &opened, plain_S), MR_ERR_USAGE);
}

/* From the byte on at which the packets begin, nothing is noticed of the fault:
 * what fails, fails while opening, before that. */
static void nothing_is_lost_or_done_twice(const char *fault)
{
	float want_S[CELLS] = {0};
	bool opened;
	unsigned failed = 0, mended = 0;

	MR_CODE(session(BOARD "&cobs=1", &opened, want_S), MR_OK);
	for (unsigned at = 0; at < BYTES_MAX; at++) {
		char uri[200];
		float g_S[CELLS] = {0};

		(void)snprintf(uri, sizeof uri, "%s&cobs=1&board.fault=%s:%u",
		               BOARD, fault, at);
		int rc = session(uri, &opened, g_S);

		if (!opened) {
			failed++;
			CU_ASSERT(at < PLAIN_MAX);
			continue;
		}
		MR_CODE(rc, MR_OK);
		CU_ASSERT(memcmp(g_S, want_S, sizeof g_S) == 0);
		mended++;
	}
	CU_ASSERT(failed > 0);
	CU_ASSERT(mended > 1000);
}

static void bytes_that_are_garbled_change_nothing(void)
{
	nothing_is_lost_or_done_twice("garble");
	nothing_is_lost_or_done_twice("in-garble");
}

static void bytes_that_are_lost_change_nothing(void)
{
	nothing_is_lost_or_done_twice("lost");
	nothing_is_lost_or_done_twice("in-lost");
}

static void bytes_that_come_twice_change_nothing(void)
{
	nothing_is_lost_or_done_twice("dup");
	nothing_is_lost_or_done_twice("in-dup");
}

/* ---- boards without ------------------------------------------------------------------- */

static void board_without_packets_says_so(void)
{
	static const char plain[] = "scpi+loop:ideal?emu.rows=2&emu.cols=3"
	                            "&board.cobs=0";
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};
	char uri[100];

	(void)snprintf(uri, sizeof uri, "%s&cobs=1", plain);
	MR_CODE(mr_array_open(uri, NULL, &array, &err), MR_ERR_UNSUPPORTED);
	MR_HAS(err.text, "does not offer packets");
	MR_HAS(err.text, "leave key 'cobs' out");
	CU_ASSERT_PTR_NULL(array);
	MR_CODE(mr_array_open("scpi+loop:ideal?cobs=yes", NULL, &array, &err),
	        MR_ERR_USAGE);
	MR_HAS(err.text, "must be 0 or 1");
	(void)snprintf(uri, sizeof uri, "%s&cobs=0", plain);
	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), MR_OK, err);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	MR_CODE_ERR(mr_array_open(plain, NULL, &array, &err), MR_OK, err);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* Asked for all the same, it knows no such command. */
static void board_without_packets_takes_none(void)
{
	struct mr__transport *t =
		mr_test_pipe("scpi+loop:ideal?emu.rows=2&emu.cols=3&board.cobs=0");
	static const char text[] = "SYST:COMM:COBS 1\nSYST:ERR?\n";
	struct mr_errtext err = {""};
	char came[64] = "";
	size_t got = 0;

	MR_CODE_ERR(mr__transport_write(t, text, sizeof text - 1, true,
	                                mr_test_in(t, 1000 * MS), NULL, &err),
	            MR_OK, err);
	MR_CODE_ERR(mr__transport_read_until(t, '\n', came, sizeof came - 1,
	                                     mr_test_in(t, 1000 * MS), &got,
	                                     &err),
	            MR_OK, err);
	MR_HAS(came, "-113");
	mr__transport_close(t);
}

const struct mr_test mr_tests[] = {
	{"board_without_packets_says_so", board_without_packets_says_so},
	{"board_without_packets_takes_none", board_without_packets_takes_none},
	{"packets_are_as_written", packets_are_as_written},
	{"packets_of_each_length_pass", packets_of_each_length_pass},
	{"packets_that_are_wrong_are_refused",
	 packets_that_are_wrong_are_refused},
	{"answers_come_in_packets", answers_come_in_packets},
	{"answers_that_are_garbled_are_asked_for_again",
	 answers_that_are_garbled_are_asked_for_again},
	{"answers_to_others_are_passed_over", answers_to_others_are_passed_over},
	{"requests_that_are_garbled_are_sent_again",
	 requests_that_are_garbled_are_sent_again},
	{"answers_that_are_empty_are_complaints",
	 answers_that_are_empty_are_complaints},
	{"silence_is_asked_once_more", silence_is_asked_once_more},
	{"answers_that_end_too_soon_are_malformed",
	 answers_that_end_too_soon_are_malformed},
	{"numbers_wrap_round", numbers_wrap_round},
	{"packets_change_no_result", packets_change_no_result},
	{"bytes_that_are_garbled_change_nothing",
	 bytes_that_are_garbled_change_nothing},
	{"bytes_that_are_lost_change_nothing",
	 bytes_that_are_lost_change_nothing},
	{"bytes_that_come_twice_change_nothing",
	 bytes_that_come_twice_change_nothing},
	{0},
};
