/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Virtual board of the open protocol: headers and parameters. */
#include "wire_scpi.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_BYTES 48
#define ERR_SYNTAX (-102)
#define ERR_MISSING (-109)
#define ERR_BLOCK (-161)
#define ERR_RANGE (-222)

void *mr__scpi_room(struct bytes *b, size_t n)
{
	if (b->n + n > b->room) {
		size_t room = b->room ? b->room : 256;

		while (room < b->n + n)
			room *= 2;
		uint8_t *more = realloc(b->at, room);

		if (!more)
			return NULL;
		b->at = more;
		b->room = room;
	}
	return b->at + b->n;
}

static void skip_blanks(struct params *p)
{
	while (p->n && (*p->at == ' ' || *p->at == '\t' || *p->at == '\r')) {
		p->at++;
		p->n--;
	}
}

static void step(struct params *p, size_t n)
{
	p->at += n;
	p->n -= n;
}

/* A comma, or the end. */
static void next_param(struct params *p)
{
	skip_blanks(p);
	if (p->n && *p->at == ',')
		step(p, 1);
	else if (p->n && !p->error)
		p->error = ERR_SYNTAX;
}

static bool begin_param(struct params *p)
{
	skip_blanks(p);
	if (p->error)
		return false;
	if (p->n == 0)
		p->error = ERR_MISSING;
	return p->n != 0;
}

double mr__scpi_number(struct params *p)
{
	char text[NUMBER_BYTES];
	size_t n = 0;
	char *rest;
	double value;

	if (!begin_param(p))
		return 0;
	while (n < p->n && n + 1 < sizeof text && p->at[n] != ',' &&
	       p->at[n] != ' ' && p->at[n] != '\r') {
		text[n] = (char)p->at[n];
		n++;
	}
	text[n] = '\0';
	value = strtod(text, &rest);
	if (rest == text || *rest)
		p->error = ERR_SYNTAX;
	else if (!isfinite(value))
		p->error = ERR_RANGE;
	step(p, n);
	next_param(p);
	return p->error ? 0 : value;
}

uint32_t mr__scpi_whole(struct params *p)
{
	double value = mr__scpi_number(p);

	if (!p->error && (value < 0 || value > UINT32_MAX ||
	                  value != floor(value)))
		p->error = ERR_RANGE;
	return p->error ? 0 : (uint32_t)value;
}

void mr__scpi_word(struct params *p, char *out, size_t room)
{
	size_t n = 0;

	out[0] = '\0';
	if (!begin_param(p))
		return;
	while (n < p->n && n + 1 < room &&
	       (isalnum(p->at[n]) || p->at[n] == '_' || p->at[n] == '-')) {
		out[n] = (char)toupper(p->at[n]);
		n++;
	}
	out[n] = '\0';
	step(p, n);
	next_param(p);
}

const uint8_t *mr__scpi_elements(struct params *p, size_t size, size_t *n)
{
	const uint8_t *data;
	size_t digits, bytes = 0;

	*n = 0;
	if (!begin_param(p))
		return NULL;
	digits = p->n >= 2 && p->at[0] == '#' && isdigit(p->at[1])
	                 ? (size_t)(p->at[1] - '0')
	                 : 0;
	if (digits == 0 || p->n < 2 + digits) {
		p->error = ERR_BLOCK;
		return NULL;
	}
	for (size_t i = 0; i < digits; i++)
		bytes = bytes * 10 + (size_t)(p->at[2 + i] - '0');
	data = p->at + 2 + digits;
	if (p->n < 2 + digits + bytes || bytes % size) {
		p->error = ERR_BLOCK;
		return NULL;
	}
	step(p, 2 + digits + bytes);
	next_param(p);
	*n = bytes / size;
	return data;
}

static uint32_t line(struct params *p, uint32_t lines, char end)
{
	uint32_t value = 0;

	skip_blanks(p);
	if (!p->n || !isdigit(*p->at))
		p->error = ERR_SYNTAX;
	while (p->n && isdigit(*p->at) && value < 1000000) {
		value = value * 10 + (uint32_t)(*p->at - '0');
		step(p, 1);
	}
	if (!p->error && (value == 0 || value > lines))
		p->error = ERR_RANGE;
	if (end && !p->error) {
		if (p->n && *p->at == (uint8_t)end)
			step(p, 1);
		else
			p->error = ERR_SYNTAX;
	}
	return p->error ? 0 : value - 1;
}

static void add_cell(struct params *p, struct bytes *out, uint32_t cell)
{
	void *to = mr__scpi_room(out, sizeof cell);

	if (!to) {
		p->error = -223;
		return;
	}
	memcpy(to, &cell, sizeof cell);
	out->n += sizeof cell;
}

/* (@r!c,r1!c1:r2!c2) */
void mr__scpi_channels(struct params *p, const struct mr_description *d,
                       struct bytes *out)
{
	out->n = 0;
	if (!begin_param(p))
		return;
	if (p->n < 3 || p->at[0] != '(' || p->at[1] != '@') {
		p->error = ERR_SYNTAX;
		return;
	}
	step(p, 2);
	for (;;) {
		uint32_t r0 = line(p, d->rows, '!'), c0 = line(p, d->cols, 0);
		uint32_t r1 = r0, c1 = c0;

		if (!p->error && p->n && *p->at == ':') {
			step(p, 1);
			r1 = line(p, d->rows, '!');
			c1 = line(p, d->cols, 0);
		}
		for (uint32_t r = r0; r <= r1 && !p->error; r++)
			for (uint32_t c = c0; c <= c1 && !p->error; c++)
				add_cell(p, out, r * d->cols + c);
		if (p->error || !p->n || *p->at != ',')
			break;
		step(p, 1);
	}
	if (!p->error && p->n && *p->at == ')')
		step(p, 1);
	else if (!p->error)
		p->error = ERR_SYNTAX;
	next_param(p);
}

void mr__scpi_end(struct params *p)
{
	skip_blanks(p);
	if (!p->error && p->n)
		p->error = ERR_SYNTAX;
}

/* One keyword in its short or long form; capitals are the short one. */
static bool keyword(const char **header, const char **pattern)
{
	const char *h = *header, *q = *pattern;
	size_t shortest = 0, longest = 0, n = 0;

	while (isalpha((unsigned char)q[longest]))
		longest++;
	while (isupper((unsigned char)q[shortest]))
		shortest++;
	while (isalpha((unsigned char)h[n]))
		n++;
	if (n != shortest && n != longest)
		return false;
	for (size_t i = 0; i < n; i++)
		if (toupper((unsigned char)h[i]) != toupper((unsigned char)q[i]))
			return false;
	*header = h + n;
	*pattern = q + longest;
	return true;
}

bool mr__scpi_is(const char *header, const char *pattern)
{
	if (*header != ':' && *header != '*')
		pattern++; /* the leading colon may be left out */
	while (*pattern) {
		if (isalpha((unsigned char)*pattern)) {
			if (!keyword(&header, &pattern))
				return false;
		} else if (*header++ != *pattern++) {
			return false;
		}
	}
	return *header == '\0';
}
