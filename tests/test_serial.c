/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Serial ports through the system's libserialport, over terminals that umockdev
 * makes ports of USB devices (tests/mocktty.c).
 */
#define _GNU_SOURCE /* setresuid() */

#include "test.h"

#ifdef HAVE_UMOCKDEV

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "driver/transports.h"
#include "memrig/device.h"
#include "memrig/memrig.h"

#include "mocktty.h"
#include "pipes.h"
#include "ttypump.h"

#define MS MR_TEST_MS
#define SECOND (1000 * MS)
#define NOBODY 65534
#define TRIES 3 /* on a busy machine one wait may take longer */
#define CPU_MOST (90 * MS) /* of waits of 100 ms or more; valgrind is slow */
#define LINE_ROOM 13824 /* what a terminal takes that nobody reads; Linux 6.18 */

static struct mocktty *one_port(void)
{
	struct mocktty *m = mocktty_new();

	mocktty_plug(m, 0, "1209", "0003", "A7");
	return m;
}

static int64_t cpu_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
}

static int64_t lesser(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void fails(const char *uri, int code, const char *text)
{
	struct mr__transport *t = NULL;
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_test_open_pipe(uri, &t, &err), code, err);
	MR_HAS(err.text, text);
	mr__transport_close(t);
}

static void opens(const char *uri, const char *path)
{
	struct mr__transport *t = mr_test_pipe(uri);
	struct mr__peer peer;

	mr__transport_peer(t, &peer);
	CU_ASSERT_STRING_EQUAL(peer.path, path);
	CU_ASSERT_EQUAL(peer.vendor, 0x1209);
	CU_ASSERT_STRING_EQUAL(peer.name, "virtual board");
	mr__transport_close(t);
}

/* ---- finding ------------------------------------------------------------------------ */

static void ports_are_found(void)
{
	struct mocktty *m = one_port();

	mocktty_plug(m, 1, "1209", "0004", "B8");
	opens("echo+serial:/dev/ttyACM0", "/dev/ttyACM0");
	opens("echo+serial:1209:0003", "/dev/ttyACM0");
	opens("echo+serial:1209:0004", "/dev/ttyACM1");
	opens("echo+serial:1209:0004:B8", "/dev/ttyACM1");
	opens("echo+serial:/dev/serial/by-id/usb-A7", "/dev/ttyACM0");
	opens("echo+serial:/dev/serial/by-id/usb-B8", "/dev/ttyACM1");
	mocktty_link(m, "board", "serial/by-id/usb-B8"); /* a link to a link */
	opens("echo+serial:/dev/board", "/dev/ttyACM1");
	mocktty_free(m);
}

static void ports_that_are_not_there_are_named(void)
{
	struct mocktty *m = one_port();
	char path[MR_TEST_PATH_MAX], uri[MR_TEST_PATH_MAX + 32];

	fails("echo+serial:/dev/ttyACM2", MR_ERR_MISSING, "no such port");
	fails("echo+serial:/dev/serial/by-id/usb-C9", MR_ERR_MISSING,
	      "/dev/serial/by-id/usb-C9");
	fails("echo+serial:1209:0004", MR_ERR_MISSING, "1209:0004");
	fails("echo+serial:1209:0003:A8", MR_ERR_MISSING, "1209:0003:A8");
	fails("echo+serial:1209", MR_ERR_USAGE, "VID:PID");
	fails("echo+serial:1209:0003x", MR_ERR_USAGE, "VID:PID");
	fails("echo+serial:12090:0003", MR_ERR_USAGE, "VID:PID");
	fails("echo+serial:COM3", MR_ERR_USAGE, "/dev/");
	fails("echo+serial:", MR_ERR_USAGE, "which port");
	/* links that lead back to themselves, or nowhere */
	CU_ASSERT_FATAL(symlink("about", mr_test_path(path, "round")) == 0 &&
	                symlink("round", mr_test_path(path, "about")) == 0);
	(void)snprintf(uri, sizeof uri, "echo+serial:%s", path);
	fails(uri, MR_ERR_USAGE, "no serial port");
	mocktty_link(m, "nowhere", "ttyACM9");
	fails("echo+serial:/dev/nowhere", MR_ERR_MISSING, "/dev/nowhere");
	mocktty_free(m);
}

