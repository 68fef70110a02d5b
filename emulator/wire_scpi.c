/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * scpi: a virtual board of the open protocol, docs/board-protocol.md, in front
 * of an emulated array. Written apart from the host's side.
 *
 * Its clock is its host's; the array ages with it, also while nobody speaks. An
 * operation takes its array time, and its answer falls due when that has passed
 * (board.time=instant: at once, and the board's clock runs ahead). While it is
 * busy it hears ABORt, OUTPut:SAFE and SYSTem:HEARt; a train of pulses on listed
 * cells is worked off as the clock goes, so that an abort spares the rest.
 *
 * Not there: the COBS layer (capability cobs=0).
 */
#include "wire_scpi.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX ((size_t)1 << 20)
#define NS_PER_S 1e9
#define HEADER_BYTES 64
#define ERR_UNDEFINED (-113)
#define ERR_TOO_MUCH (-223)
#define ERR_QUEUE (-350)
#define ERR_WATCHDOG 102
#define ERR_ABORTED 103

/* ---- errors ------------------------------------------------------------------------ */

void mr__scpi_error(struct scpi_wire *w, int code)
{
	w->esr |= code <= -400   ? ESR_QUERY
	          : code <= -300 ? ESR_DEVICE
	          : code <= -200 ? ESR_EXECUTION
	          : code <= -100 ? ESR_COMMAND
	                         : ESR_DEVICE;
	if (w->n_errors < SCPI_ERRORS)
		w->errors[w->n_errors++] = code;
	else
		w->errors[SCPI_ERRORS - 1] = ERR_QUEUE;
}

const char *mr__scpi_error_text(int code)
{
	static const struct {
		int code;
		const char *text;
	} texts[] = {{0, "No error"},
	             {-102, "Syntax error"},
	             {-109, "Missing parameter"},
	             {-113, "Undefined header"},
	             {-161, "Invalid block data"},
	             {-221, "Settings conflict"},
	             {-222, "Data out of range"},
	             {-223, "Too much data"},
	             {-240, "Hardware error"},
	             {-310, "System error"},
	             {-350, "Queue overflow"},
	             {101, "Not armed, or locked"},
	             {102, "Watchdog expired"},
	             {103, "Aborted"}};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (texts[i].code == code)
			return texts[i].text;
	return "Unknown";
}

/* ---- answers ------------------------------------------------------------------------ */

static void put(struct scpi_wire *w, const void *data, size_t n)
{
	void *to = mr__scpi_room(&w->out, n);

	if (!to) {
		mr__scpi_error(w, -310);
		return;
	}
	memcpy(to, data, n);
	w->out.n += n;
}

static void put_text(struct scpi_wire *w, const char *format, va_list args)
{
	char text[256];
	int n = vsnprintf(text, sizeof text, format, args);

	if (n > 0)
		put(w, text, (size_t)n < sizeof text ? (size_t)n
		                                     : sizeof text - 1);
}

void mr__scpi_answer(struct scpi_wire *w, const char *format, ...)
{
	va_list args;

	if (w->answered)
		put(w, ";", 1);
	w->answered = true;
	va_start(args, format);
	put_text(w, format, args);
	va_end(args);
}

void mr__scpi_more(struct scpi_wire *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_text(w, format, args);
	va_end(args);
}

void mr__scpi_answer_block(struct scpi_wire *w, const void *data, size_t n)
{
	char digits[24];
	int d = snprintf(digits, sizeof digits, "%zu", n);

	mr__scpi_more(w, "#%d%s", d, digits);
	put(w, data, n);
}

/* ---- time ----------------------------------------------------------------------------- */

int64_t mr__scpi_board_ns(const struct scpi_wire *w, int64_t now_ns)
{
	return now_ns - w->on_ns + w->ahead_ns;
}

/* Nobody spoke, the cells aged. */
static void catch_up(struct scpi_wire *w, int64_t now_ns)
{
	int64_t idle_ns = mr__scpi_board_ns(w, now_ns) -
	                  mr_array_time_ns(w->array);

	if (idle_ns > 0)
		(void)mr_array_wait(w->array, (double)idle_ns / NS_PER_S);
}

/* What was done took its time: of the host, or of nobody. */
static void take_time(struct scpi_wire *w, int64_t now_ns)
{
	int64_t over_ns = mr_array_time_ns(w->array) -
	                  mr__scpi_board_ns(w, now_ns);

	if (over_ns <= 0)
		return;
	if (w->instant)
		w->ahead_ns += over_ns;
	else if (w->due_ns < now_ns + over_ns)
		w->due_ns = now_ns + over_ns;
}

static bool is_busy(const struct scpi_wire *w, int64_t now_ns)
{
	return w->job.runs || (now_ns < w->due_ns);
}

/* ---- jobs ------------------------------------------------------------------------------ */

static void pulse_next(struct scpi_wire *w)
{
	struct job *j = &w->job;
	uint32_t cell = mr_selection_cell(&w->where, &w->desc, j->next);
	uint8_t status = 0;
	struct mr_op op = {.kind = MR_OP_PULSE,
	                   .where = {.kind = MR_SELECT_LIST,
	                             .cells = &cell,
	                             .n_cells = 1},
	                   .pulse = j->pulse};
	uint32_t count = j->pulse.count;

	if (j->train) {
		const float *one = j->train + (size_t)3 * j->next;

		op.pulse.amplitude = (double)one[0];
		op.pulse.width_s = (double)one[1];
		count = (uint32_t)one[2];
	}
	op.pulse.count = count;
	op.pulse.status = &status;
	if (count && mr_array_submit(w->array, &op, 1, NULL, NULL)) {
		mr__scpi_error(w, -240);
		j->runs = false;
		return;
	}
	w->status.at[j->next++] = status;
	w->summary |= status;
	w->done = j->next;
}

static void end_job(struct scpi_wire *w)
{
	free(w->job.train);
	w->job.train = NULL;
	w->job.runs = false;
}

void mr__scpi_go_on(struct scpi_wire *w, int64_t now_ns, bool all)
{
	struct job *j = &w->job;

	while (j->runs && j->next < j->n &&
	       (all || w->instant ||
	        mr_array_time_ns(w->array) <= mr__scpi_board_ns(w, now_ns)))
		pulse_next(w);
	w->live_until_ns = now_ns;
	if (j->runs && j->next == j->n)
		end_job(w);
	take_time(w, now_ns);
}

void mr__scpi_make_safe(struct scpi_wire *w, int64_t now_ns)
{
	if (is_busy(w, now_ns))
		mr__scpi_error(w, ERR_ABORTED);
	end_job(w);
	w->live_until_ns = now_ns;
	w->due_ns = now_ns;
}

/* ---- messages --------------------------------------------------------------------------- */

/* The header of a command, and what follows it. */
static void split(const uint8_t *at, size_t n, char *header, struct params *p)
{
	size_t i = 0, h = 0;

	while (i < n && (at[i] == ' ' || at[i] == '\r'))
		i++;
	while (i < n && h + 1 < HEADER_BYTES &&
	       (isalnum(at[i]) || strchr(":*?", at[i])))
		header[h++] = (char)at[i++];
	header[h] = '\0';
	*p = (struct params){.at = at + i, .n = n - i};
	if (i < n && at[i] != ' ' && at[i] != '\r')
		p->error = -102;
}

/* Where a command ends: a ';' that is in no block. */
static size_t command_length(const uint8_t *at, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (at[i] == ';')
			return i;
		if (at[i] != '#' || i + 1 >= n || !isdigit(at[i + 1]))
			continue;
		size_t digits = (size_t)(at[i + 1] - '0'), bytes = 0;

		for (size_t k = 0; k < digits && i + 2 + k < n; k++)
			bytes = bytes * 10 + (size_t)(at[i + 2 + k] - '0');
		if (bytes > n)
			return n;
		i += 1 + digits + bytes;
	}
	return n;
}

