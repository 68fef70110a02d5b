/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The virtual board of the open protocol: time, and the order of messages. */
#include "wire_scpi.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wires.h"

#define NS_PER_S 1e9
#define MESSAGE_LEAST 256 /* the protocol's */
#define MESSAGE_DEFAULT ((uint64_t)1 << 20)
#define MESSAGE_MOST ((uint64_t)1 << 29)
#define OUTPUT_PAUSE ((size_t)1 << 20) /* bytes not fetched before it waits */
#define KEY_PREFIX "board."

/* ---- time -------------------------------------------------------------------------- */

/* Without a clock of its own everything is due at once. */
int64_t mr__ws_board_ns(const struct wire_scpi *b)
{
	if (b->instant)
		return INT64_MAX;
	return b->born_ns + (b->now_ns - b->opened_ns) + b->advanced_ns;
}

int mr__ws_sync(struct wire_scpi *b)
{
	int64_t behind_ns = mr__ws_board_ns(b) - mr_array_time_ns(b->array);
	struct mr_op op = {.kind = MR_OP_WAIT,
	                   .wait = {.duration_s = (double)behind_ns / NS_PER_S}};

	return b->instant || behind_ns <= 0 ? WS_OK : mr__ws_do(b, &op);
}

/* Host time at which it can go on. */
static int64_t wake_ns(const struct wire_scpi *b)
{
	int64_t t_ns = mr_array_time_ns(b->array);

	if (b->job.kind != JOB_NONE)
		t_ns = b->job.begin_ns + b->job.length_ns;
	t_ns += b->opened_ns - b->born_ns - b->advanced_ns;
	return t_ns > b->now_ns ? t_ns : b->now_ns + 1;
}

/* ---- messages ------------------------------------------------------------------------ */

static void recycle(struct wire_scpi *b, struct ws_message *m)
{
	if (!m)
		return;
	if (b->spare) {
		mr__ws_free(&m->bytes);
		free(m);
		return;
	}
	b->spare = m;
}

static void finish(struct wire_scpi *b)
{
	struct ws_message *m = b->running;
	bool answered = b->n_answers > 0;

	b->running = NULL;
	b->n_answers = 0;
	if (answered && b->line.failed) {
		mr__ws_raise(b, WS_SYSTEM);
	} else if (answered) {
		mr__ws_send(b, &b->line, m->cobs, m->sequence);
		if (m->cobs && b->has_sequence &&
		    m->sequence == b->sequence) {
			mr__ws_swap(&b->line, &b->again);
			b->has_again = true;
		}
	}
	mr__ws_empty(&b->line);
	recycle(b, m);
}

static int perform(struct wire_scpi *b, const struct ws_command *c)
{
	const struct ws_entry *e = mr__ws_find(c);

	if (!e)
		return WS_HEADER;
	if (c->n_params < e->n_least)
		return WS_MISSING;
	if (c->n_params > e->n_most)
		return WS_SYNTAX;
	return e->act(b, c);
}

/* A message stops at its first error. Whoever asked something in it gets a line
 * all the same: waiting for one that never comes would tell him less. */
static void fail(struct wire_scpi *b, int error)
{
	struct ws_message *m = b->running;
	bool asked = b->asked;
	struct ws_command c;

	mr__ws_raise(b, error);
	while (mr__ws_next(m, &c) == 1)
		asked |= c.query;
	if (b->n_answers == 0 && asked)
		(void)mr__ws_answer(b);
	finish(b);
}

static void step(struct wire_scpi *b)
{
	struct ws_command c = {.query = false};
	int rc = mr__ws_next(b->running, &c);

	if (rc == 0) {
		finish(b);
		return;
	}
	b->asked |= c.query;
	if (rc == 1)
		rc = perform(b, &c);
	if (rc)
		fail(b, rc);
}

static bool begin_next(struct wire_scpi *b)
{
	struct ws_message *m = b->first;

	if (!m || b->out.bytes.n - b->out.head > OUTPUT_PAUSE)
		return false;
	b->first = m->next;
	if (!b->first)
		b->last = &b->first;
	b->waiting -= m->bytes.n + sizeof *m;
	b->running = m;
	b->asked = false;
	return true;
}

