/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * scpi: any board that speaks the open board protocol, docs/board-protocol.md.
 * What it can do it says itself. Each operation is one message and one answer,
 * which brings the board's time along; an operation on more cells than a
 * message can name goes in stretches.
 */
#include "backends.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "scpi_cobs.h"
#include "scpi_ops.h"

#define BAUD 115200
#define TCP_PORT 5025
#define ANSWER_S 10.0
#define NS_PER_S 1e9
#define GUARDIANS_NUMBER 0xffff

/* ---- opening ----------------------------------------------------------------- */

/* A serial line may lose and garble; sockets and USB check for themselves. */
static int take_packets(struct mr_uri *uri, struct board *b,
                        struct mr_errtext *err)
{
	const char *cobs = mr_uri_take(uri, "cobs");

	if (!cobs)
		b->packets = strcmp(uri->transport, "serial") == 0
		                     ? PACKETS_IF_OFFERED
		                     : PACKETS_NO;
	else if (strcmp(cobs, "0") == 0 || strcmp(cobs, "1") == 0)
		b->packets = cobs[0] == '1' ? PACKETS_YES : PACKETS_NO;
	else
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "key 'cobs=%s': must be 0 or 1", cobs);
	return MR_OK;
}

static int take_keys(struct mr_uri *uri, struct board *b, struct mr_errtext *err)
{
	double answer_s = ANSWER_S;
	int rc = mr_uri_take_double(uri, "answer_s", 0.01, 3600, &answer_s, err);

	b->link.answer_ns = (int64_t)(answer_s * NS_PER_S);
	b->serial = mr_uri_take(uri, "serial");
	return rc ? rc : take_packets(uri, b, err);
}

/* The third field of *IDN?. */
static void serial_of(const char *identity, char out[SCPI_TEXT_MAX])
{
	const char *at = strchr(identity, ',');

	at = at ? strchr(at + 1, ',') : NULL;
	(void)snprintf(out, SCPI_TEXT_MAX, "%.*s",
	               at ? (int)strcspn(at + 1, ",") : 0, at ? at + 1 : "");
}

static int check_identity(const struct board *b, const char *wanted,
                          struct mr_errtext *err)
{
	char serial[SCPI_TEXT_MAX];

	serial_of(b->identity, serial);
	if (!wanted || strcmp(wanted, serial) == 0)
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_MISMATCH,
	                      "the board there has the serial number %.60s, "
	                      "key 'serial' asks for %.60s",
	                      serial, wanted);
}

static int time_zero(struct board *b, struct mr_errtext *err)
{
	char end;
	int rc;

	mr__scpi_begin(&b->link);
	mr__scpi_add(&b->link, ":SYST:TIME?");
	rc = mr__scpi_send(&b->link, err);
	if (!rc)
		rc = mr__scpi_await(&b->link, 0, err);
	return rc ? rc : mr__scpi_integer(&b->link, &b->t0_ns, &end, err);
}

/* Limits that came over a line that may garble are asked for again. */
static int protect(struct board *b, struct mr_errtext *err)
{
	int rc;

	if (b->packets == PACKETS_NO ||
	    (b->packets == PACKETS_IF_OFFERED && !b->can.packets))
		return MR_OK;
	if (!b->can.packets)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "%.100s does not offer packets (cobs=1 in "
		                      "its capability record); leave key 'cobs' "
		                      "out",
		                      b->identity);
	rc = mr__scpi_use_packets(&b->link, err);
	return rc ? rc : mr__scpi_record(&b->link, &b->can, err);
}

static int start(struct board *b, struct mr_errtext *err)
{
	int rc = mr__scpi_start(&b->link, b->identity, err);

	if (!rc)
		rc = check_identity(b, b->serial, err);
	if (!rc)
		rc = mr__scpi_record(&b->link, &b->can, err);
	if (!rc)
		rc = protect(b, err);
	if (!rc)
		rc = time_zero(b, err);
	b->serial = NULL; /* it points into the URI, which goes */
	return rc;
}

/* What the guardian sends, it sends as a line and as a packet under a number that
 * no request has: a clear may just have ended the packets. */
static int watch_over(struct board *b, const char *program,
                      struct mr_errtext *err)
{
	static const char line[] = "\n:ABOR;:OUTP:SAFE\n";
	static const char text[] = ":ABOR;:OUTP:SAFE";
	uint8_t safe[4 * sizeof line];
	size_t n = sizeof line - 1;

	memcpy(safe, line, n);
	if (b->link.packets.wanted) {
		safe[n++] = 0;
		n += mr__cobs_pack(GUARDIANS_NUMBER, text, sizeof text - 1,
		                   safe + n);
	}
	return mr__transport_watch_over(b->link.pipe, program, safe, n, err);
}

static void release(struct board *b)
{
	mr__transport_close(b->link.pipe);
	mr__scpi_free(&b->link);
	free(b->status);
	free(b->pack);
	free(b);
}

