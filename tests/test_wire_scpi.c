/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The virtual board of the open protocol: the published requests and answers
 * (data/board-protocol.txt), messages in pieces, blocks, limits of the parser,
 * packets. What takes time is in test_wire_scpi_time.c.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/wire_cobs.h"
#include "memrig/random.h"
#include "test.h"
#include "wirehost.h"

#define IDEAL "emu:ideal?rows=4&cols=4&board.time=instant"
#define LINE_ROOM 4096
#define NS_PER_S 1e9

/* ---- the published requests and answers ------------------------------------------ */

/* Bytes that a line of the file stands for; which of them are float32. */
struct bytes {
	uint8_t data[LINE_ROOM];
	bool is_float[LINE_ROOM]; /* begins one */
	size_t n;
};

static void put(struct bytes *b, const void *p, size_t n)
{
	CU_ASSERT_FATAL(n <= sizeof b->data - b->n);
	memcpy(b->data + b->n, p, n);
	b->n += n;
}

/* {f4 1 2}: the elements are counted first, for the header. */
static const char *put_block(struct bytes *b, const char *s)
{
	uint8_t body[LINE_ROOM];
	char head[16];
	char kind = s[1];
	size_t n = 0, size = kind == 'u' && s[2] == '1' ? 1 : 4;

	for (s += 3; *s == ' '; n += size) {
		char *end;
		double x = strtod(s, &end);
		float f = (float)x;
		uint32_t u = kind == 'u' ? (uint32_t)x : 0;

		memcpy(body + n, kind == 'f' ? (void *)&f : (void *)&u, size);
		s = end;
	}
	CU_ASSERT_FATAL(*s == '}');
	int digits = snprintf(head, sizeof head, "%zu", n);

	(void)snprintf(head, sizeof head, "#%d%zu", digits, n);
	put(b, head, strlen(head));
	for (size_t i = 0; kind == 'f' && i < n; i += size)
		b->is_float[b->n + i] = true;
	put(b, body, n);
	return s + 1;
}

static const char *put_escape(struct bytes *b, const char *s)
{
	char hex[3] = {0};
	uint8_t c = 0;

	if (s[1] == 'x') {
		memcpy(hex, s + 2, 2);
		c = (uint8_t)strtoul(hex, NULL, 16);
	} else {
		c = s[1] == 'n' ? '\n' : s[1] == 'r' ? '\r' : (uint8_t)s[1];
	}
	put(b, &c, 1);
	return s + (s[1] == 'x' ? 4 : 2);
}

static void translate(const char *s, struct bytes *b)
{
	*b = (struct bytes){.n = 0};
	while (*s) {
		if (*s == '{')
			s = put_block(b, s);
		else if (*s == '\\')
			s = put_escape(b, s);
		else
			put(b, s++, 1);
	}
}

static bool is_near(const uint8_t *got, const uint8_t *want)
{
	float a, b;

	memcpy(&a, got, sizeof a);
	memcpy(&b, want, sizeof b);
	return fabs((double)a - (double)b) <= 1e-6 * fabs((double)b);
}

static bool is_same(const struct wirehost *h, const struct bytes *want)
{
	if (h->n != want->n)
		return false;
	for (size_t i = 0; i < want->n; i++) {
		if (want->is_float[i]) {
			if (!is_near(h->heard + i, want->data + i))
				return false;
			i += sizeof(float) - 1;
		} else if (h->heard[i] != want->data[i]) {
			return false;
		}
	}
	return true;
}

static void complain(const struct wirehost *h, int number, const char *line)
{
	char text[2 * LINE_ROOM];
	int n = snprintf(text, sizeof text, "line %d: %s, heard: ", number, line);

	for (size_t i = 0; i < h->n && n + 5 < (int)sizeof text; i++)
		n += snprintf(text + n, sizeof text - (size_t)n,
		              isprint(h->heard[i]) ? "%c" : "\\x%02x",
		              h->heard[i]);
	CU_assertImplementation(CU_FALSE, (unsigned)number, text,
	                        "tests/data/board-protocol.txt", "", CU_FALSE);
}

