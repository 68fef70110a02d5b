/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * USBTMC and vendor pipes through the system's libusb, against an emulated
 * device under umockdev (tests/mockusb.c).
 */
#include "test.h"

#ifdef HAVE_UMOCKDEV

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/transports.h"
#include "memrig/memrig.h"

#include "mockusb.h"
#include "pipes.h"

#define MS MR_TEST_MS
#define SECOND (1000 * MS)
#define TMC "1209:0001"
#define VENDOR "1209:0002"
#define ARRAY "emu:ideal?rows=2&cols=2"

static int say(struct mr__transport *t, const char *line, struct mr_errtext *err)
{
	return mr__transport_write(t, line, strlen(line), true, mr_test_in(t, SECOND),
	                           NULL, err);
}

static void expect(struct mr__transport *t, const char *line)
{
	char came[64] = "";
	size_t got = 0;
	struct mr_errtext err = {""};

	MR_CODE_ERR(say(t, line, &err), MR_OK, err);
	MR_CODE_ERR(mr__transport_read_until(t, '\n', came, sizeof came - 1,
	                                     mr_test_in(t, SECOND), &got, &err),
	            MR_OK, err);
	came[got] = '\0';
	CU_ASSERT_STRING_EQUAL(came, line);
}

static void expect_block(struct mr__transport *t, size_t n)
{
	uint8_t *block = malloc(n);
	char line[32];
	size_t got = 0;
	bool right = true;
	struct mr_errtext err = {""};

	(void)snprintf(line, sizeof line, "BLOCK %zu\n", n);
	MR_CODE_ERR(say(t, line, &err), MR_OK, err);
	MR_CODE_ERR(mr__transport_read(t, block, n, mr_test_in(t, 10 * SECOND), &got,
	                               &err),
	            MR_OK, err);
	CU_ASSERT_EQUAL(got, n);
	for (size_t i = 0; i < n; i++)
		right = right && block[i] == (uint8_t)i;
	CU_ASSERT(right);
	free(block);
}

/* ---- USBTMC ----------------------------------------------------------------------- */

static void usbtmc_carries_messages(void)
{
	struct mockusb *m = mockusb_plug(USB_KIND_TMC, "echo", ARRAY);
	struct mr__transport *t = mr_test_pipe("echo+usbtmc:" TMC);
	struct mr__peer peer;

	CU_ASSERT(mr__transport_has_messages(t));
	mr__transport_peer(t, &peer);
	CU_ASSERT_STRING_EQUAL(peer.serial, mockusb_serial());
	CU_ASSERT_STRING_EQUAL(peer.name, "virtual board");
	expect(t, "hello\n");
	/* every length of padding */
	expect(t, "a\n");
	expect(t, "ab\n");
	expect(t, "abc\n");
	/* around a packet, around a transfer, and many transfers */
	expect_block(t, 500);
	expect_block(t, 512);
	expect_block(t, 65524);
	expect_block(t, 65525);
	expect_block(t, 400000);
	for (int i = 0; i < 300; i++) /* tags wrap round and are never 0 */
		expect(t, "again\n");
	CU_ASSERT_EQUAL(mockusb_aborts(m), 0);
	mr__transport_close(t);
	mockusb_free(m);
}

static void usbtmc_recovers_from_silence(void)
{
	struct mockusb *m = mockusb_plug(USB_KIND_TMC, "echo", ARRAY);
	struct mr__transport *t = mr_test_pipe("echo+usbtmc:" TMC);
	struct mr_errtext err = {""};
	char c;
	int64_t before = mr_test_in(t, 0);

	/* nothing to say */
	MR_CODE(mr__transport_read(t, &c, 1, mr_test_in(t, 100 * MS), NULL, &err),
	        MR_ERR_TIMEOUT);
	CU_ASSERT(mr_test_in(t, 0) - before < 2 * SECOND);
	/* speaking takes the request back, and all goes on */
	expect(t, "still there\n");
	CU_ASSERT_EQUAL(mockusb_aborts(m), 1);
	/* an answer that comes late is not lost to who waits on */
	MR_CODE_ERR(say(t, "WAIT 0.2 late\n", &err), MR_OK, err);
	MR_CODE(mr__transport_await(t, mr_test_in(t, 20 * MS), &err), MR_ERR_TIMEOUT);
	MR_CODE_ERR(mr__transport_await(t, mr_test_in(t, 5 * SECOND), &err), MR_OK, err);
	MR_CODE(mr__transport_read(t, &c, 1, mr_test_in(t, SECOND), NULL, &err), MR_OK);
	CU_ASSERT_EQUAL(c, 'l');
	MR_CODE_ERR(mr__transport_clear(t, mr_test_in(t, SECOND), &err), MR_OK, err);
	expect(t, "after a clear\n");
	mr__transport_close(t);
	mockusb_free(m);
}

