/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The one table of transports, and what an open pipe is whatever its kind: a
 * buffer of what came, loops over partial reads and writes, one watcher.
 */
#include "transports.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian.h"

#define NS_PER_S 1e9
#define PAUSE_SLICE_NS INT64_C(50000000)
#define BUFFER 65536
#define NAMES_MAX 128

static const struct mr__transport_type *const types[] = {
	&mr__transport_loop,
	&mr__transport_serial,
	&mr__transport_tcp,
	&mr__transport_trace,
	&mr__transport_unix,
	&mr__transport_usb,
	&mr__transport_usbtmc,
	&mr__transport_usbtmc_kernel,
};

#define N_TYPES (sizeof types / sizeof types[0])

struct mr__transport {
	const struct mr__transport_type *type;
	void *self;
	struct mr_clock clock;
	struct mr__control *control; /* NULL = time passes by itself */
	struct mr__lock lock;
	struct mr__guardian guardian;
	struct mr_wire_watcher watcher; /* piece NULL = nobody */
	struct mr__wire_keep keep;
	uint8_t *in;  /* [BUFFER] came and was not taken */
	size_t n_in;
	size_t taken;
	bool ended;   /* a message ends with what is in `in` */
};

const struct mr__transport_type *const *mr__transports(size_t *n)
{
	if (n)
		*n = N_TYPES;
	return types;
}

/* ---- opening ----------------------------------------------------------------- */

static const struct mr__transport_type *find(const struct mr_uri *uri,
                                             struct mr_errtext *err)
{
	char names[NAMES_MAX] = "";
	size_t at = 0;

	for (size_t i = 0; i < N_TYPES; i++) {
		if (strcmp(uri->transport, types[i]->name) == 0)
			return types[i];
		at += (size_t)snprintf(names + at, sizeof names - at, "%s%s",
		                       i ? ", " : "", types[i]->name);
	}
	(void)mr_errtext_set(err, MR_ERR_USAGE,
	                     "%s%s%s: '%s' is reached over one of: %s; such as "
	                     "%s+%s:ADDRESS",
	                     uri->transport[0] ? "'" : "no transport",
	                     uri->transport,
	                     uri->transport[0] ? "' is no transport" : "",
	                     uri->driver, names, uri->driver, types[0]->name);
	return NULL;
}

static int lock(struct mr__transport *t, struct mr_errtext *err)
{
	struct mr__peer peer = {.path = ""}; /* a loop has no name to lock */

	if (!t->type->peer || t->type->locks)
		return MR_OK;
	t->type->peer(t->self, &peer);
	return mr__lock_peer(&peer, &t->lock, err);
}

static void tell(struct mr__transport *t, enum mr_wire_event what,
                 const void *data, size_t size, bool end)
{
	const struct mr_wire_piece piece = {
		.what = what,
		.t_ns = t->clock.monotonic_ns(t->clock.self),
		.end = end,
		.data = data,
		.size = size};

	if (t->watcher.piece)
		t->watcher.piece(t->watcher.self, &piece);
	else if (t->keep.on)
		mr__wire_keep_add(&t->keep, &piece);
}

/* What a recording has to know of the pipe itself. */
static void introduce(struct mr__transport *t)
{
	struct mr__peer peer;
	char text[512];

	mr__transport_peer(t, &peer);
	int n = snprintf(text, sizeof text, "%s %s %s %s", t->type->name,
	                 peer.path, peer.name, peer.serial);

	tell(t, MR_WIRE_OPENED, text, n > 0 ? (size_t)n : 0,
	     mr__transport_has_messages(t));
}

int mr__transport_open(struct mr_uri *uri, const struct mr_open_options *options,
                       const struct mr__wish *wish, struct mr__transport **out,
                       struct mr_errtext *err)
{
	const struct mr__transport_type *type = find(uri, err);
	struct mr__transport *t;
	int rc;

	if (!type)
		return MR_ERR_USAGE;
	t = calloc(1, sizeof *t);
	if (t)
		t->in = malloc(BUFFER);
	if (!t || !t->in) {
		free(t);
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	}
	t->type = type;
	t->lock.fd = -1;
	rc = type->open(uri, options, wish, &t->self, err);
	if (!rc)
		rc = lock(t, err);
	if (!rc)
		rc = mr__control_open(uri, options, &t->control, err);
	if (rc) {
		mr__transport_close(t);
		return rc;
	}
	t->clock = type->clock ? *type->clock(t->self) : *options->clock;
	if (t->control)
		mr__control_clock(t->control, &t->clock);
	t->keep.on = options->keep_wire;
	introduce(t);
	*out = t;
	return MR_OK;
}