/* Returns how much was executed: less than all of it while a job runs that the
 * next command has to wait for. */
static size_t execute(struct scpi_wire *w, int64_t now_ns, const uint8_t *at,
                      size_t n)
{
	const uint8_t *begin = at;
	int error = 0;

	if (!w->resumes)
		w->queried = w->answered = false;
	w->resumes = false;
	catch_up(w, now_ns);
	while (n && !error) {
		size_t length = command_length(at, n);
		char header[HEADER_BYTES];
		struct params p;

		if (w->job.runs) {
			w->resumes = true;
			return (size_t)(at - begin);
		}

		split(at, length, header, &p);
		if (header[0]) {
			w->queried |= strchr(header, '?') != NULL;
			error = p.error ? p.error
			                : mr__scpi_command(w, now_ns, header,
			                                   &p);
		} else if (p.n) {
			error = -102;
		}
		length += length < n;
		at += length;
		n -= length;
	}
	if (error)
		mr__scpi_error(w, error);
	if (w->queried)
		put(w, "\n", 1);
	take_time(w, now_ns);
	return (size_t)(at - begin) + n;
}

static void forget_bytes(struct scpi_wire *w)
{
	w->in.n = w->out.n = w->sent = w->scanned = w->skip = 0;
	w->block_digits = 0;
	w->too_long = w->waits = w->resumes = false;
}

/* What is heard also while the board is busy: what it is busy with ends, and
 * what waited is not done. */
