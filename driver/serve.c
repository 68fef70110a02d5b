/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Serving a virtual board. One loop: bytes of the client go in, bytes that are
 * due go out, and in between it sleeps until either can happen. A bench with a
 * second pipe has a second door; both are of one board and one time.
 *
 * The board's time is the clock's times the scale, and what was advanced from
 * outside. In emulated time it moves only when there is nothing else to do: to
 * the moment when the board's next bytes fall due.
 *
 * A client that has just been answered is looked out for before the loop sleeps
 * (lookout.h).
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
#include "lookout.h"
#include "transport.h"

#define BUFFER 65536
#define NAP_MS 50 /* how long a stop may go unnoticed */
#define NS_PER_MS 1e6
#define NS_PER_S 1e9
#define LINE_BYTES 64
#define NAME_BYTES 160

enum { BOARD, ROUTER, N_PORTS };

/* One pipe of the board, and who is at its other end. */
struct port {
	const struct mr__wire_type *type; /* NULL = there is none */
	struct mr__listener door;
	int client;   /* -1 = none */
	uint8_t *out; /* [BUFFER] taken from the board, not yet sent */
	size_t n_out;
	size_t sent;
};

struct mr_server {
	void *board;
	struct port ports[N_PORTS];
	struct mr__listener control;
	struct mr_clock clock;
	double scale;        /* 0 = emulated time */
	int64_t began_ns;    /* of the clock */
	int64_t offset_ns;   /* of the board's time */
	int operator;        /* who speaks on the control socket; -1 = nobody */
	char line[LINE_BYTES];
	size_t n_line;
	struct mr__lookout lookout; /* for what a client says next */
};

/* ---- time ----------------------------------------------------------------------- */

static int64_t board_ns(const struct mr_server *s)
{
	int64_t passed = s->clock.monotonic_ns(s->clock.self) - s->began_ns;

	return s->offset_ns + (int64_t)((double)passed * s->scale);
}

static int64_t due_ns_of(const struct mr_server *s, int64_t now_ns)
{
	int64_t due_ns = INT64_MAX;

	for (int i = 0; i < N_PORTS; i++) {
		const struct port *p = &s->ports[i];
		int64_t t_ns = p->type ? p->type->due_ns(s->board, now_ns)
		                       : INT64_MAX;

		if (i == ROUTER && p->client < 0)
			continue; /* nobody hears what it has to say */
		due_ns = t_ns < due_ns ? t_ns : due_ns;
	}
	return due_ns;
}

/* How long to sleep for the board's sake; in emulated time it is never waited
 * for: its clock goes to where it has something to say. */
static int nap_ms(struct mr_server *s)
{
	int64_t now_ns = board_ns(s), due_ns = due_ns_of(s, now_ns);

	if (due_ns <= now_ns)
		return 0;
	if (due_ns == INT64_MAX)
		return NAP_MS;
	if (s->scale == 0) {
		if (s->ports[BOARD].client < 0 && s->ports[ROUTER].client < 0)
			return NAP_MS;
		s->offset_ns = due_ns;
		return 0;
	}
	double ms = ceil((double)(due_ns - now_ns) / s->scale / NS_PER_MS);

	return ms < NAP_MS ? (int)ms : NAP_MS;
}

/* ---- the client ------------------------------------------------------------------- */

static void hang_up(struct mr_server *s, struct port *p)
{
	(void)close(p->client);
	p->client = -1;
	p->n_out = p->sent = 0;
	p->type->link(s->board, board_ns(s), false);
}

/* Whether there may be more. */
static bool take_input(struct mr_server *s, struct port *p)
{
	uint8_t in[BUFFER];
	ssize_t n = read(p->client, in, sizeof in);

	if (n > 0)
		p->type->input(s->board, board_ns(s), in, (size_t)n,
		               in[n - 1] == '\n');
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		hang_up(s, p);
	return n > 0;
}

/* A board has one host: another one is shown the door, unless the first has
 * just gone. */
static void welcome(struct mr_server *s, struct port *p)
{
	int fd = mr__listen_accept(&p->door);

	if (fd < 0)
		return;
	while (p->client >= 0 && take_input(s, p))
		;
	if (p->client >= 0) {
		(void)close(fd);
		return;
	}
	p->client = fd;
	p->type->link(s->board, board_ns(s), true);
}

/* Writing to somebody who has gone must not raise a signal. */
static ssize_t put(const struct port *p)
{
	const uint8_t *from = p->out + p->sent;
	size_t n = p->n_out - p->sent;

	return p->door.is_terminal ? write(p->client, from, n)
	                           : send(p->client, from, n, MSG_NOSIGNAL);
}

