/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The open board protocol: messages out, answers in, sessions. */
#include "scpi.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S 1e9
#define DURATION_MAX_S 1e9 /* 30 years: what fits into nanoseconds */
#define SLICE_NS INT64_C(5000000) /* how long a stop may go unnoticed */
#define SENDING_NS INT64_C(10000000000)
#define ROOM_MIN 4096
#define BEAT_NS INT64_C(500000000)
#define WATCHDOG_S "2"
#define PROTOCOL "MEMRIG,1."

static int64_t in_ns(const struct scpi *s, int64_t duration_ns)
{
	const struct mr_clock *clock = mr__transport_clock(s->pipe);

	return clock->monotonic_ns(clock->self) + duration_ns;
}

/* ---- a message ------------------------------------------------------------------ */

void mr__scpi_begin(struct scpi *s)
{
	s->n_out = 0;
	s->failed = MR_OK;
}

static char *make_room(struct scpi *s, size_t n)
{
	size_t room = s->room ? s->room : ROOM_MIN;

	while (room < s->n_out + n)
		room *= 2;
	if (room > s->room) {
		char *out = realloc(s->out, room);

		if (!out) {
			s->failed = MR_ERR_NOMEM;
			return NULL;
		}
		s->out = out;
		s->room = room;
	}
	return s->out + s->n_out;
}

void mr__scpi_add(struct scpi *s, const char *format, ...)
{
	char *to = make_room(s, SCPI_TEXT_MAX);
	va_list args;

	if (!to)
		return;
	va_start(args, format);
	int n = vsnprintf(to, SCPI_TEXT_MAX, format, args);

	va_end(args);
	if (n > 0)
		s->n_out += (size_t)n;
}

void mr__scpi_add_block(struct scpi *s, const void *data, size_t n)
{
	char digits[24];
	int d = snprintf(digits, sizeof digits, "%zu", n);
	char *to = make_room(s, n + sizeof digits);

	if (!to)
		return;
	*to++ = '#';
	*to++ = (char)('0' + d);
	memcpy(to, digits, (size_t)d);
	if (n)
		memcpy(to + d, data, n);
	s->n_out += 2 + (size_t)d + n;
}

int mr__scpi_send(struct scpi *s, struct mr_errtext *err)
{
	char *to = make_room(s, 1);
	int rc;

	if (!to || s->failed)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	*to = '\n';
	rc = mr__transport_write(s->pipe, s->out, s->n_out + 1, true,
	                         in_ns(s, SENDING_NS), NULL, err);
	if (rc)
		s->in_step = false;
	return rc;
}

/* ---- answers ---------------------------------------------------------------------- */

static int lose_step(struct scpi *s, int rc)
{
	if (rc)
		s->in_step = false;
	return rc;
}

static int say(struct scpi *s, const char *line, struct mr_errtext *err)
{
	return lose_step(s, mr__transport_write(s->pipe, line, strlen(line),
	                                        true, in_ns(s, SENDING_NS), NULL,
	                                        err));
}

int mr__scpi_watch(struct scpi *s, struct mr_errtext *err)
{
	s->beat_ns = in_ns(s, BEAT_NS);
	mr__scpi_add(s, ";:SYST:WDOG 0");
	return say(s, ":SYST:WDOG " WATCHDOG_S "\n", err);
}

void mr__scpi_unwatch(struct scpi *s)
{
	s->beat_ns = 0;
}

static int beat(struct scpi *s, struct mr_errtext *err)
{
	if (!s->beat_ns || in_ns(s, 0) < s->beat_ns)
		return MR_OK;
	s->beat_ns = in_ns(s, BEAT_NS);
	return say(s, ":SYST:HEAR\n", err);
}