static void usbtmc_status_byte_is_read(void)
{
	struct mockusb *m = mockusb_plug(USB_KIND_TMC, "echo", ARRAY);
	struct mr__transport *t = mr_test_pipe("echo+usbtmc:" TMC);
	struct mr_errtext err = {""};
	uint8_t stb = 99;

	for (int i = 0; i < 130; i++) /* its own tags wrap round, too */
		MR_CODE_ERR(mr__transport_status_byte(t, &stb, mr_test_in(t, SECOND),
		                                      &err),
		            MR_OK, err);
	CU_ASSERT_EQUAL(stb, 0);
	mr__transport_close(t);
	mockusb_free(m);
}

static void usbtmc_stalls_are_cleared(void)
{
	struct mockusb *m = mockusb_plug(USB_KIND_TMC, "echo", ARRAY);
	struct mr__transport *t = mr_test_pipe("echo+usbtmc:" TMC);
	struct mr_errtext err = {""};
	char c;

	mockusb_stall(m, false);
	MR_CODE(say(t, "x\n", &err), MR_ERR_IO);
	MR_HAS(err.text, "refuses");
	expect(t, "on\n");
	MR_CODE_ERR(say(t, "y\n", &err), MR_OK, err);
	mockusb_stall(m, true);
	MR_CODE(mr__transport_read(t, &c, 1, mr_test_in(t, SECOND), NULL, &err),
	        MR_ERR_IO);
	MR_HAS(err.text, "refuses");
	expect(t, "and on\n");
	mr__transport_close(t);
	mockusb_free(m);
}

static void usbtmc_unplugged_says_so(void)
{
	struct mockusb *m = mockusb_plug(USB_KIND_TMC, "echo", ARRAY);
	struct mr__transport *t = mr_test_pipe("echo+usbtmc:" TMC);
	struct mr_errtext err = {""};
	char c;
	int64_t before = mr_test_in(t, 0);

	mockusb_unplug(m);
	MR_CODE(mr__transport_read(t, &c, 1, mr_test_in(t, 5 * SECOND), NULL, &err),
	        MR_ERR_IO);
	MR_CODE(say(t, "x\n", &err), MR_ERR_IO);
	CU_ASSERT(mr_test_in(t, 0) - before < 2 * SECOND);
	mr__transport_close(t);
	mockusb_free(m);
}

/* In emulated time the driver has the answer while the board says that the hour
 * is over. */
static void usbtmc_hour_passes_at_once(void)
{
	struct mockusb *m = mockusb_plug(USB_KIND_TMC, "scpi", ARRAY);
	float v_V[2] = {0.1f, 0.1f}, i_A[2];
	struct mr_op op = {.kind = MR_OP_DRIVE,
	                   .drive = {.axis = MR_AXIS_ROWS,
	                             .batch = 1,
	                             .v_V = v_V,
	                             .period_s = 3600,
	                             .i_A = i_A}};
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};
	struct mr_clock clock;
	int64_t begin_ns;

	mr_clock_system(&clock);
	mockusb_hasten(m);
	MR_CODE_ERR(mr_array_open("scpi+usbtmc:" TMC, NULL, &array, &err), MR_OK,
	            err);
	CU_ASSERT_FATAL(array != NULL);
	begin_ns = clock.monotonic_ns(clock.self);
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
	CU_ASSERT(clock.monotonic_ns(clock.self) - begin_ns < 5 * SECOND);
	CU_ASSERT(op.outcome.t_end_ns - op.outcome.t_begin_ns >= 3600 * SECOND);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	mockusb_free(m);
}

