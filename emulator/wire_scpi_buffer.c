/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Byte buffers of the virtual SCPI board, and numbers as it prints them. */
#include "wire_scpi.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_LEAST 256
#define PRINT_MAX 512 /* longest text of one call */
#define DIGITS_LEAST 6
#define DIGITS_EXACT 17 /* a double survives them */

uint8_t *mr__ws_room(struct ws_buffer *b, size_t n)
{
	if (b->failed)
		return NULL;
	if (n > b->room - b->n) {
		size_t room = b->room ? b->room : ROOM_LEAST;

		while (room - b->n < n && room <= SIZE_MAX / 2)
			room *= 2;
		uint8_t *data = realloc(b->data, room);

		if (!data || room - b->n < n) {
			b->data = data ? data : b->data;
			b->failed = true;
			return NULL;
		}
		b->data = data;
		b->room = room;
	}
	return b->data + b->n;
}

void mr__ws_append(struct ws_buffer *b, const void *data, size_t n)
{
	uint8_t *to = n ? mr__ws_room(b, n) : NULL;

	if (!to)
		return;
	memcpy(to, data, n);
	b->n += n;
}

void mr__ws_print(struct ws_buffer *b, const char *fmt, ...)
{
	char text[PRINT_MAX];
	va_list args;

	va_start(args, fmt);
	int n = vsnprintf(text, sizeof text, fmt, args);

	va_end(args);
	if (n > 0)
		mr__ws_append(b, text, (size_t)n < sizeof text
		                               ? (size_t)n
		                               : sizeof text - 1);
}

void mr__ws_print_real(struct ws_buffer *b, double x)
{
	char text[PRINT_MAX];

	for (int digits = DIGITS_LEAST; digits <= DIGITS_EXACT; digits++) {
		(void)snprintf(text, sizeof text, "%.*g", digits, x);
		if (strtod(text, NULL) == x)
			break;
	}
	mr__ws_append(b, text, strlen(text));
}

void *mr__ws_resize(struct ws_buffer *b, size_t n)
{
	mr__ws_empty(b);
	if (!mr__ws_room(b, n ? n : 1))
		return NULL;
	b->n = n;
	return b->data;
}

void mr__ws_empty(struct ws_buffer *b)
{
	b->n = 0;
	b->failed = false;
}

void mr__ws_swap(struct ws_buffer *a, struct ws_buffer *b)
{
	struct ws_buffer was = *a;

	*a = *b;
	*b = was;
}

void mr__ws_free(struct ws_buffer *b)
{
	free(b->data);
	*b = (struct ws_buffer){0};
}
