/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Serving a virtual board. One loop: bytes of the client go in, bytes that are
 * due go out, and in between it sleeps until either can happen.
 *
 * The board's time is the clock's times the scale, and what was advanced from
 * outside. In emulated time it moves only when there is nothing else to do: to
 * the moment when the board's next bytes fall due.
 */
#include "memrig/serve.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listen.h"
#include "transport.h"

#define BUFFER 65536
#define NAP_MS 50 /* how long a stop may go unnoticed */
#define NS_PER_MS 1e6
#define NS_PER_S 1e9
#define LINE_BYTES 64
#define NAME_BYTES 160

struct mr_server {
	const struct mr__wire_type *type;
	void *board;
	struct mr__listener door;
	struct mr__listener control;
	struct mr_clock clock;
	double scale;        /* 0 = emulated time */
	int64_t began_ns;    /* of the clock */
	int64_t offset_ns;   /* of the board's time */
	int client;          /* -1 = none */
	int operator;        /* who speaks on the control socket; -1 = nobody */
	char line[LINE_BYTES];
	size_t n_line;
	uint8_t *out;        /* [BUFFER] taken from the board, not yet sent */
	size_t n_out;
	size_t sent;
};

/* ---- time ----------------------------------------------------------------------- */

static int64_t board_ns(const struct mr_server *s)
{
	int64_t passed = s->clock.monotonic_ns(s->clock.self) - s->began_ns;

	return s->offset_ns + (int64_t)((double)passed * s->scale);
}

/* How long to sleep for the board's sake; in emulated time it is never waited
 * for: its clock goes to where it has something to say. */
static int nap_ms(struct mr_server *s)
{
	int64_t now_ns = board_ns(s), due_ns = s->type->due_ns(s->board, now_ns);

	if (due_ns <= now_ns)
		return 0;
	if (due_ns == INT64_MAX)
		return NAP_MS;
	if (s->scale == 0) {
		if (s->client < 0)
			return NAP_MS;
		s->offset_ns = due_ns;
		return 0;
	}
	double ms = ceil((double)(due_ns - now_ns) / s->scale / NS_PER_MS);

	return ms < NAP_MS ? (int)ms : NAP_MS;
}

/* ---- the client ------------------------------------------------------------------- */

static void hang_up(struct mr_server *s)
{
	(void)close(s->client);
	s->client = -1;
	s->n_out = s->sent = 0;
	s->type->link(s->board, board_ns(s), false);
}

/* Whether there may be more. */
static bool take_input(struct mr_server *s)
{
	uint8_t in[BUFFER];
	ssize_t n = read(s->client, in, sizeof in);

	if (n > 0)
		s->type->input(s->board, board_ns(s), in, (size_t)n,
		               in[n - 1] == '\n');
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		hang_up(s);
	return n > 0;
}

/* A board has one host: another one is shown the door, unless the first has
 * just gone. */
static void welcome(struct mr_server *s)
{
	int fd = mr__listen_accept(&s->door);

	if (fd < 0)
		return;
	while (s->client >= 0 && take_input(s))
		;
	if (s->client >= 0) {
		(void)close(fd);
		return;
	}
	s->client = fd;
	s->type->link(s->board, board_ns(s), true);
}

/* Writing to somebody who has gone must not raise a signal. */
static ssize_t put(const struct mr_server *s)
{
	const uint8_t *from = s->out + s->sent;
	size_t n = s->n_out - s->sent;

	return s->door.is_terminal ? write(s->client, from, n)
	                           : send(s->client, from, n, MSG_NOSIGNAL);
}

static void give_output(struct mr_server *s)
{
	while (s->client >= 0) {
		if (s->sent == s->n_out) {
			bool end;

			s->sent = 0;
			s->n_out = s->type->output(s->board, board_ns(s), s->out,
			                           BUFFER, &end);
			if (s->n_out == 0)
				return;
		}
		ssize_t n = put(s);

		if (n > 0)
			s->sent += (size_t)n;
		else if (errno == EAGAIN || errno == EINTR)
			return;
		else
			hang_up(s);
	}
}