/* ---- finding ------------------------------------------------------------------------ */

static bool is_ours(const char *uri)
{
	char whole[80];

	(void)snprintf(whole, sizeof whole, "scpi+usbtmc:" TMC ":%s",
	               mockusb_serial());
	return strcmp(uri, whole) == 0;
}

static int count(void *user, const struct mr_device *d)
{
	int *n = user;

	if (is_ours(d->uri))
		++*n;
	return MR_OK;
}

static void usb_devices_are_found(void)
{
	char uri[80];
	struct mockusb *m = mockusb_plug(USB_KIND_TMC, "echo", ARRAY);
	struct mr__transport *t, *other;
	struct mr_errtext err = {""};
	int n = 0;

	MR_CODE_ERR(mr_devices_list(count, &n, &err), MR_OK, err);
	CU_ASSERT_EQUAL(n, 1);
	(void)snprintf(uri, sizeof uri, "echo+usbtmc:" TMC ":%s",
	               mockusb_serial());
	t = mr_test_pipe(uri);
	/* one program a device, by whatever name */
	MR_CODE(mr_test_open_pipe("echo+usbtmc:" TMC, &other, &err), MR_ERR_BUSY);
	mr__transport_close(t);
	MR_CODE(mr_test_open_pipe("echo+usbtmc:" TMC ":8", &other, &err),
	        MR_ERR_MISSING);
	MR_CODE(mr_test_open_pipe("echo+usb:" TMC, &other, &err), MR_ERR_MISSING);
	MR_CODE(mr_test_open_pipe("echo+usbtmc:12", &other, &err), MR_ERR_USAGE);
	MR_CODE(mr_test_open_pipe("echo+usbtmc:", &other, &err), MR_ERR_USAGE);
	MR_CODE(mr_test_open_pipe("echo+usbtmc:" TMC ":", &other, &err), MR_ERR_USAGE);
	mockusb_hold(m, true);
	MR_CODE(mr_test_open_pipe("echo+usbtmc:" TMC, &other, &err), MR_ERR_BUSY);
	MR_HAS(err.text, "another program");
	mockusb_free(m);
}

/* ---- the kernel's nodes ----------------------------------------------------------------- */

static int count_node(void *user, const struct mr_device *d)
{
	int *n = user;

	if (strcmp(d->uri, "scpi+usbtmc-kernel:/dev/usbtmc0") == 0 &&
	    strcmp(d->serial, mockusb_serial()) == 0 &&
	    d->vendor == 0x1209 && strcmp(d->name, "virtual board") == 0)
		++*n;
	return MR_OK;
}

/* sysfs only: the driver's calls are tested in a real kernel (tests/usb/). */
static void nodes_are_found(void)
{
	struct mockusb *m = mockusb_plug(USB_KIND_TMC, "echo", ARRAY);
	struct mr__transport *t;
	struct mr_errtext err = {""};
	int n = 0;

	MR_CODE_ERR(mr_devices_list(count_node, &n, &err), MR_OK, err);
	CU_ASSERT_EQUAL(n, 0);
	mockusb_bind(m);
	MR_CODE_ERR(mr_devices_list(count_node, &n, &err), MR_OK, err);
	CU_ASSERT_EQUAL(n, 1);
	/* the node that stands there has no driver */
	MR_CODE(mr_test_open_pipe("echo+usbtmc-kernel:" TMC, &t, &err),
	        MR_ERR_USAGE);
	MR_HAS(err.text, "/dev/usbtmc0");
	MR_CODE(mr_test_open_pipe("echo+usbtmc-kernel:" TMC ":8", &t, &err),
	        MR_ERR_MISSING);
	mockusb_free(m);
}

/* ---- coming and going --------------------------------------------------------------------- */

struct changes {
	int arrived;
	int left;
	int result;
};

