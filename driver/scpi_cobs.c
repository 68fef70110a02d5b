/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "scpi_cobs.h"

#include <string.h>

#include "memrig/error.h"

#define RUN_CODE_MAX 0xff /* says 254 bytes that no zero follows */
#define CRC_BYTES 4
#define EXTRA (2 + CRC_BYTES)
#define CRC_ALL 0xffffffffu /* IEEE 802.3: begun with ones, and inverted */

size_t mr__cobs_room(size_t n)
{
	return n + EXTRA + (n + EXTRA) / (RUN_CODE_MAX - 1) + 2;
}

/* Four bits at a time: remainders of 0 ... 15 by the reversed polynomial of
 * IEEE 802.3, 0xedb88320. */
static uint32_t crc_add(uint32_t crc, const uint8_t *p, size_t n)
{
	static const uint32_t by_nibble[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
		0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};

	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		crc = crc >> 4 ^ by_nibble[crc & 15];
		crc = crc >> 4 ^ by_nibble[crc & 15];
	}
	return crc;
}

/* ---- to the board ------------------------------------------------------------------ */

struct packer {
	uint8_t *start; /* of the run: its code goes there */
	uint8_t run;    /* that code so far */
	uint8_t *to;
};

static void begin_run(struct packer *p)
{
	p->start = p->to++;
	p->run = 1;
}

static void add(struct packer *p, const uint8_t *data, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		/* a run that is full ends where another byte comes, so that
		 * none is left empty at the end */
		if (p->run == RUN_CODE_MAX) {
			*p->start = p->run;
			begin_run(p);
		}
		if (data[i]) {
			*p->to++ = data[i];
			p->run++;
		} else {
			*p->start = p->run;
			begin_run(p);
		}
	}
}

static void put_le(uint8_t *to, uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		to[i] = (uint8_t)(value >> 8 * i & 0xff);
}

size_t mr__cobs_pack(uint16_t sequence, const void *message, size_t n,
                     uint8_t *to)
{
	struct packer p = {.to = to};
	uint8_t number[2], crc[CRC_BYTES];

	put_le(number, sequence, sizeof number);
	put_le(crc,
	       ~crc_add(crc_add(CRC_ALL, number, sizeof number), message, n),
	       sizeof crc);
	begin_run(&p);
	add(&p, number, sizeof number);
	add(&p, message, n);
	add(&p, crc, sizeof crc);
	*p.start = p.run;
	*p.to++ = 0;
	return (size_t)(p.to - to);
}

/* ---- from the board ----------------------------------------------------------------- */

/* Returns the length, or 0: nothing, or a run that is longer than the rest. */
static size_t decode(uint8_t *p, size_t n)
{
	size_t length = 0;

	for (size_t at = 0; at < n;) {
		size_t code = p[at++];

		if (code == 0 || code - 1 > n - at)
			return 0;
		memmove(p + length, p + at, code - 1);
		length += code - 1;
		at += code - 1;
		if (code < RUN_CODE_MAX && at < n)
			p[length++] = 0;
	}
	return length;
}

int mr__cobs_unpack(uint8_t *p, size_t n, uint16_t *sequence, size_t *length)
{
	size_t all = decode(p, n);
	uint8_t crc[CRC_BYTES];

	if (all < EXTRA)
		return MR_ERR_FORMAT;
	put_le(crc, ~crc_add(CRC_ALL, p, all - CRC_BYTES), sizeof crc);
	if (memcmp(crc, p + all - CRC_BYTES, sizeof crc) != 0)
		return MR_ERR_FORMAT;
	*sequence = (uint16_t)(p[0] | p[1] << 8);
	*length = all - EXTRA;
	memmove(p, p + 2, *length);
	return MR_OK;
}
