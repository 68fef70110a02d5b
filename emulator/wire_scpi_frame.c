/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Bytes from the host into messages, answers into bytes for it. A message ends
 * at LF, or where the pipe says so; not inside a block. One that is too long
 * is skipped to its end, a block in it by its length.
 */
#include "wire_scpi.h"

#include <string.h>

#include "wire_cobs.h"

#define LF '\n'
#define CR '\r'
#define TEN 10
#define OUTPUT_COMPACT ((size_t)1 << 20)

static void too_long(struct wire_scpi *b)
{
	struct ws_framer *f = &b->framer;

	if (!f->too_long)
		mr__ws_raise(b, WS_TOO_MUCH);
	f->too_long = true;
	mr__ws_empty(&f->bytes);
}

static void store(struct wire_scpi *b, const uint8_t *p, size_t n, size_t most)
{
	struct ws_framer *f = &b->framer;

	if (f->too_long)
		return;
	if (n > most - f->bytes.n) {
		too_long(b);
		return;
	}
	mr__ws_append(&f->bytes, p, n);
	if (f->bytes.failed)
		too_long(b);
}

static void store_text(struct wire_scpi *b, const uint8_t *p, size_t n)
{
	store(b, p, n, b->message_max);
}

void mr__ws_frame_reset(struct wire_scpi *b)
{
	struct ws_framer *f = &b->framer;
	struct ws_buffer keep = f->bytes;

	mr__ws_empty(&keep);
	*f = (struct ws_framer){.bytes = keep};
}

/* ---- plain messages -------------------------------------------------------------- */

static void end_text(struct wire_scpi *b)
{
	struct ws_framer *f = &b->framer;

	if (!f->too_long) {
		if (f->bytes.n > f->text_from &&
		    f->bytes.data[f->bytes.n - 1] == CR)
			f->bytes.n--;
		mr__ws_take(b, false, 0);
	}
	mr__ws_frame_reset(b);
}

static size_t scan_text(struct wire_scpi *b, const uint8_t *p, size_t n)
{
	struct ws_framer *f = &b->framer;
	size_t i = 0;

	while (i < n && p[i] != LF && p[i] != '#' && p[i] != '"' &&
	       p[i] != '\'')
		i++;
	store_text(b, p, i);
	if (i == n)
		return i;
	if (p[i] == LF) {
		end_text(b);
		return i + 1;
	}
	store_text(b, p + i, 1);
	f->scan = p[i] == '#' ? SCAN_HASH : SCAN_STRING;
	f->quote = p[i];
	return i + 1;
}

/* A string that is not closed ends with its message. */
static size_t scan_string(struct wire_scpi *b, const uint8_t *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] != LF && p[i] != b->framer.quote)
		i++;
	if (i < n && p[i] == b->framer.quote)
		i++;
	else if (i == n) {
		store_text(b, p, n);
		return n;
	}
	store_text(b, p, i);
	b->framer.scan = SCAN_TEXT;
	return i;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static size_t scan_hash(struct wire_scpi *b, const uint8_t *p)
{
	struct ws_framer *f = &b->framer;

	f->scan = SCAN_TEXT;
	if (!is_digit(p[0]) || p[0] == '0')
		return 0;
	store_text(b, p, 1);
	f->digits = (uint32_t)(p[0] - '0');
	f->length = 0;
	f->scan = SCAN_DIGITS;
	return 1;
}

/* The length is known: a block that cannot fit is skipped from here on. */
static void begin_block(struct wire_scpi *b)
{
	struct ws_framer *f = &b->framer;

	f->left = f->length;
	f->scan = f->left ? SCAN_BLOCK : SCAN_TEXT;
	f->text_from = f->bytes.n;
	if (!f->too_long && f->left > b->message_max - f->bytes.n)
		too_long(b);
}

static size_t scan_digits(struct wire_scpi *b, const uint8_t *p)
{
	struct ws_framer *f = &b->framer;

	if (!is_digit(p[0])) {
		f->scan = SCAN_TEXT;
		return 0;
	}
	store_text(b, p, 1);
	f->length = f->length * TEN + (size_t)(p[0] - '0');
	if (--f->digits == 0)
		begin_block(b);
	return 1;
}