static void play_line(struct wirehost *h, const char *line, int number,
                      const char *uri)
{
	static struct bytes b;
	size_t piece = h->piece;
	bool bare = h->bare, ok = true;

	b.n = 0;
	if (strchr("><?", line[0]) && line[0])
		translate(line[1] ? line + 2 : "", &b);
	switch (line[0]) {
	case '=':
		ok = !h->board || wirehost_listen(h) == 0;
		if (h->board)
			wirehost_close(h);
		wirehost_open(h, "scpi", uri);
		h->piece = piece;
		h->bare = bare;
		break;
	case '>':
		ok = wirehost_listen(h) == 0;
		put(&b, "\n", 1);
		wirehost_send(h, b.data, b.n);
		break;
	case '+':
		ok = wirehost_listen(h) == 0;
		h->now_ns += (int64_t)(atof(line + 2) * NS_PER_S); /* NOLINT */
		break;
	case '<':
		/* an empty answer is one, silence is none */
		ok = wirehost_hear(h) == (const char *)h->heard && is_same(h, &b);
		break;
	case '?':
		ok = *wirehost_hear(h) && h->n >= b.n &&
		     memcmp(h->heard, b.data, b.n) == 0;
		break;
	default:
		ok = line[0] == '#' || line[0] == '\0';
	}
	if (!ok)
		complain(h, number, line);
	CU_PASS("");
}

static void play(size_t piece, bool bare, const char *uri)
{
	struct wirehost h = {.piece = piece, .bare = bare};
	char line[LINE_ROOM];
	FILE *file = fopen(MR_SRCDIR "/tests/data/board-protocol.txt", "r");

	CU_ASSERT_FATAL(file != NULL);
	for (int number = 1; fgets(line, sizeof line, file); number++) {
		line[strcspn(line, "\n")] = '\0';
		play_line(&h, line, number, uri);
	}
	(void)fclose(file);
	wirehost_close(&h);
}

static void vectors_in_messages_are_answered(void)
{
	play(0, false, IDEAL);
}

static void vectors_on_the_clock_are_answered(void)
{
	play(0, false, "emu:ideal?rows=4&cols=4");
}

static void vectors_in_pieces_are_answered(void)
{
	static const size_t pieces[] = {1, 2, 3, 7, 64};

	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++)
		play(pieces[i], true, IDEAL);
	play(1, false, IDEAL);
}

/* ---- messages ---------------------------------------------------------------------- */

static void is_answered(struct wirehost *h, const char *text,
                        const char *answer)
{
	CU_ASSERT_STRING_EQUAL(wirehost_ask(h, text), answer);
}

static void identity_is_what_the_keys_say(void)
{
	struct wirehost h;

	wirehost_open(&h, "scpi", "emu:ideal?rows=4&cols=4&seed=7");
	is_answered(&h, "*IDN?",
	            "memrig,virtual SCPI board,0000000000000007,1.0");
	wirehost_close(&h);
	wirehost_open(&h, "scpi",
	              "emu:ideal?rows=4&board.serial=A%201&board.firmware=2.385"
	              "&board.protocol=2.0&cols=4");
	is_answered(&h, "*IDN?", "memrig,virtual SCPI board,A 1,2.385");
	is_answered(&h, "SYST:PROT?", "MEMRIG,2.0");
	wirehost_close(&h);
}

static void keys_that_are_wrong_are_refused(void)
{
	static const char *const wrong[] = {
		"emu:ideal?board.time=soon",    "emu:ideal?board.message_max=10",
		"emu:ideal?board.serial=a%2cb", "emu:ideal?board.nonsense=1",
		"emu:ideal?rows=0",             "emu:nonsense",
	};
	const struct mr__wire_type *type = mr__wire_find("scpi");
	struct mr_errtext err;
	struct mr_uri uri;
	void *self;

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		MR_CODE(mr_uri_parse(&uri, wrong[i], NULL), MR_OK);
		err.text[0] = '\0';
		CU_ASSERT(type->open(&uri, 0, &self, &err) != MR_OK);
		CU_ASSERT(err.text[0] != '\0');
	}
}