static void two_ports_that_fit_are_named(void)
{
	struct mocktty *m = one_port();

	mocktty_plug(m, 1, "1209", "0003", "B8");
	mocktty_plug(m, 2, "1209", "0003", "");
	fails("echo+serial:1209:0003", MR_ERR_USAGE,
	      "3 ports fit: ");
	fails("echo+serial:1209:0003", MR_ERR_USAGE,
	      "/dev/ttyACM0 (serial A7)");
	fails("echo+serial:1209:0003", MR_ERR_USAGE,
	      "/dev/ttyACM1 (serial B8)");
	fails("echo+serial:1209:0003", MR_ERR_USAGE,
	      "/dev/ttyACM2 (serial none)");
	opens("echo+serial:1209:0003:B8", "/dev/ttyACM1");
	mocktty_free(m);
}

/* ArC ONE's numbers are a board's that memrig knows. */
static int count(void *user, const struct mr_device *d)
{
	int *n = user;

	*n += strstr(d->uri, "serial:") != NULL &&
	      strcmp(d->serial, "A7") == 0 && d->vendor == 0x0d28 &&
	      d->product == 0x0204 && strcmp(d->name, "virtual board") == 0;
	return MR_OK;
}

static void ports_are_listed(void)
{
	struct mocktty *m = mocktty_new();
	struct mr_errtext err = {""};
	int n = 0;

	MR_CODE_ERR(mr_devices_list(count, &n, &err), MR_OK, err);
	CU_ASSERT_EQUAL(n, 0);
	mocktty_plug(m, 0, "0d28", "0204", "A7");
	MR_CODE_ERR(mr_devices_list(count, &n, &err), MR_OK, err);
	CU_ASSERT_EQUAL(n, 1);
	mocktty_free(m);
}

/* ---- refusals ------------------------------------------------------------------------- */

static void node_that_is_no_port_is_refused(void)
{
	struct mocktty *m = one_port();
	char path[MR_TEST_PATH_MAX], uri[MR_TEST_PATH_MAX + 32];
	FILE *f = fopen(mr_test_path(path, "plain"), "w");

	CU_ASSERT_FATAL(f != NULL);
	(void)fclose(f);
	fails("echo+serial:/dev/null", MR_ERR_USAGE, "no serial port");
	(void)snprintf(uri, sizeof uri, "echo+serial:%s", path);
	fails(uri, MR_ERR_USAGE, "no serial port");
	fails("echo+serial:/dev", MR_ERR_USAGE, "no serial port");
	/* one that calls itself a port */
	mocktty_replace(m, 0, path);
	fails("echo+serial:/dev/ttyACM0", MR_ERR_IO, "/dev/ttyACM0");
	mocktty_free(m);
}

/* Become a user who may do little; a user who is nobody special stays. */
static void drop(bool on)
{
	if (on && geteuid() == 0)
		CU_ASSERT_FATAL(setresuid(NOBODY, NOBODY, 0) == 0);
	if (!on && getuid() == NOBODY)
		CU_ASSERT_FATAL(setresuid(0, 0, 0) == 0);
}

static void permission_denied_names_the_group(void)
{
	struct mocktty *m = one_port();
	struct stat before;

	CU_ASSERT_FATAL(stat(mocktty_slave(m, 0), &before) == 0);
	CU_ASSERT(chmod(mocktty_slave(m, 0), 0) == 0);
	drop(true);
	fails("echo+serial:1209:0003", MR_ERR_IO, "dialout");
	drop(false);
	CU_ASSERT(chmod(mocktty_slave(m, 0), before.st_mode) == 0);
	opens("echo+serial:1209:0003", "/dev/ttyACM0");
	mocktty_free(m);
}

