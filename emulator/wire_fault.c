/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Faults of a wire, around any virtual board. The script (key board.fault) is a
 * comma list of
 *     lost:N     byte N of what the board sends does not arrive
 *     dup:N      it arrives twice
 *     garble:N   it arrives with its bits turned
 *     late:N:S   it, and what follows, arrives S seconds later
 *     split:N    a piece ends before it
 *     stall:N    from it on nothing arrives
 *     unplug:N   before it the plug is pulled
 * with N from 0, counted since the board was switched on; "in-lost:N" and so on
 * means bytes that the host sends (not late and split). Each acts once.
 */
#include "wires.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAULTS_MAX 16
#define PIECE 4096
#define NS_PER_S 1e9

enum what { LOST, DUP, GARBLE, LATE, SPLIT, STALL, UNPLUG };

static const char *const names[] = {"lost",  "dup",   "garble", "late",
                                    "split", "stall", "unplug"};

struct fault {
	enum what what;
	bool inward;
	bool done;
	uint64_t at;
	double seconds;
};

struct faulty {
	const struct mr__wire_type *board;
	void *self;
	struct fault faults[FAULTS_MAX];
	size_t n;
	uint64_t n_in;  /* bytes so far, each way */
	uint64_t n_out;
	int64_t late_until_ns;
	bool stalled_in;
	bool stalled_out;
	bool gone;
	uint8_t piece[PIECE]; /* of the board, not yet handed on */
	size_t n_piece;
	size_t taken;
	bool ends; /* a message ends with the piece */
};

/* ---- the script ---------------------------------------------------------------- */

static int parse_one(const char *text, struct fault *f)
{
	char name[16] = "", *rest = NULL;
	size_t length = strcspn(text, ":");
	const char *plain = name, *number = text + length + 1;
	unsigned long long at = 0;
	double seconds = 0;
	int n = 1; /* parts that are there and right */

	(void)snprintf(name, sizeof name, "%.*s", (int)length, text);
	if (text[length] == ':' && *number >= '0' && *number <= '9') {
		at = strtoull(number, &rest, 10);
		n = *rest ? 1 : 2;
		if (*rest == ':' && rest[1]) {
			seconds = strtod(rest + 1, &rest);
			n = *rest ? 1 : 3;
		}
	}

	*f = (struct fault){.at = at, .seconds = seconds};
	if (strncmp(name, "in-", 3) == 0) {
		f->inward = true;
		plain = name + 3;
	}
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(plain, names[i]) != 0)
			continue;
		f->what = (enum what)i;
		if (f->what == LATE)
			return n == 3 && seconds >= 0 && !f->inward;
		return n == 2 && !(f->what == SPLIT && f->inward);
	}
	return 0;
}

static int parse(struct faulty *f, const char *script, struct mr_errtext *err)
{
	while (*script) {
		char one[64];
		size_t n = strcspn(script, ",");

		(void)snprintf(one, sizeof one, "%.*s",
		               (int)(n < sizeof one ? n : sizeof one - 1),
		               script);
		if (f->n == FAULTS_MAX || !parse_one(one, &f->faults[f->n]))
			return mr_errtext_set(
				err, MR_ERR_USAGE,
				"key 'board.fault': '%s' is none of lost:N, "
				"dup:N, garble:N, late:N:SECONDS, split:N, "
				"stall:N, unplug:N (in-lost:N, ... for the other "
				"way), or more than %d",
				one, FAULTS_MAX);
		f->n++;
		script += n + (script[n] == ',');
	}
	return MR_OK;
}

/* The fault that is due at a byte; NULL = none. */
static struct fault *due(struct faulty *f, bool inward, uint64_t at)
{
	for (size_t i = 0; i < f->n; i++) {
		struct fault *one = &f->faults[i];

		if (!one->done && one->inward == inward && one->at == at) {
			one->done = true;
			return one;
		}
	}
	return NULL;
}

/* ---- towards the board ------------------------------------------------------------- */

static void pass(struct faulty *f, int64_t now_ns, uint8_t byte, bool end)
{
	f->board->input(f->self, now_ns, &byte, 1, end);
}

static void fault_input(void *self, int64_t now_ns, const uint8_t *data,
                        size_t n, bool end)
{
	struct faulty *f = self;

	for (size_t i = 0; i < n && !f->gone; i++) {
		struct fault *one = due(f, true, f->n_in++);
		bool last = end && i + 1 == n;
		uint8_t byte = data[i];

		f->gone |= one && one->what == UNPLUG;
		f->stalled_in |= one && one->what == STALL;
		if (f->gone) {
			f->board->link(f->self, now_ns, false);
			return;
		}
		if (f->stalled_in || (one && one->what == LOST))
			continue;
		if (one && one->what == GARBLE)
			byte = (uint8_t)~byte;
		if (one && one->what == DUP)
			pass(f, now_ns, byte, false);
		pass(f, now_ns, byte, last);
	}
}

/* ---- from the board ------------------------------------------------------------------ */

static void refill(struct faulty *f, int64_t now_ns)
{
	if (f->taken < f->n_piece)
		return;
	f->taken = 0;
	f->n_piece = f->board->output(f->self, now_ns, f->piece, PIECE, &f->ends);
}