int mr__scpi_await(struct scpi *s, double duration_s, struct mr_errtext *err)
{
	double most_s = duration_s < DURATION_MAX_S ? duration_s
	                                            : DURATION_MAX_S;
	int64_t deadline_ns =
		in_ns(s, s->answer_ns + (int64_t)(most_s * 1.1 * NS_PER_S));
	int rc;

	do {
		int64_t slice_ns = mr__transport_is_emulated(s->pipe)
		                           ? deadline_ns
		                           : in_ns(s, SLICE_NS);

		rc = s->run ? mr_run_check(s->run) : MR_OK;
		if (rc) {
			struct mr_errtext ignored = {""};

			(void)mr__scpi_safe(s, &ignored);
			return rc;
		}
		rc = beat(s, err);
		if (rc)
			return rc;
		rc = mr__transport_await(s->pipe,
		                         slice_ns < deadline_ns ? slice_ns
		                                                : deadline_ns,
		                         err);
	} while (rc == MR_ERR_TIMEOUT && in_ns(s, 0) < deadline_ns);
	/* a board that cut its job for want of heartbeats says so when asked */
	if (rc == MR_ERR_TIMEOUT && s->beat_ns) {
		s->beat_ns = 0;
		rc = mr__scpi_complaint(s, err);
	}
	return lose_step(s, rc);
}

static int next(struct scpi *s, char *c, struct mr_errtext *err)
{
	return lose_step(s, mr__transport_read(s->pipe, c, 1,
	                                       in_ns(s, s->answer_ns), NULL,
	                                       err));
}

static int malformed(struct scpi *s, const char *what, struct mr_errtext *err)
{
	s->in_step = false;
	return mr_errtext_set(err, MR_ERR_IO,
	                      "the board's answer is malformed: %s", what);
}

static int block_end(struct scpi *s, char *end, struct mr_errtext *err)
{
	int rc = next(s, end, err);

	if (!rc && *end == '\r')
		rc = next(s, end, err);
	if (!rc && *end != ',' && *end != ';' && *end != '\n')
		rc = malformed(s, "a block that nothing ends", err);
	return rc;
}

/* A line that is already over holds no answer: the board complains. */
static int block_size(struct scpi *s, size_t *n, struct mr_errtext *err)
{
	char c = 0;
	int rc = next(s, &c, err);

	if (!rc && c == '\r')
		rc = next(s, &c, err);
	if (!rc && c == '\n')
		return mr__scpi_complaint(s, err);
	if (!rc && c != '#')
		rc = malformed(s, "no block where one must be", err);
	if (!rc)
		rc = next(s, &c, err);
	if (!rc && (c < '1' || c > '9'))
		rc = malformed(s, "a block of no definite length", err);
	int digits = c - '0';

	*n = 0;
	for (int i = 0; i < digits && !rc; i++) {
		rc = next(s, &c, err);
		if (!rc && (c < '0' || c > '9'))
			rc = malformed(s, "a block's length is no number", err);
		*n = *n * 10 + (size_t)(c - '0');
	}
	return rc;
}

int mr__scpi_block_some(struct scpi *s, void *out, size_t room, size_t *n,
                        char *end, struct mr_errtext *err)
{
	int rc = block_size(s, n, err);

	if (!rc && *n > room)
		rc = malformed(s, "a block that is longer than asked for", err);
	if (!rc && *n)
		rc = lose_step(s, mr__transport_read(s->pipe, out, *n,
		                                     in_ns(s, SENDING_NS), NULL,
		                                     err));
	return rc ? rc : block_end(s, end, err);
}

int mr__scpi_block(struct scpi *s, void *out, size_t n, char *end,
                   struct mr_errtext *err)
{
	size_t came = 0;
	int rc = mr__scpi_block_some(s, out, n, &came, end, err);

	if (!rc && came != n)
		rc = malformed(s, "a block that is shorter than asked for", err);
	return rc;
}

int mr__scpi_text(struct scpi *s, char out[SCPI_TEXT_MAX], char *end,
                  struct mr_errtext *err)
{
	bool quoted = false;
	size_t n = 0;

	for (;;) {
		char c = 0;
		int rc = next(s, &c, err);

		if (rc)
			return rc;
		if (c == '"') {
			quoted = !quoted;
			continue;
		}
		if (c == '\n' || (!quoted && (c == ',' || c == ';'))) {
			out[n] = '\0';
			*end = c;
			return MR_OK;
		}
		if (c == '\r')
			continue;
		if (n + 1 == SCPI_TEXT_MAX)
			return malformed(s, "a text without end", err);
		out[n++] = c;
	}
}

int mr__scpi_integer(struct scpi *s, int64_t *out, char *end,
                     struct mr_errtext *err)
{
	char text[SCPI_TEXT_MAX], *rest;
	int rc = mr__scpi_text(s, text, end, err);

