/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What the way to a board costs: a small read and a whole-array read of the
 * virtual board of the open protocol, over each pipe that needs no kernel's
 * help. The served board runs in another process, as it would. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memrig/memrig.h"

#include "bench.h"

#define SIDE 1024
#define SMALL_OPS 3000
#define WHOLE_READS 5
#define REPEATS 5
#define SMALL_US 60     /* target over a Unix socket */
#define WHOLE_CELLS 20e6 /* target of cells per second */

struct way {
	const char *name;
	const char *listen; /* NULL = needs no server */
	struct mr_array *array;
	pid_t server;
	char folder[64];
	float *g_S;
};

static volatile sig_atomic_t stop;

static void end(int number)
{
	(void)number;
	stop = 1;
}

/* The child: tells the address through the pipe, and serves until SIGTERM. */
static void serve(const char *listen, int to)
{
	const struct mr_serve_options options = {.time_scale = 0};
	struct mr_server *server = NULL;
	char uri[80];

	(void)signal(SIGTERM, end);
	(void)snprintf(uri, sizeof uri, "emu:ideal?rows=%d&cols=%d", SIDE, SIDE);
	if (mr_server_open("scpi", uri, listen, &options, &server, NULL))
		_exit(1);
	const char *at = mr_server_address(server);

	if (write(to, at, strlen(at) + 1) < 0)
		_exit(1);
	(void)mr_server_run(server, &stop, NULL);
	(void)mr_server_close(server, NULL);
	_exit(0);
}

static void start(struct way *w, char *at, size_t room)
{
	char where[128];
	int ends[2];

	(void)snprintf(w->folder, sizeof w->folder, "/tmp/memrig-bench-XXXXXX");
	if (!mkdtemp(w->folder) || pipe(ends) < 0)
		mr_bench_die("a server", strerror(errno));
	(void)snprintf(where, sizeof where, w->listen, w->folder);
	w->server = fork();
	if (w->server == 0)
		serve(where, ends[1]);
	(void)close(ends[1]);
	if (w->server < 0 || read(ends[0], at, room) <= 0)
		mr_bench_die("a server", "did not start");
	(void)close(ends[0]);
}

static void open_way(struct way *w)
{
	char at[200] = "", uri[256];
	struct mr_errtext err = {""};

	if (w->listen) {
		start(w, at, sizeof at);
		(void)snprintf(uri, sizeof uri, "scpi+%.200s", at);
	} else {
		(void)snprintf(uri, sizeof uri, "%s%d&%s%d",
		               strcmp(w->name, "none") == 0
		                       ? "emu:ideal?rows="
		                       : "scpi+loop:ideal?emu.rows=",
		               SIDE,
		               strcmp(w->name, "none") == 0 ? "cols="
		                                            : "emu.cols=",
		               SIDE);
	}
	if (mr_array_open(uri, NULL, &w->array, &err))
		mr_bench_die(uri, err.text);
	w->g_S = calloc((size_t)SIDE * SIDE, sizeof *w->g_S);
	if (!w->g_S)
		mr_bench_die("a buffer", "out of memory");
}

static void close_way(struct way *w)
{
	(void)mr_array_close(w->array, NULL);
	free(w->g_S);
	if (!w->listen)
		return;
	(void)kill(w->server, SIGTERM);
	(void)waitpid(w->server, NULL, 0);
	(void)rmdir(w->folder);
}

static double small_us(void *state)
{
	struct way *w = state;
	double begin_s = mr_bench_now_s();

	for (uint32_t i = 0; i < SMALL_OPS; i++) {
		const struct mr_selection one = {.kind = MR_SELECT_LIST,
		                                 .cells = &i,
		                                 .n_cells = 1};

		if (mr_array_read(w->array, &one, w->g_S))
			mr_bench_die(w->name, mr_array_errmsg(w->array));
	}
	return (mr_bench_now_s() - begin_s) / SMALL_OPS * 1e6;
}

static double cells_per_s(void *state)
{
	struct way *w = state;
	double begin_s = mr_bench_now_s();

	for (int i = 0; i < WHOLE_READS; i++)
		if (mr_array_read(w->array, NULL, w->g_S))
			mr_bench_die(w->name, mr_array_errmsg(w->array));
	return WHOLE_READS * (double)SIDE * SIDE / (mr_bench_now_s() - begin_s);
}

static struct way ways[] = {{.name = "none"},
                            {.name = "loop"},
                            {.name = "unix", .listen = "unix:%s/board"},
                            {.name = "tcp", .listen = "tcp:127.0.0.1:0"}};

#define N_WAYS (sizeof ways / sizeof ways[0])

static void measure(double (*what)(void *), const char *kind, const char *unit,
                    bool higher, double target)
{
	struct mr_bench_case cases[N_WAYS];
	char name[64];

	for (size_t i = 0; i < N_WAYS; i++) {
		open_way(&ways[i]);
		cases[i] = (struct mr_bench_case){.measure = what,
		                                  .state = &ways[i]};
	}
	mr_bench_measure(cases, N_WAYS, REPEATS);
	for (size_t i = 0; i < N_WAYS; i++) {
		close_way(&ways[i]);
		if (i == 0)
			continue;
		(void)snprintf(name, sizeof name, "board %s, %s", ways[i].name,
		               kind);
		mr_bench_report(&(struct mr_bench_figure){
			.name = name,
			.unit = unit,
			.higher = higher,
			.value = cases[i].median,
			.baseline = "emulator in process",
			.baseline_value = cases[0].median,
			.target = target});
	}
}

static void small(void)
{
	measure(small_us, "read of a cell", "us", false, SMALL_US);
}

static void whole(void)
{
	measure(cells_per_s, "read of 1024 x 1024", "cells/s", true, WHOLE_CELLS);
}

const struct mr_bench mr_benches[] = {
	{"small", small},
	{"whole", whole},
	{0},
};
