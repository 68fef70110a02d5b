/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The switch matrix between the unit and the cells: six slots of eight rows and
 * twelve columns, channels "1A01" (slot, row letter, column). The unit's HI is on
 * matrix row A and its LO on row B of every slot. The columns of all slots, in
 * their order, are the array's lines: first its rows, then its columns; line k
 * (from 0) is column k % 12 + 1 of slot k / 12 + 1. So with rows=2, cols=3
 * "1A01,1B03" reaches cell (0, 0) and "1A02,1B05" cell (1, 2). HI on a column and
 * LO on a row reaches the cell the other way round; both on one line is a short.
 */
#include "wire_smu.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HI 0
#define LO 1
#define TEN 10

static uint32_t channel_of(uint32_t slot, uint32_t row, uint32_t col)
{
	return slot * SMU_PER_SLOT + row * SMU_MATRIX_COLS + col;
}

/* ---- what is reached ---------------------------------- */

static bool reaches(const struct smu *b, uint32_t line, uint32_t terminal)
{
	return b->matrix.closed[channel_of(line / SMU_MATRIX_COLS, terminal,
	                                   line % SMU_MATRIX_COLS)];
}

static void add_line(struct smu *b, uint32_t line, int way_of_row)
{
	struct smu_route *r = &b->matrix.route;

	if (line < b->desc->rows) {
		r->rows[way_of_row][r->n_rows[way_of_row]++] = line;
	} else if (line < b->desc->rows + b->desc->cols) {
		int way = !way_of_row; /* LO on a column is the usual way */

		r->cols[way][r->n_cols[way]++] = line - b->desc->rows;
	}
}

void mr__smu_route(struct smu *b)
{
	struct smu_route *r = &b->matrix.route;

	memset(r, 0, sizeof *r);
	if (!b->matrix.there) {
		r->n_rows[0] = r->n_cols[0] = 1;
		return;
	}
	for (uint32_t line = 0; line < SMU_LINES; line++) {
		bool hi = reaches(b, line, HI), lo = reaches(b, line, LO);

		r->shorted = r->shorted || (hi && lo);
		if (hi)
			add_line(b, line, 0);
		if (lo)
			add_line(b, line, 1);
	}
}

/* ---- channel lists ---------------------------------- */

/* One channel, from its name. */
static bool take_channel(const char **s, uint32_t *channel)
{
	const char *p = *s;
	uint32_t slot = 0, row, col;

	if (!isdigit((unsigned char)p[0]) || !isalpha((unsigned char)p[1]) ||
	    !isdigit((unsigned char)p[2]) || !isdigit((unsigned char)p[3]))
		return false;
	slot = (uint32_t)(p[0] - '1');
	row = (uint32_t)(toupper((unsigned char)p[1]) - 'A');
	col = (uint32_t)((p[2] - '0') * TEN + (p[3] - '0')) - 1;
	if (slot >= SMU_SLOTS || row >= SMU_MATRIX_ROWS || col >= SMU_MATRIX_COLS)
		return false;
	*s = p + 4;
	*channel = channel_of(slot, row, col);
	return true;
}

static const char *blanks(const char *s)
{
	while (*s == ' ')
		s++;
	return s;
}

static bool take_whole(const char **s, bool set[SMU_CHANNELS])
{
	uint32_t from = 0, n = SMU_CHANNELS;

	if (strncmp(*s, "allslots", 8) == 0) {
		*s += 8;
	} else if (strncmp(*s, "slot", 4) == 0 && (*s)[4] >= '1' &&
	           (*s)[4] < '1' + SMU_SLOTS) {
		from = (uint32_t)((*s)[4] - '1') * SMU_PER_SLOT;
		n = SMU_PER_SLOT;
		*s += 5;
	} else {
		return false;
	}
	memset(set + from, 1, n);
	return true;
}

/* "1A01,1A05", "1A01:1A05", "slot2", "allslots". */
static bool take_list(const char *s, bool set[SMU_CHANNELS])
{
	memset(set, 0, SMU_CHANNELS);
	for (s = blanks(s);; s = blanks(s + 1)) {
		uint32_t from, to;

		if (take_whole(&s, set)) {
			s = blanks(s);
		} else {
			if (!take_channel(&s, &from))
				return false;
			to = from;
			if (*s == ':') {
				s++;
				if (!take_channel(&s, &to))
					return false;
			}
			if (to < from)
				return false;
			memset(set + from, 1, to - from + 1);
			s = blanks(s);
		}
		if (!*s)
			return true;
		if (*s != ',')
			return false;
	}
}

static int list_of(const struct tsp_values *in, bool set[SMU_CHANNELS])
{
	if (in->n < 1 || in->v[0].kind != TSP_TEXT)
		return SMU_TSP_RUNTIME;
	return take_list(in->v[0].text, set) ? 0 : SMU_TSP_RUNTIME;
}