/* Two records of boards: what stands in them is the array's description. */
static void capability_record_is_the_description(void)
{
	static const char *const keys[] = {
		"rows=4\n", "cols=3\n", "technology=ideal\n",
		"offers=read pulse trace program drive\n", "unit=V\n",
		"v_read_max_V=0.6\n", "v_pulse_max_V=2\n", "i_pulse_max_A=0\n",
		"width_min_s=1e-09\n", "message_max=1048576\n",
		"selection_max=12\n", "g_max_S=1e-05\n",
		"scheme.1t1r=1 0 0 nan\n",
		"waveform.read=none 0.2 1e-06 0 0\n",
		"waveform.set=raise 1 1e-07 0 0\n",
		"step.set=5e-08 5e-08 0 0 1\n", "compliance=none\n", "cobs=1\n",
		"watchdog=1\n", "abort_s=0.001\n", "simulated=1\n"};
	struct wirehost h;

	wirehost_open(&h, "scpi", "emu:ideal?rows=4&cols=3");
	const char *text = wirehost_ask(&h, "SYST:CAP?");

	CU_ASSERT_EQUAL(text[0], '#');
	size_t digits = (size_t)(text[1] - '0');

	CU_ASSERT_EQUAL(strtoul(text + 2, NULL, 10), h.n - 2 - digits);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		MR_HAS(text, keys[i]);
	wirehost_close(&h);
	wirehost_open(&h, "scpi", "emu:pcm?rows=2&cols=2&offer=read");
	text = wirehost_ask(&h, "SYST:CAP?");
	MR_HAS(text, "offers=read drive\n");
	MR_HAS(text, "unit=A\n");
	wirehost_close(&h);
}

static void command_that_is_not_offered_is_unknown(void)
{
	struct wirehost h;

	wirehost_open(&h, "scpi", "emu:ideal?rows=2&cols=2&offer=read");
	wirehost_say(&h, "OUTP:ENAB 1;:SOUR:PULS 1,1e-7,0,0,1,0");
	is_answered(&h, "SYST:ERR?", "-113,\"Undefined header\"");
	is_answered(&h, "SOUR:PULS:DONE?", "0,0");
	wirehost_close(&h);
}

/* pcm takes SET and RESET pulses only: refused before anything begins. */
static void pulse_that_the_model_refuses_is_out_of_range(void)
{
	struct wirehost h;

	wirehost_open(&h, "scpi", "emu:pcm?rows=2&cols=2");
	wirehost_say(&h, "OUTP:ENAB 1;:SOUR:PULS -1e-5,1e-7,0,0,1,0");
	is_answered(&h, "SYST:ERR?;:SYST:TIME?",
	            "-222,\"Data out of range\";0");
	wirehost_close(&h);
}

static void message_too_long_is_skipped(void)
{
	struct wirehost h;
	char text[400];

	for (int bare = 0; bare < 2; bare++) {
		wirehost_open(&h, "scpi", IDEAL "&board.message_max=256");
		h.bare = bare;
		memset(text, 'A', sizeof text);
		text[sizeof text - 1] = '\0';
		wirehost_say(&h, text);
		is_answered(&h, "SYST:ERR?;ERR?",
		            "-223,\"Too much data\";0,\"No error\"");
		/* its block holds LF and a command: none of it is done */
		wirehost_say(&h, "ROUT:SEL:LIST #3300");
		h.bare = true;
		memset(text, '\n', sizeof text);
		memcpy(text + 4, "\n*RST\nFOO\n", 10);
		wirehost_send(&h, text, 19);
		CU_ASSERT_EQUAL(wirehost_listen(&h), 0);
		wirehost_send(&h, text, 300 - 19 - 1);
		wirehost_send(&h, "\n\n", 2);
		is_answered(&h, "SYST:ERR?;ERR?", bare ? "-223,\"Too much data\";"
		                                         "0,\"No error\""
		                                       : "-223,\"Too much data\";"
		                                         "-113,\"Undefined header\"");
		wirehost_close(&h);
	}
}

static void message_of_the_longest_length_is_taken(void)
{
	struct wirehost h;
	char text[257];

	wirehost_open(&h, "scpi", IDEAL "&board.message_max=256");
	memset(text, ' ', sizeof text);
	memcpy(text, "*TST?", 5);
	text[256] = '\0';
	is_answered(&h, text, "0");
	is_answered(&h, "SYST:ERR?", "0,\"No error\"");
	wirehost_close(&h);
}

