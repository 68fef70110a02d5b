/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The virtual ArC ONE: the bytes of the board, in front of an emulated
 * crossbar. Written from what two open clients send and expect (arc1_pyqt,
 * GPL-3, and libarc1, LGPL-3; facts, no code) and from the maker's manual;
 * the firmware itself is not public.
 *
 * Facts:
 *   - Host to board: ASCII tokens, each ended by LF, one number each; no
 *     length, checksum or acknowledgement. Leading zeros count: 0, 00, 01,
 *     011, 02, 04, 1, 2, 3 are nine jobs.
 *   - Board to host: float32, little-endian, in the counts of the job table
 *     (wire_arc1_jobs.c); a few ASCII lines. Readings are resistances in ohm
 *     at the read voltage that was set (mode 0: 0.5 V).
 *   - Words (rows) and bits (columns) count from 1. (0, 0, 0) ends a device.
 *   - 921600 baud, 8E1: 11 bits a byte. +-12 V, 90 ns and longer, 32 x 32.
 *   - No error reply exists, no abort; the only way out is 00.
 *
 * Assumptions, each of which the sheet leaves open:
 *   - 00 acts at once wherever it stands, also amid parameters or a job; so do
 *     BREAK and a link that goes down or comes back. Outputs are safe from
 *     then on (of a pulse that has begun, the array has felt the whole), what
 *     was not sent is dropped, and the board boots for 0.5 s, deaf.
 *   - Switched on, it has long booted, and works from defaults (30 cycles, TIA
 *     4-point, 0.5 V) before job 0; jobs before it count as misuse, but for
 *     999.
 *   - It cannot refuse: numbers outside hardware limits are brought to them
 *     and counted (`misuse`), and so are tokens that are no number (taken as
 *     0). Longer loops than ARC1_COUNT_MAX are cut there, and count as well.
 *   - A read takes 20 us a read cycle, a pulse its width and 20 us. Tokens
 *     that come during a job wait for its end, 16 KiB of them; beyond, they
 *     are lost. Output waits for the host, 32 KiB of it; then the job stops
 *     until it is read.
 *   - 02 leaves its crosspoint closed; other jobs with addresses open it, and
 *     leave nothing closed. 04 without one is misuse.
 *   - board.strict=1: the clients warn that "writes less than 0.5 ms apart
 *     probably lose tokens", so a token is lost if its first byte comes less
 *     than 0.5 ms after the end of the token before, in another write. Tokens
 *     of one write never lose each other. Tokens are lost whole.
 *   - 999 gives two uint16, little-endian. ASCII lines end with LF.
 *   - Sessions: 1 (BNC) measures twice the resistance, since the vendor's GUI
 *     halves it; the device is (1, 1), other addresses are misuse. In 2
 *     (switch matrix) and 3 (offline) the board's own source and meter reach
 *     nothing.
 *   - Reading beyond what the cell model calls reading is a level of a trace:
 *     it may program. Pulses and levels that the model does not know leave the
 *     cell as it is and count as `refused`; its reading is then taken as
 *     linear.
 *   - board.profile=gui: CurveTracer adds 2 ms to the width that it is sent,
 *     and Endurance takes its interpulse time as ms, as the vendor's GUI
 *     reckons with; library (default): both as sent, in s.
 *   - board.noise=cycle (default): each read cycle has the cell's read noise,
 *     and a reading is the mean of its cycles. reading: the whole reading has
 *     it. Whoever fits readings can but find the latter: so that is what the
 *     cells of a fitted file are behind this board.
 *
 * Not modelled: sneak paths (the emulated array is 1T1R: codes are kept,
 * nothing disturbs), the noise and settling of the board's own converters and
 * ranges, edges and amplitude steps of pulses, the line towards the board,
 * parity.
 *
 * Keys: board.firmware=MAJOR.MINOR|none (2.0), board.line=real|ideal,
 * board.strict=0|1, board.profile=library|gui, board.noise=cycle|reading.
 */
#include "wires.h"