static size_t scan_block(struct wire_scpi *b, const uint8_t *p, size_t n)
{
	struct ws_framer *f = &b->framer;
	size_t k = n < f->left ? n : f->left;

	store_text(b, p, k);
	f->left -= k;
	f->text_from = f->bytes.n;
	if (f->left == 0)
		f->scan = SCAN_TEXT;
	return k;
}

static size_t scan(struct wire_scpi *b, const uint8_t *p, size_t n)
{
	switch (b->framer.scan) {
	case SCAN_STRING:
		return scan_string(b, p, n);
	case SCAN_HASH:
		return scan_hash(b, p);
	case SCAN_DIGITS:
		return scan_digits(b, p);
	case SCAN_BLOCK:
		return scan_block(b, p, n);
	default:
		return scan_text(b, p, n);
	}
}

/* ---- packets -------------------------------------------------------------------- */

static void open_packet(struct wire_scpi *b)
{
	static const struct ws_buffer nothing = {0};
	struct ws_buffer *packet = &b->framer.bytes;
	uint8_t *message = NULL;
	size_t length = 0;
	uint16_t sequence;

	if (packet->n == 0)
		return;
	if (!mr__wire_packet_open(packet->data, packet->n, &sequence, &message,
	                          &length)) {
		mr__ws_raise(b, WS_COMMUNICATION);
		mr__ws_send(b, &nothing, true, sequence);
		return;
	}
	memmove(packet->data, message, length);
	packet->n = length;
	if (length > b->message_max)
		mr__ws_raise(b, WS_TOO_MUCH);
	else
		mr__ws_take(b, true, sequence);
}

static size_t scan_packet(struct wire_scpi *b, const uint8_t *p, size_t n)
{
	const uint8_t *zero = memchr(p, 0, n);
	size_t k = zero ? (size_t)(zero - p) : n;

	store(b, p, k, mr__wire_packet_room(b->message_max));
	if (!zero)
		return k;
	if (!b->framer.too_long)
		open_packet(b);
	mr__ws_frame_reset(b);
	return k + 1;
}

void mr__ws_frame(struct wire_scpi *b, const uint8_t *data, size_t n, bool end)
{
	while (n) {
		size_t k = b->cobs ? scan_packet(b, data, n) : scan(b, data, n);

		data += k;
		n -= k;
	}
	struct ws_framer *f = &b->framer;

	if (end && !b->cobs &&
	    (f->bytes.n || f->too_long || f->scan != SCAN_TEXT))
		end_text(b);
}

/* ---- answers ---------------------------------------------------------------------- */

static void compact(struct ws_output *out)
{
	if (out->head < OUTPUT_COMPACT || out->head < out->bytes.n / 2)
		return;
	size_t n_ends = out->ends.n / sizeof(size_t) - out->first_end;
	size_t *ends = (void *)out->ends.data;

	memmove(out->bytes.data, out->bytes.data + out->head,
	        out->bytes.n - out->head);
	for (size_t i = 0; i < n_ends; i++)
		ends[i] = ends[out->first_end + i] - out->head;
	out->bytes.n -= out->head;
	out->ends.n = n_ends * sizeof(size_t);
	out->head = 0;
	out->first_end = 0;
}

void mr__ws_send(struct wire_scpi *b, const struct ws_buffer *answer, bool cobs,
                 uint16_t sequence)
{
	struct ws_buffer *to = &b->out.bytes;

	compact(&b->out);
	size_t before = to->n;
	uint8_t *room = mr__ws_room(to, mr__wire_packet_room(answer->n));

	if (room && cobs) {
		to->n += mr__wire_packet_make(sequence, answer->data, answer->n,
		                              room);
	} else if (room) {
		mr__ws_append(to, answer->data, answer->n);
		mr__ws_append(to, "\n", 1);
	}
	if (to->n > before)
		mr__ws_append(&b->out.ends, &to->n, sizeof to->n);
	if (!to->failed && !b->out.ends.failed)
		return;
	to->n = before;
	to->failed = b->out.ends.failed = false;
	mr__ws_raise(b, WS_SYSTEM);
}