static void run(struct wire_scpi *b)
{
	for (;;) {
		int rc = mr__ws_job_step(b);

		if (rc && b->running)
			fail(b, rc);
		else if (rc)
			mr__ws_raise(b, rc);
		if (b->job.kind != JOB_NONE ||
		    mr_array_time_ns(b->array) > mr__ws_board_ns(b))
			return;
		if (!b->running && !begin_next(b))
			return;
		step(b);
	}
}

void mr__ws_drop_messages(struct wire_scpi *b, bool answer)
{
	struct ws_command c;

	while (b->first) {
		struct ws_message *m = b->first;

		b->first = m->next;
		recycle(b, m);
	}
	b->last = &b->first;
	b->waiting = 0;
	if (!b->running)
		return;
	if (answer && mr__ws_next(b->running, &c) == 1 &&
	    mr__ws_matches("SOURce:PULSe:DONE?", &c))
		(void)mr__ws_done_query(b, &c);
	finish(b);
}

/* During a job: what ends it, or only feeds the watchdog. */
static void run_urgent(struct wire_scpi *b, struct ws_message *m)
{
	bool pulses = b->job.kind == JOB_PULSE, stops = false;
	struct ws_command c;

	while (mr__ws_next(m, &c) == 1) {
		stops = stops || !mr__ws_matches("SYSTem:HEARt", &c);
		(void)perform(b, &c);
	}
	if (stops)
		mr__ws_drop_messages(b, pulses);
	recycle(b, m);
}

static struct ws_message *make_message(struct wire_scpi *b, bool cobs,
                                       uint16_t sequence)
{
	struct ws_message *m = b->spare ? b->spare : calloc(1, sizeof *m);

	if (!m)
		return NULL;
	b->spare = NULL;
	mr__ws_empty(&m->bytes);
	mr__ws_swap(&m->bytes, &b->framer.bytes);
	m->next = NULL;
	m->at = 0;
	m->path[0] = '\0';
	m->cobs = cobs;
	m->sequence = sequence;
	return m;
}

/* A request that was sent again; its answer may still be to come. */
static bool is_repeated(struct wire_scpi *b, uint16_t sequence)
{
	if (!b->has_sequence || b->sequence != sequence) {
		b->has_sequence = true;
		b->sequence = sequence;
		b->has_again = false;
		return false;
	}
	if (b->has_again)
		mr__ws_send(b, &b->again, true, sequence);
	return true;
}

void mr__ws_take(struct wire_scpi *b, bool cobs, uint16_t sequence)
{
	bool busy = b->running || b->first;
	struct ws_message *m = make_message(b, cobs, sequence);

	b->safety.heard_ns = b->now_ns;
	b->safety.expired = false;
	if (!m) {
		mr__ws_raise(b, WS_SYSTEM);
	} else if (busy && mr__ws_is_urgent(m)) {
		run_urgent(b, m);
	} else if (b->waiting + m->bytes.n > b->message_max) {
		mr__ws_raise(b, WS_TOO_MUCH);
		recycle(b, m);
	} else if (cobs && is_repeated(b, sequence)) {
		recycle(b, m);
	} else {
		*b->last = m;
		b->last = &m->next;
		b->waiting += m->bytes.n + sizeof *m;
	}
	run(b);
}

/* ---- the host's calls --------------------------------------------------------------- */

static void expire(struct wire_scpi *b)
{
	bool pulses = b->job.kind == JOB_PULSE;

	b->safety.expired = true;
	b->safety.enabled = false;
	mr__ws_make_safe(b, WS_WATCHDOG, true);
	mr__ws_drop_messages(b, pulses);
}

/* Everything that happened until now, in its order. */
static void advance(struct wire_scpi *b, int64_t now_ns)
{
	const struct ws_safety *s = &b->safety;
	double quiet_s = (double)(now_ns - s->heard_ns) / NS_PER_S;

	if (s->watchdog_s > 0 && !s->expired && quiet_s >= s->watchdog_s) {
		int64_t end_ns = s->heard_ns + llround(s->watchdog_s * NS_PER_S);

		b->now_ns = end_ns > b->now_ns ? end_ns : b->now_ns;
		run(b);
		expire(b);
	}
	b->now_ns = now_ns > b->now_ns ? now_ns : b->now_ns;
	run(b);
}

