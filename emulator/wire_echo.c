/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * echo: a board for tests of pipes. Each line is answered by itself; "WAIT S
 * TEXT" is answered by TEXT after S seconds; "BLOCK N" by N bytes 0, 1, 2, ...
 * 255, 0, ...; "CELL N" by the conductance of cell N of the emulated array, a
 * little-endian float. A BREAK empties it.
 */
#include "wires.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 256
#define OUT_MAX ((size_t)1 << 21)
#define NS_PER_S 1e9

struct echo {
	struct mr_array *array;
	char line[LINE_MAX_BYTES];
	size_t n_line;
	uint8_t *out; /* [OUT_MAX] */
	size_t n_out;
	size_t sent;
	int64_t due_ns;
	bool up;
};

static int echo_open(struct mr_uri *uri, int64_t now_ns, void **self,
                     struct mr_errtext *err)
{
	struct echo *e = calloc(1, sizeof *e);
	int rc = MR_OK;

	(void)now_ns;
	if (e)
		e->out = malloc(OUT_MAX);
	if (!e || !e->out) {
		free(e);
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	}
	rc = mr__wire_array(uri, &e->array, err);
	if (rc) {
		free(e->out);
		free(e);
		return rc;
	}
	*self = e;
	return MR_OK;
}

static void put(struct echo *e, const void *data, size_t n)
{
	if (e->sent == e->n_out)
		e->sent = e->n_out = 0;
	if (n > OUT_MAX - e->n_out)
		return;
	memcpy(e->out + e->n_out, data, n);
	e->n_out += n;
}

static void put_block(struct echo *e, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put(e, &(uint8_t){(uint8_t)i}, 1);
}

static void put_cell(struct echo *e, uint32_t cell)
{
	float g_S = 0;
	struct mr_selection where = {.kind = MR_SELECT_LIST,
	                             .cells = &cell,
	                             .n_cells = 1};

	(void)mr_array_read(e->array, &where, &g_S);
	put(e, &g_S, sizeof g_S);
}

static void put_late(struct echo *e, int64_t now_ns)
{
	char *text;
	double wait_s = strtod(e->line + 5, &text);

	text += *text == ' ';
	e->due_ns = now_ns + (int64_t)(wait_s * NS_PER_S);
	put(e, text, strlen(text));
	put(e, "\n", 1);
}

static bool begins(const struct echo *e, const char *word)
{
	return strncmp(e->line, word, strlen(word)) == 0;
}

static void answer(struct echo *e, int64_t now_ns)
{
	e->line[e->n_line] = '\0';
	e->due_ns = now_ns;
	if (begins(e, "WAIT ")) {
		put_late(e, now_ns);
	} else if (begins(e, "BLOCK ")) {
		size_t n = strtoul(e->line + 6, NULL, 10);

		put_block(e, n < OUT_MAX ? n : OUT_MAX);
	} else if (begins(e, "CELL ")) {
		put_cell(e, (uint32_t)strtoul(e->line + 5, NULL, 10));
	} else {
		put(e, e->line, e->n_line);
		put(e, "\n", 1);
	}
	e->n_line = 0;
}

static void echo_input(void *self, int64_t now_ns, const uint8_t *data, size_t n,
                       bool end)
{
	struct echo *e = self;

	(void)end;
	for (size_t i = 0; i < n; i++) {
		if (data[i] == '\n')
			answer(e, now_ns);
		else if (e->n_line + 1 < sizeof e->line)
			e->line[e->n_line++] = (char)data[i];
	}
}

static size_t echo_output(void *self, int64_t now_ns, uint8_t *buf, size_t room,
                          bool *end)
{
	struct echo *e = self;
	size_t n = e->n_out - e->sent < room ? e->n_out - e->sent : room;

	*end = false;
	if (now_ns < e->due_ns)
		return 0;
	memcpy(buf, e->out + e->sent, n);
	e->sent += n;
	*end = n && e->sent == e->n_out;
	return n;
}

static int64_t echo_due_ns(void *self, int64_t now_ns)
{
	const struct echo *e = self;

	(void)now_ns;
	return e->sent < e->n_out ? e->due_ns : INT64_MAX;
}

static void echo_clear(void *self, int64_t now_ns)
{
	struct echo *e = self;

	(void)now_ns;
	e->n_line = e->n_out = e->sent = 0;
}

static void echo_link(void *self, int64_t now_ns, bool up)
{
	struct echo *e = self;

	echo_clear(self, now_ns);
	e->up = up;
}

static bool echo_is_safe(void *self, int64_t now_ns, int64_t *since_ns)
{
	(void)self;
	(void)now_ns;
	*since_ns = 0;
	return true;
}

static int echo_close(void *self, struct mr_errtext *err)
{
	struct echo *e = self;
	int rc = mr_array_close(e->array, err);

	free(e->out);
	free(e);
	return rc;
}

const struct mr__wire_type mr__wire_echo = {
	.name = "echo",
	.summary = "echo: answers each line by itself; for tests of pipes",
	.messages = true,
	.open = echo_open,
	.input = echo_input,
	.output = echo_output,
	.due_ns = echo_due_ns,
	.clear = echo_clear,
	.link = echo_link,
	.is_safe = echo_is_safe,
	.close = echo_close,
};