static bool is_urgent(const uint8_t *at, size_t n)
{
	char header[HEADER_BYTES];
	struct params p;

	split(at, command_length(at, n), header, &p);
	return mr__scpi_is(header, ":ABORt") ||
	       mr__scpi_is(header, ":OUTPut:SAFE") ||
	       mr__scpi_is(header, ":SYSTem:HEARt");
}

static void drop_message(struct scpi_wire *w, size_t n)
{
	memmove(w->in.at, w->in.at + n, w->in.n - n);
	w->in.n -= n;
	w->scanned = 0;
}

/* Passes over bytes up to the LF that ends a message and is in no block. */
static bool find_end(struct scpi_wire *w)
{
	while (w->scanned < w->in.n) {
		uint8_t c = w->in.at[w->scanned];

		if (w->skip) {
			size_t n = w->in.n - w->scanned;

			n = n < w->skip ? n : w->skip;
			w->scanned += n;
			w->skip -= n;
			continue;
		}
		w->scanned++;
		if (w->block_digits > 0 && isdigit(c)) {
			w->block_size = w->block_size * 10 + (size_t)(c - '0');
			if (--w->block_digits == 0)
				w->skip = w->block_size;
		} else if (w->block_digits < 0 && isdigit(c)) {
			w->block_digits = c - '0';
			w->block_size = 0;
		} else {
			w->block_digits = c == '#' ? -1 : 0;
			if (c == '\n')
				return true;
		}
	}
	return false;
}

static void take_messages(struct scpi_wire *w, int64_t now_ns)
{
	w->waits = false;
	while (find_end(w)) {
		size_t n = w->scanned, done = n - 1;

		if (is_busy(w, now_ns)) {
			w->scanned = n - 1; /* found again when it is free */
			w->waits = true;
			return;
		}
		if (w->too_long)
			mr__scpi_error(w, ERR_TOO_MUCH);
		else
			done = execute(w, now_ns, w->in.at, n - 1);
		w->too_long = false;
		drop_message(w, done < n - 1 ? done : n);
	}
}

static bool take_urgent(struct scpi_wire *w, int64_t now_ns, const uint8_t *data,
                        size_t n)
{
	char header[HEADER_BYTES];
	struct params p;

	if (!is_busy(w, now_ns) || data[n - 1] != '\n' || !is_urgent(data, n - 1))
		return false;
	split(data, command_length(data, n - 1), header, &p);
	if (mr__scpi_is(header, ":SYSTem:HEARt"))
		return true;
	mr__scpi_make_safe(w, now_ns);
	forget_bytes(w);
	(void)execute(w, now_ns, data, n - 1);
	return true;
}

static void watch_dog(struct scpi_wire *w, int64_t now_ns)
{
	if (w->watchdog_s <= 0 ||
	    (double)(now_ns - w->heard_ns) < w->watchdog_s * NS_PER_S)
		return;
	mr__scpi_make_safe(w, now_ns);
	w->enabled = false;
	w->watchdog_s = 0;
	mr__scpi_error(w, ERR_WATCHDOG);
}

/* ---- the wire ---------------------------------------------------------------------------- */

static void scpi_input(void *self, int64_t now_ns, const uint8_t *data, size_t n,
                       bool end)
{
	struct scpi_wire *w = self;
	void *to;

	(void)end; /* LF says it on every pipe */
	watch_dog(w, now_ns);
	w->heard_ns = now_ns;
	mr__scpi_go_on(w, now_ns, false);
	if (n == 0 || take_urgent(w, now_ns, data, n))
		return;
	if (w->in.n + n > w->message_max + 1) {
		/* what does not fit is passed over up to its end */
		w->too_long = true;
		w->in.n = w->scanned = 0;
		if (n > w->message_max) {
			data += n - 1;
			n = 1;
		}
	}
	to = mr__scpi_room(&w->in, n);
	if (!to) {
		mr__scpi_error(w, -310);
		return;
	}
	memcpy(to, data, n);
	w->in.n += n;
	take_messages(w, now_ns);
}

static size_t scpi_output(void *self, int64_t now_ns, uint8_t *buf, size_t room,
                          bool *end)
{
	struct scpi_wire *w = self;
	size_t n;

	*end = false;
	watch_dog(w, now_ns);
	mr__scpi_go_on(w, now_ns, false);
	if (is_busy(w, now_ns))
		return 0;
	if (w->sent == w->out.n && w->waits)
		take_messages(w, now_ns);
	if (is_busy(w, now_ns))
		return 0;
	n = w->out.n - w->sent < room ? w->out.n - w->sent : room;
	if (n)
		memcpy(buf, w->out.at + w->sent, n);
	w->sent += n;
	if (n && w->sent == w->out.n) {
		*end = true;
		w->sent = w->out.n = 0;
	}
	return n;
}