static void settings_that_a_port_lacks_are_named(void)
{
	struct mocktty *m = one_port();

	mocktty_refuse(m, true);
	fails("echo+serial:1209:0003?baud=921600&parity=e", MR_ERR_IO,
	      "921600 baud");
	mocktty_refuse(m, false);
	/* whoever failed has let go */
	opens("echo+serial:1209:0003", "/dev/ttyACM0");
	fails("echo+serial:1209:0003?baud=0", MR_ERR_RANGE, "baud");
	fails("echo+serial:1209:0003?parity=m", MR_ERR_USAGE, "parity");
	fails("echo+serial:1209:0003?flow=xon", MR_ERR_USAGE, "flow");
	fails("echo+serial:1209:0003?dtr=yes", MR_ERR_USAGE, "dtr");
	mocktty_free(m);
}

static void second_program_is_refused(void)
{
	struct mocktty *m = one_port();
	struct mr__transport *t = mr_test_pipe("echo+serial:1209:0003");
	char pid[32];

	(void)snprintf(pid, sizeof pid, "process %ld", (long)getpid());
	fails("echo+serial:1209:0003", MR_ERR_BUSY, pid);
	fails("echo+serial:/dev/ttyACM0", MR_ERR_BUSY, pid);
	fails("echo+serial:/dev/serial/by-id/usb-A7", MR_ERR_BUSY, pid);
	/* also programs that know nothing of memrig's lock */
	CU_ASSERT(mocktty_line(m, 0).exclusive);
	CU_ASSERT(chmod(mocktty_slave(m, 0), 0666) == 0);
	drop(true); /* root may open whatever it likes */
	CU_ASSERT(open(mocktty_slave(m, 0), O_RDWR | O_NOCTTY) < 0);
	drop(false);
	mr__transport_close(t);
	CU_ASSERT(!mocktty_line(m, 0).exclusive);
	opens("echo+serial:1209:0003", "/dev/ttyACM0");
	mocktty_free(m);
}

static void port_of_another_program_is_busy(void)
{
	struct mocktty *m = one_port();
	int fd = open("/dev/ttyACM0", O_RDWR | O_NOCTTY | O_CLOEXEC);

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT(chmod(mocktty_slave(m, 0), 0666) == 0);
	CU_ASSERT(ioctl(fd, TIOCEXCL) == 0);
	drop(true);
	fails("echo+serial:1209:0003", MR_ERR_BUSY, "another program");
	drop(false);
	(void)close(fd);
	opens("echo+serial:1209:0003", "/dev/ttyACM0");
	mocktty_free(m);
}

/* ---- lines ----------------------------------------------------------------------------- */

static struct mockline set_by(const char *uri)
{
	struct mocktty *m = one_port();
	struct mr__transport *t = mr_test_pipe(uri);
	struct mockline line = mocktty_line(m, 0);

	mr__transport_close(t);
	mocktty_free(m);
	return line;
}

static void line_is_set_as_asked_for(void)
{
	struct mockline l =
		set_by("echo+serial:1209:0003?baud=921600&parity=e");

	CU_ASSERT_EQUAL(l.baud, 921600);
	CU_ASSERT_EQUAL(l.parity, 'E');
	CU_ASSERT_EQUAL(l.data_bits, 8);
	CU_ASSERT_EQUAL(l.stop_bits, 1);
	CU_ASSERT(!l.rts_cts);
	l = set_by("echo+serial:1209:0003?baud=115200&parity=o&flow=rtscts");
		CU_ASSERT_EQUAL(l.baud, 115200);
	CU_ASSERT_EQUAL(l.parity, 'O');
	CU_ASSERT(l.rts_cts);
	l = set_by("echo+serial:1209:0003?baud=250000&parity=n&flow=none");
	CU_ASSERT_EQUAL(l.baud, 250000); /* no speed that has a name */
	CU_ASSERT_EQUAL(l.parity, 'N');
	CU_ASSERT(!l.rts_cts);
}

static void modem_lines_are_as_asked_for(void)
{
	struct mockline l = set_by("echo+serial:1209:0003?dtr=1");

	CU_ASSERT(l.dtr && l.rts);
	/* RTS alone would hold many boards in reset */
	l = set_by("echo+serial:1209:0003?dtr=0");
	CU_ASSERT(!l.dtr && !l.rts);
	/* the hardware's then */
	l = set_by("echo+serial:1209:0003?dtr=0&flow=rtscts");
	CU_ASSERT(!l.dtr && l.rts);
}

