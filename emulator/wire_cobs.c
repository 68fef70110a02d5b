/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Runs without a zero are found and moved as wholes. */
#include "wire_cobs.h"

#include <string.h>
#include <zlib.h>

#define RUN_MAX 254u     /* bytes after one code byte */
#define CODE_FULL 0xffu  /* a run of RUN_MAX that no zero follows */
#define CRC_BYTES 4u
#define BYTE_BITS 8
#define ZLIB_PIECE ((size_t)1 << 30) /* its lengths are 32 bits */

size_t mr__wire_packet_room(size_t n)
{
	size_t content = n + WIRE_PACKET_EXTRA;

	return content + content / RUN_MAX + 2;
}

static uint32_t crc_of(uint32_t crc, const uint8_t *p, size_t n)
{
	while (n) {
		size_t piece = n < ZLIB_PIECE ? n : ZLIB_PIECE;

		crc = (uint32_t)crc32(crc, p, (unsigned)piece);
		p += piece;
		n -= piece;
	}
	return crc;
}

/* An encoder between two pieces of its input. */
struct stuffer {
	uint8_t *code; /* of the run that is open */
	uint8_t *to;   /* its next byte */
};

static void close_run(struct stuffer *s)
{
	*s->code = (uint8_t)(s->to - s->code);
	s->code = s->to++;
}

static void stuff(struct stuffer *s, const uint8_t *p, size_t n)
{
	while (n) {
		size_t used = (size_t)(s->to - s->code) - 1;

		if (used == RUN_MAX) {
			close_run(s);
			used = 0;
		}
		size_t most = n < RUN_MAX - used ? n : RUN_MAX - used;
		const uint8_t *zero = memchr(p, 0, most);
		size_t run = zero ? (size_t)(zero - p) : most;

		memcpy(s->to, p, run);
		s->to += run;
		if (zero)
			close_run(s);
		p += run + (zero != NULL);
		n -= run + (zero != NULL);
	}
}

size_t mr__wire_packet_make(uint16_t sequence, const uint8_t *message, size_t n,
                            uint8_t *to)
{
	uint8_t head[2] = {(uint8_t)(sequence & CODE_FULL),
	                   (uint8_t)(sequence >> BYTE_BITS)};
	uint32_t crc = crc_of(crc_of(0, head, sizeof head), message, n);
	uint8_t tail[CRC_BYTES];
	struct stuffer s = {.code = to, .to = to + 1};

	for (unsigned i = 0; i < CRC_BYTES; i++)
		tail[i] = (uint8_t)(crc >> (BYTE_BITS * i));
	stuff(&s, head, sizeof head);
	stuff(&s, message, n);
	stuff(&s, tail, sizeof tail);
	close_run(&s);
	*s.code = 0;
	return (size_t)(s.to - to);
}

/* Decode in place; false for a run that is longer than what is left. */
static bool unstuff(uint8_t *p, size_t n, size_t *length)
{
	size_t from = 0, to = 0;

	while (from < n) {
		uint8_t code = p[from++];
		size_t run = code - 1u;

		if (code == 0 || run > n - from)
			return false;
		memmove(p + to, p + from, run);
		to += run;
		from += run;
		if (code != CODE_FULL && from < n)
			p[to++] = 0;
	}
	*length = to;
	return true;
}

bool mr__wire_packet_open(uint8_t *p, size_t n, uint16_t *sequence,
                          uint8_t **message, size_t *length)
{
	size_t content = 0;
	bool whole = unstuff(p, n, &content);

	*sequence = 0;
	if (!whole || content < WIRE_PACKET_EXTRA)
		return false;
	*sequence = (uint16_t)(p[0] | p[1] << BYTE_BITS);
	uint32_t crc = crc_of(0, p, content - CRC_BYTES);

	for (unsigned i = 0; i < CRC_BYTES; i++)
		if (p[content - CRC_BYTES + i] !=
		    (uint8_t)(crc >> (BYTE_BITS * i)))
			return false;
	*message = p + 2;
	*length = content - WIRE_PACKET_EXTRA;
	return true;
}
