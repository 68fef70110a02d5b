/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "wirehost.h"

#include <stdlib.h>
#include <string.h>

#include "memrig/uri.h"
#include "test.h"

#define ROOM_LEAST 4096
#define START_NS 1000000000

void wirehost_open(struct wirehost *h, const char *board, const char *text)
{
	struct mr_uri *uri = malloc(sizeof *uri);
	struct mr_errtext err = {""};

	*h = (struct wirehost){.now_ns = START_NS, .room = ROOM_LEAST};
	h->heard = malloc(h->room);
	h->type = mr__wire_find(board);
	CU_ASSERT_FATAL(uri && h->heard && h->type);
	MR_CODE_ERR(mr_uri_parse(uri, text, &err), MR_OK, err);
	int rc = h->type->open(uri, h->now_ns, &h->board, &err);

	free(uri);
	MR_CODE_ERR(rc, MR_OK, err);
	CU_ASSERT_FATAL(rc == MR_OK);
}

void wirehost_close(struct wirehost *h)
{
	MR_CODE(h->type->close(h->board, NULL), MR_OK);
	free(h->heard);
}

void wirehost_send(struct wirehost *h, const void *data, size_t n)
{
	const uint8_t *p = data;

	while (n) {
		size_t k = h->piece && h->piece < n ? h->piece : n;
		uint8_t *exact = malloc(k); /* sanitizers see one read too far */

		CU_ASSERT_FATAL(exact != NULL);
		memcpy(exact, p, k);
		h->type->input(h->board, h->now_ns, exact, k,
		               !h->bare && k == n);
		free(exact);
		p += k;
		n -= k;
	}
}

void wirehost_say(struct wirehost *h, const char *text)
{
	size_t n = strlen(text);
	char *line = malloc(n + 2);

	CU_ASSERT_FATAL(line != NULL);
	memcpy(line, text, n + 1);
	line[n] = '\n';
	wirehost_send(h, line, n + 1);
	free(line);
}

size_t wirehost_listen(struct wirehost *h)
{
	bool end = false;
	size_t got;

	h->n = 0;
	do {
		if (h->room - h->n < ROOM_LEAST) {
			uint8_t *more = realloc(h->heard, h->room * 2);

			CU_ASSERT_FATAL(more != NULL);
			h->heard = more;
			h->room *= 2;
		}
		got = h->type->output(h->board, h->now_ns, h->heard + h->n,
		                      h->room - h->n - 1, &end);
		h->n += got;
	} while (got && !end);
	h->heard[h->n] = '\0';
	return h->n;
}

const char *wirehost_hear(struct wirehost *h)
{
	while (!wirehost_listen(h)) {
		int64_t due_ns = h->type->due_ns(h->board, h->now_ns);

		if (due_ns == INT64_MAX)
			return "";
		CU_ASSERT_FATAL(due_ns > h->now_ns);
		h->now_ns = due_ns;
	}
	if (h->heard[h->n - 1] == '\n')
		h->heard[--h->n] = '\0';
	return (const char *)h->heard;
}

const char *wirehost_ask(struct wirehost *h, const char *text)
{
	wirehost_say(h, text);
	return wirehost_hear(h);
}