void mr__transport_close(struct mr__transport *t)
{
	if (!t)
		return;
	mr__guardian_dismiss(&t->guardian);
	if (t->self)
		t->type->close(t->self);
	mr__lock_release(&t->lock);
	mr__control_close(t->control);
	mr__wire_keep_free(&t->keep);
	free(t->in);
	free(t);
}

/* ---- writing -------------------------------------------------------------------- */

int mr__transport_write(struct mr__transport *t, const void *data, size_t n,
                        bool end, int64_t deadline_ns, size_t *sent,
                        struct mr_errtext *err)
{
	const uint8_t *from = data;
	size_t done = 0;
	int rc = MR_OK;

	while (done < n && !rc) {
		size_t moved = 0;

		rc = t->type->write(t->self, from + done, n - done, end,
		                    deadline_ns, &moved, err);
		if (moved)
			tell(t, MR_WIRE_SENT, from + done, moved,
			     end && done + moved == n);
		done += moved;
	}
	if (sent)
		*sent = done;
	return rc;
}

/* ---- reading -------------------------------------------------------------------- */

static size_t waiting(const struct mr__transport *t)
{
	return t->n_in - t->taken;
}

static int fill(struct mr__transport *t, int64_t deadline_ns,
                struct mr_errtext *err)
{
	int rc;

	t->n_in = t->taken = 0;
	t->ended = false;
	rc = t->type->read(t->self, t->in, BUFFER, deadline_ns, &t->n_in,
	                   &t->ended, err);
	if (rc)
		t->n_in = 0;
	else
		tell(t, MR_WIRE_RECEIVED, t->in, t->n_in, t->ended);
	return rc;
}

int mr__transport_await(struct mr__transport *t, int64_t deadline_ns,
                        struct mr_errtext *err)
{
	return waiting(t) ? MR_OK : fill(t, deadline_ns, err);
}

int mr__transport_read_some(struct mr__transport *t, void *buf, size_t room,
                            int64_t deadline_ns, size_t *got, bool *end,
                            struct mr_errtext *err)
{
	int rc = mr__transport_await(t, deadline_ns, err);
	size_t n = waiting(t) < room ? waiting(t) : room;

	*got = rc ? 0 : n;
	if (end)
		*end = false;
	if (rc)
		return rc;
	memcpy(buf, t->in + t->taken, n);
	t->taken += n;
	if (end)
		*end = t->ended && waiting(t) == 0;
	return MR_OK;
}

/* Long answers go past the buffer. */
static int read_direct(struct mr__transport *t, uint8_t *to, size_t n,
                       int64_t deadline_ns, size_t *got, struct mr_errtext *err)
{
	int rc = t->type->read(t->self, to, n, deadline_ns, got, &t->ended, err);

	if (rc)
		*got = 0;
	else
		tell(t, MR_WIRE_RECEIVED, to, *got, t->ended);
	return rc;
}

int mr__transport_read(struct mr__transport *t, void *buf, size_t n,
                       int64_t deadline_ns, size_t *got,
                       struct mr_errtext *err)
{
	uint8_t *to = buf;
	size_t done = 0;
	int rc = MR_OK;

	while (done < n && !rc) {
		size_t moved = 0;
		bool end = false;

		if (!waiting(t) && n - done >= BUFFER)
			rc = read_direct(t, to + done, n - done, deadline_ns,
			                 &moved, err);
		else
			rc = mr__transport_read_some(t, to + done, n - done,
			                             deadline_ns, &moved, &end,
			                             err);
		done += moved;
		if (end && done < n && !rc)
			rc = mr_errtext_set(err, MR_ERR_FORMAT,
			                    "a message of %zu bytes came where "
			                    "%zu were due",
			                    done, n);
	}
	if (got)
		*got = done;
	return rc;
}

int mr__transport_read_until(struct mr__transport *t, char delimiter, void *buf,
                             size_t room, int64_t deadline_ns, size_t *got,
                             struct mr_errtext *err)
{
	char *to = buf;