/* ---- bytes ----------------------------------------------------------------------------- */

static void lines_carry_every_byte(void)
{
	struct mocktty *m = one_port();
	struct ttypump *p = ttypump_start(mocktty_fd(m, 0), "echo",
	                                  "emu:ideal?rows=2&cols=2");
	struct mr__transport *t = mr_test_pipe("echo+serial:1209:0003");
	struct mr_errtext err = {""};
	uint8_t *block = malloc(40000);
	bool right = true;
	size_t got = 0;

	CU_ASSERT_FATAL(block != NULL);
	MR_CODE_ERR(mr__transport_write(t, "BLOCK 40000\n", 12, true,
	                                mr_test_in(t, SECOND), NULL, &err),
	            MR_OK, err);
	MR_CODE_ERR(mr__transport_read(t, block, 40000,
	                               mr_test_in(t, 20 * SECOND), &got, &err),
	            MR_OK, err);
	for (size_t i = 0; i < got; i++)
		right = right && block[i] == (uint8_t)i;
	CU_ASSERT(right); /* also CR, LF, ^C, ^D, ^S, 0 and 255 */
	CU_ASSERT(!mr__transport_has_messages(t));
	CU_ASSERT(mr__transport_poll_fd(t) >= 0);
	free(block);
	mr__transport_close(t);
	ttypump_stop(p);
	mocktty_free(m);
}

static void read_in_part_ends_in_time(void)
{
	struct mocktty *m = one_port();
	struct mr__transport *t = mr_test_pipe("echo+serial:1209:0003");
	struct mr_errtext err = {""};
	char buf[20];
	size_t got = 0;
	int64_t least = INT64_MAX, cpu = cpu_ns();

	for (int i = 0; i < TRIES; i++) {
		int64_t begin = mr_test_in(t, 0);

		CU_ASSERT_EQUAL(write(mocktty_fd(m, 0), "0123456789", 10), 10);
		MR_CODE(mr__transport_read(t, buf, sizeof buf,
		                           begin + 200 * MS, &got, &err),
		        MR_ERR_TIMEOUT);
		CU_ASSERT_EQUAL(got, 10);
		least = lesser(least, mr_test_in(t, 0) - begin);
	}
	MR_NEAR((double)least / 1e6, 200, 50);
	CU_ASSERT(cpu_ns() - cpu < CPU_MOST);
	MR_CODE(mr__transport_await(t, mr_test_in(t, 0), &err), MR_ERR_TIMEOUT);
	mr__transport_close(t);
	mocktty_free(m);
}

static void full_line_ends_in_time(void)
{
	struct mocktty *m = one_port();
	struct mr__transport *t = mr_test_pipe("echo+serial:1209:0003");
	struct mr_errtext err = {""};
	static const char zeros[10 * LINE_ROOM];
	static char drain[LINE_ROOM];
	size_t sent = 0, filled = 0;
	int64_t least = INT64_MAX, cpu = cpu_ns();

	for (int i = 0; i < TRIES; i++) {
		int64_t begin = mr_test_in(t, 0);

		MR_CODE(mr__transport_write(t, zeros, sizeof zeros, true,
		                            begin + 200 * MS, &sent, &err),
		        MR_ERR_TIMEOUT);
		MR_HAS(err.text, "takes no bytes");
		filled += sent;
		least = lesser(least, mr_test_in(t, 0) - begin);
	}
	MR_NEAR((double)least / 1e6, 200, 50);
	CU_ASSERT(filled > 0 && filled < sizeof zeros);
	CU_ASSERT(cpu_ns() - cpu < CPU_MOST);
	/* it goes on when somebody reads */
	while (read(mocktty_fd(m, 0), drain, sizeof drain) > 0)
		;
	MR_CODE_ERR(mr__transport_write(t, zeros, 100, true,
	                                mr_test_in(t, SECOND), &sent, &err),
	            MR_OK, err);
	mr__transport_close(t);
	mocktty_free(m);
}

