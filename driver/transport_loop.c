/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A virtual board in this process, on a clock of its own that stands still
 * until somebody waits: reading jumps to when the board's bytes fall due, a
 * driver's sleep passes at once. Months go by in a moment, and the same calls
 * give the same bytes.
 *
 * The URI's driver names the board, its address the emulated model; keys
 * emu.KEY go to the emulated array, keys board.KEY to the board.
 */
#include "transports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP_NS INT64_C(1000000)

struct loop {
	const struct mr__wire_type *type;
	void *board;
	struct mr_manual_clock time;
	struct mr_clock clock;
};

static int64_t now_ns(const struct loop *l)
{
	return l->time.monotonic_ns;
}

static void pass_until(struct loop *l, int64_t t_ns)
{
	if (t_ns > now_ns(l))
		l->clock.sleep_ns(l->clock.self, t_ns - now_ns(l));
}

/* ---- opening ----------------------------------------------------------------- */

static int pass_on(struct mr_uri_key *key, char *text, struct mr_errtext *err)
{
	bool emu = strncmp(key->name, "emu.", 4) == 0;

	if (!emu && strncmp(key->name, "board.", 6) != 0)
		return MR_OK;
	key->taken = true;
	return mr_uri_with(text, emu ? key->name + 4 : key->name, key->value,
	                   text, err);
}

static int array_uri(struct mr_uri *uri, struct mr_uri *out,
                     struct mr_errtext *err)
{
	char text[MR_URI_TEXT_MAX];
	int rc = MR_OK;

	if (snprintf(text, sizeof text, "emu:%s", uri->address) >=
	    (int)sizeof text)
		return mr_errtext_set(err, MR_ERR_USAGE, "the URI is too long");
	for (uint32_t i = 0; i < uri->n_keys && !rc; i++)
		rc = pass_on(&uri->keys[i], text, err);
	return rc ? rc : mr_uri_parse(out, text, err);
}

static int switch_on(struct loop *l, struct mr_uri *uri, struct mr_errtext *err)
{
	const struct mr__wire_type *board = mr__wire_find(uri->driver);
	struct mr_uri *inner = malloc(sizeof *inner);
	int rc = MR_OK;

	if (!inner)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	if (!board)
		rc = mr_errtext_set(err, MR_ERR_USAGE,
		                    "there is no virtual '%s' board for a loop",
		                    uri->driver);
	if (!rc)
		rc = array_uri(uri, inner, err);
	if (!rc)
		rc = mr__wire_open(board, inner, 0, &l->type, &l->board, err);
	free(inner);
	return rc;
}

static void loop_close(void *self)
{
	struct loop *l = self;

	if (l->board) {
		l->type->link(l->board, now_ns(l), false);
		(void)l->type->close(l->board, NULL);
	}
	free(l);
}

static int loop_open(struct mr_uri *uri, const struct mr_open_options *options,
                     const struct mr__wish *wish, void **self,
                     struct mr_errtext *err)
{
	struct loop *l = calloc(1, sizeof *l);
	int rc;

	(void)wish;
	if (!l)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	l->time.wall_ns = options->clock->wall_ns(options->clock->self);
	mr_clock_manual(&l->clock, &l->time);
	rc = switch_on(l, uri, err);
	if (rc) {
		loop_close(l);
		return rc;
	}
	l->type->link(l->board, 0, true);
	*self = l;
	return MR_OK;
}

static const struct mr_clock *loop_clock(void *self)
{
	const struct loop *l = self;

	return &l->clock;
}

/* ---- bytes ---------------------------------------------------------------------- */

static int check(const struct loop *l, struct mr_errtext *err)
{
	if (l->type->is_gone && l->type->is_gone(l->board))
		return mr_errtext_set(err, MR_ERR_IO,
		                      "the board has been unplugged");
	return MR_OK;
}

static int loop_write(void *self, const void *data, size_t n, bool end,
                      int64_t deadline_ns, size_t *sent, struct mr_errtext *err)
{
	struct loop *l = self;
	int rc = check(l, err);

	(void)deadline_ns;
	if (rc)
		return rc;
	l->type->input(l->board, now_ns(l), data, n, end);
	*sent = n;
	return MR_OK;
}

static int loop_read(void *self, void *buf, size_t room, int64_t deadline_ns,
                     size_t *got, bool *end, struct mr_errtext *err)
{
	struct loop *l = self;

	for (;;) {
		int rc = check(l, err);
		int64_t due_ns;

		if (rc)
			return rc;
		*got = l->type->output(l->board, now_ns(l), buf, room, end);
		*end = *end && l->type->messages;
		if (*got)
			return MR_OK;
		rc = check(l, err);
		if (rc)
			return rc;
		due_ns = l->type->due_ns(l->board, now_ns(l));
		if (due_ns >= deadline_ns) {
			pass_until(l, deadline_ns);
			return mr_errtext_set(err, MR_ERR_TIMEOUT,
			                      "the board does not answer");
		}
		/* a board that is due and gives nothing must not hang us */
		pass_until(l, due_ns > now_ns(l) ? due_ns : now_ns(l) + STEP_NS);
	}
}

static int loop_flush(void *self, struct mr_errtext *err)
{
	struct loop *l = self;
	uint8_t waste[1024];
	bool end;

	(void)err;
	while (l->type->output(l->board, now_ns(l), waste, sizeof waste, &end))
		;
	return MR_OK;
}

static int loop_clear(void *self, int64_t deadline_ns, struct mr_errtext *err)
{
	struct loop *l = self;
	int rc = check(l, err);

	(void)deadline_ns;
	if (!rc)
		l->type->clear(l->board, now_ns(l));
	return rc;
}

static int loop_status_byte(void *self, uint8_t *stb, int64_t deadline_ns,
                            struct mr_errtext *err)
{
	struct loop *l = self;
	int rc = check(l, err);

	(void)deadline_ns;
	if (rc)
		return rc;
	if (!l->type->status_byte)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "this board has no status byte");
	*stb = l->type->status_byte(l->board, now_ns(l));
	return MR_OK;
}

static void loop_peer(void *self, struct mr__peer *out)
{
	(void)self;
	(void)snprintf(out->name, sizeof out->name, "in this process");
}

const struct mr__transport_type mr__transport_loop = {
	.name = "loop",
	.summary = "a virtual board in this process: loop:MODEL[?emu.KEY=VALUE...]",
	.messages = true,
	.open = loop_open,
	.clock = loop_clock,
	.write = loop_write,
	.read = loop_read,
	.flush = loop_flush,
	.clear = loop_clear,
	.status_byte = loop_status_byte,
	.peer = loop_peer,
	.close = loop_close,
};