	*got = 0;
	while (*got < room) {
		size_t moved = 0;
		bool end = false;
		int rc = mr__transport_read_some(t, to + *got, 1, deadline_ns,
		                                 &moved, &end, err);

		if (rc)
			return rc;
		*got += moved;
		if (to[*got - 1] == delimiter)
			return MR_OK;
		if (end)
			return mr_errtext_set(err, MR_ERR_FORMAT,
			                      "a message ended in the middle "
			                      "of a line");
	}
	return mr_errtext_set(err, MR_ERR_FORMAT,
	                      "more than %zu bytes came without an end of line",
	                      room);
}

/* ---- the rest --------------------------------------------------------------------- */

const struct mr_clock *mr__transport_clock(const struct mr__transport *t)
{
	return &t->clock;
}

bool mr__transport_is_emulated(const struct mr__transport *t)
{
	return t->type->clock != NULL;
}

int mr__transport_pause(struct mr__transport *t, double duration_s,
                        const struct mr_run *run)
{
	const struct mr_clock *clock = &t->clock;
	int64_t end_ns = clock->monotonic_ns(clock->self) +
	                 llround(duration_s * NS_PER_S);
	bool at_once = t->type->clock || t->control;
	int rc = mr_run_check(run);

	for (int64_t left = end_ns - clock->monotonic_ns(clock->self);
	     left > 0 && !rc;
	     left = end_ns - clock->monotonic_ns(clock->self)) {
		clock->sleep_ns(clock->self,
		                at_once || left < PAUSE_SLICE_NS ? left
		                                                 : PAUSE_SLICE_NS);
		rc = mr_run_check(run);
	}
	return rc;
}

bool mr__transport_has_messages(const struct mr__transport *t)
{
	return t->type->has_messages ? t->type->has_messages(t->self)
	                             : t->type->messages;
}

bool mr__transport_is_recorded(const struct mr__transport *t)
{
	return t->type->recorded;
}

int mr__transport_flush(struct mr__transport *t, struct mr_errtext *err)
{
	t->n_in = t->taken = 0;
	return t->type->flush ? t->type->flush(t->self, err) : MR_OK;
}

int mr__transport_clear(struct mr__transport *t, int64_t deadline_ns,
                        struct mr_errtext *err)
{
	if (!t->type->clear)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "%s has no way to clear a board",
		                      t->type->name);
	t->n_in = t->taken = 0;
	tell(t, MR_WIRE_CLEARED, NULL, 0, false);
	return t->type->clear(t->self, deadline_ns, err);
}

int mr__transport_status_byte(struct mr__transport *t, uint8_t *stb,
                              int64_t deadline_ns, struct mr_errtext *err)
{
	if (!t->type->status_byte)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "%s carries no status byte",
		                      t->type->name);
	int rc = t->type->status_byte(t->self, stb, deadline_ns, err);

	if (!rc)
		tell(t, MR_WIRE_STATUS, stb, 1, false);
	return rc;
}

int mr__transport_poll_fd(const struct mr__transport *t)
{
	return t->type->poll_fd ? t->type->poll_fd(t->self) : -1;
}

int mr__transport_watch_over(struct mr__transport *t, const char *program,
                             const void *safe, size_t n,
                             struct mr_errtext *err)
{
	int fd = mr__transport_poll_fd(t);

	if (!program || fd < 0)
		return MR_OK;
	return mr__guardian_start(program, fd, safe, n, &t->guardian, err);
}

void mr__transport_peer(const struct mr__transport *t, struct mr__peer *out)
{
	*out = (struct mr__peer){.path = ""};
	if (t->type->peer)
		t->type->peer(t->self, out);
}

int mr__transport_watch(struct mr__transport *t,
                        const struct mr_wire_watcher *watcher,
                        struct mr_errtext *err)
{
	if (!watcher) {
		t->watcher = (struct mr_wire_watcher){.piece = NULL};
		return MR_OK;
	}
	if (t->keep.lost)
		return mr_errtext_set(err, MR_ERR_NOMEM,
		                      "what was said while the board was opened "
		                      "was too much to keep");
	t->watcher = *watcher;
	mr__wire_keep_tell(&t->keep, watcher);
	return MR_OK;
}
