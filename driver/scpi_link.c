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
#define COMMUNICATION (-360) /* an error: what came was garbled */
#define ERRORS_MAX 32 /* boards keep at least 8 */

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
	if (s->packets.on)
		rc = mr__packets_send(s, s->out, s->n_out, err);
	else
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

/* In packets it has an answer, so that one that was garbled is noticed. */
static int watch_in_packets(struct scpi *s, struct mr_errtext *err)
{
	static const char text[] = ":SYST:WDOG " WATCHDOG_S ";*OPC?";
	int64_t done = 0;
	char end;
	int rc = lose_step(s, mr__packets_send(s, text, sizeof text - 1, err));

	if (!rc)
		rc = mr__scpi_await(s, 0, err);
	return rc ? rc : mr__scpi_integer(s, &done, &end, err);
}

int mr__scpi_watch(struct scpi *s, struct mr_errtext *err)
{
	int rc = s->packets.on ? watch_in_packets(s, err) : MR_OK;

	if (rc)
		return rc;
	s->beat_ns = in_ns(s, BEAT_NS);
	mr__scpi_add(s, ";:SYST:WDOG 0");
	return s->packets.on ? MR_OK
	                     : say(s, ":SYST:WDOG " WATCHDOG_S "\n", err);
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
	return s->packets.on
	               ? lose_step(s, mr__packets_beat(s, err))
	               : say(s, ":SYST:HEAR\n", err);
}

/* When to give up waiting: later, where a long answer is on its way or the
 * request was sent again. */
struct patience {
	int64_t all_ns;
	int64_t deadline_ns;
	size_t n_in;
	unsigned tries;
};

static void take_heart(const struct scpi *s, struct patience *p)
{
	int64_t more_ns = 0;

	if (s->packets.tries != p->tries)
		more_ns = p->all_ns;
	else if (s->packets.n_in > p->n_in)
		more_ns = s->answer_ns;
	p->tries = s->packets.tries;
	p->n_in = s->packets.n_in;
	if (more_ns && in_ns(s, more_ns) > p->deadline_ns)
		p->deadline_ns = in_ns(s, more_ns);
}

static int await_slice(struct scpi *s, struct patience *p, struct mr_errtext *err)
{
	int64_t slice_ns = mr__transport_is_emulated(s->pipe)
	                           ? p->deadline_ns
	                           : in_ns(s, SLICE_NS);
	int rc;

	if (slice_ns > p->deadline_ns)
		slice_ns = p->deadline_ns;
	if (!s->packets.on)
		return mr__transport_await(s->pipe, slice_ns, err);
	rc = mr__packets_await(s, slice_ns, err);
	/* request or answer, or their ends, may have been lost */
	if (rc == MR_ERR_TIMEOUT && in_ns(s, 0) >= p->deadline_ns &&
	    s->packets.tries == 0) {
		int again = mr__packets_send_again(s, err);

		rc = again ? again : rc;
	}
	take_heart(s, p);
	return rc;
}

int mr__scpi_await(struct scpi *s, double duration_s, struct mr_errtext *err)
{
	double most_s = duration_s < DURATION_MAX_S ? duration_s
	                                            : DURATION_MAX_S;
	struct patience p = {.all_ns = s->answer_ns +
	                               (int64_t)(most_s * 1.1 * NS_PER_S)};
	int rc;

	p.deadline_ns = in_ns(s, p.all_ns);
	do {
		rc = s->run ? mr_run_check(s->run) : MR_OK;
		if (rc) {
			struct mr_errtext ignored = {""};

			(void)mr__scpi_safe(s, &ignored);
			return rc;
		}
		rc = beat(s, err);
		if (rc)
			return rc;
		rc = await_slice(s, &p, err);
	} while (rc == MR_ERR_TIMEOUT && in_ns(s, 0) < p.deadline_ns);
	/* a board that cut its job for want of heartbeats says so when asked */
	if (rc == MR_ERR_TIMEOUT && s->beat_ns) {
		s->beat_ns = 0;
		rc = mr__scpi_complaint(s, err);
	}
	return lose_step(s, rc);
}

/* Bytes of the answer. */
static int take(struct scpi *s, void *out, size_t n, int64_t most_ns,
                struct mr_errtext *err)
{
	return lose_step(s, s->packets.on
	                            ? mr__packets_read(s, out, n, err)
	                            : mr__transport_read(s->pipe, out, n,
	                                                 in_ns(s, most_ns), NULL,
	                                                 err));
}