static int64_t scpi_due_ns(void *self, int64_t now_ns)
{
	struct scpi_wire *w = self;
	int64_t due_ns = INT64_MAX;

	if (w->job.runs)
		due_ns = now_ns + mr_array_time_ns(w->array) -
		         mr__scpi_board_ns(w, now_ns);
	else if (w->sent < w->out.n || w->waits)
		due_ns = w->due_ns;
	if (w->watchdog_s > 0) {
		int64_t bark_ns = w->heard_ns +
		                  (int64_t)(w->watchdog_s * NS_PER_S);

		due_ns = due_ns < bark_ns ? due_ns : bark_ns;
	}
	return due_ns > now_ns ? due_ns : now_ns;
}

static void scpi_clear(void *self, int64_t now_ns)
{
	struct scpi_wire *w = self;

	mr__scpi_make_safe(w, now_ns);
	forget_bytes(w);
}

static uint8_t scpi_status_byte(void *self, int64_t now_ns)
{
	struct scpi_wire *w = self;
	unsigned stb = 0;

	if (w->n_errors)
		stb |= STB_ERRORS;
	if (w->sent < w->out.n && !is_busy(w, now_ns))
		stb |= STB_MAV;
	if (w->esr & w->ese)
		stb |= STB_ESB;
	if (is_busy(w, now_ns))
		stb |= STB_LIVE;
	if (stb & w->sre)
		stb |= STB_RQS;
	return (uint8_t)stb;
}

static void scpi_link(void *self, int64_t now_ns, bool up)
{
	struct scpi_wire *w = self;

	w->heard_ns = now_ns;
	scpi_clear(self, now_ns);
	w->n_errors = 0;
	if (!up)
		w->enabled = false;
}

static bool scpi_is_safe(void *self, int64_t now_ns, int64_t *since_ns)
{
	struct scpi_wire *w = self;

	*since_ns = w->live_until_ns;
	return !is_busy(w, now_ns);
}

static int scpi_close(void *self, struct mr_errtext *err)
{
	struct scpi_wire *w = self;
	int rc = w->array ? mr_array_close(w->array, err) : MR_OK;

	end_job(w);
	free(w->in.at);
	free(w->out.at);
	free(w->list.at);
	free(w->list2.at);
	free(w->status.at);
	free(w);
	return rc;
}

/* ---- opening --------------------------------------------------------------------------- */

static void take_text(struct mr_uri *uri, const char *key, const char *standard,
                      char out[32])
{
	const char *text = mr_uri_take(uri, key);

	(void)snprintf(out, 32, "%s", text ? text : standard);
}

static int take_keys(struct scpi_wire *w, struct mr_uri *uri,
                     struct mr_errtext *err)
{
	uint64_t message_max = MESSAGE_MAX;
	char time[32];
	int rc = mr_uri_take_u64(uri, "board.message_max", 256, 1u << 30,
	                         &message_max, err);

	w->message_max = (size_t)message_max;
	take_text(uri, "board.serial", "0000000000000007", w->serial);
	take_text(uri, "board.firmware", "1.0", w->firmware);
	take_text(uri, "board.protocol", "1.0", w->protocol);
	take_text(uri, "board.time", "real", time);
	w->instant = strcmp(time, "instant") == 0;
	if (!rc && !w->instant && strcmp(time, "real") != 0)
		rc = mr_errtext_set(err, MR_ERR_USAGE,
		                    "key 'board.time=%s': must be real or "
		                    "instant",
		                    time);
	return rc;
}

static int scpi_open(struct mr_uri *uri, int64_t now_ns, void **self,
                     struct mr_errtext *err)
{
	struct scpi_wire *w = calloc(1, sizeof *w);
	int rc;

	if (!w)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	rc = take_keys(w, uri, err);
	if (!rc)
		rc = mr__wire_array(uri, &w->array, err);
	if (rc) {
		(void)scpi_close(w, NULL);
		return rc;
	}
	w->desc = *mr_array_describe(w->array);
	w->on_ns = w->heard_ns = w->due_ns = now_ns;
	w->ahead_ns = mr_array_time_ns(w->array);
	w->limit_V = w->limit_A = 1e9;
	w->esr = ESR_POWER;
	*self = w;
	return MR_OK;
}

const struct mr__wire_type mr__wire_scpi = {
	.name = "scpi",
	.summary = "scpi: a board of the open protocol",
	.messages = true,
	.open = scpi_open,
	.input = scpi_input,
	.output = scpi_output,
	.due_ns = scpi_due_ns,
	.clear = scpi_clear,
	.status_byte = scpi_status_byte,
	.link = scpi_link,
	.is_safe = scpi_is_safe,
	.close = scpi_close,
};