static void flush_drops_what_came(void)
{
	struct mocktty *m = one_port();
	struct mr__transport *t = mr_test_pipe("echo+serial:1209:0003");
	struct mr_errtext err = {""};
	char c = 0;

	CU_ASSERT_EQUAL(write(mocktty_fd(m, 0), "old", 3), 3);
	MR_CODE_ERR(mr__transport_read(t, &c, 1, mr_test_in(t, SECOND), NULL,
	                               &err),
	            MR_OK, err);
	CU_ASSERT_EQUAL(write(mocktty_fd(m, 0), "older", 5), 5);
	(void)poll(&(struct pollfd){.fd = mr__transport_poll_fd(t),
	                            .events = POLLIN},
	           1, 1000);
	MR_CODE_ERR(mr__transport_flush(t, &err), MR_OK, err);
	CU_ASSERT_EQUAL(write(mocktty_fd(m, 0), "new", 3), 3);
	MR_CODE_ERR(mr__transport_read(t, &c, 1, mr_test_in(t, SECOND), NULL,
	                               &err),
	            MR_OK, err);
	CU_ASSERT_EQUAL(c, 'n');
	mr__transport_close(t);
	mocktty_free(m);
}

static void clear_is_a_break(void)
{
	struct mocktty *m = one_port();
	struct mr__transport *t = mr_test_pipe("echo+serial:1209:0003");
	struct mr_errtext err = {""};
	uint8_t stb;

	CU_ASSERT_EQUAL(write(mocktty_fd(m, 0), "old", 3), 3);
	MR_CODE_ERR(mr__transport_clear(t, mr_test_in(t, SECOND), &err), MR_OK,
	            err);
	CU_ASSERT_EQUAL(mocktty_line(m, 0).breaks, 1);
	/* POSIX's tcsendbreak(): a quarter to half of a second */
	MR_NEAR((double)mocktty_line(m, 0).break_ns / 1e6, 300, 100);
	MR_CODE(mr__transport_await(t, mr_test_in(t, 20 * MS), &err),
	        MR_ERR_TIMEOUT);
	MR_CODE(mr__transport_status_byte(t, &stb, mr_test_in(t, SECOND), &err),
	        MR_ERR_UNSUPPORTED);
	mr__transport_close(t);
	mocktty_free(m);
}

/* ---- unplugging ---------------------------------------------------------------------------- */

struct puller {
	struct mocktty *m;
	pthread_t thread;
};

static void *pull(void *user)
{
	struct puller *p = user;

	(void)usleep(100000);
	mocktty_unplug(p->m, 0);
	return NULL;
}

/* Longer than the 100 ms until it happens, and nowhere near the deadline. */
static void is_prompt(const struct mr__transport *t, int64_t begin, int64_t cpu)
{
	CU_ASSERT(mr_test_in(t, 0) - begin < 2 * SECOND);
	CU_ASSERT(cpu_ns() - cpu < CPU_MOST);
}

static void hangup_ends_a_read(void)
{
	struct puller p = {.m = one_port()};
	struct mr__transport *t = mr_test_pipe("echo+serial:1209:0003");
	struct mr_errtext err = {""};
	char buf[16];
	size_t got = 0;
	int64_t cpu = cpu_ns(), begin = mr_test_in(t, 0);

	CU_ASSERT_EQUAL(write(mocktty_fd(p.m, 0), "half", 4), 4);
	CU_ASSERT_FATAL(pthread_create(&p.thread, NULL, pull, &p) == 0);
	MR_CODE(mr__transport_read(t, buf, sizeof buf,
	                           mr_test_in(t, 10 * SECOND), &got, &err),
	        MR_ERR_IO);
	MR_HAS(err.text, "gone");
	CU_ASSERT_EQUAL(got, 4);
	(void)pthread_join(p.thread, NULL);
	/* and everything after it */
	for (int i = 0; i < 3; i++) {
		MR_CODE(mr__transport_await(t, mr_test_in(t, 10 * SECOND), &err),
		        MR_ERR_IO);
		MR_CODE(mr__transport_write(t, "x", 1, true,
		                            mr_test_in(t, 10 * SECOND), &got,
		                            &err),
		        MR_ERR_IO);
		MR_HAS(err.text, "gone");
		CU_ASSERT_EQUAL(got, 0);
	}
	is_prompt(t, begin, cpu);
	mr__transport_close(t);
	mocktty_free(p.m);
}

