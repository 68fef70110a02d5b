/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* ArC ONE: tokens out, floats in, and the start of a session. */
#include "arc1.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "board.h"

#define RESTART_NS INT64_C(2000000000) /* the board boots for .5 to 2 s */
#define VERSION_NS INT64_C(2000000000) /* old firmware never answers */
#define ANSWER_MAX 64
#define SENDING_NS INT64_C(5000000000) /* a line that takes no bytes is dead */

static int64_t now_ns(const struct arc1 *a)
{
	const struct mr_clock *clock = mr__transport_clock(a->pipe);

	return clock->monotonic_ns(clock->self);
}

static void sleep_ns(const struct arc1 *a, int64_t duration_ns)
{
	const struct mr_clock *clock = mr__transport_clock(a->pipe);

	if (duration_ns > 0)
		clock->sleep_ns(clock->self, duration_ns);
}

int mr__arc1_flush(struct arc1 *a, struct mr_errtext *err)
{
	uint32_t n = a->queued;
	int rc = MR_OK;

	a->queued = 0;
	if (n)
		rc = mr__transport_write(a->pipe, a->queue, n, true,
		                         now_ns(a) + SENDING_NS, NULL, err);
	if (rc)
		a->in_step = false;
	return rc;
}

int mr__arc1_token(struct arc1 *a, const char *text, struct mr_errtext *err)
{
	size_t n = strlen(text);
	int rc = MR_OK;

	if (a->queued + n + 1 > sizeof a->queue)
		rc = mr__arc1_flush(a, err);
	memcpy(a->queue + a->queued, text, n);
	a->queued += (uint32_t)n;
	a->queue[a->queued++] = '\n';
	if (!rc && a->pace_ns > 0) {
		rc = mr__arc1_flush(a, err);
		sleep_ns(a, a->pace_ns);
	}
	return rc;
}

int mr__arc1_integer(struct arc1 *a, uint32_t value, struct mr_errtext *err)
{
	char text[16];

	(void)snprintf(text, sizeof text, "%u", (unsigned)value);
	return mr__arc1_token(a, text, err);
}

int mr__arc1_decimal(struct arc1 *a, double value, struct mr_errtext *err)
{
	char text[32];

	(void)snprintf(text, sizeof text, ARC1_REAL, value);
	return mr__arc1_token(a, text, err);
}

int mr__arc1_time(struct arc1 *a, double t_s, struct mr_errtext *err)
{
	char text[32];

	(void)snprintf(text, sizeof text, "%.9f", t_s);
	return mr__arc1_token(a, text, err);
}