static void give_output(struct mr_server *s, struct port *p)
{
	while (p->client >= 0) {
		if (p->sent == p->n_out) {
			bool end;

			p->sent = 0;
			p->n_out = p->type->output(s->board, board_ns(s), p->out,
			                           BUFFER, &end);
			if (p->n_out == 0)
				return;
		}
		ssize_t n = put(p);

		if (n > 0)
			p->sent += (size_t)n;
		else if (errno == EAGAIN || errno == EINTR)
			return;
		else
			hang_up(s, p);
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

enum { CONTROL, OPERATOR, PORTS, N_WATCHED = PORTS + 2 * N_PORTS };

static void watch(const struct mr_server *s, struct pollfd at[N_WATCHED])
{
	at[CONTROL] = (struct pollfd){.fd = s->control.fd, .events = POLLIN};
	at[OPERATOR] = (struct pollfd){.fd = s->operator, .events = POLLIN};
	for (int i = 0; i < N_PORTS; i++) {
		const struct port *p = &s->ports[i];
		struct pollfd *door = &at[PORTS + 2 * i];
		bool more = p->sent < p->n_out;

		door[0] = (struct pollfd){.fd = p->door.fd, .events = POLLIN};
		if (p->door.is_terminal && p->client >= 0)
			door[0].fd = -1;
		door[1] = (struct pollfd){
			.fd = p->client,
			.events = (short)(POLLIN | (more ? POLLOUT : 0))};
	}
}

static void attend(struct mr_server *s, struct port *p,
                   const struct pollfd door[2])
{
	if (door[0].revents)
		welcome(s, p);
	if (!door[1].revents || p->client < 0)
		return;
	mr__lookout_came(&s->lookout);
	if (take_input(s, p))
		mr__lookout_begin(&s->lookout, &s->clock);
}

/* Sleep until something comes or falls due; how many descriptors have it. */
static int await(struct mr_server *s, struct pollfd at[N_WATCHED])
{
	int ms = nap_ms(s);
	int n = poll(at, N_WATCHED, s->lookout.out ? 0 : ms);

	if (n == 0 && ms)
		(void)mr__lookout_again(&s->lookout, &s->clock);
	return n;
}

static int turn(struct mr_server *s, struct mr_errtext *err)
{
	struct pollfd at[N_WATCHED];

	watch(s, at);
	if (await(s, at) < 0 && errno != EINTR)
		return mr_errtext_set(err, MR_ERR_IO, "poll: %s",
		                      strerror(errno));
	if (at[CONTROL].revents)
		meet_operator(s);
	if (at[OPERATOR].revents && s->operator >= 0)
		take_order(s);
	for (int i = 0; i < N_PORTS; i++)
		attend(s, &s->ports[i], &at[PORTS + 2 * i]);
	for (int i = 0; i < N_PORTS; i++) {
		struct port *p = &s->ports[i];

		give_output(s, p);
		if (p->client >= 0 && p->type->is_gone &&
		    p->type->is_gone(s->board))
			hang_up(s, p);
	}
	return MR_OK;
}

/* A device that the machine has thrown out is not plugged in again. */
static bool is_thrown_out(const struct port *p)
{
	return p->door.is_port && p->door.fd < 0 && p->client < 0;
}

int mr_server_run(struct mr_server *s, const volatile sig_atomic_t *stop,
                  struct mr_errtext *err)
{
	int rc = MR_OK;

	while (!rc && !(stop && *stop) &&
	       !is_thrown_out(&s->ports[BOARD]))
		rc = turn(s, err);
	for (int i = 0; i < N_PORTS; i++)
		if (s->ports[i].client >= 0)
			hang_up(s, &s->ports[i]);
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
		rc = mr__wire_open(s->ports[BOARD].type, uri, 0,
		                   &s->ports[BOARD].type, &s->board, err);
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
		return mr__wire_usbip_open(base, personality, &s->ports[BOARD].type,
		                           &s->board, err);
	if (personality)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "a personality is for USB: usbip:PATH or "
		                      "vhci, not %s",
		                      where);
	return MR_OK;
}

/* The door of the board's second pipe. */
static int open_router(struct mr_server *s, const char *where,
                       struct mr_errtext *err)
{
	const struct mr__wire_type *type = s->ports[BOARD].type;
	struct port *p = &s->ports[ROUTER];

	p->type = type->port ? type->port(s->board) : NULL;
	if (!p->type)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "a router at %s: this board has none; 'smu' "
		                      "has one where the array has more than one "
		                      "cell",
		                      where);
	p->out = malloc(BUFFER);
	if (!p->out)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	return mr__listen(where, &p->door, err);
}

static int open_server(struct mr_server *s, const char *uri, const char *where,
                       const struct mr_serve_options *options,
                       struct mr_errtext *err)
{
	const struct mr__wire_type *base = s->ports[BOARD].type;
	int rc;

	if (!(options->time_scale >= 0 && options->time_scale <= 1e9))
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "a time scale of %g: must be 0 to 1e9",
		                      options->time_scale);
	s->ports[BOARD].out = malloc(BUFFER);
	if (!s->ports[BOARD].out)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	rc = switch_on(s, uri, err);
	if (!rc)
		rc = put_port(s, base, where, options->personality, err);
	if (!rc)
		rc = mr__listen(where, &s->ports[BOARD].door, err);
	if (!rc && options->router)
		rc = open_router(s, options->router, err);
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
	s->ports[BOARD].type = type;
	s->operator = s->control.fd = s->control.slave_fd = -1;
	for (int i = 0; i < N_PORTS; i++)
		s->ports[i].client = s->ports[i].door.fd =
			s->ports[i].door.slave_fd = -1;
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
	return server->ports[BOARD].door.address;
}

const char *mr_server_router(const struct mr_server *server)
{
	return server->ports[ROUTER].type ? server->ports[ROUTER].door.address
	                                  : NULL;
}

bool mr_server_is_safe(struct mr_server *s, int64_t *since_ns, int64_t *now_ns)
{
	int64_t now = board_ns(s);

	if (now_ns)
		*now_ns = now;
	return s->ports[BOARD].type->is_safe(s->board, now, since_ns);
}

int mr_server_close(struct mr_server *s, struct mr_errtext *err)
{
	int rc = MR_OK;

	if (!s)
		return MR_OK;
	if (s->operator >= 0)
		dismiss(s);
	mr__listen_close(&s->control);
	for (int i = 0; i < N_PORTS; i++)
		mr__listen_close(&s->ports[i].door);
	if (s->board)
		rc = s->ports[BOARD].type->close(s->board, err);
	for (int i = 0; i < N_PORTS; i++)
		free(s->ports[i].out);
	free(s);
	return rc;
}

const char *mr_serve_board(size_t i)
{
	size_t n;
	const struct mr__wire_type *const *all = mr__wires(&n);

	return i < n ? all[i]->summary : NULL;
}