#include "wire_arc1.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOOT_NS INT64_C(500000000)
#define TOKEN_GAP_NS INT64_C(500000)
#define BITS_PER_BYTE 11 /* start, 8, parity, stop */
#define BAUD 921600
#define BYTE_NS ((BITS_PER_BYTE * INT64_C(1000000000) + BAUD - 1) / BAUD)
#define NOW_MAX_NS (INT64_MAX / 4)
#define OUT_PIECE_MAX 64 /* bytes that one piece of work may give */
#define CYCLES_DEFAULT 30
#define V_READ_DEFAULT 0.5

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* ---- bytes for the host -------------------------------------------------- */

void mr__arc1_byte(struct arc1 *b, uint8_t value)
{
	int64_t due_ns = b->t_ns;

	if (b->n_out == ARC1_OUT_MAX) {
		b->seen.dropped++;
		return;
	}
	if (!b->ideal_line)
		due_ns = b->line_ns = later(b->t_ns, b->line_ns) + BYTE_NS;
	b->out[(b->out_at + b->n_out++) % ARC1_OUT_MAX] =
		(struct arc1_byte){due_ns, value};
}

void mr__arc1_float(struct arc1 *b, double value)
{
	float f = (float)value;
	uint32_t word;

	memcpy(&word, &f, sizeof word);
	for (int shift = 0; shift < 32; shift += 8)
		mr__arc1_byte(b, (uint8_t)(word >> shift));
}

void mr__arc1_triple(struct arc1 *b, double x, double y, double z)
{
	mr__arc1_float(b, x);
	mr__arc1_float(b, y);
	mr__arc1_float(b, z);
}

void mr__arc1_text(struct arc1 *b, const char *line)
{
	for (; *line; line++)
		mr__arc1_byte(b, (uint8_t)*line);
	mr__arc1_byte(b, '\n');
}

/* ---- restart ------------------------------------------------------------- */

static bool is_live(const struct arc1 *b, int64_t now_ns)
{
	return b->closed || b->phase == ARC1_RUN || b->phase == ARC1_WANT ||
	       now_ns < b->safe_ns;
}

static void drop_output(struct arc1 *b, int64_t now_ns)
{
	size_t sent = 0;

	while (sent < b->n_out &&
	       b->out[(b->out_at + sent) % ARC1_OUT_MAX].due_ns <= now_ns)
		sent++;
	b->seen.dropped += b->n_out - sent;
	b->n_out = sent;
	b->line_ns = now_ns;
}

static void defaults(struct arc1 *b)
{
	b->seen.read_cycles = CYCLES_DEFAULT;
	b->seen.read_mode = 2;
	b->seen.v_read_V = V_READ_DEFAULT;
	b->seen.session = b->seen.sneak_path = 0;
	b->seen.initialised = false;
	b->words = b->bits = ARC1_LINES;
	b->phase = ARC1_IDLE;
	b->n_in = b->n_token = 0;
	b->skip = b->began = false;
}

static void restart(struct arc1 *b, int64_t now_ns)
{
	if (is_live(b, now_ns))
		b->safe_ns = now_ns;
	b->closed = false;
	drop_output(b, now_ns);
	defaults(b);
	b->seen.restarts++;
	b->boot_ns = now_ns + BOOT_NS;
	b->t_ns = b->boot_ns;
}

/* ---- jobs ---------------------------------------------------------------- */

static void next_device(struct arc1 *b)
{
	b->phase = b->devices ? ARC1_ADDRESS : ARC1_IDLE;
	b->n_arg = 0;
	b->want = 2;
}

static void begin_device(struct arc1 *b)
{
	b->run = (struct arc1_run){0};
	if (b->phase == ARC1_ADDRESS) {
		mr__arc1_address(b, b->arg[0], b->arg[1]);
		b->devices--;
	}
	if (b->closed && strpbrk(b->job->params, "wbaN")) {
		b->closed = false;
		b->safe_ns = later(b->t_ns, b->safe_ns);
	}
	if (!b->closed)
		b->live_ns = b->t_ns;
	b->phase = ARC1_RUN;
}

static void begin_work(struct arc1 *b)
{
	size_t n = strlen(b->job->params);

	b->n_p = 0;
	b->seen.jobs++;
	b->devices = 0;
	if (n && b->job->params[n - 1] == 'N') {
		b->devices = (uint32_t)b->p[n - 1];
		next_device(b);
	} else {
		begin_device(b);
	}
}