static void board_input(void *self, int64_t now_ns, const uint8_t *data,
                        size_t n, bool end)
{
	struct wire_scpi *b = self;

	advance(b, now_ns);
	mr__ws_frame(b, data, n, end);
}

/* How far the answer goes that comes next. */
static size_t answer_left(const struct ws_output *out)
{
	const size_t *ends = (const void *)out->ends.data;

	return ends[out->first_end] - out->head;
}

static void drained(struct ws_output *out)
{
	if (out->head < out->bytes.n)
		return;
	out->head = 0;
	out->first_end = 0;
	mr__ws_empty(&out->bytes);
	mr__ws_empty(&out->ends);
}

static size_t board_output(void *self, int64_t now_ns, uint8_t *buf,
                           size_t room, bool *end)
{
	struct wire_scpi *b = self;
	struct ws_output *out = &b->out;
	size_t n = 0;

	advance(b, now_ns);
	*end = false;
	if (!mr__ws_has_output(b) || room == 0)
		return 0;
	n = answer_left(out);
	*end = n <= room;
	n = *end ? n : room;
	memcpy(buf, out->bytes.data + out->head, n);
	out->head += n;
	out->first_end += *end;
	drained(out);
	(void)mr__ws_stb(b);
	return n;
}

static int64_t board_due(void *self, int64_t now_ns)
{
	struct wire_scpi *b = self;

	advance(b, now_ns);
	if (mr__ws_has_output(b))
		return b->now_ns;
	return b->running || b->first ? wake_ns(b) : INT64_MAX;
}

/* A host that is out of step, or a new one, cannot know of packets. */
static void reset_link(struct wire_scpi *b)
{
	mr__ws_make_safe(b, WS_ABORTED, false);
	mr__ws_empty(&b->line);
	b->n_answers = 0;
	mr__ws_drop_messages(b, false);
	b->out.head = b->out.bytes.n;
	drained(&b->out);
	mr__ws_frame_reset(b);
	b->cobs = false;
	b->has_sequence = false;
	b->has_again = false;
	(void)mr__ws_stb(b);
}

static void board_clear(void *self, int64_t now_ns)
{
	advance(self, now_ns);
	reset_link(self);
}

static uint8_t board_status_byte(void *self, int64_t now_ns)
{
	advance(self, now_ns);
	return mr__ws_serial_poll(self);
}

static void board_link(void *self, int64_t now_ns, bool up)
{
	struct wire_scpi *b = self;

	advance(b, now_ns);
	if (up)
		return;
	reset_link(b);
	b->safety.enabled = false;
}

static bool board_is_safe(void *self, int64_t now_ns, int64_t *since_ns)
{
	struct wire_scpi *b = self;

	advance(b, now_ns);
	if (since_ns)
		*since_ns = b->safety.safe_since_ns;
	return b->job.kind == JOB_NONE;
}

/* ---- power --------------------------------------------------------------------------- */

static int take_text(struct mr_uri *uri, const char *key, char *to,
                     struct mr_errtext *err)
{
	const char *text = mr_uri_take(uri, key);

	if (!text)
		return MR_OK;
	if (strlen(text) >= WS_NAME_MAX || strpbrk(text, ",;\n"))
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "key '%s=%s': must be shorter than %d bytes, "
		                      "without ',' ';' and line ends",
		                      key, text, WS_NAME_MAX);
	(void)snprintf(to, WS_NAME_MAX, "%s", text);
	return MR_OK;
}

static int take_time(struct mr_uri *uri, struct wire_scpi *b,
                     struct mr_errtext *err)
{
	const char *text = mr_uri_take(uri, KEY_PREFIX "time");

	b->instant = text && strcmp(text, "instant") == 0;
	if (!text || b->instant || strcmp(text, "clock") == 0)
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "key '" KEY_PREFIX "time=%s': must be clock or "
	                      "instant",
	                      text);
}

