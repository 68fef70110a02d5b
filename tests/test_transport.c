/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Pipes to boards: the loop, Unix and TCP sockets, against the echo board, in
 * process and served by another process.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver/transports.h"
#include "memrig/serve.h"

#include "pipes.h"
#include "test.h"

#define MS MR_TEST_MS
#define SECOND (1000 * MS)

static void say(struct mr__transport *t, const char *line)
{
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr__transport_write(t, line, strlen(line), true,
	                                mr_test_in(t, SECOND), NULL, &err),
	            MR_OK, err);
}

/* ---- served boards ------------------------------------------------------------- */

static volatile sig_atomic_t stop;
static struct mr_server *parents; /* copy of the served board */

static void raise_stop(int number)
{
	(void)number;
	stop = 1;
}

/* A board in a process of its own; returns when it listens. */
static pid_t serve(const char *uri, const char *listen, char address[256])
{
	const struct mr_serve_options options = {.time_scale = 1};
	struct mr_errtext err = {""};
	struct mr_server *server = NULL;
	pid_t child;

	MR_CODE_ERR(mr_server_open("echo", uri, listen, &options, &server, &err),
	            MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(server);
	(void)snprintf(address, 256, "%s", mr_server_address(server));
	child = fork();
	if (child == 0) {
		struct sigaction action = {.sa_handler = raise_stop};

		(void)sigaction(SIGTERM, &action, NULL);
		int rc = mr_server_run(server, &stop, &err);

		_exit(mr_server_close(server, NULL) || rc ? 1 : 0);
	}
	parents = server;
	return child;
}

static void end_server(pid_t child)
{
	int status = -1;

	(void)kill(child, SIGTERM);
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	MR_CODE(mr_server_close(parents, NULL), MR_OK);
	parents = NULL;
}

/* ---- what each pipe does ---------------------------------------------------------- */

static void answers_come_whole(struct mr__transport *t)
{
	uint8_t block[200000];
	char line[64];
	size_t got = 0;
	struct mr_errtext err = {""};

	say(t, "hello\n");
	MR_CODE_ERR(mr__transport_read_until(t, '\n', line, sizeof line,
	                                     mr_test_in(t, SECOND), &got, &err),
	            MR_OK, err);
	CU_ASSERT_EQUAL(got, 6);
	CU_ASSERT(memcmp(line, "hello\n", 6) == 0);
	say(t, "BLOCK 200000\n");
	MR_CODE_ERR(mr__transport_read(t, block, sizeof block, mr_test_in(t, 5 * SECOND),
	                               &got, &err),
	            MR_OK, err);
	CU_ASSERT_EQUAL(got, sizeof block);
	bool right = true;

	for (size_t i = 0; i < sizeof block; i++)
		right = right && block[i] == (uint8_t)i;
	CU_ASSERT(right);
}

static void deadlines_hold(struct mr__transport *t)
{
	char c;
	size_t got = 9;
	int64_t before = mr_test_in(t, 0);
	struct mr_errtext err = {""};

	MR_CODE(mr__transport_read(t, &c, 1, mr_test_in(t, 30 * MS), &got, &err),
	        MR_ERR_TIMEOUT);
	CU_ASSERT_EQUAL(got, 0);
	CU_ASSERT(mr_test_in(t, 0) - before >= 30 * MS);
	CU_ASSERT(mr_test_in(t, 0) - before < 2 * SECOND); /* a busy machine */
	MR_CODE(mr__transport_await(t, mr_test_in(t, MS), &err), MR_ERR_TIMEOUT);
	say(t, "WAIT 0.02 late\n");
	MR_CODE_ERR(mr__transport_await(t, mr_test_in(t, 3 * SECOND), &err), MR_OK, err);
	MR_CODE(mr__transport_flush(t, &err), MR_OK);
	MR_CODE(mr__transport_read(t, &c, 1, mr_test_in(t, 5 * MS), &got, &err),
	        MR_ERR_TIMEOUT);
}

static void lines_have_limits(struct mr__transport *t)
{
	char line[4];
	size_t got;
	struct mr_errtext err = {""};

	say(t, "abcdefgh\n");
	MR_CODE(mr__transport_read_until(t, '\n', line, sizeof line,
	                                 mr_test_in(t, SECOND), &got, &err),
	        MR_ERR_FORMAT);
	MR_CODE(mr__transport_flush(t, &err), MR_OK);
	if (mr__transport_has_messages(t)) {
		char much[32];

		say(t, "abc\n");
		MR_CODE(mr__transport_read(t, much, sizeof much, mr_test_in(t, SECOND),
		                           &got, &err),
		        MR_ERR_FORMAT);
		CU_ASSERT_EQUAL(got, 4);
	}
}

static void all_of(struct mr__transport *t)
{
	answers_come_whole(t);
	deadlines_hold(t);
	lines_have_limits(t);
}

static void loop_carries_bytes(void)
{
	struct mr__transport *t = mr_test_pipe("echo+loop:ideal?emu.rows=2&emu.cols=2");

	CU_ASSERT(mr__transport_has_messages(t));
	CU_ASSERT_EQUAL(mr__transport_poll_fd(t), -1);
	all_of(t);
	mr__transport_close(t);
}

static void unix_socket_carries_bytes(void)
{
	char path[MR_TEST_PATH_MAX], listen[300], uri[300], address[256];

	mr_test_path(path, "board.sock");
	(void)snprintf(listen, sizeof listen, "unix:%s", path);
	(void)snprintf(uri, sizeof uri, "echo+unix:%s", path);
	pid_t child = serve("emu:ideal?rows=2&cols=2", listen, address);
	struct mr__transport *t = mr_test_pipe(uri), *other;
	struct mr_errtext err = {""};

	CU_ASSERT_STRING_EQUAL(address, listen);
	CU_ASSERT(mr__transport_poll_fd(t) >= 0);
	all_of(t);
	/* one program a board */
	MR_CODE(mr_test_open_pipe(uri, &other, &err), MR_ERR_BUSY);
	MR_HAS(err.text, "in use by process");
	mr__transport_close(t);
	t = mr_test_pipe(uri); /* the lock went with it */
	end_server(child);
	char c;

	MR_CODE(mr__transport_read(t, &c, 1, mr_test_in(t, SECOND), NULL, &err),
	        MR_ERR_IO);
	MR_HAS(err.text, "closed");
	say(t, ""); /* nothing to send is no fault */
	mr__transport_close(t);
	MR_CODE(mr_test_open_pipe(uri, &other, &err), MR_ERR_MISSING);
	MR_HAS(err.text, "nobody serves");
}

static void tcp_carries_bytes(void)
{
	char uri[300], address[256];
	pid_t child = serve("emu:ideal?rows=2&cols=2", "tcp:127.0.0.1:0", address);

	(void)snprintf(uri, sizeof uri, "echo+%s", address);
	struct mr__transport *t = mr_test_pipe(uri);

	all_of(t);
	mr__transport_close(t);
	end_server(child);
}

/* ---- time -------------------------------------------------------------------------- */

static void loop_time_passes_at_once(void)
{
	struct mr__transport *t = mr_test_pipe("echo+loop:pcm?emu.rows=2&emu.cols=2");
	const struct mr_clock *clock = mr__transport_clock(t);
	char line[64];
	size_t got;
	struct mr_errtext err = {""};

	say(t, "WAIT 86400 tomorrow\n");
	MR_CODE(mr__transport_read_until(t, '\n', line, sizeof line,
	                                 mr_test_in(t, SECOND), &got, &err),
	        MR_ERR_TIMEOUT);
	MR_CODE_ERR(mr__transport_read_until(t, '\n', line, sizeof line,
	                                     mr_test_in(t, 90000 * SECOND), &got, &err),
	            MR_OK, err);
	CU_ASSERT_EQUAL(clock->monotonic_ns(clock->self), 86400 * SECOND);
	mr__transport_close(t);
}

/* ---- faults ------------------------------------------------------------------------ */

static int exchange(const char *fault, const char *line, char *answer,
                    size_t room, size_t *got)
{
	char uri[200];
	struct mr_errtext err = {""};

	(void)snprintf(uri, sizeof uri,
	               "echo+loop:ideal?emu.rows=1&emu.cols=1&board.fault=%s",
	               fault);
	struct mr__transport *t = mr_test_pipe(uri);
	int rc = mr__transport_write(t, line, strlen(line), true, mr_test_in(t, SECOND),
	                             NULL, &err);

	*got = 0;
	if (!rc)
		rc = mr__transport_read_until(t, '\n', answer, room,
		                              mr_test_in(t, SECOND), got, &err);
	answer[*got < room ? *got : room - 1] = '\0';
	mr__transport_close(t);
	return rc;
}

static void faults_happen_where_the_script_says(void)
{
	char a[64] = "";
	size_t n;

	MR_CODE(exchange("lost:1", "abc\n", a, sizeof a, &n), MR_OK);
	CU_ASSERT_STRING_EQUAL(a, "ac\n");
	MR_CODE(exchange("dup:0", "abc\n", a, sizeof a, &n), MR_OK);
	CU_ASSERT_STRING_EQUAL(a, "aabc\n");
	MR_CODE(exchange("garble:2", "abc\n", a, sizeof a, &n), MR_OK);
	CU_ASSERT_EQUAL((unsigned char)a[2], (unsigned char)~'c');
	MR_CODE(exchange("late:1:0.5", "abc\n", a, sizeof a, &n), MR_OK);
	MR_CODE(exchange("late:1:2", "abc\n", a, sizeof a, &n), MR_ERR_TIMEOUT);
	CU_ASSERT_EQUAL(n, 1);
	MR_CODE(exchange("stall:3", "abc\n", a, sizeof a, &n), MR_ERR_TIMEOUT);
	CU_ASSERT_EQUAL(n, 3);
	MR_CODE(exchange("unplug:2", "abc\n", a, sizeof a, &n), MR_ERR_IO);
	MR_CODE(exchange("in-unplug:1", "abc\n", a, sizeof a, &n), MR_ERR_IO);
	MR_CODE(exchange("in-lost:0", "abc\n", a, sizeof a, &n), MR_OK);
	CU_ASSERT_STRING_EQUAL(a, "bc\n");
	MR_CODE(exchange("in-garble:3", "abc\n", a, sizeof a, &n),
	        MR_ERR_TIMEOUT);
	MR_CODE(exchange("in-dup:1,split:2", "abc\n", a, sizeof a, &n), MR_OK);
	CU_ASSERT_STRING_EQUAL(a, "abbc\n");
	MR_CODE(exchange("in-stall:2", "abc\n", a, sizeof a, &n),
	        MR_ERR_TIMEOUT);
}

/* ---- what is refused ----------------------------------------------------------------- */

static void wrong_addresses_are_refused(void)
{
	static const struct {
		const char *uri;
		int code;
		const char *text;
	} wrong[] = {
		{"echo:x", MR_ERR_USAGE, "no transport"},
		{"echo+pigeon:x", MR_ERR_USAGE, "loop, serial, tcp, trace, unix, usb, usbtmc"},
		{"echo+unix:", MR_ERR_USAGE, "path"},
		{"echo+unix:/nowhere/board", MR_ERR_MISSING, "nobody"},
		{"echo+unix:/x?type=9", MR_ERR_USAGE, "seqpacket"},
		{"echo+tcp:", MR_ERR_USAGE, "HOST:PORT"},
		{"echo+tcp:localhost:0", MR_ERR_USAGE, "HOST:PORT"},
		{"echo+tcp:localhost:99999", MR_ERR_USAGE, "HOST:PORT"},
		{"echo+tcp:[::1", MR_ERR_USAGE, "HOST:PORT"},
		{"echo+tcp:127.0.0.1:1", MR_ERR_MISSING, "port 1"},
		{"none+loop:ideal", MR_ERR_USAGE, "no virtual"},
		{"echo+loop:iron", MR_ERR_USAGE, "iron"},
		{"echo+loop:ideal?emu.x=1", MR_ERR_USAGE, "x"},
		{"echo+loop:ideal?board.fault=fire:1", MR_ERR_USAGE, "fire"},
		{"echo+loop:ideal?board.fault=late:1", MR_ERR_USAGE, "late"},
		{"echo+serial:", MR_ERR_USAGE, "which port"},
		{"echo+serial:/dev/nothing-there", MR_ERR_MISSING, "no such"},
		{"echo+serial:zz", MR_ERR_USAGE, "VID:PID"},
		{"echo+serial:/dev/x?parity=q", MR_ERR_USAGE, "parity"},
		{"echo+serial:/dev/x?flow=q", MR_ERR_USAGE, "flow"},
		{"echo+serial:/dev/x?dtr=2", MR_ERR_USAGE, "dtr"},
		{"echo+serial:/dev/x?baud=1", MR_ERR_RANGE, "baud"},
		{"echo+serial:1234:5678:x", MR_ERR_MISSING, "1234:5678:x"},
	};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct mr__transport *t;
		struct mr_errtext err = {""};

		MR_CODE_ERR(mr_test_open_pipe(wrong[i].uri, &t, &err), wrong[i].code,
		            err);
		MR_HAS(err.text, wrong[i].text);
		CU_ASSERT_PTR_NULL(t);
	}
}

