/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The device's side of USB/IP: whatever a host's stream says, the port goes on or
 * is gone, its answers are whole, and plugged in anew it enumerates. The first
 * byte chooses board and personality; then come the stream's bytes, in pieces
 * whose length stands before each (0 = a second passes).
 */
#include <stdlib.h>
#include <string.h>

#include "driver/transport.h"
#include "fuzz.h"

#define HEADER 48
#define BYTES_MAX ((size_t)1 << 25)
#define NS_PER_S INT64_C(1000000000)

const char mr_fuzz_name[] = "usbip";

struct host {
	const struct mr__wire_type *type;
	void *board;
	int64_t now_ns;
};

static size_t fetch(struct host *h, uint8_t *to, size_t room)
{
	bool end = false;
	size_t n = h->type->output(h->board, h->now_ns, to, room, &end);

	mr_fuzz_must(n <= room, "output keeps to its room");
	return n;
}

static void drain(struct host *h)
{
	static uint8_t buf[65536];
	size_t n, sum = 0;

	while ((n = fetch(h, buf, sizeof buf))) {
		sum += n;
		mr_fuzz_must(sum <= BYTES_MAX, "answers end");
	}
	mr_fuzz_must(h->type->due_ns(h->board, h->now_ns) > h->now_ns,
	             "what was due has come");
}

static void feed(struct host *h, const uint8_t *p, size_t n)
{
	while (n) {
		size_t k = *p++;

		n--;
		if (k == 0)
			h->now_ns += NS_PER_S;
		k = k < n ? k : n;
		uint8_t *exact = malloc(k ? k : 1);

		mr_fuzz_must(exact != NULL, "there is memory");
		memcpy(exact, p, k);
		h->type->input(h->board, h->now_ns, exact, k, false);
		free(exact);
		if (k % 2)
			drain(h);
		p += k;
		n -= k;
	}
	drain(h);
}

/* GET_DESCRIPTOR of the device. */
static void enumerate(struct host *h)
{
	static const uint8_t request[HEADER] = {
		[3] = 1,  [7] = 9,  [15] = 1, [27] = 18,
		[40] = 0x80, [41] = 6, [43] = 1, [46] = 18};
	uint8_t answer[HEADER + 18];

	h->type->link(h->board, h->now_ns, false);
	h->type->link(h->board, h->now_ns, true);
	mr_fuzz_must(!h->type->is_gone(h->board), "plugged in anew");
	h->type->input(h->board, h->now_ns, request, sizeof request, false);
	mr_fuzz_must(fetch(h, answer, sizeof answer) == sizeof answer &&
	                     answer[3] == 3 && answer[7] == 9 &&
	                     answer[HEADER] == 18,
	             "it enumerates");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const boards[] = {"echo", "scpi", "arc1"};
	static const char *const kinds[] = {"usbtmc", "bulk", "acm"};
	const struct mr__wire_type *base;
	struct host h = {.now_ns = 0};
	struct mr_errtext err = {""};
	struct mr_uri uri;

	if (size == 0)
		return 0;
	base = h.type = mr__wire_find(boards[data[0] % 3]);
	mr_fuzz_must(
		mr_uri_parse(&uri, "emu:ideal?rows=4&cols=4&guard.pulses=200000",
	                     &err) == MR_OK &&
			h.type->open(&uri, 0, &h.board, &err) == MR_OK &&
			mr__wire_usbip_open(base, kinds[data[0] / 3 % 3],
	                                    &h.type, &h.board, &err) == MR_OK,
		"the board is plugged in");
	h.type->link(h.board, 0, true);
	feed(&h, data + 1, size - 1);
	(void)mr_fuzz_judge(h.type->is_gone(h.board) ? MR_ERR_FORMAT : MR_OK,
	                    "the stream is none");
	enumerate(&h);
	(void)h.type->close(h.board, NULL);
	return 0;
}
