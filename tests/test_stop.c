/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The tool is stopped, or killed, in the middle of a pulse train on a board that
 * is served in real time by this process: how soon the board's outputs are safe
 * on its own clock, and what the log's last row says. The bound is 20 ms (issue
 * "Real boards", item 6) for the least of several tries: what comes on top on a
 * busy machine is its scheduler's. Each try is printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memrig/memrig.h"

#include "test.h"

#define TRIES 5
#define BOUND_MS 20.0
#define LIMIT_MS 10000 /* of anything waited for */

extern char **environ;

struct scene {
	const char *board;
	const char *emulated;
	const char *client; /* keys of the client's URI */
	const char *width;  /* of a pulse */
	char socket[MR_TEST_PATH_MAX];
	char log[MR_TEST_PATH_MAX];
	struct mr_server *server;
	struct mr_clock clock;
	volatile sig_atomic_t stop;
	pthread_t thread;
};

static void nap_ms(struct scene *s, int64_t ms)
{
	s->clock.sleep_ns(s->clock.self, ms * 1000000);
}

static void *serve(void *user)
{
	struct scene *s = user;

	(void)mr_server_run(s->server, &s->stop, NULL);
	return NULL;
}

static void raise_curtain(struct scene *s)
{
	struct mr_serve_options options = {.time_scale = 1};
	char listen[MR_TEST_PATH_MAX + 8];
	struct mr_errtext err = {""};

	mr_clock_system(&s->clock);
	mr_test_path(s->socket, "stop.sock");
	mr_test_path(s->log, "stop.db");
	(void)remove(s->log);
	(void)snprintf(listen, sizeof listen, "unix:%s", s->socket);
	s->stop = 0;
	MR_CODE_ERR(mr_server_open(s->board, s->emulated, listen, &options,
	                           &s->server, &err),
	            MR_OK, err);
	CU_ASSERT_FATAL(s->server != NULL);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&s->thread, NULL, serve, s), 0);
}

static pid_t start_tool(struct scene *s)
{
	const char *folder = getenv("MR_BUILDDIR");
	char program[MR_TEST_PATH_MAX], uri[2 * MR_TEST_PATH_MAX];
	char width[16];
	posix_spawn_file_actions_t actions;
	pid_t pid = 0;

	(void)snprintf(program, sizeof program, "%s/memrig",
	               folder ? folder : ".");
	(void)snprintf(uri, sizeof uri, "%s+unix:%s%s", s->board, s->socket,
	               s->client);
	(void)snprintf(width, sizeof width, "%s", s->width);
	/* 10 s of pulses or more: nobody waits for their end */
	char *argv[] = {program, (char[]){"pulse"}, (char[]){"--array"}, uri,
	                (char[]){"--amplitude"}, (char[]){"0.1V"},
	                (char[]){"--width"}, width,
	                (char[]){"--count"}, (char[]){"1000"},
	                (char[]){"--log"}, s->log, (char[]){"--quiet"}, NULL};

	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_addopen(&actions, 2, "/dev/null",
	                                       O_WRONLY, 0);
	CU_ASSERT_EQUAL(posix_spawn(&pid, program, &actions, NULL, argv, environ),
	                0);
	(void)posix_spawn_file_actions_destroy(&actions);
	return pid;
}

/* Pulses have begun when the log's operation has: what is committed before bytes
 * leave. Then some more, for the bytes. */
static bool await_pulses(struct scene *s)
{
	for (int k = 0; k < LIMIT_MS / 20; k++) {
		struct mr_oplog_reader *reader = NULL;
		struct mr_oplog_record record;
		int64_t first = 0, last = 0;
		bool more = false;

		nap_ms(s, 20);
		if (mr_oplog_open(s->log, &reader, NULL))
			continue;
		if (!mr_oplog_runs(reader, &first, &last) && last > 0 &&
		    !mr_oplog_rewind(reader, last))
			(void)mr_oplog_next(reader, &record, &more);
		mr_oplog_close(reader);
		if (more) {
			nap_ms(s, 100);
			return true;
		}
	}
	return false;
}

