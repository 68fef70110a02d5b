/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * USBTMC's messages in process: the driver's side on a virtual device, joined by
 * a carrier whose transfers are late by script. What libusb makes of it is in
 * test_usb.c.
 */
#include <stdlib.h>
#include <string.h>

#include "driver/transports.h"
#include "driver/usbtmc.h"
#include "emulator/usb_device.h"

#include "pipes.h"
#include "test.h"

#define MS MR_TEST_MS
#define SECOND (1000 * MS)
#define ROUNDS 400
#define STEPS 40

/* How a transfer ends for the host. */
enum fate {
	FINE,
	LATE_BUT_DONE, /* the device had it; the host's time was over */
	LATE           /* nothing moved */
};

struct cable {
	const struct mr__wire_type *type;
	void *board;
	struct mr__usb_device *device;
	struct mr_manual_clock time;
	struct mr_clock clock;
	enum fate out;     /* of the next transfer to the device */
	unsigned stalls;   /* of the pipe to the device */
	unsigned clears;
	unsigned aborts;
	void *pipe;        /* the driver's side */
};

static int carry_out(void *self, const void *data, size_t n,
                     unsigned timeout_ms, size_t *moved, struct mr_errtext *err)
{
	struct cable *c = self;
	enum fate fate = c->out;
	enum usb_answer a = USB_DONE;

	c->out = FINE;
	*moved = 0;
	if (fate != LATE)
		a = mr__usb_device_out(c->device, c->time.monotonic_ns, data, n);
	if (a == USB_STALL) {
		c->stalls++;
		return mr_errtext_set(err, MR_ERR_FORMAT, "stalled");
	}
	if (fate == FINE) {
		*moved = n;
		return MR_OK;
	}
	c->time.monotonic_ns += timeout_ms * MS;
	return mr_errtext_set(err, MR_ERR_TIMEOUT, "late");
}

static int carry_in(void *self, void *buf, size_t room, unsigned timeout_ms,
                    size_t *moved, struct mr_errtext *err)
{
	struct cable *c = self;
	int64_t end_ns = c->time.monotonic_ns + timeout_ms * MS;

	for (;;) {
		int64_t now_ns = c->time.monotonic_ns;
		enum usb_answer a = mr__usb_device_in(c->device, now_ns, buf,
		                                      room, moved);
		int64_t due_ns = mr__usb_device_due_ns(c->device, now_ns);

		if (a == USB_DONE)
			return MR_OK;
		if (a == USB_STALL)
			return mr_errtext_set(err, MR_ERR_FORMAT, "stalled");
		if (due_ns > end_ns) {
			c->time.monotonic_ns = end_ns;
			return mr_errtext_set(err, MR_ERR_TIMEOUT, "late");
		}
		c->time.monotonic_ns = due_ns;
	}
}

static int carry_control(void *self, uint8_t type, uint8_t request,
                         uint16_t value, uint16_t index, void *buf, size_t n,
                         size_t *moved, struct mr_errtext *err)
{
	struct cable *c = self;
	const uint8_t setup[8] = {type, request, (uint8_t)value,
	                          (uint8_t)(value >> 8), (uint8_t)index,
	                          (uint8_t)(index >> 8), (uint8_t)n,
	                          (uint8_t)(n >> 8)};

	c->aborts += request == 3;
	c->clears += request == 5;
	if (mr__usb_device_control(c->device, c->time.monotonic_ns, setup, buf,
	                           n, moved) == USB_DONE)
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_FORMAT, "stalled");
}

static int clear_halt(void *self, bool in, struct mr_errtext *err)
{
	struct cable *c = self;
	const uint8_t setup[8] = {0x02, 1, 0, 0,
	                          in ? USB_IN_ENDPOINT : USB_OUT_ENDPOINT};
	size_t moved;

	(void)err;
	(void)mr__usb_device_control(c->device, 0, setup, NULL, 0, &moved);
	return MR_OK;
}

static void close_nothing(void *self)
{
	(void)self;
}

static const struct mr__tmc_link cable_link = {.out = carry_out,
                                               .in = carry_in,
                                               .control_in = carry_control,
                                               .clear_halt = clear_halt,
                                               .close = close_nothing};

static void plug(struct cable *c)
{
	static const struct mr__tmc_place place = {.in = USB_IN_ENDPOINT,
	                                           .out = USB_OUT_ENDPOINT,
	                                           .packet = USB_PACKET};
	struct mr_uri *uri = malloc(sizeof *uri);
	struct mr_errtext err = {""};

	memset(c, 0, sizeof *c);
	mr_clock_manual(&c->clock, &c->time);
	CU_ASSERT_PTR_NOT_NULL_FATAL(uri);
	MR_CODE_ERR(mr_uri_parse(uri, "emu:ideal?rows=2&cols=2", &err), MR_OK, err);
	MR_CODE_ERR(mr__wire_open(mr__wire_find("echo"), uri, 0, &c->type,
	                          &c->board, &err),
	            MR_OK, err);
	free(uri);
	c->type->link(c->board, 0, true);
	c->device = mr__usb_device_alloc(USB_KIND_TMC, c->type, c->board);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c->device);
	MR_CODE_ERR(mr__tmc_open(&cable_link, c, &place, &c->clock, &c->pipe, &err),
	            MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c->pipe);
	c->clears = 0; /* without the one of opening */
}

static void unplug(struct cable *c)
{
	mr__tmc_close(c->pipe);
	mr__usb_device_free(c->device);
	(void)c->type->close(c->board, NULL);
}

