/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The virtual source-measure units and their switch matrix: whatever bytes come,
 * in whatever pieces, the bench goes on, its answers end as they should and it
 * answers after a device clear. The first byte chooses the unit; 0xff is followed
 * by what the host does (the lower three bits) and how long that takes (the
 * others). Bytes after "to the matrix" go there until the next action.
 */
#include <stdlib.h>
#include <string.h>

#include "driver/transport.h"
#include "fuzz.h"

#define ESCAPE 0xff
#define ACTIONS 8
#define ANSWERS_MAX 1000000
#define SETTLED_NS INT64_C(100000000000) /* any answer has come by then */

const char mr_fuzz_name[] = "wire_smu";

struct host {
	const struct mr__wire_type *unit, *matrix, *now;
	void *board;
	int64_t now_ns;
};

static void fetch(struct host *h, const struct mr__wire_type *from, size_t room)
{
	static uint8_t buf[4096];
	bool end = false;
	uint8_t last = 0;

	for (size_t n = 1, i = 0; n && !end; i++) {
		n = from->output(h->board, h->now_ns, buf, room, &end);
		mr_fuzz_must(n <= room, "output keeps to its room");
		mr_fuzz_must(i < ANSWERS_MAX, "an answer ends");
		if (n)
			last = buf[n - 1];
	}
	if (end)
		mr_fuzz_must(last == '\n', "answers have ends");
}

static void wait_due(struct host *h)
{
	int64_t due_ns = h->now->due_ns(h->board, h->now_ns);

	mr_fuzz_must(due_ns >= h->now_ns, "nothing was due before");
	if (due_ns != INT64_MAX)
		h->now_ns = due_ns;
}

static void act(struct host *h, uint8_t what)
{
	int64_t t_ns = INT64_C(1) << what / ACTIONS;
	int64_t since_ns = 0;

	h->now = h->unit;
	switch (what % ACTIONS) {
	case 0:
		fetch(h, h->unit, 1 + what / ACTIONS);
		fetch(h, h->matrix, 1 + what / ACTIONS);
		break;
	case 1:
		h->now_ns += t_ns;
		break;
	case 2:
		wait_due(h);
		break;
	case 3:
		h->now->clear(h->board, h->now_ns);
		break;
	case 4:
		h->now->link(h->board, h->now_ns, what / ACTIONS % 2);
		break;
	case 5:
		h->now = h->matrix;
		break;
	case 6:
		(void)h->now->status_byte(h->board, h->now_ns);
		(void)h->now->is_safe(h->board, h->now_ns, &since_ns);
		mr_fuzz_must(since_ns <= h->now_ns, "it was safe before now");
		break;
	default:
		h->now_ns += t_ns * 1000;
	}
}

static void feed(struct host *h, const uint8_t *p, size_t n)
{
	while (n) {
		const uint8_t *escape = memchr(p, ESCAPE, n);
		size_t k = escape ? (size_t)(escape - p) : n;
		uint8_t *exact = malloc(k ? k : 1);

		mr_fuzz_must(exact != NULL, "there is memory");
		memcpy(exact, p, k);
		h->now->input(h->board, h->now_ns, exact, k,
		              escape && k + 1 < n && p[k + 1] % 2);
		free(exact);
		if (!escape || k + 1 == n)
			return;
		act(h, p[k + 1]);
		p += k + 2;
		n -= k + 2;
	}
}

static bool answers(struct host *h, const char *question)
{
	uint8_t buf[128];
	bool end = false;

	h->now->input(h->board, h->now_ns, (const uint8_t *)question,
	              strlen(question), true);
	h->now_ns += SETTLED_NS;
	return h->now->output(h->board, h->now_ns, buf, sizeof buf, &end) > 0 &&
	       end && buf[0] != '\n';
}

static void finish(struct host *h, const struct mr__wire_type *at)
{
	h->now = at;
	at->clear(h->board, h->now_ns);
	fetch(h, at, 4096);
	/* channel delays and what an abort does not end */
	h->now_ns += SETTLED_NS;
	(void)at->due_ns(h->board, h->now_ns);
	at->clear(h->board, h->now_ns);
	mr_fuzz_must(answers(h, "*IDN?\n"), "it answers after a device clear");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const benches[] = {
		"emu:ideal?rows=3&cols=2&guard.pulses=200000&board.profile=2450",
		"emu:ideal?rows=3&cols=2&guard.pulses=200000&board.profile=2400",
		"emu:pcm?rows=2&cols=2&r_load_ohm=1000&board.profile=b2900",
		"emu:ideal?rows=3&cols=2&guard.pulses=200000&board.profile=2600b",
	};
	struct host h = {.unit = mr__wire_find("smu")};
	struct mr_errtext err = {""};
	struct mr_uri uri;

	if (size == 0)
		return 0;
	mr_fuzz_must(mr_uri_parse(&uri, benches[data[0] % 4], &err) == MR_OK &&
	                     h.unit->open(&uri, 0, &h.board, &err) == MR_OK,
	             "the bench is switched on");
	h.matrix = h.unit->port(h.board);
	h.now = h.unit;
	feed(&h, data + 1, size - 1);
	bool fine = h.unit->status_byte(h.board, h.now_ns) % 8 < 4;

	(void)mr_fuzz_judge(fine ? MR_OK : MR_ERR_FORMAT, "an error was queued");
	finish(&h, h.unit);
	finish(&h, h.matrix);
	(void)h.unit->close(h.board, NULL);
	return 0;
}
