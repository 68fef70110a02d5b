/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A wire that was recorded in an op log, played back: what is sent must be what
 * was sent then, byte for byte, and what was received then comes again. A silence
 * lasts until the reader's deadline, on a clock of its own; so does the end of
 * the recording for who reads on, while what is sent beyond it (a board made
 * safe, after the log was closed) is let go.
 */
#include "transports.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memrig/oplog.h"

#define TIME_MAX_NS (INT64_MAX / 4) /* 73 years: room for waits after it */

struct trace {
	char path[256];
	char part[8]; /* of a rig; "" = there is one only */
	struct mr_oplog_reader *reader;
	struct mr_manual_clock time;
	struct mr_clock clock;
	struct mr_wire_piece piece; /* the current one */
	size_t at;                  /* of its bytes, done */
	uint64_t op;
	uint64_t n_sent;            /* bytes so far, for people */
	bool more;                  /* there is a current one */
	int broken;                 /* MR_OK, or why there is none */
	bool messages;
	bool clears; /* its pipe had a way to clear the board */
};

static int lift(const struct trace *t, int rc, struct mr_errtext *err)
{
	return mr_errtext_set(err, rc, "%s", mr_oplog_errmsg(t->reader));
}

/* The next piece of its own instrument. */
static int next(struct trace *t)
{
	int rc;

	do
		rc = mr_oplog_wire_next(t->reader, &t->piece, &t->op, &t->more);
	while (!rc && t->more && t->part[0] &&
	       strcmp(t->piece.part, t->part) != 0);
	return rc;
}

static int step(struct trace *t, struct mr_errtext *err)
{
	int rc = next(t);

	t->at = 0;
	if (rc)
		rc = lift(t, rc, err);
	else if (t->more && (t->piece.t_ns < 0 || t->piece.t_ns > TIME_MAX_NS))
		rc = mr_errtext_set(err, MR_ERR_FORMAT,
		                    "%s: a piece of the wire has the time %" PRId64
		                    " ns, which no clock shows",
		                    t->path, t->piece.t_ns);
	t->broken = rc;
	return rc;
}

/* On to the next piece that has anything left. */
static int settle(struct trace *t, struct mr_errtext *err)
{
	int rc = MR_OK;

	if (t->broken) /* the piece lies where nothing is any more */
		return mr_errtext_set(err, t->broken,
		                      "%s: what follows cannot be read", t->path);
	while (!rc && t->more && t->at == t->piece.size &&
	       (t->piece.what == MR_WIRE_SENT ||
	        t->piece.what == MR_WIRE_RECEIVED))
		rc = step(t, err);
	return rc;
}

static void pass_until(struct trace *t, int64_t t_ns)
{
	if (t_ns > t->time.monotonic_ns)
		t->clock.sleep_ns(t->clock.self, t_ns - t->time.monotonic_ns);
}

/* ---- opening ----------------------------------------------------------------- */

static int choose_run(struct trace *t, struct mr_uri *uri, int64_t *run,
                      struct mr_errtext *err)
{
	int64_t first = 0, last = 0;
	uint64_t wanted = 0;
	int rc = mr_oplog_runs(t->reader, &first, &last);

	if (rc)
		return lift(t, rc, err);
	rc = mr_uri_take_u64(uri, "run", 1, INT64_MAX, &wanted, err);
	*run = wanted ? (int64_t)wanted : last;
	return rc;
}

static int choose_part(struct trace *t, struct mr_uri *uri,
                       struct mr_errtext *err)
{
	const char *part = mr_uri_take(uri, "part");

	if (!part)
		return MR_OK;
	if (strcmp(part, "source") != 0 && strcmp(part, "meter") != 0 &&
	    strcmp(part, "router") != 0)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "part=%.40s: must be source, meter or "
		                      "router, the instrument of a rig", part);
	(void)snprintf(t->part, sizeof t->part, "%s", part);
	return MR_OK;
}

/* Sockets and the like have no clear; what drives them did without. */
static int look_for_clears(struct trace *t, int64_t run, struct mr_errtext *err)
{
	int rc = mr_oplog_wire_rewind(t->reader, run);

	t->more = true;
	while (!rc && t->more && !t->clears) {
		rc = next(t);
		t->clears = !rc && t->more && t->piece.what == MR_WIRE_CLEARED;
	}
	if (!rc)
		rc = mr_oplog_wire_rewind(t->reader, run);
	return rc ? lift(t, rc, err) : MR_OK;
}

/* The first piece must be the opening of that instrument. */
static int check_part(const struct trace *t, int64_t run, struct mr_errtext *err)
{
	if (!t->more)
		return mr_errtext_set(err, MR_ERR_MISMATCH,
		                      "%s: run %" PRId64 " has no %s",
		                      t->path, run, t->part);
	if (t->piece.part[0] && !t->part[0])
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "%s: run %" PRId64 " is of a rig: say whose "
		                      "wire to play, part=source, meter or router",
		                      t->path, run);
	return MR_OK;
}

static int begin(struct trace *t, struct mr_uri *uri, struct mr_errtext *err)
{
	int64_t run = 0;
	int rc = mr_oplog_open(t->path, &t->reader, err);

	if (!rc)
		rc = choose_run(t, uri, &run, err);
	if (!rc)
		rc = choose_part(t, uri, err);
	if (rc)
		return rc;
	rc = look_for_clears(t, run, err);
	if (!rc)
		rc = step(t, err);
	if (!rc)
		rc = check_part(t, run, err);
	if (rc)
		return rc;
	if (t->piece.what != MR_WIRE_OPENED)
		return mr_errtext_set(err, MR_ERR_MISMATCH,
		                      "%s: run %" PRId64 " was logged on a board "
		                      "that had been opened before; only a run "
		                      "from its opening on can be played back",
		                      t->path, run);
	t->messages = t->piece.end;
	t->time.monotonic_ns = t->piece.t_ns;
	return step(t, err);
}