static int say(struct cable *c, const char *line, struct mr_errtext *err)
{
	size_t sent;

	return mr__tmc_write(c->pipe, line, strlen(line), true,
	                     c->time.monotonic_ns + SECOND, &sent, err);
}

static int hear(struct cable *c, char came[64], int64_t within_ns,
                struct mr_errtext *err)
{
	size_t got = 0;
	bool end;
	int rc = mr__tmc_read(c->pipe, came, 63, c->time.monotonic_ns + within_ns,
	                      &got, &end, err);

	came[rc ? 0 : got] = '\0';
	return rc;
}

static void expect(struct cable *c, const char *line)
{
	struct mr_errtext err = {""};
	char came[64];

	MR_CODE_ERR(say(c, line, &err), MR_OK, err);
	MR_CODE_ERR(hear(c, came, SECOND, &err), MR_OK, err);
	CU_ASSERT_STRING_EQUAL(came, line);
}

/* The host's time for the request was over, and the device had it: a second
 * request would halt the pipe ("the instrument refuses a message"). */
static void late_request_is_taken_back(void)
{
	for (int fate = LATE_BUT_DONE; fate <= LATE; fate++) {
		struct cable c;
		struct mr_errtext err = {""};
		char came[64];

		plug(&c);
		MR_CODE_ERR(say(&c, "WAIT 0.2 pulse\n", &err), MR_OK, err);
		c.out = (enum fate)fate;
		MR_CODE(hear(&c, came, 10 * MS, &err), MR_ERR_TIMEOUT);
		/* the job goes on, and its answer comes */
		MR_CODE_ERR(hear(&c, came, SECOND, &err), MR_OK, err);
		CU_ASSERT_STRING_EQUAL(came, "pulse\n");
		CU_ASSERT_EQUAL(c.stalls, 0);
		CU_ASSERT_EQUAL(c.aborts, 1);
		CU_ASSERT_EQUAL(c.clears, 0);
		/* likewise where something is said next, or all is let go */
		c.out = (enum fate)fate;
		MR_CODE(hear(&c, came, 10 * MS, &err), MR_ERR_TIMEOUT);
		expect(&c, "hello\n");
		c.out = (enum fate)fate;
		MR_CODE(hear(&c, came, 10 * MS, &err), MR_ERR_TIMEOUT);
		MR_CODE_ERR(mr__tmc_flush(c.pipe, &err), MR_OK, err);
		expect(&c, "again\n");
		CU_ASSERT_EQUAL(c.stalls, 0);
		unplug(&c);
	}
}

/* A packet that goes at all goes: a deadline of a moment does not cut it off. */
static void request_has_time_to_go(void)
{
	struct cable c;
	struct mr_errtext err = {""};
	char came[64];
	int64_t before_ns;

	plug(&c);
	c.out = LATE;
	before_ns = c.time.monotonic_ns;
	MR_CODE(hear(&c, came, 1, &err), MR_ERR_TIMEOUT);
	/* 50 ms, and what its recovery may take */
	CU_ASSERT(c.time.monotonic_ns - before_ns >= 50 * MS);
	CU_ASSERT(c.time.monotonic_ns - before_ns < 500 * MS);
	before_ns = c.time.monotonic_ns;
	MR_CODE(hear(&c, came, 0, &err), MR_ERR_TIMEOUT);
	CU_ASSERT_EQUAL(c.time.monotonic_ns, before_ns);
	expect(&c, "on\n");
	unplug(&c);
}

/* ---- anything in any order --------------------------------------------------------- */

static unsigned chance(uint64_t *state, unsigned of)
{
	/* Knuth's MMIX generator: which order is tried does not matter */
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*state >> 33) % of;
}

static int step(struct cable *c, uint64_t *state)
{
	static const char *const lines[] = {"a\n", "WAIT 0.005 b\n", "BLOCK 700\n",
	                                    "WAIT 0.2 c\n"};
	struct mr_errtext err = {""};
	char came[64];
	uint8_t stb;

	c->out = (enum fate)(chance(state, 8) ? FINE : 1 + chance(state, 2));
	switch (chance(state, 12)) {
	case 0:
		return mr__tmc_flush(c->pipe, &err);
	case 1:
		return mr__tmc_status_byte(c->pipe, &stb,
		                           c->time.monotonic_ns + SECOND, &err);
	case 2:
		return mr__tmc_clear(c->pipe, c->time.monotonic_ns + SECOND, &err);
	case 3:
	case 4:
	case 5:
		return say(c, lines[chance(state, 4)], &err);
	default:
		return hear(c, came, chance(state, 30) * MS, &err);
	}
}

static void any_order_leaves_the_pipe_usable(void)
{
	for (uint64_t round = 0; round < ROUNDS; round++) {
		struct cable c;
		struct mr_errtext err = {""};
		uint64_t state = round;

		plug(&c);
		for (int i = 0; i < STEPS; i++) {
			int rc = step(&c, &state);

			CU_ASSERT(rc == MR_OK || rc == MR_ERR_TIMEOUT);
		}
		c.out = FINE;
		CU_ASSERT_EQUAL(c.stalls, 0);
		MR_CODE_ERR(mr__tmc_clear(c.pipe, c.time.monotonic_ns + SECOND,
		                          &err),
		            MR_OK, err);
		expect(&c, "still there\n");
		unplug(&c);
	}
}

const struct mr_test mr_tests[] = {
	{"late_request_is_taken_back", late_request_is_taken_back},
	{"request_has_time_to_go", request_has_time_to_go},
	{"any_order_leaves_the_pipe_usable", any_order_leaves_the_pipe_usable},
	{0},
};