/* ---- the control socket ------------------------------------------------------------ */

static const char *obey(struct mr_server *s, const char *line)
{
	char *rest;
	double seconds;

	if (strncmp(line, "advance ", 8) != 0)
		return "error: there is only: advance SECONDS\n";
	seconds = strtod(line + 8, &rest);
	if (rest == line + 8 || *rest || !(seconds >= 0 && seconds <= 1e9))
		return "error: advance takes 0 to 1e9 seconds\n";
	s->offset_ns += (int64_t)(seconds * NS_PER_S);
	return "ok\n";
}

static void dismiss(struct mr_server *s)
{
	(void)close(s->operator);
	s->operator = -1;
	s->n_line = 0;
}

static void take_order(struct mr_server *s)
{
	char c;
	ssize_t n = read(s->operator, &c, 1);

	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			dismiss(s);
		return;
	}
	if (c != '\n' && s->n_line + 1 < sizeof s->line) {
		s->line[s->n_line++] = c;
		return;
	}
	s->line[s->n_line] = '\0';
	s->n_line = 0;
	const char *answer = obey(s, s->line);

	if (send(s->operator, answer, strlen(answer), MSG_NOSIGNAL) < 0)
		dismiss(s);
}

static void meet_operator(struct mr_server *s)
{
	int fd = mr__listen_accept(&s->control);

	if (fd < 0)
		return;
	if (s->operator >= 0)
		(void)close(fd);
	else
		s->operator = fd;
}

/* ---- the loop ------------------------------------------------------------------------ */

enum { DOOR, CLIENT, CONTROL, OPERATOR, N_WATCHED };

static void watch(const struct mr_server *s, struct pollfd at[N_WATCHED])
{
	bool more = s->sent < s->n_out;

	at[DOOR] = (struct pollfd){.fd = s->door.fd, .events = POLLIN};
	if (s->door.is_terminal && s->client >= 0)
		at[DOOR].fd = -1;
	at[CLIENT] = (struct pollfd){
		.fd = s->client,
		.events = (short)(POLLIN | (more ? POLLOUT : 0))};
	at[CONTROL] = (struct pollfd){.fd = s->control.fd, .events = POLLIN};
	at[OPERATOR] = (struct pollfd){.fd = s->operator, .events = POLLIN};
}

static int turn(struct mr_server *s, struct mr_errtext *err)
{
	struct pollfd at[N_WATCHED];

	watch(s, at);
	if (poll(at, N_WATCHED, nap_ms(s)) < 0 && errno != EINTR)
		return mr_errtext_set(err, MR_ERR_IO, "poll: %s",
		                      strerror(errno));
	if (at[DOOR].revents)
		welcome(s);
	if (at[CONTROL].revents)
		meet_operator(s);
	if (at[OPERATOR].revents && s->operator >= 0)
		take_order(s);
	if (at[CLIENT].revents && s->client >= 0)
		(void)take_input(s);
	give_output(s);
	if (s->client >= 0 && s->type->is_gone && s->type->is_gone(s->board))
		hang_up(s);
	return MR_OK;
}

int mr_server_run(struct mr_server *s, const volatile sig_atomic_t *stop,
                  struct mr_errtext *err)
{
	int rc = MR_OK;

	/* a device that the machine has thrown out is not plugged in again */
	while (!rc && !(stop && *stop) &&
	       !(s->door.is_port && s->door.fd < 0 && s->client < 0))
		rc = turn(s, err);
	if (s->client >= 0)
		hang_up(s);
	return rc;
}

/* ---- opening and closing ---------------------------------------------------------------- */