static void message_without_lf_ends_with_the_pipes_end(void)
{
	struct wirehost h;

	wirehost_open(&h, "scpi", IDEAL);
	wirehost_send(&h, "*TST?", 5);
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "0");
	/* a block that the end cuts off */
	wirehost_send(&h, "ROUT:SEL:LIST #18abcd", 21);
	is_answered(&h, "SYST:ERR?", "-161,\"Invalid block data\"");
	h.bare = true;
	wirehost_send(&h, "*TST?", 5);
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "");
	wirehost_send(&h, "\n", 1);
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "0");
	wirehost_close(&h);
}

static void messages_sent_together_are_answered_in_order(void)
{
	struct wirehost h;

	wirehost_open(&h, "scpi", IDEAL);
	wirehost_say(&h, "*TST?\nSYST:VERS?\n\n*ESE 3\n*ESE?");
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "0");
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "1999.0");
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "3");
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "");
	wirehost_close(&h);
}

static void answers_that_nobody_fetches_stop_the_board(void)
{
	struct wirehost h;
	uint32_t n = 0, n_answers = 4000;

	wirehost_open(&h, "scpi", IDEAL "&board.message_max=65536");
	for (uint32_t i = 0; i < n_answers; i++)
		wirehost_say(&h, "SYST:CAP?");
	while (*wirehost_hear(&h) == '#')
		n++;
	CU_ASSERT(n > 1000 && n < n_answers);
	is_answered(&h, "SYST:ERR?", "-223,\"Too much data\"");
	wirehost_close(&h);
}

static void block_of_a_big_array_is_whole(void)
{
	struct wirehost h;
	size_t n = (size_t)1024 * 1024 * sizeof(float);

	wirehost_open(&h, "scpi", "emu:ideal?rows=1024&cols=1024");
	h.bare = true;
	wirehost_say(&h, "OUTP:ENAB 1;:SOUR:PULS 1,1e-7,0,0,3,0");
	const char *text = wirehost_ask(&h, "MEAS:COND? 0,0,0");

	CU_ASSERT_EQUAL(h.n, n + 9 + 2);
	CU_ASSERT_NSTRING_EQUAL(text, "#74194304", 9);
	CU_ASSERT_STRING_EQUAL(text + 9 + n, ",0");
	for (size_t i = 0; i < n; i += 4099 * sizeof(float)) {
		float g_S;

		memcpy(&g_S, text + 9 + i, sizeof g_S);
		MR_NEAR((double)g_S, 150e-9, 1e-14);
	}
	wirehost_close(&h);
}

/* ---- garbage ---------------------------------------------------------------------- */

static void random_bytes_leave_a_board_that_answers(void)
{
	static const char words[] = ":;*?#,(@!)\n\r\"' 0123456789eE+-."
				    "SOURPULSMEASCOND";
	struct wirehost h;
	uint8_t bytes[64];
	uint32_t bits[4];

	wirehost_open(&h, "scpi", IDEAL "&board.message_max=4096");
	for (uint32_t i = 0; i < 100000 / sizeof bytes; i++) {
		for (uint32_t k = 0; k < sizeof bytes; k++) {
			struct mr_address at = {.purpose = MR_PURPOSE_INPUT,
			                        .subject = k,
			                        .event = i};

			mr_random_bits(2385, at, bits);
			bytes[k] = (uint8_t)bits[0];
			if (i % 2)
				bytes[k] = (uint8_t)words[bits[0] %
				                          (sizeof words - 1)];
		}
		h.bare = bits[1] % 4;
		wirehost_send(&h, bytes, sizeof bytes);
		(void)wirehost_listen(&h);
	}
	h.type->clear(h.board, h.now_ns);
	h.bare = false;
	is_answered(&h, "*CLS;*TST?", "0");
	wirehost_close(&h);
}

/* ---- packets ------------------------------------------------------------------------ */

static size_t pack(uint8_t *to, uint16_t number, const char *text)
{
	return mr__wire_packet_make(number, (const uint8_t *)text, strlen(text),
	                            to);
}