static int next(struct scpi *s, char *c, struct mr_errtext *err)
{
	return take(s, c, 1, s->answer_ns, err);
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
		rc = take(s, out, *n, SENDING_NS, err);
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

static int ask_error(struct scpi *s, long *number, char text[SCPI_TEXT_MAX],
                     struct mr_errtext *err)
{
	char code[SCPI_TEXT_MAX] = "", end;
	int rc;

	text[0] = '\0';
	mr__scpi_begin(s);
	mr__scpi_add(s, ":SYST:ERR?");
	rc = mr__scpi_send(s, err);
	if (!rc)
		rc = mr__scpi_await(s, 0, err);
	if (!rc)
		rc = mr__scpi_text(s, code, &end, err);
	if (!rc && end == ',')
		rc = mr__scpi_text(s, text, &end, err);
	*number = rc ? 0 : strtol(code, NULL, 10);
	return rc;
}

/* Of packets that were garbled and sent again, errors are left behind. */
int mr__scpi_complaint(struct scpi *s, struct mr_errtext *err)
{
	char text[SCPI_TEXT_MAX];
	long number = COMMUNICATION;
	int rc = MR_OK;

	for (int i = 0; i < ERRORS_MAX && number == COMMUNICATION && !rc; i++) {
		rc = ask_error(s, &number, text, err);
		if (!s->packets.on)
			break;
	}
	if (rc)
		return rc;
	return mr_errtext_set(err, number ? code_of(number) : MR_ERR_IO,
	                      "the board refuses: %ld, %s", number,
	                      number ? text : "it gives no reason");
}

/* ---- sessions ------------------------------------------------------------------------- */

static int take_line(struct scpi *s, char answer[SCPI_TEXT_MAX], size_t *n,
                     struct mr_errtext *err)
{
	int rc = MR_OK;

	if (!s->packets.on)
		return lose_step(s, mr__transport_read_until(
					    s->pipe, '\n', answer, SCPI_TEXT_MAX,
					    in_ns(s, s->answer_ns), n, err));
	for (*n = 0; !rc && (*n == 0 || answer[*n - 1] != '\n');) {
		if (*n == SCPI_TEXT_MAX)
			return malformed(s, "a text without end", err);
		rc = next(s, answer + *n, err);
		*n += !rc;
	}
	return rc;
}

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
		rc = take_line(s, answer, &n, err);
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
	if (!rc)
		mr__packets_stop(s); /* a clear ends them at the board, too */
	return mr__transport_flush(s->pipe, err);
}

/* What was said before they were on may have been garbled. */
static int begin(struct scpi *s, struct mr_errtext *err)
{
	char answer[SCPI_TEXT_MAX];

	return ask(s, "*CLS;:OUTP:ENAB 1;*OPC?", answer, err);
}

static int switch_packets_on(struct scpi *s, struct mr_errtext *err)
{
	int64_t on = 0;
	char end;
	int rc;

	mr__scpi_begin(s);
	mr__scpi_add(s, ":SYST:COMM:COBS ON");
	rc = mr__scpi_send(s, err);
	if (!rc)
		rc = mr__scpi_await(s, 0, err);
	if (!rc)
		rc = mr__scpi_integer(s, &on, &end, err);
	if (!rc && on != 1)
		rc = malformed(s, "not 1 to SYST:COMM:COBS ON", err);
	s->packets.on = !rc;
	return rc ? rc : begin(s, err);
}

int mr__scpi_use_packets(struct scpi *s, struct mr_errtext *err)
{
	s->packets.wanted = true;
	return s->packets.on ? MR_OK : switch_packets_on(s, err);
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
	if (s->packets.wanted)
		rc = mr__scpi_use_packets(s, err);
	s->in_step = !rc;
	return rc;
}

int mr__scpi_safe(struct scpi *s, struct mr_errtext *err)
{
	mr__scpi_begin(s);
	mr__scpi_add(s, s->beat_ns ? ":ABOR;:OUTP:SAFE;:SYST:WDOG 0"
	                           : ":ABOR;:OUTP:SAFE");
	s->in_step = false;
	return mr__scpi_send(s, err);
}

int mr__scpi_end(struct scpi *s, struct mr_errtext *err)
{
	char answer[SCPI_TEXT_MAX];
	bool asks = s->packets.on && s->in_step;
	int rc = mr__scpi_safe(s, err);

	return rc || !asks ? rc : ask(s, ":OUTP:SAFE;*OPC?", answer, err);
}

void mr__scpi_free(struct scpi *s)
{
	free(s->out);
	s->out = NULL;
	mr__packets_free(s);
}