static int no_board(const char *name, struct mr_errtext *err)
{
	char names[NAME_BYTES] = "";
	size_t n, at = 0;
	const struct mr__wire_type *const *all = mr__wires(&n);

	for (size_t i = 0; i < n && at < sizeof names; i++)
		at += (size_t)snprintf(names + at, sizeof names - at, "%s%s",
		                       i ? ", " : "", all[i]->name);
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "'%s' is no virtual board; there are: %s", name,
	                      names);
}

static int switch_on(struct mr_server *s, const char *text,
                     struct mr_errtext *err)
{
	struct mr_uri *uri = malloc(sizeof *uri);
	int rc = uri ? mr_uri_parse(uri, text, err) : MR_ERR_NOMEM;

	if (!uri)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	if (!rc)
		rc = mr__wire_open(s->type, uri, 0, &s->type, &s->board, err);
	free(uri);
	return rc;
}

static bool is_usb(const char *where)
{
	return strncmp(where, "usbip:", 6) == 0 || strcmp(where, "vhci") == 0;
}

/* What stands between the board and where it listens. */
static int put_port(struct mr_server *s, const struct mr__wire_type *base,
                    const char *where, const char *personality,
                    struct mr_errtext *err)
{
	if (is_usb(where))
		return mr__wire_usbip_open(base, personality, &s->type,
		                           &s->board, err);
	if (personality)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "a personality is for USB: usbip:PATH or "
		                      "vhci, not %s",
		                      where);
	return MR_OK;
}

static int open_server(struct mr_server *s, const char *uri, const char *where,
                       const struct mr_serve_options *options,
                       struct mr_errtext *err)
{
	const struct mr__wire_type *base = s->type;
	int rc;

	if (!(options->time_scale >= 0 && options->time_scale <= 1e9))
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "a time scale of %g: must be 0 to 1e9",
		                      options->time_scale);
	s->out = malloc(BUFFER);
	if (!s->out)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	rc = switch_on(s, uri, err);
	if (!rc)
		rc = put_port(s, base, where, options->personality, err);
	if (!rc)
		rc = mr__listen(where, &s->door, err);
	if (!rc && options->control)
		rc = mr__listen(options->control, &s->control, err);
	s->scale = options->time_scale;
	s->began_ns = s->clock.monotonic_ns(s->clock.self);
	return rc;
}

int mr_server_open(const char *board, const char *uri, const char *listen,
                   const struct mr_serve_options *options,
                   struct mr_server **out, struct mr_errtext *err)
{
	const struct mr__wire_type *type = mr__wire_find(board);
	struct mr_server *s;

	if (!type)
		return no_board(board, err);
	s = calloc(1, sizeof *s);
	if (!s)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	s->type = type;
	s->client = s->operator = s->door.fd = s->control.fd = -1;
	s->door.slave_fd = s->control.slave_fd = -1;
	if (options->clock)
		s->clock = *options->clock;
	else
		mr_clock_system(&s->clock);
	int rc = open_server(s, uri, listen, options, err);

	if (rc) {
		(void)mr_server_close(s, NULL);
		return rc;
	}
	*out = s;
	return MR_OK;
}

const char *mr_server_address(const struct mr_server *server)
{
	return server->door.address;
}

bool mr_server_is_safe(struct mr_server *s, int64_t *since_ns, int64_t *now_ns)
{
	int64_t now = board_ns(s);

	if (now_ns)
		*now_ns = now;
	return s->type->is_safe(s->board, now, since_ns);
}

int mr_server_close(struct mr_server *s, struct mr_errtext *err)
{
	int rc = MR_OK;

	if (!s)
		return MR_OK;
	if (s->operator >= 0)
		dismiss(s);
	mr__listen_close(&s->door);
	mr__listen_close(&s->control);
	if (s->board)
		rc = s->type->close(s->board, err);
	free(s->out);
	free(s);
	return rc;
}

const char *mr_serve_board(size_t i)
{
	size_t n;
	const struct mr__wire_type *const *all = mr__wires(&n);

	return i < n ? all[i]->summary : NULL;
}