static void take_job(struct arc1 *b, const char *token)
{
	const struct arc1_job *job = mr__arc1_job(token);

	if (!job) {
		b->seen.ignored++;
		return;
	}
	if (!b->seen.initialised && strcmp(token, "0") != 0 &&
	    strcmp(token, "999") != 0)
		b->seen.misuse++;
	b->job = job;
	b->n_p = 0;
	b->phase = ARC1_PARAMS;
	if (!job->params[0])
		begin_work(b);
}

static void take_param(struct arc1 *b, const char *token)
{
	b->p[b->n_p] = mr__arc1_number(b, b->job->params[b->n_p], token);
	if (!b->job->params[++b->n_p])
		begin_work(b);
}

static void take_token(struct arc1 *b, const char *token)
{
	static const char address[] = "wb";

	switch (b->phase) {
	case ARC1_IDLE:
		take_job(b, token);
		break;
	case ARC1_PARAMS:
		take_param(b, token);
		break;
	case ARC1_ADDRESS:
		b->arg[b->n_arg] = mr__arc1_number(b, address[b->n_arg], token);
		if (++b->n_arg == b->want)
			begin_device(b);
		break;
	case ARC1_WANT:
		b->arg[b->n_arg] = mr__arc1_number(b, 'x', token);
		if (++b->n_arg == b->want)
			b->phase = ARC1_RUN;
		break;
	case ARC1_RUN:
		break;
	}
}

/* One piece of the job. */
static void work(struct arc1 *b)
{
	int64_t before_ns = b->t_ns;
	enum arc1_step step = b->job->step(b);

	if (step == ARC1_TOKENS) {
		b->n_arg = 0;
		b->phase = ARC1_WANT;
	}
	if (b->t_ns > before_ns)
		b->safe_ns = later(b->t_ns, b->safe_ns);
	if (step != ARC1_DONE)
		return;
	if (b->job->triple)
		mr__arc1_triple(b, 0, 0, 0);
	next_device(b);
}

/* ---- time ---------------------------------------------------------------- */

static bool pop(struct arc1 *b, char *token)
{
	size_t n = 0;

	if (!b->n_in)
		return false;
	for (;;) {
		char c = b->in[b->in_at];

		b->in_at = (b->in_at + 1) % ARC1_IN_MAX;
		b->n_in--;
		token[n++] = c;
		if (!c)
			return true;
	}
}

static bool is_full(const struct arc1 *b)
{
	return b->n_out > ARC1_OUT_MAX - OUT_PIECE_MAX;
}

/* Pieces begin in order, none after `now`. */
static void advance(struct arc1 *b, int64_t now_ns)
{
	char token[ARC1_TOKEN_MAX];

	for (;;) {
		if (b->phase != ARC1_RUN) {
			if (!pop(b, token))
				return;
			take_token(b, token);
		} else if (b->t_ns > now_ns || is_full(b)) {
			return;
		} else {
			work(b);
		}
	}
}

static void push(struct arc1 *b)
{
	if (b->n_in + b->n_token + 1 > ARC1_IN_MAX) {
		b->seen.lost++;
		return;
	}
	for (size_t i = 0; i <= b->n_token; i++)
		b->in[(b->in_at + b->n_in++) % ARC1_IN_MAX] = b->token[i];
}

static void end_token(struct arc1 *b, int64_t now_ns)
{
	bool fits = b->n_token < ARC1_TOKEN_MAX;

	b->seen.lost += b->skip || !fits;
	if (!b->skip && fits) {
		b->token[b->n_token] = '\0';
		if (strcmp(b->token, "00") == 0) {
			restart(b, now_ns);
		} else {
			push(b);
			if (b->phase != ARC1_RUN)
				b->t_ns = later(b->t_ns, now_ns);
			advance(b, now_ns);
		}
	}
	b->n_token = 0;
	b->skip = b->began = false;
	b->last_ns = now_ns;
	b->last_here = true;
}

static void take_byte(struct arc1 *b, int64_t now_ns, uint8_t byte)
{
	if (now_ns < b->boot_ns) {
		b->seen.deaf++;
		return;
	}
	if (!b->began)
		b->skip = b->strict && !b->last_here &&
		          now_ns - b->last_ns < TOKEN_GAP_NS;
	b->began = true;
	if (byte == '\n')
		end_token(b, now_ns);
	else if (b->n_token < ARC1_TOKEN_MAX)
		b->token[b->n_token++] = (char)byte;
}

