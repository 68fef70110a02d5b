/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The virtual board of the open protocol: whatever bytes come, in whatever
 * pieces, it goes on, its answers end as they should and it can be brought back
 * by a device clear. The first byte chooses the board; 0xff is followed by what
 * the host does (the lower three bits) and how long that takes (the others).
 */
#include <stdlib.h>
#include <string.h>

#include "driver/transport.h"
#include "fuzz.h"

#define ESCAPE 0xff
#define ACTIONS 8
#define ANSWERS_MAX 1000000

const char mr_fuzz_name[] = "wire_scpi";

struct host {
	const struct mr__wire_type *type;
	void *board;
	int64_t now_ns;
};

static void fetch(struct host *h, size_t room)
{
	static uint8_t buf[4096];
	bool end = false;
	uint8_t last = 0;

	for (size_t n = 1, i = 0; n && !end; i++) {
		n = h->type->output(h->board, h->now_ns, buf, room, &end);
		mr_fuzz_must(n <= room, "output keeps to its room");
		mr_fuzz_must(i < ANSWERS_MAX, "an answer ends");
		if (n)
			last = buf[n - 1];
	}
	if (end)
		mr_fuzz_must(last == '\n' || last == 0, "answers have ends");
}

static void wait_due(struct host *h)
{
	int64_t due_ns = h->type->due_ns(h->board, h->now_ns);

	mr_fuzz_must(due_ns >= h->now_ns, "nothing was due before");
	if (due_ns != INT64_MAX)
		h->now_ns = due_ns;
}

static void act(struct host *h, uint8_t what)
{
	int64_t t_ns = INT64_C(1) << what / ACTIONS;
	int64_t since_ns = 0;

	switch (what % ACTIONS) {
	case 0:
		fetch(h, 1 + what / ACTIONS);
		break;
	case 1:
		h->now_ns += t_ns;
		break;
	case 2:
		wait_due(h);
		break;
	case 3:
		h->type->clear(h->board, h->now_ns);
		break;
	case 4:
		h->type->link(h->board, h->now_ns, what / ACTIONS % 2);
		break;
	case 5:
		(void)h->type->status_byte(h->board, h->now_ns);
		break;
	case 6:
		(void)h->type->is_safe(h->board, h->now_ns, &since_ns);
		mr_fuzz_must(since_ns <= h->now_ns, "it was safe before now");
		break;
	default:
		h->now_ns += t_ns * 1000000;
	}
}

/* Bytes up to the next action; those at the end of a message are told so. */
static void feed(struct host *h, const uint8_t *p, size_t n)
{
	const uint8_t *escape;

	while (n) {
		escape = memchr(p, ESCAPE, n);
		size_t k = escape ? (size_t)(escape - p) : n;
		uint8_t *exact = malloc(k ? k : 1);

		mr_fuzz_must(exact != NULL, "there is memory");
		memcpy(exact, p, k);
		h->type->input(h->board, h->now_ns, exact, k,
		               escape && k + 1 < n && p[k + 1] % 2);
		free(exact);
		if (!escape || k + 1 == n)
			return;
		act(h, p[k + 1]);
		p += k + 2;
		n -= k + 2;
	}
}

static bool answers(struct host *h, const char *question, const char *answer)
{
	uint8_t buf[64];
	bool end = false;
	size_t n = strlen(answer);

	h->type->input(h->board, h->now_ns, (const uint8_t *)question,
	               strlen(question), true);
	wait_due(h);
	return h->type->output(h->board, h->now_ns, buf, sizeof buf, &end) >= n &&
	       memcmp(buf, answer, n) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const boards[] = {
		"emu:ideal?rows=4&cols=4&guard.pulses=200000&board.message_max=4096",
		"emu:ideal?rows=4&cols=4&guard.pulses=200000&board.message_max=256"
		"&board.time=instant",
		"emu:pcm?rows=3&cols=5&guard.pulses=200000&board.message_max=4096",
		"emu:pcm-hermes1?rows=3&cols=5&board.message_max=4096",
	};
	struct host h = {.type = mr__wire_find("scpi")};
	struct mr_errtext err = {""};
	struct mr_uri uri;

	if (size == 0)
		return 0;
	mr_fuzz_must(mr_uri_parse(&uri, boards[data[0] % 4], &err) == MR_OK &&
	                     h.type->open(&uri, 0, &h.board, &err) == MR_OK,
	             "the board is switched on");
	feed(&h, data + 1, size - 1);
	h.type->clear(h.board, h.now_ns);
	wait_due(&h); /* what was begun and cannot be cut has ended */
	bool fine = answers(&h, "SYST:ERR?\n", "0,");

	(void)mr_fuzz_judge(fine ? MR_OK : MR_ERR_FORMAT, "an error was queued");
	mr_fuzz_must(answers(&h, "*CLS;*TST?;:OUTP:ENAB 0;:OUTP:ENAB?\n", "0;0"),
	             "it answers after a device clear");
	mr_fuzz_must(h.type->is_safe(h.board, h.now_ns, NULL), "and is safe");
	(void)h.type->close(h.board, NULL);
	return 0;
}