static int take_keys(struct mr_uri *uri, struct wire_scpi *b,
                     struct mr_errtext *err)
{
	int rc = take_text(uri, KEY_PREFIX "serial", b->serial, err);

	if (!rc)
		rc = take_text(uri, KEY_PREFIX "firmware", b->firmware, err);
	if (!rc)
		rc = take_text(uri, KEY_PREFIX "protocol", b->protocol, err);
	if (!rc)
		rc = mr_uri_take_u64(uri, KEY_PREFIX "message_max",
		                     MESSAGE_LEAST, MESSAGE_MOST,
		                     &b->message_max, err);
	if (!rc)
		rc = mr_uri_take_u64(uri, KEY_PREFIX "simulated", 0, 1,
		                     &b->simulated, err);
	if (!rc)
		rc = mr_uri_take_u64(uri, KEY_PREFIX "watchdog", 0, 1,
		                     &b->watchdog, err);
	if (!rc)
		rc = mr_uri_take_u64(uri, KEY_PREFIX "cobs", 0, 1, &b->packets,
		                     err);
	return rc ? rc : take_time(uri, b, err);
}

static int open_array(const struct mr_uri *uri, struct wire_scpi *b,
                      struct mr_errtext *err)
{
	int rc = mr__wire_array(uri, &b->array, err);

	if (rc)
		return rc;
	b->desc = mr_array_describe(b->array);
	if (!b->serial[0])
		(void)snprintf(b->serial, sizeof b->serial, "%016" PRIX64,
		               b->desc->seed);
	return MR_OK;
}

static void release(struct wire_scpi *b)
{
	struct ws_buffer *const buffers[] = {
		&b->framer.bytes, &b->line, &b->again, &b->out.bytes,
		&b->out.ends, &b->selection.list[0], &b->selection.list[1],
		&b->element_status};

	mr__ws_drop_messages(b, false);
	for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
		mr__ws_free(buffers[i]);
	for (int i = 0; i < WS_WORK; i++)
		mr__ws_free(&b->job.work[i]);
	if (b->spare)
		mr__ws_free(&b->spare->bytes);
	free(b->spare);
	free(b);
}

static int board_open(struct mr_uri *uri, int64_t now_ns, void **self,
                      struct mr_errtext *err)
{
	struct wire_scpi *b = calloc(1, sizeof *b);

	if (!b)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	b->last = &b->first;
	b->message_max = MESSAGE_DEFAULT;
	b->simulated = b->watchdog = b->packets = 1;
	(void)snprintf(b->firmware, sizeof b->firmware, "1.0");
	(void)snprintf(b->protocol, sizeof b->protocol, "1.0");
	int rc = take_keys(uri, b, err);

	if (!rc)
		rc = open_array(uri, b, err);
	if (rc) {
		release(b);
		return rc;
	}
	b->now_ns = b->opened_ns = now_ns;
	b->born_ns = mr_array_time_ns(b->array);
	b->safety.heard_ns = b->safety.safe_since_ns = now_ns;
	b->status.esr = WS_ESR_PON;
	mr__ws_describe(b);
	mr__ws_unlimit(b);
	mr__ws_select_all(b);
	*self = b;
	return MR_OK;
}

static int board_close(void *self, struct mr_errtext *err)
{
	struct wire_scpi *b = self;

	(void)mr__ws_job_cut(b);
	int rc = mr_array_close(b->array, err);

	b->n_answers = 0;
	release(b);
	return rc;
}

const struct mr__wire_type mr__wire_scpi = {
	.name = "scpi",
	.summary = "the open board protocol 1.0: board.serial, .firmware, "
		   ".protocol, .message_max, .simulated=0, .watchdog=0, "
		   ".time=instant",
	.messages = true,
	.open = board_open,
	.input = board_input,
	.output = board_output,
	.due_ns = board_due,
	.clear = board_clear,
	.status_byte = board_status_byte,
	.link = board_link,
	.is_safe = board_is_safe,
	.close = board_close,
};