static void hangup_ends_a_write(void)
{
	struct puller p = {.m = one_port()};
	struct mr__transport *t = mr_test_pipe("echo+serial:1209:0003");
	struct mr_errtext err = {""};
	static const char zeros[10 * LINE_ROOM];
	size_t sent = 0;
	int64_t cpu = cpu_ns(), begin = mr_test_in(t, 0);

	CU_ASSERT_FATAL(pthread_create(&p.thread, NULL, pull, &p) == 0);
	MR_CODE(mr__transport_write(t, zeros, sizeof zeros, true,
	                            mr_test_in(t, 10 * SECOND), &sent, &err),
	        MR_ERR_IO);
	MR_HAS(err.text, "gone");
	CU_ASSERT(sent > 0 && sent < sizeof zeros);
	is_prompt(t, begin, cpu);
	(void)pthread_join(p.thread, NULL);
	mr__transport_close(t);
	mocktty_free(p.m);
}

/* ---- a whole board --------------------------------------------------------------------------- */

static struct ttypump *arc1(struct mocktty *m)
{
	mocktty_plug(m, 0, "0d28", "0204", "A7");
	return ttypump_start(mocktty_fd(m, 0), "arc1",
	                     "emu:ideal?rows=4&cols=5&board.line=ideal");
}

static void arc1_is_driven_over_a_port(void)
{
	struct mocktty *m = mocktty_new();
	struct ttypump *p = arc1(m);
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};
	float before_S[20], after_S[20];
	uint32_t cells[] = {7};
	const struct mr_selection where = {
		.kind = MR_SELECT_LIST, .cells = cells, .n_cells = 1};

	MR_CODE_ERR(mr_array_open("arc1+serial:?rows=4&cols=5&device=ideal",
	                          NULL, &array, &err),
	            MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(array);
	CU_ASSERT_EQUAL(mocktty_line(m, 0).baud, 921600);
	CU_ASSERT_EQUAL(mocktty_line(m, 0).parity, 'E');
	CU_ASSERT(mocktty_line(m, 0).dtr && mocktty_line(m, 0).rts);
	MR_CODE(mr_array_read(array, NULL, before_S), MR_OK);
	MR_CODE(mr_array_pulse(array, &where, "set", 3), MR_OK);
	MR_CODE(mr_array_read(array, NULL, after_S), MR_OK);
	CU_ASSERT(after_S[7] > 1.5f * before_S[7]);
	for (int i = 0; i < 20; i++)
		CU_ASSERT(i == 7 || after_S[i] == before_S[i]);
	MR_CODE(mr_array_close(array, &err), MR_OK);
	ttypump_stop(p);
	mocktty_free(m);
}

static void arc1_unplugged_is_an_error(void)
{
	struct puller u = {.m = mocktty_new()};
	struct ttypump *p = arc1(u.m);
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};
	float g_S[20];
	int rc = MR_OK;

	MR_CODE_ERR(mr_array_open("arc1+serial:0d28:0204:A7?rows=4&cols=5"
	                          "&device=ideal",
	                          NULL, &array, &err),
	            MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(array);
	ttypump_stop(p); /* it answers no more, and then it has gone */
	CU_ASSERT_FATAL(pthread_create(&u.thread, NULL, pull, &u) == 0);
	rc = mr_array_read(array, NULL, g_S);
	MR_CODE(rc, MR_ERR_IO);
	MR_HAS(mr_array_errmsg(array), "gone");
	(void)pthread_join(u.thread, NULL);
	MR_CODE(mr_array_close(array, &err), MR_ERR_IO);
	mocktty_free(u.m);
}