/* ---- the board ----------------------------------------------------------- */

static int64_t sane(int64_t now_ns)
{
	return now_ns < NOW_MAX_NS ? now_ns : NOW_MAX_NS;
}

static void arc1_input(void *self, int64_t now_ns, const uint8_t *data,
                       size_t n, bool end)
{
	struct arc1 *b = self;

	(void)end;
	now_ns = sane(now_ns);
	advance(b, now_ns);
	b->last_here = false;
	for (size_t i = 0; i < n; i++)
		take_byte(b, now_ns, data[i]);
}

static size_t arc1_output(void *self, int64_t now_ns, uint8_t *buf, size_t room,
                          bool *end)
{
	struct arc1 *b = self;
	size_t n = 0;
	bool full;

	now_ns = sane(now_ns);
	advance(b, now_ns);
	full = is_full(b);
	while (n < room && b->n_out && b->out[b->out_at].due_ns <= now_ns) {
		buf[n++] = b->out[b->out_at].value;
		b->out_at = (b->out_at + 1) % ARC1_OUT_MAX;
		b->n_out--;
	}
	if (full && n) /* what stood still goes on from here */
		b->t_ns = later(b->t_ns, now_ns);
	if (end)
		*end = false;
	return n;
}

/* Of a job that has not given anything yet, the next piece's begin: somebody
 * has to look. */
static int64_t arc1_due_ns(void *self, int64_t now_ns)
{
	struct arc1 *b = self;

	advance(b, sane(now_ns));
	if (b->n_out)
		return b->out[b->out_at].due_ns;
	return b->phase == ARC1_RUN ? b->t_ns : INT64_MAX;
}

static void arc1_clear(void *self, int64_t now_ns)
{
	struct arc1 *b = self;

	advance(b, sane(now_ns));
	restart(b, sane(now_ns));
}

static void arc1_link(void *self, int64_t now_ns, bool up)
{
	struct arc1 *b = self;

	if (up == b->up)
		return;
	b->up = up;
	arc1_clear(self, now_ns);
}

static bool arc1_is_safe(void *self, int64_t now_ns, int64_t *since_ns)
{
	struct arc1 *b = self;

	now_ns = sane(now_ns);
	advance(b, now_ns);
	bool live = is_live(b, now_ns);

	if (since_ns)
		*since_ns = live ? b->live_ns : b->safe_ns;
	return !live;
}

static int arc1_close(void *self, struct mr_errtext *err)
{
	struct arc1 *b = self;
	int rc = mr_array_close(b->array, err);

	free(b);
	return rc;
}

/* ---- switching on -------------------------------------------------------- */

static int take_version(struct arc1 *b, struct mr_uri *uri,
                        struct mr_errtext *err)
{
	const char *text = mr_uri_take(uri, "board.firmware");
	uint16_t major, minor;
	int end = 0;

	b->has_version = true;
	b->version[0] = 2;
	if (!text)
		return MR_OK;
	b->has_version = strcmp(text, "none") != 0;
	if (!b->has_version)
		return MR_OK;
	/* four digits at most and nothing after them: no overflow goes unseen
	 * NOLINTNEXTLINE(cert-err34-c) */
	if (sscanf(text, "%4" SCNu16 ".%4" SCNu16 "%n", &major, &minor,
	           &end) != 2 ||
	    text[end])
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "key 'board.firmware=%s': must be "
		                      "MAJOR.MINOR, such as 2.0, or none",
		                      text);
	b->version[0] = major;
	b->version[1] = minor;
	return MR_OK;
}

/* A key that takes one of two words. */
static int take_choice(struct mr_uri *uri, const char *name, const char *no,
                       const char *yes, bool *out, struct mr_errtext *err)
{
	const char *text = mr_uri_take(uri, name);

	*out = text && strcmp(text, yes) == 0;
	if (!text || *out || strcmp(text, no) == 0)
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "key '%s=%s': must be %s or %s", name, text, no,
	                      yes);
}