/* Hand on bytes up to the next fault that ends a piece. */
static size_t hand_on(struct faulty *f, int64_t now_ns, uint8_t *buf,
                      size_t room)
{
	size_t n = 0;

	while (f->taken < f->n_piece && n + 2 <= room) {
		struct fault *one = due(f, false, f->n_out);
		uint8_t byte = f->piece[f->taken];

		if (one && one->what == UNPLUG) {
			f->gone = true;
			f->board->link(f->self, now_ns, false);
			return n;
		}
		if (one && one->what == STALL)
			f->stalled_out = true;
		if (one && one->what == LATE)
			f->late_until_ns = now_ns +
			                   (int64_t)(one->seconds * NS_PER_S);
		if (f->stalled_out || now_ns < f->late_until_ns ||
		    (one && one->what == SPLIT && n))
			return n;
		f->taken++;
		f->n_out++;
		if (one && one->what == LOST)
			continue;
		if (one && one->what == GARBLE)
			byte = (uint8_t)~byte;
		if (one && one->what == DUP)
			buf[n++] = byte;
		buf[n++] = byte;
	}
	return n;
}

static size_t fault_output(void *self, int64_t now_ns, uint8_t *buf,
                           size_t room, bool *end)
{
	struct faulty *f = self;
	size_t n;

	*end = false;
	if (f->gone || f->stalled_out || now_ns < f->late_until_ns)
		return 0;
	refill(f, now_ns);
	n = hand_on(f, now_ns, buf, room);
	*end = n && f->ends && f->taken == f->n_piece;
	return n;
}

static int64_t fault_due_ns(void *self, int64_t now_ns)
{
	struct faulty *f = self;
	int64_t due_ns = f->taken < f->n_piece ? now_ns
	                                       : f->board->due_ns(f->self, now_ns);

	if (f->gone || f->stalled_out)
		return INT64_MAX;
	if (due_ns == INT64_MAX)
		return due_ns;
	return due_ns > f->late_until_ns ? due_ns : f->late_until_ns;
}

/* ---- what goes through as it is ---------------------------------------------------------- */

static void fault_clear(void *self, int64_t now_ns)
{
	struct faulty *f = self;

	f->taken = f->n_piece = 0;
	if (!f->gone)
		f->board->clear(f->self, now_ns);
}

static uint8_t fault_status_byte(void *self, int64_t now_ns)
{
	struct faulty *f = self;

	return f->board->status_byte ? f->board->status_byte(f->self, now_ns)
	                             : 0;
}

static void fault_link(void *self, int64_t now_ns, bool up)
{
	struct faulty *f = self;

	f->gone = false; /* plugged in again */
	f->taken = f->n_piece = 0;
	f->board->link(f->self, now_ns, up);
}

static bool fault_is_safe(void *self, int64_t now_ns, int64_t *since_ns)
{
	struct faulty *f = self;

	return f->board->is_safe(f->self, now_ns, since_ns);
}

static bool fault_is_gone(void *self)
{
	const struct faulty *f = self;

	return f->gone;
}

/* The second pipe of a bench has no faults. It is called with the bench, which
 * has to be found behind them. */
static void port_input(void *self, int64_t now_ns, const uint8_t *data, size_t n,
                       bool end)
{
	struct faulty *f = self;

	f->board->port(f->self)->input(f->self, now_ns, data, n, end);
}

static size_t port_output(void *self, int64_t now_ns, uint8_t *buf, size_t room,
                          bool *end)
{
	struct faulty *f = self;

	return f->board->port(f->self)->output(f->self, now_ns, buf, room, end);
}

static int64_t port_due_ns(void *self, int64_t now_ns)
{
	struct faulty *f = self;

	return f->board->port(f->self)->due_ns(f->self, now_ns);
}

static void port_clear(void *self, int64_t now_ns)
{
	struct faulty *f = self;

	f->board->port(f->self)->clear(f->self, now_ns);
}

static void port_link(void *self, int64_t now_ns, bool up)
{
	struct faulty *f = self;

	f->board->port(f->self)->link(f->self, now_ns, up);
}

static const struct mr__wire_type *fault_port(void *self)
{
	static const struct mr__wire_type port = {
		.name = "port",
		.summary = "port: the second pipe of a board with faults",
		.messages = true,
		.input = port_input,
		.output = port_output,
		.due_ns = port_due_ns,
		.clear = port_clear,
		.link = port_link,
		.is_safe = fault_is_safe,
	};
	const struct faulty *f = self;

	return f->board->port && f->board->port(f->self) ? &port : NULL;
}

static int fault_close(void *self, struct mr_errtext *err)
{
	struct faulty *f = self;
	int rc = f->board->close(f->self, err);

	free(f);
	return rc;
}

int mr__wire_fault_open(const struct mr__wire_type *board, const char *script,
                        struct mr_uri *uri, int64_t now_ns, void **self,
                        struct mr_errtext *err)
{
	struct faulty *f = calloc(1, sizeof *f);
	int rc;

	if (!f)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	f->board = board;
	rc = parse(f, script, err);
	if (!rc)
		rc = board->open(uri, now_ns, &f->self, err);
	if (rc) {
		free(f);
		return rc;
	}
	*self = f;
	return MR_OK;
}

const struct mr__wire_type mr__wire_fault = {
	.name = "fault",
	.summary = "fault: a board with faults; key board.fault",
	.messages = true,
	.input = fault_input,
	.output = fault_output,
	.due_ns = fault_due_ns,
	.clear = fault_clear,
	.status_byte = fault_status_byte,
	.link = fault_link,
	.is_safe = fault_is_safe,
	.is_gone = fault_is_gone,
	.port = fault_port,
	.close = fault_close,
};