/* Without a key, since a serial line may garble: packets. The faults lie behind
 * the first 1000 bytes that are still without. */
static void scpi_is_driven_over_a_port_that_garbles(void)
{
	struct mocktty *m = one_port();
	struct ttypump *p = ttypump_start(
		mocktty_fd(m, 0), "scpi",
		"emu:ideal?rows=4&cols=5&board.fault=garble:1500,lost:1700,"
		"in-garble:500,in-lost:620,in-dup:700");
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};
	float g_S[20] = {0};

	MR_CODE_ERR(mr_array_open("scpi+serial:1209:0003?answer_s=1", NULL,
	                          &array, &err),
	            MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(array);
	for (int i = 0; i < 10; i++) {
		MR_CODE(mr_array_pulse(array, NULL, "set", 1), MR_OK);
		MR_CODE(mr_array_read(array, NULL, g_S), MR_OK);
		/* 50 nS a pulse: none was lost or came twice */
		MR_NEAR((double)g_S[7], 50e-9 * (i + 1), 1e-12);
	}
	MR_CODE_ERR(mr_array_close(array, &err), MR_OK, err);
	ttypump_stop(p);
	mocktty_free(m);
}

/* A job longer than the board's watchdog: heartbeats go in packets, too. */
static void long_jobs_are_kept_alive_in_packets(void)
{
	struct mocktty *m = one_port();
	struct ttypump *p = ttypump_start(
		mocktty_fd(m, 0), "scpi",
		"emu:ideal?rows=4&cols=5&board.simulated=0");
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};
	struct mr_op op = {.kind = MR_OP_PULSE};

	MR_CODE_ERR(mr_array_open("scpi+serial:1209:0003", NULL, &array, &err),
	            MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(array);
	mr_pulse_from(&op, mr_description_waveform(mr_array_describe(array),
	                                           "set"));
	op.pulse.width_s = 2.6;
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
	MR_CODE_ERR(mr_array_close(array, &err), MR_OK, err);
	ttypump_stop(p);
	mocktty_free(m);
}

const struct mr_test mr_tests[] = {
	{"ports_are_found", ports_are_found},
	{"ports_that_are_not_there_are_named",
	 ports_that_are_not_there_are_named},
	{"two_ports_that_fit_are_named", two_ports_that_fit_are_named},
	{"ports_are_listed", ports_are_listed},
	{"node_that_is_no_port_is_refused", node_that_is_no_port_is_refused},
	{"permission_denied_names_the_group", permission_denied_names_the_group},
	{"settings_that_a_port_lacks_are_named",
	 settings_that_a_port_lacks_are_named},
	{"second_program_is_refused", second_program_is_refused},
	{"port_of_another_program_is_busy", port_of_another_program_is_busy},
	{"line_is_set_as_asked_for", line_is_set_as_asked_for},
	{"modem_lines_are_as_asked_for", modem_lines_are_as_asked_for},
	{"lines_carry_every_byte", lines_carry_every_byte},
	{"read_in_part_ends_in_time", read_in_part_ends_in_time},
	{"full_line_ends_in_time", full_line_ends_in_time},
	{"flush_drops_what_came", flush_drops_what_came},
	{"clear_is_a_break", clear_is_a_break},
	{"hangup_ends_a_read", hangup_ends_a_read},
	{"hangup_ends_a_write", hangup_ends_a_write},
	{"arc1_is_driven_over_a_port", arc1_is_driven_over_a_port},
	{"arc1_unplugged_is_an_error", arc1_unplugged_is_an_error},
	{"scpi_is_driven_over_a_port_that_garbles",
	 scpi_is_driven_over_a_port_that_garbles},
	{"long_jobs_are_kept_alive_in_packets",
	 long_jobs_are_kept_alive_in_packets},
	{0},
};

#else

static void serial_is_not_tested(void)
{
	mr_test_skip("built without umockdev (libumockdev-dev)");
}

const struct mr_test mr_tests[] = {
	{"serial_is_not_tested", serial_is_not_tested},
	{0},
};

#endif
