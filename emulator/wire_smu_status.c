/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Error queues, registers, common commands. */
#include "wire_smu.h"

#include <stdio.h>
#include <string.h>

#define STB_MEASURE 0x01u
#define STB_ERROR 0x04u
#define STB_MAV 0x10u
#define STB_ESB 0x20u
#define STB_RQS 0x40u
#define BYTE_MAX 255
#define HUNDRED 100
#define NS_PER_MS 1000000
#define MS_PER_S 1000
#define S_PER_MIN 60
#define MIN_PER_H 60

/* Bit of the event register by the hundred of an error. */
static uint8_t event_of(int error)
{
	switch (error < 0 ? -error / HUNDRED : 2) {
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

const char *mr__smu_error_text(int error)
{
	static const struct {
		int error;
		const char *text;
	} texts[] = {
		{0, "No error"},
		{SMU_SYNTAX, "Syntax error"},
		{SMU_TYPE, "Data type error"},
		{SMU_NOT_ALLOWED, "Parameter not allowed"},
		{SMU_MISSING, "Missing parameter"},
		{SMU_HEADER, "Undefined header"},
		{SMU_INIT_IGNORED, "Init ignored"},
		{SMU_CONFLICT, "Settings conflict"},
		{SMU_RANGE, "Parameter data out of range"},
		{SMU_TOO_MUCH, "Too much data"},
		{SMU_ILLEGAL, "Illegal parameter value"},
		{SMU_CORRUPT, "Data corrupt or stale"},
		{SMU_TSP_SYNTAX, "TSP Syntax error"},
		{SMU_TSP_RUNTIME, "TSP Runtime error"},
		{SMU_SYSTEM, "System error"},
		{SMU_QUEUE_OVERFLOW, "Queue overflow"},
		{SMU_OVERRUN, "Input buffer overrun"},
		{SMU_INTERRUPTED, "Query INTERRUPTED"},
		{SMU_OUTPUT_OFF, "Not permitted with OUTPUT off"},
	};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (texts[i].error == error)
			return texts[i].text;
	return "Device error";
}

void mr__smu_queue_add(struct smu_queue *q, int error, int64_t t_ns)
{
	q->esr |= event_of(error);
	if (q->n < q->max) {
		q->at_ns[q->n] = t_ns;
		q->errors[q->n++] = error;
	} else {
		q->errors[q->max - 1] = SMU_QUEUE_OVERFLOW;
	}
}

int mr__smu_queue_next(struct smu_queue *q, int64_t *at_ns)
{
	int error = q->n ? q->errors[0] : 0;

	*at_ns = q->n ? q->at_ns[0] : 0;
	if (q->n) {
		q->n--;
		memmove(q->errors, q->errors + 1, q->n * sizeof q->errors[0]);
		memmove(q->at_ns, q->at_ns + 1, q->n * sizeof q->at_ns[0]);
	}
	return error;
}

void mr__smu_raise(struct smu *b, int error)
{
	mr__smu_queue_add(&b->errors, error, b->t_ns);
}

/* The 2450 family stamps its events; this one's calendar begins at power-on. */
static void answer_event(struct smu *b, int error, int64_t at_ns)
{
	struct ws_buffer *to = mr__smu_answer(&b->pipe);
	int64_t ms = (at_ns - b->opened_ns) / NS_PER_MS;
	int64_t s = ms / MS_PER_S, min = s / S_PER_MIN;

	if (!error)
		mr__ws_print(to, "0,\"No error;0;0 0\"");
	else
		mr__ws_print(to, "%d,\"%s;1;2026/01/01 %02d:%02d:%02d.%03d\"",
		             error, mr__smu_error_text(error),
		             (int)(min / MIN_PER_H % 24), (int)(min % MIN_PER_H),
		             (int)(s % S_PER_MIN), (int)(ms % MS_PER_S));
}

int mr__smu_error(struct smu *b, const struct smu_command *c)
{
	int64_t at_ns;
	int error = mr__smu_queue_next(&b->errors, &at_ns);

	(void)c;
	if (b->profile->dialect == SMU_2450)
		answer_event(b, error, at_ns);
	else
		mr__ws_print(mr__smu_answer(&b->pipe),
		             b->profile->dialect == SMU_B2900 ? "%+d,\"%s\""
		                                              : "%d,\"%s\"",
		             error, mr__smu_error_text(error));
	return 0;
}

int mr__smu_error_count(struct smu *b, const struct smu_command *c)
{
	(void)c;
	mr__ws_print(mr__smu_answer(&b->pipe), "%u", b->errors.n);
	return 0;
}

int mr__smu_clear_errors(struct smu *b, const struct smu_command *c)
{
	(void)c;
	b->errors.n = 0;
	return 0;
}

/* ---- common commands ---------------------------------- */

int mr__smu_idn(struct smu *b, const struct smu_command *c)
{
	char text[4 * SMU_NAME_MAX];

	(void)c;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	(void)snprintf(text, sizeof text, b->profile->identity, b->serial,
	               b->firmware);
#pragma GCC diagnostic pop
	mr__ws_print(mr__smu_answer(&b->pipe), "%s", text);
	return 0;
}

int mr__smu_rst(struct smu *b, const struct smu_command *c)
{
	(void)c;
	(void)mr__smu_job_cut(b);
	mr__smu_output(b, false);
	mr__smu_settle(b);
	mr__smu_defaults(b);
	mr__smu_note(b);
	return 0;
}

int mr__smu_cls(struct smu *b, const struct smu_command *c)
{
	(void)c;
	b->errors.n = 0;
	b->errors.esr = 0;
	b->measure_event = 0;
	return 0;
}

/* Commands are done in order: as a query it waits for the job, and so what it
 * asks about has ended. */
int mr__smu_opc(struct smu *b, const struct smu_command *c)
{
	if (c->query)
		mr__ws_print(mr__smu_answer(&b->pipe), "1");
	else
		b->errors.esr |= 1;
	return 0;
}

int mr__smu_esr(struct smu *b, const struct smu_command *c)
{
	(void)c;
	mr__ws_print(mr__smu_answer(&b->pipe), "%d", b->errors.esr);
	b->errors.esr = 0;
	return 0;
}

static int mask(struct smu *b, const struct smu_command *c, uint8_t *to)
{
	double x;
	int rc;

	if (c->query) {
		mr__ws_print(mr__smu_answer(&b->pipe), "%d", *to);
		return 0;
	}
	rc = mr__smu_number(&c->params[0], &x);
	if (!rc && !(x >= 0 && x <= BYTE_MAX))
		rc = SMU_RANGE;
	if (!rc)
		*to = (uint8_t)x;
	return rc;
}

int mr__smu_ese(struct smu *b, const struct smu_command *c)
{
	return mask(b, c, &b->errors.ese);
}

int mr__smu_sre(struct smu *b, const struct smu_command *c)
{
	int rc = mask(b, c, &b->errors.sre);

	b->errors.sre &= (uint8_t)~STB_RQS;
	return rc;
}

uint8_t mr__smu_stb_now(const struct smu *b)
{
	const struct smu_queue *q = &b->errors;
	unsigned stb = 0;

	if (b->measure_event & (unsigned)b->set[SET_MEASURE_ENABLE])
		stb |= STB_MEASURE;
	if (q->n)
		stb |= STB_ERROR;
	if (mr__smu_pipe_has_output(&b->pipe) || b->pipe.n_answers)
		stb |= STB_MAV;
	if (q->esr & q->ese)
		stb |= STB_ESB;
	return (uint8_t)(stb & q->sre ? stb | STB_RQS : stb);
}

int mr__smu_stb(struct smu *b, const struct smu_command *c)
{
	(void)c;
	mr__ws_print(mr__smu_answer(&b->pipe), "%d", mr__smu_stb_now(b));
	return 0;
}

int mr__smu_wai(struct smu *b, const struct smu_command *c)
{
	(void)b;
	(void)c;
	return 0;
}

int mr__smu_tst(struct smu *b, const struct smu_command *c)
{
	(void)c;
	mr__ws_print(mr__smu_answer(&b->pipe), "0");
	return 0;
}

/* What it speaks; another language would need a restart. */
int mr__smu_lang(struct smu *b, const struct smu_command *c)
{
	double x;

	if (!c->query)
		return mr__smu_choice(&c->params[0], "SCPI", &x);
	mr__ws_print(mr__smu_answer(&b->pipe), "SCPI");
	return 0;
}

int mr__smu_measure_event(struct smu *b, const struct smu_command *c)
{
	(void)c;
	mr__ws_print(mr__smu_answer(&b->pipe), "%u", b->measure_event);
	b->measure_event = 0;
	return 0;
}

/* Of the bench, not of a unit: how often the route changed with the output on,
 * and how often the cells' model had no answer to what was held. */
int mr__smu_hot(struct smu *b, const struct smu_command *c)
{
	uint64_t n = strstr(c->header, ":REF") ? b->refused : b->matrix.hot;

	mr__ws_print(mr__smu_answer(&b->pipe), "%llu", (unsigned long long)n);
	return 0;
}