static void ask_packet(struct wirehost *h, uint16_t number, const char *text)
{
	uint8_t packet[LINE_ROOM];

	wirehost_send(h, packet, pack(packet, number, text));
}

/* The next answer is this one, with this number. */
static void packet_comes(struct wirehost *h, uint16_t number, const char *text)
{
	uint8_t *message = NULL;
	uint16_t got = 0;
	size_t n = 0;

	(void)wirehost_hear(h);
	CU_ASSERT_FATAL(h->n > 0 && h->heard[h->n - 1] == 0);
	CU_ASSERT_PTR_NULL(memchr(h->heard, 0, h->n - 1));
	CU_ASSERT(mr__wire_packet_open(h->heard, h->n - 1, &got, &message, &n));
	CU_ASSERT_EQUAL(got, number);
	CU_ASSERT_EQUAL(n, strlen(text));
	CU_ASSERT(n == strlen(text) && memcmp(message, text, n) == 0);
}

/* The CRC by Python: zlib.crc32(b"\x07\x00*") = 0x21b50641. */
static void packet_is_made_as_written(void)
{
	static const uint8_t known[] = {0x02, 0x07, 0x06, '*', 0x41, 0x06,
	                                0xb5, 0x21, 0x00};
	uint8_t packet[32];

	CU_ASSERT_EQUAL(pack(packet, 7, "*"), sizeof known);
	CU_ASSERT(memcmp(packet, known, sizeof known) == 0);
}

static void packets_of_each_length_come_back(void)
{
	uint8_t text[800], packet[900], *message = NULL;
	uint16_t number;
	size_t length = 0;

	for (size_t n = 0; n < sizeof text; n++) {
		for (size_t i = 0; i < n; i++)
			text[i] = n % 3 ? (uint8_t)(i * n % 7) : 0xff;
		size_t m = mr__wire_packet_make((uint16_t)n, text, n, packet);

		CU_ASSERT(m <= mr__wire_packet_room(n));
		CU_ASSERT_PTR_EQUAL(memchr(packet, 0, m), packet + m - 1);
		CU_ASSERT(mr__wire_packet_open(packet, m - 1, &number, &message,
		                               &length));
		CU_ASSERT(number == n && length == n &&
		          memcmp(message, text, n) == 0);
	}
}

static void packets_carry_messages(void)
{
	struct wirehost h;

	for (size_t piece = 0; piece < 2; piece++) {
		wirehost_open(&h, "scpi", IDEAL);
		h.bare = true;
		h.piece = piece;
		is_answered(&h, "SYST:COMM:COBS ON", "1");
		ask_packet(&h, 5, "*TST?;:SYST:VERS?");
		packet_comes(&h, 5, "0;1999.0");
		ask_packet(&h, 0xffff, "*ESE 7");
		ask_packet(&h, 0, "*ESE?");
		packet_comes(&h, 0, "7");
		ask_packet(&h, 1, "SYST:COMM:COBS OFF");
		packet_comes(&h, 1, "0");
		is_answered(&h, "*ESE?", "7");
		wirehost_close(&h);
	}
}

static void packet_that_is_garbled_is_not_done(void)
{
	struct wirehost h;
	uint8_t packet[64];
	size_t n = pack(packet, 9, "*ESE 7;*ESE?");

	wirehost_open(&h, "scpi", IDEAL);
	h.bare = true;
	is_answered(&h, "SYST:COMM:COBS ON", "1");
	packet[8] ^= 1;
	wirehost_send(&h, packet, n);
	packet_comes(&h, 9, "");
	packet[8] ^= 1;
	wirehost_send(&h, packet, n); /* the same number: not a repetition */
	packet_comes(&h, 9, "7");
	wirehost_send(&h, "\x07zzz\0", 5); /* runs past its end */
	packet_comes(&h, 0, "");
	wirehost_send(&h, "\0\0", 2); /* nothing between two ends */
	ask_packet(&h, 10, "SYST:ERR?;ERR?;ERR?");
	packet_comes(&h, 10, "-360,\"Communication error\";"
	                     "-360,\"Communication error\";0,\"No error\"");
	wirehost_close(&h);
}

