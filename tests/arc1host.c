/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "arc1host.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "test.h"

void switch_on(struct bench *h, const char *keys)
{
	char text[MR_URI_TEXT_MAX];
	struct mr_uri uri;
	struct mr_errtext err = {""};

	*h = (struct bench){.type = mr__wire_find("arc1"), .t_ns = 7 * S};
	CU_ASSERT_FATAL(h->type != NULL);
	(void)snprintf(text, sizeof text, "emu:%s", keys);
	MR_CODE_ERR(mr_uri_parse(&uri, text, &err), MR_OK, err);
	MR_CODE_ERR(h->type->open(&uri, h->t_ns, &h->board, &err), MR_OK, err);
	CU_ASSERT_FATAL(h->board != NULL);
	MR_CODE(mr_uri_finish(&uri, NULL), MR_OK);
}

void switch_off(struct bench *h)
{
	MR_CODE(h->type->close(h->board, NULL), MR_OK);
}

void say(struct bench *h, const char *bytes)
{
	h->type->input(h->board, h->t_ns, (const uint8_t *)bytes, strlen(bytes),
	               false);
}

void collect(struct bench *h)
{
	bool end = true;

	h->n += h->type->output(h->board, h->t_ns, h->got + h->n, ROOM - h->n,
	                        &end);
	CU_ASSERT(!end);
}

/* Go from due time to due time until nothing is to come. */
void settle(struct bench *h)
{
	h->n = 0;
	for (;;) {
		int64_t due_ns = h->type->due_ns(h->board, h->t_ns);

		if (due_ns == INT64_MAX || h->n == ROOM)
			return;
		if (due_ns > h->t_ns)
			h->t_ns = due_ns;
		collect(h);
	}
}

/* Send, and take all of the answer. */
void ask(struct bench *h, const char *bytes)
{
	say(h, bytes);
	settle(h);
}

double at(const struct bench *h, size_t i)
{
	const uint8_t *p = h->got + 4 * i;
	uint32_t word = (uint32_t)p[0] | (uint32_t)p[1] << 8 |
	                (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	float f;

	CU_ASSERT_FATAL(4 * i + 4 <= h->n);
	memcpy(&f, &word, sizeof f);
	return (double)f;
}

void is_triple(const struct bench *h, size_t i, double r, double v,
                      double w)
{
	MR_NEAR(at(h, 3 * i), r, 1e-5 * fabs(r));
	MR_NEAR(at(h, 3 * i + 1), v, 1e-6 * fabs(v));
	MR_NEAR(at(h, 3 * i + 2), w, 1e-6 * fabs(w));
}

bool is_text(const struct bench *h, size_t from, const char *text)
{
	return h->n >= from + strlen(text) &&
	       memcmp(h->got + from, text, strlen(text)) == 0;
}

struct mr__arc1_report report(const struct bench *h)
{
	struct mr__arc1_report r;

	mr__arc1_report(h->board, &r);
	return r;
}

/* The session start of the sheet: 00, a pause, 0 with seven numbers, 01. */
void start(struct bench *h, const char *keys)
{
	switch_on(h, keys);
	ask(h, "00\n");
	CU_ASSERT_EQUAL(h->n, 0);
	h->t_ns += S / 2;
	ask(h, "0\n5\n32\n32\n2\n0\n0\n0.2\n");
	CU_ASSERT_EQUAL(h->n, 2);
	CU_ASSERT(is_text(h, 0, "1\n"));
	h->t_ns += MS;
	ask(h, "01\n2\n2.000e-01\n");
	CU_ASSERT_EQUAL(h->n, 0);
}

/* A board whose driver does nothing wrong. */
void end(struct bench *h)
{
	struct mr__arc1_report r = report(h);

	CU_ASSERT_EQUAL(r.misuse, 0);
	CU_ASSERT_EQUAL(r.ignored, 0);
	CU_ASSERT_EQUAL(r.lost, 0);
	CU_ASSERT(r.idle);
	switch_off(h);
}
