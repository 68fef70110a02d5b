/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A virtual board that is served in emulated time has its clock advanced from
 * outside. Its driver's pauses become such orders: an hour of rest passes in a
 * message. Everything else, deadlines above all, stays on the options' clock.
 */
#include "transports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_NS INT64_C(2000000000)
#define LINE 64
#define NS_PER_S 1e9
#define ORDER_MAX_NS INT64_C(1000000000000000000) /* what one order may say */

struct mr__control {
	struct mr_clock base;
	void *socket;
	int64_t advanced_ns;
};

/* Whether the board said ok. */
static bool is_done(struct mr__control *c, int64_t deadline_ns)
{
	char line[LINE] = "";
	size_t n = 0;
	struct mr_errtext err;

	while (n < sizeof line - 1 && !memchr(line, '\n', n)) {
		size_t got = 0;

		if (mr__transport_unix.read(c->socket, line + n,
		                            sizeof line - 1 - n, deadline_ns,
		                            &got, &(bool){false}, &err))
			return false;
		n += got;
	}
	return strncmp(line, "ok\n", 3) == 0;
}

static bool order(struct mr__control *c, int64_t duration_ns)
{
	char line[LINE];
	int n = snprintf(line, sizeof line, "advance %.9f\n",
	                 (double)duration_ns / NS_PER_S);
	int64_t deadline_ns =
		c->base.monotonic_ns(c->base.self) + ANSWER_NS;
	size_t sent = 0;
	struct mr_errtext err;

	return mr__transport_unix.write(c->socket, line, (size_t)n, false,
	                                deadline_ns, &sent, &err) == MR_OK &&
	       sent == (size_t)n && is_done(c, deadline_ns);
}

static int64_t monotonic_ns(void *self)
{
	const struct mr__control *c = self;

	return c->base.monotonic_ns(c->base.self) + c->advanced_ns;
}

static int64_t wall_ns(void *self)
{
	const struct mr__control *c = self;

	return c->base.wall_ns(c->base.self) + c->advanced_ns;
}

/* Nobody there to obey: the time has to pass. */
static void sleep_ns(void *self, int64_t duration_ns)
{
	struct mr__control *c = self;

	if (duration_ns <= 0)
		return;
	if (duration_ns <= ORDER_MAX_NS && order(c, duration_ns))
		c->advanced_ns += duration_ns;
	else
		c->base.sleep_ns(c->base.self, duration_ns);
}

int mr__control_open(struct mr_uri *uri, const struct mr_open_options *options,
                     struct mr__control **out, struct mr_errtext *err)
{
	const char *path = mr_uri_take(uri, "control");
	const struct mr__wish wish = {.usb_vendor = 0};
	char text[MR_URI_TEXT_MAX];
	struct mr_errtext why = {""};
	struct mr_uri *socket;
	int rc;

	*out = NULL;
	if (!path)
		return MR_OK;
	struct mr__control *c = calloc(1, sizeof *c);

	socket = malloc(sizeof *socket);
	if (!c || !socket) {
		free(c);
		free(socket);
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	}
	c->base = *options->clock;
	(void)snprintf(text, sizeof text, "control+unix:%s", path);
	rc = mr_uri_parse(socket, text, &why);
	if (!rc)
		rc = mr__transport_unix.open(socket, options, &wish, &c->socket,
		                             &why);
	free(socket);
	if (rc) {
		free(c);
		return mr_errtext_set(err, rc, "key 'control=%s': %s", path,
		                      why.text);
	}
	*out = c;
	return MR_OK;
}

void mr__control_clock(struct mr__control *c, struct mr_clock *out)
{
	*out = (struct mr_clock){.self = c,
	                         .monotonic_ns = monotonic_ns,
	                         .wall_ns = wall_ns,
	                         .sleep_ns = sleep_ns};
}

void mr__control_close(struct mr__control *c)
{
	if (!c)
		return;
	mr__transport_unix.close(c->socket);
	free(c);
}