	if (rc)
		return rc;
	if (!text[0] && *end == '\n')
		return mr__scpi_complaint(s, err);
	errno = 0;
	*out = strtoll(text, &rest, 10);
	if (rest == text || *rest || errno)
		return malformed(s, "no whole number where one must be", err);
	return MR_OK;
}

/* ---- complaints ---------------------------------------------------------------------- */

static int code_of(long scpi)
{
	switch (scpi) {
	case -113:
		return MR_ERR_UNSUPPORTED;
	case -222:
	case -223:
		return MR_ERR_RANGE;
	case -221:
	case 101:
		return MR_ERR_REFUSED;
	default:
		return MR_ERR_IO;
	}
}

int mr__scpi_complaint(struct scpi *s, struct mr_errtext *err)
{
	char code[SCPI_TEXT_MAX], text[SCPI_TEXT_MAX] = "", end;
	int rc;

	mr__scpi_begin(s);
	mr__scpi_add(s, ":SYST:ERR?");
	rc = mr__scpi_send(s, err);
	if (!rc)
		rc = mr__scpi_await(s, 0, err);
	if (!rc)
		rc = mr__scpi_text(s, code, &end, err);
	if (!rc && end == ',')
		rc = mr__scpi_text(s, text, &end, err);
	if (rc)
		return rc;
	long number = strtol(code, NULL, 10);

	return mr_errtext_set(err, number ? code_of(number) : MR_ERR_IO,
	                      "the board refuses: %ld, %s", number,
	                      number ? text : "it gives no reason");
}

/* ---- sessions ------------------------------------------------------------------------- */

static int ask(struct scpi *s, const char *what, char answer[SCPI_TEXT_MAX],
               struct mr_errtext *err)
{
	size_t n = 0;
	int rc;

	mr__scpi_begin(s);
	mr__scpi_add(s, "%s", what);
	rc = mr__scpi_send(s, err);
	if (!rc)
		rc = mr__scpi_await(s, 0, err);
	if (!rc)
		rc = lose_step(s, mr__transport_read_until(
					  s->pipe, '\n', answer,
					  SCPI_TEXT_MAX, in_ns(s, s->answer_ns),
					  &n, err));
	if (rc)
		return rc;
	while (n && (answer[n - 1] == '\n' || answer[n - 1] == '\r'))
		n--;
	answer[n] = '\0';
	return MR_OK;
}

static int clear(struct scpi *s, struct mr_errtext *err)
{
	struct mr_errtext why = {""};
	int rc = mr__transport_clear(s->pipe, in_ns(s, SENDING_NS), &why);

	if (rc && rc != MR_ERR_UNSUPPORTED)
		return mr_errtext_set(err, rc, "%s", why.text);
	return mr__transport_flush(s->pipe, err);
}

int mr__scpi_start(struct scpi *s, char identity[SCPI_TEXT_MAX],
                   struct mr_errtext *err)
{
	char answer[SCPI_TEXT_MAX];
	int rc = clear(s, err);

	mr__scpi_begin(s);
	mr__scpi_add(s, ":ABOR;*CLS;:OUTP:ENAB 1");
	if (!rc)
		rc = mr__scpi_send(s, err);
	if (!rc)
		rc = ask(s, "*IDN?", identity, err);
	if (!rc)
		rc = ask(s, ":SYST:PROT?", answer, err);
	if (rc)
		return rc;
	if (strncmp(answer, PROTOCOL, sizeof PROTOCOL - 1) != 0)
		return mr_errtext_set(
			err, MR_ERR_UNSUPPORTED,
			"%.100s speaks \"%.60s\", not the open board protocol "
			"1.x (docs/board-protocol.md); a source-measure unit is "
			"opened as smu+...",
			identity, answer);
	s->in_step = true;
	return MR_OK;
}

int mr__scpi_safe(struct scpi *s, struct mr_errtext *err)
{
	mr__scpi_begin(s);
	mr__scpi_add(s, s->beat_ns ? ":ABOR;:OUTP:SAFE;:SYST:WDOG 0"
	                           : ":ABOR;:OUTP:SAFE");
	s->in_step = false;
	return mr__scpi_send(s, err);
}

void mr__scpi_free(struct scpi *s)
{
	free(s->out);
	s->out = NULL;
}
