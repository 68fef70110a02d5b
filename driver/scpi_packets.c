/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Messages as packets. What comes garbled is asked for again, and what the board
 * found garbled is sent again, both under the number that it had: the board
 * does nothing twice under one number. So no other number may come between, and
 * heartbeats bear that of the request that goes on.
 */
#include "scpi.h"

#include <stdlib.h>
#include <string.h>

#include "scpi_cobs.h"

#define SENDING_NS INT64_C(10000000000) /* as without packets */
#define NUMBER_MAX 0xfffe /* 0 is of what has none, 0xffff the guardian's */
#define ROOM_LEAST 4096
#define ANSWER_MAX ((size_t)1 << 28) /* nothing that is asked for is longer */
#define TRIES_MAX 3      /* a line that garbles four in a row carries nothing */
#define STRANGE_MAX 64   /* what may come late from before a break */

enum came { CAME_ANSWER, CAME_GARBLED, CAME_STRANGE };

static int64_t in_ns(const struct scpi *s, int64_t ns)
{
	const struct mr_clock *clock = mr__transport_clock(s->pipe);

	return clock->monotonic_ns(clock->self) + ns;
}

static int grow(uint8_t **p, size_t *room, size_t wanted, struct mr_errtext *err)
{
	size_t more = *room ? *room : ROOM_LEAST;

	while (more < wanted)
		more *= 2;
	if (more == *room)
		return MR_OK;
	uint8_t *moved = realloc(*p, more);

	if (!moved)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	*p = moved;
	*room = more;
	return MR_OK;
}

/* ---- requests -------------------------------------------------------------------- */

static int put(struct scpi *s, const uint8_t *packet, size_t n,
               struct mr_errtext *err)
{
	return mr__transport_write(s->pipe, packet, n, true,
	                           in_ns(s, SENDING_NS), NULL, err);
}

int mr__packets_send(struct scpi *s, const char *text, size_t n,
                     struct mr_errtext *err)
{
	struct scpi_packets *p = &s->packets;
	int rc = grow(&p->request, &p->room_request, mr__cobs_room(n), err);

	if (rc)
		return rc;
	p->number = p->number < NUMBER_MAX ? p->number + 1 : 1;
	p->n_request = mr__cobs_pack(p->number, text, n, p->request);
	p->tries = p->strange = 0;
	p->emptied = false;
	p->at = p->end; /* nobody wants the rest of the last answer */
	return put(s, p->request, p->n_request, err);
}

int mr__packets_beat(struct scpi *s, struct mr_errtext *err)
{
	static const char text[] = ":SYST:HEAR";
	uint8_t packet[2 * sizeof text];

	return put(s, packet,
	           mr__cobs_pack(s->packets.number, text, sizeof text - 1,
	                         packet),
	           err);
}

int mr__packets_send_again(struct scpi *s, struct mr_errtext *err)
{
	struct scpi_packets *p = &s->packets;
	static const uint8_t end = 0;

	if (p->tries == TRIES_MAX)
		return mr_errtext_set(err, MR_ERR_IO,
		                      "the line garbles what it carries: %d "
		                      "packets in a row",
		                      TRIES_MAX + 1);
	p->tries++;
	/* a packet whose end was lost would swallow this one */
	int rc = put(s, &end, 1, err);

	return rc ? rc : put(s, p->request, p->n_request, err);
}

/* ---- answers ---------------------------------------------------------------------- */

/* What came and is not taken begins at the front again. */
static void settle(struct scpi_packets *p)
{
	if (p->next == 0)
		return;
	memmove(p->in, p->in + p->next, p->n_in - p->next);
	p->n_in -= p->next;
	p->next = p->at = p->end = 0;
	p->scanned = 0;
}

/* Bytes up to the next end; `n` receives how many lie before it. */
static int receive(struct scpi *s, int64_t deadline_ns, size_t *n,
                   struct mr_errtext *err)
{
	struct scpi_packets *p = &s->packets;

	settle(p);
	for (;;) {
		size_t got = 0, new = p->n_in - p->scanned;
		const uint8_t *zero =
			new ? memchr(p->in + p->scanned, 0, new) : NULL;
		int rc;

		if (zero) {
			*n = (size_t)(zero - p->in);
			p->next = *n + 1;
			return MR_OK;
		}
		p->scanned = p->n_in;
		if (p->n_in > ANSWER_MAX)
			return mr_errtext_set(err, MR_ERR_IO,
			                      "a packet without end");
		rc = grow(&p->in, &p->room_in, p->n_in + ROOM_LEAST, err);
		if (!rc)
			rc = mr__transport_read_some(s->pipe, p->in + p->n_in,
			                             p->room_in - p->n_in,
			                             deadline_ns, &got, NULL,
			                             err);
		if (rc)
			return rc;
		p->n_in += got;
	}
}

/* An answer gets the LF that ends it elsewhere; its packet had the room. An empty
 * one says that our request was garbled, whatever number stands in it; under our
 * own it may as well be the answer, which then comes again. */
static enum came open_packet(struct scpi_packets *p, size_t n)
{
	uint16_t number = 0;
	size_t length = 0;
	bool first = !p->emptied;

	if (n == 0)
		return CAME_STRANGE;
	if (mr__cobs_unpack(p->in, n, &number, &length))
		return CAME_GARBLED;
	if (number != p->number)
		return length ? CAME_STRANGE : CAME_GARBLED;
	if (!length)
		p->emptied = true;
	if (!length && first)
		return CAME_GARBLED;
	p->at = 0;
	p->end = length + 1;
	p->in[length] = '\n';
	return CAME_ANSWER;
}

int mr__packets_await(struct scpi *s, int64_t deadline_ns,
                      struct mr_errtext *err)
{
	struct scpi_packets *p = &s->packets;

	while (p->at == p->end) {
		size_t n = 0;
		int rc = receive(s, deadline_ns, &n, err);

		if (rc)
			return rc;
		enum came came = open_packet(p, n);

		if (came == CAME_GARBLED)
			rc = mr__packets_send_again(s, err);
		else if (came == CAME_STRANGE && ++p->strange > STRANGE_MAX)
			rc = mr_errtext_set(err, MR_ERR_IO,
			                    "the board answers what it was not "
			                    "asked");
		if (rc)
			return rc;
	}
	return MR_OK;
}

int mr__packets_read(struct scpi *s, void *out, size_t n, struct mr_errtext *err)
{
	struct scpi_packets *p = &s->packets;

	if (n > p->end - p->at)
		return mr_errtext_set(err, MR_ERR_IO,
		                      "the board's answer ends too soon");
	memcpy(out, p->in + p->at, n);
	p->at += n;
	return MR_OK;
}

/* ---- on and off -------------------------------------------------------------------- */

void mr__packets_stop(struct scpi *s)
{
	struct scpi_packets *p = &s->packets;

	p->on = false;
	p->n_in = p->scanned = p->next = p->at = p->end = 0;
}

void mr__packets_free(struct scpi *s)
{
	free(s->packets.request);
	free(s->packets.in);
	s->packets = (struct scpi_packets){.on = false};
}
