/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Bytes for the virtual ArC ONE. The first says how the board is set and how
 * much time passes between writes; the rest are written in pieces that end
 * behind a byte 0xff (1 ms more), 0xfe (a BREAK) or 0xfd (1 s). Whatever
 * comes, the board says when it is due, gives what it said and gets in step
 * again.
 */
#include <stdlib.h>
#include <string.h>

#include "driver/transport.h"
#include "emulator/wire_arc1.h"
#include "fuzz.h"

#define MS INT64_C(1000000)
#define S INT64_C(1000000000)
#define LOOKS_MAX 200 /* at due times, after each write */

const char mr_fuzz_name[] = "wire_arc1";

static const char *const boards[] = {
	"emu:ideal?rows=3&cols=4",
	"emu:ideal?rows=3&cols=4&board.strict=1&board.line=ideal",
	"emu:ideal?rows=32&cols=32&board.profile=gui",
	"emu:pcm?rows=3&cols=4&r_load_ohm=1000&v_hold_V=0.5&board.firmware=none",
};

struct host {
	const struct mr__wire_type *type;
	void *board;
	int64_t t_ns;
};

/* Whether something is due that can be taken now, or later. */
static void look(struct host *h)
{
	uint8_t buf[512];
	bool end;

	for (int i = 0; i < LOOKS_MAX; i++) {
		int64_t due_ns = h->type->due_ns(h->board, h->t_ns);

		if (due_ns == INT64_MAX)
			return;
		if (due_ns > h->t_ns)
			h->t_ns = due_ns;
		size_t n = h->type->output(h->board, h->t_ns, buf, sizeof buf,
		                           &end);

		mr_fuzz_must(n > 0 || h->type->due_ns(h->board, h->t_ns) >
		                              h->t_ns,
		             "what is due comes, or is due later");
	}
}

static void put(struct host *h, const uint8_t *data, size_t n)
{
	h->type->input(h->board, h->t_ns, data, n, false);
	look(h);
}

static void play(struct host *h, const uint8_t *data, size_t size)
{
	size_t from = 0;

	for (size_t i = 0; i < size; i++) {
		if (data[i] < 0xfd)
			continue;
		put(h, data + from, i - from);
		from = i + 1;
		h->t_ns += data[i] == 0xfd ? S : MS;
		if (data[i] == 0xfe)
			h->type->clear(h->board, h->t_ns);
	}
	put(h, data + from, size - from);
}

/* What a driver does that has lost its place. */
static void get_in_step(struct host *h)
{
	static const uint8_t reset[] = "00\n";
	static const uint8_t begin[] = "0\n5\n3\n4\n2\n0\n0\n0.2\n";
	struct mr__arc1_report r;
	uint8_t buf[8];
	bool end;

	h->type->clear(h->board, h->t_ns);
	h->t_ns += S;
	h->type->input(h->board, h->t_ns, reset, sizeof reset - 1, false);
	mr_fuzz_must(h->type->is_safe(h->board, h->t_ns, NULL), "it is safe");
	h->t_ns += S;
	while (h->type->output(h->board, h->t_ns, buf, sizeof buf, &end))
		;
	h->type->input(h->board, h->t_ns, begin, sizeof begin - 1, false);
	h->t_ns += S;
	mr_fuzz_must(h->type->output(h->board, h->t_ns, buf, sizeof buf, &end) ==
	                             2 &&
	                     buf[0] == '1',
	             "it accepts");
	mr__arc1_report(h->board, &r);
	mr_fuzz_must(r.idle && r.initialised, "it is ready");
}

static void judge(const struct host *h)
{
	struct mr__arc1_report r;

	mr__arc1_report(h->board, &r);
	(void)mr_fuzz_judge(r.misuse || r.ignored || r.lost ? MR_ERR_USAGE
	                                                    : MR_OK,
	                    "misuse");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct host h = {.type = mr__wire_find("arc1"), .t_ns = S};
	struct mr_errtext err = {""};
	struct mr_uri *uri = malloc(sizeof *uri);
	size_t which = size ? data[0] % (sizeof boards / sizeof boards[0]) : 0;

	if (!uri)
		abort();
	mr_fuzz_must(mr_uri_parse(uri, boards[which], &err) == MR_OK, err.text);
	mr_fuzz_must(h.type->open(uri, h.t_ns, &h.board, &err) == MR_OK,
	             err.text);
	if (size)
		play(&h, data + 1, size - 1);
	judge(&h);
	get_in_step(&h);
	mr_fuzz_must(h.type->close(h.board, &err) == MR_OK, "it closes");
	free(uri);
	return 0;
}