static int take_keys(struct arc1 *b, struct mr_uri *uri, struct mr_errtext *err)
{
	int rc = take_version(b, uri, err);

	if (!rc)
		rc = take_choice(uri, "board.line", "real", "ideal",
		                 &b->ideal_line, err);
	if (!rc)
		rc = take_choice(uri, "board.strict", "0", "1", &b->strict,
		                 err);
	if (!rc)
		rc = take_choice(uri, "board.profile", "library", "gui",
		                 &b->gui, err);
	if (!rc)
		rc = take_choice(uri, "board.noise", "cycle", "reading",
		                 &b->whole, err);
	return rc;
}

/* The array behind the board: the URI without what was taken. */
static int open_array(struct arc1 *b, struct mr_uri *uri,
                      struct mr_errtext *err)
{
	char text[MR_URI_TEXT_MAX];
	struct mr_open_options options = {.rows = ARC1_LINES,
	                                  .cols = ARC1_LINES,
	                                  .clock = &b->clock};
	size_t n = strcspn(uri->given, "?");

	memcpy(text, uri->given, n);
	text[n] = '\0';
	for (uint32_t i = 0; i < uri->n_keys; i++) {
		const struct mr_uri_key *key = &uri->keys[i];
		int rc = key->taken ? MR_OK
		                    : mr_uri_with(text, key->name, key->value,
		                                  text, err);

		if (rc)
			return rc;
		(void)mr_uri_take(uri, key->name);
	}
	mr_clock_manual(&b->clock, &b->hand);
	return mr_array_open(text, &options, &b->array, err);
}

static int check_array(const struct arc1 *b, struct mr_errtext *err)
{
	const struct mr_description *d = mr_array_describe(b->array);
	uint32_t needs = MR_ABILITY(MR_OP_READ) | MR_ABILITY(MR_OP_TRACE) |
	                 MR_ABILITY(MR_OP_WAIT);

	if (d->rows > ARC1_LINES || d->cols > ARC1_LINES)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "an array of %" PRIu32 "x%" PRIu32
		                      ": an ArC ONE has at most %dx%d",
		                      d->rows, d->cols, ARC1_LINES, ARC1_LINES);
	if ((d->abilities & needs) != needs)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "an ArC ONE needs an array that can "
		                      "read, trace and wait");
	return MR_OK;
}

static int arc1_open(struct mr_uri *uri, int64_t now_ns, void **self,
                     struct mr_errtext *err)
{
	struct arc1 *b = calloc(1, sizeof *b);
	int rc;

	if (!b)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	rc = take_keys(b, uri, err);
	if (!rc)
		rc = open_array(b, uri, err);
	if (!rc)
		rc = check_array(b, err);
	if (rc) {
		(void)mr_array_close(b->array, NULL);
		free(b);
		return rc;
	}
	now_ns = sane(now_ns);
	defaults(b);
	b->up = true;
	b->t_ns = b->safe_ns = b->boot_ns = b->line_ns = now_ns;
	b->last_ns = now_ns - TOKEN_GAP_NS;
	b->base_ns = now_ns - mr_array_time_ns(b->array);
	*self = b;
	return MR_OK;
}

void mr__arc1_report(const void *self, struct mr__arc1_report *out)
{
	const struct arc1 *b = self;

	*out = b->seen;
	out->idle = b->phase == ARC1_IDLE;
}

struct mr_array *mr__arc1_array(const void *self)
{
	return ((const struct arc1 *)self)->array;
}

/* its mbed's serial port: 921600 8E1 and nothing else (ArC ONE's control software) */
static const struct mr__line line = {
	.baud = 921600, .data_bits = 8, .parity = 'E', .stop_bits = 1};

const struct mr__wire_type mr__wire_arc1 = {
	.name = "arc1",
	.summary = "ArC ONE: 32x32 crossbar board on a serial line",
	.open = arc1_open,
	.input = arc1_input,
	.output = arc1_output,
	.due_ns = arc1_due_ns,
	.clear = arc1_clear,
	.link = arc1_link,
	.is_safe = arc1_is_safe,
	.close = arc1_close,
	.line = &line,
	.usb_vendor = 0x0d28,
	.usb_product = 0x0204,
};