static int end_of(struct scene *s, pid_t pid)
{
	int status = 0;

	for (int k = 0; k < LIMIT_MS / 10; k++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		nap_ms(s, 10);
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
	return -1;
}

/* Milliseconds from the signal to safe outputs, on the board's clock. */
static double lower_curtain(struct scene *s, int64_t signal_ns)
{
	int64_t since_ns = 0, now_ns = 0, mono_ns;
	bool safe;

	nap_ms(s, 300); /* a guardian may have work to do */
	s->stop = 1;
	(void)pthread_join(s->thread, NULL);
	safe = mr_server_is_safe(s->server, &since_ns, &now_ns);
	mono_ns = s->clock.monotonic_ns(s->clock.self);
	CU_ASSERT(safe);
	MR_CODE(mr_server_close(s->server, NULL), MR_OK);
	return (double)(since_ns - (now_ns - (mono_ns - signal_ns))) * 1e-6;
}

static void expect_last_row(struct scene *s, bool ended, int error)
{
	struct mr_oplog_reader *reader = NULL;
	struct mr_oplog_record record = {.row = 0};
	struct mr_errtext err = {""};
	int64_t first = 0, last = 0;
	bool more = true;
	int last_error = 1, n = 0;
	bool last_ended = false;
	char why[256] = "";

	MR_CODE_ERR(mr_oplog_open(s->log, &reader, &err), MR_OK, err);
	if (!reader)
		return;
	MR_CODE(mr_oplog_runs(reader, &first, &last), MR_OK);
	MR_CODE(mr_oplog_rewind(reader, last), MR_OK);
	while (mr_oplog_next(reader, &record, &more) == MR_OK && more) {
		n++;
		last_error = record.op.outcome.error;
		last_ended = record.ended;
		(void)snprintf(why, sizeof why, "%s", record.errtext);
	}
	CU_ASSERT(n > 0);
	CU_ASSERT_EQUAL(last_ended, ended);
	CU_ASSERT(!ended || last_error == error);
	if (ended && last_error != error)
		printf("# the last row says: %s\n", why);
	mr_oplog_close(reader);
}

/* One try; the time it took in ms. */
static double stopped_by(struct scene *s, int signal_number)
{
	bool killed = signal_number == SIGKILL;
	int64_t signal_ns;
	double took_ms;
	pid_t pid;
	int status;

	raise_curtain(s);
	pid = start_tool(s);
	CU_ASSERT(await_pulses(s));
	signal_ns = s->clock.monotonic_ns(s->clock.self);
	(void)kill(pid, signal_number);
	status = end_of(s, pid);
	CU_ASSERT(killed ? WIFSIGNALED(status)
	                 : WIFEXITED(status) && WEXITSTATUS(status) == 1);
	took_ms = lower_curtain(s, signal_ns);
	expect_last_row(s, !killed, MR_ERR_STOPPED);
	return took_ms;
}

static void soon_enough(struct scene *s, int signal_number, const char *what)
{
	double least_ms = 1e9;

	printf("# %s, %s: safe after", s->board, what);
	for (int k = 0; k < TRIES; k++) {
		double ms = stopped_by(s, signal_number);

		/* hit in a gap between two pulses, it was safe before */
		if (ms > 0 && ms < least_ms)
			least_ms = ms;
		printf(" %.1f", ms);
	}
	printf(" ms\n");
	CU_ASSERT(least_ms <= BOUND_MS);
}

static struct scene arc1(void)
{
	return (struct scene){.board = "arc1",
	                      .emulated = "emu:ideal?rows=2&cols=2",
	                      .client = "?rows=2&cols=2&device=ideal",
	                      .width = "10ms"};
}

static struct scene scpi(const char *emulated)
{
	return (struct scene){.board = "scpi", .emulated = emulated,
	                      .client = "", .width = "10ms"};
}

static void interrupt_makes_an_arc1_safe(void)
{
	struct scene s = arc1();

	soon_enough(&s, SIGINT, "SIGINT");
}

static void interrupt_makes_a_scpi_board_safe(void)
{
	struct scene s = scpi("emu:ideal?rows=2&cols=2");

	soon_enough(&s, SIGINT, "SIGINT");
}

/* The host times this unit's pulses, and a run ends at one that was late by half
 * its width and 5 ms: the width is one that a loaded host can hold. */
static struct scene smu(void)
{
	return (struct scene){
		.board = "smu",
		.emulated = "emu:ideal?rows=1&cols=1&board.profile=2450",
		.client = "?profile=2450",
		.width = "1s"};
}

static void interrupt_makes_a_unit_safe(void)
{
	struct scene s = smu();

	soon_enough(&s, SIGINT, "SIGINT");
}

static void guardian_makes_a_unit_safe(void)
{
	struct scene s = smu();

	soon_enough(&s, SIGKILL, "kill -9");
}

static void guardian_makes_an_arc1_safe(void)
{
	struct scene s = arc1();

	soon_enough(&s, SIGKILL, "kill -9");
}

static void guardian_makes_a_scpi_board_safe(void)
{
	struct scene s = scpi("emu:ideal?rows=2&cols=2&board.watchdog=0");

	soon_enough(&s, SIGKILL, "kill -9");
}

static void packets_are_stopped_alike(void)
{
	struct scene s = scpi("emu:ideal?rows=2&cols=2&board.watchdog=0");

	s.client = "?cobs=1";
	soon_enough(&s, SIGINT, "SIGINT in packets");
	soon_enough(&s, SIGKILL, "kill -9 in packets");
}

static void guardian_that_is_missing_fails_the_opening(void)
{
	struct scene s = arc1();
	const struct mr_open_options options = {.guardian = "/nowhere/at/all"};
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};
	char uri[2 * MR_TEST_PATH_MAX];

	raise_curtain(&s);
	(void)snprintf(uri, sizeof uri, "arc1+unix:%s%s", s.socket, s.client);
	MR_CODE(mr_array_open(uri, &options, &array, &err), MR_ERR_IO);
	MR_HAS(err.text, "/nowhere/at/all");
	(void)lower_curtain(&s, 0);
}

const struct mr_test mr_tests[] = {
	{"interrupt_makes_an_arc1_safe", interrupt_makes_an_arc1_safe},
	{"interrupt_makes_a_scpi_board_safe", interrupt_makes_a_scpi_board_safe},
	{"guardian_makes_an_arc1_safe", guardian_makes_an_arc1_safe},
	{"interrupt_makes_a_unit_safe", interrupt_makes_a_unit_safe},
	{"guardian_makes_a_unit_safe", guardian_makes_a_unit_safe},
	{"guardian_makes_a_scpi_board_safe", guardian_makes_a_scpi_board_safe},
	{"packets_are_stopped_alike", packets_are_stopped_alike},
	{"guardian_that_is_missing_fails_the_opening",
	 guardian_that_is_missing_fails_the_opening},
	{0},
};