static void locks_survive_their_holders(void)
{
	struct mr__lock a = {.fd = -1}, b = {.fd = -1};
	char name[40];
	struct mr_errtext err = {""};
	(void)snprintf(name, sizeof name, "test-%ld", (long)getpid());
	MR_CODE_ERR(mr__lock_take(name, &a, &err), MR_OK, err);
	MR_CODE(mr__lock_take(name, &b, &err), MR_ERR_BUSY);
	mr__lock_release(&a);
	/* the file is still there, its holder is not */
	CU_ASSERT_EQUAL(access(a.path, F_OK), 0);
	MR_CODE_ERR(mr__lock_take(name, &b, &err), MR_OK, err);
	mr__lock_release(&b);
	(void)unlink(a.path);
	CU_ASSERT_EQUAL(symlink("/etc/hostname", a.path), 0);
	MR_CODE(mr__lock_take(name, &b, &err), MR_ERR_IO);
	(void)unlink(a.path);
}

static void servers_refuse_what_is_wrong(void)
{
	const struct mr_serve_options one = {.time_scale = 1};
	const struct mr_serve_options wrong = {.time_scale = -2.385};
	struct mr_server *s = NULL;
	struct mr_errtext err = {""};

	MR_CODE(mr_server_open("none", "emu:ideal", "pty", &one, &s, &err),
	        MR_ERR_USAGE);
	MR_HAS(err.text, "echo");
	MR_CODE(mr_server_open("echo", "emu:ideal", "pigeon", &one, &s, &err),
	        MR_ERR_USAGE);
	MR_CODE(mr_server_open("echo", "playback:x", "pty", &one, &s, &err),
	        MR_ERR_USAGE);
	MR_CODE(mr_server_open("echo", "emu:ideal", "tcp:1.2.3", &one, &s, &err),
	        MR_ERR_USAGE);
	MR_CODE(mr_server_open("echo", "emu:ideal", "unix:", &one, &s, &err),
	        MR_ERR_USAGE);
	MR_CODE(mr_server_open("echo", "emu:ideal", "unix:/nowhere/x", &one, &s,
	                       &err),
	        MR_ERR_IO);
	MR_CODE(mr_server_open("echo", "emu:ideal", "pty", &wrong, &s, &err),
	        MR_ERR_RANGE);
	CU_ASSERT_PTR_NULL(s);
	CU_ASSERT_PTR_NOT_NULL(mr_serve_board(0));
	CU_ASSERT_PTR_NULL(mr_serve_board(99));
	MR_CODE(mr_server_close(NULL, &err), MR_OK);
}