static int scpi_open(struct mr_uri *uri, const struct mr_open_options *options,
                     void **self, struct mr_errtext *err)
{
	const struct mr__wish wish = {.line = {.baud = BAUD,
	                                       .data_bits = 8,
	                                       .parity = 'N',
	                                       .stop_bits = 1,
	                                       .raise_dtr = true},
	                              .tcp_port = TCP_PORT};
	struct board *b = calloc(1, sizeof *b);
	int rc;

	if (!b)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	rc = take_keys(uri, b, err);
	if (!rc)
		rc = mr__transport_open(uri, options, &wish, &b->link.pipe, err);
	if (!rc)
		rc = start(b, err);
	if (!rc && !b->can.watchdog)
		rc = watch_over(b, options->guardian, err);
	if (rc) {
		release(b);
		return rc;
	}
	*self = b;
	return MR_OK;
}

static int scpi_close(void *self, struct mr_errtext *err)
{
	struct board *b = self;
	int rc;

	b->link.run = NULL;
	rc = mr__scpi_end(&b->link, err);
	release(b);
	return rc;
}

/* ---- describing ---------------------------------------------------------------- */

static void describe_condition(const struct board *b, struct mr_description *d)
{
	struct mr_condition *c = &d->conditions[0];
	size_t n = 0;

	if (d->n_schemes == 0)
		return;
	*c = (struct mr_condition){.name = "scheme"};
	for (uint32_t i = 0; i < d->n_schemes && n < sizeof c->choices; i++)
		n += (size_t)snprintf(c->choices + n, sizeof c->choices - n,
		                      "%s%s", i ? "|" : "", d->schemes[i].name);
	(void)snprintf(c->value, sizeof c->value, "%s",
	               b->scheme[0] ? b->scheme : d->schemes[0].name);
	d->n_conditions = 1;
}

static int scpi_describe(void *self, struct mr_description *out,
                         struct mr_errtext *err)
{
	const struct board *b = self;

	(void)err;
	*out = b->can.desc;
	(void)snprintf(out->driver, sizeof out->driver, "scpi");
	(void)snprintf(out->identity, sizeof out->identity, "%.127s",
	               b->identity);
	out->abilities |= MR_ABILITY(MR_OP_WAIT) | MR_ABILITY_RESYNC;
	out->limits.wait_max_s = WAIT_MAX_S;
	describe_condition(b, out);
	if (out->n_conditions)
		out->abilities |= MR_ABILITY(MR_OP_CONFIGURE);
	return MR_OK;
}

/* ---- the waist ------------------------------------------------------------------- */

static int restart(struct board *b, struct mr_errtext *err)
{
	char identity[SCPI_TEXT_MAX];
	int rc = mr__scpi_start(&b->link, identity, err);

	b->selected = false;
	if (!rc && strcmp(identity, b->identity) != 0)
		rc = mr_errtext_set(err, MR_ERR_MISMATCH,
		                    "another board answers now: %.100s instead "
		                    "of %.100s",
		                    identity, b->identity);
	return rc;
}

/* What was begun and not answered may have happened. */
static int unknown_if_sent(const struct board *b, const struct mr_op *op, int rc)
{
	bool changes = op->kind == MR_OP_PULSE || op->kind == MR_OP_PROGRAM ||
	               op->kind == MR_OP_TRACE;

	if (changes && b->sent && (rc == MR_ERR_TIMEOUT || rc == MR_ERR_IO))
		return MR_ERR_OUTCOME;
	return rc;
}

static int submit_one(void *self, struct mr_op *op, const struct mr_run *run)
{
	struct board *b = self;
	int rc = mr_run_check(run);

	b->sent = false;
	op->outcome.t_begin_ns = b->t_ns;
	if (!rc && !b->link.in_step)
		rc = restart(b, run->err);
	if (!rc)
		rc = mr__scpi_operate(b, op, run);
	rc = unknown_if_sent(b, op, rc);
	if (rc == MR_ERR_OUTCOME)
		op->outcome.status |= MR_STATUS_UNKNOWN;
	if (rc)
		b->t_ns++;
	op->outcome.error = rc;
	op->outcome.t_end_ns = b->t_ns;
	return rc;
}

static int scpi_submit(void *self, struct mr_op *ops, size_t n,
                       const struct mr_run *run, size_t *n_done)
{
	struct board *b = self;
	int rc;

	b->link.run = run;
	rc = mr__board_submit(b, submit_one, ops, n, run, n_done);
	b->link.run = NULL;
	return rc;
}

static double scpi_quantise(void *self, enum mr_quantity what, double value)
{
	const struct board *b = self;

	return mr__nearest_step(value, what == MR_QUANTITY_V   ? b->can.v_step_V
	                               : what == MR_QUANTITY_S ? b->can.width_step_s
	                                                       : 0);
}

static int scpi_watch_wire(void *self, const struct mr_wire_watcher *watcher,
                           struct mr_errtext *err)
{
	struct board *b = self;

	return mr__transport_watch(b->link.pipe, watcher, err);
}

static int scpi_resync(void *self, const struct mr_run *run)
{
	return restart(self, run->err);
}

const struct mr_backend mr__backend_scpi = {
	.name = "scpi",
	.summary = "a board of the open protocol: scpi+usbtmc:VID:PID[:SERIAL], "
		   "scpi+serial:PORT, scpi+tcp:HOST[:PORT], scpi+unix:PATH",
	.open = scpi_open,
	.describe = scpi_describe,
	.submit = scpi_submit,
	.close = scpi_close,
	.resync = scpi_resync,
	.quantise = scpi_quantise,
	.watch_wire = scpi_watch_wire,
};
