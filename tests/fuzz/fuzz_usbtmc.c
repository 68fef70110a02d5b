/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * An instrument that answers anything by USBTMC, over a carrier that may fail.
 * Each answer and each deed of the driver takes its bytes from the input; when
 * it is used up, the device has gone. First byte: the size of packets.
 */
#include <stdlib.h>
#include <string.h>

#include "driver/usbtmc.h"
#include "fuzz.h"

#define STEP_NS 1000000 /* the time that a look at the clock takes */
#define TRANSFER_MAX 65536
#define DEADLINE_NS 20000000
#define KINDS 6

const char mr_fuzz_name[] = "usbtmc";

struct instrument {
	const uint8_t *p;
	size_t n;
	int64_t now_ns;
	bool closed;
};

static int64_t now_ns(void *self)
{
	struct instrument *i = self;

	i->now_ns += STEP_NS;
	return i->now_ns;
}

static void sleep_ns(void *self, int64_t duration_ns)
{
	struct instrument *i = self;

	i->now_ns += duration_ns;
}

static uint8_t next(struct instrument *i)
{
	if (i->n == 0)
		return 0;
	i->n--;
	return *i->p++;
}

/* 0 to 3 of 256 are failures; a device that has gone stays so. */
static int fate(struct instrument *i, struct mr_errtext *err)
{
	static const int codes[] = {MR_ERR_TIMEOUT, MR_ERR_FORMAT, MR_ERR_IO};

	if (i->n == 0)
		return mr_errtext_set(err, MR_ERR_IO, "it has gone");
	uint8_t what = next(i);

	return what < 3 ? mr_errtext_set(err, codes[what], "it fails") : MR_OK;
}

static size_t give(struct instrument *i, void *to, size_t room)
{
	size_t n = next(i);

	n = n > 250 ? (n - 250) * 256 : n;
	n = n < i->n ? n : i->n;
	n = n < room ? n : room;
	if (n)
		memcpy(to, i->p, n);
	i->p += n;
	i->n -= n;
	return n;
}

static int out(void *self, const void *data, size_t n, unsigned timeout_ms,
               size_t *moved, struct mr_errtext *err)
{
	struct instrument *i = self;
	int rc = fate(i, err);

	mr_fuzz_must(data && n >= 12 && n % 4 == 0, "messages are padded");
	mr_fuzz_must(timeout_ms > 0, "no wait is endless");
	*moved = rc ? 0 : n;
	return rc;
}

static int in(void *self, void *buf, size_t room, unsigned timeout_ms,
              size_t *moved, struct mr_errtext *err)
{
	struct instrument *i = self;
	int rc = fate(i, err);

	mr_fuzz_must(room > 0 && room <= TRANSFER_MAX, "there is room");
	mr_fuzz_must(timeout_ms > 0, "no wait is endless");
	*moved = rc ? 0 : give(i, buf, room);
	return rc;
}

static int control_in(void *self, uint8_t type, uint8_t request, uint16_t value,
                      uint16_t index, void *buf, size_t n, size_t *moved,
                      struct mr_errtext *err)
{
	struct instrument *i = self;
	int rc = fate(i, err);

	(void)type;
	(void)request;
	(void)value;
	(void)index;
	*moved = rc ? 0 : give(i, buf, n);
	return rc;
}

static int clear_halt(void *self, bool inward, struct mr_errtext *err)
{
	(void)inward;
	return fate(self, err);
}

static void close_it(void *self)
{
	struct instrument *i = self;

	mr_fuzz_must(!i->closed, "closed once");
	i->closed = true;
}

static int read_some(void *t, size_t room, int64_t deadline_ns,
                     struct mr_errtext *err)
{
	uint8_t *buf = malloc(room);
	size_t got = 0;
	bool end = false;

	mr_fuzz_must(buf != NULL, "there is memory");
	int rc = mr__tmc_read(t, buf, room, deadline_ns, &got, &end, err);

	mr_fuzz_must(rc || (got > 0 && got <= room), "something came, and fits");
	free(buf);
	return rc;
}

static int step(struct instrument *i, void *t, struct mr_errtext *err)
{
	uint8_t what = next(i);
	int64_t deadline_ns = i->now_ns + DEADLINE_NS;
	size_t sent = 0;

	switch (what % KINDS) {
	case 0:
		return mr__tmc_write(t, "hello\n", 6, what & 64, deadline_ns,
		                     &sent, err);
	case 1:
	case 2:
		return read_some(t, 1u + what, deadline_ns, err);
	case 3:
		return mr__tmc_status_byte(t, &what, deadline_ns, err);
	case 4:
		return mr__tmc_flush(t, err);
	default:
		return mr__tmc_clear(t, deadline_ns, err);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct mr__tmc_link link = {.out = out,
	                                         .in = in,
	                                         .interrupt = in,
	                                         .control_in = control_in,
	                                         .clear_halt = clear_halt,
	                                         .close = close_it};
	struct instrument i = {.p = size ? data + 1 : data,
	                       .n = size ? size - 1 : 0};
	const struct mr_clock clock = {.self = &i,
	                               .monotonic_ns = now_ns,
	                               .wall_ns = now_ns,
	                               .sleep_ns = sleep_ns};
	struct mr_errtext err = {""};
	void *t = NULL;

	if (size == 0)
		return 0;
	const struct mr__tmc_place place = {.in = 0x81,
	                                    .out = 2,
	                                    .has_interrupt = data[0] & 2,
	                                    .packet = data[0] & 1 ? 512 : 64};

	if (mr_fuzz_judge(mr__tmc_open(&link, &i, &place, &clock, &t, &err),
	                  err.text)) {
		while (i.n) {
			struct mr_errtext why = {""};

			(void)mr_fuzz_judge(step(&i, t, &why), why.text);
		}
		mr__tmc_close(t);
	}
	mr_fuzz_must(i.closed, "the carrier is closed");
	return 0;
}
