/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "smuhost.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#define URI_ROOM 512
#define NS_PER_S 1e9

void smuhost_open(struct wirehost *h, const char *profile, const char *more)
{
	char uri[URI_ROOM];

	(void)snprintf(uri, sizeof uri, SMUHOST_CELLS "&board.profile=%s%s",
	               profile, more);
	wirehost_open(h, "smu", uri);
}

void smuhost_wait(struct wirehost *h, double s)
{
	h->now_ns += llround(s * NS_PER_S);
	(void)h->type->due_ns(h->board, h->now_ns);
}

void smuhost_says(struct wirehost *h, const char *line, const char *expected,
                  unsigned at)
{
	const char *answer = "";
	char text[URI_ROOM];

	if (expected[0]) {
		answer = wirehost_ask(h, line);
	} else { /* the clock must not run on to whatever comes */
		wirehost_say(h, line);
		smuhost_wait(h, 2e-3);
		if (wirehost_listen(h))
			answer = (const char *)h->heard;
	}
	(void)snprintf(text, sizeof text, "%s: '%s' and not '%s'", line, answer,
	               expected);
	CU_assertImplementation(strcmp(answer, expected) == 0, at, text, __FILE__,
	                        "", CU_FALSE);
}

double smuhost_number(struct wirehost *h, const char *line, int k)
{
	const char *s = wirehost_ask(h, line);

	for (; k > 0; k--) {
		s = s + strcspn(s, ",\t;");
		s += *s != '\0';
		s += strspn(s, " ");
	}
	return *s ? strtod(s, NULL) : (double)NAN;
}

int smuhost_error(struct wirehost *h)
{
	return (int)smuhost_number(h, ":SYST:ERR?", 0);
}

const char *smuhost_route(struct wirehost *h, const char *line)
{
	const struct mr__wire_type *port = h->type->port(h->board);
	size_t n = strlen(line);
	char message[URI_ROOM];
	bool end;

	CU_ASSERT_FATAL(port != NULL && n + 2 < sizeof message);
	memcpy(message, line, n + 1);
	message[n] = '\n';
	port->input(h->board, h->now_ns, (const uint8_t *)message, n + 1, true);
	smuhost_wait(h, 0.01);
	h->n = port->output(h->board, h->now_ns, h->heard, h->room - 1, &end);
	h->heard[h->n ? h->n - 1 : 0] = '\0';
	return (const char *)h->heard;
}