static size_t put_channel(char *to, uint32_t channel)
{
	uint32_t in_slot = channel % SMU_PER_SLOT;
	uint32_t col = in_slot % SMU_MATRIX_COLS + 1;

	to[0] = (char)('1' + channel / SMU_PER_SLOT);
	to[1] = (char)('A' + in_slot / SMU_MATRIX_COLS);
	to[2] = (char)('0' + col / TEN);
	to[3] = (char)('0' + col % TEN);
	return 4;
}

/* ---- switching ---------------------------------- */

/* Rows A and B carry the unit; the others lead nowhere here. */
static bool is_wired(uint32_t channel)
{
	return channel % SMU_PER_SLOT / SMU_MATRIX_COLS <= LO;
}

static void assign(struct smu *b, const bool wanted[SMU_CHANNELS])
{
	struct smu_matrix *m = &b->matrix;
	bool changes = false;

	for (uint32_t i = 0; i < SMU_CHANNELS; i++)
		changes = changes || (is_wired(i) && wanted[i] != m->closed[i]);
	if (changes) {
		mr__smu_settle(b);
		m->hot += b->on;
	}
	memcpy(m->closed, wanted, sizeof m->closed);
	if (changes)
		mr__smu_route(b);
}

/* channel.close, .open, .exclusiveclose */
int mr__tsp_channel_change(struct smu *b, struct tsp *t, const struct tsp_name *n,
                           const struct tsp_values *in, struct tsp_values *out)
{
	bool set[SMU_CHANNELS], wanted[SMU_CHANNELS];
	bool opens = strcmp(n->name, "channel.open") == 0;
	bool only = strcmp(n->name, "channel.exclusiveclose") == 0;
	int rc = list_of(in, set);

	(void)t;
	out->n = 0;
	for (uint32_t i = 0; i < SMU_CHANNELS && !rc; i++) {
		if (set[i] && !opens && b->matrix.forbidden[i])
			rc = SMU_TSP_RUNTIME;
		wanted[i] = set[i] ? !opens
		                   : b->matrix.closed[i] && !only;
		if (wanted[i] && !b->matrix.closed[i])
			b->matrix.wait_s = fmax(b->matrix.wait_s,
			                        b->matrix.delay_s[i]);
	}
	if (!rc)
		assign(b, wanted);
	return rc;
}

int mr__tsp_matrix_reset(struct smu *b, struct tsp *t, const struct tsp_name *n,
                         const struct tsp_values *in, struct tsp_values *out)
{
	static const bool nothing[SMU_CHANNELS];

	(void)t;
	(void)n;
	(void)in;
	out->n = 0;
	assign(b, nothing);
	memset(b->matrix.forbidden, 0, sizeof b->matrix.forbidden);
	memset(b->matrix.delay_s, 0, sizeof b->matrix.delay_s);
	b->matrix.rule = 1;
	return 0;
}

/* ---- asking ---------------------------------- */

/* channel.getclose (nil where nothing is closed), .getforbidden, .getstate */
int mr__tsp_channel_ask(struct smu *b, struct tsp *t, const struct tsp_name *n,
                        const struct tsp_values *in, struct tsp_values *out)
{
	bool states = strcmp(n->name, "channel.getstate") == 0;
	const bool *of = strcmp(n->name, "channel.getforbidden") == 0
	                         ? b->matrix.forbidden
	                         : b->matrix.closed;
	struct tsp_value *v = &out->v[0];
	bool set[SMU_CHANNELS];
	int rc = list_of(in, set);
	size_t at = 0;

	(void)t;
	out->n = 1;
	*v = (struct tsp_value){.kind = TSP_NIL};
	for (uint32_t i = 0; i < SMU_CHANNELS && !rc; i++) {
		if (!set[i] || (!states && !of[i]))
			continue;
		if (at)
			v->text[at++] = ';';
		if (states)
			v->text[at++] = of[i] ? '1' : '0';
		else
			at += put_channel(v->text + at, i);
		v->kind = TSP_TEXT;
	}
	v->text[at] = '\0';
	return rc;
}

int mr__tsp_channel_forbid(struct smu *b, struct tsp *t, const struct tsp_name *n,
                           const struct tsp_values *in, struct tsp_values *out)
{
	bool set[SMU_CHANNELS];
	bool forbids = strcmp(n->name, "channel.setforbidden") == 0;
	int rc = list_of(in, set);

	(void)t;
	out->n = 0;
	for (uint32_t i = 0; i < SMU_CHANNELS && !rc; i++)
		if (set[i])
			b->matrix.forbidden[i] = forbids;
	return rc;
}

int mr__tsp_channel_delay(struct smu *b, struct tsp *t, const struct tsp_name *n,
                          const struct tsp_values *in, struct tsp_values *out)
{
	bool set[SMU_CHANNELS];
	int rc = list_of(in, set);

	(void)t;
	(void)n;
	out->n = 0;
	if (!rc && (in->n != 2 || in->v[1].kind != TSP_NUMBER ||
	            !(in->v[1].x >= 0 && in->v[1].x <= 60)))
		rc = SMU_TSP_RUNTIME;
	for (uint32_t i = 0; i < SMU_CHANNELS && !rc; i++)
		if (set[i])
			b->matrix.delay_s[i] = in->v[1].x;
	return rc;
}