static void packet_that_is_repeated_is_answered_again(void)
{
	struct wirehost h;

	wirehost_open(&h, "scpi", IDEAL);
	h.bare = true;
	is_answered(&h, "SYST:COMM:COBS ON", "1");
	ask_packet(&h, 3, "SYST:TIME:ADV 1;:SYST:TIME?");
	packet_comes(&h, 3, "1000000000");
	for (int i = 0; i < 3; i++) {
		ask_packet(&h, 3, "SYST:TIME:ADV 1;:SYST:TIME?");
		packet_comes(&h, 3, "1000000000");
	}
	ask_packet(&h, 4, "SYST:TIME:ADV 1");
	ask_packet(&h, 4, "SYST:TIME:ADV 1"); /* had no answer: has none again */
	CU_ASSERT_EQUAL(wirehost_listen(&h), 0);
	ask_packet(&h, 3, "SYST:TIME?");
	packet_comes(&h, 3, "2000000000");
	wirehost_close(&h);
}

static void packet_too_long_is_refused(void)
{
	struct wirehost h;
	static uint8_t packet[2000];
	char text[1000];

	wirehost_open(&h, "scpi", IDEAL "&board.message_max=256");
	h.bare = true;
	is_answered(&h, "SYST:COMM:COBS ON", "1");
	for (size_t n = 257; n < sizeof text; n += 100) {
		memset(text, ' ', n);
		text[n] = '\0';
		wirehost_send(&h, packet, pack(packet, (uint16_t)n, text));
		ask_packet(&h, 1, "SYST:ERR?");
		packet_comes(&h, 1, "-223,\"Too much data\"");
		ask_packet(&h, 2, "*TST?");
		packet_comes(&h, 2, "0");
	}
	wirehost_close(&h);
}

static void clear_ends_packets(void)
{
	struct wirehost h;

	wirehost_open(&h, "scpi", IDEAL);
	is_answered(&h, "SYST:COMM:COBS ON", "1");
	h.type->clear(h.board, h.now_ns);
	is_answered(&h, "*TST?", "0");
	wirehost_close(&h);
}

const struct mr_test mr_tests[] = {
	{"vectors_in_messages_are_answered", vectors_in_messages_are_answered},
	{"vectors_on_the_clock_are_answered", vectors_on_the_clock_are_answered},
	{"vectors_in_pieces_are_answered", vectors_in_pieces_are_answered},
	{"identity_is_what_the_keys_say", identity_is_what_the_keys_say},
	{"keys_that_are_wrong_are_refused", keys_that_are_wrong_are_refused},
	{"capability_record_is_the_description",
         capability_record_is_the_description},
	{"command_that_is_not_offered_is_unknown",
         command_that_is_not_offered_is_unknown},
	{"pulse_that_the_model_refuses_is_out_of_range",
         pulse_that_the_model_refuses_is_out_of_range},
	{"message_too_long_is_skipped", message_too_long_is_skipped},
	{"message_of_the_longest_length_is_taken",
         message_of_the_longest_length_is_taken},
	{"message_without_lf_ends_with_the_pipes_end",
         message_without_lf_ends_with_the_pipes_end},
	{"messages_sent_together_are_answered_in_order",
         messages_sent_together_are_answered_in_order},
	{"answers_that_nobody_fetches_stop_the_board",
         answers_that_nobody_fetches_stop_the_board},
	{"block_of_a_big_array_is_whole", block_of_a_big_array_is_whole},
	{"random_bytes_leave_a_board_that_answers",
         random_bytes_leave_a_board_that_answers},
	{"packet_is_made_as_written", packet_is_made_as_written},
	{"packets_of_each_length_come_back", packets_of_each_length_come_back},
	{"packets_carry_messages", packets_carry_messages},
	{"packet_that_is_garbled_is_not_done",
         packet_that_is_garbled_is_not_done},
	{"packet_that_is_repeated_is_answered_again",
         packet_that_is_repeated_is_answered_again},
	{"packet_too_long_is_refused", packet_too_long_is_refused},
	{"clear_ends_packets", clear_ends_packets},
	{0},
};
