/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Writes arrays for NumPy. */
#include "npyfile.h"

#include <stdbool.h>
#include <string.h>

#define HEAD_MAX 2048  /* bytes of a head */
#define MAGIC_BYTES 10 /* mark, version and length before the text */
#define ALIGN 64       /* the elements begin at a multiple of it */
#define DIGITS_MAX 20  /* of a number of 64 bits */

/* The text is filled up as if the first axis had most digits. */
static int text_length(const char *descr, const char *inner)
{
	char longest[HEAD_MAX];
	int length = snprintf(longest, sizeof(longest),
	                      "{'descr': %s, 'fortran_order': False, "
	                      "'shape': (%0*d, %s), }\n", descr, DIGITS_MAX, 0,
	                      inner);
	int all = (MAGIC_BYTES + length + ALIGN - 1) / ALIGN * ALIGN;

	return all - MAGIC_BYTES;
}

void mr_npy_head(FILE *to, const char *descr, uint64_t n, const char *inner)
{
	int length = text_length(descr, inner);
	int written;

	rewind(to);
	fwrite("\x93NUMPY\x01\x00", 1, 8, to);
	mr_npy_whole(to, (uint64_t)length, 2);
	written = fprintf(to,
	                  "{'descr': %s, 'fortran_order': False, "
	                  "'shape': (%llu,%s%s), }", descr,
	                  (unsigned long long)n, inner[0] != '\0' ? " " : "",
	                  inner);
	if (written >= 0)
		fprintf(to, "%*s\n", length - 1 - written, "");
}

void mr_npy_whole(FILE *to, uint64_t x, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		putc((int)(x >> (8 * i) & 0xff), to);
}

void mr_npy_floats(FILE *to, const float *x, size_t n)
{
	const uint16_t probe = 1;
	bool little = *(const uint8_t *)&probe == 1;
	uint32_t bits;

	if (little) {
		fwrite(x, sizeof(*x), n, to);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		memcpy(&bits, &x[i], sizeof(bits));
		mr_npy_whole(to, bits, sizeof(bits));
	}
}

void mr_npy_text(FILE *to, const char *text, unsigned bytes)
{
	size_t length = strlen(text);

	for (unsigned i = 0; i < bytes; i++)
		putc(i < length ? (unsigned char)text[i] : 0, to);
}