static int note_change(void *user, enum mr_device_change change,
                       const struct mr_device *d)
{
	struct changes *c = user;

	if (is_ours(d->uri)) {
		c->arrived += change == MR_DEVICE_ARRIVED;
		c->left += change == MR_DEVICE_LEFT;
	}
	return c->result;
}

static void arrivals_and_removals_are_seen(void)
{
	struct mockusb *m = mockusb_plug(USB_KIND_TMC, "echo", ARRAY);
	struct mr_device_watch *w;
	struct changes c = {.arrived = 0};
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_device_watch_open(&w, &err), MR_OK, err);
	/* what was there before is no news */
	MR_CODE(mr_device_watch_wait(w, 0, note_change, &c, &err),
	        MR_ERR_TIMEOUT);
	MR_CODE(mr_device_watch_wait(w, 0.05, note_change, &c, &err),
	        MR_ERR_TIMEOUT);
	for (int i = 1; i < 4; i++) {
		mockusb_vanish(m);
		MR_CODE_ERR(mr_device_watch_wait(w, 5, note_change, &c, &err),
		            MR_OK, err);
		CU_ASSERT(c.left == i && c.arrived == i - 1);
		mockusb_appear(m);
		MR_CODE_ERR(mr_device_watch_wait(w, 5, note_change, &c, &err),
		            MR_OK, err);
		CU_ASSERT(c.left == i && c.arrived == i);
	}
	/* who does not want to know more ends it */
	c.result = MR_ERR_STOPPED;
	mockusb_vanish(m);
	MR_CODE(mr_device_watch_wait(w, 5, note_change, &c, &err),
	        MR_ERR_STOPPED);
	MR_CODE(mr_device_watch_wait(w, -1, note_change, &c, &err),
	        MR_ERR_RANGE);
	MR_CODE(mr_device_watch_wait(w, 1e6, note_change, &c, &err),
	        MR_ERR_RANGE);
	mr_device_watch_close(w);
	mr_device_watch_close(NULL);
	mockusb_free(m);
}

/* ---- vendor pipes ---------------------------------------------------------------------- */

static void vendor_pipes_carry_bytes(void)
{
	struct mockusb *m = mockusb_plug(USB_KIND_VENDOR, "echo", ARRAY);
	struct mr__transport *t = mr_test_pipe("echo+usb:" VENDOR);
	struct mr_errtext err = {""};
	char c;

	CU_ASSERT(!mr__transport_has_messages(t));
	expect(t, "hello\n");
	expect_block(t, 512);
	expect_block(t, 300000);
	MR_CODE(mr__transport_read(t, &c, 1, mr_test_in(t, 50 * MS), NULL, &err),
	        MR_ERR_TIMEOUT);
	MR_CODE(mr__transport_flush(t, &err), MR_OK);
	expect(t, "on\n");
	mockusb_unplug(m);
	MR_CODE(mr__transport_read(t, &c, 1, mr_test_in(t, SECOND), NULL, &err),
	        MR_ERR_IO);
	mr__transport_close(t);
	mockusb_free(m);
}

const struct mr_test mr_tests[] = {
	{"usbtmc_carries_messages", usbtmc_carries_messages},
	{"usbtmc_recovers_from_silence", usbtmc_recovers_from_silence},
	{"usbtmc_status_byte_is_read", usbtmc_status_byte_is_read},
	{"usbtmc_stalls_are_cleared", usbtmc_stalls_are_cleared},
	{"usbtmc_unplugged_says_so", usbtmc_unplugged_says_so},
	{"usbtmc_hour_passes_at_once", usbtmc_hour_passes_at_once},
	{"usb_devices_are_found", usb_devices_are_found},
	{"nodes_are_found", nodes_are_found},
	{"arrivals_and_removals_are_seen", arrivals_and_removals_are_seen},
	{"vendor_pipes_carry_bytes", vendor_pipes_carry_bytes},
	{0},
};

#else

static void usb_is_not_tested(void)
{
	mr_test_skip("built without umockdev (libumockdev-dev)");
}

const struct mr_test mr_tests[] = {
	{"usb_is_not_tested", usb_is_not_tested},
	{0},
};

#endif