static void trace_close(void *self)
{
	struct trace *t = self;

	mr_oplog_close(t->reader);
	free(t);
}

static int trace_open(struct mr_uri *uri, const struct mr_open_options *options,
                      const struct mr__wish *wish, void **self,
                      struct mr_errtext *err)
{
	struct trace *t = calloc(1, sizeof *t);
	int rc = MR_OK;

	(void)wish;
	if (!t)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	t->time.wall_ns = options->clock->wall_ns(options->clock->self);
	mr_clock_manual(&t->clock, &t->time);
	if (snprintf(t->path, sizeof t->path, "%s", uri->address) >=
	    (int)sizeof t->path)
		rc = mr_errtext_set(err, MR_ERR_USAGE, "%s: the path is too long",
		                    uri->address);
	if (!rc)
		rc = begin(t, uri, err);
	if (rc) {
		trace_close(t);
		return rc;
	}
	*self = t;
	return MR_OK;
}

static const struct mr_clock *trace_clock(void *self)
{
	const struct trace *t = self;

	return &t->clock;
}

static bool trace_has_messages(void *self)
{
	const struct trace *t = self;

	return t->messages;
}

/* ---- bytes ---------------------------------------------------------------------- */

static int differs(const struct trace *t, const char *what, struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_MISMATCH,
	                      "%s: byte %" PRIu64 " to the board, near operation "
	                      "%" PRIu64 ", is %s",
	                      t->path, t->n_sent + 1, t->op, what);
}

/* What came unread before this was sent stays unread, as it did then. */
static int skip_received(struct trace *t, struct mr_errtext *err)
{
	int rc = settle(t, err);

	while (!rc && t->more && t->piece.what == MR_WIRE_RECEIVED) {
		t->at = t->piece.size;
		rc = settle(t, err);
	}
	return rc;
}

static int trace_write(void *self, const void *data, size_t n, bool end,
                       int64_t deadline_ns, size_t *sent, struct mr_errtext *err)
{
	struct trace *t = self;
	const uint8_t *from = data;
	int rc = skip_received(t, err);

	(void)end;
	(void)deadline_ns;
	*sent = 0;
	if (!rc && !t->more)
		*sent = n;
	while (!rc && *sent < n && t->more) {
		if (t->piece.what != MR_WIRE_SENT)
			return differs(t, "not in the recording", err);
		if (((const uint8_t *)t->piece.data)[t->at] != from[*sent])
			return differs(t, "another than was recorded", err);
		t->at++;
		t->n_sent++;
		(*sent)++;
		pass_until(t, t->piece.t_ns);
		if (*sent < n)
			rc = skip_received(t, err);
	}
	return rc;
}

static int silence(struct trace *t, int64_t deadline_ns, struct mr_errtext *err)
{
	pass_until(t, deadline_ns);
	return mr_errtext_set(err, MR_ERR_TIMEOUT,
	                      t->more ? "no answer came in time, as recorded"
	                              : "the recording has ended");
}

static int trace_read(void *self, void *buf, size_t room, int64_t deadline_ns,
                      size_t *got, bool *end, struct mr_errtext *err)
{
	struct trace *t = self;
	int rc = settle(t, err);

	*got = 0;
	*end = false;
	if (rc)
		return rc;
	if (!t->more || t->piece.what != MR_WIRE_RECEIVED)
		return silence(t, deadline_ns, err);
	size_t left = t->piece.size - t->at;

	*got = left < room ? left : room;
	memcpy(buf, (const uint8_t *)t->piece.data + t->at, *got);
	t->at += *got;
	*end = t->piece.end && t->at == t->piece.size;
	pass_until(t, t->piece.t_ns);
	return MR_OK;
}

static int aside(struct trace *t, enum mr_wire_event what, const char *name,
                 struct mr_errtext *err)
{
	int rc = skip_received(t, err);

	if (!rc && (!t->more || t->piece.what != what))
		return mr_errtext_set(err, MR_ERR_MISMATCH,
		                      "%s: %s near operation %" PRIu64
		                      " is not in the recording",
		                      t->path, name, t->op);
	return rc;
}

static int trace_clear(void *self, int64_t deadline_ns, struct mr_errtext *err)
{
	struct trace *t = self;
	int rc;

	(void)deadline_ns;
	if (!t->clears)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "the wire in the recording has no clear");
	rc = aside(t, MR_WIRE_CLEARED, "a clear", err);
	return rc ? rc : step(t, err);
}

static int trace_status_byte(void *self, uint8_t *stb, int64_t deadline_ns,
                             struct mr_errtext *err)
{
	struct trace *t = self;
	int rc;

	(void)deadline_ns;
	rc = settle(t, err);
	if (!rc && (!t->more || t->piece.what != MR_WIRE_STATUS))
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "the recording has no status byte here");
	if (rc)
		return rc;
	*stb = t->piece.size ? *(const uint8_t *)t->piece.data : 0;
	return step(t, err);
}

static void trace_peer(void *self, struct mr__peer *out)
{
	const struct trace *t = self;

	(void)snprintf(out->name, sizeof out->name, "recording %.100s", t->path);
}

const struct mr__transport_type mr__transport_trace = {
	.name = "trace",
	.summary = "a wire recorded with --log-wire: trace:LOG[?run=N&part=PART]",
	.open = trace_open,
	.clock = trace_clock,
	.write = trace_write,
	.read = trace_read,
	.clear = trace_clear,
	.status_byte = trace_status_byte,
	.has_messages = trace_has_messages,
	.recorded = true,
	.peer = trace_peer,
	.close = trace_close,
};