static void nodes_that_are_none_are_refused(void)
{
	struct mr__transport *t;
	struct mr_errtext err = {""};

	MR_CODE(mr_test_open_pipe("echo+usbtmc-kernel:/dev/usbtmc9999", &t, &err),
	        MR_ERR_MISSING);
	MR_HAS(err.text, "no such node");
	MR_CODE(mr_test_open_pipe("echo+usbtmc-kernel:/dev/null", &t, &err),
	        MR_ERR_USAGE);
	MR_HAS(err.text, "no instrument's node");
	MR_CODE(mr_test_open_pipe("echo+usbtmc-kernel:/dev", &t, &err), MR_ERR_IO);
	MR_CODE(mr_test_open_pipe("echo+usbtmc-kernel:12", &t, &err),
	        MR_ERR_USAGE);
	MR_CODE(mr_test_open_pipe("echo+usbtmc-kernel:", &t, &err), MR_ERR_USAGE);
	MR_CODE(mr_test_open_pipe("echo+usbtmc-kernel:1209:fffe:x", &t, &err),
	        MR_ERR_MISSING);
	MR_HAS(err.text, "/dev/usbtmcN");
}

const struct mr_test mr_tests[] = {
	{"loop_carries_bytes", loop_carries_bytes},
	{"unix_socket_carries_bytes", unix_socket_carries_bytes},
	{"tcp_carries_bytes", tcp_carries_bytes},
	{"loop_time_passes_at_once", loop_time_passes_at_once},
	{"faults_happen_where_the_script_says",
	 faults_happen_where_the_script_says},
	{"wrong_addresses_are_refused", wrong_addresses_are_refused},
	{"locks_survive_their_holders", locks_survive_their_holders},
	{"servers_refuse_what_is_wrong", servers_refuse_what_is_wrong},
	{"nodes_that_are_none_are_refused", nodes_that_are_none_are_refused},
	{0},
};
