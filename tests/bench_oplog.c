/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What logging costs: microseconds per small operation with the log off, at
 * level 1 and at level 2. `bench_oplog [OPERATIONS]`; run by `make bench`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "memrig/memrig.h"

#define ROWS 14
#define COLS 4
#define OPS_DEFAULT 200000
#define TURNS 3 /* the fastest counts: the machine is shared */

struct bench {
	struct mr_array *array;
	struct mr_clock clock;
	struct mr_errtext err;
	size_t n;
};

static void die(struct bench *bench, const char *what)
{
	fprintf(stderr, "bench_oplog: %s: %s\n", what,
	        bench->array ? mr_array_errmsg(bench->array)
	                     : bench->err.text);
	exit(1);
}

static int one_drive(struct mr_array *array, size_t i)
{
	float v_V[ROWS] = {0};
	float i_A[COLS];
	struct mr_op op = {.kind = MR_OP_DRIVE};

	v_V[i % ROWS] = 0.2f;
	v_V[(i * 5 + 3) % ROWS] = 0.2f;
	op.drive.batch = 1;
	op.drive.v_V = v_V;
	op.drive.i_A = i_A;
	return mr_array_submit(array, &op, 1, NULL, NULL);
}

static int one_read(struct mr_array *array, size_t i)
{
	uint32_t cell = (uint32_t)(i % (ROWS * COLS));
	struct mr_selection where = {
		.kind = MR_SELECT_LIST, .cells = &cell, .n_cells = 1};
	float g_S;

	return mr_array_read(array, &where, &g_S);
}

static int one_pulse(struct mr_array *array, size_t i)
{
	struct mr_selection where = {
		.kind = MR_SELECT_RECT, .row = (uint32_t)(i % ROWS),
		.n_rows = 1, .n_cols = COLS};

	return mr_array_pulse(array, &where, "set", 1);
}

static double measure(struct bench *bench, int (*one)(struct mr_array *, size_t),
                      int level)
{
	char path[] = "/tmp/bench_oplog.XXXXXX";
	struct mr_oplog_options options = {.level = (enum mr_oplog_level)level};
	struct mr_oplog *log = NULL;
	int file = level > 0 ? mkstemp(path) : -1;
	int64_t begin_ns = bench->clock.monotonic_ns(NULL);

	if (level > 0 && mr_oplog_start(path, bench->array, &options, &log,
	                                &bench->err) != MR_OK) {
		die(bench, bench->err.text);
	}
	for (size_t i = 0; i < bench->n; i++) {
		if (one(bench->array, i) != MR_OK) {
			die(bench, "operation");
		}
	}
	if (mr_oplog_finish(log, &bench->err) != MR_OK) {
		die(bench, bench->err.text);
	}
	if (file >= 0) {
		(void)close(file);
		(void)unlink(path);
	}
	return (double)(bench->clock.monotonic_ns(NULL) - begin_ns) * 1e-3 /
	       (double)bench->n;
}

static double fastest(struct bench *bench,
                      int (*one)(struct mr_array *, size_t), int level)
{
	double best_us = measure(bench, one, level);

	for (int turn = 1; turn < TURNS; turn++) {
		double us = measure(bench, one, level);

		best_us = us < best_us ? us : best_us;
	}
	return best_us;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*one)(struct mr_array *, size_t);
	} cases[] = {
		{"drive 14 x 4", one_drive},
		{"read 1 cell", one_read},
		{"pulse 4 cells", one_pulse},
	};
	struct bench bench = {.n = OPS_DEFAULT};

	if (argc > 1) {
		bench.n = strtoul(argv[1], NULL, 10);
	}
	mr_clock_system(&bench.clock);
	if (bench.n == 0 ||
	    mr_array_open("emu:pcm?rows=14&cols=4&seed=7", NULL, &bench.array,
	                  &bench.err) != MR_OK) {
		die(&bench, "open");
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double off_us = fastest(&bench, cases[i].one, 0);
		double ops_us = fastest(&bench, cases[i].one, 1);
		double values_us = fastest(&bench, cases[i].one, 2);

		printf("oplog %-13s  off %5.2f us  level 1 %5.2f us (+%.2f)  "
		       "level 2 %5.2f us (+%.2f)\n", cases[i].name, off_us,
		       ops_us, ops_us - off_us, values_us, values_us - off_us);
	}
	return mr_array_close(bench.array, NULL) == MR_OK ? 0 : 1;
}