static float float_of(const uint8_t b[4])
{
	uint32_t bits = (uint32_t)b[0] | (uint32_t)b[1] << 8 |
	                (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
	float f;

	memcpy(&f, &bits, sizeof f);
	return f;
}

int mr__arc1_floats(struct arc1 *a, float *out, uint32_t n, double duration_s,
                    struct mr_errtext *err)
{
	uint8_t raw[256];
	int64_t deadline_ns;
	int rc = mr__arc1_flush(a, err);

	deadline_ns = now_ns(a) + a->answer_ns + (int64_t)(duration_s * 1.1e9);
	for (uint32_t i = 0; i < n && !rc;) {
		uint32_t m = n - i < sizeof raw / 4 ? n - i : sizeof raw / 4;

		rc = mr__board_await(a->pipe, deadline_ns, a->run, err);
		if (!rc)
			rc = mr__transport_read(a->pipe, raw, (size_t)4 * m,
			                        deadline_ns, NULL, err);
		for (uint32_t k = 0; k < m && !rc; k++)
			out[i + k] = float_of(raw + (size_t)4 * k);
		i += m;
	}
	if (rc)
		a->in_step = false;
	return rc;
}

int mr__arc1_line(struct arc1 *a, char *out, size_t room, size_t *n,
                  double duration_s, struct mr_errtext *err)
{
	int64_t deadline_ns;
	int rc = mr__arc1_flush(a, err);

	*n = 0;
	deadline_ns = now_ns(a) + a->answer_ns + (int64_t)(duration_s * 1.1e9);
	if (!rc)
		rc = mr__board_await(a->pipe, deadline_ns, a->run, err);
	if (!rc)
		rc = mr__transport_read_until(a->pipe, '\n', out, room,
		                              deadline_ns, n, err);
	while (!rc && *n && (out[*n - 1] == '\n' || out[*n - 1] == '\r'))
		--*n;
	if (rc)
		a->in_step = false;
	return rc;
}

/* A board that came out of a reset may still send what it was about to. */
static int restart(struct arc1 *a, struct mr_errtext *err)
{
	int rc;

	a->queued = 0;
	rc = mr__arc1_token(a, "00", err);
	if (!rc)
		rc = mr__arc1_flush(a, err);
	sleep_ns(a, RESTART_NS);
	return rc ? rc : mr__transport_flush(a->pipe, err);
}

static int await_accepted(struct arc1 *a, struct mr_errtext *err)
{
	char line[ANSWER_MAX];
	size_t n = 0;
	struct mr_errtext why = {""};
	int rc = mr__transport_read_until(a->pipe, '\n', line, sizeof line,
	                                  now_ns(a) + a->answer_ns, &n, &why);

	if (rc == MR_ERR_IO)
		return mr_errtext_set(err, rc, "%s", why.text);
	while (n && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		n--;
	if (!rc && n == 1 && line[0] == '1')
		return MR_OK;
	return mr_errtext_set(
		err, rc ? rc : MR_ERR_IO,
		"no ArC ONE answers there: to its initialisation came %s, not "
		"the line \"1\"; is it the right port, and the board switched on?",
		rc ? "nothing" : "something else");
}

static enum arc1_mode mode_for(const struct arc1 *a, double v_read_V)
{
	return a->mode == ARC1_MODE_TIA4P && v_read_V < 0 ? ARC1_MODE_TIA4P_NEG
	                                                  : a->mode;
}

static int initialise(struct arc1 *a, struct mr_errtext *err)
{
	const uint32_t first[] = {a->read_cycles, a->words, a->bits,
	                          mode_for(a, a->v_read_V), a->session,
	                          a->sneak};
	int rc = mr__arc1_token(a, "0", err);

	for (size_t i = 0; i < sizeof first / sizeof first[0] && !rc; i++)
		rc = mr__arc1_integer(a, first[i], err);
	if (!rc)
		rc = mr__arc1_decimal(a, a->v_read_V, err);
	if (!rc)
		rc = mr__arc1_flush(a, err);
	return rc ? rc : await_accepted(a, err);
}

/* Old firmware stays silent: no fault. */
static int ask_version(struct arc1 *a, struct mr_errtext *err)
{
	uint8_t raw[4];
	struct mr_errtext why = {""};
	int rc = mr__arc1_token(a, "999", err);

	if (!rc)
		rc = mr__arc1_flush(a, err);
	if (rc)
		return rc;
	rc = mr__transport_read(a->pipe, raw, sizeof raw, now_ns(a) + VERSION_NS,
	                        NULL, &why);
	if (rc == MR_ERR_IO)
		return mr_errtext_set(err, rc, "%s", why.text);
	a->firmware = 0;
	if (!rc)
		a->firmware = ((unsigned)raw[0] | (unsigned)raw[1] << 8) << 16 |
		              (unsigned)raw[2] | (unsigned)raw[3] << 8;
	return MR_OK;
}

static int send_read_voltage(struct arc1 *a, double v_read_V,
                             struct mr_errtext *err)
{
	int rc = mr__arc1_token(a, "01", err);

	if (!rc)
		rc = mr__arc1_integer(a, mode_for(a, v_read_V), err);
	if (!rc)
		rc = mr__arc1_decimal(a, v_read_V, err);
	return rc ? rc : mr__arc1_flush(a, err);
}

int mr__arc1_start(struct arc1 *a, struct mr_errtext *err)
{
	int rc = restart(a, err);

	if (!rc)
		rc = initialise(a, err);
	if (!rc)
		rc = send_read_voltage(a, a->v_read_V, err);
	if (!rc)
		rc = ask_version(a, err);
	a->in_step = rc == MR_OK;
	return rc;
}

int mr__arc1_safe(struct arc1 *a, struct mr_errtext *err)
{
	struct mr_errtext ignored = {""};
	int rc;

	a->queued = 0;
	a->in_step = false;
	rc = mr__arc1_token(a, "00", err);
	if (!rc)
		rc = mr__arc1_flush(a, err);
	(void)mr__transport_clear(a->pipe, now_ns(a) + SENDING_NS, &ignored);
	return rc;
}

int mr__arc1_read_voltage(struct arc1 *a, double v_read_V,
                          struct mr_errtext *err)
{
	int rc;

	/* a level of a trace is a float */
	if ((float)v_read_V == (float)a->v_read_V)
		return MR_OK;
	rc = send_read_voltage(a, v_read_V, err);
	if (!rc)
		a->v_read_V = v_read_V;
	return rc;
}

int mr__arc1_sneak(struct arc1 *a, enum arc1_sneak sneak,
                   struct mr_errtext *err)
{
	int rc = mr__arc1_token(a, "011", err);

	if (!rc)
		rc = mr__arc1_integer(a, a->read_cycles, err);
	if (!rc)
		rc = mr__arc1_integer(a, sneak, err);
	if (!rc)
		rc = mr__arc1_flush(a, err);
	if (!rc)
		a->sneak = sneak;
	return rc;
}
