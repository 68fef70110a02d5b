/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What a board of the open protocol answers: texts, numbers, blocks, complaints,
 * plain and in packets. The first byte chooses: bit 7 packets, bit 6 that they
 * are made of what follows, each ended by 0xff and begun by its number; the lower
 * four bits are how many of the next bytes say what the driver does. The rest
 * comes from the board, which then hangs up.
 */
#include <stdlib.h>
#include <string.h>

#include "../scripted.h"
#include "driver/scpi.h"
#include "emulator/wire_cobs.h"
#include "fuzz.h"

#define STEPS 0x0f
#define PACKETS 0x80
#define MADE 0x40
#define END 0xff
#define BLOCK_MAX 300
#define SAID_MAX 65536 /* what the pipe keeps that nobody reads yet */
#define KINDS 9

const char mr_fuzz_name[] = "scpi_reply";

/* In one piece: a socket counts many small ones as more than they hold. */
static void say_packets(struct scripted *far, const uint8_t *p, size_t n)
{
	uint8_t *said = malloc(n * (mr__wire_packet_room(1) + 2) + 1);
	size_t total = 0;

	mr_fuzz_must(said != NULL, "there is memory");
	while (n) {
		const uint8_t *end = memchr(p, END, n);
		size_t k = end ? (size_t)(end - p) : n;

		if (k)
			total += mr__wire_packet_make(p[0], p + 1, k - 1,
			                              said + total);
		p += k + (end != NULL);
		n -= k + (end != NULL);
	}
	if (total)
		scripted_say(far, said, total);
	free(said);
}

static int take_block(struct scpi *s, bool exactly, struct mr_errtext *err)
{
	uint8_t *block = malloc(BLOCK_MAX);
	size_t n = 0;
	char end = 0;

	mr_fuzz_must(block != NULL, "there is memory");
	int rc = exactly ? mr__scpi_block(s, block, 8, &end, err)
	                 : mr__scpi_block_some(s, block, BLOCK_MAX, &n, &end,
	                                       err);

	mr_fuzz_must(rc || (n <= BLOCK_MAX && strchr(",;\n", end)),
	             "a block fits and ends");
	free(block);
	return rc;
}

static int take_text(struct scpi *s, struct mr_errtext *err)
{
	char text[SCPI_TEXT_MAX], end = 0;
	int rc = mr__scpi_text(s, text, &end, err);

	mr_fuzz_must(rc || (memchr(text, 0, sizeof text) &&
	                    strchr(",;\n", end)),
	             "a text fits and ends");
	return rc;
}

static int take_record(struct scpi *s, struct mr_errtext *err)
{
	struct scpi_board *board = malloc(sizeof *board);

	mr_fuzz_must(board != NULL, "there is memory");
	int rc = mr__scpi_record(s, board, err);

	free(board);
	return rc;
}

static int ask(struct scpi *s, struct mr_errtext *err)
{
	mr__scpi_begin(s);
	mr__scpi_add(s, ":Q?");
	int rc = mr__scpi_send(s, err);

	return rc ? rc : mr__scpi_await(s, 0, err);
}

static int step(struct scpi *s, uint8_t what, struct mr_errtext *err)
{
	char identity[SCPI_TEXT_MAX], end;
	int64_t number;

	switch (what % KINDS) {
	case 0:
		return take_block(s, true, err);
	case 1:
		return take_block(s, false, err);
	case 2:
		return take_text(s, err);
	case 3:
		return mr__scpi_integer(s, &number, &end, err);
	case 4:
		return take_record(s, err);
	case 5:
		return mr__scpi_start(s, identity, err);
	case 6:
		return mr__scpi_watch(s, err);
	case 7: {
		int rc = mr__scpi_complaint(s, err);

		mr_fuzz_must(rc != MR_OK, "a complaint is an error");
		return rc;
	}
	default:
		return ask(s, err);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scripted far;
	struct scpi s = {.answer_ns = 1000000, .in_step = true};
	size_t n = size ? data[0] & STEPS : 0;

	if (size < 1 + n || size > SAID_MAX)
		return 0;
	scripted_open(&far, "/tmp");
	s.pipe = far.pipe;
	s.packets.on = data[0] & PACKETS;
	if (data[0] & MADE)
		say_packets(&far, data + 1 + n, size - 1 - n);
	else if (size > 1 + n)
		scripted_say(&far, data + 1 + n, size - 1 - n);
	scripted_hang_up(&far);
	for (size_t i = 0; i < n; i++) {
		struct mr_errtext err = {""};

		(void)mr_fuzz_judge(step(&s, data[1 + i], &err), err.text);
	}
	mr__scpi_free(&s);
	scripted_close(&far);
	return 0;
}
