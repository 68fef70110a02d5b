/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Registers, error queue and common commands. */
#include "wire_scpi.h"

#include <math.h>
#include <string.h>

#define STB_VOLTAGE 0x01u
#define STB_ERROR 0x04u
#define STB_MAV 0x10u
#define STB_ESB 0x20u
#define STB_RQS 0x40u
#define BYTE_MAX 255
#define HUNDRED 100

/* Bit of the event register by the hundred of an error: command, execution,
 * device, query. Errors of the board are the device's. */
static uint8_t event_of(int error)
{
	switch (error < 0 ? -error / HUNDRED : 0) {
	case 1:
		return 0x20;
	case 2:
		return 0x10;
	case 4:
		return 0x04;
	default:
		return 0x08;
	}
}

static const char *text_of(int error)
{
	static const struct {
		int error;
		const char *text;
	} texts[] = {
		{WS_OK, "No error"},
		{WS_SYNTAX, "Syntax error"},
		{WS_MISSING, "Missing parameter"},
		{WS_HEADER, "Undefined header"},
		{WS_BLOCK, "Invalid block data"},
		{WS_CONFLICT, "Settings conflict"},
		{WS_RANGE, "Data out of range"},
		{WS_TOO_MUCH, "Too much data"},
		{WS_HARDWARE, "Hardware error"},
		{WS_SYSTEM, "System error"},
		{WS_OVERFLOW, "Queue overflow"},
		{WS_COMMUNICATION, "Communication error"},
		{WS_FORBIDDEN, "Limit locked or not armed"},
		{WS_WATCHDOG, "Watchdog expired"},
		{WS_ABORTED, "Aborted"},
	};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (texts[i].error == error)
			return texts[i].text;
	return "Device error";
}

/* ---- registers ------------------------------------------------------------------ */

bool mr__ws_has_output(const struct wire_scpi *b)
{
	return b->out.head < b->out.bytes.n;
}

static uint8_t conditions(const struct wire_scpi *b)
{
	const struct ws_status *s = &b->status;
	unsigned stb = 0;

	if (b->job.kind != JOB_NONE)
		stb |= STB_VOLTAGE;
	if (s->n_errors)
		stb |= STB_ERROR;
	if (mr__ws_has_output(b) || b->n_answers)
		stb |= STB_MAV;
	if (s->esr & s->ese)
		stb |= STB_ESB;
	return (uint8_t)stb;
}

uint8_t mr__ws_stb(struct wire_scpi *b)
{
	uint8_t stb = conditions(b);
	uint8_t enabled = stb & b->status.sre;

	if (enabled & ~b->status.seen)
		b->status.rqs = true;
	if (!enabled)
		b->status.rqs = false;
	b->status.seen = enabled;
	return enabled ? stb | STB_RQS : stb;
}

/* Bit 6 of a serial poll tells of a new reason, once. */
uint8_t mr__ws_serial_poll(struct wire_scpi *b)
{
	unsigned stb = mr__ws_stb(b) & ~STB_RQS;

	if (b->status.rqs)
		stb |= STB_RQS;
	b->status.rqs = false;
	return (uint8_t)stb;
}

void mr__ws_raise(struct wire_scpi *b, int error)
{
	struct ws_status *s = &b->status;

	s->esr |= event_of(error);
	if (s->n_errors < WS_ERRORS_MAX)
		s->errors[s->n_errors++] = error;
	else
		s->errors[WS_ERRORS_MAX - 1] = WS_OVERFLOW;
	(void)mr__ws_stb(b);
}

int mr__ws_error_query(struct wire_scpi *b, const struct ws_command *c)
{
	struct ws_status *s = &b->status;
	int error = s->n_errors ? s->errors[0] : WS_OK;

	(void)c;
	if (s->n_errors)
		memmove(s->errors, s->errors + 1,
		        --s->n_errors * sizeof s->errors[0]);
	mr__ws_print(mr__ws_answer(b), "%d,\"%s\"", error, text_of(error));
	return WS_OK;
}

/* ---- common commands -------------------------------------------------------------- */

int mr__ws_idn(struct wire_scpi *b, const struct ws_command *c)
{
	(void)c;
	mr__ws_print(mr__ws_answer(b), "memrig,virtual SCPI board,%s,%s",
	             b->serial, b->firmware);
	return WS_OK;
}

int mr__ws_rst(struct wire_scpi *b, const struct ws_command *c)
{
	struct mr_op op = {.kind = MR_OP_CONFIGURE,
	                   .configure = {.name = "scheme", .value = b->scheme}};

	(void)c;
	mr__ws_make_safe(b, WS_ABORTED, false);
	b->safety.enabled = false;
	mr__ws_unlimit(b);
	mr__ws_select_all(b);
	return b->scheme[0] ? mr__ws_do(b, &op) : WS_OK;
}

int mr__ws_cls(struct wire_scpi *b, const struct ws_command *c)
{
	(void)c;
	b->status.n_errors = 0;
	b->status.esr = 0;
	return WS_OK;
}

/* Commands are done one after another: all before is done. */
int mr__ws_opc(struct wire_scpi *b, const struct ws_command *c)
{
	(void)c;
	b->status.esr |= WS_ESR_OPC;
	return WS_OK;
}

int mr__ws_opc_query(struct wire_scpi *b, const struct ws_command *c)
{
	(void)c;
	mr__ws_print(mr__ws_answer(b), "1");
	return WS_OK;
}

int mr__ws_wai(struct wire_scpi *b, const struct ws_command *c)
{
	(void)b;
	(void)c;
	return WS_OK;
}

int mr__ws_tst_query(struct wire_scpi *b, const struct ws_command *c)
{
	(void)c;
	mr__ws_print(mr__ws_answer(b), "0");
	return WS_OK;
}

int mr__ws_esr_query(struct wire_scpi *b, const struct ws_command *c)
{
	(void)c;
	mr__ws_print(mr__ws_answer(b), "%d", b->status.esr);
	b->status.esr = 0;
	return WS_OK;
}

static int set_mask(const struct ws_command *c, uint8_t *mask)
{
	uint32_t value = 0;
	int rc = mr__ws_whole(c, 0, BYTE_MAX, &value);

	if (!rc)
		*mask = (uint8_t)value;
	return rc;
}

int mr__ws_ese(struct wire_scpi *b, const struct ws_command *c)
{
	return set_mask(c, &b->status.ese);
}

int mr__ws_ese_query(struct wire_scpi *b, const struct ws_command *c)
{
	(void)c;
	mr__ws_print(mr__ws_answer(b), "%d", b->status.ese);
	return WS_OK;
}

/* Bit 6 cannot request service for itself. */
int mr__ws_sre(struct wire_scpi *b, const struct ws_command *c)
{
	int rc = set_mask(c, &b->status.sre);

	b->status.sre &= (uint8_t)~STB_RQS;
	return rc;
}

int mr__ws_sre_query(struct wire_scpi *b, const struct ws_command *c)
{
	(void)c;
	mr__ws_print(mr__ws_answer(b), "%d", b->status.sre);
	return WS_OK;
}

int mr__ws_stb_query(struct wire_scpi *b, const struct ws_command *c)
{
	uint8_t stb = mr__ws_stb(b);

	(void)c;
	mr__ws_print(mr__ws_answer(b), "%d", stb);
	return WS_OK;
}
